"""What the standalone commands share: read data and specification, write results, print the problems."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from resettle.problems import Problem, ResettleError


def read_both(data: Path, spec: Path, sheet: str | None = None) -> tuple[Any, dict[str, Any], list[Problem]]:
    """The data file and the specification.

    Raises:
        ResettleError: if either cannot be read.
    """
    from resettle.store.data_files import read_data

    try:
        given = tomllib.loads(spec.read_text(encoding="utf-8-sig"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        problem = Problem(
            "data_files.spec_unreadable", "error", file=spec.name, values={"reason": str(error)}
        )
        raise ResettleError(problem) from error
    found, problems = read_data(data, sheet)
    if found is None:
        raise ResettleError(problems)
    return found, given, problems


def used_rows(name: str, frame: pl.DataFrame, columns: Sequence[str]) -> dict[str, str]:
    """The columns the specification reads as a CSV of the bundle, which its R and Stata scripts read whatever the
    format of the user's own file; other columns stay where they are."""
    kept = [c for c in dict.fromkeys(columns) if c in frame.columns]
    return {f"{name}-data.csv": frame.select(kept).write_csv()}


def finish(
    name: str,
    out: Path,
    found: Any,
    data: Path,
    given: Mapping[str, Any],
    tables: Mapping[str, pl.DataFrame],
    texts: Mapping[str, str],
    problems: list[Problem],
    as_json: bool,
    lang: Any,
    facts: Mapping[str, Any] | None = None,
) -> int:
    """Write the results, tell the problems, and give the exit code (1 if any is an error)."""
    import click

    from resettle.cli._console import default_language, print_json, print_problems, problem_json
    from resettle.store.result_files import write_results

    language = lang or default_language()
    written: list[Path] = []
    if tables:
        bundle = {
            "analysis": name,
            "data": data.name,
            "data_sha256": found.sha256,
            "specification": dict(given),
            "labels": dict(found.labels),
            "problems": [p.code for p in problems],
            **dict(facts or {}),
        }
        written = write_results(out, name, tables, language, bundle, texts)
    if as_json:
        content = {key: table.to_dicts() for key, table in tables.items()}
        print_json({"tables": content, "problems": [problem_json(p) for p in problems]})
    else:
        print_problems(problems, language)
        for path in written:
            click.echo(str(path))
    return 1 if any(p.severity == "error" for p in problems) else 0
