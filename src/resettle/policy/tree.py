"""The checked tree of a rule: small typed nodes that are interpreted, compiled and proved from.

A node carries its :class:`Type`: kind, interval (whole numbers and dates) and, for text, the values it
can take. Dates are whole numbers of 32 slots a month, ``(12 * year + month - 1) * 32 + day - 1``, so that
adding months and years is linear and the same on every engine.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any, Literal

RuleKind = Literal["boolean", "integer", "text", "date"]
Value = bool | int | str | None
"""A value inside a rule; ``None`` is unknown. Dates are slots (int)."""

MONTH_SLOTS = 32
YEAR_SLOTS = 12 * MONTH_SLOTS


def date_slot(day: date) -> int:
    """A calendar date as its slot.

    >>> date_slot(date(2016, 1, 1)) + 12 * 32 == date_slot(date(2017, 1, 1))
    True
    """
    return (12 * day.year + day.month - 1) * MONTH_SLOTS + day.day - 1


def slot_date(slot: int) -> date:
    """The date of a slot; a day that the month does not have becomes its last day.

    >>> slot_date(date_slot(date(2016, 1, 31)) + 32)
    datetime.date(2016, 2, 29)
    """
    month, day = divmod(slot, MONTH_SLOTS)
    year, month = divmod(month, 12)
    return date(year, month + 1, min(day + 1, calendar.monthrange(year, month + 1)[1]))


DATE_LOW, DATE_HIGH = date_slot(date(1850, 1, 1)), date_slot(date(2200, 12, 31))


@dataclass(frozen=True, slots=True)
class Type:
    """Kind of a value, with its interval (``integer``, ``date``) or its possible texts.

    ``values`` is ``None`` for free text, which rules may only use as the key of a look-up.
    """

    kind: RuleKind
    low: int = 0
    high: int = 0
    values: tuple[str, ...] | None = None

    def join(self, other: Type) -> Type:
        """The type that holds the values of both (of the same kind)."""
        texts = None
        if self.values is not None and other.values is not None:
            texts = tuple(dict.fromkeys(self.values + other.values))
        return Type(self.kind, min(self.low, other.low), max(self.high, other.high), texts)


BOOLEAN = Type("boolean", 0, 1)


@dataclass(frozen=True, slots=True)
class Node:
    """A part of a rule."""

    type: Type

    def parts(self) -> Iterator[Node]:
        """The nodes directly below."""
        for item in fields(self):
            value = getattr(self, item.name)
            if isinstance(value, Node):
                yield value
            elif isinstance(value, tuple):
                for entry in value:
                    if isinstance(entry, Node):
                        yield entry
                    elif isinstance(entry, tuple):
                        yield from (n for n in entry if isinstance(n, Node))

    def walk(self) -> Iterator[Node]:
        """This node and everything below it."""
        yield self
        for part in self.parts():
            yield from part.walk()


@dataclass(frozen=True, slots=True)
class Const(Node):
    value: Value


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A column or rule of a table (the row's own or its parent's), or a parameter (``table`` empty)."""

    table: str
    name: str
    origin: Literal["column", "rule", "parameter"]
    parent: bool = False


@dataclass(frozen=True, slots=True)
class Not(Node):
    item: Node


@dataclass(frozen=True, slots=True)
class Every(Node):
    """``and`` by Kleene's table."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Some(Node):
    """``or`` by Kleene's table."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Compare(Node):
    op: Literal["==", "!=", "<", "<=", ">", ">="]
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Among(Node):
    item: Node
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Arith(Node):
    op: Literal["+", "-", "*"]
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Extreme(Node):
    """``min`` or ``max`` of two; more are nested."""

    op: Literal["min", "max"]
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Choose(Node):
    """``if/elif/else``: the first branch that holds; unknown conditions leave every possible branch open."""

    branches: tuple[tuple[Node, Node], ...]
    otherwise: Node


@dataclass(frozen=True, slots=True)
class Known(Node):
    """``known(x, otherwise=...)``: the only place where a missing value gets a stand-in (provisional)."""

    item: Node
    otherwise: Node


@dataclass(frozen=True, slots=True)
class Gather(Node):
    """An aggregate over the rows of a child table. ``item`` and ``where`` name its columns or rules."""

    fn: Literal["count", "total", "any_of", "all_of", "only"]
    table: str
    item: Name | None
    where: Name | None
    rows: int


@dataclass(frozen=True, slots=True)
class LookUp(Node):
    parameter: str
    key: Node


@dataclass(frozen=True, slots=True)
class Divide(Node):
    mode: Literal["half_up", "down", "up"]
    numerator: Node
    divisor: Node


@dataclass(frozen=True, slots=True)
class Decided(Node):
    """Bounded discretion: unknown until a named level has decided (an input column of the row)."""

    by: str
    reason: str
    column: Name
    low: Node | None
    high: Node | None


@dataclass(frozen=True, slots=True)
class Original(Node):
    """In an exception: the result the rule has without it."""


@dataclass(frozen=True)
class Rule:
    """One rule or exception as written, with its checked tree.

    Attributes:
        name, table: what it computes and for the rows of which table.
        to: the rule or exception it is an exception to, else empty.
        after: an exception to the same rule that this one takes precedence over.
        source, clause, zh, en, unit, note: what a reader is shown.
        since, until, scope: when (both inclusive) and where it is in force.
        file, line: where it is written.
        needs: the (table, name) of the rules it reads.
    """

    name: str
    table: str
    tree: Node
    to: str = ""
    after: str = ""
    source: str = ""
    clause: str = ""
    zh: str = ""
    en: str = ""
    unit: str = ""
    note: str = ""
    since: date | None = None
    until: date | None = None
    scope: str = ""
    file: str = ""
    line: int = 0
    needs: frozenset[tuple[str, str]] = field(default=frozenset())

    def title(self, language: str) -> str:
        return (self.zh if language == "zh" else self.en) or self.name

    @property
    def is_assumption(self) -> bool:
        return self.source.startswith("assumption")


def is_loose(node: Node, loose_rules: frozenset[tuple[str, str]] | set[tuple[str, str]]) -> bool:
    """Whether a number is known within bounds even when it is not known exactly.

    True for sums and counts over child rows and what is added, multiplied by something not negative,
    or chosen from them; a comparison of such a number is decided from its bounds.
    """
    match node:
        case Gather(fn=fn):
            return fn in ("count", "total")
        case Name(origin="rule", table=table, name=name):
            return (table, name) in loose_rules
        case Arith(op="*", left=left, right=right):
            first, second = is_loose(left, loose_rules), is_loose(right, loose_rules)
            return (first and not second and right.type.low >= 0) or (
                second and not first and left.type.low >= 0
            )
        case Arith(left=left, right=right) | Extreme(left=left, right=right):
            return is_loose(left, loose_rules) or is_loose(right, loose_rules)
        case Choose(branches=branches, otherwise=otherwise) if node.type.kind == "integer":
            values = [v for _, v in branches] + [otherwise]
            return len(branches) < 3 and any(is_loose(v, loose_rules) for v in values)
    return False


def constant(value: Any) -> Const:
    """A literal as a node."""
    if isinstance(value, bool):
        return Const(BOOLEAN, value)
    if isinstance(value, int):
        return Const(Type("integer", value, value), value)
    if isinstance(value, date):
        slot = date_slot(value)
        return Const(Type("date", slot, slot), slot)
    return Const(Type("text", values=(str(value),)), str(value))
