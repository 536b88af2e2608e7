"""What differs between two policies is said, and what is not said to differ gives the same for everybody."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from policy_rows import as_frames, draw_tables

from resettle.policy import Pack, affected, bind, differences, evaluate, load_pack, run_program
from resettle.policy.difference import spoken

PACKS = Path(__file__).parents[3] / "src" / "resettle_packs"
DAYS = {"cn_luoyang": date(2016, 6, 1), "peach_spring": date(2024, 6, 1)}


def edited(tmp_path: Path, name: str, file: str, old: str, new: str) -> Pack:
    folder = tmp_path / name
    if not folder.exists():
        shutil.copytree(PACKS / name, folder)
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    pack, problems = load_pack(folder)
    assert [p for p in problems if p.severity == "error"] == []
    return pack


def kinds(found: list[Any]) -> list[tuple[str, str]]:
    return [(d.kind, d.name) for d in found]


@pytest.mark.parametrize("name", sorted(DAYS))
def test_a_policy_does_not_differ_from_itself(name: str) -> None:
    program, _ = bind(load_pack(PACKS / name)[0], DAYS[name])
    again, _ = bind(load_pack(PACKS / name)[0], DAYS[name])
    assert differences(program, again) == [] and affected(program, again) == set()


def test_a_parameter_is_said_in_both_languages_with_unit_and_source() -> None:
    pack = load_pack(PACKS / "cn_luoyang")[0]
    before, _ = bind(pack, DAYS["cn_luoyang"])
    after, _ = bind(pack, DAYS["cn_luoyang"], overrides={"area_per_person_dm2": 3000})
    (one,) = differences(before, after)
    assert (one.kind, one.before, one.after) == ("parameter", 2500, 3000)
    assert "25 m2" in one.en and "30 m2" in one.en and "proposed" in one.en
    assert "拟议" in one.zh and "area_per_person_dm2" not in one.zh


def test_rules_changed_added_and_gone_are_told_apart(tmp_path: Path) -> None:
    before, _ = bind(load_pack(PACKS / "cn_luoyang")[0], DAYS["cn_luoyang"])
    pack = edited(
        tmp_path,
        "cn_luoyang",
        "rules/eligibility.py",
        "return had_renovation_aid\n",
        "return not had_renovation_aid\n",
    )
    after, _ = bind(pack, DAYS["cn_luoyang"])
    (one,) = differences(before, after)
    assert (one.kind, one.name) == ("rule", "has_double_benefit")
    assert "had_renovation_aid" not in one.zh + one.en and "非" in one.zh
    assert ("household", "is_eligible") in affected(before, after)
    assert ("village", "is_scope_village") not in affected(before, after)
    more = edited(
        tmp_path,
        "cn_luoyang",
        "rules/homestead.py",
        '@exception(to="attached_house_stays"',
        '@exception(until="2015-01-01", to="attached_house_stays"',
    )
    gone, _ = bind(more, DAYS["cn_luoyang"])
    assert kinds(differences(after, gone)) == [("rule_gone", "attached_but_all_move")]
    assert kinds(differences(gone, after)) == [("rule_new", "attached_but_all_move")]


def test_another_text_behind_the_same_rule_is_said(tmp_path: Path) -> None:
    before, _ = bind(load_pack(PACKS / "cn_luoyang")[0], DAYS["cn_luoyang"])
    pack = edited(
        tmp_path,
        "cn_luoyang",
        "rules/eligibility.py",
        "one public housing benefit a household",
        "one benefit",
    )
    found = differences(before, bind(pack, DAYS["cn_luoyang"])[0])
    assert kinds(found) == [("rule_source", "has_double_benefit")]


def test_two_days_differ_by_what_is_dated() -> None:
    pack = load_pack(PACKS / "cn_luoyang")[0]
    found = differences(bind(pack, date(2016, 6, 1))[0], bind(pack, date(2030, 6, 1))[0])
    assert found[0].kind == "day"
    assert {"parameter"} <= {d.kind for d in found[1:]}


@pytest.mark.parametrize("name", sorted(DAYS))
def test_what_is_not_affected_is_the_same_for_random_households(name: str) -> None:
    pack = load_pack(PACKS / name)[0]
    frames = as_frames(pack, draw_tables(pack, 60, 5, 0.2))
    before, _ = bind(pack, DAYS[name])
    base, _ = evaluate(pack, frames, DAYS[name])
    tried = 0
    for parameter in pack.parameters.values():
        value = before.values[parameter.name]
        if parameter.kind != "integer" or parameter.keyed or not isinstance(value, int):
            continue
        after, _ = bind(pack, DAYS[name], overrides={parameter.name: value + 1})
        touched = affected(before, after)
        found, _ = run_program(after, frames)
        for table, frame in found.items():
            for column in frame.columns:
                if not frame[column].equals(base[table][column], null_equal=True):
                    assert (table, column.partition("__")[0]) in touched, (parameter.name, table, column)
        tried += 1
    assert tried >= 3


def test_numbers_of_a_rule_are_told_in_the_unit_they_have_beyond_doubt() -> None:
    program, _ = bind(load_pack(PACKS / "cn_luoyang")[0], DAYS["cn_luoyang"])
    told = {
        ("area_plan_dm2 >= 12500", ""): "[area planned for] is at least 125 m2",
        ("12500", "dm2"): "125 m2",
        ("3000 * registered_persons", "dm2"): "30 m2 × [registered persons resettled]",
        ("registered_persons <= 3", ""): "[registered persons resettled] is at most 3",
        ("2 * area_plan_dm2", "dm2"): "2 × [area planned for]",
        (
            "area_short_dm2 >= 2 * area_plan_dm2",
            "",
        ): "[need above the ceiling] is at least 2 × [area planned for]",
        ("100 * area_plan_dm2 >= 2500", ""): "100 × [area planned for] is at least 2500",
    }
    assert {key: spoken(program, key[0], "en", key[1]) for key in told} == told
