"""``resettle check``: answers every row of a roster, with no folder and no settings."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from resettle.cli._console import default_language, print_json, print_problems, problem_json
from resettle.words import LANGUAGES, Language, tell


@click.command()
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--pack",
    "pack_id",
    default="cn_luoyang",
    show_default=True,
    help="Policy pack: places, aliases, numbers.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Where the answer is written; default: beside the roster.",
)
@click.option(
    "--as-of", type=click.DateTime(["%Y-%m-%d"]), help="The day the roster describes; default: today."
)
@click.option(
    "--head",
    "heads",
    multiple=True,
    metavar="HEAD=FIELD",
    help="Teach what a head means; kept in heads.csv beside the roster.",
)
@click.option(
    "--size-limit", type=click.IntRange(1), metavar="MB", help="What a workbook may unpack to; 1500."
)
@click.option("--letters/--no-letters", default=True, help="A letter for each household, by village.")
@click.option("--lang", type=click.Choice(LANGUAGES), help="Language of the answer.")
@click.option("--json", "as_json", is_flag=True, help="Counts and problems as JSON.")
def command(
    path: Path,
    pack_id: str,
    out: Path | None,
    as_of: datetime | None,
    heads: tuple[str, ...],
    size_limit: int | None,
    letters: bool,
    lang: Language | None,
    as_json: bool,
) -> int:
    """Answer every row of a roster (xlsx, xls, ods, csv), or of all rosters of a programme folder.

    Writes problems.xlsx with your own heads and rows, the offending cells marked, the clean tables, whom to
    visit first, and a letter for each household.

    \b
    Example:
      resettle check roster.xlsx --out answer
      resettle check roster.xlsx --head "搬迁对象=姓名"
    """
    from resettle.journey.answer import answer, write_answer

    language = lang or default_language()
    if heads:
        _teach(path, pack_id, heads, language, as_json)
    found = answer(path, pack_id, as_of.date() if as_of else None, size_limit and size_limit * 1_000_000)
    target = out or (path / "check" if path.is_dir() else path.with_name(f"{path.stem}-answer"))
    write_answer(target, found, language, letters)
    problems, counts = found.problems, found.result.counts
    failed = any(p.severity == "error" for p in problems)
    if as_json:
        print_json({"counts": counts, "out": str(target), "problems": [problem_json(p) for p in problems]})
        return int(failed)
    click.echo(tell("registry.summary_line", language, **counts))
    print_problems([p for p in problems if p.severity != "hint"], language)
    click.echo(tell("registry.written", language, path=target))
    return int(failed)


def _teach(path: Path, pack_id: str, heads: tuple[str, ...], language: Language, quiet: bool) -> None:
    """Keep what the office says of its heads, so that it says it once."""
    from resettle.journey.answer import remember
    from resettle.registry.taught import FILE

    parts = [text.rpartition("=") for text in heads]
    pairs = [(head.strip(), field.strip()) for head, _, field in parts]
    for text, (head, field) in zip(heads, pairs, strict=True):
        if not head or not field:
            raise click.BadParameter(f"{text!r}: HEAD=FIELD", param_hint="--head")
    folder = path if path.is_dir() else path.parent
    count = remember(folder, pack_id, dict(pairs))
    if not quiet:
        click.echo(tell("registry.heads_kept", language, count=count, path=folder / FILE))
