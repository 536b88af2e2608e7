"""The first law of the engine: bound <= optimum by exhaustion <= objective, with every option on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest

from resettle.methods.assignment import Answer, Arcs, AssignmentProblem, Limits, engine
from resettle.methods.assignment.anneal import begin
from resettle.methods.assignment.engine import solve
from resettle.methods.assignment.highs import solve_highs
from resettle.methods.assignment.primal import Primal
from resettle.methods.assignment.search import Search
from resettle.methods.assignment.settle import settle
from resettle.methods.assignment.special import dense_arcs, facility_location
from resettle.methods.assignment.strong import StrongModel, free_sites, worth_asking
from resettle.methods.assignment.verify import verified_bound
from resettle.methods.assignment.walker import Walker
from resettle.methods.assignment.whole_sites import whole_step
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


@pytest.mark.parametrize("block", range(2))
def test_the_law_holds_on_the_way_large_problems_go(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "MIP_ARCS", 0)
    tried: list[bool] = []
    inner = engine.settle
    monkeypatch.setattr(engine, "settle", lambda *given: (tried.append(inner(*given)), tried[-1])[1])
    for seed in range(400 + 12 * block, 412 + 12 * block):
        portfolio_holds(seed)
    assert tried, "no set of sites was settled, so that part was not tested"


def full_sites(seed: int) -> AssignmentProblem:
    """40 rows into 4 sites that are full to 99 of 100: greedy placement finds no room."""
    r = np.random.default_rng(seed)
    demand = r.integers(20, 60, 40)
    room = np.full(4, -(-int(demand.sum()) * 101 // 400), np.int64)
    return facility_location(room, np.full(4, 500), demand, r.integers(1, 1_000, (40, 4)))


@pytest.mark.parametrize("seed", range(3))
def test_full_sites_are_settled_near_their_linear_bound(seed: int) -> None:
    problem = full_sites(seed)
    primal = Primal(problem, 1)
    assert settle(problem, Limits(), primal, np.ones(4, bool)) and primal.objective is not None
    exact = solve_highs(problem, Limits(gap_ppm=1_000))
    assert primal.objective >= exact.bound
    assert primal.objective <= exact.bound * 1.05


def test_a_unit_without_room_opens_one_more_site_as_far_as_that_is_allowed() -> None:
    own = np.eye(4, dtype=np.int64) > 0
    rows, sites = np.nonzero(own)
    arcs = Arcs(rows, rows + 1, sites, np.arange(4, dtype=np.int64))
    demand, room = np.ones((4, 1), np.int64), np.ones((4, 1), np.int64)
    problem = AssignmentProblem(demand, room, np.full(4, 7), arcs)
    first = np.array([True, False, False, False])
    assert Primal(problem, 1).attempt(first) == 4 * 7 + 6
    assert Primal(replace(problem, open_max=3), 1).attempt(first) is None


@pytest.mark.parametrize("seed", range(3))
def test_a_refused_move_of_a_whole_site_leaves_everything_as_it_was(seed: int) -> None:
    problem = full_sites(seed)
    n, m, primal = problem.rows, problem.sites, Primal(problem, 1)
    none = np.zeros(0, np.int64)
    where = np.random.default_rng(seed).integers(0, m, n)
    load, count, used = np.zeros_like(problem.capacity), np.zeros(m + 1, np.int64), none.copy()
    members, place = np.empty((m + 1, n), np.int32), np.empty(n, np.int32)
    sides, room = np.zeros((n, m + 1, 0), np.int64), np.ones((m, 1))
    side_site, price = np.zeros((0, m), np.int64), np.zeros(0)
    fixed = problem.fixed_open
    begin(
        primal.cost, primal.demand, problem.capacity, problem.site_cost, fixed, sides, side_site,
        where, load, used, members, place, count,
    )  # fmt: skip
    given = (
        primal.cost, primal.demand, problem.capacity, problem.site_cost, fixed, sides, side_site, none,
        price, room,
    )  # fmt: skip
    state, journal = (where, load, used, members, place, count), np.empty((n, 2), np.int64)
    cost, taken = int(primal.cost[np.arange(n), where].sum()), 0
    for u in range(n):
        before = where.copy(), load.copy(), count.copy()
        span, b = (int((count[:m] > 0).sum()), 0, m), int(primal.near[u, 1])
        if where[u] == b:
            continue
        change, _, _ = whole_step(u, b, primal.near, given, state, journal, none.copy(), span, 1e-9)
        if (where == before[0]).all():
            assert (load == before[1]).all() and (count == before[2]).all() and change == 0
        else:
            taken += 1
            assert change == (
                int(primal.cost[np.arange(n), where].sum()) - cost
                + 500 * (int((count[:m] > 0).sum()) - span[0])
            )  # fmt: skip
        cost = int(primal.cost[np.arange(n), where].sum())
        expected = np.zeros_like(load)
        np.add.at(expected, where, primal.demand)
        assert (load == expected).all()
        assert (count[:m] == np.bincount(where, minlength=m)).all()
    assert taken < n


def test_a_walk_has_warmth_though_its_places_are_not_in_order_of_cost() -> None:
    cost = np.array(
        [[3, 2, 2], [3, 2, 2], [3, 2, 2]]
    )  # from first to third place one less: one more made nothing
    primal = Primal(facility_location(np.full(3, 9), np.zeros(3, np.int64), np.ones(3, np.int64), cost), 1)
    near = np.tile(np.arange(3), (3, 1))
    assert primal.spread(near) > 0
    assert primal.walk(np.zeros(3, np.int64), np.zeros(0), near=near)


def county(seed: int) -> AssignmentProblem:
    """30 villages, 7 sites, three sizes of homes and a budget that binds: too much for one MIP node."""
    r = np.random.default_rng(seed)
    n, m = 30, 7
    homes = r.integers(0, 6, (n, 3)) + (r.integers(0, 3, (n, 1)) == 0)
    capacity = np.ceil(2.2 * homes.sum(axis=0) / m * r.uniform(0.7, 1.3, (m, 3))).astype(np.int64)
    far = np.hypot(*(r.uniform(0, 50, (n, 1, 2)) - r.uniform(0, 50, (1, m, 2))).transpose(2, 0, 1))
    cost = np.rint(far * homes.sum(axis=1)[:, None] * 10).astype(np.int64)
    arcs = dense_arcs(cost)
    fixed = r.integers(800, 1600, m)
    money = np.rint(homes.sum(axis=1)[arcs.first] * r.uniform(20, 30, m)[arcs.site]).astype(np.int64)
    limit = np.array([int(money.mean() * n + 5.5 * fixed.mean())])
    none = np.zeros(m, np.int64)
    return AssignmentProblem(
        homes, capacity, none, arcs, side_arc=money[None], side_site=fixed[None], side_limit=limit
    )


@contextmanager
def one_core() -> Iterator[None]:
    """Let all threads share one core, where the system can do that."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@pytest.mark.parametrize("seed", range(2))
