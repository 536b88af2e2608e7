"""What a table is: columns with unit, range, allowed values and names in both languages, and its key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import polars as pl

from resettle.problems import Problem

Kind = Literal["text", "integer", "boolean", "date", "number"]

POLARS_TYPE: dict[Kind, pl.DataType] = {
    "text": pl.String(),
    "integer": pl.Int64(),
    "boolean": pl.Boolean(),
    "date": pl.Date(),
    "number": pl.Float64(),
}


@dataclass(frozen=True)
class Column:
    """One contracted column.

    Attributes:
        name: quantity, qualifier, unit (``floor_area_dm2``); booleans ``is_`` or ``has_``.
        kind: the type; ``integer`` for money (minor units), areas (0.01 m2), shares (ppm).
        unit: ``dm2``, ``minor``, ``person``, ``year``... or ``""`` for a code, name or flag.
        zh, en: the name a person reads.
        required: ``True`` if a row without it cannot be accepted; otherwise it may be missing (unknown).
        allowed: the closed list of values, if there is one.
        low, high: the declared range (the rule compiler proves from it that nothing overflows).
        note: what a reader of the dictionary must know; for instance why a value is synthetic.
    """

    name: str
    kind: Kind
    unit: str = ""
    zh: str = ""
    en: str = ""
    required: bool = False
    allowed: tuple[str, ...] = ()
    low: int | None = None
    high: int | None = None
    note: str = ""


@dataclass(frozen=True)
class Table:
    """A contracted table: its key, its columns, and the one stage (or ``outside``) that writes it."""

    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    zh: str = ""
    en: str = ""
    writer: str = "outside"
    open_ended: bool = False
    """``True`` where a pack's rules add columns of their own behind the contracted ones."""

    def column(self, name: str) -> Column:
        """The column of that name.

        Raises:
            KeyError: if the table has none.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.name} has no column {name}")

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]

    def schema(self) -> pl.Schema:
        return pl.Schema({column.name: POLARS_TYPE[column.kind] for column in self.columns})

    def shape(self, frame: pl.DataFrame) -> pl.DataFrame:
        """A stage's own frame in the table's columns, order and types; absent columns are unknown.

        For frames a stage has made itself: a value that does not fit its type raises. What comes from
        outside goes through :func:`conform`, which reports instead.
        """
        absent = [pl.lit(None).alias(name) for name in self.names if name not in frame.columns]
        extra = [c for c in frame.columns if c not in self.names] if self.open_ended else []
        shaped = frame.with_columns(absent).select(
            [pl.col(name).cast(kind) for name, kind in self.schema().items()] + [pl.col(c) for c in extra]
        )
        return shaped.sort(self.key) if self.key else shaped

    def empty(self) -> pl.DataFrame:
        """The table without rows."""
        return pl.DataFrame(schema=self.schema())


def conform(frame: pl.DataFrame, table: Table) -> tuple[pl.DataFrame, list[Problem]]:
    """Bring a frame to a table's contract: columns in order, types cast, absent ones unknown.

    Returns the conforming rows and the problems: rows with a missing key or required value, a value
    outside the allowed list or range, a repeated key. A faulty optional value becomes unknown and is
    reported; a faulty required value or key removes the row and is reported: never silently.
    """
    problems: list[Problem] = []
    given = set(frame.columns)
    frame = frame.with_row_index("_row", offset=1)
    exprs = []
    for column in table.columns:
        target = POLARS_TYPE[column.kind]
        source = pl.col(column.name) if column.name in given else pl.lit(None)
        exprs.append(source.cast(target, strict=False).alias(column.name))
        if column.required and column.name not in given:
            problems.append(Problem("table.column_missing", "error", table=table.name, column=column.name))
    extra = [c for c in frame.columns if c != "_row" and c not in table.names] if table.open_ended else []
    result = frame.select("_row", *exprs, *extra)
    for column in table.columns:
        result, found = _check_column(frame, result, table, column, column.name in given)
        problems += found
    if table.key and result.height:
        seen = result.filter(~pl.struct(table.key).is_first_distinct())
        problems += [
            Problem(
                "table.key_repeated",
                "error",
                table=table.name,
                row=r["_row"],
                column="+".join(table.key),
                value="+".join(str(r[k]) for k in table.key),
            )
            for r in seen.head(1000).iter_rows(named=True)
        ]
        result = result.unique(subset=list(table.key), keep="first", maintain_order=True)
    return result.drop("_row"), problems


def _check_column(
    raw: pl.DataFrame, result: pl.DataFrame, table: Table, column: Column, was_given: bool
) -> tuple[pl.DataFrame, list[Problem]]:
    """Find what does not fit one column: uncastable, outside the list or range, missing though required."""
    problems: list[Problem] = []
    value = pl.col(column.name)
    bad = value.is_null() & pl.lit(False)  # as long as the column: a bare literal fails on long frames
    if column.allowed:
        bad = bad | ~value.is_in(list(column.allowed))
    if column.low is not None:
        bad = bad | (value < column.low)
    if column.high is not None:
        bad = bad | (value > column.high)
    faulty = result.filter(bad.fill_null(False)).select("_row", value)
    if was_given:
        lost = (
            result.filter(value.is_null())
            .join(raw.select("_row", pl.col(column.name).alias("_raw")), on="_row")
            .filter(pl.col("_raw").is_not_null())
        )
        faulty = pl.concat(
            [
                faulty.with_columns(value.cast(pl.String)),
                lost.select("_row", pl.col("_raw").cast(pl.String, strict=False).alias(column.name)),
            ]
        )
    name = column.name
    severity: Literal["error", "warning"] = (
        "error" if column.required or column.name in table.key else "warning"
    )
    for row, text in faulty.head(1000).iter_rows():
        problems.append(
            Problem(
                "table.value_refused",
                severity,
                table=table.name,
                column=name,
                row=row,
                value=None if text is None else str(text),
                nearest=_nearest(column),
            )
        )
    result = result.with_columns(pl.when(bad.fill_null(False)).then(None).otherwise(value).alias(column.name))
    if column.required or column.name in table.key:
        missing = result.filter(value.is_null()).get_column("_row")
        already = set(faulty.get_column("_row").to_list())
        for row in missing.head(1000):
            if row not in already:
                problems.append(
                    Problem("table.value_missing", "error", table=table.name, column=name, row=row)
                )
        result = result.filter(value.is_not_null())
    return result, problems


def _nearest(column: Column) -> str | None:
    if column.allowed:
        return ", ".join(column.allowed)
    if column.low is not None or column.high is not None:
        return f"{column.low}..{column.high}"
    return column.kind
