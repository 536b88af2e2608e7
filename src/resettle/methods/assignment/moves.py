"""Compiled local search: place units into open sites, then shift, swap, close and open.

A unit is a row, or a block of rows kept whole. ``cost[u, j]`` is the price of unit ``u`` at site ``j``
(``FAR`` where there is no arc); the last column is the outside choice, which needs no room.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

FAR = np.int64(2**58)


@njit(cache=True, nogil=True)
def fits(demand: Any, u: int, load: Any, cap: Any, j: int) -> Any:
    """Whether unit ``u`` has room at site ``j``."""
    if j == len(cap):
        return True
    for k in range(demand.shape[1]):  # noqa: SIM110 - a loop is what the compiler takes
        if load[j, k] + demand[u, k] > cap[j, k]:
            return False
    return True


@njit(cache=True, nogil=True)
def put(demand: Any, u: int, load: Any, j: int, sign: int) -> None:
    """Add (``sign`` 1) or take away (-1) a unit's demand."""
    if j < len(load):
        for k in range(demand.shape[1]):
            load[j, k] += sign * demand[u, k]


@njit(cache=True, nogil=True)
def regrets(cost: Any, near: Any, is_open: Any, most: Any) -> Any:
    """(units,) what a unit loses with its second place among the open ones; ``most`` where it has one or none."""
    n, m = near.shape[0], len(is_open)
    regret = np.full(n, most)
    for u in range(n):
        first = FAR
        for q in range(near.shape[1]):
            j = near[u, q]
            if j < 0 or cost[u, j] >= FAR:
                break
            if j < m and not is_open[j]:
                continue
            if first < FAR:
                regret[u] = min(most, cost[u, j] - first)
                break
            first = cost[u, j]
    return regret


@njit(cache=True, nogil=True)
def settle_unit(u: int, j: int, demand: Any, where: Any, load: Any, head: Any, link: Any, back: Any) -> None:
    """Put a unit into a site and its list, out of the one it was in."""
    a = where[u]
    if a >= 0:
        put(demand, u, load, a, -1)
        if back[u] >= 0:
            link[back[u]] = link[u]
        else:
            head[a] = link[u]
        if link[u] >= 0:
            back[link[u]] = back[u]
    where[u] = j
    put(demand, u, load, j, 1)
    link[u], back[u] = head[j], -1
    if head[j] >= 0:
        back[head[j]] = u
    head[j] = u


@njit(cache=True, nogil=True)
def place(
    cost: Any, near: Any, demand: Any, cap: Any, site_cost: Any, high: int, is_open: Any, order: Any, where: Any,
    load: Any,
) -> Any:  # fmt: skip
    """Greedy placement in the given order; returns how many units found no room.

    For a unit without room one other unit makes way, else one more site opens: where every unit knows only a few
    sites, those a relaxation speaks for hardly ever take all of them.
    """
    n, m = demand.shape[0], len(cap)
    head, link, back = np.full(m + 1, -1, np.int64), np.full(n, -1, np.int64), np.full(n, -1, np.int64)
    load[:] = 0
    where[:] = -1
    lost, opened = 0, 0
    for j in range(m):
        opened += 1 if is_open[j] else 0
    for t in range(n):
        u = order[t]
        for q in range(near.shape[1]):
            j = near[u, q]
            if j < 0 or cost[u, j] >= FAR:
                break
            if (j == m or is_open[j]) and fits(demand, u, load, cap, j):
                settle_unit(u, j, demand, where, load, head, link, back)
                break
        if where[u] >= 0 or eject(cost, near, demand, cap, is_open, where, load, head, link, back, u):
            continue
        fresh = worth_opening(cost, near, demand, cap, site_cost, is_open, u) if opened < high else -1
        if fresh < 0:
            lost += 1
            continue
        is_open[fresh] = True
        opened += 1
        settle_unit(u, fresh, demand, where, load, head, link, back)
    return lost


@njit(cache=True, nogil=True)
def worth_opening(cost: Any, near: Any, demand: Any, cap: Any, site_cost: Any, is_open: Any, u: int) -> Any:
    """The closed site that takes a unit at the least cost with its share of the opening; -1 if none can."""
    best, least = -1, np.inf
    for q in range(near.shape[1]):
        j = near[u, q]
        if j < 0 or cost[u, j] >= FAR:
            break
        if j == len(cap) or is_open[j]:
            continue
        share, can = 0.0, True
        for k in range(demand.shape[1]):
            can = can and demand[u, k] <= cap[j, k]
            share = max(share, demand[u, k] / max(1, cap[j, k]))
        value = cost[u, j] + share * site_cost[j]
        if can and value < least:
            best, least = j, value
    return best


