"""What every plan visibly pays is proved even of a run that is broken off at its first step."""

from __future__ import annotations

import numpy as np
import pytest

from resettle.methods.assignment import Arcs, AssignmentProblem, Limits
from resettle.methods.assignment.engine import solve
from resettle.methods.assignment.highs import lower_bound
from resettle.methods.assignment.prices import row_floors
from resettle.methods.assignment.verify import NO_PLAN, verified_bound
from tests.properties.tiny_problems import exhaust, tiny


@pytest.mark.parametrize("block", range(4))
def test_floors_lie_below_every_arc_and_every_optimum(block: int) -> None:
    blocks = 0
    for seed in range(block * 60, block * 60 + 60):
        problem, optimum = tiny(seed), exhaust(tiny(seed))
        sums = np.concatenate([[0], np.cumsum(row_floors(problem))])
        arcs = problem.arcs
        assert (sums[arcs.last] - sums[arcs.first] <= arcs.cost).all(), seed
        assert optimum is None or lower_bound(problem) <= optimum, seed
        blocks += bool((arcs.last - arcs.first > 1).any())
    assert blocks > 10


def villages(seed: int) -> AssignmentProblem:
    """Six villages, whole at one price or in three parts at theirs; dear sites with little room (synthetic)."""
    r = np.random.default_rng(seed)
    first, last, site, cost = [], [], [], []
    for v, j in np.ndindex(6, 4):
        for a, b in ((3 * v, 3 * v + 3), *((i, i + 1) for i in range(3 * v, 3 * v + 3))):
            first.append(a)
            last.append(b)
            site.append(j)
            cost.append(int(r.integers(900, 1_100)) * (2 if b - a == 3 else 1))
    arcs = Arcs(*(np.array(x, np.int64) for x in (first, last, site, cost)))
    room, fixed = np.full((4, 1), 70), r.integers(20_000, 90_000, 4)
    return AssignmentProblem(r.integers(5, 15, (18, 1)), room, fixed, arcs)


@pytest.mark.parametrize("seed", range(5))
def test_a_run_broken_off_at_once_proves_what_every_plan_pays(seed: int) -> None:
    problem = villages(seed)
    answer = solve(problem, Limits(deadline=lambda: True))
    assert lower_bound(problem) >= 6 * 2 * 900
    assert answer.bound >= lower_bound(problem) and answer.certificate is not None
    assert NO_PLAN > verified_bound(problem, answer.certificate) >= answer.bound
