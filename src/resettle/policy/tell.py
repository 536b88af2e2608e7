"""Writes a checked tree out again as the text of a rule."""

from __future__ import annotations

from resettle.policy.tree import (
    MONTH_SLOTS,
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
    Original,
    Some,
    slot_date,
)

SPANS = {12 * MONTH_SLOTS: "years", MONTH_SLOTS: "months"}


def written(node: Node) -> str:
    """A tree as text, close to what stands in the rule file.

    >>> from resettle.policy.tree import constant
    >>> written(constant("none")), written(constant(7))
    ("'none'", '7')
    """
    match node:
        case Const(value=value):
            return (
                str(slot_date(int(value))) if node.type.kind == "date" and value is not None else repr(value)
            )
        case Name(name=name, parent=parent, table=table):
            return f"{table}.{name}" if parent else name
        case Not(item=item):
            return f"not {_inner(item)}"
        case Every(items=items) | Some(items=items):
            return (" and " if isinstance(node, Every) else " or ").join(_inner(i) for i in items)
        case Arith(op=op, left=left, right=right) if (
            left.type.kind == "date" and right.type.kind == "integer"
        ):
            return f"{_inner(left)} {op} {_span(right)}"
        case Compare(op=op, left=left, right=right) | Arith(op=op, left=left, right=right):
            return f"{_inner(left)} {op} {_inner(right)}"
        case Among(item=item, values=values):
            return f"{_inner(item)} in {{{', '.join(repr(v) for v in values)}}}"
        case Extreme(op=op, left=left, right=right):
            return f"{op}({written(left)}, {written(right)})"
        case Choose(branches=branches, otherwise=otherwise):
            parts = [f"{_inner(v)} if {_inner(c)}" for c, v in branches]
            return " else ".join([*parts, _inner(otherwise)])
        case Known(item=item, otherwise=otherwise):
            return f"known({written(item)}, otherwise={written(otherwise)})"
        case Gather(fn=fn, table=table, item=item, where=where):
            inside = table if item is None else f"{table}.{item.name}"
            return f"{fn}({inside}{f', where={table}.{where.name}' if where else ''})"
        case LookUp(parameter=parameter, key=key):
            return f"look_up({parameter}, {written(key)})"
        case Divide(mode=mode, numerator=numerator, divisor=divisor):
            return f"divide_{mode}({written(numerator)}, {written(divisor)})"
        case Decided(by=by, low=low, high=high):
            span = f", between=({written(low)}, {written(high)})" if low and high else ""
            return f"decided_by({by!r}{span})"
        case Original():
            return "(as without this exception)"
    raise AssertionError(node)


def _span(node: Node) -> str:
    """A length of time in slots as the rule file has it: years, months, or the slots where it is neither."""
    match node:
        case Const(value=int(slots)):
            for name, size in (("years", 12 * MONTH_SLOTS), ("months", MONTH_SLOTS)):
                if slots % size == 0:
                    return f"{name}({slots // size})"
        case Arith(op="*", left=left, right=Const(value=int(slots))) if slots in SPANS:
            return f"{SPANS[slots]}({written(left)})"
        case Arith(op="*", left=Const(value=int(slots)), right=right) if slots in SPANS:
            return f"{SPANS[slots]}({written(right)})"
    return _inner(node)


def _inner(node: Node) -> str:
    text = written(node)
    return f"({text})" if isinstance(node, (Every, Some, Arith, Choose, Compare)) else text
