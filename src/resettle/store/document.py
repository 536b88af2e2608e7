"""Text and tables of a report as blocks with their line or cell: docx, xlsx, txt, md."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import Any

import polars as pl

from resettle.problems import Problem
from resettle.store.document_rows import docx_rows, text_rows

SCHEMA: dict[str, pl.DataType] = {
    "line": pl.Int64(),
    "table": pl.String(),
    "row": pl.Int64(),
    "column": pl.Int64(),
    "cell": pl.String(),
    "text": pl.String(),
}
KINDS = (".docx", ".xlsx", ".txt", ".md")
LIMIT_MB = 200
TEXT_SHARE = 40
"""Running text may be so much smaller than a packed file: reading a megabyte of prose takes some 15 seconds."""
MOST_NUMBERS = 5_000
"""Cells with numbers that are held against each other at once; a register of households holds more."""
MOST_SPOKEN = 5_000
"""Numbers anywhere in running text: holding so many against each other takes some seconds, twice as many four times that."""
MOST_CELLS = 10 * MOST_NUMBERS
"""Cells of the tables of a docx, counted before they are taken apart, which is the slow part."""
_FIELD = re.compile(r"(?<![^,;\t|\n]) *\d[\d.]*%? *(?=[,;\t|\r\n]|\Z)")
_SPOKEN = re.compile(r"\d+(?:\.\d+)?")
_ENCODINGS = ("utf-8-sig", "gb18030", "utf-16")


def read_document(path: Path, limit_mb: int = LIMIT_MB) -> tuple[pl.DataFrame, list[Problem]]:
    """Read a report into blocks.

    Args:
        path: a docx, xlsx, txt or md file.
        limit_mb: size above which a packed file is not unpacked; judged from its directory.

    Returns:
        ``(blocks, problems)``: one row per paragraph or cell with ``line`` (text line, paragraph or sheet
        row as the user counts), ``table``, ``row``, ``column``, ``cell``, ``text``. Empty with a problem
        where nothing could be read; never an exception for a bad file.
    """
    name = path.name
    try:
        if path.stat().st_size == 0:
            return _none("supervision.empty", name)
        if _is_pdf(path):
            return _none("supervision.pdf", name)
        if path.suffix.lower() not in KINDS:
            return _none("supervision.kind_unknown", name)
        if path.suffix.lower() in (".docx", ".xlsx"):
            return _packed(path, limit_mb)
        size = path.stat().st_size // 2**20
        if size > max(1, limit_mb // TEXT_SHARE):
            return _none("supervision.text_too_large", name, str(size))
        return _text(path)
    except OSError as error:
        return _none("supervision.unreadable", name, str(error.strerror or error))


def _is_pdf(path: Path) -> bool:
    """A PDF by its content, whatever it is called."""
    with path.open("rb") as file:
        return file.read(1024).lstrip().startswith(b"%PDF-")


def numbers_in(blocks: pl.DataFrame) -> int:
    """Cells that are numbers."""
    return blocks.filter(pl.col("table").is_not_null() & pl.col("text").str.contains(r"^[\d,.%]+$")).height


def _none(code: str, name: str, value: str | None = None) -> tuple[pl.DataFrame, list[Problem]]:
    return pl.DataFrame(schema=SCHEMA), [Problem(code, "error", file=name, value=value)]


def _frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=SCHEMA)


def _packed(path: Path, limit_mb: int) -> tuple[pl.DataFrame, list[Problem]]:
    """Office files: size from the zip directory first, then the reader of the kind."""
    try:
        with zipfile.ZipFile(path) as pack:
            size = sum(info.file_size for info in pack.infolist()) // 2**20
            pictures = sum("/media/" in info.filename for info in pack.infolist())
    except zipfile.BadZipFile:
        return _none(_why_no_zip(path), path.name, path.suffix.lower())
    if size > limit_mb:
        return _none("supervision.too_large", path.name, str(size))
    is_docx = path.suffix.lower() == ".docx"
    try:
        cells = _docx_cells(path) if is_docx else 0
        if cells > MOST_CELLS:
            return _too_many(path, cells, MOST_CELLS)
        blocks = _frame(docx_rows(path)) if is_docx else _xlsx(path)
    except Exception as error:  # the readers of foreign formats raise anything for a damaged file
        return _none("supervision.unreadable", path.name, type(error).__name__)
    words = int(blocks["text"].str.len_bytes().sum()) // 2**20
    if words > max(1, limit_mb // TEXT_SHARE):
        return _none("supervision.text_too_large", path.name, str(words))
    count = numbers_in(blocks)
    if count > MOST_NUMBERS:
        return _too_many(path, count, MOST_NUMBERS)
    spoken = _spoken_in("\n".join(blocks.filter(pl.col("table").is_null())["text"]))
    if spoken > MOST_SPOKEN:
        return _too_many(path, spoken, MOST_SPOKEN)
    if not blocks.filter(pl.col("text").str.contains(r"[\d一二三四五六七八九十百]")).height and pictures:
        return _none("supervision.picture_only", path.name, str(pictures))
    if blocks.is_empty():
        return _none("supervision.empty", path.name)
    return blocks, []


def _too_many(path: Path, count: int, most: int) -> tuple[pl.DataFrame, list[Problem]]:
    problem = Problem(
        "supervision.too_many", "error", file=path.name, value=f"{count:,}", nearest=f"{most:,}"
    )
    return pl.DataFrame(schema=SCHEMA), [problem]


def _docx_cells(path: Path) -> int:
    """Cells of tables, by their closing tags."""
    with zipfile.ZipFile(path) as pack:
        return sum(pack.read(n).count(b"</w:tc>") for n in pack.namelist() if n == "word/document.xml")


def _spoken_in(text: str) -> int:
    return sum(1 for _ in _SPOKEN.finditer(text))


def _why_no_zip(path: Path) -> str:
    """A file that is no office file by its content: locked, text under another name, or cut off."""
    with path.open("rb") as file:
        start = file.read(4096)
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        return "supervision.protected"
    if not start.startswith(b"PK") and _decoded(start) is not None:
        return "supervision.not_office"
    return "supervision.cut_off"


def column_name(column: int) -> str:
    """The letters of a sheet column, from 1.

    >>> column_name(1), column_name(28)
    ('A', 'AB')
    """
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _xlsx(path: Path) -> pl.DataFrame:
    """Cells of every sheet; a row whose only filled cell is long text is read as running text."""
    import python_calamine

    book = python_calamine.CalamineWorkbook.from_path(str(path))
    rows: list[dict[str, Any]] = []
    for sheet in book.sheet_names:
        for number, values in enumerate(
            book.get_sheet_by_name(sheet).to_python(skip_empty_area=False), start=1
        ):
            filled = [(c, v) for c, v in enumerate(values, start=1) if v not in ("", None)]
            for column, value in filled:
                text = _cell_text(value)
                cell = f"{sheet}!{column_name(column)}{number}"
                if len(filled) == 1 and isinstance(value, str) and len(text) > 4:
                    rows.append({"line": number, "cell": cell, "text": text})
                else:
                    place = {"row": number, "column": column, "cell": cell}
                    rows.append({"line": number, "table": sheet, "text": text} | place)
    return _frame(rows)


def _cell_text(value: Any) -> str:
    if isinstance(value, float) and value == int(value):
        return str(int(value))
    return str(value).strip()


def _decoded(raw: bytes) -> str | None:
    """Text under the first encoding that gives no control characters; UTF-16 only with its mark."""
    for encoding in _ENCODINGS:
        if encoding == "utf-16" and raw[:2] not in (b"\xff\xfe", b"\xfe\xff"):
            continue
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not re.search(r"[\x00-\x08\x0e-\x1f]", text):
            return text
    return None


def _text(path: Path) -> tuple[pl.DataFrame, list[Problem]]:
    text = _decoded(path.read_bytes())
    if text is None:
        return _none("supervision.encoding", path.name)
    if not text.strip():
        return _none("supervision.empty", path.name)
    fields, spoken = sum(1 for _ in _FIELD.finditer(text)), _spoken_in(text)
    if fields > MOST_NUMBERS:
        return _too_many(path, fields, MOST_NUMBERS)
    if spoken > MOST_SPOKEN:
        return _too_many(path, spoken, MOST_SPOKEN)
    lines = text.splitlines()
    return _frame(text_rows(lines)), []
