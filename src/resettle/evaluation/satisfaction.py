"""Satisfaction: the pack's path model on the last round, its index by group, round and site."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from resettle.evaluation import outcomes
from resettle.evaluation.form import WAVES
from resettle.methods import survey
from resettle.methods.design import make_design
from resettle.methods.path_model.analysis import Analysis
from resettle.methods.path_model.analysis import analyse as analyse_model
from resettle.methods.path_model.groups import LEAST_SHOWN, group_index, linearised_index, own_index
from resettle.methods.path_model.model import read_model
from resettle.methods.path_model.prepare import prepare
from resettle.problems import Problem

LEAST_SITE = 10
"""Fewer answers than this at a site and no index of it is shown."""
GROUPS = ("county_code", "household_class", "distance_band")


def specification(
    answers: pl.DataFrame, model: Mapping[str, Any], seed: int, resamples: int
) -> dict[str, Any]:
    """The pack's model with the draw's weight, stratum and site, where the answers have them."""
    given = dict(model) | {"seed": seed, "groups": []}
    given["bootstrap"] = min(int(given.get("bootstrap", resamples)), resamples)
    columns = {"weight": "weight", "strata": "stratum", "cluster": "site_id"}
    return given | {key: column for key, column in columns.items() if column in answers.columns}


def satisfaction(
    movers: pl.DataFrame, rounds: pl.DataFrame, model: Mapping[str, Any], seed: int, resamples: int
) -> tuple[Analysis | None, list[dict[str, Any]], dict[str, pl.DataFrame], list[Problem]]:
    """The index of every construct, and of satisfaction by county, class, distance, round and site.

    Args:
        movers: the last round of those who moved; rounds: all their rounds after the baseline.

    Returns:
        The analysis (``None`` where the model cannot be fitted), outcome rows, the model's tables under
        ``satisfaction_*``, problems.
    """
    given = specification(movers, model, seed, resamples)
    classes = "household_class" in movers.columns and movers["household_class"].n_unique() > 1
    given["groups"] = ["household_class"] if classes else []
    found, problems = analyse_model(movers, given)
    if found is None:
        return None, [], {}, problems
    rows = _whole_rows(found)
    target = found.model.target or found.model.names[-1]
    made = {f"satisfaction_{name}": table for name, table in found.tables.items()}
    for column in GROUPS:
        if column in movers.columns and movers[column].drop_nulls().n_unique() > 1:
            more, said = _by(found, movers, given, column, target, resamples)
            rows += more
            problems += said
    if "wave" in rounds.columns and rounds["wave"].n_unique() > 1:
        more, said = _by(found, rounds, given, "wave", target, resamples)
        rows += more
        problems += said
        rows += _same_households(found, rounds, given, target)
    rows += _by_site(found, movers, given, target)
    return found, rows, made, _once(problems)


def _once(problems: list[Problem]) -> list[Problem]:
    """The same thing said of the same answers several times is said once."""
    kept: dict[str, Problem] = {}
    for p in problems:
        kept.setdefault(repr(p), p)
    return list(kept.values())


def _whole_rows(found: Analysis) -> list[dict[str, Any]]:
    table = found.tables.get("index")
    if table is None:
        return []
    return [
        {
            "topic": "satisfaction",
            "by": "",
            "measure": r["source"],
            "group": "",
            "value": r["estimate"],
            "se": r["se"],
            "low": r["percentile_low"],
            "high": r["percentile_high"],
            "n": found.result.fit.n,
            "withheld": "" if r["se"] is not None else "few_units",
        }
        for r in table.iter_rows(named=True)
    ]


def _by(
    found: Analysis, answers: pl.DataFrame, given: Mapping[str, Any], column: str, target: str, resamples: int
) -> tuple[list[dict[str, Any]], list[Problem]]:
    """The index by one column, one set of weights for all groups, sites resampled."""
    model, problems = read_model({**given, "groups": [column]})
    if model is None:
        return [], problems
    data, problems = prepare(answers, model, given.get("single_unit", "merge"))
    if data is None:
        return [], problems
    count = min(int(given["bootstrap"]), resamples)
    table, _ = group_index(data, model, found.result.fit, column, target, count, found.seed)
    # Why a group has no interval stands beside it in the table; a list of warnings would say it twice.
    labels = np.array(data.groups[column], dtype=object)
    rows = []
    for r in table.iter_rows(named=True):
        row = {"topic": "satisfaction", "by": column, "measure": target, "group": r["group"]}
        row |= {"value": r["index"]} | {key: r[key] for key in ("se", "low", "high", "n", "withheld")}
        if r["low"] is None and r["index"] is not None:
            e = linearised_index(data, found.result.fit, target, labels == r["group"])
            row |= {"se": None if e.low is None else e.se, "low": e.low, "high": e.high}
            row |= {"withheld": e.withheld}
        rows.append(row)
    return rows, problems


def _same_households(
    found: Analysis, rounds: pl.DataFrame, given: Mapping[str, Any], target: str
) -> list[dict[str, Any]]:
    """The index of the first and last round after the move, and its change, of the households that answered both:
    what differs between whole rounds may be who answered. The fitted weights are taken as known."""
    data, _ = prepare(rounds, found.model, given.get("single_unit", "merge"))
    waves = [w for w in WAVES if (rounds["wave"] == w).any()]
    if data is None or len(waves) < 2:
        return []
    first, last = waves[0], waves[-1]
    own = pl.DataFrame({"row": data.row, "_index": own_index(data, found.result.fit, target)})
    labelled = rounds.with_row_index("row", offset=1).with_columns(pl.col("row").cast(pl.Int64))
    known = labelled.join(own, on="row").filter(pl.col("_index").is_finite())
    then = known.filter(pl.col("wave") == first).select("household_id", pl.col("_index").alias("_then"))
    both = known.filter(pl.col("wave") == last).join(then, on="household_id").sort("household_id")
    if both.height < LEAST_SHOWN:
        return []
    design, _ = outcomes.design_of(both)
    if design is None:
        return []
    now, before = outcomes.numbers(both, "_index"), outcomes.numbers(both, "_then")
    return [
        {"by": "wave_same", **outcomes.row("satisfaction", target, name, survey.mean(values, design))}
        for name, values in ((first, before), (last, now), ("change", now - before))
    ]


def _by_site(
    found: Analysis, movers: pl.DataFrame, given: Mapping[str, Any], target: str
) -> list[dict[str, Any]]:
    """The index of each site: its households were drawn alike, so each of them counts the same."""
    if "site_id" not in movers.columns:
        return []
    data, _ = prepare(movers, found.model, given.get("single_unit", "merge"))
    if data is None:
        return []
    own = pl.DataFrame({"row": data.row, "index": own_index(data, found.result.fit, target)})
    labelled = movers.with_row_index("row", offset=1).with_columns(pl.col("row").cast(pl.Int64))
    joined = labelled.select("row", "site_id").join(own, on="row").filter(pl.col("index").is_finite())
    rows = []
    for (site,), part in sorted(joined.group_by("site_id"), key=lambda pair: str(pair[0][0])):
        values = part.sort("row")["index"].to_numpy()
        design, _ = make_design(len(values))
        shown = len(values) >= LEAST_SITE and design is not None
        e = survey.mean(values, design) if shown and design is not None else None
        rows.append(
            {
                "topic": "satisfaction",
                "by": "site_id",
                "measure": target,
                "group": str(site),
                "value": None if e is None else e.value,
                "se": None if e is None or e.low is None else e.se,
                "low": None if e is None else e.low,
                "high": None if e is None else e.high,
                "n": len(values),
                "withheld": "group_too_small" if e is None else e.withheld,
            }
        )
    return rows
