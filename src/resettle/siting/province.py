"""Counties that share one budget: each is solved by itself at a price of the common money, and one number is adjusted.

With a price ``q`` (per mille) on every unit of money the counties separate. Their bounds at that price, less ``q``
times the budget, bound the whole; the plans at a price that keeps the budget are a plan of the whole. The price is found
by doubling and halving. The gap between the two is that of the whole, the step of the price included.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from resettle.methods.assignment import Limits
from resettle.methods.assignment.answer import Plan, gap_ppm
from resettle.methods.assignment.engine import solve
from resettle.methods.assignment.problem import Arcs
from resettle.siting.model import Model

SCALE = 1_000
MONEY_ONLY = -1
"""In place of a price: the least money there is, whatever the way; the last resort, and the proof of "too little"."""
HIGHEST = 64 * SCALE
"""No price above 64 units of the objective for one of money is tried."""

Mapper = Callable[[Callable[["Task"], "Found"], Iterable["Task"]], Iterable["Found"]]
"""How tasks are spread: the built-in ``map``, a pool's, or a cluster's."""


@dataclass(frozen=True)
class Task:
    """One county at one price."""

    code: str
    model: Model
    price: int
    limits: Limits
    start: Plan | None = None


@dataclass(frozen=True)
class Found:
    """A county's plan at a price: objective and money of the plan, and the bound of the priced objective (x SCALE)."""

    code: str
    price: int
    objective: int | None
    money: int | None
    priced_bound: int
    plan: Plan | None


@dataclass(frozen=True)
class Whole:
    """The counties' plans together.

    Attributes:
        objective, money: of the plans found within the budget; ``None`` where no price kept it.
        bound: no plans within the budget come to less. price: per mille, at which the plans were found.
        common: what every plan must pay. prices_tried: how many prices were tried.
        least_money: no plans cost less money; known where no price kept the budget. Above it, nothing can.
    """

    objective: int | None
    money: int | None
    bound: int
    price: int
    plans: Mapping[str, Plan]
    common: int
    prices_tried: int
    least_money: int | None = None

    @property
    def gap_ppm(self) -> int | None:
        return None if self.objective is None else gap_ppm(self.objective, self.bound, self.common)


def solve_task(task: Task) -> Found:
    """One county at one price; a pure function, so that it may run anywhere."""
    model, base = task.model, task.model.problem
    money = np.array([c.money if c.site >= 0 else 0 for c in model.choices], np.int64)
    old = base.arcs
    own, price = (0, SCALE) if task.price == MONEY_ONLY else (SCALE, task.price)
    priced = replace(
        base,
        site_cost=(own + price) * base.site_cost,
        arcs=Arcs(old.first, old.last, old.site, own * old.cost + price * money),
        common_cost=(own + price) * base.common_cost,
    )
    answer = solve(priced, task.limits, task.start)
    if answer.plan is None:
        return Found(task.code, task.price, None, None, answer.bound, None)
    plan = answer.plan
    chosen = np.unique(plan.row_arc)
    sites = int(base.site_cost[plan.is_open].sum())
    return Found(
        task.code,
        task.price,
        int(old.cost[chosen].sum()) + sites,
        int(money[chosen].sum()) + sites,
        answer.bound,
        plan,
    )


def plan_province(
    models: Mapping[str, Model],
    budget: int,
    limits: Limits,
    spread: Mapper = map,
    known: dict[tuple[str, int], Found] | None = None,
    steps: int = 12,
    progress: Callable[[int, int, int | None, int], None] = lambda _p, _m, _o, _b: None,
) -> Whole:
    """The counties' plans within one budget, with the bound of the whole.

    Args:
        spread: a map over counties. known: answers of an earlier run, filled as it goes, so that a run that was
            stopped goes on where it was. progress: called with price, money, best objective and bound.
    """
    known = {} if known is None else known
    best: tuple[int, int, int, dict[str, Plan]] | None = None
    bound, tried = -(2**62), 0
    low, high = 0, SCALE
    price, is_doubling = 0, True
    for _ in range(steps):
        found = _at(models, price, limits, spread, known)
        tried += 1
        total = sum(f.priced_bound for f in found) - price * budget
        bound = max(bound, -(-total // SCALE))
        if any(f.plan is None for f in found):
            break
        objective, money = sum(f.objective or 0 for f in found), sum(f.money or 0 for f in found)
        if money <= budget and (best is None or objective < best[0]):
            best = (objective, money, price, {f.code: f.plan for f in found if f.plan is not None})
        progress(price, money, None if best is None else best[0], bound)
        if limits.deadline() or (price == 0 and money <= budget):
            break
        if money <= budget:
            high, is_doubling = price, False
        else:
            low = price
        if is_doubling:
            price, high = high, 2 * high
            if price > HIGHEST:
                break
        elif high - low <= 1:
            break
        else:
            price = (low + high) // 2
    common = sum(m.problem.common_cost for m in models.values())
    if best is None:
        found = _at(models, MONEY_ONLY, limits, spread, known)
        least = sum(-(-f.priced_bound // SCALE) for f in found)
        money = sum(f.money or 0 for f in found)
        if any(f.plan is None for f in found) or money > budget:
            return Whole(None, None, bound, price, {}, common, tried, least)
        plans = {f.code: f.plan for f in found if f.plan is not None}
        best = (sum(f.objective or 0 for f in found), money, MONEY_ONLY, plans)
    return Whole(best[0], best[1], min(bound, best[0]), best[2], best[3], common, tried)


def _at(
    models: Mapping[str, Model],
    price: int,
    limits: Limits,
    spread: Mapper,
    known: dict[tuple[str, int], Found],
) -> list[Found]:
    """Every county at one price, in order of code; what is known is not solved again."""
    tasks = [
        Task(code, model, price, limits, _start(known, code, price))
        for code, model in sorted(models.items())
        if (code, price) not in known
    ]
    for one in spread(solve_task, tasks):
        known[one.code, one.price] = one
    return [known[code, price] for code in sorted(models)]


def _start(known: Mapping[tuple[str, int], Found], code: str, price: int) -> Plan | None:
    """The plan of the county at the nearest price that was tried."""
    near = [(abs(p - price), p) for c, p in known if c == code and known[c, p].plan is not None]
    return known[code, min(near)[1]].plan if near else None
