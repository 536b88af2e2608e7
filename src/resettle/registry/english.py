"""English heads by what they say rather than how: Relationship to Head of Household is the relation.

Order, number, filling words and the usual synonyms of censuses do not count; every other word does, so that
income per month is not taken for income, and two heads that say different things stay different.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

MARK = "="
"""Begins a key among the aliases; a folded head never holds it first."""
_SAME = {
    "household": "household hh households family families",
    "head": "head hoh hhh headed",
    "member": "member members person persons individual individuals people pap paps resident beneficiary",
    "number": "number numbers no nos num nr code codes ref reference",
    "name": "name names",
    "relation": "relation relationship relations rel",
    "sex": "sex gender",
    "birth": "birth dob born birthdate birthday",
    "identity": "identity identification national nid nin citizen citizenship document nationalid nric",
    "size": "size total count",
    "": "of the to with a an full in and for is are has have does date given",
}
_WORD = {word: meant for meant, words in _SAME.items() for word in words.split()}
_BRACKETS = re.compile(r"[（(\[].*?[）)\]]")


@lru_cache(maxsize=20_000)
def key_of(head: str) -> str:
    """What an English head says, as a key; empty where it holds a word of another script or says nothing.

    >>> key_of("Relationship to Head of Household") == key_of("relation"), key_of("HH Code") == key_of("Household No.")
    (True, True)
    >>> key_of("National ID No.") == key_of("identity number"), key_of("Income per month") == key_of("income")
    (True, False)
    """
    text = unicodedata.normalize("NFKC", head).replace("_", " ").replace("'s", "")
    if not text.isascii():
        return ""
    words = re.findall(r"[a-z]+|\d+", _BRACKETS.sub(" ", text).lower())
    found = {_WORD.get(word, word) for word in words} - {""}
    # a number a project gives its people ("PAP ID") is no identity number
    if "id" in found and ("member" not in found or found & {"identity", "card"}):
        is_home = "household" in found and "head" not in found
        found = found - {"id"} | {"number" if is_home else "identity"}
    if "card" in found and "identity" in found:
        found -= {"card"}
    return MARK + " ".join(sorted(_plain(found))) if found and words else ""


def _plain(words: set[str]) -> set[str]:
    """Without what another word already says."""
    if "relation" in words:
        return words - {"head", "household", "member"}
    if words & {"name", "sex", "birth", "identity"} and words & {"head", "member"}:
        words = words - {"household"}
    if "identity" in words:
        words = words - {"number"}
    if words == {"head", "household"}:
        return {"head", "name"}
    if "income" in words:
        words = words - {"household"}
    if "education" in words:
        words = words - {"level", "member"}
    if words & {"sex", "birth", "identity"}:
        words = words - {"member"}
    if words in ({"number", "member"}, {"household", "member", "number"}):
        return {"household", "size"}
    return words
