"""A given choice held against the best, on counties checked by hand. Synthetic."""

from __future__ import annotations

from resettle.methods.assignment import Limits
from resettle.siting.judge import judge
from resettle.siting.model import County, Mover
from resettle.siting.options import SitingOptions
from resettle.siting.sites import Candidate

PLACES = {"v1": (34.0, 112.0), "v2": (34.1, 112.0)}


def site(name: str, fixed_cost: int, count: int = 5) -> Candidate:
    return Candidate(name, "C1", None, fixed_cost, None, False, True, True, {5000: count}, {5000: 100})


def county() -> County:
    movers = {v: (Mover(f"h-{v}", 2, 5000),) for v in ("v1", "v2")}
    travel = {("v1", "near"): 1_000, ("v2", "near"): 2_000, ("v1", "far"): 9_000, ("v2", "far"): 1_500}
    return County("C1", movers, (site("near", 500), site("far", 900)), PLACES, travel)


def test_the_given_site_costs_more_and_the_village_that_pays_is_named() -> None:
    options = SitingOptions(distance_price_minor=10, gap_ppm=0)
    found = judge(county(), frozenset({"far"}), options, Limits())
    assert found.given.answer.objective == 900 + 200 + 2 * 9 * 10 + 2 * 15  # 1,310
    assert found.free.answer.objective == 500 + 200 + 2 * 10 + 2 * 20  # 760
    assert found.saving_minor == found.above_bound_minor == 550
    assert [(p.village_code, p.given_m, p.free_m) for p in found.payers] == [("v1", 9_000, 1_000)]


def test_the_best_choice_is_not_charged_with_anything() -> None:
    options = SitingOptions(distance_price_minor=10, gap_ppm=0)
    found = judge(county(), frozenset({"near"}), options, Limits())
    assert found.above_bound_minor == 0 and not found.payers


def test_given_sites_that_are_too_small_have_no_cost_and_say_why() -> None:
    small = County("C1", county().villages, (site("near", 500, 1), site("far", 900)), PLACES, county().travel)
    found = judge(small, frozenset({"near"}), SitingOptions(gap_ppm=0), Limits())
    assert found.above_bound_minor is None and found.saving_minor is None
    assert "siting.infeasible" in {p.code for p in found.given.problems}
