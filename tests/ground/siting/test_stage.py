"""The siting stage on counties small enough to check by hand. All numbers are synthetic."""

from __future__ import annotations

import polars as pl
import pytest

from resettle.problems import Problem
from resettle.siting.stage import STAGE
from resettle.tables import Outputs
from resettle.words import LANGUAGES, explain_problem
from tests.ground.siting.county_cases import households, inputs, sites, villages

FOUR = households(("h1", "v1", 3, 7500), ("h2", "v1", 1, 2500), ("h3", "v2", 4, 10000), ("h4", "v2", 2, 5000))
ROOMY = {2500: (5, 30_000_00), 5000: (5, 60_000_00), 7500: (5, 90_000_00), 10000: (5, 120_000_00)}


def codes(out: Outputs) -> set[str]:
    return {p.code for p in out.problems}


def find(out: Outputs, code: str) -> Problem:
    found = [p for p in out.problems if p.code == code]
    assert found, codes(out)
    for language in LANGUAGES:
        what, remedy = explain_problem(found[0], language)
        assert "{" not in what + remedy
    return found[0]


def test_one_cheap_site_takes_both_villages() -> None:
    places = sites(
        {"site_id": "s1", "homes": ROOMY}, {"site_id": "s2", "homes": ROOMY, "fixed_cost_minor": 9_000_000}
    )
    out = STAGE.run(inputs(FOUR, villages("v1", "v2"), places, distance_price_minor=0, gap_ppm=0))
    answer = out.tables["siting_answer"].row(0, named=True)
    assert answer["status"] == "optimal"
    assert (
        answer["cost_minor"] == 1_000_000 + 300_000_00 == answer["objective_minor"] == answer["bound_minor"]
    )
    assert out.tables["household_site"]["site_id"].to_list() == ["s1"] * 4
    assert out.tables["household_site"]["dwelling_size_dm2"].to_list() == [7500, 2500, 10000, 5000]
    plan = out.tables["site_plan"].filter(pl.col("site_id") == "s1").row(0, named=True)
    assert plan["dwellings_used"] == 4 and plan["spare_ppm"] == 800_000
    assert plan["dwellings_by_size"].startswith("25 m2 1/5")


def test_every_table_fits_its_contract_and_the_order_of_rows_does_not_matter() -> None:
    places = sites({"site_id": "s1", "homes": ROOMY}, {"site_id": "s2", "homes": ROOMY})
    out = STAGE.run(inputs(FOUR, villages("v1", "v2"), places))
    back = STAGE.run(
        inputs(
            (FOUR[0].reverse(), FOUR[1].reverse()),
            villages("v1", "v2").reverse(),
            (places[0].reverse(), places[1].reverse()),
        )
    )
    for table in STAGE.provides:
        assert out.tables[table.name].schema == pl.Schema(table.schema())
        assert out.tables[table.name].equals(back.tables[table.name])


def test_decided_site_stays_open_though_nobody_needs_it() -> None:
    places = sites(
        {"site_id": "s1", "homes": ROOMY},
        {"site_id": "s2", "homes": ROOMY, "fixed_cost_minor": 9_000_000, "is_fixed": True, "latitude": 36.0},
    )
    out = STAGE.run(inputs(FOUR, villages("v1", "v2"), places))
    assert out.tables["site_plan"].filter(pl.col("site_id") == "s2")["is_open"].item()


@pytest.mark.parametrize(
    ("column", "reason"),
    [("in_red_line", "red_line"), ("in_hazard_zone", "hazard_zone"), ("on_basic_farmland", "basic_farmland")],
)
def test_hard_exclusion_is_never_traded_however_cheap(column: str, reason: str) -> None:
    places = sites(
        {"site_id": "s1", "homes": ROOMY, "fixed_cost_minor": 0, column: True},
        {"site_id": "s2", "homes": ROOMY, "fixed_cost_minor": 9_000_000_000},
    )
    out = STAGE.run(inputs(FOUR, villages("v1", "v2"), places))
    rows = {r["site_id"]: r for r in out.tables["site_plan"].iter_rows(named=True)}
    assert rows["s1"]["excluded_reason"] == reason and rows["s2"]["is_open"]


