"""The siting stage: tables in, sites and assignments with their proof out, county by county."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from threading import Event
from typing import Any

import polars as pl

from resettle.problems import Problem
from resettle.siting.alternatives import Alternatives
from resettle.siting.contracts import (
    HOUSEHOLD_SITE,
    PLAN_CONDITION,
    PLAN_LIMIT,
    PLAN_OPTION,
    PLAN_OPTION_HOUSEHOLD,
    SITE_PLAN,
    SITING_ANSWER,
    VILLAGE_ASSIGNMENT,
)
from resettle.siting.county import CountyPlan, limits_of, plan_county
from resettle.siting.demand import movers
from resettle.siting.model import County, Mover
from resettle.siting.option_rows import (
    condition_rows,
    counties_with_options,
    household_option_rows,
    limit_rows,
    option_rows,
    options_of,
)
from resettle.siting.options import SitingOptions, read_options
from resettle.siting.result import answer_row, household_rows, site_rows, village_rows
from resettle.siting.score import SITE_SCORE, score_sites
from resettle.siting.sites import Candidate, barred, candidates, village_places
from resettle.tables.contract import Table
from resettle.tables.stage import Inputs, Outputs, Stage

COUNTIES_AT_ONCE = 2
"""Threads of the search; the solvers leave the interpreter free while they work."""


def counties(
    moving: pl.DataFrame,
    sites: list[Candidate],
    village: pl.DataFrame,
    travel: pl.DataFrame | None,
    excluded: Sequence[tuple[Candidate, str]] = (),
) -> list[County]:
    """The counties with central demand or a decided site, sorted by code."""
    places = village_places(village)
    by_county: dict[str, dict[str, list[Mover]]] = defaultdict(lambda: defaultdict(list))
    central = moving.filter(
        (pl.col("mode") == "central")
        & pl.col("village_code").is_not_null()
        & pl.col("county_code").is_not_null()
    )
    for row in central.iter_rows(named=True):
        mover = Mover(row["household_id"], row["persons"], row["size"], row["natural_village"])
        by_county[row["county_code"]][row["village_code"]].append(mover)
    given, minutes, cut_off = _ways(travel)
    found = []
    for code in sorted(by_county):
        own = tuple(s for s in sites if s.county_code == code)
        villages = {v: tuple(m) for v, m in sorted(by_county[code].items())}
        names = {s.site_id for s in own}
        inside = {key for key in (given.keys() | minutes.keys() | cut_off) if key[0] in villages}
        inside = {key for key in inside if key[1] in names}
        found.append(
            County(
                code,
                villages,
                own,
                places,
                {key: given[key] for key in sorted(inside & given.keys())},
                {key: minutes[key] for key in sorted(inside & minutes.keys())},
                frozenset(inside & cut_off),
                tuple((s, why) for s, why in excluded if s.county_code == code),
            )
        )
    return found


Pair = tuple[str, str]


def _ways(travel: pl.DataFrame | None) -> tuple[dict[Pair, int], dict[Pair, int], set[Pair]]:
    """Metres, minutes and cut-off pairs by the names of village and site; what cannot be used is left out."""
    metres: dict[Pair, int] = {}
    minutes: dict[Pair, int] = {}
    cut_off: set[Pair] = set()
    for row in () if travel is None else travel.iter_rows(named=True):
        pair = (row["village_code"], row["site_id"])
        if row["distance_m"] is not None and row["distance_m"] >= 0:
            metres[pair] = int(row["distance_m"])
        if row.get("travel_minutes") is not None:
            minutes[pair] = int(row["travel_minutes"])
        if row.get("is_cut_off"):
            cut_off.add(pair)
    return metres, minutes, cut_off


def travel_problems(travel: pl.DataFrame | None, village: pl.DataFrame, site: pl.DataFrame) -> list[Problem]:
    """Distances that cannot be used: negative, missing, or naming what no table has. Joined by name only."""
    if travel is None:
        return []
    checks = {
        "siting.distance_negative": pl.col("distance_m") < 0,
        "siting.distance_missing": pl.col("distance_m").is_null()
        & ~(pl.col("is_cut_off") if "is_cut_off" in travel.columns else pl.lit(False)).fill_null(False),
        "siting.distance_stranger": ~pl.col("village_code").is_in(village["village_code"].to_list())
        | ~pl.col("site_id").is_in(site["site_id"].to_list()),
    }
    problems = []
    for code, wrong in checks.items():
        rows = travel.filter(wrong.fill_null(False))
        if rows.height:
            first = rows.row(0, named=True)
            problems.append(
                Problem(
                    code,
                    "warning",
                    table="travel",
                    value=f"{first['village_code']} - {first['site_id']}",
                    values={"count": rows.height},
                )
            )
    return problems


def run(inputs: Inputs) -> Outputs:
    """Plan every county; see :data:`STAGE` for tables. Unknown things are reported, never dropped."""
    options, problems = read_options(inputs.settings)
    tables = inputs.tables
    moving, found = movers(tables["household"], tables["entitlement"], tables["village"])
    problems += found
    sites, excluded, found = candidates(tables["site"], tables["site_dwelling"], options)
    problems += found
    travel = tables.get("travel")
    problems += travel_problems(travel, tables["village"], tables["site"])
    seed = int(inputs.settings.get("seed", 1))
    closed = barred(tables["site"], tables["site_dwelling"], excluded, options)
    todo = counties(moving, sites, tables["village"], travel, closed)
    several = counties_with_options(todo, options)
    strangers = [] if options.plans_for == "auto" else sorted({*options.plans_for} - {c.code for c in todo})
    known = ", ".join(c.code for c in todo)
    problems += [
        Problem("siting.plans_for_unknown", "warning", value=code, nearest=known) for code in strangers
    ]
    plans, found_options = _plans(todo, several, options, seed, inputs)
    problems += [problem for plan in plans for problem in plan.problems]
    problems += _ways_unknown(plans)
    made = _tables(plans, moving, sites, excluded, tables["site"], options)
    made |= _option_tables(found_options, options)
    made["site_score"] = SITE_SCORE.empty()
    score = inputs.settings.get("siting", {}).get("score")
    if score is not None:
        made["site_score"], found = score_sites(tables["site"], excluded, score, seed)
        problems += found
    return Outputs(made, problems, _facts(plans, options))


def _ways_unknown(plans: list[CountyPlan]) -> list[Problem]:
    """Households sent a way whose length nobody knows; it weighed as the longest known one."""
    count = sum(
        len(plan.model.parts[i].movers)
        for plan in plans
        for choice in plan.chosen
        if choice.distance is None and 0 <= choice.site < len(plan.model.county.sites)
        for i in range(choice.first, choice.last)
    )
    if not count:
        return []
    values = {"count": count}
    return [Problem("siting.way_unknown", "warning", table="village", value=str(count), values=values)]


def _plans(
    todo: list[County], several: list[County], options: SitingOptions, seed: int, inputs: Inputs
) -> tuple[list[CountyPlan], list[Alternatives]]:
    """Every county's plan, in order of ``todo``, and the plans to choose from of some; two searches at a
    time, for none rests on another.

    Work limits end the searches and not the clock, so the plans do not depend on which thread is quicker.
    The largest begin first, so that no thread is left with a large one at the end.
    """
    stopped = Event()
    limits = limits_of(options, seed, lambda: stopped.is_set() or inputs.deadline())
    largest = sorted(todo, key=lambda c: (-len(c.villages) * len(c.sites), c.code))
    apart = [c for c in several if not any(c is one for one in todo)]  # an exercise: decided sites set free
    beside = {c.code for c in several} - {c.code for c in apart}

    def planned(county: County) -> tuple[CountyPlan, Alternatives | None]:
        plan = plan_county(county, options, limits)
        return plan, options_of(county, options, limits, plan) if county.code in beside else None

    whole = len(todo) + len(apart)
    inputs.progress(0, whole, "")
    with ThreadPoolExecutor(COUNTIES_AT_ONCE) as threads:
        try:
            named = {c.code: threads.submit(options_of, c, options, limits) for c in apart}
            running = {c.code: threads.submit(planned, c) for c in largest}
            every: list[Future[Any]] = [*named.values(), *running.values()]
            for done, _ in enumerate(as_completed(every), start=1):
                inputs.progress(done, whole, "")
            found = {code: future.result() for code, future in running.items()}
        except BaseException:
            stopped.set()  # an interrupt must not wait for searches that nobody will read
            threads.shutdown(wait=False, cancel_futures=True)
            raise
    options_found = [named[c.code].result() if c.code in named else found[c.code][1] for c in several]
    return [found[c.code][0] for c in todo], [one for one in options_found if one is not None]


def _is_exercise(options: SitingOptions) -> bool:
    return options.plans_free and options.plans_for != "auto"


def _option_tables(found: list[Alternatives], options: SitingOptions) -> dict[str, pl.DataFrame]:
    rows: dict[str, tuple[Table, list[dict[str, Any]]]] = {
        "plan_option": (PLAN_OPTION, [r for f in found for r in option_rows(f, _is_exercise(options))]),
        "plan_option_household": (
            PLAN_OPTION_HOUSEHOLD,
            [r for f in found for r in household_option_rows(f)],
        ),
        "plan_limit": (PLAN_LIMIT, [r for f in found for r in limit_rows(f)]),
        "plan_condition": (PLAN_CONDITION, [r for f in found for r in condition_rows(f)]),
    }
    return {
        name: pl.DataFrame(data, schema=table.schema()).sort(table.key)
        for name, (table, data) in rows.items()
    }


def _tables(
    plans: list[CountyPlan],
    moving: pl.DataFrame,
    sites: list[Candidate],
    excluded: dict[str, str],
    site: pl.DataFrame,
    options: SitingOptions,
) -> dict[str, pl.DataFrame]:
    where = dict(zip(site["site_id"].to_list(), site["county_code"].to_list(), strict=True))
    rows: dict[str, tuple[Table, list[dict[str, Any]]]] = {
        "village_assignment": (VILLAGE_ASSIGNMENT, village_rows(plans)),
        "household_site": (HOUSEHOLD_SITE, household_rows(plans, moving)),
        "site_plan": (SITE_PLAN, site_rows(plans, sites, excluded, where, options)),
        "siting_answer": (SITING_ANSWER, [answer_row(p, moving, excluded, where) for p in plans]),
    }
    return {
        name: pl.DataFrame(data, schema=table.schema()).sort(table.key)
        for name, (table, data) in rows.items()
    }


def _facts(plans: list[CountyPlan], options: SitingOptions) -> dict[str, Any]:
    return {
        "counties": len(plans),
        "counties_infeasible": sum(p.is_partial for p in plans),
        "detour_ppm": options.detour_ppm,
        "distance_price_minor_per_person_km": options.distance_price_minor,
        "four_package": options.four_package,
        "repeats": all(p.answer.repeats for p in plans),
    }


STAGE = Stage(
    name="siting",
    requires=("household", "entitlement", "village", "site", "site_dwelling", "travel?"),
    provides=(
        VILLAGE_ASSIGNMENT,
        HOUSEHOLD_SITE,
        SITE_PLAN,
        SITING_ANSWER,
        PLAN_OPTION,
        PLAN_LIMIT,
        PLAN_OPTION_HOUSEHOLD,
        PLAN_CONDITION,
        SITE_SCORE,
    ),
    run=run,
    zh="选址与安置",
    en="choose sites and assign villages",
)
