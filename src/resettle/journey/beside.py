"""What ``household.csv`` says beside the roster: facts only this pack asks for, joined by household, and told as its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from resettle.journey.manifest import file_hash
from resettle.journey.pack_tables import child_tables, own_columns, read_of_pack
from resettle.journey.programme import FILE, Programme
from resettle.policy import Pack
from resettle.problems import Problem
from resettle.store.table_files import table_heads
from resettle.tables import HOUSEHOLD, VILLAGE, Table

FACTS = "household.csv"


def with_pack_facts(
    programme: Programme,
    pack: Pack,
    tables: Mapping[str, pl.DataFrame],
    hashes: dict[str, str],
    brought: set[str] | None = None,
) -> tuple[pl.DataFrame, list[Problem]]:
    """Households with the facts only this pack asks for, and which inventories are finished.

    An inventory is finished where ``programme.toml`` says so (``options.finished``); until then a sum over
    it is unknown, because a row may still be missing. The heads of the file are added to ``brought``.
    """
    household = tables["household"]
    flags = {f"{name}_listed" for name in pack.tables} - {"person_listed"}
    there = set(household.columns) - set(HOUSEHOLD.names)  # the roster or a registry may hold them itself
    facts, problems = facts_beside(programme, pack)
    if facts is not None:
        hashes[FACTS] = file_hash(programme.folder / FACTS)
        if brought is not None:
            brought |= set(facts.columns)
        household, found = joined(household, facts, FACTS)
        problems += found
    finished = programme.options.get("finished", [])
    listed = [
        pl.lit(True if f.removesuffix("_listed") in finished else None, pl.Boolean).alias(f)
        for f in sorted(flags - there)
    ]
    return household.with_columns(listed), problems


def facts_beside(programme: Programme, pack: Pack) -> tuple[pl.DataFrame | None, list[Problem]]:
    """The file's facts by household; ``None`` where there is none, or the pack asks no more than the roster holds."""
    asked, path = own_columns(pack, "household"), programme.folder / FACTS
    if not asked or not path.exists():
        return None, []
    key = HOUSEHOLD.column("household_id")
    heads = table_heads(path, Table("household", ("household_id",), (key, *asked)))
    given = [c for c in asked if c.name in heads]
    table = Table("household", ("household_id",), (key, *given))
    return read_of_pack(path, table, pack)


def joined(household: pl.DataFrame, facts: pl.DataFrame, file: str) -> tuple[pl.DataFrame, list[Problem]]:
    """Facts of a file beside the roster: they complete it; where the two differ the value is unknown, and said."""
    problems = []
    strangers = facts.join(household, on="household_id", how="anti")
    if strangers.height:
        told = {"count": strangers.height}
        first = strangers["household_id"][0]
        problems.append(Problem("journey.file_stranger", "warning", file=file, value=first, values=told))
    both = household.join(facts, on="household_id", how="left", maintain_order="left", suffix="_of_file")
    for name in facts.columns:
        other = f"{name}_of_file"
        if other not in both.columns:
            continue
        torn = both.filter(pl.col(name) != pl.col(other))
        if torn.height:
            told = {"count": torn.height}
            first = torn["household_id"][0]
            problems.append(
                Problem("journey.file_differs", "warning", file=file, column=name, value=first, values=told)
            )
        agreed = pl.when((pl.col(name) != pl.col(other)).fill_null(False)).then(None)
        both = both.with_columns(agreed.otherwise(pl.coalesce(name, other)).alias(name)).drop(other)
    return both, problems


def said_beside(programme: Programme, pack: Pack, row: Mapping[str, Any]) -> dict[tuple[str, str], str]:
    """The file that says a fact, by table and column, where it is not the row the roster holds.

    Args:
        row: the household as the run has it; a fact the file says otherwise by now is not told as the file's.
    """
    told = _places_and_inventories(programme, pack)
    finished = {f"{name}_listed" for name in programme.options.get("finished", [])}
    told |= {("household", flag): FILE for flag in finished if row.get(flag) is True}
    facts, _ = facts_beside(programme, pack)
    mine = None if facts is None else facts.filter(pl.col("household_id") == row["household_id"])
    if mine is None or not mine.height:
        return told
    return told | {
        ("household", name): FACTS
        for name, value in mine.row(0, named=True).items()
        if name != "household_id" and value is not None and row.get(name) == value
    }


def _places_and_inventories(programme: Programme, pack: Pack) -> dict[tuple[str, str], str]:
    """The columns of villages and of the pack's inventories, each with the file of the folder that has it."""
    files = {"villages.csv": VILLAGE} | {f"{t.name}.csv": t for t in child_tables(pack)}
    return {
        (table.name, column): file
        for file, table in files.items()
        if (programme.folder / file).exists()
        for column in table_heads(programme.folder / file, table)
    }
