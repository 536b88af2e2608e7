"""``resettle check`` and ``resettle add`` as an office calls them."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import polars as pl
from click.testing import CliRunner
from tests.ground.registry.rosters import ID, households, workbook

from resettle.cli.check import command as check


def test_check_answers_and_writes_the_clean_tables(tmp_path: Path) -> None:
    rows = households()
    rows[1][ID] = "12"
    for row in rows:
        row[1] = None
    path = workbook(tmp_path / "r.xlsx", rows)
    arguments = [str(path), "--out", str(tmp_path / "out"), "--as-of", "2016-12-31", "--json"]
    result = CliRunner().invoke(check, arguments, standalone_mode=False)
    assert result.return_value == 1, result.output
    counts = json.loads(result.stdout)["counts"]
    assert counts == counts | {"read": 12, "accepted": 11, "quarantined": 1}
    assert openpyxl.load_workbook(tmp_path / "out" / "problems.xlsx").worksheets[1].max_row == 2
    assert pl.read_parquet(tmp_path / "out" / "tables" / "person.parquet").height == 11
    visits = pl.read_csv(tmp_path / "out" / "visit_first.csv", infer_schema=False)
    disagreeing = visits.filter(pl.col("reason") == "problem")
    assert disagreeing["household_id"].to_list() == [rows[1][2]]
    assert visits["household_id"][0] == rows[1][2]


def test_check_of_a_damaged_file_says_so_and_does_not_raise(tmp_path: Path) -> None:
    path = tmp_path / "r.xlsx"
    path.write_bytes(b"PK\x03\x04 cut off")
    result = CliRunner().invoke(check, [str(path), "--json"], standalone_mode=False)
    assert result.return_value == 1 and result.exception is None
    assert [p["code"] for p in json.loads(result.stdout)["problems"]] == ["registry.file_damaged"]
