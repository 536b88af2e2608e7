"""Groups: the 0 to 100 index of each with its interval, and permutation tests between two.

Sources: MICOM: Henseler, Ringle and Sarstedt (2016), International Marketing Review 33(3), 405-431;
permutation multi-group analysis: Chin and Dibbern (2010), Handbook of Partial Least Squares, ch. 8.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from resettle.methods import survey
from resettle.methods.bootstrap import intervals
from resettle.methods.design import Design
from resettle.methods.path_model.fit import (
    FLIPPED_SHARE,
    LEAST_FREEDOM,
    Fit,
    Resampled,
    fit_batch,
    index_weights,
    jackknife_sums,
    resampled_values,
    split_stages,
    sum_chunks,
)
from resettle.methods.path_model.model import PathModel
from resettle.methods.path_model.moments import Batch, Moments, batch_from_sums, make_moments
from resettle.methods.path_model.prepare import LEAST_ROWS, Prepared
from resettle.problems import Problem

Array = NDArray[np.float64]

LEAST_SHOWN = 50
"""Fewer answers than this in a group and its index gets no interval; see the coverage table."""


def group_freedom(design: Design, member: NDArray[np.bool_]) -> int:
    """Units less strata that hold rows of a group."""
    units = np.unique(design.unit[member & (design.weight > 0)])
    units = units[~design.certain[units]]
    return int(len(units) - len(np.unique(design.stratum[units])))


def group_index(
    data: Prepared,
    model: PathModel,
    reference: Fit,
    column: str,
    target: str,
    count: int = 5000,
    seed: int = 1,
    level: float = 0.95,
) -> tuple[pl.DataFrame, list[Problem]]:
    """The index of one construct by group, with one set of weights for all groups.

    Returns:
        A table ``group, n, index, se, low, high, withheld`` (percentile interval), and a problem for
        every group too small for an interval; a group under 10 answers is shown without a value.
    """
    scored = reference.scored
    j = scored.names.index(target)
    block = scored.blocks[j]
    ends = [reference.ends[k] for k in block]
    labels = np.array(data.groups[column], dtype=object)
    names = sorted({str(label) for label in labels if label})
    member = np.stack([labels == name for name in names], axis=1)
    share = np.stack(
        [(data.answers[:, k] - e[0]) / (e[1] - e[0]) for k, e in zip(block, ends, strict=True) if e], axis=1
    )
    there = np.isfinite(share)
    wide = [
        (member[:, :, None] * np.where(there, share, 0.0)[:, None, :]).reshape(len(labels), -1),
        (member[:, :, None] * there[:, None, :]).reshape(len(labels), -1),
    ]
    moments = make_moments(data.answers, data.design)
    extra = data.design.unit_totals(np.hstack(wide) * data.design.weight[:, None])
    joined = Moments(np.hstack([moments.sums, extra]), moments.centre, moments.spread, moments.complete)
    width = moments.sums.shape[1]

    def values(sums: Array) -> Array:
        _, good, _, outer, batch = resampled_values(sums[:, :width], moments, reference)
        weights = index_weights(outer, batch.deviation, scored)[:, block, j]
        parts = sums[:, width:].reshape(len(sums), 2, len(names), len(block))
        with np.errstate(divide="ignore", invalid="ignore"):
            means = parts[:, 0] / parts[:, 1]
        found = 100 * np.einsum("bgk,bk->bg", means, weights)
        found[~good] = np.nan
        return np.asarray(found)

    estimate = values(joined.sums.sum(axis=0)[None, :])[0]
    resamples = np.concatenate([values(s) for s in sum_chunks(data.design, joined, count, seed)])
    return _group_rows(data, member, names, estimate, resamples, column, level)


def own_index(data: Prepared, reference: Fit, target: str) -> Array:
    """Each answer's own index of one construct, (n,) from 0 to 100, with the fitted weights taken as known.

    Its weighted mean over a group is that group's index; NaN where no item is answered or a scale is unknown.
    """
    scored = reference.scored
    j = scored.names.index(target)
    block = scored.blocks[j]
    known = [end for k in block if (end := reference.ends[k]) is not None]
    if len(known) < len(block):
        return np.full(len(data.answers), np.nan)
    weight = index_weights(reference.item_weights, reference.item_batch.deviation, scored)[0, block, j]
    ends = np.array(known, dtype=np.float64)
    share = (data.answers[:, block] - ends[:, 0]) / (ends[:, 1] - ends[:, 0])
    there = np.isfinite(share)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = (np.where(there, share, 0.0) * weight).sum(axis=1) / (there * weight).sum(axis=1)
    return np.asarray(100 * found)


def linearised_index(
    data: Prepared, reference: Fit, target: str, member: NDArray[np.bool_], level: float = 0.95
) -> survey.Estimate:
    """A group's index where the bootstrap has too few units: the mean of its answers' own indices.

    The fitted weights are taken as known, the units carry the error. Withheld under :data:`LEAST_SHOWN`
    answers: with 35 of them it covered 92% instead of 95%.
    """
    e = survey.mean(own_index(data, reference, target), data.design, member, level)
    if e.n < LEAST_SHOWN and e.low is not None:
        return replace(e, low=None, high=None, withheld="few_cases")
    return e


def _group_rows(
    data: Prepared,
    member: NDArray[np.bool_],
    names: list[str],
    estimate: Array,
    resamples: Array,
    column: str,
    level: float,
) -> tuple[pl.DataFrame, list[Problem]]:
    """One row per group; intervals only where the coverage table vouches for them."""
    count = len(resamples)
    rows, problems = [], []
    for g, name in enumerate(names):
        n = int(member[:, g].sum())
        freedom = group_freedom(data.design, member[:, g])
        own = resamples[np.isfinite(resamples[:, g]), g]
        withheld = "few_cases" if n < LEAST_SHOWN else "" if freedom >= LEAST_FREEDOM else "few_units"
        if len(own) < 0.95 * count:
            withheld = "failed"
        entry: dict[str, object] = {"group": name, "n": n, "index": None, "se": None}
        entry |= {"low": None, "high": None, "withheld": withheld}
        if n >= 10:
            entry["index"] = float(estimate[g])
        else:
            entry["withheld"] = "group_too_small"
        if withheld:
            problems.append(
                Problem(
                    "path_model.group_small",
                    "warning",
                    column=column,
                    value=name,
                    values={"n": n, "units": freedom, "least": LEAST_FREEDOM},
                )
            )
        else:
            summary = intervals(estimate[[g]], own[:, None], None, level, freedom)
            low, high = summary.percentile[0]
            entry |= {"se": float(summary.se[0]), "low": float(low), "high": float(high)}
        rows.append(entry)
    schema = {"group": pl.String, "n": pl.Int64, "index": pl.Float64, "se": pl.Float64}
    schema |= {"low": pl.Float64, "high": pl.Float64, "withheld": pl.String}
    return pl.DataFrame(rows, schema=schema), problems


@dataclass(frozen=True)
class Comparison:
    """Two groups under permutation.

    Attributes:
        groups: the two labels; counts their answers.
        composition: per construct: correlation of the two groups' composites, its 5% permutation
            quantile, p-value (MICOM step 2).
        equality: per construct: differences of mean and log variance with p-values (step 3).
        paths: per path: both coefficients, difference, p-value.
        permutations: how many could be used.
    """

    groups: tuple[str, str]
    counts: tuple[int, int]
    composition: pl.DataFrame
    equality: pl.DataFrame
    paths: pl.DataFrame
    permutations: int


def compare_groups(
    data: Prepared, model: PathModel, column: str, count: int = 1000, seed: int = 1
) -> tuple[list[Comparison], list[Problem]]:
    """Compare every pair of groups of a column by permutation of units.

    Where every cluster lies in one group, whole clusters change places; otherwise rows do (said by
    ``path_model.rows_permuted``). A group with fewer answers than ``LEAST_ROWS`` or than the model has
    items is not compared.
    """
    problems: list[Problem] = []
    labels = np.array(data.groups[column], dtype=object)
    found = []
    for name in sorted({str(label) for label in labels if label}):
        n = int((labels == name).sum())
        if n < max(LEAST_ROWS, len(model.items) + 1):
            problems.append(
                Problem(
                    "path_model.group_small",
                    "warning",
                    column=column,
                    value=name,
                    values={"n": n, "units": n, "least": max(LEAST_ROWS, len(model.items) + 1)},
                )
            )
        else:
            found.append(name)
    first, second = split_stages(model)
    if second is not None:
        problems.append(Problem("path_model.groups_first_stage", "warning", column=column))
    results = []
    for i, left in enumerate(found):
        for right in found[i + 1 :]:
            result, more = _compare(data, first, labels, (left, right), count, seed)
            problems += more
            results.append(result)
    return results, problems


def _compare(
    data: Prepared,
    model: PathModel,
    labels: NDArray[np.object_],
    pair: tuple[str, str],
    count: int,
    seed: int,
) -> tuple[Comparison, list[Problem]]:
    problems: list[Problem] = []
    chosen = np.flatnonzero((labels == pair[0]) | (labels == pair[1]))
    side = (labels[chosen] == pair[0]).astype(np.int64)
    units, unit = np.unique(data.design.unit[chosen], return_inverse=True)
    inside = np.bincount(unit, weights=side) / np.bincount(unit)
    if len(units) < len(chosen) and not np.isin(inside, (0.0, 1.0)).all():
        problems.append(Problem("path_model.rows_permuted", "warning", value=f"{pair[0]} - {pair[1]}"))
        unit, units, inside = np.arange(len(chosen)), np.arange(len(chosen)), side.astype(np.float64)
    design = Design(
        data.design.weight[chosen],
        np.asarray(unit, dtype=np.int64),
        np.zeros(len(units), dtype=np.int64),
        (),
        ("",),
        False,
        np.zeros(len(units), dtype=bool),
        np.zeros(1),
    )
    moments = make_moments(data.answers[chosen], design)
    total = moments.sums.sum(axis=0)
    pooled = fit_batch(batch_from_sums(total[None, :], moments), model, len(chosen))
    rng = np.random.default_rng(seed)
    member = inside > 0.5
    picks = np.stack([member, *(rng.permutation(member) for _ in range(count))]).astype(np.float64)
    sums = picks @ moments.sums
    a, good_a, _, outer_a, batch_a = resampled_values(sums, moments, pooled)
    b, good_b, _, outer_b, batch_b = resampled_values(total - sums, moments, pooled)
    # Composites of both groups' weights on the pooled data (MICOM step 2).
    matrix = pooled.batch.correlation
    own_a, own_b = (
        _raw_scale(outer_a, batch_a.deviation, pooled),
        _raw_scale(outer_b, batch_b.deviation, pooled),
    )
    cross = np.einsum("bpj,pq,bqj->bj", own_a, matrix[0], own_b)
    norm = np.einsum("bpj,pq,bqj->bj", own_a, matrix[0], own_a) * np.einsum(
        "bpj,pq,bqj->bj", own_b, matrix[0], own_b
    )
    agreement = cross / np.sqrt(norm)
    weights = pooled.outer[0] / pooled.batch.deviation[0][:, None]
    mean = (batch_a.mean - batch_b.mean) @ weights
    scale = [np.einsum("pj,bpq,qj->bj", weights, _covariance(x), weights) for x in (batch_a, batch_b)]
    spread = np.log(scale[0]) - np.log(scale[1])
    good = good_a & good_b & np.isfinite(agreement).all(axis=1)
    good[0] = True
    used = np.flatnonzero(good)[1:]
    composition, equality, paths = _comparison_tables(pooled, a, b, agreement, mean, spread, used)
    counts = (int(side.sum()), int(len(side) - side.sum()))
    return Comparison(pair, counts, composition, equality, paths, len(used)), problems


LEVEL = 0.05
VERDICTS = ("none", "partial", "full")
"""What MICOM allows: with ``none`` nothing is compared; with ``partial`` (the composites are made alike) paths and
indices are; with ``full`` (means and variances are equal as well) the groups may also be pooled."""


def verdicts(composition: pl.DataFrame, equality: pl.DataFrame) -> pl.DataFrame:
    """MICOM's three steps per construct: ``configural, compositional, equal_mean, equal_variance, invariance``.

    Step 1 holds by construction: both groups are answered on the same items, coded alike, estimated alike. A construct
    whose permutations could not be estimated has no verdict. Source: Henseler, Ringle and Sarstedt (2016), fig. 5.
    """
    joined = composition.join(equality, on="construct", how="left", maintain_order="left")
    held, mean, spread = (pl.col(name).fill_nan(None) > LEVEL for name in ("p_value", "mean_p", "variance_p"))
    return joined.select(
        "construct",
        pl.lit(True).alias("configural"),
        held.alias("compositional"),
        mean.alias("equal_mean"),
        spread.alias("equal_variance"),
        pl.when(~held).then(pl.lit("none")).when(held & mean & spread).then(pl.lit("full")).when(held)
        .then(pl.lit("partial")).otherwise(None).alias("invariance"),
    )  # fmt: skip


def may_compare(path: tuple[str, str], invariance: dict[str, str | None]) -> bool:
    """Whether a path's difference between groups means anything: both its ends are at least partially invariant."""
    return all(invariance.get(end) in ("partial", "full") for end in path)


