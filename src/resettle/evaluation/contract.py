"""Tables of the evaluation: the drawn sample, the answers, and what is computed from them."""

from __future__ import annotations

from resettle.tables.contract import Column as C
from resettle.tables.contract import Table

SAMPLE = Table(
    name="survey_sample",
    key=("household_id",),
    zh="调查样本",
    en="drawn sample",
    writer="evaluation",
    columns=(
        C("household_id", "text", zh="户编号", en="household number", required=True),
        C("site_id", "text", zh="安置点", en="site", required=True),
        C("stratum", "text", zh="层", en="stratum", required=True),
        C("household_class", "text", zh="户类别", en="household class"),
        C("draw_order", "integer", "", "抽取顺序", "order of the draw", low=1),
        C("is_reserve", "boolean", zh="替补", en="reserve"),
        C("weight", "number", zh="设计权重", en="design weight"),
    ),
)

RESPONSE = Table(
    name="response",
    key=("household_id", "wave"),
    zh="问卷",
    en="answers",
    columns=(
        C("household_id", "text", zh="户编号", en="household number", required=True),
        C("wave", "text", zh="轮次", en="wave", required=True, allowed=("baseline", "year_1", "year_3")),
        C("is_synthetic", "boolean", zh="合成数据", en="synthetic"),
    ),
    open_ended=True,
)

_NUMBERS = (
    C("measure", "text", zh="指标", en="measure", required=True),
    C("group", "text", zh="组别", en="group"),
    C("value", "number", zh="数值", en="value"),
    C("se", "number", zh="标准误", en="standard error"),
    C("low", "number", zh="下限", en="low"),
    C("high", "number", zh="上限", en="high"),
    C("n", "integer", "household", "答卷数", "answers", low=0),
    C("withheld", "text", zh="不印区间的原因", en="why no interval"),
)

OUTCOME = Table(
    name="evaluation_outcome",
    key=(),
    zh="评价结果",
    en="outcomes of the survey",
    writer="evaluation",
    columns=(C("topic", "text", zh="主题", en="topic", required=True), *_NUMBERS),
)

INDICATOR = Table(
    name="evaluation_indicator",
    key=("code",),
    zh="后评价指标",
    en="post-evaluation indicators",
    writer="evaluation",
    columns=(
        C("code", "text", zh="代码", en="code", required=True),
        C("group", "text", zh="组", en="group"),
        C("zh", "text", zh="指标", en="Chinese name"),
        C("en", "text", zh="英文名", en="English name"),
        C("unit", "text", zh="单位", en="unit"),
        C("direction", "text", zh="方向", en="direction"),
        C("value", "number", zh="数值", en="value"),
        C("status", "text", zh="状态", en="status", allowed=("computed", "not_computed")),
        C("source", "text", zh="来源", en="source"),
    ),
)
