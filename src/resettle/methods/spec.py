"""What a specification's keys may hold: a value of the wrong kind is named before anything is computed with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from resettle.methods.nearest import nearest
from resettle.problems import Problem

Kind = Literal["number", "numbers", "whole", "text", "texts", "yes", "share"]


def _fits(value: object, kind: Kind) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if kind in ("numbers", "texts"):
        inner: Kind = "number" if kind == "numbers" else "text"
        return isinstance(value, list | tuple) and all(_fits(v, inner) for v in value)
    if kind == "number":
        return number
    if kind == "whole":
        return isinstance(value, int) and not isinstance(value, bool) and value >= 0
    if kind == "share":
        return number and 0 < float(value) < 1  # type: ignore[arg-type]
    return isinstance(value, bool) if kind == "yes" else isinstance(value, str)


def check_kinds(given: Mapping[str, Any], kinds: Mapping[str, Kind]) -> list[Problem]:
    """A problem for every key whose value is of another kind.

    >>> [p.column for p in check_kinds({"cut": "a third", "level": 95}, {"cut": "number", "level": "share"})]
    ['cut', 'level']
    """
    return [
        Problem("spec.value_kind", "error", column=key, value=str(given[key])[:60], values={"kind": kind})
        for key, kind in kinds.items()
        if key in given and not _fits(given[key], kind)
    ]


def check_choice(given: Mapping[str, Any], key: str, choices: Sequence[str]) -> list[Problem]:
    """A problem where a key's value is none of its choices; the nearest is named."""
    if key not in given or given[key] in choices:
        return []
    value = str(given[key])
    near = {"nearest": f"{nearest(value, choices)} ({', '.join(choices)})"}
    return [Problem("spec.choice_unknown", "error", column=key, value=value, **near)]
