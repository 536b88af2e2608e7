"""How each language cites the sources, clauses and notes of a pack: its ``citations.toml``."""

from __future__ import annotations

import tomllib

from resettle.problems import Problem

CITATIONS = "citations.toml"
"""One section a language; keys are the texts as rules and parameters have them, without ``assumption:``."""
FOR_FAMILIES, DOCUMENTS = "letter", "document"
"""Sections that hold one a language: how a letter to a family cites, and the papers it names by a short name."""


def read_citations(text: str) -> tuple[dict[str, dict[str, str]], list[Problem]]:
    """The citations of a pack: language to text to how that language cites it.

    What letters to families say instead stands under ``letter.<language>``, papers in full under
    ``document.<language>``. An entry that is not text is a problem and left out; a text nobody translated stays as the pack has it.

    >>> read_citations('[zh]\\n"paper line 135" = "论文第135行"')
    ({'zh': {'paper line 135': '论文第135行'}}, [])
    """
    try:
        sections = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return {}, [Problem("policy.syntax", "error", file=CITATIONS, value=str(error))]
    found: dict[str, dict[str, str]] = {}
    problems: list[Problem] = []
    nested = {
        f"{name}.{language}": entries
        for name in (FOR_FAMILIES, DOCUMENTS)
        if isinstance(sections.get(name), dict)
        for language, entries in sections.pop(name).items()
    }
    for language, entries in (sections | nested).items():
        if not isinstance(entries, dict):
            problems.append(Problem("policy.syntax", "error", file=CITATIONS, value=language, nearest="[zh]"))
            continue
        found[language] = {k: v for k, v in entries.items() if isinstance(v, str) and v}
        problems += [
            Problem("policy.syntax", "error", file=CITATIONS, value=key, nearest=f'"{key}" = "..."')
            for key in entries
            if key not in found[language]
        ]
    return found, problems
