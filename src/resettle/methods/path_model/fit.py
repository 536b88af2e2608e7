"""Fit a declared path model, with resamples, jackknife and orientation in one pass."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resettle.methods.bootstrap import Intervals, intervals
from resettle.methods.design import Design, leave_one_out, multipliers
from resettle.methods.path_model import quality
from resettle.methods.path_model.checks import check_fit
from resettle.methods.path_model.estimate import Structure, orient, outer_weights, structure
from resettle.methods.path_model.model import Construct, Layout, PathModel, Scheme, layout_of
from resettle.methods.path_model.moments import Batch, Moments, batch_from_sums, make_moments
from resettle.methods.path_model.prepare import Prepared
from resettle.problems import Problem

Array = NDArray[np.float64]

FLIPPED_SHARE = 0.05
"""Above this share of resamples whose composite turned around, no interval of the model is printed."""
FAILED_SHARE = 0.05
"""Above this share of resamples that could not be estimated, no interval is printed."""
LEAST_FREEDOM = 30
"""Units less strata below which no interval is printed; see the coverage table."""
RESAMPLE_TOLERANCE = 1e-7
MODELS_AT_ONCE = 1024


@dataclass(frozen=True)
class Name:
    """What one statistic is: its kind and the constructs or items it joins."""

    kind: str
    source: str
    target: str = ""


@dataclass(frozen=True)
class Scored:
    """Which items each construct's 0 to 100 index is made of.

    Attributes:
        names: constructs; of a model with higher-order constructs, the wholes, the plain ones and then the parts.
        mask: (p, K) true where an item takes part; blocks: the same as positions.
    """

    names: tuple[str, ...]
    mask: NDArray[np.bool_]
    blocks: tuple[NDArray[np.intp], ...]


@dataclass(frozen=True)
class Fit:
    """A fitted model of one stage.

    Attributes:
        layout: index arrays of the fitted (first-order) model.
        correlation: (1, p, p); mean, deviation: (1, p) on the items' own scale.
        raw: (1, p, J) outer weights as the iteration left them; ``outer`` oriented by the markers.
        signs: (J,) the turn given to each composite.
        structure: loadings, paths, explained shares.
        converged, iterations: whether and when the iteration ended.
        names, values: every statistic by name, (q,).
        ends: lowest and highest answer of each item; scored, item_weights, item_batch: the items, and with what
            weights (1, p, K), each construct's index is made of.
        lower: the first stage of a model with higher-order constructs.
    """

    layout: Layout
    scheme: Scheme
    consistent: bool
    batch: Batch
    raw: Array
    outer: Array
    signs: Array
    structure: Structure
    converged: bool
    iterations: int
    names: tuple[Name, ...]
    values: Array
    n: int
    ends: tuple[tuple[float, float] | None, ...]
    scored: Scored
    item_weights: Array
    item_batch: Batch
    lower: Fit | None = None

    def value(self, kind: str, source: str, target: str = "") -> float:
        """One statistic by name.

        Raises:
            KeyError: if the model has no such statistic.
        """
        try:
            return float(self.values[self.names.index(Name(kind, source, target))])
        except ValueError as error:
            raise KeyError(f"{kind} {source} {target}") from error


def split_stages(model: PathModel) -> tuple[PathModel, PathModel | None]:
    """First and second stage of a model (disjoint two-stage for higher-order constructs).

    In the first stage the parts stand in the place of their whole; in the second the parts' composites (``[part]``)
    are the items of the whole and all other constructs keep their own. Source: Sarstedt et al. (2019), Australasian
    Marketing J. 27(3), 197-211. Under PLSc the second stage reads the constructs alone (see :func:`composites`).
    """
    wholes = {c.name: c.parts for c in model.constructs if c.parts}
    if not wholes:
        return model, None
    first = tuple(c for c in model.constructs if not c.parts)
    paths = [
        (a, b)
        for start, end in model.paths
        for a in wholes.get(start, (start,))
        for b in wholes.get(end, (end,))
        if a != b
    ]
    parts = {part for group in wholes.values() for part in group}
    second = tuple(
        Construct(c.name, tuple(f"[{part}]" for part in c.parts), c.mode, "", (), c.zh, c.en)
        if c.parts
        else Construct(c.name, (f"[{c.name}]",), "A", "", (), c.zh, c.en)
        if model.consistent
        else c
        for c in model.constructs
        if c.name not in parts
    )
    lower = replace(model, constructs=first, paths=tuple(dict.fromkeys(paths)), reverse=(), target="")
    return lower, replace(model, constructs=second, reverse=())


def _scored(layout: Layout, lower: Layout | None) -> Scored:
    """Items behind each index: a construct's own, or those of all parts of a whole."""
    if lower is None:
        return Scored(layout.names, layout.mask, layout.blocks)
    parts = [j for j, name in enumerate(lower.names) if name not in layout.names]
    carried = _carried(lower.mask[None].astype(np.float64), lower, layout)[0]
    joined = carried @ layout.mask.astype(np.float64) > 0
    mask = np.hstack([joined, lower.mask[:, parts]])
    names = layout.names + tuple(lower.names[j] for j in parts)
    return Scored(names, mask, tuple(np.flatnonzero(column) for column in mask.T))


