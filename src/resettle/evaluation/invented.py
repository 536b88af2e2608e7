"""An invented survey with a truth that is written down: three rounds of the same households, hosts beside them.

For demos and tests. Nobody was asked; every row says so. What is true of it stands in :data:`TRUTH`, so that
whoever evaluates it can be held against it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from resettle.evaluation.form import EVERY_ROUND, MOVE_QUESTIONS, MOVERS_ONLY, WAVES, Item

Array = NDArray[np.float64]

TRUTH: Mapping[str, float] = {
    "income_effect": 2000.0,
    "income_trend": 900.0,
    "satisfaction_step": 0.3,
    "willing_per_km": -0.06,
    "late_movers": 0.25,
    "staying_on_wellbeing": 0.5,
}
"""What the answers are made with: yuan a person and year that the move adds to income, and that every round
adds to everybody's; how many standard deviations satisfaction rises from the second round to the third, and
willingness falls with each kilometre; the share who move only between the second and third round; and how
much likelier (on the logit scale) a household one standard deviation better off is to answer again."""

LEVEL = {"FIN": 0.45, "EXP": 0.66, "PQ": 0.58, "PV": 0.60, "SAT": 0.60, "LOY": 0.66, "GRP": 0.52, "F2": -0.08}
"""Middle of a construct's answers on its scale from 0 to 1, and what single items stand above or below it."""
LINKS: Mapping[str, Mapping[str, float]] = {
    "EXP": {},
    "FIN": {},
    "PQ": {"FIN": 0.45, "EXP": 0.25},
    "PV": {"PQ": 0.55, "EXP": 0.15},
    "SAT": {"PQ": 0.35, "PV": 0.3, "FIN": 0.2},
    "LOY": {"SAT": 0.7},
}
"""How the constructs hang together."""
NEVER_ASKED_BEFORE = ("PQ", "PV", "SAT", "LOY", "FIN", "CMP", "PSY", "CUL", "GRP")
"""Scales about life after the move; nobody can answer them before it."""
AMOUNTS: Mapping[str, tuple[float, float]] = {
    "monthly_cost": (820.0, 960.0),
    "asset_income_year": (120.0, 460.0),
    "minutes_school": (48.0, 14.0),
    "minutes_clinic": (37.0, 11.0),
    "debt_building": (0.0, 5200.0),
}
"""Middle of an amount before and after the move."""
CHANCES: Mapping[str, tuple[float, float]] = {
    "safe_water": (0.55, 0.96),
    "knows_policy": (0.48, 0.81),
    "lives_here": (0.0, 0.9),
    "went_back": (0.0, 0.05),
    "has_land": (0.97, 0.83),
    "food_short": (0.12, 0.05),
    "care_missed": (0.16, 0.07),
    "uses_commons": (0.88, 0.52),
}
"""Chance of a yes before and after the move."""
WAGES = (0.42, 0.56)
"""Wages' part of income before and after."""
INCOMES = {"registered_poor": 2400.0, "co_mover": 7900.0, "affected": 6000.0, "host": 8200.0}
"""Middle yearly income a person before the move, yuan, by class, where the registry states none: the registered lie
under the national line of 2016 (2,952), their neighbours well above."""
EFFECT_SPREAD, YEAR_SPREAD, TOLD_SPREAD = 0.35, 0.15, 0.10
"""Spread on the log scale of what the move does to a household's income, of good and bad years, and of what is told
at the door about what the registry states."""
FIRST_YEAR, YEARS = 2016, {"baseline": 0, "year_1": 2, "year_3": 4}


