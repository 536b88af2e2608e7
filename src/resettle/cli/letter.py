"""``resettle letter``: letters to households, texts for a village, questions and handbook."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from resettle.cli._console import default_language, print_json, print_problems, problem_json
from resettle.words import LANGUAGES, Language, tell

if TYPE_CHECKING:
    from resettle.journey.letters import Desk
    from resettle.outreach import LetterFacts
    from resettle.problems import Problem


WRITTEN = "resettle.letter.written"
"""Where the command keeps the files it wrote."""


@click.command(name="letter")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("households", nargs=-1)
@click.option("--lang", type=click.Choice(LANGUAGES), default=None, help="Language of the letters.")
@click.option("--size", type=click.Choice(["14", "18"]), default="14", show_default=True, help="Points.")
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), help="Where they go: FOLDER/letters."
)
@click.option("--html", "html_only", is_flag=True, help="Web pages only, no PDF.")
@click.option(
    "--village", help="Code of a village: sheet for the board, masked list, loudspeaker text, message."
)
@click.option("--all", "everybody", is_flag=True, help="All households, by village; whole or not at all.")
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
    everybody: bool,
    wants_handbook: bool,
    as_json: bool,
) -> None:
    """Write the letters of HOUSEHOLDS of a programme that has been run, as PDF and as web page.

    What is not known is said to be not known. Without HOUSEHOLDS the households that programme.toml names
    as examples are written to. Letters name people: keep them as you keep the roster.

    Example: resettle letter luoyang-2016 4100000001 --lang zh --size 18
    """
    from resettle.journey.letters import desk_of, letters_of
    from resettle.journey.programme import load_programme
    from resettle.journey.results import read_results

    language = lang or default_language()
    programme, problems = load_programme(folder)
    desk, found = desk_of(programme, read_results(folder), language)
    out = out or folder / "letters"
    out.mkdir(parents=True, exist_ok=True)
    problems += found
    if village is not None:
        problems += _village(desk, village, int(size), out, html_only)
    if wants_handbook:
        _books(desk, out)
    if everybody:
        problems += _everybody(desk, int(size), out / f"all-{language}", html_only)
    wanted = list(households)
    if not wanted and village is None and not wants_handbook and not everybody:
        wanted = [str(i) for i in programme.options.get("examples", [])]
        if not wanted:
            raise click.UsageError("Name at least one HOUSEHOLD, --village, --all or --handbook.")
    for facts_of_one in letters_of(desk, wanted):
        problems += _letter(facts_of_one, desk, int(size), out, html_only)
    written: list[Path] = ctx.meta.get(WRITTEN, [])
    if as_json:
        print_json({"files": [str(p) for p in written], "problems": [problem_json(p) for p in problems]})
    else:
        for path in written:
            click.echo(str(path))
        print_problems(problems, language)
    ctx.exit(int(any(p.severity == "error" for p in problems)))


def _letter(facts: LetterFacts, desk: Desk, size: int, out: Path, html_only: bool) -> list[Problem]:
    """The web page and the text to be read aloud first, so that they stand even where no typesetter is installed."""
    from resettle.outreach import check_words, compose, letter_html, letter_pdf, read_aloud
    from resettle.outreach.typeset import check_pages

    language = desk.language
    letter = compose(facts, language)
    spoken, problems = read_aloud(facts, language)
    jargon = [part.named(language) for part in facts.cash_parts]
    problems = [*problems, *check_words(spoken, language, facts.names, jargon, desk.terms())]
    number = re.sub(r"[^\w-]", "_", facts.household_id)  # a number is no path
    stem = f"{number}-{language}"
    _write(out / f"{stem}.html", letter_html(letter))
    _write(out / f"{stem}-aloud.txt", spoken + "\n")
    if html_only:
        return problems
    pdf = letter_pdf(letter, size)
    _write(out / f"{stem}.pdf", pdf)
    return [*problems, *check_pages(letter, pdf)]


def _everybody(desk: Desk, size: int, target: Path, html_only: bool) -> list[Problem]:
    """One page a village for screen and printer, and each letter as PDF; the old folder stays until all are there."""
    from resettle.journey.letters import letters_of
    from resettle.outreach import compose, letter_pdf, letters_html
    from resettle.outreach.typeset import check_pages
    from resettle.store.folder import replaced_folder

    problems: list[Problem] = []
    homes = desk.tables["household"].sort("household_id").select("village_code", "household_id")
    with replaced_folder(target) as folder:
        for (code,), rows in homes.group_by("village_code", maintain_order=True):
            facts = letters_of(desk, rows["household_id"].to_list())
            letters = [compose(one, desk.language) for one in facts]
            stem = re.sub(r"[^\w-]", "_", str(code or "village-unknown"))
            (folder / f"{stem}.html").write_text(letters_html(letters), "utf-8", newline="\n")
            if html_only:
                continue
            (folder / stem).mkdir()
            for one, letter in zip(facts, letters, strict=True):
                pdf = letter_pdf(letter, size)
                number = re.sub(r"[^\w-]", "_", one.household_id)
                (folder / stem / f"{number}.pdf").write_bytes(pdf)
                problems += check_pages(letter, pdf)
    _tell(target)
    return problems


def _village(desk: Desk, code: str, size: int, out: Path, html_only: bool) -> list[Problem]:
    """What a village is given: sheet for the board, masked list, text for the loudspeaker, message to paste."""
    from resettle.journey.letters import edition_of, letters_of, village_of
    from resettle.outreach import board_sheet, letter_html, letter_pdf, sheet_html, texts
    from resettle.outreach.typeset import check_pages

    name, numbers = village_of(desk, code)
    facts = letters_of(desk, numbers)
    board = board_sheet(name, len(facts), edition_of(desk), desk.language)
    stem = re.sub(r"[^\w-]", "_", code)
    ends = f"{desk.language}.html"
    _write(out / f"{stem}-board-{ends}", letter_html(board))
    notice = texts.masked_notice(name, facts, desk.language, desk.days("posted_days"))
    _write(out / f"{stem}-notice-{ends}", sheet_html(notice))
    if facts:
        for kind, text in (("message", texts.message), ("loudspeaker", texts.loudspeaker)):
            _write(out / f"{stem}-{kind}-{desk.language}.txt", text(name, facts, desk.language) + "\n")
    if html_only:
        return []
    pdf = letter_pdf(board, size)
    _write(out / f"{stem}-board-{desk.language}.pdf", pdf)
    return check_pages(board, pdf)


def _books(desk: Desk, out: Path) -> None:
    """The questions at the door and the handbook."""
    from resettle.journey.letter_rights import rights_of
    from resettle.journey.letters import edition_of
    from resettle.outreach import handbook, questions, sheet_html
    from resettle.outreach.texts import book_sheet

    language, edition = desk.language, edition_of(desk)
    for kind, pairs in (
        ("questions", questions(edition, language)),
        ("handbook", handbook(edition, language, rights_of(desk))),
    ):
        sheet = book_sheet(tell(f"outreach.{kind}_title", language), pairs, edition, language)
        _write(out / f"{kind}-{language}.html", sheet_html(sheet))


def _write(path: Path, content: str | bytes) -> None:
    from resettle.store.folder import write_bytes, write_text

    if isinstance(content, bytes):
        write_bytes(path, content)
    else:
        write_text(path, content)
    _tell(path)


def _tell(path: Path) -> None:
    """Remember what was written; it is said at the end, as lines or as JSON."""
    click.get_current_context().meta.setdefault(WRITTEN, []).append(path)
