"""A second run gives the same bytes, the order of rows changes nothing, and every row is accounted for."""

from __future__ import annotations

import json
import random
import zipfile
from hashlib import sha256
from pathlib import Path

import polars as pl
import pytest

from resettle.journey.programme import load_programme
from resettle.journey.run import Run, run_programme
from resettle.journey.write import write_run
from resettle.policy import Pack
from resettle.store.cells import read_cells
from resettle.store.table_files import read_parquet_folder


def _hashes(out: Path) -> dict[str, str]:
    return {p.name: sha256(p.read_bytes()).hexdigest() for p in sorted((out / "tables").iterdir())}


def test_a_second_run_leaves_the_same_bytes(own_peach: Path) -> None:
    before, manifest = _hashes(own_peach / "out"), (own_peach / "out" / "manifest.json").read_bytes()
    report = (own_peach / "out" / "report.html").read_bytes()
    write_run(run_programme(load_programme(own_peach)[0]), own_peach / "out")
    assert _hashes(own_peach / "out") == before and "tables.xlsx" in before
    assert (own_peach / "out" / "manifest.json").read_bytes() == manifest
    assert (own_peach / "out" / "report.html").read_bytes() == report


def test_the_order_of_roster_rows_changes_nothing(own_peach: Path, peach_run: Run) -> None:
    rng = random.Random(5)
    sheets, _ = read_cells(own_peach / "roster.xlsx")
    (own_peach / "roster.xlsx").unlink()
    for number, sheet in enumerate(sheets):
        rows = sheet.cells.rows()
        first = next(
            i for i, row in enumerate(rows) if any(v and v.startswith("PS0") and len(v) == 10 for v in row)
        )
        body = rows[first:]
        rng.shuffle(body)
        lines = [",".join("" if c is None else f'"{c}"' for c in row) for row in [*rows[:first], *body]]
        (own_peach / f"roster-{number}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    run = run_programme(load_programme(own_peach)[0])
    assert run.facts["registry"] == peach_run.facts["registry"]
    for name, frame in peach_run.tables.items():
        # Where a row stood in the sheet is the one thing that may change.
        own = [c for c in frame.columns if not c.startswith(("source_", "rid"))]
        key = [c for c in own if frame[c].dtype != pl.Float64]
        mine, theirs = run.tables[name].select(own).sort(key), frame.select(own).sort(key)
        assert [c for c in own if not mine[c].equals(theirs[c])] == [], name


def test_every_row_is_counted_in_and_out(peach: Path, peach_run: Run) -> None:
    manifest = json.loads((peach / "out" / "manifest.json").read_text(encoding="utf-8"))
    counts = manifest["facts"]["registry"]
    assert counts["accepted"] + counts["quarantined"] == counts["read"] > 0
    rows = {c["table"]: c["rows_out"] for c in manifest["row_counts"]}
    tables = read_parquet_folder(peach / "out" / "tables")
    assert rows == {name: frame.height for name, frame in tables.items()}
    assert (rows["household"], rows["person"]) == (240, 1020)
    assert manifest["tables_sha256"] == {f"tables/{k}": v for k, v in _hashes(peach / "out").items()}
    assert manifest["pack"]["content_sha256"] == peach_run.pack.content_hash
    assert (
        manifest["inputs_sha256"]["roster.xlsx"] == sha256((peach / "roster.xlsx").read_bytes()).hexdigest()
    )
    assert all(p["source"] for p in manifest["parameters"]) and manifest["settings"]["seed"] == 7
    assert {"python", "polars", "highspy"} <= set(manifest["libraries"])


def test_inventories_said_to_be_finished_are_summed(peach_run: Run) -> None:
    assert peach_run.programme.options["finished"] == [
        "household",
        "plot",
        "structure",
        "tree",
        "grave",
        "business",
        "lease",
    ]
    assert peach_run.tables["household"]["plot_listed"].all()


def _texts(out: Path) -> dict[str, str]:
    """All text of everything a run leaves, archives unpacked; ``problems.xlsx`` goes back to the office."""
    found = {}
    for path in sorted(p for p in out.rglob("*") if p.is_file() and p.name != "problems.xlsx"):
        if path.suffix == ".parquet":
            frame = pl.read_parquet(path)
            found[path.name] = frame.select(pl.col(pl.String)).write_csv()
        elif zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                found[path.name] = "".join(
                    archive.read(n).decode("utf-8", "replace") for n in archive.namelist()
                )
        else:
            found[path.name] = path.read_text(encoding="utf-8")
    return found


@pytest.mark.parametrize("folder", ["peach", "small_luoyang"])
def test_identity_numbers_never_leave_the_roster(folder: str, request: pytest.FixtureRequest) -> None:
    place: Path = request.getfixturevalue(folder)
    division = "999999" if folder == "peach" else "419900"
    cells = [v for s in read_cells(place / "roster.xlsx")[0] for c in s.cells.columns for v in s.cells[c]]
    numbers = {v for v in cells if v and len(v) == 18 and v.startswith(division)}
    assert len(numbers) >= 300
    texts = _texts(place / "out")
    assert {"manifest.json", "report.html", "household.parquet", "tables.xlsx"} <= set(texts)
    for name, text in texts.items():
        assert not [n for n in numbers if n in text], name


def test_the_papers_families_are_explained_and_nothing_is_paid(
    small_luoyang: Path, luoyang_pack: Pack
) -> None:
    programme, _ = load_programme(small_luoyang)
    tables = read_parquet_folder(small_luoyang / "out" / "tables")
    named = programme.options["examples"]
    assert len(named) == 4 and set(named) <= set(tables["household"]["household_id"])
    assert set(programme.options["example_titles"]) == set(named)
    assert not (small_luoyang / "payments.csv").exists() and "payment" not in tables
    assert tables["fund_flow_finding"].height == 0
    status = dict(
        tables["fund_position"].filter(pl.col("measure") == "norm").select("source", "status").rows()
    )
    assert status["provincial_municipal"] == status["special_construction"] == "repaired"
    classes = tables["household"].group_by("household_class").agg(pl.len(), pl.col("member_count").sum())
    assert sorted(classes.rows()) == [("co_mover", 20, 80), ("registered_poor", 80, 305)]
    co_movers = tables["household"].filter(pl.col("household_class") == "co_mover")["household_id"]
    assert co_movers.n_unique() == 20 and not co_movers.str.contains("419900").any()
    assert luoyang_pack.id == programme.pack
