"""The valid name nearest to a mistaken one, whatever its case, blanks and marks."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable


def nearest(name: str, choices: Iterable[str]) -> str:
    """The nearest choice, or an empty string where there is none to choose from.

    >>> nearest("cusa_1", ["CUSL1", "CUSA1"]), nearest("x", [])
    ('CUSA1', '')
    """
    bare = {}
    for choice in choices:
        bare.setdefault(_bare(choice), choice)
    close = difflib.get_close_matches(_bare(name), list(bare), n=1, cutoff=0.0)
    return bare[close[0]] if close else ""


def _bare(text: str) -> str:
    return re.sub(r"[\W_]+", "", str(text)).casefold() or str(text)
