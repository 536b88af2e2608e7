"""The plans to choose from as tables: what each comes to, who goes where, what a condition costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from resettle.methods.assignment import Limits
from resettle.siting.alternatives import Alternative, Alternatives, mean
from resettle.siting.county import CountyPlan
from resettle.siting.model import County
from resettle.siting.options import SitingOptions

COUNTIES_BY_THEMSELVES = 3


def quick(limits: Limits) -> Limits:
    """Limits of one search among many: the bound says what this costs in precision."""
    return replace(
        limits,
        gap_ppm=max(limits.gap_ppm, 10_000),
        nodes=min(limits.nodes, 10),
        mip_nodes=min(limits.mip_nodes, 20),
        iterations=min(limits.iterations, 200),
        progress=lambda _a, _b, _c: None,
    )


def counties_with_options(counties: Sequence[County], options: SitingOptions) -> list[County]:
    """The counties that get several plans; in an exercise with their decided sites set free.

    >>> counties_with_options([], SitingOptions())
    []
    """
    if options.plans_for == "auto":
        open_ones = [c for c in counties if len(c.sites) > 1 and _is_open(c)]
        open_ones.sort(key=lambda c: (-sum(len(m) for m in c.villages.values()), c.code))
        return sorted(open_ones[:COUNTIES_BY_THEMSELVES], key=lambda c: c.code)
    chosen = [c for c in counties if c.code in options.plans_for]
    return [set_free(c) if options.plans_free else c for c in chosen]


def _is_open(county: County) -> bool:
    return 2 * sum(s.is_fixed for s in county.sites) <= len(county.sites)


def set_free(county: County) -> County:
    """The county as if none of its sites were decided."""
    return replace(county, sites=tuple(replace(s, is_fixed=False) for s in county.sites))


def option_rows(found: Alternatives, is_exercise: bool) -> list[dict[str, Any]]:
    """One row per plan."""
    unknown = "; ".join(f"{n}: {', '.join(a.unknown)}" for n, a in found.aims.items() if a.unknown)
    rows = []
    for one in found.plans:
        figures = {n: mean(found, one.plan, n) for n in ("distance", "jobs", "services", "living")}
        chosen = found.choices(one.plan)
        rows.append(
            {
                "county_code": found.model.county.code,
                "plan": one.names[0],
                "also": ", ".join(one.names[1:]) or None,
                "is_exercise": is_exercise,
                "cost_minor": one.totals["cost"],
                "cost_bound_minor": one.cost_bound,
                "split_minor": sum(c.split for c in chosen),
                "is_proved": one.is_proved,
                "distance_m": figures["distance"],
                "jobs": figures["jobs"],
                "services_m": figures["services"],
                "living_minor": figures["living"],
                "aim": one.aim,
                "aim_short_ppm": _short(one),
                "sites_open": len(sites_used(found, one)),
                "households": sum(
                    len(found.model.parts[i].movers) for c in chosen for i in range(c.first, c.last)
                ),
                "unknown": unknown or None,
                "left_out": ", ".join(found.left_out) or None,
            }
        )
    return rows


FIGURES = {"distance": "distance_m", "jobs": "jobs", "services": "services_m", "living": "living_minor"}


def limit_rows(found: Alternatives) -> list[dict[str, Any]]:
    """One row per limit a named plan keeps."""
    return [
        {
            "county_code": found.model.county.code,
            "plan": name,
            "figure": FIGURES[aim],
            "limit": value,
        }
        for name, limits in found.limits.items()
        for aim, value in limits.items()
    ]


def _short(one: Alternative) -> int | None:
    """How far the plan's own aim lies above its bound, ppm of the aim; cost has its own columns."""
    total = one.totals[one.aim]
    if one.aim_bound is None or total <= 0:
        return None
    return -(-(total - one.aim_bound) * 1_000_000 // total)


def sites_used(found: Alternatives, one: Alternative) -> list[str]:
    """The sites a plan builds: those that take somebody and those that are decided."""
    sites = found.model.county.sites
    used = {c.site for c in found.choices(one.plan)}
    return [s.site_id for j, s in enumerate(sites) if j in used or s.is_fixed]


def household_option_rows(found: Alternatives) -> list[dict[str, Any]]:
    """One row per plan and household."""
    sites = found.model.county.sites
    return [
        {
            "county_code": found.model.county.code,
            "plan": one.names[0],
            "household_id": mover.household_id,
            "village_code": found.model.parts[i].village_code,
            "site_id": sites[c.site].site_id if 0 <= c.site < len(sites) else None,
            "distance_m": c.distance,
        }
        for one in found.plans
        for c in found.choices(one.plan)
        for i in range(c.first, c.last)
        for mover in found.model.parts[i].movers
    ]


def condition_rows(found: Alternatives) -> list[dict[str, Any]]:
    """One row per condition tried."""
    return [
        {
            "county_code": found.model.county.code,
            "condition": c.name,
            "subject": c.subject or "",
            "value": c.value,
            "least_minor": c.least,
            "most_minor": c.most,
            "outcome": "priced" if c.plan is not None else "impossible" if c.is_impossible else "not_found",
        }
        for c in found.conditions
    ]


def changes(rows: Sequence[dict[str, Any]], one: str, other: str) -> list[tuple[str, str | None, str | None]]:
    """Households whose site changes from one plan to the other: number, site before, site after.

    >>> rows = [{"plan": p, "household_id": "h", "site_id": s} for p, s in (("a", "x"), ("b", "y"))]
    >>> changes(rows, "a", "b")
    [('h', 'x', 'y')]
    """
    before = {r["household_id"]: r["site_id"] for r in rows if r["plan"] == one}
    after = {r["household_id"]: r["site_id"] for r in rows if r["plan"] == other}
    both = sorted(before.keys() & after.keys())
    return [(h, before[h], after[h]) for h in both if before[h] != after[h]]


def options_of(
    county: County, options: SitingOptions, limits: Limits, base: CountyPlan | None = None
) -> Alternatives:
    """The plans of one county; ``base`` is its plan if it is known already and nothing was set free."""
    from resettle.siting.alternatives import alternatives
    from resettle.siting.county import plan_county

    few = quick(limits)
    return alternatives(base or plan_county(county, options, few), few)
