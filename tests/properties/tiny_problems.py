"""Tiny random assignment problems with every option switched on, and their optimum by exhaustion."""

from __future__ import annotations

import itertools

import numpy as np

from resettle.methods.assignment import Arcs, AssignmentProblem


def tiny(seed: int) -> AssignmentProblem:
    """A problem of 2-5 rows and 1-4 sites: outside choices, blocks, two resources, budget, p, fixed sites."""
    r = np.random.default_rng(seed)
    n, m, k = int(r.integers(2, 6)), int(r.integers(1, 5)), int(r.integers(1, 3))
    demand = r.integers(0, 10, (n, k))
    capacity = r.integers(0, 25, (m, k))
    first, last, site, cost = [], [], [], []

    def arc(a: int, b: int, j: int, c: int) -> None:
        first.append(a)
        last.append(b)
        site.append(j)
        cost.append(c)

    for i in range(n):
        for j in range(m):
            if r.random() < 0.85:
                arc(i, i + 1, j, int(r.integers(-5, 60)))
        if r.random() < 0.4:
            arc(i, i + 1, -1, int(r.integers(0, 150)))
    if r.random() < 0.6:
        a = int(r.integers(0, n - 1))
        b = int(r.integers(a + 2, n + 1))
        for j in range(m):
            arc(a, b, j, int(r.integers(0, 90)))
        if r.random() < 0.5:
            arc(a, b, -1, int(r.integers(20, 250)))
    count = len(site)
    side = int(r.integers(0, 3))
    open_min = int(r.integers(0, 2))
    return AssignmentProblem(
        demand,
        capacity,
        r.integers(0, 80, m),
        Arcs(*(np.array(x, np.int64) for x in (first, last, site, cost))),
        fixed_open=r.random(m) < 0.15,
        open_min=open_min,
        open_max=m if r.random() < 0.5 else int(r.integers(max(1, open_min), m + 1)),
        side_arc=r.integers(-3, 30, (side, count)),
        side_site=r.integers(0, 30, (side, m)),
        side_limit=r.integers(10, 150, side),
    )


def options(p: AssignmentProblem) -> set[str]:
    """Which options a problem uses: a home outside every site (scattered, declined), a block that may be

    split, a mix of two sizes, a budget, a bound on the number of sites, a site that is open in every plan.
    """
    tests = {
        "outside": bool((p.arcs.site < 0).any()),
        "split": bool((p.arcs.last - p.arcs.first > 1).any()),
        "mix": p.resources > 1,
        "budget": len(p.side_limit) > 0,
        "p": p.open_min > 0 or p.open_max < p.sites,
        "fixed": bool(p.fixed_open.any()),
    }
    return {name for name, present in tests.items() if present}


def exhaust(p: AssignmentProblem) -> int | None:
    """The optimum by trying everything; ``None`` if there is no feasible plan."""
    weight = p.arc_weight()
    arcs = [[a for a in range(len(p.arcs)) if p.arcs.first[a] == i] for i in range(p.rows)]
    covers: list[list[int]] = []

    def cover(row: int, chosen: list[int]) -> None:
        if row == p.rows:
            covers.append(list(chosen))
            return
        for a in arcs[row]:
            cover(int(p.arcs.last[a]), [*chosen, a])

    cover(0, [])
    opens = [
        np.array(y, bool)
        for y in itertools.product((0, 1), repeat=p.sites)
        if p.open_min <= sum(y) <= p.open_max and not (p.fixed_open & ~np.array(y, bool)).any()
    ]
    best: int | None = None
    for chosen in covers:
        used = p.arcs.site[chosen]
        load = np.zeros_like(p.capacity)
        for a, j in zip(chosen, used, strict=True):
            if j >= 0:
                load[j] += weight[a]
        if (load > p.capacity).any():
            continue
        base = int(p.arcs.cost[chosen].sum())
        side = p.side_arc[:, chosen].sum(axis=1)
        for y in opens:
            if (used >= 0).any() and not y[used[used >= 0]].all():
                continue
            total = base + int(p.site_cost[y].sum())
            if best is not None and total >= best:
                continue
            if (side + p.side_site[:, y].sum(axis=1) <= p.side_limit).all():
                best = total
    return best
