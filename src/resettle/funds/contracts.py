"""Contracts of what the funds stage writes."""

from __future__ import annotations

from resettle.methods.fund_totals import UNSTATED, WHOLE
from resettle.tables import Column as C
from resettle.tables import Table
from resettle.tables.money import FUND_LEVELS, FUND_SOURCES

DATED = "missing: of a payment that arrived, one of the two days is not recorded"

POSITION = Table(
    "fund_position",
    ("measure", "source", "county_code"),
    zh="资金状况",
    en="funds by measure and source",
    writer="funds",
    columns=(
        C(
            "measure",
            "text",
            zh="口径",
            en="measure",
            required=True,
            allowed=("norm", "budget", "need", "works_cost", "in_place", "disbursed", "received"),
        ),
        C(
            "source",
            "text",
            zh="资金来源",
            en="source",
            required=True,
            allowed=(*FUND_SOURCES, WHOLE, UNSTATED),
            note="'all': every source; 'unstated': rows that name none, and are no whole",
        ),
        C(
            "county_code",
            "text",
            zh="县代码",
            en="county code",
            required=True,
            note="'all': the whole programme; 'unstated': rows that name none, and are no whole",
        ),
        C("amount_minor", "integer", "minor", "金额", "amount", required=True),
        C("is_least", "boolean", zh="只是下限", en="at least: a part of it is not known"),
        C("per_person_minor", "integer", "minor per person", "人均", "per person"),
        C("person_count", "integer", "person", "计算人数", "persons it is reckoned on"),
        C(
            "status",
            "text",
            zh="数据性质",
            en="status of the figure",
            allowed=("printed", "repaired", "synthetic", "entered", "computed"),
        ),
        C("source_note", "text", zh="出处", en="where it is from"),
    ),
)
RATE = Table(
    "fund_rate",
    ("rate", "denominator"),
    zh="比率",
    en="rates with their denominators",
    writer="funds",
    columns=(
        C("rate", "text", zh="比率", en="rate", required=True),
        C("numerator", "text", zh="分子", en="numerator", required=True),
        C("denominator", "text", zh="分母", en="denominator", required=True),
        C("numerator_minor", "integer", "minor", "分子金额", "numerator amount"),
        C("denominator_minor", "integer", "minor", "分母金额", "denominator amount"),
        C("rate_ppm", "integer", "ppm", "比率", "rate", note="missing: a part of it is unknown"),
        C("gap_minor", "integer", "minor", "差额", "denominator less numerator"),
        C(
            "status",
            "text",
            zh="数据性质",
            en="status",
            allowed=("printed", "repaired", "synthetic", "entered", "computed"),
        ),
    ),
)
SHORTFALL = Table(
    "fund_shortfall",
    ("county_code", "month"),
    zh="资金缺口月份",
    en="cash against construction by month",
    writer="funds",
    columns=(
        C("county_code", "text", zh="县代码", en="county code", required=True),
        C("month", "date", zh="月份", en="month", required=True),
        C("need_minor", "integer", "minor", "累计需求", "needed so far"),
        C(
            "cash_minor",
            "integer",
            "minor",
            "累计到位",
            "in place so far",
            note="missing: the county records none, or the month is after the as-of date and after its last record",
        ),
        C("gap_minor", "integer", "minor", "缺口", "missing"),
        C("is_first", "boolean", zh="首次短缺", en="first month short"),
    ),
)
FLOW_FINDING = Table(
    "fund_flow_finding",
    ("payment_id", "kind"),
    zh="资金流向提示",
    en="payments that went another way",
    writer="funds",
    columns=(
        C("payment_id", "text", zh="编号", en="payment", required=True),
        C(
            "kind",
            "text",
            zh="情形",
            en="kind",
            required=True,
            allowed=(
                "other_use",
                "not_arrived",
                "arrived_short",
                "arrived_more",
                "arrived_late",
                "arrived_before_sent",
                "entered_twice",
            ),
        ),
        C("from_code", "text", zh="拨出方", en="from"),
        C("to_code", "text", zh="收款方", en="to"),
        C("amount_minor", "integer", "minor", "涉及金额", "amount concerned"),
        C("detail", "text", zh="说明", en="detail"),
        C("is_synthetic", "boolean", zh="合成数据", en="synthetic"),
    ),
)
PASSAGE = Table(
    "fund_passage",
    ("from_level", "to_level"),
    zh="资金逐级到账",
    en="money from level to level",
    writer="funds",
    columns=(
        C(
            "from_level",
            "text",
            zh="拨出级次",
            en="from level",
            required=True,
            allowed=(*FUND_LEVELS, "unknown"),
        ),
        C("to_level", "text", zh="收款级次", en="to level", required=True, allowed=(*FUND_LEVELS, "unknown")),
        C("payments", "integer", "payment", "笔数", "payments", required=True),
        C("sent_minor", "integer", "minor", "拨出", "sent", required=True),
        C("confirmed_minor", "integer", "minor", "确认到账", "confirmed as arrived", required=True),
        C("short_minor", "integer", "minor", "到账少于拨出", "short of what was sent", required=True),
        C("unconfirmed_minor", "integer", "minor", "未确认到账", "not confirmed", required=True),
        C("median_days", "integer", "day", "在途天数（中位）", "days on the way, median", note=DATED),
        C("longest_days", "integer", "day", "在途天数（最长）", "days on the way, longest", note=DATED),
        C("is_synthetic", "boolean", zh="合成数据", en="synthetic"),
    ),
)
DESK = Table(
    "fund_desk",
    ("level", "code"),
    zh="资金停留处",
    en="where money stands between levels",
    writer="funds",
    columns=(
        C("level", "text", zh="级次", en="level", required=True),
        C("code", "text", zh="单位", en="desk", required=True),
        C(
            "received_minor",
            "integer",
            "minor",
            "确认到账",
            "arrived",
            note="missing: a payment to it has no amount received, or one names no receiver and may be to it",
        ),
        C("unconfirmed_minor", "integer", "minor", "未确认到账", "sent to it, not confirmed", required=True),
        C(
            "sent_on_minor",
            "integer",
            "minor",
            "已转拨",
            "sent on",
            note="missing: a payment names no sender and may be from it",
        ),
        C(
            "standing_minor",
            "integer",
            "minor",
            "停留",
            "standing",
            note="below zero: more sent on than the record shows arriving",
        ),
        C("last_received_date", "date", zh="最近到账日", en="last arrival"),
        C("is_synthetic", "boolean", zh="合成数据", en="synthetic"),
    ),
)
