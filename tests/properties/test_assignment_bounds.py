"""The first law of the engine: bound <= optimum by exhaustion <= objective, with every option on."""

from __future__ import annotations

import pytest

from resettle.methods.assignment import Answer, Limits
from resettle.methods.assignment.engine import solve
from resettle.methods.assignment.highs import solve_highs
from resettle.methods.assignment.primal import Primal
from resettle.methods.assignment.search import Search
from resettle.methods.assignment.strong import StrongModel, free_sites, worth_asking
from resettle.methods.assignment.verify import verified_bound
from tests.properties.tiny_problems import exhaust, options, tiny


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


def search_holds(seed: int, nodes: int) -> bool:
    """Our own tree alone on one tiny problem; ``True`` if the problem has a plan."""
    problem = tiny(seed)
    optimum = exhaust(problem)
    primal = Primal(problem, 1)
    if not len(problem.arcs):
        return False
    model = StrongModel(problem) if worth_asking(problem) and seed % 2 else None
    strong = None if model is None else model.solve(free_sites(problem))
    search = Search(problem, Limits(nodes=nodes, iterations=80), primal, strong, strong and model)
    found = search.run()
    proved = verified_bound(problem, found.certificate)
    if optimum is None:
        assert primal.plan is None
        return False
    assert proved <= optimum, (seed, proved, optimum)
    assert found.bound <= optimum, (seed, found.bound, optimum)
    assert proved >= min(found.bound, optimum), (seed, proved, found.bound)
    assert primal.objective is None or primal.objective >= optimum
    return True


@pytest.mark.parametrize("block", range(4))
def test_own_tree_and_its_certificate_stay_below_the_optimum(block: int) -> None:
    assert sum(search_holds(seed, (0, 3, 200)[seed % 3]) for seed in range(block * 40, block * 40 + 40)) >= 8


@pytest.mark.parametrize("block", range(3))
def test_portfolio_finds_and_proves_the_optimum(block: int) -> None:
    for seed in range(1000 + block * 40, 1000 + block * 40 + 40):
        problem = tiny(seed)
        optimum = exhaust(problem)
        answer = solve(problem, Limits(nodes=100, iterations=80))
        hold(answer, optimum)
        assert (answer.status == "optimal") == (optimum is not None), seed
        if answer.certificate is not None and answer.bound_kind == "verified" and optimum is not None:
            assert verified_bound(problem, answer.certificate) >= answer.bound


def portfolio_holds(seed: int) -> None:
    """The door everybody uses, on one tiny problem, with both certificates."""
    problem = tiny(seed)
    optimum = exhaust(problem)
    answer = solve(problem, Limits(nodes=(20, 100)[seed % 2], iterations=80))
    hold(answer, optimum)
    if answer.certificate is not None and answer.bound_kind == "verified" and optimum is not None:
        assert optimum >= verified_bound(problem, answer.certificate) >= answer.bound, seed


@pytest.mark.slow
@pytest.mark.parametrize("block", range(10))
def test_ten_thousand_tiny_problems(block: int) -> None:
    seeds = range(10_000 + block * 1000, 11_000 + block * 1000)
    assert sum(search_holds(seed, (0, 3, 200)[seed % 3]) for seed in seeds) >= 300
    for seed in seeds[block % 4 :: 4]:
        portfolio_holds(seed)
    named = [options(tiny(seed)) for seed in seeds]
    for option in ("outside", "split", "mix", "budget", "p", "fixed"):
        assert sum(option in names for names in named) >= 150, option
    assert sum({"outside", "split", "mix", "budget", "p"} <= names for names in named) >= 10
