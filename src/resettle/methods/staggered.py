"""Differences in differences where groups are treated at different times.

Group-time effects against the never treated (or those not yet treated), aggregated to an event study; no comparison uses a group
already treated. Source: Callaway and Sant'Anna (2021), J. of Econometrics 225(2), 200-230, without
covariates; errors from influence functions, by unit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from resettle.methods.distributions import chi2_tail, t_quantile
from resettle.problems import Problem

Array = NDArray[np.float64]
Comparison = Literal["never", "not_yet"]

LEAST_UNITS = 30
"""Fewer independent units (clusters) than this and no interval is given; see the coverage table."""


@dataclass(frozen=True)
class EventStudy:
    """Effects by group and time, and their averages.

    Attributes:
        cells: ``group, time, event, effect, se, n``.
        dynamic: ``event, effect, se, low, high``; the ends unknown under :data:`LEAST_UNITS` clusters.
        overall: average of the event times from 0 on, with its error.
        simple: average over all treated cells weighted by group size, with its error.
        lead_p: p-value of the joint test that effects before treatment are zero.
    """

    cells: pl.DataFrame
    dynamic: pl.DataFrame
    overall: tuple[float, float]
    simple: tuple[float, float]
    lead_p: float
    units: int
    clusters: int = 0


def event_study(
    frame: pl.DataFrame,
    unit: str,
    time: str,
    outcome: str,
    first: str,
    cluster: str = "",
    comparison: Comparison = "never",
) -> tuple[EventStudy | None, list[Problem]]:
    """Effects of a treatment whose start is ``first`` (0 or missing: never) on a balanced panel.

    Periods before treatment are compared with the one before (varying base), later ones with the last
    before treatment. Units not seen in every period are left out and counted. Under ``not_yet`` those whose
    treatment is still to come are comparisons too; where nobody is never treated, the last group is the comparison
    and the periods from its treatment on are left out.

    Returns:
        The study, or ``None`` beside the reason: no untreated unit, no group treated inside the window.
    """
    y, start, times, labels, problems = _panel(frame, unit, time, outcome, first, cluster)
    n = len(y)
    if comparison == "not_yet" and (start > 0).all():
        y, start, times = _until_the_last(y, start, times)
    _, code = np.unique(labels, return_inverse=True)
    never = start == 0
    groups = [g for g in sorted(set(start[~never].tolist())) if g > times[0]]
    if not never.any() or not groups:
        problems.append(Problem("staggered.no_comparison", "error", value=str(int(never.sum()))))
        return None, problems
    cells, influence = _group_times(y, start, times, groups, comparison)
    matrix = np.stack(influence, axis=1)
    errors = _errors(matrix, code)
    names = {"group": 0, "time": 1, "event": 2, "effect": 3, "n": 4}
    study = pl.DataFrame({name: [c[k] for c in cells] for name, k in names.items()})
    study = study.with_columns(se=pl.Series(errors))
    size = np.array([c[4] for c in cells], dtype=np.float64)
    effect = np.array([c[3] for c in cells])
    event = np.array([c[2] for c in cells])
    share_influence = _share_influence(start, groups, n)
    of_cell = np.array([groups.index(c[0]) for c in cells])
    dynamic, rows = [], []
    for e in sorted(set(event.tolist())):
        chosen = np.flatnonzero(event == e)
        value, row = _average(chosen, effect, size, matrix, share_influence, of_cell, n)
        rows.append(row)
        dynamic.append((e, value))
    averages = np.stack(rows, axis=1)
    spread, guarded = _errors(averages, code), _errors(averages * _few(start, code)[:, None], code)
    late = [k for k, (e, _) in enumerate(dynamic) if e >= 0]
    overall = float(np.mean([dynamic[k][1] for k in late]))
    overall_row = np.mean([rows[k] for k in late], axis=0)
    simple, simple_row = _average(
        np.flatnonzero(event >= 0), effect, size, matrix, share_influence, of_cell, n
    )
    leads = [k for k, (e, _) in enumerate(dynamic) if e < 0]
    before = np.array([dynamic[k][1] for k in leads])
    lead_p = _joint(before, averages[:, leads], code) if leads else float("nan")
    result = EventStudy(
        study,
        _dynamic_table(dynamic, spread, guarded, int(code.max()) + 1),
        (overall, float(_errors(overall_row[:, None], code)[0])),
        (simple, float(_errors(simple_row[:, None], code)[0])),
        lead_p,
        n,
        int(code.max()) + 1,
    )
    return result, problems


def _panel(
    frame: pl.DataFrame, unit: str, time: str, outcome: str, first: str, cluster: str
) -> tuple[Array, Array, list[int], NDArray[Any], list[Problem]]:
    """Outcomes (n, T) of the units seen in every period, their starts, the periods, clusters, and what was left out."""
    problems: list[Problem] = []
    table = frame.select(unit, time, outcome, first, *([cluster] if cluster else [])).drop_nulls(
        [unit, time, outcome]
    )
    times = sorted(table[time].unique().to_list())
    whole = table.group_by(unit).len().filter(pl.col("len") == len(times))[unit]
    lost = table[unit].n_unique() - len(whole)
    if lost:
        problems.append(Problem("staggered.unbalanced", "warning", value=str(lost)))
    table = table.filter(pl.col(unit).is_in(whole.to_list())).sort(unit, time)
    n = len(whole)
    y = table[outcome].cast(pl.Float64).to_numpy().reshape(n, len(times))
    start = table[first].fill_null(0).to_numpy().reshape(n, len(times))[:, 0]
    start = np.where(start > times[-1], 0, start)  # nobody sees them treated: they are comparisons
    labels = table[cluster].to_numpy().reshape(n, -1)[:, 0] if cluster else np.arange(n)
    return y, start, times, labels, problems


def _until_the_last(y: Array, start: Array, times: list[int]) -> tuple[Array, Array, list[int]]:
    """The panel before the last group's treatment, in which that group is never treated."""
    last = int(start.max())
    kept = [k for k, t in enumerate(times) if t < last]
    return y[:, kept], np.where(start == last, 0, start), [times[k] for k in kept]


