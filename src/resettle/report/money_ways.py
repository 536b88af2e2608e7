"""Ways of the money: cash against the works by month, from level to level, where it stands, and what to ask about."""

from __future__ import annotations

import polars as pl

from resettle.report.basis import Basis, mark_of
from resettle.report.sentences import say, word_of
from resettle.tables.money import FUND_LEVELS
from resettle.tables.page_text import date_text, money_column, money_text, month_text
from resettle.tables.pages import Block, Cell, PageColumn, PageTable, Paragraph, Text


def first_short_months(basis: Basis) -> list[Block]:
    """The first month in which a county has less cash than its works need so far."""
    frame = basis.frame("fund_shortfall", "county_code", "month", "need_minor", "cash_minor")
    heading = Paragraph(say("report.money.short_head"), "head")
    if frame is None:
        return [heading, Paragraph(say("report.money.short_missing"), "missing")]
    short = frame.filter(pl.col("need_minor") > pl.col("cash_minor")).sort("month", "county_code")
    first = short.unique("county_code", keep="first", maintain_order=True)
    judged = frame.drop_nulls("cash_minor").get_column("county_code").n_unique()
    unknown = _cash_unknown(basis, frame)
    if first.is_empty():
        none = [Paragraph(say("report.money.short_none", counties=judged))] if judged else []
        return [heading, *none, *unknown]
    rows = first.to_dicts()
    largest = max(max(r["need_minor"], r["cash_minor"]) for r in rows)
    columns = (
        PageColumn(say("report.head.county")),
        PageColumn(say("report.head.month")),
        money_column(say("report.head.need_so_far"), basis.currency, largest),
        money_column(say("report.head.cash_so_far"), basis.currency, largest),
        money_column(say("report.head.missing"), basis.currency, largest),
    )
    cells: list[tuple[Cell, ...]] = [
        (
            basis.region_name(r["county_code"]),
            month_text(r["month"]),
            r["need_minor"],
            r["cash_minor"],
            r["need_minor"] - r["cash_minor"],
        )
        for r in rows
    ]
    told = say(
        "report.money.short_title",
        count=len(rows),
        whole=judged,
        county=basis.region_name(rows[0]["county_code"]),
        month=month_text(rows[0]["month"]),
        missing=money_text(rows[0]["need_minor"] - rows[0]["cash_minor"], basis.currency),
    )
    table = PageTable(
        say("report.money.short_table"), columns, tuple(cells), mark=mark_of(basis.frame("fund"), frame)
    )
    return [heading, Paragraph(told, "notice"), table, *unknown]


def _cash_unknown(basis: Basis, frame: pl.DataFrame) -> list[Block]:
    """Counties whose cash is not recorded, from which month: not short, and not enough either."""
    open_ = frame.filter(pl.col("cash_minor").is_null())
    first = open_.group_by("county_code").agg(pl.col("month").min()).sort("county_code")
    if first.is_empty():
        return []
    named = [(basis.region_name(county), month_text(month)) for county, month in first.iter_rows()]
    listed = Text(
        "、".join(f"{county.zh}（{month.zh}起）" for county, month in named),
        ", ".join(f"{county.en} (from {month.en})" for county, month in named),
    )
    return [Paragraph(say("report.money.short_unknown", counties=listed), "missing")]


def ways_of_money(basis: Basis) -> list[Block]:
    """What to ask about, then the way from level to level, then where money stands."""
    return [*_flows(basis), *_passages(basis), *_desks(basis)]


