"""Small counties for the tests of siting; every number is invented and synthetic."""

from __future__ import annotations

from typing import Any

import polars as pl

from resettle.tables import HOUSEHOLD, SITE, SITE_DWELLING, VILLAGE, Inputs, conform


def households(*rows: tuple[str, str, int, int | None]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(household, entitlement) from (id, village, persons, size in 0.01 m2)."""
    frame = pl.DataFrame(
        {
            "household_id": [r[0] for r in rows],
            "village_code": [r[1] for r in rows],
            "county_code": ["C1"] * len(rows),
            "member_count": [r[2] for r in rows],
        }
    )
    right = pl.DataFrame(
        {
            "household_id": [r[0] for r in rows],
            "is_eligible": [True] * len(rows),
            "dwelling_size_dm2": pl.Series([r[3] for r in rows], dtype=pl.Int64),
        }
    )
    return conform(frame, HOUSEHOLD)[0], right


def villages(*codes: str, step: float = 0.1) -> pl.DataFrame:
    """Villages on a line to the north, ``step`` degrees apart."""
    frame = pl.DataFrame(
        {
            "village_code": list(codes),
            "county_code": ["C1"] * len(codes),
            "latitude": [34.0 + step * k for k in range(len(codes))],
            "longitude": [112.0] * len(codes),
        }
    )
    return conform(frame, VILLAGE)[0]


def sites(*rows: dict[str, Any]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(site, site_dwelling): each row may give ``homes`` as {size: (count, unit cost)} and site columns."""
    base = {
        "county_code": "C1",
        "latitude": 34.0,
        "longitude": 112.05,
        "fixed_cost_minor": 1_000_000,
        "in_red_line": False,
        "in_hazard_zone": False,
        "on_basic_farmland": False,
    }
    homes = []
    plain = []
    for row in rows:
        stock = row.get("homes", {})
        plain.append({**base, **{k: v for k, v in row.items() if k != "homes"}})
        for size, (count, cost) in stock.items():
            homes.append(
                {
                    "site_id": row["site_id"],
                    "dwelling_size_dm2": size,
                    "dwelling_kind": "resettlement",
                    "capacity_count": count,
                    "unit_cost_minor": cost,
                }
            )
    return (
        conform(pl.DataFrame(plain, infer_schema_length=None), SITE)[0],
        conform(pl.DataFrame(homes) if homes else SITE_DWELLING.empty(), SITE_DWELLING)[0],
    )


def inputs(
    movers: tuple[pl.DataFrame, pl.DataFrame],
    village: pl.DataFrame,
    places: tuple[pl.DataFrame, pl.DataFrame],
    travel: pl.DataFrame | None = None,
    **siting: Any,
) -> Inputs:
    """What the stage is given."""
    tables = {
        "household": movers[0],
        "entitlement": movers[1],
        "village": village,
        "site": places[0],
        "site_dwelling": places[1],
    }
    if travel is not None:
        tables["travel"] = travel
    return Inputs(tables, {"seed": 1, "siting": siting})
