"""The PLS algorithm on correlation matrices, all resamples at once.

Everything here takes a batch of B correlation matrices (B, p, p) and a :class:`Layout`. Raw data are
never touched again, so that 5,000 resamples cost little more than one.

Source of the algorithm: Lohmöller (1989), Latent Variable Path Modeling with Partial Least Squares,
ch. 2; PLSc: Dijkstra and Henseler (2015), MIS Quarterly 39(2), 297-316.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resettle.methods.path_model.model import Layout, Scheme

Array = NDArray[np.float64]

TOLERANCE = 1e-10
"""Largest change of any outer weight at which the iteration has converged."""
MAX_ITERATIONS = 300


@dataclass(frozen=True)
class Weights:
    """Outer weights of a batch.

    Attributes:
        outer: (B, p, J), each composite with unit variance.
        converged: (B,) whether the iteration ended by itself.
        iterations: (B,) how many steps it took.
    """

    outer: Array
    converged: NDArray[np.bool_]
    iterations: NDArray[np.int64]


def _solve(matrix: Array, right: Array) -> Array:
    """Batched solve of (B, k, k) x = (B, k); small systems by hand, singular ones give NaN, not an error."""
    k = matrix.shape[-1]
    if k == 1:
        return right / matrix[:, :, 0]
    if k == 2:
        a, b, c, d = matrix[:, 0, 0], matrix[:, 0, 1], matrix[:, 1, 0], matrix[:, 1, 1]
        with np.errstate(divide="ignore", invalid="ignore"):
            return (
                np.stack([d * right[:, 0] - b * right[:, 1], a * right[:, 1] - c * right[:, 0]], axis=1)
                / ((a * d - b * c)[:, None])
            )
    try:
        return np.asarray(np.linalg.solve(matrix, right[:, :, None])[:, :, 0])
    except np.linalg.LinAlgError:
        result = np.full(right.shape, np.nan)
        for row in range(matrix.shape[0]):
            if np.linalg.matrix_rank(matrix[row]) == k:
                result[row] = np.linalg.solve(matrix[row], right[row])
        return result


def _inner(correlation: Array, layout: Layout, scheme: Scheme) -> Array:
    """Inner weights (B, J, J): column j holds the weights of j's neighbours."""
    neighbours = layout.arrows | layout.arrows.T
    if scheme == "centroid":
        return np.asarray(np.sign(correlation) * neighbours)
    inner = correlation * neighbours
    if scheme == "path":
        for j in layout.endogenous:
            before = np.flatnonzero(layout.arrows[:, j])
            if len(before) > 1:
                inner[:, before, j] = _solve(
                    correlation[:, before[:, None], before], correlation[:, before, j]
                )
    return inner


def outer_weights(
    correlation: Array,
    layout: Layout,
    scheme: Scheme = "path",
    tolerance: float = TOLERANCE,
    start: Array | None = None,
) -> Weights:
    """Outer weights of every model in the batch; models that have converged leave the iteration.

    Args:
        correlation: (B, p, p) correlations of the items.
        layout: the model.
        scheme: ``centroid``, ``factorial`` or ``path``.
        tolerance: see :data:`TOLERANCE`.
        start: (p, J) starting weights; equal weights if not given.
    """
    batch = int(correlation.shape[0])
    p, count = layout.mask.shape
    outer = np.empty((batch, p, count))
    converged = np.zeros(batch, dtype=np.bool_)
    iterations = np.zeros(batch, dtype=np.int64)
    active = np.arange(batch)
    first = layout.mask.astype(np.float64) if start is None else start
    weights = np.broadcast_to(first, (batch, p, count)).copy()
    cross = correlation @ weights
    weights, cross = _normalise(weights, cross)
    current = correlation
    for step in range(1, MAX_ITERATIONS + 1):
        between = weights.transpose(0, 2, 1) @ cross
        fresh = (cross @ _inner(between, layout, scheme)) * layout.mask
        for j, mode in enumerate(layout.modes):
            block = layout.blocks[j]
            if mode == "B" and len(block) > 1:
                fresh[:, block, j] = _solve(current[:, block[:, None], block], fresh[:, block, j])
        fresh, cross = _normalise(fresh, current @ fresh)
        change = np.max(np.abs(np.abs(fresh) - np.abs(weights)), axis=(1, 2))
        weights = fresh
        done = ~(change >= tolerance)
        if done.any():
            outer[active[done]] = weights[done]
            converged[active[done]] = np.isfinite(change[done])
            iterations[active[done]] = step
            keep = ~done
            active, weights, cross, current = active[keep], weights[keep], cross[keep], current[keep]
            if not len(active):
                break
    outer[active] = weights
    iterations[active] = MAX_ITERATIONS
    return Weights(outer, converged, iterations)


