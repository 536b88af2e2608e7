"""Read the benchmark sets of the hand-over folder (``RESETTLE_SHARED``) and make the synthetic ones."""

from __future__ import annotations

import csv
import importlib.util
import os
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from resettle.methods.assignment import Arcs, AssignmentProblem
from resettle.methods.assignment.special import facility_location, p_median

SHARED = Path(os.environ.get("RESETTLE_SHARED", "../shared")) / "data" / "siting" / "benchmarks"
DECIMALS = 10_000
"""Benchmark costs have decimals; they are read as whole ten-thousandths (Holmberg's are whole)."""


def whole(values: np.ndarray, factor: int) -> np.ndarray:
    """Decimals to whole numbers, rounded."""
    return np.rint(values * factor).astype(np.int64)


def sscflp(folder: str, name: str) -> tuple[AssignmentProblem, int]:
    """A single-source capacitated instance and the factor its costs were multiplied by."""
    numbers = np.array((SHARED / "sscflp" / "formatted" / folder / name).read_text().split(), float)
    n, m = int(numbers[0]), int(numbers[1])
    first = numbers[2 : 2 + n]
    at = 2 + n
    fixed, demand = numbers[at : at + n], numbers[at + n : at + n + m]
    cost = numbers[at + n + m : at + n + m + n * m].reshape(m, n)
    factor = 1 if (cost == np.rint(cost)).all() and (fixed == np.rint(fixed)).all() else DECIMALS
    unit = 1
    while not np.allclose(demand * unit, np.rint(demand * unit)) and unit < 10**6:
        unit *= 10
    return (
        facility_location(
            np.floor(first * unit + 1e-9).astype(np.int64),
            whole(fixed, factor),
            whole(demand, unit),
            whole(cost, factor),
        ),
        factor,
    )


def best_known() -> dict[str, tuple[Fraction, str]]:
    """Best known values by instance path."""
    with (SHARED / "best_known.csv").open() as file:
        return {r["instance"]: (Fraction(r["best_known"]), r["kind"]) for r in csv.DictReader(file)}


def listed_optima(folder: str) -> list[float]:
    """The optima in the set's own ``os`` file, in the order of its instances."""
    return [float(v) for v in (SHARED / "sscflp" / "formatted" / folder / "os").read_text().split()]


def cpmp(number: int) -> AssignmentProblem:
    """Capacitated p-median cpmp01-20: distances floored, p from the file."""
    lines = (SHARED / "cpmp" / "group1" / f"cpmp{number:02d}.txt").read_text().split()
    return _cpmp(lines, floor=True)


def sjc(number: int) -> AssignmentProblem:
    """San Jose dos Campos instances; distances in hundredths."""
    return _cpmp((SHARED / "cpmp" / "group2" / f"SJC{number}.dat").read_text().split(), floor=False)


def _cpmp(words: list[str], floor: bool) -> AssignmentProblem:
    n, p = int(words[0]), int(words[1])
    table = np.array(words[2 : 2 + 4 * n], float).reshape(n, 4)
    place = table[:, :2]
    distance = np.hypot(*(place[:, None, :] - place[None, :, :]).transpose(2, 0, 1))
    cost = np.floor(distance).astype(np.int64) if floor else whole(distance, 100)
    return p_median(cost, p, table[:, 3].astype(np.int64), table[:, 2].astype(np.int64))


def _generators() -> Any:
    spec = importlib.util.spec_from_file_location("generators", SHARED / "gen" / "generators.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def county(seed: int) -> AssignmentProblem:
    """The synthetic county: 300 villages, 40 sites; costs in thousandths of 10,000 yuan."""
    raw = _generators().county(seed=seed)
    return facility_location(
        raw["s"].astype(np.int64), whole(raw["f"], 1000), raw["d"].astype(np.int64), whole(raw["c"], 1000)
    )


def sized_county(seed: int, budget: int | None = None) -> AssignmentProblem:
    """The county with homes of five sizes; ``budget`` limits fixed and building money (synthetic)."""
    raw = _generators().county(seed=seed)
    r = np.random.default_rng(seed + 1000)
    persons = raw["d"].astype(np.int64)
    homes = np.array(
        [r.multinomial(max(1, d // 3), [0.12, 0.2, 0.27, 0.27, 0.14]) for d in persons], np.int64
    )
    total = homes.sum(axis=0)
    m = len(raw["s"])
    share = raw["s"] / raw["s"].sum()
    mix = r.uniform(0.7, 1.3, (m, 5))
    capacity = np.maximum(np.ceil(2.5 * share[:, None] * mix * total), homes.max(axis=0)).astype(np.int64)
    unit = r.uniform(0.8, 1.2, m)
    money = np.rint(1000 * (homes @ np.array([3.0, 6, 9, 12, 15]))[:, None] * unit[None, :]).astype(np.int64)
    hardship = whole(raw["c"], 1000)
    fixed = whole(raw["f"], 1000)
    n = len(persons)
    rows, sites = (a.ravel() for a in np.indices((n, m)))
    side: dict[str, Any] = {}
    if budget is not None:
        side = {
            "side_arc": money[rows, sites][None, :],
            "side_site": fixed[None, :],
            "side_limit": np.array([budget]),
        }
    cost = hardship if budget is not None else money
    return AssignmentProblem(
        homes,
        capacity,
        np.zeros(m, np.int64) if budget is not None else fixed,
        Arcs(rows, rows + 1, sites, cost[rows, sites]),
        **side,
    )


def large(seed: int = 3) -> AssignmentProblem:
    """20,000 groups, 1,000 sites, 40 nearest arcs each (synthetic)."""
    raw = _generators().big(seed=seed)
    _n, _m, ptr, site, cost = _generators().arcs(raw)
    rows = np.repeat(np.arange(len(ptr) - 1, dtype=np.int64), np.diff(ptr))
    return AssignmentProblem(
        raw["d"].astype(np.int64)[:, None],
        raw["s"].astype(np.int64)[:, None],
        whole(raw["f"], 1000),
        Arcs(rows, rows + 1, site.astype(np.int64), whole(cost, 1000)),
    )
