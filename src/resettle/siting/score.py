"""Sites scored by several criteria: weighted sum or TOPSIS, weights given or judged in pairs (AHP), ranks tried for stability.

A score never brings back a site that is excluded, and never stands in the objective: it is there to be read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from resettle.methods.index.ranking import rank_robustness, ranks, topsis, weight_draws, weighted_sum
from resettle.methods.index.weights import Array, check_judgements, normalise
from resettle.problems import Problem
from resettle.tables.contract import Column as C
from resettle.tables.contract import Table

CRITERIA: Mapping[str, int] = {
    "slope_ppm": -1,
    "road_m": -1,
    "town_m": -1,
    "park_m": -1,
    "school_m": -1,
    "clinic_m": -1,
    "scenic_m": -1,
    "jobs_within_hour": 1,
    "monthly_cost_minor": -1,
    "fixed_cost_minor": -1,
    "land_area_dm2": 1,
}
"""Columns of the site table that may be scored; 1: more is better, -1: less is."""
METHODS = ("weighted_sum", "topsis")
DRAWS = 4_000
CONCENTRATION = 60.0
"""How far the weights are shaken: with 60 a weight of 0.3 moves by about 0.06."""

SITE_SCORE = Table(
    name="site_score",
    key=("site_id",),
    zh="安置点评分",
    en="scores of candidate sites",
    writer="siting",
    columns=(
        C("site_id", "text", zh="安置点", en="site", required=True),
        C("county_code", "text", zh="县代码", en="county code"),
        C("score_ppm", "integer", "ppm", "得分", "score", note="missing: a criterion is unknown"),
        C("rank", "integer", zh="名次", en="rank, 1 best"),
        C("rank_low", "integer", zh="名次下界", en="best rank in 95 of 100 trials of the weights"),
        C("rank_high", "integer", zh="名次上界", en="worst rank in 95 of 100 trials of the weights"),
        C("keeps_rank_ppm", "integer", "ppm", "名次不变的比例", "share of trials in which the rank stays"),
        C("method", "text", zh="方法", en="method", allowed=METHODS),
        C("lacks", "text", zh="缺少", en="criteria that are unknown"),
    ),
)


def score_sites(
    site: pl.DataFrame, excluded: Mapping[str, str], settings: Mapping[str, Any], seed: int
) -> tuple[pl.DataFrame, list[Problem]]:
    """Scores by ``[siting.score]``: ``method``, and ``weights`` by criterion or ``pairs`` (a reciprocal matrix).

    Sites whose criteria are not all known get no score; they are listed with what they lack, and so are not
    ranked by a guess.
    """
    names, weights, problems = _weights(settings)
    method = settings.get("method", "weighted_sum")
    if method not in METHODS:
        near = ", ".join(METHODS)
        return SITE_SCORE.empty(), [Problem("siting.score_method", "error", value=str(method), nearest=near)]
    if weights is None:
        return SITE_SCORE.empty(), problems
    rows = site.filter(~pl.col("site_id").is_in(list(excluded))).sort("site_id").to_dicts()
    whole = [r for r in rows if all(r.get(n) is not None for n in names)]
    found = {}
    if len(whole) >= 2:
        matrix = np.array([[float(r[n]) for n in names] for r in whole])
        direction = np.array([CRITERIA[n] for n in names], float)
        scored = _scored(matrix, weights, direction, method, seed)
        found = {r["site_id"]: one for r, one in zip(whole, scored, strict=True)}
    lacking = [r["site_id"] for r in rows if r not in whole]
    if lacking:
        shown = ", ".join(lacking[:8]) + (" ..." if len(lacking) > 8 else "")
        problems.append(
            Problem("siting.score_unknown", "warning", value=shown, values={"count": len(lacking)})
        )
    data = [
        {
            "site_id": r["site_id"],
            "county_code": r["county_code"],
            "method": method,
            "lacks": ", ".join(n for n in names if r.get(n) is None) or None,
            **found.get(r["site_id"], {}),
        }
        for r in rows
    ]
    return SITE_SCORE.shape(
        pl.DataFrame(data, infer_schema_length=None)
    ) if data else SITE_SCORE.empty(), problems


def _scored(matrix: Array, weights: Array, direction: Array, method: str, seed: int) -> list[dict[str, int]]:
    share = normalise(matrix, direction)
    if method == "topsis":
        score = topsis(matrix, weights, direction)[0]
        drawn = ranks(topsis(matrix, weight_draws(weights, DRAWS, seed, CONCENTRATION), direction))
        own = ranks(score[None, :])[0]
        keeps = (drawn == own).mean(axis=0)
        ends = np.quantile(drawn, [0.025, 0.975], axis=0, method="nearest").T.astype(np.int64)
    else:
        score = weighted_sum(share, weights)[0]
        own = ranks(score[None, :])[0]
        keeps, _, ends = rank_robustness(share, weights, DRAWS, seed, CONCENTRATION)
    return [
        {
            "score_ppm": round(float(score[i]) * 1_000_000),
            "rank": int(own[i]),
            "rank_low": int(ends[i, 0]),
            "rank_high": int(ends[i, 1]),
            "keeps_rank_ppm": round(float(keeps[i]) * 1_000_000),
        }
        for i in range(len(matrix))
    ]


def _weights(settings: Mapping[str, Any]) -> tuple[list[str], Array | None, list[Problem]]:
    """Criteria and their weights, summing to one; ``None`` beside the reason."""
    given = settings.get("weights", {})
    names = list(settings.get("criteria", given))
    known = ", ".join(CRITERIA)
    wrong = [n for n in names if n not in CRITERIA]
    if wrong or not names:
        said = wrong or ["-"]
        return (
            names,
            None,
            [Problem("siting.score_criterion", "error", value=str(n), nearest=known) for n in said],
        )
    if "pairs" in settings:
        matrix = np.array(settings["pairs"], float)
        judged, problems = check_judgements(
            matrix, names, str(settings.get("signed_off", "")), "siting.score.pairs"
        )
        return names, None if judged is None else judged.weights, problems
    raw = np.array([float(given.get(n, 0)) for n in names])
    if not np.isfinite(raw).all() or (raw < 0).any() or raw.sum() <= 0:
        return names, None, [Problem("siting.score_weights", "error", value=str(dict(given)))]
    return names, raw / raw.sum(), []
