"""Periods that end before they begin, and works that began after the day a report speaks of."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from typing import Any

from resettle.supervision.calendar_words import DateSpan, dates
from resettle.supervision.schema import span_of

Raw = dict[str, list[dict[str, Any]]]
Lines = Sequence[tuple[int, str]]
_JOINT = re.compile(r"\s*(?:至|到|—+|–|-|~|～|to|until|till|through)\s*")
_BETWEEN = re.compile(r"\s*(?:and|和)\s*")
_MONTH = "January|February|March|April|May|June|July|August|September|October|November|December"
_DAYS = re.compile(
    rf"(?<![\d.,])(\d{{1,2}})(?:st|nd|rd|th)?\s*(?:to|-|–|until|(?<=\d )and)\s*(\d{{1,2}})(?:st|nd|rd|th)? ({_MONTH})\b"
    r"|月(\d{1,2})日?\s*(?:至|到|—|–|-|~|～)\s*(\d{1,2})日"
)
"""``3 to 21 October 2022``, ``9月11日至22日``: two days of one month."""
HALF_A_YEAR = 183
"""An end whose year is not printed and that lies further back than this is of the next year (20 December to 5 January)."""
_UP_TO = re.compile(
    r"(?:截至|截止到?|as (?:of|at)|up to|by|ending|ended|period[^.]{0,40}(?:to|-|–)|through|report\w* (?:for|of)|update of)\W*(?:the end of )?$",
    re.IGNORECASE,
)
_PAST = re.compile(
    r"\b(?:began|begun|started|commenced|completed|finished|opened|handed over|broke ground|was approved|were approved)\b"
    r"|已?于.{0,14}(?:开工|动工|竣工|完工|验收|启动|交付)|(?:开工|竣工|验收|启动)(?:建设)?(?:了|完毕)",
    re.IGNORECASE,
)
_FUTURE = re.compile(
    r"\b(?:will|to be|expected|planned|plan to|due|scheduled|by|before|until|target|should|next)\b|将|拟|计划|预计|力争|确保|前|争取|下一步",
    re.IGNORECASE,
)


def _days(text: str | None) -> tuple[int, int] | None:
    span = span_of(text) if text else None
    return (span[0].toordinal(), span[1].toordinal()) if span else None


def _with_year(date: DateSpan, year: str) -> DateSpan:
    if date.as_of and date.as_of.startswith("--"):
        return DateSpan(date.start, date.end, f"{year}-{date.as_of[2:]}", date.form)
    return date


def periods(lines: Lines, raw: Raw) -> None:
    """``自2022年5月1日至4月15日``: the end of a period before its beginning."""
    for number, text in lines:
        for index, (first, last) in enumerate(itertools.pairwise(dates(text))):
            joint = text[first.end : last.start]
            lead = text[: first.start]
            joined = _JOINT.fullmatch(joint) or (
                _BETWEEN.fullmatch(joint) and re.search(r"(?:\bbetween|介于|在)\s*$", lead, re.IGNORECASE)
            )
            if not joined or not first.as_of or first.as_of.startswith("--") or first.form == "impossible":
                continue
            told = _with_year(last, first.as_of[:4])
            begin, end = _days(first.as_of), _days(told.as_of)
            if begin is None or end is None or end[1] >= begin[0] or last.form == "impossible":
                continue
            borrowed = told is not last
            if borrowed and (begin[0] - end[1] > HALF_A_YEAR or "日" not in text[last.start : last.end]):
                continue
            _order(
                raw, number, f"period-{number}-{index}", (text, first, first.as_of), (text, last, told.as_of)
            )
        for index, match in enumerate(_DAYS.finditer(text)):
            day, month_day = int(match[1] or match[4]), int(match[2] or match[5])
            if 0 < month_day < day < 32:
                where = DateSpan(match.start(), match.end(), None, "day")
                known = next(
                    (d.as_of for d in dates(text) if d.as_of and match.start() <= d.start < match.end()), None
                )
                if known and len(known) > 8 and not known.startswith("--"):
                    base = known[:-2]
                    ends = ((text, where, f"{base}{day:02d}"), (text, where, f"{base}{month_day:02d}"))
                    _order(raw, number, f"days-{number}-{index}", *ends)


def _order(
    raw: Raw,
    line: int,
    name: str,
    earlier: tuple[str, DateSpan, str | None],
    later: tuple[str, DateSpan, str | None],
    lines: tuple[int, int] | None = None,
) -> None:
    """Two dates and the order in which they must be."""
    places = lines or (line, line)
    for end, (text, date, as_of), place in zip(("first", "then"), (earlier, later), places, strict=True):
        raw["figure"].append(
            {
                "id": f"{name}-{end}",
                "label_en": text[date.start : date.end],
                "kind": "once",
                "unit": "date",
                "as_of": as_of,
                "line": place,
            }
        )
    raw["order"].append(
        {"relation": "dates", "earlier": f"{name}-first", "later": f"{name}-then", "line": places[-1]}
    )


def after_the_report(lines: Lines, raw: Raw) -> None:
    """Something told as done on a day after the last one that the report counts up to.

    Only where the report says up to when it speaks; plans, and sentences with a word of the future, are left alone.
    """
    told = [
        (number, text, d)
        for number, text in lines
        for d in dates(text)
        if d.as_of and not d.as_of.startswith("--") and _UP_TO.search(text[max(0, d.start - 60) : d.start])
    ]
    ends = [(_days(d.as_of), number, text, d) for number, text, d in told]
    known = [(days[1], number, text, d) for days, number, text, d in ends if days]
    heads = [text for _, text in lines[:3] if not _PAST.search(text)]
    every = [_days(d.as_of) for text in heads for d in dates(text) if d.as_of]
    title = max((days[1] for days in every if days), default=0)
    if not known:
        return
    last, place, said, until = max(known, key=lambda k: k[0])
    for number, text in lines:
        for sentence in re.finditer(r"[^。；;.]+(?:\.(?=\S)[^。；;.]+)*", text):
            words = sentence.group()
            if not _PAST.search(words) or _FUTURE.search(words):
                continue
            for date in dates(words):
                days = _days(date.as_of) if date.as_of and not date.as_of.startswith("--") else None
                if days and days[0] > max(last, title) and date.form != "year":
                    name = f"late-{number}-{sentence.start() + date.start}"
                    pair = ((words, date, date.as_of), (said, until, until.as_of))
                    _order(raw, number, name, *pair, lines=(number, place))
