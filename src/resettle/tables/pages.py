"""What a report is made of: chapters of paragraphs, key figures, figures, tables, cards and traces.

A chapter is data. The report room draws it as HTML, ``store`` writes the same chapter as XLSX and DOCX,
and a later stage adds a chapter by returning one: nothing that draws has to change. Every sentence is a
:class:`Text`, so nothing can be printed in one language alone. Inside a sentence ``**word**`` is strong.

Money stands in minor units, areas in 0.01 m2, shares in parts per million, as everywhere in the house;
the column or axis says by its ``kind`` what a number is, and :mod:`resettle.tables.page_text` writes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

Mark = Literal["printed", "computed", "synthetic"]
"""Where a figure comes from: printed in the source, computed by the rules, invented for the demo."""

NumberKind = Literal["count", "money", "money_exact", "area", "share", "number", "year", "date", "text"]
"""``money``: 10,000 yuan in Chinese, million yuan in English; ``money_exact``: whole currency units."""


@dataclass(frozen=True, slots=True)
class Text:
    """One thing said in both languages.

    >>> Text("户", "households").both()
    '户 households'
    """

    zh: str
    en: str

    def both(self) -> str:
        """Chinese and English in one line, once where they are the same."""
        return self.zh if self.zh == self.en else f"{self.zh} {self.en}"


@dataclass(frozen=True, slots=True)
class Hidden:
    """A cell that is not published: a small count, or one whose absence protects a small count."""

    is_small: bool
    """``True``: a count from 1 to 4, printed as <5. ``False``: withheld, because it would reveal one."""


Cell = Text | str | int | float | Decimal | date | Hidden | None
"""``None`` is unknown and is printed as a word, never as zero or as an empty cell."""


@dataclass(frozen=True, slots=True)
class PageColumn:
    """A column of a printed table: its head, its unit and how its numbers are written.

    A head begins with a capital, whatever the name of the column in the tables:

    >>> PageColumn(Text("县", "county")).head.en
    'County'
    """

    head: Text
    kind: NumberKind = "text"
    unit: Text = Text("", "")
    decimals: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "head", Text(self.head.zh, self.head.en[:1].upper() + self.head.en[1:]))


@dataclass(frozen=True, slots=True)
class PageTable:
    """A printed table. ``has_total``: the last row is the sum and is set off by a rule."""

    title: Text
    columns: tuple[PageColumn, ...]
    rows: tuple[tuple[Cell, ...], ...]
    has_total: bool = False
    mark: Mark | None = None
    note: Text | None = None

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(
                    f"table {self.title.en!r}: a row has {len(row)} cells for {len(self.columns)} columns"
                )


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph; ``lead`` is the first thing a reader sees, ``note`` small and grey, ``head`` a heading."""

    text: Text
    style: Literal["lead", "body", "note", "head", "missing", "notice"] = "body"


@dataclass(frozen=True, slots=True)
class KeyFigure:
    """One large number with its unit, what it is, and where it comes from."""

    value: Text
    unit: Text
    label: Text
    mark: Mark


@dataclass(frozen=True, slots=True)
class KeyFigures:
    """A row of large numbers."""

    figures: tuple[KeyFigure, ...]
    has_legend: bool = False


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar; ``value`` ``None`` is drawn as unknown, a hidden count as a stub with its mask. ``extra`` stands in a column before the bar."""

    label: Text
    value: int | float | Hidden | None
    extra: Text | None = None
    is_due: bool = False


@dataclass(frozen=True, slots=True)
class Bars:
    """Horizontal bars from zero with the value at their end."""

    rows: tuple[Bar, ...]
    label_head: Text
    value: PageColumn
    extra_head: Text | None = None


@dataclass(frozen=True, slots=True)
class Point:
    """One point in time. Only points with the same ``line`` (one kind, status and scope) are joined."""

    year: float
    value: float
    status: Literal["plan", "actual", "cumulative"]
    label: Text
    tick: str
    line: str = ""


@dataclass(frozen=True, slots=True)
class PointPanel:
    """One measure over time; years without a point are drawn as a hatched gap with ``gap`` written in it."""

    title: Text
    value: PageColumn
    points: tuple[Point, ...]
    first_year: int
    last_year: int
    gap: Text
    note: Text | None = None


@dataclass(frozen=True, slots=True)
class PointSeries:
    """Panels of points over time, one measure each."""

    panels: tuple[PointPanel, ...]
    legend: tuple[tuple[Literal["hollow", "solid", "hatch"], Text], ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """A value before and after a change."""

    label: Text
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class BeforeAfter:
    """Hollow dots before, solid dots after; below the threshold a diamond."""

    rows: tuple[Pair, ...]
    label_head: Text
    value: PageColumn
    before: Text
    after: Text
    threshold: float | None = None
    threshold_label: Text | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A row of a waterfall. ``part`` rows add up; ``total`` starts at zero; ``in_place`` is followed by the
    hatched rest up to ``whole``; ``missing`` states that rest."""

    label: Text
    value: int | None
    role: Literal["part", "total", "in_place", "missing"]
    whole: int | None = None


