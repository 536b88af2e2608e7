"""Scores of places from indicators and weights, for one or many sets of weights at once.

Sources: TOPSIS: Hwang and Yoon (1981); VIKOR: Opricovic and Tzeng (2007), EJOR 178(2), 514-529; grey
relational analysis: Deng (1989), J. of Grey System 1, 1-24; fuzzy comprehensive evaluation: Wang Peizhuang
(1983). Matrices are (m places, n indicators); weights (n,) or (S, n).
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def weighted_sum(share: Array, weights: Array) -> Array:
    """Scores (S, m) of normalised indicators (m, n)."""
    return np.asarray(np.atleast_2d(weights) @ share.T)


def topsis(matrix: Array, weights: Array, direction: Array) -> Array:
    """Closeness (S, m) to the ideal, vector normalisation.

    All sets of weights are one matrix product: the squared distance is a sum of squared weights times
    squared gaps.
    """
    length = np.sqrt((matrix**2).sum(axis=0))
    scaled = matrix / np.where(length > 0, length, 1.0) * np.where(direction > 0, 1.0, -1.0)
    square = np.atleast_2d(weights) ** 2
    to_best = np.sqrt(square @ ((scaled.max(axis=0) - scaled) ** 2).T)
    to_worst = np.sqrt(square @ ((scaled - scaled.min(axis=0)) ** 2).T)
    both = to_best + to_worst
    return np.asarray(np.where(both > 0, to_worst / np.where(both > 0, both, 1.0), 0.5))


def vikor(matrix: Array, weights: Array, direction: Array, v: float = 0.5) -> tuple[Array, Array, Array]:
    """VIKOR's S, R and Q, each (S, m); smaller is better. Weights are scaled to 1 inside."""
    many = np.atleast_2d(weights)
    many = many / many.sum(axis=1, keepdims=True)
    signed = matrix * np.where(direction > 0, 1.0, -1.0)
    best, worst = signed.max(axis=0), signed.min(axis=0)
    span = np.where(best > worst, best - worst, 1.0)
    gap = (best - signed) / span
    group = many @ gap.T
    regret = np.zeros_like(group)
    for column in range(matrix.shape[1]):
        np.maximum(regret, many[:, [column]] * gap[:, column][None, :], out=regret)
    return group, regret, v * _between(group) + (1 - v) * _between(regret)


def _between(values: Array) -> Array:
    low = values.min(axis=1, keepdims=True)
    span = values.max(axis=1, keepdims=True) - low
    return np.asarray((values - low) / np.where(span > 0, span, 1.0))


def compromise(group: Array, regret: Array, compromise_index: Array) -> list[int]:
    """VIKOR's compromise set (positions, best first) for one set of weights (m,).

    The best alone if it leads by at least 1 / (m - 1) and also leads by S or R; with one condition
    missing the set Opricovic and Tzeng prescribe.
    """
    order = np.argsort(compromise_index, kind="stable")
    step = 1 / (len(order) - 1)
    first = int(order[0])
    stable = first in (int(np.argmin(group)), int(np.argmin(regret)))
    if compromise_index[order[1]] - compromise_index[first] < step:
        return [int(i) for i in order if compromise_index[i] - compromise_index[first] < step]
    return [first] if stable else [first, int(order[1])]


def grey_relation(reference: Array, series: Array, resolution: float = 0.5) -> Array:
    """Grey relational degrees (k,) of series (k, t) to a reference (t,), scaled by their first value."""
    gap = np.abs(series / series[:, :1] - (reference / reference[0])[None, :])
    low, high = gap.min(), gap.max()
    if high == 0:
        return np.ones(len(series))
    return np.asarray(((low + resolution * high) / (gap + resolution * high)).mean(axis=1))


