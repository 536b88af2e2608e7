"""What a reform costs by source and payer, and what it does to crowding, the line and the number who gain."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import polars as pl

from resettle.journey.reform_book import CostLine
from resettle.policy import Program
from resettle.tables.reforms import REFORM_COST
from resettle.words import LANGUAGES

if TYPE_CHECKING:
    from resettle.journey.whatif import Registry

SOURCES = "norm_by_source_minor"
NORM = "norm"
ENDS = (("", "before"), ("__after", "after"))
DM2_PER_M2 = 100


def costs_of(
    joined: pl.DataFrame, programs: tuple[Program, Program], name: str, lines: Iterable[CostLine]
) -> pl.DataFrame:
    """The norm by source times the persons of eligible households, then what the norm does not hold."""
    rows = [*_norms(joined, programs, name), *(_line(joined, programs, name, line) for line in lines)]
    return pl.DataFrame([r for r in rows if r is not None], schema=REFORM_COST.schema())


def _norms(joined: pl.DataFrame, programs: tuple[Program, Program], name: str) -> list[dict[str, Any]]:
    if not {"is_eligible", "resettled_persons", "is_eligible__after"} <= set(joined.columns):
        return []
    people = [
        int(joined.filter(pl.col(f"is_eligible{end}").fill_null(False))[f"resettled_persons{end}"].sum() or 0)
        for end, _ in ENDS
    ]
    norms = [dict(p.values.get(SOURCES) or {}) for p in programs]
    rows = []
    for source in sorted({*norms[0], *norms[1]}):
        before, after = (int(n.get(source) or 0) * p for n, p in zip(norms, people, strict=True))
        zh, en = (programs[1].pack.label(SOURCES, source, lang) for lang in LANGUAGES)
        rows.append(_row(name, source, NORM, (zh, en), (before, after), (after - before, after - before)))
    return rows


def _line(
    joined: pl.DataFrame, programs: tuple[Program, Program], name: str, line: CostLine
) -> dict[str, Any] | None:
    """One line beside the norm; left out where a price is not known, for a sum without it would be too low."""
    if not {line.output, f"{line.output}__after"} <= set(joined.columns):
        return None
    # Only households known before and after: a sum known on one side only would pass for a change.
    pair = joined.select(pl.col(f"{line.output}{end}").cast(pl.Int64) for end, _ in ENDS)
    known = pair.drop_nulls()
    old, new = (line.times * int(value or 0) for value in known.sum().row(0))
    prices = [programs[0].values.get(p) for p in line.price_per_m2]
    if any(not isinstance(p, int) for p in prices):
        return None
    low, high = (min(prices), max(prices)) if prices else (DM2_PER_M2, DM2_PER_M2)  # type: ignore[type-var]
    ends = sorted((new - old) * p // DM2_PER_M2 for p in (low, high))  # type: ignore[operator]
    amounts = (old * high // DM2_PER_M2, new * high // DM2_PER_M2)  # type: ignore[operator]
    unknown = pair.height - known.height
    return _row(
        name, line.code, line.payer, (line.zh, line.en), amounts, (ends[0], ends[1]), line.uptake, unknown
    )


def _row(
    name: str,
    source: str,
    payer: str,
    titles: tuple[str, str],
    amounts: tuple[int, int],
    change: tuple[int, int],
    uptake: str | None = None,
    unknown: int = 0,
) -> dict[str, Any]:
    values = (name, source, payer, *titles, *amounts, *change, uptake, unknown)
    return dict(zip(REFORM_COST.names, values, strict=True))


def summary_of(registry: Registry, joined: pl.DataFrame, name: str) -> dict[str, Any]:
    """One row: households that gain and lose, then eligible, crowded, near the line, before and after."""
    frame = joined
    if registry.ahead is not None:
        frame = frame.join(registry.ahead, on="household_id", how="left")
    if registry.near is not None:
        frame = frame.join(registry.near, on="household_id", how="left")
    row: dict[str, Any] = {"reform": name, "household_count": joined.height}
    row |= _touched(joined, registry.measure.outputs, registry.measure.worse_when_more)
    row["crowded_ahead_year"] = registry.ahead_year
    for end, label in ENDS:
        if f"is_eligible{end}" not in frame.columns:
            continue
        eligible = frame.filter(pl.col(f"is_eligible{end}").fill_null(False))
        found = _end(registry, frame, eligible, end)
        row |= {f"{key}_{label}": value for key, value in found.items()}
    return row


def _touched(joined: pl.DataFrame, outputs: Iterable[str], worse: Iterable[str]) -> dict[str, int]:
    """Households that only gain, only lose, or do both, over all results; what turns unknown is neither."""
    up, down = [], []
    for output in outputs:
        if not {output, f"{output}__after"} <= set(joined.columns) or joined.schema[output] == pl.String:
            continue
        old, new = pl.col(output).cast(pl.Int64), pl.col(f"{output}__after").cast(pl.Int64)
        more, less = (new > old).fill_null(False), (new < old).fill_null(False)
        up.append(less if output in worse else more)
        down.append(more if output in worse else less)
    gain, lose = pl.any_horizontal(up or [pl.lit(False)]), pl.any_horizontal(down or [pl.lit(False)])
    only = joined.select(
        (gain & ~lose).sum().alias("gain_count"),
        (lose & ~gain).sum().alias("lose_count"),
        (gain & lose).sum().alias("both_count"),
    )
    return {key: int(value) for key, value in only.row(0, named=True).items()}


def _end(registry: Registry, frame: pl.DataFrame, eligible: pl.DataFrame, end: str) -> dict[str, Any]:
    """What holds before, or after: only what the pack's results and the run's tables allow."""
    has = set(frame.columns)
    area, people = pl.col(f"area_cap_dm2{end}"), pl.col(f"resettled_persons{end}")
    found: dict[str, Any] = {
        "eligible": eligible.height,
        "unknown": frame[f"is_eligible{end}"].null_count(),
    }
    if f"area_short_dm2{end}" in has:
        found["crowded"] = eligible.filter(pl.col(f"area_short_dm2{end}") > 0).height
    if {f"area_cap_dm2{end}", f"resettled_persons{end}"} <= has:
        total = eligible.select(area.sum(), people.sum()).row(0)
        found["area_per_person_dm2"] = None if not total[1] else total[0] / total[1]
        if registry.ahead is not None:
            later = eligible.select(area.sum(), pl.col("size_expected").sum()).row(0)
            found["area_per_expected_person_dm2"] = None if not later[1] else later[0] / later[1]
    if registry.ahead is not None and registry.crowding and f"dwelling_size_dm2{end}" in has:
        found["crowded_ahead"] = _crowded_ahead(eligible, f"dwelling_size_dm2{end}", registry.crowding)
    if registry.near is not None:
        near = eligible.filter(pl.col("is_near_line").fill_null(False))
        found["near_line_eligible"] = near.height
        if f"area_cap_dm2{end}" in has:
            found["near_line_area_dm2"] = near.select(area.median()).item()
        found["near_line_support_minor"] = _support(registry, near, end)
    return found


def _crowded_ahead(eligible: pl.DataFrame, dwelling: str, threshold: int) -> float:
    """Households expected to have less than the threshold a person at the last year: a sum over all, never one."""
    crowded = pl.lit(0.0)
    for column in eligible.columns:
        named = re.fullmatch(r"size_(\d+)(?:_more)?_ppm", column)
        if named:
            too_many = pl.col(dwelling) < threshold * int(named[1])
            crowded = crowded + pl.when(too_many).then(pl.col(column).fill_null(0)).otherwise(0)
    return float(eligible.select((crowded / 1_000_000).sum()).item() or 0.0)


def _support(registry: Registry, near: pl.DataFrame, end: str) -> float | None:
    """The middle of norm less what the family pays, of eligible households near the line: what the line decides."""
    norm = sum(int(v or 0) for v in (registry.program.values.get(SOURCES) or {}).values())
    if not norm or not near.height or f"resettled_persons{end}" not in near.columns:
        return None
    paid = pl.lit(0)
    for line in registry.measure.costs:
        if line.payer == "household" and not line.price_per_m2 and f"{line.output}{end}" in near.columns:
            paid = paid + line.times * pl.col(f"{line.output}{end}").fill_null(0)
    middle: float | None = near.select((norm * pl.col(f"resettled_persons{end}") - paid).median()).item()
    return middle
