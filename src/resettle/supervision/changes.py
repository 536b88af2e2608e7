"""Rates by which something grew or fell, and the two numbers between which it did."""

from __future__ import annotations

import re
from collections.abc import Sequence

from resettle.supervision.reading import Reading
from resettle.supervision.wholes import same_sentence

_CHANGE = re.compile(
    r"(?:(?<!make )(?<!makes )(?<!made )(?<!making )\b(?:increas\w*|rise|rose|risen|grow\w*|grew|growth|gain\w*|declin\w*|decreas\w*|drop\w*|fall\w*|fell|reduc\w*|up|down|higher|lower)"
    r"(?:\s+(?:of|by|about|some|was|is))*|(?:增长|增加|上升|提高|提升|增幅|下降|减少|降低|降幅|上涨|下跌)(?:了|达|为|约|幅度)*)\s*$",
    re.IGNORECASE,
)
_CHANGE_AFTER = re.compile(
    r"^[%％]?\s*(?:more|less|fewer|higher|lower|increase|decrease|rise|growth|decline|reduction)\b",
    re.IGNORECASE,
)
_PER_YEAR = re.compile(
    r"年均|年平均|月均|\b(?:average )?annual(?:ly)?\b|\b(?:a|per|each|every) (?:year|month)\b|\bper annum\b|compound",
    re.IGNORECASE,
)
"""A growth rate per year, which the ends of several years do not give by one division."""
_FROM = re.compile(
    r"(?:\bfrom|\bagainst|compared (?:with|to)|\bover(?: the)?|[由从比较]|同期的?|上年的?|去年的?|年初的?|基期的?)\W*(?:[A-Z$€£]{0,4}|[\u4e00-\u9fff]{0,10})\s*$"
)
_BY = re.compile(
    r"(?:增加|增长|减少|下降|提高|上升|多|少|增|降|高出|低于)了?\W*$|\b(?:more|less|fewer|by|of|another)\W*[A-Z$€£]{0,4}\s*$",
    re.IGNORECASE,
)
"""A number by which another grew is no number from which it grew."""
_TO = re.compile(r"(?:\bto|[到至为])\W*[A-Z$€£]{0,4}\s*$")
TIMES = (
    *("day", "month", "year", "year of age", "date", "minute", "hour", "week"),
    *("percent", "percentage point", "times"),
)
"""Units of what is no amount that could rise or fall by a share of itself."""


def is_change(rate: Reading) -> bool:
    """Whether a rate says by how much something changed."""
    return bool(_CHANGE.search(rate.before) or _CHANGE_AFTER.search(rate.after))


def is_per_year(rate: Reading) -> bool:
    """Whether a rate is one per year, over several years.

    >>> is_per_year(Reading("f", None, "percent", 1, before="，年均增幅"))
    True
    """
    return bool(_PER_YEAR.search(f"{rate.before[-30:]} {rate.after[:16]}"))


_FROM_RATE = re.compile(
    r"(?:由|从|比|较)[^，。；%％]{0,12}$|(?:上年|去年|上月|同期|年初)的?$|\b(?:up|down|rose|risen|fell|fallen|grew|dropped|improved) from\W*$",
    re.IGNORECASE,
)


def is_former(rate: Reading) -> bool:
    """Whether a rate is what another one rose or fell from: no number of today gives it.

    >>> is_former(Reading("f", None, "percent", 1, before="合格率由去年的"))
    True
    """
    return bool(_FROM_RATE.search(rate.before[-24:]))


def ends_of_change(
    rate: Reading, earlier: Sequence[Reading], later: Sequence[Reading]
) -> tuple[Reading, Reading] | None:
    """``from A to B, an increase of x%``, ``比去年同期的A增长x%``: the new and the old, only where both are named."""
    around = [r for r in (*earlier[-4:], *later) if is_amount(r) and same_sentence(r, rate)]
    olds = [r for r in around if _FROM.search(r.before[-24:]) and not _BY.search(r.before[-12:])]
    for old in reversed(olds):
        news = [r for r in around if r is not old and r.unit == old.unit]
        said = [r for r in news if _TO.search(r.before[-12:])] or news
        if said:
            return said[-1], old
    return None


def is_amount(reading: Reading) -> bool:
    """A number that can rise or fall, per something or not."""
    return bool(reading.value) and reading.unit not in TIMES
