"""Synthetic sites that have room: a hidden assignment is drawn first, the capacities follow from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import polars as pl

from resettle.population.attributes import draw_value
from resettle.population.places import Point, Ring, draw_near
from resettle.units import allocate


class Place(Protocol):
    """A village as the site drawer needs it."""

    code: str
    name: str
    township: str
    county: str
    point: Point


def draw_sites(
    declared: Mapping[str, Any],
    household: pl.DataFrame,
    villages: Sequence[Any],
    outlines: Mapping[str, Sequence[Ring]],
    seed: int,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Sites (``site``) and their dwellings (``site_dwelling``), roomy enough for everyone who may move."""
    sizes: list[int] = declared["sites"]["sizes_dm2"]
    random = np.random.default_rng([seed, 9002])
    need = _need_by_village(household, sizes)
    rows: list[dict[str, Any]] = []
    dwellings: list[dict[str, Any]] = []
    for county in declared["places"]["county"]:
        own = [v for v in villages if v.county == county["code"]]
        rings = outlines[county["outline"]]
        seats = _seats(own, int(county["sites"]), random)
        points = [draw_near(v.point, 0.03, rings, random) for v in seats]
        load = _hidden_assignment(own, points, need)
        for place, (seat, point) in enumerate(zip(seats, points, strict=True)):
            site_id = f"S{county['code'][2:6]}-{place + 1:02d}"
            rows.append(_site_row(site_id, place + 1, seat, point, declared, random))
            for index, size in enumerate(sizes):
                count = int(load[place][index])
                room = count + max(1, int(count * declared["sites"]["spare"] + 0.999)) if count else 1
                dwellings.append(_dwelling_row(site_id, size, room, declared))
    _price(rows, dwellings, household, declared)
    _add_alternatives(rows, dwellings, villages, declared, outlines, random)
    return pl.DataFrame(rows), pl.DataFrame(dwellings)


def _need_by_village(household: pl.DataFrame, sizes: Sequence[int]) -> dict[str, np.ndarray[Any, Any]]:
    """Dwellings wanted by size in each village, at most: everyone who has not said no."""
    need: dict[str, np.ndarray[Any, Any]] = {}
    for row in household.filter(pl.col("agreement_signed").fill_null(True)).iter_rows(named=True):
        index = min(row["member_count"], len(sizes)) - 1
        need.setdefault(row["village_code"], np.zeros(len(sizes)))[index] += 1
    return need


def _seats(villages: Sequence[Any], count: int, random: np.random.Generator) -> list[Any]:
    """Villages beside which sites lie: spread over the townships first."""
    order = [villages[i] for i in random.permutation(len(villages))]
    first: list[Any] = []
    for village in order:
        if village.township not in {v.township for v in first}:
            first.append(village)
    rest = [v for v in order if v not in first]
    seats = (first + rest)[:count]
    return sorted(seats, key=lambda v: v.code)


def _hidden_assignment(
    villages: Sequence[Any], points: Sequence[Point], need: Mapping[str, np.ndarray[Any, Any]]
) -> list[np.ndarray[Any, Any]]:
    width = len(next(iter(need.values())))
    load = [np.zeros(width) for _ in points]
    total = sum(float(need.get(v.code, np.zeros(width)).sum()) for v in villages)
    ceiling = total / max(1, len(points)) * 1.3
    for village in sorted(villages, key=lambda v: -float(need.get(v.code, np.zeros(width)).sum())):
        wants = need.get(village.code, np.zeros(width))
        order = sorted(range(len(points)), key=lambda i: _squared(points[i], village.point))
        fits = [i for i in order if load[i].sum() + wants.sum() <= ceiling]
        place = fits[0] if fits else min(order, key=lambda i: float(load[i].sum()))
        load[place] += wants
    return load


def _squared(a: Point, b: Point) -> float:
    return (a.latitude - b.latitude) ** 2 + (a.longitude - b.longitude) ** 2


