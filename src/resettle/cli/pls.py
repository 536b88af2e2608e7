"""``resettle pls``: a PLS path model from a data file, without a programme."""

from __future__ import annotations

from pathlib import Path

import click

from resettle.words import LANGUAGES, Language


@click.command(name="pls")
@click.argument("data", type=click.Path(dir_okay=False, path_type=Path))
@click.argument("model", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), default=Path("pls-results"), show_default=True
)
@click.option("--sheet", default=None, help="Sheet of a workbook; the first if not given.")
@click.option(
    "--resamples", type=click.IntRange(100), default=None, help="Instead of the model's own number."
)
@click.option("--json", "as_json", is_flag=True, help="Tables and problems as JSON on standard output.")
@click.option("--lang", type=click.Choice(LANGUAGES), default=None, help="Language of heads and problems.")
@click.pass_context
def command(
    ctx: click.Context,
    data: Path,
    model: Path,
    out: Path,
    sheet: str | None,
    resamples: int | None,
    as_json: bool,
    lang: Language | None,
) -> None:
    """Fit the path model MODEL (TOML) to DATA (XLSX, CSV, Parquet, .sav, .dta).

    Leaves tables (XLSX, DOCX, LaTeX), the diagram (SVG), R and Stata scripts and bundle.json in --out.

    Example: resettle pls answers.sav acsi.toml --out satisfaction
    """
    from resettle.cli._analysis import finish, read_both, used_rows
    from resettle.cli._console import default_language
    from resettle.methods.path_model.analysis import analyse
    from resettle.methods.path_model.scripts import r_script, stata_script, svg

    found, given, problems = read_both(data, model, sheet)
    if resamples is not None:
        given["bootstrap"] = resamples
    result, more = analyse(found.frame, given, found.value_labels)
    problems += more
    if result is None:
        ctx.exit(finish("pls", out, found, data, given, {}, {}, problems, as_json, lang))
    texts = {
        "pls.R": r_script(result.model, "pls-data.csv", result.resamples, result.seed),
        "pls.do": stata_script(result.model, "pls-data.csv"),
        "pls.svg": svg(result.model, result.result, lang or default_language()),
    }
    model_columns = (result.model.weight, result.model.strata, result.model.cluster, *result.model.groups)
    texts |= used_rows("pls", found, given, [*result.model.items, *model_columns], result.model.items)
    facts = {"seed": result.seed, "resamples": result.resamples}
    ctx.exit(finish("pls", out, found, data, given, result.tables, texts, problems, as_json, lang, facts))
