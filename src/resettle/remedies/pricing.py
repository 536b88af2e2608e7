"""Remedies of each household's obstacles, priced for the household and for the county."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import polars as pl

from resettle.problems import Problem
from resettle.remedies.clauses import check_clause, clause_of
from resettle.remedies.contracts import CO_MOVER, CO_MOVER_COUNTY, HOTEL_CASE, PERIODS, REMEDY, REMEDY_COUNTY
from resettle.remedies.obstacles import FINDERS, OF_A_CLASS
from resettle.remedies.willingness import check_published
from resettle.tables.people import HOUSEHOLD_CLASSES
from resettle.units import allocate

UNITS = ("household", "person", "seat", "further_m2", "deferred_percent", "hotel")
FACTS = (
    "member_count",
    "grown_children",
    "area_need_dm2",
    "area_cap_dm2",
    "old_dwelling_area_dm2",
    "self_raised_minor",
    "self_paid_minor",
    "has_kin",
    "is_destitute",
)
"""Facts of a household that a price is counted by or a remedy needs."""
NEEDS = ("has_kin", "is_destitute")
"""Facts a remedy may need: no is no, and where the registry is silent the household is asked first."""

PARTS = ("land", "design", "tax", "standard", "margin")
BY_AREA = ("seat", "further_m2", "deferred_percent")
"""Units that are counted by the price and the area of a home."""


def check_document(document: Mapping[str, Any], rules: Collection[str] = ()) -> list[Problem]:
    """What is wrong with a pack's list of obstacles and remedies.

    Args:
        rules: the rules of the pack that hold or not, or count, for a household: what an obstacle may rest on.
    """
    codes = [str(entry["code"]) for entry in document.get("obstacle", [])]
    problems = _check_obstacles(document, rules)
    named = [str(place["code"]) for place in document.get("place", [])]
    for entry in document.get("remedy", []):
        problems += _check_remedy(entry, codes, "price" in document) + check_clause(entry, named)
    shares = [int(part["share_ppm"]) for part in document.get("price", {}).get("split", [])]
    if shares and sum(shares) != 1_000_000:
        problems.append(Problem("remedies.split_sum", "error", value=str(sum(shares))))
    return problems + check_published(document.get("willingness", {}))


def _check_obstacles(document: Mapping[str, Any], rules: Collection[str]) -> list[Problem]:
    """Obstacles that nothing finds, or that rest on a rule the pack has not."""
    problems = []
    for entry in document.get("obstacle", []):
        code, rule = str(entry["code"]), entry.get("rule")
        if rule is not None and str(rule) not in rules:
            nearest = ", ".join(get_close_matches(str(rule), rules, n=3, cutoff=0.3))
            problems.append(
                Problem("remedies.rule_unknown", "error", column=code, value=str(rule), nearest=nearest)
            )
        elif rule is None and code not in FINDERS:
            problems.append(
                Problem("remedies.obstacle_unknown", "error", value=code, nearest=", ".join(FINDERS))
            )
        classes = entry.get("classes", [])
        wrong = [name for name in classes if name not in HOUSEHOLD_CLASSES]
        if wrong or (code in OF_A_CLASS and rule is None and not classes):
            known = ", ".join(HOUSEHOLD_CLASSES)
            problems.append(
                Problem(
                    "remedies.class_unknown",
                    "error",
                    column=code,
                    value=", ".join(wrong) or "-",
                    nearest=known,
                )
            )
    return problems


def _check_remedy(entry: Mapping[str, Any], codes: Sequence[str], has_price: bool) -> list[Problem]:
    """One remedy: the obstacles it eases, how it is priced, what it needs, and where it is from."""
    name = str(entry["code"])
    problems = []

    def refuse(kind: str, column: str | None, value: object, nearest: Collection[str], **more: str) -> None:
        choices = ", ".join(nearest)
        problems.append(
            Problem(
                f"remedies.{kind}", "error", column=column, value=str(value), nearest=choices, values=more
            )
        )

    for code in entry["obstacles"]:
        if code not in codes:
            refuse("obstacle_undeclared", None, code, codes, remedy=name)
    for payer in ("household", "county"):
        unit = entry[payer]["per"]
        if unit not in UNITS:
            refuse("unit_unknown", f"{name}.{payer}", unit, UNITS)
        elif unit in BY_AREA and not has_price:
            problems.append(Problem("remedies.price_missing", "error", value=name))
    if entry.get("needs", NEEDS[0]) not in NEEDS:
        refuse("need_unknown", name, entry["needs"], NEEDS)
    if entry.get("period", "once") not in PERIODS:
        refuse("period_unknown", name, entry["period"], PERIODS)
    if not str(entry.get("source", "")).strip():
        problems.append(Problem("remedies.source_empty", "error", value=name))
    return problems


def _quantities(document: Mapping[str, Any]) -> dict[str, pl.Expr]:
    """What a price may be counted by, for a household and the obstacle it has.

    ``further_m2``: the area that is wanting, in 0.01 m2: what is needed above the ceiling, what the old house
    had above it, or a place for the partner of each grown child (the larger, where it also says its need).
    ``seat``: whole places that hold that area. ``deferred_percent``: of the money still to be paid, the price
    of a house for those who must buy and the unpaid share for all others.
    """
    rule = document.get("price", {})  # where there is none, nothing is counted by it: see check_document
    place, high = int(rule.get("area_per_person_dm2", 1)), int(rule.get("high", 0))
    obstacle, cap = pl.col("obstacle"), pl.col("area_cap_dm2")
    need = (pl.col("area_need_dm2") - cap).clip(0)
    further = (
        pl.when(obstacle == "grown_child")
        .then(pl.max_horizontal(pl.col("grown_children") * place, need))
        .when(obstacle == "may_outgrow")
        .then(pl.max_horizontal(pl.lit(place, dtype=pl.Int64), need))
        .when(obstacle == "smaller_than_now")
        .then((pl.col("old_dwelling_area_dm2") - cap).clip(0))
        .otherwise(need)
    )
    price = pl.col("member_count") * place * high // 100
    due = (pl.col("self_raised_minor") - pl.col("self_paid_minor")).clip(0)
    return {
        "household": pl.lit(1, dtype=pl.Int64),
        "person": pl.col("member_count"),
        "seat": -(-further // place),
        "further_m2": further,
        "deferred_percent": pl.when(obstacle == "must_buy").then(price).otherwise(due),
    }


def _amount(cost: Mapping[str, Any], quantities: Mapping[str, pl.Expr], hotel: int) -> pl.Expr:
    """Money of one remedy for one household; unknown where the quantity it is counted by is unknown."""
    value, per = int(cost["value"]), str(cost["per"])
    if value == 0 or per == "hotel":
        return pl.lit(value * hotel, dtype=pl.Int64)
    divisor = 100 if per in ("further_m2", "deferred_percent") else 1
    return (quantities[per] * value // divisor).cast(pl.Int64)


def _hotel_prices(document: Mapping[str, Any]) -> dict[str, int]:
    """What the farmhouse hotel of the worked case costs: own money and the loan to repay; subsidy and interest."""
    if "hotel" not in document:
        return {"household": 0, "county": 0}
    base = hotel_case(document["hotel"]).row(0, named=True)
    return {
        "household": base["own_minor"] + base["loan_minor"],
        "county": base["county_cost_minor"],
    }


def _possible(entry: Mapping[str, Any]) -> pl.Expr:
    """Not where the registry says no to what the remedy needs (``needs``); where it is silent, it is asked."""
    needs = entry.get("needs")
    return pl.lit(True) if needs is None else pl.col(str(needs)).fill_null(True)


def _ask_first(entry: Mapping[str, Any]) -> pl.Expr:
    """Whether what the remedy needs is not known of the household."""
    needs = entry.get("needs")
    return pl.lit(False) if needs is None else pl.col(str(needs)).is_null()


def price_remedies(
    obstacles: pl.DataFrame, facts: pl.DataFrame, document: Mapping[str, Any], scope: str
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The tables ``remedy`` and ``remedy_county``; ``scope`` is the place of the programme, for its clauses.

    One household may have several obstacles with the same remedy; by county each pair is counted for
    itself, so sums over remedies are not a budget.
    """
    quantities, hotel = _quantities(document), _hotel_prices(document)
    columns = ("household_id", *FACTS)
    base = obstacles.select("household_id", "county_code", "obstacle").join(
        facts.select(columns), on="household_id", how="left"
    )
    parts = []
    for entry in document.get("remedy", []):
        clause = clause_of(entry, scope)
        parts.append(
            base.filter(pl.col("obstacle").is_in(entry["obstacles"]) & _possible(entry)).with_columns(
                pl.lit(str(entry["code"])).alias("remedy"),
                _amount(entry["household"], quantities, hotel["household"]).alias("household_cost_minor"),
                _amount(entry["county"], quantities, hotel["county"]).alias("county_cost_minor"),
                pl.lit(str(entry.get("period", "once"))).alias("period"),
                pl.lit(int(entry["delay_months"]), dtype=pl.Int64).alias("delay_months"),
                pl.lit(clause.text, dtype=pl.String).alias("clause"),
                pl.lit(clause.state).alias("clause_state"),
                pl.lit(", ".join(clause.places) or None, dtype=pl.String).alias("clause_place"),
                pl.lit(clause.document, dtype=pl.String).alias("clause_document"),
                pl.lit(clause.needs_decision).alias("needs_decision"),
                _ask_first(entry).alias("ask_first"),
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
            *(pl.when(pl.col(c).count() > 0).then(pl.col(c).sum()).alias(c) for c in costs),
            unpriced.sum().alias("unpriced_count"),
            pl.col("period").first(),
            pl.col("delay_months").max(),
            pl.col("clause_state", "needs_decision").first(),
            pl.col("ask_first").sum().alias("ask_first_count"),
        )
    )
    return remedies, REMEDY_COUNTY.shape(by_county)


def price_co_movers(facts: pl.DataFrame, document: Mapping[str, Any]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What a household that must buy pays, for what, in years of its income; and the price half can pay."""
    if "price" not in document:
        return CO_MOVER.empty(), CO_MOVER_COUNTY.empty()
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
                "payable_minor_per_m2": None
                if income is None
                else int(rule["years_of_income"]) * max(0, income) * 100 // size,
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
            pl.col("income_minor").is_null().sum().alias("income_unknown_count"),
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
                "loan_years": years,
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
