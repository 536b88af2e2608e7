"""The rules where an office's registry lies: SQL over two read-only views, the same cells as anywhere else.

The database holds ``registry_household`` and ``registry_person`` with the contracted column names. On
PostgreSQL the rules' SQL runs inside one read-only transaction, with further tables (villages) brought
along as temporary ones; nothing of the office's is changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import polars as pl

from resettle.policy import Pack, bind
from resettle.policy.dialects import dialect
from resettle.policy.sql import Compiler
from resettle.policy.tree import slot_date
from resettle.problems import Problem
from resettle.tables import POLARS_TYPE, Column

VIEWS = {"household": "registry_household", "person": "registry_person"}
_TYPES = {
    "text": "text",
    "integer": "bigint",
    "boolean": "boolean",
    "date": "date",
    "number": "double precision",
}


def evaluate_postgresql(
    pack: Pack,
    url: str,
    as_of: date,
    scope: str | None = None,
    tables: Mapping[str, pl.DataFrame] | None = None,
    outputs: list[str] | None = None,
) -> tuple[dict[str, pl.DataFrame], list[Problem]]:
    """Every rule in force over the views of a PostgreSQL registry; the results as ``evaluate`` gives them.

    ``tables``: further tables the rules read (``village``). A database that is not there, or a view that is
    missing, is a problem naming what to do; nothing falls back to another engine.
    """
    try:
        import psycopg
    except ImportError:
        return {}, [Problem("remote.driver_absent", "error", value="psycopg")]
    program, problems = bind(pack, as_of, scope)
    program = program.only(outputs)
    compiler = Compiler(program, dialect("postgresql"))
    queries = {}
    for name in program.tables:
        steps = [
            s for s in program.steps if s.table == name and s.final and (not outputs or s.name in outputs)
        ]
        marks = [f"{s.name}__provisional" for s in steps if s.provisional]
        if steps:
            queries[name] = (compiler.query(name, [*(s.name for s in steps), *marks]), steps, marks)
    results: dict[str, pl.DataFrame] = {}
    try:
        with psycopg.connect(url, connect_timeout=5) as connection, connection.cursor() as cursor:
            cursor.execute("SET search_path TO pg_temp, public")
            for name, info in program.tables.items():
                columns = [c for c in info.table.columns if c.name in compiler.base[name] | {info.key}]
                if name in VIEWS:
                    _view(cursor, name, columns)
                else:
                    _bring(cursor, name, columns, (tables or {}).get(name))
            for name, (query, steps, marks) in queries.items():
                cursor.execute(query.encode())
                names = [d.name for d in cursor.description or []]
                rows = cursor.fetchall()
                key = program.tables[name].key
                results[name] = _typed(names, rows, key, steps, marks)
            connection.rollback()
    except psycopg.OperationalError as error:
        return {}, [Problem("remote.not_there", "error", value=str(error).strip().splitlines()[0])]
    except psycopg.errors.UndefinedTable as error:
        return {}, [
            Problem("remote.view_absent", "error", value=str(error).splitlines()[0], nearest=_views())
        ]
    return results, problems


def _views() -> str:
    return ", ".join(VIEWS.values())


def _view(cursor: Any, name: str, columns: list[Column]) -> None:
    """A temporary view with the contracted columns; one that the office's view lacks is unknown in each row."""
    cursor.execute(f"SELECT * FROM {VIEWS[name]} LIMIT 0")
    have = {d.name for d in cursor.description}
    chosen = ", ".join(
        f'"{c.name}"::{_TYPES[c.kind]} AS "{c.name}"'
        if c.name in have
        else f'NULL::{_TYPES[c.kind]} AS "{c.name}"'
        for c in columns
    )
    cursor.execute(f'CREATE TEMPORARY VIEW "{name}" AS SELECT {chosen} FROM {VIEWS[name]}')


def _bring(cursor: Any, name: str, columns: list[Column], frame: pl.DataFrame | None) -> None:
    spec = ", ".join(f'"{c.name}" {_TYPES[c.kind]}' for c in columns)
    cursor.execute(f'CREATE TEMPORARY TABLE "{name}" ({spec})')
    if frame is None:
        return
    absent = [pl.lit(None).alias(c.name) for c in columns if c.name not in frame.columns]
    rows = frame.with_columns(absent).select(pl.col(c.name).cast(POLARS_TYPE[c.kind]) for c in columns)
    places = ", ".join(["%s"] * len(columns))
    cursor.executemany(f'INSERT INTO "{name}" VALUES ({places})', rows.rows())


def _typed(names: list[str], rows: list[Any], key: str, steps: Any, marks: list[str]) -> pl.DataFrame:
    data = {name: [row[i] for row in rows] for i, name in enumerate(names)}
    columns = [pl.Series(key, data[key], dtype=pl.String)]
    for step in steps:
        values, kind = data[step.name], step.tree.type.kind
        if kind == "date":
            values = [None if v is None else slot_date(int(v)) for v in values]
        elif kind == "integer":
            values = [None if v is None else int(v) for v in values]
        columns.append(pl.Series(step.name, values, dtype=POLARS_TYPE[kind], strict=False))
    columns += [pl.Series(m, data[m], dtype=pl.Boolean, strict=False) for m in marks]
    return pl.DataFrame(columns).sort(key)
