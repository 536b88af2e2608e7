"""Contracted tables as files: CSV in, Parquet and one workbook out, the same bytes for the same rows."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from resettle.problems import Problem
from resettle.store.table_cells import InFile, Written, as_file_writes, file_name, heads_in_words
from resettle.store.workbook_xml import write_sheets
from resettle.tables import Table, conform
from resettle.tables.labels import Labels

SHEET_ROWS = 1_048_575
WORKBOOK_CELLS = 1_600_000
"""A workbook of more cells than this opens slowly anywhere; what is left out is named on its first sheet."""


def read_table(
    path: Path, table: Table, written: Written | None = None, labels: Labels | None = None
) -> tuple[pl.DataFrame, list[Problem]]:
    """Read a CSV by its contract. An absent file is an empty table; a faulty cell is a problem, never a guess.

    Columns are found by their name or by what they are called in either language. ``written`` reads cells that
    are not in the file's own spelling (2024/2/12, 1000万元); ``labels`` are a pack's own words for values.

    Encodings UTF-8 (with or without mark), UTF-16 with its mark and GB18030 are recognised. A row with more
    cells than the first line is left out and reported: nobody can say which cell belongs where.
    """
    if not path.exists():
        return table.empty(), []
    text = decoded(path.read_bytes())
    if text is None:
        return table.empty(), [
            Problem("store.not_a_table", "error", file=path.name, values={"reason": "UTF-8, GB18030: ?"})
        ]
    if not text.strip():
        return table.empty(), [Problem("store.file_empty", "warning", file=path.name, table=table.name)]
    try:
        shown, lines, ragged = _split(text, path.name)
    except csv.Error as error:
        return table.empty(), [
            Problem("store.not_a_table", "error", file=path.name, values={"reason": str(error)[:200]})
        ]
    heads = heads_in_words(shown.columns, table)
    frame = shown.with_columns(pl.all().str.strip_chars().replace("", None)).rename(heads)
    known = {*table.names, *(file_name(c) for c in table.names)}
    problems = ragged + [
        Problem(
            "store.column_unknown",
            "warning",
            file=path.name,
            column=name,
            nearest=_nearest(name, [file_name(c) for c in table.names]),
        )
        for name in frame.columns
        if name not in known
    ]
    if written is not None:
        frame = as_file_writes(frame, table, written)
    typed, found = _typed(_to_inner_units(frame, table), table)
    result, more = conform(typed, table)
    place = InFile(path.name, table, shown, {n: h for h, n in heads.items()}, lines, labels)
    return result, problems + [place.told(p) for p in (*found, *more)]


def table_heads(path: Path, table: Table | None = None) -> set[str]:
    """The contracted names of the columns a file has: what it lacks is not the same as what it leaves empty."""
    text = decoded(path.read_bytes()) or ""
    first = [head.strip() for head in next(csv.reader(io.StringIO(text, newline="")), [])]
    words = {} if table is None else heads_in_words(first, table)
    names = [words.get(head, head) for head in first]
    inner = {name + suffix for name in names for suffix in ("", "_minor")}
    return inner | {name.removesuffix("_m2") + "_dm2" for name in names}


def decoded(raw: bytes) -> str | None:
    """The text of a file, or ``None`` where it is no text of a known encoding."""
    marked = raw.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "gb18030"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        return None if "\x00" in text else text
    return None


def _split(text: str, file: str) -> tuple[pl.DataFrame, list[int], list[Problem]]:
    """Cells as text, the number of each row as the user counts it, and the rows that fit no head."""
    csv.field_size_limit(1 << 24)
    rows = [(n, r) for n, r in enumerate(csv.reader(io.StringIO(text, newline="")), start=1) if any(r)]
    heads: list[str] = []
    for head in rows[0][1]:
        heads.append(head.strip() if head.strip() not in heads else f"{head.strip()} ({len(heads) + 1})")
    width = len(heads)
    problems = [
        Problem("store.row_ragged", "error", file=file, row=n, value=str(len(r)), nearest=str(width))
        for n, r in rows[1:]
        if any(r[width:])
    ]
    kept = [(n, r) for n, r in rows[1:] if not any(r[width:])]
    cells = {
        head: pl.Series([r[i] if i < len(r) else None for _, r in kept], dtype=pl.String)
        for i, head in enumerate(heads)
    }
    return pl.DataFrame(cells), [n for n, _ in kept], problems


def _typed(frame: pl.DataFrame, table: Table) -> tuple[pl.DataFrame, list[Problem]]:
    """Flags and dates from their spellings; a cell that is neither is a problem and unknown."""
    kinds = {
        c.name: c.kind for c in table.columns if c.kind in ("boolean", "date") and c.name in frame.columns
    }
    words = {
        "true": True,
        "false": False,
        "1": True,
        "0": False,
        "yes": True,
        "no": False,
        "是": True,
        "否": False,
    }
    readings = [
        pl.col(n).str.to_lowercase().replace_strict(words, default=None, return_dtype=pl.Boolean)
        if kind == "boolean"
        else pl.col(n).str.to_date("%Y-%m-%d", strict=False)
        for n, kind in kinds.items()
    ]
    typed = frame.with_columns(readings)
    problems = []
    for name, kind in kinds.items():
        lost = frame.with_row_index("_row").filter(frame[name].is_not_null() & typed[name].is_null())
        problems += [
            Problem(
                "table.value_refused",
                "warning",
                table=table.name,
                column=name,
                row=row + 1,
                value=value,
                nearest="YYYY-MM-DD" if kind == "date" else "true, false",
            )
            for row, value in lost.select("_row", name).iter_rows()
        ]
    return typed, problems


def _to_inner_units(frame: pl.DataFrame, table: Table) -> pl.DataFrame:
    """Columns given in currency units or m2 become minor units and 0.01 m2; a word stays to be refused."""
    changed = []
    for name in table.names:
        outer = file_name(name)
        if outer != name and outer in frame.columns and name not in frame.columns:
            # Commas that part thousands alone are taken away: 3,5 is not 35.
            grouped = pl.col(outer).str.contains(r"^[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d+)?$")
            plain = pl.when(grouped).then(pl.col(outer).str.replace_all(",", "")).otherwise(pl.col(outer))
            number = plain.cast(pl.Float64, strict=False)
            whole = (number * 100).round().cast(pl.Int64, strict=False).cast(pl.String)
            changed.append(pl.coalesce(whole, pl.col(outer)).alias(name))
    return frame.with_columns(changed)


def write_csv(frame: pl.DataFrame, table: Table, path: Path) -> None:
    """A contracted table as a file a person edits: m2 and currency units, dates as YYYY-MM-DD."""
    exprs = []
    for name in table.names:
        outer = file_name(name)
        if outer != name:
            exprs.append((pl.col(name) / 100).round(2).alias(outer))
        elif table.column(name).kind == "boolean":
            exprs.append(pl.col(name).cast(pl.String).alias(name))
        else:
            exprs.append(pl.col(name))
    table.shape(frame).select(exprs).write_csv(path, line_terminator="\n", float_precision=None)


def _nearest(name: str, known: list[str]) -> str | None:
    import difflib

    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return close[0] if close else None


def write_parquet(frames: Mapping[str, pl.DataFrame], folder: Path) -> None:
    """One Parquet file a table, in a folder that must exist."""
    for name, frame in frames.items():
        frame.write_parquet(folder / f"{name}.parquet", compression="zstd", statistics=True)


def read_parquet_folder(folder: Path) -> dict[str, pl.DataFrame]:
    """Every Parquet table of a folder by name; an absent folder holds none."""
    return {path.stem: pl.read_parquet(path) for path in sorted(folder.glob("*.parquet"))}


def _fitting(frames: Mapping[str, pl.DataFrame]) -> set[str]:
    """The tables that fit the workbook, smallest first; the others stay in Parquet."""
    room, fitting = WORKBOOK_CELLS, set[str]()
    for name in sorted(frames, key=lambda n: (frames[n].height * frames[n].width, n)):
        room -= frames[name].height * frames[name].width
        if room < 0:
            break
        fitting.add(name)
    return fitting


def write_workbook(frames: Mapping[str, pl.DataFrame], path: Path) -> None:
    """All tables as sheets of one workbook, behind a sheet that says where each of them is."""
    fitting = _fitting(frames)
    contents = pl.DataFrame(
        {
            "table": list(frames),
            "rows": [frame.height for frame in frames.values()],
            "where": ["here" if name in fitting else f"{name}.parquet" for name in frames],
        },
        schema={"table": pl.String, "rows": pl.Int64, "where": pl.String},
    )
    kept = {name: frame.head(SHEET_ROWS) for name, frame in frames.items() if name in fitting}
    write_sheets({"contents": contents} | kept, path)
