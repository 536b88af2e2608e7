"""What lies in a programme's ``survey`` and ``interviews`` folders, as tables by their contracts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from resettle.evaluation.contract import CODING, PASSAGE, SAMPLE
from resettle.evaluation.interviews import passages_of
from resettle.evaluation.pack_data import response_table
from resettle.journey.manifest import file_hash
from resettle.journey.pack_tables import read_of_pack
from resettle.problems import Problem
from resettle.tables import Table

FOLDER = "survey"
INTERVIEWS = "interviews"
CODINGS = "codings.csv"
ANSWERS = ("response.csv", "response_synthetic.csv")
"""Real answers, or, only where there are none, those invented for a demo."""


def survey_files(folder: Path, pack: Any) -> list[tuple[Path, Table]]:
    """The survey's files that are there, each with its contract."""
    found = [(folder / FOLDER / "sample.csv", SAMPLE)]
    answers = next((folder / FOLDER / name for name in ANSWERS if (folder / FOLDER / name).exists()), None)
    if answers is not None:
        found.append((answers, response_table(pack)))
    found.append((folder / INTERVIEWS / CODINGS, CODING))
    return [(path, table) for path, table in found if path.exists()]


def read_survey(
    folder: Path, pack: Any
) -> tuple[dict[str, pl.DataFrame], list[Problem], dict[str, str], dict[str, int]]:
    """Sample, answers, passages and codes of a programme folder.

    Notes and transcripts are plain text files ``interviews/<household number>.txt`` or ``.md``; what stands
    behind two underscores is the writer's own (``4100000001__visit-2.txt``). Passages are their paragraphs; a
    translation may stand behind ``||``.

    Returns:
        Tables by name, problems, hashes by file, rows by table.
    """
    tables: dict[str, pl.DataFrame] = {}
    problems: list[Problem] = []
    hashes: dict[str, str] = {}
    for path, table in survey_files(folder, pack):
        tables[table.name], found = read_of_pack(path, table, pack)
        problems += found
        hashes[path.relative_to(folder).as_posix()] = file_hash(path)
    passages, found = read_passages(folder / INTERVIEWS)
    problems += found
    if passages.height:
        tables[PASSAGE.name] = passages
        hashes |= {f"{INTERVIEWS}/{p.name}": file_hash(p) for p in notes_in(folder / INTERVIEWS)}
    return tables, problems, hashes, {name: frame.height for name, frame in tables.items()}


def notes_in(folder: Path) -> list[Path]:
    """Notes and transcripts in name order."""
    if not folder.is_dir():
        return []
    return sorted(p for p in folder.iterdir() if p.suffix.lower() in {".txt", ".md"} and p.stem != "README")


def read_passages(folder: Path) -> tuple[pl.DataFrame, list[Problem]]:
    """Every paragraph of every note, linked to its household by the file's name."""
    parts = [PASSAGE.empty()]
    problems = []
    for path in notes_in(folder):
        try:
            text = path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError:
            problems.append(
                Problem("store.not_a_table", "error", file=path.name, values={"reason": "UTF-8: ?"})
            )
            continue
        parts.append(passages_of(text, path.stem.split("__")[0], path.stem))
    return pl.concat(parts), problems
