"""Fieldwork: forms refused in plain words, exports and paper forms read row by row, attrition, interviews."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from resettle.evaluation import attrition, interviews
from resettle.evaluation.form import (
    Item,
    check_direction,
    heads_of,
    read_answers,
    read_items,
    row_answers,
    xlsform,
)
from resettle.evaluation.several import read_repeat
from resettle.methods.design import make_design
from resettle.methods.survey import mean, response_weights
from resettle.methods.targeting_measures import concentration, concentration_estimate
from resettle.store.data_files import read_data, read_part
from resettle.store.form_files import check_form, write_form
from resettle.words import LANGUAGES, explain_problem

SCALE = [Item(f"S{k}", "SAT", f"满意{k}", f"satisfied {k}", 1, 10, k == 3, "") for k in (1, 2, 3)]


def said(problems: list) -> set[str]:
    for p in problems:
        assert all("{" not in "".join(explain_problem(p, lang)) for lang in LANGUAGES)
    return {p.code for p in problems}


@pytest.mark.parametrize(
    ("change", "code", "value"),
    [
        ({"type": "select_one nowhere"}, "form_list_absent", "nowhere"),
        ({"name": "S1"}, "form_name_twice", "S1"),
        ({"type": "txet"}, "form_type_unknown", "txet"),
        ({"type": "begin group"}, "form_group_open", "x"),
        ({"relevant": "${nope} = '1'"}, "form_reference_absent", "nope"),
        ({"name": "1 bad name"}, "form_name_faulty", "1 bad name"),
        ({"name": ""}, "form_name_missing", ""),
        ({"label": ""}, "form_label_missing", "x"),
        ({"type": ""}, "form_type_missing", "x"),
    ],
)
def test_a_form_that_cannot_be_fielded_is_said_with_its_row(
    tmp_path: Path, change: dict, code: str, value: str
):
    rows = [
        {"type": "text", "name": "household_id", "label": "a", "relevant": ""},
        {"type": "select_one yn", "name": "S1", "label": "b", "relevant": ""},
        {"type": "text", "name": "x", "label": "c", "relevant": ""} | change,
    ]
    choices = pl.DataFrame([{"list_name": "yn", "name": "1", "label": "y"}])
    settings = pl.DataFrame([{"form_title": "t", "form_id": "f"}])
    write_form({"survey": pl.DataFrame(rows), "choices": choices, "settings": settings}, tmp_path / "f.xlsx")
    (problem,) = check_form(tmp_path / "f.xlsx")
    assert (problem.code, problem.row, problem.value) == (f"survey.{code}", 4, value)
    assert said([problem])


def test_nested_json_of_odk_and_flat_json_of_kobo_read_alike(tmp_path: Path):
    nested = {"value": [{"__id": "u1", "__system": {"submissionDate": "2019"}, "household_id": "h1",
                         "wave": "year_1", "main": {"S1": 7, "more": {"S2": 8}}, "S3": 3}]}  # fmt: skip
    flat = {"count": 1, "results": [{"_uuid": "u1", "household_id": "h1", "wave": "year_1", "main/S1": "7",
                                     "main/more/S2": "8", "S3": "3", "_tags": []}]}  # fmt: skip
    read = []
    for name, content in (("odk.json", nested), ("kobo.json", flat)):
        (tmp_path / name).write_text(json.dumps(content), encoding="utf-8")
        found, _ = read_data(tmp_path / name)
        assert found is not None
        back, problems = read_answers(found.frame, SCALE)
        assert {p.code for p in problems} <= {"survey.moved_unasked"}
        read.append(back.select("household_id", "wave", "S1", "S2", "S3"))
    assert read[0].equals(read[1]) and read[0].row(0) == ("h1", "year_1", 7.0, 8.0, 3.0)


def test_typed_paper_forms_are_answered_row_by_row_under_their_own_heads():
    paper = pl.DataFrame(
        {
            "户编号": ["a", "a", "b", None, "c"],
            "轮次": ["year_1", "year_1", "year_1", "year_1", "later"],
            "满意1": [7, 8, 70, 5, 5],
            "Satisfied 2": [5, 5, 5, 5, 5],
            "S3": [5, 5, 5, 5, 5],
        }
    )
    answers, problems = read_answers(paper, SCALE)
    assert "survey.column_renamed" in said(problems)
    rows = row_answers(paper, answers, problems)
    assert rows["state"].to_list() == ["duplicate", "accepted", "accepted_in_part", "refused", "refused"]
    assert "S1" in rows["remark"][2]


def test_an_export_by_labels_with_numbers_as_a_spreadsheet_keeps_them():
    """Labels in place of names, a household number that became a float, the later submission standing first."""
    yes = Item("safe_water", "", "有没有安全饮水", "Safe water", 0, 1, False, "")
    frame = pl.DataFrame(
        {
            "household_id": [4100000001.0, 4100000001.0, 4100000002.0],
            "wave": ["one year after", "一年后", "year_3"],
            "respondent": ["搬迁户", "moved", "host"],
            "group/has_moved": ["yes", "1", None],
            "today": ["2019-03-01", "2019-02-01", "2019-02-01T10:00:00.000+08:00"],
            "is_synthetic": [True, True, True],
            "S1": [7.0, 3.0, 5.0],
            "safe_water": ["Yes", "没有", "有"],
            "_submission_time": ["2019-03-02", "2019-02-01", "2019-02-01"],
        }
    )
    answers, problems = read_answers(frame, [SCALE[0], yes])
    assert "survey.duplicates" in said(problems)
    assert answers.select("household_id", "wave", "respondent", "S1", "safe_water").rows() == [
        ("4100000001", "year_1", "mover", 7.0, 1.0),
        ("4100000002", "year_3", "host", 5.0, 1.0),
    ]
    assert row_answers(frame, answers, problems)["state"].to_list() == ["accepted", "duplicate", "accepted"]
    assert answers.select("has_moved", "asked_date", "is_synthetic").rows() == [
        (True, date(2019, 3, 1), True),
        (None, date(2019, 2, 1), True),
    ]


def test_every_refused_answer_is_said_however_many():
    frame = pl.DataFrame({"household_id": [f"h{i}" for i in range(60)], "wave": ["year_1"] * 60, "S1": [99] * 60,
                          "S2": [5] * 60, "S3": [5] * 60})  # fmt: skip
    answers, problems = read_answers(frame, SCALE)
    assert sum(p.code == "survey.answer_refused" for p in problems) == 60
    assert set(row_answers(frame, answers, problems)["state"]) == {"accepted_in_part"}


def test_a_scale_typed_backwards_is_said():
    rng = np.random.default_rng(1)
    base = rng.integers(1, 8, 80)
    frame = pl.DataFrame({"S1": base + rng.integers(0, 3, 80), "S2": base + rng.integers(0, 3, 80)})
    right = frame.with_columns((11 - pl.col("S1")).alias("S3"))
    assert check_direction(right, SCALE) == []
    wrong = frame.with_columns(pl.col("S2").alias("S3"))
    assert said(check_direction(wrong, SCALE)) == {"survey.backwards"}


def panel() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Sample of 400 in 40 sites; small households are lost by the third year."""
    n = 400
    persons = 1 + np.arange(n) // 40 % 5
    sample = pl.DataFrame(
        {
            "household_id": [f"h{i:03d}" for i in range(n)], "site_id": [f"s{i % 40:02d}" for i in range(n)],
            "stratum": [f"c{i % 40 % 2}" for i in range(n)], "weight": 10.0, "is_reserve": False,
            "household_class": ["host" if i % 4 == 0 else "registered_poor" for i in range(n)],
        }
    )  # fmt: skip
    first = sample.select("household_id", pl.lit("baseline").alias("wave")).with_columns(
        persons=pl.Series(persons.astype(float))
    )
    stays = np.random.default_rng(2).random(n) < 0.1 + 0.17 * persons
    return sample, pl.concat(
        [first, first.filter(pl.Series(stays)).with_columns(pl.lit("year_3").alias("wave"))]
    )


