"""``resettle site``: plan the sites of a programme folder with proof; ``site verify`` re-checks a proof."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from resettle.cli._console import default_language, print_json, print_problems
from resettle.cli._judgement import judgement_data, judgement_lines
from resettle.problems import Problem, ResettleError
from resettle.words import LANGUAGES, Language, tell

if TYPE_CHECKING:
    from resettle.cli._siting import Prepared, Stop
    from resettle.siting.county import CountyPlan


class PlanByDefault(click.Group):
    """``resettle site DIR`` means ``resettle site plan DIR``."""

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if args and args[0] not in self.commands:
            args = ["plan", *args]
        return super().resolve_command(ctx, args)


@click.command(cls=PlanByDefault, name="site")
def command() -> None:
    """Plan sites county by county, each answer with its bound; verify a stored proof.

    With --given sites.csv a choice already made is judged instead.

    Example: resettle site luoyang-2016 --gap 0.01 --time 60
    """


@command.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--gap", type=float, default=None, help="Stop at this gap (0.01 is 1%); the programme's own if not given."
)
@click.option("--time", "seconds", type=float, default=60.0, help="Seconds per county at most, a backstop.")
@click.option(
    "--given",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="CSV with a column site_id: judge this choice of sites instead of making one.",
)
@click.option(
    "--plans/--no-plans",
    "with_plans",
    default=True,
    help="Several plans to choose from, where sites are free.",
)
@click.option(
    "--plans-for", multiple=True, help="A county that gets several plans; may be given several times."
)
@click.option(
    "--as-if-free", is_flag=True, help="An exercise: treat decided sites of those counties as free."
)
@click.option("--json", "as_json", is_flag=True, help="Answers and problems as JSON on standard output.")
@click.option("--lang", type=click.Choice(LANGUAGES), default=None, help="Language of the lines.")
@click.pass_context
def plan(
    ctx: click.Context,
    folder: Path,
    gap: float | None,
    seconds: float,
    given: Path | None,
    with_plans: bool,
    plans_for: tuple[str, ...],
    as_if_free: bool,
    as_json: bool,
    lang: Language | None,
) -> None:
    """Plan the sites of FOLDER; write one proof per county to FOLDER/out/siting. Ctrl-C keeps the best so far.

    Where sites are still to be chosen, five to nine plans follow: cheapest, shortest ways, most jobs...; what
    one more condition costs; whose site changes. They are written beside the proofs, with a page to read.

    Example: resettle site luoyang-2016 --gap 0.01
    """
    from resettle.cli._siting import Stop, prepare

    language = lang or default_language()
    ready = prepare(folder, gap)
    if plans_for:
        ready.options = replace(ready.options, plans_for=plans_for, plans_free=as_if_free)
    stop = Stop()
    with stop.listening(language):
        if given is not None:
            data = _judged(ready, given, stop, seconds, None if as_json else language)
        else:
            speaking = None if as_json else language
            data, made = _planned(ready, folder, stop, seconds, speaking)
            if with_plans:
                data |= _options(ready, folder / "out" / "siting", stop, seconds, speaking, made)
    if as_json:
        print_json({**data, "interrupted": stop.is_interrupted})
    print_problems([ready.named(p) for p in ready.problems], language, most=PROBLEMS_TOLD)
    ctx.exit(1 if any(p.severity == "error" for p in ready.problems) else 0)


def _planned(
    ready: Prepared, folder: Path, stop: Stop, seconds: float, language: Language | None
) -> tuple[dict[str, Any], dict[str, CountyPlan]]:
    """Plan every county, print a line each and their total; without a language only the data."""
    from resettle.cli._site_options import write_made
    from resettle.cli._siting import close_line, watcher
    from resettle.methods.assignment import gap_ppm, proof
    from resettle.siting.county import limits_of, plan_county
    from resettle.siting.measures import money_minor
    from resettle.store.folder import safe_stem

    out = folder / "out" / "siting"
    out.mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, Any]] = []
    made: dict[str, CountyPlan] = {}
    totals: list[int | None] = [0, 0, 0, 0]
    for county in ready.counties:
        speaking = language or default_language()
        limits = limits_of(ready.options, ready.seed, stop.before(seconds))
        found = plan_county(
            county, ready.options, replace(limits, progress=watcher(ready, county.code, speaking))
        )
        close_line()
        answer = found.answer
        made[county.code] = found
        ready.problems += found.problems
        (out / f"{safe_stem(county.code)}.json").write_text(
            json.dumps(proof.to_json(answer)), encoding="utf-8"
        )
        rows.append(_answer_row(county.code, found))
        parts = (money_minor(found), answer.objective, answer.bound, answer.problem.common_cost)
        if answer.objective is not None:
            totals = [None if t is None or p is None else t + p for t, p in zip(totals, parts, strict=True)]
        if language is not None:
            click.echo(_line(ready, rows[-1], ready.place(county.code, language), language))
            click.echo(_sites_line(ready, rows[-1]["sites_open"], language))
    write_made(ready, made, out)
    cost, objective, bound, common = totals
    whole = {
        "cost_minor": cost,
        "objective_minor": objective,
        "bound_minor": bound,
        "gap_percent": gap_ppm(objective or 0, bound or 0, common or 0) / 10_000,
        "counties": len(rows),
        "counties_without_plan": sum(r["objective_minor"] is None for r in rows),
        "sites_open": sum(len(r["sites_open"]) for r in rows if r["objective_minor"] is not None),
    }
    if language is not None:
        _tell_total(ready, whole, language)
        if stop.is_interrupted:
            click.echo(tell("siting.console.interrupted", language))
    return {"answers": rows, "total": whole}, made


def _answer_row(county_code: str, found: CountyPlan) -> dict[str, Any]:
    """What a program reads of one county's plan."""
    from resettle.siting.measures import mean_distance_m, money_minor, open_sites

    answer = found.answer
    return {
        "county_code": county_code,
        "objective_minor": answer.objective,
        "bound_minor": answer.bound,
        "cost_minor": money_minor(found),
        "gap_percent": None if answer.gap_ppm is None else answer.gap_ppm / 10_000,
        "plain_gap_percent": None if answer.plain_gap_ppm is None else answer.plain_gap_ppm / 10_000,
        "status": answer.status,
        "bound_kind": answer.bound_kind,
        "repeats": answer.repeats,
        "sites_open": sorted(open_sites(found)),
        "mean_distance_m": mean_distance_m(found),
    }


