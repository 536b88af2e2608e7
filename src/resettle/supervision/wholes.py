"""Which numbers are the parts of which, in running text: by what the words say and by whether they add up.

A breakdown is taken where the parts follow (or precede) their total in one series of numbers of one unit and

* they add up: then it holds and nothing is said; or
* they do not, but one slip of the pen in one of them would make them add up, and the words between ("of which",
  a colon, 其中) or the length of the numbers make a coincidence unlikely; or
* the words say that the list is whole ("made up of", 分别为).

Words alone are not enough where a list need not be whole ("including 300 women and 200 elderly").
"""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from resettle.supervision.edits import is_slip
from resettle.supervision.lexicon import MONEY, NOT_COUNTED
from resettle.supervision.reading import Reading
from resettle.supervision.schema import slack_of_sum

Raw = dict[str, list[dict[str, Any]]]
TIMES = (
    "day",
    "month",
    "year",
    "year of age",
    "date",
    "percent",
    "percentage point",
    "times",
    "per mille",
    "minute",
    "hour",
    "week",
    "group",
    "model",
)
_WHOLE_LIST = re.compile(
    r"made up of|consist\w* of|compris\w+|composed of|broken down|breakdown|namely|as follows|that is,|i\.e\."
    r"|divided into|split (?:into|between|among)|respectively"
    r"|分别[为是]?|由.{0,16}(?:组成|构成)|分为|分成|包括以下|(?:分[县乡镇村区类项年]|按|方式|来源|构成|类型).{0,8}[：:]|分[县乡镇村区类项年]来?看[，,]",
    re.IGNORECASE,
)
_PART_OF = re.compile(
    r"of which|of these|of them|of those|of whom|among (?:them|these|which|whom)|including|includes?\b|with\b.{0,30}$"
    r"|其中|主要[是为有]|当中|里面|包括|含|(?<=[\u4e00-\u9fff])中[，,：:]|[：:]\s*\S{0,12}\s*$|[—–]{1,2}|[（(]\s*\S{0,12}$",
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"(?:^|\.\s+|;\s+)\s*(?:of|among|out of)\s+(?:the|this|that|these|those|all|its)\b|(?:在|对).{0,12}$",
    re.IGNORECASE,
)
_OPENS = re.compile(r"(?:^|[.;:][*_]*\s)\s*(?:Of|Among|Out of)\s+(?:the |all |these )*$")
"""``Of 58 fishers surveyed, 40 ...``: the counts that follow are parts of the first."""
_TOGETHER = re.compile(
    r"合计|共计|总计|总数|总共|一共|合共|(?:^|[，,。；])共|规划的|计划的|\btotal|altogether|in all\b|together|\bsum\b|making|overall"
    r"|combined|planned",
    re.IGNORECASE,
)
_REST = re.compile(
    r"其余|剩余|余下|结存|节余|下余|尚有|还有|仍有|未[\u4e00-\u9fff]|尚未|缺口|差额|还差|结余|余额|结转|待[\u4e00-\u9fff]|remain|left\b|leav\w+|balance|still|"
    r"outstanding|pending|unspent|undisbursed|available|shortfall|gap\b|short of|the rest|the other|another|not yet|yet to",
    re.IGNORECASE,
)
LEFT = re.compile(
    r"其余|剩余|余下|结存|节余|下余|尚有|还有|仍有|尚未|未[\u4e00-\u9fff]|缺口|差额|还差|结余|余额|结转|待[\u4e00-\u9fff]|remain|\bleft\b|leav\w+|balance|still|"
    r"outstanding|pending|unspent|undisbursed|shortfall|gap\b|short of|the rest|the other|not yet|yet to",
    re.IGNORECASE,
)
"""Words strong enough to doubt a number by; "another 7" only goes on counting."""
_DEFICIT = re.compile(
    r"缺口|差额|少[付发领收]|欠[付发拨]|shortfall of|short by|a gap of|arrears of", re.IGNORECASE
)
"""What is missing of the two numbers named last."""
_OPENING = re.compile(r"opening|brought forward|at the (?:start|beginning)|期初|上年结转", re.IGNORECASE)
"""An account that says what it began with: what is left is not a whole less what was done."""
_ADDED_UP = re.compile(
    r"bring\w*|brought|累计|cumulative|to date|a total of|总数达|达到|增至|rais\w+|taking", re.IGNORECASE
)
_COMPARED = re.compile(
    r"\b(?:up|down|rose|risen|grew|fell|increas\w+|decreas\w+|declin\w+|dropp\w+) from\s*$|compared (?:with|to)\s*$"
    r"|(?:上年|去年|上月|上季度|同期|年初|上期)的?\s*$",
    re.IGNORECASE,
)
"""Before a number of another time, that only a comparison brings in."""
REACH_LINES = 4
MOST_PARTS = 14


