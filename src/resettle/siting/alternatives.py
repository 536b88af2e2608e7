"""Several plans for one county, each best at something, and what one more condition would cost.

The augmented epsilon-constraint method (Mavrotas 2009): one aim is made small while the others are held by
limits, and a small share of the others is added so that no plan is worse in something for nothing. The limits
are plain figures ("at most 7.3 km a person"), so that a reader can say what a plan was asked to do. Every
search starts from the best plan already known that keeps its limits, and ends with a bound: no plan that
keeps the same limits costs less.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from resettle.methods.assignment import Limits
from resettle.methods.assignment.answer import Plan
from resettle.siting.aims import Aim, aims_of, households_of, persons_of
from resettle.siting.conditions import Condition, conditions
from resettle.siting.county import CountyPlan
from resettle.siting.model import Choice, Model
from resettle.siting.searcher import CLOSE_PPM, Searcher

STEPS = (("shorter_way", 2, 3), ("still_shorter_way", 1, 3))
"""Plans in between, and how much of the stretch from the shortest mean way to the cheapest plan's they may keep."""
AT_ONCE = 2
"""Searches beside each other; each rests on plans known before all of them, so which is quicker changes nothing."""
OFFERED_FOR = {
    "distance": "shortest",
    "jobs": "most_jobs",
    "services": "nearest_services",
    "living": "lowest_living_cost",
}
ROUND = {"distance": 100, "services": 10, "living": 100, "jobs": 1}
"""Limits are said in these steps: 0.1 km, 10 m, one unit of money, one job."""


@dataclass(frozen=True)
class Alternative:
    """One plan.

    Attributes:
        names: what it is best at; several where one plan is best at several things.
        plan: the choice. totals: every aim's sum.
        cost_bound: no plan that keeps the limits this plan was searched under costs less.
        aim: what was made small, ``aim_bound`` the least it can be (``None`` where that is the cost itself).
        is_proved: ``True`` where every bound can be checked without a solver.
        limits: the mean figures no plan of this name may pass, as people say them.
    """

    names: tuple[str, ...]
    plan: Plan
    totals: Mapping[str, int]
    cost_bound: int
    aim: str
    aim_bound: int | None
    is_proved: bool
    limits: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Alternatives:
    """The plans of a county with its model, and the price of conditions."""

    model: Model
    aims: Mapping[str, Aim]
    plans: tuple[Alternative, ...]
    conditions: tuple[Condition, ...]
    left_out: tuple[str, ...] = ()
    """Plans that were searched for and not found, by name."""
    limits: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """By name, the limits that plans of that name keep."""

    def choices(self, plan: Plan) -> tuple[Choice, ...]:
        return tuple(self.model.choices[a] for a in np.unique(plan.row_arc).tolist())