@njit(cache=True, nogil=True)
def eject(
    cost: Any, near: Any, demand: Any, cap: Any, is_open: Any, where: Any, load: Any, head: Any, link: Any,
    back: Any, u: int,
) -> Any:  # fmt: skip
    """Make room for ``u`` by moving one placed unit to another open site, as cheaply as possible."""
    m = len(cap)
    best, best_v, best_j, best_to = FAR, -1, -1, -1
    for p in range(near.shape[1]):
        j = near[u, p]
        if j < 0 or cost[u, j] >= FAR:
            break
        if j == m or not is_open[j]:
            continue
        v = head[j]
        while v >= 0:
            put(demand, v, load, j, -1)
            if fits(demand, u, load, cap, j):
                put(demand, u, load, j, 1)
                for q in range(near.shape[1]):
                    to = near[v, q]
                    if to < 0 or cost[v, to] >= FAR:
                        break
                    if to != j and (to == m or is_open[to]) and fits(demand, v, load, cap, to):
                        delta = cost[u, j] + cost[v, to] - cost[v, j]
                        if delta < best:
                            best, best_v, best_j, best_to = delta, v, j, to
                        break
                put(demand, u, load, j, -1)
            put(demand, v, load, j, 1)
            v = link[v]
    if best_v < 0:
        return False
    settle_unit(best_v, best_to, demand, where, load, head, link, back)
    settle_unit(u, best_j, demand, where, load, head, link, back)
    return True


@njit(cache=True, nogil=True)
def shift_all(cost: Any, near: Any, demand: Any, cap: Any, is_open: Any, where: Any, load: Any) -> Any:
    """Move single units to cheaper open sites with room; returns the saving."""
    saved = np.int64(0)
    for u in range(len(where)):
        a = where[u]
        for q in range(near.shape[1]):
            b = near[u, q]
            if b < 0 or cost[u, b] >= cost[u, a]:
                break
            if (b == len(cap) or is_open[b]) and fits(demand, u, load, cap, b):
                saved += cost[u, a] - cost[u, b]
                put(demand, u, load, a, -1)
                put(demand, u, load, b, 1)
                where[u] = b
                break
    return saved


@njit(cache=True, nogil=True)
def swap_all(
    cost: Any, near: Any, demand: Any, cap: Any, is_open: Any, where: Any, load: Any, width: int
) -> Any:
    """Exchange two units where both then fit and the sum falls; returns the saving."""
    n, m = len(where), len(cap)
    head = np.full(m + 1, -1, np.int64)
    link = np.full(n, -1, np.int64)
    back = np.full(n, -1, np.int64)
    for u in range(n):
        j = where[u]
        link[u] = head[j]
        if head[j] >= 0:
            back[head[j]] = u
        head[j] = u
    saved = np.int64(0)
    for u in range(n):
        a = where[u]
        tried = 0
        for q in range(near.shape[1]):
            b = near[u, q]
            if b < 0 or m in (a, b) or cost[u, b] >= cost[u, a] or tried >= width:
                break
            if not is_open[b]:
                continue
            tried += 1
            gain, best_v = np.int64(0), -1
            v = head[b]
            while v >= 0:
                if cost[v, a] < FAR:
                    g = cost[u, a] + cost[v, b] - cost[u, b] - cost[v, a]
                    if g > gain:
                        ok = True
                        for k in range(demand.shape[1]):
                            d = demand[u, k] - demand[v, k]
                            if load[b, k] + d > cap[b, k] or load[a, k] - d > cap[a, k]:
                                ok = False
                                break
                        if ok:
                            gain, best_v = g, v
                v = link[v]
            if best_v >= 0:
                v = best_v
                for w, s in ((u, a), (v, b)):
                    if back[w] >= 0:
                        link[back[w]] = link[w]
                    else:
                        head[s] = link[w]
                    if link[w] >= 0:
                        back[link[w]] = back[w]
                for w, s in ((u, b), (v, a)):
                    link[w] = head[s]
                    back[w] = -1
                    if head[s] >= 0:
                        back[head[s]] = w
                    head[s] = w
                put(demand, u, load, a, -1)
                put(demand, v, load, b, -1)
                put(demand, u, load, b, 1)
                put(demand, v, load, a, 1)
                where[u], where[v] = b, a
                saved += gain
                break
    return saved


