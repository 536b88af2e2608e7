"""Reads the cells of a user's workbook or text file as they are shown; the only place that opens one.

Size is judged from the directory of the zip before anything is unpacked. A file that cannot be read is
answered with a problem that says why and what to do; nothing here raises for bad input.
"""

from __future__ import annotations

import lzma
import zipfile
import zlib
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from xml.parsers import expat

import fastexcel
import polars as pl
import python_calamine

from resettle.problems import Problem
from resettle.store import compound, ods, sheet_xml
from resettle.store.text_rows import frame_of, read_text
from resettle.store.zip_parts import Parts, longest_text
from resettle.tables.grid import Merge, Sheet, column_letters

SIZE_LIMIT = 1_500_000_000
"""Bytes a workbook may unpack to; about a million rows of twenty columns."""
TEXT_LIMIT = 400_000_000
"""Bytes of a text file or an old workbook, which are held whole."""
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError)


def read_cells(path: Path, size_limit: int = SIZE_LIMIT) -> tuple[list[Sheet], list[Problem]]:
    """Read every visible sheet of a workbook or a text file of comma, tab or semicolon separated values.

    Args:
        path: the file; what it is is judged by its content, not its name.
        size_limit: bytes it may unpack to.

    Returns:
        The sheets with text per cell (numbers without a spare ``.0``, dates as ``YYYY-MM-DD``), and
        problems (codes ``registry.file_*`` and ``registry.sheet_*``). No sheet where the file cannot be read.
    """
    name = path.name
    try:
        with path.open("rb") as handle:
            start = handle.read(8)
    except OSError as error:
        return [], [_refused("file_unreadable", name, reason=error.strerror or str(error))]
    if not start.strip():
        return [], [_refused("file_empty", name)]
    if start.startswith(b"PK"):
        return _or_said(name, *_read_xlsx(path, size_limit))
    size, limit = path.stat().st_size, min(size_limit, TEXT_LIMIT)
    if size > limit:
        return [], [_too_large(name, size, limit)]
    if start == OLE:
        return _or_said(name, *_read_xls(path))
    return read_text(path, sheet_xml.CELL_LIMIT)


def _or_said(name: str, sheets: list[Sheet], problems: list[Problem]) -> tuple[list[Sheet], list[Problem]]:
    """A workbook that gave neither a sheet nor a reason holds no sheet, and that is a reason."""
    return sheets, problems if sheets or problems else [_refused("file_without_sheets", name)]


def _refused(code: str, name: str, **values: Any) -> Problem:
    return Problem(f"registry.{code}", "error", file=name, values=values)


