"""``resettle allot``: homes to households, in the order of the public draw."""

from __future__ import annotations

import json
from pathlib import Path

import click

from resettle.cli._console import print_json, print_problems


@click.command(name="allot")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--record", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="The draw's record."
)
@click.option("--seed", type=int, default=1, help="Seed of the trial order where no draw is given.")
@click.option("--optimum", is_flag=True, help="Deal out the optimum instead of the drawn order.")
@click.option("--json", "as_json", is_flag=True, help="Facts as JSON on standard output.")
def command(folder: Path, record: Path | None, seed: int, optimum: bool, as_json: bool) -> None:
    """Allot the homes of FOLDER (homes.csv) to its households (claims.csv); write allotment.csv.

    Both methods are measured: priority and draw, and the optimum beside it.

    Example: resettle allot handover --record draw1/record.json
    """
    from resettle.siting.allot import ALLOTMENT, CLAIM, HOME, allot
    from resettle.store.table_files import read_table, write_csv

    claims, problems = read_table(folder / "claims.csv", CLAIM)
    homes, more = read_table(folder / "homes.csv", HOME)
    order = None
    if record is not None:
        names = json.loads(record.read_text(encoding="utf-8"))["order"]
        order = {name: place for place, name in enumerate(names)}
    result = allot(claims, homes, order, seed, by_optimum=optimum)
    write_csv(result.table, ALLOTMENT, folder / "allotment.csv")
    print_problems([*problems, *more, *result.problems])
    if as_json:
        print_json(result.facts)
        return
    for name, value in result.facts.items():
        click.echo(f"{name:<20} {value}")
