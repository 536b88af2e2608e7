"""Proves a pack's stated properties for every possible household, or finds the smallest that breaks one.

Parameters are those in force on the day; data are complete. A property in ``pack.toml`` reads::

    [[property]]
    id = "area_within_ceiling"
    zh = "..."
    en = "..."
    given = "is_eligible"                                   # optional
    always = "area_cap_dm2 <= area_per_person_dm2 * registered_persons"

or, for "one more row of this kind never lowers this"::

    grows = "area_cap_dm2"
    with = "counts_for_area"

or, for "what is not known decides nothing": whatever stands in for a missing value, the result is the same or unknown::

    unknown_decides_nothing = ["is_eligible", "mover_class"]
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Literal

from resettle.policy.check import Checker, RefusedError
from resettle.policy.encode import Encoder, StandingIn, Texts
from resettle.policy.interpret import run_rows
from resettle.policy.pack import Pack
from resettle.policy.program import Program, Step, bind, names_in
from resettle.policy.read import RawRule
from resettle.policy.tree import Known, Name, Node, Rule, slot_date
from resettle.problems import Problem, ResettleError

PROPERTY = "property__holds"


@dataclass(frozen=True)
class Proof:
    """What became of one property.

    Attributes:
        state: ``proved`` for every possible household, ``refuted`` (``counterexample`` holds the rows of a
            household, run and confirmed), ``undecided`` with the ``reason``.
    """

    id: str
    zh: str
    en: str
    state: Literal["proved", "refuted", "undecided"]
    counterexample: Mapping[str, list[dict[str, Any]]] = field(default_factory=dict)
    reason: str = ""


def z3_or_raise() -> Any:
    """The solver.

    Raises:
        ResettleError: if z3 is not installed.
    """
    try:
        import z3
    except ImportError as error:
        raise ResettleError(Problem("policy.prover_missing", "error", value="z3-solver")) from error
    return z3


def prove(
    pack: Pack, as_of: date, scope: str | None = None, seconds: int = 20
) -> tuple[list[Proof], list[Problem]]:
    """Try every property the pack states.

    Needs the z3 solver (a development extra).

    Raises:
        ResettleError: if z3 is not installed.
    """
    z3 = z3_or_raise()
    program, problems = bind(pack, as_of, scope)
    proofs: list[Proof] = []
    for entry in pack.properties:
        try:
            proof = _prove(z3, program, entry, seconds)
        except RefusedError as refused:
            problems.append(refused.problem)
            continue
        except (ValueError, KeyError) as error:
            proof = Proof(
                entry["id"], entry.get("zh", ""), entry.get("en", ""), "undecided", reason=str(error)
            )
        proofs.append(proof)
        if proof.state == "refuted":
            shown = "; ".join(f"{t}: {rows}" for t, rows in proof.counterexample.items())
            problems.append(
                Problem("policy.property_refuted", "error", file="pack.toml", value=proof.id, nearest=shown)
            )
    return proofs, problems


def tree_of(program: Program, name: str, text: str) -> Node:
    """A property's expression, checked as the body of a household rule."""
    pack = program.pack
    body = ast.parse(text, mode="eval").body
    named = sorted({n.id for n in ast.walk(body) if isinstance(n, ast.Name)})
    function = ast.parse(f"def {name}({', '.join(named)}): return {text}").body[0]
    assert isinstance(function, ast.FunctionDef)
    raw = RawRule(name, "household", {"source": "property"}, function, "pack.toml", False, tuple(named))
    types = {(s.table, s.name): s.tree.type for s in program.steps}
    tree = Checker(raw, pack.tables, pack.parameters, types).rule()
    if tree.type.kind != "boolean":
        raise ValueError(f"{text}: not a yes or no")
    return tree


def with_property(program: Program, entry: Mapping[str, Any]) -> Program:
    """The program with the property as one more rule, cut to what it needs."""
    text = str(entry["always"])
    if "given" in entry:
        text = f"not ({entry['given']}) or ({text})"
    tree = tree_of(program, "tried", text)
    rule = Rule(
        PROPERTY,
        "household",
        tree,
        source="property",
        needs=frozenset((n.table, n.name) for n in names_in(tree)),
    )
    return replace(program, steps=(*program.steps, Step("household", PROPERTY, tree, rule))).only([PROPERTY])


