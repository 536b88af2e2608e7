"""Counts told with their shares in one breath, and what else may explain a rate before it is doubted.

``132 were satisfied (55%), 72 neither (30%) and 36 not (15%)``: the shares have one whole in common. Each pair
says between which numbers that whole must lie; where most pairs agree and one does not, that one is told, and only
if the whole itself is printed or is what the counts add up to.
"""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from resettle.supervision.edits import edits
from resettle.supervision.lexicon import NOT_COUNTED
from resettle.supervision.naming import label_of, where_of
from resettle.supervision.reading import Reading
from resettle.supervision.wholes import fit_of

Raw = dict[str, list[dict[str, Any]]]
Pair = tuple[Reading, Reading]
_OPENS = re.compile(r"[(（]\s*(?:约|about )?$")
_SHARE_NEXT = re.compile(r"^[,，]\s*(?:占(?:比|全部|总数)?(?:的|为)?|or|i\.e\.)\s*$")
_ASIDE = re.compile(
    r"[(（]\s*(?:(?:上|去|前|同|年初|月初|期初|\d|as at|at the|up from|down from|against|from|was|were|\s)[^()（）]{0,24})$",
    re.IGNORECASE,
)
_EARLIER = re.compile(
    r"(?:上月|上年|去年|上季|前[一]?[月年季]|同期|年初|月初|期初|[底末初]|up from|down from|against|end of|last (?:month|year))[^，。]{0,8}$",
    re.IGNORECASE,
)
REACH_LINES = 6


def is_aside(reading: Reading) -> bool:
    """Whether a number stands in brackets as that of another day, so that no rate beside it is of it.

    >>> is_aside(Reading("f", Decimal(1694), "household", 1, before="累计入住1,907户（    为"))
    True
    """
    opened = re.search(r"[(（][^()（）]*$", reading.before)
    return opened is not None and bool(
        (_ASIDE.search(opened.group()) and _EARLIER.search(opened.group()))
        or re.match(r"[(（]\s{2,}为?$", opened.group())
    )


def _restated(count: Reading, rate: Reading) -> bool:
    """``27 (15%)`` or ``2,184户，占70%``: nothing but a bracket, or a comma and a word, between the two."""
    if (count.line, count.sentence) != (rate.line, rate.sentence) or rate.start <= count.start:
        return False
    gap = rate.before[-(rate.start - count.start - len(count.printed)) :]
    words = gap.removeprefix(count.noun)
    words = re.sub(r"^\s*[\w\u4e00-\u9fff]{0,14}?(?=\s*[(（,，])", "", words) if len(words) < 24 else words
    return bool(_OPENS.fullmatch(words.strip()) or _SHARE_NEXT.match(words.strip()))


def _families(prose: Sequence[Reading]) -> Iterator[list[Pair]]:
    """Pairs of count and share that follow each other in one line, counts of one unit."""
    groups: dict[tuple[int, str], list[Pair]] = defaultdict(list)
    for count, rate in itertools.pairwise(prose):
        each = str(count.unit or "/").partition("/")[2]
        plain = each in ("", "person") and count.unit and count.value and count.bound is None
        plain = plain and count.unit not in ("percent", "percentage point", "times")
        if rate.unit == "percent" and rate.value and rate.bound is None and plain and _restated(count, rate):
            groups[(count.line, str(count.unit))].append((count, rate))
    yield from (pairs for pairs in groups.values() if len(pairs) > 1)


def _range(pair: Pair) -> tuple[Fraction, Fraction]:
    """Between which numbers the whole lies that a count and its share stand for."""
    count, rate = pair
    half = Fraction(1, 2 * 10**rate.decimals)
    value, share = Fraction(count.value or 0), Fraction(rate.value or 0)
    low = 100 * (value - Fraction(count.rounded_to) / 2) / (share + half)
    high = (
        100 * (value + Fraction(count.rounded_to) / 2) / (share - half) if share > half else Fraction(10**15)
    )
    return low, high


def _holds(whole: Fraction, pair: Pair) -> bool:
    low, high = _range(pair)
    return low <= whole <= high


