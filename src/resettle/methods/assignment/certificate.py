"""The two certificates: a plan re-checked without a solver, and the shape of a checkable bound."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from resettle.methods.assignment.problem import AssignmentProblem, Ints


@dataclass(frozen=True)
class Leaf:
    """One leaf of a search tree: its fixings in the order of branching, and its multipliers.

    Attributes:
        fixings: ``(thing, value)``; thing ``j`` below the number of sites is a site (1 open, 0 closed),
            thing ``sites + a`` is arc ``a`` (1 chosen, 0 forbidden).
        row_price: (rows,) whole multipliers in units of ``1 / scale``.
        side_price: (side rows,) whole multipliers >= 0 per ``price_unit``.
        view: (resources,) whole weights >= 0 that turn several resources into one, the same for all
            sites; or (sites + 1, resources): one vector per site and, last, one for the row over all sites.
    """

    fixings: tuple[tuple[int, int], ...]
    row_price: Ints
    side_price: Ints
    view: Ints


@dataclass(frozen=True)
class BoundCertificate:
    """Leaves that cover every case. ``scale`` multiplies all costs before prices apply."""

    scale: int
    leaves: tuple[Leaf, ...]


def plan_objective(
    problem: AssignmentProblem, row_arc: npt.NDArray[np.int64], is_open: npt.NDArray[np.bool_]
) -> int:
    """Total cost of a plan in whole numbers."""
    chosen = np.unique(row_arc)
    return int(sum(problem.arcs.cost[chosen].tolist()) + sum(problem.site_cost[is_open].tolist()))


def plan_faults(
    problem: AssignmentProblem, row_arc: npt.NDArray[np.int64], is_open: npt.NDArray[np.bool_]
) -> list[str]:
    """Every constraint a plan breaks, in words; empty for a feasible plan. No solver is asked."""
    arcs = problem.arcs
    if len(row_arc) != problem.rows or len(is_open) != problem.sites:
        return ["the plan has another number of rows or sites than the problem"]
    if problem.rows and (row_arc.min() < 0 or row_arc.max() >= len(arcs)):
        return ["a row has no choice"]
    chosen = np.unique(row_arc)
    covered = np.zeros(problem.rows, np.int64)
    faults = []
    for arc in chosen.tolist():
        part = slice(int(arcs.first[arc]), int(arcs.last[arc]))
        covered[part] += 1
        if (row_arc[part] != arc).any():
            faults.append(f"arc {arc} covers rows that name another choice")
    faults += [f"row {i} is covered {covered[i]} times" for i in np.flatnonzero(covered != 1).tolist()]
    site = arcs.site[chosen]
    used = site[site >= 0]
    faults += [f"site {j} is used but not open" for j in np.unique(used[~is_open[used]]).tolist()]
    faults += [
        f"site {j} is fixed but not open" for j in np.flatnonzero(problem.fixed_open & ~is_open).tolist()
    ]
    load = np.zeros_like(problem.capacity)
    np.add.at(load, used, problem.arc_weight(chosen[site >= 0]))
    for j, k in np.argwhere(load > problem.capacity).tolist():
        faults.append(f"site {j}, resource {k}: {load[j, k]} of {problem.capacity[j, k]}")
    count = int(is_open.sum())
    if not problem.open_min <= count <= problem.open_max:
        faults.append(f"{count} sites open, not {problem.open_min} to {problem.open_max}")
    for k, limit in enumerate(problem.side_limit.tolist()):
        total = int(problem.side_arc[k, chosen].sum() + problem.side_site[k, is_open].sum())
        if total > limit:
            faults.append(f"side row {k}: {total} above {limit}")
    return faults
