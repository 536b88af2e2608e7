"""From an audit sample and a specification to the card, its errors, and whether a challenger beats it.

Every error is out of sample: villages (or rows, where nothing is clustered) are dealt into folds, each
fold is judged by a card fitted on the others. Nothing here returns a unit's own score: the card audits a
list, it never makes one.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from resettle.methods import survey
from resettle.methods.design import Design, SingleUnit, make_design
from resettle.methods.scorecard.card import (
    Card,
    Indicator,
    card_rows,
    cut_at,
    fit_card,
    one_hot,
    read_indicators,
    ridge_logistic,
)
from resettle.methods.scorecard.challenger import fit_trees, questions
from resettle.problems import Problem

Array = NDArray[np.float64]
Codes = NDArray[np.int64]
Flags = NDArray[np.bool_]

KEYS = (
    "truth", "indicators", "bands", "most", "folds", "seed", "weight", "strata", "cluster", "group",
    "welfare", "single_unit", "title", "note",
)  # fmt: skip
RULES = ("card", "logistic", "trees")
FEWEST_EACH = 30
"""Rows that are meant, and rows that are not, below which no card is fitted."""
LEAST_FREEDOM = 20
"""Units less strata below which no error of the card gets an interval; see the coverage table."""
OFFSETS = (-20, -15, -10, -5, 0, 5, 10, 15, 20)


@dataclass(frozen=True)
class Spec:
    """A read specification; names of columns, and how to fit."""

    truth: str
    indicators: tuple[str, ...]
    bands: Mapping[str, tuple[float, ...]]
    most: int
    folds: int
    seed: int
    weight: str
    strata: str
    cluster: str
    groups: tuple[str, ...]
    welfare: str
    single_unit: SingleUnit


@dataclass(frozen=True)
class Audit:
    """A card and what it is worth.

    Attributes:
        card: fitted on all rows; tables: ``scorecard``, ``errors``, ``challengers``, ``cutoffs`` and, with
            a welfare column, ``deciles``; facts: cut-off, highest points, rows, seed.
    """

    card: Card
    indicators: tuple[Indicator, ...]
    tables: dict[str, pl.DataFrame]
    facts: dict[str, Any]


def read_spec(given: Mapping[str, Any]) -> tuple[Spec | None, list[Problem]]:
    """Read ``truth`` (a yes/no column), ``indicators`` (columns) and what else :data:`KEYS` names.

    >>> read_spec({"truth": "poor", "indicators": ["roof", "water"]})[0].most
    8
    """
    problems = [
        Problem("scorecard.key_unknown", "error", value=str(k), nearest=_near(str(k), KEYS))
        for k in given
        if k not in KEYS
    ]
    names = tuple(str(n) for n in given.get("indicators", ()))
    if not given.get("truth") or not names:
        problems.append(Problem("scorecard.spec_short", "error"))
    most, folds = int(given.get("most", 8)), int(given.get("folds", 5))
    if most < 1 or folds < 2:
        problems.append(Problem("scorecard.number_faulty", "error", value=f"most = {most}, folds = {folds}"))
    if problems:
        return None, problems
    group = given.get("group", ())
    groups = (group,) if isinstance(group, str) else tuple(group)
    bands = {str(k): tuple(float(e) for e in v) for k, v in dict(given.get("bands", {})).items()}
    spec = Spec(
        str(given["truth"]), names, bands, most, folds, int(given.get("seed", 1)),
        str(given.get("weight", "")), str(given.get("strata", "")), str(given.get("cluster", "")),
        tuple(g for g in groups if g), str(given.get("welfare", "")), given.get("single_unit", "merge"),
    )  # fmt: skip
    return spec, problems


def _near(name: str, choices: Any) -> str:
    close = difflib.get_close_matches(name, [str(c) for c in choices], n=1, cutoff=0.0)
    return close[0] if close else ""


def _rows(frame: pl.DataFrame, spec: Spec) -> tuple[pl.DataFrame, list[Problem]]:
    """The columns named, in an order of their own, rows without a finding left out and counted."""
    wanted = [
        spec.truth,
        *spec.indicators,
        spec.weight,
        spec.strata,
        spec.cluster,
        *spec.groups,
        spec.welfare,
    ]
    problems = [
        Problem("scorecard.column_missing", "error", column=n, nearest=_near(n, frame.columns))
        for n in dict.fromkeys(wanted)
        if n and n not in frame.columns
    ]
    if spec.truth in spec.indicators:
        problems.append(Problem("scorecard.truth_asked", "error", column=spec.truth))
    if problems:
        return frame, problems
    table = frame.select(list(dict.fromkeys(n for n in wanted if n)))
    truth = _flag(table[spec.truth])
    faulty = table[spec.truth].is_not_null() & truth.is_null()
    if faulty.any():
        value = str(table.filter(faulty)[spec.truth][0])
        problems.append(Problem("scorecard.truth_faulty", "error", column=spec.truth, value=value))
        return table, problems
    table = table.with_columns(truth.alias("_truth"))
    lost = table.filter(pl.col("_truth").is_null()).height
    if lost:
        problems.append(Problem("scorecard.truth_unknown", "warning", value=str(lost)))
    table = table.filter(pl.col("_truth").is_not_null())
    order = pl.concat_str([pl.col(c).cast(pl.String).fill_null("") for c in table.columns], separator="\x1f")
    table = table.with_columns(order.alias("_order")).sort("_order").drop("_order")
    meant = int(table["_truth"].sum())
    if min(meant, table.height - meant) < FEWEST_EACH:
        counts = {"meant": meant, "others": table.height - meant, "least": FEWEST_EACH}
        problems.append(Problem("scorecard.too_few", "error", values=counts))
    return table, problems


def _flag(values: pl.Series) -> pl.Series:
    """Yes/no as 1/0; anything else unknown."""
    words = {"1": 1.0, "1.0": 1.0, "true": 1.0, "yes": 1.0, "是": 1.0}
    words |= {"0": 0.0, "0.0": 0.0, "false": 0.0, "no": 0.0, "否": 0.0}
    text = values.cast(pl.String).str.strip_chars().str.to_lowercase()
    return text.replace_strict(words, default=None, return_dtype=pl.Float64)


def _design(table: pl.DataFrame, spec: Spec) -> tuple[Design | None, list[Problem]]:
    def column(name: str) -> list[Any] | None:
        return table[name].cast(pl.String).to_list() if name else None

    weight = table[spec.weight].cast(pl.Float64, strict=False).to_numpy() if spec.weight else None
    return make_design(table.height, weight, column(spec.strata), column(spec.cluster), spec.single_unit)


def deal_folds(design: Design, folds: int, seed: int) -> Codes:
    """Fold of each row: units of a stratum are shuffled and dealt in turn, so that no unit is split."""
    rng = np.random.default_rng(seed)
    fold = np.zeros(design.units, dtype=np.int64)
    turn = 0
    for h in range(len(design.stratum_names)):
        units = rng.permutation(np.flatnonzero(design.stratum == h))
        fold[units] = (turn + np.arange(len(units))) % folds
        turn += len(units)
    return np.asarray(fold[design.unit], dtype=np.int64)


def judge_folds(
    codes: Codes, truth: Array, weight: Array, indicators: list[Indicator], fold: Codes, most: int
) -> tuple[dict[str, Flags], Array]:
    """Who is counted by each rule, every row by rules that never saw it; and the card's points above its cut."""
    sizes = [len(i.levels) for i in indicators]
    ordered = [bool(i.edges) for i in indicators]
    wide = one_hot(codes, sizes)[0]
    asked = questions(codes, sizes, ordered)
    counted = {rule: np.zeros(len(truth), dtype=bool) for rule in RULES}
    above = np.zeros(len(truth))
    for f in np.unique(fold):
        test = fold == f
        train = ~test
        y, w = truth[train], weight[train]
        card = fit_card(codes[train], y, w, sizes, most)
        above[test] = card.score(codes[test]) - card.cut
        beta = ridge_logistic(wide[train], y, w)
        trees = fit_trees(asked[train], y, w)
        counted["card"][test] = above[test] >= 0
        for rule, score in (("logistic", wide @ beta[:-1] + beta[-1]), ("trees", trees.score(asked))):
            # Ranks of the training scores stand in for whole points, so that all rules list alike many.
            edges = np.sort(score[train])
            cut = cut_at(np.searchsorted(edges, score[train], side="right").astype(float), y, w)
            counted[rule][test] = np.searchsorted(edges, score[test], side="right") >= cut
    return counted, above


