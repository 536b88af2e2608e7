"""One run of a programme: read, check, compute every stage in order, keep count of every row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from resettle.journey.again import Memory
from resettle.journey.cut_off import cut_off_differs
from resettle.journey.give_back import give_back, giving_back
from resettle.journey.inputs import FILES, Read, pack_of, read_inputs
from resettle.journey.lacking import absent_columns, columns_read, unknown_columns
from resettle.journey.order import needs, ordered
from resettle.journey.programme import Programme
from resettle.journey.remote import Lying, lying
from resettle.journey.stages import STAGES
from resettle.journey.visits import visits_of as visits
from resettle.policy import Pack, bind
from resettle.policy.engines import ENGINES
from resettle.problems import Problem, ResettleError
from resettle.store.table_cells import file_name
from resettle.tables import HOUSEHOLD, PERSON, Inputs, Stage

Progress = Callable[[str, int, int], None]
"""Called with a stage's name, the work done and the work in all."""


@dataclass
class Run:
    """What a run found. Nothing is written yet."""

    programme: Programme
    pack: Pack
    read: Read
    tables: dict[str, pl.DataFrame] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    facts: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    counts: list[dict[str, Any]] = field(default_factory=list)
    not_run: list[str] = field(default_factory=list)
    engine: str = "duckdb"


def run_programme(
    programme: Programme,
    progress: Progress = lambda _name, _done, _total: None,
    wanted: Sequence[str] | None = None,
    deadline: Callable[[], bool] = lambda: False,
    engine: str | None = None,
    registry: str | None = None,
    memory: Memory | None = None,
) -> Run:
    """Run the journey over a programme folder.

    Args:
        wanted: tables or stages to stop at; all if none are named.
        deadline: a backstop for searches; see :class:`resettle.tables.Inputs`.
        engine: what computes the rules; the programme's own choice, else DuckDB.
        registry: where the office's registry lies. Its two views stand in place of the rosters, and the
            rules are computed there; nothing that is written holds this address.
        memory: what the last run left of each stage, for stages of which nothing changed; not used with a
            registry in a database, which may change under the same views.

    Raises:
        ResettleError: where there is no roster, the pack cannot be loaded, or the database is not there.
    """
    chosen = engine or programme.options.get("engine", "duckdb")
    if not registry and chosen not in ENGINES:
        raise ResettleError(Problem("remote.no_address", "error", value=str(chosen)))
    place = (
        lying(chosen, registry, pack_of(programme), programme.as_of, programme.scope)
        if registry
        else nullcontext()
    )
    with place as remote:
        return _run(programme, progress, wanted, deadline, remote, chosen, None if remote else memory)


def _run(
    programme: Programme,
    progress: Progress,
    wanted: Sequence[str] | None,
    deadline: Callable[[], bool],
    remote: Lying | None,
    engine: str,
    memory: Memory | None,
) -> Run:
    read = read_inputs(programme, progress, remote)
    read.settings["engine"] = remote.engine if remote else engine
    run = Run(programme, read.pack, read, dict(read.tables), list(read.problems), engine=engine)
    run.facts["registry"] = read.facts
    run.counts += read.counts
    run.problems += [*cut_off_differs(programme, read.pack), *lacking(run)]
    extra = {name: run.tables[name] for name in read.child_tables}
    with giving_back():
        for stage in ordered(STAGES, wanted):
            progress(stage.name, 0, 1)
            give_back()
            run_stage(run, stage, extra, progress, deadline, memory)
            progress(stage.name, 1, 1)
    if wanted is None:
        run.tables["visit"] = visits(run)
        run.counts.append(
            {"stage": "journey", "table": "visit", "rows_out": run.tables["visit"].height, "rows_in": {}}
        )
    return run


def lacking(run: Run) -> list[Problem]:
    """Columns and files that nobody brought, each with the rules or stages that go on without."""
    program, _ = bind(run.pack, run.programme.as_of, run.programme.scope)
    beside = {table.name: name for name, table in FILES.items()}
    rosters = ", ".join(path.name for path in run.programme.rosters()[:2]) or "roster.xlsx"

    def head_of(table: str, column: str) -> tuple[str, str]:
        contract = {HOUSEHOLD.name: HOUSEHOLD, PERSON.name: PERSON}.get(table)
        if contract is not None and column in contract.names:
            return rosters, column
        return beside.get(table, f"{table}.csv"), file_name(column)

    found = unknown_columns(program, run.tables, run.read.heads, head_of)
    ruled = {table for table, _ in columns_read(program)}
    for name, table in FILES.items():
        if table.name in run.read.heads and table.name not in ruled:
            found += absent_columns(name, table, run.read.heads[table.name], STAGES)
    if not run.read.facts.get("read") and run.programme.rosters():
        found.append(Problem("journey.roster_empty", "warning", file=rosters))
    return found


def run_stage(
    run: Run,
    stage: Stage,
    extra: Mapping[str, pl.DataFrame],
    progress: Progress = lambda _name, _done, _total: None,
    deadline: Callable[[], bool] = lambda: False,
    memory: Memory | None = None,
) -> None:
    """Hand a stage exactly what it asked for; a stage whose needs are not there is said, not faked."""
    absent = [name for name, optional in needs(stage) if name not in run.tables and not optional]
    if absent:
        run.not_run.append(stage.name)
        run.problems += [
            Problem("journey.table_absent", "warning", table=name, value=stage.name, file=f"{name}.csv")
            for name in absent
        ]
        return
    given = {name: run.tables[name] for name, _ in needs(stage) if name in run.tables}
    inputs = Inputs(
        tables=given | dict(extra),
        settings=run.programme.settings() | dict(run.read.settings),
        pack=run.pack,
        deadline=deadline,
        progress=lambda done, total, _note: progress(stage.name, done, total),
    )
    result = stage.run(inputs) if memory is None else memory.run(stage, inputs, stage.run)
    contracted = {table.name for table in stage.provides}
    if set(result.tables) - contracted:
        raise AssertionError(
            f"{stage.name} wrote {set(result.tables) - contracted}, which is not in its contract"
        )
    for table in stage.provides:
        run.tables[table.name] = result.tables.get(table.name, table.empty())
        run.counts.append(
            {
                "stage": stage.name,
                "table": table.name,
                "rows_out": run.tables[table.name].height,
                "rows_in": {name: frame.height for name, frame in given.items()},
            }
        )
    run.problems += result.problems
    run.facts[stage.name] = result.facts
