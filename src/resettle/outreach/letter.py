"""The letter of one household: from facts to sections, in either language.

Nothing is guessed: a fact that is not known says so and when it will be told. No chance of a birth, a death
or a marriage is ever written; growth is worded "if one more person joins".
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from resettle.outreach.clauses import footnotes, marked
from resettle.outreach.days import Dates, dates_of, day, month_after, recount_until, signing
from resettle.outreach.money import MonthlyCost, Part, month_note, month_table, plain, sum_of
from resettle.outreach.place import Place, where_text
from resettle.units import square_metres, yuan
from resettle.words import Language, tell


@dataclass(frozen=True)
class LetterFacts:
    """The facts of one letter: a household's entitlement row and what the office adds to it.

    Attributes:
        missing_papers: the paper and the office that settle each missing fact, where the pack names them.
        area_dm2: the area entitled to (0.01 m2); ``None`` where eligibility is unknown (see ``missing``).
        each_dm2: area per person; ``self_paid_minor``: what the household pays once, ``None`` unknown.
        clauses: what a topic rests on, label included: ``area``, ``pay``, ``price``, ``house``, ``deadline``, ``cash``.
        old_house: ``demolish``, ``keep``, ``free`` (no condition is put on it) or ``None`` (unknown).
        mode: how a household settles by itself (``buy_back``, ``self_build``, ``kin``); empty: at a site.
        is_in_plan: ``False`` where something must be done first, ``None`` unknown; ``plan_missing`` says what.
        recount_days: days to ask for a recount, where the office has set them.
        place: where the site lies, in words.
        provisional: topics of ``clauses`` that rest on an assumption, so that what they give may still change.
        documents: short names of papers that clauses cite, and each in full.
        cannot_pay: what the office does where a family cannot pay its share, in its own words; empty: not settled.
        not_signed: what the office does where a family has not signed on the day, in its own words; empty: not said.
        counted_on: the day the list of members describes, ``None`` not said.
        costs_now_of: of which place and year the month's costs now are; empty: the office has not said.
        heating_spread: whether heating a month is a twelfth of the year's, ``None`` not said.
        is_for_all: no household's letter but what holds for everybody (the handbook, the board).
        dwelling_dm2: the size that is built, where it is smaller than the area.
        is_registered: whether the members are counted as registered poor.
        has_home: ``False`` where no home of the programme is planned; ``refused`` says by which clause.
        price_low_minor, price_high_minor: the price where the household buys at its own cost.
        land_taken_dm2: land the programme takes; nothing (0) for most, ``None`` unknown.
        may_stay: ``False`` where the old place cannot be lived in any more.
            Such a move is nobody's choice, so the letter offers no "no" that does not exist.
        graves_stay: ``False`` where graves may have to be moved.
        house_reward_each_minor: paid a registered person once the old house is down; ``None`` unknown.
        has_house_reward: whether the pack pays one.
        currency: what the money is called in the letter's language; empty says yuan.
        cash_minor: compensation in cash, ``None`` unknown; ``cash_due_minor``: what of it is still to be paid.
        cash_parts: what it is made of, largest first; a part of 0 is left out by who fills it.
        is_compensated: whether the pack pays for what is lost.
        paid_before_move: whether nobody has to leave before all of it is paid.
        land_or_cash: ``land`` or ``cash`` as chosen where land is offered; empty where it is not.
    """

    household_id: str
    head_name: str
    office: str
    letter_date: dt.date
    member_count: int | None
    area_dm2: int | None
    each_dm2: int | None
    site_name: str | None = None
    missing: str = ""
    missing_papers: tuple[str, ...] = ()
    self_paid_minor: int | None = None
    self_paid_each_minor: int | None = None
    self_paid_cap_minor: int | None = None
    costs_now: MonthlyCost = field(default_factory=MonthlyCost)
    costs_there: MonthlyCost = field(default_factory=MonthlyCost)
    old_house: str | None = None
    demolition_months: int | None = None
    dates: Dates = field(default_factory=Dates)
    contact_name: str = ""
    contact_phone: str = ""
    complaint_phone: str = ""
    recount_days: int | None = None
    clauses: Mapping[str, str] = field(default_factory=dict)
    is_synthetic: bool = False
    dwelling_dm2: int | None = None
    is_registered: bool = True
    has_home: bool | None = True
    refused: str = ""
    price_low_minor: int | None = None
    price_high_minor: int | None = None
    land_taken_dm2: int | None = 0
    graves_stay: bool = True
    may_stay: bool = True
    has_house_reward: bool = False
    house_reward_each_minor: int | None = None
    currency: str = ""
    is_compensated: bool = False
    cash_minor: int | None = None
    cash_due_minor: int | None = None
    cash_parts: tuple[Part, ...] = ()
    paid_before_move: bool = False
    land_or_cash: str = ""
    mode: str = ""
    is_in_plan: bool | None = True
    plan_missing: str = ""
    is_for_all: bool = False
    place: Place = field(default_factory=Place)
    provisional: frozenset[str] = frozenset()
    documents: Mapping[str, str] = field(default_factory=dict)
    cannot_pay: str = ""
    not_signed: str = ""
    counted_on: dt.date | None = None
    costs_now_of: str = ""
    heating_spread: bool | None = None

    def asked(self, language: Language) -> str:
        """Whom to ask, with what this person is; the office itself where no name is known."""
        if not self.contact_name:
            return tell("outreach.asked_office", language)
        return tell("outreach.asked", language, name=self.contact_name)

    @property
    def names(self) -> list[str]:
        """Names of people and places in the letter: they are no words to be checked for being common."""
        place = self.place
        named = (self.head_name, self.site_name, self.office, self.contact_name)
        return [n for n in (*named, place.around, place.village, place.home) if n]

    @property
    def gets_home(self) -> bool:
        """Whether a home of the programme is on its way: of a known size, at a site, in the plan."""
        return self.has_home is True and self.area_dm2 is not None and self.is_in_plan is not False


@dataclass(frozen=True)
class Letter:
    """A letter ready to be set: plain strings only, so that nothing in a name can act as markup."""

    language: Language
    office: str
    date: str
    number: str
    title: str
    greeting: str
    sections: tuple[tuple[str, str], ...]
    cost_table: tuple[tuple[str, ...], ...]
    cost_note: str
    dates: tuple[tuple[str, str, str], ...]
    contact: tuple[str, str, str]
    note: str
    sources: tuple[str, ...] = ()

    def as_data(self) -> dict[str, object]:
        """For the typesetter: JSON values."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def compose(facts: LetterFacts, language: Language) -> Letter:
    """The letter of a household.

    Args:
        facts: what is known; ``None`` anywhere is said to be unknown.
        language: of the letter.
    """
    told = replace(facts, clauses=marked(facts.clauses))
    texts = (
        joined(entitled(told, language), language),
        joined([*paid(told, language), *pays(told, language)], language),
        joined(left_behind(told, language), language),
        joined(signing(told, language), language),
        joined(refusing(told, language), language),
    )
    said, sources = footnotes(texts, facts.clauses, facts.documents, language)
    heads = (
        "h1",
        "h2_paid" if facts.is_compensated else "h2",
        "h3",
        "h4",
        "h5" if facts.may_stay else "h5_lost",
    )
    return Letter(
        language=language,
        office=facts.office,
        date=day(facts.letter_date, language),
        number=tell("outreach.number", language, number=facts.household_id),
        title=title_of(facts, language),
        greeting=tell(
            "outreach.greeting" if facts.head_name else "outreach.greeting_nobody",
            language,
            name=facts.head_name,
        ),
        sections=tuple(
            (tell(f"outreach.{head}", language), text) for head, text in zip(heads, said, strict=True)
        ),
        cost_table=month_table(
            facts.costs_now, facts.costs_there, facts.currency, language, facts.costs_now_of
        )
        if _has_month(facts)
        else (),
        cost_note=_month(facts, language),
        dates=dates_of(facts, language),
        contact=(
            tell("outreach.contact", language, name=facts.contact_name or None),
            tell("outreach.phone", language, phone=facts.contact_phone or None),
            tell("outreach.complaint_phone", language, phone=facts.complaint_phone or None),
        ),
        note=tell("outreach.synthetic", language) if facts.is_synthetic else "",
        sources=sources,
    )


