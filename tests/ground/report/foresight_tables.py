"""Tables of the stages that look ahead, for the fictional Peach Spring; every number is made up."""

from __future__ import annotations

import polars as pl

from resettle.tables.pages import Text
from resettle.tables.reforms import TABLES

TITLES = {
    "obstacle.grown_child": Text("成年子女", "a grown child"),
    "remedy.layout": Text("多隔一间", "one more room"),
    "remedy.next_size": Text("大一档", "the next size"),
    "place.PS": Text("桃泉", "Peach Spring"),
    "place.XX": Text("外地", "elsewhere land"),
}
STORY = (Text("桃溪村", "Peach Brook"), "P1-001")


def projection() -> dict[str, pl.DataFrame]:
    county = pl.DataFrame(
        {
            "county_code": ["P1", "P1", "P2", "P2"],
            "year": [1, 5, 1, 5],
            "household_count": [24, 24, 12, 12],
            "outgrown_expected": [3.0, 9.0, 0.0, 6.0],
            "outgrown_low": [1.0, 6.0, 0.0, 4.0],
            "outgrown_high": [5.0, 12.0, 1.0, 8.0],
            "unknown_birth_count": [0, 2, 0, 0],
            "shown_as": ["scenario"] * 4,
        }
    )
    household = pl.DataFrame(
        {
            "household_id": ["P1-001"],
            "year": [5],
            "size_now": [3],
            "size_expected": [3.4],
            "size_3_ppm": [565_000],
            "size_4_ppm": [435_000],
            "seats": [3],
            "outgrown_ppm": [435_000],
            "draw_count": [200],
        }
    )
    sensitivity = pl.DataFrame(
        {
            "variant": ["default", "births_low", "sons_leave"],
            "label_zh": ["默认值", "少生", "分户"],
            "label_en": ["default", "fewer births", "sons leave"],
            "year": [5, 5, 5],
            "person_expected": [100.0, 90.0, 95.0],
            "outgrown_expected": [15.0, 10.0, 13.0],
        }
    )
    rate = pl.DataFrame({"section": ["death", "birth"], "is_assumption": [True, False]})
    return {
        "projection_county": county,
        "projection_household": household,
        "projection_sensitivity": sensitivity,
        "projection_rate": rate,
    }


def remedies() -> dict[str, pl.DataFrame]:
    ids = [f"P1-{i:03d}" for i in range(10)]
    obstacle = pl.DataFrame(
        {
            "household_id": [*ids, "P2-000", "P2-001"],
            "obstacle": ["grown_child"] * 10 + ["alone"] * 2,
            "basis": ["fact"] * 12,
        }
    )
    county = pl.DataFrame(
        {
            "county_code": ["P1", "P1", "P2"],
            "obstacle": ["grown_child", "grown_child", "alone"],
            "remedy": ["layout", "next_size", "shared_home"],
            "household_count": [10, 10, 2],
            "household_cost_minor": [0, 800_000_00, 0],
            "county_cost_minor": [30_000_00, 0, 4_000_00],
            "unpriced_count": [0, 2, 0],
            "period": ["once", "year", "once"],
            "delay_months": [0, 3, 1],
            "clause_state": ["here", "elsewhere", "none"],
            "needs_decision": [False, True, True],
            "ask_first_count": [0, 3, 0],
        }
    )
    remedy = pl.DataFrame(
        {
            "household_id": [*ids, ids[0]],
            "remedy": ["layout"] * 10 + ["next_size"],
            "clause": ["25 m2 a person"] * 10 + ["bought by the family"],
            "clause_state": ["here"] * 10 + ["elsewhere"],
            "clause_place": ["PS"] * 10 + ["XX"],
            "clause_document": ["plan of 2024"] * 10 + ["form of 2023"],
        }
    )
    bought = pl.DataFrame(
        {
            "household_id": [f"P1-{i:03d}" for i in (0, 6, 12)],
            "county_code": ["P1"] * 3,
            "area_dm2": [10_000, 7_500, 5_000],
            "price_low_minor": [12_000_000, 9_000_000, 6_000_000],
            "price_high_minor": [13_000_000, 9_750_000, 6_500_000],
        }
    )
    buyers = pl.DataFrame(
        {
            "county_code": ["P1"],
            "household_count": [30],
            "income_unknown_count": [5],
            "income_years_median": [4.1],
            "can_pay_low_count": [6],
            "can_pay_high_count": [9],
            "half_can_pay_minor_per_m2": [95_000],
        }
    )
    total = pl.DataFrame(
        {
            "county_code": ["ALL", "ALL"],
            "quantity": ["households", "persons"],
            "low": [10.0, 20.0],
            "high": [12.0, 40.0],
            "basis": ["assumption", "assumption"],
        }
    )
    decision = pl.DataFrame(
        {
            "county_code": ["ALL"] * 3,
            "decision": ["mix", "sites", "budget"],
            "at_low": ["dwellings_1_2", "fits", None],
            "at_high": ["dwellings_3_4", "fits", None],
            "changes": [True, False, None],
        }
    )
    hotel = pl.DataFrame(
        {
            "variant": ["no_loan", "base"],
            "loan_years": [3, 3],
            "loan_minor": [0, 5_000_000],
            "county_cost_minor": [4_500_000, 4_800_000],
            "delay_months": [8, 8],
            "own_minor": [10_000_000, 5_000_000],
            "income_minor": [2_500_000, 2_500_000],
            "repayment_minor": [0, 1_500_000],
            "left_minor": [2_500_000, 1_000_000],
            "payback_years": [4.0, 5.0],
        }
    )
    return {
        "obstacle": obstacle,
        "remedy_county": county,
        "remedy": remedy,
        "co_mover": bought,
        "co_mover_county": buyers,
        "willingness_total": total,
        "willingness_decision": decision,
        "hotel_case": hotel,
    }


