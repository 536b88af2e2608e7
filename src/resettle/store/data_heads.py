"""Where a table's heads stand: under a title, over two rows, or with the question's words in a second row below.

Only with names to look for (those a specification uses) is anything but the first row taken, and then it is said.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from resettle.methods.as_numbers import plain_number
from resettle.problems import Problem

SEARCHED = 12
"""Heads are looked for in so many first rows."""
SECOND_ROWS = 3
"""At most so many rows below the heads may hold words instead of answers."""


@dataclass(frozen=True)
class Heads:
    """Names of the columns, the first row of data, and what was odd."""

    names: list[str]
    start: int
    problems: list[Problem]


def _text(cell: object) -> str:
    return "" if cell is None else str(cell).strip()


def _joined(upper: Sequence[object], lower: Sequence[object]) -> list[str]:
    """Two rows of heads as one: the upper one reaches as far as it is empty to the right.

    >>> _joined(["House", None, ""], ["h1", "h2", ""])
    ['House/h1', 'House/h2', 'House']
    """
    names, last = [], ""
    for k in range(max(len(upper), len(lower))):
        own = _text(upper[k]) if k < len(upper) else ""
        last = own or last
        below = _text(lower[k]) if k < len(lower) else ""
        names.append("/".join(part for part in (last, below) if part))
    return names


def find_heads(rows: Sequence[Sequence[object]], wanted: Collection[str], file: str) -> Heads:
    """The row of heads that holds most of the wanted names; the first row where none does.

    >>> find_heads([["Survey 2019", ""], ["id", "x"], [1, 2]], {"x"}, "a.xlsx").start
    2
    """
    names = {w.strip() for w in wanted if w.strip()}
    best, at, heads = 0, 0, [_text(c) for c in rows[0]]
    for k, row in enumerate(rows[:SEARCHED]):
        texts = [_text(c) for c in row]
        shared = len(names & set(texts))
        if shared > best:
            best, at, heads = shared, k, texts
    if not best and len(rows) > 1 and names:
        for k in range(min(SEARCHED, len(rows) - 1)):
            both = _joined(rows[k], rows[k + 1])
            if len(names & set(both)) > best:
                best, at, heads = len(names & set(both)), k + 1, both
    problems = []
    if at:
        problems.append(Problem("data_files.heads_lower", "hint", file=file, row=at + 1))
    start = at + 1
    places = [k for k, h in enumerate(heads) if h in names]
    while start - at <= SECOND_ROWS and start < len(rows) and _is_words(rows, start, places):
        problems.append(Problem("data_files.heads_second", "warning", file=file, row=start + 1))
        start += 1
    return Heads(heads, start, problems)


def _is_words(rows: Sequence[Sequence[object]], at: int, places: Sequence[int]) -> bool:
    """Whether a row holds words where the rows below hold numbers: no answers, but a second row of heads."""
    own = [(k, _text(rows[at][k])) for k in places if k < len(rows[at]) and _text(rows[at][k])]
    below = rows[at + 1 : at + 51]
    words = [k for k, cell in own if not _number(cell)]
    if len(own) < 2 or len(words) < len(own) or len(below) < 5:
        return False
    shares = []
    for k in words:
        given = [_text(r[k]) for r in below if k < len(r) and _text(r[k])]
        shares.append(sum(map(_number, given)) / len(given) if given else 0.0)
    return sum(share >= 0.8 for share in shares) >= 0.5 * len(shares)


def _number(cell: str) -> bool:
    try:
        float(plain_number(cell) or "")
    except ValueError:
        return False
    return True