def _normalise(weights: Array, cross: Array) -> tuple[Array, Array]:
    """Scale every composite to unit variance; ``cross`` is correlation @ weights."""
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = 1.0 / np.sqrt(np.einsum("bpj,bpj->bj", weights, cross))
        return weights * scale[:, None, :], cross * scale[:, None, :]


def orient(outer: Array, signs: Any) -> Array:
    """Turn whole composites, never single weights."""
    return np.asarray(outer * np.asarray(signs)[..., None, :])


def rho_a(correlation: Array, outer: Array, layout: Layout) -> Array:
    """Dijkstra-Henseler's reliability of each composite (B, J); 1 for single items and mode B.

    Source: Dijkstra and Henseler (2015), eq. 3.
    """
    result = np.ones((correlation.shape[0], len(layout.names)))
    for j, block in enumerate(layout.blocks):
        if len(block) == 1 or layout.modes[j] == "B":
            continue
        weights = outer[:, block, j]
        matrix = correlation[:, block[:, None], block]
        square = np.einsum("bi,bi->b", weights, weights)
        whole = np.einsum("bi,bij,bj->b", weights, matrix, weights)
        own = np.einsum("bi,bii,bi->b", weights, matrix, weights)
        fourth = np.einsum("bi,bi->b", weights**2, weights**2)
        with np.errstate(divide="ignore", invalid="ignore"):
            result[:, j] = square**2 * (whole - own) / (square**2 - fourth)
    return result


@dataclass(frozen=True)
class Structure:
    """What follows from correlations and outer weights, for a batch.

    Attributes:
        between: (B, J, J) correlations of the constructs (disattenuated under PLSc).
        composite: (B, J, J) correlations of the composites as they are.
        loadings: (B, p, J) loadings in own block, zero elsewhere.
        cross: (B, p, J) correlations of all items with all composites.
        coefficients: (B, J, J) path coefficients, row to column.
        r2: (B, J) explained share, NaN for exogenous constructs.
        total: (B, J, J) total effects.
    """

    between: Array
    composite: Array
    loadings: Array
    cross: Array
    coefficients: Array
    r2: Array
    total: Array


def structure(correlation: Array, outer: Array, layout: Layout, consistent: bool = False) -> Structure:
    """Loadings, path coefficients, explained shares and total effects of a batch."""
    cross = correlation @ outer
    between = composite = outer.transpose(0, 2, 1) @ cross
    loadings = cross * layout.mask
    if consistent:
        reliability = rho_a(correlation, outer, layout)
        with np.errstate(invalid="ignore"):
            root = np.sqrt(reliability)
        between = between / (root[:, :, None] * root[:, None, :])
        diagonal = np.arange(between.shape[1])
        between[:, diagonal, diagonal] = 1.0
        for j, block in enumerate(layout.blocks):
            if len(block) > 1 and layout.modes[j] == "A":
                weights = outer[:, block, j]
                square = np.einsum("bi,bi->b", weights, weights)
                loadings[:, block, j] = weights * (root[:, j] / square)[:, None]
    coefficients, r2 = regressions(between, layout)
    total = total_effects(coefficients, layout)
    return Structure(between, composite, loadings, cross, coefficients, r2, total)


def regressions(between: Array, layout: Layout) -> tuple[Array, Array]:
    """Path coefficients (B, J, J) and explained shares (B, J) from construct correlations."""
    coefficients = np.zeros_like(between)
    r2 = np.full(between.shape[:2], np.nan)
    for j in layout.endogenous:
        before = np.flatnonzero(layout.arrows[:, j])
        slope = _solve(between[:, before[:, None], before], between[:, before, j])
        coefficients[:, before, j] = slope
        r2[:, j] = np.einsum("bi,bi->b", slope, between[:, before, j])
    return coefficients, r2


def total_effects(coefficients: Array, layout: Layout) -> Array:
    """Direct plus indirect effects, (B, J, J)."""
    total = coefficients.copy()
    for j in layout.order:
        for k in np.flatnonzero(layout.arrows[:, j]):
            total[:, :, j] += total[:, :, k] * coefficients[:, k, j, None]
    return total
