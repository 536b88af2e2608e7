"""Runs a program row by row, with a trace: what each rule read, and what came out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

import polars as pl

from resettle.policy.kleene import Bounds, Row, bounds, value
from resettle.policy.names import as_value
from resettle.policy.pack import Pack
from resettle.policy.program import Program, Step, bind
from resettle.policy.tree import BOOLEAN, Known, Name, Value
from resettle.problems import Problem

Record = Mapping[str, Any]


class Reading(NamedTuple):
    """One value a rule read: ``origin`` is column, rule or parameter; ``table`` and ``key`` say whose."""

    name: str
    origin: str
    table: str
    key: str
    value: Value


class Line(NamedTuple):
    """One rule applied to one row.

    Attributes:
        low, high: the bounds of a number that is not known exactly.
        provisional: rests on a stand-in for something missing.
    """

    step: Step
    key: str
    value: Value
    low: int | None = None
    high: int | None = None
    provisional: bool = False
    readings: tuple[Reading, ...] = ()


@dataclass
class Trace:
    """Everything computed for a set of rows.

    ``lines[(table, key, name)]`` is the line of one result; ``result`` reads one value.
    """

    program: Program
    rows: Mapping[str, Mapping[str, Record]]
    lines: dict[tuple[str, str, str], Line] = field(default_factory=dict)
    undeclared: list[tuple[str, Value]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    reruns: dict[str, Any] = field(default_factory=dict)
    """By result, the part of the case it rests on, kept for those who run it again and again."""
    elsewhere: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """By table and column, the file a fact of this case stands in where it is not the row's own."""

    def result(self, name: str, key: str | None = None) -> Value:
        """The value of a rule; the key may be left out where there is one row.

        Raises:
            KeyError: if nothing of that name was computed.
        """
        return self.line(name, key).value

    def line(self, name: str, key: str | None = None) -> Line:
        for (_, row_key, rule), line in self.lines.items():
            if rule == name and (key is None or row_key == key):
                return line
        raise KeyError(name)


class Runner:
    """Rows of all tables with their links, and the results so far."""

    def __init__(self, program: Program, tables: Mapping[str, Sequence[Record]], trace: bool) -> None:
        self.program = program
        self.with_trace = trace
        self.rows: dict[str, dict[str, Record]] = {}
        self.children: dict[tuple[str, str, str], list[str]] = {}
        self.loose, self.columns = program.loose, program.columns
        for name, table in program.tables.items():
            self.rows[name] = {str(r[table.key]): r for r in tables.get(name, ())}
            if table.parent:
                for key, record in self.rows[name].items():
                    link = record.get(table.link)
                    if link is not None:
                        self.children.setdefault((table.parent, str(link), name), []).append(key)
        self.trace = Trace(program, self.rows)
        self.readings: list[tuple[Name, str, Value]] = []
        self.own: dict[tuple[str, str], Row] = {}
        self.seen: dict[tuple[str, str], Row] = {}

    def run(self) -> Trace:
        for step in self.program.steps:
            for key in self.rows[step.table]:
                self.compute(step, key)
        return self.trace

    def compute(self, step: Step, key: str) -> None:
        """Apply one rule to one row, from what was computed so far."""
        self.readings = []
        row = self.own.get((step.table, key)) or self.own.setdefault(
            (step.table, key), self.row(step.table, key)
        )
        result = value(step.tree, row)
        readings = self.readings
        low: int | None = None
        high: int | None = None
        if step.loose and result is not None:
            low = high = int(result)
        elif step.loose:
            self.readings = []
            low, high = bounds(step.tree, row)
        provisional = step.provisional and self._rests(step, row, key)
        shown = tuple(self._shown(readings)) if self.with_trace else ()
        self.trace.lines[step.table, key, step.name] = Line(step, key, result, low, high, provisional, shown)
        self.trace.undeclared += row.undeclared
        row.undeclared.clear()

    def _rests(self, step: Step, row: Row, key: str) -> bool:
        """Whether a stand-in is under a result: here, or in any rule it reads (of child rows too)."""
        for node in step.tree.walk():
            if isinstance(node, Known) and value(node.item, row) is None:
                return True
            if not isinstance(node, Name) or node.origin != "rule":
                continue
            if node.parent:
                keys = [str(self.rows[step.table][key].get(self.program.tables[step.table].link))]
            elif node.table == step.table:
                keys = [key]
            else:
                keys = self.children.get((step.table, key, node.table), [])
            lines = (self.trace.lines.get((node.table, k, node.name)) for k in keys)
            if any(line is not None and line.provisional for line in lines):
                return True
        return False

    def _shown(self, readings: list[tuple[Name, str, Value]]) -> list[Reading]:
        unique: dict[tuple[str, str, str], Reading] = {}
        for name, key, v in readings:
            unique[name.table, key, name.name] = Reading(name.name, name.origin, name.table, key, v)
        return list(unique.values())

    def row(self, table: str, key: str) -> Row:
        record = self.rows[table][key]
        parent = str(record.get(self.program.tables[table].link))

        def get(name: Name) -> Value:
            at = parent if name.parent else key
            found = self._value(name, at)
            self.readings.append((name, "" if name.origin == "parameter" else at, found))
            return found

        def rule_bounds(name: Name) -> Bounds:
            at = parent if name.parent else key
            line = self.trace.lines.get((name.table, at, name.name))
            self.readings.append((name, at, None if line is None else line.value))
            return (None, None) if line is None else (line.low, line.high)

        def children(child: str) -> list[Row]:
            keys = self.children.get((table, key, child), [])
            return [
                self.seen.get((child, k)) or self.seen.setdefault((child, k), self.row(child, k))
                for k in keys
            ]

        def listed(child: str) -> Value:
            flag = self.columns[table][f"{child}_listed"]
            found = self.rows[table][key].get(flag.name)
            self.readings.append((Name(BOOLEAN, table, flag.name, "column"), key, found))
            return found if isinstance(found, bool) else None

        def keyed(parameter: str) -> dict[Any, Value]:
            table_values: dict[Any, Value] = self.program.values[parameter]
            self.readings.append((Name(BOOLEAN, "", parameter, "parameter"), "", None))
            return table_values

        return Row(get, rule_bounds, children, listed, keyed, self.loose)

    def _value(self, name: Name, key: str) -> Value:
        if name.origin == "parameter":
            found: Value = self.program.values[name.name]
            return found
        if name.origin == "rule":
            line = self.trace.lines.get((name.table, key, name.name))
            return None if line is None else line.value
        record = self.rows[name.table].get(key)
        raw = as_value(record.get(name.name)) if record is not None else None
        return self._allowed(name, raw)

    def _allowed(self, name: Name, raw: Value) -> Value:
        """A value outside its column's declared list or range is unknown, as on every engine."""
        if raw is None:
            return None
        column = self.columns[name.table].get(name.name)
        if column is None:
            return raw
        if column.allowed and raw not in column.allowed:
            return None
        if column.kind == "integer":
            number = int(raw)
            outside = (column.low is not None and number < column.low) or (
                column.high is not None and number > column.high
            )
            return None if outside else number
        return raw


