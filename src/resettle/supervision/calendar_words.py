"""Dates as written in Chinese and English, kept as partly known dates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from resettle.supervision.lexicon import UNITS_EN
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
    rf"|(?P<m6>{_MONTH}|{_SHORT})\.?\s+(?P<d6>\d{{1,2}})(?:st|nd|rd|th)?\s+(?P<y6>(?:19|20)\d\d)"
    rf"|(?P<iso>(?:19|20)\d\d-\d{{2}}(?:-\d{{2}})?)"
    rf"|(?<![\d./])(?P<y7>(?:19|20)\d\d)[./](?P<m7>\d{{1,2}})[./](?P<d7>\d{{1,2}})(?![\d./]\d)"
    rf"|(?<![\d./])(?P<a8>\d{{1,2}})[./](?P<b8>\d{{1,2}})[./](?P<y8>(?:19|20)\d\d)(?!\d)"
    rf"|(?<![\d,.])(?P<y5>(?:19|20)\d\d)s?(?!\d|[,.]\d)(?!\s*[\u4e00-\u9fff])"
    rf"|(?P<d9>\d{{1,2}})(?:st|nd|rd|th)?\s+(?P<m9>{_MONTH})\b(?!\s*,?\s*\d{{4}})"
    rf"|(?P<m10>{_MONTH})\s+(?P<d10>\d{{1,2}})(?:st|nd|rd|th)?\b(?!\s*,?\s*\d{{4}}|[,.]\d)"
    rf")|(?P<endm>end\s+of\s+)(?P<m4>{_MONTH})"
)
_ZH = re.compile(
    r"(?:(?P<y>(?:19|20)\d\d|[一二][九〇零][零〇一二三四五六七八九]{2})\s?年"
    r"(?:(?P<rough>初|底|末)|(?:\s?(?P<m>\d{1,2})\s?月(?:\s?(?P<d>\d{1,2})\s?日|(?P<form>底|末|初))?)?)?(?P<bad>底)?"
    r"|(?<![\d.年])(?P<m2>\d{1,2})\s?月(?:\s?(?P<d2>\d{1,2})\s?日|(?P<f2>底|末|初)|份)?)"
)

_COUNTED = re.compile(rf"\s+(?:{'|'.join(p for p, _ in UNITS_EN)})\b", re.IGNORECASE)
_IN_YEAR = re.compile(r"\b(?:in|since|of|by|from|until|during|and|to|for|year)\s+$", re.IGNORECASE)
"""``2,024 families`` without its comma is no year; ``in 2024 families moved`` is one."""


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
        elif match["d9"] or match["d10"]:
            yield _without_year(match, _month(match["m9"] or match["m10"]), int(match["d9"] or match["d10"]))
            continue
        elif match["y5"]:
            if _COUNTED.match(line, match.end()) and not _IN_YEAR.search(line[: match.start()]):
                continue
            text, form = match["y5"], "year"
        elif match["m3"]:
            text = f"{match['y3']}-{_month(match['m3']):02d}"
            form = "month_end" if ended else "month"
        else:
            year, month, day = _full(match)
            text = f"{year}-{month:02d}-{day:02d}"
            text, form = _checked(text, "end_with_day" if ended else "day")
        yield DateSpan(match.start(), match.end(), text, form)


def _full(match: re.Match[str]) -> tuple[str, int, int]:
    """Year, month and day of a whole date; ``30/06/2021`` is day first unless only month first can be meant."""
    for number in ("1", "2", "6"):
        if match[f"m{number}"]:
            return match[f"y{number}"], _month(match[f"m{number}"]), int(match[f"d{number}"])
    if match["y7"]:
        return match["y7"], int(match["m7"]), int(match["d7"])
    first, second = int(match["a8"]), int(match["b8"])
    day, month = (second, first) if second > 12 >= first else (first, second)
    return match["y8"], month, day


def _without_year(match: re.Match[str], month: int, day: int | None) -> DateSpan:
    """A day whose year is not printed; 31 September is impossible in any year."""
    text = f"--{month:02d}" + ("" if day is None else f"-{day:02d}")
    real = 1 <= month <= 12 and (day is None or span_of(f"2000-{month:02d}-{day:02d}") is not None)
    return DateSpan(match.start(), match.end(), text, "year_not_given" if real else "impossible")


def _chinese(line: str) -> Iterator[DateSpan]:
    for match in _ZH.finditer(line):
        year = match["y"]
        if year is None:
            if 1 <= int(match["m2"]) <= 12 or match["d2"]:
                yield _without_year(match, int(match["m2"]), int(match["d2"]) if match["d2"] else None)
            continue
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
