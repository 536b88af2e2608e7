"""What a county's plan comes to: money, the way people go, sites used; read off the plan, never off a solver."""

from __future__ import annotations

from collections.abc import Sequence

from resettle.siting.county import CountyPlan
from resettle.siting.model import Mover
from resettle.siting.sites import Candidate
from resettle.units import divide_half_up


def open_sites(plan: CountyPlan) -> frozenset[str]:
    """The sites the plan opens: those that take somebody and those that are decided."""
    sites = plan.model.county.sites
    used = {c.site for c in plan.chosen if 0 <= c.site < len(sites)}
    return frozenset(s.site_id for j, s in enumerate(sites) if j in used or s.is_fixed)


def money_minor(plan: CountyPlan) -> int | None:
    """Minor units of the plan's sites and homes, without the price of distance; ``None`` without a plan, and
    where what it costs is not known (see :func:`site_cost`)."""
    if not plan.chosen or plan.is_partial:
        return None
    cost, is_known = plan_cost(plan)
    return cost if is_known else None


def site_cost(site: Candidate, movers: Sequence[Mover], weighed: int) -> tuple[int, bool]:
    """What an open site costs with its homes, and whether that is all: where a fixed cost, a price or the size
    of somebody's home is unknown, the sum of what is known, and it costs at least that.

    ``weighed``: what the plan counts for the homes.
    """
    prices = [site.unit_cost.get(m.size) if m.size else None for m in movers]
    if site.fixed_known and all(p is not None for p in prices):
        return site.fixed_cost + weighed, site.cost_known
    return site.known_cost + sum(p for p in prices if p is not None), False


def plan_cost(plan: CountyPlan) -> tuple[int, bool]:
    """What the open sites and their homes cost, and whether every cost of them is known."""
    sites, opened = plan.model.county.sites, open_sites(plan)
    movers: dict[int, list[Mover]] = {j: [] for j, s in enumerate(sites) if s.site_id in opened}
    weighed = dict.fromkeys(range(len(sites)), 0)
    elsewhere = 0
    for c in plan.chosen:
        if 0 <= c.site < len(sites):
            movers[c.site] += [m for i in range(c.first, c.last) for m in plan.model.parts[i].movers]
            weighed[c.site] += c.money
        elif c.site >= 0:
            elsewhere += c.money  # the scattered stock has one price a household
    found = [site_cost(sites[j], group, weighed[j]) for j, group in movers.items()]
    return sum(cost for cost, _ in found) + elsewhere, all(is_known for _, is_known in found)


def mean_distance_m(plan: CountyPlan) -> int | None:
    """Metres a household goes on average, over households whose distance is known; ``None`` if none is."""
    metres = households = 0
    for choice in plan.chosen:
        if choice.distance is not None:
            count = sum(len(plan.model.parts[i].movers) for i in range(choice.first, choice.last))
            metres, households = metres + count * choice.distance, households + count
    return divide_half_up(metres, households) if households else None


def site_of_household(plan: CountyPlan) -> dict[str, str]:
    """Household to the site it goes to; an empty text for the scattered stock and for those without a place."""
    sites = plan.model.county.sites
    return {
        mover.household_id: sites[c.site].site_id if 0 <= c.site < len(sites) else ""
        for c in plan.chosen
        for i in range(c.first, c.last)
        for mover in plan.model.parts[i].movers
    }
