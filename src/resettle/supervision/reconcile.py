"""All checks on one file of published figures, and the smallest repairs of what they find."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

from resettle.problems import SEVERITIES
from resettle.supervision import amounts, counts, shares, statements
from resettle.supervision.amounts import decimals
from resettle.supervision.context import Context
from resettle.supervision.edits import Cells, Link
from resettle.supervision.finding import Amount, Finding, Repair
from resettle.supervision.localise import component
from resettle.supervision.repair import slips_of, smallest_repairs
from resettle.supervision.schema import Published, slack_of_norm, slack_of_sum, unstated

Parameters = Context

CHECKS: tuple[Callable[[Published, Context], list[Finding]], ...] = (
    amounts.check_norms,
    amounts.check_rates,
    amounts.check_need,
    amounts.check_floors,
    amounts.check_scope,
    counts.check_sums,
    counts.check_granularity,
    counts.check_names,
    counts.check_households,
    counts.check_places,
    shares.check_parents,
    shares.check_told_shares,
    shares.check_take_up,
    shares.check_absent,
    statements.check_dates,
    statements.check_kinds,
    statements.check_ranges,
    statements.check_entitlements,
    statements.check_facts,
    statements.check_trends,
    statements.check_references,
    statements.check_statements,
    statements.check_land,
)

ORDINARY = 4
"""Weight of a figure printed once and written out. What is printed several times is as many times as hard to
doubt; what is rounded, a little less hard."""
REPAIRED = ("R01", "R04", "R08", "R10", "R26")
"""Findings that come from an equation between printed figures, so that a smallest repair can be sought."""


def with_parameters(context: Context, published: Published) -> Context:
    """Fill what was not passed in from the file's own ``[parameters]``; what was passed in wins."""
    own = published.parameters
    area = context.area_per_person
    if area is None and own.get("area_per_person_m2") is not None:
        area = _decimal(own["area_per_person_m2"])
    floors: dict[str, Decimal] = {}
    raw = own.get("floors", {})
    for name, value in raw.items() if isinstance(raw, Mapping) else ():
        amount = _decimal(value)
        if amount is not None:
            floors[str(name)] = amount
    return dataclasses.replace(context, area_per_person=area, floors=floors | dict(context.floors))


def _decimal(value: Any) -> Decimal | None:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None


def links_of(published: Published) -> list[Link]:
    """The equations that the entries state, for figures that have values."""
    links = []
    for entry in published.of("sum"):
        names = [entry.get("total"), *(entry.get("parts") or [])]
        cells = [f for f in map(published.figure, names) if f is not None]
        if 1 < len(names) == len(cells) and entry.get("relation") != "within":
            links.append(Link("sum", tuple(map(str, names)), slack_of_sum([f.half for f in cells])))
    for entry in published.of("per_head"):
        names = [entry.get("total"), entry.get("heads"), *(entry.get("parts") or [])]
        cells = [f for f in map(published.figure, names) if f is not None]
        once = entry.get("times") in (None, 1)
        if entry.get("relation") in (None, "norm") and 2 < len(names) == len(cells) and once:
            slack = slack_of_norm(cells[0], cells[1], cells[2:])
            links.append(Link("norm", tuple(map(str, names)), slack))
    for entry in published.of("rate"):
        names = [entry.get("numerator"), entry.get("denominator")]
        value = entry.get("value")
        if value is not None and entry.get("id") and all(published.figure(n) for n in names):
            places = decimals(Decimal(str(entry.get("printed")))) if entry.get("printed") else decimals(value)
            ids = (str(entry.get("id")), *map(str, names))
            change = entry.get("measure") == "change"
            links.append(Link("change" if change else "rate", ids, Fraction(1, 2 * 10**places)))
    return links


