"""An answer as plain values, so that plan and bound can be checked elsewhere without a solver."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
import numpy.typing as npt

from resettle.methods.assignment.answer import Answer, BoundKind, Status
from resettle.methods.assignment.certificate import (
    BoundCertificate,
    Fault,
    Leaf,
    plan_faults,
    plan_objective,
)
from resettle.methods.assignment.problem import Arcs, AssignmentProblem, Ints
from resettle.methods.assignment.verify import NO_PLAN, WrappedError, covers_all, verified_bound

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


def proof_faults(data: dict[str, Any]) -> list[Fault]:
    """What does not hold of a stored answer; empty if plan and claimed numbers are right. No solver runs.

    Raises:
        ValueError, TypeError, KeyError, IndexError: where the file has another form than :func:`to_json` writes.
    """
    problem = _problem(data["problem"])
    bound, claimed, found = whole(data["bound"]), data["objective"], list[Fault]()
    if data["status"] not in get_args(Status) or data["bound_kind"] not in get_args(BoundKind):
        raise ValueError(f"{data['status']}, {data['bound_kind']}")
    if data["plan"] is not None:
        row_arc, is_open = numbers(data["plan"]["row_arc"]), flags(data["plan"]["is_open"])
        found += plan_faults(problem, row_arc, is_open)
        if not found and (cost := plan_objective(problem, row_arc, is_open)) != whole(claimed):
            found.append(Fault("other_cost", {"cost": cost, "claimed": claimed}))
        if bound > claimed:
            found.append(Fault("bound_above", {"bound": bound, "claimed": claimed}))
        if data["status"] == "infeasible":
            found.append(Fault("plan_of_none", {}))
        if data["status"] == "optimal" and bound < claimed:
            found.append(Fault("not_optimal", {"bound": bound, "claimed": claimed}))
    elif claimed is not None or data["status"] in ("optimal", "gap_limit"):
        found.append(Fault("none_of_plan", {}))
    if data["bound_kind"] == "verified":
        found += _bound_faults(problem, data)
    return found


def whole(value: Any) -> int:
    """A whole number as it stands in the file: nothing is rounded, no truth value is taken for 0 or 1."""
    if type(value) is not int:
        raise TypeError(f"{value!r}")
    return value


def numbers(values: Any) -> Ints:
    """Whole numbers as they stand in the file, in rows of equal length where they come in rows."""
    table = np.array(values)
    if table.size and table.dtype.kind != "i":
        raise TypeError(f"{str(values)[:60]}")
    return table.astype(np.int64)


def flags(values: Any) -> npt.NDArray[np.bool_]:
    """Truth values as they stand in the file."""
    table = np.array(values)
    if table.size and table.dtype.kind != "b":
        raise TypeError(f"{str(values)[:60]}")
    return table.astype(bool)


def _problem(raw: dict[str, Any]) -> AssignmentProblem:
    count, sites, sides = len(raw["site"]), len(raw["site_cost"]), len(raw["side_limit"])
    arrays: dict[str, Any] = {name: numbers(raw[name]) for name in FIELDS}
    arrays["side_arc"] = arrays["side_arc"].reshape(sides, count)
    arrays["side_site"] = arrays["side_site"].reshape(sides, sites)
    return AssignmentProblem(
        arcs=Arcs(*(numbers(raw[name]) for name in ("first", "last", "site", "cost"))),
        fixed_open=flags(raw["fixed_open"]),
        open_min=whole(raw["open_min"]),
        open_max=max(0, whole(raw["open_max"])),  # below none the constructor reads as no limit
        **arrays,
    )


def _bound_faults(problem: AssignmentProblem, data: dict[str, Any]) -> list[Fault]:
    tables = [{k: numbers(v) for k, v in p.items()} for p in data["prices"]]
    leaves = tuple(
        Leaf(
            tuple((whole(a), whole(b)) for a, b in leaf["fixings"]),
            *(tables[_at(leaf["prices"], tables)][k] for k in ("rows", "sides", "view")),
        )
        for leaf in data["leaves"]
    )
    if not covers_all([leaf.fixings for leaf in leaves]):
        return [Fault("leaves_missing", {})]
    if any((leaf.side_price < 0).any() or (leaf.view < 0).any() for leaf in leaves):
        return [Fault("negative_price", {})]
    try:
        proved = verified_bound(problem, BoundCertificate(whole(data["scale"]), leaves))
    except WrappedError:
        return [Fault("beyond_numbers", {})]
    if data["status"] == "infeasible":
        return [] if proved >= NO_PLAN else [Fault("not_infeasible", {})]
    return (
        [] if proved >= data["bound"] else [Fault("less_proved", {"proved": proved, "bound": data["bound"]})]
    )


def _at(place: Any, table: list[Any]) -> int:
    if not 0 <= whole(place) < len(table):
        raise IndexError(f"{place}")
    return whole(place)
