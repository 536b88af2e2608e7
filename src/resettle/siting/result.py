"""The stage's tables read off the county plans."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import polars as pl

from resettle.siting.county import CountyPlan
from resettle.siting.measures import plan_cost, site_cost
from resettle.siting.model import Choice, Mover
from resettle.siting.options import SitingOptions
from resettle.siting.sites import Candidate, spare_ppm


def _site_name(plan: CountyPlan, choice: Choice) -> str | None:
    """The site's number, or ``None`` for the scattered stock and the unplaced."""
    sites = plan.model.county.sites
    return sites[choice.site].site_id if 0 <= choice.site < len(sites) else None


def _movers(plan: CountyPlan, choice: Choice) -> list[Mover]:
    return [m for i in range(choice.first, choice.last) for m in plan.model.parts[i].movers]


def village_rows(plans: list[CountyPlan]) -> list[dict[str, Any]]:
    """One row per village and site it goes to; an empty site for those without one."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for plan in plans:
        for choice in plan.chosen:
            village = plan.model.parts[choice.first].village_code
            site = _site_name(plan, choice) or ""
            row = rows.setdefault(
                (village, site),
                {
                    "village_code": village,
                    "site_id": site,
                    "county_code": plan.model.county.code,
                    "households": 0,
                    "persons": 0,
                    "distance_m": choice.distance,
                },
            )
            group = _movers(plan, choice)
            row["households"] += len(group)
            row["persons"] += sum(m.persons or 0 for m in group)
    return list(rows.values())


def deal_homes(movers: list[Mover], capacity: dict[int, int], allow_smaller: bool) -> dict[str, int]:
    """A home size for every household of known size: its own, or (if allowed) the largest smaller one left.

    Small households first, so that nobody is left out while the cumulative capacity suffices.

    >>> deal_homes([Mover("b", 3, 7500), Mover("a", 1, 2500)], {2500: 2, 7500: 0}, True)
    {'a': 2500, 'b': 2500}
    """
    left = dict(capacity)
    dealt: dict[str, int] = {}
    for mover in sorted((m for m in movers if m.size), key=lambda m: (m.size or 0, m.household_id)):
        own = mover.size or 0
        options = [own] if not allow_smaller else sorted((s for s in left if s <= own), reverse=True)
        size = next((s for s in options if left.get(s, 0) > 0), None)
        if size is not None:
            left[size] -= 1
            dealt[mover.household_id] = size
    return dealt


def _by_site(plan: CountyPlan) -> dict[int, list[Mover]]:
    groups: dict[int, list[Mover]] = defaultdict(list)
    for choice in plan.chosen:
        groups[choice.site] += _movers(plan, choice)
    return groups


def household_rows(plans: list[CountyPlan], moving: pl.DataFrame) -> list[dict[str, Any]]:
    """One row per mover: where to, in which size, or why not."""
    found: dict[str, dict[str, Any]] = {}
    for plan in plans:
        sites, options = plan.model.county.sites, plan.model.options
        for j, group in sorted(_by_site(plan).items()):
            real = 0 <= j < len(sites)
            dealt = deal_homes(group, sites[j].capacity, options.allow_smaller_dwelling) if real else {}
            for mover in group:
                status = "unplaced" if j < 0 else "scattered"
                if real:
                    status = "assigned" if mover.household_id in dealt else "size_unknown"
                found[mover.household_id] = {
                    "household_id": mover.household_id,
                    "site_id": sites[j].site_id if real else None,
                    "dwelling_size_dm2": dealt.get(mover.household_id),
                    "status": status,
                }
    rows = []
    for row in moving.iter_rows(named=True):
        name = row["household_id"]
        status = "scattered" if row["mode"] == "scattered" else "unplaced"
        if row["mode"] == "central" and (row["village_code"] is None or row["county_code"] is None):
            status = "village_unknown"
        empty = {"household_id": name, "site_id": None, "dwelling_size_dm2": None, "status": status}
        rows.append(found.get(name, empty))
    return rows


def site_rows(
    plans: list[CountyPlan],
    sites: list[Candidate],
    excluded: dict[str, str],
    where: dict[str, str | None],
    options: SitingOptions,
) -> list[dict[str, Any]]:
    """One row per candidate site, chosen or not or excluded, with its cost where it is chosen."""
    used: dict[str, list[Mover]] = {}
    is_open: dict[str, bool] = {}
    money: dict[str, int] = defaultdict(int)
    for plan in plans:
        own = plan.model.county.sites
        for j, group in _by_site(plan).items():
            if 0 <= j < len(own):
                used[own[j].site_id] = group
        for choice in plan.chosen:
            if 0 <= choice.site < len(own):
                money[own[choice.site].site_id] += choice.money - choice.split  # the split is paid to nobody
        for site in own:
            is_open[site.site_id] = site.is_fixed or site.site_id in used
    rows = []
    for site in sites:
        group = used.get(site.site_id, [])
        opened = is_open.get(site.site_id, site.is_fixed)
        dealt = deal_homes(group, site.capacity, options.allow_smaller_dwelling)
        total = sum(site.capacity.values())
        persons = sum(m.persons or 0 for m in group)
        cost, cost_known = site_cost(site, group, money[site.site_id])
        taken = list(dealt.values())
        rows.append(
            {
                "site_id": site.site_id,
                "county_code": site.county_code,
                "is_open": opened,
                "households": len(group),
                "persons": persons,
                "dwellings_used": len(taken),
                "dwelling_capacity": total,
                "dwellings_by_size": ", ".join(
                    f"{size / 100:g} m2 {taken.count(size)}/{count}"
                    for size, count in sorted(site.capacity.items())
                ),
                "spare_ppm": spare_ppm(len(taken), total),
                "cost_minor": cost if opened else 0,
                "cost_known": cost_known,
                "needs_capacity_assessment": persons > options.assessment_above_persons
                and not site.is_assessed,
                "excluded_reason": None,
            }
        )
    for name, reason in sorted(excluded.items()):
        rows.append(
            {
                "site_id": name,
                "county_code": where.get(name),
                "is_open": False,
                "households": 0,
                "persons": 0,
                "dwellings_used": 0,
                "cost_minor": 0,
                "needs_capacity_assessment": False,
                "excluded_reason": reason,
            }
        )
    return rows


def answer_row(
    plan: CountyPlan, moving: pl.DataFrame, excluded: dict[str, str], where: dict[str, str | None]
) -> dict[str, Any]:
    """What is proved of one county, with every household accounted for."""
    county, answer = plan.model.county, plan.answer
    own = moving.filter(pl.col("county_code") == county.code)
    central = [m for movers in county.villages.values() for m in movers]
    groups = _by_site(plan)
    left = len(groups.get(-1, [])) if plan.chosen else len(central)
    stock = len(groups.get(len(county.sites), []))
    cost, cost_known = plan_cost(plan)
    opened = {c.site for c in plan.chosen if 0 <= c.site < len(county.sites)}
    opened |= {j for j, s in enumerate(county.sites) if s.is_fixed}
    reasons = [f"{name}: {why}" for name, why in sorted(excluded.items()) if where.get(name) == county.code]
    proved = not plan.is_partial
    return {
        "county_code": county.code,
        "objective_minor": answer.objective,
        "bound_minor": answer.bound if proved else None,
        "gap_ppm": answer.gap_ppm,
        "plain_gap_ppm": answer.plain_gap_ppm,
        "status": answer.status,
        "bound_kind": answer.bound_kind,
        "may_not_repeat": not answer.repeats,
        "cost_minor": cost,
        "cost_known": cost_known,
        "budget_minor": plan.model.options.budget_minor.get(county.code),
        "distance_price_minor": sum(c.travel_price for c in plan.chosen if c.site >= 0),
        "detour_ppm": plan.model.options.detour_ppm,
        "price_km_minor": plan.model.options.distance_price_minor,
        "split_price_minor": plan.model.options.split_price_minor,
        "households": len(central),
        "households_placed": len(central) - left - stock,
        "households_unplaced": left,
        "households_scattered": stock + own.filter(pl.col("mode") == "scattered").height,
        "households_size_unknown": sum(m.size is None for m in central),
        "sites_open": len(opened),
        "excluded_sites": "; ".join(reasons),
    }
