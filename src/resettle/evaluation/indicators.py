"""The post-evaluation indicators of a pack, and the risks and standards judged by the same sums.

What a run has is computed; what it lacks an office may state in ``indicators.csv``; what is left is not computed,
with the name of the table that is missing, and is never zero. An office's figure stands only where nothing was
computed; where both are there and differ, both are said.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from resettle.evaluation.contract import INDICATOR, PLACE, STANDARD
from resettle.evaluation.indicator_sources import BEFORE, BEFORE_MORE, SOURCES, Pieces, Source, World
from resettle.problems import Problem

OFFICE = "indicators"
"""The office's own table, ``indicators.csv`` in the programme's folder."""
LEAST_AT_PLACE = 5
"""Fewer answers than this at a site and no value of it is shown."""
LEAST_PLACES = 0.5
"""An indicator known at fewer than this share of the sites takes no part in their index."""


def value_of(found: Pieces | None) -> float | None:
    """The ratio of the two sums; ``None`` where nothing is known.

    >>> rows = pl.DataFrame({"site_id": ["a", "b"], "top": [1.0, 2.0], "bottom": [2.0, 2.0]})
    >>> value_of(Pieces(rows, "registry"))
    75.0
    """
    if found is None:
        return None
    if found.whole is not None or not found.rows.height:
        return found.whole
    bottom = float(found.rows["bottom"].sum())
    return found.offset + found.factor * float(found.rows["top"].sum()) / bottom if bottom else None


def by_place(found: Pieces, place: str) -> pl.DataFrame:
    """``place, value, n`` of every site or county with at least :data:`LEAST_AT_PLACE` households behind it."""
    value = found.offset + found.factor * pl.col("top") / pl.col("bottom")
    return (
        found.rows.filter(pl.col(place).is_not_null())
        .group_by(pl.col(place).alias("place"))
        .agg(pl.col("top", "bottom", "n").sum())
        .filter((pl.col("bottom") != 0) & (pl.col("n") >= LEAST_AT_PLACE))
        .select("place", value.alias("value"), "n")
        .sort("place")
    )


def _computed(code: str, source: Source, world: World) -> tuple[Pieces | None, str]:
    """The sums of one indicator, or the first table it lacks."""
    lacking = [need for need in source.needs if not world.has(need)]
    if lacking:
        return None, lacking[0]
    found = source.make(world)
    if value_of(found) is None:
        return None, source.needs[0] if source.needs else "programme"
    return found, ""


def _before(code: str, world: World) -> float | None:
    if code in BEFORE:
        need, make = BEFORE[code]
        return value_of(make(world)) if world.has(need) else None
    return value_of(BEFORE_MORE[code](world)) if code in BEFORE_MORE else None


def _stated(given: pl.DataFrame | None, code: str, part: str) -> dict[str, Any]:
    """The office's own row for the whole programme."""
    if given is None or not given.height:
        return {}
    own = given.filter(
        (pl.col("code") == code) & (pl.col("part").fill_null("") == part) & pl.col("place").is_null()
    )
    return own.row(0, named=True) if own.height else {}


def indicators(
    declared: pl.DataFrame, world: World, given: pl.DataFrame | None = None
) -> tuple[pl.DataFrame, pl.DataFrame, list[Problem]]:
    """Every declared indicator: computed, stated by the office, or not computed with what is missing.

    Args:
        declared: the pack's ``code, group, zh, en, unit, direction, source`` and ``target`` if it has one.
        given: the office's :data:`~resettle.evaluation.contract.GIVEN`.

    Returns:
        :data:`~resettle.evaluation.contract.INDICATOR`, :data:`~resettle.evaluation.contract.PLACE`, problems.
    """
    rows: list[dict[str, Any]] = []
    places: list[pl.DataFrame] = []
    problems: list[Problem] = []
    for entry in declared.iter_rows(named=True):
        code = str(entry["code"])
        for source in SOURCES.get(code, (Source((OFFICE,), lambda _: None),)):
            found, missing = _computed(code, source, world)
            row, said = _row(entry, source.part, found, missing, _stated(given, code, source.part))
            row["baseline"] = row["baseline"] if row["baseline"] is not None else _before(code, world)
            rows.append(row)
            problems += said
            if found is not None:
                places += _places(code, source.part, found)
    places += _given_places(given, declared)
    if given is not None and given.height:
        known = set(declared["code"].to_list())
        problems += [
            Problem("evaluation.indicator_unknown", "warning", file=f"{OFFICE}.csv", value=str(c))
            for c in given["code"].unique().sort().to_list()
            if c not in known
        ]
    table = INDICATOR.shape(pl.DataFrame(rows, infer_schema_length=None)) if rows else INDICATOR.empty()
    absent = table.filter(pl.col("status") == "not_computed")
    if absent.height:
        value = ", ".join(f"{r['code']} ({r['missing']})" for r in absent.iter_rows(named=True))
        problems.append(
            Problem("evaluation.indicators_absent", "hint", value=value, values={"count": absent.height})
        )
    place = PLACE.shape(pl.concat(places, how="diagonal_relaxed")) if places else PLACE.empty()
    return table, place, problems


