"""Tables that a program wrote as a web page or as the XML of 2003 and called a workbook: many offices' exports are.

Read with the forgiving parser of the standard library, which resolves no entity and fetches nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

from resettle.tables.grid import Merge

ROWS, CELLS, TABLES = ("tr", "row"), ("td", "th", "cell"), ("table", "worksheet")
LONGEST_SPAN = 10_000
_INVISIBLE = ("style", "script", "head", "styles", "documentproperties")


@dataclass
class Page:
    """One table: its name, its rows, the ranges that are merged."""

    name: str = ""
    rows: list[list[str]] = field(default_factory=list)
    merges: list[Merge] = field(default_factory=list)
    held: dict[int, int] = field(default_factory=dict)
    """Column to how many further rows a cell above reaches down in it."""


def looks_like_markup(text: str) -> bool:
    """Whether a text is a page or workbook in tags rather than separated values.

    >>> looks_like_markup("<html><body><table>"), looks_like_markup("姓名,证件号码")
    (True, False)
    """
    top = text[:4000].lstrip("\ufeff \r\n\t").lower()
    return top.startswith("<") and bool(
        re.search(r"<(html|table|\w*:?workbook|meta|\?mso-application)\b", top)
    )


def tables_in(text: str) -> list[Page]:
    """Every table that holds a row, in order; tables within a cell are tables of their own.

    >>> page = tables_in("<table><tr><td rowspan=2>1<td>a<tr><td>b</table>")[0]
    >>> page.rows, page.merges
    ([['1', 'a'], ['', 'b']], [(0, 0, 1, 0)])
    """
    reader = _Reader()
    reader.feed(text)
    reader.close()
    reader.ended()
    return [page for page in reader.done if any(any(row) for row in page.rows)]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.done: list[Page] = []
        self.open: list[Page] = []
        self.cell: list[str] | None = None
        self.place = 0
        self.skipped = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name.rpartition(":")[2]: value or "" for name, value in attrs}
        tag = tag.rpartition(":")[2]
        if tag in _INVISIBLE:
            self.skipped += 1
        elif tag == "worksheet":
            self.open.append(Page(given.get("name", "")))
            self.done.append(self.open[-1])
        elif tag == "table" and not (self.open and self.open[-1].name and not self.open[-1].rows):
            self.ended()
            self.open.append(Page())
            self.done.append(self.open[-1])
        elif tag in ROWS and self.open:
            self.ended()
            self._row(_number(given.get("index")))
        elif tag in CELLS and self.open:
            self.ended()
            self._cell(given)
        elif tag in ("br", "p", "div") and self.cell:
            self.cell.append("\n")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        tag = tag.rpartition(":")[2]
        if tag in _INVISIBLE:
            self.skipped = max(0, self.skipped - 1)
        elif tag in CELLS or tag in ROWS:
            self.ended()
        elif tag in TABLES and self.open and (tag == "table") != bool(self.open[-1].name):
            self.ended()
            self.open.pop()

    def handle_data(self, data: str) -> None:
        if self.cell is not None and not self.skipped:
            self.cell.append(data)

    def ended(self) -> None:
        """The cell that is open is complete."""
        if self.cell is not None and self.open and self.open[-1].rows:
            text = "".join(self.cell).replace("\u00a0", " ").strip()
            row = self.open[-1].rows[-1]
            if self.place < len(row):
                row[self.place] = text
        self.cell = None

    def _row(self, index: int | None) -> None:
        page = self.open[-1]
        while index is not None and len(page.rows) < min(index - 1, len(page.rows) + LONGEST_SPAN):
            page.rows.append([])
        page.rows.append([])
        page.held = {c: n - 1 for c, n in page.held.items() if n > 0}

    def _cell(self, given: dict[str, str]) -> None:
        page = self.open[-1]
        if not page.rows:
            page.rows.append([])
        row = page.rows[-1]
        index = _number(given.get("index"))
        while index is not None and len(row) < min(index - 1, LONGEST_SPAN):
            row.append("")
        while len(row) in page.held:
            row.append("")
        across = _number(given.get("colspan")) or (_number(given.get("mergeacross")) or 0) + 1
        down = _number(given.get("rowspan")) or (_number(given.get("mergedown")) or 0) + 1
        self.place = len(row)
        row += [""] * across
        self.cell = []
        if across > 1 or down > 1:
            first = len(page.rows) - 1
            page.merges.append((first, self.place, first + down - 1, self.place + across - 1))
        if down > 1:
            page.held |= dict.fromkeys(range(self.place, self.place + across), down - 1)


def _number(text: str | None) -> int | None:
    return min(int(text), LONGEST_SPAN) if text and text.isascii() and text.isdigit() and int(text) else None