def grey_score(share: Array, weights: Array, resolution: float = 0.5) -> Array:
    """Weighted grey relation (S, m) of normalised indicators (m, n) to the ideal place."""
    gap = 1 - share
    low, high = gap.min(), gap.max()
    closeness = np.ones_like(gap) if high == 0 else (low + resolution * high) / (gap + resolution * high)
    return np.asarray(np.atleast_2d(weights) @ closeness.T)


def fuzzy(membership: Array, weights: Array, operator: Literal["product", "minimum"] = "product") -> Array:
    """Fuzzy comprehensive evaluation: the whole grade distribution (g,), never only its largest grade.

    Args:
        membership: (n indicators, g grades), rows summing to 1.
        weights: (n,).
        operator: ``product`` (weighted mean) or ``minimum`` (max-min, keeps the dominant indicator).

    >>> fuzzy(np.array([[0.2, 0.8], [0.6, 0.4]]), np.array([0.5, 0.5])).round(2).tolist()
    [0.4, 0.6]
    """
    if operator == "product":
        found = weights @ membership
    else:
        found = np.minimum(weights[:, None], membership).max(axis=0)
    return np.asarray(found / found.sum())


def ranks(scores: Array, smaller_is_better: bool = False) -> NDArray[np.int64]:
    """Ranks from 1 (best) along the last axis; ties share the better rank."""
    signed = scores if smaller_is_better else -scores
    order = np.argsort(signed, axis=-1, kind="stable")
    ordered = np.take_along_axis(signed, order, axis=-1)
    new = np.concatenate(
        [np.ones_like(ordered[..., :1], dtype=bool), np.diff(ordered, axis=-1) > 1e-12], axis=-1
    )
    position = np.where(new, np.arange(1, scores.shape[-1] + 1), 0)
    position = np.maximum.accumulate(position, axis=-1)
    result = np.empty(scores.shape, dtype=np.int64)
    np.put_along_axis(result, order, position, axis=-1)
    return result


def weight_draws(centre: Array, count: int, seed: int, concentration: float | None = None) -> Array:
    """Random weights (count, n): uniform over all weights, or around ``centre`` (Dirichlet).

    Args:
        concentration: ``None`` for uniform; otherwise the sum of the Dirichlet parameters, larger is
            closer to ``centre``.
    """
    rng = np.random.default_rng(seed)
    shape = np.ones(len(centre)) if concentration is None else np.maximum(centre * concentration, 1e-6)
    draws = rng.standard_gamma(shape, size=(count, len(centre)))
    return np.asarray(draws / draws.sum(axis=1, keepdims=True))


def rank_robustness(
    share: Array,
    centre: Array,
    count: int = 10_000,
    seed: int = 1,
    concentration: float | None = None,
    known: NDArray[np.bool_] | None = None,
) -> tuple[Array, Array, NDArray[np.int64]]:
    """In what share of weight draws a place keeps its rank.

    Args:
        known: (m, n) what is known of each place; the rest is left out of its score, the other weights scaled up.

    Returns:
        Share of draws that keep the rank (m,), share that keep it within one place (m,), and the 2.5% and
        97.5% ranks (m, 2).
    """
    drawn = weight_draws(centre, count, seed, concentration)
    if known is None or known.all():
        base, moved = weighted_sum(share, centre), weighted_sum(share, drawn)
    else:
        there = known.astype(np.float64)
        base = weighted_sum(share * there, centre) / weighted_sum(there, centre)
        moved = weighted_sum(share * there, drawn) / weighted_sum(there, drawn)
    rank = ranks(base)[0]
    # Plain order suffices here: exact ties have probability zero under random weights.
    order = np.argsort(-moved, axis=1)
    found = np.empty(moved.shape, dtype=np.int16)
    np.put_along_axis(found, order, np.arange(1, moved.shape[1] + 1, dtype=np.int16)[None, :], axis=1)
    away = np.abs(found - rank.astype(np.int16))
    ends = np.quantile(found, [0.025, 0.975], axis=0, method="nearest").T
    return (away == 0).mean(axis=0), (away <= 1).mean(axis=0), np.asarray(ends, dtype=np.int64)
