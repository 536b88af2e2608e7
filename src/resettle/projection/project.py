"""Household sizes one to ten years ahead, by household and by county, with their sensitivity."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from resettle.problems import Problem
from resettle.projection.contracts import (
    PROJECTION_COUNTY,
    PROJECTION_HOUSEHOLD,
    PROJECTION_RATE,
    PROJECTION_SENSITIVITY,
    SIZE_COLUMNS,
)
from resettle.projection.draw import LARGEST, simulate
from resettle.projection.rates import Rates, rate_rows, read_rates, varied
from resettle.projection.roster import Roster, read_roster

MOST_YEARS = 10
MOST_DRAWS = 2**31 - 1
DEFAULT_DRAWS = 200
NORMAL_95 = 1.959964


def run_draws(roster: Roster, rates: Rates, years: int, draws: int) -> NDArray[np.int32]:
    """Counts of sizes, shape (households, years, ``LARGEST + 1``); each row sums to ``draws``."""
    numbers = np.array(
        [
            rates.second_birth,
            rates.joins[0],
            rates.joins[1],
            rates.separation,
            rates.male_share,
            rates.second_gap,
            rates.children_at_most,
            rates.mother_below_age,
        ],
        dtype=np.float64,
    )
    counts = simulate(
        roster.starts,
        roster.keys,
        roster.ages,
        roster.sexes,
        roster.states,
        roster.lows,
        roster.highs,
        years,
        draws,
        rates.death,
        rates.marriage,
        rates.birth,
        rates.first_birth,
        rates.gap_years,
        rates.gap_cumulative,
        numbers,
    )
    return np.asarray(counts, dtype=np.int32)


def seats(roster: Roster, entitlement: pl.DataFrame | None) -> tuple[NDArray[np.int64], list[str]]:
    """For how many persons each dwelling is made: those resettled by the rules, else today's members."""
    now = roster.households["size_now"].to_numpy().astype(np.int64)
    basis = ["members_now"] * len(now)
    if entitlement is None or not {"household_id", "resettled_persons"} <= set(entitlement.columns):
        return now, basis
    joined = roster.households.select("household_id").join(
        entitlement.select("household_id", "resettled_persons").unique("household_id", keep="first"),
        on="household_id",
        how="left",
        maintain_order="left",
    )
    result = now.copy()
    for i, persons in enumerate(joined["resettled_persons"].to_list()):
        if persons:
            result[i], basis[i] = int(persons), "entitlement"
    return result, basis


def project(
    household: pl.DataFrame,
    person: pl.DataFrame,
    rates: Rates,
    *,
    as_of: date,
    years: int = 5,
    draws: int = DEFAULT_DRAWS,
    seed: int = 0,
    entitlement: pl.DataFrame | None = None,
    shown_as: str = "scenario",
) -> tuple[dict[str, pl.DataFrame], list[Problem]]:
    """Project every household ``years`` ahead.

    Returns the tables ``projection_household`` (one row per household and year) and ``projection_county``.
    The chance is of the household, never of a named person.

    Raises:
        ValueError: for years outside 1..10 or draws below 1.
    """
    if not 1 <= years <= MOST_YEARS or not 1 <= draws <= MOST_DRAWS:
        raise ValueError(f"years {years} must be in 1..{MOST_YEARS} and draws {draws} at least 1")
    roster, problems = read_roster(household, person, as_of, rates, seed)
    counts = run_draws(roster, rates, years, draws)
    made_for, basis = seats(roster, entitlement)
    by_house = household_table(roster, counts, draws, made_for, basis, shown_as)
    by_county = county_table(roster, counts, draws, made_for, shown_as)
    return {"projection_household": by_house, "projection_county": by_county}, problems


def _ppm(counts: NDArray[np.int64], draws: int) -> NDArray[np.int64]:
    return (2 * counts * 1_000_000 + draws) // (2 * draws)


def household_table(
    roster: Roster,
    counts: NDArray[np.int32],
    draws: int,
    made_for: NDArray[np.int64],
    basis: list[str],
    shown_as: str,
) -> pl.DataFrame:
    """Flatten counts of sizes to one row per household and year."""
    houses, years, _ = counts.shape
    frame = roster.households
    sizes = np.arange(LARGEST + 1)
    expected = (counts @ sizes) / draws
    beyond = sizes[None, :] > made_for[:, None]
    outgrown = np.einsum("hys,hs->hy", counts, beyond.astype(np.int32)).astype(np.int64)
    folded = np.concatenate([counts[:, :, :10], counts[:, :, 10:].sum(axis=2, keepdims=True)], axis=2)

    def each_year(values: list[Any]) -> list[Any]:
        return [value for value in values for _ in range(years)]

    columns: dict[str, Any] = {
        "household_id": frame["household_id"].gather(np.repeat(np.arange(houses), years)),
        "county_code": frame["county_code"].gather(np.repeat(np.arange(houses), years)),
        "year": np.tile(np.arange(1, years + 1), houses),
        "size_now": np.repeat(frame["size_now"].to_numpy(), years),
        "size_expected": expected.reshape(-1),
    }
    for i, name in enumerate(SIZE_COLUMNS):
        columns[name] = _ppm(folded[:, :, i].reshape(-1).astype(np.int64), draws)
    columns |= {
        "seats": np.repeat(made_for, years),
        "seats_basis": each_year(basis),
        "outgrown_ppm": _ppm(outgrown.reshape(-1), draws),
        "unknown_birth_count": np.repeat(frame["unknown_birth_count"].to_numpy(), years),
        "draw_count": np.full(houses * years, draws),
        "shown_as": [shown_as] * (houses * years),
    }
    return pl.DataFrame(columns, schema=PROJECTION_HOUSEHOLD.schema())


