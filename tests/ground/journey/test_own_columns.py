"""What only a pack asks of persons and households comes from a roster, under its own words, and nothing is lost."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from resettle.journey.beside import joined
from resettle.journey.demo import write_demo
from resettle.journey.inputs import Read, pack_or_raise, read_inputs, registry_data
from resettle.journey.new import roster_heads
from resettle.journey.programme import load_programme
from resettle.registry.stage import RegistryResult, register
from resettle.tables.grid import Sheet

HEADS = [
    "户编号",
    "姓名",
    "与户主关系",
    "性别",
    "婚姻状况",
    "愿另立宅地",
    "全部土地（平方米）",
    "paid so far",
]
ROWS = [
    ["PS1", "甲", "户主", "男", "已婚", "否", "12000.5", "310.25"],
    ["PS1", "乙", "儿子", "男", "single", "yes", "", ""],
    ["PS2", "丙", "户主", "女", "", "", "800", ""],
]


def registered(rows: list[list[str]]) -> RegistryResult:
    settings = {"as_of": date(2024, 6, 30), "key": b"k"}
    return register([Sheet.of([HEADS, *rows])], settings, registry_data(pack_or_raise("peach_spring")))


def test_a_roster_holds_the_packs_own_columns_in_either_language() -> None:
    result = registered(ROWS)
    by_name = {row["name"]: row for row in result.person.iter_rows(named=True)}
    assert [by_name[n]["marital_status"] for n in "甲乙丙"] == ["married", "unmarried", None]
    assert [by_name[n]["wants_own_plot"] for n in "甲乙丙"] == [False, True, None]
    homes = dict(result.household.select("household_id", "holding_dm2").iter_rows())
    assert homes == {"PS1": 1_200_050, "PS2": 80_000}
    assert result.household.sort("household_id")["paid_minor"].to_list() == [31_025, None]


@pytest.mark.parametrize(
    ("place", "value", "code"), [(4, "已昏", "label_unknown"), (6, "-5", "value_negative")]
)
def test_a_value_the_pack_does_not_know_is_answered(place: int, value: str, code: str) -> None:
    rows: Any = [list(row) for row in ROWS]
    rows[0][place] = value
    found = [p for p in registered(rows).problems if p.code == f"registry.{code}"]
    assert [(p.value, p.row) for p in found] == [(value, 2)]


@pytest.fixture(scope="module")
def peach(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import tomllib

    folder = tmp_path_factory.mktemp("own") / "peach"
    pack = pack_or_raise("peach_spring")
    declared = tomllib.loads(pack.read_text("demo/demo.toml"))
    write_demo(folder, pack, declared, 7)
    return folder


def read(folder: Path) -> Read:
    return read_inputs(load_programme(folder)[0], lambda *_: None)


def test_the_demo_draws_them_and_they_come_back_by_the_users_door(peach: Path) -> None:
    found = read(peach)
    person = found.tables["person"]
    assert set(person["marital_status"].drop_nulls()) == {"unmarried", "married", "widowed", "divorced"}
    assert 0 < person["wants_own_plot"].null_count() < person.height / 5
    own = {"婚姻状况", "愿另立宅地"}
    unused = [p for p in found.problems if p.code in ("registry.head_unknown", "registry.heads_not_used")]
    assert not [p for p in unused if any(head in str(p.fields()) for head in own)]


def test_a_file_beside_the_roster_may_name_a_household_no_roster_has(peach: Path) -> None:
    facts = pl.read_csv(peach / "household.csv", infer_schema=False)
    second = facts["household_id"][1]
    name = pl.when(pl.col("household_id") == second).then(pl.lit("PS-nobody")).otherwise("household_id")
    facts.with_columns(name.alias("household_id")).write_csv(peach / "household.csv")
    try:
        found = read(peach)
    finally:
        facts.write_csv(peach / "household.csv")
    told = {p.code: p for p in found.problems}
    assert told["journey.file_stranger"].value == "PS-nobody"
    row = found.tables["household"].filter(pl.col("household_id") == second).row(0, named=True)
    assert row["holding_dm2"] is None


def test_a_file_completes_the_roster_and_a_contradiction_is_unknown_and_said() -> None:
    household = pl.DataFrame({"household_id": ["a", "b", "c"], "holding_dm2": [1, None, 3]})
    facts = pl.DataFrame({"household_id": ["a", "b", "c"], "holding_dm2": [2, 2, 3]})
    whole, problems = joined(household, facts, "household.csv")
    assert whole["holding_dm2"].to_list() == [None, 2, 3]
    assert [(p.code, p.column, p.value) for p in problems] == [("journey.file_differs", "holding_dm2", "a")]


def test_the_template_asks_for_what_the_packs_rules_read_of_a_person() -> None:
    heads = dict(roster_heads(pack_or_raise("peach_spring"), date(2024, 6, 30), "zh"))
    assert heads["marital_status"] == "婚姻状况" and heads["wants_own_plot"] == "愿另立宅地"
