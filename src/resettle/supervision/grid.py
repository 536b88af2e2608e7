"""Figures read from tables: a number takes its unit from its cell, its row, its column's heads or the title.

What is written as a unit (in brackets, after 单位, in a column of units) outranks a noun that happens to stand
in a head or at the beginning of a row.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from resettle.supervision import lexicon as lex
from resettle.supervision.calendar_words import dates
from resettle.supervision.counted import named_unit
from resettle.supervision.numerals import chinese, english
from resettle.supervision.prose import is_chinese
from resettle.supervision.reading import Reading

Found = tuple[str | None, Decimal]
NOTHING: Found = (None, Decimal(1))
TOTAL = re.compile(
    r"^[\s*_]*(?:合\s*计|总\s*计|小\s*计|全市|全县|全省|总数|共计|累计|小计[:：]?.*|.{0,8}(?:合计|小计|总计)"
    r"|(?:grand |sub-?\s?)?totals?(?: [\w\s,()-]{0,40})?|[\w\s]{0,30}\b(?:sub-?)?totals?|sum|altogether|all(?: [a-z]+){0,3}|overall)[\s*_:：]*$",
    re.IGNORECASE,
)
SUBTOTAL = re.compile(r"小\s*计|sub-?\s?total", re.IGNORECASE)
_RATE = re.compile(r"率|[%％]|\brates?\b|\bshare|percent|per cent|比例|占比|进度", re.IGNORECASE)
_NOTES = re.compile(
    r"[（(]\s*(?:单位[:：])?\s*([^()（）]+?)\s*[)）]|单位[:：]\s*([^\s，,；;。)）]+)|\bunit:\s*([\w $€£.,]+)|,\s*(?:in )?([\w $€£]+)$",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"^\s*[-−]?\d[\d,，]*(?:\.\d+)?\s*[%％]?\s*$")
_YEAR = re.compile(r"^\s*(?:19|20)\d\d\s*年?\s*$")
_UNIT_HEAD = re.compile(r"^\s*(?:计量)?单位\s*$|^\s*units?(?: of measure\w*)?\s*$|^\s*uom\s*$", re.IGNORECASE)
_SCALES = (
    ("thousand", 10**3),
    ("million", 10**6),
    ("billion", 10**9),
    ("'000", 10**3),
    ("000s", 10**3),
    ("10,000", 10**4),
    ("m", 10**6),
)
_NOUNS_ZH = (
    *lex.COUNT_NOUNS_ZH,
    ("人口", "person"),
    ("人数", "person"),
    ("户数", "household"),
    ("面积", "m2"),
    ("套数", "dwelling"),
)


def unit_of(text: str) -> Found:
    """The unit named by a head such as ``投资（万元）`` or ``Households``, and its factor.

    >>> unit_of("投资（万元）"), unit_of("Persons affected"), unit_of("Paid (US$ million)")
    (('yuan', Decimal('10000')), ('person', Decimal('1')), ('dollar', Decimal('1000000')))
    """
    noted = noted_unit(text)
    return noted if noted[0] else noun_unit(text)


def noted_unit(text: str) -> Found:
    """A unit written as one: in brackets or after 单位."""
    for note in reversed(list(_NOTES.finditer(text))):
        for piece in reversed(re.split(r"[，,；;]", next((g for g in note.groups() if g), ""))):
            found = _written(re.sub(r"^\s*单位\s*[:：]", "", piece).strip())
            if found[0]:
                return found
    return NOTHING


def menu_of(text: str) -> dict[str, Decimal]:
    """The units of a note that lists several (``单位：万元、户、人``): each column takes the one its head names."""
    for note in _NOTES.finditer(text):
        pieces = re.split(r"[、/，,；;]", next((g for g in note.groups() if g), ""))
        found = [_written(p.strip()) for p in pieces]
        if len(found) > 1 and all(unit for unit, _ in found):
            return {str(unit): factor for unit, factor in found}
    return {}


def _written(said: str) -> Found:
    """``万元``, ``US$ thousand``, ``million rupees``, ``'000 persons``."""
    for word, unit, factor in lex.UNITS_ZH_LONGEST_FIRST:
        if said == word or said == word.lstrip("个"):
            return unit, Decimal(factor)
    if said in ("个", "处", "座"):
        return NOTHING
    low, scale = said.lower(), 1
    for word, factor in _SCALES:
        if re.search(rf"(?<![a-z]){re.escape(word)}(?![a-z])", low):
            low, scale = re.sub(rf"(?<![a-z]){re.escape(word)}(?![a-z])", " ", low).strip(), factor
            break
    upper = re.sub("|".join(w for w, _ in _SCALES[:3]), " ", said, flags=re.IGNORECASE).strip(" '0,")
    sign = lex.currency_before(upper) or ("yuan" if upper in ("RMB", "CNY", "¥") else None)
    if sign:
        return sign, Decimal(scale)
    for pattern, unit in lex.UNITS_EN:
        if re.fullmatch(rf"(?:of )?(?:no\.? of |number of )?(?:{pattern})", low.strip(), re.IGNORECASE):
            return unit, Decimal(scale)
    return NOTHING


