"""Several tables on one sheet: side by side, one under another, members of a household in columns; and one that lies across.

Each table becomes a sheet of its own that keeps every cell at its place, all others emptied, so that rows and
columns are still called as the user sees them. What is not split would be lost: the second of two tables has
heads the first has taken.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import polars as pl

from resettle.registry.fields import fold
from resettle.registry.heads import ANCHORS, SEARCHED_ROWS, Finder, Heads, meaning_of
from resettle.tables.grid import Merge, Sheet, column_letters

FEWEST = 3
"""Fields a row must name, one of them an anchor, before it is taken for further heads in the middle of a list."""
HEAD_WORDS = ("姓名", "证件", "身份证", "户编号", "户号", "编号", "name", "number", "identity", "household")
"""One of these stands in any row of heads; only rows that hold one are looked at closely."""
MEMBER_LEVEL = frozenset({"name", "identity", "relation"})


def tables_of(sheet: Sheet, find: Finder, levels: Mapping[str, str]) -> list[Sheet]:
    """The tables of a sheet, each as a sheet; the sheet itself where it holds one.

    Args:
        sheet: as it was read.
        find: finds the heads of a sheet by what an office calls its fields.
        levels: field to its level; the columns of members hold fields of persons.

    >>> from resettle.registry.fields import aliases as known, known_fields
    >>> levels = {name: f.level for name, f in known_fields(None).items()}
    >>> two = Sheet.of([["姓名", "户编号", None, "姓名", "户编号"], ["李大山", "1", None, "王小河", "2"]])
    >>> [(t.name, t.cells.row(1)) for t in tables_of(two, Finder(known(None, None)), levels)]
    [(' A:C', ('李大山', '1', None, None, None)), (' D:E', (None, None, None, '王小河', '2'))]
    """
    heads, _ = find(sheet)
    if heads is None:
        return [sheet]
    found = []
    for part, own in _side_by_side(sheet, heads, find):
        for table in _one_under_another(part, own, find.aliases):
            found += _members_in_columns(table, find, levels)
    return found


def lies_across(sheet: Sheet, aliases: Mapping[str, str]) -> bool:
    """Whether the heads stand in the first column, one under another, and every household in a column.

    >>> from resettle.registry.fields import aliases as known
    >>> lies_across(Sheet.of([["姓名", "李", "王"], ["户编号", "1", "2"], ["证件号码", "3", "4"]]), known(None, None))
    True
    """
    if not sheet.cells.width or sheet.cells.width < 2:
        return False
    top = sheet.cells.head(SEARCHED_ROWS)
    down = {aliases.get(fold(text)) for text in top["c0"] if text} - {None}
    across = max(
        (len({aliases.get(fold(text)) for text in row if text} - {None}) for row in top.iter_rows()),
        default=0,
    )
    return len(down) >= FEWEST and bool(down & ANCHORS) and across < FEWEST


def _side_by_side(sheet: Sheet, heads: Heads, find: Finder) -> list[tuple[Sheet, Heads]]:
    """The tables beside each other: where all that names a row comes again, another table begins."""
    meant = [meaning_of(path, find.aliases) for path in heads.paths]
    starts, seen = [0], set[str]()
    for column, meaning in enumerate(meant):
        if meaning is None:
            continue
        if meaning in seen:
            starts.append(column)
            seen = set()
        seen.add(meaning)
    ends = [*starts[1:], len(meant)]
    blocks = [(a, b - 1, {m for m in meant[a:b] if m}) for a, b in zip(starts, ends, strict=True)]
    alike = set.intersection(*(fields for _, _, fields in blocks)) if len(blocks) > 1 else set()
    # A second column of names is a second column; a second list names its rows by two things or more.
    if len(alike - {"person_number"}) < 2 or not all(fields & ANCHORS for _, _, fields in blocks):
        return [(sheet, heads)]
    parts = []
    for first, last, _ in blocks:
        part = _columns(sheet, set(range(first, last + 1)), f"{column_letters(first)}:{column_letters(last)}")
        own, _ = find(part)
        if own is None:
            return [(sheet, heads)]
        parts.append((part, own))
    return parts


def _one_under_another(sheet: Sheet, heads: Heads, aliases: Mapping[str, str]) -> list[Sheet]:
    """The tables below each other: where other heads stand in the middle of a list, another begins."""
    known = {c: path[-1] for c, path in enumerate(heads.paths) if path}
    starts = []
    for row in _candidates(sheet, heads.last + 1):
        texts = [(text or "").strip() for text in sheet.cells.row(row)]
        found = [meaning_of([text], aliases) for text in texts if text]
        meant = {m for m in found if m}
        are_heads = 3 * (len(found) - found.count(None)) >= 2 * len(found)  # a household's row names places
        is_same = all(fold(known.get(c, "")) == fold(text) for c, text in enumerate(texts) if text)
        if len(meant) >= FEWEST and meant & ANCHORS and are_heads and not is_same:
            starts.append(_title_above(sheet, row, heads.last + 1))
    if not starts:
        return [sheet]
    edges = [0, *starts, sheet.cells.height]
    return [_rows(sheet, first, last, f"{first + 1}:{last}") for first, last in pairwise(edges)]


def _candidates(sheet: Sheet, start: int) -> list[int]:
    """Rows below the heads of which two cells or more hold a word of heads."""
    words = list(HEAD_WORDS)
    hits = pl.sum_horizontal(
        pl.col(c).str.contains_any(words, ascii_case_insensitive=True).fill_null(False).cast(pl.UInt16)
        for c in sheet.cells.columns
    )
    rows = sheet.cells.slice(start).select(hits.alias("n")).with_row_index("row", offset=start)
    return rows.filter(pl.col("n") >= 2)["row"].to_list()


def _title_above(sheet: Sheet, row: int, floor: int) -> int:
    """The first of the rows above further heads that are their title: empty, or one text alone."""
    while row > floor and sum(bool((t or "").strip()) for t in sheet.cells.row(row - 1)) <= 1:
        row -= 1
    return row


def _members_in_columns(sheet: Sheet, find: Finder, levels: Mapping[str, str]) -> list[Sheet]:
    """One row a household with its members in numbered columns: a list of persons for each number."""
    heads, _ = find(sheet)
    if heads is None:
        return [sheet]
    groups: dict[int, dict[int, str]] = {}
    for column, path in enumerate(heads.paths):
        if column in heads.fields or not path:
            continue
        for text in ("".join(path), *path[::-1]):
            numbered = _numbered(text, find.aliases, levels)
            if numbered:
                groups.setdefault(numbered[0], {})[column] = numbered[1]
                break
    if len(groups) < 2 or not all("name" in g.values() or "identity" in g.values() for g in groups.values()):
        return [sheet]
    keys = [c for c, name in heads.fields.items() if name == "household_key"]
    if not keys:
        return [sheet]
    taken = {c for group in groups.values() for c in group}
    width = set(range(sheet.cells.width))
    found = [replace(_columns(sheet, width - taken, ""), name=sheet.name)]
    first = {c: "name" for c, name in heads.fields.items() if name == "head_name"}
    if first:
        first |= {c: name for c, name in heads.fields.items() if name == "identity"}
        found.append(
            _with_heads(
                _head_column(sheet, first, keys[0]), heads, first | {sheet.cells.width: "relation"}, keys[0]
            )
        )
    for _, group in sorted(groups.items()):
        edges = f"{column_letters(min(group))}:{column_letters(max(group))}"
        part = _columns(sheet, {keys[0], *group}, edges)
        found.append(_with_heads(part, heads, group, keys[0]))
    return found


def _head_column(sheet: Sheet, group: Mapping[int, str], key: int) -> Sheet:
    """The heads of the households as a list of persons: one column more says what they are."""
    edges = f"{column_letters(min(group))}:{column_letters(max(group))}"
    part = _columns(sheet, {key, *group}, edges)
    named = pl.any_horizontal(pl.col(f"c{c}").str.strip_chars().str.len_chars() > 0 for c in group)
    cells = part.cells.with_columns(
        pl.when(named.fill_null(False)).then(pl.lit("head")).alias(f"c{sheet.cells.width}")
    )
    return Sheet(part.file, part.name, cells, part.merges)


def _numbered(text: str, aliases: Mapping[str, str], levels: Mapping[str, str]) -> tuple[int, str] | None:
    """A head with a number in it that names a field of a person without it: 成员2姓名, name of member 2."""
    folded = fold(text)
    found = re.search(r"\d{1,2}", folded)
    if found is None:
        return None
    bare = folded[: found.start()] + folded[found.end() :]
    tries = (bare, re.sub(r"^(家庭)?(成员|member|person)(of)?|(of)?(member|person)$", "", bare))
    meaning = next((m for t in tries if (m := aliases.get(t))), None)
    if meaning is None or not (meaning in MEMBER_LEVEL or levels.get(meaning) == "person"):
        return None
    return int(found[0]), meaning


def _with_heads(sheet: Sheet, heads: Heads, group: Mapping[int, str], key: int) -> Sheet:
    """A group of member columns under the plain names of their fields; a row without that member is empty."""
    said = [c for c, name in group.items() if name != "relation"]
    filled = pl.any_horizontal(pl.col(f"c{c}").str.strip_chars().str.len_chars() > 0 for c in said)
    below = pl.int_range(pl.len()) > heads.last
    cells = sheet.cells.with_columns(
        pl.when(~below | filled.fill_null(False)).then(pl.col(f"c{key}")).alias(f"c{key}")
    )
    row = pl.int_range(pl.len())
    cells = cells.with_columns(
        pl.when(row == heads.last)
        .then(pl.lit(name))
        .when(row > heads.last)
        .then(pl.col(f"c{column}"))
        .alias(f"c{column}")
        for column, name in group.items()
    )
    return Sheet(sheet.file, sheet.name, cells, sheet.merges)


def _columns(sheet: Sheet, kept: set[int], edges: str) -> Sheet:
    others = [c for i, c in enumerate(sheet.cells.columns) if i not in kept]
    cells = sheet.cells.with_columns(pl.lit(None, dtype=pl.String).alias(c) for c in others)
    merges = [m for m in sheet.merges if kept.issuperset(range(m[1], min(m[3], sheet.cells.width - 1) + 1))]
    return Sheet(sheet.file, f"{sheet.name} {edges}", cells, merges)


def _rows(sheet: Sheet, first: int, last: int, edges: str) -> Sheet:
    row = pl.int_range(pl.len())
    inside = (row >= first) & (row < last)
    cells = sheet.cells.with_columns(pl.when(inside).then(pl.col(c)).alias(c) for c in sheet.cells.columns)
    merges: Sequence[Merge] = [m for m in sheet.merges if first <= m[0] and m[2] < last]
    return Sheet(sheet.file, f"{sheet.name} {edges}", cells, merges)