def test_attrition_is_tabled_by_class_and_made_up_for_by_weights():
    sample, answers = panel()
    table = attrition.wave_table(sample, answers)
    late = table.filter((pl.col("wave") == "year_3") & (pl.col("group") == "")).row(0, named=True)
    assert late["drawn"] == late["in_baseline"] == 400 and late["lost_share"] == pytest.approx(
        1 - late["answered"] / 400
    )
    assert "host" in table["group"].to_list()
    lost = attrition.lost_table(answers, "year_3", ["persons"])
    assert lost["difference"].item() > 0.4
    shown, design, problems = attrition.weigh(sample, answers, "year_3", ["persons"])
    assert design is not None and said(problems) == set() and shown.height == late["answered"]
    seen = answers.filter(pl.col("wave") == "year_3")["persons"].to_numpy()
    assert seen.mean() > 3.3
    assert np.average(seen, weights=shown["weight_raised"]) == pytest.approx(3.0, abs=0.12)
    assert shown["weight_raised"].sum() == pytest.approx(4000, rel=0.05)


def test_nobody_or_hardly_anybody_answering_is_said():
    design, _ = make_design(200)
    assert design is not None
    x = np.arange(200.0)[:, None]
    assert said(response_weights(design, np.zeros(200, dtype=bool), x)[2]) == {"survey.nobody_answered"}
    seldom = (np.arange(200) > 170) | (np.arange(200) == 3)
    raised, p, problems = response_weights(design, seldom, x)
    assert "survey.response_seldom" in said(problems) and p.min() == 0.1
    assert mean(np.arange(200.0), raised).value < np.arange(200)[seldom].mean()


