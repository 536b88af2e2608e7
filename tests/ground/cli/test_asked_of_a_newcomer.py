"""What a newcomer meets: a demo of another size, a place that may not be written, names no system takes, broken settings."""

from __future__ import annotations

import ctypes
import json
import os
import re
import subprocess
import sys
import tomllib
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result

from resettle.cli import cli
from resettle.journey.inputs import pack_or_raise
from resettle.store.folder import safe_stem
from resettle.words import LANGUAGES
from resettle.words.broken import broken

WINDOWS = re.compile(r'[<>:"/\\|?*\x00-\x1f]|[. ]$')
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def _call(*args: object) -> Result:
    return CliRunner().invoke(cli, [str(a) for a in args])


# -- --scale ---------------------------------------------------------------------------------------------
def test_scale_draws_so_many_times_the_households_and_the_run_counts_them(
    tmp_path: Path, peach: Path
) -> None:
    found = _call("demo", tmp_path / "twice", "--pack", "peach_spring", "--scale", 2, "--json")
    assert found.exit_code == 0, found.stderr
    rows = {c["table"]: c["rows_out"] for c in json.loads(found.stdout)["counts"]}
    once = {n: pl.read_parquet(peach / f"out/tables/{n}.parquet").height for n in ("household", "person")}
    assert rows["household"] == 2 * once["household"] and rows["person"] == 2 * once["person"]
    ids = pl.read_parquet(tmp_path / "twice/out/tables/household.parquet")["household_id"]
    assert ids.n_unique() == ids.len()


@pytest.mark.parametrize("scale", ["0", "-1", "1001", "two"])
def test_a_scale_that_cannot_be_drawn_is_refused_before_anything_is_written(
    tmp_path: Path, scale: str
) -> None:
    found = _call("demo", tmp_path / "x", "--scale", scale)
    assert found.exit_code == 2 and "--scale" in found.stderr and not list(tmp_path.iterdir())


# -- a folder that may not be written ---------------------------------------------------------------------
READ_ONLY = """
import os, sys
folder = sys.argv[1]
for place, folders, files in os.walk(folder, topdown=False):
    for name in files:
        os.chmod(os.path.join(place, name), 0o444)
    os.chmod(place, 0o555)
try:
    open(os.path.join(folder, "probe"), "w")
except PermissionError:
    print("forbidden", flush=True)
from resettle.cli import main
sys.argv = ["resettle", "run", folder]
main()
"""


def _without_roots_right_to_write() -> None:
    """Take from the child what lets root write anywhere; it can still read the interpreter's own folders."""
    drop_from_bounding_set, dac_override = 24, 1  # linux/prctl.h, linux/capability.h
    ctypes.CDLL(None, use_errno=True).prctl(drop_from_bounding_set, dac_override, 0, 0, 0)


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or (os.geteuid() == 0 and sys.platform != "linux"),
    reason="no rights of this kind, or an administrator whose right to write cannot be taken here",
)
def test_a_folder_that_may_only_be_read_keeps_its_results_and_the_sentence_says_why(own_peach: Path) -> None:
    assert _call("run", own_peach).exit_code == 0
    try:
        found = subprocess.run(
            [sys.executable, "-c", READ_ONLY, str(own_peach)],
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
            env=os.environ | {"RESETTLE_LANG": "zh"},
            preexec_fn=_without_roots_right_to_write if os.geteuid() == 0 else None,
        )
    finally:
        own_peach.chmod(0o755)
        for path in own_peach.rglob("*"):
            path.chmod(0o755)
    assert found.stdout.startswith("forbidden"), "the folder could be written: the test would prove nothing"
    assert found.returncode == 1 and "这里不允许写入" in found.stderr and ".partial" not in found.stderr
    assert "Traceback" not in found.stderr
    assert (own_peach / "out/report.html").stat().st_size and not list(own_peach.glob("*.partial"))


# -- names ------------------------------------------------------------------------------------------------
def test_every_file_of_a_demo_and_its_results_has_a_name_windows_takes(peach: Path) -> None:
    names = [p.name for p in peach.rglob("*")]
    assert len(names) > 50
    assert not [n for n in names if WINDOWS.search(n) or RESERVED.fullmatch(n)]
    assert len({str(p).lower() for p in peach.rglob("*")}) == len(names)


ODD = ("A/1", "A:1", "A*1", "CON", "nul", "户 1.", "x" * 300, "..", "", "PS00000000")


def test_no_two_numbers_share_the_name_of_a_file_and_each_name_is_one_everywhere() -> None:
    stems = [safe_stem(text) for text in ODD]
    assert len({s.lower() for s in stems}) == len(ODD) and stems[-1] == ODD[-1]
    assert not [s for s in stems if WINDOWS.search(s) or RESERVED.fullmatch(s) or len(s) > 100 or not s]


