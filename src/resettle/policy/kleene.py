"""Three-valued evaluation of one tree for one row: the first of the two readings.

Python's own ``and``, ``or`` and ``if`` never see an unknown here; every node is decided by its table.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from operator import eq, ge, gt, le, lt, ne
from typing import Any

from resettle.policy.calls import divide
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
    Value,
    is_loose,
)

Bounds = tuple[int | None, int | None]
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {"==": eq, "!=": ne, "<": lt, "<=": le, ">": gt, ">=": ge}


@dataclass
class Row:
    """What a tree is evaluated on.

    Attributes:
        get: the value of a column or rule of this row or its parent, or of a parameter.
        bounds: the bounds of a rule's number.
        children: the rows of a child table (each a :class:`Row`).
        listed: whether a child list is finished.
        table: the keyed parameters.
        loose: the rules that have bounds.
        undeclared: keys that a look-up did not have.
    """

    get: Callable[[Name], Value]
    bounds: Callable[[Name], Bounds]
    children: Callable[[str], Sequence[Row]]
    listed: Callable[[str], Value]
    keyed: Callable[[str], dict[Any, Value]]
    loose: set[tuple[str, str]]
    undeclared: list[tuple[str, Value]] = field(default_factory=list)


def value(node: Node, row: Row) -> Value:
    """The value of a tree, ``None`` where it is unknown."""
    if type(node) is Name:  # by far the most frequent
        return row.get(node)
    match node:
        case Const(value=v):
            return v
        case Not(item=item):
            v = value(item, row)
            return None if v is None else not v
        case Every(items=items):
            return _kleene([value(i, row) for i in items], False)
        case Some(items=items):
            return _kleene([value(i, row) for i in items], True)
        case Compare():
            return _compare(node, row)
        case Among(item=item, values=values):
            v = value(item, row)
            return None if v is None else v in values
        case Arith(op=op, left=left, right=right):
            return _arith(op, value(left, row), value(right, row))
        case Extreme(op=op, left=left, right=right):
            a, b = value(left, row), value(right, row)
            if a is None or b is None:
                return None
            return min(int(a), int(b)) if op == "min" else max(int(a), int(b))
        case Choose():
            return _choose(node, row)
        case Known(item=item, otherwise=otherwise):
            v = value(item, row)
            if v is None:
                return value(otherwise, row)
            return v
        case Gather():
            return gather(node, row)[0]
        case LookUp(parameter=parameter, key=key):
            return _look_up(parameter, value(key, row), row)
        case Divide(mode=mode, numerator=numerator, divisor=divisor):
            n, d = value(numerator, row), value(divisor, row)
            return None if n is None or d is None else divide(mode, int(n), int(d))
        case Decided():
            return _decided(node, row)
    raise AssertionError(node)


def _kleene(values: Sequence[Value], strong: bool) -> Value:
    if any(v is strong for v in values):
        return strong
    return None if any(v is None for v in values) else not strong


def _arith(op: str, a: Value, b: Value) -> Value:
    if a is None or b is None:
        return None
    x, y = int(a), int(b)
    return x + y if op == "+" else x - y if op == "-" else x * y


def _look_up(parameter: str, key: Value, row: Row) -> Value:
    if key is None:
        return None
    table = row.keyed(parameter)
    if key not in table:
        row.undeclared.append((parameter, key))
    return table.get(key)


def _decided(node: Decided, row: Row) -> Value:
    v = row.get(node.column)
    if node.low is None or node.high is None:
        return v
    low, high = value(node.low, row), value(node.high, row)
    if v is None or low is None or high is None:
        return None
    return v if int(low) <= int(v) <= int(high) else None


def _choose(node: Choose, row: Row) -> Value:
    """The first branch that holds; with an unknown condition, what all possible branches agree on."""
    possible: list[Value] = []
    for condition, result in node.branches:
        c = value(condition, row)
        if c is not False:
            possible.append(value(result, row))
        if c is True:
            break
    else:
        possible.append(value(node.otherwise, row))
    return possible[0] if all(p == possible[0] for p in possible) else None


def _compare(node: Compare, row: Row) -> Value:
    if is_loose(node.left, row.loose) or is_loose(node.right, row.loose):
        return compare_bounds(node.op, bounds(node.left, row), bounds(node.right, row))
    a, b = value(node.left, row), value(node.right, row)
    return None if a is None or b is None else _COMPARE[node.op](a, b)


def compare_bounds(op: str, a: Bounds, b: Bounds) -> Value:
    """A comparison decided from bounds, where they decide it.

    >>> compare_bounds(">", (51, None), (50, 50)), compare_bounds(">", (3, 60), (50, 50))
    (True, None)
    """
    if op in (">", ">="):
        return compare_bounds("<" if op == ">" else "<=", b, a)
    (a_low, a_high), (b_low, b_high) = a, b
    if op in ("<", "<="):
        holds = _COMPARE[op]
        if a_high is not None and b_low is not None and holds(a_high, b_low):
            return True
        if a_low is not None and b_high is not None and not holds(a_low, b_high):
            return False
        return None
    apart = (a_high is not None and b_low is not None and a_high < b_low) or (
        b_high is not None and a_low is not None and b_high < a_low
    )
    same = a_low is not None and a_low == a_high == b_low == b_high
    if not apart and not same:
        return None
    return same if op == "==" else apart


def bounds(node: Node, row: Row) -> Bounds:
    """Lowest and highest value a number can have; ``None`` is open."""
    if not is_loose(node, row.loose):
        v = value(node, row)
        return (None, None) if v is None else (int(v), int(v))
    match node:
        case Name():
            return row.bounds(node)
        case Gather():
            return gather(node, row)[1]
        case Arith(op=op, left=left, right=right):
            return _bounds_arith(op, bounds(left, row), bounds(right, row))
        case Extreme(op=op, left=left, right=right):
            (a, b), (c, d) = bounds(left, row), bounds(right, row)
            if op == "min":
                return _pick(min, a, c, strict=True), _pick(min, b, d, strict=False)
            return _pick(max, a, c, strict=False), _pick(max, b, d, strict=True)
        case Choose(branches=branches, otherwise=otherwise):
            found: list[Bounds] = []
            for condition, result in branches:
                holds = value(condition, row)
                if holds is not False:
                    found.append(bounds(result, row))
                if holds is True:
                    break
            else:
                found.append(bounds(otherwise, row))
            low, high = found[0]
            for a, b in found[1:]:
                low, high = _pick(min, low, a, strict=True), _pick(max, high, b, strict=True)
            return low, high
    raise AssertionError(node)


def _pick(fn: Callable[..., int], a: int | None, b: int | None, strict: bool) -> int | None:
    if a is None or b is None:
        return None if strict else a if b is None else b
    return fn(a, b)


def _bounds_arith(op: str, a: Bounds, b: Bounds) -> Bounds:
    if op == "-":
        b = (b[1], b[0])
    ends = [None if x is None or y is None else (x, y) for x, y in zip(a, b, strict=True)]
    low, high = (None if e is None else _arith(op, *e) for e in ends)
    return low, high  # type: ignore[return-value]


def gather(node: Gather, row: Row) -> tuple[Value, Bounds]:
    """An aggregate over child rows, with the bounds of a count or total."""
    rows = row.children(node.table)
    listed = row.listed(node.table) is True
    flags = [True if node.where is None else value(node.where, r) for r in rows]
    if node.fn in ("any_of", "all_of"):
        return _quantify(node, rows, flags, listed), (None, None)
    if node.fn == "only":
        matches = [r for r, f in zip(rows, flags, strict=True) if f is True]
        sure = listed and None not in flags and len(matches) == 1
        return (value(node.item, matches[0]) if sure and node.item else None), (None, None)
    low = high = exact = 0
    complete = listed
    for child, flag in zip(rows, flags, strict=True):
        x, (x_low, x_high) = _amount(node, child)
        if flag is False or x == 0:
            continue
        if flag is None:
            x_low, x_high = min(0, x_low), max(0, x_high)
        if flag is None or x is None:
            complete = False
        else:
            exact += x
        low, high = low + x_low, high + x_high
    item_low, item_high = (node.item.type.low, node.item.type.high) if node.item else (1, 1)
    below = low if listed or item_low >= 0 else None
    above = high if listed or item_high <= 0 else None
    return (exact if complete else None), (below, above)


def _amount(node: Gather, child: Row) -> tuple[int | None, tuple[int, int]]:
    """What one row adds: its number, or the bounds of it."""
    if node.item is None:
        return 1, (1, 1)
    v = value(node.item, child)
    if v is not None:
        return int(v), (int(v), int(v))
    low, high = node.item.type.low, node.item.type.high
    if (node.item.table, node.item.name) in child.loose:
        b = child.bounds(node.item)
        low, high = low if b[0] is None else b[0], high if b[1] is None else b[1]
    return None, (low, high)


def _quantify(node: Gather, rows: Sequence[Row], flags: Sequence[Value], listed: bool) -> Value:
    assert node.item is not None
    strong = node.fn == "any_of"
    found: list[Value] = []
    for child, flag in zip(rows, flags, strict=True):
        item = value(node.item, child)
        if strong:
            found.append(_kleene([item, flag], False))
        else:
            found.append(_kleene([item, None if flag is None else not flag], True))
    if any(f is strong for f in found):
        return strong
    return (not strong) if listed and None not in found else None
