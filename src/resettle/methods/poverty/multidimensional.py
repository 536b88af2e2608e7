"""Alkire-Foster: H, A, M0 and decompositions, for many cut-offs and weights from one small table.

Rows are grouped once by unit, group and deprivation pattern; every setting is then a sum over patterns.
Each cell keeps n, the weight and the squared weight, so that designs without clusters have their right
error too. Source: Alkire and Foster (2011), J. of Public Economics 95, 476-487; A is linearised as the
ratio M0 / H.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse

from resettle.methods.design import Design
from resettle.methods.survey import domain_freedom, share_interval
from resettle.problems import Problem

Array = NDArray[np.float64]
Missing = Literal["drop", "not_deprived", "rescale"]
MISSING: tuple[Missing, ...] = ("drop", "not_deprived", "rescale")
CUT_TOLERANCE = 1e-9
"""A score this close below the cut-off counts as reaching it: 1/3 is not exact in binary."""


@dataclass(frozen=True)
class Cells:
    """People summed to unit x pattern, by group.

    Attributes:
        patterns: (P, d) 0, 1 or NaN (unknown).
        weight: per group, sparse (U or H, P) sums of weights; rows are units, or strata where every row
            is its own unit.
        square: per group, the same of squared weights (designs without clusters), else ``None``.
        count: (G, P) rows.
        groups: labels; the first is everybody.
        freedom: per group, units less strata.
        elements: whether units are single rows.
    """

    patterns: Array
    weight: tuple[sparse.csr_array, ...]
    square: tuple[sparse.csr_array, ...] | None
    count: Array
    groups: tuple[str, ...]
    freedom: tuple[int, ...]
    elements: bool
    design: Design
    missing: Missing
    dropped: int


def group_cells(
    deprived: Array, design: Design, groups: Sequence[str] | None = None, missing: Missing = "drop"
) -> Cells:
    """Group (n, d) deprivations (1 deprived, 0 not, NaN unknown) to the cells every setting reads.

    Args:
        missing: ``drop`` (rows with an unknown leave the estimate, not the design), ``not_deprived``,
            or ``rescale`` (the weights of the known indicators are scaled up).
    """
    n, d = deprived.shape
    known = np.isfinite(deprived)
    inside = np.asarray(known.all(axis=1) if missing == "drop" else known.any(axis=1))
    symbol = np.where(known, deprived > 0, 2).astype(np.int64)
    if missing == "not_deprived":
        symbol[symbol == 2] = 0
    code = symbol @ (3 ** np.arange(d, dtype=np.int64))
    if d <= 12:
        # Few enough codes to count instead of sorting a million rows.
        present = np.flatnonzero(np.bincount(code, minlength=3**d))
        place = np.zeros(3**d, dtype=np.int64)
        place[present] = np.arange(len(present))
        pattern = place[code]
    else:
        present, pattern = np.unique(code, return_inverse=True)
    digits = present[:, None] // 3 ** np.arange(d, dtype=np.int64)[None, :] % 3
    patterns = np.where(digits == 2, np.nan, digits).astype(np.float64)
    elements = design.units == n
    row = design.stratum[design.unit] if elements else design.unit
    height = len(design.stratum_names) if elements else design.units
    labels = None if groups is None else np.array([str(g) for g in groups], dtype=object)
    names = ("",) if labels is None else ("", *sorted(set(labels)))
    weight, square, count, freedom = [], [], [], []
    for name in names:
        member = inside if not name or labels is None else inside & (labels == name)
        weight.append(_sum(row, pattern, design.weight, member, (height, len(patterns))))
        if elements:
            square.append(_sum(row, pattern, design.weight**2, member, (height, len(patterns))))
        count.append(np.bincount(pattern[member], minlength=len(patterns)))
        freedom.append(domain_freedom(design, member))
    return Cells(
        patterns,
        tuple(weight),
        tuple(square) if elements else None,
        np.stack(count).astype(np.float64),
        names,
        tuple(freedom),
        elements,
        design,
        missing,
        int(n - inside.sum()),
    )


def _sum(
    row: NDArray[np.int64],
    pattern: NDArray[np.int64],
    value: Array,
    member: NDArray[np.bool_],
    shape: tuple[int, int],
) -> sparse.csr_array:
    """Sum values by (row, pattern), in a fixed order of rows."""
    key = row[member] * shape[1] + pattern[member]
    if shape[0] * shape[1] <= 20_000_000:
        flat = np.bincount(key, weights=value[member], minlength=shape[0] * shape[1])
        return sparse.csr_array(flat.reshape(shape))
    cells, inverse = np.unique(key, return_inverse=True)
    sums = np.bincount(inverse, weights=value[member])
    return sparse.csr_array((sums, (cells // shape[1], cells % shape[1])), shape=shape)


def scores(patterns: Array, weights: Array) -> Array:
    """Deprivation scores (S, P) of every pattern under every set of indicator weights (S, d)."""
    filled = np.nan_to_num(patterns, nan=0.0)
    share = weights / weights.sum(axis=1, keepdims=True)
    found = share @ filled.T
    if np.isnan(patterns).any():
        there = share @ np.isfinite(patterns).T.astype(np.float64)
        found = found / np.where(there > 0, there, 1.0)
    return np.asarray(found)


@dataclass(frozen=True)
class Measures:
    """Estimates by setting and group, (S, G): M0, H, A and their standard errors."""

    m0: Array
    h: Array
    a: Array
    m0_se: Array
    h_se: Array
    a_se: Array
    poor_count: Array


def measure(cells: Cells, weights: Array, cut: Array) -> Measures:
    """H, A and M0 with errors for S settings.

    Args:
        cells: from :func:`group_cells`.
        weights: (S, d) indicator weights, scaled to 1 inside.
        cut: (S,) poverty cut-offs in (0, 1].
    """
    score = scores(cells.patterns, weights)
    poor = score >= cut[:, None] - CUT_TOLERANCE
    censored = np.where(poor, score, 0.0)
    settings = len(cut)
    shape = (settings, len(cells.groups))
    result = {name: np.full(shape, np.nan) for name in ("m0", "h", "a", "m0_se", "h_se", "a_se")}
    # Two columns per setting (censored score, poor), then one for the weight itself.
    columns = np.concatenate([censored, poor.astype(np.float64), np.ones((1, score.shape[1]))]).T
    for g in range(len(cells.groups)):
        sums = np.asarray(cells.weight[g] @ columns)
        total = sums.sum(axis=0)
        whole = total[-1]
        if not whole > 0:
            continue
        m0, h = total[:settings] / whole, total[settings : 2 * settings] / whole
        with np.errstate(divide="ignore", invalid="ignore"):
            a = m0 / h
        result["m0"][:, g], result["h"][:, g], result["a"][:, g] = m0, h, a
        spread = _element_spread(cells, g, censored, poor) if cells.elements else None
        parts = (sums[:, :settings], sums[:, settings : 2 * settings], sums[:, -1:])
        kinds = {
            "m0_se": (1.0, 0.0, -m0, whole),
            "h_se": (0.0, 1.0, -h, whole),
            "a_se": (1.0, -a, 0.0, h * whole),
        }
        for name, (x, y, one, under) in kinds.items():
            variance = _variance(cells, parts, spread, (x, y, one))
            with np.errstate(divide="ignore", invalid="ignore"):
                result[name][:, g] = np.sqrt(variance) / under
    counts = poor.astype(np.float64) @ cells.count.T
    return Measures(**result, poor_count=counts)


Spread = tuple[Array, Array, Array, Array, Array, Array]


def _element_spread(cells: Cells, g: int, censored: Array, poor: NDArray[np.bool_]) -> Spread:
    """Sums over rows of squared weights times products of (score, poor, 1), by stratum (H, S)."""
    assert cells.square is not None
    square = cells.square[g]
    hit = poor.astype(np.float64)
    cc, ch, c1 = (np.asarray(square @ v.T) for v in (censored**2, censored * hit, censored))
    hh = np.asarray(square @ hit.T)
    one = np.asarray(square.sum(axis=1)).reshape(-1, 1)
    return cc, ch, c1, hh, hh, one


def _variance(
    cells: Cells, parts: tuple[Array, Array, Array], spread: Spread | None, mix: tuple[object, object, object]
) -> Array:
    """Variance (S,) of the total of x*score + y*poor + one, for designs with and without clusters."""
    design = cells.design
    x, y, one = (np.broadcast_to(np.asarray(m, dtype=np.float64), parts[0].shape[1:]) for m in mix)
    totals = x * parts[0] + y * parts[1] + one * parts[2]
    strata = len(design.stratum_names)
    size = np.bincount(design.stratum, minlength=strata).astype(np.float64)
    scale = (size / np.maximum(size - 1, 1) * (1 - design.fpc))[:, None]
    if spread is None:
        live = np.where(design.certain[:, None], 0.0, totals)
        mean = np.zeros((strata, totals.shape[1]))
        np.add.at(mean, design.stratum, live)
        mean /= size[:, None]
        away = np.where(design.certain[:, None], 0.0, totals - mean[design.stratum])
        return np.asarray((scale[design.stratum] * away**2).sum(axis=0))
    cc, ch, c1, hh, h1, w2 = spread
    squares = x * x * cc + y * y * hh + one * one * w2 + 2 * (x * y * ch + x * one * c1 + y * one * h1)
    alone = size[:, None] > 1
    return np.asarray((np.where(alone, scale, 0.0) * (squares - totals**2 / size[:, None])).sum(axis=0))


def decompose(
    cells: Cells, weights: Array, cut: float, indicators: Sequence[str], level: float = 0.95
) -> pl.DataFrame:
    """One setting in full, by group: M0, H, A with intervals; by indicator the uncensored and censored
    headcounts with intervals, and the absolute and relative contributions to M0.

    Returns:
        ``group, measure, indicator, value, se, low, high, withheld`` with measures ``M0, H, A, hd, hdk,
        actb, pctb``, and for groups ``popshare`` (their part of the people) and ``contribution`` (their part of M0).
    """
    setting = weights[None, :] / weights.sum()
    found = measure(cells, setting, np.array([cut]))
    score = scores(cells.patterns, setting)[0]
    poor = score >= cut - CUT_TOLERANCE
    has = np.nan_to_num(cells.patterns, nan=0.0)
    rows: list[dict[str, object]] = []

    def add(g: int, name: str, indicator: str, value: float, se: float, cases: int, n: int) -> None:
        e = share_interval(value, se, cells.freedom[g], n, level, cases)
        rows.append(
            {
                "group": cells.groups[g],
                "measure": name,
                "indicator": indicator,
                "value": value,
                "se": None if np.isnan(se) else se,
                "low": e.low,
                "high": e.high,
                "withheld": e.withheld,
            }
        )

    for g in range(len(cells.groups)):
        n, cases = int(cells.count[g].sum()), int(found.poor_count[0, g])
        m0 = float(found.m0[0, g])
        add(g, "M0", "", m0, float(found.m0_se[0, g]), cases, n)
        add(g, "H", "", float(found.h[0, g]), float(found.h_se[0, g]), cases, n)
        if g:
            part = float(cells.weight[g].sum() / cells.weight[0].sum())
            whole = float(found.m0[0, 0])
            add(g, "popshare", "", part, float("nan"), 0, n)
            add(g, "contribution", "", part * m0 / whole if whole else float("nan"), float("nan"), 0, n)
        add(g, "A", "", float(found.a[0, g]), float(found.a_se[0, g]), cases, max(n, 2 * cases))
        for i, indicator in enumerate(indicators):
            for name, flag in (("hd", has[:, i] > 0), ("hdk", (has[:, i] > 0) & poor)):
                value, se = _share_of(cells, g, flag)
                add(g, name, indicator, value, se, int(cells.count[g][flag].sum()), n)
                if name == "hdk":
                    part = float(setting[0, i] * value)
                    add(g, "actb", indicator, part, float("nan"), 0, n)
                    add(g, "pctb", indicator, part / m0 if m0 else float("nan"), float("nan"), 0, n)
    return pl.DataFrame(rows, infer_schema_length=None)


def _share_of(cells: Cells, g: int, flag: NDArray[np.bool_]) -> tuple[float, float]:
    """Weighted share of a group's people whose pattern is flagged, with its error."""
    hit = flag.astype(np.float64)[None, :]
    sums = np.asarray(cells.weight[g] @ np.concatenate([hit, np.ones_like(hit)]).T)
    whole = sums[:, 1].sum()
    value = float(sums[:, 0].sum() / whole)
    spread = _element_spread(cells, g, hit, flag[None, :]) if cells.elements else None
    parts = (sums[:, :1], sums[:, :1], sums[:, 1:])
    variance = _variance(cells, parts, spread, (1.0, 0.0, -value))
    return value, float(np.sqrt(variance[0]) / whole)


def check_weights(weights: Sequence[float], names: Sequence[str]) -> list[Problem]:
    """Weights must be one per indicator, not negative, and sum to 1 (or to 100)."""
    problems = []
    if len(weights) != len(names):
        problems.append(
            Problem("poverty.weights_count", "error", value=str(len(weights)), nearest=str(len(names)))
        )
    problems += [
        Problem("poverty.weight_refused", "error", column=name, value=f"{weight:g}")
        for weight, name in zip(weights, names, strict=False)
        if weight < 0
    ]
    total = float(sum(weights))
    if not problems and not (abs(total - 1) < 1e-6 or abs(total - 100) < 1e-4):
        problems.append(Problem("poverty.weights_sum", "error", value=f"{total:g}"))
    return problems
