"""What households are paid by the rules of a pack that compensates: each part, and all of it."""

from __future__ import annotations

import polars as pl

from resettle.report.basis import Basis, mark_of
from resettle.report.masking import small_count
from resettle.report.sentences import say
from resettle.tables.page_text import money_text
from resettle.tables.pages import Block, Cell, Hidden, PageColumn, PageTable, Paragraph, Text


def compensation(basis: Basis) -> list[Block]:
    """A sentence and a table of the parts, the largest first; nothing where the pack pays none.

    A part that few households get is printed without its amount; of households whose sum is unknown it is said
    how many there are.
    """
    if not basis.compensation:
        return []
    total, *parts = basis.compensation
    frame = basis.frame("entitlement", total[1])
    if frame is None:
        return []
    rows = [_row(frame, title, column) for title, column in parts if column in frame.columns]
    rows.sort(key=lambda row: (-row[2], row[0].en))
    whole = _row(frame, *total)
    unknown = frame[total[1]].null_count()
    cells = [_cells(*row) for row in (*rows, whole) if row[1] or row is whole]
    columns = (
        PageColumn(say("report.compensation.part")),
        PageColumn(say("report.head.households"), "count"),
        PageColumn(say("report.compensation.amount"), "money_exact", basis.currency),
    )
    values = {"households": whole[1], "total": money_text(whole[2], basis.currency), "unknown": unknown}
    lead = "lead" if not unknown else "lead_unknown"
    return [
        Paragraph(say("report.compensation.head"), "head"),
        Paragraph(say(f"report.compensation.{lead}", **values)),
        PageTable(
            say("report.compensation.table"),
            columns,
            tuple(cells),
            note=say("report.compensation.note") if unknown else None,
            has_total=True,
            mark=mark_of(basis.frame("household")),
        ),
    ]


def _row(frame: pl.DataFrame, title: Text, column: str) -> tuple[Text, int, int]:
    paid = frame.filter(pl.col(column) > 0)[column]
    return title, paid.len(), int(paid.sum())


def _cells(title: Text, households: int, minor: int) -> tuple[Cell, ...]:
    count = small_count(households)
    return title, count, Hidden(False) if isinstance(count, Hidden) else minor
