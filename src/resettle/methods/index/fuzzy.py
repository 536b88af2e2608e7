"""Fuzzy comprehensive evaluation: in what shares a place belongs to each grade, never only the largest.

Source: Wang Peizhuang (1983), Theory of Fuzzy Sets and its Applications; the operators: weighted mean, and max-min.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from resettle.methods.index import ranking
from resettle.methods.nearest import nearest
from resettle.problems import Problem

if TYPE_CHECKING:
    from resettle.methods.index.analysis import Indicator

Array = NDArray[np.float64]
OPERATORS = ("product", "minimum")


def check_grades(grades: Sequence[str], indicators: Sequence[Indicator]) -> list[Problem]:
    """Grades without a rule of belonging, rules without grades, points that do not run one way."""
    problems = []
    ruled = [i for i in indicators if i.points or i.counts]
    if ruled and not grades:
        return [Problem("index.grades_missing", "error", column=ruled[0].column)]
    if grades and (len(grades) < 2 or len(set(grades)) < len(grades)):
        problems.append(Problem("index.grades_few", "error", value=", ".join(grades)))
    for i in indicators if grades else ():
        given = i.points or i.counts
        if not given or (i.points and i.counts) or len(given) != len(grades):
            values = {"grades": len(grades)}
            problems.append(
                Problem("index.grades_rule", "error", column=i.column, value=str(len(given)), values=values)
            )
        elif i.points:
            numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in i.points)
            steps = np.diff(np.array(i.points, dtype=np.float64)) if numbers else np.zeros(1)
            if not ((steps > 0).all() or (steps < 0).all()):
                value = ", ".join(str(v) for v in i.points)
                problems.append(Problem("index.grades_order", "error", column=i.column, value=value))
    return problems


def belonging(values: Array, points: Sequence[float]) -> Array:
    """To what shares values (m,) belong to grades with these points, (m, g); unknown values belong nowhere (NaN).

    At a grade's point a value is wholly of it, between two points of both in proportion, beyond the ends wholly of the
    last.

    >>> belonging(np.array([95.0, 85.0, 70.0, 10.0]), [90, 80, 60]).round(2).tolist()
    [[1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.0, 0.5, 0.5], [0.0, 0.0, 1.0]]
    """
    at = np.array(points, dtype=np.float64)
    rising = at[-1] > at[0]
    own = at if rising else at[::-1]
    columns = [np.interp(values, own, row) for row in np.eye(len(own))]
    found = np.stack(columns if rising else columns[::-1], axis=1)
    found[~np.isfinite(values)] = np.nan
    return np.asarray(found)


def counted(frame: pl.DataFrame, columns: Sequence[str]) -> Array:
    """Shares of judges by grade (m, g) from their counts; a place nobody judged is unknown."""
    counts = np.stack([_numbers(frame, c) for c in columns], axis=1)
    whole = counts.sum(axis=1, keepdims=True)
    usable = np.isfinite(whole) & (whole > 0) & (counts >= 0).all(axis=1, keepdims=True)
    return np.asarray(np.where(usable, counts / np.where(usable, whole, 1.0), np.nan))


def mean_grade(frame: pl.DataFrame, columns: Sequence[str]) -> Array:
    """Mean grade (m,) by the judges' counts, 100 if all give the first grade and 0 if all give the last."""
    return np.asarray(counted(frame, columns) @ np.linspace(100, 0, len(columns)))


def grade_table(
    frame: pl.DataFrame,
    place: str,
    indicators: Sequence[Indicator],
    sets: Mapping[str, Array],
    grades: Sequence[str],
    operator: str,
) -> tuple[pl.DataFrame, list[Problem]]:
    """One row per place, weighting and group (group "" is the whole): a column per grade, ``known_share``.

    What is unknown of a place takes no part and the other weights are scaled up; ``known_share`` is the weight that was
    known. Under half of it no distribution is given.
    """
    absent = [c for i in indicators for c in i.counts if c not in frame.columns]
    if absent:
        problems = [
            Problem("index.count_absent", "error", column=c, nearest=nearest(c, frame.columns))
            for c in absent
        ]
        return pl.DataFrame(), problems
    parts = [
        counted(frame, i.counts) if i.counts else belonging(_numbers(frame, i.column), i.points)
        for i in indicators
    ]
    member = np.stack(parts, axis=1)
    known: NDArray[np.bool_] = np.asarray(np.isfinite(member).all(axis=2))
    groups = list(dict.fromkeys(i.group for i in indicators))
    rows: list[dict[str, Any]] = []
    for name, weight in sets.items():
        for group in ("", *(g for g in groups if g and len(groups) > 1)):
            inside = np.array([not group or i.group == group for i in indicators])
            for m, label in enumerate(frame[place].to_list()):
                there = known[m] & inside
                share = float(weight[there].sum() / weight[inside].sum()) if weight[inside].sum() > 0 else 0.0
                row = {"place": label, "weighting": name, "group": group, "known_share": share}
                if share < 0.5:
                    rows.append(row | dict.fromkeys(grades))
                    continue
                own = weight[there] / weight[there].sum()
                found = ranking.fuzzy(
                    member[m, there], own, "minimum" if operator == "minimum" else "product"
                )
                rows.append(row | dict(zip(grades, found.tolist(), strict=True)))
    kinds = dict.fromkeys(("place", "weighting", "group"), pl.String)
    schema = kinds | dict.fromkeys(("known_share", *grades), pl.Float64)
    return pl.DataFrame(rows, schema=schema), []


def _numbers(frame: pl.DataFrame, column: str) -> Array:
    found = frame[column].cast(pl.Float64, strict=False).fill_null(float("nan")).to_numpy()
    return np.asarray(found, dtype=np.float64)