def test_concentration_has_the_value_of_the_census_and_an_interval():
    rng = np.random.default_rng(4)
    welfare = rng.lognormal(size=600)
    benefit = (rng.random(600) < np.where(welfare < 1, 0.5, 0.2)).astype(float)
    design, _ = make_design(600)
    assert design is not None
    found = concentration_estimate(benefit, welfare, design)
    assert found.value == pytest.approx(concentration(benefit, welfare, np.ones(600)))
    assert found.low is not None and found.high is not None and found.low < found.value < found.high
    few = np.where(np.arange(600) < 5, 1.0, 0.0)
    assert concentration_estimate(few, welfare, design).withheld == "few_cases"


def test_alpha_is_krippendorffs_own_example():
    # Krippendorff (2011), Computing Krippendorff's Alpha-Reliability, sec. C: four observers, twelve units,
    # gaps; nominal alpha printed as 0.743.
    judged = ("123321412...", "1233224125.3", ".3332342251.", "12332441251.")
    rows = [(str(u), str(c), v) for c, line in enumerate(judged) for u, v in enumerate(line) if v != "."]
    frame = pl.DataFrame(rows, schema=["unit", "coder", "value"], orient="row")
    assert interviews.krippendorff(frame) == pytest.approx(0.743, abs=5e-4)
    assert interviews.krippendorff(frame.with_columns(pl.lit("1").alias("value"))) is None


def test_cohens_kappa_is_that_of_the_worked_table():
    # Fifty passages, both yes 20, both no 15, first only 5, second only 10: agreement 0.7, by chance 0.5.
    cells = [("funds", "funds")] * 20 + [("funds", "")] * 5 + [("", "funds")] * 10 + [("", "")] * 15
    rows = [
        (f"p{k}", "h", c, code) for k, pair in enumerate(cells) for c, code in zip("xy", pair, strict=True)
    ]
    table = interviews.agreement(
        pl.DataFrame(rows, schema=["passage_id", "household_id", "coder", "code"], orient="row"), "x", "y"
    )
    assert table["kappa"].item() == pytest.approx(0.4)


