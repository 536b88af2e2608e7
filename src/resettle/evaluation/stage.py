"""The evaluation as a stage: answers and registry in, outcome and indicator tables out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from resettle.evaluation import outcomes
from resettle.evaluation.attrition import lost_table, wave_table
from resettle.evaluation.contract import COMPLETION, FOUND, INDICATOR, OUTCOME, PLACE, STANDARD
from resettle.evaluation.distance import against_baseline, distance_tables
from resettle.evaluation.form import WAVES, Item
from resettle.evaluation.interviews import code_names, interview_tables
from resettle.evaluation.joined import (
    KNOWN_BEFORE,
    answers_joined,
    is_host,
    last_wave,
    movers_of,
    rounds,
    weighted,
)
from resettle.evaluation.judge import Declared, judge
from resettle.evaluation.satisfaction import satisfaction as satisfaction_of
from resettle.methods import survey
from resettle.methods.design import Design
from resettle.problems import Problem
from resettle.tables.stage import Inputs, Outputs, Stage

MOST_RESAMPLES = 2000
"""Resamples of a run, unless ``[options.evaluation] resamples`` of programme.toml says otherwise."""
BASELINE = ("income_person_year", "willing_application", "E1")
"""Answers of the baseline that tell who is lost later."""


def evaluate(
    tables: Mapping[str, pl.DataFrame],
    satisfaction: list[Item],
    adaptation: list[Item],
    model: Mapping[str, Any],
    declared: Declared,
    seed: int,
    resamples: int = MOST_RESAMPLES,
    codes: Mapping[str, Any] | None = None,
    settings: Mapping[str, Any] | None = None,
) -> tuple[dict[str, pl.DataFrame], list[Problem], dict[str, Any]]:
    """Everything the survey can say, with the tables of :data:`OUTCOME`, :data:`INDICATOR`, :data:`FOUND`.

    Args:
        tables: ``response``, ``survey_sample``, ``household``, ``person``, ``fund``, ``household_site``,
            ``village_assignment``, ``interview_passage``, ``interview_coding``: whichever are there.
        satisfaction, adaptation: the pack's instruments; model: its path model; declared: its indicators,
            standards and index; codes: its codes for interviews; settings: the programme's dates.
        resamples: at most so many; the pack's model may ask for fewer.

    Returns:
        Tables, problems, facts. Nothing is made up for a table that is absent.
    """
    problems: list[Problem] = []
    facts: dict[str, Any] = {}
    rows: list[dict[str, Any]] = []
    made: dict[str, pl.DataFrame] = {}
    told: dict[str, Any] = {}
    given = tables.get("response")
    if given is None or not given.height:
        problems.append(Problem("evaluation.no_answers", "hint"))
    else:
        answers, found = weighted(answers_joined(tables))
        problems += found
        wave = last_wave(given)
        movers = _banded(against_baseline(answers, movers_of(answers, wave)).sort("household_id"))
        facts = _facts(answers, movers, wave) | {"items": {i.name: [i.zh, i.en] for i in satisfaction}}
        design, found = outcomes.design_of(movers) if movers.height else (None, [])
        problems += found
        told = {"answers": answers, "wave": wave}
        if design is not None:
            told["belonging"] = pl.Series(outcomes.scale_scores(movers, adaptation).get("GRP"))
            more, made["adaptation_grade"] = outcomes.adaptation(movers, adaptation, design)
            rows += more
            rows += _item_rows(movers, satisfaction, design)
            more, found = _host_rows(answers, adaptation, wave)
            rows += more
            problems += found
            found = _distance(made, facts, movers, answers, adaptation, design)
            problems += found
            analysis, more, path_tables, found = satisfaction_of(
                movers, _stacked(answers), model, seed, resamples
            )
            rows += more
            problems += found
            made |= path_tables
            facts["resamples"] = 0 if analysis is None else analysis.resamples
            facts["blocks"] = {c["name"]: list(c.get("items", ())) for c in model.get("construct", ())}
        facts["lost_satisfaction"] = _satisfied_before(answers, wave)
        problems += _attrition(made, tables.get("survey_sample"), given, answers, wave, adaptation)
    problems += _interviews(made, tables, codes or {})
    if "interview_count" in made:
        facts["codes"] = code_names(codes or {})
        facts["interviewed"] = tables["interview_passage"]["household_id"].n_unique()
    found_of, said, found = judge(tables, declared, settings or {}, seed, rows=rows, **told)
    made |= found_of
    facts |= said
    problems += found
    made["evaluation_outcome"] = _outcome_table(rows)
    return _renamed(made), problems, facts


def _outcome_table(rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    whole = [{"by": "", **r} for r in rows]
    return pl.DataFrame(whole, schema=OUTCOME.schema()).select(OUTCOME.names)


def _renamed(made: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """The model's tables that the contract knows, under the contract's names."""
    if "satisfaction_importance_performance" in made:
        made["satisfaction_driver"] = made.pop("satisfaction_importance_performance")
    return made


def _banded(movers: pl.DataFrame) -> pl.DataFrame:
    if "distance_km" not in movers.columns:
        return movers
    bands = outcomes.band_of(outcomes.numbers(movers, "distance_km"))
    return movers.with_columns(pl.Series("distance_band", bands, dtype=pl.String).replace("", None))


def _stacked(answers: pl.DataFrame) -> pl.DataFrame:
    """All rounds of those who moved, in the order of the rounds."""
    return movers_of(answers).sort("household_id", "wave")


def _facts(answers: pl.DataFrame, movers: pl.DataFrame, wave: str) -> dict[str, Any]:
    """Who stands behind the chapter, for its first lines."""
    hosts = answers.filter(is_host()) if "household_class" in answers.columns else answers.clear()
    marked = "is_synthetic" in answers.columns and bool(answers["is_synthetic"].fill_null(False).any())
    present = [w for w in WAVES if (answers["wave"] == w).any()]
    return {
        "wave": wave,
        "waves": present,
        "asked": [_asked_in(answers, w) for w in present],
        "years": _years(answers),
        "movers": movers.height,
        "hosts": hosts["household_id"].n_unique() if hosts.height else 0,
        "sites": movers["site_id"].n_unique() if "site_id" in movers.columns else 0,
        "synthetic": marked,
    }


def _asked_in(answers: pl.DataFrame, wave: str) -> dict[str, Any]:
    """How many movers and hosts answered one round, and how many of the movers had moved by then."""
    own = answers.filter(pl.col("wave") == wave)
    hosts = int(own.select(is_host().sum()).item()) if "household_class" in own.columns else 0
    moved = 0 if wave == "baseline" else movers_of(answers, wave).height
    return {"wave": wave, "movers": own.height - hosts, "moved": moved, "hosts": hosts}


def _years(answers: pl.DataFrame) -> dict[str, int]:
    if "asked_date" not in answers.columns:
        return {}
    found = answers.group_by("wave").agg(pl.col("asked_date").min().dt.year()).sort("wave")
    return {w: int(y) for w, y in found.iter_rows() if y is not None}


def _host_rows(
    answers: pl.DataFrame, adaptation: list[Item], wave: str
) -> tuple[list[dict[str, Any]], list[Problem]]:
    """What those say who lived there before, beside the movers."""
    if "household_class" not in answers.columns:
        return [], []
    hosts = answers.filter(is_host() & (pl.col("wave") == wave)).sort("household_id")
    if not hosts.height:
        return [], []
    design, problems = outcomes.design_of(hosts)
    if design is None:
        return [], problems
    rows = [
        {"by": "household_class", **outcomes.row("adaptation", c, "host", survey.mean(values, design))}
        for c, values in outcomes.scale_scores(hosts, adaptation).items()
        if np.isfinite(values).any()
    ]
    return rows, problems


def _item_rows(movers: pl.DataFrame, items: Sequence[Item], design: Design) -> list[dict[str, Any]]:
    """Every question's mean from 0 to 100, higher is better; ``by`` is what it belongs to."""
    rows = []
    for item in items:
        values = outcomes.numbers(movers, item.name)
        if item.low is None or item.high is None or not np.isfinite(values).any():
            continue
        share = 100 * (values - item.low) / (item.high - item.low)
        e = survey.mean(100 - share if item.reverse else share, design)
        rows.append({"by": item.construct, **outcomes.row("items", item.name, "", e)})
    return rows