class Maker:
    """Looks for the named plans of one county, one search after the other, and keeps what it finds."""

    def __init__(self, base: CountyPlan, limits: Limits, progress: Callable[[int, int], None]) -> None:
        assert base.answer.plan is not None
        self.base, self.model, self.aims = base, base.model, aims_of(base.model)
        self.finder = Searcher(self.model, self.aims, limits)
        self.finder.pool.append(base.answer.plan)
        self.others = [n for n in OFFERED_FOR if n in self.aims]
        self.whole = 1 + 2 * len(self.others) + (2 + len(STEPS)) * ("distance" in self.aims) + 1 + 4
        self.progress = progress
        self.found: list[Alternative] = []
        self.left_out: list[str] = []

    def tell(self) -> None:
        self.progress(min(self.finder.searches, self.whole), self.whole)

    def run(self) -> Alternatives:
        """Cheapest and the ends first; what lies between them is looked for once they are settled."""
        self._cheapest()
        self._ends()
        self._as_weighted()
        self._settle()
        if "distance" in self.others:
            self._steps()
        if len(self.others) > 1:
            self._all_round()
        self._settle()
        found = conditions(self.finder, self._named("least_cost"), self.tell)
        self.progress(self.whole, self.whole)
        limits = {n: one.limits for one in self.found for n in one.names if one.limits}
        return Alternatives(
            self.model, self.aims, _merged(self.found), tuple(found), tuple(self.left_out), limits
        )

    def _named(self, name: str) -> Alternative:
        return next(one for one in self.found if name in one.names)

    def _add(
        self,
        name: str,
        plan: Plan,
        cost_bound: int,
        is_proved: bool,
        aim: str = "cost",
        aim_bound: int | None = None,
        limits: Mapping[str, int] | None = None,
    ) -> Alternative:
        """A found plan with its sums; a bound above what it costs would only be a rounding."""
        totals = {n: a.total(plan.row_arc, plan.is_open) for n, a in self.aims.items()}
        bound = min(max(cost_bound, self.finder.floor), totals["cost"])
        own = None if aim_bound is None else min(aim_bound, totals[aim])
        one = Alternative((name,), plan, totals, bound, aim, own, is_proved, limits or {})
        self.found.append(one)
        return one

    def _cheapest(self) -> None:
        """The least cost; of the plans that cost no more, the one with the shortest ways.

        Whether a plan beats the programme's own in both, cost and way, is asked by a search of its own.
        """
        answer, self.finder.floor = self.finder.search("cost")
        if "distance" in self.aims:
            own = self._total(self.finder.pool[0], "distance")
            self.finder.search("cost", {"distance": own}, gap_ppm=CLOSE_PPM)
            self.finder.search("distance", {"cost": min(self._total(p, "cost") for p in self.finder.pool)})
        self._add(
            "least_cost",
            answer.plan or self.finder.pool[0],
            self.finder.floor,
            answer.bound_kind == "verified",
        )
        self.tell()

    def _total(self, plan: Plan, name: str) -> int:
        return self.aims[name].total(plan.row_arc, plan.is_open)

    def _ends(self) -> None:
        """The best at every other aim; two are looked for at once, each from the plans known before."""
        twins = [self.finder.twin() for _ in self.others]
        with ThreadPoolExecutor(AT_ONCE) as threads:
            for twin, name, found in zip(
                twins, self.others, threads.map(_best_at, twins, self.others), strict=True
            ):
                self.finder.learn(twin)
                self._add(OFFERED_FOR[name], found.plan, found.cost_bound, found.is_proved, name, found.bound)
                self.tell()

    def _as_weighted(self) -> None:
        """The programme's own weighing of cost and way."""
        answer, plan = self.base.answer, self.base.answer.plan
        assert plan is not None
        proved = answer.bound_kind == "verified"
        self._add("as_weighted", plan, answer.bound - self._travel(plan), proved)

    def _travel(self, plan: Plan) -> int:
        """The priced way: whoever goes no farther in all pays at least the plan's bound less this."""
        return sum(self.model.choices[a].travel_price for a in np.unique(plan.row_arc).tolist())

    def _settle(self) -> None:
        """Every plan gives way to a better one by its own measure that another search met on its way.

        Its bounds stay true: they hold for every plan at least as good at its aim and within its limits.
        """
        self.found = [self._settled(one) for one in self.found]

    def _settled(self, one: Alternative) -> Alternative:
        caps = {n: self._cap(n, v) for n, v in one.limits.items()}
        fit = [p for p in self.finder.pool if all(self._total(p, n) <= caps[n] for n in caps)]
        best = min(fit, key=lambda p: self._worth(one, p))
        if self._worth(one, best) >= self._worth(one, one.plan):
            return one
        bound = one.cost_bound
        if one.names[0] == "as_weighted":
            bound = self.base.answer.bound - self._travel(best)
        totals = {n: self._total(best, n) for n in self.aims}
        return replace(
            one, plan=best, totals=totals, cost_bound=min(max(bound, self.finder.floor), totals["cost"])
        )

    def _worth(self, one: Alternative, plan: Plan) -> tuple[int, ...]:
        """What a plan of this name is judged by, in this order; less is better."""
        after = self._total(plan, "distance") if "distance" in self.aims else 0
        cost = self._total(plan, "cost")
        if one.names[0] == "as_weighted":
            return cost + self._travel(plan), cost, after
        return self._total(plan, one.aim), cost, after

    def _count(self, name: str) -> int:
        if name == "distance":
            return sum(part.persons for part in self.model.parts)
        return sum(len(part.movers) for part in self.model.parts)

    def _mean(self, total: int, name: str) -> int:
        """Mean figure per person or household, half up; jobs as shortfall from the best site."""
        count = self._count(name)
        return (2 * total + count) // (2 * count) if count else 0

    def _cap(self, name: str, figure: int) -> int:
        """The sum that keeps a mean figure."""
        aim = self.aims[name]
        return (aim.top - figure if name == "jobs" else figure) * self._count(name)

    def _steps(self) -> None:
        """The cheapest plans within two limits on the mean way, evenly between the cheapest and the shortest."""
        far = self._mean(self._named("least_cost").totals["distance"], "distance")
        near = self._mean(self._named("shortest").totals["distance"], "distance")
        step = next((s for s in (100, 10) if far - near >= 6 * s), None)
        if step is None:
            return
        for name, part, of in STEPS:
            limit = (near + (far - near) * part // of + step // 2) // step * step
            if not self._within(name, {"distance": limit}):
                self.left_out.append(name)
            self.tell()

    def _within(self, name: str, limits: Mapping[str, int]) -> bool:
        """The cheapest plan within limits on mean figures."""
        caps = {n: self._cap(n, v) for n, v in limits.items()}
        answer, bound = self.finder.search("cost", caps, gap_ppm=CLOSE_PPM)
        if answer.plan is None:
            return False
        self._add(name, answer.plan, bound, answer.bound_kind == "verified", limits=limits)
        return True

    def _all_round(self) -> None:
        """The cheapest plan at least half-way (else a quarter) from the worst to the best in every aim."""
        for part in (2, 4):
            limits = {}
            for name in self.others:
                best = self._named(OFFERED_FOR[name]).totals[name]
                worst = max(one.totals[name] for one in self.found)
                mean = self._mean(worst - (worst - best) // part, name)
                step = ROUND[name]
                limits[name] = self.aims[name].top - mean if name == "jobs" else -(-mean // step) * step
            if self._within("all_round", limits):
                self.tell()
                return
        self.left_out.append("all_round")


class End(NamedTuple):
    """The cheapest of the plans best at an aim."""

    plan: Plan
    cost_bound: int
    is_proved: bool
    bound: int


def _best_at(finder: Searcher, name: str) -> End:
    """First the aim itself, then the cheapest of the plans that are as good at it."""
    aim = finder.aims[name]
    first, bound = finder.search(name)
    best = min(aim.total(p.row_arc, p.is_open) for p in finder.pool)
    second, cost_bound = finder.search("cost", {name: best})
    plan = second.plan or first.plan or finder.pool[0]
    return End(plan, cost_bound, first.bound_kind == second.bound_kind == "verified", bound)


def alternatives(
    base: CountyPlan, limits: Limits, progress: Callable[[int, int], None] = lambda _d, _t: None
) -> Alternatives:
    """The named plans of a county that has a plan, and the price of conditions.

    Args:
        base: the plan as the programme's settings weigh cost and way; it is one of the plans.
        progress: called with searches done and about how many there are.
    """
    if base.answer.plan is None or base.is_partial:
        return Alternatives(base.model, aims_of(base.model), (), ())
    return Maker(base, limits, progress).run()


def _merged(found: Sequence[Alternative]) -> tuple[Alternative, ...]:
    """Plans under all their names; one that another is nowhere worse than gives its names to that one."""
    kept: list[Alternative] = []
    for one in found:
        better = [k for k in found if k is not one and _no_worse(k, one)]
        strict = [k for k in better if not _no_worse(one, k) or found.index(k) < found.index(one)]
        if not strict:
            kept.append(one)
    order = [n for one in found for n in one.names]
    named = []
    for k in kept:
        mine = [n for o in found if o is k or (o not in kept and _home(o, kept) is k) for n in o.names]
        named.append(replace(k, names=tuple(sorted(mine, key=order.index))))
    return tuple(sorted(named, key=lambda k: order.index(k.names[0])))


def _no_worse(a: Alternative, b: Alternative) -> bool:
    return all(a.totals[n] <= b.totals[n] for n in b.totals)


def _home(one: Alternative, kept: Sequence[Alternative]) -> Alternative:
    """The first kept plan that is nowhere worse; there is one, for being no worse is handed on."""
    return next(k for k in kept if _no_worse(k, one))


def mean(found: Alternatives, plan: Plan, name: str) -> int | None:
    """A plan's figure as people say it: metres a person, jobs, metres and money a household; half up."""
    aim = found.aims.get(name)
    if aim is None:
        return None
    chosen = found.choices(plan)
    weigh = persons_of if name == "distance" else households_of
    count = sum(weigh(found.model, c) for c in chosen)
    if not count:
        return None
    total = aim.total(plan.row_arc, plan.is_open)
    per = (2 * total + count) // (2 * count)
    return aim.top - per if name == "jobs" else per
