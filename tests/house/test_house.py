"""The house keeps its own rules: sizes, words, imports, names, docs."""

from __future__ import annotations

import ast
import csv
import re
import tomllib
from pathlib import Path
from string import Formatter

import pytest

from resettle.words import LANGUAGES, sentences

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src" / "resettle").rglob("*.py"))
MODULES = [p for p in SOURCES if p.name != "__init__.py"]

LONGEST_FUNCTION = 70
LONGEST_FILE = 500

INSIDE_ONLY = {
    "units": set(),
    "problems": set(),
    "words": set(),
    "tables": {"polars"},
    "policy": {"polars", "duckdb", "z3", "numpy", "psycopg", "pyspark"},
}
"""Outside packages a foundation room may use, besides the standard library."""

FILE_READERS = {"store", "journey", "cli", "words", "policy"}
"""Rooms that may open files; ``policy`` reads packs, ``words`` its own sentences."""


def functions(path: Path) -> list[tuple[str, int]]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [
        (node.name, (node.end_lineno or 0) - node.lineno + 1)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def imports(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def room(path: Path) -> str:
    parts = path.relative_to(ROOT / "src" / "resettle").parts
    return parts[0].removesuffix(".py")


def test_files_fit_a_room_and_functions_a_screen() -> None:
    tests = sorted(Path(__file__).parents[1].rglob("*.py"))
    long_files = [
        p.name for p in (*SOURCES, *tests) if len(p.read_text(encoding="utf-8").splitlines()) > LONGEST_FILE
    ]
    long_functions = [f"{p.name}:{n} ({k})" for p in SOURCES for n, k in functions(p) if k > LONGEST_FUNCTION]
    assert not long_files
    assert not long_functions


def test_every_public_module_says_what_it_is_for() -> None:
    silent = [str(p) for p in SOURCES if not ast.get_docstring(ast.parse(p.read_text(encoding="utf-8")))]
    assert not silent


def test_no_room_is_a_lumber_room() -> None:
    refused = {"utils", "helpers", "common", "manager", "misc", "util"}
    assert not [p for p in MODULES if p.stem in refused]


def test_every_language_holds_the_same_sentences_with_the_same_places() -> None:
    first, *others = LANGUAGES
    for other in others:
        assert set(sentences(first)) == set(sentences(other))
        for key, text in sentences(first).items():
            places = {name for _, name, _, _ in Formatter().parse(text) if name}
            there = {name for _, name, _, _ in Formatter().parse(sentences(other)[key]) if name}
            assert places == there, key


CODE_IN_WORDS = re.compile(r'`[^`]*`|\[[^\[\]]*\]|= "[^"]*"')
"""Code inside a sentence keeps its own punctuation: back-ticked, a list in square brackets, a value after ``= ``."""
HALF_WIDTH = re.compile("[\u3400-\u9fff][,;:?]|[,;:?][\u3400-\u9fff]")


def half_width(text: str) -> list[str]:
    return HALF_WIDTH.findall(CODE_IN_WORDS.sub("", text))


def test_chinese_sentences_use_full_width_punctuation() -> None:
    assert half_width("加权之后,相近") and half_width("可比,%") and half_width("行:{value}")
    assert not half_width('加权之后，相近；写 `甲,乙`、[最低, 最高] 或 name = "姓名,理由"。')
    wrong = {key: found for key, text in sentences("zh").items() if (found := half_width(text))}
    for path in sorted((ROOT / "src" / "resettle_packs").rglob("*.csv")):
        with path.open(encoding="utf-8-sig", newline="") as file:
            for number, cells in enumerate(csv.reader(file), 1):
                wrong |= {f"{path.name}:{number}": half_width(c) for c in cells if half_width(c)}
    for path in sorted((ROOT / "src" / "resettle_packs").rglob("*.toml")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if not line.lstrip().startswith("#") and half_width(line):
                wrong[f"{path.name}:{number}"] = half_width(line)
    assert not wrong


def test_every_problem_a_room_raises_has_its_sentence_and_no_sentence_is_an_orphan() -> None:
    known = {
        k.removeprefix("problem.").removesuffix(".what")
        for k in sentences("en")
        if k.startswith("problem.") and k.endswith(".what")
    }
    text = "\n".join(p.read_text(encoding="utf-8") for p in SOURCES)
    used = set(re.findall(r'Problem\(\s*"([a-z_]+\.[a-z0-9_]+)"', text))
    assert used <= known
    made = {
        code for code in known if code.rsplit("_", 1)[0] + "_{" in text
    }  # codes put together in an f-string
    orphans = {c for c in known - made if c not in text and c.split(".", 1)[1] not in text}
    assert not orphans


@pytest.mark.parametrize("name", sorted(INSIDE_ONLY))
def test_foundation_rooms_use_only_what_they_may(name: str) -> None:
    import sys

    allowed = INSIDE_ONLY[name] | {"resettle"} | set(sys.stdlib_module_names)
    found = {m.split(".")[0] for p in SOURCES if room(p) == name for m in imports(p)}
    assert found <= allowed


def opens_or_reads_the_clock(node: ast.AST) -> bool:
    """A call that opens a file or asks for the time; text already in memory (``BytesIO``) is no file."""
    if not isinstance(node, ast.Call):
        return False
    name = (
        node.func.id
        if isinstance(node.func, ast.Name)
        else node.func.attr
        if isinstance(node.func, ast.Attribute)
        else ""
    )
    if name in {"read_csv", "read_parquet", "scan_parquet", "scan_csv", "read_excel"}:
        given = node.args[0] if node.args else None
        return not (isinstance(given, ast.Call) and getattr(given.func, "attr", "") in {"BytesIO", "encode"})
    owner = node.func.value if isinstance(node.func, ast.Attribute) else None
    is_clock = name in {"today", "now", "utcnow"} and isinstance(owner, ast.Name | ast.Attribute)
    return is_clock or (name == "open" and isinstance(node.func, ast.Name)) or name == "Path"


def test_stages_open_no_files_and_read_no_clock() -> None:
    guilty = [
        f"{p.relative_to(ROOT)}:{node.lineno}"
        for p in SOURCES
        if room(p) not in FILE_READERS | {"report", "outreach", "methods"}
        for node in ast.walk(ast.parse(p.read_text(encoding="utf-8")))
        if opens_or_reads_the_clock(node)
    ]
    assert not guilty


def test_the_import_contract_lists_every_room() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = " ".join(project["tool"]["importlinter"]["contracts"][0]["layers"])
    listed = set(re.findall(r"[a-z_]+", layers))
    there = {
        p.name.removesuffix(".py")
        for p in (ROOT / "src" / "resettle").iterdir()
        if p.name != "__init__.py" and (p.suffix == ".py" or (p / "__init__.py").exists())
    }
    assert there <= listed


def test_every_command_and_option_is_explained_with_an_example() -> None:
    import click

    from resettle.cli import Commands, cli

    assert isinstance(cli, Commands)
    context = click.Context(cli)
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command is not None and command.help, name
        assert f"resettle {name}" in command.help, f"{name}: no example"


def test_nothing_under_a_refused_licence_is_asked_for() -> None:
    from importlib.metadata import PackageNotFoundError, metadata

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"].get("optional-dependencies", {})
    wanted = project["project"]["dependencies"] + [
        r for k, v in extras.items() if k not in {"dev", "bench"} for r in v
    ]
    for requirement in wanted:
        name = re.split(r"[<>=!\[; ]", requirement)[0]
        try:
            about = metadata(name)
        except PackageNotFoundError:
            continue
        free_text = about.get("License") or ""
        licence = " ".join(
            [
                free_text if len(free_text) < 80 else "",
                about.get("License-Expression") or "",
                *(c for c in about.get_all("Classifier") or [] if "License" in c),
            ]
        )
        assert not re.search(r"(?<!L)GPL|Affero|GNU General Public", licence), name
