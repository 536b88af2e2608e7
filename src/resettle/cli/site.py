"""``resettle site``: plan the sites of a programme folder with proof; ``site verify`` re-checks a proof."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from resettle.cli._console import default_language, print_json, print_problems


def until(moment: float) -> Callable[[], bool]:
    """A deadline: ``True`` from this moment of the monotonic clock on."""
    return lambda: time.monotonic() > moment


class PlanByDefault(click.Group):
    """``resettle site DIR`` means ``resettle site plan DIR``."""

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if args and args[0] not in self.commands:
            args = ["plan", *args]
        return super().resolve_command(ctx, args)


@click.command(cls=PlanByDefault, name="site")
def command() -> None:
    """Plan sites county by county, each answer with its bound; verify a stored proof.

    Example: resettle site luoyang-2016 --gap 0.01 --time 60
    """


@command.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--gap", type=float, default=None, help="Stop at this gap (0.01 is 1%); the programme's own if not given."
)
@click.option("--time", "seconds", type=float, default=60.0, help="Seconds per county at most, a backstop.")
@click.option("--json", "as_json", is_flag=True, help="Answers and problems as JSON on standard output.")
def plan(folder: Path, gap: float | None, seconds: float, as_json: bool) -> None:
    """Plan the sites of FOLDER; write one proof per county to FOLDER/out/siting.

    Example: resettle site luoyang-2016 --gap 0.01
    """
    from resettle.journey.programme import load_programme
    from resettle.journey.run import run_programme
    from resettle.methods.assignment import proof
    from resettle.siting.county import limits_of, plan_county
    from resettle.siting.demand import movers
    from resettle.siting.options import read_options
    from resettle.siting.sites import candidates
    from resettle.siting.stage import counties

    programme, problems = load_programme(folder)
    run = run_programme(programme, wanted=["entitlement"])
    tables = run.tables
    options, more = read_options(run.read.settings)
    if gap is not None:
        options = replace(options, gap_ppm=round(gap * 1_000_000))
    moving, found = movers(tables["household"], tables["entitlement"], tables["village"])
    sites, _, refused = candidates(tables["site"], tables["site_dwelling"], options)
    problems = [*problems, *more, *found, *refused]
    out = folder / "out" / "siting"
    out.mkdir(parents=True, exist_ok=True)
    rows = []
    for county in counties(moving, sites, tables["village"], tables.get("travel")):
        limits = limits_of(options, 1, until(time.monotonic() + seconds))
        answer_of = plan_county(county, options, limits)
        answer = answer_of.answer
        problems += answer_of.problems
        (out / f"{county.code}.json").write_text(json.dumps(proof.to_json(answer)), encoding="utf-8")
        rows.append(
            {
                "county_code": county.code,
                "objective_minor": answer.objective,
                "bound_minor": answer.bound,
                "gap_percent": None if answer.gap_ppm is None else answer.gap_ppm / 10_000,
                "status": answer.status,
                "bound_kind": answer.bound_kind,
            }
        )
        if not as_json:
            click.echo("  ".join(f"{k} {v}" for k, v in rows[-1].items()))
    if as_json:
        print_json({"answers": rows})
    print_problems(problems, default_language())


@command.command()
@click.argument("proof_file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_context
def verify(ctx: click.Context, proof_file: Path) -> None:
    """Re-check a plan and its bound from PROOF_FILE, with no solver. Exit code 1 if something is wrong.

    Example: resettle site verify luoyang-2016/out/siting/410325.json
    """
    from resettle.methods.assignment.proof import proof_faults

    data = json.loads(proof_file.read_text(encoding="utf-8"))
    found = proof_faults(data)
    kind = "bound checked" if data["bound_kind"] == "verified" else "the bound is the solver's word"
    click.echo("FALSE: " + "; ".join(found) if found else f"TRUE: plan checked, {kind}")
    ctx.exit(1 if found else 0)
