"""What the survey says: adaptation, distance and outcomes, poverty, attrition, audit of targeting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from resettle.evaluation.form import Item
from resettle.methods import survey
from resettle.methods.design import Design, make_design
from resettle.methods.index.ranking import fuzzy
from resettle.methods.path_model.quality import raw_alpha
from resettle.problems import Problem

Array = NDArray[np.float64]

OUTCOMES = {
    "effectiveness": ("income_change", "housing_grade", "service_grade"),
    "willingness": ("willing_application", "willing_agreement", "willing_today"),
    "satisfaction": ("S1",),
    "adaptation": ("PSY", "CUL", "GRP"),
}
"""The paper's four outcomes and the measures that stand for them."""
BANDS_KM = (2.0, 5.0, 10.0, 20.0)
LEAST_SHOWN = 10
"""Fewer answers than this in a group and it gets no value: the same rule for every table of the chapter."""


def design_of(answers: pl.DataFrame) -> tuple[Design | None, list[Problem]]:
    """Weights, strata and sites of the answers, as the sample was drawn; single-site strata are joined."""
    return make_design(
        answers.height,
        answers["weight"].fill_null(1.0).to_numpy() if "weight" in answers.columns else None,
        answers["stratum"].fill_null("-").to_list() if "stratum" in answers.columns else None,
        answers["site_id"].fill_null("-").to_list() if "site_id" in answers.columns else None,
        "merge",
    )


def numbers(frame: pl.DataFrame, name: str) -> Array:
    """A column as floats, unknown as NaN."""
    if name not in frame.columns:
        return np.full(frame.height, np.nan)
    return frame[name].cast(pl.Float64, strict=False).fill_null(float("nan")).to_numpy().astype(np.float64)


def scale_scores(answers: pl.DataFrame, items: Sequence[Item]) -> dict[str, Array]:
    """Each construct's score from 0 to 100: the mean of its answered items, at least half of them."""
    result = {}
    for construct in dict.fromkeys(i.construct for i in items if i.construct):
        columns = []
        for item in items:
            if item.construct == construct and item.low is not None and item.high is not None:
                share = (numbers(answers, item.name) - item.low) / (item.high - item.low)
                columns.append(1 - share if item.reverse else share)
        matrix = np.stack(columns, axis=1)
        known = np.isfinite(matrix)
        enough = known.mean(axis=1) >= 0.5
        total = np.where(known, matrix, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
        result[construct] = np.where(enough, 100 * total, np.nan)
    return result


def row(topic: str, measure: str, group: str, e: survey.Estimate) -> dict[str, Any]:
    """One estimate as a row of the outcome table; fewer than :data:`LEAST_SHOWN` answers are not shown."""
    shown = e.n >= LEAST_SHOWN and np.isfinite(e.value)
    return {
        "topic": topic,
        "measure": measure,
        "group": group,
        "value": e.value if shown else None,
        "se": e.se if shown and e.low is not None else None,
        "low": e.low if shown else None,
        "high": e.high if shown else None,
        "n": e.n,
        "withheld": e.withheld if shown else "group_too_small",
    }


def adaptation(
    answers: pl.DataFrame, items: Sequence[Item], design: Design
) -> tuple[list[dict[str, Any]], pl.DataFrame]:
    """Adaptation: scale scores with intervals and alpha; the whole grade distribution of each scale.

    Returns:
        Outcome rows, and ``construct, grade, share, alpha`` with a last block ``ALL`` for the equal mix of
        the scales (fuzzy comprehensive evaluation, weighted-mean operator).
    """
    rows = [
        row("adaptation", construct, "", survey.mean(values, design))
        for construct, values in scale_scores(answers, items).items()
    ]
    grades: list[dict[str, Any]] = []
    whole = []
    for construct in dict.fromkeys(i.construct for i in items):
        own = [i for i in items if i.construct == construct]
        members, raw = [], []
        for item in own:
            low, high = item.low or 0, item.high or 0
            value = numbers(answers, item.name)
            value = low + high - value if item.reverse else value
            raw.append(value)
            weight = design.weight * np.isfinite(value)
            if weight.sum() > 0:
                grade = np.where(np.isfinite(value), value, low).astype(np.int64) - low
                members.append(np.bincount(grade, weights=weight, minlength=high - low + 1) / weight.sum())
        if not members:
            continue
        found = fuzzy(np.stack(members), np.full(len(members), 1 / len(members)))
        whole.append(found)
        matrix = np.stack(raw, axis=1)
        complete = matrix[np.isfinite(matrix).all(axis=1)]
        reliable = raw_alpha(np.cov(complete.T)) if len(complete) > matrix.shape[1] + 1 else None
        grades += [
            {"construct": construct, "grade": g + 1, "share": float(s), "alpha": reliable}
            for g, s in enumerate(found)
        ]
    if whole:
        mixed = fuzzy(np.stack(whole), np.full(len(whole), 1 / len(whole)))
        grades += [
            {"construct": "ALL", "grade": g + 1, "share": float(s), "alpha": None}
            for g, s in enumerate(mixed)
        ]
    schema = {"construct": pl.String, "grade": pl.Int64, "share": pl.Float64, "alpha": pl.Float64}
    return rows, pl.DataFrame(grades, schema=schema)


def band_of(distance_km: Array) -> list[str]:
    """Distance bands in words of kilometres; unknown stays unknown.

    >>> band_of(np.array([1.0, 7.0, 50.0, np.nan]))
    ['0-2', '5-10', '20+', '']
    """
    edges = (0.0, *BANDS_KM)
    names = [f"{a:g}-{b:g}" for a, b in zip(edges, BANDS_KM, strict=False)] + [f"{BANDS_KM[-1]:g}+"]
    return [
        "" if not np.isfinite(d) else names[int(np.searchsorted(BANDS_KM, d, side="right"))]
        for d in distance_km
    ]


def targeting_errors(audit: pl.DataFrame, design: Design, group: str = "") -> list[dict[str, Any]]:
    """Exclusion and inclusion error from an independent audit sample (``is_eligible``, ``is_registered``).

    Exclusion: eligible and not registered, over eligible. Inclusion: registered and not eligible, over
    registered. Both are ratios of design-weighted totals; unknown flags leave the household out.
    """
    eligible, registered = numbers(audit, "is_eligible"), numbers(audit, "is_registered")
    labels = np.array([str(v) for v in audit[group].to_list()], dtype=object) if group else None
    rows = []
    for name in ("", *(sorted(set(labels)) if labels is not None else ())):
        member = np.ones(audit.height, dtype=bool) if not name or labels is None else labels == name
        inside = member & np.isfinite(eligible) & np.isfinite(registered)
        for measure, under, hit in (
            ("exclusion_error", eligible, 1 - registered),
            ("inclusion_error", registered, 1 - eligible),
        ):
            domain = np.asarray(inside & (under == 1))
            rows.append(row("targeting", measure, name, survey.share(hit, design, domain)))
    return rows
