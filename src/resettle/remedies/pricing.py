"""Remedies of each household's obstacles, priced for the household and for the county."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from resettle.problems import Problem
from resettle.remedies.contracts import CO_MOVER, CO_MOVER_COUNTY, HOTEL_CASE, REMEDY, REMEDY_COUNTY
from resettle.remedies.obstacles import FINDERS
from resettle.units import allocate

UNITS = ("household", "person", "seat", "short_m2", "price_percent")
PARTS = ("land", "design", "tax", "standard", "margin")


def check_document(document: Mapping[str, Any]) -> list[Problem]:
    """What is wrong with a pack's list of obstacles and remedies."""
    problems = []
    codes = [str(entry["code"]) for entry in document.get("obstacle", [])]
    for code in codes:
        if code not in FINDERS:
            problems.append(
                Problem("remedies.obstacle_unknown", "error", value=code, nearest=", ".join(FINDERS))
            )
    for entry in document.get("remedy", []):
        name = str(entry["code"])
        for code in entry["obstacles"]:
            if code not in codes:
                problems.append(
                    Problem(
                        "remedies.obstacle_undeclared",
                        "error",
                        value=str(code),
                        nearest=", ".join(codes),
                        values={"remedy": name},
                    )
                )
        for payer in ("household", "county"):
            if entry[payer]["per"] not in UNITS:
                problems.append(
                    Problem(
                        "remedies.unit_unknown",
                        "error",
                        column=f"{name}.{payer}",
                        value=str(entry[payer]["per"]),
                        nearest=", ".join(UNITS),
                    )
                )
        if not str(entry.get("source", "")).strip():
            problems.append(Problem("remedies.source_empty", "error", value=name))
    shares = [int(part["share_ppm"]) for part in document.get("price", {}).get("split", [])]
    if shares and sum(shares) != 1_000_000:
        problems.append(Problem("remedies.split_sum", "error", value=str(sum(shares))))
    return problems


