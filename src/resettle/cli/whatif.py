"""``resettle whatif``: reforms over the whole registry, side by side."""

from __future__ import annotations

from pathlib import Path

import click

from resettle.cli._console import default_language, print_json, print_problems, problem_json
from resettle.words import LANGUAGES, Language


@click.command(name="whatif")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("change", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Every table and problem as JSON.")
@click.option("--lang", type=click.Choice(LANGUAGES), default=None, help="Language of the sentences.")
@click.pass_context
def command(ctx: click.Context, folder: Path, change: Path, as_json: bool, lang: Language | None) -> None:
    """Try the reforms in CHANGE (.toml or .xlsx) over the registry of FOLDER, which has been run before.

    Example: resettle whatif luoyang-2016 change.toml
    """
    from resettle.journey.inputs import pack_of
    from resettle.journey.programme import load_programme
    from resettle.journey.reforms import read_reforms
    from resettle.journey.results import read_results
    from resettle.journey.whatif import Registry, in_words, try_reform

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
                        "words": o.words,
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
            for line in in_words(o.words, registry.pack, language):
                click.echo(f"  {line}")
            whole = o.changes.filter(o.changes["group_by"] == "all")
            for row in whole.iter_rows(named=True):
                if row["gain_count"] or row["lose_count"]:
                    click.echo(
                        f"  {row['output']:28} +{row['gain_count']:,} −{row['lose_count']:,}"
                        f"  {row['sum_before']:,} → {row['sum_after']:,}"
                    )
            total = o.cost.select("cost_before_minor", "cost_after_minor").sum().row(0)
            click.echo(f"  {'norm cost (minor)':28} {total[0]:,} → {total[1]:,}")
        print_problems(problems, language)
    ctx.exit(1 if any(p.severity == "error" for p in problems) else 0)
