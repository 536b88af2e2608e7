"""Which two numbers a printed percentage is the quotient of, in sentences and in tables, by general rules.

A pair that gives the printed value is taken wherever it stands. Where none does, the sentence must say what
the rate is of: "A, or x% of B", "A (x%)", "占B的x%", "x% of the need of B"; a table must show by its other rows
which column is divided by which. Otherwise nothing is claimed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from resettle.supervision.amounts import percent
from resettle.supervision.changes import TIMES, ends_of_change, is_change, is_former, is_per_year
from resettle.supervision.named_rates import base_of, is_promise, of_money, pair_by_name, related
from resettle.supervision.naming import is_money, label_of, likeness, marks, where_of, with_lent_names
from resettle.supervision.prose import is_chinese
from resettle.supervision.reading import Reading
from resettle.supervision.siblings import explained, is_aside, sibling_rates, without_whole
from resettle.supervision.wholes import between, same_sentence

Raw = dict[str, list[dict[str, Any]]]
RATE_REACH = 14
"""How many readings back the two numbers of a rate may stand."""
REACH_LINES = 6
_RATE = re.compile(
    r"\brate\b|\bshare\b|\bproportion|that is|accounting for|account for|amount(?:s|ing) to|represent|progress|stands? at|makes? up"
    r"|complet\w*\s*\w*$|achiev|deliver|reach|完成|到位率|比例|占|率|进度|达|仅为|即|相当于|的$",
    re.IGNORECASE,
)
_OTHER = re.compile(
    r"interest|inflation|incidence|poverty|GDP|discount|slope|\btax|contingenc|literacy|unemploy|margin|confidence|per annum"
    r"|利率|利息|贫困发生率|增速|同比|税|坡度|贴息|不可预见|置信|汇率|年息",
    re.IGNORECASE,
)
"""Rates of something that no two numbers of a report give."""
_BESIDE = re.compile(
    r"(?:\bor|i\.e\.|\bie|(?:that|which|this) (?:is|makes)|equal to|equivalent to|roughly|[(（]|即|相当于)\s*$",
    re.IGNORECASE,
)
"""What joins a count to the percentage that restates it."""
_RESAID = re.compile(
    r"(?:,|，|;|\()\s*(?:or|i\.e\.,?|that is,?|which is|which makes|即)\W*[A-Z$€£]{0,4}\s*$", re.IGNORECASE
)
"""``5% of $1,476,000, i.e. $73,800``: what a share comes to."""
_SHARE_OF = re.compile(
    r"(?:占|为|达|完成|相当于)(?!.*[率比])\S*$|accounting for|account for|made? up|makes? up|represent|equivalent|\bor$|that is",
    re.IGNORECASE,
)
_NAMED = re.compile(
    r"of (?:the |its |their |an? )?(?:\w+ )?(?:plan\w*|need|budget|total|target|demand|those|all|grant|loan|original|full|eligible|affected)"
    r"|of (?:them|these|those)|占\S{0,8}的|为\S{1,10}的|按\S{1,8}(?:算|计)|of the \w+ (?:planned|needed|budgeted)",
    re.IGNORECASE,
)
_BASE_BEFORE = re.compile(r"^[\s\u4e00-\u9fff（）()]{0,8}的\s*$")
_BASE_AFTER = re.compile(r"^% of\b")
_COMPLETE = re.compile(r"complet|finish|完成|建成|竣工", re.IGNORECASE)
_PLANNED = re.compile(
    r"总投资|\bneed|budget|plan|target|estimate|计划|规划|需|预算|概算|任务|目标|应[\u4e00-\u9fff]",
    re.IGNORECASE,
)


def rates(prose: Sequence[Reading], raw: Raw, cells: Sequence[Reading] = ()) -> None:
    """Add the rates of running text to ``raw``; a rate is no figure of its own any more.

    Args:
        prose: figures of running text.
        raw: entries; the sums must be there already.
        cells: figures of tables, of whose rows a sentence may name the two numbers.
    """
    prose = with_lent_names(prose)
    known = {r.reading_id: r for r in prose}
    wholes = {
        part: known[entry["total"]]
        for entry in raw["sum"]
        if entry.get("relation") is None and entry["total"] in known
        for part in entry["parts"]
    }
    raw["rate"] += sibling_rates(prose, cells)
    done = {row["id"] for row in raw["rate"]}
    siblings = without_whole(prose)
    for index, rate in enumerate(prose):
        if rate.reading_id in done:
            raw["figure"] = [f for f in raw["figure"] if f["id"] != rate.reading_id]
            continue
        if rate.unit == "times" and rate.bound is None and rate.value and is_change(rate):
            near = [r for r in prose[max(0, index - 4) : index] if same_sentence(r, rate)]
            _take(_multiplied(rate, near), raw, rate)
            continue
        if (
            rate.unit != "percent"
            or rate.bound not in (None, "about")
            or not rate.value
            or not 0 < rate.value <= 150
        ):
            continue
        earlier = [
            r
            for r in prose[max(0, index - RATE_REACH) : index]
            if rate.line - r.line <= REACH_LINES and not is_aside(r)
        ]
        if _THIS_YEAR.search(rate.of or ""):
            earlier = [r for r in earlier if r.status != "cumulative" and "累计" not in (r.of or "")]
        later = [r for r in prose[index + 1 : index + 3] if same_sentence(r, rate)]
        if is_per_year(rate) or is_former(rate):
            continue
        if is_change(rate):
            _take(_changed(rate, earlier, later), raw, rate)
            continue
        if not _OTHER.search(f"{(rate.of or '')[-24:]} {rate.noun}"):
            row = _share(rate, earlier, later, wholes)
            if rate.reading_id in siblings and row is not None and not _holds(row, known):
                row = None
            if row is None or "numerator" not in row:
                pair = pair_by_name(rate, prose, cells)
                named = None if pair is None else row_of(rate) | _cells_of(pair)
                row = named or row
            _take(row, raw, rate)


def _holds(row: dict[str, Any], known: Mapping[str, Reading]) -> bool:
    """Whether the two numbers of a row give its rate."""
    over, below = known.get(row.get("numerator", "")), known.get(row.get("denominator", ""))
    if over is None or below is None or not below.value:
        return False
    made = percent(over.value or Decimal(0), below.value)
    places = len(str(row["printed"]).partition(".")[2])
    return made is not None and abs(float(made) - float(row["value"])) <= 0.5 / 10**places + 1e-4


def _cells_of(pair: tuple[Reading, Reading]) -> dict[str, str]:
    return {"numerator": pair[0].reading_id, "denominator": pair[1].reading_id}


def _take(row: dict[str, Any] | None, raw: Raw, rate: Reading) -> None:
    if row is not None:
        raw["rate"] = [r for r in raw["rate"] if r["id"] != rate.reading_id] + [row]
        raw["figure"] = [f for f in raw["figure"] if f["id"] != rate.reading_id]


def _changed(rate: Reading, earlier: Sequence[Reading], later: Sequence[Reading]) -> dict[str, Any] | None:
    """The row of a rate of change, where both ends are named."""
    ends = ends_of_change(rate, earlier, later)
    if ends is None:
        return None
    new, old = ends
    return row_of(rate) | {"numerator": new.reading_id, "denominator": old.reading_id, "measure": "change"}


def _multiplied(rate: Reading, earlier: Sequence[Reading]) -> dict[str, Any] | None:
    """``由3,260元增加到9,780元，增长2倍``: grown by twice the old, that is to three times."""
    row = _changed(rate, earlier, ())
    if row is None:
        return None
    hundred = 100 * (rate.value or Decimal(0))
    half = Decimal(50) / 10**rate.decimals
    return row | {
        "value": hundred,
        "printed": str(hundred.quantize(Decimal(1))),
        "tolerance": half - Decimal("0.5"),
    }


def _share(
    rate: Reading, earlier: Sequence[Reading], later: Sequence[Reading], wholes: dict[str, Reading]
) -> dict[str, Any] | None:
    here = any(same_sentence(r, rate) for r in (*earlier, *later))
    said = bool(_RATE.search(rate.of or "")) or _is_restated(rate)
    said = said or (here and bool(_STATE_AFTER.search(rate.after)))
    pair, fits = _pair(rate, earlier, later, wholes, said)
    if pair is not None and not fits:
        if is_promise(rate) or not related(rate, *pair) or not _meant(rate, *pair):
            return None
        if explained(rate, earlier, later, _looseness(rate)):
            return None
    if pair is None and (not said or is_promise(rate)):
        return None
    named = bool(_NAMED.search(f"{rate.of or ''} {rate.noun}")) or rate.rule == "of" or _is_restated(rate)
    if pair is None and (named or not _UNNAMED.search(rate.of or "")):
        return None
    row = row_of(rate)
    if pair is not None:
        over, below = pair
        row |= {"numerator": over.reading_id, "denominator": below.reading_id}
        if _COMPLETE.search(rate.of or "") and not is_money(over):
            row["measure"] = "completion"
    if pair is None and not _two_planned([r for r in earlier if is_money(r) or not of_money(rate)]):
        return None
    told = (
        pair is not None and fits and same_sentence(pair[1], rate)
    )  # a whole beside its rate is named by it
    if (
        not named
        and not told
        and _UNNAMED.search(rate.of or "")
        and (pair is None or not fits or _rivals(pair, earlier))
    ):
        row["denominator_named"] = False
    return row


def _meant(rate: Reading, over: Reading, below: Reading) -> bool:
    """Whether two numbers that do not give a rate are near enough to it to be meant all the same.

    What was done stands in its line; what it is a share of stands there too, or is called a plan, or is named.
    """
    near = below.line == rate.line or _is_planned(below) or base_of(rate) is not None
    told = same_sentence(over, rate) or (_is_restated(rate) and not _own_subject(rate, over))
    return over.line == rate.line and told and near and (over.value != below.value or _is_planned(below))


def _own_subject(rate: Reading, over: Reading) -> bool:
    """Whether the sentence of a rate names a subject of its own, which the number of another sentence is not."""
    words = marks(rate.before) - {
        "that",
        "this",
        "which",
        "came",
        "about",
        "almost",
        "nearly",
        "some",
        "were",
        "have",
    }
    return (
        bool(words)
        and not is_chinese(rate.before)
        and not words & marks(f"{over.before} {over.noun} {over.after}")
    )


def _two_planned(earlier: Sequence[Reading]) -> bool:
    """Whether two different numbers of one unit could be what a rate is of."""
    planned = [r for r in earlier if is_count(r) and _is_planned(r)]
    return any(len({r.value for r in planned if r.unit == unit}) > 1 for unit in {r.unit for r in planned})


_STATE_AFTER = re.compile(
    r"^\s*(?:[%％]|percent|per cent)?\s*(?:funded|complete\w*|spent|disbursed|occupied|finished|built|implemented|paid|allocated|full|done|achieved)\b",
    re.IGNORECASE,
)
"""``it is 65% funded``: the share of what is meant to be, by the state that follows it."""
_UNNAMED = re.compile(
    r"(?:complet\w+|in[- ]place|disbursement|progress|implementation|utili[sz]ation|payment|\ba) rate|rate of\s*$"
    r"|(?:完成|到位|兑付|支付|支出|开工|竣工|入住|拆除|执行|使用|建成|复垦|落实|发放)率",
    re.IGNORECASE,
)
"""Rates of a programme that say nothing without their denominator."""


def row_of(rate: Reading) -> dict[str, Any]:
    row = {
        "id": rate.reading_id,
        "label_en": label_of(rate),
        "value": rate.value,
        "printed": str(rate.value)
        if rate.decimals
        else re.sub(r"[^\d.]", "", rate.printed) or str(rate.value),
        "line": where_of(rate),
    }
    loose = _looseness(rate)
    return row | {"tolerance": loose} if loose else row


def _looseness(rate: Reading) -> Decimal:
    """How far a rate that is only meant roughly may lie from what two numbers give.

    >>> _looseness(Reading("f", Decimal("66.67"), "percent", 1, printed="two-thirds"))
    Decimal('4')
    """
    if not re.search(r"\d", rate.printed):
        return Decimal(4)
    return Decimal(1) if rate.bound == "about" else Decimal(0)


def _is_restated(rate: Reading) -> bool:
    return bool(
        _BESIDE.search(rate.before) or _BASE_AFTER.search(rate.noun) or _BASE_BEFORE.match(rate.of or "")
    )


def gap(pair: tuple[Reading, Reading], rate: Reading) -> Decimal:
    made = percent(pair[0].value or Decimal(0), pair[1].value or Decimal(1))
    assert made is not None and rate.value is not None
    return abs(Decimal(made.numerator) / Decimal(made.denominator) - rate.value)


def is_count(reading: Reading) -> bool:
    return bool(reading.value) and reading.unit not in (*TIMES, None) and "/" not in (reading.unit or "")


def _pair(
    rate: Reading,
    earlier: Sequence[Reading],
    later: Sequence[Reading],
    wholes: dict[str, Reading],
    cued: bool,
) -> tuple[tuple[Reading, Reading] | None, bool]:
    """The two numbers of a rate, and whether they give it at printed precision."""
    before, after = [r for r in earlier if is_count(r)], [r for r in later if is_count(r)]
    around = [*before, *after]
    pairs = [
        (a, b)
        for a in around
        for b in around
        if a is not b and a.unit == b.unit and (b.value or 0) >= (a.value or 0) and b.status != "under_way"
    ]
    slack = Decimal(1) / 2 / 10**rate.decimals + Decimal("0.0001") + _looseness(rate)
    said = _as_said(rate, before, after, wholes, cued)
    if said is not None and gap(said, rate) <= slack:
        return said, True
    if said is not None and after and said[1] is after[0] and _BASE_AFTER.search(rate.noun):
        return said, False  # "75% of the 64 planned": the base is printed, and no other number will do
    fitting = [p for p in _as_named(rate, pairs) if gap(p, rate) <= slack]
    if said is not None and not _restates(rate, said):
        fitting = [p for p in fitting if p[0] is said[0] or p[0].start != said[0].start]
    if fitting and (cued or any(same_sentence(a, rate) for a, _ in fitting)):
        return min(fitting, key=lambda p: (p[0].line != rate.line, gap(p, rate))), True
    if said is not None:
        return said, False
    near = [p for p in _as_named(rate, pairs) if p[0].line == rate.line and _role(*p, rate)] if cued else []
    return (min(near, key=lambda p: gap(p, rate)), False) if near else (None, False)


def _restates(rate: Reading, pair: tuple[Reading, Reading]) -> bool:
    return same_sentence(pair[0], rate)


def _as_said(
    rate: Reading,
    earlier: Sequence[Reading],
    later: Sequence[Reading],
    wholes: dict[str, Reading],
    cued: bool,
) -> tuple[Reading, Reading] | None:
    """The pair the wording itself names, whether or not it gives the rate."""
    here = [r for r in earlier if same_sentence(r, rate)]
    if not here and cued and earlier and earlier[-1].line == rate.line:  # "...; that is 60%"
        here = [r for r in earlier if same_sentence(r, earlier[-1])]
    if later and re.search(r"^\s*(?:or|[(（])\s*$", later[0].of or "") and rate.noun.startswith("% of"):
        whole = [r for r in earlier if r.unit == later[0].unit and r.line == rate.line]
        return (later[0], whole[-1]) if whole else None
    twice = len(later) > 1 and _BASE_AFTER.search(rate.noun) and later[0].unit == later[1].unit
    if twice and later[0].start - rate.start <= 50 and _RESAID.search(between(later[0], later[1])):
        return later[1], later[0]
    if later and _BASE_AFTER.search(rate.noun) and later[0].start - rate.start <= 50:
        base = later[0]
        overs = [r for r in here if r.unit == base.unit and (r.value or 0) <= (base.value or 0)]
        if overs and "," not in re.sub(r",\d", "", base.before[-max(0, base.start - rate.start) :])[1:]:
            return overs[-1], base
    if not here:
        return None
    beside = not re.search(r"[,，;；)）]", between(here[-1], rate))
    if (
        beside
        and _BASE_BEFORE.match(rate.of or "")
        and re.search(r"占|完成|达到|为|相当于", here[-1].before[-30:])
    ):
        return _over_base(here[-1], earlier)
    if re.match(r"\s*占", here[-1].of or "") and len(here) > 1 and here[-2].unit == here[-1].unit:
        return here[-2], here[-1]
    restated = (
        _is_restated(rate)
        or _SHARE_OF.search(rate.of or "")
        or re.search(r"率|\brate\b|进度|progress", rate.of or "")
    )
    if not restated and not cued:
        return None
    over = _subject(rate, here)
    total = wholes.get(over.reading_id)
    if total is not None and re.search(r"占|account|share|[(（]\s*$", (rate.of or "") + rate.before[-3:]):
        return over, total
    if (
        total is not None and over.status == "under_way"
    ):  # "81 completed and 10 being built" of 91: of what is done
        finished = [r for r in here if r is not over and wholes.get(r.reading_id) is total]
        if finished:
            return finished[-1], total
    candidates = [r for r in earlier if r is not over and r.unit == over.unit and r.start != over.start]
    candidates = [r for r in candidates if (r.value or 0) >= (over.value or 0) and r.status != "under_way"]
    below = _whole(rate, candidates, over)
    if below is None and candidates and _OF_WHICH.search(over.before[-30:]):
        below = candidates[-1] if candidates[-1].line == over.line else None
    if below is None:
        return None
    others = [
        r for r in here if r.unit == over.unit and r is not below and (r.value or 0) <= (below.value or 0)
    ]
    under_way = over.status == "under_way" or _REST_OF.search(over.before[-16:] + over.after[:12])
    if under_way and others:  # "73 completed and 17 being built; completion rate 81.7%": not of what is left
        over = min(others, key=lambda r: gap((r, below), rate))
    return over, below


_OF_WHICH = re.compile(r"其中[^，。；]*$|\bof (?:which|these|whom|them)\b[^,.;]*$", re.IGNORECASE)
_THIS_YEAR = re.compile(r"占(?:当年|本年|今年|当月|本月|当季|本季)")
_REST_OF = re.compile(r"其余|剩余|未[\u4e00-\u9fff]|remain|leav|left|outstanding|pending", re.IGNORECASE)


def _over_base(base: Reading, earlier: Sequence[Reading]) -> tuple[Reading, Reading] | None:
    """``A人，占任务B人的x%``: the number of the same unit before the base."""
    overs = [r for r in earlier if r is not base and r.unit == base.unit and r.line == base.line]
    return (overs[-1], base) if overs else None


def _subject(rate: Reading, here: Sequence[Reading]) -> Reading:
    """What a rate restates: the count before it; of ``A against a target of B``, A."""
    last = here[-1]
    firsts = [r for r in here[:-1] if r.unit == last.unit]
    target = re.search(
        r"(?:against|out of|of (?:a|its|the)|target of|compared with)\W*(?:\w+\W+){0,4}\W*$|计划|任务|目标|应[\u4e00-\u9fff]{0,3}$",
        last.before[-40:],
    )
    beside = re.compile(r"\s*(?:\w+\s+)?(?:out )?of (?:the |all )?")
    if firsts and target is None:
        target = beside.fullmatch(between(firsts[-1], last))
    return firsts[-1] if firsts and target and (firsts[-1].value or 0) <= (last.value or 0) else last


def _whole(rate: Reading, wholes: Sequence[Reading], over: Reading) -> Reading | None:
    """The denominator: the one named like the rate's base, else the only one, else what is planned nearby."""
    if not wholes:
        return None
    base = f"{rate.of or ''} {rate.noun}"
    scores = {r.reading_id: likeness(base, r) for r in wholes}
    best = max(scores.values())
    named = [r for r in wholes if scores[r.reading_id] == best] if best else []
    here = [r for r in wholes if same_sentence(r, rate)]
    line = [r for r in wholes if r.line == rate.line]
    for chosen in (named, wholes, [r for r in here if r.status == "plan"], here, line):
        if len({r.value for r in chosen}) == 1:
            value = chosen[-1].value
            return next((r for r in reversed(line) if r.value == value), chosen[-1])
    planned = [r for r in wholes if _is_planned(r)]
    return planned[-1] if planned else None


