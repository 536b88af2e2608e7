"""One county as an assignment problem: villages (or parts of them) to sites, in whole numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from resettle.methods.assignment import Arcs, AssignmentProblem
from resettle.siting.options import SitingOptions
from resettle.siting.sites import Candidate, distance_m, sizes_of
from resettle.units import divide_half_up

SCATTERED = "scattered"


@dataclass(frozen=True)
class Mover:
    """A household as the model sees it; ``size`` and ``persons`` may be unknown."""

    household_id: str
    persons: int | None
    size: int | None
    natural_village: str | None = None


@dataclass(frozen=True)
class Part:
    """A village, or a part of it that may go elsewhere than the rest."""

    village_code: str
    movers: tuple[Mover, ...]

    def count(self, size: int) -> int:
        return sum(m.size == size for m in self.movers)

    @property
    def persons(self) -> int:
        return sum(m.persons or 0 for m in self.movers)


@dataclass(frozen=True)
class County:
    """What one county brings: villages with their movers, sites, places, distances given by the user."""

    code: str
    villages: Mapping[str, tuple[Mover, ...]]
    sites: tuple[Candidate, ...]
    places: Mapping[str, tuple[float, float]]
    travel: Mapping[tuple[str, str], int] = field(default_factory=dict)
    minutes: Mapping[tuple[str, str], int] = field(default_factory=dict)
    cut_off: frozenset[tuple[str, str]] = frozenset()
    """Pairs that no road joins: nobody of that village is sent to that site."""
    barred: tuple[tuple[Candidate, str], ...] = ()
    """Excluded sites with the reason; only asked when somebody is left without a place."""


@dataclass(frozen=True)
class Choice:
    """What an arc means: parts ``first..last-1`` to the site of that number (-1: without a place).

    ``split`` is what of the money is the price put on dividing a village; it is weighed, nobody is paid it.
    """

    first: int
    last: int
    site: int
    money: int
    travel_price: int
    distance: int | None
    split: int = 0


@dataclass(frozen=True)
class Model:
    """The problem with the names of its rows, sites and arcs; the last site may be the scattered stock."""

    county: County
    options: SitingOptions
    problem: AssignmentProblem
    parts: tuple[Part, ...]
    choices: tuple[Choice, ...]
    sizes: tuple[int, ...]
    has_scattered: bool
    too_big: tuple[str, ...]
    unreachable: tuple[str, ...]


def distance(county: County, village: str, site: Candidate, options: SitingOptions) -> int | None:
    """The user's own travel distance where there is one, else great-circle times detour; else unknown."""
    if (village, site.site_id) in county.cut_off:
        return None
    given = county.travel.get((village, site.site_id))
    if given is not None:
        return given
    return distance_m(county.places.get(village), site.place, options.detour_ppm)


def build(county: County, options: SitingOptions, elastic: bool = False) -> Model:
    """The county's assignment problem.

    Args:
        elastic: give every part an "unplaced" choice at a price above any other, to find out who is left.

    Capacity rows: one per dwelling size (cumulative from the smallest where smaller dwellings may be used:
    then, by Hall's condition, the homes can be dealt out), and persons where a site limits them.
    """
    sizes = sizes_of(county.sites) or [1]
    sizes = sorted({*sizes, *(m.size for movers in county.villages.values() for m in movers if m.size)})
    parts: list[Part] = []
    blocks: list[tuple[int, int, bool]] = []
    too_big: list[str] = []
    reach: dict[str, list[tuple[int, int | None]]] = {}
    for village in sorted(county.villages):
        whole = Part(village, county.villages[village])
        reach[village] = _reach(county, village, options)
        fits = any(_fits(whole, county.sites[j], sizes, options) for j, _ in reach[village])
        split = options.split_price_minor is not None or not fits
        if not fits and reach[village] and len(whole.movers) > 1:
            too_big.append(village)
        pieces = _split(whole) if split else [whole]
        blocks.append((len(parts), len(parts) + len(pieces), fits and len(pieces) > 1))
        parts += pieces
    choices = _choices(county, options, parts, blocks, reach, elastic)
    problem = _problem(county, options, parts, choices, sizes)
    return Model(
        county,
        options,
        problem,
        tuple(parts),
        tuple(choices),
        tuple(sizes),
        options.scattered_cost_minor is not None,
        tuple(too_big),
        tuple(v for v in sorted(county.villages) if not reach[v]),
    )


def _reach(county: County, village: str, options: SitingOptions) -> list[tuple[int, int | None]]:
    """Sites a village may go to, with distance; an unknown distance passes only where there is no limit."""
    found = []
    for j, site in enumerate(county.sites):
        if (village, site.site_id) in county.cut_off:
            continue
        metres = distance(county, village, site, options)
        limit = options.distance_limit_m
        if limit is None or (metres is not None and metres <= limit):
            found.append((j, metres))
    return found


def _fits(part: Part, site: Candidate, sizes: list[int], options: SitingOptions) -> bool:
    need = demand_row(part, sizes, options)
    have = capacity_row(site, sizes, options)
    persons = site.persons is None or part.persons <= site.persons
    return persons and bool((need <= have).all())


def demand_row(part: Part, sizes: list[int], options: SitingOptions) -> npt.NDArray[np.int64]:
    """(sizes,): homes needed by size, cumulative where smaller ones may be used."""
    need = np.array([part.count(size) for size in sizes], np.int64)
    return np.cumsum(need) if options.allow_smaller_dwelling else need


def capacity_row(site: Candidate, sizes: list[int], options: SitingOptions) -> npt.NDArray[np.int64]:
    """(sizes,): homes possible by size, cumulative where smaller ones may be used."""
    have = np.array([site.capacity.get(size, 0) for size in sizes], np.int64)
    return np.cumsum(have) if options.allow_smaller_dwelling else have


