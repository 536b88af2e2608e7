"""The design of a sample: weights, strata, units; and the resamples that respect it.

A unit is what was drawn first: a village, a site, or the single row where nothing was clustered.
Variance is only ever taken between units within strata.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from resettle.problems import Problem

Array = NDArray[np.float64]
Codes = NDArray[np.int64]
SingleUnit = Literal["refuse", "merge", "certainty"]
SINGLE_UNIT: tuple[SingleUnit, ...] = ("refuse", "merge", "certainty")

CHUNK_CELLS = 2_000_000
"""Resample multipliers held at one time (8 bytes each)."""


@dataclass(frozen=True)
class Design:
    """Weights and the two levels of a sample.

    Attributes:
        weight: (n,) design weight of each row.
        unit: (n,) unit of each row, 0..U-1.
        stratum: (U,) stratum of each unit, 0..H-1.
        unit_names, stratum_names: labels, sorted, so that the order of rows does not matter.
        declared: whether strata or clusters were given at all.
        certain: (U,) units of single-unit strata kept with certainty: no variance of their own.
        fpc: (H,) share of the stratum's units that were drawn, or zeros.
    """

    weight: Array
    unit: Codes
    stratum: Codes
    unit_names: tuple[str, ...]
    stratum_names: tuple[str, ...]
    declared: bool
    certain: NDArray[np.bool_]
    fpc: Array

    @property
    def units(self) -> int:
        return len(self.stratum)

    @property
    def freedom(self) -> int:
        """Degrees of freedom: units less strata, certainty units not counted."""
        live = self.stratum[~self.certain]
        return int(len(live) - len(np.unique(live)))

    def unit_totals(self, values: Array) -> Array:
        """Sum rows (n,) or (n, q) over units, (U, q)."""
        two = values if values.ndim == 2 else values[:, None]
        result = np.empty((self.units, two.shape[1]))
        for column in range(two.shape[1]):
            result[:, column] = np.bincount(self.unit, weights=two[:, column], minlength=self.units)
        return result

    def covariance(self, influence: Array) -> Array:
        """Variance matrix (q, q) of totals from weighted influence values (n, q), units as drawn.

        Source: Wolter (2007), Introduction to Variance Estimation, 2nd ed., eq. 1.4.2 with the
        finite-population factor where one is declared.
        """
        totals = self.unit_totals(influence)
        strata = len(self.stratum_names)
        size = np.bincount(self.stratum, minlength=strata).astype(np.float64)
        means = (
            np.stack([np.bincount(self.stratum, weights=t, minlength=strata) for t in totals.T], axis=1)
            / np.maximum(size, 1)[:, None]
        )
        deviation = np.where(self.certain[:, None], 0.0, totals - means[self.stratum])
        scale = (size / np.maximum(size - 1, 1) * (1 - self.fpc))[self.stratum]
        return np.asarray((deviation * scale[:, None]).T @ deviation)


def _check_columns(
    values: Array, strata: Sequence[Any] | None, cluster: Sequence[Any] | None
) -> list[Problem]:
    """Weights that are missing, negative or all zero; labels that are missing."""
    bad = np.flatnonzero(~np.isfinite(values) | (values < 0))
    problems = [
        Problem("design.weight_missing", "error", row=int(i) + 1)
        if np.isnan(values[i])
        else Problem("design.weight_refused", "error", row=int(i) + 1, value=f"{values[i]:g}")
        for i in bad[:20]
    ]
    if not len(bad) and not values.sum() > 0:
        problems.append(Problem("design.weight_zero", "error"))
    for name, labels in (("strata", strata), ("cluster", cluster)):
        whole = isinstance(labels, np.ndarray) and np.issubdtype(labels.dtype, np.integer)
        empty = [] if labels is None or whole else [i for i, label in enumerate(labels) if label is None]
        problems += [Problem("design.label_missing", "error", column=name, row=i + 1) for i in empty[:20]]
    return problems


def make_design(
    rows: int,
    weight: Sequence[Any] | Array | None = None,
    strata: Sequence[Any] | None = None,
    cluster: Sequence[Any] | None = None,
    single_unit: SingleUnit = "refuse",
    drawn_share: Sequence[float] | Array | None = None,
) -> tuple[Design | None, list[Problem]]:
    """Build a design from columns.

    Args:
        rows: number of rows n.
        weight: (n,) positive weights; 1 if not given. Zero takes a row out of every sum but keeps its unit.
        strata, cluster: (n,) labels of any kind; a cluster label counts within its stratum.
        single_unit: what a stratum with one unit means: ``refuse`` (an error), ``merge`` (it joins the
            next stratum by name) or ``certainty`` (it adds no variance).
        drawn_share: (n,) for the finite-population factor: the share of the stratum's units that was drawn
            (up to 1), or how many units the stratum has (above 1); alike in all rows of a stratum. With clusters
            it covers the draw of the clusters only: what is drawn inside them adds nothing of its own.

    Returns:
        The design, or ``None`` beside the errors: weights missing or negative, labels missing, a
        single-unit stratum under ``refuse``, fewer units in a stratum than were drawn.

    >>> make_design(4, strata=["a", "a", "b", "b"])[0].freedom
    2
    """
    values = np.ones(rows) if weight is None else np.asarray(weight, dtype=np.float64)
    problems = _check_columns(values, strata, cluster)
    if problems:
        return None, problems
    names, stratum_code = _coded(np.zeros(rows, dtype=np.int64) if strata is None else strata)
    if cluster is None:
        unit_names: tuple[str, ...] = ()
        unit, stratum = np.arange(rows), stratum_code
    else:
        labels, cluster_code = _coded(cluster)
        pair = stratum_code * len(labels) + cluster_code
        found, first, unit = np.unique(pair, return_index=True, return_inverse=True)
        unit_names = tuple(f"{names[k // len(labels)]}/{labels[k % len(labels)]}" for k in found)
        stratum = stratum_code[first]
    size = np.bincount(stratum, minlength=len(names))
    share, problems = _drawn(drawn_share, stratum_code, size, names)
    if problems:
        return None, problems
    certain = size[stratum] == 1
    if certain.any() and single_unit == "refuse":
        lone = [str(names[h]) for h in np.flatnonzero(size == 1)]
        problems.append(
            Problem("design.single_unit", "error", value=", ".join(lone[:5]), values={"count": len(lone)})
        )
        return None, problems
    if certain.any() and single_unit == "merge":
        former, (stratum, names) = stratum, _merge(stratum, names, size)
        share = _merged_share(share, size, former, stratum, len(names))
        certain = np.bincount(stratum, minlength=len(names))[stratum] == 1
    declared = strata is not None or cluster is not None
    design = Design(
        values,
        np.asarray(unit, dtype=np.int64),
        np.asarray(stratum, dtype=np.int64),
        unit_names,
        tuple(str(n) for n in names),
        declared,
        certain,
        share,
    )
    return design, problems


def _drawn(
    given: Sequence[float] | Array | None, code: Codes, size: Codes, names: Any
) -> tuple[Array, list[Problem]]:
    """Share of each stratum's units that was drawn, from shares or from numbers of units; zero if nothing is given."""
    if given is None:
        return np.zeros(len(names)), []
    values = np.asarray(given, dtype=np.float64)
    bad = np.flatnonzero(~np.isfinite(values) | (values <= 0))
    problems = [
        Problem("design.fpc_refused", "error", row=int(i) + 1, value=str(values[i])) for i in bad[:20]
    ]
    if problems:
        return np.zeros(len(names)), problems
    first = np.zeros(len(names))
    first[code[::-1]] = values[::-1]
    for i in np.flatnonzero(np.abs(values - first[code]) > 1e-9 * first[code])[:5]:
        value, stratum = f"{values[i]:g}", str(names[code[i]])
        near = f"{first[code[i]]:g}"
        problems.append(
            Problem("design.fpc_differs", "error", row=int(i) + 1, column=stratum, value=value, nearest=near)
        )
    share = np.where(first > 1, size / np.where(first > 1, first, 1.0), first)
    for h in np.flatnonzero(share > 1 + 1e-12):
        values_said = {"units": int(size[h])}
        problems.append(
            Problem(
                "design.fpc_small", "error", column=str(names[h]), value=f"{first[h]:g}", values=values_said
            )
        )
    return np.minimum(share, 1.0), problems


