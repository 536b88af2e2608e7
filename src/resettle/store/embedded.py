"""A registry in a DuckDB or SQLite file: opened read-only, its views read; the rules run in this process."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from resettle.problems import Problem, ResettleError
from resettle.store.view_columns import VIEWS
from resettle.tables import POLARS_TYPE, Column

_DUCKDB_KINDS = {
    "VARCHAR": "text",
    "TINYINT": "integer",
    "SMALLINT": "integer",
    "INTEGER": "integer",
    "BIGINT": "integer",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "FLOAT": "number",
    "DOUBLE": "number",
}
_SQLITE_KINDS = {
    "text": {"text"},
    "integer": {"integer"},
    "boolean": {"integer"},
    "date": {"text"},
    "number": {"real", "integer"},
}


@contextmanager
def open_embedded(engine: str, path: str) -> Iterator[DuckdbRegistry | SqliteRegistry]:
    """The registry in a file.

    Raises:
        ResettleError: where there is no such file, or it is none of that kind, or may not be read.
    """
    import duckdb

    file = Path(path)
    if not file.is_file():
        raise ResettleError(Problem("remote.not_there", "error", value=file.name))
    try:
        if engine == "duckdb":
            with duckdb.connect(file, read_only=True) as connection:
                yield DuckdbRegistry(connection)
        else:
            lite = sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)
            try:
                yield SqliteRegistry(lite)
            finally:
                lite.close()
    except (duckdb.Error, sqlite3.Error) as error:
        reason = str(error).splitlines()[0].replace(str(file), file.name)
        raise ResettleError(Problem("remote.not_there", "error", value=reason)) from None


class DuckdbRegistry:
    """Reads the views of a DuckDB file."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    def kinds(self, view: str, columns: Sequence[Column]) -> dict[str, str]:
        import duckdb

        try:
            found = self.connection.execute(f"DESCRIBE SELECT * FROM {view}").fetchall()
        except duckdb.CatalogException:
            raise ResettleError(_absent(view)) from None
        return {row[0]: _DUCKDB_KINDS.get(row[1], row[1]) for row in found}

    def rows(self, view: str, columns: Sequence[Column]) -> pl.DataFrame:
        chosen = ", ".join(f'"{c.name}"' for c in columns)
        rows = self.connection.execute(f"SELECT {chosen} FROM {view}").fetchall()
        return pl.DataFrame(rows, schema={c.name: POLARS_TYPE[c.kind] for c in columns}, orient="row")

    def engine(self, there: Mapping[str, Sequence[Column]]) -> str:
        return "duckdb"


class SqliteRegistry:
    """Reads the views of a SQLite file, where a type is a property of each value: 0 and 1, dates as text."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def kinds(self, view: str, columns: Sequence[Column]) -> dict[str, str]:
        names = [row[1] for row in self.connection.execute(f"PRAGMA table_info({view})")]
        if not names:
            raise ResettleError(_absent(view))
        expected = {c.name: c.kind for c in columns}
        return {name: self._kind(view, name, expected.get(name, "")) for name in names}

    def _kind(self, view: str, name: str, expected: str) -> str:
        """The contracted kind if every value is of it, else what else was found."""
        if not expected:
            return "text"
        found = {
            row[0] for row in self.connection.execute(f'SELECT DISTINCT typeof("{name}") FROM {view}')
        } - {"null"}
        if found - _SQLITE_KINDS[expected]:
            return ", ".join(sorted(found))
        wrong = {"boolean": f'"{name}" NOT IN (0, 1)', "date": f'date("{name}") IS NOT "{name}"'}.get(
            expected
        )
        if wrong:
            query = f'SELECT "{name}" FROM {view} WHERE "{name}" IS NOT NULL AND {wrong} LIMIT 1'
            row = self.connection.execute(query).fetchone()
            if row is not None:
                return repr(row[0])
        return expected

    def rows(self, view: str, columns: Sequence[Column]) -> pl.DataFrame:
        chosen = ", ".join(f'"{c.name}"' for c in columns)
        rows = self.connection.execute(f"SELECT {chosen} FROM {view}").fetchall()
        series = []
        for i, column in enumerate(columns):
            values = [row[i] for row in rows]
            if column.kind == "boolean":
                values = [None if v is None else bool(v) for v in values]
            elif column.kind == "date":
                values = [None if v is None else date.fromisoformat(v) for v in values]
            series.append(pl.Series(column.name, values, dtype=POLARS_TYPE[column.kind]))
        return pl.DataFrame(series)

    def engine(self, there: Mapping[str, Sequence[Column]]) -> str:
        return "sqlite"


def _absent(view: str) -> Problem:
    return Problem("remote.view_absent", "error", value=view, nearest=", ".join(VIEWS.values()))
