"""What a pack calls the values of its own closed lists: its ``labels.toml``; and which of them have no words."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeGuard

from resettle.policy.names import Parameter, RowTable
from resettle.policy.read import nearest
from resettle.policy.tree import Rule
from resettle.policy.unread import unread
from resettle.problems import Problem
from resettle.tables.labels import Labels, named_label
from resettle.words import LANGUAGES

LABELS = "labels.toml"
"""A section a column, rule or keyed parameter, ``[crop]``, with ``rice = { zh = "水稻", en = "rice" }`` for each value;
``crop_price = "crop"`` above them says that a name's values are those of another."""


def read_labels(text: str) -> tuple[Labels, list[Problem]]:
    """The words of a pack; an entry that says nothing in any language is a problem and left out.

    >>> found, _ = read_labels('crop_price = "crop"\\n[crop]\\nrice = { zh = "水稻", en = "rice" }')
    >>> found["crop_price"]["rice"]["zh"]
    '水稻'
    >>> [p.value for p in read_labels('[crop]\\nrice = 7')[1]]
    ['crop.rice']
    """
    try:
        sections = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return {}, [unread(LABELS, error)]
    found: dict[str, dict[str, Mapping[str, str]]] = {}
    problems: list[Problem] = []
    for name, entries in sections.items():
        if isinstance(entries, str):
            continue
        found[name] = {}
        for value, words in entries.items() if isinstance(entries, dict) else [("", None)]:
            if _is_words(words):
                found[name][value] = words
            else:
                problems.append(_unreadable(f"{name}.{value}".rstrip("."), '{ zh = "...", en = "..." }'))
    for name, other in sections.items():
        if not isinstance(other, str):
            continue
        if other in found:
            found[name] = found[other]
        elif any(f"value.{other}." in key for key in _known()):
            found[name] = _of_contract(other)
        else:
            problems.append(_unreadable(name, nearest(other, [*found]) or "[name]"))
    return found, problems


def unlabelled(
    tables: Mapping[str, RowTable],
    rules: Sequence[Rule],
    parameters: Mapping[str, Parameter],
    labels: Labels,
    languages: Sequence[str],
) -> list[Problem]:
    """A hint for every value that is declared and has no words in a language of the pack.

    English needs none where the code is its own word (``orchard``).
    """
    problems: list[Problem] = []
    for name, value in dict.fromkeys(declared_values(tables, rules, parameters)):
        lacking = [
            k
            for k in LANGUAGES
            if k in languages
            and named_label(name, value, k, labels) is None
            and not (k == "en" and value.replace("_", "").isalpha() and value.isascii())
        ]
        if lacking:
            told = {"languages": ", ".join(lacking)}
            problems.append(
                Problem("policy.label_missing", "hint", file=LABELS, column=name, value=value, values=told)
            )
    return problems


def declared_values(
    tables: Mapping[str, RowTable], rules: Sequence[Rule], parameters: Mapping[str, Parameter]
) -> Iterator[tuple[str, str]]:
    """Every value of a closed list: of columns, of what rules come to, of parameters and their keys."""
    for table in tables.values():
        for column in table.table.columns:
            yield from ((column.name, value) for value in column.allowed if value)
    roots: dict[str, str] = {}
    for rule in rules:
        roots[rule.name] = root = roots.get(rule.to, rule.name) if rule.to else rule.name
        if rule.tree.type.kind == "text":
            yield from ((root, value) for value in rule.tree.type.values or ())
    for name, parameter in parameters.items():
        for setting in parameter.settings:
            if isinstance(setting.value, dict) and parameter.key_kind == "text":
                yield from ((name, key) for key in setting.value)
        if parameter.kind == "text":
            yield from ((name, value) for value in parameter.type.values or ())


def _known() -> list[str]:
    from resettle.words import sentences

    return [key for key in sentences("zh") if key.startswith("value.")]


def _of_contract(name: str) -> dict[str, Mapping[str, str]]:
    """The contract's words for the values of one of its columns."""
    head = f"value.{name}."
    values = [key.removeprefix(head) for key in _known() if key.startswith(head)]
    return {v: {k: named_label(name, v, k) or v for k in LANGUAGES} for v in values}


def _is_words(words: Any) -> TypeGuard[Mapping[str, str]]:
    return (
        isinstance(words, dict)
        and bool(words)
        and all(isinstance(text, str) and text.strip() for text in words.values())
    )


def _unreadable(name: str, wanted: str) -> Problem:
    return Problem("policy.syntax", "error", file=LABELS, value=name, nearest=wanted)
