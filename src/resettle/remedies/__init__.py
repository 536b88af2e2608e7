"""Obstacles of each household, what would ease them and at what price; co-movers; totals of uptake."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any

import polars as pl

from resettle.problems import Problem
from resettle.remedies.contracts import TABLES
from resettle.remedies.obstacles import find_obstacles
from resettle.remedies.pricing import check_document, hotel_case, price_co_movers, price_remedies
from resettle.remedies.willingness import ratios_from, uptake_totals
from resettle.tables import Inputs, Outputs, Stage

__all__ = [
    "FILE",
    "STAGE",
    "check_document",
    "find_obstacles",
    "hotel_case",
    "price_co_movers",
    "price_remedies",
    "ratios_from",
    "run",
    "uptake_totals",
]

FILE = "remedies.toml"


def _document(inputs: Inputs) -> Mapping[str, Any] | None:
    if inputs.pack is None or FILE not in inputs.pack.files():
        return None
    return tomllib.loads(inputs.pack.read_text(FILE))


def _rules(pack: Any) -> list[str]:
    """The pack's own rules of a household that an obstacle may rest on."""
    return [r.name for r in getattr(pack, "rules", ()) if r.table == "household"]


def _spare(facts: pl.DataFrame, site: pl.DataFrame | None) -> dict[str, int]:
    """Persons the county's sites can still take once all registered movers live there.

    A county is left out where what a site carries, or how many of its movers there are, is not known; so is the
    whole where that is so of any of them.
    """
    if site is None or not site.height:
        return {}
    movers = facts.filter(pl.col("household_class") == "registered_poor")
    room = site.group_by("county_code").agg(
        pl.col("person_capacity").sum().alias("n"), pl.col("person_capacity").null_count().alias("u")
    )
    taken = movers.group_by("county_code").agg(
        pl.col("member_count").sum().alias("n"), pl.col("member_count").null_count().alias("u")
    )
    by_county = {code: (n, u) for code, n, u in taken.iter_rows()}
    lost = None in by_county  # movers of an unknown county may need any county's room
    spare: dict[str, int] = {}
    is_whole = True
    for code, n, unknown in room.iter_rows():
        used, uncounted = by_county.get(code, (0, 0))
        if code is None or unknown or uncounted or lost:
            is_whole = False
        else:
            spare[str(code)] = max(0, n - used)
    return spare | {"ALL": sum(spare.values())} if is_whole else spare


def run(inputs: Inputs) -> Outputs:
    """The stage; without the pack's list no obstacle is claimed and that is said."""
    empty = {table.name: table.empty() for table in TABLES}
    document = _document(inputs)
    if document is None:
        return Outputs(empty, [Problem("remedies.list_missing", "warning")])
    problems = check_document(document, _rules(inputs.pack))
    if problems:
        return Outputs(empty, problems)
    tables = inputs.tables
    obstacles, facts = find_obstacles(
        tables["household"],
        tables["person"],
        document.get("obstacle", []),
        inputs.settings["as_of"],
        tables.get("entitlement"),
        tables.get("projection_household"),
    )
    scope = str(inputs.settings.get("scope") or inputs.pack.scope)
    remedies, by_county = price_remedies(obstacles, facts, document, scope)
    co_movers, co_counties = price_co_movers(facts, document)
    options = (inputs.settings.get("options") or {}).get("remedies") or {}
    written = {name: empty[name] for name in ("hotel_case", "willingness_total", "willingness_decision")}
    told: dict[str, Any] = {}
    if "willingness" in document:
        rule = document["willingness"]
        ratios, found = ratios_from(rule, tables.get("uptake_survey"))
        problems += found
        if ratios is not None:
            willing = facts.filter(pl.col("household_class") == "co_mover").select(
                "county_code", "member_count"
            )
            if uncounted := willing["member_count"].null_count():
                values = {"count": uncounted}
                problems.append(
                    Problem("remedies.members_unknown", "warning", table="household", values=values)
                )
            room, budget = _spare(facts, tables.get("site")), options.get("co_mover_budget_minor")
            totals, decisions, found = uptake_totals(willing, rule, ratios, room, budget)
            problems += found
            told["uptake_basis"] = ratios.basis
            written |= {"willingness_total": totals, "willingness_decision": decisions}
    elif tables.get("uptake_survey") is not None and tables["uptake_survey"].height:
        rows = str(tables["uptake_survey"].height)
        problems.append(Problem("remedies.survey_unused", "warning", table="uptake_survey", value=rows))
    if "hotel" in document:
        written["hotel_case"] = hotel_case(document["hotel"])
    written |= {
        "obstacle": obstacles,
        "remedy": remedies,
        "remedy_county": by_county,
        "co_mover": co_movers,
        "co_mover_county": co_counties,
    }
    told["households_with_obstacle"] = obstacles["household_id"].n_unique()
    return Outputs(written, problems, told)


STAGE = Stage(
    name="remedies",
    requires=("household", "person", "entitlement?", "projection_household?", "site?", "uptake_survey?"),
    provides=TABLES,
    run=run,
    zh="找难处、算办法",
    en="find obstacles and price remedies",
)
