"""Checks of what a report says: dates, stock or flow, ranges, entitlements, trends, references."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from fractions import Fraction
from typing import Any

from resettle.supervision.context import Context, lines_of
from resettle.supervision.finding import Amount, Finding, Label, show
from resettle.supervision.narrative import agrees
from resettle.supervision.schema import Entry, Figure, Published, span_of


def check_dates(published: Published, context: Context) -> list[Finding]:
    """``R07`` dates in order, dates that exist, and "the end of" with a day."""
    findings = []
    for figure in published.figures.values():
        form = figure.fields.get("date_form")
        impossible = figure.as_of is not None and span_of(figure.as_of) is None
        if form in ("end_with_day", "impossible") or impossible:
            values = {"name": figure.label, "date": figure.as_of}
            variant = "R07_end" if form == "end_with_day" else "R07_impossible"
            readings = ("reading1", "reading2")
            findings.append(
                Finding("R07", "error", variant, values, readings, (figure.id,), lines_of(figure))
            )
    findings += _days(published)
    for entry in published.of("order"):
        first, last = (
            published.figures.get(str(entry.get("earlier"))),
            published.figures.get(str(entry.get("later"))),
        )
        if entry.get("relation") not in (None, "dates") or first is None or last is None:
            continue
        before, after = span_of(first.as_of), span_of(last.as_of)
        if before is None or after is None or before[0] <= after[1]:
            continue
        likely = _later_year(str(last.as_of), before[0].year)
        values = {
            "a_name": last.label,
            "b_name": first.label,
            "a_date": last.as_of,
            "b_date": first.as_of,
            "likely": likely,
        }
        figures = (last.id, first.id)
        readings = ("reading1", "reading2")
        findings.append(
            Finding("R07", "error", "R07", values, readings, figures, lines_of(last, first, entry))
        )
    return findings


def _days(published: Published) -> list[Finding]:
    """``R07``: days counted against the days between two dates, with or without the first of them."""
    findings = []
    for entry in published.of("order"):
        days = published.figure(entry.get("days"))
        ends = [published.figures.get(str(entry.get(key))) for key in ("earlier", "later")]
        spans = [None if f is None else span_of(f.as_of) for f in ends]
        if entry.get("relation") != "days" or days is None or days.value is None or None in spans:
            continue
        first, last = (s[0] for s in spans if s is not None)
        between = (last - first).days
        if between < 0 or days.value in (between, between + 1):
            continue
        values = {
            "name": days.label,
            "days": days.amount,
            "first": first.isoformat(),
            "last": last.isoformat(),
            "between": Amount(Decimal(between), "day"),
            "inclusive": Amount(Decimal(between + 1), "day"),
        }
        figures = (days.id, *(f.id for f in ends if f is not None))
        lines = lines_of(days, entry)
        findings.append(
            Finding("R07", "warning", "R07_days", values, ("reading1", "reading2"), figures, lines)
        )
    return findings


def check_land(published: Published, context: Context) -> list[Finding]:
    """``R30``: income expected from the quota of reclaimed homesteads that the map has as another class of land.

    Only land that grew buildings by law earns the quota; what the map shows as green space earns none.
    """
    quota = [e for e in published.of("land") if e.get("use") == "quota"]
    mapped = [
        e
        for e in published.of("land")
        if e.get("use") == "homestead" and e.get("class") not in (None, "construction")
    ]
    if not quota or not mapped:
        return []
    first, other = quota[0], mapped[0]
    values: dict[str, Any] = {
        "a": first.label,
        "b": other.label,
        "class": context.word("land_class", str(other.get("class"))),
    }
    lines = lines_of(first, other)
    return [Finding("R30", "warning", "R30", values, ("reading1", "reading2"), (), lines)]


def _later_year(as_of: str, year: int) -> str:
    """The same day in the first year that puts it in order."""
    return f"{max(year + (as_of[4:] != ''), int(as_of[:4]) + 1)}{as_of[4:]}"


def check_kinds(published: Published, context: Context) -> list[Finding]:
    """``R15`` points of a series that do not say whether they are of a year or up to a date."""
    groups: dict[tuple[str, str], list[Figure]] = defaultdict(list)
    kinds: dict[str, dict[str, Figure]] = defaultdict(dict)
    for figure in published.figures.values():
        series = figure.fields.get("series")
        if not series:
            continue
        if figure.kind in (None, "undefined"):
            groups[(figure.line or "", figure.as_of or "")].append(figure)
        elif figure.kind in ("stock", "flow"):
            kinds[str(series)].setdefault(figure.kind, figure)
    findings = []
    for (_line, as_of), members in sorted(groups.items()):
        values: dict[str, Any] = {
            "names": tuple(m.label for m in members),
            "terms": tuple(m.amount for m in members),
            "date": as_of or Label("文中写的日子", "the day it names"),
        }
        figures = tuple(m.id for m in members)
        readings = ("reading1", "reading2")
        findings.append(Finding("R15", "error", "R15", values, readings, figures, lines_of(*members)))
    for series in sorted(kinds):
        if len(kinds[series]) == 2:
            stock, flow = kinds[series]["stock"], kinds[series]["flow"]
            values = {
                "a_name": stock.label,
                "b_name": flow.label,
                "a_value": stock.amount,
                "b_value": flow.amount,
            }
            pair = (stock.id, flow.id)
            readings = ("reading1", "reading2")
            findings.append(
                Finding("R15", "error", "R15_mixed", values, readings, pair, lines_of(stock, flow))
            )
    return findings


RANGE_RATIO = 5
"""A printed range whose ends differ by more is asked about: most ranges of prices and counts are narrow."""


def check_ranges(published: Published, context: Context) -> list[Finding]:
    """``R19`` ends of a range of one order of magnitude; compared with price and area where given."""
    findings = []
    for entry in published.of("range"):
        low, high = entry.get("low"), entry.get("high")
        if low is None or high is None or low <= 0 or high <= 0:
            continue
        if low <= high < low * RANGE_RATIO:
            continue
        unit = str(entry.get("unit") or "")
        fitting = low
        while fitting * RANGE_RATIO <= high:
            fitting *= 10
        backwards = low > high
        values: dict[str, Any] = {
            "name": entry.label,
            "low": Amount(low, unit),
            "high": Amount(high, unit),
            "fitting": Amount(fitting, unit),
        }
        readings = ["reading1"] if low < fitting <= high else []
        price_low, price_high = (
            published.figure(entry.get("price_low")),
            published.figure(entry.get("price_high")),
        )
        area = entry.get("area")
        if price_low and price_high and price_low.value and price_high.value and area:
            values |= {
                "area": Amount(area, "m2"),
                "made_low": Amount(
                    price_low.value * area, price_low.unit.split("/")[0] if price_low.unit else ""
                ),
                "made_high": Amount(
                    price_high.value * area, price_high.unit.split("/")[0] if price_high.unit else ""
                ),
            }
            readings.append("reading_price")
        figures = tuple(str(x) for x in (entry.get("id"),) if x)
        variant = "R19_backwards" if backwards else "R19"
        chosen = ("reading1",) if backwards else (*readings, "reading2")
        findings.append(
            Finding("R19", "error", variant, values, chosen, figures, lines_of(entry, price_low, price_high))
        )
    return findings


def check_entitlements(published: Published, context: Context) -> list[Finding]:
    """``R20`` an area against persons x area per person; ``R21`` a bound that its own areas exceed."""
    findings = []
    for entry in published.of("entitlement"):
        each = context.area_per_person or entry.get("per_person")
        if each is None or each <= 0:
            continue
        people, area = entry.get("people"), entry.get("area")
        values: dict[str, Any] = {"name": entry.label, "each": Amount(each, "m2/person")}
        due = None if people is None else context.area(people, each)
        over = (
            due is not None and area is not None and (area > due if entry.get("is_ceiling") else area != due)
        )
        if people is not None and due is not None and over:
            fitting = Fraction(area) / Fraction(each)
            whole = fitting.denominator == 1
            values |= {
                "people": Amount(people, "person"),
                "area": Amount(area, "m2"),
                "computed": Amount(due, "m2"),
                "fitting": Amount(Decimal(int(fitting)), "person") if whole else None,
            }
            other = entry.get("other_people")
            readings = ["reading1"] if whole else []
            readings += ["reading2"]
            if other is not None and Fraction(other) == fitting:
                readings.insert(0, "reading_other")
            standard = published.figure(entry.get("standard"))
            figures = tuple(str(x) for x in (entry.get("id"), standard and standard.id) if x)
            lines = lines_of(entry, standard)
            findings.append(Finding("R20", "warning", "R20", values, tuple(readings), figures, lines))
        findings += _bound(entry, each, values)
    return findings


def _bound(entry: Entry, each: Decimal, values: dict[str, Any]) -> list[Finding]:
    below, areas = entry.get("people_below"), entry.get("areas") or []
    if below is None or not areas or max(areas) <= each * (below - 1):
        return []
    largest = max(areas)
    more = {
        "below": Amount(below, "person"),
        "largest": Amount(largest, "m2"),
        "people_needed": Amount(Decimal(-(-largest // each)), "person"),
    }
    figures = tuple(str(x) for x in (entry.get("id"),) if x)
    readings = ("reading1", "reading2")
    return [Finding("R21", "warning", "R21", values | more, readings, figures, lines_of(entry))]


def check_facts(published: Published, context: Context) -> list[Finding]:
    """``R22`` one fact with two values."""
    groups: dict[str, list[Figure]] = defaultdict(list)
    for figure in published.figures.values():
        if figure.fields.get("fact") and figure.value is not None:
            groups[str(figure.fields["fact"])].append(figure)
    findings = []
    for fact in sorted(groups):
        members = groups[fact]
        first = members[0]
        other = next((m for m in members[1:] if not _agree(first, m)), None)
        if other is None:
            continue
        values = {
            "a_name": first.label,
            "b_name": other.label,
            "a_value": first.amount,
            "b_value": other.amount,
            "fact": context.word("fact", fact),
        }
        figures = (first.id, other.id)
        readings = ("reading1", "reading2")
        findings.append(Finding("R22", "error", "R22", values, readings, figures, lines_of(first, other)))
    return findings


def _agree(a: Figure, b: Figure) -> bool:
    """Two statements of one fact agree if the values are equal or a bound covers the other value."""
    assert a.value is not None and b.value is not None
    if a.unit != b.unit:
        return True
    for one, other in ((a, b), (b, a)):
        bound = one.fields.get("bound")
        assert one.value is not None and other.value is not None
        if bound in ("at_least", "above") and other.value >= one.value:
            return True
        if bound in ("at_most", "below") and other.value <= one.value:
            return True
        if bound == "about" and abs(other.value - one.value) * 20 <= abs(one.value):
            return True
    return a.value == b.value


def check_trends(published: Published, context: Context) -> list[Finding]:
    """``R18`` a claimed trend against the year the same report calls the peak."""
    findings = _series(published)
    for entry in published.of("order"):
        peak, last = entry.get("peak_year"), entry.get("last_year")
        if entry.get("relation") != "trend" or peak is None or last is None or entry.get("claim") != "rising":
            continue
        if peak >= last:
            continue
        values = {"name": entry.label, "peak": int(peak), "last": int(last)}
        lines = tuple(dict.fromkeys((*(str(x) for x in (entry.get("claim_line"),) if x), *lines_of(entry))))
        readings = ("reading1", "reading2")
        findings.append(Finding("R18", "warning", "R18", values, readings, (), lines))
    return findings


def _series(published: Published) -> list[Finding]:
    """``R18``: a claim about numbers by year against those numbers; told only if no series it can mean agrees."""
    claims: dict[tuple[str, str], list[tuple[Entry, list[Figure]]]] = defaultdict(list)
    for entry in published.of("order"):
        points = [published.figure(name) for name in entry.get("points") or []]
        told = [p for p in points if p is not None and p.value is not None]
        if entry.get("relation") == "series" and len(told) == len(entry.get("years") or []) > 1:
            claims[(str(entry.get("claim_line")), str(entry.get("claim")))].append((entry, told))
    findings = []
    for (line, claim), members in claims.items():
        broken = []
        for entry, known in members:
            years = [int(y) for y in entry.get("years")]
            values = [p.value for p in known if p.value is not None]
            year = entry.get("peak_year")
            if not agrees(claim, values, years, None if year is None else int(year)):
                broken.append((entry, known, years))
        if not broken or len(broken) < len(members):
            continue
        entry, known, years = broken[0]
        said = {
            "name": entry.label,
            "points": tuple(
                Label(f"{y}年{show(p.amount, 'zh')}", f"{y}: {show(p.amount, 'en')}")
                for y, p in zip(years, known, strict=True)
            ),
            "claim": Label(*_CLAIM_WORDS[claim]),
        }
        figures = tuple(p.id for p in known)
        lines = tuple(dict.fromkeys((line, *lines_of(*known))))
        findings.append(
            Finding("R18", "warning", "R18_series", said, ("reading1", "reading2"), figures, lines)
        )
    return findings


_CLAIM_WORDS = {
    "rising": ("逐年上升", "rising every year"),
    "falling": ("逐年下降", "falling every year"),
    "rising_falling": ("先升后降", "first rising, then falling"),
    "falling_rising": ("先降后升", "first falling, then rising"),
    "highest": ("某年最高", "highest in the year named"),
    "lowest": ("某年最低", "lowest in the year named"),
}


def check_references(published: Published, context: Context) -> list[Finding]:
    """``R24`` figures or tables cited that are not there; ``R25`` a citation whose year differs."""
    findings = []
    missing: list[Entry] = []
    for entry in published.of("reference"):
        cited, present = entry.get("cited"), entry.get("listed")
        if cited and present is not None and cited not in present:
            missing.append(entry)
        year, listed = entry.get("year"), entry.get("listed_year")
        if year is not None and listed is not None and year != listed:
            values = {"name": entry.label, "year": int(year), "listed": int(listed)}
            readings = ("reading1", "reading2")
            findings.append(Finding("R25", "info", "R25", values, readings, (), lines_of(entry)))
    if missing:
        values = {
            "cited": tuple(dict.fromkeys(str(e.get("cited")) for e in missing)),
            "listed": tuple(dict.fromkeys(str(x) for e in missing for x in e.get("listed"))),
        }
        readings = ("reading1", "reading2")
        findings.append(Finding("R24", "error", "R24", values, readings, (), lines_of(*missing)))
    return findings


def check_statements(published: Published, context: Context) -> list[Finding]:
    """``R23`` two statements on one topic that say different things."""
    groups: dict[str, list[Entry]] = defaultdict(list)
    for entry in published.of("statement"):
        groups[str(entry.get("topic"))].append(entry)
    findings = []
    for topic in sorted(groups):
        first = groups[topic][0]
        other = next((e for e in groups[topic][1:] if e.get("says") != first.get("says")), None)
        if other is None:
            continue
        values: dict[str, Any] = {
            "topic": context.word("topic", topic),
            "a": _said(first),
            "b": _said(other),
        }
        readings = ("reading1", "reading2")
        findings.append(Finding("R23", "warning", "R23", values, readings, (), lines_of(first, other)))
    return findings


def _said(entry: Entry) -> Label:
    says = str(entry.get("says") or "")
    return Label(str(entry.get("label_zh") or says), str(entry.get("label_en") or says))
