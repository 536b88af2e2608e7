"""Income poverty and inequality with linearised errors: FGT, Watts, Sen, Gini, relative lines.

Every measure returns an estimate and its influence values, so that strata, units and domains are the
business of the design alone. Sources: Foster, Greer and Thorbecke (1984), Econometrica 52(3), 761-766;
Watts (1968); Sen (1976), Econometrica 44(2), 219-231; Deville (1999), Survey Methodology 25(2), 193-203
(influence functions); the kernel bandwidth is that of R convey (N^-1/5 times the standard deviation).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from resettle.methods.design import Design
from resettle.methods.survey import Estimate, domain_freedom, linear_interval, share_interval

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Line:
    """A poverty line.

    Attributes:
        kind: ``absolute``, or a share of the whole population's ``median`` or ``mean``.
        value: the amount, or the share (0.6).
    """

    kind: Literal["absolute", "median", "mean"]
    value: float

    @property
    def text(self) -> str:
        return f"{self.value:g}" if self.kind == "absolute" else f"{self.value:g} {self.kind}"


@dataclass(frozen=True)
class Linearised:
    """An estimate and the unweighted influence of each row, (n,)."""

    value: float
    influence: Array

    def error(self, design: Design) -> float:
        variance = design.covariance((design.weight * self.influence)[:, None])[0, 0]
        return float(np.sqrt(max(variance, 0.0)))


def _known(income: Array, member: Mask | None) -> Mask:
    known = np.isfinite(income)
    return known if member is None else known & member


def _counts_persons(weight: Array) -> bool:
    """Whether weights say how many persons a row stands for: on the whole, at least the row itself.

    Weights scaled to a sum of 1, say, are shares. Ranks by single persons would then hang on the scale (a Gini could be
    negative), so half of the row's own share takes the place of half a person.
    """
    return bool(weight.sum() >= np.count_nonzero(weight) * (1 - 1e-9))


def density(income: Array, weight: Array, at: float) -> float:
    """Kernel density of a weighted distribution at one point (Gaussian, convey's bandwidth)."""
    whole = weight.sum()
    spread = np.sqrt(((weight * income**2).sum() - (weight * income).sum() ** 2 / whole) / whole)
    h = spread / whole**0.2
    return float(
        (weight * np.exp(-((income - at) ** 2) / (2 * h * h))).sum() / (np.sqrt(2 * np.pi) * h * whole)
    )


def quantile(income: Array, weight: Array, level: float) -> float:
    """The smallest income at which the cumulated weight reaches ``level``."""
    order = np.argsort(income, kind="stable")
    cumulated = np.cumsum(weight[order]) / weight.sum()
    return float(income[order][min(int(np.searchsorted(cumulated, level - 1e-14)), len(income) - 1)])


def line_value(income: Array, design: Design, line: Line, member: Mask | None = None) -> Linearised:
    """The line as an estimate: constant if absolute, else a share of the median or mean."""
    if line.kind == "absolute":
        return Linearised(line.value, np.zeros(len(income)))
    known = _known(income, member)
    weight = design.weight * known
    filled = np.where(known, income, 0.0)
    whole = weight.sum()
    if line.kind == "mean":
        centre = float((weight * filled).sum() / whole)
        return Linearised(line.value * centre, line.value * known * (filled - centre) / whole)
    middle = quantile(income[known], design.weight[known], 0.5)
    slope = density(income[known], design.weight[known], middle)
    influence = known * (0.5 - (filled <= middle)) / (whole * slope)
    return Linearised(line.value * middle, line.value * influence)


def fgt(
    income: Array, design: Design, line: Line, order: float = 0, member: Mask | None = None
) -> Linearised:
    """Foster-Greer-Thorbecke index of a domain; a relative line is the whole population's and estimated.

    >>> from resettle.methods.design import make_design
    >>> design, _ = make_design(4)
    >>> fgt(np.array([50.0, 80.0, 120.0, 300.0]), design, Line("absolute", 100.0), 1).value
    0.175
    """
    known = _known(income, member)
    filled = np.where(known, income, np.inf)
    threshold = line_value(income, design, line)
    z = threshold.value
    poor = filled <= z
    gap = np.where(poor, (z - np.where(poor, filled, 0.0)) / z, 0.0)
    weight = design.weight * known
    whole = weight.sum()
    each = np.where(poor, gap**order, 0.0)
    value = float((weight * each).sum() / whole)
    influence = known * (each - value) / whole
    if line.kind != "absolute":
        inside = np.where(known, income, 0.0)
        if order == 0:
            slope = density(inside[known], design.weight[known], z)
        else:
            change = order * gap ** (order - 1) * np.where(poor, inside, 0.0) / z**2
            slope = float((weight * np.where(poor, change, 0.0)).sum() / whole)
        influence = influence + slope * threshold.influence
    return Linearised(value, influence)


def watts(income: Array, design: Design, line: Line, member: Mask | None = None) -> Linearised:
    """Watts index; incomes of zero or less have no logarithm and are left out of the domain."""
    known = _known(income, member) & (income > 0)
    threshold = line_value(income, design, line)
    z = threshold.value
    filled = np.where(known, income, z)
    poor = known & (filled <= z)
    each = np.where(poor, np.log(z / filled), 0.0)
    weight = design.weight * known
    whole = weight.sum()
    value = float((weight * each).sum() / whole)
    influence = known * (each - value) / whole
    if line.kind != "absolute":
        influence = influence + float((weight * poor).sum() / whole / z) * threshold.influence
    return Linearised(value, influence)


def sen(income: Array, design: Design, line: Line, member: Mask | None = None) -> Linearised:
    """Sen's 1976 index with ranks among the poor (not the Gini of everybody).

    A row of weight w stands for w persons of neighbouring ranks, so that whole weights equal repeated
    rows; weights that are shares have no single persons. The influence is that of the large-population index; a relative line is the whole population's and
    estimated, so its influence comes in by the index's derivative at the line (:func:`_sen_slope`).
    """
    known = _known(income, member)
    threshold = line_value(income, design, line)
    z = threshold.value
    weight = design.weight * known
    whole = weight.sum()
    filled = np.where(known, income, np.inf)
    poor = filled < z
    heads = float((weight * poor).sum())
    influence = np.zeros(len(income))
    if heads == 0:
        return Linearised(0.0, influence)
    order = np.argsort(filled, kind="stable")[: int(poor.sum())]
    y, w = filled[order], weight[order]
    cumulated = np.cumsum(w)
    one = 1.0 if _counts_persons(weight[known]) else 0.0
    from_top = heads + one - cumulated + (w - one) / 2
    value = float(2 / ((heads + one) * whole * z) * (w * (z - y) * from_top).sum())
    share, below = heads / whole, cumulated / whole
    first = (w / whole * (z - y) * (share - below)).sum()
    partial = np.cumsum(w / whole * (z - y)) - w / whole * (z - y)
    of_integral = np.full(len(income), -2.0 * first)
    of_integral[order] += (z - y) * (share - below) + partial
    of_share = np.where(poor, 1.0, 0.0) - share
    influence = known * 2 / z * (of_integral / share - first * of_share / share**2) / whole
    if line.kind != "absolute":
        slope = density(income[known], design.weight[known], z)
        influence = influence + _sen_slope(z, share, float(first), float((w * y).sum() / heads), slope) * (
            threshold.influence
        )
    return Linearised(value, influence)


def _sen_slope(z: float, share: float, integral: float, mean_poor: float, at_line: float) -> float:
    """How Sen's large-population index 2 A / (F z) moves with the line z.

    A is the integral of (z - y)(F(z) - F(y)) below the line, F the share of poor, f the density at the line. The
    integrand is zero at the line, so A' = F^2 / 2 + f F (z - mean of the poor).
    """
    change = share**2 / 2 + at_line * share * (z - mean_poor)
    return 2 / (share * z) * (change - integral * (at_line / share + 1 / z))


def gini(income: Array, design: Design, member: Mask | None = None) -> Linearised:
    """Gini coefficient. Weights that count persons give the ranks of R convey (a row is one person at the end of its
    weight's span); weights that are shares give the area under the Lorenz curve, whatever their scale."""
    known = _known(income, member)
    at = np.flatnonzero(known)
    order = at[np.argsort(income[at], kind="stable")]
    x, w = income[order], design.weight[order]
    whole, mass = w.sum(), (w * x).sum()
    rank = np.cumsum(w)
    persons = _counts_persons(w)
    own = np.ones(len(w)) if persons else w
    value = float(((2 * rank - own) * x * w).sum() / (whole * mass) - 1)
    influence = np.zeros(len(income))
    tail = mass - np.cumsum(w * x) + w * x
    moved = own * x if persons else 2 * own * x
    influence[order] = (2 * (tail + rank * x) - moved - (value + 1) * (mass + whole * x)) / (whole * mass)
    return Linearised(value, influence)


def estimate(
    found: Linearised,
    design: Design,
    member: Mask | None,
    kind: Literal["share", "number"],
    poor: int | None = None,
) -> Estimate:
    """Turn a linearised measure into an estimate with interval or the reason why there is none.

    Args:
        member: rows whose income is known, in the domain.
    """
    n = int(len(design.weight) if member is None else member.sum())
    freedom = domain_freedom(design, member)
    if kind == "share":
        return share_interval(found.value, found.error(design), freedom, n, cases=poor)
    return linear_interval(found.value, found.error(design), freedom, n, positive=True)


def is_poor(income: Array, design: Design, line: Line) -> Mask:
    """Rows at or below the line; an unknown income is not counted as poor."""
    return np.asarray(np.isfinite(income) & (income <= line_value(income, design, line).value))
