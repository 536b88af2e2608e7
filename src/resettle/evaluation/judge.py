"""Indicators, risks, standards, the sites' index, open entitlements and flows: what is judged beside the survey."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import polars as pl

from resettle.evaluation.completion import completion
from resettle.evaluation.contract import GIVEN
from resettle.evaluation.indicator_sources import World
from resettle.evaluation.indicators import indicators, standards
from resettle.evaluation.joined import is_host, movers_of
from resettle.evaluation.site_index import site_index
from resettle.evaluation.transitions import registered_frame, registry_flows, survey_flows
from resettle.problems import Problem


@dataclass(frozen=True)
class Declared:
    """What a pack declares to be judged: its indicators, its standards (each with the figure that bears on it), and
    how the sites' index is made."""

    indicator: pl.DataFrame
    standard: pl.DataFrame = field(default_factory=pl.DataFrame)
    index: Mapping[str, Any] = field(default_factory=dict)


def judge(
    tables: Mapping[str, pl.DataFrame],
    declared: Declared,
    settings: Mapping[str, Any],
    seed: int,
    answers: pl.DataFrame | None = None,
    wave: str = "",
    rows: Sequence[Mapping[str, Any]] = (),
    belonging: pl.Series | None = None,
) -> tuple[dict[str, pl.DataFrame], dict[str, Any], list[Problem]]:
    """Tables, facts and problems of everything that does not need the survey, with what the survey adds.

    Args:
        answers: all rounds joined with the draw; wave: the last one; rows: the outcome rows made of it (the index of
            everybody and of sites); belonging: each mover's score in the last round, in that round's order.
    """
    world = _world(tables, settings, answers, wave, rows, belonging)
    given = tables.get(GIVEN.name)
    made: dict[str, pl.DataFrame] = {}
    table, place, problems = indicators(declared.indicator, world, given)
    made["evaluation_indicator"], made["evaluation_place"] = table, place
    made["evaluation_standard"] = standards(declared.standard, table, world, given)
    found, facts, more = site_index(declared.indicator, place, declared.index, seed)
    if facts:
        placed = {*facts["index_used"], *facts["index_left"]}
        known = table.filter(pl.col("value").is_not_null())["code"].unique(maintain_order=True).to_list()
        facts["index_whole"] = [c for c in known if c not in placed]
    made |= found
    problems += more
    made["completion_audit"], facts["audit_lacking"] = completion(tables)
    flows = [registry_flows(tables)]
    if answers is not None:
        flows.append(survey_flows(_stay_movers(answers), world))
    made["transition"] = (
        pl.concat([f for f in flows if f.height]) if any(f.height for f in flows) else flows[0]
    )
    stated = given is not None and given.height and bool(given["is_synthetic"].fill_null(False).any())
    facts["figures_synthetic"] = bool(stated)
    entitlement = tables.get("entitlement")
    if entitlement is not None and "is_eligible" in entitlement.columns:
        facts["entitled"] = int(entitlement["is_eligible"].fill_null(False).sum())
        facts["undecided"] = int(entitlement["is_eligible"].null_count())
        facts["listed"] = entitlement.height
        facts["co_moving"] = _co_moving(entitlement, tables.get("household_site"))
    facts["frame"] = registered_frame(tables)
    return made, facts, problems


def _co_moving(entitlement: pl.DataFrame, site: pl.DataFrame | None) -> int:
    """Households that the plan gives a place although not entitled themselves: those that move along."""
    if site is None or not {"mover_class", "is_eligible"} <= set(entitlement.columns):
        return 0
    along = entitlement.filter((pl.col("mover_class") == "co_mover") & ~pl.col("is_eligible"))
    return along.join(site.select("household_id").unique(), on="household_id", how="semi").height


def _stay_movers(answers: pl.DataFrame) -> pl.DataFrame:
    return answers.filter(~is_host()) if "household_class" in answers.columns else answers


def _world(
    tables: Mapping[str, pl.DataFrame],
    settings: Mapping[str, Any],
    answers: pl.DataFrame | None,
    wave: str,
    rows: Sequence[Mapping[str, Any]],
    belonging: pl.Series | None,
) -> World:
    as_of = settings.get("as_of")
    index = {
        str(r["group"]): (float(r["value"]), int(r["n"]))
        for r in rows
        if r["topic"] == "satisfaction" and r["measure"] == "SAT" and r.get("by", "") in ("", "site_id")
        and r["value"] is not None
    }  # fmt: skip
    own: dict[str, object] = {"cut_off": settings.get("cut_off")}
    now = before = None
    if answers is not None:
        now = movers_of(answers, wave).sort("household_id")
        first = answers.filter(pl.col("wave") == "baseline").sort("household_id")
        before = _stay_movers(first) if wave != "baseline" else None
        if "household_class" in answers.columns:
            own["hosts_asked"] = answers.filter(is_host() & (pl.col("wave") == wave)).height
    return World(tables, as_of if isinstance(as_of, date) else None, own, now, before, index, belonging)
