"""The file in which an office's own heads are kept: two columns, to be read and corrected in any program."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path

from resettle.store.folder import write_text
from resettle.store.text_rows import decoded

HEADING = ("表头 head", "字段 field")


def read_taught(path: Path) -> list[tuple[str, str, int]]:
    """Head, field and row of every line below the heading; nothing where there is no file."""
    if not path.exists():
        return []
    text = decoded(path.read_bytes()) or ""
    found = []
    for number, row in enumerate(csv.reader(io.StringIO(text, newline="")), 1):
        cells = [cell.strip() for cell in row[:2]]
        if number > 1 and len(cells) == 2 and all(cells):
            found.append((cells[0], cells[1], number))
    return found


def write_taught(path: Path, heads: Mapping[str, str]) -> None:
    """Write the file anew, whole or not at all; with the mark by which spreadsheet programs know UTF-8."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADING)
    writer.writerows(heads.items())
    write_text(path, "\ufeff" + text.getvalue())
