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
from resettle.methods.assignment.whole_sites import (
    crowding,
    fill,
    overspending,
    relocate,
    spend,
    whole_step,
)

SWAPS = 0.6
"""Share of the moves into an occupied site that send one of its units back."""
WHOLE = 0.1
"""Moves of whole sites, as a share of open sites over units: all their shifts together are a tenth of all."""


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
def kept(opened: int, low: int, high: int, used: Any, limit: Any) -> Any:
    """Whether the number of open sites and every side row are as they must be."""
    fine = low <= opened <= high
    for k in range(len(limit)):
        fine = fine and used[k] <= limit[k]
    return fine


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
    given = (cost, demand, cap, site_cost, fixed, side, side_site, limit, price, room_price)
    state, journal = (where, load, used, members, place, count), np.empty((n, 2), np.int64)
    heat, cooling = hot, (cold / hot) ** (1.0 / max(1, steps))
    for _ in range(steps):
        heat *= cooling
        u, b, v = pick(n, where, near, cost, members, count, m)
        if b < 0:
            continue
        if np.random.random() * n < WHOLE * opened:
            whole = whole_step(u, b, near, given, state, journal, by, (opened, low, high), heat)
            total, opened, over = total + whole[0], opened + whole[1], over + whole[2]
            if over == 0 and total < best and kept(opened, low, high, used, limit):
                best = total
                best_where[:] = where
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
        for k in range(len(limit)):
            used[k] += by[k]
        if over == 0 and total < best and kept(opened, low, high, used, limit):
            best = total
            best_where[:] = where
    return best
