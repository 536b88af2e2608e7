"""A long page of texts in an xlsxwriter workbook, its rows put together at once instead of cell by cell.

The bytes are those ``write_string`` gives, in a fraction of the time: the page of whom to visit first has a line for
every household.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xlsxwriter.worksheet import Worksheet

from resettle.tables.grid import column_letters

LAST_ROW = 1_048_575
LONG_TEXT = 16_383
"""A cell holds 32,767 units of UTF-16, and no sign takes more than two; a longer text goes the slow way."""


class TextPage(Worksheet):  # type: ignore[misc]
    """A worksheet whose rows below the heads are given as texts."""

    dim_colmax: int
    dim_rowmax: int

    def __init__(self) -> None:
        super().__init__()
        self.below: tuple[int, list[list[int | None]], Any] | None = None

    def write_texts(self, first: int, rows: Sequence[Sequence[str | None]], style: Any) -> None:
        """Rows of texts from row ``first`` on, all in one style; nothing is written where there is no text."""
        if not rows or any(text and len(text) > LONG_TEXT for row in rows for text in row):
            for line, row in enumerate(rows, first):
                for column, text in enumerate(row):
                    if text:
                        self.write_string(line, column, text, style)
            return
        rows = rows[: LAST_ROW + 1 - first]
        shared = self.str_table.string_table
        held = [[shared.setdefault(text, len(shared)) if text else None for text in row] for row in rows]
        self.str_table.unique_count = len(shared)
        self.str_table.count += sum(number is not None for row in held for number in row)
        self.below = first, held, style
        self.dim_colmax = max(self.dim_colmax, len(rows[0]) - 1)

    def _write_dimension(self) -> None:
        above = self.dim_rowmax
        if self.below:
            self.dim_rowmax = self.below[0] + len(self.below[1]) - 1
        super()._write_dimension()
        self.dim_rowmax = above

    def _write_rows(self) -> None:
        super()._write_rows()
        if self.below is None:
            return
        first, held, style = self.below
        opened = [f'<c r="{column_letters(column)}' for column in range(len(held[0]))]
        mark = f'" s="{style._get_xf_index()}" t="s"><v>'
        head = f'" spans="1:{len(held[0])}">'
        for line, row in enumerate(held, first + 1):
            cells = "".join(
                f"{start}{line}{mark}{number}</v></c>"
                for start, number in zip(opened, row, strict=True)
                if number is not None
            )
            if cells:
                self.fh.write(f'<row r="{line}{head}{cells}</row>')
