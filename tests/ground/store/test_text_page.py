"""A page put together at once holds the cells that the cell-by-cell way writes."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import python_calamine
import xlsxwriter

from resettle.store.text_page import TextPage

FRAME = pl.DataFrame(
    {
        "name": ["王_x0041_", None, "<a & b>", "=1+1", "tab\tbreak\n end ", ""],
        "count": [1, None, -3, 12345678901, 0, 7],
        "share": [0.1, 2.5, None, 1e-7, 100.0, 1 / 3],
        "yes": [True, False, None, True, None, False],
        "day": [date(1900, 3, 1), None, date(2016, 12, 31), date(2099, 1, 1), None, date(2000, 2, 29)],
        "nothing": [None] * 6,
    },
    schema_overrides={"count": pl.Int64},
)


def written(path: Path, at_once: bool) -> list[list[object]]:
    book = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False})
    page, day = (
        book.add_worksheet("p", worksheet_class=TextPage),
        book.add_format({"num_format": "yyyy-mm-dd"}),
    )
    for column, head in enumerate(FRAME.columns):
        page.write_string(0, column, head)
    if at_once:
        page.write_frame(1, FRAME, day)
    for line, row in enumerate([] if at_once else FRAME.rows(), 1):
        for column, value in enumerate(row):
            if isinstance(value, date):
                page.write_datetime(line, column, value, day)
            elif isinstance(value, bool):
                page.write_boolean(line, column, value)
            elif isinstance(value, int | float):
                page.write_number(line, column, value)
            elif value:
                page.write_string(line, column, value)
    book.close()
    cells = python_calamine.CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0)
    return cells.to_python(skip_empty_area=False)


def test_a_frame_at_once_is_the_frame_cell_by_cell(tmp_path: Path) -> None:
    quick, slow = written(tmp_path / "a.xlsx", True), written(tmp_path / "b.xlsx", False)
    assert [row[:2] + row[3:5] for row in quick] == [row[:2] + row[3:5] for row in slow]
    for left, right in zip(quick[1:], slow[1:], strict=True):
        assert left[2] == right[2] or abs(float(str(left[2])) - float(str(right[2]))) < 1e-15
