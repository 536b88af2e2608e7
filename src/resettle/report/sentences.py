"""Sentences of the report in both languages at once, from ``words``."""

from __future__ import annotations

from datetime import date
from typing import Any

from resettle.tables.page_text import date_text, pick, same
from resettle.tables.pages import Text
from resettle.words import LANGUAGES, Language, sentences, tell


def _in(language: Language, value: Any) -> Any:
    if isinstance(value, Text):
        return pick(value, language)
    if isinstance(value, date):
        return pick(date_text(value), language)
    return value


def say(key: str, **values: Any) -> Text:
    """The sentence of that key in both languages; values may be texts, dates or numbers.

    >>> say("report.mark.computed").en
    'Computed'
    """
    zh, en = (
        tell(key, language, **{name: _in(language, value) for name, value in values.items()})
        for language in LANGUAGES
    )
    return Text(zh, en)


def word_of(prefix: str, name: str | None) -> Text:
    """The word for a code of a list, the code itself where a user's own list has no word, or *unknown*.

    >>> word_of("value.status", "printed").en
    'printed'
    """
    if name is None:
        return say("common.unknown")
    return say(f"{prefix}.{name}") if f"{prefix}.{name}" in sentences("zh") else same(name)
