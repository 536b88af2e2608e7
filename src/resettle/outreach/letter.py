"""The letter of one household: from facts to sections, in either language.

Nothing is guessed: a fact that is not known says so and when it will be told. No chance of a birth, a death
or a marriage is ever written; growth is worded "if one more person joins".
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from resettle.units import square_metres, yuan
from resettle.words import Language, tell

COST_KINDS = ("water", "power", "heating", "upkeep")


@dataclass(frozen=True)
class MonthlyCost:
    """What a month costs, in minor units; ``None`` is not known and is never shown as nothing."""

    water: int | None = None
    power: int | None = None
    heating: int | None = None
    upkeep: int | None = None

    @property
    def total(self) -> int | None:
        """The sum, if every part is known."""
        parts = [self.water, self.power, self.heating, self.upkeep]
        return None if any(p is None for p in parts) else sum(p for p in parts if p is not None)


@dataclass(frozen=True)
class Dates:
    """The three dates of the letter, and where to be for the first."""

    see_home: dt.date | None = None
    see_home_where: str = ""
    last_change: dt.date | None = None
    move_in: dt.date | None = None
    move_in_month_only: bool = True


@dataclass(frozen=True)
class LetterFacts:
    """The facts of one letter: a household's entitlement row and what the office adds to it.

    Attributes:
        area_dm2: the area entitled to (0.01 m2); ``None`` where eligibility is unknown (see ``missing``).
        each_dm2: area per person; ``self_paid_minor``: what the household pays once, ``None`` unknown.
        clauses: clause by topic: ``area``, ``pay``, ``house``.
        old_house: ``demolish``, ``keep``, ``free`` (no condition is put on it) or ``None`` (unknown).
        has_expansion: whether room to extend can be applied for.
        dwelling_dm2: the size that is built, where it is smaller than the area.
        is_registered: whether the members are counted as registered poor.
        has_home: ``False`` where no home of the programme is planned; ``refused`` says by which clause.
        price_low_minor, price_high_minor: the price where the household buys at its own cost.
        land_taken_dm2: land the programme takes; nothing (0) for most, ``None`` unknown.
        may_stay: ``False`` where the old place cannot be lived in any more.
        graves_stay: ``False`` where graves may have to be moved.
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
    self_paid_minor: int | None = None
    self_paid_each_minor: int | None = None
    self_paid_cap_minor: int | None = None
    costs_now: MonthlyCost = field(default_factory=MonthlyCost)
    costs_there: MonthlyCost = field(default_factory=MonthlyCost)
    old_house: str | None = None
    demolition_months: int | None = None
    has_expansion: bool = False
    dates: Dates = field(default_factory=Dates)
    contact_name: str = ""
    contact_phone: str = ""
    complaint_phone: str = ""
    recount_days: int = 15
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
    dates: tuple[tuple[str, str, str], ...]
    contact: tuple[str, str, str]
    note: str

    def as_data(self) -> dict[str, object]:
        """For the typesetter: JSON values."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def plain(value: Decimal) -> str:
    """A number as people write it: no empty decimals, thousands grouped."""
    return f"{int(value):,}" if value == value.to_integral_value() else f"{value.normalize():,f}"


def day(date: dt.date | None, language: Language, month_only: bool = False) -> str:
    """A date in words, or that it is not settled.

    >>> day(dt.date(2016, 12, 10), "en"), day(dt.date(2017, 5, 1), "zh", month_only=True)
    ('10 December 2016', '2017年5月')
    """
    if date is None:
        return tell("outreach.date_unknown", language)
    if language == "zh":
        return f"{date.year}年{date.month}月" + ("" if month_only else f"{date.day}日")
    months = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ]
    head = "" if month_only else f"{date.day} "
    return f"{head}{months[date.month - 1]} {date.year}"


def compose(facts: LetterFacts, language: Language) -> Letter:
    """The letter of a household.

    Args:
        facts: what is known; ``None`` anywhere is said to be unknown.
        language: of the letter.
    """
    known = facts.area_dm2 is not None and facts.member_count is not None and facts.each_dm2 is not None
    size = facts.area_dm2 if facts.dwelling_dm2 is None else facts.dwelling_dm2
    if facts.has_home is False:
        title = tell("outreach.title_none", language)
    elif known and size is not None:
        title = tell("outreach.title", language, area=plain(square_metres(size)))
    else:
        title = tell("outreach.title_unknown", language)
    dates = facts.dates
    return Letter(
        language=language,
        office=facts.office,
        date=day(facts.letter_date, language),
        number=tell("outreach.number", language, number=facts.household_id),
        title=title,
        greeting=tell("outreach.greeting", language, name=facts.head_name),
        sections=(
            (tell("outreach.h1", language), joined(entitled(facts, language), language)),
            (tell("outreach.h2", language), joined(pays(facts, language), language)),
            (tell("outreach.h3", language), joined(left_behind(facts, language), language)),
            (tell("outreach.h4", language), ""),
            (tell("outreach.h5", language), joined(refusing(facts, language), language)),
        ),
        cost_table=costs(facts, language),
        dates=(
            (tell("outreach.see", language), day(dates.see_home, language), dates.see_home_where),
            (
                tell("outreach.change", language),
                day(dates.last_change, language),
                tell("outreach.change_how", language),
            ),
            (
                tell("outreach.move", language),
                day(dates.move_in, language, dates.move_in_month_only),
                tell("outreach.move_how", language),
            ),
        ),
        contact=(
            tell("outreach.contact", language, name=facts.contact_name or None),
            tell("outreach.phone", language, phone=facts.contact_phone or None),
            tell("outreach.complaint_phone", language, phone=facts.complaint_phone or None),
        ),
        note=tell("outreach.synthetic", language) if facts.is_synthetic else "",
    )


def joined(sentences: list[str], language: Language) -> str:
    """Sentences in a row: no space in Chinese."""
    return ("" if language == "zh" else " ").join(s for s in sentences if s)


def entitled(facts: LetterFacts, language: Language) -> list[str]:
    """What the household is entitled to, and why."""
    if facts.has_home is False:
        return [tell("outreach.area_none", language, clause=facts.refused or None)]
    if facts.area_dm2 is None or facts.each_dm2 is None or facts.member_count is None:
        return [tell("outreach.area_unknown", language, missing=facts.missing or None)]
    area = tell(
        "outreach.area" if facts.is_registered else "outreach.area_counted",
        language,
        members=facts.member_count,
        each=plain(square_metres(facts.each_dm2)),
        area=plain(square_metres(facts.area_dm2)),
        clause=facts.clauses.get("area"),
    )
    site = (
        tell("outreach.site", language, site=facts.site_name)
        if facts.site_name
        else tell("outreach.site_unknown", language)
    )
    size = ""
    if facts.dwelling_dm2 is not None and facts.dwelling_dm2 != facts.area_dm2:
        size = tell("outreach.size", language, size=plain(square_metres(facts.dwelling_dm2)))
    return [
        area,
        size,
        site,
        tell("outreach.growth" if facts.has_expansion else "outreach.growth_none", language),
    ]


def pays(facts: LetterFacts, language: Language) -> list[str]:
    """What the household pays once: a share of its own, a price, or nothing."""
    if facts.has_home is False:
        return [tell("outreach.pay_not_asked", language)]
    if facts.price_low_minor and facts.price_high_minor:
        low, high = (plain(yuan(m)) for m in (facts.price_low_minor, facts.price_high_minor))
        return [tell("outreach.pay_price", language, low=low, high=high, clause=facts.clauses.get("price"))]
    if facts.self_paid_minor is None:
        return [tell("outreach.pay_unknown", language)]
    if facts.self_paid_minor == 0:
        return [tell("outreach.pay_none", language)]
    each, cap = facts.self_paid_each_minor, facts.self_paid_cap_minor
    rule = tell(
        "outreach.pay_rule",
        language,
        each=None if each is None else plain(yuan(each)),
        cap=None if cap is None else plain(yuan(cap)),
    )
    amount = plain(yuan(facts.self_paid_minor))
    return [tell("outreach.pay", language, sum=amount, rule=rule, clause=facts.clauses.get("pay"))]


def left_behind(facts: LetterFacts, language: Language) -> list[str]:
    """The old house, the fields and the graves."""
    if facts.old_house == "keep":
        house = tell("outreach.old_house_kept", language)
    elif facts.old_house == "free":
        house = tell("outreach.old_house_free", language)
    elif facts.old_house == "demolish" and facts.demolition_months is not None:
        house = tell(
            "outreach.old_house", language, months=facts.demolition_months, clause=facts.clauses.get("house")
        )
    else:
        house = tell("outreach.old_house_unknown", language)
    graves = "outreach.graves" if facts.graves_stay else "outreach.graves_asked"
    return [house, land(facts, language), tell(graves, language)]


def land(facts: LetterFacts, language: Language) -> str:
    """What becomes of the fields: kept, taken in part, or not known."""
    if facts.land_taken_dm2 is None:
        return tell("outreach.land_unknown", language)
    if facts.land_taken_dm2 == 0:
        return tell("outreach.land", language)
    return tell("outreach.land_taken", language, area=plain(square_metres(facts.land_taken_dm2)))


def refusing(facts: LetterFacts, language: Language) -> list[str]:
    """How to say no, to ask again, and to complain."""
    return [
        tell("outreach.refuse" if facts.may_stay else "outreach.refuse_lost", language),
        tell("outreach.recount", language, days=facts.recount_days),
        tell("outreach.complain", language),
    ]


def costs(facts: LetterFacts, language: Language) -> tuple[tuple[str, ...], ...]:
    """The month here and there: head, today, the new home."""

    def amount(minor: int | None) -> str:
        if minor is None:
            return tell("common.unknown", language)
        return tell("outreach.yuan", language, value=plain(yuan(minor)))

    def row(label: str, cost: MonthlyCost) -> tuple[str, ...]:
        cells = [amount(getattr(cost, kind)) for kind in COST_KINDS]
        return (tell(f"outreach.{label}", language), *cells, amount(cost.total))

    head = tuple(tell(f"outreach.{key}", language) for key in ("month", *COST_KINDS, "total"))
    return head, row("now", facts.costs_now), row("there", facts.costs_there)
