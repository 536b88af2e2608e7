"""Checks of money: sources against a budget, rates at printed precision, need against plan, floors."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from resettle.supervision.context import Context, lines_of
from resettle.supervision.finding import Amount, Finding
from resettle.supervision.schema import Entry, Figure, Published, slack_of_norm


def decimals(value: Decimal) -> int:
    """How many decimals a value is printed with."""
    return max(0, -int(value.as_tuple().exponent))


def percent(over: Decimal, below: Decimal) -> Fraction | None:
    """100 x over / below, exact; ``None`` for a denominator of zero."""
    return None if below == 0 else 100 * Fraction(over) / Fraction(below)


def as_decimal(value: Fraction, places: int = 2) -> Decimal:
    """A fraction rounded half up to decimals, for a sentence."""
    scaled = value * 10**places
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return Decimal(whole) / Decimal(10) ** places


def exact(value: Fraction) -> Decimal:
    """A fraction of halves and tenths as a decimal.

    >>> exact(Fraction(1, 20))
    Decimal('0.05')
    """
    return Decimal(value.numerator) / Decimal(value.denominator)


def check_norms(published: Published, context: Context) -> list[Finding]:
    """``R01`` sources per head x people = budget; ``R02`` a budget that is a round norm per head."""
    findings = []
    for entry in published.of("per_head"):
        total, heads = published.figure(entry.get("total")), published.figure(entry.get("heads"))
        if entry.get("relation") not in (None, "norm") or total is None or heads is None or not heads.value:
            continue
        parts = [p for p in map(published.figure, entry.get("parts") or []) if p is not None]
        whole = len(parts) == len(entry.get("parts") or [])
        assert total.value is not None
        norm = Fraction(total.value) / Fraction(heads.value)
        values: dict[str, Any] = {
            "name": entry.label if entry.get("label_en") else total.label,
            "total": total.amount,
            "heads": heads.amount,
            "total_name": total.label,
            "heads_name": heads.label,
            "norm": Amount(as_decimal(norm), total.unit or ""),
        }
        if parts and whole:
            findings += _sources(total, heads, parts, values, entry.get("times") or Decimal(1))
        printed = whole and sum((p.value or 0 for p in parts), Decimal(0)) == norm
        if (
            norm.denominator == 1
            and norm % 100 == 0
            and heads.value >= 50
            and not printed
            and not entry.get("times")
        ):
            figures = (total.id, heads.id)
            findings.append(
                Finding(
                    "R02", "info", "R02", values, ("reading1", "reading2"), figures, lines_of(total, heads)
                )
            )
    return findings


def _sources(
    total: Figure, heads: Figure, parts: Sequence[Figure], values: dict[str, Any], times: Decimal
) -> list[Finding]:
    assert total.value is not None and heads.value is not None
    added = sum((p.value for p in parts if p.value is not None), Decimal(0))
    product = added * heads.value * times
    slack = slack_of_norm(total, heads, parts, times)
    if abs(product - total.value) <= slack:
        return []
    share = percent(product, total.value) or Fraction(0)
    more = {
        "sum": Amount(added, f"{total.unit}/{heads.unit}" if heads.unit else total.unit or ""),
        "product": Amount(product, total.unit or ""),
        "difference": Amount(abs(product - total.value), total.unit or ""),
        "share": Amount(as_decimal(share, 1), "percent"),
    }
    figures = (*(p.id for p in parts), heads.id, total.id)
    lines = lines_of(*parts, heads, total)
    readings = ("reading1", "reading2", "reading3")
    allowed = Amount(exact(slack), total.unit or "")
    return [Finding("R01", "error", "R01", values | more, readings, figures, lines, slack=allowed)]


def check_rates(published: Published, context: Context) -> list[Finding]:
    """``R04``/``R08`` rates recomputed at printed precision; ``R05`` the denominator; ``R29`` conversion."""
    findings = []
    for entry in published.of("rate"):
        over = published.figure(entry.get("numerator"))
        below = published.figure(entry.get("denominator"))
        value: Decimal | None = entry.get("value")
        if value is None or (entry.get("measure") in ("share", "take_up") and over is None):
            findings += _conversion(entry, over, below)
            continue
        named = below is not None and entry.get("denominator_named") is not False
        choices = [below] if below is not None else []
        choices += [f for f in map(published.figure, entry.get("candidates") or []) if f and f not in choices]
        if over is not None and choices:
            findings += _recomputed(entry, value, over, choices)
        if not named:
            findings.append(_unnamed(entry, value, over, choices))
    return findings


def _conversion(entry: Entry, over: Figure | None, below: Figure | None) -> list[Finding]:
    if entry.get("measure") != "conversion" or over is None or below is None:
        return []
    assert over.value is not None and below.value is not None
    rate = percent(over.value, below.value)
    if rate is None:
        return []
    values = {
        "name": entry.label,
        "over": over.amount,
        "below": below.amount,
        "rate": Amount(as_decimal(rate), "percent", 2),
    }
    figures = (over.id, below.id)
    return [Finding("R29", "info", "R29", values, ("reading1",), figures, lines_of(over, below))]


def _made(over: Decimal, below: Decimal, change: bool) -> Fraction | None:
    return percent(abs(over - below) if change else over, below)


def _recomputed(entry: Entry, value: Decimal, over: Figure, choices: Sequence[Figure]) -> list[Finding]:
    """The printed rate against the nearest of the possible denominators."""
    assert over.value is not None
    change = entry.get("measure") == "change"
    rates = [(_made(over.value, f.value or Decimal(0), change), f) for f in choices]
    known = [(rate, f) for rate, f in rates if rate is not None]
    if not known:
        return []
    rate, below = min(known, key=lambda pair: (abs(pair[0] - Fraction(value)), pair[1].id))
    places = decimals(Decimal(str(entry.get("printed")))) if entry.get("printed") else decimals(value)
    slack = Fraction(1, 2 * 10**places) + Fraction(entry.get("tolerance") or 0)
    if abs(rate - Fraction(value)) <= slack:
        return []
    assert below.value is not None
    fitting = Fraction(over.value) * 100 / Fraction(value) if value else Fraction(0)
    needed = Fraction(value) * Fraction(below.value) / 100
    values = {
        "name": entry.label,
        "rate": Amount(value, "percent"),
        "recomputed": Amount(as_decimal(rate, max(2, places + 1)), "percent", max(2, places + 1)),
        "over": over.amount,
        "below": below.amount,
        "over_name": over.label,
        "below_name": below.label,
        "fitting": Amount(as_decimal(fitting, 0), below.unit or ""),
        "needed": Amount(as_decimal(needed, 0), over.unit or ""),
    }
    figures = (str(entry.get("id") or ""), over.id, below.id)
    lines = lines_of(entry, over, below)
    allowed = Amount(exact(slack), "percentage point")
    two = ("reading1", "reading2")
    if change:
        return [Finding("R04", "warning", "R04_change", values, two, figures, lines, slack=allowed)]
    if entry.get("measure") == "completion":
        return [Finding("R08", "error", "R08", values, (*two, "reading3"), figures, lines, slack=allowed)]
    return [Finding("R04", "warning", "R04", values, two, figures, lines, slack=allowed)]


def _unnamed(entry: Entry, value: Decimal, over: Figure | None, choices: Sequence[Figure]) -> Finding:
    values: dict[str, Any] = {"name": entry.label, "rate": Amount(value, "percent"), "choices": ()}
    figures = [str(entry.get("id") or "")]
    if over is not None:
        figures.append(over.id)
        shown = []
        for below in choices:
            rate = percent(over.value or Decimal(0), below.value or Decimal(0))
            if rate is not None:
                shown += [below.label, Amount(as_decimal(rate), "percent", 2)]
                figures.append(below.id)
        values["choices"] = tuple(shown)
    variant = "R05" if values["choices"] else "R05_none"
    return Finding("R05", "warning", variant, values, ("reading1",), tuple(figures), lines_of(entry))


def check_need(published: Published, context: Context) -> list[Finding]:
    """``R06`` the need of the works against the plan, with the gaps to what is in place."""
    findings = []
    for entry in published.of("order"):
        need, plan = published.figure(entry.get("smaller")), published.figure(entry.get("larger"))
        if entry.get("relation") != "need" or need is None or plan is None:
            continue
        assert need.value is not None and plan.value is not None
        share = percent(need.value, plan.value) or Fraction(0)
        values: dict[str, Any] = {
            "need": need.amount,
            "plan": plan.amount,
            "need_name": need.label,
            "plan_name": plan.label,
            "share": Amount(as_decimal(share), "percent", 2),
        }
        figures, cells = [need.id, plan.id], [need, plan]
        variant = "R06_plain"
        place = published.figure(entry.get("in_place"))
        if place is not None and place.value is not None:
            variant = "R06"
            values |= {
                "in_place": place.amount,
                "gap_need": Amount(need.value - place.value, need.unit or ""),
                "gap_plan": Amount(plan.value - place.value, need.unit or ""),
            }
            figures.append(place.id)
            cells.append(place)
        over = need.value > plan.value
        findings.append(
            Finding(
                "R06",
                "warning" if over else "info",
                variant,
                values,
                ("reading1", "reading2"),
                tuple(figures),
                lines_of(*cells),
            )
        )
    return findings


def check_floors(published: Published, context: Context) -> list[Finding]:
    """``R16`` money against a statutory amount per head that is passed in as data."""
    findings = []
    for entry in published.of("per_head"):
        total, heads = published.figure(entry.get("total")), published.figure(entry.get("heads"))
        if entry.get("relation") != "floor" or total is None or heads is None:
            continue
        floor = context.floor(str(entry.get("floor")))
        assert total.value is not None and heads.value is not None
        if floor is None or total.value >= floor * heads.value:
            continue
        needed = floor * heads.value
        people, left = divmod(Fraction(total.value), Fraction(floor))
        values = {
            "name": total.label,
            "total": total.amount,
            "heads": heads.amount,
            "floor": Amount(floor, f"{total.unit}/person"),
            "needed": Amount(needed, total.unit or ""),
            "share": Amount(as_decimal(percent(total.value, needed) or Fraction(0), 1), "percent"),
            "covered": Amount(Decimal(people), heads.unit or ""),
            "rest": Amount(heads.value - Decimal(people), heads.unit or ""),
        }
        readings = ("exact", "reading1", "reading2") if left == 0 else ("reading1", "reading2")
        figures = (total.id, heads.id)
        findings.append(
            Finding("R16", "warning", "R16", values, readings, figures, lines_of(total, heads, entry))
        )
    return findings


def check_scope(published: Published, context: Context) -> list[Finding]:
    """``R17`` figures set side by side as one series though their scope differs."""
    groups: dict[str, list[Figure]] = defaultdict(list)
    for figure in published.figures.values():
        if figure.fields.get("series") and figure.fields.get("scope"):
            groups[str(figure.fields["series"])].append(figure)
    findings = []
    for series in sorted(groups):
        members = sorted(groups[series], key=lambda f: (f.as_of or "", f.id))
        first = members[0]
        other = next((m for m in members if m.fields["scope"] != first.fields["scope"]), None)
        if other is None:
            continue
        values = {
            "a_name": first.label,
            "b_name": other.label,
            "a_value": first.amount,
            "b_value": other.amount,
            "a_scope": context.word("scope", str(first.fields["scope"])),
            "b_scope": context.word("scope", str(other.fields["scope"])),
        }
        readings = ("reading1", "reading2")
        figures = (first.id, other.id)
        findings.append(Finding("R17", "warning", "R17", values, readings, figures, lines_of(first, other)))
    return findings
