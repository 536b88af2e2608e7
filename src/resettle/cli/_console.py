"""What every command prints with: problems in words, a progress line, JSON."""

from __future__ import annotations

import json
import locale
import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import click

from resettle.problems import SEVERITIES, Problem
from resettle.words import LANGUAGES, Language, explain_problem, tell

OF_A_KIND = 3
"""Sentences of one kind on a screen: the fourth says nothing new."""
MARKS = {"error": "✕", "warning": "!", "hint": "?", "info": "i"}


_ASKED = "resettle.language"


def _remember(ctx: click.Context, _: click.Parameter, value: Language | None) -> None:
    ctx.meta[_ASKED] = value


def language_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--lang`` for a command that only prints: what it says is then in the language asked for."""
    return click.option(
        "--lang",
        type=click.Choice(LANGUAGES),
        expose_value=False,
        is_eager=True,
        callback=_remember,
        help="Language of the answer.",
    )(command)


def default_language() -> Language:
    """The console's language: the one asked for, ``RESETTLE_LANG``, else the locale's, else English."""
    running = click.get_current_context(silent=True)
    asked: Language | None = None if running is None else running.meta.get(_ASKED)
    if asked is not None:
        return asked
    wish = os.environ.get("RESETTLE_LANG") or os.environ.get("LANG") or locale.getlocale()[0] or ""
    return "zh" if wish.lower().startswith("zh") else "en"


def said_language(arguments: Sequence[str]) -> Language | None:
    """The language a command was told, for what goes wrong before or beside it.

    >>> said_language(["run", "x", "--lang", "zh"]), said_language(["run", "--lang=en"]), said_language(["run", "--lang"])
    ('zh', 'en', None)
    """
    for here, after in zip(arguments, [*arguments[1:], ""], strict=True):
        wish = (
            after if here == "--lang" else here.removeprefix("--lang=") if here.startswith("--lang=") else ""
        )
        found: Language | None = next((language for language in LANGUAGES if language == wish), None)
        if found is not None:
            return found
    return None


def print_problems(
    problems: Iterable[Problem], language: Language | None = None, most: int = 12, more: str = "common.more"
) -> None:
    """Problems on standard error, gravest first; the rest is counted, never dropped unsaid, and ``more`` says where it is."""
    language = language or default_language()
    found = sorted(problems, key=lambda p: SEVERITIES.index(p.severity))
    seen: Counter[str] = Counter()
    shown: list[Problem] = []
    for problem in found:
        seen[problem.code] += 1
        if seen[problem.code] <= OF_A_KIND and len(shown) < most:
            shown.append(problem)
    for problem in shown:
        what, remedy = explain_problem(problem, language)
        click.echo(f"  {MARKS[problem.severity]} {what} {remedy}".rstrip(), err=True)
    if len(found) > len(shown):
        rest = tell(more, language, count=len(found) - len(shown))
        click.echo(f"  … {rest}", err=True)


def problem_json(problem: Problem) -> dict[str, Any]:
    """A problem as data, with its sentences in both languages."""
    data = {k: v for k, v in problem.fields().items() if v is not None}
    texts = {}
    for language in LANGUAGES:
        what, remedy = explain_problem(problem, language)
        texts[language] = {"what": what, "remedy": remedy}
    return {"code": problem.code, "severity": problem.severity, **data, "text": texts}


def quoted(path: object) -> str:
    """A path as it can be typed after a command.

    >>> quoted("a"), quoted("my county")
    ('a', '"my county"')
    """
    text = str(path)
    return f'"{text}"' if any(sign.isspace() for sign in text) else text


def print_json(data: Any) -> None:
    """One JSON document on standard output."""
    click.echo(json.dumps(data, ensure_ascii=False, indent=2, default=str))
