"""The capacitated single-source assignment problem in whole numbers, and the limits of a run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

LARGEST = 2**53
"""Sums beyond this are refused: floating-point solvers could no longer tell two plans apart."""


_ABSENT: Ints = np.zeros(0, np.int64)
_NO_FLAGS: Flags = np.zeros(0, np.bool_)


class ShapeError(ValueError):
    """Arrays that do not describe one problem: wrong shapes, negative sizes, arcs that leave the table."""


@dataclass(frozen=True)
class Arcs:
    """The choices. Arc ``a`` covers the rows ``first[a] .. last[a]-1`` at once.

    Most arcs cover one row. An arc over several neighbouring rows is a *whole* choice for a block that
    may also be split (every part by an arc of its own). ``site[a] == -1`` is an outside choice: no
    site, no capacity (declining, scattered without a stock, unplaced).
    """

    first: Ints
    last: Ints
    site: Ints
    cost: Ints

    def __len__(self) -> int:
        return len(self.site)


@dataclass(frozen=True)
class AssignmentProblem:
    """Choose sites to open and exactly one covering arc for every row, at the least total cost.

    minimise    sum(arc cost) + sum(site cost of open sites)
    subject to  every row is covered exactly once; an arc needs its site open;
                per site and resource: sum(demand of the covered rows) <= capacity;
                ``open_min <= number of open sites <= open_max``; fixed sites are open;
                per side row k: sum(side_arc[k] of chosen arcs) + sum(side_site[k] of open sites) <= limit.

    Attributes:
        row_demand: (rows, resources), whole numbers >= 0.
        capacity: (sites, resources), whole numbers >= 0.
        site_cost: (sites,), paid once for an open site.
        arcs: the choices, see :class:`Arcs`; costs may be negative.
        fixed_open: (sites,) flags; such a site is open in every plan.
        open_min, open_max: bounds on the number of open sites, fixed ones included.
        side_arc, side_site, side_limit: (k, arcs), (k, sites), (k,): budgets and policy caps, all ``<=``.
        common_cost: the part of the objective every feasible plan must pay; only the gap uses it.

    Raises:
        ShapeError: if the arrays do not fit each other, or a number is beyond exact arithmetic.
    """

    row_demand: Ints
    capacity: Ints
    site_cost: Ints
    arcs: Arcs
    fixed_open: Flags = field(default_factory=lambda: _NO_FLAGS)
    open_min: int = 0
    open_max: int = -1
    side_arc: Ints = field(default_factory=lambda: _ABSENT)
    side_site: Ints = field(default_factory=lambda: _ABSENT)
    side_limit: Ints = field(default_factory=lambda: _ABSENT)
    common_cost: int = 0

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "row_demand", _whole("row_demand", self.row_demand, 2))
        put(self, "capacity", _whole("capacity", self.capacity, 2))
        put(self, "site_cost", _whole("site_cost", self.site_cost, 1))
        arcs = Arcs(
            *(_whole(f"arcs.{n}", getattr(self.arcs, n), 1) for n in ("first", "last", "site", "cost"))
        )
        put(self, "arcs", arcs)
        rows, sites, count = len(self.row_demand), len(self.capacity), len(arcs)
        if self.fixed_open is _NO_FLAGS:
            put(self, "fixed_open", np.zeros(sites, bool))
        if self.open_max < 0:
            put(self, "open_max", sites)
        if self.side_limit is _ABSENT:
            put(self, "side_arc", np.zeros((0, count), np.int64))
            put(self, "side_site", np.zeros((0, sites), np.int64))
            put(self, "side_limit", np.zeros(0, np.int64))
        put(self, "side_arc", _whole("side_arc", self.side_arc, 2))
        put(self, "side_site", _whole("side_site", self.side_site, 2))
        put(self, "side_limit", _whole("side_limit", self.side_limit, 1))
        _check(self, rows, sites, count)

    @property
    def rows(self) -> int:
        return len(self.row_demand)

    @property
    def sites(self) -> int:
        return len(self.capacity)

    @property
    def resources(self) -> int:
        return int(self.capacity.shape[1])

    def arc_weight(self, chosen: Ints | slice = slice(None)) -> Ints:
        """(arcs, resources): what an arc, all or some, takes from its site; zero for outside choices."""
        arcs = self.arcs
        sums = np.vstack([np.zeros((1, self.resources), np.int64), np.cumsum(self.row_demand, axis=0)])
        weight: Ints = sums[arcs.last[chosen]] - sums[arcs.first[chosen]]
        weight[arcs.site[chosen] < 0] = 0
        return weight

    def must_place(self) -> Ints:
        """(resources,): demand that no outside choice can take away; the right D of the capacity row.

        A row with any outside choice (alone or in a block) is not counted.
        """
        free = np.zeros(self.rows + 1, np.int64)
        outside = self.arcs.site < 0
        np.add.at(free, self.arcs.first[outside], 1)
        np.add.at(free, self.arcs.last[outside], -1)
        bound = np.cumsum(free)[:-1] == 0
        return np.asarray(self.row_demand[bound].sum(axis=0), dtype=np.int64)


def _whole(name: str, value: Any, dims: int) -> Ints:
    array = np.asarray(value)
    if array.dtype.kind not in "iub":
        raise ShapeError(f"{name}: whole numbers are needed, not {array.dtype}")
    array = np.ascontiguousarray(array, dtype=np.int64)
    if array.ndim != dims:
        raise ShapeError(f"{name}: {dims} dimension(s) needed, {array.ndim} given")
    return array


def _check(p: AssignmentProblem, rows: int, sites: int, count: int) -> None:
    arcs = p.arcs
    faults = {
        "row_demand and capacity name different resources": p.row_demand.shape[1] != p.capacity.shape[1],
        "site_cost has another length than capacity": len(p.site_cost) != sites,
        "fixed_open has another length than capacity": len(p.fixed_open) != sites,
        "arcs have unequal lengths": len({len(arcs.first), len(arcs.last), len(arcs.site), len(arcs.cost)})
        > 1,
        "side rows do not fit arcs and sites": p.side_arc.shape != (len(p.side_limit), count)
        or p.side_site.shape != (len(p.side_limit), sites),
        "a demand, capacity or site cost is negative": bool(
            (p.row_demand < 0).any() or (p.capacity < 0).any() or (p.site_cost < 0).any()
        ),
    }
    for sentence, wrong in faults.items():
        if wrong:
            raise ShapeError(sentence)
    if count and (
        (arcs.first < 0).any()
        or (arcs.last > rows).any()
        or (arcs.first >= arcs.last).any()
        or (arcs.site < -1).any()
        or (arcs.site >= sites).any()
    ):
        raise ShapeError("an arc leaves the table of rows or sites")
    # Summed in floating point: whole numbers of 64 bits would wrap around, and what is far too large look small.
    largest = max(
        _sum(p.site_cost) + _arc_total(arcs),
        _sum(p.row_demand),
        _sum(p.capacity.max(axis=0, initial=0)),
        *(_sum(p.side_arc[k]) + _sum(p.side_site[k]) for k in range(len(p.side_limit))),
    )
    if largest >= LARGEST * 64:
        raise ShapeError(f"the numbers sum to {largest:.3g}, beyond exact arithmetic; use a coarser unit")


def _sum(values: Ints) -> float:
    return float(np.abs(values.astype(float)).sum())


def _arc_total(arcs: Arcs) -> float:
    """At most one arc per first row is chosen, so only the dearest of each counts."""
    if not len(arcs):
        return 0.0
    dear = np.zeros(int(arcs.last.max()))
    np.maximum.at(dear, arcs.first, np.abs(arcs.cost.astype(float)))
    return float(dear.sum())


@dataclass(frozen=True)
class Limits:
    """When a run ends. Work limits repeat exactly; the deadline is a backstop and does not.

    Attributes:
        gap_ppm: stop once the gap is at most this (0: prove the optimum).
        nodes: nodes of our own tree at most.
        iterations: multiplier steps at the root.
        mip_nodes: nodes of the outside MIP solver at most.
        seed: of every random choice.
        deadline: ``True`` once the run must end.
        progress: called with ``(incumbent or None, bound, gap_ppm or None)``.
    """

    gap_ppm: int = 0
    nodes: int = 5_000
    iterations: int = 600
    mip_nodes: int = 200_000
    seed: int = 1
    deadline: Callable[[], bool] = lambda: False
    progress: Callable[[int | None, int, int | None], None] = lambda _incumbent, _bound, _gap: None