def _comparison_tables(
    pooled: Fit, a: Array, b: Array, agreement: Array, mean: Array, spread: Array, used: NDArray[np.int64]
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Tables of MICOM's two steps and of the paths; row 0 is the sample, ``used`` the permutations."""
    difference = a - b
    names = pooled.layout.names
    composition = pl.DataFrame(
        {
            "construct": names,
            "correlation": agreement[0],
            "quantile_5": np.quantile(agreement[used], 0.05, axis=0),
            "p_value": _p(-agreement[0], -agreement[used]),
        }
    )
    equality = pl.DataFrame(
        {
            "construct": names,
            "mean_difference": mean[0],
            "mean_p": _p(np.abs(mean[0]), np.abs(mean[used])),
            "log_variance_difference": spread[0],
            "variance_p": _p(np.abs(spread[0]), np.abs(spread[used])),
        }
    )
    at = [k for k, name in enumerate(pooled.names) if name.kind == "path"]
    paths = pl.DataFrame(
        {
            "source": [pooled.names[k].source for k in at],
            "target": [pooled.names[k].target for k in at],
            "first": a[0, at],
            "second": b[0, at],
            "difference": difference[0, at],
            "p_value": _p(np.abs(difference[0, at]), np.abs(difference[used][:, at])),
        }
    )
    return composition, equality, paths


def _covariance(batch: Batch) -> Array:
    correlation, deviation = batch.correlation, batch.deviation
    return np.asarray(correlation * deviation[:, :, None] * deviation[:, None, :])


def _raw_scale(outer: Array, deviation: Array, pooled: Fit) -> Array:
    """A group's standardised weights, re-expressed for the pooled standardised items."""
    return np.asarray(outer / deviation[:, :, None] * pooled.batch.deviation[0][None, :, None])


def _p(value: Array, permuted: Array) -> Array:
    """One-sided permutation p-value with the sample itself counted, so that it is never zero."""
    return np.asarray(((permuted >= value - 1e-12).sum(axis=0) + 1) / (len(permuted) + 1))


def importance_performance(result: Resampled, target: str) -> pl.DataFrame:
    """Drivers of a construct: total effect (importance) against index (performance).

    The effect is of one index point on index points: unstandardised by the composites' spread.
    Constructs without a 0 to 100 index have an unknown performance.
    """
    fit = result.fit
    layout = fit.layout
    position = {name: k for k, name in enumerate(fit.names)}
    rows = []
    for i, j in layout.reachable():
        if layout.names[j] != target:
            continue
        k = next(
            k
            for n, k in position.items()
            if (n.kind, n.source, n.target) == ("total", layout.names[i], target)
        )
        index = next(
            (k2 for n, k2 in position.items() if n.kind == "index" and n.source == layout.names[i]), None
        )
        spread = [_index_spread(fit, c) for c in (i, j)]
        plain = None if None in spread else float(fit.values[k]) * spread[1] / spread[0]  # type: ignore[operator]
        rows.append(
            {
                "construct": layout.names[i],
                "importance": plain,
                "importance_standardised": float(fit.values[k]),
                "performance": None if index is None else float(fit.values[index]),
            }
        )
    schema = dict.fromkeys(("importance", "importance_standardised", "performance"), pl.Float64)
    return pl.DataFrame(rows, schema={"construct": pl.String, **schema})


def _index_spread(fit: Fit, j: int) -> float | None:
    """Standard deviation of a construct's index in points, ``None`` without a known scale."""
    block = fit.scored.blocks[j]
    if any(fit.ends[k] is None for k in block):
        return None
    own = fit.item_weights[0, block, j] / fit.item_batch.deviation[0, block]
    # All items of a block share the weight sum; spans may differ by item.
    span = np.array([e[1] - e[0] for k in block if (e := fit.ends[k]) is not None])
    scaled = own / own.sum() / span * fit.item_batch.deviation[0, block]
    matrix = fit.item_batch.correlation[0][np.ix_(block, block)]
    return float(100 * np.sqrt(scaled @ matrix @ scaled))


__all__ = [
    "FLIPPED_SHARE",
    "Comparison",
    "compare_groups",
    "group_freedom",
    "group_index",
    "importance_performance",
    "jackknife_sums",
]
