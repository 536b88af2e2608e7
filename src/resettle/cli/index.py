"""``resettle index``: a composite index from a data file, without a programme."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from resettle.words import LANGUAGES, Language


@click.command(name="index")
@click.argument("data", type=click.Path(dir_okay=False, path_type=Path))
@click.argument("spec", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("index-results"),
    show_default=True,
)
@click.option("--sheet", default=None, help="Sheet of a workbook; the first if not given.")
@click.option("--json", "as_json", is_flag=True, help="Tables and problems as JSON on standard output.")
@click.option("--lang", type=click.Choice(LANGUAGES), default=None, help="Language of heads and problems.")
@click.pass_context
def command(
    ctx: click.Context,
    data: Path,
    spec: Path,
    out: Path,
    sheet: str | None,
    as_json: bool,
    lang: Language | None,
) -> None:
    """Compute the composite index that SPEC (TOML) declares over the places in DATA, several weightings side by side.

    Example: resettle index sites.csv index.toml --out index
    """
    from resettle.cli._analysis import finish, read_both, used_rows
    from resettle.methods.index.analysis import analyse, r_script, read_spec, stata_script

    found, given, problems = read_both(data, spec, sheet)
    tables, more = analyse(found.frame, given, found.value_labels)
    problems += more
    texts = {}
    parsed, _ = read_spec(given)
    if "scores" in tables and parsed is not None:
        left = set(tables["not_computed"]["indicator"])
        parsed = replace(parsed, indicators=tuple(i for i in parsed.indicators if i.column not in left))
        file = "index-data.csv"
        texts = {"index.R": r_script(parsed, file), "index.do": stata_script(parsed, file)}
        columns = [i.column for i in parsed.indicators]
        texts |= used_rows("index", found, given, [parsed.place, *columns], columns)
    # A sheet that says nothing was left out need not be the first a reader opens.
    shown = {name: t for name, t in tables.items() if name != "not_computed" or t.height}
    ctx.exit(finish("index", out, found, data, given, shown, texts, problems, as_json, lang))
