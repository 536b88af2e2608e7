"""What is held against what, as a sheet to correct: one row per sum, rate, order, norm, place, reference.

Nothing is judged that does not stand on it: a row with "no" under ``keep`` is dropped, a row may be changed or
added, and without the sheet the links are found anew from the corrected figures.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import polars as pl

from resettle.problems import Problem
from resettle.supervision.finding import plain
from resettle.supervision.reading import Reading
from resettle.supervision.schema import SCHEMA
from resettle.supervision.structure import as_published, merge
from resettle.tables.contract import Column as C
from resettle.tables.contract import Table

MARKS = ("series", "fact")
"""What links figures to each other by a shared word: points of one series, tellings of one fact."""
NO = ("no", "n", "否", "不", "0", "false")

LINK = Table(
    name="link",
    key=("link_id",),
    zh="拿什么与什么核对",
    en="what is held against what",
    writer="supervision",
    columns=(
        C("link_id", "text", zh="编号", en="number", required=True),
        C("keep", "text", zh="是否核对（是/否）", en="hold them? (yes/no)"),
        C("kind", "text", zh="种类", en="kind", allowed=(*SCHEMA, *MARKS)),
        C("says", "text", zh="内容", en="what it says"),
        C("line", "text", zh="行", en="line"),
        C("definition", "text", zh="定义", en="definition, by the numbers of the figures"),
    ),
)


def link_frame(raw: Mapping[str, Any], readings: Iterable[Reading]) -> pl.DataFrame:
    """Every link of a report as a row, under the contract :data:`LINK`."""
    known = {r.reading_id for r in readings}
    figures = {str(row["id"]): row for row in raw.get("figure", [])} | {
        str(row["id"]): row for row in raw.get("rate", []) if row.get("id")
    }
    rows: list[dict[str, Any]] = []
    for kind in SCHEMA:
        for entry in raw.get(kind, []):
            if kind != "figure" or entry["id"] not in known:
                rows.append(_row(kind, entry, figures))
    for mark in MARKS:
        rows += [
            _row(mark, {"figure": f["id"], mark: f[mark], "line": f.get("line")}, figures)
            for f in raw.get("figure", [])
            if f.get(mark)
        ]
    for number, row in enumerate(rows, start=1):
        row["link_id"] = f"k{number}"
    return pl.DataFrame(rows, schema_overrides=LINK.schema()).select(LINK.names) if rows else LINK.empty()


def _row(kind: str, entry: Mapping[str, Any], figures: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    line = entry.get("line")
    return {
        "keep": "yes",
        "kind": kind,
        "says": _says(kind, entry, figures),
        "line": None if line is None else str(line),
        "definition": json.dumps({k: _plain(v) for k, v in entry.items()}, ensure_ascii=False),
    }


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    return [_plain(v) for v in value] if isinstance(value, (list, tuple)) else value


def _says(kind: str, entry: Mapping[str, Any], figures: Mapping[str, Mapping[str, Any]]) -> str:
    """The link as a formula with the figures' values, their numbers in brackets."""

    def of(name: Any) -> str:
        value = figures.get(str(name), {}).get("value")
        return f"{plain(value)} [{name}]" if isinstance(value, Decimal) else f"[{name}]"

    if kind == "sum":
        sign = " ≥ " if entry.get("relation") == "within" else " = "
        return of(entry["total"]) + sign + " + ".join(of(p) for p in entry["parts"])
    if kind == "rate":
        over, below = entry.get("numerator"), entry.get("denominator")
        sign = (
            f"Δ {of(below)} → {of(over)}" if entry.get("measure") == "change" else f"{of(over)} ÷ {of(below)}"
        )
        return f"{entry.get('value')}% = " + (sign if over and below else "?")
    if kind == "per_head":
        parts = " + ".join(of(p) for p in entry.get("parts", ()))
        if parts:
            return f"{of(entry['total'])} = {of(entry['heads'])} × ({parts})"
        return f"{of(entry['total'])} ÷ {of(entry['heads'])}" + (
            f" ≥ {entry['floor']}" if entry.get("floor") else ""
        )
    return ", ".join(
        f"{k}: {_plain(v)}" for k, v in entry.items() if k not in ("line", "id", "label_en", "label_zh")
    )


def with_links(
    readings: Sequence[Reading], rows: Sequence[Mapping[str, Any]], file: str
) -> tuple[dict[str, Any], list[Problem]]:
    """Published figures from corrected readings and the links that were kept.

    Returns:
        What :func:`parse_published` takes, and a problem for every row whose definition cannot be read; such a
        row is left out and named.
    """
    found = as_published(readings)
    ids = {r.reading_id for r in readings}
    figures = {
        str(f["id"]): {k: v for k, v in f.items() if k not in MARKS}
        for f in found["figure"]
        if f["id"] in ids
    }
    raw: dict[str, Any] = {"figure": []}
    problems: list[Problem] = []
    for number, row in enumerate(rows, start=4):
        if str(row.get("keep") or "yes").strip().lower() in NO:
            continue
        entry = _entry(row)
        kind = str(row.get("kind") or "")
        if entry is None or kind not in (*SCHEMA, *MARKS):
            value = str(row.get("definition") or row.get("kind") or "")
            problems.append(
                Problem("supervision.link_unfit", "error", file=file, sheet="links", row=number, value=value)
            )
        elif kind in MARKS:
            if str(entry.get("figure")) in figures:
                figures[str(entry["figure"])][kind] = entry.get(kind)
        else:
            raw.setdefault(kind, []).append(entry)
    rates = {str(r.get("id")) for r in raw.get("rate", [])}
    told: list[dict[str, Any] | None] = [f for name, f in figures.items() if name not in rates]
    told += [
        _figure_of(r)
        for r in readings
        if r.reading_id not in figures and r.reading_id not in rates and r.value
    ]
    return merge(raw, {"figure": [f for f in told if f is not None]}), problems


def _figure_of(reading: Reading) -> dict[str, Any] | None:
    """A rate that was told to be no rate of anything: it is still a figure."""
    if reading.unit != "percent":
        return None
    return {
        "id": reading.reading_id,
        "value": reading.value,
        "unit": "percent",
        "kind": reading.kind,
        "period": "as read",
    }


def _entry(row: Mapping[str, Any]) -> dict[str, Any] | None:
    try:
        found = json.loads(str(row.get("definition") or ""))
    except json.JSONDecodeError:
        return None
    return {str(k): v for k, v in found.items() if v is not None} if isinstance(found, dict) else None