@dataclass(frozen=True)
class Breakdown:
    """A total and its parts, and how well they fit: exact, slip, omitted, off."""

    total: Reading
    parts: tuple[Reading, ...]
    cue: int
    fit: str
    relation: str = "parts"

    @property
    def row(self) -> dict[str, Any]:
        row: dict[str, Any] = {
            "total": self.total.reading_id,
            "parts": [p.reading_id for p in self.parts],
            "line": self.parts[-1].line,
        }
        return row if self.relation == "parts" else row | {"relation": self.relation}


def is_count(reading: Reading) -> bool:
    """A number of things or an amount that may be a part or a whole."""
    unit = reading.unit or ""
    each = unit.partition("/")
    plain = (
        bool(unit) and unit not in TIMES and ("/" not in unit or (each[0] in MONEY and each[2] == "person"))
    )
    return (
        plain and bool(reading.value) and reading.cell is None and reading.rule not in ("date", "named_list")
    )


def by_unit(prose: Sequence[Reading]) -> list[list[Reading]]:
    """The counts of a text in order, one series per unit."""
    series: dict[str, list[Reading]] = defaultdict(list)
    for reading in prose:
        if (
            is_count(reading)
            and reading.bound in (None, "about")
            and not _COMPARED.search(reading.before[-30:])
        ):
            series[str(reading.unit)].append(reading)
    return [numbers for numbers in series.values() if len(numbers) > 2]


def fit_of(total: Reading, parts: Sequence[Reading]) -> str:
    """How a total and parts go together: ``exact`` at printed precision, ``scale``, ``slip``, ``omitted`` or ``off``."""
    values = [Fraction(p.value or 0) for p in parts]
    whole, added = Fraction(total.value or 0), sum(values, Fraction(0))
    slack = slack_of_sum([Fraction(r.rounded_to) / 2 for r in (total, *parts)])
    if abs(added - whole) <= slack:
        return "exact"
    if _scaled(total, parts, slack):
        return "scale"
    if is_slip(whole, added, slack):
        return "slip"
    for value in values:
        needed = whole - (added - value)
        if slack * 50 <= value and needed > 0 and is_slip(value, needed, slack):
            return "slip"
    if len(parts) > 1 and any(abs(added - value - whole) <= slack for value in values):
        return "omitted"
    return "off"


def _scaled(total: Reading, parts: Sequence[Reading], slack: Fraction) -> bool:
    """Whether one of the numbers, with its point moved, makes them add up: all its digits agree then."""
    whole = Fraction(total.value or 0)
    added = sum((Fraction(p.value or 0) for p in parts), Fraction(0))
    for one in (total, *parts):
        value = Fraction(one.value or 0)
        needed = added if one is total else whole - (added - value)
        if value <= 0 or needed <= 0 or digits(one) < 2:
            continue
        for power in range(1, 7):
            for moved in (value * 10**power, value / 10**power):
                if abs(moved - needed) <= slack and needed > 20 * slack:
                    return True
    return False


def digits(reading: Reading) -> int:
    """Significant digits as printed: the longer a number, the less likely a coincidence.

    >>> digits(Reading("f", None, "yuan", 1, printed="1,845")), digits(Reading("f", None, "person", 1, printed="300"))
    (4, 1)
    """
    text = re.sub(r"\D", "", reading.printed)
    return len(text.strip("0")) if text.strip("0") else len(str(int(reading.value or 0)).strip("0"))


