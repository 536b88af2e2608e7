"""Uptake is reckoned as totals only: within both known ratios, over every admissible set, or from an office's own survey."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from resettle.remedies import STAGE, ratios_from, uptake_totals
from resettle.tables import HOUSEHOLD, PERSON, UPTAKE_SURVEY, Inputs, conform

PACK = Path(__file__).parents[3] / "src" / "resettle_packs" / "cn_luoyang" / "remedies.toml"
RULE = tomllib.loads(PACK.read_text(encoding="utf-8"))["willingness"]


def willing(sizes: list[int], county: str = "410325") -> pl.DataFrame:
    return pl.DataFrame({"county_code": [county] * len(sizes), "member_count": sizes})


SPREAD = [2, 3, 4, 5, 6, 4, 4, 3, 5, 4] * 10


def test_uptake_of_all_meets_both_known_ratios() -> None:
    """Song County, early 2016: 780 of 1,625 households (48.00%), 3,000 of 6,500 persons (46.15%)."""
    ratios, problems = ratios_from(RULE, None)
    assert problems == [] and ratios.household[0] == pytest.approx(0.48)
    assert ratios.person[0] == pytest.approx(0.461538, abs=1e-6)
    totals, _, problems = uptake_totals(willing(SPREAD), RULE, ratios)
    assert problems == []
    found = {
        q: (low, high)
        for q, low, high in totals.filter(pl.col("county_code") == "ALL")
        .select("quantity", "low", "high")
        .iter_rows()
    }
    assert found["households"] == pytest.approx((48, 48), abs=1e-3)
    assert found["persons"] == pytest.approx((400 * 3000 / 6500,) * 2, abs=1e-3)
    assert found["dwellings_1_2"][0] < found["dwellings_1_2"][1]
    assert set(totals["basis"]) == {"assumption"}


def test_ranges_hold_every_admissible_uptake_by_brute_force() -> None:
    ratios, _ = ratios_from(RULE, None)
    totals, _, _ = uptake_totals(willing([2] * 30 + [4] * 40 + [6] * 30), RULE, ratios)
    low, high = (
        totals.filter((pl.col("county_code") == "ALL") & (pl.col("quantity") == "dwellings_1_2"))
        .select("low", "high")
        .row(0)
    )
    fits = []
    for step in range(0, 1001):
        u2 = step / 1000
        # two equations, two unknowns: 30 u2 + 40 u4 + 30 u6 = 48 and 60 u2 + 160 u4 + 180 u6 = 400 x 6/13
        a, b = 48 - 30 * u2, 400 * 3000 / 6500 - 60 * u2
        u6 = (b - 4 * a) / 60
        u4 = (a - 30 * u6) / 40
        if 0 <= u4 <= 1 and 0 <= u6 <= 1:
            fits.append(30 * u2)
    assert (low, high) == pytest.approx((min(fits), max(fits)), abs=0.05)


def test_decisions_say_whether_they_change() -> None:
    ratios, _ = ratios_from(RULE, None)
    frame = pl.concat([willing(SPREAD), willing([2, 3] * 30, "410324")])
    _, decisions, _ = uptake_totals(
        frame, RULE, ratios, capacity={"410325": 10_000, "410324": 70}, budget={"ALL": 1}
    )
    found = {
        (c, d): changes
        for c, d, changes in decisions.select("county_code", "decision", "changes").iter_rows()
    }
    assert found["410325", "sites"] is False
    assert found["410324", "sites"] is True
    assert found["ALL", "budget"] is False
    assert found["410325", "budget"] is None


def test_sizes_that_cannot_meet_the_ratios_are_said() -> None:
    ratios, _ = ratios_from(RULE, None)
    totals, _, problems = uptake_totals(willing([4] * 10), RULE, ratios)
    assert [p.code for p in problems] == ["remedies.ratios_do_not_fit"]
    assert totals.filter(pl.col("quantity") == "households")["low"][0] == pytest.approx(4.8, abs=1e-4)


def survey(**columns: list[Any]) -> pl.DataFrame:
    return conform(pl.DataFrame(columns, infer_schema_length=None), UPTAKE_SURVEY)[0]


def test_survey_without_variation_or_weights_is_refused_and_a_good_one_used() -> None:
    ids = [str(i) for i in range(60)]
    size = [2 + i % 4 for i in range(60)]
    same = survey(response_id=ids, member_count=size, would_move=[True] * 60, weight=[1.0] * 60)
    mixed = survey(
        response_id=ids, member_count=size, would_move=[i % 3 == 0 for i in range(60)], weight=[1.0] * 60
    )
    for frame, code in (
        (same, "remedies.survey_no_variation"),
        (mixed.with_columns(pl.lit(None, dtype=pl.Float64).alias("weight")), "remedies.survey_unweighted"),
        (mixed.head(6), "remedies.survey_small"),
    ):
        ratios, problems = ratios_from(RULE, frame)
        assert ratios.basis == "assumption" and [p.code for p in problems] == [code]
    ratios, problems = ratios_from(RULE, mixed)
    assert problems == [] and ratios.basis == "survey"
    assert ratios.household[0] < 1 / 3 < ratios.household[1]


def run_with(text: str, answers: pl.DataFrame) -> Any:
    """The stage on one registered household and forty that would move along, with a pack that says just ``text``."""
    pack = SimpleNamespace(files=lambda: ["remedies.toml"], read_text=lambda _: text)
    tables = {
        "household": conform(
            pl.DataFrame(
                {
                    "household_id": ["a", *(f"c{i}" for i in range(40))],
                    "household_class": ["registered_poor", *["co_mover"] * 40],
                    "member_count": [3, *(1 + i % 5 for i in range(40))],
                }
            ),
            HOUSEHOLD,
        )[0],
        "person": conform(
            pl.DataFrame({"person_id": ["p"], "household_id": ["a"], "relation": ["head"]}), PERSON
        )[0],
        "uptake_survey": answers,
    }
    return STAGE.run(Inputs(tables, {"as_of": date(2016, 6, 30), "scope": "CN-410300"}, pack))


def test_a_survey_no_reckoning_asks_for_is_said_to_be_unused() -> None:
    answers = survey(response_id=["1"], member_count=[3], would_move=[True], weight=[1.0])
    result = run_with(PACK.read_text(encoding="utf-8").partition("[willingness]")[0], answers)
    assert [p.code for p in result.problems] == ["remedies.survey_unused"]


OF_ANOTHER_COUNTRY = '[willingness]\ntitle = { zh = "愿搬者", en = "uptake" }\n'
NOBODY_ASKED = {"response_id": [], "member_count": [], "would_move": [], "weight": []}


def test_another_country_needs_no_published_ratio_when_its_office_asks() -> None:
    """Neither a published ratio nor a cost nor a remedy: 40 households, 60 answers of which a third would move."""
    answers = survey(
        response_id=[str(i) for i in range(60)],
        member_count=[1 + i % 5 for i in range(60)],
        would_move=[i % 3 == 0 for i in range(60)],
        weight=[1.0] * 60,
    )
    result = run_with(OF_ANOTHER_COUNTRY, answers)
    assert not [p for p in result.problems if p.severity == "error"]
    totals = result.tables["willingness_total"].filter(pl.col("county_code") == "ALL")
    found = {q: (low, high) for q, low, high in totals.select("quantity", "low", "high").iter_rows()}
    ratios, _ = ratios_from({}, answers)
    assert ratios is not None and found["households"] == pytest.approx(
        [40 * s for s in ratios.household], rel=1e-6
    )
    assert set(totals["basis"]) == {"survey"} and "cost_minor" not in found
    budget = result.tables["willingness_decision"].filter(pl.col("decision") == "budget")
    assert budget["changes"].null_count() == budget.height > 0


def test_where_nothing_is_known_no_total_is_reckoned_and_a_half_stated_ratio_is_refused() -> None:
    nothing = run_with(OF_ANOTHER_COUNTRY, survey(**NOBODY_ASKED))
    assert [p.code for p in nothing.problems] == ["remedies.ratio_unknown"]
    assert not nothing.tables["willingness_total"].height
    half = run_with(OF_ANOTHER_COUNTRY + "moved_households = 3\n", survey(**NOBODY_ASKED))
    assert [(p.code, p.severity) for p in half.problems] == [("remedies.ratio_incomplete", "error")]
    more = (
        OF_ANOTHER_COUNTRY
        + "moved_households = 3\nwilling_households = 2\nmoved_persons = 3\nwilling_persons = 9\n"
    )
    assert [p.code for p in run_with(more, survey(**NOBODY_ASKED)).problems] == ["remedies.ratio_beyond"]
