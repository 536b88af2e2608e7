"""Ordered answers: cumulative logit with weights, clusters and an optional random intercept of a site.

The estimator is ours because the common one ignores frequency weights silently. Sources: McCullagh (1980),
JRSS B 42(2), 109-142; Brant (1990), Biometrics 46, 1171-1178 (proportional odds); Harrell (2015),
Regression Modeling Strategies, 2nd ed., sec. 2.4.5 (restricted cubic spline).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from resettle.methods.design import Design
from resettle.methods.distributions import chi2_tail, t_quantile
from resettle.problems import Problem

Array = NDArray[np.float64]

STEPS = 200
DECREMENT = 1e-20
"""Newton decrement, per unit of log likelihood, at which the search ends: coefficients then hold to about 1e-9, where
the likelihood alone would have stopped at 1e-6."""
LEAST_FREEDOM = 30
"""Units less strata below which a slope gets no interval; see the coverage table."""


@dataclass(frozen=True)
class OrderedFit:
    """A fitted cumulative logit, logit P(y <= k) = cut_k - x b.

    Attributes:
        names: of the slopes; coefficients (q,), cuts (K - 1,).
        covariance: (q + K - 1)^2 of slopes then cuts, from the information matrix; ``robust`` from the
            design (units and strata).
        deviance: minus twice the weighted log likelihood.
        freedom: units less strata, for t intervals.
    """

    names: tuple[str, ...]
    coefficients: Array
    cuts: Array
    covariance: Array
    robust: Array
    deviance: float
    iterations: int
    converged: bool
    freedom: int
    n: int

    def ends(self, level: float = 0.95) -> Array | None:
        """t intervals of the slopes (q, 2), ``None`` where too few units stand behind them."""
        if self.freedom < LEAST_FREEDOM:
            return None
        wide = t_quantile(0.5 + level / 2, self.freedom) * self.error()
        return np.stack([self.coefficients - wide, self.coefficients + wide], axis=1)

    def error(self, robust: bool = True) -> Array:
        chosen = self.robust if robust else self.covariance
        return np.asarray(np.sqrt(np.diag(chosen)))[: len(self.names)]


def _pieces(answer: NDArray[np.int64], x: Array, beta: Array, cuts: Array) -> tuple[Array, ...]:
    """Probabilities of the answers and of both ends, with logistic densities at the ends."""
    padded = np.concatenate([[-np.inf], cuts, [np.inf]])
    upper, lower = padded[answer + 1] - x @ beta, padded[answer] - x @ beta
    high, low = expit(upper), expit(lower)
    return np.maximum(high - low, 1e-300), high, low, high * (1 - high), low * (1 - low)


def _derivatives(
    answer: NDArray[np.int64], x: Array, weight: Array, beta: Array, cuts: Array
) -> tuple[float, Array, Array]:
    """Weighted log likelihood, score rows (n, q + K - 1), and the information matrix."""
    p, high, low, f_high, f_low = _pieces(answer, x, beta, cuts)
    n, k = len(answer), len(cuts)
    up = np.zeros((n, k))
    down = np.zeros((n, k))
    rows = np.arange(n)
    inner_up, inner_down = answer < k, answer > 0
    up[rows[inner_up], answer[inner_up]] = 1.0
    down[rows[inner_down], answer[inner_down] - 1] = 1.0
    of_high, of_low = np.hstack([-x, up]), np.hstack([-x, down])
    first = (f_high[:, None] * of_high - f_low[:, None] * of_low) / p[:, None]
    g_high, g_low = f_high * (1 - 2 * high), f_low * (1 - 2 * low)
    second = (of_high * (weight * g_high / p)[:, None]).T @ of_high
    second -= (of_low * (weight * g_low / p)[:, None]).T @ of_low
    information = (first * weight[:, None]).T @ first - second
    return float(weight @ np.log(p)), first, information


def fit_ordered(
    answer: Sequence[int] | NDArray[np.int64],
    x: Array,
    names: Sequence[str],
    design: Design,
) -> tuple[OrderedFit | None, list[Problem]]:
    """Weighted maximum likelihood by Newton steps with halving.

    Args:
        answer: (n,) 0..K-1, every category used.
        x: (n, q) without a constant.
        names: of the columns.
        design: weights, strata, units of the rows.

    Returns:
        The fit, or ``None`` beside the reason: fewer than two categories used, a constant or collinear
        column, no convergence (separation).
    """
    y = np.asarray(answer, dtype=np.int64)
    x = np.asarray(x, dtype=np.float64)
    weight = design.weight
    categories = int(y.max()) + 1
    shares = np.bincount(y, weights=weight, minlength=categories)
    if categories < 2 or (shares <= 0).any():
        return None, [Problem("ordered.category_empty", "error", value=str(int(np.argmin(shares))))]
    centred = np.hstack([np.ones((len(x), 1)), x])
    if np.linalg.matrix_rank(centred) < centred.shape[1]:
        lost = [n for k, n in enumerate(names) if np.ptp(x[:, k]) == 0] or list(names)
        return None, [Problem("ordered.collinear", "error", column=", ".join(lost))]
    cumulative = np.cumsum(shares)[:-1] / shares.sum()
    q = x.shape[1]
    theta = np.concatenate([np.zeros(q), np.log(cumulative / (1 - cumulative))])
    value, first, information = _derivatives(y, x, weight, theta[:q], theta[q:])
    converged, taken = False, 0
    for taken in range(1, STEPS + 1):  # noqa: B007
        gradient = weight @ first
        move = np.linalg.solve(information, gradient)
        if float(np.abs(gradient @ move)) < DECREMENT * max(1.0, abs(value)):
            converged = True
            break
        scale = 1.0
        while scale > 1e-8:
            trial = theta + scale * move
            if (np.diff(trial[q:]) > 0).all():
                better = _derivatives(y, x, weight, trial[:q], trial[q:])
                if better[0] >= value - 1e-12 * abs(value):
                    break
            scale /= 2
        else:
            break
        theta = trial
        value, first, information = better
    if not converged or np.abs(theta[:q]).max(initial=0.0) > 30:
        return None, [Problem("ordered.not_converged", "error", value=str(taken))]
    inverse: Array = np.asarray(np.linalg.inv(information), dtype=np.float64)
    meat = design.covariance(first * weight[:, None])
    fitted = OrderedFit(
        tuple(names),
        theta[:q],
        theta[q:],
        inverse,
        np.asarray(inverse @ meat @ inverse, dtype=np.float64),
        -2 * value,
        taken,
        converged,
        design.freedom,
        len(y),
    )
    return fitted, []


def probabilities(fitted: OrderedFit, x: Array) -> Array:
    """Probability of each category (n, K) for rows (n, q)."""
    cumulative = expit(fitted.cuts[None, :] - (x @ fitted.coefficients)[:, None])
    padded = np.hstack([np.zeros((len(x), 1)), cumulative, np.ones((len(x), 1))])
    return np.asarray(np.diff(padded, axis=1))


def marginal_probabilities(
    fitted: OrderedFit, x: Array, design: Design, column: Sequence[int], settings: Array
) -> tuple[Array, Array]:
    """Average probabilities (S, K) with their errors when columns are set for everybody.

    Args:
        column: positions of the columns that are set together (a band's indicators, a spline's terms).
        settings: (S, len(column)) their values. Errors by the delta method on the robust covariance.
    """
    weight = design.weight / design.weight.sum()
    theta = np.concatenate([fitted.coefficients, fitted.cuts])
    q = len(fitted.coefficients)

    def average(parameters: Array, values: Array) -> Array:
        changed = x.copy()
        changed[:, list(column)] = values
        linear = parameters[q:][None, :] - (changed @ parameters[:q])[:, None]
        padded = np.hstack([np.zeros((len(x), 1)), expit(linear), np.ones((len(x), 1))])
        return np.asarray(weight @ np.diff(padded, axis=1))

    means, errors = [], []
    for values in np.atleast_2d(settings):
        base = average(theta, values)
        slope = np.empty((len(base), len(theta)))
        for k in range(len(theta)):
            h = 1e-5 * max(1.0, abs(theta[k]))
            away = np.zeros_like(theta)
            away[k] = h
            slope[:, k] = (average(theta + away, values) - average(theta - away, values)) / (2 * h)
        means.append(base)
        errors.append(np.sqrt(np.maximum(np.einsum("ka,ab,kb->k", slope, fitted.robust, slope), 0.0)))
    return np.stack(means), np.stack(errors)


def proportional_odds(
    answer: NDArray[np.int64], x: Array, names: Sequence[str], design: Design
) -> tuple[float, int, float, Array]:
    """Are the slopes the same at every cut? A Wald test over the binary logits, robust to units.

    Returns:
        Chi-square, degrees of freedom, p-value, and the slopes by cut (K - 1, q).
    """
    y = np.asarray(answer, dtype=np.int64)
    cuts = int(y.max())
    q = x.shape[1]
    slopes, influences = [], []
    for k in range(cuts):
        fitted, _ = fit_ordered((y > k).astype(np.int64), x, names, design)
        if fitted is None:
            return float("nan"), 0, float("nan"), np.full((cuts, q), np.nan)
        _, first, _ = _derivatives(
            (y > k).astype(np.int64), x, design.weight, fitted.coefficients, fitted.cuts
        )
        slopes.append(fitted.coefficients)
        influences.append((first @ fitted.covariance)[:, :q] * design.weight[:, None])
    joint = design.covariance(np.hstack(influences))
    contrast = np.zeros(((cuts - 1) * q, cuts * q))
    for k in range(cuts - 1):
        contrast[k * q : (k + 1) * q, :q] = np.eye(q)
        contrast[k * q : (k + 1) * q, (k + 1) * q : (k + 2) * q] = -np.eye(q)
    gap = contrast @ np.concatenate(slopes)
    chi2 = float(gap @ np.linalg.pinv(contrast @ joint @ contrast.T) @ gap)
    freedom = (cuts - 1) * q
    return chi2, freedom, chi2_tail(chi2, freedom), np.stack(slopes)


def _cube(values: Array) -> Array:
    return np.asarray(np.maximum(values, 0.0) ** 3)


def spline(values: Array, knots: Sequence[float]) -> Array:
    """Restricted cubic spline terms (n, len(knots) - 1): linear beyond the outer knots.

    >>> spline(np.array([0.0, 1.0]), [0.0, 1.0, 2.0])[:, 0].tolist()
    [0.0, 1.0]
    """
    t = np.asarray(knots, dtype=np.float64)
    last, before = t[-1], t[-2]
    terms = [values]
    for knot in t[:-2]:
        term = _cube(values - knot) - _cube(values - before) * (last - knot) / (last - before)
        term = term + _cube(values - last) * (before - knot) / (last - before)
        terms.append(term / (last - t[0]) ** 2)
    return np.stack(terms, axis=1)


@dataclass(frozen=True)
class RandomFit:
    """A cumulative logit with a normal random intercept of a group.

    Attributes:
        coefficients, cuts: as in :class:`OrderedFit`, for a group in the middle; spread: standard deviation of the
            groups' intercepts; deviance: -2 log likelihood; converged: whether the search came to rest.
    """

    coefficients: Array
    cuts: Array
    spread: float
    deviance: float
    converged: bool


def _log_chances(theta: Array, y: NDArray[np.int64], x: Array, shift: Array) -> Array:
    """Log chance of each answer (n, Q) when the linear predictor is raised by ``shift`` (n, Q)."""
    q, cuts = x.shape[1], int(y.max())
    ends = np.cumsum(np.concatenate([theta[q : q + 1], np.exp(theta[q + 1 : q + cuts])]))
    padded = np.concatenate([[-np.inf], ends, [np.inf]])
    linear = (x @ theta[:q])[:, None] + shift
    p = expit(padded[y + 1][:, None] - linear) - expit(padded[y][:, None] - linear)
    return np.asarray(np.log(np.maximum(p, 1e-300)))


def _integrated(
    theta: Array, y: NDArray[np.int64], x: Array, group: NDArray[np.int64], weight: Array, nodes: int
) -> float:
    """Log likelihood with every group's intercept integrated out by adaptive Gauss-Hermite quadrature: nodes are
    laid around each group's own most likely intercept, so that large groups are as exact as small ones."""
    spread, count = float(np.exp(theta[-1])), int(group.max()) + 1
    middle, h = np.zeros(count), 1e-3

    def whole(at: Array) -> Array:
        each = weight[:, None] * _log_chances(theta, y, x, spread * at[group])
        sums = [np.bincount(group, weights=column, minlength=count) for column in each.T]
        return np.stack(sums, axis=1) - at**2 / 2

    bend = np.ones(count)
    for _ in range(30):
        low, here, high = whole(middle[:, None] + np.array([-h, 0.0, h])[None, :]).T
        bend = np.maximum((2 * here - low - high) / h**2, 1e-3)
        move = np.clip((high - low) / (2 * h) / bend, -1.0, 1.0)
        middle = middle + move
        if np.abs(move).max() < 1e-7:
            break
    points, masses = np.polynomial.hermite_e.hermegauss(nodes)
    width = 1 / np.sqrt(bend)
    at = middle[:, None] + width[:, None] * points[None, :]
    height = whole(at) + points[None, :] ** 2 / 2 + np.log(masses)[None, :]
    return float((np.logaddexp.reduce(height, axis=1) + np.log(width) - 0.5 * np.log(2 * np.pi)).sum())


