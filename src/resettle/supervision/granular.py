"""Percentages of a few things that are counted nearby: which of them a whole number can reach."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from resettle.supervision.lexicon import NOT_COUNTED
from resettle.supervision.naming import label_of, marks, where_of
from resettle.supervision.reading import Reading

Raw = dict[str, list[dict[str, Any]]]
_OF_EN = re.compile(r"^%? of (?:the |these |those |our |all )?(?:[a-z]+ ){0,2}?([a-z]{4,})")
_OF_ZH = re.compile(r"^[%％]?的([\u4e00-\u9fff]{2,6})")
MOST = {0: 60, 1: 600}
"""Of more than so many nearly every percentage of that precision can be reached, and none says anything."""


def granular(prose: Sequence[Reading], raw: Raw) -> None:
    """``17 focus groups; 90% of the groups``: add the rate with its denominator alone."""
    known = {row["id"] for row in raw["rate"]}
    for index, rate in enumerate(prose):
        if rate.unit != "percent" or rate.reading_id in known or rate.bound is not None or not rate.value:
            continue
        if not re.search(r"\d", rate.printed) or not 0 < rate.value <= 100 or rate.decimals not in MOST:
            continue
        named = _OF_EN.match(rate.noun) or _OF_ZH.match(rate.after)
        if named is None:
            continue
        near = [
            r for r in prose[max(0, index - 4) : index] if r.line == rate.line and _is_few(r, rate.decimals)
        ]
        own = [r for r in near if marks(named[1]) and marks(named[1]) <= marks(f"{r.noun} {r.unit}")]
        if len(own) == 1:
            raw["figure"] = [f for f in raw["figure"] if f["id"] != rate.reading_id]
            raw["rate"].append(
                {
                    "id": rate.reading_id,
                    "label_en": label_of(rate),
                    "value": rate.value,
                    "printed": str(rate.value),
                    "denominator": own[0].reading_id,
                    "line": where_of(rate),
                }
            )


def _is_few(reading: Reading, places: int) -> bool:
    unit = reading.unit or ""
    counted = unit == "group" or (unit not in NOT_COUNTED and "/" not in unit)
    return (
        counted and reading.bound is None and reading.value is not None and 2 < reading.value <= MOST[places]
    )
