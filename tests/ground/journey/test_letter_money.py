"""What a letter says of money: the month here and there, compensation in the pack's own currency. Synthetic."""

from __future__ import annotations

import datetime as dt
import tomllib
from pathlib import Path
from typing import Any

import pytest

from resettle.journey.demo import option_lines
from resettle.journey.letter_money import compensation_of, month_problems
from resettle.journey.letters import desk_of, facts_of
from resettle.journey.programme import Programme
from resettle.outreach import compose, letter_html, letter_pdf, page_count, questions, read_aloud
from resettle.outreach.letter import LetterFacts
from resettle.policy import load_pack
from resettle.words import LANGUAGES, Language

HOUSEHOLD = {"household_id": "H1", "head_name": "柏岩河"}
LOST: dict[str, Any] = {
    "area_cap_dm2": 12500,
    "resettled_persons": 5,
    "self_raised_minor": 0,
    "must_return_homestead": False,
    "must_move_house": True,
    "land_taken_dm2": 13000,
    "cash_total_minor": 7_352_720,
    "cash_due_minor": 4_415_720,
    "house_compensation_minor": 5_910_000,
    "rehabilitation_minor": 1_000_000,
    "support_minor": 300_000,
    "vulnerable_grant_minor": 60_000,
    "moving_minor": 40_000,
    "crops_minor": 38_170,
    "land_pay_minor": 4_550,
    "trees_minor": 0,
}
SAID = {
    "office": {"zh": "移民办", "en": "the office"},
    "contact": {"zh": "柏云", "en": "Bai Yun"},
    "phone": "000-1",
    "complaints": "000-2",
}
COSTS = {
    "month_now": {"water": 0, "power": 32, "heating": 20, "upkeep": 0},
    "month_there": {"water": 14, "power": 45, "heating": 38, "upkeep_per_m2": 0.2},
}


def _facts(
    folder: Path, pack: str, language: Language, row: dict[str, Any], said: dict[str, Any]
) -> LetterFacts:
    day, scope = {
        "peach_spring": (dt.date(2024, 6, 30), "PS"),
        "cn_luoyang": (dt.date(2016, 11, 30), "CN-410300"),
    }[pack]
    programme = Programme(folder, pack, day.year, day, 1, scope=scope, options={"letter": said})
    desk, problems = desk_of(programme, {}, language)
    assert "outreach.contact_absent" not in {p.code for p in problems}
    return facts_of(desk, HOUSEHOLD, row, "新村")


@pytest.mark.parametrize("language", LANGUAGES)
def test_compensation_is_told_part_by_part_in_the_packs_own_money(tmp_path: Path, language: Language) -> None:
    facts = _facts(tmp_path, "peach_spring", language, LOST, SAID)
    assert sum(part.minor for part in facts.cash_parts) == facts.cash_minor
    page = letter_html(compose(facts, language))
    assert "73,527.2" in page and "59,100" in page and "44,157.2" in page
    assert ("桃元" if language == "zh" else "peach dollars") in page
    assert "yuan" not in page and "元" not in page.replace("桃元", "")
    assert ("没有付清以前，你家不用搬走" if language == "zh" else "need not leave before") in page
    assert ("不想搬" if language == "zh" else "do not want to move") not in page
    assert ("改主意" if language == "zh" else "change your mind") not in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_loses_only_land_keeps_the_house_and_may_stay(tmp_path: Path, language: Language) -> None:
    row = LOST | {"must_move_house": False, "area_cap_dm2": 0}
    letter = compose(_facts(tmp_path, "peach_spring", language, row, SAID), language)
    kept = (
        "你家的房子不用搬，损失会补偿"
        if language == "zh"
        else "You keep your house and are paid for what is lost"
    )
    assert letter.title == kept and len(letter.dates) == 1
    assert not letter.cost_table


def test_a_sum_that_holds_an_unknown_payment_is_not_told_as_still_due() -> None:
    pack = load_pack("peach_spring")[0]
    assert compensation_of(pack, LOST | {"cash_due_minor__provisional": True})["cash_due_minor"] is None
    assert compensation_of(pack, {})["cash_minor"] is None
    assert compensation_of(load_pack("cn_luoyang")[0], {}) == {"is_compensated": False}