@njit(cache=True, nogil=True)
def close_one(
    cost: Any,
    near: Any,
    demand: Any,
    cap: Any,
    fixed_cost: Any,
    is_open: Any,
    where: Any,
    load: Any,
    j: int,
    force: bool,
) -> Any:
    """Empty and close site ``j`` if that saves (or if forced and possible); returns the saving or ``-FAR``."""
    n = len(where)
    members = np.flatnonzero(where == j)
    size = np.zeros(len(members), np.float64)
    for i in range(len(members)):
        for k in range(demand.shape[1]):
            size[i] -= demand[members[i], k] / max(1, cap[j, k])
    rank = np.argsort(size)
    target = np.full(n, -1, np.int64)
    saved = np.int64(fixed_cost[j])
    failed = False
    moved = 0
    for i in range(len(members)):
        u = members[rank[i]]
        found = -1
        for q in range(near.shape[1]):
            b = near[u, q]
            if b < 0 or cost[u, b] >= FAR:
                break
            if b != j and (b == len(cap) or is_open[b]) and fits(demand, u, load, cap, b):
                found = b
                break
        if found < 0:
            failed = True
            break
        put(demand, u, load, found, 1)
        target[u] = found
        moved += 1
        saved += cost[u, j] - cost[u, found]
        if saved <= 0 and not force and saved < -fixed_cost[j]:
            failed = True
            break
    if failed or (saved <= 0 and not force):
        for i in range(moved):
            u = members[rank[i]]
            put(demand, u, load, target[u], -1)
        return -FAR
    for i in range(len(members)):
        u = members[i]
        put(demand, u, load, j, -1)
        where[u] = target[u]
    is_open[j] = False
    return saved


@njit(cache=True, nogil=True)
def open_one(
    cost: Any, demand: Any, cap: Any, fixed_cost: Any, is_open: Any, where: Any, load: Any, knows: Any, j: int
) -> Any:
    """Open site ``j`` and move over whatever gains, best gain per demand first; returns the saving.

    Args:
        knows: the units that may go there.
    """
    gain = np.empty(len(knows), np.float64)
    gaining = np.empty(len(knows), np.int64)
    count = 0
    for i in range(len(knows)):
        u = knows[i]
        if cost[u, j] < cost[u, where[u]]:
            weight = 1e-9
            for k in range(demand.shape[1]):
                weight = max(weight, demand[u, k] / max(1, cap[j, k]))
            gain[count], gaining[count] = -(cost[u, where[u]] - cost[u, j]) / weight, u
            count += 1
    rank = np.argsort(gain[:count])
    is_open[j] = True
    saved = -np.int64(fixed_cost[j])
    for i in range(count):
        u = gaining[rank[i]]
        if fits(demand, u, load, cap, j):
            saved += cost[u, where[u]] - cost[u, j]
            put(demand, u, load, where[u], -1)
            put(demand, u, load, j, 1)
            where[u] = j
    return saved


@njit(cache=True, nogil=True)
def total_cost(cost: Any, fixed_cost: Any, is_open: Any, where: Any) -> Any:
    """Cost of a complete placement."""
    total = np.int64(0)
    for u in range(len(where)):
        total += cost[u, where[u]]
    for j in range(len(is_open)):
        if is_open[j]:
            total += fixed_cost[j]
    return total


@njit(cache=True, nogil=True)
def descend(
    cost: Any, near: Any, demand: Any, cap: Any, fixed_cost: Any, fixed: Any, low: int, high: int,
    is_open: Any, where: Any, load: Any, from_site: Any, known: Any, rounds: int, width: int,
) -> Any:  # fmt: skip
    """Shift, swap, close, open and exchange until nothing helps or the rounds are over; returns the cost.

    Args:
        from_site, known: the units that may go to site ``j`` stand at ``known[from_site[j] : from_site[j + 1]]``.
    """
    m = len(cap)
    total = total_cost(cost, fixed_cost, is_open, where)
    for _ in range(rounds):
        before = total
        total -= shift_all(cost, near, demand, cap, is_open, where, load)
        total -= swap_all(cost, near, demand, cap, is_open, where, load, width)
        opened = 0
        for j in range(m):
            opened += 1 if is_open[j] else 0
        for j in range(m):
            if is_open[j] and not fixed[j] and opened > low:
                s = close_one(cost, near, demand, cap, fixed_cost, is_open, where, load, j, False)
                if s > 0:
                    total -= s
                    opened -= 1
        for j in range(m):
            if not is_open[j]:
                keep_open, keep_where, keep_load = is_open.copy(), where.copy(), load.copy()
                knows = known[from_site[j] : from_site[j + 1]]
                s = open_one(cost, demand, cap, fixed_cost, is_open, where, load, knows, j)
                now = opened + 1
                for k in range(m):
                    if (
                        is_open[k]
                        and k != j
                        and not fixed[k]
                        and now > low
                        and keep_load[k].sum() > load[k].sum()
                    ):
                        r = close_one(
                            cost, near, demand, cap, fixed_cost, is_open, where, load, k, now > high and s > 0
                        )
                        if r > -FAR:
                            s += r
                            now -= 1
                if s > 0 and now <= high:
                    total -= s
                    opened = now
                else:
                    is_open[:] = keep_open
                    where[:] = keep_where
                    load[:] = keep_load
        if total >= before:
            break
    return total
