"""One rival on one problem, in a process and an environment of its own; started by ``run.py rivals``.

    rival.py scip|cpsat|spopt PROBLEM.npz GAP_PERCENT SECONDS

The problem is ``cost`` (rows, sites), ``demand``, ``capacity``, ``fixed`` and ``p`` (0: as many sites as pay). The
models are written as each rival's own manual writes them, with the rows ``x <= y``. One JSON line comes back.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import numpy as np


def scip(data: Any, gap: float, seconds: float) -> tuple[float | None, float | None]:
    """Indicator-free textbook model in SCIP."""
    from pyscipopt import Model, quicksum

    cost, demand, capacity, fixed = data["cost"], data["demand"], data["capacity"], data["fixed"]
    n, m = cost.shape
    model = Model()
    model.hideOutput()
    y = [model.addVar(vtype="B", obj=float(fixed[j])) for j in range(m)]
    x = [[model.addVar(vtype="B", obj=float(cost[i, j])) for j in range(m)] for i in range(n)]
    for i in range(n):
        model.addCons(quicksum(x[i]) == 1)
    for j in range(m):
        model.addCons(quicksum(int(demand[i]) * x[i][j] for i in range(n)) <= int(capacity[j]) * y[j])
        for i in range(n):
            model.addCons(x[i][j] <= y[j])
    if data["p"]:
        model.addCons(quicksum(y) == int(data["p"]))
    model.setParam("limits/time", seconds)
    model.setParam("limits/gap", gap / 100)
    model.optimize()
    found = model.getNSols() > 0
    return (model.getObjVal() if found else None), model.getDualbound()


def cpsat(data: Any, gap: float, seconds: float) -> tuple[float | None, float | None]:
    """Exactly-one and capacity rows in CP-SAT, two workers."""
    from ortools.sat.python import cp_model

    cost, demand, capacity, fixed = data["cost"], data["demand"], data["capacity"], data["fixed"]
    n, m = cost.shape
    model = cp_model.CpModel()
    y = [model.new_bool_var("") for _ in range(m)]
    x = [[model.new_bool_var("") for _ in range(m)] for _ in range(n)]
    for i in range(n):
        model.add_exactly_one(x[i])
        for j in range(m):
            model.add_implication(x[i][j], y[j])
    for j in range(m):
        used = cp_model.LinearExpr.weighted_sum([x[i][j] for i in range(n)], demand.tolist())
        model.add(used <= int(capacity[j]) * y[j])
    if data["p"]:
        model.add(sum(y) == int(data["p"]))
    flat = [v for row in x for v in row]
    model.minimize(
        cp_model.LinearExpr.weighted_sum(flat, cost.ravel().tolist())
        + cp_model.LinearExpr.weighted_sum(y, fixed.tolist())
    )
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.relative_gap_limit = gap / 100
    solver.parameters.num_workers = 2
    status = solver.solve(model)
    found = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
    return (solver.objective_value if found else None), solver.best_objective_bound


def spopt(data: Any, gap: float, seconds: float) -> tuple[float | None, float | None]:
    """Its capacitated p-median with the solver it recommends, CBC; it states no bound of its own."""
    import pulp
    from spopt.locate import PMedian

    # It multiplies cost by weight and counts weight against capacity; the sets want cost alone.
    model = PMedian.from_cost_matrix(
        data["cost"] / data["demand"][:, None],
        data["demand"].astype(float),
        int(data["p"]),
        facility_capacities=data["capacity"].astype(float),
    )
    solved = model.solve(pulp.PULP_CBC_CMD(msg=False, gapRel=gap / 100, timeLimit=seconds, threads=2))
    value = pulp.value(solved.problem.objective)
    return (None if value is None else float(value)), None


def main() -> None:
    """Solve and print."""
    name, path, gap, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3]), float(sys.argv[4])
    data = np.load(path)
    start = time.perf_counter()
    objective, bound = {"scip": scip, "cpsat": cpsat, "spopt": spopt}[name](data, gap, seconds)
    print(json.dumps({"objective": objective, "bound": bound, "seconds": time.perf_counter() - start}))


if __name__ == "__main__":
    main()
