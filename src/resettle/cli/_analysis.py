"""What the standalone commands share: read data and specification, write results, print the problems."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from resettle.problems import SEVERITIES, Problem, ResettleError
from resettle.words import Language
from resettle.words.broken import broken


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
            "data_files.spec_unreadable", "error", file=spec.name, values={"reason": broken(error)[0]}
        )
        raise ResettleError(problem) from error
    found, problems = read_data(data, sheet, _texts(given))
    if found is None:
        raise ResettleError(problems)
    return replace(found, frame=_with_labels(found, given)), given, problems


def _texts(given: Any) -> set[str]:
    """Every text of a specification: the names of columns are among them."""
    if isinstance(given, str):
        return {given}
    if isinstance(given, Mapping):
        return set().union(*map(_texts, given.values()), map(str, given)) if given else set()
    if isinstance(given, list | tuple):
        return set().union(*map(_texts, given)) if given else set()
    return set()


def _with_labels(found: Any, given: Mapping[str, Any]) -> pl.DataFrame:
    """Columns that only name groups show what their codes mean, where the file says so."""
    from resettle.methods.as_numbers import label_of

    names = [given.get(k) for k in ("group", "place")] + list(given.get("groups") or ())
    made = []
    for name in (n for n in names if isinstance(n, str) and n in found.frame.columns):
        meant = {label_of(code): text for code, text in found.value_labels.get(name, {}).items()}
        if meant:
            texts = [label_of(v) for v in found.frame[name].to_list()]
            made.append(
                pl.Series(name, [None if t is None else meant.get(t, t) for t in texts], dtype=pl.String)
            )
    frame: pl.DataFrame = found.frame
    return frame.with_columns(made) if made else frame


def used_rows(
    name: str, found: Any, given: Mapping[str, Any], columns: Sequence[str], measured: Sequence[str]
) -> dict[str, str]:
    """The columns the specification reads as a CSV of the bundle, which its R and Stata scripts read whatever the
    format of the user's own file, with declared codes unknown; other columns stay where they are."""
    from resettle.methods.as_numbers import brought

    frame, _ = brought(found.frame, given, measured)
    kept = [c for c in dict.fromkeys(columns) if c in frame.columns]
    return {f"{name}-data.csv": frame.select(kept).write_csv()}


def said(problems: Sequence[Problem], language: Language) -> dict[str, pl.DataFrame]:
    """What was said on the screen as the first table of the files, which are passed on without it: gravest first."""
    from resettle.words import explain_problem, tell

    found = sorted(problems, key=lambda p: SEVERITIES.index(p.severity))
    rows = [
        {
            "severity": tell(f"result.severity.{p.severity}", language),
            "what_was_said": " ".join(explain_problem(p, language)).strip(),
        }
        for p in found
    ]
    return {"said": pl.DataFrame(rows)} if rows else {}


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
        shown = {**said(problems, language), **tables}
        written = write_results(out, name, shown, language, bundle, texts)
    if as_json:
        content = {key: table.to_dicts() for key, table in tables.items()}
        print_json({"tables": content, "problems": [problem_json(p) for p in problems]})
    else:
        print_problems(problems, language, more="common.more_json")
        for path in written:
            click.echo(str(path))
    return 1 if any(p.severity == "error" for p in problems) else 0
