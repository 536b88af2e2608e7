"""Compiled kernels of the Lagrangian bound: site knapsacks, the knapsack on open capacity, flip bounds.

The relaxation prices the covering of rows (``row_price``) and the side rows (``side_price``). What is left
falls apart into one 0-1 knapsack per site and one binary knapsack over sites, ``sum s_j y_j >= D``
(compare Görtz and Klose 2012, Avella and Boccia 2009). All numbers are int64; the float path only serves
to find multipliers.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

BUCKETS = 2000
"""Steps of the capacity knapsack; capacities are scaled up and the demand down, so it stays a relaxation."""
EXACT_CAPACITY = 100_000
"""Above this capacity a site's knapsack is bounded by its continuous value (the verifier's limit too)."""
KNAPSACK_NODES = 20_000
INFINITE = np.int64(2**61)


@njit(cache=True, nogil=True)
def knapsack(profit: Any, weight: Any, cap: int, take: Any, max_nodes: int) -> Any:
    """Greatest profit of a 0-1 knapsack whose items come sorted by profit per weight, best first.

    Depth-first with the continuous bound. Returns the optimum, or a valid upper bound when the node limit is
    hit; ``take`` holds the best items found.
    """
    n = len(profit)
    for i in range(n):
        take[i] = 0
    total = np.int64(0)
    for i in range(n):
        total += weight[i]
    if total <= cap:
        value = np.int64(0)
        for i in range(n):
            take[i] = 1
            value += profit[i]
        return value
    current = np.zeros(n, np.int8)
    best, value, left, i, nodes = np.int64(-1), np.int64(0), np.int64(cap), 0, 0
    root = np.int64(-1)
    while True:
        nodes += 1
        room, upper, j = left, value, i
        while j < n and weight[j] <= room:
            room -= weight[j]
            upper += profit[j]
            j += 1
        if j < n and weight[j] > 0:
            upper += np.int64(np.floor(profit[j] * (room / weight[j]))) + 1
        if root < 0:
            root = upper
        if nodes > max_nodes:
            return root
        if upper > best:
            while i < n and weight[i] <= left:
                current[i] = 1
                left -= weight[i]
                value += profit[i]
                i += 1
            if i < n:
                current[i] = 0
                i += 1
                if i < n:
                    continue
            if value > best:
                best = value
                for k in range(n):
                    take[k] = current[k]
        k = i - 1
        while k >= 0 and current[k] == 0:
            k -= 1
        if k < 0:
            return best
        current[k] = 0
        left += weight[k]
        value -= profit[k]
        for q in range(k + 1, n):
            current[q] = 0
        i = k + 1


@njit(cache=True, nogil=True)
def best_fit(items: Any, reduced: Any, weight: Any, room: int, exact: bool, x: Any) -> Any:
    """Greatest saving of a site's arcs that fit the room: 0-1 where exact and small enough, else continuous."""
    count = len(items)
    kept = 0
    for q in range(count):
        if weight[items[q]] <= room:
            items[kept] = items[q]
            reduced[kept] = reduced[q]
            kept += 1
    if kept == 0:
        return np.int64(0)
    ratio = np.empty(kept, np.float64)
    for q in range(kept):
        ratio[q] = reduced[q] / weight[items[q]]
    rank = np.argsort(ratio)
    if exact and room <= EXACT_CAPACITY:
        profit = np.empty(kept, np.int64)
        load = np.empty(kept, np.int64)
        for q in range(kept):
            profit[q] = -reduced[rank[q]]
            load[q] = weight[items[rank[q]]]
        take = np.empty(kept, np.int8)
        best = knapsack(profit, load, room, take, KNAPSACK_NODES)
        for q in range(kept):
            x[items[rank[q]]] = take[q]
        return best
    saved = np.int64(0)
    for q in range(kept):
        a = items[rank[q]]
        if weight[a] <= room:
            room -= weight[a]
            saved -= reduced[rank[q]]
            x[a] = 1.0
        else:
            part = room / weight[a]
            saved -= np.int64(np.floor(reduced[rank[q]] * part)) - (1 if exact else 0)
            x[a] = part
            break
    return saved


@njit(cache=True, nogil=True)
def site_values(
    prefix: Any,
    start: Any,
    order: Any,
    first: Any,
    last: Any,
    cost: Any,
    weight: Any,
    cap: Any,
    arc_state: Any,
    site_state: Any,
    exact: bool,
    value: Any,
    x: Any,
) -> Any:
    """Per site: the least reduced cost of a set of its arcs that fits; ``x`` gets the (fractional) choice.

    Returns ``False`` if forced arcs do not fit their site, so that the leaf holds no plan.
    """
    m = len(cap)
    for j in range(m):
        value[j] = 0
        lo, hi = start[j], start[j + 1]
        room = cap[j]
        base = np.int64(0)
        count = 0
        items = np.empty(hi - lo, np.int64)
        reduced = np.empty(hi - lo, np.int64)
        for q in range(lo, hi):
            a = order[q]
            x[a] = 0.0
            if arc_state[a] == 0 or site_state[j] == 0:
                if arc_state[a] == 1:
                    return False
                continue
            rc = cost[a] - (prefix[last[a]] - prefix[first[a]])
            if arc_state[a] == 1:
                base += rc
                room -= weight[a]
                x[a] = 1.0
            elif rc < 0:
                if weight[a] == 0:
                    base += rc
                    x[a] = 1.0
                else:
                    items[count] = a
                    reduced[count] = rc
                    count += 1
        if room < 0:
            return False
        value[j] = base
        value[j] -= best_fit(items[:count], reduced[:count], weight, room, exact, x)
    return True


