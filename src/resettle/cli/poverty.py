"""``resettle poverty``: poverty measures from a data file, without a programme."""

from __future__ import annotations

from pathlib import Path

import click

from resettle.words import LANGUAGES, Language


@click.command(name="poverty")
@click.argument("data", type=click.Path(dir_okay=False, path_type=Path))
@click.argument("spec", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("poverty-results"),
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
    """Measure poverty in DATA as SPEC (TOML) says: FGT, Watts, Sen, Gini, Alkire-Foster, with design errors.

    Example: resettle poverty people.csv spec.toml --out poverty
    """
    from resettle.cli._analysis import finish, read_both, used_rows
    from resettle.methods.poverty.analysis import analyse, r_script, read_spec, stata_script

    found, given, problems = read_both(data, spec, sheet)
    tables, more = analyse(found.frame, given, found.value_labels)
    problems += more
    texts = {}
    parsed, _ = read_spec(given)
    if tables and parsed is not None:
        file = "poverty-data.csv"
        texts = {"poverty.R": r_script(parsed, file), "poverty.do": stata_script(parsed, file)}
        texts |= used_rows("poverty", found, given, parsed.columns, [parsed.income, *parsed.indicators])
    ctx.exit(finish("poverty", out, found, data, given, tables, texts, problems, as_json, lang))
