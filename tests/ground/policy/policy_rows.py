"""Draws rows for every table of a pack: ordinary, edge and missing values, unfinished lists, no rows."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import polars as pl

from resettle.policy import Pack
from resettle.policy.names import RowTable
from resettle.tables import Column

Tables = dict[str, list[dict[str, Any]]]


def draw_value(column: Column, rng: random.Random) -> Any:
    """A value inside the column's declared list or range, its ends more often than chance has them."""
    if column.kind == "boolean":
        return rng.random() < 0.5
    if column.kind == "date":
        return date(1930, 1, 1) + timedelta(days=rng.randrange(36_500))
    if column.kind == "integer":
        low, high = column.low or 0, column.high if column.high is not None else 10**9
        near = [low, high, min(high, low + rng.randrange(40)), rng.randint(low, high)]
        return rng.choice(near)
    if column.kind == "text":
        return rng.choice(column.allowed) if column.allowed else rng.choice(("a", "b", "c'd", ""))
    return rng.random()


def draw_row(
    table: RowTable, rng: random.Random, missing: float, complete: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """A row; ``complete`` columns are never missing, and such lists always finished."""
    row = {
        c.name: None if c.name not in complete and rng.random() < missing else draw_value(c, rng)
        for c in table.table.columns
    }
    for name in row:
        if name.endswith("_listed") and name in complete:
            row[name] = True
        elif name.endswith("_listed"):
            row[name] = rng.choice((True, True, True, False, None)) if missing else True
    return row


def draw_tables(pack: Pack, households: int, seed: int, missing: float, whole: float = 0.0) -> Tables:
    """Households with their villages and child rows; a share ``whole`` of all columns lacks nothing."""
    rng = random.Random(seed)
    complete = {
        name: frozenset(c.name for c in table.table.columns if whole and rng.random() < whole)
        for name, table in pack.tables.items()
    }
    tables: Tables = {name: [] for name in pack.tables}
    for v in range(max(1, households // 6)):
        tables["village"].append(
            draw_row(pack.tables["village"], rng, missing, complete["village"]) | {"village_code": f"v{v:04}"}
        )
    for h in range(households):
        village = rng.choice(tables["village"])["village_code"] if rng.random() >= missing / 2 else None
        row = draw_row(pack.tables["household"], rng, missing, complete["household"])
        tables["household"].append(row | {"household_id": f"h{h:05}", "village_code": village})
        for name, table in pack.tables.items():
            if table.parent == "household":
                for i in range(rng.choice((0, 1, 1, 2, 3, 4, 7))):
                    row = draw_row(table, rng, missing, complete[name])
                    tables[name].append(row | {table.key: f"{name}{h:05}{i}", table.link: f"h{h:05}"})
    return tables


def as_frames(pack: Pack, tables: Tables) -> dict[str, pl.DataFrame]:
    return {
        name: pl.DataFrame(rows, schema=pack.tables[name].table.schema()) for name, rows in tables.items()
    }
