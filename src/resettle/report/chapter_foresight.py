"""What the next years may bring: homes outgrown by county and year, and what the answer hangs on.

Everything here is about counts of households. No person's chance of dying, marrying or having a child is
printed anywhere; a share of draws is called a scenario unless the rates passed their test on two rosters.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import polars as pl

from resettle.report.basis import Basis, mark_of, not_computed, summed
from resettle.report.masking import small_count
from resettle.report.remedy_tables import clause_text, name_of, period_text
from resettle.report.sentences import say
from resettle.tables.page_text import area_text, grouped, percent_text, same
from resettle.tables.pages import (
    Bar,
    Bars,
    Block,
    Cell,
    Chapter,
    Figure,
    Hidden,
    Interval,
    Intervals,
    Mark,
    PageColumn,
    PageTable,
    Paragraph,
    Text,
)
from resettle.units import share_ppm

ORDER = 71
_NEEDED = ("county_code", "year", "household_count", "outgrown_expected")


def foresight(basis: Basis) -> Chapter:
    """The chapter: crowding by year and county, one family's story, and the assumptions it hangs on."""
    frame = basis.frame("projection_county", *_NEEDED)
    if frame is None:
        return not_computed("foresight", ORDER, "projection_county")
    last = int(frame.get_column("year").max())  # type: ignore[arg-type]
    final = frame.filter(pl.col("year") == last)
    mark = mark_of(basis.frame("household"), basis.frame("person"))
    households = summed(final, "household_count") or 0
    outgrown = round(float(final.get_column("outgrown_expected").sum()))
    share = percent_text(share_ppm(outgrown, households)) if households else say("common.unknown")
    counts = {"count": grouped(outgrown), "households": grouped(households)}
    lead = say("report.foresight.lead", years=last, share=share, kinds=basis.kinds_read, **counts)
    spread = _spread(basis, last)
    blocks: list[Block] = [Paragraph(lead if spread is None else _joined(lead, spread))]
    blocks.append(Paragraph(say(f"report.foresight.{_shown(frame)}"), "notice"))
    blocks.append(_by_county(basis, frame, last, mark))
    if basis.frame("obstacle") is not None or basis.frame("reform") is not None:
        blocks.append(Paragraph(say("report.foresight.three_measures"), "note"))
    unknown = summed(final, "unknown_birth_count")
    if unknown:
        blocks.append(Paragraph(say("report.foresight.unknown_birth", persons=unknown), "note"))
    blocks += _story(basis)
    hangs_on = _sensitivity(basis, last, mark)
    if hangs_on is not None:
        blocks.append(hangs_on)
    blocks += _rates(basis)
    return Chapter("foresight", say("report.foresight.title"), tuple(blocks), order=ORDER)


def _joined(first: Text, second: Text) -> Text:
    return Text(first.zh + second.zh, f"{first.en} {second.en}")


def _shown(frame: pl.DataFrame) -> str:
    """``probability`` only if every row passed the test on two rosters."""
    if "shown_as" not in frame.columns:
        return "scenario"
    return (
        "probability" if frame.get_column("shown_as").eq("probability").fill_null(False).all() else "scenario"
    )


def _variants(basis: Basis, year: int) -> pl.DataFrame | None:
    """One row per assumption changed, the default first, at one year."""
    frame = basis.frame("projection_sensitivity", "variant", "year", "outgrown_expected")
    if frame is None:
        return None
    frame = frame.filter((pl.col("year") == year) & pl.col("outgrown_expected").is_not_null())
    first = (pl.col("variant") != "default").alias("_rest")
    return frame.with_columns(first).sort("_rest", "variant") if frame.height > 1 else None


def _spread(basis: Basis, year: int) -> Text | None:
    """Lowest and highest count over the assumptions: what the scenario can be moved by."""
    frame = _variants(basis, year)
    if frame is None:
        return None
    values = [round(v) for v in frame.get_column("outgrown_expected").to_list()]
    return say("report.foresight.spread", low=grouped(min(values)), high=grouped(max(values)))


