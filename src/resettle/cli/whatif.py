"""``resettle whatif``: reforms over the whole registry, side by side."""

from __future__ import annotations

from pathlib import Path

import click

from resettle.cli._console import default_language, print_json, print_problems, problem_json
from resettle.words import LANGUAGES, Language

GROUPS = ("all", "county_code", "household_class", "size_class")


@click.command(name="whatif")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("change", type=click.Path(path_type=Path))
@click.option("--by", type=click.Choice(GROUPS), default="all", help="A line for each county or group.")
@click.option("--json", "as_json", is_flag=True, help="Every table and problem as JSON.")
@click.option("--lang", type=click.Choice(LANGUAGES), default=None, help="Language of the sentences.")
@click.pass_context
def command(
    ctx: click.Context, folder: Path, change: Path, by: str, as_json: bool, lang: Language | None
) -> None:
    """Try the reforms in CHANGE (.toml or .xlsx) over the registry of FOLDER, which has been run before.

    Several reforms in one file stand side by side. A reform that makes nearly everybody eligible is refused
    until it says confirm = true; so is one that says only = "CONDITION" and changes a result of a household outside it.

    Example: resettle whatif luoyang-2016 change.toml --by county_code
    """
    from resettle.journey.inputs import pack_of
    from resettle.journey.programme import load_programme
    from resettle.journey.reforms import read_reforms
    from resettle.journey.results import read_results
    from resettle.journey.whatif import Registry, in_words, lines, try_reform, words_json

    language = lang or default_language()
    programme, _ = load_programme(folder)
    reforms, problems = read_reforms(change)
    registry = Registry(pack_of(programme), read_results(folder), programme.as_of, programme.scope)
    outcomes = []
    for reform in reforms if not any(p.severity == "error" for p in problems) else []:
        outcome, found = try_reform(registry, reform)
        problems += found
        outcomes += [outcome] if outcome else []
    registry.close()
    if as_json:
        print_json(
            {
                "reforms": [
                    {
                        **o.summary,
                        "words": words_json(o.words),
                        "changes": o.changes.to_dicts(),
                        "cost": o.cost.to_dicts(),
                    }
                    for o in outcomes
                ],
                "problems": [problem_json(p) for p in problems],
            }
        )
    else:
        for o in outcomes:
            click.echo(o.name)
            for line in in_words(o.words, language):
                click.echo(f"  {line}")
            for line in lines(registry, o, by, language):
                click.echo(f"  {line}")
        print_problems(problems, language)
    ctx.exit(1 if any(p.severity == "error" for p in problems) else 0)
