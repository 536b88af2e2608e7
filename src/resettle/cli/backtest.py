"""``resettle backtest``: do the rates foretell? Two rosters of the same households decide."""

from __future__ import annotations

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
    as_json: bool,
    lang: Language | None,
) -> None:
    """Fit on half of the households of WAVE1 and WAVE2, judge on the other half.

    Each wave is a CSV or Parquet file with one row a person (household_id, person_id, relation, sex,
    birth_date or age) or, for WAVE2, one row a household (household_id, member_count).

    Example: resettle backtest 2016.csv 2021.csv --from 2016-06-30 --to 2021-06-30
    """
    from resettle.journey.waves import backtest_files

    language = lang or default_language()
    found, problems = backtest_files(wave1, wave2, first, second, pack_id, seed)
    if found is not None and as_json:
        print_json(
            {
                "passed": found.passed,
                "reason": found.reason,
                "digest": found.digest,
                "households": found.households,
                "scales": dict(found.scales),
                "scores": found.scores.to_dicts(),
                "calibration": found.calibration.to_dicts(),
                "rates": dict(found.document),
                "problems": [problem_json(p) for p in problems],
            }
        )
    elif found is not None:
        scores = {row["forecast"]: f"{row['brier_growth']:.4f}" for row in found.scores.iter_rows(named=True)}
        gap = max(
            abs(a - b) * 100 for a, b in found.calibration.select("chance_mean", "grew_share").iter_rows()
        )
        reason = tell(f"projection.reason_{found.reason}", language, gap=f"{gap:.0f}") if found.reason else ""
        name = "projection.backtest_passed" if found.passed else "projection.backtest_failed"
        click.echo(tell(name, language, **scores, households=found.households, reason=reason))
    print_problems(problems, language)
    ctx.exit(1 if found is None else 0)
