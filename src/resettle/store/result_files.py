"""Write tables as XLSX, DOCX and LaTeX, and the bundle that lets somebody else repeat a number."""

from __future__ import annotations

import importlib.metadata
import json
import re
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from io import BytesIO
from math import isfinite
from pathlib import Path
from typing import Any

import docx
import polars as pl
import xlsxwriter

from resettle.store.latex import write_latex
from resettle.store.result_words import cell_text, heading
from resettle.words import Language

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
"""Files carry this date, so that the same numbers give the same bytes."""


def _sheet_name(name: str, language: Language, used: set[str]) -> str:
    """A workbook's own name for a table: 31 characters at most, no two alike."""
    whole = re.sub(r"[\[\]:*?/\\]", " ", heading(f"table.{name}", language)).strip(" '")
    chosen, count = whole[:31], 1
    while chosen.lower() in used:
        count += 1
        chosen = f"{whole[: 30 - len(str(count))]}~{count}"
    used.add(chosen.lower())
    return chosen


def write_xlsx(tables: Mapping[str, pl.DataFrame], path: Path, language: Language) -> None:
    """One sheet per table, full precision, heads in the reader's language."""
    book = xlsxwriter.Workbook(str(path), {"in_memory": True})
    book.set_properties({"created": EPOCH.replace(tzinfo=None)})
    bold = book.add_format({"bold": True, "bottom": 1})
    used: set[str] = set()
    for name, table in tables.items():
        sheet = book.add_worksheet(_sheet_name(name, language, used))
        for k, column in enumerate(table.columns):
            sheet.write_string(0, k, heading(f"column.{column}", language), bold)
            for i, value in enumerate(table[column].to_list(), start=1):
                if isinstance(value, float):
                    if isfinite(value):
                        sheet.write_number(i, k, value)
                elif isinstance(value, int) and not isinstance(value, bool):
                    sheet.write_number(i, k, value)
                elif value is not None:
                    sheet.write_string(i, k, cell_text(value, language, column))
        sheet.freeze_panes(1, 0)
    book.close()


def write_docx(tables: Mapping[str, pl.DataFrame], path: Path, language: Language, note: str = "") -> None:
    """All tables in one document, four digits, with the note above them."""
    document = docx.Document()
    document.core_properties.created = EPOCH.replace(tzinfo=None)
    document.core_properties.modified = EPOCH.replace(tzinfo=None)
    document.core_properties.author = "resettle"
    if note:
        document.add_paragraph(note)
    for name, table in tables.items():
        document.add_heading(heading(f"table.{name}", language), level=2)
        grid = document.add_table(rows=1, cols=max(1, table.width), style="Light Grid Accent 1")
        for cell, column in zip(grid.rows[0].cells, table.columns, strict=False):
            cell.text = heading(f"column.{column}", language)
        for row in table.iter_rows():
            cells = grid.add_row().cells
            for cell, column, value in zip(cells, table.columns, row, strict=True):
                cell.text = cell_text(value, language, column)
    buffer = BytesIO()
    document.save(buffer)
    _same_bytes(buffer, path)


def _same_bytes(buffer: BytesIO, path: Path) -> None:
    """Store an archive again with one fixed date per member."""
    with zipfile.ZipFile(buffer) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            entry = zipfile.ZipInfo(name, date_time=(2000, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, source.read(name))


def write_results(
    folder: Path,
    name: str,
    tables: Mapping[str, pl.DataFrame],
    language: Language,
    bundle: Mapping[str, Any],
    texts: Mapping[str, str],
    note: str = "",
) -> list[Path]:
    """Write one analysis: tables in three formats, further text files, and ``bundle.json``.

    Args:
        bundle: data hash, seed, specification; versions are added here.
        texts: file name to content (R and Stata scripts, SVG).
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = [folder / f"{name}.xlsx", folder / f"{name}.docx", folder / f"{name}.tex"]
    write_xlsx(tables, written[0], language)
    write_docx(tables, written[1], language, note)
    write_latex(tables, written[2], language)
    for file, text in sorted(texts.items()):
        (folder / file).write_text(text, encoding="utf-8")
        written.append(folder / file)
    versions = {p: importlib.metadata.version(p) for p in ("numpy", "polars", "scipy")}
    versions["resettle"] = _own_version()
    content = {**bundle, "versions": versions}
    target = folder / "bundle.json"
    target.write_text(
        json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8"
    )
    return [*written, target]


def _own_version() -> str:
    try:
        return importlib.metadata.version("resettle")
    except importlib.metadata.PackageNotFoundError:
        return "source"
