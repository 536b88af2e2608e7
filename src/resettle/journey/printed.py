"""From what a reader sees printed, a number or a name in either language, to what ``resettle why`` can be asked.

A number may stand in many places; each is listed with the question that walks it back, and none is chosen for
the reader.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

import polars as pl

from resettle.journey.figures import FIGURES
from resettle.words import LANGUAGES, Language, sentences, tell

Tables = Mapping[str, pl.DataFrame]
_NUMBER = re.compile(r"^[¥￥$€约]?\s*(-?\d[\d,]*)(\.\d+)?\s*(.*)$")
TIMES = {"亿": 10**8, "万": 10**4, "千": 10**3, "billion": 10**9, "million": 10**6, "thousand": 10**3}
INNER = {"_minor": 100, "_dm2": 100}
"""What a printed unit is in the tables' own: money in minor units, areas in 0.01 m2."""
GROUPS = 60
"""Different values of a column by which rows are counted and summed."""
OF_A_TABLE = 4
MOST = 16


@dataclass(frozen=True)
class Hit:
    """One place that may be meant.

    Attributes:
        ask: the name to ask ``resettle why`` for, or ``""`` where a count or sum has no name of its own.
        value: as it stands there, in the units a person reads.
        table, column: where; ``column`` is empty for a count of rows.
        where: the rows, as ``column = value``.
        rows: how many rows it is made of.
    """

    ask: str
    value: str
    table: str
    column: str
    where: str
    rows: int


@dataclass(frozen=True)
class Printed:
    """A printed number: it stands for everything that rounds to it."""

    low: float
    high: float
    is_share: bool
    may_be_scaled: bool

    def spans(self, column: str) -> list[tuple[float, float]]:
        """What the column's own whole numbers may be, where this is printed of it."""
        if self.is_share:
            return [(self.low * 10**4, self.high * 10**4)] if column.endswith("_ppm") else []
        factor = next((f for end, f in INNER.items() if column.endswith(end)), 1)
        scales = (1, 10**4, 10**6) if self.may_be_scaled and column.endswith("_minor") else (1,)
        return [(self.low * factor * s, self.high * factor * s) for s in scales]


def number_of(text: str) -> Printed | None:
    """A number as a report prints it, with its thousands, decimals and unit; ``None`` for a text.

    >>> number_of("20,615户").low, number_of("1.2万元").high, number_of("78.7%").is_share
    (20614.5, 12500.0, True)
    >>> number_of("三川镇") is None
    True
    """
    found = _NUMBER.match(unicodedata.normalize("NFKC", text).strip())
    if not found:
        return None
    whole, part, unit = found[1].replace(",", ""), found[2] or "", found[3].strip().lower()
    if re.search(r"\d", unit.replace("m2", "")):
        return None
    times = next((factor for word, factor in TIMES.items() if unit.startswith(word)), 1)
    half = 0.5 * 10.0 ** -max(len(part) - 1, 0)
    value = float(whole + part)
    return Printed(
        (value - half) * times, (value + half) * times, unit.startswith("%"), bool(part) and times == 1
    )


def hits_of_number(number: Printed, tables: Tables) -> list[Hit]:
    """Figures, whole tables, groups of rows and cells that are printed like this, the likeliest first."""
    return [
        *_figures(number, tables),
        *(hit for name in sorted(tables) for hit in _sums(number, name, tables[name])),
        *(hit for name in sorted(tables) for hit in _cells(number, name, tables[name])),
    ]


def hits_of_text(text: str, tables: Tables, titles: Mapping[tuple[str, str], tuple[str, str]]) -> list[Hit]:
    """Figures, columns and cells of that name in either language.

    Args:
        titles: (table, column) to its words in Chinese and English.
    """
    wanted = _folded(text)
    found = []
    for figure in FIGURES:
        names = [figure.name, *(sentences(k)[f"figure.{figure.name}"] for k in LANGUAGES)]
        if any(wanted == _folded(n) for n in names):
            return [_figure_hit(figure.name, tables)]
        if any(wanted in _folded(n) for n in names):
            found.append(_figure_hit(figure.name, tables))
    named = [t for t in sorted(titles) if t[0] in tables and t[1] in tables[t[0]].columns]
    exact = [t for t in named if wanted in {_folded(word) for word in (*titles[t], t[1])}]
    alike = [t for t in named if len(wanted) > 1 and any(wanted in _folded(w) for w in titles[t])]
    for table, column in exact or alike:
        frame = tables[table]
        key = _key(frame, 0) if frame.height else "KEY"
        found.append(
            Hit(f"{table}/{key}/{column}", titles[(table, column)][0], table, column, "", frame.height)
        )
    for name in sorted(tables):
        frame = tables[name]
        columns = [c for c, kind in frame.schema.items() if kind == pl.String]
        for column in columns:
            rows = frame.with_row_index("_row").filter(pl.col(column) == text)
            if rows.height:
                key = _key(frame, int(rows["_row"][0]))
                found.append(Hit(f"{name}/{key}/{column}", text, name, column, "", rows.height))
                break
    return found


