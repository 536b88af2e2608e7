"""A choice of sites already made, held against the best there could be: what it costs, and who travels farther."""

from __future__ import annotations

from dataclasses import dataclass, replace

from resettle.methods.assignment import Limits
from resettle.siting.county import CountyPlan, plan_county
from resettle.siting.model import County
from resettle.siting.options import SitingOptions


@dataclass(frozen=True)
class Payer:
    """A village that travels farther under the given choice; metres of its farthest part, ``None`` unknown."""

    village_code: str
    households: int
    given_m: int | None
    free_m: int | None


@dataclass(frozen=True)
class Judgement:
    """The given sites' plan beside the plan free to choose among all candidates.

    ``above_bound_minor``: how much more the given choice costs, at most, than the least any choice can; the
    objective counts money and the price of distance. ``None`` where the given sites cannot take everybody.
    """

    given: CountyPlan
    free: CountyPlan
    payers: tuple[Payer, ...]

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
    return Judgement(ours, free, _payers(ours, free))


def _farthest(plan: CountyPlan) -> dict[str, int | None]:
    """Per village the distance of its farthest part; unknown where any part's is."""
    found: dict[str, int | None] = {}
    for choice in plan.chosen:
        village = plan.model.parts[choice.first].village_code
        before = found.get(village, 0)
        found[village] = None if before is None or choice.distance is None else max(before, choice.distance)
    return found


def _payers(ours: CountyPlan, free: CountyPlan) -> tuple[Payer, ...]:
    given_m, free_m = _farthest(ours), _farthest(free)
    rows = []
    for village, metres in given_m.items():
        other = free_m.get(village)
        if metres is not None and other is not None and metres > other:
            rows.append(Payer(village, len(ours.model.county.villages[village]), metres, other))
    return tuple(sorted(rows, key=lambda r: ((r.free_m or 0) - (r.given_m or 0), r.village_code)))