def sibling_rates(prose: Sequence[Reading], cells: Sequence[Reading] = ()) -> list[dict[str, Any]]:
    """Rates of families of shares whose whole is printed and that most of the family agree on."""
    rows: list[dict[str, Any]] = []
    for pairs in _families(prose):
        shares = sum((Fraction(r.value or 0) for _, r in pairs), Fraction(0))
        whole = _whole(pairs, prose, cells)
        if whole is None or (len(pairs) == 2 and abs(shares - 100) > 1 and not _settled(pairs, whole)):
            continue
        for count, rate in pairs:
            if count.reading_id != whole.reading_id:
                rows.append(_row(count, rate, whole))
    return rows


def _row(count: Reading, rate: Reading, whole: Reading) -> dict[str, Any]:
    return {
        "id": rate.reading_id,
        "label_en": label_of(count),
        "value": rate.value,
        "printed": str(rate.value)
        if rate.decimals
        else re.sub(r"[^\d.]", "", rate.printed) or str(rate.value),
        "line": where_of(rate),
        "numerator": count.reading_id,
        "denominator": whole.reading_id,
    }


def _whole(pairs: Sequence[Pair], prose: Sequence[Reading], cells: Sequence[Reading]) -> Reading | None:
    """The number printed before the family that most of its pairs, and more than one, are shares of."""
    first = pairs[0][0]
    own = {r.reading_id for pair in pairs for r in pair}
    near = [
        r
        for r in prose
        if r.value
        and r.reading_id not in own
        and 0 <= first.line - r.line <= REACH_LINES
        and (r.line, r.start) < (first.line, first.start)
        and (r.unit == first.unit or (first.unit not in NOT_COUNTED and r.unit not in NOT_COUNTED))
        and ("/" in str(r.unit)) == ("/" in str(first.unit))
    ]
    for whole in sorted(near, key=lambda r: (r.unit != first.unit, -r.line, -r.start)):
        agreed = sum(_holds(Fraction(whole.value or 0), pair) for pair in pairs)
        if (
            agreed == len(pairs)
            or (agreed >= 2 and agreed * 2 > len(pairs))
            or (agreed and _added(pairs, whole))
            or (agreed and whole.unit == first.unit and all(_holds_but_a_slip(whole, pair) for pair in pairs))
        ):
            return whole
    return None


def _holds_but_a_slip(whole: Reading, pair: Pair) -> bool:
    """Whether a count and its share are of a number, or one slip of the pen in one of them would make them so."""
    count, rate = pair
    total, value = Fraction(whole.value or 0), Fraction(count.value or 0)
    if _holds(total, pair):
        return True
    scaled = any(_holds(total / Fraction(10) ** power, pair) for power in (-6, -4, -3, -2, 2, 3, 4, 6))
    made = round(100 * value / total * 10**rate.decimals)
    return scaled or (made > 9 and edits(Fraction(made), Fraction(rate.value or 0) * 10**rate.decimals) == 1)


def _settled(pairs: Sequence[Pair], whole: Reading) -> bool:
    return _added(pairs, whole) or all(_holds_but_a_slip(whole, pair) for pair in pairs)


def _added(pairs: Sequence[Pair], whole: Reading) -> bool:
    """Whether the counts of a family add up to a number."""
    return whole.unit == pairs[0][0].unit and fit_of(whole, [count for count, _ in pairs]) == "exact"


def without_whole(prose: Sequence[Reading]) -> set[str]:
    """Rates told in families: of one whole, so none of them is a share of its neighbour."""
    return {rate.reading_id for pairs in _families(prose) for _, rate in pairs}


def explained(rate: Reading, earlier: Sequence[Reading], later: Sequence[Reading], loose: Decimal) -> bool:
    """Whether counts of the rate's own line, added up, give the rate of another number there.

    A rate that something in its sentence does explain is not doubted, though the words name no such sum.
    """
    here = [r for r in (*earlier, *later) if r.line == rate.line and r.value and "/" not in str(r.unit)]
    half = Fraction(1, 2 * 10**rate.decimals) + Fraction(loose)
    for unit in {r.unit for r in here}:
        counts = [r for r in here if r.unit == unit and r.sentence == rate.sentence]
        wholes = [r for r in here if r.unit == unit]
        for size in (2, 3):
            for run in zip(*(counts[i:] for i in range(size)), strict=False):
                added = sum((Fraction(r.value or 0) for r in run), Fraction(0))
                for whole in wholes:
                    if (
                        whole not in run
                        and abs(100 * added / Fraction(whole.value or 1) - Fraction(rate.value or 0)) <= half
                    ):
                        return True
    return False
