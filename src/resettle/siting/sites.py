"""Which candidate sites may be considered at all, what they can hold, what they cost."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import polars as pl

from resettle.problems import Problem
from resettle.siting.options import SitingOptions
from resettle.units import divide_half_up
from resettle.words import LANGUAGES, tell

EARTH_RADIUS_M = 6_371_009
HARD = (
    ("in_red_line", "red_line"),
    ("in_hazard_zone", "hazard_zone"),
    ("on_basic_farmland", "basic_farmland"),
)
FOUR_PACKAGE = ("has_infrastructure", "has_public_services", "has_convenience_services", "has_industry")


@dataclass(frozen=True)
class Candidate:
    """A site as the model sees it. Sizes in 0.01 m2, money in minor units; ``None`` is unknown.

    ``fixed_cost`` is what the search weighs: where a part of it is unknown (``fixed_known`` is false) it is no less
    than the dearest one known in the county, so that no site is chosen because nobody wrote down what it costs;
    ``known_cost`` is what is known of it. ``cost_known``: the prices of its homes are known too.
    """

    site_id: str
    county_code: str
    place: tuple[float, float] | None
    fixed_cost: int
    persons: int | None
    is_fixed: bool
    is_assessed: bool
    cost_known: bool
    capacity: dict[int, int] = field(default_factory=dict)
    unit_cost: dict[int, int] = field(default_factory=dict)
    jobs: int | None = None
    school_m: int | None = None
    clinic_m: int | None = None
    monthly_cost: int | None = None
    hosts: int | None = None
    has_full_package: bool | None = None
    fixed_known: bool = True
    known_cost: int = 0


def candidates(
    site: pl.DataFrame, site_dwelling: pl.DataFrame, options: SitingOptions
) -> tuple[list[Candidate], dict[str, str], list[Problem]]:
    """Sites that may be planned, reasons of the excluded ones, and problems. Hard exclusions come first.

    An unknown flag does not exclude; it is reported. A decided site that is excluded is an error.
    """
    stock, problems = _stock(site_dwelling)
    kept: list[Candidate] = []
    excluded: dict[str, str] = {}
    places: dict[tuple[float, float], str] = {}
    unchecked: list[str] = []
    for row in site.sort("site_id").iter_rows(named=True):
        name = str(row["site_id"])
        reason = _reason(row, stock, options)
        place = _place(row)
        if reason is None and place is not None and place in places:
            problems.append(
                Problem("siting.duplicate_place", "warning", table="site", value=name, nearest=places[place])
            )
        if reason is not None:
            excluded[name] = reason
            if row["is_fixed"]:
                problems.append(
                    Problem(
                        "siting.fixed_excluded",
                        "error",
                        table="site",
                        value=name,
                        values={"reason": reason_words(reason)},
                    )
                )
            elif reason in ("no_capacity", "county_unknown"):
                problems.append(Problem(f"siting.{reason}", "warning", table="site", value=name))
            continue
        if place is not None:
            places.setdefault(place, name)
        if any(row[column] is None for column, _ in HARD):
            unchecked.append(name)
        kept.append(_candidate(row, stock[name], options, place))
    if unchecked:
        problems.append(_many("siting.exclusion_unchecked", unchecked))
    kept = _weighed_as_dearest(kept)
    dear = [c.site_id for c in kept if not c.cost_known]
    if dear:
        problems.append(_many("siting.site_cost_unknown", dear))
    return kept, excluded, problems


def _weighed_as_dearest(kept: list[Candidate]) -> list[Candidate]:
    """Sites whose fixed cost is not wholly known weigh no less than the dearest known one of their county."""
    dearest: dict[str, int] = {}
    for one in kept:
        if one.fixed_known:
            dearest[one.county_code] = max(dearest.get(one.county_code, 0), one.fixed_cost)
    return [
        one
        if one.fixed_known
        else replace(one, fixed_cost=max(one.fixed_cost, dearest.get(one.county_code, 0)))
        for one in kept
    ]


TRADED = ("four_package",)
"""Reasons a programme sets itself; all others are hard and never traded."""


def barred(
    site: pl.DataFrame, site_dwelling: pl.DataFrame, excluded: Mapping[str, str], options: SitingOptions
) -> list[tuple[Candidate, str]]:
    """The excluded sites that would otherwise do, as candidates with their reason."""
    stock, _ = _stock(site_dwelling)
    paid = replace(options, four_package="cost", slope_limit_ppm=None)
    found = []
    for row in site.sort("site_id").iter_rows(named=True):
        name = str(row["site_id"])
        if excluded.get(name) in (
            "red_line",
            "hazard_zone",
            "basic_farmland",
            "water",
            "too_steep",
            "four_package",
        ):
            own = stock.get(name, {})
            if row["county_code"] is not None and any(count for count, _ in own.values()):
                found.append((_candidate(row, own, paid, _place(row)), excluded[name]))
    return found


def reason_words(reason: str) -> dict[str, str]:
    """Why a site is excluded, as a person reads it.

    >>> reason_words("hazard_zone")["en"]
    'in a hazard zone'
    """
    return {language: tell(f"value.excluded_reason.{reason}", language) for language in LANGUAGES}


def _many(code: str, names: list[str]) -> Problem:
    shown = ", ".join(names[:8]) + (" ..." if len(names) > 8 else "")
    return Problem(code, "warning", table="site", value=shown, values={"count": len(names)})


def _place(row: dict[str, object]) -> tuple[float, float] | None:
    latitude, longitude = row["latitude"], row["longitude"]
    if not isinstance(latitude, float) or not isinstance(longitude, float):
        return None
    inside = abs(latitude) <= 90 and abs(longitude) <= 180
    return (latitude, longitude) if inside and math.isfinite(latitude + longitude) else None


def _reason(
    row: dict[str, object], stock: dict[str, dict[int, tuple[int, int | None]]], options: SitingOptions
) -> str | None:
    for column, reason in HARD:
        if row[column] is True:
            return reason
    if row.get("in_water") is True:
        return "water"
    steep, limit = row.get("slope_ppm"), options.slope_limit_ppm
    if limit is not None and isinstance(steep, int) and steep > limit:
        return "too_steep"
    if options.four_package == "fail" and any(row[c] is False for c in FOUR_PACKAGE):
        return "four_package"
    if row["county_code"] is None:
        return "county_unknown"
    if not any(count for count, _ in stock.get(str(row["site_id"]), {}).values()):
        return "no_capacity"
    return None


def _candidate(
    row: dict[str, object],
    stock: dict[int, tuple[int, int | None]],
    options: SitingOptions,
    place: tuple[float, float] | None,
) -> Candidate:
    parts = [row["fixed_cost_minor"], *_cost_to_fix(row, options)]
    fixed_known = all(p is not None for p in parts)
    known_cost = sum(p for p in parts if isinstance(p, int))
    persons = row["person_capacity"]
    return Candidate(
        site_id=str(row["site_id"]),
        county_code=str(row["county_code"]),
        place=place,
        fixed_cost=known_cost,
        persons=persons if isinstance(persons, int) else None,
        is_fixed=row["is_fixed"] is True,
        is_assessed=row["capacity_assessed"] is True,
        cost_known=fixed_known and all(c is not None for _, c in stock.values()),
        fixed_known=fixed_known,
        known_cost=known_cost,
        capacity={size: count for size, (count, _) in stock.items()},
        unit_cost={size: cost for size, (_, cost) in stock.items() if cost is not None},
        jobs=_whole(row, "jobs_within_hour"),
        school_m=_whole(row, "school_m"),
        clinic_m=_whole(row, "clinic_m"),
        monthly_cost=_whole(row, "monthly_cost_minor"),
        hosts=_whole(row, "host_persons"),
        has_full_package=_all_known([row[c] for c in FOUR_PACKAGE]),
    )


def _cost_to_fix(row: Mapping[str, object], options: SitingOptions) -> list[object]:
    """What completing the four-package costs, where the programme pays for it.

    Unknown where it is not known whether anything is lacking, unless completing it costs nothing; where neither
    the package nor its cost is recorded at all, it is no part of what the office reckons with.
    """
    flags, cost = [row[c] for c in FOUR_PACKAGE], row["fix_cost_minor"]
    has_all = _all_known(flags)
    is_recorded = cost is not None or any(f is not None for f in flags)
    if options.four_package != "cost" or has_all is True or not is_recorded:
        return []
    return [cost] if has_all is False or cost == 0 else [None]


def _whole(row: Mapping[str, object], column: str) -> int | None:
    """A whole number of a site, or unknown where the table has no such column."""
    value = row.get(column)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _all_known(flags: list[object]) -> bool | None:
    """All true, one false, or unknown: never a guess.

    >>> _all_known([True, True]), _all_known([True, None]), _all_known([False, None])
    (True, None, False)
    """
    if any(f is False for f in flags):
        return False
    return None if any(f is None for f in flags) else True


def _stock(
    site_dwelling: pl.DataFrame,
) -> tuple[dict[str, dict[int, tuple[int, int | None]]], list[Problem]]:
    """Per site and size: dwellings of all kinds, and their mean unit cost (missing if any is missing)."""
    result: dict[str, dict[int, tuple[int, int | None]]] = {}
    groups = site_dwelling.sort("site_id", "dwelling_size_dm2", "dwelling_kind").group_by(
        "site_id", "dwelling_size_dm2", maintain_order=True
    )
    for (site_id, size), rows in groups:
        count = int(rows["capacity_count"].sum())
        known = rows.filter(pl.col("unit_cost_minor").is_not_null())
        cost: int | None = None
        if known.height == rows.height and rows.height:
            weights = [max(1, c) for c in rows["capacity_count"].to_list()]
            total = sum(w * c for w, c in zip(weights, rows["unit_cost_minor"].to_list(), strict=True))
            cost = divide_half_up(total, sum(weights))
        result.setdefault(str(site_id), {})[int(str(size))] = (count, cost)
    return result, []


def distance_m(a: tuple[float, float] | None, b: tuple[float, float] | None, detour_ppm: int) -> int | None:
    """Great-circle distance (haversine, mean radius 6,371,009 m) times the detour factor; unknown stays so.

    >>> distance_m((34.0, 112.0), (34.0, 112.0), 1_300_000), distance_m(None, (34.0, 112.0), 1_300_000)
    (0, None)
    """
    if a is None or b is None:
        return None
    north, east = math.radians(b[0] - a[0]), math.radians(b[1] - a[1])
    h = math.sin(north / 2) ** 2
    h += math.cos(math.radians(a[0])) * math.cos(math.radians(b[0])) * math.sin(east / 2) ** 2
    metres = 2 * EARTH_RADIUS_M * math.asin(min(1.0, math.sqrt(h)))
    return divide_half_up(round(metres * 1000) * detour_ppm, 1_000_000_000)


def places_of(table: pl.DataFrame, key: str) -> dict[str, tuple[float, float]]:
    """Coordinates of the villages or sites that have them, by their key."""
    found: dict[str, tuple[float, float]] = {}
    if not {"latitude", "longitude"} <= set(table.columns):
        return found
    for row in table.iter_rows(named=True):
        place = _place(row)
        if place is not None:
            found[str(row[key])] = place
    return found


def village_places(village: pl.DataFrame) -> dict[str, tuple[float, float]]:
    """Coordinates of the villages that have them."""
    return places_of(village, "village_code")


def spare_ppm(used: int, capacity: int) -> int | None:
    """Share of dwellings left empty, in parts per million; unknown without capacity."""
    return None if capacity == 0 else divide_half_up(max(0, capacity - used) * 1_000_000, capacity)


def sizes_of(sites: Iterable[Candidate]) -> list[int]:
    """All dwelling sizes any of the sites holds, ascending."""
    return sorted({size for c in sites for size in c.capacity})
