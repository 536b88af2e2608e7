"""``resettle rules``: the policy as a matrix, as SQL, proved, and held against its worked cases."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Literal

import click

from resettle.cli._console import default_language, print_json, print_problems
from resettle.words import LANGUAGES, Language, tell


@click.command(name="rules")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("show", type=click.Choice(["matrix", "sql", "prove", "cases"]), default="matrix")
@click.option("--table", default="household", help="The table whose rules become SQL.")
@click.option("--engine", default="duckdb", help="duckdb, sqlite, postgresql or spark.")
@click.option("--lang", type=click.Choice(LANGUAGES), default=None, help="Language of the answer.")
@click.option("--json", "as_json", is_flag=True, help="The answer as JSON.")
def command(
    folder: Path,
    show: Literal["matrix", "sql", "prove", "cases"],
    table: str,
    engine: str,
    lang: Language | None,
    as_json: bool,
) -> None:
    """Show the rules of the programme in FOLDER, on its own day and in its own place.

    Example: resettle rules luoyang-2016 prove
    """
    from resettle.journey.inputs import pack_of
    from resettle.journey.programme import load_programme
    from resettle.policy import matrix, run_cases, sql_text
    from resettle.policy.prove import prove

    language = lang or default_language()
    programme, _ = load_programme(folder)
    pack = pack_of(programme)
    day, scope = programme.as_of, programme.scope
    if show == "sql":
        click.echo(sql_text(pack, table, day, scope, engine))
    elif show == "matrix":
        rows = matrix(pack, day, scope, language).to_dicts()
        if as_json:
            print_json(rows)
            return
        for row in rows:
            click.echo(
                f"{row['title']}: {row['case'] or '*'} -> {row['result']}  [{row['clause']}; {row['source']}]"
            )
    elif show == "cases":
        checked, problems = run_cases(pack)
        print_json({"checked": checked, "differ": len(problems)}) if as_json else click.echo(
            f"{checked - len(problems)}/{checked}"
        )
        print_problems(problems, language)
        if problems:
            raise SystemExit(1)
    else:
        proofs, problems = prove(pack, day, scope)
        if as_json:
            print_json([asdict(proof) for proof in proofs])
        else:
            for proof in proofs:
                title = proof.zh if language == "zh" else proof.en
                click.echo(f"{title}: {tell(f'policy.{proof.state}', language, reason=proof.reason)}")
        print_problems(problems, language)
        if any(proof.state == "refuted" for proof in proofs):
            raise SystemExit(1)
