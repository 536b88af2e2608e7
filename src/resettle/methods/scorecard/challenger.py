"""What the card must not be beaten by: boosted trees of two questions on the same answers.

Source: Friedman (2001), Annals of Statistics 29(5), 1189-1232, with Newton leaf values (Friedman, Hastie
and Tibshirani 2000). Yes/no features only, so that a split is a column and a tree three of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

Array = NDArray[np.float64]
Codes = NDArray[np.int64]

ROUNDS = 80
RATE = 0.1
LEAF_PENALTY = 5.0


@dataclass(frozen=True)
class Trees:
    """Boosted trees: per tree the first question, the second on each side, and four leaf values."""

    base: float
    trees: tuple[tuple[int, int, int, tuple[float, float, float, float]], ...]

    def score(self, features: Array) -> Array:
        """Log odds (n,) for yes/no features (n, m)."""
        total = np.full(len(features), self.base)
        for first, left, right, leaves in self.trees:
            a = features[:, first] > 0.5
            b = np.where(a, features[:, right], features[:, left]) > 0.5
            total += RATE * np.array(leaves)[2 * a.astype(np.int64) + b]
        return total


def questions(codes: Codes, sizes: Sequence[int], ordered: Sequence[bool]) -> Array:
    """Coded answers as yes/no columns: at or above each band of a number, equal to each answer of a kind;
    an unknown answer says no to all."""
    columns = []
    for k, size in enumerate(sizes):
        own = codes[:, k]
        columns += [own >= j for j in range(1, size)] if ordered[k] else [own == j for j in range(size)]
    return np.stack(columns, axis=1).astype(np.float64)


def fit_trees(features: Array, truth: Array, weight: Array) -> Trees:
    """Fit :data:`ROUNDS` trees of depth two by Newton boosting."""
    scale = weight * (len(weight) / weight.sum())
    share = min(max(float(scale @ truth) / float(scale.sum()), 1e-6), 1 - 1e-6)
    total = np.full(len(truth), np.log(share / (1 - share)))
    base = float(total[0])
    trees = []
    for _ in range(ROUNDS):
        p = expit(total)
        pull, curve = scale * (truth - p), scale * p * (1 - p)
        first = _split(features, pull, curve, np.ones(len(truth)))
        side = features[:, first]
        left = _split(features, pull, curve, 1 - side)
        right = _split(features, pull, curve, side)
        second = np.where(side > 0.5, features[:, right], features[:, left])
        leaf = (2 * side + second).astype(np.int64)
        gain = np.bincount(leaf, weights=pull, minlength=4)
        bend = np.bincount(leaf, weights=curve, minlength=4)
        leaves = gain / (bend + LEAF_PENALTY)
        trees.append((first, left, right, tuple(float(v) for v in leaves)))
        total = total + RATE * leaves[leaf]
    return Trees(base, tuple(trees))  # type: ignore[arg-type]


def _split(features: Array, pull: Array, curve: Array, inside: Array) -> int:
    """The question that parts the rows ``inside`` best; the first one where several are alike."""
    g, h = pull * inside, curve * inside
    yes_g, yes_h = g @ features, h @ features
    no_g, no_h = g.sum() - yes_g, h.sum() - yes_h
    gain = yes_g**2 / (yes_h + LEAF_PENALTY) + no_g**2 / (no_h + LEAF_PENALTY)
    return int(np.argmax(np.round(gain, 9)))
