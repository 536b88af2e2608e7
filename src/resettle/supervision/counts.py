"""Checks of counts: parts against totals, percentages a count can reach, households and their people."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from fractions import Fraction
from typing import Any

from resettle.problems import Problem
from resettle.supervision.amounts import as_decimal, decimals, exact
from resettle.supervision.context import Context, lines_of
from resettle.supervision.finding import Amount, Finding, Label
from resettle.supervision.schema import Entry, Figure, Published, slack_of_sum


def check_sums(published: Published, context: Context) -> list[Finding]:
    """``R10`` a total against its parts or against a second count; ``R26`` registered = left + remaining."""
    findings = []
    for entry in published.of("sum"):
        total = published.figure(entry.get("total"))
        parts = [published.figure(name) for name in entry.get("parts") or []]
        known = [p for p in parts if p is not None and p.value is not None]
        if total is None or total.value is None or not known or len(known) < len(parts):
            continue
        added = sum((p.value for p in known if p.value is not None), Decimal(0))
        relation = str(entry.get("relation") or "parts")
        if relation == "within":
            known = [p for p in known if (p.value or 0) > total.value]
            if not known:
                continue
            added = known[0].value or Decimal(0)
        slack = slack_of_sum([f.half for f in (total, *known)])
        if abs(added - total.value) <= slack:
            continue
        values: dict[str, Any] = {
            "name": entry.label if entry.get("label_en") else total.label,
            "total": total.amount,
            "total_name": total.label,
            "added": Amount(added, total.unit or ""),
            "parts": tuple(p.label for p in known),
            "terms": tuple(p.amount for p in known),
            "difference": Amount(abs(added - total.value), total.unit or ""),
        }
        code, severity = ("R26", "warning") if relation == "identity" else ("R10", "error")
        variant = {"identity": "R26", "two_counts": "R10_two", "within": "R10_within"}.get(relation, "R10")
        findings.append(
            Finding(
                code,
                severity,  # type: ignore[arg-type]
                variant,
                values,
                ("reading1", "reading2"),
                (total.id, *(p.id for p in known)),
                lines_of(total, *known),
                slack=Amount(exact(slack), total.unit or ""),
            )
        )
    return findings


def reachable(value: Decimal, count: int, places: int) -> list[int]:
    """Every k of ``count`` whose percentage rounds to the printed value (either way at a half).

    The test of granularity: N. J. L. Brown and J. A. J. Heathers, "The GRIM Test", Social Psychological
    and Personality Science 8 (2017), pp. 363-369.

    >>> reachable(Decimal("96"), 91, 0), reachable(Decimal("96.1"), 91, 1)
    ([87], [])
    """
    slack = Fraction(1, 2 * 10**places)
    low = (Fraction(value) - slack) * count / 100
    first = max(0, -(-low.numerator // low.denominator))
    found = []
    for k in range(first, count + 1):
        rate = Fraction(100 * k, count)
        if rate > Fraction(value) + slack:
            break
        found.append(k)
    return found


def check_granularity(published: Published, context: Context) -> list[Finding]:
    """``R09`` a percentage of a count that no whole number reaches, or only one other than that given."""
    findings = []
    for entry in published.of("rate"):
        below = published.figure(entry.get("denominator"))
        value: Decimal | None = entry.get("value")
        if (
            below is None
            or entry.get("measure") == "change"
            or value is None
            or below.value is None
            or below.value % 1
            or "/" in (below.unit or "")
        ):
            continue
        count = int(below.value)
        if not 0 < count <= 10_000 or (below.unit or "") in ("yuan", "m2", "km"):
            continue
        places = decimals(Decimal(str(entry.get("printed")))) if entry.get("printed") else decimals(value)
        fits = reachable(value, count, places)
        over = published.figure(entry.get("numerator"))
        given = None if over is None or over.value is None else int(over.value)
        if fits and (given is None or given in fits):
            continue
        near = fits[0] if fits else round(float(value) * count / 100)
        values = {
            "name": entry.label,
            "rate": Amount(value, "percent"),
            "count": below.amount,
            "near": Amount(Decimal(near), below.unit or ""),
            "near_rate": Amount(as_decimal(Fraction(100 * near, count), 2), "percent"),
            "given": over.amount if over is not None else None,
        }
        figures = tuple(str(x) for x in (entry.get("id"), below.id, over.id if over else None) if x)
        variant = "R09" if fits else "R09_none"
        findings.append(
            Finding(
                "R09", "warning", variant, values, ("reading1", "reading2"), figures, lines_of(entry, below)
            )
        )
    return findings


def check_names(published: Published, context: Context) -> list[Finding]:
    """``R11`` names listed against the number stated; ``R12`` names expected but not listed."""
    findings = []
    for entry in published.of("place"):
        names: list[str] = entry.get("names") or []
        stated = published.figure(entry.get("count"))
        lines = lines_of(entry, stated)
        if names and stated is not None and stated.value is not None and stated.value != len(set(names)):
            values: dict[str, Any] = {
                "name": stated.label,
                "stated": stated.amount,
                "listed": Amount(Decimal(len(set(names))), stated.unit or ""),
                "names": _named(entry, "names"),
            }
            readings = ("reading1", "reading2")
            findings.append(Finding("R11", "error", "R11", values, readings, (stated.id,), lines))
        missing = [n for n in entry.get("expected") or [] if plain_name(n) not in map(plain_name, names)]
        if names and missing:
            said = dict(zip(entry.get("expected"), _named(entry, "expected"), strict=True))
            values = {
                "name": entry.label,
                "missing": tuple(said[n] for n in missing),
                "names": _named(entry, "names"),
            }
            figures = (stated.id,) if stated else ()
            findings.append(
                Finding("R12", "warning", "R12", values, ("reading1", "reading2"), figures, lines)
            )
    return findings


def _named(entry: Entry, key: str) -> tuple[Label, ...]:
    """Place names in both languages, where the file gives them in Chinese as well."""
    names, chinese = entry.get(key) or [], entry.get(f"{key}_zh") or []
    pairs = zip(names, chinese, strict=True) if len(names) == len(chinese) else zip(names, names, strict=True)
    return tuple(Label(zh, en) for en, zh in pairs)


def plain_name(name: str) -> str:
    """A place name without case, spaces, apostrophes and the word for its level.

    >>> plain_name("Xin'an County"), plain_name("嵩县"), plain_name("Songxian")
    ('xinan', '嵩', 'song')
    """
    text = "".join(c for c in name.lower() if c.isalnum())
    for end in ("街道办事处", "村民委员会", "村委会", "街道", "区", "县", "市", "乡", "镇", "村"):
        if text.endswith(end) and len(text) > len(end):
            return text[: -len(end)]
    words = (
        "administrativevillage",
        "subdistrict",
        "township",
        "district",
        "village",
        "county",
        "town",
        "city",
        "cunminweiyuanhui",
        "cunweihui",
        "zhen",
        "xiang",
        "xian",
        "cun",
        "shi",
        "qu",
    )
    for end in words:
        if text.endswith(end) and len(text) - len(end) >= 2:
            return text[: -len(end)]
    return text


def check_households(published: Published, context: Context) -> list[Finding]:
    """``R13`` persons per household, within bounds and stable; ``R14`` people imputed from households."""
    findings: list[Finding] = []
    sizes: dict[str, list[tuple[Fraction, Figure, Figure]]] = defaultdict(list)
    for entry in published.of("per_head"):
        people, homes = published.figure(entry.get("total")), published.figure(entry.get("heads"))
        if entry.get("relation") != "household_size" or people is None or homes is None or not homes.value:
            continue
        assert people.value is not None
        size = Fraction(people.value) / Fraction(homes.value)
        sizes[str(entry.get("series") or "")].append((size, people, homes))
        low = entry.get("low") or context.household_low
        high = entry.get("high") or context.household_high
        values: dict[str, Any] = {
            "people": people.amount,
            "households": homes.amount,
            "size": Amount(as_decimal(size), "person/household", 2),
            "low": Amount(low),
            "high": Amount(high),
            "name": people.label,
        }
        figures, lines = (people.id, homes.id), lines_of(people, homes)
        if not low <= as_decimal(size, 6) <= high:
            readings = ("reading1", "reading2")
            findings.append(Finding("R13", "warning", "R13_bounds", values, readings, figures, lines))
        if size.denominator == 1 and homes.value >= 100 and 2 <= size <= 8:
            values["size"] = Amount(Decimal(int(size)), "person/household", 3)
            findings.append(
                Finding("R14", "warning", "R14", values, ("reading1", "reading2"), figures, lines)
            )
    return findings + [f for series in sorted(sizes) for f in _drift(sizes[series], context, series)]


FEWEST_HOMES = 100
"""Means of fewer households differ by chance: with sizes that spread by 1.5, ten of them by half a person."""


def _drift(sizes: list[tuple[Fraction, Figure, Figure]], context: Context, series: str) -> list[Finding]:
    """Means of household size that differ between parts of one report; of a series, only between its dates."""
    if len(sizes) < 2:
        return []
    ordered = sorted(sizes, key=lambda item: (item[0], item[1].id))
    low, high = ordered[0], ordered[-1]
    dated = low[1].as_of is not None and high[1].as_of is not None and low[1].as_of != high[1].as_of
    if as_decimal(high[0] / low[0], 6) - 1 < context.household_drift or (series and not dated):
        return []
    if min(low[2].value or 0, high[2].value or 0) < FEWEST_HOMES:
        return []
    values = {
        "a": Amount(as_decimal(low[0]), "person/household", 2),
        "b": Amount(as_decimal(high[0]), "person/household", 2),
        "a_name": low[1].label,
        "b_name": high[1].label,
    }
    figures = (low[1].id, low[2].id, high[1].id, high[2].id)
    lines = lines_of(low[1], low[2], high[1], high[2])
    return [Finding("R13", "info", "R13", values, ("reading1", "reading2"), figures, lines)]


def check_places(published: Published, context: Context) -> list[Finding]:
    """``R31`` a named place that the table of regions does not have under the parent printed."""
    if context.regions is None or context.regions.is_empty():
        return []
    gazetteer = Gazetteer(context.regions.to_dicts())
    findings = []
    for entry in published.of("place"):
        name, under = entry.get("name"), entry.get("under") or []
        if name and under:
            findings += _place(entry, str(name), under, gazetteer)
    return findings


def places_elsewhere(published: Published, context: Context) -> list[Problem]:
    """A note where the report names places and the table of regions knows none of them."""
    named = [n for e in published.of("place") for n in (e.get("name"), *(e.get("under") or [])) if n]
    if context.regions is None or not named:
        return []
    known = Gazetteer(context.regions.to_dicts()).by_name
    if any(plain_name(str(n)) in known for n in named):
        return []
    return [Problem("supervision.elsewhere", "info", file=published.title.en or None)]


class Gazetteer:
    """Regions by plain name, with the chain of names above each."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self.rows = {str(r["region_code"]): r for r in rows}
        self.by_name: dict[str, set[str]] = {}
        for code, row in self.rows.items():
            for key in ("name_zh", "name_en"):
                if row.get(key):
                    self.by_name.setdefault(plain_name(str(row[key])), set()).add(code)

    def chain(self, code: str) -> list[str]:
        """Codes from a region upwards, itself first."""
        found: list[str] = []
        while code in self.rows and code not in found:
            found.append(code)
            code = str(self.rows[code].get("parent_code") or "")
        return found

    def names(self, code: str) -> set[str]:
        row = self.rows[code]
        return {plain_name(str(row[k])) for k in ("name_zh", "name_en") if row.get(k)}

    def label(self, code: str) -> Label:
        row = self.rows[code]
        zh = str(row.get("name_zh") or row.get("name_en"))
        return Label(zh, str(row.get("name_en") or zh))