def fit_random_intercept(
    answer: NDArray[np.int64],
    x: Array,
    group: NDArray[np.int64],
    weight: Array,
    nodes: int = 9,
) -> tuple[RandomFit, list[Problem]]:
    """Cumulative logit with a normal random intercept of a group, by maximum likelihood.

    The integral over the intercept is adaptive Gauss-Hermite quadrature (Pinheiro and Bates 1995, J. of
    Computational and Graphical Statistics 4(1), 12-35). A search that does not come to rest is said.
    """
    from scipy.optimize import minimize

    y = np.asarray(answer, dtype=np.int64)
    q = x.shape[1]
    shares = np.cumsum(np.bincount(y, weights=weight))[:-1] / weight.sum()
    start = np.log(shares / (1 - shares))
    theta = np.concatenate([np.zeros(q), start[:1], np.log(np.diff(start)), [np.log(0.5)]])
    best = minimize(
        lambda t: -_integrated(t, y, x, group, weight, nodes), theta, method="BFGS", options={"gtol": 1e-4}
    )
    settled = bool(best.success) or float(np.abs(best.jac).max()) < 1e-2 * len(y) ** 0.5
    ends = np.cumsum(np.concatenate([best.x[q : q + 1], np.exp(best.x[q + 1 : -1])]))
    found = RandomFit(best.x[:q], ends, float(np.exp(best.x[-1])), 2 * float(best.fun), settled)
    return found, [] if settled else [Problem("ordered.not_converged", "error", value=str(best.nit))]
