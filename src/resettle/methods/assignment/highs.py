"""HiGHS behind the one interface: same problem in, same kind of answer out, its bound marked ``solver``."""

from __future__ import annotations

import math
import os
import sys
import threading
from dataclasses import dataclass

import highspy
import numpy as np
import numpy.typing as npt
from scipy import sparse

from resettle.methods.assignment.answer import Answer, Plan, Status, gap_ppm
from resettle.methods.assignment.certificate import plan_faults, plan_objective
from resettle.methods.assignment.prices import row_floors
from resettle.methods.assignment.problem import AssignmentProblem, Ints, Limits

STRONG_ROWS_BELOW = 10_000
"""Rows ``x <= y`` pay only below about this many arcs (measured)."""
UNKNOWN = 1e30
"""A bound of the solver beyond this says that there is none yet."""

INFEASIBLE = (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible)
ANSWERED = (
    *INFEASIBLE,
    highspy.HighsModelStatus.kOptimal,
    highspy.HighsModelStatus.kInterrupt,
    highspy.HighsModelStatus.kSolutionLimit,
    highspy.HighsModelStatus.kModelEmpty,
)
"""In any other state what the solver holds (an objective of 0, a bound of 0) is no answer."""


@dataclass(frozen=True)
class Rows:
    """A sparse constraint block with its limits."""

    matrix: sparse.csr_matrix
    low: npt.NDArray[np.float64]
    high: npt.NDArray[np.float64]


def build_rows(problem: AssignmentProblem, strong_below: int = STRONG_ROWS_BELOW) -> Rows:
    """Constraints of the problem over ``[arcs, sites]``, with the surrogate capacity row and its right D."""
    arcs, n, m, count = problem.arcs, problem.rows, problem.sites, len(problem.arcs)
    length = arcs.last - arcs.first
    arc_of = np.repeat(np.arange(count), length)
    row_of = np.concatenate(
        [np.arange(a, b) for a, b in zip(arcs.first, arcs.last, strict=True)] or [np.zeros(0, np.int64)]
    )
    blocks, low, high = [], [], []

    def add(matrix: sparse.spmatrix, lower: npt.ArrayLike, upper: npt.ArrayLike) -> None:
        blocks.append(sparse.csr_matrix(matrix))
        size = matrix.shape[0]
        low.append(np.broadcast_to(np.asarray(lower, float), (size,)))
        high.append(np.broadcast_to(np.asarray(upper, float), (size,)))

    cover = sparse.coo_matrix((np.ones(len(arc_of)), (row_of.astype(int), arc_of)), shape=(n, count))
    add(sparse.hstack([cover, sparse.csr_matrix((n, m))]), 1, 1)
    inside = np.flatnonzero(arcs.site >= 0)
    weight = problem.arc_weight()
    for k in range(problem.resources):
        use = sparse.coo_matrix((weight[inside, k], (arcs.site[inside], inside)), shape=(m, count))
        add(sparse.hstack([use, sparse.diags(-problem.capacity[:, k].astype(float))]), -np.inf, 0)
    zero = (weight[inside] == 0).all(axis=1)
    choosing = ~problem.fixed_open[arcs.site[inside]]  # where a site is open anyhow the row says nothing
    few = int(choosing.sum()) <= strong_below
    linked = inside[choosing if few else choosing & zero]
    if len(linked):
        pick = np.arange(len(linked))
        left = sparse.coo_matrix((np.ones(len(linked)), (pick, linked)), shape=(len(linked), count))
        right = sparse.coo_matrix((-np.ones(len(linked)), (pick, arcs.site[linked])), shape=(len(linked), m))
        add(sparse.hstack([left, right]), -np.inf, 0)
    need = problem.must_place()
    for k in range(problem.resources):
        if need[k] > 0:
            caps = sparse.csr_matrix(np.minimum(problem.capacity[:, k], need[k])[None, :].astype(float))
            add(sparse.hstack([sparse.csr_matrix((1, count)), caps]), float(need[k]), np.inf)
    if problem.open_min > 0 or problem.open_max < m:
        ones = sparse.csr_matrix(np.ones((1, m)))
        add(sparse.hstack([sparse.csr_matrix((1, count)), ones]), problem.open_min, problem.open_max)
    if len(problem.side_limit):
        side = np.hstack([problem.side_arc, problem.side_site]).astype(float)
        add(sparse.csr_matrix(side), -np.inf, problem.side_limit.astype(float))
    return Rows(sparse.vstack(blocks, format="csr"), np.concatenate(low), np.concatenate(high))


