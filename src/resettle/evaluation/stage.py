"""The evaluation as a stage: answers and registry in, outcome and indicator tables out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from resettle.evaluation import outcomes
from resettle.evaluation.contract import INDICATOR, OUTCOME
from resettle.evaluation.form import Item
from resettle.methods.path_model.analysis import analyse as analyse_model
from resettle.problems import Problem
from resettle.tables.stage import Inputs, Outputs, Stage

MOST_RESAMPLES = 2000


def evaluate(
    tables: Mapping[str, pl.DataFrame],
    satisfaction: list[Item],
    adaptation: list[Item],
    model: Mapping[str, Any],
    declared: pl.DataFrame,
    seed: int,
) -> tuple[dict[str, pl.DataFrame], list[Problem], dict[str, Any]]:
    """Everything the survey can say, with the tables of :data:`OUTCOME` and :data:`INDICATOR`.

    Args:
        tables: ``response`` (with the sample's columns joined if there is a ``survey_sample``),
            ``household``, ``person``, ``fund``, whichever are there.
        satisfaction, adaptation: the pack's instruments; model: its path model; declared: its indicators.

    Returns:
        Tables (``evaluation_outcome``, ``evaluation_indicator``, ``adaptation_grade``, ``attrition``,
        ``transition``, and the path model's under ``satisfaction_*``), problems, facts.
    """
    problems: list[Problem] = []
    facts: dict[str, Any] = {}
    rows: list[dict[str, Any]] = []
    made: dict[str, pl.DataFrame] = {}
    answers = tables.get("response")
    scores: dict[str, Any] = {}
    design = None
    if answers is None or not answers.height:
        problems.append(Problem("evaluation.no_answers", "warning"))
    else:
        latest = _latest(answers, tables.get("survey_sample"))
        design, found = outcomes.design_of(latest)
        problems += found
        if design is not None:
            scores = outcomes.scale_scores(latest, [*satisfaction, *adaptation])
            more, made["adaptation_grade"] = outcomes.adaptation(latest, adaptation, design)
            rows += more
            more, facts["willingness_by_distance"], found = outcomes.distance_outcomes(
                latest, adaptation, design
            )
            rows += more
            problems += found
        sample = tables.get("survey_sample")
        if sample is not None:
            made["attrition"] = outcomes.attrition(sample, answers)
        more_tables, found = _satisfaction(latest, model, seed)
        problems += found
        made |= more_tables
        rows += _index_rows(more_tables)
        facts["synthetic"] = (
            bool(answers["is_synthetic"].fill_null(False).any())
            if "is_synthetic" in answers.columns
            else False
        )
    household = tables.get("household")
    if household is not None and {"household_class", "exit_status", "member_count"} <= set(household.columns):
        made["transition"] = outcomes.transitions(household)
    made["evaluation_indicator"], found = outcomes.indicators(declared, tables, scores, design)
    problems += found
    made["evaluation_outcome"] = pl.DataFrame(rows, schema=OUTCOME.schema())
    return made, problems, facts


def _latest(answers: pl.DataFrame, sample: pl.DataFrame | None) -> pl.DataFrame:
    """The last wave, with the sample's weights, strata and sites."""
    order = {"baseline": 0, "year_1": 1, "year_3": 2}
    last = max(answers["wave"].unique().to_list(), key=lambda w: order.get(w, -1))
    chosen = answers.filter(pl.col("wave") == last).sort("household_id")
    if sample is None:
        return chosen
    keep = [
        c for c in ("household_id", "site_id", "stratum", "household_class", "weight") if c in sample.columns
    ]
    drop = [c for c in keep if c != "household_id" and c in chosen.columns]
    return chosen.drop(drop).join(sample.select(keep), on="household_id", how="inner").sort("household_id")


def _satisfaction(
    answers: pl.DataFrame, model: Mapping[str, Any], seed: int
) -> tuple[dict[str, pl.DataFrame], list[Problem]]:
    given = dict(model) | {"seed": seed}
    given["bootstrap"] = min(int(given.get("bootstrap", MOST_RESAMPLES)), MOST_RESAMPLES)
    columns = {"weight": "weight", "strata": "stratum", "cluster": "site_id"}
    given |= {key: column for key, column in columns.items() if column in answers.columns}
    given["groups"] = [
        g for g in ("stratum", "household_class") if g in answers.columns and answers[g].n_unique() > 1
    ]
    found, problems = analyse_model(answers, given)
    if found is None:
        return {}, problems
    return {f"satisfaction_{name}": table for name, table in found.tables.items()}, problems


def _index_rows(tables: Mapping[str, pl.DataFrame]) -> list[dict[str, Any]]:
    rows = []
    whole = tables.get("satisfaction_index")
    if whole is not None:
        for r in whole.iter_rows(named=True):
            rows.append(
                {
                    "topic": "satisfaction",
                    "measure": r["source"],
                    "group": "",
                    "value": r["estimate"],
                    "se": r["se"],
                }
                | {"low": r["percentile_low"], "high": r["percentile_high"], "n": None}
                | {"withheld": "" if r["se"] is not None else "few_units"}
            )
    for name, table in tables.items():
        if name.startswith("satisfaction_index_by_"):
            for r in table.iter_rows(named=True):
                rows.append(
                    {"topic": "satisfaction", "measure": "SAT", "group": r["group"], "value": r["index"]}
                    | {key: r[key] for key in ("se", "low", "high", "n", "withheld")}
                )
    return rows


def _run(inputs: Inputs) -> Outputs:
    from resettle.evaluation.pack_data import instruments_of

    satisfaction, adaptation, model, declared = instruments_of(inputs.pack)
    tables, problems, facts = evaluate(
        inputs.tables, satisfaction, adaptation, model, declared, int(inputs.settings.get("seed", 1))
    )
    own = {name: tables[name] for name in ("evaluation_outcome", "evaluation_indicator")}
    return Outputs(own, problems, facts)


STAGE = Stage(
    name="evaluation",
    requires=("household", "person?", "fund?", "response?", "survey_sample?"),
    provides=(OUTCOME, INDICATOR),
    run=_run,
    zh="评价成效",
    en="evaluate",
)
