"""Numbers as written: digits, words, mixed scales, ranges; Chinese and English."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from resettle.supervision.lexicon import DIGITS_ZH, LARGE_ZH, SCALES_EN, SMALL_ZH, WORDS_EN

_PLAIN = (
    r"\d{1,3}(?:[,，]\s?\d{3})+(?:\.\d+)?|\d{1,2}(?:,\d\d)+,\d{3}(?:\.\d+)?"
    r"|(?<!\d\s)\d{1,3}(?:[ \u00a0\u2009\u202f]\d{3})+(?![\d.,]?\d)(?:\.\d+)?|\d+(?:\.\d+)?"
)
"""Digits grouped by commas (by threes, or as lakh and crore are), by thin or plain spaces, or not at all."""
_WORD = "|".join(sorted((*WORDS_EN, "hundred"), key=len, reverse=True))
_WORDS = rf"(?:{_WORD})(?![a-z])(?:[\s-]+(?:and\s+)?(?:{_WORD})(?![a-z]))*"
_SCALE = "hundred million|" + "|".join(sorted(SCALES_EN, key=len, reverse=True))
_LETTERS = {
    "k": 10**3,
    "m": 10**6,
    "mn": 10**6,
    "mln": 10**6,
    "mio": 10**6,
    "bn": 10**9,
    "b": 10**9,
    "tn": 10**12,
    "cr": 10**7,
}
_LETTER = re.compile(r"\s?(mln|mio|mn|bn|tn|cr|[kmb])\b(?!\s?[²2³3])", re.IGNORECASE)
"""``$2.4m``, ``Rs 12 cr``: a scale in letters, where the number is money."""
_TERM = rf"(?:{_PLAIN}|{_WORDS})"
EN = re.compile(
    rf"(?<![\w.])(?P<first>{_TERM})"
    rf"(?:(?P<dash>\s?[-\u2013\u2014~\uff5e]\s*|\s(?:to|and)\s+(?=\d))(?P<second>{_PLAIN}))?"
    rf"(?P<scales>(?:[\s-]+(?:{_SCALE})\b(?:\s+(?:and\s+)?{_TERM})?)*)",
    re.IGNORECASE,
)
_SCALED = re.compile(rf"({_TERM})?[\s-]*\b({_SCALE})\b", re.IGNORECASE)
_ZH_WORD = "[零〇一二两三四五六七八九十百千万亿]+(?:点[零〇一二三四五六七八九]+)?"
ZH = re.compile(
    rf"(?P<percent>百分之)?(?P<first>{_PLAIN}|{_ZH_WORD})"
    rf"(?:[多余来](?=[万亿]))?(?P<low_scale>[万亿]?)"
    rf"(?:(?P<dash>元?\s?[-\u2013\u2014~\uff5e至到]+\s?)(?P<second>{_PLAIN}|{_ZH_WORD}))?"
    rf"(?P<scale>万亿|[千百]?[万亿]|(?<=\d)[百千])?"
)


_FRACTION_ZH = re.compile(r"([一二两三四五六七八九十]{1,3})分之([一二两三四五六七八九十]{1,3})")
_TENTHS_ZH = re.compile(
    r"([一二两三四五六七八九])成([一二三四五六七八九半])?(?=[,，。；、)）]|以上|左右|多|的|$)"
)
_PARTS_EN = {"half": 2, "third": 3, "quarter": 4, "fifth": 5, "sixth": 6, "eighth": 8, "tenth": 10}
_FRACTION_EN = re.compile(
    rf"\b(a|one|two|three|four|five|six|seven|eight|nine)[\s-]({'|'.join(_PARTS_EN)})s?\b", re.IGNORECASE
)
_WORDS_BELOW = {w: v for w, v in WORDS_EN.items() if 0 < v <= 20} | {"hundred": 100}
_OUT_OF = re.compile(
    rf"\b({'|'.join(_WORDS_BELOW)}) (?:out of|in)(?: every)? (?:a )?({'|'.join(_WORDS_BELOW)})\b",
    re.IGNORECASE,
)
_IN_TEN = re.compile(r"(?<![\d.,])(\d{1,2}) (?:in|out of) (?:every )?(10|100)\b(?![.,]?\d)")
_CHANGES = re.compile(
    r"\b(?:from|increas\w*|rose|risen|grew|fell|declin\w*|decreas\w*|rais\w*)\s*(?:[^\w\s]|[A-Za-z]{1,3}[$.]?)?\s*$",
    re.IGNORECASE,
)
"""Before ``A to B``: a change from one value to another, and no range."""


@dataclass(frozen=True, slots=True)
class Numeral:
    """A number or range as it stands in a line: where it is, what it is worth."""

    start: int
    end: int
    value: Decimal | None
    low: Decimal | None
    high: Decimal | None
    decimals: int
    in_words: bool
    percent: bool = False


def _digits(text: str) -> Decimal:
    return Decimal(re.sub(r"[,，\s\u00a0\u2009\u202f]", "", text))


def english_words(text: str) -> Decimal:
    """A number in English words.

    >>> english_words("twenty-six thousand and four")
    Decimal('26004')
    """
    total, part = 0, 0
    for word in re.findall(r"[a-z]+", text.lower()):
        if word in WORDS_EN:
            part += WORDS_EN[word]
        elif word == "hundred":
            part = max(part, 1) * 100
        elif word in SCALES_EN:
            total, part = total + max(part, 1) * SCALES_EN[word], 0
    return Decimal(total + part)


def chinese_words(text: str) -> Decimal:
    """A number in Chinese characters; a run of plain digits is read digit by digit.

    >>> chinese_words("二万零六百一十五"), chinese_words("七十八点八"), chinese_words("二〇一六")
    (Decimal('20615'), Decimal('78.8'), Decimal('2016'))
    """
    whole, _, after = text.partition("点")
    if len(whole) > 1 and all(c in DIGITS_ZH for c in whole):
        value = int("".join(str(DIGITS_ZH[c]) for c in whole))
    else:
        total, section, digit = 0, 0, 0
        for char in whole:
            if char in DIGITS_ZH:
                digit = DIGITS_ZH[char]
            elif char in SMALL_ZH:
                section, digit = section + (digit or 1) * SMALL_ZH[char], 0
            else:
                base = section + digit
                total = (total + base) * LARGE_ZH[char] if char == "亿" else total + base * LARGE_ZH[char]
                section, digit = 0, 0
        value = total + section + digit
    tail = "".join(str(DIGITS_ZH[c]) for c in after)
    return Decimal(f"{value}.{tail}") if tail else Decimal(value)


def _term(text: str) -> Decimal:
    return _digits(text) if text[0].isdigit() else english_words(text)


def _scaled_english(first: str, scales: str) -> Decimal:
    """``1 billion 245 million 146 thousand`` and the like."""
    total, pending = Decimal(0), _term(first)
    for piece in re.findall(rf"(?:{_SCALE})\b|{_TERM}", scales, re.IGNORECASE):
        low = piece.lower()
        if low == "hundred million":
            total, pending = total + pending * 10**8, Decimal(0)
        elif low in SCALES_EN:
            total, pending = total + pending * SCALES_EN[low], Decimal(0)
        else:
            pending = _term(piece)
    return total + pending


def _factor(scales: str) -> Decimal:
    found = re.findall(_SCALE, scales.lower())
    factor = Decimal(1)
    for word in found:
        factor *= 10**8 if word == "hundred million" else SCALES_EN[word]
    return factor


def _share(start: int, end: int, over: int, below: int) -> Numeral:
    """A fraction in words as a percentage: exact where two decimals hold it, else rounded to two."""
    value = (Decimal(100) * over / below).quantize(Decimal("0.01"))
    exact = value.normalize()
    places = max(0, -int(exact.as_tuple().exponent))
    value = exact if places else Decimal(int(exact))
    return Numeral(start, end, value, None, None, places, True, True)


def fractions(line: str) -> list[Numeral]:
    """Fractions in words, read as percentages.

    >>> [str(n.value) for n in fractions("占四分之三；完成八成；two thirds of them")]
    ['75', '80', '66.67']
    """
    found = []
    for match in _FRACTION_ZH.finditer(line):
        below, over = int(chinese_words(match[1])), int(chinese_words(match[2]))
        if 0 < over < below:
            found.append(_share(match.start(), match.end(), over, below))
    for match in _TENTHS_ZH.finditer(line):
        rest = 5 if match[2] == "半" else int(chinese_words(match[2])) if match[2] else 0
        found.append(_share(match.start(), match.end(), 10 * int(chinese_words(match[1])) + rest, 100))
    for match in _FRACTION_EN.finditer(line):
        over, below = int(english_words(match[1])) or 1, _PARTS_EN[match[2].lower()]
        if over < below:
            found.append(_share(match.start(), match.end(), over, below))
    for match in _IN_TEN.finditer(line):
        over, below = int(match[1]), int(match[2])
        if over < below:
            found.append(_share(match.start(), match.end(), over, below))
    for match in _OUT_OF.finditer(line):
        over, below = _WORDS_BELOW[match[1].lower()], _WORDS_BELOW[match[2].lower()]
        if over < below:
            found.append(_share(match.start(), match.end(), over, below))
    return found


def _blank(line: str, found: list[Numeral]) -> str:
    """The line without the fractions already read; every place stays where it is."""
    for numeral in found:
        line = line[: numeral.start] + " " * (numeral.end - numeral.start) + line[numeral.end :]
    return line


def _decimals(text: str) -> int:
    return len(text.rpartition(".")[2]) if "." in text else 0


def english(line: str) -> Iterator[Numeral]:
    """The numbers of an English line, with ranges and mixed scales.

    >>> next(english("1 billion 245 million 146 thousand yuan")).value
    Decimal('1245146000')
    >>> n = next(english("12-130 thousand yuan")); n.low, n.high
    (Decimal('12000'), Decimal('130000'))
    """
    shares = fractions(line)
    yield from sorted([*shares, *_english(_blank(line, shares))], key=lambda n: n.start)


def _english(line: str) -> Iterator[Numeral]:
    for match in EN.finditer(line):
        first, second, scales = match["first"], match["second"], match["scales"] or ""
        words = not first[0].isdigit()
        end = match.end()
        if second is not None and not _is_range(line, match):
            middle = match.start("dash")
            yield Numeral(match.start(), middle, _term(first), None, None, _decimals(first), words)
            later = match.start("second")
            yield from _english(" " * later + line[later : match.end()])
            continue
        if second is not None and not words:
            factor = _factor(scales)
            low, high = _digits(first) * factor, _digits(second) * factor
            yield Numeral(match.start(), end, None, low, high, _decimals(first), False)
            continue
        tail = re.search(rf"\s+(?:and\s+)?{_TERM}$", scales, re.IGNORECASE)
        if tail is not None and not _continues(scales, tail, first):
            scales, end = scales[: tail.start()], end - (len(scales) - tail.start())
        value = _scaled_english(first, scales)
        yield Numeral(match.start(), end, value, None, None, _decimals(first), words)


def _is_range(line: str, match: re.Match[str]) -> bool:
    """Whether two numbers joined by a dash, by "to" or by "between ... and" are the ends of one range."""
    joint, before = match["dash"].strip().lower(), line[: match.start()]
    if joint == "and":
        return bool(re.search(r"\bbetween\s+(?:[^\w\s]|[A-Z]{2,3}[$\s]?)?\s*$", before, re.IGNORECASE))
    return joint != "to" or not _CHANGES.search(before)


def _continues(scales: str, tail: re.Match[str], first: str) -> bool:
    """Whether a trailing number belongs to the scaled one: ``822 thousand and 200`` does."""
    value = _term(re.sub(r"^\s+(?:and\s+)?", "", tail.group(), flags=re.IGNORECASE))
    before = re.findall(_SCALE, scales[: tail.start()].lower())
    return bool(before) and before[-1] in SCALES_EN and value < SCALES_EN[before[-1]]


def letter_scale(after: str) -> tuple[int, int]:
    """A scale written as letters right after a number of money: its factor and its length.

    >>> letter_scale("m from the fund"), letter_scale("bn"), letter_scale(" metres")
    ((1000000, 1), (1000000000, 2), (1, 0))
    """
    found = _LETTER.match(after)
    return (_LETTERS[found[1].lower()], found.end()) if found else (1, 0)


def chinese(line: str) -> Iterator[Numeral]:
    """The numbers of a Chinese line.

    >>> next(chinese("12.45亿元")).value, next(chinese("百分之七十八点八")).percent
    (Decimal('1245000000.00'), True)
    """
    shares = fractions(line)
    yield from sorted([*shares, *_chinese(_blank(line, shares))], key=lambda n: n.start)


def _chinese(line: str) -> Iterator[Numeral]:
    for match in ZH.finditer(line):
        first, second = match["first"], match["second"]
        words = not first[0].isdigit()
        counted = first == "十" and re.match(
            "[户人名个处座套日天亩元米]", line[match.end() : match.end() + 1]
        )
        if words and not match["percent"] and first in tuple("万亿百千十点") and not counted:
            continue
        scale = Decimal(1)
        for char in (match["scale"] or "") + (match["low_scale"] or "" if second is None else ""):
            scale *= {"万": 10**4, "亿": 10**8, "千": 1000, "百": 100}[char]
        value = chinese_words(first) if words else _digits(first)
        places, percent = _decimals(first.replace("点", ".")), match["percent"] is not None
        if second is None:
            yield Numeral(match.start(), match.end(), value * scale, None, None, places, words, percent)
            continue
        upper = chinese_words(second) if not second[0].isdigit() else _digits(second)
        low_scale = Decimal(LARGE_ZH.get(match["low_scale"] or "", 1)) if match["low_scale"] else scale
        yield Numeral(
            match.start(), match.end(), None, value * low_scale, upper * scale, places, words, percent
        )