def same_sentence(a: Reading, b: Reading) -> bool:
    return (a.line, a.sentence) == (b.line, b.sentence)


def between(total: Reading, part: Reading) -> str:
    """The words between a total and its first part, as far as they are kept."""
    if same_sentence(total, part):
        gap = part.start - total.start - len(total.printed)
        return part.before[-gap:] if gap > 0 else ""
    return part.before


def cue(total: Reading, first: Reading) -> int:
    """How clearly the words before the first part make it one: 2 a whole list, 1 parts, 0 nothing."""
    words = between(total, first)
    if _WHOLE_LIST.search(words):
        return 2
    if _PART_OF.search(words):
        return 1
    if (
        total.line == first.line
        and 0 <= first.sentence - total.sentence <= 1
        and not total.rule.startswith("counted")
        and first.rule == "counted_before"
    ):
        return 1  # "57 complaints were logged, 44 closed, 13 open": counts of what was named once
    if same_sentence(total, first) and _OPENS.search(total.before):
        return 1
    lead = total.before[-60:] if same_sentence(total, first) else first.before
    return 1 if _LEAD.search(lead) else 0


def breakdowns(prose: Sequence[Reading]) -> list[Breakdown]:
    """Every breakdown of a text, those that hold first; of two that share a total or a part, the better one."""
    found: list[Breakdown] = []
    for series in by_unit(prose):
        found += _parts_after(series)
        if "/" in str(series[0].unit):
            found = [b for b in found if b.cue or "/" not in str(b.total.unit)]
            continue  # amounts per head are only broken down where words say so
        found += _total_after(series)
        found += _with_rest(series)
    rank = {"exact": 0, "scale": 1, "slip": 2, "omitted": 3, "off": 4}
    found.sort(key=lambda b: (rank[b.fit], -b.cue, -len(b.parts)))
    kept: list[Breakdown] = []
    for one in found:
        if not any(_rival(one, other) for other in kept):
            kept.append(one)
    return kept


def _rival(one: Breakdown, other: Breakdown) -> bool:
    """Whether two breakdowns cannot both be meant; what holds is no rival of what holds."""
    same = {r.reading_id for r in one.parts} & {r.reading_id for r in other.parts}
    if {one.total.reading_id, *(p.reading_id for p in one.parts)} == {
        other.total.reading_id,
        *(p.reading_id for p in other.parts),
    }:
        return True
    if one.fit == "exact":
        return False
    mixed = {r.reading_id for r in one.parts} | {one.total.reading_id}
    theirs = {r.reading_id for r in other.parts} | {other.total.reading_id}
    shared = one.total is other.total and not (other.fit == "exact" and one.cue and one.fit == "slip")
    return bool(same) or shared or len(mixed & theirs) > 1


def _taken(cue_: int, fit: str, total: Reading, parts: Sequence[Reading]) -> bool:
    """Whether words and numbers together are enough."""
    value, added = float(total.value or 0), sum(float(p.value or 0) for p in parts)
    if any(p.value == total.value for p in parts):
        return False  # a part as large as the whole is the whole told again
    if fit == "exact":
        return cue_ > 0 or digits(total) >= 3 or (value >= 10 and len(parts) > 2)
    if len(parts) < 2 or any(_AGAIN.search(p.before[-12:]) for p in parts[1:]):
        return False
    if cue_ == 2:
        near = total.line == parts[0].line
        return fit != "off" or (near and value >= max(float(p.value or 0) for p in parts))
    together = all(same_sentence(p, parts[0]) for p in parts)
    if fit == "scale":
        return cue_ == 1 or (together and len(parts) < 7)
    if cue_ == 0 and value < max(float(p.value or 0) for p in parts):
        return False
    told = cue_ and fit == "slip" and together and total.line == parts[0].line
    if value < min(100.0, max(float(p.value or 0) for p in parts)) and not told:
        return False
    if fit in ("slip", "omitted"):
        return (cue_ == 1 and value >= 10) or (cue_ == 0 and digits(total) >= 4 and together)
    one_line = total.line == parts[0].line
    return cue_ == 1 and one_line and abs(added - value) <= 0.15 * value and _alike(parts)


