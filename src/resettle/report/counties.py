"""How many households of each county move, wait or need a visit: counted once, and safe to print together."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from resettle.report.basis import Basis
from resettle.report.ladder import PLANNED, STEPS, steps_of
from resettle.report.masking import Place, Signed, masked_cells
from resettle.tables.pages import Cell, Hidden

UNDECIDED = "undecided"
SHOWN = (*STEPS[:PLANNED], UNDECIDED)
"""Steps that are printed by county; those not in the plan are not."""


@dataclass(frozen=True)
class Counties:
    """Cells by county and column, the column totals under ``None``; ``columns`` lists what there is."""

    columns: tuple[str, ...]
    codes: tuple[str, ...]
    cells: dict[tuple[str | None, str], Cell]


def county_cells(basis: Basis) -> Counties | None:
    """Households by county: in the plan by class, then by what becomes of them, then those to visit first.

    Classes and steps of one county have the same sum, so they are made safe together. Where no choice of cells
    is safe, only totals are shown.
    """
    movers, steps = basis.movers(), steps_of(basis)
    if movers is None or "county_code" not in movers.columns or "mover_class" not in movers.columns:
        return None
    found = {(c or "", k): n for c, k, n in movers.group_by("county_code", "mover_class").len().iter_rows()}
    kinds = tuple(sorted({k for _, k in found}, key=lambda k: (k == "co_mover", k)))
    shown: tuple[str, ...] = ()
    if steps is not None and "county_code" in steps.columns:
        by_step = steps.filter(pl.col("step").is_in(SHOWN)).group_by("county_code", "step").len()
        found |= {(c or "", s): n for c, s, n in by_step.iter_rows()}
        shown = SHOWN
    codes = tuple(sorted({c for c, _ in found}, key=lambda c: (-found.get((c, kinds[0]), 0), c)))
    columns = (*kinds, *shown)
    grid = [[found.get((c, k), 0) for k in columns] for c in codes]
    totals = [sum(column) for column in zip(*grid, strict=True)]
    cells = _safe(grid, totals, len(kinds), shown)
    rows = dict(enumerate((*codes, None)))
    return Counties(columns, codes, {(rows[r], columns[c]): cell for (r, c), cell in cells.items()})


def _safe(grid: list[list[int]], totals: list[int], kinds: int, shown: tuple[str, ...]) -> dict[Place, Cell]:
    value: dict[Place, int] = {(r, c): n for r, row in enumerate([*grid, totals]) for c, n in enumerate(row)}
    last, width = len(grid), len(totals)
    lines: list[Signed] = [[*(((r, c), 1.0) for r in range(last)), ((last, c), -1.0)] for c in range(width)]
    steps = [kinds + i for i, name in enumerate(shown) if name != UNDECIDED]
    for r in range(last + 1):
        if sum(value[r, c] for c in range(kinds)) == sum(value[r, c] for c in steps):
            lines.append([*(((r, c), 1.0) for c in range(kinds)), *(((r, c), -1.0) for c in steps)])
    keep = {(last, c) for c in range(width)}
    try:
        return masked_cells(value, lines, keep)
    except ValueError:
        return {p: n if p in keep and not 0 < n < 5 else Hidden(p in keep) for p, n in value.items()}
