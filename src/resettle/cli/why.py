"""``resettle why``: a printed figure or cell walked back to the user's own sheet."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from resettle.cli._console import default_language, print_json
from resettle.words import LANGUAGES, Language, sentences


@click.command(name="why")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("figure", required=False)
@click.option("--json", "as_json", is_flag=True, help="The way back as JSON.")
@click.option("--lang", type=click.Choice(LANGUAGES), default=None, help="Language of the answer.")
def command(folder: Path, figure: str | None, as_json: bool, lang: Language | None) -> None:
    """Walk FIGURE back through table, rule and row to the cell of your own sheet.

    FIGURE is a figure's name or TABLE/KEY/COLUMN; without it, the figures are listed with their values.

    Example: resettle why luoyang-2016 unknown_households
    """
    from resettle.journey.figures import figures_of
    from resettle.journey.results import read_results
    from resettle.journey.why import origin_of_cell, origin_of_figure

    language = lang or default_language()
    tables = read_results(folder)
    if figure is None:
        values = figures_of(tables)
        if as_json:
            print_json(values)
            return
        for name, value in values.items():
            click.echo(
                f"{name:28} {'?' if value is None else f'{value:,}':>22}  {sentences(language).get(f'figure.{name}', '')}"
            )
        return
    table, key, column = (*figure.split("/"), "", "")[:3]
    origin = origin_of_cell(table, key, column, tables) if column else origin_of_figure(figure, tables)
    if as_json:
        print_json(asdict(origin))
        return
    labels = {
        "zh": ("值", "表", "环节", "规则", "条件", "行数"),
        "en": ("value", "table", "stage", "rule", "where", "rows"),
    }[language]
    shown = (
        "?"
        if origin.value is None
        else (f"{origin.value:,}" if isinstance(origin.value, int) else str(origin.value))
    )
    for label, text in zip(
        labels,
        (
            f"{shown} {origin.unit}",
            origin.table,
            origin.stage,
            origin.rule or "—",
            sentences(language).get(f"figure.{origin.name}", origin.condition),  # the expression is in --json
            f"{origin.row_count:,}",
        ),
        strict=True,
    ):
        click.echo(f"{label}: {text}")
    for row in origin.rows:
        click.echo("  " + "  ".join(f"{k}={v}" for k, v in row.items()))
