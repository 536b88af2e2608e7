"""The chapters of a report as a workbook and as a text document that open in WPS and Office.

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

import docx
import xlsxwriter
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from resettle.tables.page_text import cell_text, numbered, pick
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
from resettle.words import Language, tell

CREATED = datetime(2016, 1, 1)
"""A fixed day in the files' properties: the same chapters give the same bytes."""
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)
_STATE_SIGN = {"holds": "✓", "fails": "✕", "unknown": "?", "value": "="}
_MARK_SIGN: dict[Mark, str] = {"printed": "■", "computed": "◆", "synthetic": "◌"}
Line = tuple[str, Text]
Piece = Line | PageTable


def _told(key: str, **values: Any) -> Text:
    return Text(tell(key, "zh", **values), tell(key, "en", **values))


def _marked(text: Text, mark: Mark | None) -> Text:
    """A title with its sign and word of origin behind it."""
    if mark is None:
        return text
    word, sign = _told(f"report.mark.{mark}"), _MARK_SIGN[mark]
    return Text(f"{text.zh}（{sign}{word.zh}）", f"{text.en} ({sign} {word.en})")


def _plain(text: str) -> str:
    return text.replace("**", "")


def _figure(figure: Figure) -> Iterator[Piece]:
    yield "figure", _marked(figure.title, figure.mark)
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
    yield "figure", Text(f"{codes} {card.title.zh}".strip(), f"{codes} {card.title.en}".strip())
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
    yield "figure", _marked(trace.conclusion, trace.mark)
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
        yield "note", note


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
            yield "item", _marked(Text(f"**{zh}**　{key.label.zh}", f"**{en}** {key.label.en}"), key.mark)
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


def _rezip(raw: bytes) -> bytes:
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


def _write_whole(path: Path, raw: bytes) -> None:
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
        page.write_string(row, at, _plain(cell.both()), formats["text"])
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
    title = _marked(table.title, table.mark).both()
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
        page.write_string(row, 0, _plain(table.note.both()), formats["note"])
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
            for line in dict.fromkeys((_plain(text.zh), _plain(text.en))):
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
            first.write_string(row, 0, _plain(text.both()), formats["body"])
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
    _write_whole(path, _rezip(raw.getvalue()))


# ---------------------------------------------------------------- text document


def _fonts(style: Any, latin: str, han: str, size: float) -> None:
    style.font.name = latin
    style.font.size = Pt(size)
    style.font.color.rgb = RGBColor(0x16, 0x23, 0x2C)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    fonts.set(qn("w:eastAsia"), han)
    for theme in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
        fonts.attrib.pop(qn(theme), None)


def _runs(paragraph: Any, text: str, size: float | None = None, grey: bool = False) -> None:
    """Add a sentence, ``**strong**`` words in bold."""
    for i, part in enumerate(re.split(r"\*\*", text)):
        if part:
            run = paragraph.add_run(part)
            run.bold = i % 2 == 1 or None
            if size is not None:
                run.font.size = Pt(size)
            if grey:
                run.font.color.rgb = RGBColor(0x4B, 0x5A, 0x64)


def _add_line(document: Any, style: str, text: str) -> None:
    if style in ("head", "figure"):
        document.add_heading(_plain(text), level=2 if style == "head" else 3)
    elif style == "item":
        _runs(document.add_paragraph(style="List Bullet"), text)
    elif style == "note":
        _runs(document.add_paragraph(), text, 9, grey=True)
    else:
        _runs(document.add_paragraph(), text, 12 if style == "lead" else None)


def _add_table(document: Any, table: PageTable, number: int, language: Language) -> None:
    title = pick(_marked(table.title, table.mark), language)
    word = tell("report.table_word", language)
    caption = document.add_paragraph()
    caption.paragraph_format.keep_with_next = True
    _runs(caption, f"**{word} {number}  {_plain(title)}**")
    grid = document.add_table(rows=1, cols=len(table.columns), style="Light Shading")
    grid.autofit = True
    for at, column in enumerate(table.columns):
        unit = pick(column.unit, language)
        close = f"（{unit}）" if language == "zh" else f", {unit}"
        _fill(grid.rows[0].cells[at], pick(column.head, language) + (close if unit else ""), column, True)
    head = grid.rows[0]._tr.get_or_add_trPr()
    head.append(head.makeelement(qn("w:tblHeader"), {qn("w:val"): "true"}))
    for i, row in enumerate(table.rows):
        cells = grid.add_row().cells
        strong = table.has_total and i == len(table.rows) - 1
        for at, (cell, column) in enumerate(zip(row, table.columns, strict=True)):
            _fill(cells[at], _plain(pick(cell_text(cell, column), language)), column, strong)
    if table.note is not None:
        _runs(document.add_paragraph(), pick(table.note, language), 9, grey=True)
    document.add_paragraph()


def _fill(cell: Any, text: str, column: PageColumn, strong: bool) -> None:
    paragraph = cell.paragraphs[0]
    run = paragraph.add_run(text)
    run.font.size = Pt(9.5)
    run.bold = strong
    if column.kind not in ("text", "date"):
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT


def _document(language: Language) -> Any:
    document = docx.Document()
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(20), Mm(18)
    section.left_margin, section.right_margin = Mm(24), Mm(18)
    latin = "Microsoft YaHei" if language == "zh" else "Arial"
    _fonts(document.styles["Normal"], latin, "Microsoft YaHei", 10.5)
    for name, size in (("Title", 21), ("Heading 1", 15), ("Heading 2", 12), ("Heading 3", 11)):
        _fonts(document.styles[name], latin, "Microsoft YaHei", size)
    properties = document.core_properties
    properties.created = properties.modified = CREATED
    properties.author = properties.last_modified_by = "resettle"
    return document


def write_docx(
    chapters: Sequence[Chapter], path: Path, meta: ReportMeta | None = None, language: Language = "zh"
) -> None:
    """Write the chapters as a text document in one language: sentences, and the table behind each figure.

    Args:
        chapters: in any order; written by ``order``.
        path: the file; replaced whole or not at all.
        meta: title, facts and notice.
        language: the language of the document; a printed report holds one.
    """
    document = _document(language)
    if meta is not None:
        document.add_heading(pick(meta.title, language), level=0)
        document.core_properties.title = pick(meta.title, language)
        facts = " · ".join(pick(fact, language) for fact in meta.facts)
        _runs(document.add_paragraph(), facts, 9, grey=True)
        if meta.notice is not None:
            _runs(document.add_paragraph(), pick(meta.notice, language))
    tables = 0
    for number, chapter in enumerate(sorted(chapters, key=lambda c: c.order), start=1):
        document.add_heading(pick(numbered(number, chapter.title), language), level=1)
        for block in chapter.blocks:
            for piece in pieces(block):
                if isinstance(piece, PageTable):
                    tables += 1
                    _add_table(document, piece, tables, language)
                else:
                    _add_line(document, piece[0], pick(piece[1], language))
    raw = io.BytesIO()
    document.save(raw)
    _write_whole(path, _rezip(raw.getvalue()))
