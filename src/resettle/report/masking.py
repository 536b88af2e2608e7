"""Tables of people that may be published: small counts are hidden, and so that no sum gives them away.

A count from 1 to 4 is printed as <5. A hidden cell can often be worked out from the sums, so further cells are
withheld until, given everything printed, at least two values are possible for every small count. Which further
cells is a small linear programme: the cheapest way the counts could differ by one in the small cell and still
agree with every printed sum; the cells that would differ are withheld, each at the price of one cell. Whether
enough is hidden is then found exactly, in whole numbers.

Source: complementary cell suppression as in Willenborg and de Waal, Elements of Statistical Disclosure Control
(Springer 2001), and the choice of cells by a linear programme as in Fischetti and Salazar (Management Science
47, 2001), there for protection intervals and here for one count more or less.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import csr_array

from resettle.tables.pages import Cell, Hidden

THRESHOLD = 5
NO_END = 10**7
"""More than any count: a withheld count has no upper end."""
MARGIN = 50.0
"""What withholding a total costs, in cells: a total is left out only where no cell inside will do."""
MOST_MOVED = 9
TIE = 1e-6
"""A hidden cell costs nothing more, but a way through few cells is taken before one through many."""
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


@dataclass(frozen=True)
class _Known:
    """What a reader knows: the sums, and of each hidden cell whether it is called <5."""

    value: Mapping[Place, int]
    lines: Sequence[Signed]
    small: frozenset[Place]

    def ends(self, place: Place) -> tuple[int, int]:
        """Lowest and highest value of a hidden cell by itself.

        A withheld cell is not called <5, so a reader knows it to be 0 or at least five; it is reckoned as the
        reader might guess it right, 0 as 0 and a larger one as at least five.
        """
        if place in self.small:
            return 1, THRESHOLD - 1
        return (THRESHOLD, NO_END) if self.value[place] else (0, 0)


def _is_told(known: _Known, hidden: set[Place], place: Place) -> bool:
    """Whether a hidden cell can have one value only, given every printed cell: two exact whole-number programmes."""
    order = sorted(hidden)
    index = {p: i for i, p in enumerate(order)}
    rows, targets = [], []
    for line in known.lines:
        if not any(p in index for p, _ in line):
            continue
        row = np.zeros(len(order))
        for p, sign in line:
            if p in index:
                row[index[p]] += sign
        rows.append(row)
        targets.append(-sum(sign * known.value[p] for p, sign in line if p not in index))
    ends = [known.ends(p) for p in order]
    at, truth = index[place], known.value[place]
    for low, high in ((ends[at][0], truth - 1), (truth + 1, ends[at][1])):
        if low > high:
            continue
        limits = [*ends[:at], (low, high), *ends[at + 1 :]]
        found = milp(
            np.zeros(len(order)),
            integrality=np.ones(len(order)),
            bounds=Bounds([e[0] for e in limits], [e[1] for e in limits]),
            constraints=LinearConstraint(np.array(rows), targets, targets) if rows else None,
        )
        if found.x is not None:
            return False
    return True


def _further(
    known: _Known, hidden: set[Place], place: Place, price: Mapping[Place, float]
) -> set[Place] | None:
    """The cheapest cells to withhold beside the hidden ones so that one count more, or less, fits every sum.

    ``price`` names the cells that may be withheld. ``None`` where nothing that may be withheld is enough.
    """
    order = sorted(hidden | set(price))
    index = {p: i for i, p in enumerate(order)}
    cost = np.array([0.0 if p in hidden else price[p] for p in order])
    rows = np.zeros((len(known.lines), len(order)))
    for i, line in enumerate(known.lines):
        for p, sign in line:
            if p in index:
                rows[i, index[p]] += sign
    room = [(known.ends(p), known.value[p]) for p in order]
    up, down = [max(e[1] - v, 0) for e, v in room], [max(v - e[0], 0) for e, v in room]
    best: tuple[float, set[Place]] | None = None
    for more in (True, False):
        if not (up if more else down)[index[place]]:
            continue
        limits = [*((0, min(u, MOST_MOVED)) for u in up), *((0, min(d, MOST_MOVED)) for d in down)]
        at = index[place]
        limits[at], limits[len(order) + at] = ((1, 1), (0, 0)) if more else ((0, 0), (1, 1))
        found = linprog(
            np.concatenate([cost, cost]) + TIE,
            A_eq=csr_array(np.hstack([rows, -rows])),
            b_eq=np.zeros(len(rows)),
            bounds=limits,
            method="highs",
        )
        if found.x is None:
            continue
        moved = {p for p, i in index.items() if found.x[i] + found.x[len(order) + i] > 1e-6} - hidden
        spent = sum(price[p] for p in moved)
        if best is None or spent < best[0]:
            best = spent, moved
    return None if best is None else best[1]


def _protected(known: _Known, hidden: set[Place], price: Mapping[Place, float]) -> set[Place]:
    """The hidden cells and those withheld beside them, so that no small count follows from the sums.

    Raises:
        ValueError: if a small count follows whatever else may be withheld.
    """
    hidden = set(hidden)
    for place in sorted(known.small):
        while _is_told(known, hidden, place):
            left = {p: c for p, c in price.items() if p not in hidden}
            more = _further(known, hidden, place, left)
            if not more:
                raise ValueError("no further cell can be withheld to protect a small count")
            hidden |= more
    return hidden


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
    value = {(r, c): grid[r][c] for r in range(height) for c in range(width)}
    largest = max(value.values())
    price = {
        (r, c): (MARGIN if r == height - 1 or c == width - 1 else 1.0) + n / (largest + 1) / 2
        for (r, c), n in value.items()
        if n >= THRESHOLD and (r, c) not in keep
    }
    hidden = _protected(_Known(value, _lines(grid), frozenset(small)), small, price)
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


def masked_in_groups(
    counts: Sequence[int], groups: Sequence[Sequence[int]], printed: Sequence[Cell] | None = None
) -> list[Cell]:
    """Counts of a long list of which some sums are printed elsewhere, safe to publish beside those sums.

    Args:
        counts: the list.
        groups: positions whose sum stands somewhere else in the same report; from ``len(counts)`` on a position
            is that of an earlier group, so that sums of sums can be named.
        printed: how each of those sums stands there; where it is left out, as a number.

    Raises:
        ValueError: if a small count follows from the sums whatever else is withheld.

    >>> masked_in_groups([3, 40, 20, 30], [[0, 1, 2], [2, 3]])
    [Hidden(is_small=True), Hidden(is_small=False), 20, 30]
    >>> masked_in_groups([3, 40, 20], [])
    [Hidden(is_small=True), 40, 20]
    >>> masked_in_groups([3, 40], [[0], [0, 1]], [Hidden(True), 43])
    [Hidden(is_small=True), Hidden(is_small=False)]
    """
    value = {(i, 0): n for i, n in enumerate(counts)}
    small = {p for p, n in value.items() if 0 < n < THRESHOLD}
    largest = max(counts, default=0)
    price = {p: 1.0 + n / (largest + 1) / 2 for p, n in value.items() if n >= THRESHOLD}
    # The sum itself is a cell too, below every count: printed, or hidden as it stands elsewhere.
    hidden, small_sums = set(small), set()
    lines: list[Signed] = []
    for g, group in enumerate(groups):
        place = (len(counts) + g, 0)
        value[place] = sum(value[i, 0] for i in group)
        lines.append([*(((i, 0), 1.0) for i in group), (place, -1.0)])
        shown = printed[g] if printed is not None else value[place]
        if isinstance(shown, Hidden):
            hidden.add(place)
            small_sums |= {place} if shown.is_small else set()
    found = _protected(_Known(value, lines, frozenset(small | small_sums)), hidden, price)
    return [Hidden((i, 0) in small) if (i, 0) in found else n for i, n in enumerate(counts)]


def masked_cells(
    value: Mapping[Place, int], lines: Sequence[Signed], keep: Collection[Place]
) -> dict[Place, Cell]:
    """Counts bound by sums of any shape, safe to publish together.

    Args:
        value: every count; those in ``keep`` are printed elsewhere and cannot be withheld.
        lines: each a set of places with signs that add up to nothing.

    Raises:
        ValueError: if a small count follows from the sums whatever else is withheld.

    >>> total = [((0, 0), 1.0), ((1, 0), 1.0), ((2, 0), -1.0)]
    >>> list(masked_cells({(0, 0): 3, (1, 0): 40, (2, 0): 43}, [total], [(2, 0)]).values())
    [Hidden(is_small=True), Hidden(is_small=False), 43]
    """
    small = {p for p, n in value.items() if 0 < n < THRESHOLD}
    largest = max(value.values(), default=0)
    price = {p: 1.0 + n / (largest + 1) / 2 for p, n in value.items() if n >= THRESHOLD and p not in keep}
    hidden = _protected(_Known(value, lines, frozenset(small)), small, price)
    return {p: Hidden(p in small) if p in hidden else n for p, n in value.items()}


def few(count: int) -> str:
    """A count inside a sentence: one from 1 to 4 is written <5.

    >>> few(0), few(3), few(1250)
    ('0', '<5', '1,250')
    """
    return f"<{THRESHOLD}" if 0 < count < THRESHOLD else f"{count:,}"


def small_count(count: int | None) -> int | Hidden | None:
    """A count that stands alone: from 1 to 4 it is printed as less than five.

    >>> small_count(0), small_count(3), small_count(12), small_count(None)
    (0, Hidden(is_small=True), 12, None)
    """
    return Hidden(is_small=True) if count is not None and 0 < count < THRESHOLD else count
