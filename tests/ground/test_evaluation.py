"""The evaluation room: draw, form, answers back, outcomes, interviews."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from resettle.evaluation import interviews, outcomes
from resettle.evaluation.chapter import chapter_of
from resettle.evaluation.contract import FOUND
from resettle.evaluation.distance import staggered_moves
from resettle.evaluation.form import Item, read_answers, read_items, xlsform
from resettle.evaluation.indicator_sources import SOURCES
from resettle.evaluation.invented import TRUTH, synthetic_panel, with_hosts
from resettle.evaluation.joined import answers_joined, rounds
from resettle.evaluation.pack_data import background_of, codes_of, declared_of, instruments_of
from resettle.evaluation.plan import draw_sample
from resettle.evaluation.sentences import say
from resettle.evaluation.stage import _satisfied_before, evaluate
from resettle.journey.survey_files import read_survey
from resettle.methods.design import make_design
from resettle.policy.pack import load_pack
from resettle.report import build_report
from resettle.store.data_files import read_data
from resettle.store.form_files import check_form, write_form
from resettle.tables.pages import ReportMeta, Text
from resettle.words import LANGUAGES, explain_problem, sentences


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
    crooked = sheets["survey"].with_columns(
        pl.when(pl.col("name") == "S1")
        .then(pl.lit("${wave = "))
        .otherwise(pl.col("relevant"))
        .alias("relevant")
    )
    write_form(sheets | {"survey": crooked}, tmp_path / "crooked.xlsx")
    assert [p.code for p in check_form(tmp_path / "crooked.xlsx")] == ["survey.form_reference_faulty"]
    assert problems[0].value == "nowhere" and problems[0].row == 2 + sheets["survey"]["name"].to_list().index(
        "S1"
    )


@pytest.mark.parametrize("suffix", [".csv", ".json", ".xlsx"])
def test_an_export_comes_back_whatever_its_groups(
    pack: object, households: pl.DataFrame, tmp_path: Path, suffix: str
):
    items = every_item(pack)
    sample, _ = draw_sample(households, 100, 5, 1)
    answers = synthetic_panel(sample, items, 1, waves=("year_1",)).drop("has_moved", "asked_date")
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
    assert {p.code for p in problems} == {"survey.moved_unasked"}  # the column was dropped above
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
        "survey.moved_unasked",
    }
    assert back["S1"].to_list() == [8.0, None]
    renamed, problems = read_answers(frame.rename({"household_id": "hh_id", "S1": "Frage 1"}), items)
    assert renamed.height == 0 and said(problems) == {"survey.column_missing"}


@pytest.fixture(scope="module")
def surveyed(pack: object, households: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Three rounds of 480 movers and 120 hosts; each household has a distance of its own."""
    sample, _ = draw_sample(households, 480, 14, 3)
    sample = with_hosts(sample, 2)
    rng = np.random.default_rng(1)
    far = sample.select("household_id").with_columns(distance_km=pl.Series(rng.gamma(2, 4, sample.height)))
    answers = synthetic_panel(sample, every_item(pack), 3, far).join(far, on="household_id")
    return {"household": households, "response": answers, "survey_sample": sample}


@pytest.fixture(scope="module")
def evaluated(pack: object, surveyed: dict[str, pl.DataFrame]):
    satisfaction, adaptation, model, _ = instruments_of(pack)
    declared = declared_of(pack)
    return evaluate(surveyed, satisfaction, adaptation, model, declared, 1, 200, codes_of(pack))


def test_the_invented_panel_follows_the_same_households_and_holds_its_truth(surveyed: dict):
    answers = surveyed["response"]
    seen = answers.group_by("household_id").len()["len"].to_numpy()
    assert (seen == 3).mean() > 0.5 and answers["is_synthetic"].all()
    before = answers.filter(pl.col("wave") == "baseline")
    assert not before["has_moved"].any() and before["S1"].null_count() == before.height
    hosts = answers.filter(pl.col("household_id").str.starts_with("host"))
    assert hosts["S1"].null_count() == hosts.height and hosts["P1"].is_not_null().any()
    wide = answers.filter("has_moved").pivot("wave", index="household_id", values="S1").drop_nulls()
    assert np.corrcoef(wide["year_1"], wide["year_3"])[0, 1] > 0.2  # the same people, not two draws
    panel = rounds(answers_joined(surveyed))
    table, facts, problems = staggered_moves(panel)
    late = table.filter(pl.col("event") == 2).row(0, named=True)
    assert abs(late["effect"] - TRUTH["income_effect"]) < 3 * late["se"]
    assert facts[0]["households"] < panel["household_id"].n_unique() and said(problems)