def _is_planned(reading: Reading) -> bool:
    return reading.status == "plan" or bool(_PLANNED.search(f"{reading.of or ''} {reading.noun}"))


def _rivals(pair: tuple[Reading, Reading], earlier: Sequence[Reading]) -> bool:
    """Whether something else planned stands nearby: a reader cannot know which of them the rate is of."""
    over, below = pair
    return any(
        r.unit == below.unit and r.value not in (over.value, below.value)
        for r in earlier
        if is_count(r) and _is_planned(r)
    )


def _as_named(rate: Reading, pairs: list[tuple[Reading, Reading]]) -> list[tuple[Reading, Reading]]:
    """Where the rate says of what it is one, only the denominators whose name is most like it."""
    text = f"{rate.of or ''} {rate.noun}"
    if not _NAMED.search(text):
        return pairs
    scores = {b.reading_id: likeness(text, b) for _, b in pairs}
    most = max(scores.values(), default=0)
    return [(a, b) for a, b in pairs if scores[b.reading_id] == most] if most else pairs


def _role(over: Reading, below: Reading, rate: Reading) -> bool:
    """The numerator stands in the sentence of the rate (or the one before), the denominator is a plan."""
    close = rate.sentence - over.sentence <= 1
    return (
        close
        and below.status in ("plan", None)
        and over.status in ("actual", None)
        and over.start != below.start
    )
