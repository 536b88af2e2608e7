"""Allotment at the size of a province: 100,000 invented households over classes of homes and over single homes.

    python benchmarks/siting/allot.py [--households 100000] [--out file.jsonl]

Three settings: one large place with 36 classes; 400 sites with classes of their own; every home told apart by its
own building (single homes) in sites of 250. Each line gives seconds, households placed, and the proof: the cost
of the optimum equals the bound its prices give.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
import polars as pl

from resettle.siting.allot import allot

SIZES = (2500, 5000, 7500, 10000, 12500)


def claims(count: int, sites: int, buildings: int, seed: int) -> pl.DataFrame:
    r = np.random.default_rng(seed)
    site = np.sort(r.integers(0, sites, count))
    wish = r.integers(0, 2 * buildings, count)
    kin = r.integers(0, count, count)
    near = (site[kin] == site) & (r.random(count) < 0.2)
    return pl.DataFrame(
        {
            "household_id": [f"h{k:06d}" for k in range(count)],
            "site_id": [f"s{k:03d}" for k in site],
            "dwelling_size_dm2": r.choice(SIZES, count),
            "tier": r.integers(0, 3, count),
            "needs_access": r.random(count) < 0.12,
            "building_wish": [f"b{k}" if k < buildings else None for k in wish],
            "kin_household_id": [f"h{k:06d}" if n else None for k, n in zip(kin, near, strict=True)],
        }
    )


def homes(claim: pl.DataFrame, buildings: int, spare: float, seed: int, single: bool) -> pl.DataFrame:
    """Homes a little short in some sizes, so that scarcity is part of the measure."""
    r = np.random.default_rng(seed)
    kept = claim.sample(fraction=min(1.0, spare), seed=seed).sort("household_id")
    count = kept.height
    return pl.DataFrame(
        {
            "home_id": [f"r{k:06d}" for k in range(count)],
            "site_id": kept["site_id"],
            "building": [f"b{k}" for k in (np.arange(count) if single else r.integers(0, buildings, count))],
            "dwelling_size_dm2": kept["dwelling_size_dm2"],
            "floor": r.integers(1, 7, count),
            "has_lift": r.random(count) < 0.1,
        }
    )


def main() -> None:
    """Measure and print one line a setting."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--households", type=int, default=100_000)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    lines = []
    settings = (
        ("classes, one place", 1, 4, False),
        ("classes, 400 sites", 400, 6, False),
        ("single homes", 400, 6, True),
    )
    small = claims(200, 2, 3, 0)
    allot(small, homes(small, 3, 0.97, 0, False))  # compiles, and is not measured
    for name, sites, buildings, single in settings:
        claim = claims(given.households, sites, buildings, 1)
        home = homes(claim, buildings, 0.97, 2, single)
        start = time.perf_counter()
        found = allot(claim, home)
        seconds = time.perf_counter() - start
        facts = found.facts
        lines.append(
            {
                "setting": name,
                "households": claim.height,
                "homes": home.height,
                "seconds": round(seconds, 1),
                "placed": facts["order_placed"],
                "optimum_is_proved": facts["optimum_cost"] == facts["optimum_bound"],
                "saving": facts["saving"],
                "envy_order": facts["order_envy"],
                "envy_optimum": facts["optimum_envy"],
            }
        )
        print(json.dumps(lines[-1]))
    if given.out:
        given.out.parent.mkdir(parents=True, exist_ok=True)
        given.out.write_text("\n".join(map(json.dumps, lines)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
