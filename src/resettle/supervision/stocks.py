"""What is left of a whole, and what a stock was before: identities between numbers that other checks tie already."""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from resettle.supervision.naming import label_of, where_of
from resettle.supervision.reading import Reading
from resettle.supervision.wholes import LEFT, by_unit, digits, fit_of

Raw = dict[str, list[dict[str, Any]]]
_ADDED = re.compile(
    r"新增|本[月季期]|当[月季]|\b[Dd]uring\s{3,}|\bduring (?:the |this )?(?:month|quarter|[A-Z])|\bthis (?:month|quarter)|\bin the (?:month|quarter)|\banother\b|\ba further\b",
)
_NOW = re.compile(r"累计|总数达|达到|增至|\bbringing\b|\bto date\b|\bcumulative\b|\btotal\b", re.IGNORECASE)
_PREVIOUS = re.compile(
    r"(?:上[月季年]|去年|[\s\d]月|年|月)?[底末]|年初|月初|期初|此前|\bend of\b|\bup from\b|\bprevious\b|\blast (?:month|quarter)\b",
    re.IGNORECASE,
)
_STOOD = re.compile(r"(?:为|是|累计|stood at|was|were|had (?:been|moved)|up from)\W*$", re.IGNORECASE)
_PARENTHESIS = re.compile(r"[(（]\s{2,}[为是]?\s*$")
_GENERIC = (
    "facility",
    "building",
    "structure",
    "item",
    "work",
    "asset",
    "project",
    "service",
    "公共服务设施",
    "设施",
)
_IN_ALL = re.compile(r"^[\s\w]{0,16}\b(?:in all|altogether|in total)\b|^\S{0,8}(?:合计|总共)", re.IGNORECASE)
_TOTAL_OF = re.compile(r"(?:\ba total of|\bin all,?|合计|共计|总共)\s*$", re.IGNORECASE)
_POINTS = re.compile(
    r"下降|降低|提高|上升|回落|增加|扩大|缩小|减少|提升|增长|\b(?:drop|fall|fell|decline|decrease|rise|rose|increase|gain|up|down|reduction)\b",
    re.IGNORECASE,
)
_TO = re.compile(
    r"(?:降|提高|上升|增加|增|升|下降|提升|降低|扩大|缩小|减少|回落)(?:到|至|为)|^[%％]?\s*(?:到|至)|\bto\b",
    re.IGNORECASE,
)
_FROM = re.compile(r"(?:由|从|\bfrom\b)[^，。,;；]{0,20}$", re.IGNORECASE)


def left_of_rates(prose: Sequence[Reading], raw: Raw) -> None:
    """``70% of 60.14 million pledged, leaving a gap of 18.04``: a share that holds says what is left is left of."""
    known = {r.reading_id: r for r in prose}
    sums = [frozenset((row["total"], *row["parts"])) for row in raw["sum"]]
    settled = {cell for cells in sums if _settled(cells, known) for cell in cells}
    here: dict[tuple[int, int], list[Reading]] = defaultdict(list)
    for reading in prose:
        here[reading.line, reading.sentence].append(reading)
    for rate in raw["rate"]:
        over, below = known.get(rate.get("numerator", "")), known.get(rate.get("denominator", ""))
        told = known.get(rate["id"])
        if (
            over is None
            or below is None
            or told is None
            or rate.get("measure") == "change"
            or not _gives(rate, over, below)
        ):
            continue
        for left in here[told.line, told.sentence]:
            if (
                not 0 < left.start - told.start <= 60
                or left.unit != over.unit
                or left in (over, below)
                or not left.value
            ):
                continue
            if not LEFT.search(left.before[-18:] + "|" + left.after[:14]) or re.search(
                r"其中|of which", left.before[-18:]
            ):
                continue
            if left.reading_id in settled:
                continue
            raw["sum"].append(_sum(below, (over, left)))


