"""Prices of the strong linear relaxation: where several resources or budgets make good prices hard to find.

The subgradient needs hundreds of steps to learn the price of a budget, and one weight vector for all sites
is a poor view of five dwelling sizes. The linear programme with rows ``x <= y`` knows both: its duals give the row
prices, the side prices and, site by site, which size is short there. Nothing here is trusted: the prices
only feed the relaxation, whose bound the verifier works out anew in whole numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import highspy
import numpy as np
import numpy.typing as npt

from resettle.methods.assignment.highs import cost_scale, linear_model, quiet_solver
from resettle.methods.assignment.problem import AssignmentProblem, Ints

Floats = npt.NDArray[np.float64]
STRONG_ARCS = 40_000
"""Beyond this many arcs the strong linear programme takes too long (2 s at 12,000 arcs)."""
LARGEST_WEIGHT = 1e6
ROOM = 60_000
"""A site's capacity under its own view, below the limit of the exact knapsack."""


@dataclass(frozen=True)
class StrongPrices:
    """Duals and solution of the strong relaxation, in the problem's own cost unit.

    Attributes:
        rows: (rows,) price of covering a row. sides: (side rows,) >= 0.
        view: (sites + 1, resources) whole weights >= 0; the last row serves the row over all sites.
        arc_share, site_share: (arcs,), (sites,) the fractional solution.
    """

    rows: Floats
    sides: Floats
    view: Ints
    arc_share: Floats
    site_share: Floats


def worth_asking(problem: AssignmentProblem) -> bool:
    """Several resources or side rows, and not too many arcs."""
    return (problem.resources > 1 or len(problem.side_limit) > 0) and len(problem.arcs) <= STRONG_ARCS


def strong_prices(problem: AssignmentProblem) -> StrongPrices | None:
    """Solve the strong relaxation by interior point and crossover; ``None`` if it has no optimum."""
    scale = cost_scale(problem)
    highs = quiet_solver()
    for name, value in (("output_flag", False), ("threads", 1), ("solver", "ipm"), ("random_seed", 1)):
        highs.setOptionValue(name, value)
    highs.passModel(linear_model(problem, scale, strong_below=STRONG_ARCS))
    highs.run()
    if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    solution = highs.getSolution()
    dual = np.asarray(solution.row_dual, float) * scale
    share = np.asarray(solution.col_value, float)
    n, m, k = problem.rows, problem.sites, problem.resources
    capacity = -dual[n : n + m * k].reshape(k, m).T
    sides = np.maximum(0.0, -dual[len(dual) - len(problem.side_limit) :])
    view = site_views(problem, np.maximum(0.0, capacity))
    count = len(problem.arcs)
    return StrongPrices(dual[:n], sides, view, share[:count], share[count:])


def site_views(problem: AssignmentProblem, price: Floats) -> Ints:
    """Whole weights in proportion to the prices of a site's capacities, and one vector for all sites.

    A site whose room is short of nothing is seen by how tight the resources are on the whole.

    >>> from resettle.methods.assignment.special import facility_location
    >>> p = facility_location([50, 30], [5, 5], [20, 20], [[1, 2], [2, 1]])
    >>> site_views(p, np.array([[0.5], [0.0]])).tolist()
    [[1200], [2000], [750]]
    """
    have = problem.capacity.astype(float)
    tight = problem.row_demand.sum(axis=0) / np.maximum(1.0, have.sum(axis=0)) ** 2
    view = np.where(price.sum(axis=1, keepdims=True) > 1e-9, price, tight[None, :])
    view = np.vstack([view, tight[None, :]])
    room = (view[:-1] * have).sum(axis=1)
    room = np.append(room, (view[-1] * have).sum(axis=1).sum() if len(have) else 1.0)
    scaled = view * (ROOM / np.maximum(1e-12, room))[:, None]
    # A site without room would get weights beyond whole numbers; any weight above none keeps units out.
    whole: Ints = np.rint(np.minimum(scaled, LARGEST_WEIGHT)).astype(np.int64)
    return whole