def synthetic_panel(
    sample: pl.DataFrame,
    items: Sequence[Item],
    seed: int,
    distance: pl.DataFrame | None = None,
    waves: Sequence[str] = WAVES,
    first_year: int = FIRST_YEAR,
    incomes: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Answers of the drawn households, hosts among them (``household_class`` "host"), over several rounds.

    A household keeps its own temper, income and site from round to round; those who are less well off are
    lost more often, so that an evaluation which does not weight for it errs.

    Args:
        sample: ``household_id, site_id, is_reserve, household_class``; distance: ``household_id,
            distance_km`` of those who moved; incomes: ``household_id, income_person_year`` by the registry, before
            the move; where it states none, :data:`INCOMES` of the class stand in.

    Returns:
        One row per household and round with ``has_moved``, ``asked_date``, ``is_synthetic`` and every item;
        a question that does not concern a household in that round is unknown.
    """
    rng = np.random.default_rng(seed)
    table = sample.filter(~pl.col("is_reserve").fill_null(False)).sort("household_id")
    if distance is not None:
        table = table.join(
            distance.unique("household_id"), on="household_id", how="left", maintain_order="left"
        )
    n = table.height
    km = table["distance_km"].fill_null(0.0).to_numpy() if "distance_km" in table.columns else np.zeros(n)
    host = (table["household_class"] == "host").fill_null(False).to_numpy()
    site = {s: 0.35 * rng.normal() for s in sorted(table["site_id"].unique().to_list())}
    temper = np.array([site[s] for s in table["site_id"].to_list()]) + rng.normal(size=n)
    kind = {k: float(rng.choice([2, 3, 3, 3, 4, 5])) for k in site}
    place = np.array([kind[k] for k in table["site_id"].to_list()])
    own = {c: rng.normal(size=n) for c in sorted({i.construct for i in items})}
    income = _incomes(rng, table, temper, incomes)
    gain = TRUTH["income_effect"] * _about_one(rng, EFFECT_SPREAD, n)
    late = ~host & (rng.random(n) < TRUTH["late_movers"])
    parts = []
    for k, wave in enumerate(waves):
        moved = ~host & ((k > 0) if wave == "year_3" else (k > 0) & ~late)
        moved = np.zeros(n, dtype=bool) if wave == "baseline" else moved
        latent = _latents(rng, temper, own, km, wave, n)
        columns: dict[str, Any] = {
            "household_id": table["household_id"],
            "wave": [wave] * n,
            "has_moved": moved,
            "asked_date": [date(first_year + YEARS.get(wave, 2 * k), 10, 1)] * n,
            "is_synthetic": [True] * n,
        }
        earned = (income + TRUTH["income_trend"] * k + gain * moved) * _about_one(rng, YEAR_SPREAD, n)
        for item in items:
            raw = _answer(rng, item, latent, km, earned, moved, n)
            raw = place if item.name == "place_class" else raw
            columns[item.name] = np.where(_asked(item, wave, moved, host), raw, np.nan)
        stays = 2.2 + TRUTH["staying_on_wellbeing"] * temper - 0.35 * k
        heard = rng.random(n) < 1 / (1 + np.exp(-stays))
        parts.append(pl.DataFrame(columns, nan_to_null=True).filter(pl.Series(heard)))
    return pl.concat(parts, how="vertical_relaxed").sort("household_id", "wave")


def _about_one(rng: np.random.Generator, spread: float, n: int) -> Array:
    """Factors that are 1 on average."""
    return np.asarray(np.exp(spread * rng.normal(size=n) - spread**2 / 2))


def _incomes(
    rng: np.random.Generator, table: pl.DataFrame, temper: Array, stated: pl.DataFrame | None
) -> Array:
    """Income a person before the move: near what the registry states of the household, otherwise of its class."""
    classes = table["household_class"].replace_strict(
        INCOMES, default=INCOMES["affected"], return_dtype=pl.Float64
    )
    free = classes.to_numpy() * np.exp(0.1 * temper + 0.2 * rng.normal(size=table.height))
    told = _about_one(rng, TOLD_SPREAD, table.height)
    if stated is None:
        return np.asarray(free)
    known = table.select("household_id").join(
        stated.unique("household_id"), on="household_id", how="left", maintain_order="left"
    )
    own = known["income_person_year"].cast(pl.Float64).fill_null(float("nan")).to_numpy()
    return np.asarray(np.where(np.isfinite(own), own * told, free))


def _latents(
    rng: np.random.Generator, temper: Array, own: Mapping[str, Array], km: Array, wave: str, n: int
) -> dict[str, Array]:
    """Each construct this round: what lasts of a household, what its causes add, and the day's chance."""
    found: dict[str, Array] = {}
    step = TRUTH["satisfaction_step"] if wave == "year_3" else 0.0
    for name in [*LINKS, *(c for c in own if c not in LINKS)]:
        lasting = 0.45 * temper + 0.45 * own.get(name, np.zeros(n)) + 0.4 * rng.normal(size=n)
        causes = sum((b * found[c] for c, b in LINKS.get(name, {}).items()), np.zeros(n))
        share = 1.0 if not LINKS.get(name) else 0.6
        found[name] = share * lasting + causes + (step if name == "SAT" else 0.0)
        if name in ("PSY", "GRP"):
            found[name] = found[name] - 0.02 * (km - 8)
    found["willing_today"] = (
        0.5 * found["SAT"] + 0.6 * rng.normal(size=n) + TRUTH["willing_per_km"] * (km - 8)
    )
    return found


def _answer(
    rng: np.random.Generator,
    item: Item,
    latent: Mapping[str, Array],
    km: Array,
    income: Array,
    moved: NDArray[np.bool_],
    n: int,
) -> Array:
    """One question's answers before it is settled who was asked."""
    noise = rng.normal(size=n)
    if item.name in CHANCES:
        return np.asarray((rng.random(n) < np.where(moved, *CHANCES[item.name][::-1])).astype(np.float64))
    if item.name in AMOUNTS:
        return np.asarray(np.round(np.where(moved, *AMOUNTS[item.name][::-1]) * np.exp(0.35 * noise)))
    if item.name == "wage_person_year":
        return np.asarray(np.round(income * np.clip(np.where(moved, *WAGES[::-1]) + 0.08 * noise, 0.0, 1.0)))
    if item.low is None or item.high is None:
        if item.name == "income_person_year":
            return np.asarray(np.round(np.maximum(income, 200)))
        if item.name == "minutes_old_fields":
            return np.asarray(np.round(np.maximum(5 + 5 * km + 8 * noise, 2)))
        return np.asarray(np.round(60 + 45 * noise))
    wide = item.high - item.low
    middle = LEVEL.get(item.construct, 0.6) + LEVEL.get(item.name, 0.0)
    base = latent.get(item.name, latent.get(item.construct, latent["SAT"]))
    raw = item.low + wide * (middle + 0.16 * (base + 0.55 * noise))
    value = np.clip(np.round(raw), item.low, item.high)
    return np.asarray(item.low + item.high - value if item.reverse else value)


def _asked(item: Item, wave: str, moved: NDArray[np.bool_], host: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whom a question concerns in a round: life after the move only those who have moved."""
    if item.name == "income_person_year":
        return np.ones(len(moved), dtype=bool)
    if item.name in EVERY_ROUND:
        return ~host if wave == "baseline" else moved
    if item.name == "willing_application" or item.construct == "EXP":
        return ~host
    if item.construct in ("PSY", "CUL"):
        return (moved | host) & (wave != "baseline")
    about_move = item.construct in MOVERS_ONLY or item.name in MOVE_QUESTIONS
    after = wave != "baseline" and (about_move or item.construct in NEVER_ASKED_BEFORE)
    return moved if after else np.zeros(len(moved), dtype=bool)


def with_hosts(sample: pl.DataFrame, per_site: int) -> pl.DataFrame:
    """The sample with ``per_site`` households who lived at each drawn site before, for comparison.

    There is no list of hosts: the interviewer walks from the site's centre and takes every third door. They
    share their site's weight, so that a site counts alike among movers and hosts.
    """
    drawn = sample.filter(~pl.col("is_reserve").fill_null(False))
    sites = drawn.group_by("site_id", "stratum").agg(pl.col("weight").sum()).sort("site_id", "stratum")
    rows = [
        {
            "household_id": f"host-{r['site_id']}-{k}",
            "site_id": r["site_id"],
            "stratum": r["stratum"],
            "household_class": "host",
            "draw_order": k,
            "is_reserve": False,
            "weight": r["weight"] / per_site,
        }
        for r in sites.iter_rows(named=True)
        for k in range(1, per_site + 1)
    ]
    more = pl.DataFrame(rows, schema_overrides={"draw_order": pl.Int64})
    return pl.concat([sample, more], how="diagonal_relaxed")


TALKS, PASSAGES, SLIPS = 24, 3, 0.08
"""Invented interviews, sentences in each, and in what share of readings the second coder sees nothing."""
INVENTED = ("编造", "synthetic")
"""What stands before every invented sentence, so that no quote of a demo can pass for somebody's words."""


def invented_interviews(
    said: Sequence[Mapping[str, str]], sample: pl.DataFrame, seed: int
) -> tuple[dict[str, str], pl.DataFrame]:
    """Notes by household number and the codes two invented coders gave to their passages.

    Args:
        said: ``code, zh, en``; sample: the survey's, whose movers are talked to.
    """
    rng = np.random.default_rng([seed, 77])
    movers = sample.filter(~pl.col("is_reserve") & (pl.col("household_class") != "host").fill_null(True))
    names = movers["household_id"].unique().sort().to_list()
    chosen = sorted(str(names[i]) for i in rng.permutation(len(names))[:TALKS])
    notes: dict[str, str] = {}
    codings: list[tuple[str, str, str]] = []
    for name in chosen:
        parts = []
        for k, at in enumerate(rng.permutation(len(said))[:PASSAGES], start=1):
            entry = said[int(at)]
            parts.append(f"（{INVENTED[0]}）{entry['zh']} || ({INVENTED[1]}) {entry['en']}")
            seen = entry["code"] if rng.random() >= SLIPS else ""
            codings += [(f"{name}#{k}", "synthetic_1", entry["code"]), (f"{name}#{k}", "synthetic_2", seen)]
        notes[name] = "\n\n".join(parts) + "\n"
    schema = {"passage_id": pl.String, "coder": pl.String, "code": pl.String}
    return notes, pl.DataFrame(codings, schema=schema, orient="row")
