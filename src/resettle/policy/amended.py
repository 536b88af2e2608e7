"""Proves that an amended policy equals the old one except where it says so, for every possible household.

Both versions are put into one program: what cannot differ is shared, what may differ is there twice, the second
time as ``<name>__amended``. A household on which the two differ is run under both before it is believed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal

from resettle.policy.check import RefusedError
from resettle.policy.difference import affected
from resettle.policy.encode import Encoder, Texts
from resettle.policy.interpret import run_rows
from resettle.policy.program import Program
from resettle.policy.prove import PROPERTY, as_dates, rows_of, solve, tree_of, with_property, z3_or_raise
from resettle.policy.tree import LookUp, Name, Node
from resettle.problems import Problem

AMENDED = "__amended"


@dataclass(frozen=True)
class Sameness:
    """Whether one result is the same under both versions.

    Attributes:
        state: ``same`` for every possible household outside the exception; ``differs`` (``counterexample`` holds
            the rows of the smallest household found, ``before`` and ``after`` what it gets); ``undecided``.
    """

    name: str
    zh: str
    en: str
    state: Literal["same", "differs", "undecided"]
    before: Any = None
    after: Any = None
    counterexample: Mapping[str, list[dict[str, Any]]] = field(default_factory=dict)
    reason: str = ""
    kind: str = ""
    unit: str = ""


def prove_amended(
    before: Program, after: Program, except_where: str = "", seconds: int = 20
) -> tuple[list[Sameness], list[Problem]]:
    """Each result of a household that may differ between two versions, held against the stated exception.

    A result not named is the same for everybody: no rule it rests on and no parameter they read is another one.

    Args:
        except_where: a condition in the rule language over the old version; outside it nothing may differ.

    Raises:
        ResettleError: if z3 is not installed.
    """
    z3 = z3_or_raise()
    problem = unreadable(before, except_where)
    if problem is not None:
        return [], [problem]
    touched = affected(before, after)
    joined = _joined(before, after, touched)
    shared = {s.name for s in before.steps if s.table == "household"}
    names = [s.name for s in after.steps if s.table == "household" and (s.table, s.name) in touched]
    wanted = [name for name in names if name in shared and before.pack.rule(name) is not None]
    found = [_prove_one(z3, joined, (before, after), name, except_where, seconds) for name in wanted]
    problems = [
        Problem(
            "policy.amended_beyond",
            "error",
            column=s.name,
            value=s.name,
            values={"before": str(s.before), "after": str(s.after)},
            nearest="; ".join(f"{t}: {rows}" for t, rows in s.counterexample.items()),
        )
        for s in found
        if s.state == "differs" and except_where
    ]
    return found, problems


def unreadable(program: Program, condition: str) -> Problem | None:
    """What is wrong with a stated exception, in the words any rule gets."""
    if not condition:
        return None
    try:
        tree_of(program, "tried", condition)
    except RefusedError as refused:
        return replace(refused.problem, file="except", row=None)
    except (SyntaxError, ValueError) as error:
        return Problem("policy.exception_unread", "error", value=condition, values={"reason": str(error)})
    return None


def _joined(before: Program, after: Program, touched: set[tuple[str, str]]) -> Program:
    """One program with both versions of what may differ."""
    changed = {n for n in {*before.values, *after.values} if before.values.get(n) != after.values.get(n)}
    second = tuple(
        replace(step, name=step.name + AMENDED, tree=_renamed(step.tree, touched, changed))
        for step in after.steps
        if (step.table, step.name) in touched
    )
    values = dict(before.values) | {n + AMENDED: after.values.get(n) for n in changed}
    return replace(before, steps=(*before.steps, *second), values=values)


def _renamed(part: Any, touched: set[tuple[str, str]], changed: set[str]) -> Any:
    """A tree that reads the amended version of each rule and parameter that has one."""
    if isinstance(part, Name):
        rule = part.origin == "rule" and (part.table, part.name) in touched
        value = part.origin == "parameter" and part.name in changed
        return replace(part, name=part.name + AMENDED) if rule or value else part
    if isinstance(part, tuple):
        return type(part)(_renamed(p, touched, changed) for p in part)
    if not isinstance(part, Node):
        return part
    inner = {
        f.name: _renamed(getattr(part, f.name), touched, changed) for f in fields(part) if f.name != "type"
    }
    if isinstance(part, LookUp) and part.parameter in changed:
        inner["parameter"] = part.parameter + AMENDED
    return replace(part, **inner)


def _prove_one(
    z3: Any, joined: Program, both: tuple[Program, Program], name: str, except_where: str, seconds: int
) -> Sameness:
    rule = joined.pack.rule(name)
    head = (name, rule.title("zh"), rule.title("en")) if rule else (name, name, name)
    excepted = tree_of(both[0], "tried", except_where) if except_where else None
    program = joined.only([name, name + AMENDED, *_named(excepted)])
    encoder = Encoder(z3, program, Texts(), {})
    try:
        old, new = (encoder.rule(encoder.steps["household", n]) for n in (name, name + AMENDED))
        outside = [] if excepted is None else [z3.Not(encoder.node(excepted))]
        model = solve(z3, encoder, [old != new, *outside], [encoder], seconds)
    except (ValueError, KeyError) as error:
        return Sameness(*head, "undecided", reason=str(error))
    if isinstance(model, str):
        return Sameness(*head, "same") if model == "unsat" else Sameness(*head, "undecided", reason=model)
    rows = rows_of(encoder, model)
    values = [run_rows(p.only([name]), rows).result(name) for p in both]
    differs = None not in values and values[0] != values[1]
    if differs and except_where:
        differs = run_rows(with_property(both[0], {"always": except_where}), rows).result(PROPERTY) is False
    if not differs:
        return Sameness(
            *head, "undecided", reason="a sum over rows is only bounded; no real household was found"
        )
    step = joined.step("household", name)
    kind, unit = (step.tree.type.kind, step.rule.unit) if step else ("", "")
    return Sameness(*head, "differs", values[0], values[1], as_dates(program, rows), kind=kind, unit=unit)


def _named(tree: Node | None) -> Iterable[str]:
    return () if tree is None else (n.name for n in tree.walk() if isinstance(n, Name) and n.origin == "rule")
