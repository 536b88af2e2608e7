"""Intervals from resamples: percentile and BCa, for many statistics at once.

Source: Efron (1987), J. of the American Statistical Association 82, 171-185.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from resettle.methods.distributions import t_quantile

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Intervals:
    """Bootstrap summary of q statistics.

    Attributes:
        estimate, mean, se: (q,) the estimate on the sample, mean and standard deviation over resamples.
        percentile, bca: (q, 2) interval ends.
        used: resamples that could be estimated.
    """

    estimate: Array
    mean: Array
    se: Array
    percentile: Array
    bca: Array
    used: int


def column_quantiles(ordered: Array, probability: Array) -> Array:
    """Quantiles of sorted columns (B, q) at their own probabilities (q,), interpolated linearly."""
    place = np.clip(probability, 0, 1) * (ordered.shape[0] - 1)
    place = np.where(np.isfinite(place), place, 0.0)
    low = np.floor(place).astype(np.int64)
    high = np.minimum(low + 1, ordered.shape[0] - 1)
    columns = np.arange(ordered.shape[1])
    share = place - low
    return np.asarray(ordered[low, columns] * (1 - share) + ordered[high, columns] * share)


def intervals(
    estimate: Array,
    resamples: Array,
    jackknife: Array | None = None,
    level: float = 0.95,
    freedom: int | None = None,
) -> Intervals:
    """Percentile and BCa intervals.

    Args:
        estimate: (q,) on the sample.
        resamples: (B, q); rows with NaN in every column must have been taken out.
        jackknife: (U, q) leave-one-unit-out values for the acceleration; without them it is zero.
        level: 0.95 for a 95% interval.
        freedom: units less strata; the tails are those of t with so many degrees of freedom, because a
            percentile interval of few units is too short (Hesterberg 2015, The American Statistician 69(4)).

    >>> rng = np.random.default_rng(1)
    >>> x = rng.normal(size=(4000, 1))
    >>> np.round(intervals(np.zeros(1), x).percentile).tolist()
    [[-2.0, 2.0]]
    """
    ordered = np.sort(resamples, axis=0)
    count = len(resamples)
    tail = (1 - level) / 2
    if freedom is not None and freedom > 0:
        tail = float(ndtr(t_quantile(tail, freedom)))
    ends = np.array([tail, 1 - tail])
    percentile = np.stack([column_quantiles(ordered, np.full(len(estimate), e)) for e in ends], axis=1)
    # Half of the ties counts as below, so that a statistic with a lump at the estimate has no bias.
    below = ((resamples < estimate).sum(axis=0) + 0.5 * (resamples == estimate).sum(axis=0)) / count
    bias = ndtri(np.clip(below, 0.5 / count, 1 - 0.5 / count))
    bend = np.zeros(len(estimate))
    if jackknife is not None:
        away = jackknife.mean(axis=0) - jackknife
        cube, square = (away**3).sum(axis=0), (away**2).sum(axis=0)
        bend = np.where(square > 0, cube / (6 * np.maximum(square, 1e-200) ** 1.5), 0.0)
    bca = np.empty_like(percentile)
    for column, end in enumerate(ends):
        z = bias + ndtri(end)
        bca[:, column] = column_quantiles(ordered, ndtr(bias + z / (1 - bend * z)))
    flat = np.ptp(ordered, axis=0) == 0
    bca[flat] = np.repeat(estimate[flat][:, None], 2, axis=1)
    return Intervals(estimate, resamples.mean(axis=0), resamples.std(axis=0, ddof=1), percentile, bca, count)
