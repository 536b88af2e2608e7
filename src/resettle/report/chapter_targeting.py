"""Who is on the list by which yardstick, who is left out, and what one yuan above the line loses."""

from __future__ import annotations

from typing import Any

import polars as pl

from resettle.report.basis import Basis, mark_of, not_computed, summed
from resettle.report.masking import masked, masked_column, small_count
from resettle.report.sentences import say
from resettle.tables.page_text import grouped, money_text, same
from resettle.tables.pages import Block, Cell, Chapter, Mark, PageColumn, PageTable, Paragraph, Text
from resettle.words import sentences

ORDER = 73
AGREEMENT = ("both", "income_only", "multidimensional_only", "neither", "unknown")
CRITERIA = ("income", "multidimensional", "audit")
ERRORS = ("exclusion_error", "inclusion_error")
Row = dict[str, Any]


def targeting(basis: Basis) -> Chapter:
    """The chapter: two yardsticks side by side, errors, what is not computed, the cliff at the line."""
    frame = basis.frame("targeting_household", "household_id", "agreement", "is_registered")
    if frame is None:
        return not_computed("targeting", ORDER, "targeting_household")
    mark = mark_of(basis.frame("household"), basis.frame("person"))
    blocks: list[Block] = [*_line(basis, frame), *_agreement(basis, frame, mark)]
    listed = frame.get_column("is_registered")
    if listed.any():
        blocks += [*_one_county(basis, frame), *_errors(basis, mark), *_exclusion(basis, mark)]
    elif (
        listed.null_count()
    ):  # nobody known to be listed, and not known of all: no list, or its rows are lost
        text = say("report.targeting.list_unknown", households=small_said(listed.null_count()))
        blocks.append(Paragraph(text, "missing"))
    else:  # a programme that goes by who is affected has no list to be left out of
        blocks.append(Paragraph(say("report.targeting.no_list"), "notice"))
    blocks += _cliff(basis, mark)
    blocks += _matches(basis)
    return Chapter("targeting", say("report.targeting.title"), tuple(blocks), order=ORDER)


def _agreement(basis: Basis, frame: pl.DataFrame, mark: Mark) -> list[Block]:
    """Households by what the two yardsticks say, registered or not."""
    splits: list[tuple[str, bool | None]] = [("registered", True), ("not_registered", False)]
    if frame.get_column("is_registered").null_count():
        splits.append(("unknown", None))
    kinds = [k for k in AGREEMENT if (frame.get_column("agreement") == k).any()]
    grid = [
        [
            frame.filter((pl.col("agreement") == k) & pl.col("is_registered").eq_missing(v)).height
            for _, v in splits
        ]
        for k in kinds
    ]
    columns = (
        PageColumn(say("report.targeting.yardsticks")),
        *(PageColumn(say(f"report.targeting.{name}"), "count") for name, _ in splits),
        PageColumn(say("report.head.total"), "count"),
    )
    try:
        cells = masked(grid)
    except ValueError:
        return [Paragraph(say("report.people.withheld_table"), "missing")]
    rows: list[tuple[Cell, ...]] = [
        (say(f"report.targeting.{kind}"), *line)
        for kind, line in zip(kinds, cells[: len(kinds)], strict=True)
    ]
    rows.append((say("report.head.total"), *cells[-1]))
    counts = {k: frame.filter(pl.col("agreement") == k).height for k in AGREEMENT}
    said = {k: small_said(n) for k, n in counts.items()}
    lead = say("report.targeting.lead", households=grouped(frame.height), kinds=basis.kinds_read, **said)
    title = say("report.targeting.agreement_table")
    dimensions = basis.titles.get("targeting.dimensions")
    named = [] if dimensions is None else [Paragraph(dimensions, "note")]
    return [Paragraph(lead), *named, PageTable(title, columns, tuple(rows), has_total=True, mark=mark)]


def _one_county(basis: Basis, frame: pl.DataFrame) -> list[Block]:
    """That one county alone lists households that are not registered: nowhere else can anybody be left out."""
    household = basis.frame("household", "household_id", "county_code")
    if household is None:
        return []
    both = frame.select("household_id", "is_registered").join(
        household.select("household_id", "county_code"), on="household_id"
    )
    wider = both.filter(~pl.col("is_registered"))["county_code"].drop_nulls().unique().to_list()
    others = both["county_code"].drop_nulls().n_unique() - 1
    if len(wider) != 1 or others < 1:
        return []
    said = say("report.targeting.one_county", county=basis.region_name(wider[0]), others=others)
    return [Paragraph(said, "note")]


def small_said(count: int) -> str:
    """A count in a sentence; a small one is not said.

    >>> small_said(0), small_said(3), small_said(1200)
    ('0', '<5', '1,200')
    """
    return "<5" if 0 < count < 5 else grouped(count)


