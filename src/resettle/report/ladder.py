"""How the numbers of households fit together: from the roster to the plan, by class, so that none is lost."""

from __future__ import annotations

import polars as pl

from resettle.report.basis import Basis, mark_of
from resettle.report.masking import masked
from resettle.report.sentences import say
from resettle.tables.page_text import same
from resettle.tables.pages import Block, Cell, Hidden, PageColumn, PageTable, Paragraph, Text
from resettle.words import sentences

STEPS = ("site", "scattered", "unplaced", "undecided", "out")
"""Every accepted household is in exactly one of these; the first three make up the plan."""
PLANNED = 3


def _class_text(name: str | None) -> Text:
    key = f"report.ladder.class.{name or 'unknown'}"
    return say(key) if key in sentences("zh") else same(name or "")


def steps_of(basis: Basis) -> pl.DataFrame | None:
    """Every household with its class and its ``step``; ``None`` where nothing decided or placed anybody."""
    frame = basis.households()
    placed = basis.frame("household_site", "household_id", "status")
    if frame is None or placed is None or "is_eligible" not in frame.columns:
        return None
    step = (
        pl.when(pl.col("_status") == "assigned")
        .then(pl.lit("site"))
        .when(pl.col("_status") == "scattered")
        .then(pl.lit("scattered"))
        .when(pl.col("_status").is_not_null())
        .then(pl.lit("unplaced"))
        .when(pl.col("is_eligible").is_null())
        .then(pl.lit("undecided"))
        .otherwise(pl.lit("out"))
    )
    kind = pl.col("household_class") if "household_class" in frame.columns else pl.lit("unknown")
    mine = placed.select("household_id", pl.col("status").alias("_status"))
    joined = frame.join(
        mine.unique("household_id", keep="first", maintain_order=True), "household_id", "left"
    )
    return joined.select("household_id", kind.fill_null("unknown").alias("kind"), step.alias("step"))


def ladder(basis: Basis) -> list[Block]:
    """The table that accounts for every household of the roster; nothing where it cannot be made."""
    frame = steps_of(basis)
    if frame is None or frame.is_empty():
        return []
    kinds = sorted(frame.get_column("kind").unique().to_list(), key=lambda k: (k != "registered_poor", k))
    counts = {(k, s): n for k, s, n in frame.group_by("kind", "step").len().iter_rows()}
    grid = [[counts.get((k, s), 0) for k in kinds] for s in STEPS]
    try:
        cells = masked(grid)
    except ValueError:
        return [Paragraph(say("report.people.withheld_table"), "missing")]
    if len(kinds) == 1:
        cells = [line[:1] for line in cells]
    heads = [_class_text(k) for k in kinds] + ([say("report.head.total")] if len(kinds) > 1 else [])
    columns = (
        PageColumn(say("report.ladder.what")),
        *(PageColumn(head, "count", say("report.unit.household")) for head in heads),
    )
    rows: list[tuple[Cell, ...]] = [(say("report.ladder.roster"), *cells[-1])]
    rows += [
        (say(f"report.ladder.{name}"), *cells[at]) for at, name in enumerate(STEPS[PLANNED:], start=PLANNED)
    ]
    rows.append((say("report.ladder.plan"), *_plan_row(grid, cells, len(heads))))
    rows += [(say(f"report.ladder.{name}"), *cells[at]) for at, name in enumerate(STEPS[:PLANNED])]
    note = say("report.ladder.note")
    mark = mark_of(basis.frame("household"))
    return [PageTable(say("report.ladder.title"), columns, tuple(rows), note=note, mark=mark)]


def _plan_row(grid: list[list[int]], cells: list[list[Cell]], width: int) -> list[Cell]:
    """Households in the plan: withheld as soon as one part of a column is, for the sum would tell it."""
    row: list[Cell] = []
    whole = [[*line, sum(line)] for line in grid]
    for at in range(width):
        is_hidden = any(isinstance(cells[i][at], Hidden) for i in range(len(STEPS)))
        row.append(Hidden(False) if is_hidden else sum(whole[i][at] for i in range(PLANNED)))
    return row
