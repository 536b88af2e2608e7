"""Sheets of an OpenDocument spreadsheet, read as a stream: what repeats is counted before it is written out.

Written after OpenDocument 1.3, part 3, chapters 9 (tables) and 19 (attributes). A file may say that a filled cell
stands a thousand million times; nothing of that is built. Entities of its own make a file unreadable here, as no
spreadsheet program writes any.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from resettle.tables.grid import Merge

_OASIS = "urn:oasis:names:tc:opendocument:xmlns:"
_TABLE, _TEXT, _OFFICE, _STYLE = (f"{_OASIS}{name}:1.0 " for name in ("table", "text", "office", "style"))
_CELLS = frozenset({_TABLE + "table-cell", _TABLE + "covered-table-cell"})
MIME = b"application/vnd.oasis.opendocument.spreadsheet"


class TooLargeError(Exception):
    """More cells than are read; ``sheet`` names the page."""

    def __init__(self, sheet: str, row: int, column: int) -> None:
        super().__init__(sheet)
        self.sheet, self.row, self.column = sheet, row, column


@dataclass
class Page:
    """One sheet: its rows as they are shown, merged ranges, whether it is hidden, formulas without a value."""

    name: str
    hidden: bool = False
    rows: list[list[str | None]] = field(default_factory=list)
    merges: list[Merge] = field(default_factory=list)
    uncached: list[tuple[int, int]] = field(default_factory=list)


def read_pages(pieces: Iterable[bytes], cell_limit: int) -> list[Page]:
    """The pages of ``content.xml``.

    Raises:
        TooLargeError: for more cells than ``cell_limit`` on all pages together.
        xml.parsers.expat.ExpatError, ValueError: for a damaged file.

    >>> start = f'<d xmlns:t="{_TABLE.strip()}" xmlns:o="{_OFFICE.strip()}" xmlns:x="{_TEXT.strip()}"><t:table t:name="a"><t:table-row>'
    >>> cells = '<t:table-cell o:value-type="float" o:value="3.0"/><t:table-cell o:value-type="string"><x:p>李</x:p></t:table-cell>'
    >>> read_pages([(start + cells + "</t:table-row></t:table></d>").encode()], 10)[0].rows
    [['3', '李']]
    """
    reader = _Reader(cell_limit)
    for piece in pieces:
        reader.parser.Parse(piece, False)
    reader.parser.Parse(b"", True)
    return reader.pages


class _Reader:
    """Follows the elements of one file; empty cells and rows are only counted until something follows them."""

    def __init__(self, cell_limit: int) -> None:
        self.pages: list[Page] = []
        self.left = cell_limit
        self.hidden_styles: set[str] = set()
        self.style = ""
        self.depth = 0
        self.skipped = 0
        self.row: list[str | None] = []
        self.empty_cells = self.empty_rows = self.row_times = 0
        self.cell: dict[str, str] | None = None
        self.lines: list[str] = []
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.text
        self.parser.EntityDeclHandler = self.entity

    def entity(self, *_: Any) -> None:
        raise ValueError("entities of its own")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if self.skipped or name == _OFFICE + "annotation":  # a remark beside a cell is no part of it
            self.skipped += 1
        elif name == _STYLE + "style":
            self.style = attributes.get(_STYLE + "name", "")
        elif name == _STYLE + "table-properties" and attributes.get(_TABLE + "display") == "false":
            self.hidden_styles.add(self.style)
        elif name == _TABLE + "table":
            self.depth += 1
            if self.depth == 1:
                hidden = attributes.get(_TABLE + "style-name", "") in self.hidden_styles
                self.pages.append(Page(attributes.get(_TABLE + "name", ""), hidden))
                self.empty_rows = 0
        elif self.depth == 1 and name == _TABLE + "table-row":
            self.row, self.empty_cells = [], 0
            self.row_times = _times(attributes, "rows")
        elif self.depth == 1 and name in _CELLS:
            self.cell, self.lines = attributes, []
        elif self.cell is not None and name == _TEXT + "p":
            self.lines.append("")
        elif self.lines and name == _TEXT + "s":
            self.lines[-1] += " " * min(int(attributes.get(_TEXT + "c", "1")), 100)
        elif self.lines and name in (_TEXT + "tab", _TEXT + "line-break"):
            self.lines[-1] += "\t" if name.endswith("tab") else "\n"

    def text(self, text: str) -> None:
        if self.lines and not self.skipped and self.cell is not None:
            self.lines[-1] += text

    def end(self, name: str) -> None:
        if self.skipped:
            self.skipped -= 1
        elif name == _TABLE + "table":
            self.depth -= 1
        elif self.depth == 1 and name in _CELLS and self.cell is not None:
            self.end_cell(self.cell)
            self.cell, self.lines = None, []
        elif self.depth == 1 and name == _TABLE + "table-row":
            self.end_row()

    def end_cell(self, cell: dict[str, str]) -> None:
        page, times = self.pages[-1], _times(cell, "columns")
        shown = _shown(cell, "\n".join(self.lines))
        if shown is None:
            self.empty_cells += times
        else:
            self.spend(self.empty_cells + times)
            self.row += [None] * self.empty_cells + [shown] * times
            self.empty_cells = 0
        at, column = len(page.rows) + self.empty_rows, len(self.row) + self.empty_cells - times
        wide, high = (int(cell.get(f"{_TABLE}number-{k}-spanned", "1")) for k in ("columns", "rows"))
        if (wide > 1 or high > 1) and shown is not None:
            page.merges.append((at, column, at + high - 1, column + wide - 1))
        if _TABLE + "formula" in cell and shown is None and _OFFICE + "value-type" not in cell:
            page.uncached.append((at, column))

    def end_row(self) -> None:
        if not self.row:
            self.empty_rows += self.row_times
            return
        page = self.pages[-1]
        self.spend(self.empty_rows + len(self.row) * (self.row_times - 1))
        page.rows += [[] for _ in range(self.empty_rows)]
        page.rows += [self.row for _ in range(self.row_times)]
        self.empty_rows = 0

    def spend(self, cells: int) -> None:
        self.left -= cells
        if self.left < 0:
            page = self.pages[-1]
            raise TooLargeError(page.name, len(page.rows) + self.empty_rows, len(self.row) + self.empty_cells)


def _times(attributes: dict[str, str], kind: str) -> int:
    return max(int(attributes.get(f"{_TABLE}number-{kind}-repeated", "1")), 1)


def _shown(cell: dict[str, str], text: str) -> str | None:
    """What a cell holds as text: numbers and dates by their value, whatever their format shows."""
    kind = cell.get(_OFFICE + "value-type", "string")
    if kind in ("float", "currency", "percentage"):
        value = float(cell.get(_OFFICE + "value", "nan"))
        if abs(value) >= 1e15:
            return f"{value:.14E}"
        return str(int(value)) if value.is_integer() else f"{value:.10g}"
    if kind == "date":
        return cell.get(_OFFICE + "date-value", text).removesuffix("T00:00:00").replace("T", " ")
    if kind == "boolean":
        return cell.get(_OFFICE + "boolean-value", text)
    return text or cell.get(_OFFICE + "string-value") or None
