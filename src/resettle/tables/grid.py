"""A sheet as it stands: the shown text of every cell and the ranges that are merged; no meaning yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

Merge = tuple[int, int, int, int]
"""First row, first column, last row, last column; from 0, ends included."""

OWN_PAGES = {
    "summary": ("balance",),
    "answers": ("file", "sheet", "row", "column", "severity", "what", "remedy", "nearest"),
    "visits": ("village", "household", "head_name", "why"),
    "heads": ("file", "sheet", "column", "head_shown", "meant", "unit"),
}
"""Pages that an answer adds to an office's own rows, by the words of their heads: an answer that comes back
corrected holds them too, and they are no roster."""


@dataclass(frozen=True)
class Sheet:
    """One sheet of a user's file.

    Attributes:
        file, name: where it is; a CSV has one sheet with an empty name.
        cells: columns ``c0``, ``c1``... of text, one row per row of the file from its very first; an empty
            cell is null.
        merges: merged ranges; the text stands in the first cell of each.
    """

    file: str
    name: str
    cells: pl.DataFrame
    merges: Sequence[Merge] = field(default_factory=tuple)

    def filled(self, start: int = 0) -> pl.DataFrame:
        """The cells with the text of merged ranges in every row they cover, for ranges that begin at ``start`` or below.

        >>> Sheet("a", "b", pl.DataFrame({"c0": ["水磨村", None, None]}), [(0, 0, 1, 0)]).filled()["c0"].to_list()
        ['水磨村', '水磨村', None]
        """
        # All ranges of a column at once: an office merges a cell for every household, a hundred thousand times.
        frame = self.cells
        sources: dict[str, dict[int, int]] = {}
        for first_row, first_column, last_row, last_column in self.merges:
            if first_row < start or first_row >= frame.height or last_row <= first_row:
                continue
            for column in range(first_column, min(last_column + 1, frame.width)):
                places = range(first_row + 1, min(last_row + 1, frame.height))
                sources.setdefault(f"c{column}", {}).update(dict.fromkeys(places, first_row))
        for name, rows in sources.items():
            above = frame[name].gather(list(rows.values()))
            frame = frame.with_columns(frame[name].clone().scatter(list(rows), above))
        return frame

    @staticmethod
    def of(rows: Sequence[Sequence[object]], file: str = "roster.csv", name: str = "") -> Sheet:
        """A sheet from plain rows, for tests and examples.

        >>> Sheet.of([["姓名"], ["李大山"], [None]]).cells.height
        3
        """
        width = max((len(r) for r in rows), default=0)
        texts = [[None if v is None or v == "" else str(v) for v in r] for r in rows]
        columns = {
            f"c{i}": pl.Series([r[i] if i < len(r) else None for r in texts], dtype=pl.String)
            for i in range(width)
        }
        return Sheet(file, name, pl.DataFrame(columns))


def column_letters(index: int) -> str:
    """The letters a spreadsheet program shows for a column counted from 0.

    >>> column_letters(0), column_letters(27)
    ('A', 'AB')
    """
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