def _tell_total(ready: Prepared, whole: dict[str, Any], language: Language) -> None:
    """The line over all counties, and how to read a gap."""
    from resettle.cli._siting import percent

    told = {k: ready.money(whole[f"{k}_minor"], language) for k in ("cost", "objective", "bound")}
    gap = percent(round(float(whole["gap_percent"]) * 10_000), language)
    click.echo(tell("siting.console.total", language, **{**whole, **told, "gap": gap}))
    click.echo(tell("siting.console.how_to_read", language))


def _options(
    ready: Prepared,
    out: Path,
    stop: Stop,
    seconds: float,
    language: Language | None,
    made: dict[str, CountyPlan],
) -> dict[str, Any]:
    """The plans to choose from, where there are any: written, and told in lines."""
    from resettle.cli._site_options import all_changes, find_options, option_lines, write_options

    rows = find_options(ready, lambda: stop.before(seconds), language, made)
    if rows["plan_option"]:
        write_options(ready, rows, out, made)
    if language is not None:
        for line in option_lines(ready, rows, language):
            click.echo(line)
        key = "written" if rows["plan_option"] else "none"
        click.echo(tell(f"siting.options.{key}", language, folder=str(out)))
    changed = [
        dict(
            zip(
                ("county_code", "plan_from", "plan_to", "household_id", "site_from", "site_to"),
                r,
                strict=True,
            )
        )
        for r in all_changes(rows)
    ]
    return {"plans": rows["plan_option"], "conditions": rows["plan_condition"], "changes": changed}


def _line(ready: Prepared, row: dict[str, Any], name: str, language: Language) -> str:
    """One county's answer in words."""
    from resettle.cli._siting import percent

    if row["objective_minor"] is None:
        return tell("siting.console.no_plan", language, county=name)
    return tell(
        "siting.console.county",
        language,
        county=name,
        cost=ready.money(row["cost_minor"], language),
        objective=ready.money(row["objective_minor"], language),
        bound=ready.money(row["bound_minor"], language),
        gap=percent(round(row["gap_percent"] * 10_000), language),
        sites=len(row["sites_open"]),
        km=None if row["mean_distance_m"] is None else f"{row['mean_distance_m'] / 1000:.1f}",
        proof=tell(f"siting.console.{row['bound_kind']}", language),
    )


SITES_TOLD = 8
FAULTS_TOLD = 10
PROBLEMS_TOLD = 40
"""No workbook of problems is written here, so hardly any may be left out."""


def _sites_line(ready: Prepared, sites: list[str], language: Language) -> str:
    """The sites a county's plan opens, with their places; of many only the first and where to find the rest."""
    told = [f"    {ready.place(s, language)}" for s in sites[:SITES_TOLD]]
    if len(sites) > SITES_TOLD:
        told.append("    " + tell("siting.console.more_sites", language, count=len(sites) - SITES_TOLD))
    return "\n".join(told)


