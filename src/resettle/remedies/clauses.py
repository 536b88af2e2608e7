"""Where the clause of a remedy holds: in the programme's own place, elsewhere only, or nowhere.

Only the first may be used at once. What another province has put into its forms shows that it can be done;
here it is no clause, and somebody accountable has to decide.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from resettle.problems import Problem


@dataclass(frozen=True)
class Clause:
    """The clause of one remedy and whether it holds where the programme is.

    ``state``: ``here``, ``elsewhere`` or ``none``; ``places``: scopes it is of, as parameters write them.
    """

    state: str
    text: str | None = None
    places: tuple[str, ...] = ()
    document: str | None = None

    @property
    def needs_decision(self) -> bool:
        """Whether somebody has to decide before the remedy is offered."""
        return self.state != "here"


def places_of(entry: Mapping[str, Any]) -> tuple[str, ...]:
    """Scopes a clause is of; one may be written without a list."""
    said = entry.get("clause_place", ())
    return (said,) if isinstance(said, str) else tuple(str(place) for place in said)


def clause_of(entry: Mapping[str, Any], scope: str) -> Clause:
    """The clause of a remedy as it stands in ``scope``.

    It holds there if it is of that place or of one around it; where the place of either is not known it is
    not taken to hold.

    >>> national = {"clause": "a ceiling", "clause_place": "CN", "clause_document": "plan, 2016"}
    >>> clause_of(national, "CN-4103").state
    'here'
    >>> clause_of(national | {"clause_place": ["CN-45", "CN-44"]}, "CN-4103").state
    'elsewhere'
    >>> clause_of({"clause": ""}, "CN-4103").needs_decision
    True
    """
    text = str(entry.get("clause", "")).strip()
    if not text:
        return Clause("none")
    places = places_of(entry)
    holds = any(place and _within(scope, place) for place in places)
    return Clause(
        "here" if holds else "elsewhere", text, places, str(entry.get("clause_document", "")) or None
    )


def _within(scope: str, place: str) -> bool:
    """Whether ``scope`` is ``place`` or lies in it: codes of regions grow to the right, the country comes first.

    >>> _within("CN-4103", "CN-41"), _within("CN-4103", "CN"), _within("CN", "CN-41"), _within("CNX", "CN")
    (True, True, False, False)
    """
    if "-" in place:
        return scope.startswith(place)
    return scope.partition("-")[0] == place


def check_clause(entry: Mapping[str, Any], named: Collection[str]) -> list[Problem]:
    """A clause says where it holds, in a place the list names, and in which document it stands."""
    if not str(entry.get("clause", "")).strip():
        return []
    name = str(entry["code"])
    places = places_of(entry)
    problems = []
    if not places:
        problems.append(
            Problem("remedies.clause_place_missing", "error", value=name, nearest=", ".join(named))
        )
    for place in places:
        if place not in named:
            problems.append(
                Problem(
                    "remedies.clause_place_unknown",
                    "error",
                    column=name,
                    value=place,
                    nearest=", ".join(named),
                )
            )
    if not str(entry.get("clause_document", "")).strip():
        problems.append(Problem("remedies.clause_document_missing", "error", value=name))
    return problems
