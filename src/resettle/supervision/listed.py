"""Names in a row beside the number that says how many: ``平桥镇、上坪乡、石门镇3个乡镇``, ``three sites, Bilo, Kesa and Marun,``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from resettle.supervision.reading import Reading

Raw = dict[str, list[dict[str, Any]]]
_END = "县区市镇乡村"
_ONE = rf"[\u4e00-\u9fff]{{1,6}}(?:街道|社区|[{_END}])"
_ROW = rf"{_ONE}(?:(?:、|和|及|与|以及){_ONE}){{1,19}}"
_NOUN = r"(?:个|处)(?:[^\d，。；、]{0,6}?)(?:乡镇街道|乡镇|县区|县市区|县|区|市|乡|镇|村|街道|社区)"
_BEFORE_ZH = re.compile(rf"({_ROW})(等)?(?:这)?([\d一二三四五六七八九十两]+){_NOUN}")
_AFTER_ZH = re.compile(
    rf"([\d一二三四五六七八九十两]+){_NOUN}(?:\s*[(（:：]|[，,]?(?:分别(?:是|为)|即|包括)[:：]?)\s*({_ROW})(等)?(?=\s*[)）。；;，,]|$)"
)
_LEADING = re.compile(
    r"^.*(?:了|在|对|为|到|于|及|抽查|检查|走访|涉及|覆盖|包括|其中|来自|分布|惠及|含)(?=.{2,})"
)
_NAME = r"[A-Z][a-z]+(?:[' -][A-Z][a-z]+)?"
_PLURALS = r"sites|counties|districts|villages|townships|towns|provinces|communes|communities|parishes|wards|islands|municipalities|cities|states|settlements|camps"
_EN = re.compile(
    rf"\b([Tt]wo|[Tt]hree|[Ff]our|[Ff]ive|[Ss]ix|[Ss]even|[Ee]ight|[Nn]ine|[Tt]en|\d{{1,2}}) (?:[a-z-]+ ){{0,2}}({_PLURALS})(?: concerned| affected| covered| visited| named)?"
    rf"(?:,| \(|:| of| namely| –| —|, namely|, that is,)\s?({_NAME}(?:, {_NAME})*,? and {_NAME})(?=[,.;:)–—]|$)"
)
_JOINT_ZH = re.compile(r"、|以及|和|及|与")


def listed_names(readings: Sequence[Reading], lines: Sequence[tuple[int, str]], raw: Raw) -> None:
    """Add a ``place`` with names and count for every list whose number stands beside it.

    After 等 a list may go on: it is told only if it already holds more names than the number says.
    """
    for number, text in lines:
        here = [r for r in readings if r.line == number and r.cell is None and r.value is not None]
        for pattern, count, names, more in ((_BEFORE_ZH, 3, 1, 2), (_AFTER_ZH, 1, 2, 3)):
            for match in pattern.finditer(text):
                found = _split(match[names])
                _add(here, match.start(count), found, match[more] is not None, number, raw)
        for match in _EN.finditer(text):
            _add(here, match.start(1), re.split(r",? and |, ", match[3]), False, number, raw)


def _split(text: str) -> list[str]:
    """The names of a Chinese row; 和 inside a name is rare, a verb before the first one is not.

    >>> _split("审计抽查了平桥镇、上坪乡")
    ['平桥镇', '上坪乡']
    """
    names = [n for n in _JOINT_ZH.split(text) if n]
    return [_LEADING.sub("", names[0]), *names[1:]] if names else []


def _add(here: Sequence[Reading], start: int, names: list[str], goes_on: bool, line: int, raw: Raw) -> None:
    stated = next((r for r in here if r.start == start), None)
    if stated is None or stated.value is None or len(names) < 2:
        return
    if goes_on and stated.value >= len(set(names)):
        return
    raw["place"].append({"names": names, "count": stated.reading_id, "line": line})
