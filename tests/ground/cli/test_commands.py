"""The commands: help with an example, exit codes that mean something, answers that name what was asked."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import click
import openpyxl
import polars as pl
import pytest
from click.testing import CliRunner

from resettle.cli import cli
from resettle.journey.programme import load_programme

NAMES = cli.list_commands(click.Context(cli))  # type: ignore[attr-defined]


def _call(*args: object) -> tuple[int, str]:
    result = CliRunner().invoke(cli, [str(a) for a in args])
    return result.exit_code, result.output


@pytest.mark.parametrize("name", NAMES)
def test_every_command_shows_help_with_an_example(name: str) -> None:
    code, text = _call(name, "--help")
    assert code == 0 and "Example" in text and f"resettle {name}" in text


def test_why_walks_a_figure_and_a_cell_back(peach: Path) -> None:
    code, text = _call("why", peach, "budget", "--lang", "en")
    assert code == 0 and "fund_position" in text and "value: 94,000,000 peach dollars" in text
    code, text = _call("why", peach, "household/PS00000000/member_count", "--lang", "en")
    assert code == 0 and "roster.xlsx, sheet" in text and "members: " in text
    assert "where: household number: PS00000000" in text


def test_a_dozen_cells_lead_to_the_row_of_the_sheet_that_states_them(peach: Path) -> None:
    """Each person's name and birth date stand in the row ``why`` names, as openpyxl reads it."""
    persons = pl.read_parquet(peach / "out" / "tables" / "person.parquet").sort("person_id")
    pages = openpyxl.load_workbook(peach / "roster.xlsx", read_only=True)
    sheets = {page.title: list(page.iter_rows(values_only=True)) for page in pages}
    for row in persons.gather_every(persons.height // 12).iter_rows(named=True):
        for column in ("name", "birth_date"):
            code, text = _call("why", peach, f"person/{row['person_id']}/{column}", "--json")
            assert code == 0
            (found,) = json.loads(text)["rows"]
            cells = [str(c) for c in sheets[found["source_sheet"]][found["source_row"] - 1] if c is not None]
            stated = str(row[column]).replace("-", "")  # the day of birth stands in the identity number
            assert found["source_file"] == "roster.xlsx" and any(stated in cell for cell in cells), cells


def test_the_condition_of_a_figure_is_told_in_words(peach: Path) -> None:
    code, text = _call("why", peach, "unknown_households", "--lang", "zh")
    assert code == 0 and 'is_eligible"' not in text and "null" not in text
    assert "符合资格（is_eligible）" in text and "值：" in text


def test_a_cell_is_told_in_words_with_its_unit_and_its_file(peach: Path) -> None:
    code, text = _call("why", peach, "household/PS00000003/is_indigenous", "--lang", "zh")
    assert code == 0 and "原住民户：否；household.csv" in text and "值：否" in text
    code, text = _call("why", peach, "entitlement/PS00000003/mover_class", "--lang", "zh")
    assert code == 0 and "值：受影响户" in text and "affected" not in text
    code, text = _call("why", peach, "--lang", "en")
    assert code == 0 and "persons to move (of households whose number of members is known)" in text


def test_rules_and_explain_answer(peach: Path) -> None:
    code, text = _call("rules", peach, "matrix", "--lang", "en")
    assert code == 0 and "then [class a, with a right]" in text and "'a_right'" not in text
    code, text = _call("rules", peach, "sql")
    assert code == 0 and "SELECT" in text.upper()
    code, text = _call("explain", peach, "PS00000000", "--lang", "en")
    assert code == 0 and text.strip()


def test_a_new_folder_loads(tmp_path: Path) -> None:
    assert _call("new", tmp_path / "n", "--pack", "peach_spring", "--year", "2025")[0] == 0
    programme, problems = load_programme(tmp_path / "n")
    assert (programme.pack, programme.plan_year, problems) == ("peach_spring", 2025, [])


@pytest.mark.parametrize(("args", "code"), [(["run", "nowhere"], 1), (["rnu"], 2), (["--version"], 0)])
def test_exit_codes(args: list[str], code: int, tmp_path: Path) -> None:
    script = "from resettle.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", script, *args], cwd=tmp_path, capture_output=True, check=False
    )
    assert done.returncode == code and b"Traceback" not in done.stderr
