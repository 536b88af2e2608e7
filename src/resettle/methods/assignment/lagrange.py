"""The Lagrangian relaxation of a problem: evaluate prices, improve them, fix what they prove."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from resettle.methods.assignment import kernels, knapsacks
from resettle.methods.assignment.prices import StrongPrices
from resettle.methods.assignment.problem import AssignmentProblem, Ints

Floats = npt.NDArray[np.float64]
States = npt.NDArray[np.int8]


@dataclass
class Node:
    """A node of the tree: fixings in order, states that follow from them, prices, and its bound (scaled)."""

    fixings: tuple[tuple[int, int], ...]
    site_state: States
    arc_state: States
    row_price: Floats
    side_price: Floats
    bound: int = -(2**62)
    proved_rows: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    proved_sides: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    mean_x: Floats = field(default_factory=lambda: np.zeros(0))
    mean_y: Floats = field(default_factory=lambda: np.zeros(0))
    view: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    """The view under which ``proved_rows`` prove the bound."""


@dataclass(frozen=True)
class Point:
    """The relaxation at one price vector: its value (scaled), open sites, and how far rows are from covered."""

    value: int
    y: Floats
    row_slack: Floats
    side_slack: Floats
    site_value: Ints
    side_price: Ints


class Average:
    """A running mean of arc shares, to which only arcs in use are added; arcs in the order of the relaxation.

    Older steps fade by a factor. It is kept apart, so that a step need not touch every arc.
    """

    SHARE = 0.05

    def __init__(self, count: int) -> None:
        self.sum, self.factor, self.weight = np.zeros(count), 1.0, 1.0
        self.started = False

    def step(self) -> None:
        """Make room for one more step: what is added next weighs ``weight``."""
        if not self.started:
            self.started = True
            return
        self.factor *= 1 - self.SHARE
        if self.factor < 1e-100:
            self.sum *= self.factor
            self.factor = 1.0
        self.weight = self.SHARE / self.factor

    def mean(self) -> Floats:
        """The mean by now."""
        return self.sum * self.factor


class Relaxation:
    """Arrays of a problem laid out for the kernels, all costs times ``scale``, arcs sorted by site.

    Attributes:
        order: arcs sorted by site, choices without a site first. outside: how many those are.
        start: (sites + 1,) where every site's arcs begin.
    """

    def __init__(self, problem: AssignmentProblem, view: Ints) -> None:
        self.problem = problem
        arcs = problem.arcs
        self.scale = _scale(problem)
        self.order: Ints = np.argsort(arcs.site, kind="stable")
        self.start = np.searchsorted(arcs.site[self.order], np.arange(problem.sites + 1)).astype(np.int64)
        self.outside = int(self.start[0]) if problem.sites else len(arcs)
        self.first = arcs.first[self.order].astype(np.int32)
        self.last = arcs.last[self.order].astype(np.int32)
        self.is_single = bool((self.last - self.first == 1).all())
        self.cost = arcs.cost[self.order] * self.scale
        self.side_arc = np.ascontiguousarray(problem.side_arc[:, self.order])
        self.site_cost = problem.site_cost * self.scale
        self.arc_weight = problem.arc_weight()[self.order]
        self.site = arcs.site[self.order]
        self.begin = np.zeros(problem.sites + 1, np.int64)
        self.pick, self.part = np.empty(len(arcs), np.int64), np.empty(len(arcs))
        self.seen: tuple[States, States] | None = None
        self.view: Ints = np.zeros(0, np.int64)
        self.look(np.ascontiguousarray(view, np.int64))

    def look(self, view: Ints) -> None:
        """See the resources as this view does from now on."""
        if view is self.view:
            return
        problem = self.problem
        self.view = view
        by_site = view if view.ndim == 2 else np.tile(view, (problem.sites + 1, 1))
        common = by_site[-1]
        self.weight = np.ascontiguousarray((self.arc_weight * by_site[self.site]).sum(axis=1))
        self.capacity = np.ascontiguousarray((problem.capacity * by_site[:-1]).sum(axis=1))
        need, whole = int(problem.must_place() @ common), problem.capacity @ common
        gcd = int(np.gcd.reduce(whole)) if problem.sites else 1
        step = max(1, -(-need // kernels.BUCKETS), gcd or 1)
        self.need = -(-need // step)
        self.size = -(-whole // step)

    def _state(self, node: Node) -> States:
        """A node's arc states in the order of the relaxation."""
        if self.seen is None or self.seen[0] is not node.arc_state:
            self.seen = node.arc_state, node.arc_state[self.order]
        return self.seen[1]

    def reduced(self, rows: Ints, sides: Ints) -> Ints:
        """(arcs,) reduced costs, in the order of the relaxation."""
        prefix = np.concatenate([np.zeros(1, np.int64), np.cumsum(rows)])
        cost = self.cost + sides @ self.side_arc if len(sides) else self.cost
        reduced: Ints = cost - (prefix[self.last] - prefix[self.first])
        return reduced

    def evaluate(
        self, node: Node, rows: Ints, sides: Ints, exact: bool, average: Average | None = None
    ) -> Point | None:
        """Value and choices at whole prices; ``None`` if the node's fixings hold no plan.

        Args:
            average: the running mean of arc shares these choices are added to.
        """
        p = self.problem
        prefix = np.concatenate([np.zeros(1, np.int64), np.cumsum(rows)])
        cost = self.cost + sides @ self.side_arc if len(sides) else self.cost
        state = self._state(node)
        value = np.empty(p.sites, np.int64)
        fits = knapsacks.site_values(
            rows, prefix, self.is_single, self.start, self.first, self.last, cost, self.weight, self.capacity,
            state, node.site_state, exact, value, self.begin, self.pick, self.part,
        )  # fmt: skip
        if not fits:
            return None
        value += self.site_cost
        if len(sides):
            value += sides @ p.side_site
        y = np.zeros(p.sites, np.int8)
        other = np.zeros(p.sites, np.int8)
        best = kernels.cover_sites(value, self.size, self.need, node.site_state, y)
        if p.open_min > 0 or p.open_max < p.sites:
            counted = kernels.count_sites(value, p.open_min, p.open_max, node.site_state, other)
            if counted > best:
                best, y = counted, other
        if best >= kernels.INFINITE:
            return None
        total = int(rows.sum()) - int((sides * p.side_limit).sum()) + int(best)
        slack, side = np.ones(p.rows), np.zeros(len(sides))
        average = average or Average(len(cost))
        average.step()
        if self.outside:
            total += self._outside(prefix, cost, state, slack, side, average)
        knapsacks.row_slack(
            y, self.begin, self.pick, self.part, self.first, self.last, self.side_arc, slack, side,
            average.sum, average.weight,
        )  # fmt: skip
        if len(sides):
            side += p.side_site @ y.astype(float) - p.side_limit
        return Point(total, y.astype(float), slack, side, value, sides)

    def _outside(
        self, prefix: Ints, cost: Ints, state: States, slack: Floats, side: Floats, average: Average
    ) -> int:
        """What choices without a site save; they need no room."""
        a = slice(0, self.outside)
        first, last = self.first[a], self.last[a]
        reduced = cost[a] - (prefix[last] - prefix[first])
        taken = np.flatnonzero((state[a] == 1) | ((state[a] == -1) & (reduced < 0)))
        change = np.zeros(len(slack) + 1)
        np.add.at(change, first[taken], 1.0)
        np.add.at(change, last[taken], -1.0)
        slack -= np.cumsum(change)[:-1]
        if len(side):
            side += self.side_arc[:, taken].sum(axis=1)
        average.sum[taken] += average.weight
        return int(reduced[taken].sum())

    def first_prices(self) -> Floats:
        """Cheapest choice of each row plus a fair share of fixed cost."""
        p, arcs = self.problem, self.problem.arcs
        per = (arcs.last - arcs.first).astype(float)
        share = arcs.cost * self.scale / per
        inside = arcs.site >= 0
        weight = np.empty(len(arcs))
        weight[self.order] = self.weight
        with np.errstate(divide="ignore", invalid="ignore"):
            unit = np.where(self.capacity > 0, self.site_cost / np.maximum(1, self.capacity), 0.0)
        share[inside] += (unit[arcs.site[inside]] * weight[inside]) / per[inside]
        price = np.full(p.rows, np.inf)
        single = per == 1
        np.minimum.at(price, arcs.first[single], share[single])
        for a in np.flatnonzero(~single).tolist():
            part = slice(int(arcs.first[a]), int(arcs.last[a]))
            price[part] = np.minimum(price[part], share[a])
        price[~np.isfinite(price)] = 0.0
        return price

    def improve(
        self,
        node: Node,
        steps: int,
        target: float,
        watch: Callable[[Point, int], float | None],
        stop: Callable[[], bool],
        theta: float = 1.0,
    ) -> bool:
        """Deflected subgradient steps with Polyak lengths; keeps the best exact bound in ``node``.

        Args:
            target: scaled objective to aim at; ``watch`` sees every point and may return a better one.
            theta: first step length, as a share of Polyak's; small where the prices are good already,
                and then every step works with 0-1 knapsacks, because continuous ones have no more to teach.

        Returns ``False`` if the node holds no plan.
        """
        price, side = node.row_price.copy(), node.side_price.copy()
        best_value, best_price, best_side = -math.inf, price.copy(), side.copy()
        stalled, near = 0, theta < 1
        row_step, side_step = np.zeros(len(price)), np.zeros(len(side))
        average, mean_y = Average(len(self.cost)), None
        side_norm = self._side_norm()
        for step in range(steps):
            exact = near or step >= steps - max(5, steps // 8)
            rows, sides = np.rint(price).astype(np.int64), np.rint(side).astype(np.int64)
            point = self.evaluate(node, rows, sides, exact, average)
            if point is None:
                return False
            mean_y = point.y.copy() if mean_y is None else mean_y + Average.SHARE * (point.y - mean_y)
            if exact and point.value > node.bound:
                self._prove(node, point.value, rows, sides)
            if best_value == -math.inf or point.value > best_value + abs(best_value) * 1e-7:
                best_value, best_price, best_side, stalled = point.value, price.copy(), side.copy(), 0
            else:
                stalled += 1
                if stalled >= 12:
                    theta, stalled = theta * 0.66, 0
                    price, side = best_price.copy(), best_side.copy()
                    row_step[:] = 0
                    side_step[:] = 0
            better = watch(point, step)
            target = target if better is None else min(target, better)
            if point.value >= target or stop() or theta < 1e-4:
                break
            row_step = 0.35 * row_step + point.row_slack
            side_step = 0.35 * side_step + point.side_slack / side_norm
            side_step[(side <= 0) & (side_step < 0)] = 0
            length = float(row_step @ row_step + side_step @ side_step)
            if length < 1e-12:
                break
            move = theta * max(target - point.value, 1e-3 * abs(target) + 1) / length
            price += move * row_step
            side = np.maximum(0, side + move * side_step / side_norm)
        node.mean_x = np.empty(len(self.cost))
        node.mean_x[self.order] = average.mean()
        node.mean_y = mean_y if mean_y is not None else np.zeros(self.problem.sites)
        node.row_price, node.side_price = best_price, best_side
        return self._settle(node, best_price, best_side)

    def _side_norm(self) -> Floats:
        p = self.problem
        if not len(p.side_limit):
            return np.zeros(0)
        size = np.abs(p.side_arc).mean(axis=1) + 1
        return np.asarray(np.maximum(1.0, size), dtype=np.float64)

    def _settle(self, node: Node, price: Floats, side: Floats) -> bool:
        """The exact bound at the best prices found."""
        rows, sides = np.rint(price).astype(np.int64), np.rint(side).astype(np.int64)
        point = self.evaluate(node, rows, sides, True)
        if point is None:
            return False
        if point.value > node.bound or not len(node.proved_rows):
            self._prove(node, point.value, rows, sides)
        return True

    def _prove(self, node: Node, value: int, rows: Ints, sides: Ints) -> None:
        node.bound, node.proved_rows, node.proved_sides, node.view = value, rows, sides, self.view

    def offer(self, node: Node, rows: Ints, sides: Ints) -> bool:
        """Take over prices that come from elsewhere if they prove more; ``False`` if the node holds no plan."""
        point = self.evaluate(node, rows, sides, True)
        if point is None:
            return False
        if point.value > node.bound:
            self._prove(node, point.value, rows, sides)
            node.row_price, node.side_price = rows.astype(float), sides.astype(float)
        return True

    def prices(self, node: Node) -> StrongPrices:
        """A node's proved prices in the problem's own unit, with what room is worth at every site.

        Room is worth what the first arc saves by weight that no longer fits whole.
        """
        self.look(node.view)
        p = self.problem
        reduced = self.reduced(node.proved_rows, node.proved_sides)
        room = np.zeros(p.sites)
        for j in range(p.sites):
            mine = np.arange(self.start[j], self.start[j + 1])
            mine = mine[(reduced[mine] < 0) & (self.weight[mine] > 0)]
            rate = -reduced[mine] / self.weight[mine]
            rank = np.argsort(-rate, kind="stable")
            full = int(np.searchsorted(np.cumsum(self.weight[mine[rank]]), self.capacity[j], side="right"))
            if full < len(rank):
                room[j] = rate[rank[full]] / self.scale
        by_site = self.view if self.view.ndim == 2 else np.tile(self.view, (p.sites + 1, 1))
        return StrongPrices(
            node.proved_rows / self.scale,
            node.proved_sides / self.scale,
            by_site,
            room[:, None] * by_site[:-1],
            node.mean_x,
            node.mean_y,
        )

    def fixable(self, node: Node, cutoff: int) -> list[tuple[int, int]]:
        """``(site, wrong value)``: fixings that the proved prices show to cost at least ``cutoff``."""
        p = self.problem
        self.look(node.view)
        point = self.evaluate(node, node.proved_rows, node.proved_sides, True)
        if point is None:
            return []
        closed = np.full(p.sites, -kernels.INFINITE)
        opened = np.full(p.sites, -kernels.INFINITE)
        y = np.zeros(p.sites, np.int8)
        base = kernels.cover_sites(point.site_value, self.size, self.need, node.site_state, y)
        kernels.flip_bounds(point.site_value, self.size, self.need, node.site_state, closed, opened)
        rest = point.value - max(base, self._counted(point, node))
        found = []
        for j in np.flatnonzero(node.site_state == -1).tolist():
            if closed[j] + rest >= cutoff:
                found.append((j, 0))
            elif opened[j] + rest >= cutoff:
                found.append((j, 1))
        return found

    def _counted(self, point: Point, node: Node) -> int:
        p = self.problem
        if p.open_min == 0 and p.open_max >= p.sites:
            return -int(kernels.INFINITE)
        y = np.zeros(p.sites, np.int8)
        return int(kernels.count_sites(point.site_value, p.open_min, p.open_max, node.site_state, y))


def _scale(problem: AssignmentProblem) -> int:
    """A power of ten that lets whole prices be fine enough without leaving int64."""
    largest = int(np.abs(problem.site_cost).sum()) + int(np.abs(problem.arcs.cost).max(initial=1)) * max(
        1, problem.rows
    )
    return int(10 ** max(0, min(6, 14 - len(str(largest)))))


def views(problem: AssignmentProblem) -> list[Ints]:
    """Ways to see several resources as one: each alone if it binds, tightest first, and all together."""
    need = problem.must_place().astype(float)
    have = problem.capacity.sum(axis=0).astype(float)
    k = problem.resources
    if k <= 1:
        return [np.ones(k, np.int64)]
    tight = need / np.maximum(1.0, have)
    order = np.argsort(-tight, kind="stable")
    found = [np.eye(k, dtype=np.int64)[i] for i in order.tolist() if have[i] > 0]
    scaled = np.where(need > 0, tight, 0)
    return (
        [np.rint(10 * scaled / max(1e-9, scaled.max())).astype(np.int64), *found]
        if scaled.max() > 0
        else found
    )
