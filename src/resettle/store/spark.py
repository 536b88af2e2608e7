"""A registry that Spark reads: SQL text only, over ``registry_household.parquet`` and ``registry_person.parquet``.

``spark://HOST:PORT/FOLDER`` is a cluster whose workers see the folder; ``spark:///FOLDER`` runs in this
process. What lies in the programme folder goes along as local rows.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl

from resettle.policy import Engine, Program
from resettle.policy.dialects import dialect
from resettle.problems import Problem, ResettleError
from resettle.store.view_columns import VIEWS, masked
from resettle.tables import POLARS_TYPE, Column

_KINDS = {
    "string": "text",
    "tinyint": "integer",
    "smallint": "integer",
    "int": "integer",
    "bigint": "integer",
    "boolean": "boolean",
    "date": "date",
    "float": "number",
    "double": "number",
}
_TYPES = {"text": "string", "integer": "bigint", "boolean": "boolean", "date": "date", "number": "double"}
_SPELLING = dialect("spark")
JAVA_NEEDED = 17


def lacking() -> Problem | None:
    """What Spark needs and is not here: its Python package, or Java 17 and later."""
    try:
        import pyspark  # noqa: F401
    except ImportError:
        return Problem("remote.driver_absent", "error", value="pyspark", nearest="resettle[spark]")
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    if not java or not Path(java).is_file():
        return Problem("remote.java_absent", "error", value=str(JAVA_NEEDED))
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)
    version = said.stderr.partition('"')[2].partition('"')[0]
    number = version.partition(".")[0]
    if number.isdigit() and int(number) < JAVA_NEEDED:
        return Problem("remote.java_old", "error", value=version, nearest=str(JAVA_NEEDED))
    return None


@contextmanager
def open_spark(place: str, folder: str) -> Iterator[SparkRegistry]:
    """A Spark session, local or on a cluster, closed at the end.

    Raises:
        ResettleError: no Java, no package, a cluster that is not there.
    """
    problem = lacking()
    if problem is not None:
        raise ResettleError(problem)
    if place and not _answers(place):
        raise ResettleError(Problem("remote.cluster_absent", "error", value=place.rpartition("@")[2]))
    with tempfile.TemporaryDirectory(prefix="resettle-") as scratch:
        session = _session(f"spark://{place}" if place else "local[2]", scratch)
        try:
            yield SparkRegistry(session, folder)
        finally:
            session.stop()


def _answers(place: str) -> bool:
    host, _, port = place.rpartition("@")[2].rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=5):
            return True
    except (OSError, ValueError):
        return False


def _session(master: str, scratch: str) -> Any:
    from pyspark.sql import SparkSession

    settings = {
        "spark.ui.enabled": "false",
        "spark.driver.memory": "1g",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.ansi.enabled": "true",
        "spark.sql.warehouse.dir": Path(scratch).as_uri(),
        "spark.local.dir": scratch,
        "spark.log.level": "OFF",
        "spark.driver.extraJavaOptions": "-Dlog4j2.level=OFF",
        "spark.ui.showConsoleProgress": "false",
    }
    if master.startswith("local"):
        settings |= {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
    builder = SparkSession.builder.master(master).appName("resettle")
    for name, value in settings.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


class SparkRegistry:
    """Reads the two Parquet tables and runs the rules' text over them."""

    def __init__(self, session: Any, folder: str) -> None:
        self.session, self.folder = session, folder

    def kinds(self, view: str, columns: Sequence[Column]) -> dict[str, str]:
        from pyspark.errors import PySparkException

        try:
            frame = self.session.read.parquet(f"{self.folder.rstrip('/')}/{view}.parquet")
        except PySparkException:
            raise ResettleError(
                Problem("remote.view_absent", "error", value=view, nearest=", ".join(VIEWS.values()))
            ) from None
        frame.createOrReplaceTempView(view)
        return {name: _KINDS.get(kind, kind) for name, kind in frame.dtypes}

    def rows(self, view: str, columns: Sequence[Column]) -> pl.DataFrame:
        chosen = ", ".join(f"CAST(`{c.name}` AS {_TYPES[c.kind]}) AS `{c.name}`" for c in columns)
        rows = [tuple(row) for row in self._ask(f"SELECT {chosen} FROM {view}", view).collect()]
        return pl.DataFrame(rows, schema={c.name: POLARS_TYPE[c.kind] for c in columns}, orient="row")

    def engine(self, there: Mapping[str, Sequence[Column]]) -> Engine:
        def run(
            program: Program, frames: Mapping[str, pl.DataFrame], queries: Mapping[str, str]
        ) -> dict[str, pl.DataFrame]:
            for table, frame in frames.items():
                self._source(program, table, frame, {c.name for c in there.get(table, ())})
            return {name: self._collected(query, name) for name, query in queries.items()}

        return Engine("spark", run)

    def _collected(self, query: str, name: str) -> pl.DataFrame:
        frame = self._ask(query, name)
        rows = frame.collect()
        return pl.DataFrame(
            [pl.Series(c, [r[i] for r in rows], strict=False) for i, c in enumerate(frame.columns)]
        )

    def _source(self, program: Program, table: str, frame: pl.DataFrame, viewed: set[str]) -> None:
        """The view the query reads: columns of the registry, the others from local rows beside it."""
        info = program.tables[table]
        columns = {c.name: c for c in info.table.columns}
        key = info.key
        extra = [c for c in frame.columns if c not in viewed]
        if viewed and extra:
            extra = [key, *extra]
        if extra:
            schema = ", ".join(f"`{c}` {_TYPES[columns[c].kind]}" for c in extra)
            local = self.session.createDataFrame(frame.select(extra).rows(), schema)
            local.createOrReplaceTempView(f"brought_{table}" if viewed else table)
        if not viewed:
            return
        chosen = [
            masked(columns[c], _SPELLING, f"CAST(v.`{c}` AS {_TYPES[columns[c].kind]})")
            for c in frame.columns
            if c in viewed
        ]
        chosen += [f"j.`{c}`" for c in extra if c != key]
        joined = f" LEFT JOIN brought_{table} AS j ON j.`{key}` = v.`{key}`" if extra else ""
        self._ask(
            f"SELECT {', '.join(chosen)} FROM {VIEWS[table]} AS v{joined}", table
        ).createOrReplaceTempView(table)

    def _ask(self, query: str, about: str) -> Any:
        from pyspark.errors import PySparkException

        try:
            return self.session.sql(query)
        except PySparkException as error:
            said = " ".join(str(error).split())[:300]
            raise ResettleError(Problem("remote.broke_off", "error", table=about, value=said)) from None
