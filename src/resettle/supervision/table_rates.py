"""Rates in the rows of a table: which column is divided by which, as most of its rows say."""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from resettle.supervision.naming import where_of
from resettle.supervision.rates import Raw, gap, is_count, row_of
from resettle.supervision.reading import Reading


def table_rates(cells: Sequence[Reading], raw: Raw) -> None:
    """Rates in the rows of a table: the columns that give most of them are held against all of them."""
    tables: dict[str, dict[int, list[Reading]]] = defaultdict(lambda: defaultdict(list))
    for cell in cells:
        tables[str(cell.of).split(":")[0]][cell.sentence].append(cell)
    for rows in tables.values():
        columns = sorted({str(c.of) for row in rows.values() for c in row if c.unit == "percent"})
        for column in columns:
            _column(column, [{str(c.of): c for c in row} for row in rows.values()], raw)


def _over(top: Reading, bottom: Reading) -> dict[str, str]:
    return {"numerator": top.reading_id, "denominator": bottom.reading_id}


_MEAN = re.compile(
    r"平均|[人户]均|\b(?:average|mean)\b|\bper (?:household|family|head|person|house)\b", re.IGNORECASE
)


def _total_of(rows: Sequence[dict[str, Reading]]) -> dict[str, Reading]:
    """The total row of a table, by column, where there is exactly one."""
    totals = [row for row in rows if any(c.rule == "table_total" for c in row.values())]
    return totals[0] if len(totals) == 1 else {}


def _of_total(column: str, rows: Sequence[dict[str, Reading]]) -> tuple[str, int] | None:
    """The column whose parts, divided by its own total, give most of a column of shares."""
    total = _total_of(rows)
    parts = [row for row in rows if row is not total]
    votes: dict[str, int] = defaultdict(int)
    for row in parts:
        rate = row[column]
        slack = Decimal(1) / 2 / 10**rate.decimals + Decimal("0.0001")
        for name, over in row.items():
            whole = total.get(name)
            if whole is not None and is_count(over) and whole.value and whole.unit == over.unit:
                votes[name] += gap((over, whole), rate) <= slack
    best = max(votes.items(), key=lambda item: item[1], default=None)
    return best if best is not None and best[1] >= 2 and best[1] * 2 > len(parts) else None


def table_means(cells: Sequence[Reading], raw: Raw) -> None:
    """Columns of means (persons per household) that most rows give as one column divided by another."""
    tables: dict[str, dict[int, dict[str, Reading]]] = defaultdict(lambda: defaultdict(dict))
    for cell in cells:
        tables[str(cell.of).split(":")[0]][cell.sentence][str(cell.of)] = cell
    for rows in tables.values():
        columns = {
            str(c.of)
            for row in rows.values()
            for c in row.values()
            if _MEAN.search(c.noun.partition(" · ")[2])
        }
        for column in sorted(columns):
            _mean(column, [row for row in rows.values() if column in row], raw)


def _mean(column: str, rows: Sequence[dict[str, Reading]], raw: Raw) -> None:
    votes: dict[tuple[str, str], int] = defaultdict(int)
    for row in rows:
        mean = row[column]
        for (a, over), (b, below) in itertools.permutations(row.items(), 2):
            if (
                column not in (a, b)
                and over.value
                and below.value
                and mean.value
                and not {over.unit, below.unit} & {"percent"}
            ):
                made = Fraction(over.value) / Fraction(below.value)
                votes[a, b] += abs(made - Fraction(mean.value)) <= Fraction(1, 2 * 10**mean.decimals)
    best = max(votes.items(), key=lambda item: item[1], default=None)
    if best is None or best[1] < 2 or best[1] * 2 <= len(rows):
        return
    (a, b), _ = best
    for row in rows:
        if a in row and b in row:
            unit = f"{row[a].unit}/{row[b].unit}"
            figure = next((f for f in raw["figure"] if f["id"] == row[column].reading_id), None)
            if figure is not None:
                figure |= {"unit": unit, "rounded_to": Decimal(1).scaleb(-row[column].decimals)}
            raw["per_head"].append(
                {
                    "relation": "norm",
                    "total": row[a].reading_id,
                    "heads": row[b].reading_id,
                    "parts": [row[column].reading_id],
                    "line": where_of(row[column]),
                }
            )


def _column(column: str, rows: Sequence[dict[str, Reading]], raw: Raw) -> None:
    """One column of rates: the pair of columns that fits more than half of at least three rows."""
    rated = [row for row in rows if column in row and (row[column].value or 0) > 0]
    votes: dict[tuple[str, str], int] = defaultdict(int)
    for row in rated:
        rate = row[column]
        slack = Decimal(1) / 2 / 10**rate.decimals + Decimal("0.0001")
        for a, over in row.items():
            for b, below in row.items():
                if a == b or not (is_count(over) and is_count(below)) or over.unit != below.unit:
                    continue
                votes[a, b] += gap((over, below), rate) <= slack
    best = max(votes.items(), key=lambda item: (item[1], item[0]), default=None)
    if best is None or best[1] < 2 or best[1] * 2 <= len(rated):
        share, total = _of_total(column, rated), _total_of(rated)
        for row in rated if share is not None else ():
            top = row.get(share[0]) if share is not None else None
            if top is not None and row is not total and top.unit != "percent":
                raw["rate"].append(row_of(row[column]) | _over(top, total[share[0]]))  # type: ignore[index]
                raw["figure"] = [f for f in raw["figure"] if f["id"] != row[column].reading_id]
        return
    for row in rated:
        top, bottom = row.get(best[0][0]), row.get(best[0][1])
        if top is not None and bottom is not None:
            raw["rate"].append(row_of(row[column]) | _over(top, bottom))
            raw["figure"] = [f for f in raw["figure"] if f["id"] != row[column].reading_id]
