"""The abbreviations a report defines for what it counts: ``project affected households (PAHs)``."""

from __future__ import annotations

import re
from collections.abc import Sequence

from resettle.supervision.counted import named_unit

_DEFINED = re.compile(r"((?:[A-Za-z][\w'-]*[ ,]+){1,6})[(（][\"“]?([A-Z][A-Za-z]{1,6}?)s?[\"”]?[)）]")
_SPELT_OUT = re.compile(r"\b([A-Z]{2,6}?)s?\s[(（]([a-z][\w\s'-]{4,50})[)）]")


def abbreviations(lines: Sequence[tuple[int, str]]) -> dict[str, str]:
    """Abbreviations with the unit they stand for, singular and plural.

    Args:
        lines: ``(line number, text)``.

    >>> abbreviations([(1, "It identified 1,248 project affected households (PAHs).")])
    {'PAH': 'household', 'PAHs': 'household'}
    """
    found: dict[str, str] = {}
    for _, text in lines:
        pairs = [(m[2], m[1]) for m in _DEFINED.finditer(text)]
        pairs += [(m[1], m[2]) for m in _SPELT_OUT.finditer(text)]
        for short, phrase in pairs:
            words = re.findall(r"[\w'-]+", phrase)
            unit = named_unit(words[-1]) if words else None
            initials = "".join(w[0] for w in words[-len(short) :]).upper()
            if unit and short.upper()[-1] == initials[-1:] and sum(c.isupper() for c in short) > 1:
                found |= {short: unit, f"{short}s": unit}
    return found
