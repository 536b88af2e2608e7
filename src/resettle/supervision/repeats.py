"""One fact told twice with two values, and a running total below what it must hold."""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from resettle.supervision.edits import edits
from resettle.supervision.lexicon import FLOW_VERBS, MONEY
from resettle.supervision.naming import label_of, marks
from resettle.supervision.reading import Reading
from resettle.supervision.wholes import digits, same_sentence

Raw = dict[str, list[dict[str, Any]]]
LIKE = 0.6
"""Share of two names that must be common before they are taken for one fact."""
_TIMES = ("percent", "percentage point", "times", "year", "month", "day", "date", "year of age", "minute")


def repeats(readings: Sequence[Reading], raw: Raw) -> None:
    """Mark figures that name one fact and differ by one slip of the pen (or a moved point)."""
    told = [
        r
        for r in readings
        if r.value and r.unit not in (*_TIMES, None) and r.bound is None and r.rule != "date"
    ]
    values = [(r.unit, r.value) for r in told]
    rows = {row["id"]: row for row in raw["figure"]}
    for a, b in _alike(told):
        if (
            a.unit != b.unit
            or a.value == b.value
            or (a.cell is None and b.cell is None and same_sentence(a, b))
        ):
            continue
        if a.reading_id not in rows or b.reading_id not in rows or not (_one_slip(a, b) or _told_again(a, b)):
            continue
        totals = (a.rule == "table_total") != (b.rule == "table_total") and (a.cell is None or b.cell is None)
        alone = values.count((a.unit, a.value)) == 1 and values.count((b.unit, b.value)) == 1
        if (_one_name(a, b) and _same_time(a, b)) or (totals and alone and min(digits(a), digits(b)) >= 4):
            name = f"read:{a.reading_id}"
            for reading in (a, b):
                rows[reading.reading_id].setdefault("fact", name)


def _alike(told: Sequence[Reading]) -> list[tuple[Reading, Reading]]:
    """Pairs that can be one slip apart: one digit changed leaves the first or the last half of the digits."""
    groups: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for place, reading in enumerate(told):
        text = re.sub(r"\D", "", str(reading.value)).strip("0")
        half = max(1, len(text) // 2)
        for key in {("all", text), ("first", text[:half]), ("last", text[-half:])}:
            groups[(str(reading.unit), *key)].append(place)
    pairs = {pair for members in groups.values() for pair in itertools.combinations(members[:MOST_ALIKE], 2)}
    return [(told[i], told[j]) for i, j in sorted(pairs)]


MOST_ALIKE = 60
"""Of more numbers that begin alike, only the first are compared: a long table is no text that repeats itself."""


def _one_slip(a: Reading, b: Reading) -> bool:
    first, second = Fraction(a.value or 0), Fraction(b.value or 0)
    ratio = max(first, second) / min(first, second)
    if ratio.denominator == 1 and str(int(ratio)).strip("0") == "1":
        return min(digits(a), digits(b)) >= 3
    return min(digits(a), digits(b)) >= 4 and edits(first, second) <= 1


def _one_name(a: Reading, b: Reading) -> bool:
    """Whether two figures are called alike and are of one place and one standing (plan or result)."""
    if (
        a.cell is not None
        or b.cell is not None
        or a.status != b.status
        or (a.place and b.place and a.place != b.place)
    ):
        return False
    first, second = marks(label_of(a)), marks(label_of(b))
    return (
        bool(first and second)
        and len(first & second) >= LIKE * min(len(first), len(second))
        and len(first & second) > 1
    )


def _told_again(a: Reading, b: Reading) -> bool:
    """Three digits are enough where both stand in one line under one name, word for word."""
    names = {_bare(label_of(r)) for r in (a, b)}
    short, long = min(names, key=len), max(names, key=len)
    same = a.line == b.line and len(short) > 3 and long.endswith(short)
    return (
        same and min(digits(a), digits(b)) >= 3 and edits(Fraction(a.value or 0), Fraction(b.value or 0)) <= 1
    )


def _bare(name: str) -> str:
    return re.sub(r"^[\W_]*(?:元|万元)?[/\w]{0,4}的标准", "", name).strip(" ）)（(")


def _same_time(a: Reading, b: Reading) -> bool:
    return a.as_of is None or b.as_of is None or a.as_of[:4] == b.as_of[:4]


def running_totals(prose: Sequence[Reading], raw: Raw) -> None:
    """A cumulative figure smaller than what one year of it brought: they cannot be one series as told."""
    rows = {row["id"]: row for row in raw["figure"]}
    totals = [r for r in prose if r.kind == "stock" and r.status == "cumulative"]
    flows: dict[int, list[Reading]] = defaultdict(list)
    for reading in prose:
        if reading.kind == "flow":
            flows[reading.line].append(reading)
    near = [(y, t) for t in totals for line in range(t.line - 2, t.line + 3) for y in flows.get(line, ())]
    for year, total in near:
        if (
            year.kind != "flow"
            or total.kind != "stock"
            or year.unit != total.unit
            or total.status != "cumulative"
        ):
            continue
        if abs(year.line - total.line) > 2 or year.place != total.place or not (year.as_of and total.as_of):
            continue
        verbs = [
            set(re.findall(FLOW_VERBS, r.before[-45:] + r.after[:30], re.IGNORECASE)) for r in (year, total)
        ]
        money = (year.unit or "") in MONEY
        later = total.as_of[:4] >= year.as_of[:4]
        if (year.value or 0) > (total.value or 0) and later and (verbs[0] & verbs[1]) and not money:
            for reading in (year, total):
                if reading.reading_id in rows:
                    rows[reading.reading_id]["series"] = f"read:{total.unit}:{total.line}:running"
