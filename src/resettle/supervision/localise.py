"""Which cells to change: the least weighted sets that let every link hold, by set covering.

I. P. Fellegi and D. Holt (1976), section 4: a set of fields can be changed so that all edits hold if and only if it
meets every failed edit, explicit or implied. The implied edits are made as they are needed: a 0-1 program (HiGHS)
gives the lightest cover of the failed edits known so far; whether its cells can be given values is decided exactly,
in fractions, by eliminating one unknown after another (Fourier and Motzkin), with each figure free within half a
unit of its last printed place; if they cannot, the links that forbid it are an implied edit that failed, and the
program is solved again. What has been found is excluded with all that contains it, and so the next is found.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from resettle.supervision.edits import Cells, Interval, Link

Row = tuple[dict[str, Fraction], Fraction]
"""``sum of coefficient x unknown <= constant``."""
MOST_CELLS = 3
"""Larger sets explain anything; nobody could act on them."""
MOST_ROUNDS = 200
MOST_ROWS = 400
TIE = 1e-3
"""What parts sets of equal weight, by name, so that the order is the same everywhere."""
CEILING = Fraction(10**15)


def component(start: Sequence[Link], links: Sequence[Link]) -> list[Link]:
    """The links that are joined to the first ones through figures they share."""
    reached = {cell for link in start for cell in link.cells}
    taken = list(start)
    left = [link for link in links if link not in start]
    while True:
        new = [link for link in left if reached & set(link.cells)]
        if not new:
            return taken
        taken += new
        left = [link for link in left if link not in new]
        reached |= {cell for link in new for cell in link.cells}


def rows_of(link: Link, free: frozenset[str], values: Mapping[str, Fraction]) -> list[Row] | None:
    """A link as inequalities in its free cells, or ``None`` where they leave it free to hold.

    A printed rate that is free can be whatever its two numbers give; a norm whose heads and whose amounts are
    both free is no linear condition, and is left to the values.
    """
    first = link.cells[0]
    unknown = [c for c in link.cells if c in free]
    if link.kind in ("rate", "change"):
        return None if first in free else _rows_of_rate(link, free, values)
    if link.kind == "norm" and link.cells[1] in free and any(c in free for c in link.cells[2:]):
        return None
    terms: dict[str, Fraction] = {}
    constant = Fraction(0)
    if link.kind == "sum":
        weights = [(first, Fraction(-1)), *((c, Fraction(1)) for c in link.cells[1:])]
    elif link.cells[1] in free:
        norm = sum((values[c] for c in link.cells[2:]), Fraction(0))
        weights = [(first, Fraction(-1)), (link.cells[1], norm)]
    else:
        heads = values[link.cells[1]]
        weights = [(first, Fraction(-1)), *((c, heads) for c in link.cells[2:])]
    for cell, weight in weights:
        if cell in unknown:
            terms[cell] = terms.get(cell, Fraction(0)) + weight
        else:
            constant += weight * values[cell]
    return [
        (terms, link.slack - constant),
        ({c: -w for c, w in terms.items()}, link.slack + constant),
    ]


def _rows_of_rate(link: Link, free: frozenset[str], values: Mapping[str, Fraction]) -> list[Row]:
    """``low x below <= 100 x over <= high x below``; a change on the side on which it is printed."""
    _, over, below = link.cells
    low, high = values[link.cells[0]] - link.slack, values[link.cells[0]] + link.slack
    if link.kind == "change":
        sign = 1 if values[over] >= values[below] else -1
        low, high = sorted((100 + sign * low, 100 + sign * high))
    made: list[Row] = []
    for weights in ({over: Fraction(-100), below: low}, {over: Fraction(100), below: -high}):
        terms = {c: w for c, w in weights.items() if c in free}
        made.append((terms, -sum((w * values[c] for c, w in weights.items() if c not in free), Fraction(0))))
    return made


def _eliminated(rows: Sequence[Row], cell: str) -> list[Row] | None:
    """The rows without one unknown; ``None`` if there are too many to go on."""
    kept = [r for r in rows if not r[0].get(cell)]
    above = [r for r in rows if r[0].get(cell, 0) > 0]
    below = [r for r in rows if r[0].get(cell, 0) < 0]
    if len(above) * len(below) + len(kept) > MOST_ROWS:
        return None
    for up, up_constant in above:
        for down, down_constant in below:
            a, b = 1 / up[cell], -1 / down[cell]
            names = {*up, *down} - {cell}
            terms = {c: a * up.get(c, Fraction(0)) + b * down.get(c, Fraction(0)) for c in names}
            kept.append(({c: w for c, w in terms.items() if w}, a * up_constant + b * down_constant))
    return kept


def interval_of(
    cell: str, free: frozenset[str], cells: Cells, links: Sequence[Link], values: Mapping[str, Fraction]
) -> Interval | None:
    """The values a free cell can take if all links are to hold, the other free ones as they may be."""
    rows: list[Row] = []
    for link in links:
        rows += rows_of(link, free, values) or []
    for name in free:
        least = Fraction(1) if name in cells.whole else Fraction(0)
        rows += [({name: Fraction(-1)}, -least), ({name: Fraction(1)}, CEILING)]
    for other in sorted(free - {cell}):
        left = _eliminated(rows, other)
        if left is None:
            return None
        rows = left
    low, high = Fraction(0), CEILING
    for terms, constant in rows:
        weight = terms.get(cell, Fraction(0))
        if weight > 0:
            high = min(high, constant / weight)
        elif weight < 0:
            low = max(low, constant / weight)
        elif constant < 0:
            return None
    return (low, high) if low <= high else None


def _can_hold(free: frozenset[str], cells: Cells, links: Sequence[Link]) -> bool:
    if not free:
        return all(link.holds(cells.values) for link in links)
    return interval_of(min(free), free, cells, links, cells.values) is not None


def _failed_edit(free: frozenset[str], cells: Cells, links: Sequence[Link]) -> frozenset[str]:
    """The cells of an implied edit that fails whatever the free cells are: one of them must change too."""
    core = [k for k in links if free & set(k.cells) or not k.holds(cells.values)]
    for link in list(core):
        rest = [k for k in core if k is not link]
        if not _can_hold(free, cells, rest):
            core = rest
    return frozenset(c for k in core for c in k.cells) - free


def _lightest_cover(
    names: Sequence[str],
    weights: Mapping[str, int],
    failed: Sequence[frozenset[str]],
    excluded: Sequence[frozenset[str]],
) -> frozenset[str] | None:
    """The 0-1 program: least weight, one cell of every failed edit, not all cells of what was found before."""
    place = {name: i for i, name in enumerate(names)}
    matrix = np.zeros((len(failed) + len(excluded) + 1, len(names)))
    low, high = np.full(len(matrix), -np.inf), np.full(len(matrix), np.inf)
    for number, edit in enumerate(failed):
        matrix[number, [place[c] for c in edit]] = 1
        low[number] = 1
    for number, found in enumerate(excluded, start=len(failed)):
        matrix[number, [place[c] for c in found]] = 1
        high[number] = len(found) - 1
    matrix[-1], high[-1] = 1, MOST_CELLS
    solved = milp(
        np.array([weights.get(name, 1) + TIE * i / len(names) for i, name in enumerate(names)]),
        constraints=LinearConstraint(matrix, low, high),
        integrality=np.ones(len(names)),
        bounds=Bounds(0, 1),
    )
    if solved.x is None:
        return None
    return frozenset(name for name, value in zip(names, solved.x, strict=True) if value > 0.5)


def least_sets(
    cells: Cells, broken: Sequence[Link], links: Sequence[Link], most: int
) -> Iterator[frozenset[str]]:
    """The smallest sets of cells that can be changed so that all links hold, the lightest first.

    Args:
        cells: values, weights and which must stay whole.
        broken: links that do not hold and are to be mended together.
        links: all links of their component that hold, which must go on holding.
        most: how many sets to give at most.

    Yields:
        Sets none of which holds another; only those of as few cells as the first.

    >>> cells = Cells({"t": Fraction(91), "a": Fraction(81), "b": Fraction(13)}, {"t": 3}, frozenset("tab"))
    >>> [sorted(s) for s in least_sets(cells, [Link("sum", ("t", "a", "b"))], [], 5)]
    [['a'], ['b'], ['t']]
    """
    every = [*broken, *links]
    names = sorted({c for link in every for c in link.cells})
    failed = [frozenset(link.cells) for link in broken]
    found: list[frozenset[str]] = []
    for _ in range(MOST_ROUNDS):
        chosen = _lightest_cover(names, cells.weights, failed, found)
        if chosen is None or len(found) >= most:
            return
        if not _can_hold(chosen, cells, every):
            edit = _failed_edit(chosen, cells, every)
            if not edit:
                return
            failed.append(edit)
            continue
        found.append(chosen)
        if len(chosen) == min(len(s) for s in found):
            yield chosen
