"""Runs a pack's worked cases: small TOML files beside the rule they show, checked as tests."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from typing import Any

from resettle.policy.interpret import Trace, interpret
from resettle.policy.names import as_value
from resettle.policy.pack import Pack
from resettle.policy.program import bind
from resettle.policy.unread import unread
from resettle.problems import Problem

UNKNOWN = "unknown"
"""How a case writes that a result is unknown."""


@dataclass(frozen=True)
class Case:
    """One worked case: a household with its rows, a day, and what the rules must give.

    ``expect`` maps a rule to its result, ``"unknown"`` where it must be unknown; results of child rows are
    written ``"<key>.<rule>"``.
    """

    file: str
    zh: str
    en: str
    as_of: date
    household: dict[str, Any]
    parents: dict[str, dict[str, Any]]
    children: dict[str, list[dict[str, Any]]]
    expect: dict[str, Any]
    source: str


def read_cases(pack: Pack) -> tuple[list[Case], list[Problem]]:
    """The cases of a pack, ``cases/<rule>/*.toml``, in name order."""
    cases: list[Case] = []
    problems: list[Problem] = []
    for file in pack.files("cases"):
        if not file.endswith(".toml"):
            continue
        try:
            cases.append(read_case(pack, file, pack.read_text(file)))
        except (tomllib.TOMLDecodeError, KeyError) as error:
            problems.append(unread(file, error))
    return cases, problems


def read_case(pack: Pack, file: str, text: str) -> Case:
    """One case. Keys and links may be left out; a list with rows counts as finished unless it says not.

    Raises:
        KeyError: if it lacks ``as_of``, ``household`` or ``expect``.
    """
    tree = tomllib.loads(text)
    household = {"household_id": "case"} | tree["household"]
    parents: dict[str, dict[str, Any]] = {}
    if "village" in tree:
        parents["village"] = {"village_code": "case"} | tree["village"]
        household.setdefault("village_code", parents["village"]["village_code"])
    children: dict[str, list[dict[str, Any]]] = {}
    for name, table in pack.tables.items():
        if table.parent == "household":
            rows = tree.get(name, [])
            children[name] = [
                {table.key: f"{name}{i + 1}", table.link: household["household_id"]} | row
                for i, row in enumerate(rows)
            ]
            if rows:
                household.setdefault(f"{name}_listed", True)
    title = tree.get("title", {})
    source = str(tree.get("source", ""))
    return Case(
        file,
        title.get("zh", file),
        title.get("en", file),
        tree["as_of"],
        household,
        parents,
        children,
        dict(tree["expect"]),
        source,
    )


def trace_case(pack: Pack, case: Case) -> Trace:
    """The case interpreted."""
    program, _ = bind(pack, case.as_of)
    return interpret(pack, case.household, case.children, case.parents, program=program)


def run_cases(pack: Pack) -> tuple[int, list[Problem]]:
    """Run every case; returns how many results were checked, and a problem for each that differs."""
    cases, problems = read_cases(pack)
    checked = 0
    for case in cases:
        trace = trace_case(pack, case)
        for name, expected in case.expect.items():
            key, _, rule = name.rpartition(".")
            checked += 1
            try:
                found: Any = trace.result(rule, key or None)
            except KeyError:
                found = f"no rule {rule}"
            wanted = None if expected == UNKNOWN else as_value(expected)
            if found != wanted or (isinstance(wanted, bool) and not isinstance(found, bool)):
                problems.append(
                    Problem(
                        "policy.case_differs",
                        "error",
                        file=case.file,
                        column=name,
                        value=UNKNOWN if found is None else str(found),
                        nearest=str(expected),
                    )
                )
    return checked, problems
