"""Indicators as levels, a ridge logistic fit, and the whole points made of it.

Source of the form (few indicators, whole points from 0 to 100, one cut-off): Schreiner (2010), Enterprise
Development and Microfinance 21(2), 118-137. The fit is a logistic regression with a ridge penalty (Hoerl and
Kennard 1970), because a small audit sample separates easily.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import expit

from resettle.problems import Problem

Array = NDArray[np.float64]
Codes = NDArray[np.int64]

MOST_LEVELS = 12
PENALTY = 2.0
"""Ridge penalty on standardised weights; two observations' worth."""
STEPS = 100
FEWEST_IN_BAND = 25
WHOLE = 100


@dataclass(frozen=True)
class Indicator:
    """One question of the card.

    Attributes:
        name: column; levels: its answers in words; edges: inner ends of the bands of a number, else empty.
    """

    name: str
    levels: tuple[str, ...]
    edges: tuple[float, ...] = ()


@dataclass(frozen=True)
class Card:
    """Whole points by indicator and level, and the cut-off from which a unit counts as meant.

    Attributes:
        chosen: positions of the indicators used; points: one array per chosen indicator.
        usual: the points an unknown answer gets (the weighted average).
    """

    chosen: tuple[int, ...]
    points: tuple[Codes, ...]
    usual: tuple[int, ...]
    cut: int

    def score(self, codes: Codes) -> Array:
        """Points (n,) of coded answers (n, k); an unknown answer counts the usual points."""
        total = np.zeros(len(codes))
        for k, points, usual in zip(self.chosen, self.points, self.usual, strict=True):
            own = codes[:, k]
            total += np.where(own >= 0, points[np.maximum(own, 0)], usual)
        return total


def read_indicators(
    frame: pl.DataFrame, names: Sequence[str], bands: Mapping[str, Sequence[float]]
) -> tuple[list[Indicator], Codes, list[Problem]]:
    """Indicators with their levels, and the coded answers (n, k) with -1 where unknown.

    A number with more than five values is cut into bands: those declared, else at its quartiles. Bands
    never look at the truth. Constant columns and texts with too many answers are left out and named.
    """
    found: list[Indicator] = []
    columns: list[Codes] = []
    problems: list[Problem] = []
    for name in names:
        raw = frame[name]
        known = raw.drop_nulls()
        if known.n_unique() < 2:
            problems.append(Problem("scorecard.indicator_constant", "warning", column=name))
            continue
        if raw.dtype.is_numeric() and (known.n_unique() > 5 or name in bands):
            indicator, code = _banded(name, raw, bands.get(name))
        else:
            values = sorted(known.unique().to_list(), key=lambda v: (isinstance(v, str), v))
            if len(values) > MOST_LEVELS:
                value = str(len(values))
                problems.append(
                    Problem(
                        "scorecard.indicator_levels",
                        "warning",
                        column=name,
                        value=value,
                        values={"most": MOST_LEVELS},
                    )
                )
                continue
            place = {v: k for k, v in enumerate(values)}
            indicator = Indicator(name, tuple(_said(v) for v in values))
            code = np.array([-1 if v is None else place[v] for v in raw.to_list()], dtype=np.int64)
        if len(indicator.levels) < 2:
            problems.append(Problem("scorecard.indicator_constant", "warning", column=name))
            continue
        lost = int((code < 0).sum())
        if lost:
            problems.append(Problem("scorecard.answer_unknown", "hint", column=name, value=str(lost)))
        found.append(indicator)
        columns.append(code)
    codes = np.stack(columns, axis=1) if columns else np.zeros((frame.height, 0), dtype=np.int64)
    return found, codes, problems


