"""A cell of a small table (funds.csv, villages.csv...) as an office writes it: 2024/2/12, 1000万元, 开发区, 是."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from decimal import Decimal

from resettle.registry.amounts import AREA_DM2, AREA_WORDS, COUNT_WORDS, MONEY_MINOR, MONEY_WORDS, number_in
from resettle.registry.dates import read_date
from resettle.registry.values import EMPTY, NO, YES
from resettle.tables import Column
from resettle.tables.labels import Labels, named_label
from resettle.words import LANGUAGES

_ABOUT = re.compile(r"约|大概|近|左右|上下|余|多|~|～|≈|about|approx|circa", re.IGNORECASE)
_MONEY = {name: Decimal(factor) for name, factor in MONEY_MINOR.items()}


def as_written(text: str, column: Column, own: Labels | None = None) -> str | None:
    """The value in the spelling of a file, ``""`` for a cell that says it knows nothing, ``None`` if it is unreadable.

    A closed list takes its words in either language, a day every way of writing one that has one reading, an
    amount or area its unit. What is only about so much (约, ~) is no amount, and is refused. ``own``: what a pack
    calls the values of its own lists.

    >>> from resettle.tables import PAYMENT
    >>> [as_written(t, PAYMENT.column("amount_minor")) for t in ("1000万元", "约3万元", "三万二", "不详")]
    ['10000000', None, '32000', '']
    >>> as_written("2024年2月12日", PAYMENT.column("paid_date")), as_written("01/02/2024", PAYMENT.column("paid_date"))
    ('2024-02-12', None)
    >>> as_written("项目业主", PAYMENT.column("source")), as_written("Housing", PAYMENT.column("purpose"))
    ('project_developer', 'housing')
    """
    text = unicodedata.normalize("NFKC", text).strip()
    if column.allowed:
        value = _codes(column.name, column.allowed, own).get(_folded(text))
        return "" if value is None and text.lower() in EMPTY else value
    if text.lower() in EMPTY:
        return ""
    if column.kind == "boolean":
        return _flag(text)
    if column.kind == "date":
        return _day(text, column)
    return None if column.kind == "text" else _number(text, column)


def _folded(text: str) -> str:
    return re.sub(r"[\s_\-]+", " ", unicodedata.normalize("NFKC", text)).strip().lower()


def _codes(name: str, allowed: tuple[str, ...], own: Labels | None) -> dict[str, str]:
    """Codes by their words in every language; a word that two codes share names neither."""
    said = [(_folded(code), code) for code in allowed]
    words = {
        (_folded(word), code)
        for code in allowed
        for language in LANGUAGES
        if (word := named_label(name, code, language, own)) is not None
    }
    found: dict[str, str] = {}
    for word, code in sorted(words):
        found[word] = "" if found.get(word, code) != code else code
    return {word: code for word, code in found.items() if code} | dict(said)


def _flag(text: str) -> str | None:
    plain = text.lower()
    return "true" if plain in YES else "false" if plain in NO else None


def _day(text: str, column: Column) -> str | None:
    value, fault, _ = read_date(text)
    whole_month = fault == "date_month_only" and column.name == "month"
    return value.isoformat() if isinstance(value, date) and (fault is None or whole_month) else None


def _number(text: str, column: Column) -> str | None:
    if _ABOUT.search(text):
        return None
    inner = Decimal(100)
    if column.name.endswith("_minor"):
        value = number_in(text, "yuan", _MONEY, MONEY_WORDS)
    elif column.name.endswith("_dm2"):
        value = number_in(text, "m2", AREA_DM2, AREA_WORDS)
    else:
        inner, value = Decimal(1), number_in(text, "one", {"one": Decimal(1)}, COUNT_WORDS)
    return None if value is None else format((value / inner).normalize(), "f")
