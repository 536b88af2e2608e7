"""Contracts of households and their members, as every stage after ``registry`` reads them."""

from __future__ import annotations

import polars as pl

from resettle.tables.contract import Column as C
from resettle.tables.contract import Table

HOUSEHOLD_CLASSES = ("registered_poor", "co_mover", "host", "affected", "other")
"""``registered_poor`` 建档立卡; ``co_mover`` a non-poor neighbour who may move along; ``host`` lives where
others arrive; ``affected`` loses land or house to a project (programmes outside China)."""

REGISTRY_TYPES = ("poor", "poor_low_income", "five_guarantee", "none")
RESETTLEMENT_MODES = ("central", "buy_back", "self_build", "kin", "none")
RELATIONS = (
    "head",
    "spouse",
    "son",
    "daughter",
    "daughter_in_law",
    "son_in_law",
    "grandson",
    "granddaughter",
    "grandchild_maternal",
    "father",
    "mother",
    "parent_in_law",
    "sibling",
    "grandparent",
    "other",
)
SEXES = ("male", "female")
LABOUR_CLASSES = ("ordinary", "skilled", "lost", "none")
EDUCATIONS = ("illiterate", "primary", "junior", "senior", "college", "preschool")
HEALTHS = ("healthy", "chronic", "serious", "disabled")
MEMBER_STATUSES = ("present", "dead", "married_out", "moved_out", "joined")
EXIT_STATUSES = ("not_exited", "exited", "returned")


def is_here(person: pl.DataFrame) -> pl.Expr:
    """Whether a listed member lives in the household: as the registry says, else by the member's status; whom
    neither tells of is taken to be there, for somebody listed them.

    >>> rows = pl.DataFrame({"is_present": [False, None, None], "member_status": ["present", "dead", None]})
    >>> rows.select(is_here(rows)).to_series().to_list()
    [False, False, True]
    """
    status = pl.lit(None, dtype=pl.Boolean)
    if "member_status" in person.columns:
        status = pl.col("member_status").is_in(["present", "joined"])
    present = pl.col("is_present") if "is_present" in person.columns else pl.lit(None, dtype=pl.Boolean)
    return present.fill_null(status).fill_null(True).alias("is_present")


_SOURCE = (
    C("source_file", "text", zh="来源文件", en="source file"),
    C("source_sheet", "text", zh="来源工作表", en="source sheet"),
    C(
        "source_row",
        "integer",
        zh="来源行号",
        en="source row",
        note="as the user's program counts rows",
        low=1,
    ),
)

