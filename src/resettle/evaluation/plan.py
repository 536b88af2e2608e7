"""Whom to ask: a stratified draw of sites with probability proportional to size, then of households."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from resettle.evaluation.contract import SAMPLE
from resettle.methods.survey import sample_size
from resettle.problems import Problem
from resettle.tables.contract import conform

Array = NDArray[np.float64]


def plan_size(
    households: int, margin: float, correlation: float, per_site: int, response: float
) -> dict[str, float]:
    """Interviews needed: for a share of one half, with the design effect of asking several per site.

    >>> plan_size(5000, 0.05, 0.05, 10, 0.9)["interviews"]
    502
    """
    effect = 1 + (per_site - 1) * correlation
    net = sample_size(0.5, margin, effect, households)
    return {"design_effect": effect, "interviews": net, "approached": int(np.ceil(net / response))}


def draw_sample(
    household: pl.DataFrame, interviews: int, per_site: int, seed: int, reserves: int = 2
) -> tuple[pl.DataFrame, list[Problem]]:
    """Draw households: sites by county with probability proportional to size, equal takes inside a site.

    Args:
        household: ``household_id, site_id, county_code, household_class``; rows without a site are left
            out and counted.
        interviews: households to interview; ``per_site`` of them at each drawn site.
        reserves: spare households per site, in order, for refusals.

    Returns:
        The sample by its contract; weights are the inverse of both stages' probabilities. A stratum with
        one drawn site is joined to its neighbour beforehand, so that every stratum has two units.
    """
    problems: list[Problem] = []
    table = household.filter(pl.col("site_id").is_not_null()).sort("household_id")
    lost = household.height - table.height
    if lost:
        problems.append(Problem("survey.no_site", "warning", value=str(lost)))
    if not table.height:
        return SAMPLE.empty(), [*problems, Problem("survey.nobody", "error")]
    sites = (
        table.group_by("site_id")
        .agg(pl.len().alias("size"), pl.col("county_code").min())
        .sort("county_code", "site_id")
    )
    rng = np.random.default_rng(seed)
    wanted = max(1, round(interviews / per_site))
    strata = _strata(sites, wanted)
    rows: list[pl.DataFrame] = []
    for name, members in strata:
        take = max(2, round(wanted * members["size"].sum() / table.height))
        for site, probability in _draw_sites(members, min(take, members.height), rng):
            there = table.filter(pl.col("site_id") == site)
            order = rng.permutation(there.height)
            kept = min(per_site, there.height)
            chosen = there[order[: kept + reserves].tolist()].with_columns(
                pl.lit(name).alias("stratum"),
                pl.int_range(1, pl.len() + 1).cast(pl.Int64).alias("draw_order"),
                (pl.int_range(pl.len()) >= kept).alias("is_reserve"),
                pl.lit(there.height / kept / probability).alias("weight"),
            )
            rows.append(chosen)
    sample = pl.concat(rows, how="vertical").with_columns(pl.lit(None).alias("_"))
    present = [pl.col(c) if c in sample.columns else pl.lit(None).alias(c) for c in SAMPLE.names]
    shaped, found = conform(sample.select(present), SAMPLE)
    return shaped.sort("site_id", "draw_order"), problems + found


def _strata(sites: pl.DataFrame, wanted: int) -> list[tuple[str, pl.DataFrame]]:
    """Counties, small ones joined to the next, so that each stratum gets at least two sites."""
    whole = int(sites["size"].sum())
    result: list[tuple[str, pl.DataFrame]] = []
    waiting: list[pl.DataFrame] = []
    for _, members in sorted(sites.group_by("county_code"), key=lambda pair: str(pair[0])):
        waiting.append(members.sort("site_id"))
        joined = pl.concat(waiting)
        if joined.height >= 2 and wanted * joined["size"].sum() / whole >= 2:
            result.append(("+".join(sorted(str(c) for c in joined["county_code"].unique())), joined))
            waiting = []
    if waiting:
        if result:
            _, last = result.pop()
            waiting = [last, *waiting]
        joined = pl.concat(waiting)
        result.append(("+".join(sorted(str(c) for c in joined["county_code"].unique())), joined))
    return result


def _draw_sites(members: pl.DataFrame, take: int, rng: np.random.Generator) -> list[tuple[str, float]]:
    """Systematic draw with probability proportional to size; sites too large for it are certain."""
    names, size = members["site_id"].to_list(), members["size"].to_numpy().astype(np.float64)
    certain: set[int] = set()
    while len(certain) < take:
        rest = [k for k in range(len(names)) if k not in certain]
        step = size[rest].sum() / (take - len(certain))
        big = [k for k in rest if size[k] >= step]
        if not big:
            break
        certain |= set(big)
    chosen = [(names[k], 1.0) for k in sorted(certain)]
    rest = [k for k in range(len(names)) if k not in certain]
    left = take - len(certain)
    if left > 0 and rest:
        order = [rest[i] for i in rng.permutation(len(rest))]
        edge = np.cumsum(size[order])
        step = edge[-1] / left
        picks = np.searchsorted(edge, step * (rng.random() + np.arange(left)), side="right")
        chosen += [(names[order[int(p)]], float(size[order[int(p)]] / step)) for p in picks]
    return chosen
