"""Compiled moves of whole sites: empty one, move it elsewhere, or let its neighbour's units try a new one.

A walk of single units hardly ever changes which sites are open: the first unit of a new site would pay for all,
and the last of an old one gains for all. So some steps carry a whole group at once, unit after unit, with a
journal by which a refused step is taken back.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from resettle.methods.assignment.moves import FAR


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
def shift(u: int, b: int, given: Any, state: Any, by: Any) -> Any:
    """Carry out one shift; how cost, priced cost, open sites and overfull capacities change."""
    cost, demand, cap, site_cost, fixed, side, side_site, limit, price, room_price = given
    where, load, used, members, place, count = state
    m, a = len(cap), where[u]
    opens = b < m and count[b] == 0 and not fixed[b]
    closes = a < m and count[a] == 1 and not fixed[a]
    change = cost[u, b] - cost[u, a]
    change += (site_cost[b] if opens else 0) - (site_cost[a] if closes else 0)
    spend(u, a, b, -1, opens, closes, side, side_site, by)
    worse = change + overspending(used, limit, price, by)
    worse += crowding(load, cap, room_price, demand, a, -1, u)
    worse += crowding(load, cap, room_price, demand, b, u, -1)
    over = fill(load, cap, demand, a, -1, u) + fill(load, cap, demand, b, u, -1)
    for k in range(len(used)):
        used[k] += by[k]
    relocate(u, b, -1, where, members, place, count)
    return change, worse, (1 if opens else 0) - (1 if closes else 0), over


@njit(cache=True, nogil=True)
def refuge(u: int, a: int, near: Any, given: Any, state: Any) -> Any:
    """The cheapest other place in use for a unit of site ``a``, its crowd counted; -1 if there is none."""
    cost, demand, cap, fixed, room_price = given[0], given[1], given[2], given[4], given[9]
    load, count = state[1], state[5]
    found, least = -1, np.inf
    for q in range(near.shape[1]):
        b = near[u, q]
        if b < 0 or b == a or cost[u, b] >= FAR or (b < len(cap) and count[b] == 0 and not fixed[b]):
            continue
        value = cost[u, b] + crowding(load, cap, room_price, demand, b, u, -1)
        if value < least:
            found, least = b, value
    return found


@njit(cache=True, nogil=True)
def undo(moved: int, journal: Any, given: Any, state: Any, by: Any) -> None:
    """Take the last step back, unit by unit."""
    for t in range(moved - 1, -1, -1):
        shift(journal[t, 0], journal[t, 1], given, state, by)


@njit(cache=True, nogil=True)
def whole_step(
    u: int, b: int, near: Any, given: Any, state: Any, journal: Any, by: Any, span: Any, heat: float
) -> Any:
    """Empty the site of ``u`` into its neighbours, or, where ``b`` is closed, into ``b`` all or what gains there.

    Args:
        span: open sites now, and how many there may be at least and at most.

    Returns how cost, open sites and overfull capacities change: nothing where the step is refused.
    """
    cost, m = given[0], len(given[2])
    where, members, count = state[0], state[3], state[5]
    a, moved = where[u], 0
    change, worse, opened, over = np.int64(0), 0.0, 0, 0
    fresh = b < m and count[b] == 0
    all_of_them = not fresh or np.random.random() < 0.5
    possible = a < m
    i = count[a] - 1
    while possible and i >= 0:
        v = members[a, i]  # the last takes the place of one that leaves, and has been asked before
        i -= 1
        to = b if fresh else refuge(v, a, near, given, state)
        if to < 0 or cost[v, to] >= FAR:
            possible = not all_of_them
            continue
        if not all_of_them and cost[v, to] >= cost[v, a] and v != u:
            continue
        journal[moved, 0], journal[moved, 1] = v, a
        moved += 1
        step = shift(v, to, given, state, by)
        change, worse, opened, over = change + step[0], worse + step[1], opened + step[2], over + step[3]
    now = span[0] + opened
    possible = possible and now <= max(span[2], span[0]) and now >= min(span[1], span[0])
    if not possible or (worse > 0 and np.random.random() >= np.exp(-worse / heat)):
        undo(moved, journal, given, state, by)
        return np.int64(0), 0, 0
    return change, opened, over
