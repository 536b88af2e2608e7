"""The evaluation room: draw, form, answers back, outcomes, interviews."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from resettle.evaluation import interviews, outcomes
from resettle.evaluation.form import Item, read_answers, read_items, synthetic_answers, xlsform
from resettle.evaluation.pack_data import background_of, instruments_of
from resettle.evaluation.plan import draw_sample
from resettle.evaluation.stage import evaluate
from resettle.methods.design import make_design
from resettle.policy.pack import load_pack
from resettle.store.data_files import read_data
from resettle.store.form_files import check_form, write_form
from resettle.words import LANGUAGES, explain_problem


def said(problems: list) -> set[str]:
    for p in problems:
        for language in LANGUAGES:
            what, remedy = explain_problem(p, language)
            assert what and remedy and "{" not in what + remedy
    return {p.code for p in problems}


@pytest.fixture(scope="module")
def pack():
    return load_pack("cn_luoyang")[0]


@pytest.fixture(scope="module")
def households() -> pl.DataFrame:
    n = 2400
    return pl.DataFrame(
        {
            "household_id": [f"h{i:05d}" for i in range(n)],
            "site_id": [f"s{i % 60:02d}" for i in range(n)],
            "county_code": [f"c{i % 60 // 20}" for i in range(n)],
            "household_class": ["registered_poor" if i % 4 else "co_mover" for i in range(n)],
            "exit_status": ["exited" if i % 10 else "returned" for i in range(n)],
            "member_count": [4] * n,
            "moved_in_date": [date(2017, 1, 1)] * n,
            "old_house_demolished": [i % 2 == 0 for i in range(n)],
        }
    )


def every_item(pack: object) -> list[Item]:
    satisfaction, adaptation, _, _ = instruments_of(pack)
    return [*satisfaction, *adaptation, *background_of(pack)]


def test_the_pack_declares_what_it_must(pack: object):
    satisfaction, adaptation, model, declared = instruments_of(pack)
    assert len([i for i in satisfaction if i.status != "ours"]) == 24 and declared.height == 42
    for construct in ("PSY", "CUL", "GRP"):
        own = [i for i in adaptation if i.construct == construct]
        assert len(own) >= 4 and all(i.zh and i.en and i.status == "ours" for i in own)
    assert {c["name"] for c in model["construct"]} >= {"FIN", "EXP", "PQ", "PV", "SAT"}


def test_weights_of_the_draw_add_up_to_everybody_on_average(households: pl.DataFrame):
    totals = []
    for seed in range(60):
        sample, problems = draw_sample(households, 240, 8, seed)
        assert problems == []
        totals.append(sample.filter(~pl.col("is_reserve"))["weight"].sum())
    assert np.mean(totals) == pytest.approx(2400, rel=0.03)
    strata = sample.group_by("stratum").agg(pl.col("site_id").n_unique().alias("sites"))
    assert strata["sites"].min() >= 2


def test_the_draw_repeats_and_does_not_depend_on_the_order_of_rows(households: pl.DataFrame):
    one, _ = draw_sample(households, 200, 10, 7)
    other, _ = draw_sample(households.sample(fraction=1, shuffle=True, seed=1), 200, 10, 7)
    assert one.equals(other) and not one.equals(draw_sample(households, 200, 10, 8)[0])
    lost, problems = draw_sample(households.with_columns(pl.lit(None, pl.String).alias("site_id")), 20, 5, 1)
    assert lost.height == 0 and said(problems) == {"survey.no_site", "survey.nobody"}


def test_the_form_passes_pyxform_and_a_broken_one_names_its_row(pack: object, tmp_path: Path):
    sheets = xlsform(every_item(pack), {"zh": "问卷", "en": "Survey"}, "1")
    write_form(sheets, tmp_path / "form.xlsx")
    assert not [p for p in check_form(tmp_path / "form.xlsx") if p.severity == "error"]
    broken = sheets["survey"].with_columns(
        pl.when(pl.col("name") == "S1")
        .then(pl.lit("select_one nowhere"))
        .otherwise(pl.col("type"))
        .alias("type")
    )
    write_form(sheets | {"survey": broken}, tmp_path / "broken.xlsx")
    problems = check_form(tmp_path / "broken.xlsx")
    assert said(problems) == {"survey.form_list_absent"}
    assert problems[0].value == "nowhere" and problems[0].row == 2 + sheets["survey"]["name"].to_list().index("S1")


@pytest.mark.parametrize("suffix", [".csv", ".json", ".xlsx"])
def test_an_export_comes_back_whatever_its_groups(
    pack: object, households: pl.DataFrame, tmp_path: Path, suffix: str
):
    items = every_item(pack)
    sample, _ = draw_sample(households, 100, 5, 1)
    answers = synthetic_answers(sample, items, "year_1", 1)
    export = answers.drop("is_synthetic").rename({"S1": "group_a/S1", "Q4": "main/home/Q4"})
    path = tmp_path / f"export{suffix}"
    if suffix == ".csv":
        export.write_csv(path)
    elif suffix == ".json":
        export.write_json(path)
    else:
        write_form({"data": export}, path)
    found, problems = read_data(path)
    assert found is not None and problems == []
    back, problems = read_answers(found.frame, items, sample)
    assert problems == []
    names = [i.name for i in items]
    assert back.select(names).equals(answers.sort("household_id").select(names).cast(pl.Float64))


def test_bad_exports_are_said(pack: object):
    items = read_items(
        pl.DataFrame({"item": ["S1"], "zh": ["满意"], "en": ["satisfied"], "low": [1], "high": [10]})
    )
    frame = pl.DataFrame(
        {
            "household_id": ["a", "a", "b", None, "c"],
            "wave": ["year_1", "year_1", "year_1", "year_1", "later"],
            "S1": ["7", "8", "70", "5", "5"],
            "_uuid": ["1", "2", "3", "4", "5"],
            "_submission_time": ["2019-02", "2019-03", "2019-02", "2019-02", "2019-02"],
        }
    )
    sample = pl.DataFrame({"household_id": ["a"]})
    back, problems = read_answers(frame, items, sample)
    assert said(problems) == {
        "survey.row_refused",
        "survey.duplicates",
        "survey.answer_refused",
        "survey.not_sampled",
    }
    assert back["S1"].to_list() == [8.0, None]
    renamed, problems = read_answers(frame.rename({"household_id": "hh_id", "S1": "Frage 1"}), items)
    assert renamed.height == 0 and said(problems) == {"survey.column_missing"}


def test_the_whole_evaluation_says_what_it_finds_and_what_it_lacks(pack: object, households: pl.DataFrame):
    satisfaction, adaptation, model, declared = instruments_of(pack)
    sample, _ = draw_sample(households, 480, 8, 3)
    answers = synthetic_answers(sample, every_item(pack), "year_1", 3)
    rng = np.random.default_rng(1)
    answers = answers.with_columns(distance_km=pl.Series(rng.gamma(2, 6, answers.height)))
    tables = {"household": households, "response": answers, "survey_sample": sample}
    made, problems, facts = evaluate(
        tables, satisfaction, adaptation, model | {"bootstrap": 200}, declared, 1
    )
    assert not [p for p in problems if p.severity == "error"] and said(problems)
    outcome = made["evaluation_outcome"]
    whole = outcome.filter((pl.col("measure") == "SAT") & (pl.col("group") == "")).row(0, named=True)
    assert whole["low"] < whole["value"] < whole["high"]
    assert {"satisfaction", "adaptation", "willingness", "effectiveness"} <= set(outcome["topic"])
    indicator = made["evaluation_indicator"]
    assert indicator.height == 42
    absent = indicator.filter(pl.col("status") == "not_computed")
    assert absent["value"].null_count() == absent.height > 0
    assert indicator.filter(pl.col("code") == "K08")["value"].item() == pytest.approx(50)
    shares = made["adaptation_grade"].group_by("construct").agg(pl.col("share").sum())
    assert shares["share"].to_list() == pytest.approx([1.0] * 4)
    assert facts["synthetic"] is True and len(facts["willingness_by_distance"]) == 4
    assert made["transition"]["households"].sum() == 1800


def test_without_a_survey_the_registry_still_speaks(pack: object, households: pl.DataFrame):
    satisfaction, adaptation, model, declared = instruments_of(pack)
    made, problems, _ = evaluate({"household": households}, satisfaction, adaptation, model, declared, 1)
    assert "evaluation.no_answers" in said(problems)
    assert made["evaluation_outcome"].height == 0 and made["evaluation_indicator"].height == 42


def test_targeting_errors_have_their_own_denominators():
    audit = pl.DataFrame(
        {"is_eligible": [1, 1, 1, 1, 0, 0, 0, 0] * 40, "is_registered": [1, 1, 1, 0, 1, 0, 0, 0] * 40}
    )
    rows = outcomes.targeting_errors(audit, make_design(320)[0])
    values = {r["measure"]: r["value"] for r in rows}
    assert values == pytest.approx({"exclusion_error": 0.25, "inclusion_error": 0.25})
    assert all(r["low"] < r["value"] < r["high"] for r in rows)


def test_two_coders_agree_beyond_chance_and_new_codes_are_declared():
    rows = [(f"p{i}", f"h{i % 7}", c, "funds" if i % 2 else "land") for i in range(20) for c in ("x", "y")]
    rows[3] = ("p1", "h1", "y", "land")
    codings = pl.DataFrame(rows, schema=["passage_id", "household_id", "coder", "code"], orient="row")
    table = interviews.agreement(codings, "x", "y")
    assert table.filter(pl.col("code") == "funds")["kappa"].item() == pytest.approx(0.9)
    assert said(interviews.check_codes(codings, ["funds"])) == {"evaluation.code_unknown"}
    assert interviews.check_codes(codings, ["funds"], new=["land"]) == []
    assert interviews.counts(codings)["households"].max() <= 7


def test_quotes_lose_names_and_numbers():
    masked = interviews.mask_quote("张三 身份证 410300199001011234", ["张三"])
    assert "张三" not in masked and "4103" not in masked
