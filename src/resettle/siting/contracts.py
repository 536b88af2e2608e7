"""The tables the siting stage writes."""

from __future__ import annotations

from resettle.tables.contract import Column as C
from resettle.tables.contract import Table

HOUSEHOLD_SITE_STATUSES = (
    "assigned",
    "size_unknown",
    "scattered",
    "unplaced",
    "village_unknown",
)
EXCLUSIONS = (
    "red_line",
    "hazard_zone",
    "basic_farmland",
    "water",
    "too_steep",
    "four_package",
    "no_capacity",
    "county_unknown",
    "duplicate_place",
)
ANSWER_STATUSES = ("optimal", "gap_limit", "work_limit", "time_limit", "infeasible", "nothing_to_place")

VILLAGE_ASSIGNMENT = Table(
    name="village_assignment",
    key=("village_code", "site_id"),
    zh="村的去向",
    en="where each village goes",
    writer="siting",
    columns=(
        C("village_code", "text", zh="村代码", en="village code", required=True),
        C("site_id", "text", zh="安置点", en="site", required=True, note="empty text: no site takes it"),
        C("county_code", "text", zh="县代码", en="county code"),
        C("households", "integer", "household", "户数", "households", low=0, high=10**6),
        C("persons", "integer", "person", "人数", "persons", low=0, high=10**7),
        C("distance_m", "integer", "m", "距离", "distance", low=0, high=10**8, note="missing: unknown"),
    ),
)

HOUSEHOLD_SITE = Table(
    name="household_site",
    key=("household_id",),
    zh="户的去向",
    en="where each household goes",
    writer="siting",
    columns=(
        C("household_id", "text", zh="户编号", en="household number", required=True),
        C("site_id", "text", zh="安置点", en="site", note="missing: no centralised site"),
        C("dwelling_size_dm2", "integer", "dm2", "户型面积", "dwelling size", low=0, high=10**6),
        C("status", "text", zh="状态", en="status", required=True, allowed=HOUSEHOLD_SITE_STATUSES),
    ),
)

SITE_PLAN = Table(
    name="site_plan",
    key=("site_id",),
    zh="安置点方案",
    en="what becomes of each candidate site",
    writer="siting",
    columns=(
        C("site_id", "text", zh="安置点", en="site", required=True),
        C("county_code", "text", zh="县代码", en="county code"),
        C("is_open", "boolean", zh="选用", en="chosen"),
        C("households", "integer", "household", "户数", "households", low=0, high=10**6),
        C("persons", "integer", "person", "人数", "persons", low=0, high=10**7),
        C("dwellings_used", "integer", "dwelling", "用房套数", "dwellings used", low=0, high=10**6),
        C("dwelling_capacity", "integer", "dwelling", "可建套数", "dwellings possible", low=0, high=10**7),
        C("dwellings_by_size", "text", zh="分户型", en="by size", note="'25 m2 12/20, ...' used of possible"),
        C("spare_ppm", "integer", "ppm", "空余率", "spare share", low=0, high=10**6),
        C(
            "cost_minor",
            "integer",
            "minor",
            "费用",
            "cost",
            low=0,
            high=10**15,
            note="at least, where not every cost of it is known",
        ),
        C("cost_known", "boolean", zh="费用完整", en="every cost of it is known"),
        C("needs_capacity_assessment", "boolean", zh="须作承载力评价", en="needs a capacity assessment"),
        C("excluded_reason", "text", zh="排除原因", en="why it was excluded", allowed=EXCLUSIONS),
    ),
)

PLAN_NAMES = (
    "as_weighted",
    "least_cost",
    "shortest",
    "most_jobs",
    "nearest_services",
    "lowest_living_cost",
    "shorter_way",
    "still_shorter_way",
    "all_round",
)
CONDITIONS = ("nobody_farther", "one_site_fewer", "without_site", "full_package", "no_large_site")

PLAN_OPTION = Table(
    name="plan_option",
    key=("county_code", "plan"),
    zh="备选方案",
    en="plans to choose from",
    writer="siting",
    columns=(
        C("county_code", "text", zh="县代码", en="county code", required=True),
        C("plan", "text", zh="方案", en="plan", required=True, allowed=PLAN_NAMES),
        C("also", "text", zh="兼为", en="also best as", note="names of plans, joined by commas"),
        C("is_exercise", "boolean", zh="演练", en="decided sites were treated as free"),
        C("cost_minor", "integer", "minor", "费用", "money of the plan", low=0, high=10**15),
        C(
            "cost_bound_minor",
            "integer",
            "minor",
            "费用下界",
            "least cost",
            note="no plan keeping the same limits costs less",
        ),
        C(
            "split_minor",
            "integer",
            "minor",
            "拆村折价",
            "price put on dividing villages",
            note="part of the cost; weighed, paid to nobody",
        ),
        C("is_proved", "boolean", zh="下界可复核", en="bounds can be checked without a solver"),
        C(
            "distance_m",
            "integer",
            "m per person",
            "人均路程",
            "way of a person on average",
            low=0,
            high=10**8,
        ),
        C("jobs", "integer", "job", "一小时内岗位", "jobs within an hour of a household", low=0, high=10**7),
        C("services_m", "integer", "m", "到学校与卫生室", "way to school and to clinic, added"),
        C("living_minor", "integer", "minor", "每月生活开支", "living cost of a household a month"),
        C("aim", "text", zh="最优目标", en="what was made best"),
        C("aim_short_ppm", "integer", "ppm", "目标余地", "how much better its aim could be at most"),
        C("sites_open", "integer", "site", "选用安置点", "sites chosen", low=0, high=10**6),
        C("households", "integer", "household", "户数", "households", low=0, high=10**6),
        C("unknown", "text", zh="未知项", en="what is unknown", note="aim: site or village, ..."),
        C("left_out", "text", zh="未求得", en="plans searched for and not found"),
    ),
)

