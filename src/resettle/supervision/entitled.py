"""The area a report says each person has, and the families whose area it gives."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from resettle.supervision.numerals import chinese_words
from resettle.supervision.reading import Reading

Raw = dict[str, list[dict[str, Any]]]
_STANDARD = re.compile(
    r"标准|不超过|不得超过|控制在|上限|红线|entitled|entitlement|standard|allowed|allowance|ceiling|\bis (?:given|allotted)|receives?",
    re.IGNORECASE,
)
_CAPPED = re.compile(
    r"不超过|不得超过|以内|以下|控制在|上限|红线|up to|at most|no more than|not (?:to )?exceed|ceiling|maximum",
    re.IGNORECASE,
)
_FAMILY_ZH = re.compile(
    r"(\d{1,2}|[一二两三四五六七八九十])[人口](?:之家|户|家庭)[^，。；、\d]{0,16}?(\d{2,3}(?:\.\d+)?)\s?(?:平方米|㎡|平米)(以[内下])?"
)
_CAP_BEFORE = re.compile(r"不超过|不得超过|不大于|最多|控制在")
MOST_EACH = Decimal(100)


def own_standard(readings: Sequence[Reading]) -> Reading | None:
    """The one area per person that the report calls a standard; ``None`` where it has none or several."""
    told = [
        r
        for r in readings
        if r.unit == "m2/person"
        and r.value
        and r.value <= MOST_EACH
        and _STANDARD.search(f"{r.before[-30:]} {r.after[:24]}")
    ]
    return told[0] if told and len({r.value for r in told}) == 1 else None


def families_zh(lines: Sequence[tuple[int, str]], raw: Raw) -> None:
    """``5人户不超过125平方米``: a class of families with its area."""
    for number, text in lines:
        for index, match in enumerate(_FAMILY_ZH.finditer(text)):
            people = int(match[1]) if match[1].isdigit() else int(chinese_words(match[1].replace("两", "二")))
            raw["entitlement"].append(
                {
                    "id": f"class-{number}-{index + 1}",
                    "label_en": match.group().strip(),
                    "people": Decimal(people),
                    "area": Decimal(match[2]),
                    "line": number,
                }
            )


def with_standard(raw: Raw, standard: Reading | None) -> None:
    """Every family that names no area per person of its own is held against the report's standard.

    Where the standard is the most a person may have, a smaller area agrees with it.
    """
    if standard is None:
        return
    capped = bool(_CAPPED.search(f"{standard.before[-20:]} {standard.after[:24]}"))
    for row in raw["entitlement"]:
        row.setdefault("per_person", standard.value)
        row.setdefault("standard", standard.reading_id)
        if capped:
            row.setdefault("is_ceiling", True)
