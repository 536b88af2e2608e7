"""``resettle new``: an empty programme folder with templates to fill in."""

from __future__ import annotations

from pathlib import Path

import click

from resettle.cli._console import default_language, print_json, quoted
from resettle.words import LANGUAGES, Language, tell


@click.command(name="new")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--pack", "pack_id", required=True, help="Id of the policy pack, or a path to one.")
@click.option(
    "--year", type=click.IntRange(1990, 2100), default=None, help="Plan year; this year if not given."
)
@click.option("--json", "as_json", is_flag=True, help="The files written, as JSON.")
@click.option(
    "--lang", type=click.Choice(LANGUAGES), default=None, help="Language of the template and the answer."
)
def command(folder: Path, pack_id: str, year: int | None, as_json: bool, lang: Language | None) -> None:
    """Make a programme FOLDER with programme.toml, empty tables and a roster template.

    Example: resettle new song-2017 --pack cn_luoyang --year 2017
    """
    from resettle.journey.inputs import pack_or_raise
    from resettle.journey.new import TEMPLATE, write_new

    written = write_new(folder, pack_or_raise(pack_id), pack_id, year, lang)
    if as_json:
        print_json({"files": [str(path) for path in written]})
        return
    for path in written:
        click.echo(str(path))
    click.echo(tell("journey.new_next", lang or default_language(), folder=quoted(folder), template=TEMPLATE))
