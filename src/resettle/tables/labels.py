"""What a value of a closed list is called where a person reads it: one way for the contract's lists and a pack's."""

from __future__ import annotations

import re
from collections.abc import Mapping

from resettle.words import Language, sentences

Labels = Mapping[str, Mapping[str, Mapping[str, str]]]
"""A pack's own words: name of the column, rule or parameter, then the value, then the language."""

_CODE = re.compile(r"[a-z0-9]+(_[a-z0-9]+)+")


def label(name: str, value: str, language: Language, own: Labels | None = None) -> str:
    """The words for a value of the column, rule or parameter of that name.

    A pack's words come before those of the contract. A code nobody has named is read as its words; any other text
    stands as it is, for it is somebody's own.

    >>> label("scope_reason", "harsh", "zh"), label("plot_state", "half_dry", "en"), label("crop", "水稻", "en")
    ('生存条件恶劣', 'half dry', '水稻')
    """
    named = named_label(name, value, language, own)
    if named is not None:
        return named
    return value.replace("_", " ") if _CODE.fullmatch(value) else value


def named_label(name: str, value: str, language: Language, own: Labels | None = None) -> str | None:
    """The words a pack or the contract gives a value; ``None`` where neither does."""
    pack_word = (own or {}).get(name, {}).get(value, {}).get(language)
    return pack_word or sentences(language).get(f"value.{name}.{value}")