def _prove(z3: Any, program: Program, entry: Mapping[str, Any], seconds: int) -> Proof:
    head = (str(entry["id"]), str(entry.get("zh", "")), str(entry.get("en", "")))
    if "grows" in entry:
        return _prove_growth(z3, program, entry, head, seconds)
    if "unknown_decides_nothing" in entry:
        return _prove_silence(z3, program, entry, head, seconds)
    program = with_property(program, entry)
    encoder = Encoder(z3, program, Texts(), {})
    holds = encoder.rule(encoder.steps["household", PROPERTY])
    found = solve(z3, encoder, [z3.Not(holds)], [encoder], seconds)
    if isinstance(found, str):
        return Proof(*head, "proved") if found == "unsat" else Proof(*head, "undecided", reason=found)
    rows = rows_of(encoder, found)
    if run_rows(program, rows).result(PROPERTY) is False:
        return Proof(*head, "refuted", as_dates(program, rows))
    return Proof(*head, "undecided", reason="a sum over rows is only bounded; no real household was found")


def _prove_growth(
    z3: Any, program: Program, entry: Mapping[str, Any], head: tuple[str, str, str], seconds: int
) -> Proof:
    """One more row with the flag, everything else equal, never lowers the result."""
    output, flag = str(entry["grows"]), str(entry["with"])
    program = program.only([output])
    shared: dict[str, Any] = {}
    texts = Texts()
    first = Encoder(z3, program, texts, shared)
    second = Encoder(z3, program, texts, shared, "_more")
    a = first.rule(first.steps["household", output])
    b = second.rule(second.steps["household", output])
    reads = [t for t, cells in first.cells.items() if any(flag in c.flags for c in cells)]
    if not reads:
        raise ValueError(f"{output} does not count or test {flag}")
    table = reads[0]
    extra: list[Any] = [b < a]
    for name in first.counts:
        pairs = list(zip(first.cells[name], first.counts[name], second.counts[name], strict=True))
        if name != table:
            extra += [n == m for _, n, m in pairs]
            continue
        extra += [m >= n if cell.flags.get(flag) else m == n for cell, n, m in pairs]
        extra.append(z3.Sum([m - n for _, n, m in pairs]) == 1)
    found = solve(z3, first, extra, [first, second], seconds)
    if isinstance(found, str):
        return Proof(*head, "proved") if found == "unsat" else Proof(*head, "undecided", reason=found)
    before, after = rows_of(first, found), rows_of(second, found)
    values = [run_rows(program, rows).result(output) for rows in (before, after)]
    if values[0] is not None and values[1] is not None and int(values[1]) < int(values[0]):
        return Proof(*head, "refuted", as_dates(program, after))
    return Proof(*head, "undecided", reason="a sum over rows is only bounded; no real household was found")


