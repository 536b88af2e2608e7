"""What a user sees who opens problems.xlsx."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl

from tests.ground.registry.rosters import HEADS, ID, NAME, SEX, answered, households, workbook

RED = "FFF8D7DA"


def marked(page: Any, row: int) -> list[int]:
    return [c.column - 1 for c in page[row] if c.fill.fgColor.rgb == RED]


def test_heads_stand_and_the_offending_cells_alone_are_marked(tmp_path: Path) -> None:
    rows = households()
    rows[1][ID] = rows[1][ID][:-1] + ("0" if rows[1][ID][-1] != "0" else "1")
    rows[5][SEX] = "女"
    path = workbook(tmp_path / "roster.xlsx", rows, title="搬迁人口花名册")
    _, _, result = answered(path, out=tmp_path / "problems.xlsx")
    assert result.counts["quarantined"] == 2
    book = openpyxl.load_workbook(tmp_path / "problems.xlsx")
    page = book["待改：花名册"]
    assert [c.value for c in page[1]][: len(HEADS)] == HEADS
    assert [c.value for c in page[1]][len(HEADS) :] == [
        "答复编号",
        "原行号",
        "问题",
        "怎么办",
        "最接近的有效写法",
    ]
    assert [c.value for c in page[2]][: len(HEADS)] == [None if v is None else str(v) for v in rows[1]]
    assert marked(page, 2) == [ID]
    assert marked(page, 3) == [SEX]
    reference, row, what, remedy, nearest = [c.value for c in page[2]][len(HEADS) :]
    assert (reference, row) == ("R000002", "4")
    assert "校验" in what and remedy and nearest.endswith(households()[1][ID][-4:])
    assert page.max_row == 3


def test_heads_over_three_rows_with_groups_come_back_and_no_row_of_data_among_them(tmp_path: Path) -> None:
    import xlsxwriter

    rows = households(30)
    rows[0][NAME], rows[80][ID] = "户主", "12"
    path = tmp_path / "grouped.xlsx"
    book = xlsxwriter.Workbook(str(path))
    page = book.add_worksheet("花名册")
    page.merge_range(0, 0, 0, 7, "某县花名册")
    page.merge_range(1, 0, 2, 0, "序号")
    page.merge_range(1, 1, 2, 1, "行政村")
    page.merge_range(1, 2, 1, 6, "家庭成员")
    for column, head in enumerate(HEADS[2:7], 2):
        page.write(2, column, head)
    page.merge_range(1, 7, 2, 7, HEADS[7])
    for line, row in enumerate(rows, 3):
        for column, value in enumerate(row):
            page.write(line, column, value)
    book.close()
    _, _, result = answered(path, out=tmp_path / "problems.xlsx")
    assert result.counts["quarantined"] == 1
    page = openpyxl.load_workbook(tmp_path / "problems.xlsx")["待改：花名册"]
    assert page["C1"].value == "家庭成员" and page["D2"].value == "姓名"
    assert page.max_row == 3
    assert page["E3"].value == "12"


def test_nothing_a_user_typed_becomes_a_formula(tmp_path: Path) -> None:
    rows = households()
    rows[1][NAME] = '=HYPERLINK("http://example.invalid","x")'
    rows[1][ID] = "=1+1"
    rows[4][NAME] = "@SUM(A1)"
    rows[4][ID] = "+123"
    path = workbook(tmp_path / "roster.xlsx", rows)
    answered(path, out=tmp_path / "problems.xlsx")
    book = openpyxl.load_workbook(tmp_path / "problems.xlsx")
    kinds = {c.data_type for page in book for line in page.iter_rows() for c in line}
    assert kinds <= {"s", "n"}
    assert not any(c.hyperlink for page in book for line in page.iter_rows() for c in line)
    shown = {c.value for page in book for line in page.iter_rows() for c in line}
    assert {"=1+1", "+123"} <= shown


def test_the_summary_counts_by_kind_sheet_and_village(tmp_path: Path) -> None:
    rows = households()
    for place in (1, 4, 7):
        rows[place][ID] = "12"
    path = workbook(tmp_path / "roster.xlsx", rows)
    _, _, result = answered(path, out=tmp_path / "problems.xlsx", language="en")
    page = openpyxl.load_workbook(tmp_path / "problems.xlsx")["Summary"]
    seen = {line[0].value: line[1].value for line in page.iter_rows() if line[0].value}
    assert seen["Rows read"] == 12 and seen["Rows accepted"] == 9 and seen["Rows to correct"] == 3
    assert seen["error  identity number invalid"] == 3
    assert seen["roster.xlsx 花名册"] == 3
    assert seen["水磨0村"] == 2 and seen["水磨1村"] == 1
    assert result.counts["quarantined"] == 3


def test_a_village_written_once_over_merged_rows_counts_for_all_of_them(tmp_path: Path) -> None:
    import xlsxwriter

    rows = households()
    rows[2][ID] = "12"
    path = tmp_path / "merged.xlsx"
    book = xlsxwriter.Workbook(str(path))
    page = book.add_worksheet("花名册")
    for line, row in enumerate([HEADS, *rows]):
        for column, value in enumerate(row):
            if column != 1 or line == 0:
                page.write(line, column, value)
    page.merge_range(1, 1, 12, 1, "水磨村")
    book.close()
    _, _, result = answered(path, out=tmp_path / "problems.xlsx", language="en")
    assert result.counts["accepted"] == 11
    seen = openpyxl.load_workbook(tmp_path / "problems.xlsx")
    summary = {line[0].value: line[1].value for line in seen["Summary"].iter_rows()}
    assert summary["水磨村"] == 1
    assert seen["To correct_ 花名册"]["B2"].value == "水磨村"


def test_the_same_answer_gives_the_same_bytes(tmp_path: Path) -> None:
    rows = households()
    rows[1][ID] = "12"
    path = workbook(tmp_path / "roster.xlsx", rows)
    answered(path, out=tmp_path / "one.xlsx")
    answered(path, out=tmp_path / "two.xlsx")
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()


def test_control_characters_and_long_texts_still_open(tmp_path: Path) -> None:
    path = tmp_path / "odd.csv"
    rows = households(1)
    rows[1][ID] = "12\x0b\x01"
    rows[1][NAME] = "王" * 40_000
    lines = [HEADS, *rows]
    path.write_text("\n".join(",".join("" if v is None else str(v) for v in r) for r in lines), "utf-8")
    _, _, result = answered(path, out=tmp_path / "problems.xlsx")
    assert result.counts["quarantined"] == 1
    page = openpyxl.load_workbook(tmp_path / "problems.xlsx").worksheets[1]
    assert page.max_row == 2 and str(page.cell(2, NAME + 1).value).startswith("王王王")


def test_two_sheets_whose_names_differ_after_the_allowed_length_keep_their_own_page(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for mark in "ab":
        page = book.create_sheet("很长很长很长很长很长很长很长很长的名字里只有末字不同" + mark)
        rows = households(2) if mark == "a" else households(4)[6:]
        rows[1][ID] = "12"
        for row in [HEADS, *rows]:
            page.append(row)
    book.save(tmp_path / "roster.xlsx")
    _, _, result = answered(tmp_path / "roster.xlsx", out=tmp_path / "problems.xlsx")
    assert result.counts == result.counts | {"read": 12, "quarantined": 2}
    pages = openpyxl.load_workbook(tmp_path / "problems.xlsx").sheetnames
    assert len(pages) == 5
