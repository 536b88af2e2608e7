"""``resettle check``: answers every row of a roster, with no folder and no settings."""

from __future__ import annotations

from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import click

from resettle.cli._console import default_language, print_json, print_problems, problem_json
from resettle.words import LANGUAGES, Language, tell


@click.command()
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--pack",
    "pack_id",
    default="cn_luoyang",
    show_default=True,
    help="Policy pack: places, aliases, numbers.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the answer is written; default: beside the roster.",
)
@click.option(
    "--as-of", type=click.DateTime(["%Y-%m-%d"]), help="The day the roster describes; default: today."
)
@click.option("--lang", type=click.Choice(LANGUAGES), help="Language of the answer.")
@click.option("--json", "as_json", is_flag=True, help="Counts and problems as JSON.")
def command(
    path: Path, pack_id: str, out: Path | None, as_of: datetime | None, lang: Language | None, as_json: bool
) -> int:
    """Answer every row of a roster (xlsx, xls, csv), or of all rosters of a programme folder.

    Writes problems.xlsx with your own heads and rows, the offending cells marked, and the clean tables.

    \b
    Example:
      resettle check roster.xlsx --out answer
    """
    language = lang or default_language()
    sheets, problems, result = _read(path, pack_id, as_of.date() if as_of else None)
    problems += result.problems
    target = out or (path / "check" if path.is_dir() else path.with_name(f"{path.stem}-answer"))
    _write(target, sheets, problems, result, language)
    failed = any(p.severity == "error" for p in problems)
    if as_json:
        print_json(
            {"counts": result.counts, "out": str(target), "problems": [problem_json(p) for p in problems]}
        )
        return int(failed)
    click.echo(tell("registry.summary_line", language, **result.counts))
    print_problems([p for p in problems if p.severity != "hint"], language)
    click.echo(tell("registry.written", language, path=target))
    return int(failed)


def _read(path: Path, pack_id: str, as_of: date | None) -> tuple[Any, Any, Any]:
    """Sheets, problems of the files, and the registry's result."""
    from resettle.journey.inputs import pack_of, pack_or_raise, register_sheets, registry_data
    from resettle.journey.programme import load_programme
    from resettle.registry.stage import register
    from resettle.store.cells import read_cells

    if path.is_dir():
        programme, problems = load_programme(path)
        sheets = []
        for roster in programme.rosters():
            found, faults = read_cells(roster)
            sheets += found
            problems += faults
        return sheets, problems, register_sheets(sheets, pack_of(programme), programme)
    sheets, problems = read_cells(path)
    # Without a folder there is no key to keep; one made from the file gives the same answer every time.
    settings = {"as_of": as_of or date.today(), "key": sha256(path.read_bytes()).digest()}
    return sheets, problems, register(sheets, settings, registry_data(pack_or_raise(pack_id)))


def _write(target: Path, sheets: Any, problems: Any, result: Any, language: Language) -> None:
    """The answer: the marked sheet, the clean tables, whom to visit first."""
    from resettle.registry.visits import visit_first
    from resettle.store.problems_file import write_problems

    tables = target / "tables"
    tables.mkdir(parents=True, exist_ok=True)
    write_problems(
        target / "problems.xlsx", sheets, result.quarantine, problems, result.counts, result.cells, language
    )
    result.household.write_parquet(tables / "household.parquet")
    result.person.write_parquet(tables / "person.parquet")
    visit_first(result.household, result.person, problems).write_csv(target / "visit_first.csv")
