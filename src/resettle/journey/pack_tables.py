"""What a pack brings along as tables: its places, and the inventories it declares beside the common ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from pathlib import Path

import polars as pl

from resettle.policy import Pack
from resettle.problems import Problem
from resettle.registry.as_written import as_written
from resettle.store.table_files import read_table
from resettle.tables import HOUSEHOLD, OUTSIDE, PERSON, REGION, Column, Table


def child_tables(pack: Pack) -> list[Table]:
    """Inventories the pack declares beside household, person and places: plots, structures, trees..."""
    contracted = {HOUSEHOLD.name, PERSON.name, REGION.name, *(t.name for t in OUTSIDE)}
    return [row.table for name, row in sorted(pack.tables.items()) if name not in contracted]


def read_of_pack(path: Path, table: Table, pack: Pack) -> tuple[pl.DataFrame, list[Problem]]:
    """A table of the folder, its heads and cells in the words of the contract or of the pack."""
    return read_table(path, table, partial(as_written, own=pack.labels), pack.labels)


def own_columns(pack: Pack, table: str) -> list[Column]:
    """What only this pack asks of a household or a person; whether an inventory is finished is a setting."""
    contract = {t.name: t for t in (HOUSEHOLD, PERSON)}[table]
    flags = {f"{name}_listed" for name in pack.tables}
    return [c for c in pack.tables[table].table.columns if c.name not in flags | set(contract.names)]


def strangers(pack: Pack, tables: Mapping[str, pl.DataFrame], children: Sequence[Table]) -> list[Problem]:
    """Rows of inventories that belong to nobody accepted: they count nowhere, so each list says how many and whose.

    What such a row holds may be what another household lacks, under a mistyped number: an error, though the run goes on.
    """
    found = []
    for table in children:
        link, parent = pack.tables[table.name].link, pack.tables[pack.tables[table.name].parent]
        rows, above = tables.get(table.name), tables.get(parent.table.name)
        if rows is None or above is None or link not in rows.columns:
            continue
        lost = rows.filter(~pl.col(link).is_in(above[parent.key].to_list()))
        if lost.height:
            owners = lost[link].unique(maintain_order=True)
            told = {"rows": lost.height, "count": owners.len()}
            found.append(
                Problem(
                    "journey.rows_stranger",
                    "error",
                    file=f"{table.name}.csv",
                    column=link,
                    value=owners[0],
                    values=told,
                )
            )
    return found


def read_regions(pack: Pack, path: str, on: date | None = None) -> pl.DataFrame:
    """The pack's regions, by the ``region`` contract; with ``on`` only those valid that day."""
    frame = pl.read_csv(pack.read_text(path).encode(), infer_schema=False)
    dates = [pl.col(c).str.to_date("%Y-%m-%d", strict=False) for c in ("valid_from", "valid_until")]
    regions = REGION.shape(frame.with_columns(pl.all().replace("", None)).with_columns(dates))
    if on is None:
        return regions
    return regions.filter(
        (pl.col("valid_from").is_null() | (pl.col("valid_from") <= on))
        & (pl.col("valid_until").is_null() | (pl.col("valid_until") >= on))
    )
