"""How much of a real text is read: the figures a person took from it, against the readings.

The figures stand in ``mission/data/luoyang_published.csv`` with the line each was taken from.
"""

from __future__ import annotations

import csv
import os
import re
from decimal import Decimal
from pathlib import Path

import pytest

from resettle.supervision.prose import read_lines
from resettle.supervision.reading import Reading

SHARED = Path(os.environ.get("RESETTLE_SHARED", "../shared"))
SAME_UNIT = {
    "yuan/person (text: no per-capita word)": "yuan/person",
    "thousand yuan (as printed)": "yuan",
    "thousand yuan": "yuan",
    "yuan/household/year": "yuan/household/year",
}


def wanted(row: dict[str, str]) -> list[tuple[Decimal | str, str]]:
    """The values a reading must show, in the unit of the reading."""
    unit = SAME_UNIT.get(row["unit"], row["unit"])
    scale = 1000 if row["unit"].startswith("thousand") else 1
    values: list[tuple[Decimal | str, str]] = []
    for part in row["value"].split(";"):
        if re.fullmatch(r"\d+-\d+", part) and unit != "month":
            values += [(Decimal(end) * scale, unit) for end in part.split("-")]
        elif re.fullmatch(r"[\d.]+", part):
            values.append((Decimal(part) * scale, unit))
        else:
            values.append((part, unit))
    return values


def is_read(value: Decimal | str, unit: str, line: int, readings: list[Reading]) -> bool:
    for reading in readings:
        if reading.line != line or sorted((reading.unit or "").split("/")) != sorted(unit.split("/")):
            continue
        if value in (reading.value, reading.low, reading.high) or value == reading.as_of:
            return True
    return False


def measure() -> tuple[int, list[str]]:
    """Figures in the list, and the keys of those that were not read with value, unit and line."""
    text = (SHARED / "mission/paper.txt").read_text(encoding="utf-8")
    readings = read_lines(list(enumerate(text.splitlines(), start=1)))
    with (SHARED / "mission/data/luoyang_published.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    missed = []
    for row in rows:
        line = int(row["location"].split()[-1])
        if not all(is_read(v, u, line, readings) for v, u in wanted(row)):
            missed.append(f"{row['key']} {row['value']} {row['unit']} {line}")
    return len(rows), missed


@pytest.mark.shared
def test_at_least_four_fifths_of_the_figures_are_read_with_value_unit_and_line() -> None:
    count, missed = measure()
    assert count - len(missed) >= 0.8 * count, "\n".join(missed)


if __name__ == "__main__":
    total, lost = measure()
    print(f"{total - len(lost)} of {total} read")
    print("\n".join(lost))
