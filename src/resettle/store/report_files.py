"""The chapters of a report as lines and tables, and as a workbook that opens in WPS and Office.

The same chapters as the HTML report: sentences, and behind every figure its table. Numbers stay numbers:
the workbook holds yuan, square metres and fractions with a number format, so that a reader can go on
reckoning. A masked count is written as <5 and an unknown as a word, never as an empty cell or a zero.
The same chapters always give the same bytes.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import xlsxwriter

from resettle.tables.page_text import cell_text
from resettle.tables.pages import (
    Block,
    Cell,
    Chapter,
    CountyMap,
    Figure,
    FigureRow,
    FindingCard,
    Folded,
    Hidden,
    KeyFigures,
    Mark,
    PageColumn,
    PageTable,
    Paragraph,
    RateCards,
    ReportMeta,
    Text,
    Trace,
)
from resettle.words import tell

CREATED = datetime(2016, 1, 1)
"""A fixed day in the files' properties: the same chapters give the same bytes."""
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)
_STATE_SIGN = {"holds": "✓", "fails": "✕", "unknown": "?", "value": "="}
_MARK_SIGN: dict[Mark, str] = {"printed": "■", "computed": "◆", "synthetic": "◌"}
Line = tuple[str, Text]
Piece = Line | PageTable


def _told(key: str, **values: Any) -> Text:
    return Text(tell(key, "zh", **values), tell(key, "en", **values))


def marked(text: Text, mark: Mark | None) -> Text:
    """A title with its sign and word of origin behind it."""
    if mark is None:
        return text
    word, sign = _told(f"report.mark.{mark}"), _MARK_SIGN[mark]
    return Text(f"{text.zh}（{sign}{word.zh}）", f"{text.en} ({sign} {word.en})")


def plain(text: str) -> str:
    return text.replace("**", "")


def _figure(figure: Figure) -> Iterator[Piece]:
    yield "figure", marked(figure.title, figure.mark)
    if isinstance(figure.drawing, CountyMap):
        if figure.drawing.beside is not None:
            yield figure.drawing.beside
        yield "note", figure.drawing.caveat
    if figure.table is not None:
        yield figure.table
    if figure.note is not None:
        yield "note", figure.note


def _card(card: FindingCard) -> Iterator[Piece]:
    codes = " ".join(card.codes)
    told = Text(f"{card.title.zh}（{codes}）", f"{card.title.en} ({codes})") if codes else card.title
    yield "figure", told
    for letter, claim in (("A", card.a), ("B", card.b)):
        if claim is not None:
            yield (
                "body",
                Text(
                    f"{letter}：{claim.text.zh} {claim.source.zh}".strip(),
                    f"{letter}: {claim.text.en} {claim.source.en}".strip(),
                ),
            )
    for heading, items in (("report.readings", card.readings), ("report.ask", card.ask)):
        if items:
            yield "body", _told(heading)
            for item in items:
                yield "item", item


def _trace(trace: Trace) -> Iterator[Piece]:
    yield "figure", marked(trace.conclusion, trace.mark)
    for step in trace.steps:
        word, sign = _told(f"report.state.{step.state}"), _STATE_SIGN[step.state]
        yield (
            "item",
            Text(
                f"{sign} {word.zh}　{step.text.zh}　{step.source.zh}",
                f"{sign} {word.en}: {step.text.en} — {step.source.en}",
            ),
        )
    for note in trace.notes:
        yield "body", note
    if trace.label is not None:
        yield "note", trace.label


