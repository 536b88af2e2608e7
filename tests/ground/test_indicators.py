"""Indicators, the office's figures, risks and standards, open entitlements, flows and the sites' index."""

from __future__ import annotations

import itertools
from datetime import date

import polars as pl
import pytest

from resettle.evaluation.chapter_indicators import (
    _open,
    _whose_incomes,
    indicator_blocks,
    standard_blocks,
    transition_blocks,
)
from resettle.evaluation.completion import completion
from resettle.evaluation.contract import GIVEN
from resettle.evaluation.indicator_sources import SOURCES, Pieces, World
from resettle.evaluation.indicators import by_place, indicators, standards
from resettle.evaluation.judge import judge
from resettle.evaluation.pack_data import declared_of
from resettle.evaluation.site_index import site_index, usable
from resettle.evaluation.transitions import registry_flows, survey_flows
from resettle.policy.pack import load_pack
from resettle.report.flows import TALL, flows_view
from resettle.tables.pages import Figure
from resettle.words import LANGUAGES, explain_problem


@pytest.fixture(scope="module")
def declared():
    return declared_of(load_pack("cn_luoyang")[0])


@pytest.fixture(scope="module")
def tables() -> dict[str, pl.DataFrame]:
    """Eight households at two sites; the last is not eligible and counts nowhere."""
    n = 8
    ids = [f"h{i}" for i in range(n)]
    household = pl.DataFrame(
        {
            "household_id": ids,
            "county_code": ["c1"] * n,
            "household_class": ["registered_poor"] * 6 + ["co_mover"] * 2,
            "member_count": [1, 2, 3, 4, 5, 5, 3, 9],
            "exit_status": ["exited", "exited", "returned", "not_exited", None, "exited", None, None],
            "moved_in_date": [date(2018, 1, 1)] * 5 + [None] * 3,
            "old_house_demolished": [True, True, False, False, None, None, None, True],
            "homestead_area_dm2": [20_000] * n,
            "person_listed": [True] * 7 + [False],
            "mode_wish": ["central"] * 4 + [None] * 4,
        }
    )
    person = pl.DataFrame(
        {
            "person_id": [f"p{i}" for i in range(10)],
            "household_id": ["h0", "h0", "h1", "h1", "h2", "h3", "h3", "h4", "h7", "h7"],
            "labour_class": [
                "ordinary",
                "skilled",
                "ordinary",
                "none",
                "ordinary",
                "skilled",
                "ordinary",
                "lost",
            ]
            + ["ordinary"] * 2,
            "has_job": [True, False, False, True, None, None, True, True, True, True],
            "is_student": [None, None, False, True, None, None, None, True, False, False],
            "birth_date": [date(1980, 1, 1)] * 2
            + [date(2010, 12, 31), date(2004, 12, 31), date(1990, 1, 1), date(1990, 1, 1), date(1970, 1, 1)]
            + [date(2012, 6, 1), date(2008, 1, 1), date(2008, 1, 1)],
            "has_insurance": [True] * 7 + [False] + [False] * 2,
        }
    )
    entitlement = pl.DataFrame(
        {
            "household_id": ids,
            "is_eligible": [True] * 7 + [None],
            "area_cap_dm2": [2500, 5000, 7500, 10000, 12500, 12500, 7500, 22500],
            "dwelling_size_dm2": [2500, 5000, 7500, 10000, 12500, 12500, 7500, 22500],
            "must_return_homestead": [True] * 7 + [False],
            "unknown_count": [0] * 6 + [1, 3],
            "cash_total_minor": [100] * 8,
        }
    )
    placed = pl.DataFrame(
        {
            "household_id": ids[:6],
            "site_id": ["s1"] * 3 + ["s2"] * 3,
            "dwelling_size_dm2": [2500, 5000, 7500, 10000, 10000, 15000],
            "status": ["assigned"] * 6,
        }
    )
    site = pl.DataFrame(
        {"site_id": ["s1", "s2"], "land_area_dm2": [30_000, 15_000], "in_hazard_zone": [False, True]}
    )
    income = pl.DataFrame(
        {
            "household_id": ids,
            "is_income_poor": [True] * 4 + [False] * 4,
            "income_per_person_minor": [500_000, 400_000, 100_000, 100_000, None, None, 900_000, 900_000],
            "line_minor": [295_200] * n,
        }
    )
    return {"household": household, "person": person, "entitlement": entitlement, "household_site": placed,
            "site": site, "targeting_household": income}  # fmt: skip


