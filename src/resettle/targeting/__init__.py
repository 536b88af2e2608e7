"""Who counts as poor by which yardstick, who is missed or wrongly taken in, and what stands at the line."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any

import polars as pl

from resettle.problems import Problem
from resettle.tables import Inputs, Outputs, Stage
from resettle.targeting.accuracy import exclusion, measures, size_class
from resettle.targeting.contracts import (
    TABLES,
    TARGETING_CLIFF,
    TARGETING_HOUSEHOLD,
    TARGETING_MATCH,
    TARGETING_VILLAGE,
)
from resettle.targeting.criteria import cliff_expr, line_table, with_deprivations, with_income

__all__ = ["FILE", "STAGE", "exclusion", "line_table", "matches", "measures", "run"]

FILE = "targeting.toml"
FLAGS = {
    "vehicle": "has_vehicle",
    "flat_in_town": "has_flat_in_town",
    "payroll": "has_payroll",
    "company": "has_company",
}


def _document(inputs: Inputs) -> Mapping[str, Any] | None:
    own = (inputs.settings.get("options") or {}).get("targeting")
    if isinstance(own, Mapping) and "line" in own:
        return own
    if inputs.pack is None or FILE not in inputs.pack.files():
        return None
    return tomllib.loads(inputs.pack.read_text(FILE))


def matches(
    household: pl.DataFrame, given: pl.DataFrame | None, lists: list[str]
) -> tuple[pl.DataFrame, list[Problem]]:
    """Every match as a question for a person; no match removes anybody.

    Matches come from the registry's flags and from match lists. A list that names a person twice is
    counted once and reported; a household the registry does not know is reported.
    """
    problems: list[Problem] = []
    found = [
        household.filter(pl.col(flag).fill_null(False)).select("household_id", pl.lit(name).alias("list"))
        for name, flag in FLAGS.items()
        if name in lists
    ]
    if given is not None and given.height:
        named = given.with_columns(pl.coalesce("person_id", "household_id").alias("_who"))
        problems += _in_two_households(given)
        twice = (
            named.group_by("list", "household_id", "_who")
            .len()
            .filter(pl.col("len") > 1)
            .sort("list", "_who", "household_id")
        )
        problems += [
            Problem(
                "targeting.match_twice",
                "warning",
                table="match_list",
                value=who,
                values={"list": name, "times": n, "household": house},
            )
            for name, house, who, n in twice.iter_rows()
        ]
        unknown = given.join(household.select("household_id"), on="household_id", how="anti")
        if unknown.height:
            first = unknown["household_id"].sort()[0]
            problems.append(
                Problem(
                    "targeting.match_stranger",
                    "warning",
                    table="match_list",
                    value=first,
                    values={"count": unknown.height},
                )
            )
        strange = sorted(set(given["list"].to_list()) - set(lists))
        problems += [
            Problem(
                "targeting.match_list_unknown",
                "warning",
                table="match_list",
                value=n,
                nearest=", ".join(lists),
            )
            for n in strange
            if lists
        ]
        if not lists:
            problems.append(
                Problem(
                    "targeting.match_lists_unused", "warning", table="match_list", value=str(given.height)
                )
            )
        found.append(given.select("household_id", "list"))
    table = pl.concat(found).unique() if found else TARGETING_MATCH.empty().select("household_id", "list")
    table = table.join(household.select("household_id", "county_code"), on="household_id", how="inner")
    return TARGETING_MATCH.shape(table.with_columns(pl.lit("open").alias("decision"))), problems


def _in_two_households(given: pl.DataFrame) -> list[Problem]:
    """A person whom the lists put into several households: whose match it is, nobody here can tell."""
    people = given.filter(pl.col("person_id").is_not_null())
    homes = people.group_by("person_id").agg(pl.col("household_id").unique().sort().alias("homes"))
    torn = homes.filter(pl.col("homes").list.len() > 1).sort("person_id")
    return [
        Problem(
            "targeting.match_torn",
            "warning",
            table="match_list",
            value=who,
            values={"households": ", ".join(found)},
        )
        for who, found in torn.iter_rows()
    ]


def _designated(village: pl.DataFrame | None, quota: pl.DataFrame | None) -> pl.DataFrame:
    """Whether each village lies in a designated area: the quota list says so, else its reason to leave."""
    parts = []
    if quota is not None:
        parts.append(quota.select("village_code", "is_designated"))
    if village is not None:
        parts.append(
            village.select("village_code", (pl.col("scope_reason") != "none").alias("is_designated"))
        )
    empty = pl.DataFrame(schema={"village_code": pl.String, "is_designated": pl.Boolean})
    known = pl.concat([empty, *parts]).filter(pl.col("is_designated").is_not_null())
    return known.unique("village_code", keep="first", maintain_order=True)


def _list_status() -> pl.Expr:
    return (
        pl.when(pl.col("is_registered").is_null())
        .then(pl.lit("unknown"))
        .when("is_registered")
        .then(pl.lit("registered"))
        .when(pl.col("is_income_poor").is_null())
        .then(pl.lit("unknown"))
        .when(~pl.col("is_income_poor"))
        .then(pl.lit("not_poor"))
        .when(pl.col("is_designated") == False)  # noqa: E712  (an unknown area does not exclude)
        .then(pl.lit("outside_area"))
        .otherwise(pl.lit("waiting"))
        .alias("list_status")
    )


def _villages(frame: pl.DataFrame, quota: pl.DataFrame | None, designated: pl.DataFrame) -> pl.DataFrame:
    table = (
        frame.filter(pl.col("village_code").is_not_null())
        .group_by("village_code")
        .agg(
            pl.col("county_code").drop_nulls().min(),
            pl.col("is_registered").sum().alias("registered_count"),
            pl.col("is_income_poor").sum().alias("eligible_count"),
            (pl.col("list_status") == "waiting").sum().alias("waiting_count"),
            (pl.col("list_status") == "unknown").sum().alias("unknown_count"),
            pl.col("is_registered").null_count().alias("_unlisted"),
        )
        .join(designated, on="village_code", how="left")
    )
    places = quota.select("village_code", "place_count") if quota is not None else None
    if places is None:
        table = table.with_columns(pl.lit(None, dtype=pl.Int64).alias("place_count"))
    else:
        table = table.join(places, on="village_code", how="left")
    free = (pl.col("place_count") - pl.col("registered_count")).clip(0)
    known = pl.when(pl.col("_unlisted") == 0).then(free)  # else places may be taken that nobody recorded
    return TARGETING_VILLAGE.shape(table.with_columns(known.alias("free_count")))


def _cliff(frame: pl.DataFrame) -> pl.DataFrame:
    near = pl.col("is_near_line").fill_null(False)
    poor = pl.col("is_income_poor").fill_null(False)
    at_line = (pl.col("line_minor") * pl.col("_size")).cast(pl.Float64)
    table = (
        frame.with_columns(pl.col("county_code").fill_null(""))
        .group_by("county_code")
        .agg(
            (near & poor).sum().alias("just_below_count"),
            (near & ~poor).sum().alias("just_above_count"),
            pl.col("is_income_poor").is_null().sum().alias("unknown_count"),
            pl.col("cliff_minor").filter(near).median().alias("cliff_median_minor"),
            (pl.col("cliff_minor") / at_line).filter(near).median().alias("cliff_years"),
        )
    )
    return TARGETING_CLIFF.shape(table.with_columns(pl.col("cliff_median_minor").round(0)))


def run(inputs: Inputs) -> Outputs:
    """The stage; without a line in the pack nothing is judged and that is said."""
    document = _document(inputs)
    if document is None:
        empty = {table.name: table.empty() for table in TABLES}
        return Outputs(empty, [Problem("targeting.line_missing", "warning")])
    household, person = inputs.tables["household"], inputs.tables["person"]
    village, quota = inputs.tables.get("village"), inputs.tables.get("quota")
    lines = line_table(document)
    cliff = document["cliff"]
    plan_year = int(inputs.settings.get("plan_year") or inputs.settings["as_of"].year)
    frame, problems = with_income(household, lines, plan_year, int(cliff["near_ppm"]))
    frame, found = with_deprivations(frame, person, inputs.settings["as_of"], document)
    problems += found
    prompts, found = matches(household, inputs.tables.get("match_list"), list(document["match"]["lists"]))
    problems += found
    designated = _designated(village, quota)
    frame = (
        frame.join(
            prompts.group_by("household_id").agg(pl.len().alias("match_count")),
            on="household_id",
            how="left",
        )
        .join(designated, on="village_code", how="left")
        .with_columns(
            pl.col("match_count").fill_null(0),
            (pl.col("household_class") == "registered_poor").alias("is_registered"),
            cliff_expr(document).alias("cliff_minor"),
        )
        .with_columns(_list_status(), size_class().alias("size_class"))
        .sort("household_id")
    )
    accuracy, found = measures(frame, inputs.tables.get("audit"))
    problems += found
    tables = {
        "targeting_household": TARGETING_HOUSEHOLD.shape(frame),
        "targeting_match": prompts,
        "targeting_measure": accuracy,
        "targeting_exclusion": exclusion(frame, quota, designated),
        "targeting_village": _villages(frame, quota, designated),
        "targeting_cliff": _cliff(frame),
        "targeting_line": lines,
    }
    near = int(frame["is_near_line"].sum() or 0)
    facts = {"near_line": near, "matches": prompts.height, "break_year": document["line"]["break_year"]}
    return Outputs(tables, problems, facts)


STAGE = Stage(
    name="targeting",
    requires=("household", "person", "village?", "audit?", "quota?", "match_list?"),
    provides=TABLES,
    run=run,
    zh="核对贫困识别",
    en="check who is targeted",
)
