"""A composite index from a table of places and a declared tree of indicators."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from resettle.methods.as_numbers import brought
from resettle.methods.index import fuzzy, ranking, weights
from resettle.methods.nearest import nearest
from resettle.methods.spec import Kind, check_choice, check_kinds
from resettle.problems import Problem

Array = NDArray[np.float64]

WEIGHTINGS = ("given", "equal", "ahp", "entropy", "critic", "mixed")
SCORINGS = ("sum", "topsis", "vikor", "grey")
_KEYS = (
    "title",
    "place",
    "indicator",
    "weightings",
    "scorings",
    "ahp",
    "draws",
    "seed",
    "concentration",
    "mix",
    "version",
    "v",
    "resolution",
    "entropy_of",
    "grades",
    "operator",
    "missing_values",
)
ENTROPY_OF = ("range", "values")
"""What entropy weights are reckoned from: values scaled by their range, or the values as they stand (over their sum)."""
COUNTED_SHARE = 0.5
"""A place with fewer than this share of the weight known gets no score."""


@dataclass(frozen=True)
class Indicator:
    """A leaf of the tree: its column, group, direction (+1 more is better, -1 less) and given weight.

    For fuzzy evaluation either ``points``, the value that wholly belongs to each grade (between two neighbouring points
    a value belongs to both, in proportion), or ``counts``, columns with how many judged it to be of each grade.
    """

    column: str
    group: str
    direction: int
    weight: float | None
    zh: str
    en: str
    points: tuple[float, ...] = ()
    counts: tuple[str, ...] = ()


@dataclass(frozen=True)
class IndexSpec:
    """What is to be computed; see :func:`read_spec`."""

    place: str
    indicators: tuple[Indicator, ...]
    weightings: tuple[str, ...]
    scorings: tuple[str, ...]
    ahp: Mapping[str, Any]
    draws: int
    seed: int
    concentration: float | None
    mix: float
    v: float = 0.5
    resolution: float = 0.5
    entropy_of: str = "range"
    grades: tuple[str, ...] = ()
    operator: str = "product"


_KINDS: Mapping[str, Kind] = {
    "place": "text",
    "weightings": "texts",
    "scorings": "texts",
    "draws": "whole",
    "seed": "whole",
    "concentration": "number",
    "mix": "number",
    "v": "number",
    "resolution": "number",
    "grades": "texts",
}


def read_spec(given: Mapping[str, Any]) -> tuple[IndexSpec | None, list[Problem]]:
    """Read a specification: ``place``, ``[[indicator]]`` with ``column``, ``direction`` ("+" or "-"),
    ``group``, ``weight``; ``weightings``, ``scorings``, ``[ahp]`` with ``groups`` and one matrix per
    group, ``signed_off``; ``draws``, ``seed``; for fuzzy evaluation ``grades`` and, by indicator, ``points`` or
    ``counts`` (see :class:`Indicator`), ``operator``. An indicator with counts and no column of its own is scored by its
    mean grade."""
    problems = [
        Problem("index.key_unknown", "error", value=key, nearest=nearest(key, _KEYS))
        for key in given
        if key not in _KEYS
    ]
    problems += check_kinds(given, _KINDS) + check_choice(given, "entropy_of", ENTROPY_OF)
    problems += check_choice(given.get("ahp", {}), "method", weights.METHODS)
    problems += check_choice(given, "operator", fuzzy.OPERATORS)
    if problems:
        return None, problems
    indicators = []
    for entry in given.get("indicator", ()):
        sign = str(entry.get("direction", "+"))
        if sign not in ("+", "-"):
            column = str(entry.get("column"))
            problems.append(Problem("index.direction_unknown", "error", column=column, value=sign))
        indicators.append(
            Indicator(
                str(entry.get("column", "")),
                str(entry.get("group", "")),
                -1 if sign == "-" else 1,
                None if entry.get("weight") is None else float(entry["weight"]),
                str(entry.get("zh", "")),
                str(entry.get("en", "")),
                tuple(entry.get("points", ())),
                tuple(entry.get("counts", ())),
            )
        )
    if not indicators or not given.get("place"):
        problems.append(Problem("index.nothing_asked", "error"))
    stated = [i.weight for i in indicators if i.weight is not None]
    if stated and (len(stated) < len(indicators) or abs(sum(stated) - 1) > 1e-6):
        total = f"{sum(stated):g}"
        problems.append(Problem("index.weights_sum", "error", value=total, values={"count": len(stated)}))
    grades = tuple(given.get("grades", ()))
    problems += fuzzy.check_grades(grades, indicators)
    default = ["equal", "entropy", "critic"]
    default = ["given", *default] if stated else default
    default = [*default, "ahp", "mixed"] if given.get("ahp") else default
    chosen = tuple(given.get("weightings", default))
    scorings = tuple(given.get("scorings", SCORINGS))
    for value, known in [(w, WEIGHTINGS) for w in chosen] + [(s, SCORINGS) for s in scorings]:
        if value not in known:
            problems.append(Problem("index.choice_unknown", "error", value=value, nearest=", ".join(known)))
    concentration = given.get("concentration")
    spec = IndexSpec(
        str(given.get("place", "")),
        tuple(indicators),
        chosen,
        scorings,
        given.get("ahp", {}),
        int(given.get("draws", 10_000)),
        int(given.get("seed", 1)),
        None if concentration is None else float(concentration),
        float(given.get("mix", 0.5)),
        float(given.get("v", 0.5)),
        float(given.get("resolution", 0.5)),
        str(given.get("entropy_of", "range")),
        grades,
        str(given.get("operator", "product")),
    )
    return (None if problems else spec), problems


def analyse(
    frame: pl.DataFrame, given: Mapping[str, Any], value_labels: Mapping[str, Mapping[Any, str]] | None = None
) -> tuple[dict[str, pl.DataFrame], list[Problem]]:
    """Tables ``weights``, ``scores``, ``ranks``, ``robustness``, ``groups``, ``not_computed``, and ``grades`` where the
    specification has grades.

    An indicator whose column is absent is listed as not computed and takes no part; a place's missing
    value is left out of its score, the other weights scaled up, never counted as zero.
    """
    spec, problems = read_spec(given)
    if spec is None:
        return {}, problems
    if spec.place not in frame.columns:
        near = nearest(spec.place, frame.columns)
        return {}, [Problem("index.place_absent", "error", column=spec.place, nearest=near)]
    measured = [i.column for i in spec.indicators] + [c for i in spec.indicators for c in i.counts]
    frame, problems = brought(frame, given, measured, value_labels)
    if any(p.severity == "error" for p in problems):
        return {}, problems
    frame = frame.with_columns(pl.col(spec.place).cast(pl.String)).sort(spec.place)
    there: list[Indicator] = []
    absent: list[Indicator] = []
    for stated in spec.indicators:
        indicator = stated
        if stated.counts and stated.column not in frame.columns and set(stated.counts) <= set(frame.columns):
            # Only judged, never measured: it is scored by its mean grade.
            near = nearest(stated.column, frame.columns)
            problems.append(Problem("index.judged_only", "hint", column=stated.column, nearest=near))
            frame = frame.with_columns(pl.Series(stated.column, fuzzy.mean_grade(frame, stated.counts)))
            indicator = replace(stated, direction=1)
        column = frame[indicator.column] if indicator.column in frame.columns else None
        usable = column is not None and column.cast(pl.Float64, strict=False).count() > 0
        (there if usable else absent).append(indicator)
    problems += [Problem("index.not_computed", "warning", column=i.column) for i in absent]
    tables = {
        "not_computed": pl.DataFrame(
            {"indicator": [i.column for i in absent], "group": [i.group for i in absent]},
            schema={"indicator": pl.String, "group": pl.String},
        )
    }
    if not there or frame.height < 2:
        problems.append(
            Problem("index.too_little", "error", value=str(len(there)), values={"n": frame.height})
        )
        return tables, problems
    matrix = np.stack(
        [frame[i.column].cast(pl.Float64, strict=False).fill_null(float("nan")).to_numpy() for i in there],
        axis=1,
    ).astype(np.float64)
    direction = np.array([float(i.direction) for i in there])
    known = np.isfinite(matrix)
    filled = np.where(known, matrix, np.nanmean(matrix, axis=0))
    share = weights.normalise(filled, direction)
    sets, found = weight_sets(share, there, spec, filled)
    problems += found
    if not sets:
        return tables, problems
    tables |= _score_tables(frame[spec.place].to_list(), filled, share, known, direction, sets, there, spec)
    if spec.grades:
        tables["grades"], found = fuzzy.grade_table(
            frame, spec.place, there, sets, spec.grades, spec.operator
        )
        problems += found
    gaps = int((~known).sum())
    if gaps:
        problems.append(Problem("index.values_missing", "warning", value=str(gaps)))
    return tables, problems


def weight_sets(
    share: Array, indicators: list[Indicator], spec: IndexSpec, values: Array | None = None
) -> tuple[dict[str, Array], list[Problem]]:
    """The weights of every weighting asked for; judgements that contradict each other are refused."""
    problems: list[Problem] = []
    sets: dict[str, Array] = {}
    judged: Array | None = None
    spread = share
    if spec.entropy_of == "values" and values is not None:
        if (values < 0).any():
            problems.append(Problem("index.entropy_negative", "warning"))
        else:
            spread = values
    if not spec.ahp and {"ahp", "mixed"} & set(spec.weightings):
        problems.append(Problem("index.judgements_absent", "error"))
    if spec.ahp:
        judged, found = _judged(indicators, spec.ahp)
        problems += found
    for name in spec.weightings:
        if name == "given" and all(i.weight is not None for i in indicators):
            own = np.array([i.weight for i in indicators], dtype=np.float64)
            sets[name] = own / own.sum()
        elif name == "equal":
            sets[name] = weights.equal(len(indicators))
        elif name == "entropy":
            sets[name] = weights.entropy(spread)
        elif name == "critic":
            sets[name] = weights.critic(share)
        elif name == "ahp" and judged is not None:
            sets[name] = judged
        elif name == "mixed" and judged is not None:
            sets[name] = weights.combine(judged, weights.entropy(spread), spec.mix)
    return sets, problems


def _judged(indicators: list[Indicator], given: Mapping[str, Any]) -> tuple[Array | None, list[Problem]]:
    """Judged weights down the tree: groups by ``groups``, inside a group by its own matrix or equally; indicators without
    groups by ``indicators``."""
    names = list(dict.fromkeys(i.group for i in indicators))
    signed, method = str(given.get("signed_off", "")), given.get("method", "eigenvector")
    top = np.full(len(names), 1 / len(names))
    flat = "indicators" if names == [""] else ""
    known = ("groups", "signed_off", "method", *(n for n in (flat, *names) if n))
    problems = [
        Problem("index.key_unknown", "error", value=f"ahp.{key}", nearest=nearest(str(key), known))
        for key in given
        if key not in known
    ]
    if problems:
        return None, problems
    if "groups" in given:
        found, problems = weights.check_judgements(_matrix(given["groups"]), names, signed, "groups", method)
        if found is None:
            return None, problems
        top = found.weights
    result = np.zeros(len(indicators))
    for g, name in enumerate(names):
        at = [k for k, i in enumerate(indicators) if i.group == name]
        inside = weights.equal(len(at))
        own = name or flat
        if own in given:
            labels = [indicators[k].column for k in at]
            found, more = weights.check_judgements(_matrix(given[own]), labels, signed, own, method)
            problems += more
            if found is None:
                return None, problems
            inside = found.weights
        result[at] = top[g] * inside
    return result, problems


def _matrix(rows: Any) -> Array:
    """Judgements as numbers; empty where the rows are of different lengths or hold words, which no shape fits."""
    try:
        return np.array(rows, dtype=np.float64)
    except (TypeError, ValueError):
        return np.empty((0, 0))


def score_places(
    filled: Array,
    share: Array,
    known: NDArray[np.bool_],
    direction: Array,
    weight: Array,
    scoring: str,
    v: float = 0.5,
    resolution: float = 0.5,
) -> Array:
    """Scores (m,) from 0 to 100, larger is better; NaN where too little of the weight is known."""
    if scoring == "sum":
        there = known @ weight
        with np.errstate(divide="ignore", invalid="ignore"):
            found = (np.where(known, share, 0.0) @ weight) / there
    elif scoring == "topsis":
        found = ranking.topsis(filled, weight, direction)[0]
    elif scoring == "vikor":
        found = 1 - ranking.vikor(filled, weight, direction, v)[2][0]
    else:
        found = ranking.grey_score(share, weight, resolution)[0]
    return np.asarray(np.where(known @ weight >= COUNTED_SHARE, 100 * found, np.nan))


def _score_tables(
    places: list[str],
    filled: Array,
    share: Array,
    known: NDArray[np.bool_],
    direction: Array,
    sets: dict[str, Array],
    indicators: list[Indicator],
    spec: IndexSpec,
) -> dict[str, pl.DataFrame]:
    base = pl.DataFrame({"indicator": [i.column for i in indicators], "group": [i.group for i in indicators]})
    tables = {"weights": base.with_columns([pl.Series(name, w) for name, w in sets.items()])}
    scores: dict[str, Array] = {}
    for name, weight in sets.items():
        for scoring in spec.scorings:
            scores[f"{name}_{scoring}"] = score_places(
                filled, share, known, direction, weight, scoring, spec.v, spec.resolution
            )
    tables["scores"] = pl.DataFrame({"place": places} | scores).fill_nan(None)
    ranks = {}
    for name, values in scores.items():
        order = ranking.ranks(np.nan_to_num(values, nan=-1.0))
        ranks[name] = pl.Series(
            name, [int(r) if np.isfinite(v) else None for r, v in zip(order, values, strict=True)]
        )
    table = pl.DataFrame([pl.Series("place", places), *ranks.values()])
    names = list(ranks)
    tables["ranks"] = table.with_columns(
        (pl.max_horizontal(names) - pl.min_horizontal(names)).alias("rank_change")
    )
    first = next(iter(sets))
    tables["robustness"] = _robustness(places, share, known, sets[first], spec)
    if "vikor" in spec.scorings and len(places) > 1:
        tables["vikor"] = _vikor(places, filled, direction, sets[first], spec.v)
    groups = list(dict.fromkeys(i.group for i in indicators))
    parts: dict[str, Any] = {"place": places}
    for group in groups:
        at = [k for k, i in enumerate(indicators) if i.group == group]
        own = sets[first][at]
        with np.errstate(divide="ignore", invalid="ignore"):
            parts[group or "all"] = 100 * (np.where(known, share, 0.0)[:, at] @ own) / (known[:, at] @ own)
    tables["groups"] = pl.DataFrame(parts).fill_nan(None)
    return tables


def _vikor(places: list[str], filled: Array, direction: Array, weight: Array, v: float) -> pl.DataFrame:
    """VIKOR's three figures by the first weighting, smaller is better, and who is in the compromise."""
    group, regret, index = (found[0] for found in ranking.vikor(filled, weight, direction, v))
    chosen = set(ranking.compromise(group, regret, index))
    return pl.DataFrame(
        {"place": places, "s": group, "r": regret, "q": index}
        | {"in_compromise": [k in chosen for k in range(len(places))]}
    )


