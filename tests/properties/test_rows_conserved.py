"""Whatever is put into a roster's cells, every row read is accepted or waits."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from resettle.registry.stage import register
from resettle.tables.grid import Sheet
from tests.ground.registry.rosters import AS_OF, HEADS, households, pack_data

ODD = st.sampled_from(
    ["", "12", "户主", "配偶", "男", "9" * 18, "农历腊月", "=1", "-3", "1e400", "水磨村", "无"]
)
CHANGES = st.lists(st.tuples(st.integers(0, 11), st.integers(1, 7), ODD | st.text(max_size=6)), max_size=10)


@settings(max_examples=25, deadline=None)
@given(CHANGES)
def test_rows_are_conserved(changes: list[tuple[int, int, str]]) -> None:
    rows = households()
    for row, column, text in changes:
        rows[row][column] = text
    result = register([Sheet.of([HEADS, *rows])], {"as_of": AS_OF, "key": b"k"}, pack_data())
    counts = result.counts
    assert counts["read"] + counts["set_aside"] == 12
    assert counts["read"] == counts["accepted"] + counts["quarantined"]
    assert result.ledger["reference"].is_unique().all() and result.ledger.height == counts["read"]
    assert result.person.height <= counts["accepted"]
