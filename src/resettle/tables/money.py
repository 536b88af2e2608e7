"""Contracts of promised money, payments, published series and published figures."""

from __future__ import annotations

import polars as pl

from resettle.tables.contract import Column as C
from resettle.tables.contract import Table

FUND_SOURCES = (
    "central_budget",
    "provincial_municipal",
    "local_bond",
    "special_construction",
    "long_term_loan",
    "self_raised",
    "project_developer",
    "other",
)
FUND_LEVELS = ("central", "province", "city", "county", "township", "project", "household")
FUND_MEASURES = ("norm", "budget", "need", "in_place")

FUND = Table(
    name="fund",
    key=("fund_id",),
    zh="资金",
    en="funds promised and in place",
    columns=(
        C("fund_id", "text", zh="编号", en="number", required=True),
        C(
            "measure",
            "text",
            zh="口径",
            en="measure",
            required=True,
            allowed=FUND_MEASURES,
            note="norm per head, budget, need of the works, in place",
        ),
        C("source", "text", zh="资金来源", en="source", allowed=(*FUND_SOURCES, "all")),
        C(
            "purpose",
            "text",
            zh="用途",
            en="purpose",
            allowed=("housing", "infrastructure", "services", "land", "all"),
        ),
        C("county_code", "text", zh="县代码", en="county code", note="missing: the whole programme"),
        C("month", "date", zh="月份", en="month (its first day)", note="missing: no month is stated"),
        C("amount_minor", "integer", "minor", "金额", "amount", required=True, low=-(10**14), high=10**14),
        C("per_person", "boolean", zh="按人", en="per person"),
        C("as_of_date", "date", zh="截至日", en="as of"),
        C(
            "status",
            "text",
            zh="数据性质",
            en="status of the figure",
            allowed=("printed", "repaired", "synthetic", "entered"),
            note="repaired: a hypothesis that mends the printed figures; marked wherever it is used",
        ),
        C("source_note", "text", zh="出处", en="where it is from"),
    ),
)

PAYMENT = Table(
    name="payment",
    key=("payment_id",),
    zh="拨付",
    en="payments down the levels",
    columns=(
        C("payment_id", "text", zh="编号", en="number", required=True),
        C("paid_date", "date", zh="日期", en="date"),
        C("source", "text", zh="资金来源", en="source", allowed=FUND_SOURCES),
        C(
            "purpose",
            "text",
            zh="用途",
            en="purpose it was earmarked for",
            allowed=("housing", "infrastructure", "services", "land", "all"),
        ),
        C(
            "used_for",
            "text",
            zh="实际用途",
            en="purpose it was used for",
            allowed=("housing", "infrastructure", "services", "land", "other", "all"),
        ),
        C(
            "from_level",
            "text",
            zh="拨出级次",
            en="from level",
            allowed=FUND_LEVELS,
        ),
        C("from_code", "text", zh="拨出方", en="from"),
        C(
            "to_level",
            "text",
            zh="收款级次",
            en="to level",
            allowed=FUND_LEVELS,
        ),
        C("to_code", "text", zh="收款方", en="to"),
        C("amount_minor", "integer", "minor", "金额", "amount", required=True, low=0, high=10**14),
        C(
            "received_date",
            "date",
            zh="到账日期",
            en="date received",
            note="missing: not yet confirmed as received",
        ),
        C("received_minor", "integer", "minor", "到账金额", "amount received", low=0, high=10**14),
        C("is_synthetic", "boolean", zh="合成数据", en="synthetic"),
    ),
)

SERIES = Table(
    name="series",
    key=("indicator", "period_end", "status", "scope"),
    zh="历年数字",
    en="published points over time",
    columns=(
        C("indicator", "text", zh="指标", en="indicator", required=True),
        C("period_end", "date", zh="截至日", en="end of the period or as-of date", required=True),
        C("value", "number", zh="数值", en="value", required=True),
        C("unit", "text", zh="单位", en="unit", required=True),
        C("kind", "text", zh="存量或流量", en="stock or flow", allowed=("stock", "flow", "undefined")),
        C(
            "status",
            "text",
            zh="计划或实际",
            en="plan or actual",
            allowed=("plan", "actual", "cumulative"),
            required=True,
        ),
        C("scope", "text", zh="范围", en="scope", required=True),
        C("source_note", "text", zh="出处", en="where it is from"),
    ),
)


def weakest_status() -> pl.Expr:
    """The status of a sum of funds: it is only as certain as its least certain part.

    >>> parts = pl.DataFrame({"status": ["printed", "synthetic"]})
    >>> parts.select(weakest_status()).item()
    'synthetic'
    """
    order = ("repaired", "synthetic", "entered", "printed", "computed")
    result = pl.lit("entered")
    for status in reversed(order):
        result = pl.when((pl.col("status") == status).any()).then(pl.lit(status)).otherwise(result)
    return result.alias("status")
