"""Shares held against shares: a part of one parent in two periods, and take-up by class of household."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from fractions import Fraction
from typing import Any

from resettle.supervision.amounts import as_decimal
from resettle.supervision.context import Context, lines_of
from resettle.supervision.finding import Amount, Finding
from resettle.supervision.schema import Entry, Figure, Published

PLAUSIBLE = Fraction(3, 2)
"""A part whose share of one parent in one period is more than so many times that in another is asked about."""
LOW_TAKE_UP = Fraction(1, 2)
"""A class that takes up less than this part of what all classes together do is asked about."""
FEWEST = 10
"""Of fewer registered households nobody can say that a class stays away."""

Pair = tuple[Entry, Figure, Figure]


def _groups(published: Published, measure: str) -> dict[str, list[Pair]]:
    groups: dict[str, list[Pair]] = defaultdict(list)
    for entry in published.of("rate"):
        over, below = published.figure(entry.get("numerator")), published.figure(entry.get("denominator"))
        known = over is not None and below is not None and over.value is not None and below.value
        if entry.get("measure") == measure and entry.get("parent") and known:
            assert over is not None and below is not None
            groups[str(entry.get("parent"))].append((entry, over, below))
    return groups


def _share(pair: Pair) -> Fraction:
    return Fraction(pair[1].value or 0) / Fraction(pair[2].value or 1)


def _values(pair: Pair, share: Fraction) -> dict[str, Any]:
    entry, over, below = pair
    shown = Amount(as_decimal(100 * share), "percent", 1)
    return {"name": entry.label, "over": over.amount, "below": below.amount, "share": shown}


def check_parents(published: Published, context: Context) -> list[Finding]:
    """``R27``: a part's share of its parent, plausible across periods.

    Only entries ``[[rate]]`` of measure ``share`` that name one ``parent`` are held against each other.
    """
    findings = []
    for pairs in _groups(published, "share").values():
        low, high = min(pairs, key=_share), max(pairs, key=_share)
        if len(pairs) < 2 or _share(low) <= 0 or _share(high) <= PLAUSIBLE * _share(low):
            continue
        values = _values(high, _share(high)) | {f"other_{k}": v for k, v in _values(low, _share(low)).items()}
        figures = tuple(dict.fromkeys((high[1].id, high[2].id, low[1].id, low[2].id)))
        lines = lines_of(high[0], high[1], high[2], low[1], low[2])
        findings.append(Finding("R27", "warning", "R27", values, ("reading1", "reading2"), figures, lines))
    return findings


def check_told_shares(published: Published, context: Context) -> list[Finding]:
    """``R27`` for shares that are printed as percentages alone, each with its period."""
    groups: dict[str, list[Entry]] = defaultdict(list)
    for entry in published.of("rate"):
        bare = entry.get("numerator") is None and entry.get("denominator") is None
        if entry.get("measure") == "share" and entry.get("parent") and entry.get("value") and bare:
            groups[str(entry.get("parent"))].append(entry)
    findings = []
    for entries in groups.values():
        low, high = (pick(entries, key=lambda e: Fraction(e.get("value"))) for pick in (min, max))
        if Fraction(high.get("value")) <= PLAUSIBLE * Fraction(low.get("value")):
            continue
        values = {
            "name": high.label,
            "share": Amount(high.get("value"), "percent"),
            "other_name": low.label,
            "other_share": Amount(low.get("value"), "percent"),
            "period": str(high.get("as_of") or ""),
            "other_period": str(low.get("as_of") or ""),
        }
        figures = tuple(str(e.get("id")) for e in (high, low) if e.get("id"))
        readings = ("reading1", "reading2")
        findings.append(Finding("R27", "info", "R27_told", values, readings, figures, lines_of(high, low)))
    return findings


def check_absent(published: Published, context: Context) -> list[Finding]:
    """``R28`` where a report says that no household of some size applied, without a register to hold it against."""
    findings = []
    for entry in published.of("rate"):
        alone = entry.get("numerator") is None and entry.get("denominator") is None
        if entry.get("measure") == "take_up" and alone and entry.get("value") == 0:
            values = {"name": entry.label}
            findings.append(
                Finding("R28", "info", "R28_none", values, ("reading1", "reading2"), (), lines_of(entry))
            )
    return findings


def check_take_up(published: Published, context: Context) -> list[Finding]:
    """``R28``: a class of households that is registered and hardly applies, beside all classes together."""
    findings = []
    for pairs in _groups(published, "take_up").values():
        registered = sum((Fraction(p[2].value or 0) for p in pairs), Fraction(0))
        whole = sum((Fraction(p[1].value or 0) for p in pairs), Fraction(0)) / registered
        for pair in pairs:
            if (
                len(pairs) < 2
                or (pair[2].value or Decimal(0)) < FEWEST
                or _share(pair) >= LOW_TAKE_UP * whole
            ):
                continue
            values = _values(pair, _share(pair)) | {"whole": Amount(as_decimal(100 * whole), "percent", 1)}
            lines = lines_of(pair[0], pair[1], pair[2])
            figures = (pair[1].id, pair[2].id)
            findings.append(
                Finding("R28", "warning", "R28", values, ("reading1", "reading2"), figures, lines)
            )
    return findings
