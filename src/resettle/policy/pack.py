"""Finds and loads packs: everything particular to one country or programme, read and never executed."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import metadata, resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from resettle.policy.build import build_rules
from resettle.policy.citations import CITATIONS, DOCUMENTS, FOR_FAMILIES, read_citations
from resettle.policy.labels import LABELS, read_labels, unlabelled
from resettle.policy.names import AS_OF, BASE_TABLES, Parameter, RowTable
from resettle.policy.parameters import read_parameters
from resettle.policy.proofs import PROOFS, Proof, Proofs, read_proofs
from resettle.policy.read import RawRule, nearest, read_rules
from resettle.policy.tree import Rule
from resettle.policy.unread import unread
from resettle.problems import Problem, ResettleError
from resettle.tables import Column, Table
from resettle.tables.labels import Labels, label
from resettle.words import LANGUAGES, Language, tell

ENTRY_POINTS = "resettle.packs"


@dataclass(frozen=True)
class Pack:
    """A loaded pack.

    Attributes:
        id, zh, en, version, currency, languages: who it is.
        scope: the place it is about, as parameters write it (``CN-4103``).
        tables: the tables its rules may run over, with the columns it adds.
        parameters, rules: by name; a rule may have several dated versions and exceptions.
        properties: what it states for ``prove``.
        settings: ``pack.toml`` as it stands, for the stages that read their own sections.
        citations: language to (source, clause or note as it stands -> how that language cites it); see ``citations.py``.
        proofs: table and column to the paper that settles such a fact.
        labels: what the values of its closed lists are called; see ``labels.py``.
        content_hash: SHA-256 over every file of the folder.
    """

    id: str
    zh: str
    en: str
    version: str
    currency: str
    languages: tuple[str, ...]
    scope: str
    tables: Mapping[str, RowTable]
    parameters: Mapping[str, Parameter]
    rules: tuple[Rule, ...]
    properties: tuple[Mapping[str, Any], ...]
    settings: Mapping[str, Any] = field(repr=False)
    folder: Traversable = field(repr=False)
    content_hash: str
    citations: Mapping[str, Mapping[str, str]] = field(repr=False, default_factory=dict)
    proofs: Mapping[tuple[str, str], Proof] = field(repr=False, default_factory=dict)
    labels: Labels = field(repr=False, default_factory=dict)

    def cite(self, text: str, language: Language) -> str:
        """A source, clause or note in a reader's language; as it stands where ``citations.toml`` has no other.

        An assumption is said to be one in that language; the pack keys it without its ``assumption:``.
        """
        if text.startswith("assumption"):
            reason = text.partition(":")[2].strip()
            return tell("policy.assumption", language, source=self.cite(reason, language))
        return self.citations.get(language, {}).get(text, text)

    def proof_of(self, table: str, column: str, language: Language) -> str | None:
        """Which paper settles a fact, which office has it and where that is written; ``None``: the pack is silent."""
        proof = self.proofs.get((table, column))
        if proof is None:
            return None
        paper, office = proof.paper[language], proof.office[language]
        return tell(
            "policy.proof", language, paper=paper, office=office, source=self.cite(proof.source, language)
        )

    def label(self, name: str, value: str, language: Language) -> str:
        """What a value of a column, rule or parameter (a key of a keyed one too) is called in a language."""
        return label(name, value, language, self.labels)

    def cite_plainly(self, text: str, language: Language) -> str:
        """A source as a letter to a family names it, without its ``assumption:``; else as the pages cite it."""
        reason = text.partition(":")[2].strip() if text.startswith("assumption") else text
        own = self.citations.get(f"{FOR_FAMILIES}.{language}", {})
        return own.get(text) or own.get(reason) or self.cite(reason, language)

    def documents(self, language: Language) -> Mapping[str, str]:
        """The papers citations call by a short name, and each in full."""
        return self.citations.get(f"{DOCUMENTS}.{language}", {})

    def currency_name(self, language: Language) -> str:
        """What the pack calls its money, else the currency code."""
        names: Mapping[str, str] = self.settings["pack"].get("currency_name", {})
        return names.get(language, self.currency)

    def read_text(self, relative: str) -> str:
        """The text of another file of the pack.

        Raises:
            ResettleError: if the pack has no such file.
        """
        file = _inside(self.folder, relative)
        if not file.is_file():
            raise ResettleError(Problem("policy.pack_file_missing", "error", file=relative, value=self.id))
        return file.read_text(encoding="utf-8")

    def read_bytes(self, relative: str) -> bytes:
        """The bytes of another file of the pack (a form, a picture)."""
        file = _inside(self.folder, relative)
        if not file.is_file():
            raise ResettleError(Problem("policy.pack_file_missing", "error", file=relative, value=self.id))
        return file.read_bytes()

    def files(self, relative: str = "") -> list[str]:
        """Names of all files below a folder of the pack, sorted."""
        return [
            n for n, _ in _walk(self.folder) if n.startswith(relative.rstrip("/") + "/" if relative else "")
        ]

    @property
    def hints(self) -> list[Problem]:
        """What its author should still write: values of closed lists that have no words."""
        return unlabelled(self.tables, self.rules, self.parameters, self.labels, self.languages)

    def rule(self, name: str) -> Rule | None:
        """The first version of a rule."""
        return next((r for r in self.rules if r.name == name and not r.to), None)

    def root_of(self, rule: Rule) -> str:
        """The result a rule is about: an exception's is that of the rule it is an exception to."""
        above = {r.name: r.to for r in self.rules if r.to}
        name = rule.name
        while name in above:
            name = above[name]
        return name

    def table_of(self, name: str) -> str | None:
        """The table a rule computes a column of."""
        found = self.rule(name)
        return found.table if found else None