@dataclass(frozen=True, slots=True)
class Waterfall:
    """Parts, totals, what is in place and what is missing, on one scale."""

    steps: tuple[Step, ...]
    value: PageColumn


@dataclass(frozen=True, slots=True)
class Interval:
    """A band with both ends written; ``low`` or ``high`` ``None``: that end is not known."""

    label: Text
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Intervals:
    """Bands on one scale that begins at ``start``; where that is not zero it is written in the head."""

    rows: tuple[Interval, ...]
    label_head: Text
    value: PageColumn
    low_name: Text
    high_name: Text
    start: float = 0.0


@dataclass(frozen=True, slots=True)
class Stacked:
    """Bars made of parts, the number on every part. ``rows``: label and one value per part."""

    parts: tuple[Text, ...]
    rows: tuple[tuple[Text, tuple[int, ...]], ...]
    label_head: Text
    value: PageColumn


@dataclass(frozen=True, slots=True)
class FlowNode:
    """A state in one column of a flow drawing; ``tone`` says whether to be in it is good."""

    key: str
    label: Text
    tone: Literal["plain", "good", "warn", "bad", "unknown"] = "plain"


@dataclass(frozen=True, slots=True)
class Flows:
    """Columns of states from left to right, joined by bands as thick as what flows between them (Sankey).

    ``links``: column of the source, its key, the key of the target in the next column, how many.
    """

    columns: tuple[tuple[FlowNode, ...], ...]
    heads: tuple[Text, ...]
    links: tuple[tuple[int, str, str, int], ...]
    value: PageColumn


@dataclass(frozen=True, slots=True)
class SmallMultiples:
    """Bars of several measures, each with its own title, unit and scale from zero."""

    panels: tuple[tuple[Text, Bars], ...]


@dataclass(frozen=True, slots=True)
class Area:
    """A place on the map: rings of (longitude, latitude), its value, or why it lies outside the plan."""

    name: Text
    rings: tuple[tuple[tuple[float, float], ...], ...]
    value: int | None = None
    outside: Text | None = None
    is_context: bool = False
    """``True``: drawn in plain grey without a value (a city's districts around the plan)."""


@dataclass(frozen=True, slots=True)
class MapSite:
    """A site on the map; the shape says its class."""

    name: Text
    longitude: float
    latitude: float
    shape: Literal["circle", "triangle"]


@dataclass(frozen=True, slots=True)
class CountyMap:
    """Outlines filled by four classes, sites by shape, with everything a reader must be warned of."""

    areas: tuple[Area, ...]
    breaks: tuple[int, ...]
    value: PageColumn
    sites: tuple[MapSite, ...]
    circle: Text
    triangle: Text
    caveat: Text
    beside: PageTable | None = None


@dataclass(frozen=True, slots=True)
class TradePoint:
    """One plan: a letter at (``x``, ``y``); the band from ``x_low`` to ``x`` is what a better one could still save."""

    letter: str
    name: Text
    x: float
    x_low: float | None
    y: float


