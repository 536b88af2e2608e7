"""The tables this stage writes."""

from __future__ import annotations

from resettle.tables import Column as C
from resettle.tables import Table

AGREEMENT = ("both", "income_only", "multidimensional_only", "neither", "unknown")
LIST_STATUS = ("registered", "waiting", "outside_area", "not_poor", "unknown")

TARGETING_HOUSEHOLD = Table(
    name="targeting_household",
    key=("household_id",),
    zh="识别结果",
    en="targeting by household",
    writer="targeting",
    columns=(
        C("household_id", "text", zh="户编号", en="household number", required=True),
        C("county_code", "text", zh="县代码", en="county code"),
        C("village_code", "text", zh="村代码", en="village code"),
        C("member_count", "integer", "person", "家庭人口", "members"),
        C("is_registered", "boolean", zh="建档立卡", en="registered poor"),
        C("income_per_person_minor", "integer", "minor per year", "人均纯收入", "income per person"),
        C("line_year", "integer", "year", "标准年度", "year of the line"),
        C("line_minor", "integer", "minor per year", "贫困标准", "poverty line"),
        C("line_measure", "text", zh="标准口径", en="income the line is for", allowed=("net", "disposable")),
        C("is_comparable", "boolean", zh="口径一致", en="registry income is of that kind"),
        C("gap_minor", "integer", "minor per year", "与标准之差", "income per person minus the line"),
        C("is_income_poor", "boolean", zh="收入低于标准", en="below the line"),
        C("deprivation_low_ppm", "integer", "ppm", "多维贫困分值下限", "deprivation score, low"),
        C("deprivation_high_ppm", "integer", "ppm", "多维贫困分值上限", "deprivation score, high"),
        C("is_multidimensionally_poor", "boolean", zh="多维贫困", en="poor in several dimensions"),
        C("agreement", "text", zh="两种口径", en="the two criteria", allowed=AGREEMENT),
        C("match_count", "integer", "list", "比对命中", "match lists that name the household"),
        C("list_status", "text", zh="名单状态", en="status on the list", allowed=LIST_STATUS),
        C("is_near_line", "boolean", zh="在标准上下5%内", en="near the line"),
        C("cliff_minor", "integer", "minor", "越线一元的得失", "what one yuan above the line loses"),
    ),
)
TARGETING_MATCH = Table(
    name="targeting_match",
    key=("household_id", "list"),
    zh="比对提示",
    en="matches to be checked by a person",
    writer="targeting",
    columns=(
        C("household_id", "text", zh="户编号", en="household number", required=True),
        C("list", "text", zh="名单", en="list", required=True),
        C("county_code", "text", zh="县代码", en="county code"),
        C("decision", "text", zh="核查结论", en="decision", allowed=("open",), note="a person decides"),
    ),
)
TARGETING_MEASURE = Table(
    name="targeting_measure",
    key=("basis", "criterion", "group_by", "group", "measure"),
    zh="识别精度",
    en="targeting measures",
    writer="targeting",
    columns=(
        C("basis", "text", zh="依据", en="basis", allowed=("registry", "audit")),
        C("criterion", "text", zh="标准", en="criterion", allowed=("income", "multidimensional", "audit")),
        C("group_by", "text", zh="分组", en="grouped by"),
        C("group", "text", zh="组", en="group"),
        C("measure", "text", zh="指标", en="measure"),
        C("value", "number", zh="数值", en="value"),
        C("low", "number", zh="区间下限", en="interval, low"),
        C("high", "number", zh="区间上限", en="interval, high"),
        C("count", "integer", "household", "分母户数", "households in the denominator"),
        C("unknown_count", "integer", "household", "未知户数", "households left out as unknown"),
        C("note", "text", zh="说明", en="note", allowed=("census", "too_few_clusters", "")),
    ),
)
TARGETING_EXCLUSION = Table(
    name="targeting_exclusion",
    key=("county_code", "criterion"),
    zh="排斥分解",
    en="exclusion split into its three causes",
    writer="targeting",
    columns=(
        C("county_code", "text", zh="县代码", en="county code", required=True),
        C("criterion", "text", zh="标准", en="criterion", required=True),
        C("eligible_count", "integer", "household", "符合标准户数", "households meeting the criterion"),
        C("excluded_count", "integer", "household", "未建档户数", "of these not registered"),
        C("excluded_person_count", "integer", "person", "未建档人数", "persons in them"),
        C("regional_count", "integer", "household", "区域排斥", "outside designated areas"),
        C("scale_low_count", "integer", "household", "规模排斥下限", "below the quota, low"),
        C("scale_high_count", "integer", "household", "规模排斥上限", "below the quota, high"),
        C("recognition_low_count", "integer", "household", "识别排斥下限", "not recognised, low"),
        C("recognition_high_count", "integer", "household", "识别排斥上限", "not recognised, high"),
        C("unknown_count", "integer", "household", "未知户数", "households left out as unknown"),
    ),
)
TARGETING_VILLAGE = Table(
    name="targeting_village",
    key=("village_code",),
    zh="各村名额",
    en="places and waiting households by village",
    writer="targeting",
    columns=(
        C("village_code", "text", zh="村代码", en="village code", required=True),
        C("county_code", "text", zh="县代码", en="county code"),
        C("place_count", "integer", "household", "名额", "places"),
        C("registered_count", "integer", "household", "建档户数", "registered households"),
        C("eligible_count", "integer", "household", "低于标准户数", "households below the line"),
        C("waiting_count", "integer", "household", "等候户数", "below the line and not registered"),
        C(
            "unknown_count",
            "integer",
            "household",
            "未知户数",
            "not known whether registered, or whether below the line",
        ),
        C(
            "free_count",
            "integer",
            "household",
            "空余名额",
            "places left",
            note="missing: the places, or whether every household is registered, is not known",
        ),
        C("is_designated", "boolean", zh="在划定区域内", en="in a designated area"),
    ),
)
TARGETING_CLIFF = Table(
    name="targeting_cliff",
    key=("county_code",),
    zh="贫困线上的断崖",
    en="the cliff at the line",
    writer="targeting",
    columns=(
        C("county_code", "text", zh="县代码", en="county code", required=True),
        C("just_below_count", "integer", "household", "线下5%内户数", "within 5% below the line"),
        C("just_above_count", "integer", "household", "线上5%内户数", "within 5% above the line"),
        C("unknown_count", "integer", "household", "收入未知户数", "income unknown"),
        C("cliff_median_minor", "integer", "minor", "越线一元的损失（中位）", "median loss for one yuan"),
        C("cliff_years", "number", "year", "相当于几年收入", "years of income at the line"),
    ),
)
TARGETING_LINE = Table(
    name="targeting_line",
    key=("year",),
    zh="历年贫困标准",
    en="poverty line by year",
    writer="targeting",
    columns=(
        C("year", "integer", "year", "年度", "year", required=True),
        C("line_minor", "integer", "minor per year", "标准", "line"),
        C("line_measure", "text", zh="口径", en="kind of income", allowed=("net", "disposable")),
        C("is_break", "boolean", zh="序列中断", en="the series breaks here"),
        C("source", "text", zh="出处", en="source"),
        C("confidence", "text", zh="把握", en="confidence"),
    ),
)
TABLES = (
    TARGETING_HOUSEHOLD,
    TARGETING_MATCH,
    TARGETING_MEASURE,
    TARGETING_EXCLUSION,
    TARGETING_VILLAGE,
    TARGETING_CLIFF,
    TARGETING_LINE,
)
