"""What would ease an obstacle: what may be used at once, what needs a decision first, and the clauses behind both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from resettle.report.basis import Basis
from resettle.report.masking import small_count
from resettle.report.sentences import say
from resettle.tables.page_text import grouped, same
from resettle.tables.pages import (
    Block,
    Cell,
    Folded,
    Hidden,
    Mark,
    PageColumn,
    PageTable,
    Paragraph,
    Text,
)

STATES = ("here", "elsewhere", "none")
"""In the order they are told: usable at once, a clause of another place only, no clause anywhere."""
_NEEDED = (
    "obstacle",
    "remedy",
    "household_count",
    "household_cost_minor",
    "county_cost_minor",
    "unpriced_count",
    "period",
    "delay_months",
    "clause_state",
)


def name_of(basis: Basis, kind: str, code: str) -> Text:
    """A thing of the pack by the pack's own title; its code where the pack gives none."""
    return basis.titles.get(f"{kind}.{code}", same(code))


def listed(texts: Sequence[Text], zh: str = "；", en: str = "; ") -> Text:
    """Texts one after another in each language."""
    return Text(zh.join(t.zh for t in texts), en.join(t.en for t in texts))


def clause_text(basis: Basis, state: str | None, places: str | None) -> Text:
    """Whether a remedy may be used at once; a clause of another place is named with that place."""
    if state != "elsewhere":
        return say(f"report.obstacles.clause_state.{state if state in STATES else 'none'}")
    return say("report.obstacles.clause_state.elsewhere", places=places_text(basis, places))


def places_text(basis: Basis, places: str | None) -> Text:
    """Names of the places a clause is of, from their codes."""
    codes = [code for code in (places or "").split(", ") if code]
    return (
        listed([name_of(basis, "place", code) for code in codes], "、", ", ")
        if codes
        else say("common.unknown")
    )


def period_text(period: str | None) -> Text:
    """How often both prices of a remedy are paid."""
    return say("common.unknown") if period is None else say(f"report.obstacles.period.{period}")


def remedies(basis: Basis, mark: Mark) -> list[Block]:
    """Per obstacle what may be used at once, and behind a line every remedy that needs a decision first."""
    rows = _priced(basis)
    if not rows:
        return [Paragraph(say("report.not_computed", tables="remedy_county"), "missing")]
    counts = {state: sum(r["clause_state"] == state for r in rows) for state in STATES}
    blocks: list[Block] = [Paragraph(_lead(basis, rows, counts))]
    shown = [r for r in rows if r["clause_state"] == "here"]
    held = {r["obstacle"] for r in shown}
    without = list(dict.fromkeys(r["obstacle"] for r in rows if r["obstacle"] not in held))
    if shown:
        blocks.append(_table(basis, shown, say("report.obstacles.ready_table"), mark, by_words=True))
        blocks += _ask_first(shown)
    if without:
        names = listed([name_of(basis, "obstacle", code) for code in without])
        blocks.append(Paragraph(say("report.obstacles.without", names=names), "notice"))
    rest = [r for r in rows if r["clause_state"] != "here"]
    if rest:
        table = _table(basis, rest, say("report.obstacles.decide_table"), mark)
        blocks.append(
            Folded(say("report.obstacles.decide_fold", count=len(rest)), (table, *_ask_first(rest)))
        )
    clauses = _clauses(basis)
    if clauses is not None:
        blocks.append(Folded(say("report.obstacles.clause_fold"), (clauses,)))
    return blocks


def _lead(basis: Basis, rows: list[dict[str, Any]], counts: dict[str, int]) -> Text:
    """How many pairs may be used at once, how many have a clause of another place only, how many none."""
    others = sorted(
        {r["clause_place"] for r in rows if r["clause_state"] == "elsewhere" and r["clause_place"]}
    )
    return say(
        "report.obstacles.remedy_lead",
        remedies=len(rows),
        here=counts["here"],
        elsewhere=counts["elsewhere"],
        none=counts["none"],
        undecided=counts["elsewhere"] + counts["none"],
        place=basis.where,
        others=say("report.obstacles.remedy_others", places=listed([places_text(basis, c) for c in others]))
        if others
        else Text("", ""),
    )


