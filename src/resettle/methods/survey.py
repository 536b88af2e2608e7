"""Estimates from a designed sample: means, totals, ratios, shares; raking; intervals that know their design.

Sources: Lumley (2010), Complex Surveys; Korn and Graubard (1998), Survey Methodology 24(2), 193-201
(logit intervals of shares); Deville and Särndal (1992), JASA 87, 376-382 (calibration).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from resettle.methods.design import Design
from resettle.methods.distributions import normal_quantile, t_quantile
from resettle.problems import Problem

Array = NDArray[np.float64]

LEAST_FREEDOM = 8
"""Units less strata below which no interval is given; see the coverage table."""
LEAST_ROWS = 50
"""Fewer rows in a domain and a share gets no interval: a rule on the cases alone would select samples."""
LEAST_CASES = 5
"""Fewer rows with (or without) a trait and a share gets no interval; see the coverage table."""


@dataclass(frozen=True)
class Estimate:
    """A number with its error.

    Attributes:
        value, se: the estimate and its standard error.
        low, high: interval ends, ``None`` where none may be printed.
        freedom: units less strata in the domain.
        n: rows behind it.
        withheld: why no interval is printed (``few_units``, ``few_cases``), or an empty string.
    """

    value: float
    se: float
    low: float | None
    high: float | None
    freedom: int
    n: int
    withheld: str = ""


def domain_freedom(design: Design, member: NDArray[np.bool_] | None) -> int:
    """Units less strata among the units that hold rows of the domain."""
    if member is None or member.all():
        return design.freedom
    units = np.unique(design.unit[member & (design.weight > 0)])
    units = units[~design.certain[units]]
    return int(len(units) - len(np.unique(design.stratum[units])))


def linear_interval(
    value: float, se: float, freedom: int, n: int, level: float = 0.95, positive: bool = False
) -> Estimate:
    """Symmetric t interval (on the log scale for ``positive`` quantities) of a linearised estimate.

    >>> linear_interval(10.0, 1.0, 30, 100).low < 8.0
    True
    >>> linear_interval(10.0, 1.0, 2, 100).withheld
    'few_units'
    """
    if freedom < LEAST_FREEDOM or not np.isfinite(se):
        return Estimate(value, se, None, None, freedom, n, "few_units")
    t = t_quantile(0.5 + level / 2, freedom)
    if positive and value > 0:
        wide = float(np.exp(t * se / value))
        return Estimate(value, se, value / wide, value * wide, freedom, n)
    return Estimate(value, se, value - t * se, value + t * se, freedom, n)


def share_interval(
    value: float, se: float, freedom: int, n: int, level: float = 0.95, cases: int | None = None
) -> Estimate:
    """Logit t interval of a share in [0, 1]; withheld where too few units or cases stand behind it.

    >>> e = share_interval(0.1, 0.02, 60, 500)
    >>> 0 < e.low < 0.1 < e.high < 1
    True
    """
    few = min(cases, n - cases) if cases is not None else LEAST_CASES
    if freedom < LEAST_FREEDOM or not np.isfinite(se):
        return Estimate(value, se, None, None, freedom, n, "few_units")
    if few < LEAST_CASES or n < LEAST_ROWS or not 0 < value < 1:
        return Estimate(value, se, None, None, freedom, n, "few_cases")
    t = t_quantile(0.5 + level / 2, freedom)
    logit, width = np.log(value / (1 - value)), t * se / (value * (1 - value))
    low, high = (float(1 / (1 + np.exp(-(logit + side * width)))) for side in (-1, 1))
    return Estimate(value, se, low, high, freedom, n)


def _error(design: Design, influence: Array) -> float:
    return float(np.sqrt(max(design.covariance(influence[:, None])[0, 0], 0.0)))


def mean(
    values: Array, design: Design, member: NDArray[np.bool_] | None = None, level: float = 0.95
) -> Estimate:
    """Weighted mean of (n,) values over a domain, rows without a value left out of the domain."""
    chosen = np.isfinite(values) & (True if member is None else member)
    weight = design.weight * chosen
    total = weight.sum()
    if not total > 0:
        return Estimate(float("nan"), float("nan"), None, None, 0, 0, "few_cases")
    filled = np.where(chosen, values, 0.0)
    value = float((weight * filled).sum() / total)
    se = _error(design, weight * (filled - value) / total)
    return linear_interval(value, se, domain_freedom(design, chosen), int(chosen.sum()), level)


def total(values: Array, design: Design, member: NDArray[np.bool_] | None = None) -> Estimate:
    """Weighted total of (n,) values over a domain."""
    chosen = np.isfinite(values) & (True if member is None else member)
    influence = design.weight * np.where(chosen, values, 0.0)
    se = _error(design, influence)
    freedom = domain_freedom(design, np.asarray(chosen))
    return linear_interval(float(influence.sum()), se, freedom, int(chosen.sum()))


def share(
    flag: Array, design: Design, member: NDArray[np.bool_] | None = None, level: float = 0.95
) -> Estimate:
    """Weighted share of rows with ``flag`` 1 (NaN: unknown, left out) over a domain, logit interval."""
    plain = mean(flag, design, member, level)
    chosen = np.isfinite(flag) & (True if member is None else member)
    cases = int((flag[chosen] > 0).sum())
    return share_interval(plain.value, plain.se, plain.freedom, plain.n, level, cases)


def ratio(
    top: Array, bottom: Array, design: Design, member: NDArray[np.bool_] | None = None, level: float = 0.95
) -> Estimate:
    """Ratio of two weighted totals over a domain."""
    chosen = np.isfinite(top) & np.isfinite(bottom) & (True if member is None else member)
    weight = design.weight * chosen
    under = float((weight * np.where(chosen, bottom, 0.0)).sum())
    if under == 0:
        return Estimate(float("nan"), float("nan"), None, None, 0, int(chosen.sum()), "few_cases")
    value = float((weight * np.where(chosen, top, 0.0)).sum() / under)
    influence = weight * np.where(chosen, top - value * bottom, 0.0) / under
    freedom = domain_freedom(design, np.asarray(chosen))
    return linear_interval(value, _error(design, influence), freedom, int(chosen.sum()), level)


def rake(
    design: Design,
    margins: Sequence[tuple[Sequence[str], Mapping[str, float]]],
    tolerance: float = 1e-10,
    steps: int = 500,
) -> tuple[Design, list[Problem]]:
    """Adjust weights until the weighted counts meet known margins (iterative proportional fitting).

    Args:
        design: the sample.
        margins: pairs of the rows' labels (n,) and the known total of each label.

    Returns:
        The design with new weights; problems: a label without a total, a total without rows, no
        agreement within ``steps``.
    """
    problems: list[Problem] = []
    weight = design.weight.copy()
    prepared = []
    for labels, totals in margins:
        names, code = np.unique(np.array([str(label) for label in labels], dtype=object), return_inverse=True)
        unknown = [str(name) for name in names if name not in totals]
        empty = [name for name in totals if name not in set(names)]
        problems += [Problem("survey.margin_unknown", "error", value=name) for name in unknown]
        problems += [Problem("survey.margin_empty", "error", value=name) for name in empty]
        prepared.append((code, np.array([totals.get(name, 0.0) for name in names], dtype=np.float64)))
    if problems:
        return design, problems
    for _ in range(steps):
        worst = 0.0
        for code, wanted in prepared:
            have = np.bincount(code, weights=weight, minlength=len(wanted))
            worst = max(worst, float(np.max(np.abs(have / wanted - 1))))
            weight = weight * (wanted / have)[code]
        if worst < tolerance:
            return replace(design, weight=weight), problems
    problems.append(Problem("survey.raking_unfinished", "error", value=f"{worst:.2g}"))
    return replace(design, weight=weight), problems


def raked_influence(influence: Array, base: Design, margins: Sequence[Sequence[str]]) -> Array:
    """Influence values (n,) after raking: residuals on the margins' indicators (calibrated variance).

    Args:
        influence: (n,) unweighted, of the raked estimate.
        base: the design before raking, whose weights the projection uses (as ``calibrate`` of R survey does; its
            ``rake`` takes one margin's residuals after the other's, which gave 1% less in one comparison).
        margins: labels (n,) of each margin. What the margins explain adds no variance.
    """
    columns = []
    for labels in margins:
        names, code = np.unique(np.array([str(label) for label in labels], dtype=object), return_inverse=True)
        columns += [(code == g).astype(np.float64) for g in range(len(names))]
    matrix = np.stack(columns, axis=1)
    root = np.sqrt(base.weight)[:, None]
    slope = np.linalg.lstsq(matrix * root, influence * root[:, 0], rcond=None)[0]
    return np.asarray(influence - matrix @ slope)


LEAST_PROBABILITY = 0.1
"""A weight is never raised by more than one over this."""


def response_weights(
    design: Design, answered: NDArray[np.bool_], covariates: Array
) -> tuple[Design, Array, list[Problem]]:
    """Raise the weights of those who answered by one over their probability of answering.

    The probability is a weighted logistic regression on what is known of everybody; unknown covariates
    count as their mean. Source: Little and Rubin (2002), Statistical Analysis with Missing Data, sec. 3.3.

    Args:
        design: of everybody who was asked (n,); covariates: (n, q).

    Returns:
        The design with weight 0 for those who did not answer (their units stay), the probabilities (n,),
        and what is odd: nobody answered, probabilities under :data:`LEAST_PROBABILITY` (held there).
    """
    if not answered.any():
        return design, np.zeros(len(answered)), [Problem("survey.nobody_answered", "error")]
    wide = _with_constant(covariates)
    scale = design.weight * len(wide) / design.weight.sum()
    keep = _PENALTY * np.diag([0.0, *np.ones(wide.shape[1] - 1)])
    beta = np.zeros(wide.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-(wide @ beta)))
        curve = (wide * (scale * np.maximum(p * (1 - p), 1e-6))[:, None]).T @ wide + keep
        move = np.linalg.solve(curve, wide.T @ (scale * (answered - p)) - keep @ beta)
        beta = beta + np.clip(move, -2, 2)
        if np.abs(move).max() < 1e-10:
            break
    p = 1 / (1 + np.exp(-(wide @ beta)))
    low = int(((p < LEAST_PROBABILITY) & answered).sum())
    problems = [Problem("survey.response_seldom", "warning", value=str(low))] if low else []
    p = np.maximum(p, LEAST_PROBABILITY)
    return replace(design, weight=np.where(answered, design.weight / p, 0.0)), p, problems


def _with_constant(covariates: Array) -> Array:
    """Standardised covariates behind a column of ones; unknown ones count as their mean."""
    x = np.where(np.isfinite(covariates), covariates, np.nanmean(covariates, axis=0))
    spread = x.std(axis=0)
    x = (x[:, spread > 0] - x[:, spread > 0].mean(axis=0)) / spread[spread > 0]
    return np.hstack([np.ones((len(x), 1)), x])


_PENALTY = 0.5
"""A half observation against every slope, so that a covariate which parts the two sorts has a finite one."""


def response_mean(
    values: Array, design: Design, covariates: Array, level: float = 0.95
) -> tuple[Estimate, list[Problem]]:
    """Mean of everybody who was asked, from those who answered, weighted by :func:`response_weights`.

    The probabilities are estimated, and that makes the mean surer, not less sure: its error is that of the
    influence with the part taken off that the response model explains. Treated as known they gave intervals
    that covered 98% instead of 95%. Source: Kim and Kim (2007), Canadian Journal of Statistics 35(4),
    501-514, sec. 2.

    Args:
        values: (n,) of everybody asked, NaN where there is no answer; covariates: (n, q).
    """
    answered = np.asarray(np.isfinite(values))
    raised, p, problems = response_weights(design, answered, covariates)
    weight = raised.weight * answered
    total = weight.sum()
    if not total > 0 or (problems and any(found.severity == "error" for found in problems)):
        return Estimate(float("nan"), float("nan"), None, None, 0, 0, "few_cases"), problems
    filled = np.where(answered, values, 0.0)
    value = float((weight * filled).sum() / total)
    wide = _with_constant(covariates)
    scale = design.weight * len(wide) / design.weight.sum()
    keep = _PENALTY * np.diag([0.0, *np.ones(wide.shape[1] - 1)])
    curve = (wide * (scale * p * (1 - p))[:, None]).T @ wide + keep
    own = weight * (filled - value) / total
    slope = -(wide * (own * (1 - p))[:, None]).sum(axis=0)
    score = wide * (scale * (answered - p))[:, None]
    se = _error(design, own + score @ np.linalg.solve(curve, slope))
    return linear_interval(value, se, domain_freedom(design, answered), int(answered.sum()), level), problems


def design_effect(values: Array, design: Design) -> float:
    """Variance under the design over the variance of a simple random sample of the same size."""
    found = mean(values, design)
    chosen = np.isfinite(values)
    weight = design.weight[chosen] / design.weight[chosen].sum()
    spread = float((weight * (values[chosen] - found.value) ** 2).sum())
    simple = spread / (int(chosen.sum()) - 1)
    return float("nan") if simple == 0 else float(found.se**2 / simple)


def sample_size(
    share_expected: float,
    margin: float,
    effect: float = 1.0,
    population: int | None = None,
    level: float = 0.95,
) -> int:
    """Interviews needed for a share to a margin of error, with design effect and finite population.

    >>> sample_size(0.5, 0.05)
    385
    >>> sample_size(0.5, 0.05, effect=2.0, population=5000)
    667
    """
    z = normal_quantile(0.5 + level / 2)
    simple = z**2 * share_expected * (1 - share_expected) / margin**2
    needed = simple * effect
    if population is not None:
        needed = needed / (1 + (needed - 1) / population)
    return int(np.ceil(needed - 1e-9))
