"""An answer as plain values, so that plan and bound can be checked elsewhere without a solver."""

from __future__ import annotations

from typing import Any

import numpy as np

from resettle.methods.assignment.answer import Answer
from resettle.methods.assignment.certificate import BoundCertificate, Leaf, plan_faults, plan_objective
from resettle.methods.assignment.problem import Arcs, AssignmentProblem
from resettle.methods.assignment.verify import verified_bound

FIELDS = ("row_demand", "capacity", "site_cost", "side_arc", "side_site", "side_limit")


def to_json(answer: Answer) -> dict[str, Any]:
    """Problem, plan, claimed objective and bound, and the leaves of the bound certificate."""
    p, made = answer.problem, answer.certificate
    prices: dict[int, int] = {}
    table: list[dict[str, Any]] = []
    leaves = []
    for leaf in made.leaves if made is not None else ():
        if id(leaf.row_price) not in prices:
            prices[id(leaf.row_price)] = len(table)
            table.append(
                {
                    "rows": leaf.row_price.tolist(),
                    "sides": leaf.side_price.tolist(),
                    "view": leaf.view.tolist(),
                }
            )
        leaves.append({"fixings": [list(f) for f in leaf.fixings], "prices": prices[id(leaf.row_price)]})
    return {
        "problem": problem_json(p),
        "plan": None
        if answer.plan is None
        else {"row_arc": answer.plan.row_arc.tolist(), "is_open": answer.plan.is_open.tolist()},
        "objective": answer.objective,
        "bound": answer.bound,
        "bound_kind": answer.bound_kind,
        "status": answer.status,
        "scale": None if made is None else made.scale,
        "prices": table,
        "leaves": leaves,
    }


def problem_json(p: AssignmentProblem) -> dict[str, Any]:
    """A problem as plain values."""
    return (
        {name: getattr(p, name).tolist() for name in FIELDS}
        | {name: getattr(p.arcs, name).tolist() for name in ("first", "last", "site", "cost")}
        | {"fixed_open": p.fixed_open.tolist(), "open_min": p.open_min, "open_max": p.open_max}
    )


def proof_faults(data: dict[str, Any]) -> list[str]:
    """What does not hold of a stored answer; empty if plan and claimed numbers are right. No solver runs."""
    raw = data["problem"]
    count, sites = len(raw["site"]), len(raw["site_cost"])
    shape = {"side_arc": (-1, count), "side_site": (-1, sites)}
    sides = len(raw["side_limit"])
    arrays: dict[str, Any] = {}
    for name in FIELDS:
        array = np.array(raw[name], np.int64)
        if name in shape:
            array = array.reshape(sides, shape[name][1])
        arrays[name] = array
    arcs = Arcs(*(np.array(raw[name], np.int64) for name in ("first", "last", "site", "cost")))
    problem = AssignmentProblem(
        arcs=arcs,
        fixed_open=np.array(raw["fixed_open"], bool),
        open_min=raw["open_min"],
        open_max=raw["open_max"],
        **arrays,
    )
    found: list[str] = []
    if data["plan"] is not None:
        row_arc, is_open = (
            np.array(data["plan"]["row_arc"], np.int64),
            np.array(data["plan"]["is_open"], bool),
        )
        found += plan_faults(problem, row_arc, is_open)
        if not found and plan_objective(problem, row_arc, is_open) != data["objective"]:
            found.append("the objective is not the plan's cost")
    if data["bound_kind"] == "verified":
        tables = [{k: np.array(v, np.int64) for k, v in p.items()} for p in data["prices"]]
        leaves = tuple(
            Leaf(
                tuple((int(a), int(b)) for a, b in leaf["fixings"]),
                *(tables[leaf["prices"]][k] for k in ("rows", "sides", "view")),
            )
            for leaf in data["leaves"]
        )
        try:
            if verified_bound(problem, BoundCertificate(data["scale"], leaves)) < data["bound"]:
                found.append("the certificate proves less than the bound claimed")
        except ValueError as error:
            found.append(str(error))
    return found
