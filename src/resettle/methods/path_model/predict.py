"""Out-of-sample prediction of a path model's items, against a plain linear model.

Source: Shmueli et al. (2019), European J. of Marketing 53(11), 2322-2347 (PLSpredict).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from resettle.methods.path_model.fit import fit_batch, split_stages
from resettle.methods.path_model.model import PathModel
from resettle.methods.path_model.moments import batch_from_sums, make_moments
from resettle.methods.path_model.prepare import Prepared

Array = NDArray[np.float64]


def predict_items(data: Prepared, model: PathModel, folds: int = 10, seed: int = 1) -> pl.DataFrame:
    """Root mean square error of every endogenous item, by path model, linear model and mean.

    Cross-validated; exogenous items predict. ``q2`` above 0 beats the training mean; the path model has
    predictive power for an item where its error is below the linear model's.

    Returns:
        ``item, construct, rmse_path, rmse_linear, rmse_mean, q2``, one row per endogenous item.
    """
    first, _ = split_stages(model)
    answers = np.where(np.isfinite(data.answers), data.answers, np.nanmean(data.answers, axis=0))
    n = len(answers)
    fold = np.random.default_rng(seed).permutation(n) % folds
    weight = data.design.weight
    errors: dict[str, list[Array]] = {"path": [], "linear": [], "mean": []}
    kept = []
    for f in range(folds):
        train = fold != f
        design = replace(
            data.design,
            weight=weight[train],
            unit=np.arange(train.sum()),
            stratum=np.zeros(train.sum(), dtype=np.int64),
            stratum_names=("",),
            certain=np.zeros(train.sum(), dtype=bool),
            fpc=np.zeros(1),
        )
        moments = make_moments(answers[train], design)
        fitted = fit_batch(
            batch_from_sums(moments.sums.sum(axis=0)[None, :], moments), first, int(train.sum())
        )
        layout = fitted.layout
        endogenous = list(layout.endogenous)
        outside = [k for j, b in enumerate(layout.blocks) if j not in endogenous for k in b]
        targets = [(int(k), j) for j in endogenous for k in layout.blocks[j]]
        z = (answers[~train] - fitted.batch.mean[0]) / fitted.batch.deviation[0]
        scores = z @ fitted.outer[0]
        for j in layout.order:
            if j in endogenous:
                scores[:, j] = scores @ fitted.structure.coefficients[0][:, j]
        chosen = [k for k, _ in targets]
        path = np.stack([scores[:, j] * fitted.structure.loadings[0, k, j] for k, j in targets], axis=1)
        path = path * fitted.batch.deviation[0, chosen] + fitted.batch.mean[0, chosen]
        root = np.sqrt(weight[train])[:, None]
        left = np.hstack([np.ones((train.sum(), 1)), answers[train][:, outside]])
        slope = np.linalg.lstsq(left * root, answers[train][:, chosen] * root, rcond=None)[0]
        linear = np.hstack([np.ones((n - train.sum(), 1)), answers[~train][:, outside]]) @ slope
        truth = answers[~train][:, chosen]
        errors["path"].append(path - truth)
        errors["linear"].append(linear - truth)
        errors["mean"].append(fitted.batch.mean[0, chosen] - truth)
        kept.append(weight[~train])
    whole = np.concatenate(kept)
    rmse = {
        key: np.sqrt(np.average(np.concatenate(value) ** 2, axis=0, weights=whole))
        for key, value in errors.items()
    }
    return pl.DataFrame(
        {
            "item": [layout.items[k] for k, _ in targets],
            "construct": [layout.names[j] for _, j in targets],
            "rmse_path": rmse["path"],
            "rmse_linear": rmse["linear"],
            "rmse_mean": rmse["mean"],
            "q2": 1 - rmse["path"] ** 2 / rmse["mean"] ** 2,
        }
    )
