"""Which site each village goes to, who goes another way, and what families pay themselves."""

from __future__ import annotations

import polars as pl

from resettle.report.basis import Basis, mark_of, not_computed
from resettle.report.chapter_sites import band_of
from resettle.report.masking import masked_in_groups, small_count
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
    own = _self_financing(basis)
    if own is not None:
        blocks.append(Paragraph(own))
    table = _table(basis, assigned)
    blocks.append(Folded(say("report.villages.open", villages=len(table.rows)), (table,)))
    return Chapter("villages", say("report.villages.title"), tuple(blocks), order=ORDER)


def _statuses(placed: pl.DataFrame) -> Text:
    """All households siting looked at, by what became of them; the parts sum to the whole."""
    counts = dict(placed.group_by("status").len().iter_rows())
    parts = [say(f"report.villages.status.{s}", households=counts[s]) for s in STATUSES if counts.get(s)]
    joined = Text("，".join(p.zh for p in parts), ", ".join(p.en for p in parts))
    return say("report.villages.lead", households=placed.height, parts=joined)


def _self_financing(basis: Basis) -> Text | None:
    """What families are to raise themselves: in all, and the least and most of one household."""
    frame = basis.frame("entitlement", "self_raised_minor", "is_eligible")
    if frame is None:
        return None
    due = frame.filter(pl.col("is_eligible").fill_null(False))["self_raised_minor"].drop_nulls()
    if not due.len():
        return None
    low, high = due.min(), due.max()
    if not isinstance(low, int) or not isinstance(high, int):
        return None
    return say(
        "report.villages.self_financing",
        low=f"{low / 100:,.0f}",
        high=f"{high / 100:,.0f}",
        total=Text(f"{due.sum() / 1_000_000:,.1f}万", f"{due.sum() / 100_000_000:,.2f} million "),
        households=due.len(),
        currency=basis.currency,
    )


def _safe_counts(assigned: pl.DataFrame) -> dict[tuple[str, str | None], Cell]:
    """Households of each village at each site, safe beside the sums other chapters print of them.

    Those sums are of each site and of each band of distance. Where a small count would follow from them
    whatever else is withheld, no count is shown at all.
    """
    frame = assigned.sort("village_code", "site_id")
    keys = frame.select("village_code", "site_id").rows()
    counts = frame.get_column("households").to_list()
    if any(n is None for n in counts):
        return dict(zip(keys, (small_count(n) for n in counts), strict=True))
    groups = [
        [i for i, key in enumerate(keys) if key[1] == site] for site in sorted({k[1] or "" for k in keys})
    ]
    if "distance_m" in frame.columns:
        bands = [band_of(m) for m in frame.get_column("distance_m").to_list()]
        groups += [[i for i, b in enumerate(bands) if b == band] for band in sorted(set(bands))]
    try:
        cells = masked_in_groups(counts, [group for group in groups if group])
    except ValueError:
        cells = [Hidden(False)] * len(counts)
    return dict(zip(keys, cells, strict=True))


def _table(basis: Basis, assigned: pl.DataFrame) -> PageTable:
    sites = basis.frame("site", "site_id", "site_name")
    names = (
        {row["site_id"]: site_text(row) for row in sites.iter_rows(named=True)} if sites is not None else {}
    )
    where = places(basis)
    rows: list[tuple[Cell, ...]] = []
    shown = _safe_counts(assigned)
    order = [c for c in ("county_code", "village_code", "site_id") if c in assigned.columns]
    for row in assigned.sort(order).iter_rows(named=True):
        metres = row.get("distance_m")
        rows.append(
            (
                basis.region_name(row.get("county_code")),
                village_text(basis, row["village_code"]),
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
    return PageTable(say("report.villages.table"), columns, tuple(rows), mark=mark_of(assigned, sites), note=say("report.sites.where_note"))
