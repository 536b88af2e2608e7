"""A newcomer's way: an empty folder from the pack, a few rows, check, run, explain, why; whatever the folder is called."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from click.testing import CliRunner, Result

from resettle.cli import cli
from resettle.journey.inputs import pack_or_raise, registry_data
from resettle.journey.new import TEMPLATE, roster_heads, write_new
from resettle.journey.programme import load_programme
from resettle.journey.run import run_programme
from resettle.policy import bind
from resettle.problems import Problem
from resettle.registry.fields import aliases
from resettle.registry.heads import find_heads
from resettle.store.cells import read_cells
from resettle.tables.grid import Sheet
from resettle.words import LANGUAGES, Language, explain_problem

TWO_RIVERS = Path(__file__).parents[3] / "docs" / "how-to" / "two_rivers"
VILLAGES = {"cn_luoyang": "410325210201", "peach_spring": "PS0101201000", str(TWO_RIVERS): "TR1"}
KNOWN = {
    "household_key": "A001",
    "name": "李大山",
    "relation": "户主",
    "sex": "男",
    "birth_date": "1970-01-01",
    "household_class": "建档立卡户",
    "registry_type": "一般贫困户",
    "is_registered_member": "是",
    "had_renovation_aid": "否",
}


def call(*args: object, lang: str = "en") -> Result:
    return CliRunner().invoke(cli, [str(a) for a in args], env={"RESETTLE_LANG": lang})


def fill(folder: Path, pack_id: str, without: tuple[str, ...] = ()) -> None:
    """One head and one spouse in the template's own columns, and their village."""
    pack = pack_or_raise(pack_id)
    language: Language = "en" if pack.languages[0] != "zh" else "zh"
    heads = roster_heads(pack, date(2017, 6, 30), language)
    book = openpyxl.load_workbook(folder / TEMPLATE)
    page = book.active
    assert [c.value for c in page[1]] == [head for _, head in heads]
    village = VILLAGES[pack_id]
    for own in ({}, {"name": "王小云", "relation": "配偶", "sex": "女", "birth_date": "1972-05-01"}):
        row: Mapping[str, str] = KNOWN | {"village_code": village} | own
        page.append([None if field in without else row.get(field) for field, _ in heads])
    for place, (field, _) in enumerate(heads, start=1):
        if field in without:
            page.cell(1, place).value = None
    book.save(folder / "roster.xlsx")
    reason = "hazard" if pack_id == "cn_luoyang" else None
    facts = {"village_code": [village], "scope_reason": [reason], "is_synthetic": ["true"]}
    head = (folder / "villages.csv").read_text(encoding="utf-8").strip().split(",")
    pl.DataFrame({c: facts.get(c, [None]) for c in head}, schema=dict.fromkeys(head, pl.String)).write_csv(
        folder / "villages.csv"
    )


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("pack_id", VILLAGES, ids=lambda p: Path(p).name)
def test_every_head_of_the_template_reads_back_as_its_field(pack_id: str, lang: Language) -> None:
    pack = pack_or_raise(pack_id)
    heads = roster_heads(pack, date(2017, 6, 30), lang)
    sheet = Sheet.of([[head for _, head in heads], ["1"] * len(heads)])
    found, problems = find_heads(sheet, aliases(registry_data(pack), None))
    assert found is not None and not [p for p in problems if p.severity != "info"]
    assert [found.fields.get(i) for i in range(len(heads))] == [field for field, _ in heads]
    assert {"village", "village_code", "household_key", "birth_date"} <= {field for field, _ in heads}


