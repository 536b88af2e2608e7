"""Whom to visit first, and why: unknowns that decide, disagreements, need above the ceiling."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import polars as pl

from resettle.policy import Pack, Program, bind
from resettle.policy.program import names_in
from resettle.problems import Problem
from resettle.registry.visits import SCHEMA as FOUND
from resettle.registry.visits import visit_first
from resettle.words import LANGUAGES, Language

if TYPE_CHECKING:
    from resettle.journey.programme import Programme
    from resettle.journey.run import Run

DECISIVE = "is_eligible"
TOLD = ("fact_zh", "fact_en", "paper_zh", "paper_en")
SCHEMA = {**FOUND, **dict.fromkeys(TOLD, pl.String)}
"""Columns of the list as it is kept: what the registry finds, and in words what it is and what settles it."""


def visits_of(run: Run) -> pl.DataFrame:
    """One row per household and reason, gravest first within a village."""
    return visits(run.pack, run.programme, run.tables, run.problems)


def visits(
    pack: Pack, programme: Programme, tables: Mapping[str, pl.DataFrame], problems: Sequence[Problem]
) -> pl.DataFrame:
    """The same from tables: ``household`` and ``person``, with ``entitlement`` where rules were applied.

    Every undecided household is listed: with the facts it lacks, wherever they stand, or, where none was found
    lacking, with the decision itself. Beside each fact stands what it is called and the paper that settles it.
    """
    entitlement = tables.get("entitlement")
    lacking = None
    program, _ = bind(pack, programme.as_of, programme.scope)
    if entitlement is not None:
        if "area_short_dm2" in entitlement.columns:
            entitlement = entitlement.with_columns(pl.col("area_short_dm2").alias("unmet_need_dm2"))
        if DECISIVE in entitlement.columns:
            undecided = entitlement.filter(pl.col(DECISIVE).is_null()).select("household_id")
            lacking = lacking_facts(tables, undecided, facts_behind(program, "household", DECISIVE))
    found = visit_first(tables["household"], tables["person"], problems, entitlement, lacking)
    return _told(found, pack, program)


def lacking_facts(
    tables: Mapping[str, pl.DataFrame], undecided: pl.DataFrame, facts: Sequence[tuple[str, str]]
) -> pl.DataFrame:
    """``household_id`` and ``fact`` for each fact that an undecided household, its village or a row of its lacks."""
    schema = {"household_id": pl.String, "fact": pl.String}
    found = [pl.DataFrame(schema=schema)]
    home = tables["household"].join(undecided, on="household_id", how="semi")
    for table, column in facts:
        frame = home if table == "household" else tables.get(table)
        if frame is None or column not in frame.columns:
            continue
        if table == "village" and "village_code" in home.columns:
            known = frame.filter(pl.col(column).is_not_null()).select("village_code")
            rows = home.join(known, on="village_code", how="anti")
        elif "household_id" in frame.columns:
            rows = frame.join(undecided, on="household_id", how="semi").filter(pl.col(column).is_null())
        else:
            continue
        fact = pl.lit(column if table == "household" else f"{table}.{column}").alias("fact")
        found.append(rows.select("household_id", fact).unique())
    named = pl.concat(found)
    bare = undecided.join(named, on="household_id", how="anti")
    return pl.concat([named, bare.select("household_id", pl.lit(DECISIVE).alias("fact"))])


def facts_behind(program: Program, table: str, rule: str) -> list[tuple[str, str]]:
    """The columns, of whatever table, that a rule rests on, directly or through other rules."""
    found: set[tuple[str, str]] = set()
    seen: set[tuple[str, str]] = set()
    todo = [(table, rule)]
    while todo:
        at = todo.pop()
        if at in seen:
            continue
        seen.add(at)
        steps = [s for s in program.steps if s.table == at[0] and at[1] in (s.rule.name, s.name)]
        if not steps:
            found.add(at)
        todo += [(n.table, n.name) for step in steps for n in names_in(step.tree)]
    known = {(t, c.name) for t, entry in program.tables.items() for c in entry.table.columns}
    return sorted(found & known)


def _told(found: pl.DataFrame, pack: Pack, program: Program) -> pl.DataFrame:
    """Beside each fact its title and, where somebody has to find it out, the paper that settles it."""
    kinds = found.select("reason", "fact").unique().sort("reason", "fact")
    told: dict[str, list[str | None]] = {name: [] for name in TOLD}
    for reason, fact in kinds.iter_rows():
        table, _, name = fact.rpartition(".")
        table = table or "household"
        for language in LANGUAGES:
            is_fact = reason == "unknown" and table in program.tables
            title = _title(program, table, name, language) if is_fact else None
            told[f"fact_{language}"].append(title)
            told[f"paper_{language}"].append(pack.proof_of(table, name, language) if is_fact else None)
    beside = kinds.with_columns(pl.Series(n, v, dtype=pl.String) for n, v in told.items())
    return found.join(beside, on=["reason", "fact"], how="left", nulls_equal=True, maintain_order="left")


def _title(program: Program, table: str, name: str, language: Language) -> str:
    column = program.tables[table].column(name)
    if column is not None:
        return (column.zh if language == "zh" else column.en) or name
    step = program.step(table, name)
    return step.rule.title(language) if step else name
