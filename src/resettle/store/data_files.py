"""Read a table of answers or people from the formats evaluators use, with labels where they exist."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
from python_calamine import CalamineWorkbook

from resettle.problems import Problem
from resettle.store.data_heads import find_heads

READABLE = (".xlsx", ".xls", ".csv", ".parquet", ".json", ".sav", ".zsav", ".dta")


@dataclass(frozen=True)
class DataFile:
    """A table and what its file said about it.

    Attributes:
        frame: the rows as they stand; values stay codes where the file has value labels.
        labels: what a column is called in words (SPSS, Stata).
        value_labels: by column, what a code means.
        sha256: hash of the file's bytes.
    """

    frame: pl.DataFrame
    labels: Mapping[str, str] = field(default_factory=dict)
    value_labels: Mapping[str, Mapping[Any, str]] = field(default_factory=dict)
    sha256: str = ""


def read_data(
    path: Path, sheet: str | None = None, wanted: Collection[str] = ()
) -> tuple[DataFile | None, list[Problem]]:
    """Read XLSX, XLS, CSV (UTF-8 or GB 18030), Parquet, JSON rows, SPSS .sav or Stata .dta.

    Args:
        wanted: names of columns that will be read; in sheets and CSV the row that holds most of them is the row of
            heads, and a row of words below it no row of answers. What was done is said.

    Returns:
        The table, or ``None`` beside the error: no such file, unknown format, unreadable content, a
        repeated or empty column name.
    """
    name = path.name
    if not path.is_file():
        return None, [Problem("data_files.absent", "error", file=name)]
    suffix = path.suffix.lower()
    if suffix not in READABLE:
        nearest = ", ".join(READABLE)
        return None, [Problem("data_files.format_unknown", "error", file=name, value=suffix, nearest=nearest)]
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    labels: Mapping[str, str] = {}
    value_labels: Mapping[str, Mapping[Any, str]] = {}
    problems: list[Problem] = []
    try:
        if suffix in (".xlsx", ".xls"):
            frame, problems = _read_sheet(path, sheet, wanted)
        elif suffix == ".csv":
            frame, problems = _read_csv(content, name, wanted)
        elif suffix == ".parquet":
            frame = pl.read_parquet(content)
        elif suffix == ".json":
            rows = json.loads(content.decode("utf-8"))
            rows = rows.get("results", rows.get("value", [])) if isinstance(rows, dict) else rows
            frame = pl.DataFrame([_flat(r) for r in rows or []], infer_schema_length=None, strict=False)
        else:
            frame, labels, value_labels = _read_labelled(path, suffix)
    except Exception as error:  # every reader fails in its own way; the user needs one sentence
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        return None, [Problem("data_files.unreadable", "error", file=name, values={"reason": reason})]
    if any(p.severity == "error" for p in problems):
        return None, problems
    if frame.height == 0:
        problems.append(Problem("data_files.empty", "error", file=name))
        return None, problems
    return DataFile(frame, labels, value_labels, digest), problems


def read_part(path: Path, part: str) -> tuple[pl.DataFrame | None, list[Problem]]:
    """The rows of a repeat group that an export keeps apart: a sheet of that name, or ``<file>-<group>.csv`` beside it.

    Returns:
        ``None`` where there is no such part: the rows stand inside the submissions, or nobody was asked.
    """
    if path.suffix.lower() in (".xlsx", ".xls"):
        names = CalamineWorkbook.from_path(str(path)).sheet_names
        sheet = next((n for n in names if n == part or n == part[:31] or n.endswith(f"-{part}")), None)
        if sheet is None:
            return None, []
        frame, problems = _read_sheet(path, sheet)
        return frame, problems
    if path.suffix.lower() == ".csv":
        beside = next(
            (p for p in sorted(path.parent.glob(f"*{part}.csv")) if p != path and _of(path, p, part)), None
        )
        if beside is not None:
            found, problems = read_data(beside)
            return (None if found is None else found.frame), problems
    return None, []


def _of(path: Path, beside: Path, part: str) -> bool:
    """Whether a file's name is the submissions' with the group's behind it."""
    return beside.stem in (f"{path.stem}-{part}", f"{path.stem}_{part}", part)


