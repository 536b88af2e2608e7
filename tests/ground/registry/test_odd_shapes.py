"""Shapes an outsider hands in: names in two columns, dates and numbers that may mean two things, OpenDocument files."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from resettle.registry.faults import faults
from resettle.registry.stage import RegistryResult, register
from resettle.store.cells import read_cells
from resettle.tables.grid import Sheet
from resettle.words import explain_problem
from tests.ground.registry.rosters import AS_OF, number, pack_data


def of(rows: list[list[Any]], **data: Any) -> RegistryResult:
    """The registry of one sheet; every row of it below the heads must be answered."""
    settings = {"as_of": AS_OF, "key": b"k"}
    result = register([Sheet.of(rows, "r.xlsx", "s")], settings, pack_data() | data)
    counts = result.counts
    assert counts["accepted"] + counts["quarantined"] == counts["read"]
    assert counts["read"] + counts["set_aside"] == len(rows) - 1
    return result


def codes(result: RegistryResult, row: int) -> set[str]:
    """What is said of a row, but that it has no identity number."""
    return {p.code.removeprefix("registry.") for p in result.problems if p.row == row} - {"id_absent"}


def homes_of(result: RegistryResult) -> set[frozenset[str]]:
    rows = result.person.group_by("household_id").agg("name").iter_rows()
    return {frozenset(names) for _, names in rows}


def births(result: RegistryResult) -> dict[str, date | None]:
    return dict(result.person.select("name", "birth_date").iter_rows())


@pytest.mark.parametrize(
    ("heads", "parts", "whole"),
    [
        (["姓", "名"], ["李", "大山"], "李大山"),
        (["名字", "姓氏"], ["大山", "李"], "李大山"),
        (["Surname", "First name"], ["Okafor", "Grace"], "Grace Okafor"),
        (["Last Name", "Given Name", "Middle name"], ["Okafor", "Grace", "B."], "Grace B. Okafor"),
        (["Given names", "Family name"], ["Grace", ""], "Grace"),
    ],
)
def test_a_name_in_parts_is_put_together(heads: list[str], parts: list[str], whole: str) -> None:
    result = of([["户编号", *heads, "与户主关系", "性别"], ["h1", *parts, "户主", "男"]])
    assert result.person["name"].to_list() == [whole]
    assert result.household["head_name"].to_list() == [whole]


def test_a_column_of_whole_names_is_taken_before_its_parts() -> None:
    result = of([["户编号", "姓", "名", "姓名", "与户主关系"], ["h1", "李", "大山", "李大山", "户主"]])
    assert result.person["name"].to_list() == ["李大山"]


BORN = ["户编号", "姓名", "与户主关系", "出生日期"]


def family(*born: str) -> list[list[Any]]:
    return [BORN, *(["h1", f"甲{i}", "其他" if i else "户主", text] for i, text in enumerate(born))]


def test_a_day_and_a_month_that_may_change_places_wait_with_both_readings() -> None:
    result = of(family("12/03/1961", "7/7/1970"))
    assert births(result) == {"甲1": date(1970, 7, 7)}
    wrong = next(p for p in result.problems if p.row == 2 and p.severity == "error")
    assert (wrong.code, wrong.column, wrong.nearest) == (
        "registry.date_ambiguous",
        "出生日期",
        "1961-12-03 / 1961-03-12",
    )


@pytest.mark.parametrize(
    ("proof", "meant", "told"),
    [
        ("25/12/1970", date(1961, 3, 12), "day/month/year"),
        ("12/25/1970", date(1961, 12, 3), "month/day/year"),
    ],
)
def test_a_column_that_proves_its_order_is_read_in_it_and_says_so(proof: str, meant: date, told: str) -> None:
    result = of(family("12/03/1961", proof))
    assert births(result) == {"甲0": meant, "甲1": date(1970, 12, 25)}
    said = [p for p in result.problems if p.code == "registry.date_order"]
    assert [(p.value, p.severity) for p in said] == [(proof, "info")]
    assert told in explain_problem(said[0], "en")[0]


def test_dates_that_a_program_may_have_turned_round_are_pointed_at() -> None:
    became = [f"19{60 + i}-0{i}-1{i % 3}" for i in range(1, 7)]
    said = [p for p in of(family("25/12/1970", *became)).problems if p.code == "registry.date_turned"]
    assert [(p.severity, p.value, p.values["count"]) for p in said] == [("warning", "25/12/1970", 6)]
    sound = of(family("25/12/1970", *became, "1965-03-28"))
    assert "registry.date_turned" not in {p.code for p in sound.problems}


def test_two_proofs_against_each_other_prove_nothing() -> None:
    result = of(family("12/03/1961", "25/12/1970", "12/25/1970"))
    assert codes(result, 2) == {"date_ambiguous"}
    assert set(births(result)) == {"甲1", "甲2"}


def test_the_identity_number_settles_what_the_date_leaves_open() -> None:
    heads = ["户编号", "姓名", "证件号码", "与户主关系", "出生日期"]
    born = date(1970, 5, 6)
    written = ["06/05/1970", "1970年", "1970.05", "1971", "03/04/1970"]
    rows = [["h1", f"甲{i}", number(2 * i, born), "其他" if i else "户主", w] for i, w in enumerate(written)]
    result = of([heads, *rows])
    assert births(result) == {"甲0": born, "甲1": born, "甲2": born}
    assert [codes(result, n) for n in (2, 3, 4)] == [set(), set(), set()]
    assert codes(result, 5) == {"birth_against_number"}
    assert codes(result, 6) == {"date_ambiguous"}


@pytest.mark.parametrize("text", ["1962", "1962年", "约1962年", "1962年生", "１９６２"])
def test_a_year_alone_is_no_day(text: str) -> None:
    result = of([["户编号", "姓名", "与户主关系", "出生年份"], ["h1", "李大山", "户主", text]])
    assert births(result) == {"李大山": None}
    assert codes(result, 2) == {"date_year_only"}
    assert result.counts["accepted"] == 1


@pytest.mark.parametrize(
    ("text", "near"),
    [("62-3-1", "1962-03-01 / 2062-03-01"), ("62年3月1日", "1962-03-01 / 2062-03-01")],
)
def test_a_year_of_two_digits_waits(text: str, near: str) -> None:
    result = of(family(text))
    wrong = next(p for p in result.problems if p.row == 2 and p.severity == "error")
    assert wrong.code == "registry.date_year_short"
    assert wrong.nearest is not None and wrong.nearest.startswith(near)


LAND = ["户编号", "姓名", "与户主关系"]


@pytest.mark.parametrize(
    ("head", "text", "dm2", "near"),
    [
        ("耕地面积（亩）", "3,5", None, "3.5"),
        ("耕地面积（公顷）", "0,250", None, "0.250"),
        ("耕地面积（平方米）", "12.345,60", None, "12345.60"),
        ("耕地面积（平方米）", "12 345", None, "12345"),
        ("耕地面积（平方米）", "1,234", 123_400, None),
        ("耕地面积（平方米）", "1,20,000.5", 12_000_050, None),
        ("耕地面积 (acres)", "2", 809_371, None),
        ("耕地面积（平方公里）", "0.01", 1_000_000, None),
        ("耕地面积", "1.5 acres", 607_028, None),
        ("耕地面积", "64 sq m", 6_400, None),
    ],
)
def test_an_area_is_read_in_its_unit_or_waits(
    head: str, text: str, dm2: int | None, near: str | None
) -> None:
    result = of([[*LAND, head], ["h1", "李大山", "户主", text]])
    assert result.household["cultivated_area_dm2"].to_list() == ([dm2] if dm2 else [])
    wrong = [(p.code, p.nearest) for p in result.problems if p.row == 2 and p.severity == "error"]
    assert wrong == ([] if dm2 else [("registry.number_unreadable", near)])


def test_a_point_among_decimal_commas_waits_too() -> None:
    head = [*LAND, "耕地面积（平方米）"]
    rows = [["h1", "甲", "户主", "12,5"], ["h2", "乙", "户主", "1.234"], ["h3", "丙", "户主", "70"]]
    result = of([head, *rows])
    assert result.household["head_name"].to_list() == ["丙"]
    assert [codes(result, n) for n in (2, 3)] == [{"number_unreadable"}] * 2


def test_an_amount_in_another_currency_is_unknown_and_said() -> None:
    rows = [[*LAND, "年收入（美元）"], ["h1", "李大山", "户主", "1200"]]
    result = of(rows, currency="CNY")
    assert result.household["income_minor"].to_list() == [None]
    assert [p.value for p in result.problems if p.code == "registry.head_currency"] == ["USD"]
    assert (
        of([[*LAND, "年收入（元）"], ["h1", "李大山", "户主", "1200"]]).household["income_minor"][0]
        == 120_000
    )
    dollars = [[*LAND, "年收入"], ["h1", "李大山", "户主", "$1,200"]]
    assert codes(of(dollars, currency="CNY"), 2) == {"number_unreadable"}
    assert of(dollars, currency="PSD").household["income_minor"].to_list() == [120_000]
    own = [
        [*LAND, "年收入"],
        ["h1", "甲", "户主", "PSD 900"],
        ["h2", "乙", "户主", "7 psd"],
        ["h3", "丙", "户主", "PSD x"],
    ]
    result = of(own, currency="PSD")
    assert sorted(result.household["income_minor"].to_list()) == [700, 90_000]
    assert [p.value for p in result.problems if p.row == 4 and p.severity == "error"] == ["PSD x"]


def test_a_remark_in_the_column_of_names_is_no_member() -> None:
    rows = [["户编号", "姓名", "证件号码", "与户主关系"], ["h1", "李大山", number(1), "户主"]]
    result = of([*rows, ["", "以上人员已公示", "", ""]])
    assert codes(result, 3) == {"name_alone"}
    assert result.person["name"].to_list() == ["李大山"]


@pytest.mark.parametrize(
    ("relation", "sex", "meant"),
    [
        ("户主的配偶", "女", "spouse"),
        ("长媳", "女", "daughter_in_law"),
        ("大儿子", "男", "son"),
        ("四女", "女", "daughter"),
        ("户主本人", "男", "head"),
        ("子女", "女", "daughter"),
        ("Child", "男", "son"),
        ("grandchild", "女", "granddaughter"),
        ("Mother-in-law", "女", "parent_in_law"),
        ("Nephew", "男", "other"),
    ],
)
def test_a_relation_is_known_however_it_is_said(relation: str, sex: str, meant: str) -> None:
    head = ["h1", "户主人", "户主", "男"] if meant != "head" else ["h1", "弟弟", "兄弟姐妹", "男"]
    result = of([["户编号", "姓名", "与户主的关系", "性别"], head, ["h1", "某某", relation, sex]])
    assert dict(result.person.select("name", "relation").iter_rows())["某某"] == meant


def test_a_child_of_unknown_sex_waits() -> None:
    rows = [["h1", "户主人", "户主", "男"], ["h1", "某某", "child", ""]]
    result = of([["户编号", "姓名", "与户主关系", "性别"], *rows])
    assert codes(result, 3) == {"relation_needs_sex"}


def test_a_number_among_words_is_offered_and_not_taken() -> None:
    rows = [["户编号", "姓名", "证件号码", "与户主关系"], ["h1", "李大山", f"身份证：{number(1)}", "户主"]]
    result = of(rows)
    wrong = next(p for p in result.problems if p.row == 2 and p.severity == "error")
    assert wrong.code == "registry.id_malformed"
    assert wrong.nearest is not None and wrong.nearest.endswith(number(1)[-4:])


def test_a_fault_of_every_row_of_more_than_a_million_is_told() -> None:
    frame = pl.DataFrame({"rid": pl.int_range(1_100_000, eager=True)})
    assert faults(frame, pl.lit(True), "row_without_heads", "error", "name").height == frame.height


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-16"])
def test_text_in_utf16_is_read_with_or_without_its_mark(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "r.csv"
    path.write_bytes("户编号\t姓名\t与户主关系\r\nh1\t李大山\t户主\r\n".encode(encoding))
    sheets, problems = read_cells(path)
    assert problems == []
    assert sheets[0].cells.rows()[1] == ("h1", "李大山", "户主")


def test_every_relation_by_sex_names_two_relations_of_the_contract() -> None:
    from resettle.registry.fields import known_fields
    from resettle.tables import PERSON

    allowed = set(PERSON.column("relation").allowed)
    for meant in known_fields()["relation"].by_sex.values():
        assert {meant["male"], meant["female"]} <= allowed


def test_ditto_is_what_stands_above() -> None:
    rows = [
        ["水磨村", "h1", "甲", "户主"],
        ["同上", "〃", "乙", "配偶"],
        ["", "h2", "丙", "户主"],
        ["同上", "h2", "丁", "配偶"],
    ]
    result = of([["自然村", "户编号", "姓名", "与户主关系"], *rows])
    assert dict(result.household.select("household_id", "natural_village").iter_rows()) == {
        "h1": "水磨村",
        "h2": None,
    }
    assert homes_of(result) == {frozenset("甲乙"), frozenset("丙丁")}


def test_english_heads_over_two_rows_are_known_by_both() -> None:
    rows = [
        ["Household", None, "Member", None, None],
        ["Code", "Size", "Name", "Relation to HHH", "Date of Birth"],
        ["A-1", "2", "Grace Okafor", "Head", "1970-04-17"],
        [None, None, "John Okafor", "Spouse", "1968-09-02"],
        ["A-2", "1", "Kofi Mensah", "Head", "1951-01-31"],
    ]
    sheet = Sheet.of(rows)
    merged = Sheet(sheet.file, sheet.name, sheet.cells, [(0, 0, 0, 1), (0, 2, 0, 4)])
    result = register([merged], {"as_of": AS_OF, "key": b"k"}, {})
    assert dict(result.household.select("household_id", "member_count").iter_rows()) == {"A-1": 2, "A-2": 1}
    assert homes_of(result) == {frozenset(("Grace Okafor", "John Okafor")), frozenset(("Kofi Mensah",))}


@pytest.mark.parametrize("said", ["无", "没有", "不详", "none"])
def test_no_number_said_in_words_is_no_wrong_number(said: str) -> None:
    result = of([["户编号", "姓名", "证件号码", "与户主关系"], ["h1", "甲", said, "户主"]])
    assert result.counts["accepted"] == 1
    assert result.person["id_check"].to_list() == ["absent"]


def test_where_nothing_is_near_what_may_be_written_is_named_and_nothing_is_called_unknown() -> None:
    result = of([[*LAND, "是否在校生"], ["h1", "甲", "户主", "毕业"]])
    (wrong,) = [p for p in result.problems if p.code == "registry.label_unknown"]
    assert wrong.nearest == "是, 否"
    places = pl.DataFrame(
        {
            "region_code": ["1", "2"],
            "level": ["county"] * 2,
            "parent_code": [None] * 2,
            "name_zh": ["嵩县", "汝阳县"],
            "name_en": ["Song County", "Ruyang County"],
            "valid_from": [None] * 2,
            "valid_until": [None] * 2,
        },
        schema_overrides={"parent_code": pl.String, "valid_from": pl.Date, "valid_until": pl.Date},
    )
    far = [
        ["县", *LAND],
        ["松县", "h1", "甲", "户主"],
        ["qqq", "h2", "乙", "户主"],
        ["嵩縣", "h3", "丙", "户主"],
    ]
    result = of(far, region_table=places)
    near = {p.row: p for p in result.problems if p.code == "registry.place_unknown"}
    assert [near[n].nearest for n in (2, 3)] == ["嵩县, 汝阳县", "Song County, Ruyang County"]
    assert 4 not in near
    bare = replace(near[2], nearest=None)
    assert all("未知" not in text and "{" not in text for text in explain_problem(bare, "zh"))
