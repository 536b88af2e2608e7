"""The two numbers of a rate by the names its sentence gives them, and whether a rate can be of two numbers at all.

"Administration took 3.96% of expenditure" names both; they may stand anywhere in the report, in a sentence or in
the total row of a table. What is only promised ("is to reach 100%") is of no numbers yet.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from resettle.supervision.edits import edits
from resettle.supervision.lexicon import NOT_COUNTED
from resettle.supervision.naming import is_money, marks
from resettle.supervision.prose import is_chinese
from resettle.supervision.reading import Reading

_PROMISE = re.compile(
    r"力争|争取|确保|预计|将[达提到]|拟|要求|不低于|努力|目标[是为]|\b(?:will|shall|should|aims?|aiming|expect\w*|to reach|to achieve|by the end of next|intends?)\b",
    re.IGNORECASE,
)
_STEM = re.compile(r"([\u4e00-\u9fff]{2})率")
_LIKE = (
    "到拨位付落实下达收筹划",
    "支付兑发使用执出拨放",
    "完建成竣开工",
    "签约订协",
    "入住搬",
    "就业岗务工",
    "回收问卷",
    "满意",
    "拆旧除腾退",
    "办结处理解决",
)
"""Signs of words that say one thing: 资金到位率 may be of what was 拨付."""
_LOOSE = ("完成", "达标", "实现", "执行", "覆盖", "实施", "比例", "比率", "占比", "总体", "进展")
_BASE_ZH = re.compile(
    r"(?:占|为|完成|达到?)(?:了|到)?([\u4e00-\u9fff]{2,12}?)(?:总[数额量]|总人[数口]|总户数)?的\W*$"
)
_PLAIN_ZH = re.compile(
    r"^(?:全部|总数|总量|总额|总计|其中|计划|任务|目标|规划|设计|应|所有|全[县市村镇省区]|[^占]{0,4}(?:任务|计划|规划).*)"
)
_BASE_EN = re.compile(
    r"^%\s+of\s+(?:the |all |its |their |those |these |an? )?(?:total |number of |whole )*([a-z][\w' -]{2,40})"
)
_PLAIN_EN = re.compile(
    r"^(?:them|these|those|total|whole|it|which|plan\w*|target\w*|all|this|us|what|need\w*|full|that|[\w ]*\bplanned|sum|amount|cost|original)\b"
)
_STOP = {
    "that",
    "which",
    "were",
    "have",
    "with",
    "from",
    "this",
    "total",
    "number",
    "their",
    "been",
    "stands",
    "therefore",
}
REACH = 60
"""How many lines may lie between a rate and the numbers it names."""


def is_promise(rate: Reading) -> bool:
    """Whether a rate is only hoped for.

    >>> is_promise(Reading("f", None, "percent", 1, before="办证率力争达到"))
    True
    """
    clause = re.split(r"[,，;；。]", rate.before)[-1]
    return bool(_PROMISE.search(clause) or _PROMISE.search(re.split(r"[,，;；。.]", rate.after)[0]))


def _name(reading: Reading) -> str:
    """All that a reading is called: the words before it in its clause and the thing counted."""
    if reading.cell is not None:
        return reading.noun
    return f"{reading.of or ''} {reading.noun} {re.split(r'[,，;；。.]', reading.after)[0][:24]}"


def related(rate: Reading, over: Reading, below: Reading) -> bool:
    """Whether a rate that its two numbers do not give can be theirs at all, by its words.

    A Chinese rate is named by what is done (拆除率): its numerator must say so. A base that is named (占回收问卷的)
    must be what the denominator is called.
    """
    text = f"{rate.of or ''}{rate.before[-16:]}"
    stem = _STEM.search(re.split(r"[,，;；。]", rate.before)[-1])
    if stem is not None and stem[1] not in _LOOSE and is_chinese(text):
        own = re.split(r"[,，;；。、]", over.before)[-1]
        words = f"{own}{over.noun}{re.split(r'[,，;；。]', over.after)[0][:12]}"
        family = {c for group in _LIKE for c in group if set(stem[1]) & set(group)}
        if not (set(stem[1]) | family) & set(words):
            return False
    if of_money(rate) and not is_money(over):
        return False
    base = base_of(rate)
    if base is None:
        return True
    wanted = marks(base)
    clause = "" if below.cell else re.split(r"[,，;；。]", below.before)[-1]
    return bool(wanted & _stems(marks(_name(below)) | marks(clause), wanted))


def of_money(rate: Reading) -> bool:
    """Whether a rate calls itself one of money (投资完成率, disbursement rate).

    >>> of_money(Reading("f", None, "percent", 1, before="，投资完成率"))
    True
    """
    clause = re.split(r"[,，;；。]", rate.before)[-1]
    return bool(
        re.search(
            r"(?:投资|资金|支出|拨付|预算)[^，。；]{0,4}率|\b(?:disbursement|spending|budget) (?:rate|execution)",
            clause,
        )
    )


def base_of(rate: Reading) -> str | None:
    """What a rate says it is a share of, where it says it by a name of its own.

    >>> base_of(Reading("f", None, "percent", 1, before="，占回收问卷的"))
    '回收问卷'
    """
    chinese = _BASE_ZH.search(re.split(r"[,，;；。]", rate.before)[-1])
    if chinese:
        return None if _PLAIN_ZH.match(chinese[1]) else chinese[1]
    english = _BASE_EN.match(rate.noun)
    named = english[1].strip() if english else ""
    if len(named) < 4 or _PLAIN_EN.match(named) or named in ("their", "these", "those"):
        return None
    return named


def _subject(rate: Reading) -> str:
    """The words before 占 or before the verb, in the clause of the rate."""
    clause = re.split(r"[,，;；。:：（(]", rate.before)[-1]
    return re.split(
        r"占|\b(?:is|was|were|are|took|takes|accounts?|accounted|made|represents?|amounts?)\b", clause
    )[0].strip()


def pair_by_name(
    rate: Reading, prose: Sequence[Reading], cells: Sequence[Reading]
) -> tuple[Reading, Reading] | None:
    """Numerator and denominator of a rate that names them, wherever they stand.

    Both names must be found, and of several numbers of one name the nearest is meant. Where the two do not give the
    rate, they are taken only if both names are held whole by the words of one number each.
    """
    base = base_of(rate)
    if base is None or is_promise(rate):
        return None
    amounts = [
        r
        for r in (*prose, *(c for c in cells if c.rule == "table_total"))
        if r.value
        and r.unit not in (None, "percent", "year", "month", "day", "date")
        and "/" not in str(r.unit)
        and abs(r.line - rate.line) <= REACH
        and r is not rate
    ]
    here = [r for r in amounts if (r.line, r.sentence) == (rate.line, rate.sentence) and r.start < rate.start]
    bases = _called(base, amounts, rate)
    overs = _called(_subject(rate), amounts, rate) or here[-1:]
    pairs = [(a, b) for a in overs for b in bases if _comparable(a, b)]
    slack = Fraction(1, 2 * 10**rate.decimals) + Fraction(1, 10**4)
    fitting = [p for p in pairs if abs(_given(p) - Fraction(rate.value or 0)) <= slack]
    if fitting:
        return fitting[0]
    named = _called(_subject(rate), amounts, rate) or _RESTATED.search(rate.before)
    if pairs and (named if is_chinese(base) else _RESTATED.search(rate.before)):
        return pairs[0] if len({p[1].value for p in pairs}) == 1 or is_chinese(base) else None
    near = [p for p in pairs if _is_slip(rate, p)]
    return near[0] if near else _in_total_row(rate, base, cells, slack)


_RESTATED = re.compile(
    r"(?:i\.e\.|that is|which is|equal to|\d[\w\s.,]{0,24},\s*|或|即|[,，(（]\s*占[^，。；]{2,14}的?|[,，]\s*为[^，。；]{2,14}的?)\W*$"
)
"""What makes the number before a rate its numerator."""
REACH_TABLE = 6


def _in_total_row(
    rate: Reading, base: str, cells: Sequence[Reading], slack: Fraction
) -> tuple[Reading, Reading] | None:
    """Two numbers of the total row of the table just above, one of whose heads the base names."""
    rows: dict[tuple[str, int], list[Reading]] = {}
    for cell in cells:
        if cell.rule == "table_total" and cell.value and 0 < rate.line - cell.line <= REACH_TABLE:
            rows.setdefault((str(cell.of).rpartition(":")[0], cell.sentence), []).append(cell)
    wanted = marks(base)
    for row in rows.values():
        pairs = [
            (a, b) for a in row for b in row if _comparable(a, b) and wanted & _stems(marks(b.noun), wanted)
        ]
        for pair in pairs:
            if abs(_given(pair) - Fraction(rate.value or 0)) <= slack:
                return pair
        near = [p for p in pairs if _is_slip(rate, p)]
        if len(near) == 1:
            return near[0]
    return None


def _comparable(over: Reading, below: Reading) -> bool:
    counts = over.cell is None and below.cell is None and not {over.unit, below.unit} & set(NOT_COUNTED)
    return (
        over is not below and (over.unit == below.unit or counts) and (over.value or 0) <= (below.value or 0)
    )


def _given(pair: tuple[Reading, Reading]) -> Fraction:
    return Fraction(100) * Fraction(pair[0].value or 0) / Fraction(pair[1].value or 1)


def _is_slip(rate: Reading, pair: tuple[Reading, Reading]) -> bool:
    """Whether the printed rate is one slip of the pen from what two numbers give at its precision."""
    made = Decimal(_given(pair).numerator) / Decimal(_given(pair).denominator)
    printed = round(Fraction(made), rate.decimals)
    scale = 10**rate.decimals
    told, given = Fraction(rate.value or 0) * scale, Fraction(printed) * scale
    return len(re.sub(r"\D", "", str(rate.value))) > 1 and edits(given, told) == 1


def _called(name: str, amounts: Sequence[Reading], rate: Reading) -> list[Reading]:
    """The amounts whose words hold the whole name, the nearest first, those before the rate before those after."""
    wanted = {w for w in marks(name) if w not in _STOP}
    if not wanted or (is_chinese(name) and len(name) < 2):
        return []
    held = [r for r in amounts if wanted <= _stems(marks(_name(r)), wanted)]
    return sorted(held, key=lambda r: (r.line > rate.line, abs(r.line - rate.line), -r.start))


def _stems(words: set[str], wanted: set[str]) -> set[str]:
    """The words, with those of ``wanted`` that differ only in their ending."""
    return words | {w for w in wanted if len(w) > 4 and any(v[:5] == w[:5] for v in words if len(v) > 4)}
