"""Rows of a text file of separated values: its encoding, its separator, and quotes somebody forgot to close."""

from __future__ import annotations

import csv
import io
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl

from resettle.problems import Problem
from resettle.store.markup_rows import looks_like_markup, tables_in
from resettle.tables.grid import Sheet

MARKS = (",", "\t", ";", "，", "|")
WIDEST = 16_384
"""Columns a spreadsheet program can show."""
CHUNK = 20_000
PICTURES = {
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"GIF8": "GIF",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"%PDF": "PDF",
}
"""How files begin that show a table and hold none."""


def read_text(path: Path, cell_limit: int) -> tuple[list[Sheet], list[Problem]]:
    """Read a text file as one sheet without a name.

    Args:
        path: the file; its size has been judged.
        cell_limit: cells of the rectangle around all that it holds.

    Returns:
        The sheet, and problems ``registry.file_not_a_table``, ``file_picture``, ``file_empty``, ``text_too_wide``,
        ``text_quote_open``.
    """
    raw = path.read_bytes()
    kind = next((name for sign, name in PICTURES.items() if raw.startswith(sign)), None)
    if kind is not None:
        return [], [Problem("registry.file_picture", "error", file=path.name, value=kind)]
    text = decoded(raw)
    if text is None:
        return [], [Problem("registry.file_not_a_table", "error", file=path.name)]
    if not text.strip():
        return [], [Problem("registry.file_empty", "error", file=path.name)]
    if looks_like_markup(text):
        return _read_markup(path, text, cell_limit)
    lines = list(io.StringIO(text, newline=""))
    delimiter = max(MARKS, key=text[:4000].count)
    widest = max(line.count(delimiter) for line in lines) + 1
    if widest > WIDEST:
        return [], [_too_wide(path, widest)]
    opened: list[int] = []
    rows = _rows(lines, delimiter, opened)
    frames: list[pl.DataFrame] = []
    width = height = 0
    while chunk := list(islice(rows, CHUNK)):
        width, height = max(width, *map(len, chunk)), height + len(chunk)
        if width * height > cell_limit:
            return [], [_too_wide(path, width)]
        frames.append(frame_of(chunk))
    problems = []
    if opened:
        problems.append(
            Problem(
                "registry.text_quote_open",
                "warning",
                file=path.name,
                row=opened[0],
                values={"count": len(opened)},
            )
        )
    return [Sheet(path.name, "", pl.concat(frames, how="diagonal"))], problems


def _read_markup(path: Path, text: str, cell_limit: int) -> tuple[list[Sheet], list[Problem]]:
    """Each table of a web page or of the XML of 2003 that is called a workbook as a sheet."""
    pages = tables_in(text)
    if not pages:
        return [], [Problem("registry.file_not_a_table", "error", file=path.name)]
    widest = max(len(row) for page in pages for row in page.rows)
    if widest > WIDEST or sum(len(p.rows) * max(map(len, p.rows)) for p in pages) > cell_limit:
        return [], [_too_wide(path, widest)]
    sheets = []
    for number, page in enumerate(pages, 1):
        name = page.name or ("" if len(pages) == 1 else str(number))
        frame = frame_of(page.rows)
        merges = [m for m in page.merges if m[2] < frame.height and m[3] < frame.width]
        sheets.append(Sheet(path.name, name, frame, merges))
    return sheets, []


def _too_wide(path: Path, width: int) -> Problem:
    return Problem("registry.text_too_wide", "error", file=path.name, values={"count": width})


def decoded(raw: bytes) -> str | None:
    """The text of a file in UTF-8, GB18030 or, with its mark, UTF-16; ``None`` where it is no text."""
    for encoding in _encodings(raw):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        return None if "\x00" in text else text.removeprefix("\ufeff")  # GB18030 has a mark of its own
    return None


def _encodings(raw: bytes) -> tuple[str, ...]:
    """The encodings to try; UTF-16 without its mark shows by the empty half of its commas and line ends.

    >>> _encodings("a,b".encode("utf-16-le")), _encodings("甲,乙".encode("utf-16-be")), _encodings(b"a,b")
    (('utf-16-le',), ('utf-16-be',), ('utf-8-sig', 'gb18030'))
    """
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return ("utf-16",)
    start = raw[:4000]
    odd, even = start[1::2].count(0), start[::2].count(0)
    if odd or even:
        return ("utf-16-le",) if odd > even else ("utf-16-be",)
    return ("utf-8-sig", "gb18030")


def _rows(lines: Sequence[str], delimiter: str, opened: list[int]) -> Iterator[list[str]]:
    """Rows one by one; ``opened`` gathers the numbers of those in which a quote is never closed.

    A quoted cell may run over lines. Where such a cell holds the separators of a whole further row it is no
    cell but a forgotten quote, which would swallow households: that line is split with its quotes as text.
    """
    csv.field_size_limit(sys.maxsize)
    counts = Counter(n for line in islice(lines, 200) if (n := line.count(delimiter)))
    usual = counts.most_common(1)[0][0] if counts else 0
    start = number = 0
    while start < len(lines):
        reader = csv.reader(map(lines.__getitem__, range(start, len(lines))), delimiter=delimiter)
        used = 0
        for row in reader:
            number += 1
            taken = lines[start + used : start + reader.line_num]
            if len(taken) > 1 and _swallows(taken, delimiter, usual):
                opened.append(number)
                yield next(csv.reader([taken[0]], delimiter=delimiter, quoting=csv.QUOTE_NONE), [])
                start += used + 1
                break
            used = reader.line_num
            yield row
        else:
            return


def _swallows(lines: Sequence[str], delimiter: str, usual: int) -> bool:
    if not usual:
        return len(lines) > 20
    return sum(line.count(delimiter) for line in lines) >= 2 * usual


def frame_of(rows: Sequence[Sequence[Any]]) -> pl.DataFrame:
    """Rows of texts, of any lengths, as columns ``c0``, ``c1``...; an empty text is null.

    >>> frame_of([["a"], ["", "b"]]).rows()
    [('a', None), (None, 'b')]
    """
    width = max([1, *(len(r) for r in rows)])
    return pl.DataFrame(
        {
            f"c{i}": pl.Series([(r[i] or None) if i < len(r) else None for r in rows], dtype=pl.String)
            for i in range(width)
        }
    )
