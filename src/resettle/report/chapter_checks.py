"""What does not agree, households explained, households to visit first, assumptions and synthetic data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from resettle.report.basis import MOVER_CLASSES, Basis, mark_of, not_computed
from resettle.report.chapter_sites import detour_text
from resettle.report.chapter_villages import village_names
from resettle.report.counties import UNDECIDED, county_cells
from resettle.report.masking import THRESHOLD, few, masked_column, masked_in_groups, small_count
from resettle.report.sentences import say
from resettle.tables import FUND, PAYMENT, PERSON, SITE, SITE_DWELLING, VILLAGE
from resettle.tables.page_text import area_text, same
from resettle.tables.pages import (
    Bar,
    Bars,
    Block,
    Cell,
    Chapter,
    Claim,
    Figure,
    FindingCard,
    Folded,
    Hidden,
    PageColumn,
    PageTable,
    Paragraph,
    Text,
)
from resettle.tables.people import HOUSEHOLD

DECIDING = (
    "household_class",
    "registry_type",
    "registered_member_count",
    "has_flat_in_town",
    "has_payroll",
    "has_vehicle",
    "has_company",
    "had_renovation_aid",
    "all_adults_agree",
    "is_destitute",
    "has_kin",
)
"""Columns on which eligibility rests, where the decision itself does not name what it lacked."""
_GRAVE = ("error", "warning")
MOST_OPEN = 8
"""Findings shown in the open, the gravest first; the rest stands behind a line that opens it."""


def cards_of(frame: pl.DataFrame) -> list[tuple[str, FindingCard]]:
    """Cards, with their severity, from a ``finding`` table as the supervision stage writes it."""
    cards = []
    for row in frame.iter_rows(named=True):

        def text(name: str, row: dict[str, Any] = row) -> Text:
            zh, en = row.get(f"{name}_zh") or "", row.get(f"{name}_en") or ""
            return Text(zh or en, en or zh)

        def lines(name: str, row: dict[str, Any] = row) -> tuple[Text, ...]:
            zh = [x for x in (row.get(f"{name}_zh") or "").split("\n") if x]
            en = [x for x in (row.get(f"{name}_en") or "").split("\n") if x]
            return tuple(Text(a, b) for a, b in zip(zh, en, strict=False))

        source = _place(text("place"), text("document")) if row.get("lines") else same("")
        repairs = tuple(say("report.findings.repair", repair=r) for r in lines("repairs"))
        b = text("b")
        cards.append(
            (
                row.get("severity") or "info",
                FindingCard(
                    (row.get("code") or row.get("finding_id") or "",),
                    text("title"),
                    Claim(text("a"), source),
                    Claim(b, same("")) if b.zh else None,
                    lines("readings") + repairs,
                    lines("ask"),
                ),
            )
        )
    return cards


def _place(lines: Text, document: Text) -> Text:
    """The lines with the document they are of: a reader must not take them for lines of this report."""
    if not document.zh:
        return say("report.findings.plain_lines", lines=lines)
    return say("report.findings.lines", document=document, lines=lines)


def _shows_repair(basis: Basis) -> bool:
    """Whether the table of sources shows an amount after the smallest repair."""
    funds = basis.frame("fund_position", "measure", "status")
    repaired = (pl.col("measure") == "norm") & (pl.col("status") == "repaired")
    return funds is not None and not funds.filter(repaired).is_empty()


def findings(basis: Basis) -> Chapter:
    """The chapter: one card per finding; hints folded so that they do not bury the rest."""
    frame = basis.tables.get("finding")
    if frame is None and not basis.findings:
        blocks: tuple[Block, ...] = (Paragraph(say("report.no_finding_yet"), "missing"),)
        return Chapter("findings", say("report.findings.title"), blocks, order=80, is_computed=False)
    graded = [("error", card) for card in basis.findings]
    if frame is not None and "code" in frame.columns:
        graded += cards_of(frame)
    if not graded:
        return Chapter(
            "findings", say("report.findings.title"), (Paragraph(say("report.findings.none")),), 80
        )
    rank = {severity: i for i, severity in enumerate(_GRAVE)}
    graded.sort(key=lambda item: rank.get(item[0], len(rank)))
    grave = sum(severity in rank for severity, _ in graded)
    open_cards = min(grave, MOST_OPEN)
    front: list[Block] = [card for _, card in graded[:open_cards]]
    behind = [card for _, card in graded[open_cards:]]
    shown = [Paragraph(say("report.findings.repairs_shown"))] if _shows_repair(basis) else []
    blocks = (Paragraph(say("report.findings.lead")), *shown, *front)
    if behind:
        blocks = (*blocks, Folded(say("report.findings.more", count=len(behind)), tuple(behind)))
    return Chapter("findings", say("report.findings.title"), blocks, order=80)


def explained(basis: Basis) -> Chapter:
    """The chapter: a few households explained step by step."""
    if not basis.traces:
        return not_computed("explained", 90, "entitlement")
    lead = Paragraph(say("report.explained.lead"))
    return Chapter("explained", say("report.explained.title"), (lead, *basis.traces), order=90)


def undecided(basis: Basis) -> pl.DataFrame | None:
    """Households of which nobody can say yet whether they are entitled; ``None`` if no rule has run."""
    frame = basis.households()
    if frame is None or "is_eligible" not in frame.columns:
        return None
    open_now = pl.col("is_eligible").is_null()
    if "mover_class" in frame.columns:
        open_now = open_now & (pl.col("mover_class").is_in(MOVER_CLASSES) | pl.col("mover_class").is_null())
    return frame.filter(open_now)


def _missing_items(basis: Basis, frame: pl.DataFrame) -> list[tuple[Text, Text | None, int]]:
    """What the undecided households lack, most frequent first, and the paper that settles each fact."""
    visits = basis.frame("visit", "household_id", "reason", "fact")
    if visits is not None:
        ids = frame.select("household_id")
        mine = visits.filter(pl.col("reason") == "unknown").join(ids, on="household_id", how="semi")
        counts = dict(mine.group_by("fact").agg(pl.col("household_id").n_unique()).iter_rows())
    else:
        lost = {n: frame.get_column(n).null_count() for n in DECIDING if n in frame.columns}
        counts = {name: count for name, count in lost.items() if count}
    words = {c.name: Text(c.zh, c.en) for c in HOUSEHOLD.columns}
    ordered = sorted(counts.items(), key=lambda i: (-i[1], i[0]))
    return [(*basis.papers.get(n, (words.get(n, same(n)), None)), k) for n, k in ordered]


def visit_first(basis: Basis) -> Chapter:
    """The chapter: how many households to visit for want of what, by item, county and village; no names."""
    frame = undecided(basis)
    if frame is None:
        return not_computed("visit", 95, "household, entitlement")
    title = say("report.visit.title")
    if frame.is_empty():
        return Chapter("visit", title, (Paragraph(say("report.visit.none")),), order=95)
    blocks: list[Block] = [Paragraph(say("report.visit.lead", households=few(frame.height)))]
    found = _missing_items(basis, frame)
    mark = mark_of(basis.frame("household"))
    column = PageColumn(say("report.head.households"), "count")
    unknown = say("report.visit.no_paper")
    if found:
        columns = (PageColumn(say("report.head.missing_item")), PageColumn(say("report.head.paper")), column)
        rows = tuple((name, paper or unknown, small_count(n)) for name, paper, n in found)
        table = PageTable(say("report.visit.item_table"), columns, rows)
        items = [(name, n) for name, _, n in found if n >= THRESHOLD][:12]
        if items:
            head = say("report.visit.title_item", item=items[0][0], households=items[0][1])
            bars = Bars(tuple(Bar(n, k) for n, k in items), say("report.head.missing_item"), column)
            note = say("report.visit.item_note") if len(found) > 1 else None
            blocks.append(Figure(head, mark, bars, None, note=note, key="visit_items"))
        blocks.append(table)
    if "county_code" in frame.columns:
        blocks += _visit_places(basis, frame)
    blocks.append(Paragraph(say("report.visit.list_note"), "note"))
    return Chapter("visit", title, tuple(blocks), order=95)


def _visit_places(basis: Basis, frame: pl.DataFrame) -> list[Block]:
    """Households to visit by county, as the table of counties prints them, and by village behind a line."""
    known = county_cells(basis)
    grouped = frame.group_by(pl.col("county_code").fill_null("")).len()
    rows = grouped.sort("len", "county_code", descending=[True, False]).rows()
    cells = masked_column([n for _, n in rows])
    shown = dict(zip((code for code, _ in rows), cells[:-1], strict=True))
    if known is not None and UNDECIDED in known.columns:  # one number, one way of printing it
        shown |= {code: known.cells[code, UNDECIDED] for code in shown if (code, UNDECIDED) in known.cells}
    body: list[tuple[Cell, ...]] = [(basis.region_name(code or None), shown[code]) for code, _ in rows]
    body.append((say("report.head.total"), cells[-1]))
    column = PageColumn(say("report.head.households"), "count")
    heads = (PageColumn(say("report.head.county")), column)
    title = say("report.visit.county_table")
    table = PageTable(title, heads, tuple(body), has_total=True, mark=mark_of(frame))
    return [table, *_visit_villages(basis, frame, shown)]


def _visit_villages(basis: Basis, frame: pl.DataFrame, counties: Mapping[str, Cell]) -> list[Block]:
    """Households to visit by village, safe beside the sums of the counties."""
    if "village_code" not in frame.columns:
        return []
    keys = (pl.col("county_code").fill_null(""), pl.col("village_code"))
    rows = frame.group_by(*keys).len().sort("county_code", "village_code", nulls_last=True).rows()
    groups = [[i for i, row in enumerate(rows) if row[0] == code] for code in counties]
    try:
        cells = masked_in_groups([n for *_, n in rows], groups, list(counties.values()))
    except ValueError:
        cells = [Hidden(False)] * len(rows)
    names = village_names(basis, [(village, county) for county, village, _ in rows if village])
    body: list[tuple[Cell, ...]] = [
        (basis.region_name(county or None), names.get(village, say("common.unknown")), cell)
        for (county, village, _), cell in zip(rows, cells, strict=True)
    ]
    columns = (
        PageColumn(say("report.head.county")),
        PageColumn(say("report.villages.village")),
        PageColumn(say("report.head.households"), "count"),
    )
    said = say("report.visit.village_table", villages=len(rows))
    return [Folded(said, (PageTable(said, columns, tuple(body), mark=mark_of(frame)),))]


def assumptions(basis: Basis) -> Chapter:
    """The chapter: what is assumed with its source, and which tables hold invented rows."""
    blocks: list[Block] = [
        Paragraph(say("report.assumptions.lead")),
        Paragraph(say("report.assumptions.printed_note"), "note"),
    ]
    if basis.source is not None:
        blocks.append(Paragraph(say("report.assumptions.source", source=basis.source), "note"))
    rows: list[tuple[Cell, ...]] = []
    pack = say("report.assumptions.from_pack")
    if basis.as_of is not None:
        rows.append((say("report.assumptions.as_of"), basis.as_of, say("report.assumptions.programme")))
    if basis.area_cap_dm2 is not None:
        rows.append((say("report.assumptions.cap"), area_text(basis.area_cap_dm2), pack))
    if basis.crowding_threshold_dm2 is not None:
        rows.append((say("report.assumptions.threshold"), area_text(basis.crowding_threshold_dm2), pack))
    if basis.detour_ppm is not None:
        rows.append(
            (say("report.assumptions.detour"), detour_text(basis), say("report.assumptions.detour_from"))
        )
    if basis.outlines is not None:
        rows.append(
            (say("report.assumptions.outlines"), basis.outlines_date, say("report.assumptions.unverified"))
        )
    rows += [tuple(row) for row in basis.assumptions]
    if rows:
        columns = (
            PageColumn(say("report.head.assumption")),
            PageColumn(say("report.head.assumed_value")),
            PageColumn(say("report.head.source")),
        )
        blocks.append(PageTable(say("report.assumptions.table_title"), columns, tuple(rows)))
    blocks += _synthetic_tables(basis)
    return Chapter("assumptions", say("report.assumptions.title"), tuple(blocks), order=100)


def _synthetic_tables(basis: Basis) -> list[Block]:
    """Every table with invented rows, and how many of its rows they are."""

    rows: list[tuple[Cell, ...]] = []
    for contract in (HOUSEHOLD, PERSON, VILLAGE, SITE, SITE_DWELLING, FUND, PAYMENT):
        frame = basis.frame(contract.name)
        if frame is None:
            continue
        if "is_synthetic" in frame.columns:
            invented = frame.filter(pl.col("is_synthetic").fill_null(False)).height
        elif "status" in frame.columns:
            invented = frame.filter(pl.col("status").fill_null("") == "synthetic").height
        else:
            continue
        if invented:
            rows.append((Text(contract.zh, contract.en), frame.height, invented))
    if not rows:
        return [Paragraph(say("report.assumptions.none_synthetic"))]
    columns = (
        PageColumn(say("report.head.table")),
        PageColumn(say("report.head.rows"), "count"),
        PageColumn(say("report.head.synthetic_rows"), "count"),
    )
    table = PageTable(say("report.assumptions.synthetic_table"), columns, tuple(rows), mark="synthetic")
    return [Paragraph(say("report.assumptions.synthetic_lead")), table]