def _has_month(facts: LetterFacts) -> bool:
    """Whether a month in the new home can be spoken of: none is told of a home that is not planned or not ours."""
    return facts.has_home is not False and facts.is_in_plan is not False and not facts.mode


def _month(facts: LetterFacts, language: Language) -> str:
    if _has_month(facts):
        said = month_note(facts.costs_now, facts.costs_there, facts.asked(language), facts.currency, language)
        return joined([said, _heating(facts, language)], language)
    own = facts.mode and facts.has_home is not False and facts.is_in_plan is not False
    return tell("outreach.month_own", language) if own else ""


def _heating(facts: LetterFacts, language: Language) -> str:
    """Whether heating is spread over the year: a winter's bill taken for a month's is a wrong answer."""
    if not (facts.costs_there.heating or facts.costs_now.heating):
        return ""
    if facts.heating_spread is None:
        return tell("outreach.heating_unsaid", language, contact=facts.asked(language))
    return tell("outreach.heating_spread" if facts.heating_spread else "outreach.heating_winter", language)


def title_of(facts: LetterFacts, language: Language) -> str:
    """The one thing to know: the size, that it is not settled, or that no home is planned."""
    if facts.has_home is False:
        return tell("outreach.title_none" if not facts.cash_minor else "outreach.title_cash", language)
    if facts.is_in_plan is False:
        return tell("outreach.title_waiting", language)
    known = facts.area_dm2 is not None and facts.member_count is not None and facts.each_dm2 is not None
    size = facts.area_dm2 if facts.dwelling_dm2 is None or facts.mode else facts.dwelling_dm2
    if known and size is not None:
        key = "outreach.title_own" if facts.mode else "outreach.title"
        return tell(key, language, area=plain(square_metres(size)))
    return tell("outreach.title_unknown", language)


