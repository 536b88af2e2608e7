"""The room's sentences and how its numbers are written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from resettle.tables.pages import Cell, Text
from resettle.words import sentences, tell


def say(key: str, **values: Any) -> Text:
    """A sentence of the room in both languages; a value may itself be a :class:`Text`."""
    zh = {k: v.zh if isinstance(v, Text) else v for k, v in values.items()}
    en = {k: v.en if isinstance(v, Text) else v for k, v in values.items()}
    return Text(tell(f"evaluation.{key}", "zh", **zh), tell(f"evaluation.{key}", "en", **en))


def head(key: str) -> Text:
    """The head of a column."""
    return say(f"head.{key}")


def name_of(kind: str, value: str) -> Text:
    """A measure's or group's name where the words know it, as it stands otherwise."""
    key = f"evaluation.{kind}.{value}"
    return say(f"{kind}.{value}") if key in sentences("en") else Text(value, value)


def number(value: float, decimals: int = 1) -> str:
    """A number in a sentence.

    >>> number(63.349), number(1234.5, 0)
    ('63.3', '1,234')
    >>> number(-119.2, 0)
    '−119'
    """
    return f"{value:,.{decimals}f}".replace("-", "−")


def band_name(group: str) -> Text:
    """A band of distances, whose ends no minus may stand between.

    >>> band_name("0-2").en, band_name("20+").zh
    ('0–2 km', '20 公里以上')
    """
    if group.endswith("+"):
        return Text(f"{group[:-1]} 公里以上", f"{group} km")
    return Text(f"{group.replace('-', '—')} 公里", f"{group.replace('-', '–')} km")


def short_name(measure: str) -> Text:
    """A measure's name inside a sentence, without the unit that stands in the heads of tables."""
    return (
        say(f"short.{measure}")
        if f"evaluation.short.{measure}" in sentences("en")
        else name_of("measure", measure)
    )


def stretch(row: Mapping[str, Any], decimals: int = 1) -> Text:
    """Both ends of an interval in a sentence, or that there is none."""
    if row["low"] is None:
        return name_of("withheld", row.get("withheld") or "few_units")
    low, high = number(row["low"], decimals), number(row["high"], decimals)
    return Text(f"{low} 至 {high}", f"{low} to {high}")


def interval_cell(row: Mapping[str, Any], decimals: int = 1) -> Cell:
    """Both ends of an interval in a table, or why there is none."""
    if row["low"] is None:
        return name_of("withheld", row.get("withheld") or "few_units")
    text = f"{number(row['low'], decimals)} – {number(row['high'], decimals)}"
    return Text(text, text)
