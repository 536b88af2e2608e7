"""The letter and the texts around it. Every household here is synthetic."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from resettle.outreach import (
    Dates,
    LetterFacts,
    MonthlyCost,
    board_sheet,
    check_words,
    compose,
    letter_html,
    letter_pdf,
    loudspeaker,
    message,
    page_count,
    questions,
    read_aloud,
)
from resettle.words import LANGUAGES, Language

FACTS = LetterFacts(
    "4103-0017",
    "陈大山",
    "示例县搬迁办公室",
    dt.date(2016, 12, 1),
    3,
    7500,
    2500,
    site_name="桃花坪",
    self_paid_minor=750_000,
    self_paid_each_minor=250_000,
    self_paid_cap_minor=1_000_000,
    costs_now=MonthlyCost(0, 3200, 2000, 0),
    costs_there=MonthlyCost(1400, 4500, 3800, 1500),
    old_house="demolish",
    demolition_months=24,
    dates=Dates(dt.date(2016, 12, 10), "", dt.date(2016, 12, 24), dt.date(2017, 5, 1)),
    contact_name="王秀兰",
    contact_phone="0379-0000 0001",
    complaint_phone="0379-0000 0002",
    clauses={"area": "方案第八条", "pay": "方案第九条", "house": "方案第十二条"},
    is_synthetic=True,
)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_letter_is_one_page_and_the_same_twice(language: Language) -> None:
    letter = compose(FACTS, language)
    pdf = letter_pdf(letter)
    assert page_count(pdf) == 1
    assert pdf == letter_pdf(letter)


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_says_what_a_reader_asks(language: Language) -> None:
    page = letter_html(compose(FACTS, language))
    for said in (
        "75",
        "7,500",
        "24",
        "2016",
        "112",
        "王秀兰",
        "0379-0000 0001",
        "0379-0000 0002",
        "方案第八条",
    ):
        assert said in page


@pytest.mark.parametrize("name", ["#set page(fill: red)", "*星*", "<script>x</script>", "$x$ \\ @a [b]"])
def test_markup_in_a_name_stays_text(name: str) -> None:
    letter = compose(dataclasses.replace(FACTS, head_name=name), "zh")
    assert page_count(letter_pdf(letter)) == 1
    assert "<script>" not in letter_html(letter)


def test_what_is_not_known_is_said_to_be_unknown() -> None:
    bare = LetterFacts("1", "甲", "乙", dt.date(2016, 1, 1), None, None, None, missing="户口本")
    page = letter_html(compose(bare, "zh"))
    assert "户口本" in page
    assert "未知" in page
    assert "0元" not in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_read_aloud_takes_under_three_minutes(language: Language) -> None:
    text, problems = read_aloud(FACTS, language)
    assert not problems
    assert "112" in text


def test_no_name_goes_over_the_loudspeaker_or_the_board() -> None:
    said = loudspeaker("三岭村", [FACTS], "zh") + message("三岭村", [FACTS], "zh")
    board = "".join(board_sheet("三岭村", [FACTS], "zh"))
    assert "陈大山" not in said + board
    assert "4103-0017" not in board
    assert "7,500" not in "".join(answer for _, answer in questions(FACTS, "zh"))


def test_words_are_checked() -> None:
    assert check_words("这是常用的字。", "zh") == []
    codes = [p.code for p in check_words("饕餮" + "很长" * 30 + "。请看“拆旧复垦”。", "zh")]
    assert codes == ["outreach.hard_character", "outreach.long_sentence", "outreach.term_unknown"]
    assert check_words("请看“拆旧复垦”。", "zh", terms=["拆旧复垦"]) == []
