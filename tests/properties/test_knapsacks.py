"""The knapsacks of the sites against the verifier's own, on random items of every size; and the running mean."""

from __future__ import annotations

import numpy as np
import pytest

from resettle.methods.assignment import knapsacks
from resettle.methods.assignment.lagrange import Average
from resettle.methods.assignment.problem import Ints
from resettle.methods.assignment.verify import continuous_fit, greatest_fit


def fill(profit: Ints, weight: Ints, room: int, exact: bool) -> tuple[int, Ints, np.ndarray]:
    """One site, one arc an item: the profit claimed, the items taken and their shares."""
    n = len(profit)
    value, begin = np.empty(1, np.int64), np.zeros(2, np.int64)
    pick, part = np.empty(n, np.int64), np.empty(n)
    rows = np.arange(n + 1, dtype=np.int32)
    assert knapsacks.site_values(
        np.zeros(n, np.int64), np.zeros(n + 1, np.int64), True, np.array([0, n]), rows[:-1], rows[1:],
        -profit, weight, np.array([room]), np.full(n, -1, np.int8), np.array([-1], np.int8), exact,
        value, begin, pick, part,
    )  # fmt: skip
    return -int(value[0]), pick[: begin[1]].copy(), part[: begin[1]].copy()


def items(seed: int) -> tuple[Ints, Ints, int]:
    """Free, correlated or equal profits, up to far beyond what floating point holds exactly."""
    r = np.random.default_rng(seed)
    n, large = int(r.integers(1, 30)), 10 ** int(r.integers(0, 16))
    weight = r.integers(0, int(r.integers(2, 60)), n)
    profit = r.integers(1, 100 * large + 1, n)
    if seed % 3 == 0:
        profit = weight * large + r.integers(1, 5, n)
    if seed % 7 == 0:
        profit = np.full(n, profit[0])
    return profit, weight, int(r.integers(0, max(2, int(weight.sum()))))


@pytest.mark.parametrize("block", range(3))
def test_whole_knapsacks_are_the_verifiers_and_never_below_them(block: int) -> None:
    reached = 0
    for seed in range(block * 1_000, block * 1_000 + 1_000):
        profit, weight, room = items(seed)
        claimed, pick, part = fill(profit, weight, room, exact=True)
        optimum = greatest_fit(profit, weight, room)
        assert claimed >= optimum, seed  # above it only where the search was broken off
        assert (part == 1).all() and len(set(pick.tolist())) == len(pick) and weight[pick].sum() <= room
        if claimed == optimum:
            reached += 1
            assert profit[pick].sum() == optimum, seed
    assert reached >= 950


def test_continuous_knapsacks_are_the_linear_bound_rounded_up() -> None:
    for seed in range(1_000):
        profit, weight, room = items(seed)
        claimed, pick, part = fill(profit, weight, room, exact=False)
        fits = weight <= room
        bound = continuous_fit(profit[fits].tolist(), weight[fits].tolist(), room)
        assert bound <= claimed <= bound + 2 + bound * 1e-14, seed
        assert (part > 0).all() and (part <= 1).all() and (weight[pick] * part).sum() <= room + 1e-6


def test_the_running_mean_is_the_plain_one_though_only_what_is_used_is_touched() -> None:
    r = np.random.default_rng(1)
    average, plain = Average(6), np.zeros(6)
    for step in range(6_000):
        shares = np.where(r.random(6) < 0.3, r.random(6), 0.0)
        plain = shares.copy() if step == 0 else plain + Average.SHARE * (shares - plain)
        average.step()
        used = np.flatnonzero(shares)
        average.sum[used] += average.weight * shares[used]
    assert np.allclose(average.mean(), plain, atol=1e-12)
