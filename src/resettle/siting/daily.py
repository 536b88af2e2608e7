"""What a plan means from day to day: the month's cost, jobs within an hour, the way back to the fields, the hosts."""

from __future__ import annotations

from dataclasses import dataclass

from resettle.siting.county import CountyPlan
from resettle.siting.model import Choice
from resettle.units import divide_half_up


@dataclass(frozen=True)
class Hosts:
    """A site with those who come and those who live there now (``None``: unknown)."""

    site_id: str
    newcomers: int
    hosts: int | None


@dataclass(frozen=True)
class DailyLife:
    """Means over the households of which a thing is known; how many of the others there are stands beside.

    Attributes:
        living_minor: living cost of a household a month. jobs: within an hour of a household.
        minutes: one way back to the old fields; longest_minutes: of the farthest household.
        minutes_estimated: households whose minutes come from the distance at the assumed speed.
    """

    households: int
    living_minor: int | None
    living_unknown: int
    jobs: int | None
    jobs_unknown: int
    minutes: int | None
    longest_minutes: int | None
    minutes_unknown: int
    minutes_estimated: int
    hosts: tuple[Hosts, ...]


def daily_life(plan: CountyPlan) -> DailyLife:
    """Read off the plan; a figure a site does not give stays unknown and is counted."""
    county, options = plan.model.county, plan.model.options
    living: list[tuple[int, int | None]] = []
    jobs: list[tuple[int, int | None]] = []
    minutes: list[tuple[int, int | None]] = []
    estimated = 0
    coming: dict[str, int] = {}
    for choice in plan.chosen:
        group = [m for i in range(choice.first, choice.last) for m in plan.model.parts[i].movers]
        if not 0 <= choice.site < len(county.sites):
            continue
        site = county.sites[choice.site]
        living.append((len(group), site.monthly_cost))
        jobs.append((len(group), site.jobs))
        village = plan.model.parts[choice.first].village_code
        given = county.minutes.get((village, site.site_id))
        if given is None and choice.distance is not None:
            estimated += len(group)
        minutes.append((len(group), _minutes(given, choice, options.speed_m_per_hour)))
        coming[site.site_id] = coming.get(site.site_id, 0) + sum(m.persons or 0 for m in group)
    hosts = {s.site_id: s.hosts for s in county.sites}
    known = [m for _, m in minutes if m is not None]
    return DailyLife(
        sum(n for n, _ in living),
        _mean(living),
        _unknown(living),
        _mean(jobs),
        _unknown(jobs),
        _mean(minutes),
        max(known, default=None),
        _unknown(minutes),
        estimated,
        tuple(Hosts(s, n, hosts[s]) for s, n in sorted(coming.items())),
    )


def _minutes(given: int | None, choice: Choice, speed: int) -> int | None:
    if given is not None:
        return given
    return None if choice.distance is None or not speed else divide_half_up(choice.distance * 60, speed)


def _mean(pairs: list[tuple[int, int | None]]) -> int | None:
    """Mean over those who know, half up.

    >>> _mean([(1, 10), (3, 20), (5, None)])
    18
    """
    count = sum(n for n, v in pairs if v is not None)
    return divide_half_up(sum(n * v for n, v in pairs if v is not None), count) if count else None


def _unknown(pairs: list[tuple[int, int | None]]) -> int:
    return sum(n for n, v in pairs if v is None)
