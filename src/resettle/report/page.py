"""A report as one HTML file: no script, no request to any host, both languages by two radio buttons."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from resettle.report import charts, flows, maps, plan_views
from resettle.report.sentences import say
from resettle.tables.page_text import cell_text, numbered, pick
from resettle.tables.pages import (
    Cell,
    Chapter,
    CountyMap,
    Figure,
    FigureRow,
    Folded,
    Hidden,
    PageColumn,
    PageTable,
    ReportMeta,
)
from resettle.words import LANGUAGES, Language


def rich(text: str) -> Markup:
    """A sentence with ``**strong**`` words, everything else escaped.

    >>> rich("a **b** <c>")
    Markup('a <b>b</b> &lt;c&gt;')
    """
    strong = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", str(escape(text)))
    # Few fonts have the dotted circle, and none in the size of the other two marks: it is drawn.
    return Markup(strong.replace("◌", '<i class="ring" role="img" aria-label="◌"></i>'))


def plain(text: str) -> str:
    """A sentence without its marks, for drawings."""
    return text.replace("**", "")


def _is_number(column: PageColumn) -> bool:
    return column.kind not in ("text", "date")


def _cell_class(cell: Cell, column: PageColumn) -> Markup:
    names = ["n"] if _is_number(column) else []
    if cell is None or isinstance(cell, Hidden):
        names.append("unknown")
    return Markup(f' class="{" ".join(names)}"') if names else Markup("")


PHONE = 358
"""Width left for a table on a phone of 390 units, in units of the screen."""
_HAN, _LATIN, _GAP = 15.0, 7.1, 12.0
_MOST_WORDS = 96.0
"""A column of words may break its lines down to this width."""


def _wide(text: str) -> float:
    return sum(_HAN if ord(sign) > 0x2E7F else _LATIN for sign in text)


def _least(text: str) -> float:
    """The width below which words would break inside: the longest word, or four signs of Chinese."""
    return max(
        (min(_wide(word), 60.0) if ord(word[0]) > 0x2E7F else _wide(word) for word in text.split()), default=0
    )


def is_stacked(table: PageTable) -> bool:
    """Whether a table is too wide for a phone, in either language, or one column of sentences leaves the others no room.

    There each row becomes a small card.
    """
    return any(sum(_widths(table, k)) - _GAP > PHONE or _has_sentences(table, k) for k in LANGUAGES)


def _has_sentences(table: PageTable, language: Language) -> bool:
    """Whether a table of several columns has a cell of more than a line and a half of a phone."""
    texts = (
        plain(pick(cell_text(row[at], column), language))
        for at, column in enumerate(table.columns)
        for row in table.rows[:60]
        if not _is_number(column)
    )
    return len(table.columns) > 3 and any(_wide(text) > 1.5 * PHONE for text in texts)


def _widths(table: PageTable, language: Language) -> list[float]:
    """What each column must have, and the gap behind it."""
    widths = []
    for at, column in enumerate(table.columns):
        unit = pick(column.unit, language)
        least = max(_least(pick(column.head, language)), _least(unit))
        texts = [plain(pick(cell_text(row[at], column), language)) for row in table.rows[:60]]
        if _is_number(column):
            need = max((_wide(text) for text in texts), default=0.0)
        else:
            need = max((min(_wide(text), max(_MOST_WORDS, _least(text))) for text in texts), default=0.0)
        widths.append(max(least, need) + _GAP)
    return widths


def head_style(table: PageTable, at: int) -> Markup:
    """The least width of a column of words, so that a long one beside it does not press it to a sign or two."""
    if is_stacked(table) or _is_number(table.columns[at]):
        return Markup("")
    widths = [max(pair) for pair in zip(*(_widths(table, k) for k in LANGUAGES), strict=True)]
    share = min(1.0, PHONE / sum(widths))
    return Markup(f' style="min-width:{(widths[at] - _GAP) * share:.0f}px"')


def is_narrow(table: PageTable) -> bool:
    """Whether a table of few, short columns is better held together than spread over the page."""
    return len(table.columns) <= 3 and max(_longest(table, language) for language in LANGUAGES) < 520


def _longest(table: PageTable, language: Language) -> float:
    return sum(
        max([_wide(plain(pick(cell_text(row[at], column), language))) for row in table.rows] or [0.0])
        for at, column in enumerate(table.columns)
    )


def _phone_css(numbers: Mapping[int, int], tables: Iterable[PageTable]) -> str:
    """The heads of stacked tables, which a phone shows before each cell, in the chosen language."""
    rules = []
    for table in tables:
        if not is_stacked(table):
            continue
        for at, column in enumerate(table.columns[1:], start=2):
            for language in LANGUAGES:
                head, unit = plain(pick(column.head, language)), pick(column.unit, language)
                close = f"（{unit}）" if language == "zh" else f", {unit}"
                said = (head + (close if unit else "")).replace("\\", "").replace('"', "'")
                said = said.replace("<", "‹").replace("\n", " ")
                rules.append(
                    f"#lang-{language}:checked~.sheet #table-{numbers[id(table)]} td:nth-child({at})::before"
                    f'{{content:"{said}"}}'
                )
    return "@media screen and (max-width:760px){" + "\n".join(rules) + "}" if rules else ""


def _numbers(chapters: Iterable[Chapter]) -> tuple[dict[int, int], list[PageTable]]:
    """Running numbers of figures and of tables that stand in the open or behind a figure, by identity."""
    numbers: dict[int, int] = {}
    all_tables: list[PageTable] = []
    figures = tables = 0

    def table(item: PageTable | None) -> None:
        nonlocal tables
        if item is not None and id(item) not in numbers:
            tables += 1
            numbers[id(item)] = tables
            all_tables.append(item)

    def figure(item: Figure) -> None:
        nonlocal figures
        figures += 1
        numbers[id(item)] = figures
        if isinstance(item.drawing, CountyMap):
            table(item.drawing.beside)
        table(item.table)

    for chapter in chapters:
        for block in chapter.blocks:
            if isinstance(block, Figure):
                figure(block)
            elif isinstance(block, FigureRow):
                figure(block.left)
                figure(block.right)
            elif isinstance(block, PageTable):
                table(block)
            elif isinstance(block, Folded):
                for inner in block.blocks:
                    table(inner if isinstance(inner, PageTable) else None)
    return numbers, all_tables


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("resettle.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["rich"] = rich
    made.filters["plain"] = plain
    made.tests["numeric"] = _is_number
    return made


def build_report(chapters: Sequence[Chapter], meta: ReportMeta) -> str:
    """The whole report as one HTML document.

    Chapters are drawn in the order of ``order`` (and as given among equals); figures and tables are
    numbered through. The result asks no other host for anything, needs no script, and is the same bytes
    for the same input.

    Args:
        chapters: the chapters; any stage may make one.
        meta: title, facts and notice above them.

    >>> from resettle.tables.pages import ReportMeta, Text
    >>> html = build_report([], ReportMeta(Text("示例", "Example")))
    >>> html.startswith("<!DOCTYPE html>"), "<script" in html, "http://" in html
    (True, False, False)
    """
    ordered = sorted(chapters, key=lambda chapter: chapter.order)
    numbers, tables = _numbers(ordered)
    environment = _environment()
    loader = environment.loader
    assert loader is not None
    css, _, _ = loader.get_source(environment, "report.css")
    names: dict[str, Any] = {
        "words": say,
        "number": lambda item: numbers.get(id(item), 0),
        "numbered": numbered,
        "cell_text": cell_text,
        "cell_class": _cell_class,
        "is_narrow": is_narrow,
        "is_stacked": is_stacked,
        "head_style": head_style,
        "phone_css": _phone_css(numbers, tables),
        "kind_of": lambda item: type(item).__name__,
        "bars_view": charts.bars_view,
        "panel_view": charts.panel_view,
        "before_after_view": charts.before_after_view,
        "waterfall_view": charts.waterfall_view,
        "intervals_view": charts.intervals_view,
        "stacked_view": charts.stacked_view,
        "flows_view": flows.flows_view,
        "map_view": maps.map_view,
        "trade_view": plan_views.trade_view,
        "moves_view": plan_views.moves_view,
    }
    template = environment.get_template("report.html.j2")
    html = template.render(meta=meta, chapters=ordered, css=css, **names)
    return html.strip() + "\n"
