"""A whole path-model analysis from a table and a specification: every table a report needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import polars.selectors as cs

from resettle.methods.as_numbers import brought
from resettle.methods.path_model import quality
from resettle.methods.path_model.effect_size import f_squared
from resettle.methods.path_model.fit import Resampled, bootstrap
from resettle.methods.path_model.groups import (
    Comparison,
    compare_groups,
    group_index,
    importance_performance,
    may_compare,
    verdicts,
)
from resettle.methods.path_model.model import PathModel, read_model
from resettle.methods.path_model.predict import predict_items
from resettle.methods.path_model.prepare import Prepared, prepare
from resettle.problems import Problem


@dataclass(frozen=True)
class Analysis:
    """The result of one specification.

    Attributes:
        model: as declared; result: fit and intervals; tables: by name, in reading order.
        seed, resamples: as used.
    """

    model: PathModel
    result: Resampled
    tables: dict[str, pl.DataFrame]
    seed: int
    resamples: int


def analyse(
    frame: pl.DataFrame, given: Mapping[str, Any], value_labels: Mapping[str, Mapping[Any, str]] | None = None
) -> tuple[Analysis | None, list[Problem]]:
    """Run a specification: fit, intervals, criteria, groups, prediction.

    Args:
        frame: one row per answer.
        given: the specification, see :func:`read_model`; also ``bootstrap`` (resamples), ``seed``,
            ``level``, ``single_unit``.
    """
    model, problems = read_model(given)
    if model is None:
        return None, problems
    frame, read = brought(frame, given, model.items, value_labels)
    problems += read
    if any(p.severity == "error" for p in read):
        return None, problems
    data, found = prepare(frame, model, given.get("single_unit", "refuse"))
    problems += found
    if data is None:
        return None, problems
    count, seed = int(given.get("bootstrap", 5000)), int(given.get("seed", 1))
    level = float(given.get("level", 0.95))
    result, found = bootstrap(data, model, count, seed, level)
    problems += found
    refused = any(p.code in ("path_model.second_stage_refused", "path_model.constructs_alike") for p in found)
    if refused or not np.isfinite(result.fit.structure.coefficients).all():
        return None, [p for p in problems if not p.code.startswith("path_model.interval_")]
    tables = statistic_tables(result)
    tables |= _criteria(result, data, model)
    tables["prediction"] = predict_items(data, model, seed=seed)
    target = model.target or model.names[-1]
    if any(n.kind == "index" for n in result.fit.names) and any(end == target for _, end in model.paths):
        tables["importance_performance"] = importance_performance(result, target)
    for column in model.groups:
        more, found = _group_tables(data, model, result, column, target, count, seed, level)
        tables |= more
        problems += found
    return Analysis(model, result, tables, seed, count), problems


def statistic_tables(result: Resampled) -> dict[str, pl.DataFrame]:
    """Estimates with standard errors and both intervals, one table per kind of statistic."""
    tables: dict[str, pl.DataFrame] = {}
    summary = result.intervals
    shown = not result.withheld
    for kind in ("index", "path", "total", "indirect", "r2", "loading", "weight", "htmt"):
        at = [k for k, n in enumerate(result.fit.names) if n.kind == kind]
        if not at:
            continue
        names = [result.fit.names[k] for k in at]
        columns: dict[str, Any] = {"source": [n.source for n in names]}
        if any(n.target for n in names):
            columns["target"] = [n.target for n in names]
        columns["estimate"] = summary.estimate[at]
        ends = {
            "se": summary.se[at],
            "percentile_low": summary.percentile[at, 0],
            "percentile_high": summary.percentile[at, 1],
            "bca_low": summary.bca[at, 0],
            "bca_high": summary.bca[at, 1],
        }
        nothing = pl.Series([None] * len(at), dtype=pl.Float64)
        columns |= {name: values if shown else nothing for name, values in ends.items()}
        tables[kind] = pl.DataFrame(columns)
    return tables


def _criteria(result: Resampled, data: Prepared, model: PathModel) -> dict[str, pl.DataFrame]:
    fit = result.fit.lower or result.fit
    names, layout, correlation = fit.layout.names, fit.layout, fit.batch.correlation
    top = result.fit
    tables = {
        "reliability": _reliability(result),
        "fornell_larcker": _square(quality.fornell_larcker(fit.structure, layout), names, lower=True),
        "f2": pl.DataFrame(
            f_squared(top, model),
            schema={"source": pl.String, "target": pl.String, "value": pl.Float64},
            orient="row",
        ),
        "inner_vif": _arrows(
            quality.inner_vif(top.structure, top.layout), top.layout.links, top.layout.names
        ),
        "outer_vif": pl.DataFrame(
            {"item": layout.items, "outer_vif": quality.outer_vif(correlation, layout)}
        ),
    }
    adjusted = quality.adjusted_r2(top.structure.r2, top.layout, fit.n)[0]
    chosen = list(top.layout.endogenous)
    tables["explained"] = pl.DataFrame(
        {
            "construct": [top.layout.names[j] for j in chosen],
            "r2": top.structure.r2[0, chosen],
            "r2_adjusted": adjusted[chosen],
        }
    )
    overall, by_item = quality.kmo(correlation[0])
    chi2, freedom, p_value = quality.bartlett(correlation[0], fit.n)
    tables["adequacy"] = pl.DataFrame(
        {
            "measure": ["KMO", "Bartlett chi2", "Bartlett df", "Bartlett p", "n", "dropped"],
            "value": [overall, chi2, float(freedom), p_value, float(fit.n), float(data.dropped)],
        }
    )
    tables["kmo_by_item"] = pl.DataFrame({"item": layout.items, "kmo": by_item})
    finite = cs.float().is_finite()
    return {
        name: table.with_columns(pl.when(finite).then(cs.float()).name.keep())
        for name, table in tables.items()
    }


def _reliability(result: Resampled) -> pl.DataFrame:
    """One row per first-order construct, then one per higher-order construct, whose items are its parts. What keeps its
    items in the second stage is judged there, where its loadings are read."""
    rows: list[pl.DataFrame] = []
    first = result.fit.lower or result.fit
    top = result.fit.layout
    again = {
        c for j, c in enumerate(top.names) if all(top.items[k] in first.layout.items for k in top.blocks[j])
    }
    again = set() if result.fit.lower is None else again
    offset = 0
    for fit in (first, result.fit) if result.fit.lower is not None else (first,):
        layout = fit.layout
        found = quality.reliability(fit.batch.correlation, fit.outer, fit.structure.loadings, layout)[0]
        table = pl.DataFrame({"construct": layout.names})
        table = table.with_columns(
            pl.Series(name, found[:, k]) for k, name in enumerate(("alpha", "rho_c", "ave", "rho_a"))
        ).with_columns(pl.Series("flipped_share", result.flipped[offset : offset + len(layout.names)]))
        offset += len(layout.names)
        new = pl.col("construct").is_in([*again, *(set(top.names) - set(first.layout.names))])
        rows.append(
            table.filter(~pl.col("construct").is_in(list(again))) if fit is first else table.filter(new)
        )
    order = [*first.layout.names, *(c for c in top.names if c not in first.layout.names)]
    both = pl.concat(rows)
    return both.sort(both["construct"].replace_strict(order, range(len(order)), return_dtype=pl.Int64))


def _square(values: Any, names: tuple[str, ...], lower: bool) -> pl.DataFrame:
    shown = np.where(np.tri(len(names)) > 0, values, np.nan) if lower else values
    frame = pl.DataFrame({name: shown[:, j] for j, name in enumerate(names)}).fill_nan(None)
    return frame.insert_column(0, pl.Series("construct", names))


def _arrows(values: Any, links: list[tuple[int, int]], names: tuple[str, ...]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "source": [names[i] for i, _ in links],
            "target": [names[j] for _, j in links],
            "value": [float(values[i, j]) for i, j in links],
        }
    )


def _group_tables(
    data: Prepared,
    model: PathModel,
    result: Resampled,
    column: str,
    target: str,
    count: int,
    seed: int,
    level: float,
) -> tuple[dict[str, pl.DataFrame], list[Problem]]:
    tables: dict[str, pl.DataFrame] = {}
    problems: list[Problem] = []
    if any(n.kind == "index" and n.source == target for n in result.fit.names):
        tables[f"index_by_{column}"], problems = group_index(
            data, model, result.fit, column, target, count, seed, level
        )
    comparisons, found = compare_groups(data, model, column, min(count, 1000), seed)
    told = {p.value for p in problems if p.code == "path_model.group_small"}
    problems += [p for p in found if p.code != "path_model.group_small" or p.value not in told]
    return tables | _invariance_tables(comparisons, column), problems


def _invariance_tables(comparisons: list[Comparison], column: str) -> dict[str, pl.DataFrame]:
    """MICOM's steps, its verdict, and the paths with whether their difference may be read at all."""
    parts: dict[str, list[pl.DataFrame]] = {}
    for c in comparisons:
        label = pl.lit(f"{c.groups[0]} - {c.groups[1]}").alias("groups")
        verdict = verdicts(c.composition, c.equality)
        held = dict(verdict.select("construct", "invariance").iter_rows())
        allowed = [may_compare(pair, held) for pair in c.paths.select("source", "target").iter_rows()]
        verdict = verdict.with_columns(
            paths_comparable=pl.col("invariance").is_in(["partial", "full"]),
            index_comparable=pl.col("compositional"),
            poolable=pl.col("invariance") == "full",
        )
        for name, table in (
            ("composition", c.composition),
            ("equality", c.equality),
            ("invariance", verdict),
            ("paths", c.paths.with_columns(pl.Series("comparable", allowed, dtype=pl.Boolean))),
        ):
            parts.setdefault(name, []).append(table.select(label, pl.all()))
    return {f"{name}_by_{column}": pl.concat(rows) for name, rows in parts.items()}
