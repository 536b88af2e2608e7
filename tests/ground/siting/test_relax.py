"""What is said of a county that cannot be planned: what is named must help, and help alone. Synthetic."""

from __future__ import annotations

import re

import polars as pl
import pytest

from resettle.methods.assignment import Limits
from resettle.siting.county import plan_county
from resettle.siting.model import County, Mover
from resettle.siting.options import SitingOptions
from resettle.siting.sites import Candidate
from resettle.siting.stage import STAGE
from resettle.tables import Outputs
from resettle.words import LANGUAGES, explain_problem
from tests.ground.siting.county_cases import households, inputs, sites, villages

FOUR = households(("h1", "v1", 3, 7500), ("h2", "v1", 1, 2500), ("h3", "v2", 4, 10000), ("h4", "v2", 2, 5000))
ROOMY = {2500: (5, 30_000_00), 5000: (5, 60_000_00), 7500: (5, 90_000_00), 10000: (5, 120_000_00)}
TIGHT = {2500: (1, 1), 5000: (1, 1), 7500: (4, 1), 10000: (0, 1)}


def told(out: Outputs) -> dict[str, str]:
    """Problems by code as an English reader sees them; both languages must be whole."""
    for problem in out.problems:
        for language in LANGUAGES:
            assert "{" not in "".join(explain_problem(problem, language))
    return {p.code: explain_problem(p, "en")[0] for p in out.problems}


def unplaced(out: Outputs) -> int:
    return int(out.tables["siting_answer"]["households_unplaced"].item())


def test_the_homes_named_at_the_site_named_make_room() -> None:
    out = STAGE.run(inputs(FOUR, villages("v1", "v2"), sites({"site_id": "s1", "homes": TIGHT})))
    said = told(out)["siting.relax_capacity"]
    assert "s1: " in said
    added = {int(float(size) * 100): int(count) for size, count in re.findall(r"([\d.]+) m2 x (\d+)", said)}
    more = {size: (count + added.get(size, 0), cost) for size, (count, cost) in TIGHT.items()}
    again = STAGE.run(inputs(FOUR, villages("v1", "v2"), sites({"site_id": "s1", "homes": more})))
    assert unplaced(out) and not unplaced(again)


def test_an_excluded_site_that_would_do_is_named_and_not_taken() -> None:
    places = sites(
        {"site_id": "s1", "homes": TIGHT}, {"site_id": "wet", "homes": ROOMY, "in_hazard_zone": True}
    )
    out = STAGE.run(inputs(FOUR, villages("v1", "v2"), places))
    assert "wet would make room" in told(out)["siting.barred_would_help"]
    assert not out.tables["site_plan"].filter(pl.col("site_id") == "wet")["is_open"].item()
    assert unplaced(out)


def test_a_site_left_out_for_its_package_is_offered_for_completion() -> None:
    places = sites(
        {"site_id": "s1", "homes": TIGHT},
        {"site_id": "bare", "homes": ROOMY, "has_industry": False, "fix_cost_minor": 5},
    )
    out = STAGE.run(inputs(FOUR, villages("v1", "v2"), places, four_package="fail"))
    assert "bare" in told(out)["siting.relax_package"]
    assert not unplaced(STAGE.run(inputs(FOUR, villages("v1", "v2"), places, four_package="cost")))


def test_a_budget_that_is_short_is_not_mistaken_for_missing_homes() -> None:
    places = sites({"site_id": "s1", "homes": ROOMY})
    said = told(STAGE.run(inputs(FOUR, villages("v1", "v2"), places, budget_minor={"C1": 30_000_000})))
    assert "siting.relax_budget" in said and "siting.relax_capacity" not in said


def test_roads_that_join_nothing_send_nobody_and_the_village_is_named() -> None:
    ways = pl.DataFrame(
        {
            "village_code": ["v1", "v1", "v2", "v2"],
            "site_id": ["s1", "s2", "s1", "s2"],
            "distance_m": [1_000, 2_000, 1_000, None],
            "is_cut_off": [False, True, True, True],
        },
        schema_overrides={"distance_m": pl.Int64},
    )
    places = sites({"site_id": "s1", "homes": ROOMY}, {"site_id": "s2", "homes": ROOMY})
    out = STAGE.run(inputs(FOUR, villages("v1", "v2"), places, ways))
    assert "v2" in told(out)["siting.village_cut_off"]
    goes = {r["village_code"]: r["site_id"] for r in out.tables["village_assignment"].to_dicts()}
    assert goes == {"v1": "s1", "v2": ""}
    assert unplaced(out) == 2
    assert "siting.distance_missing" not in told(out)


def test_a_travel_table_in_any_order_of_rows_gives_the_same_plan() -> None:
    ways = pl.DataFrame(
        [
            {"village_code": v, "site_id": s, "distance_m": d}
            for v, s, d in (("v1", "s1", 9_000), ("v1", "s2", 500), ("v2", "s1", 700), ("v2", "s2", 8_000))
        ]
    )
    places = sites({"site_id": "s1", "homes": ROOMY}, {"site_id": "s2", "homes": ROOMY})
    one, other = (
        STAGE.run(inputs(FOUR, villages("v1", "v2"), places, w, distance_price_minor=10**6))
        for w in (ways, ways.sort("distance_m", "site_id").select("distance_m", "site_id", "village_code"))
    )
    assert one.tables["village_assignment"].equals(other.tables["village_assignment"])
    assert one.tables["village_assignment"]["site_id"].to_list() == ["s2", "s1"]


@pytest.mark.parametrize("calls", [0, 3])
def test_a_county_far_too_large_for_its_time_answers_with_a_gap_or_says_so(calls: int) -> None:
    movers = {
        f"v{k:03d}": tuple(Mover(f"h{k}-{i}", 1 + i % 6, 5000) for i in range(20 + k % 17))
        for k in range(200)
    }
    places = {f"v{k:03d}": (33.0 + k % 20 / 20, 112.0 + k // 20 / 10) for k in range(200)}
    stock = tuple(
        Candidate(
            f"s{j:02d}", "C1", (33.0 + j % 7 / 7, 112.0 + j / 40), 10**8 + j, None, False, True, True,
            {5000: 400}, {5000: 10**7},
        )
        for j in range(40)
    )  # fmt: skip
    left = [calls]

    def over() -> bool:
        left[0] -= 1
        return left[0] < 0

    found = plan_county(County("C1", movers, stock, places), SitingOptions(), Limits(deadline=over))
    if found.is_partial:
        assert {"siting.no_plan_in_time", "siting.infeasible"} & {p.code for p in found.problems}
    else:
        assert found.answer.objective is not None and found.answer.bound <= found.answer.objective
        assert found.answer.gap_ppm is not None and not found.answer.repeats
