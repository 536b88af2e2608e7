"""``readings.xlsx``: what was read from a report, to be corrected by a person and read back."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl

from resettle.problems import Problem
from resettle.tables.contract import Table, conform

SHEET = "readings"
LINKS = "links"
UNREAD = "unread"
_WIDE = {"of": 30, "noun": 26, "printed": 22, "before": 50, "after": 30, "says": 70, "definition": 60}


def write_readings(
    frame: pl.DataFrame,
    table: Table,
    path: Path,
    links: pl.DataFrame | None = None,
    link: Table | None = None,
    unread: pl.DataFrame | None = None,
    unread_table: Table | None = None,
) -> Path:
    """Write readings to one sheet, what is held against what to another, and the numbers not read to a third.

    Names in Chinese and English stand above, the keys a program reads in row 3. Figures without a unit are
    marked. Text stays text: a cell that begins with ``=`` is written as it stands and never as a formula.
    """
    import xlsxwriter

    path.parent.mkdir(parents=True, exist_ok=True)
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        book.set_properties({"created": dt.datetime(2000, 1, 1)})
        _sheet(book, SHEET, frame, table)
        if links is not None and link is not None:
            _sheet(book, LINKS, links, link)
        if unread is not None and unread_table is not None:
            _sheet(book, UNREAD, unread, unread_table)
    return path


def _sheet(book: Any, name: str, frame: pl.DataFrame, table: Table) -> None:
    sheet = book.add_worksheet(name)
    bold = book.add_format({"bold": True, "bottom": 1})
    note = book.add_format({"font_color": "#4B5A64"})
    asked = book.add_format({"bg_color": "#F6E3B4"})
    for column, spec in enumerate(table.columns):
        sheet.write_string(0, column, spec.zh, bold)
        sheet.write_string(1, column, spec.en, bold)
        sheet.write_string(2, column, spec.name, note)
        sheet.set_column(column, column, _WIDE.get(spec.name, 12))
    for row, values in enumerate(frame.select(table.names).iter_rows(), start=3):
        for column, value in enumerate(values):
            if value is None and table.columns[column].name == "unit":
                sheet.write_blank(row, column, None, asked)
            _write(sheet, row, column, value)
    sheet.freeze_panes(3, 2)
    sheet.autofilter(2, 0, max(3, 2 + frame.height), len(table.columns) - 1)


def _write(sheet: Any, row: int, column: int, value: Any) -> None:
    if value is None:
        return
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        sheet.write_number(row, column, value)
    else:
        sheet.write_string(row, column, str(value))


def is_readings(path: Path) -> bool:
    """Whether a workbook is a sheet of readings that was written here."""
    import python_calamine

    if path.suffix.lower() != ".xlsx":
        return False
    try:
        book = python_calamine.CalamineWorkbook.from_path(str(path))
        if SHEET not in book.sheet_names:
            return False
        rows = book.get_sheet_by_name(SHEET).to_python(skip_empty_area=False)
    except Exception:  # a damaged workbook is no sheet of readings; the reader of documents says why
        return False
    return len(rows) > 2 and "reading_id" in rows[2]


def read_links(path: Path) -> list[dict[str, Any]] | None:
    """The rows of the sheet of links, in order; ``None`` where the sheet was taken out."""
    import python_calamine

    book = python_calamine.CalamineWorkbook.from_path(str(path))
    if LINKS not in book.sheet_names:
        return None
    rows = book.get_sheet_by_name(LINKS).to_python(skip_empty_area=False)
    names = [str(cell) for cell in rows[2]] if len(rows) > 2 else []
    found = [dict(zip(names, row, strict=False)) for row in rows[3:]]
    return [row for row in found if any(v not in ("", None) for v in row.values())]


def read_readings(path: Path, table: Table) -> tuple[pl.DataFrame, list[Problem]]:
    """Read a corrected sheet back under its contract; rows without a number of their own are numbered."""
    import python_calamine

    book = python_calamine.CalamineWorkbook.from_path(str(path))
    rows = book.get_sheet_by_name(SHEET).to_python(skip_empty_area=False)
    names = [str(cell) for cell in rows[2]]
    records = []
    for number, row in enumerate(rows[3:], start=4):
        record = {n: (None if v == "" else v) for n, v in zip(names, row, strict=False) if n in table.names}
        if any(v is not None for v in record.values()):
            record["reading_id"] = record.get("reading_id") or f"row{number}"
            records.append({k: None if v is None else str(v) for k, v in record.items()})
    frame = pl.DataFrame(records, schema={n: pl.String() for n in table.names if n in names})
    whole = [c.name for c in table.columns if c.kind == "integer" and c.name in frame.columns]
    frame = frame.with_columns(
        pl.col(n).cast(pl.Float64, strict=False).cast(pl.Int64).alias(n) for n in whole
    )
    return conform(frame, table)
