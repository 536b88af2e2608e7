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
from resettle.units import yuan


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
        problems += explain_infeasible(county, options, limits, loose, left)
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
    limit = model.options.distance_limit_m
    for village in model.unreachable:
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


def explain_infeasible(
    county: County, options: SitingOptions, limits: Limits, loose: Model, left: list[Choice]
) -> list[Problem]:
    """Which villages are left, and every single relaxation that alone makes room, smallest first."""
    names = sorted({loose.parts[c.first].village_code for c in left})
    movers = [m for c in left for i in range(c.first, c.last) for m in loose.parts[i].movers]
    problems = [
        Problem(
            "siting.infeasible",
            "error",
            table="village",
            value=county.code,
            values={
                "villages": ", ".join(names[:10]) + (" ..." if len(names) > 10 else ""),
                "households": len(movers),
                "persons": sum(m.persons or 0 for m in movers),
            },
        )
    ]
    sizes = sorted({m.size for m in movers if m.size})
    lacking = ", ".join(f"{size / 100:g} m2 x {sum(m.size == size for m in movers)}" for size in sizes)
    if lacking:
        problems.append(
            Problem("siting.relax_capacity", "hint", value=county.code, values={"homes": lacking})
        )
    quick = replace(limits, gap_ppm=50_000, progress=lambda _a, _b, _c: None)
    problems += _relax_budget(county, options, quick)
    problems += _relax_distance(county, options, quick)
    switches: tuple[tuple[str, SitingOptions, bool], ...] = (
        (
            "siting.relax_smaller",
            replace(options, allow_smaller_dwelling=True),
            options.allow_smaller_dwelling,
        ),
        ("siting.relax_split", replace(options, split_price_minor=0), options.split_price_minor is not None),
    )
    for code, easier, already in switches:
        if not already and solve(build(county, easier).problem, quick).plan is not None:
            problems.append(Problem(code, "hint", value=county.code))
    if len(problems) == 1:
        problems.append(Problem("siting.relax_none", "hint", value=county.code))
    return problems


def _relax_budget(county: County, options: SitingOptions, limits: Limits) -> list[Problem]:
    budget = options.budget_minor.get(county.code)
    if budget is None:
        return []
    free = replace(options, budget_minor={}, distance_price_minor=0)
    answer = solve(build(county, free).problem, replace(limits, gap_ppm=1_000))
    if answer.objective is None:
        return []
    values = {
        "budget": f"{yuan(budget):,.2f}",
        "needed": f"{yuan(answer.objective):,.2f}",
        "least": f"{yuan(answer.bound):,.2f}",
        "more": f"{yuan(answer.objective - budget):,.2f}",
    }
    return [Problem("siting.relax_budget", "hint", value=county.code, values=values)]


def _relax_distance(county: County, options: SitingOptions, limits: Limits) -> list[Problem]:
    """The smallest distance limit that makes room, by bisection over the distances that occur."""
    limit = options.distance_limit_m
    if limit is None:
        return []
    metres = {distance(county, v, s, options) for v in county.villages for s in county.sites}
    steps = sorted(m for m in metres if m is not None and m > limit)
    if not steps:
        return []

    def works(at: int) -> bool:
        return solve(build(county, replace(options, distance_limit_m=at)).problem, limits).plan is not None

    if not works(steps[-1]):
        return []
    low, high = 0, len(steps) - 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if works(steps[middle]) else (middle + 1, high)
    return [
        Problem(
            "siting.relax_distance",
            "hint",
            value=county.code,
            values={"limit": limit, "needed": steps[high]},
        )
    ]
