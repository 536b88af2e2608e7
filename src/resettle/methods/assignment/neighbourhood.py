"""Better plans by solving a few neighbouring sites at a time to optimality, the rest of the plan kept."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from resettle.methods.assignment import moves
from resettle.methods.assignment.answer import Plan
from resettle.methods.assignment.highs import solve_highs
from resettle.methods.assignment.primal import Primal
from resettle.methods.assignment.problem import Arcs, AssignmentProblem, Flags, Ints, Limits

OPEN, CLOSED = 5, 2
"""How many open and closed sites a neighbourhood takes in at first."""
WIDEST = 12
"""How many open sites at most; it widens where it finds nothing, and half as many closed ones with it."""
PATIENCE = 4
NODES = 60
GAP_PPM = 500
"""How near a neighbourhood is solved; a quarter of what is asked of the whole where that is wider."""
FORGOTTEN = 4.0
"""A closed site of which the relaxation sees nothing counts as so many times as far."""


def restrict(problem: AssignmentProblem, keep: Ints, drop_site: Ints) -> AssignmentProblem:
    """The problem with only some arcs; dropped sites can hold nothing."""
    capacity = problem.capacity.copy()
    capacity[drop_site] = 0
    arcs = Arcs(
        *(a[keep] for a in (problem.arcs.first, problem.arcs.last, problem.arcs.site, problem.arcs.cost))
    )
    return replace(problem, arcs=arcs, capacity=capacity, side_arc=problem.side_arc[:, keep])


def offer_from(
    part: AssignmentProblem, keep: Ints, problem: AssignmentProblem, limits: Limits, primal: Primal
) -> bool:
    """Solve a part that holds the incumbent with the MIP solver; ``True`` if a better plan came of it."""
    assert primal.plan is not None
    before = primal.objective
    place = np.full(len(problem.arcs), -1, np.int64)
    place[keep] = np.arange(len(keep))
    start = Plan(place[primal.plan.row_arc], primal.plan.is_open)
    answer = solve_highs(part, replace(limits, progress=silent), start)
    if answer.plan is not None:
        primal.offer(Plan(keep[answer.plan.row_arc], answer.plan.is_open))
    return before is not None and primal.objective is not None and primal.objective < before


def silent(_incumbent: int | None, _bound: int, _gap: int | None) -> None:
    """A part's bound says nothing of the whole."""


class Neighbourhoods:
    """Sites that the same rows would choose between lie near each other; a round frees one such group."""

    def __init__(
        self, problem: AssignmentProblem, limits: Limits, primal: Primal, share: npt.NDArray[np.float64]
    ) -> None:
        self.problem, self.primal = problem, primal
        self.open, self.failed = OPEN, 0
        self.distrust = np.where(share > 1e-3, 1.0, FORGOTTEN)
        near = max(GAP_PPM, limits.gap_ppm // 4)
        self.limits = replace(limits, gap_ppm=near, mip_nodes=min(limits.mip_nodes, NODES))
        self.random = np.random.default_rng(limits.seed)
        cost = primal.priced[:, : problem.sites]
        self.known = np.where(cost < moves.FAR, cost, np.nan)

    def run(self, rounds: int) -> None:
        """So many rounds, or until the deadline."""
        for _ in range(rounds):
            if self.primal.plan is None or self.limits.deadline():
                return
            free = self._group(self.primal.plan.is_open)
            keep, closed = self._keep(self.primal.plan, free)
            part = restrict(self.problem, keep, closed)
            held = self.problem.fixed_open | (self.primal.plan.is_open & ~free)
            if offer_from(replace(part, fixed_open=held), keep, self.problem, self.limits, self.primal):
                self.failed = 0
                continue
            self.failed += 1
            if self.failed >= PATIENCE and self.open < WIDEST:
                self.open, self.failed = self.open + 1, 0

    def _group(self, is_open: Flags) -> Flags:
        """A random site with its nearest open and closed ones."""
        j = int(self.random.integers(self.problem.sites))
        far = _apart(self.known, j) * (1 + 0.5 * self.random.random(self.problem.sites))
        order = np.argsort(np.where(is_open, far, far * self.distrust), kind="stable")
        chosen = np.zeros(self.problem.sites, bool)
        chosen[order[is_open[order]][: self.open]] = True
        chosen[order[~is_open[order]][: max(CLOSED, self.open // 2)]] = True
        return chosen

    def _keep(self, plan: Plan, free: Flags) -> tuple[Ints, Ints]:
        """Arcs of the rows that live in the free sites, there or outside; for all others the plan's own."""
        arcs = self.problem.arcs
        site = arcs.site[plan.row_arc]
        loose = np.append((site >= 0) & free[site], False)
        before = np.concatenate([[0], np.cumsum(loose)])
        whole = before[arcs.last] - before[arcs.first] == arcs.last - arcs.first
        wanted = whole & ((arcs.site < 0) | free[arcs.site])
        wanted[np.unique(plan.row_arc)] = True
        return np.flatnonzero(wanted), np.flatnonzero(~(plan.is_open | free))


def _apart(known: npt.NDArray[np.float64], j: int) -> npt.NDArray[np.float64]:
    """How differently rows see site ``j`` and every other site; far where no row knows both."""
    both = known[np.isfinite(known[:, j])]
    difference = np.abs(both - both[:, [j]])
    seen = np.isfinite(difference)
    total = np.where(seen, difference, 0.0).sum(axis=0)
    return np.where(seen.any(axis=0), total / np.maximum(1, seen.sum(axis=0)), 1e18)