def test_letters_to_numbers_that_are_no_names_are_all_written(own_peach: Path, tmp_path: Path) -> None:
    path = own_peach / "out/tables/household.parquet"
    frame = pl.read_parquet(path)
    first, second = frame["household_id"][:2]
    odd = {first: "A/1", second: "A:1"}
    frame.with_columns(pl.col("household_id").replace(odd)).write_parquet(path)
    found = _call("letter", own_peach, "A/1", "A:1", "--html", "--out", tmp_path / "letters", "--json")
    assert (found.exit_code in (0, 1) and found.exception is None) or isinstance(found.exception, SystemExit)
    pages = [p for p in json.loads(found.stdout)["files"] if p.endswith(".html")]
    assert len(set(pages)) == 2 and all(Path(p).parent == tmp_path / "letters" for p in pages)


# -- the manifest, item by item ---------------------------------------------------------------------------
def test_the_manifest_records_everything_a_run_rested_on(peach: Path) -> None:
    data = json.loads((peach / "out/manifest.json").read_text(encoding="utf-8"))
    given = {p.name for p in peach.iterdir() if p.is_file() and p.suffix in (".csv", ".xlsx", ".toml")}
    assert given <= set(data["inputs_sha256"])
    for name, digest in data["inputs_sha256"].items():
        assert sha256((peach / name).read_bytes()).hexdigest() == digest, name
    pack = pack_or_raise("peach_spring")
    assert data["pack"] == {"id": pack.id, "version": pack.version, "content_sha256": pack.content_hash}
    settings = tomllib.loads((peach / "programme.toml").read_text(encoding="utf-8"))
    assert data["settings"]["seed"] == settings["seed"] and data["settings"]["as_of"] == str(
        settings["as_of"]
    )
    used = {p["parameter"]: p for p in data["parameters"]}
    assert len(used) > 10 and all(p["source"] and (p["from"] or p["until"] is None) for p in used.values())
    assert (
        used["area_per_person_dm2"]["value"] == 2500 and used["area_per_person_dm2"]["from"] == "2024-01-01"
    )
    for library in ("polars", "numpy", "duckdb", "highspy"):
        assert data["libraries"][library] == version(library)
    tables = {p.stem: pl.read_parquet(p).height for p in (peach / "out/tables").glob("*.parquet")}
    counted = {c["table"]: c["rows_out"] for c in data["row_counts"]}
    assert {name: counted.get(name) for name in tables} == tables
    stages = {c["stage"] for c in data["row_counts"] if c["rows_in"]}
    assert {"registry", "entitlement", "siting", "funds"} <= stages
    for name, digest in data["tables_sha256"].items():
        path = peach / "out" / name
        assert sha256(path.read_bytes()).hexdigest() == digest, name
    assert data["repeatable"] is True


# -- settings that cannot be read -------------------------------------------------------------------------
BROKEN = {
    'a = "x\n': ("第1行", "引号"),
    "a = 'x": ("文件末尾", "引号"),
    'a = "C:\\Users"': ("第1行", "反斜杠"),
    "a = “x”": ("第1行", "英文引号"),
    "b = 1\na 1": ("第2行", "="),
    "[x]\n[x]": ("第2行", "只留一个"),
    "a = 1 2": ("第1行", "另起一行"),
    "a = [1, 2\nb = 1": ("第2行", "括号"),
    "a = 2016-02-30": ("第1行", "2016-12-31"),
    "= 3": ("第1行", "小节"),
}


@pytest.mark.parametrize("text", BROKEN)
def test_broken_settings_say_place_and_remedy_in_the_readers_language(text: str) -> None:
    with pytest.raises(tomllib.TOMLDecodeError) as caught:
        tomllib.loads(text)
    told, row = broken(caught.value)
    place, remedy = BROKEN[text]
    assert place in told["zh"] and remedy in told["zh"]
    assert row is None or f"line {row}" in told["en"]
    assert not re.search(r"[A-Za-z]{6,}", told["zh"].replace("UTF-8", ""))


def test_a_file_of_another_encoding_says_so_with_its_line() -> None:
    with pytest.raises(UnicodeDecodeError) as caught:
        'a = 1\ntitle = "搬迁"'.encode("gb18030").decode("utf-8")
    told, row = broken(caught.value)
    assert row == 2 and "UTF-8" in told["zh"] and "line 2" in told["en"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_broken_programme_ends_with_1_and_the_line(own_peach: Path, language: str) -> None:
    path = own_peach / "programme.toml"
    path.write_text(path.read_text("utf-8").replace("seed = ", "seed ", 1), encoding="utf-8")
    found = CliRunner().invoke(cli, ["run", str(own_peach)], env={"RESETTLE_LANG": language})
    line = next(i for i, t in enumerate(path.read_text("utf-8").splitlines(), 1) if t.startswith("seed "))
    problem = found.exception.problems[0]  # type: ignore[union-attr]
    reason = problem.values["reason"][language]
    assert ("第%d行" if language == "zh" else "line %d,") % line in reason