def _flat(row: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """One submission with its groups as paths (``home/Q4``), lists as text; ODK nests, KoboToolbox does not.

    >>> _flat({"household_id": "h1", "home": {"Q4": 7}, "_tags": []})
    {'household_id': 'h1', 'home/Q4': 7, '_tags': '[]'}
    """
    found: dict[str, Any] = {}
    for key, value in row.items():
        if isinstance(value, dict):
            found |= _flat(value, f"{before}{key}/")
        else:
            found[before + key] = json.dumps(value, ensure_ascii=False) if isinstance(value, list) else value
    return found


def _read_sheet(
    path: Path, sheet: str | None, wanted: Collection[str] = ()
) -> tuple[pl.DataFrame, list[Problem]]:
    book = CalamineWorkbook.from_path(str(path))
    chosen = sheet or book.sheet_names[0]
    if chosen not in book.sheet_names:
        nearest = ", ".join(book.sheet_names)
        problem = Problem("data_files.sheet_absent", "error", file=path.name, sheet=chosen, nearest=nearest)
        return pl.DataFrame(), [problem]
    rows = book.get_sheet_by_name(chosen).to_python(skip_empty_area=True)
    if not rows:
        return pl.DataFrame(), []
    found = find_heads(rows, wanted, path.name)
    heads = found.names
    repeated = {h for h in heads if h and heads.count(h) > 1}
    problems = [
        Problem("data_files.column_repeated", "error", file=path.name, column=head)
        for head in sorted(repeated & set(wanted) if wanted else repeated)
    ]
    if problems:
        return pl.DataFrame(), problems
    columns = {
        head: [_cell(row[k]) if k < len(row) else None for row in rows[found.start :]]
        for k, head in enumerate(heads)
        if head and head not in repeated
    }
    return pl.DataFrame({h: _series(h, v) for h, v in columns.items()}), found.problems


def _cell(value: object) -> object:
    return None if value == "" else value


def _series(name: str, values: list[object]) -> pl.Series:
    """Numbers as numbers; a column of mixed kinds as text, so that nothing is lost."""
    there = [v for v in values if v is not None]
    if there and all(isinstance(v, int | float) and not isinstance(v, bool) for v in there):
        return pl.Series(name, values, dtype=pl.Float64, strict=False)
    if there and all(isinstance(v, bool) for v in there):
        return pl.Series(name, values, dtype=pl.Boolean)
    text = [None if v is None else f"{v:g}" if isinstance(v, float) else str(v) for v in values]
    return pl.Series(name, text, dtype=pl.String)


def _read_csv(content: bytes, name: str, wanted: Collection[str] = ()) -> tuple[pl.DataFrame, list[Problem]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("gb18030")
    mark = separator(text, wanted)
    problems: list[Problem] = []
    if wanted:
        text, problems = _from_heads(text, mark, name, wanted)
    comma = mark != "," and bool(
        re.search(rf"(^|{re.escape(mark)})-?\d+,\d+({re.escape(mark)}|\r?$)", text, re.M)
    )
    frame = pl.read_csv(
        text.encode("utf-8"),
        separator=mark,
        decimal_comma=comma,
        infer_schema_length=None,
        null_values=["", "NA"],
    )
    return frame, problems


def _from_heads(text: str, mark: str, name: str, wanted: Collection[str]) -> tuple[str, list[Problem]]:
    """The text from its heads on, where they are not simply its first row."""
    rows = list(csv.reader(io.StringIO(text), delimiter=mark))
    found = find_heads(rows, wanted, name) if rows else None
    if found is None or not found.problems:
        return text, []
    out = io.StringIO()
    csv.writer(out, delimiter=mark, lineterminator="\n").writerows([found.names, *rows[found.start :]])
    return out.getvalue(), found.problems


def separator(text: str, wanted: Collection[str] = ()) -> str:
    """What parts the cells: the mark that stands most often in the head, outside quotes.

    >>> separator('a;"b,c";d\\n1;2;3'), separator("a,b")
    (';', ',')
    """
    lines = text.lstrip().splitlines()[:12] if text.strip() else [""]
    holding = [sum(name in line for name in wanted) for line in lines]
    head = re.sub(r'"[^"]*"', "", lines[max(range(len(lines)), key=lambda k: (holding[k], -k))])
    return max((",", ";", "\t", "|"), key=head.count)


def _read_labelled(
    path: Path, suffix: str
) -> tuple[pl.DataFrame, Mapping[str, str], Mapping[str, Mapping[Any, str]]]:
    import pyreadstat

    read = pyreadstat.read_dta if suffix == ".dta" else pyreadstat.read_sav
    columns, meta = read(str(path), output_format="dict")
    frame = pl.DataFrame({name: pl.Series(name, list(v), strict=False) for name, v in columns.items()})
    frame = frame.with_columns(pl.col(pl.Float64, pl.Float32).fill_nan(None))
    labels = {k: v for k, v in meta.column_names_to_labels.items() if v}
    return frame, labels, dict(meta.variable_value_labels)
