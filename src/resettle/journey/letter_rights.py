"""The amounts and limits the handbook lists: what the rules in force read, with value and clause."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from resettle.journey.letters import Desk, cited
from resettle.outreach.money import plain, sum_of
from resettle.policy.reform import parameters_in
from resettle.units import square_metres
from resettle.words import sentences, tell

UNITS = ("minor", "dm2", "month", "day")
"""What a household is due or owes is money, area or time; other rules give no amount to list."""


def rights_of(desk: Desk) -> list[tuple[str, str, str]]:
    """Every amount and limit the rules of money and area read: what of, how much, by which clause.

    Nothing is listed by hand: the parameters are those the rules in force name, with their values.
    """
    found: dict[str, tuple[str, str, str]] = {}
    for step in desk.program.steps:
        if step.rule.unit not in UNITS:
            continue
        for name in sorted(parameters_in(step.tree)):
            parameter, setting = desk.pack.parameters.get(name), desk.program.settings.get(name)
            if parameter is None or setting is None or parameter.kind == "date":
                continue
            value = valued(desk, name, setting.value, parameter.unit)
            clause = cited(desk.pack, setting.source, desk.language)
            found.setdefault(name, (parameter.title(desk.language), value, clause))
    return list(found.values())


def valued(desk: Desk, name: str, value: Any, unit: str) -> str:
    """A parameter's value as the handbook prints it, with its unit; a table of values one by one."""
    if value is None:
        return tell("common.unknown", desk.language)
    if isinstance(value, Mapping):
        each = [
            f"{desk.pack.label(name, str(k), desk.language)} {valued(desk, name, v, unit)}"
            for k, v in value.items()
        ]
        return tell("outreach.list_comma", desk.language).join(each)
    kind, _, per = unit.partition(" ")
    words = sentences(desk.language)
    if kind == "minor":
        said = sum_of(value, desk.pack.currency_name(desk.language), desk.language)
    elif kind == "dm2":
        said = tell("outreach.square_metres", desk.language, value=plain(square_metres(value)))
    else:
        said = f"{value:,}" + words.get(f"outreach.unit.{kind}", f" {kind}" if kind else "")
    if not per:
        return said
    return said + words.get("outreach.unit." + per.replace(" ", "_"), f" {per}")
