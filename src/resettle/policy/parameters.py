"""Reads ``parameters/*.toml``: dated, scoped, bilingual, sourced values."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from itertools import combinations
from typing import Any

from resettle.policy.names import Parameter, Setting
from resettle.policy.read import nearest
from resettle.policy.tree import RuleKind
from resettle.policy.unread import unread
from resettle.problems import Problem

_WORDS = ("unit", "name", "values", "low", "high", "key", "kind", "note")
_VALUE_WORDS = ("from", "until", "scope", "value", "table", "unknown", "source", "note")


def read_parameters(text: str, file: str) -> tuple[dict[str, Parameter], list[Problem]]:
    """The parameters of one file.

    An empty source, an unreadable value or two settings that cover the same day in the same scope are
    errors; every parameter that could be read is returned.
    """
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return {}, [unread(file, error)]
    found: dict[str, Parameter] = {}
    problems: list[Problem] = []
    for name, entry in tree.items():
        if not isinstance(entry, dict) or not isinstance(entry.get("values"), list):
            problems.append(_bad(file, name, "values", 'values = [ { value = 1, source = "..." } ]'))
            continue
        problems += [_bad(file, name, w, nearest(w, _WORDS)) for w in entry if w not in _WORDS]
        parameter, more = _read_one(name, entry, file)
        problems += more
        if parameter is not None:
            found[name] = parameter
    return found, problems


def _bad(file: str, name: str, value: str, choice: str | None) -> Problem:
    return Problem("policy.parameter_unread", "error", file=file, column=name, value=value, nearest=choice)


def _read_one(name: str, entry: Mapping[str, Any], file: str) -> tuple[Parameter | None, list[Problem]]:
    problems: list[Problem] = []
    settings: list[Setting] = []
    key_kind: RuleKind = "integer" if entry.get("key") == "integer" else "text"
    for item in entry["values"]:
        setting, more = _read_setting(name, item, key_kind, file)
        problems += more
        if setting is not None:
            settings.append(setting)
    for a, b in combinations(settings, 2):
        if a.scope == b.scope and _overlap(a, b):
            problems.append(
                Problem(
                    "policy.dates_overlap",
                    "error",
                    file=file,
                    column=name,
                    value=_span(a),
                    nearest=_span(b),
                    values={"scope": a.scope or "*"},
                )
            )
    titles = entry.get("name", {})
    if not (titles.get("zh") and titles.get("en")):
        problems.append(_bad(file, name, "name", 'name = { zh = "...", en = "..." }'))
    sample = [v for s in settings for v in (s.value.values() if isinstance(s.value, dict) else [s.value])]
    kinds: set[RuleKind] = {_kind(v) for v in sample if v is not None}
    declared: RuleKind | None = entry.get("kind")
    if len(kinds | ({declared} if declared else set())) > 1:
        problems.append(_bad(file, name, ", ".join(sorted(str(k) for k in kinds)), declared))
        return None, problems
    fallback: RuleKind = "integer"
    kind = declared if declared else next(iter(kinds), fallback)
    return (
        Parameter(
            name,
            kind,
            str(entry.get("unit", "")),
            str(titles.get("zh", "")),
            str(titles.get("en", "")),
            any(isinstance(s.value, dict) for s in settings) or "key" in entry,
            key_kind,
            entry.get("low"),
            entry.get("high"),
            tuple(settings),
        ),
        problems,
    )


def _read_setting(
    name: str, item: Mapping[str, Any], key_kind: RuleKind, file: str
) -> tuple[Setting | None, list[Problem]]:
    problems = [_bad(file, name, w, nearest(w, _VALUE_WORDS)) for w in item if w not in _VALUE_WORDS]
    source = str(item.get("source", "")).strip()
    if not source or source == "assumption:":
        problems.append(Problem("policy.no_source", "error", file=file, value=name))
    value: Any = item.get("value")
    if "table" in item:
        value = {int(k) if key_kind == "integer" else str(k): v for k, v in item["table"].items()}
    if value is None and not item.get("unknown"):
        problems.append(_bad(file, name, "value", "value, table, unknown = true"))
        return None, problems
    if isinstance(value, float):
        problems.append(_bad(file, name, str(value), "a whole number in dm2, minor units or ppm"))
        return None, problems
    scope, note = str(item.get("scope", "")), str(item.get("note", ""))
    return Setting(value, source, item.get("from"), item.get("until"), scope, note, file), problems


def _kind(value: Any) -> RuleKind:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, date):
        return "date"
    return "integer" if isinstance(value, int) else "text"


def _overlap(a: Setting, b: Setting) -> bool:
    low, high = date.min, date.max
    return (a.since or low) <= (b.until or high) and (b.since or low) <= (a.until or high)


def _span(s: Setting) -> str:
    return f"{s.since or '...'} - {s.until or '...'}"
