"""Cohen's f2 of every path: how much less is explained when the path is taken out and the model estimated again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from resettle.methods.path_model.fit import Fit, fit_stages
from resettle.methods.path_model.model import PathModel
from resettle.methods.path_model.moments import Batch


def without_path(model: PathModel, path: tuple[str, str]) -> PathModel:
    """The model less one arrow, and less a construct that no arrow touches any more (with its parts): a composite
    without a neighbour has no weights to look for."""
    paths = tuple(p for p in model.paths if p != path)
    touched = {end for p in paths for end in p}
    parts = {part for c in model.constructs if c.name in touched for part in c.parts}
    kept = tuple(c for c in model.constructs if c.name in touched | parts)
    return replace(model, constructs=kept, paths=paths, target="")


def f_squared(full: Fit, model: PathModel) -> list[tuple[str, str, float]]:
    """Source, target and f2 of every declared path, in the order of the model's constructs.

    Every stage is estimated again, so that all weights adapt (as seminr does); a target without any path left
    explains nothing. NaN where the smaller model has no estimate. Source: Hair et al. (2022), ch. 6.
    """
    first = full.lower or full
    result = []
    for i, j in full.layout.links:
        source, target = full.layout.names[i], full.layout.names[j]
        less = without_path(model, (source, target))
        explained = full.value("r2", target)
        without = 0.0
        if any(end == target for _, end in less.paths):
            own = np.array([first.layout.items.index(item) for item in less.items])
            batch = first.batch
            smaller = Batch(
                batch.correlation[:, own[:, None], own], batch.mean[:, own], batch.deviation[:, own]
            )
            again, problems = fit_stages(smaller, less, full.n)
            refused = any(
                p.code in ("path_model.not_converged", "path_model.second_stage_refused") for p in problems
            )
            without = float("nan") if refused else again.value("r2", target)
        result.append((source, target, (explained - without) / (1 - explained)))
    return result
