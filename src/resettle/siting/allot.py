"""Which home: priority tiers and chance by default, the optimum beside it, and what is short named.

Legal bounds come first and are never traded: no home larger than the household's size; elderly and disabled
people on the ground floor or by a lift. Then wishes and kin. Compare Annie MOORE (refugee placement),
GeoMatch and Panelot (fair lotteries under quotas).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from resettle.methods.matching import ILLEGAL, Ints, chances, match_classes, serial_order
from resettle.problems import Problem
from resettle.tables.contract import Column as C
from resettle.tables.contract import Table, conform

HOME = Table(
    name="home",
    key=("home_id",),
    zh="住房",
    en="single homes to allot",
    columns=(
        C("home_id", "text", zh="房号", en="home", required=True),
        C("site_id", "text", zh="安置点", en="site", required=True),
        C("building", "text", zh="楼栋", en="building"),
        C(
            "dwelling_size_dm2",
            "integer",
            "dm2",
            "户型面积",
            "dwelling size",
            required=True,
            low=1,
            high=10**6,
        ),
        C("floor", "integer", "floor", "楼层", "floor", low=-5, high=200, note="1 is the ground floor"),
        C("has_lift", "boolean", zh="有电梯", en="has a lift"),
    ),
)
CLAIM = Table(
    name="claim",
    key=("household_id",),
    zh="待分房户",
    en="households that get a home",
    columns=(
        C("household_id", "text", zh="户编号", en="household number", required=True),
        C("site_id", "text", zh="安置点", en="site", required=True),
        C(
            "dwelling_size_dm2",
            "integer",
            "dm2",
            "应享户型",
            "size at most",
            required=True,
            low=1,
            high=10**6,
        ),
        C("tier", "integer", zh="优先级", en="priority, 0 first", low=0, high=99),
        C("needs_access", "boolean", zh="须低层或电梯", en="needs the ground floor or a lift"),
        C("building_wish", "text", zh="意向楼栋", en="building wished for"),
        C("kin_household_id", "text", zh="愿相邻的亲属户", en="kin wished for as neighbours"),
    ),
)
ALLOTMENT = Table(
    name="allotment",
    key=("household_id",),
    zh="分房结果",
    en="homes allotted",
    writer="siting",
    columns=(
        C("household_id", "text", zh="户编号", en="household number", required=True),
        C("site_id", "text", zh="安置点", en="site"),
        C("home_id", "text", zh="房号", en="home", note="missing: none; see what is short"),
        C("dwelling_size_dm2", "integer", "dm2", "户型面积", "dwelling size"),
        C("short_of", "text", zh="缺什么", en="what is short", allowed=("size", "access", "number")),
        C("wish_met", "boolean", zh="楼栋意愿满足", en="wish met"),
        C("kin_met", "boolean", zh="与亲属同楼", en="same building as kin"),
        C("chance_ppm", "integer", "ppm", "抽房前得房概率", "chance of a home before the draw"),
        C("best_chance_ppm", "integer", "ppm", "得到首选概率", "chance of a home of the first choice"),
        C("optimum_home_class", "text", zh="最优方案的房类", en="class of home in the optimum"),
    ),
)

STEP_DM2 = 2_500
WISH, KIN, SMALLER, SPARE_ACCESS, UNPLACED = 10, 6, 40, 2, 1_000_000


@dataclass(frozen=True)
class Allotment:
    """The allotment in the default order and the measures of the optimum beside it.

    ``facts``: per method ``cost, placed, wishes_met, envy`` (households that would rather have a home given to
    one of equal or lower priority), and ``saving`` of the optimum; all by the stated weights.
    """

    table: pl.DataFrame
    problems: list[Problem] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)


def allot(
    claims: pl.DataFrame,
    homes: pl.DataFrame,
    order: dict[str, int] | None = None,
    seed: int = 1,
    rounds: int = 200,
    allow_smaller: bool = True,
    by_optimum: bool = False,
) -> Allotment:
    """Allot homes site by site.

    Args:
        claims, homes: tables :data:`CLAIM` and :data:`HOME`; kin must name each other's household number.
        order: place of every household in the public draw; without it a seeded trial order stands in and the
            result says so.
        rounds: random orders behind the printed chances.
        by_optimum: deal out the optimum instead of the drawn order.

    Within a tier those who need access come first, for only some homes serve them.
    """
    claims, problems = conform(claims, CLAIM)
    homes, more = conform(homes, HOME)
    problems = [*problems, *more]
    if order is None:
        problems.append(Problem("siting.allot_trial_order", "info", value=str(seed)))
    unknown = claims["needs_access"].null_count()
    if unknown:
        problems.append(Problem("siting.allot_access_unknown", "warning", values={"count": unknown}))
    rows: list[dict[str, Any]] = []
    facts: dict[str, Any] = {"households": claims.height, "homes": homes.height}
    totals: dict[str, int] = {}
    for site in sorted(set(claims["site_id"].to_list())):
        own = claims.filter(pl.col("site_id") == site).sort("household_id")
        stock = homes.filter(pl.col("site_id") == site).sort("home_id")
        part = _Site(own, stock, allow_smaller)
        found = part.solve(order, seed, rounds, by_optimum)
        rows += found
        for name, value in part.facts.items():
            totals[name] = totals.get(name, 0) + value
    facts |= totals | {"saving": totals.get("order_cost", 0) - totals.get("optimum_cost", 0)}
    for reason in ("size", "access", "number"):
        short = [r["household_id"] for r in rows if r["short_of"] == reason]
        if short:
            problems.append(
                Problem(
                    f"siting.allot_short_{reason}",
                    "error",
                    value=", ".join(short[:8]),
                    values={"count": len(short)},
                )
            )
    table = pl.DataFrame(rows, schema=ALLOTMENT.schema()).sort("household_id")
    return Allotment(table, problems, facts)


class _Site:
    """One site's claims and homes as arrays; classes are (building, size, accessible)."""

    def __init__(self, claims: pl.DataFrame, homes: pl.DataFrame, allow_smaller: bool) -> None:
        self.claims = claims
        self.facts: dict[str, int] = {}
        keyed = homes.with_columns(
            ((pl.col("floor") == 1) | pl.col("has_lift").fill_null(False)).fill_null(False).alias("_easy"),
            pl.col("building").fill_null(""),
        )
        grouped = keyed.group_by("building", "dwelling_size_dm2", "_easy").agg(pl.col("home_id").sort())
        self.classes = grouped.sort("building", "dwelling_size_dm2", "_easy")
        self.count = np.array([len(h) for h in self.classes["home_id"].to_list()], np.int64)
        self.tier = claims["tier"].fill_null(0).to_numpy().astype(np.int64)
        self.needs = claims["needs_access"].fill_null(False).to_numpy().astype(bool)
        self.size = claims["dwelling_size_dm2"].to_numpy().astype(np.int64)
        self.allow_smaller = allow_smaller

    def costs(self, building_of_kin: list[str | None] | None = None) -> Ints:
        """(households, classes) weights of what a home lacks; ``ILLEGAL`` where the law forbids it."""
        size = self.classes["dwelling_size_dm2"].to_numpy().astype(np.int64)
        easy = self.classes["_easy"].to_numpy().astype(bool)
        steps = (self.size[:, None] - size[None, :] + STEP_DM2 - 1) // STEP_DM2
        cost = SMALLER * np.maximum(0, steps) + SPARE_ACCESS * (easy[None, :] & ~self.needs[:, None])
        buildings = self.classes["building"].to_list()
        codes = {b: i for i, b in enumerate(sorted(set(buildings)))}
        mine = np.array([codes[b] for b in buildings], np.int64)
        for wishes, weight in (
            (self.claims["building_wish"].to_list(), WISH),
            (building_of_kin or [None] * len(self.size), KIN),
        ):
            wish = np.array([-1 if w is None else codes.get(w, -2) for w in wishes], np.int64)
            cost = cost + weight * ((wish[:, None] != mine[None, :]) & (wish[:, None] != -1))
        legal = (size[None, :] <= self.size[:, None]) & (easy[None, :] | ~self.needs[:, None])
        if not self.allow_smaller:
            legal &= size[None, :] == self.size[:, None]
        return np.where(legal, cost, ILLEGAL).astype(np.int64)

    def solve(
        self, order: dict[str, int] | None, seed: int, rounds: int, by_optimum: bool
    ) -> list[dict[str, Any]]:
        """Both methods, chances and rows."""
        names = self.claims["household_id"].to_list()
        drawn = np.random.default_rng(seed).permutation(len(names)).astype(np.int64)
        if order is not None:
            drawn = np.array([order.get(n, len(order)) for n in names], np.int64)
        cost = self.costs()
        prior = 2 * self.tier + ~self.needs
        turn = np.lexsort((drawn, prior)).astype(np.int64)
        leave = UNPLACED * (1 + int(self.tier.max(initial=0)) - self.tier)
        taken = serial_order(cost, self.count, turn)
        best = match_classes(cost, self.count, leave)
        taken = self._with_kin(taken, turn, cost)
        self._measure("order", cost, taken, leave)
        self._measure("optimum", cost, best.taken, leave)
        self.facts["optimum_bound"] = best.bound(cost, self.count, leave)
        any_ppm, best_ppm = chances(cost, self.count, prior, rounds, seed)
        used = best.taken if by_optimum else taken
        return self._rows(names, used, turn, cost, best.taken, any_ppm, best_ppm)

    def _with_kin(self, taken: Ints, turn: Ints, cost: Ints) -> Ints:
        """A second pass in the same order in which kin draw households to their building."""
        kin = self.claims["kin_household_id"].to_list()
        if not any(kin):
            return taken
        names = self.claims["household_id"].to_list()
        where = dict(zip(names, taken.tolist(), strict=True))
        place = {n: i for i, n in enumerate(turn.tolist())}
        number = {n: i for i, n in enumerate(names)}
        buildings = self.classes["building"].to_list()
        pull: list[str | None] = []
        for i, other in enumerate(kin):
            later = other in number and place[number[other]] < place[i]
            pull.append(buildings[where[other]] if later and where[other] >= 0 else None)
        return serial_order(self.costs(pull), self.count, turn)

    def _measure(self, name: str, cost: Ints, taken: Ints, leave: Ints) -> None:
        got = np.flatnonzero(taken >= 0)
        own = (
            np.where(taken >= 0, cost[np.arange(len(taken)), np.maximum(0, taken)], leave)
            if cost.size
            else leave
        )
        self.facts[f"{name}_cost"] = int(own.sum())
        self.facts[f"{name}_placed"] = len(got)
        self.facts[f"{name}_envy"] = envy(cost, taken, self.tier, own)

    def _rows(
        self,
        names: list[str],
        taken: Ints,
        turn: Ints,
        cost: Ints,
        optimum: Ints,
        any_ppm: Ints,
        best_ppm: Ints,
    ) -> list[dict[str, Any]]:
        stock = [list(h) for h in self.classes["home_id"].to_list()]
        home: dict[int, str] = {int(h): stock[taken[h]].pop(0) for h in turn.tolist() if taken[h] >= 0}
        buildings = self.classes["building"].to_list()
        sizes = self.classes["dwelling_size_dm2"].to_list()
        wishes = self.claims["building_wish"].to_list()
        kin = self.claims["kin_household_id"].to_list()
        site = self.claims["site_id"].to_list()
        place = {n: (buildings[c] if c >= 0 else None) for n, c in zip(names, taken.tolist(), strict=True)}
        rows = []
        for h, name in enumerate(names):
            c = int(taken[h])
            rows.append(
                {
                    "household_id": name,
                    "site_id": site[h],
                    "home_id": home.get(h),
                    "dwelling_size_dm2": sizes[c] if c >= 0 else None,
                    "short_of": None if c >= 0 else self._short(h),
                    "wish_met": None if wishes[h] is None else place[name] == wishes[h],
                    "kin_met": None
                    if kin[h] is None
                    else place[name] is not None and place[name] == place.get(kin[h]),
                    "chance_ppm": int(any_ppm[h]),
                    "best_chance_ppm": int(best_ppm[h]),
                    "optimum_home_class": None
                    if optimum[h] < 0
                    else f"{buildings[optimum[h]]} {sizes[optimum[h]] / 100:g} m2",
                }
            )
        return rows

    def _short(self, h: int) -> str:
        """What an unplaced household lacks: a size it may have, an accessible home, or simply homes left."""
        size = self.classes["dwelling_size_dm2"].to_numpy()
        right = (size <= self.size[h]) if self.allow_smaller else (size == self.size[h])
        if not right.any():
            return "size"
        return "access" if self.needs[h] else "number"


def envy(cost: Ints, taken: Ints, tier: Ints, own: Ints) -> int:
    """Households that would rather have a home that went to one of equal or lower priority.

    >>> envy(np.array([[0, 5], [0, 5]]), np.array([1, 0]), np.array([0, 0]), np.array([5, 0]))
    1
    """
    classes = cost.shape[1]
    last = np.full(classes, -1, np.int64)
    got = np.flatnonzero(taken >= 0)
    np.maximum.at(last, taken[got], tier[got])
    better = (cost >= 0) & (cost < own[:, None]) & (last[None, :] >= tier[:, None])
    return int(better.any(axis=1).sum())
