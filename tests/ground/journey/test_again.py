"""Only what changed is run again, and the bytes are those of a fresh run; a spoilt entry is never used."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from resettle.journey import again
from resettle.journey.again import FOLDER, Memory
from resettle.journey.programme import load_programme
from resettle.journey.run import Run, run_programme
from resettle.journey.write import write_run
from resettle.store.kept_stages import INDEX, keep, kept
from resettle.tables import Outputs

ALL = {
    "targeting",
    "entitlement",
    "projection",
    "reforms",
    "remedies",
    "siting",
    "funds",
    "supervision",
    "evaluation",
}


def ran(folder: Path, fresh: bool = False) -> tuple[Run, set[str]]:
    memory = Memory(folder, fresh)
    run = run_programme(load_programme(folder)[0], memory=memory)
    return run, set(memory.reused)


def written(run: Run, to: Path) -> dict[str, bytes]:
    write_run(run, to)
    return {p.relative_to(to).as_posix(): p.read_bytes() for p in to.rglob("*") if p.is_file()}


@pytest.fixture
def remembered(own_peach: Path) -> Path:
    """A folder that was run once, every stage kept."""
    assert ran(own_peach)[1] == set()
    return own_peach


def test_nothing_changed_gives_the_bytes_of_a_fresh_run(remembered: Path, tmp_path: Path) -> None:
    run, reused = ran(remembered)
    assert reused == ALL - set(run.not_run)
    alone = run_programme(load_programme(remembered)[0])
    assert written(run, tmp_path / "a") == written(alone, tmp_path / "b")


def test_a_changed_input_runs_what_rests_on_it_and_nothing_else(remembered: Path, tmp_path: Path) -> None:
    path = remembered / "funds.csv"
    funds = pl.read_csv(path, infer_schema=False)
    changed = pl.when(pl.int_range(pl.len()) == 0).then(pl.lit("123.45")).otherwise(pl.col("amount"))
    funds.with_columns(changed.alias("amount")).write_csv(path)
    run, reused = ran(remembered)
    assert {"entitlement", "siting", "projection", "remedies"} <= reused and "funds" not in reused
    alone = run_programme(load_programme(remembered)[0])
    assert written(run, tmp_path / "a") == written(alone, tmp_path / "b")
    roster = pl.read_csv(remembered / "household.csv", infer_schema=False)
    roster.with_columns(pl.lit("2001-01-01").alias("settled_date")).write_csv(remembered / "household.csv")
    run, reused = ran(remembered)
    assert not {"entitlement", "siting", "remedies", "projection"} & reused
    alone = run_programme(load_programme(remembered)[0])
    assert written(run, tmp_path / "a") == written(alone, tmp_path / "b")


def test_a_setting_the_source_and_a_wish_for_it_run_everything(
    remembered: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = remembered / "programme.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("seed = 7", "seed = 8"), encoding="utf-8")
    assert ran(remembered)[1] == set()
    assert ran(remembered, fresh=True)[1] == set()
    monkeypatch.setattr(again, "source_hash", lambda: "another")
    assert ran(remembered)[1] == set()


@pytest.mark.parametrize("spoilt", [INDEX, "entitlement.parquet"])
def test_a_spoilt_entry_is_computed_again(remembered: Path, spoilt: str) -> None:
    path = remembered / FOLDER / "entitlement" / spoilt
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(bytes(raw))
    run, reused = ran(remembered)
    assert "entitlement" not in reused and "siting" in reused
    assert ran(remembered)[1] == ALL - set(run.not_run)
    path.unlink()
    assert "entitlement" not in ran(remembered)[1]


def test_what_a_clock_cut_short_or_json_would_change_is_not_kept(tmp_path: Path) -> None:
    frame = pl.DataFrame({"a": [1, None], "b": ["x", "y"]})
    outputs = Outputs({"t": frame}, [], {"n": 1})
    assert keep(tmp_path / "s", "k", outputs)
    back = kept(tmp_path / "s", "k")
    assert back is not None and back.tables["t"].equals(frame) and back.facts == {"n": 1}
    assert kept(tmp_path / "s", "other") is None and kept(tmp_path / "none", "k") is None
    assert not keep(tmp_path / "s2", "k", replace(outputs, facts={"n": (1, 2)}))
    cut = Outputs({"t": pl.DataFrame({"status": ["time_limit"]})}, [], {})
    assert again.RAN_OUT in str(again.outputs_said(cut))