def _cells(published: Published) -> Cells:
    values = {f.id: Fraction(f.value) for f in published.figures.values() if f.value is not None}
    whole = {f.id for f in published.figures.values() if f.value is not None and f.value % 1 == 0}
    for entry in published.of("rate"):
        if entry.get("id") and entry.get("value") is not None:
            values[str(entry.get("id"))] = Fraction(entry.get("value"))
    printed = Counter((f.unit, f.value) for f in published.figures.values() if f.value is not None)
    weights = {
        f.id: ORDINARY * f.weight * printed[f.unit, f.value] - (f.half > 0)
        for f in published.figures.values()
        if f.value is not None
    }
    weights |= {name: ORDINARY for name in values if name not in weights}
    return Cells(values, weights, frozenset(whole))


def neighbourhoods(links: Sequence[Link], cells: Cells) -> list[tuple[list[Link], list[Link]]]:
    """Broken links that share figures, to be mended together, each group with the sound links of its component."""
    broken = [link for link in links if not link.holds(cells.values)]
    groups: list[list[Link]] = []
    for link in broken:
        touching = [g for g in groups if any(set(link.cells) & set(other.cells) for other in g)]
        merged = [link, *(other for g in touching for other in g)]
        groups = [g for g in groups if g not in touching] + [merged]
    sound = [link for link in links if link not in broken]
    return [(group, component(group, sound)[len(group) :]) for group in groups]


def propose(published: Published) -> list[tuple[frozenset[str], tuple[Repair, ...]]]:
    """Smallest repairs of every neighbourhood of broken links, with the cells concerned."""
    cells, links = _cells(published), links_of(published)
    found = []
    for group, sound in neighbourhoods(links, cells):
        parts = {c for k in group if k.kind == "norm" for c in k.cells[2:]}
        repairs = smallest_repairs(cells, group, parts, sound)
        found.append((frozenset(c for k in group for c in k.cells), repairs))
    return found


def reconcile(published: Published, context: Context | None = None) -> list[Finding]:
    """Hold the published figures against each other.

    Args:
        published: figures and entries, as :func:`resettle.supervision.schema.parse_published` returns them.
        context: parameters passed in (area per person, floors, regions); what is absent is taken from the
            file's own ``[parameters]``, and a check that lacks its parameter stays silent.

    Returns:
        Findings, gravest first, then by code and line. Nothing in ``published`` is changed.
    """
    told = with_parameters(context or Context(), published)
    findings = [finding for check in CHECKS for finding in check(published, told)]
    findings += unstated(published)
    proposals = propose(published)
    mended = [_mend(finding, proposals) for finding in findings]
    for finding in mended:
        if finding.code == "R01" and slips_of(finding.repairs):
            mended.append(_hint(finding, published))
    rank = {name: place for place, name in enumerate(SEVERITIES)}
    return sorted(mended, key=lambda f: (rank[f.severity], f.code, f.lines, f.figures))


def _mend(finding: Finding, proposals: list[tuple[frozenset[str], tuple[Repair, ...]]]) -> Finding:
    if finding.code not in REPAIRED:
        return finding
    own_cells, sought = set(finding.figures), False
    for cells, repairs in proposals:
        sought = sought or (bool(own_cells) and own_cells <= cells)
        own = tuple(r for r in repairs if {c for c, _, _ in r.cells} & own_cells)
        if cells & own_cells and own:
            return dataclasses.replace(finding, repairs=own)
    return dataclasses.replace(finding, is_unmended=sought)


def _hint(finding: Finding, published: Published) -> Finding:
    """``R03``: the digit repair of a sum of sources, as a hint of its own."""
    slips = slips_of(finding.repairs)
    repair = slips[0]
    values: dict[str, Any] = dict(finding.values) | {
        "edits": Amount(repair.cost[0]),
        "count": Amount(len(slips)),
        "names": tuple(published.names[c] for c, _, _ in repair.cells),
        "before": tuple(Amount(b) for _, b, _ in repair.cells),
        "after": tuple(Amount(a) for _, _, a in repair.cells),
    }
    return Finding("R03", "hint", "R03", values, ("reading1",), finding.figures, finding.lines, slips)
