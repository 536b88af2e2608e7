"""Obstacles rest on facts, remedies are priced, uptake stays a total, and no path leads from it to a person."""

from __future__ import annotations

import copy
import tomllib
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from resettle.policy import load_pack
from resettle.remedies import STAGE, check_document, hotel_case
from resettle.remedies.obstacles import find_obstacles
from resettle.tables import (
    HOUSEHOLD,
    PERSON,
    SITE,
    Inputs,
    Outputs,
    conform,
)

ROOT = Path(__file__).parents[3] / "src"
PACK = ROOT / "resettle_packs" / "cn_luoyang" / "remedies.toml"
DOCUMENT = tomllib.loads(PACK.read_text(encoding="utf-8"))
RULE = DOCUMENT["willingness"]


def house(name: str, **values: Any) -> dict[str, Any]:
    base = {
        "household_id": name,
        "household_class": "registered_poor",
        "county_code": "410325",
        "member_count": 3,
    }
    return base | values


def person(name: str, house_id: str, **values: Any) -> dict[str, Any]:
    return {
        "person_id": name,
        "household_id": house_id,
        "relation": "head",
        "birth_date": date(1962, 1, 1),
    } | values


LUOYANG = "CN-410300"


def run(
    houses: list[dict[str, Any]],
    persons: list[dict[str, Any]] | None = None,
    scope: str = LUOYANG,
    **more: pl.DataFrame,
) -> Outputs:
    people = persons or [person(h["household_id"] + "-a", h["household_id"]) for h in houses]
    tables = {
        "household": conform(pl.DataFrame(houses, infer_schema_length=None), HOUSEHOLD)[0],
        "person": conform(pl.DataFrame(people, infer_schema_length=None), PERSON)[0],
    }
    pack = SimpleNamespace(
        files=lambda: ["remedies.toml"], read_text=lambda _: PACK.read_text(encoding="utf-8")
    )
    return STAGE.run(Inputs(tables | more, {"as_of": date(2016, 6, 30), "scope": scope}, pack))


def obstacles(result: Outputs, name: str) -> dict[str, str]:
    mine = result.tables["obstacle"].filter(pl.col("household_id") == name)
    return dict(mine.select("obstacle", "fact_value").iter_rows())


def test_sanhe_has_a_grown_child_and_every_remedy_a_price() -> None:
    people = [
        person("a", "s"),
        person("b", "s", relation="son", birth_date=date(1989, 1, 1)),
        person("c", "s", relation="father", birth_date=date(1933, 1, 1)),
    ]
    result = run([house("s")], people)
    assert obstacles(result, "s") == {"grown_child": "1"}
    remedies = result.tables["remedy"]
    assert {"layout", "expansion_reserve", "co_purchase", "tenure", "next_size"} == set(remedies["remedy"])
    layout = remedies.filter(pl.col("remedy") == "layout").row(0, named=True)
    assert (layout["needs_decision"], layout["delay_months"], layout["county_cost_minor"]) == (
        False,
        0,
        300_000,
    )
    reserve = remedies.filter(pl.col("remedy") == "expansion_reserve").row(0, named=True)
    assert (reserve["clause"], reserve["needs_decision"], reserve["is_assumption"]) == (None, True, True)


def test_each_fact_gives_its_obstacle_and_unknown_gives_none() -> None:
    entitlement = pl.DataFrame(
        {
            "household_id": ["li", "blank"],
            "area_cap_dm2": [12_500, None],
            "self_raised_minor": [1_000_000, None],
        }
    )
    result = run(
        [
            house(
                "li",
                member_count=5,
                old_dwelling_area_dm2=14_000,
                area_need_dm2=15_000,
                cultivated_area_dm2=100_000,
                agreement_signed=True,
                homestead_agreement=False,
                is_attached_house=True,
                neighbours_move=False,
                self_paid_minor=0,
            ),
            house("alone", member_count=1, has_kin=False),
            house("song", household_class="co_mover"),
            house("blank", member_count=None),
        ],
        [
            person("l", "li"),
            person("a", "alone"),
            person("s", "song", training_wish="想办农家乐"),
            person("x", "blank"),
        ],
        entitlement=entitlement,
    )
    assert set(obstacles(result, "li")) == {
        "need_above_cap",
        "smaller_than_now",
        "harvest_lodging",
        "homestead_unsigned",
        "attached_house",
        "own_share",
    }
    assert set(obstacles(result, "alone")) == {"alone", "small_household"}
    assert set(obstacles(result, "song")) == {"must_buy", "hotel_wish"}
    assert obstacles(result, "blank") == {}
    # 25 m2 needed above the ceiling, 15 m2 less than the old house; half of 1,250 yuan per m2 each
    assert priced(result, "li", "co_purchase", "need_above_cap")[0] == 1_562_500
    assert priced(result, "li", "co_purchase", "smaller_than_now")[0] == 937_500


