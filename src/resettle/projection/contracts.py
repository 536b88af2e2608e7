"""The tables this stage writes."""

from __future__ import annotations

from resettle.tables import Column as C
from resettle.tables import Table

SHOWN = ("scenario", "probability")
SIZE_COLUMNS = (*tuple(f"size_{n}_ppm" for n in range(10)), "size_10_more_ppm")
PPM = 1_000_000

PROJECTION_HOUSEHOLD = Table(
    name="projection_household",
    key=("household_id", "year"),
    zh="家庭人口推演",
    en="projected household size",
    writer="projection",
    columns=(
        C("household_id", "text", zh="户编号", en="household number", required=True),
        C("county_code", "text", zh="县代码", en="county code"),
        C("year", "integer", "year", "几年后", "years from now", required=True, low=1, high=10),
        C("size_now", "integer", "person", "现有人口", "members now", low=0),
        C("size_expected", "number", "person", "预期人口", "expected members"),
        *(
            C(name, "integer", "ppm", f"{label}人的可能", f"share with {label} members", low=0, high=PPM)
            for name, label in zip(SIZE_COLUMNS, [*map(str, range(10)), "10+"], strict=True)
        ),
        C("seats", "integer", "person", "住房可容人数", "persons the dwelling is made for", low=0),
        C(
            "seats_basis",
            "text",
            zh="可容人数依据",
            en="basis of the number",
            allowed=("entitlement", "members_now"),
        ),
        C("outgrown_ppm", "integer", "ppm", "住不下的可能", "chance that it is outgrown", low=0, high=PPM),
        C(
            "unknown_birth_count",
            "integer",
            "person",
            "无出生日期人数",
            "members without date of birth",
            low=0,
            note="their age was drawn from the distribution of their relation",
        ),
        C("draw_count", "integer", "draw", "模拟次数", "draws", low=1),
        C("shown_as", "text", zh="展示方式", en="shown as", allowed=SHOWN),
    ),
)

PROJECTION_COUNTY = Table(
    name="projection_county",
    key=("county_code", "year"),
    zh="各县人口推演",
    en="projection by county",
    writer="projection",
    columns=(
        C("county_code", "text", zh="县代码", en="county code", required=True),
        C("year", "integer", "year", "几年后", "years from now", required=True),
        C("household_count", "integer", "household", "户数", "households"),
        C("person_now_count", "integer", "person", "现有人口", "members now"),
        C("person_expected", "number", "person", "预期人口", "expected members"),
        C("person_low", "number", "person", "预期人口下限", "lower end", note="95% range of the draws only"),
        C("person_high", "number", "person", "预期人口上限", "upper end", note="95% range of the draws only"),
        C("outgrown_expected", "number", "household", "预期住不下户数", "households outgrowing their home"),
        C("outgrown_low", "number", "household", "住不下户数下限", "lower end"),
        C("outgrown_high", "number", "household", "住不下户数上限", "upper end"),
        C("beyond_seats_expected", "number", "person", "超出可容人数", "persons beyond the seats"),
        C("unknown_birth_count", "integer", "person", "无出生日期人数", "members without date of birth"),
        C("shown_as", "text", zh="展示方式", en="shown as", allowed=SHOWN),
    ),
)

PROJECTION_SENSITIVITY = Table(
    name="projection_sensitivity",
    key=("variant", "year"),
    zh="推演的敏感性",
    en="how the projection moves with its assumptions",
    writer="projection",
    columns=(
        C("variant", "text", zh="假设", en="variant", required=True),
        C("label_zh", "text", zh="中文说明", en="label in Chinese"),
        C("label_en", "text", zh="英文说明", en="label in English"),
        C("year", "integer", "year", "几年后", "years from now", required=True),
        C("person_expected", "number", "person", "预期人口", "expected members"),
        C("outgrown_expected", "number", "household", "预期住不下户数", "households outgrowing their home"),
        C("outgrown_change", "number", "household", "与默认值之差", "difference from the default"),
    ),
)

PROJECTION_RATE = Table(
    name="projection_rate",
    key=(),
    zh="采用的变化率",
    en="rates in use",
    writer="projection",
    columns=(
        C("section", "text", zh="类别", en="kind"),
        C("age_from", "integer", "year", "起始年龄", "from age"),
        C("age_until", "integer", "year", "终止年龄", "until age"),
        C("sex", "text", zh="性别", en="sex", allowed=("male", "female", "both")),
        C("value", "number", zh="数值", en="value"),
        C("unit", "text", zh="单位", en="unit"),
        C("source", "text", zh="出处", en="source"),
        C("confidence", "text", zh="把握", en="confidence"),
        C("is_assumption", "boolean", zh="是假设", en="is an assumption"),
    ),
)
