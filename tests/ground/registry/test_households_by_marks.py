"""Whose household a row is, where not every row says it: by the marks on the sheet, never by a guess."""

from __future__ import annotations

from typing import Any

import pytest

from resettle.registry.stage import register
from resettle.tables.grid import Sheet
from tests.ground.registry.rosters import AS_OF, pack_data
from tests.ground.registry.test_odd_shapes import codes, homes_of, of

PEOPLE = [
    ("王秀英", "配偶", "h1"),
    ("李大山", "户主", "h1"),
    ("李小河", "之子", "h1"),
    ("陈桂兰", "配偶", "h2"),
    ("张志强", "户主", "h2"),
    ("赵春花", "之女", "h3"),
    ("赵永福", "户主", "h3"),
]
"""Households of which no one begins with its head."""
HOMES = {frozenset(n for n, _, h in PEOPLE if h == home) for home in ("h1", "h2", "h3")}


def starts(texts: tuple[str, ...]) -> list[str | None]:
    """One text a household, in its first row."""
    homes = [h for _, _, h in PEOPLE]
    return [texts[int(h[1]) - 1] if h not in homes[:i] else None for i, h in enumerate(homes)]


@pytest.mark.parametrize(
    ("head", "texts"),
    [
        ("序号", ("1", "2", "3")),
        ("户编号", ("h1", "h2", "h3")),
        ("户主姓名", ("李大山", "张志强", "赵永福")),
        ("家庭人口数", ("3", "2", "2")),
    ],
)
def test_what_is_written_once_a_household_parts_the_list(head: str, texts: tuple[str, ...]) -> None:
    rows = [[mark, n, r] for mark, (n, r, _) in zip(starts(texts), PEOPLE, strict=True)]
    result = of([[head, "姓名", "与户主关系"], *rows])
    assert homes_of(result) == HOMES
    assert result.counts["quarantined"] == 0
    if head == "户编号":
        assert set(result.person["household_id"]) == {"h1", "h2", "h3"}
        assert set(result.household["household_class"]) == {"registered_poor"}


def test_empty_rows_and_merged_cells_part_the_list() -> None:
    rows: list[list[Any]] = [["姓名", "与户主关系"]]
    for home in ("h1", "h2", "h3"):
        rows += [*([n, r] for n, r, h in PEOPLE if h == home), [None, None]]
    settings = {"as_of": AS_OF, "key": b"k"}
    assert homes_of(register([Sheet.of(rows)], settings, pack_data())) == HOMES
    plain = [
        ["村组", "姓名", "与户主关系"],
        *(["一组" if n in ("王秀英", "陈桂兰", "赵春花") else None, n, r] for n, r, _ in PEOPLE),
    ]
    sheet = Sheet.of(plain)
    merged = Sheet(sheet.file, sheet.name, sheet.cells, [(1, 0, 3, 0), (4, 0, 5, 0), (6, 0, 7, 0)])
    assert homes_of(register([merged], settings, pack_data())) == HOMES


def test_a_list_that_shows_no_households_is_not_sorted_by_a_guess() -> None:
    result = of([["姓名", "与户主关系"], *([n, r] for n, r, _ in PEOPLE)])
    assert result.person.height == 0 and result.counts["quarantined"] == len(PEOPLE)
    assert "household_unclear" in codes(result, 4)
    sorted_list = sorted(PEOPLE, key=lambda p: (p[2], p[1] != "户主"))
    assert homes_of(of([["姓名", "与户主关系"], *([n, r] for n, r, _ in sorted_list)])) == HOMES
    two_spouses = [["甲", "户主"], ["乙", "配偶"], ["丙", "配偶"], ["丁", "户主"]]
    assert of([["姓名", "与户主关系"], *two_spouses]).person.height == 0


def test_a_number_lost_in_a_list_where_every_row_has_one_is_asked_for() -> None:
    rows = [["h1", "甲", "户主"], ["h1", "乙", "配偶"], ["", "丙", "之子"], ["h2", "丁", "户主"]]
    result = of([["户编号", "姓名", "与户主关系"], *rows])
    assert codes(result, 4) == {"household_unclear"}
    assert set(result.person["name"]) == {"甲", "乙", "丁"}


def test_a_household_number_that_lost_its_zeros_waits() -> None:
    rows = [["0001", "甲", "户主"], ["1", "乙", "配偶"], ["20", "丙", "户主"]]
    result = of([["户编号", "姓名", "与户主关系"], *rows])
    wrong = [(p.row, p.nearest) for p in result.problems if p.code == "registry.household_key_zeros"]
    assert wrong == [(3, "0001")]
