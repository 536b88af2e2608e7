"""How many co-movers may come: totals only, as ranges over every set of coefficients that fits what is known.

Known are two ratios: of the willing households and of the persons in them, how many moved. Uptake may
differ by household size in any way that meets both; each total is then minimised and maximised exactly (a
linear programme). No number here belongs to a household, none is a forecast, and nothing outside this
room reads these tables except a report.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.optimize import linprog

from resettle.methods.targeting_measures import share_of
from resettle.problems import Problem
from resettle.remedies.contracts import WILLINGNESS_DECISION, WILLINGNESS_TOTAL

LARGEST = 10
CLASSES = {"dwellings_1_2": (1, 2), "dwellings_3_4": (3, 4), "dwellings_5_more": (5, LARGEST)}
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Ratios:
    """Lowest and highest share of willing households, and of persons in them, that move."""

    household: tuple[float, float]
    person: tuple[float, float]
    basis: str


PUBLISHED = (("moved_households", "willing_households"), ("moved_persons", "willing_persons"))
"""The two ratios a pack may have from elsewhere: all four numbers, or none."""


def check_published(rule: Mapping[str, Any]) -> list[Problem]:
    """What is wrong with the ratios a pack states: some numbers without the others, or more moved than were willing."""
    names = [name for pair in PUBLISHED for name in pair]
    absent = [name for name in names if name not in rule]
    if absent and len(absent) < len(names):
        return [Problem("remedies.ratio_incomplete", "error", column=", ".join(absent))]
    return [
        Problem(
            "remedies.ratio_beyond",
            "error",
            column=f"{part} / {whole}",
            value=f"{rule[part]} / {rule[whole]}",
        )
        for part, whole in PUBLISHED
        if not absent and not 0 <= rule[part] <= rule[whole] != 0
    ]


def ratios_from(rule: Mapping[str, Any], survey: pl.DataFrame | None) -> tuple[Ratios | None, list[Problem]]:
    """The two ratios: the office's survey with its 95% intervals, or those the pack has from elsewhere, exact.

    A survey without weights or in which everybody answers alike tells nothing and is refused. ``None``: nothing is known,
    and no total is reckoned from nothing.
    """
    paper: Ratios | None = None
    if PUBLISHED[0][0] in rule:
        household, person = (rule[part] / rule[whole] for part, whole in PUBLISHED)
        paper = Ratios((household, household), (person, person), "assumption")
    if survey is None or not survey.height:
        return paper, [] if paper else [Problem("remedies.ratio_unknown", "info", table="uptake_survey")]
    answered = survey.filter(pl.col("would_move").is_not_null() & pl.col("member_count").is_not_null())
    if answered["would_move"].n_unique() < 2:
        return paper, [
            Problem("remedies.survey_no_variation", "error", table="uptake_survey", column="would_move")
        ]
    missing = answered["weight"].null_count()
    if missing:
        return paper, [
            Problem(
                "remedies.survey_unweighted",
                "error",
                table="uptake_survey",
                column="weight",
                value=str(missing),
            )
        ]
    moves, weight = answered["would_move"].to_numpy(), answered["weight"].to_numpy().astype(float)
    size = answered["member_count"].to_numpy().astype(float)
    everybody = np.ones(len(moves), dtype=bool)
    found = [share_of(moves, everybody, w) for w in (weight, weight * size)]
    if any(share.low is None for share in found):
        return paper, [
            Problem("remedies.survey_small", "warning", table="uptake_survey", value=str(len(moves)))
        ]
    low_high = [(float(s.low or 0.0), float(s.high or 1.0)) for s in found]
    return Ratios(low_high[0], low_high[1], "survey"), []


@dataclass(frozen=True)
class _Constraints:
    rows: Floats
    limits: Floats

    def extremes(self, objective: Floats) -> tuple[float, float] | None:
        """Least and greatest value of a total over all admissible uptakes by size; ``None``: none fits."""
        ends = []
        for sign in (1.0, -1.0):
            found = linprog(sign * objective, A_ub=self.rows, b_ub=self.limits, bounds=(0, 1), method="highs")
            if not found.success:
                return None
            ends.append(sign * float(found.fun))
        return ends[0], ends[1]


def _constraints(counts: Floats, sizes: Floats, ratios: Ratios, persons_too: bool) -> _Constraints:
    rows, limits = [], []
    kinds = [(counts, ratios.household), (counts * sizes, ratios.person)][: 2 if persons_too else 1]
    for weight, (low, high) in kinds:
        total = float(weight.sum())
        slack = 1e-9 * max(total, 1.0)
        rows += [weight, -weight]
        limits += [high * total + slack, -low * total + slack]
    return _Constraints(np.array(rows), np.array(limits))


def uptake_totals(
    co_movers: pl.DataFrame,
    rule: Mapping[str, Any],
    ratios: Ratios,
    capacity: Mapping[str, int] | None = None,
    budget: Mapping[str, int] | None = None,
) -> tuple[pl.DataFrame, pl.DataFrame, list[Problem]]:
    """Ranges of totals by county (``ALL`` for all), and which planning decisions change within them.

    ``co_movers``: county_code and member_count of the willing households. ``capacity``: persons the
    county's sites can still take. ``budget``: minor units set aside for co-movers.
    """
    frame = co_movers.filter(pl.col("member_count") > 0).with_columns(
        pl.col("county_code").fill_null(""), pl.col("member_count").clip(1, LARGEST).alias("_size")
    )
    if not frame.height:
        return WILLINGNESS_TOTAL.empty(), WILLINGNESS_DECISION.empty(), []
    sizes = np.arange(1, LARGEST + 1, dtype=float)
    everywhere = _counts(frame)
    problems: list[Problem] = []
    limits = _constraints(everywhere, sizes, ratios, persons_too=True)
    if limits.extremes(everywhere) is None:
        problems.append(Problem("remedies.ratios_do_not_fit", "warning", value=str(frame.height)))
        limits = _constraints(everywhere, sizes, ratios, persons_too=False)
    totals: list[dict[str, Any]] = []
    decisions: list[dict[str, Any]] = []
    groups = [("ALL", everywhere)]
    groups += [
        (str(c), _counts(part))
        for (c,), part in sorted(frame.group_by("county_code"), key=lambda g: str(g[0]))
    ]
    for county, counts in groups:
        quantities = {"households": counts, "persons": counts * sizes}
        quantities |= {n: counts * ((sizes >= a) & (sizes <= b)) for n, (a, b) in CLASSES.items()}
        if "cost_per_person" in rule:
            quantities["cost_minor"] = counts * sizes * int(rule["cost_per_person"])
        ranges = {
            name: limits.extremes(weight) or (0.0, float(weight.sum())) for name, weight in quantities.items()
        }
        totals += [
            {"county_code": county, "quantity": n, "low": low, "high": high, "basis": ratios.basis}
            for n, (low, high) in ranges.items()
        ]
        largest = _possible_largest({n: quantities[n] for n in CLASSES}, limits)
        rows: list[tuple[str, str | None, str | None, bool | None]] = []
        rows.append(("mix", largest[0], largest[-1], len(largest) > 1))
        rows.append(("sites", *_fits(ranges["persons"], (capacity or {}).get(county))))
        cost = ranges.get("cost_minor")
        rows.append(("budget", *(_fits(cost, (budget or {}).get(county)) if cost else (None, None, None))))
        decisions += [
            {
                "county_code": county,
                "decision": d,
                "at_low": a,
                "at_high": b,
                "changes": c,
                "basis": ratios.basis,
            }
            for d, a, b, c in rows
        ]
    return (
        WILLINGNESS_TOTAL.shape(pl.DataFrame(totals, schema=WILLINGNESS_TOTAL.schema())),
        WILLINGNESS_DECISION.shape(pl.DataFrame(decisions, schema=WILLINGNESS_DECISION.schema())),
        problems,
    )


def _counts(frame: pl.DataFrame) -> Floats:
    sizes = frame["_size"].to_numpy().astype(np.int64)
    return np.bincount(sizes, minlength=LARGEST + 1)[1:].astype(float)


def _possible_largest(classes: Mapping[str, Floats], limits: _Constraints) -> list[str]:
    """Which classes of dwelling may be needed most for some admissible uptake (exact, not by overlap)."""
    found = []
    for name, weight in classes.items():
        more = np.array([other - weight for n, other in classes.items() if n != name])
        tried = _Constraints(
            np.vstack([limits.rows, more]), np.concatenate([limits.limits, np.zeros(len(more))])
        )
        if weight.sum() > 0 and tried.extremes(weight) is not None:
            found.append(name)
    return found or [max(classes, key=lambda n: float(classes[n].sum()))]


def _fits(ends: tuple[float, float], room: int | None) -> tuple[str | None, str | None, bool | None]:
    if room is None:
        return None, None, None
    low, high = ("fits" if end <= room else "too_little" for end in ends)
    return low, high, low != high
