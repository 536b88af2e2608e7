"""Cells and heads of a CSV as a person writes them, and faults told as that person's file has them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from resettle.problems import Problem
from resettle.tables import Column, Table
from resettle.tables.labels import Labels, label
from resettle.words import LANGUAGES, tell

Written = Callable[[str, Column], str | None]
"""Reads a cell a person wrote in another spelling than the file's: the file's own, ``""`` unknown, ``None`` unreadable."""


def file_name(column: str) -> str:
    """What a contracted column is called in a file, where money is in currency units and area in m2.

    >>> file_name("amount_minor"), file_name("dwelling_size_dm2"), file_name("site_id")
    ('amount', 'dwelling_size_m2', 'site_id')
    """
    if column.endswith("_dm2"):
        return column.removesuffix("_dm2") + "_m2"
    return column.removesuffix("_minor")


def heads_in_words(heads: Sequence[str], table: Table) -> dict[str, str]:
    """Heads in a language, and the columns they are; a word of two columns, or of one that is there, is neither."""
    said = [(w, file_name(c.name)) for c in table.columns for w in {c.zh, c.en, c.en.capitalize()} - {""}]
    once = {word: name for word, name in said if [w for w, _ in said].count(word) == 1}
    found = {h: once[h] for h in heads if h in once and once[h] not in heads and h not in table.names}
    return {h: n for h, n in found.items() if list(found.values()).count(n) == 1}


def as_file_writes(frame: pl.DataFrame, table: Table, written: Written) -> pl.DataFrame:
    """Cells the file's own spelling does not take, read as a person wrote them, each different one once."""
    changed = []
    for column in table.columns:
        for name in {column.name, file_name(column.name)} & set(frame.columns):
            odd = frame.filter(~_is_plain(pl.col(name), column).fill_null(True))[name].drop_nulls().unique()
            read = {text: value for text in odd if (value := written(text, column)) is not None}
            if read:
                changed.append(pl.col(name).replace(read).replace("", None))
    return frame.with_columns(changed)


def _is_plain(cell: pl.Expr, column: Column) -> pl.Expr:
    """Whether a cell is in the spelling :func:`write_csv` writes."""
    if column.allowed:
        return cell.is_in(list(column.allowed))
    if column.kind == "boolean":
        return cell.is_in(["true", "false"])
    if column.kind == "date":
        return cell.str.to_date("%Y-%m-%d", strict=False).is_not_null()
    if column.kind == "text":
        return cell.is_not_null()
    return cell.cast(pl.Float64, strict=False).is_not_null()


@dataclass(frozen=True)
class InFile:
    """Where the rows of a contracted table stand in the user's file.

    Attributes:
        file, table: the file's name and its contract.
        shown: the cells as they stand, under the file's own heads.
        heads: the file's own head of a column, where it is another than the column's name in a file.
        lines: the number of each row as the user counts it.
        labels: a pack's own words for the values of closed lists.
    """

    file: str
    table: Table
    shown: pl.DataFrame
    heads: Mapping[str, str]
    lines: Sequence[int]
    labels: Labels | None

    def told(self, problem: Problem) -> Problem:
        """The fault with the file's row, its head, the cell as written, and what the cell may be in its own words."""
        row = problem.row
        placed = replace(problem, file=self.file, row=None if row is None else self.lines[row - 1])
        column = next((c for c in self.table.columns if c.name == problem.column), None)
        if column is None:
            return placed
        head = self._head(column.name)
        value = problem.value if row is None or head not in self.shown.columns else self.shown[head][row - 1]
        placed = replace(placed, column=head, value=value)
        return self._with_choices(placed, column) if problem.code == "table.value_refused" else placed

    def _head(self, name: str) -> str:
        """The file's own head of a column: its word in a language, its name in a file, or the contract's."""
        outer = file_name(name)
        own = self.heads.get(outer, outer)
        return own if own in self.shown.columns or name not in self.shown.columns else name

    def _with_choices(self, problem: Problem, column: Column) -> Problem:
        if column.allowed:
            said: dict[str, Any] = {k: self._listed(column, k) for k in LANGUAGES}
        elif file_name(column.name) == column.name or problem.column == column.name:
            return problem
        elif column.low is None and column.high is None:
            said = {k: tell("common.a_number", k) for k in LANGUAGES}
        else:
            limits = (None if v is None else f"{v / 100:.10g}" for v in (column.low, column.high))
            return replace(problem, nearest="..".join(v or "" for v in limits))
        return replace(problem, values={**problem.values, "nearest": said})

    def _listed(self, column: Column, language: Any) -> str:
        words = [label(column.name, code, language, self.labels) for code in column.allowed]
        joined = ("、" if language == "zh" else "; ").join(words)
        return tell("common.choices", language, codes=", ".join(column.allowed), words=joined)
