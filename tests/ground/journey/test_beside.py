"""A fact of household.csv is told as that file's, by explain and by why, and never as a cell of the roster."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
from click.testing import CliRunner

from resettle.cli import cli
from resettle.journey.beside import FACTS, said_beside
from resettle.journey.pack_tables import child_tables, strangers
from resettle.journey.programme import load_programme
from resettle.journey.run import Run


def asked(*words: str) -> str:
    answer = CliRunner().invoke(cli, list(words))
    assert answer.exit_code == 0, answer.output
    return answer.output


def test_a_fact_is_the_files_only_where_the_file_says_it(peach_run: Run) -> None:
    rows = {r["household_id"]: r for r in peach_run.tables["household"].to_dicts()}
    facts = pl.read_csv(peach_run.programme.folder / FACTS, infer_schema=False).to_dicts()
    known = next(f for f in facts if f["settled_date"])
    said = said_beside(peach_run.programme, peach_run.pack, rows[known["household_id"]])
    assert said["household", "settled_date"] == FACTS and ("household", "area_need_dm2") not in said
    silent = next(f for f in facts if not f["is_below_line_listed"])
    said = said_beside(peach_run.programme, peach_run.pack, rows[silent["household_id"]])
    assert ("household", "is_below_line_listed") not in said
    changed = rows[known["household_id"]] | {"settled_date": None}
    assert ("household", "settled_date") not in said_beside(peach_run.programme, peach_run.pack, changed)


def test_explain_and_why_name_the_file_and_keep_the_rosters_row_for_its_own_cells(peach: Path) -> None:
    facts = pl.read_csv(peach / FACTS, infer_schema=False).to_dicts()
    one = next(f["household_id"] for f in facts if f["settled_date"])
    text = asked("explain", str(peach), one, "--output", "is_before_cutoff", "--lang", "en")
    settled = next(line for line in text.splitlines() if "settled here on" in line)
    kind = next(line for line in text.splitlines() if "household class" in line)
    assert f"({FACTS})" in settled and "roster.xlsx" not in settled and "roster.xlsx" in kind
    (row,) = json.loads(asked("why", str(peach), f"household/{one}/settled_date", "--json"))["rows"]
    assert row["source_file"] == FACTS and "source_row" not in row
    (row,) = json.loads(asked("why", str(peach), f"household/{one}/household_class", "--json"))["rows"]
    assert row["source_file"] == "roster.xlsx" and row["source_row"] > 0


def test_children_of_the_families_cast_by_name_are_not_married(peach_run: Run) -> None:
    people = peach_run.tables["person"].with_columns(year=pl.col("birth_date").dt.year())
    young = people.filter(pl.col("year") > peach_run.programme.as_of.year - 20)
    assert young.height > 20 and set(young["marital_status"].drop_nulls()) <= {"unmarried"}


def test_a_row_of_an_inventory_that_belongs_to_nobody_is_an_error_and_never_passed_over(
    peach_run: Run,
) -> None:
    tables, pack = dict(peach_run.tables), peach_run.pack
    assert strangers(pack, tables, child_tables(pack)) == []
    plots = tables["plot"]
    lost = plots.head(2).with_columns(household_id=pl.Series(["X1", "X2"]))
    tables["plot"] = pl.concat([plots, lost, lost.head(1).with_columns(plot_id=pl.lit("other"))])
    (problem,) = strangers(pack, tables, child_tables(pack))
    assert (problem.code, problem.severity, problem.file, problem.value) == (
        "journey.rows_stranger", "error", "plot.csv", "X1",
    )  # fmt: skip
    assert problem.values == {"rows": 3, "count": 2}


def test_an_option_written_nearly_like_one_is_named(peach: Path, tmp_path: Path) -> None:
    text = (peach / "programme.toml").read_text(encoding="utf-8")
    (tmp_path / "programme.toml").write_text(text.replace("finished =", "finishd ="), "utf-8")
    _, problems = load_programme(tmp_path)
    assert [(p.code, p.column, p.nearest) for p in problems] == [
        ("journey.setting_unknown", "options.finishd", "finished")
    ]


def test_explain_names_the_file_of_an_inventory_and_of_the_villages(peach: Path) -> None:
    told = asked("explain", str(peach), "PS00000003", "--lang", "zh")
    assert "(plot.csv)" in told and "(villages.csv)" in told and "(programme.toml)" in told
