"""The paragraphs and table rows of a word-processor file and of plain text, each with its line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Row = dict[str, Any]
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_SKIPPED = (f"{_W}del", f"{_W}txbxContent", f"{_W}moveFrom")
"""What a reader does not see there: what was struck out, and text boxes, which are read after the body."""


@dataclass
class _Count:
    """Lines and tables counted so far: forms keep tables inside the cells of others."""

    lines: int = 0
    tables: int = 0


def docx_rows(path: Path) -> list[Row]:
    """Paragraphs and tables in document order, then text boxes, footnotes and endnotes.

    Each paragraph and each table row counts as one line. Content controls are gone through; what was struck out
    under tracked changes is left out.
    """
    import docx
    from docx.oxml import parse_xml

    document = docx.Document(str(path))
    count = _Count()
    body = document.element.body
    rows = _blocks(body, count)
    boxes = list(body.iter(f"{_W}txbxContent"))
    choices = [b for b in boxes if not any("Fallback" in str(a.tag) for a in b.iterancestors())]
    for box in choices:
        rows += _blocks(box, count)
    for part in document.part.package.iter_parts():
        name = str(part.partname)
        if name.endswith(("/footnotes.xml", "/endnotes.xml")):
            for note in parse_xml(part.blob):
                if note.get(f"{_W}type") in (None, "normal"):
                    rows += _blocks(note, count)
    return rows


def _blocks(parent: Any, count: _Count) -> list[Row]:
    """The paragraphs and tables of a body, a cell's text box or a note."""
    rows: list[Row] = []
    for element in parent:
        if element.tag == f"{_W}p":
            count.lines += 1
            text = paragraph_text(element)
            if text.strip():
                rows.append({"line": count.lines, "text": text})
        elif element.tag == f"{_W}tbl":
            rows += _table(element, count)
        elif element.tag == f"{_W}sdt":
            for content in element.findall(f"{_W}sdtContent"):
                rows += _blocks(content, count)
        elif element.tag in (f"{_W}ins", f"{_W}moveTo", f"{_W}customXml", f"{_W}smartTag"):
            rows += _blocks(element, count)
    return rows


def paragraph_text(element: Any) -> str:
    """The words of a paragraph as a reader sees them."""
    found: list[str] = []
    for node in element:
        if node.tag in _SKIPPED:
            continue
        if node.tag == f"{_W}t":
            found.append(node.text or "")
        elif node.tag == f"{_W}tab":
            found.append("\t")
        elif node.tag in (f"{_W}br", f"{_W}cr"):
            found.append("\n")
        elif node.tag == f"{_W}noBreakHyphen":
            found.append("-")
        elif not isinstance(node.tag, str) or "Fallback" in node.tag:
            continue
        else:
            found.append(paragraph_text(node))
    return "".join(found)


def _cells(row: Any) -> Iterator[tuple[int, Any]]:
    """The cells of a row with their first column; what goes on from the row above is left out."""
    column = 1
    before = row.find(f"{_W}trPr/{_W}gridBefore")
    column += 0 if before is None else int(before.get(f"{_W}val", 0))
    found = [c for c in row.iter(f"{_W}tc") if next(c.iterancestors(f"{_W}tr")) is row]
    for cell in found:
        span = cell.find(f"{_W}tcPr/{_W}gridSpan")
        merged = cell.find(f"{_W}tcPr/{_W}vMerge")
        if merged is None or merged.get(f"{_W}val") == "restart":
            yield column, cell
        column += 1 if span is None else int(span.get(f"{_W}val", 1))


def _table(table: Any, count: _Count) -> list[Row]:
    """One table; a merged cell appears once, at its first column and row; a table in a cell follows its row."""
    count.tables += 1
    name = count.tables
    found: list[Row] = []
    rows = [r for r in table.iter(f"{_W}tr") if next(r.iterancestors(f"{_W}tbl")) is table]
    for number, row in enumerate(rows, start=1):
        count.lines += 1
        line = count.lines
        inner: list[Any] = []
        for column, cell in _cells(row):
            inner += [t for t in cell.iter(f"{_W}tbl") if next(t.iterancestors(f"{_W}tc")) is cell]
            words = [
                paragraph_text(p) for p in cell.iter(f"{_W}p") if next(p.iterancestors(f"{_W}tc")) is cell
            ]
            text = "\n".join(words).strip()
            if text:
                place = {
                    "row": number,
                    "column": column,
                    "cell": f"table {name}, row {number}, column {column}",
                }
                found.append({"line": line, "table": f"t{name}", "text": text} | place)
        for nested in inner:
            found += _table(nested, count)
    return found


_RULE = re.compile(r"^[\s|+:=\-─━┼├┤┌┐└┘┬┴│]*$")
_GAPS = re.compile(r"\t+|\s{2,}|\u3000+")
_NUMBER = re.compile(r"^[-+(（]?[^\d\s]{0,4}\s?\d[\d,，. ]*[%％)）]?[^\d\s]{0,6}$")


def text_rows(lines: Sequence[str]) -> list[Row]:
    """The lines of a text; tables written with bars, tabs or wide gaps become cells."""
    kinds = [_kind(line) for line in lines]
    runs = _tables(lines, kinds)
    rows: list[Row] = []
    table, started = 0, 0
    for index, line in enumerate(lines):
        if index not in runs:
            started = 0
            if line.strip():
                rows.append({"line": index + 1, "text": line})
            continue
        if not started or runs[index] != runs.get(index - 1):
            table, started = table + 1, index + 1
        if not _RULE.match(line):
            rows += _placed(_split(line, kinds[index]), index + 1, index + 2 - started, table)
    return rows


def _kind(line: str) -> str:
    """``bar``, ``gap`` or nothing: how the cells of a line are parted."""
    stripped = line.strip()
    if stripped.count("|") > 1 or stripped.count("│") > 1:
        return "bar"
    if _RULE.match(stripped) and len(stripped) > 4:
        return "rule"
    return "gap" if len([c for c in _GAPS.split(stripped) if c]) > 2 else ""


def _split(line: str, kind: str) -> list[str]:
    if kind == "bar":
        cells = re.split(r"[|│]", line.strip().strip("|│"))
        return [c.strip().strip("*").strip() for c in cells]
    return [c.strip() for c in _GAPS.split(line.strip())]


def _tables(lines: Sequence[str], kinds: Sequence[str]) -> dict[int, int]:
    """Which lines are rows of tables, and of which: barred lines; lines with gaps only where numbers stand in columns."""
    found: dict[int, int] = {}
    number, start = 0, 0
    while start < len(lines):
        kind = kinds[start]
        stop = start
        while stop < len(lines) and kinds[stop] in (kind, "rule") and kind in ("bar", "gap"):
            stop += 1
        rows = [_split(lines[i], kind) for i in range(start, stop) if kinds[i] == kind]
        barred = kind == "bar" and (len(rows) > 1 or lines[start].strip().startswith("|"))
        numbered = [
            r for r in rows if sum(bool(_NUMBER.match(c)) for c in r[1:]) >= max(1, (len(r) - 1) // 2)
        ]
        if barred or (kind == "gap" and len(rows) > 1 and numbered and len({len(r) for r in rows}) < 3):
            number += 1
            found |= dict.fromkeys(range(start, stop), number)
        start = max(stop, start + 1)
    return found


def _placed(cells: Sequence[str], line: int, row: int, table: int) -> list[Row]:
    return [
        {
            "line": line,
            "table": f"t{table}",
            "row": row,
            "column": i,
            "cell": f"line {line}, column {i}",
            "text": c,
        }
        for i, c in enumerate(cells, start=1)
        if c
    ]