def _errors(basis: Basis, mark: Mark) -> list[Block]:
    """Both errors per yardstick with their denominators; without an audit that is said."""
    frame = basis.frame("targeting_measure", "basis", "criterion", "group_by", "measure", "value", "count")
    if frame is None:
        return []
    whole = frame.filter((pl.col("group_by") == "all") & pl.col("measure").is_in(ERRORS))
    found = {(r["basis"], r["criterion"], r["measure"]): r for r in whole.to_dicts()}
    rows: list[tuple[Cell, ...]] = []
    for base in ("registry", "audit"):
        for criterion in CRITERIA:
            mine = [found.get((base, criterion, measure)) for measure in ERRORS]
            if not any(mine):
                continue
            row: list[Cell] = [say(f"report.targeting.criterion.{criterion}")]
            for r in mine:
                value = None if r is None or r["value"] is None else round(1_000_000 * r["value"])
                row += [_households(r, base), None if r is None else r["count"], value]
            rows.append(tuple(row))
    columns = (
        PageColumn(say("report.targeting.criterion_head")),
        PageColumn(say("report.targeting.left_out"), "count"),
        PageColumn(say("report.targeting.left_out_of"), "count"),
        PageColumn(say("report.targeting.left_out_share"), "share", decimals=1),
        PageColumn(say("report.targeting.let_in"), "count"),
        PageColumn(say("report.targeting.let_in_of"), "count"),
        PageColumn(say("report.targeting.let_in_share"), "share", decimals=1),
    )
    blocks: list[Block] = []
    if rows:
        blocks.append(PageTable(say("report.targeting.error_table"), columns, tuple(rows), mark=mark))
        blocks.append(Paragraph(say("report.targeting.error_note"), "note"))
    if not whole.filter(pl.col("basis") == "audit").height:
        blocks.append(Paragraph(say("report.targeting.no_audit"), "missing"))
    return blocks


def _households(row: Row | None, base: str) -> Cell:
    """Households behind an error of the whole registry; of a weighted sample there is no such count."""
    if row is None or row["value"] is None or base != "registry":
        return None
    return small_count(round(row["value"] * row["count"]))


def _exclusion(basis: Basis, mark: Mark) -> list[Block]:
    """Those left out, split into three causes; bounds where villages' places are not known."""
    parts = ("regional", "scale_low", "scale_high", "recognition_low", "recognition_high")
    needed = [f"{p}_count" for p in parts]
    frame = basis.frame("targeting_exclusion", "criterion", "eligible_count", "excluded_count", *needed)
    if frame is None:
        return []
    rows: list[tuple[Cell, ...]] = []
    for criterion in CRITERIA:
        mine = frame.filter(pl.col("criterion") == criterion)
        if mine.is_empty():
            continue
        sums = {c: summed(mine, c) for c in ("eligible_count", "excluded_count", *needed)}
        rows.append(
            (
                say(f"report.targeting.criterion.{criterion}"),
                sums["eligible_count"],
                small_count(sums["excluded_count"]),
                small_count(sums["regional_count"]),
                _range(sums["scale_low_count"], sums["scale_high_count"]),
                _range(sums["recognition_low_count"], sums["recognition_high_count"]),
            )
        )
    names = ("eligible", "excluded", "regional", "scale", "recognition")
    columns = (
        PageColumn(say("report.targeting.criterion_head")),
        *(PageColumn(say(f"report.targeting.{name}"), "count") for name in names),
    )
    blocks: list[Block] = [
        PageTable(
            say("report.targeting.exclusion_table"),
            columns,
            tuple(rows),
            mark=mark,
            note=say("report.targeting.exclusion_note"),
        )
    ]
    villages = basis.frame("targeting_village", "place_count")
    if villages is not None and villages.get_column("place_count").null_count() == villages.height:
        blocks.append(Paragraph(say("report.targeting.no_places"), "missing"))
    return blocks


def _range(low: int | None, high: int | None) -> Cell:
    if low is None or high is None:
        return None
    if low == high:
        return small_count(low)
    return same(f"{small_said(low)}–{small_said(high)}")