def joined(sentences: list[str], language: Language) -> str:
    """Sentences in a row: no space in Chinese."""
    return ("" if language == "zh" else " ").join(s for s in sentences if s)


def entitled(facts: LetterFacts, language: Language) -> list[str]:
    """What the household is entitled to, and why."""
    if facts.has_home is False and facts.is_compensated and facts.may_stay:
        return [tell("outreach.area_kept", language)]
    if facts.has_home is False:
        return [tell("outreach.area_none", language, clause=facts.refused or None)]
    if facts.area_dm2 is None or facts.each_dm2 is None or facts.member_count is None:
        known = tell("outreach.area_unknown", language, missing=facts.missing or None)
        return [known, growth(facts, language)]
    area = tell(
        "outreach.area" if facts.is_registered else "outreach.area_counted",
        language,
        members=facts.member_count,
        each=plain(square_metres(facts.each_dm2)),
        area=plain(square_metres(facts.area_dm2)),
        clause=facts.clauses.get("area"),
    )
    return [
        *_plan(facts, language),
        area,
        _size(facts, language),
        *_where(facts, language),
        growth(facts, language),
    ]


def growth(facts: LetterFacts, language: Language) -> str:
    """What one more person changes: nothing, after the day the list describes where that is known."""
    if facts.counted_on is None:
        return tell("outreach.growth", language)
    return tell("outreach.growth_after", language, day=day(facts.counted_on, language))


