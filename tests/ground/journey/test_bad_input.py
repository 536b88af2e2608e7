"""Every bad input gets a sentence that names the thing and a way out, and loses nothing."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from resettle.cli._run import say
from resettle.journey.inputs import Read, pack_or_raise, read_inputs
from resettle.journey.programme import KEY_FILE, load_programme
from resettle.journey.run import run_programme
from resettle.problems import Problem, ResettleError
from resettle.words import LANGUAGES, explain_problem

PACKS = Path(__file__).parents[3] / "src" / "resettle_packs"
HEADS = "户编号,姓名,与户主关系,性别,出生日期,行政村代码,宅基地面积（平方米）"
VILLAGE = "PS0101201000"
FAMILY = (f"PS1,桃山,户主,男,1970-01-01,{VILLAGE},120", f"PS1,桃云,配偶,女,1972-01-01,{VILLAGE},120")


def _quiet(_name: str, _done: int, _total: int) -> None: ...


def _refused(call: Callable[[], object]) -> list[Problem]:
    with pytest.raises(ResettleError) as caught:
        call()
    for problem in caught.value.problems:
        for language in LANGUAGES:
            what, remedy = explain_problem(problem, language)
            assert what and remedy
    return caught.value.problems


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with settings of the fictional pack and a roster of one family."""
    text = 'pack = "peach_spring"\nplan_year = 2024\nas_of = 2024-06-30\nseed = 1\nscope = "PS"\nsynthetic = true\n'
    (tmp_path / "programme.toml").write_text(text, encoding="utf-8")
    return tmp_path


def _read(folder: Path, *rows: str) -> Read:
    (folder / "roster.csv").write_text("\n".join((HEADS, *rows)) + "\n", encoding="utf-8")
    read = read_inputs(load_programme(folder)[0], _quiet)
    counts = read.register.counts
    assert counts["accepted"] + counts["quarantined"] == counts["read"] == len(rows)
    return read


def _codes(read: Read) -> set[str]:
    return {p.code for p in read.problems if p.severity in ("error", "warning")}


def test_no_programme_and_no_roster(folder: Path) -> None:
    assert [p.code for p in _refused(lambda: load_programme(folder / "nowhere"))] == ["journey.no_programme"]
    programme, _ = load_programme(folder)
    assert [p.code for p in _refused(lambda: read_inputs(programme, _quiet))] == ["journey.no_roster"]