@pytest.mark.parametrize(("mode", "extra"), [("cost", 7_000_000), ("pass", 0)])
def test_four_package_as_cost_or_pass(mode: str, extra: int) -> None:
    places = sites({"site_id": "s1", "homes": ROOMY, "has_industry": False, "fix_cost_minor": 7_000_000})
    out = STAGE.run(inputs(FOUR, villages("v1", "v2"), places, four_package=mode))
    assert out.tables["siting_answer"]["cost_minor"].item() == 1_000_000 + 300_000_00 + extra


def test_four_package_as_fail_excludes() -> None:
    places = sites({"site_id": "s1", "homes": ROOMY, "has_industry": False})
    out = STAGE.run(inputs(FOUR, villages("v1", "v2"), places, four_package="fail"))
    assert out.tables["site_plan"]["excluded_reason"].item() == "four_package"
    assert out.tables["household_site"]["status"].to_list() == ["unplaced"] * 4


def test_too_few_homes_names_village_size_and_what_helps() -> None:
    places = sites({"site_id": "s1", "homes": {2500: (1, 1), 5000: (1, 1), 7500: (4, 1), 10000: (0, 1)}})
    out = STAGE.run(inputs(FOUR, villages("v1", "v2"), places))
    assert "v2" in find(out, "siting.infeasible").values["villages"]
    assert "100 m2 x 1" in find(out, "siting.relax_capacity").values["homes"]
    find(out, "siting.relax_smaller")
    assert out.tables["siting_answer"]["status"].item() == "infeasible"
    assert out.tables["household_site"].height == 4


def test_smaller_home_is_dealt_where_allowed_never_a_larger_one() -> None:
    places = sites({"site_id": "s1", "homes": {2500: (1, 1), 5000: (1, 1), 7500: (4, 1), 10000: (0, 1)}})
    out = STAGE.run(inputs(FOUR, villages("v1", "v2"), places, allow_smaller_dwelling=True))
    assert out.tables["household_site"]["dwelling_size_dm2"].to_list() == [7500, 2500, 7500, 5000]


def test_budget_too_small_says_by_how_much() -> None:
    places = sites({"site_id": "s1", "homes": ROOMY})
    out = STAGE.run(inputs(FOUR, villages("v1", "v2"), places, budget_minor={"C1": 30_000_000}))
    assert find(out, "siting.relax_budget").values["more"] == "10,000.00"


def test_distance_limit_names_the_village_and_the_distance_that_helps() -> None:
    places = sites({"site_id": "s1", "homes": ROOMY})
    out = STAGE.run(inputs(FOUR, villages("v1", "v2"), places, distance_limit_m=8_000))
    assert find(out, "siting.village_unreachable").value == "v2"
    needed = find(out, "siting.relax_distance").values["needed"]
    again = STAGE.run(inputs(FOUR, villages("v1", "v2"), places, distance_limit_m=needed))
    assert again.tables["siting_answer"]["households_unplaced"].item() == 0
    short = STAGE.run(inputs(FOUR, villages("v1", "v2"), places, distance_limit_m=needed - 1))
    assert short.tables["siting_answer"]["households_unplaced"].item() == 2


def test_missing_distance_is_not_zero() -> None:
    places = sites({"site_id": "s1", "homes": ROOMY, "latitude": None})
    out = STAGE.run(inputs(FOUR, villages("v1", "v2"), places, distance_limit_m=50_000))
    find(out, "siting.village_without_distance")
    free = STAGE.run(inputs(FOUR, villages("v1", "v2"), places))
    assert free.tables["village_assignment"]["distance_m"].to_list() == [None, None]


def test_travel_distances_are_joined_by_name_and_bad_ones_reported() -> None:
    places = sites({"site_id": "s1", "homes": ROOMY})
    travel = pl.DataFrame(
        {
            "village_code": ["v2", "v1", "v9", "v1"],
            "site_id": ["s1", "s1", "s1", "s7"],
            "distance_m": [222, 111, 5, -4],
        }
    )
    out = STAGE.run(inputs(FOUR, villages("v1", "v2"), places, travel))
    assert out.tables["village_assignment"]["distance_m"].to_list() == [111, 222]
    assert find(out, "siting.distance_negative").values["count"] == 1
    assert find(out, "siting.distance_stranger").values["count"] == 2