def _prove_silence(
    z3: Any, program: Program, entry: Mapping[str, Any], head: tuple[str, str, str], seconds: int
) -> Proof:
    """What is not known decides nothing: no result is another one for a value that stands in for a missing one.

    Every part of the rule language but one leaves a result open while a value it hangs on is missing (Kleene's
    tables, bounds and branches, held against every completion by the conformance tests). The one part is
    ``known(x, otherwise=...)``: so the results with every stand-in in place are held against those of the complete
    household.
    """
    for name in entry["unknown_decides_nothing"]:
        needed = program.only([str(name)])
        step = needed.step("household", str(name))
        if step is None:
            raise ValueError(f"{name} is no result of a household")
        stand_ins = [n for s in needed.steps for n in s.tree.walk() if isinstance(n, Known)]
        if not stand_ins:
            continue
        rows_too = {s.table for s in needed.steps for n in s.tree.walk() if isinstance(n, Known)}
        if any(needed.tables[table].parent == "household" for table in rows_too):
            raise ValueError(f"{name}: a value stands in within a list of rows; that is not decided")
        shared: dict[str, Any] = {}
        texts = Texts()
        complete = Encoder(z3, needed, texts, shared)
        silent = StandingIn(z3, needed, texts, shared, "_silent")
        a, b = (e.rule(e.steps["household", str(name)]) for e in (complete, silent))
        same_rows = [
            n == m
            for table in complete.counts
            if table in silent.counts
            for n, m in zip(complete.counts[table], silent.counts[table], strict=True)
        ]
        found = solve(z3, complete, [a != b, *same_rows], [complete, silent], seconds)
        if found == "unsat":
            continue
        if isinstance(found, str):
            return Proof(*head, "undecided", reason=found)
        rows = rows_of(complete, found)
        lacking = _without(rows, stand_ins)
        values = [run_rows(needed, r).result(str(name)) for r in (rows, lacking)]
        if values[1] is not None and values[0] != values[1]:
            return Proof(*head, "refuted", as_dates(needed, lacking))
        return Proof(*head, "undecided", reason=f"{name}: no household was found on which a stand-in decides")
    return Proof(*head, "proved")


def _without(
    rows: Mapping[str, list[dict[str, Any]]], stand_ins: list[Known]
) -> dict[str, list[dict[str, Any]]]:
    """The rows with the columns missing that something stands in for."""
    read = [
        n for known in stand_ins for n in known.item.walk() if isinstance(n, Name) and n.origin == "column"
    ]
    missing = {(n.table, n.name) for n in read}
    return {
        table: [{k: None if (table, k) in missing else v for k, v in row.items()} for row in records]
        for table, records in rows.items()
    }


def solve(z3: Any, encoder: Encoder, wanted: list[Any], all_of: list[Encoder], seconds: int) -> Any:
    """A model with as few rows as can be, or ``unsat``, or why nothing was decided."""
    rules = [*wanted, *encoder.shared.get("#constraints", [])]
    for e in all_of:
        rules += e.constraints
    counts = [n for e in all_of for numbers in e.counts.values() for n in numbers]
    rows = z3.Sum([z3.IntVal(0), *counts])
    solver = z3.Solver()
    solver.set("timeout", seconds * 1000)
    solver.set("random_seed", 0)
    solver.add(*rules)
    answer = solver.check()
    if answer == z3.unsat:
        return "unsat"
    if answer != z3.sat:
        return f"no answer within {seconds} s"
    model = solver.model()
    for most in range(12):
        solver.push()
        solver.add(rows <= most)
        if solver.check() == z3.sat:
            return solver.model()
        solver.pop()
    return model


def rows_of(encoder: Encoder, model: Any) -> dict[str, list[dict[str, Any]]]:
    """The household of a model as rows, with finished lists; dates as slots."""
    program = encoder.program
    household = encoder.read(model, "household") | {"household_id": "h", "village_code": "v"}
    tables = {"village": [encoder.read(model, "village") | {"village_code": "v"}], "household": [household]}
    for name, info in program.tables.items():
        if info.parent != "household":
            continue
        household[f"{name}_listed"] = True
        cells, counts = encoder.cells.get(name, []), encoder.counts.get(name, [])
        rows: list[dict[str, Any]] = []
        for cell, count in zip(cells, counts, strict=True):
            for _ in range(model.eval(count, model_completion=True).as_long()):
                rows.append({**cell.row, info.key: f"{name}{len(rows) + 1}", info.link: "h"})
        tables[name] = rows
    return tables


def as_dates(program: Program, rows: Mapping[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """The rows as a person writes them: dates as dates, no empty tables."""
    shown: dict[str, list[dict[str, Any]]] = {}
    for name, records in rows.items():
        kinds = {c.name: c.kind for c in program.tables[name].table.columns}
        shown[name] = [
            {k: slot_date(v) if kinds.get(k) == "date" and isinstance(v, int) else v for k, v in r.items()}
            for r in records
        ]
    return {name: records for name, records in shown.items() if records}
