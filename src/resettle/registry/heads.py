"""Finds the heads of a sheet: one to five rows, merged or not, under titles, over totals and signatures."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from resettle.methods.nearest import Choices
from resettle.problems import Problem
from resettle.registry.english import MARK, key_of
from resettle.registry.fields import alias_shown, fold
from resettle.tables.grid import Sheet, column_letters

SEARCHED_ROWS = 40
SHOWN = 12
"""Heads nobody knows that are named in one sentence."""
LONGEST_HEAD = 40
"""Signs of such a head that are shown; some offices write a list of illnesses into one."""
DEPTHS = range(1, 6)
NAME_PARTS = ("surname", "middle_name", "given_name")
ANCHORS = frozenset({"name", "identity", "household_key", "head_name", "surname", "given_name"})
_UNIT = re.compile(
    r"(平方公里|平方千米|km²|km2|平方英尺|sq\.?\s?ft|square f(?:ee|oo)t|ft²|ft2|英亩|acres?\b|公顷|平方米|平米|㎡|m²|m2"
    r"|sq\.?\s?m\b|square met(?:er|re)s?|\bha\b|hectares?|亩|\bmu\b|万元|千元|(?<![美欧港日])元|yuan|公里|千米|km)",
    re.IGNORECASE,
)
CURRENCIES = {
    "USD": r"美元|美金|\bUSD\b|US\$",
    "EUR": r"欧元|\bEUR\b|€",
    "GBP": r"英镑|\bGBP\b|£",
    "HKD": r"港元|港币|\bHKD\b|HK\$",
    "JPY": r"日元|\bJPY\b",
    "CNY": r"人民币|\bCNY\b|\bRMB\b|yuan",
}
"""How heads name a currency; an amount in another one than the pack's is not read as if it were in it."""
_DATE = re.compile(r"\d{4}年(?:\d{1,2}月)?(?:\d{1,2}日)?")


@dataclass(frozen=True)
class Heads:
    """Where the heads of a sheet are and what they mean.

    Attributes:
        first, last: rows of the heads, from 0, ends included.
        paths: for every column its head from the top group down, as it stands.
        fields: column number to field name.
        units: column number to the unit the head names.
        dates: column number to the date the head names.
        currencies: column number to the currency the head names.
        name_parts: the columns a name is put together from, surname first, where no column holds it whole.
    """

    first: int
    last: int
    paths: Sequence[Sequence[str]]
    fields: Mapping[int, str]
    units: Mapping[int, str] = field(default_factory=dict)
    dates: Mapping[int, str] = field(default_factory=dict)
    currencies: Mapping[int, str] = field(default_factory=dict)
    name_parts: Mapping[str, int] = field(default_factory=dict)

    def shown(self, column: int) -> str:
        """A head as a person knows it: the parts from group to leaf, and the letters where it has none."""
        path = self.paths[column] if column < len(self.paths) else ()
        return " / ".join(path) or column_letters(column)


def find_heads(sheet: Sheet, aliases: Mapping[str, str]) -> tuple[Heads | None, list[Problem]]:
    """Find the rows that hold the heads: those under which most fields are recognised.

    Args:
        sheet: the sheet as it stands.
        aliases: folded head to field name, see :func:`resettle.registry.fields.aliases`.

    Returns:
        The heads, or ``None`` where no row names a person or household; and problems: a head that two
        columns share, heads nobody knows (with the nearest known one).

    >>> from resettle.registry.fields import aliases as known
    >>> sheet = Sheet.of([["花名册"], ["姓名", "证件号码", "耕地面积（亩）"], ["李大山", "1", "2"]])
    >>> heads, problems = find_heads(sheet, known(None, None))
    >>> heads.last, dict(heads.fields), dict(heads.units)
    (1, {0: 'name', 1: 'identity', 2: 'cultivated_area_dm2'}, {2: 'mu'})
    """
    grid = _filled_top(sheet)
    best: tuple[int, int, int] | None = None
    best_score = 1
    for depth in DEPTHS:
        for first in range(0, max(len(grid) - depth + 1, 0)):
            score = _score(grid[first : first + depth], aliases)
            if score > best_score:
                best, best_score = (first, first + depth - 1, score), score
    if best is None:
        return None, []
    first, last = best[0], best[1]
    while first > 0 and last - first < DEPTHS[-1] and _is_group_row(grid[first - 1]):
        first -= 1
    paths = _paths(grid[first : last + 1])
    last += last + 1 < len(grid) and _numbers_columns(grid[last + 1])
    return _mapped(sheet, first, last, paths, aliases)


