"""Matchings against exhaustion, the proof by prices, and the serial order."""

from __future__ import annotations

import itertools

import numpy as np

from resettle.methods.matching import chances, match_classes, serial_order


def exhaust(cost: np.ndarray, count: np.ndarray, unplaced: np.ndarray) -> int:
    best = int(unplaced.sum())
    for pick in itertools.product(range(-1, cost.shape[1]), repeat=len(cost)):
        used = np.bincount([c for c in pick if c >= 0], minlength=cost.shape[1])
        if (used > count).any() or any(c >= 0 and cost[h, c] < 0 for h, c in enumerate(pick)):
            continue
        best = min(best, sum(int(unplaced[h] if c < 0 else cost[h, c]) for h, c in enumerate(pick)))
    return best


def test_matching_is_the_least_and_its_prices_prove_it() -> None:
    for seed in range(120):
        r = np.random.default_rng(seed)
        h, c = int(r.integers(1, 6)), int(r.integers(1, 4))
        cost = np.where(r.random((h, c)) < 0.2, -1, r.integers(0, 9, (h, c)))
        count, unplaced = r.integers(0, 3, c), r.integers(5, 40, h)
        result = match_classes(cost, count, unplaced)
        assert result.cost == exhaust(cost, count, unplaced)
        assert result.bound(cost, count, unplaced) == result.cost, seed
        assert (np.bincount(result.taken[result.taken >= 0], minlength=c) <= count).all()


def test_serial_order_leaves_nobody_who_could_still_take_something() -> None:
    for seed in range(60):
        r = np.random.default_rng(seed)
        cost = np.where(r.random((8, 3)) < 0.3, -1, r.integers(0, 9, (8, 3)))
        count = r.integers(0, 4, 3)
        taken = serial_order(cost, count, r.permutation(8))
        left = count - np.bincount(taken[taken >= 0], minlength=3)
        for h in np.flatnonzero(taken < 0):
            assert not ((cost[h] >= 0) & (left > 0)).any()


def test_chances_of_equal_takers_are_equal_and_add_up() -> None:
    cost = np.zeros((10, 1), np.int64)
    got, best = chances(cost, np.array([3]), np.zeros(10, np.int64), 200, 1)
    assert (got == 300_000).all() and (best == 300_000).all()


def test_priority_comes_before_chance() -> None:
    got, _ = chances(np.zeros((3, 1), np.int64), np.array([1]), np.array([1, 0, 1]), 50, 1)
    assert got.tolist() == [0, 1_000_000, 0]