def test_one_seed_gives_one_answer_though_two_threads_work(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[int] = []
    walk = Walker.run
    monkeypatch.setattr(Walker, "run", lambda self, turns: (ran.append(turns), walk(self, turns))[1])
    monkeypatch.setattr(
        engine, "MIP_ARCS", 0
    )  # as a large problem: tree and walk, no MIP solver on the whole
    problem = county(seed)
    limits = Limits(nodes=20, seed=5)
    one = solve(problem, limits)
    with one_core():
        two = solve(problem, limits)
    assert one.repeats and two.repeats and one.plan is not None and two.plan is not None
    assert (one.bound, one.objective, one.status) == (two.bound, two.objective, two.status)
    assert (one.plan.row_arc == two.plan.row_arc).all()
    assert one.certificate is not None and two.certificate is not None
    assert [leaf.fixings for leaf in one.certificate.leaves] == [
        leaf.fixings for leaf in two.certificate.leaves
    ]
    assert ran, "the walk did not run, so nothing was tested"


def test_a_run_the_clock_ended_between_two_stages_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "MIP_ARCS", 0)
    late: list[bool] = []
    ask = engine.Portfolio._ask
    monkeypatch.setattr(
        engine.Portfolio, "_ask", lambda self, found: (ask(self, found), late.append(True))[0]
    )
    answer = solve(county(0), Limits(nodes=20, deadline=lambda: bool(late)))
    assert late and answer.status == "time_limit" and not answer.repeats


@pytest.mark.parametrize("seed", range(2))
def test_gap_limit_is_never_said_of_a_wider_gap(seed: int) -> None:
    problem = county(seed)
    share = replace(problem, common_cost=int(solve_highs(problem).bound * 0.9))
    for ppm in (5_000, 50_000):
        answer = solve_highs(share, Limits(gap_ppm=ppm))
        assert answer.status in ("optimal", "gap_limit", "work_limit")
        if answer.status == "gap_limit":
            assert answer.gap_ppm is not None and answer.gap_ppm <= ppm


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
