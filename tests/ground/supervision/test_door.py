"""``resettle reconcile`` on good files and on bad ones. All documents are made here and synthetic."""

from __future__ import annotations

import json
import struct
import zlib
from pathlib import Path
from typing import Any

import docx
import pytest
import xlsxwriter
from click.testing import CliRunner

from resettle.cli.reconcile import command
from resettle.store.document import read_document

ENGLISH = (
    "In 2021 the plan was to relocate 812 households with 3,004 people, of which 1,500 people in Ashdale "
    "and 1,604 people in Birchton."
)


def run(path: Path, *options: str) -> tuple[int, Any]:
    result = CliRunner().invoke(command, [str(path), "--json", "--out", str(path.parent / "out"), *options])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, json.loads(result.stdout)


def codes(answer: dict[str, Any]) -> set[str]:
    return {f["code"] for f in answer["findings"]}


def problems(answer: dict[str, Any]) -> list[str]:
    return [p["code"] for p in answer["problems"]]


def png(folder: Path) -> Path:
    """A white pixel, made by hand."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    data = zlib.compress(b"\x00\xff\xff\xff")
    path = folder / "page.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b""))
    return path


def test_a_text_with_a_sum_that_does_not_hold(tmp_path: Path) -> None:
    path = tmp_path / "report.txt"
    path.write_text(ENGLISH, encoding="utf-8")
    code, answer = run(path)
    assert (code, codes(answer)) == (0, {"R10"})
    assert (tmp_path / "out/readings.xlsx").exists()


def test_the_sheet_is_corrected_and_read_back(tmp_path: Path) -> None:
    path = tmp_path / "report.txt"
    path.write_text(ENGLISH, encoding="utf-8")
    run(path)
    code, answer = run(tmp_path / "out/readings.xlsx")
    assert (code, codes(answer)) == (0, {"R10"})
    assert [r["value"] for r in answer["readings"] if r["rule"] != "date"] == [812, 3004, 1500, 1604]


def test_a_word_file_with_paragraph_and_table(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_paragraph("计划搬迁八百一十二户三千零四人，其中甲县一千五百人，乙县一千六百零四人。")
    rows = [("县", "安置点（个）"), ("甲县", "4"), ("乙县", "5"), ("合计", "10")]
    table = document.add_table(rows=4, cols=2)
    for i, row in enumerate(rows):
        for j, text in enumerate(row):
            table.cell(i, j).text = text
    path = tmp_path / "报告.docx"
    document.save(str(path))
    _, answer = run(path)
    found = [f for f in answer["findings"] if f["code"] == "R10"]
    assert len(found) == 2
    assert any("table 1" in f["lines"] for f in found)
    assert "3004" in {str(int(r["value"])) for r in answer["readings"] if r["value"]}


def test_a_workbook_names_its_cells(tmp_path: Path) -> None:
    path = tmp_path / "report.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("汇总")
        for i, row in enumerate(
            [("县", "户数", "人数"), ("甲县", 30, 100), ("乙县", 40, 140), ("合计", 70, 250)]
        ):
            sheet.write_row(i, 0, row)
    _, answer = run(path)
    (finding,) = [f for f in answer["findings"] if f["code"] == "R10"]
    assert "汇总!C4" in finding["lines"]


def test_a_picture_is_answered(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_picture(str(png(tmp_path)))
    path = tmp_path / "scan.docx"
    document.save(str(path))
    code, answer = run(path)
    assert (code, problems(answer)) == (1, ["supervision.picture_only"])


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("empty.txt", b"", "supervision.empty"),
        ("blank.md", b"  \n \n", "supervision.empty"),
        ("noise.txt", bytes(range(0, 32)) * 4 + b"\xff\xfe\x81", "supervision.encoding"),
        ("cut.docx", b"PK\x03\x04 and then nothing", "supervision.cut_off"),
        ("table.xlsx", b"county,households\nAsh,12\n", "supervision.not_office"),
        ("locked.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "supervision.protected"),
        ("noise.xlsx", bytes(range(256)) * 4, "supervision.cut_off"),
        ("old.doc", b"\xd0\xcf\x11\xe0", "supervision.kind_unknown"),
        ("report.pdf", b"%PDF-1.4\n%%EOF\n", "supervision.pdf"),
        ("printed.docx", b"%PDF-1.7\n%%EOF\n", "supervision.pdf"),
        ("empty.toml", b"", "supervision.empty"),
        ("latin.toml", "id = '\u00e9'".encode("latin-1"), "supervision.encoding"),
        ("broken.toml", b"[[figure\nid=", "supervision.toml_broken"),
        ("words.txt", b"Nothing is counted here.", "supervision.no_figures"),
    ],
)
def test_a_bad_file_gets_a_clear_answer(tmp_path: Path, name: str, content: bytes, expected: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    code, answer = run(path)
    assert (code, problems(answer)) == (1, [expected])
    assert answer["problems"][0]["text"]["zh"]["remedy"]


def test_a_file_that_unpacks_too_large_is_not_unpacked(tmp_path: Path) -> None:
    import zipfile

    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as pack:
        pack.writestr("xl/worksheets/sheet1.xml", b"0" * (3 * 2**20))
    code, answer = run(path, "--limit-mb", "1")
    assert (code, problems(answer)) == (1, ["supervision.too_large"])


def test_a_whole_office_file_that_is_cut_short(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_paragraph(ENGLISH)
    whole = tmp_path / "whole.docx"
    document.save(str(whole))
    for share in (0.1, 0.5, 0.99):
        path = tmp_path / "cut.docx"
        path.write_bytes(whole.read_bytes()[: int(whole.stat().st_size * share)])
        code, answer = run(path)
        assert (code, problems(answer)) == (1, ["supervision.cut_off"])


def test_fifty_megabytes_of_text_are_answered_at_once(tmp_path: Path) -> None:
    path = tmp_path / "long.txt"
    path.write_bytes((ENGLISH + "\n").encode() * (50 * 2**20 // len(ENGLISH)))
    code, answer = run(path)
    assert (code, problems(answer)) == (1, ["supervision.text_too_large"])


def test_numbers_in_chinese_words(tmp_path: Path) -> None:
    path = tmp_path / "报告.txt"
    path.write_text(
        "计划搬迁五千四百零一户、二万零六百一十五人，其中甲县一万人，乙县一万零五百一十五人。",
        encoding="utf-8",
    )
    _, answer = run(path)
    assert [r["value"] for r in answer["readings"]] == [5401, 20615, 10000, 10515]
    assert "R10" in codes(answer)


def test_gb18030_is_recognised(tmp_path: Path) -> None:
    path = tmp_path / "旧文件.txt"
    path.write_bytes("计划搬迁812户3004人。".encode("gb18030"))
    blocks, found = read_document(path)
    assert not found
    assert blocks["text"].to_list() == ["计划搬迁812户3004人。"]


def test_a_report_of_another_country(tmp_path: Path) -> None:
    path = tmp_path / "dam.md"
    path.write_text(
        "The reservoir displaced 1,204 households with 6,120 people, of which 4,000 people in Kigoma and 2,120 "
        "people in Buhigwe. Compensation was 3.2 million dollars.",
        encoding="utf-8",
    )
    code, answer = run(path)
    assert (code, codes(answer)) == (0, set())
    assert {r["unit"] for r in answer["readings"]} >= {"household", "person", "dollar"}


def test_what_is_said_in_words(tmp_path: Path) -> None:
    path = tmp_path / "report.txt"
    path.write_text(ENGLISH, encoding="utf-8")
    result = CliRunner().invoke(command, [str(path), "--lang", "zh", "--out", str(tmp_path)])
    assert result.exit_code == 0
    assert "不一致不等于谁做错了" in result.stdout
