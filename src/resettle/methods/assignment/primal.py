"""Plans from open sites: greedy with ejection, local search, and the best plan found so far."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from resettle.methods.assignment import moves
from resettle.methods.assignment.anneal import anneal
from resettle.methods.assignment.answer import Plan
from resettle.methods.assignment.certificate import plan_faults, plan_objective
from resettle.methods.assignment.prices import StrongPrices
from resettle.methods.assignment.problem import AssignmentProblem, Flags, Ints

STEPS = 1_000_000
"""Moves of one walk at most: half a second."""
ROOM_FACTOR = 3.0
"""How dear overfull room is, over the first guess at its worth."""
WIDTH = 10
"""So many places a unit may try within the sites of a walk."""
ROOM_DEAR = 10.0
"""How dear overfull room is, over what a relaxation says it is worth."""
DENSE_LIMIT = 60_000_000
"""Entries of the cost table at most; a larger problem gets no local search."""


class Primal:
    """Keeps the incumbent; blocks are placed whole where a whole choice exists, else part by part."""

    def __init__(self, problem: AssignmentProblem, seed: int) -> None:
        self.problem = problem
        self.random = np.random.default_rng(seed)
        self.plan: Plan | None = None
        self.objective: int | None = None
        self.units = self._units()
        self.lengths: Ints = np.array([b - a for a, b in self.units], np.int64)
        self.usable = len(self.units) * (problem.sites + 1) <= DENSE_LIMIT
        if self.usable:
            self._lay_out()

    def _units(self) -> list[tuple[int, int]]:
        arcs = self.problem.arcs
        whole = sorted({(int(a), int(b)) for a, b in zip(arcs.first, arcs.last, strict=True) if b - a > 1})
        units: list[tuple[int, int]] = []
        row = 0
        starts = dict(whole)
        while row < self.problem.rows:
            end = starts.get(row, row + 1)
            units.append((row, end))
            row = end
        return units

    def _lay_out(self) -> None:
        p, arcs = self.problem, self.problem.arcs
        number = {unit: u for u, unit in enumerate(self.units)}
        n, m = len(self.units), p.sites
        self.cost = np.full((n, m + 1), moves.FAR, np.int64)
        self.arc = np.full((n, m + 1), -1, np.int32)
        unit_of = np.array(
            [number.get((a, b), -1) for a, b in zip(arcs.first.tolist(), arcs.last.tolist(), strict=True)],
            np.int64,
        )
        mine = np.flatnonzero(unit_of >= 0)
        mine = mine[np.argsort(-arcs.cost[mine], kind="stable")]
        column = np.where(arcs.site[mine] < 0, m, arcs.site[mine])
        self.cost[unit_of[mine], column] = arcs.cost[mine]
        self.arc[unit_of[mine], column] = mine
        self.demand = np.array([p.row_demand[a:b].sum(axis=0) for a, b in self.units], np.int64).reshape(
            n, p.resources
        )
        width = int((self.cost < moves.FAR).sum(axis=1).max(initial=0))
        self.width = max(1, width)
        site, unit = np.nonzero(self.arc[:, :m].T >= 0)
        self.known = np.ascontiguousarray(unit, np.int64)
        self.from_site = np.searchsorted(site, np.arange(m + 1)).astype(np.int64)
        self.side_price = np.zeros(len(p.side_limit))
        self.walks = 0
        self.side_of: Ints | None = None
        self._rank(self.side_price)

    def _rank(self, side_price: npt.NDArray[np.float64]) -> None:
        """Costs with side rows priced in, and every unit's sites from the cheapest on."""
        p = self.problem
        self.priced = self.cost
        self.site_priced = p.site_cost
        if len(side_price) and side_price.any():
            extra = np.rint(side_price @ p.side_arc).astype(np.int64)
            self.priced = np.where(self.arc >= 0, self.cost + extra[self.arc], moves.FAR)
            self.site_priced = p.site_cost + np.rint(side_price @ p.side_site).astype(np.int64)
        if self.width <= p.sites // 2:
            part = np.argpartition(self.priced, self.width - 1, axis=1)[:, : self.width]
            inner = np.take_along_axis(self.priced, part, axis=1)
            near = np.take_along_axis(part, np.argsort(inner, axis=1, kind="stable"), axis=1)
        else:
            near = np.argsort(self.priced, axis=1, kind="stable")[:, : self.width]
        self.near = np.ascontiguousarray(near, np.int64)

    def price_sides(self, side_price: npt.NDArray[np.float64]) -> None:
        """Let the search feel the side rows at these prices."""
        if self.usable and len(side_price):
            self.side_price = side_price.copy()
            self._rank(side_price)

    def _order(self, is_open: Flags, noise: float) -> Ints:
        """Units by regret among the open sites, large ones first where regret says nothing."""
        regret = moves.regrets(self.priced, self.near, is_open, 1e15)
        size = (self.demand / np.maximum(1, self.problem.capacity.max(axis=0, initial=1))).max(
            axis=1, initial=0
        )
        key = (
            size * (1 + regret / max(1.0, float(np.median(regret)))) if noise >= 0.5 else regret + 1e-6 * size
        )
        return np.argsort(-key * (1 + noise * self.random.random(len(key))), kind="stable")

    def attempt(self, is_open: Flags, rounds: int = 3, tries: int = 3) -> int | None:
        """Place everything into these sites and improve; returns the objective if it is a plan."""
        if not self.usable:
            return None
        p = self.problem
        start = is_open | p.fixed_open
        for turn in range(tries):
            opened = start.copy()
            where = np.full(len(self.units), -1, np.int64)
            load = np.zeros_like(p.capacity)
            order = self._order(opened, (0.0, 0.5, 0.3)[turn % 3])
            lost = moves.place(
                self.priced, self.near, self.demand, p.capacity, self.site_priced, p.open_max, opened, order,
                where, load,
            )  # fmt: skip
            if lost == 0:
                moves.descend(
                    self.priced, self.near, self.demand, p.capacity, self.site_priced, p.fixed_open,
                    p.open_min, p.open_max, opened, where, load, self.from_site, self.known, rounds, 12,
                )  # fmt: skip
                found = self.offer(self._plan(where, opened))
                if found is not None or not len(p.side_limit):
                    return found
                if self.side_price.any() and self.walk(where, 2 * self.side_price, STEPS // 4):
                    return self.objective
                found = self._into_budget(where, opened, load, rounds)
                if found is not None:
                    return found
        return None

    def _into_budget(self, where: Ints, opened: Flags, load: Ints, rounds: int) -> int | None:
        """Raise the prices of broken side rows and descend again, until the plan keeps them or ten rounds."""
        p = self.problem
        side = self.side_price.copy()
        for _ in range(10):
            plan = self._plan(where, opened)
            chosen = np.unique(plan.row_arc)
            use = p.side_arc[:, chosen].sum(axis=1) + p.side_site[:, opened].sum(axis=1)
            broken = use > p.side_limit
            if not broken.any():
                return self.offer(plan)
            rate = max(1.0, float(plan_objective(p, plan.row_arc, opened))) / np.maximum(1.0, np.abs(use))
            side = np.where(broken, np.maximum(side * 1.6, 0.2 * rate), side)
            self._rank(side)
            moves.descend(
                self.priced, self.near, self.demand, p.capacity, self.site_priced, p.fixed_open,
                p.open_min, p.open_max, opened, where, load, self.from_site, self.known, rounds, 12,
            )  # fmt: skip
            found = self.offer(self._plan(where, opened))
            if found is not None:
                self.side_price = side
                return found
        return None

    def walk(
        self,
        where: Ints,
        side: npt.NDArray[np.float64],
        steps: int = STEPS,
        heat: float = 1.0,
        room: npt.NDArray[np.float64] | None = None,
        near: Ints | None = None,
    ) -> bool:
        """Anneal from a complete placement; ``True`` if a plan within all limits came of it.

        Args:
            side: prices of breaking the side rows. heat: first temperature over the usual step (:meth:`spread`).
            room: (sites, resources) prices of overfull room. near: (units, some) places a unit may try.
        """
        p = self.problem
        near = np.ascontiguousarray(self.near if near is None else near)  # one shape, compiled once
        usual = self.spread(near)
        if room is None:
            room = np.broadcast_to(self.room_price(near), p.capacity.shape) * ROOM_FACTOR
        self.walks += 1
        best = where.copy()
        value = anneal(
            self.cost, near, self.demand, p.capacity, p.site_cost, p.fixed_open, p.open_min, p.open_max,
            self._sides(), p.side_site, p.side_limit, side, np.ascontiguousarray(room), where.copy(), best,
            heat * usual, heat * usual / 10, min(steps, 300 * len(self.units) * (p.sites + 1)), self.walks,
        )  # fmt: skip
        if value >= moves.FAR:
            return False
        opened = p.fixed_open.copy()
        opened[best[best < p.sites]] = True
        return self.offer(self._plan(best, opened)) is not None

    def near_priced(self, prices: StrongPrices, sites: Flags, width: int) -> tuple[Ints, Ints]:
        """Every unit's best places at these prices within some sites, and the very best."""
        m, units = self.problem.sites, np.arange(len(self.units))[:, None]
        near = self.near
        inside = near < m
        at = np.where(inside, near, 0)
        room = sum(self.demand[:, [k]] * prices.room[at, k] for k in range(self.problem.resources))
        worth = np.where(inside, self.priced[units, near] + room, self.priced[units, near]).astype(float)
        worth[inside & ~sites[at]] += float(moves.FAR) / 4
        worth[self.arc[units, near] < 0] = float(moves.FAR)
        rank = np.argsort(worth, axis=1, kind="stable")[:, : min(width, self.width)]
        near = np.take_along_axis(near, rank, axis=1)
        lost = np.take_along_axis(self.arc, near, axis=1) < 0
        first = near[:, 0].copy()
        near[lost] = -1
        return np.ascontiguousarray(near, np.int64), np.ascontiguousarray(first, np.int64)

    def walk_between(self, prices: StrongPrices, sites: Flags, steps: int) -> bool:
        """A walk between some sites from each unit's best place at these prices."""
        if not self.usable or not sites.any():
            return False
        near, first = self.near_priced(prices, sites, WIDTH)
        room = np.maximum(prices.room * ROOM_DEAR, 1e-9)
        return self.walk(first, prices.sides * 3, steps, 1.0, room, near)

    def spread(self, near: Ints) -> float:
        """Mean of what lies between a unit's first and its third place; above 0 in whatever order they come."""
        third = np.minimum(2, near.shape[1] - 1)
        units = np.arange(len(self.units))
        last, first = self.priced[units, near[:, third]], self.priced[units, near[:, 0]]
        known = (last < moves.FAR) & (first < moves.FAR)
        return float(np.abs(last - first)[known].mean()) + 1.0 if known.any() else 1.0

    def room_price(self, near: Ints) -> npt.NDArray[np.float64]:
        """(resources,) the usual step over the usual demand: a first guess at what room is worth."""
        usual = np.maximum(1e-9, self.demand.mean(axis=0))
        return np.asarray(self.spread(near) / usual, dtype=np.float64)

    def _sides(self) -> Ints:
        """(units, sites + 1, side rows): what a unit takes of every side row at every place."""
        if self.side_of is None:
            self.side_of = np.zeros((*self.arc.shape, len(self.problem.side_limit)), np.int64)
            there = self.arc >= 0
            self.side_of[there] = self.problem.side_arc[:, self.arc[there]].T
        return self.side_of

    def places(self) -> Ints:
        """(units,) where the incumbent puts every unit; the number of sites stands for outside."""
        assert self.plan is not None
        site = self.problem.arcs.site[self.plan.row_arc[[a for a, _ in self.units]]]
        return np.where(site < 0, self.problem.sites, site)

    def shake(self, stop: Callable[[], bool], rounds: int) -> None:
        """Iterated local search: open and close a few sites of the best plan at random, place, descend."""
        for _ in range(rounds):
            if self.plan is None or not self.usable or stop():
                return
            opened = self.plan.is_open.copy()
            flips = self.random.integers(1, 4)
            for j in self.random.choice(
                self.problem.sites, min(self.problem.sites, int(flips)), replace=False
            ):
                opened[j] = not opened[j]
            closed = np.flatnonzero(~opened)
            if len(closed) and opened.sum() < self.problem.open_max:
                opened[self.random.choice(closed)] = True
            self.attempt(opened, rounds=2, tries=1)

    def _plan(self, where: Ints, opened: Flags) -> Plan:
        row_arc: Ints = np.repeat(self.arc[np.arange(len(where)), where], self.lengths).astype(np.int64)
        return Plan(row_arc, opened)

    def offer(self, plan: Plan) -> int | None:
        """Keep a plan if it is feasible and better; returns its objective if feasible."""
        used = self.problem.arcs.site[plan.row_arc]
        needed = self.problem.fixed_open.copy()
        needed[used[used >= 0]] = True
        spare = int(plan.is_open.sum()) - int(needed.sum())
        if (
            spare > 0
            and int(needed.sum()) >= self.problem.open_min
            and not (self.problem.side_site < 0).any()
        ):
            plan = Plan(plan.row_arc, needed)
        if plan_faults(self.problem, plan.row_arc, plan.is_open):
            return None
        objective = plan_objective(self.problem, plan.row_arc, plan.is_open)
        if self.objective is None or objective < self.objective:
            self.plan, self.objective = plan, objective
        return objective
