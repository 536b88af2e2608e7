"""Dwelling sizes, what one more person does to them, and the need above the ceiling."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from resettle.report.basis import Basis, mark_of, not_computed
from resettle.report.masking import THRESHOLD, masked_column
from resettle.report.sentences import say
from resettle.tables.page_text import area_column, area_text, count_text
from resettle.tables.pages import (
    Bar,
    Bars,
    BeforeAfter,
    Block,
    Cell,
    Chapter,
    Figure,
    FigureRow,
    Hidden,
    Mark,
    PageColumn,
    PageTable,
    Pair,
    Paragraph,
    Text,
)
from resettle.units import divide_half_up


def homes_of(basis: Basis) -> pl.DataFrame | None:
    """Households that get a home from the programme: persons and dwelling size known or unknown."""
    movers = basis.movers()
    if movers is None:
        return None
    placed = basis.frame("household_site", "household_id", "dwelling_size_dm2")
    if placed is not None and "dwelling_size_dm2" not in movers.columns:
        movers = movers.join(
            placed.select("household_id", "dwelling_size_dm2").unique("household_id", keep="first"),
            on="household_id",
            how="left",
        )
    if "dwelling_size_dm2" not in movers.columns:
        return None
    return movers.filter(pl.col("mover_class") != "co_mover")


def homes(basis: Basis) -> Chapter:
    """The chapter: the mix of homes, crowding when one more joins, need above the ceiling."""
    frame = homes_of(basis)
    if frame is None:
        return not_computed("homes", 40, "household, entitlement")
    known = frame.filter(pl.col("dwelling_size_dm2").is_not_null() & (pl.col("persons") > 0))
    if known.is_empty():
        return not_computed("homes", 40, "household, entitlement")
    mark = mark_of(basis.frame("household"))
    cap = basis.area_cap_dm2
    lead = say("report.homes.lead", cap=area_text(cap)) if cap else say("report.homes.lead_plain")
    blocks: list[Block] = [Paragraph(lead), FigureRow(_mix(known, mark), _crowding(basis, known, mark))]
    lost = frame.height - known.height
    if lost:
        blocks.append(Paragraph(say("report.homes.unknown_size", households=lost), "note"))
    blocks += _need(frame, mark)
    return Chapter("homes", say("report.homes.title"), tuple(blocks), order=40)


def _mix(known: pl.DataFrame, mark: Mark) -> Figure:
    """Households by dwelling size."""
    groups = known.group_by("dwelling_size_dm2").agg(pl.len().alias("n")).sort("dwelling_size_dm2")
    rows = groups.to_dicts()
    most = max(rows, key=lambda r: (r["n"], -r["dwelling_size_dm2"]))
    column = PageColumn(say("report.head.households"), "count")
    shown = masked_column([r["n"] for r in rows])
    bars = tuple(
        Bar(area_text(r["dwelling_size_dm2"]), n) for r, n in zip(rows, bar_values(shown), strict=False)
    )
    table = PageTable(
        say("report.homes.mix_table"),
        (PageColumn(say("report.head.size")), column),
        (
            *((area_text(r["dwelling_size_dm2"]), n) for r, n in zip(rows, shown, strict=False)),
            (say("report.head.total"), shown[-1]),
        ),
        has_total=True,
    )
    title = say(
        "report.homes.mix_title_size", area=area_text(most["dwelling_size_dm2"]), households=most["n"]
    )
    return Figure(title, mark, Bars(bars, say("report.head.size"), column), table, key="dwelling_mix")


def _size_word(persons: int) -> Text:
    return say("report.homes.persons_word", count=persons)


def _crowding(basis: Basis, known: pl.DataFrame, mark: Mark) -> Figure:
    """Area per person, by household size: the most usual home of that size, now and with one more."""
    usual = (
        known.filter(pl.col("persons") <= 8)
        .group_by("persons", "dwelling_size_dm2")
        .len()
        .sort(["persons", "len", "dwelling_size_dm2"], descending=[False, True, False])
        .unique("persons", keep="first", maintain_order=True)
        .sort("persons")
    )
    pairs: list[tuple[int, int, int]] = []
    for persons, size, _ in usual.iter_rows():
        pairs.append((persons, divide_half_up(size, persons), divide_half_up(size, persons + 1)))
    limit = basis.crowding_threshold_dm2
    low = [p for p, _, after in pairs if limit is not None and after < limit]
    least = min(after for _, _, after in pairs)
    named = low or [p for p, _, after in pairs if after == least]
    listed = Text("、".join(map(str, named)), ", ".join(map(str, named)))
    key = "report.homes.crowd_title" if low else "report.homes.crowd_title_none"
    column = area_column(say("report.head.per_head"), 1)
    chart = BeforeAfter(
        tuple(Pair(_size_word(p), before, after) for p, before, after in pairs),
        say("report.head.household_size"),
        column,
        say("report.homes.before"),
        say("report.homes.after"),
        limit,
        say("report.homes.threshold", area=area_text(limit)) if limit is not None else None,
    )
    table = PageTable(
        say("report.homes.crowd_table"),
        (
            PageColumn(say("report.head.household_size"), "count"),
            area_column(say("report.head.before"), 1),
            area_column(say("report.head.after"), 1),
        ),
        tuple((p, before, after) for p, before, after in pairs),
    )
    said = [] if limit is None else [say("report.homes.threshold_note", area=area_text(limit))]
    cap = basis.area_cap_dm2
    capped = [p for p, before, _ in pairs if cap is not None and before < cap]
    if capped:
        sizes = Text("、".join(map(str, capped)), ", ".join(map(str, capped)))
        largest = area_text(int(known.get_column("dwelling_size_dm2").max()))  # type: ignore[arg-type]
        said.append(say("report.homes.capped_note", sizes=sizes, area=largest, cap=area_text(cap)))
    note = Text("".join(t.zh for t in said), " ".join(t.en for t in said)) if said else None
    return Figure(say(key, sizes=listed), "computed", chart, table, note=note, key="crowding")


def _need(frame: pl.DataFrame, mark: Mark) -> list[Block]:
    """What households say they need above the ceiling: reported, never granted."""
    if "area_short_dm2" not in frame.columns:
        return []
    if frame.get_column("area_short_dm2").null_count() * 2 > frame.height:
        return [Paragraph(say("report.homes.need_unknown"), "missing")]
    short = frame.filter(pl.col("area_short_dm2") > 0)
    if short.is_empty():
        return []
    area = int(short.get_column("area_short_dm2").sum())
    groups = _merged(short)
    count = PageColumn(say("report.head.households"), "count")
    bars = Bars(
        tuple(Bar(label, n, area_text(a)) for label, n, a in groups),
        say("report.head.household_size"),
        count,
        say("report.homes.need_value"),
    )
    table = PageTable(
        say("report.homes.need_table"),
        (
            PageColumn(say("report.head.household_size")),
            count,
            area_column(say("report.homes.need_value")),
        ),
        tuple((label, n, a) for label, n, a in groups),
    )
    if not groups:
        return [Paragraph(say("report.homes.need_few"))]
    text = say("report.homes.need_text", households=short.height, area=area_text(area))
    title = say("report.homes.need_title", households=short.height)
    return [Paragraph(text), Figure(title, mark, bars, table, key="need_above_ceiling")]


def _merged(short: pl.DataFrame) -> list[tuple[Text, int, int]]:
    """Households and area short by household size, neighbouring sizes joined until none holds under five.

    Unknown sizes are a row of their own, left out where they are too few to be published.
    """
    rows = (
        short.filter(pl.col("persons").is_not_null())
        .group_by("persons")
        .agg(pl.len().alias("n"), pl.col("area_short_dm2").sum().alias("a"))
        .sort("persons")
        .rows()
    )
    groups: list[tuple[int, int, int, int]] = []
    for persons, n, a in rows:
        if groups and groups[-1][2] < THRESHOLD:
            low, _, m, b = groups.pop()
            groups.append((low, persons, m + n, b + a))
        else:
            groups.append((persons, persons, n, a))
    if len(groups) > 1 and groups[-1][2] < THRESHOLD:
        _, high, n, a = groups.pop()
        low, _, m, b = groups.pop()
        groups.append((low, high, m + n, b + a))
    return [
        (_size_word(low) if low == high else say("report.homes.persons_range", low=low, high=high), n, a)
        for low, high, n, a in groups
        if n >= THRESHOLD
    ]


def bar_values(cells: Sequence[Cell]) -> list[int | Hidden | None]:
    """Counts and hidden counts as bars take them."""
    return [c if isinstance(c, (int, Hidden)) else None for c in cells]


def floor_area_text(basis: Basis) -> tuple[Text, Text] | None:
    """The floor area of all homes decided, as a number and its unit; ``None`` where unknown."""
    frame = homes_of(basis)
    if frame is None:
        return None
    total = frame.get_column("dwelling_size_dm2").sum()
    if not total:
        return None
    square = int(total) / 100
    if square < 10_000:
        return count_text(round(square)), Text("平方米", "m²")
    return Text(f"{square / 10_000:,.1f}", f"{square / 1000:,.0f}"), say("report.unit.million_m2")
