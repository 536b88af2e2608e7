"""Compiled knapsacks of the sites: what each site would serve at given prices, and how far rows are from covered.

Arcs come sorted by site, so that one site's arcs are read in a row. Of the choice only what is taken is written:
``pick`` holds arcs, ``part`` their shares, and site ``j``'s stand at ``begin[j] .. begin[j + 1]``.

A 0-1 knapsack needs no sorting of all its items (Balas and Zemel 1980): the item at which the room ends is found by
partition, most others are decided by their distance from its ratio, and only the few that are left are searched.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

EXACT_CAPACITY = 100_000
"""Above this capacity a site's knapsack is bounded by its continuous value (the verifier's limit too)."""
KNAPSACK_NODES = 20_000


@njit(cache=True, nogil=True)
def swap(i: int, j: int, item: Any, profit: Any, weight: Any, ratio: Any) -> None:
    """Exchange two items."""
    item[i], item[j] = item[j], item[i]
    profit[i], profit[j] = profit[j], profit[i]
    weight[i], weight[j] = weight[j], weight[i]
    ratio[i], ratio[j] = ratio[j], ratio[i]


@njit(cache=True, nogil=True)
def split_at_room(n: Any, room: Any, item: Any, profit: Any, weight: Any, ratio: Any) -> Any:
    """Order items so that those before the returned place have the best ratios and fit, and the one there does not.

    All items together must be heavier than the room. A partition around one ratio after another, with the
    total weight of the better half, finds the place without sorting.
    """
    low, high, left = 0, n, np.int64(room)
    while high - low > 1:
        a, b, c = ratio[low], ratio[(low + high) // 2], ratio[high - 1]
        pivot = max(min(a, b), min(max(a, b), c))
        i, j, k = low, low, high  # better than the pivot, equal to it, worse
        heavy = np.int64(0)
        while j < k:
            if ratio[j] > pivot:
                heavy += weight[j]
                swap(i, j, item, profit, weight, ratio)
                i, j = i + 1, j + 1
            elif ratio[j] < pivot:
                k -= 1
                swap(j, k, item, profit, weight, ratio)
            else:
                j += 1
        if heavy > left:
            high = i
            continue
        left -= heavy
        while i < k:
            if weight[i] > left:
                return i
            left -= weight[i]
            i += 1
        low = k
    return low


@njit(cache=True, nogil=True)
def upper(value: Any, profit: Any, share: float) -> Any:
    """A value and a share of a profit, rounded up beyond what floating point may have lost, in ratios as well."""
    more = profit * share
    return value + np.int64(np.floor(more)) + 1 + np.int64((value + more) * 1e-15)


@njit(cache=True, nogil=True)
def search(
    n: Any, room: Any, given: Any, best: Any, profit: Any, weight: Any, take: Any, max_nodes: Any
) -> Any:
    """Depth-first search among items sorted by ratio, best first; ``(value, found)``.

    Args:
        given: profit that is certain beside these items. best: a value known to be reached.

    Returns the greatest value (or an upper bound where the node limit is hit), and whether ``take`` holds items
    that reach more than ``best``.
    """
    current = np.zeros(n, np.int8)
    value, left, i, nodes, found = np.int64(given), np.int64(room), 0, 0, False
    root = np.int64(-1)
    while True:
        nodes += 1
        space, most, j = left, value, i
        while j < n and weight[j] <= space:
            space -= weight[j]
            most += profit[j]
            j += 1
        if j < n:
            most = upper(most, profit[j], space / weight[j])
        if root < 0:
            root = max(most, best)
        if nodes > max_nodes:
            return root, found
        if most > best:
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
                best, found = value, True
                for k in range(n):
                    take[k] = current[k]
        k = i - 1
        while k >= 0 and current[k] == 0:
            k -= 1
        if k < 0:
            return best, found
        current[k] = 0
        left += weight[k]
        value -= profit[k]
        for q in range(k + 1, n):
            current[q] = 0
        i = k + 1


@njit(cache=True, nogil=True)
def decide(
    n: Any, place: Any, room: Any, value: Any, best: Any, item: Any, profit: Any, weight: Any, ratio: Any
) -> Any:
    """Move the items that the break ratio does not decide to the front; ``(count, their room, sure profit, sure)``.

    An item before the break that is left out, or one after it that is taken in, costs at least its distance from
    the break ratio; where even then the bound does not pass ``best``, it stays as it is. Sure items that are taken
    stand behind the undecided ones, up to ``sure``.
    """
    edge = ratio[place]
    bound = upper(value, profit[place], room / weight[place])
    undecided, sure, left, kept = 0, 0, np.int64(room), np.int64(value)
    for i in range(n):
        off = profit[i] - edge * weight[i] if i < place else edge * weight[i] - profit[i]
        lost = (profit[i] + edge * weight[i]) * 1e-15  # by rounding
        loss = np.int64(max(0.0, off * (1 - 1e-12) - lost - 1))
        if bound - loss <= best:
            if i < place:
                swap(i, sure, item, profit, weight, ratio)
                sure += 1
            continue
        if i < place:
            left += weight[i]
            kept -= profit[i]
        swap(i, sure, item, profit, weight, ratio)
        swap(sure, undecided, item, profit, weight, ratio)
        sure, undecided = sure + 1, undecided + 1
    return undecided, left, kept, sure


@njit(cache=True, nogil=True)
def whole_fit(
    n: Any, room: Any, item: Any, profit: Any, weight: Any, ratio: Any, pick: Any, part: Any, at: Any
) -> Any:
    """0-1 knapsack whose items do not all fit; ``(greatest profit or a bound on it, next place in pick)``."""
    place = split_at_room(n, room, item, profit, weight, ratio)
    value, left = np.int64(0), np.int64(room)
    for i in range(place):
        value += profit[i]
        left -= weight[i]
    best, extra, space = value, 0, left  # whoever still fits behind the break makes the first whole choice
    behind = np.empty(n - place, np.int64)
    for i in range(place, n):
        if weight[i] <= space:
            best += profit[i]
            space -= weight[i]
            behind[extra] = item[i]
            extra += 1
    first = at
    for i in range(place):
        pick[at], part[at] = item[i], 1.0
        at += 1
    for i in range(extra):
        pick[at], part[at] = behind[i], 1.0
        at += 1
    count, room_left, given, sure = decide(n, place, left, value, best, item, profit, weight, ratio)
    if count == 0:
        return best, at
    rank = np.argsort(-ratio[:count])
    gain, load, take = np.empty(count, np.int64), np.empty(count, np.int64), np.empty(count, np.int8)
    for q in range(count):
        gain[q], load[q] = profit[rank[q]], weight[rank[q]]
    best, better = search(count, room_left, given, best, gain, load, take, KNAPSACK_NODES)
    if better:
        at = first
        for q in range(count):
            if take[q] == 1:
                pick[at], part[at] = item[rank[q]], 1.0
                at += 1
        for i in range(count, sure):
            pick[at], part[at] = item[i], 1.0
            at += 1
    return best, at


@njit(cache=True, nogil=True)
def parted_fit(
    n: Any, room: Any, item: Any, profit: Any, weight: Any, ratio: Any, pick: Any, part: Any, at: Any
) -> Any:
    """Continuous knapsack whose items do not all fit; ``(profit rounded up, next place in pick)``."""
    place = split_at_room(n, room, item, profit, weight, ratio)
    value, left = np.int64(0), np.int64(room)
    for i in range(place):
        value += profit[i]
        left -= weight[i]
        pick[at], part[at] = item[i], 1.0
        at += 1
    share = left / weight[place]
    if share > 0:
        pick[at], part[at] = item[place], share
        at += 1
    return upper(value, profit[place], share), at


@njit(cache=True, nogil=True)
def site_values(
    price: Any, prefix: Any, is_single: bool, start: Any, first: Any, last: Any, cost: Any, weight: Any, cap: Any,
    arc_state: Any, site_state: Any, exact: bool, value: Any, begin: Any, pick: Any, part: Any,
) -> Any:  # fmt: skip
    """Per site: the least reduced cost of a set of its arcs that fits, and that set.

    Returns ``False`` if forced arcs do not fit their site, so that the leaf holds no plan.
    """
    m = len(cap)
    widest = 0
    for j in range(m):
        widest = max(widest, start[j + 1] - start[j])
    item, profit = np.empty(widest, np.int64), np.empty(widest, np.int64)
    heavy, ratio = np.empty(widest, np.int64), np.empty(widest, np.float64)
    at = 0
    for j in range(m):
        begin[j] = at
        room, base, count = np.int64(cap[j]), np.int64(0), 0
        for q in range(start[j], start[j + 1]):
            if arc_state[q] == 0 or site_state[j] == 0:
                if arc_state[q] == 1:
                    return False
                continue
            if is_single:
                reduced = cost[q] - price[first[q]]
            else:
                reduced = cost[q] - (prefix[last[q]] - prefix[first[q]])
            if arc_state[q] == 1:
                base += reduced
                room -= weight[q]
                pick[at], part[at] = q, 1.0
                at += 1
            elif reduced < 0:
                if weight[q] == 0:
                    base += reduced
                    pick[at], part[at] = q, 1.0
                    at += 1
                else:
                    item[count], profit[count], heavy[count] = q, -reduced, weight[q]
                    count += 1
        if room < 0:
            return False
        kept, total, gain = 0, np.int64(0), np.int64(0)
        for i in range(count):
            if heavy[i] <= room:
                item[kept], profit[kept], heavy[kept] = item[i], profit[i], heavy[i]
                total += heavy[i]
                gain += profit[i]
                kept += 1
        if total <= room:
            for i in range(kept):
                pick[at], part[at] = item[i], 1.0
                at += 1
        else:
            for i in range(kept):
                ratio[i] = profit[i] / heavy[i]
            if exact and room <= EXACT_CAPACITY:
                gain, at = whole_fit(kept, room, item, profit, heavy, ratio, pick, part, at)
            else:
                gain, at = parted_fit(kept, room, item, profit, heavy, ratio, pick, part, at)
        value[j] = base - gain
    begin[m] = at
    return True


@njit(cache=True, nogil=True)
def row_slack(
    y: Any, begin: Any, pick: Any, part: Any, first: Any, last: Any, side_arc: Any, slack: Any, used: Any,
    mean: Any, weight: float,
) -> None:  # fmt: skip
    """How far every row is from being covered by the open sites, and what their choices take of the side rows.

    Args:
        slack: what other choices leave of every row's 1. mean: (arcs,) to which ``weight`` times each share is added.
    """
    for j in range(len(y)):
        if y[j] == 0:
            continue
        for p in range(begin[j], begin[j + 1]):
            q, share = pick[p], part[p]
            for i in range(first[q], last[q]):
                slack[i] -= share
            for k in range(len(used)):
                used[k] += side_arc[k, q] * share
            mean[q] += weight * share