def _by_county(basis: Basis, frame: pl.DataFrame, last: int, mark: Mark) -> Figure:
    """Share of each county's households at the last year as a band, the counts of every year behind it."""
    rows = frame.filter(pl.col("year") == last).to_dicts()
    rows.sort(key=lambda r: (-_middle(r), r["county_code"] or ""))
    bands = tuple(
        Interval(
            basis.region_name(r["county_code"]),
            _share(r, "outgrown_low") if r.get("outgrown_low") is not None else None,
            _share(r, "outgrown_high") if r.get("outgrown_high") is not None else None,
        )
        for r in rows
    )
    years = sorted(frame.get_column("year").unique().to_list())
    by_place = {(c, y): v for c, y, v in frame.select("county_code", "year", "outgrown_expected").iter_rows()}
    columns = (
        PageColumn(say("report.head.county")),
        PageColumn(say("report.head.households"), "count"),
        *(PageColumn(say("report.foresight.year", year=year), "count") for year in years),
        PageColumn(say("report.foresight.share_head", year=last), "share", decimals=1),
        PageColumn(say("report.foresight.low_head"), "share", decimals=1),
        PageColumn(say("report.foresight.high_head"), "share", decimals=1),
    )
    cells: list[tuple[Cell, ...]] = []
    for r in rows:
        counts: list[Cell] = []
        for year in years:
            value = by_place.get((r["county_code"], year))
            counts.append(None if value is None else small_count(round(value)))
        ends = [
            _share(r, end) if r.get(end) is not None else None for end in ("outgrown_low", "outgrown_high")
        ]
        shares = [None, None, None] if isinstance(counts[-1], Hidden) else [_middle(r), *ends]
        cells.append((basis.region_name(r["county_code"]), r["household_count"], *counts, *shares))
    kind = say(f"report.foresight.kind.{_shown(frame)}")
    table = PageTable(say("report.foresight.county_table", kind=kind), columns, tuple(cells))
    title = _county_title(basis, rows, last, kind)
    chart = Intervals(
        bands,
        say("report.head.county"),
        PageColumn(say("report.foresight.share_value"), "share", decimals=1),
        say("report.foresight.low"),
        say("report.foresight.high"),
    )
    note = say("report.foresight.range_note", year=last)
    return Figure(title, mark, chart, table, note=note, key="outgrown")


def _middle(row: Mapping[str, Any]) -> int:
    """The expected share, from the count as it is printed: what a reader divides is what a reader finds."""
    return share_ppm(round(row["outgrown_expected"]), row["household_count"]) or 0


def _county_title(basis: Basis, rows: list[dict[str, Any]], last: int, kind: Text) -> Text:
    """The county with the highest share; where ranges of others overlap its own, that the order is not certain."""
    top = rows[0]
    values = {
        "kind": kind,
        "years": last,
        "county": basis.region_name(top["county_code"]),
        "share": percent_text(_middle(top)),
    }
    if top.get("outgrown_low") is None:
        return say("report.foresight.county_title", **values)
    least = _share(top, "outgrown_low")
    others = sum(r.get("outgrown_high") is not None and _share(r, "outgrown_high") >= least for r in rows[1:])
    return say(f"report.foresight.county_title{'_unsure' if others else ''}", others=others, **values)


def _share(row: Mapping[str, Any], column: str, otherwise: int = 0) -> int:
    value, whole = row.get(column), row["household_count"]
    return otherwise if value is None or not whole else round(1_000_000 * max(float(value), 0.0) / whole)


def _story(basis: Basis) -> list[Block]:
    """One family in draws out of a hundred, if the run projected it and a programme names it."""
    frame = basis.frame(
        "projection_household", "household_id", "year", "outgrown_ppm", "seats", "size_expected"
    )
    if basis.story is None or frame is None:
        return []
    place, household_id = basis.story
    mine = frame.filter(pl.col("household_id") == household_id).sort("year")
    if mine.is_empty():
        return []
    row = mine.row(-1, named=True)
    if row["outgrown_ppm"] is None or row["seats"] is None:
        return []
    sizes = [
        (int(c.split("_")[1]), row[c])
        for c in mine.columns
        if c.startswith("size_") and c.endswith("_ppm") and row[c]
    ]
    spread = _sizes_text(sizes)
    said = say(
        "report.foresight.story",
        place=place,
        now=row.get("size_now"),
        seats=row["seats"],
        years=row["year"],
        outgrown=round(row["outgrown_ppm"] / 10_000),
        home=_home(basis, household_id),
        **_chance(row["outgrown_ppm"], row.get("draw_count")),
        expected=grouped(row["size_expected"], 1),
        draws=row.get("draw_count"),
    )
    head = Paragraph(say("report.foresight.story_head", place=place), "head")
    blocks: list[Block] = [head, Paragraph(said if spread is None else _joined(said, spread))]
    blocks.append(Paragraph(say("report.foresight.story_note"), "note"))
    ways = _ways(basis, place, household_id)
    if ways is not None:
        blocks += [Paragraph(say("report.foresight.story_ways")), ways]
    return blocks


def _home(basis: Basis, household_id: str) -> Text:
    """The home the rules give this household, if they give one."""
    frame = basis.frame("entitlement", "household_id", "dwelling_size_dm2")
    found = [] if frame is None else frame.filter(pl.col("household_id") == household_id).to_dicts()
    area = found[0]["dwelling_size_dm2"] if found else None
    if not area:
        return say("report.foresight.story_no_home")
    return say("report.foresight.story_home", area=area_text(area))


