"""Where Spark runs: a local cluster gives the embedded engine's cells; what is absent is said in words."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from types import ModuleType

import polars as pl
import pytest

from resettle.policy import evaluate, load_pack
from resettle.problems import ResettleError
from resettle.store import spark
from resettle.store.registry_views import open_registry
from resettle.tables import HOUSEHOLD, PERSON
from resettle.words import LANGUAGES, explain_problem

DAY = date(2024, 6, 1)
WAIT = 90.0


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def until(port: int, process: subprocess.Popen[bytes]) -> None:
    """Waits for a port to answer; a process that ended first fails the test."""
    for _ in range(int(WAIT * 5)):
        assert process.poll() is None, "the cluster's process ended"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.2)
    raise AssertionError("the cluster did not answer")


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    """A master and one worker in processes of their own on this machine."""
    import pyspark

    monkeypatch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
    program = str(Path(pyspark.__file__).parent / "bin" / "spark-class")
    port, worker_port = free_port(), free_port()
    environment = os.environ | {"SPARK_LOCAL_IP": "127.0.0.1", "SPARK_WORKER_DIR": str(tmp_path / "work")}
    master = ["--host", "127.0.0.1", "--port", str(port), "--webui-port", str(free_port())]
    worker = ["--host", "127.0.0.1", "--port", str(worker_port), "--webui-port", str(free_port())]
    worker += ["--cores", "2", "--memory", "1g", f"spark://127.0.0.1:{port}"]
    parts = []
    try:
        for kind, options, at in (("master.Master", master, port), ("worker.Worker", worker, worker_port)):
            with (tmp_path / f"{kind}.log").open("wb") as log:
                command = [program, f"org.apache.spark.deploy.{kind}", *options]
                parts.append(subprocess.Popen(command, env=environment, stdout=log, stderr=log))
            until(at, parts[-1])
        yield f"127.0.0.1:{port}"
    finally:
        for part in reversed(parts):
            part.terminate()
            part.wait(timeout=30)


@pytest.mark.spark
def test_a_cluster_gives_the_cells_of_the_embedded_engine(cluster: str, tmp_path: Path) -> None:
    pack, _ = load_pack("peach_spring")
    ids = [f"h{i:03}" for i in range(40)]
    household = pl.DataFrame(
        {
            "household_id": ids,
            "household_class": [("registered_poor", "other", None)[i % 3] for i in range(40)],
            "member_count": [i % 7 or None for i in range(40)],
            "person_listed": [(True, False, None, True)[i % 4] for i in range(40)],
        }
    )
    person = pl.DataFrame(
        {
            "person_id": [f"p{i}" for i in range(90)],
            "household_id": [ids[i % 40] for i in range(90)],
            "is_present": [(True, False, None)[i % 3] for i in range(90)],
        }
    )
    tables = {"household": household, "person": person}
    expected, _ = evaluate(pack, tables, DAY)
    with open_registry("spark", f"spark://{cluster}/{tmp_path}") as registry:
        found, _ = evaluate(pack, tables, DAY, engine=registry.engine({}))
        for table, frame in expected.items():
            assert found[table].equals(frame), table
        for contract, frame in ((HOUSEHOLD, household), (PERSON, person)):
            frame.write_parquet(tmp_path / f"registry_{contract.name}.parquet")
            columns = [c for c in contract.columns if c.name in frame.columns]
            kinds = registry.kinds(f"registry_{contract.name}", columns)
            assert kinds == {c.name: c.kind for c in columns}
            rows = registry.rows(f"registry_{contract.name}", columns)
            assert rows.sort(contract.key).equals(frame.select(rows.columns).sort(contract.key))


@pytest.mark.spark
def test_a_folder_without_the_views_is_said(tmp_path: Path) -> None:
    with open_registry("spark", f"spark://{tmp_path}") as registry, pytest.raises(ResettleError) as caught:
        registry.kinds("registry_household", HOUSEHOLD.columns)
    assert [p.code for p in caught.value.problems] == ["remote.view_absent"]


def refused(monkeypatch: pytest.MonkeyPatch, place: str, has_package: bool = True) -> str:
    """The code of what stops a session; the package is stood in for, so that every machine can ask."""
    monkeypatch.setitem(sys.modules, "pyspark", ModuleType("pyspark") if has_package else None)  # type: ignore[arg-type]
    with pytest.raises(ResettleError) as caught, spark.open_spark(place, "/data"):
        pass
    [problem] = caught.value.problems
    for lang in LANGUAGES:
        assert len(" ".join(explain_problem(problem, lang))) > 20
    return problem.code


def java(folder: Path, version: str) -> str:
    """A home of a Java that says it has this version."""
    program = folder / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2024-01-01' >&2\n")
    program.chmod(0o755)
    return str(folder)


def test_an_absent_package_an_absent_java_and_an_old_one_are_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert refused(monkeypatch, "", has_package=False) == "remote.driver_absent"
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "nowhere"))
    assert refused(monkeypatch, "") == "remote.java_absent"
    monkeypatch.setenv("JAVA_HOME", java(tmp_path / "eleven", "11.0.2"))
    assert refused(monkeypatch, "") == "remote.java_old"
    monkeypatch.setenv("JAVA_HOME", java(tmp_path / "eight", "1.8.0_392"))
    assert refused(monkeypatch, "") == "remote.java_old"


def test_a_cluster_that_does_not_answer_is_said_without_a_password(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("JAVA_HOME", java(tmp_path / "java", "17.0.9"))
    for place in ("127.0.0.1:1", "amy:s3cr@127.0.0.1:1", "nowhere.invalid:7077", "127.0.0.1"):
        assert refused(monkeypatch, place) == "remote.cluster_absent"
