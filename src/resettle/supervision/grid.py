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
from resettle.supervision.counted import named_unit, singular
from resettle.supervision.head_kinds import kind_of
from resettle.supervision.numerals import chinese, english
from resettle.supervision.prose import is_chinese
from resettle.supervision.reading import Reading

Found = tuple[str | None, Decimal]
NOTHING: Found = (None, Decimal(1))
TOTAL = re.compile(
    r"^[\s*_]*(?:合\s*计|总\s*计|小\s*计|全市|全县|全省|全年|(?:whole |full )?year|总数|共计|累计|小计[:：]?.*|.{0,8}(?:合计|小计|总计)"
    r"|(?:grand |sub-?\s?)?totals?(?: [\w\s,()-]{0,40})?|[\w\s]{0,30}\b(?:sub-?)?totals?|sum|altogether|all(?: [a-z]+){0,3}|overall)[\s*_:：]*$",
    re.IGNORECASE,
)
SUBTOTAL = re.compile(r"小\s*计|sub-?\s?total", re.IGNORECASE)
_RATE = re.compile(r"率|[%％]|\brates?\b|\bshare|percent|per cent|比例|占比|进度", re.IGNORECASE)
_NOTES = re.compile(
    r"[（(]\s*(?:单位[:：])?\s*([^()（）]+?)\s*[)）]|单位[:：]\s*([^\s，,；;。)）]+)|\bunit:\s*([\w $€£.,]+)|,\s*(?:in )?([\w $€£]+)$",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"^\s*(?:[-−–+]?\s?\d[\d,，\u00a0\u2009]*(?:\.\d+)?\s*[%％]?|[(（]\d[\d,，]*(?:\.\d+)?[%％]?[)）])\s*[*†]?\s*$"
)
"""A cell that is a number, with a sign, in the brackets of accountants, or with a mark of a note."""
_META = re.compile(
    r"^\W*(?:(?:金额|计量|货币|编制|填报)?单位|填报人?|制表|编制|截至|截止|日期|报告期|币种"
    r"|(?:unit|currency|prepared|date|period|reporting)\b[^|]*)[^|]*[:：]|^\W*(?:截至|as (?:of|at)\b)",
    re.IGNORECASE,
)
"""Cells that speak of the whole table: who filled it in, up to when, in what unit."""
_BLANK = re.compile(r"^[\s—–\-/\\.…*]*$|^(?:n\.?/?a\.?|nil|无)$", re.IGNORECASE)
_YEAR = re.compile(r"^\s*(?:19|20)\d\d\s*年?\s*$")
_UNIT_HEAD = re.compile(r"^\s*(?:计量)?单位\s*$|^\s*units?(?: of measure\w*)?\s*$|^\s*uom\s*$", re.IGNORECASE)
_SCALES = (
    ("thousand", 10**3),
    ("million", 10**6),
    ("billion", 10**9),
    ("'000", 10**3),
    ("000s", 10**3),
    ("10,000", 10**4),
    ("lakhs", 10**5),
    ("lakh", 10**5),
    ("crores", 10**7),
    ("crore", 10**7),
    ("mn", 10**6),
    ("bn", 10**9),
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


_BEHIND = re.compile(r"[^/／]{1,20}[/／]\s*([^/／]{1,12})")


def unit_of(text: str) -> Found:
    """The unit named by a head such as ``投资（万元）`` or ``Households``, and its factor.

    >>> unit_of("投资（万元）"), unit_of("Persons affected"), unit_of("Paid (US$ million)")
    (('yuan', Decimal('10000')), ('person', Decimal('1')), ('dollar', Decimal('1000000')))
    """
    noted = noted_unit(text)
    return noted if noted[0] else noun_unit(text)


def noted_unit(text: str) -> Found:
    """A unit written as one: in brackets, after 单位 or behind a slash.

    >>> noted_unit("投资额/万元"), noted_unit("元/人")
    (('yuan', Decimal('10000')), (None, Decimal('1')))
    """
    for note in reversed(list(_NOTES.finditer(text))):
        for piece in reversed(re.split(r"[，,；;]", next((g for g in note.groups() if g), ""))):
            found = _written(re.sub(r"^\s*单位\s*[:：]", "", piece).strip())
            if found[0]:
                return found
    behind = _BEHIND.fullmatch(text.strip())
    if behind and not _written(text.strip())[0]:
        return _written(behind[1].strip())
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
    """``万元``, ``US$ thousand``, ``million rupees``, ``'000 persons``, ``元/人``, ``US$ per household``."""
    parted = re.fullmatch(r"(.+?)\s*(?:/|\bper\b)\s*(.+)", said)
    if parted:
        base, each = _written(parted[1]), _written(parted[2].strip())
        return (f"{base[0]}/{each[0]}", base[1]) if base[0] and each[0] else NOTHING
    for word, unit, factor in lex.UNITS_ZH_LONGEST_FIRST:
        if said == word or said == word.lstrip("个"):
            return unit, Decimal(factor)
    if said in lex.MEASURE_UNITS_ZH:
        return lex.MEASURE_UNITS_ZH[said], Decimal(1)
    if said in ("个", "处"):
        return NOTHING
    low, scale = said.lower(), 1
    for word, factor in _SCALES:
        if re.search(rf"(?<![a-z]){re.escape(word)}(?![a-z])", low):
            low, scale = re.sub(rf"(?<![a-z]){re.escape(word)}(?![a-z])", " ", low).strip(), factor
            break
    upper = re.sub("|".join(w for w, _ in _SCALES[:-1]), " ", said, flags=re.IGNORECASE).strip(" '0,")
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


def _counts_itself(head: str) -> Found:
    """A head that is nothing but a count (户数, Households): a unit said of the whole table is not its own."""
    plain = re.sub(r"[（(][^()（）]*[)）]", "", head).strip()
    if re.search(r"(?:户数|人数|人口|套数|户|人)$", plain):
        return noun_unit(plain)
    return _written(plain) if re.fullmatch(r"[A-Za-z .]+", plain) else NOTHING


PLACES = (
    "county",
    "district",
    "village",
    "township",
    "province",
    "city",
    "site",
    "community",
    "administrative village",
    "natural village",
)
_MONEY_HEAD = re.compile(
    r"amount|cost|budget|fund|spen[dt]|income|price|value|remark|note|金额|资金|投资|费|款|收入|备注|价",
    re.IGNORECASE,
)
_NOT_COUNTED = re.compile(
    r"(?:status|remarks|progress|works|goods|wages|sources|uses|results|means)$", re.IGNORECASE
)
_SERIAL = re.compile(
    r"^\W*(?:序\s*号|编\s*号|no\.?|nr\.?|s/?\s?no?\.?|sl\.? ?no\.?|#|item no\.?|serial.*)\W*$", re.IGNORECASE
)


@dataclass
class _Grid:
    """One table while it is read."""

    name: str
    title: str
    note: str = ""
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
        counted = _counts_itself(self.heads.get(column, [""])[-1])
        own = (noted_unit(places[0]), noted_unit(places[1]), self.row_units.get(row, NOTHING))
        of_money = noted_unit(f"{self.note} {self.title}")[0] in lex.MONEY
        if counted[0] and of_money and not any(unit for unit, _ in own):
            return counted
        label = "" if TOTAL.match(places[1]) else places[1]
        for found in (
            noted_unit(places[0]),
            self.row_units.get(row, NOTHING),
            noted_unit(places[1]),
            noted_unit(self.head(1)) if column > 1 else NOTHING,
            noted_unit(places[2]),
            noted_unit(self.note),
        ):
            if found[0]:
                return found
        menu = menu_of(self.title)
        if menu:
            return self._from_menu(column, menu)
        first = self.head(1) if column > 1 and not _ITEMS.match(self.head(1)) else ""
        plural = self._own_plural(column)
        if plural is not None and not noun_unit(places[0])[0] and not noun_unit(label)[0]:
            return plural
        for text in (places[0], label, first, places[2]):
            found = noun_unit(text)
            if found[0] and (text is not first or found[0] not in PLACES):
                return found if text is not places[2] else self._from_left(column) or found
        return self._from_left(column) or NOTHING

    def _own_plural(self, column: int) -> Found | None:
        """``Visits``, ``Cumulative visits``: a head that is a plural no list knows counts that."""
        head = self.head(column)
        if _MONEY_HEAD.search(head) or _RATE.search(head) or column == 1:
            return None
        found = re.fullmatch(r"(?:(?:Cumulative|Total|New|Planned|Actual)\s+)?([A-Za-z]{4,}s)", head.strip())
        return None if found is None or _NOT_COUNTED.match(found[1]) else (singular(found[1]), Decimal(1))

    def _from_left(self, column: int) -> Found | None:
        """``Households | Paid``: a head that says only what was done counts what the column to its left counts."""
        if not self.head(column) or _MONEY_HEAD.search(self.head(column)) or _RATE.search(self.head(column)):
            return None
        for left in range(column - 1, 0, -1):
            found = noun_unit(self.head(left))
            if found[0] and found[0] not in (*PLACES, "project"):
                return found
        return None

    def _from_menu(self, column: int, menu: Mapping[str, Decimal]) -> Found:
        """The unit a head names; a head that names none takes the only one that no head names."""
        unit = noun_unit(self.head(column))[0]
        if unit:
            return unit, menu.get(unit, Decimal(1))
        named = {noun_unit(" ".join(words))[0] for words in self.heads.values()}
        left = [u for u in menu if u not in named]
        return (left[0], menu[left[0]]) if len(left) == 1 else NOTHING


def read_grid(
    cells: Sequence[Mapping[str, Any]],
    title: str = "",
    name: str = "t1",
    between: Mapping[int, str] | None = None,
) -> list[Reading]:
    """Figures of one table.

    Args:
        cells: mappings with ``row``, ``column`` (from 1), ``text``, ``line`` and ``cell``.
        title: the line above the table, which may name the unit and the date.
        name: what the readings of this table share in ``of``, so that columns can be added up.
        between: lines of words between its rows; the last one above a second row of heads is the title there.

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
    done: list[Reading] = []
    for number, row in rows.items():
        if _is_meta(row):
            grid.note = " ".join([grid.note, *(str(c["text"]).strip() for c in row)])
        elif not grid.readings and _is_head(row):
            _take_heads(grid, row)
        elif _begins_anew(grid, row, rows.get(_following(rows, number))):
            done += grid.readings
            above = max((t for t in between if t < int(row[0]["line"])), default=0) if between else 0
            title = between.get(above, "") if between and above > int(done[-1].line) else ""
            grid = _Grid(f"{name}#{number}", title, note=f"{grid.note} {grid.title}")
            _take_heads(grid, row)
        else:
            _read_row(grid, number, row)
    return _as_percent([*done, *grid.readings])


_ITEMS = re.compile(
    r"^\W*(?:项目|内容|名称|指标|类别|分组|groups?|answers?|classes|class|types?|sources?|items?|indicators?|descriptions?|particulars|category|activity|activities)\W*$",
    re.IGNORECASE,
)
"""Heads of a first column that say nothing of what is counted: 项目 here is an item and no project."""


def _following(rows: Mapping[int, Any], number: int) -> int:
    return min((r for r in rows if r > number), default=0)


def _is_meta(row: Sequence[Mapping[str, Any]]) -> bool:
    """A row that says who filled in the table, up to when and in what unit, and heads nothing."""
    texts = [str(c["text"]).strip() for c in row]
    if any(_NUMBER.match(t) for t in texts) or not any(_META.match(t) for t in texts):
        return False
    written = any(re.search(r"单位\s*[:：]|\bunit\s*:|\bcurrency\s*:", t, re.IGNORECASE) for t in texts)
    return written or all(_META.match(t) for t in texts)


def _begins_anew(
    grid: _Grid, row: Sequence[Mapping[str, Any]], below: Sequence[Mapping[str, Any]] | None
) -> bool:
    """Whether a row of words inside a table heads another one: it names columns, and numbers follow under it."""
    if not grid.readings or not _is_head(row) or below is None:
        return False
    named = {int(c["column"]) for c in row if not _BLANK.match(str(c["text"]).strip())}
    numbered = {int(c["column"]) for c in below if _NUMBER.match(str(c["text"]).strip())}
    had = {r.start for r in grid.readings}
    words = [str(c["text"]).strip() for c in row]
    repeated = len(set(words)) == 1
    return len(named) > 1 and not repeated and bool(named & had & numbered) and numbered <= named | {1}


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
        if _SERIAL.match(grid.head(column)):
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
        kind=kind_of(grid.head(column), label),
        rule="table_total" if TOTAL.match(label) else "table",
    )


def _plain(grid: _Grid, text: str, cell: Mapping[str, Any]) -> Reading:
    row, column = int(cell["row"]), int(cell["column"])
    unit, factor = grid.unit(row, column)
    number = _decimal(text)
    noted = noted_unit(grid.head(column))[0]
    if re.search(r"[%％]", text) or noted == "percent" or (_RATE.search(grid.head(column)) and noted is None):
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
        decimals=len(text.rstrip("%％ )）*†").partition(".")[2]),
    )


def _decimal(text: str) -> Decimal:
    """The number of a cell; in the brackets of accountants it is below zero."""
    sign = -1 if re.match(r"[(（\-−–]", text) else 1
    return sign * Decimal(re.sub(r"[^\d.]", "", text))


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


def dates_in(text: str) -> bool:
    """Whether a cell is a date: ``2020年`` is no number of years."""
    return any(d.end - d.start > 3 for d in dates(text))


def _spoken(text: str, cell: Mapping[str, Any]) -> Reading | None:
    """A short cell that is a number with its unit in it (``5,401户``)."""
    if dates_in(text):
        return None
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
