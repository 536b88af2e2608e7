"""What is printed never lets a small count be worked out: checked by trying every table that fits."""

from __future__ import annotations

from itertools import combinations, product

from hypothesis import given, settings
from hypothesis import strategies as st

from resettle.report.masking import masked, masked_column, masked_in_groups
from resettle.tables.pages import Cell, Hidden

HIGH = 11


def _fits(printed: Cell, value: int) -> bool:
    if isinstance(printed, Hidden):  # a reader may know that a withheld cell is not from 1 to 4
        return 0 < value < 5 if printed.is_small else not 0 < value < 5
    return printed == value


def _values_of(printed: list[list[Cell]], place: tuple[int, int]) -> set[int]:
    """Every value a cell of a 2 x 2 table can have, given what is printed, found by trying all tables."""
    found = set()
    for a, b, c, d in product(range(HIGH), repeat=4):
        grid = [[a, b, a + b], [c, d, c + d], [a + c, b + d, a + b + c + d]]
        if all(
            _fits(p, v)
            for row, line in zip(printed, grid, strict=True)
            for p, v in zip(row, line, strict=True)
        ):
            found.add(grid[place[0]][place[1]])
    return found


@settings(max_examples=12, deadline=None)
@given(st.lists(st.integers(0, 7), min_size=4, max_size=4))
def test_no_small_count_of_a_table_can_be_worked_out(numbers: list[int]) -> None:
    counts = [numbers[:2], numbers[2:]]
    if any(0 < sum(column) < 5 for column in zip(*counts, strict=True)) or 0 < sum(numbers) < 5:
        return
    try:
        printed = masked(counts)
    except ValueError:
        return
    for r in range(2):
        for c in range(2):
            if 0 < counts[r][c] < 5:
                cell = printed[r][c]
                assert isinstance(cell, Hidden) and cell.is_small
                assert len(_values_of(printed, (r, c))) > 1


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 9), min_size=1, max_size=4))
def test_no_small_count_of_a_column_can_be_worked_out(counts: list[int]) -> None:
    printed = masked_column(counts)
    high = 30 if isinstance(printed[-1], Hidden) else sum(counts) + 1
    fitting = [
        values
        for values in product(
            *[
                range(1, 5)
                if isinstance(p, Hidden) and p.is_small
                else [0, *range(5, high)]
                if isinstance(p, Hidden)
                else [p]
                for p in printed[:-1]
            ]
        )
        if printed[-1] in (Hidden(False), sum(values)) or (printed[-1] == Hidden(True) and sum(values) < 5)
    ]
    for i, count in enumerate(counts):
        if 0 < count < 5:
            assert len({values[i] for values in fitting}) > 1


def test_a_table_without_small_counts_is_printed_whole() -> None:
    assert masked([[10, 0], [7, 9]]) == [[10, 0, 10], [7, 9, 16], [17, 9, 26]]


def test_zero_is_zero_and_not_hidden() -> None:
    assert masked_column([0, 9, 8]) == [0, 9, 8, 17]


def _lists_of(printed: list[Cell], counts: list[int], groups: list[list[int]]) -> list[tuple[int, ...]]:
    """Every list that agrees with what is printed and with the sums of the groups."""
    choices = [
        range(1, 5) if p == Hidden(True) else [0, *range(5, 24)] if isinstance(p, Hidden) else [p]
        for p in printed
    ]
    return [
        values
        for values in product(*choices)  # type: ignore[arg-type]
        if all(sum(values[i] for i in g) == sum(counts[i] for i in g) for g in groups)
    ]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 9), min_size=4, max_size=5))
def test_no_small_count_of_a_list_follows_from_sums_printed_elsewhere(counts: list[int]) -> None:
    groups = [[0, 1], list(range(2, len(counts))), [0, 2], [1, *range(3, len(counts))]]
    try:
        printed = masked_in_groups(counts, groups)
    except ValueError:
        return
    fitting = _lists_of(printed, counts, groups)
    assert tuple(counts) in fitting
    for i, count in enumerate(counts):
        if 0 < count < 5:
            assert printed[i] == Hidden(True)
            assert len({values[i] for values in fitting}) > 1


def test_a_village_alone_under_five_takes_its_sites_next_smallest_with_it() -> None:
    printed = masked_in_groups([2, 16, 19, 7, 30], [[0, 1, 2], [3, 4], [0, 3], [1, 2, 4]])
    assert printed[0] == Hidden(True)
    assert printed.count(Hidden(False)) >= 2, (
        "one sum of the site and one of the band would tell it otherwise"
    )


def _fewest(counts: list[int], groups: list[list[int]]) -> int:
    """How many counts must be withheld beside the small ones at the least, found by trying every choice."""
    small = [i for i, n in enumerate(counts) if 0 < n < 5]
    others = [i for i, n in enumerate(counts) if n >= 5]
    for size in range(len(others) + 1):
        for further in combinations(others, size):
            if all(_may_differ(counts, groups, i, {*small, *further}) for i in small):
                return size
    raise AssertionError("no choice is enough")


def _may_differ(counts: list[int], groups: list[list[int]], place: int, hidden: set[int]) -> bool:
    """Whether hidden counts within two of the true ones fit every sum with another value at ``place``."""
    at = sorted(hidden)
    for steps in product((0, 1, -1, 2, -2), repeat=len(at)):
        moved = dict(zip(at, steps, strict=True))
        fits = all(
            (1 <= counts[i] + d <= 4 if counts[i] < 5 else counts[i] + d >= 5) for i, d in moved.items()
        )
        if fits and moved[place] and all(sum(moved.get(i, 0) for i in g) == 0 for g in groups):
            return True
    return False


def test_hardly_more_is_withheld_than_the_fewest_that_will_do() -> None:
    groups = [[0, 1, 2], [3, 4, 5], [0, 3], [1, 4], [2, 5]]
    tables = [[3, 20, 9, 12, 7, 30], [2, 1, 40, 8, 9, 10], [4, 6, 6, 11, 3, 25], [2, 50, 8, 9, 1, 7]]
    ours = [sum(c == Hidden(False) for c in masked_in_groups(counts, groups)) for counts in tables]
    best = [_fewest(counts, groups) for counts in tables]
    assert sum(best) > 0
    assert all(a <= b + 1 for a, b in zip(ours, best, strict=True)) and sum(ours) <= sum(best) + 1
