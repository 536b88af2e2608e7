"""What a quick reader of workbooks leaves out: where the used area begins, merged ranges, errors, formulas.

The XML of a sheet is searched for a few marks as bytes; it is never built as a tree.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from string import ascii_uppercase
from xml.sax.saxutils import unescape

import polars as pl

from resettle.store.zip_parts import Parts
from resettle.tables.grid import Merge

_PART = rb"(?:\w+:)?"
_MERGE = re.compile(rb"<" + _PART + rb'mergeCell [^>]*?ref="([A-Z]+)(\d+):([A-Z]+)(\d+)"')
_LED = rb"\s*(?:<" + _PART + rb"f\b[^>]*?(?:/>|>[^<]*</" + _PART + rb"f>)\s*)?<" + _PART
_HELD = rb"(?:[^>/]*>" + _LED + rb'(?:v>[^<]|is\b)|(?<=")[^>/]*?\bt="str"[^>/]*>' + _LED + rb"v\b)"
"""What follows the address of a cell that the quick reader takes for used: a value; a text, even an empty one."""
_FILLED = re.compile(rb"<" + _PART + rb'c [^>]*?\br="([A-Z]+)(\d+)"' + _HELD)
_FILLED_A = re.compile(rb'\br="A\d+"' + _HELD)
_LONG = re.compile(rb"<" + _PART + rb"v>(\d{16,}(?:\.\d*)?|\d(?:\.\d+)?[eE]\+?1[5-9])</" + _PART + rb"v>")
_LONG_ANYWHERE = r"v>(?:[0-9]{16}|[0-9][0-9.]*[eE])"
_ODD = (r'r="(?:[A-Z]+[0-9]{7}|[A-Z]{2})', _LONG_ANYWHERE, r't="e"|<f|:f>', "='")
"""What a plain list never holds: columns past Z or rows past 999,999, long numbers, errors, formulas.