def pieces(block: Block) -> Iterator[Piece]:
    """A block as lines (style, text) and tables, in reading order; every kind of block is known here.

    >>> list(pieces(Paragraph(Text("一句话。", "A sentence."))))
    [('body', Text(zh='一句话。', en='A sentence.'))]
    """
    if isinstance(block, Paragraph):
        yield block.style, block.text
    elif isinstance(block, KeyFigures):
        for key in block.figures:
            zh, en = f"{key.value.zh}{key.unit.zh}", f"{key.value.en} {key.unit.en}".strip()
            yield "item", marked(Text(f"**{zh}**　{key.label.zh}", f"**{en}** {key.label.en}"), key.mark)
    elif isinstance(block, RateCards):
        for rate in block.rates:
            yield (
                "item",
                Text(f"**{rate.value.zh}**　{rate.label.zh}", f"**{rate.value.en}** {rate.label.en}"),
            )
    elif isinstance(block, PageTable):
        yield block
    elif isinstance(block, Figure):
        yield from _figure(block)
    elif isinstance(block, FigureRow):
        yield from _figure(block.left)
        yield from _figure(block.right)
    elif isinstance(block, FindingCard):
        yield from _card(block)
    elif isinstance(block, Trace):
        yield from _trace(block)
    elif isinstance(block, Folded):
        yield "figure", block.summary
        for inner in block.blocks:
            yield from pieces(inner)


def rezip(raw: bytes) -> bytes:
    """The same archive with fixed dates, so that the clock leaves no trace in it."""
    result = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(raw)) as source,
        zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            entry = zipfile.ZipInfo(name, _ZIP_DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, source.read(name))
    return result.getvalue()


def write_whole(path: Path, raw: bytes) -> None:
    """Write bytes whole or not at all."""
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.write_bytes(raw)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


# ---------------------------------------------------------------- workbook

_FORMATS: dict[str, dict[str, Any]] = {
    "title": {"bold": True, "font_size": 16, "text_wrap": False},
    "lead": {"font_size": 12, "text_wrap": True, "valign": "top"},
    "body": {"text_wrap": True, "valign": "top"},
    "item": {"text_wrap": True, "valign": "top", "indent": 1},
    "note": {"text_wrap": True, "valign": "top", "font_color": "#4B5A64", "font_size": 9},
    "head": {"bold": True, "font_size": 12, "text_wrap": True},
    "missing": {"text_wrap": True, "bg_color": "#F4F6F7"},
    "notice": {"text_wrap": True, "bg_color": "#FAF0E1"},
    "figure": {"bold": True, "text_wrap": True, "top": 1},
    "th": {"bold": True, "text_wrap": True, "bottom": 1, "valign": "bottom"},
    "thn": {"bold": True, "text_wrap": True, "bottom": 1, "valign": "bottom", "align": "right"},
    "text": {"valign": "top", "text_wrap": True},
    "word": {"align": "right", "font_color": "#4B5A64"},
    "count": {"num_format": "#,##0"},
    "count1": {"num_format": "#,##0.0"},
    "money": {"num_format": "#,##0"},
    "area": {"num_format": "#,##0.0"},
    "share": {"num_format": "0.0%"},
    "share2": {"num_format": "0.00%"},
    "date": {"num_format": "yyyy-mm-dd", "align": "left"},
}


def _sheet_name(number: int, title: Text) -> str:
    """A sheet name that every office program takes: 31 signs, none of ``[]:*?/\\``."""
    return re.sub(r"[\[\]:*?/\\']", " ", f"{number} {title.zh} {title.en}")[:31].strip()


def _unit(column: PageColumn) -> str:
    """The unit of a column in the workbook, where money stands in whole currency units."""
    if column.kind == "money":
        return Text(column.unit.zh.removeprefix("万"), column.unit.en.removeprefix("million ")).both()
    return column.unit.both()


def _put_cell(page: Any, row: int, at: int, cell: Cell, column: PageColumn, formats: dict[str, Any]) -> None:
    if cell is None or isinstance(cell, Hidden):
        page.write_string(row, at, cell_text(cell, column).both(), formats["word"])
    elif isinstance(cell, Text):
        page.write_string(row, at, plain(cell.both()), formats["text"])
    elif isinstance(cell, str):
        page.write_string(row, at, cell, formats["text"])
    elif isinstance(cell, date):
        page.write_datetime(row, at, datetime(cell.year, cell.month, cell.day), formats["date"])
    elif column.kind in ("money", "money_exact", "area"):
        name = "area" if column.kind == "area" else "money"
        page.write_number(row, at, float(cell) / 100, formats[name])
    elif column.kind == "share":
        page.write_number(
            row, at, float(cell) / 1_000_000, formats["share2" if column.decimals > 1 else "share"]
        )
    else:
        page.write_number(row, at, float(cell), formats["count1" if column.decimals else "count"])


