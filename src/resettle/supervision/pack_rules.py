"""What a pack says of a report: the area its rules give a family, its floors, as of the report's date."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from resettle.policy.kleene import Row, value
from resettle.policy.names import Parameter
from resettle.policy.pack import Pack
from resettle.policy.program import Program, bind
from resettle.policy.tree import Name
from resettle.supervision.context import Context, Floor
from resettle.supervision.lexicon import MONEY
from resettle.supervision.reading import Reading
from resettle.supervision.schema import span_of
from resettle.supervision.wholes import same_sentence

SECTION = "supervision"


def report_day(readings: Sequence[Reading]) -> dt.date | None:
    """The last day a report speaks of as past, by its most frequent year; ``None`` where it names none."""
    years = [r.as_of[:4] for r in readings if r.as_of and r.as_of[:4].isdigit()]
    if not years:
        return None
    year = max(sorted(set(years)), key=years.count)
    spans = [span_of(r.as_of) for r in readings if r.as_of and r.as_of.startswith(year)]
    return max((s[1] for s in spans if s), default=None)


def day_in_force(parameter: Parameter, day: dt.date | None) -> dt.date:
    """The report's day if the parameter holds then, else the last day on which it did."""
    last = parameter.settings[-1]
    fallback = last.until or last.since or dt.date(2000, 1, 1)
    if day is not None and any(s.covers(day, s.scope) for s in parameter.settings):
        return day
    return fallback


def with_pack(context: Context, pack: Pack, readings: Sequence[Reading], regions: Any = None) -> Context:
    """A context with what the pack knows; what was passed in by hand wins."""
    own = pack.settings.get("stages", {}).get(SECTION, {})
    place = pack.settings.get("places", {})
    parameter = pack.parameters.get(place.get("area_parameter", ""))
    day = report_day(readings)
    area_of = None
    if parameter is not None and own.get("area_rule"):
        program, _ = bind(pack, day_in_force(parameter, day), pack.scope)
        area_of = area_by_rule(program, own["area_rule"], own["persons"])
    each = area_of(1) if area_of else None
    keep = context.area_per_person
    return dataclasses.replace(
        context,
        area_per_person=keep if keep is not None else each,
        area_of=None if keep is not None else area_of,
        floor_rules=tuple(
            f for f in (_floor(pack, row, day) for row in own.get("floor", ())) if f is not None
        ),
        regions=context.regions if context.regions is not None else regions,
    )


def area_by_rule(program: Program, rule: str, persons: str) -> Callable[[int], Decimal | None] | None:
    """m2 for a family of n by the pack's own rule: n in the column named, everything asked answered yes."""
    step = program.step("household", rule)
    if step is None:
        return None

    def area(count: int) -> Decimal | None:
        def get(name: Name) -> Any:
            if name.origin == "parameter":
                return program.values.get(name.name)
            return count if name.name == persons else True

        row = Row(
            get=get,
            bounds=lambda _: (None, None),
            children=lambda _: (),
            listed=lambda _: True,
            keyed=lambda name: dict(program.values.get(name) or {}),
            loose=set(),
        )
        found = value(step.tree, row)
        return None if found is None else Decimal(int(found)) / 100

    return area


def _floor(pack: Pack, row: dict[str, Any], day: dt.date | None) -> Floor | None:
    """One statutory amount per head from the pack's parameters, in the major unit."""
    parameter = pack.parameters.get(row["parameter"])
    if parameter is None:
        return None
    on = day_in_force(parameter, day)
    setting = next((s for s in parameter.settings if s.covers(on, pack.scope)), None)
    found = None if setting is None else setting.value
    if isinstance(found, dict):
        found = found.get(row.get("key"))
    if found is None:
        return None
    return Floor(
        row["name"], Decimal(int(found)) / 100, row.get("per", "person"), tuple(row.get("words", ()))
    )


def floor_rows(readings: Sequence[Reading], floors: Sequence[Floor]) -> list[dict[str, Any]]:
    """Money named like a floor, beside the people it is for: entries to hold against the floor."""
    rows = []
    for money in readings:
        if money.unit not in MONEY or not money.value or money.bound is not None or money.cell is not None:
            continue
        name = f"{money.before[-70:]} {money.noun}"
        for floor in floors:
            heads = [r for r in readings if r.unit == floor.per and r.value and same_sentence(r, money)]
            if heads and any(re.search(word, name, re.IGNORECASE) for word in floor.words):
                rows.append(
                    {
                        "relation": "floor",
                        "total": money.reading_id,
                        "heads": max(heads, key=lambda r: r.value or 0).reading_id,
                        "floor": floor.name,
                        "line": money.line,
                    }
                )
                break
    return rows