def _settled(cells: frozenset[str], known: Mapping[str, Reading]) -> bool:
    """Whether numbers already add up: the largest is the others together."""
    values = sorted(Fraction(known[c].value or 0) for c in cells if c in known)
    return len(values) == len(cells) and len(values) > 1 and values[-1] == sum(values[:-1])


def _gives(rate: Mapping[str, Any], over: Reading, below: Reading) -> bool:
    places = len(str(rate.get("printed") or rate["value"]).partition(".")[2])
    made = Fraction(100) * Fraction(over.value or 0) / Fraction(below.value or 1)
    return below is not over and abs(made - Fraction(rate["value"])) <= Fraction(1, 2 * 10**places)


def _sum(total: Reading, parts: Sequence[Reading]) -> dict[str, Any]:
    return {"total": total.reading_id, "parts": [p.reading_id for p in parts], "line": where_of(parts[-1])}


def left_of_tables(prose: Sequence[Reading], cells: Sequence[Reading], raw: Raw) -> None:
    """What is left, told beside what was done, where the total row of a table holds that and the whole."""
    rows: dict[tuple[str, int], list[Reading]] = defaultdict(list)
    for cell in cells:
        if cell.rule == "table_total" and cell.value:
            rows[(str(cell.of).partition(":")[0], cell.sentence)].append(cell)
    summed = {part for row in raw["sum"] for part in (row["total"], *row["parts"])}
    for left in prose:
        if left.reading_id in summed or not left.value or not LEFT.search(left.before[-14:]):
            continue
        same = [
            r
            for r in prose
            if (r.line, r.sentence, r.unit) == (left.line, left.sentence, left.unit) and r.start < left.start
        ]
        for done, row in itertools.product(same, rows.values()):
            if digits(done) < 3 or not any(c.value == done.value and c.unit == done.unit for c in row):
                continue
            wholes = {c.value: c for c in row if c.unit == done.unit and (c.value or 0) > (done.value or 0)}
            if len(wholes) != 1:
                continue
            whole = next(iter(wholes.values()))
            if fit_of(whole, (done, left)) in ("exact", "slip", "scale"):
                raw["sum"].append(_sum(whole, (done, left)))


def before_and_after(prose: Sequence[Reading], raw: Raw) -> None:
    """What was there, what the month added, what is there now: three numbers of one line, each told as such."""
    taken = {frozenset((row["total"], *row["parts"])) for row in raw["sum"]}
    for series in by_unit(prose):
        for run in _windows(series):
            roles = _roles(run)
            if roles is None:
                continue
            now, added, previous = roles
            fit = fit_of(now, (previous, added))
            ids = frozenset(r.reading_id for r in roles)
            if ids not in taken and (
                fit in ("exact", "scale") or (fit == "slip" and digits(now) + digits(previous) >= 5)
            ):
                raw["sum"] = [row for row in raw["sum"] if not {row["total"], *row["parts"]} <= ids]
                raw["sum"].append(_sum(now, (previous, added)))
                taken.add(ids)


def _windows(series: Sequence[Reading]) -> Iterator[tuple[Reading, ...]]:
    for run in zip(series, series[1:], series[2:], strict=False):
        if len({r.line for r in run}) == 1:
            yield run


def _roles(run: Sequence[Reading]) -> tuple[Reading, Reading, Reading] | None:
    """Now, added, before: each by its own words, none by size alone."""
    now = [r for r in run if _NOW.search(r.before[-40:])]
    previous = [r for r in run if _is_previous(r)]
    for before in previous:
        added = [r for r in run if r is not before and _ADDED.search(r.before) and r.value is not None]
        for flow in added:
            rest = [r for r in run if r not in (before, flow)]
            if rest[0] in now and (flow.value or 0) < max(rest[0].value or 0, before.value or 0):
                return rest[0], flow, before
    return None