def _inside(folder: Traversable, relative: str) -> Traversable:
    parts = [p for p in relative.replace("\\", "/").split("/") if p not in ("", ".")]
    if ".." in parts:
        raise ResettleError(Problem("policy.pack_file_missing", "error", file=relative))
    for part in parts:
        folder = folder / part
    return folder


def _walk(folder: Traversable, prefix: str = "") -> Iterator[tuple[str, Traversable]]:
    for item in sorted(folder.iterdir(), key=lambda f: f.name):
        if item.name == "__pycache__" or item.name.startswith("."):
            continue
        if item.is_dir():
            yield from _walk(item, f"{prefix}{item.name}/")
        else:
            yield f"{prefix}{item.name}", item


def find_packs() -> dict[str, str]:
    """Installed packs: id to the name of the module that holds the folder."""
    return {e.name: e.value for e in sorted(metadata.entry_points(group=ENTRY_POINTS), key=lambda e: e.name)}


def _folder(id_or_path: str | Path) -> Traversable:
    path = Path(id_or_path)
    if (path / "pack.toml").is_file():
        return path
    known = find_packs()
    name = str(id_or_path)
    if name in known:
        module = known[name].partition(":")[0]
        parent, _, leaf = module.rpartition(".")
        return resources.files(parent) / leaf if parent else resources.files(leaf)
    raise ResettleError(Problem("policy.pack_unknown", "error", value=name, nearest=nearest(name, known)))


def load_pack(id_or_path: str | Path) -> tuple[Pack, list[Problem]]:
    """Load a pack by its id (entry point group ``resettle.packs``) or from a folder.

    Returns the pack with every rule and parameter that could be read, and the problems of the others: file,
    line, what is wrong and the nearest valid choice.

    Raises:
        ResettleError: if there is no such pack or its ``pack.toml`` cannot be read.
    """
    folder = _folder(id_or_path)
    try:
        settings = tomllib.loads((folder / "pack.toml").read_text(encoding="utf-8"))
        head = settings["pack"]
        identity = {k: head[k] for k in ("id", "version", "currency")}
    except (tomllib.TOMLDecodeError, KeyError) as error:
        raise ResettleError(unread("pack.toml", error)) from error
    tables, problems = _tables(settings)
    parameters: dict[str, Parameter] = {"as_of": AS_OF}
    raws: list[RawRule] = []
    digest = hashlib.sha256()
    citations: dict[str, dict[str, str]] = {}
    proofs: Proofs = {}
    labels: Labels = {}
    for name, file in _walk(folder):
        content = file.read_bytes()
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
        if (broken := _broken(name, content)) is not None:
            problems.append(broken)
        elif name.startswith("parameters/") and name.endswith(".toml"):
            read, found = read_parameters(content.decode("utf-8"), name)
            problems += found + [_clash(name, p) for p in read if p in parameters]
            parameters |= read
        elif name.startswith("rules/") and name.endswith(".py"):
            rules, found = read_rules(content.decode("utf-8"), name)
            problems += found
            raws += rules
        elif name == CITATIONS:
            citations, found = read_citations(content.decode("utf-8"))
            problems += found
        elif name == PROOFS:
            proofs, found = read_proofs(content.decode("utf-8"))
            problems += found
        elif name == LABELS:
            labels, found = read_labels(content.decode("utf-8"))
            problems += found
    problems += _nowhere(proofs, tables)
    checked, tables, found = build_rules(raws, tables, parameters)
    problems += found
    return (
        Pack(
            **identity,
            zh=head.get("zh", head["id"]),
            en=head.get("en", head["id"]),
            languages=tuple(head.get("languages", LANGUAGES)),
            scope=head.get("scope", ""),
            tables=tables,
            parameters=parameters,
            rules=checked,
            properties=tuple(settings.get("property", ())),
            settings=settings,
            folder=folder,
            content_hash=digest.hexdigest(),
            citations=citations,
            proofs=proofs,
            labels=labels,
        ),
        problems,
    )


