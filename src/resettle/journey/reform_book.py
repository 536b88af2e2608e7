"""A pack's own book of reforms: what is measured of each, what the norm does not hold, and which are worth trying."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from resettle.journey.reforms import Reform
from resettle.policy import Pack
from resettle.problems import Problem
from resettle.tables.reforms import UPTAKES

FILE = "reforms.toml"
OUTPUTS = (
    "is_eligible",
    "mover_class",
    "resettled_persons",
    "area_cap_dm2",
    "area_short_dm2",
    "self_raised_minor",
    "house_price_high_minor",
)
WORSE_WHEN_MORE = ("area_short_dm2", "self_raised_minor", "house_price_high_minor")


@dataclass(frozen=True)
class CostLine:
    """Money that follows a result of the rules: who bears it, and the price of a m2 where the result is an area.

    ``times`` is -1 where more of the result is less for the payer; ``uptake`` says whose coming the sum hangs on.
    """

    code: str
    zh: str
    en: str
    payer: str
    output: str
    times: int = 1
    price_per_m2: tuple[str, ...] = ()
    uptake: str | None = None


@dataclass(frozen=True)
class Measure:
    """What is looked at in every reform: results of the rules, which of them are worse when more, and costs."""

    outputs: tuple[str, ...] = OUTPUTS
    worse_when_more: tuple[str, ...] = WORSE_WHEN_MORE
    costs: tuple[CostLine, ...] = ()


@dataclass(frozen=True)
class Stated:
    """One reform the pack states, its name in both languages, the result it is about, and its sources."""

    reform: Reform
    zh: str
    en: str
    shows: str
    sources: Mapping[str, str]


def book_of(pack: Pack) -> tuple[Measure, list[Stated], list[Problem]]:
    """The pack's ``reforms.toml``; the usual measure and no reform where it has none.

    A value without a source is refused: a reform nobody can trace would stand in the report like a finding.
    """
    if FILE not in pack.files():
        return Measure(), [], []
    try:
        document = tomllib.loads(pack.read_text(FILE))
        measure = _measure(document)
        stated = [_stated(entry, measure) for entry in document.get("reform", ())]
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        return (
            Measure(),
            [],
            [Problem("whatif.not_toml", "error", file=FILE, values={"reason": str(error)})],
        )
    known = {rule.name for rule in pack.rules if rule.table == "household"}
    problems = [
        Problem("whatif.rule_unknown", "error", file=FILE, value=name)
        for name in sorted({*measure.outputs, *(c.output for c in measure.costs)} - known)
    ]
    problems += [
        Problem("whatif.parameter_unknown", "error", file=FILE, value=name)
        for name in sorted({n for c in measure.costs for n in c.price_per_m2} - set(pack.parameters))
    ]
    problems += [
        Problem(
            "whatif.uptake_unknown",
            "error",
            file=FILE,
            column=c.code,
            value=str(c.uptake),
            nearest=", ".join(UPTAKES),
        )
        for c in measure.costs
        if c.uptake is not None and c.uptake not in UPTAKES
    ]
    problems += [
        Problem("whatif.source_missing", "error", file=FILE, column=name, value=s.reform.name)
        for s in stated
        for name in s.reform.parameters
        if not s.sources.get(name, "").strip()
    ]
    return (measure, stated, []) if not problems else (Measure(), [], problems)


def _measure(document: Mapping[str, Any]) -> Measure:
    said = document.get("measure", {})
    costs = tuple(_cost_line(dict(entry)) for entry in document.get("cost", ()))
    return Measure(
        tuple(said.get("outputs", OUTPUTS)), tuple(said.get("worse_when_more", WORSE_WHEN_MORE)), costs
    )


def _cost_line(entry: dict[str, Any]) -> CostLine:
    prices = tuple(entry.pop("price_per_m2", ()))
    return CostLine(**entry, price_per_m2=prices)


def _stated(entry: Mapping[str, Any], measure: Measure) -> Stated:
    reform = Reform(
        str(entry["id"]),
        entry.get("as_of"),
        dict(entry.get("parameters", {})),
        tuple(entry.get("rules", ())),
        bool(entry.get("confirm", False)),
    )
    shows = str(entry.get("shows", measure.outputs[0]))
    return Stated(reform, str(entry["zh"]), str(entry["en"]), shows, dict(entry.get("sources", {})))
