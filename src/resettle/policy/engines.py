"""Runs the compiled SQL over data frames on an embedded engine, or the interpreter over all rows.

A database elsewhere comes in as an :class:`Engine`: a dialect, and the function that runs queries there.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from resettle.policy.dialects import dialect
from resettle.policy.interpret import run_rows
from resettle.policy.pack import Pack
from resettle.policy.program import Program, Step, bind, names_in
from resettle.policy.sql import Compiler
from resettle.policy.sure import Complete, complete_columns
from resettle.policy.tree import Gather, slot_date
from resettle.problems import Problem, ResettleError
from resettle.tables import POLARS_TYPE, Table, conform

ENGINES = ("duckdb", "sqlite", "interpreter")
EMBEDDED = ("duckdb", "sqlite")
NEARLY_ALL = 0.95
Frames = Mapping[str, pl.DataFrame]


@dataclass(frozen=True)
class Engine:
    """A database that runs the compiled queries.

    Attributes:
        name: its dialect (``postgresql``, ``spark``).
        run: given the program, the needed columns of each table by their contract, and a query per table;
            returns the rows of each query, numbers and truth values as the database has them.
    """

    name: str
    run: Callable[[Program, Frames, Mapping[str, str]], dict[str, pl.DataFrame]]


_SQLITE_TYPES = {"text": "TEXT", "integer": "INTEGER", "boolean": "INTEGER", "date": "TEXT", "number": "REAL"}


def evaluate(
    pack: Pack,
    tables: Mapping[str, pl.DataFrame],
    as_of: date,
    scope: str | None = None,
    engine: str | Engine = "duckdb",
    outputs: Iterable[str] | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> tuple[dict[str, pl.DataFrame], list[Problem]]:
    """Every rule in force, over every row of every table.

    Args:
        tables: contracted tables by name; one that is absent has no rows.
        as_of, scope: the day and place of the rules and parameters.
        engine: ``duckdb``, ``sqlite``, ``interpreter`` (slow, the reference), or a database elsewhere.
        outputs: only these rules and what they need.
        overrides: other parameter values (a what-if).

    Returns a frame per table with its key and one column per rule, sorted by key; unknown is null; a rule
    that may rest on a stand-in has ``<rule>__provisional`` behind it. A column that a rule needs and the
    table lacks is a problem naming the rules, and is unknown in every row.
    """
    program, problems = bind(pack, as_of, scope, overrides)
    wanted = None if outputs is None else list(outputs)
    return run_program(program.only(wanted), tables, engine, wanted, problems)


def run_program(
    program: Program,
    tables: Mapping[str, pl.DataFrame],
    engine: str | Engine = "duckdb",
    outputs: list[str] | None = None,
    problems: list[Problem] | None = None,
) -> tuple[dict[str, pl.DataFrame], list[Problem]]:
    """As :func:`evaluate`, for a program that is already bound."""
    problems = list(problems or [])
    name = engine.name if isinstance(engine, Engine) else engine
    spelling = dialect("duckdb" if name == "interpreter" else name)
    compiler = Compiler(program, spelling)
    frames, found = input_frames(program, compiler.base, tables)
    problems += found
    if engine in EMBEDDED:  # the rows that are computed are these; a database elsewhere has its own
        compiler = Compiler(program, spelling, complete_columns(frames))
    queries: dict[str, tuple[str, list[Step], list[str]]] = {}
    for table in program.tables:
        steps = [
            s for s in program.steps if s.table == table and s.final and (not outputs or s.name in outputs)
        ]
        marks = [f"{s.name}__provisional" for s in steps if s.provisional]
        if steps:
            queries[table] = (compiler.query(table, [*(s.name for s in steps), *marks]), steps, marks)
    texts = {n: q[0] for n, q in queries.items()}
    if isinstance(engine, Engine):
        raw = engine.run(program, frames, texts)
    elif engine == "interpreter":
        raw = _interpreted(program, frames, {n: q[1] for n, q in queries.items()})
    elif engine == "duckdb":
        raw = _duckdb(frames, texts)
    elif engine == "sqlite":
        raw = _sqlite(program, frames, texts)
    else:
        raise ResettleError(Problem("policy.engine_elsewhere", "error", value=engine))
    results = {n: _typed(raw[n], program, n, steps, marks) for n, (_, steps, marks) in queries.items()}
    return results, problems + _to_confirm(results, queries)


def input_frames(
    program: Program, needed: Mapping[str, set[str]], tables: Mapping[str, pl.DataFrame]
) -> tuple[dict[str, pl.DataFrame], list[Problem]]:
    """The needed columns of each table, brought to their contract."""
    frames: dict[str, pl.DataFrame] = {}
    problems: list[Problem] = []
    linked = {s.table for s in program.steps for n in names_in(s.tree) if n.parent}
    linked |= {n.table for s in program.steps for n in s.tree.walk() if isinstance(n, Gather)}
    for name, info in program.tables.items():
        unread = {info.key} if name in linked else {info.key, info.link}
        names = {info.key} | needed[name]
        contract = Table(name, info.table.key, tuple(c for c in info.table.columns if c.name in names))
        given = tables.get(name)
        if given is None:
            frames[name] = contract.empty()
            continue
        absent = sorted(names - set(given.columns))
        problems += [_missing(program, name, column) for column in absent if column not in unread]
        frames[name], found = conform(given, contract)
        problems += found
    return frames, problems


def _missing(program: Program, table: str, column: str) -> Problem:
    readers = sorted(
        {s.rule.name for s in program.steps for n in names_in(s.tree) if (n.table, n.name) == (table, column)}
    )
    return Problem(
        "policy.column_missing",
        "warning",
        table=table,
        column=column,
        values={"rules": ", ".join(readers) or column},
    )


def _typed(
    frame: pl.DataFrame, program: Program, table: str, steps: list[Step], marks: list[str]
) -> pl.DataFrame:
    """Results with their own types: truth values as such, slots as dates."""
    key = program.tables[table].key
    columns: list[pl.Series] = [frame.get_column(key).cast(pl.String)]
    for step in steps:
        series, kind = frame.get_column(step.name), step.tree.type.kind
        if kind == "date":
            days = [None if v is None else slot_date(int(v)) for v in series.to_list()]
            columns.append(pl.Series(step.name, days, dtype=pl.Date()))
        else:
            columns.append(series.cast(POLARS_TYPE[kind]))
    columns += [frame.get_column(m).cast(pl.Boolean) for m in marks]
    return pl.DataFrame(columns).sort(key)


def open_duckdb() -> Any:
    """A connection to DuckDB for the compiled text.

    The text puts on the right of every join what is smaller: the counts of a household's members, or the one row a row
    belongs to. DuckDB guesses their number (as many households as persons) and would keep the households with all
    their columns in memory instead, so it is told to keep the order it is given.
    """
    import duckdb

    connection = duckdb.connect()
    connection.execute("SET disabled_optimizers = 'build_side_probe_side'")
    return connection


def _duckdb(frames: Mapping[str, pl.DataFrame], queries: Mapping[str, str]) -> dict[str, pl.DataFrame]:
    """Through Parquet files in a folder of its own: both sides read them natively, without a third library."""
    results: dict[str, pl.DataFrame] = {}
    with tempfile.TemporaryDirectory(prefix="resettle-") as folder, open_duckdb() as connection:
        for name, frame in frames.items():
            path = Path(folder) / f"{name}.parquet"
            frame.write_parquet(path, compression="uncompressed")
            connection.execute(f"CREATE VIEW \"{name}\" AS SELECT * FROM read_parquet('{path.as_posix()}')")
        for name, query in queries.items():
            path = Path(folder) / f"out_{name}.parquet"
            connection.execute(
                f"COPY ({query}) TO '{path.as_posix()}' (FORMAT PARQUET, COMPRESSION UNCOMPRESSED)"
            )
            results[name] = pl.read_parquet(path, memory_map=False)
    return results


def _sqlite(
    program: Program, frames: Mapping[str, pl.DataFrame], queries: Mapping[str, str]
) -> dict[str, pl.DataFrame]:
    results: dict[str, pl.DataFrame] = {}
    connection = sqlite3.connect(":memory:")
    try:
        for name, frame in frames.items():
            contract = {c.name: c for c in program.tables[name].table.columns}
            spec = ", ".join(f'"{c}" {_SQLITE_TYPES[contract[c].kind]}' for c in frame.columns)
            connection.execute(f'CREATE TABLE "{name}" ({spec})')
            plain = frame.with_columns(
                pl.col(c).cast(pl.String if contract[c].kind == "date" else pl.Int64)
                for c in frame.columns
                if contract[c].kind in ("date", "boolean")
            )
            places = ", ".join("?" * len(frame.columns))
            connection.executemany(f'INSERT INTO "{name}" VALUES ({places})', plain.iter_rows())
        for name, query in queries.items():
            cursor = connection.execute(query)
            names = [d[0] for d in cursor.description]
            rows = cursor.fetchall()
            data = {c: [r[i] for r in rows] for i, c in enumerate(names)}
            results[name] = pl.DataFrame([pl.Series(c, v, strict=False) for c, v in data.items()])
    finally:
        connection.close()
    return results


def _interpreted(
    program: Program, frames: Mapping[str, pl.DataFrame], steps: Mapping[str, list[Step]]
) -> dict[str, pl.DataFrame]:
    trace = run_rows(program, {n: list(f.iter_rows(named=True)) for n, f in frames.items()})
    results: dict[str, pl.DataFrame] = {}
    for table, wanted in steps.items():
        key = program.tables[table].key
        keys = sorted(trace.rows[table])
        data: dict[str, list[Any]] = {key: list(keys)}
        for step in wanted:
            lines = [trace.lines[table, k, step.name] for k in keys]
            data[step.name] = [line.value for line in lines]
            if step.provisional:
                data[f"{step.name}__provisional"] = [line.provisional for line in lines]
        results[table] = pl.DataFrame([pl.Series(c, v, strict=False) for c, v in data.items()])
    return results


def _to_confirm(
    results: Mapping[str, pl.DataFrame], queries: Mapping[str, tuple[str, list[Step], list[str]]]
) -> list[Problem]:
    """A yes-or-no rule that holds for nobody or nearly everybody is often a slip: it must be confirmed."""
    problems: list[Problem] = []
    for table, (_, steps, _) in queries.items():
        frame = results[table]
        for step in steps:
            if step.tree.type.kind != "boolean" or frame.height < 20:
                continue
            known = frame.get_column(step.name).drop_nulls()
            share = float(known.sum() or 0) / frame.height
            if known.len() and (share == 0 or share > NEARLY_ALL):
                problems.append(
                    Problem(
                        "policy.rule_matches_nobody" if share == 0 else "policy.rule_matches_nearly_all",
                        "hint",
                        table=table,
                        file=step.rule.file,
                        row=step.rule.line,
                        value=step.name,
                        values={"share": round(share * 100, 1), "rows": frame.height},
                    )
                )
    return problems


def complete_parquet(connection: Any, files: Mapping[str, Path]) -> Complete:
    """Which columns of tables in Parquet files are complete, from the counts the files themselves carry.

    Args:
        connection: an open DuckDB connection.
        files: the file of each table.
    """
    present, true = set(), set()
    query = (
        "SELECT path_in_schema, any_value(type), SUM(stats_null_count), MIN(COALESCE(stats_min_value, '')), "
        "COUNT(*) = COUNT(stats_null_count) FROM parquet_metadata(?) GROUP BY 1"
    )
    for table, path in files.items():
        for column, kind, absent, least, counted in connection.execute(query, [path.as_posix()]).fetchall():
            if counted and absent == 0:
                present.add((table, str(column)))
                if kind == "BOOLEAN" and least == "true":
                    true.add((table, str(column)))
    return Complete(frozenset(present), frozenset(true))
