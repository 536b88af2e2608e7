"""What the checks are told from outside: parameters of a programme, floors, regions. Data, never code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import polars as pl

from resettle.supervision.finding import Label
from resettle.supervision.schema import Entry, Figure
from resettle.words import sentences


@dataclass(frozen=True, slots=True)
class Floor:
    """A statutory amount per head: its name, the amount in the major unit, per what, the words it goes by."""

    name: str
    amount: Decimal
    per: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class Context:
    """What the checks may use besides the figures.

    Attributes:
        area_per_person: m2 each person is entitled to; ``None`` leaves areas unchecked.
        floors: statutory amounts per head by name, in the major unit of the currency.
        household_low, household_high: persons per household outside which a mean is worth a question.
        household_drift: relative difference between two means that is worth a line.
        area_of: m2 for a family of n by a pack's rule; ``floor_rules`` the pack's floors.
        regions: places over time under the contract ``region``; ``None`` leaves places unchecked.
    """

    area_per_person: Decimal | None = None
    floors: Mapping[str, Decimal] = field(default_factory=dict)
    household_low: Decimal = Decimal("2")
    household_high: Decimal = Decimal("6")
    household_drift: Decimal = Decimal("0.1")
    regions: pl.DataFrame | None = None
    area_of: Callable[[int], Decimal | None] | None = None
    floor_rules: tuple[Floor, ...] = ()

    def area(self, people: Decimal, each: Decimal) -> Decimal:
        """What a family is entitled to: by the pack's rule where there is one, else so much a person."""
        found = self.area_of(int(people)) if self.area_of is not None and people % 1 == 0 else None
        return each * people if found is None else found

    def floor(self, name: str) -> Decimal | None:
        """The statutory amount of that name, if it was passed in."""
        own = next((f.amount for f in self.floor_rules if f.name == name), None)
        return self.floors.get(name, own)

    def word(self, group: str, key: str) -> Label:
        """A code word in both languages; the word itself where no sentence file has it."""
        name = f"supervision.{group}.{key}"
        return Label(sentences("zh").get(name, key), sentences("en").get(name, key))


def lines_of(*cells: Figure | Entry | Any) -> tuple[str, ...]:
    """The distinct lines of figures and entries, in order of appearance in the report."""
    found = {str(cell.line) for cell in cells if cell is not None and cell.line is not None}
    return tuple(sorted(found, key=lambda line: (int("".join(filter(str.isdigit, line)) or 0), line)))