def priced(result: Outputs, name: str, remedy: str, obstacle: str) -> tuple[Any, Any]:
    """What a remedy costs this household and the county."""
    mine = result.tables["remedy"].filter(
        (pl.col("household_id") == name) & (pl.col("remedy") == remedy) & (pl.col("obstacle") == obstacle)
    )
    return mine.select("household_cost_minor", "county_cost_minor").row(0)


def test_a_grown_childs_partner_needs_a_place_even_where_no_need_is_stated() -> None:
    """Two grown sons, three members: 2 x 25 m2 at 625 yuan per m2 each side; two sizes further at 31,250."""
    people = [person("a", "s")] + [
        person(n, "s", relation="son", birth_date=date(1989, 1, 1)) for n in ("b", "c")
    ]
    for need in (None, 7_500, 10_000):
        result = run([house("s", area_need_dm2=need)], people, entitlement=caps("s", 7_500))
        assert priced(result, "s", "co_purchase", "grown_child") == (3_125_000, 3_125_000), need
        assert priced(result, "s", "next_size", "grown_child") == (6_250_000, 0)
        assert priced(result, "s", "expansion_reserve", "grown_child") == (5_000_000, 500_000)
    more = run([house("s", area_need_dm2=20_000)], people, entitlement=caps("s", 7_500))
    assert priced(more, "s", "co_purchase", "grown_child") == (7_812_500, 7_812_500)  # 125 m2 wanting


def caps(name: str, cap: int, share: int | None = None) -> pl.DataFrame:
    return pl.DataFrame(
        {"household_id": [name], "area_cap_dm2": [cap], "self_raised_minor": [share]},
        schema_overrides={"self_raised_minor": pl.Int64},
    )


def test_what_the_old_house_had_more_is_what_is_bought() -> None:
    """175 m2 before, a ceiling of 125 m2: 50 m2 at 625 yuan for each side (the household Li)."""
    result = run([house("li", old_dwelling_area_dm2=17_500)], entitlement=caps("li", 12_500))
    assert priced(result, "li", "co_purchase", "smaller_than_now") == (3_125_000, 3_125_000)
    whole = run([house("x", area_need_dm2=13_000)], entitlement=caps("x", 7_500))
    # 55 m2 wanting are three places of 25 m2
    assert priced(whole, "x", "next_size", "need_above_cap") == (9_375_000, 0)


