"""Contracts of what a user brings for targeting: an audit sample, village quotas, match lists."""

from __future__ import annotations

from resettle.tables.contract import Column as C
from resettle.tables.contract import Table

AUDIT = Table(
    name="audit",
    key=("household_id",),
    zh="抽查样本",
    en="audit sample of households",
    columns=(
        C("household_id", "text", zh="户编号", en="household number", required=True),
        C("is_poor", "boolean", zh="核查为贫困", en="found poor by the audit"),
        C("weight", "number", zh="权重", en="weight", note="households this one stands for; needed"),
        C("stratum", "text", zh="层", en="stratum"),
        C("cluster", "text", zh="群（村）", en="cluster (village)", note="missing: each household by itself"),
    ),
)

QUOTA = Table(
    name="quota",
    key=("village_code",),
    zh="各村名额",
    en="places by village",
    columns=(
        C("village_code", "text", zh="村代码", en="village code", required=True),
        C("place_count", "integer", "household", "名额", "places", required=True, low=0, high=100000),
        C("is_designated", "boolean", zh="在划定区域内", en="in a designated area"),
    ),
)

MATCH_LIST = Table(
    name="match_list",
    key=(),
    zh="比对名单",
    en="match lists",
    columns=(
        C("list", "text", zh="名单", en="list", required=True),
        C("household_id", "text", zh="户编号", en="household number", required=True),
        C("person_id", "text", zh="人编号", en="person number"),
        C("note", "text", zh="说明", en="note"),
    ),
)

UPTAKE_SURVEY = Table(
    name="uptake_survey",
    key=("response_id",),
    zh="同步搬迁意愿调查",
    en="the office's own survey of co-movers",
    columns=(
        C("response_id", "text", zh="问卷编号", en="number of the answer", required=True),
        C("member_count", "integer", "person", "家庭人口", "members", low=1, high=30),
        C("would_move", "boolean", zh="在所给价格下愿搬", en="would move at the price offered"),
        C("weight", "number", zh="权重", en="weight"),
    ),
)