def test_an_unknown_setting_is_named_with_the_nearest(folder: Path) -> None:
    path = folder / "programme.toml"
    path.write_text("plan_yaer = 2024\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    problems = load_programme(folder)[1]
    assert [(p.code, p.column, p.nearest) for p in problems] == [
        ("journey.setting_unknown", "plan_yaer", "plan_year")
    ]


@pytest.mark.parametrize(
    ("old", "new", "column"),
    [
        ("seed = 1", 'seed = "one"', "seed"),
        ("seed = 1", "seed = true", "seed"),
        ("as_of = 2024-06-30", "as_of = 2024-06-30T00:00:00", "as_of"),
        ("seed = 1", "seed = 1\nlanguages = []", "languages"),
        ("seed = 1", 'seed = 1\nlanguages = ["fr"]', "languages"),
    ],
)
def test_a_setting_of_the_wrong_kind_is_refused(folder: Path, old: str, new: str, column: str) -> None:
    path = folder / "programme.toml"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    assert [(p.code, p.column) for p in _refused(lambda: load_programme(folder))] == [
        ("journey.setting_wrong", column)
    ]


def test_what_is_lacking_is_named_all_at_once_and_broken_toml_by_its_line(folder: Path) -> None:
    path = folder / "programme.toml"
    path.write_text('pack = "peach_spring"\n', encoding="utf-8")
    assert [p.column for p in _refused(lambda: load_programme(folder))] == ["plan_year", "as_of", "seed"]
    path.write_text("pack = \n", encoding="utf-8")
    (problem,) = _refused(lambda: load_programme(folder))
    assert problem.code == "journey.not_toml" and "line 1" in problem.values["reason"]["en"]


def test_a_broken_key_is_refused_and_kept(folder: Path) -> None:
    (folder / KEY_FILE).write_text("not a key\n", encoding="utf-8")
    assert [p.code for p in _refused(load_programme(folder)[0].key)] == ["journey.key_unreadable"]
    assert (folder / KEY_FILE).read_text(encoding="utf-8") == "not a key\n"


def test_an_unknown_pack_is_answered_with_those_there_are(folder: Path) -> None:
    (problem,) = _refused(lambda: pack_or_raise("peach_sprin"))
    assert problem.code == "policy.pack_unknown" and "peach_spring" in str(problem.fields())


def test_parameters_with_overlapping_dates_never_run(tmp_path: Path) -> None:
    pack = Path(shutil.copytree(PACKS / "peach_spring", tmp_path / "pack"))
    path = pack / "parameters" / "amounts.toml"
    head = 'values = [ { from = 2024-01-01, scope = "PS", value = 10000000,'
    text = path.read_text(encoding="utf-8")
    assert head in text
    again = head + ' source = "assumption: a test" }, { from = 2024-01-01, scope = "PS", value = 20000000,'
    path.write_text(text.replace(head, again), encoding="utf-8")
    (problem,) = _refused(lambda: pack_or_raise(pack))
    assert problem.code == "policy.dates_overlap" and "marginal_dm2" in str(problem.fields())


@pytest.mark.parametrize("file", ["demography.toml", "targeting.toml", "remedies.toml", "reforms.toml"])
def test_a_settings_file_of_a_pack_that_cannot_be_read_is_named_with_its_line(
    tmp_path: Path, file: str
) -> None:
    pack = Path(shutil.copytree(PACKS / "peach_spring", tmp_path / "pack"))
    text = (pack / file).read_text(encoding="utf-8")
    (pack / file).write_text('odd = "0,126"0\n' + text, encoding="utf-8")
    (problem,) = _refused(lambda: pack_or_raise(pack))
    assert (problem.code, problem.file, problem.row) == ("policy.not_toml", file, 1)


def test_a_rule_outside_the_grammar_never_runs(tmp_path: Path) -> None:
    pack = Path(shutil.copytree(PACKS / "peach_spring", tmp_path / "pack"))
    rule = '@rule(source="a test", zh="一", en="one")\ndef is_one(household_class: str) -> bool:\n    while True:\n        return True\n'
    (pack / "rules" / "more.py").write_text(rule, encoding="utf-8")
    problems = _refused(lambda: pack_or_raise(pack))
    assert "policy.outside_grammar" in {p.code for p in problems}
    assert {(p.file, p.row) for p in problems if p.code == "policy.outside_grammar"} == {("rules/more.py", 3)}


def test_a_whole_family_raises_no_fault(folder: Path) -> None:
    read = _read(folder, *FAMILY)
    assert (read.tables["household"].height, read.tables["person"].height) == (1, 2)
    assert not {p.code for p in read.problems if p.severity == "error"}


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ((FAMILY[0], FAMILY[1].replace("配偶", "户主")), "registry.head_twice"),
        ((FAMILY[0].replace("户主", "儿子"), FAMILY[1]), "registry.head_missing"),
        ((FAMILY[0], FAMILY[1].replace(VILLAGE, "PS9999999999")), "registry.place_code_unknown"),
        ((FAMILY[0].replace(",120", ",-120"), FAMILY[1]), "registry.value_negative"),
    ],
)
def test_a_faulty_row_is_answered_with_its_place(folder: Path, rows: tuple[str, ...], code: str) -> None:
    read = _read(folder, *rows)
    found = [p for p in read.problems if p.code == code]
    assert found, _codes(read)
    assert all(p.file == "roster.csv" and p.row in (2, 3) for p in found)


def test_one_person_in_two_households_is_said_of_both(folder: Path) -> None:
    heads, number = HEADS + ",证件号码", "999999197001010018"
    rows = [f"PS{k},桃山,户主,男,1970-01-01,{VILLAGE},120,{number}" for k in (1, 2)]
    (folder / "roster.csv").write_text("\n".join((heads, *rows)) + "\n", encoding="utf-8")
    read = read_inputs(load_programme(folder)[0], _quiet)
    found = [p for p in read.problems if p.code == "registry.person_in_two_households"]
    assert found and {p.row for p in found} <= {2, 3}
    assert number not in read.tables["person"].write_csv()


