"""A whole report read: its prose, its tables, and what it refers to."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl

from resettle.supervision.grid import read_grid
from resettle.supervision.prose import read_lines
from resettle.supervision.reading import Reading
from resettle.supervision.unread import UNREAD, unread_of

BLOCK_COLUMNS = ("line", "table", "row", "column", "cell", "text")
"""Columns of a block: ``line`` counts as the user counts; ``table`` is null for running text."""


@dataclass(frozen=True)
class Read:
    """What was read: the figures, the running text for references and places, and the numbers that are no figures."""

    readings: list[Reading]
    lines: list[tuple[int, str]] = field(default_factory=list)
    unread: pl.DataFrame = field(default_factory=UNREAD.empty)


_PROSE = re.compile(r"\d.*[。；;，]|\d.*[a-z)]\.(?:\s|$)", re.DOTALL)
SHORTEST_PROSE = 12


def is_prose(text: str) -> bool:
    """Whether a cell of a form holds sentences with figures, to be read as running text.

    >>> is_prose("批复总投资1,260万元，其中中央资金900万元。"), is_prose("投资（万元）"), is_prose("1,260")
    (True, False, False)
    """
    return len(text) >= SHORTEST_PROSE and _PROSE.search(text) is not None


def read_report(blocks: pl.DataFrame) -> Read:
    """Read the figures of a report.

    Args:
        blocks: one row per paragraph or cell, with the columns :data:`BLOCK_COLUMNS`.

    Returns:
        Readings in document order with ids ``f1``, ``f2``..., and the lines of running text.
    """
    lines: list[tuple[int, str]] = []
    grids: dict[str, list[dict[str, Any]]] = defaultdict(list)
    titles: dict[str, str] = {}
    for row in blocks.iter_rows(named=True):
        if row["table"] is None or is_prose(str(row["text"])):
            lines.append((int(row["line"]), str(row["text"])))
        else:
            titles.setdefault(row["table"], lines[-1][1] if lines else "")
            grids[row["table"]].append(row)
    readings = read_lines(lines)
    between: dict[str, dict[int, str]] = defaultdict(dict)
    for row in blocks.iter_rows(named=True):
        if row["table"] is None and row["cell"] is not None:
            between[str(row["cell"]).rpartition("!")[0]][int(row["line"])] = str(row["text"])
    for name, cells in grids.items():
        readings += read_grid(cells, titles[name], name, between.get(name))
    readings.sort(key=lambda r: (r.line, r.cell is not None, r.sentence, r.start))
    numbered = [replace(r, reading_id=f"f{i}") for i, r in enumerate(readings, start=1)]
    cells = [cell for grid in grids.values() for cell in grid]
    return Read(numbered, lines, unread_of(lines, numbered, cells))
