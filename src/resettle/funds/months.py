"""Cash against construction, month by month: the first month a county falls short, and the months nobody can judge."""

from __future__ import annotations

from datetime import date

import polars as pl

from resettle.funds.contracts import SHORTFALL
from resettle.methods.fund_totals import UNSTATED, wholes_and_parts
from resettle.problems import Problem


def shortfalls(fund: pl.DataFrame, as_of: date | None = None) -> pl.DataFrame:
    """Cash in place against construction need, cumulated by county and month; the first month it falls short.

    A county that gives need but no cash at all has unknown cash, not none; so has one with cash or need of which
    nobody wrote the month, and every one while some of it names no county; and a month after ``as_of`` and after the county's last record of cash has not
    happened: none of them is called short.
    """
    both = pl.col("measure").is_in(["need", "in_place"])
    dated = pl.col("month").is_not_null() & both
    monthly = fund.filter(dated & pl.col("county_code").is_not_null())
    if not monthly.height:
        return SHORTFALL.empty()
    is_cash = pl.col("measure") == "in_place"
    last_cash = pl.col("month").filter(is_cash).max().over("county_code")
    ahead = pl.lit(False) if as_of is None else pl.col("month") > as_of
    recorded = last_cash.is_not_null() & ((pl.col("month") <= last_cash) | ~ahead)
    nobodys = wholes_and_parts(fund).filter(dated & (pl.col("county_code") == UNSTATED)).height
    recorded = recorded & ~pl.col("county_code").is_in(_counties_undated(fund)) & pl.lit(not nobodys)
    wide = (
        monthly.with_columns(recorded=recorded.fill_null(False))
        .group_by("county_code", "month")
        .agg(
            pl.col("amount_minor").filter(~is_cash).sum().alias("need"),
            pl.col("amount_minor").filter(is_cash).sum().alias("cash"),
            pl.col("recorded").first(),
        )
        .sort("county_code", "month")
        .with_columns(
            need_minor=pl.col("need").cum_sum().over("county_code"),
            cash_minor=pl.when("recorded").then(pl.col("cash").cum_sum().over("county_code")),
        )
        .with_columns(gap_minor=(pl.col("need_minor") - pl.col("cash_minor")).clip(lower_bound=0))
        .with_columns(short=(pl.col("gap_minor") > 0).fill_null(False))
        .with_columns(
            is_first=pl.col("short") & (pl.col("short").cast(pl.Int64).cum_sum().over("county_code") == 1)
        )
    )
    return SHORTFALL.shape(wide)


def months_unknown(shortfall: pl.DataFrame) -> list[Problem]:
    """Counties, each with its first month, whose cash is not recorded, so that nobody can say whether it suffices."""
    open_ = shortfall.filter(pl.col("cash_minor").is_null())
    first = open_.group_by("county_code").agg(pl.col("month").min()).sort("county_code")
    return [
        Problem(
            "funds.cash_unknown",
            "info",
            table="fund",
            file="funds.csv",
            column="county_code",
            values={"county": county, "month": f"{month:%Y-%m}"},
        )
        for county, month in first.iter_rows()
    ]


def _counties_undated(fund: pl.DataFrame) -> list[str]:
    """Counties that state need or cash by month, and some of it without its month."""
    rows = fund.filter(pl.col("county_code").is_not_null() & pl.col("measure").is_in(["need", "in_place"]))
    some = pl.col("month").is_null().any() & pl.col("month").is_not_null().any()
    return rows.group_by("county_code").agg(some.alias("some")).filter("some")["county_code"].sort().to_list()


def undated(fund: pl.DataFrame) -> list[Problem]:
    """Counties whose need or cash is not all given by month, so that no month can be judged."""
    return [
        Problem(
            "funds.month_unstated", "warning", table="fund", file="funds.csv", column="month", value=county
        )
        for county in _counties_undated(fund)
    ]