@pytest.mark.parametrize("paid", [0, 250_000, 749_999])
def test_instalments_cost_the_county_interest_on_what_is_deferred(paid: int) -> None:
    result = run([house("s", self_paid_minor=paid)], entitlement=caps("s", 7_500, 750_000))
    household, county = priced(result, "s", "instalments", "own_share")
    assert (household, county) == (0, (750_000 - paid) * 10 // 100)
    buyer = run([house("b", household_class="co_mover", member_count=4)])
    # 100 m2 at 1,300 yuan, 4% a year for five years on half of it
    assert priced(buyer, "b", "instalments", "must_buy") == (0, 1_300_000)


def test_the_hotels_price_is_the_worked_cases_own_and_the_loan_is_repaid() -> None:
    result = run([house("h")], [person("h1", "h", training_wish="想办农家乐")])
    household, county = priced(result, "h", "hotel", "hotel_wish")
    # 150,000 yuan: three tenths subsidised, own 55,000 and a loan of 50,000; interest 50,000 / 2 x 4.75% x 3
    assert household == 5_500_000 + 5_000_000
    assert county == 4_500_000 + 3 * 118_750


def test_kin_are_not_offered_to_those_who_have_none() -> None:
    for kin, offered in ((True, True), (False, False), (None, True)):
        result = run([house("k", member_count=2, has_kin=kin)])
        assert ("join_kin" in set(result.tables["remedy"]["remedy"])) is offered, kin
    broken = copy.deepcopy(DOCUMENT)
    broken["remedy"][0]["needs"] = "has_luck"
    assert [p.code for p in check_document(broken)] == ["remedies.need_unknown"]


def test_every_remedy_the_programme_knows_is_priced_for_both_with_a_delay_and_a_clause() -> None:
    named = {
        "layout", "expansion_reserve", "co_purchase", "tenure", "next_size", "seasonal_lodging", "tool_room",
        "harvest_transport", "later_deadline", "exempt_house", "lease_house", "supported_home", "shared_home",
        "join_kin", "instalments", "co_mover_subsidy", "hotel",
    }  # fmt: skip
    entries = {entry["code"]: entry for entry in DOCUMENT["remedy"]}
    assert set(entries) == named
    for entry in entries.values():
        assert {"household", "county", "delay_months", "clause", "source", "zh", "en"} <= set(entry)


@pytest.mark.parametrize(
    ("scope", "state"),
    [
        (LUOYANG, "elsewhere"),
        ("CN-451000", "here"),
        ("CN-44", "here"),
        ("CN", "elsewhere"),
        ("XX", "elsewhere"),
    ],
)
def test_a_clause_of_another_province_is_no_clause_here(scope: str, state: str) -> None:
    """The deadline of 24 months stands in forms of Guangxi and Guangdong: in Luoyang somebody has to decide it."""
    result = run([house("s", cultivated_area_dm2=100_000)], scope=scope)
    row = result.tables["remedy"].filter(pl.col("remedy") == "later_deadline").row(0, named=True)
    assert (row["clause_state"], row["needs_decision"]) == (state, state != "here")
    assert row["clause_place"] == "CN-45, CN-44" and row["clause_document"]
    county = result.tables["remedy_county"].filter(pl.col("remedy") == "later_deadline").row(0, named=True)
    assert (county["clause_state"], county["needs_decision"]) == (state, state != "here")


def test_only_what_holds_here_may_be_used_without_a_decision() -> None:
    people = [person("a", "s"), person("b", "s", relation="son", birth_date=date(1989, 1, 1))]
    remedies = run([house("s", member_count=2, is_destitute=True)], people).tables["remedy"]
    assert set(remedies["clause_state"]) == {"here", "none"}
    assert ((remedies["clause_state"] == "here") == ~remedies["needs_decision"]).all()
    assert (
        remedies.filter(pl.col("clause_state") == "none")["clause"].null_count()
        == remedies.filter("needs_decision").height
    )


def test_a_supported_home_is_for_the_destitute_and_where_it_is_not_known_they_are_asked() -> None:
    for destitute, offered in ((True, [False]), (False, []), (None, [True])):
        remedies = run([house("s", member_count=1, has_kin=False, is_destitute=destitute)]).tables["remedy"]
        mine = remedies.filter((pl.col("remedy") == "supported_home") & (pl.col("obstacle") == "alone"))
        assert mine["ask_first"].to_list() == offered, destitute


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"clause_place": []}, "remedies.clause_place_missing"),
        ({"clause_place": "CN-99"}, "remedies.clause_place_unknown"),
        ({"clause_document": " "}, "remedies.clause_document_missing"),
    ],
)
def test_a_clause_says_where_it_holds_and_where_it_stands(change: dict[str, Any], code: str) -> None:
    wrong: Any = copy.deepcopy(DOCUMENT)
    entry = next(e for e in wrong["remedy"] if e["code"] == "layout")
    entry |= change
    assert [p.code for p in check_document(wrong)] == [code]
    entry["clause"] = ""
    assert check_document(wrong) == []


def test_a_scenario_is_marked_as_one() -> None:
    ahead = pl.DataFrame({"household_id": ["s"], "year": [5], "outgrown_ppm": [470_000]})
    row = run([house("s")], projection_household=ahead).tables["obstacle"].row(0, named=True)
    assert (row["obstacle"], row["basis"], row["fact_value"]) == ("may_outgrow", "scenario", "470000")


