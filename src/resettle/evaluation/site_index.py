"""The index of the sites: indicators by site, several weightings and methods side by side, and how firm a rank is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from resettle.evaluation.indicators import LEAST_PLACES
from resettle.methods.index.analysis import analyse
from resettle.problems import Problem

LEAST_SITES = 3


def usable(declared: pl.DataFrame, place: pl.DataFrame) -> tuple[pl.DataFrame, list[str], str]:
    """One row per site (or county, where nothing is known by site) and one column per indicator that is known at
    half of them and not the same everywhere; the codes left out; the kind of place."""
    for kind in ("site_id", "county_code"):
        own = place.filter((pl.col("kind") == kind) & pl.col("part").is_in(["", "households", "exclusion"]))
        if own["place"].n_unique() >= LEAST_SITES:
            break
    else:
        return pl.DataFrame(), [], ""
    count = own["place"].n_unique()
    wide = own.pivot("code", index="place", values="value", aggregate_function="first").sort("place")
    order = [c for c in declared["code"].to_list() if c in wide.columns]
    kept = [
        c for c in order if wide[c].count() >= LEAST_PLACES * count and wide[c].drop_nulls().n_unique() > 1
    ]
    return wide.select("place", *kept), [c for c in order if c not in kept], kind


def site_index(
    declared: pl.DataFrame, place: pl.DataFrame, options: Mapping[str, Any], seed: int
) -> tuple[dict[str, pl.DataFrame], dict[str, Any], list[Problem]]:
    """Tables ``evaluation_weight, evaluation_score, evaluation_rank, evaluation_group``, facts, problems.

    Args:
        options: ``[options.evaluation.index]`` of programme.toml or ``indicators/index.toml`` of the pack:
            ``weightings``, ``scorings``, ``ahp`` (judgements), ``draws``, ``concentration``, ``mix``.
    """
    wide, left, kind = usable(declared, place)
    if wide.width < 3:
        return {}, {}, []
    used = declared.filter(pl.col("code").is_in(wide.columns))
    spec = dict(options) | {
        "place": "place",
        "seed": seed,
        "indicator": [
            {
                "column": r["code"],
                "group": r["group"],
                "direction": r["direction"],
                "zh": r["zh"],
                "en": r["en"],
            }
            for r in used.iter_rows(named=True)
        ],
    }
    found, problems = analyse(wide, spec)
    if "scores" not in found:
        return {}, {}, problems
    facts = {
        "index_places": wide.height,
        "index_kind": kind,
        "index_used": used["code"].to_list(),
        "index_left": left,
        "index_draws": int(options.get("draws", 10_000)),
    }
    return _shaped(found), facts, problems


def _shaped(found: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """The analysis' wide tables as long ones, so that their columns do not depend on what was asked for."""
    split = pl.col("method").str.split_exact("_", 1).struct
    names = [split.field("field_0").alias("weighting"), split.field("field_1").alias("scoring")]
    scores = found["scores"].unpivot(index="place", variable_name="method", value_name="score")
    ranks = (
        found["ranks"].drop("rank_change").unpivot(index="place", variable_name="method", value_name="rank")
    )
    both = scores.join(ranks, on=["place", "method"], how="left", maintain_order="left")
    weight = found["weights"].rename({"indicator": "code"})
    return {
        "evaluation_score": both.with_columns(names).select("place", "weighting", "scoring", "score", "rank"),
        "evaluation_weight": weight.unpivot(
            index=["code", "group"], variable_name="weighting", value_name="weight"
        ),
        "evaluation_rank": found["robustness"],
        "evaluation_group": found["groups"].unpivot(index="place", variable_name="group", value_name="score"),
    }
