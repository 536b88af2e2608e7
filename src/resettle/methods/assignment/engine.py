"""The one door to the solvers: a portfolio that shares incumbent and bound."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import TypeVar

import numpy as np

from resettle.methods.assignment.answer import Answer, Plan, Status, gap_ppm
from resettle.methods.assignment.highs import lower_bound, solve_highs
from resettle.methods.assignment.neighbourhood import offer_from, restrict, silent
from resettle.methods.assignment.primal import Primal
from resettle.methods.assignment.problem import AssignmentProblem, Limits
from resettle.methods.assignment.search import Found, Search
from resettle.methods.assignment.settle import settle
from resettle.methods.assignment.strong import StrongModel, free_sites, worth_asking
from resettle.methods.assignment.walker import Walker

T = TypeVar("T")
MIP_ARCS = 6_500
"""The whole problem goes to the MIP solver only up to about this many arcs."""
KERNEL_ARCS = 6_000
RIVAL_WORK = 60_000_000
"""Arcs times nodes of the MIP solver beside us: some two to five minutes of it (20 to 150 nodes a second measured)."""
PROMISING = 3
"""Open nodes whose sites are tried for a plan between two stages."""
FIRST = 10
"""Nodes of the first stage, which works alone: most small problems are over with it."""


def solve(
    problem: AssignmentProblem,
    limits: Limits = Limits(),  # noqa: B008
    start: Plan | None = None,
) -> Answer:
    """The best answer within the limits, with its bound and certificates.

    Our own tree in stages, and on the second core the MIP solver on the whole problem if it is small, or
    walks for better plans. Between the stages, while the gap is too wide, a kernel of promising sites and
    arcs goes to the MIP solver. The better bound is reported and its kind said.

    >>> from resettle.methods.assignment.special import p_median
    >>> answer = solve(p_median(np.array([[0, 4], [4, 0], [1, 5]]), 1))
    >>> answer.objective, answer.bound, answer.status, answer.bound_kind
    (5, 5, 'optimal', 'verified')
    """
    if problem.rows == 0 or problem.sites == 0 or not len(problem.arcs) or _uncovered(problem):
        return _trivial(problem)
    primal = Primal(problem, limits.seed)
    if start is not None:  # a plan of a problem like this one; an infeasible one is simply not taken
        primal.offer(start)
    primal.attempt(np.ones(problem.sites, bool), rounds=2)
    model = StrongModel(problem) if worth_asking(problem) else None
    strong = model.solve(free_sites(problem)) if model is not None else None
    if strong is not None:
        primal.price_sides(strong.sides)
        for share in (0.5, 0.25, 0.1):
            primal.attempt(strong.site_share > share)
    search = Search(problem, limits, primal, strong, model if strong is not None else None)
    return Portfolio(problem, limits, primal, search).run()


def beside(work: Callable[..., T], *given: object) -> Future[T]:
    """Start work on the second core; its result, or what went wrong, is asked for later."""
    pool = ThreadPoolExecutor(1)
    running = pool.submit(work, *given)
    pool.shutdown(wait=False)
    return running


class Rival:
    """The MIP solver on the whole of a small problem, beside the first stage of our tree and without its plans.

    Where the first stage is enough its answer is dropped; else it is waited for, as far as its nodes go. So
    the clock decides nothing, and no small problem takes much longer than the solver alone.
    """

    def __init__(self, problem: AssignmentProblem, limits: Limits) -> None:
        self.dropped = False
        outer = limits.deadline
        mine = replace(
            limits,
            deadline=lambda: self.dropped or outer(),
            progress=silent,
            mip_nodes=min(limits.mip_nodes, RIVAL_WORK // len(problem.arcs)),
        )
        self.running = beside(solve_highs, problem, mine)

    def answer(self) -> Answer:
        """What the solver found."""
        return self.running.result()

    def drop(self) -> None:
        """Let it end at its next look at the clock."""
        self.dropped = True


class Portfolio:
    """Stages of the tree; beside each a walk for better plans, between them the MIP solver.

    Tree and walk run at once on separate copies and exchange plans only where a stage ends, after a fixed
    amount of work each: which of them was faster on a given day changes nothing in the answer.
    """

    def __init__(self, problem: AssignmentProblem, limits: Limits, primal: Primal, search: Search) -> None:
        self.problem, self.limits, self.primal, self.search = problem, limits, primal, search
        self.walker: Walker | None = None
        self.other: Answer | None = None
        self.settled: set[bytes] = set()

    def run(self) -> Answer:
        rival = None if self._large() else Rival(self.problem, self.limits)
        found = self.search.run(0 if self._large() else FIRST)
        best = self._best(found)
        if rival is not None:
            if self._over(best):
                rival.drop()
                return self._best(found)
            self.other = rival.answer()
            self._offer(self.other.plan)
            best = self._best(found)
        for nodes, turns in self._stages():
            # A complete tree may still leave a gap at leaves where nothing is left to branch on.
            if self._over(best) or found.is_complete:
                break
            self._ask(found)
            best = self._best(found)
            if self._over(best):
                break
            found = self._both(nodes, turns)
            best = self._best(found)
        return self._best(found)

    def _over(self, best: Answer) -> bool:
        """Whether to end; if the clock says so, wherever that was, the answer has to say it too."""
        self.search.by_clock |= self.limits.deadline()
        return _done(best, self.limits)

    def _stages(self) -> Iterator[tuple[int, int]]:
        """Nodes in all and walks of each stage."""
        if not self._large():
            nodes, step, turns = FIRST, 3 * FIRST, 1
        elif self.search.model is None:
            nodes, step, turns = 0, FIRST, 2
        else:
            nodes, step, turns = FIRST, 8, 3
        while nodes < self.limits.nodes:
            nodes = min(self.limits.nodes, nodes + step)
            yield nodes, turns
            turns = min(3, turns + 1)
            if self.search.model is None:
                step = max(step, nodes // 2)
        yield nodes, turns

    def _both(self, nodes: int, turns: int) -> Found:
        """One stage of the tree beside walks; the walks are dropped where the tree alone is enough."""
        if self.walker is None:
            self.walker = Walker(
                self.problem, self.limits, self.primal, self.search.prices(), self.search.model
            )
        walker = self.walker
        if self.primal.plan is not None:
            walker.primal.offer(self.primal.plan)
        walking = beside(walker.run, turns)
        found = self.search.run(nodes)
        if _done(self._best(found), self.limits) and not self.limits.deadline():
            walker.stopped = True
            return found
        walking.result()
        self.search.by_clock |= self.limits.deadline()
        self._offer(walker.primal.plan)
        return found

    def _large(self) -> bool:
        return len(self.problem.arcs) > MIP_ARCS

    def _offer(self, plan: Plan | None) -> None:
        if plan is not None:
            self.primal.offer(plan)

    def _ask(self, found: Found) -> None:
        """The MIP solver on a kernel of a large problem; our own walks keep whole what may be split at a price."""
        may_split = len(self.primal.units) < self.problem.rows
        if self._large() and (self.search.model is None or may_split):
            self.primal.shake(self.limits.deadline, min(300, max(20, 2_000_000 // len(self.problem.arcs))))
            self._settle()
            if self.search.model is not None or self.primal.plan is None:
                polish(self.problem, self.limits, self.primal, found)

    def _settle(self) -> None:
        """The sites of the incumbent and of the most promising nodes, each set once."""
        sets = self.search.promising(PROMISING)
        if self.primal.plan is not None:
            sets.append(self.primal.plan.is_open)
        for sites in sets:
            if sites.tobytes() in self.settled or self.limits.deadline():
                continue
            self.settled.add(sites.tobytes())
            settle(self.problem, self.limits, self.primal, sites)

    def _best(self, found: Found) -> Answer:
        found = replace(found, by_clock=self.search.by_clock)
        own = _answer(self.problem, self.limits, self.primal, found)
        if self.other is None:
            return own
        if self.other.status == "infeasible":
            return self.other if own.plan is None else own  # a plan at hand disproves it
        return _better(own, self.other, self.limits)


def _uncovered(problem: AssignmentProblem) -> bool:
    covered = np.zeros(problem.rows + 1, np.int64)
    np.add.at(covered, problem.arcs.first, 1)
    np.add.at(covered, problem.arcs.last, -1)
    return bool((np.cumsum(covered)[:-1] == 0).any())


def _trivial(problem: AssignmentProblem) -> Answer:
    """No rows: open what must be open. A row without any choice: infeasible."""
    if problem.rows and (not len(problem.arcs) or _uncovered(problem)):
        return Answer(problem, lower_bound(problem), "infeasible", "solver")
    return solve_highs(problem, Limits())


def _done(answer: Answer, limits: Limits) -> bool:
    if answer.status == "infeasible" or limits.deadline():
        return True
    return answer.gap_ppm is not None and answer.gap_ppm <= limits.gap_ppm


def _answer(problem: AssignmentProblem, limits: Limits, primal: Primal, found: Found) -> Answer:
    if primal.plan is None and found.is_complete and found.bound >= 2**62:
        return Answer(problem, lower_bound(problem), "infeasible", "verified", None, found.certificate)
    bound = found.bound if primal.objective is None else min(found.bound, primal.objective)
    status: Status = "time_limit" if found.by_clock else "work_limit"
    if primal.objective is not None:
        if bound >= primal.objective:
            status = "optimal"
        elif gap_ppm(primal.objective, bound, problem.common_cost) <= limits.gap_ppm:
            status = "gap_limit"
    repeats = not found.by_clock
    return Answer(problem, bound, status, "verified", primal.plan, found.certificate, repeats)


def _better(own: Answer, other: Answer, limits: Limits) -> Answer:
    """The better plan under the better bound; ours wins a tie, because it can be checked."""
    plans = [a for a in (own, other) if a.objective is not None]
    plan = min(plans, key=lambda a: a.objective or 0).plan if plans else None
    disproved = own.objective is not None and other.bound > own.objective
    base = own if own.bound >= other.bound or disproved else other
    status: Status = "work_limit" if own.repeats and other.repeats else "time_limit"
    if plan is not None:
        objective = min(a.objective for a in plans if a.objective is not None)
        if base.bound >= objective:
            status = "optimal"
        elif gap_ppm(objective, base.bound, own.problem.common_cost) <= limits.gap_ppm:
            status = "gap_limit"
    return Answer(
        own.problem,
        base.bound,
        status,
        base.bound_kind,
        plan,
        base.certificate,
        own.repeats and other.repeats,
    )


def polish(problem: AssignmentProblem, limits: Limits, primal: Primal, found: Found) -> None:
    """A kernel MIP: the sites and arcs that prices and plans speak for, solved from the best plan on."""
    root, relax, arcs = found.root, found.relaxation, problem.arcs
    inside = arcs.site >= 0
    used = root.mean_y > 0.02
    chosen = np.zeros(len(arcs), bool)
    if primal.plan is not None:
        used |= primal.plan.is_open
        chosen[np.unique(primal.plan.row_arc)] = True
    reduced = np.empty(len(arcs), np.int64)
    reduced[relax.order] = relax.reduced(root.proved_rows, root.proved_sides)
    allowed = ~inside
    allowed[inside] = used[arcs.site[inside]]
    order = np.argsort(np.where(allowed, reduced, np.iinfo(np.int64).max), kind="stable")
    chosen[order[: min(KERNEL_ARCS, int(allowed.sum()))]] = True
    cheapest = np.argsort(reduced, kind="stable")
    seen = np.zeros(problem.rows, np.int8)
    for a in cheapest[allowed[cheapest]].tolist():
        row = int(arcs.first[a])
        if seen[row] < 3:
            seen[row] += 1
            chosen[a] = True
    keep = np.flatnonzero(chosen)
    kernel = restrict(problem, keep, np.flatnonzero(~used))
    few = replace(limits, mip_nodes=min(limits.mip_nodes, 100))
    if primal.plan is not None:
        offer_from(kernel, keep, problem, few, primal)
        return
    answer = solve_highs(kernel, few)
    if answer.plan is not None:
        primal.offer(Plan(keep[answer.plan.row_arc], answer.plan.is_open))
