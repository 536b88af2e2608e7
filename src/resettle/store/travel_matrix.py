"""A matrix of ways as offices keep it: villages down the side and sites across, or the other way round.

Rows and columns are joined by what they are called, code or unambiguous name, never by position. What the
numbers are is read from the corner cell, or from the name of the file; where neither says so, nothing is read:
metres and minutes look alike.
"""

from __future__ import annotations

import csv
import difflib
import io
from collections.abc import Iterator, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from pathlib import Path

import polars as pl

from resettle.problems import Problem
from resettle.store.table_files import decoded
from resettle.tables import TRAVEL

CORNERS = {
    "distance_m": ("distance_m", 1),
    "distance_km": ("distance_m", 1000),
    "travel_minutes": ("travel_minutes", 1),
    "travel_hours": ("travel_minutes", 60),
    "路程（米）": ("distance_m", 1),
    "路程（公里）": ("distance_m", 1000),
    "用时（分钟）": ("travel_minutes", 1),
    "用时（小时）": ("travel_minutes", 60),
}
"""What the corner cell may say: the column of the long form it fills, and how many of its units one is."""
NAMES_TOLD = 8


def labels_of(frame: pl.DataFrame | None, code: str, name: str) -> dict[str, str | None]:
    """Codes and names to codes; a name that two rows share leads to ``None``, for it says which of neither."""
    found: dict[str, str | None] = {}
    if frame is None:
        return found
    if name in frame.columns:
        for row in frame.select(code, name).drop_nulls().iter_rows(named=True):
            found[row[name]] = None if row[name] in found else row[code]
    return found | {c: c for c in frame[code].drop_nulls().to_list()}


def is_wide(path: Path) -> bool:
    """Whether a file is a matrix: its first line names neither villages nor sites as columns of their own."""
    first = next(_lines(path), [])
    return bool(first) and not {"village_code", "site_id"} <= {cell.strip() for cell in first}


def read_wide(
    path: Path, villages: Mapping[str, str | None], sites: Mapping[str, str | None]
) -> tuple[pl.DataFrame, list[Problem]]:
    """The matrix as rows of the table of ways. An empty cell is unknown, never zero.

    Args:
        villages, sites: what rows and columns may be called, to codes (:func:`labels_of`).
    """
    lines = [(n, r) for n, r in enumerate(_lines(path), start=1) if any(c.strip() for c in r)]
    empty = TRAVEL.empty()
    if not lines:
        return empty, [Problem("store.file_empty", "warning", file=path.name, table="travel")]
    head = [cell.strip() for cell in lines[0][1]]
    measure = CORNERS.get(head[0].replace("(", "（").replace(")", "）")) or CORNERS.get(path.stem)
    if measure is None:
        near = ", ".join(CORNERS)
        return empty, [
            Problem("store.matrix_corner", "error", file=path.name, row=1, value=head[0] or "–", nearest=near)
        ]
    down = [r[0].strip() for _, r in lines[1:]]
    is_turned = _known(head[1:], villages) + _known(down, sites) > _known(head[1:], sites) + _known(
        down, villages
    )
    across, along = (villages, sites) if is_turned else (sites, villages)
    columns, problems = _joined(head[1:], across, path.name, 1)
    rows, found = _joined(down, along, path.name, None, [n for n, _ in lines[1:]])
    problems += found
    made: list[dict[str, object]] = []
    refused: list[tuple[int, str]] = []
    for (number, cells), row in zip(lines[1:], rows, strict=True):
        for cell, column in zip(cells[1:], columns, strict=False):
            if row is None or column is None or not cell.strip():
                continue
            value = _whole(cell, measure[1])
            if value is None:
                refused.append((number, cell.strip()))
                continue
            village, site = (column, row) if is_turned else (row, column)
            made.append({"village_code": village, "site_id": site, measure[0]: value})
    if refused:
        problems.append(
            Problem(
                "store.matrix_number",
                "warning",
                file=path.name,
                row=refused[0][0],
                value=refused[0][1],
                values={"count": len(refused)},
            )
        )
    frame = pl.DataFrame(
        made, schema={c: TRAVEL.schema()[c] for c in ("village_code", "site_id", measure[0])}
    )
    return frame.select(
        frame[n] if n in frame.columns else pl.lit(None, dtype=t).alias(n) for n, t in TRAVEL.schema().items()
    ), problems


def merged(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Ways of several files, one row a pair; where two say the same thing the first holds."""
    rows = pl.concat(frames)
    rest = [c for c in rows.columns if c not in TRAVEL.key]
    return (
        rows.group_by(TRAVEL.key, maintain_order=True)
        .agg(pl.col(c).drop_nulls().first() for c in rest)
        .select(rows.columns)
        .sort(TRAVEL.key)
    )


def _lines(path: Path) -> Iterator[list[str]]:
    csv.field_size_limit(1 << 24)
    return csv.reader(io.StringIO(decoded(path.read_bytes()) or "", newline=""))


def _known(labels: Sequence[str], names: Mapping[str, str | None]) -> int:
    return sum(label in names for label in labels)


def _joined(
    labels: Sequence[str],
    names: Mapping[str, str | None],
    file: str,
    row: int | None,
    numbers: Sequence[int] = (),
) -> tuple[list[str | None], list[Problem]]:
    """The code of every row or column; ``None`` for what nobody knows, and for all that share one code."""
    codes = [names.get(label) for label in labels]
    twice = sorted({c for c in codes if c is not None and codes.count(c) > 1})
    problems = []
    for i, (label, code) in enumerate(zip(labels, codes, strict=True)):
        if code is None and label:
            ambiguous = label in names
            near = None if ambiguous else next(iter(difflib.get_close_matches(label, names, 1, 0.5)), None)
            problems.append(
                Problem(
                    "store.matrix_shared_name" if ambiguous else "store.matrix_stranger",
                    "warning",
                    file=file,
                    row=numbers[i] if numbers else row,
                    value=label,
                    nearest=near,
                )
            )
    if twice:
        told = ", ".join(twice[:NAMES_TOLD])
        problems.append(
            Problem("store.matrix_twice", "error", file=file, value=told, values={"count": len(twice)})
        )
    return [None if c in twice else c for c in codes], problems


def _whole(cell: str, factor: int) -> int | None:
    """A number in the units of the long form, half up; ``None`` where it is none.

    >>> _whole("12.5", 1), _whole("1.2", 1000), _whole("x", 1)
    (13, 1200, None)
    """
    try:
        number = Decimal(cell.strip().replace(",", "")) * factor
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number) >= 10**8:
        return None
    return int(number.quantize(Decimal(1), rounding=ROUND_HALF_UP))
