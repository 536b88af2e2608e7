"""The evaluator's tutorial: every file in it is written, every command and the notebook's lines are run, in order."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from resettle.cli import cli

TUTORIAL = Path(__file__).parents[3] / "docs" / "tutorial" / "evaluator.md"
FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.M | re.S)
ELSEWHERE = ("make demo",)
"""Run by the demo's own test; here a small programme of the same name lies ready."""


def blocks() -> list[tuple[str, str]]:
    return [(m[1].strip(), m[2]) for m in FENCE.finditer(TUTORIAL.read_text(encoding="utf-8"))]


def test_the_tutorial_runs_as_it_is_printed(
    small_luoyang: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(small_luoyang, tmp_path / "luoyang-2016")
    monkeypatch.chdir(tmp_path)
    ran = 0
    for head, body in blocks():
        kind, _, name = head.partition(" ")
        if name:
            (tmp_path / name).write_text(body, encoding="utf-8")
        elif kind == "python":
            exec(compile(body, "tutorial", "exec"), {})
        else:
            for line in body.splitlines():
                if line in ELSEWHERE:
                    continue
                command = shlex.split(line)
                assert command[0] == "resettle"
                result = CliRunner().invoke(cli, command[1:])
                assert result.exit_code == 0, f"{line}\n{result.output}\n{result.exception!r}"
                ran += 1
    assert ran == 8 and "Support" in capsys.readouterr().out
    made = {p.name for folder in ("satisfaction", "poverty", "index") for p in (tmp_path / folder).iterdir()}
    assert {"pls.svg", "pls.docx", "poverty.R", "index.do", "bundle.json"} <= made
    page = (tmp_path / "luoyang-2016" / "out-evaluation" / "evaluation.html").read_text(encoding="utf-8")
    assert "stated by the office" in page and "92.5" in page
