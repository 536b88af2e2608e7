"""From readings to what can be held against what, by general rules."""
from __future__ import annotations
from collections.abc import Mapping, Sequence
from typing import Any
from resettle.supervision.reading import Reading


def as_published(readings: Sequence[Reading]) -> dict[str, Any]:
    """Readings as published figures."""
    return {}


def merge(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """Two files of published figures as one."""
    merged = dict(first)
    for key, rows in second.items():
        merged[key] = [*merged.get(key, []), *rows] if isinstance(rows, list) else merged.get(key, rows)
    return merged
