"""A long page in an xlsxwriter workbook, its rows put together at once instead of cell by cell.

The cells hold what ``write_string`` and its like give, in a fraction of the time: the page of whom to visit first has
a line for every household, a drawn roster one for every person.
"""

from __future__ import annotations

from typing import Any

import polars as pl
from xlsxwriter.worksheet import Worksheet

from resettle.store.workbook_xml import escaped
from resettle.tables.grid import column_letters

LAST_ROW = 1_048_575
EPOCH = 25_569
"""Days from the workbooks' own beginning of time to 1970-01-01."""
LONG_TEXT = 16_383
"""A cell holds 32,767 units of UTF-16, and no sign takes more than two; a longer text goes the slow way."""


class TextPage(Worksheet):  # type: ignore[misc]
    """A worksheet whose rows below the heads are given as texts or as a frame."""

    dim_colmax: int
    dim_rowmax: int

    def __init__(self) -> None:
        super().__init__()
        self.below: tuple[int, pl.DataFrame, Any] | None = None
        self.whole: tuple[int, list[str]] | None = None

    def write_texts(self, first: int, frame: pl.DataFrame, style: Any) -> None:
        """Columns of texts from row ``first`` on, all in one style; nothing is written where there is no text."""
        frame = frame.head(LAST_ROW + 1 - first).rename({n: f"c{i}" for i, n in enumerate(frame.columns)})
        frame = frame.with_columns(pl.all().str.slice(0, LONG_TEXT).replace("", None))
        for name in frame.columns:
            distinct = frame[name].drop_nulls().unique(maintain_order=True)
            if 4 * len(distinct) > frame.height:
                continue
            # What many rows say stands once in the table of texts, and its number in the rows.
            shared = self.str_table.string_table
            numbers = [shared.setdefault(text, len(shared)) for text in distinct]
            self.str_table.unique_count = len(shared)
            self.str_table.count += frame.height - frame[name].null_count()
            number = pl.col(name).replace_strict(distinct, numbers, default=None, return_dtype=pl.Int64)
            frame = frame.with_columns(number)
        self.below = first, frame, style
        self.dim_colmax = max(self.dim_colmax or 0, frame.width - 1)

    def write_frame(self, first: int, frame: pl.DataFrame, day: Any) -> None:
        """The cells of a frame from row ``first`` on, each by its kind; dates in the style ``day``.

        Nothing is written where nothing is known.
        """
        frame = frame.head(LAST_ROW + 1 - first).rename(
            {name: f"c{i}" for i, name in enumerate(frame.columns)}
        )
        texts = [name for name, kind in frame.schema.items() if kind == pl.String]
        frame = frame.with_columns(pl.col(texts).str.slice(0, LONG_TEXT).replace("", None))
        shared = self.str_table.string_table
        for name in texts:
            for text in frame[name].drop_nulls().unique(maintain_order=True):
                shared.setdefault(text, len(shared))
            self.str_table.count += frame.height - frame[name].null_count()
        self.str_table.unique_count = len(shared)
        known = pl.Series(list(shared), dtype=pl.String), pl.Series(range(len(shared)), dtype=pl.Int64)
        row = (pl.int_range(pl.len()) + first + 1).cast(pl.String).alias("row")
        cells = []
        for at, (name, kind) in enumerate(frame.schema.items()):
            value, mark = pl.col(name), ""
            if kind == pl.String:
                value, mark = value.replace_strict(*known, default=None), ' t="s"'
            elif kind == pl.Boolean:
                value, mark = value.cast(pl.Int8), ' t="b"'
            elif kind == pl.Date:
                value, mark = value.to_physical() + EPOCH, f' s="{day._get_xf_index()}"'
            start = f'<c r="{column_letters(at)}'
            cell = pl.format(start + '{}"' + mark + "><v>{}</v></c>", pl.col("row"), value.cast(pl.String))
            cells.append(cell.fill_null(""))
        line = pl.concat_str([pl.format('<row r="{}">', pl.col("row")), *cells, pl.lit("</row>")])
        self.whole = (
            first + frame.height - 1,
            frame.with_columns(row).select(line.alias("row"))["row"].to_list(),
        )
        self.dim_colmax = max(self.dim_colmax or 0, frame.width - 1)

    def _write_dimension(self) -> None:
        above = self.dim_rowmax
        if self.below:
            self.dim_rowmax = self.below[0] + self.below[1].height - 1
        if self.whole:
            self.dim_rowmax = max(above, self.whole[0])
        super()._write_dimension()
        self.dim_rowmax = above

    def _write_rows(self) -> None:
        super()._write_rows()
        if self.whole:
            self.fh.write("".join(self.whole[1]))
        if self.below is None:
            return
        first, frame, style = self.below
        row = (pl.int_range(pl.len()) + first + 1).cast(pl.String).alias("row")
        look = f'" s="{style._get_xf_index()}" t='
        cells = []
        for at, (name, kind) in enumerate(frame.schema.items()):
            is_text = kind == pl.String
            held = 'inlineStr"><is><t xml:space="preserve">{}</t></is>' if is_text else 's"><v>{}</v>'
            value = escaped(pl.col(name)) if is_text else pl.col(name).cast(pl.String)
            start = f'<c r="{column_letters(at)}{{}}{look}"'
            cells.append(pl.format(f"{start}{held}</c>", pl.col("row"), value).fill_null(""))
        line = pl.concat_str([pl.format('<row r="{}">', pl.col("row")), *cells, pl.lit("</row>")])
        self.fh.write("".join(frame.with_columns(row).select(line.alias("line"))["line"].to_list()))
