"""What the reader of settings files says, as a person reads it: where, what, and in both languages.

The reader itself speaks English only, and of its grammar.
"""

from __future__ import annotations

import re
from typing import Any

from resettle.words import LANGUAGES, tell

_PLACE = re.compile(r"\s*\((?:at line (\d+), column (\d+)|at end of document)\)\s*$")
_KINDS = {
    "open_text": r"Unterminated string|Expected ['\"]{1,3}$|Expected \\?\"|Illegal character ['\"]\\n",
    "backslash": r"Unescaped|escape|hex value",
    "character": r"Illegal character|[Ii]nvalid character|control character",
    "equals": r"Expected '=' after",
    "twice": r"Cannot overwrite|Cannot declare|Cannot mutate|Duplicate|twice",
    "after": r"Expected newline or end",
    "bracket": r"Unclosed|Expected '\]|Expected ',' or|Expected '\}",
    "statement": r"Invalid statement|Invalid initial character|Empty key",
    "day": r"Invalid date|year|month|day is out",
    "value": r"Invalid value",
}


def broken(error: Exception) -> tuple[dict[str, str], int | None]:
    """The reason in each language, and the line, of a settings file that cannot be read.

    Args:
        error: what the reader or the decoder of the file raised; of any other error its own words are given.

    >>> import tomllib
    >>> try:
    ...     tomllib.loads('a = 1\\nb = "x')
    ... except tomllib.TOMLDecodeError as error:
    ...     broken(error)[0]["en"]
    'the end of the file: a text is not closed; put the same quotation mark behind it'
    """
    if isinstance(error, UnicodeDecodeError):
        line = error.object[: error.start].count(b"\n") + 1
        return _told("encoding", line, None, ""), line
    if isinstance(error, KeyError):
        return {k: tell("common.broken.missing", k, name=str(error.args[0])) for k in LANGUAGES}, None
    text = str(error)
    place = _PLACE.search(text)
    said = text[: place.start()] if place else text
    kind = next((k for k, pattern in _KINDS.items() if re.search(pattern, said)), "other")
    row, column = (int(n) if n else None for n in place.groups()) if place else (None, None)
    if place is None and not isinstance(error, ValueError):
        return dict.fromkeys(LANGUAGES, text), None
    return _told(kind, row, column, said), row


def _told(kind: str, row: int | None, column: int | None, said: str) -> dict[str, str]:
    result: dict[str, str] = {}
    for language in LANGUAGES:
        where: Any = "end" if row is None else "line" if column is None else "place"
        place = tell(f"common.broken.at_{where}", language, row=row, column=column)
        what = tell(f"common.broken.{kind}", language, said=said)
        result[language] = tell("common.broken.whole", language, place=place, what=what)
    return result
