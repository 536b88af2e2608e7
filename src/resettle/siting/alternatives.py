"""Several plans for one county, each best at something, and what one more condition would cost.

The augmented epsilon-constraint method (Mavrotas 2009): one aim is made small while the others are held by
limits, and a small share of the others is added so that no plan is worse in something for nothing. Every
search starts from the best plan already known that keeps its limits, and ends with a bound: no plan that
keeps the same limits costs less.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from resettle.methods.assignment import Answer, Limits
from resettle.methods.assignment.answer import Plan
from resettle.methods.assignment.certificate import plan_faults
from resettle.methods.assignment.engine import solve
from resettle.methods.assignment.problem import Arcs, AssignmentProblem, Ints
from resettle.siting.aims import Aim, aims_of, households_of, persons_of, spread
from resettle.siting.county import CountyPlan
from resettle.siting.model import Choice, Model

SHARE_OF_THE_OTHERS = 2_000
"""The other aims together weigh at most one part in this many of what the main aim can move."""
FINEST = 10**9
STEPS = ((1, 3), (2, 3))
"""How much of the way between the cheapest plan and the shortest the plans in between go."""
OFFERED_FOR = {
    "distance": "shortest",
    "jobs": "most_jobs",
    "services": "nearest_services",
    "living": "lowest_living_cost",
}


@dataclass(frozen=True)
class Demand:
    """One more condition, as a row: the sum over chosen arcs and open sites must not pass the limit."""

    arc: Ints
    site: Ints
    limit: int


@dataclass(frozen=True)
class Alternative:
    """One plan.

    Attributes:
        names: what it is best at; several where one plan is best at several things.
        plan: the choice. totals: every aim's sum.
        cost_bound: no plan that keeps the limits this plan was searched under costs less.
        aim: what was made small, ``aim_bound`` the least it can be (``None`` where that is the cost itself).
        is_proved: ``True`` where every bound can be checked without a solver.
    """

    names: tuple[str, ...]
    plan: Plan
    totals: Mapping[str, int]
    cost_bound: int
    aim: str
    aim_bound: int | None
    is_proved: bool


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


@dataclass(frozen=True)
class Alternatives:
    """The plans of a county with its model, and the price of conditions."""

    model: Model
    aims: Mapping[str, Aim]
    plans: tuple[Alternative, ...]
    conditions: tuple[Condition, ...]
    left_out: tuple[str, ...] = ()
    """Plans that were searched for and not found, by name."""

    def choices(self, plan: Plan) -> tuple[Choice, ...]:
        return tuple(self.model.choices[a] for a in np.unique(plan.row_arc).tolist())


class Searcher:
    """Solves variations of one county's problem over the same choices, keeping every plan found."""

    def __init__(self, model: Model, aims: Mapping[str, Aim], limits: Limits) -> None:
        self.model, self.aims, self.limits = model, aims, limits
        self.spreads = {name: spread(model, aim) for name, aim in aims.items()}
        self.pool: list[Plan] = []
        self.searches = 0
        self.floor = 0
        """No plan of the county costs less, whatever its limits."""

    def problem(
        self, aim: str, caps: Mapping[str, int], more: Sequence[Demand], **other: object
    ) -> tuple[AssignmentProblem, int, int]:
        """The problem of making one aim small; also its scale and the most the other aims can add."""
        base, main = self.model.problem, self.aims[aim]
        scale = -(-FINEST // self.spreads[aim])
        allowance = scale * self.spreads[aim] // SHARE_OF_THE_OTHERS
        arc, site = scale * main.arc, scale * main.site
        extra = np.zeros(len(arc), np.int64)
        others = [a for n, a in sorted(self.aims.items()) if n != aim]
        for second in others:
            share = allowance / (self.spreads[second.name] * len(others))
            extra += np.floor(share * second.arc).astype(np.int64)
        _, most = _by_row(self.model, extra)
        arc = arc + extra
        rows_arc = [base.side_arc, *(self.aims[n].arc[None, :] for n in sorted(caps))]
        rows_site = [base.side_site, *(self.aims[n].site[None, :] for n in sorted(caps))]
        limits = [*base.side_limit.tolist(), *(caps[n] for n in sorted(caps))]
        for demand in more:
            rows_arc.append(demand.arc[None, :])
            rows_site.append(demand.site[None, :])
            limits.append(demand.limit)
        old = base.arcs
        made = replace(
            base,
            site_cost=site,
            arcs=Arcs(old.first, old.last, old.site, arc),
            side_arc=np.vstack(rows_arc),
            side_site=np.vstack(rows_site),
            side_limit=np.array(limits, np.int64),
            common_cost=scale * (base.common_cost if aim == "cost" else _by_row(self.model, main.arc)[0]),
            **other,  # type: ignore[arg-type]
        )
        return made, scale, most

    def search(
        self,
        aim: str,
        caps: Mapping[str, int] | None = None,
        more: Sequence[Demand] = (),
        **other: object,
    ) -> tuple[Answer, int]:
        """The best plan for an aim within limits, and the aim's bound in its own unit."""
        problem, scale, most = self.problem(aim, caps or {}, more, **other)
        start = min(
            (p for p in self.pool if not plan_faults(problem, p.row_arc, p.is_open)),
            key=lambda p: self.aims[aim].total(p.row_arc, p.is_open),
            default=None,
        )
        answer = solve(problem, self.limits, start)
        self.searches += 1
        if answer.plan is not None:
            self.pool.append(answer.plan)
        return answer, -(-(answer.bound - most) // scale)

    def alternative(
        self, name: str, plan: Plan, cost_bound: int, aim: str, aim_bound: int | None, is_proved: bool
    ) -> Alternative:
        """A found plan with its sums; a bound above what it costs would only be a rounding."""
        totals = {n: a.total(plan.row_arc, plan.is_open) for n, a in self.aims.items()}
        bound = min(max(cost_bound, self.floor), totals["cost"])
        own = None if aim_bound is None else min(aim_bound, totals[aim])
        return Alternative((name,), plan, totals, bound, aim, own, is_proved)


def _by_row(model: Model, value: Ints) -> tuple[int, int]:
    """(least, most) a plan can add up to, each village's choices taken alone."""
    least: dict[int, int] = {}
    most: dict[int, int] = {}
    blocks: dict[tuple[int, int], tuple[int, int]] = {}
    for a, c in enumerate(model.choices):
        v = int(value[a])
        if c.last - c.first == 1:
            least[c.first] = min(least.get(c.first, v), v)
            most[c.first] = max(most.get(c.first, v), v)
        else:
            low, high = blocks.get((c.first, c.last), (v, v))
            blocks[c.first, c.last] = (min(low, v), max(high, v))
    lowest, highest = sum(least.values()), sum(most.values())
    for (first, last), (low, high) in blocks.items():
        inside = range(first, last)
        lowest += min(0, low - sum(least.get(i, 0) for i in inside))
        highest += max(0, high - sum(most.get(i, 0) for i in inside))
    return lowest, highest


def alternatives(
    base: CountyPlan, limits: Limits, progress: Callable[[int, int], None] = lambda _d, _t: None
) -> Alternatives:
    """The named plans of a county that has a plan, and the price of conditions.

    Args:
        base: the plan as the programme's settings weigh cost and way; it is one of the plans.
        progress: called with searches done and about how many there are.
    """
    model = base.model
    aims = aims_of(model)
    if base.answer.plan is None or base.is_partial:
        return Alternatives(model, aims, (), ())
    finder = Searcher(model, aims, limits)
    finder.pool.append(base.answer.plan)
    others = [n for n in OFFERED_FOR if n in aims]
    whole = 1 + 2 * len(others) + len(STEPS) * ("distance" in aims) + 2 + 4

    def tell() -> None:
        progress(min(finder.searches, whole), whole)

    left_out: list[str] = []
    answer, finder.floor = finder.search("cost")
    plan = answer.plan or base.answer.plan
    cheapest = finder.alternative(
        "least_cost", plan, finder.floor, "cost", None, answer.bound_kind == "verified"
    )
    found = [_as_weighted(finder, base), cheapest]
    tell()
    ends: dict[str, Alternative] = {}
    for name in others:
        ends[name] = _best_at(finder, name)
        found.append(ends[name])
        tell()
    if "distance" in ends:
        far, near = cheapest.totals["distance"], ends["distance"].totals["distance"]
        for (part, of), name in zip(STEPS, ("third_shorter", "two_thirds_shorter"), strict=True):
            cap = far - (far - near) * part // of
            _within(finder, name, {"distance": cap}, found, left_out)
            tell()
    _all_round(finder, ends, found, left_out)
    tell()
    found = [_settled(finder, one) for one in found]
    cheapest = next(one for one in found if one.names == ("least_cost",))
    conditions = _conditions(finder, cheapest, tell)
    progress(whole, whole)
    return Alternatives(model, aims, _merged(found), tuple(conditions), tuple(left_out))


def _as_weighted(finder: Searcher, base: CountyPlan) -> Alternative:
    """The programme's own plan. Whoever goes no farther in all pays at least its bound less its priced way."""
    answer, plan = base.answer, base.answer.plan
    assert plan is not None
    travel = sum(c.travel_price for c in base.chosen)
    proved = answer.bound_kind == "verified"
    return finder.alternative("as_weighted", plan, answer.bound - travel, "cost", None, proved)


def _best_at(finder: Searcher, name: str) -> Alternative:
    """First the aim itself, then the cheapest of the plans that are as good at it."""
    first, bound = finder.search(name)
    best = min(finder.aims[name].total(p.row_arc, p.is_open) for p in finder.pool)
    second, cost_bound = finder.search("cost", {name: best})
    plan = second.plan or first.plan or finder.pool[0]
    proved = first.bound_kind == second.bound_kind == "verified"
    return finder.alternative(OFFERED_FOR[name], plan, cost_bound, name, bound, proved)


def _settled(finder: Searcher, one: Alternative) -> Alternative:
    """A plan named as the best at something gives way to a better one that a later search met on its way.

    Its bounds stay true: they hold for every plan at least as good at its aim.
    """
    if one.names[0] != "least_cost" and one.names[0] not in OFFERED_FOR.values():
        return one

    def worth(plan: Plan) -> tuple[int, int]:
        main, cost = (finder.aims[n].total(plan.row_arc, plan.is_open) for n in (one.aim, "cost"))
        return main, cost

    best = min(finder.pool, key=worth)
    if worth(best) >= worth(one.plan):
        return one
    return finder.alternative(one.names[0], best, one.cost_bound, one.aim, one.aim_bound, one.is_proved)


def _within(
    finder: Searcher, name: str, caps: Mapping[str, int], found: list[Alternative], left_out: list[str]
) -> bool:
    answer, bound = finder.search("cost", caps)
    if answer.plan is None:
        left_out.append(name)
        return False
    found.append(finder.alternative(name, answer.plan, bound, "cost", None, answer.bound_kind == "verified"))
    return True


def _all_round(
    finder: Searcher, ends: Mapping[str, Alternative], found: list[Alternative], left_out: list[str]
) -> None:
    """The cheapest plan that is at least half-way (else a quarter) from the worst to the best in every aim."""
    if len(ends) < 2:
        return
    for part in (2, 4):
        caps = {}
        for name, end in ends.items():
            worst = max(a.totals[name] for a in found)
            caps[name] = worst - (worst - end.totals[name]) // part
        if _within(finder, "all_round", caps, found, []):
            return
    left_out.append("all_round")


def _conditions(finder: Searcher, cheapest: Alternative, tell: Callable[[], None]) -> list[Condition]:
    """What the cheapest plan would cost under one more condition, each alone."""
    model = finder.model
    sites, chosen = model.county.sites, [model.choices[a] for a in np.unique(cheapest.plan.row_arc).tolist()]
    none_site = np.zeros(len(model.problem.site_cost), np.int64)
    arc_site = model.problem.arcs.site
    found: list[Condition] = []

    def ask(name: str, value: int | None, subject: str | None, *demands: Demand, **other: object) -> None:
        answer, bound = finder.search("cost", None, demands, **other)
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
