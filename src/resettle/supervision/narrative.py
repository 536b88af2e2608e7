"""What a report says of its own series: rising or falling every year, up and then down, highest in a year.

A series is three or more numbers of one thing, each with its year, in one sentence or down a column of a table. A
claim is held against the series of its own line, of the line before, or of the columns that its words name; it is
doubted only if every series it can mean says otherwise.
"""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from resettle.supervision.calendar_words import DateSpan, dates
from resettle.supervision.naming import marks
from resettle.supervision.reading import Reading

Raw = dict[str, list[dict[str, Any]]]
_CLAIMS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "rising_falling",
        re.compile(r"先[升增][后再][降减]|\brose and then fell\b|\bfirst rose\b[^.;]*\bthen fell\b"),
    ),
    (
        "falling_rising",
        re.compile(r"先[降减][后再][升增]|\bfell and then rose\b|\bfirst fell\b[^.;]*\bthen rose\b"),
    ),
    (
        "rising",
        re.compile(
            r"逐年(?:增加|上升|增长|提高|递增|攀升)|年年(?:增加|增长|上升)|\b(?:rose|grew|increased|risen|grown|climbed) (?:every|each) year\b"
            r"|\b(?:rose|grew|increased) steadily\b|\bsteadily (?:rose|grew|increased)\b"
        ),
    ),
    (
        "falling",
        re.compile(
            r"逐年(?:减少|下降|递减|降低|回落)|年年(?:减少|下降)|\b(?:fell|declined|decreased|dropped|fallen) (?:every|each) year\b"
            r"|\b(?:fell|declined|decreased) steadily\b|\bsteadily (?:fell|declined|decreased)\b"
        ),
    ),
    (
        "highest",
        re.compile(
            r"((?:19|20)\d\d)年?(?:的?\S{0,6})?(?:达到?|为|是|创下?)(?:了)?(?:历年)?(?:峰值|最高|顶峰|高峰|最多)|\bpeak(?:ed|ing)? in ((?:19|20)\d\d)\b"
            r"|\bpeak (?:was|came) in ((?:19|20)\d\d)|\b((?:19|20)\d\d) (?:was|saw) (?:the )?(?:peak|highest)"
        ),
    ),
    (
        "lowest",
        re.compile(
            r"((?:19|20)\d\d)年?(?:为|是|降至|跌至)(?:了)?(?:历年)?(?:最低|最少|谷底)|\blowest in ((?:19|20)\d\d)\b"
        ),
    ),
)
_SINCE = re.compile(
    r"此后|之后|其后|随后|\bthereafter\b|\bsince then\b|\bafter that\b|\bfrom then on\b", re.IGNORECASE
)
_SUBSET = re.compile(r"占比|比重|比例|率|增速|增幅|\brate\b|\bshare\b|人均|户均|per ", re.IGNORECASE)
_YEAR_AFTER = re.compile(r"^[\w\s,]{0,16}?\bin\s+$")
FEWEST = 3
REACH_TABLE = 14


@dataclass(frozen=True)
class Series:
    """Numbers of one thing by year."""

    points: tuple[tuple[int, Reading], ...]
    words: str
    line: int
    is_table: bool = False


def narratives(readings: Sequence[Reading], lines: Sequence[tuple[int, str]], raw: Raw) -> None:
    """Add an ``order`` of relation ``series`` for every claim about a series that the report prints."""
    told = [s for number, text in lines for s in _in_prose(readings, number, text)] + _in_tables(readings)
    if not told:
        return
    for number, text in lines:
        for sentence in re.split(r"(?<=[a-z\d)])\.\s|[。；;]", text):
            for claim, since, year, place in _claims(sentence):
                subject = re.split(r"(?<!\d)[,，]|[,，](?!\d)", sentence[:place])[-1]
                for one in _meant(told, number, subject):
                    raw["order"].append(_row(one, claim, since, year, number, sentence))


def _claims(sentence: str) -> list[tuple[str, int | None, int | None, int]]:
    """Claim, the year from which it holds, the year it names, and where it stands."""
    found: list[tuple[str, int | None, int | None, int]] = []
    named: int | None = None
    for claim, pattern in sorted(_CLAIMS, key=lambda c: c[0] not in ("highest", "lowest")):
        match = pattern.search(sentence)
        if match is None:
            continue
        year = next((int(g) for g in match.groups() if g), None) if match.groups() else None
        named = year or named
        before = sentence[max(0, match.start() - 14) : match.start()]
        since = _SINCE.search(before) or re.search(r"\bthereafter\b|\bsince then\b", sentence[match.end() :])
        if since and claim in ("rising", "falling") and named is None:
            continue
        found.append((claim, named if since else None, year, match.start()))
    return found


def _meant(told: Sequence[Series], line: int, subject: str) -> list[Series]:
    """The series a claim can be about: in its line, in the line before, else the columns its words name."""
    if _SUBSET.search(subject):
        return []
    for reach in (0, 1):
        near = [s for s in told if not s.is_table and line - s.line == reach]
        if near:
            return near[-1:]
    columns = [s for s in told if s.is_table and abs(s.line - line) <= REACH_TABLE]
    scores = [len(marks(subject) & marks(s.words)) for s in columns]
    best = max(scores, default=0)
    return [s for s, score in zip(columns, scores, strict=True) if score == best] if best else []