def _size(facts: LetterFacts, language: Language) -> str:
    """What is built of the area: all of it, or less and what nobody has settled of the rest."""
    if facts.dwelling_dm2 is None or facts.mode or facts.area_dm2 is None:
        return tell("outreach.most", language)
    size, rest = facts.dwelling_dm2, facts.area_dm2 - facts.dwelling_dm2
    if rest == 0:
        return tell("outreach.size_all", language, size=plain(square_metres(size)))
    said = tell("outreach.size", language, size=plain(square_metres(size)))
    if rest < 0:
        return said
    left = tell("outreach.size_rest", language, rest=plain(square_metres(rest)))
    return joined([said, left], language)


def _plan(facts: LetterFacts, language: Language) -> list[str]:
    """What must be done before the household is in the plan, and that the rest holds from then on."""
    if facts.is_in_plan is True:
        return []
    key = "outreach.plan_unknown" if facts.is_in_plan is None else "outreach.plan_waiting"
    first = tell(key, language, missing=facts.plan_missing or None, clause=facts.clauses.get("in_plan"))
    return [first, *([tell("outreach.plan_then", language)] if facts.is_in_plan is False else [])]


def _where(facts: LetterFacts, language: Language) -> list[str]:
    if facts.mode:
        known = facts.mode in ("buy_back", "self_build", "kin")
        return [tell(f"outreach.mode_{facts.mode if known else 'scattered'}", language)]
    if facts.site_name and facts.is_in_plan is not False:
        return where_text(facts.site_name, facts.place, facts.asked(language), language)
    return [tell("outreach.site_unknown", language)]


def pays(facts: LetterFacts, language: Language) -> list[str]:
    """What the household pays once: a share of its own, a price, or nothing."""
    if facts.has_home is False:
        return [tell("outreach.pay_not_asked", language)]
    if facts.price_low_minor and facts.price_high_minor:
        low, high = (
            sum_of(m, facts.currency, language) for m in (facts.price_low_minor, facts.price_high_minor)
        )
        return [
            tell("outreach.pay_price", language, low=low, high=high, clause=facts.clauses.get("price")),
            tell("outreach.pay_by_unknown", language, contact=facts.asked(language)),
        ]
    if facts.self_paid_minor is None:
        return [tell("outreach.pay_unknown", language)]
    if facts.self_paid_minor == 0:
        none = tell("outreach.pay_none", language, clause=facts.clauses.get("pay"))
        return [none, tell("outreach.pay_may_change", language) if "pay" in facts.provisional else ""]
    each, cap = facts.self_paid_each_minor, facts.self_paid_cap_minor
    clause = facts.clauses.get("pay")
    if each is not None and cap is not None:
        each_said, cap_said = (sum_of(m, facts.currency, language) for m in (each, cap))
        rule = tell("outreach.pay_rule", language, each=each_said, cap=cap_said)
        clause = rule + tell("outreach.clause_after", language, clause=clause)
    amount = sum_of(facts.self_paid_minor, facts.currency, language)
    due, contact = facts.dates.pay_by, facts.asked(language)
    when = (
        tell("outreach.pay_by_unknown", language, contact=contact)
        if due is None
        else tell("outreach.pay_by", language, day=day(due, language))
    )
    return [
        tell("outreach.pay", language, sum=amount, clause=clause),
        when,
        tell("outreach.pay_may_change", language) if "pay" in facts.provisional else "",
        facts.cannot_pay or tell("outreach.cannot_pay", language, contact=contact),
    ]


def paid(facts: LetterFacts, language: Language) -> list[str]:
    """What the household is paid for what it loses, what that is made of, and when."""
    if not facts.is_compensated:
        return []
    if facts.cash_minor is None:
        key = "outreach.cash_in_letter" if facts.is_for_all else "outreach.cash_unknown"
        return [tell(key, language, clause=facts.clauses.get("cash"))]
    parts = tell("outreach.list_comma", language).join(
        f"{part.named(language)} {plain(yuan(part.minor))}" for part in facts.cash_parts
    )
    total = sum_of(facts.cash_minor, facts.currency, language)
    due = facts.cash_due_minor
    said = [
        tell("outreach.cash", language, sum=total, parts=parts, clause=facts.clauses.get("cash"))
        if parts
        else tell("outreach.cash_none", language)
    ]
    if due is not None and parts:
        said.append(tell("outreach.cash_due", language, due=sum_of(due, facts.currency, language)))
    if facts.paid_before_move and not facts.may_stay:
        said.append(tell("outreach.cash_first", language))
    return said


