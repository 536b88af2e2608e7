"""Contracts of the entitlement stage: what later stages may rely on, whatever the pack adds behind it."""

from __future__ import annotations

from resettle.tables import Column as C
from resettle.tables import Table

ENTITLEMENT = Table(
    "entitlement",
    ("household_id",),
    zh="应享待遇",
    en="entitlements by household",
    writer="entitlement",
    open_ended=True,
    columns=(
        C("household_id", "text", zh="户编号", en="household number", required=True),
        C(
            "mover_class",
            "text",
            zh="搬迁类别",
            en="class of mover",
            allowed=("registered", "co_mover", "affected", "none"),
        ),
        C(
            "is_eligible",
            "boolean",
            zh="符合资格",
            en="is eligible",
            note="missing: unknown, neither yes nor no",
        ),
        C("resettled_persons", "integer", "person", "安置人数", "persons resettled"),
        C("area_cap_dm2", "integer", "dm2", "面积上限", "floor area ceiling", note="never exceeded"),
        C(
            "area_short_dm2",
            "integer",
            "dm2",
            "超出上限的需要",
            "need above the ceiling",
            note="reported, never granted",
        ),
        C("dwelling_size_dm2", "integer", "dm2", "户型面积", "dwelling size"),
        C("resettlement_mode", "text", zh="安置方式", en="mode of resettlement"),
        C("self_raised_minor", "integer", "minor", "自筹金额", "self-financing due"),
        C(
            "house_price_low_minor",
            "integer",
            "minor",
            "购房价下限",
            "house price, low",
            note="for those who pay the price",
        ),
        C("house_price_high_minor", "integer", "minor", "购房价上限", "house price, high"),
        C("must_return_homestead", "boolean", zh="须腾退宅基地", en="homestead is to be returned"),
        C("is_demolition_exempt", "boolean", zh="老房可保留", en="old house may stay"),
        C("has_double_benefit", "boolean", zh="重复享受", en="had housing aid before"),
        C("is_turnkey", "boolean", zh="交钥匙", en="turnkey home"),
        C("unknown_count", "integer", "result", "未知项数", "results unknown for this household"),
    ),
)
RULE_COVERAGE = Table(
    "rule_coverage",
    ("rule_table", "rule"),
    zh="规则覆盖",
    en="how many each rule applies to",
    writer="entitlement",
    columns=(
        C("rule_table", "text", zh="表", en="table", required=True),
        C("rule", "text", zh="规则", en="rule", required=True),
        C("row_count", "integer", "row", "行数", "rows"),
        C("known_count", "integer", "row", "已知", "known"),
        C("unknown_count", "integer", "row", "未知", "unknown"),
        C("positive_count", "integer", "row", "成立或大于零", "true or above zero"),
    ),
)
