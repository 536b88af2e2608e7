"""Branch and bound on the Lagrangian relaxation; every leaf is kept, so that the bound can be checked."""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np

from resettle.methods.assignment.answer import gap_ppm
from resettle.methods.assignment.certificate import BoundCertificate, Leaf
from resettle.methods.assignment.lagrange import Node, Point, Relaxation, views
from resettle.methods.assignment.prices import StrongPrices, row_floors
from resettle.methods.assignment.primal import Primal
from resettle.methods.assignment.problem import AssignmentProblem, Flags, Ints, Limits
from resettle.methods.assignment.strong import WHOLE, StrongModel, free_sites

FRACTION = 0.02
WHOLE_STEP = 0.9
"""First step length where all knapsacks are whole: near 1, because their best prices lie elsewhere."""
WORTH_WHOLE = 0.05
"""Where they closed this share of the gap at the root, all nodes work with whole knapsacks."""
CHILD_STEP = 0.2
FAR_PPM = 10_000
"""A plan this far from the root's bound is worth a walk of its own before the tree begins."""
WALK = 4_000_000
"""Steps of such a walk: under a second."""
STRONG_STEPS = 40
"""Steps at a root that begins with the prices of the strong relaxation: there is little left to learn."""


@dataclass(frozen=True)
class Found:
    """What a search proves: its bound with certificate, whether every leaf is closed, and who stopped it."""

    bound: int
    certificate: BoundCertificate
    is_complete: bool
    by_clock: bool
    nodes: int
    root: Node
    relaxation: Relaxation


