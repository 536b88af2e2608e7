"""Compiled annealing: shifts and swaps that keep every capacity and may break a budget at a price.

Units, costs and the outside column are those of :mod:`.moves`. A site without units is closed and pays
nothing (unless it is fixed), so the walk also decides which sites are open. The method is Kirkpatrick,
Gelatt and Vecchi (1983); what is added is that budgets are felt only where they are broken.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from resettle.methods.assignment.moves import FAR, put

SWAPS = 0.5
"""Share of the moves that exchange two units; the others shift one."""


@njit(cache=True, nogil=True)
def broken(used: Any, limit: Any, price: Any) -> Any:
    """What the broken limits cost at these prices."""
    total = 0.0
    for k in range(len(limit)):
        if used[k] > limit[k]:
            total += price[k] * (used[k] - limit[k])
    return total


@njit(cache=True, nogil=True)
def within(used: Any, limit: Any) -> Any:
    """Whether every limit is kept."""
    for k in range(len(limit)):  # noqa: SIM110 - a loop is what the compiler takes
        if used[k] > limit[k]:
            return False
    return True


@njit(cache=True, nogil=True)
def leave(u: int, where: Any, load: Any, demand: Any, cost: Any, side: Any, count: Any, used: Any,
          site_cost: Any, side_site: Any, fixed: Any) -> Any:  # fmt: skip
    """Take unit ``u`` off its place; returns the cost saved. The last one closes the site."""
    j = where[u]
    put(demand, u, load, j, -1)
    saved = cost[u, j]
    for k in range(len(used)):
        used[k] -= side[u, j, k]
    if j < len(load):
        count[j] -= 1
        if count[j] == 0 and not fixed[j]:
            saved += site_cost[j]
            for k in range(len(used)):
                used[k] -= side_site[k, j]
    return saved


@njit(cache=True, nogil=True)
def enter(u: int, j: int, where: Any, load: Any, demand: Any, cost: Any, side: Any, count: Any, used: Any,
          site_cost: Any, side_site: Any, fixed: Any) -> Any:  # fmt: skip
    """Put unit ``u`` at place ``j``; returns the cost added."""
    where[u] = j
    put(demand, u, load, j, 1)
    added = cost[u, j]
    for k in range(len(used)):
        used[k] += side[u, j, k]
    if j < len(load):
        count[j] += 1
        if count[j] == 1 and not fixed[j]:
            added += site_cost[j]
            for k in range(len(used)):
                used[k] += side_site[k, j]
    return added


@njit(cache=True, nogil=True)
def exchange(u: int, to: int, v: int, back: int, where: Any, load: Any, demand: Any, cost: Any, side: Any,
             count: Any, used: Any, site_cost: Any, side_site: Any, fixed: Any) -> Any:  # fmt: skip
    """Unit ``u`` to ``to`` and, unless ``v`` is -1, unit ``v`` to ``back``; returns the saving."""
    gain = leave(u, where, load, demand, cost, side, count, used, site_cost, side_site, fixed)
    if v >= 0:
        gain += leave(v, where, load, demand, cost, side, count, used, site_cost, side_site, fixed)
    gain -= enter(u, to, where, load, demand, cost, side, count, used, site_cost, side_site, fixed)
    if v >= 0:
        gain -= enter(v, back, where, load, demand, cost, side, count, used, site_cost, side_site, fixed)
    return gain


@njit(cache=True, nogil=True)
def kept(load: Any, cap: Any, j: int) -> Any:
    """Whether site ``j`` holds no more than it can."""
    if j == len(cap):
        return True
    for k in range(cap.shape[1]):  # noqa: SIM110 - a loop is what the compiler takes
        if load[j, k] > cap[j, k]:
            return False
    return True


@njit(cache=True, nogil=True)
def begin(where: Any, load: Any, demand: Any, cost: Any, side: Any, count: Any, used: Any,
          site_cost: Any, side_site: Any, fixed: Any) -> Any:  # fmt: skip
    """Fill loads, counts and used sides from a placement; returns its cost and the number of open sites."""
    total, opened = np.int64(0), 0
    for j in range(len(load)):
        if fixed[j]:
            opened += 1
            total += site_cost[j]
            for k in range(len(used)):
                used[k] += side_site[k, j]
    for u in range(len(where)):
        j = where[u]
        if j < len(load) and count[j] == 0 and not fixed[j]:
            opened += 1
        total += enter(u, j, where, load, demand, cost, side, count, used, site_cost, side_site, fixed)
    return total, opened


@njit(cache=True, nogil=True)
def anneal(
    cost: Any, near: Any, demand: Any, cap: Any, site_cost: Any, fixed: Any, low: int, high: int,
    side: Any, side_site: Any, limit: Any, price: Any, where: Any, best_where: Any,
    hot: float, cold: float, steps: int, seed: int,
) -> Any:  # fmt: skip
    """Walk from ``where`` (complete, capacities kept); the best plan within all limits goes to ``best_where``.

    Args:
        side, side_site, limit, price: (units, sites + 1, k), (k, sites), (k,), (k,).
        hot, cold: first and last temperature, in cost.

    Returns the best cost found within all limits, or ``FAR`` if none.
    """
    np.random.seed(seed)
    n, m = len(where), len(cap)
    load, count, used = np.zeros_like(cap), np.zeros(m, np.int64), np.zeros(len(limit), np.int64)
    total, opened = begin(where, load, demand, cost, side, count, used, site_cost, side_site, fixed)
    energy, best = broken(used, limit, price), FAR
    if within(used, limit) and opened >= low and opened <= high:
        best = total
        best_where[:] = where
    heat, cooling = hot, (cold / hot) ** (1.0 / max(1, steps))
    for _ in range(steps):
        heat *= cooling
        u, v = np.random.randint(n), -1
        a = where[u]
        if np.random.random() < SWAPS:
            v = np.random.randint(n)
            b = where[v]
        else:  # the product of two uniform numbers prefers near places
            b = near[u, int(near.shape[1] * np.random.random() * np.random.random())]
        if b < 0 or a == b or cost[u, b] >= FAR or (v >= 0 and cost[v, a] >= FAR):
            continue
        gain = exchange(u, b, v, a, where, load, demand, cost, side, count, used, site_cost, side_site, fixed)
        now = opened
        if v < 0:
            now -= 1 if a < m and count[a] == 0 and not fixed[a] else 0
            now += 1 if b < m and count[b] == 1 and not fixed[b] else 0
        over = broken(used, limit, price)
        change = over - energy - gain
        if (
            kept(load, cap, b) and (v < 0 or kept(load, cap, a)) and now <= high and now >= min(low, opened)
            and (change <= 0 or np.random.random() < np.exp(-change / heat))
        ):  # fmt: skip
            total, energy, opened = total - gain, over, now
            if total < best and opened >= low and within(used, limit):
                best = total
                best_where[:] = where
        else:
            exchange(u, a, v, b, where, load, demand, cost, side, count, used, site_cost, side_site, fixed)
    return best