@dataclass
class Finder:
    """:func:`find_heads` with the aliases of one office; each sheet is searched once."""

    aliases: Mapping[str, str]
    _found: dict[int, tuple[Sheet, Heads | None, list[Problem]]] = field(default_factory=dict)

    def __call__(self, sheet: Sheet) -> tuple[Heads | None, list[Problem]]:
        if id(sheet) not in self._found:  # the sheet is kept beside its answer, so that no other gets its id
            self._found[id(sheet)] = (sheet, *find_heads(sheet, self.aliases))
        return self._found[id(sheet)][1:]


def _filled_top(sheet: Sheet) -> list[list[str]]:
    """The first rows as lists, merged ranges filled with their text."""
    top = sheet.cells.head(SEARCHED_ROWS)
    grid = [[(v or "").strip() for v in row] for row in top.iter_rows()]
    for first_row, first_column, last_row, last_column in sheet.merges:
        if first_row >= len(grid) or not grid or first_column >= len(grid[0]):
            continue
        text = grid[first_row][first_column]
        for row in range(first_row, min(last_row + 1, len(grid))):
            for column in range(first_column, min(last_column + 1, len(grid[0]))):
                grid[row][column] = text
    return grid


def _is_group_row(row: Sequence[str]) -> bool:
    """Whether a row above the heads groups them; a title is one text across, a note one cell."""
    texts = [t for t in row if t]
    return len(set(texts)) >= max(3, len(row) // 8)


def _numbers_columns(row: Sequence[str]) -> bool:
    """Whether a row under the heads counts the columns, as printed forms do: 甲, 1, 2, 3.

    >>> _numbers_columns(["甲", "乙", "1", "2", "3"]), _numbers_columns(["1", "水磨村", "2", "3"])
    (True, False)
    """
    texts = [t.strip("()（） ") for t in row if t]
    counted = [int(t) for t in texts if t.isdecimal() and len(t) < 4]
    letters = [t for t in texts if t in "甲乙丙丁戊己庚辛ABCDEFGH" and len(t) == 1]
    is_run = all(b == a + 1 for a, b in pairwise(counted))
    return len(texts) >= 3 and len(counted) >= 2 and is_run and len(counted) + len(letters) == len(texts)


def _paths(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    """For every column its texts from top to bottom; an empty group cell belongs to the group at its left."""
    width = len(rows[0])
    paths: list[list[str]] = [[] for _ in range(width)]
    below = [[False] * width]
    for row in reversed(rows[1:]):
        below.append([held or bool(text) for held, text in zip(below[-1], row, strict=True)])
    for row, holds_below in zip(rows, reversed(below), strict=True):
        group = ""
        for column, (own, is_group) in enumerate(zip(row, holds_below, strict=True)):
            group = own or group
            text = own or (group if is_group else "")
            if text and paths[column][-1:] != [text]:
                paths[column].append(text)
    return paths


def meaning_of(path: Sequence[str], aliases: Mapping[str, str]) -> str | None:
    """The field a head names: by its leaf, its leaf with the group above, or the whole."""
    if not path:
        return None
    tries = ["".join(path), path[-1], "".join(path[-2:])]
    for text in tries:
        found = aliases.get(fold(text))
        if found:
            return found
    # "户编号（随迁户：户主身份证号）": what stands in brackets explains, so it was folded away above.
    said = [name for text in (path[-1], " ".join(path[-2:])) if (name := aliases.get(key_of(text)))]
    # "Code" alone numbers rows; under "Household" it is the household's.
    return "household_key" if said == ["person_number", "household_key"] else next(iter(said), None)


def _score(rows: Sequence[Sequence[str]], aliases: Mapping[str, str]) -> int:
    found = {m for m in (meaning_of(p, aliases) for p in _paths(rows)) if m and m != "person_number"}
    return len(found) if found & ANCHORS else 0


def _mapped(
    sheet: Sheet, first: int, last: int, paths: list[list[str]], aliases: Mapping[str, str]
) -> tuple[Heads, list[Problem]]:
    fields: dict[int, str] = {}
    units: dict[int, str] = {}
    dates: dict[int, str] = {}
    currencies: dict[int, str] = {}
    taken: dict[str, int] = {}
    problems: list[Problem] = []
    unused: list[str] = []
    choices = Choices(a for a in aliases if not a.startswith(MARK))
    for column, path in enumerate(paths):
        if not path:
            continue
        whole = " / ".join(path)
        meaning = meaning_of(path, aliases)
        place = {"file": sheet.file, "sheet": sheet.name or None, "row": last + 1, "column": whole}
        if meaning is None:
            unused.append(whole)
            near = choices.nearest(fold(path[-1]), 0.75)
            if near:
                shown = alias_shown(near, aliases[near])
                problems.append(Problem("registry.head_unknown", "hint", nearest=shown, **place))  # type: ignore[arg-type]
            continue
        if meaning == "person_number":
            continue
        if (
            meaning in taken
            and meaning == "household_key"
            and _is_heads_number(paths, column, taken, aliases)
        ):
            meaning = "identity"
        if meaning in taken:
            values = {"first": column_letters(taken[meaning]), "second": column_letters(column)}
            problems.append(Problem("registry.head_repeated", "warning", values=values, **place))  # type: ignore[arg-type]
            continue
        taken[meaning] = column
        fields[column] = meaning
        unit = _UNIT.search(whole)
        if unit:
            units[column] = _unit_name(unit[1].lower())
        date = _DATE.search(whole)
        if date:
            dates[column] = date[0]
        named = [code for code, words in CURRENCIES.items() if re.search(words, whole, re.IGNORECASE)]
        currencies |= dict.fromkeys([column] if named else [], "".join(named[:1]))
    name_parts = _whole_name(fields, taken)
    if unused:
        heads = [h if len(h) <= LONGEST_HEAD else h[:LONGEST_HEAD] + "…" for h in unused[:SHOWN]]
        shown = "; ".join(heads) + ("; …" if len(unused) > SHOWN else "")
        problems.append(
            Problem(
                "registry.heads_not_used",
                "info",
                file=sheet.file,
                sheet=sheet.name or None,
                row=last + 1,
                value=shown,
                values={"count": len(unused)},
            )
        )
    return Heads(first, last, paths, fields, units, dates, currencies, name_parts), problems


def _whole_name(fields: dict[int, str], taken: Mapping[str, int]) -> dict[str, int]:
    """Where surname and given name stand apart, the columns to put together; one of them is then the name's.

    >>> fields = {1: "surname", 2: "given_name"}
    >>> _whole_name(fields, {"surname": 1, "given_name": 2}), fields
    ({'surname': 1, 'given_name': 2}, {2: 'name'})
    """
    parts = {name: taken[name] for name in NAME_PARTS if name in taken}
    for column in parts.values():
        del fields[column]
    if not parts or "name" in taken:
        return {}
    fields[parts[max(parts, key=("middle_name", "surname", "given_name").index)]] = "name"
    return parts


def _is_heads_number(
    paths: Sequence[Sequence[str]], column: int, taken: Mapping[str, int], aliases: Mapping[str, str]
) -> bool:
    """Whether a second key of the household is its head's identity number: in a list of households, not of persons."""
    meant = {meaning_of(path, aliases) for path in paths}
    is_number = any(word in paths[column][-1] for word in ("证件", "身份证"))
    return is_number and not meant & {"identity", "name", "relation"}


def _unit_name(text: str) -> str:
    names = {"亩": "mu", "公顷": "hectare", "ha": "hectare", "hectare": "hectare", "hectares": "hectare"}
    names |= {"万元": "10k_yuan", "千元": "1k_yuan", "元": "yuan", "公里": "km", "千米": "km"}
    names |= dict.fromkeys(("平方米", "平米", "㎡", "m²", "m2"), "m2")
    names |= dict.fromkeys(("平方公里", "平方千米", "km²", "km2"), "km2")
    names |= dict.fromkeys(("英亩", "acre", "acres"), "acre") | {"平方英尺": "sq ft"}
    if re.match(r"sq\.?\s?ft|square f|ft", text):
        return "sq ft"
    return "m2" if re.match(r"sq", text) else names.get(text, text)