def _row(
    entry: Mapping[str, Any], part: str, found: Pieces | None, missing: str, stated: Mapping[str, Any]
) -> tuple[dict[str, Any], list[Problem]]:
    row = {k: entry.get(k) for k in ("code", "group", "zh", "en", "unit", "direction", "source")}
    target = stated.get("target_value")
    declared = entry.get("target")
    row |= {"part": part, "baseline": stated.get("baseline_value")}
    row["target"] = target if target is not None else None if declared is None else float(declared)
    own, value = value_of(found), stated.get("value")
    if own is not None and found is not None:
        row |= {
            "value": own,
            "n": int(found.rows["n"].sum()) if found.count is None else found.count,
            "basis": found.basis,
            "status": "computed",
            "missing": "",
        }
        if value is not None and abs(value - own) > 0.005 * max(abs(own), 1.0):
            said = {"stated": f"{value:g}"}
            return row, [Problem("evaluation.indicator_both", "warning", column=str(row["code"]),
                                 value=f"{own:.4g}", values=said)]  # fmt: skip
    elif value is not None:
        row |= {"value": value, "n": None, "basis": "office", "status": "stated", "missing": ""}
    else:
        row |= {"value": None, "n": None, "basis": None, "status": "not_computed", "missing": missing}
    return row, []


def _places(code: str, part: str, found: Pieces) -> list[pl.DataFrame]:
    made = []
    for kind in ("site_id", "county_code"):
        own = by_place(found, kind)
        if own.height:
            made.append(
                own.with_columns(
                    pl.lit(code).alias("code"), pl.lit(part).alias("part"), pl.lit(kind).alias("kind")
                )
            )
    return made


def _given_places(given: pl.DataFrame | None, declared: pl.DataFrame) -> list[pl.DataFrame]:
    """The office's figures of single sites or counties, for indicators that nothing was computed for."""
    if given is None or not given.height:
        return []
    free = [c for c in declared["code"].to_list() if c not in SOURCES]
    own = given.filter(
        pl.col("place").is_not_null() & pl.col("value").is_not_null() & pl.col("code").is_in(free)
    )
    if not own.height:
        return []
    kind = (
        pl.when(pl.col("place").str.contains(r"^\d{6,12}$"))
        .then(pl.lit("county_code"))
        .otherwise(pl.lit("site_id"))
    )
    return [own.select("code", pl.col("part").fill_null(""), kind.alias("kind"), "place", "value")]


def standards(
    declared: pl.DataFrame, table: pl.DataFrame, world: World, given: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Risks and standards, each with the figure that bears on it: one row per requirement and figure.

    Args:
        declared: the pack's ``framework, number, zh, en, code, code_zh, code_en, unit, direction``; a code of
            the indicators is looked up, any other is computed here.
        table: the indicators.
    """
    if not declared.width:
        return STANDARD.empty()
    known = {
        (r["code"]): r
        for r in table.filter(pl.col("part").is_in(["", "exclusion", "households"])).iter_rows(named=True)
    }
    rows = []
    for entry in declared.iter_rows(named=True):
        code = str(entry["code"])
        figure = known.get(code)
        if figure is None:
            source = SOURCES.get(code, (Source((OFFICE,), lambda _: None),))[0]
            found, missing = _computed(code, source, world)
            named = dict(entry) | {
                "group": None,
                "source": None,
                "zh": entry["code_zh"],
                "en": entry["code_en"],
            }
            figure, _ = _row(named, "", found, missing, _stated(given, code, ""))
            if figure["baseline"] is None:
                figure["baseline"] = _before(code, world)
        row = {k: entry[k] for k in ("framework", "number", "zh", "en")} | {"code": code}
        row |= {"figure_zh": figure["zh"], "figure_en": figure["en"]}
        row |= {
            k: figure[k]
            for k in ("unit", "direction", "value", "baseline", "basis", "status", "missing", "n")
        }
        rows.append(row | {"change": change_of(figure)})
    return STANDARD.shape(pl.DataFrame(rows, infer_schema_length=None))


def change_of(figure: Mapping[str, Any]) -> str:
    """``better``, ``worse`` or ``same`` against before the move; ``unknown`` where either is.

    >>> change_of({"value": 4.0, "baseline": 6.0, "direction": "-"})
    'better'
    """
    now, then = figure.get("value"), figure.get("baseline")
    if now is None or then is None:
        return "unknown"
    if abs(now - then) < 1e-9:
        return "same"
    return "better" if (now > then) == (figure.get("direction") != "-") else "worse"
