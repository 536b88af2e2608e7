"""Inclusion and exclusion error, concentration, and the split of the exclusion error, by group."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import polars as pl

from resettle.methods.targeting_measures import Share, concentration, share_of, split_exclusion
from resettle.problems import Problem
from resettle.targeting.contracts import TARGETING_EXCLUSION, TARGETING_MEASURE

GROUPS = ("all", "county_code", "size_class")
CRITERIA = {"income": "is_income_poor", "multidimensional": "is_multidimensionally_poor"}


def size_class() -> pl.Expr:
    """Household size in three classes; the small ones are those the paper finds missing."""
    size = pl.col("_size")
    return (
        pl.when(size <= 2)
        .then(pl.lit("1-2"))
        .when(size <= 4)
        .then(pl.lit("3-4"))
        .when(size > 4)
        .then(pl.lit("5+"))
        .otherwise(pl.lit("?"))
    )


def measures(frame: pl.DataFrame, audit: pl.DataFrame | None) -> tuple[pl.DataFrame, list[Problem]]:
    """Errors against the registry's own criteria (a census) and against an audit sample (with intervals)."""
    rows: list[dict[str, Any]] = []
    for criterion, column in CRITERIA.items():
        rows += _by_group(frame.with_columns(pl.col(column).alias("_truth")), "registry", criterion)
    problems: list[Problem] = []
    if audit is not None and audit.height:
        sample, problems = _audited(frame, audit)
        if sample is not None:
            rows += _by_group(sample, "audit", "audit")
    table = pl.DataFrame(rows, schema=TARGETING_MEASURE.schema())
    return table.sort("basis", "criterion", "group_by", "group", "measure"), problems


def _audited(frame: pl.DataFrame, audit: pl.DataFrame) -> tuple[pl.DataFrame | None, list[Problem]]:
    """The audited households; refused without weights, because a plain mean would speak for nobody."""
    unweighted = audit.filter(pl.col("weight").is_null() | (pl.col("weight") <= 0)).height
    if unweighted:
        return None, [
            Problem(
                "targeting.audit_unweighted", "error", table="audit", column="weight", value=str(unweighted)
            )
        ]
    answered = audit["is_poor"].drop_nulls()
    if not answered.len():
        return None, [Problem("targeting.audit_unanswered", "error", table="audit", column="is_poor")]
    if answered.n_unique() < 2:
        return None, [
            Problem(
                "targeting.audit_no_variation",
                "error",
                table="audit",
                column="is_poor",
                value=str(answered[0]).lower(),
            )
        ]
    sample = audit.join(frame, on="household_id", how="inner")
    problems = []
    strangers = audit.height - sample.height
    if strangers:
        problems.append(Problem("targeting.audit_stranger", "warning", table="audit", value=str(strangers)))
    return sample.with_columns(pl.col("is_poor").alias("_truth")), problems


def _by_group(frame: pl.DataFrame, basis: str, criterion: str) -> Iterator[dict[str, Any]]:
    for group_by in GROUPS:
        groups = frame.with_columns(
            (pl.lit("all") if group_by == "all" else pl.col(group_by).fill_null("?")).alias("_group")
        )
        for (group,), part in sorted(groups.group_by("_group"), key=lambda item: str(item[0])):
            head = {"basis": basis, "criterion": criterion, "group_by": group_by, "group": str(group)}
            yield from (head | row for row in _errors(part, census=basis == "registry"))


def _codes(frame: pl.DataFrame, name: str) -> np.ndarray[Any, np.dtype[np.int64]] | None:
    if name not in frame.columns or frame[name].null_count() == frame.height:
        return None
    return frame[name].fill_null("?").rank("dense").cast(pl.Int64).to_numpy()


