"""Units in the reader's language, and back to the names the checks use."""

from __future__ import annotations

from functools import cache

import polars as pl

from resettle.words import LANGUAGES, Language, sentences, tell

_KEY, _EACH = "supervision.unit.", "supervision.unit_each."


def unit_word(unit: str, language: Language) -> str:
    """A unit in the reader's language; one that no list knows stands as the report prints it.

    >>> unit_word("household", "zh"), unit_word("dollar/household", "en"), unit_word("culvert", "en")
    ('户', 'dollars per household', 'culvert')
    """
    known = sentences(language)
    whole = known.get(f"supervision.unit.{unit}")
    base, *each = unit.split("/")
    if whole is not None or not each:
        return whole or unit
    word = known.get(f"supervision.unit.{base}", base)
    for part in each:
        named = known.get(f"supervision.unit_each.{part}", part)
        word = tell("supervision.unit_each.joined", language, unit=word, each=named)
    return word


@cache
def _names() -> dict[str, str]:
    """Every word of a unit in any language to its name; a word of two units is left as it stands."""
    found: dict[str, set[str]] = {}
    for language in LANGUAGES:
        known = sentences(language)
        bases = [key.removeprefix(_KEY) for key in known if key.startswith(_KEY)]
        each = [
            key.removeprefix(_EACH) for key in known if key.startswith(_EACH) and not key.endswith(".joined")
        ]
        for unit in (*bases, *(f"{b}/{e}" for b in bases if "/" not in b for e in each)):
            found.setdefault(unit_word(unit, language), set()).add(unit)
    return {word: names.pop() for word, names in found.items() if len(names) == 1}


def shown(frame: pl.DataFrame, language: Language) -> pl.DataFrame:
    """Readings with their units in a reader's language; a unit whose word is not its own keeps its name."""

    def word(unit: str) -> str:
        said = unit_word(unit, language)
        return said if _names().get(said) == unit else unit

    return frame.with_columns(pl.col("unit").map_elements(word, return_dtype=pl.String))


def named(frame: pl.DataFrame) -> pl.DataFrame:
    """A corrected sheet with the names of units, whatever language they were written or corrected in.

    >>> named(pl.DataFrame({"unit": ["户", "yuan per person", "culvert", None]}))["unit"].to_list()
    ['household', 'yuan/person', 'culvert', None]
    """
    return frame.with_columns(
        pl.col("unit").map_elements(lambda u: _names().get(u.strip(), u.strip()), return_dtype=pl.String)
    )
