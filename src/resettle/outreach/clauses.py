"""Clauses as notes: the letter's sentences stay plain, what each rests on stands small at the foot."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from resettle.words import Language, tell

FIRST_MARK = 0x100000
"""A character of the last private plane stands for a clause while the letter is put together; registers of names
use only the first."""
NUMBERS = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"

MARK = re.compile(
    r"\s?[(（](?P<alone>[\U00100000-\U0010FFFF])[)）]"
    r"|[;；]\s?(?P<last>[\U00100000-\U0010FFFF])(?P<close>[)）])"
    r"|(?P<bare>[\U00100000-\U0010FFFF])"
)
"""A bracket that holds nothing but the clause goes with it; one that holds more closes before the number."""


def marked(clauses: Mapping[str, str]) -> dict[str, str]:
    """Each clause as a mark; equal clauses share one, and an empty one stays empty."""
    marks: dict[str, str] = {}
    for clause in clauses.values():
        if clause:
            marks.setdefault(clause, chr(FIRST_MARK + len(marks)))
    return {topic: marks.get(clause, "") for topic, clause in clauses.items()}


def footnotes(
    texts: Sequence[str], clauses: Mapping[str, str], documents: Mapping[str, str], language: Language
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The texts with numbers for marks, in the order they are met, and the notes the numbers stand for.

    A document a note cites by a short name is told in full once, after the notes.

    >>> footnotes(["a (\U00100000).", "b (2; \U00100000)."], {"area": "rule 1"}, {}, "en")
    (('a①.', 'b (2)①.'), ('① rule 1.',))
    """
    by_mark = {mark: clauses[topic] for topic, mark in marked(clauses).items() if mark}
    met: dict[str, str] = {}

    def number(found: re.Match[str]) -> str:
        mark = found["alone"] or found["last"] or found["bare"]
        if mark not in by_mark:
            return found[0]
        met.setdefault(mark, NUMBERS[min(len(met), len(NUMBERS) - 1)])
        return (found["close"] or "") + met[mark]

    done = tuple(MARK.sub(number, text) for text in texts)
    stop, colon = tell("outreach.period", language), "：" if language == "zh" else ": "
    notes = [f"{sign} {by_mark[mark].rstrip('。.')}{stop}" for mark, sign in met.items()]
    cited = " ".join(notes)
    notes += [f"{short}{colon}{full}{stop}" for short, full in documents.items() if short in cited]
    return done, tuple(notes)


def without_marks(text: str) -> str:
    """A text as it is read aloud: nobody speaks the number of a note."""
    return re.sub(f"[{NUMBERS}]", "", text)
