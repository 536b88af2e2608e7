"""Whether an old workbook (xls) agrees with itself, before a reader trusts the sizes and chains it states.

An xls is a compound file ([MS-CFB]): sectors chained by a table, and in one of its streams the records of the
workbook ([MS-XLS]). A chain that bites its tail or a count of two thousand million costs a reader all memory,
so both are followed here first, at the cost of the file's own length.
"""

from __future__ import annotations

import struct
from array import array
from dataclasses import dataclass, field

CELLS_OF_A_SHEET = 65_536 * 256
"""What a sheet of this format can hold."""
LAST = 0xFFFFFFFA
"""Sector numbers from here on are marks: end of chain, free, part of the table."""
BOF, EOF, BOUNDSHEET, FILEPASS, SST, CONTINUE, DIMENSIONS = (
    0x0809,
    0x000A,
    0x0085,
    0x002F,
    0x00FC,
    0x003C,
    0x0200,
)
ONE_CELL = frozenset({0x0006, 0x0203, 0x0204, 0x0205, 0x027E, 0x00FD})
SEVERAL_CELLS = 0x00BD


class Inconsistent(ValueError):
    """The file contradicts itself; the message names the part."""


@dataclass
class _File:
    raw: bytes
    sector: int
    first: int
    table: array[int] = field(default_factory=lambda: array("I"))

    @property
    def count(self) -> int:
        return max(0, -(-(len(self.raw) - self.first) // self.sector))

    def at(self, number: int, part: str) -> bytes:
        if number >= self.count:
            raise Inconsistent(part)
        start = self.first + number * self.sector
        return self.raw[start : start + self.sector]

    def chain(self, number: int, part: str) -> bytes:
        """The bytes of a chain of sectors; it can be no longer than there are sectors."""
        return b"".join(self.at(n, part) for n in _followed(number, self.table, self.count, part))


def _followed(number: int, table: array[int], longest: int, part: str) -> list[int]:
    found = []
    while number < LAST:
        if len(found) >= longest or number >= len(table):
            raise Inconsistent(part)
        found.append(number)
        number = table[number]
    return found


def check_workbook(raw: bytes) -> bool:
    """Follow every chain and count that a reader would.

    Args:
        raw: the whole file.

    Returns:
        Whether the workbook is protected by a password; then its cells cannot be judged.

    Raises:
        Inconsistent: where a chain is circular or leaves the file, or a count exceeds what the file can hold.
    """
    stream = _workbook_stream(raw)
    try:
        return _check_records(stream)
    except struct.error as error:
        raise Inconsistent("record") from error


def _workbook_stream(raw: bytes) -> bytes:
    if len(raw) < 512:
        raise Inconsistent("header")
    shift, mini_shift = struct.unpack_from("<2H", raw, 30)
    if shift not in (9, 12) or mini_shift != 6:
        raise Inconsistent("header")
    file = _File(raw, 1 << shift, 1 << shift)
    directories, tables, start = struct.unpack_from("<3I", raw, 40)
    mini_start, mini_tables, more_start, more_tables = struct.unpack_from("<4I", raw, 60)
    if max(directories, tables, mini_tables, more_tables) > file.count:
        raise Inconsistent("header")
    file.table = _table(file, list(struct.unpack_from("<109I", raw, 76)), more_start)
    listing = file.chain(start, "directory")
    entries = [listing[i : i + 128] for i in range(0, len(listing) - 127, 128)]
    if not entries:
        raise Inconsistent("directory")
    mini = file.chain(_start(entries[0]), "mini stream") if _size(entries[0], shift, file) else b""
    mini_table = array("I")
    mini_table.frombytes(file.chain(mini_start, "mini table"))
    named = {entry[:64].decode("utf-16-le", "ignore").partition("\0")[0]: entry for entry in entries}
    entry = named.get("Workbook") or named.get("Book")
    if entry is None:
        raise Inconsistent("directory")
    size = _size(entry, shift, file)
    if size >= 4096:
        return file.chain(_start(entry), "workbook")[:size]
    places = _followed(_start(entry), mini_table, len(mini) // 64, "workbook")
    return b"".join(mini[64 * n : 64 * n + 64] for n in places)[:size]


def _table(file: _File, listed: list[int], more: int) -> array[int]:
    """The table of chains: its sectors are listed in the header and, beyond 109, in a chain of their own."""
    for _ in range(file.count):
        if more >= LAST:
            break
        numbers = struct.unpack(
            f"<{file.sector // 4}I", file.at(more, "sector list").ljust(file.sector, b"\0")
        )
        listed += numbers[:-1]
        more = numbers[-1]
    if more < LAST:
        raise Inconsistent("sector list")
    table = array("I")
    sectors = [number for number in listed if number < LAST]
    if len(sectors) > file.count:
        raise Inconsistent("sector list")
    for number in sectors:
        table.frombytes(file.at(number, "sector list").ljust(file.sector, b"\0"))
    return table


def _start(entry: bytes) -> int:
    return int(struct.unpack_from("<I", entry, 116)[0])


def _size(entry: bytes, shift: int, file: _File) -> int:
    size = int(struct.unpack_from("<I" if shift == 9 else "<Q", entry, 120)[0])
    if size > len(file.raw):
        raise Inconsistent("directory")
    return size


def _check_records(stream: bytes) -> bool:
    """Records of the workbook and then of every sheet it lists."""
    sheets, at = [], 0
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<2H", stream, at)
        if kind == FILEPASS:
            return True
        if kind == BOUNDSHEET:
            sheets.append(struct.unpack_from("<I", stream, at + 4)[0])
        elif kind == SST:
            _check_strings(stream, at)
        elif kind == EOF:
            break
        at += 4 + length
    total = 0
    for start in sheets:
        total += _cells(stream, start)
        if total > 4 * CELLS_OF_A_SHEET:
            raise Inconsistent("sheet")
    return False


def _check_strings(stream: bytes, at: int) -> None:
    """Each text takes three bytes at least: more texts than that are not there."""
    count = struct.unpack_from("<i", stream, at + 8)[0]
    held, kind = 0, SST
    while kind in (SST, CONTINUE) and at + 4 <= len(stream):
        length = struct.unpack_from("<H", stream, at + 2)[0]
        held, at = held + length, at + 4 + length
        kind = struct.unpack_from("<H", stream, at)[0] if at + 4 <= len(stream) else 0
    if not 0 <= count <= held // 3:
        raise Inconsistent("text table")


def _cells(stream: bytes, at: int) -> int:
    """What a sheet costs a reader: the rectangle around its cells, and its records."""
    first_row = first_column = 1 << 16
    last_row = last_column = -1
    records = 0
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<2H", stream, at)
        if kind == EOF:
            break
        if kind in ONE_CELL or kind == SEVERAL_CELLS:
            row, column = struct.unpack_from("<2H", stream, at + 4)
            last = struct.unpack_from("<H", stream, at + 2 + length)[0] if kind == SEVERAL_CELLS else column
            first_row, last_row = min(first_row, row), max(last_row, row)
            first_column, last_column = min(first_column, column), max(last_column, column, last)
        elif kind == DIMENSIONS and length in (10, 14):
            top, bottom, left, right = struct.unpack_from("<4H" if length == 10 else "<2I2H", stream, at + 4)
            rows, columns = (bottom - top) % (1 << 32), (right - left) % (1 << 32)
            if bottom and right and rows * columns > CELLS_OF_A_SHEET:
                raise Inconsistent("sheet size")
        records += 1
        at += 4 + length
    if last_column >= 256:
        raise Inconsistent("cell")
    return max(0, last_row - first_row + 1) * max(0, last_column - first_column + 1) + records
