"""Small programme folders, each drawn and run once for all tests that only read them."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest

from resettle.journey.demo import write_demo
from resettle.journey.inputs import pack_or_raise
from resettle.journey.programme import load_programme
from resettle.journey.run import Run, run_programme
from resettle.journey.write import write_run
from resettle.policy import Pack
from resettle.units import allocate


def _declared(pack: Pack) -> dict[str, Any]:
    return tomllib.loads(pack.read_text("demo/demo.toml"))


@pytest.fixture(scope="session")
def luoyang_pack() -> Pack:
    return pack_or_raise("cn_luoyang")


@pytest.fixture(scope="session")
def luoyang_declared(luoyang_pack: Pack) -> dict[str, Any]:
    """The declaration of the Luoyang demo, as the pack holds it."""
    return _declared(luoyang_pack)


@pytest.fixture(scope="session")
def peach_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The fictional demo, drawn, run and written."""
    folder = tmp_path_factory.mktemp("demo") / "peach"
    pack = pack_or_raise("peach_spring")
    declared = _declared(pack)
    write_demo(folder, pack, declared, declared["programme"]["seed"])
    run = run_programme(load_programme(folder)[0])
    write_run(run, folder / "out")
    return run


@pytest.fixture(scope="session")
def peach(peach_run: Run) -> Path:
    """The folder of :func:`peach_run`; for reading only."""
    return peach_run.programme.folder


@pytest.fixture
def own_peach(peach: Path, tmp_path: Path) -> Path:
    """A copy of the folder that a test may change, results included."""
    return Path(shutil.copytree(peach, tmp_path / "peach"))


@pytest.fixture(scope="session")
def small_luoyang(tmp_path_factory: pytest.TempPathFactory, luoyang_pack: Pack) -> Path:
    """The Luoyang demo with a hundred households instead of thousands, the paper's families among them; run."""
    folder = tmp_path_factory.mktemp("demo") / "luoyang"
    declared = _declared(luoyang_pack)
    places = declared["places"]
    places.update(townships=12, villages=16, sites=10, extra_sites=3)
    counties = places["county"]
    for county, households in zip(counties, allocate(80, [c["households"] for c in counties]), strict=True):
        county.update(households=households, sites=3 if county is counties[0] else 1)
    declared["group"][0].update(households=80, persons=305)
    declared["group"][1].update(households=20, persons=80, agreed={"households": 10, "persons": 40})
    write_demo(folder, luoyang_pack, declared, 7)
    write_run(run_programme(load_programme(folder)[0]), folder / "out")
    return folder