@pytest.mark.parametrize("language", LANGUAGES)
def test_months_stand_side_by_side_or_the_letter_says_whom_to_ask(tmp_path: Path, language: Language) -> None:
    row = {
        "area_plan_dm2": 7500,
        "dwelling_size_dm2": 7500,
        "registered_persons": 3,
        "self_raised_minor": 750_000,
        "must_return_homestead": True,
        "is_demolition_exempt": False,
    }
    known = compose(_facts(tmp_path, "cn_luoyang", language, row, SAID | COSTS), language)
    assert known.cost_table[2][4] == "15" and "112" in known.cost_table[2][5]
    assert "60" in known.cost_note
    bare = compose(_facts(tmp_path, "cn_luoyang", language, row, SAID), language)
    assert bare.cost_table == ()
    assert SAID["contact"][language] in bare.cost_note  # type: ignore[index]
    facts = _facts(tmp_path, "cn_luoyang", language, row, SAID)
    text, problems = read_aloud(facts, language)
    asked, name = facts.asked(language), facts.contact_name  # a listener is told once who the contact is
    assert bare.cost_note.replace(asked, name) in text.replace(asked, name) and not problems


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", [14, 18])
def test_the_fullest_letters_stay_on_one_page(tmp_path: Path, language: Language, size: int) -> None:
    dates = {"see_home": dt.date(2024, 8, 3), "last_change": dt.date(2024, 8, 31)}
    facts = _facts(tmp_path, "peach_spring", language, LOST, SAID | dates)
    assert page_count(letter_pdf(compose(facts, language), size)) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_clauses_are_cited_in_the_letters_language(tmp_path: Path, language: Language) -> None:
    facts = _facts(tmp_path, "cn_luoyang", language, {"area_plan_dm2": 7500, "registered_persons": 3}, SAID)
    said = (
        facts.clauses["area"] + facts.clauses["deadline"] + "".join(a for _, a in questions(facts, language))
    )
    assert ("课题报告" in said and "还可能变" in said) if language == "zh" else "the study" in said
    assert "line 126" not in said and "第126行" not in said  # a family has no use for a line of a paper
    letter = compose(facts, language)
    full = facts.documents["课题报告" if language == "zh" else "the study"]
    assert " ".join(letter.sources).count(full) == 1
    assert all(
        clause not in text for clause in facts.clauses.values() if clause for _, text in letter.sections
    )


def test_a_month_that_no_letter_can_use_is_a_problem_with_the_choice() -> None:
    problems = month_problems({"month_there": {"watr": 3, "power": "many", "heating": -1}, "month_now": 4})
    assert [p.code for p in problems] == ["outreach.month_wrong"] * 4
    assert all("water" in (p.nearest or "") for p in problems)


def test_the_demos_letters_have_one_name_one_telephone_and_their_days() -> None:
    for pack_id in ("cn_luoyang", "peach_spring"):
        demo = tomllib.loads(load_pack(pack_id)[0].read_text("demo/demo.toml"))
        said = demo["options"]["letter"]
        assert {"office", "contact", "phone", "complaints", "see_home", "last_change"} <= set(said)
        written = "[options]\n" + "\n".join(option_lines(demo["options"], "options"))
        assert tomllib.loads(written)["options"] == demo["options"]
        assert month_problems(said) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_office_states_of_signing_and_of_the_month_stands_in_its_own_words(
    tmp_path: Path, language: Language
) -> None:
    row = {"area_plan_dm2": 7500, "registered_persons": 3, "self_raised_minor": 750_000}
    own: dict[str, Any] = {
        "not_signed": {"zh": "另约一天。", "en": "Another day is agreed."},
        "month_now_of": {"zh": "桃县2015年", "en": "Peach County in 2015"},
        "change_after_signing": True,
    }
    stated = _facts(tmp_path, "cn_luoyang", language, row, SAID | COSTS | own)
    letter = compose(stated, language)
    assert own["not_signed"][language] in letter.sections[3][1]
    assert own["month_now_of"][language] in letter.cost_table[1][0]
    assert stated.dates.change_after_sign is True
    badly = _facts(tmp_path, "cn_luoyang", language, row, SAID | {"change_after_signing": "yes"})
    assert badly.dates.change_after_sign is None
    assert badly.counted_on == dt.date(2016, 11, 30)
    notes = " ".join(letter.sources)
    assert ("not at hand" if language == "en" else "原文手头没有") in notes
