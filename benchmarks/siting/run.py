"""Time the siting engine on the benchmark sets beside HiGHS; one JSON line per run.

    python benchmarks/siting/run.py capa capa_highs county sized small cpmp rivals tb1 large allot --out FILE [--cap 150]

A rival is stopped at ``--cap`` seconds and counts as that long. Ours works on two threads, HiGHS on one;
compiled kernels are warmed first. ``--busy`` counts processor time: on a machine that others use, the wall
says more of them than of the solver. It is the time two free cores would take if both threads are always busy, and
less than that where one waits for the other. Wall-clock limits only serve these tables: in the product, work
limits end a run.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import replace
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


class Watch:
    """Seconds since it was made: of the wall, or of two cores: half the process' processor time, no less than the main thread's.

    Each run has its own. The greater of two totals since the process began would leave out what a second thread
    does after the main thread worked alone for a while, as it does while kernels compile or HiGHS runs.
    """

    def __init__(self) -> None:
        self.wall, self.main, self.all = time.perf_counter(), time.clock_gettime(MAIN), time.process_time()

    def __call__(self) -> float:
        if not BUSY:
            return time.perf_counter() - self.wall
        return max(time.clock_gettime(MAIN) - self.main, (time.process_time() - self.all) / 2)


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
    watch, wall = Watch(), time.perf_counter()
    limits = Limits(
        gap_ppm=round(gap * 10_000),
        nodes=10**6,
        mip_nodes=10**9,
        deadline=lambda: watch() > cap,
    )
    answer = (OURS if solver == "resettle" else solve_highs)(problem, limits)
    seconds, wall = watch(), time.perf_counter() - wall
    checked = None
    if solver == "resettle" and answer.certificate is not None and answer.bound_kind == "verified":
        checking = Watch()
        proved = verified_bound(problem, answer.certificate)
        assert proved >= answer.bound, (proved, answer.bound)
        checked = round(checking(), 2)
    line = {
        "group": group,
        "instance": name,
        "solver": solver,
        "goal_gap_percent": gap,
        "cap_s": cap,
        "clock": "processor" if BUSY else "wall",
        "seconds": round(seconds, 2),
        "wall_s": round(wall, 2),
        "load": round(os.getloadavg()[0], 1),
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
    for k, share in ((1, 0.8), (4, 1.25)):  # others of the family: other capacities
        problem, factor = instances.sscflp("Lib_3_2", f"p{k}")
        other = replace(problem, capacity=np.floor(problem.capacity * share).astype(np.int64))
        for gap in (1.0, 0.1):
            timed(out, "capa", f"capa{k}, capacities x {share}", other, factor, "resettle", gap, 60)


def capa_highs(out: Any, cap: float) -> None:
    for k in range(1, 5):
        problem, factor = instances.sscflp("Lib_3_2", f"p{k}")
        timed(out, "capa", f"capa{k}", problem, factor, "highs", 1.0, cap)


def county(out: Any, cap: float) -> None:
    for seed in (11, 12, 13):
        timed(out, "county", f"seed {seed}", instances.county(seed), 1000, "resettle", 0.3, 60)
    timed(out, "county", "seed 11", instances.county(11), 1000, "highs", 1.0, cap)


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
    for k in (1, 2, 3):
        for solver in ("resettle", "highs"):
            timed(out, "cpmp", f"cpmp{k:02d}", instances.cpmp(k), 1, solver, 0.1, min(cap, 60))
    for k in (1,):
        for solver in ("resettle", "highs"):
            timed(out, "cpmp", f"SJC{k}", instances.sjc(k), 100, solver, 0.1, min(cap, 60))


SAMPLE = (("Lib_2", 1), ("Lib_2", 13), ("Lib_2", 25), ("Lib_2", 41), ("Lib_2", 56))
"""Five of Holmberg's, of rising size."""


def rivals(out: Any, cap: float) -> None:
    """SCIP and CP-SAT on capa to 1% and on five of Holmberg's to the optimum; spopt on p-medians to 0.1%."""
    for folder, k in (*SAMPLE, *(("Lib_3_2", k) for k in range(1, 5))):
        problem, factor = instances.sscflp(folder, f"p{k}")
        for name in ("scip", "cpsat"):
            beside(out, name, f"{folder}/p{k}", problem, factor, 1.0 if folder == "Lib_3_2" else 0.0, cap)
    for name, problem, factor in (
        *((f"cpmp{k:02d}", instances.cpmp(k), 1) for k in (1, 2, 3)),
        ("SJC1", instances.sjc(1), 100),
    ):
        beside(out, "spopt", name, problem, factor, 0.1, cap)


def beside(
    out: Any, rival: str, name: str, problem: AssignmentProblem, factor: int, gap: float, cap: float
) -> None:
    """One rival in a process of its environment, ended from outside where it does not end itself."""
    home = Path(__file__).parents[1] / "measured" / "siting" / rival / "bin" / "python"
    python = Path(os.environ.get(f"RIVAL_{rival.upper()}", home))
    line: dict[str, Any] = {"group": "rivals", "instance": name, "solver": rival, "goal_gap_percent": gap}
    if not python.exists():
        print(
            json.dumps({**line, "status": "no environment: make bench-siting makes it"}), file=out, flush=True
        )
        return
    arcs = problem.arcs
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "problem.npz"
        np.savez(
            path,
            cost=arcs.cost.reshape(problem.rows, problem.sites),
            demand=problem.row_demand[:, 0],
            capacity=problem.capacity[:, 0],
            fixed=problem.site_cost,
            p=problem.open_max if problem.open_max < problem.sites else 0,
        )
        start = time.perf_counter()
        try:
            said = subprocess.run(
                [python, Path(__file__).with_name("rival.py"), rival, path, str(gap), str(cap)],
                capture_output=True,
                timeout=cap + 5,
                check=True,
            ).stdout
            found = json.loads(said.splitlines()[-1])
            status = "ended" if found["seconds"] < cap else "stopped"
        except subprocess.TimeoutExpired:
            found, status = {}, "stopped"
        except subprocess.CalledProcessError as error:
            found, status = {}, f"failed: {error.stderr.decode()[-200:]}"
        seconds = cap if status != "ended" else time.perf_counter() - start
    values = {k: None if found.get(k) is None else found[k] / factor for k in ("objective", "bound")}
    line |= {"cap_s": cap, "clock": "wall", "seconds": round(seconds, 2), **values, "status": status}
    print(json.dumps(line), file=out, flush=True)


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
    groups = {
        f.__name__: f for f in (capa, capa_highs, county, sized, small, cpmp, rivals, tb1, large, allot)
    }
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
