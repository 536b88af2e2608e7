"""Quality criteria of a path model: reliability, convergent and discriminant validity, collinearity.

Sources: Hair, Hult, Ringle and Sarstedt (2022), A Primer on PLS-SEM, 3rd ed., ch. 4-6; HTMT: Henseler,
Ringle and Sarstedt (2015), J. of the Academy of Marketing Science 43, 115-135, here with absolute
correlations (the variant often written HTMT+).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from resettle.methods.distributions import chi2_tail
from resettle.methods.path_model.estimate import Structure, rho_a
from resettle.methods.path_model.model import Layout

Array = NDArray[np.float64]


def htmt(correlation: Array, layout: Layout) -> Array:
    """Heterotrait-monotrait ratio for every pair of constructs, (B, J, J), upper triangle mirrored."""
    batch, count = correlation.shape[0], len(layout.names)
    member = layout.mask.astype(np.float64)
    size = member.sum(axis=0)
    sums = member.T @ (np.abs(correlation) @ member)
    own = sums[:, np.arange(count), np.arange(count)]
    inside = np.ones((batch, count))
    several = size > 1
    inside[:, several] = (own[:, several] - size[several]) / (size[several] * (size[several] - 1))
    between = sums / (size[:, None] * size[None, :])
    ratio = between / np.sqrt(inside[:, :, None] * inside[:, None, :])
    ratio[:, np.arange(count), np.arange(count)] = 1.0
    return np.asarray(ratio)


def alpha(correlation: Array, layout: Layout) -> Array:
    """Cronbach's alpha of standardised items, (B, J); 1 for single items."""
    result = np.ones((correlation.shape[0], len(layout.names)))
    for j, block in enumerate(layout.blocks):
        k = len(block)
        if k > 1:
            mean = (correlation[:, block[:, None], block].sum(axis=(1, 2)) - k) / (k * (k - 1))
            result[:, j] = k * mean / (1 + (k - 1) * mean)
    return result


def rho_c(loadings: Array, layout: Layout) -> Array:
    """Composite reliability from loadings, (B, J)."""
    result = np.ones((loadings.shape[0], len(layout.names)))
    for j, block in enumerate(layout.blocks):
        own = loadings[:, block, j]
        square = own.sum(axis=1) ** 2
        result[:, j] = square / (square + (1 - own**2).sum(axis=1))
    return result


def ave(loadings: Array, layout: Layout) -> Array:
    """Average variance extracted, (B, J)."""
    return np.stack([np.mean(loadings[:, b, j] ** 2, axis=1) for j, b in enumerate(layout.blocks)], axis=1)


def vif(matrix: Array) -> Array:
    """Variance inflation from a correlation matrix (k, k): the diagonal of its inverse. Infinite for a variable that
    the others make up, and for no other.

    >>> vif(np.array([[1.0, 0.5], [0.5, 1.0]])).round(4).tolist()
    [1.3333, 1.3333]
    >>> vif(np.array([[1.0, 1.0, 0.6], [1.0, 1.0, 0.6], [0.6, 0.6, 1.0]])).round(4).tolist()
    [inf, inf, 1.5625]
    """
    if not np.isfinite(matrix).all() or np.linalg.matrix_rank(matrix) == len(matrix):
        return np.asarray(np.diag(_inverse(matrix)))
    result = np.full(len(matrix), np.inf)
    for k in range(len(matrix)):
        others = np.delete(np.arange(len(matrix)), k)
        own = matrix[others, k]
        left = 1 - own @ np.linalg.pinv(matrix[np.ix_(others, others)], hermitian=True) @ own
        if left > 1e-9:
            result[k] = 1 / left
    return result


def _inverse(matrix: Array) -> Array:
    """The inverse; NaN throughout where a variable is a sum of others, so that it is shown as unknown."""
    if not np.isfinite(matrix).all() or np.linalg.matrix_rank(matrix) < len(matrix):
        return np.full(matrix.shape, np.nan)
    return np.asarray(np.linalg.inv(matrix))