@dataclass(frozen=True, slots=True)
class TradeOff:
    """Plans by two things that pull against each other; less is better in both. Axes need not begin at zero
    and say where they begin."""

    points: tuple[TradePoint, ...]
    x: PageColumn
    y: PageColumn
    bar: Text


@dataclass(frozen=True, slots=True)
class Spot:
    """A place on a sketch of moves; ``short`` is what is written beside it, its name where there is nothing."""

    name: Text
    longitude: float
    latitude: float
    is_used: bool = True
    short: str = ""


@dataclass(frozen=True, slots=True)
class MoveMap:
    """One plan on a sketch: lines from villages to the sites they go to, by (village, site) numbers."""

    title: Text
    villages: tuple[Spot, ...]
    sites: tuple[Spot, ...]
    moves: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class MoveMaps:
    """Sketches of several plans at one scale, with the outline of the place where it is known."""

    panels: tuple[MoveMap, ...]
    rings: tuple[tuple[tuple[float, float], ...], ...]
    caveat: Text


Drawing = (
    Bars
    | PointSeries
    | BeforeAfter
    | Waterfall
    | Intervals
    | Stacked
    | Flows
    | SmallMultiples
    | CountyMap
    | TradeOff
    | MoveMaps
)


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawing whose title states the finding, with its mark and the table behind it."""

    title: Text
    mark: Mark
    drawing: Drawing
    table: PageTable | None
    note: Text | None = None
    key: str = ""


@dataclass(frozen=True, slots=True)
class FigureRow:
    """Two figures side by side on a desk, one under the other on a phone."""

    left: Figure
    right: Figure


@dataclass(frozen=True, slots=True)
class Claim:
    """One of two figures that do not agree, and where it stands."""

    text: Text
    source: Text


@dataclass(frozen=True, slots=True)
class FindingCard:
    """Two figures that do not agree, the readings under which they would, and whom to ask what."""

    codes: tuple[str, ...]
    title: Text
    a: Claim
    b: Claim | None
    readings: tuple[Text, ...] = ()
    ask: tuple[Text, ...] = ()
    mark: Mark = "computed"


@dataclass(frozen=True, slots=True)
class TraceStep:
    """One step of an explanation: it holds, it fails, it is unknown, or it is a value."""

    state: Literal["holds", "fails", "unknown", "value"]
    text: Text
    source: Text


@dataclass(frozen=True, slots=True)
class Trace:
    """Why a household gets what it gets: the conclusion, the steps with their cells and rules, what to do.

    ``more``: steps that do not decide, behind a line that opens them; ``label``: the household's number.
    """

    conclusion: Text
    steps: tuple[TraceStep, ...]
    notes: tuple[Text, ...] = ()
    mark: Mark = "synthetic"
    more: tuple[TraceStep, ...] = ()
    label: Text | None = None


@dataclass(frozen=True, slots=True)
class RateCard:
    """A rate with its denominator written out."""

    value: Text
    label: Text


@dataclass(frozen=True, slots=True)
class RateCards:
    """Rates side by side, each with its own denominator."""

    rates: tuple[RateCard, ...]


@dataclass(frozen=True, slots=True)
class Folded:
    """Cards or traces behind a line that opens them, so that a long list does not bury the rest."""

    summary: Text
    blocks: tuple[FindingCard | Trace | Paragraph | PageTable, ...]


Block = Paragraph | KeyFigures | Figure | FigureRow | PageTable | FindingCard | Trace | RateCards | Folded


@dataclass(frozen=True, slots=True)
class Chapter:
    """One chapter. ``order`` places it in the report (10 summary, 20 who moves, ... 100 assumptions)."""

    key: str
    title: Text
    blocks: tuple[Block, ...]
    order: int = 0
    is_computed: bool = True


@dataclass(frozen=True, slots=True)
class ReportMeta:
    """What stands above the first chapter.

    Attributes:
        title: the programme and its year.
        facts: pack, as-of date, seed...: one short text each.
        notice: the line every page of a demo carries (what is invented); ``None`` for a user's own data.
        system: the name in the header.
    """

    title: Text
    facts: tuple[Text, ...] = ()
    notice: Text | None = None
    system: str = "resettle"
    default_language: Literal["zh", "en"] = "zh"