def _said(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _banded(name: str, raw: pl.Series, given: Sequence[float] | None) -> tuple[Indicator, Codes]:
    values = raw.cast(pl.Float64).fill_null(float("nan")).to_numpy()
    known = values[np.isfinite(values)]
    edges = np.unique(np.quantile(known, [0.25, 0.5, 0.75]) if given is None else np.asarray(given, float))
    # An edge at the lowest value, or a band nearly nobody is in, would only carry noise.
    edges = np.array([e for e in edges if min((known < e).sum(), (known >= e).sum()) >= FEWEST_IN_BAND])
    code = np.where(np.isfinite(values), np.searchsorted(edges, np.nan_to_num(values), side="right"), -1)
    ends = [f"{e:g}" for e in edges]
    if not ends:
        return Indicator(name, ("all",)), np.asarray(code, dtype=np.int64)
    words = [
        f"< {ends[0]}",
        *(f"{a} ≤ … < {b}" for a, b in pairwise(ends)),
        f"≥ {ends[-1]}",
    ]
    return Indicator(name, tuple(words), tuple(float(e) for e in edges)), np.asarray(code, dtype=np.int64)


def one_hot(codes: Codes, sizes: Sequence[int]) -> tuple[Array, list[slice]]:
    """Levels as columns (n, m); an unknown answer stands at the average of its indicator."""
    parts, places, at = [], [], 0
    for k, size in enumerate(sizes):
        own = np.zeros((len(codes), size))
        there = codes[:, k] >= 0
        own[np.flatnonzero(there), codes[there, k]] = 1.0
        own[~there] = own[there].mean(axis=0) if there.any() else 0.0
        parts.append(own)
        places.append(slice(at, at + size))
        at += size
    return np.hstack(parts), places


def ridge_logistic(x: Array, truth: Array, weight: Array) -> Array:
    """Coefficients (m + 1,) of a ridge logistic regression, the free constant last; Newton steps."""
    wide = np.hstack([x, np.ones((len(x), 1))])
    scale = weight * (len(weight) / weight.sum())
    keep = np.concatenate([np.full(x.shape[1], PENALTY), [1e-9]])
    beta = np.zeros(wide.shape[1])
    for _ in range(STEPS):
        p = expit(wide @ beta)
        gradient = wide.T @ (scale * (truth - p)) - keep * beta
        curve = (wide * (scale * np.maximum(p * (1 - p), 1e-9))[:, None]).T @ wide + np.diag(keep)
        move = np.linalg.solve(curve, gradient)
        beta = beta + np.clip(move, -2.0, 2.0)
        if float(np.abs(move).max()) < 1e-10:
            break
    return beta


def fit_card(codes: Codes, truth: Array, weight: Array, sizes: Sequence[int], most: int) -> Card:
    """A card of at most ``most`` indicators: fit all, keep those with the widest range, fit again, round.

    Points of an indicator begin at 0 and all the highest add up to about 100. The cut-off is the whole
    number at which the weighted share counted comes nearest to the weighted share that is meant, so that
    exclusion and inclusion cost the same.
    """
    every = list(range(len(sizes)))
    ranges = [float(np.ptp(c)) for c in _coefficients(codes, truth, weight, sizes, every)]
    chosen = sorted(sorted(every, key=lambda k: (-round(ranges[k], 9), k))[:most])
    fitted = [c - c.min() for c in _coefficients(codes, truth, weight, sizes, chosen)]
    top = sum(float(c.max()) for c in fitted)
    points = tuple(np.rint(c * (WHOLE / top if top > 0 else 0.0)).astype(np.int64) for c in fitted)
    usual = []
    for k, own in zip(chosen, points, strict=True):
        there = codes[:, k] >= 0
        usual.append(
            int(np.rint(np.average(own[codes[there, k]], weights=weight[there]))) if there.any() else 0
        )
    card = Card(tuple(chosen), points, tuple(usual), 0)
    return Card(card.chosen, points, card.usual, cut_at(card.score(codes), truth, weight))


def _coefficients(
    codes: Codes, truth: Array, weight: Array, sizes: Sequence[int], chosen: Sequence[int]
) -> list[Array]:
    x, places = one_hot(codes[:, list(chosen)], [sizes[k] for k in chosen])
    beta = ridge_logistic(x, truth, weight)
    return [beta[place] for place in places]


def cut_at(score: Array, truth: Array, weight: Array) -> int:
    """The whole cut-off whose weighted share counted (score at or above it) is nearest to the truth's."""
    wanted = float(weight @ truth)
    cuts = np.arange(1, int(score.max()) + 2)
    have = np.array([weight[score >= c].sum() for c in cuts])
    return int(cuts[int(np.argmin(np.abs(have - wanted)))])


def card_rows(card: Card, indicators: Sequence[Indicator]) -> list[dict[str, Any]]:
    """The card as it is printed: indicator, answer, points."""
    return [
        {"indicator": indicators[k].name, "answer": level, "points": int(p)}
        for k, points in zip(card.chosen, card.points, strict=True)
        for level, p in zip(indicators[k].levels, points, strict=True)
    ]