def _distance(
    made: dict[str, pl.DataFrame],
    facts: dict[str, Any],
    movers: pl.DataFrame,
    answers: pl.DataFrame,
    adaptation: list[Item],
    design: Design,
) -> list[Problem]:
    covariates = [c for c in KNOWN_BEFORE if c in movers.columns and movers[c].drop_nulls().n_unique() > 1]
    found, said, problems = distance_tables(movers, adaptation, design, covariates, rounds(answers))
    made |= found
    facts |= said
    return problems


def _attrition(
    made: dict[str, pl.DataFrame],
    sample: pl.DataFrame | None,
    given: pl.DataFrame,
    answers: pl.DataFrame,
    wave: str,
    adaptation: list[Item],
) -> list[Problem]:
    """Who answered and who was lost, and the last round's means weighted for the lost."""
    if sample is None:
        return []
    made["survey_wave"] = wave_table(sample, given)
    later = [w for w in WAVES[1:] if (given["wave"] == w).any()]
    lost = [lost_table(answers, w, BASELINE).with_columns(pl.lit(w).alias("wave")) for w in later]
    if lost and (given["wave"] == "baseline").any():
        made["survey_lost"] = pl.concat(lost)
        made["survey_raised"], problems = raised_means(sample, answers, wave, adaptation)
        return problems
    return []