def _share_rows(
    rule: str, counted: Flags, truth: Array, design: Design, member: Flags, column: str, group: str
) -> list[dict[str, Any]]:
    rows = []
    for measure, flag, domain in _measures(counted, truth):
        e = survey.share(flag, design, domain & member)
        # Units of the group, whoever is counted there: a rule on the counted alone would select samples.
        if e.low is not None and survey.domain_freedom(design, member) < LEAST_FREEDOM:
            e = survey.Estimate(e.value, e.se, None, None, e.freedom, e.n, "few_units")
        shown = e.n >= 10 and np.isfinite(e.value)
        rows.append(
            {"rule": rule, "measure": measure, "group_by": column, "group": group,
             "value": e.value if shown else None, "se": e.se if e.low is not None else None,
             "low": e.low if shown else None, "high": e.high if shown else None, "n": e.n,
             "withheld": e.withheld if shown else "group_too_small"}
        )  # fmt: skip
    return rows


def _measures(counted: Flags, truth: Array) -> list[tuple[str, Array, Flags]]:
    """Exclusion: meant and not counted, over the meant. Inclusion: counted and not meant, over the counted."""
    return [
        ("exclusion_error", (~counted).astype(np.float64), np.asarray(truth == 1)),
        ("inclusion_error", 1 - truth, counted),
    ]


