"""Sites: what is proved of the plan, who has little to spare, what was excluded and why, how far people go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from resettle.report.basis import Basis, is_synthetic, mark_of, not_computed
from resettle.report.chapter_homes import bar_values
from resettle.report.chapter_places import SPARE_LIMIT_PPM, open_sites
from resettle.report.counties import county_cells
from resettle.report.masking import few, masked_column, masked_in_groups, small_count
from resettle.report.paid import paid_here, paid_of_option
from resettle.report.sentences import say, word_of
from resettle.report.site_words import invented, joined, label, places, site_text
from resettle.tables.page_text import money_column, money_text, percent_text, same
from resettle.tables.pages import (
    Bar,
    Bars,
    Block,
    Cell,
    Chapter,
    Figure,
    Folded,
    Hidden,
    Mark,
    PageColumn,
    PageTable,
    Paragraph,
    Text,
)
from resettle.units import share_ppm

SPARE_ROWS = 15
MOST_SPARE_ROWS = 30
"""Every site with less than a tenth to spare stands in the open, as on the map, up to this many."""
DISTANCE_KM = (5, 10, 20, 30)
_HAZARD_FLAGS = {
    "red_line": "in_red_line",
    "hazard_zone": "in_hazard_zone",
    "basic_farmland": "on_basic_farmland",
}


def sites(basis: Basis) -> Chapter:
    """The chapter: the plan's gap, spare room, exclusions, capacity assessments, distances."""
    plan = basis.frame("site_plan", "site_id", "is_open")
    used = open_sites(basis)
    if plan is None or used is None:
        return not_computed("sites", 50, "site_plan")
    excluded = _exclusions(basis, plan)
    blocks: list[Block] = []
    answer = basis.frame("siting_answer", "county_code", "objective_minor", "bound_minor", "gap_ppm")
    out, whole = sum(excluded.values()), max(plan.height, used.height)
    spare = max(whole - used.height - out, 0)
    opening = say("report.sites.lead", whole=whole, open=used.height, excluded=out, spare=spare)
    empty = used.filter(pl.col("households") == 0).height if "households" in used.columns else 0
    if empty:
        told = say("report.sites.empty", empty=empty)
        opening = Text(opening.zh + told.zh, opening.en + told.en)
    fixed = _decided(basis, used)
    if fixed:
        told = say("report.sites.decided", fixed=fixed, open=used.height)
        opening = Text(opening.zh + told.zh, opening.en + told.en)
    shares = [] if answer is None else [v for r in answer.to_dicts() if (v := _bound_share(r)) is not None]
    if shares:
        worst = 1_000_000 - min(shares)
        kept = say("report.sites.kept") if fixed else Text("", "")
        more = say("report.sites.lead_gap", gap=percent_text(worst, 3), kept=kept)
        opening = Text(opening.zh + more.zh, opening.en + more.en)
    blocks.append(Paragraph(opening))
    made_up = invented(basis)
    blocks += [] if made_up is None else [Paragraph(made_up)]
    blocks += [Paragraph(text) for text in _as_if_free(basis)]
    if "cost_known" in plan.columns and (dear := plan.filter(~pl.col("cost_known").fill_null(True)).height):
        blocks.append(Paragraph(say("report.sites.costs_unknown", sites=dear), "notice"))
    blocks += _unplaced(basis)
    mark = mark_of(basis.frame("site"), basis.frame("household"))
    if answer is not None:
        blocks.append(_gap(basis, answer, mark))
    blocks += _spare(basis, used, mark)
    blocks += _assessment(used)
    if excluded:
        rows = tuple(
            (word_of("value.excluded_reason", reason), count)
            for reason, count in sorted(excluded.items(), key=lambda i: (-i[1], i[0]))
        )
        columns = (PageColumn(say("report.head.reason")), PageColumn(say("report.head.sites"), "count"))
        blocks.append(PageTable(say("report.sites.excluded_table"), columns, rows, mark=mark))
    distance = _distances(basis, mark)
    if distance is not None:
        blocks.append(distance)
    return Chapter("sites", say("report.sites.title"), tuple(blocks), order=50)


def _decided(basis: Basis, used: pl.DataFrame) -> int:
    """How many of the chosen sites were decided beforehand."""
    site = basis.frame("site", "site_id", "is_fixed")
    if site is None:
        return 0
    fixed = site.filter(pl.col("is_fixed").fill_null(False))["site_id"].to_list()
    return used.filter(pl.col("site_id").is_in(fixed)).height