def _amount(cost: Mapping[str, Any], price: pl.Expr) -> pl.Expr:
    """Money of one remedy for one household; unknown where the quantity it is counted by is unknown."""
    value = int(cost["value"])
    if value == 0:
        return pl.lit(0, dtype=pl.Int64)
    short = (pl.col("area_need_dm2") - pl.col("area_cap_dm2")).clip(0)
    times = {
        "household": pl.lit(1, dtype=pl.Int64),
        "person": pl.col("member_count"),
        "seat": pl.lit(1, dtype=pl.Int64),
        "short_m2": short,
        "price_percent": price,
    }[str(cost["per"])]
    divisor = 100 if cost["per"] in ("short_m2", "price_percent") else 1
    return (times * value // divisor).cast(pl.Int64)


def price_remedies(
    obstacles: pl.DataFrame, facts: pl.DataFrame, document: Mapping[str, Any]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The tables ``remedy`` and ``remedy_county``.

    One household may have several obstacles with the same remedy; by county each pair is counted for
    itself, so sums over remedies are not a budget.
    """
    area = int(document["price"]["area_per_person_dm2"])
    price = pl.col("member_count") * area * int(document["price"]["high"]) // 100
    columns = ("household_id", "member_count", "area_need_dm2", "area_cap_dm2")
    base = obstacles.select("household_id", "county_code", "obstacle").join(
        facts.select(columns), on="household_id", how="left"
    )
    parts = []
    for entry in document["remedy"]:
        clause = str(entry["clause"]).strip()
        parts.append(
            base.filter(pl.col("obstacle").is_in(entry["obstacles"])).with_columns(
                pl.lit(str(entry["code"])).alias("remedy"),
                _amount(entry["household"], price).alias("household_cost_minor"),
                _amount(entry["county"], price).alias("county_cost_minor"),
                pl.lit(int(entry["delay_months"]), dtype=pl.Int64).alias("delay_months"),
                pl.lit(clause or None, dtype=pl.String).alias("clause"),
                pl.lit(not clause).alias("needs_decision"),
                pl.lit(str(entry["source"])).alias("source"),
                pl.lit(str(entry["source"]).startswith("assumption")).alias("is_assumption"),
            )
        )
    remedies = REMEDY.shape(pl.concat(parts)) if parts else REMEDY.empty()
    costs = ("household_cost_minor", "county_cost_minor")
    unpriced = pl.any_horizontal([pl.col(c).is_null() for c in costs])
    by_county = (
        remedies.with_columns(pl.col("county_code").fill_null(""))
        .group_by("county_code", "obstacle", "remedy")
        .agg(
            pl.len().alias("household_count"),
            *(pl.col(c).sum() for c in costs),
            unpriced.sum().alias("unpriced_count"),
            pl.col("delay_months").max(),
            pl.col("needs_decision").first(),
        )
    )
    return remedies, REMEDY_COUNTY.shape(by_county)


def price_co_movers(facts: pl.DataFrame, document: Mapping[str, Any]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What a household that must buy pays, for what, in years of its income; and the price half can pay."""
    rule = document["price"]
    area = int(rule["area_per_person_dm2"])
    shares = {str(part["part"]): int(part["share_ppm"]) for part in rule["split"]}
    weights = [shares.get(part, 0) for part in PARTS]
    buyers = facts.filter((pl.col("household_class") == "co_mover") & (pl.col("member_count") > 0))
    rows = []
    for row in buyers.sort("household_id").iter_rows(named=True):
        size = int(row["member_count"]) * area
        high = size * int(rule["high"]) // 100
        income = row["income_minor"]
        earns = income is not None and income > 0
        rows.append(
            {
                "household_id": row["household_id"],
                "county_code": row["county_code"],
                "area_dm2": size,
                "price_low_minor": size * int(rule["low"]) // 100,
                "price_high_minor": high,
                **dict(zip((f"{p}_minor" for p in PARTS), allocate(high, weights), strict=True)),
                "market_minor": size * int(rule["market"]) // 100,
                "income_minor": income,
                "income_years": high / income if earns else None,
                "payable_minor_per_m2": int(rule["years_of_income"]) * income * 100 // size
                if earns
                else None,
            }
        )
    table = pl.DataFrame(rows, schema=CO_MOVER.schema())
    payable = pl.col("payable_minor_per_m2")
    known = payable.drop_nulls().sort(descending=True)
    by_county = (
        table.with_columns(pl.col("county_code").fill_null(""))
        .group_by("county_code")
        .agg(
            pl.len().alias("household_count"),
            payable.is_null().sum().alias("income_unknown_count"),
            pl.col("income_years").median().alias("income_years_median"),
            (payable >= int(rule["high"])).sum().alias("can_pay_low_count"),
            (payable >= int(rule["low"])).sum().alias("can_pay_high_count"),
            known.slice((known.len().cast(pl.Int64) - 1) // 2, 1).first().alias("half_can_pay_minor_per_m2"),
        )
    )
    return table, CO_MOVER_COUNTY.shape(by_county)


def hotel_case(rule: Mapping[str, Any]) -> pl.DataFrame:
    """The farmhouse hotel: who pays the investment, what is left of the income, and how that moves.

    Interest is simple on half the loan on average over its years, less the subsidised part.
    """
    rows = []
    for variant in rule["variants"]:
        case = {**rule, **variant}
        investment, loan = int(case["investment"]), int(case["loan"])
        subsidy = investment * int(case["subsidy_ppm"]) // 1_000_000
        loan = min(loan, investment - subsidy)
        own = investment - subsidy - loan
        years = int(case["loan_years"])
        interest = loan * int(case["loan_rate_ppm"]) // 2_000_000
        helped = interest * int(case["interest_subsidy_ppm"]) // 1_000_000
        income = int(case["income"]) * int(case["first_years_ppm"]) // 1_000_000
        repayment = loan // years + interest - helped
        left = income - repayment
        debt_free = own - left * years
        payback = (
            own / left if left > 0 and debt_free <= 0 else years + debt_free / income if income > 0 else None
        )
        rows.append(
            {
                "variant": variant["name"],
                "investment_minor": investment,
                "subsidy_minor": subsidy,
                "loan_minor": loan,
                "own_minor": own,
                "income_minor": income,
                "repayment_minor": repayment,
                "left_minor": left,
                "payback_years": payback,
                "county_cost_minor": subsidy + helped * years,
                "delay_months": int(case["delay_months"]),
                "needs_loan_check": loan > 0,
            }
        )
    return pl.DataFrame(rows, schema=HOTEL_CASE.schema())
