"""A whole poverty analysis from a table and a specification."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from resettle.methods.as_numbers import brought, label_of, more_cells
from resettle.methods.design import SINGLE_UNIT, Design, make_design
from resettle.methods.nearest import nearest
from resettle.methods.poverty import income as measures
from resettle.methods.poverty.income import Line, Linearised
from resettle.methods.poverty.multidimensional import MISSING, check_weights, decompose, group_cells, measure
from resettle.methods.spec import Kind, check_choice, check_kinds
from resettle.problems import Problem

Array = NDArray[np.float64]

_KEYS = (
    "title",
    "income",
    "lines",
    "orders",
    "weight",
    "strata",
    "cluster",
    "single_unit",
    "group",
    "indicators",
    "weights",
    "scale_weights",
    "cut",
    "cuts",
    "missing",
    "level",
    "fpc",
    "missing_values",
)


_KINDS: Mapping[str, Kind] = {
    **dict.fromkeys(("income", "weight", "strata", "cluster", "group", "fpc"), "text"),
    **dict.fromkeys(("orders", "weights", "cuts"), "numbers"),
    "indicators": "texts",
    "cut": "number",
    "level": "share",
    "scale_weights": "yes",
}


CODED_OTHERWISE = 0.05
"""Above this share of answers that are neither 0 nor 1 an indicator is coded in another way."""
LEFT_OUT = {
    "drop": "poverty.indicator_dropped",
    "rescale": "poverty.indicator_rescaled",
    "not_deprived": "poverty.indicator_not_deprived",
}
"""What is said of rows without an answer, by the rule for them."""


@dataclass(frozen=True)
class PovertySpec:
    """What is to be measured; see :func:`read_spec` for the keys."""

    income: str = ""
    lines: tuple[Line, ...] = ()
    orders: tuple[float, ...] = (0.0, 1.0, 2.0)
    weight: str = ""
    strata: str = ""
    cluster: str = ""
    single_unit: str = "refuse"
    group: str = ""
    indicators: tuple[str, ...] = ()
    weights: tuple[float, ...] = ()
    cut: float = 1 / 3
    cuts: tuple[float, ...] = ()
    missing: str = "drop"
    level: float = 0.95
    columns: tuple[str, ...] = field(default=())
    fpc: str = ""


def read_line(value: object) -> Line | None:
    """A line from an amount or from ``"0.6 median"``, ``None`` if it is neither.

    >>> read_line("0.6 median")
    Line(kind='median', value=0.6)
    """
    if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
        return Line("absolute", float(value))
    found = re.fullmatch(r"\s*([0-9.]+)\s*(?:\*\s*)?(median|mean)\s*", str(value))
    if not found:
        return None
    return Line("median" if found[2] == "median" else "mean", float(found[1]))


def read_spec(given: Mapping[str, Any]) -> tuple[PovertySpec | None, list[Problem]]:
    """Read a specification from the keys of a TOML file; errors are named with the nearest key."""
    problems = []
    for key in given:
        if key not in _KEYS:
            near = nearest(key, _KEYS)
            problems.append(Problem("poverty.key_unknown", "error", value=key, nearest=near))
    problems += check_kinds(given, _KINDS)
    problems += check_choice(given, "single_unit", SINGLE_UNIT) + check_choice(given, "missing", MISSING)
    if problems:
        return None, problems
    raw_lines = given.get("lines", [])
    lines = [read_line(line) for line in (raw_lines if isinstance(raw_lines, list) else [raw_lines])]
    for raw, line in zip(raw_lines if isinstance(raw_lines, list) else [raw_lines], lines, strict=True):
        if line is None:
            problems.append(Problem("poverty.line_faulty", "error", value=str(raw)))
    indicators = tuple(str(i) for i in given.get("indicators", ()))
    weights = tuple(float(w) for w in given.get("weights", [1 / max(len(indicators), 1)] * len(indicators)))
    if indicators:
        found = check_weights(weights, indicators)
        forgiven = given.get("scale_weights") and {p.code for p in found} == {"poverty.weights_sum"}
        problems += [] if forgiven else found
    cuts = (float(given.get("cut", 1 / 3)), *(float(c) for c in given.get("cuts", ())))
    problems += [Problem("poverty.cut_faulty", "error", value=f"{cut:g}") for cut in cuts if not 0 < cut <= 1]
    if not indicators and not (given.get("income") and lines):
        problems.append(Problem("poverty.nothing_asked", "error"))
    names = {
        name: str(given.get(name, "")) for name in ("income", "weight", "strata", "cluster", "group", "fpc")
    }
    spec = PovertySpec(
        **names,
        lines=tuple(line for line in lines if line is not None),
        orders=tuple(float(k) for k in given.get("orders", (0, 1, 2))),
        single_unit=str(given.get("single_unit", "refuse")),
        indicators=indicators,
        weights=tuple(w / sum(weights) for w in weights) if sum(weights) else weights,
        cut=cuts[0],
        cuts=cuts[1:],
        missing=str(given.get("missing", "drop")),
        level=float(given.get("level", 0.95)),
        columns=tuple(name for name in (*names.values(), *indicators) if name),
    )
    return (None if problems else spec), problems


def analyse(
    frame: pl.DataFrame, given: Mapping[str, Any], value_labels: Mapping[str, Mapping[Any, str]] | None = None
) -> tuple[dict[str, pl.DataFrame], list[Problem]]:
    """Tables ``income`` (by line, measure and group) and ``deprivation``, ``cut_offs`` for a specification."""
    spec, problems = read_spec(given)
    if spec is None:
        return {}, problems
    for name in spec.columns:
        if name not in frame.columns:
            near = nearest(name, frame.columns)
            problems.append(Problem("poverty.column_missing", "error", column=name, nearest=near))
    if problems:
        return {}, problems
    coded = _coded_otherwise(frame, spec.indicators, given.get("missing_values"))
    frame, read = brought(frame, given, [spec.income, *spec.indicators], value_labels)
    if any(p.severity == "error" for p in read):
        return {}, read
    design, problems = make_design(
        frame.height,
        _column(frame, spec.weight) if spec.weight else None,
        _whole(frame[spec.strata]).to_list() if spec.strata else None,
        _whole(frame[spec.cluster]).to_list() if spec.cluster else None,
        spec.single_unit,  # type: ignore[arg-type]
        _column(frame, spec.fpc) if spec.fpc else None,
    )
    problems = read + problems
    if design is None:
        return {}, problems
    groups = [label_of(g) or "?" for g in frame[spec.group].to_list()] if spec.group else None
    tables = {}
    if spec.income and spec.lines:
        values, found = _numbers(frame, spec.income)
        problems += found
        tables["income"] = income_table(values, design, spec, groups)
        problems += _unknown("poverty.income_unknown", spec.income, ~np.isfinite(values))
        below = int((values <= 0).sum())
        if below:
            problems.append(Problem("poverty.income_left_out", "warning", value=str(below)))
    problems += coded
    if spec.indicators and not coded:
        more, found = _deprivation(frame, design, spec, groups)
        tables |= more
        problems += found
    for table in tables.values():
        if "withheld" in table.columns:
            problems += _withheld(table, design)
    return tables, problems


def _whole(labels: pl.Series) -> pl.Series:
    """Labels that a file stores as 9.0 as the 9 they are."""
    if labels.dtype.is_float() and (labels.drop_nulls() % 1 == 0).all():
        return labels.cast(pl.Int64)
    return labels


def _coded_otherwise(frame: pl.DataFrame, indicators: Sequence[str], missing: Any) -> list[Problem]:
    """Indicators whose answers are not 1 and 0 on the whole.

    Where 2 stands for "not deprived", or words do, leaving such cells out would keep the deprived alone.
    """
    problems = []
    for name in indicators:
        declared = missing.get(name, ()) if isinstance(missing, Mapping) else missing or ()
        answered: Counter[str] = Counter()
        for value, count in frame[name].value_counts().iter_rows():
            answered[(label_of(value) or "").strip()] += count
        answered.pop("", None)
        for code in (label_of(v) for v in declared):
            answered.pop(code or "", None)
        refused = sum(count for code, count in answered.items() if code not in ("0", "1"))
        if refused > CODED_OTHERWISE * answered.total():
            codes = ", ".join(code for code, _ in answered.most_common(4))
            values = {"share": round(100 * refused / answered.total(), 1)}
            problems.append(Problem("poverty.flag_coding", "error", column=name, value=codes, values=values))
    return problems


def _withheld(table: pl.DataFrame, design: Design) -> list[Problem]:
    # Contributions and shares of people never have an interval; they are no news.
    held = table.filter(
        (pl.col("withheld") != "") & ~pl.col("measure").is_in(["actb", "pctb", "popshare", "contribution"])
    )
    labels = sorted({str(g) for g in held["group"].to_list()})
    return [
        Problem(
            "poverty.interval_withheld",
            "warning",
            column=", ".join(sorted(set(held.filter(pl.col("group") == g)["measure"].to_list()))),
            value=g or "*",
            values={"count": len(design.weight), "units": design.freedom},
        )
        for g in labels
    ]


def _column(frame: pl.DataFrame, name: str) -> Array:
    return frame[name].cast(pl.Float64, strict=False).fill_null(float("nan")).to_numpy().astype(np.float64)


def _numbers(frame: pl.DataFrame, name: str) -> tuple[Array, list[Problem]]:
    raw = frame[name]
    number = raw.cast(pl.Float64, strict=False)
    lost = (number.is_null() & raw.is_not_null()).arg_true().to_list()
    problems = [
        Problem("poverty.not_a_number", "warning", column=name, row=i + 1, value=str(raw[i]))
        for i in lost[:5]
    ]
    problems += more_cells(name, len(lost))
    return _column(frame, name), problems


def _unknown(code: str, column: str, rows: NDArray[np.bool_]) -> list[Problem]:
    """How many rows have no answer, which is neither yes nor no nor zero."""
    count = int(rows.sum())
    share = round(100 * count / max(len(rows), 1), 1)
    return (
        [Problem(code, "warning", column=column, value=str(count), values={"share": share})] if count else []
    )


def income_table(
    values: Array, design: Design, spec: PovertySpec, groups: Sequence[str] | None
) -> pl.DataFrame:
    """FGT of every order, Watts, Sen and Gini, for everybody (group "") and by group."""
    labels = None if groups is None else np.array(groups, dtype=object)
    known = np.isfinite(values)
    rows: list[dict[str, object]] = []

    def add(group: str, line: str, name: str, found: Linearised, member: Any, poor: int | None) -> None:
        share = name in ("FGT0", "FGT1", "FGT2", "gini")
        counted = known if member is None else known & member
        e = measures.estimate(found, design, counted, "share" if share else "number", poor)
        rows.append({"group": group, "line": line, "measure": name, "value": e.value, "se": e.se})
        rows[-1] |= {"low": e.low, "high": e.high, "n": e.n, "withheld": e.withheld}

    for group in ("", *sorted(set(groups or ()))):
        member = None if not group or labels is None else np.asarray(labels == group)
        for line in spec.lines:
            poor = measures.is_poor(values, design, line)
            heads = int((poor if member is None else poor & member).sum())
            for order in spec.orders:
                found = measures.fgt(values, design, line, order, member)
                add(group, line.text, f"FGT{order:g}", found, member, heads)
            add(group, line.text, "Watts", measures.watts(values, design, line, member), member, heads)
            add(group, line.text, "Sen", measures.sen(values, design, line, member), member, heads)
        add(group, "", "gini", measures.gini(values, design, member), member, None)
    return pl.DataFrame(rows, infer_schema_length=None)


def _deprivation(
    frame: pl.DataFrame, design: Design, spec: PovertySpec, groups: Sequence[str] | None
) -> tuple[dict[str, pl.DataFrame], list[Problem]]:
    problems: list[Problem] = []
    columns = []
    for name in spec.indicators:
        values, found = _numbers(frame, name)
        problems += found
        odd = np.flatnonzero(np.isfinite(values) & ~np.isin(values, (0.0, 1.0)))
        problems += [
            Problem("poverty.flag_refused", "warning", column=name, row=int(i) + 1, value=f"{values[i]:g}")
            for i in odd[:5]
        ]
        problems += more_cells(name, len(odd))
        values[odd] = np.nan
        columns.append(values)
    gaps = ~np.isfinite(np.stack(columns, axis=1))
    code = LEFT_OUT[spec.missing]
    problems += _unknown(
        code, ", ".join(np.array(spec.indicators)[gaps.any(axis=0)]), np.asarray(gaps.any(axis=1))
    )
    cells = group_cells(np.stack(columns, axis=1), design, groups, spec.missing)  # type: ignore[arg-type]
    tables = {"deprivation": decompose(cells, np.array(spec.weights), spec.cut, spec.indicators, spec.level)}
    if spec.cuts:
        cuts = np.array([spec.cut, *spec.cuts])
        found_all = measure(cells, np.tile(np.array(spec.weights), (len(cuts), 1)), cuts)
        tables["cut_offs"] = pl.DataFrame(
            {
                "group": [g for _ in cuts for g in cells.groups],
                "cut": [float(c) for c in cuts for _ in cells.groups],
                **{
                    name: getattr(found_all, name).ravel()
                    for name in ("m0", "m0_se", "h", "h_se", "a", "a_se")
                },
            }
        ).fill_nan(None)
    return tables, problems


def r_script(spec: PovertySpec, data_file: str) -> str:
    """An R script for survey, convey and mpitbR."""
    part = {k: f"~`{v}`" for k, v in (("w", spec.weight), ("s", spec.strata), ("c", spec.cluster),
                                       ("f", spec.fpc)) if v}  # fmt: skip
    lines = ["library(survey)", "library(convey)", f'people <- read.csv("{data_file}", check.names = FALSE)']
    lines.append(
        f"design <- svydesign(ids = {part.get('c', '~1')}, strata = {part.get('s', 'NULL')}, "
        f"weights = {part.get('w', '~1')}, fpc = {part.get('f', 'NULL')}, data = people, nest = TRUE)"
    )
    if spec.income:
        lines.append("design <- convey_prep(design)")
        for line in spec.lines:
            if line.kind == "absolute":
                kind = f'type_thresh = "abs", abs_thresh = {line.value:g}'
            elif line.kind == "median":
                kind = f'type_thresh = "relq", percent = {line.value:g}, quantiles = 0.5'
            else:
                kind = f'type_thresh = "relm", percent = {line.value:g}'
            lines += [
                f"print(svyfgt(~`{spec.income}`, design, g = {k:g}, {kind}, na.rm = TRUE))"
                for k in spec.orders
            ]
        lines.append(f"print(svygini(~`{spec.income}`, design, na.rm = TRUE))")
    if spec.indicators:
        names = ", ".join(f'"{name}"' for name in spec.indicators)
        weights = ", ".join(f"{w:.12g}" for w in spec.weights)
        lines += [
            f"score <- as.matrix(people[, c({names})]) %*% c({weights})",
            f"poor <- score >= {spec.cut:.12g} - 1e-9",
        ]
        lines += ["design <- update(design, poor = as.numeric(poor), censored = as.numeric(score * poor))"]
        lines += ["print(svymean(~poor + censored, design, na.rm = TRUE))"]
        lines += ["print(svyratio(~censored, ~poor, design, na.rm = TRUE))"]
    return "\n".join(lines) + "\n"


def stata_script(spec: PovertySpec, data_file: str) -> str:
    """A Stata script with svyset: headcounts and gaps at absolute lines, H and M0."""
    weight = f" [pw={spec.weight}]" if spec.weight else ""
    strata = f", strata({spec.strata})" if spec.strata else ""
    lines = [f'import delimited "{data_file}", varnames(1) case(preserve) clear']
    lines.append(f"svyset {spec.cluster or '_n'}{weight}{strata}")
    for k, line in enumerate(spec.lines):
        if line.kind == "absolute":
            lines.append(f"generate poor{k} = {spec.income} <= {line.value:g} if !missing({spec.income})")
            lines.append(f"generate gap{k} = poor{k} * ({line.value:g} - {spec.income}) / {line.value:g}")
            lines.append(f"svy: mean poor{k} gap{k}")
    if spec.indicators:
        parts = " + ".join(f"{w:.12g}*{name}" for w, name in zip(spec.weights, spec.indicators, strict=True))
        lines += [
            f"generate score = {parts}",
            f"generate h = score >= {spec.cut:.12g} - 1e-9 if !missing(score)",
        ]
        lines += ["generate m0 = h * score", "svy: mean h m0", "svy: ratio m0/h"]
    return "\n".join(lines) + "\n"