def test_the_whole_evaluation_says_what_it_finds_and_what_it_lacks(evaluated: tuple):
    made, problems, facts = evaluated
    assert not [p for p in problems if p.severity == "error"] and said(problems)
    outcome = made["evaluation_outcome"]
    whole = outcome.filter((pl.col("measure") == "SAT") & (pl.col("by") == "")).row(0, named=True)
    assert whole["low"] < whole["value"] < whole["high"]
    assert {"satisfaction", "adaptation", "items"} <= set(outcome["topic"])
    assert {"", "wave", "household_class", "county_code", "distance_band", "site_id"} <= set(outcome["by"])
    small = outcome.filter((pl.col("by") == "site_id") & (pl.col("n") < 10))
    assert small.height and small["value"].null_count() == small.height
    indicator = made["evaluation_indicator"]
    assert indicator["code"].n_unique() == 42
    absent = indicator.filter(pl.col("status") == "not_computed")
    assert absent["value"].null_count() == absent.height > 0
    assert indicator.filter(pl.col("code") == "K08")["value"].item() == pytest.approx(50)
    shares = made["adaptation_grade"].group_by("construct").agg(pl.col("share").sum())
    assert shares["share"].to_list() == pytest.approx([1.0] * 4)
    assert facts["synthetic"] is True and facts["wave"] == "year_3" and facts["hosts"] > 50
    first = made["transition"].filter((pl.col("basis") == "registry") & (pl.col("step") == 1))
    assert first["households"].sum() == 1800
    for table in FOUND:
        if table.name in made and made[table.name].width:
            assert set(table.shape(made[table.name]).columns) == set(table.names), table.name


def test_rounds_are_compared_among_the_same_households_and_who_was_asked_is_said(evaluated: tuple):
    made, _, facts = evaluated
    rows = made["evaluation_outcome"].filter(pl.col("by") == "wave_same")
    own = {r["group"]: r for r in rows.iter_rows(named=True)}
    assert own["change"]["value"] == pytest.approx(own["year_3"]["value"] - own["year_1"]["value"])
    whole = {r["wave"]: r for r in facts["asked"]}
    assert own["change"]["n"] < whole["year_1"]["moved"] < whole["year_1"]["movers"]
    assert own["change"]["low"] < own["change"]["value"] < own["change"]["high"]
    texts = " ".join(b.text.en for b in _every(chapter_of(made, facts).blocks) if hasattr(b, "text"))
    waiting = whole["year_1"]["movers"] - whole["year_1"]["moved"]
    assert f"{waiting:,} not yet" in texts and "a change of" in texts
    assert "made of 3 questions" in texts and "reliability (alpha)" in texts


def test_invented_incomes_are_near_what_the_registry_states(pack: object, households: pl.DataFrame):
    sample, _ = draw_sample(households, 480, 14, 3)
    stated = households.select("household_id", pl.lit(2400.0).alias("income_person_year"))
    answers = synthetic_panel(sample, every_item(pack), 3, incomes=stated)
    first = answers.filter(pl.col("wave") == "baseline")["income_person_year"]
    assert 2200 < first.median() < 2600 and (first < 2952).mean() > 0.8
    free = synthetic_panel(sample, every_item(pack), 3).filter(pl.col("wave") == "baseline")
    joined = free.join(households.select("household_id", "household_class"), on="household_id")
    middle = dict(joined.group_by("household_class").agg(pl.col("income_person_year").median()).iter_rows())
    assert middle["registered_poor"] < 2952 < middle["co_mover"]


def test_every_source_that_may_be_missing_has_a_name():
    known = sentences("en")
    needs = {n for sources in SOURCES.values() for s in sources for n in s.needs}
    needs |= {
        "indicators",
        "household_site",
        "household.moved_in_date",
        "household.paid_minor",
        "entitlement",
    }
    assert [n for n in sorted(needs) if f"evaluation.need.{n}" not in known] == []


def test_the_loss_is_weighted_for_and_the_order_of_rows_does_not_matter(
    pack: object, surveyed: dict, evaluated: tuple
):
    made, _, _ = evaluated
    lost = made["survey_lost"]
    assert (lost["difference"] > 0).sum() > lost.height / 2  # the invented survey loses those less well off
    raised = made["survey_raised"].filter(pl.col("measure") == "S1").row(0, named=True)
    assert raised["raised"] < raised["plain"] and raised["low"] < raised["raised"] < raised["high"]
    satisfaction, adaptation, model, _ = instruments_of(pack)
    declared = declared_of(pack)
    mixed = {k: v.sample(fraction=1, shuffle=True, seed=5) for k, v in surveyed.items()}
    again, _, _ = evaluate(mixed, satisfaction, adaptation, model, declared, 1, 200)
    for name in (
        "evaluation_outcome",
        "distance_outcome",
        "survey_raised",
        "distance_event",
        "evaluation_place",
    ):
        assert again[name].equals(made[name]), name


