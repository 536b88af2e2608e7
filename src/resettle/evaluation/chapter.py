"""The evaluation chapter as data: what was found, how sure it is, and what it does not show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from resettle.tables.pages import Block, Cell, Chapter, PageColumn, PageTable, Paragraph, Text
from resettle.words import sentences, tell


def say(key: str, **values: Any) -> Text:
    """A sentence of the room in both languages."""
    return Text(tell(f"evaluation.{key}", "zh", **values), tell(f"evaluation.{key}", "en", **values))


def name_of(kind: str, value: str) -> Text:
    """A measure's or group's name where the words know it, as it stands otherwise."""
    key = f"evaluation.{kind}.{value}"
    return say(f"{kind}.{value}") if key in sentences("en") else Text(value, value)


def _ends(row: Mapping[str, Any]) -> Cell:
    if row["low"] is None:
        return name_of("withheld", row["withheld"] or "few_units")
    text = f"{row['low']:.1f} – {row['high']:.1f}"
    return Text(text, text)


def outcome_table(outcome: pl.DataFrame, topic: str) -> PageTable | None:
    """One topic's estimates with intervals; ``None`` where there is nothing."""
    rows = outcome.filter((pl.col("topic") == topic) & pl.col("value").is_not_null())
    if not rows.height:
        return None
    columns = (
        PageColumn(say("head.measure")),
        PageColumn(say("head.group")),
        PageColumn(say("head.value"), "number", decimals=1),
        PageColumn(say("head.interval")),
        PageColumn(say("head.n"), "count"),
    )
    body: list[tuple[Cell, ...]] = [
        (
            name_of("measure", r["measure"]),
            name_of("group", r["group"]) if r["group"] else say("everybody"),
            round(float(r["value"]), 1),
            _ends(r),
            r["n"],
        )
        for r in rows.iter_rows(named=True)
    ]
    return PageTable(say(f"topic.{topic}"), columns, tuple(body), mark="computed")


def _grades(grades: pl.DataFrame) -> PageTable:
    columns = (
        PageColumn(say("head.measure")),
        *(PageColumn(say("head.grade", grade=g), "number", decimals=1) for g in range(1, 6)),
        PageColumn(say("head.alpha"), "number", decimals=2),
    )
    rows: list[tuple[Cell, ...]] = []
    for construct in grades["construct"].unique(maintain_order=True):
        own = grades.filter(pl.col("construct") == construct).sort("grade")
        shares = [round(100 * v, 1) for v in own["share"].to_list()]
        alpha = own["alpha"][0]
        rows.append((name_of("measure", construct), *shares, None if alpha is None else round(alpha, 2)))
    return PageTable(say("topic.grades"), columns, tuple(rows), mark="computed", note=say("grades_note"))


def _indicators(table: pl.DataFrame) -> PageTable:
    columns = (
        PageColumn(say("head.code")),
        PageColumn(say("head.indicator")),
        PageColumn(say("head.unit")),
        PageColumn(say("head.value"), "number", decimals=1),
    )
    rows: list[tuple[Cell, ...]] = [
        (
            r["code"],
            Text(r["zh"], r["en"]),
            r["unit"],
            say("not_computed") if r["value"] is None else round(float(r["value"]), 1),
        )
        for r in table.iter_rows(named=True)
    ]
    return PageTable(say("topic.indicators"), columns, tuple(rows), mark="computed")


def _flows(table: pl.DataFrame) -> PageTable:
    columns = (PageColumn(say("head.flow")), PageColumn(say("head.households"), "count"))
    rows: list[tuple[Cell, ...]] = [
        (name_of("status", r["to"]), int(r["households"])) for r in table.iter_rows(named=True)
    ]
    return PageTable(say("topic.transitions"), columns, tuple(rows), mark="computed")


def chapter_of(made: Mapping[str, pl.DataFrame], facts: Mapping[str, Any]) -> Chapter:
    """The chapter from the stage's tables; what is missing is said where it would stand."""
    blocks: list[Block] = []
    if facts.get("synthetic"):
        blocks.append(Paragraph(say("synthetic"), "notice"))
    outcome = made.get("evaluation_outcome")
    index = (
        None if outcome is None else outcome.filter((pl.col("measure") == "SAT") & (pl.col("group") == ""))
    )
    if index is not None and index.height:
        r = index.row(0, named=True)
        key = "lead" if r["low"] is not None else "lead_bare"
        numbers = {k: f"{r[k]:.1f}" for k in ("value", "low", "high") if r[k] is not None}
        blocks.append(Paragraph(say(key, **numbers), "lead"))
    else:
        blocks.append(Paragraph(say("no_survey"), "missing"))
    for topic in ("satisfaction", "adaptation", "effectiveness", "willingness"):
        table = None if outcome is None else outcome_table(outcome, topic)
        if table is not None:
            blocks.append(table)
    if "adaptation_grade" in made and made["adaptation_grade"].height:
        blocks.append(_grades(made["adaptation_grade"]))
    if facts.get("willingness_by_distance"):
        blocks.append(Paragraph(say("association"), "note"))
    if "transition" in made and made["transition"].height:
        blocks.append(_flows(made["transition"]))
    indicator = made.get("evaluation_indicator")
    if indicator is not None and indicator.height:
        done = int((indicator["status"] == "computed").sum())
        blocks.append(Paragraph(say("indicators_lead", done=done, all=indicator.height), "body"))
        blocks.append(_indicators(indicator))
    return Chapter("evaluation", say("title"), tuple(blocks), order=75)