def _as_if_free(basis: Basis) -> list[Text]:
    """Where an exercise set decided sites free, both sums side by side, so that neither chapter belies the other."""
    plans = basis.frame("plan_option", "county_code", "cost_minor", "is_exercise")
    free = [] if plans is None else plans.filter(pl.col("is_exercise").fill_null(False)).to_dicts()
    least: dict[str, int] = {}
    for row in free:
        code = row["county_code"]
        least[code] = min(least.get(code, paid_of_option(row)), paid_of_option(row))
    return [
        say(
            "report.sites.as_if_free",
            county=basis.region_name(code),
            cost=money_text(built, basis.currency),
            free=money_text(least[code], basis.currency),
        )
        for code in sorted(least)
        if (built := paid_here(basis, code)) is not None  # a sum known in part is set beside no whole one
    ]


def _unplaced(basis: Basis) -> list[Block]:
    """Households no site can take; those of whom it is not known where they are from; those whose home is open."""
    placed = basis.frame("household_site", "status")
    if placed is None:
        return []
    counts = dict(placed.group_by("status").len().iter_rows())
    return [
        Paragraph(say(f"report.sites.{status}", households=few(counts[status])), "notice")
        for status in ("unplaced", "village_unknown", "size_unknown")
        if counts.get(status)
    ]


def _exclusions(basis: Basis, plan: pl.DataFrame) -> dict[str, int]:
    """Sites by the reason they were excluded for; from the flags of the sites if the plan gives none."""
    if "excluded_reason" in plan.columns:
        out = plan.filter(pl.col("excluded_reason").is_not_null())
        return dict(out.group_by("excluded_reason").len().sort("excluded_reason").iter_rows())
    site = basis.frame("site", "site_id")
    if site is None:
        return {}
    counts = {
        reason: site.filter(pl.col(flag).fill_null(False)).height
        for reason, flag in _HAZARD_FLAGS.items()
        if flag in site.columns
    }
    return {reason: count for reason, count in counts.items() if count}


def _bound_share(row: Mapping[str, Any]) -> int | None:
    """The bound as a share of the plan's cost; ``None`` where one of them is unknown or there is no cost."""
    if row["bound_minor"] is None or not row["objective_minor"]:
        return None
    return share_ppm(max(row["bound_minor"], 0), row["objective_minor"])


def _gap(basis: Basis, answer: pl.DataFrame, mark: Mark) -> Figure:
    """How much cheaper than its plan a county could be at most: the plan's cost less its bound."""
    rows = answer.sort("objective_minor", "county_code", descending=[True, False], nulls_last=True).to_dicts()
    largest = max((r["objective_minor"] or 0 for r in rows), default=0)
    shares = [_bound_share(r) for r in rows]
    gaps = [None if share is None else 1_000_000 - share for share in shares]
    bars = tuple(
        Bar(basis.region_name(r["county_code"]), gap, word_of("report.answer", r.get("status")))
        for r, gap in zip(rows, gaps, strict=True)
    )
    value = PageColumn(say("report.sites.gap_value"), "share", decimals=3)
    widest = max(rows, key=lambda r: (1_000_000 - (_bound_share(r) or 1_000_000), r["county_code"]))
    distance = 1_000_000 - (_bound_share(widest) or 1_000_000)
    note = say(
        "report.sites.gap_note",
        kinds=_kinds(rows),
        both=_both_shares(basis, widest),
        way=_priced_way(basis, rows),
    )
    if distance > 0:
        title = say(
            "report.sites.gap_title",
            county=basis.region_name(widest["county_code"]),
            gap=percent_text(distance, 3),
        )
    else:
        title = say("report.sites.gap_title_zero")
    columns = (
        PageColumn(say("report.head.county")),
        money_column(say("report.head.bound"), basis.currency, largest),
        money_column(say("report.head.objective"), basis.currency, largest),
        PageColumn(say("report.head.gap"), "share", decimals=2),
        PageColumn(say("report.head.answer_status")),
        PageColumn(say("report.head.bound_kind")),
    )
    cells: list[tuple[Cell, ...]] = [
        (
            basis.region_name(r["county_code"]),
            r["bound_minor"],
            r["objective_minor"],
            r["gap_ppm"],
            word_of("report.answer", r.get("status")),
            say(f"report.sites.kind_{r.get('bound_kind') or 'unknown'}"),
        )
        for r in rows
    ]
    table = PageTable(say("report.sites.gap_table"), columns, tuple(cells), mark=mark)
    chart = Bars(bars, say("report.head.county"), value, say("report.head.answer_status"))
    return Figure(title, mark, chart, table, note=note, key="siting_gap")


def _kinds(rows: list[dict[str, Any]]) -> Text:
    """In how many counties the bound was checked again, and in how many it is the solver's word alone."""
    found = [r.get("bound_kind") or "unknown" for r in rows]
    said = [
        say(
            "report.sites.kind_in", kind=say(f"report.sites.kind_{k}"), count=found.count(k), whole=len(found)
        )
        for k in ("verified", "solver", "unknown")
        if k in found
    ]
    return Text("；".join(t.zh for t in said), "; ".join(t.en for t in said))