def _is_previous(reading: Reading) -> bool:
    if _PARENTHESIS.search(reading.before):
        return True
    clause = re.split(r"[,，;；]", reading.before)[-1]
    blanked = re.search(r"\s{6,}", clause) is not None
    return bool((_PREVIOUS.search(clause) or blanked) and _STOOD.search(clause))


def points(prose: Sequence[Reading], raw: Raw) -> None:
    """``由14.8%降至1.2%，下降13.6个百分点``: the difference of the two rates named just before."""
    for index, told in enumerate(prose):
        if (
            told.unit != "percentage point"
            or not told.value
            or told.bound is not None
            or not _POINTS.search(told.before[-24:] + told.after[:8])
        ):
            continue
        here = [
            r
            for r in prose[max(0, index - 4) : index]
            if r.unit == "percent" and r.value is not None and r.bound is None
        ]
        here = [r for r in here if (r.line, r.sentence) == (told.line, told.sentence)]
        if len(here) < 2:
            continue
        old, new = here[-2:]
        joint = new.before[-(new.start - old.start - len(old.printed)) :]
        if not (_FROM.search(old.before[-30:]) and _TO.search(joint)) or re.search(r"[，,;；]", joint):
            continue
        high, low = (old, new) if (old.value or 0) >= (new.value or 0) else (new, old)
        raw["figure"] = [f for f in raw["figure"] if f["id"] != told.reading_id] + [
            {
                "id": told.reading_id,
                "label_en": f"{told.before[-10:].strip()} {told.printed}",
                "value": told.value,
                "unit": "percent",
                "kind": "undefined",
                "period": "as read",
                "rounded_to": Decimal(1).scaleb(-told.decimals),
                "line": where_of(told),
            }
        ]
        names = [_as_figure(end, raw) for end in (high, low)]
        raw["sum"].append({"total": names[0], "parts": [names[1], told.reading_id], "line": where_of(told)})


def _as_figure(rate: Reading, raw: Raw) -> str:
    """The id under which a percentage stands as a figure, to the place it is printed; a copy where it is a rate."""
    place = Decimal(1).scaleb(-rate.decimals)
    row = next((f for f in raw["figure"] if f["id"] == rate.reading_id), None)
    if row is not None:
        row["rounded_to"] = place
        return rate.reading_id
    name = f"{rate.reading_id}-end"
    if not any(f["id"] == name for f in raw["figure"]):
        raw["figure"].append(
            {
                "id": name,
                "label_en": label_of(rate),
                "value": rate.value,
                "unit": "percent",
                "kind": "undefined",
                "period": "as read",
                "rounded_to": place,
                "line": where_of(rate),
            }
        )
    return name


def mixed_sums(prose: Sequence[Reading], raw: Raw) -> None:
    """``five schools, three clinics and 14 wells, 22 facilities in all``: things of several kinds added up."""
    for index, total in enumerate(prose):
        said = _IN_ALL.match(total.after) or _TOTAL_OF.search(total.before[-20:])
        if not said or total.unit not in _GENERIC or not total.value or total.bound is not None:
            continue
        parts: list[Reading] = []
        for part in reversed(prose[:index]):
            counted = (
                part.value is not None
                and part.value % 1 == 0
                and part.bound is None
                and "/" not in str(part.unit)
            )
            if (
                (part.line, part.sentence) != (total.line, total.sentence)
                or not counted
                or part.unit in ("percent", "date", "year")
            ):
                break
            if parts and not re.search(
                r"^\s*[\w\s\u4e00-\u9fff]{0,24}(?:,|，|、|and|和)\s*(?:and\s+)?[\w\s]{0,6}$",
                parts[0].before[-40:][-(parts[0].start - part.start - len(part.printed)) :],
            ):
                break
            parts.insert(0, part)
        kinds = [p.unit for p in parts]
        if len(parts) >= 2 and len(set(kinds)) == len(kinds) and total.unit not in kinds:
            raw["sum"].append(_sum(total, parts))
