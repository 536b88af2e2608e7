"""Is an explanation faithful? Counts, over random households, the inputs named as deciding that change the result."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

from policy_rows import Tables, draw_tables, draw_value

from resettle.policy import Pack, Program, bind, interpret, load_pack
from resettle.policy.explain import inputs_of
from resettle.policy.interpret import Trace
from resettle.policy.why_not import Cell, deciding, rerun, witnesses
from resettle.tables import Column

PACKS = Path(__file__).parents[3] / "src" / "resettle_packs"
DAY = {"cn_luoyang": date(2016, 6, 1), "peach_spring": date(2024, 6, 1)}
Fault = tuple[str, Cell]
"""A result and the input at fault."""
DRAWN = 4
"""Values tried of an input that takes any number or text, beside its ends; of one with a list, all of it."""


def one_household(tables: Tables, key: str) -> tuple[dict[str, Any], Tables, dict[str, Any]]:
    household = next(r for r in tables["household"] if r["household_id"] == key)
    children = {
        n: [r for r in rows if r.get("household_id") == key]
        for n, rows in tables.items()
        if n not in ("household", "village")
    }
    villages = [r for r in tables["village"] if r["village_code"] == household["village_code"]]
    return household, children, {"village": villages[0]} if villages else {}


def values_of(column: Column, rng: random.Random) -> list[Any]:
    """Other values of an input: every one it may have, or its ends and some between."""
    if column.kind == "boolean":
        return [True, False]
    if column.allowed:
        return list(column.allowed)
    ends = {"date": [date(1900, 1, 1), date(2150, 1, 1)], "integer": [column.low or 0, column.high or 10**9]}
    return [*ends.get(column.kind, []), *(draw_value(column, rng) for _ in range(DRAWN))]


def moved_by(trace: Trace, output: str, key: str, cell: Cell, rng: random.Random) -> list[Any]:
    """The tried values of one cell that give another result."""
    before = trace.result(output, key)
    column = trace.program.tables[cell[0]].column(cell[2])
    assert column is not None
    return [v for v in values_of(column, rng) if rerun(trace, output, {cell: v}, key)[0] != before]


def faithful(
    pack: Pack, program: Program, households: int, seed: int, missing: float = 0.0
) -> tuple[Counter[str], list[Fault]]:
    """Explain one result of each random household, the pack's results in turn, and try every input of it.

    Returns the counts (results and inputs, named and not, that changed the result and that did not) and the
    inputs at fault: named without changing anything, or changing the result without being named. Of an unknown
    result only its unknown inputs are tried: the explanation says what is still to be found out.
    """
    rng = random.Random(seed)
    outputs = [s.name for s in program.steps if s.table == "household"]
    counts: Counter[str] = Counter()
    faults: list[Fault] = []
    for start in range(0, households, 100):
        tables = draw_tables(pack, min(100, households - start), seed * 1000 + start, missing)
        for place, row in enumerate(tables["household"]):
            key = row["household_id"]
            output = outputs[(start + place) % len(outputs)]
            trace = interpret(pack, *one_household(tables, key), program=program.only([output]))
            before = trace.result(output, key)
            counts["results"] += 1
            counts["unknown results"] += before is None
            named = {(r.table, r.key, r.name) for r in deciding(trace, output, key)}
            for reading in inputs_of(trace, trace.line(output, key)):
                if reading.key not in trace.rows[reading.table] or (
                    before is None and reading.value is not None
                ):
                    continue
                cell = (reading.table, reading.key, reading.name)
                kind = "named" if cell in named else "not named"
                # Values of our own; for what is named also those the answer itself rests on, run again here.
                changes = bool(moved_by(trace, output, key, cell, rng)) or (
                    cell in named
                    and any(
                        rerun(trace, output, {cell: v}, key)[0] != before
                        for v in witnesses(trace, output, cell, key)
                    )
                )
                counts[f"{kind}, {'changes' if changes else 'stays'}"] += 1
                if changes != (cell in named):
                    faults.append((output, cell))
    return counts, faults


def loaded(name: str) -> tuple[Pack, Program]:
    pack, problems = load_pack(PACKS / name)
    assert problems == []
    return pack, bind(pack, DAY[name])[0]


def counted(name: str, households: int, seed: int, missing: float) -> tuple[Counter[str], list[Fault], int]:
    """:func:`faithful` for a pack of this project, and how many results it has for a household."""
    pack, program = loaded(name)
    counts, faults = faithful(pack, program, households, seed, missing)
    return counts, faults, sum(s.table == "household" for s in program.steps)