def _merged_share(share: Array, size: Codes, former: Codes, now: Codes, count: int) -> Array:
    """The share drawn of strata joined: their drawn units over all their units."""
    with np.errstate(divide="ignore"):
        whole = np.where(share > 0, size / np.where(share > 0, share, 1.0), np.inf)
    target = np.zeros(len(size), dtype=np.int64)
    target[former] = now
    drawn = np.bincount(target, weights=size, minlength=count)
    return np.asarray(drawn / np.bincount(target, weights=whole, minlength=count))


def _coded(labels: Sequence[Any] | Array) -> tuple[Any, Codes]:
    """Sorted labels and the code of each row; whole-number arrays stay numbers, all else is text."""
    if isinstance(labels, np.ndarray) and np.issubdtype(labels.dtype, np.integer):
        names, code = np.unique(labels, return_inverse=True)
    else:
        names, code = np.unique(np.array([str(label) for label in labels], dtype=object), return_inverse=True)
    return names, np.asarray(code, dtype=np.int64)


def _merge(stratum: Any, names: Any, size: Any) -> tuple[Any, Any]:
    """Join every single-unit stratum to the next by name (the last to the one before)."""
    target = np.arange(len(names))
    for h in (int(lone) for lone in np.flatnonzero(size == 1)):
        target[h] = h + 1 if h + 1 < len(names) else h - 1
    for h in range(len(names) - 1, -1, -1):
        if target[h] > h:
            target[h] = target[target[h]]
    last = len(names) - 1
    if last and target[last] == last - 1:
        target[last] = target[last - 1] if target[last - 1] != last else last
    kept, code = np.unique(np.maximum(target, 0)[stratum], return_inverse=True)
    return code, names[kept]


