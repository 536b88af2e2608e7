"""``resettle check`` and ``resettle add`` as an office calls them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
from click.testing import CliRunner
from tests.ground.registry.rosters import HEADS, ID, NAME, households, workbook

from resettle.cli.add import command as add
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


def programme(folder: Path) -> Path:
    folder.mkdir()
    lines = [
        'pack = "cn_luoyang"',
        "plan_year = 2016",
        "as_of = 2016-12-31",
        "seed = 1",
        'scope = "CN-410300"',
    ]
    (folder / "programme.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def added(folder: Path, path: Path) -> dict[str, Any]:
    result = CliRunner().invoke(add, [str(folder), str(path), "--json"], standalone_mode=False)
    found: dict[str, Any] = json.loads(result.stdout)
    assert result.return_value == int(any(p["severity"] == "error" for p in found["problems"])), result.output
    counts = found["counts"]
    assert counts["accepted"] + counts["quarantined"] == counts["read"]
    return found


def test_corrected_rows_handed_in_complete_the_set_and_nothing_wins_by_being_last(tmp_path: Path) -> None:
    rows = households()
    for row in rows:
        row[1] = None
    sound = rows[1][ID]
    rows[1][ID] = sound[:12]
    folder = programme(tmp_path / "county")
    first = added(folder, workbook(tmp_path / "first.xlsx", rows))
    assert first["counts"] == first["counts"] | {"read": 12, "accepted": 11, "quarantined": 1}
    rows[1][ID] = sound
    corrected = added(folder, workbook(tmp_path / "corrected.xlsx", [rows[1]]))
    assert corrected["persons_gained"] == 1
    again = CliRunner().invoke(add, [str(folder), str(tmp_path / "corrected.xlsx")], standalone_mode=False)
    assert again.return_value == 0 and len(list(folder.glob("roster-*"))) == 2
    equal = added(folder, workbook(tmp_path / "equal.xlsx", [rows[2], rows[3]]))
    assert equal["persons_gained"] == 0 and equal["counts"]["joined"] == 2
    other = [*rows[5][:NAME], "别的名字", *rows[5][NAME + 1 :]]
    torn = added(folder, workbook(tmp_path / "other.xlsx", [other]))
    assert torn["persons_gained"] == -1
    assert {p["code"] for p in torn["problems"]} == {"registry.key_conflict"}


def test_a_head_taught_to_a_folder_serves_every_roster_of_it(tmp_path: Path) -> None:
    heads = [*HEADS[:NAME], "搬迁对象", *HEADS[NAME + 1 :]]
    rows = households()
    for row in rows:
        row[1] = None
    folder = programme(tmp_path / "county")
    first = added(folder, workbook(tmp_path / "first.xlsx", rows[:6], heads))
    assert {"registry.heads_not_used"} <= {p["code"] for p in first["problems"]}
    result = CliRunner().invoke(
        check, [str(folder), "--out", str(tmp_path / "a"), "--head", "搬迁对象=姓名"], standalone_mode=False
    )
    assert result.exception is None and (folder / "heads.csv").is_file()
    second = added(folder, workbook(tmp_path / "second.xlsx", rows[6:], heads))
    assert "registry.heads_not_used" not in {p["code"] for p in second["problems"]}
    answered = CliRunner().invoke(check, [str(folder), "--out", str(tmp_path / "b")], standalone_mode=False)
    assert answered.exception is None
    names = pl.read_parquet(tmp_path / "b" / "tables" / "person.parquet")["name"]
    assert sorted(names) == sorted(row[NAME] for row in rows)
