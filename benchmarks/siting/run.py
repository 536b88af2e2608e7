"""Time the siting engine on the benchmark sets beside HiGHS; one JSON line per run.

    python benchmarks/siting/run.py capa county sized small cpmp tb1 large allot --out FILE [--cap 150]

A rival is stopped at ``--cap`` seconds and counts as that long. Ours works on two threads, HiGHS on one;
compiled kernels are warmed first. ``--busy`` counts processor time: on a machine that others use, the wall
says more of them than of the solver. It is the time two free cores would take if both threads are always busy, and
less than that where one waits for the other. Wall-clock limits only serve these tables: in the product, work
limits end a run.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
import instances

from resettle.methods.assignment import Answer, AssignmentProblem, Limits
from resettle.methods.assignment.engine import solve
from resettle.methods.assignment.highs import solve_highs
from resettle.methods.assignment.special import p_median
from resettle.methods.assignment.verify import verified_bound
from resettle.methods.matching import chances, match_classes, serial_order

MAIN = time.pthread_getcpuclockid(threading.main_thread().ident or 0)
BUSY = "--busy" in sys.argv
"""Count processor time instead of the wall's, for machines that others use too."""


def clock() -> float:
    """Seconds of the wall, or of two cores: half the process' processor time, no less than the main thread's."""
    if not BUSY:
        return time.perf_counter()
    return max(time.clock_gettime(MAIN), time.process_time() / 2)


OURS: Callable[[AssignmentProblem, Limits], Answer] = solve


def timed(
    out: Any,
    group: str,
    name: str,
    problem: AssignmentProblem,
    factor: int,
    solver: str,
    gap: float,
    cap: float,
) -> Answer:
    """Run one solver to a gap (percent) or the cap, and write the line."""
    start = clock()
    limits = Limits(
        gap_ppm=round(gap * 10_000),
        nodes=10**6,
        mip_nodes=10**9,
        deadline=lambda: clock() - start > cap,
    )
    answer = (OURS if solver == "resettle" else solve_highs)(problem, limits)
    seconds = clock() - start
    checked = None
    if solver == "resettle" and answer.certificate is not None and answer.bound_kind == "verified":
        start_check = clock()
        proved = verified_bound(problem, answer.certificate)
        assert proved >= answer.bound, (proved, answer.bound)
        checked = round(clock() - start_check, 2)
    line = {
        "group": group,
        "instance": name,
        "solver": solver,
        "goal_gap_percent": gap,
        "cap_s": cap,
        "clock": "processor" if BUSY else "wall",
        "seconds": round(seconds, 2),
        "objective": None if answer.objective is None else answer.objective / factor,
        "bound": answer.bound / factor,
        "gap_percent": None if answer.gap_ppm is None else answer.gap_ppm / 10_000,
        "status": answer.status,
        "bound_kind": answer.bound_kind,
        "verify_s": checked,
    }
    print(json.dumps(line), file=out, flush=True)
    return answer


def capa(out: Any, cap: float) -> None:
    for k in range(1, 5):
        problem, factor = instances.sscflp("Lib_3_2", f"p{k}")
        for gap in (1.0, 0.1):
            timed(out, "capa", f"capa{k}", problem, factor, "resettle", gap, 60)
    for k in range(1, 5):
        problem, factor = instances.sscflp("Lib_3_2", f"p{k}")
        timed(out, "capa", f"capa{k}", problem, factor, "highs", 1.0, cap)


def county(out: Any, cap: float) -> None:
    for seed in (1, 2, 3, 4, 5):
        timed(out, "county", f"seed {seed}", instances.county(seed), 1000, "resettle", 0.3, 60)
    for seed in (1, 2):
        timed(out, "county", f"seed {seed}", instances.county(seed), 1000, "highs", 1.0, cap)


