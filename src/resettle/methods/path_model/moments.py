"""Answers as sums: what a resample needs to know about them, and nothing else.

A resample's covariance is a weighted sum of the rows' products, so all resamples come out of one matrix
product. Items are centred at the full-sample mean against cancellation; first moments are carried along
because the 0 to 100 index needs means.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from resettle.methods.design import Design

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Moments:
    """Weighted sums by unit.

    Attributes:
        sums: (U, m) per unit: weight, first moments (p), products (p(p+1)/2), and where answers are
            missing the products with the answered flags (p*p) and of the flags (p(p+1)/2).
        centre, spread: (p,) full-sample mean and deviation of the answered items.
        complete: no answer is missing.
    """

    sums: Array
    centre: Array
    spread: Array
    complete: bool


def make_moments(answers: Array, design: Design) -> Moments:
    """Sums by unit of (n, p) answers with NaN where missing."""
    answered = np.isfinite(answers)
    weight = design.weight[:, None]
    there = weight * answered
    filled = np.where(answered, answers, 0.0)
    total = there.sum(axis=0)
    centre = (weight * filled).sum(axis=0) / total
    away = np.where(answered, answers - centre, 0.0)
    spread = np.sqrt((weight * away**2).sum(axis=0) / total)
    away = away / np.where(spread > 0, spread, 1.0)
    rows, columns = np.triu_indices(answers.shape[1])
    complete = bool(answered.all())
    parts = [np.ones((len(answers), 1)), away, away[:, rows] * away[:, columns]]
    if not complete:
        flag = answered.astype(np.float64)
        parts += [(away[:, :, None] * flag[:, None, :]).reshape(len(answers), -1)]
        parts += [flag[:, rows] * flag[:, columns]]
    wide = np.hstack(parts) * weight
    identity = design.units == len(answers) and bool((design.unit == np.arange(len(answers))).all())
    return Moments(wide if identity else design.unit_totals(wide), centre, spread, complete)


@dataclass(frozen=True)
class Batch:
    """Correlations (B, p, p), means (B, p) and deviations (B, p) on the items' own scale; bad resamples
    (a constant item, no weight) hold NaN."""

    correlation: Array
    mean: Array
    deviation: Array


def batch_from_sums(sums: Array, moments: Moments) -> Batch:
    """Correlations, means and deviations of summed moments (B, m)."""
    p = len(moments.centre)
    rows, columns = np.triu_indices(p)
    pairs = len(rows)
    total = sums[:, :1]
    first, second = sums[:, 1 : p + 1], sums[:, p + 1 : p + 1 + pairs]
    with np.errstate(divide="ignore", invalid="ignore"):
        if moments.complete:
            mean = first / total
            upper = second / total - mean[:, rows] * mean[:, columns]
        else:
            mixed = sums[:, p + 1 + pairs : p + 1 + pairs + p * p].reshape(-1, p, p)
            both = sums[:, p + 1 + pairs + p * p :]
            answered = both[:, rows == columns]
            mean = first / answered
            # Mean imputation inside the resample: rows that lack an item sit at that resample's mean.
            upper = (
                second
                - mean[:, columns] * mixed[:, rows, columns]
                - mean[:, rows] * mixed[:, columns, rows]
                + mean[:, rows] * mean[:, columns] * both
            ) / total
        covariance = np.empty((len(sums), p, p))
        covariance[:, rows, columns] = upper
        covariance[:, columns, rows] = upper
        variance = upper[:, rows == columns]
        root = np.sqrt(np.where(variance > 1e-12, variance, np.nan))
        covariance /= root[:, :, None]
        covariance /= root[:, None, :]
    deviation = root * moments.spread
    return Batch(covariance, moments.centre + mean * moments.spread, deviation)
