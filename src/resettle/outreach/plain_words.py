"""Whether a text can be understood: common characters, short sentences, known terms. No readability score."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from importlib import resources

from resettle.problems import Problem
from resettle.words import Language

LONGEST_SENTENCE = {"zh": 45, "en": 28}
"""Han characters, or words, in one sentence."""
SPEED = {"zh": 200, "en": 130}
"""Characters or words a minute, read slowly to a listener."""
LONGEST_READING_S = 180


@cache
def common_characters() -> frozenset[str]:
    """The 3,500 common characters: level one of the Table of General Standard Chinese Characters (2013).

    The table is an official document of the State Council.

    >>> len(common_characters()), "贫" in common_characters(), "瀍" in common_characters()
    (3500, True, False)
    """
    text = (resources.files("resettle.outreach") / "common_characters.txt").read_text(encoding="utf-8")
    return frozenset("".join(line for line in text.splitlines() if not line.startswith("#")))


def sentences_of(text: str) -> list[str]:
    """Sentences of a text in either language."""
    return [s.strip() for s in re.split(r"[。！？；\n]|(?<=[.!?;])\s", text) if s.strip()]


def length_of(sentence: str, language: Language) -> int:
    """Han characters and numbers, or words."""
    if language == "zh":
        return len(re.findall(r"[\u4e00-\u9fff]|[\d,.]+|[A-Za-z]+", sentence))
    return len(re.findall(r"[\w',.²-]+", sentence))


def reading_seconds(text: str, language: Language) -> int:
    """How long a text takes to be read aloud slowly.

    >>> reading_seconds("one two three four five six seven eight nine ten eleven twelve thirteen", "en")
    6
    """
    return round(60 * length_of(text, language) / SPEED[language])


def check_words(
    text: str, language: Language, names: Iterable[str] = (), terms: Iterable[str] = ()
) -> list[Problem]:
    """What would stop a reader.

    Args:
        text: the letter's text.
        language: its language.
        names: names of persons and places, whose characters cannot be chosen.
        terms: terms in quotation marks that the glossary holds.

    Returns:
        Hints: uncommon characters, long sentences, quoted terms the glossary lacks.
    """
    problems = []
    if language == "zh":
        bare = text
        for name in names:
            bare = bare.replace(name, "")
        hard = sorted({c for c in bare if "\u4e00" <= c <= "\u9fff"} - common_characters())
        if hard:
            problems.append(Problem("outreach.hard_character", "hint", value="、".join(hard)))
    for sentence in sentences_of(text):
        length = length_of(sentence, language)
        if length > LONGEST_SENTENCE[language]:
            problems.append(Problem("outreach.long_sentence", "hint", value=str(length), nearest=sentence))
    known = set(terms)
    for quoted in re.findall(r"[“\"]([^”\"]{2,12})[”\"]", text):
        if quoted not in known:
            problems.append(Problem("outreach.term_unknown", "hint", value=quoted))
    return problems
