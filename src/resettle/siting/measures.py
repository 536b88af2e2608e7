"""What a county's plan comes to: money, the way people go, sites used; read off the plan, never off a solver."""

from __future__ import annotations

from resettle.siting.county import CountyPlan
from resettle.units import divide_half_up


def open_sites(plan: CountyPlan) -> frozenset[str]:
    """The sites the plan opens: those that take somebody and those that are decided."""
    sites = plan.model.county.sites
    used = {c.site for c in plan.chosen if 0 <= c.site < len(sites)}
    return frozenset(s.site_id for j, s in enumerate(sites) if j in used or s.is_fixed)


def money_minor(plan: CountyPlan) -> int | None:
    """Minor units of the plan's sites and homes, without the price of distance; ``None`` without a plan."""
    if not plan.chosen or plan.is_partial:
        return None
    opened = open_sites(plan)
    return sum(c.money for c in plan.chosen if c.site >= 0) + sum(
        s.fixed_cost for s in plan.model.county.sites if s.site_id in opened
    )


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