Four searches are quicker than one for any of them: each then looks for one beginning."""
_ROW_ENDS = b"row>"
LONGEST_ROW = 1 << 24
"""Bytes without the end of a row from which on a sheet is looked at whole."""
_ERROR = re.compile(
    rb"<"
    + _PART
    + rb'c (?=[^>]*?\bt="e")[^>]*?\br="([A-Z]+)(\d+)"[^>]*>(?:(?!</?'
    + _PART
    + rb"c[ >]).)*?<"
    + _PART
    + rb"v>([^<]*)</",
    re.S,
)
_FORMULA = re.compile(
    rb"<"
    + _PART
    + rb'c [^>]*?\br="([A-Z]+)(\d+)"[^>]*>\s*<'
    + _PART
    + rb"f\b[^>]*?(?:/>|>[^<]*</"
    + _PART
    + rb"f>)\s*(?:<"
    + _PART
    + rb"v\s*/>|<"
    + _PART
    + rb"v></"
    + _PART
    + rb"v>|</"
    + _PART
    + rb"c>)"
)
_CELL = re.compile(rb"<" + _PART + rb'c [^>]*?\br="([A-Z]+)(\d+)"[^>]*>[^>]*$')
_ADDRESS = re.compile(rb'\br="([A-Z]+)(\d+)"')
CELL_LIMIT = 60_000_000
"""Cells of the rectangle around all that a sheet holds; the quick reader keeps room for each of them."""
_LISTED = re.compile(r"<(?:\w+:)?sheet\s[^>]*>")
_LINKED = re.compile(r"<Relationship\s[^>]*>")


@dataclass(frozen=True)
class Facts:
    """Attributes: first used row and column (from 0), merged ranges, cells to set (row, column, text), and
    the addresses of formulas that hold no value; ``texts`` counts the cells that refer to the table of texts;
    ``far`` is a cell so far out that the sheet cannot be opened."""

    first_row: int = 0
    first_column: int = 0
    merges: tuple[Merge, ...] = ()
    patches: tuple[tuple[int, int, str], ...] = ()
    uncached: tuple[str, ...] = ()
    texts: int = 0
    far: str | None = None


def read_facts(parts: Parts) -> dict[str, Facts]:
    """The facts of every sheet by its title."""
    return {
        title: _plain_facts(parts.pieces(part)) or facts_of(parts.read(part))
        for title, part in _sheets(parts)
    }


def _plain_facts(pieces: Iterator[bytes]) -> Facts | None:
    """The facts of a plain list, row by row as it is unpacked; ``None`` for one that must be looked at whole.

    >>> _plain_facts(iter([b'<row><c r="B2" t="s"><v>1</v></c></r', b'ow></sheetData>']))
    Facts(first_row=1, first_column=1, merges=(), patches=(), uncached=(), texts=1, far=None)
    >>> _plain_facts(iter([b'<row><c r="A1"><f>1+1</f></c></row>']))
    """
    first_row = first_column = None
    texts, rest = 0, b""
    for piece in pieces:
        rest += piece
        # What is cut off ends with a row, so that no cell lies across.
        end = rest.rfind(_ROW_ENDS) + len(_ROW_ENDS)
        if end < len(_ROW_ENDS):
            if len(rest) > LONGEST_ROW:
                return None
            continue
        rows, rest = rest[:end], rest[end:]
        if _is_odd(rows):
            return None
        texts += rows.count(b't="s"')
        if first_row is None and (first := _FILLED.search(rows)):
            first_row = int(first[2]) - 1
        if first_column != 0:
            found = [c for c in (first_column, _first_column(rows)) if c is not None]
            first_column = min(found, default=None)
    if _is_odd(rest):
        return None
    return Facts(first_row or 0, first_column or 0, _merges(rest), texts=texts + rest.count(b't="s"'))


def _is_odd(xml: bytes) -> bool:
    text = _searched(xml)
    return any(_holds(text, pattern) for pattern in _ODD)


def _merges(tail: bytes) -> tuple[Merge, ...]:
    """The merged ranges, as what follows the rows lists them."""
    return tuple(
        sorted(
            (int(m[2]) - 1, column_number(m[1]), int(m[4]) - 1, column_number(m[3]))
            for m in _MERGE.finditer(tail)
        )
    )


def _sheets(parts: Parts) -> Iterator[tuple[str, str]]:
    links = parts.read("xl/_rels/workbook.xml.rels").decode("utf-8", "replace")
    targets = {}
    for link in _LINKED.findall(links):
        targets[_attribute(link, "Id")] = _attribute(link, "Target")
    for tag in _LISTED.findall(parts.read("xl/workbook.xml").decode("utf-8", "replace")):
        target = targets.get(_attribute(tag, "r:id") or _attribute(tag, "id"), "")
        part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        if part in parts.names and "worksheets/" in part:
            yield _attribute(tag, "name"), part


def _attribute(tag: str, name: str) -> str:
    found = re.search(rf'\s{name}="([^"]*)"', tag)
    return unescape(found[1], {"&quot;": '"', "&apos;": "'"}) if found else ""


def column_number(letters: bytes) -> int:
    """Letters of a column to its number from 0.

    >>> column_number(b"A"), column_number(b"AB")
    (0, 27)
    """
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1


def facts_of(xml: bytes) -> Facts:
    """The facts of one sheet from its whole XML, searched mark by mark."""
    if b"='" in xml:
        xml = xml.replace(b"'", b'"')  # either mark may stand around an address
    far = _far(xml)
    if far:
        return Facts(far=far)
    first = _FILLED.search(xml)
    first_row = int(first[2]) - 1 if first else 0
    merges = _merges(xml[max(xml.rfind(b"sheetData"), 0) :])
    column = _first_column(xml) or 0
    return Facts(first_row, column, merges, _patches(xml), _uncached(xml), xml.count(b't="s"'))


def _far(xml: bytes) -> str | None:
    """The corner of the used area where it is too large: one stray cell at its end is enough for that.

    >>> _far(b'<c r="A1"/><c r="XFD1048576"/>'), _far(b'<c r="A1"/><c r="T100000"/>')
    ('XFD1048576', None)
    """
    # Bounds by the first sign of the longest addresses: every address is looked at only where they leave it open.
    text = _searched(xml)
    rows = _bound(
        text, "123456789", [('r="[A-Z]+[{}]' + f"[0-9]{{{n}}}", 10**n, 0) for n in (6, 5, 4)], 9_999
    )
    wide = [('r="[{}][A-Z]{2}', 26**2, 26), ('r="[{}][A-Z]', 26, 0)]
    columns = _bound(text, ascii_uppercase, wide, 26)
    if rows * columns <= CELL_LIMIT:
        return None
    last_row, letters = 0, b""
    for address in _ADDRESS.finditer(xml):
        last_row = max(last_row, int(address[2]))
        letters = max(letters, address[1], key=lambda c: (len(c), c))
    far = last_row * (column_number(letters) + 1) > CELL_LIMIT
    return f"{letters.decode()}{last_row}" if far else None


def _bound(text: pl.Series, signs: str, shapes: Sequence[tuple[str, int, int]], least: int) -> int:
    """A number that no row or column passes, by the shape of the longest address and its first sign.

    >>> _bound(pl.Series(['r="BC7"']), ascii_uppercase, [('r="[{}][A-Z]', 26, 0)], 26)
    78

    Args:
        signs: what an address can begin with, in order.
        shapes: longest first: a pattern with room for signs, what a step of the first sign is worth, and the rest.
        least: the bound where no shape is found.
    """
    for pattern, worth, rest in shapes:
        if not _holds(text, pattern.replace("{}", signs, 1)):
            continue
        low, high = 0, len(signs) - 1  # the last sign that is found, halved towards
        while low < high:
            middle = (low + high + 1) // 2
            if _holds(text, pattern.replace("{}", signs[middle:], 1)):
                low = middle
            else:
                high = middle - 1
        return (low + 2) * worth + rest
    return least


def _searched(xml: bytes) -> pl.Series:
    """The XML for the quick search, which wants sound UTF-8."""
    try:
        return pl.Series([xml], dtype=pl.Binary).cast(pl.String, strict=False).drop_nulls()
    except pl.exceptions.ComputeError:  # bytes that are no UTF-8: every search is then in doubt
        return pl.Series([], dtype=pl.String)


def _holds(text: pl.Series, pattern: str) -> bool:
    """Whether a pattern is found, by an engine ten times as fast as ``re`` on a hundred megabytes; if in doubt, yes."""
    return not len(text) or bool(text.str.contains(pattern)[0])


def _first_column(xml: bytes) -> int | None:
    """The leftmost column that holds anything; usually A, found at once."""
    if _FILLED_A.search(xml):
        return 0
    return min((column_number(m[1]) for m in _FILLED.finditer(xml)), default=None)


def _patches(xml: bytes) -> tuple[tuple[int, int, str], ...]:
    """Numbers too long to be exact, as they stand, and errors such as #N/A."""
    found = []
    long = _LONG.finditer(xml) if _holds(_searched(xml), _LONG_ANYWHERE) else ()
    for match in long:
        before = xml[max(0, match.start() - 400) : match.start()]
        cell = _CELL.search(before[before.rfind(b"<c ") if b"<c " in before else 0 :])
        if cell and b't="' not in cell[0].replace(b't="n"', b""):
            text = f"{float(match[1]):.14E}"
            found.append((int(cell[2]) - 1, column_number(cell[1]), text))
    if b't="e"' in xml:
        for match in _ERROR.finditer(xml):
            found.append((int(match[2]) - 1, column_number(match[1]), match[3].decode("utf-8", "replace")))
    return tuple(sorted(found))


def _uncached(xml: bytes) -> tuple[str, ...]:
    if b"<f" not in xml and b":f>" not in xml:
        return ()
    # A text formula may well have the empty text as its saved value.
    return tuple(
        f"{m[1].decode()}{m[2].decode()}"
        for m in _FORMULA.finditer(xml)
        if not (b't="str"' in m[0] and m[0].endswith(b"v>"))
    )
