"""Answers beside what the draw, the registry and the plan know of the household that gave them."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from resettle.evaluation.form import WAVES
from resettle.problems import Problem

KNOWN_BEFORE = (
    "member_count",
    "income_minor",
    "cultivated_area_dm2",
    "old_dwelling_area_dm2",
    "homestead_area_dm2",
)
"""What the registry knew before the move: only this may make near and far movers comparable."""
HOST = "host"


def distances(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame | None:
    """``household_id, distance_km``: how far the plan moves each household's village; ``None`` if not planned.

    The plan knows great-circle distances lengthened by its detour factor, so ``distance_kind`` is
    ``straight`` unless the answers bring their own.
    """
    household, site = tables.get("household"), tables.get("household_site")
    village = tables.get("village_assignment")
    if household is None or site is None or village is None or "village_code" not in household.columns:
        return None
    moved = household.select("household_id", "village_code").join(
        site.select("household_id", "site_id").drop_nulls().unique("household_id", keep="first"),
        on="household_id",
    )
    far = village.select("village_code", "site_id", (pl.col("distance_m") / 1000).alias("distance_km"))
    found = moved.join(far.unique(["village_code", "site_id"]), on=["village_code", "site_id"])
    return found.select("household_id", "distance_km").sort("household_id")


def registered_incomes(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame | None:
    """``household_id, income_person_year`` in whole currency units, as the registry states it before the move."""
    household = tables.get("household")
    if household is None or not {"income_minor", "member_count"} <= set(household.columns):
        return None
    known = household.filter(pl.col("income_minor").is_not_null() & (pl.col("member_count") > 0))
    income = (pl.col("income_minor") / pl.col("member_count") / 100).alias("income_person_year")
    return known.select("household_id", income)


def answers_joined(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """All answers with weight, stratum, site and class of the draw, county, registry facts and distance.

    Answers of households that were not drawn have no weight and are left out where there is a sample.
    """
    answers = tables["response"].sort("household_id", "wave")
    sample, household = tables.get("survey_sample"), tables.get("household")
    if sample is not None:
        own = ("household_id", "site_id", "stratum", "household_class", "weight")
        keep = [c for c in own if c in sample.columns]
        answers = answers.drop([c for c in keep[1:] if c in answers.columns]).join(
            sample.select(keep).unique("household_id", keep="first", maintain_order=True),
            on="household_id",
            how="inner",
        )
    if household is not None:
        wanted = [c for c in ("county_code", *KNOWN_BEFORE) if c in household.columns]
        wanted = [c for c in wanted if c not in answers.columns]
        if sample is None and "household_class" in household.columns:
            wanted += [c for c in ("household_class",) if c not in answers.columns]
        answers = answers.join(household.select("household_id", *wanted), on="household_id", how="left")
    return _with_distance(answers, tables).sort("household_id", "wave")


def weighted(answers: pl.DataFrame) -> tuple[pl.DataFrame, list[Problem]]:
    """Answers that carry the weight of their draw, where answers carry one; how many others there were is said.

    One without it speaks for nobody knows how many, and not for one.
    """
    if "weight" not in answers.columns or not answers["weight"].count():
        return answers, []
    lost = answers["weight"].null_count()
    if not lost:
        return answers, []
    problem = Problem("evaluation.weight_unknown", "warning", table="survey_sample", values={"count": lost})
    return answers.filter(pl.col("weight").is_not_null()), [problem]


def _with_distance(answers: pl.DataFrame, tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    planned = distances(tables)
    if planned is None:
        return answers
    given = [c for c in ("distance_km", "distance_kind") if c in answers.columns]
    if "distance_km" in given and answers["distance_km"].is_not_null().any():
        return answers
    joined = answers.drop(given).join(planned, on="household_id", how="left")
    kind = pl.when(pl.col("distance_km").is_not_null()).then(pl.lit("straight"))
    return joined.with_columns(kind.otherwise(None).alias("distance_kind"))


def last_wave(answers: pl.DataFrame) -> str:
    """The last round anybody answered."""
    return max((str(w) for w in answers["wave"].unique()), key=lambda w: WAVES.index(w) if w in WAVES else -1)


def is_host() -> pl.Expr:
    """Whether a row is of a household that lived there before."""
    return (pl.col("household_class") == HOST).fill_null(False)


def movers_of(answers: pl.DataFrame, wave: str = "") -> pl.DataFrame:
    """Answers of those who have moved, in one wave or in all after the baseline."""
    chosen = answers.filter((pl.col("wave") == wave) if wave else (pl.col("wave") != "baseline"))
    if "household_class" in chosen.columns:
        chosen = chosen.filter(~is_host())
    if "has_moved" in chosen.columns and wave != "baseline":
        chosen = chosen.filter(pl.col("has_moved").fill_null(True))
    return chosen


def rounds(answers: pl.DataFrame, measure: str = "income_person_year") -> pl.DataFrame:
    """A panel for before and after: ``household_id, year, move_year, village_code`` (here the site, the unit
    of the draw) and the measure; hosts never move. Empty with one round alone, and without hosts where all moved
    at one time.

    ``move_year`` is the year of the first round in which the household had moved.
    """
    if measure not in answers.columns or answers["wave"].n_unique() < 2:
        return pl.DataFrame()
    hosts = is_host() if "household_class" in answers.columns else pl.lit(False)
    order = {w: k for k, w in enumerate(WAVES)}
    number = pl.col("wave").replace_strict(order, default=None, return_dtype=pl.Int64)
    dated = "asked_date" in answers.columns and not answers["asked_date"].is_null().any()
    year = pl.col("asked_date").dt.year().cast(pl.Int64) if dated else number
    by_wave = answers.with_columns(year.alias("year")).group_by("wave").agg(pl.col("year").min())
    table = answers.join(by_wave, on="wave").filter(pl.col(measure).is_not_null())
    moved = (pl.col("wave") != "baseline") & ~hosts
    if "has_moved" in answers.columns:
        moved = moved & pl.col("has_moved").fill_null(True)
    first = table.filter(moved).group_by("household_id").agg(pl.col("year").min().alias("move_year"))
    cluster = pl.col("site_id" if "site_id" in table.columns else "household_id").alias("village_code")
    panel = table.join(first, on="household_id", how="left")
    panel = panel.filter(hosts | pl.col("move_year").is_not_null())
    if panel["move_year"].null_count() == 0 and panel["move_year"].n_unique() < 2:
        return pl.DataFrame()
    return panel.select("household_id", "year", "move_year", cluster, measure).sort("household_id", "year")
