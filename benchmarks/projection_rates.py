"""Projection of 1,000,000 synthetic persons, 5 years, 100 draws: our side. Prints seconds and outcomes as JSON.

python benchmarks/projection_rates.py [PERSONS] [DRAWS] [--store FILE.npz]; the compiled kernels are loaded from their
cache after the first process. Reading the roster, the simulation and both result tables are inside the time.

--store writes the same persons and rates for ``neworder/model.py FILE.npz DRAWS``, which runs in an environment of its
own (``neworder/requirements.txt``); the outcomes must agree to 0.001.
"""

from __future__ import annotations

import json
import resource
import sys
import time
import tomllib
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from resettle.projection import project, read_rates
from resettle.projection.roster import read_roster
from resettle.tables import HOUSEHOLD, PERSON, conform

PACK = Path(__file__).parents[1] / "src" / "resettle_packs" / "cn_luoyang" / "demography.toml"


def synthetic(persons: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Households of four: a couple, an unmarried child and a grandparent; the same for every model."""
    rng = np.random.default_rng(7)
    houses = persons // 4
    ids = np.char.add("H", np.char.zfill(np.arange(houses).astype(str), 8))
    head = rng.integers(35, 65, houses)
    ages = np.stack([head, head - 2, rng.integers(5, 35, houses), rng.integers(60, 90, houses)], axis=1)
    child = rng.integers(0, 2, houses)
    relation = np.tile(np.array(["head", "spouse", "son", "father"], dtype=object), (houses, 1))
    relation[child == 1, 2] = "daughter"
    sex = np.tile(np.array(["male", "female", "male", "male"], dtype=object), (houses, 1))
    sex[child == 1, 2] = "female"
    years = 2015 - ages.reshape(-1)
    person = pl.DataFrame(
        {
            "person_id": np.char.add(np.repeat(ids, 4), np.tile(["a", "b", "c", "d"], houses)),
            "household_id": np.repeat(ids, 4),
            "relation": relation.reshape(-1).astype(str),
            "sex": sex.reshape(-1).astype(str),
            "birth_date": pl.Series(years).cast(pl.Int32),
        }
    ).with_columns(pl.date(pl.col("birth_date"), 7, 1).alias("birth_date"))
    household = pl.DataFrame(
        {"household_id": ids, "county_code": ["410325"] * houses, "member_count": [4] * houses}
    )
    return conform(household, HOUSEHOLD)[0], conform(person, PERSON)[0]


def main(persons: int, draws: int) -> None:
    rates, _ = read_rates(tomllib.loads(PACK.read_text(encoding="utf-8")))
    assert rates is not None
    warm = synthetic(400)
    project(*warm, rates, as_of=date(2015, 12, 31), years=5, draws=2)
    household, person = synthetic(persons)
    start, cpu = time.perf_counter(), time.process_time()
    tables, _ = project(household, person, rates, as_of=date(2015, 12, 31), years=5, draws=draws)
    seconds = time.perf_counter() - start
    used = time.process_time() - cpu
    last = tables["projection_county"].row(-1, named=True)
    print(
        json.dumps(
            {
                "seconds": round(seconds, 2),
                "cpu": round(used, 2),
                "persons": persons,
                "draws": draws,
                "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
                "size_expected": last["person_expected"] / last["household_count"],
                "outgrown_share": last["outgrown_expected"] / last["household_count"],
            }
        )
    )


def store(persons: int, file: Path) -> None:
    """The persons and rates as arrays, for another model to run."""
    rates, _ = read_rates(tomllib.loads(PACK.read_text(encoding="utf-8")))
    assert rates is not None
    roster, _ = read_roster(*synthetic(persons), date(2015, 12, 31), rates, 0)
    sizes = np.diff(roster.starts)
    numbers = (rates.second_birth, *rates.joins, rates.separation, rates.male_share)
    np.savez(
        file,
        ages=roster.ages,
        sexes=roster.sexes,
        states=roster.states,
        owner=np.repeat(np.arange(len(sizes)), sizes),
        houses=len(sizes),
        seats=sizes,
        years=5,
        death=rates.death,
        marriage=rates.marriage,
        birth=rates.birth,
        first_birth=rates.first_birth,
        gap_years=rates.gap_years,
        gap_cumulative=rates.gap_cumulative,
        numbers=np.array([*numbers, rates.second_gap, rates.children_at_most, rates.mother_below_age]),
    )


if __name__ == "__main__":
    words = [w for w in sys.argv[1:] if not w.startswith("--") and not w.endswith(".npz")]
    asked = [int(w) for w in words] + [1_000_000, 100][len(words) :]
    if "--store" in sys.argv:
        store(asked[0], Path(sys.argv[sys.argv.index("--store") + 1]))
    main(*asked)
