"""Distance: groupings, own baseline, balance and overlap, models with their checks, staggered moves, words."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from resettle.evaluation import distance
from resettle.evaluation.chapter_distance import distance_blocks, income_blocks
from resettle.evaluation.form import Item
from resettle.methods.design import make_design
from resettle.words import LANGUAGES, explain_problem, tell

ITEMS = [Item(f"P{k}", "PSY", "", "", 1, 5, False, "ours") for k in (1, 2)]


def said(problems: list) -> set[str]:
    for p in problems:
        assert all("{" not in "".join(explain_problem(p, lang)) for lang in LANGUAGES)
    return {p.code for p in problems}


def answers(n: int = 900, pull: float = 0.0, seed: int = 2) -> pl.DataFrame:
    """60 sites; farther movers are a little less willing; ``pull`` sends bigger families farther."""
    rng = np.random.default_rng(seed)
    site = np.arange(n) % 60
    persons = rng.integers(1, 7, n).astype(float)
    km = np.exp(1.6 + 0.6 * rng.normal(size=n) + pull * (persons - 3.5))
    latent = -0.05 * km + 0.9 * rng.normal(size=60)[site] + rng.logistic(size=n)
    return pl.DataFrame(
        {
            "household_id": [f"h{i}" for i in range(n)], "wave": "year_1", "site_id": [f"s{s:02d}" for s in site],
            "distance_km": km, "distance_kind": "road", "place_class": 1 + site % 5, "persons": persons,
            "minutes_old_fields": np.round(km * 4), "willing_today": 1 + np.digitize(latent, [-1.5, -0.5, 0.5, 1.5]),
            "income_change": rng.integers(1, 6, n), "P1": rng.integers(1, 6, n), "P2": rng.integers(1, 6, n),
            "income_person_year": 5000.0,
        }
    )  # fmt: skip


def held(frame: pl.DataFrame):
    design, _ = make_design(frame.height, cluster=frame["site_id"].to_list())
    assert design is not None
    return design


def test_every_table_is_there_and_claims_no_more_than_its_design():
    frame = answers()
    made, facts, problems = distance.distance_tables(frame, ITEMS, held(frame), ["persons"])
    assert set(made) == {
        "distance_outcome",
        "distance_balance",
        "distance_overlap",
        "distance_model",
        "distance_check",
    }
    assert said(problems) <= {"evaluation.odds_not_proportional"} and facts["distance_kind"] == ["road"]
    assert set(made["distance_outcome"]["by"]) == {"distance_band", "place_class", "fields_minutes"}
    assert facts["claim"] == "balanced_association"
    model = made["distance_model"]
    sums = model.group_by("term", "at").agg(pl.col("probability").sum())["probability"]
    assert sums.to_list() == pytest.approx([1.0] * len(sums))
    assert (model["low"] < model["probability"]).all() and (model["probability"] < model["high"]).all()
    checks = dict(made["distance_check"].select("check", "value").iter_rows())
    assert checks["site_spread"] == pytest.approx(0.9, abs=0.25)
    # Leaving out the sites' spread draws the slope towards zero.
    assert checks["slope_per_km_site_intercept"] < checks["slope_per_km"] < 0
    assert checks["slope_per_km_site_intercept"] == pytest.approx(-0.05, abs=0.025)


def test_families_sent_far_show_up_in_balance_and_in_the_words():
    near = answers(pull=0.5)
    balance, overlap, problems = distance.balance_tables(near, ["persons"], held(near))
    assert balance["correlation"][0] > 0.5 > abs(balance["correlation_weighted"][0])
    assert overlap["share_comparable"].min() < 0.9 and "distance.no_overlap" in said(problems)
    _, facts, _ = distance.distance_tables(near, ITEMS, held(near), ["persons"])
    assert facts["claim"] == "association" and distance.words_of(facts) == ["distance.claim.association"]
    _, _, problems = distance.balance_tables(near, ["unknown_column"], held(near))
    assert said(problems) == {"distance.no_covariates"}


def test_change_is_measured_against_the_households_own_baseline():
    late = answers(40)
    early = late.head(30).with_columns(
        pl.lit("baseline").alias("wave"), pl.lit(4000.0).alias("income_person_year")
    )
    joined = distance.against_baseline(pl.concat([early, late]), late)
    assert joined["income_own_change"].to_list() == [25.0] * 30 + [None] * 10
    assert joined["household_id"].to_list() == late["household_id"].to_list()


def moves(effect: float, trend: float = 0.0, villages: int = 40) -> pl.DataFrame:
    rng = np.random.default_rng(6)
    rows = []
    for unit in range(400):
        first = [None, 2017, 2019][unit % 3]
        level = rng.normal()
        for year in range(2015, 2021):
            drift = trend * (year - 2015) if first else 0.0
            gain = effect if first and year >= first else 0.0
            income = 10 + level + drift + gain + 0.3 * rng.normal()
            rows.append((f"h{unit}", year, first, f"v{unit // 3 % villages}", income))
    names = ["household_id", "year", "move_year", "village_code", "income_person_year"]
    return pl.DataFrame(rows, schema=names, orient="row", infer_schema_length=None)


def test_staggered_moves_may_speak_of_an_effect_only_without_a_trend_before():
    table, facts, problems = distance.staggered_moves(moves(1.0))
    assert problems == [] and facts[0]["claim"] == "effect"
    assert facts[0]["average"] == pytest.approx(1.0, abs=0.1)
    assert table.filter(pl.col("event") == 0)["low"].item() > 0.7
    _, facts, _ = distance.staggered_moves(moves(1.0, trend=0.5))
    assert facts[0]["claim"] == "association" and facts[0]["lead_p"] < 0.001
    table, facts, _ = distance.staggered_moves(moves(1.0, villages=8))
    assert table["low"].null_count() == table.height and facts[0]["claim"] == "association"
    assert said(distance.staggered_moves(moves(1.0).drop("year"))[2]) == {"distance.panel_column"}
    assert said(distance.staggered_moves(pl.concat([moves(1.0)] * 2))[2]) == {"distance.panel_twice"}


def test_few_sites_and_few_answers_are_said_and_words_exist():
    frame = answers(400).with_columns(pl.col("site_id").str.replace(r"s\d", "s0"))
    _, checks, problems = distance.model_tables(frame, held(frame))
    assert "distance.few_sites" in said(problems) and "site_spread" not in checks["check"].to_list()
    small = answers(60)
    assert said(distance.model_tables(small, held(small))[2]) == {"evaluation.model_small"}
    bare = answers(120).drop("distance_km")
    made, _, problems = distance.distance_tables(bare, ITEMS, held(bare))
    assert said(problems) == {"evaluation.no_distance"} and set(made) == {"distance_outcome"}
    for claim in ("association", "balanced_association", "effect"):
        assert all(tell(f"distance.claim.{claim}", lang) for lang in LANGUAGES)


def banded(*rows: tuple[str, float, float | None, float | None]) -> dict[str, pl.DataFrame]:
    frame = pl.DataFrame(
        [
            ("distance_band", "willingness", "willing_today", g, v, low, high, 9, "")
            for g, v, low, high in rows
        ],
        schema=["by", "topic", "measure", "group", "value", "low", "high", "n", "withheld"],
        orient="row",
    )
    return {"distance_outcome": frame}


def test_any_two_bands_are_compared_and_named_with_digits_that_show_the_gap():
    near, far = ("0-2", 3.8, 3.58, 4.0), ("10-20", 3.4, 3.2, 3.5749)
    texts = [b.text for b in distance_blocks(banded(near, far, ("20+", 3.3, None, None)), {})[2:4]]
    assert "10–20 km 3.40 (3.20 to 3.57) lies below 0–2 km 3.80 (3.58 to 4.00)" in texts[0].en
    assert "10—20 公里 3.40（3.20 至 3.57）低于0—2 公里" in texts[0].zh
    assert texts[1].en.startswith("20+ km: under 10 answers") and texts[1].zh.startswith("20 公里以上")
    touching = distance_blocks(banded(near, ("10-20", 3.4, 3.2, 3.581)), {})
    assert "No two bands can be told apart in: willing today" in touching[2].text.en
    middle = distance_blocks(
        banded(("0-2", 3.0, 2.9, 3.1), ("2-5", 3.6, 3.5, 3.7), ("5-10", 3.1, 3.0, 3.2)), {}
    )
    assert "0–2 km 3.0 (2.9 to 3.1) lies below 2–5 km" in middle[2].text.en
    assert "5–10 km 3.1 (3.0 to 3.2) lies below 2–5 km" in middle[2].text.en


def test_a_slope_is_not_printed_where_it_would_mislead():
    model = pl.DataFrame(
        {
            "term": ["spline"],
            "at": ["1.0"],
            "grade": [1],
            "probability": [0.5],
            "se": [None],
            "low": [None],
            "high": [None],
        }
    )
    rows = [
        ("slope_per_km", -0.1, None),
        ("slope_per_km_site_intercept", -0.12, None),
        ("likeness_within_site", 0.03, None),
    ]

    def told(p_value: float) -> str:
        kinds = {"check": pl.String, "value": pl.Float64, "p_value": pl.Float64}
        table = pl.DataFrame([("proportional_odds_spline", 9.0, p_value), *rows], schema=kinds, orient="row")
        made = banded(("0-2", 3.8, 3.58, 4.0)) | {"distance_model": model, "distance_check": table}
        return " ".join(b.text.en for b in distance_blocks(made, {}) if hasattr(b, "text"))

    assert "0.120 a kilometre" not in told(0.001) and "none is printed" in told(0.001)
    assert "−0.100 a kilometre" in told(0.4) and "3% lies between sites" in told(0.4)


def test_without_hosts_those_not_yet_moved_are_the_comparison():
    panel = moves(3.0).filter(pl.col("move_year").is_not_null() & (pl.col("move_year") > 0))
    table, facts, _ = distance.staggered_moves(panel)
    assert facts[0]["comparison"] == "not_yet" and facts[0]["other"] is None and facts[0]["never"] == 0
    first = table.filter(pl.col("event") == 0)["effect"][0]
    with_hosts = distance.staggered_moves(moves(3.0))
    assert with_hosts[1][0]["comparison"] == "never" and with_hosts[1][0]["other"] is not None
    assert abs(first - with_hosts[1][0]["other"]) < 1.0
    made = {"distance_event": table}
    texts = [b.text.en for b in income_blocks(made, {"events": facts}) if hasattr(b, "text")]
    assert any("no hosts to compare with" in t for t in texts)


def test_movers_and_hosts_of_a_panel_add_up():
    facts = distance.staggered_moves(moves(1.0))[1][0]
    assert (facts["never"], facts["movers"], facts["households"]) == (134, 266, 400)
