"""The calls a rule may make: aggregates, look-ups, divisions, dates, ``known`` and ``decided_by``."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any, Literal, NoReturn, cast

from resettle.policy.names import Parameter, RowTable
from resettle.policy.read import CALLS, RawRule, nearest, snippet
from resettle.policy.tree import (
    BOOLEAN,
    MONTH_SLOTS,
    YEAR_SLOTS,
    Arith,
    Const,
    Decided,
    Divide,
    Extreme,
    Gather,
    Known,
    LookUp,
    Name,
    Node,
    Type,
    constant,
)
from resettle.units import EXACT_LIMIT, divide_half_up

_DIVISIONS: Mapping[str, Literal["half_up", "down", "up"]] = {
    "divide_half_up": "half_up",
    "divide_down": "down",
    "divide_up": "up",
}


class CallChecker:
    """The part of the checker that knows the calls."""

    raw: RawRule
    tables: Mapping[str, RowTable]
    parameters: Mapping[str, Parameter]
    table: RowTable
    used: set[str]

    def expr(self, node: ast.expr) -> Node:
        raise AssertionError("the checker of rules provides it")

    def refuse(
        self, node: ast.AST, code: str, value: str = "", choice: str | None = None, **more: Any
    ) -> NoReturn:
        raise AssertionError("the checker of rules provides it")

    def integer(self, node: ast.expr) -> Node:
        raise AssertionError("the checker of rules provides it")

    def of_table(self, table: str, node: ast.Attribute, parent: bool) -> Name:
        raise AssertionError("the checker of rules provides it")

    def call(self, node: ast.Call) -> Node:
        if not isinstance(node.func, ast.Name) or node.func.id not in CALLS:
            self.refuse(node, "outside_grammar", snippet(node.func), nearest(snippet(node.func), CALLS))
        name = node.func.id
        words = {k.arg: k.value for k in node.keywords}
        allowed = {
            "known": {"otherwise"},
            "decided_by": {"reason", "between"},
            **{fn: {"where"} for fn in ("count", "total", "any_of", "all_of", "only")},
        }.get(name, set())
        for word in words:
            if word not in allowed:
                self.refuse(node, "outside_grammar", f"{name}({word}=)", nearest(str(word), allowed))
        if name in ("count", "total", "any_of", "all_of", "only"):
            return self.gather(name, node, words.get("where"))
        expected = {
            "min": None,
            "max": None,
            "look_up": 2,
            "known": 1,
            "months": 1,
            "years": 1,
            "decided_by": 1,
        }
        number = expected.get(name, 2)
        if (number is not None and len(node.args) != number) or not node.args:
            self.refuse(node, "outside_grammar", snippet(node), f"{name}({', '.join('xy'[: number or 2])})")
        if name in ("min", "max"):
            return self.extreme(name, node)
        if name in ("months", "years"):
            return self.duration(name, node)
        if name == "look_up":
            return self.look_up(node)
        if name == "known":
            return self.known(node, words.get("otherwise"))
        if name == "decided_by":
            return self.decided(node, words)
        return self.divide(name, node)

    def extreme(self, name: str, node: ast.Call) -> Node:
        items = [self.expr(a) for a in node.args]
        if (
            len(items) < 2
            or len({i.type.kind for i in items}) != 1
            or items[0].type.kind not in ("integer", "date")
        ):
            self.refuse(node, "type_mismatch", snippet(node), f"{name}(x, y)")
        tree, pick = items[0], min if name == "min" else max
        for item in items[1:]:
            low, high = pick(tree.type.low, item.type.low), pick(tree.type.high, item.type.high)
            kind = Type(tree.type.kind, low, high)
            tree = Extreme(kind, cast(Literal["min", "max"], name), tree, item)
        return tree

    def duration(self, name: str, node: ast.Call) -> Node:
        """``months(n)`` and ``years(n)`` in slots: linear in n."""
        item = self.integer(node.args[0])
        slots = MONTH_SLOTS if name == "months" else YEAR_SLOTS
        if isinstance(item, Const):
            return constant(slots * int(item.value or 0))
        kind = Type("integer", slots * item.type.low, slots * item.type.high)
        return Arith(kind, "*", item, constant(slots))

    def look_up(self, node: ast.Call) -> Node:
        table, key = node.args
        name = table.id if isinstance(table, ast.Name) else snippet(table)
        keyed = [n for n, p in self.parameters.items() if p.keyed]
        if name not in keyed or name not in self.raw.arguments:
            self.refuse(node, "unknown_name", name, nearest(name, keyed))
        self.used.add(name)
        parameter, tree = self.parameters[name], self.expr(key)
        if tree.type.kind != parameter.key_kind:
            self.refuse(node, "type_mismatch", tree.type.kind, parameter.key_kind)
        return LookUp(parameter.type, name, tree)

    def known(self, node: ast.Call, otherwise: ast.expr | None) -> Node:
        if otherwise is None:
            self.refuse(node, "outside_grammar", snippet(node), "known(x, otherwise=...)")
        item, stand_in = self.expr(node.args[0]), self.expr(otherwise)
        if item.type.kind != stand_in.type.kind:
            self.refuse(node, "type_mismatch", stand_in.type.kind, item.type.kind)
        return Known(item.type.join(stand_in.type), item, stand_in)

    def decided(self, node: ast.Call, words: dict[str | None, ast.expr]) -> Node:
        """Discretion: the decision is an input column ``<rule>_decided`` of the row."""
        by, reason = node.args[0], words.get("reason")
        if (
            not isinstance(by, ast.Constant)
            or not isinstance(reason, ast.Constant)
            or not str(reason.value).strip()
        ):
            self.refuse(node, "outside_grammar", snippet(node), 'decided_by("county", reason="...")')
        name = f"{self.raw.name}_decided"
        between = words.get("between")
        where = self.raw.table
        if between is None:
            column = Name(BOOLEAN, where, name, "column")
            return Decided(BOOLEAN, str(by.value), str(reason.value), column, None, None)
        if not isinstance(between, ast.Tuple) or len(between.elts) != 2:
            self.refuse(node, "outside_grammar", snippet(between), "between=(low, high)")
        low, high = (self.integer(e) for e in between.elts)
        kind = Type("integer", low.type.low, high.type.high)
        column = Name(kind, where, name, "column")
        return Decided(kind, str(by.value), str(reason.value), column, low, high)

    def divide(self, name: str, node: ast.Call) -> Node:
        top, bottom = self.integer(node.args[0]), self.integer(node.args[1])
        if top.type.low < 0:
            self.refuse(node, "numerator_sign", snippet(node.args[0]), f"max(0, {snippet(node.args[0])})")
        if bottom.type.low < 1:
            self.refuse(node, "divisor_sign", snippet(node.args[1]), f"max(1, {snippet(node.args[1])})")
        if 2 * top.type.high + bottom.type.high >= EXACT_LIMIT:
            self.refuse(node, "overflow", self.raw.name, worst=2 * top.type.high + bottom.type.high, rows=1)
        mode = _DIVISIONS[name]
        kind = Type(
            "integer",
            divide(mode, top.type.low, bottom.type.high),
            divide(mode, top.type.high, bottom.type.low),
        )
        return Divide(kind, mode, top, bottom)

    def gather(self, fn: str, node: ast.Call, where: ast.expr | None) -> Node:
        """``count(t)``, ``count(t.flag)``, ``total(t.x)``, ``any_of``, ``all_of``, ``only`` over child rows."""
        if len(node.args) != 1 or not isinstance(node.args[0], (ast.Name, ast.Attribute)):
            self.refuse(node, "outside_grammar", snippet(node), f"{fn}(person.x)")
        argument = node.args[0]
        base = argument.value if isinstance(argument, ast.Attribute) else argument
        child = base.id if isinstance(base, ast.Name) else snippet(base)
        children = [n for n, t in self.tables.items() if t.parent == self.raw.table]
        if child not in children or child not in self.raw.arguments:
            self.refuse(argument, "unknown_name", child, nearest(child, children))
        self.used.add(child)
        item = self.of_table(child, argument, parent=False) if isinstance(argument, ast.Attribute) else None
        flag: Name | None = None
        if where is not None:
            if not isinstance(where, ast.Attribute) or snippet(where.value) != child:
                self.refuse(where, "outside_grammar", snippet(where), f"where={child}.x")
            flag = self.of_table(child, where, parent=False)
            if flag.type.kind != "boolean":
                self.refuse(where, "not_yes_or_no")
        wanted = {
            "count": ("boolean",),
            "any_of": ("boolean",),
            "all_of": ("boolean",),
            "total": ("integer",),
        }
        if (item is None and fn != "count") or (fn == "only" and flag is None):
            self.refuse(node, "outside_grammar", snippet(node), f"{fn}({child}.x, where={child}.y)")
        if item is not None and fn in wanted and item.type.kind not in wanted[fn]:
            self.refuse(node, "type_mismatch", item.type.kind, wanted[fn][0])
        return self.gathered(fn, child, item, flag, node)

    def gathered(self, fn: str, child: str, item: Name | None, flag: Name | None, node: ast.Call) -> Gather:
        rows = self.tables[child].max_rows
        kind = BOOLEAN
        if fn == "count":
            kind = Type("integer", 0, rows)
        elif fn == "total" and item is not None:
            kind = Type("integer", min(0, item.type.low * rows), max(0, item.type.high * rows))
            worst = max(abs(kind.low), abs(kind.high))
            if worst >= EXACT_LIMIT:
                self.refuse(node, "overflow", self.raw.name, worst=worst, rows=rows)
        elif fn == "only" and item is not None:
            kind = item.type
        return Gather(kind, cast(Any, fn), child, item, flag, rows)


def divide(mode: Literal["half_up", "down", "up"], numerator: int, divisor: int) -> int:
    """The three whole-number divisions, for a numerator >= 0 and a divisor >= 1.

    >>> divide("half_up", 5, 2), divide("down", 5, 2), divide("up", 5, 2)
    (3, 2, 3)
    """
    if mode == "half_up":
        return divide_half_up(numerator, divisor)
    return numerator // divisor if mode == "down" else -(-numerator // divisor)
