"""How the numbers of households fit together: from the roster to the plan, by class, so that none is lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from resettle.report.basis import MOVER_CLASSES, Basis, mark_of, persons_in
from resettle.report.masking import THRESHOLD, masked
from resettle.report.sentences import say
from resettle.tables.page_text import same
from resettle.tables.pages import Block, Cell, Hidden, PageColumn, PageTable, Paragraph, Text
from resettle.words import sentences

STEPS = ("site", "scattered", "unplaced", "undecided", "waiting", "out")
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
        pl.when(pl.col("_status").is_in(["assigned", "size_unknown"]))  # the site is settled, the home is not
        .then(pl.lit("site"))
        .when(pl.col("_status") == "scattered")
        .then(pl.lit("scattered"))
        .when(pl.col("_status").is_not_null())
        .then(pl.lit("unplaced"))
        .when(pl.col("is_eligible").is_null())
        .then(pl.lit("undecided"))
        .when(_may_move(frame))
        .then(pl.lit("waiting"))
        .otherwise(pl.lit("out"))
    )
    kind = pl.col("household_class") if "household_class" in frame.columns else pl.lit("unknown")
    mine = placed.select("household_id", pl.col("status").alias("_status"))
    joined = frame.join(
        mine.unique("household_id", keep="first", maintain_order=True), "household_id", "left"
    )
    more = [name for name in ("county_code", "village_code") if name in joined.columns]
    return joined.select(
        "household_id", *more, kind.fill_null("unknown").alias("kind"), step.alias("step"), persons_in(joined)
    )


def _may_move(frame: pl.DataFrame) -> pl.Expr:
    """Whether a class of mover is open to a household, so that only its agreement is wanting."""
    if "mover_class" not in frame.columns:
        return pl.lit(False)
    return pl.col("mover_class").is_in(MOVER_CLASSES).fill_null(False)


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
    shown = [at for at, name in enumerate(STEPS) if name != "waiting" or any(grid[at])]
    lines: list[tuple[Text, list[Cell], tuple[str, ...]]] = [(say("report.ladder.roster"), cells[-1], STEPS)]
    told = [(say(f"report.ladder.{STEPS[at]}"), cells[at], (STEPS[at],)) for at in shown]
    lines += told[PLANNED:]
    lines.append((say("report.ladder.plan"), _plan_row(grid, cells, len(heads)), STEPS[:PLANNED]))
    lines += told[:PLANNED]
    columns = [PageColumn(say("report.ladder.what")), *(PageColumn(head, "count") for head in heads)]
    persons = _persons(frame, [steps for *_, steps in lines])
    if persons is None or any(isinstance(cell, Hidden) for _, row, _ in lines for cell in row):
        rows = [(label, *row) for label, row, _ in lines]
    else:
        columns.append(PageColumn(say("report.head.persons"), "count"))
        rows = [(label, *row, n) for (label, row, _), n in zip(lines, persons, strict=True)]
    is_whole = not any(isinstance(cell, Hidden) for _, row, _ in lines for cell in row)
    note = _note(basis, counts) if is_whole else say("report.ladder.note")
    mark = mark_of(basis.frame("household"))
    return [PageTable(say("report.ladder.title"), tuple(columns), tuple(rows), note=note, mark=mark)]


def _note(basis: Basis, counts: Mapping[tuple[str, str], int]) -> Text:
    """How the lines add up; and how the co-movers in the plan stand to those another chapter expects."""
    note = say("report.ladder.note")
    total = basis.frame("willingness_total", "county_code", "quantity", "high")
    planned = sum(n for (kind, step), n in counts.items() if kind == "co_mover" and step in STEPS[:PLANNED])
    waiting = counts.get(("co_mover", "waiting"), 0)
    if total is None or planned < THRESHOLD or waiting < THRESHOLD:
        return note
    found = total.filter((pl.col("county_code") == "ALL") & (pl.col("quantity") == "households"))["high"]
    if found.is_empty() or found[0] is None:
        return note
    is_synthetic = mark_of(basis.frame("household")) == "synthetic"
    key = "report.ladder.expected_synthetic" if is_synthetic else "report.ladder.expected"
    told = say(key, planned=f"{planned:,}", listed=f"{planned + waiting:,}", come=f"{round(found[0]):,}")
    return Text(note.zh + told.zh, f"{note.en} {told.en}")


def _persons(frame: pl.DataFrame, wanted: Sequence[tuple[str, ...]]) -> list[int | None] | None:
    """The persons of some steps together, unknown as soon as those of one household are.

    ``None`` where one of these numbers is so small that it may not be printed.
    """
    sums = {
        step: (total, lacking)
        for step, total, lacking in frame.group_by("step")
        .agg(pl.col("persons").sum().alias("n"), pl.col("persons").null_count().alias("u"))
        .iter_rows()
    }
    found: list[int | None] = []
    for steps in wanted:
        parts = [sums.get(step, (0, 0)) for step in steps]
        found.append(None if any(lacking for _, lacking in parts) else sum(int(n) for n, _ in parts))
    return None if any(n is not None and 0 < n < THRESHOLD for n in found) else found


def _plan_row(grid: list[list[int]], cells: list[list[Cell]], width: int) -> list[Cell]:
    """Households in the plan: withheld as soon as one part of a column is, for the sum would tell it."""
    row: list[Cell] = []
    whole = [[*line, sum(line)] for line in grid]
    for at in range(width):
        is_hidden = any(isinstance(cells[i][at], Hidden) for i in range(len(STEPS)))
        row.append(Hidden(False) if is_hidden else sum(whole[i][at] for i in range(PLANNED)))
    return row