def inner_vif(found: Structure, layout: Layout) -> Array:
    """Collinearity among the predecessors of every endogenous construct, (J, J); 0 where no path is."""
    result = np.zeros(found.between.shape[1:])
    for j in layout.endogenous:
        before = np.flatnonzero(layout.arrows[:, j])
        result[before, j] = vif(found.between[0][np.ix_(before, before)])
    return result


def outer_vif(correlation: Array, layout: Layout) -> Array:
    """Collinearity of each item with its block-mates, (p,); see :func:`vif`."""
    result = np.ones(correlation.shape[1])
    for block in layout.blocks:
        if len(block) > 1:
            result[block] = vif(correlation[0][np.ix_(block, block)])
    return result


def adjusted_r2(r2: Array, layout: Layout, n: float) -> Array:
    """Explained share adjusted for the number of predecessors."""
    k = layout.arrows.sum(axis=0)
    return np.asarray(1 - (1 - r2) * (n - 1) / (n - k - 1))


def reliability(correlation: Array, outer: Array, loadings: Array, layout: Layout) -> Array:
    """The four reliability columns of a batch, (B, J, 4): alpha, rho_C, AVE, rho_A."""
    return np.stack(
        [
            alpha(correlation, layout),
            rho_c(loadings, layout),
            ave(loadings, layout),
            rho_a(correlation, outer, layout),
        ],
        axis=2,
    )


def kmo(correlation: Array) -> tuple[float, Array]:
    """Kaiser-Meyer-Olkin sampling adequacy, overall and by item, of one matrix (p, p).

    Source: Kaiser (1974), Psychometrika 39, 31-36.
    """
    inverse = _inverse(correlation)
    scale = 1 / np.sqrt(np.diag(inverse))
    partial = inverse * scale[:, None] * scale[None, :]
    off = ~np.eye(len(correlation), dtype=bool)
    r, q = np.where(off, correlation, 0) ** 2, np.where(off, partial, 0) ** 2
    return float(r.sum() / (r.sum() + q.sum())), r.sum(axis=0) / (r.sum(axis=0) + q.sum(axis=0))


def bartlett(correlation: Array, n: float) -> tuple[float, int, float]:
    """Bartlett's test of sphericity: chi-square, degrees of freedom, p-value.

    Source: Bartlett (1951), Biometrika 38, 337-344. NaN where an item is a sum of others.
    """
    p = len(correlation)
    if np.linalg.matrix_rank(correlation) < p:
        return float("nan"), p * (p - 1) // 2, float("nan")
    _, log_determinant = np.linalg.slogdet(correlation)
    chi2 = -(n - 1 - (2 * p + 5) / 6) * float(log_determinant)
    freedom = p * (p - 1) // 2
    return chi2, freedom, chi2_tail(chi2, freedom)


def raw_alpha(covariance: Array) -> float:
    """Cronbach's alpha of raw items from their covariance (k, k).

    >>> round(raw_alpha(np.array([[1.0, 0.5], [0.5, 1.0]])), 4)
    0.6667
    """
    k = len(covariance)
    return float(k / (k - 1) * (1 - np.trace(covariance) / covariance.sum()))


def fornell_larcker(found: Structure, layout: Layout) -> Array:
    """Construct correlations with the root of AVE on the diagonal, (J, J)."""
    table = found.composite[0].copy()
    np.fill_diagonal(table, np.sqrt(ave(found.loadings, layout)[0]))
    return np.asarray(table)


__all__ = [
    "adjusted_r2",
    "alpha",
    "ave",
    "bartlett",
    "fornell_larcker",
    "htmt",
    "inner_vif",
    "kmo",
    "outer_vif",
    "raw_alpha",
    "reliability",
    "rho_a",
    "rho_c",
    "vif",
]
