"""``resettle draw``: commit to a roll, run the public draw once, verify a published record."""

from __future__ import annotations

import csv
import hashlib
import json
import secrets
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from resettle.cli._console import default_language, language_option, print_json
from resettle.problems import Problem, ResettleError
from resettle.words import LANGUAGES, Language, tell

COMMITMENT, RECORD, LETTERS, VERIFIER = "commitment.json", "record.json", "letters.json", "verify_draw.py"
NOTICES = {"zh": "notice-zh.html", "en": "notice-en.html"}


def write(path: Path, data: Any) -> None:
    """A JSON file, readable by people too."""
    path.write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def read(path: Path) -> Any:
    """A JSON file.

    Raises:
        ResettleError: if it is absent or no JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ResettleError(
            Problem("siting.draw_file", "error", file=str(path), value=str(error)[:120])
        ) from error


@click.group(name="draw")
def command() -> None:
    """A public draw that anybody can check.

    Example: resettle draw commit roll.csv draw1 --source "welfare lottery 3D" --moment 2030-05-02T20:00+08:00
    """


@command.command()
@click.argument("roll", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--source", required=True, help="The public source nobody here controls; or 'two secrets', 'paper slips'."
)
@click.option(
    "--moment", required=True, help="When that value will be read, as 2030-05-02T20:00+08:00; still to come."
)
@click.option("--form", default="", help="How the value is written: 'the three digits in the order drawn'.")
@click.option("--purpose", default="", help="What is drawn.")
@click.option("--witness", multiple=True, help="A witness; may be given several times.")
@click.option(
    "--committed", default=None, help="The day of the commitment, if it is not today; it stands in the seal."
)
@click.option(
    "--after",
    "failed",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Record of the failed draw this one follows.",
)
@click.option(
    "--sealed", multiple=True, help="For two secrets: SHA-256 of the office's, then of the households'."
)
@language_option
@click.option("--json", "as_json", is_flag=True, help="What was committed to, as JSON.")
def commit(
    roll: Path,
    folder: Path,
    source: str,
    moment: str,
    form: str,
    purpose: str,
    witness: tuple[str, ...],
    committed: str | None,
    failed: Path | None,
    sealed: tuple[str, ...],
    as_json: bool,
) -> None:
    """Fix the ROLL (CSV: household_id, tier) before the public value can be known; write FOLDER.

    Publish commitment.json and the notice at once. Give each household its letter (draw letter); keep the others
    private. The seal stands on the notice and on every letter.

    Example: resettle draw commit roll.csv draw1 --source "welfare lottery 3D" --moment 2030-05-02T20:00+08:00
    """
    from resettle.siting import draw

    if (folder / COMMITMENT).exists():
        raise ResettleError(Problem("siting.draw_done_before", "error", value=str(folder / COMMITMENT)))
    day = committed or datetime.now(UTC).date().isoformat()
    if _instant(moment) <= _instant(day):
        raise ResettleError(Problem("siting.draw_moment_past", "error", value=moment, nearest=day))
    replaces = ""
    if failed is not None:
        before = read(failed)
        if not before.get("failed"):
            raise ResettleError(Problem("siting.draw_not_failed", "error", file=failed.name))
        replaces = draw.seal_of(before["commitment"])
    made, letters = draw.commit(
        _entries(roll), secrets.token_bytes(32), source, moment, purpose, witness, form, day, replaces, sealed
    )
    folder.mkdir(parents=True, exist_ok=True)
    write(folder / COMMITMENT, asdict(made))
    write(folder / LETTERS, [asdict(letter) for letter in letters])
    (folder / VERIFIER).write_text(draw.VERIFIER, encoding="utf-8")
    _notices(folder, asdict(made), None)
    if as_json:
        print_json({**asdict(made), "seal": draw.seal_of(asdict(made)), "out": str(folder)})
        return
    click.echo(f"{made.count} households, root {made.root}")
    click.echo(f"seal {draw.seal_of(asdict(made))}")


def _instant(text: str) -> datetime:
    """A moment with its zone; a day alone is its beginning, without a zone UTC.

    Raises:
        ResettleError: where it cannot be read as a moment.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise ResettleError(Problem("siting.draw_moment_unreadable", "error", value=text)) from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _entries(roll: Path) -> list[Any]:
    """The roll's lines; a tier that is no whole number is refused and never read as the first."""
    from resettle.siting.draw import Entry

    with roll.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        if "household_id" not in (reader.fieldnames or []):
            raise ResettleError(Problem("siting.draw_no_column", "error", file=roll.name))
        problems, entries = [], []
        for line, row in enumerate(reader, start=2):
            name, tier = (row["household_id"] or "").strip(), (row.get("tier") or "0").strip()
            if not name or not tier.isdecimal():
                problems.append(
                    Problem(
                        "siting.draw_bad_line", "error", file=roll.name, row=line, value=f"{name}, {tier}"
                    )
                )
            else:
                entries.append(Entry(name, int(tier)))
    if problems:
        raise ResettleError(problems[:20])
    return entries


