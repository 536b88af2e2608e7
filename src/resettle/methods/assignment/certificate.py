"""The two certificates: a plan re-checked without a solver, and the shape of a checkable bound."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from resettle.methods.assignment.problem import AssignmentProblem, Ints


class Fault(NamedTuple):
    """What does not hold: a key of ``[siting.proof]`` in the words, and the numbers of its sentence."""

    key: str
    numbers: dict[str, int]

    def __str__(self) -> str:
        return " ".join([self.key, *(f"{name}={value}" for name, value in self.numbers.items())])


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
) -> list[Fault]:
    """Every constraint a plan breaks; empty for a feasible plan. No solver is asked."""
    arcs = problem.arcs
    if len(row_arc) != problem.rows or len(is_open) != problem.sites:
        return [Fault("other_size", {})]
    if problem.rows and (row_arc.min() < 0 or row_arc.max() >= len(arcs)):
        return [Fault("no_choice", {})]
    chosen = np.unique(row_arc)
    first, last = arcs.first[chosen], arcs.last[chosen]
    change = np.zeros(problem.rows + 1, np.int64)
    np.add.at(change, first, 1)
    np.add.at(change, last, -1)
    covered = np.cumsum(change)[:-1]
    torn = row_arc[first] != chosen
    for i in np.flatnonzero(last - first > 1).tolist():
        torn[i] |= bool((row_arc[first[i] : last[i]] != chosen[i]).any())
    faults = [Fault("torn_block", {"arc": arc}) for arc in chosen[torn].tolist()]
    faults += [
        Fault("not_once", {"row": i, "count": int(covered[i])}) for i in np.flatnonzero(covered != 1).tolist()
    ]
    site = arcs.site[chosen]
    used = site[site >= 0]
    faults += [Fault("site_closed", {"site": j}) for j in np.unique(used[~is_open[used]]).tolist()]
    faults += [
        Fault("site_fixed", {"site": j}) for j in np.flatnonzero(problem.fixed_open & ~is_open).tolist()
    ]
    load = np.zeros_like(problem.capacity)
    np.add.at(load, used, problem.arc_weight(chosen[site >= 0]))
    for j, k in np.argwhere(load > problem.capacity).tolist():
        numbers = {"site": j, "resource": k, "load": int(load[j, k]), "room": int(problem.capacity[j, k])}
        faults.append(Fault("overfull", numbers))
    count = int(is_open.sum())
    if not problem.open_min <= count <= problem.open_max:
        faults.append(
            Fault("open_count", {"count": count, "least": problem.open_min, "most": problem.open_max})
        )
    for k, limit in enumerate(problem.side_limit.tolist()):
        total = int(problem.side_arc[k, chosen].sum() + problem.side_site[k, is_open].sum())
        if total > limit:
            faults.append(Fault("over_limit", {"budget": k, "total": total, "limit": limit}))
    return faults