def _too_large(name: str, size: int, limit: int) -> Problem:
    return _refused("file_too_large", name, size_mb=size // 1_000_000, limit_mb=limit // 1_000_000)


def _read_xlsx(path: Path, size_limit: int) -> tuple[list[Sheet], list[Problem]]:
    name = path.name
    try:
        with zipfile.ZipFile(path) as archive:
            parts = Parts(archive)
            total = parts.unpacked_size()
            if total > size_limit:
                return [], [_too_large(name, total, size_limit)]
            if parts.read("mimetype").strip() == ods.MIME:
                return _read_ods(name, parts)
            if "xl/workbook.xml" not in parts.names:
                return [], [_refused("file_no_workbook", name)]
            problems = []
            if any(n.startswith("xl/externalLinks/") for n in parts.names):
                problems.append(Problem("registry.file_external_links", "warning", file=name))
            facts = sheet_xml.read_facts(parts)
            longest = max((longest_text(parts.read(n)) for n in parts.text_tables()), default=0)
            parts.read("xl/styles.xml")
    except ods.TooLargeError as error:
        return [], [_too_wide(name, error.sheet, error.row, error.column)]
    except (
        *DAMAGED,
        expat.ExpatError,
        OSError,
        EOFError,
        ValueError,
        LookupError,
        NotImplementedError,
        RuntimeError,
    ) as error:
        return [], [_refused("file_damaged", name, reason=str(error)[:120])]
    far = [
        Problem("registry.sheet_too_wide", "error", file=name, sheet=title, column=fact.far)
        for title, fact in facts.items()
        if fact.far
    ]
    if far:
        return [], problems + far
    # One long text that a million cells refer to is copied for each of them.
    copied = longest * sum(fact.texts for fact in facts.values())
    if copied > size_limit:
        return [], [_too_large(name, copied, size_limit)]
    sheets, found = _sheets_of_workbook(path, facts)
    return sheets, problems + found


def _too_wide(name: str, title: str, row: int, column: int) -> Problem:
    place = f"{column_letters(max(column - 1, 0))}{row}"
    return Problem("registry.sheet_too_wide", "error", file=name, sheet=title, column=place)


def _read_ods(name: str, parts: Parts) -> tuple[list[Sheet], list[Problem]]:
    """An OpenDocument spreadsheet; it is held to the same limits."""
    if b"encryption-data" in parts.read("META-INF/manifest.xml"):
        return [], [_refused("file_password", name)]
    sheets: list[Sheet] = []
    problems: list[Problem] = []
    left = sheet_xml.CELL_LIMIT
    for page in ods.read_pages(parts.pieces("content.xml"), left):
        if page.hidden:
            problems.append(Problem("registry.sheet_hidden", "warning", file=name, sheet=page.name))
            continue
        width = max(map(len, page.rows), default=0)
        left -= width * len(page.rows)
        if left < 0:
            raise ods.TooLargeError(page.name, len(page.rows), width)
        cells = tuple(f"{column_letters(column)}{row + 1}" for row, column in page.uncached)
        problems += _fact_problems(name, page.name, sheet_xml.Facts(uncached=cells))
        sheets.append(_sheet(name, page.name, frame_of(page.rows), page.merges, problems))
    return sheets, problems


def _sheets_of_workbook(path: Path, facts: dict[str, sheet_xml.Facts]) -> tuple[list[Sheet], list[Problem]]:
    name = path.name
    sheets: list[Sheet] = []
    problems: list[Problem] = []
    cells = 0
    try:
        book = fastexcel.read_excel(str(path))
        for title in book.sheet_names:
            fact = facts.get(title, sheet_xml.Facts())
            page = book.load_sheet(title, header_row=None, dtypes="string")
            if page.visible != "visible":
                problems.append(Problem("registry.sheet_hidden", "warning", file=name, sheet=title))
                continue
            cells += page.width * page.total_height
            if cells > sheet_xml.CELL_LIMIT:
                return [], [*problems, _too_wide(name, title, page.total_height, page.width)]
            frame = page.to_polars()
            frame = frame.rename({old: f"c{i}" for i, old in enumerate(frame.columns)})
            frame = _placed(frame, fact)
            problems += _fact_problems(name, title, fact)
            sheets.append(_sheet(name, title, frame, fact.merges, problems))
    except BaseException as error:
        # The parser's own exceptions have no common base (a panic is no Exception), and a damaged file must
        # never end a run.
        _raise_if_meant_for_us(error)
        return [], [_refused("file_damaged", name, reason=str(error)[:120])]
    return sheets, problems


def _sheet(
    name: str, title: str, frame: pl.DataFrame, merges: Sequence[Merge], problems: list[Problem]
) -> Sheet:
    """A sheet with its merged ranges; ranges that lie over each other are none that any program writes."""
    area = sum(
        max(0, min(last_row, frame.height - 1) - row + 1) * max(0, min(last, frame.width - 1) - column + 1)
        for row, column, last_row, last in merges
    )
    if area > frame.height * frame.width:
        problems.append(
            Problem(
                "registry.sheet_merges_overlap",
                "warning",
                file=name,
                sheet=title,
                values={"count": len(merges)},
            )
        )
        merges = ()
    return Sheet(name, title, frame, merges)


def _raise_if_meant_for_us(error: BaseException) -> None:
    """Let pass what is no fault of the file: an interrupted run, an exit, no memory left."""
    if isinstance(error, KeyboardInterrupt | SystemExit | GeneratorExit | MemoryError):
        raise error


def _fact_problems(name: str, title: str, fact: sheet_xml.Facts) -> list[Problem]:
    problems = []
    if fact.uncached:
        problems.append(
            Problem(
                "registry.sheet_formula_without_value",
                "warning",
                file=name,
                sheet=title,
                column=fact.uncached[0],
                values={"count": len(fact.uncached)},
            )
        )
    return problems


def _placed(frame: pl.DataFrame, fact: sheet_xml.Facts) -> pl.DataFrame:
    """Put the used area back to where it stands in the sheet, and mend what the quick reader loses."""
    if fact.first_column:
        frame = frame.rename({f"c{i}": f"c{i + fact.first_column}" for i in range(frame.width)})
        frame = frame.select(
            *(pl.lit(None, dtype=pl.String).alias(f"c{i}") for i in range(fact.first_column)),
            *frame.columns,
        )
    if fact.first_row and frame.width:
        above = pl.DataFrame({c: pl.Series([None] * fact.first_row, dtype=pl.String) for c in frame.columns})
        frame = pl.concat([above, frame])
    by_column: dict[int, dict[int, str]] = {}
    for row, column, text in fact.patches:
        if row < frame.height and column < frame.width:
            by_column.setdefault(column, {})[row] = text
    for column, patches in sorted(by_column.items()):
        series = frame[f"c{column}"].clone()
        series = series.scatter(list(patches), list(patches.values()))
        frame = frame.with_columns(series.alias(f"c{column}"))
    # Midnight is how the reader shows a date without a time.
    return frame.with_columns(pl.all().str.strip_suffix(" 00:00:00").replace("", None))


def _read_xls(path: Path) -> tuple[list[Sheet], list[Problem]]:
    name = path.name
    raw = path.read_bytes()
    if ENCRYPTED in raw:
        return [], [_refused("file_password", name)]
    try:
        if compound.check_workbook(raw):
            return [], [_refused("file_password", name)]
    except compound.InconsistentError as error:
        return [], [_refused("file_damaged", name, reason=f"contradiction in its {error}")]
    sheets: list[Sheet] = []
    problems: list[Problem] = []
    try:
        book = python_calamine.CalamineWorkbook.from_path(str(path))
        visible = {m.name: m.visible for m in book.sheets_metadata}
        for title in book.sheet_names:
            if visible[title] != python_calamine.SheetVisibleEnum.Visible:
                problems.append(Problem("registry.sheet_hidden", "warning", file=name, sheet=title))
                continue
            page = book.get_sheet_by_name(title)
            rows = page.to_python(skip_empty_area=False)
            merges = [(a[0], a[1], b[0], b[1]) for a, b in page.merged_cell_ranges or []]
            frame = frame_of([[_text(v) for v in row] for row in rows])
            sheets.append(_sheet(name, title, frame, merges, problems))
    except BaseException as error:
        # As above: a damaged or protected old workbook is answered, whatever the parser raises.
        _raise_if_meant_for_us(error)
        code = "file_password" if "password" in str(error).lower() else "file_damaged"
        return [], [_refused(code, name, reason=str(error)[:120])]
    return sheets, problems


def _text(value: Any) -> str | None:
    """What a cell shows.

    >>> _text(3.0), _text(4.10325199001011e17), _text(datetime(2016, 3, 1)), _text("")
    ('3', '4.10325199001011E+17', '2016-03-01', None)
    """
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if abs(value) >= 1e15:
            return f"{value:.14E}"
        return str(int(value)) if value.is_integer() else f"{value:.10g}"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return str(value)