def _judged(
    ready: Prepared, given: Path, stop: Stop, seconds: float, language: Language | None
) -> dict[str, Any]:
    """Hold the choice of a file against the bound, county by county; only counties it names are judged."""
    import csv
    import difflib

    from resettle.cli._siting import close_line, watcher
    from resettle.siting.county import limits_of
    from resettle.siting.judge import judge

    with given.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        if "site_id" not in (reader.fieldnames or []):
            raise ResettleError(Problem("siting.given_no_column", "error", file=given.name))
        listed = [name for row in reader if (name := (row["site_id"] or "").strip())]
    names = set(listed)
    for name in sorted(n for n in names if listed.count(n) > 1):
        ready.problems.append(Problem("siting.given_twice", "warning", file=given.name, value=name))
    known = sorted(s.site_id for c in ready.counties for s in c.sites)
    for name in sorted(names - set(known)):
        near = ", ".join(difflib.get_close_matches(name, known, n=1, cutoff=0.3))
        ready.problems.append(
            Problem("siting.given_unknown", "error", file=given.name, value=name, nearest=near)
        )
    rows = []
    for county in ready.counties:
        own = frozenset(names & {s.site_id for s in county.sites})
        if not own:
            ready.problems.append(Problem("siting.given_no_site", "warning", value=county.code))
            continue
        limits = limits_of(ready.options, ready.seed, stop.before(seconds))
        watch = watcher(ready, county.code, language or default_language())
        found = judge(county, own, ready.options, replace(limits, progress=watch))
        close_line()
        ready.problems += found.given.problems
        rows.append(judgement_data(county.code, own, found))
        if language is not None:
            for line in judgement_lines(ready, rows[-1], language):
                click.echo(line)
    if language is not None and stop.is_interrupted:
        click.echo(tell("siting.console.interrupted", language))
    return {"judged": rows}


@command.command()
@click.argument("proof_file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--against",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The programme folder: is the problem proved the one its tables state?",
)
@click.option("--lang", type=click.Choice(LANGUAGES), default=None, help="Language of the answer.")
@click.option(
    "--json", "as_json", is_flag=True, help="Whether it is true, what was checked and the faults, as JSON."
)
@click.pass_context
def verify(
    ctx: click.Context, proof_file: Path, against: Path | None, lang: Language | None, as_json: bool
) -> None:
    """Re-check a plan and its bound from PROOF_FILE, with no solver. Exit code 1 if something is wrong.

    Alone it says that plan, cost and bound hold for the problem in the file; with --against also that this
    problem is the one of the programme's tables, so that no cost or capacity was changed beforehand.

    Example: resettle site verify luoyang-2016/out/siting/410325000000.json --against luoyang-2016
    """
    from resettle.methods.assignment.proof import proof_faults

    language, kind, holds = lang or default_language(), "", "true"
    try:
        data = json.loads(proof_file.read_text(encoding="utf-8"))
        found = [tell(f"siting.proof.{key}", language, **numbers) for key, numbers in proof_faults(data)]
        kind = "bound_checked" if data["bound_kind"] == "verified" else "bound_unchecked"
        kind = tell(f"siting.proof.{kind}", language)
        if data["plan"] is None:
            holds = "true_infeasible" if data["status"] == "infeasible" else "true_bound"
            if data["bound_kind"] != "verified":
                found.append(tell("siting.proof.nothing_checked", language))
    except KeyError as error:
        found = [tell("siting.proof.part_missing", language, value=error.args[0])]
    except (ValueError, TypeError, IndexError, AttributeError, ArithmeticError, RecursionError) as error:
        found = [tell("siting.proof.no_proof", language, value=str(error)[:120])]
    else:
        if against is not None:
            found += _other_problem(data, against, proof_file.stem, language)
    if as_json:
        print_json({"is_true": not found, "checked": kind, "faults": found})
    elif found:
        more = [tell("siting.proof.more", language, count=len(found) - FAULTS_TOLD)] * (
            len(found) > FAULTS_TOLD
        )
        click.echo("\n".join([tell("siting.proof.false", language), *found[:FAULTS_TOLD], *more]))
    else:
        click.echo(tell(f"siting.proof.{holds}", language, kind=kind))
    ctx.exit(1 if found else 0)


def _other_problem(data: dict[str, Any], folder: Path, code: str, language: Language) -> list[str]:
    """Where the problem of a proof differs from the one the folder's tables state."""
    from resettle.cli._siting import prepare
    from resettle.methods.assignment.proof import problem_json
    from resettle.siting.model import build

    ready = prepare(folder, None)
    county = next((c for c in ready.counties if c.code == code), None)
    if county is None:
        return [tell("siting.proof.other_county", language, value=code)]
    stated = problem_json(build(county, ready.options).problem)
    return [
        tell("siting.proof.other_table", language, value=name)
        for name in stated
        if stated[name] != data["problem"].get(name)
    ]
