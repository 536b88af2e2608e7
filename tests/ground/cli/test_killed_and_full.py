"""Real faults: a process interrupted or killed in the middle of writing, and files that may grow no further."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from resettle.journey.again import FOLDER as KEPT
from resettle.journey.inputs import pack_or_raise
from resettle.journey.new import write_new
from resettle.outreach import Letter

resource = pytest.importorskip("resource", reason="limits of a process are a matter of POSIX")

HEADS = "户编号,姓名,与户主关系,性别,出生日期,村代码"
ROW = "A001,李大山,户主,男,1970-01-01,410325210201"
PAUSED = """
import time, {module} as m
real = m.{function}
def half_way(*given, **named):
    result = real(*given, **named)
    print("half way", flush=True)
    time.sleep(120)
    return result
m.{function} = half_way
from resettle.cli import main
main()
"""
PLAIN = "from resettle.cli import main; main()"


def held(folder: Path) -> dict[str, bytes]:
    """Every file of it but what is kept of single stages, which is sealed entry by entry."""
    files = (p for p in folder.rglob("*") if p.is_file() and KEPT not in p.parts)
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in files}


def limited(size: int) -> Callable[[], None]:
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def call(script: str, *args: str, cwd: Path, size: int | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", script, *args],
        cwd=cwd,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        env=os.environ | {"RESETTLE_LANG": "en", "NUMBA_DISABLE_JIT": "0"},
        preexec_fn=None if size is None else limited(size),
    )


def stopped(number: int, script: str, *args: str, cwd: Path) -> tuple[int, str]:
    """Send a signal to a process that stands half way; its exit code and what it said.

    A process started behind a shell's ``&`` inherits that interrupts are ignored, and so would the one begun here.
    """
    heard = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    process = subprocess.Popen(
        [sys.executable, "-c", heard + script, *args],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if line.strip() == "half way":
                break
        process.send_signal(number)
        _, said = process.communicate(timeout=100)
    finally:
        process.kill()
    return process.returncode, said


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A programme of one person, with former results."""
    target = tmp_path / "one"
    write_new(target, pack_or_raise("cn_luoyang"), "cn_luoyang", 2017)
    (target / "roster.csv").write_text(f"{HEADS}\n{ROW}\n", encoding="utf-8")
    (target / "out").mkdir()
    (target / "out" / "manifest.json").write_text("former", encoding="utf-8")
    (target / "pseudonym.key").write_text("00" * 32, encoding="utf-8")
    return target


WRITING = PAUSED.format(module="resettle.journey.write", function="write_workbook")


def test_an_interrupted_run_leaves_the_former_results_and_says_so(folder: Path) -> None:
    before = held(folder)
    code, said = stopped(signal.SIGINT, WRITING, "run", "one", cwd=folder.parent)
    assert code == 130 and "former results are untouched" in said and "Traceback" not in said
    assert held(folder) == before


def test_a_killed_run_leaves_the_former_results_and_the_next_sweeps_up(folder: Path) -> None:
    before = held(folder)
    code, _ = stopped(signal.SIGKILL, WRITING, "run", "one", cwd=folder.parent)
    assert code == -signal.SIGKILL
    now = held(folder)
    left = {name for name in now if name not in before}
    assert left and all(name.startswith(".out.partial/") for name in left)
    assert {name: now[name] for name in before} == before
    done = call(PLAIN, "run", "one", cwd=folder.parent)
    assert done.returncode in (0, 1) and "Traceback" not in done.stderr
    assert not list(folder.glob(".out*")) and held(folder)["out/manifest.json"] != b"former"


@pytest.mark.parametrize(
    ("args", "module", "function"),
    [
        (("new", "fresh", "--pack", "cn_luoyang"), "resettle.journey.new", "write_csv"),
        (("demo", "fresh", "--pack", "peach_spring"), "resettle.journey.demo", "write_roster"),
    ],
    ids=["new", "demo"],
)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_folder_is_whole_or_not_there(
    tmp_path: Path, args: tuple[str, ...], module: str, function: str, number: int
) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    script = PAUSED.format(module=module, function=function)
    code, said = stopped(number, script, *args, cwd=tmp_path)
    assert code == (130 if number == signal.SIGINT else -signal.SIGKILL) and "Traceback" not in said
    assert not (tmp_path / "fresh").exists()
    assert [p.name for p in tmp_path.iterdir() if not p.name.startswith(".")] == ["mine.txt"]
    if number == signal.SIGINT:
        assert not list(tmp_path.glob(".fresh*"))
    elif args[0] == "new":
        assert call(PLAIN, *args, cwd=tmp_path).returncode == 0
        assert (tmp_path / "fresh" / "programme.toml").exists() and not list(tmp_path.glob(".fresh*"))


@pytest.mark.parametrize("size", [400, 30_000])
def test_no_room_for_the_results_leaves_the_former_ones(folder: Path, size: int) -> None:
    before = held(folder)
    done = call(PLAIN, "run", "one", cwd=folder.parent, size=size)
    assert done.returncode == 1 and "Traceback" not in done.stderr, done.stderr
    assert "could not be written" in done.stderr and "former results are untouched" in done.stderr
    assert held(folder) == before


@pytest.mark.parametrize(
    "args",
    [
        ("new", "fresh", "--pack", "cn_luoyang"),
        ("demo", "fresh", "--pack", "peach_spring"),
        ("add", "one", "more.csv"),
    ],
    ids=lambda args: args[0],
)
def test_no_room_for_a_folder_or_a_file_leaves_nothing_half_written(
    folder: Path, args: tuple[str, ...]
) -> None:
    (folder.parent / "more.csv").write_text(f"{HEADS}\n" + f"{ROW}\n" * 20, encoding="utf-8")
    before = held(folder.parent)
    done = call(PLAIN, *args, cwd=folder.parent, size=300)
    assert done.returncode == 1 and "Traceback" not in done.stderr, done.stderr
    assert "could not be written" in done.stderr
    assert held(folder.parent) == before


def test_files_of_ones_own_are_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "villages.csv").write_text("mine", encoding="utf-8")
    done = call(PLAIN, "new", ".", "--pack", "cn_luoyang", cwd=tmp_path)
    assert done.returncode == 1 and "villages.csv" in done.stderr
    assert held(tmp_path) == {"villages.csv": b"mine"}


def test_letters_to_everybody_are_whole_or_as_before(
    own_peach: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from click.testing import CliRunner

    from resettle.cli.letter import command
    from resettle.outreach import typeset

    out = tmp_path / "letters"
    arguments = [str(own_peach), "--all", "--html", "--lang", "en", "--out", str(out)]
    assert CliRunner().invoke(command, arguments).exit_code == 0
    before = {p.name: p.read_bytes() for p in (out / "all-en").iterdir()}
    assert len(before) > 3
    calls = iter(range(100))
    whole = typeset.letters_html

    def interrupted(letters: list[Letter]) -> str:
        if next(calls) == 2:
            raise KeyboardInterrupt
        return whole(letters)

    monkeypatch.setattr("resettle.outreach.letters_html", interrupted)
    assert CliRunner().invoke(command, arguments).exit_code != 0
    assert {p.name: p.read_bytes() for p in (out / "all-en").iterdir()} == before
    assert [p.name for p in out.iterdir()] == ["all-en"]
