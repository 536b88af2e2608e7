"""The backtest harness, proved on a synthetic panel whose truth is known."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from resettle.projection import read_rates
from resettle.projection.backtest import backtest, calibration, scaled, synthetic_panel
from resettle.tables import HOUSEHOLD, PERSON, conform

PACK = Path(__file__).parents[3] / "src" / "resettle_packs" / "cn_luoyang" / "demography.toml"
DOCUMENT = tomllib.loads(PACK.read_text(encoding="utf-8"))
FIRST, SECOND = date(2016, 6, 30), date(2021, 6, 30)
NOBODY = PERSON.empty()


@pytest.fixture(scope="module")
def roster() -> tuple[pl.DataFrame, pl.DataFrame]:
    """1,500 synthetic households: a head, perhaps a spouse, a grown or small child, perhaps a grandparent."""
    rng = np.random.default_rng(4)
    persons, houses = [], []
    for i in range(1500):
        head = int(rng.integers(40, 62))
        people = [("head", "male", head)]
        if rng.random() < 0.8:
            people.append(("spouse", "female", head - 2))
        people.append(("son", "male", head - 25) if rng.random() < 0.6 else ("daughter", "female", head - 26))
        if rng.random() < 0.4:
            people.append(("father", "male", head + 24))
        houses.append({"household_id": f"h{i:04d}", "county_code": "410325", "member_count": len(people)})
        for k, (relation, sex, age) in enumerate(people):
            persons.append(
                {
                    "person_id": f"h{i:04d}-{k}",
                    "household_id": f"h{i:04d}",
                    "relation": relation,
                    "sex": sex,
                    "birth_date": date(2016 - age, 1, 1),
                }
            )
    return conform(pl.DataFrame(houses), HOUSEHOLD)[0], conform(pl.DataFrame(persons), PERSON)[0]


def later(
    roster: tuple[pl.DataFrame, pl.DataFrame], document: dict[str, Any], seed: int = 77
) -> pl.DataFrame:
    return conform(synthetic_panel(*roster, document, FIRST, 5, seed), HOUSEHOLD)[0]


def run(roster: tuple[pl.DataFrame, pl.DataFrame], second: pl.DataFrame, **dates: date) -> Any:
    when = {"first_date": FIRST, "second_date": SECOND} | dates
    return backtest(roster, (second, NOBODY), DOCUMENT, **when)


def test_a_panel_from_the_packs_own_rates_passes(roster: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    found, problems = run(roster, later(roster, DOCUMENT))
    assert problems == [] and found is not None
    scores = {row["forecast"]: row for row in found.scores.iter_rows(named=True)}
    assert found.passed and found.reason == ""
    assert scores["pack"]["brier_growth"] < scores["nobody"]["brier_growth"]
    assert scores["nobody"]["brier_growth"] == pytest.approx(scores["nobody"]["grew_share"])
    assert set(found.scales.values()) <= {0.85, 1.0, 1.2}
    rates, _ = read_rates(found.document)
    assert rates is not None and found.digest == rates.digest


def test_other_true_rates_are_found_and_beat_the_packs(roster: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    truth = scaled(DOCUMENT, {"marriage": 0.5, "birth": 0.5})
    found, _ = run(roster, later(roster, truth))
    assert found is not None
    scores = {row["forecast"]: row["ranked_score"] for row in found.scores.iter_rows(named=True)}
    assert scores["fitted"] < scores["pack"]
    assert found.scales["marriage"] in {0.25, 0.5, 0.7}
    assert found.digest != ""


def test_a_panel_where_hardly_anybody_grows_does_not_pass(roster: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    """Growth that has nothing to do with ages: a hundredth of households, at random."""
    rng = np.random.default_rng(9)
    grown = pl.Series(rng.random(roster[0].height) < 0.01)
    second = roster[0].with_columns((pl.col("member_count") + grown.cast(pl.Int64)).alias("member_count"))
    found, _ = run(roster, second)
    assert found is not None and not found.passed
    assert found.reason in {"not_better", "calibration"}


def test_households_of_one_roster_only_are_counted(roster: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    household, person = roster
    found, problems = run((household.slice(30), person), later(roster, DOCUMENT).head(1400))
    assert found is not None and [(p.code, p.severity) for p in problems] == [
        ("projection.waves_apart", "warning")
    ]
    assert problems[0].value == "1370" and problems[0].values == {"before": 100, "after": 30}


def test_bad_waves_are_refused(roster: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    household, person = roster
    second = later(roster, DOCUMENT)

    def code(found: Any) -> list[str]:
        assert found[0] is None
        return [p.code for p in found[1]]

    assert code(run(roster, second, second_date=FIRST)) == ["projection.waves_order"]
    assert code(run(roster, household)) == ["projection.waves_no_change"]
    assert code(run(roster, second.head(20))) == ["projection.waves_few"]
    strangers = second.with_columns(("x" + pl.col("household_id")).alias("household_id"))
    assert code(run(roster, strangers)) == ["projection.waves_share_nobody"]
    twice = (household, pl.concat([person, person.head(1)]))
    assert code(run(twice, second)) == ["projection.person_twice"]


def test_calibration_band_holds_for_true_chances_and_not_for_false_ones() -> None:
    rng = np.random.default_rng(1)
    held = 0
    for _ in range(200):
        chance = rng.uniform(0.05, 0.6, 600)
        grew = (rng.random(600) < chance).astype(float)
        held += bool(calibration("x", chance, grew)["within_chance"].all())
    assert held >= 180  # 95% for all five groups together
    off = calibration("x", np.full(600, 0.2), (rng.random(600) < 0.5).astype(float))
    assert not off["within_chance"].any()