def _item_weights(outer: Array, layout: Layout, below: Array | None, lower: Layout | None) -> Array:
    """Weights of the items (B, p, K) in the composites of ``_scored``: of a whole, its parts' weights times its own."""
    if below is None or lower is None:
        return outer
    parts = [j for j, name in enumerate(lower.names) if name not in layout.names]
    return np.concatenate([_carried(below, lower, layout) @ outer, below[:, :, parts]], axis=2)


def _carried(outer: Array, lower: Layout, second: Layout) -> Array:
    """What each item of the second stage is made of, (B, p, q): a part's composite, or one item as it stands."""
    made = np.zeros((len(outer), len(lower.items), len(second.items)))
    for k, item in enumerate(second.items):
        if item.startswith("[") and item not in lower.items:
            made[:, :, k] = outer[:, :, lower.names.index(item[1:-1])]
        else:
            made[:, lower.items.index(item), k] = 1.0
    return made


def _names(layout: Layout, scored: Scored, ends: tuple[tuple[float, float] | None, ...]) -> tuple[Name, ...]:
    c = layout.names
    names = [Name("path", c[i], c[j]) for i, j in layout.links]
    names += [Name("total", c[i], c[j]) for i, j in layout.reachable()]
    names += [Name("indirect", "->".join(c[i] for i in route), "") for route in layout.routes()]
    names += [Name("loading", item, c[j]) for j, b in enumerate(layout.blocks) for item in _at(layout, b)]
    names += [Name("weight", item, c[j]) for j, b in enumerate(layout.blocks) for item in _at(layout, b)]
    names += [Name("r2", c[j]) for j in layout.endogenous]
    names += [Name("htmt", c[i], c[j]) for i in range(len(c)) for j in range(i + 1, len(c))]
    names += [Name("index", scored.names[j]) for j in indexed(scored, ends)]
    return tuple(names)


def _at(layout: Layout, block: Any) -> list[str]:
    return [layout.items[k] for k in block]


def indexed(scored: Scored, ends: tuple[tuple[float, float] | None, ...]) -> list[int]:
    """Constructs whose items all state their scale, so that a 0 to 100 index exists."""
    return [j for j, block in enumerate(scored.blocks) if all(ends[k] is not None for k in block)]


def index_weights(outer: Array, deviation: Array, scored: Scored) -> Array:
    """Weights of the items on their own scale, summing to 1 within each construct, (B, p, K)."""
    own = outer / deviation[:, :, None]
    return np.asarray(own / np.where(scored.mask, own, 0.0).sum(axis=1, keepdims=True))


