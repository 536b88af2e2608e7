"""``resettle draw``: commit to a roll, run the public draw once, verify a published record."""

from __future__ import annotations

import csv
import json
import secrets
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from resettle.problems import Problem, ResettleError

COMMITMENT, RECORD, LETTERS, VERIFIER = "commitment.json", "record.json", "letters.json", "verify_draw.py"


def write(path: Path, data: Any) -> None:
    """A JSON file, readable by people too."""
    path.write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def read(path: Path) -> Any:
    """A JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))


@click.group(name="draw")
def command() -> None:
    """A public draw that anybody can check.

    Example: resettle draw commit roll.csv draw1 --source "welfare lottery 3D" --moment 2017-05-02T20:00+08:00
    """


@command.command()
@click.argument("roll", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--source", required=True, help="The public source whose value nobody here controls.")
@click.option("--moment", required=True, help="When that value will be read; still to come.")
@click.option("--purpose", default="", help="What is drawn.")
@click.option("--witness", multiple=True, help="A witness; may be given several times.")
def commit(
    roll: Path, folder: Path, source: str, moment: str, purpose: str, witness: tuple[str, ...]
) -> None:
    """Fix the ROLL (CSV: household_id, tier) before the public value can be known; write FOLDER.

    Publish commitment.json at once. Give each household its letter from letters.json; keep the others private.

    Example: resettle draw commit roll.csv draw1 --source "welfare lottery 3D" --moment 2017-05-02T20:00+08:00
    """
    from resettle.siting import draw

    with roll.open(encoding="utf-8-sig", newline="") as file:
        entries = [draw.Entry(row["household_id"], int(row.get("tier") or 0)) for row in csv.DictReader(file)]
    if (folder / COMMITMENT).exists():
        raise ResettleError(Problem("siting.draw_done_before", "error", value=str(folder / COMMITMENT)))
    made, letters = draw.commit(entries, secrets.token_bytes(32), source, moment, purpose, witness)
    folder.mkdir(parents=True, exist_ok=True)
    write(folder / COMMITMENT, asdict(made))
    write(folder / LETTERS, [asdict(letter) for letter in letters])
    (folder / VERIFIER).write_text(draw.VERIFIER, encoding="utf-8")
    click.echo(f"{made.count} households, root {made.root}")


@command.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--value", required=True, help="The value of the public source at the moment committed to.")
@click.option("--remark", multiple=True, help="A remark for the record; may be given several times.")
def run(folder: Path, value: str, remark: tuple[str, ...]) -> None:
    """Draw once by the commitment in FOLDER; write record.json, the page for the notice board.

    Example: resettle draw run draw1 --value "5 1 7"
    """
    from resettle.siting import draw

    made = read(folder / COMMITMENT)
    made["witnesses"] = tuple(made["witnesses"])
    done = [str(read(folder / RECORD)["public_value"])] if (folder / RECORD).exists() else []
    letters = [draw.Letter(**{**x, "proof": tuple(x["proof"])}) for x in read(folder / LETTERS)]
    once = draw.OneDraw(draw.Commitment(**made), done)
    record = draw.run(once, letters, value, remarks=remark)
    write(folder / RECORD, record.to_json())
    for place, name in enumerate(record.order[:10], 1):
        click.echo(f"{place:>5}  {name}")
    click.echo(f"{len(record.order)} in all; check it: python {VERIFIER} {RECORD}")


@command.command()
@click.argument("record", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--letter", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="One letter.")
@click.pass_context
def verify(ctx: click.Context, record: Path, letter: Path | None) -> None:
    """Check a published RECORD, and whether a letter stands on its roll. Exit code 1 if not.

    Example: resettle draw verify draw1/record.json --letter letter.json
    """
    from resettle.siting import draw

    published = read(record)
    found = draw.faults(published)
    if letter is not None:
        found += draw.letter_faults(read(letter), published["commitment"]["root"])
    click.echo("FALSE: " + ", ".join(found) if found else "TRUE: the draw is as published")
    ctx.exit(1 if found else 0)
