"""The sentences of problems, pages and reports, in Chinese and English.

``words/<language>/<room>.toml`` holds nested keys; ``tell`` fills them in. Every language holds the same
keys with the same place-holders (a test). A place-holder is ``{name}``; ``{name:,}`` groups thousands.
A sentence of a problem is ``[problem.<room>.<name>]`` with ``what`` and ``remedy``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from string import Formatter
from typing import Any, Literal

from resettle.problems import Problem

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")


class _Lenient(Formatter):
    """Formats what is there; an absent or ``None`` value reads as an unknown, never as a crash."""

    def __init__(self, unknown: str) -> None:
        super().__init__()
        self._unknown = unknown

    def get_value(self, key: int | str, args: Any, kwargs: Any) -> Any:
        value = kwargs.get(key) if isinstance(key, str) else None
        return self._unknown if value is None else value

    def format_field(self, value: Any, format_spec: str) -> str:
        try:
            return str(format(value, format_spec))
        except (ValueError, TypeError):
            return str(value)


def _flatten(tree: dict[str, Any], prefix: str, into: dict[str, str]) -> None:
    for key, value in tree.items():
        name = f"{prefix}.{key}" if prefix else key
        if isinstance(value, dict):
            _flatten(value, name, into)
        else:
            into[name] = str(value)


@cache
def sentences(language: Language) -> dict[str, str]:
    """All sentences of one language by dotted key."""
    found: dict[str, str] = {}
    folder = resources.files("resettle.words") / language
    for file in sorted(folder.iterdir(), key=lambda f: f.name):
        if file.name.endswith(".toml"):
            _flatten(tomllib.loads(file.read_text(encoding="utf-8")), "", found)
    return found


def tell(key: str, language: Language, **values: Any) -> str:
    """The sentence ``key`` in ``language`` with its values filled in.

    Raises:
        KeyError: for a key that no file holds; a missing sentence is a defect, not an empty line.

    >>> tell("common.unknown", "zh"), tell("common.unknown", "en")
    ('未知', 'unknown')
    """
    words = sentences(language)
    return _Lenient(words["common.unknown"]).format(words[key], **values)


def explain_problem(problem: Problem, language: Language) -> tuple[str, str]:
    """What is wrong and what to do, as a person reads it.

    A value may hold its words in each language: ``{"zh": ..., "en": ...}``. ``{place}`` is the user's file, or the
    table where there is none; ``{page}`` the sheet of a file, or the file alone where it has no sheets.
    """
    base = f"problem.{problem.code}"
    values = {
        name: value[language] if isinstance(value, Mapping) and language in value else value
        for name, value in {"place": problem.file or problem.table, **problem.fields()}.items()
    }
    page = "common.page_of_sheet" if problem.sheet else "common.page_of_file"
    values["page"] = tell(page, language, file=problem.file, sheet=problem.sheet)
    remedy = sentences(language).get(f"{base}.remedy", "")
    return tell(f"{base}.what", language, **values), _Lenient(tell("common.unknown", language)).format(
        remedy, **values
    )
