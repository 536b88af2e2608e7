"""Explanations are faithful: what is named as deciding decides, and nothing else does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from faithful import DAY, PACKS, counted, loaded, one_household
from policy_rows import as_frames, draw_tables

from resettle.policy import bind, interpret, load_pack, matrix, parameters_used
from resettle.policy.cases import read_cases, run_cases, trace_case
from resettle.policy.difference import differences
from resettle.policy.explain import as_text, explain
from resettle.policy.reform import diff
from resettle.policy.why_not import deciding, rerun, why_not

NAMES = ("cn_luoyang", "peach_spring")


@pytest.mark.parametrize("name", NAMES)
def test_the_packs_own_cases_hold(name: str) -> None:
    checked, problems = run_cases(loaded(name)[0])
    assert checked > 5
    assert problems == []


def test_a_wrong_case_is_a_problem(tmp_path: Path) -> None:
    import shutil

    shutil.copytree(PACKS / "cn_luoyang", tmp_path / "pack", ignore=shutil.ignore_patterns("demo", "geo"))
    case = tmp_path / "pack" / "cases" / "area_cap_dm2" / "sanhe.toml"
    case.write_text(
        case.read_text(encoding="utf-8").replace("area_cap_dm2 = 7500", "area_cap_dm2 = 9999"), "utf-8"
    )
    _, problems = run_cases(load_pack(tmp_path / "pack")[0])
    assert [(p.code, p.value, p.nearest) for p in problems] == [("policy.case_differs", "7500", "9999")]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("missing", [0.0, 0.1])
def test_named_inputs_decide_and_no_other_input_does(name: str, missing: float) -> None:
    counts, faults, outputs = counted(name, 60, 4, missing)
    assert faults == []
    assert outputs > 20 and counts["results"] == 60
    assert counts["named, changes"] > 40 and counts["not named, stays"] > 100
    assert missing == 0.0 or counts["unknown results"] > 5


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_explanations_of_ten_thousand_households_are_faithful(name: str) -> None:
    for missing, seed in ((0.0, 21), (0.1, 22)):
        counts, faults, _ = counted(name, 5_000, seed, missing)
        assert faults == [] and counts["results"] == 5_000


def test_an_unknown_village_is_named_as_what_is_to_be_found_out() -> None:
    pack, program = loaded("peach_spring")
    tables = draw_tables(pack, 12, 3, 0.0)
    household, children, _ = one_household(tables, "h00000")
    children |= {name: [] for name in children if name not in ("person", "plot")}
    lost = {**household, "village_code": None}
    trace = interpret(pack, lost, children, {}, program=program)
    assert trace.result("must_move_house") is None
    assert [(r.table, r.name) for r in deciding(trace, "must_move_house")] == [("household", "village_code")]
    assert why_not(trace, "must_move_house").changes == ()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_an_explanation_names_rule_clause_inputs_parameters_and_result(name: str, lang: Any) -> None:
    pack, _ = loaded(name)
    for case in read_cases(pack)[0]:
        trace = trace_case(pack, case)
        steps = explain(trace, lang)
        assert {s.symbol for s in steps} <= {"✓", "✕", "?", "="}
        assert all(s.source and s.title for s in steps)
        text = as_text(steps, lang)
        assert len(text) > len(steps)
        assert not any("{" in line and "}" in line for line in text if ":" not in line)


def test_sanhe_is_told_with_parameter_date_source_and_cell() -> None:
    pack, _ = loaded("cn_luoyang")
    case = next(c for c in read_cases(pack)[0] if "sanhe" in c.file)
    case.household.update(source_file="roster.xlsx", source_sheet="Sheet1", source_row=7)
    steps = explain(trace_case(pack, case), "en", output="area_short_dm2")
    last = steps[-1]
    assert (last.name, last.state, last.result) == ("area_short_dm2", "value", "comes to 25 m2")
    assert "never granted" in last.clause
    assert {i.name: i.place for i in last.inputs}["area_need_dm2"] == "roster.xlsx, sheet Sheet1, row 7"
    cap = next(s for s in steps if s.name == "area_cap_dm2")
    assert "2016-01-01 to 2020-12-31" in (cap.parameters[0].place or "")
    assert "paper line 126" in (cap.parameters[0].source or "")
    assert "成立" in {s.result for s in explain(trace_case(pack, case), "zh")}


def test_an_unfinished_list_is_told_as_an_interval() -> None:
    pack, _ = loaded("cn_luoyang")
    case = next(c for c in read_cases(pack)[0] if "unfinished" in c.file)
    persons = next(s for s in explain(trace_case(pack, case), "en") if s.name == "resettled_persons")
    assert persons.symbol == "?"
    assert persons.result == "not known exactly: at least 1 person, at most not limited"


def test_why_not_finds_the_smallest_change_and_has_run_it() -> None:
    pack, program = loaded("cn_luoyang")
    case = next(c for c in read_cases(pack)[0] if "sanhe" in c.file)
    refused = {**case.household, "had_renovation_aid": True}
    trace = interpret(pack, refused, case.children, case.parents, program=program)
    assert trace.result("is_eligible") is False
    answer = why_not(trace, "is_eligible")
    assert [(c.column, c.before, c.after) for c in answer.changes] == [("had_renovation_aid", True, False)]
    assert answer.after is True
    assert "否" in answer.text(program, "zh")[0]
    both = {**refused, "registry_type": "none"}
    pair = why_not(interpret(pack, both, case.children, case.parents, program=program), "is_eligible")
    assert {c.column for c in pair.changes} == {"had_renovation_aid", "registry_type"}
    fixed = why_not(trace, "is_eligible", fixed=["had_renovation_aid"])
    assert fixed.changes == ()
    assert fixed.text(program, "en")


def test_every_answer_of_why_not_gives_what_it_promises() -> None:
    pack, program = loaded("cn_luoyang")
    tables = draw_tables(pack, 30, 2, 0.1)
    turned = 0
    for row in tables["household"]:
        trace = interpret(
            pack, *one_household(tables, row["household_id"]), program=program.only(["is_eligible"])
        )
        answer = why_not(trace, "is_eligible")
        if answer.changes:
            turned += 1
            cells = {(c.table, c.key, c.column): c.after for c in answer.changes}
            assert rerun(trace, "is_eligible", cells)[0] is True
    assert turned > 10


def test_a_reform_says_who_gains_and_who_loses_by_county() -> None:
    pack, before = loaded("cn_luoyang")
    after, _ = bind(pack, DAY["cn_luoyang"], overrides={"area_per_person_dm2": 3000})
    tables = draw_tables(pack, 60, 3, 0.0)
    for i, row in enumerate(tables["household"]):
        row["county_code"] = "A" if i % 2 else "B"
    table, _ = diff(as_frames(pack, tables), before, after, ["area_cap_dm2", "is_eligible"])
    caps = table.filter(pl.col("rule") == "area_cap_dm2")
    assert caps["county_code"].to_list() == ["A", "B"]
    assert caps["household_count"].sum() == 60
    assert caps["gain_count"].sum() > 0
    assert caps["lose_count"].sum() == 0
    assert caps["sum_after"].sum() * 5 == caps["sum_before"].sum() * 6
    changes = [(d.name, d.before, d.after) for d in differences(before, after)]
    assert changes == [("area_per_person_dm2", 2500, 3000)]


@pytest.mark.parametrize("name", NAMES)
def test_matrix_and_manifest_show_every_source(name: str) -> None:
    pack, program = loaded(name)
    table = matrix(pack, DAY[name], lang="zh")
    assert set(table["rule"]) == {s.name for s in program.steps}
    assert table.filter(pl.col("source") == "").is_empty()
    used = parameters_used(pack, DAY[name])
    assert used
    assert all(p["source"] for p in used)
    assert any(p["is_assumption"] for p in used)
