"""What the cheapest plan of a county would cost under one more condition, each alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from resettle.methods.assignment.answer import Plan
from resettle.siting.aims import persons_of
from resettle.siting.model import Choice
from resettle.siting.searcher import CLOSE_PPM, Demand, Searcher


class Cheapest(Protocol):
    """The plan the conditions are priced beside."""

    @property
    def plan(self) -> Plan: ...
    @property
    def totals(self) -> Mapping[str, int]: ...
    @property
    def cost_bound(self) -> int: ...


@dataclass(frozen=True)
class Condition:
    """What one more condition costs beside the cheapest plan, in minor units.

    ``least`` and ``most`` enclose the price: bounds of both searches are in it. ``plan`` is ``None`` and so
    are both where the condition cannot be kept (``is_impossible``) or no plan was found in time.
    """

    name: str
    value: int | None
    subject: str | None
    least: int | None
    most: int | None
    plan: Plan | None
    is_impossible: bool


def conditions(finder: Searcher, cheapest: Cheapest, tell: Callable[[], None]) -> list[Condition]:
    """What the cheapest plan would cost under one more condition, each alone."""
    model = finder.model
    sites, chosen = model.county.sites, [model.choices[a] for a in np.unique(cheapest.plan.row_arc).tolist()]
    none_site = np.zeros(len(model.problem.site_cost), np.int64)
    arc_site = model.problem.arcs.site
    found: list[Condition] = []

    def ask(name: str, value: int | None, subject: str | None, *demands: Demand, **other: object) -> None:
        answer, bound = finder.search("cost", None, demands, gap_ppm=CLOSE_PPM, **other)
        tell()
        if answer.plan is None:
            impossible = answer.status == "infeasible"
            found.append(Condition(name, value, subject, None, None, None, impossible))
            return
        cost = finder.aims["cost"].total(answer.plan.row_arc, answer.plan.is_open)
        least = max(0, min(bound, cost) - cheapest.totals["cost"])
        most = max(0, cost - cheapest.cost_bound)
        found.append(Condition(name, value, subject, least, most, answer.plan, False))

    for limit in _shorter_limits(finder, chosen):
        far = np.array([int(c.distance is not None and c.distance > limit) for c in model.choices], np.int64)
        ask("nobody_farther", limit, None, Demand(far, none_site, 0))
        if found[-1].plan is not None:
            break
    free = [j for j, s in enumerate(sites) if not s.is_fixed and bool(cheapest.plan.is_open[j])]
    opened = int(cheapest.plan.is_open.sum())
    if free and opened > 1:
        ask("one_site_fewer", opened - 1, None, open_max=min(opened - 1, model.problem.open_max))
        dear = max(free, key=lambda j: (sites[j].fixed_cost, sites[j].site_id))
        there = (arc_site == dear).astype(np.int64)
        shut = none_site.copy()
        shut[dear] = 1
        ask("without_site", None, sites[dear].site_id, Demand(there, shut, 0))
    lacking = np.array([s.has_full_package is not True and not s.is_fixed for s in sites], bool)
    if any(lacking[c.site] for c in chosen if 0 <= c.site < len(sites)):
        padded = np.concatenate([lacking, np.zeros(len(none_site) - len(lacking), bool)])
        out = (padded[np.maximum(0, arc_site)] & (arc_site >= 0)).astype(np.int64)
        ask("full_package", None, None, Demand(out, padded.astype(np.int64), 0))
    most = model.options.assessment_above_persons
    capacity = model.problem.capacity.copy()
    column = capacity.shape[1] - 2
    load: dict[int, int] = {}
    for c in chosen:
        load[c.site] = load.get(c.site, 0) + persons_of(model, c)
    large = [j for j, n in load.items() if 0 <= j < len(sites) and n > most and not sites[j].is_assessed]
    if large:
        for j, site in enumerate(sites):
            if not site.is_assessed:
                capacity[j, column] = min(capacity[j, column], most)
        ask("no_large_site", most, None, capacity=capacity)
    return found


def _shorter_limits(finder: Searcher, chosen: Sequence[Choice]) -> list[int]:
    """Whole kilometres: half-way to the least any limit can be, and the shortest longest way of a known plan."""

    def longest(choices: Sequence[Choice]) -> int:
        return max((c.distance for c in choices if c.distance is not None), default=0)

    nearest: dict[str, int] = {}
    for c in finder.model.choices:
        if c.distance is not None:
            village = finder.model.parts[c.first].village_code
            nearest[village] = min(nearest.get(village, c.distance), c.distance)
    now = longest(chosen)
    least = max(nearest.values(), default=0)
    plans = [[finder.model.choices[a] for a in np.unique(p.row_arc).tolist()] for p in finder.pool]
    known = min((longest(p) for p in plans), default=now)
    limits = [-(-(least + (now - least) // 2) // 1000) * 1000, -(-known // 1000) * 1000]
    return [limit for limit in dict.fromkeys(limits) if 0 < limit < now]
