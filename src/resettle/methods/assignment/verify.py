"""Check a bound without a solver: do the leaves cover every case, and what does each leaf prove?

Plain Python and NumPy, whole numbers only; nothing is shared with the engine that made the certificate
but the problem itself. For a leaf with row prices ``p``, side prices ``q >= 0`` and a view ``u``::

    bound = sum(p) - sum(q_k * limit_k) + sum over outside arcs of min(0, r_a)
            + min over sets of open sites of sum(scale*f_j + sum(q_k * side_site_kj) - knapsack_j)

with ``r_a = scale*c_a + sum(q_k * side_arc_ka) - sum(p over the rows of a)`` and ``knapsack_j`` the greatest
total of ``-r_a`` that fits into the site's capacity under the view. Weak duality makes this a lower bound
on ``scale`` times the cost of any plan in the leaf.

Sums of 64 bits wrap around where numbers are large enough, and a forger chooses the numbers. So every
magnitude is measured first, and a leaf that would not stay within ``WIDEST`` proves nothing.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from resettle.methods.assignment.certificate import BoundCertificate, Leaf
from resettle.methods.assignment.problem import AssignmentProblem, Ints

NO_PLAN = 2**62
"""What a leaf proves that holds no plan at all."""
WIDEST = 2**61
"""No sum of the check may come near the 64 bits of its numbers."""
BUCKETS = 2000
EXACT_CAPACITY = 100_000


class WrappedError(ValueError):
    """A certificate with numbers so large that sums of 64 bits could wrap around."""


def covers_all(leaves: Sequence[tuple[tuple[int, int], ...]]) -> bool:
    """``True`` if the fixings are the leaves of one binary tree, so that every plan lies in one of them.

    >>> covers_all([((3, 1),), ((3, 0), (5, 1)), ((3, 0), (5, 0))])
    True
    >>> covers_all([((3, 1),), ((3, 0), (5, 1))])
    False
    """
    todo = [(list(leaves), 0)]
    while todo:
        group, depth = todo.pop()
        if len(group) == 1 and len(group[0]) == depth:
            continue
        if not group or any(len(path) <= depth for path in group):
            return False
        if len({path[depth][0] for path in group}) != 1 or any(
            path[depth][1] not in (0, 1) for path in group
        ):
            return False
        for value in (0, 1):
            todo.append(([path for path in group if path[depth][1] == value], depth + 1))
    return True


def within(*amounts: object) -> None:
    """Raise where one of these whole numbers is beyond what sums of 64 bits hold."""
    for amount in amounts:
        if not isinstance(amount, int) or not -WIDEST < amount < WIDEST:
            raise WrappedError("a number beyond exact arithmetic")


def size_of(values: npt.NDArray[np.int64]) -> int:
    """The sum of all absolute values; in floating point, which cannot wrap around."""
    return int(np.abs(values.astype(float)).sum())


def greatest(values: npt.NDArray[np.int64]) -> int:
    """The greatest absolute value."""
    return max((abs(int(v)) for v in (values.min(), values.max())), default=0) if values.size else 0


def greatest_fit(profit: Ints, weight: Ints, capacity: int) -> int:
    """0-1 knapsack by dynamic programming; above the exact limit its continuous bound, rounded up."""
    fits = weight <= capacity
    profit, weight = profit[fits], weight[fits]
    if int(weight.sum()) <= capacity:
        return int(profit.sum())
    if capacity > EXACT_CAPACITY:
        return continuous_fit(profit.tolist(), weight.tolist(), capacity)
    best = np.zeros(capacity + 1, np.int64)
    for p, w in zip(profit.tolist(), weight.tolist(), strict=True):
        if w == 0:
            best += p
        else:
            np.maximum(best[w:], best[:-w] + p, out=best[w:])
    return int(best[capacity])


def continuous_fit(profit: list[int], weight: list[int], capacity: int) -> int:
    """Bound of a knapsack by its linear relaxation, in whole numbers.

    Any price of room gives a bound, so that nothing rests on how ratios were rounded when they were sorted.

    >>> continuous_fit([6, 5, 4], [2, 3, 4], 6)
    12
    """
    free = sum(p for p, w in zip(profit, weight, strict=True) if w == 0)
    items = sorted(
        ((p, w) for p, w in zip(profit, weight, strict=True) if w > 0), key=lambda item: -item[0] / item[1]
    )
    room, a, b = capacity, 0, 1
    for p, w in items:
        if w > room:
            a, b = p, w
            break
        room -= w
    return free + (a * capacity + sum(max(0, b * p - a * w) for p, w in items)) // b


def least_cover(value: list[int], size: list[int], need: int, state: list[int]) -> int:
    """Least total value of open sites whose sizes reach the need; ``NO_PLAN`` if none do."""
    total = sum(v for v, s in zip(value, state, strict=True) if s == 1 or (s == -1 and v < 0))
    need -= sum(z for v, z, s in zip(value, size, state, strict=True) if s == 1 or (s == -1 and v < 0))
    if need <= 0:
        return total
    table = np.full(need + 1, NO_PLAN, np.int64)
    table[0] = 0
    for v, z, s in zip(value, size, state, strict=True):
        if s == -1 and v >= 0 and z > 0:
            moved = np.concatenate([np.full(min(z, need), table[0]), table[1 : max(1, need + 1 - z)]])
            table[1:] = np.minimum(table[1:], moved + v)
    return NO_PLAN if table[need] >= NO_PLAN else total + int(table[need])


def least_count(value: list[int], low: int, high: int, state: list[int]) -> int:
    """Least total value with the number of open sites between ``low`` and ``high``."""
    total, opened = sum(v for v, s in zip(value, state, strict=True) if s == 1), state.count(1)
    if opened > high:
        return NO_PLAN
    for v in sorted(v for v, s in zip(value, state, strict=True) if s == -1):
        if opened < high and (opened < low or v < 0):
            total, opened = total + v, opened + 1
    return total if opened >= low else NO_PLAN


def leaf_states(problem: AssignmentProblem, leaf: Leaf) -> tuple[list[int], npt.NDArray[np.int8]]:
    """Site and arc states (-1 free, 0 out, 1 in) that follow from a leaf's fixings."""
    site = [1 if fixed else -1 for fixed in problem.fixed_open.tolist()]
    arc = np.full(len(problem.arcs), -1, np.int8)
    forced = []
    for thing, value in leaf.fixings:
        if thing < problem.sites:
            if site[thing] == 1 - value:
                site[thing] = 2
            elif site[thing] == -1:
                site[thing] = value
        elif value:
            forced.append(thing - problem.sites)
        else:
            arc[thing - problem.sites] = 0
    for a in forced:
        clash = (problem.arcs.first < problem.arcs.last[a]) & (problem.arcs.last > problem.arcs.first[a])
        if arc[a] == 0 or any(clash[b] for b in forced if b != a):
            site = [2] * max(1, len(site))
        arc[clash] = 0
    for a in forced:
        arc[a] = 1
        j = int(problem.arcs.site[a])
        if j >= 0 and site[j] != 1:
            site[j] = 1 if site[j] == -1 else 2
    return site, arc


