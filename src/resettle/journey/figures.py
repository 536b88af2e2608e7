"""The figures a run prints: each knows its table, its condition, its unit, and so can be walked back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from resettle.methods.fund_totals import programme_total

Value = int | None


@dataclass(frozen=True)
class Figure:
    """One printed figure.

    Attributes:
        name: what ``resettle why`` is asked for.
        table: the table it is taken from.
        where: the rows it is taken over.
        column: the column summed; ``None``: the rows are counted.
        unit: of the value.
        rule: the rule that decides ``where`` or ``column``, if a rule does.
    """

    name: str
    table: str
    where: pl.Expr
    column: str | None
    unit: str
    rule: str | None = None

    def rows(self, tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame | None:
        """The rows behind the figure, or ``None`` where the table was not made."""
        frame = tables.get(self.table)
        if frame is None:
            return None
        try:
            return frame.filter(self.where)
        except pl.exceptions.ColumnNotFoundError:
            return None

    def value(self, tables: Mapping[str, pl.DataFrame]) -> Value:
        """The figure; ``None`` where it is not known."""
        rows = self.rows(tables)
        if rows is None or (self.column and self.column not in rows.columns):
            return None
        if self.column is None:
            return rows.height
        if self.table == "fund_position":  # sources, counties and wholes beside each other are no sum
            return programme_total(rows, str(rows["measure"][0])) if rows.height else None
        if not rows[self.column].count():
            return None
        total = rows[self.column].sum()
        return int(total)


def _is(column: str, *values: str) -> pl.Expr:
    return pl.col(column).is_in(list(values))


_REGISTERED = _is("household_class", "registered_poor", "affected")
ALL = pl.lit(True)

FIGURES: tuple[Figure, ...] = (
    Figure("households", "household", _REGISTERED, None, "household"),
    Figure("persons", "household", _REGISTERED, "member_count", "person"),
    Figure("co_mover_households", "household", _is("household_class", "co_mover"), None, "household"),
    Figure("co_mover_persons", "household", _is("household_class", "co_mover"), "member_count", "person"),
    Figure(
        "co_mover_agreed_households",
        "household",
        _is("household_class", "co_mover") & pl.col("agreement_signed"),
        None,
        "household",
    ),
    Figure("eligible_households", "entitlement", pl.col("is_eligible"), None, "household", "is_eligible"),
    Figure(
        "refused_households",
        "entitlement",
        ~pl.col("is_eligible") & _is("mover_class", "none"),
        None,
        "household",
        "is_eligible",
    ),
    Figure(
        "unknown_households", "entitlement", pl.col("is_eligible").is_null(), None, "household", "is_eligible"
    ),
    Figure("area_cap", "entitlement", pl.col("is_eligible"), "area_cap_dm2", "dm2", "area_cap_dm2"),
    Figure(
        "short_households", "entitlement", pl.col("area_short_dm2") > 0, None, "household", "area_short_dm2"
    ),
    Figure(
        "self_raised", "entitlement", pl.col("is_eligible"), "self_raised_minor", "minor", "self_raised_minor"
    ),
    Figure("sites_open", "site_plan", pl.col("is_open"), None, "site"),
    Figure("works_cost", "site_plan", pl.col("is_open"), "cost_minor", "minor"),
    Figure("placed_households", "household_site", pl.col("site_id").is_not_null(), None, "household"),
    Figure("budget", "fund_position", _is("measure", "budget"), "amount_minor", "minor"),
    Figure("need", "fund_position", _is("measure", "need"), "amount_minor", "minor"),
    Figure("in_place", "fund_position", _is("measure", "in_place"), "amount_minor", "minor"),
    Figure("norm", "fund_position", _is("measure", "norm"), "amount_minor", "minor"),
    Figure(
        "gap_to_need",
        "fund_rate",
        _is("rate", "funds_in_place") & _is("denominator", "need"),
        "gap_minor",
        "minor",
    ),
    Figure(
        "in_place_of_need",
        "fund_rate",
        _is("rate", "funds_in_place") & _is("denominator", "need"),
        "rate_ppm",
        "ppm",
    ),
    Figure(
        "in_place_of_budget",
        "fund_rate",
        _is("rate", "funds_in_place") & _is("denominator", "budget"),
        "rate_ppm",
        "ppm",
    ),
    Figure("findings", "finding", ALL, None, "finding"),
    Figure("villages", "village", ALL, None, "village"),
)


def figures_of(tables: Mapping[str, pl.DataFrame]) -> dict[str, Value]:
    """Every figure's value by name."""
    return {figure.name: figure.value(tables) for figure in FIGURES}


def figure_named(name: str) -> Figure | None:
    """The figure of that name."""
    return next((figure for figure in FIGURES if figure.name == name), None)
