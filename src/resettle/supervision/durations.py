"""Days counted in a sentence beside the two dates they lie between: ``自5月7日至5月13日，共7天``."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from resettle.supervision.calendar_words import DateSpan, dates
from resettle.supervision.reading import Reading

Raw = dict[str, list[dict[str, Any]]]
_COUNTED = re.compile(
    r"(?:共计?|历时|为期|历经|总工期|工期|合计|[(（]|[,，])\s*$|\b(?:lasting|took|total of|over|in all)\s*$|[(,;]\s*(?:i\.e\.|that is|or)?\s*$",
    re.IGNORECASE,
)
_LATE = re.compile(
    r"^\s*(?:天|日|days?)?\s*(?:late|overdue|behind|early|ahead|before|after)\b|^[^，。；]{0,3}(?:逾期|延误)",
    re.IGNORECASE,
)
_LATE_BEFORE = re.compile(r"(?:逾期|延误|超期|推迟|提前|晚了?|早了?)了?\s*$")
_WORKING = re.compile(r"工作日|working|business", re.IGNORECASE)
_WITHIN = re.compile(r"^\s*(?:天|日|days?)?\s*(?:内|以内|之内|前|后)|^\s*days? (?:of|from)\b", re.IGNORECASE)
REACH = 44


def durations(readings: Sequence[Reading], lines: Sequence[tuple[int, str]], raw: Raw) -> None:
    """Add an ``order`` of relation ``days`` for every count of days that follows its two dates."""
    counts: dict[int, list[Reading]] = defaultdict(list)
    for reading in readings:
        if reading.unit == "day" and reading.value and reading.bound is None and reading.cell is None:
            counts[reading.line].append(reading)
    for number, text in lines:
        for days in counts.get(number, ()):
            pair = _dates_of(days, text)
            if pair is not None:
                _add(days, pair, number, raw)


def _dates_of(days: Reading, text: str) -> tuple[DateSpan, DateSpan] | None:
    before = [d for d in _with_years(list(dates(text))) if d.end <= days.start and d.form == "day"]
    if len(before) < 2 or days.start - before[-1].end > REACH:
        return None
    lead = text[before[-1].end : days.start]
    after = text[days.start + len(days.printed) :][:20]
    counted = _COUNTED.search(lead) or _LATE.match(after) or _LATE_BEFORE.search(lead)
    if not counted or _WORKING.search(after) or _WITHIN.match(after) or re.search(r"[。.]\s*\S{6,}$", lead):
        return None
    return before[-2], before[-1]


def _with_years(spans: list[DateSpan]) -> list[DateSpan]:
    """Dates without a year take that of the date before them."""
    found: list[DateSpan] = []
    for span in spans:
        as_of = span.as_of or ""
        if as_of.startswith("--") and found and (found[-1].as_of or "-")[0] != "-":
            as_of = f"{str(found[-1].as_of)[:4]}-{as_of[2:]}"
        found.append(DateSpan(span.start, span.end, as_of, span.form))
    return [s for s in found if s.as_of and re.fullmatch(r"\d{4}-\d\d-\d\d", s.as_of)]


def _add(days: Reading, pair: tuple[DateSpan, DateSpan], line: int, raw: Raw) -> None:
    names = (f"{days.reading_id}-from", f"{days.reading_id}-to")
    for name, span in zip(names, pair, strict=True):
        raw["figure"].append(
            {
                "id": name,
                "label_en": str(span.as_of),
                "kind": "once",
                "unit": "date",
                "as_of": span.as_of,
                "line": line,
            }
        )
    raw["order"].append(
        {"relation": "days", "earlier": names[0], "later": names[1], "days": days.reading_id, "line": line}
    )
