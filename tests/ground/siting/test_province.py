"""Counties under one budget, held against every combination of their plans. Synthetic."""

from __future__ import annotations

from itertools import product
from random import Random

import pytest

from resettle.methods.assignment import Limits
from resettle.siting.model import County, Model, Mover, build
from resettle.siting.options import SitingOptions
from resettle.siting.province import Found, Task, plan_province, solve_task
from resettle.siting.sites import Candidate

OPTIONS = SitingOptions(distance_price_minor=2_000)


def county(seed: int) -> County:
    r = Random(seed)
    movers = {f"v{k}": tuple(Mover(f"h{seed}{k}{i}", 3, 5000) for i in range(2)) for k in range(2)}
    stock = tuple(
        Candidate(f"s{j}", "C", None, r.randint(0, 60) * 1_000, None, False, True, True, {5000: 4}, {5000: r.randint(1, 9) * 1_000})
        for j in range(3)
    )  # fmt: skip
    ways = {(v, s.site_id): r.randint(1, 40) * 1000 for v in movers for s in stock}
    return County(f"C{seed}", movers, stock, {}, ways)


def listed(one: County) -> list[tuple[int, int]]:
    """(objective, money) of every plan."""
    found = []
    for choice in product(one.sites, repeat=2):
        money = sum(s.fixed_cost for s in set_of(choice)) + sum(2 * s.unit_cost[5000] for s in choice)
        way = sum(6 * one.travel[v, s.site_id] * 2 for v, s in zip(sorted(one.villages), choice, strict=True))
        found.append((money + way, money))
    return found


def set_of(choice: tuple[Candidate, ...]) -> list[Candidate]:
    return list({s.site_id: s for s in choice}.values())


def models(seed: int) -> dict[str, Model]:
    return {f"C{k}": build(county(k), OPTIONS) for k in (seed, seed + 100)}


@pytest.mark.parametrize("seed", range(8))
def test_the_bound_lies_below_and_the_plan_above_the_best_there_is(seed: int) -> None:
    plans = [listed(county(k)) for k in (seed, seed + 100)]
    pairs = [(a[0] + b[0], a[1] + b[1]) for a, b in product(*plans)]
    free = min(pairs)[1]
    least = min(m for _, m in pairs)
    for budget in (free, (free + least) // 2, least):
        best = min(o for o, m in pairs if m <= budget)
        found = plan_province(models(seed), budget, Limits())
        assert found.bound <= best
        assert found.objective is not None and found.money is not None
        assert found.money <= budget and found.objective >= best
    assert plan_province(models(seed), free, Limits()).objective == min(pairs)[0]


def test_a_budget_below_the_least_has_no_plan_and_is_not_called_one() -> None:
    found = plan_province(models(1), 1, Limits())
    assert found.objective is None and found.gap_ppm is None and not found.plans
    plans = [listed(county(k)) for k in (1, 101)]
    assert found.least_money == sum(min(m for _, m in p) for p in plans)


def test_a_run_that_was_stopped_goes_on_where_it_was() -> None:
    known: dict[tuple[str, int], Found] = {}
    plans = [listed(county(k)) for k in (2, 102)]
    budget = sum(min(m for _, m in p) for p in plans) + 5_000
    first = plan_province(models(2), budget, Limits(), known=known)
    solved: list[Task] = []

    def counting(work: object, tasks: object) -> list[Found]:
        solved.extend(tasks)  # type: ignore[arg-type]
        return [solve_task(t) for t in tasks]  # type: ignore[attr-defined]

    again = plan_province(models(2), budget, Limits(), spread=counting, known=known)
    assert again == first and not solved