def value(table: pl.DataFrame, code: str, part: str = "") -> float | None:
    return table.filter((pl.col("code") == code) & (pl.col("part") == part))["value"].item()


def test_values_are_those_counted_by_hand(tables: dict, declared):
    table, place, _ = indicators(declared.indicator, World(tables, date(2018, 12, 31)))
    assert value(table, "E04") == pytest.approx(100 * 2 / 4)  # h0 yes no, h1 no, h3 unknown yes, h2 unknown
    assert value(table, "E05") == pytest.approx(100 * 2 / 3)  # h0, h3 yes; h1 no; h2 may still be either
    assert value(table, "S06") == pytest.approx(
        100 * 1 / 3
    )  # 8, 14 and 6 years old; the one of 8 is out of school
    assert value(table, "S07") == pytest.approx(100 * 7 / 8)
    assert value(table, "S01") == pytest.approx(100 * 5 / 6)
    assert value(table, "N06") == pytest.approx(0.5)
    assert value(table, "N07") == pytest.approx(100 * (120_000 - 45_000) / 120_000)
    assert value(table, "K03", "households") == pytest.approx(100 * 5 / 7)
    assert value(table, "K03", "persons") == pytest.approx(100 * 15 / 23)
    assert value(table, "K07") == pytest.approx(
        0.0
    )  # one entitled co-mover, not moved in: zero is a finding here
    assert value(table, "K08") == pytest.approx(50.0)
    assert value(table, "K09") == pytest.approx((2 / 7) / (2 / 4))
    assert value(table, "E02") == pytest.approx(100 * (5 + 5 + 3) / 23)
    assert (
        place["n"].min() >= 5 and "K08" not in place["code"].to_list()
    )  # three households a site are too few


def test_nothing_is_never_zero_and_the_missing_table_is_named(declared):
    table, place, problems = indicators(declared.indicator, World({}))
    assert table["value"].null_count() == table.height and set(table["status"]) == {"not_computed"}
    missing = dict(table.select("code", "missing").iter_rows())
    assert missing["K02"] == "payment" and missing["E04"] == "household" and missing["S10"] == "indicators"
    assert place.height == 0 and {p.code for p in problems} == {"evaluation.indicators_absent"}
    assert set(SOURCES) >= set(declared.standard["code"]) - {"A05", "A10", "A14", "S10"}


def test_the_office_states_what_nobody_computed(tables: dict, declared):
    rows = [
        {"code": "S10", "value": 92.0, "baseline_value": 60.0, "target_value": 95.0},
        {"code": "K08", "value": 80.0},
        {"code": "A05", "value": 71.0},
        {"code": "N04", "place": "s1", "value": 90.0},
        {"code": "X99", "value": 1.0},
    ]
    given = GIVEN.shape(pl.DataFrame(rows, infer_schema_length=None))
    table, place, problems = indicators(declared.indicator, World(tables, date(2018, 12, 31)), given)
    row = table.filter(pl.col("code") == "S10").row(0, named=True)
    assert (row["status"], row["value"], row["baseline"], row["target"]) == ("stated", 92.0, 60.0, 95.0)
    assert value(table, "K08") == pytest.approx(50.0)  # what the tables say stands; both are said
    assert place.filter(pl.col("code") == "N04")["value"].to_list() == [90.0]
    codes = {p.code for p in problems}
    assert codes == {
        "evaluation.indicator_both",
        "evaluation.indicator_unknown",
        "evaluation.indicators_absent",
    }
    for p in problems:
        for language in LANGUAGES:
            assert "{" not in "".join(explain_problem(p, language))
    found = standards(declared.standard, table, World(tables), given)
    assert found.filter(pl.col("code") == "A05")["value"].item() == 71.0
    assert found.filter(pl.col("code") == "S10")["change"].item() == "better"
    assert set(found["framework"]) == {"Cernea", "ESS5"}
    assert found.filter(pl.col("framework") == "Cernea")["number"].n_unique() == 8
    assert found.filter(pl.col("framework") == "ESS5")["number"].n_unique() == 16


