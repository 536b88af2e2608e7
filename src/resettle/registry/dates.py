"""Dates as rosters hold them: ISO, Chinese, full-width, eight digits, spreadsheet serials; lunar ones refused."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta

import polars as pl

_LUNAR = re.compile(r"农历|阴历|旧历|腊月|正月|冬月|闰|廿|初[一二三四五六七八九十]|lunar", re.IGNORECASE)
_DIGITS = {c: str(i) for i, c in enumerate("〇一二三四五六七八九")} | {"零": "0", "○": "0"}
_FULL = re.compile(
    r"^(\d{4})[年\-/.](\d{1,2})[月\-/.](\d{1,2})日?(?:[T ]\d{1,2}:\d{2}(?::\d{2})?(?:\.\d+)?)?$"
)
_MONTH = re.compile(r"^(\d{4})[年\-/.](\d{1,2})月?$")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAMED = re.compile(
    r"^(?:(\d{1,2})(?:st|nd|rd|th)?[\s\-/.,]*([a-z]{3,9})\.?|([a-z]{3,9})\.?\s*(\d{1,2})(?:st|nd|rd|th)?)[\s\-/.,]*(\d{4})$",
    re.IGNORECASE,
)
"""A day, the name of a month and a year, in either order: 3 April 1988, Apr 3, 1988."""
_YEAR = re.compile(
    r"^(?:约|大约|about|abt|circa|ca?\.?)?\s*((?:19|20)\d{2})(?:\.0)?\s*年?(?:左右|出?生)?$", re.IGNORECASE
)
_SHORT = re.compile(r"^(\d{1,2})([年\-/.])(\d{1,2})[月\-/.](\d{1,2})日?$|^(\d{2})()(\d{2})(\d{2})$")
"""A year of two digits: whose century nobody wrote, and where it stands nobody knows."""
DAY_FIRST, MONTH_FIRST = "day/month/year", "month/day/year"
_BACK = re.compile(r"^(\d{1,2})[\-/.](\d{1,2})[\-/.](\d{4})$")
SERIAL_ZERO = date(1899, 12, 30)
SERIALS = range(3_000, 80_000)
"""Days spreadsheets count: 1908 to 2119. A smaller number is rather an age or a year."""


def read_date(text: str, order: str | None = None) -> tuple[date | None, str | None, str | None]:
    """Read one shown date.

    Args:
        order: which of day and month stands first where the year stands last, if the column proves it.

    Returns:
        The date, the name of a fault (``date_lunar``, ``date_ambiguous``, ``date_unreadable``, ``date_year_only``,
        ``date_year_short``, or ``date_month_only`` beside the first of that month), and a nearest choice.

    >>> read_date("１９６２年３月１日"), read_date("22706")[0]
    ((datetime.date(1962, 3, 1), None, None), datetime.date(1962, 3, 1))
    >>> read_date("03-Apr-1988")[0], read_date("April 3, 1988")[0]
    (datetime.date(1988, 4, 3), datetime.date(1988, 4, 3))
    >>> read_date("腊月初八"), read_date("2016-02-30")
    ((None, 'date_lunar', None), (None, 'date_unreadable', '2016-02-29'))
    >>> read_date("12/03/1961"), read_date("12/03/1961", DAY_FIRST)[0]
    ((None, 'date_ambiguous', '1961-12-03 / 1961-03-12'), datetime.date(1961, 3, 12))
    >>> read_date("1962年"), read_date("62.3.1")
    ((None, 'date_year_only', None), (None, 'date_year_short', '1962-03-01 / 2062-03-01'))
    """
    text = unicodedata.normalize("NFKC", text).strip().strip("'\"“”")
    if _LUNAR.search(text):
        return None, "date_lunar", None
    if re.search(r"[〇一二三四五六七八九零○]", text):
        text = _chinese(text)
    if named := _NAMED.match(text):
        month = (named[2] or named[3])[:3].lower()
        if month in _MONTHS:
            return _made(int(named[5]), _MONTHS.index(month) + 1, int(named[1] or named[4]))
    text = re.sub(r"(?<=\d)\s*[、,]\s*(?=\d)", "-", re.sub(r"号$", "日", text))
    text = re.sub(r"\s*([年月日/.\-])\s*", r"\1", text)
    if re.fullmatch(r"\d{8}(\.0)?", text):
        text = f"{text[:4]}-{text[4:6]}-{text[6:8]}"
    if re.fullmatch(r"\d{6}", text) and 1900 <= int(text[:4]) <= 2100:
        text = f"{text[:4]}-{text[4:]}"
    if full := _FULL.match(text):
        return _made(int(full[1]), int(full[2]), int(full[3]))
    if month := _MONTH.match(text):
        value, fault, nearest = _made(int(month[1]), int(month[2]), 1)
        return (value, fault or "date_month_only", nearest)
    if back := _BACK.match(text):
        one, two, year = int(back[1]), int(back[2]), int(back[3])
        if one <= 12 and two <= 12 and one != two and order is not None:
            return _made(year, two, one) if order == DAY_FIRST else _made(year, one, two)
        if one <= 12 and two <= 12 and one != two:
            return None, "date_ambiguous", f"{year}-{one:02d}-{two:02d} / {year}-{two:02d}-{one:02d}"
        return _made(year, one, two) if two > 12 else _made(year, two, one)
    if (
        re.fullmatch(r"\d{4,5}(\.\d+)?", text)
        and int(float(text)) in SERIALS
        and not 1900 <= float(text) <= 2100
    ):
        return SERIAL_ZERO + timedelta(days=int(float(text))), None, None
    if _YEAR.match(text):
        return None, "date_year_only", None
    if short := _SHORT.match(text):
        return None, "date_year_short", _centuries(short)
    return None, "date_unreadable", None


def _centuries(short: re.Match[str]) -> str | None:
    """What a date with a year of two digits may mean: every place the year can stand in, in both centuries."""
    first, mark, second, third = (g for g in short.groups() if g is not None)
    parts = int(first), int(second), int(third)
    orders = [(0, 1, 2)] if mark == "年" or not mark else [(0, 1, 2), (2, 1, 0), (2, 0, 1)]
    found = [
        made[0].isoformat()
        for year, month, day in orders
        for century in (1900, 2000)
        if parts[year] < 100 and (made := _made(century + parts[year], parts[month], parts[day]))[0]
    ]
    return " / ".join(dict.fromkeys(found)) or None


def order_of(texts: pl.Series) -> tuple[str | None, str | None]:
    """Whether the day or the month stands first in a column of ``12/03/1961``, and the date that proves it.

    Proved by a date of which only one reading exists; where two prove the opposite, nothing is proved.

    >>> order_of(pl.Series(["12/03/1961", "25/12/1970"]))
    ('day/month/year', '25/12/1970')
    >>> order_of(pl.Series(["12/03/1961"])), order_of(pl.Series(["25/12/1970", "12/25/1970"]))
    ((None, None), (None, None))
    """
    proofs: dict[str, str] = {}
    for text in texts:
        back = _BACK.match(re.sub(r"\s*([/.\-])\s*", r"\1", unicodedata.normalize("NFKC", text).strip()))
        if back is None:
            continue
        one, two, year = (int(part) for part in back.groups())
        if one > 12 and _made(year, two, one)[0]:
            proofs.setdefault(DAY_FIRST, text)
        elif two > 12 and _made(year, one, two)[0]:
            proofs.setdefault(MONTH_FIRST, text)
    return next(iter(proofs.items())) if len(proofs) == 1 else (None, None)


def _chinese(text: str) -> str:
    """Chinese numerals of a date to digits: 二〇一六年三月十五日."""

    def number(match: re.Match[str]) -> str:
        word = match[0]
        if "十" in word:
            tens, _, ones = word.partition("十")
            return _DIGITS.get(tens, "1") + _DIGITS.get(ones, "0")
        return "".join(_DIGITS[c] for c in word)

    return re.sub(r"[〇一二三四五六七八九零○十]+", number, text)


def _made(year: int, month: int, day: int) -> tuple[date | None, str | None, str | None]:
    try:
        return date(year, month, day), None, None
    except ValueError:
        if 1 <= month <= 12 and 1900 <= year <= 2100 and day <= 31:
            last = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
            return None, "date_unreadable", last.isoformat()
        return None, "date_unreadable", None


ENOUGH = 5
"""Dates with a day up to 12 that are no chance any more: one in a hundred columns of true dates."""


def _turned(quick: pl.Series, rest: pl.Series) -> int:
    """How many dates a spreadsheet program may have turned round, day for month, while it was typed into.

    A program set to the other order takes 12/03/1961 for a date of December and leaves 25/12/1970 as text: then all that
    stayed text has a day past 12, and all that became dates has none.
    """
    days = quick.drop_nulls().dt.day()
    texts = [read_date(text) for text in rest if _BACK.match(text)]
    only_plain = all(fault is None and value is not None and value.day > 12 for value, fault, _ in texts)
    return len(days) if texts and only_plain and len(days) >= ENOUGH and (days <= 12).all() else 0


def read_dates(shown: pl.Series) -> tuple[pl.Series, pl.DataFrame]:
    """Read a column of dates: the usual form at once, the others each once.

    Returns the dates and the faults as ``text``, ``fault``, ``nearest``. Two are about the column: ``date_order``, a date
    that is read because the column proves the order of day and month, with order and proof as nearest; and
    ``date_turned``, the proof of :func:`_turned`, with the count of dates in doubt.
    """
    quick = shown.set(~shown.str.contains(r"^\d{4}-"), None).str.to_date("%Y-%m-%d", strict=False)
    rest = shown.filter(quick.is_null() & shown.is_not_null()).unique().sort()
    order, proof = order_of(rest)
    read = [(text, *read_date(text, order)) for text in rest]
    turned = _turned(quick, rest) if order is not None else 0
    if order is not None:
        told = f"{order} ({proof})"
        read = [
            (text, value, "date_order", told)
            if value and not fault and read_date(text)[1] == "date_ambiguous"
            else (text, value, fault, near)
            for text, value, fault, near in read
        ]
    values = {text: value for text, value, _, _ in read if value is not None}
    faults = pl.DataFrame(
        [(text, fault, nearest) for text, _, fault, nearest in read if fault],
        schema={"text": pl.String, "fault": pl.String, "nearest": pl.String},
        orient="row",
    )
    if turned:
        said = pl.DataFrame([(proof, "date_turned", str(turned))], schema=faults.schema, orient="row")
        faults = pl.concat([faults, said])
    if values:
        slow = shown.replace_strict(values, default=None, return_dtype=pl.Date)
        quick = quick.fill_null(slow)
    return quick, faults