def _cliff(basis: Basis, mark: Mark) -> list[Block]:
    """What one yuan above the line loses, and how many stand within five per cent of it."""
    frame = basis.frame("targeting_cliff", "county_code", "just_below_count", "just_above_count")
    if frame is None:
        return []
    frame = frame.sort("county_code")
    blocks: list[Block] = [Paragraph(say("report.targeting.cliff_head"), "head")]
    losses = _known(frame, "cliff_median_minor")
    years = _known(frame, "cliff_years")
    counts = {"below": small_said(summed(frame, "just_below_count") or 0)}
    whole = basis.frame("targeting_household", "household_id")
    counts["households"] = grouped(whole.height) if whole is not None else "?"
    counts["above"] = small_said(summed(frame, "just_above_count") or 0)
    ends_there = any(losses) or not losses  # an unknown loss is not told as none
    if not ends_there:
        blocks.append(Paragraph(say("report.targeting.cliff_nothing", **counts)))
    elif losses and years:
        middle = sorted(losses)[len(losses) // 2]
        loss = money_text(int(middle), basis.currency)
        span = {"loss": loss, "years": grouped(sorted(years)[len(years) // 2], 0)}
        span["counties"] = grouped(frame.height)
        line = _line_near(basis)
        key = "cliff_lead" if line else "cliff_lead_short"
        lead = say(f"report.targeting.{key}", **span, **counts, **line)
        same_ones = _let_in_near(basis)
        blocks.append(
            Paragraph(
                lead if same_ones is None else Text(lead.zh + same_ones.zh, f"{lead.en} {same_ones.en}")
            )
        )
    columns = (
        PageColumn(say("report.head.county")),
        PageColumn(say("report.targeting.just_below"), "count"),
        PageColumn(say("report.targeting.just_above"), "count"),
        PageColumn(say("report.targeting.loss"), "money_exact", basis.currency),
    )
    below = masked_column(frame.get_column("just_below_count").fill_null(0).to_list())
    above = masked_column(frame.get_column("just_above_count").fill_null(0).to_list())
    loss_by = frame.get_column("cliff_median_minor").to_list() if losses else [None] * frame.height
    names = [basis.region_name(code) for code in frame.get_column("county_code").to_list()]
    rows: list[tuple[Cell, ...]] = list(zip(names, below[:-1], above[:-1], loss_by, strict=True))
    title = say("report.targeting.cliff_table")
    note = say("report.targeting.cliff_note") if ends_there else None
    last = len(columns) if ends_there else len(columns) - 1  # no column for what is lost where nothing is
    shown = tuple(row[:last] for row in rows)
    blocks.append(PageTable(title, columns[:last], shown, mark=mark, note=note))
    return blocks


def _near(basis: Basis) -> pl.DataFrame | None:
    """Households near the line, with whether they are registered and below it."""
    columns = ("is_near_line", "is_registered", "is_income_poor", "line_minor", "line_year")
    frame = basis.frame("targeting_household", *columns)
    return None if frame is None else frame.filter(pl.col("is_near_line").fill_null(False))


def _line_near(basis: Basis) -> dict[str, Any]:
    """The line of those near it, in money and year, if it is one; and how many above it are registered."""
    near = _near(basis)
    if near is None or near.is_empty():
        return {}
    lines = near.select("line_minor", "line_year").unique()
    if lines.height != 1 or lines.row(0)[0] is None:
        return {}
    above = near.filter(~pl.col("is_income_poor") & pl.col("is_registered").fill_null(False)).height
    minor, year = lines.row(0)
    return {"line": money_text(minor, basis.currency), "year": year, "listed": small_said(above)}


def _let_in_near(basis: Basis) -> Text | None:
    """That those let in by income are the registered ones just above the line, where that is so."""
    frame = basis.frame("targeting_household", "is_near_line", "is_registered", "is_income_poor")
    if frame is None:
        return None
    let_in = frame.filter(pl.col("is_registered").fill_null(False) & ~pl.col("is_income_poor"))
    if let_in.height < 5 or not let_in.get_column("is_near_line").fill_null(False).all():
        return None
    return say("report.targeting.cliff_let_in", let_in=grouped(let_in.height))


def _known(frame: pl.DataFrame, column: str) -> list[float]:
    return frame.get_column(column).drop_nulls().to_list() if column in frame.columns else []


def _line(basis: Basis, frame: pl.DataFrame) -> list[Block]:
    """Where the series of the line breaks, and how many incomes are of another kind than the line."""
    lines = basis.frame("targeting_line", "year", "is_break")
    if lines is None:
        return []
    broken = lines.filter(pl.col("is_break").fill_null(False)).sort("year").get_column("year").to_list()
    if not broken or "is_comparable" not in frame.columns:
        return []
    other = frame.filter(~pl.col("is_comparable")).height
    if not other:
        return []
    counts = {"count": small_said(other), "households": grouped(frame.height)}
    return [Paragraph(say("report.targeting.line_break", year=broken[0], **counts), "notice")]


def _matches(basis: Basis) -> list[Block]:
    """Matches with other lists are hints to be checked: counted by list, none decided here."""
    frame = basis.frame("targeting_match", "list", "household_id")
    if frame is None:
        return []
    counts = frame.group_by("list").len().sort("len", "list", descending=[True, False]).rows()
    columns = (PageColumn(say("report.targeting.list")), PageColumn(say("report.head.households"), "count"))
    rows: list[tuple[Cell, ...]] = []
    for (name, _), cell in zip(counts, masked_column([n for _, n in counts])[:-1], strict=True):
        key = f"report.targeting.match.{name}"
        rows.append((say(key) if key in sentences("zh") else same(name), cell))
    note = say("report.targeting.match_note")
    return [PageTable(say("report.targeting.match_table"), columns, tuple(rows), note=note)]
