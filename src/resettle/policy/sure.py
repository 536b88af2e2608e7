"""What cannot be unknown: where the data at hand lack nothing, unknown need not be asked for.

A column that holds no missing value, a parameter in force and whatever follows from them alone are sure. The
compiler then writes a condition as a plain CASE and keeps no bounds. Sureness is a fact of the rows that are
computed, looked up in them (:func:`complete_columns`), never a promise of a contract.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from resettle.policy.program import Program
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
    Name,
    Node,
    Not,
    Some,
)


@dataclass(frozen=True)
class Complete:
    """Columns, as (table, column), of the rows that are to be computed.

    Attributes:
        present: hold no missing value.
        true: hold the truth value yes in every row.
    """

    present: frozenset[tuple[str, str]] = frozenset()
    true: frozenset[tuple[str, str]] = frozenset()


NOTHING_KNOWN = Complete()


def complete_columns(frames: Mapping[str, pl.DataFrame]) -> Complete:
    """Which columns of these very rows are complete.

    >>> frame = pl.DataFrame({"size": [1, None], "is_listed": [True, True]})
    >>> complete_columns({"household": frame}).true
    frozenset({('household', 'is_listed')})
    """
    present = {(t, s.name): s for t, frame in frames.items() for s in frame if not s.null_count()}
    true = {key for key, s in present.items() if s.dtype == pl.Boolean and s.all()}
    return Complete(frozenset(present), frozenset(true))


@dataclass
class Sure:
    """Decides whether a node can be unknown; rules are added in the order in which they are compiled."""

    program: Program
    complete: Complete = NOTHING_KNOWN
    rules: set[tuple[str, str]] = field(default_factory=set)

    def holds(self, node: Node | None) -> bool:
        """Whether a node has a value in every row; what is absent from a node is no obstacle."""
        match node:
            case None:
                return True
            case Const(value=value):
                return value is not None
            case Name():
                return self._name(node)
            case Not() | Every() | Some() | Compare() | Among() | Arith() | Extreme() | Divide() | Choose():
                return all(self.holds(part) for part in node.parts())
            case Known(item=item, otherwise=otherwise):
                return self.holds(item) or self.holds(otherwise)
            case Gather(fn=fn, item=item, where=where):
                return fn != "only" and self.listed(node) and self.holds(item) and self.holds(where)
            case Decided(low=None) | Decided(high=None):
                return self.holds(node.column)
        return False

    def _name(self, name: Name) -> bool:
        if name.origin == "parameter":
            return self.program.values.get(name.name) is not None
        if name.parent:
            return False
        key = (name.table, name.name)
        return key in (self.rules if name.origin == "rule" else self.complete.present)

    def listed(self, node: Gather) -> bool:
        """Whether every parent's list of rows is finished."""
        parent = self.program.tables[node.table].parent
        return (parent, f"{node.table}_listed") in self.complete.true