def _satisfied_before(answers: pl.DataFrame, wave: str) -> dict[str, Any] | None:
    """Overall satisfaction, when last asked before ``wave``, of those lost by then and of those who stayed."""
    earlier = WAVES[: WAVES.index(wave)] if wave in WAVES else WAVES[:0]
    for since in reversed(earlier):
        found = lost_table(answers, wave, ("S1",), since)
        if found.height:
            again = answers.filter(pl.col("wave") == wave)["household_id"].unique().implode()
            asked = answers.filter((pl.col("wave") == since) & pl.col("S1").is_not_null())
            lost_count = asked.filter(~pl.col("household_id").is_in(again)).height
            return {"wave": since, "lost_count": lost_count, **found.row(0, named=True)}
    return None


def raised_means(
    sample: pl.DataFrame, answers: pl.DataFrame, wave: str, adaptation: Sequence[Item]
) -> tuple[pl.DataFrame, list[Problem]]:
    """Means of one round of those drawn who move, plain and weighted for who was lost since the draw.

    The probability of answering is modelled on the answers of the baseline and what the registry knew.
    """
    drawn = (
        sample.filter(~pl.col("is_reserve").fill_null(False)) if "is_reserve" in sample.columns else sample
    )
    if "household_class" in drawn.columns:
        drawn = drawn.filter(~is_host())
    known = [c for c in (*BASELINE, *KNOWN_BEFORE[:2]) if c in answers.columns]
    first = answers.filter(pl.col("wave") == "baseline").unique("household_id", keep="first")
    before = [pl.col(c).alias(f"_{c}") for c in known]
    base = drawn.sort("household_id").join(
        first.select("household_id", *before), on="household_id", how="left", maintain_order="left"
    )
    now = answers.filter(pl.col("wave") == wave).unique("household_id", keep="first")
    new = [c for c in now.columns if c not in base.columns]
    table = base.join(now.select("household_id", *new), on="household_id", how="left", maintain_order="left")
    design, problems = outcomes.design_of(table)
    columns = [outcomes.numbers(table, f"_{c}") for c in known]
    columns = [np.where(np.isfinite(c), c, np.nan) for c in columns if np.isfinite(c).any()]
    if design is None or not columns:
        return pl.DataFrame(), problems
    x = np.stack([*columns, ~np.isfinite(columns[0])], axis=1).astype(np.float64)
    measures = {m: outcomes.numbers(table, m) for m in ("S1", "willing_today", "income_person_year")}
    measures |= outcomes.scale_scores(table, adaptation)
    rows = []
    for name, values in measures.items():
        if np.isfinite(values).sum() < outcomes.LEAST_SHOWN:
            continue
        plain = survey.mean(values, design)
        e, found = survey.response_mean(values, design, x)
        problems += found
        rows.append(
            {"wave": wave, "measure": name, "plain": plain.value, "raised": e.value}
            | {"se": None if e.low is None else e.se, "low": e.low, "high": e.high, "n": e.n}
            | {"withheld": e.withheld}
        )
    kinds = dict.fromkeys(("plain", "raised", "se", "low", "high"), pl.Float64) | {"n": pl.Int64}
    return pl.DataFrame(rows, schema_overrides=kinds) if rows else pl.DataFrame(), problems


