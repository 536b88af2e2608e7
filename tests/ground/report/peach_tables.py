"""A small run of the fictional Peach Spring, as tables of the stages; every number below is made up."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl

from resettle.report import Basis
from resettle.tables.pages import Claim, FindingCard, ReportMeta, Text, Trace, TraceStep
from tests.ground.report.foresight_tables import STORY, TITLES, ahead

COUNTIES = {"P1": ("上泉县", "Upper Spring County"), "P2": ("下泉县", "Lower Spring County")}
PER_COUNTY = {"P1": 24, "P2": 12}
AS_OF = date(2016, 11, 30)


def region() -> pl.DataFrame:
    rows = [
        {"region_code": c, "level": "county", "name_zh": zh, "name_en": en, "valid_from": date(2000, 1, 1)}
        for c, (zh, en) in COUNTIES.items()
    ]
    return pl.DataFrame(rows).with_columns(valid_until=pl.lit(None, dtype=pl.Date))


def household() -> pl.DataFrame:
    rows = []
    for county, count in PER_COUNTY.items():
        for i in range(count):
            rows.append(
                {
                    "household_id": f"{county}-{i:03d}",
                    "household_class": "registered_poor" if i % 6 else "co_mover",
                    "county_code": county,
                    "village_code": f"{county}-V{i % 3}",
                    "member_count": 1 + i % 5,
                    "had_renovation_aid": None if i == 7 else False,
                    "is_synthetic": True,
                }
            )
    return pl.DataFrame(rows)


def entitlement(households: pl.DataFrame) -> pl.DataFrame:
    kind = pl.col("household_class").replace_strict(
        {"registered_poor": "registered", "co_mover": "co_mover"}, default="none"
    )
    return households.select(
        "household_id",
        kind.alias("mover_class"),
        pl.when(pl.col("had_renovation_aid").is_null()).then(None).otherwise(True).alias("is_eligible"),
        pl.col("member_count").alias("resettled_persons"),
        (pl.col("member_count") * 2500).alias("area_cap_dm2"),
        (pl.col("member_count") * 2500).alias("dwelling_size_dm2"),
        pl.when(pl.col("member_count") < 4).then(500).otherwise(0).alias("area_short_dm2"),
    )


def person(households: pl.DataFrame) -> pl.DataFrame:
    rows = []
    for household_id, members in households.select("household_id", "member_count").iter_rows():
        for k in range(members):
            n = len(rows)
            rows.append(
                {
                    "person_id": f"{household_id}-{k}",
                    "household_id": household_id,
                    "sex": "male" if n % 2 else "female",
                    "birth_date": date(1930 + n % 80, 1 + n % 12, 1 + n % 28),
                    "health": "disabled" if n % 31 == 0 else "healthy",
                    "is_present": True,
                    "is_synthetic": True,
                }
            )
    return pl.DataFrame(rows)


def sites() -> dict[str, pl.DataFrame]:
    site = pl.DataFrame(
        {
            "site_id": ["S1", "S2", "S3"],
            "site_name": ["桃园", "柳园", "竹园"],
            "county_code": ["P1", "P2", "P2"],
            "latitude": [30.4, 30.2, 30.1],
            "longitude": [110.3, 110.8, 110.9],
            "is_synthetic": [True, True, True],
        }
    )
    plan = pl.DataFrame(
        {
            "site_id": ["S1", "S2", "S3"],
            "county_code": ["P1", "P2", "P2"],
            "is_open": [True, True, False],
            "households": [20, 10, 0],
            "persons": [60, 30, 0],
            "dwellings_used": [20, 10, 0],
            "dwelling_capacity": [21, 15, 9],
            "spare_ppm": [47619, 333333, None],
            "needs_capacity_assessment": [True, False, None],
            "excluded_reason": [None, None, "red_line"],
        }
    )
    answer = pl.DataFrame(
        {
            "county_code": ["P1", "P2"],
            "objective_minor": [500_000_000_00, 240_000_000_00],
            "bound_minor": [495_000_000_00, 240_000_000_00],
            "gap_ppm": [20_000, 0],
            "status": ["gap_limit", "optimal"],
            "bound_kind": ["solver", "solver"],
        }
    )
    moves = pl.DataFrame(
        {
            "village_code": ["P1-V0", "P1-V1", "P2-V0"],
            "site_id": ["S1", "S1", "S2"],
            "households": [12, 12, 10],
            "distance_m": [4_000, 12_000, None],
        }
    )
    return {"site": site, "site_plan": plan, "siting_answer": answer, "village_assignment": moves}


def funds() -> dict[str, pl.DataFrame]:
    position = pl.DataFrame(
        [
            ("norm", "central_budget", "all", 400_000_000_00, "printed"),
            ("norm", "local_bond", "all", 600_000_000_00, "repaired"),
            ("budget", "all", "all", 1_000_000_000_00, "printed"),
            ("need", "all", "all", 800_000_000_00, "printed"),
            ("in_place", "all", "all", 600_000_000_00, "printed"),
        ],
        schema=["measure", "source", "county_code", "amount_minor", "status"],
        orient="row",
    )
    rate = pl.DataFrame(
        [("in_place_over_need", "in_place", "need", 600_000_000_00, 800_000_000_00, 750_000)],
        schema=["rate", "numerator", "denominator", "numerator_minor", "denominator_minor", "rate_ppm"],
        orient="row",
    )
    short = pl.DataFrame(
        {
            "county_code": ["P1", "P1", "P2"],
            "month": [date(2016, 4, 1), date(2016, 5, 1), date(2016, 4, 1)],
            "need_minor": [100_000_000_00, 200_000_000_00, 50_000_000_00],
            "cash_minor": [120_000_000_00, 150_000_000_00, 60_000_000_00],
        }
    )
    return {"fund_position": position, "fund_rate": rate, "fund_shortfall": short}


def series() -> pl.DataFrame:
    rows: list[tuple[Any, ...]] = [
        ("households", date(2016, 12, 31), 5401.0, "household", "flow", "plan", "P"),
        ("households", date(2017, 5, 2), 6600.0, "household", "undefined", "actual", "P"),
        ("households", date(2017, 5, 31), 62543.0, "household", "stock", "cumulative", "P"),
    ]
    names = ["indicator", "period_end", "value", "unit", "kind", "status", "scope"]
    return pl.DataFrame(rows, schema=names, orient="row")


def square(west: float, south: float) -> dict[str, Any]:
    east, north = west + 0.5, south + 0.5
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


OUTLINES: dict[str, Any] = {
    "features": [
        {"properties": {"name": "上泉县"}, "geometry": square(110.0, 30.0)},
        {"properties": {"name": "下泉县"}, "geometry": square(110.5, 30.0)},
        {"properties": {"name": "邻县", "name_en": "Neighbour"}, "geometry": square(111.0, 30.0)},
    ]
}
CARD = FindingCard(
    ("R10",),
    Text("两处数字不一致", "Two figures do not agree"),
    Claim(Text("**10**个", "**10** sites"), Text("第1行", "line 1")),
    Claim(Text("**13**个", "**13** sites"), Text("第2行", "line 2")),
    (Text("日期不同。", "Another date."),),
    (Text("问县里。", "Ask the county."),),
)
TRACE = Trace(
    Text("可以得到75平方米。", "Entitled to 75 m²."),
    (
        TraceStep("holds", Text("在册", "registered"), Text("第2行", "row 2")),
        TraceStep("unknown", Text("旧房", "old house"), Text("规则3", "rule 3")),
    ),
)
META = ReportMeta(
    Text("桃源搬迁方案", "Peach Spring relocation plan"),
    (Text("数据截至2016年11月30日", "data as of 30 November 2016"),),
    Text("**演示。**全部为合成数据。", "**A demonstration.** Everything is synthetic."),
)


def tables() -> dict[str, pl.DataFrame]:
    homes = household()
    placed = homes.filter(pl.col("household_class") == "registered_poor").select(
        "household_id", pl.lit("S1").alias("site_id"), pl.lit("assigned").alias("status")
    )
    return {
        "household": homes,
        "entitlement": entitlement(homes),
        "person": person(homes),
        "region": region(),
        "series": series(),
        "household_site": placed,
        **sites(),
        **funds(),
        **ahead(),
    }


def basis(**changes: Any) -> Basis:
    given: dict[str, Any] = {
        "tables": tables(),
        "place": Text("桃源", "Peach Spring"),
        "as_of": AS_OF,
        "area_cap_dm2": 2500,
        "crowding_threshold_dm2": 1800,
        "outlines": OUTLINES,
        "outlines_date": Text("2016年", "of 2016"),
        "outside": ("邻县",),
        "series_first_year": 2003,
        "findings": (CARD,),
        "traces": (TRACE,),
        "titles": TITLES,
        "story": STORY,
    }
    return Basis(**(given | changes))