def test_co_movers_price_splits_exactly_and_half_can_pay() -> None:
    houses = [
        house("a", household_class="co_mover", member_count=4, income_minor=4_000_000),
        house("b", household_class="co_mover", member_count=4, income_minor=2_000_000),
        house("c", household_class="co_mover", member_count=4, income_minor=1_000_000),
        house("d", household_class="co_mover", member_count=4, income_minor=None),
    ]
    result = run(houses)
    table = result.tables["co_mover"]
    parts = ["land_minor", "design_minor", "tax_minor", "standard_minor", "margin_minor"]
    assert (table.select(pl.sum_horizontal(parts)).to_series() == table["price_high_minor"]).all()
    # printed: 120,000 to 130,000 yuan for 100 m2
    assert table["price_low_minor"][0] == 12_000_000 and table["price_high_minor"][0] == 13_000_000
    assert table["income_years"].to_list() == [3.25, 6.5, 13.0, None]
    county = result.tables["co_mover_county"].row(0, named=True)
    # three years' income over 100 m2: 1,200, 600 and 300 yuan per m2; two of three known can pay 600
    assert county["half_can_pay_minor_per_m2"] == 60_000
    assert (county["can_pay_low_count"], county["can_pay_high_count"], county["income_unknown_count"]) == (
        0,
        1,
        1,
    )


def test_shuimo_money_adds_up_and_moves_with_its_assumptions() -> None:
    rows = {row["variant"]: row for row in hotel_case(DOCUMENT["hotel"]).iter_rows(named=True)}
    for row in rows.values():
        assert row["subsidy_minor"] + row["loan_minor"] + row["own_minor"] == row["investment_minor"]
    base = rows["base"]
    assert (base["subsidy_minor"], base["own_minor"], base["income_minor"]) == (
        4_500_000,
        5_500_000,
        2_500_000,
    )
    assert base["needs_loan_check"] and not rows["no_loan"]["needs_loan_check"]
    assert (
        rows["income_as_neighbours"]["payback_years"]
        < base["payback_years"]
        < rows["income_quarter"]["payback_years"]
    )
    assert rows["no_subsidy"]["own_minor"] > base["own_minor"]
    # three years of 833,333 yuan in fen leave 5,000,001; the remaining own money comes back from full income
    assert base["payback_years"] == pytest.approx(3 + (5_500_000 - 3 * (2_500_000 - 1_666_666)) / 2_500_000)


def test_stage_keeps_contracts_and_the_order_of_rows_changes_nothing() -> None:
    houses = [
        house(f"h{i}", household_class="co_mover" if i % 2 else "registered_poor", member_count=1 + i % 6)
        for i in range(20)
    ]
    site = conform(
        pl.DataFrame({"site_id": ["x"], "county_code": ["410325"], "person_capacity": [50]}), SITE
    )[0]
    one, two = run(houses, site=site), run(houses[::-1], site=site)
    for table in STAGE.provides:
        assert one.tables[table.name].columns == table.names
        assert one.tables[table.name].equals(two.tables[table.name]), table.name


@pytest.mark.parametrize(
    ("place", "change", "code"),
    [
        (("obstacle", 0), {"code": "bad_luck"}, "remedies.obstacle_unknown"),
        (("obstacle", 0), {"classes": ["registered_por"]}, "remedies.class_unknown"),
        (("obstacle", 0), {"code": "must_buy", "classes": []}, "remedies.class_unknown"),
        (("remedy", 0), {"obstacles": ["bad_luck"]}, "remedies.obstacle_undeclared"),
        (("remedy", 0), {"household": {"per": "cow", "value": 1}}, "remedies.unit_unknown"),
        (("remedy", 0), {"source": ""}, "remedies.source_empty"),
        (("price",), {"split": [{"part": "land", "share_ppm": 10}]}, "remedies.split_sum"),
    ],
)
def test_a_wrong_list_is_refused(place: tuple[Any, ...], change: dict[str, Any], code: str) -> None:
    wrong: Any = copy.deepcopy(DOCUMENT)
    entry = wrong
    for step in place:
        entry = entry[step]
    entry |= change
    assert code in [p.code for p in check_document(wrong)]