def test_unknown_size_and_village_have_lines_of_their_own() -> None:
    people = households(("h1", "v1", 3, None), ("h2", "v1", 1, 2500))
    people = (
        pl.concat([people[0], people[0].head(1).with_columns(household_id=pl.lit("h3"), village_code=None)]),
        pl.concat([people[1], people[1].head(1).with_columns(household_id=pl.lit("h3"))]),
    )
    out = STAGE.run(inputs(people, villages("v1"), sites({"site_id": "s1", "homes": ROOMY})))
    assert out.tables["household_site"]["status"].to_list() == ["size_unknown", "assigned", "village_unknown"]
    assert out.tables["siting_answer"]["households_size_unknown"].item() == 1
    find(out, "siting.size_unknown")
    find(out, "siting.village_unknown")


def test_sites_without_capacity_or_county_and_duplicates_are_said() -> None:
    places = sites(
        {"site_id": "s1", "homes": ROOMY},
        {"site_id": "s2"},
        {"site_id": "s3", "homes": ROOMY, "county_code": None},
        {"site_id": "s4", "homes": ROOMY},
        {"site_id": "s5", "homes": ROOMY, "in_red_line": None, "latitude": 35.0, "fixed_cost_minor": None},
        {"site_id": "s6", "homes": ROOMY, "in_red_line": True, "is_fixed": True},
    )
    out = STAGE.run(inputs(FOUR, villages("v1", "v2"), places))
    for code in (
        "no_capacity",
        "county_unknown",
        "duplicate_place",
        "exclusion_unchecked",
        "site_cost_unknown",
        "fixed_excluded",
    ):
        find(out, f"siting.{code}")


def test_village_larger_than_any_site_is_split_and_said() -> None:
    people = households(*[(f"h{k:02d}", "v1", 2, 5000) for k in range(30)])
    stock = {5000: (20, 1)}
    out = STAGE.run(
        inputs(
            people,
            villages("v1"),
            sites({"site_id": "s1", "homes": stock}, {"site_id": "s2", "homes": stock, "latitude": 34.1}),
        )
    )
    find(out, "siting.village_split")
    assert out.tables["village_assignment"]["households"].to_list() == [20, 10]


def test_scattered_stock_is_used_up_to_its_share() -> None:
    people = households(*[(f"h{k}", f"v{k}", 2, 5000) for k in range(4)])
    places = sites({"site_id": "s1", "homes": {5000: (4, 60_000_00)}})
    out = STAGE.run(
        inputs(
            people,
            villages("v0", "v1", "v2", "v3"),
            places,
            scattered_cost_minor=1,
            scattered_share_ppm=500_000,
        )
    )
    assert out.tables["siting_answer"]["households_scattered"].item() == 2


def test_assessment_above_eight_hundred_persons() -> None:
    people = households(*[(f"h{k:03d}", "v1", 9, 5000) for k in range(90)])
    out = STAGE.run(inputs(people, villages("v1"), sites({"site_id": "s1", "homes": {5000: (100, 1)}})))
    assert out.tables["site_plan"]["needs_capacity_assessment"].item()


def test_unknown_or_impossible_option_is_said() -> None:
    places = sites({"site_id": "s1", "homes": ROOMY})
    out = STAGE.run(inputs(FOUR, villages("v1", "v2"), places, max_distance=3, gap_ppm=-1))
    find(out, "siting.option_unknown")
    find(out, "siting.option_refused")