HOUSEHOLD = Table(
    name="household",
    key=("household_id",),
    zh="户",
    en="households",
    writer="registry",
    open_ended=True,  # a pack's own facts of a household, and whether its inventories are finished
    columns=(
        C(
            "household_id",
            "text",
            zh="户编号",
            en="household number",
            required=True,
            note="the registered number; for others a keyed pseudonym of the head's number",
        ),
        C("household_class", "text", zh="户类别", en="household class", allowed=HOUSEHOLD_CLASSES),
        C("registry_type", "text", zh="贫困户属性", en="registered attribute", allowed=REGISTRY_TYPES),
        C("head_name", "text", zh="户主", en="head"),
        C("county_code", "text", zh="县代码", en="county code"),
        C("township_code", "text", zh="乡镇代码", en="township code"),
        C("village_code", "text", zh="村代码", en="village code"),
        C("natural_village", "text", zh="自然村", en="natural village"),
        C("member_count", "integer", "person", "家庭人口", "members", low=0, high=30),
        C("registered_member_count", "integer", "person", "在册人口", "registered members", low=0, high=30),
        C("person_listed", "boolean", zh="成员清单完整", en="member list is complete"),
        C(
            "income_minor",
            "integer",
            "minor per year",
            "年纯收入",
            "net income of the year",
            low=-(10**10),
            high=10**11,
        ),
        C("income_year", "integer", "year", "收入年度", "year of the income", low=1990, high=2100),
        C("homestead_area_dm2", "integer", "dm2", "宅基地面积", "homestead area", low=0, high=10**7),
        C(
            "old_dwelling_area_dm2",
            "integer",
            "dm2",
            "现住房面积",
            "area of the old house",
            low=0,
            high=10**6,
        ),
        C("cultivated_area_dm2", "integer", "dm2", "耕地面积", "cultivated land", low=0, high=10**9),
        C("forest_area_dm2", "integer", "dm2", "林地面积", "forest land", low=0, high=10**9),
        C(
            "main_cause",
            "text",
            zh="主要致贫原因",
            en="main cause of poverty",
            note="registry code 01-12, 99",
        ),
        C("exit_status", "text", zh="脱贫属性", en="exit status", allowed=EXIT_STATUSES),
        C("has_kin", "boolean", zh="有亲属可依靠", en="has kin to rely on"),
        C("is_destitute", "boolean", zh="特困", en="destitute"),
        C("has_vehicle", "boolean", zh="名下有消费车辆", en="owns a car (match list)"),
        C("has_flat_in_town", "boolean", zh="名下有商品房", en="owns a flat in town (match list)"),
        C("has_payroll", "boolean", zh="有财政供养人员", en="a member on the public payroll (match list)"),
        C("has_company", "boolean", zh="有工商登记", en="owns a company (match list)"),
        C("had_renovation_aid", "boolean", zh="享受过危房改造", en="had dangerous-house aid"),
        C("all_adults_agree", "boolean", zh="成年成员都同意", en="every adult agrees to move"),
        C("agreement_signed", "boolean", zh="已签搬迁协议", en="relocation agreement signed"),
        C("homestead_agreement", "boolean", zh="已签宅基地腾退协议", en="homestead agreement signed"),
        C("is_heritage_house", "boolean", zh="老房属保护类", en="old house is protected"),
        C(
            "is_attached_house",
            "boolean",
            zh="老房与他户连体",
            en="old house is attached to another household's",
        ),
        C("neighbours_move", "boolean", zh="连体户都搬", en="the attached neighbours move too"),
        C("old_house_demolished", "boolean", zh="老房已拆", en="old house is down"),
        C("moved_in_date", "date", zh="入住日期", en="date of moving in"),
        C("self_paid_minor", "integer", "minor", "已交自筹", "self-financing paid", low=0, high=10**10),
        C("mode_wish", "text", zh="安置方式", en="mode of resettlement chosen", allowed=RESETTLEMENT_MODES),
        C("site_wish", "text", zh="意向安置点", en="site wished for"),
        C(
            "area_need_dm2",
            "integer",
            "dm2",
            "自报需要面积",
            "area the household says it needs",
            low=0,
            high=10**6,
        ),
        C(
            "natural_village_household_count",
            "integer",
            "household",
            "自然村户数",
            "households in the natural village",
            low=0,
            high=100000,
        ),
        C("phone", "text", zh="联系电话", en="telephone"),
        C("plan_year", "integer", "year", "计划年度", "planned year", low=1990, high=2100),
        C(
            "is_synthetic",
            "boolean",
            zh="合成数据",
            en="synthetic",
            note="drawn by population, never a real household",
        ),
        *_SOURCE,
    ),
)

PERSON = Table(
    name="person",
    key=("person_id",),
    zh="人",
    en="persons",
    writer="registry",
    columns=(
        C(
            "person_id",
            "text",
            zh="人编号",
            en="person number",
            required=True,
            note="a keyed pseudonym; the identity number stays in the user's own roster",
        ),
        C("household_id", "text", zh="户编号", en="household number", required=True),
        C("name", "text", zh="姓名", en="name"),
        C("relation", "text", zh="与户主关系", en="relation to head", allowed=RELATIONS),
        C("is_head", "boolean", zh="是户主", en="is the head"),
        C("sex", "text", zh="性别", en="sex", allowed=SEXES),
        C("birth_date", "date", zh="出生日期", en="date of birth"),
        C("ethnic_group", "text", zh="民族", en="ethnic group"),
        C("education", "text", zh="文化程度", en="education", allowed=EDUCATIONS),
        C("is_student", "boolean", zh="在校", en="in school"),
        C("health", "text", zh="健康状况", en="health", allowed=HEALTHS),
        C("labour_class", "text", zh="劳动技能", en="labour capacity", allowed=LABOUR_CLASSES),
        C("has_job", "boolean", zh="已就业", en="has work"),
        C("wage_minor", "integer", "minor per month", "月工资", "monthly wage", low=0, high=10**8),
        C("training_wish", "text", zh="培训需求", en="training wished for"),
        C("has_insurance", "boolean", zh="参加基本医保", en="has medical insurance"),
        C("has_pension", "boolean", zh="参加养老保险", en="has pension insurance"),
        C("is_registered_member", "boolean", zh="在册成员", en="registered member"),
        C("in_hukou", "boolean", zh="户籍在本户", en="in the household's hukou"),
        C("member_status", "text", zh="成员状态", en="status", allowed=MEMBER_STATUSES),
        C("is_present", "boolean", zh="现为家庭成员", en="is a member now"),
        C("agrees", "boolean", zh="同意搬迁", en="agrees to move"),
        C(
            "id_check",
            "text",
            zh="证件号检查",
            en="check of the identity number",
            allowed=(
                "valid",
                "absent",
                "digits_lost",
                "check_digit",
                "malformed",
                "old_15",
                "document_other",
            ),
        ),
        C("is_synthetic", "boolean", zh="合成数据", en="synthetic"),
        *_SOURCE,
    ),
)
