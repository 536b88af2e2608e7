"""Who was asked, who answered, who was lost between waves, and weights that make up for it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from resettle.evaluation.form import WAVES
from resettle.evaluation.outcomes import numbers
from resettle.methods.design import Design, make_design
from resettle.methods.survey import response_weights
from resettle.problems import Problem

GROUPS = ("household_class", "stratum")


def wave_table(sample: pl.DataFrame, answers: pl.DataFrame) -> pl.DataFrame:
    """Per wave and group (all, movers' class and hosts, stratum): drawn, answered, seen again, lost.

    Returns:
        ``wave, group_by, group, drawn, answered, response_rate, weighted_rate, in_baseline, seen_again,
        lost_share``; ``lost_share`` is of those who answered the baseline.
    """
    drawn = (
        sample.filter(~pl.col("is_reserve").fill_null(False)) if "is_reserve" in sample.columns else sample
    )
    if "weight" not in drawn.columns:
        drawn = drawn.with_columns(pl.lit(1.0).alias("weight"))
    heard = {w: answers.filter(pl.col("wave") == w)["household_id"].unique().implode() for w in WAVES}
    rows = []
    for wave in (w for w in WAVES if len(heard[w].explode().drop_nulls())):
        marked = drawn.with_columns(
            pl.col("household_id").is_in(heard[wave]).alias("_now"),
            pl.col("household_id").is_in(heard["baseline"]).alias("_first"),
            pl.col("weight").fill_null(1.0),
        )
        for by in ("", *(g for g in GROUPS if g in drawn.columns)):
            label = pl.col(by).fill_null("?") if by else pl.lit("")
            for (name,), own in sorted(marked.group_by(label.alias("_g")), key=lambda pair: str(pair[0][0])):
                now, first = own["_now"], own["_first"]
                base = int(first.sum()) if wave != "baseline" else 0
                again = int((now & first).sum()) if base else None
                whole = float(own["weight"].sum())
                rows.append(
                    {
                        "wave": wave,
                        "group_by": by,
                        "group": str(name),
                        "drawn": own.height,
                        "answered": int(now.sum()),
                        "response_rate": int(now.sum()) / own.height,
                        "weighted_rate": float((own["weight"] * now).sum()) / whole if whole > 0 else None,
                        "in_baseline": base or None,
                        "seen_again": again,
                        "lost_share": None if again is None else 1 - again / base,
                    }
                )
    return pl.DataFrame(rows, infer_schema_length=None) if rows else pl.DataFrame()


def lost_table(
    answers: pl.DataFrame, wave: str, columns: Sequence[str], since: str = "baseline"
) -> pl.DataFrame:
    """Those of the round ``since`` who were lost by ``wave`` against those who stayed: ``column, stayed, lost,
    difference`` (in standard deviations of that round; above 0.25 the loss is not at random)."""
    first = answers.filter(pl.col("wave") == since)
    there = answers.filter(pl.col("wave") == wave)["household_id"].unique().implode()
    stayed = first["household_id"].is_in(there).to_numpy()
    rows = []
    for name in (c for c in columns if c in first.columns):
        values = numbers(first, name)
        known = np.isfinite(values)
        a, b = values[known & stayed], values[known & ~stayed]
        spread = float(values[known].std()) if known.any() else 0.0
        if len(a) >= 5 and len(b) >= 5 and spread > 0:
            rows.append((name, float(a.mean()), float(b.mean()), float((a.mean() - b.mean()) / spread)))
    return pl.DataFrame(rows, schema=["column", "stayed", "lost", "difference"], orient="row")


def weigh(
    sample: pl.DataFrame, answers: pl.DataFrame, wave: str, covariates: Sequence[str]
) -> tuple[pl.DataFrame, Design | None, list[Problem]]:
    """Weights of one wave's answers: the draw's weight over the probability of answering.

    Args:
        sample: everybody drawn, with ``weight, stratum, site_id`` and covariates of the registry;
        answers: of all waves; covariates of the baseline answers count where the sample lacks them.

    Returns:
        ``household_id, weight, probability, weight_raised`` of those who answered; the design of everybody
        drawn with the raised weights (0 where nobody answered); problems, among them the design effect that uneven
        weights cost when it passes 2. An error taken from this design treats the probabilities as known and is too
        wide: intervals come from :func:`resettle.methods.survey.response_mean`, whose coverage is in the table.
    """
    drawn = (
        sample.filter(~pl.col("is_reserve").fill_null(False)) if "is_reserve" in sample.columns else sample
    )
    drawn = drawn.sort("household_id")
    first = answers.filter(pl.col("wave") == "baseline").unique("household_id")
    more = [c for c in covariates if c not in drawn.columns and c in first.columns and wave != "baseline"]
    table = drawn.join(
        first.select("household_id", *more), on="household_id", how="left", maintain_order="left"
    )
    design, problems = make_design(
        table.height,
        table["weight"].fill_null(1.0).to_numpy() if "weight" in table.columns else None,
        table["stratum"].fill_null("-").to_list() if "stratum" in table.columns else None,
        table["site_id"].fill_null("-").to_list() if "site_id" in table.columns else None,
        "merge",
    )
    if design is None:
        return pl.DataFrame(), None, problems
    heard = answers.filter(pl.col("wave") == wave)["household_id"].unique().implode()
    answered = table["household_id"].is_in(heard).to_numpy()
    known = [
        numbers(table, c) for c in covariates if c in table.columns and np.isfinite(numbers(table, c)).any()
    ]
    x = np.stack(known, axis=1) if known else np.zeros((table.height, 0))
    raised, probability, found = response_weights(design, answered, x)
    problems += found
    if any(p.severity == "error" for p in found):
        return pl.DataFrame(), None, problems
    own = raised.weight[answered]
    cost = float(len(own) * (own**2).sum() / own.sum() ** 2)
    if cost > 2:
        problems.append(Problem("survey.weights_uneven", "warning", value=f"{cost:.1f}"))
    shown = pl.DataFrame(
        {
            "household_id": table["household_id"].filter(pl.Series(answered)),
            "weight": design.weight[answered],
            "probability": probability[answered],
            "weight_raised": own,
        }
    )
    return shown, raised, problems
