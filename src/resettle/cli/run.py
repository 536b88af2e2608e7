"""``resettle run``: the journey over a programme folder."""

from __future__ import annotations

from pathlib import Path

import click

from resettle.cli._console import default_language
from resettle.words import LANGUAGES, Language


@click.command(name="run")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--only", multiple=True, help="Stop at this table or stage; may be given several times.")
@click.option(
    "--json", "as_json", is_flag=True, help="Counts, facts and problems as JSON on standard output."
)
@click.option("--lang", type=click.Choice(LANGUAGES), default=None, help="Language of the summary.")
@click.pass_context
def command(
    ctx: click.Context, folder: Path, only: tuple[str, ...], as_json: bool, lang: Language | None
) -> None:
    """Run the journey over a programme FOLDER and write FOLDER/out.

    The former results stay until the new ones are whole.

    Example: resettle run luoyang-2016
    """
    from resettle.cli._run import run_and_report

    ctx.exit(run_and_report(folder, lang or default_language(), as_json, list(only) or None))
