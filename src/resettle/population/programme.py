"""A whole synthetic programme from a declaration: places, households, members, sites with room for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from resettle.population.attributes import draw_member_facts, draw_value
from resettle.population.draw import Group, Household, Member, birth_date, draw_group
from resettle.population.places import Point, Ring, draw_near, draw_point, share_out
from resettle.population.sites import draw_sites
from resettle.units import allocate

Outlines = Mapping[str, Sequence[Ring]]


@dataclass
class Drawn:
    """The frames of a drawn programme; columns by the contracts of the same names, plus what a roster holds."""

    household: pl.DataFrame
    person: pl.DataFrame
    village: pl.DataFrame
    site: pl.DataFrame
    site_dwelling: pl.DataFrame
    children: dict[str, pl.DataFrame] = field(default_factory=dict)


@dataclass
class _Village:
    code: str
    name: str
    township: str
    county: str
    point: Point
    reason: str


def draw_programme(
    declared: Mapping[str, Any], regions: pl.DataFrame, outlines: Outlines, seed: int, scale: int = 1
) -> Drawn:
    """Draw everything a demo needs; totals are met exactly, the rest is invented and marked synthetic.

    Args:
        declared: the pack's ``demo/demo.toml``.
        regions: by the ``region`` contract; villages and townships are taken from it.
        outlines: county outline name to rings of (longitude, latitude).
        seed: one seed, one programme.
        scale: multiplies the households (for measuring), not the places.
    """
    villages = _draw_villages(declared, regions, outlines, seed)
    reference: date = declared["programme"]["as_of"]
    rows: list[dict[str, Any]] = []
    people: list[dict[str, Any]] = []
    for number, group in enumerate(declared["group"]):
        for part, (households, persons, agreed) in enumerate(_parts(group)):
            drawn = list(
                draw_group(
                    Group(
                        group["household_class"],
                        households * scale,
                        persons * scale,
                        {int(k): v for k, v in group["size_weights"].items()},
                    ),
                    seed,
                    10 * number + part,
                )
            )
            if number == 0:
                _seat_cast(drawn, declared.get("cast", []))
            _place(drawn, group, agreed, villages, declared, reference, rows, people)
    household = pl.DataFrame(rows, infer_schema_length=None)
    person = pl.DataFrame(people, infer_schema_length=None)
    village = pl.DataFrame([_village_row(v, rows) for v in villages])
    site, dwelling = draw_sites(declared, household, villages, outlines, seed)
    return Drawn(household, person, village, site, dwelling, _draw_children(declared, rows, seed))


def _parts(group: Mapping[str, Any]) -> list[tuple[int, int, bool | None]]:
    """A group is one part, or two where only some of the willing agreed."""
    agreed = group.get("agreed")
    if not agreed:
        return [(group["households"], group["persons"], None)]
    rest = (group["households"] - agreed["households"], group["persons"] - agreed["persons"], False)
    return [(agreed["households"], agreed["persons"], True), rest]


def _draw_villages(
    declared: Mapping[str, Any], regions: pl.DataFrame, outlines: Outlines, seed: int
) -> list[_Village]:
    places = declared["places"]
    counties = places["county"]
    random = np.random.default_rng([seed, 9001])
    by_parent = {
        key[0]: rows
        for key, rows in regions.filter(pl.col("level").is_in(["township", "village"]))
        .sort("region_code")
        .partition_by("parent_code", as_dict=True)
        .items()
    }
    weights = [int(c["households"]) for c in counties]
    townships = share_out(places["townships"], weights, 1, [by_parent[c["code"]].height for c in counties])
    wanted = share_out(places["villages"], weights, 1)
    found: list[_Village] = []
    for county, township_count, village_count in zip(counties, townships, wanted, strict=True):
        named = list(county.get("villages", []))
        chosen = _choose_townships(by_parent[county["code"]], township_count, named, by_parent, random)
        rings = outlines[county["outline"]]
        centres = {code: draw_point(rings, random) for code in chosen}
        for code in _choose_villages(chosen, village_count, named, by_parent, random):
            town, row = code
            found.append(
                _Village(
                    row["region_code"],
                    row["name_zh"],
                    town,
                    county["code"],
                    draw_near(centres[town], 0.06, rings, random),
                    draw_value({"share": places["scope_reason"]}, 1, random),
                )
            )
    return found


def _choose_townships(
    pool: pl.DataFrame,
    count: int,
    named: Sequence[str],
    children: Mapping[Any, pl.DataFrame],
    random: np.random.Generator,
) -> list[str]:
    codes: list[str] = [c for c in pool["region_code"].to_list() if c in children]
    must = [c for c in codes if any(children[c].filter(pl.col("region_code") == v).height for v in named)]
    others = [c for c in codes if c not in must]
    order = random.permutation(len(others))
    return sorted(must + [others[i] for i in order[: count - len(must)]])


def _choose_villages(
    townships: Sequence[str],
    count: int,
    named: Sequence[str],
    children: Mapping[Any, pl.DataFrame],
    random: np.random.Generator,
) -> list[tuple[str, dict[str, Any]]]:
    """At least one village in every chosen township, the named ones among them."""
    picked: list[tuple[str, dict[str, Any]]] = []
    pool: list[tuple[str, dict[str, Any]]] = []
    for town in townships:
        rows = [(town, row) for row in children[town].iter_rows(named=True)]
        first = [r for r in rows if r[1]["region_code"] in named] or [rows[int(random.random() * len(rows))]]
        picked += first
        pool += [r for r in rows if r not in first]
    order = random.permutation(len(pool))
    picked += [pool[i] for i in order[: count - len(picked)]]
    return sorted(picked, key=lambda r: r[1]["region_code"])


def _seat_cast(drawn: list[Household], cast: Sequence[Mapping[str, Any]]) -> None:
    """Put the families told of by name in the place of drawn families of the same size."""
    taken: set[int] = set()
    for family in cast:
        members = [Member(relation, sex, age) for relation, sex, age in family["members"]]
        for index, household in enumerate(drawn):
            if index not in taken and len(household.members) == len(members):
                household.members = members
                household.cast = family  # type: ignore[attr-defined]
                taken.add(index)
                break


def _place(
    drawn: Sequence[Household],
    group: Mapping[str, Any],
    agreed: bool | None,
    villages: Sequence[_Village],
    declared: Mapping[str, Any],
    reference: date,
    rows: list[dict[str, Any]],
    people: list[dict[str, Any]],
) -> None:
    """Give every family a village, its facts and its members' facts."""
    for household, village in zip(drawn, _villages_for(drawn, group, villages, declared), strict=True):
        cast = getattr(household, "cast", None)
        if cast:
            village = next(v for v in villages if v.code == cast.get("village", village.code))
        row = _household_row(household, group, agreed, village, cast, declared)
        row["number"] = len(rows)
        rows.append(row)
        for place, member in enumerate(household.members):
            random = household.random
            given = declared["names"]["given_male" if member.sex == "male" else "given_female"]
            name = row["surname"] + given[int(random.random() * len(given))]
            name += given[int(random.random() * len(given))] if random.random() < 0.6 else ""
            registered = group["household_class"] == "registered_poor"
            people.append(
                {
                    "number": row["number"],
                    "place": place,
                    "name": name,
                    "relation": member.relation,
                    "is_head": member.relation == "head",
                    "sex": member.sex,
                    "birth_date": birth_date(member.age, reference, random),
                    "ethnic_group": "汉",
                    "is_registered_member": registered,
                    "in_hukou": True,
                    "member_status": "present",
                    "is_present": True,
                    "agrees": row["all_adults_agree"],
                    "is_synthetic": True,
                }
                | draw_member_facts(member, random)
                | _own_facts(member, group, cast, random)
            )
        row["head_name"] = next(p["name"] for p in people[-len(household.members) :] if p["is_head"])