def noun_unit(text: str) -> Found:
    """What the nouns of a head count."""
    plain = re.sub(r"[（(][^()（）]*[)）]", "", text).strip()
    found = _written(plain)
    if found[0]:
        return found
    hits = [(plain.rfind(noun) + len(noun), len(noun), unit) for noun, unit in _NOUNS_ZH if noun in plain]
    if hits:
        return max(hits)[2], Decimal(1)
    if plain and plain[-1] in "户人" and is_chinese(plain):
        return ("household" if plain[-1] == "户" else "person"), Decimal(1)
    first = re.search(r"^(?:no\.?|number) of ([\w\s-]+)", plain, re.IGNORECASE)
    named = named_unit(re.split(r"\b(?:of|per|in|with|by)\b", (first[1] if first else plain))[0])
    return (named, Decimal(1)) if named and named != "year" else NOTHING


@dataclass
class _Grid:
    """One table while it is read."""

    name: str
    title: str
    heads: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    labels: dict[int, str] = field(default_factory=dict)
    row_units: dict[int, Found] = field(default_factory=dict)
    readings: list[Reading] = field(default_factory=list)
    wide: dict[int, str] = field(default_factory=dict)

    def head(self, column: int) -> str:
        return " ".join(self.heads.get(column, ()))

    def unit(self, row: int, column: int) -> Found:
        """Written units from near to far, then nouns from near to far."""
        places = (self.head(column), self.labels.get(row, ""), self.title)
        for found in (
            noted_unit(places[0]),
            self.row_units.get(row, NOTHING),
            noted_unit(places[1]),
            noted_unit(places[2]),
        ):
            if found[0]:
                return found
        menu = menu_of(self.title)
        if menu:
            return self._from_menu(column, menu)
        for text in (places[0], places[1], self.head(1) if column > 1 else "", places[2]):
            found = noun_unit(text)
            if found[0]:
                return found
        return NOTHING

    def _from_menu(self, column: int, menu: Mapping[str, Decimal]) -> Found:
        """The unit a head names; a head that names none takes the only one that no head names."""
        unit = noun_unit(self.head(column))[0]
        if unit:
            return unit, menu.get(unit, Decimal(1))
        named = {noun_unit(" ".join(words))[0] for words in self.heads.values()}
        left = [u for u in menu if u not in named]
        return (left[0], menu[left[0]]) if len(left) == 1 else NOTHING


def read_grid(cells: Sequence[Mapping[str, Any]], title: str = "", name: str = "t1") -> list[Reading]:
    """Figures of one table.

    Args:
        cells: mappings with ``row``, ``column`` (from 1), ``text``, ``line`` and ``cell``.
        title: the line above the table, which may name the unit and the date.
        name: what the readings of this table share in ``of``, so that columns can be added up.

    >>> rows = [("县", "户"), ("甲县", "30"), ("合计", "30")]
    >>> cells = [{"row": r, "column": c, "text": t, "line": r, "cell": None}
    ...          for r, row in enumerate(rows, 1) for c, t in enumerate(row, 1)]
    >>> [(r.noun, str(r.value), r.unit) for r in read_grid(cells)]
    [('甲县 · 户', '30', 'household'), ('合计 · 户', '30', 'household')]
    """
    grid = _Grid(name, title)
    rows: dict[int, list[Mapping[str, Any]]] = defaultdict(list)
    for cell in sorted(cells, key=lambda c: (c["row"], c["column"])):
        if str(cell["text"]).strip():
            rows[int(cell["row"])].append(cell)
    for number, row in rows.items():
        if not grid.readings and _is_head(row):
            _take_heads(grid, row)
        else:
            _read_row(grid, number, row)
    return _as_percent(grid.readings)


