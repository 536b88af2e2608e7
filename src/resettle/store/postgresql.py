"""A registry on PostgreSQL: one read-only transaction, so that every query sees the same moment.

The rules' SQL runs there over the two views; what lies in the programme folder (villages, inventories, facts
of a pack) goes along inside the query as JSON. Nothing is created, not even a temporary table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import polars as pl

from resettle.policy import Engine, Program
from resettle.policy.dialects import dialect
from resettle.problems import Problem, ResettleError
from resettle.store.view_columns import VIEWS, masked, without_password
from resettle.tables import POLARS_TYPE, Column

_KINDS = {
    "text": "text",
    "varchar": "text",
    "bpchar": "text",
    "int2": "integer",
    "int4": "integer",
    "int8": "integer",
    "bool": "boolean",
    "date": "date",
    "float4": "number",
    "float8": "number",
    "numeric": "numeric",
}
TYPES = {
    "text": "text",
    "integer": "bigint",
    "boolean": "boolean",
    "date": "date",
    "number": "double precision",
}
_SPELLING = dialect("postgresql")
_PASSWORD = ("password", "28P01", "密码", "口令")


@contextmanager
def open_postgresql(url: str) -> Iterator[PostgresqlRegistry]:
    """The registry at an address, in one read-only transaction that is rolled back at the end.

    Raises:
        ResettleError: no driver, no server, a wrong password; without the address in any sentence.
    """
    try:
        import psycopg
    except ImportError:
        raise ResettleError(
            Problem("remote.driver_absent", "error", value="psycopg", nearest="resettle[postgresql]")
        ) from None
    try:
        connection = psycopg.connect(url, connect_timeout=5)
    except psycopg.Error as error:
        reason = without_password(str(error), url).partition(" Is the server running")[0].rstrip(" .?")
        code = "remote.password_wrong" if any(w in reason.lower() for w in _PASSWORD) else "remote.not_there"
        raise ResettleError(Problem(code, "error", value=reason)) from None
    try:
        connection.read_only = True
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        yield PostgresqlRegistry(connection, url)
        connection.rollback()
    finally:
        connection.close()


class PostgresqlRegistry:
    """Reads the views and runs the rules over one open connection."""

    def __init__(self, connection: Any, url: str) -> None:
        self.connection, self.url = connection, url

    def kinds(self, view: str, columns: Sequence[Column]) -> dict[str, str]:
        cursor = self._ask(f"SELECT * FROM {view} LIMIT 0", view)
        types = self.connection.adapters.types
        found = {}
        for entry in cursor.description or []:
            info = types.get(entry.type_code)
            name = info.name if info is not None else str(entry.type_code)
            found[entry.name] = _KINDS.get(name, name)
        return found

    def rows(self, view: str, columns: Sequence[Column]) -> pl.DataFrame:
        chosen = ", ".join(f'"{c.name}"::{TYPES[c.kind]}' for c in columns)
        rows = self._ask(f"SELECT {chosen} FROM {view}", view).fetchall()
        schema = {c.name: POLARS_TYPE[c.kind] for c in columns}
        return pl.DataFrame(rows, schema=schema, orient="row")

    def engine(self, there: Mapping[str, Sequence[Column]]) -> Engine:
        def run(
            program: Program, frames: Mapping[str, pl.DataFrame], queries: Mapping[str, str]
        ) -> dict[str, pl.DataFrame]:
            return {name: self._rules(program, frames, query, there, name) for name, query in queries.items()}

        return Engine("postgresql", run)

    def _rules(
        self,
        program: Program,
        frames: Mapping[str, pl.DataFrame],
        query: str,
        there: Mapping[str, Sequence[Column]],
        name: str,
    ) -> pl.DataFrame:
        heads, brought = [], []
        for table, frame in frames.items():
            text, document = self._source(program, table, frame, {c.name: c for c in there.get(table, ())})
            heads.append(f'"{table}" AS ({text})')
            brought += document
        cursor = self._ask(f"WITH {', '.join(heads)}\nSELECT * FROM (\n{query}\n) AS r", name, brought)
        names = [d.name for d in cursor.description or []]
        rows = cursor.fetchall()
        return pl.DataFrame([pl.Series(c, [r[i] for r in rows], strict=False) for i, c in enumerate(names)])

    @staticmethod
    def _source(
        program: Program, table: str, frame: pl.DataFrame, viewed: Mapping[str, Column]
    ) -> tuple[str, list[str]]:
        """A table as the query reads it: columns of its view, the others from JSON beside it."""
        info = program.tables[table]
        columns = {c.name: c for c in info.table.columns}
        key = info.key
        if not viewed:
            spec = ", ".join(f'"{c}" {TYPES[columns[c].kind]}' for c in frame.columns)
            return f"SELECT * FROM json_to_recordset(%s::json) AS j({spec})", [frame.write_json()]
        chosen = [
            masked(columns[c], _SPELLING, f'v."{c}"::{TYPES[columns[c].kind]}')
            for c in frame.columns
            if c in viewed
        ]
        extra = [c for c in frame.columns if c not in viewed]
        if not extra:
            return f"SELECT {', '.join(chosen)} FROM {VIEWS[table]} AS v", []
        spec = ", ".join(f'"{c}" {TYPES[columns[c].kind]}' for c in [key, *extra])
        chosen += [f'j."{c}"' for c in extra]
        text = (
            f"SELECT {', '.join(chosen)} FROM {VIEWS[table]} AS v "
            f'LEFT JOIN json_to_recordset(%s::json) AS j({spec}) ON j."{key}" = v."{key}"::text'
        )
        return text, [frame.select(key, *extra).write_json()]

    def _ask(self, query: str, about: str, values: Sequence[str] = ()) -> Any:
        """One query, inside a savepoint, so that the next one can still be asked.

        Raises:
            ResettleError: with what the database said, and no part of the address that is secret.
        """
        import psycopg

        try:
            with self.connection.transaction():
                if values:
                    return self.connection.execute(_escaped(query), list(values))
                return self.connection.execute(query)
        except psycopg.errors.UndefinedTable:
            views = ", ".join(VIEWS.values())
            problem = Problem("remote.view_absent", "error", value=about, nearest=views)
        except psycopg.errors.InsufficientPrivilege:
            problem = Problem("remote.no_right", "error", value=about)
        except psycopg.Error as error:
            problem = Problem(
                "remote.broke_off",
                "error",
                table=about,
                value=without_password(str(error).splitlines()[0] if str(error) else "", self.url),
            )
        raise ResettleError(problem)


def _escaped(query: str) -> str:
    """Percent signs of texts doubled, but for the places of values."""
    return query.replace("%s::json", "\0").replace("%", "%%").replace("\0", "%s::json")