def _priced(basis: Basis) -> list[dict[str, Any]]:
    """One row per obstacle and remedy over all counties, with the price per priced household."""
    frame = basis.frame("remedy_county", *_NEEDED)
    if frame is None:
        return []
    ask = (
        pl.col("ask_first_count")
        if "ask_first_count" in frame.columns
        else pl.lit(0).alias("ask_first_count")
    )
    rows = (
        frame.group_by("obstacle", "remedy")
        .agg(
            pl.col("household_count", "household_cost_minor", "county_cost_minor", "unpriced_count").sum(),
            ask.sum(),
            pl.col("period", "clause_state").first(),
            pl.col("delay_months").max(),
        )
        .sort("obstacle", "remedy")
        .to_dicts()
    )
    clauses = _clause_by_remedy(basis)
    size: dict[str, int] = {}
    for r in rows:
        priced = r["household_count"] - r["unpriced_count"]
        for side in ("household", "county"):
            r[f"{side}_each"] = round(r[f"{side}_cost_minor"] / priced) if priced > 0 else None
        r["clause"], r["clause_place"] = clauses.get(r["remedy"], (None, None))
        size[r["obstacle"]] = max(size.get(r["obstacle"], 0), r["household_count"])
    order = {state: i for i, state in enumerate(STATES)}
    rows.sort(
        key=lambda r: (
            -size[r["obstacle"]],
            r["obstacle"],
            order.get(r["clause_state"], len(order)),
            r["remedy"],
        )
    )
    return rows


def _clause_by_remedy(basis: Basis) -> dict[str, tuple[str | None, str | None]]:
    """The clause of each remedy and the places it is of."""
    frame = basis.frame("remedy", "remedy", "clause", "clause_place")
    if frame is None:
        return {}
    found = frame.select("remedy", "clause", "clause_place").unique(maintain_order=True)
    return {code: (clause, places) for code, clause, places in found.iter_rows()}


def _table(
    basis: Basis, rows: list[dict[str, Any]], title: Text, mark: Mark, by_words: bool = False
) -> PageTable:
    """Remedies with both prices; ``by_words``: the clause as it reads, where all of them hold here."""
    money = basis.currency
    columns = (
        PageColumn(say("report.obstacles.obstacle")),
        PageColumn(say("report.obstacles.remedy")),
        PageColumn(say(f"report.obstacles.{'clause_words' if by_words else 'clause'}")),
        PageColumn(say("report.head.households"), "count"),
        PageColumn(say("report.obstacles.household_each"), "money_exact", money),
        PageColumn(say("report.obstacles.county_each"), "money_exact", money),
        PageColumn(say("report.obstacles.period_head")),
        PageColumn(say("report.obstacles.delay"), "count"),
    )
    body: list[tuple[Cell, ...]] = []
    for r in rows:
        count = small_count(r["household_count"])
        hidden = isinstance(count, Hidden)
        body.append(
            (
                name_of(basis, "obstacle", r["obstacle"]),
                name_of(basis, "remedy", r["remedy"]),
                name_of(basis, "clause", r["clause"])
                if by_words and r["clause"]
                else clause_text(basis, r["clause_state"], r["clause_place"]),
                count,
                Hidden(False) if hidden else r["household_each"],
                Hidden(False) if hidden else r["county_each"],
                period_text(r["period"]),
                r["delay_months"],
            )
        )
    note = say("report.obstacles.price_note")
    return PageTable(title, columns, tuple(body), mark=mark, note=note)


def _ask_first(rows: list[dict[str, Any]]) -> list[Paragraph]:
    """Where the registry is silent on what a remedy needs, the household is counted and has to be asked."""
    silent = sum(r["ask_first_count"] or 0 for r in rows)
    return [Paragraph(say("report.obstacles.ask_first", count=grouped(silent)), "note")] if silent else []


def _clauses(basis: Basis) -> PageTable | None:
    """Each clause with its document and the place it is of, each page in its language where the pack has both."""
    columns = ("remedy", "clause", "clause_state", "clause_place", "clause_document")
    frame = basis.frame("remedy", *columns)
    if frame is None:
        return None
    found = frame.filter(pl.col("clause").is_not_null()).select(columns).unique()
    if found.is_empty():
        return None
    heads = ("remedy", "clause_words", "clause_document", "clause_of", "clause")
    rows: list[tuple[Cell, ...]] = [
        (
            name_of(basis, "remedy", code),
            name_of(basis, "clause", clause),
            say("common.unknown") if document is None else name_of(basis, "clause", document),
            places_text(basis, places),
            say(f"report.obstacles.holds.{state}"),
        )
        for code, clause, state, places, document in found.sort(
            "clause_state", "remedy", descending=[True, False]
        ).rows()
    ]
    return PageTable(
        say("report.obstacles.clause_table"),
        tuple(PageColumn(say(f"report.obstacles.{head}")) for head in heads),
        tuple(rows),
    )
