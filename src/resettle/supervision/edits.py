"""Links between printed figures, the cells they join, and how far two printed values are apart."""

from __future__ import annotations

import bisect
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Literal

Interval = tuple[Fraction, Fraction]


@dataclass(frozen=True, slots=True)
class Link:
    """An equation between printed figures, true to the precision they are printed with.

    Attributes:
        kind: ``sum`` (first = the others added), ``norm`` (first = second x the others added),
            ``rate`` (first = 100 x second / third), ``change`` (first = 100 x |second - third| / third).
        cells: ids of the figures in that order.
        slack: half a unit of the last printed place of the first cell.
    """

    kind: Literal["sum", "norm", "rate", "change"]
    cells: tuple[str, ...]
    slack: Fraction = Fraction(0)

    def expected(self, values: Mapping[str, Fraction]) -> Fraction | None:
        """What the first cell should be, given the others; ``None`` where it cannot be said."""
        if self.kind == "sum":
            return sum((values[c] for c in self.cells[1:]), Fraction(0))
        if self.kind == "norm":
            return values[self.cells[1]] * sum((values[c] for c in self.cells[2:]), Fraction(0))
        over, below = values[self.cells[1]], values[self.cells[2]]
        if below == 0:
            return None
        return 100 * (abs(over - below) if self.kind == "change" else over) / below

    def holds(self, values: Mapping[str, Fraction]) -> bool:
        """Whether the link is true at printed precision."""
        expected = self.expected(values)
        return expected is not None and abs(values[self.cells[0]] - expected) <= self.slack

    def allowed(self, cell: str, values: Mapping[str, Fraction]) -> Interval | None:
        """The values of one cell that make the link true, the others as they stand."""
        low, high = values[self.cells[0]] - self.slack, values[self.cells[0]] + self.slack
        if cell == self.cells[0]:
            expected = self.expected(values)
            return None if expected is None else (expected - self.slack, expected + self.slack)
        if self.kind == "sum":
            rest = sum((values[c] for c in self.cells[1:] if c != cell), Fraction(0))
            return low - rest, high - rest
        if self.kind == "norm":
            return self._allowed_in_norm(cell, values, low, high)
        over, below = self.cells[1], self.cells[2]
        if self.kind == "change":
            return self._allowed_in_change(cell, values, low, high)
        if cell == over:
            return low * values[below] / 100, high * values[below] / 100
        if low <= 0 or high <= 0:
            return None
        return 100 * values[over] / high, 100 * values[over] / low

    def _allowed_in_change(
        self, cell: str, values: Mapping[str, Fraction], low: Fraction, high: Fraction
    ) -> Interval | None:
        """The new value or the old one, on the side on which the change is printed."""
        new, old = values[self.cells[1]], values[self.cells[2]]
        sign = 1 if new >= old else -1
        ends = [1 + sign * low / 100, 1 + sign * high / 100]
        if min(ends) <= 0:
            return None
        made = sorted(old * e if cell == self.cells[1] else new / e for e in ends)
        return made[0], made[1]

    def _allowed_in_norm(
        self, cell: str, values: Mapping[str, Fraction], low: Fraction, high: Fraction
    ) -> Interval | None:
        heads = self.cells[1]
        if cell == heads:
            norm = sum((values[c] for c in self.cells[2:]), Fraction(0))
            return None if norm <= 0 else (low / norm, high / norm)
        if values[heads] <= 0:
            return None
        rest = sum((values[c] for c in self.cells[2:] if c != cell), Fraction(0))
        return low / values[heads] - rest, high / values[heads] - rest


def digits_of(value: Fraction) -> str | None:
    """The digits of a value as printed, or ``None`` if it has no finite decimal form of four places."""
    for places in range(5):
        scaled = value * 10**places
        if scaled.denominator == 1:
            whole = str(abs(int(scaled))).rjust(places + 1, "0")
            return whole if places == 0 else f"{whole[:-places]}.{whole[-places:]}"
    return None


def edits(before: Fraction, after: Fraction) -> int:
    """How many digit edits lie between two values; a slip of a power of ten or a swap counts one.

    >>> edits(Fraction(46600), Fraction(6600)), edits(Fraction(12), Fraction(120))
    (1, 1)
    >>> edits(Fraction(5401), Fraction(5041))
    1
    """
    if before == after:
        return 0
    if before > 0 and after > 0:
        ratio = max(before, after) / min(before, after)
        if ratio.denominator == 1 and str(int(ratio)).strip("0") == "1":
            return 1
    a, b = digits_of(before), digits_of(after)
    if a is None or b is None:
        return 99
    if len(a.partition(".")[2]) == len(b.partition(".")[2]):
        a, b = a.replace(".", ""), b.replace(".", "")  # 14.1 for 11.4: a swap across the point is one slip
    return _distance(a, b)


def _distance(a: str, b: str) -> int:
    """Optimal string alignment: insert, delete, replace, swap neighbours."""
    rows = [[i + j if i * j == 0 else 0 for j in range(len(b) + 1)] for i in range(len(a) + 1)]
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            cost = 0 if a[i - 1] == b[j - 1] else 1
            rows[i][j] = min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + cost)
            if i > 1 and j > 1 and a[i - 1] == b[j - 2] and a[i - 2] == b[j - 1]:
                rows[i][j] = min(rows[i][j], rows[i - 2][j - 2] + 1)
    return rows[-1][-1]


def is_slip(value: Fraction, other: Fraction, slack: Fraction = Fraction(0)) -> bool:
    """Whether one edit of a value comes within the slack of another.

    >>> is_slip(Fraction(5401), Fraction(5041)), is_slip(Fraction(5401), Fraction(1045))
    (True, False)
    """
    made = slips(value)
    place = bisect.bisect_left(made, other - slack)
    return place < len(made) and made[place] <= other + slack


@lru_cache(maxsize=20_000)
def slips(value: Fraction) -> tuple[Fraction, ...]:
    """Every value one edit away: a digit changed, left out, doubled or swapped, a power of ten."""
    text = digits_of(value)
    if text is None:
        return ()
    made: set[str] = set()
    for i, char in enumerate(text):
        if not char.isdigit():
            continue
        made.add(text[:i] + text[i + 1 :])
        made.update(text[:i] + d + text[i + 1 :] for d in "0123456789")
        made.update(text[:i] + d + text[i:] for d in "0123456789")
        if text[i + 1 : i + 2] == "." and i + 2 < len(text):
            made.add(text[:i] + text[i + 2] + "." + char + text[i + 3 :])
        if i + 1 < len(text) and text[i + 1].isdigit():
            made.add(text[:i] + text[i + 1] + char + text[i + 2 :])
    found = {Fraction(t) for t in made if t.strip(".") and t[0] != "." and t[-1] != "."}
    found |= {value * 10**k for k in range(1, 5)} | {value / 10**k for k in range(1, 5)}
    return tuple(sorted(v for v in found if v > 0 and v != value and digits_of(v) is not None))


@dataclass(frozen=True, slots=True)
class Cells:
    """The figures a repair may change: values, weights, and which must stay whole numbers."""

    values: Mapping[str, Fraction]
    weights: Mapping[str, int]
    whole: frozenset[str] = frozenset()
