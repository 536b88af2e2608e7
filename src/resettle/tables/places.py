"""Contracts of places: regions over time, villages to leave, candidate sites and their dwellings."""

from __future__ import annotations

from resettle.tables.contract import Column as C
from resettle.tables.contract import Table

REGION = Table(
    name="region",
    key=("region_code", "valid_from"),
    zh="行政区划",
    en="regions over time",
    writer="registry",
    columns=(
        C("region_code", "text", zh="代码", en="code", required=True),
        C(
            "level",
            "text",
            zh="级别",
            en="level",
            allowed=("province", "city", "county", "township", "village"),
        ),
        C("parent_code", "text", zh="上级代码", en="code of the parent"),
        C("name_zh", "text", zh="名称", en="Chinese name"),
        C("name_en", "text", zh="英文名", en="English name"),
        C("valid_from", "date", zh="生效日", en="valid from"),
        C("valid_until", "date", zh="失效日", en="valid until", note="inclusive; missing: still valid"),
        C("latitude", "number", "degree", "纬度", "latitude"),
        C("longitude", "number", "degree", "经度", "longitude"),
        C("code_basis", "text", zh="代码依据", en="basis of the code", allowed=("published", "assumed")),
    ),
)

SCOPE_REASONS = ("harsh", "ecological", "hazard", "disease", "remote", "reservoir", "none")

VILLAGE = Table(
    name="village",
    key=("village_code",),
    zh="迁出村",
    en="villages to leave",
    columns=(
        C("village_code", "text", zh="村代码", en="village code", required=True),
        C("village_name", "text", zh="村名", en="village"),
        C("township_code", "text", zh="乡镇代码", en="township code"),
        C("county_code", "text", zh="县代码", en="county code"),
        C("latitude", "number", "degree", "纬度", "latitude"),
        C("longitude", "number", "degree", "经度", "longitude"),
        C("scope_reason", "text", zh="迁出原因", en="reason to leave", allowed=SCOPE_REASONS),
        C(
            "village_household_count",
            "integer",
            "household",
            "全村户数",
            "households in the village",
            low=0,
            high=100000,
        ),
        C("household_listed", "boolean", zh="户清单完整", en="list of households is complete"),
        C("is_protected_village", "boolean", zh="传统村落", en="protected traditional village"),
        C(
            "cadastre_class",
            "text",
            zh="地籍类别",
            en="cadastral class of the homesteads",
            allowed=("construction", "green", "farmland", "other"),
        ),
        C("is_synthetic", "boolean", zh="合成数据", en="synthetic"),
    ),
)

SITE = Table(
    name="site",
    key=("site_id",),
    zh="安置点",
    en="candidate sites",
    columns=(
        C("site_id", "text", zh="安置点编号", en="site number", required=True),
        C("site_name", "text", zh="安置点", en="site"),
        C("county_code", "text", zh="县代码", en="county code"),
        C("township_code", "text", zh="乡镇代码", en="township code"),
        C("latitude", "number", "degree", "纬度", "latitude"),
        C("longitude", "number", "degree", "经度", "longitude"),
        C(
            "near",
            "text",
            zh="依托",
            en="near",
            allowed=("county_town", "township", "industrial_park", "tourist_spot", "other"),
        ),
        C("fixed_cost_minor", "integer", "minor", "固定投资", "fixed cost", low=0, high=10**13),
        C("person_capacity", "integer", "person", "可容人数", "persons it can carry", low=0, high=10**6),
        C("land_area_dm2", "integer", "dm2", "建设用地", "building land", low=0, high=10**11),
        C("has_infrastructure", "boolean", zh="基础设施配套", en="infrastructure"),
        C("has_public_services", "boolean", zh="公共服务配套", en="public services"),
        C("has_convenience_services", "boolean", zh="便民服务配套", en="convenience services"),
        C("has_industry", "boolean", zh="产业增收配套", en="industry and income"),
        C(
            "fix_cost_minor",
            "integer",
            "minor",
            "补齐四配套费用",
            "cost to complete the four-package",
            low=0,
            high=10**13,
        ),
        C("in_red_line", "boolean", zh="占生态红线", en="in the ecological red line"),
        C("in_hazard_zone", "boolean", zh="在灾害隐患区", en="in a hazard zone"),
        C("on_basic_farmland", "boolean", zh="占基本农田", en="on basic farmland"),
        C("capacity_assessed", "boolean", zh="已作承载力评价", en="carrying capacity assessed"),
        C("jobs_within_hour", "integer", "job", "一小时内岗位", "jobs within an hour", low=0, high=10**7),
        C("school_m", "integer", "m", "到最近学校", "way to the nearest school", low=0, high=10**7),
        C("clinic_m", "integer", "m", "到最近卫生室", "way to the nearest clinic", low=0, high=10**7),
        C(
            "monthly_cost_minor",
            "integer",
            "minor per household and month",
            "每户每月生活开支",
            "living cost of a household a month",
            low=0,
            high=10**9,
        ),
        C(
            "host_persons",
            "integer",
            "person",
            "接收地原有人口",
            "people who live there now",
            low=0,
            high=10**7,
        ),
        C(
            "is_fixed",
            "boolean",
            zh="已定点",
            en="already decided",
            note="true: the plan may not leave it out",
        ),
        C("is_synthetic", "boolean", zh="合成数据", en="synthetic"),
    ),
)

TRAVEL = Table(
    name="travel",
    key=("village_code", "site_id"),
    zh="村到安置点的路程",
    en="ways from villages to sites",
    columns=(
        C("village_code", "text", zh="村代码", en="village code", required=True),
        C("site_id", "text", zh="安置点编号", en="site number", required=True),
        C(
            "distance_m",
            "integer",
            "m",
            "路程",
            "distance by road",
            note="missing or negative: unknown, and the estimate stands in; never zero",
        ),
        C("travel_minutes", "integer", "minute", "用时", "minutes on the way", low=0, high=100000),
        C("is_cut_off", "boolean", zh="道路不通", en="no road joins them", note="true: nobody is sent there"),
    ),
)

SITE_DWELLING = Table(
    name="site_dwelling",
    key=("site_id", "dwelling_size_dm2", "dwelling_kind"),
    zh="安置点户型",
    en="dwellings a site can hold, by size",
    columns=(
        C("site_id", "text", zh="安置点编号", en="site number", required=True),
        C(
            "dwelling_size_dm2",
            "integer",
            "dm2",
            "户型面积",
            "dwelling size",
            required=True,
            low=1,
            high=10**6,
        ),
        C(
            "dwelling_kind",
            "text",
            zh="类别",
            en="kind (three-house mode)",
            allowed=("resettlement", "security", "relocation"),
            required=True,
        ),
        C(
            "capacity_count",
            "integer",
            "dwelling",
            "套数上限",
            "dwellings at most",
            required=True,
            low=0,
            high=10**6,
        ),
        C(
            "unit_cost_minor",
            "integer",
            "minor per dwelling",
            "每套造价",
            "cost per dwelling",
            low=0,
            high=10**10,
        ),
        C("is_synthetic", "boolean", zh="合成数据", en="synthetic"),
    ),
)
