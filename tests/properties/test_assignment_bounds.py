"""The first law of the engine: bound <= optimum by exhaustion <= objective, with every option on."""

from __future__ import annotations

import pytest

from resettle.methods.assignment import Answer
from resettle.methods.assignment.highs import solve_highs
from tests.properties.tiny_problems import exhaust, tiny


def hold(answer: Answer, optimum: int | None) -> None:
    """Assert the law on one answer."""
    if optimum is None:
        assert answer.plan is None
        return
    assert answer.status != "infeasible"
    assert answer.bound <= optimum
    if answer.objective is not None:
        assert answer.objective >= optimum
    if answer.status == "optimal":
        assert answer.bound == optimum == answer.objective


@pytest.mark.parametrize("block", range(4))
def test_highs_between_bound_and_objective(block: int) -> None:
    solved = 0
    for seed in range(block * 50, block * 50 + 50):
        problem = tiny(seed)
        optimum = exhaust(problem)
        answer = solve_highs(problem)
        hold(answer, optimum)
        solved += optimum is not None
    assert solved >= 10
