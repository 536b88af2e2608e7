"""Tables of people that may be published: small counts are hidden, and so that no sum gives them away.

A count from 1 to 4 is printed as <5. A hidden cell can often be worked out from the totals, so further
cells are withheld until, given everything printed, at least two values are possible for every hidden cell.
The possible range of each cell is found exactly: a table with its margins is a transportation problem, so
the bounds of its linear relaxation are whole numbers.

Source: complementary cell suppression as in Willenborg and de Waal, Elements of Statistical Disclosure
Control (Springer 2001); the greedy choice of the next cell and the exact audit are ours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.optimize import linprog

from resettle.tables.pages import Cell, Hidden

THRESHOLD = 5
Grid = list[list[int]]
Place = tuple[int, int]


def _with_margins(counts: Sequence[Sequence[int]]) -> Grid:
    rows = [[*row, sum(row)] for row in counts]
    return [*rows, [sum(column) for column in zip(*rows, strict=True)]]


Signed = list[tuple[Place, float]]
"""One printed sum: its parts count +1, the sum itself, where it is a cell of the table, -1."""


def _lines(grid: Grid) -> list[Signed]:
    """The sums of a table with margins: every row and every column, its last cell being the sum."""
    height, width = len(grid), len(grid[0])
    lines = [[(r, c) for c in range(width)] for r in range(height)]
    lines += [[(r, c) for r in range(height)] for c in range(width)]
    return [[*((p, 1.0) for p in line[:-1]), (line[-1], -1.0)] for line in lines]


def _range(
    value: Mapping[Place, int], lines: Sequence[Signed], hidden: set[Place], small: set[Place], place: Place
) -> tuple[int, int]:
    """Lowest and highest value of one hidden cell that agree with every printed cell.

    A withheld cell is not called <5, so a reader knows it to be 0 or at least five; it is reckoned as the reader
    might guess it right, 0 as 0 and a larger one as at least five. Whole numbers where every cell is in at most
    two sums, as in a transportation problem.
    """
    order = sorted(hidden)
    index = {p: i for i, p in enumerate(order)}
    equations: list[list[float]] = []
    targets: list[float] = []
    for line in lines:
        if not any(p in index for p, _ in line):
            continue
        row, known = [0.0] * len(order), 0.0
        for p, sign in line:
            if p in index:
                row[index[p]] += sign
            else:
                known += sign * value[p]
        equations.append(row)
        targets.append(-known)
    bounds = [
        (1.0, THRESHOLD - 1.0) if p in small else (float(THRESHOLD), None) if value[p] else (0.0, 0.0)
        for p in order
    ]
    goal = np.zeros(len(order))
    goal[index[place]] = 1.0
    ends = []
    for sign in (1.0, -1.0):
        found = linprog(
            sign * goal, A_eq=equations or None, b_eq=targets or None, bounds=bounds, method="highs"
        )
        ends.append(10**9 if found.status == 3 else round(sign * found.fun))
    return ends[0], ends[1]


def _next_cell(grid: Grid, hidden: set[Place], place: Place, keep: set[Place]) -> Place | None:
    """The cheapest further cell to withhold: inside before margins, near before far, not zero, smallest."""
    height, width = len(grid), len(grid[0])
    free = [
        (r, c) for r in range(height) for c in range(width) if (r, c) not in hidden and (r, c) not in keep
    ]

    def price(p: Place) -> tuple[bool, bool, bool, int, Place]:
        is_margin = p[0] == height - 1 or p[1] == width - 1
        is_far = p[0] != place[0] and p[1] != place[1]
        return is_margin, grid[p[0]][p[1]] == 0, is_far, grid[p[0]][p[1]], p

    return min(free, key=price, default=None)


def masked(counts: Sequence[Sequence[int]], fixed_column_totals: bool = True) -> list[list[Cell]]:
    """A table of counts with its totals (a last column, a last row), safe to publish.

    Args:
        counts: rows of counts of persons, without totals; every row equally long.
        fixed_column_totals: the totals of the columns stand in other tables too and so cannot be
            withheld; if a column total itself is from 1 to 4 the caller must not split by that column.

    Returns:
        The cells row by row, totals included: whole numbers or :class:`Hidden`.

    Raises:
        ValueError: if the table cannot be protected while its column totals stay printed.

    >>> masked([[3, 40], [20, 30]])[0]
    [Hidden(is_small=True), Hidden(is_small=False), 43]
    >>> masked([[10, 40], [20, 30]])[2]
    [30, 70, 100]
    """
    grid = _with_margins(counts)
    height, width = len(grid), len(grid[0])
    keep = {(height - 1, c) for c in range(width)} if fixed_column_totals else {(height - 1, width - 1)}
    small = {(r, c) for r in range(height) for c in range(width) if 0 < grid[r][c] < THRESHOLD}
    if small & keep:
        raise ValueError("a total that is printed elsewhere is itself a small count")
    hidden = set(small)
    value = {(r, c): grid[r][c] for r in range(height) for c in range(width)}
    lines = _lines(grid)
    for p in sorted(small):  # to hide more never tells a cell that was not told, so each is seen once
        while _is_told(value, lines, hidden, small, p):
            further = _next_cell(grid, hidden, p, keep)
            if further is None:
                raise ValueError("no further cell can be withheld to protect a small count")
            hidden.add(further)
    return [
        [Hidden((r, c) in small) if (r, c) in hidden else grid[r][c] for c in range(width)]
        for r in range(height)
    ]


def masked_column(counts: Sequence[int]) -> list[Cell]:
    """One column of counts and its total (last), safe to publish.

    Small counts are hidden; the smallest other counts are withheld until no small count follows from the
    total. If nothing is left to withhold, the total is withheld too.

    >>> masked_column([3, 40, 20])
    [Hidden(is_small=True), 40, Hidden(is_small=False), 63]
    >>> masked_column([3, 2, 40])
    [Hidden(is_small=True), Hidden(is_small=True), 40, 45]
    >>> masked_column([1, 1, 40])[2]
    Hidden(is_small=False)
    >>> masked_column([0, 1])[2]
    Hidden(is_small=True)
    """
    small = {i for i, n in enumerate(counts) if 0 < n < THRESHOLD}
    exposed = False
    try:
        cells = masked_in_groups(counts, [range(len(counts))])
    except ValueError:  # every other count is withheld already: then the total must not be known either
        cells = masked_in_groups(counts, [])
        exposed = True
    whole = sum(counts)
    is_small = 0 < whole < THRESHOLD  # a total under the threshold is a small count itself
    # "<5" over four small counts would say that each is 1: then the total is withheld without a size.
    says_size = is_small and len(small) < THRESHOLD - 1
    total: Cell = Hidden(says_size) if exposed or is_small else whole
    return [*cells, total]


def masked_in_groups(counts: Sequence[int], groups: Sequence[Sequence[int]]) -> list[Cell]:
    """Counts of a long list of which some sums are printed elsewhere, safe to publish beside those sums.

    Args:
        counts: the list.
        groups: positions whose sum stands somewhere else in the same report.

    Raises:
        ValueError: if a small count follows from the sums whatever else is withheld.

    >>> masked_in_groups([3, 40, 20, 30], [[0, 1, 2], [2, 3]])
    [Hidden(is_small=True), Hidden(is_small=False), Hidden(is_small=False), 30]
    >>> masked_in_groups([3, 40, 20], [])
    [Hidden(is_small=True), 40, 20]
    """
    value = {(i, 0): n for i, n in enumerate(counts)}
    # The sum itself is a cell that is always printed, below every count.
    sums = {(len(counts) + g, 0): sum(counts[i] for i in group) for g, group in enumerate(groups)}
    lines = [
        [*(((i, 0), 1.0) for i in group), ((len(counts) + g, 0), -1.0)] for g, group in enumerate(groups)
    ]
    small = {p for p, n in value.items() if 0 < n < THRESHOLD}
    hidden = set(small)
    for exposed in sorted(small):  # as above
        while _is_told(value | sums, lines, hidden, small, exposed):
            near = {p for line in lines if any(p == exposed for p, _ in line) for p, _ in line}
            far = {p for line in lines if any(p in near & hidden for p, _ in line) for p, _ in line}
            free = [p for p in sorted(near | far) if value.get(p) and p not in hidden]
            if not free:
                raise ValueError("no further count can be withheld to protect a small one")
            hidden.add(min(free, key=lambda p: (p not in near, value[p], p)))
    return [Hidden(p in small) if p in hidden else n for p, n in value.items()]


def _is_told(
    value: Mapping[Place, int], lines: Sequence[Signed], hidden: set[Place], small: set[Place], place: Place
) -> bool:
    low, high = _range(value, lines, hidden, small, place)
    return low == high


def small_count(count: int | None) -> int | Hidden | None:
    """A count that stands alone: from 1 to 4 it is printed as less than five.

    >>> small_count(0), small_count(3), small_count(12), small_count(None)
    (0, Hidden(is_small=True), 12, None)
    """
    return Hidden(is_small=True) if count is not None and 0 < count < THRESHOLD else count