def _compare(counted: Mapping[str, Flags], truth: Array, design: Design) -> pl.DataFrame:
    """Each challenger's errors less the card's, with the interval of the paired difference."""
    rows = []
    for rule in RULES[1:]:
        for (measure, flag_t, domain_t), (_, flag_o, domain_o) in zip(
            _measures(counted[rule], truth), _measures(counted["card"], truth), strict=True
        ):
            values: list[float] = []
            influence: list[Array] = []
            for flag, domain in ((flag_t, domain_t), (flag_o, domain_o)):
                weight = design.weight * domain
                values.append(float(weight @ flag / max(weight.sum(), 1e-300)))
                influence.append(weight * (flag - values[-1]) / max(weight.sum(), 1e-300))
            gap = values[0] - values[1]
            se = float(np.sqrt(max(design.covariance((influence[0] - influence[1])[:, None])[0, 0], 0.0)))
            e = survey.linear_interval(gap, se, design.freedom, len(truth))
            held = e.low is None or design.freedom < LEAST_FREEDOM
            verdict = (
                "not_told"
                if held or e.low is None or e.high is None
                else ("better" if e.high < 0 else "worse" if e.low > 0 else "alike")
            )
            rows.append((rule, measure, gap, None if held else e.low, None if held else e.high, verdict))
    names = ["challenger", "measure", "difference", "low", "high", "verdict"]
    kinds = [pl.String, pl.String, pl.Float64, pl.Float64, pl.Float64, pl.String]
    return pl.DataFrame(rows, schema=dict(zip(names, kinds, strict=True)), orient="row")


def _cutoffs(above: Array, truth: Array, weight: Array, cut: int) -> pl.DataFrame:
    """What a higher or lower cut-off would do, out of sample; estimates without intervals."""
    rows = []
    for offset in OFFSETS:
        counted = above >= offset
        inside = float(weight[counted].sum())
        exclusion = 1 - float(weight[counted] @ truth[counted]) / float(weight @ truth)
        inclusion = 1 - float(weight[counted] @ truth[counted]) / inside if inside > 0 else None
        rows.append((cut + offset, inside / float(weight.sum()), exclusion, inclusion))
    names = ("cut", "counted", "exclusion_error", "inclusion_error")
    kinds = (pl.Int64, pl.Float64, pl.Float64, pl.Float64)
    return pl.DataFrame(rows, schema=dict(zip(names, kinds, strict=True)), orient="row")