PART_AT_MOST = 20
"""Households per part where a village must be split and names no natural villages."""


def _split(whole: Part) -> list[Part]:
    """Natural villages, or groups of at most twenty households in order of their numbers."""
    groups: dict[str, list[Mover]] = {}
    for mover in whole.movers:
        groups.setdefault(mover.natural_village or "", []).append(mover)
    pieces = []
    for name in sorted(groups):
        group = groups[name]
        pieces += [
            Part(whole.village_code, tuple(group[k : k + PART_AT_MOST]))
            for k in range(0, len(group), PART_AT_MOST)
        ]
    return pieces


def _farthest(reach: Mapping[str, list[tuple[int, int | None]]]) -> dict[str, int]:
    """Metres an unknown way of a village weighs: its longest known one, else the county's; never nothing where
    anything is known, so that nobody is sent somewhere because nobody wrote down how far it is."""
    known = {v: [metres for _, metres in found if metres is not None] for v, found in reach.items()}
    whole = max((m for ways in known.values() for m in ways), default=0)
    return {v: max(ways, default=whole) for v, ways in known.items()}


def _choices(
    county: County,
    options: SitingOptions,
    parts: list[Part],
    blocks: list[tuple[int, int, bool]],
    reach: Mapping[str, list[tuple[int, int | None]]],
    elastic: bool,
) -> list[Choice]:
    dearest: dict[int, int] = {}
    for site in county.sites:
        for size, cost in site.unit_cost.items():
            dearest[size] = max(dearest.get(size, 0), cost)
    farthest = _farthest(reach)
    found: list[Choice] = []
    for first, last, may_stay_whole in blocks:
        village = parts[first].village_code
        spans = [(i, i + 1) for i in range(first, last)] + ([(first, last)] if may_stay_whole else [])
        for a, b in spans:
            price = options.split_price_minor or 0
            extra = price if last - first > 1 and (a, b) == (first, first + 1) and may_stay_whole else 0
            for j, metres in reach[village]:
                money = sum(
                    parts[i].count(size) * county.sites[j].unit_cost.get(size, dearest.get(size, 0))
                    for i in range(a, b)
                    for size in {m.size for m in parts[i].movers if m.size}
                )
                persons = sum(parts[i].persons for i in range(a, b))
                travel = divide_half_up(
                    persons
                    * (farthest[village] if metres is None else metres)
                    * options.distance_price_minor,
                    1000,
                )
                found.append(Choice(a, b, j, money + extra, travel, metres, extra))
            households = sum(len(parts[i].movers) for i in range(a, b))
            if options.scattered_cost_minor is not None:
                money = households * options.scattered_cost_minor
                found.append(Choice(a, b, len(county.sites), money, 0, None))
    if elastic:
        top = max((c.money + c.travel_price for c in found), default=1) + sum(
            s.fixed_cost for s in county.sites
        )
        found += [Choice(i, i + 1, -1, 0, (top + 1) * len(p.movers), None) for i, p in enumerate(parts)]
    return found


def _problem(
    county: County,
    options: SitingOptions,
    parts: list[Part],
    choices: list[Choice],
    sizes: list[int],
) -> AssignmentProblem:
    demand = np.array(
        [[*demand_row(p, sizes, options), p.persons, len(p.movers)] for p in parts], np.int64
    ).reshape(len(parts), len(sizes) + 2)
    total = demand.sum(axis=0)
    capacity = [
        [*capacity_row(s, sizes, options), total[-2] if s.persons is None else s.persons, total[-1]]
        for s in county.sites
    ]
    fixed = [s.is_fixed for s in county.sites]
    cost = [s.fixed_cost for s in county.sites]
    if options.scattered_cost_minor is not None:
        cap = int(total[-1]) * options.scattered_share_ppm // 1_000_000
        capacity.append([*(min(cap, int(t)) for t in total[:-2]), total[-2], cap])
        fixed.append(True)
        cost.append(0)
    money = np.array([c.money for c in choices], np.int64)
    budget = options.budget_minor.get(county.code)
    common = sum(c for c, f in zip(cost, fixed, strict=True) if f) + _unavoidable(choices)
    return AssignmentProblem(
        demand,
        np.array(capacity, np.int64).reshape(len(cost), len(sizes) + 2),
        np.array(cost, np.int64),
        Arcs(
            np.array([c.first for c in choices], np.int64),
            np.array([c.last for c in choices], np.int64),
            np.array([c.site for c in choices], np.int64),
            np.array([c.money + c.travel_price for c in choices], np.int64),
        ),
        fixed_open=np.array(fixed, bool),
        side_arc=money[None, :] if budget is not None else np.zeros((0, len(choices)), np.int64),
        side_site=np.array([cost], np.int64) if budget is not None else np.zeros((0, len(cost)), np.int64),
        side_limit=np.array([] if budget is None else [budget], np.int64),
        common_cost=common,
    )


def _unavoidable(choices: Sequence[Choice]) -> int:
    """Money every plan pays for homes: each village whole at its cheapest, or in parts at theirs."""
    parts: dict[int, int] = {}
    wholes: dict[tuple[int, int], int] = {}
    for c in choices:
        if c.last - c.first == 1:
            parts[c.first] = min(parts.get(c.first, c.money), c.money)
        else:
            span = (c.first, c.last)
            wholes[span] = min(wholes.get(span, c.money), c.money)
    total, done = 0, set[int]()
    for (first, last), money in sorted(wholes.items()):
        inside = set(range(first, last))
        if inside & done:
            continue
        split = sum(parts[i] for i in inside) if inside <= parts.keys() else money
        total += min(money, split)
        done |= inside
    return total + sum(money for part, money in parts.items() if part not in done)