def index_values(
    means: Array, weights: Array, scored: Scored, ends: tuple[tuple[float, float] | None, ...]
) -> Array:
    """The 0 to 100 index of the constructs with known scales, (B, K), from item means (B, p).

    Source: Fornell et al. (1996), J. of Marketing 60(4), 7-18, eq. for the ACSI, here for any ends.
    """
    low = np.array([e[0] if e else np.nan for e in ends])
    span = np.array([e[1] - e[0] if e else np.nan for e in ends])
    share = (means - low) / span
    chosen = indexed(scored, ends)
    result = np.empty((len(means), len(chosen)))
    for column, j in enumerate(chosen):
        block = scored.blocks[j]
        result[:, column] = 100 * (share[:, block] * weights[:, block, j]).sum(axis=1)
    return result


def _statistics(
    batch: Batch,
    outer: Array,
    layout: Layout,
    consistent: bool,
    scored: Scored,
    item_weights: Array,
    item_batch: Batch,
    ends: tuple[tuple[float, float] | None, ...],
) -> tuple[Structure, Array]:
    found = structure(batch.correlation, outer, layout, consistent)
    b = len(outer)
    columns = [found.coefficients[:, i, j] for i, j in layout.links]
    columns += [found.total[:, i, j] for i, j in layout.reachable()]
    for route in layout.routes():
        product = np.ones(b)
        for i, j in pairwise(route):
            product = product * found.coefficients[:, i, j]
        columns.append(product)
    columns += [found.loadings[:, k, j] for j, block in enumerate(layout.blocks) for k in block]
    columns += [outer[:, k, j] for j, block in enumerate(layout.blocks) for k in block]
    columns += [found.r2[:, j] for j in layout.endogenous]
    ratio = quality.htmt(batch.correlation, layout)
    count = len(layout.names)
    columns += [ratio[:, i, j] for i in range(count) for j in range(i + 1, count)]
    if indexed(scored, ends):
        weights = index_weights(item_weights, item_batch.deviation, scored)
        columns += list(index_values(item_batch.mean, weights, scored, ends).T)
    return found, np.stack(columns, axis=1)


def fit_batch(batch: Batch, model: PathModel, n: int, lower: Fit | None = None) -> Fit:
    """Fit one stage of a model to one batch entry; ``lower`` is the stage whose composites are its items."""
    layout = layout_of(model)
    weights = outer_weights(batch.correlation, layout, model.scheme)
    raw = weights.outer
    cross = batch.correlation @ raw
    signs = np.array([_sign(cross[0, m, j]) for j, m in enumerate(layout.markers)])
    outer = orient(raw, signs[None, :])
    ends = lower.ends if lower else tuple(model.ends(item) for item in layout.items)
    below = lower.layout if lower else None
    scored = _scored(layout, below)
    item_weights = _item_weights(outer, layout, lower.outer if lower else None, below)
    item_batch = lower.batch if lower else batch
    found, values = _statistics(
        batch, outer, layout, model.consistent, scored, item_weights, item_batch, ends
    )
    return Fit(
        layout,
        model.scheme,
        model.consistent,
        batch,
        raw,
        outer,
        signs,
        found,
        bool(weights.converged[0]),
        int(weights.iterations[0]),
        _names(layout, scored, ends),
        values[0],
        n,
        ends,
        scored,
        item_weights,
        item_batch,
        lower,
    )


def _sign(value: float) -> float:
    return -1.0 if value < 0 else 1.0