def test_interviews_are_linked_coded_counted_and_quoted_without_names():
    declared = {"code": {"funds": {"reasons": ["delay"]}, "land": {"reasons": []}}}
    passages = pl.concat(
        [
            interviews.passages_of(f"钱来得晚,李大山说,{k % 3}年。\n\n地太远。", f"h{k}", f"n{k}")
            for k in range(4)
        ]
        + [interviews.passages_of("nobody", "stranger", "n9")]
    )
    rows = [(f"n{k}#1", c, "funds.delay") for k in range(4) for c in ("x", "y")]
    rows += [(f"n{k}#2", c, "new:road" if (k + (c == "y")) % 2 else "") for k in range(4) for c in ("x", "y")]
    rows += [("n0#2", "x", "lnd"), ("n77#1", "x", "land")]
    codings = pl.DataFrame(rows, schema=["passage_id", "coder", "code"], orient="row")
    household = pl.DataFrame({"household_id": [f"h{k}" for k in range(4)]})
    made, problems = interviews.interview_tables(passages, codings, declared, household, ["李大山"])
    assert said(problems) == {
        "evaluation.code_unknown", "evaluation.passage_unknown", "evaluation.interview_stranger",
        "evaluation.coders_differ",
    }  # fmt: skip
    alpha = dict(made["interview_alpha"].select("code", "alpha").iter_rows())
    assert alpha["funds.delay"] == 1.0 and alpha["new:road"] < 0
    quote = made["interview_quote"].filter(pl.col("code") == "funds.delay")
    assert quote["figure"].to_list() == ["paid_rate"] * 2 and quote["quote"].n_unique() == 2
    assert "李大山" not in "".join(quote["quote"])
    assert "household_id" not in made["interview_quote"].columns
    _, problems = interviews.interview_tables(passages, codings.filter(pl.col("coder") == "x"), declared)
    assert "evaluation.one_coder" in said(problems)


ASKED = read_items(
    pl.DataFrame(
        [
            {"item": "S1", "construct": "SAT", "zh": "满意", "en": "satisfied", "range": "1..10"},
            {"item": "uses", "zh": "钱用在哪", "en": "What was it spent on",
             "choices": "home=房子=the home|debt=还债=debts|cow=买牛=a cow"},
            {"item": "age", "zh": "年龄", "en": "Age", "range": "0..120", "repeat": "person"},
            {"item": "works", "zh": "做什么", "en": "Work", "choices": "farm=种地=farm|away=外出=away", "repeat": "person"},
        ]
    )
)  # fmt: skip
HEAD = {"household_id": ["h1", "h2", "h3"], "wave": ["year_1"] * 3, "S1": [7, 8, 9]}


def test_a_form_with_several_answers_and_a_repeat_group_is_accepted(tmp_path: Path):
    write_form(xlsform(ASKED, {"zh": "问卷", "en": "Survey"}, "1"), tmp_path / "form.xlsx")
    assert not [p for p in check_form(tmp_path / "form.xlsx") if p.severity != "hint"]
    sheet = read_data(tmp_path / "form.xlsx")[0].frame
    kinds = sheet["type"].to_list()
    assert "select_multiple uses_list" in kinds
    inside = kinds[kinds.index("begin_repeat") : kinds.index("end_repeat")]
    assert "select_multiple works_list" in inside


@pytest.mark.parametrize(
    "columns",
    [
        {"uses": ["home debt", "cow", None]},
        {"q/uses/home": [1, 0, None], "q/uses/debt": [1, 0, None], "q/uses/cow": [0, 1, None]},
        {"uses/home": ["True", "False", None], "uses/debt": ["True", "False", None],
         "uses/cow": ["False", "True", None]},
        {"uses": ["home debt", "cow", None], "uses/home": [1, 0, None], "uses/debt": [1, 0, None],
         "uses/cow": [0, 1, None]},
        {"uses": ["房子, 还债", "买牛", None]},
    ],
)  # fmt: skip
def test_several_answers_come_back_however_they_were_exported(columns):
    answers, problems = read_answers(pl.DataFrame(HEAD | columns), ASKED)
    assert not [p for p in problems if p.severity == "error"]
    found = answers.select("uses/home", "uses/debt", "uses/cow").rows()
    assert found == [(1.0, 1.0, 0.0), (0.0, 0.0, 1.0), (None, None, None)]


def test_a_choice_the_question_does_not_have_is_named_with_its_row():
    frame = pl.DataFrame(HEAD | {"uses": ["home", "cow horse", None]})
    answers, problems = read_answers(frame, ASKED)
    odd = [p for p in problems if p.code == "survey.answer_refused"]
    assert [(p.row, p.column, p.value) for p in odd] == [(2, "uses", "horse")]
    assert answers["uses/cow"].to_list() == [0.0, 1.0, None]
    rows = row_answers(frame, answers, problems)
    assert rows["state"].to_list() == ["accepted", "accepted_in_part", "accepted"]


PERSONS = {"age": [40, 12, 130, 33], "works": ["farm away", None, "farm", "away"]}


