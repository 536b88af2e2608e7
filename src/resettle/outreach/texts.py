"""The other things people are given, from the same facts and sentences as the letter."""

from __future__ import annotations

from collections.abc import Sequence

from resettle.outreach.letter import (
    LetterFacts,
    compose,
    day,
    joined,
    left_behind,
    pays,
    refusing,
)
from resettle.outreach.money import plain, sum_of
from resettle.outreach.plain_words import LONGEST_READING_S, reading_seconds
from resettle.problems import Problem
from resettle.units import square_metres
from resettle.words import Language, tell


def read_aloud(facts: LetterFacts, language: Language) -> tuple[str, list[Problem]]:
    """The letter as it is read to somebody, under three minutes; a problem if it is longer."""
    letter = compose(facts, language)
    parts = [letter.greeting, letter.title + tell("outreach.period", language)]
    parts += [text for _, text in letter.sections if text]
    if letter.cost_table:
        _, now, there = letter.cost_table
        month = tell("outreach.spoken_month", language, now=now[0], a=now[-1], there=there[0], b=there[-1])
        parts.insert(4, month)
    if letter.cost_note:
        parts.insert(4 + bool(letter.cost_table), letter.cost_note)
    stop = tell("outreach.period", language)
    comma = "，" if language == "zh" else ": "
    parts += [f"{name}{comma}{date}{stop}" for name, date, _ in letter.dates]
    parts.append(f"{letter.contact[0]}{comma}{letter.contact[1]}{stop}")
    text = joined(parts, language)
    seconds = reading_seconds(text, language)
    problems = (
        [Problem("outreach.too_long_to_read", "warning", value=str(seconds))]
        if seconds > LONGEST_READING_S
        else []
    )
    return text, problems


def _village(key: str, village: str, facts: Sequence[LetterFacts], language: Language) -> str:
    """A text for a whole village: other words where the dates are not settled, never a land that is not kept."""
    first = facts[0]
    settled = first.dates.see_home is not None and first.dates.last_change is not None
    is_kept = all(f.land_taken_dm2 == 0 for f in facts)
    may_stay = all(f.may_stay for f in facts)
    return tell(
        key if settled else f"{key}_unsettled",
        language,
        village=village,
        last=tell("outreach.change" if may_stay else "outreach.change_choice", language),
        land=tell("outreach.land" if is_kept else "outreach.land_in_letter", language),
        refuse=tell("outreach.refuse" if may_stay else "outreach.refuse_lost", language),
        count=len(facts),
        see=day(first.dates.see_home, language),
        change=day(first.dates.last_change, language),
        contact=first.contact_name or None,
        phone=first.contact_phone or None,
    )


def loudspeaker(village: str, facts: Sequence[LetterFacts], language: Language) -> str:
    """What is read over a village's loudspeaker: dates, contact and the right to stay; no names."""
    return _village("outreach.loudspeaker", village, facts, language)


def message(village: str, facts: Sequence[LetterFacts], language: Language) -> str:
    """A short message to paste into a village's group; no names of households."""
    return _village("outreach.message", village, facts, language)


def masked_name(name: str) -> str:
    """A name as it may hang on a wall: the first character or letter, the rest covered.

    >>> masked_name("陈大山"), masked_name("Chen Dashan")
    ('陈＊＊', 'C***')
    """
    if not name:
        return ""
    return name[0] + ("＊" * (len(name) - 1) if "\u4e00" <= name[0] <= "\u9fff" else "***")


def masked_number(number: str) -> str:
    """A household number with all but its last two characters covered.

    >>> masked_number("4103-0017")
    '*******17'
    """
    return "*" * max(0, len(number) - 2) + number[-2:]


def board_sheet(village: str, facts: Sequence[LetterFacts], language: Language, days: int = 7) -> list[str]:
    """The notice for the board: names and numbers masked, in order of the number."""
    lines = [tell("outreach.board_title", language, village=village)]
    for row in sorted(facts, key=lambda f: f.household_id):
        lines.append(
            tell(
                "outreach.board_row",
                language,
                name=masked_name(row.head_name),
                number=masked_number(row.household_id),
                members=row.member_count,
                area=None if row.area_dm2 is None else plain(square_metres(row.area_dm2)),
            )
        )
    phone = (facts[0].complaint_phone or None) if facts else None
    lines.append(tell("outreach.board_end", language, days=days, phone=phone))
    return lines


def questions(facts: LetterFacts, language: Language) -> list[tuple[str, str]]:
    """The edition for those who answer at the door: question and answer, no household in it."""
    area = tell(
        "outreach.qa_area",
        language,
        each=None if facts.each_dm2 is None else plain(square_metres(facts.each_dm2)),
        clause=facts.clauses.get("area"),
    )
    house, land, graves = left_behind(facts, language)
    growth = tell("outreach.growth" if facts.has_expansion else "outreach.growth_none", language)
    refuse, recount, complain = refusing(facts, language)
    answers = {
        "area": area,
        "pay": _rule_of_pay(facts, language),
        "house": house,
        "land": joined([land, graves], language),
        "growth": growth,
        "refuse": refuse,
        "wrong": joined([recount, complain], language),
    }
    return [(tell(f"outreach.qa_{key}_q", language), answer) for key, answer in answers.items()]


def _rule_of_pay(facts: LetterFacts, language: Language) -> str:
    """What anyone pays by the rule; where there is no rule, what the letter says."""
    each, cap = facts.self_paid_each_minor, facts.self_paid_cap_minor
    if each is None or cap is None:
        return joined(pays(facts, language), language)
    return tell(
        "outreach.qa_pay",
        language,
        each=sum_of(each, facts.currency, language),
        cap=sum_of(cap, facts.currency, language),
        clause=facts.clauses.get("pay"),
    )


def handbook(facts: LetterFacts, language: Language) -> list[tuple[str, str]]:
    """The handbook: the same answers as chapters, after what the book is for."""
    about = tell("outreach.handbook_about", language)
    return [(tell("outreach.handbook_title", language), about), *questions(facts, language)]