_AGAIN = re.compile(r"\bof (?:the|these|those|its|their)\s*$", re.IGNORECASE)
"""``four of the twelve``: the twelve are told again, as no part of anything."""


def _alike(parts: Sequence[Reading]) -> bool:
    """Parts told in one breath: one sentence, or the items of one line with no other number before them."""
    together = all(p.line == parts[0].line for p in parts)
    return together and not any(
        b.sentence != a.sentence and re.search(r"\d", b.before) for a, b in itertools.pairwise(parts)
    )


def _runs(series: Sequence[Reading], start: int) -> Iterator[tuple[Reading, ...]]:
    """Runs of neighbours from a place on in one line, longest first."""
    line = series[start].line
    stop = start
    while stop < len(series) and series[stop].line == line and stop - start < MOST_PARTS:
        stop += 1
    for end in range(stop, start + 1, -1):
        yield tuple(series[start:end])


def _parts_after(series: Sequence[Reading]) -> list[Breakdown]:
    """A total, then its parts; the total may stand some lines above."""
    found = []
    for start in range(1, len(series)):
        first = series[start]
        heads = [r for r in series[max(0, start - 8) : start] if first.line - r.line <= REACH_LINES]
        runs = list(_runs(series, start))
        whole_sentence = max(
            (r for r in runs if all(same_sentence(p, first) for p in r)), key=len, default=None
        )
        for total in reversed(heads):
            near = total is series[start - 1] or not same_sentence(total, first)
            said = cue(total, first) if near else 0
            exact = next((r for r in runs if fit_of(total, r) == "exact"), None)
            if exact is not None and said and whole_sentence and _goes_on(exact, whole_sentence):
                found.append(Breakdown(total, whole_sentence, said, "omitted"))
                continue
            if exact is not None:
                if _taken(said, "exact", total, exact):
                    found.append(Breakdown(total, exact, said, "exact"))
                continue
            far = total is not series[start - 1] and total.line == first.line
            if far and (said == 0 and fit_of(total, runs[0] if runs else ()) != "scale"):
                continue
            for run in [r for r in (whole_sentence, *runs[:1]) if r]:
                fit = fit_of(total, run)
                if _taken(said, fit, total, run) and (fit != "off" or not far):
                    found.append(Breakdown(total, run, said, fit))
                    break
    return found


def _goes_on(exact: Sequence[Reading], whole: Sequence[Reading]) -> bool:
    """Whether a list that adds up goes on in the same form: then the total leaves a part out."""
    if len(whole) <= len(exact):
        return False
    if any(_ELSE.search(between(a, b)) for a, b in itertools.pairwise(whole[len(exact) - 1 :])):
        return False
    gaps = [len(between(a, b).strip()) for a, b in itertools.pairwise(exact)]
    return all(
        len(between(a, b).strip()) <= max(gaps) + 6 for a, b in itertools.pairwise(whole[len(exact) - 1 :])
    ) and all(p.noun == exact[0].noun for p in whole)


_ELSE = re.compile(
    r"另|此外|其余|还|又|\b(?:while|whereas|further|another|also|but|however|in addition|besides|than|more|over)\b|[.。;；(（]",
    re.IGNORECASE,
)


def _total_after(series: Sequence[Reading]) -> list[Breakdown]:
    """Parts, then their total: 建成14个，在建3个，规划的17个."""
    found = []
    for end in range(2, len(series)):
        total = series[end]
        said = bool(_TOGETHER.search(total.before[-24:]) or _TOGETHER.search(total.after[:12]))
        for size in range(min(end, MOST_PARTS), 1, -1):
            parts = tuple(series[end - size : end])
            if any(p.line != total.line for p in parts):
                continue
            fit = fit_of(total, parts)
            close = all(same_sentence(p, total) for p in parts)
            if fit == "exact" and (said or digits(total) >= 3):
                found.append(Breakdown(total, parts, int(said), fit))
            elif (
                said
                and (close or (fit in ("scale", "slip") and digits(total) >= 3))
                and float(total.value or 0) >= 10
                and (fit in ("scale", "slip") or (fit == "omitted" and size == 2))
            ):
                found.append(Breakdown(total, parts, 1, fit))
    return found


