"""Provinces of invented counties under a binding provincial budget, in the proportions of the national programme.

    python benchmarks/siting/nation.py [--provinces 22] [--counties 64] [--store nation.jsonl]

The whole: 22 provinces, 1,400 counties, 35,000 sites, 9.6 million people, so a county has 25 sites and 6,857 people
(about 1,714 households in 30 villages). Everything else is invented. The budget of a province is 1.005 times the
money of its counties' plans when only money counts. With --store a stopped run goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np

from resettle.methods.assignment import Limits
from resettle.methods.assignment.answer import Plan
from resettle.siting.model import County, Model, Mover, build
from resettle.siting.options import SitingOptions
from resettle.siting.province import MONEY_ONLY, Found, Task, plan_province, solve_task
from resettle.siting.sites import Candidate

SITES, VILLAGES, HOUSEHOLDS = 25, 30, 1_714
OPTIONS = SitingOptions(distance_price_minor=40_000)
LIMITS = Limits(gap_ppm=10_000, nodes=5, mip_nodes=5, iterations=150)


def county(seed: int) -> County:
    """One invented county; room for about half as many again as come."""
    r = np.random.default_rng([7, seed])
    counts = np.maximum(4, r.multinomial(HOUSEHOLDS, r.dirichlet(np.full(VILLAGES, 3.0))))
    movers = {
        f"v{k:02d}": tuple(Mover(f"h{seed}-{k}-{i}", int(r.integers(2, 7)), 10_000) for i in range(n))
        for k, n in enumerate(counts.tolist())
    }
    places = {v: (float(r.uniform(34, 34.6)), float(r.uniform(112, 112.7))) for v in movers}
    room = np.maximum(int(counts.max()), r.integers(60, 150, SITES))
    stock = tuple(
        Candidate(
            f"s{j:02d}", f"C{seed}", (float(r.uniform(34, 34.6)), float(r.uniform(112, 112.7))),
            int(r.integers(200, 900)) * 1_000_000, None, False, True, True,
            {10_000: int(room[j])}, {10_000: int(r.integers(90, 130)) * 100_000},
        )
        for j in range(SITES)
    )  # fmt: skip
    return County(f"C{seed:04d}", movers, stock, places)


def province(number: int, counties: int, store: Path | None) -> dict[str, object]:
    """Plan one province; answers are kept in the store as they come."""
    models: dict[str, Model] = {}
    for k in range(counties):
        one = county(number * 1_000 + k)
        models[one.code] = build(one, OPTIONS)
    known = read(store, number) if store else {}
    start = time.perf_counter()

    def kept(work: object, tasks: list[Task]) -> list[Found]:
        found = []
        for done, task in enumerate(tasks, start=1):
            found.append(solve_task(task))
            if store:
                write(store, number, found[-1])
            line = f"\rprovince {number}: price {task.price}, county {done} of {len(tasks)}   "
            print(line, end="", file=sys.stderr, flush=True)
        return found

    least = kept(
        None, [Task(c, m, MONEY_ONLY, LIMITS) for c, m in models.items() if (c, MONEY_ONLY) not in known]
    )
    known |= {(f.code, f.price): f for f in least}
    budget = sum(known[c, MONEY_ONLY].money or 0 for c in models) * 1_005 // 1_000
    whole = plan_province(models, budget, LIMITS, spread=kept, known=known, steps=8)  # type: ignore[arg-type]
    return {
        "province": number,
        "counties": counties,
        "sites": counties * SITES,
        "persons": sum(p.persons for m in models.values() for p in m.parts),
        "budget_binds": whole.price not in (0,),
        "money_of_budget": None if whole.money is None else round(whole.money / budget, 4),
        "gap_percent": None if whole.gap_ppm is None else round(whole.gap_ppm / 10_000, 3),
        "objective": whole.objective,
        "bound": whole.bound,
        "common": whole.common,
        "prices_tried": whole.prices_tried,
        "seconds": round(time.perf_counter() - start, 1),
    }


def write(store: Path, number: int, found: Found) -> None:
    plan = None if found.plan is None else [found.plan.row_arc.tolist(), found.plan.is_open.tolist()]
    line = [number, found.code, found.price, found.objective, found.money, found.priced_bound, plan]
    with store.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def read(store: Path, number: int) -> dict[tuple[str, int], Found]:
    if not store.exists():
        return {}
    known = {}
    for line in store.read_text(encoding="utf-8").splitlines():
        of, code, price, objective, money, bound, plan = json.loads(line)
        if of == number:
            made = None if plan is None else Plan(np.array(plan[0], np.int64), np.array(plan[1], bool))
            known[code, price] = Found(code, price, objective, money, bound, made)
    return known


def main() -> None:
    """Provinces one after another, a line each and the total with its gap."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--provinces", type=int, default=22)
    parser.add_argument("--counties", type=int, default=64)
    parser.add_argument("--store", type=Path)
    given = parser.parse_args()
    lines = []
    for number in range(given.provinces):
        lines.append(province(number, given.counties, given.store))
        print("\r" + json.dumps(lines[-1]))
    if all(line["objective"] is not None for line in lines):
        over = sum(line["objective"] - line["bound"] for line in lines)  # type: ignore[operator]
        base = sum(line["objective"] - line["common"] for line in lines)  # type: ignore[operator]
        print(json.dumps({"provinces": len(lines), "gap_percent": round(100 * over / max(1, base), 3)}))


if __name__ == "__main__":
    main()
