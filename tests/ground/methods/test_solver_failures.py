"""A solver that failed has no answer: its zeros are neither an objective nor a bound."""

from __future__ import annotations

from collections.abc import Iterator

import highspy
import numpy as np
import pytest

from resettle.methods.assignment import Answer, AssignmentProblem, Limits, engine, highs
from resettle.methods.assignment.answer import Status
from resettle.methods.assignment.engine import Portfolio, solve
from resettle.methods.assignment.highs import lower_bound, quiet_solver, solve_highs
from resettle.methods.assignment.primal import Primal
from resettle.methods.assignment.search import Search
from resettle.methods.assignment.special import facility_location
from resettle.methods.assignment.strong import StrongModel, free_sites
from tests.properties.tiny_problems import exhaust, tiny


def gains() -> AssignmentProblem:
    """Every choice is a gain, so that a bound of 0 would be false."""
    cost = np.array([[-9, -4], [-3, -8], [-5, -5]])
    return facility_location([2, 2], [1, 1], [1, 1, 1], cost)


def run_with_threads(count: int) -> highspy.HighsStatus:
    solver = quiet_solver()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", count)
    solver.passModel(highs.linear_model(gains(), 1.0))
    return solver.run()


@pytest.fixture
def threads_at_odds() -> Iterator[None]:
    """Somebody in this process used the solver with two threads; ours, with one, is refused from then on."""
    highspy.Highs.resetGlobalScheduler(True)
    try:
        assert run_with_threads(2) == highspy.HighsStatus.kOk
        assert run_with_threads(1) == highspy.HighsStatus.kError, "nothing was forced, so nothing is tested"
        yield
    finally:
        highspy.Highs.resetGlobalScheduler(True)


@pytest.mark.usefixtures("threads_at_odds")
def test_threads_at_odds_give_no_answer() -> None:
    problem = gains()
    answer = solve_highs(problem)
    assert answer.plan is None and answer.objective is None and not answer.repeats
    assert answer.status == "work_limit" and answer.bound == lower_bound(problem) == -22
    assert StrongModel(problem).solve(free_sites(problem)) is None


@pytest.mark.usefixtures("threads_at_odds")
def test_the_portfolio_goes_on_without_the_solver() -> None:
    optima = {seed: exhaust(tiny(seed)) for seed in range(5_000, 5_040)}
    for seed, optimum in optima.items():
        answer = solve(tiny(seed), Limits(nodes=100, iterations=80))
        if optimum is None:
            assert answer.plan is None
        else:
            assert answer.status != "infeasible" and answer.bound <= optimum, seed
            assert answer.objective is None or answer.objective >= optimum, seed
    assert sum(optimum is not None for optimum in optima.values()) >= 10
    answer = solve(gains())
    assert answer.objective == answer.bound == -20 and answer.status == "optimal"


@pytest.mark.parametrize("state", ["kSolveError", "kNotset", "kUnknown", "kMemoryLimit"])
def test_states_without_an_answer(state: str, monkeypatch: pytest.MonkeyPatch) -> None:
    failed = getattr(highspy.HighsModelStatus, state)
    monkeypatch.setattr(highspy.Highs, "getModelStatus", lambda _self: failed)
    answer = solve_highs(gains())
    assert answer.plan is None and answer.bound == -22


@pytest.mark.parametrize("status", ["optimal", "infeasible"])
def test_a_plan_at_hand_disproves_the_solver(status: Status, monkeypatch: pytest.MonkeyPatch) -> None:
    seed = next(s for s in range(100) if exhaust(tiny(s)) is not None)
    problem, optimum = tiny(seed), exhaust(tiny(seed))
    assert optimum is not None
    best = solve(problem)
    found = Search(problem, Limits(nodes=0), Primal(problem, 1)).run()
    assert best.objective == optimum
    own = Answer(problem, optimum - 7, "work_limit", "verified", best.plan, found.certificate)
    claimed = optimum + 5 if status == "optimal" else optimum - 100
    portfolio = Portfolio(
        problem, Limits(), Primal(problem, 1), Search(problem, Limits(), Primal(problem, 1))
    )
    portfolio.other = Answer(problem, claimed, status, "solver")
    monkeypatch.setattr(engine, "_answer", lambda *_: own)
    answer = portfolio._best(found)
    assert (answer.objective, answer.bound, answer.bound_kind) == (optimum, optimum - 7, "verified")
    assert answer.status != "infeasible"
