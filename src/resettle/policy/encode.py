"""Writes a program as formulas over one symbolic household with complete data.

Child rows are counted by kind: the flags that aggregates read cut the rows of a child table into cells, and
a household is a number of rows in each cell a row can be in; so counts are exact for lists of any length.
Sums of amounts are only bounded by rows times range, which can make a formula too generous: it never proves
what is false, and a counterexample is run before it is believed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from resettle.policy.program import Program, Step
from resettle.policy.tree import (
    Among,
    Arith,
    Choose,
    Compare,
    Const,
    Decided,
    Divide,
    Every,
    Extreme,
    Gather,
    Known,
    LookUp,
    Name,
    Node,
    Not,
    Some,
    Type,
)

MOST_FLAGS = 6


@dataclass(frozen=True)
class Cell:
    """A kind of child row: which flags hold, and a row that is like that."""

    flags: Mapping[str, bool]
    row: Mapping[str, Any]


class Texts:
    """Texts as numbers."""

    def __init__(self) -> None:
        self.ids: dict[str, int] = {}

    def number(self, text: str) -> int:
        return self.ids.setdefault(text, len(self.ids))

    def text(self, number: int) -> str | None:
        return next((t for t, n in self.ids.items() if n == number), None)


class Encoder:
    """Formulas of one household. ``suffix`` sets a second household apart whose rows differ from the first."""

    def __init__(
        self, z3: Any, program: Program, texts: Texts, shared: dict[str, Any], suffix: str = ""
    ) -> None:
        self.z3, self.program, self.texts, self.shared, self.suffix = z3, program, texts, shared, suffix
        self.steps = {(s.table, s.name): s for s in program.steps}
        self.constraints: list[Any] = []
        self.done: dict[tuple[str, str], Any] = {}
        self.cells: dict[str, list[Cell]] = {}
        self.counts: dict[str, list[Any]] = {}
        self.serial = 0
        self.loose_sums = False

    # --- variables --------------------------------------------------------------------------------
    def variable(self, name: str, kind: Type) -> Any:
        """A value of a type, one per name."""
        if name in self.shared:
            return self.shared[name]
        z3 = self.z3
        if kind.kind == "boolean":
            found = z3.Bool(name)
        else:
            found = z3.Int(name)
            if kind.kind == "text":
                known = kind.values or ()
                inside = z3.Or([found == self.texts.number(v) for v in known]) if known else found >= 0
            else:
                inside = z3.And(found >= kind.low, found <= kind.high)
            self.shared.setdefault("#constraints", []).append(inside)
        self.shared[name] = found
        return found

    def fresh(self, kind: Type) -> Any:
        self.serial += 1
        return self.variable(f"free{self.suffix}{self.serial}", kind)

    def literal(self, value: Any, kind: Type) -> Any:
        if value is None:
            return self.fresh(kind)
        if kind.kind == "boolean":
            return self.z3.BoolVal(bool(value))
        return self.z3.IntVal(self.texts.number(value) if isinstance(value, str) else int(value))

    # --- nodes ------------------------------------------------------------------------------------
    def name(self, node: Name) -> Any:
        if node.origin == "parameter":
            value = self.program.values[node.name]
            if value is None:
                return self.variable(f"parameter.{node.name}", node.type)
            return self.literal(value, node.type)
        if node.origin == "column":
            return self.variable(f"{node.table}.{node.name}", node.type)
        return self.rule(self.steps[node.table, node.name])

    def rule(self, step: Step) -> Any:
        key = (step.table, step.name)
        if key not in self.done:
            self.done[key] = self.node(step.tree)
        return self.done[key]

    def node(self, node: Node) -> Any:
        z3 = self.z3
        match node:
            case Const(value=value):
                return self.literal(value, node.type)
            case Name():
                return self.name(node)
            case Not(item=item):
                return z3.Not(self.node(item))
            case Every(items=items):
                return z3.And([self.node(i) for i in items])
            case Some(items=items):
                return z3.Or([self.node(i) for i in items])
            case Compare(op=op, left=left, right=right):
                return self.compare(op, self.node(left), self.node(right))
            case Among(item=item, values=values):
                v = self.node(item)
                return z3.Or([v == self.literal(x, item.type) for x in values])
            case Arith():
                return self.arith(node)
            case Extreme(op=op, left=left, right=right):
                a, b = self.node(left), self.node(right)
                return z3.If(a <= b, a, b) if op == "min" else z3.If(a >= b, a, b)
            case Choose(branches=branches, otherwise=otherwise):
                result = self.node(otherwise)
                for condition, branch in reversed(branches):
                    result = z3.If(self.node(condition), self.node(branch), result)
                return result
            case Known(item=item):
                return self.node(item)
            case Gather():
                return self.gather(node)
            case LookUp(parameter=parameter, key=key):
                return self.look_up(parameter, self.node(key), node.type)
            case Divide(mode=mode, numerator=numerator, divisor=divisor):
                n, d = self.node(numerator), self.node(divisor)
                top = {"half_up": 2 * n + d, "down": n, "up": n + d - 1}[mode]
                return top / (2 * d if mode == "half_up" else d)
            case Decided(column=column, low=low, high=high):
                v = self.name(column)
                if low is not None and high is not None:
                    self.constraints.append(z3.And(v >= self.node(low), v <= self.node(high)))
                return v
        raise AssertionError(node)

    def compare(self, op: str, a: Any, b: Any) -> Any:
        return {
            "==": lambda: a == b,
            "!=": lambda: a != b,
            "<": lambda: a < b,
            "<=": lambda: a <= b,
            ">": lambda: a > b,
            ">=": lambda: a >= b,
        }[op]()

    def arith(self, node: Arith) -> Any:
        a, b = self.node(node.left), self.node(node.right)
        if node.op != "*":
            return a + b if node.op == "+" else a - b
        if self.z3.is_int_value(a) or self.z3.is_int_value(b):
            return a * b
        small, other, kind = (
            (a, b, node.left.type) if _width(node.left) <= _width(node.right) else (b, a, node.right.type)
        )
        if kind.high - kind.low > 64:
            return a * b
        return self.z3.Sum([self.z3.If(small == v, v * other, 0) for v in range(kind.low, kind.high + 1)])

    def look_up(self, parameter: str, key: Any, kind: Type) -> Any:
        result = self.fresh(kind)
        for k, v in self.program.values[parameter].items():
            number = self.texts.number(k) if isinstance(k, str) else k
            result = self.z3.If(key == number, self.literal(v, kind), result)
        return result

    # --- child rows -------------------------------------------------------------------------------
    def gather(self, node: Gather) -> Any:
        z3 = self.z3
        if self.program.tables[node.table].parent != "household":
            return self.fresh(node.type)
        cells, counts = self.rows(node.table)

        def many(*wanted: tuple[Name | None, bool]) -> Any:
            chosen = [
                n
                for cell, n in zip(cells, counts, strict=True)
                if all(name is None or cell.flags[name.name] is holds for name, holds in wanted)
            ]
            return z3.Sum(chosen) if chosen else z3.IntVal(0)

        if node.fn == "count":
            return many((node.item, True), (node.where, True))
        if node.fn == "any_of":
            return many((node.item, True), (node.where, True)) > 0
        if node.fn == "all_of":
            return many((node.item, False), (node.where, True)) == 0
        self.loose_sums = True
        found = self.fresh(node.type)
        if node.fn == "total" and node.item is not None:
            n = many((node.where, True))
            self.constraints.append(z3.And(found >= n * node.item.type.low, found <= n * node.item.type.high))
        return found

    def rows(self, table: str) -> tuple[list[Cell], list[Any]]:
        """The kinds of row a child table can have, and how many there are of each."""
        if table not in self.counts:
            self.cells[table] = self.shared.setdefault(f"#cells.{table}", None) or self._cells(table)
            self.shared[f"#cells.{table}"] = self.cells[table]
            z3 = self.z3
            counts = [z3.Int(f"{table}.rows{self.suffix}.{i}") for i in range(len(self.cells[table]))]
            self.constraints += [n >= 0 for n in counts]
            self.constraints.append(z3.Sum([z3.IntVal(0), *counts]) <= self.program.tables[table].max_rows)
            self.counts[table] = counts
        return self.cells[table], self.counts[table]

    def _cells(self, table: str) -> list[Cell]:
        flags: dict[str, Name] = {}
        for step in self.program.steps:
            for node in step.tree.walk():
                if isinstance(node, Gather) and node.table == table:
                    named = [node.where, node.item if node.fn in ("count", "any_of", "all_of") else None]
                    flags |= {n.name: n for n in named if n is not None}
        if len(flags) > MOST_FLAGS:
            raise ValueError(f"{table}: more than {MOST_FLAGS} flags")
        single = Encoder(self.z3, self.program, self.texts, {}, "row")
        formulas = {name: single.name(flag) for name, flag in sorted(flags.items())}
        rules = [*single.constraints, *single.shared.get("#constraints", [])]
        cells = []
        for values in product((True, False), repeat=len(formulas)):
            solver = self.z3.Solver()
            solver.add(*rules, *(f == v for f, v in zip(formulas.values(), values, strict=True)))
            if solver.check() == self.z3.sat:
                row = single.read(solver.model(), table)
                cells.append(Cell(dict(zip(formulas, values, strict=True)), row))
        return cells

    def read(self, model: Any, table: str) -> dict[str, Any]:
        """The columns of a table in a model, in their own types (dates stay slots)."""
        row: dict[str, Any] = {}
        for name, variable in self.shared.items():
            if not name.startswith(f"{table}.") or ".rows" in name:
                continue
            column = self.program.tables[table].column(name.partition(".")[2])
            value = model.eval(variable, model_completion=True)
            if column is None:
                continue
            if column.kind == "boolean":
                row[column.name] = self.z3.is_true(value)
            elif column.kind == "text":
                row[column.name] = self.texts.text(value.as_long())
            else:
                row[column.name] = value.as_long()
        return row


class StandingIn(Encoder):
    """The same household with every value missing that the rules name a stand-in for."""

    def node(self, node: Node) -> Any:
        return super().node(node.otherwise if isinstance(node, Known) else node)


def _width(node: Node) -> int:
    return node.type.high - node.type.low
