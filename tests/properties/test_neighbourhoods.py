"""Which sites lie near each other: only rows that know both have a say, and a site without any lies far."""

from __future__ import annotations

import numpy as np
import pytest

from resettle.methods.assignment.neighbourhood import _apart


@pytest.mark.parametrize("seed", range(5))
def test_sites_are_as_far_apart_as_the_rows_that_know_both_say(seed: int) -> None:
    r = np.random.default_rng(seed)
    known = np.where(r.random((30, 8)) < 0.3, r.integers(1, 100, (30, 8)).astype(float), np.nan)
    lone = 0
    for j in range(8):
        told = _apart(known, j)
        for other in range(8):
            said = [abs(a - b) for a, b in known[:, [j, other]].tolist() if a == a and b == b]
            assert told[other] == (pytest.approx(sum(said) / len(said)) if said else 1e18)
            lone += not said
    known[:, 3] = np.nan
    assert (_apart(known, 3) == 1e18).all() and _apart(known, 0)[3] == 1e18 and lone < 30
