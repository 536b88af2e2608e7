"""From a table of answers to numbers a path model can use, with everything odd about them said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from resettle.methods.as_numbers import label_of, more_cells
from resettle.methods.design import Design, SingleUnit, make_design
from resettle.methods.nearest import nearest
from resettle.methods.path_model.model import PathModel
from resettle.problems import Problem

Array = NDArray[np.float64]

MISSING_SHARE = 0.2
"""Above this share of unanswered cells an item is reported."""
LEAST_ROWS = 30
"""Fewer answers than this in a group and the group is not estimated."""


@dataclass(frozen=True)
class Prepared:
    """Answers ready for estimation.

    Attributes:
        answers: (n, p) in the order of the model's items, reversed items turned, NaN where missing.
        design: weights, strata and units.
        groups: by column, the label of each row.
        row: (n,) row of the user's table, counted from 1.
        dropped: rows left out (unanswered, listwise, no weight).
    """

    answers: Array
    design: Design
    groups: dict[str, tuple[str, ...]]
    row: NDArray[np.int64]
    dropped: int


def prepare(
    frame: pl.DataFrame, model: PathModel, single_unit: SingleUnit = "refuse"
) -> tuple[Prepared | None, list[Problem]]:
    """Read the model's columns from a table.

    Rows are brought into an order of their own, so that the order in the file changes no digit.

    Returns:
        The numbers, or ``None`` beside the errors: a column that is not there (nearest named), an item
        that is text, constant or unanswered, an answer beyond the scale, fewer answers than items.
    """
    problems = _missing_columns(frame, model)
    if problems:
        return None, problems
    answers, problems = _numbers(frame, model)
    keep: NDArray[np.bool_] = np.asarray(np.isfinite(answers).any(axis=1))
    if model.missing == "listwise":
        keep = np.asarray(np.isfinite(answers).all(axis=1))
    dropped = int((~keep).sum())
    if dropped:
        share = round(100 * dropped / max(len(keep), 1), 1)
        problems.append(
            Problem("path_model.rows_dropped", "warning", value=str(dropped), values={"share": share})
        )
    index = np.flatnonzero(keep)
    labels = {
        name: [label_of(v) for v in frame[name].to_list()]
        for name in (model.strata, model.cluster, *model.groups)
        if name
    }
    weight = (
        frame[model.weight].cast(pl.Float64, strict=False).fill_null(float("nan")).to_numpy()
        if model.weight
        else np.ones(frame.height)
    )
    order = _canonical(answers[index], weight[index], [[labels[n][i] for i in index] for n in labels])
    index = index[order]
    chosen = answers[index]
    problems += _check_answers(chosen, model)
    design, found = make_design(
        len(index),
        weight[index],
        [labels[model.strata][i] for i in index] if model.strata else None,
        [labels[model.cluster][i] for i in index] if model.cluster else None,
        single_unit,
    )
    problems += found
    if design is None or any(p.severity == "error" for p in problems):
        return None, problems
    groups = {g: tuple(labels[g][i] or "" for i in index) for g in model.groups}
    return Prepared(chosen, design, groups, index + 1, dropped), problems


def _missing_columns(frame: pl.DataFrame, model: PathModel) -> list[Problem]:
    wanted = [*model.items, model.weight, model.strata, model.cluster, *model.groups]
    problems = []
    for name in wanted:
        if name and name not in frame.columns:
            near = nearest(name, frame.columns)
            problems.append(Problem("path_model.column_missing", "error", column=name, nearest=near))
    return problems


def _numbers(frame: pl.DataFrame, model: PathModel) -> tuple[Array, list[Problem]]:
    problems: list[Problem] = []
    columns = []
    for item in model.items:
        raw = frame[item]
        number = raw.cast(pl.Float64, strict=False)
        lost = (number.is_null() & raw.is_not_null()).arg_true().to_list()
        problems += [
            Problem("path_model.not_a_number", "warning", column=item, row=i + 1, value=str(raw[i]))
            for i in lost[:5]
        ]
        problems += more_cells(item, len(lost))
        values = number.fill_null(float("nan")).to_numpy().astype(np.float64).copy()
        values[~np.isfinite(values)] = np.nan
        ends = model.ends(item)
        if ends is not None:
            outside = np.flatnonzero((values < ends[0]) | (values > ends[1]))
            problems += [
                Problem(
                    "path_model.beyond_scale",
                    "warning",
                    column=item,
                    row=int(i) + 1,
                    value=f"{values[i]:g}",
                    nearest=f"{ends[0]:g}..{ends[1]:g}",
                )
                for i in outside[:5]
            ]
            problems += more_cells(item, len(outside))
            values[outside] = np.nan
            if item in model.reverse:
                values = ends[0] + ends[1] - values
        columns.append(values)
    return np.stack(columns, axis=1), problems


def _canonical(answers: Array, weight: Array, labels: Sequence[Sequence[str | None]]) -> NDArray[np.intp]:
    """An order of rows that depends on their content alone."""
    keys = [np.nan_to_num(answers[:, k], nan=-1e300) for k in range(answers.shape[1])]
    codes = [np.unique([str(v) for v in column], return_inverse=True)[1] for column in labels]
    return np.lexsort([*keys, weight, *codes])


def _check_answers(answers: Array, model: PathModel) -> list[Problem]:
    problems: list[Problem] = []
    n, p = answers.shape
    if n <= p:
        return [
            Problem("path_model.too_few_rows", "error", value=str(n), values={"items": p, "least": p + 1})
        ]
    answered = np.isfinite(answers)
    for k, item in enumerate(model.items):
        own = answers[answered[:, k], k]
        if not len(own):
            problems.append(Problem("path_model.item_unanswered", "error", column=item))
        elif np.ptp(own) == 0:
            problems.append(Problem("path_model.item_constant", "error", column=item, value=f"{own[0]:g}"))
        elif len(own) < (1 - MISSING_SHARE) * n:
            share = round(100 * (1 - len(own) / n), 1)
            problems.append(
                Problem("path_model.item_missing", "warning", column=item, values={"share": share})
            )
    if not problems or all(p.severity != "error" for p in problems):
        problems += _check_direction(answers, model)
    _, counts = np.unique(np.nan_to_num(answers, nan=-1e300), axis=0, return_counts=True)
    same = int(counts[counts > 1].sum() - (counts > 1).sum())
    if p >= 10 and same:
        problems.append(Problem("path_model.answers_repeated", "warning", value=str(same)))
    return problems


def _check_direction(answers: Array, model: PathModel) -> list[Problem]:
    """An item that runs against the rest of its block is probably coded backwards."""
    problems = []
    for construct in model.constructs:
        block = [model.items.index(item) for item in construct.items]
        if len(block) < 3 or construct.mode == "B":
            continue
        own = answers[:, block]
        filled = np.where(np.isfinite(own), own, np.nanmean(own, axis=0))
        matrix = np.asarray(np.corrcoef(filled.T))
        np.fill_diagonal(matrix, 0.0)
        against = matrix.mean(axis=1) * len(block) / (len(block) - 1)
        for k in np.flatnonzero(against < -0.1):
            others = np.delete(matrix, k, axis=0)
            if np.delete(others, k, axis=1).sum() > 0:
                item = construct.items[k]
                problems.append(
                    Problem(
                        "path_model.backwards",
                        "warning",
                        column=item,
                        value=f"{against[k]:.2f}",
                        values={"construct": construct.name},
                    )
                )
    return problems
