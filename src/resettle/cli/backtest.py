"""``resettle backtest``: do the rates foretell? Two rosters of the same households decide."""

from __future__ import annotations

import json
from pathlib import Path

import click

from resettle.cli._console import default_language, print_json, print_problems, problem_json
from resettle.words import LANGUAGES, Language, tell


@click.command(name="backtest")
@click.argument("wave1", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("wave2", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), required=True, help="Day of WAVE1.")
@click.option("--to", "second", type=click.DateTime(["%Y-%m-%d"]), required=True, help="Day of WAVE2.")
@click.option("--pack", "pack_id", default="cn_luoyang", help="Pack whose rates are tested.")
@click.option("--seed", default=0, help="Seed of the draws.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Store the result here, to be proved by a run.",
)
@click.option("--json", "as_json", is_flag=True, help="Scores, calibration and fitted rates as JSON.")
@click.option("--lang", type=click.Choice(LANGUAGES), default=None, help="Language of the sentence.")
@click.pass_context
def command(
    ctx: click.Context,
    wave1: Path,
    wave2: Path,
    first: click.DateTime,
    second: click.DateTime,
    pack_id: str,
    seed: int,
    out: Path | None,
    as_json: bool,
    lang: Language | None,
) -> None:
    """Fit on half of the households of WAVE1 and WAVE2, judge on the other half.

    Each wave is a CSV or Parquet file with one row a person (household_id, person_id, relation, sex,
    birth_date or age) or, for WAVE2, one row a household (household_id, member_count).

    With --out the result is stored. Put it and both rosters into a programme folder and name it there,
    [options.projection] backtest = "backtest.json": a run judges it again on those rosters, and shows
    probabilities only where it passes. A mark typed by hand is refused.

    Example: resettle backtest 2016.csv 2021.csv --from 2016-06-30 --to 2021-06-30 --out backtest.json
    """
    from resettle.journey.inputs import pack_or_raise
    from resettle.journey.waves import backtest_files, evidence
    from resettle.store.folder import write_text

    language = lang or default_language()
    pack = pack_or_raise(pack_id)
    found, problems = backtest_files(wave1, wave2, first, second, pack, seed)
    record = {} if found is None else evidence(found, (wave1, wave2), (first, second), pack, seed)
    if found is not None and out is not None:
        write_text(out, json.dumps(record, ensure_ascii=False, indent=1, default=str) + "\n")
    if found is not None and as_json:
        print_json(record | {"problems": [problem_json(p) for p in problems]})
    elif found is not None:
        scores = {row["forecast"]: f"{row['brier_growth']:.4f}" for row in found.scores.iter_rows(named=True)}
        # The verdict is on the fitted rates; the pack's own may lie further off.
        fitted = found.calibration.filter(forecast="fitted").select("chance_mean", "grew_share")
        gap = max(abs(a - b) * 100 for a, b in fitted.iter_rows())
        reason = tell(f"projection.reason_{found.reason}", language, gap=f"{gap:.0f}") if found.reason else ""
        name = "projection.backtest_passed" if found.passed else "projection.backtest_failed"
        click.echo(tell(name, language, **scores, households=found.households, reason=reason))
    print_problems(problems, language)
    ctx.exit(1 if found is None else 0)
