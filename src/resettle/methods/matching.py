"""Many takers, few classes of equal things: the cheapest legal matching, proved by the classes' prices.

Also the random serial order beside it, and every taker's chance before the order is drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit
from ortools.graph.python import min_cost_flow  # type: ignore[import-untyped]

Ints = npt.NDArray[np.int64]
ILLEGAL = -1
"""Cost of a pair that may not be."""


@dataclass(frozen=True)
class Matching:
    """Class of each taker (-1: unplaced), total cost, and the class prices that prove it is the least.

    ``bound = sum over takers of min(unplaced, min over legal classes of cost + price) - sum(price * count)``
    is at most the cost of any matching; here it equals ``cost``.
    """

    taken: Ints
    cost: int
    prices: Ints

    def bound(self, cost: Ints, count: Ints, unplaced: Ints) -> int:
        """Recompute the bound from the prices alone."""
        if (self.prices < 0).any():
            raise ValueError("class prices must not be negative")
        far = np.iinfo(np.int64).max // 4
        offer = np.where(cost >= 0, cost + self.prices[None, :], far)
        best = np.minimum(unplaced, offer.min(axis=1, initial=far))
        return int(best.sum()) - int((self.prices * count).sum())


def match_classes(cost: Ints, count: Ints, unplaced: Ints) -> Matching:
    """The cheapest matching of takers to classes of which there are ``count``.

    Args:
        cost: (takers, classes) whole costs >= 0; ``ILLEGAL`` where a pair may not be.
        count: (classes,) how many of each there are.
        unplaced: (takers,) cost of getting none.

    Takers with equal costs are merged before the flow is solved and dealt out in their order after.

    >>> result = match_classes(np.array([[0, 5], [0, 9]]), np.array([1, 1]), np.array([100, 100]))
    >>> result.taken.tolist(), result.cost
    ([1, 0], 5)
    """
    takers, classes = cost.shape
    if takers == 0 or classes == 0:
        return Matching(np.full(takers, -1, np.int64), int(unplaced.sum()), np.zeros(classes, np.int64))
    keyed = np.ascontiguousarray(np.hstack([cost, unplaced[:, None]]))
    raw = keyed.view(np.dtype((np.void, keyed.dtype.itemsize * keyed.shape[1]))).ravel()
    _, first, group = np.unique(raw, return_index=True, return_inverse=True)
    size = np.bincount(group)
    table, leave = cost[first], unplaced[first]
    flow = _flow(table, size, count, leave)
    taken = _deal(flow, group, takers)
    placed = taken >= 0
    total = int(cost[np.flatnonzero(placed), taken[placed]].sum()) + int(unplaced[~placed].sum())
    return Matching(taken, total, _prices(table, leave, flow, size, count))


def _flow(table: Ints, size: Ints, count: Ints, leave: Ints) -> Ints:
    """(groups, classes) flow of a least-cost transport with a dummy class for the unplaced."""
    groups, classes = table.shape
    solver = min_cost_flow.SimpleMinCostFlow()
    g, c = np.nonzero(table >= 0)
    sink = groups + classes
    everybody = np.arange(groups)
    tails = np.concatenate([g, everybody, groups + np.arange(classes)])
    heads = np.concatenate([groups + c, np.full(groups, sink), np.full(classes, sink)])
    room = np.concatenate([np.minimum(size[g], count[c]), size, count])
    price = np.concatenate([table[g, c], leave, np.zeros(classes, np.int64)])
    arcs = solver.add_arcs_with_capacity_and_unit_cost(tails, heads, room, price)
    solver.set_nodes_supplies(
        np.arange(sink + 1), np.concatenate([size, np.zeros(classes, np.int64), [-int(size.sum())]])
    )
    state = solver.solve()
    if state != solver.OPTIMAL:
        raise ArithmeticError(f"the flow could not be solved: {state}")
    flow = np.zeros((groups, classes), np.int64)
    flow[g, c] = np.asarray(solver.flows(arcs))[: len(g)]
    return flow


def _deal(flow: Ints, group: Ints, takers: int) -> Ints:
    """Flow of groups to single takers, in their order."""
    taken = np.full(takers, -1, np.int64)
    order = np.argsort(group, kind="stable")
    starts = np.searchsorted(group[order], np.arange(len(flow)))
    for g in range(len(flow)):
        at = int(starts[g])
        for c in np.flatnonzero(flow[g]).tolist():
            taken[order[at : at + flow[g, c]]] = c
            at += int(flow[g, c])
    return taken


def _prices(table: Ints, leave: Ints, flow: Ints, size: Ints, count: Ints) -> Ints:
    """Class prices by shortest paths in the residual graph of classes (and "unplaced", price 0).

    A class with room left has price 0; a taker in ``a`` who could take ``b`` says
    ``price(a) <= price(b) + cost(b) - cost(a)``, the unplaced say ``price(b) >= unplaced - cost(b)``.
    """
    classes = table.shape[1]
    far = np.iinfo(np.int64).max // 8
    step = np.full((classes + 1, classes + 1), far)
    full = np.where(table >= 0, table, far)
    for a in range(classes + 1):
        there = (flow[:, a] > 0) if a < classes else (flow.sum(axis=1) < size)
        if there.any():
            own = full[there, a] if a < classes else leave[there]
            step[a, :classes] = np.minimum(far, (full[there] - own[:, None]).min(axis=0))
            step[a, classes] = (leave[there] - own).min()
    price = np.full(classes + 1, far)
    price[classes] = 0
    used = flow.sum(axis=0)
    price[:classes][used < count] = 0
    for _ in range(classes + 1):
        better = np.minimum(price, (step + price[None, :]).min(axis=1))
        if (better == price).all():
            break
        price = better
    price = np.where(price >= far, int(leave.max()) + 1, price)
    return np.asarray(np.maximum(0, price)[:classes], dtype=np.int64)


@njit(cache=True)
def _serial(cost: Any, count: Any, order: Any, taken: Any) -> None:
    left = count.copy()
    for t in range(len(order)):
        h = order[t]
        best, at = np.int64(2**62), -1
        for c in range(cost.shape[1]):
            if cost[h, c] >= 0 and left[c] > 0 and cost[h, c] < best:
                best, at = cost[h, c], c
        taken[h] = at
        if at >= 0:
            left[at] -= 1


def serial_order(cost: Ints, count: Ints, order: Ints) -> Ints:
    """Each taker in turn takes the cheapest legal class that is left; -1 for none. (takers,)

    >>> serial_order(np.array([[0, 5], [0, 9]]), np.array([1, 1]), np.array([1, 0])).tolist()
    [1, 0]
    """
    taken = np.full(len(cost), -1, np.int64)
    _serial(np.ascontiguousarray(cost), np.ascontiguousarray(count), np.ascontiguousarray(order), taken)
    return taken


@njit(cache=True, nogil=True)
def _many_orders(
    table: Any,
    wanted: Any,
    legal: Any,
    equals: Any,
    group: Any,
    order: Any,
    ends: Any,
    count: Any,
    rounds: int,
    seed: int,
) -> Any:
    """Hits per group over many orders, each shuffled anew between the ends of the tiers."""
    np.random.seed(seed)
    any_hits = np.zeros(len(table), np.int64)
    best_hits = np.zeros(len(table), np.int64)
    turn = order.copy()
    for _ in range(rounds):
        start = 0
        for end in ends:
            for i in range(end - 1, start, -1):
                j = start + np.random.randint(0, i - start + 1)
                turn[i], turn[j] = turn[j], turn[i]
            start = end
        left = count.copy()
        for t in range(len(turn)):
            g = group[turn[t]]
            for k in range(legal[g]):
                c = wanted[g, k]
                if left[c] > 0:
                    left[c] -= 1
                    any_hits[g] += 1
                    if k < equals[g]:
                        best_hits[g] += 1
                    break
    return any_hits, best_hits


def chances(cost: Ints, count: Ints, rank_of: Ints, rounds: int, seed: int) -> tuple[Ints, Ints]:
    """Shares (ppm) of random orders in which each taker gets any class, and one of its cheapest.

    ``rank_of`` (takers,) sorts before chance does (priority tiers). Takers with equal costs and tier are
    exchangeable, so their shares are averaged: with ``rounds`` orders a group of size g rests on
    ``rounds * g`` cases. A seeded generator of the numerical library serves here; the draw itself never
    uses one.
    """
    keyed = np.ascontiguousarray(np.hstack([cost, rank_of[:, None]]))
    raw = keyed.view(np.dtype((np.void, keyed.dtype.itemsize * keyed.shape[1]))).ravel()
    _, first, group = np.unique(raw, return_index=True, return_inverse=True)
    size = np.bincount(group)
    table = cost[first]
    wanted = np.argsort(np.where(table >= 0, table, np.iinfo(np.int64).max), axis=1, kind="stable")
    legal = (table >= 0).sum(axis=1)
    least = np.where(table >= 0, table, np.iinfo(np.int64).max).min(axis=1, initial=np.iinfo(np.int64).max)
    order = np.argsort(rank_of, kind="stable").astype(np.int64)
    ends = np.flatnonzero(np.diff(rank_of[order], append=np.iinfo(np.int64).max)) + 1
    any_class, best_class = _many_orders(
        table,
        wanted.astype(np.int64),
        legal.astype(np.int64),
        (table == least[:, None]).sum(axis=1).astype(np.int64),
        group.astype(np.int64),
        order,
        ends.astype(np.int64),
        count.astype(np.int64),
        rounds,
        seed,
    )
    result = []
    for hits in (any_class, best_class):
        share = hits / (size * max(1, rounds))
        result.append(np.rint(share[group] * 1_000_000).astype(np.int64))
    return result[0], result[1]
