"""The days of a letter: to see the home, to sign, to change one's mind, to pay, to move in, to ask for a recount."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from resettle.outreach.money import sum_of
from resettle.tables.page_text import date_text, month_text, pick
from resettle.words import Language, tell

if TYPE_CHECKING:
    from resettle.outreach.letter import LetterFacts


@dataclass(frozen=True)
class Dates:
    """The dates of the letter, and where to be for the first; ``pay_by`` is the day its share is due.

    ``change_after_sign``: whether a mind may be changed after signing too, ``None`` where the office has not said.
    """

    see_home: dt.date | None = None
    see_home_where: str = ""
    last_change: dt.date | None = None
    move_in: dt.date | None = None
    move_in_month_only: bool = True
    pay_by: dt.date | None = None
    sign: dt.date | None = None
    change_after_sign: bool | None = None


def day(date: dt.date | None, language: Language, month_only: bool = False) -> str:
    """A date in words, or that it is not settled.

    >>> day(dt.date(2016, 12, 10), "en"), day(dt.date(2017, 5, 1), "zh", month_only=True)
    ('10 December 2016', '2017年5月')
    """
    if date is None:
        return tell("outreach.date_unknown", language)
    return pick(month_text(date) if month_only else date_text(date), language)


def month_after(date: dt.date, months: int) -> dt.date:
    """The first day of the month so many months later.

    >>> month_after(dt.date(2017, 5, 20), 24)
    datetime.date(2019, 5, 1)
    """
    index = date.year * 12 + date.month - 1 + months
    return dt.date(index // 12, index % 12 + 1, 1)


def recount_until(facts: LetterFacts) -> dt.date | None:
    """The last day to ask for a recount: so many days from the day of the letter, where the office set them."""
    days = facts.recount_days
    return None if days is None else facts.letter_date + dt.timedelta(days=days)


def dates_of(facts: LetterFacts, language: Language) -> tuple[tuple[str, str, str], ...]:
    """The days to keep, in the order they come: name, day, how.

    Who gets no home has one: the last day to ask for a recount.
    """
    until = recount_until(facts)
    again = (
        tell("outreach.recount_until", language),
        day(until, language),
        "" if until is None else tell("outreach.recount_how", language, days=facts.recount_days),
    )
    if facts.has_home is False:
        return (again,)
    # a family whose home is not settled must not be told a day on which to see it
    dates = facts.dates if facts.gets_home or facts.is_for_all else Dates()
    own = tell("outreach.date_own", language) if facts.mode and facts.gets_home else ""
    see = (tell("outreach.see", language), own or day(dates.see_home, language))
    move = own or day(dates.move_in, language, dates.move_in_month_only)
    rows = [
        (None if own else dates.see_home, (*see, "" if own else dates.see_home_where)),
        *([] if own else [(dates.sign, _sign(dates, language))]),
        (dates.last_change, _change(facts, dates, language)),
        *_pay(facts, language),
        (
            None if own else dates.move_in,
            (tell("outreach.move", language), move, "" if own else tell("outreach.move_how", language)),
        ),
        *([(until, again)] if until is not None else []),
    ]
    return _in_order(rows)


def _in_order(
    rows: Sequence[tuple[dt.date | None, tuple[str, str, str]]],
) -> tuple[tuple[str, str, str], ...]:
    """Rows by their day; one without a day stays behind the row it follows.

    >>> a, b, c = ("a", "", ""), ("b", "", ""), ("c", "", "")
    >>> [row[0] for row in _in_order([(dt.date(2017, 1, 2), a), (None, b), (dt.date(2017, 1, 1), c)])]
    ['c', 'a', 'b']
    """
    dated, last = [], dt.date.min
    for date, row in rows:
        last = date or last
        dated.append((last, row))
    return tuple(row for _, row in sorted(dated, key=lambda pair: pair[0]))


def _change(facts: LetterFacts, dates: Dates, language: Language) -> tuple[str, str, str]:
    """To whom a change of mind is told; whether signing ends it only where the office has said so."""
    said = {None: "change_how", True: "change_how_signed", False: "change_how_unsigned"}[
        dates.change_after_sign
    ]
    return (
        tell("outreach.change" if facts.may_stay else "outreach.change_choice", language),
        day(dates.last_change, language),
        tell(f"outreach.{said}", language, contact=facts.asked(language)),
    )


def signing(facts: LetterFacts, language: Language) -> list[str]:
    """Nobody can be made to sign: what holds where an answer the letter asks for is missing on the day of signing."""
    if facts.has_home is False:
        return []
    change = tell("outreach.change" if facts.may_stay else "outreach.change_choice", language)
    later = facts.not_signed or tell(
        "outreach.not_signed", language, contact=facts.asked(language), change=change[0].lower() + change[1:]
    )
    return [tell("outreach.need_not_sign", language), later]


def _sign(dates: Dates, language: Language) -> tuple[str, str, str]:
    """Signing has a day of its own, never that of seeing the home."""
    if dates.sign is None:
        date, how = tell("outreach.sign_later", language), tell("outreach.sign_how", language)
    else:
        date, how = day(dates.sign, language), tell("outreach.sign_after", language)
    return (tell("outreach.sign", language), date, how)


def _pay(facts: LetterFacts, language: Language) -> list[tuple[dt.date | None, tuple[str, str, str]]]:
    """The day to pay, for who pays something of a known size to a known plan."""
    amount = facts.self_paid_minor
    is_buyer = bool(facts.price_low_minor)
    if facts.is_for_all:
        if facts.self_paid_each_minor is None or facts.dates.pay_by is None:
            return []
        by = facts.dates.pay_by
        return [(by, (tell("outreach.pay_day", language), day(by, language), ""))]
    if not facts.gets_home or not (amount or is_buyer):
        return []
    due = None if is_buyer else facts.dates.pay_by  # the day stated is that of the share, not of a price
    how = "" if is_buyer or not amount else sum_of(amount, facts.currency, language)
    if how and "pay" in facts.provisional:
        how = tell("outreach.sum_may_change", language, sum=how)
    return [(due, (tell("outreach.pay_day", language), day(due, language), how))]
