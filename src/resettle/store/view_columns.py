"""What every database with a registry shares: the names of its views, columns as the contract has them, no secrets."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote

from resettle.policy.dialects import Dialect
from resettle.tables import HOUSEHOLD, PERSON, Column

VIEWS: Mapping[str, str] = {HOUSEHOLD.name: "registry_household", PERSON.name: "registry_person"}


def masked(column: Column, spelling: Dialect, text: str) -> str:
    """A column's text that is unknown outside the declared list or range, as a contracted table has it."""
    tests = []
    if column.allowed:
        tests.append(f"{text} IN ({', '.join(quoted(v) for v in column.allowed)})")
    if column.low is not None:
        tests.append(f"{text} >= {column.low}")
    if column.high is not None:
        tests.append(f"{text} <= {column.high}")
    name = spelling.name_of(column.name)
    return f"CASE WHEN {' AND '.join(tests)} THEN {text} END AS {name}" if tests else f"{text} AS {name}"


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def without_password(text: str, url: str) -> str:
    """A database's own message, in one line, with whatever of the address is secret taken out.

    >>> without_password("no entry for amy:s%40fe", "postgresql://amy:s%40fe@host/db")
    'no entry for amy:***'
    """
    line = " ".join(text.split())
    for secret in secrets_of(url):
        line = line.replace(secret, "***")
    return line[:300]


def secrets_of(url: str) -> list[str]:
    """The password of an address as written and as meant, longest first."""
    found = {url}
    head, _, query = url.partition("?")
    user, at, _ = head.partition("://")[2].rpartition("@")
    if at and ":" in user:
        found |= {user.partition(":")[2]}
    found |= {pair[9:] for pair in query.split("&") if pair.startswith("password=")}
    return sorted({s for f in found for s in (f, unquote(f)) if s}, key=lambda s: (-len(s), s))