def _priced_way(basis: Basis, rows: list[dict[str, Any]]) -> Text:
    """That a price on the way is in the cost, where one is; the sums of the tables of money do not hold it."""
    priced = [r["distance_price_minor"] for r in rows if r.get("distance_price_minor")]
    price = next((r["price_km_minor"] for r in rows if r.get("price_km_minor")), None)
    if not priced or price is None:
        return Text("", "")
    return say(
        "report.sites.way_priced",
        price=money_text(price, basis.currency),
        sum=money_text(sum(priced), basis.currency),
    )


def _both_shares(basis: Basis, row: Mapping[str, Any]) -> Text:
    """The widest gap over the whole cost and over what a plan can change, where the two differ."""
    share, part = _bound_share(row), row.get("gap_ppm")
    if share is None or part is None or part <= 1_000_000 - share:
        return Text("", "")
    county = basis.region_name(row["county_code"])
    whole = percent_text(1_000_000 - share, 3)
    return say(
        "report.sites.gap_both",
        county=county,
        sum=money_text(row["objective_minor"] - max(row["bound_minor"], 0), basis.currency),
        whole=whole,
        part=percent_text(part, 2),
    )


def _spare(basis: Basis, used: pl.DataFrame, mark: Mark) -> list[Block]:
    """The sites with the least to spare; the others behind a line that opens them."""
    if "spare_ppm" not in used.columns:
        return []
    known = used.filter(pl.col("spare_ppm").is_not_null()).sort("spare_ppm", "site_id")
    if known.is_empty():
        return []
    tight = known.filter(pl.col("spare_ppm") < SPARE_LIMIT_PPM).height
    shown = min(max(tight, SPARE_ROWS), MOST_SPARE_ROWS)
    rows = known.head(shown).to_dicts()
    names = [label(basis, r) for r in rows]
    value = PageColumn(say("report.head.spare"), "share", decimals=1)
    bars = Bars(
        tuple(
            Bar(
                name,
                r["spare_ppm"],
                basis.region_name(r.get("county_code")),
                r["spare_ppm"] < SPARE_LIMIT_PPM,
            )
            for name, r in zip(names, rows, strict=True)
        ),
        say("report.head.site"),
        value,
        say("report.head.county"),
    )
    table = _spare_table(basis, rows, say("report.sites.spare_table", count=len(rows)))
    title = say(
        "report.sites.spare_title",
        site=_least_of(rows, names),
        spare=percent_text(rows[0]["spare_ppm"]),
        tight=tight,
        whole=known.height,
    )
    blocks: list[Block] = [Figure(title, mark, bars, table, key="site_spare")]
    rest = known.slice(shown).to_dicts()
    if rest:
        said = say("report.sites.spare_rest", count=len(rest))
        blocks.append(Folded(said, (_spare_table(basis, rest, said),)))
    return blocks


def _least_of(rows: list[dict[str, Any]], names: list[Text]) -> Text:
    """The sites that share the least: up to three by name, and how many more."""
    tied = [name for name, r in zip(names, rows, strict=True) if r["spare_ppm"] == rows[0]["spare_ppm"]]
    told = joined(tied[:3])
    if len(tied) <= 3:
        return told
    more = say("report.sites.spare_more", count=len(tied) - 3)
    return Text(told.zh + more.zh, told.en + more.en)


def _spare_table(basis: Basis, rows: list[dict[str, Any]], title: Text) -> PageTable:
    """Sites with their households, dwellings used, capacity and what is to spare."""
    columns = (
        PageColumn(say("report.head.site")),
        PageColumn(say("report.head.county")),
        PageColumn(say("report.sites.where")),
        PageColumn(say("report.head.households"), "count"),
        PageColumn(say("report.head.used"), "count"),
        PageColumn(say("report.head.capacity"), "count"),
        PageColumn(say("report.head.spare"), "share", decimals=1),
    )
    cells: list[tuple[Cell, ...]] = []
    shown = site_counts(basis)
    where = places(basis)
    for r in rows:
        households = shown.get(r["site_id"], small_count(r.get("households")))
        is_small = isinstance(households, Hidden)  # dwellings used and spare would tell the number again
        cells.append(
            (
                site_text(r),
                basis.region_name(r.get("county_code")),
                where.get(r["site_id"]),
                households,
                Hidden(False) if is_small else r.get("dwellings_used"),
                r.get("dwelling_capacity", r.get("dwellings_capacity")),
                Hidden(False) if is_small else r["spare_ppm"],
            )
        )
    return PageTable(title, columns, tuple(cells), note=say("report.sites.where_note"))


def _assessment(used: pl.DataFrame) -> list[Block]:
    if "needs_capacity_assessment" not in used.columns:
        return []
    count = used.filter(pl.col("needs_capacity_assessment").fill_null(False)).height
    return [Paragraph(say("report.sites.assessment", count=count), "notice")] if count else []


