"""What a reading is called, where it stands, and how alike two names are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from resettle.supervision.lexicon import MONEY
from resettle.supervision.prose import is_chinese
from resettle.supervision.reading import Reading

_TAIL = re.compile(
    r"(?:\s*\b(?:was|were|is|are|has|have|had|been|be|of|to|by|at|about|over|more than|nearly|some|with|a total|the)\b)+\s*$"
    r"|[约近为达有共计了是]+\s*$",
    re.IGNORECASE,
)


def label_of(reading: Reading) -> str:
    """A short name from the words before the number and the thing counted."""
    if reading.cell is not None:
        return reading.noun
    before = _TAIL.sub(
        "",
        re.sub(
            r"(?:[A-Z]{0,3}[$€£¥₱₹]|\b[A-Z]{3}|\bRs\.?|\bTk\.?)\s*$",
            "",
            re.sub(r"\s+", " ", reading.of or "").strip(" .:：-、"),
        ),
    )
    before = re.sub(
        r"^(?:(?:and|the|that is|of which|including)\s+|其中[:：]?\s*)", "", before, flags=re.IGNORECASE
    )
    if is_chinese(before):
        before = re.sub(
            r"^(?:[万亿]?元|人次|[人户个套亩处座名]|公里|平方米|[%％])、", "", before.replace(" ", "")
        )
    short = before[-16:] if is_chinese(before) else " ".join(before.split()[-6:])
    noun = "" if reading.unit in ("yuan", "percent") or "/" in (reading.unit or "") else reading.noun
    name = f"{short} ({noun})" if short and noun else short or noun
    return name or f"{reading.printed} {reading.noun}".strip() or reading.reading_id


def where_of(reading: Reading) -> Any:
    """The cell, or the line."""
    return reading.cell or reading.line


def is_money(reading: Reading) -> bool:
    """Whether a reading is an amount of money, per something or not."""
    return (reading.unit or "").split("/")[0] in MONEY


def marks(text: str) -> set[str]:
    """What two names may share: words of four letters and more, or pairs of Han characters."""
    if is_chinese(text):
        return {text[i : i + 2] for i in range(len(text) - 1)}
    return {w.rstrip("s") for w in re.findall(r"[a-z]{4,}", text.lower())}


def with_lent_names(readings: Sequence[Reading]) -> list[Reading]:
    """``规划搬迁1,589户、5148人``: what only a comma or an "and" joins to the number before it has its name too."""
    named: list[Reading] = []
    for reading in readings:
        last = named[-1] if named else None
        between = (reading.of or "").removeprefix(last.noun if last else "").strip(" (")
        joined = re.fullmatch(r"[、和及,]?|and|with", between, re.IGNORECASE)
        if last is not None and joined and (last.line, last.sentence) == (reading.line, reading.sentence):
            reading = replace(reading, of=last.of) if reading.unit != "percent" else reading
        named.append(reading)
    return named


def likeness(text: str, reading: Reading) -> int:
    """How much the name of a reading shares with a text."""
    return len(marks(text) & marks(f"{reading.of or ''} {reading.noun}"))
