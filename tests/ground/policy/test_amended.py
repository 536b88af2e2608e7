"""An amended policy equals the old one except where it says so: proved, or refuted by a household run under both."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from resettle.journey.reform_book import book_of
from resettle.journey.reforms import read_reforms, reformed
from resettle.policy import Program, bind, load_pack
from resettle.policy.amended import prove_amended
from resettle.policy.interpret import run_rows
from resettle.policy.prove import prove
from resettle.policy.tree import date_slot

PACKS = Path(__file__).parents[3] / "src" / "resettle_packs"
DAY, SCOPE = date(2016, 6, 1), "CN-410300"


def _versions(name: str) -> tuple[Program, Program, str]:
    pack, _ = load_pack(PACKS / "cn_luoyang")
    stated = next(s for s in book_of(pack)[1] if s.reform.name == name)
    changed, problems = reformed(pack, stated.reform)
    assert problems == []
    after, _ = bind(changed, DAY, SCOPE, stated.reform.parameters)
    return bind(pack, DAY, SCOPE)[0], after, stated.reform.only


@pytest.mark.parametrize("name", ["small_homes", "lower_own_share", "co_mover_subsidy"])
def test_every_stated_reform_changes_nothing_outside_what_it_says(name: str) -> None:
    before, after, only = _versions(name)
    assert only
    found, problems = prove_amended(before, after, only)
    assert problems == [] and found and {s.state for s in found} == {"same"}


@pytest.mark.parametrize(
    ("name", "condition", "result", "values"),
    [
        ("small_homes", "", "area_cap_dm2", (2500, 3000)),
        ("small_homes", "registered_persons <= 2", "area_cap_dm2", (7500, 9000)),
        ("lower_own_share", "registered_persons > 3", "self_raised_minor", (750_000, 500_000)),
        ("co_mover_subsidy", "is_eligible", "co_mover_subsidy_minor", (0, 1_200_000)),
    ],
)
def test_what_reaches_further_is_refuted_by_a_household_that_really_gets_another_result(
    name: str, condition: str, result: str, values: tuple[int, int]
) -> None:
    before, after, _ = _versions(name)
    found, problems = prove_amended(before, after, condition)
    one = next(s for s in found if s.name == result)
    assert one.state == "differs" and (one.before, one.after) == values
    assert bool(problems) is bool(condition)
    rows = {
        table: [{k: date_slot(v) if isinstance(v, date) else v for k, v in r.items()} for r in records]
        for table, records in one.counterexample.items()
    }
    assert tuple(run_rows(p, rows).result(result) for p in (before, after)) == values


def test_two_versions_that_are_the_same_differ_in_nothing() -> None:
    before, _, _ = _versions("small_homes")
    assert prove_amended(before, before) == ([], [])


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        ("is_eligble", "policy.unknown_name"),
        ("is_eligible and (", "policy.exception_unread"),
        ("area_cap_dm2", "policy.exception_unread"),
    ],
)
def test_an_exception_that_cannot_be_read_is_said(condition: str, code: str) -> None:
    before, after, _ = _versions("small_homes")
    found, problems = prove_amended(before, after, condition)
    assert found == [] and [p.code for p in problems] == [code]


def test_a_reform_says_its_exception_in_either_kind_of_file(tmp_path: Path) -> None:
    path = tmp_path / "reform.toml"
    path.write_text(
        '[[reform]]\nname = "r"\nonly = "registered_persons > 4"\nparameters = { self_raise_cap_minor = 1 }\n',
        encoding="utf-8",
    )
    (one,), problems = read_reforms(path)
    assert problems == [] and one.only == "registered_persons > 4"


def _silent(pack: str, day: date, *names: str) -> Any:
    found, _ = load_pack(PACKS / pack)
    entry = {"id": "silent", "zh": "", "en": "", "unknown_decides_nothing": list(names)}
    return prove(replace(found, properties=(entry,)), day)[0][0]


def test_a_value_that_stands_in_for_a_missing_one_refutes_that_unknown_decides_nothing() -> None:
    day = date(2024, 6, 1)
    assert _silent("peach_spring", day, "is_eligible", "cash_total_minor").state == "proved"
    refuted = _silent("peach_spring", day, "is_eligible", "cash_due_minor")
    assert refuted.state == "refuted"
    assert refuted.counterexample["household"][0]["paid_minor"] is None
    assert _silent("cn_luoyang", DAY, "is_eligible", "self_raised_minor").state == "proved"


def test_a_result_that_is_none_is_not_called_proved() -> None:
    found = _silent("cn_luoyang", DAY, "is_eligble")
    assert found.state == "undecided" and "is_eligble" in found.reason
