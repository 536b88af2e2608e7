"""Rates in the rows of a table: which column is divided by which, as most of its rows say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

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
        return
    for row in rated:
        top, bottom = row.get(best[0][0]), row.get(best[0][1])
        if top is not None and bottom is not None:
            raw["rate"].append(
                row_of(row[column]) | {"numerator": top.reading_id, "denominator": bottom.reading_id}
            )
            raw["figure"] = [f for f in raw["figure"] if f["id"] != row[column].reading_id]
