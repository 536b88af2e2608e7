"""Faults of rows while they are worked on: a frame, so that a hundred thousand rows cost no more than their faults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from resettle.problems import Problem
from resettle.registry.fields import Field, label_of

NUMBERED = frozenset({"identity", "household_key"})
SCHEMA: dict[str, Any] = {
    "rid": pl.Int64(),
    "code": pl.String(),
    "severity": pl.String(),
    "field": pl.String(),
    "value": pl.String(),
    "nearest": pl.String(),
    "detail": pl.String(),
}


def faults(
    frame: pl.DataFrame,
    where: pl.Expr,
    code: str,
    severity: str,
    field_name: str,
    value: pl.Expr | None = None,
    nearest: pl.Expr | None = None,
    detail: pl.Expr | None = None,
) -> pl.DataFrame:
    """The faults of the rows for which ``where`` is true; unknown is no fault."""
    nothing = pl.lit(None, dtype=pl.String)
    # A bare truth value does not grow with a frame of more than a million rows: the filter then has another length.
    wanted = where.fill_null(False) & pl.col("rid").is_not_null()
    return frame.filter(wanted).select(
        "rid",
        pl.lit(code).alias("code"),
        pl.lit(severity).alias("severity"),
        pl.lit(field_name).alias("field"),
        (nothing if value is None else value.cast(pl.String)).alias("value"),
        (nothing if nearest is None else nearest.cast(pl.String)).alias("nearest"),
        (nothing if detail is None else detail.cast(pl.String)).alias("detail"),
    )


@dataclass
class Book:
    """All rows read, all faults found, and how each sheet calls its fields.

    Attributes:
        rows: ``rid``, ``file``, ``sheet``, ``row``, ``level``, ``order`` of every row read.
        heads: (file, sheet) to field to (column number, head as it stands).
    """

    rows: list[pl.DataFrame] = field(default_factory=list)
    found: list[pl.DataFrame] = field(default_factory=list)
    heads: dict[tuple[str, str], dict[str, tuple[int, str]]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    set_aside: int = 0
    homes: dict[int, str] = field(default_factory=dict)
    fields: Mapping[str, Field] = field(default_factory=dict)

    def ledger(self) -> pl.DataFrame:
        """Every row read, in order."""
        empty = {"rid": pl.Int64, "file": pl.String, "sheet": pl.String, "row": pl.Int64, "level": pl.String}
        return pl.concat([pl.DataFrame(schema=empty), *self.rows])

    def faults(self) -> pl.DataFrame:
        """Every fault, in the order of rows."""
        return (
            pl.concat([pl.DataFrame(schema=SCHEMA), *self.found])
            .unique()
            .sort("rid", "field", "code", "value", nulls_last=True)
        )

    def condemned(self) -> pl.Series:
        """Ids of rows with an error."""
        rids = [f.filter(pl.col("severity") == "error")["rid"] for f in self.found]
        return pl.concat([pl.Series("rid", [], dtype=pl.Int64), *rids]).unique()

    def _home(self, rid: int) -> dict[str, str]:
        """The household of a row, waiting or not; never a mistyped identity number in its place."""
        home = self.homes.get(rid)
        return {} if home is None or (home[:15].isdigit() and len(home) >= 15) else {"household": home}

    def as_problems(self) -> list[Problem]:
        """Faults as problems, with the head and place the user knows."""
        placed = self.faults().join(self.ledger(), on="rid", how="left", maintain_order="left")
        result = []
        for row in placed.iter_rows(named=True):
            own = self.heads.get((row["file"], row["sheet"]), {})
            _, head = own.get(row["field"], (0, row["field"]))
            in_chinese = not all(text.isascii() for _, text in own.values())
            known = self.fields.get(row["field"])
            if known is not None and known.labels:
                row |= {k: label_of(known, row[k], in_chinese) for k in ("value", "nearest") if row[k]}
            result.append(
                Problem(
                    f"registry.{row['code']}",
                    row["severity"],
                    file=row["file"],
                    sheet=row["sheet"] or None,
                    row=row["row"],
                    column=head,
                    value=masked(row["value"], row["field"]),
                    nearest=masked(row["nearest"], row["field"]),
                    values=_values(row) | self._home(row["rid"]),
                )
            )
        return result


def masked(text: str | None, field_name: str) -> str | None:
    """Identity numbers without their birth date: in clear they stand in the user's own roster alone.

    >>> masked("419900196203010016", "identity"), masked("水磨", "village")
    ('419900********0016', '水磨')
    """
    if text is None or field_name not in NUMBERED or len(text) < 15:
        return text
    return f"{text[:6]}{'*' * (len(text) - 10)}{text[-4:]}"


def _values(row: Mapping[str, Any]) -> dict[str, Any]:
    values = {"field": row["field"], "reference": reference(row["rid"])}
    return values if row["detail"] is None else values | {"detail": row["detail"]}


def reference(rid: int) -> str:
    """The number by which a row is spoken of in the answer.

    >>> reference(41)
    'R000041'
    """
    return f"R{rid:06d}"
