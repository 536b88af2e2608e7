"""Runs a case again with a few cells changed: only what rests on them is computed anew."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from resettle.policy.interpret import Line, Record, Runner
from resettle.policy.program import Program, Step, names_in
from resettle.policy.tree import Decided, Gather

Cell = tuple[str, str, str]
"""An input cell: table, key of the row, column."""
Column = tuple[str, str]
"""A table and a column or rule of it."""


class Again:
    """One case, run once, and run again with other cells as often as is asked.

    A result is computed anew where something it reads came out differently, and left as it was where nothing did: the
    answer is that of a whole run.
    """

    def __init__(self, program: Program, rows: Mapping[str, Mapping[str, Record]]) -> None:
        self.program, self.rows = program, rows
        self.runner = Runner(program, {name: list(by_key.values()) for name, by_key in rows.items()}, False)
        self.runner.run()
        self.reads = [(step, _reads(step)) for step in program.steps]
        self.fixed = {(n, t.key) for n, t in program.tables.items()} | {
            (n, t.link) for n, t in program.tables.items() if t.parent
        }

    def line(self, output: str, cells: Mapping[Cell, Any], key: str | None = None) -> Line:
        """The line of one result with these cells changed."""
        if any((table, column) in self.fixed for table, _, column in cells):  # a row would hang elsewhere
            rows = {n: [dict(r) for r in by_key.values()] for n, by_key in changed(self.rows, cells).items()}
            return Runner(self.program, rows, False).run().line(output, key)
        known = self.runner.rows
        kept = {(table, at): known[table][at] for table, at, _ in cells}
        lines = self.runner.trace.lines
        before: dict[Cell, Line] = {}
        try:
            for (table, at, column), value in cells.items():
                known[table][at] = {**known[table][at], column: value}
            moved: dict[Column, set[str]] = {}
            for table, at, column in cells:
                moved.setdefault((table, column), set()).add(at)
            for step, reads in self.reads:
                for at in self._touched(step, reads & moved.keys(), moved):
                    place = (step.table, at, step.name)
                    old = before.setdefault(place, lines[place])
                    self.runner.compute(step, at)
                    if lines[place][2:6] != old[2:6]:
                        moved.setdefault((step.table, step.name), set()).add(at)
            return self.runner.trace.line(output, key)
        finally:
            lines.update(before)
            for (table, at), record in kept.items():
                known[table][at] = record

    def _touched(self, step: Step, read: Iterable[Column], moved: Mapping[Column, set[str]]) -> Iterable[str]:
        """The rows of a step that read something that moved; of another table's, every row of the step's may."""
        keys: set[str] = set()
        for column in read:
            if column[0] != step.table:
                return list(self.runner.rows[step.table])
            keys |= moved[column]
        return [key for key in self.runner.rows[step.table] if key in keys] if keys else ()


def changed(
    rows: Mapping[str, Mapping[str, Record]], cells: Mapping[Cell, Any]
) -> dict[str, dict[str, dict[str, Any]]]:
    """Copies of rows with these cells changed."""
    tables = {name: {k: dict(r) for k, r in by_key.items()} for name, by_key in rows.items()}
    for (table, key, column), value in cells.items():
        tables[table][key][column] = value
    return tables


def _reads(step: Step) -> frozenset[Column]:
    """Every column and rule a step may read, of its own rows and of others, and whether their lists are finished."""
    found = {(n.table, n.name) for n in names_in(step.tree) if n.origin != "parameter"}
    for node in step.tree.walk():
        if isinstance(node, Gather):
            found |= {(n.table, n.name) for n in (node.item, node.where) if n is not None}
            found.add((step.table, f"{node.table}_listed"))
        elif isinstance(node, Decided):
            found.add((node.column.table, node.column.name))
    return frozenset(found)
