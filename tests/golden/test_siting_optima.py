"""Bounds never lie above the published optima of the benchmark sets (hand-over folder, not shipped)."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

from resettle.methods.assignment import Limits
from resettle.methods.assignment.primal import Primal
from resettle.methods.assignment.search import Search
from resettle.methods.assignment.verify import verified_bound


def reader() -> Any:
    path = Path(__file__).parents[2] / "benchmarks" / "siting" / "instances.py"
    spec = importlib.util.spec_from_file_location("siting_instances", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["siting_instances"] = module
    spec.loader.exec_module(module)
    return module


def bound_of(problem: Any, iterations: int) -> tuple[int, int | None]:
    primal = Primal(problem, 1)
    found = Search(problem, Limits(nodes=3, iterations=iterations), primal).run()
    proved = verified_bound(problem, found.certificate)
    assert proved >= found.bound
    return proved, primal.objective


@pytest.mark.shared
@pytest.mark.parametrize(("folder", "count", "step"), [("Lib_3_1", 24, 3), ("Lib_2", 71, 6)])
def test_bound_stays_below_the_listed_optimum(folder: str, count: int, step: int) -> None:
    instances = reader()
    optima = instances.listed_optima(folder)
    for k in range(1, count + 1, step):
        problem, factor = instances.sscflp(folder, f"p{k}")
        bound, objective = bound_of(problem, 120)
        assert bound / factor <= optima[k - 1] + 0.01, k
        assert objective is None or objective / factor >= optima[k - 1] - 0.01, k


@pytest.mark.slow
@pytest.mark.shared
@pytest.mark.parametrize(("folder", "count"), [("Lib_3_1", 24), ("Lib_2", 71)])
def test_bound_stays_below_every_listed_optimum(folder: str, count: int) -> None:
    instances = reader()
    optima = instances.listed_optima(folder)
    assert len(optima) >= count
    for k in range(1, count + 1):
        problem, factor = instances.sscflp(folder, f"p{k}")
        bound, objective = bound_of(problem, 80)
        assert bound / factor <= optima[k - 1] + 0.01, k
        assert objective is None or objective / factor >= optima[k - 1] - 0.01, k


@pytest.mark.slow
@pytest.mark.shared
def test_bound_stays_below_every_value_marked_optimum() -> None:
    instances = reader()
    known = {name: value for name, (value, kind) in instances.best_known().items() if kind == "optimum"}
    assert known
    for name, value in known.items():
        folder, file = name.split("/")[-2:]
        problem, factor = instances.sscflp(folder, file)
        bound, objective = bound_of(problem, 60)
        assert bound / factor <= float(value) + 0.01, name
        assert objective is None or objective / factor >= float(value) - 0.01, name


@pytest.mark.shared
def test_bound_stays_below_the_optimum_of_the_capa_family() -> None:
    instances = reader()
    known = instances.best_known()
    for k in (3, 4):
        problem, factor = instances.sscflp("Lib_3_2", f"p{k}")
        optimum, kind = known[f"sscflp/formatted/Lib_3_2/p{k}"]
        bound, objective = bound_of(problem, 200)
        assert kind == "optimum" and bound / factor <= float(optimum) + 0.01
        assert objective is not None and objective / factor >= float(optimum) - 0.01
        assert bound / factor >= 0.97 * float(optimum)
