"""The tables of reforms: what each would change, for how many, at whose cost."""

from __future__ import annotations

from resettle.tables.contract import Column as C
from resettle.tables.contract import Kind, Table

UPTAKES = ("co_mover",)
"""Whose coming a cost hangs on: the sum holds if all of them come."""
_ID = C("reform", "text", zh="改革方案", en="reform", required=True)
REFORM = Table(
    name="reform",
    key=("reform", "position"),
    zh="试算的改革",
    en="reforms tried, and what each changes in the policy",
    writer="reforms",
    columns=(
        _ID,
        C("position", "integer", zh="序号", en="position"),
        C("name_zh", "text", zh="名称", en="name in Chinese"),
        C("name_en", "text", zh="英文名称", en="name in English"),
        C("shows", "text", zh="主要看的结果", en="the result it is about"),
        C("shows_zh", "text", zh="结果名称", en="that result's name in Chinese"),
        C("shows_en", "text", zh="结果英文名称", en="that result's name in English"),
        C("shows_unit", "text", zh="单位", en="unit of that result"),
        C("change_zh", "text", zh="改动", en="what changes, in Chinese"),
        C("change_en", "text", zh="改动（英文）", en="what changes, in English"),
        C("source", "text", zh="出处", en="source of the new value"),
        C("is_assumption", "boolean", zh="是假设", en="the new value is an assumption"),
    ),
)
_LOOKED_AT: tuple[tuple[str, Kind, str, str, str, str], ...] = (
    ("eligible", "integer", "household", "符合资格户", "eligible households", ""),
    ("unknown", "integer", "household", "资格未知户", "households not known to be eligible", ""),
    (
        "crowded",
        "integer",
        "household",
        "自报不够住户",
        "eligible households that say they need more",
        "",
    ),
    ("area_per_person_dm2", "number", "dm2", "人均面积上限", "ceiling a resettled person", ""),
    ("area_per_expected_person_dm2", "number", "dm2", "按预期人口人均", "ceiling an expected person", ""),
    (
        "crowded_ahead",
        "number",
        "household",
        "几年后拥挤户",
        "households crowded at the last year",
        "a sum over households, a scenario",
    ),
    (
        "near_line_eligible",
        "integer",
        "household",
        "线边符合资格户",
        "eligible households near the line",
        "",
    ),
    ("near_line_area_dm2", "number", "dm2", "线边户面积", "median ceiling of those", ""),
    (
        "near_line_support_minor",
        "number",
        "minor",
        "线边户净得",
        "median support of those, less what they pay",
        "",
    ),
)
_BOTH_ENDS = tuple(
    C(f"{name}_{end}", kind, unit, f"{zh}（{zh_end}）", f"{en}, {end}", note=note)
    for name, kind, unit, zh, en, note in _LOOKED_AT
    for end, zh_end in (("before", "现行"), ("after", "改后"))
)
REFORM_SUMMARY = Table(
    name="reform_summary",
    key=("reform",),
    zh="改革并列",
    en="reforms side by side",
    writer="reforms",
    columns=(
        _ID,
        C("household_count", "integer", "household", "总户数", "households in the registry"),
        C("gain_count", "integer", "household", "只受益户", "households that only gain"),
        C("lose_count", "integer", "household", "只受损户", "households that only lose"),
        C("both_count", "integer", "household", "有得有失户", "households that gain and lose"),
        C("crowded_ahead_year", "integer", "year", "推演年数", "years ahead"),
        *_BOTH_ENDS,
    ),
)
REFORM_CHANGE = Table(
    name="reform_change",
    key=("reform", "output", "group_by", "group"),
    zh="改革：谁受益谁受损",
    en="who gains and who loses, by result and group",
    writer="reforms",
    columns=(
        _ID,
        C("output", "text", zh="结果", en="result", required=True),
        C("group_by", "text", zh="分组", en="grouped by", required=True),
        C("group", "text", zh="组", en="group", required=True),
        C("household_count", "integer", "household", "户数", "households"),
        C("gain_count", "integer", "household", "受益户", "households that gain"),
        C("lose_count", "integer", "household", "受损户", "households that lose"),
        C("known_changed_count", "integer", "household", "已知未知互变户", "that become known or unknown"),
        C("sum_before", "integer", zh="现行合计", en="sum before", note="in the unit of the result"),
        C("sum_after", "integer", zh="改后合计", en="sum after", note="in the unit of the result"),
        C("median_change", "number", zh="变化中位数", en="median change of those it touches"),
    ),
)
REFORM_COST = Table(
    name="reform_cost",
    key=("reform", "source"),
    zh="改革：钱由谁出",
    en="cost by source, and who bears it",
    writer="reforms",
    columns=(
        _ID,
        C("source", "text", zh="来源", en="source", required=True),
        C("payer", "text", zh="承担者", en="who bears it", note="norm: a costing norm, not cash in hand"),
        C("source_zh", "text", zh="来源名称", en="source in Chinese"),
        C("source_en", "text", zh="来源英文名称", en="source in English"),
        C("cost_before_minor", "integer", "minor", "现行", "before"),
        C("cost_after_minor", "integer", "minor", "改后", "after, at the higher price"),
        C("change_low_minor", "integer", "minor", "变化（低价）", "change at the lower price"),
        C("change_high_minor", "integer", "minor", "变化（高价）", "change at the higher price"),
        C(
            "uptake",
            "text",
            zh="取决于谁来",
            en="whose coming it hangs on",
            allowed=UPTAKES,
            note="missing: nobody's",
        ),
        C("unknown_count", "integer", "household", "金额未知、未计入的户", "amount unknown, left out"),
    ),
)
TABLES: tuple[Table, ...] = (REFORM, REFORM_SUMMARY, REFORM_CHANGE, REFORM_COST)