class Search:
    """One run of branch and bound."""

    def __init__(
        self,
        problem: AssignmentProblem,
        limits: Limits,
        primal: Primal,
        strong: StrongPrices | None = None,
        model: StrongModel | None = None,
    ) -> None:
        self.problem, self.limits, self.primal = problem, limits, primal
        self.strong, self.model = strong, model
        self.leaves: list[Leaf] = []
        self.least_leaf: int | None = None
        self.by_clock = False
        self.heap: list[tuple[int, int, Node]] = []
        self.root: Node | None = None
        self.made, self.done = 0, 0
        self.child_step = 1.0
        self.relax = Relaxation(problem, np.ones(problem.resources, np.int64))

    def run(self, nodes: int | None = None) -> Found:
        """Search until the gap, this many nodes in all, or the clock end it; may be called again to go on."""
        allowed = self.limits.nodes if nodes is None else min(nodes, self.limits.nodes)
        if self.root is None:
            self.root = self._root()
            if self._close_or_tighten(self.root):
                heapq.heappush(self.heap, (self.root.bound, 0, self.root))
        while self.heap:
            bound = self._bound(self.heap[0][0])
            self._report(bound)
            if self._enough(bound) or self.done >= allowed or self._stop():
                break
            _, _, node = heapq.heappop(self.heap)
            self.done += 1
            thing = self._branching(node)
            if thing is None:
                self._keep(node, node.bound)
                continue
            for value in (1, 0):
                child = self._child(node, thing, value)
                self.made += 1
                if self._solve_child(child, self.made):
                    heapq.heappush(self.heap, (child.bound, self.made, child))
        return self._found()

    def _found(self) -> Found:
        """What is proved so far; open nodes are leaves of the certificate too."""
        assert self.root is not None
        closed = len(self.leaves)
        least = self.least_leaf
        for _, _, node in self.heap:
            self._keep(node, node.bound)
        bound = self._bound(None)
        certificate = BoundCertificate(self.relax.scale, tuple(self.leaves))
        del self.leaves[closed:]
        self.least_leaf = least
        return Found(bound, certificate, not self.heap, self.by_clock, self.done, self.root, self.relax)

    # ---- root -------------------------------------------------------------------------------------

    def prices(self) -> StrongPrices | None:
        """What the root knows of rows, sides, room, arcs and sites; ``None`` where it holds no plan."""
        if self.strong is not None or self.root is None or len(self.root.proved_rows) != self.problem.rows:
            return self.strong
        return self.relax.prices(self.root)

    def promising(self, count: int) -> list[Flags]:
        """Sites that the open nodes of the least bounds would open, best first."""
        nodes = [node for _, _, node in heapq.nsmallest(count, self.heap)]
        return [node.mean_y > 0.5 for node in nodes if len(node.mean_y)]

    def _root(self) -> Node:
        node = self._first_root() if self.strong is None else self._strong_root(self.strong)
        # Broken off after a few steps, its prices may prove less than what every plan visibly pays.
        none = np.zeros(len(self.problem.side_limit), np.int64)
        self.relax.offer(node, row_floors(self.problem) * self.relax.scale, none)
        return node

    def _first_root(self) -> Node:
        """Begin at cheapest choices and shares of fixed cost, under the view that proves most."""
        p = self.problem
        best: tuple[int, Relaxation, Node] | None = None
        options = views(p)
        for view in options:
            relax = Relaxation(p, view)
            node = Node(
                (),
                free_sites(p),
                np.full(len(p.arcs), -1, np.int8),
                relax.first_prices(),
                np.zeros(len(p.side_limit)),
            )
            if len(options) == 1:
                best = (0, relax, node)
                break
            self.relax = relax
            fine = relax.improve(node, 60, self._target(), self._watch_root, self._stop)
            value = node.bound if fine else 2**62
            if best is None or value > best[0]:
                best = (value, relax, node)
        assert best is not None
        self.relax, node = best[1], best[2]
        self.relax.improve(node, self.limits.iterations, self._target(), self._watch_root, self._stop)
        self._walk(node)
        # The first part learnt from continuous knapsacks; whether whole ones have more to teach, the root shows.
        before = node.bound
        steps = self.limits.iterations // 3
        self.relax.improve(node, steps, self._target(), lambda _p, _s: None, self._stop, WHOLE_STEP)
        if node.bound - before > WORTH_WHOLE * (self._target() - before):
            self.child_step = CHILD_STEP
        return node

    def _walk(self, node: Node) -> None:
        """Where the plan at hand is far from the bound, walks between the sites the root would open."""
        top, bound = self.primal.objective, -(-node.bound // self.relax.scale)
        near = top is not None and gap_ppm(top, bound, self.problem.common_cost) <= max(
            FAR_PPM, self.limits.gap_ppm
        )
        if near or len(node.proved_rows) != self.problem.rows:
            return
        prices = self.relax.prices(node)
        for share in (0.5, 0.3, 0.01):
            if not self._stop():
                self.primal.walk_between(prices, node.mean_y > share, WALK)

    def _strong_root(self, strong: StrongPrices) -> Node:
        """Begin at the strong relaxation's prices and views; a few steps teach them the 0-1 knapsacks."""
        p = self.problem
        relax = self.relax = Relaxation(p, strong.view)
        rows, sides = self._whole(strong)
        arcs = np.full(len(p.arcs), -1, np.int8)
        node = Node((), free_sites(p), arcs, rows.astype(float), sides.astype(float))
        steps = min(self.limits.iterations, STRONG_STEPS)
        relax.improve(node, steps, self._target(), self._watch_root, self._stop, 0.1)
        node.mean_x, node.mean_y = strong.arc_share, strong.site_share
        return node

    def _whole(self, prices: StrongPrices) -> tuple[Ints, Ints]:
        scale = self.relax.scale
        return (
            np.rint(prices.rows * scale).astype(np.int64),
            np.rint(prices.sides * scale).astype(np.int64),
        )

    def _watch_root(self, point: Point, step: int) -> float | None:
        if step in (0, 5, 15, 30) or (step >= 60 and step % 60 == 0):
            self._try(point)
            return self._target()
        return None

    def _watch_child(self, point: Point, step: int) -> float | None:
        if step == 20:
            self._try(point)
            return self._target()
        return None

    def _try(self, point: Point) -> None:
        if self._stop():
            return
        if len(self.problem.side_limit):
            self.primal.price_sides(point.side_price / self.relax.scale)
        self.primal.attempt(point.y > 0.5, rounds=2, tries=2)

    # ---- nodes ------------------------------------------------------------------------------------

    def _target(self) -> float:
        """Scaled value at which a node can be closed; before any plan, a generous guess."""
        cutoff = self._cutoff()
        if cutoff is not None:
            return float(cutoff)
        top = int(np.abs(self.problem.arcs.cost).max(initial=1)) * self.problem.rows
        return float(self.relax.scale) * (top + int(self.problem.site_cost.sum()))

    def _cutoff(self) -> int | None:
        if self.primal.objective is None:
            return None
        return (self.primal.objective - 1) * self.relax.scale + 1

    def _solve_child(self, child: Node, number: int) -> bool:
        """Improve a child's prices; ``True`` if it stays open."""
        self.relax.look(child.view)
        steps = 60 if number > 30 else 120
        watch = self._watch_child if number <= 40 or number % 16 == 0 else (lambda _p, _s: None)
        point = self.relax.evaluate(child, child.proved_rows, child.proved_sides, True)
        if point is None:
            self._keep(child, None)
            return False
        child.bound = point.value
        if self.model is not None and point.value < self._target():
            prices = self.model.solve(child.site_state, child.arc_state)
            if prices is not None:
                return self._take_over(child, prices)
        if not self.relax.improve(child, steps, self._target(), watch, self._stop, self.child_step):
            self._keep(child, None)
            return False
        return self._close_or_tighten(child)

    def _take_over(self, child: Node, prices: StrongPrices) -> bool:
        """A child at the prices of its own strong relaxation; ``True`` if it stays open."""
        self.relax.look(prices.view)
        if not self.relax.offer(child, *self._whole(prices)):
            child.view = prices.view  # no plan under this view; under its parent's there may be one
            self._keep(child, None)
            return False
        child.mean_x, child.mean_y = prices.arc_share, prices.site_share
        return self._close_or_tighten(child)

    def _close_or_tighten(self, node: Node) -> bool:
        """Close a node whose bound suffices, else fix the sites its prices decide; ``True`` if still open."""
        if not len(node.proved_rows) and not self.relax._settle(node, node.row_price, node.side_price):
            self._keep(node, None)
            return False
        cutoff = self._cutoff()
        if cutoff is None:
            return True
        if node.bound >= cutoff:
            self._keep(node, node.bound)
            return False
        for site, wrong in self.relax.fixable(node, cutoff):
            away = ((site, wrong),)
            self.leaves.append(Leaf(node.fixings + away, node.proved_rows, node.proved_sides, node.view))
            node.fixings += ((site, 1 - wrong),)
            node.site_state[site] = 1 - wrong
        return True

    def _keep(self, node: Node, bound: int | None) -> None:
        """Turn a node into a leaf of the certificate; ``None`` stands for: it holds no plan."""
        rows = node.proved_rows
        if len(rows) != self.problem.rows:
            rows = np.rint(node.row_price).astype(np.int64)
        sides = node.proved_sides
        if len(sides) != len(self.problem.side_limit):
            sides = np.rint(node.side_price).astype(np.int64)
        view = node.view if len(node.view) else self.relax.view
        self.leaves.append(Leaf(node.fixings, rows, sides, view))
        if bound is not None:
            self.least_leaf = bound if self.least_leaf is None else min(self.least_leaf, bound)

    def _child(self, node: Node, thing: int, value: int) -> Node:
        site, arc = node.site_state.copy(), node.arc_state.copy()
        p = self.problem
        if thing < p.sites:
            site[thing] = value
        else:
            a = thing - p.sites
            if value:
                clash = (p.arcs.first < p.arcs.last[a]) & (p.arcs.last > p.arcs.first[a])
                arc[clash] = 0
                arc[a] = 1
                if p.arcs.site[a] >= 0:
                    site[p.arcs.site[a]] = 1
            else:
                arc[a] = 0
        return Node(
            (*node.fixings, (thing, value)),
            site,
            arc,
            node.row_price.copy(),
            node.side_price.copy(),
            -(2**62),
            node.proved_rows,
            node.proved_sides,
            view=node.view,
        )

    def _branching(self, node: Node) -> int | None:
        """The most undecided site; once sites are decided, the most undecided arc; ``None`` if all is."""
        p = self.problem
        free = np.flatnonzero(node.site_state == -1)
        if len(free):
            doubt = np.minimum(node.mean_y[free], 1 - node.mean_y[free])
            if doubt.max() > (FRACTION if self.model is None else WHOLE):
                return int(free[np.argmax(doubt)])
        usable = node.arc_state == -1
        inside = p.arcs.site >= 0
        usable[inside] &= node.site_state[p.arcs.site[inside]] != 0
        arcs = np.flatnonzero(usable)
        if len(arcs):
            doubt = np.minimum(node.mean_x[arcs], 1 - node.mean_x[arcs])
            if doubt.max() > FRACTION or not len(free):
                return int(p.sites + arcs[np.argmax(doubt)])
        return int(free[0]) if len(free) else None

    # ---- ends -------------------------------------------------------------------------------------

    def _bound(self, open_least: int | None) -> int:
        """The whole-cost bound: least leaf, least open node, and never above the incumbent."""
        parts = [b for b in (self.least_leaf, open_least) if b is not None]
        scaled = min(parts) if parts else None
        top = self.primal.objective
        if scaled is None:
            return top if top is not None else 2**62
        whole = -(-scaled // self.relax.scale)
        return whole if top is None else min(whole, top)

    def _enough(self, bound: int) -> bool:
        top = self.primal.objective
        return top is not None and gap_ppm(top, bound, self.problem.common_cost) <= self.limits.gap_ppm

    def _stop(self) -> bool:
        if not self.by_clock and self.limits.deadline():
            self.by_clock = True
        return self.by_clock

    def _report(self, bound: int) -> None:
        top = self.primal.objective
        gap = None if top is None else gap_ppm(top, bound, self.problem.common_cost)
        self.limits.progress(top, bound, gap)
