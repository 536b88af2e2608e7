"""The money of a letter: what the office says a month costs, and what a pack pays for what is lost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from resettle.outreach import MonthlyCost, Part
from resettle.outreach.money import COST_KINDS
from resettle.policy import Pack
from resettle.problems import Problem
from resettle.tables.pages import Text
from resettle.units import money_minor
from resettle.words import tell

CASH, CASH_DUE, FIRST = "cash_total_minor", "cash_due_minor", "may_be_moved"
"""The rules a pack that compensates has: the sum, what is still due, whether payment comes before moving."""
MOST_PARTS = 4
MONTHS = ("month_now", "month_there")
"""Tables of ``[options.letter]``: whole currency units a month, or ``<kind>_per_m2`` of the home built."""


def month_of(stated: Any, area_dm2: int | None) -> MonthlyCost:
    """A month as the office states it; what it does not state, or states badly, stays unknown.

    >>> month_of({"water": 14, "upkeep_per_m2": 0.2}, 7500)
    MonthlyCost(water=1400, power=None, heating=None, upkeep=1500)
    >>> month_of({"upkeep_per_m2": 0.2}, None).upkeep is None
    True
    """
    if not isinstance(stated, Mapping):
        return MonthlyCost()
    costs: dict[str, int] = {}
    for kind in COST_KINDS:
        flat, each = stated.get(kind), stated.get(f"{kind}_per_m2")
        if _is_amount(flat):
            costs[kind] = money_minor(str(flat))
        elif _is_amount(each) and area_dm2 is not None:
            costs[kind] = (money_minor(str(each)) * area_dm2 + 50) // 100
    return MonthlyCost(**costs)


def _is_amount(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0


def month_problems(said: Mapping[str, Any]) -> list[Problem]:
    """A warning for every entry of the months that no letter can use."""
    problems = []
    for table in MONTHS:
        stated = said.get(table, {})
        if not isinstance(stated, Mapping):
            problems.append(_wrong(table, str(stated)))
            continue
        for name, value in stated.items():
            if name.removesuffix("_per_m2") not in COST_KINDS or not _is_amount(value):
                problems.append(_wrong(f"{table}.{name}", str(value)))
    return problems


def _wrong(name: str, value: str) -> Problem:
    kinds = ", ".join([*COST_KINDS, *(f"{kind}_per_m2" for kind in COST_KINDS)])
    return Problem("outreach.month_wrong", "warning", column=name, value=value, nearest=kinds)


def compensation_of(pack: Pack, entitled: Mapping[str, Any]) -> dict[str, Any]:
    """The facts about compensation of a household; nothing but ``False`` where the pack pays none.

    The parts are what the pack's own sum adds up, largest first; beyond :data:`MOST_PARTS` they are one.
    """
    rule = pack.rule(CASH)
    if rule is None:
        return {"is_compensated": False}
    parts = []
    for table, name in sorted(rule.needs):
        part, value = pack.rule(name), entitled.get(name)
        if table == rule.table and part is not None and value:
            parts.append(Part(part.zh or name, part.en or name, value))
    parts.sort(key=lambda p: (-p.minor, p.en))
    if len(parts) > MOST_PARTS:
        rest = sum(p.minor for p in parts[MOST_PARTS - 1 :])
        other = Part(tell("outreach.cash_rest", "zh"), tell("outreach.cash_rest", "en"), rest)
        parts = [*parts[: MOST_PARTS - 1], other]
    chosen = entitled.get("land_choice") if entitled.get("is_land_offered") else None
    return {
        "is_compensated": True,
        "cash_minor": entitled.get(CASH),
        "cash_due_minor": None if entitled.get(f"{CASH_DUE}__provisional") else entitled.get(CASH_DUE),
        "cash_parts": tuple(parts),
        "paid_before_move": pack.rule(FIRST) is not None,
        "land_or_cash": chosen or "",
    }


def compensation_titles(pack: Pack) -> list[tuple[Text, str]]:
    """What a pack pays for losses: its sum, then what that sum adds up; nothing where the pack pays none."""
    rule = pack.rule(CASH)
    if rule is None:
        return []
    rules = [rule, *(pack.rule(name) for table, name in sorted(rule.needs) if table == rule.table)]
    return [(Text(r.zh or r.name, r.en or r.name), r.name) for r in rules if r is not None]