def _own_facts(
    member: Member, group: Mapping[str, Any], cast: Mapping[str, Any] | None, random: np.random.Generator
) -> dict[str, Any]:
    """What only the pack asks of a person: drawn, or as the cast says; below its age the value before it for all."""
    said = dict(cast.get("member_fact", {})) if cast else {}
    for fact, how in group.get("member_fact", {}).items():
        if member.age < how.get("from_age", 0):
            said[fact] = how.get("before")
        else:
            drawn = draw_value(how, 1, random)
            said.setdefault(fact, drawn)
    return said


def _villages_for(
    drawn: Sequence[Household],
    group: Mapping[str, Any],
    villages: Sequence[_Village],
    declared: Mapping[str, Any],
) -> list[_Village]:
    counties = {c["code"]: int(c["households"]) for c in declared["places"]["county"]}
    chosen = [c for c in counties if c in group.get("counties", counties)]
    counts = allocate(len(drawn), [counties[c] for c in chosen], chosen)
    result: list[_Village] = []
    for county, count in zip(chosen, counts, strict=True):
        own = [v for v in villages if v.county == county]
        weights = [40 + int(v.code[-4:]) % 61 for v in own]
        for village, part in zip(own, allocate(count, weights, [v.code for v in own]), strict=True):
            result += [village] * part
    return result