def _put_table(page: Any, row: int, table: PageTable, formats: dict[str, Any]) -> int:
    """Write a table; returns the row after it."""
    title = marked(table.title, table.mark).both()
    page.merge_range(row, 0, row, 5, title, formats["figure"])
    row += 1
    for at, column in enumerate(table.columns):
        unit = _unit(column)
        head = f"{column.head.zh}\n{column.head.en}" + (f"\n{unit}" if unit else "")
        page.write_string(row, at, head, formats["th" if column.kind in ("text", "date") else "thn"])
    page.set_row(row, 48)
    for cells in table.rows:
        row += 1
        for at, (cell, column) in enumerate(zip(cells, table.columns, strict=True)):
            _put_cell(page, row, at, cell, column, formats)
    if table.note is not None:
        row += 1
        page.write_string(row, 0, plain(table.note.both()), formats["note"])
    return row + 2


def _rows_high(text: str, wide: int) -> int:
    return max(1, -(-sum(2 if ord(sign) > 0x2E7F else 1 for sign in text) // wide))


def _put_chapter(page: Any, chapter: Chapter, formats: dict[str, Any]) -> None:
    page.set_column(0, 0, 44)
    page.set_column(1, 9, 17)
    page.hide_gridlines(2)
    page.write_string(0, 0, chapter.title.both(), formats["title"])
    row = 2
    for block in chapter.blocks:
        for piece in pieces(block):
            if isinstance(piece, PageTable):
                row = _put_table(page, row, piece, formats)
                continue
            style, text = piece
            for line in dict.fromkeys((plain(text.zh), plain(text.en))):
                page.merge_range(row, 0, row, 5, line, formats[style])
                page.set_row(row, 17.0 * _rows_high(line, 118))
                row += 1
        row += 1


def write_xlsx(chapters: Sequence[Chapter], path: Path, meta: ReportMeta | None = None) -> None:
    """Write the chapters as a workbook, one sheet a chapter, Chinese and English beside each other.

    Args:
        chapters: in any order; written by ``order``.
        path: the file; replaced whole or not at all.
        meta: title and notice for the first sheet.
    """
    raw = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(raw, options)
    book.set_properties({"created": CREATED, "title": meta.title.both() if meta else "resettle"})
    font = {"font_name": "Microsoft YaHei", "font_size": 10}
    formats = {name: book.add_format(font | look) for name, look in _FORMATS.items()}
    ordered = sorted(chapters, key=lambda chapter: chapter.order)
    first = book.add_worksheet("目录 Contents")
    first.set_column(0, 0, 110)
    first.set_landscape()
    first.set_paper(9)
    first.fit_to_pages(1, 0)
    first.hide_gridlines(2)
    row = 0
    if meta is not None:
        first.write_string(0, 0, meta.title.both(), formats["title"])
        for row, text in enumerate([*meta.facts, *([meta.notice] if meta.notice else [])], start=1):
            first.write_string(row, 0, plain(text.both()), formats["body"])
        row += 2
    for number, chapter in enumerate(ordered, start=1):
        name = _sheet_name(number, chapter.title)
        first.write_url(row, 0, f"internal:'{name}'!A1", string=f"{number} {chapter.title.both()}")
        row += 1
        page = book.add_worksheet(name)
        page.set_landscape()
        page.set_paper(9)
        page.fit_to_pages(1, 0)
        _put_chapter(page, chapter, formats)
    book.close()
    write_whole(path, rezip(raw.getvalue()))