def _notices(folder: Path, made: dict[str, Any], record: dict[str, Any] | None) -> None:
    """The page for the board in both languages."""
    from resettle.report.notice import notice
    from resettle.siting.draw import seal_of

    digest = ""
    if record is not None:
        digest = hashlib.sha256((folder / RECORD).read_bytes()).hexdigest()
    for language, name in NOTICES.items():
        page = notice(made, seal_of(made), record, digest, language)  # type: ignore[arg-type]
        (folder / name).write_text(page, encoding="utf-8")


@command.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--value", default="", help="The value of the public source at the moment committed to.")
@click.option("--opened", multiple=True, help="For two secrets: the office's, then the households'.")
@click.option(
    "--slips",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="For paper slips: the households in the order drawn, one a line.",
)
@click.option("--witness", multiple=True, help="A witness of the draw; may be given several times.")
@click.option("--remark", multiple=True, help="A remark for the record; may be given several times.")
@click.option("--failed", default="", help="The draw could not be held: the reason, for publication.")
@language_option
@click.option("--json", "as_json", is_flag=True, help="The record, as JSON.")
def run(
    folder: Path,
    value: str,
    opened: tuple[str, ...],
    slips: Path | None,
    witness: tuple[str, ...],
    remark: tuple[str, ...],
    failed: str,
    as_json: bool,
) -> None:
    """Draw once by the commitment in FOLDER; write record.json and the page for the notice board.

    A draw that fails is recorded and published too, and uses up its commitment.

    Example: resettle draw run draw1 --value "5 1 7" --witness "Li, village committee"
    """
    from resettle.siting import draw

    raw = read(folder / COMMITMENT)
    made = draw.Commitment(
        **{**raw, "witnesses": tuple(raw["witnesses"]), "sealed": tuple(raw.get("sealed", ()))}
    )
    done = [str(read(folder / RECORD)["public_value"] or "-")] if (folder / RECORD).exists() else []
    if done:
        raise ResettleError(Problem("siting.draw_done_before", "error", value=done[0]))
    if not failed and _instant(made.moment) > datetime.now(UTC):
        raise ResettleError(Problem("siting.draw_too_early", "error", value=made.moment))
    letters = [draw.Letter(**{**x, "proof": tuple(x["proof"])}) for x in read(folder / LETTERS)]
    listed = slips.read_text(encoding="utf-8-sig").split("\n") if slips is not None else []
    try:
        record = (
            draw.failed(made, failed, witness)
            if failed
            else draw.run(
                draw.OneDraw(made),
                letters,
                value,
                remark,
                witness,
                opened,
                [s.strip() for s in listed if s.strip()],
            )
        )
    except ResettleError as error:
        if any(p.code in ("siting.draw_other_roll", "siting.draw_secret_changed") for p in error.problems):
            reason = error.problems[0].code.removeprefix("siting.")
            _publish(folder, asdict(made), draw.failed(made, reason, witness).to_json())
        raise
    _publish(folder, asdict(made), record.to_json())
    if as_json:
        print_json(record.to_json())
        return
    if record.failed:
        click.echo(f"FAILED: {record.failed}; publish {RECORD} and the notice all the same")
        return
    for place, name in enumerate(record.order[:10], 1):
        click.echo(f"{place:>5}  {name}")
    click.echo(f"{len(record.order)} in all; check it: python {VERIFIER} {RECORD}")


def _publish(folder: Path, made: dict[str, Any], record: dict[str, Any]) -> None:
    write(folder / RECORD, record)
    _notices(folder, made, json.loads(json.dumps(record)))


@command.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("household")
@language_option
@click.option("--json", is_flag=True, expose_value=False, help="A letter is JSON always; for likeness.")
def letter(folder: Path, household: str) -> None:
    """Print the letter of one HOUSEHOLD as JSON; with it alone the household proves its place on the roll.

    Example: resettle draw letter draw1 4100000001
    """
    import difflib

    found = {x["household_id"]: x for x in read(folder / LETTERS)}
    if household not in found:
        near = ", ".join(difflib.get_close_matches(household, found, n=1))
        raise ResettleError(Problem("siting.draw_not_on_roll", "error", value=household, nearest=near))
    click.echo(json.dumps(found[household], ensure_ascii=False, indent=1))


@command.command()
@click.argument("record", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--letter", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="One letter.")
@click.option("--lang", type=click.Choice(LANGUAGES), default=None, help="Language of the answer.")
@click.option("--json", "as_json", is_flag=True, help="Whether it is true, and the faults, as JSON.")
@click.pass_context
def verify(
    ctx: click.Context, record: Path, letter: Path | None, lang: Language | None, as_json: bool
) -> None:
    """Check a published RECORD, and whether a letter stands on its roll. Exit code 1 if not.

    Example: resettle draw verify draw1/record.json --letter letter.json
    """
    from resettle.siting import draw

    language = lang or default_language()
    published = read(record)
    try:
        found = draw.faults(published)
        if letter is not None:
            made = published["commitment"]
            found += draw.letter_faults(read(letter), made["root"], draw.seal_of(made))
        told = [tell(f"siting.drawn.{key}", language) for key in found]
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        found, value = ["damaged"], str(error)[:120]
        told = [tell("siting.drawn.damaged", language, value=value)]
    if as_json:
        print_json({"is_true": not found, "faults": found, "told": told})
    elif found:
        click.echo("\n".join([tell("siting.drawn.false", language), *told]))
    else:
        click.echo(tell("siting.drawn.true", language))
    ctx.exit(1 if found else 0)
