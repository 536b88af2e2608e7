"""The total of a measure from rows that may state it by source, by county, or as a whole."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from resettle.problems import Problem
from resettle.units import yuan

WHOLE = "all"
"""In ``source`` and ``county_code``: the figure is of every source, of the whole programme."""


def programme_total(position: pl.DataFrame, measure: str) -> int:
    """The whole programme's amount of one measure, no unit counted twice and none left out.

    What an office states as a whole stands. Where it states only parts they are added up: each source by its
    own programme figure, or by its counties where it has none.

    >>> rows = [("budget", "a", "all", 100), ("budget", "b", "01", 30), ("budget", "b", "02", 20)]
    >>> table = pl.DataFrame(rows, ["measure", "source", "county_code", "amount_minor"], orient="row")
    >>> programme_total(table, "budget")
    150
    """
    cells = _cells(position, measure)
    if (WHOLE, WHOLE) in cells:
        return cells[WHOLE, WHOLE]
    stated = _of_source(cells, WHOLE)
    return _of_named_sources(cells) if stated is None else stated


def totals_that_differ(position: pl.DataFrame) -> list[Problem]:
    """A measure stated both as a whole and in parts that do not add up to it; the whole is the one used."""
    found = []
    for measure in sorted(position["measure"].unique().to_list()):
        cells = _cells(position, measure)
        used = programme_total(position, measure)
        for parts, code in (
            (_by_counties(cells), "funds.counties_differ"),
            (_by_named_sources(cells), "funds.sources_differ"),
        ):
            if parts is not None and parts != used:
                values = {"measure": measure, "total": f"{yuan(used):,}", "parts": f"{yuan(parts):,}"}
                found.append(Problem(code, "warning", table="fund", file="funds.csv", values=values))
    return found


def _cells(position: pl.DataFrame, measure: str) -> dict[tuple[str, str], int]:
    rows = position.filter(pl.col("measure") == measure)
    return {(s, c): a for s, c, a in rows.select("source", "county_code", "amount_minor").iter_rows()}


def _of_source(cells: Mapping[tuple[str, str], int], source: str) -> int | None:
    """One source over the programme: its own whole figure, else the sum of its counties; ``None`` without rows."""
    if (source, WHOLE) in cells:
        return cells[source, WHOLE]
    counties = [amount for (name, _), amount in cells.items() if name == source]
    return sum(counties) if counties else None


def _of_named_sources(cells: Mapping[tuple[str, str], int]) -> int:
    names = {name for name, _ in cells if name != WHOLE}
    return sum(_of_source(cells, name) or 0 for name in names)


def _by_named_sources(cells: Mapping[tuple[str, str], int]) -> int | None:
    """What the named sources add up to, where every one is stated beside the whole."""
    both = any(name == WHOLE for name, _ in cells) and any(name != WHOLE for name, _ in cells)
    return _of_named_sources(cells) if both else None


def _by_counties(cells: Mapping[tuple[str, str], int]) -> int | None:
    """What the counties of all sources add up to, where they stand beside the programme's own figure."""
    counties = [amount for (name, county), amount in cells.items() if name == WHOLE and county != WHOLE]
    return sum(counties) if counties and (WHOLE, WHOLE) in cells else None