def test_an_unknown_way_weighs_as_the_longest_known_and_is_said() -> None:
    """The site nobody knows the place of may not win because its way counts as nothing."""
    homes = {5000: (9, 60_000_00)}
    people = households(("h1", "v1", 3, 5000))
    places = sites(
        {"site_id": "near", "homes": homes, "latitude": 34.1},
        {"site_id": "far", "homes": homes, "latitude": 34.9},
        {"site_id": "nowhere", "homes": homes, "latitude": None},
    )
    out = STAGE.run(inputs(people, villages("v1"), places, distance_price_minor=100_00, gap_ppm=0))
    row = out.tables["village_assignment"].row(0, named=True)
    assert row["site_id"] == "near" and row["distance_m"] > 0
    assert not [p for p in out.problems if p.code == "siting.way_unknown"]
    lost = sites({"site_id": "nowhere", "homes": homes, "latitude": None})
    alone = STAGE.run(inputs(people, villages("v1"), lost, distance_price_minor=100_00))
    assert find(alone, "siting.way_unknown").values["count"] == 1


def test_a_site_is_not_chosen_because_nobody_wrote_down_what_it_costs() -> None:
    homes = {5000: (9, 60_000_00)}
    people = households(("h1", "v1", 3, 5000))
    known = {"site_id": "a", "homes": homes, "fixed_cost_minor": 1_000_00}
    dear = {"site_id": "b", "homes": homes, "fixed_cost_minor": 9_000_000, "latitude": 34.2}
    unknown = {"site_id": "c", "homes": homes, "fixed_cost_minor": None, "latitude": 34.1}
    every = sites(known, dear, unknown)
    out = STAGE.run(inputs(people, villages("v1"), every, distance_price_minor=0, gap_ppm=0))
    assert out.tables["site_plan"].filter("is_open")["site_id"].to_list() == ["a"]
    assert out.tables["siting_answer"]["cost_known"].item()
    decided = sites(dear, unknown | {"is_fixed": True})
    forced = STAGE.run(inputs(people, villages("v1"), decided, distance_price_minor=0, gap_ppm=0))
    row = forced.tables["site_plan"].filter("is_open").row(0, named=True)
    assert (row["site_id"], row["cost_minor"], row["cost_known"]) == ("c", 60_000_00, False)
    assert not forced.tables["siting_answer"]["cost_known"].item()


def test_a_package_nobody_checked_costs_an_unknown_sum() -> None:
    homes = {5000: (9, 60_000_00)}
    people = households(("h1", "v1", 3, 5000))
    site = {"site_id": "a", "homes": homes, "has_industry": None, "fix_cost_minor": 7_00}
    out = STAGE.run(inputs(people, villages("v1"), sites(site), four_package="cost"))
    assert not out.tables["site_plan"]["cost_known"].item()
    free = STAGE.run(inputs(people, villages("v1"), sites(site | {"fix_cost_minor": 0}), four_package="cost"))
    assert free.tables["site_plan"]["cost_known"].item()


def test_a_home_of_unknown_size_leaves_the_cost_of_its_site_open() -> None:
    people = households(("h1", "v1", 3, 5000), ("h2", "v1", 3, None))
    out = STAGE.run(inputs(people, villages("v1"), sites({"site_id": "a", "homes": {5000: (9, 60_000_00)}})))
    assert not out.tables["site_plan"]["cost_known"].item()


def test_who_has_not_answered_while_others_have_is_planned_for_and_said() -> None:
    people, entitled = households(*[(f"h{k}", "v1", 2, 5000) for k in range(4)])
    people = people.with_columns(
        agreement_signed=pl.Series([True, False, None, None]),
        mode_wish=pl.Series(["central", None, None, "kin"]),
    )
    place = sites({"site_id": "s1", "homes": ROOMY})
    out = STAGE.run(inputs((people, entitled), villages("v1"), place))
    assert find(out, "siting.agreement_unknown").values["count"] == 2
    assert find(out, "siting.mode_unknown").values["count"] == 1
    assert out.tables["household_site"]["status"].to_list() == ["assigned", "assigned", "scattered"]
    silent = people.with_columns(agreement_signed=pl.lit(None, pl.Boolean), mode_wish=pl.lit(None, pl.String))
    out = STAGE.run(inputs((silent, entitled), villages("v1"), place))
    assert not [p for p in out.problems if p.code in ("siting.agreement_unknown", "siting.mode_unknown")]