def _deciles(welfare: Array, counted: Flags, truth: Array, weight: Array) -> pl.DataFrame:
    """Share meant and share counted by tenth of welfare, poorest first; rows without welfare left out."""
    known = np.isfinite(welfare)
    order = np.argsort(welfare[known], kind="stable")
    w = weight[known][order]
    tenth = np.minimum((np.cumsum(w) - w / 2) / w.sum() * 10, 9.999).astype(np.int64)
    rows = []
    for d in range(10):
        own = np.flatnonzero(known)[order][tenth == d]
        if len(own) >= 10:
            mass = weight[own].sum()
            rows.append(
                (
                    d + 1,
                    len(own),
                    float(weight[own] @ truth[own] / mass),
                    float(weight[own] @ counted[own] / mass),
                )
            )
    schema = {"tenth": pl.Int64, "n": pl.Int64, "meant": pl.Float64, "counted": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def analyse(frame: pl.DataFrame, given: Mapping[str, Any]) -> tuple[Audit | None, list[Problem]]:
    """Fit a card on an audit sample and say how well it would tell who is meant.

    Args:
        frame: one row per audited unit.
        given: the specification, see :func:`read_spec`.

    Returns:
        The audit, or ``None`` beside the errors: a column that is not there, a truth that is not yes/no or
        too seldom either, no usable indicator, fewer units than folds.
    """
    spec, problems = read_spec(given)
    if spec is None:
        return None, problems
    table, found = _rows(frame, spec)
    problems += found
    if any(p.severity == "error" for p in problems):
        return None, problems
    design, found = _design(table, spec)
    indicators, codes, more = read_indicators(table, spec.indicators, spec.bands)
    problems += found + more
    if design is None or not indicators:
        return None, problems + ([] if indicators else [Problem("scorecard.no_indicator", "error")])
    if design.units < 2 * spec.folds:
        counts = {"units": design.units, "folds": spec.folds}
        return None, [*problems, Problem("scorecard.few_units", "error", values=counts)]
    truth, weight = table["_truth"].to_numpy(), design.weight
    fold = deal_folds(design, spec.folds, spec.seed)
    counted, above = judge_folds(codes, truth, weight, indicators, fold, spec.most)
    card = fit_card(codes, truth, weight, [len(i.levels) for i in indicators], spec.most)
    tables = _tables(table, spec, design, counted, above, truth, card, indicators)
    exclusion = tables["errors"]["value"][0]
    if exclusion is not None and exclusion < 0.01:
        problems.append(Problem("scorecard.too_good", "warning", column=indicators[card.chosen[0]].name))
    facts = {"cut": card.cut, "highest": int(sum(int(p.max()) for p in card.points)), "rows": table.height}
    facts |= {"seed": spec.seed, "folds": spec.folds, "units": design.units}
    return Audit(card, tuple(indicators), tables, facts), problems


def _tables(
    table: pl.DataFrame, spec: Spec, design: Design, counted: Mapping[str, Flags], above: Array, truth: Array,
    card: Card, indicators: list[Indicator],
) -> dict[str, pl.DataFrame]:  # fmt: skip
    everybody = np.ones(len(truth), dtype=bool)
    rows = []
    for rule in RULES:
        rows += _share_rows(rule, counted[rule], truth, design, everybody, "", "")
    for column in spec.groups:
        labels = np.array([str(v) if v is not None else "" for v in table[column].to_list()], dtype=object)
        for name in sorted(set(labels) - {""}):
            rows += _share_rows("card", counted["card"], truth, design, labels == name, column, name)
    kinds = {"n": pl.Int64} | dict.fromkeys(("value", "se", "low", "high"), pl.Float64)
    tables = {
        "scorecard": pl.DataFrame(card_rows(card, indicators)),
        "errors": pl.DataFrame(rows, schema_overrides=kinds),
        "challengers": _compare(counted, truth, design),
        "cutoffs": _cutoffs(above, truth, design.weight, card.cut),
    }
    if spec.welfare:
        welfare = table[spec.welfare].cast(pl.Float64, strict=False).fill_null(float("nan")).to_numpy()
        tables["deciles"] = _deciles(welfare, counted["card"], truth, design.weight)
    return tables
