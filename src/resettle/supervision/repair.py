"""The smallest changes that would make figures agree, after Fellegi and Holt: proposed, never applied.

I. P. Fellegi and D. Holt, "A Systematic Approach to Automatic Edit and Imputation", Journal of the American
Statistical Association 71 (1976), pp. 17-35: of all changes that satisfy every edit, take one that changes
the least (weighted) set of fields. Here the edits are links between printed figures (a total and its parts, a rate
and its two numbers, a norm per head); :mod:`resettle.supervision.localise` finds the sets over all links that hang
together, and each figure of a set gets the value of its implied interval that is fewest digit edits from what is
printed. What a slip of the pen explains stands first, since a pen changes few digits.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from resettle.supervision.edits import Cells, Interval, Link, digits_of, edits, slips
from resettle.supervision.finding import Repair
from resettle.supervision.localise import interval_of, least_sets

SLIP_EDITS = 2
"""Up to so many digit edits count as a slip of the pen, told apart by their number."""
MOST = 8
"""So many alternatives are proposed at most."""
NARROW = Fraction(1, 10)
"""Other figures settle a value where what they leave open is no wider than this part of it."""


def is_small(printed: Fraction, value: Fraction, interval: Interval) -> bool:
    """Whether a proposal is one slip of the pen, or settled by other figures within the size that is printed.

    A cell of which little is known, since another one beside it is free too, may only have slipped: anything else
    would be invented.

    >>> is_small(Fraction(9043), Fraction(9043000), (Fraction(1), Fraction(10**15)))
    True
    >>> is_small(Fraction(9043), Fraction(500000000), (Fraction(1), Fraction(10**15)))
    False
    """
    if edits(printed, value) <= 1:
        return True
    settled = interval[1] - interval[0] <= NARROW * value
    return settled and printed <= 10 * value and value <= 10 * printed


def _best_value(printed: Fraction, interval: Interval, whole: bool) -> Fraction | None:
    """The value inside the interval that is fewest digit edits from the printed one."""
    low, high = interval
    if high <= 0 or low > high:
        return None
    if low == high:
        fits = digits_of(low) is not None and (not whole or low.denominator == 1)
        return low if fits else None
    inside = [v for v in slips(printed) if low <= v <= high and (not whole or v.denominator == 1)]
    inside = [v for v in inside if 10 * (high - low) <= v]
    if inside:
        return min(inside, key=lambda v: (abs(v - printed), v))
    middle = (low + high) / 2
    for step in _steps(printed, whole):
        for candidate in ((middle / step + Fraction(1, 2)) // 1 * step, -(-low // step) * step):
            if candidate > 0 and low <= candidate <= high:
                return candidate
    return None


def _steps(printed: Fraction, whole: bool) -> list[Fraction]:
    """The place to which a figure is printed, then finer ones: what is given in millions is proposed in millions."""
    zeros = (
        len(str(int(printed))) - len(str(int(printed)).rstrip("0"))
        if printed.denominator == 1 and printed
        else 0
    )
    return [Fraction(10) ** k for k in range(zeros, -1 if whole else -3, -1)]


def _values(free: frozenset[str], cells: Cells, links: Sequence[Link]) -> dict[str, Fraction] | None:
    """A value for every cell that changes, one after another from its implied interval."""
    values, left, changes = dict(cells.values), set(free), {}
    rates = {k.cells[0]: k for k in links if k.kind in ("rate", "change")}
    for cell in sorted(free, key=lambda c: (c in rates, c)):
        if cell in rates:
            expected = rates[cell].expected(values)
            interval = (
                None if expected is None else (expected - rates[cell].slack, expected + rates[cell].slack)
            )
        else:
            interval = interval_of(cell, frozenset(left), cells, links, values)
        printed = cells.values[cell]
        value = interval and _best_value(printed, interval, cell in cells.whole)
        if not interval or not value or not is_small(printed, value, interval):
            return None
        changes[cell] = values[cell] = value
        left.discard(cell)
    return changes if all(link.holds(values) for link in links) else None


def _changed(cells: Cells, changes: Mapping[str, Fraction]) -> Repair:
    listed = tuple((c, _decimal(cells.values[c]), _decimal(v)) for c, v in sorted(changes.items()))
    return Repair(listed, (sum(edits(cells.values[c], v) for c, v in changes.items()), len(changes)))


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)


def smallest_repairs(
    cells: Cells, links: Sequence[Link], pairs_in: Iterable[str] = (), sound: Sequence[Link] = ()
) -> tuple[Repair, ...]:
    """The smallest changes that make every link true, likeliest first, at most :data:`MOST`.

    Args:
        cells: the printed values, how hard each is to doubt, and which are counts.
        links: the edits, in the sense of Fellegi and Holt, that are to be mended together.
        pairs_in: cells among which two may have slipped at once, by one digit each.
        sound: links of the same component that hold and must go on holding.

    Returns:
        Slips of the pen by their number of digit edits, then the other smallest sets by weight; empty if nothing
        is wrong, or if nothing small would mend it.

    >>> cells = Cells({"t": Fraction(91), "a": Fraction(81), "b": Fraction(13)}, {}, frozenset("tab"))
    >>> [(r.cells[0][0], r.cost[0]) for r in smallest_repairs(cells, [Link("sum", ("t", "a", "b"))])]
    [('b', 1), ('t', 1), ('a', 2)]
    """
    broken = [link for link in links if not link.holds(cells.values)]
    if not broken:
        return ()
    held = [link for link in (*links, *sound) if link.holds(cells.values)]
    every = [*broken, *held]
    found: list[Repair] = []
    for chosen in least_sets(cells, broken, held, MOST):
        changes = _values(chosen, cells, every)
        if changes is not None and all(v != cells.values[c] for c, v in changes.items()):
            found.append(_changed(cells, changes))
    if min((repair.cost[0] for repair in found), default=99) > SLIP_EDITS:
        for first, second in itertools.combinations(sorted(set(pairs_in)), 2):
            found += _pairs(first, second, cells, every)
    unique = list({repair.cells: repair for repair in found}.values())
    unique.sort(key=lambda r: r.cost[0] if r.cost[0] <= SLIP_EDITS else SLIP_EDITS + 1)
    return tuple(unique[:MOST])


def slips_of(repairs: Sequence[Repair]) -> tuple[Repair, ...]:
    """Of some repairs, the slips of the pen that tie for the fewest digit edits."""
    least = min((r.cost[0] for r in repairs), default=SLIP_EDITS + 1)
    return tuple(r for r in repairs if r.cost[0] == least <= SLIP_EDITS)


def _pairs(first: str, second: str, cells: Cells, links: Sequence[Link]) -> list[Repair]:
    """Two cells of one digit edit each."""
    found = []
    near = [k for k in links if {first, second} & set(k.cells)]
    for slip in slips(cells.values[first]):
        moved = dataclasses.replace(cells, values=dict(cells.values) | {first: slip})
        other = _values(frozenset({second}), moved, near)
        if other is not None and edits(cells.values[second], other[second]) == 1:
            found.append(_changed(cells, {first: slip, second: other[second]}))
    return found