def _broken(name: str, content: bytes) -> Problem | None:
    """What is wrong with a settings file that a stage reads later: it is said before anything runs."""
    if not name.endswith(".toml"):
        return None
    try:
        tomllib.loads(content.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        return unread(name, error)
    return None


def _nowhere(proofs: Proofs, tables: Mapping[str, RowTable]) -> list[Problem]:
    """A proof of a fact that no table has proves nothing; it is named with the nearest fact there is."""
    known = {f"{t}.{c.name}" for t, entry in tables.items() for c in entry.table.columns}
    named = [f"{table}.{column}" for table, column in proofs]
    return [
        Problem("policy.syntax", "error", file=PROOFS, value=name, nearest=nearest(name, known))
        for name in named
        if name not in known
    ]


def _clash(file: str, name: str) -> Problem:
    return Problem("policy.name_clash", "error", file=file, value=name)


def _tables(settings: Mapping[str, Any]) -> tuple[dict[str, RowTable], list[Problem]]:
    """The base tables and those the pack declares: ``[table.<name>]`` with ``columns``.

    A declared column adds to a base table; a new table names its ``parent`` and ``key``, and its parent
    gets the flag ``<table>_listed`` (its rows are all there).
    """
    tables = dict(BASE_TABLES)
    problems: list[Problem] = []
    for name, entry in settings.get("table", {}).items():
        columns: list[Column] = []
        for item in entry.get("columns", []):
            try:
                fields: dict[str, Any] = {k: tuple(v) if k == "allowed" else v for k, v in item.items()}
                columns.append(Column(**fields))
            except TypeError as error:
                problems.append(unread("pack.toml", error))
        if name in tables:
            base = tables[name]
            old = [c for c in base.table.columns if c.name not in {n.name for n in columns}]
            table = Table(
                name, base.table.key, (*old, *columns), base.table.zh, base.table.en, base.table.writer
            )
            rows, population = entry.get("max_rows", base.max_rows), entry.get("population", base.population)
            tables[name] = RowTable(table, base.parent, base.link, rows, population)
            continue
        parent = entry.get("parent", "household")
        if parent not in tables or "key" not in entry:
            problems.append(
                Problem("policy.syntax", "error", file="pack.toml", value=name, nearest="key, parent")
            )
            continue
        link = Column(tables[parent].key, "text", zh=tables[parent].table.zh, en=parent, required=True)
        key = Column(entry["key"], "text", zh="编号", en="number", required=True)
        columns = [key, link, *(c for c in columns if c.name not in (key.name, link.name))]
        table = Table(
            name, (key.name,), tuple(columns), entry.get("zh", name), entry.get("en", name), "registry"
        )
        rows, population = entry.get("max_rows", 100), entry.get("population", 10**6)
        tables[name] = RowTable(table, parent, link.name, rows, population)
    return _listed_flags(tables), problems


def _listed_flags(tables: dict[str, RowTable]) -> dict[str, RowTable]:
    """Every parent carries, for each child table, whether that list is finished."""
    for name, child in list(tables.items()):
        if not child.parent:
            continue
        parent, flag = tables[child.parent], f"{name}_listed"
        if parent.column(flag) is None:
            zh, en = f"{child.table.zh}清单完整", f"list of {child.table.en} is complete"
            column = Column(flag, "boolean", zh=zh, en=en)
            t = parent.table
            table = Table(t.name, t.key, (*t.columns, column), t.zh, t.en, t.writer)
            tables[child.parent] = RowTable(
                table, parent.parent, parent.link, parent.max_rows, parent.population
            )
    return tables
