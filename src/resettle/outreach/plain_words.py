"""Whether a text can be understood: common characters, short sentences, known terms. No readability score."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from importlib import resources

from resettle.outreach.glossary import glossary
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
        return len(re.findall(r"[㐀-䶿一-鿿豈-﫿𠀀-𿿽]|[\d,.]+|[A-Za-z]+", sentence))
    return len(re.findall(r"[\w',.²-]+", sentence))


def reading_seconds(text: str, language: Language) -> int:
    """How long a text takes to be read aloud slowly.

    >>> reading_seconds("one two three four five six seven eight nine ten eleven twelve thirteen", "en")
    6
    """
    return round(60 * length_of(text, language) / SPEED[language])


def check_words(
    text: str,
    language: Language,
    names: Iterable[str] = (),
    jargon: Iterable[str] = (),
    terms: Iterable[str] | None = None,
) -> list[Problem]:
    """What would stop a reader.

    Args:
        text: the letter's text.
        language: its language.
        names: names of persons and places, whose characters cannot be chosen.
        jargon: what the programme calls its rules and amounts; where one stands in the text, the glossary
            must hold it. Quoted words are held against the glossary too.
        terms: the glossary, if not the project's own.

    Returns:
        Hints: uncommon characters, long sentences, terms the glossary lacks.
    """
    problems = []
    if language == "zh":
        bare = text
        for name in sorted(names, key=len, reverse=True):  # a township may stand within a village's name
            bare = bare.replace(name, "")
        hard = sorted({c for c in bare if is_han(c)} - common_characters())
        if hard:
            problems.append(Problem("outreach.hard_character", "hint", value="、".join(hard)))
    for sentence in sentences_of(text):
        length = length_of(sentence, language)
        if length > LONGEST_SENTENCE[language]:
            problems.append(Problem("outreach.long_sentence", "hint", value=str(length), nearest=sentence))
    known = glossary(language) if terms is None else frozenset(terms)
    quoted = re.findall(r"[“\"]([^”\"]{2,30})[”\"]", text)
    used = [name for name in jargon if name and _stands(name, text, language)]
    for term in dict.fromkeys([*quoted, *used]):
        if term not in known and term.lower() not in known:
            problems.append(Problem("outreach.term_unknown", "hint", value=term))
    return problems


def _stands(name: str, text: str, language: Language) -> bool:
    """A Chinese name anywhere, an English one as whole words."""
    if language == "zh":
        return name in text
    return re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text, re.IGNORECASE) is not None


def is_han(character: str) -> bool:
    """A Chinese character, rare ones beyond the first plane too.

    >>> is_han("户"), is_han("𬱖"), is_han("㛃"), is_han("A"), is_han("。")
    (True, True, True, False, False)
    """
    point = ord(character)
    return 0x3400 <= point <= 0x9FFF or 0xF900 <= point <= 0xFAFF or 0x20000 <= point <= 0x3FFFF