def _chance(ppm: int, draws: int | None) -> dict[str, int | None]:
    """The 95% interval of a share of draws, of every hundred (Wilson 1927): what chance alone can do.

    >>> _chance(440_000, 200)
    {'low': 37, 'high': 51}
    """
    if not draws:
        return {"low": None, "high": None}
    z, p = 1.96, ppm / 1_000_000
    middle = (p + z * z / (2 * draws)) / (1 + z * z / draws)
    half = z / (1 + z * z / draws) * math.sqrt(p * (1 - p) / draws + z * z / (4 * draws * draws))
    return {"low": round(100 * (middle - half)), "high": round(100 * (middle + half))}


ROOM = ("grown_child", "may_outgrow", "need_above_cap", "small_household")


def _ways(basis: Basis, place: Text, household_id: str) -> PageTable | None:
    """The remedies of this family for want of room, with both prices, the delay and the clause."""
    frame = basis.frame(
        "remedy",
        "household_id",
        "obstacle",
        "remedy",
        "household_cost_minor",
        "county_cost_minor",
        "clause_state",
        "clause_place",
    )
    if frame is None:
        return None
    mine = frame.filter((pl.col("household_id") == household_id) & pl.col("obstacle").is_in(ROOM))
    rows = (
        mine.unique("remedy", keep="first", maintain_order=True).sort("needs_decision", "remedy").to_dicts()
    )
    if not rows:
        return None
    columns = (
        PageColumn(say("report.obstacles.remedy")),
        PageColumn(say("report.obstacles.clause")),
        PageColumn(say("report.obstacles.household_pays"), "money_exact", basis.currency),
        PageColumn(say("report.obstacles.county_pays"), "money_exact", basis.currency),
        PageColumn(say("report.obstacles.period_head")),
        PageColumn(say("report.obstacles.delay"), "count"),
    )
    cells: list[tuple[Cell, ...]] = [
        (
            name_of(basis, "remedy", r["remedy"]),
            clause_text(basis, r["clause_state"], r["clause_place"]),
            r["household_cost_minor"],
            r["county_cost_minor"],
            period_text(r.get("period")),
            r["delay_months"],
        )
        for r in rows
    ]
    return PageTable(say("report.foresight.story_way_table", place=place), columns, tuple(cells))


def _sizes_text(sizes: list[tuple[int, int]]) -> Text | None:
    if not sizes:
        return None
    parts = [
        say("report.foresight.story_size", size=n, times=round(ppm / 10_000)) for n, ppm in sorted(sizes)
    ]
    listed = Text("、".join(p.zh for p in parts), ", ".join(p.en for p in parts))
    return say("report.foresight.story_sizes", sizes=listed)


def _sensitivity(basis: Basis, year: int, mark: Mark) -> Figure | None:
    """The count under each changed assumption; the one that moves it most in the title."""
    frame = _variants(basis, year)
    if frame is None or not {"label_zh", "label_en"} <= set(frame.columns):
        return None
    rows = frame.to_dicts()
    default = next((r for r in rows if r["variant"] == "default"), None)
    if default is None:
        return None
    base = default["outgrown_expected"]
    changed = sorted(
        (r for r in rows if r is not default),
        key=lambda r: (-abs(r["outgrown_expected"] - base), r["variant"]),
    )
    names = {r["variant"]: Text(r["label_zh"] or r["variant"], r["label_en"] or r["variant"]) for r in rows}
    ordered = [default, *changed]
    value = PageColumn(say("report.foresight.count_value"), "count")
    bars = Bars(
        tuple(Bar(names[r["variant"]], round(r["outgrown_expected"])) for r in ordered),
        say("report.head.assumption"),
        value,
    )
    columns = (
        PageColumn(say("report.head.assumption")),
        value,
        PageColumn(say("report.foresight.change"), "count"),
        PageColumn(say("report.foresight.persons_value"), "count"),
    )
    cells: list[tuple[Cell, ...]] = [
        (
            names[r["variant"]],
            round(r["outgrown_expected"]),
            round(r["outgrown_expected"] - base),
            None if r.get("person_expected") is None else round(r["person_expected"]),
        )
        for r in ordered
    ]
    is_off = any(
        isinstance(row[2], int) and row[1] != cells[0][1] + row[2]  # type: ignore[operator]
        for row in cells
    )
    note = say("report.foresight.change_note") if is_off else None
    table = PageTable(say("report.foresight.sensitivity_table", years=year), columns, tuple(cells), note=note)
    most = changed[0]
    title = say(
        "report.foresight.sensitivity_title",
        label=names[most["variant"]],
        before=grouped(round(base)),
        after=grouped(round(most["outgrown_expected"])),
    )
    return Figure(title, mark, bars, table, key="outgrown_sensitivity")


def _rates(basis: Basis) -> list[Block]:
    frame = basis.frame("projection_rate", "is_assumption")
    if frame is None:
        return []
    assumed = frame.filter(pl.col("is_assumption").fill_null(True)).height
    key = "rates_assumed" if assumed == frame.height else "rates"
    return [Paragraph(say(f"report.foresight.{key}", rates=same(str(frame.height)), assumed=assumed), "note")]