def test_a_village_code_of_another_time_is_not_taken_as_it_stands(tmp_path: Path) -> None:
    text = 'pack = "cn_luoyang"\nplan_year = 2016\nas_of = 2016-11-30\nseed = 1\nscope = "CN-410300"\nsynthetic = true\n'
    (tmp_path / "programme.toml").write_text(text, encoding="utf-8")
    old, new = "410322100201", "410308100201"  # Mengjin was a county until 2021, and a district since
    rows = [
        f"4103{k},王山,户主,男,1970-01-01,{code},120"
        for k, code in enumerate((old, new, "410399999999"), start=1)
    ]
    read = _read(tmp_path, *rows)
    placed = [p for p in read.problems if p.code.startswith("registry.place_")]
    assert {4} <= {p.row for p in placed}
    codes = read.tables["household"]["village_code"].to_list()
    assert new not in codes and "410399999999" not in codes


def test_a_missing_column_names_the_rules_and_the_run_goes_on(own_peach: Path) -> None:
    facts = pl.read_csv(own_peach / "household.csv", infer_schema=False).drop("settled_date")
    facts.write_csv(own_peach / "household.csv")
    run = run_programme(load_programme(own_peach)[0], wanted=["entitlement"])
    said = [p for p in run.problems if "settled_date" in str(p.fields())]
    assert any("is_before_cutoff" in str(p.fields()) for p in said), said
    assert run.tables["entitlement"].height == 240


def test_sites_without_room_name_the_villages_and_what_would_help(own_peach: Path) -> None:
    dwellings = pl.read_csv(own_peach / "dwellings.csv", infer_schema=False)
    count = next(c for c in dwellings.columns if "capacity" in c or "count" in c)
    dwellings.with_columns(pl.lit("1").alias(count)).write_csv(own_peach / "dwellings.csv")
    run = run_programme(load_programme(own_peach)[0], wanted=["siting"])
    codes = {p.code for p in run.problems}
    assert "siting.infeasible" in codes and any(c.startswith("siting.relax_") for c in codes)
    (first, *_) = [p for p in run.problems if p.code == "siting.infeasible"]
    villages = set(run.tables["village"]["village_code"])
    assert {v for v in first.values["villages"].removesuffix(" ...").split(", ") if v} <= villages
    assert run.tables["household_site"]["site_id"].null_count() > 0


def test_a_county_without_sites_is_told_so_and_not_that_distances_are_unknown(own_peach: Path) -> None:
    heads = (own_peach / "sites.csv").read_text(encoding="utf-8").partition("\n")[0]
    (own_peach / "sites.csv").write_text(heads + "\n", encoding="utf-8")
    run = run_programme(load_programme(own_peach)[0], wanted=["siting"])
    codes = [p.code for p in run.problems]
    assert codes.count("siting.county_without_site") == 2
    assert "siting.village_without_distance" not in codes


def test_a_value_of_a_csv_is_refused_with_the_name_of_the_file(own_peach: Path) -> None:
    path = own_peach / "funds.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("budget", "bugdet"), encoding="utf-8")
    run = run_programme(load_programme(own_peach)[0], wanted=["funds"])
    told = [explain_problem(p, "en")[0] for p in run.problems if p.code == "table.value_refused"]
    assert told and all(text.startswith("funds.csv, row ") and "bugdet" in text for text in told)


def test_the_screen_says_what_would_make_room(own_peach: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dwellings = pl.read_csv(own_peach / "dwellings.csv", infer_schema=False)
    dwellings.with_columns(capacity_count=pl.lit("1")).write_csv(own_peach / "dwellings.csv")
    run = run_programme(load_programme(own_peach)[0], wanted=["siting"])
    say(run, "en", as_json=False)
    told = [p for p in run.problems if p.code.startswith("siting.relax_")]
    assert told and explain_problem(told[0], "en")[0] in capsys.readouterr().err


def test_an_absent_table_stops_only_what_needs_it(own_peach: Path) -> None:
    for name in ("sites.csv", "funds.csv", "payments.csv"):
        (own_peach / name).unlink()
    run = run_programme(load_programme(own_peach)[0])
    assert "siting" in run.not_run and run.tables["entitlement"].height == 240
    assert {"journey.table_absent", "funds.nothing_given"} <= {p.code for p in run.problems}