def test_every_open_entitlement_is_listed_by_household(tables: dict):
    found, lacking = completion(tables)
    listed = {(r["household_id"], r["open"]) for r in found.iter_rows(named=True)}
    assert listed == {
        ("h4", "home_too_small"),
        ("h5", "not_moved_in"),
        ("h6", "no_home"),
        ("h6", "not_moved_in"),
        ("h6", "result_unknown"),
        ("h7", "eligibility_unknown"),
    }
    assert lacking == {"money_unpaid": "household.paid_minor"}
    paid = tables["household"].with_columns(paid_minor=pl.Series([100, 40] + [100] * 6))
    owed, lacking = completion(tables | {"household": paid})
    assert owed.filter(pl.col("open") == "money_unpaid").select("household_id", "owed_minor").rows() == [
        ("h1", 60)
    ]
    assert lacking == {} and completion({})[1]["no_home"] == "entitlement"


def test_flows_of_the_registry_lose_nobody(tables: dict):
    flows = registry_flows(tables)
    first = {r["to"]: r["households"] for r in flows.filter(pl.col("step") == 1).iter_rows(named=True)}
    assert first == {"exited": 4, "not_exited": 1, "unknown": 1}
    second = {r["to"]: r["households"] for r in flows.filter(pl.col("step") == 2).iter_rows(named=True)}
    assert second == {
        "at_risk": 1,
        "exited": 1,
        "returned": 1,
        "unknown": 1,
    }  # 4,000 is under 1.5 times 2,952


def test_flows_of_the_rounds_know_who_fell_back():
    line = pl.DataFrame({"year": [2018, 2020], "line_minor": [300_000, 400_000]})
    rows = [
        ("a", "year_1", 5000, date(2018, 10, 1)),
        ("a", "year_3", 3900, date(2020, 10, 1)),
        ("b", "year_1", 2000, date(2018, 10, 1)),
        ("b", "year_3", 3000, date(2020, 10, 1)),
        ("c", "year_1", 4000, date(2018, 10, 1)),
        ("d", "year_3", None, date(2020, 10, 1)),
    ]
    answers = pl.DataFrame(
        rows, schema=["household_id", "wave", "income_person_year", "asked_date"], orient="row"
    )
    answers = answers.with_columns(household_class=pl.lit("registered_poor"), weight=pl.lit(2.0))
    flows = survey_flows(answers, World({"targeting_line": line}))
    last = {
        (r["from"], r["to"]): r["households"] for r in flows.filter(pl.col("step") == 2).iter_rows(named=True)
    }
    assert last == {
        ("exited", "returned"): 2,
        ("not_exited", "not_exited"): 2,
        ("at_risk", "not_seen"): 2,
        ("not_seen", "unknown"): 2,
    }
    assert survey_flows(answers, World({})).height == 0  # no line, no claim


@pytest.fixture(scope="module")
def many() -> pl.DataFrame:
    """Twelve sites with three indicators, one of them known at few sites."""
    rows = [(c, "", "site_id", f"s{k:02d}", v, 9) for k in range(12)
            for c, v in (("E04", 40.0 + k), ("S07", 90.0 + k % 3), ("N06", 0.0))]  # fmt: skip
    rows += [("K05", "", "site_id", "s00", 80.0, 9), ("K06", "", "site_id", "s01", 5.0, 9)]
    return pl.DataFrame(rows, schema=["code", "part", "kind", "place", "value", "n"], orient="row")


def test_sites_are_ranked_only_by_what_is_known_of_most(many: pl.DataFrame, declared):
    wide, left, kind = usable(declared.indicator, many)
    assert (
        wide.columns == ["place", "E04", "S07"] and set(left) == {"N06", "K05", "K06"} and kind == "site_id"
    )
    made, facts, _ = site_index(declared.indicator, many, {"draws": 500}, 1)
    assert made["evaluation_score"].height == 12 * 3 * 4 and facts["index_used"] == ["E04", "S07"]
    best = made["evaluation_rank"].sort("rank").row(0, named=True)
    assert best["place"] == "s11" and best["rank_low"] <= 1 <= best["rank_high"]
    again, _, _ = site_index(
        declared.indicator, many.sample(fraction=1, shuffle=True, seed=3), {"draws": 500}, 1
    )
    assert all(again[name].equals(table) for name, table in made.items())
    assert site_index(declared.indicator, many.filter(pl.col("place") == "s00"), {}, 1)[0] == {}


