"""How well a list of beneficiaries meets the people it is for: errors, their intervals, and who got how much.

Knows no programme: ``truth`` and ``listed`` are yes/no arrays over units, ``weight`` says how many each
stands for. Unknown values are left out by the caller, who says how many there were.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from resettle.methods.design import Design
from resettle.methods.distributions import t_quantile
from resettle.methods.survey import Estimate, domain_freedom, linear_interval

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

FEWEST_CLUSTERS = 10
"""Below this many independent units the 95% interval is not printed: it would not cover."""


@dataclass(frozen=True)
class Share:
    """A share with its 95% interval; ``low`` and ``high`` are ``None`` where none can be given.

    Attributes:
        value: the share, or ``None`` where the denominator is zero.
        count: units in the denominator.
        clusters: independent units behind it.
    """

    value: float | None
    low: float | None
    high: float | None
    count: int
    clusters: int


def share_of(
    part: Flags,
    whole: Flags,
    weight: Floats | None = None,
    stratum: NDArray[np.int64] | None = None,
    cluster: NDArray[np.int64] | None = None,
    *,
    census: bool = False,
) -> Share:
    """The weighted share of ``part`` within ``whole`` with a linearised standard error.

    Ratio R = sum(w y x) / sum(w x) with residuals e = w x (y - R) / sum(w x), summed to clusters; variance
    = sum over strata of n/(n-1) times the squared deviations of cluster totals (Cochran 1977, section
    11.17; with-replacement form). The interval is taken on the logit scale with Student's t on clusters
    minus strata, so it stays inside 0 and 1; where the share is 0 or 1 the exact bound of Clopper and
    Pearson (1934) on the effective number is used. A census has no sampling interval.

    >>> a, b = np.array([True, False, True, False]), np.array([True, True, True, False])
    >>> round(share_of(a, b, census=True).value, 4)
    0.6667
    """
    w = np.ones(len(whole)) if weight is None else np.asarray(weight, dtype=float)
    total = float((w * whole).sum())
    count = int(whole.sum())
    if total <= 0:
        return Share(None, None, None, count, 0)
    value = float((w * (part & whole)).sum() / total)
    if census:
        return Share(value, None, None, count, 0)
    residual = w * whole * ((part & whole) - value) / total
    strata = np.zeros(len(whole), dtype=np.int64) if stratum is None else stratum
    clusters = np.arange(len(whole)) if cluster is None else cluster
    variance, units, layers = _linearised(residual, strata, clusters)
    inside = len(np.unique(np.stack([strata[whole], clusters[whole]]), axis=1).T)
    if variance is None or inside < FEWEST_CLUSTERS:
        return Share(value, None, None, count, inside)
    if variance == 0 or value in (0.0, 1.0):
        low, high = _edge(value, inside)
    else:
        reach = t_quantile(0.975, max(1, units - layers)) * math.sqrt(variance) / (value * (1 - value))
        centre = math.log(value / (1 - value))
        low, high = (1 / (1 + math.exp(-(centre + side * reach))) for side in (-1, 1))
    return Share(value, low, high, count, inside)


def _linearised(
    residual: Floats, strata: NDArray[np.int64], clusters: NDArray[np.int64]
) -> tuple[float | None, int, int]:
    """Variance of a total from cluster totals within strata; ``None`` where a stratum has one cluster."""
    variance, units = 0.0, 0
    layers = np.unique(strata)
    for layer in layers:
        inside = strata == layer
        _, place = np.unique(clusters[inside], return_inverse=True)
        totals = np.bincount(place, weights=residual[inside])
        if len(totals) < 2:
            return None, 0, len(layers)
        variance += len(totals) / (len(totals) - 1) * float(((totals - totals.mean()) ** 2).sum())
        units += len(totals)
    return variance, units, len(layers)


def _edge(value: float, units: int) -> tuple[float, float]:
    reach = 1 - 0.025 ** (1 / units)
    return (0.0, reach) if value == 0 else (1 - reach, 1.0)


def concentration(benefit: Floats, welfare: Floats, weight: Floats, share: float = 0.4) -> float | None:
    """Coady-Grosh-Hoddinott: share of benefits that the poorest ``share`` receive, over ``share``.

    1 is what an equal sum for everybody would give; the median programme of Coady, Grosh and Hoddinott
    (2004, ch. 3) reaches 1.25 at 40%. Units tied at the cut-off are counted in part, so the result does
    not depend on their order.

    >>> ones = np.ones(5)
    >>> concentration(np.array([1.0, 1, 0, 0, 0]), np.arange(5.0), ones)
    2.5
    >>> round(concentration(ones, np.zeros(5), ones), 6)
    1.0
    """
    total = float((weight * benefit).sum())
    if total <= 0 or weight.sum() <= 0:
        return None
    target = share * float(weight.sum())
    order = np.argsort(welfare, kind="stable")
    levels, start = np.unique(welfare[order], return_index=True)
    people = np.add.reduceat(weight[order], start)
    given = np.add.reduceat((weight * benefit)[order], start)
    before = np.concatenate([[0.0], np.cumsum(people)[:-1]])
    inside = np.clip((target - before) / people, 0, 1)
    return float((given * inside).sum() / total / share) if len(levels) else None


def concentration_estimate(benefit: Floats, welfare: Floats, design: Design, share: float = 0.4) -> Estimate:
    """:func:`concentration` from a sample, with its 95% interval on the log scale.

    Linearised: the numerator's influence is b 1(x <= q) - m (1(x <= q) - p), where q is the estimated
    quantile of welfare and m the mean benefit near it, so that no density is needed (as for quantile
    shares: Langel and Tillé 2011, J. of Statistical Planning and Inference 141, 2976-2985).
    Rows without benefit or welfare are left out.
    """
    known = np.isfinite(benefit) & np.isfinite(welfare) & (design.weight > 0)
    w = design.weight * known
    total = float((w * np.where(known, benefit, 0.0)).sum())
    n = int(known.sum())
    value = concentration(benefit[known], welfare[known], w[known], share) if n and total > 0 else None
    if value is None:
        return Estimate(float("nan"), float("nan"), None, None, 0, n, "few_cases")
    x, b = np.where(known, welfare, np.inf), np.where(known, benefit, 0.0)
    order = np.argsort(x, kind="stable")
    reach = np.cumsum(w[order]) / w.sum()
    at = x[order][min(int(np.searchsorted(reach, share)), n - 1)]
    near = np.zeros(len(x), dtype=bool)
    near[order[(reach > share - 0.05) & (reach < share + 0.05)]] = True
    middle = float(np.average(b[near], weights=w[near])) if w[near].sum() > 0 else float(b[order[0]])
    below = (x <= at).astype(float)
    top = b * below - middle * (below - share)
    influence = w * (top - value * share * b) / (total * share)
    se = float(np.sqrt(max(design.covariance(influence[:, None])[0, 0], 0.0)))
    found = linear_interval(value, se, domain_freedom(design, known), n, positive=True)
    cases = int((b > 0).sum())
    if cases < FEWEST_CASES:
        return Estimate(value, se, None, None, found.freedom, n, "few_cases")
    return found


FEWEST_CASES = 20
"""Fewer units with any benefit than this and the concentration gets no interval."""


@dataclass(frozen=True)
class Exclusion:
    """The exclusion error of one area in three parts that add up to it exactly.

    ``scale_low`` and ``scale_high`` bound the middle part where the number of places is not known.
    """

    excluded: int
    regional: int
    scale_low: int
    scale_high: int

    @property
    def recognition_low(self) -> int:
        return self.excluded - self.regional - self.scale_high

    @property
    def recognition_high(self) -> int:
        return self.excluded - self.regional - self.scale_low


def split_exclusion(excluded: int, eligible: int, places: int | None, designated: bool) -> Exclusion:
    """Split one village's excluded households: regional first, then scale, then recognition.

    scale = min(e, max(0, N - Q)) for e excluded, N eligible and Q places; recognition is the rest. Outside
    the designated areas all of it is regional. Without Q the scale part is only bounded.

    >>> split_exclusion(excluded=5, eligible=12, places=9, designated=True)
    Exclusion(excluded=5, regional=0, scale_low=3, scale_high=3)
    >>> split_exclusion(5, 12, None, True).recognition_low
    0
    """
    if not designated:
        return Exclusion(excluded, excluded, 0, 0)
    if places is None:
        return Exclusion(excluded, 0, 0, excluded)
    scale = min(excluded, max(0, eligible - places))
    return Exclusion(excluded, 0, scale, scale)
