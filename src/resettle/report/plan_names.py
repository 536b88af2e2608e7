"""What a plan is called and what it was asked to do, with its limits as plain figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from resettle.report.basis import Basis
from resettle.report.sentences import say
from resettle.tables.page_text import YUAN, grouped, money_text, same, unknown_text
from resettle.tables.pages import Text

WAY = ("shorter_way", "still_shorter_way")
Row = Mapping[str, Any]
Limits = Mapping[str, Mapping[str, int]]
"""By plan and figure (``distance_m``, ``jobs``, ``services_m``, ``living_minor``), the limit the plan keeps."""


def limits_of(basis: Basis, code: str) -> Limits:
    """The limits of a county's plans; none where the table is not there."""
    frame = basis.frame("plan_limit", "county_code", "plan", "figure", "limit")
    return gathered([] if frame is None else frame.filter(pl.col("county_code") == code).to_dicts())


def gathered(rows: Sequence[Row]) -> Limits:
    """Rows of the table of limits by plan and figure."""
    found: dict[str, dict[str, int]] = {}
    for row in rows:
        found.setdefault(row["plan"], {})[row["figure"]] = row["limit"]
    return found


def names_of(row: Row) -> list[str]:
    """Everything a plan goes by: its first name and the purposes it serves as well.

    >>> names_of({"plan": "least_cost", "also": "as_weighted, shortest"})
    ['least_cost', 'as_weighted', 'shortest']
    """
    return [row["plan"], *(n for n in (row["also"] or "").split(", ") if n)]


def with_name(rows: Sequence[Row], name: str) -> Row | None:
    """The plan that goes by a name, alone or among others."""
    return next((r for r in rows if name in names_of(r)), None)


def name_text(name: str, limits: Limits) -> Text:
    """The name of a purpose; a limit on the way is its name."""
    way = limits.get(name, {}).get("distance_m")
    if name in WAY:
        return say(
            "report.options.name.unknown_way" if way is None else "report.options.name.way", km=km(way)
        )
    return say(f"report.options.name.{name}")


def plan_text(row: Row, limits: Limits) -> Text:
    """A plan by everything it is best at: "cheapest, also shortest ways"."""
    told = [name_text(n, limits) for n in names_of(row)]
    if len(told) == 1:
        return told[0]
    rest = Text("、".join(t.zh for t in told[1:]), " and ".join(t.en for t in told[1:]))
    return say("report.options.also", plan=told[0], others=rest)


def purpose_text(name: str, limits: Limits, price_minor: int | None, currency: Text = YUAN) -> Text:
    """What a plan of that name was asked to do, in what it is measured, and the limits it keeps."""
    if name == "as_weighted":
        return say("report.options.aim.as_weighted", price=money_text(price_minor, currency))
    if name in WAY:
        return say("report.options.aim.way", km=km(limits.get(name, {}).get("distance_m")))
    if name != "all_round":
        return say(f"report.options.aim.{name}")
    own = limits.get(name, {})
    parts = [
        say(f"report.options.limit.{figure}", value=_value(figure, own[figure], currency))
        for figure in ("distance_m", "jobs", "services_m", "living_minor")
        if figure in own
    ]
    whole = Text("；".join(p.zh for p in parts), "; ".join(p.en for p in parts))
    return say("report.options.aim.all_round", limits=whole)


def _value(figure: str, value: int, currency: Text) -> Text:
    if figure == "living_minor":
        return money_text(value, currency)
    if figure == "jobs":
        return same(grouped(value))
    return km(value, 1 if figure == "distance_m" else 2)


def km(metres: int | None, decimals: int = 1) -> Text:
    """Metres as kilometres, or the word for unknown."""
    return unknown_text() if metres is None else same(grouped(metres / 1000, decimals))
