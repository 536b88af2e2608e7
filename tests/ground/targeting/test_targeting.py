"""Targeting: the line and its break, two criteria, prompts that remove nobody, errors, the split, the cliff."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resettle.methods.targeting_measures import concentration, share_of, split_exclusion
from resettle.tables import AUDIT, HOUSEHOLD, MATCH_LIST, PERSON, QUOTA, VILLAGE, Inputs, Outputs, conform
from resettle.targeting import STAGE, line_table
from resettle.targeting.criteria import deprivations, with_income

PACK = Path(__file__).parents[3] / "src" / "resettle_packs" / "cn_luoyang" / "targeting.toml"
DOCUMENT = tomllib.loads(PACK.read_text(encoding="utf-8"))
LINE = 295_200  # 2016, Yunnan survey yearbook 2017


def house(name: str, **values: Any) -> dict[str, Any]:
    base = {
        "household_id": name,
        "household_class": "registered_poor",
        "county_code": "410325",
        "village_code": "v1",
        "member_count": 2,
        "person_listed": True,
        "income_minor": LINE * 2 - 1,
        "income_year": 2016,
        "old_dwelling_area_dm2": 6000,
    }
    return base | values


def member(name: str, house_id: str, **values: Any) -> dict[str, Any]:
    base = {
        "person_id": name,
        "household_id": house_id,
        "relation": "head",
        "birth_date": date(1970, 1, 1),
        "labour_class": "ordinary",
        "health": "healthy",
        "education": "junior",
        "is_student": False,
        "has_insurance": True,
    }
    return base | values


def run(
    houses: list[dict[str, Any]], persons: list[dict[str, Any]] | None = None, **tables: pl.DataFrame
) -> Outputs:
    people = (
        persons
        if persons is not None
        else [member(h["household_id"] + "-a", h["household_id"]) for h in houses]
    )
    given_tables = {
        "household": conform(pl.DataFrame(houses, infer_schema_length=None), HOUSEHOLD)[0],
        "person": conform(pl.DataFrame(people, infer_schema_length=None), PERSON)[0],
    }
    pack = SimpleNamespace(
        files=lambda: ["targeting.toml"], read_text=lambda _: PACK.read_text(encoding="utf-8")
    )
    return STAGE.run(Inputs(given_tables | tables, {"as_of": date(2016, 6, 30), "plan_year": 2016}, pack))


def by_house(result: Outputs) -> dict[str, dict[str, Any]]:
    return {row["household_id"]: row for row in result.tables["targeting_household"].iter_rows(named=True)}


def codes(result: Outputs) -> list[str]:
    return [p.code for p in result.problems]


def test_line_by_year_and_its_break() -> None:
    lines = {row["year"]: row for row in line_table(DOCUMENT).iter_rows(named=True)}
    assert lines[2016]["line_minor"] == LINE and lines[2010]["line_minor"] == 230_000
    assert [year for year, row in lines.items() if row["is_break"]] == [2014]
    assert (lines[2013]["line_measure"], lines[2014]["line_measure"]) == ("net", "disposable")


def test_one_yuan_decides_and_the_break_is_said() -> None:
    result = run(
        [
            house("below"),
            house("at", income_minor=LINE * 2),
            house("before", income_minor=273_600 * 2 - 1, income_year=2013),
            house("none", income_minor=None),
        ]
    )
    rows = by_house(result)
    assert [rows[k]["is_income_poor"] for k in ("below", "at", "before", "none")] == [True, False, True, None]
    assert (rows["below"]["is_comparable"], rows["before"]["is_comparable"]) == (False, True)
    assert rows["none"]["agreement"] == "unknown" and rows["none"]["is_near_line"] is None
    assert "targeting.series_break" in codes(result)


def test_income_of_a_year_without_a_line_is_unknown_and_said() -> None:
    result = run([house("old", income_year=2005)])
    assert by_house(result)["old"]["is_income_poor"] is None
    assert "targeting.line_absent" in codes(result)


def test_unknown_deprivations_decide_only_if_they_cannot_matter() -> None:
    sick = [member("p", "h", labour_class="lost", health="serious", education=None, has_insurance=None)]
    row = by_house(run([house("h")], sick))["h"]
    assert (
        row["is_multidimensionally_poor"] is True and row["deprivation_low_ppm"] < row["deprivation_high_ppm"]
    )
    row = by_house(run([house("h")], [member("p", "h", labour_class=None, health=None)]))["h"]
    assert row["is_multidimensionally_poor"] is None
    row = by_house(run([house("h")], [member("p", "h")]))["h"]
    assert (row["is_multidimensionally_poor"], row["agreement"]) == (False, "income_only")


def test_a_match_asks_and_removes_nobody() -> None:
    lists = conform(
        pl.DataFrame(
            {
                "list": ["vehicle", "vehicle", "boats", "company"],
                "household_id": ["a", "a", "a", "stranger"],
                "person_id": ["p", "p", None, None],
            }
        ),
        MATCH_LIST,
    )[0]
    result = run([house("a", has_flat_in_town=True), house("b")], match_list=lists)
    prompts = result.tables["targeting_match"]
    assert sorted(prompts["list"].to_list()) == ["boats", "flat_in_town", "vehicle"]
    assert prompts["decision"].unique().to_list() == ["open"]
    assert {"targeting.match_twice", "targeting.match_stranger", "targeting.match_list_unknown"} <= set(
        codes(result)
    )
    rows = by_house(result)
    assert (rows["a"]["list_status"], rows["b"]["list_status"]) == ("registered", "registered")


def test_a_person_whom_the_lists_put_into_two_households_is_a_question_and_not_a_double() -> None:
    rows = {"list": ["vehicle", "payroll"], "household_id": ["a", "b"], "person_id": ["p", "p"]}
    result = run([house("a"), house("b")], match_list=conform(pl.DataFrame(rows), MATCH_LIST)[0])
    assert "targeting.match_twice" not in codes(result)
    (torn,) = [p for p in result.problems if p.code == "targeting.match_torn"]
    assert (torn.value, torn.values["households"]) == ("p", "a, b")
    assert sorted(result.tables["targeting_match"]["household_id"]) == ["a", "b"]


def test_exclusion_splits_exactly_and_waiting_households_are_listed() -> None:
    poor = {"household_class": "other"}
    houses = [
        *(house(f"in{i}") for i in range(2)),
        *(house(f"out{i}", **poor) for i in range(3)),
        house("far", village_code="v2", **poor),
        house("rich", income_minor=10**8, **poor),
    ]
    quota = conform(pl.DataFrame({"village_code": ["v1"], "place_count": [3]}), QUOTA)[0]
    village = conform(
        pl.DataFrame({"village_code": ["v1", "v2"], "scope_reason": ["harsh", "none"]}), VILLAGE
    )[0]
    result = run(houses, quota=quota, village=village)
    row = result.tables["targeting_exclusion"].filter(pl.col("criterion") == "income").row(0, named=True)
    assert (row["excluded_count"], row["regional_count"]) == (4, 1)
    # five below the line in v1, three places: two are beyond the quota, one is simply not recognised
    assert (row["scale_low_count"], row["recognition_low_count"]) == (2, 1)
    status = {k: v["list_status"] for k, v in by_house(result).items()}
    assert (status["out0"], status["far"], status["rich"]) == ("waiting", "outside_area", "not_poor")
    place = {r["village_code"]: r for r in result.tables["targeting_village"].iter_rows(named=True)}
    assert (place["v1"]["waiting_count"], place["v1"]["free_count"]) == (3, 1)
    bounds = run(houses, village=village).tables["targeting_exclusion"].row(0, named=True)
    assert (bounds["scale_low_count"], bounds["scale_high_count"]) == (0, 3)


@given(st.integers(0, 50), st.integers(0, 50), st.none() | st.integers(0, 60), st.booleans())
def test_parts_of_exclusion_always_add_up(excluded: int, more: int, places: int | None, inside: bool) -> None:
    part = split_exclusion(excluded, excluded + more, places, inside)
    assert part.regional + part.scale_low + part.recognition_high == excluded
    assert part.regional + part.scale_high + part.recognition_low == excluded
    assert min(part.scale_low, part.recognition_low, part.regional) >= 0


def test_cliff_counts_and_worth() -> None:
    near = LINE * 2
    result = run(
        [
            house("a", income_minor=near - 1),
            house("b", income_minor=near + near * 5 // 100),
            house("c", income_minor=near + near * 5 // 100 + 2),
            house("d", income_minor=None),
        ]
    )
    row = result.tables["targeting_cliff"].row(0, named=True)
    assert (row["just_below_count"], row["just_above_count"], row["unknown_count"]) == (1, 1, 1)
    # two persons: 2 x 60,400 yuan norm less 2 x 3,000 yuan of their own
    assert row["cliff_median_minor"] == 2 * 6_040_000 - 2 * 300_000
    assert row["cliff_years"] == pytest.approx(11_480_000 / near)


def sample(**columns: list[Any]) -> pl.DataFrame:
    return conform(pl.DataFrame(columns, infer_schema_length=None), AUDIT)[0]


def test_audit_needs_weights_and_variation() -> None:
    houses = [house("a"), house("b", household_class="other")]
    no_weight = run(houses, audit=sample(household_id=["a", "b"], is_poor=[True, False]))
    assert "targeting.audit_unweighted" in codes(no_weight)
    assert no_weight.tables["targeting_measure"].filter(pl.col("basis") == "audit").is_empty()
    same = run(houses, audit=sample(household_id=["a", "b"], is_poor=[True, True], weight=[2.0, 3.0]))
    assert "targeting.audit_no_variation" in codes(same)
    half = run(houses, audit=sample(household_id=["a", "b"], is_poor=[True, None], weight=[2.0, 3.0]))
    assert "targeting.audit_no_variation" in codes(half)
    none = run(houses, audit=sample(household_id=["a", "b"], is_poor=[None, None], weight=[2.0, 3.0]))
    assert "targeting.audit_unanswered" in codes(none)


def test_audit_errors_are_weighted_with_intervals_or_say_too_few() -> None:
    houses = [house(f"h{i:02d}", household_class="registered_poor" if i % 3 else "other") for i in range(40)]
    audit = sample(
        household_id=[f"h{i:02d}" for i in range(40)],
        is_poor=[i % 5 != 0 for i in range(40)],
        weight=[1.0 + i % 2 for i in range(40)],
    )
    table = run(houses, audit=audit).tables["targeting_measure"].filter(pl.col("basis") == "audit")
    row = table.filter((pl.col("group") == "all") & (pl.col("measure") == "exclusion_error")).row(
        0, named=True
    )
    weights = [1.0 + i % 2 for i in range(40) if i % 5 != 0]
    missed = [1.0 + i % 2 for i in range(40) if i % 5 != 0 and i % 3 == 0]
    assert row["value"] == pytest.approx(sum(missed) / sum(weights))
    assert row["low"] < row["value"] < row["high"]
    few = run(houses, audit=audit.head(6)).tables["targeting_measure"]
    few_row = few.filter((pl.col("basis") == "audit") & (pl.col("measure") == "exclusion_error")).row(
        0, named=True
    )
    assert few_row["low"] is None and few_row["note"] == "too_few_clusters"


def test_intervals_cover_a_known_truth() -> None:
    """Five hundred clustered weighted samples from a population with error 0.3: 95% intervals cover."""
    rng = np.random.default_rng(5)
    centre = rng.beta(6, 14, 4000)
    truth_share = float(centre.mean())
    hits = 0
    for _ in range(500):
        chosen = rng.choice(4000, 40, replace=False)
        cluster = np.repeat(np.arange(40), 10)
        part = rng.random(400) < centre[chosen][cluster]
        weight = rng.uniform(0.5, 1.5, 400)
        found = share_of(part, np.ones(400, dtype=bool), weight, None, cluster)
        assert found.low is not None and found.high is not None
        hits += found.low <= truth_share <= found.high
    assert 0.92 <= hits / 500 <= 0.98


def test_concentration_is_one_for_equal_sums_and_ignores_order() -> None:
    rng = np.random.default_rng(2)
    welfare, weight = rng.random(50).round(1), rng.uniform(1, 3, 50)
    benefit = rng.random(50)
    turn = rng.permutation(50)
    first = concentration(benefit, welfare, weight)
    assert first == pytest.approx(concentration(benefit[turn], welfare[turn], weight[turn]))
    assert concentration(np.ones(50), welfare, weight) == pytest.approx(1.0)
    assert concentration(np.zeros(50), welfare, weight) is None


def test_order_of_rows_changes_nothing_and_tables_keep_their_contract() -> None:
    houses = [house(f"h{i}", village_code=f"v{i % 3}", has_vehicle=i % 4 == 0) for i in range(12)]
    one, two = run(houses), run(houses[::-1])
    for table in STAGE.provides:
        assert one.tables[table.name].columns == table.names
        assert one.tables[table.name].equals(two.tables[table.name]), table.name


def test_without_a_line_nobody_is_judged() -> None:
    tables = {"household": HOUSEHOLD.empty(), "person": PERSON.empty()}
    result = STAGE.run(Inputs(tables, {"as_of": date(2016, 6, 30)}, None))
    assert codes(result) == ["targeting.line_missing"]


def test_an_income_of_unknown_year_is_held_against_no_line_while_others_state_theirs() -> None:
    lines = pl.DataFrame(
        {"year": [2015, 2016], "line_minor": [100_00, 300_00], "line_measure": ["net", "net"]}
    )
    rows = {"household_id": ["a", "b"], "member_count": [1, 1], "income_minor": [200_00, 200_00]}
    some = conform(pl.DataFrame(rows | {"income_year": [2015, None]}), HOUSEHOLD)[0]
    frame, problems = with_income(some, lines, 2016, 50_000)
    assert frame["is_income_poor"].to_list() == [False, None]
    assert [p.code for p in problems if p.code.startswith("targeting.year")] == ["targeting.year_unknown"]
    none = conform(pl.DataFrame(rows), HOUSEHOLD)[0]
    frame, problems = with_income(none, lines, 2016, 50_000)
    assert frame["is_income_poor"].to_list() == [True, True]
    assert [p.code for p in problems if p.code.startswith("targeting.year")] == ["targeting.year_assumed"]


def test_a_list_that_lacks_members_settles_no_deprivation_by_their_absence() -> None:
    household = conform(
        pl.DataFrame({"household_id": ["a", "b"], "member_count": [2, 2], "person_listed": [True, False]}),
        HOUSEHOLD,
    )[0]
    person = conform(
        pl.DataFrame(
            {
                "person_id": ["a1", "a2", "b1"],
                "household_id": ["a", "a", "b"],
                "labour_class": ["none"] * 3,
                "health": ["healthy"] * 3,
            }
        ),
        PERSON,
    )[0]
    found = deprivations(household, person, date(2020, 1, 1)).sort("household_id")
    assert found["no_labour"].to_list() == [True, None]
    assert found["serious_illness"].to_list() == [False, None]
