"""Known models as special cases, so that users of other location libraries can come over.

Distances and costs are whole numbers (metres, fen); missing pairs are a negative number, never zero.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from resettle.methods.assignment.answer import Answer
from resettle.methods.assignment.problem import Arcs, AssignmentProblem, Ints, Limits


def dense_arcs(cost: npt.ArrayLike, allowed: npt.NDArray[np.bool_] | None = None) -> Arcs:
    """(rows, sites) table to arcs, cheapest of each row first."""
    table = np.asarray(cost, np.int64)
    mask = np.ones(table.shape, bool) if allowed is None else allowed
    rows, sites = np.nonzero(mask)
    return Arcs(rows.astype(np.int64), rows.astype(np.int64) + 1, sites.astype(np.int64), table[rows, sites])


def facility_location(
    capacity: npt.ArrayLike, site_cost: npt.ArrayLike, demand: npt.ArrayLike, cost: npt.ArrayLike
) -> AssignmentProblem:
    """Single-source capacitated facility location: (sites,), (sites,), (rows,), (rows, sites)."""
    return AssignmentProblem(
        np.asarray(demand, np.int64)[:, None],
        np.asarray(capacity, np.int64)[:, None],
        np.asarray(site_cost, np.int64),
        dense_arcs(cost),
    )


def p_median(
    cost: npt.ArrayLike, p: int, demand: npt.ArrayLike | None = None, capacity: npt.ArrayLike | None = None
) -> AssignmentProblem:
    """Exactly ``p`` sites at the least total cost; capacitated where demand and capacity are given."""
    table = np.asarray(cost, np.int64)
    n, m = table.shape
    need = np.zeros((n, 1), np.int64) if demand is None else np.asarray(demand, np.int64)[:, None]
    have = np.zeros((m, 1), np.int64) if capacity is None else np.asarray(capacity, np.int64)[:, None]
    return AssignmentProblem(need, have, np.zeros(m, np.int64), dense_arcs(table), open_min=p, open_max=p)


def maximal_covering(
    distance: npt.ArrayLike, weight: npt.ArrayLike, radius: int, p: int
) -> AssignmentProblem:
    """At most ``p`` sites so that the weight left farther than ``radius`` is least; its sum is the objective."""
    table = np.asarray(distance, np.int64)
    load = np.asarray(weight, np.int64)
    n, m = table.shape
    inside = dense_arcs(np.zeros_like(table), (table >= 0) & (table <= radius))
    rows = np.arange(n, dtype=np.int64)
    arcs = Arcs(
        np.concatenate([inside.first, rows]),
        np.concatenate([inside.last, rows + 1]),
        np.concatenate([inside.site, np.full(n, -1, np.int64)]),
        np.concatenate([inside.cost, load]),
    )
    zero = np.zeros((n, 1), np.int64)
    return AssignmentProblem(
        zero, np.zeros((m, 1), np.int64), np.zeros(m, np.int64), arcs, open_max=min(p, m)
    )


def fewest_sites(distance: npt.ArrayLike, radius: int) -> AssignmentProblem:
    """The fewest sites that reach every row within ``radius`` (location set covering)."""
    table = np.asarray(distance, np.int64)
    n, m = table.shape
    arcs = dense_arcs(np.zeros_like(table), (table >= 0) & (table <= radius))
    return AssignmentProblem(
        np.zeros((n, 1), np.int64), np.zeros((m, 1), np.int64), np.ones(m, np.int64), arcs
    )


def p_center(
    distance: npt.ArrayLike, p: int, limits: Limits | None = None
) -> tuple[int | None, int, list[Answer]]:
    """The smallest radius with which ``p`` sites reach every row, by bisection over the distances.

    Returns ``(radius, bound, answers)``: ``bound`` is the largest distance for which the answers prove that
    no smaller radius does (each by a bound above ``p`` on the fewest sites).

    >>> p_center(np.array([[0, 9], [9, 0], [4, 6]]), 1)[:2]
    (9, 9)
    """
    from resettle.methods.assignment.engine import solve

    limits = limits or Limits()
    table = np.asarray(distance, np.int64)
    steps: Ints = np.unique(table[table >= 0])
    low, high, radius, bound = 0, len(steps) - 1, None, int(steps[0])
    answers = []
    while low <= high:
        middle = (low + high) // 2
        answer = solve(fewest_sites(table, int(steps[middle])), limits)
        answers.append(answer)
        if answer.objective is not None and answer.objective <= p:
            radius, high = int(steps[middle]), middle - 1
        else:
            if answer.status == "infeasible" or answer.bound > p:
                bound = int(steps[min(middle + 1, len(steps) - 1)])
            low = middle + 1
    return radius, bound, answers


def placement(
    weight: npt.ArrayLike, persons: npt.ArrayLike, capacity: npt.ArrayLike, allowed: npt.NDArray[np.bool_]
) -> AssignmentProblem:
    """Families to places for the greatest total weight; minus that total is the objective.

    Args:
        weight: (families, places) whole weights >= 0.
        persons: (families,) or (families, kinds) what a family takes (persons, school places).
        capacity: (places,) or (places, kinds).
        allowed: (families, places) compatibility; a family without any place stays unplaced.
    """
    table = np.asarray(weight, np.int64)
    n, m = table.shape
    need, have = np.asarray(persons, np.int64), np.asarray(capacity, np.int64)
    inside = dense_arcs(-table, allowed)
    rows = np.arange(n, dtype=np.int64)
    arcs = Arcs(
        np.concatenate([inside.first, rows]),
        np.concatenate([inside.last, rows + 1]),
        np.concatenate([inside.site, np.full(n, -1, np.int64)]),
        np.concatenate([inside.cost, np.zeros(n, np.int64)]),
    )
    return AssignmentProblem(
        need.reshape(n, -1), have.reshape(m, -1), np.zeros(m, np.int64), arcs, fixed_open=np.ones(m, bool)
    )