def sized(out: Any, cap: float) -> None:
    for seed in (1, 2, 3):
        cheapest = solve(instances.sized_county(seed), Limits(gap_ppm=30_000, nodes=200))
        budget = cheapest.bound * 11 // 10
        problem = instances.sized_county(seed, budget)
        timed(out, "five sizes and budget", f"seed {seed}", problem, 1000, "resettle", 0.3, 60)
        if seed == 1:
            timed(out, "five sizes and budget", f"seed {seed}", problem, 1000, "highs", 1.0, cap)


def small(out: Any, cap: float) -> None:
    for folder, names in (("Lib_3_1", range(1, 25, 3)), ("Lib_2", range(1, 72, 5))):
        for k in names:
            problem, factor = instances.sscflp(folder, f"p{k}")
            for solver in ("resettle", "highs"):
                timed(out, folder, f"p{k}", problem, factor, solver, 0.0, min(cap, 60))


def cpmp(out: Any, cap: float) -> None:
    for k in (1, 6, 11, 16, 20):
        for solver in ("resettle", "highs"):
            timed(out, "cpmp", f"cpmp{k:02d}", instances.cpmp(k), 1, solver, 0.1, min(cap, 60))
    for k in (1, 2):
        for solver in ("resettle", "highs"):
            timed(out, "cpmp", f"SJC{k}", instances.sjc(k), 100, solver, 0.1, min(cap, 60))


def tb1(out: Any, cap: float) -> None:
    for k in (1, 6):
        problem, factor = instances.sscflp("Lib_5_1", f"p{k}")
        timed(out, "TB1", f"i300_{k}", problem, factor, "resettle", 0.3, 60)


def large(out: Any, cap: float) -> None:
    timed(out, "20,000 x 1,000", "seed 3", instances.large(3), 1000, "resettle", 1.0, 60)


def allot(out: Any, cap: float) -> None:
    """100,000 households over 30 classes with wishes, sizes and access (synthetic)."""
    r = np.random.default_rng(1)
    n, c = 100_000, 30
    size, home = r.integers(1, 6, n), np.repeat(np.arange(1, 6), 6)
    cost = 40 * np.maximum(0, size[:, None] - home[None, :]) + r.integers(0, 20, (n, c))
    cost = np.where(home[None, :] <= size[:, None], cost, -1).astype(np.int64)
    count = r.multinomial(n - 500, np.ones(c) / c).astype(np.int64)
    leave = np.full(n, 10**6, np.int64)
    start = time.perf_counter()
    best = match_classes(cost, count, leave)
    flow_s = time.perf_counter() - start
    proved = best.bound(cost, count, leave) == best.cost
    start = time.perf_counter()
    taken = serial_order(cost, count, r.permutation(n).astype(np.int64))
    order_s = time.perf_counter() - start
    start = time.perf_counter()
    chances(cost, count, np.zeros(n, np.int64), 20, 1)
    placed = taken >= 0
    line = {
        "group": "allotment",
        "instance": f"{n} households, {c} classes, all wishes different",
        "solver": "resettle",
        "seconds": round(flow_s, 2),
        "order_s": round(order_s, 2),
        "chances_20_orders_s": round(time.perf_counter() - start, 2),
        "optimum": best.cost,
        "proved": proved,
        "order_cost": int(cost[np.flatnonzero(placed), taken[placed]].sum() + leave[~placed].sum()),
        "unplaced_order": int((~placed).sum()),
        "unplaced_optimum": int((best.taken < 0).sum()),
    }
    print(json.dumps(line), file=out, flush=True)


def main() -> None:
    """Run the named groups."""
    groups = {f.__name__: f for f in (capa, county, sized, small, cpmp, tb1, large, allot)}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("groups", nargs="*", choices=[*groups, []], default=list(groups))
    parser.add_argument("--out", default="-")
    parser.add_argument("--cap", type=float, default=150)
    parser.add_argument("--busy", action="store_true", help="count processor time, not the wall's")
    given = parser.parse_args()
    solve(p_median(np.array([[0, 4], [4, 0], [1, 5]]), 1))
    out = sys.stdout if given.out == "-" else Path(given.out).open("a")  # noqa: SIM115
    for name in given.groups:
        groups[name](out, given.cap)


if __name__ == "__main__":
    main()