@pytest.mark.parametrize("name", ["county", "我的 县（试）", "a & b's #1"])
def test_from_an_empty_folder_to_an_explained_household(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    made = call("new", folder, "--pack", "cn_luoyang", "--year", "2017")
    assert made.exit_code == 0 and "roster.xlsx" in made.output, made.output
    fill(folder, "cn_luoyang")
    checked = call("check", folder)
    assert checked.exit_code == 0 and "2 rows read: 2 accepted" in checked.output, checked.output
    ran = call("run", folder)
    assert "1 households are eligible" in ran.output, ran.output
    assert ran.exit_code == 1  # the village has no site to go to: a person must see to it
    told = call("explain", folder, "A001", "--output", "area_cap_dm2", lang="zh")
    assert told.exit_code == 0 and "50平方米" in told.output.replace(" ", ""), told.output
    why = json.loads(call("why", folder, "eligible_households", "--json").output)
    assert why["value"] == 1 and why["rows"][0]["source_row"] == 2
    assert call("run", folder, "--json").exit_code == 1


def test_a_pack_of_ones_own_is_named_by_the_way_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(TWO_RIVERS, tmp_path / "two_rivers", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.chdir(tmp_path)
    assert call("new", "mine/first", "--pack", "two_rivers", "--year", "2025").exit_code == 0
    folder = tmp_path / "mine" / "first"
    assert load_programme(folder)[0].pack == "../../two_rivers"
    fill(folder, str(TWO_RIVERS))
    monkeypatch.chdir(tmp_path / "mine")
    assert call("run", "first", "--only", "entitlement").exit_code == 0
    assert call("rules", "first", "cases").output.strip() == "1/1"


@pytest.mark.parametrize("pack", ["cn_luoyang", "peach_spring"])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_template_speaks_the_language_asked_for_and_is_read_back(
    tmp_path: Path, pack: str, lang: Language
) -> None:
    assert call("new", tmp_path / "n", "--pack", pack, "--year", "2017", "--lang", lang).exit_code == 0
    sheets, _ = read_cells(tmp_path / "n" / TEMPLATE)
    heads, problems = find_heads(sheets[0], aliases(registry_data(pack_or_raise(pack)), None))
    assert heads is not None and problems == []
    written = [text for text in sheets[0].cells.row(heads.last) if text]
    assert all(text.isascii() for text in written) == (lang == "en")
    assert len(heads.fields) == len(written)


def test_nothing_is_overwritten_and_an_unfilled_roster_is_said(tmp_path: Path) -> None:
    folder = tmp_path / "n"
    write_new(folder, pack_or_raise("cn_luoyang"), "cn_luoyang", 2017)
    again = call("new", folder, "--pack", "cn_luoyang")
    assert again.exit_code != 0
    (folder / "roster.xlsx").write_bytes((folder / TEMPLATE).read_bytes())
    run = run_programme(load_programme(folder)[0], wanted=["entitlement"])
    assert "journey.roster_empty" in {p.code for p in run.problems}


def said(folder: Path, code: str) -> list[Problem]:
    run = run_programme(load_programme(folder)[0], wanted=["entitlement"])
    found = [p for p in run.problems if p.code == code]
    for problem in found:
        for lang in LANGUAGES:
            what, remedy = explain_problem(problem, lang)
            assert what and remedy and "{" not in what
    assert run.tables["entitlement"].height == run.tables["household"].height > 0
    return found


def test_a_column_the_roster_lacks_names_its_rules_and_all_that_rests_on_them(tmp_path: Path) -> None:
    folder = tmp_path / "n"
    write_new(folder, pack_or_raise("cn_luoyang"), "cn_luoyang", 2017)
    fill(folder, "cn_luoyang", without=("had_renovation_aid", "registry_type"))
    (problem,) = said(folder, "journey.column_missing")
    assert problem.file == "roster.xlsx" and problem.column == "had_renovation_aid, registry_type"
    for lang in LANGUAGES:
        what, _ = explain_problem(problem, lang)
        assert "has_double_benefit" in what and "is_registered" in what
        assert what.index("is_eligible") > what.index("is_registered")
    empty = {p.file: str(p.column) for p in said(folder, "journey.column_empty")}
    assert set(empty) == {"roster.xlsx", "villages.csv"} and "had_renovation_aid" not in empty["roster.xlsx"]


def test_a_column_or_file_beside_the_roster_names_its_rules_too(own_peach: Path) -> None:
    villages = pl.read_csv(own_peach / "villages.csv", infer_schema=False)
    villages.drop("scope_reason").write_csv(own_peach / "villages.csv")
    (problem,) = said(own_peach, "journey.column_missing")
    assert (problem.file, problem.column) == ("villages.csv", "scope_reason")
    assert "is_flooded" in explain_problem(problem, "en")[0]
    (own_peach / "villages.csv").unlink()
    (own_peach / "tree.csv").unlink()
    found = {p.file: explain_problem(p, "zh")[0] for p in said(own_peach, "journey.rows_missing")}
    assert set(found) == {"villages.csv", "tree.csv"}
    assert "is_flooded" in found["villages.csv"] and "tree_cash_minor" in found["tree.csv"]
    (own_peach / "funds.csv").write_text("fund_id,measure,amount\nB1,budget,5\n", encoding="utf-8")
    absent = {p.file: p for p in said(own_peach, "journey.columns_absent")}["funds.csv"]
    assert "funds" in absent.values["stages"] and "per_person" in str(absent.column)


@pytest.mark.parametrize("pack_id", ["cn_luoyang", "peach_spring"])
def test_what_brings_every_column_is_said_to_lack_none(
    pack_id: str, small_luoyang: Path, peach: Path
) -> None:
    folder = {"cn_luoyang": small_luoyang, "peach_spring": peach}[pack_id]
    assert said(folder, "journey.column_missing") == said(folder, "journey.rows_missing") == []
    programme, _ = load_programme(folder)
    assert bind(pack_or_raise(pack_id), programme.as_of, programme.scope)[1] == []


def test_a_place_where_no_folder_can_be_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    script = "from resettle.cli import main; main()"
    args = ["new", str(tmp_path / "file" / "n"), "--pack", "cn_luoyang"]
    done = subprocess.run([sys.executable, "-c", script, *args], capture_output=True, check=False)
    assert done.returncode == 1 and b"Traceback" not in done.stderr and b"file" in done.stderr
