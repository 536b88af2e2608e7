"""What a relaxation knows beyond its bound: prices of rows, sides and room, and a fractional solution."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from resettle.methods.assignment.problem import AssignmentProblem, Ints

NO_CHOICE = np.iinfo(np.int64).max
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class StrongPrices:
    """Prices and fractional solution of a relaxation, in the problem's own cost unit.

    Attributes:
        rows: (rows,) price of covering a row. sides: (side rows,) >= 0.
        view: (sites + 1, resources) whole weights >= 0; the last row serves the row over all sites.
        room: (sites, resources) >= 0, what one more unit of room would save.
        arc_share, site_share: (arcs,), (sites,) the fractional solution.
    """

    rows: Floats
    sides: Floats
    view: Ints
    room: Floats
    arc_share: Floats
    site_share: Floats

    def cost(self, problem: AssignmentProblem) -> float:
        """Objective of the fractional solution."""
        return float(problem.arcs.cost @ self.arc_share + problem.site_cost @ self.site_share)


def row_floors(problem: AssignmentProblem) -> Ints:
    """(rows,) whole prices at which no arc pays: what every plan must spend on choices, row by row.

    A row costs its cheapest choice, or its share of one over several rows where it has none of its own; where an
    arc over several rows is cheaper than the rows one by one, their prices come down to it.

    >>> from resettle.methods.assignment.special import facility_location
    >>> row_floors(facility_location([50, 30], [5, 5], [20, 20], [[1, 2], [3, 2]])).tolist()
    [1, 2]
    """
    arcs = problem.arcs
    size = arcs.last - arcs.first
    price = np.full(problem.rows, NO_CHOICE, np.int64)
    np.minimum.at(price, arcs.first[size == 1], arcs.cost[size == 1])
    wide = [(int(arcs.first[a]), int(arcs.last[a]), int(arcs.cost[a])) for a in np.flatnonzero(size > 1)]
    lone = price == NO_CHOICE
    for first, last, cost in wide:
        part = price[first:last]
        part[lone[first:last]] = np.minimum(part[lone[first:last]], cost // (last - first))
    price[price == NO_CHOICE] = 0
    for first, last, cost in wide:
        over = int(price[first:last].sum()) - cost
        if over > 0:
            price[first:last] -= over // (last - first)
            price[first] -= over % (last - first)
    return price
