"""``resettle why``: a printed figure or cell walked back to the user's own sheet."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from resettle.cli._console import default_language, print_json
from resettle.problems import Problem, ResettleError
from resettle.words import LANGUAGES, Language, sentences, tell

if TYPE_CHECKING:
    import polars as pl


@click.command(name="why")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("figure", required=False)
@click.option("--json", "as_json", is_flag=True, help="The way back as JSON.")
@click.option("--lang", type=click.Choice(LANGUAGES), default=None, help="Language of the answer.")
def command(folder: Path, figure: str | None, as_json: bool, lang: Language | None) -> None:
    """Walk FIGURE back through table, rule and row to the cell of your own sheet.

    FIGURE is what you see printed: a figure's name or label in either language, TABLE/KEY/COLUMN, or a number
    ("20,615", "78.7%"); where several places are printed like it, they are listed to choose from. Without it, the
    figures are listed with their values.

    It reads the tables of the office, so it also finds what the report withholds to protect small groups: its answers
    are for the office and are not to be published.

    Example: resettle why luoyang-2016 unknown_households

    Example: resettle why luoyang-2016 "20,615"
    """
    from resettle.journey.figures import figure_named, figures_of
    from resettle.journey.inputs import pack_of
    from resettle.journey.programme import load_programme
    from resettle.journey.results import read_results, stages_of
    from resettle.journey.why import origin_of_cell, origin_of_figure, told_beside
    from resettle.journey.why_told import figure_text, origin_lines

    language = lang or default_language()
    tables = read_results(folder)
    if figure is None:
        values = figures_of(tables)
        money = pack_of(load_programme(folder)[0]).currency_name(language)
        if as_json:
            print_json(values)
            return
        for name, value in values.items():
            click.echo(
                f"{name:28} {figure_text(name, value, language, money):>22}  {sentences(language).get(f'figure.{name}', '')}"
            )
        return
    table, key, column = (*figure.split("/", 2), "", "")[:3]
    if column and table in tables:
        origin = origin_of_cell(table, key, column, tables, stages_of(folder))
        origin = told_beside(origin, column, folder, tables)
    else:
        chosen = figure if figure_named(figure) else _chosen(figure, folder, tables, language, as_json)
        if chosen is None:
            return
        origin = origin_of_figure(chosen, tables, stages_of(folder))
    if as_json:
        print_json(asdict(origin))
        return
    pack = pack_of(load_programme(folder)[0])
    click.echo("\n".join(origin_lines(origin, pack, column or None, language)))


def _chosen(
    text: str, folder: Path, tables: dict[str, pl.DataFrame], language: Language, as_json: bool
) -> str | None:
    """The one figure that is meant by what is printed; several places are listed, and ``None`` returned.

    Raises:
        ResettleError: with what is called most alike, where nothing is printed so.
    """
    from resettle.journey.inputs import pack_of
    from resettle.journey.printed import (
        MOST,
        hit_line,
        hits_of_number,
        hits_of_text,
        nearest_names,
        number_of,
    )
    from resettle.journey.programme import load_programme
    from resettle.journey.why import column_titles

    number = number_of(text)
    titles = column_titles(pack_of(load_programme(folder)[0]))
    hits = [*hits_of_text(text, tables, titles), *(hits_of_number(number, tables) if number else ())]
    if not hits:
        near = nearest_names(text, tables) or ["TABLE/KEY/COLUMN"]
        raise ResettleError(Problem("journey.figure_unknown", "error", value=text, nearest=", ".join(near)))
    if len(hits) == 1 and f"figure.{hits[0].ask}" in sentences(language):
        return str(hits[0].ask)
    if as_json:
        print_json({"printed": text, "places": [asdict(hit) for hit in hits]})
        return None
    click.echo(tell("figures.found", language, value=text))
    for hit in hits[:MOST]:
        click.echo("  " + hit_line(hit, language))
    if len(hits) > MOST:
        click.echo("  " + tell("figures.more", language, count=len(hits) - MOST))
    return None
