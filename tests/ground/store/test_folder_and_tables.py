"""Results are whole or not there; tables survive the way out and back; nothing a user typed is run."""

from __future__ import annotations

import errno
import os
import shutil
import zipfile
from datetime import date
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from resettle.journey.run import Run
from resettle.journey.write import write_run
from resettle.store.folder import replaced_folder
from resettle.store.table_files import read_table, write_csv, write_workbook
from resettle.tables import FUND, PAYMENT, SITE, VILLAGE, Column, Table


def _held(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()
    }


def test_a_full_disk_leaves_the_former_results(
    own_peach: Path, peach_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = _held(own_peach)

    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_run(peach_run, own_peach / "out")
    assert _held(own_peach) == before


@pytest.mark.parametrize("fault", [KeyboardInterrupt, RuntimeError])
def test_an_interrupt_leaves_the_former_results(tmp_path: Path, fault: type[BaseException]) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a").write_text("old")
    with pytest.raises(fault), replaced_folder(tmp_path / "out") as new:
        (new / "a").write_text("half")
        raise fault
    assert _held(tmp_path) == {"out/a": b"old"}


def test_the_next_run_mends_what_a_killed_one_left(tmp_path: Path) -> None:
    for name in (".out.partial", ".out.previous"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a").write_text(name)
    with pytest.raises(RuntimeError), replaced_folder(tmp_path / "out"):
        raise RuntimeError
    assert _held(tmp_path) == {"out/a": b".out.previous"}
    shutil.copytree(tmp_path / "out", tmp_path / ".out.previous")
    with replaced_folder(tmp_path / "out") as new:
        (new / "a").write_text("new")
    assert _held(tmp_path) == {"out/a": b"new"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_every_encoding_reads_the_same(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "funds.csv"
    path.write_bytes("fund_id,measure,amount,source_note\nB1,budget,12.5,县财政局\n".encode(encoding))
    frame, problems = read_table(path, FUND)
    assert frame.select("amount_minor", "source_note").rows() == [(1250, "县财政局")] and problems == []


def test_faults_are_told_with_the_row_as_the_user_counts(tmp_path: Path) -> None:
    path = tmp_path / "funds.csv"
    path.write_text(
        "fund_id,measure,amount,wish\n\nB1,budget,1,000,x\nB2,hope,5,\nB3,budget,many,\nB4,need,7,\nB4,need,8,\n",
        encoding="utf-8",
    )
    frame, problems = read_table(path, FUND)
    assert frame["fund_id"].to_list() == ["B4"]
    assert {(p.code, p.row) for p in problems} == {
        ("store.column_unknown", None),
        ("store.row_ragged", 3),
        ("table.value_refused", 4),
        ("table.value_refused", 5),
        ("table.key_repeated", 7),
    }
    path.write_text(" \n", encoding="utf-8")
    assert [p.code for p in read_table(path, FUND)[1]] == ["store.file_empty"]
    path.write_bytes(b"\x00\x01\x02")
    assert [p.code for p in read_table(path, FUND)[1]] == ["store.not_a_table"]


def test_a_fault_names_the_head_the_cell_and_the_range_as_the_file_has_them(tmp_path: Path) -> None:

    table = Table(
        "plot",
        ("plot_id",),
        (Column("plot_id", "text"), Column("taken_dm2", "integer", "dm2", low=0, high=100_000)),
    )
    path = tmp_path / "plot.csv"
    path.write_text('plot_id,taken_m2\na,12.5\nb,-3\nc,much\nd,"3,5"\ne,"1,000"\n', encoding="utf-8")
    frame, problems = read_table(path, table)
    assert frame["taken_dm2"].to_list() == [1250, None, None, None, 100_000]
    assert [(p.row, p.column, p.value, p.nearest) for p in problems] == [
        (3, "taken_m2", "-3", "0..1000"),
        (4, "taken_m2", "much", "0..1000"),
        (5, "taken_m2", "3,5", "0..1000"),
    ]


def test_out_and_back_is_the_same_table(peach_run: Run, tmp_path: Path) -> None:
    for table in (FUND, PAYMENT, SITE, VILLAGE):
        own = table.shape(peach_run.tables[table.name])
        write_csv(own, table, tmp_path / "t.csv")
        back, problems = read_table(tmp_path / "t.csv", table)
        assert back.equals(own) and problems == []


def test_text_that_looks_like_a_formula_stays_text(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {"a": ["=1+1", "+1", "@x", "http://x.y"], "b": [1.5, float("nan"), None, float("inf")]}
    )
    write_workbook({"t": frame}, tmp_path / "t.xlsx")
    with zipfile.ZipFile(tmp_path / "t.xlsx") as book:
        sheet = book.read("xl/worksheets/sheet2.xml").decode()
    assert "<f>" not in sheet and "hyperlink" not in sheet and "=1+1" in sheet


def test_every_cell_of_the_workbook_reads_back(tmp_path: Path) -> None:
    long = "长" * 40_000
    frame = pl.DataFrame(
        {
            "text": ["<&> \"'", " a\nb ", None, "_x0041_\x07", long, ""],
            "whole": [1, -(2**53), None, 0, 7, 9],
            "share": [0.1, 1e-9, None, float("inf"), 1e21, -2.5],
            "flag": [True, False, None, True, False, True],
            "day": [date(2016, 2, 29), date(1970, 1, 1), None, date(2100, 1, 1), None, date(1950, 3, 1)],
        }
    )
    write_workbook({"a" * 40: frame, "none": frame.head(0)}, tmp_path / "t.xlsx")
    book = openpyxl.load_workbook(tmp_path / "t.xlsx")
    assert book.sheetnames == ["contents", "a" * 31, "none"]
    assert [c.value for c in book["none"][1]] == frame.columns
    head, *rows = book["a" * 31].iter_rows(values_only=True)
    assert list(head) == frame.columns and book["a" * 31].freeze_panes == "A2"
    days = [None if row[4] is None else row[4].date() for row in rows]
    assert days == frame["day"].to_list()
    assert [row[1] for row in rows] == frame["whole"].to_list()
    assert [row[2] for row in rows] == [0.1, 1e-9, None, None, 1e21, -2.5]
    assert [row[3] for row in rows] == frame["flag"].to_list()
    texts = [row[0] for row in rows]
    assert texts[:3] == ["<&> \"'", " a\nb ", None] and texts[5] is None
    assert openpyxl.utils.escape.unescape(texts[3]) == "_x0041_\x07"
    assert texts[4] == "长" * 32_766 + "…"


def test_the_workbook_has_the_same_bytes_again(tmp_path: Path) -> None:
    frame = pl.DataFrame({"a": ["x", None], "b": [1, 2]})
    for name in ("one.xlsx", "two.xlsx"):
        write_workbook({"t": frame}, tmp_path / name)
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()
