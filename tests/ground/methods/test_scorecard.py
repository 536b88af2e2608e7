"""The scorecard: points from an audit sample, errors out of sample, challengers, bad input."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner

from resettle.cli.scorecard import command
from resettle.methods.scorecard.analysis import analyse
from resettle.methods.scorecard.card import ridge_logistic
from resettle.words import LANGUAGES, explain_problem

SPEC = {
    "truth": "is_poor",
    "indicators": ["roof", "water", "labourers", "area"],
    "weight": "w",
    "strata": "county",
    "cluster": "village",
    "group": "county",
    "welfare": "income",
}


def audit(n: int = 1200, seed: int = 3, twist: float = 0.0) -> pl.DataFrame:
    """80 villages; poverty rests on roof, labourers and area; ``twist`` makes two of them work only together."""
    rng = np.random.default_rng(seed)
    village = np.arange(n) % 80
    roof, water = rng.integers(0, 2, n), rng.integers(0, 2, n)
    labourers, area = rng.integers(0, 4, n), np.round(rng.gamma(4, 20, n))
    drive = 1.6 * roof - 0.9 * labourers - 0.015 * area + 1.2 + 0.4 * rng.normal(size=80)[village]
    drive = drive * (1 - twist) + twist * 3.0 * np.where(roof == water, 1.0, -1.0)
    poor = (drive + rng.logistic(size=n) > 0).astype(int)
    return pl.DataFrame(
        {
            "is_poor": poor, "roof": np.where(roof == 1, "straw", "tile"), "water": water, "area": area,
            "labourers": labourers, "w": 1.0 + village % 3, "village": [f"v{v:02d}" for v in village],
            "county": [f"c{v % 4}" for v in village], "income": np.round(4000 - 800 * drive + 300 * rng.normal(size=n)),
        }
    )  # fmt: skip


def said(problems: list) -> set[str]:
    for p in problems:
        for language in LANGUAGES:
            assert "{" not in "".join(explain_problem(p, language))
    return {p.code for p in problems}


def test_the_card_gives_points_the_right_way_and_errors_with_intervals():
    found, problems = analyse(audit(), SPEC)
    assert found is not None and not [p for p in problems if p.severity == "error"]
    card = found.tables["scorecard"]
    points = {(r["indicator"], r["answer"]): r["points"] for r in card.iter_rows(named=True)}
    assert points["roof", "straw"] > points["roof", "tile"] == 0
    assert points["labourers", "0"] > points["labourers", "3"] == 0
    assert abs(points.get(("water", "1"), 0) - points.get(("water", "0"), 0)) <= 6
    assert card["points"].dtype == pl.Int64 and 90 <= found.facts["highest"] <= 110
    whole = found.tables["errors"].filter((pl.col("rule") == "card") & (pl.col("group") == ""))
    assert all(0.05 < r["low"] < r["value"] < r["high"] < 0.6 for r in whole.iter_rows(named=True))
    assert set(found.tables["errors"]["group"]) == {"", "c0", "c1", "c2", "c3"}
    tenths = found.tables["deciles"]
    assert tenths["counted"][0] > tenths["counted"][9] + 0.3
    by_cut = found.tables["cutoffs"]
    assert by_cut["exclusion_error"].is_sorted() and by_cut["counted"].is_sorted(descending=True)


def test_no_table_holds_a_row_per_household():
    found, _ = analyse(audit(), SPEC)
    assert found is not None and max(t.height for t in found.tables.values()) < 40
    assert not {c for t in found.tables.values() for c in t.columns} & {"household_id", "score", "rank"}


def test_order_of_rows_changes_nothing_and_another_seed_something():
    one, _ = analyse(audit(), SPEC)
    other, _ = analyse(audit().sample(fraction=1, shuffle=True, seed=4), SPEC)
    third, _ = analyse(audit(), SPEC | {"seed": 2})
    assert one is not None and other is not None and third is not None
    assert all(one.tables[k].equals(other.tables[k]) for k in one.tables)
    assert not one.tables["errors"].equals(third.tables["errors"])


def test_a_challenger_wins_only_where_answers_work_together():
    plain, _ = analyse(audit(2400), SPEC)
    twisted, _ = analyse(audit(2400, twist=0.9), SPEC)
    assert plain is not None and twisted is not None
    verdicts = plain.tables["challengers"]["verdict"].to_list()
    assert "better" not in verdicts
    trees = twisted.tables["challengers"].filter(pl.col("challenger") == "trees")
    assert trees["verdict"].to_list() == ["better", "better"]


def test_a_whole_weight_is_a_repeated_row(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("resettle.methods.scorecard.card.PENALTY", 1e-9)
    rng = np.random.default_rng(1)
    x = rng.integers(0, 2, (200, 3)).astype(float)
    y = (rng.random(200) < 0.3 + 0.4 * x[:, 0]).astype(float)
    times = rng.integers(1, 4, 200)
    repeated = ridge_logistic(np.repeat(x, times, axis=0), np.repeat(y, times), np.ones(times.sum()))
    weighted = ridge_logistic(x, y, times.astype(float))
    assert np.abs(repeated - weighted).max() < 1e-6


@pytest.mark.parametrize(
    ("frame", "change", "code"),
    [
        (audit(), {"truths": "x"}, "scorecard.key_unknown"),
        (audit(), {"indicators": []}, "scorecard.spec_short"),
        (audit(), {"folds": 1}, "scorecard.number_faulty"),
        (audit(), {"indicators": ["rooff"]}, "scorecard.column_missing"),
        (audit(), {"indicators": ["roof", "is_poor"]}, "scorecard.truth_asked"),
        (audit().with_columns(pl.lit("maybe").alias("is_poor")), {}, "scorecard.truth_faulty"),
        (audit().with_columns(pl.lit(1).alias("is_poor")), {}, "scorecard.too_few"),
        (
            audit().with_columns(pl.lit("tile").alias("roof")),
            {"indicators": ["roof"]},
            "scorecard.no_indicator",
        ),
        (audit(), {"cluster": "county", "strata": ""}, "scorecard.few_units"),
        (audit(), {"indicators": ["village"]}, "scorecard.indicator_levels"),
    ],
)
def test_bad_audits_are_said(frame: pl.DataFrame, change: dict, code: str):
    found, problems = analyse(frame, SPEC | change)
    assert found is None and code in said(problems)


def test_unknown_findings_answers_and_a_finding_in_disguise_are_said():
    frame = (
        audit()
        .with_row_index("i")
        .with_columns(
            pl.when(pl.col("i") % 50 == 0).then(None).otherwise(pl.col("is_poor")).alias("is_poor"),
            pl.when(pl.col("i") % 30 == 0).then(None).otherwise(pl.col("roof")).alias("roof"),
            pl.col("is_poor").alias("listed_last_year"),
        )
    )
    found, problems = analyse(frame, SPEC | {"indicators": ["roof", "labourers"]})
    assert found is not None and said(problems) == {"scorecard.truth_unknown", "scorecard.answer_unknown"}
    _, problems = analyse(frame, SPEC | {"indicators": ["roof", "listed_last_year"]})
    assert "scorecard.too_good" in said(problems)


def test_few_villages_get_errors_without_an_interval():
    found, _ = analyse(audit().filter(pl.col("village") < "v16"), SPEC)
    assert found is not None
    errors = found.tables["errors"].filter(pl.col("group") == "")
    assert errors["value"].null_count() == 0 and errors["low"].null_count() == errors.height
    assert set(found.tables["challengers"]["verdict"]) == {"not_told"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_command_writes_the_card_in_words(tmp_path: Path, language: str):
    audit().write_csv(tmp_path / "a.csv")
    lines = [f"{k} = {json.dumps(v)}" for k, v in SPEC.items()]
    (tmp_path / "s.toml").write_text("\n".join(lines), encoding="utf-8")
    result = CliRunner().invoke(
        command,
        [str(tmp_path / "a.csv"), str(tmp_path / "s.toml"), "--out", str(tmp_path / "o"), "--lang", language],
    )
    assert result.exit_code == 0, result.output
    text = (tmp_path / "o" / "scorecard.md").read_text(encoding="utf-8")
    assert "roof" in text and "straw" in text and "{" not in text and "95%" in text
    assert json.loads((tmp_path / "o" / "bundle.json").read_text(encoding="utf-8"))["cut"] > 0
