"""The letter and the texts around it. Every household here is synthetic."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from resettle.outreach import (
    Dates,
    Letter,
    LetterFacts,
    MonthlyCost,
    board_sheet,
    check_words,
    compose,
    letter_html,
    letter_pdf,
    loudspeaker,
    masked_notice,
    message,
    page_count,
    questions,
    read_aloud,
    sheet_html,
    typeset,
)
from resettle.outreach.days import day
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
    assert "112" in text and FACTS.complaint_phone in text


def test_no_name_goes_over_the_loudspeaker_or_the_board() -> None:
    edition = dataclasses.replace(FACTS, household_id="", head_name="", is_for_all=True)
    said = loudspeaker("三岭村", [FACTS], "zh") + message("三岭村", [FACTS], "zh")
    board = letter_html(board_sheet("三岭村", 1, edition, "zh"))
    notice = sheet_html(masked_notice("三岭村", [FACTS], "zh"))
    assert "陈大山" not in said + board + notice
    assert "4103-0017" not in board + notice and "****17" in notice
    assert "7,500" not in "".join(answer for _, answer in questions(FACTS, "zh"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_masked_list_holds_only_who_moves_and_counts_the_others(language: Language) -> None:
    others = [
        dataclasses.replace(FACTS, household_id="4103-0018", is_in_plan=False),
        dataclasses.replace(FACTS, household_id="4103-0019", area_dm2=None, has_home=None),
        dataclasses.replace(FACTS, household_id="4103-0020", area_dm2=0, has_home=False),
    ]
    sheet = masked_notice("三岭村", [FACTS, *others], language)
    assert [row[1] for row in sheet.rows] == ["****17"]
    assert "3" in sheet.after[0]
    days = masked_notice("三岭村", [FACTS], language, 7)
    assert "7" in days.after[-1] and not any(
        c.isdigit() for c in sheet.after[-1].replace("0379-0000 0002", "")
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_settles_by_itself_is_promised_no_site(language: Language) -> None:
    letter = compose(dataclasses.replace(FACTS, mode="self_build", site_name=None), language)
    page = letter_html(letter)
    assert letter.cost_table == () and "10 December" not in page and "12月10日" not in page
    assert ("自己建房" if language == "zh" else "build for yourselves") in page
    assert ("另" if language == "zh" else "another letter") not in letter.sections[0][1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_is_not_in_the_plan_is_told_what_is_lacking_and_no_day(language: Language) -> None:
    facts = dataclasses.replace(FACTS, is_in_plan=False, plan_missing="协议")
    letter = compose(facts, language)
    assert "协议" in letter.sections[0][1] and letter.cost_table == ()
    assert FACTS.site_name is not None and FACTS.site_name not in letter_html(letter)
    assert not any(c.isdigit() for _, date, _ in letter.dates for c in date)
    assert letter.title != compose(FACTS, language).title


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_deadline_is_invented(language: Language) -> None:
    page = letter_html(compose(dataclasses.replace(FACTS, recount_days=None), language))
    assert "15" not in page.replace("1500", "").split("<main>")[1].replace(">15<", "")


@pytest.mark.parametrize(
    "name",
    [
        "𬱖㛃",
        "阿依古丽·买买提·吐尔逊江·阿卜杜热合曼",
        "",
        "Ngawang Lobsang Tenzin Gyatso Rinpoche of Three Hills",
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_long_rare_and_empty_names_keep_the_letter_on_its_page(name: str, language: Language) -> None:
    facts = dataclasses.replace(FACTS, head_name=name)
    letter = compose(facts, language)
    assert page_count(letter_pdf(letter)) == 1
    assert name in letter_html(letter)
    greeting = letter.greeting
    assert not greeting.startswith(("：", ":")) and "  " not in greeting and "Dear :" not in greeting
    if len(name) > 1:
        assert name not in masked_notice("村", [facts], language).rows[0][0]


def test_words_are_checked() -> None:
    assert check_words("这是常用的字。", "zh") == []
    codes = [p.code for p in check_words("饕餮" + "很长" * 30 + "。请看“拆旧复垦”。", "zh")]
    assert codes == ["outreach.hard_character", "outreach.long_sentence", "outreach.term_unknown"]
    assert check_words("请看“拆旧复垦”。", "zh", terms=["拆旧复垦"]) == []


DUE = Dates(
    dt.date(2016, 12, 10),
    "",
    dt.date(2016, 12, 24),
    dt.date(2017, 5, 1),
    True,
    dt.date(2017, 4, 15),
    dt.date(2016, 12, 17),
)
OPEN = dataclasses.replace(
    FACTS,
    dates=DUE,
    recount_days=14,
    provisional=frozenset({"pay"}),
    has_house_reward=True,
    counted_on=dt.date(2016, 11, 30),
)


@pytest.mark.parametrize("language", LANGUAGES)
def test_days_stand_in_their_order_and_say_the_sum_may_change(language: Language) -> None:
    dates = compose(OPEN, language).dates
    shown = [
        day(date, language)
        for date in (DUE.see_home, dt.date(2016, 12, 15), DUE.sign, DUE.last_change, DUE.pay_by)
    ]
    assert [date for _, date, _ in dates][:-1] == shown
    assert ("may still change" if language == "en" else "还可能变") in dates[4][2]
    fixed = compose(dataclasses.replace(OPEN, provisional=frozenset()), language).dates[4][2]
    assert "may still change" not in fixed and "还可能变" not in fixed
    assert "王秀兰" in dates[3][2]


@pytest.mark.parametrize("language", LANGUAGES)
def test_nobody_has_to_sign_while_an_answer_is_missing(language: Language) -> None:
    words = {"en": ("you need not sign", "Ask our contact"), "zh": ("可以不签", "请问联系人")}[language]
    edition = dataclasses.replace(OPEN, household_id="", head_name="", is_for_all=True)
    for letter in (compose(OPEN, language), board_sheet("三岭村", 2, edition, language)):
        assert all(word in letter.sections[3][1] for word in words)
    assert words[0] in read_aloud(OPEN, language)[0]
    stated = compose(dataclasses.replace(OPEN, not_signed="STATED."), language).sections[3][1]
    assert words[0] in stated and "STATED." in stated and words[1] not in stated
    assert compose(dataclasses.replace(OPEN, has_home=False), language).sections[3][1] == ""
    answers = {"en": "when the answers are there", "zh": "问清了再签"}[language]
    for sign in (DUE.sign, None):
        told = dataclasses.replace(OPEN, dates=dataclasses.replace(DUE, sign=sign))
        assert any(answers in how for _, _, how in compose(told, language).dates)


@pytest.mark.parametrize("language", LANGUAGES)
def test_whether_a_mind_may_be_changed_after_signing_is_told_only_where_it_is_stated(
    language: Language,
) -> None:
    def how(stated: bool | None) -> str:
        dates = dataclasses.replace(DUE, change_after_sign=stated)
        return compose(dataclasses.replace(OPEN, dates=dates), language).dates[3][2]

    signed = {"en": "signing", "zh": "签了字"}[language]
    assert (
        signed not in how(None) and signed in how(True) and signed in how(False) and how(True) != how(False)
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_last_days_include_themselves_and_the_house_falls_only_after_moving(language: Language) -> None:
    text = " ".join(said for _, said in compose(OPEN, language).sections)
    words = {
        "en": (
            "up to and including 15 December 2016",
            "up to and including 15 April 2017",
            "If May 2017 is when you move",
        ),
        "zh": ("2016年12月15日和以前", "2017年4月15日付清，当天也可以", "2017年5月入住的话"),
    }[language]
    assert all(word in text for word in words)
    assert ("30 November 2016 counts" if language == "en" else "2016年11月30日的名单") in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_month_has_its_money_and_says_whose_figures_today_are(language: Language) -> None:
    table = compose(OPEN, language).cost_table
    assert ("yuan" if language == "en" else "元") in table[0][0]
    assert ("office" if language == "en" else "办公室") in table[1][0]
    stated = compose(dataclasses.replace(OPEN, costs_now_of="PLACE 2016"), language).cost_table[1][0]
    assert "PLACE 2016" in stated and "office" not in stated and "办公室" not in stated


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_invented_is_told_apart_from_what_is_a_rule(language: Language) -> None:
    note = compose(OPEN, language).note
    words = {"en": ("dates", "monthly costs", "come from the sources"), "zh": ("日子", "每月的花费", "出处")}[
        language
    ]
    assert all(word in note for word in words)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_long_letter_is_not_set_with_the_most_air_in_vain(
    language: Language, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter = compose(OPEN, language)
    short = dataclasses.replace(letter, sections=tuple((head, "") for head, _ in letter.sections))
    extra = "字" * 600 if language == "zh" else "word " * 320
    long = dataclasses.replace(letter, sections=((letter.sections[0][0], extra), *letter.sections[1:]))
    tried: list[int] = []
    set_page = typeset._compile

    def counting(one: Letter, size_pt: int, air: int) -> bytes:
        tried.append(air)
        return set_page(one, size_pt, air)

    monkeypatch.setattr(typeset, "_compile", counting)
    letter_pdf(short)
    assert tried == [3]
    tried.clear()
    letter_pdf(long)
    assert tried[0] == 2
    assert page_count(set_page(long, 14, 3)) > 1  # so nothing is lost
