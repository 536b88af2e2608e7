"""The documents say what is there: generated pages are current, links resolve, commands exist."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import click
import pytest

from resettle.cli import cli
from resettle.journey.dictionary import PACKS, all_stages, contracted, written
from resettle.policy import load_pack, run_cases
from resettle.policy.prove import prove
from resettle.words import LANGUAGES

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
GENERATED = written()
FENCE = re.compile(r"```[a-z]*\n(.*?)```", re.DOTALL)


def named(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("name", sorted(GENERATED))
def test_the_generated_reference_is_current(name: str) -> None:
    committed = (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8")
    assert committed == GENERATED[name], "run `make docs`"


def test_every_table_and_column_has_its_names_in_both_languages() -> None:
    assert set(LANGUAGES) == {"zh", "en"}
    tables = contracted() + [r.table for p in PACKS for r in load_pack(p)[0].tables.values()]
    silent = [t.name for t in tables if not (t.zh and t.en)]
    silent += [f"{t.name}.{c.name}" for t in tables for c in t.columns if not (c.zh and c.en)]
    assert not silent


def test_every_table_a_stage_writes_stands_in_the_dictionary() -> None:
    listed = {t.name for t in contracted()}
    assert {t.name for stage in all_stages() for t in stage.provides} <= listed


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    targets = [t.split("#")[0] for t in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in t]
    assert not [t for t in targets if t and not (page.parent / t).exists()]


def commands_named(text: str) -> list[list[str]]:
    """The words after ``resettle`` on lines of fenced blocks and in code spans.

    >>> commands_named("`resettle site plan x` and resettle is fine")
    [['site', 'plan', 'x']]
    """
    lines = [line for block in FENCE.findall(text) for line in block.splitlines()]
    lines += re.findall(r"`(resettle [^`]+)`", FENCE.sub("", text))
    lines = [line.strip().removeprefix("Example: ") for line in lines]
    return [line.split()[1:] for line in lines if re.match(r"resettle [a-z]", line)]


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_command_and_option_in_a_page_exists(page: Path) -> None:
    for words in commands_named(page.read_text(encoding="utf-8")):
        command: click.Command = cli
        for word in words:
            if word.startswith("#"):
                break
            if word.startswith("--"):
                options = {o for p in command.params for o in (*p.opts, *p.secondary_opts)} | {"--help"}
                assert word.split("=")[0] in options, f"{' '.join(words)}: {word}"
            elif isinstance(command, click.Group):
                _, found, _ = command.resolve_command(click.Context(command), [word])
                assert found is not None, f"{' '.join(words)}: {word}"
                command = found


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_no_page_names_a_place_on_somebodys_machine(page: Path) -> None:
    assert not re.findall(r"(?<![\w.])/(?:root|home|work|tmp|Users)/", page.read_text(encoding="utf-8"))


def test_the_pack_of_the_guide_loads_proves_and_works_its_case() -> None:
    folder = ROOT / "docs" / "how-to" / "two_rivers"
    pack, problems = load_pack(folder)
    assert not problems
    assert run_cases(pack) == (1, [])
    proofs = prove(pack, date(2025, 6, 1), pack.scope)
    assert ([p.state for p in proofs[0]], proofs[1]) == (["proved"], [])
    guide = (folder.parent / "write-a-pack.md").read_text(encoding="utf-8")
    there = [f.relative_to(folder).as_posix() for f in folder.rglob("*.*") if "__pycache__" not in f.parts]
    assert [f for f in there if f"two_rivers/{f}" not in guide] == []


def test_the_readme_names_every_command() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    named_there = {words[0] for words in commands_named(text)}
    assert set(cli.list_commands(click.Context(cli))) <= named_there