def band_of(metres: int | None) -> int:
    """The band of a distance moved, from 0; -1 where it is unknown.

    >>> band_of(4999), band_of(5000), band_of(31000), band_of(None)
    (0, 1, 4, -1)
    """
    return -1 if metres is None else sum(metres >= km * 1000 for km in DISTANCE_KM)


def county_groups(basis: Basis, sites: Sequence[str]) -> list[tuple[list[int], Cell]]:
    """Sums of sites that are printed: of each county's and of all, as positions in ``sites`` and the cell."""
    used, found = open_sites(basis), county_cells(basis)
    if used is None or found is None or "site" not in found.columns or "county_code" not in used.columns:
        return []
    home = dict(used.select("site_id", "county_code").iter_rows())
    groups: list[tuple[list[int], str | None]] = [
        ([i for i, s in enumerate(sites) if home.get(s) == code], code) for code in found.codes
    ]
    groups.append((list(range(len(sites))), None))
    return [(members, found.cells[code, "site"]) for members, code in groups if members]


def site_counts(basis: Basis) -> dict[str, Cell]:
    """Households of each site as the report prints them, safe beside the sums of counties and of all sites."""
    used = open_sites(basis)
    if used is None or "households" not in used.columns:
        return {}
    known = used.filter(pl.col("households").is_not_null()).sort("site_id")
    sites, counts = known["site_id"].to_list(), known["households"].to_list()
    groups = county_groups(basis, sites)
    try:
        cells = masked_in_groups(counts, [g for g, _ in groups], [cell for _, cell in groups])
    except ValueError:
        cells = [Hidden(False) if n else 0 for n in counts]
    return dict(zip(sites, cells, strict=True))


def detour_text(basis: Basis) -> Text:
    """What a straight line is lengthened by, as a sentence names it."""
    return say("common.unknown") if basis.detour_ppm is None else same(f"{basis.detour_ppm / 1_000_000:g}")


def _by_band(moves: pl.DataFrame) -> dict[int, int]:
    """Households by band of distance, every band there; -1 for those whose distance is unknown."""
    counts = dict.fromkeys((*range(len(DISTANCE_KM) + 1), -1), 0)
    metres = moves.get_column("distance_m").to_list()
    for m, households in zip(metres, moves.get_column("households").to_list(), strict=True):
        counts[band_of(m)] += households or 0
    return counts


def band_counts(moves: pl.DataFrame) -> list[tuple[int, Cell]]:
    """Each band of distance with its households as the report prints them."""
    counts = _by_band(moves)
    bands = [band for band in counts if band >= 0 or counts[band]]
    return list(zip(bands, masked_column([counts[b] for b in bands])[:-1], strict=True))


def _distances(basis: Basis, mark: Mark) -> Figure | None:
    """Households by distance moved; unknown distances are a bar of their own kind."""
    moves = basis.frame("village_assignment", "households", "distance_m")
    if moves is None:
        return None
    if "site_id" in moves.columns:
        moves = moves.filter(pl.col("site_id").fill_null("") != "")
    limits = [0, *DISTANCE_KM]
    counts = _by_band(moves)
    rows: list[tuple[Text, int]] = []
    for i, low in enumerate(limits):
        if i + 1 == len(limits):
            label = say("report.sites.far", km=low)
        elif low == 0:
            label = say("report.sites.near", km=limits[i + 1])
        else:
            label = say("report.sites.between", low=low, high=limits[i + 1])
        rows.append((label, counts[i]))
    if counts[-1]:
        rows.append((say("common.unknown"), counts[-1]))
    whole = sum(count for _, count in rows)
    if not whole:
        return None
    near = rows[0][1] + rows[1][1]
    shown = masked_column([count for _, count in rows])
    column = PageColumn(say("report.head.households"), "count")
    table = PageTable(
        say("report.sites.distance_table"),
        (PageColumn(say("report.head.distance")), column),
        (
            *((label, n) for (label, _), n in zip(rows, shown, strict=False)),
            (say("report.head.total"), shown[-1]),
        ),
        has_total=True,
    )
    unknown = max(counts[-1], 0)
    if unknown == whole:
        title = say("report.sites.distance_table")
    else:
        share = percent_text(share_ppm(near, whole - unknown))
        key = "distance_title_known" if unknown else "distance_title"
        title = say(f"report.sites.{key}", share=share, km=10, unknown=few(unknown))
    bars = tuple(Bar(label, n) for (label, _), n in zip(rows, bar_values(shown), strict=False))
    chart = Bars(bars, say("report.head.distance"), column)
    source = "synthetic" if is_synthetic(basis.frame("site")) else mark
    return Figure(title, source, chart, table, key="distance")
