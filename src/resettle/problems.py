"""What every check returns: a problem that names the thing, the place, the nearest choice and the remedy.

A check never raises for bad input and never stops at the first fault: it returns
``(result, problems)``. The sentence a person reads is made by :func:`resettle.words.tell` from the
``code`` and ``values``, so that it exists in every language.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Severity = Literal["error", "warning", "hint", "info"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "hint", "info")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is not as it should be.

    Attributes:
        code: dotted name, the key of its sentence in ``words`` (``registry.head_missing``).
        severity: ``error`` (the row or run cannot go on with it), ``warning``, ``hint``, ``info``.
        file, sheet, row, column: the place in the user's own file; rows as the user counts them.
        table: the contracted table, where the problem is in a table and not in a file.
        value: the value as it stands.
        clause: the clause or source that is touched.
        nearest: the nearest valid choice.
        values: further values for the sentence.

    >>> Problem("registry.date_lunar", "error", row=214, column="birth date", value="腊月初八").code
    'registry.date_lunar'
    """

    code: str
    severity: Severity
    file: str | None = None
    sheet: str | None = None
    table: str | None = None
    row: int | None = None
    column: str | None = None
    value: str | None = None
    clause: str | None = None
    nearest: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)

    def fields(self) -> dict[str, Any]:
        """Everything the sentence may name, place first, own values last."""
        names = ("file", "sheet", "table", "row", "column", "value", "clause", "nearest")
        return {name: getattr(self, name) for name in names} | dict(self.values)


class ResettleError(Exception):
    """A run that cannot go on: carries the problems that say why."""

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems = [problems] if isinstance(problems, Problem) else list(problems)
        super().__init__("; ".join(f"{p.code} {p.fields()}" for p in self.problems))


def worst(problems: Iterable[Problem]) -> Severity | None:
    """The gravest severity present, or ``None``.

    >>> worst([Problem("table.value_refused", "hint"), Problem("table.value_missing", "warning")])
    'warning'
    """
    found = {p.severity for p in problems}
    return next((s for s in SEVERITIES if s in found), None)
