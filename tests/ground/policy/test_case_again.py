"""Running a case again with other cells gives what a whole run of the changed rows gives, and changes nothing."""

from __future__ import annotations

import random

import pytest
from faithful import loaded, one_household, values_of
from policy_rows import draw_tables

from resettle.policy import interpret, run_rows
from resettle.policy.again import Again, changed
from resettle.policy.explain import inputs_of


@pytest.mark.parametrize("name", ["cn_luoyang", "peach_spring"])
@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_running_again_is_running_anew(name: str, missing: float) -> None:
    pack, program = loaded(name)
    rng = random.Random(5)
    outputs = [s.name for s in program.steps if s.table == "household" and s.final]
    tables = draw_tables(pack, 25, 8, missing)
    moved = 0
    for row in tables["household"]:
        household, children, parents = one_household(tables, row["household_id"])
        trace = interpret(pack, household, children, parents, program=program)
        rows, output = trace.rows, rng.choice(outputs)
        again = Again(program.only([output]), rows)
        before = again.line(output, {})
        read = [
            (r.table, r.key, r.name) for r in inputs_of(trace, trace.line(output)) if r.key in rows[r.table]
        ]
        every = [(t, k, c) for t, by_key in rows.items() for k in by_key for c in program.columns[t]]
        for _ in range(40):
            some = rng.sample(every, rng.choice([0, 1, 2])) + rng.sample(read, min(1, len(read)))
            asked = {
                (t, k, c): rng.choice([None, *values_of(program.columns[t][c], rng)])
                for t, k, c in some
                if c != program.tables[t].key
            }
            whole = run_rows(program, {n: list(k.values()) for n, k in changed(rows, asked).items()})
            told = again.line(output, asked)
            assert told[2:6] == whole.line(output)[2:6]
            moved += told[2:6] != before[2:6]
        assert again.line(output, {})[2:6] == before[2:6]
    assert moved > 100
