"""Compiled annealing: shifts and swaps that may overfill a site or break a budget, each at a price.

Units, costs and the outside column are those of :mod:`.moves`. A site without units is closed and pays
nothing (unless it is fixed), so the walk also decides which sites are open. The method is Kirkpatrick,
Gelatt and Vecchi (1983); what is added is that room and budgets are felt only where they are short. A walk
that must keep every capacity at every step stands still where five dwelling sizes are tight at once.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from resettle.methods.assignment.moves import FAR

SWAPS = 0.6
"""Share of the moves into an occupied site that send one of its units back."""


@njit(cache=True, nogil=True)
def crowding(load: Any, cap: Any, price: Any, demand: Any, j: int, u: int, v: int) -> Any:
    """What site ``j`` costs more in overfull room once ``u`` enters and ``v`` leaves (-1: nobody)."""
    total = 0.0
    if j == len(cap):
        return total
    for k in range(demand.shape[1]):
        by = 0
        if u >= 0:
            by += demand[u, k]
        if v >= 0:
            by -= demand[v, k]
        before = load[j, k] - cap[j, k]
        total += price[j, k] * (max(0, before + by) - max(0, before))
    return total


@njit(cache=True, nogil=True)
def overspending(used: Any, limit: Any, price: Any, by: Any) -> Any:
    """What the side rows cost more once their use changes by ``by``."""
    total = 0.0
    for k in range(len(limit)):
        before = used[k] - limit[k]
        total += price[k] * (max(0, before + by[k]) - max(0, before))
    return total


@njit(cache=True, nogil=True)
def fill(load: Any, cap: Any, demand: Any, j: int, u: int, v: int) -> Any:
    """Let ``u`` enter and ``v`` leave site ``j``; returns by how many the overfull capacities grew."""
    grown = 0
    if j == len(cap):
        return grown
    for k in range(demand.shape[1]):
        grown -= 1 if load[j, k] > cap[j, k] else 0
        if u >= 0:
            load[j, k] += demand[u, k]
        if v >= 0:
            load[j, k] -= demand[v, k]
        grown += 1 if load[j, k] > cap[j, k] else 0
    return grown


@njit(cache=True, nogil=True)
def relocate(u: int, b: int, v: int, where: Any, members: Any, place: Any, count: Any) -> None:
    """Move ``u`` to ``b`` and, unless ``v`` is -1, ``v`` to where ``u`` was, in the lists of members."""
    a, hole = where[u], place[u]
    where[u] = b
    if v >= 0:
        other = place[v]
        members[a, hole], members[b, other] = v, u
        place[v], place[u], where[v] = hole, other, a
        return
    count[a] -= 1
    last = members[a, count[a]]
    members[a, hole], place[last] = last, hole
    members[b, count[b]], place[u] = u, count[b]
    count[b] += 1


@njit(cache=True, nogil=True)
def begin(
    cost: Any, demand: Any, cap: Any, site_cost: Any, fixed: Any, side: Any, side_site: Any,
    where: Any, load: Any, used: Any, members: Any, place: Any, count: Any,
) -> Any:  # fmt: skip
    """Fill loads, members and used sides from a placement; its cost, open sites and overfull capacities."""
    total, opened, over = np.int64(0), 0, 0
    for u in range(len(where)):
        j = where[u]
        members[j, count[j]], place[u] = u, count[j]
        count[j] += 1
        total += cost[u, j]
        for k in range(len(used)):
            used[k] += side[u, j, k]
        over += fill(load, cap, demand, j, u, -1)
    for j in range(len(cap)):
        if fixed[j] or count[j] > 0:
            opened += 1
            total += site_cost[j]
            for k in range(len(used)):
                used[k] += side_site[k, j]
    return total, opened, over


@njit(cache=True, nogil=True)
def spend(
    u: int, a: int, b: int, v: int, opens: int, closes: int, side: Any, side_site: Any, by: Any
) -> None:
    """How the use of every side row changes with a move."""
    for k in range(len(by)):
        by[k] = side[u, b, k] - side[u, a, k]
        if v >= 0:
            by[k] += side[v, a, k] - side[v, b, k]
        if opens:
            by[k] += side_site[k, b]
        if closes:
            by[k] -= side_site[k, a]


@njit(cache=True, nogil=True)
def pick(n: int, where: Any, near: Any, cost: Any, members: Any, count: Any, m: int) -> Any:
    """A unit, a place near it, and a unit to send back or -1; the place is -1 where the draw was idle."""
    u = np.random.randint(n)
    a, share = where[u], np.random.random()
    b = near[u, int(near.shape[1] * share * share)]  # near places more often
    if b < 0 or a == b or cost[u, b] >= FAR:
        return u, -1, -1
    v = -1
    if b < m and count[b] > 0 and np.random.random() < SWAPS:
        v = members[b, np.random.randint(count[b])]
        if cost[v, a] >= FAR:
            return u, -1, -1
    return u, b, v


@njit(cache=True, nogil=True)
def anneal(
    cost: Any, near: Any, demand: Any, cap: Any, site_cost: Any, fixed: Any, low: int, high: int,
    side: Any, side_site: Any, limit: Any, price: Any, room_price: Any, where: Any, best_where: Any,
    hot: float, cold: float, steps: int, seed: int,
) -> Any:  # fmt: skip
    """Walk from ``where`` (complete); the best plan within all limits goes to ``best_where``.

    Args:
        side, side_site, limit, price: (units, sites + 1, k), (k, sites), (k,), (k,).
        room_price: (sites, resources) what one unit of overfull room costs.
        hot, cold: first and last temperature, in cost.

    Returns the best cost found within all limits, or ``FAR`` if none.
    """
    np.random.seed(seed)
    n, m = len(where), len(cap)
    load, count, used = np.zeros_like(cap), np.zeros(m + 1, np.int64), np.zeros(len(limit), np.int64)
    members, place = np.empty((m + 1, n), np.int32), np.empty(n, np.int32)
    total, opened, over = begin(
        cost, demand, cap, site_cost, fixed, side, side_site, where, load, used, members, place, count
    )
    best, by = FAR, np.zeros(len(limit), np.int64)
    heat, cooling = hot, (cold / hot) ** (1.0 / max(1, steps))
    for _ in range(steps):
        heat *= cooling
        u, b, v = pick(n, where, near, cost, members, count, m)
        if b < 0:
            continue
        a = where[u]
        opens = v < 0 and b < m and count[b] == 0 and not fixed[b]
        closes = v < 0 and a < m and count[a] == 1 and not fixed[a]
        now, change = opened + (1 if opens else 0) - (1 if closes else 0), cost[u, b] - cost[u, a]
        if now > max(high, opened) or now < min(low, opened):
            continue
        change += cost[v, a] - cost[v, b] if v >= 0 else 0
        change += (site_cost[b] if opens else 0) - (site_cost[a] if closes else 0)
        spend(u, a, b, v, opens, closes, side, side_site, by)
        worse = change + overspending(used, limit, price, by)
        if over > 0 or worse < 30 * heat:
            worse += crowding(load, cap, room_price, demand, a, v, u)
            worse += crowding(load, cap, room_price, demand, b, u, v)
        if worse > 0 and np.random.random() >= np.exp(-worse / heat):
            continue
        total, opened = total + change, now
        over += fill(load, cap, demand, a, v, u) + fill(load, cap, demand, b, u, v)
        relocate(u, b, v, where, members, place, count)
        kept = over == 0 and opened >= low and opened <= high and total < best
        for k in range(len(limit)):
            used[k] += by[k]
            kept = kept and used[k] <= limit[k]
        if kept:
            best = total
            best_where[:] = where
    return best
