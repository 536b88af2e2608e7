"""What a rule may name: the tables with their columns and parents, and dated, sourced parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from resettle.policy.tree import BOOLEAN, DATE_HIGH, DATE_LOW, RuleKind, Type, Value, date_slot
from resettle.tables import HOUSEHOLD, PERSON, VILLAGE, Column, Table

MAX_PERSONS = 30


@dataclass(frozen=True)
class RowTable:
    """A table rules may run over.

    Attributes:
        table: its contract.
        parent: the table one level up, or empty; ``link`` is the column that holds the parent's key.
        max_rows: most rows one parent can have (the overflow check rests on it).
        population: most rows the programme can have in all.
    """

    table: Table
    parent: str = ""
    link: str = ""
    max_rows: int = MAX_PERSONS
    population: int = 10**6

    @property
    def key(self) -> str:
        return self.table.key[0]

    def column(self, name: str) -> Column | None:
        return next((c for c in self.table.columns if c.name == name), None)


BASE_TABLES: Mapping[str, RowTable] = {
    "village": RowTable(VILLAGE, population=10**5),
    "household": RowTable(HOUSEHOLD, "village", "village_code", 100_000, 10**6),
    "person": RowTable(PERSON, "household", "household_id", MAX_PERSONS, 10**7),
}


def column_type(column: Column) -> Type | None:
    """The type of a column inside rules, or ``None`` where it cannot be used (no range, a fraction)."""
    if column.kind == "boolean":
        return BOOLEAN
    if column.kind == "text":
        return Type("text", values=column.allowed or None)
    if column.kind == "date":
        return Type("date", DATE_LOW, DATE_HIGH)
    if column.kind == "integer" and column.low is not None and column.high is not None:
        return Type("integer", column.low, column.high)
    return None


@dataclass(frozen=True)
class Setting:
    """One dated value of a parameter. ``since`` and ``until`` are inclusive; ``None`` is open.

    ``value`` is ``None`` where the programme's text is silent: the parameter is then unknown.
    """

    value: Any
    source: str
    since: date | None = None
    until: date | None = None
    scope: str = ""
    note: str = ""
    file: str = ""

    def covers(self, day: date, scope: str) -> bool:
        """In force on that day in that place. A scope holds in every scope that begins with it."""
        if (self.since and day < self.since) or (self.until and day > self.until):
            return False
        return scope.startswith(self.scope)

    @property
    def is_assumption(self) -> bool:
        return self.source.startswith("assumption")


@dataclass(frozen=True)
class Parameter:
    """A dated, scoped, bilingual, sourced value, or (``keyed``) a table of values for ``look_up``."""

    name: str
    kind: RuleKind
    unit: str = ""
    zh: str = ""
    en: str = ""
    keyed: bool = False
    key_kind: RuleKind = "text"
    low: int | None = None
    high: int | None = None
    settings: tuple[Setting, ...] = field(default=())

    def setting(self, day: date, scope: str) -> Setting | None:
        """The setting in force: the most specific scope that covers the day."""
        found = [s for s in self.settings if s.covers(day, scope)]
        return max(found, key=lambda s: len(s.scope), default=None)

    def title(self, language: str) -> str:
        return (self.zh if language == "zh" else self.en) or self.name

    def all_values(self) -> list[Any]:
        """Every value it ever has, for its interval."""
        values: list[Any] = []
        for s in self.settings:
            values += list(s.value.values()) if isinstance(s.value, dict) else [s.value]
        return [v for v in values if v is not None]

    @property
    def type(self) -> Type:
        if self.kind == "boolean":
            return BOOLEAN
        values = self.all_values()
        if self.kind == "text":
            return Type("text", values=tuple(dict.fromkeys(str(v) for v in values)))
        if self.kind == "date":
            return Type("date", DATE_LOW, DATE_HIGH)
        low = self.low if self.low is not None else min(values, default=0)
        high = self.high if self.high is not None else max(values, default=0)
        return Type("integer", low, high)


AS_OF = Parameter("as_of", "date", "", "计算日期", "as-of date")
"""The day the rules are asked about; every pack has it."""


def as_value(value: Any) -> Value:
    """A parameter's value as rules compute with it (a date becomes its slot)."""
    return date_slot(value) if isinstance(value, date) else value