def _robustness(
    places: list[str], share: Array, known: NDArray[np.bool_], weight: Array, spec: IndexSpec
) -> pl.DataFrame:
    """How firm the ranks of the first weighting are, among the places of which enough is known to have a score."""
    there = known @ weight >= COUNTED_SHARE
    own, mask = share[there], known[there]
    keep, near, ends = ranking.rank_robustness(own, weight, spec.draws, spec.seed, spec.concentration, mask)
    base = ranking.weighted_sum(own * mask, weight) / ranking.weighted_sum(mask.astype(np.float64), weight)
    return pl.DataFrame(
        {
            "place": [p for p, shown in zip(places, there, strict=True) if shown],
            "rank": ranking.ranks(base)[0],
            "keeps_rank_share": keep,
            "within_one_share": near,
            "rank_low": ends[:, 0],
            "rank_high": ends[:, 1],
        }
    )


def r_script(spec: IndexSpec, data_file: str) -> str:
    """An R script for the weighted sum with equal weights and the entropy weights."""
    columns = ", ".join(f'"{i.column}"' for i in spec.indicators)
    signs = ", ".join(str(i.direction) for i in spec.indicators)
    return (
        "\n".join(
            [
                f'places <- read.csv("{data_file}", check.names = FALSE)',
                f"x <- as.matrix(places[, c({columns})]); sign <- c({signs}); known <- !is.na(x)",
                "for (k in seq_len(ncol(x))) x[!known[, k], k] <- mean(x[, k], na.rm = TRUE)",
                "low <- apply(x, 2, min); span <- apply(x, 2, max) - low; flat <- span == 0; span[flat] <- 1",
                'share <- sweep(sweep(x, 2, low), 2, span, "/")',
                "share[, sign < 0] <- 1 - share[, sign < 0]; share[, flat] <- 0.5",
                'p <- sweep(share, 2, colSums(share), "/")',
                "e <- pmax(1 + colSums(ifelse(p > 0, p * log(p), 0)) / log(nrow(x)), 0); entropy <- e / sum(e)",
                "score <- function(w) 100 * ((share * known) %*% w) / (known %*% w)",
                f'print(data.frame(place = places[["{spec.place}"]], equal = score(rep(1, ncol(x))), entropy = score(entropy)))',
            ]
        )
        + "\n"
    )


def stata_script(spec: IndexSpec, data_file: str) -> str:
    """A Stata script for the weighted sum with equal weights."""
    lines = [f'import delimited "{data_file}", varnames(1) case(preserve) clear', "generate score = 0"]
    for i in spec.indicators:
        lines.append(f"summarize {i.column}, meanonly")
        share = f"({i.column} - r(min)) / (r(max) - r(min))"
        lines.append(f"replace score = score + {share if i.direction > 0 else f'(1 - {share})'}")
    lines.append(f"replace score = 100 * score / {len(spec.indicators)}")
    lines.append(f"list {spec.place} score")
    return "\n".join(lines) + "\n"
