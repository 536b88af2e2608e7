"""The completion audit: every household whose entitlements are not yet met, and what is open.

A promise is open until its keeping is recorded. What the registry does not record at all (nobody's day of moving in
is known) is not listed household by household: the audit says it cannot be told.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from resettle.evaluation.contract import COMPLETION

CHECKS = (
    "eligibility_unknown",
    "no_home",
    "home_too_small",
    "not_moved_in",
    "money_unpaid",
    "payment_unknown",
    "result_unknown",
)
_PLACED = ("assigned", "scattered")


def completion(tables: Mapping[str, pl.DataFrame]) -> tuple[pl.DataFrame, dict[str, str]]:
    """Open entitlements by household, and the checks that could not be made with the table they lack.

    Returns:
        :data:`~resettle.evaluation.contract.COMPLETION`; ``{check: missing table}``.
    """
    entitlement, household = tables.get("entitlement"), tables.get("household")
    if entitlement is None or household is None:
        return COMPLETION.empty(), dict.fromkeys(CHECKS, "entitlement")
    place = [
        "household_id",
        *(c for c in ("county_code", "moved_in_date", "paid_minor") if c in household.columns),
    ]
    table = household.select(place).join(
        entitlement.rename({"dwelling_size_dm2": "_due"}, strict=False),
        on="household_id",
        how="inner",
        maintain_order="left",
    )
    site = tables.get("household_site")
    if site is not None:
        own = site.unique("household_id", keep="first", maintain_order=True)
        table = table.join(
            own.select("household_id", "site_id", "dwelling_size_dm2", "status"), on="household_id", how="left",
            maintain_order="left",
        )  # fmt: skip
    tests, lacking = _tests(table)
    shown = [c for c in ("household_id", "county_code", "site_id") if c in table.columns]
    parts = []
    for name, (flag, owed) in tests.items():
        own = table.filter(flag)
        parts.append(own.select(*shown, pl.lit(name).alias("open"), owed.cast(pl.Int64).alias("owed_minor")))
    return (COMPLETION.shape(pl.concat(parts)) if parts else COMPLETION.empty()), lacking


def _tests(table: pl.DataFrame) -> tuple[dict[str, tuple[pl.Expr, pl.Expr]], dict[str, str]]:
    eligible = pl.col("is_eligible").fill_null(False)
    nothing = pl.lit(None, pl.Int64)
    tests: dict[str, tuple[pl.Expr, pl.Expr]] = {
        "eligibility_unknown": (pl.col("is_eligible").is_null(), nothing)
    }
    lacking: dict[str, str] = {}
    if "status" in table.columns:
        placed = pl.col("status").is_in(_PLACED).fill_null(False)
        tests["no_home"] = (eligible & ~placed, nothing)
        if "_due" in table.columns:
            small = (pl.col("dwelling_size_dm2") < pl.col("_due")).fill_null(False)
            tests["home_too_small"] = (eligible & small, nothing)
    else:
        lacking |= {"no_home": "household_site", "home_too_small": "household_site"}
    if "moved_in_date" in table.columns and table["moved_in_date"].count():
        tests["not_moved_in"] = (eligible & pl.col("moved_in_date").is_null(), nothing)
    else:
        lacking["not_moved_in"] = "household.moved_in_date"
    if {"paid_minor", "cash_total_minor"} <= set(table.columns) and table["paid_minor"].count():
        owed = pl.col("cash_total_minor") - pl.col("paid_minor")
        tests["money_unpaid"] = (eligible & (owed > 0).fill_null(False), owed)
        silent = pl.col("paid_minor").is_null() & (pl.col("cash_total_minor") > 0)
        tests["payment_unknown"] = (eligible & silent.fill_null(False), nothing)
    else:
        lacking["money_unpaid"] = "household.paid_minor"
    if "unknown_count" in table.columns:
        tests["result_unknown"] = (eligible & (pl.col("unknown_count") > 0).fill_null(False), nothing)
    return tests, lacking
