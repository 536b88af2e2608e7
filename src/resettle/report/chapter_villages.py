"""Which site each village goes to, and who goes another way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import polars as pl

from resettle.report.basis import Basis, mark_of, not_computed
from resettle.report.chapter_sites import band_counts, band_of, county_groups, detour_text, site_counts
from resettle.report.masking import few, masked_in_groups, small_count
from resettle.report.sentences import say
from resettle.report.site_words import places, site_text, village_text
from resettle.tables.page_text import same
from resettle.tables.pages import (
    Block,
    Cell,
    Chapter,
    Folded,
    Hidden,
    PageColumn,
    PageTable,
    Paragraph,
    Text,
)

ORDER = 55
STATUSES = ("assigned", "scattered", "unplaced", "size_unknown", "village_unknown")


def villages(basis: Basis) -> Chapter:
    """The chapter: every household of the plan accounted for, then the table of villages and sites."""
    placed = basis.frame("household_site", "household_id", "status")
    assigned = basis.frame("village_assignment", "village_code", "site_id", "households")
    if placed is None or assigned is None:
        return not_computed("villages", ORDER, "household_site, village_assignment")
    blocks: list[Block] = [Paragraph(_statuses(placed), "lead")]
    sites = basis.frame("site", "site_id", "is_fixed")
    if sites is not None and (given := sites.filter(pl.col("is_fixed").fill_null(False)).height):
        blocks.append(Paragraph(say("report.villages.given", sites=given)))
    table = _table(basis, assigned)
    if any(isinstance(cell, Hidden) for row in table.rows for cell in row):
        blocks.append(Paragraph(say("report.villages.hidden"), "note"))
    blocks.append(Folded(say("report.villages.open", villages=len(table.rows)), (table,)))
    return Chapter("villages", say("report.villages.title"), tuple(blocks), order=ORDER)


def _statuses(placed: pl.DataFrame) -> Text:
    """All households siting looked at, by what became of them; the parts sum to the whole."""
    counts = dict(placed.group_by("status").len().iter_rows())
    parts = [say(f"report.villages.status.{s}", households=few(counts[s])) for s in STATUSES if counts.get(s)]
    joined = Text("，".join(p.zh for p in parts), ", ".join(p.en for p in parts))
    return say("report.villages.lead", households=few(placed.height), parts=joined)


def _safe_counts(basis: Basis, assigned: pl.DataFrame) -> dict[tuple[str, str | None], Cell]:
    """Households of each village at each site, safe beside every sum that other chapters print of them.

    Those sums are of each site, of each county's and all sites, and of each band of distance. Where a small
    count would follow from them whatever else is withheld, no count is shown at all.
    """
    frame = assigned.sort("village_code", "site_id")
    keys = frame.select("village_code", "site_id").rows()
    counts = frame.get_column("households").to_list()
    if any(n is None for n in counts):
        return dict(zip(keys, (small_count(n) for n in counts), strict=True))
    sites = sorted({site or "" for _, site in keys})
    shown = site_counts(basis)
    groups = [[i for i, key in enumerate(keys) if (key[1] or "") == site] for site in sites]
    sums = [sum(counts[i] for i in group) for group in groups]
    printed: list[Cell] = [shown.get(site, n) for site, n in zip(sites, sums, strict=True)]
    for members, cell in county_groups(basis, sites):
        groups.append([len(counts) + i for i in members])
        printed.append(cell)
    if "distance_m" in frame.columns:
        bands = [band_of(m) for m in frame.get_column("distance_m").to_list()]
        told = dict(band_counts(frame))
        groups += [[i for i, b in enumerate(bands) if b == band] for band in sorted(set(bands))]
        printed += [told[band] for band in sorted(set(bands))]
    try:
        cells = masked_in_groups(counts, groups, printed)
    except ValueError:
        cells = [Hidden(False)] * len(counts)
    return dict(zip(keys, cells, strict=True))


def village_names(basis: Basis, villages: Sequence[tuple[str, str | None]]) -> dict[str, Text]:
    """Villages, given with their counties, by name; two of one name in one county are told apart by township."""
    pairs = sorted(set(villages), key=str)
    names = {code: village_text(basis, code) for code, _ in pairs}
    alike = Counter((county, names[code]) for code, county in pairs)
    told = dict(names)
    for code, county in pairs:
        if alike[county, names[code]] > 1 and code in basis.townships:
            township = basis.region_name(basis.townships[code])
            told[code] = say("report.villages.of_township", village=names[code], township=township)
    return told


def _table(basis: Basis, assigned: pl.DataFrame) -> PageTable:
    sites = basis.frame("site", "site_id", "site_name")
    names = (
        {row["site_id"]: site_text(row) for row in sites.iter_rows(named=True)} if sites is not None else {}
    )
    where = places(basis)
    rows: list[tuple[Cell, ...]] = []
    shown = _safe_counts(basis, assigned)
    counties = (
        assigned["county_code"].to_list() if "county_code" in assigned.columns else [None] * assigned.height
    )
    villages = village_names(basis, list(zip(assigned["village_code"].to_list(), counties, strict=True)))
    order = [c for c in ("county_code", "village_code", "site_id") if c in assigned.columns]
    for row in assigned.sort(order).iter_rows(named=True):
        metres = row.get("distance_m")
        rows.append(
            (
                basis.region_name(row.get("county_code")),
                villages[row["village_code"]],
                names.get(row["site_id"]) or same(row["site_id"] or "—"),
                where.get(row["site_id"]) or same("—"),
                shown[(row["village_code"], row["site_id"])],
                None if metres is None else round(metres / 1000, 1),
            )
        )
    columns = (
        PageColumn(say("report.head.county")),
        PageColumn(say("report.villages.village")),
        PageColumn(say("report.villages.site")),
        PageColumn(say("report.sites.where")),
        PageColumn(say("report.head.households"), "count"),
        PageColumn(say("report.villages.distance"), "number", Text("公里", "km"), 1),
    )
    way, where_note = (
        say("report.villages.distance_note", factor=detour_text(basis)),
        say("report.sites.where_note"),
    )
    note = Text(f"{way.zh}{where_note.zh}", f"{way.en} {where_note.en}")
    return PageTable(
        say("report.villages.table"), columns, tuple(rows), note=note, mark=mark_of(assigned, sites)
    )