def _flows(basis: Basis) -> list[Block]:
    """Payments that went another way than recorded: counts and sums by kind, no names.

    Without any record of payments nothing can be said, which is not the same as nothing found.
    """
    heading = Paragraph(say("report.money.flow_head"), "head")
    paid = basis.frame("payment")
    frame = basis.frame("fund_flow_finding", "kind", "amount_minor")
    if frame is None:
        if paid is None:
            return [heading, Paragraph(say("report.money.flow_unknown"), "missing")]
        return [heading, Paragraph(say("report.money.flow_none", count=paid.height))]
    groups = (
        frame.group_by("kind").agg(pl.len().alias("n"), pl.col("amount_minor").sum().alias("a")).sort("kind")
    )
    rows = groups.to_dicts()
    columns = (
        PageColumn(say("report.head.flow_kind")),
        PageColumn(say("report.head.payments"), "count"),
        money_column(say("report.head.amount"), basis.currency, max(r["a"] or 0 for r in rows)),
    )
    cells: tuple[tuple[Cell, ...], ...] = tuple(
        (word_of("value.kind", r["kind"]), r["n"], r["a"]) for r in rows
    )
    key = "flow_text" if paid is None else "flow_text_of"
    checked = say(f"report.money.{key}", count=frame.height, whole=0 if paid is None else paid.height)
    table = PageTable(say("report.money.flow_table"), columns, cells, mark=mark_of(frame))
    return [heading, Paragraph(checked, "notice"), table]


def _passages(basis: Basis) -> list[Block]:
    """Sent, confirmed, short and not confirmed between each two levels, from the top down."""
    frame = basis.frame("fund_passage", "from_level", "to_level", "payments", "sent_minor", "confirmed_minor")
    if frame is None:
        return []
    rank = {level: at for at, level in enumerate((*FUND_LEVELS, "unknown"))}
    rows = sorted(frame.to_dicts(), key=lambda r: (rank[r["from_level"]], rank[r["to_level"]]))
    largest = max(r["sent_minor"] for r in rows)
    columns = (
        PageColumn(say("report.head.from_level")),
        PageColumn(say("report.head.to_level")),
        PageColumn(say("report.head.payments"), "count"),
        *(
            money_column(say(f"report.head.{name}"), basis.currency, largest)
            for name in ("sent", "confirmed", "short_of_sent", "unconfirmed")
        ),
        PageColumn(say("report.head.longest_days"), "count"),
    )
    cells: tuple[tuple[Cell, ...], ...] = tuple(
        (
            word_of("value.from_level", r["from_level"]),
            word_of("value.to_level", r["to_level"]),
            r["payments"],
            r["sent_minor"],
            r["confirmed_minor"],
            r["short_minor"],
            r["unconfirmed_minor"],
            say("common.unknown") if r["longest_days"] is None else r["longest_days"],
        )
        for r in rows
    )
    return [PageTable(say("report.money.passage_table"), columns, cells, mark=mark_of(frame))]


def _desks(basis: Basis) -> list[Block]:
    """Where money has arrived and not gone on; a desk without recorded arrivals is said to be unknown."""
    frame = basis.frame("fund_desk", "level", "code", "received_minor", "sent_on_minor", "standing_minor")
    if frame is None:
        return []
    rows = frame.to_dicts()
    largest = max(
        max(abs(r["standing_minor"] or 0), r["sent_on_minor"] or 0, r["received_minor"] or 0) for r in rows
    )
    columns = (
        PageColumn(say("report.head.desk")),
        *(
            money_column(say(f"report.head.{name}"), basis.currency, largest)
            for name in ("confirmed", "unconfirmed", "sent_on", "standing")
        ),
        PageColumn(say("report.head.last_arrival")),
    )
    unknown = say("common.unknown")
    cells: tuple[tuple[Cell, ...], ...] = tuple(
        (
            basis.region_name(r["code"]),
            unknown if r["received_minor"] is None else r["received_minor"],
            r["unconfirmed_minor"],
            unknown if r["sent_on_minor"] is None else r["sent_on_minor"],
            unknown if r["standing_minor"] is None else r["standing_minor"],
            unknown if r["last_received_date"] is None else date_text(r["last_received_date"]),
        )
        for r in rows
    )
    over = any((r["standing_minor"] or 0) < 0 for r in rows)
    note = [Paragraph(say("report.money.desk_over"), "note")] if over else []
    return [PageTable(say("report.money.desk_table"), columns, cells, mark=mark_of(frame)), *note]