def run_rows(program: Program, tables: Mapping[str, Sequence[Record]], trace: bool = False) -> Trace:
    """Interpret a program over rows of all tables: the reference every engine is held against."""
    return Runner(program, tables, trace).run()


def household_case(
    program: Program, tables: Mapping[str, pl.DataFrame], household_id: str
) -> tuple[dict[str, Any], dict[str, list[dict[str, Any]]], dict[str, dict[str, Any]]]:
    """One household of a registry as :func:`interpret` takes it: its row, its child rows, its village.

    Raises:
        KeyError: if the registry has no such household.
    """
    found = tables["household"].filter(pl.col("household_id") == household_id)
    if not found.height:
        raise KeyError(household_id)
    household = found.row(0, named=True)
    children: dict[str, list[dict[str, Any]]] = {}
    parents: dict[str, dict[str, Any]] = {}
    for name, info in program.tables.items():
        frame = tables.get(name)
        if frame is None:
            continue
        if info.parent == "household":
            rows = frame.filter(pl.col(info.link) == household_id).sort(info.key)
            children[name] = list(rows.iter_rows(named=True))
        elif name == program.tables["household"].parent:
            place = pl.lit(household.get(program.tables["household"].link), pl.String)
            rows = frame.filter(pl.col(info.key) == place)  # of an unknown place nothing is known
            parents |= dict.fromkeys(
                [name] if rows.height else [], rows.row(0, named=True) if rows.height else {}
            )
    return household, children, parents


def interpret(
    pack: Pack,
    household: Record,
    children: Mapping[str, Sequence[Record]] | None = None,
    parents: Mapping[str, Record] | None = None,
    as_of: date | None = None,
    scope: str | None = None,
    program: Program | None = None,
) -> Trace:
    """One household's results with the trace that ``explain`` tells.

    Args:
        household: its row as ``registry`` wrote it (dates as ``datetime.date``, missing as ``None``).
        children: rows of child tables by table name (``{"person": [...]}``); ``<table>_listed`` on the
            household says that a list is finished.
        parents: the row of its village, ``{"village": {...}}``.
        as_of, scope: the day and place; not needed where a bound ``program`` is given.

    Raises:
        ValueError: if neither a day nor a program is given.
    """
    problems: list[Problem] = []
    if program is None:
        if as_of is None:
            raise ValueError("interpret needs as_of or a bound program")
        program, problems = bind(pack, as_of, scope)
    tables: dict[str, Sequence[Record]] = {"household": [household], **(children or {})}
    tables |= {name: [row] for name, row in (parents or {}).items()}
    found = run_rows(program, tables, trace=True)
    found.problems += problems
    return found
