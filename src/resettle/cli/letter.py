"""``resettle letter``: letters to households, texts for a village, questions and handbook."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from resettle.cli._console import default_language, print_json, print_problems, problem_json
from resettle.words import LANGUAGES, Language

if TYPE_CHECKING:
    from resettle.outreach import LetterFacts
    from resettle.problems import Problem


@click.command(name="letter")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("households", nargs=-1)
@click.option("--lang", type=click.Choice(LANGUAGES), default=None, help="Language of the letters.")
@click.option("--size", type=click.Choice(["14", "18"]), default="14", show_default=True, help="Points.")
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), help="Where they go: FOLDER/letters."
)
@click.option("--html", "html_only", is_flag=True, help="Web pages only, no PDF.")
@click.option("--village", help="Code of a village: message, loudspeaker text and masked notice.")
@click.option("--handbook", "wants_handbook", is_flag=True, help="Questions at the door and the handbook.")
@click.option("--json", "as_json", is_flag=True, help="The files written and the problems, as JSON.")
@click.pass_context
def command(
    ctx: click.Context,
    folder: Path,
    households: tuple[str, ...],
    lang: Language | None,
    size: str,
    out: Path | None,
    html_only: bool,
    village: str | None,
    wants_handbook: bool,
    as_json: bool,
) -> None:
    """Write the letters of HOUSEHOLDS of a programme that has been run, as PDF and as web page.

    What is not known is said to be not known. Without HOUSEHOLDS the households that programme.toml names
    as examples are written to. Letters name people: keep them as you keep the roster.

    Example: resettle letter luoyang-2016 4100000001 --lang zh --size 18
    """
    from resettle.journey.letters import desk_of, edition_of, letters_of, village_of
    from resettle.journey.programme import load_programme
    from resettle.journey.results import read_results
    from resettle.outreach import board_sheet, handbook, loudspeaker, message, questions

    language = lang or default_language()
    programme, problems = load_programme(folder)
    desk, found = desk_of(programme, read_results(folder), language)
    out = out or folder / "letters"
    out.mkdir(parents=True, exist_ok=True)
    problems += found
    written: list[Path] = []
    if village is not None:
        name, numbers = village_of(desk, village)
        facts = letters_of(desk, numbers)
        sheets = {"board": "\n".join(board_sheet(name, facts, language))}
        if facts:
            sheets["message"] = message(name, facts, language)
            sheets["loudspeaker"] = loudspeaker(name, facts, language)
        for kind, text in sheets.items():
            written += _write(out / f"{village}-{kind}-{language}.txt", text + "\n")
    if wants_handbook:
        edition = edition_of(desk)
        for kind, pairs in (
            ("questions", questions(edition, language)),
            ("handbook", handbook(edition, language)),
        ):
            text = "\n\n".join(f"{a}\n{b}" for a, b in pairs)
            written += _write(out / f"{kind}-{language}.txt", text + "\n")
    wanted = list(households)
    if not wanted and village is None and not wants_handbook:
        wanted = [str(i) for i in programme.options.get("examples", [])]
        if not wanted:
            raise click.UsageError("Name at least one HOUSEHOLD, --village or --handbook.")
    for facts_of_one in letters_of(desk, wanted):
        problems += _letter(facts_of_one, language, int(size), out, html_only, written)
    if as_json:
        print_json({"files": [str(p) for p in written], "problems": [problem_json(p) for p in problems]})
    else:
        for path in written:
            click.echo(str(path))
        print_problems(problems, language)
    ctx.exit(int(any(p.severity == "error" for p in problems)))


def _letter(
    facts: LetterFacts, language: Language, size: int, out: Path, html_only: bool, written: list[Path]
) -> list[Problem]:
    """The web page and the text to be read aloud first, so that they stand even where no typesetter is installed; what was written is added to ``written``."""
    from resettle.outreach import check_words, compose, letter_html, letter_pdf, read_aloud
    from resettle.outreach.typeset import check_pages

    letter = compose(facts, language)
    spoken, problems = read_aloud(facts, language)
    names = [n for n in (facts.head_name, facts.site_name, facts.office, facts.contact_name) if n]
    problems = [*problems, *check_words(spoken, language, names)]
    number = re.sub(r"[^\w-]", "_", facts.household_id)  # a number is no path
    stem = f"{number}-{language}"
    written += _write(out / f"{stem}.html", letter_html(letter))
    written += _write(out / f"{stem}-aloud.txt", spoken + "\n")
    if html_only:
        return problems
    pdf = letter_pdf(letter, size)
    path = out / f"{stem}.pdf"
    path.write_bytes(pdf)
    written.append(path)
    return [*problems, *check_pages(letter, pdf)]


def _write(path: Path, text: str) -> list[Path]:
    from resettle.store.folder import write_text

    write_text(path, text)
    return [path]