def left_behind(facts: LetterFacts, language: Language) -> list[str]:
    """The old house, the fields and the graves."""
    if facts.old_house == "keep":
        house = tell("outreach.old_house_kept", language, clause=facts.clauses.get("house_kept"))
    elif facts.is_compensated and facts.is_for_all:
        house = tell("outreach.old_house_all", language)
    elif facts.is_compensated and not facts.may_stay:
        key = "outreach.old_house_lost" if facts.cash_minor is not None else "outreach.old_house_lost_later"
        house = tell(key, language)
    elif facts.old_house == "free":
        house = tell("outreach.old_house_free", language)
    elif facts.old_house == "demolish" and facts.demolition_months is not None:
        house = joined(
            [_comes_down(facts, facts.demolition_months, language), reward(facts, language)], language
        )
    else:
        house = tell("outreach.old_house_unknown", language)
    graves = "outreach.graves" if facts.graves_stay else "outreach.graves_asked"
    return [house, land(facts, language), tell(graves, language)]


def _comes_down(facts: LetterFacts, months: int, language: Language) -> str:
    """By when the old house comes down: the month where the day of moving in is known, else so long after it."""
    moved, told = facts.dates.move_in, facts.gets_home or facts.is_for_all
    named = {
        "months": months,
        "clause": facts.clauses.get("house"),
        "deadline": facts.clauses.get("deadline"),
    }
    if moved is None or not told or facts.mode:
        return tell("outreach.old_house", language, **named)
    until = day(month_after(moved, months), language, month_only=True)
    month = day(moved, language, month_only=True)
    return tell("outreach.old_house_until", language, until=until, moved=month, **named)


def reward(facts: LetterFacts, language: Language) -> str:
    """What is paid for taking the old house down; nothing is said where the pack pays none."""
    if not facts.has_house_reward:
        return ""
    if facts.house_reward_each_minor is None:
        return tell("outreach.reward_unknown", language, contact=facts.asked(language))
    return tell(
        "outreach.reward", language, sum=sum_of(facts.house_reward_each_minor, facts.currency, language)
    )


def land(facts: LetterFacts, language: Language) -> str:
    """What becomes of the fields: kept, taken in part, or not known."""
    if facts.land_taken_dm2 is None:
        return tell("outreach.land_in_letter" if facts.is_for_all else "outreach.land_unknown", language)
    if facts.land_taken_dm2 == 0:
        return tell("outreach.land_untouched" if facts.is_compensated else "outreach.land", language)
    area = plain(square_metres(facts.land_taken_dm2))
    otherwise = "outreach.land_taken" if facts.cash_minor is not None else "outreach.land_taken_later"
    key = {"land": "outreach.land_for_land", "cash": "outreach.land_for_cash"}.get(
        facts.land_or_cash, otherwise
    )
    return tell(key, language, area=area)


def refusing(facts: LetterFacts, language: Language) -> list[str]:
    """How to say no where there is a no, how to ask again, and how to complain."""
    until = recount_until(facts)
    again = [
        tell("outreach.recount_any", language)
        if until is None
        else tell("outreach.recount_for_all", language, days=facts.recount_days)
        if facts.is_for_all
        else tell("outreach.recount", language, day=day(until, language)),
        tell("outreach.complain", language),
    ]
    if facts.has_home is False:
        return again
    if facts.is_for_all and facts.is_compensated:
        return [tell("outreach.refuse_in_letter", language), *again]
    return [tell("outreach.refuse" if facts.may_stay else "outreach.refuse_lost", language), *again]