def _site_row(
    site_id: str,
    place: int,
    seat: Any,
    point: Point,
    declared: Mapping[str, Any],
    random: np.random.Generator,
) -> dict[str, Any]:
    flags = ("has_infrastructure", "has_public_services", "has_convenience_services", "has_industry")
    package = {name: random.random() < (0.96 if name != "has_industry" else 0.85) for name in flags}
    missing = sum(not ok for ok in package.values())
    near = draw_value({"share": declared["sites"]["near"]}, 1, random)
    return {
        "site_id": site_id,
        "site_name": f"{declared['sites'].get('label', '安置点')}{site_id}",
        "county_code": seat.county,
        "township_code": seat.township,
        "latitude": round(point.latitude, 5),
        "longitude": round(point.longitude, 5),
        "near": near,
        "fixed_cost_minor": 0,
        "person_capacity": None,
        "land_area_dm2": None,
        **package,
        "fix_cost_minor": missing * 60_000_000,
        "in_red_line": False,
        "in_hazard_zone": False,
        "on_basic_farmland": False,
        "capacity_assessed": True,
        "jobs_within_hour": 40 + int(random.random() * 900),
        **_daily_life(site_id, str(near)),
        "is_fixed": True,
        "is_synthetic": True,
    }


def _daily_life(site_id: str, near: str) -> dict[str, int]:
    """Ways to school and clinic, living cost and hosts: invented, dearer and nearer in towns.

    A stream of its own, from the site's number, so that nothing else drawn moves.
    """
    random = np.random.default_rng([9003, *site_id.encode()])
    in_town = near in ("county_town", "industrial_park")
    reach, month = (900, 42_000) if in_town else (2_600, 26_000)
    return {
        "school_m": 150 + 10 * int(random.random() * reach / 10),
        "clinic_m": 100 + 10 * int(random.random() * reach / 10),
        "monthly_cost_minor": month + 500 * int(random.random() * 40),
        "host_persons": (8_000 if in_town else 600) + 20 * int(random.random() * 120),
    }


def _dwelling_row(site_id: str, size: int, count: int, declared: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "site_id": site_id,
        "dwelling_size_dm2": size,
        "dwelling_kind": "resettlement",
        "capacity_count": count,
        "unit_cost_minor": size * int(declared["sites"]["unit_cost_minor_per_dm2"]),
        "is_synthetic": True,
    }


def _price(
    rows: list[dict[str, Any]],
    dwellings: Sequence[Mapping[str, Any]],
    household: pl.DataFrame,
    declared: Mapping[str, Any],
) -> None:
    """Fixed costs so that homes and works together cost what the works are said to need."""
    sizes: list[int] = declared["sites"]["sizes_dm2"]
    per_dm2 = int(declared["sites"]["unit_cost_minor_per_dm2"])
    movers = household.filter(pl.col("household_class") != "co_mover")
    homes = sum(sizes[min(n, len(sizes)) - 1] * per_dm2 for n in movers["member_count"].to_list())
    rest = max(0, int(declared["sites"]["need_minor"]) - homes)
    room = {r["site_id"]: 0 for r in rows}
    for d in dwellings:
        room[d["site_id"]] += d["capacity_count"] * d["dwelling_size_dm2"] // sizes[0]
    fixes = sum(r["fix_cost_minor"] for r in rows)
    costs = allocate(
        max(0, rest - fixes), [400 + room[r["site_id"]] for r in rows], [r["site_id"] for r in rows]
    )
    for row, cost in zip(rows, costs, strict=True):
        row["fixed_cost_minor"] = cost
        row["person_capacity"] = room[row["site_id"]] + 40
        row["land_area_dm2"] = room[row["site_id"]] * 6000


def _add_alternatives(
    rows: list[dict[str, Any]],
    dwellings: list[dict[str, Any]],
    villages: Sequence[Any],
    declared: Mapping[str, Any],
    outlines: Mapping[str, Sequence[Ring]],
    random: np.random.Generator,
) -> None:
    """Candidates beside the planned sites; some lie where nobody may be settled, and must be excluded."""
    outline = {c["code"]: outlines[c["outline"]] for c in declared["places"]["county"]}
    for number in range(int(declared["places"].get("extra_sites", 0))):
        seat = villages[int(random.random() * len(villages))]
        site_id = f"X{seat.county[2:6]}-{number + 1:02d}"
        row = _site_row(
            site_id,
            number + 1,
            seat,
            draw_near(seat.point, 0.08, outline[seat.county], random),
            declared,
            random,
        )
        row |= {
            "is_fixed": False,
            "site_name": f"{declared['sites'].get('spare_label', '备选点')}{site_id}",
            "fixed_cost_minor": 300_000_000 + 10_000_000 * int(random.random() * 30),
            "person_capacity": 320,
            "land_area_dm2": 1_600_000,
        }
        row["in_red_line"] = number % 6 == 1
        row["in_hazard_zone"] = number % 6 == 3
        row["on_basic_farmland"] = number % 6 == 5
        rows.append(row)
        dwellings += [_dwelling_row(site_id, size, 14, declared) for size in declared["sites"]["sizes_dm2"]]