@njit(cache=True, nogil=True)
def cover_sites(value: Any, size: Any, need: int, state: Any, y: Any) -> Any:
    """Least sum of ``value`` over sites with ``sum size >= need``; fixed sites obeyed; ``INFINITE`` if none."""
    m = len(value)
    total = np.int64(0)
    left = need
    free = np.empty(m, np.int64)
    count = 0
    for j in range(m):
        y[j] = 0
        if state[j] == 1 or (state[j] == -1 and value[j] < 0):
            y[j] = 1
            total += value[j]
            left -= size[j]
        elif state[j] == -1:
            free[count] = j
            count += 1
    if left <= 0:
        return total
    table = np.full(left + 1, INFINITE, np.int64)
    table[0] = 0
    choice = np.zeros((count, left + 1), np.int8)
    for q in range(count):
        j = free[q]
        s, v = size[j], value[j]
        for b in range(left, 0, -1):
            before = table[b - s] if b > s else table[0]
            if before + v < table[b]:
                table[b] = before + v
                choice[q, b] = 1
    if table[left] >= INFINITE:
        return INFINITE
    b = left
    for q in range(count - 1, -1, -1):
        if b > 0 and choice[q, b] == 1:
            y[free[q]] = 1
            b = max(0, b - size[free[q]])
    return total + table[left]


@njit(cache=True, nogil=True)
def count_sites(value: Any, low: int, high: int, state: Any, y: Any) -> Any:
    """Least sum of ``value`` with between ``low`` and ``high`` sites open; ``INFINITE`` if impossible."""
    m = len(value)
    order = np.argsort(value)
    total, opened = np.int64(0), 0
    for j in range(m):
        y[j] = 0
        if state[j] == 1:
            y[j] = 1
            total += value[j]
            opened += 1
    if opened > high:
        return INFINITE
    for q in range(m):
        j = order[q]
        if state[j] == -1 and opened < high and (opened < low or value[j] < 0):
            y[j] = 1
            total += value[j]
            opened += 1
    return total if opened >= low else INFINITE


@njit(cache=True, nogil=True)
def flip_bounds(value: Any, size: Any, need: int, state: Any, closed: Any, opened: Any) -> None:
    """For every free site the least sum if it must close, and if it must open (``INFINITE``: impossible)."""
    m = len(value)
    free = np.empty(m, np.int64)
    count = 0
    base, left = np.int64(0), need
    for j in range(m):
        if state[j] == 1:
            base += value[j]
            left -= size[j]
        elif state[j] == -1:
            free[count] = j
            count += 1
    left = max(left, 0)
    ahead = np.full((count + 1, left + 1), INFINITE, np.int64)
    behind = np.full((count + 1, left + 1), INFINITE, np.int64)
    ahead[0, 0] = 0
    behind[count, 0] = 0
    for q in range(count):
        s, v = size[free[q]], value[free[q]]
        for b in range(left + 1):
            before = ahead[q, b - s] if b > s else ahead[q, 0]
            ahead[q + 1, b] = min(ahead[q, b], before + v, INFINITE)
    for q in range(count - 1, -1, -1):
        s, v = size[free[q]], value[free[q]]
        for b in range(left + 1):
            before = behind[q + 1, b - s] if b > s else behind[q + 1, 0]
            behind[q, b] = min(behind[q + 1, b], before + v, INFINITE)
    for q in range(count):
        j = free[q]
        low = INFINITE
        for b in range(left + 1):
            low = min(low, ahead[q, b] + behind[q + 1, left - b])
        rest = max(0, left - size[j])
        high = INFINITE
        for b in range(rest + 1):
            high = min(high, ahead[q, b] + behind[q + 1, rest - b])
        closed[j] = min(INFINITE, base + low) if low < INFINITE else INFINITE
        opened[j] = min(INFINITE, base + high + value[j]) if high < INFINITE else INFINITE


@njit(cache=True, nogil=True)
def row_slack(x: Any, y: Any, site: Any, first: Any, last: Any, slack: Any) -> None:
    """Take back what closed sites would serve, and write how far every row is from being covered."""
    rows = len(slack)
    change = np.zeros(rows + 1)
    for a in range(len(x)):
        if x[a] != 0.0:
            if site[a] >= 0 and y[site[a]] == 0:
                x[a] = 0.0
            else:
                change[first[a]] += x[a]
                change[last[a]] -= x[a]
    covered = 0.0
    for i in range(rows):
        covered += change[i]
        slack[i] = 1.0 - covered