def test_the_chapter_claims_no_more_than_it_may(pack: object, evaluated: tuple):
    made, _, facts = evaluated
    chapter = chapter_of(made, facts)
    page = build_report([chapter], ReportMeta(Text("甲", "A")))
    assert chapter.blocks[0].style == "notice" and "nobody was asked" in page
    assert "may not be called the worst" in page and "nobody was given a distance at random" in page
    assert "No interviews have been read" in page and "{" not in re.sub(
        r"<style.*?</style>", "", page, flags=re.S
    )
    bare = chapter_of({}, {})
    assert (
        "resettle survey plan" in bare.blocks[0].text.en and "resettle survey plan" in bare.blocks[0].text.zh
    )


def _every(blocks: object) -> list:
    """All blocks of a chapter, those inside folded ones too."""
    found = []
    for b in blocks:
        found += [b, *_every(getattr(b, "blocks", ()))]
    return found


def test_the_room_of_a_driver_is_its_effect_over_all_the_points_still_missing(evaluated: tuple):
    made, _, facts = evaluated
    driver = pl.DataFrame(
        {"construct": ["EXP", "FIN"], "importance": [0.5, 0.58], "performance": [90.0, 43.2]}
    )
    blocks = _every(chapter_of(made | {"satisfaction_driver": driver}, facts).blocks)
    table = next(b for b in blocks if getattr(b, "title", None) == say("topic.drivers"))
    assert [row[1:4] for row in table.rows] == [(5.8, 43.2, 32.9), (5.0, 90.0, 5.0)]


def test_notes_in_a_folder_become_masked_quotes_beside_their_count(
    pack: object, surveyed: dict, tmp_path: Path
):
    folder = tmp_path / "interviews"
    folder.mkdir()
    for k, name in enumerate(("h00001", "h00002__visit-2", "h00003")):
        (folder / f"{name}.txt").write_text(
            f"补助来得晚，王大山{k}也这么说。\n\n别的都好。", encoding="utf-8"
        )
    rows = [
        f"{stem}#1,{coder},funds.delay" for stem in ("h00001", "h00002__visit-2", "h00003") for coder in "ab"
    ]
    rows += [f"{stem}#2,{coder}," for stem in ("h00001", "h00002__visit-2", "h00003") for coder in "ab"]
    (folder / "codings.csv").write_text("passage_id,coder,code\n" + "\n".join(rows) + "\n", encoding="utf-8")
    tables, problems, hashes, _ = read_survey(tmp_path, pack)
    assert len(hashes) == 4 and tables["interview_passage"].height == 6
    assert not [p for p in problems if p.severity == "error"]
    household = surveyed["household"].with_columns(pl.lit("王大山1").alias("head_name"))
    satisfaction, adaptation, model, _ = instruments_of(pack)
    declared = declared_of(pack)
    made, _, facts = evaluate(
        {"household": household, **tables}, satisfaction, adaptation, model, declared, 1, 200, codes_of(pack)
    )
    count = made["interview_count"].row(0, named=True)
    assert count["code"] == "funds.delay" and count["households"] == 3
    assert made["interview_alpha"].filter(pl.col("code") == "funds.delay")["alpha"].item() == 1
    page = build_report([chapter_of(made, facts)], ReportMeta(Text("甲", "A")))
    assert "到账晚" in page and "money late" in page and "王大山1" not in page


def test_without_a_survey_the_registry_still_speaks(pack: object, households: pl.DataFrame):
    satisfaction, adaptation, model, _ = instruments_of(pack)
    declared = declared_of(pack)
    made, problems, _ = evaluate({"household": households}, satisfaction, adaptation, model, declared, 1)
    assert "evaluation.no_answers" in said(problems)
    assert made["evaluation_outcome"].height == 0 and made["evaluation_indicator"]["code"].n_unique() == 42


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


def test_movers_and_hosts_of_the_draw_add_up_and_the_lost_are_held_against_their_last_answer(
    evaluated: tuple,
):
    made, _, facts = evaluated
    texts = [b.text for b in _every(chapter_of(made, facts).blocks) if hasattr(b, "text")]
    asked = next(t.en for t in texts if "drawn, of them" in t.en)
    drawn, own, hosts = (
        int(n.replace(",", "")) for n in re.findall(r"([\d,]+) (?:drawn|movers|households)", asked)
    )
    assert drawn == own + hosts and hosts > 0
    row = facts["lost_satisfaction"]
    assert row["wave"] == "year_1"
    after = pl.Series([7.0] * 6 + [5.0] * 6)
    answers = pl.DataFrame(
        {
            "household_id": [f"h{k}" for k in (*range(12), *range(6))],
            "wave": ["year_1"] * 12 + ["year_3"] * 6,
            "S1": [*after, *[9.0] * 6],
        }
    )
    told = _satisfied_before(answers, "year_3")
    assert told is not None and (told["wave"], told["stayed"], told["lost"]) == ("year_1", 7.0, 5.0)
    assert told["lost_count"] == 6
    assert _satisfied_before(answers, "year_1") is None
