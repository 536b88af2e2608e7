"""A file of a pack that cannot be read, as a problem with its line."""

from __future__ import annotations

from resettle.problems import Problem
from resettle.words.broken import broken


def unread(file: str, error: Exception) -> Problem:
    """What is wrong with a settings file, in both languages.

    >>> unread("pack.toml", KeyError("version")).values["value"]["en"]
    'version is missing; add it'
    """
    reason, row = broken(error)
    return Problem("policy.not_toml", "error", file=file, row=row, value=str(error), values={"value": reason})
