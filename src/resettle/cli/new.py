"""``resettle new``: an empty programme folder with templates to fill in."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(name="new")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--pack", "pack_id", required=True, help="Id of the policy pack, or a path to one.")
@click.option(
    "--year", type=click.IntRange(1990, 2100), default=None, help="Plan year; the pack's own if not given."
)
def command(folder: Path, pack_id: str, year: int | None) -> None:
    """Make a programme FOLDER with programme.toml, empty tables and a roster template.

    Example: resettle new song-2017 --pack cn_luoyang --year 2017
    """
    from resettle.journey.inputs import pack_or_raise
    from resettle.journey.new import write_new

    for path in write_new(folder, pack_or_raise(pack_id), pack_id, year):
        click.echo(str(path))
