"""Amounts per head, per home or per house beside their total and the number of heads, in running text."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from resettle.supervision.edits import edits
from resettle.supervision.reading import Reading
from resettle.supervision.wholes import digits, same_sentence

Raw = dict[str, list[dict[str, Any]]]
REACH_LINES = 2
_ABOUT = Fraction(1, 20)


def norms(prose: Sequence[Reading], raw: Raw) -> None:
    """Total = heads x norm, for each norm whose total and heads stand nearby."""
    known = {part for entry in raw["per_head"] for part in entry.get("parts", ())}
    for index, norm in enumerate(prose):
        if norm.reading_id in known or norm.bound not in (None, "about") or not norm.value:
            continue
        of, *per = (norm.unit or "").split("/")
        if not per:
            continue
        near = [
            r
            for r in prose[max(0, index - 14) : index + 8]
            if abs(r.line - norm.line) <= REACH_LINES and r.value
        ]
        near = [r for r in near if r.bound in (None, "about")]
        times = _times(norm, per[1:], near)
        if times is None:
            continue
        totals = [r for r in near if r.unit == of and (r.value or 0) > norm.value]
        fewest = 2 if norm.rule == "per" else 10  # "at six sites, 40 at each" says itself that there are six
        heads = [r for r in near if r.unit == per[0] and (r.value or 0) >= fewest]
        pair = _pair(norm, totals, heads, times)
        if pair is None:
            continue
        total, people = pair
        row: dict[str, Any] = {
            "relation": "norm",
            "total": total.reading_id,
            "heads": people.reading_id,
            "parts": [norm.reading_id],
            "line": norm.line,
        }
        raw["per_head"].append(row if times == 1 else row | {"times": times})


def _times(norm: Reading, rest: Sequence[str], near: Sequence[Reading]) -> int | None:
    """``800 a month for 12 months``: how often the norm is paid; ``None`` where that is not said."""
    if not rest:
        return 1
    counts = {int(r.value or 0) for r in near if r.unit == rest[0] and same_sentence(r, norm)}
    return counts.pop() if len(counts) == 1 else None


def _pair(
    norm: Reading, totals: Sequence[Reading], heads: Sequence[Reading], times: int
) -> tuple[Reading, Reading] | None:
    """The total and the heads a norm belongs to: those that fit, else the only ones its sentence can mean."""
    for total in sorted(totals, key=lambda r: (not same_sentence(r, norm), r.start > norm.start)):
        if digits(total) < 2 and len(totals) > 1:
            continue  # 0.3 million is near too many products to be one
        for people in heads:
            if _gap(norm, total, people, times) <= _slack(norm, total, people, times):
                return total, people
    for total in totals:
        for people in heads:
            if total.line == norm.line and _point_moved(norm, total, people, times):
                return total, people
    here = [r for r in totals if same_sentence(r, norm)]
    beside = [r for r in heads if same_sentence(r, norm)]
    if len({r.value for r in beside}) > 1 or len({r.value for r in here}) > 1:
        return _nearest(norm, here, beside, times)
    if len({r.value for r in here}) != 1:
        return None
    if len({r.value for r in beside}) == 1:
        people = beside[-1]
    else:
        before = [r for r in heads if r.line <= norm.line]
        if not before or beside:
            return None
        nearest = max(r.line for r in before)
        people = max((r for r in before if r.line == nearest), key=lambda r: r.value or 0)
    total = here[-1]
    return (total, people) if _one_slip(norm, total, people, times) else None


def _nearest(
    norm: Reading, totals: Sequence[Reading], heads: Sequence[Reading], times: int
) -> tuple[Reading, Reading] | None:
    """Of several numbers in the sentence, the heads named last before a mean and the only total one slip away."""
    before = [r for r in heads if r.start < norm.start]
    if not before or digits(norm) < 2:
        return None
    fits = [t for t in totals if digits(t) >= 2 and _one_slip(norm, t, before[-1], times)]
    return (fits[0], before[-1]) if len(fits) == 1 else None


def _point_moved(norm: Reading, total: Reading, people: Reading, times: int) -> bool:
    """Whether the three agree to every digit with a point moved in one: thousands for millions."""
    product = Fraction(norm.value or 0) * Fraction(people.value or 0) * times
    whole = Fraction(total.value or 0)
    if not product or digits(total) < 2 or digits(people) < 2:
        return False
    slack = Fraction(norm.rounded_to) / 2 * Fraction(people.value or 0) / product
    for power in range(1, 7):
        for ratio in (Fraction(10) ** power, Fraction(1, 10**power)):
            if abs(whole / product / ratio - 1) <= min(slack, Fraction(1, 200)):
                return True
    return False


def _gap(norm: Reading, total: Reading, people: Reading, times: int) -> Fraction:
    return abs(Fraction(norm.value or 0) * Fraction(people.value or 0) * times - Fraction(total.value or 0))


def _slack(norm: Reading, total: Reading, people: Reading, times: int) -> Fraction:
    count = Fraction(people.value or 0) * times
    half = max(Fraction(norm.rounded_to) / 2, _trailing(norm) / 2)
    slack = half * count + Fraction(total.rounded_to) / 2
    about = _ABOUT * Fraction(total.value or 0) if norm.bound == "about" else Fraction(0)
    return max(slack, about)


def _trailing(norm: Reading) -> Fraction:
    """A mean printed with zeros at its end is rounded to them, if it has other digits before."""
    text = norm.printed.replace(",", "").replace("，", "")
    if not text.isdigit() or len(text.rstrip("0")) < 2:
        return Fraction(1)
    return Fraction(10) ** (len(text) - len(text.rstrip("0")))


def _one_slip(norm: Reading, total: Reading, people: Reading, times: int) -> bool:
    """Whether one slip of the pen in one of the three makes them agree."""
    each, count, whole = (
        Fraction(norm.value or 0),
        Fraction(people.value or 0) * times,
        Fraction(total.value or 0),
    )
    place = Fraction(norm.rounded_to) or Fraction(1)
    fitting = round(whole / count / place) * place
    return (
        bool(fitting)
        and min(edits(each, fitting), edits(whole, each * count), edits(count, whole / each)) <= 1
    )
