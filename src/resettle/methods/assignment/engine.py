"""The one door to the solvers: a portfolio that shares incumbent and bound."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from resettle.methods.assignment.answer import Answer, Plan, Status, gap_ppm
from resettle.methods.assignment.highs import lower_bound, solve_highs
from resettle.methods.assignment.neighbourhood import Neighbourhoods, offer_from, restrict
from resettle.methods.assignment.primal import Primal
from resettle.methods.assignment.problem import AssignmentProblem, Limits
from resettle.methods.assignment.search import Found, Search
from resettle.methods.assignment.strong import Floats, strong_prices, worth_asking

MIP_ARCS = 4_000
"""The whole problem goes to the MIP solver only up to about this many arcs."""
MIP_ARCS_WITH_SIDES = 15_000
"""With budgets the MIP solver is the stronger partner (measured), so larger problems go to it too."""
KERNEL_ARCS = 6_000
ROUNDS = 6
"""Rounds of wandering between two stages of the tree."""


def solve(
    problem: AssignmentProblem,
    limits: Limits = Limits(),  # noqa: B008
    start: Plan | None = None,
) -> Answer:
    """The best answer within the limits, with its bound and certificates.

    Our own tree in stages; between them, while the gap is too wide, the MIP solver (once on the whole
    problem if it is small, else on a kernel of promising sites and arcs, for a better plan only) and a
    shaken local search. The better bound is reported and its kind said.

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
    strong = strong_prices(problem) if worth_asking(problem) else None
    if strong is not None:
        primal.price_sides(strong.sides)
        for share in (0.5, 0.25, 0.1):
            primal.attempt(strong.site_share > share)
        primal.attempt(np.ones(problem.sites, bool))
    search = Search(problem, limits, primal, strong)
    near: Neighbourhoods | None = None
    other: Answer | None = None
    most = MIP_ARCS_WITH_SIDES if len(problem.side_limit) else MIP_ARCS
    for stage in (*(s for s in (10, 60, 300, 1500, 5000) if s < limits.nodes), limits.nodes):
        found = search.run(stage)
        best = _answer(problem, limits, primal, found)
        best = best if other is None else _better(best, other)
        # A complete tree may still leave a gap at leaves where nothing is left to branch on.
        if _done(best, limits) or (found.is_complete and (other is not None or len(problem.arcs) > most)):
            return best
        # Measured: without side rows the walk finds what the kernel finds anyway, for most of the time.
        wanders = strong is not None and len(problem.side_limit) > 0 and len(problem.arcs) > MIP_ARCS
        if wanders and primal.plan is not None:
            assert strong is not None
            near = near or Neighbourhoods(problem, limits, primal)
            wander(primal, near, limits, strong.sides)
            best = _answer(problem, limits, primal, found)
            if _done(best, limits):
                return best
        if other is None and len(problem.arcs) <= most:
            other = solve_highs(problem, limits, primal.plan)
            if other.status == "infeasible":
                return other
            if other.plan is not None:
                primal.offer(other.plan)
        elif len(problem.arcs) > most:
            primal.shake(limits.deadline, max(20, 2_000_000 // len(problem.arcs)))
            polish(problem, limits, primal, found)
        best = _answer(problem, limits, primal, found)
        best = best if other is None else _better(best, other)
        if _done(best, limits):
            return best
    return best


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


def _better(own: Answer, other: Answer) -> Answer:
    """The better plan under the better bound; ours wins a tie, because it can be checked."""
    plans = [a for a in (own, other) if a.objective is not None]
    plan = min(plans, key=lambda a: a.objective or 0).plan if plans else None
    base = own if own.bound >= other.bound else other
    status: Status = base.status
    if plan is not None:
        objective = min(a.objective for a in plans if a.objective is not None)
        status = "optimal" if base.bound >= objective else status
    return Answer(
        own.problem,
        base.bound,
        status,
        base.bound_kind,
        plan,
        base.certificate,
        own.repeats and other.repeats,
    )


def wander(primal: Primal, near: Neighbourhoods, limits: Limits, side: Floats) -> None:
    """Rounds of walking, solving neighbourhoods and shaking, each from the best plan so far."""
    for turn in range(ROUNDS):
        if limits.deadline():
            return
        primal.walk(primal.places(), 2 * side, heat=(0.05, 0.3, 0.1)[turn % 3])
        near.run(3)
        primal.price_sides(side * (1.0, 0.85, 1.15)[turn % 3])
        primal.shake(limits.deadline, 3)


def polish(problem: AssignmentProblem, limits: Limits, primal: Primal, found: Found) -> None:
    """A kernel MIP: the sites and arcs that prices and plans speak for, solved from the best plan on."""
    root, relax, arcs = found.root, found.relaxation, problem.arcs
    inside = arcs.site >= 0
    used = root.mean_y > 0.02
    chosen = np.zeros(len(arcs), bool)
    if primal.plan is not None:
        used |= primal.plan.is_open
        chosen[np.unique(primal.plan.row_arc)] = True
    prefix = np.concatenate([np.zeros(1, np.int64), np.cumsum(root.proved_rows)])
    reduced = relax.cost - (prefix[arcs.last] - prefix[arcs.first])
    if len(root.proved_sides):
        reduced = reduced + root.proved_sides @ problem.side_arc
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
