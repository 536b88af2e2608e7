"""Figures read from tables: a number takes its unit from its cell, its column's head or the title above."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from resettle.supervision import lexicon as lex
from resettle.supervision.numerals import chinese, english
from resettle.supervision.prose import is_chinese
from resettle.supervision.reading import Reading

TOTAL = re.compile(
    r"^\s*(?:合\s*计|总\s*计|小\s*计|全市|全县|全省|总数|共计|total|sum|altogether|all|grand total)\s*$",
    re.IGNORECASE,
)
_UNIT_NOTE = re.compile(
    r"[（(]\s*(?:单位[:：])?\s*([^()（）]+?)\s*[)）]|单位[:：]\s*(\S+)|unit:\s*([\w ]+)", re.IGNORECASE
)
_UNIT_SAID = re.compile(r"单位\s*[:：]\s*([^\s，,；;。)）]+)")
_NUMBER = re.compile(r"^\s*[-−]?\d[\d,，]*(?:\.\d+)?\s*[%％]?\s*$")


def unit_of(text: str) -> tuple[str | None, Decimal]:
    """The unit named by a head such as ``投资（万元）`` or ``Households``, and its factor.

    >>> unit_of("投资（万元）"), unit_of("Persons")
    (('yuan', Decimal('10000')), ('person', Decimal('1')))
    """
    for note in (_UNIT_SAID.search(text), _UNIT_NOTE.search(text)):
        found = _named(next((g for g in note.groups() if g), "").strip()) if note else (None, Decimal(1))
        if found[0]:
            return found
    return _named(text)


def _named(said: str) -> tuple[str | None, Decimal]:
    for word, unit, factor in sorted(lex.UNITS_ZH, key=lambda u: -len(u[0])):
        if said == word or said == word.lstrip("个"):
            return unit, Decimal(factor)
    for scale, factor in (("thousand ", 10**3), ("million ", 10**6), ("10,000 ", 10**4), ("", 1)):
        if said.lower().startswith(scale):
            rest = said[len(scale) :]
            for pattern, unit in lex.UNITS_EN:
                if re.search(rf"(?:^|\s)(?:{pattern})\s*$", rest.strip(), re.IGNORECASE):
                    return unit, Decimal(factor)
    hits = [
        unit
        for noun, unit in (*lex.COUNT_NOUNS_ZH, ("人口", "person"), ("人数", "person"), ("户数", "household"))
        if noun in said
    ]
    return (hits[0], Decimal(1)) if hits else (None, Decimal(1))


def read_grid(cells: Sequence[Mapping[str, Any]], title: str = "", name: str = "t1") -> list[Reading]:
    """Figures of one table.

    Args:
        cells: mappings with ``row``, ``column`` (from 1), ``text``, ``line`` and ``cell``.
        title: the line above the table, which may name the unit.
        name: what the readings of this table share in ``of``, so that columns can be added up.

    >>> rows = [("县", "户"), ("甲县", "30"), ("合计", "30")]
    >>> cells = [{"row": r, "column": c, "text": t, "line": r, "cell": None}
    ...          for r, row in enumerate(rows, 1) for c, t in enumerate(row, 1)]
    >>> [(r.noun, str(r.value), r.unit) for r in read_grid(cells)]
    [('甲县 · 户', '30', 'household'), ('合计 · 户', '30', 'household')]
    """
    heads: dict[int, str] = {}
    labels: dict[int, str] = {}
    readings: list[Reading] = []
    for cell in sorted(cells, key=lambda c: (c["row"], c["column"])):
        text, row, column = str(cell["text"]).strip(), int(cell["row"]), int(cell["column"])
        if not text:
            continue
        if not _NUMBER.match(text):
            if not any(r.line == cell["line"] for r in readings) and row not in labels:
                labels[row] = text
            found = _spoken(text, cell)
            if found is None:
                heads[column] = text
                continue
            readings.append(
                replace(found, noun=f"{labels.get(row, '')} · {heads.get(column, '')}", of=f"{name}:{column}")
            )
            continue
        if column == 1 and row not in labels:
            labels[row] = text
            if column not in heads or unit_of(heads[column])[0] is None:
                continue
        unit, factor = unit_of(heads.get(column, ""))
        if unit is None:
            unit, factor = unit_of(labels.get(row, ""))
        if unit is None:
            unit, factor = unit_of(title)
        if unit is None and column > 1:
            unit, factor = unit_of(heads.get(1, ""))
        number = Decimal(re.sub(r"[,，%％\s]", "", text).replace("−", "-"))
        if text[-1] in "%％" or re.search(
            r"率|[%％]|rate|share|percent", heads.get(column, ""), re.IGNORECASE
        ):
            unit, factor = "percent", Decimal(1)
        readings.append(
            Reading(
                "",
                number * factor,
                unit,
                int(cell["line"]),
                printed=text,
                noun=f"{labels.get(row, '')} · {heads.get(column, '')}",
                of=f"{name}:{column}",
                cell=cell.get("cell"),
                sentence=row,
                start=column,
                decimals=len(text.rstrip("%％").partition(".")[2]),
                rule="table_total" if TOTAL.match(labels.get(row, "")) else "table",
            )
        )
    return _as_percent(readings)


def _as_percent(readings: list[Reading]) -> list[Reading]:
    """Rates that a workbook holds as fractions: a column of which no value is above 1 and one is broken.

    They are printed with the decimals the column needs, at most two.
    """
    columns: dict[str, list[Reading]] = {}
    for reading in readings:
        if reading.unit == "percent" and reading.value is not None and reading.printed[-1] not in "%％":
            columns.setdefault(str(reading.of), []).append(reading)
    made: dict[int, Reading] = {}
    for cells in columns.values():
        values = [c.value for c in cells if c.value is not None]
        if not values or max(values) > 1 or all(v == v.to_integral_value() for v in values):
            continue
        shares = [(100 * v).quantize(Decimal("0.01")).normalize() for v in values]
        places = max(max(0, -int(s.as_tuple().exponent)) for s in shares)
        for cell, share in zip(cells, shares, strict=True):
            value = share.quantize(Decimal(1).scaleb(-places))
            made[id(cell)] = replace(cell, value=value, decimals=places, printed=f"{value}%")
    return [made.get(id(r), r) for r in readings]


def _spoken(text: str, cell: Mapping[str, Any]) -> Reading | None:
    """A short cell that is a number with its unit in it (``5,401户``)."""
    numbers = list(chinese(text) if is_chinese(text) else english(text))
    if len(numbers) != 1 or numbers[0].start > 1 or numbers[0].in_words or numbers[0].value is None:
        return None
    unit, factor = _named(text[numbers[0].end :].strip())
    if unit is None:
        return None
    value = numbers[0].value * factor
    return Reading(
        "",
        value,
        unit,
        int(cell["line"]),
        printed=text,
        cell=cell.get("cell"),
        sentence=int(cell["row"]),
        start=int(cell["column"]),
        decimals=numbers[0].decimals,
        rule="table",
    )
