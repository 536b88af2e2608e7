"""The chapters of a report as a text document in one language that opens in WPS and Office.

Sentences, and behind every figure its table, under the lines of :mod:`resettle.store.report_files`.
The same chapters always give the same bytes.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import docx
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt, RGBColor

from resettle.store.report_files import CREATED, marked, pieces, plain, rezip, write_whole
from resettle.tables.page_text import cell_text, numbered, pick
from resettle.tables.pages import Chapter, Folded, PageTable, ReportMeta
from resettle.words import Language, tell

LONG_TABLE = 40
"""A folded table with more rows stands at the end of the text document, where it interrupts nothing."""

TWENTIETHS_OF_A_POINT = 1440 / 25.4
"""In a millimetre; the unit of widths in a document."""
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff]")


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
        document.add_heading(plain(text), level=2 if style == "head" else 3)
    elif style == "item":
        _runs(document.add_paragraph(style="List Bullet"), text)
    elif style == "note":
        _runs(document.add_paragraph(), text, 9, grey=True)
    else:
        _runs(document.add_paragraph(), text, 12 if style == "lead" else None)


def _add_table(document: Any, table: PageTable, number: int, language: Language) -> None:
    title = pick(marked(table.title, table.mark), language)
    word = tell("report.table_word", language)
    caption = document.add_paragraph()
    caption.paragraph_format.keep_with_next = True
    _runs(caption, f"**{word} {number}  {plain(title)}**")
    document.element.body.insert_element_before(parse_xml(_grid(table, language)), "w:sectPr")
    if table.note is not None:
        _runs(document.add_paragraph(), pick(table.note, language), 9, grey=True)
    document.add_paragraph()


def _widths(table: PageTable, language: Language) -> list[float]:
    """Widths of the columns in millimetres, by what they hold, over the width of the page at most."""
    wishes = []
    for at, column in enumerate(table.columns):
        texts = [plain(pick(cell_text(row[at], column), language)) for row in table.rows]
        longest = max((_signs(text) for text in texts), default=0)
        head = _signs(pick(column.head, language)) + _signs(pick(column.unit, language))
        wishes.append(
            5
            + 1.75
            * min(
                max(longest, head / 2, max(map(_signs, (pick(column.head, language)).split() or [""])) * 0.7),
                44,
            )
        )
    whole = sum(wishes)
    return [w * min(1.0, 168 / whole) for w in wishes]


def _signs(text: str) -> int:
    """How much room a text takes, in Latin letters; a Chinese sign takes two."""
    return sum(2 if ord(sign) > 0x2E7F else 1 for sign in text)


def _grid(table: PageTable, language: Language) -> str:
    """A table's XML in one piece: cell by cell through the library, long reports take most of a run's writing.

    Horizontal lines only: dark under the head and above the total, pale between rows.
    """
    widths = [round(width * TWENTIETHS_OF_A_POINT) for width in _widths(table, language)]
    heads = []
    for column in table.columns:
        unit = pick(column.unit, language)
        close = f"（{unit}）" if language == "zh" else f", {unit}"
        heads.append(pick(column.head, language) + (close if unit else ""))
    dark, pale = _line("bottom", 8, "16232C"), _line("bottom", 4, "D6DDE1")
    rows = [_row(heads, table, widths, dark, '<w:trPr><w:tblHeader w:val="true"/></w:trPr>', strong=True)]
    for number, row in enumerate(table.rows, start=1):
        is_total = table.has_total and number == len(table.rows)
        texts = [
            plain(pick(cell_text(cell, c), language)) for cell, c in zip(row, table.columns, strict=True)
        ]
        rows.append(
            _row(texts, table, widths, _line("top", 8, "16232C") * is_total + pale, "", strong=is_total)
        )
    columns = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    return (
        f'<w:tbl {nsdecls("w")}><w:tblPr><w:tblW w:type="auto" w:w="0"/><w:tblLayout w:type="fixed"/>'
        '<w:tblLook w:firstColumn="1" w:firstRow="1" w:lastColumn="0" w:lastRow="0" w:noHBand="0" '
        f'w:noVBand="1" w:val="04A0"/></w:tblPr><w:tblGrid>{columns}</w:tblGrid>{"".join(rows)}</w:tbl>'
    )


def _line(side: str, size: int, colour: str) -> str:
    return f'<w:{side} w:val="single" w:sz="{size}" w:color="{colour}"/>'


def _row(
    texts: Sequence[str], table: PageTable, widths: Sequence[int], lines: str, head: str, strong: bool
) -> str:
    bold = "<w:b/>" if strong else '<w:b w:val="0"/>'
    cells = []
    for text, column, width in zip(texts, table.columns, widths, strict=True):
        side = "" if column.kind in ("text", "date") else '<w:jc w:val="right"/>'
        cells.append(
            f'<w:tc><w:tcPr><w:tcW w:type="dxa" w:w="{width}"/><w:tcBorders>{lines}</w:tcBorders></w:tcPr>'
            f'<w:p><w:pPr><w:spacing w:before="40" w:after="40"/>{side}</w:pPr>'
            f'<w:r><w:rPr>{bold}<w:sz w:val="19"/></w:rPr>{_shown(text)}</w:r></w:p></w:tc>'
        )
    return f"<w:tr>{head}{''.join(cells)}</w:tr>"


def _shown(text: str) -> str:
    """A text as it may stand in a run: line ends become breaks, and signs no document can hold are left out."""
    lines = (escape(_CONTROL.sub("", line)) for line in text.split("\n"))
    return "<w:br/>".join(f'<w:t xml:space="preserve">{line}</w:t>' for line in lines)


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
    _page_number(section.footer.paragraphs[0])
    properties = document.core_properties
    properties.created = properties.modified = CREATED
    properties.author = properties.last_modified_by = "resettle"
    return document


def _page_number(paragraph: Any) -> None:
    """The number of the page, as — 1 —."""
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for text in ("— ", None, " —"):
        run = paragraph.add_run(text)
        run.font.size = Pt(9)
        if text is None:
            field = run._r.makeelement(qn("w:fldSimple"), {qn("w:instr"): "PAGE"})
            paragraph._p.append(field)


def _put_chapters(
    document: Any, chapters: Sequence[Chapter], language: Language
) -> list[tuple[int, PageTable]]:
    """The chapters in order; returns the long folded tables, with their numbers, for the end."""
    tables = 0
    later: list[tuple[int, PageTable]] = []
    for number, chapter in enumerate(chapters, start=1):
        document.add_heading(pick(numbered(number, chapter.title), language), level=1)
        for block in chapter.blocks:
            for piece in pieces(block):
                if not isinstance(piece, PageTable):
                    _add_line(document, piece[0], pick(piece[1], language))
                    continue
                tables += 1
                if isinstance(block, Folded) and len(piece.rows) > LONG_TABLE:
                    later.append((tables, piece))
                    _add_line(document, "note", tell("report.see_appendix", language, number=tables))
                else:
                    _add_table(document, piece, tables, language)
    return later


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
    later = _put_chapters(document, sorted(chapters, key=lambda c: c.order), language)
    if later:
        document.add_heading(tell("report.appendix", language), level=1)
        for number, table in later:
            _add_table(document, table, number, language)
    raw = io.BytesIO()
    document.save(raw)
    write_whole(path, rezip(raw.getvalue()))
