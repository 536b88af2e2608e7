"""What a reader must know before trusting a fitted path model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from resettle.methods.path_model import quality
from resettle.methods.path_model.estimate import outer_weights
from resettle.problems import Problem

if TYPE_CHECKING:
    from resettle.methods.path_model.fit import Fit

SINGULAR = 1e-9
"""Smallest spread, of a correlation matrix, at which constructs still count as different."""


def check_fit(found: Fit) -> list[Problem]:
    """What a reader must know before trusting a fit."""
    problems = check_solution(found)
    if found.consistent:
        reliability = quality.rho_a(found.batch.correlation, found.outer, found.layout)[0]
        for j, name in enumerate(found.layout.names):
            if not 0 < reliability[j] <= 1 + 1e-9:
                value = f"rho_A = {reliability[j]:.3f}"
                problems.append(Problem("path_model.heywood", "error", column=name, value=value))
        for k, j in np.argwhere(np.abs(found.structure.loadings[0]) > 1 + 1e-9):
            value = f"{found.structure.loadings[0, k, j]:.3f}"
            item = found.layout.items[k]
            problems.append(Problem("path_model.heywood", "error", column=item, value=value))
        for i, j in np.argwhere(np.triu(np.abs(found.structure.between[0]) > 1 + 1e-9, 1)):
            pair = f"{found.layout.names[i]} - {found.layout.names[j]}"
            value = f"{found.structure.between[0, i, j]:.3f}"
            problems.append(Problem("path_model.heywood", "error", column=pair, value=value))
    spread = quality.outer_vif(found.batch.correlation, found.layout)
    for k in np.flatnonzero(~(spread < 10)):
        j = int(np.flatnonzero(found.layout.mask[k])[0])
        severity: Any = "error" if found.layout.modes[j] == "B" else "warning"
        value = f"{spread[k]:.1f}" if np.isfinite(spread[k]) else "∞"
        problems.append(Problem("path_model.collinear", severity, column=found.layout.items[k], value=value))
    return problems


def check_solution(found: Fit) -> list[Problem]:
    """Whether there is a solution at all: weights and paths that are numbers, and an iteration that ended.

    Constructs that are combinations of one another (rounding apart) have no paths of their own: named, with the
    construct they point to.
    """
    layout, solved = found.layout, bool(np.isfinite(found.outer).all())
    equal = outer_weights(found.batch.correlation, layout, found.scheme, tolerance=np.inf).outer
    made = found.outer if solved else np.where(np.isfinite(equal), equal, layout.mask)
    between = (np.swapaxes(made, 1, 2) @ found.batch.correlation @ made)[0]
    scale = np.sqrt(np.diag(between))
    between = between / np.outer(scale, scale)
    problems = []
    for j in layout.endogenous:
        before = np.flatnonzero(layout.arrows[:, j])
        if np.linalg.matrix_rank(between[np.ix_(before, before)], tol=SINGULAR) < len(before):
            alike = ", ".join(layout.names[i] for i in before)
            problems.append(
                Problem("path_model.constructs_alike", "error", column=layout.names[j], value=alike)
            )
    singular = any(np.isinf(quality.outer_vif(found.batch.correlation, layout)[b]).any()
                   for b, mode in zip(layout.blocks, layout.modes, strict=True) if mode == "B")  # fmt: skip
    if not solved and not problems and not singular:
        problems.append(Problem("path_model.no_solution", "error"))
    elif solved and not found.converged:
        problems.append(Problem("path_model.not_converged", "error", value=str(found.iterations)))
    return problems
