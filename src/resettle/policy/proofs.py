"""Which paper settles a fact, and which office has it: a pack's ``proofs.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from resettle.policy.unread import unread
from resettle.problems import Problem

PROOFS = "proofs.toml"
"""One entry a fact, ``[<table>.<column>]``, with ``paper``, ``office`` (each by language) and ``source``."""
PARTS = ("paper", "office")


@dataclass(frozen=True)
class Proof:
    """What proves a fact of one column.

    Attributes:
        paper, office: the document and who has or issues it, by language.
        source: where that is written, or ``assumption: ...``, as in rules.
    """

    paper: Mapping[str, str]
    office: Mapping[str, str]
    source: str


Proofs = dict[tuple[str, str], Proof]
"""By table and column."""


def read_proofs(text: str) -> tuple[Proofs, list[Problem]]:
    """The proofs a pack names; an entry that lacks its paper, office or source is a problem and left out.

    >>> found, _ = read_proofs('''[household.x]
    ... paper = { zh = "证", en = "a paper" }
    ... office = { zh = "所", en = "an office" }
    ... source = "assumption: invented"''')
    >>> found["household", "x"].paper["en"]
    'a paper'
    """
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return {}, [unread(PROOFS, error)]
    found: Proofs = {}
    problems: list[Problem] = []
    for table, entries in tables.items():
        named: dict[str, Any] = entries if isinstance(entries, dict) else {"": None}
        for column, entry in named.items():
            lack = _lacking(entry)
            if lack or not isinstance(entry, dict):
                name = f"{table}.{column}".rstrip(".")
                problems.append(Problem("policy.syntax", "error", file=PROOFS, value=name, nearest=lack))
            else:
                found[table, column] = Proof(entry["paper"], entry["office"], entry["source"])
    return found, problems


def _lacking(entry: Any) -> str:
    """What an entry must still say, as the file would have it; empty where it is whole."""
    if not isinstance(entry, dict):
        return "[household.column] paper, office, source"
    texts = [f"{p}.{k}" for p in PARTS for k in ("zh", "en") if not _is_text(entry.get(p), k)]
    source = entry.get("source")
    return ", ".join(texts + ([] if isinstance(source, str) and source.strip() else ["source"]))


def _is_text(part: Any, language: str) -> bool:
    if not isinstance(part, dict):
        return False
    text = part.get(language)
    return isinstance(text, str) and bool(text.strip())
