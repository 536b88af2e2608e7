"""``resettle rules``: the policy as a matrix, as SQL, proved, and held against its worked cases."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from resettle.cli._console import default_language, print_json, print_problems, problem_json
from resettle.words import LANGUAGES, Language, tell

if TYPE_CHECKING:
    from resettle.journey.programme import Programme
    from resettle.policy import Pack


SHOWN = ("matrix", "sql", "prove", "cases", "diff", "amended")


@dataclass(frozen=True)
class Asked:
    """What the policy is held against: another day, a reform in a file, another pack or folder.

    ``except_where``: outside this condition nothing may differ.
    """

    day: date | None
    change: Path | None
    against: str | None
    except_where: str | None = None


@click.command(name="rules")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("show", type=click.Choice(SHOWN), default="matrix")
@click.option("--table", default="household", help="The table whose rules become SQL.")
@click.option("--engine", default="duckdb", help="duckdb, sqlite, postgresql or spark.")
@click.option(
    "--date", "day", type=click.DateTime(["%Y-%m-%d"]), help="diff, amended: the policy on this day."
)
@click.option("--change", type=click.Path(path_type=Path), help="diff, amended: a reform, .toml or .xlsx.")
@click.option("--against", help="diff, amended: another pack or programme folder, or the id of a pack.")
@click.option(
    "--except",
    "except_where",
    help="amended: the condition outside which nothing may differ, as rules write it.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="prove: write refuting households as cases here.",
)
@click.option("--lang", type=click.Choice(LANGUAGES), default=None, help="Language of the answer.")
@click.option("--json", "as_json", is_flag=True, help="The answer as JSON.")
def command(
    folder: Path,
    show: str,
    table: str,
    engine: str,
    day: datetime | None,
    change: Path | None,
    against: str | None,
    except_where: str | None,
    out: Path | None,
    lang: Language | None,
    as_json: bool,
) -> None:
    """Show the rules of the programme in FOLDER, on its own day and in its own place.

    diff says in words what another day, a reform or another pack would change. prove prints the smallest
    household that breaks a property as a case file; with --out it is written, ready to lie in the pack.
    amended proves for every possible household that another version equals this one except where it says so.

    Example: resettle rules luoyang-2016 prove

    Example: resettle rules luoyang-2016 diff --date 2021-01-01 --lang zh

    Example: resettle rules luoyang-2016 amended --change reform.toml --except "registered_persons <= 3"
    """
    from resettle.journey.inputs import pack_of
    from resettle.journey.programme import load_programme
    from resettle.policy import matrix, run_cases, sql_text
    from resettle.policy.difference import matrix_text

    language = lang or default_language()
    programme, _ = load_programme(folder)
    pack = pack_of(programme)
    as_of, scope = programme.as_of, programme.scope
    asked = Asked(day.date() if day else None, change, against, except_where)
    if show == "diff":
        _diff(programme, pack, asked, language, as_json)
    elif show == "amended":
        _amended(programme, pack, asked, language, as_json)
    elif show == "sql":
        click.echo(sql_text(pack, table, as_of, scope, engine))
    elif show == "matrix":
        rows = matrix(pack, as_of, scope, language).to_dicts()
        if as_json:
            print_json(rows)
            return
        click.echo("\n".join(matrix_text(pack, rows, as_of, scope, language)))
    elif show == "cases":
        checked, problems = run_cases(pack)
        print_json({"checked": checked, "differ": len(problems)}) if as_json else click.echo(
            f"{checked - len(problems)}/{checked}"
        )
        print_problems([*problems, *pack.hints], language)
        if problems:
            raise SystemExit(1)
    else:
        _prove(pack, as_of, scope, out, language, as_json)


def _prove(pack: Pack, as_of: date, scope: str, out: Path | None, language: Language, as_json: bool) -> None:
    """Print what became of every property; a household that breaks one as a case file."""
    from resettle.policy.case_files import case_name, case_text
    from resettle.policy.prove import prove
    from resettle.store.folder import write_text

    proofs, problems = prove(pack, as_of, scope)
    refuted = [proof for proof in proofs if proof.state == "refuted"]
    cases = {case_name(pack, proof): case_text(pack, proof, as_of) for proof in refuted}
    if as_json:
        print_json(
            [asdict(p) | ({"case": case_text(pack, p, as_of)} if p in refuted else {}) for p in proofs]
        )
    else:
        for proof in proofs:
            title = proof.zh if language == "zh" else proof.en
            click.echo(f"{title}: {tell(f'policy.{proof.state}', language, reason=proof.reason)}")
        print_problems(problems, language)
    for name, text in cases.items():
        if out is not None:
            (out / name).parent.mkdir(parents=True, exist_ok=True)
            write_text(out / name, text)
        if not as_json:
            click.echo(tell("policy.case_written" if out else "policy.case_shown", language, file=name))
            click.echo(text if out is None else "")
    if refuted:
        raise SystemExit(1)


def _diff(programme: Programme, pack: Pack, asked: Asked, language: Language, as_json: bool) -> None:
    """Print what differs between the programme's policy and the one asked for."""
    from resettle.journey.reforms import programs_to_compare
    from resettle.journey.whatif import words_json
    from resettle.policy import bind, differences

    before, _ = bind(pack, programme.as_of, programme.scope)
    others, problems = programs_to_compare(programme, pack, asked.day, asked.change, asked.against)
    told = {name: differences(before, after) for name, after in others.items()}
    if as_json:
        print_json(
            {
                "differences": {name: words_json(found) for name, found in told.items()},
                "problems": [problem_json(p) for p in problems],
            }
        )
    else:
        for name, found in told.items():
            click.echo(name)
            for line in [d.words(language) for d in found] or [tell("policy.diff.same", language)]:
                click.echo(f"  {line}")
        print_problems(problems, language)
    if any(p.severity == "error" for p in problems):
        raise SystemExit(1)


def _amended(programme: Programme, pack: Pack, asked: Asked, language: Language, as_json: bool) -> None:
    """Prove that each other version equals the programme's own except where it says so; ends with 1 where not."""
    from resettle.journey.reforms import exceptions_stated, programs_to_compare
    from resettle.policy import bind
    from resettle.policy.amended import prove_amended
    from resettle.policy.said import in_words

    before, _ = bind(pack, programme.as_of, programme.scope)
    others, problems = programs_to_compare(programme, pack, asked.day, asked.change, asked.against)
    stated = exceptions_stated(asked.change)
    told: dict[str, list[dict[str, object]]] = {}
    for name, after in others.items():
        condition = asked.except_where or stated.get(name, "")
        found, more = prove_amended(before, after, condition)
        problems += more
        told[name] = [asdict(s) for s in found]
        if as_json:
            continue
        head = "amended_except" if condition else "amended_any"
        click.echo(f"{name}: {tell(f'policy.{head}', language, condition=condition)}")
        if not found and not more:
            click.echo(f"  {tell('policy.amended_nothing', language)}")
        for s in found:
            title = s.zh if language == "zh" else s.en
            money = pack.currency_name(language)
            before_after = [in_words(v, s.kind, language, s.unit, money) for v in (s.before, s.after)]
            values = {"before": before_after[0], "after": before_after[1], "reason": s.reason}
            click.echo(f"  {title}: {tell(f'policy.amended_{s.state}', language, **values)}")
    if as_json:
        print_json({"amended": told, "problems": [problem_json(p) for p in problems]})
    else:
        print_problems(problems, language)
    if any(p.severity == "error" for p in problems):
        raise SystemExit(1)
