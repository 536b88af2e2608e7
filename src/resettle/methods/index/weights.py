"""Weights of indicators: equal, judged (AHP), from spread (entropy), from spread and conflict (CRITIC).

Sources: Saaty (1980), The Analytic Hierarchy Process (eigenvector, random index); Shannon entropy weights
as in Zeleny (1982); Diakoulaki, Mavrotas and Papayannakis (1995), Computers & OR 22(7), 763-770 (CRITIC).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from resettle.problems import Problem

Array = NDArray[np.float64]

RANDOM_INDEX = (0.0, 0.0, 0.0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49, 1.51, 1.48, 1.56, 1.57, 1.59)
"""Saaty's random consistency index by number of things compared."""
CONSISTENT = 0.1


@dataclass(frozen=True)
class Judgement:
    """Weights from pairwise judgements.

    Attributes:
        weights: (k,) summing to 1; largest: the principal eigenvalue; ratio: consistency ratio.
        pair: the judgement that fits worst (positions), given: as judged, fitting: what would fit.
    """

    weights: Array
    largest: float
    ratio: float
    pair: tuple[int, int]
    given: float
    fitting: float


Method = Literal["eigenvector", "sum", "geometric"]
METHODS: tuple[Method, ...] = ("eigenvector", "sum", "geometric")


def judge(matrix: Array, method: Method = "eigenvector") -> Judgement:
    """AHP weights and consistency of a reciprocal matrix (k, k).

    ``sum`` is the mean of normalised columns and ``geometric`` the normalised geometric mean of rows, both common in
    Chinese texts; which one was taken must be said. The consistency is that of the weights taken.

    >>> judge(np.array([[1, 2], [0.5, 1]])).weights.round(3).tolist()
    [0.667, 0.333]
    """
    k = len(matrix)
    values, vectors = np.linalg.eig(matrix)
    at = int(np.argmax(values.real))
    largest = float(values[at].real)
    principal = np.abs(vectors[:, at].real)
    weights = principal / principal.sum()
    if method != "eigenvector":
        columns = (matrix / matrix.sum(axis=0)).mean(axis=1)
        roots = np.exp(np.log(matrix).mean(axis=1))
        weights = columns if method == "sum" else roots / roots.sum()
        largest = float(np.mean((matrix @ weights) / weights))
    random = RANDOM_INDEX[min(k, len(RANDOM_INDEX) - 1)]
    ratio = 0.0 if k < 3 else max(0.0, (largest - k) / (k - 1)) / random
    strain = np.abs(np.log(matrix * weights[None, :] / weights[:, None]))
    i, j = np.unravel_index(int(np.argmax(np.triu(strain, 1))), matrix.shape)
    fitting = float(weights[i] / weights[j])
    return Judgement(weights, largest, float(ratio), (int(i), int(j)), float(matrix[i, j]), fitting)


def check_judgements(
    matrix: Array,
    names: Sequence[str],
    signed_off: str = "",
    where: str = "",
    method: Method = "eigenvector",
) -> tuple[Judgement | None, list[Problem]]:
    """AHP weights, or ``None`` beside the reason: not square, not positive, not reciprocal, or judgements
    that contradict each other (ratio above 0.1, the worst pair named) that nobody has signed off."""
    k = len(names)
    if matrix.shape != (k, k):
        problem = Problem(
            "index.matrix_shape", "error", column=where, value=str(matrix.shape), nearest=f"{k} x {k}"
        )
        return None, [problem]
    problems = []
    for i in range(k):
        for j in range(i, k):
            if not matrix[i, j] > 0 or abs(matrix[i, j] * matrix[j, i] - 1) > 0.02:
                problems.append(
                    Problem(
                        "index.not_reciprocal",
                        "error",
                        column=f"{names[i]} - {names[j]}",
                        value=f"{matrix[i, j]:g}, {matrix[j, i]:g}",
                    )
                )
    if problems:
        return None, problems
    found = judge(matrix, method)
    if found.ratio > CONSISTENT:
        i, j = found.pair
        problem = Problem(
            "index.inconsistent",
            "warning" if signed_off else "error",
            column=f"{names[i]} - {names[j]}",
            value=f"{found.given:.3g}",
            nearest=f"{found.fitting:.2g}",
            values={"ratio": round(found.ratio, 3), "signed_off": signed_off or "-"},
        )
        problems.append(problem)
        if not signed_off:
            return None, problems
    return found, problems


def normalise(matrix: Array, direction: Array) -> Array:
    """Columns (m, n) to 0..1 by their own range, 1 the good end; a constant column is 0.5 everywhere."""
    low, span = matrix.min(axis=0), np.ptp(matrix, axis=0)
    share = (matrix - low) / np.where(span > 0, span, 1.0)
    share = np.where(direction > 0, share, 1 - share)
    return np.asarray(np.where(span > 0, share, 0.5))


def equal(count: int) -> Array:
    """The same weight for each."""
    return np.full(count, 1.0 / count)


def entropy(share: Array) -> Array:
    """Entropy weights of columns (m, n) of one sign, normalised by range or as they stand: they reward spread, not
    importance.

    >>> entropy(np.array([[0.0, 0.5], [1.0, 0.5]])).round(6).tolist()
    [1.0, 0.0]
    """
    total = share.sum(axis=0)
    p = share / np.where(total > 0, total, 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        information = -np.where(p > 0, p * np.log(np.where(p > 0, p, 1.0)), 0.0).sum(axis=0) / np.log(
            len(share)
        )
    surprise = np.where(total > 0, np.maximum(1 - information, 0.0), 0.0)
    return np.asarray(surprise / surprise.sum()) if surprise.sum() > 0 else equal(share.shape[1])


def critic(share: Array) -> Array:
    """CRITIC weights of normalised columns (m, n): spread times disagreement with the other columns."""
    spread = share.std(axis=0)
    safe = np.where(spread > 0, spread, 1.0)
    away = (share - share.mean(axis=0)) / safe
    correlation = away.T @ away / len(share)
    content = spread * (1 - correlation).sum(axis=0)
    return np.asarray(content / content.sum()) if content.sum() > 0 else equal(share.shape[1])


def combine(first: Array, second: Array, share: float = 0.5) -> Array:
    """Linear mix of two sets of weights."""
    mixed = share * first + (1 - share) * second
    return np.asarray(mixed / mixed.sum())
