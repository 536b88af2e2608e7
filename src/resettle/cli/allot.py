"""``resettle allot``: homes to households, in the order of the public draw."""

from __future__ import annotations

import json
from pathlib import Path

import click

from resettle.cli._console import language_option, print_json, print_problems
from resettle.problems import Problem, ResettleError


@click.command(name="allot")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--record", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="The draw's record."
)
@click.option("--seed", type=int, default=1, help="Seed of the trial order where no draw is given.")
@click.option("--optimum", is_flag=True, help="Deal out the optimum instead of the drawn order.")
@click.option(
    "--families", is_flag=True, help="Whole families to places (families.csv, places.csv, weights.csv)."
)
@language_option
@click.option("--json", "as_json", is_flag=True, help="Facts as JSON on standard output.")
def command(
    folder: Path, record: Path | None, seed: int, optimum: bool, families: bool, as_json: bool
) -> None:
    """Allot the homes of FOLDER (homes.csv) to its households (claims.csv); write allotment.csv.

    Both methods are measured: priority and draw, and the optimum beside it.

    With --families whole families go to places instead, for the greatest total weight, with a proof that
    resettle site verify checks; write placement.csv and placement-proof.json.

    Example: resettle allot handover --record draw1/record.json
    """
    if families:
        _families(folder, seed, as_json)
        return
    from resettle.registry.as_written import as_written
    from resettle.siting.allot import ALLOTMENT, CLAIM, HOME, allot
    from resettle.store.table_files import read_table, write_csv

    claims, problems = read_table(folder / "claims.csv", CLAIM, as_written)
    homes, more = read_table(folder / "homes.csv", HOME, as_written)
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


def _families(folder: Path, seed: int, as_json: bool) -> None:
    import polars as pl

    from resettle.methods.assignment import Limits
    from resettle.methods.assignment.proof import to_json
    from resettle.siting.placement import PLACEMENT, place_families
    from resettle.store.table_files import write_csv

    def table(name: str) -> pl.DataFrame:
        path = folder / f"{name}.csv"
        if not path.exists():
            raise ResettleError(Problem("siting.placement_file", "error", file=str(path)))
        # Names stay text, so that 007 is not 7.
        names = dict.fromkeys(("family_id", "place_id", "needs", "offers"), pl.String)
        return pl.read_csv(path, schema_overrides=names, infer_schema_length=None)

    result = place_families(table("families"), table("places"), table("weights"), Limits(seed=seed))
    print_problems(result.problems)
    if result.answer is None:
        raise SystemExit(1)
    write_csv(result.table, PLACEMENT, folder / "placement.csv")
    proof = json.dumps(to_json(result.answer))
    (folder / "placement-proof.json").write_text(proof, encoding="utf-8")
    if as_json:
        print_json(result.facts)
        return
    for name, value in result.facts.items():
        click.echo(f"{name:<20} {value}")
