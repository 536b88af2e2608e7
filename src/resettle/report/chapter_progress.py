"""Progress over the years: points as they are on record, gaps as gaps, nothing joined that is not alike."""

from __future__ import annotations

from typing import Any

import polars as pl

from resettle.report.basis import Basis, not_computed
from resettle.report.sentences import say, word_of
from resettle.tables.page_text import grouped, money_text, number_text, same
from resettle.tables.pages import (
    Cell,
    Chapter,
    Figure,
    PageColumn,
    PageTable,
    Paragraph,
    Point,
    PointPanel,
    PointSeries,
    Text,
)

_MONEY_UNITS = {"yuan": 100, "minor": 1}
_PANEL_ORDER = ("sites", "households", "persons")


def _is_money(unit: str) -> bool:
    return unit in _MONEY_UNITS


def _column(basis: Basis, rows: list[dict[str, Any]], head: Text) -> PageColumn:
    unit = rows[0]["unit"]
    if _is_money(unit):
        cur = basis.currency
        return PageColumn(head, "money", Text(f"万{cur.zh}", f"million {cur.en}"), 1)
    whole = all(float(r["value"]).is_integer() for r in rows)
    return PageColumn(head, "count", word_of("report.number_of", unit), 0 if whole else 1)


def _value(row: dict[str, Any]) -> float:
    return float(row["value"]) * _MONEY_UNITS.get(row["unit"], 1)


def _panel(basis: Basis, rows: list[dict[str, Any]], first: int, last: int) -> PointPanel | None:
    """One measure; cumulative totals are said under the panel, not drawn among yearly points."""
    title = word_of("report.indicator", rows[0]["indicator"])
    column = _column(basis, rows, title)
    drawn = [r for r in rows if r["status"] != "cumulative"]
    notes = [
        say(
            "report.progress.total_note",
            date=r["period_end"],
            value=_total_text(basis, r),
            unit=say("report.unit.none") if _is_money(r["unit"]) else word_of("report.unit", r["unit"]),
        )
        for r in rows
        if r["status"] == "cumulative"
    ]
    if not drawn:
        return None
    points = []
    for r in drawn:
        year = r["period_end"].year
        line = "" if r["kind"] in (None, "undefined") else f"{r['kind']}|{r['status']}|{r['scope']}"
        value = _value(r)
        points.append(Point(year, value, r["status"], number_text(value, column), f"{year % 100:02d}", line))
    note = Text("；".join(n.zh for n in notes), "; ".join(n.en for n in notes)) if notes else None
    return PointPanel(title, column, tuple(points), first, last, say("report.progress.gap"), note)


def _total_text(basis: Basis, row: dict[str, Any]) -> Text:
    if _is_money(row["unit"]):
        return money_text(round(_value(row)), basis.currency)
    return same(grouped(row["value"]))


def _table(basis: Basis, rows: list[dict[str, Any]]) -> PageTable:
    columns = (
        PageColumn(say("report.head.indicator")),
        PageColumn(say("report.head.year"), "date"),
        PageColumn(say("report.head.value")),
        PageColumn(say("report.head.status")),
        PageColumn(say("report.head.kind")),
    )
    cells: list[tuple[Cell, ...]] = []
    for r in rows:
        unit = word_of("report.unit", r["unit"])
        number = _total_text(basis, r)
        value = number if _is_money(r["unit"]) else Text(f"{number.zh}{unit.zh}", f"{number.en} {unit.en}")
        cells.append(
            (
                word_of("report.indicator", r["indicator"]),
                r["period_end"],
                value,
                word_of("report.point", r["status"]),
                word_of("report.point", r["kind"] or "undefined"),
            )
        )
    return PageTable(say("report.progress.table_title"), columns, tuple(cells), mark="printed")


def _listed_english(years: list[int]) -> str:
    """Years in a row, the last after ``and``.

    >>> _listed_english([2014, 2016, 2017])
    '2014, 2016 and 2017'
    """
    head, last = ", ".join(map(str, years[:-1])), str(years[-1])
    return f"{head} and {last}" if head else last


def _note(basis: Basis, open_kind: int, groups: list[list[dict[str, Any]]]) -> Text | None:
    """Points nobody says the kind of, and totals of indicators that have no point to draw."""
    said = [say("report.progress.undefined_note", count=open_kind)] if open_kind else []
    for rows in groups:
        if any(r["status"] != "cumulative" for r in rows):
            continue
        last = rows[-1]
        unit = say("report.unit.none") if _is_money(last["unit"]) else word_of("report.unit", last["unit"])
        said.append(
            say(
                "report.progress.total_only",
                indicator=word_of("report.indicator", last["indicator"]),
                date=last["period_end"],
                value=_total_text(basis, last),
                unit=unit,
            )
        )
    return Text("".join(t.zh for t in said), " ".join(t.en for t in said)) if said else None


def progress(basis: Basis) -> Chapter:
    """The chapter: the published points over time."""
    series = basis.frame("series", "indicator", "period_end", "value", "unit", "status")
    if series is None:
        return not_computed("progress", 30, "series")
    for missing in ("kind", "scope"):
        if missing not in series.columns:
            series = series.with_columns(pl.lit(None, dtype=pl.String).alias(missing))
    rows = series.sort("indicator", "period_end", "status").to_dicts()
    years = sorted({r["period_end"].year for r in rows if r["status"] != "cumulative"})
    if not years:
        return not_computed("progress", 30, "series")
    first = min(basis.series_first_year or years[0], years[0])
    last = max(years[-1], first + 1)
    by_indicator: dict[str, list[dict[str, Any]]] = {}
    for r in rows:
        by_indicator.setdefault(r["indicator"], []).append(r)
    order = sorted(
        by_indicator, key=lambda n: (_PANEL_ORDER.index(n) if n in _PANEL_ORDER else len(_PANEL_ORDER), n)
    )
    panels = [p for n in order if (p := _panel(basis, by_indicator[n], first, last)) is not None]
    open_kind = sum(1 for r in rows if r["kind"] in (None, "undefined") and r["status"] != "cumulative")
    legend = (
        ("hollow", say("report.progress.hollow")),
        ("solid", say("report.progress.solid")),
        ("hatch", say("report.progress.hatch")),
    )
    listed = (
        same(str(years[0])) if len(years) == 1 else Text("、".join(map(str, years)), _listed_english(years))
    )
    figure = Figure(
        say("report.progress.figure_title", years=listed, count=len(years)),
        "printed",
        PointSeries(tuple(panels), legend),  # type: ignore[arg-type]
        _table(basis, rows),
        note=_note(basis, open_kind, [by_indicator[n] for n in order]),
        key="series",
    )
    return Chapter(
        "progress", say("report.progress.title"), (Paragraph(say("report.progress.lead")), figure), 30
    )