def _errors(frame: pl.DataFrame, census: bool) -> Iterator[dict[str, Any]]:
    usable = pl.col("_truth").is_not_null() & pl.col("is_registered").is_not_null()
    known = frame.filter(usable)
    unknown = frame.height - known.height
    truth, listed = known["_truth"].to_numpy(), known["is_registered"].to_numpy()
    weight = None if census else known["weight"].to_numpy()
    design = {"stratum": _codes(known, "stratum"), "cluster": _codes(known, "cluster")}

    def row(measure: str, found: Share) -> dict[str, Any]:
        few = found.value is not None and found.low is None
        return {
            "measure": measure,
            "value": found.value,
            "low": found.low,
            "high": found.high,
            "count": found.count,
            "unknown_count": unknown,
            "note": "census" if census else "too_few_clusters" if few else "",
        }

    if not known.height:
        return
    truth, listed = truth.astype(bool), listed.astype(bool)
    yield row("exclusion_error", share_of(~listed, truth, weight, **design, census=census))
    yield row("inclusion_error", share_of(~truth, listed, weight, **design, census=census))
    reached = share_of(listed, truth, weight, **design, census=census)
    leaked = share_of(listed, ~truth, weight, **design, census=census)
    if reached.value is not None and leaked.value is not None:
        differential = Share(reached.value - leaked.value, None, None, known.height, 0)
        yield row("targeting_differential", differential)
    yield from _concentration(known, weight, row)


def _concentration(known: pl.DataFrame, weight: Any, row: Any) -> Iterator[dict[str, Any]]:
    ranked = known.with_columns(pl.Series("_w", weight if weight is not None else np.ones(known.height)))
    ranked = ranked.filter(pl.col("income_per_person_minor").is_not_null() & pl.col("_size").is_not_null())
    if not ranked.height:
        return
    people = ranked["_size"].to_numpy().astype(float) * ranked["_w"].to_numpy()
    listed = ranked["is_registered"].to_numpy().astype(float)
    index = concentration(listed, ranked["income_per_person_minor"].to_numpy().astype(float), people)
    yield row("coady_grosh_hoddinott_40", Share(index, None, None, ranked.height, 0))


def exclusion(frame: pl.DataFrame, quota: pl.DataFrame | None, designated: pl.DataFrame) -> pl.DataFrame:
    """The exclusion error by county in three parts, in the stated order regional, scale, recognition.

    ``designated``: village_code and is_designated. A village without a known number of places gives bounds.
    """
    rows = []
    places: Mapping[str, int] = {}
    if quota is not None:
        places = dict(quota.select("village_code", "place_count").iter_rows())
    inside = dict(designated.select("village_code", "is_designated").iter_rows())
    for criterion, column in CRITERIA.items():
        known = pl.col(column).is_not_null() & pl.col("is_registered").is_not_null()
        meets = known & pl.col(column)
        missed = meets & ~pl.col("is_registered")
        by_village = (
            frame.with_columns(pl.col("county_code").fill_null(""), pl.col("village_code").fill_null(""))
            .group_by("county_code", "village_code")
            .agg(
                meets.sum().alias("eligible"),
                missed.sum().alias("excluded"),
                pl.col("_size").filter(missed).sum().alias("persons"),
                (~known).sum().alias("unknown"),
            )
            .sort("county_code", "village_code")
        )
        totals: dict[str, dict[str, Any]] = {}
        for county, village, eligible, excluded, persons, unknown in by_village.iter_rows():
            part = split_exclusion(excluded, eligible, places.get(village), inside.get(village) is not False)
            row = totals.setdefault(county, dict.fromkeys(TARGETING_EXCLUSION.names[2:], 0))
            for name, value in (
                ("eligible_count", eligible),
                ("excluded_count", excluded),
                ("excluded_person_count", persons or 0),
                ("regional_count", part.regional),
                ("scale_low_count", part.scale_low),
                ("scale_high_count", part.scale_high),
                ("recognition_low_count", part.recognition_low),
                ("recognition_high_count", part.recognition_high),
                ("unknown_count", unknown),
            ):
                row[name] += value
        rows += [{"county_code": county, "criterion": criterion} | row for county, row in totals.items()]
    return pl.DataFrame(rows, schema=TARGETING_EXCLUSION.schema())
