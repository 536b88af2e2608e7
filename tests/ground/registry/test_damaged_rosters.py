"""A roster damaged on purpose, one way at a time: which rows wait, for what reason, with which nearest choice."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest

from resettle.registry.visits import visit_first
from resettle.store.cells import read_cells
from tests.ground.registry.rosters import (
    AREA,
    HEADS,
    ID,
    KEY,
    NAME,
    RELATION,
    answered,
    codes,
    filled_rows,
    households,
    number,
    workbook,
)


def waiting(problems: Any, code: str) -> list[int | None]:
    return [p.row for p in problems if p.code == f"registry.{code}"]


def with_column(head: str, values: list[Any]) -> tuple[list[str], list[list[Any]]]:
    rows = households()
    for row, value in zip(rows, values + [None] * len(rows), strict=False):
        row.append(value)
    return [*HEADS, head], rows


def test_a_sound_roster_is_wholly_accepted(tmp_path: Path) -> None:
    _, problems, result = answered(workbook(tmp_path / "r.xlsx", households()))
    assert result.counts == {"read": 12, "accepted": 12, "joined": 0, "quarantined": 0, "set_aside": 0}
    assert codes(problems) == {"synthetic_numbers"}
    assert result.household.height == 4 and result.household["person_listed"].all()


def test_titles_totals_and_signatures_are_no_households(tmp_path: Path) -> None:
    rows = [*households(), ["合计", None, None, "12人"], [], ["填表人：", None, "李四"], ["审核人："]]
    sheets, problems, result = answered(workbook(tmp_path / "r.xlsx", rows, title="某县搬迁人口花名册"))
    assert result.counts == result.counts | {"read": 12, "accepted": 12, "set_aside": 3}
    assert waiting(problems, "rows_set_aside") == [15]
    assert filled_rows(sheets) == 2 + result.counts["read"] + result.counts["set_aside"]


def test_two_heads_of_one_name_are_said_and_the_first_is_used(tmp_path: Path) -> None:
    heads, rows = with_column("姓名", ["别名"] * 12)
    _, problems, result = answered(workbook(tmp_path / "r.xlsx", rows, heads))
    found = next(p for p in problems if p.code == "registry.head_repeated")
    assert (found.values["first"], found.values["second"]) == ("D", "I")
    assert result.person["name"].to_list().count("别名") == 0 and result.counts["accepted"] == 12


def test_heads_in_a_language_nobody_taught_leave_every_row_waiting(tmp_path: Path) -> None:
    heads = ["Nº", "Aldea", "Familia", "Apellidos", "Cédula", "Parentesco", "Género", "Tierra"]
    path = workbook(tmp_path / "r.xlsx", households(), heads)
    _, problems, result = answered(path, out=tmp_path / "p.xlsx")
    assert result.counts == result.counts | {"read": 13, "accepted": 0, "quarantined": 13}
    assert "heads_unknown" in codes(problems, "error")
    page = openpyxl.load_workbook(tmp_path / "p.xlsx").worksheets[1]
    assert page.max_row == 14 and page["D2"].value == "Apellidos"


def test_an_office_can_teach_a_head(tmp_path: Path) -> None:
    from resettle.registry.stage import register
    from tests.ground.registry.rosters import AS_OF, pack_data

    heads = [*HEADS[:3], "搬迁对象", *HEADS[4:]]
    sheets, _ = read_cells(workbook(tmp_path / "r.xlsx", households(), heads))
    taught = {"as_of": AS_OF, "key": b"k", "mappings": {"搬迁对象": "name"}}
    assert register(sheets, taught, pack_data()).person["name"].null_count() == 0


def test_lunar_and_impossible_dates_wait_with_the_nearest_valid_one(tmp_path: Path) -> None:
    shown = [
        "农历腊月初八",
        "2016-02-30",
        "03/04/1970",
        "1990年2月",
        "二〇一〇年三月十五日",
        "２０１１年３月１日",
    ]
    heads, rows = with_column("出生日期", [*shown, 33000, date(1961, 2, 14)])
    for place in range(8):
        rows[place][ID] = None
    _, problems, result = answered(workbook(tmp_path / "r.xlsx", rows, heads))
    assert waiting(problems, "date_lunar") == [2]
    assert waiting(problems, "date_unreadable")[:1] == [3]
    assert waiting(problems, "date_ambiguous") == [4]
    assert waiting(problems, "date_month_only") == [5]
    near = next(p.nearest for p in problems if p.code == "registry.date_unreadable")
    assert near == "2016-02-29"
    born = set(result.person["birth_date"].to_list())
    assert {date(1990, 2, 1), date(2010, 3, 15), date(2011, 3, 1), date(1990, 5, 7)} <= born


def test_identity_numbers_in_every_shape_offices_leave_them(tmp_path: Path) -> None:
    rows = households()
    sound = [row[ID] for row in rows]
    rows[0][ID] = "'" + sound[0]
    rows[1][ID] = f"{sound[1][:6]} {sound[1][6:14]} {sound[1][14:]}"
    rows[2][ID] = sound[2].lower()
    rows[3][ID] = sound[3].translate(str.maketrans("0123456789X", "０１２３４５６７８９Ｘ"))
    rows[4][ID] = sound[4][:6] + sound[4][8:17]
    rows[5][ID] = int(sound[5].replace("X", "0"))
    rows[6][ID] = sound[6][:17] + ("1" if sound[6][17] != "1" else "2")
    rows[7][ID] = sound[7][:12]
    rows[8][ID] = None
    rows[9][ID] = sound[9] + "42"
    _, problems, result = answered(workbook(tmp_path / "r.xlsx", rows))
    assert waiting(problems, "id_old_15") == [6]
    assert waiting(problems, "id_digits_lost") == [7]
    assert waiting(problems, "id_check_digit") == [8]
    assert waiting(problems, "id_malformed") == [9]
    assert waiting(problems, "id_absent") == [10]
    assert result.counts["quarantined"] == 3
    assert not any(p.value and sound[6][6:14] in p.value for p in problems)


def test_old_numbers_of_fifteen_digits_kept_as_a_number_are_read(tmp_path: Path) -> None:
    rows = households()
    rows[4][ID] = int(rows[4][ID][:6] + rows[4][ID][8:17])
    _, problems, result = answered(workbook(tmp_path / "r.xlsx", rows))
    assert waiting(problems, "id_old_15") == [6] and result.counts["quarantined"] == 0


def test_yes_and_no_in_a_dozen_spellings(tmp_path: Path) -> None:
    shown = ["是", "否", "√", "×", "Y", "n", "1", "0", "有", "无", "TRUE", "大概吧"]
    heads, rows = with_column("是否在校生", shown)
    _, problems, result = answered(workbook(tmp_path / "r.xlsx", rows, heads))
    if "is_student" in result.person.columns and result.person["is_student"].is_not_null().any():
        by_name = dict(result.person.select("name", "is_student").iter_rows())
        assert [by_name[row[NAME]] for row in rows] == [True, False] * 5 + [True, None]
    assert waiting(problems, "label_unknown") == [13]
    assert result.counts["quarantined"] == 0


@pytest.mark.parametrize(
    ("head", "shown", "square_metres"),
    [
        ("旧房面积（平方米）", "120", 120),
        ("旧房面积", "120㎡", 120),
        ("旧房面积", "１２０ 平方米", 120),
        ("旧房面积", "0.18亩", 120),
        ("旧房面积（亩）", 0.18, 120),
        ("旧房面积", "一百二十平方米", 120),
        ("旧房面积", "1,200", 1200),
    ],
)
def test_areas_with_the_unit_in_the_head_or_the_cell(
    tmp_path: Path, head: str, shown: Any, square_metres: int
) -> None:
    heads, rows = with_column(head, [shown])
    _, problems, result = answered(workbook(tmp_path / "r.xlsx", rows, heads))
    assert codes(problems, "error") == set()
    assert result.household["old_dwelling_area_dm2"].drop_nulls().to_list() == [square_metres * 100]


@pytest.mark.parametrize(
    ("head", "shown", "yuan"),
    [
        ("家庭年收入（元）", "12,000.5", 12000.5),
        ("家庭年收入（万元）", 1.2, 12000),
        ("家庭年收入", "1.2万元", 12000),
    ],
)
def test_money_with_the_unit_in_the_head_or_the_cell(
    tmp_path: Path, head: str, shown: Any, yuan: float
) -> None:
    heads, rows = with_column(head, [shown])
    _, _, result = answered(workbook(tmp_path / "r.xlsx", rows, heads))
    assert result.household["income_minor"].drop_nulls().to_list() == [round(yuan * 100)]


def test_a_unit_nobody_knows_makes_the_row_wait_and_no_value(tmp_path: Path) -> None:
    heads, rows = with_column("旧房面积", ["12间"])
    _, problems, result = answered(workbook(tmp_path / "r.xlsx", rows, heads))
    assert waiting(problems, "number_unreadable") == [2] and result.counts["quarantined"] == 1


def test_households_written_once_over_merged_rows(tmp_path: Path) -> None:
    import xlsxwriter

    book = xlsxwriter.Workbook(str(tmp_path / "m.xlsx"))
    page = book.add_worksheet("花名册")
    rows = households()
    for line, row in enumerate([HEADS, *rows]):
        for column, value in enumerate(row):
            if line == 0 or column not in (1, KEY):
                page.write(line, column, value)
    for home in range(4):
        page.merge_range(1 + 3 * home, KEY, 3 + 3 * home, KEY, rows[3 * home][KEY])
    book.close()
    _, _, result = answered(tmp_path / "m.xlsx")
    assert result.counts["accepted"] == 12
    assert sorted(result.household["household_id"]) == sorted({r[KEY] for r in rows})
    assert result.household["member_count"].to_list() == [3] * 4


def test_near_duplicates_are_shown_and_never_merged(tmp_path: Path) -> None:
    rows = households()
    rows.append([13, "水磨1村", rows[3][KEY], rows[2][NAME], None, "之子", "男", None])
    heads = [*HEADS, "出生日期"]
    for row in rows:
        row.append(None)
    rows[-1][-1] = date(1990, 2, 1)
    _, problems, result = answered(workbook(tmp_path / "r.xlsx", rows, heads))
    assert result.candidates.height == 1 and result.counts["accepted"] == 13
    assert "near_duplicate" in codes(problems, "hint")
    assert result.person.height == 13


def test_one_number_twice_with_equal_content_joins_and_with_other_content_waits(tmp_path: Path) -> None:
    same = households()
    same.append([13, *same[2][1:]])
    _, _, result = answered(workbook(tmp_path / "same.xlsx", same))
    assert result.counts == result.counts | {"read": 13, "joined": 1, "quarantined": 0}
    torn = households()
    torn.append([13, *torn[2][1:]])
    torn[-1][NAME] = "别的名字"
    _, problems, result = answered(workbook(tmp_path / "torn.xlsx", torn))
    assert waiting(problems, "key_conflict") == [4, 14] and result.counts["quarantined"] == 2


def test_no_head_and_two_heads_make_the_household_wait(tmp_path: Path) -> None:
    rows = households()
    rows[0][RELATION] = "之女婿"
    rows[4][RELATION] = "户主"
    _, problems, result = answered(workbook(tmp_path / "r.xlsx", rows))
    assert waiting(problems, "head_missing") == [2, 3, 4]
    assert waiting(problems, "head_twice") == [5, 6, 7]
    assert result.household.height == 2


def test_corrected_rows_complete_the_set(tmp_path: Path) -> None:
    rows = households()
    sound = [list(row) for row in rows]
    rows[0][ID] = rows[0][ID][:17] + ("1" if rows[0][ID][17] != "1" else "2")
    rows[5][AREA] = "两垄半"
    rows[8][ID] = "12"
    first = workbook(tmp_path / "r.xlsx", rows)
    _, _, before = answered(first)
    assert before.counts["quarantined"] == 3
    assert before.household["person_listed"].to_list().count(True) == 1
    fixed = workbook(tmp_path / "r2.xlsx", [sound[0], sound[5], sound[8]])
    _, problems, after = answered(first, fixed)
    assert codes(problems) & {"head_twice", "head_missing"} == set()
    assert after.person.height == 12 and after.household["person_listed"].to_list() == [True] * 4
    assert after.household["member_count"].to_list() == [3] * 4


def test_the_answer_itself_can_be_corrected_and_handed_in_again(tmp_path: Path) -> None:
    rows = households()
    sound = rows[1][ID]
    rows[1][ID] = "12"
    rows[6][ID] = "34"
    first = workbook(tmp_path / "r.xlsx", rows)
    answered(first, out=tmp_path / "problems.xlsx")
    book = openpyxl.load_workbook(tmp_path / "problems.xlsx")
    page = book.worksheets[1]
    assert page["E2"].value == "12"
    page["E2"].value = sound
    page["E3"].value = households()[6][ID]
    book.save(tmp_path / "problems.xlsx")
    _, problems, after = answered(first, tmp_path / "problems.xlsx")
    assert after.person.height == 12
    assert after.counts == after.counts | {"read": 14, "quarantined": 2}
    assert "heads_unknown" not in codes(problems)
    assert after.household["person_listed"].to_list() == [True] * 4


def test_a_list_of_households_and_one_of_persons_meet(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    page = book.active
    page.title = "户"
    for line in [
        ["户编号", "户主姓名", "家庭人口数", "旧房面积"],
        ["4199000000", "李大山〇", 3, 90],
        ["4199000001", "王国强一", 5, 80],
    ]:
        page.append(line)
    members = book.create_sheet("人")
    for row in [HEADS, *households(2)]:
        members.append(row)
    book.save(tmp_path / "two.xlsx")
    _, problems, result = answered(tmp_path / "two.xlsx")
    assert result.counts["read"] == 8
    assert result.household["old_dwelling_area_dm2"].to_list() == [9000, 8000]
    assert "member_count_differs" in codes(problems, "warning")
    assert result.household["person_listed"].to_list() == [True, False]


def test_whom_to_visit_first(tmp_path: Path) -> None:
    rows = households()
    rows[4][ID] = "12"
    _, problems, result = answered(workbook(tmp_path / "r.xlsx", rows))
    disagreeing = visit_first(result.household, result.person, problems)
    assert disagreeing["reason"].to_list() == ["problem"]
    assert disagreeing["household_id"].to_list() == [rows[4][KEY]]
    ids = result.household["household_id"].sort()
    results = pl.DataFrame({"household_id": ids, "unmet_need_dm2": [0, 0, 500, 0]})
    lacking = pl.DataFrame({"household_id": [ids[0]], "fact": ["old_dwelling_area_dm2"]})
    due = pl.DataFrame({"household_id": [ids[3]], "what": ["complaint"]})
    found = visit_first(
        result.household,
        result.person,
        [],
        results,
        lacking,
        due,
    )
    assert found.select("household_id", "reason", "fact").rows() == [
        (ids[3], "due", "complaint"),
        (ids[0], "unknown", "old_dwelling_area_dm2"),
        (ids[2], "need", "unmet_need_dm2"),
    ]
    again = visit_first(result.household.reverse(), result.person.reverse(), problems[::-1])
    assert again.equals(disagreeing)


def test_co_movers_are_keyed_by_their_heads_number(tmp_path: Path) -> None:
    rows = households()
    for row in rows[3:6]:
        row[KEY] = rows[3][ID]
    _, _, result = answered(workbook(tmp_path / "r.xlsx", rows))
    assert result.counts["accepted"] == 12
    movers = result.household.filter(pl.col("household_class") == "co_mover")
    assert movers.height == 1 and movers["household_id"][0].startswith("p")
    assert rows[3][ID] not in result.household["household_id"].to_list()


def test_a_person_in_two_households_waits_in_both(tmp_path: Path) -> None:
    rows = households()
    rows.append([13, "水磨0村", rows[0][KEY], rows[5][NAME], rows[5][ID], "之子", "男", None])
    _, problems, result = answered(workbook(tmp_path / "r.xlsx", rows))
    assert waiting(problems, "person_in_two_households") == [7, 14]
    assert result.counts["quarantined"] == 2
    assert number(1)[:4] == "4199"
