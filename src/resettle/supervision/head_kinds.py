"""Stock or flow, as the head of a column or the name of its row says it."""

from __future__ import annotations

import re

_RUNNING = re.compile(r"累计|\bcumulative|\bto date\b|\brunning total", re.IGNORECASE)
_OF_A_PERIOD = re.compile(
    r"本[月季年期周]|当[月年]|新增|\b(?:this|during the) (?:month|quarter|year|period)\b|\bnew(?:ly)?\b",
    re.IGNORECASE,
)
_PERIOD = re.compile(
    r"^\W*(?:(?:(?:19|20)\d\d\s*年)?(?:1[0-2]|[1-9]|十[一二]?|[一二三四五六七八九])\s*月份?"
    r"|(?:(?:19|20)\d\d\s*年)?第?[一二三四1-4]季度|(?:19|20)\d\d\s*年"
    r"|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?(?:\s+(?:19|20)\d\d)?|Q[1-4](?:\s+(?:19|20)\d\d)?)\W*$"
)
"""A row that is a month, a quarter or a year."""


def kind_of(head: str, label: str) -> str:
    """Stock or flow as the head or the row says it; what neither says is left open.

    >>> kind_of("累计完成", "3月"), kind_of("Families moved", "Mar 2022"), kind_of("Families", "Alder")
    ('stock', 'flow', 'undefined')
    """
    if _RUNNING.search(head):
        return "stock"
    return "flow" if _OF_A_PERIOD.search(head) or _PERIOD.match(label) else "undefined"
