"""``resettle scorecard``: points from an audit sample, without a programme."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from resettle.words import LANGUAGES, Language


def in_words(audit: Any, language: Language) -> str:
    """The card as a person reads it: how to use it, its points, its errors, whether it is beaten."""
    from resettle.words import tell

    def say(key: str, **values: Any) -> str:
        return tell(f"scorecard.{key}", language, **values)

    lines = [f"# {say('title')}", "", say("purpose"), "", say("use", **audit.facts), ""]
    for (name,), rows in audit.tables["scorecard"].group_by(["indicator"], maintain_order=True):
        lines.append(f"- {say('question', indicator=name)}")
        lines += [f"  - {say('answer', **r)}" for r in rows.iter_rows(named=True)]
    first = audit.tables["errors"].head(2).to_dicts()
    values: dict[str, str] = {}
    for row in first:
        short = row["measure"].removesuffix("_error")
        values[short] = f"{100 * row['value']:.1f}" if row["value"] is not None else "?"
        ends = None if row["low"] is None else {k: f"{100 * row[k]:.1f}" for k in ("low", "high")}
        values[f"{short}_ends"] = say("ends", **ends) if ends else say("no_ends")
    lines += ["", say("error_both", **values), ""]
    better = audit.tables["challengers"].filter(audit.tables["challengers"]["verdict"] == "better")
    names = ", ".join(f"{c}: {m}" for c, m in better.select("challenger", "measure").iter_rows())
    lines += [say("beaten", names=names) if names else say("unbeaten"), "", say("sample", **audit.facts), ""]
    return "\n".join(lines)


@click.command(name="scorecard")
@click.argument("data", type=click.Path(dir_okay=False, path_type=Path))
@click.argument("spec", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), default=Path("scorecard-results"),
    show_default=True,
)  # fmt: skip
@click.option("--sheet", default=None, help="Sheet of a workbook; the first if not given.")
@click.option("--json", "as_json", is_flag=True, help="Tables and problems as JSON on standard output.")
@click.option("--lang", type=click.Choice(LANGUAGES), default=None, help="Language of heads and problems.")
@click.pass_context
def command(
    ctx: click.Context,
    data: Path,
    spec: Path,
    out: Path,
    sheet: str | None,
    as_json: bool,
    lang: Language | None,
) -> None:
    """Make a scorecard of whole points from the audit sample in DATA as SPEC (TOML) says, with its errors.

    It audits a list and makes none: no household's points are written anywhere.

    Example: resettle scorecard audit.csv card.toml --out card
    """
    from resettle.cli._analysis import finish, read_both
    from resettle.cli._console import default_language
    from resettle.methods.scorecard.analysis import analyse

    found, given, problems = read_both(data, spec, sheet)
    audit, more = analyse(found.frame, given)
    problems += more
    tables = {} if audit is None else audit.tables
    texts = {} if audit is None else {"scorecard.md": in_words(audit, lang or default_language())}
    facts = {} if audit is None else audit.facts
    ctx.exit(finish("scorecard", out, found, data, given, tables, texts, problems, as_json, lang, facts))
