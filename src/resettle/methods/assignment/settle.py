"""Everything into given sites: the linear programme first, then whole choices among what its prices leave open.

Once it is decided which sites open, what is left is a generalised assignment problem. Its linear programme
splits at most a few rows a site, so that the arcs of small reduced cost hold a plan very near to it, even where the
sites are full to the last place and a greedy placement finds no room at all.
"""

from __future__ import annotations

from dataclasses import replace

import highspy
import numpy as np

from resettle.methods.assignment.answer import Plan
from resettle.methods.assignment.highs import cost_scale, linear_model, quiet_solver, solve_highs
from resettle.methods.assignment.neighbourhood import restrict, silent
from resettle.methods.assignment.primal import Primal
from resettle.methods.assignment.problem import AssignmentProblem, Flags, Ints, Limits

MOST_ARCS = 60_000
"""Beyond this many arcs into the sites the linear programme takes too long."""
NODES = 5
GAP_PPM = 100
"""Of the whole cost of the plan: nearer is not worth the time of one set of sites among many."""
SPARE = 600
"""Arcs beyond two a row."""


def settle(problem: AssignmentProblem, limits: Limits, primal: Primal, sites: Flags) -> bool:
    """Whether a better plan came of opening just these sites (and what is fixed)."""
    sites = sites | problem.fixed_open
    arcs = problem.arcs
    keep = np.flatnonzero((arcs.site < 0) | sites[arcs.site])
    opened = int(sites.sum())
    if not opened or len(keep) > MOST_ARCS or not problem.open_min <= opened <= problem.open_max:
        return False
    closed = np.flatnonzero(~sites)
    part = replace(restrict(problem, keep, closed), fixed_open=sites)
    cheap = _cheap(part, primal.objective)
    if cheap is None:
        return False
    keep = keep[cheap]
    before = primal.objective
    few = replace(limits, gap_ppm=GAP_PPM, mip_nodes=min(limits.mip_nodes, NODES), progress=silent)
    answer = solve_highs(replace(restrict(problem, keep, closed), fixed_open=sites), few)
    if answer.plan is None:
        return False
    primal.offer(Plan(keep[answer.plan.row_arc], answer.plan.is_open))
    return before is None or (primal.objective is not None and primal.objective < before)


def _cheap(part: AssignmentProblem, best: int | None) -> Ints | None:
    """The arcs of least reduced cost, about two a row; ``None`` if these sites hold no plan better than the best."""
    scale = cost_scale(part)
    solver = quiet_solver()
    for name, value in (("output_flag", False), ("threads", 1), ("random_seed", 1)):
        solver.setOptionValue(name, value)
    solver.passModel(linear_model(part, scale))
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    if best is not None and solver.getInfo().objective_function_value * scale >= best:
        return None
    reduced = np.asarray(solver.getSolution().col_dual, float)[: len(part.arcs)]
    rank = np.argsort(reduced, kind="stable")
    return np.sort(rank[: 2 * part.rows + SPARE])