def multipliers(design: Design, count: int, seed: int) -> Iterator[Array]:
    """Bootstrap multipliers of the units, in chunks (b, U) that add up to ``count`` rows.

    Without strata and clusters: n rows drawn from n. With a declared design: Rao and Wu's rescaled
    bootstrap, n_h - 1 units drawn from the n_h of a stratum and weighted n_h / (n_h - 1), so that few
    units per stratum do not shrink the variance.

    Source: Rao, Wu and Yue (1992), Survey Methodology 18(2), 209-217.
    """
    rng = np.random.default_rng(seed)
    chunk = max(1, CHUNK_CELLS // max(design.units, 1))
    members = [np.flatnonzero(design.stratum == h) for h in range(len(design.stratum_names))]
    done = 0
    while done < count:
        rows = min(chunk, count - done)
        result = np.ones((rows, design.units))
        for units in members:
            n = len(units)
            if n == 1:
                continue
            draws = n - 1 if design.declared else n
            drawn = rng.integers(0, n, size=(rows, draws), dtype=np.int32)
            drawn = drawn + (np.arange(rows, dtype=np.int32) * np.int32(n))[:, None]
            counts = np.bincount(drawn.ravel(), minlength=rows * n).reshape(rows, n)
            result[:, units] = counts * (n / draws)
        yield result
        done += rows


def leave_one_out(design: Design) -> tuple[Array, Iterator[tuple[int, float]]]:
    """Factors of the delete-one jackknife: per unit, the weight n_h / (n_h - 1) its stratum-mates get."""
    size = np.bincount(design.stratum, minlength=len(design.stratum_names))[design.stratum]
    factor = size / np.maximum(size - 1, 1)
    live = ((int(u), float(factor[u])) for u in np.flatnonzero(~design.certain))
    return np.asarray(factor, dtype=np.float64), live