def county_table(
    roster: Roster, counts: NDArray[np.int32], draws: int, made_for: NDArray[np.int64], shown_as: str
) -> pl.DataFrame:
    """Totals by county and year; households are independent, so their variances add up.

    The range is that of chance alone; what the rates themselves may be wrong by is in the sensitivity
    table.
    """
    sizes = np.arange(LARGEST + 1)
    share = counts / draws
    mean = share @ sizes
    spread = share @ sizes**2 - mean**2
    over = np.maximum(sizes[None, :] - made_for[:, None], 0)
    beyond = np.einsum("hys,hs->hy", share, over)
    chance = np.einsum("hys,hs->hy", share, (over > 0).astype(float))
    houses, years = mean.shape
    row = np.repeat(np.arange(houses), years)
    long = pl.DataFrame(
        {
            "county_code": roster.households["county_code"].gather(row).fill_null(""),
            "year": np.tile(np.arange(1, years + 1), houses),
            "size_now": np.repeat(roster.households["size_now"].to_numpy(), years),
            "unknown": np.repeat(roster.households["unknown_birth_count"].to_numpy(), years),
            "mean": mean.reshape(-1),
            "spread": spread.reshape(-1),
            "beyond": beyond.reshape(-1),
            "chance": chance.reshape(-1),
        }
    )
    total = long.group_by("county_code", "year").agg(
        pl.len().alias("household_count"),
        pl.col("size_now").sum().alias("person_now_count"),
        pl.col("mean").sum().alias("person_expected"),
        pl.col("spread").sum().sqrt().alias("_sd"),
        pl.col("chance").sum().alias("outgrown_expected"),
        (pl.col("chance") * (1 - pl.col("chance"))).sum().sqrt().alias("_sd_out"),
        pl.col("beyond").sum().alias("beyond_seats_expected"),
        pl.col("unknown").sum().alias("unknown_birth_count"),
    )
    person, out = pl.col("person_expected"), pl.col("outgrown_expected")
    return (
        total.with_columns(
            (person - NORMAL_95 * pl.col("_sd")).clip(0).alias("person_low"),
            (person + NORMAL_95 * pl.col("_sd")).alias("person_high"),
            (out - NORMAL_95 * pl.col("_sd_out")).clip(0).alias("outgrown_low"),
            pl.min_horizontal(out + NORMAL_95 * pl.col("_sd_out"), "household_count").alias("outgrown_high"),
            pl.lit(shown_as).alias("shown_as"),
        )
        .sort("county_code", "year")
        .select([pl.col(n).cast(t) for n, t in PROJECTION_COUNTY.schema().items()])
    )


def sensitivity(
    household: pl.DataFrame, person: pl.DataFrame, document: Mapping[str, Any], **options: Any
) -> tuple[pl.DataFrame, list[Problem]]:
    """The county's totals again with one assumption changed at a time, on the same draws."""
    rows: list[dict[str, Any]] = []
    problems: list[Problem] = []
    base: dict[int, float] = {}
    variants: list[Mapping[str, Any]] = [
        {"name": "default", "zh": "按所列变化率", "en": "as projected, with the rates listed"},
        *document.get("sensitivity", []),
    ]
    for change in variants:
        changed = varied(document, change) if "path" in change else dict(document)
        rates, found = read_rates(changed)
        problems += [p for p in found if p not in problems]
        if rates is None:
            continue
        tables, _ = project(household, person, rates, **options)
        totals = (
            tables["projection_county"]
            .group_by("year")
            .agg(pl.col("person_expected").sum(), pl.col("outgrown_expected").sum())
            .sort("year")
        )
        for year, persons, outgrown in totals.iter_rows():
            base.setdefault(year, outgrown)
            rows.append(
                {
                    "variant": change["name"],
                    "label_zh": change["zh"],
                    "label_en": change["en"],
                    "year": year,
                    "person_expected": persons,
                    "outgrown_expected": outgrown,
                    "outgrown_change": outgrown - base[year],
                }
            )
    return pl.DataFrame(rows, schema=PROJECTION_SENSITIVITY.schema()), problems


def rate_table(document: Mapping[str, Any]) -> pl.DataFrame:
    """The rates in use, one row each, with source and confidence."""
    rows = [row | {"is_assumption": row["source"].startswith("assumption")} for row in rate_rows(document)]
    return pl.DataFrame(rows, schema=PROJECTION_RATE.schema())