def targeting() -> dict[str, pl.DataFrame]:
    household = pl.DataFrame(
        {
            "household_id": [f"P1-{i:03d}" for i in range(24)],
            "agreement": ["income_only"] * 12 + ["both"] * 6 + ["neither"] * 6,
            "is_income_poor": [True] * 12 + [False] * 12,
            "is_near_line": [False] * 10 + [True] * 8 + [False] * 6,
            "line_minor": [300_000] * 24,
            "line_year": [2023] * 24,
            "is_registered": [True] * 12 + [True] * 6 + [False] * 6,
            "is_comparable": [False] * 24,
        }
    )
    measure = pl.DataFrame(
        {
            "basis": ["registry", "registry"],
            "criterion": ["income", "income"],
            "group_by": ["all", "all"],
            "measure": ["exclusion_error", "inclusion_error"],
            "value": [0.0, 0.25],
            "count": [18, 18],
        }
    )
    exclusion = pl.DataFrame(
        {
            "county_code": ["P1"],
            "criterion": ["income"],
            "eligible_count": [18],
            "excluded_count": [9],
            "regional_count": [0],
            "scale_low_count": [0],
            "scale_high_count": [9],
            "recognition_low_count": [0],
            "recognition_high_count": [9],
        }
    )
    village = pl.DataFrame({"village_code": ["V1"], "place_count": pl.Series([None], dtype=pl.Int64)})
    cliff = pl.DataFrame(
        {
            "county_code": ["P1", "P2"],
            "just_below_count": [20, 3],
            "just_above_count": [9, 8],
            "cliff_median_minor": [23_160_000, 17_220_000],
            "cliff_years": [20.0, 20.0],
        }
    )
    line = pl.DataFrame({"year": [2013, 2014], "is_break": [False, True]})
    match = pl.DataFrame({"household_id": ["P1-000"] * 6, "list": ["vehicle"] * 6})
    return {
        "targeting_household": household,
        "targeting_measure": measure,
        "targeting_exclusion": exclusion,
        "targeting_village": village,
        "targeting_cliff": cliff,
        "targeting_line": line,
        "targeting_match": match,
    }


def reforms() -> dict[str, pl.DataFrame]:
    """One reform that gives 20 of 36 households fifteen m2 more, at the county's cost."""
    of = {"reform": "larger"}
    told = {"position": 1, "name_zh": "大一些", "name_en": "larger homes", "shows": "dwelling_size_dm2"}
    told |= {
        "change_zh": "由50 平方米改为65 平方米",
        "change_en": "50 m2 becomes 65 m2",
        "shows_zh": "户型面积",
        "shows_en": "dwelling size",
        "shows_unit": "dm2",
        "source": "assumption: a test",
    }
    counts = {"household_count": 36, "gain_count": 20, "lose_count": 0}
    sums = {
        "sum_before": 100_000,
        "sum_after": 130_000,
        "median_change": 1500.0,
        "output": "dwelling_size_dm2",
    }
    cost = {"source": "area", "payer": "county", "source_zh": "面积", "source_en": "area"}
    cost |= {"change_low_minor": 36_000_000, "change_high_minor": 39_000_000}
    groups = [("all", "all"), ("county_code", "PS0101")]
    rows = {
        "reform": [of | told],
        "reform_summary": [of | counts],
        "reform_change": [of | counts | sums | {"group_by": by, "group": group} for by, group in groups],
        "reform_cost": [of | cost],
    }
    return {t.name: pl.DataFrame(rows[t.name], schema=t.schema()) for t in TABLES}


def ahead() -> dict[str, pl.DataFrame]:
    return {**reforms(), **projection(), **remedies(), **targeting()}