def linear_model(
    problem: AssignmentProblem, scale: float, strong_below: int = STRONG_ROWS_BELOW
) -> highspy.HighsLp:
    """The linear relaxation, costs divided by ``scale``; rows ``x <= y`` below this many arcs."""
    count, m = len(problem.arcs), problem.sites
    rows = build_rows(problem, strong_below)
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = count + m, rows.matrix.shape[0]
    lp.col_cost_ = np.concatenate([problem.arcs.cost, problem.site_cost]).astype(float) / scale
    lp.col_lower_ = np.concatenate([np.zeros(count), problem.fixed_open.astype(float)])
    lp.col_upper_ = np.ones(count + m)
    lp.row_lower_, lp.row_upper_ = rows.low, rows.high
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = rows.matrix.indptr
    lp.a_matrix_.index_ = rows.matrix.indices
    lp.a_matrix_.value_ = rows.matrix.data
    return lp


def cost_scale(problem: AssignmentProblem) -> float:
    """A power of ten that brings the dearest single cost to about 1e6, where tolerances mean something."""
    top = max(int(np.abs(problem.arcs.cost).max(initial=0)), int(np.abs(problem.site_cost).max(initial=0)), 1)
    return 10.0 ** max(0, math.ceil(math.log10(top)) - 6)


_BANNER = threading.Lock()


def quiet_solver() -> highspy.Highs:
    """A solver made without its banner, which is written past Python and would spoil JSON on standard output."""
    with _BANNER:  # two threads at once would each restore the other's closed output
        sys.stdout.flush()
        kept = os.dup(1)
        try:
            with open(os.devnull, "w") as nowhere:  # noqa: PTH123
                os.dup2(nowhere.fileno(), 1)
                return highspy.Highs()  # type: ignore[no-untyped-call]
        finally:
            os.dup2(kept, 1)
            os.close(kept)


def solve_highs(problem: AssignmentProblem, limits: Limits = Limits(), start: Plan | None = None) -> Answer:  # noqa: B008
    """Solve with HiGHS: one thread, fixed seed, node and gap limits, the deadline as a backstop.

    The answer's objective is re-computed in whole numbers from the plan; the bound is HiGHS' own, taken
    down by its tolerance, and marked ``solver``.
    """
    scale = cost_scale(problem)
    highs = quiet_solver()
    options = {
        "output_flag": False,
        "log_to_console": False,
        "threads": 1,
        "random_seed": limits.seed % 2**31,
        "mip_max_nodes": limits.mip_nodes,
        "mip_rel_gap": limits.gap_ppm / 1e6 * _changeable(problem, start),
        "mip_abs_gap": 0.0 if limits.gap_ppm else 1e-9,
        "mip_feasibility_tolerance": 1e-7,
    }
    for name, value in options.items():
        highs.setOptionValue(name, value)
    model = linear_model(problem, scale)
    model.integrality_ = [highspy.HighsVarType.kInteger] * model.num_col_
    highs.passModel(model)
    if start is not None:
        solution = highspy.HighsSolution()
        chosen = np.zeros(len(problem.arcs))
        chosen[np.unique(start.row_arc)] = 1
        solution.col_value = np.concatenate([chosen, start.is_open.astype(float)]).tolist()
        highs.setSolution(solution)
    stopped = _watch(highs, limits, problem.common_cost / scale)
    if highs.run() == highspy.HighsStatus.kError:
        return _no_answer(problem)
    return _read(problem, limits, highs, scale, stopped)


def _no_answer(problem: AssignmentProblem) -> Answer:
    """Where the solver itself failed (threads at odds in one process, no memory): its zeros are no results."""
    return Answer(problem, lower_bound(problem), "work_limit", "solver", repeats=False)