PLAN_LIMIT = Table(
    name="plan_limit",
    key=("county_code", "plan", "figure"),
    zh="方案所守的限值",
    en="limits the plans keep",
    writer="siting",
    columns=(
        C("county_code", "text", zh="县代码", en="county code", required=True),
        C("plan", "text", zh="方案", en="plan", required=True, allowed=PLAN_NAMES),
        C(
            "figure",
            "text",
            zh="指标",
            en="figure",
            required=True,
            allowed=("distance_m", "jobs", "services_m", "living_minor"),
        ),
        C("limit", "integer", zh="限值", en="limit", note="mean; at least for jobs, at most for others"),
    ),
)

PLAN_OPTION_HOUSEHOLD = Table(
    name="plan_option_household",
    key=("county_code", "plan", "household_id"),
    zh="备选方案中户的去向",
    en="where each household goes in each plan",
    writer="siting",
    columns=(
        C("county_code", "text", zh="县代码", en="county code", required=True),
        C("plan", "text", zh="方案", en="plan", required=True, allowed=PLAN_NAMES),
        C("household_id", "text", zh="户编号", en="household number", required=True),
        C("village_code", "text", zh="村代码", en="village code"),
        C("site_id", "text", zh="安置点", en="site", note="missing: scattered"),
        C("distance_m", "integer", "m", "距离", "distance", note="missing: unknown"),
    ),
)

PLAN_CONDITION = Table(
    name="plan_condition",
    key=("county_code", "condition", "subject"),
    zh="再加一个条件的代价",
    en="what one more condition costs",
    writer="siting",
    columns=(
        C("county_code", "text", zh="县代码", en="county code", required=True),
        C("condition", "text", zh="条件", en="condition", required=True, allowed=CONDITIONS),
        C("subject", "text", zh="对象", en="site it is about", required=True, note="empty text: none"),
        C("value", "integer", zh="限值", en="limit", note="metres, sites or persons"),
        C("least_minor", "integer", "minor", "至少多花", "costs at least this much more"),
        C("most_minor", "integer", "minor", "至多多花", "costs at most this much more"),
        C(
            "outcome",
            "text",
            zh="结果",
            en="outcome",
            allowed=("priced", "impossible", "not_found"),
        ),
    ),
)

SITING_ANSWER = Table(
    name="siting_answer",
    key=("county_code",),
    zh="选址结果的证明",
    en="what is proved of each county's answer",
    writer="siting",
    columns=(
        C("county_code", "text", zh="县代码", en="county code", required=True),
        C(
            "objective_minor",
            "integer",
            "minor",
            "目标值",
            "objective",
            note="money and the price of distance; an unknown cost or way weighs as the dearest or longest known",
        ),
        C("bound_minor", "integer", "minor", "下界", "bound", note="no plan can cost less"),
        C("gap_ppm", "integer", "ppm", "差距", "gap", note="on the part of the cost a plan can change"),
        C("plain_gap_ppm", "integer", "ppm", "普通差距", "plain gap", note="on the whole cost"),
        C("status", "text", zh="状态", en="status", allowed=ANSWER_STATUSES),
        C("bound_kind", "text", zh="下界性质", en="kind of bound", allowed=("verified", "solver")),
        C("may_not_repeat", "boolean", zh="结果可能不可重复", en="a clock ended the run"),
        C(
            "cost_minor",
            "integer",
            "minor",
            "费用",
            "money of the plan",
            note="with the price put on dividing villages; at least, where not every cost of its sites is known",
        ),
        C("cost_known", "boolean", zh="费用完整", en="every cost of it is known"),
        C("budget_minor", "integer", "minor", "预算", "budget", note="missing: none was given"),
        C("distance_price_minor", "integer", "minor", "距离折价", "price put on the distance moved"),
        C(
            "detour_ppm",
            "integer",
            "ppm",
            "绕行系数",
            "detour factor",
            note="assumed, where no road is given",
        ),
        C("price_km_minor", "integer", "minor", "每人每公里折价", "price of a km", note="weighed, not paid"),
        C("split_price_minor", "integer", "minor", "拆村折价", "price of dividing a village", note="weighed"),
        C("households", "integer", "household", "集中安置户", "households to place"),
        C("households_placed", "integer", "household", "已安排户", "households placed"),
        C("households_unplaced", "integer", "household", "未安排户", "households without a place"),
        C("households_scattered", "integer", "household", "分散安置户", "households in scattered modes"),
        C("households_size_unknown", "integer", "household", "户型未知户", "households of unknown size"),
        C("sites_open", "integer", "site", "选用安置点", "sites chosen"),
        C("excluded_sites", "text", zh="被排除的安置点", en="sites excluded, with reason"),
    ),
)