def nearest_names(text: str, tables: Tables) -> list[str]:
    """What is called most alike, of figures in either language and of tables."""
    names: dict[str, str] = {name: name for name in tables}
    for figure in FIGURES:
        names |= dict.fromkeys(
            (figure.name, *(sentences(k)[f"figure.{figure.name}"] for k in LANGUAGES)), figure.name
        )
    return list(dict.fromkeys(names[n] for n in get_close_matches(text, names, n=6, cutoff=0.4)))


def shown(value: object, column: str) -> str:
    """A cell in the unit a person reads: currency, square metres, percent.

    >>> shown(123450, "cost_minor"), shown(7500, "area_cap_dm2"), shown(787000, "rate_ppm"), shown(None, "x")
    ('1,234.5', '75', '78.7%', '?')
    """
    if value is None:
        return "?"
    if isinstance(value, int | float) and not isinstance(value, bool):
        if column.endswith("_ppm"):
            return f"{value / 10**4:,.4f}".rstrip("0").rstrip(".") + "%"
        if any(column.endswith(end) for end in INNER):
            return f"{value / 100:,.2f}".rstrip("0").rstrip(".")
        return f"{value:,}"
    return str(value)


def hit_line(hit: Hit, language: Language) -> str:
    """One place as a line: what stands there, of which rows, and how to ask on."""
    label = sentences(language).get(f"figure.{hit.ask}", "")
    if label:
        return tell("figures.hit_figure", language, ask=hit.ask, value=hit.value, label=label)
    if hit.ask:
        return tell("figures.hit_cell", language, ask=hit.ask, value=hit.value or "-", rows=hit.rows)
    kind = "sum" if hit.column else "count"
    told = {"value": hit.value, "table": hit.table, "column": hit.column, "rows": hit.rows}
    where = hit.where or tell("figures.all_rows", language)
    return tell(f"figures.hit_{kind}", language, where=where, **told)


def _folded(text: str) -> str:
    return re.sub(r"[\s_（）()：:，,]+", "", unicodedata.normalize("NFKC", text).lower())


def _figure_hit(name: str, tables: Tables) -> Hit:
    figure = next(f for f in FIGURES if f.name == name)
    value = figure.value(tables)
    rows = figure.rows(tables)
    return Hit(
        name,
        shown(value, f"_{figure.unit}"),
        figure.table,
        figure.column or "",
        "",
        0 if rows is None else rows.height,
    )


def _figures(number: Printed, tables: Tables) -> Iterator[Hit]:
    for figure in FIGURES:
        value = figure.value(tables)
        if value is not None and any(a <= value <= b for a, b in number.spans(f"_{figure.unit}")):
            yield _figure_hit(figure.name, tables)


def _sums(number: Printed, name: str, frame: pl.DataFrame) -> Iterator[Hit]:
    """Counts of rows and sums of whole columns, over all rows and by each column of few values."""
    summed = [c for c, kind in frame.schema.items() if kind.is_integer() and not c.endswith(("_ppm", "year"))]
    aggregates = [pl.len().cast(pl.Int64).alias(""), *(pl.col(c).sum() for c in summed)]
    parts = [(frame.select(aggregates), "")]
    few = [
        c
        for c, k in frame.schema.items()
        if k in (pl.String, pl.Boolean) and 1 < frame[c].n_unique() <= GROUPS
    ]
    parts += [(frame.group_by(pl.col(c).alias("_by")).agg(aggregates).sort("_by"), c) for c in few]
    left = OF_A_TABLE
    for grouped, by in parts:
        for column in ("", *summed):
            spans = number.spans(column)
            rows = (
                grouped.filter(pl.any_horizontal(pl.col(column).is_between(a, b) for a, b in spans))
                if spans
                else None
            )
            for row in () if rows is None else rows.iter_rows(named=True):
                if not left or (column and row[""] < 2):
                    continue
                left -= 1
                where = f"{by} = {row['_by']}" if by else ""
                yield Hit("", shown(row[column], column), name, column, where, row[""])


def _cells(number: Printed, name: str, frame: pl.DataFrame) -> Iterator[Hit]:
    left = OF_A_TABLE
    for column, kind in frame.schema.items():
        spans = number.spans(column) if kind.is_numeric() else []
        if not spans or column.startswith("source_"):
            continue
        rows = frame.with_row_index("_row").filter(
            pl.any_horizontal(pl.col(column).is_between(a, b) for a, b in spans)
        )
        if rows.height and left:
            left -= 1
            ask = f"{name}/{_key(frame, int(rows['_row'][0]))}/{column}"
            yield Hit(ask, shown(rows[column][0], column), name, column, "", rows.height)


def _key(frame: pl.DataFrame, row: int) -> str:
    """The key of a row: as many of the first columns as single it out."""
    width = next(
        (n for n in range(1, 5) if n >= frame.width or frame.select(frame.columns[:n]).is_unique().all()), 4
    )
    return ",".join(str(v) for v in frame.row(row)[:width])
