"""Which rows of persons are one household where not every row names it: by what the sheet shows, never by a guess.

An office writes what a household has once: its serial, its number, its head's name stand in the first row or in a
cell merged over all rows, or an empty row parts two households. Such marks are believed where they part the list into
households of one head each; a list without any is read head by head, and only where every household begins with it.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from resettle.registry.faults import faults
from resettle.registry.heads import Heads
from resettle.tables.grid import Sheet

ONCE = ("household_key", "head_name", "member_count")
"""Fields that an office writes once a household, in the order in which they are believed."""
BELIEVED = 0.8
"""Share of parts with exactly one head from which a mark is taken for the household's; the other parts are faults."""


def blocks_of(sheet: Sheet, heads: Heads, rows: pl.Series, relation: pl.Series) -> pl.Series | None:
    """The household of each row as a number, counted from 1; ``None`` where nothing on the sheet marks households.

    Args:
        rows: the rows of persons, as the user counts them.
        relation: of each to the head.

    >>> sheet = Sheet.of([["序号", "姓名"], ["1", "王秀英"], [None, "李大山"], ["2", "张志强"]])
    >>> rows, relation = pl.Series([2, 3, 4]), pl.Series(["spouse", "head", "head"])
    >>> blocks_of(sheet, Heads(0, 0, [], {1: "name"}), rows, relation).to_list()
    [1, 1, 2]
    """
    is_head = (relation == "head").fill_null(False)
    best, believed = None, BELIEVED
    for starts in _marks(sheet, heads, rows):
        if not starts[0] or starts.all():
            continue
        block = starts.cum_sum().cast(pl.Int64)
        parts = pl.DataFrame({"block": block, "head": is_head}).group_by("block").agg(pl.col("head").sum())
        share = float(parts.select((pl.col("head") == 1).mean()).item())
        if share > believed or (best is None and share >= believed):
            best, believed = block, share
    return best


def _marks(sheet: Sheet, heads: Heads, rows: pl.Series) -> Iterator[pl.Series]:
    """Where households may begin, by every mark; the surest first."""
    raw = sheet.cells[(rows - 1).to_list()].with_columns(pl.all().str.strip_chars().replace("", None))
    columns = {name: c for c, name in heads.fields.items() if name in ONCE}
    for name in ONCE:
        if name in columns:
            yield from _of_column(raw[f"c{columns[name]}"], name == "head_name")
    merged = {c for first, c, last, _ in sheet.merges if last > first > heads.last}
    for column in sorted(c for c in merged if c < raw.width):
        yield raw[f"c{column}"].is_not_null()
    for column in range(raw.width):
        if column in heads.fields:
            continue
        serial = raw[f"c{column}"].cast(pl.Int64, strict=False)
        known = serial.drop_nulls()
        if len(known) > 1 and len(known) == raw[f"c{column}"].count() and known.is_sorted():
            yield from _of_column(raw[f"c{column}"], True)
    yield (rows.diff() > 1).fill_null(True)


def _of_column(texts: pl.Series, by_change: bool) -> Iterator[pl.Series]:
    if texts.null_count():
        yield texts.is_not_null()
    if by_change:
        filled = texts.forward_fill()
        yield (filled != filled.shift()).fill_null(True)


def unclear_households(frame: pl.DataFrame) -> pl.DataFrame:
    """Faults of rows that name no household and that their place on the sheet does not give one surely.

    Args:
        frame: ``rid _sheet _block relation name household_id _keyed`` (whether the row itself names its household).

    Where nothing marks households, a list that does not begin with a head, or in which a household has two spouses,
    is not sorted by its heads: none of its rows without a household is. A row without its household's number under
    rows that each have theirs has lost it.
    """
    alone = ~pl.col("_keyed") & pl.col("_block").is_null()
    listed = frame.with_columns(
        alone.alias("_alone"), pl.col("_keyed").sum().over("_sheet", "household_id").alias("_named")
    )
    per_home = ["_sheet", "household_id"]
    spouses = (pl.col("relation") == "spouse").sum().over(per_home)
    listed = listed.with_columns((pl.col("_alone") & (spouses > 1)).any().over("_sheet").alias("_unsorted"))
    first = pl.col("relation").filter(pl.col("_alone")).first().over("_sheet")
    known = pl.col("relation").is_not_null().any().over("_sheet")
    unsorted = pl.col("_alone") & known & ((first != "head").fill_null(True) | pl.col("_unsorted"))
    named_above = pl.col("_named") == 0
    lost = pl.col("_alone") & (pl.col("_named") > 1) & (pl.col("relation") != "head").fill_null(True)
    return faults(
        listed, (unsorted & named_above) | lost, "household_unclear", "error", "household_key", pl.col("name")
    )
