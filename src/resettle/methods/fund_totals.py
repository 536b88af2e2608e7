"""Totals of money from rows that state it by source, by county, or as a whole: the stage and the report share one reading."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from resettle.tables.money import weakest_status

WHOLE = "all"
"""In ``source`` and ``county_code``: the figure is of every source, of the whole programme."""


UNSTATED = "unstated"
"""In ``source`` and ``county_code``: rows that name none and are no whole; one more part."""


def wholes_and_parts(fund: pl.DataFrame) -> pl.DataFrame:
    """Every row with its source and county: one that names none states the whole, unless it cannot.

    A row without a source (or county) beside rows that name theirs and come to more is no whole but one more
    part, of which nobody said whose it is. Norms per head are by nobody's part.
    """
    for column, other in (("source", "county_code"), ("county_code", "source")):
        rest, amount = pl.col(other).fill_null(WHOLE), pl.col("amount_minor")
        is_sum = ~pl.col("per_person").fill_null(False)
        names_none, is_part = pl.col(column).is_null() & is_sum, pl.col(column).is_not_null() & is_sum
        named = amount.filter(is_part & (pl.col(column) != WHOLE)).sum().over("measure", rest)
        blank = amount.filter(names_none).sum().over("measure", rest)
        key = pl.when(names_none & (blank < named)).then(pl.lit(UNSTATED)).otherwise(pl.lit(WHOLE))
        fund = fund.with_columns(pl.coalesce(column, key).alias(column))
    return fund


def programme_total(position: pl.DataFrame, measure: str) -> int | None:
    """The whole programme's amount of one measure, no unit counted twice and none left out.

    What an office states as a whole stands. Where it states only parts they are added up: each source by its
    own programme figure, or by its counties where it has none. ``None``: no row states the measure.

    >>> rows = [("budget", "a", "all", 100), ("budget", "b", "01", 30), ("budget", "b", "02", 20)]
    >>> table = pl.DataFrame(rows, ["measure", "source", "county_code", "amount_minor"], orient="row")
    >>> programme_total(table, "budget")
    150
    >>> programme_total(table, "need") is None
    True
    """
    cells = _cells(position, measure)
    if not cells:
        return None
    if (WHOLE, WHOLE) in cells:
        return cells[WHOLE, WHOLE]
    if any(source == WHOLE for source, _ in cells):
        return _by_each_county(cells, WHOLE)
    return _of_named_sources(cells)


def source_totals(position: pl.DataFrame, measure: str) -> pl.DataFrame:
    """One row for each source of a measure: its own programme figure, or the sum of its counties without one.

    >>> rows = [("budget", "a", "all", 100, "printed"), ("budget", "b", "01", 30, "entered")]
    >>> names = ["measure", "source", "county_code", "amount_minor", "status"]
    >>> source_totals(pl.DataFrame(rows, names, orient="row"), "budget").select("source", "amount_minor").rows()
    [('a', 100), ('b', 30)]
    """
    rows = position.filter(pl.col("measure") == measure)
    is_whole = pl.col("county_code") == WHOLE
    stated = rows.filter(is_whole)
    counties = rows.filter(~is_whole & ~pl.col("source").is_in(stated["source"].to_list()))
    status = [weakest_status()] if "status" in rows.columns else []
    if "is_least" in rows.columns:
        status.append(pl.col("is_least").any())
    summed = counties.group_by("source").agg(pl.col("amount_minor").sum(), *status)
    return pl.concat([stated, summed], how="diagonal_relaxed").sort("source")


def parts_that_differ(position: pl.DataFrame, measure: str) -> list[tuple[str, int]]:
    """Which parts of a measure (``"counties_differ"``, ``"sources_differ"``) add up to another sum than the stated whole."""
    cells = _cells(position, measure)
    used = programme_total(position, measure)
    sums = (("counties_differ", _by_counties(cells)), ("sources_differ", _by_named_sources(cells)))
    found = [(kind, total) for kind, total in sums if total is not None and total != used]
    # A norm of one county is no part of the programme's own.
    if measure != "norm" and not any(source == WHOLE for source, _ in cells):
        for source in sorted({name for name, _ in cells}):
            counties = [a for (name, county), a in cells.items() if name == source and county != WHOLE]
            stated = cells.get((source, WHOLE))
            if counties and stated is not None and sum(counties) != stated:
                found.append(("counties_differ", (used or 0) - stated + sum(counties)))
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
    """What the named sources add up to, where they stand beside the figure of all sources."""
    both = any(name == WHOLE for name, _ in cells) and any(name != WHOLE for name, _ in cells)
    if not both:
        return None
    return _of_named_sources(cells) if (WHOLE, WHOLE) in cells else _by_each_county(cells, "")


def _by_each_county(cells: Mapping[tuple[str, str], int], first: str) -> int:
    """County by county, the figure of all sources or the sum of the named ones; ``first``: which of the two where
    a county has both."""
    total = 0
    for county in {place for _, place in cells if place != WHOLE}:
        named = [amount for (name, place), amount in cells.items() if place == county and name != WHOLE]
        has_all = (WHOLE, county) in cells
        total += cells[WHOLE, county] if has_all and (first == WHOLE or not named) else sum(named)
    return total


def _by_counties(cells: Mapping[tuple[str, str], int]) -> int | None:
    """What the counties of all sources add up to, where they stand beside the programme's own figure."""
    counties = [amount for (name, county), amount in cells.items() if name == WHOLE and county != WHOLE]
    return sum(counties) if counties and (WHOLE, WHOLE) in cells else None