def test_the_pack_says_of_which_classes_an_obstacle_can_be() -> None:
    household = conform(
        pl.DataFrame(
            {
                "household_id": ["a", "b", "c"],
                "household_class": ["affected", "registered_poor", None],
                "member_count": [1, 1, 1],
            }
        ),
        HOUSEHOLD,
    )[0]
    for classes, whose in (({}, ["a", "b", "c"]), ({"classes": ["affected"]}, ["a"])):
        entry = {"code": "small_household"} | classes
        found, _ = find_obstacles(household, PERSON.empty(), [entry], date(2016, 1, 1))
        assert found["household_id"].sort().to_list() == whose


def test_without_a_list_nothing_is_claimed() -> None:
    result = STAGE.run(
        Inputs({"household": HOUSEHOLD.empty(), "person": PERSON.empty()}, {"as_of": date(2016, 1, 1)})
    )
    assert [p.code for p in result.problems] == ["remedies.list_missing"]


def test_a_pack_rests_its_own_obstacles_on_its_own_rules() -> None:
    pack, problems = load_pack(ROOT / "resettle_packs" / "peach_spring")
    assert problems == []
    document = tomllib.loads(pack.read_text("remedies.toml"))
    rules = [r.name for r in pack.rules if r.table == "household"]
    assert check_document(document, rules) == []
    assert all(str(e["source"]).startswith("assumption: invented") for e in document["remedy"])
    houses = [house(n, household_class="affected") for n in ("A", "B", "C")]
    entitlement = pl.DataFrame(
        {
            "household_id": ["A", "B", "C"],
            "is_title_open": [True, False, None],
            "grown_children_count": [0, 2, None],
        }
    )
    declared = [e for e in document["obstacle"] if e["rule"] in entitlement.columns]
    people = [person(h["household_id"] + "-a", h["household_id"]) for h in houses]
    found, _ = find_obstacles(
        conform(pl.DataFrame(houses), HOUSEHOLD)[0],
        conform(pl.DataFrame(people), PERSON)[0],
        declared,
        date(2024, 6, 30),
        entitlement,
    )
    assert found.select("household_id", "obstacle", "fact_column", "fact_value").rows() == [
        ("A", "woman_title", "is_title_open", "true"),
        ("B", "grown_child", "grown_children_count", "2"),
    ]


def test_a_rule_that_is_not_there_and_a_price_that_is_not_there_are_refused() -> None:
    entry = {"code": "own", "rule": "has_orchards", "zh": "园", "en": "orchard", "source": "s"}
    remedy = {
        "code": "r",
        "obstacles": ["own"],
        "household": {"per": "seat", "value": 1},
        "county": {"per": "household", "value": 1},
        "source": "s",
    }
    found = check_document({"obstacle": [entry], "remedy": [remedy]}, ["has_orchard", "is_alone"])
    assert [(p.code, p.nearest) for p in found] == [
        ("remedies.rule_unknown", "has_orchard, is_alone"),
        ("remedies.price_missing", None),
    ]


def test_room_nobody_stated_is_not_called_too_little() -> None:
    """What a county's sites still carry is unknown as soon as one site, or one household, is."""
    from resettle.remedies import _spare

    names = ["household_id", "household_class", "county_code", "member_count"]
    rows = [("h1", "registered_poor", "a", 4), ("h2", "registered_poor", "b", 3)]
    facts = pl.DataFrame(rows, schema=names, orient="row")
    places = [("s1", "a", 10), ("s2", "a", 5), ("s3", "b", 9)]
    site = pl.DataFrame(places, schema=["site_id", "county_code", "person_capacity"], orient="row")
    assert _spare(facts, site) == {"a": 11, "b": 6, "ALL": 17}
    unknown = pl.when(pl.col("site_id") != "s2").then(pl.col("person_capacity")).alias("person_capacity")
    assert _spare(facts, site.with_columns(unknown)) == {"b": 6}
    nobody = pl.when(pl.col("household_id") != "h2").then(pl.col("member_count")).alias("member_count")
    assert _spare(facts.with_columns(nobody), site) == {"a": 11}
    nowhere = pl.when(pl.col("household_id") != "h2").then(pl.col("county_code")).alias("county_code")
    assert _spare(facts.with_columns(nowhere), site) == {}