def composites(batch: Batch, outer: Array, layout: Layout, second: Layout, consistent: bool = False) -> Batch:
    """The composites of a first stage as items of the second; under PLSc, the constructs behind them.

    Composites of common factors carry their items' error, so that a second stage on them is wrong by the parts'
    reliabilities even where its own is made up for. Under PLSc the second stage therefore reads the correlations of
    the constructs. Source: van Riel, Henseler, Kemény and Sasovova (2017), Industrial Management & Data Systems
    117(3), 459-477.
    """
    if not consistent:
        made = _carried(outer, layout, second)
        matrix = np.swapaxes(made, 1, 2) @ batch.correlation @ made
        return Batch(matrix, np.zeros(matrix.shape[:2]), np.ones(matrix.shape[:2]))
    places = [layout.names.index(item[1:-1]) for item in second.items]
    whole = structure(batch.correlation, outer, layout, consistent).between
    matrix = whole[:, np.array(places)[:, None], np.array(places)]
    return Batch(matrix, np.zeros(matrix.shape[:2]), np.ones(matrix.shape[:2]))


def fit(data: Prepared, model: PathModel) -> tuple[Fit, list[Problem]]:
    """Fit a declared model.

    Returns:
        The fit and what is wrong with it: not converged, Heywood cases (a loading, reliability or
        construct correlation beyond 1 under PLSc), collinear blocks.
    """
    moments = make_moments(data.answers, data.design)
    batch = batch_from_sums(moments.sums.sum(axis=0)[None, :], moments)
    return fit_stages(batch, model, len(data.answers))


def fit_stages(batch: Batch, model: PathModel, n: int) -> tuple[Fit, list[Problem]]:
    """Fit all stages of a model to the moments of its items; see :func:`fit`."""
    first, second = split_stages(model)
    result = fit_batch(batch, first, n)
    problems = check_fit(result)
    if second is not None and not any(p.code == "path_model.heywood" for p in problems):
        layout = layout_of(second)
        upper = composites(batch, result.outer, result.layout, layout, model.consistent)
        result = fit_batch(upper, second, n, result)
        problems += check_fit(result)
    elif second is not None:
        problems.append(Problem("path_model.second_stage_refused", "error"))
    return result, problems


@dataclass(frozen=True)
class Resampled:
    """A fit with intervals.

    Attributes:
        fit: on the sample.
        intervals: of ``fit.values``.
        flipped: (J,) share of resamples in which the composite had turned around.
        failed: share of resamples that could not be estimated.
        withheld: why no interval may be printed, or an empty string.
        freedom: units less strata.
        groups: per group column and label, the intervals of the index of ``target``.
    """

    fit: Fit
    intervals: Intervals
    flipped: Array
    failed: float
    withheld: str
    freedom: int
    seed: int
    count: int


def _oriented(batch: Batch, reference: Fit) -> tuple[Array, NDArray[np.bool_], NDArray[np.bool_]]:
    """Outer weights of a batch turned towards the reference composite; converged; turned (B, J)."""
    found = outer_weights(batch.correlation, reference.layout, reference.scheme, tolerance=RESAMPLE_TOLERANCE)
    cross = batch.correlation @ reference.raw
    agreement = np.einsum("bpj,bpj->bj", found.outer, cross)
    turned = agreement < 0
    signs = np.where(turned, -1.0, 1.0) * reference.signs
    return orient(found.outer, signs), found.converged, turned


def resampled_values(
    sums: Array, moments: Moments, reference: Fit
) -> tuple[Array, NDArray[np.bool_], NDArray[np.bool_], Array, Batch]:
    """Statistics of summed moments (B, m): values, good, turned, weights of the items in each scored construct, batch.

    A resample whose reliabilities are beyond 0 to 1 has no second stage under PLSc: it counts as failed.
    """
    batch = batch_from_sums(sums, moments)
    usable: NDArray[np.bool_] = np.asarray(np.isfinite(batch.correlation).all(axis=(1, 2)))
    safe = Batch(
        np.where(usable[:, None, None], batch.correlation, np.eye(batch.correlation.shape[1])),
        batch.mean,
        batch.deviation,
    )
    first = reference.lower or reference
    outer, good, turned = _oriented(safe, first)
    weights, layout, current = outer, first.layout, safe
    if reference.lower is not None:
        layout = reference.layout
        current = composites(safe, outer, first.layout, layout, reference.consistent)
        whole: NDArray[np.bool_] = np.asarray(np.isfinite(current.correlation).all(axis=(1, 2)))
        fill = np.where(whole[:, None, None], current.correlation, np.eye(current.correlation.shape[1]))
        current = Batch(fill, current.mean, current.deviation)
        below = outer
        outer, more, also = _oriented(current, reference)
        good, turned = good & more & whole, np.hstack([turned, also])
        weights = _item_weights(outer, layout, below, first.layout)
    _, values = _statistics(
        current, outer, layout, reference.consistent, reference.scored, weights, safe, reference.ends
    )
    return values, good & usable, turned, weights, safe


