"""Do the rates foretell? Two rosters of the same households, fitted on one half, judged on the other.

Three forecasts of "this household has more members at the second roster" are compared on households that
took no part in fitting: nobody changes; the pack's rates; the pack's rates scaled to the first half. Only a
forecast that beats "nobody changes" by more than chance, and whose groups come out as foretold, passes.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from resettle.problems import Problem
from resettle.projection.draw import keys_of
from resettle.projection.project import MOST_YEARS, run_draws
from resettle.projection.rates import read_rates
from resettle.projection.roster import read_roster
from resettle.tables.people import is_here

FEWEST = 200
"""Households in both rosters below which no backtest is made."""

BINS = 5
DRAWS = 400
RESAMPLES = 2000
SCALES = (0.25, 0.5, 0.7, 0.85, 1.0, 1.2, 1.5, 2.0, 3.0)
SCALED = {"death": "death.points", "marriage": "marriage.steps", "birth": "birth.factor"}
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Backtest:
    """What a backtest found.

    Attributes:
        scores: one row per forecast (``nobody``, ``pack``, ``fitted``) with Brier score for growth and for
            the whole size distribution (ranked probability score).
        calibration: one row per forecast and group of foretold chances: mean chance, share that grew, and
            the 95% band that chance alone explains.
        passed: whether ``fitted`` may be shown as a probability.
        reason: ``""``, ``not_better`` or ``calibration``.
        document: the fitted rates; ``digest`` identifies them (see :func:`resettle.projection.shown_as`).
    """

    scores: pl.DataFrame
    calibration: pl.DataFrame
    passed: bool
    reason: str
    households: int
    scales: Mapping[str, float]
    document: Mapping[str, Any]
    digest: str


def backtest(
    first: tuple[pl.DataFrame, pl.DataFrame],
    second: tuple[pl.DataFrame, pl.DataFrame],
    document: Mapping[str, Any],
    *,
    first_date: date,
    second_date: date,
    seed: int = 0,
    scales: Mapping[str, float] | None = None,
) -> tuple[Backtest | None, list[Problem]]:
    """Fit on half of the households that stand in both rosters, judge on the other half.

    ``first`` and ``second`` are (household, person) tables; households are matched by number and split by a
    hash of it, so that the split depends neither on order nor on the seed of the draws. With ``scales`` of
    an earlier backtest nothing is fitted and only the other half is judged again.
    """
    years = round((second_date - first_date).days / 365.25)
    if not 1 <= years <= MOST_YEARS:
        return None, [
            Problem(
                "projection.waves_order", "error", value=second_date.isoformat(), nearest=f"1..{MOST_YEARS}"
            )
        ]
    rates, problems = read_rates(document)
    if rates is None:
        return None, problems
    problems += [p for wave, (_, person) in (("1", first), ("2", second)) for p in _twice(person, wave)]
    problems = [p for p in problems if p.severity == "error"]
    if problems:
        return None, problems
    before, after = _sizes(*first), _sizes(*second)
    sizes = before.join(after, on="household_id", suffix="_then").sort("household_id")
    if sizes.height < FEWEST:
        code = "projection.waves_share_nobody" if sizes.height == 0 else "projection.waves_few"
        return None, [Problem(code, "error", value=str(sizes.height), nearest=str(FEWEST))]
    if (sizes["size"] == sizes["size_then"]).all():
        return None, [Problem("projection.waves_no_change", "error")]
    house = first[0].join(sizes.select("household_id"), on="household_id", how="semi").sort("household_id")
    person = first[1].join(sizes.select("household_id"), on="household_id", how="semi")
    keys = keys_of(sizes["household_id"].to_list(), np.array([0x5EED], dtype=np.uint64))
    training = (keys & np.uint64(1)).astype(bool)
    now, then = sizes["size"].to_numpy(), sizes["size_then"].to_numpy()

    def foretell(factors: Mapping[str, float]) -> Floats:
        changed, _ = read_rates(scaled(document, factors))
        if changed is None:
            raise AssertionError("scaled rates are refused though the pack's are not")
        roster, _ = read_roster(house, person, first_date, changed, seed)
        return run_draws(roster, changed, years, DRAWS)[:, -1, :] / DRAWS

    found = dict(scales) if scales is not None else _fit(foretell, now, then, training)
    chances = {
        "nobody": _certain(now, foretell({}).shape[1]),
        "pack": foretell({}),
        "fitted": foretell(found),
    }
    apart = _apart(before.height, after.height, sizes.height)
    return _judge(chances, now, then, ~training, found, document, seed), apart


def scaled(document: Mapping[str, Any], scales: Mapping[str, float]) -> dict[str, Any]:
    """The document with its deaths, marriages and births multiplied (never above one)."""
    result = copy.deepcopy(dict(document))
    for entry in result["death"]["points"]:
        entry["value"] = min(1.0, entry["value"] * scales.get("death", 1.0))
    for entry in result["marriage"]["steps"]:
        entry["value"] = min(1.0, entry["value"] * scales.get("marriage", 1.0))
    births = scales.get("birth", 1.0)
    result["birth"]["factor"] = result["birth"]["factor"] * births
    shares = result["first_birth"]["cumulative"]
    result["first_birth"]["cumulative"] = [1 - (1 - share) ** births for share in shares]
    return result


def _twice(person: pl.DataFrame, wave: str) -> list[Problem]:
    again = person.group_by("person_id").len().filter(pl.col("len") > 1).sort("person_id")
    return [
        Problem("projection.person_twice", "error", file=wave, value=who, values={"times": n})
        for who, n in again.head(20).iter_rows()
    ]


def _apart(before: int, after: int, both: int) -> list[Problem]:
    """Households that stand in one roster only: nothing is known of how they changed."""
    if before == after == both:
        return []
    values = {"before": before - both, "after": after - both}
    return [Problem("projection.waves_apart", "warning", value=str(both), values=values)]


def _sizes(household: pl.DataFrame, person: pl.DataFrame) -> pl.DataFrame:
    """Members of each household: those listed as present, else the number stated."""
    listed = (
        person.filter(is_here(person)).group_by("household_id").agg(pl.len().cast(pl.Int64).alias("_listed"))
    )
    frame = household.select("household_id", "member_count").join(listed, on="household_id", how="left")
    size = pl.coalesce("_listed", "member_count")
    return frame.select("household_id", size.alias("size")).filter(pl.col("size").is_not_null())


def _certain(now: NDArray[np.int64], width: int) -> Floats:
    result = np.zeros((len(now), width))
    result[np.arange(len(now)), np.minimum(now, width - 1)] = 1.0
    return result


def _ranked(chance: Floats, then: NDArray[np.int64]) -> Floats:
    """Ranked probability score of each household (Epstein 1969): squared distance of the distributions."""
    happened = np.arange(chance.shape[1])[None, :] >= np.minimum(then, chance.shape[1] - 1)[:, None]
    return np.asarray(((np.cumsum(chance, axis=1) - happened) ** 2).sum(axis=1))


def _fit(
    foretell: Any, now: NDArray[np.int64], then: NDArray[np.int64], training: NDArray[np.bool_]
) -> dict[str, float]:
    """Scale deaths, marriages and births in turn, twice, to the least ranked score of the training half.

    A change is taken only if it improves the score by more than one and a half standard errors of the
    paired differences: otherwise the pack's rate stays, so that chance in the roster is not learned.
    """
    best: dict[str, float] = {}
    least = _ranked(foretell({})[training], then[training])
    for _ in range(2):
        for name in SCALED:
            chosen: tuple[dict[str, float], Floats] | None = None
            for factor in SCALES:
                tried = best | {name: factor}
                score = _ranked(foretell(tried)[training], then[training])
                gain = least - score
                clear = gain.mean() > 1.5 * gain.std(ddof=1) / np.sqrt(len(gain)) + 1e-12
                if clear and (chosen is None or score.mean() < chosen[1].mean()):
                    chosen = tried, score
            if chosen is not None:
                best, least = chosen
    return {name: best.get(name, 1.0) for name in SCALED}


def _judge(
    chances: Mapping[str, Floats],
    now: NDArray[np.int64],
    then: NDArray[np.int64],
    judged: NDArray[np.bool_],
    scales: Mapping[str, float],
    document: Mapping[str, Any],
    seed: int,
) -> Backtest:
    grew = (then > now)[judged].astype(float)
    sizes = np.arange(next(iter(chances.values())).shape[1])
    growth = {n: (c * (sizes[None, :] > now[:, None])).sum(axis=1)[judged] for n, c in chances.items()}
    brier = {name: (p - grew) ** 2 for name, p in growth.items()}
    rows = [
        {
            "forecast": name,
            "brier_growth": float(brier[name].mean()),
            "ranked_score": float(_ranked(c[judged], then[judged]).mean()),
            "grew_share": float(grew.mean()),
            "chance_mean": float(growth[name].mean()),
            "households": int(judged.sum()),
        }
        for name, c in chances.items()
    ]
    table = pl.concat([calibration(name, growth[name], grew) for name in ("pack", "fitted")])
    gain = brier["nobody"] - brier["fitted"]
    rng = np.random.default_rng(seed)
    means = np.array([gain[rng.integers(0, len(gain), len(gain))].mean() for _ in range(RESAMPLES)])
    better = float(np.quantile(means, 0.025)) > 0
    off = table.filter((pl.col("forecast") == "fitted") & ~pl.col("within_chance")).height
    reason = "" if better and not off else "calibration" if better else "not_better"
    fitted = dict(document) if set(scales.values()) == {1.0} else scaled(document, scales)
    rates, _ = read_rates(fitted)
    return Backtest(
        pl.DataFrame(rows),
        table,
        reason == "",
        reason,
        int(judged.sum()),
        dict(scales),
        fitted,
        rates.digest if rates is not None else "",
    )


def calibration(name: str, chance: Floats, grew: Floats, bins: int = BINS) -> pl.DataFrame:
    """Groups of equal size by foretold chance: what was foretold, what happened, what chance allows.

    The band is that of a sum of independent yes/no outcomes with the foretold chances, at 95% for all
    groups together (Bonferroni), plus the noise of the draws themselves.
    """
    order = np.argsort(chance, kind="stable")
    reach = {2: 2.24, 3: 2.39, 4: 2.50, 5: 2.58}.get(bins, 2.81)
    rows = []
    for group, part in enumerate(np.array_split(order, bins), start=1):
        p, y = chance[part], grew[part]
        q = np.clip(p, 0.5 / DRAWS, 1 - 0.5 / DRAWS)
        noise = np.sqrt((q * (1 - q) * (1 + 1 / DRAWS)).sum()) / len(p)
        gap = abs(float(p.mean() - y.mean()))
        rows.append(
            {
                "forecast": name,
                "group": group,
                "chance_low": float(p.min()),
                "chance_high": float(p.max()),
                "chance_mean": float(p.mean()),
                "grew_share": float(y.mean()),
                "band": float(reach * noise),
                "within_chance": bool(gap <= reach * noise + 1e-9),
                "households": len(part),
            }
        )
    return pl.DataFrame(rows)


def synthetic_panel(
    household: pl.DataFrame,
    person: pl.DataFrame,
    document: Mapping[str, Any],
    as_of: date,
    years: int,
    seed: int,
) -> pl.DataFrame:
    """A second roster with known truth: sizes drawn once from the given rates. Synthetic, and marked so."""
    rates, problems = read_rates(document)
    if rates is None:
        raise ValueError(f"rates are refused: {[p.code for p in problems]}")
    roster, _ = read_roster(household, person, as_of, rates, seed)
    counts = run_draws(roster, rates, years, 1)[:, -1, :]
    return roster.households.select(
        "household_id",
        "county_code",
        pl.Series("member_count", counts.argmax(axis=1), dtype=pl.Int64),
        pl.lit(True).alias("is_synthetic"),
    )
