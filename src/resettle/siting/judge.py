"""A choice of sites already made, held against the best there could be: what it costs, and who travels farther."""

from __future__ import annotations

from dataclasses import dataclass, replace

from resettle.methods.assignment import Limits
from resettle.methods.assignment.engine import solve
from resettle.siting.county import CountyPlan, plan_county
from resettle.siting.measures import open_sites
from resettle.siting.model import County, build
from resettle.siting.options import SitingOptions


@dataclass(frozen=True)
class Payer:
    """A village that travels farther under the given choice; metres of its farthest part."""

    village_code: str
    households: int
    given_m: int
    free_m: int
    household_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Change:
    """One site given up, one taken in its place, or both; and what that surely saves, in minor units."""

    closed: str | None
    opened: str | None
    saving_minor: int


@dataclass(frozen=True)
class Judgement:
    """The given sites' plan beside the plan free to choose among all candidates.

    ``above_bound_minor``: how much more the given choice costs, at most, than the least any choice can; the
    objective counts money and the price of distance. ``None`` where the given sites cannot take everybody.
    """

    given: CountyPlan
    free: CountyPlan
    payers: tuple[Payer, ...]
    changes: tuple[Change, ...] = ()
    changes_tried: int = 0
    ways_unknown: int = 0
    """Villages of which nobody can say whether they travel farther: one of their two ways is not known."""

    @property
    def above_bound_minor(self) -> int | None:
        cost = self.given.answer.objective
        return None if cost is None else cost - self.free.answer.bound

    @property
    def saving_minor(self) -> int | None:
        """What the free plan found surely saves; never negative, for the given choice is open to it too."""
        ours, free = self.given.answer.objective, self.free.answer.objective
        return None if ours is None or free is None else max(0, ours - free)


def judge(county: County, given: frozenset[str], options: SitingOptions, limits: Limits) -> Judgement:
    """Plan the county with exactly the given sites open, and once with every candidate free.

    Marks "already decided" do not bind the free plan: the decision itself is what is judged.
    """
    chosen = tuple(replace(s, is_fixed=True) for s in county.sites if s.site_id in given)
    loose = tuple(replace(s, is_fixed=False) for s in county.sites)
    ours = plan_county(replace(county, sites=chosen), options, limits)
    free = plan_county(replace(county, sites=loose), options, limits)
    changes, tried = _changes(county, given, ours, free, options, limits)
    payers, unknown = _payers(ours, free)
    return Judgement(ours, free, payers, changes, tried, unknown)


SIDES_OF_A_SWAP = 3
"""Sites tried on each side of a swap: those of the best plan that were not given, and those it leaves out."""


def _changes(
    county: County,
    given: frozenset[str],
    ours: CountyPlan,
    free: CountyPlan,
    options: SitingOptions,
    limits: Limits,
) -> tuple[tuple[Change, ...], int]:
    """What changing a single site saves, best first; only what is found better is listed.

    Each is a plan found, so its saving is sure; that no other swap saves more is not claimed.
    """
    cost = ours.answer.objective
    if cost is None:
        return (), 0
    wanted, known = open_sites(free), {s.site_id: s for s in county.sites}
    dear = sorted((given & known.keys()) - wanted, key=lambda n: (-known[n].fixed_cost, n))
    fresh = sorted(wanted - given, key=lambda n: (known[n].fixed_cost, n))
    outs: list[str | None] = [None, *dear[:SIDES_OF_A_SWAP]]
    ins: list[str | None] = [None, *fresh[:SIDES_OF_A_SWAP]]
    quick = replace(
        limits, gap_ppm=max(limits.gap_ppm, 20_000), nodes=20, mip_nodes=min(limits.mip_nodes, 50)
    )
    found: list[Change] = []
    tried = 0
    for closed in outs:
        for opened in ins:
            if (closed is None and opened is None) or limits.deadline():
                continue
            tried += 1
            names = (given | {opened or ""}) - {closed or ""}
            sites = tuple(replace(s, is_fixed=True) for s in county.sites if s.site_id in names)
            answer = solve(build(replace(county, sites=sites), options).problem, quick)
            if answer.objective is not None and answer.objective < cost:
                found.append(Change(closed, opened, cost - answer.objective))
    return tuple(sorted(found, key=lambda c: (-c.saving_minor, c.closed or "", c.opened or ""))), tried


def _farthest(plan: CountyPlan) -> dict[str, int | None]:
    """Per village the distance of its farthest part; unknown where any part's is."""
    found: dict[str, int | None] = {}
    for choice in plan.chosen:
        village = plan.model.parts[choice.first].village_code
        before = found.get(village, 0)
        found[village] = None if before is None or choice.distance is None else max(before, choice.distance)
    return found


def _payers(ours: CountyPlan, free: CountyPlan) -> tuple[tuple[Payer, ...], int]:
    """Villages known to travel farther, the most metres first; and how many cannot be compared."""
    given_m, free_m = _farthest(ours), _farthest(free)
    rows: list[tuple[int, Payer]] = []
    unknown = 0
    for village, metres in given_m.items():
        other = free_m.get(village)
        if metres is None or other is None:
            unknown += 1
        elif metres > other:
            movers = ours.model.county.villages[village]
            ids = tuple(m.household_id for m in movers)
            rows.append((other - metres, Payer(village, len(movers), metres, other, ids)))
    return tuple(payer for _, payer in sorted(rows, key=lambda r: (r[0], r[1].village_code))), unknown
