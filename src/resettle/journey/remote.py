"""The rules where an office's registry lies: over two contracted read-only views, the same cells as anywhere.

A database that is not there, a view that is absent or lacks what the rules read is a problem that says what
to do; nothing falls back to another engine, and nothing of the office's is changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

import polars as pl

from resettle.policy import Engine, Pack, Program, bind, evaluate
from resettle.policy.program import names_in
from resettle.policy.tree import Gather
from resettle.problems import Problem, ResettleError
from resettle.store.registry_views import SCHEMES, Registry, address, check_views, open_registry
from resettle.store.view_columns import VIEWS
from resettle.tables import Column, Table, conform


@dataclass(frozen=True)
class Lying:
    """What a run has of a registry that lies in a database, open until the run is over.

    Attributes:
        name: the engine; never the address, which may hold a password.
        rows: households and persons by the contract of the pack, only the columns the views hold.
        hashes: SHA-256 of the rows of each view, in the order of their keys.
        engine: what computes the rules there.
    """

    name: str
    rows: Mapping[str, pl.DataFrame]
    hashes: Mapping[str, str]
    engine: str | Engine
    problems: tuple[Problem, ...] = ()


def engine_of(engine: str | None, url: str | None) -> str | None:
    """The engine a user named, or else the one the scheme of the address speaks of.

    >>> engine_of(None, "postgresql://host/db"), engine_of("sqlite", None), engine_of(None, "http://host")
    ('postgresql', 'sqlite', 'http')
    """
    if engine or not url:
        return engine
    parts = address(url)
    scheme = parts.scheme if parts else ""
    return next((name for name, schemes in SCHEMES.items() if scheme in schemes), scheme)


@contextmanager
def lying(engine: str, url: str | None, pack: Pack, as_of: date, scope: str | None) -> Iterator[Lying]:
    """The registry of an office, checked and read, with its engine; closed at the end.

    Raises:
        ResettleError: a database that is not there, a view that is absent or lacks what the rules read.
    """
    program, _ = bind(pack, as_of, scope)
    with open_registry(engine, url) as registry:
        rows, there, problems = read_views(registry, pack, program)
        if any(p.severity == "error" for p in problems):
            raise ResettleError(problems)
        hashes = {VIEWS[name]: sha256(rows[name].write_csv().encode()).hexdigest() for name in rows}
        rows = {name: frame.select([c.name for c in there[name]]) for name, frame in rows.items()}
        yield Lying(engine, rows, hashes, registry.engine(there), tuple(problems))


def evaluate_registry(
    pack: Pack,
    engine: str,
    url: str,
    as_of: date,
    scope: str | None = None,
    tables: Mapping[str, pl.DataFrame] | None = None,
    outputs: list[str] | None = None,
) -> tuple[dict[str, pl.DataFrame], list[Problem]]:
    """Every rule in force over the views of a registry; the results as ``evaluate`` gives them.

    Args:
        engine: ``duckdb``, ``sqlite``, ``postgresql`` or ``spark``.
        url: where the registry lies; no sentence ever repeats its password.
        tables: further tables the rules read (``village``, inventories).

    Returns no results, and the problems, where the registry cannot be read.
    """
    program, _ = bind(pack, as_of, scope)
    try:
        with open_registry(engine, url) as registry:
            rows, there, problems = read_views(registry, pack, program.only(outputs))
            if any(p.severity == "error" for p in problems):
                return {}, problems
            results, found = evaluate(
                pack, dict(tables or {}) | rows, as_of, scope, registry.engine(there), outputs
            )
    except ResettleError as error:
        return {}, error.problems
    return results, problems + found


def read_views(
    registry: Registry, pack: Pack, program: Program
) -> tuple[dict[str, pl.DataFrame], dict[str, list[Column]], list[Problem]]:
    """Households and persons of the views by their contract, the columns each view holds, and the problems.

    A missing or repeated key is an error: the rules would count that household or person twice.
    """
    contracts = {name: pack.tables[name].table.columns for name in VIEWS}
    there, problems = check_views(registry, contracts, columns_read(program))
    rows: dict[str, pl.DataFrame] = {}
    if problems:
        return rows, there, problems
    for name, view in VIEWS.items():
        contract = Table(view, pack.tables[name].table.key, tuple(there[name]))
        rows[name], found = conform(registry.rows(view, there[name]), contract)
        rows[name] = rows[name].sort(contract.key)
        problems += found
    return rows, there, problems


def columns_read(program: Program) -> dict[str, set[str]]:
    """The columns of households and persons that the rules in force read, with keys and links.

    Whether a list is finished is not asked of a view: where it is absent the programme folder says it.
    """
    read = {name: {program.tables[name].key, program.tables[name].link} for name in VIEWS}
    for step in program.steps:
        named = names_in(step.tree) + [
            p for g in step.tree.walk() if isinstance(g, Gather) for p in (g.item, g.where) if p is not None
        ]
        for name in named:
            if name.table in read and name.origin == "column" and not name.name.endswith("_listed"):
                read[name.table].add(name.name)
    return read
