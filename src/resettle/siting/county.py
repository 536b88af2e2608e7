"""One county planned: solved, or, where it cannot be, said what is missing and what would help."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from resettle.methods.assignment import Answer, Limits
from resettle.methods.assignment.engine import solve
from resettle.problems import Problem
from resettle.siting.model import Choice, County, Model, build, distance
from resettle.siting.options import SitingOptions
from resettle.siting.relax import explain_infeasible


@dataclass(frozen=True)
class CountyPlan:
    """A county's model and answer; ``chosen`` the arcs of the plan; ``is_partial`` if some are unplaced."""

    model: Model
    answer: Answer
    chosen: tuple[Choice, ...]
    is_partial: bool
    problems: tuple[Problem, ...]


def limits_of(options: SitingOptions, seed: int, deadline: Callable[[], bool]) -> Limits:
    """The solver's limits as the programme states them."""
    return Limits(
        gap_ppm=options.gap_ppm,
        nodes=options.nodes,
        mip_nodes=options.mip_nodes,
        seed=seed,
        deadline=deadline,
    )


def plan_county(county: County, options: SitingOptions, limits: Limits) -> CountyPlan:
    """Plan one county. An infeasible one gets the plan that leaves the fewest without a place, and words."""
    model = build(county, options)
    problems = _notes(model)
    answer = solve(model.problem, limits)
    if answer.plan is not None:
        return CountyPlan(model, answer, _chosen(model, answer), False, tuple(problems))
    loose = build(county, options, elastic=True)
    partial = solve(loose.problem, replace(limits, gap_ppm=max(limits.gap_ppm, 10_000)))
    chosen = _chosen(loose, partial)
    left = [c for c in chosen if c.site < 0]
    if answer.status == "infeasible" or left:
        problems += explain_infeasible(county, options, limits, loose, chosen)
    else:
        problems.append(Problem("siting.no_plan_in_time", "error", value=county.code))
    return CountyPlan(loose, answer, chosen, True, tuple(problems))


def _chosen(model: Model, answer: Answer) -> tuple[Choice, ...]:
    if answer.plan is None:
        return ()
    return tuple(model.choices[a] for a in np.unique(answer.plan.row_arc).tolist())


def _notes(model: Model) -> list[Problem]:
    problems = []
    if model.too_big:
        shown = ", ".join(model.too_big[:8])
        problems.append(
            Problem("siting.village_split", "info", value=shown, values={"count": len(model.too_big)})
        )
    if not model.county.sites:  # said once, not of each village
        return [
            *problems,
            Problem("siting.county_without_site", "error", file="sites.csv", value=model.county.code),
        ]
    limit = model.options.distance_limit_m
    cut = model.county.cut_off
    for village in model.unreachable:
        if model.county.sites and all((village, s.site_id) in cut for s in model.county.sites):
            problems.append(Problem("siting.village_cut_off", "error", table="travel", value=village))
            continue
        near = [
            (metres, site.site_id)
            for site in model.county.sites
            if (metres := distance(model.county, village, site, model.options)) is not None
        ]
        nearest = min(near, default=None)
        problems.append(
            Problem(
                "siting.village_unreachable" if nearest else "siting.village_without_distance",
                "error",
                table="village",
                value=village,
                nearest=None if nearest is None else nearest[1],
                values={"metres": None if nearest is None else nearest[0], "limit": limit},
            )
        )
    return problems
