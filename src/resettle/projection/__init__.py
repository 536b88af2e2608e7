"""Foresees how many members each household will have, and which dwellings are outgrown.

Shown as scenarios unless a backtest on two real rosters has been passed with exactly these rates.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from resettle.problems import Problem
from resettle.projection.contracts import (
    PROJECTION_COUNTY,
    PROJECTION_HOUSEHOLD,
    PROJECTION_RATE,
    PROJECTION_SENSITIVITY,
)
from resettle.projection.project import DEFAULT_DRAWS, project, rate_table, sensitivity
from resettle.projection.rates import Rates, rate_rows, read_rates, varied
from resettle.tables import Inputs, Outputs, Stage

__all__ = ["STAGE", "Proof", "Rates", "project", "rate_rows", "read_rates", "sensitivity", "varied"]

_TABLES = (PROJECTION_HOUSEHOLD, PROJECTION_COUNTY, PROJECTION_SENSITIVITY, PROJECTION_RATE)


FILE = "demography.toml"


def _document(inputs: Inputs) -> Mapping[str, Any] | None:
    """The rates: the programme's own (option ``rates``), those a proved backtest fitted, or the pack's file."""
    own = _options(inputs).get("rates")
    if isinstance(own, Mapping):
        return own
    proof = inputs.settings.get("projection_proof")
    if isinstance(proof, Proof):
        return proof.document
    if inputs.pack is None or FILE not in inputs.pack.files():
        return None
    return tomllib.loads(inputs.pack.read_text(FILE))


def _options(inputs: Inputs) -> Mapping[str, Any]:
    found = (inputs.settings.get("options") or {}).get("projection") or {}
    return found if isinstance(found, Mapping) else {}


@dataclass(frozen=True)
class Proof:
    """That these rates passed: made only where a backtest was judged again on its own two rosters.

    A setting in a file cannot make one. ``digest`` and ``document`` are those of the rates that passed.
    """

    digest: str
    document: Mapping[str, Any]


def shown_as(proof: object, digest: str) -> str:
    """``probability`` only if a backtest was proved to pass with exactly these rates; words prove nothing.

    >>> shown_as(Proof("a1", {}), "a1"), shown_as(Proof("a1", {}), "b2")
    ('probability', 'scenario')
    >>> shown_as({"passed": True, "digest": "a1"}, "a1")
    'scenario'
    """
    return "probability" if isinstance(proof, Proof) and proof.digest == digest else "scenario"


def run(inputs: Inputs) -> Outputs:
    """The stage: settings ``as_of``, ``seed``; options years, draws, sensitivity, rates; a proof, if any."""
    empty = {table.name: table.empty() for table in _TABLES}
    document = _document(inputs)
    if document is None:
        return Outputs(empty, [Problem("projection.rates_absent", "warning")])
    rates, problems = read_rates(document)
    if rates is None:
        return Outputs(empty, problems)
    wanted = _options(inputs)
    as_of: date = inputs.settings["as_of"]
    options: dict[str, Any] = {
        "as_of": as_of,
        "years": int(wanted.get("years", 5)),
        "draws": int(wanted.get("draws", DEFAULT_DRAWS)),
        "seed": int(inputs.settings.get("seed", 0)),
        "entitlement": inputs.tables.get("entitlement"),
    }
    if not 1 <= options["years"] <= 10 or options["draws"] < 1:
        bad = Problem(
            "projection.setting_range",
            "error",
            value=f"years={options['years']}, draws={options['draws']}",
            nearest="years 1..10, draws >= 1",
        )
        return Outputs(empty, [bad])
    household, person = inputs.tables["household"], inputs.tables["person"]
    proof = inputs.settings.get("projection_proof")
    shown = shown_as(proof, rates.digest)
    if isinstance(wanted.get("backtest"), Mapping):
        problems.append(Problem("projection.backtest_typed", "warning", file="programme.toml"))
    tables, found = project(household, person, rates, shown_as=shown, **options)
    problems += found
    tables["projection_rate"] = rate_table(document)
    tables["projection_sensitivity"] = PROJECTION_SENSITIVITY.empty()
    if wanted.get("sensitivity", True):
        tables["projection_sensitivity"], found = sensitivity(household, person, document, **options)
        problems += [p for p in found if p not in problems]
    facts = {
        "rates": rates.digest,
        "shown_as": shown,
        "years": options["years"],
        "draws": options["draws"],
    }
    return Outputs(tables, problems, facts)


STAGE = Stage(
    name="projection",
    requires=("household", "person", "entitlement?"),
    provides=_TABLES,
    run=run,
    zh="推演家庭人口",
    en="foresee household sizes",
)
