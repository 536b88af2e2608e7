"""The nearest known choice to a text nobody knows: one name among a few, or many texts at a cost that stays small."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterable

COMPARED = 60
"""Choices compared character by character; those that share most characters come first."""
LONGEST = 40
"""A longer text is a remark, and nothing is near it."""
ANSWERED = 500
"""Different texts answered: where a whole column is wrong, the first of them say so."""


class Choices:
    """The valid choices, found by the characters they hold.

    >>> Choices(["户主", "配偶", "之子"]).nearest("户 主人", 0.5), Choices(["户主"]).nearest("儿媳", 0.1)
    ('户主', None)
    """

    def __init__(self, names: Iterable[str]) -> None:
        self.names = list(dict.fromkeys(names))
        self.holding: dict[str, list[int]] = {}
        for place, name in enumerate(self.names):
            for character in set(name):
                self.holding.setdefault(character, []).append(place)
        self.asked = 0

    def nearest(self, text: str, cutoff: float) -> str | None:
        """The choice nearest to ``text`` with at least ``cutoff`` of difflib's ratio; ``None`` where there is none."""
        if len(text) > LONGEST or self.asked >= ANSWERED:
            return None
        self.asked += 1
        shared: Counter[int] = Counter()
        for character in set(text):
            shared.update(self.holding.get(character, ()))
        near = sorted(shared, key=lambda place: (-shared[place], len(self.names[place]), place))[:COMPARED]
        found = difflib.get_close_matches(text, [self.names[place] for place in near], n=1, cutoff=cutoff)
        return found[0] if found else None


def nearest(name: str, choices: Iterable[str]) -> str:
    """The nearest choice, or an empty string where there is none to choose from.

    >>> nearest("cusa_1", ["CUSL1", "CUSA1"]), nearest("x", [])
    ('CUSA1', '')
    """
    bare: dict[str, str] = {}
    for choice in choices:
        bare.setdefault(_bare(choice), choice)
    close = difflib.get_close_matches(_bare(name), list(bare), n=1, cutoff=0.0)
    return bare[close[0]] if close else ""


def _bare(text: str) -> str:
    return re.sub(r"[\W_]+", "", str(text)).casefold() or str(text)
