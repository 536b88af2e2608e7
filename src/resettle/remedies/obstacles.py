"""What makes the offer hard for a household, read from the facts of its own case.

Nothing here is a guess about what the household will do: an obstacle exists where a fact says so, names
that fact, and is absent where the fact is unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import polars as pl

from resettle.remedies.contracts import OBSTACLE
from resettle.tables.people import is_here

GROWN = 18
Found = Callable[[pl.DataFrame, Mapping[str, Any]], pl.DataFrame]


def _facts(
    household: pl.DataFrame,
    person: pl.DataFrame,
    entitlement: pl.DataFrame | None,
    projection: pl.DataFrame | None,
    as_of: date,
    rules: list[str],
) -> pl.DataFrame:
    """One row per household with everything an obstacle may rest on; ``rules`` are the pack's own that it names."""
    here = person.filter(is_here(person))
    child = pl.col("relation").is_in(["son", "daughter", "grandson", "granddaughter"])
    grown = child & (pl.col("birth_date") <= pl.lit(as_of).dt.offset_by(f"-{GROWN}y"))
    in_law = pl.col("relation").is_in(["son_in_law", "daughter_in_law"]) | pl.col("relation").is_null()
    # A member of unknown relation may be the partner of a grown child: a child is only claimed single without one.
    people = here.group_by("household_id").agg(
        (grown.fill_null(False).sum().cast(pl.Int64) - in_law.sum().cast(pl.Int64)).alias("grown_children"),
        pl.col("training_wish").drop_nulls().sort().alias("wishes"),
    )
    frame = household.join(people, on="household_id", how="left")
    wanted = ["area_cap_dm2", "self_raised_minor", "resettled_persons", *rules]
    have = [] if entitlement is None else [c for c in wanted if c in entitlement.columns]
    if entitlement is not None and have:
        frame = frame.join(entitlement.select("household_id", *have), on="household_id", how="left")
    frame = frame.with_columns(pl.lit(None, dtype=pl.Int64).alias(c) for c in wanted if c not in have)
    if projection is not None and projection.height:
        last = projection.filter(pl.col("year") == pl.col("year").max())
        frame = frame.join(last.select("household_id", "outgrown_ppm"), on="household_id", how="left")
    else:
        frame = frame.with_columns(pl.lit(None, dtype=pl.Int64).alias("outgrown_ppm"))
    return frame.sort("household_id")


def _when(condition: pl.Expr, column: str, basis: str = "fact") -> Found:
    def found(frame: pl.DataFrame, _entry: Mapping[str, Any]) -> pl.DataFrame:
        return frame.filter(condition.fill_null(False)).select(
            "household_id",
            "county_code",
            pl.lit(column).alias("fact_column"),
            pl.col(column).cast(pl.String).alias("fact_value"),
            pl.lit(basis).alias("basis"),
        )

    return found


def _outgrown(frame: pl.DataFrame, entry: Mapping[str, Any]) -> pl.DataFrame:
    return _when(pl.col("outgrown_ppm") >= int(entry["share_ppm"]), "outgrown_ppm", "scenario")(frame, entry)


def _hotel(frame: pl.DataFrame, entry: Mapping[str, Any]) -> pl.DataFrame:
    words = [str(word) for word in entry["words"]]
    wishes = pl.col("wishes").list.join(" ")
    wanting = frame.with_columns(wishes.alias("training_wish"))
    return _when(wishes.str.contains_any(words), "training_wish")(wanting, entry)


def _ruled(frame: pl.DataFrame, entry: Mapping[str, Any]) -> pl.DataFrame:
    """Where a rule of the pack holds: a yes, or a number above nothing; an unknown result claims nothing."""
    name = str(entry["rule"])
    condition = pl.col(name) if frame.schema[name] == pl.Boolean else pl.col(name) > 0
    return _when(condition, name)(frame, entry)


_worked = pl.max_horizontal(pl.col("cultivated_area_dm2"), pl.col("forest_area_dm2"))
_unpaid = pl.col("self_raised_minor") > pl.col("self_paid_minor")

FINDERS: Mapping[str, Found] = {
    "grown_child": _when((pl.col("member_count") <= 3) & (pl.col("grown_children") > 0), "grown_children"),
    "may_outgrow": _outgrown,
    "need_above_cap": _when(pl.col("area_need_dm2") > pl.col("area_cap_dm2"), "area_need_dm2"),
    "smaller_than_now": _when(
        (pl.col("area_cap_dm2") > 0) & (pl.col("old_dwelling_area_dm2") > pl.col("area_cap_dm2")),
        "old_dwelling_area_dm2",
    ),
    "harvest_lodging": _when(_worked > 0, "cultivated_area_dm2"),
    "homestead_unsigned": _when(
        pl.col("agreement_signed") & ~pl.col("homestead_agreement"), "homestead_agreement"
    ),
    "alone": _when((pl.col("member_count") == 1) & ~pl.col("has_kin"), "has_kin"),
    "small_household": _when(pl.col("member_count").is_between(1, 2), "member_count"),
    "attached_house": _when(pl.col("is_attached_house") & ~pl.col("neighbours_move"), "neighbours_move"),
    "must_buy": _when(pl.col("household_class").is_not_null(), "household_class"),
    "own_share": _when(_unpaid, "self_paid_minor"),
    "hotel_wish": _hotel,
}
"""Obstacle code -> how its fact is found; the pack decides which of them apply, to which classes of households
(``classes``, all if none are named), and in what words.

An obstacle of the pack's own names a rule of its own instead (``rule = "has_orchard_left"``)."""

OF_A_CLASS = ("must_buy",)
"""Obstacles that are nothing but a class: without ``classes`` they would hold for everybody."""


def _of_class(facts: pl.DataFrame, entry: Mapping[str, Any]) -> pl.DataFrame:
    """The households an obstacle can be one of; whose class is unknown is of no named class."""
    if "classes" not in entry:
        return facts
    return facts.filter(pl.col("household_class").is_in(list(entry["classes"])).fill_null(False))


def find_obstacles(
    household: pl.DataFrame,
    person: pl.DataFrame,
    declared: list[Mapping[str, Any]],
    as_of: date,
    entitlement: pl.DataFrame | None = None,
    projection: pl.DataFrame | None = None,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Every obstacle of every household, and the facts they rest on (one row per household)."""
    rules = list(dict.fromkeys(str(entry["rule"]) for entry in declared if "rule" in entry))
    facts = _facts(household, person, entitlement, projection, as_of, rules)
    parts = [
        (_ruled if "rule" in entry else FINDERS[str(entry["code"])])(
            _of_class(facts, entry), entry
        ).with_columns(pl.lit(str(entry["code"])).alias("obstacle"))
        for entry in declared
        if "rule" in entry or str(entry["code"]) in FINDERS
    ]
    return OBSTACLE.shape(pl.concat(parts)) if parts else OBSTACLE.empty(), facts
