"""Totals of tables: which rows and columns a total adds up, judged over all columns (or rows) together.

A table may hold subtotals, a total above or below its parts, rows "of which", and a total column. Each way to
read a total is tried on every column; the way that holds most often is the one meant, and where it does not
hold the cell is told. Where no way holds anywhere, the plainest is taken only if the table has no other total.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from resettle.supervision.grid import SUBTOTAL, TOTAL
from resettle.supervision.naming import marks, where_of
from resettle.supervision.reading import Reading
from resettle.supervision.wholes import fit_of

Raw = dict[str, list[dict[str, Any]]]
Table = dict[int, dict[int, Reading]]
"""Row, then column, to the figure there."""
_MEAN = re.compile(r"平均|[人户]均|\b(?:average|mean|median)\b|\bper\b", re.IGNORECASE)
"""Columns of means: no row of theirs adds up."""
_OF_WHICH = re.compile(r"^\s*(?:其中|of which|incl|including|－|—|-)", re.IGNORECASE)


def tables_of(cells: Iterable[Reading]) -> list[Table]:
    """Cells by table, row and column; rates are left out."""
    made: dict[str, Table] = defaultdict(lambda: defaultdict(dict))
    for cell in cells:
        name, _, column = str(cell.of).rpartition(":")
        if cell.unit != "percent" and column.isdigit() and not _MEAN.search(head_of(cell)):
            made[name][cell.sentence][int(column)] = cell
    for name, table in list(made.items()):
        units = {cell.unit for row in table.values() for cell in row.values()}
        if not all(unit and "/" in unit for unit in units):  # amounts per head add up among themselves only
            kept = {
                r: {c: x for c, x in row.items() if "/" not in (x.unit or "")} for r, row in table.items()
            }
            made[name] = defaultdict(dict, {r: row for r, row in kept.items() if row})
    return [dict(table) for table in made.values()]


def label_of_row(row: dict[int, Reading]) -> str:
    return next(iter(row.values())).noun.partition(" · ")[0]


def head_of(cell: Reading) -> str:
    return cell.noun.partition(" · ")[2]


def table_sums(cells: Iterable[Reading], raw: Raw) -> None:
    """Add the sums of all tables to ``raw``."""
    for table in tables_of(cells):
        for total, ways in _row_ways(table):
            _chosen([[_column(table, total, way, c) for c in table[total]] for way in ways], raw)
        columns = sorted({c for row in table.values() for c in row})
        _running(table, columns, raw)
        for total, ways in _column_ways(table, columns):
            _chosen([[_across(row, total, way) for row in table.values()] for way in ways], raw)


def _row_ways(table: Table) -> list[tuple[int, list[list[int]]]]:
    """Every total row with the sets of rows it may add up, the plainest first."""
    rows = sorted(table)
    labels = {r: label_of_row(table[r]) for r in rows}
    totals = [r for r in rows if TOTAL.match(labels[r])]
    plain = [r for r in rows if r not in totals and not _OF_WHICH.match(labels[r])]
    found = []
    for total in totals:
        before = [r for r in plain if r < total]
        last = max((t for t in totals if t < total), default=0)
        following = min((t for t in totals if t > total), default=10**6)
        since = [r for r in before if r > last]
        subs = [t for t in totals if t < total and (SUBTOTAL.search(labels[t]) or t != totals[0])]
        covered = _covered(subs, totals, plain)
        mixed = sorted([*subs, *(r for r in before if r not in covered)])
        below = [r for r in plain if total < r < following]
        ways = [before, since, mixed, below, [r for r in plain if r > total]]
        if SUBTOTAL.search(labels[total]):
            ways = [since, below, before]
        found.append((total, [w for i, w in enumerate(ways) if len(w) > 1 and w not in ways[:i]]))
    return found


def _covered(subs: Sequence[int], totals: Sequence[int], plain: Sequence[int]) -> set[int]:
    """Rows that a subtotal above the grand total already holds."""
    covered: set[int] = set()
    for sub in subs:
        last = max((t for t in totals if t < sub), default=0)
        covered |= {r for r in plain if last < r < sub}
    return covered


def _column(
    table: Table, total: int, way: Sequence[int], column: int
) -> tuple[Reading, list[Reading]] | None:
    cell = table[total].get(column)
    parts = (
        [table[r][column] for r in way if column in table[r] and table[r][column].unit == cell.unit]
        if cell
        else []
    )
    return (cell, parts) if cell is not None and len(parts) > 1 else None


def _column_ways(table: Table, columns: Sequence[int]) -> list[tuple[int, list[list[int]]]]:
    """A column headed "total" with the columns it may add up: all others, those before it, those after it."""
    found = []
    heads = {c: head_of(next(row[c] for row in table.values() if c in row)) for c in columns}
    totals = [
        c
        for c in columns
        if TOTAL.match(heads[c]) or re.search(r"(?:^|\s)(?:Total|合计|小计|总计)\s*$", heads[c])
    ]
    for total in totals:
        others = [c for c in columns if c not in totals]
        last = max((t for t in totals if t < total), default=0)
        group = _group(heads[total])
        alike = [c for c in others if group and _group(heads[c]) == group]
        ways = [alike, others, [c for c in others if last < c < total], [c for c in others if c > total]]
        if len(alike) > 1 and SUBTOTAL.search(heads[total]):
            ways = [alike]
        found.append((total, [w for i, w in enumerate(ways) if len(w) > 1 and w not in ways[:i]]))
    return found


_CUMULATIVE = re.compile(r"累计|\bcumulative|\bto date\b|\brunning\b", re.IGNORECASE)


def _running(table: Table, columns: Sequence[int], raw: Raw) -> None:
    """A cumulative column beside the column it adds up row by row, where most rows bear that out."""
    rows = [r for r in sorted(table) if not TOTAL.match(label_of_row(table[r]))]
    heads = {c: head_of(next(row[c] for row in table.values() if c in row)) for c in columns}
    for stock in (c for c in columns if _CUMULATIVE.search(heads[c])):
        best: tuple[int, list[tuple[Reading, list[Reading]]]] = (0, [])
        for flow in (
            c for c in columns if not _CUMULATIVE.search(heads[c]) and marks(heads[c]) & marks(heads[stock])
        ):
            pairs = [
                (table[r][stock], table[r][flow]) for r in rows if stock in table[r] and flow in table[r]
            ]
            if len(pairs) < 3 or len(pairs) < len(rows) or len({x.unit for pair in pairs for x in pair}) > 1:
                continue
            since = [(total, [f for _, f in pairs[: i + 1]]) for i, (total, _) in enumerate(pairs)][1:]
            steps = [(pairs[i][0], [pairs[i - 1][0], pairs[i][1]]) for i in range(1, len(pairs))]
            starts = pairs[0][0].value == pairs[0][1].value
            for way in (since, steps) if starts else (steps,):
                held = sum(fit_of(*pair) == "exact" for pair in way) + starts
                if held >= 2 and 2 * held > len(way) and held > best[0]:
                    best = (held, way)
        for total, parts in best[1]:
            raw["sum"].append(
                {
                    "total": total.reading_id,
                    "parts": [p.reading_id for p in parts],
                    "label_en": total.noun,
                    "line": where_of(total),
                }
            )


def _group(head: str) -> str:
    """The wide head above a column and its neighbours: 到位数 of "到位数 小计"."""
    first, _, rest = head.partition(" ")
    return first if rest else ""


def _across(row: dict[int, Reading], total: int, way: Sequence[int]) -> tuple[Reading, list[Reading]] | None:
    cell = row.get(total)
    parts = [row[c] for c in way if c in row and row[c].unit == cell.unit] if cell else []
    return (cell, parts) if cell is not None and len(parts) > 1 else None


def _chosen(ways: Sequence[Sequence[tuple[Reading, list[Reading]] | None]], raw: Raw) -> None:
    """The way that holds most often; of none that holds, the first, if one slip would make it hold."""
    scores: list[Counter[str]] = []
    for way in ways:
        scores.append(Counter(fit_of(*pair) for pair in way if pair is not None))
    if not scores:
        return
    best = max(
        range(len(ways)), key=lambda i: (scores[i]["exact"], scores[i]["slip"], scores[i]["omitted"], -i)
    )
    score = scores[best]
    held = score["exact"]
    if not held and not score["slip"] and not score["omitted"] and len(ways) > 1:
        return
    if held and score.total() - held > max(held, 1):
        return
    for pair in ways[best]:
        if pair is not None:
            total, parts = pair
            raw["sum"].append(
                {
                    "total": total.reading_id,
                    "parts": [p.reading_id for p in parts],
                    "label_en": total.noun,
                    "line": where_of(total),
                }
            )
