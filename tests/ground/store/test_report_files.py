"""Workbook and text document hold the chapters: numbers as numbers, unknown as a word, the same bytes."""

from __future__ import annotations

from pathlib import Path

import docx
import openpyxl
import pytest

from resettle.store.report_document import write_docx
from resettle.store.report_files import write_xlsx
from resettle.tables.pages import Chapter, Hidden, PageColumn, PageTable, Paragraph, ReportMeta, Text

TABLE = PageTable(
    Text("表题", "A table"),
    (
        PageColumn(Text("县", "county")),
        PageColumn(Text("户", "households"), "count"),
        PageColumn(Text("需求", "need"), "money", Text("万元", "million yuan"), 1),
        PageColumn(Text("比率", "rate"), "share", decimals=1),
    ),
    (
        (Text("上泉县", "Upper Spring"), 20615, 106_182_220_000, 787_094),
        ("x", Hidden(True), None, None),
    ),
)
CHAPTERS = [
    Chapter("b", Text("第二", "Second"), (Paragraph(Text("后面。", "Later.")),), order=20),
    Chapter(
        "a",
        Text("第一", "First"),
        (Paragraph(Text("**还差**钱。", "Money **is missing**.")), TABLE),
        order=10,
    ),
]
META = ReportMeta(Text("题", "Title"), (Text("事实", "fact"),), Text("合成", "synthetic"))


def test_the_workbook_keeps_numbers_and_says_what_is_hidden_or_unknown(tmp_path: Path) -> None:
    write_xlsx(CHAPTERS, tmp_path / "r.xlsx", META)
    book = openpyxl.load_workbook(tmp_path / "r.xlsx")
    assert book.sheetnames == ["目录 Contents", "1 第一 First", "2 第二 Second"]
    values = [[c.value for c in row] for row in book["1 第一 First"].iter_rows()]
    assert ["上泉县 Upper Spring", 20615, 1_061_822_200, 0.787094] in [row[:4] for row in values]
    assert ["x", "<5", "未知 unknown", "未知 unknown"] in [row[:4] for row in values]
    assert not any("**" in str(v) for row in values for v in row)


@pytest.mark.parametrize(
    ("language", "heading", "number"), [("zh", "一、第一", "106,182.2"), ("en", "1\u2002First", "1,061.8")]
)
def test_the_document_holds_one_language(tmp_path: Path, language: str, heading: str, number: str) -> None:
    write_docx(CHAPTERS, tmp_path / "r.docx", META, language)  # type: ignore[arg-type]
    document = docx.Document(str(tmp_path / "r.docx"))
    assert heading in [p.text for p in document.paragraphs]
    cells = [cell.text for row in document.tables[0].rows for cell in row.cells]
    assert number in cells and "<5" in cells
    other = "A table" if language == "zh" else "表题"
    assert not any(other in p.text for p in document.paragraphs)


def test_both_files_are_the_same_bytes_each_time(tmp_path: Path) -> None:
    for name in ("1", "2"):
        write_xlsx(CHAPTERS, tmp_path / f"{name}.xlsx", META)
        write_docx(CHAPTERS, tmp_path / f"{name}.docx", META)
    for ending in ("xlsx", "docx"):
        assert (tmp_path / f"1.{ending}").read_bytes() == (tmp_path / f"2.{ending}").read_bytes()


def test_no_half_written_file_is_left(tmp_path: Path) -> None:
    write_xlsx(CHAPTERS, tmp_path / "r.xlsx", META)
    assert [p.name for p in tmp_path.iterdir()] == ["r.xlsx"]
