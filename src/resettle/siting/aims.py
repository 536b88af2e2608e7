"""What a plan may be good at: cost, way, jobs, services, living cost; as whole numbers to be made small.

Each aim is a number per choice (arc) and per opened site. An unknown figure never makes a choice look good:
it counts as the worst known one, and the plan says how many households that concerns. An aim of which
nothing is known is not offered.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from resettle.methods.assignment.problem import Ints
from resettle.siting.model import Choice, Model
from resettle.siting.sites import Candidate

AIMS = ("cost", "distance", "jobs", "services", "living")


@dataclass(frozen=True)
class Aim:
    """One aim of a county.

    Attributes:
        name: one of :data:`AIMS`. arc: (arcs,) and site: (sites,) what is added up and made small.
        unknown: site numbers, or villages for ``distance``, whose figure is not (wholly) known.
        top: for ``jobs``, the figure the shortfall is counted from.
    """

    name: str
    arc: Ints
    site: Ints
    unknown: tuple[str, ...] = ()
    top: int = 0

    def total(self, row_arc: Ints, is_open: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> int:
        """The plan's sum."""
        return int(self.arc[np.unique(row_arc)].sum() + self.site[is_open].sum())


def households_of(model: Model, choice: Choice) -> int:
    return sum(len(model.parts[i].movers) for i in range(choice.first, choice.last))


def persons_of(model: Model, choice: Choice) -> int:
    return sum(model.parts[i].persons for i in range(choice.first, choice.last))


def aims_of(model: Model) -> dict[str, Aim]:
    """The aims of which something is known, cost first."""
    sites = len(model.problem.site_cost)
    money = np.array([c.money for c in model.choices], np.int64)
    dear = tuple(s.site_id for s in model.county.sites if not s.cost_known)
    found = {"cost": Aim("cost", money, model.problem.site_cost.copy(), dear)}
    for made in (
        _distance(model),
        _of_sites(model, "jobs", lambda s: s.jobs, is_good=True),
        _of_sites(model, "services", _services),
        _of_sites(model, "living", lambda s: s.monthly_cost),
    ):
        if made is not None:
            found[made.name] = Aim(made.name, made.arc, np.zeros(sites, np.int64), made.unknown, made.top)
    return found


def _services(site: Candidate) -> int | None:
    """Metres to the nearest school and to the nearest clinic, added."""
    return None if site.school_m is None or site.clinic_m is None else site.school_m + site.clinic_m


def _distance(model: Model) -> Aim | None:
    """Person-metres; an unknown way counts as the village's longest known one."""
    longest: dict[str, int] = {}
    for c in model.choices:
        village = model.parts[c.first].village_code
        if c.distance is not None:
            longest[village] = max(longest.get(village, 0), c.distance)
    if not longest:
        return None
    arc, unknown = [], set()
    for c in model.choices:
        village = model.parts[c.first].village_code
        metres = c.distance
        if metres is None:
            metres = longest.get(village, 0)
            if c.site < len(model.county.sites):
                unknown.add(village)
        arc.append(persons_of(model, c) * metres)
    return Aim("distance", np.array(arc, np.int64), np.zeros(0, np.int64), tuple(sorted(unknown)))


def _of_sites(
    model: Model, name: str, figure: Callable[[Candidate], int | None], is_good: bool = False
) -> Aim | None:
    """Households times the site's figure (or its shortfall from the best, where more is better)."""
    figures = [figure(s) for s in model.county.sites]
    known = [f for f in figures if f is not None]
    if len(set(known)) < 2:
        return None
    worst = min(known) if is_good else max(known)
    top = max(known) if is_good else 0
    filled = [worst if f is None else f for f in figures]
    arc = []
    for c in model.choices:
        value = filled[c.site] if 0 <= c.site < len(filled) else worst
        arc.append(households_of(model, c) * (top - value if is_good else value))
    unknown = tuple(s.site_id for s, f in zip(model.county.sites, figures, strict=True) if f is None)
    return Aim(name, np.array(arc, np.int64), np.zeros(0, np.int64), unknown, top)


def spread(model: Model, aim: Aim) -> int:
    """How far an aim can move over all choices, capacities left aside; at least 1."""
    rows = len(model.parts)
    low = np.full(rows, np.iinfo(np.int64).max)
    high = np.zeros(rows, np.int64)
    for a, c in enumerate(model.choices):
        if c.last - c.first == 1:
            low[c.first] = min(low[c.first], aim.arc[a])
            high[c.first] = max(high[c.first], aim.arc[a])
        else:
            high[c.first] = max(high[c.first], aim.arc[a])
    low[low > high] = 0
    return max(1, int((high - low).sum()) + int(aim.site[~model.problem.fixed_open].sum()))