def _in_prose(readings: Sequence[Reading], number: int, text: str) -> list[Series]:
    """Series of one line: ``3,210 in 2014, 2,870 in 2015`` or ``2015—2019年…分别为``."""
    here = [
        r
        for r in readings
        if r.line == number and r.cell is None and r.value is not None and r.rule != "date"
    ]
    spans = [d for d in dates(text) if d.form == "year" and d.as_of]
    found = []
    for unit in dict.fromkeys(r.unit for r in here):
        run = [r for r in here if r.unit == unit]
        points = _ranged(run, spans, text) or _beside(run, spans, text)
        if len(points) >= FEWEST and len({y for y, _ in points}) == len(points):
            found.append(
                Series(tuple(sorted(points, key=lambda p: p[0])), text[: points[0][1].start], number)
            )
    return found


def _ranged(run: Sequence[Reading], spans: Sequence[DateSpan], text: str) -> list[tuple[int, Reading]]:
    """As many numbers as years between two, told "respectively"."""
    for first, last in itertools.pairwise(spans):
        low, high = int(str(first.as_of)), int(str(last.as_of))
        joint = text[first.end : last.start]
        after = [r for r in run if r.start > last.end]
        if high - low + 1 < FEWEST or not re.fullmatch(r"\s*年?\s*(?:至|到|—+|–|-|~|to|and)\s*", joint):
            continue
        if re.search(r"分别|依次|\brespectively\b", text) and len(after) >= high - low + 1:
            return list(zip(range(low, high + 1), after, strict=False))
    return []


def _beside(run: Sequence[Reading], spans: Sequence[DateSpan], text: str) -> list[tuple[int, Reading]]:
    """Each number with the year printed just after it ("in 2014"), or else just before it."""
    after: list[tuple[int, Reading]] = []
    before: list[tuple[int, Reading]] = []
    for reading in run:
        end = reading.start + len(reading.printed)
        later = next((s for s in spans if s.start >= end), None)
        if later is not None and _YEAR_AFTER.match(text[end : later.start]):
            after.append((int(str(later.as_of)), reading))
        earlier = [s for s in spans if s.end <= reading.start]
        if earlier and reading.start - earlier[-1].end <= 4:
            before.append((int(str(earlier[-1].as_of)), reading))
    return after if len(after) >= len(before) else before


def _in_tables(readings: Sequence[Reading]) -> list[Series]:
    """Columns of tables whose rows are years."""
    columns: dict[str, list[tuple[int, Reading]]] = defaultdict(list)
    for cell in readings:
        year = re.match(r"^\W*((?:19|20)\d\d)\s*年?\W*(?: · |$)", cell.noun)
        if cell.rule == "table" and year and cell.value is not None:
            columns[str(cell.of)].append((int(year[1]), cell))
    return [
        Series(
            tuple(sorted(points, key=lambda p: p[0])),
            points[0][1].noun.partition(" · ")[2],
            points[0][1].line,
            True,
        )
        for points in columns.values()
        if len(points) >= FEWEST and len({y for y, _ in points}) == len(points)
    ]


def _row(
    one: Series, claim: str, since: int | None, year: int | None, line: int, sentence: str
) -> dict[str, Any]:
    points = [(y, r) for y, r in one.points if since is None or y >= since]
    row: dict[str, Any] = {
        "relation": "series",
        "label_en": sentence.strip()[-60:],
        "claim": claim,
        "years": [Decimal(y) for y, _ in points],
        "points": [r.reading_id for _, r in points],
        "claim_line": line,
        "line": one.line,
    }
    return row if year is None or claim not in ("highest", "lowest") else row | {"peak_year": Decimal(year)}


def agrees(claim: str, values: Sequence[Decimal], years: Sequence[int], year: int | None) -> bool:
    """Whether a claim can be true of the values by year; equal neighbours contradict nothing.

    >>> agrees("falling", [Decimal(3), Decimal(2), Decimal(1)], [2014, 2015, 2016], None)
    True
    >>> agrees("highest", [Decimal(3), Decimal(2), Decimal(1)], [2014, 2015, 2016], 2015)
    False
    """
    if len(values) < 2:
        return True
    steps = [b - a for a, b in itertools.pairwise(values)]
    if claim in ("rising", "falling"):
        return all(s >= 0 for s in steps) if claim == "rising" else all(s <= 0 for s in steps)
    if claim in ("rising_falling", "falling_rising"):
        sign = 1 if claim == "rising_falling" else -1
        turn = max(range(len(values)), key=lambda i: sign * values[i])
        ups = all(sign * s >= 0 for s in steps[:turn])
        return 0 < turn < len(values) - 1 and ups and all(sign * s <= 0 for s in steps[turn:])
    if year is None or year not in years:
        return True
    own = values[list(years).index(year)]
    return own == (max(values) if claim == "highest" else min(values))