def _with_rest(series: Sequence[Reading]) -> list[Breakdown]:
    """A whole, what is done and what is left, in any order; a stock, what was added and the stock after it."""
    found = []
    for index, last in enumerate(series):
        near = [
            r for r in series[max(0, index - 5) : index + 4] if r is not last and abs(r.line - last.line) <= 2
        ]
        rest = bool(_REST.search(last.before[-16:]) or _REST.search(last.after[:14]))
        grown = bool(_ADDED_UP.search(last.before[-30:]))
        if not (rest or grown):
            continue
        here = [r for r in near if same_sentence(r, last)]
        if any(_OPENING.search(r.before[-24:]) for r in (last, *here)):
            continue
        for a, b in itertools.combinations(near, 2):
            total, parts = (
                (max((a, b), key=size_of), (min((a, b), key=size_of), last)) if rest else (last, (a, b))
            )
            if rest and min(size_of(a), size_of(b)) > 0 and fit_of(total, parts) == "off":
                other = min((a, b), key=size_of)
                left = (max((a, b), key=size_of), last)
                if fit_of(other, left) == "scale":  # what was done, told in billions for millions
                    total, parts = other, left
            if size_of(total) <= max(size_of(p) for p in parts) and fit_of(total, parts) not in (
                "scale",
                "slip",
            ):
                continue
            fit = fit_of(total, parts)
            if grown and not rest and fit != "exact" and not _grew(total, parts):
                continue
            alone = len(here) == 2 and a in here and b in here
            two_before = series[max(0, index - 2) : index]
            if _DEFICIT.search(last.before[-16:]) and all(
                r in two_before and r.line == last.line for r in (a, b)
            ):
                alone = True
            close = abs(size_of(parts[0]) + size_of(last) - size_of(total)) <= 0.3 * size_of(total)
            one_line = a.line == b.line == last.line or (rest and last.line in (a.line, b.line))
            if not grown and not LEFT.search(last.before[-16:] + "|" + last.after[:14]) and fit != "exact":
                continue
            taken = {
                "exact": digits(last) >= 2 or alone,
                "scale": alone or (_long(total, *parts) and one_line),
                "slip": alone or (_long(total, *parts) and one_line),
                "off": alone and rest and close,
            }
            if taken.get(fit):
                found.append(Breakdown(total, parts, 1, fit))
    return found


_BEFORE = re.compile(
    r"(?:上[月年季]|去年|年初|月初|期初|前期|此前|原有|已有|[底末])\S{0,6}$|(?:up from|end of|previous|opening|last (?:month|quarter|year))\b",
    re.IGNORECASE,
)


def _grew(total: Reading, parts: Sequence[Reading]) -> bool:
    """Whether what was added and what was there before are told as such: both before the sum, or one as of before."""
    first = all((p.line, p.start) < (total.line, total.start) for p in parts)
    return first or any(
        _BEFORE.search(p.before[-24:]) or re.search(r"[(（]\s{2,}为?$", p.before) for p in parts
    )


def _long(*numbers: Reading) -> bool:
    """Enough digits that three numbers do not come within one slip of each other by chance."""
    return sum(digits(n) for n in numbers) >= 8 and all(digits(n) >= 2 for n in numbers)


def size_of(reading: Reading) -> float:
    return float(reading.value or 0)


def parts_too_large(prose: Sequence[Reading]) -> list[dict[str, Any]]:
    """One part, "of which", that is larger than the number it follows."""
    rows = []
    for series in by_unit(prose):
        for total, part in itertools.pairwise(series):
            said = same_sentence(total, part) and re.search(r"of which|其中|of them\b", between(total, part))
            if said and size_of(part) > size_of(total) and total.unit not in NOT_COUNTED[-5:]:
                rows.append(Breakdown(total, (part,), 1, "off", "within").row)
    return rows
