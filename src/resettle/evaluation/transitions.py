"""Where households stand and how they got there: registered, exited, at risk, fallen back, not seen again.

From the registry's own status, and, beside it, from the incomes of the survey's rounds. At risk: not below the line
but under one and a half times it, the mark of China's monitoring against falling back (State Council poverty
alleviation leading group, guidance of March 2020).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from resettle.evaluation.form import WAVES
from resettle.evaluation.indicator_sources import World, line_of

AT_RISK = 1.5
STATES = ("exited", "at_risk", "returned", "not_exited", "unknown", "not_seen")
"""In the order they are drawn."""
_SCHEMA = pl.Schema(
    {"basis": pl.String, "step": pl.Int64, "from": pl.String, "to": pl.String}
    | {"households": pl.Int64, "persons": pl.Int64}
)


def registry_flows(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """``basis, step, from, to, households, persons``: from registered to the registry's status, then of those who
    exited to whether they are still out, at risk by the registry's income, or have fallen back."""
    household = tables.get("household")
    if household is None or not {"household_class", "exit_status", "member_count"} <= set(household.columns):
        return pl.DataFrame(schema=_SCHEMA)
    poor = household.filter(pl.col("household_class") == "registered_poor")
    status = pl.col("exit_status").fill_null("unknown")
    first = pl.when(status == "returned").then(pl.lit("exited")).otherwise(status)
    income = tables.get("targeting_household")
    near: pl.Expr = pl.lit(None, pl.Boolean)
    if income is not None and {"income_per_person_minor", "line_minor"} <= set(income.columns):
        own = income.select("household_id", "income_per_person_minor", "line_minor").unique("household_id")
        poor = poor.join(own, on="household_id", how="left", maintain_order="left")
        near = pl.col("income_per_person_minor") < AT_RISK * pl.col("line_minor")
    second = (
        pl.when(status == "returned").then(pl.lit("returned"))
        .when(near).then(pl.lit("at_risk")).when(near.is_null()).then(pl.lit("unknown")).otherwise(pl.lit("exited"))
    )  # fmt: skip
    moved = poor.with_columns(first.alias("_one"), second.alias("_two"))
    steps = [
        _counted(moved, pl.lit("registered"), pl.col("_one"), 1),
        _counted(moved.filter(pl.col("_one") == "exited"), pl.col("_one"), pl.col("_two"), 2),
    ]
    return pl.concat(steps).select(pl.lit("registry").alias("basis"), pl.all()).cast(_SCHEMA)


def registered_frame(tables: Mapping[str, pl.DataFrame]) -> dict[str, int]:
    """Registered households of the registry, how many of them have a site and so could be drawn, and where the
    others are; empty where this is not known."""
    household, site = tables.get("household"), tables.get("household_site")
    if household is None or site is None or "household_class" not in household.columns:
        return {}
    if "status" not in site.columns:
        return {}
    poor = household.filter(pl.col("household_class") == "registered_poor").select("household_id")
    there = site.filter(pl.col("site_id").is_not_null()).select("household_id").unique()
    apart = site.filter(pl.col("site_id").is_null() & (pl.col("status") == "scattered"))
    placed, scattered = (
        poor.join(f.select("household_id").unique(), on="household_id", how="semi").height
        for f in (there, apart)
    )
    return {
        "registered": poor.height,
        "placed": placed,
        "scattered": scattered,
        "unplaced": poor.height - placed - scattered,
    }


def _counted(frame: pl.DataFrame, source: pl.Expr, target: pl.Expr, step: int) -> pl.DataFrame:
    return (
        frame.group_by(source.alias("from"), target.alias("to"))
        .agg(
            pl.len().cast(pl.Int64).alias("households"),
            pl.col("member_count").sum().cast(pl.Int64).alias("persons"),
        )
        .select(pl.lit(step, pl.Int64).alias("step"), pl.all())
        .sort("from", "to")
    )


def survey_flows(answers: pl.DataFrame, world: World) -> pl.DataFrame:
    """The same of the survey's registered movers, round by round, weighted to all who move: each household stands
    by its income against the line of the year it was asked in. Empty where the line of a round's year is unknown."""
    waves = [w for w in WAVES[1:] if (answers["wave"] == w).any()]
    poor = answers
    if "household_class" in answers.columns:
        poor = answers.filter(pl.col("household_class") == "registered_poor")
    if not waves or not poor.height or "income_person_year" not in poor.columns:
        return pl.DataFrame(schema=_SCHEMA)
    weight = pl.col("weight").fill_null(1.0) if "weight" in poor.columns else pl.lit(1.0)
    panel = poor.group_by("household_id", maintain_order=True).agg(weight.first().alias("weight"))
    names = ["registered"]
    for wave in waves:
        own = poor.filter(pl.col("wave") == wave)
        line = line_of(world, own)
        if line is None:
            return pl.DataFrame(schema=_SCHEMA)
        income = own.select(
            "household_id", pl.col("income_person_year").alias("_income"), pl.lit(True).alias("_seen")
        )
        panel = panel.join(income, on="household_id", how="left", maintain_order="left")
        panel = panel.with_columns(_state(line, names).alias(wave)).drop("_income", "_seen")
        names.append(wave)
    size = world.tables.get("household")
    if size is not None and "member_count" in size.columns:
        panel = panel.join(
            size.select("household_id", "member_count"), on="household_id", how="left", maintain_order="left"
        )
    else:
        panel = panel.with_columns(pl.lit(None, pl.Int64).alias("member_count"))
    steps = [
        panel.group_by((pl.lit("registered") if k == 0 else pl.col(waves[k - 1])).alias("from"), pl.col(wave).alias("to"))
        .agg(pl.col("weight").sum().round().cast(pl.Int64).alias("households"),
             (pl.col("weight") * pl.col("member_count")).sum().round().cast(pl.Int64).alias("persons"))
        .select(pl.lit("survey").alias("basis"), pl.lit(k + 1, pl.Int64).alias("step"), pl.all())
        .sort("from", "to")
        for k, wave in enumerate(waves)
    ]  # fmt: skip
    return pl.concat(steps).cast(_SCHEMA)


def _state(line: float, before: Sequence[str]) -> pl.Expr:
    """Where a household stands in a round; below the line it has fallen back only if it had been out."""
    out = pl.lit(False)
    for wave in before[1:]:
        out = out | pl.col(wave).is_in(["exited", "at_risk", "returned"])
    income = pl.col("_income")
    return (
        pl.when(pl.col("_seen").is_null()).then(pl.lit("not_seen"))
        .when(income.is_null()).then(pl.lit("unknown"))
        .when((income < line) & out).then(pl.lit("returned"))
        .when(income < line).then(pl.lit("not_exited"))
        .when(income < AT_RISK * line).then(pl.lit("at_risk"))
        .otherwise(pl.lit("exited"))
    )  # fmt: skip