def _interviews(
    made: dict[str, pl.DataFrame], tables: Mapping[str, pl.DataFrame], codes: Mapping[str, Any]
) -> list[Problem]:
    passages, codings = tables.get("interview_passage"), tables.get("interview_coding")
    if passages is None or codings is None or not passages.height or not codings.height:
        return []
    household, person = tables.get("household"), tables.get("person")
    names = (
        [] if household is None or "head_name" not in household.columns else _values(household, "head_name")
    )
    if person is not None and "name" in person.columns:
        names += _values(person, "name")
    region = tables.get("region")
    places = [] if region is None or "name_zh" not in region.columns else _values(region, "name_zh")
    found, problems = interview_tables(passages, codings, codes, household, names, places)
    made |= found
    return problems


def _values(frame: pl.DataFrame, column: str) -> list[str]:
    return [str(v) for v in frame[column].drop_nulls().unique().sort().to_list() if len(str(v)) > 1]


def _run(inputs: Inputs) -> Outputs:
    from resettle.evaluation.pack_data import codes_of, declared_of, instruments_of

    satisfaction, adaptation, model, _ = instruments_of(inputs.pack)
    own = inputs.settings.get("evaluation", {})
    tables, problems, facts = evaluate(
        inputs.tables,
        satisfaction,
        adaptation,
        model,
        declared_of(inputs.pack, own if isinstance(own, Mapping) else {}),
        int(inputs.settings.get("seed", 1)),
        int(own.get("resamples", MOST_RESAMPLES)) if isinstance(own, Mapping) else MOST_RESAMPLES,
        codes_of(inputs.pack),
        inputs.settings,
    )
    provided = {t.name: t for t in STAGE.provides}
    kept = {
        name: t.shape(tables[name]) for name, t in provided.items() if name in tables and tables[name].width
    }
    return Outputs(kept, problems, facts)


STAGE = Stage(
    name="evaluation",
    requires=(
        "household",
        "person?",
        "region?",
        "fund?",
        "response?",
        "survey_sample?",
        "household_site?",
        "village_assignment?",
        "interview_passage?",
        "interview_coding?",
        "indicator_value?",
        "entitlement?",
        "targeting_household?",
        "targeting_measure?",
        "targeting_line?",
        "projection_household?",
        "site?",
        "site_plan?",
        "village?",
        "payment?",
        "fund_rate?",
    ),
    provides=(OUTCOME, INDICATOR, PLACE, STANDARD, COMPLETION, *FOUND),
    run=_run,
    zh="评价成效",
    en="evaluate",
)
