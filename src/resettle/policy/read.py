"""Reads rule files as text: which functions there are, and what their decorators say. Executes nothing."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from resettle.problems import Problem

CALLS = (
    "known",
    "count",
    "total",
    "any_of",
    "all_of",
    "only",
    "look_up",
    "months",
    "years",
    "divide_half_up",
    "divide_down",
    "divide_up",
    "min",
    "max",
    "decided_by",
)
RULE_WORDS = ("of", "unit", "source", "clause", "zh", "en", "note", "since", "until", "scope")
EXCEPTION_WORDS = (*RULE_WORDS, "to", "after")


@dataclass(frozen=True)
class RawRule:
    """A function of a rule file before its names are known."""

    name: str
    table: str
    words: dict[str, Any]
    node: ast.FunctionDef
    file: str
    is_exception: bool
    arguments: tuple[str, ...] = field(default=())

    @property
    def line(self) -> int:
        return self.node.lineno


def nearest(name: str, choices: Iterable[str]) -> str | None:
    """The valid choice most like what was written, or a short list of all where there are few.

    >>> nearest("coun", ["count", "total"])
    'count'
    """
    known = sorted(set(choices))
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.55)
    if close:
        return close[0]
    return ", ".join(known) if 0 < len(known) <= 8 else None


def refused(file: str, line: int, value: str, choice: str | None) -> Problem:
    """What is outside the grammar, with its place and the nearest thing that is inside."""
    return Problem("policy.outside_grammar", "error", file=file, row=line, value=value, nearest=choice)


def read_rules(text: str, file: str) -> tuple[list[RawRule], list[Problem]]:
    """The rules written in one file, and everything in it that is outside the grammar of a module."""
    try:
        module = ast.parse(text, filename=file)
    except SyntaxError as error:
        line = error.lineno or 0
        return [], [
            Problem(
                "policy.syntax", "error", file=file, row=line, value=(error.text or "").strip() or error.msg
            )
        ]
    rules: list[RawRule] = []
    problems: list[Problem] = []
    for i, node in enumerate(module.body):
        if isinstance(node, ast.FunctionDef):
            rule, found = _read_function(node, file)
            problems += found
            if rule is not None:
                rules.append(rule)
        elif (isinstance(node, ast.ImportFrom) and node.module == "resettle.policy" and not node.level) or (
            i == 0 and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        ):
            continue
        else:
            problems.append(refused(file, node.lineno, snippet(node), "@rule, @exception"))
    return rules, problems


def snippet(node: ast.AST) -> str:
    """The source of a node on one line, shortened."""
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= 80 else text[:77] + "..."


def _read_function(node: ast.FunctionDef, file: str) -> tuple[RawRule | None, list[Problem]]:
    if len(node.decorator_list) != 1:
        return None, [refused(file, node.lineno, node.name, "@rule(...), @exception(to=...)")]
    decorator = node.decorator_list[0]
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    kind = called.id if isinstance(called, ast.Name) else ""
    if kind not in ("rule", "exception"):
        return None, [refused(file, node.lineno, snippet(decorator), "@rule(...), @exception(to=...)")]
    words, problems = _read_words(decorator, kind, file)
    a = node.args
    if a.posonlyargs or a.kwonlyargs or a.vararg or a.kwarg or a.defaults:
        problems.append(refused(file, node.lineno, snippet(a), "plain names as arguments"))
    if not str(words.get("source", "")).strip():
        problems.append(Problem("policy.no_source", "error", file=file, row=node.lineno, value=node.name))
    if kind == "exception" and not words.get("to"):
        problems.append(refused(file, node.lineno, snippet(decorator), '@exception(to="...")'))
        return None, problems
    names = tuple(arg.arg for arg in a.args)
    table = str(words.get("of", "household"))
    return RawRule(node.name, table, words, node, file, kind == "exception", names), problems


def _read_words(node: ast.expr, kind: str, file: str) -> tuple[dict[str, Any], list[Problem]]:
    """The decorator's keyword arguments: literal text only, dates as ISO text."""
    words: dict[str, Any] = {}
    problems: list[Problem] = []
    allowed = EXCEPTION_WORDS if kind == "exception" else RULE_WORDS
    if not isinstance(node, ast.Call):
        return words, problems
    for argument in node.args:
        problems.append(refused(file, argument.lineno, snippet(argument), ", ".join(allowed)))
    for keyword in node.keywords:
        name, value = keyword.arg or "**", keyword.value
        if name not in allowed:
            problems.append(refused(file, value.lineno, name, nearest(name, allowed)))
        elif not isinstance(value, ast.Constant) or not isinstance(value.value, str):
            problems.append(refused(file, value.lineno, f"{name}={snippet(value)}", f'{name}="..."'))
        elif name in ("since", "until"):
            try:
                words[name] = date.fromisoformat(value.value)
            except ValueError:
                problems.append(refused(file, value.lineno, f"{name}={value.value}", "2016-01-01"))
        else:
            words[name] = value.value
    return words, problems


def mentioned(raw: RawRule) -> set[tuple[str, str]]:
    """What a rule names: ``("", name)`` for a bare name, ``(table, name)`` for ``table.name``."""
    found: set[tuple[str, str]] = set()
    for node in ast.walk(ast.Module(body=raw.node.body, type_ignores=[])):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            found.add((node.value.id, node.attr))
        elif isinstance(node, ast.Name):
            found.add(("", node.id))
    return found
