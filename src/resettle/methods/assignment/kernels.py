"""Compiled kernels of the Lagrangian bound: the knapsack on open capacity, flip bounds.

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
INFINITE = np.int64(2**61)


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
