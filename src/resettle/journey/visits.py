"""Whom to visit first, and why: unknowns that decide, disagreements, need above the ceiling."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import polars as pl

from resettle.policy import Pack, Program, bind
from resettle.policy.program import names_in
from resettle.problems import Problem
from resettle.registry.visits import visit_first

if TYPE_CHECKING:
    from resettle.journey.programme import Programme
    from resettle.journey.run import Run

DECISIVE = "is_eligible"


def visits_of(run: Run) -> pl.DataFrame:
    """One row per household and reason, gravest first within a village."""
    return visits(run.pack, run.programme, run.tables, run.problems)


def visits(
    pack: Pack, programme: Programme, tables: Mapping[str, pl.DataFrame], problems: Sequence[Problem]
) -> pl.DataFrame:
    """The same from tables: ``household`` and ``person``, with ``entitlement`` where rules were applied."""
    entitlement = tables.get("entitlement")
    if entitlement is not None and "area_short_dm2" in entitlement.columns:
        entitlement = entitlement.with_columns(pl.col("area_short_dm2").alias("unmet_need_dm2"))
    program, _ = bind(pack, programme.as_of, programme.scope)
    deciding = {DECISIVE: columns_behind(program, "household", DECISIVE)}
    return visit_first(tables["household"], tables["person"], problems, entitlement, deciding)


def columns_behind(program: Program, table: str, rule: str) -> list[str]:
    """The household's own columns a rule rests on, directly or through other rules of the household."""
    found: set[str] = set()
    seen: set[str] = set()
    todo = [rule]
    while todo:
        name = todo.pop()
        if name in seen:
            continue
        seen.add(name)
        steps = [s for s in program.steps if (s.table == table and s.rule.name == name) or s.name == name]
        if not steps:
            found.add(name)
        for step in steps:
            todo += [n.name for n in names_in(step.tree) if n.table == table]
    known = {c.name for c in program.tables[table].table.columns}
    return sorted(found & known)
