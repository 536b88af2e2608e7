"""The sentences of problems, pages and reports, in Chinese and English.

``words/<language>/<room>.toml`` holds nested keys; ``tell`` fills them in. Every language holds the same
keys with the same place-holders (a test). A place-holder is ``{name}``; ``{name:,}`` groups thousands.
A sentence of a problem is ``[problem.<room>.<name>]`` with ``what`` and ``remedy``, and ``remedy_near`` where a nearest
valid choice changes the advice.
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
    return _filled(words[key], values, words["common.unknown"])


@cache
def _parts(sentence: str) -> tuple[tuple[str, str | None, str], ...] | None:
    """A sentence as (words, name of the place after them, its form); ``None`` where a place is more than a name."""
    parts = [(words, name, form or "", kind) for words, name, form, kind in Formatter().parse(sentence)]
    plain = all(
        name is None or (name.isidentifier() and not kind and "{" not in form)
        for _, name, form, kind in parts
    )
    return tuple((words, name, form) for words, name, form, _ in parts) if plain else None


def _filled(sentence: str, values: Mapping[str, Any], unknown: str) -> str:
    """A sentence with its values: thousands of problems have a few dozen sentences, each taken apart once."""
    parts, lenient = _parts(sentence), _Lenient(unknown)
    if parts is None:
        return lenient.format(sentence, **values)
    return "".join(
        words if name is None else words + lenient.format_field(lenient.get_value(name, (), values), form)
        for words, name, form in parts
    )


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
    what = sentences(language)[f"{base}.what"]
    if "{page}" in what:
        page = "common.page_of_sheet" if problem.sheet else "common.page_of_file"
        values["page"] = tell(page, language, file=problem.file, sheet=problem.sheet)
    remedy = sentences(language).get(f"{base}.remedy", "")
    if problem.nearest:  # a remedy that names the nearest choice, where there is one
        remedy = sentences(language).get(f"{base}.remedy_near", remedy)
    unknown = tell("common.unknown", language)
    return _filled(what, values, unknown), _filled(remedy, values, unknown)