def check_persons(table: pl.DataFrame, problems: list) -> None:
    assert [(p.row, p.column, p.value) for p in problems] == [(3, "person/age", "130")]
    said(problems)
    assert table.select("household_id", "number", "age", "works/farm").rows() == [
        ("h1", 1, 40.0, 1.0),
        ("h1", 2, 12.0, None),
        ("h2", 1, None, 1.0),
        ("h3", 1, 33.0, 0.0),
    ]


def test_a_repeat_group_comes_back_from_sheet_file_and_nested_list(tmp_path: Path):
    first = pl.DataFrame(HEAD | {"_index": [1, 2, 3]})
    persons = pl.DataFrame(PERSONS | {"_parent_index": [1, 1, 2, 3]})
    write_form({"form": first.cast(pl.String), "person": persons.cast(pl.String)}, tmp_path / "kobo.xlsx")
    first.write_csv(tmp_path / "kobo.csv")
    persons.write_csv(tmp_path / "kobo-person.csv")
    nested = [
        {"household_id": h, "wave": "year_1", "group/person": [
            {"group/person/age": a, "group/person/works": w}
            for a, w, p in zip(PERSONS["age"], PERSONS["works"], (1, 1, 2, 3), strict=True) if p == k
        ]}
        for k, h in enumerate(("h1", "h2", "h3"), start=1)
    ]  # fmt: skip
    (tmp_path / "kobo.json").write_text(json.dumps(nested), encoding="utf-8")
    for name in ("kobo.xlsx", "kobo.csv", "kobo.json"):
        child, found = read_part(tmp_path / name, "person")
        assert (child is None) == name.endswith("json") and not found
        table, problems = read_repeat(read_data(tmp_path / name)[0].frame, child, ASKED, "person")
        check_persons(table, problems)


def test_rows_of_a_repeat_that_belong_to_nobody_are_named():
    first = pl.DataFrame(HEAD | {"_index": [1, 2, 3]})
    _, problems = read_repeat(first, pl.DataFrame({"age": [4], "_parent_index": [9]}), ASKED, "person")
    assert said(problems) == {"survey.repeat_orphan"}
    _, problems = read_repeat(first, pl.DataFrame({"age": [4]}), ASKED, "person")
    assert said(problems) == {"survey.repeat_unlinked"}


def test_a_row_of_labels_still_says_who_had_moved_and_a_title_is_no_answer(tmp_path: Path):
    items = read_items(
        pl.DataFrame({"item": ["S1"], "zh": ["满意"], "en": ["satisfied"], "low": [1], "high": [10]})
    )
    path = tmp_path / "typed.csv"
    head = "户编号,轮次,受访户,搬到新家了没有,满意"
    rows = ["h1,一年后,搬迁户,有,7", "h2,一年后,搬迁户,没有,"]
    path.write_text("\n".join(["录入表,,,,", head, *rows]) + "\n", encoding="utf-8")
    found, problems = read_data(path, wanted=heads_of(items))
    assert found is not None
    answers, more = read_answers(found.frame, items)
    assert answers.sort("household_id")["has_moved"].to_list() == [True, False]
    states = row_answers(found.frame, answers, [*problems, *more])
    assert states["state"].to_list() == ["accepted", "accepted"]
    bare, more = read_answers(found.frame.drop("搬到新家了没有"), items)
    assert "has_moved" not in bare.columns and "survey.moved_unasked" in {p.code for p in more}


def test_a_head_of_code_and_question_is_known_and_refused_cells_are_told_as_they_stand():
    items = [Item("S1", "SAT", "总的来说，您满意吗？", "All in all, how satisfied?", 1, 10, False, "ours")]
    sent = pl.DataFrame(
        {
            "household_id": ["1", "2", None],
            "wave": ["year_3"] * 3,
            "S1. All in all, how satisfied?": [7.0, 11.0, 5.0],
        }
    )
    answers, problems = read_answers(sent, items)
    assert answers["S1"].to_list() == [7.0, None]
    told = {p.code: (p.value, p.row) for p in problems}
    assert told["survey.answer_refused"][0] == "11" and told["survey.row_refused"][0] == "—, year_3"
    assert "survey.column_missing" not in {p.code for p in problems if p.column == "S1"}
