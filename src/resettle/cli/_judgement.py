"""A judgement of given sites as data and in words."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from resettle.words import Language, tell

if TYPE_CHECKING:
    from resettle.cli._siting import Prepared

PAYERS_TOLD = 8
CHANGES_TOLD = 3


def judgement_data(code: str, given: frozenset[str], found: Any) -> dict[str, Any]:
    """The judgement of one county as plain values, money in minor units, ways in metres."""
    from resettle.siting.daily import daily_life
    from resettle.siting.measures import mean_distance_m, money_minor, open_sites

    return {
        "county_code": code,
        "given_sites": sorted(given),
        "given_objective_minor": found.given.answer.objective,
        "given_cost_minor": money_minor(found.given),
        "given_mean_distance_m": mean_distance_m(found.given) if not found.given.is_partial else None,
        "best_objective_minor": found.free.answer.objective,
        "best_cost_minor": money_minor(found.free),
        "best_mean_distance_m": mean_distance_m(found.free) if not found.free.is_partial else None,
        "best_sites": sorted(open_sites(found.free)),
        "bound_minor": found.free.answer.bound,
        "bound_kind": found.free.answer.bound_kind,
        "saving_minor": found.saving_minor,
        "above_bound_minor": found.above_bound_minor,
        "payers": [asdict(p) for p in found.payers] if not found.given.is_partial else [],
        "ways_unknown": found.ways_unknown,
        "changes": [asdict(c) for c in found.changes],
        "changes_tried": found.changes_tried,
        "given_daily": None if found.given.is_partial else asdict(daily_life(found.given)),
        "best_daily": None if found.free.is_partial else asdict(daily_life(found.free)),
    }


def judgement_lines(ready: Prepared, row: dict[str, Any], language: Language) -> list[str]:
    """The same in plain words."""

    def say(key: str, **values: Any) -> str:
        return tell(f"siting.judged.{key}", language, **values)

    def km(metres: int | None) -> str | None:
        return None if metres is None else f"{metres / 1000:.1f}"

    county = ready.place(row["county_code"], language)
    if row["given_objective_minor"] is None:
        return [say("impossible", county=county, sites=len(row["given_sites"]))]
    lines = [
        say(
            "cost",
            county=county,
            sites=len(row["given_sites"]),
            cost=ready.money(row["given_cost_minor"], language),
            km=km(row["given_mean_distance_m"]),
        ),
        say(
            "best",
            cost=ready.money(row["best_cost_minor"], language),
            km=km(row["best_mean_distance_m"]),
            sites=len(row["best_sites"]),
            saving=ready.money(row["saving_minor"], language),
            most=ready.money(row["above_bound_minor"], language),
        ),
    ]
    lines += daily_lines(ready, row, language)
    payers = row["payers"]
    if payers:
        lines.append(say("payers", villages=len(payers), households=sum(p["households"] for p in payers)))
        lines += [
            say(
                "payer",
                village=ready.place(p["village_code"], language),
                households=p["households"],
                given=km(p["given_m"]),
                free=km(p["free_m"]),
            )
            for p in payers[:PAYERS_TOLD]
        ]
        if len(payers) > PAYERS_TOLD:
            lines.append(say("more_payers", count=len(payers) - PAYERS_TOLD))
    elif not row["ways_unknown"]:
        lines.append(say("no_payers"))
    if row["ways_unknown"]:
        lines.append(say("ways_unknown", villages=row["ways_unknown"]))
    for change in row["changes"][:CHANGES_TOLD]:
        kind = "swap" if change["closed"] and change["opened"] else "close" if change["closed"] else "open"
        lines.append(
            say(
                kind,
                closed=change["closed"] and ready.place(change["closed"], language),
                opened=change["opened"] and ready.place(change["opened"], language),
                saving=ready.money(change["saving_minor"], language),
            )
        )
    if not row["changes"]:
        lines.append(say("no_change", tried=row["changes_tried"]))
    return lines


def daily_lines(ready: Prepared, row: dict[str, Any], language: Language) -> list[str]:
    """Living cost, jobs, the way back to the fields and hosts: under the given choice, beside the free one."""

    def say(key: str, **values: Any) -> str:
        return tell(f"siting.judged.{key}", language, **values)

    ours, free = row["given_daily"], row["best_daily"] or {}
    if ours is None:
        return []
    lines = []
    for key in ("living_minor", "jobs", "minutes"):
        if ours[key] is None:
            lines.append(say(f"{key}_unknown"))
            continue
        values = [ours[key], free.get(key)]
        if key == "living_minor":
            values = [ready.money(v, language) for v in values]
        line = say(key, given=values[0], free=values[1], longest=ours["longest_minutes"])
        unknown = ours[key.removesuffix("_minor") + "_unknown"]
        lines.append(line + (say("not_known_of", count=unknown) if unknown else ""))
    if ours["minutes_estimated"]:
        lines.append(
            say("estimated", count=ours["minutes_estimated"], speed=ready.options.speed_m_per_hour // 1000)
        )
    for host in ours["hosts"]:
        known = host["hosts"] is not None
        lines.append(
            say(
                "hosts" if known else "hosts_unknown",
                site=ready.place(host["site_id"], language),
                newcomers=f"{host['newcomers']:,}",
                hosts=f"{host['hosts']:,}" if known else None,
            )
        )
    return lines
