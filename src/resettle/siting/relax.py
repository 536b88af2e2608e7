"""Why a county cannot be planned as asked, and every single change that alone makes room, in words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from resettle.methods.assignment import Limits
from resettle.methods.assignment.engine import solve
from resettle.problems import Problem
from resettle.siting.model import Choice, County, Model, build, distance
from resettle.siting.options import SitingOptions
from resettle.siting.sites import TRADED, reason_words
from resettle.units import yuan

NAMED = 10
BARRED_TRIED = 6


def explain_infeasible(
    county: County, options: SitingOptions, limits: Limits, loose: Model, chosen: Sequence[Choice]
) -> list[Problem]:
    """Which villages are left, and every single relaxation that alone makes room, smallest first."""
    left = [c for c in chosen if c.site < 0]
    names = sorted({loose.parts[c.first].village_code for c in left})
    movers = [m for c in left for i in range(c.first, c.last) for m in loose.parts[i].movers]
    problems = [
        Problem(
            "siting.infeasible",
            "error",
            table="village",
            value=county.code,
            values={
                "villages": ", ".join(names[:NAMED]) + (" ..." if len(names) > NAMED else ""),
                "households": len(movers),
                "persons": sum(m.persons or 0 for m in movers),
            },
        )
    ]
    quick = replace(limits, gap_ppm=50_000, progress=lambda _a, _b, _c: None)
    money = _relax_budget(county, options, quick)
    problems += money or _relax_capacity(county, loose, left, [c for c in chosen if c.site >= 0])
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
    problems += _relax_barred(county, options, quick)
    if len(problems) == 1:
        problems.append(Problem("siting.relax_none", "hint", value=county.code))
    return problems


def _relax_capacity(county: County, loose: Model, left: list[Choice], placed: list[Choice]) -> list[Problem]:
    """The homes that would seat those who are left, each at the nearest site its village may go to.

    The plan found leaves as few households as it can, so these homes are about the fewest; that they make
    room for all is certain, for the plan stands and only the left are added.
    """
    homes: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    persons: dict[str, int] = defaultdict(int)
    for choice in left:
        reach = [
            (99**9 if c.distance is None else c.distance, county.sites[c.site].site_id)
            for c in loose.choices
            if c.first <= choice.first < c.last and 0 <= c.site < len(county.sites)
        ]
        if not reach:
            continue
        site = min(reach)[1]
        for i in range(choice.first, choice.last):
            persons[site] += loose.parts[i].persons
            for mover in loose.parts[i].movers:
                if mover.size:
                    homes[site][mover.size] += 1
    _less_what_is_spare(loose, placed, homes, persons)
    told = "; ".join(
        f"{site}: "
        + ", ".join(f"{size / 100:g} m2 x {count}" for size, count in sorted(own.items()) if count)
        for site, own in sorted(homes.items())
        if any(own.values())
    )
    problems = []
    if told:
        problems.append(Problem("siting.relax_capacity", "hint", value=county.code, values={"homes": told}))
    more = "; ".join(f"{name}: {count}" for name, count in sorted(persons.items()) if count)
    if more:
        problems.append(Problem("siting.relax_persons", "hint", value=county.code, values={"persons": more}))
    return problems


def _less_what_is_spare(
    loose: Model, placed: list[Choice], homes: dict[str, dict[int, int]], persons: dict[str, int]
) -> None:
    """Take off what the sites have to spare under the partial plan; a site without a limit lacks no room."""
    for j, site in enumerate(loose.county.sites):
        own = [i for c in placed if c.site == j for i in range(c.first, c.last)]
        if site.site_id in homes and not loose.options.allow_smaller_dwelling:
            for size in homes[site.site_id]:
                spare = site.capacity.get(size, 0) - sum(loose.parts[i].count(size) for i in own)
                homes[site.site_id][size] = max(0, homes[site.site_id][size] - max(0, spare))
        if site.site_id in persons:
            room = None if site.persons is None else site.persons - sum(loose.parts[i].persons for i in own)
            persons[site.site_id] = 0 if room is None else max(0, persons[site.site_id] - max(0, room))


def _relax_barred(county: County, options: SitingOptions, limits: Limits) -> list[Problem]:
    """Excluded sites that alone would make room. A hard exclusion is named and never traded."""
    found: dict[str, list[str]] = defaultdict(list)
    for site, reason in county.barred[:BARRED_TRIED]:
        if limits.deadline():
            break
        wider = replace(county, sites=(*county.sites, site))
        if solve(build(wider, options).problem, limits).plan is not None:
            found[reason].append(site.site_id)
    return [
        Problem(
            "siting.relax_package" if reason in TRADED else "siting.barred_would_help",
            "hint",
            table="site",
            value=", ".join(names),
            values={"county": county.code, "reason": reason_words(reason)},
        )
        for reason, names in sorted(found.items())
    ]


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
