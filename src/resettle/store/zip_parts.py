"""The parts of a zipped workbook that are read, each held to the size its directory states."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator

UNREAD = ("xl/media/", "xl/embeddings/", "xl/printerSettings/", "xl/drawings/", "xl/charts/", "docProps/")
"""Pictures and the like: nobody unpacks them, so their size does not count."""


class Parts:
    """The parts of an open archive; none gives more bytes than its directory entry says.

    A zip may state a small size for an entry that unpacks to gigabytes, which a reader that trusts the data and
    not the directory would hold in memory.
    """

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        self.entries = {entry.filename: entry for entry in archive.infolist()}
        self.names = frozenset(self.entries)

    def unpacked_size(self) -> int:
        """Bytes of everything a reader may unpack, as the directory states them."""
        return sum(e.file_size for e in self.archive.infolist() if not e.filename.startswith(UNREAD))

    def text_tables(self) -> list[str]:
        """The tables of texts that cells refer to."""
        return sorted(name for name in self.names if name.lower().endswith("sharedstrings.xml"))

    def read(self, name: str) -> bytes:
        """One part whole; nothing where there is none.

        Raises:
            zipfile.BadZipFile: for a wrong checksum, or more bytes than stated.
        """
        entry = self.entries.get(name)
        if entry is None:
            return b""
        if entry.compress_type != zipfile.ZIP_DEFLATED or entry.flag_bits & 1:
            return self.archive.read(entry)
        unpacker = zlib.decompressobj(-15)
        content = unpacker.decompress(self._packed(entry), entry.file_size + 1)
        if len(content) != entry.file_size:
            raise zipfile.BadZipFile(f"{name}: not the {entry.file_size} bytes stated")
        if zlib.crc32(content) != entry.CRC:
            raise zipfile.BadZipFile(f"{name}: checksum")
        return content

    def pieces(self, name: str, size: int = 1 << 20) -> Iterator[bytes]:
        """One part bit by bit, so that a large sheet is looked over without being held; nothing where there is none.

        Raises:
            zipfile.BadZipFile: for a wrong checksum, or more or fewer bytes than stated.
        """
        entry = self.entries.get(name)
        if entry is None:
            return
        left = entry.file_size
        with self.archive.open(entry) as handle:
            while piece := handle.read(size):
                left -= len(piece)
                if left < 0:
                    break
                yield piece
        if left:
            raise zipfile.BadZipFile(f"{name}: not the {entry.file_size} bytes stated")

    def _packed(self, entry: zipfile.ZipInfo) -> bytes:
        handle = self.archive.fp
        assert handle is not None
        handle.seek(entry.header_offset)
        head = handle.read(30)
        if head[:4] != b"PK\x03\x04":
            raise zipfile.BadZipFile(f"{entry.filename}: no entry where the directory says")
        skipped = int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little")
        handle.seek(entry.header_offset + 30 + skipped)
        return handle.read(entry.compress_size)


def longest_text(table: bytes) -> int:
    """Bytes of the longest entry of a table of texts, marks included.

    >>> longest_text(b"<sst><si><t>ab</t></si><si><t>abcd</t></si></sst>")
    18
    """
    return max(map(len, table.split(b"</si>")), default=0)
