"""What a relaxation knows beyond its bound: prices of rows, sides and room, and a fractional solution."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from resettle.methods.assignment.problem import AssignmentProblem, Ints

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