def _group_times(
    y: Array, start: Array, times: list[int], groups: list[int], comparison: Comparison
) -> tuple[list[tuple[int, int, int, float, int]], list[Array]]:
    """Effect of every group at every time with its influence: ``(group, time, event, effect, n)``."""
    n = len(y)
    cells: list[tuple[int, int, int, float, int]] = []
    influence: list[Array] = []
    for g in groups:
        treated = start == g
        for k, t in enumerate(times[1:], start=1):
            base = times.index(g) - 1 if t >= g and g in times else k - 1
            change = y[:, k] - y[:, base]
            never = start == 0
            if comparison == "not_yet":
                never = never | ((start > max(t, times[base])) & ~treated)
            effect = change[treated].mean() - change[never].mean()
            row = np.zeros(n)
            row[treated] = (change[treated] - change[treated].mean()) * n / treated.sum()
            row[never] = -(change[never] - change[never].mean()) * n / never.sum()
            cells.append((g, t, t - g, float(effect), int(treated.sum())))
            influence.append(row)
    return cells, influence


def _few(start: Array, code: NDArray[np.int64]) -> Array:
    """Factor (n,) on influence rows that keeps the intervals of cohorts with few clusters from being short.

    A cohort's own mean is estimated, which takes one of its m clusters: the error grows by root m / (m - 1).
    """
    factor = np.ones(len(start))
    for cohort in np.unique(start):
        own = start == cohort
        m = len(np.unique(code[own]))
        factor[own] = np.sqrt(m / (m - 1)) if m > 1 else 1.0
    return factor


def _dynamic_table(
    dynamic: list[tuple[int, float]], spread: Array, guarded: Array, clusters: int
) -> pl.DataFrame:
    """Effects by event time: the usual error, and 95% t intervals from the ``guarded`` one; none where the
    clusters are too few."""
    t = t_quantile(0.975, max(clusters - 1, 1))
    ends: dict[str, list[float | None]] = {"low": [], "high": []}
    for (_, v), s in zip(dynamic, guarded, strict=True):
        for side, name in ((-1, "low"), (1, "high")):
            ends[name].append(v + side * t * float(s) if clusters >= LEAST_UNITS else None)
    kinds = dict.fromkeys(("effect", "se", "low", "high"), pl.Float64)
    columns = {"event": [e for e, _ in dynamic], "effect": [v for _, v in dynamic], "se": spread, **ends}
    return pl.DataFrame(columns, schema_overrides=kinds)


def _share_influence(start: Array, groups: list[int], n: int) -> Array:
    """Influence (n, G) of the groups' shares, which the averages' weights are made of."""
    return np.stack([(start == g) - (start == g).mean() for g in groups], axis=1).astype(np.float64)


def _average(
    chosen: NDArray[np.int64],
    effect: Array,
    size: Array,
    matrix: Array,
    share: Array,
    of_cell: NDArray[np.int64],
    n: int,
) -> tuple[float, Array]:
    """Average of cells by group size, with the influence of the estimated sizes."""
    p = size[chosen] / n
    weight = p / p.sum()
    value = float(weight @ effect[chosen])
    row = matrix[:, chosen] @ weight
    pieces = share[:, of_cell[chosen]]
    row = row + (pieces / p.sum()) @ effect[chosen] - pieces.sum(axis=1) / p.sum() * value
    return value, np.asarray(row)


def _sums(matrix: Array, code: NDArray[np.int64]) -> Array:
    return np.stack([np.bincount(code, weights=column) for column in matrix.T], axis=1)


def _errors(matrix: Array, code: NDArray[np.int64]) -> Array:
    """Standard errors (q,) from influence rows (n, q), summed by cluster."""
    return np.asarray(np.sqrt((_sums(matrix, code) ** 2).sum(axis=0)) / len(matrix))


def _joint(values: Array, matrix: Array, code: NDArray[np.int64]) -> float:
    sums = _sums(matrix, code)
    covariance = sums.T @ sums / len(matrix) ** 2
    chi2 = float(values @ np.linalg.pinv(covariance) @ values)
    return chi2_tail(chi2, len(values))