def _is_head(row: Sequence[Mapping[str, Any]]) -> bool:
    """A row of words, or of words and years."""
    texts = [str(c["text"]).strip() for c in row]
    numbers = [t for t in texts if _NUMBER.match(t)]
    return (
        len(numbers) < len(texts)
        and all(_YEAR.match(t) for t in numbers)
        and not any(_spoken(t, c) for t, c in zip(texts, row, strict=True))
    )


def _take_heads(grid: _Grid, row: Sequence[Mapping[str, Any]]) -> None:
    """One row of heads; a head over several columns is that of each, once a row of heads follows it."""
    own = {int(cell["column"]): str(cell["text"]).strip() for cell in row}
    if len(own) == 1 and not grid.heads and next(iter(own)) == 1:
        grid.title = f"{grid.title} {own[1]}"
        return
    before = grid.wide
    for column in own:
        above = max((c for c in before if c <= column), default=None)
        if above is not None and above > 1 and not grid.heads.get(column):
            grid.heads[column].append(before[above])
    for column, text in own.items():
        grid.heads[column].append(text)
    grid.wide = own


def _read_row(grid: _Grid, number: int, row: Sequence[Mapping[str, Any]]) -> None:
    """The numbers of one row; its first words are its name."""
    for cell in row:
        text, column = str(cell["text"]).strip(), int(cell["column"])
        if _UNIT_HEAD.match(grid.head(column)) and not _NUMBER.match(text):
            grid.row_units[number] = _written(text)
    for cell in row:
        text, column = str(cell["text"]).strip(), int(cell["column"])
        if not _NUMBER.match(text):
            grid.labels.setdefault(number, text)
            found = _spoken(text, cell)
            if found is not None and grid.labels[number] != text:
                grid.readings.append(_placed(grid, found, number, column))
            continue
        if column == 1 and number not in grid.labels:
            serial = grid.unit(number, column)[0] is None or not grid.head(column)
            if serial or _YEAR.match(text):
                if _YEAR.match(text):
                    grid.labels[number] = text
                continue
        grid.readings.append(_placed(grid, _plain(grid, text, cell), number, column))


def _placed(grid: _Grid, reading: Reading, row: int, column: int) -> Reading:
    label = grid.labels.get(row, "")
    told = [d.as_of for t in (grid.head(column), label, grid.title) for d in dates(t) if d.as_of]
    return replace(
        reading,
        noun=f"{label} · {grid.head(column)}",
        of=f"{grid.name}:{column}",
        as_of=next((t for t in told if t[0] != "-"), None),
        rule="table_total" if TOTAL.match(label) else "table",
    )


def _plain(grid: _Grid, text: str, cell: Mapping[str, Any]) -> Reading:
    row, column = int(cell["row"]), int(cell["column"])
    unit, factor = grid.unit(row, column)
    number = Decimal(re.sub(r"[,，%％\s]", "", text).replace("−", "-"))
    noted = noted_unit(grid.head(column))[0]
    if text[-1] in "%％" or noted == "percent" or (_RATE.search(grid.head(column)) and noted is None):
        unit, factor = "percent", Decimal(1)
    return Reading(
        "",
        number * factor,
        unit,
        int(cell["line"]),
        printed=text,
        cell=cell.get("cell"),
        sentence=row,
        start=column,
        decimals=len(text.rstrip("%％ ").partition(".")[2]),
    )


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
    if len(numbers) != 1 or numbers[0].in_words or numbers[0].value is None:
        return None
    sign = lex.currency_before(text[: numbers[0].start])
    if numbers[0].start > 1 and sign is None:
        return None
    unit, factor = (sign, Decimal(1)) if sign else _written(text[numbers[0].end :].strip())
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
