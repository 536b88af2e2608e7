"""The corpus of short reports of other kinds: their text, the key of their figures, their planted slips.

Every report is synthetic and was written before the reading rules were tried on it. A figure stands in the
source as ``{printed=value unit kind}`` (``low..high`` for a range; ``-`` where the text does not settle the
kind), so the key and the text cannot come apart. Reports 21 to 26 were held out until the rules were settled on the others,
and 27 to 34 until they were settled on all before. A line that begins with ``>|`` is a row of a table inside the
cell above it and one that begins with ``^^`` is a footnote (docx only).
"""

from __future__ import annotations

import re
import tomllib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "corpus"
HELD_OUT = ("27", "28", "29", "30", "31", "32", "33", "34")
"""Held out when they were first read; mended on since. What they showed then stands in the docs."""
_MARK = re.compile(r"\{([^{}=]+)=([^{}]+)\}")


@dataclass(frozen=True)
class Key:
    """One figure a person reads: its line in the file as written, value or range, unit and kind."""

    line: int
    printed: str
    low: Decimal
    high: Decimal
    unit: str
    kind: str


@dataclass(frozen=True)
class Slip:
    """One planted contradiction and the codes that name it."""

    find: str
    put: str
    codes: tuple[str, ...]
    what: str


@dataclass(frozen=True)
class Report:
    """One report of the corpus."""

    name: str
    format: str
    language: str
    kind: str
    lines: tuple[str, ...]
    keys: tuple[Key, ...]
    slips: tuple[Slip, ...]

    @property
    def is_held_out(self) -> bool:
        return self.name[:2] in HELD_OUT


def corpus() -> Iterator[Report]:
    """The reports in order of their names."""
    for path in sorted(FOLDER.glob("*.toml")):
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        marked = [x for x in raw["text"].strip("\n").split("\n") if x.strip()]
        lines = tuple(_MARK.sub(lambda m: m[1], x) for x in marked)
        numbers = _numbers(lines, raw["format"])
        keys = tuple(
            _key(number, m[1], m[2])
            for number, text in zip(numbers, marked, strict=True)
            for m in _MARK.finditer(text)
        )
        slips = tuple(Slip(s["find"], s["put"], tuple(s["codes"]), s["what"]) for s in raw.get("slip", []))
        yield Report(path.stem, raw["format"], raw["language"], raw["kind"], lines, keys, slips)


def _key(line: int, printed: str, said: str) -> Key:
    value, unit, kind = said.split(" ")
    low, _, high = value.partition("..")
    return Key(
        line,
        printed,
        Decimal(low),
        Decimal(high or low),
        unit if unit == "person-time" else unit.replace("-", " "),
        kind,
    )


def _is_rule(text: str) -> bool:
    return text.startswith("|") and set(text) <= set("|-: ")


def _numbers(lines: tuple[str, ...], kind: str) -> list[int]:
    """The line each line of the source has in the file: the rule of a table is none in office files."""
    if kind in ("md", "txt"):
        return list(range(1, len(lines) + 1))
    found, number = [], 0
    for text in lines:
        number += not _is_rule(text)
        found.append(number)
    return found


def cells(text: str) -> list[str]:
    """The cells of a table line."""
    return [c.strip() for c in text.strip().strip("|").split("|")]


def write(lines: tuple[str, ...], kind: str, folder: Path) -> Path:
    """The report as a file of its kind."""
    path = folder / f"report.{kind}"
    if kind in ("md", "txt"):
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    elif kind == "docx":
        _docx(lines, path)
    else:
        _xlsx(lines, path)
    return path


def _docx(lines: tuple[str, ...], path: Path) -> None:
    import docx

    document = docx.Document()
    table: Any = None
    inner: Any = None
    notes = [text.removeprefix("^^") for text in lines if text.startswith("^^")]
    for text in (x for x in lines if not x.startswith("^^")):
        if text.startswith(">|"):
            row = cells(text[1:])
            inner = table.rows[-1].cells[-1].add_table(rows=0, cols=len(row)) if inner is None else inner
            for cell, value in zip(inner.add_row().cells, row, strict=True):
                cell.text = value
            continue
        inner = None
        if not text.startswith("|"):
            document.add_paragraph(text)
            table = None
            continue
        if _is_rule(text):
            continue
        row = cells(text)
        if table is None:
            table = document.add_table(rows=0, cols=len(row))
        for cell, value in zip(table.add_row().cells, row, strict=True):
            cell.text = value
    document.save(str(path))
    if notes:
        _footnotes(path, notes)


_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_FOOTNOTES = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"


def _footnotes(path: Path, notes: list[str]) -> None:
    """The part of footnotes added to a saved docx, as a word processor writes it."""
    rows = "".join(
        f'<w:footnote w:id="{i}"><w:p><w:r><w:footnoteRef/></w:r><w:r><w:t xml:space="preserve"> {text}</w:t></w:r></w:p>'
        "</w:footnote>"
        for i, text in enumerate(notes, start=1)
    )
    mark = '<w:footnote w:type="separator" w:id="-1"><w:p><w:r><w:separator/></w:r></w:p></w:footnote>'
    with zipfile.ZipFile(path) as pack:
        parts = {name: pack.read(name) for name in pack.namelist()}
    parts["word/footnotes.xml"] = f'<w:footnotes xmlns:w="{_WORD}">{mark}{rows}</w:footnotes>'.encode()
    kind = f'<Override PartName="/word/footnotes.xml" ContentType="{_FOOTNOTES}"/></Types>'
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(b"</Types>", kind.encode())
    links = "word/_rels/document.xml.rels"
    link = (
        '<Relationship Id="rIdNotes" Target="footnotes.xml" Type="http://schemas.openxmlformats.org/'
        'officeDocument/2006/relationships/footnotes"/></Relationships>'
    )
    parts[links] = parts[links].replace(b"</Relationships>", link.encode())
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as pack:
        for name, content in parts.items():
            pack.writestr(name, content)


def _xlsx(lines: tuple[str, ...], path: Path) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("进度")
        percent = book.add_format({"num_format": "0.0%"})
        for number, text in enumerate(x for x in lines if not _is_rule(x)):
            for column, value in enumerate(cells(text) if text.startswith("|") else [text]):
                plain = value.replace(",", "")
                if re.fullmatch(r"\d+(?:\.\d+)?", plain):
                    sheet.write_number(number, column, float(plain))
                elif re.fullmatch(r"\d+(?:\.\d+)?%", plain):
                    sheet.write_number(number, column, float(plain[:-1]) / 100, percent)
                elif value:
                    sheet.write_string(number, column, value)
