"""Every command keeps the same promises: a real example, JSON alone on standard output, exit codes, messages aside."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from resettle.cli import cli


def _commands() -> Iterator[tuple[str, click.Command]]:
    top = click.Context(cli)
    for name in cli.list_commands(top):  # type: ignore[attr-defined]
        command = cli.get_command(top, name)  # type: ignore[attr-defined]
        yield name, command
        if isinstance(command, click.Group):
            for inner in command.list_commands(click.Context(command)):
                found = command.get_command(click.Context(command), inner)
                assert found is not None
                yield f"{name} {inner}", found


COMMANDS = dict(_commands())
LEAVES = [name for name, command in COMMANDS.items() if not isinstance(command, click.Group)]
WAYS = re.compile(r"resettle (.+?)(?=\n\s*\n|\n\s*resettle|\Z)", re.S)


def _call(*args: object) -> Result:
    return CliRunner().invoke(cli, [str(a) for a in args])


def _parsed(words: list[str]) -> None:
    """Read an example with the command's own parser: each option is one it has, each value one it takes."""
    command: click.Command = cli
    parent = None
    while isinstance(command, click.Group):
        context = click.Context(command, parent, words[0])
        name = words[0]
        found = command.get_command(context, name)
        if found is None:  # a group with a first command of its own, as ``site FOLDER``
            name, found, words = command.resolve_command(context, words)[:3]  # type: ignore[assignment]
        else:
            words = words[1:]
        command, parent = found, context  # type: ignore[assignment]
    values, rest, _ = command.make_parser(click.Context(command, parent)).parse_args(list(words))
    assert not rest, rest
    for parameter in command.params:
        if isinstance(parameter.type, click.Choice) and values.get(parameter.name or "") is not None:
            given = values[parameter.name or ""]
            for value in given if isinstance(given, (list, tuple)) else [given]:
                parameter.type.convert(value, parameter, None)
        if parameter.required:
            assert values.get(parameter.name or "") not in (None, ()), parameter.name


@pytest.mark.parametrize("name", COMMANDS)
def test_help_has_an_example_of_that_command_which_it_understands(name: str) -> None:
    help_text = COMMANDS[name].help or ""
    assert "Example" in help_text
    examples = [" ".join(found.split()) for found in WAYS.findall(help_text.partition("Example")[2])]
    assert any(f"{example} ".startswith(name.split(" ", 1)[0] + " ") for example in examples), examples
    for example in examples:
        _parsed(shlex.split(example))


@pytest.mark.parametrize("name", LEAVES)
def test_a_program_can_read_every_answer(name: str) -> None:
    flags = {flag for p in COMMANDS[name].params for flag in p.opts}
    assert "--json" in flags and "--lang" in flags


@pytest.mark.parametrize("name", LEAVES)
def test_wrong_use_ends_with_2_and_says_so_on_standard_error(name: str) -> None:
    found = _call(*name.split(), "--nonsense")
    assert found.exit_code == 2
    assert found.stdout == "" and "--nonsense" in found.stderr


ANSWERS: dict[str, list[str]] = {
    "add": ["{folder}", "{folder}/roster.xlsx"],
    "check": ["{folder}/roster.xlsx", "--pack", "peach_spring", "--out", "{tmp}/answer"],
    "evaluate": ["{folder}", "--resamples", "100"],
    "explain": ["{folder}", "PS00000000"],
    "letter": ["{folder}", "PS00000000", "--html", "--out", "{tmp}/letters"],
    "new": ["{tmp}/new", "--pack", "peach_spring"],
    "reconcile": ["{tmp}/report.txt", "--out", "{tmp}/readings"],
    "rules": ["{folder}", "matrix"],
    "run": ["{folder}"],
    "survey plan": ["{folder}"],
    "survey check": ["{folder}/survey/form.xlsx"],
    "whatif": ["{folder}", "{tmp}/change.toml"],
    "why": ["{folder}", "budget"],
    "site plan": ["{folder}", "--time", "5", "--no-plans"],
    "draw commit": [
        "{tmp}/roll.csv",
        "{tmp}/draw",
        "--source",
        "lottery",
        "--moment",
        "2090-01-01T12:00+00:00",
    ],
}


@pytest.mark.parametrize("name", ANSWERS)
def test_json_is_one_document_and_the_code_says_whether_errors_remain(
    name: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    own = "small_luoyang" if name.startswith("survey") else "peach"
    folder = Path(shutil.copytree(request.getfixturevalue(own), tmp_path / "peach"))
    (tmp_path / "report.txt").write_text("共搬迁100户400人，其中甲县60户，乙县30户。\n", encoding="utf-8")
    (tmp_path / "roll.csv").write_text("household_id,tier\nA,0\nB,1\n", encoding="utf-8")
    (tmp_path / "change.toml").write_text("[parameters]\narea_per_person_dm2 = 3000\n", encoding="utf-8")
    if name == "survey check":
        assert _call("survey", "plan", folder).exit_code == 0
    args = [a.format(folder=folder, tmp=tmp_path) for a in ANSWERS[name]]
    found = _call(*name.split(), *args, "--json")
    assert found.exception is None or isinstance(found.exception, SystemExit), found.exception
    data = json.loads(found.stdout)
    severities = {p["severity"] for p in data.get("problems", [])} if isinstance(data, dict) else set()
    assert found.exit_code in (0, 1)
    assert ("error" in severities) == (found.exit_code == 1)