def sum_chunks(design: Design, moments: Moments, count: int, seed: int) -> Iterator[Array]:
    """Summed moments of the resamples, in pieces small enough for the cache."""
    for drawn in multipliers(design, count, seed):
        for start in range(0, len(drawn), MODELS_AT_ONCE):
            yield drawn[start : start + MODELS_AT_ONCE] @ moments.sums


def jackknife_sums(design: Design, moments: Moments) -> Iterator[Array]:
    """Summed moments with one unit left out each time, its stratum-mates made up for it."""
    total = moments.sums.sum(axis=0)
    strata = np.zeros((len(design.stratum_names), moments.sums.shape[1]))
    np.add.at(strata, design.stratum, moments.sums)
    factor, live = leave_one_out(design)
    chosen = np.array([u for u, _ in live], dtype=np.int64)
    for start in range(0, len(chosen), MODELS_AT_ONCE):
        units = chosen[start : start + MODELS_AT_ONCE]
        scale = factor[units][:, None]
        mates = strata[design.stratum[units]] - moments.sums[units]
        yield total - moments.sums[units] + (scale - 1) * mates


def bootstrap(
    data: Prepared, model: PathModel, count: int = 5000, seed: int = 1, level: float = 0.95
) -> tuple[Resampled, list[Problem]]:
    """Fit with bootstrap intervals (percentile and BCa) for every statistic.

    The same seed and data give the same digits; units are resampled as the design says.
    """
    found, problems = fit(data, model)
    moments = make_moments(data.answers, data.design)
    kept, turns, failed = [], [], 0
    for sums in sum_chunks(data.design, moments, count, seed):
        values, good, turned, _, _ = resampled_values(sums, moments, found)
        good = np.logical_and(good, np.isfinite(values).all(axis=1))
        kept.append(values[good])
        turns.append(turned[good])
        failed += int(len(good) - good.sum())
    jackknife = [resampled_values(s, moments, found)[0] for s in jackknife_sums(data.design, moments)]
    left_out = np.concatenate(jackknife)
    left_out = left_out[np.flatnonzero(np.isfinite(left_out).all(axis=1))]
    resamples = np.concatenate(kept)
    flipped = np.concatenate(turns).mean(axis=0) if len(resamples) else np.ones(len(found.layout.names))
    share = failed / count
    withheld = _withheld(float(flipped.max()), share, data.design.freedom, found.converged)
    if withheld:
        values_said = {
            "flipped": round(100 * float(flipped.max()), 1),
            "failed": round(100 * share, 1),
            "units": data.design.units,
            "freedom": data.design.freedom,
        }
        problems.append(Problem(f"path_model.{withheld}", "warning", values=values_said))
    if len(resamples) < 2:
        resamples = np.full((2, len(found.values)), np.nan)
    free = data.design.freedom
    summary = intervals(found.values, resamples, left_out if len(left_out) else None, level, free)
    return Resampled(found, summary, flipped, share, withheld, data.design.freedom, seed, count), problems


def _withheld(flipped: float, failed: float, freedom: int, converged: bool) -> str:
    if not converged:
        return "interval_not_converged"
    if flipped > FLIPPED_SHARE:
        return "interval_flipped"
    if failed > FAILED_SHARE:
        return "interval_failed"
    if freedom < LEAST_FREEDOM:
        return "interval_few_units"
    return ""