def seen(problem: AssignmentProblem, view: Ints) -> tuple[Ints, list[int], Ints]:
    """Weight of every arc and room of every site as a view sees them, and the weights common to all sites."""
    if view.ndim == 1:
        return problem.arc_weight() @ view, (problem.capacity @ view).tolist(), view
    weight = (problem.arc_weight() * view[problem.arcs.site]).sum(axis=1)
    return weight, (problem.capacity * view[:-1]).sum(axis=1).tolist(), view[-1]


def arcs_of_sites(problem: AssignmentProblem) -> list[Ints]:
    """The arcs of every site."""
    order = np.argsort(problem.arcs.site, kind="stable")
    ends = np.searchsorted(problem.arcs.site[order], np.arange(problem.sites + 1))
    return [order[a:b] for a, b in itertools.pairwise(ends.tolist())]


def leaf_bound(
    problem: AssignmentProblem,
    scale: int,
    leaf: Leaf,
    owned: list[Ints],
    known: dict[tuple[int, int, int, int, bytes], int],
) -> int:
    """What one leaf proves, in units of ``1 / scale``.

    Args:
        owned: the arcs of every site. known: knapsacks that leaves share.

    Raises:
        ValueError: for a negative side price or view, or numbers beyond exact arithmetic.
    """
    if (leaf.side_price < 0).any() or (leaf.view < 0).any():
        raise ValueError("side prices and views must not be negative")
    measure(problem, scale, leaf)
    state, arc_state = leaf_states(problem, leaf)
    if 2 in state:
        return NO_PLAN
    arcs = problem.arcs
    weight, capacity, common = seen(problem, leaf.view)
    sums = np.concatenate([[0], np.cumsum(leaf.row_price)])
    reduced = scale * arcs.cost + leaf.side_price @ problem.side_arc - (sums[arcs.last] - sums[arcs.first])
    paid = zip(leaf.side_price.tolist(), problem.side_limit.tolist(), strict=True)
    total = sum(leaf.row_price.tolist()) - sum(price * limit for price, limit in paid)
    outside = arcs.site < 0
    total += sum(reduced[outside & ((arc_state == 1) | ((arc_state == -1) & (reduced < 0)))].tolist())
    value = (scale * problem.site_cost + leaf.side_price @ problem.side_site).tolist()
    for j in range(problem.sites):
        own = owned[j]
        within(size_of(reduced[own]), size_of(weight[own]))
        forced = own[arc_state[own] == 1]
        room = capacity[j] - int(weight[forced].sum())
        if room < 0:
            return NO_PLAN
        value[j] += int(reduced[forced].sum())
        if state[j] != 0:
            key = (id(leaf.row_price), id(leaf.side_price), id(leaf.view), j, arc_state[own].tobytes())
            if key not in known:
                items = own[(arc_state[own] == -1) & (reduced[own] < 0)]
                known[key] = greatest_fit(-reduced[items], weight[items], room)
            value[j] -= known[key]
    within(sum(map(abs, value)))
    need = int(problem.must_place() @ common)
    whole = (problem.capacity @ common).tolist()
    step = max(1, -(-need // BUCKETS), int(np.gcd.reduce(np.array(whole or [1], np.int64))) or 1)
    sizes = [-(-c // step) for c in whole]
    covered = least_cover(value, sizes, -(-need // step), state)
    counted = least_count(value, problem.open_min, problem.open_max, state)
    return min(NO_PLAN, total + max(covered, counted)) if max(covered, counted) < NO_PLAN else NO_PLAN


def measure(problem: AssignmentProblem, scale: int, leaf: Leaf) -> None:
    """Raise where a leaf's prices do not fit the problem, or its numbers are beyond exact arithmetic."""
    rows, sides, view = leaf.row_price, leaf.side_price, leaf.view
    views = ((problem.resources,), (problem.sites + 1, problem.resources))
    if rows.shape != (problem.rows,) or sides.shape != problem.side_limit.shape or view.shape not in views:
        raise ValueError("prices of another number of rows, limits or sites than the problem has")
    steep = greatest(view)
    side = zip(sides.tolist(), problem.side_arc, problem.side_site, strict=True)
    dear = [price * max(greatest(arc), greatest(site)) for price, arc, site in side]
    within(
        sum(abs(v) for v in rows.tolist())
        + sum(dear)
        + scale * max(greatest(problem.arcs.cost), greatest(problem.site_cost)),
        steep * size_of(problem.row_demand),
        steep * problem.resources * greatest(problem.capacity),
        steep * size_of(problem.capacity),
    )


def verified_bound(problem: AssignmentProblem, certificate: BoundCertificate) -> int:
    """The lower bound a certificate proves, as a whole cost.

    Raises:
        ValueError: if the leaves do not cover every case, a price has the wrong sign, or numbers are beyond
            exact arithmetic.
    """
    if certificate.scale < 1:
        raise ValueError("the scale must be 1 or more")
    things = problem.sites + len(problem.arcs)
    if any(not 0 <= thing < things for leaf in certificate.leaves for thing, _ in leaf.fixings):
        raise ValueError("a leaf fixes a site or choice that the problem does not have")
    if not covers_all([leaf.fixings for leaf in certificate.leaves]):
        raise ValueError("the leaves do not cover every case")
    known: dict[tuple[int, int, int, int, bytes], int] = {}
    owned = arcs_of_sites(problem)
    least = min(leaf_bound(problem, certificate.scale, leaf, owned, known) for leaf in certificate.leaves)
    return least if least >= NO_PLAN else -(-least // certificate.scale)
