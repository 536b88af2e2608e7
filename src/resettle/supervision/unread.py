"""Numbers of a report that were not taken as figures, with the reason: nothing is left out in silence."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from resettle.supervision.calendar_words import dates
from resettle.supervision.prose import masked
from resettle.supervision.reading import Reading
from resettle.tables.contract import Column as C
from resettle.tables.contract import Table
from resettle.words import Language, tell

UNREAD = Table(
    name="unread",
    key=("unread_id",),
    zh="没有当作数字来核对的",
    en="numbers not taken as figures",
    writer="supervision",
    columns=(
        C("unread_id", "text", zh="编号", en="number", required=True),
        C("printed", "text", zh="原样", en="as printed"),
        C("why", "text", zh="原因", en="why", allowed=("numbered", "no_unit", "mixed_cell")),
        C("line", "integer", zh="行", en="line", low=0),
        C("cell", "text", zh="单元格", en="cell"),
        C("around", "text", zh="前后文", en="words around it"),
    ),
)
_DIGITS = re.compile(r"\d(?:[\d,，.]*\d)?")


def unread_of(
    lines: Sequence[tuple[int, str]], readings: Sequence[Reading], cells: Sequence[Mapping[str, Any]] = ()
) -> pl.DataFrame:
    """Every run of digits of a report that stands in no reading and no date, under the contract :data:`UNREAD`.

    ``numbered`` is what only names a thing (clause 3, No. 12, a telephone), ``no_unit`` a number beside which no unit
    was found, ``mixed_cell`` a cell of a table in which a number stands among words.
    """
    rows: list[dict[str, Any]] = []
    prose: dict[int, list[Reading]] = defaultdict(list)
    for reading in readings:
        if reading.cell is None and not reading.rule.startswith("table"):
            prose[reading.line].append(reading)
    for number, text in lines:
        taken = [(d.start, d.end) for d in dates(text)]
        taken += [
            (r.start, r.start + len(r.printed))
            for r in prose[number]
            if text[r.start : r.start + len(r.printed)] == r.printed or r.low is not None or r.rule == "date"
        ]
        clean = masked(text)
        for match in _DIGITS.finditer(text):
            if any(a < match.end() and match.start() < b for a, b in taken):
                continue
            why = "no_unit" if clean[match.start() : match.end()].strip() else "numbered"
            rows.append(
                _row(match.group(), why, number, None, text[max(0, match.start() - 20) : match.end() + 20])
            )
    read = {(r.line, r.sentence, r.start) for r in readings if r.rule.startswith("table")}
    for cell in cells:
        text = str(cell["text"])
        place = (int(cell["line"]), int(cell["row"]), int(cell["column"]))
        if place in read or not re.search(r"\d", text) or dates(text):
            continue
        rows += [
            _row(m.group(), "mixed_cell", place[0], cell.get("cell"), text[:60])
            for m in _DIGITS.finditer(text)
        ]
    for count, row in enumerate(rows, start=1):
        row["unread_id"] = f"u{count}"
    return (
        pl.DataFrame(rows, schema_overrides=UNREAD.schema()).select(UNREAD.names) if rows else UNREAD.empty()
    )


def said_why(frame: pl.DataFrame, language: Language) -> pl.DataFrame:
    """The same with the reasons in a reader's words."""
    words = {
        why: tell(f"supervision.unread_why.{why}", language) for why in ("numbered", "no_unit", "mixed_cell")
    }
    return frame.with_columns(pl.col("why").replace(words))


def _row(printed: str, why: str, line: int, cell: Any, around: str) -> dict[str, Any]:
    return {
        "unread_id": "",
        "printed": printed,
        "why": why,
        "line": line,
        "cell": cell,
        "around": around.strip(),
    }