def _place(entry: Entry, name: str, under: list[str], gazetteer: Gazetteer) -> list[Finding]:
    """Candidates of that name, narrowed by the parents that do occur above them, against all parents."""
    level = entry.get("level")
    codes = [
        code
        for code in sorted(gazetteer.by_name.get(plain_name(name), ()))
        if level is None or gazetteer.rows[code].get("level") == level
    ]
    wanted = [plain_name(parent) for parent in under]
    above = {
        code: set().union(*(gazetteer.names(c) for c in gazetteer.chain(code)[1:]), set()) for code in codes
    }
    if any(all(parent in above[code] for parent in wanted) for code in codes):
        return []
    given = entry.label if entry.get("label_en") else Label(name, name)
    values: dict[str, Any] = {"name": given, "under": tuple(under)}
    lines = lines_of(entry)
    best = max((sum(p in above[c] for p in wanted) for c in codes), default=0)
    if not codes or (best == 0 and len(wanted) > 1):
        if not any(plain_name(p) in gazetteer.by_name for p in under):
            return []
        return [Finding("R31", "info", "R31_none", values, ("reading1",), (), lines)]
    near = [c for c in codes if sum(p in above[c] for p in wanted) == best][:3]
    values["found"] = tuple(
        Label(
            "".join(gazetteer.label(c).zh for c in reversed(gazetteer.chain(code)[:3])),
            ", ".join(gazetteer.label(c).en for c in gazetteer.chain(code)[:3]),
        )
        for code in near
    )
    return [Finding("R31", "warning", "R31", values, ("reading1", "reading2"), (), lines)]