def test_the_drawing_keeps_every_household(tables: dict, declared, many: pl.DataFrame):
    made, facts, _ = judge(tables, declared, {"as_of": date(2018, 12, 31), "cut_off": date(2017, 1, 1)}, 1)
    blocks = transition_blocks(made, facts)
    figure = next(b for b in blocks if isinstance(b, Figure))
    view = flows_view(figure.drawing)
    first = [n for n in view["nodes"] if n["x"] == 0]
    assert first[0]["height"] == pytest.approx(TALL) and first[0]["text"].en == "6"
    columns = {n["x"] for n in view["nodes"]}
    for x in columns:
        own = sorted((n["y"], n["height"]) for n in view["nodes"] if n["x"] == x)
        assert all(a[0] + a[1] < b[0] for a, b in itertools.pairwise(own))
    shown = indicator_blocks(made | {"evaluation_place": many}, facts) + standard_blocks(made, facts)
    text = " ".join(b.text.en for b in shown if hasattr(b, "text"))
    assert "have something open" in text and "home smaller than due 1" in text and "{" not in text


def test_a_site_is_shown_from_five_households_on():
    rows = pl.DataFrame({"site_id": ["s1"] * 5 + ["s2"] * 4, "county_code": [None] * 9, "top": [1.0] * 9,
                         "bottom": [2.0] * 9, "n": [1] * 9})  # fmt: skip
    assert by_place(Pieces(rows, "registry"), "site_id").rows() == [("s1", 50.0, 5)]


def test_open_entitlements_are_counted_of_the_entitled_and_the_undecided():
    audit = pl.DataFrame(
        {"household_id": ["a", "b", "c"], "open": ["no_home", "no_home", "eligibility_unknown"]}
    )
    facts = {"entitled": 4, "undecided": 1}
    text = _open({"completion_audit": audit}, facts)[0].text
    assert (
        "Of 5 households listed, 4 are entitled, 1 not yet decided and 0 not entitled in their own right"
        in text.en
    )
    assert "Of the first two, 5, **3** have" in text.en
    assert "应享 4 户，资格尚未判明 1 户，自身不应享 0 户。前两类合计 5 户，其中 **3** 户" in text.zh
    more = _open({"completion_audit": audit}, facts | {"listed": 9})[0].text
    assert "Of 9 households listed" in more.en and "自身不应享 4 户" in more.zh


def test_it_is_said_whose_incomes_the_share_above_the_line_is_made_of():
    row = pl.DataFrame({"code": ["E02"], "basis": ["survey"], "value": [92.5], "baseline": [87.0]})
    flows = pl.DataFrame({"basis": ["registry", "survey"], "step": [1, 1], "households": [5401, 7]})
    text = _whose_incomes(row, flows)[0].text
    assert "5,401" in text.zh and "首轮作答" in text.zh and "lists 5,401 registered households" in text.en
    assert _whose_incomes(row.with_columns(basis=pl.lit("registry")), flows) == []
    assert _whose_incomes(row, pl.DataFrame()) == []


def test_a_child_is_of_school_age_from_its_birthday_also_across_leap_years(declared, tables):
    """On 30 November 2016 a child born on 1 December 2010 is five, and one born on 30 November 2010 is six."""
    born = {
        "p0": date(2010, 12, 1),
        "p1": date(2010, 11, 30),
        "p2": date(2000, 12, 1),
        "p3": date(2000, 11, 30),
    }
    person = tables["person"].filter(pl.col("person_id").is_in(list(born))).with_columns(
        pl.col("person_id").replace_strict(born).alias("birth_date"), pl.lit(True).alias("is_student")
    )  # fmt: skip
    table, _, _ = indicators(declared.indicator, World({**tables, "person": person}, date(2016, 11, 30)))
    row = table.row(by_predicate=pl.col("code") == "S06", named=True)
    assert row["n"] == 2  # the six-year-old and the one who turns sixteen tomorrow
