"""A report as one HTML file: no script, no request to any host, both languages by two radio buttons."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from resettle.report import charts, flows, maps, plan_views
from resettle.report.sentences import say
from resettle.tables.page_text import cell_text, numbered
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


def rich(text: str) -> Markup:
    """A sentence with ``**strong**`` words, everything else escaped.

    >>> rich("a **b** <c>")
    Markup('a <b>b</b> &lt;c&gt;')
    """
    return Markup(re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", str(escape(text))))


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


def _numbers(chapters: Iterable[Chapter]) -> dict[int, int]:
    """Running numbers of figures and of tables that stand in the open or behind a figure, by identity."""
    numbers: dict[int, int] = {}
    figures = tables = 0

    def table(item: PageTable | None) -> None:
        nonlocal tables
        if item is not None and id(item) not in numbers:
            tables += 1
            numbers[id(item)] = tables

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
    return numbers


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
    numbers = _numbers(ordered)
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