def _household_row(
    household: Household,
    group: Mapping[str, Any],
    agreed: bool | None,
    village: _Village,
    cast: Mapping[str, Any] | None,
    declared: Mapping[str, Any],
) -> dict[str, Any]:
    random, size = household.random, len(household.members)
    facts = {name: draw_value(how, size, random) for name, how in group["fact"].items()}
    surnames = declared["names"]["surnames"]
    row: dict[str, Any] = {
        "household_class": group["household_class"],
        "county_code": village.county,
        "township_code": village.township,
        "village_code": village.code,
        "natural_village": f"{'东西南北中上下前后'[int(random.random() * 9)]}沟{1 + int(random.random() * 4)}组",
        "member_count": size,
        "registered_member_count": size if group["household_class"] == "registered_poor" else 0,
        "person_listed": True,
        "income_year": declared["programme"]["plan_year"] - 1,
        "natural_village_household_count": 8 + int(random.random() * 70),
        "agreement_signed": None,
        "homestead_agreement": None,
        "area_need_dm2": None,
        "plan_year": declared["programme"]["plan_year"],
        "is_synthetic": True,
        "surname": surnames[int(random.random() * len(surnames))],
        "cast": cast["key"] if cast else None,
        "phone": f"{declared['places']['phone']}{int(random.random() * 10000):04d}",
        "all_adults_agree": None,
    }
    row |= facts
    if agreed is not None:
        row |= {"agreement_signed": agreed, "homestead_agreement": agreed, "all_adults_agree": agreed}
    if cast:
        row |= dict(cast["fact"]) | {
            "surname": cast["surname"],
            "all_adults_agree": True,
            "mode_wish": "central",
        }
        row |= dict.fromkeys(cast.get("unknown", ()))
    return row


def _village_row(village: _Village, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    households = sum(1 for r in rows if r["village_code"] == village.code)
    return {
        "village_code": village.code,
        "village_name": village.name,
        "township_code": village.township,
        "county_code": village.county,
        "latitude": round(village.point.latitude, 5),
        "longitude": round(village.point.longitude, 5),
        "scope_reason": village.reason,
        "village_household_count": households * 3 + int(village.code[-3:]) % 40,
        "is_protected_village": False,
        "cadastre_class": "green",
        "is_synthetic": True,
    }


def _draw_children(
    declared: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], seed: int
) -> dict[str, pl.DataFrame]:
    """Inventories a pack declares beside members: plots, structures, trees... one row each.

    A family told of by name has as many as are told of it, each with what is told and the rest drawn.
    """
    told = {family["key"]: family.get("child", {}) for family in declared.get("cast", [])}
    tables: dict[str, pl.DataFrame] = {}
    for number, child in enumerate(declared.get("child", [])):
        found: list[dict[str, Any]] = []
        for row in rows:
            random = np.random.default_rng([seed, 500 + number, row["number"]])
            drawn = draw_value(child["count"], 1, random) or 0
            own = told.get(row["cast"], {}).get(child["table"])
            for place in range(drawn if own is None else len(own)):
                facts = {name: draw_value(how, 1, random) for name, how in child["fact"].items()}
                facts |= {} if own is None else own[place]
                found.append(
                    {"number": row["number"], f"{child['table']}_id": f"{row['number']:06d}-{place + 1}"}
                    | facts
                )
        tables[child["table"]] = pl.DataFrame(found, infer_schema_length=None)
    return tables
