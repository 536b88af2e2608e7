"""Tables of the evaluation: the drawn sample, the answers, and what is computed from them."""

from __future__ import annotations

from resettle.tables.contract import Column as C
from resettle.tables.contract import Table

SAMPLE = Table(
    name="survey_sample",
    key=("household_id",),
    zh="调查样本",
    en="drawn sample",
    open_ended=True,
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
        C("asked_date", "date", zh="访问日期", en="day asked"),
        C("has_moved", "boolean", zh="已搬迁", en="has moved", note="missing: moved after the baseline"),
        C("distance_km", "number", "km", "搬迁距离", "distance moved", note="missing: taken from the plan"),
        C("distance_kind", "text", zh="距离种类", en="kind of distance", allowed=("road", "straight")),
    ),
    open_ended=True,
)

PASSAGE = Table(
    name="interview_passage",
    key=("passage_id",),
    zh="访谈段落",
    en="interview passages",
    columns=(
        C("passage_id", "text", zh="段落编号", en="passage number", required=True),
        C("household_id", "text", zh="户编号", en="household number", required=True),
        C("text", "text", zh="内容", en="text"),
    ),
)

CODING = Table(
    name="interview_coding",
    key=(),
    zh="访谈编码",
    en="codes given to passages",
    columns=(
        C("passage_id", "text", zh="段落编号", en="passage number", required=True),
        C("coder", "text", zh="编码人", en="coder", required=True),
        C("code", "text", zh="代码", en="code", note="none: read, and nothing found"),
    ),
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
    columns=(
        C("topic", "text", zh="主题", en="topic", required=True),
        C("by", "text", zh="分组方式", en="grouped by"),
        *_NUMBERS,
    ),
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


def _made(name: str, zh: str, en: str, *columns: C) -> Table:
    return Table(name=name, key=(), zh=zh, en=en, writer="evaluation", columns=columns)


_WAVE = C("wave", "text", zh="轮次", en="wave")
_COVARIATE = C("covariate", "text", zh="搬迁前特征", en="what was known before")
_ENDS = (
    C("se", "number", zh="标准误", en="standard error"),
    C("low", "number", zh="下限", en="low"),
    C("high", "number", zh="上限", en="high"),
)

FOUND: tuple[Table, ...] = (
    _made("adaptation_grade", "适应等级", "grades of adaptation",
          C("construct", "text", zh="量表", en="scale"), C("grade", "integer", zh="等级", en="grade"),
          C("share", "number", zh="份额", en="share"), C("alpha", "number", zh="信度α", en="alpha")),
    _made("satisfaction_driver", "满意度的来源", "what satisfaction rests on",
          C("construct", "text", zh="构念", en="construct"),
          C("importance", "number", zh="重要性", en="importance", note="points of satisfaction for one point"),
          C("importance_standardised", "number", zh="标准化重要性", en="importance, standardised"),
          C("performance", "number", zh="表现", en="performance", note="index from 0 to 100")),
    _made("satisfaction_reliability", "量表信度", "reliability of the scales",
          C("construct", "text", zh="构念", en="construct"), C("alpha", "number", zh="信度α", en="alpha"),
          C("rho_c", "number", zh="组合信度", en="composite reliability"),
          C("ave", "number", zh="平均提取方差", en="average variance extracted"),
          C("rho_a", "number", zh="rho_A", en="rho_A"), C("flipped_share", "number", zh="反转份额", en="share flipped")),
    _made("survey_wave", "各轮应答", "answers by wave", _WAVE,
          C("group_by", "text", zh="分组方式", en="grouped by"), C("group", "text", zh="组别", en="group"),
          C("drawn", "integer", "household", "抽取", "drawn"), C("answered", "integer", "household", "应答", "answered"),
          C("response_rate", "number", zh="应答率", en="response rate"),
          C("weighted_rate", "number", zh="加权应答率", en="weighted response rate"),
          C("in_baseline", "integer", "household", "基线应答", "answered the baseline"),
          C("seen_again", "integer", "household", "再次访到", "seen again"),
          C("lost_share", "number", zh="流失率", en="share lost")),
    _made("survey_lost", "流失者特征", "who was lost", _WAVE,
          C("column", "text", zh="特征", en="characteristic"), C("stayed", "number", zh="留下者", en="stayed"),
          C("lost", "number", zh="流失者", en="lost"),
          C("difference", "number", zh="差(标准差)", en="difference in standard deviations")),
    _made("survey_raised", "按流失加权", "weighted for the lost", _WAVE,
          C("measure", "text", zh="指标", en="measure"), C("plain", "number", zh="按抽样权重", en="by the draw's weights"),
          C("raised", "number", zh="按流失加权", en="weighted for the lost"), *_ENDS,
          C("n", "integer", "household", "答卷数", "answers"), C("withheld", "text", zh="不印区间的原因", en="why no interval")),
    _made("distance_outcome", "距离与结果", "outcomes by distance",
          C("by", "text", zh="分组方式", en="grouped by"), C("topic", "text", zh="主题", en="topic"), *_NUMBERS),
    _made("distance_balance", "搬迁前可比性", "likeness beforehand", _COVARIATE,
          C("correlation", "number", zh="与距离的相关", en="correlation with distance"),
          C("correlation_weighted", "number", zh="加权后相关", en="correlation, weighted"),
          C("balanced", "boolean", zh="平衡", en="balanced")),
    _made("distance_overlap", "可比范围", "overlap", C("third", "integer", zh="三分组", en="third"),
          C("from_km", "number", "km", "起", "from"), C("to_km", "number", "km", "止", "to"),
          C("n", "integer", "household", "答卷数", "answers"),
          C("share_comparable", "number", zh="可比份额", en="share comparable"),
          C("effective_n", "number", zh="有效样本", en="effective number")),
    _made("distance_model", "意愿模型", "model of willingness", C("term", "text", zh="形式", en="form"),
          C("at", "text", zh="距离", en="distance"), C("grade", "integer", zh="等级", en="grade"),
          C("probability", "number", zh="概率", en="probability"), *_ENDS),
    _made("distance_check", "模型检验", "checks of the model", C("check", "text", zh="检验", en="check"),
          C("value", "number", zh="数值", en="value"), C("p_value", "number", zh="p值", en="p value")),
    _made("distance_event", "搬迁前后", "before and after the move", C("measure", "text", zh="指标", en="measure"),
          C("event", "integer", "year", "距搬迁年数", "years since the move"),
          C("effect", "number", zh="差", en="difference"), *_ENDS),
    _made("transition", "贫困状态流动", "flows between states", C("from", "text", zh="从", en="from"),
          C("to", "text", zh="到", en="to"), C("households", "integer", "household", "户数", "households"),
          C("persons", "integer", "person", "人数", "persons")),
    _made("interview_count", "访谈提及", "named in interviews", C("code", "text", zh="代码", en="code"),
          C("households", "integer", "household", "户数", "households")),
    _made("interview_alpha", "编码一致性", "agreement of the coders", C("code", "text", zh="代码", en="code"),
          C("alpha", "number", zh="一致性α", en="alpha"), C("passages", "integer", zh="段落数", en="passages"),
          C("coders", "integer", zh="编码人数", en="coders")),
    _made("interview_quote", "访谈引文", "quotes", C("code", "text", zh="代码", en="code"),
          C("figure", "text", zh="所在数字", en="figure"), C("quote", "text", zh="引文", en="quote"),
          C("coders", "integer", zh="编码人数", en="coders")),
)  # fmt: skip
"""What the evaluation writes beside outcomes and indicators."""
