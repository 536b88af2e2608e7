"""Dates as written in Chinese and English, kept as partly known dates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from resettle.supervision.schema import span_of

_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_MONTH = "|".join(m.capitalize() for m in _MONTHS)
_SHORT = "|".join(m[:3].capitalize() for m in _MONTHS)
_EN = re.compile(
    rf"(?P<end>(?:the\s+)?end\s+of\s+)?(?:"
    rf"(?P<m1>{_MONTH}|{_SHORT})\.?\s+(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?\s*,\s*(?P<y1>(?:19|20)\d\d)"
    rf"|(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?\s+(?P<m2>{_MONTH}|{_SHORT})\.?,?\s+(?P<y2>(?:19|20)\d\d)"
    rf"|(?P<m3>{_MONTH}|{_SHORT})\.?,?\s+(?P<y3>(?:19|20)\d\d)"
    rf"|(?P<iso>(?:19|20)\d\d-\d{{2}}(?:-\d{{2}})?)"
    rf"|(?<![\d,.])(?P<y5>(?:19|20)\d\d)s?(?!\d|[,.]\d)(?!\s*(?:people|persons|households|yuan|年|元|人|户))"
    rf")|(?P<endm>end\s+of\s+)(?P<m4>{_MONTH})"
)
_ZH = re.compile(
    r"(?P<y>(?:19|20)\d\d|[一二][九〇零][零〇一二三四五六七八九]{2})\s?年"
    r"(?:(?P<rough>初|底|末)|(?:\s?(?P<m>\d{1,2})\s?月(?:\s?(?P<d>\d{1,2})\s?日|(?P<form>底|末|初))?)?)?(?P<bad>底)?"
)


@dataclass(frozen=True, slots=True)
class DateSpan:
    """A date in a line: where, what it can mean, and how it was printed."""

    start: int
    end: int
    as_of: str | None
    form: str


def _month(word: str) -> int:
    return next(i for i, m in enumerate(_MONTHS, start=1) if m.startswith(word.lower()[:3]))


def _checked(text: str, form: str) -> tuple[str, str]:
    return (text, form) if span_of(text) else (text, "impossible")


def dates(line: str, before: str = "") -> Iterator[DateSpan]:
    """The dates of a line in order; ``before`` is the end of the text a page break cut off.

    >>> [d.as_of for d in dates("As of May 2,2017, and by the end of November")]
    ['2017-05-02', '--11']
    >>> [d.form for d in dates("By the end of February 6, 2016")]
    ['end_with_day']
    """
    found = [*_english(line, before), *_chinese(line)]
    yield from sorted(found, key=lambda d: d.start)


def _english(line: str, before: str) -> Iterator[DateSpan]:
    cut = re.search(r"end\s+of\s*$", before, re.IGNORECASE) is not None
    for match in _EN.finditer(line):
        ended = match["end"] is not None or (cut and match.start() == 0)
        if match["m4"]:
            yield DateSpan(match.start(), match.end(), f"--{_month(match['m4']):02d}", "year_not_given")
            continue
        if match["iso"]:
            text, form = _checked(match["iso"], "day" if len(match["iso"]) == 10 else "month")
        elif match["y5"]:
            text, form = match["y5"], "year"
        elif match["m3"]:
            text = f"{match['y3']}-{_month(match['m3']):02d}"
            form = "month_end" if ended else "month"
        else:
            year, month, day = (
                (match["y1"], match["m1"], match["d1"])
                if match["m1"]
                else (match["y2"], match["m2"], match["d2"])
            )
            text = f"{year}-{_month(month):02d}-{int(day):02d}"
            text, form = _checked(text, "end_with_day" if ended else "day")
        yield DateSpan(match.start(), match.end(), text, form)


def _chinese(line: str) -> Iterator[DateSpan]:
    for match in _ZH.finditer(line):
        year = match["y"]
        if not year.isdigit():
            year = "".join(str("零一二三四五六七八九".find(c.replace("〇", "零"))) for c in year)
        if match["m"] is None:
            yield DateSpan(match.start(), match.end(), year, "year")
            continue
        text = f"{year}-{int(match['m']):02d}"
        form = "month_end" if match["form"] in ("底", "末") else "month"
        if match["d"]:
            text, form = f"{text}-{int(match['d']):02d}", "end_with_day" if match["bad"] else "day"
        text, form = _checked(text, form)
        yield DateSpan(match.start(), match.end(), text, form)
