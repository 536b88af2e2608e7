"""``resettle run``: the journey over a programme folder."""

from __future__ import annotations

from pathlib import Path

import click
from click.core import ParameterSource

from resettle.cli._console import default_language
from resettle.words import LANGUAGES, Language


@click.command(name="run")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--only", multiple=True, help="Stop at this table or stage; may be given several times.")
@click.option(
    "--json", "as_json", is_flag=True, help="Counts, facts and problems as JSON on standard output."
)
@click.option(
    "--engine",
    type=click.Choice(["duckdb", "sqlite", "interpreter", "postgresql", "spark"]),
    default=None,
    help="What computes the rules: duckdb if none is named; postgresql and spark need --registry.",
)
@click.option(
    "--registry",
    metavar="URL",
    envvar="RESETTLE_REGISTRY",
    help="A database with the views registry_household and registry_person, read in place of the rosters; "
    "better in the variable RESETTLE_REGISTRY, which counts once an engine is named. Written nowhere.",
)
@click.option("--fresh", is_flag=True, help="Compute every stage, also those of which nothing changed.")
@click.option("--lang", type=click.Choice(LANGUAGES), default=None, help="Language of the summary.")
@click.pass_context
def command(
    ctx: click.Context,
    folder: Path,
    only: tuple[str, ...],
    as_json: bool,
    engine: str | None,
    registry: str | None,
    fresh: bool,
    lang: Language | None,
) -> None:
    """Run the journey over a programme FOLDER and write FOLDER/out.

    The former results stay until the new ones are whole. A stage of which no input, setting, rule or line of
    this program changed gives what it gave (kept in FOLDER/.kept); the tables are the same either way.

    Ends with 0 where nothing stands in the way, with 1 where something must be mended (the results are written
    and say what), with 2 where the command is used wrongly, with 130 where it was interrupted.

    Example: resettle run luoyang-2016

    Example: resettle run luoyang-2016 --engine postgresql --registry postgresql://amy@host/registry
    """
    from resettle.cli._run import run_and_report
    from resettle.journey.remote import engine_of

    named = ctx.get_parameter_source("registry") is ParameterSource.COMMANDLINE
    url = registry if named or engine else None  # a variable left over from another county reads nobody
    code = run_and_report(
        folder,
        lang or default_language(),
        as_json,
        list(only) or None,
        engine=engine_of(engine, url),
        registry=url,
        fresh=fresh,
    )
    ctx.exit(code)
