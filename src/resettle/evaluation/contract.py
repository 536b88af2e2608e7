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

_FIGURE = (
    C("unit", "text", zh="单位", en="unit"),
    C("direction", "text", zh="方向", en="direction", note="+ more is better, - less is better"),
    C("value", "number", zh="数值", en="value"),
    C("baseline", "number", zh="搬迁前", en="before the move"),
    C("basis", "text", zh="依据", en="computed from", note="office: stated by the office"),
    C("status", "text", zh="状态", en="status", allowed=("computed", "stated", "not_computed")),
    C("missing", "text", zh="所缺的表", en="table that is missing"),
)

INDICATOR = Table(
    name="evaluation_indicator",
    key=("code", "part"),
    zh="后评价指标",
    en="post-evaluation indicators",
    writer="evaluation",
    columns=(
        C("code", "text", zh="代码", en="code", required=True),
        C("part", "text", zh="分项", en="part", note="of indicators that are several figures"),
        C("group", "text", zh="组", en="group"),
        C("zh", "text", zh="指标", en="Chinese name"),
        C("en", "text", zh="英文名", en="English name"),
        *_FIGURE,
        C("target", "number", zh="目标", en="target"),
        C("n", "integer", zh="行数", en="rows behind it"),
        C("source", "text", zh="来源", en="source"),
    ),
)

PLACE = Table(
    name="evaluation_place",
    key=("code", "part", "kind", "place"),
    zh="分地点的后评价指标",
    en="indicators by site and county",
    writer="evaluation",
    columns=(
        C("code", "text", zh="代码", en="code", required=True),
        C("part", "text", zh="分项", en="part"),
        C("kind", "text", zh="地点种类", en="kind of place", allowed=("site_id", "county_code")),
        C("place", "text", zh="地点", en="place"),
        C("value", "number", zh="数值", en="value"),
        C("n", "integer", zh="行数", en="rows behind it"),
    ),
)

GIVEN = Table(
    name="indicator_value",
    key=(),
    zh="办公室填报的后评价数字",
    en="figures the office states for the evaluation",
    columns=(
        C(
            "code",
            "text",
            zh="代码",
            en="code",
            required=True,
            note="of the pack's indicators, risks or standards",
        ),
        C("part", "text", zh="分项", en="part"),
        C("place", "text", zh="地点", en="place", note="site or county code; missing: the whole programme"),
        C("value", "number", zh="数值", en="value", note="in the indicator's own unit"),
        C("baseline_value", "number", zh="搬迁前", en="before the move"),
        C("target_value", "number", zh="目标", en="target"),
        C("as_of_date", "date", zh="截至日", en="as of"),
        C("source_note", "text", zh="出处", en="where it is from"),
        C("is_synthetic", "boolean", zh="合成数据", en="synthetic"),
    ),
)

STANDARD = Table(
    name="evaluation_standard",
    key=("framework", "number", "code"),
    zh="风险与标准",
    en="risks and standards",
    writer="evaluation",
    columns=(
        C("framework", "text", zh="框架", en="framework", required=True),
        C("number", "integer", zh="序号", en="number"),
        C("zh", "text", zh="要求", en="requirement in Chinese"),
        C("en", "text", zh="英文", en="requirement in English"),
        C("code", "text", zh="代码", en="code"),
        C("figure_zh", "text", zh="数字", en="figure in Chinese"),
        C("figure_en", "text", zh="数字英文名", en="figure in English"),
        *_FIGURE,
        C("n", "integer", zh="行数", en="rows behind it"),
        C(
            "change",
            "text",
            zh="比搬迁前",
            en="against before",
            allowed=("better", "worse", "same", "unknown"),
        ),
    ),
)

COMPLETION = Table(
    name="completion_audit",
    key=("household_id", "open"),
    zh="未兑现的待遇",
    en="entitlements still open",
    writer="evaluation",
    columns=(
        C("household_id", "text", zh="户编号", en="household number", required=True),
        C("county_code", "text", zh="县代码", en="county code"),
        C("site_id", "text", zh="安置点", en="site"),
        C("open", "text", zh="未兑现", en="what is open", allowed=(
            "eligibility_unknown", "no_home", "home_too_small", "not_moved_in", "money_unpaid", "payment_unknown",
            "result_unknown")),
        C("owed_minor", "integer", "minor", "尚欠", "still owed"),
    ),
)  # fmt: skip


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
          C("difference", "number", zh="差（标准差）", en="difference in standard deviations")),
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
    _made("transition", "贫困状态流动", "flows between states",
          C("basis", "text", zh="依据", en="computed from", allowed=("registry", "survey")),
          C("step", "integer", zh="步", en="step"), C("from", "text", zh="从", en="from"),
          C("to", "text", zh="到", en="to"), C("households", "integer", "household", "户数", "households"),
          C("persons", "integer", "person", "人数", "persons")),
    _made("evaluation_weight", "指标权重", "weights of the indicators", C("code", "text", zh="代码", en="code"),
          C("group", "text", zh="组", en="group"), C("weighting", "text", zh="赋权", en="weighting"),
          C("weight", "number", zh="权重", en="weight")),
    _made("evaluation_score", "安置点后评价指数", "index of the sites", C("place", "text", zh="地点", en="place"),
          C("weighting", "text", zh="赋权", en="weighting"), C("scoring", "text", zh="评价方法", en="scoring"),
          C("score", "number", zh="得分", en="score"), C("rank", "integer", zh="名次", en="rank")),
    _made("evaluation_rank", "名次稳健性", "robustness of ranks", C("place", "text", zh="地点", en="place"),
          C("rank", "integer", zh="名次", en="rank"), C("keeps_rank_share", "number", zh="名次不变份额", en="draws that keep the rank"),
          C("within_one_share", "number", zh="相差一名以内份额", en="draws within one rank"),
          C("rank_low", "integer", zh="名次下限", en="rank, low"), C("rank_high", "integer", zh="名次上限", en="rank, high")),
    _made("evaluation_group", "分组得分", "index by group of indicators", C("place", "text", zh="地点", en="place"),
          C("group", "text", zh="组", en="group"), C("score", "number", zh="得分", en="score")),
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
