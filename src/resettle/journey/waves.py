"""Reads two rosters of the same households and hands them to the backtest."""

from __future__ import annotations

import tomllib
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl

from resettle.journey.inputs import pack_or_raise
from resettle.problems import Problem
from resettle.projection.backtest import Backtest, backtest
from resettle.tables import HOUSEHOLD, PERSON, conform


def read_wave(path: Path, day: date) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Households and persons of one roster file; an ``age`` in years stands in for a missing birth date."""
    raw = pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_csv(path, try_parse_dates=True)
    if "age" in raw.columns and "birth_date" not in raw.columns:
        born = pl.date(day.year - pl.col("age").cast(pl.Int32), 1, 1)
        raw = raw.with_columns(born.alias("birth_date"))
    text = [c for c in ("household_id", "person_id") if c in raw.columns]
    raw = raw.with_columns(pl.col(c).cast(pl.String) for c in text)
    if "person_id" not in raw.columns:
        return conform(raw, HOUSEHOLD)[0], PERSON.empty()
    known = [c for c in PERSON.names if c in raw.columns]
    person = PERSON.shape(raw.select(known))
    household = person.group_by("household_id").agg(pl.len().cast(pl.Int64).alias("member_count"))
    return conform(household.sort("household_id"), HOUSEHOLD)[0], person


def backtest_files(
    first: Path, second: Path, first_day: Any, second_day: Any, pack_id: str, seed: int
) -> tuple[Backtest | None, list[Problem]]:
    """The backtest of a pack's rates on two roster files (see :func:`resettle.projection.backtest.backtest`)."""
    days = [d.date() if isinstance(d, datetime) else d for d in (first_day, second_day)]
    rates = tomllib.loads(pack_or_raise(pack_id).read_text("demography.toml"))
    one, two = read_wave(first, days[0]), read_wave(second, days[1])
    return backtest(one, two, rates, first_date=days[0], second_date=days[1], seed=seed)
