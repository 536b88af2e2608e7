"""The two read-only views of an office's registry: what they must hold, and the databases they may lie in.

``registry_household`` and ``registry_person`` carry the contracted column names and types. A view that lacks
a column the rules read, or has it in another type, is refused with the column's name; a column no rule reads
may be absent and is then unknown. A value outside its declared list or range is unknown to the rules on
every engine. Nothing is written to the database, and no sentence ever holds a password.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol
from urllib.parse import SplitResult, unquote, urlsplit

import polars as pl

from resettle.policy import Engine
from resettle.problems import Problem, ResettleError
from resettle.store.view_columns import VIEWS
from resettle.tables import Column

SCHEMES: Mapping[str, tuple[str, ...]] = {
    "duckdb": ("duckdb",),
    "sqlite": ("sqlite",),
    "postgresql": ("postgresql", "postgres"),
    "spark": ("spark",),
}
FORMS: Mapping[str, str] = {
    "duckdb": "duckdb:///FOLDER/FILE.duckdb",
    "sqlite": "sqlite:///FOLDER/FILE.db",
    "postgresql": "postgresql://USER@HOST:5432/DATABASE",
    "spark": "spark://HOST:7077/FOLDER or spark:///FOLDER",
}


class Registry(Protocol):
    """A database that holds the two views, open for reading."""

    def kinds(self, view: str, columns: Sequence[Column]) -> dict[str, str]:
        """Column names of a view, each with its contracted kind, or the database's own word for another.

        Raises:
            ResettleError: where the view is absent or may not be read.
        """

    def rows(self, view: str, columns: Sequence[Column]) -> pl.DataFrame:
        """These columns of every row of a view."""

    def engine(self, there: Mapping[str, Sequence[Column]]) -> str | Engine:
        """What computes the rules over it; ``there``: the contracted columns each view holds."""


def open_registry(engine: str, url: str | None) -> AbstractContextManager[Registry]:
    """The registry at an address, open for reading, as a context.

    Raises:
        ResettleError: for an address that does not fit the engine, an absent driver, and a database that is
            not there or does not let us in.
    """
    if engine not in SCHEMES:
        raise ResettleError(
            Problem("remote.engine_unfit", "error", value=engine, nearest=", ".join(sorted(SCHEMES)))
        )
    parts = address(url or "")
    if not url or parts is None or parts.scheme not in SCHEMES[engine]:
        form = FORMS[engine]
        raise ResettleError(Problem("remote.address_wrong", "error", value=engine, nearest=form))
    if engine == "postgresql":
        from resettle.store.postgresql import open_postgresql

        return open_postgresql(url)
    if engine == "spark":
        from resettle.store.spark import open_spark

        # HOST:7077//data names the folder /data; Spark would take the second slash for a host of files.
        return open_spark(parts.netloc, "/" + unquote(parts.path).lstrip("/"))
    from resettle.store.embedded import open_embedded

    return open_embedded(engine, unquote(parts.path))


def address(url: str) -> SplitResult | None:
    """The parts of an address, or nothing where it is none."""
    try:
        parts = urlsplit(url)
        return parts if parts.port is None or parts.port else None
    except ValueError:
        return None


def check_views(
    registry: Registry, contracts: Mapping[str, Sequence[Column]], read: Mapping[str, set[str]]
) -> tuple[dict[str, list[Column]], list[Problem]]:
    """Which contracted columns each view holds, and what is wrong with the views.

    Args:
        contracts: the columns of ``household`` and ``person``, a pack's own among them.
        read: the columns of each that the rules in force read, and its key.
    """
    there: dict[str, list[Column]] = {}
    problems: list[Problem] = []
    for table, view in VIEWS.items():
        try:
            kinds = registry.kinds(view, contracts[table])
        except ResettleError as error:
            problems += error.problems
            continue
        there[table] = [c for c in contracts[table] if c.name in kinds]
        for column in contracts[table]:
            found = kinds.get(column.name)
            if found is None and (column.required or column.name in read[table]):
                problems.append(
                    Problem(
                        "remote.column_missing", "error", table=view, column=column.name, nearest=column.kind
                    )
                )
            elif found not in (None, column.kind) and (column.kind, found) != ("number", "integer"):
                problems.append(
                    Problem(
                        "remote.column_type",
                        "error",
                        table=view,
                        column=column.name,
                        value=found,
                        nearest=column.kind,
                    )
                )
    return there, problems
