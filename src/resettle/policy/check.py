"""Checks one rule against the closed grammar and turns it into a typed tree.

Everything outside the grammar is a problem with file, line and the nearest thing that is inside. Intervals
are carried through every step; a value that could pass 2^53 is refused, naming the rule.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any, Literal, NoReturn

from resettle.policy.calls import CallChecker
from resettle.policy.names import Parameter, RowTable, column_type
from resettle.policy.read import RawRule, nearest, snippet
from resettle.policy.tree import (
    BOOLEAN,
    DATE_HIGH,
    DATE_LOW,
    Among,
    Arith,
    Choose,
    Compare,
    Const,
    Every,
    Name,
    Node,
    Not,
    Original,
    Some,
    Type,
    constant,
)
from resettle.problems import Problem
from resettle.units import EXACT_LIMIT

SMALL_FACTOR = 64
_OPS: Mapping[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}
_ARITH: Mapping[type[ast.operator], Literal["+", "-", "*"]] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*"}
_ANNOTATIONS = {"bool": "boolean", "int": "integer", "str": "text", "date": "date"}


class RefusedError(Exception):
    """A part outside the grammar; carried up to the rule, which is then left out."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


class Checker(CallChecker):
    """Checks one rule. ``rules`` holds the types of the rules it may name; ``original`` that of the
    result an exception falls through to."""

    def __init__(
        self,
        raw: RawRule,
        tables: Mapping[str, RowTable],
        parameters: Mapping[str, Parameter],
        rules: Mapping[tuple[str, str], Type],
        original: Type | None = None,
    ) -> None:
        self.raw, self.tables, self.parameters, self.rules = raw, tables, parameters, rules
        self.original = original
        self.table = tables[raw.table]
        self.needs: set[tuple[str, str]] = set()
        self.used: set[str] = set()

    def refuse(
        self, node: ast.AST, code: str, value: str = "", choice: str | None = None, **more: Any
    ) -> NoReturn:
        raise RefusedError(
            Problem(
                f"policy.{code}",
                "error",
                file=self.raw.file,
                row=getattr(node, "lineno", self.raw.line),
                value=value or snippet(node),
                nearest=choice,
                values={"rule": self.raw.name, **more},
            )
        )

    # --- statements -------------------------------------------------------------------------------
    def rule(self) -> Node:
        """The whole rule's tree."""
        body = self.raw.node.body
        if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
            body = body[1:]
        tree = self.block(body, self.raw.node)
        self.annotations(tree)
        unit = str(self.raw.words.get("unit", ""))
        if tree.type.kind == "integer":
            worst = max(abs(tree.type.low), abs(tree.type.high))
            if unit and worst * self.table.population >= EXACT_LIMIT:
                self.refuse(self.raw.node, "overflow", self.raw.name, worst=worst, rows=self.table.population)
        return tree

    def annotations(self, tree: Node) -> None:
        """Annotations are optional, and must be true where they are written."""
        pairs: list[tuple[ast.expr | None, str]] = [(self.raw.node.returns, tree.type.kind)]
        for argument in self.raw.node.args.args:
            if argument.arg not in self.used:
                self.refuse(argument, "argument_unused", argument.arg)
            if argument.annotation is not None and argument.arg not in self.tables:
                name = ast.copy_location(ast.Name(argument.arg, ast.Load()), argument)
                pairs.append((argument.annotation, self.name(name).type.kind))
        for written, kind in pairs:
            if written is None:
                continue
            text = written.id if isinstance(written, ast.Name) else snippet(written)
            if _ANNOTATIONS.get(text) != kind:
                wanted = next(k for k, v in _ANNOTATIONS.items() if v == kind)
                self.refuse(written, "type_mismatch", text, wanted)

    def block(self, body: list[ast.stmt], at: ast.AST) -> Node:
        """Statements up to a ``return`` on every path (an exception may fall through)."""
        if not body:
            if self.original is not None:
                return Original(self.original)
            self.refuse(at, "no_return", self.raw.name)
        first, rest = body[0], body[1:]
        if isinstance(first, ast.Return) and first.value is not None:
            if rest:
                self.refuse(rest[0], "outside_grammar", choice="nothing after return")
            return self.expr(first.value)
        if isinstance(first, ast.If):
            condition = self.boolean(first.test)
            return self.choose(
                condition,
                self.block(first.body + (rest if not _returns(first.body) else []), first),
                self.block(first.orelse + (rest if not _returns(first.orelse) else []), first),
                first,
            )
        self.refuse(first, "outside_grammar", choice="if / elif / else / return")

    def choose(self, condition: Node, then: Node, otherwise: Node, at: ast.AST) -> Node:
        if then.type.kind != otherwise.type.kind:
            self.refuse(at, "type_mismatch", otherwise.type.kind, then.type.kind)
        kind = then.type.join(otherwise.type)
        if isinstance(otherwise, Choose):
            return Choose(kind, ((condition, then), *otherwise.branches), otherwise.otherwise)
        return Choose(kind, ((condition, then),), otherwise)

    # --- expressions ------------------------------------------------------------------------------
    def expr(self, node: ast.expr) -> Node:
        match node:
            case ast.Constant(value=value) if isinstance(value, (bool, int, str)):
                return constant(value)
            case ast.Name():
                return self.name(node)
            case ast.Attribute():
                return self.attribute(node)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return self.choose(self.boolean(test), self.expr(body), self.expr(orelse), node)
            case ast.BoolOp(op=op, values=values):
                items = tuple(self.boolean(v) for v in values)
                return Every(BOOLEAN, items) if isinstance(op, ast.And) else Some(BOOLEAN, items)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return Not(BOOLEAN, self.boolean(operand))
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(value))):
                return constant(-value)
            case ast.Compare():
                return self.comparison(node)
            case ast.BinOp():
                return self.arithmetic(node)
            case ast.Call():
                return self.call(node)
        self.refuse(node, "outside_grammar", choice="names, numbers, text, if-else, and/or/not, + - *, calls")

    def boolean(self, node: ast.expr) -> Node:
        """A yes or no; numbers and text are never read as one."""
        tree = self.expr(node)
        if tree.type.kind != "boolean":
            self.refuse(node, "not_yes_or_no", choice=f"{snippet(node)} > 0")
        return tree

    def integer(self, node: ast.expr) -> Node:
        tree = self.expr(node)
        if tree.type.kind != "integer":
            self.refuse(node, "type_mismatch", snippet(node), "integer")
        return tree

    def name(self, node: ast.Name) -> Name:
        """A bare name: the row's own column or rule, or a parameter; it must be an argument."""
        name = node.id
        if name not in self.raw.arguments:
            self.refuse(node, "unknown_name", name, nearest(name, self.raw.arguments))
        self.used.add(name)
        own = self.row_name(self.table, name, node, parent=False)
        if own is not None:
            return own
        if name in self.parameters:
            parameter = self.parameters[name]
            if parameter.keyed:
                self.refuse(node, "outside_grammar", name, f"look_up({name}, key)")
            return Name(parameter.type, "", name, "parameter")
        choices = [
            *self.table.table.names,
            *self.parameters,
            *(n for t, n in self.rules if t == self.raw.table),
        ]
        self.refuse(node, "unknown_name", name, nearest(name, choices))

    def row_name(self, table: RowTable, name: str, node: ast.AST, parent: bool) -> Name | None:
        """A rule or column of a table, or ``None`` if the table has neither."""
        where = table.table.name
        if (where, name) in self.rules:
            self.needs.add((where, name))
            return Name(self.rules[where, name], where, name, "rule", parent)
        column = table.column(name)
        if column is None:
            return None
        kind = column_type(column)
        if kind is None:
            self.refuse(node, "range_missing", name)
        return Name(kind, where, name, "column", parent)

    def attribute(self, node: ast.Attribute) -> Name:
        """``household.x`` in a child's rule: the parent's column or rule."""
        if not isinstance(node.value, ast.Name):
            self.refuse(node, "outside_grammar", choice="household.x")
        table = node.value.id
        self.used.add(table)
        if table != self.table.parent or table not in self.raw.arguments:
            self.refuse(node, "unknown_name", table, self.table.parent or None)
        return self.of_table(table, node, parent=True)

    def of_table(self, table: str, node: ast.Attribute, parent: bool) -> Name:
        found = self.row_name(self.tables[table], node.attr, node, parent)
        if found is None:
            choices = [*self.tables[table].table.names, *(n for t, n in self.rules if t == table)]
            self.refuse(node, "unknown_name", node.attr, nearest(node.attr, choices))
        return found

    def comparison(self, node: ast.Compare) -> Node:
        parts: list[Node] = []
        left = node.left
        for op, right in zip(node.ops, node.comparators, strict=True):
            if isinstance(op, (ast.In, ast.NotIn)):
                member = self.membership(left, right)
                parts.append(Not(BOOLEAN, member) if isinstance(op, ast.NotIn) else member)
            elif type(op) in _OPS:
                parts.append(self.compare(_OPS[type(op)], left, right, node))
            else:
                self.refuse(node, "outside_grammar", choice="known(x, otherwise=...)")
            left = right
        return parts[0] if len(parts) == 1 else Every(BOOLEAN, tuple(parts))

    def compare(self, op: Any, left: ast.expr, right: ast.expr, at: ast.AST) -> Node:
        a, b = self.expr(left), self.expr(right)
        if a.type.kind != b.type.kind:
            self.refuse(at, "type_mismatch", b.type.kind, a.type.kind)
        if a.type.kind == "boolean":
            self.refuse(at, "outside_grammar", choice=f"{snippet(left)}, not {snippet(left)}")
        if a.type.kind == "text":
            if op not in ("==", "!="):
                self.refuse(at, "outside_grammar", choice="== != in")
            self.texts(a, b, right)
            self.texts(b, a, left)
        return Compare(BOOLEAN, op, a, b)

    def texts(self, item: Node, literal: Node, at: ast.AST) -> None:
        """A text is only compared with values it can have."""
        if item.type.values is None:
            self.refuse(at, "values_undeclared", snippet(at))
        if isinstance(literal, Const) and literal.value not in item.type.values:
            self.refuse(at, "text_value", str(literal.value), nearest(str(literal.value), item.type.values))

    def membership(self, left: ast.expr, right: ast.expr) -> Node:
        item = self.expr(left)
        if not isinstance(right, ast.Set):
            self.refuse(right, "outside_grammar", choice='{"a", "b"}')
        values = []
        for element in right.elts:
            literal = self.expr(element)
            if not isinstance(literal, Const) or literal.type.kind != item.type.kind:
                self.refuse(element, "type_mismatch", snippet(element), item.type.kind)
            if item.type.kind == "text":
                self.texts(item, literal, element)
            values.append(literal.value)
        return Among(BOOLEAN, item, tuple(dict.fromkeys(values)))

    def arithmetic(self, node: ast.BinOp) -> Node:
        op = _ARITH.get(type(node.op))
        if op is None:
            self.refuse(node, "outside_grammar", choice="divide_half_up, divide_down, divide_up")
        a, b = self.expr(node.left), self.expr(node.right)
        kinds = (a.type.kind, b.type.kind)
        if kinds == ("date", "integer") and op in ("+", "-"):
            return Arith(Type("date", DATE_LOW, DATE_HIGH), op, a, b)
        if kinds == ("date", "date") and op == "-":
            return Arith(Type("integer", DATE_LOW - DATE_HIGH, DATE_HIGH - DATE_LOW), op, a, b)
        if kinds != ("integer", "integer"):
            self.refuse(node, "type_mismatch", snippet(node), "integer")
        if op == "*" and not (_is_small(a) or _is_small(b)):
            self.refuse(node, "product", snippet(node))
        low, high = _interval(op, a.type, b.type)
        if max(abs(low), abs(high)) >= EXACT_LIMIT:
            self.refuse(node, "overflow", self.raw.name, worst=max(abs(low), abs(high)), rows=1)
        return Arith(Type("integer", low, high), op, a, b)


def _interval(op: str, a: Type, b: Type) -> tuple[int, int]:
    if op == "+":
        return a.low + b.low, a.high + b.high
    if op == "-":
        return a.low - b.high, a.high - b.low
    corners = [x * y for x in (a.low, a.high) for y in (b.low, b.high)]
    return min(corners), max(corners)


def _is_small(node: Node) -> bool:
    """A factor with few values: a literal, a parameter, a look-up, or a narrow interval."""
    from resettle.policy.tree import LookUp

    if isinstance(node, (Const, LookUp)) or (isinstance(node, Name) and node.origin == "parameter"):
        return True
    if isinstance(node, Arith) and node.op == "*":
        return _is_small(node.left) and _is_small(node.right)
    return node.type.high - node.type.low < SMALL_FACTOR


def _returns(body: list[ast.stmt]) -> bool:
    """Whether every path through the statements ends in ``return``."""
    if not body:
        return False
    last = body[-1]
    if isinstance(last, ast.If):
        return _returns(last.body) and _returns(last.orelse)
    return isinstance(last, ast.Return)
