"""Prices of the strong linear relaxation: where several resources or budgets make good prices hard to find.

The subgradient needs hundreds of steps to learn the price of a budget, and one weight vector for all sites
is a poor view of five dwelling sizes. The linear programme with rows ``x <= y`` knows both: its duals give the row
prices, the side prices and, site by site, which size is short there. Nothing here is trusted: the prices
only feed the relaxation, whose bound the verifier works out anew in whole numbers.
"""

from __future__ import annotations

from collections.abc import Callable

import highspy
import numpy as np
import numpy.typing as npt

from resettle.methods.assignment.highs import cost_scale, linear_model, quiet_solver
from resettle.methods.assignment.prices import StrongPrices
from resettle.methods.assignment.problem import AssignmentProblem, Ints

Floats = npt.NDArray[np.float64]
STRONG_ARCS = 40_000
"""Beyond this many arcs the strong linear programme takes too long (2 s at 12,000 arcs)."""
LARGEST_WEIGHT = 1e6
WHOLE = 1e-4
"""A share this near to 0 or 1 counts as decided."""
NEARLY = 0.1
"""A dive ends here: what is left moves the cost of the sites by next to nothing (0.02% measured)."""
ROOM = 60_000
"""A site's capacity under its own view, below the limit of the exact knapsack."""


def worth_asking(problem: AssignmentProblem) -> bool:
    """Several resources or side rows, and not too many arcs."""
    return (problem.resources > 1 or len(problem.side_limit) > 0) and len(problem.arcs) <= STRONG_ARCS


class StrongModel:
    """The strong relaxation kept in the solver, so that a node of the tree starts from its neighbour's basis."""

    def __init__(self, problem: AssignmentProblem) -> None:
        self.problem, self.scale, self.asked = problem, cost_scale(problem), 0
        self.highs = quiet_solver()
        for name, value in (("output_flag", False), ("threads", 1), ("solver", "ipm"), ("random_seed", 1)):
            self.highs.setOptionValue(name, value)
        self.highs.passModel(linear_model(problem, self.scale, strong_below=STRONG_ARCS))
        self.columns = np.arange(len(problem.arcs) + problem.sites, dtype=np.int32)

    def twin(self) -> StrongModel:
        """Another model of the same problem, to be used beside this one, from the same basis."""
        other = StrongModel(self.problem)
        other.highs.setOptionValue("solver", "simplex")
        other.highs.setBasis(self.highs.getBasis())
        other.asked = self.asked
        return other

    def solve(
        self, site_state: npt.NDArray[np.int8], arc_state: npt.NDArray[np.int8] | None = None
    ) -> StrongPrices | None:
        """Prices where sites and arcs are free (-1), out (0) or in (1); ``None`` if there is no optimum."""
        count = len(self.problem.arcs)
        arcs = np.full(count, -1, np.int8) if arc_state is None else arc_state
        state = np.concatenate([arcs, site_state])
        low, high = (state == 1).astype(float), (state != 0).astype(float)
        self.highs.changeColsBounds(len(self.columns), self.columns, low, high)
        self.highs.run()
        self.asked += 1
        if self.asked == 1:  # interior point for the first, dual simplex from its basis for all others
            self.highs.setOptionValue("solver", "simplex")
        if self.highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        return self._read()

    def _read(self) -> StrongPrices:
        p, solution = self.problem, self.highs.getSolution()
        dual = np.asarray(solution.row_dual, float) * self.scale
        share = np.asarray(solution.col_value, float)
        n, m, k, count = p.rows, p.sites, p.resources, len(p.arcs)
        room = np.maximum(0.0, -dual[n : n + m * k].reshape(k, m).T)
        sides = np.maximum(0.0, -dual[len(dual) - len(p.side_limit) :])
        return StrongPrices(dual[:n], sides, site_views(p, room), room, share[:count], share[count:])


def free_sites(problem: AssignmentProblem) -> npt.NDArray[np.int8]:
    """Site states of the root: fixed sites in, all others free."""
    return np.where(problem.fixed_open, 1, -1).astype(np.int8)


def dive(model: StrongModel, prices: StrongPrices, deadline: Callable[[], bool]) -> StrongPrices:
    """Decide the most undecided site, the cheaper way, until all nearly are; the last prices that held a plan."""
    state = free_sites(model.problem)
    for _ in range(model.problem.sites):
        doubt = np.minimum(prices.site_share, 1 - prices.site_share)
        if doubt.max(initial=0.0) < NEARLY or deadline():
            break
        j = int(np.argmax(doubt))
        best: tuple[float, int, StrongPrices] | None = None
        for value in (1, 0):
            state[j] = value
            found = model.solve(state)
            cost = np.inf if found is None else found.cost(model.problem)
            if found is not None and (best is None or cost < best[0]):
                best = (cost, value, found)
        if best is None:
            break
        state[j], prices = best[1], best[2]
    return prices


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
    most = max(have.sum(), problem.row_demand.astype(float).sum(), 1.0)
    whole: Ints = np.rint(np.minimum(scaled, min(LARGEST_WEIGHT, 2.0**60 / most))).astype(np.int64)
    return whole
