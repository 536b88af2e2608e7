"""The other things people are given, from the same facts and sentences as the letter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from resettle.outreach.clauses import without_marks
from resettle.outreach.days import day, signing
from resettle.outreach.letter import (
    Letter,
    LetterFacts,
    compose,
    growth,
    joined,
    left_behind,
    paid,
    refusing,
)
from resettle.outreach.money import plain, sum_of
from resettle.outreach.plain_words import LONGEST_READING_S, reading_seconds
from resettle.problems import Problem
from resettle.units import square_metres
from resettle.words import Language, tell

HAN = 0x2E80
"""From here on characters are as wide as a Chinese one, rare ones beyond the first plane too."""


@dataclass(frozen=True)
class Sheet:
    """A page with a list or with headings and texts, ready to be set: plain strings only."""

    language: Language
    office: str
    date: str
    title: str
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    sections: tuple[tuple[str, str], ...] = ()
    after: tuple[str, ...] = ()
    note: str = ""


def book_sheet(
    title: str, pairs: Sequence[tuple[str, str]], edition: LetterFacts, language: Language
) -> Sheet:
    """Questions and answers, or chapters, as one page with whom to ask."""
    contact = compose(edition, language).contact
    stop = "，" if language == "zh" else ", "
    return Sheet(
        language=language,
        office=edition.office,
        date=day(edition.letter_date, language),
        title=title,
        sections=tuple(pairs),
        after=(f"{contact[0]}{stop}{contact[1]}", contact[2]),
        note=tell("outreach.synthetic", language) if edition.is_synthetic else "",
    )


def read_aloud(facts: LetterFacts, language: Language) -> tuple[str, list[Problem]]:
    """The letter as it is read to somebody, under three minutes; a problem if it is longer."""
    letter = compose(facts, language)
    parts = [letter.greeting, letter.title + tell("outreach.period", language)]
    parts += [without_marks(text) for _, text in letter.sections if text]
    if letter.cost_table:
        _, now, there = letter.cost_table
        month = tell("outreach.spoken_month", language, now=now[0], a=now[-1], there=there[0], b=there[-1])
        parts.insert(4, month)
    if letter.cost_note:
        parts.insert(4 + bool(letter.cost_table), letter.cost_note)
    stop = tell("outreach.period", language)
    colon, comma = ("：", "，") if language == "zh" else (": ", ", ")
    said = joined(parts, language)  # a day the sentences have named is not named again to a listener
    parts += [f"{name}{colon}{date}{stop}" for name, date, _ in letter.dates if date not in said]
    parts += [f"{letter.contact[0]}{comma}{letter.contact[1]}{stop}", f"{letter.contact[2]}{stop}"]
    parts += [tell("outreach.synthetic_spoken", language)] if letter.note else []
    text = _introduced_once(joined(parts, language), facts, language)
    seconds = reading_seconds(text, language)
    problems = (
        [Problem("outreach.too_long_to_read", "warning", value=str(seconds))]
        if seconds > LONGEST_READING_S
        else []
    )
    return text, problems


def _introduced_once(text: str, facts: LetterFacts, language: Language) -> str:
    """A listener is told once what the person to ask is; from then on the name alone does."""
    asked = facts.asked(language)
    if not facts.contact_name or asked not in text:
        return text
    head, rest = text.split(asked, 1)
    return head + asked + rest.replace(asked, facts.contact_name)


def _village(key: str, village: str, facts: Sequence[LetterFacts], language: Language) -> str:
    """A text for a whole village: other words where the dates are not settled, never a land that is not kept."""
    first = next((f for f in facts if f.gets_home and not f.mode), facts[0])
    settled = first.dates.see_home is not None and first.dates.last_change is not None
    is_kept = all(f.land_taken_dm2 == 0 for f in facts)
    may_stay = all(f.may_stay for f in facts)
    refuse = "refuse" if may_stay else "refuse_in_letter" if any(f.may_stay for f in facts) else "refuse_lost"
    return tell(
        key if settled else f"{key}_unsettled",
        language,
        village=village,
        last=tell("outreach.change" if may_stay else "outreach.change_choice", language),
        land=tell("outreach.land" if is_kept else "outreach.land_in_letter", language),
        refuse=tell(f"outreach.{refuse}", language),
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
    """A name as it may hang on a wall: the first character or letter, the rest and its length covered.

    >>> masked_name("陈大山"), masked_name("Chen Dashan"), masked_name("𬱖阳"), masked_name("阿依古丽·买买提")
    ('陈＊＊', 'C***', '𬱖＊＊', '阿＊＊')
    """
    if not name:
        return ""
    return name[0] + ("＊＊" if ord(name[0]) >= HAN else "***")


def masked_number(number: str) -> str:
    """The last two characters of a household number; its length is covered too.

    >>> masked_number("4103-0017"), masked_number("17")
    ('****17', '****')
    """
    return "****" + (number[-2:] if len(number) > 4 else "")


def board_sheet(village: str, count: int, edition: LetterFacts, language: Language) -> Letter:
    """What holds for everybody of a village, for its board: set like a letter, with no household in it."""
    title = tell("outreach.board_title", language, village=village)
    is_paid = edition.is_compensated
    sections: tuple[tuple[str, list[str]], ...] = (
        ("board_h1", [_rule_of_area(edition, language), growth(edition, language)]),
        ("board_h2_paid" if is_paid else "board_h2", [_rule_of_pay(edition, language)]),
        ("h3", left_behind(edition, language)),
        ("h4", signing(edition, language)),
        ("h5_lost" if is_paid else "h5", refusing(edition, language)),
    )
    return replace(
        compose(edition, language),
        number="",
        title=title,
        greeting=tell("outreach.board_about", language, count=count),
        sections=tuple((tell(f"outreach.{h}", language), joined(said, language)) for h, said in sections),
        cost_table=(),
        cost_note="",
        sources=(),
    )


def masked_notice(
    village: str, facts: Sequence[LetterFacts], language: Language, days: int | None = None
) -> Sheet:
    """The list for the board, names and numbers masked, in order of the number.

    Only who has a home in the plan stands on it; how many do not is said, and nobody of them is shown.
    """
    listed = sorted((f for f in facts if f.gets_home), key=lambda f: f.household_id)
    rows = [
        (
            masked_name(f.head_name),
            masked_number(f.household_id),
            "" if f.member_count is None else str(f.member_count),
            "" if f.area_dm2 is None else plain(square_metres(f.area_dm2)),
        )
        for f in listed
    ]
    phone = (facts[0].complaint_phone or None) if facts else None
    end = "outreach.notice_end_any" if days is None else "outreach.notice_end"
    others = len(facts) - len(listed)
    after = [tell("outreach.notice_waiting", language, count=others)] if others else []
    return Sheet(
        language=language,
        office=facts[0].office if facts else "",
        date=day(facts[0].letter_date, language) if facts else "",
        title=tell("outreach.notice_title", language, village=village),
        head=tuple(
            tell(f"outreach.notice_{column}", language) for column in ("name", "number", "members", "area")
        ),
        rows=tuple(rows),
        after=(*after, tell(end, language, days=days, phone=phone)),
        note=tell("outreach.synthetic", language) if facts and facts[0].is_synthetic else "",
    )


def questions(facts: LetterFacts, language: Language) -> list[tuple[str, str]]:
    """The edition for those who answer at the door: question and answer, no household in it."""
    house, land, graves = left_behind(facts, language)
    refuse, recount, complain = refusing(facts, language)
    answers = {
        "area": _rule_of_area(facts, language),
        "pay": _rule_of_pay(facts, language),
        "house": house,
        "land": joined([land, graves], language),
        "growth": growth(facts, language),
        "refuse": refuse,
        "wrong": joined([recount, complain], language),
    }
    return [(tell(f"outreach.qa_{key}_q", language), answer) for key, answer in answers.items()]


def _rule_of_area(facts: LetterFacts, language: Language) -> str:
    """How large a home is by the rule, for anyone."""
    return tell(
        "outreach.qa_area" if facts.is_registered else "outreach.qa_area_counted",
        language,
        each=None if facts.each_dm2 is None else plain(square_metres(facts.each_dm2)),
        clause=facts.clauses.get("area"),
    )


def _rule_of_pay(facts: LetterFacts, language: Language) -> str:
    """What anyone pays by the rule; where there is no rule, what the letter says."""
    each, cap = facts.self_paid_each_minor, facts.self_paid_cap_minor
    if each is None or cap is None:
        own = tell("outreach.pay_in_letter", language, clause=facts.clauses.get("pay"))
        return joined([*paid(facts, language), own], language)
    return tell(
        "outreach.qa_pay",
        language,
        each=sum_of(each, facts.currency, language),
        cap=sum_of(cap, facts.currency, language),
        clause=facts.clauses.get("pay"),
    )


def handbook(
    facts: LetterFacts, language: Language, rights: Sequence[tuple[str, str, str]] = ()
) -> list[tuple[str, str]]:
    """The handbook: the same answers as chapters, then every amount and limit with its clause.

    Args:
        rights: name, value and clause of each amount the rules in force read.
    """
    about = tell("outreach.handbook_about", language)
    lines = [tell("outreach.right", language, name=n, value=v, clause=c) for n, v, c in rights]
    amounts = "\n".join([tell("outreach.rights_about", language), *lines])
    book = [(tell("outreach.handbook_title", language), about), *questions(facts, language)]
    return [*book, (tell("outreach.rights_title", language), amounts)] if rights else book
