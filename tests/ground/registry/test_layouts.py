"""Sheets laid out as no form foresees: every person is read where one stands, and no row vanishes. Made-up rosters."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from resettle.registry.stage import RegistryResult, register
from resettle.store.cells import read_cells
from resettle.tables.grid import Sheet
from resettle.words import LANGUAGES, explain_problem, tell
from tests.ground.registry.rosters import AS_OF, HEADS, ID, KEY, NAME, RELATION, SEX, households, pack_data

Rows = list[list[Any]]


def read(rows: Rows) -> RegistryResult:
    result = register([Sheet.of(rows, "r.xlsx", "表")], {"as_of": AS_OF, "key": b"k"}, pack_data())
    assert result.counts["accepted"] + result.counts["quarantined"] == result.counts["read"]
    return result


def side_by_side(people: Rows) -> Rows:
    return [[*HEADS, None, *HEADS], *([*a, None, *b] for a, b in zip(people[:6], people[6:], strict=True))]


def one_under_another(people: Rows) -> Rows:
    """The second list has other heads in another order, under a title of its own."""
    second = [[r[0], r[1], r[KEY], r[NAME], r[RELATION], r[ID], r[SEX]] for r in people[6:]]
    heads = ["序号", "行政村", "户编号", "姓名", "与户主关系", "证件号码", "性别"]
    return [HEADS, *people[:6], [], ["随迁户"], heads, *second]


def printed_pages(people: Rows) -> Rows:
    page: Rows = [["某县花名册"], HEADS]
    return [*page, *people[:6], ["第1页 共2页"], *page, *people[6:], ["第2页 共2页"]]


def numbered_columns(people: Rows) -> Rows:
    return [HEADS, ["甲", "1", "2", "3", "4", "5", "6", "7"], *people]


def sums_between(people: Rows) -> Rows:
    total = [None, "水磨村小计", None, None, None, None, None, 7.5]
    return [HEADS, *people[:6], total, *people[6:], total, [None, "合计（4户12人）"]]


def notes_below(people: Rows) -> Rows:
    notes: Rows = [
        ["注：1.本表一式三份。"],
        ["2.随迁人口不计。"],
        [None, None, "联系人：张三", "电话：0379-1"],
    ]
    return [HEADS, *people, [], *notes, ["2016年12月31日"]]


def traditional(people: Rows) -> Rows:
    heads = ["序號", "行政村", "戶編號", "姓名", "證件號碼", "與戶主關係", "性別", "耕地面積（畝）"]
    return [heads, *([("戶主" if cell == "户主" else cell) for cell in row] for row in people)]


@pytest.mark.parametrize(
    "lay_out",
    [
        side_by_side,
        one_under_another,
        printed_pages,
        numbered_columns,
        sums_between,
        notes_below,
        traditional,
    ],
)
def test_every_person_is_read_and_nothing_else(lay_out: Callable[[Rows], Rows]) -> None:
    people = households()
    result = read(lay_out(people))
    assert result.counts["read"] == result.counts["accepted"] == 12
    if lay_out is one_under_another:  # the second title and heads
        assert result.counts["set_aside"] == 2
    assert sorted(result.person["name"]) == sorted(row[NAME] for row in people)
    assert result.household.height == 4 and result.household["person_listed"].all()


def test_rows_keep_their_place_on_the_sheet_that_was_split() -> None:
    people = households()
    result = read(side_by_side(people))
    found = {(r["sheet"], r["row"]) for r in result.ledger.iter_rows(named=True)}
    assert found == {(f"表 {edges}", row) for edges in ("A:I", "J:Q") for row in range(2, 8)}
    cells = result.cells.filter(result.cells["field"] == "name")["column"].to_list()
    assert cells == [NAME, len(HEADS) + 1 + NAME]


def test_a_village_over_its_households_is_theirs_and_it_is_said() -> None:
    people = [row[2:] for row in households()]
    result = read([HEADS[2:], *people[:3], ["三合村"], *people[3:6], ["水磨村（二组）"], *people[6:]])
    assert result.counts["accepted"] == result.counts["read"] == 12 and result.counts["set_aside"] == 2
    said = next(p for p in result.problems if p.code == "registry.village_bands")
    assert said.values["count"] == 2 and "三合村" in (said.value or "")
    kept = read([HEADS, *households(), ["三合村"]])  # a list with a column of villages: the row waits
    assert kept.counts["quarantined"] == 1


def test_a_row_that_holds_words_of_heads_begins_no_second_list() -> None:
    people = households()
    people[0][0], people[0][ID], people[0][RELATION] = "证件号码", "姓名", "户主"
    result = read([HEADS, *people])
    assert len(result.sheets) == 1 and result.counts["accepted"] >= 9


def test_a_second_column_of_names_is_no_second_list() -> None:
    people = [[*row, "别名"] for row in households()]
    result = read([[*HEADS, "姓名"], *people])
    assert result.counts["read"] == 12 and len(result.sheets) == 1


@pytest.mark.parametrize(
    "heads",
    [("成员{n}姓名", "成员{n}证件号码", "成员{n}与户主关系"), ("姓名{n}", "证件号码{n}", "与户主关系{n}")],
)
def test_members_in_numbered_columns_are_persons(heads: tuple[str, str, str]) -> None:
    people = households()
    top = ["户编号", "户主姓名", "户主证件号码"] + [h.format(n=n) for n in (1, 2) for h in heads]
    rows: Rows = [top]
    for i in range(0, 12, 3):
        members = [cell for m in people[i + 1 : i + 3] for cell in (m[NAME], m[ID], m[RELATION])]
        rows.append([people[i][KEY], people[i][NAME], people[i][ID], *members])
    rows[-1][-3:] = [None, None, None]
    result = read(rows)
    assert result.counts["quarantined"] == 0
    assert sorted(result.person["name"]) == sorted(row[NAME] for row in people[:-1])
    assert result.person["is_head"].sum() == 4


def test_a_sheet_that_lies_across_is_refused_row_by_row() -> None:
    across = [list(column) for column in zip(HEADS, *households(), strict=True)]
    result = read(across)
    assert result.counts["read"] == result.counts["quarantined"] == len(HEADS)
    assert "registry.sheet_lies_across" in {p.code for p in result.problems}


def test_a_file_without_any_list_is_an_error_and_no_silence() -> None:
    result = read([["填表说明"], ["一、每人一行。"]])
    assert [p.code for p in result.problems if p.severity == "error"] == ["registry.file_without_list"]


WEB = """<html><head><meta charset="utf-8"><style>td {{color: red}}</style></head><body>
<table><tr><td colspan="8">花名册</td></tr><tr>{heads}</tr>{rows}</table></body></html>"""


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_web_page_called_xls_is_read_as_the_table_it_is(tmp_path: Path, encoding: str) -> None:
    people = households()
    rows = ""
    for i, person in enumerate(people):
        cells = [f"<td>{'' if c is None else c}&nbsp;</td>" for c in person]
        cells[KEY] = f"<td rowspan=3>{person[KEY]}</td>" if i % 3 == 0 else ""
        rows += f"<tr>{''.join(cells)}</tr>"
    path = tmp_path / "r.xls"
    path.write_bytes(WEB.format(heads="".join(f"<th>{h}</th>" for h in HEADS), rows=rows).encode(encoding))
    sheets, problems = read_cells(path)
    assert problems == [] and len(sheets) == 1
    result = register(sheets, {"as_of": AS_OF, "key": b"k"}, pack_data())
    assert result.counts["accepted"] == 12 and result.household.height == 4


def test_the_xml_of_2003_is_read_with_its_skipped_cells(tmp_path: Path) -> None:
    people = households()
    text = '<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><ss:Workbook><Styles><s/></Styles>'
    text += '<ss:Worksheet ss:Name="人"><Table>'
    for number, row in enumerate([HEADS, *people], 1):
        cells = "".join(
            f'<ss:Cell ss:Index="{i}"><ss:Data ss:Type="String">{c}</ss:Data></ss:Cell>'
            for i, c in enumerate(row, 1)
            if c is not None
        )
        text += f'<Row ss:Index="{number}">{cells}</Row>'
    path = tmp_path / "r.xls"
    path.write_text(text + "</Table></ss:Worksheet></ss:Workbook>", "utf-8")
    sheets, problems = read_cells(path)
    assert problems == [] and [s.name for s in sheets] == ["人"]
    result = register(sheets, {"as_of": AS_OF, "key": b"k"}, pack_data())
    assert result.counts["accepted"] == 12


def test_markup_with_impossible_spans_is_answered(tmp_path: Path) -> None:
    path = tmp_path / "r.xls"
    path.write_text(
        "<table><tr>" + "<td colspan=9999999 rowspan=999999999>x</td>" * 5 + "</tr></table>", "utf-8"
    )
    sheets, problems = read_cells(path)
    assert sheets == [] and [p.code for p in problems] == ["registry.text_too_wide"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_a_text_file_has_no_sheet_and_its_answers_name_none(tmp_path: Path, encoding: str) -> None:
    lines = [
        ",".join("" if c is None else str(c) for c in row) for row in [HEADS, *households(), ["合计", "4户"]]
    ]
    path = tmp_path / "r.csv"
    path.write_bytes(
        ("\ufeff".encode("gb18030") if encoding == "gb18030" else b"") + "\n".join(lines).encode(encoding)
    )
    sheets, _ = read_cells(path)
    result = register(sheets, {"as_of": AS_OF, "key": b"k"}, pack_data())
    assert "registry.heads_not_used" not in {p.code for p in result.problems}
    for problem in result.problems:
        for language in LANGUAGES:
            text = " ".join(explain_problem(problem, language))
            assert tell("common.unknown", language) not in text and "“”" not in text


ENGLISH = [
    ("Household Code", "Name of Household Member", "Relationship to Head of HH", "Gender", "National ID No."),
    ("HH No.", "Full Name of PAP", "Relation to the head of family", "Sex (M/F)", "ID card number"),
    ("Family ID", "Names of persons", "Rel. to household head", "gender", "Citizen's Identification Number"),
]


@pytest.mark.parametrize("heads", ENGLISH)
def test_english_heads_are_known_by_what_they_say(heads: tuple[str, ...]) -> None:
    people: Rows = [
        ["H-1", "Ana Silva", "Head of family", "F", "X-001"],
        ["H-1", "Rui Silva", "Son", "M", "X-002"],
        ["H-2", "Joe Okello", "Self", "M", "not known"],
    ]
    sheet = Sheet.of([["Census of affected households"], list(heads), *people], "r.xlsx", "S")
    result = register([sheet], {"as_of": AS_OF, "key": b"k"}, {"identity": {"grammar": "none"}})
    assert set(result.cells["field"]) == {"household_key", "name", "relation", "sex", "identity"}
    assert result.counts["read"] == result.counts["accepted"] == 3
    assert result.household.height == 2 and result.person["is_head"].sum() == 2


@pytest.mark.parametrize("head", ["Income per month", "Name of village chief", "PAP ID", "Age", "Sector"])
def test_a_word_more_is_another_thing(head: str) -> None:
    people: Rows = [["H-1", "Ana Silva", "Head", "5"]]
    sheet = Sheet.of([["Household No", "Name", "Relation", head], *people], "r.xlsx", "S")
    result = register([sheet], {"as_of": AS_OF, "key": b"k"}, {"identity": {"grammar": "none"}})
    assert set(result.cells["field"]) == {"household_key", "name", "relation"}


def test_a_cell_that_says_not_known_is_unknown_and_no_fault() -> None:
    people = [
        [*row, said] for row, said in zip(households(), ["不清楚", "待核实", "是", "否"] * 3, strict=True)
    ]
    result = read([[*HEADS, "是否享受过危房改造"], *people])
    assert result.counts["accepted"] == 12
    assert not {p.code for p in result.problems} & {"registry.label_unknown", "registry.value_unknown"}
    assert set(result.cells["field"]) >= {"had_renovation_aid"}
