"""The Lagrangian relaxation of a problem: evaluate prices, improve them, fix what they prove."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from resettle.methods.assignment import kernels
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
    """The relaxation at one price vector: its value (scaled), choices, and how far rows are from covered."""

    value: int
    x: Floats
    y: Floats
    row_slack: Floats
    side_slack: Floats
    site_value: Ints
    side_price: Ints


class Relaxation:
    """Arrays of a problem laid out for the kernels, all costs times ``scale``."""

    def __init__(self, problem: AssignmentProblem, view: Ints) -> None:
        self.problem = problem
        arcs = problem.arcs
        self.scale = _scale(problem)
        self.cost = arcs.cost * self.scale
        self.site_cost = problem.site_cost * self.scale
        self.arc_weight = problem.arc_weight()
        self.view: Ints = np.zeros(0, np.int64)
        self.look(np.ascontiguousarray(view, np.int64))
        self.outside = np.flatnonzero(arcs.site < 0)
        inside = np.flatnonzero(arcs.site >= 0)
        self.order = inside[np.argsort(arcs.site[inside], kind="stable")]
        counts = np.bincount(arcs.site[inside], minlength=problem.sites)
        self.start = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)

    def look(self, view: Ints) -> None:
        """See the resources as this view does from now on."""
        if view is self.view:
            return
        problem = self.problem
        self.view = view
        by_site = view if view.ndim == 2 else np.tile(view, (problem.sites + 1, 1))
        common = by_site[-1]
        self.weight = np.ascontiguousarray((self.arc_weight * by_site[problem.arcs.site]).sum(axis=1))
        self.capacity = np.ascontiguousarray((problem.capacity * by_site[:-1]).sum(axis=1))
        need, whole = int(problem.must_place() @ common), problem.capacity @ common
        gcd = int(np.gcd.reduce(whole)) if problem.sites else 1
        step = max(1, -(-need // kernels.BUCKETS), gcd or 1)
        self.need = -(-need // step)
        self.size = -(-whole // step)

    def evaluate(self, node: Node, rows: Ints, sides: Ints, exact: bool) -> Point | None:
        """Value and choices at whole prices; ``None`` if the node's fixings hold no plan."""
        p, arcs = self.problem, self.problem.arcs
        prefix = np.concatenate([np.zeros(1, np.int64), np.cumsum(rows)])
        cost = self.cost + sides @ p.side_arc if len(sides) else self.cost
        value = np.empty(p.sites, np.int64)
        x = np.zeros(len(arcs))
        fits = kernels.site_values(
            prefix, self.start, self.order, arcs.first, arcs.last, cost, self.weight, self.capacity,
            node.arc_state, node.site_state, exact, value, x,
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
        if len(self.outside):
            a = self.outside
            rc = cost[a] - (prefix[arcs.last[a]] - prefix[arcs.first[a]])
            take = (node.arc_state[a] == 1) | ((node.arc_state[a] == -1) & (rc < 0))
            total += int(rc[take].sum())
            x[a[take]] = 1.0
        slack = np.empty(p.rows)
        kernels.row_slack(x, y, arcs.site, arcs.first, arcs.last, slack)
        side = p.side_arc @ x + p.side_site @ y.astype(float) - p.side_limit if len(sides) else np.zeros(0)
        return Point(total, x, y.astype(float), slack, side, value, sides)

    def first_prices(self) -> Floats:
        """Cheapest choice of each row plus a fair share of fixed cost."""
        p, arcs = self.problem, self.problem.arcs
        per = (arcs.last - arcs.first).astype(float)
        share = self.cost / per
        inside = arcs.site >= 0
        with np.errstate(divide="ignore", invalid="ignore"):
            unit = np.where(self.capacity > 0, self.site_cost / np.maximum(1, self.capacity), 0.0)
        share[inside] += (unit[arcs.site[inside]] * self.weight[inside]) / per[inside]
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
        mean_x, mean_y, share = None, None, 0.05
        side_norm = self._side_norm()
        for step in range(steps):
            exact = near or step >= steps - max(5, steps // 8)
            rows, sides = np.rint(price).astype(np.int64), np.rint(side).astype(np.int64)
            point = self.evaluate(node, rows, sides, exact)
            if point is None:
                return False
            if mean_x is None or mean_y is None:
                mean_x, mean_y = point.x.copy(), point.y.copy()
            else:
                mean_x += share * (point.x - mean_x)
                mean_y += share * (point.y - mean_y)
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
        node.mean_x = mean_x if mean_x is not None else np.zeros(len(self.cost))
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
        p, arcs = self.problem, self.problem.arcs
        prefix = np.concatenate([np.zeros(1, np.int64), np.cumsum(node.proved_rows)])
        reduced = self.cost - (prefix[arcs.last] - prefix[arcs.first])
        if len(node.proved_sides):
            reduced = reduced + node.proved_sides @ p.side_arc
        room = np.zeros(p.sites)
        for j in range(p.sites):
            mine = self.order[self.start[j] : self.start[j + 1]]
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
