"""How far people moved, and what goes along with it: outcomes, balance, overlap, models, staggered moves.

Distance was never assigned at random, so every table says "goes along with" unless its design allows more:
see :func:`claim`. Sources: Hirano and Imbens (2004), in Gelman and Meng (eds.), ch. 7 (generalised
propensity score and its common support); Zhu, Coffman and Ghosh (2015), J. of Causal Inference 3(1), 25-40
(weighted correlation as balance, 0.1); Callaway and Sant'Anna (2021) for staggered moves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from resettle.evaluation.form import Item
from resettle.evaluation.outcomes import OUTCOMES, band_of, numbers, row, scale_scores
from resettle.methods import ordered, survey
from resettle.methods.design import Design, make_design
from resettle.methods.distributions import normal_density
from resettle.methods.staggered import Comparison, event_study
from resettle.problems import Problem

Array = NDArray[np.float64]
Claim = Literal["association", "balanced_association", "effect"]

PLACES = ("own_village", "central_village", "market_town", "county_town", "industrial_area")
"""The five place classes, in the order of their codes 1 to 5."""
FIELD_MINUTES = (15.0, 30.0, 60.0)
BALANCED = 0.1
OVERLAP = 0.9
LEAST_MODEL = 100
FEWEST_SITES = 15


def against_baseline(answers: pl.DataFrame, latest: pl.DataFrame) -> pl.DataFrame:
    """The latest answers with each household's own change since its baseline.

    Adds ``income_own_change`` (percent of the baseline income per person) and, for grades asked in both
    waves, ``<grade>_own_change``. Unknown where either wave is.

    >>> a = pl.DataFrame({"household_id": ["h", "h"], "wave": ["baseline", "year_1"],
    ...                   "income_person_year": [4000.0, 5000.0]})
    >>> against_baseline(a, a.filter(pl.col("wave") == "year_1"))["income_own_change"].to_list()
    [25.0]
    """
    shared = [c for c in ("income_person_year", "housing_grade", "service_grade") if c in answers.columns]
    before = answers.filter(pl.col("wave") == "baseline").select(
        "household_id", *[pl.col(c).cast(pl.Float64, strict=False).alias(f"_{c}") for c in shared]
    )
    joined = latest.join(before.unique("household_id"), on="household_id", how="left", maintain_order="left")
    made = []
    for c in shared:
        now, then = pl.col(c).cast(pl.Float64, strict=False), pl.col(f"_{c}")
        if c == "income_person_year":
            change = pl.when(then > 0).then(100 * (now / then - 1)).otherwise(None)
            made.append(change.alias("income_own_change"))
        else:
            made.append((now - then).alias(f"{c}_own_change"))
    return joined.with_columns(made).drop([f"_{c}" for c in shared])


def groupings(answers: pl.DataFrame) -> dict[str, list[str]]:
    """Labels of each row by distance band, place class and time to the old fields; unknown is empty."""
    found: dict[str, list[str]] = {}
    if "distance_km" in answers.columns:
        found["distance_band"] = band_of(numbers(answers, "distance_km"))
    if "place_class" in answers.columns:
        code = numbers(answers, "place_class")
        found["place_class"] = [PLACES[int(c) - 1] if c in (1, 2, 3, 4, 5) else "" for c in code]
    if "minutes_old_fields" in answers.columns:
        minutes = numbers(answers, "minutes_old_fields")
        edges = (0.0, *FIELD_MINUTES)
        names = [f"{a:g}-{b:g}" for a, b in zip(edges, FIELD_MINUTES, strict=False)]
        names.append(f"{FIELD_MINUTES[-1]:g}+")
        found["fields_minutes"] = [
            names[int(np.searchsorted(FIELD_MINUTES, m, side="right"))] if np.isfinite(m) and m >= 0 else ""
            for m in minutes
        ]
    return {k: v for k, v in found.items() if any(v)}


def outcome_rows(answers: pl.DataFrame, items: Sequence[Item], design: Design) -> pl.DataFrame:
    """The four outcomes by every grouping: ``by, topic, measure, group, value, se, low, high, n, withheld``."""
    scores = scale_scores(answers, items)
    measures = dict(OUTCOMES) | {
        "effectiveness": (*OUTCOMES["effectiveness"], "income_own_change", "housing_grade_own_change",
                          "service_grade_own_change")
    }  # fmt: skip
    rows: list[dict[str, Any]] = []
    for by, labels in groupings(answers).items():
        label = np.array(labels, dtype=object)
        for topic, names in measures.items():
            for measure in names:
                values = scores.get(measure, numbers(answers, measure))
                if np.isfinite(values).any():
                    rows += [
                        {"by": by, **row(topic, measure, g, survey.mean(values, design, label == g))}
                        for g in _in_order(by, labels)
                    ]
    kinds = dict.fromkeys(("value", "se", "low", "high"), pl.Float64) | {"n": pl.Int64}
    return pl.DataFrame(rows, schema_overrides=kinds) if rows else pl.DataFrame()


def _in_order(by: str, labels: Sequence[str]) -> list[str]:
    names = set(labels) - {""}
    if by == "place_class":
        return [p for p in PLACES if p in names]
    return sorted(names, key=lambda b: float(b.split("-")[0].rstrip("+")))


def balance_tables(
    answers: pl.DataFrame, covariates: Sequence[str], design: Design
) -> tuple[pl.DataFrame, pl.DataFrame, list[Problem]]:
    """Are near and far movers alike beforehand, and comparable at all?

    The generalised propensity score is the normal density of log(1 + km) given the covariates; households
    are weighted by the marginal over the conditional density. Only what was known before the move may be a
    covariate.

    Returns:
        ``covariate, correlation, correlation_weighted, balanced``; ``third, from_km, to_km, n,
        share_comparable, effective_n`` (share of everybody whose score at the third's middle lies within the
        scores of those who live there); problems.
    """
    distance = numbers(answers, "distance_km")
    names = [c for c in covariates if c in answers.columns and np.isfinite(numbers(answers, c)).any()]
    x = np.stack([numbers(answers, c) for c in names], axis=1) if names else np.zeros((len(distance), 0))
    known = np.isfinite(distance) & (distance >= 0) & np.isfinite(x).all(axis=1) & (design.weight > 0)
    if not names or known.sum() < LEAST_MODEL:
        return (
            pl.DataFrame(),
            pl.DataFrame(),
            [Problem("distance.no_covariates", "warning", value=str(int(known.sum())))],
        )
    x, w = x[known], design.weight[known]
    keep = x.std(axis=0) > 0
    x, names = x[:, keep], [n for n, k in zip(names, keep, strict=True) if k]
    d = np.log1p(distance[known])
    wide = np.hstack([np.ones((len(d), 1)), x])
    root = np.sqrt(w)[:, None]
    slope = np.linalg.lstsq(wide * root, d * root[:, 0], rcond=None)[0]
    expected = wide @ slope
    middle = float(np.average(d, weights=w))
    spread = float(np.sqrt(np.average((d - expected) ** 2, weights=w)))
    whole = float(np.sqrt(np.average((d - middle) ** 2, weights=w)))
    density = normal_density(d, expected, spread)
    ratio = normal_density(d, middle, whole) / np.maximum(density, 1e-12)
    ratio = np.minimum(ratio, np.quantile(ratio, 0.99))
    rows = []
    for k, name in enumerate(names):
        plain, after = _correlation(d, x[:, k], w), _correlation(d, x[:, k], w * ratio)
        rows.append((name, plain, after, abs(after) <= BALANCED))
    schema = ["covariate", "correlation", "correlation_weighted", "balanced"]
    balance = pl.DataFrame(rows, schema=schema, orient="row")
    overlap = _overlap(d, expected, spread, w, w * ratio)
    problems = [
        Problem("distance.unbalanced", "warning", column=r[0], value=f"{r[2]:.2f}") for r in rows if not r[3]
    ]
    low = float(overlap["share_comparable"].min())  # type: ignore[arg-type]
    if low < OVERLAP:
        problems.append(Problem("distance.no_overlap", "warning", value=f"{100 * low:.0f}"))
    return balance, overlap, problems


def _correlation(a: Array, b: Array, weight: Array) -> float:
    a, b = a - np.average(a, weights=weight), b - np.average(b, weights=weight)
    under = np.sqrt(np.average(a**2, weights=weight) * np.average(b**2, weights=weight))
    return float(np.average(a * b, weights=weight) / under) if under > 0 else 0.0


def _overlap(d: Array, expected: Array, spread: float, weight: Array, balanced: Array) -> pl.DataFrame:
    ends = np.quantile(d, [0, 1 / 3, 2 / 3, 1])
    third = np.clip(np.searchsorted(ends[1:3], d, side="right"), 0, 2)
    rows = []
    for t in range(3):
        own = third == t
        if not own.any():
            continue
        score = normal_density(np.median(d[own]), expected, spread)
        low, high = np.quantile(score[own], [0.01, 0.99])
        comparable = (score >= low) & (score <= high)
        size = balanced[own]
        rows.append(
            (t + 1, float(np.expm1(d[own].min())), float(np.expm1(d[own].max())), int(own.sum()),
             float(np.average(comparable, weights=weight)), float(size.sum() ** 2 / (size**2).sum()))
        )  # fmt: skip
    schema = ["third", "from_km", "to_km", "n", "share_comparable", "effective_n"]
    return pl.DataFrame(rows, schema=schema, orient="row")


def model_tables(
    answers: pl.DataFrame, design: Design, outcome: str = "willing_today", covariates: Sequence[str] = ()
) -> tuple[pl.DataFrame, pl.DataFrame, list[Problem]]:
    """The ordered model of one graded outcome on distance: bands and spline, odds check, site intercept.

    Returns:
        ``term, at, grade, probability, se, low, high``: average probability of every grade with everybody
        set to a distance (``spline``, at its 10th, 50th, 90th percentile) or band; and ``check, value,
        p_value``: proportional odds (chi-square by term), spread of the sites and likeness of answers
        within one, the slope of a kilometre with and without the site intercept. Problems.
    """
    y, km = numbers(answers, outcome), numbers(answers, "distance_km")
    others = [c for c in covariates if np.isfinite(numbers(answers, c)).any()]
    extra = np.stack([numbers(answers, c) for c in others], axis=1) if others else np.zeros((len(y), 0))
    known = np.isfinite(y) & np.isfinite(km) & np.isfinite(extra).all(axis=1)
    if known.sum() < LEAST_MODEL:
        return (
            pl.DataFrame(),
            pl.DataFrame(),
            [Problem("evaluation.model_small", "warning", value=str(int(known.sum())))],
        )
    part, problems = _part(design, known)
    if part is None:
        return pl.DataFrame(), pl.DataFrame(), problems
    grades, codes = np.unique(y[known], return_inverse=True)
    distance, extra = km[known], extra[known]
    shown: list[dict[str, Any]] = []
    checks: list[dict[str, Any]] = []
    for term, x, at, settings in _terms(distance):
        wide = np.hstack([x, extra])
        names = [f"{term}_{k}" for k in range(x.shape[1])] + others
        fitted, found = ordered.fit_ordered(codes, wide, names, part)
        problems += found
        if fitted is None:
            continue
        means, errors = ordered.marginal_probabilities(fitted, wide, part, range(x.shape[1]), settings)
        for place, mean_row, error_row in zip(at, means, errors, strict=True):
            for grade, p, se in zip(grades, mean_row, error_row, strict=True):
                gave = int((y[known] == grade).sum())
                e = survey.share_interval(float(p), float(se), part.freedom, int(known.sum()), cases=gave)
                held = fitted.freedom < ordered.LEAST_FREEDOM or e.low is None
                shown.append(
                    {"term": term, "at": place, "grade": int(grade), "probability": float(p),
                     "se": None if held else float(se), "low": None if held else e.low,
                     "high": None if held else e.high}
                )  # fmt: skip
        chi2, _, p_value, _ = ordered.proportional_odds(codes, wide, names, part)
        checks.append({"check": f"proportional_odds_{term}", "value": chi2, "p_value": p_value})
        if p_value < 0.05:
            problems.append(Problem("evaluation.odds_not_proportional", "warning", value=f"{p_value:.3f}"))
    more, found = _site_rows(codes, distance, part)
    kinds = dict.fromkeys(("se", "low", "high", "probability"), pl.Float64)
    checked = pl.DataFrame(
        checks + more, schema={"check": pl.String, "value": pl.Float64, "p_value": pl.Float64}
    )
    return pl.DataFrame(shown, schema_overrides=kinds) if shown else pl.DataFrame(), checked, problems + found


def _part(design: Design, known: NDArray[np.bool_]) -> tuple[Design | None, list[Problem]]:
    rows = np.flatnonzero(known)
    strata = [str(design.stratum[design.unit[i]]) for i in rows]
    return make_design(len(rows), design.weight[known], strata, [str(design.unit[i]) for i in rows], "merge")


def _terms(distance: Array) -> list[tuple[str, Array, list[str], Array]]:
    """Spline and bands: name, columns, where they are read, and the columns there."""
    found = []
    knots = np.unique(np.quantile(distance, [0.1, 0.5, 0.9]))
    if len(knots) == 3:
        settings = ordered.spline(knots, knots.tolist())
        found.append(
            ("spline", ordered.spline(distance, knots.tolist()), [f"{k:.1f}" for k in knots], settings)
        )
    labels = band_of(distance)
    bands = [b for b in _in_order("distance_band", labels) if labels.count(b) >= 20]
    if len(bands) > 1:
        label = np.array(labels, dtype=object)
        x = np.stack([(label == b).astype(np.float64) for b in bands[1:]], axis=1)
        found.append(("band", x, bands, np.vstack([np.zeros(len(bands) - 1), np.eye(len(bands) - 1)])))
    return found


def _site_rows(
    codes: NDArray[np.int64], distance: Array, part: Design
) -> tuple[list[dict[str, Any]], list[Problem]]:
    """The slope of one kilometre with and without a random intercept of the site; no interval is given."""
    sites = int(part.units)
    if sites < FEWEST_SITES or sites == len(codes):
        return [], [Problem("distance.few_sites", "hint", value=str(sites), values={"least": FEWEST_SITES})]
    x = ((distance - distance.mean()) / max(distance.std(), 1e-12))[:, None]
    plain, _ = ordered.fit_ordered(codes, x, ["km"], part)
    weight = part.weight * len(codes) / part.weight.sum()
    held, problems = ordered.fit_random_intercept(codes, x, part.unit, weight)
    if problems:
        return [], problems
    spread = held.spread
    likeness = spread**2 / (spread**2 + np.pi**2 / 3)
    unit = max(float(distance.std()), 1e-12)
    rows: list[dict[str, Any]] = [
        {"check": "slope_per_km", "value": None if plain is None else float(plain.coefficients[0]) / unit},
        {"check": "slope_per_km_site_intercept", "value": float(held.coefficients[0]) / unit},
        {"check": "site_spread", "value": spread},
        {"check": "likeness_within_site", "value": float(likeness)},
    ]
    return [r | {"p_value": None} for r in rows], []


def staggered_moves(
    panel: pl.DataFrame, measures: Sequence[str] = ("income_person_year",)
) -> tuple[pl.DataFrame, list[dict[str, Any]], list[Problem]]:
    """Before and after for moves in different years, against those who never moved (hosts, those staying); where
    there are none, against those who had not moved yet.

    Args:
        panel: ``household_id, year, move_year`` (missing: never), the measures, and ``village_code`` as the
            cluster if it is there; one row per household and year.

    Returns:
        ``measure, event, effect, se, low, high`` (event 0: the year of the move); one fact per measure with
        the average effect, the test of the years before and the claim the design allows; problems.
    """
    missing = [c for c in ("household_id", "year", "move_year") if c not in panel.columns]
    if missing:
        return pl.DataFrame(), [], [Problem("distance.panel_column", "error", column=c) for c in missing]
    problems: list[Problem] = []
    facts: list[dict[str, Any]] = []
    parts = []
    again = int(panel.select(pl.struct("household_id", "year").is_duplicated().sum()).item())
    if again:
        return pl.DataFrame(), [], [Problem("distance.panel_twice", "error", value=str(again))]
    cluster = "village_code" if "village_code" in panel.columns else ""
    table = panel.with_columns(pl.col("move_year").fill_null(0).cast(pl.Int64), pl.col("year").cast(pl.Int64))
    for measure in (m for m in measures if m in table.columns):
        kind: Comparison = "never" if (table["move_year"] == 0).any() else "not_yet"
        study, found = event_study(table, "household_id", "year", measure, "move_year", cluster, kind)
        problems += found
        if study is None:
            continue
        parts.append(study.dynamic.select(pl.lit(measure).alias("measure"), pl.all()))
        said = claim(
            balanced=False, comparable=False, lead_p=study.lead_p, printed=study.dynamic["low"][0] is not None
        )
        seen = (
            table.filter(pl.col(measure).is_not_null())
            .group_by("household_id")
            .agg(pl.len(), pl.col("move_year").first())
        )
        still = (pl.col("len") == table["year"].n_unique()) & (pl.col("move_year") == 0)
        never = seen.filter(still).height
        other = _other_comparison(table, measure, cluster) if kind == "never" else None
        facts.append(
            {"measure": measure, "comparison": kind, "other": other, "never": never, "movers": study.units - never, "average": study.overall[0], "se": study.overall[1],
             "lead_p": study.lead_p if np.isfinite(study.lead_p) else None,
             "households": study.units, "clusters": study.clusters, "claim": said}
        )  # fmt: skip
    return (pl.concat(parts) if parts else pl.DataFrame()), facts, problems


def _other_comparison(table: pl.DataFrame, measure: str, cluster: str) -> float | None:
    """The effect in the first round seen moved with those not yet moved among the comparisons; ``None`` where no
    round has any, so that nothing would change."""
    starts = table.filter(pl.col("move_year") > 0)["move_year"].unique()
    if len(starts) < 2:
        return None
    study, _ = event_study(table, "household_id", "year", measure, "move_year", cluster, "not_yet")
    if study is None:
        return None
    first = study.dynamic.filter(pl.col("event") == 0)
    return float(first["effect"][0]) if first.height else None


def claim(balanced: bool, comparable: bool, lead_p: float | None = None, printed: bool = True) -> Claim:
    """The strongest word a design allows: ``effect`` only for staggered moves whose years before show no trend.

    >>> claim(True, True), claim(False, True), claim(False, False, lead_p=0.4), claim(False, False, lead_p=0.01)
    ('balanced_association', 'association', 'effect', 'association')
    """
    if lead_p is not None and np.isfinite(lead_p) and lead_p >= 0.05 and printed:
        return "effect"
    return "balanced_association" if balanced and comparable else "association"


def distance_tables(
    answers: pl.DataFrame,
    items: Sequence[Item],
    design: Design,
    covariates: Sequence[str] = (),
    panel: pl.DataFrame | None = None,
) -> tuple[dict[str, pl.DataFrame], dict[str, Any], list[Problem]]:
    """Everything about distance: tables ``distance_outcome``, ``distance_balance``, ``distance_overlap``,
    ``distance_model``, ``distance_check``, ``distance_event``; facts with the ``claim``; problems.

    ``answers`` are one wave, with ``distance_km`` and ``distance_kind`` (road or straight) where known.
    """
    made: dict[str, pl.DataFrame] = {"distance_outcome": outcome_rows(answers, items, design)}
    facts: dict[str, Any] = {"claim": "association", "events": []}
    problems: list[Problem] = []
    if np.isfinite(numbers(answers, "distance_km")).any():
        made["distance_balance"], made["distance_overlap"], problems = balance_tables(
            answers, covariates, design
        )
        made["distance_model"], made["distance_check"], found = model_tables(
            answers, design, "willing_today", covariates
        )
        problems += found
        balance, overlap = made["distance_balance"], made["distance_overlap"]
        if balance.height:
            comparable = bool((overlap["share_comparable"] >= OVERLAP).all())
            facts["claim"] = claim(bool(balance["balanced"].all()), comparable)
        kinds = (
            answers["distance_kind"].drop_nulls().unique().to_list()
            if "distance_kind" in answers.columns
            else []
        )
        facts["distance_kind"] = sorted(str(k) for k in kinds)
    else:
        problems.append(Problem("evaluation.no_distance", "warning"))
    if panel is not None and panel.height:
        made["distance_event"], facts["events"], found = staggered_moves(panel)
        problems += found
    return {k: v for k, v in made.items() if v.height}, facts, problems


def words_of(facts: Mapping[str, Any]) -> list[str]:
    """Keys of the sentences (``distance.claim.*``) that may stand under the tables, weakest first."""
    said = {str(facts.get("claim", "association")), *(str(e["claim"]) for e in facts.get("events", ()))}
    return [f"distance.claim.{c}" for c in ("association", "balanced_association", "effect") if c in said]
