"""Columns that a rule rests on and that nobody brought: which rules, and what comes of them, stay unknown."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

import polars as pl

from resettle.policy import Program
from resettle.policy.program import Step, names_in
from resettle.problems import Problem
from resettle.store.table_cells import file_name
from resettle.tables import Stage, Table

Rules = set[tuple[str, str]]
"""Rules as (table, name)."""
MOST_NAMES = 8
DECISIVE = ("is_eligible", "mover_class", "area_cap_dm2", "dwelling_size_dm2")
"""Results that later stages look for: named first where not all names fit."""


def columns_read(program: Program) -> dict[tuple[str, str], Rules]:
    """Every column that a rule reads, with those rules; the column that leads to a parent row is one too."""
    found: dict[tuple[str, str], Rules] = {}
    for step in program.steps:
        for name in names_in(step.tree):
            if name.parent:
                found.setdefault((step.table, program.tables[step.table].link), set()).add(_rule(step))
            if name.origin == "column":
                found.setdefault((name.table, name.name), set()).add(_rule(step))
    return found


def _rule(step: Step) -> tuple[str, str]:
    return step.table, step.rule.name


def resting_on(program: Program, rules: Collection[tuple[str, str]]) -> list[str]:
    """The rules that rest on these through other rules, by name; these themselves are not among them."""
    found = set(rules)
    grown = True
    while grown:
        more = {
            _rule(s)
            for s in program.steps
            if any(n.origin == "rule" and _named(program, n.table, n.name) in found for n in names_in(s.tree))
        }
        grown = not more <= found
        found |= more
    return sorted({name for _, name in found - set(rules)})


def _named(program: Program, table: str, name: str) -> tuple[str, str]:
    step = program.step(table, name)
    return (table, name) if step is None else _rule(step)


def unknown_columns(
    program: Program,
    tables: Mapping[str, pl.DataFrame],
    brought: Mapping[str, Collection[str]],
    head_of: Callable[[str, str], tuple[str, str]],
) -> list[Problem]:
    """A problem for each file without which rules do not know something: all its columns of one kind at once.

    Args:
        tables: as the stages get them. A column that is not in them at all is named by the rules themselves.
        brought: by table, the columns that some file has; a column no file has is *missing*, one that all
            rows leave empty is *empty*.
        head_of: the file a user would put a table's column into, and its head there.

    Whether an inventory is finished (``*_listed``) is a setting and not a column of a file.
    """
    found: dict[tuple[str, str, str], dict[str, Rules]] = {}
    for (table, column), rules in sorted(columns_read(program).items()):
        frame, (file, _) = tables.get(table), head_of(table, column)
        if frame is None:
            found.setdefault((file, table, "rows_missing"), {})[column] = rules
            continue
        is_asked = column in frame.columns and not column.endswith("_listed")
        if is_asked and frame.height and frame[column].null_count() == frame.height:
            kind = "column_empty" if column in brought.get(table, ()) else "column_missing"
            found.setdefault((file, table, kind), {})[column] = rules
    return [
        _problem(program, file, table, kind, {head_of(table, c)[1]: (c, r) for c, r in columns.items()})
        for (file, table, kind), columns in sorted(found.items())
    ]


def _problem(
    program: Program, file: str, table: str, kind: str, columns: Mapping[str, tuple[str, Rules]]
) -> Problem:
    declared = program.tables[table].table
    titles = {c.name: (c.zh or c.name, c.en or c.name) for c in declared.columns}
    rules = set().union(*(r for _, r in columns.values()))
    told = {
        "zh": "；".join(
            f"{titles[c][0]} {head}（{_some(n for _, n in r)}）" for head, (c, r) in columns.items()
        ),
        "en": "; ".join(
            f"{titles[c][1]} {head} ({_some(n for _, n in r)})" for head, (c, r) in columns.items()
        ),
    }
    values = {
        "columns": told,
        "title": {"zh": declared.zh or table, "en": declared.en or table},
        "after": _some(resting_on(program, rules)) or "-",
    }
    return Problem(
        f"journey.{kind}",
        "hint" if kind == "column_empty" else "warning",
        file=file,
        table=table,
        column=", ".join(c for c, _ in columns.values()),
        values=values,
    )


def _some(names: Iterable[str]) -> str:
    ordered = sorted(set(names), key=lambda n: (DECISIVE.index(n) if n in DECISIVE else len(DECISIVE), n))
    more = [f"... (+{len(ordered) - MOST_NAMES})"] if len(ordered) > MOST_NAMES else []
    return ", ".join(ordered[:MOST_NAMES] + more)


def absent_columns(file: str, table: Table, heads: Collection[str], stages: Iterable[Stage]) -> list[Problem]:
    """The contract's columns a file beside the roster lacks, said once a file with the stages that read it."""
    lacking = [c.name for c in table.columns if c.name not in heads and c.name != "is_synthetic"]
    readers = [s.name for s in stages if table.name in {r.rstrip("?") for r in s.requires}]
    if not lacking or not readers:
        return []
    values = {"stages": ", ".join(readers)}
    columns = ", ".join(file_name(c) for c in lacking)
    return [Problem("journey.columns_absent", "hint", file, table=table.name, column=columns, values=values)]
