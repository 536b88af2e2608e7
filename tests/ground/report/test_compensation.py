"""What households are paid: the parts of the pack's own sum, small counts hidden, unknown sums said."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from resettle.journey.pages import basis_of
from resettle.journey.run import Run
from resettle.report.basis import Basis
from resettle.report.chapter_targeting import targeting
from resettle.report.compensation import compensation
from resettle.tables.pages import Hidden, PageTable, Paragraph, Text

PARTS = (
    (Text("合计", "in all"), "cash_total_minor"),
    (Text("房", "house"), "house_minor"),
    (Text("树", "trees"), "trees_minor"),
)


def test_the_sum_counts_only_households_all_of_whose_parts_are_known() -> None:
    entitlement = pl.DataFrame(
        {
            "household_id": [str(i) for i in range(9)],
            "house_minor": [100] * 9,
            "trees_minor": [10, 10, None, 0, 0, 0, 0, 0, 0],
            "cash_total_minor": [110, 110, None, *[100] * 6],
        }
    )
    head, lead, table = compensation(Basis({"entitlement": entitlement}, compensation=PARTS))
    assert isinstance(head, Paragraph) and isinstance(lead, Paragraph) and isinstance(table, PageTable)
    assert "**8 households**" in lead.text.en and "for 1 more" in lead.text.en
    assert table.rows[0] == (PARTS[1][0], 9, 900) and table.rows[-1] == (PARTS[0][0], 8, 820)
    assert table.rows[1][1:] == (Hidden(is_small=True), Hidden(is_small=False))
    assert table.note is not None


def test_every_part_of_the_packs_sum_stands_in_the_report(peach_run: Run) -> None:
    basis = basis_of(peach_run)
    names = {column for _, column in basis.compensation}
    rule = peach_run.pack.rule("cash_total_minor")
    assert rule is not None and names == {"cash_total_minor", *(name for _, name in rule.needs)}
    table = compensation(basis)[-1]
    assert isinstance(table, PageTable)
    due = peach_run.tables["entitlement"]["cash_total_minor"]
    assert table.rows[-1][1:] == (due.filter(due > 0).len(), due.sum())


def test_a_pack_that_compensates_nobody_has_no_such_part(peach_run: Run) -> None:
    assert compensation(replace(basis_of(peach_run), compensation=())) == []


def test_where_nobody_is_registered_as_poor_no_list_is_judged_and_no_loss_told(peach_run: Run) -> None:
    chapter = targeting(basis_of(peach_run))
    texts = [block.text.en for block in chapter.blocks if isinstance(block, Paragraph)]
    assert any("no list of the poor" in text.lower() for text in texts)
    assert not [text for text in texts if "yuan" in text or "true errors" in text]
