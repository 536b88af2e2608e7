"""``resettle demo``: a synthetic programme, written and run."""

from __future__ import annotations

import tomllib
from pathlib import Path

import click

from resettle.cli._console import default_language
from resettle.words import LANGUAGES, Language


@click.command(name="demo")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--pack", "pack_id", default="cn_luoyang", show_default=True, help="Id of the policy pack.")
@click.option("--seed", type=int, default=None, help="Seed of what is drawn; the pack's own if not given.")
@click.option(
    "--scale",
    type=click.IntRange(1, 1000),
    default=1,
    show_default=True,
    help="Times as many households, to measure with; never fewer: the totals a demo meets are printed ones.",
)
@click.option(
    "--json", "as_json", is_flag=True, help="Counts, facts and problems as JSON on standard output."
)
@click.option("--lang", type=click.Choice(LANGUAGES), default=None, help="Language of the summary.")
@click.pass_context
def command(
    ctx: click.Context,
    folder: Path,
    pack_id: str,
    seed: int | None,
    scale: int,
    as_json: bool,
    lang: Language | None,
) -> None:
    """Write a synthetic programme into FOLDER, run it, and say what came of it.

    No household in it exists; places and totals are the pack's own.

    Example: resettle demo luoyang-2016
    """
    from resettle.cli._run import run_and_report
    from resettle.journey.demo import write_demo
    from resettle.journey.inputs import pack_or_raise

    pack = pack_or_raise(pack_id)
    declared = tomllib.loads(pack.read_text("demo/demo.toml"))
    write_demo(folder, pack, declared, declared["programme"]["seed"] if seed is None else seed, scale)
    ctx.exit(run_and_report(folder, lang or default_language(), as_json, with_survey=True))
