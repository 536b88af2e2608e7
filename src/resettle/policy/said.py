"""A value of a rule, column or parameter as a person reads it: by its unit, or by the words of its closed list."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any

from resettle.policy.names import Parameter, as_value
from resettle.policy.pack import Pack
from resettle.policy.tree import Value, slot_date
from resettle.words import Language, sentences, tell

YEARS = range(1900, 2201)
"""A number of the unit ``year`` in this range is a year of the calendar, written without a comma."""


def in_words(value: Value, kind: str, lang: Language, unit: str = "", currency: str = "") -> str:
    """A value with the first word of its unit: areas in m2, money in major units, what is counted by its name.

    >>> in_words(None, "boolean", "en"), in_words(True, "boolean", "zh"), in_words(7500, "integer", "en", "dm2")
    ('unknown', '是', '75 m2')
    >>> in_words(1, "integer", "en", "person"), in_words(1200, "integer", "zh", "person"), in_words(2016, "integer", "en", "year")
    ('1 person', '1,200 人', '2016')
    """
    if value is None:
        return tell("common.unknown", lang)
    if isinstance(value, bool):
        return tell("common.yes" if value else "common.no", lang)
    if kind == "date":
        return str(value if isinstance(value, date) else slot_date(int(value)))
    if not isinstance(value, int):
        return value
    head = unit.partition(" ")[0]
    if head in ("dm2", "minor"):
        number = f"{value // 100:,}" if value % 100 == 0 else f"{value / 100:,.2f}"
        return tell(f"policy.unit.{head}", lang, value=number, currency=currency)
    if head == "ppm":
        return f"{value / 10_000:,.2f}".rstrip("0").rstrip(".") + "%"
    if head == "year" and value in YEARS:
        return str(value)
    return f"{value:,}{_counted(value, head, lang)}"


def _counted(value: int, head: str, lang: Language) -> str:
    """The name of what is counted, in the number English needs; a unit nobody has named stands as the pack has it."""
    if not head or head == "per":
        return ""
    one, _, several = sentences(lang).get(f"policy.count.{head}", head).partition("|")
    name = one if abs(value) == 1 or not several else several
    return name if name == "%" else f" {name}"


def said(pack: Pack, name: str, value: Value, kind: str, lang: Language, unit: str = "") -> str:
    """A value of a column, rule or parameter; a value of a closed list by its own words."""
    if isinstance(value, str) and kind == "text":
        return pack.label(name, value, lang)
    return in_words(value, kind, lang, unit, pack.currency_name(lang))


def setting_said(pack: Pack, parameter: Parameter, value: Any, lang: Language) -> str:
    """The value of a parameter with what it is counted by; of a keyed one each key by its words."""
    one = partial(said, pack, parameter.name, kind=parameter.kind, lang=lang, unit=parameter.unit)
    by = _counted_by(parameter.unit, lang)
    if not isinstance(value, dict):
        return one(value=as_value(value)) + ("" if value is None else by)
    pairs = [
        tell("policy.pair", lang, name=pack.label(parameter.name, str(k), lang), value=one(value=as_value(v)))
        for k, v in value.items()
    ]
    return tell("policy.list_comma", lang).join(pairs) + by


def _counted_by(unit: str, lang: Language) -> str:
    """What stands behind an amount: what it is counted by, in the reader's language.

    >>> _counted_by("minor per person", "zh"), _counted_by("minor per person and month", "en"), _counted_by("month", "en")
    ('/人', ' per person and month', '')
    """
    by = unit.partition("per ")[2].strip()
    if not by or not (unit.startswith("per ") or " per " in unit):
        return ""
    if lang == "en":
        return f" per {by}"
    words = sentences(lang)
    parts = [words.get(f"page.unit.{part}", part).removeprefix("个") for part in by.split(" and ")]
    return "/" + "·".join(parts)