def _changeable(problem: AssignmentProblem, start: Plan | None) -> float:
    """The share of the objective a plan can change: HiGHS measures its gap on the whole, we on this part."""
    if start is None:
        return 0.05  # nothing is known yet of what can change; better too narrow than a gap that says nothing
    objective = plan_objective(problem, start.row_arc, start.is_open)
    share = (objective - problem.common_cost) / objective if objective > 0 else 1.0
    return min(1.0, max(1e-6, share))


def _watch(highs: highspy.Highs, limits: Limits, common: float) -> list[bool]:
    """Let the deadline interrupt the solver, and our own gap; the list is filled if the deadline did.

    Args:
        common: what every plan pays, in the solver's unit. It knows nothing of it, so that without a plan to
            start from it would go on far beyond the gap that was asked for.
    """
    stopped: list[bool] = []

    def near(event: highspy.HighsCallbackEvent) -> None:
        top, low = event.data_out.mip_primal_bound, event.data_out.mip_dual_bound
        if limits.gap_ppm and top < UNKNOWN and low > -UNKNOWN:
            share = (top - low) / max(1e-9, abs(top - common))
            if share <= 0.999 * limits.gap_ppm / 1e6:
                event.interrupt()

    def interrupt(event: highspy.HighsCallbackEvent) -> None:
        if limits.deadline():
            stopped.append(True)
            event.interrupt()

    highs.cbMipInterrupt.subscribe(interrupt)
    highs.cbMipInterrupt.subscribe(near)
    highs.cbSimplexInterrupt.subscribe(interrupt)
    return stopped


def lower_bound(problem: AssignmentProblem) -> int:
    """A bound that needs no solver: the cheapest choice of every row and the fixed sites' costs."""
    fixed = problem.site_cost[problem.fixed_open]
    return int(row_floors(problem).sum()) + int(fixed.sum())


def _read(
    problem: AssignmentProblem, limits: Limits, highs: highspy.Highs, scale: float, stopped: list[bool]
) -> Answer:
    info, state = highs.getInfo(), highs.getModelStatus()
    if state not in ANSWERED:
        return _no_answer(problem)
    floor = lower_bound(problem)
    if state in INFEASIBLE:
        return Answer(problem, floor, "infeasible", "solver")
    dual = info.mip_dual_bound
    bound = floor
    if math.isfinite(dual):
        down = dual - max(1e-6, 1e-9 * abs(dual))
        bound = max(floor, math.ceil(down * scale - 1e-9))
    plan = _plan(problem, np.asarray(highs.getSolution().col_value))
    status: Status = "time_limit" if stopped else "work_limit"
    if plan is not None:
        objective = plan_objective(problem, plan.row_arc, plan.is_open)
        bound = min(bound, objective)
        if state == highspy.HighsModelStatus.kOptimal and limits.gap_ppm == 0:
            near = abs(objective / scale - dual) <= 1e-6 * max(1.0, abs(dual))
            bound = objective if near else bound
        gap = gap_ppm(objective, bound, problem.common_cost)
        if bound == objective:
            status = "optimal"
        elif gap <= limits.gap_ppm:  # HiGHS measures its gap on the whole objective; what is said is ours
            status = "gap_limit"
        limits.progress(objective, bound, gap)
    return Answer(problem, bound, status, "solver", plan, repeats=not stopped)


def _plan(problem: AssignmentProblem, values: npt.NDArray[np.float64]) -> Plan | None:
    """Read a plan off the solver's numbers; ``None`` unless it passes the plan certificate."""
    count = len(problem.arcs)
    if len(values) != count + problem.sites:
        return None
    row_arc: Ints = np.full(problem.rows, -1, np.int64)
    for arc in np.flatnonzero(values[:count] > 0.5):
        row_arc[problem.arcs.first[arc] : problem.arcs.last[arc]] = arc
    is_open = values[count:] > 0.5
    if (row_arc < 0).any():
        return None
    used = problem.arcs.site[row_arc]
    is_open[used[used >= 0]] = True
    return None if plan_faults(problem, row_arc, is_open) else Plan(row_arc, is_open)
