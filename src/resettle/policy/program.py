"""A pack bound to a day and a place: the rules in force, in order, with the parameters' values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

from resettle.policy.build import Key, chain
from resettle.policy.names import RowTable, Setting, as_value
from resettle.policy.pack import Pack
from resettle.policy.tree import (
    Choose,
    Const,
    Known,
    Name,
    Node,
    Not,
    Original,
    Rule,
    Type,
    is_loose,
)
from resettle.problems import Problem
from resettle.tables import Column


@dataclass(frozen=True)
class Step:
    """One column to compute: a rule, or a rule as it stands before one of its exceptions.

    Attributes:
        table, name: where the result goes.
        tree: the checked tree, with fall-throughs pointing at the step before.
        rule: the rule or exception as written.
        final: ``False`` for a result that an exception still may replace.
        loose: known within bounds even when not known exactly.
        provisional: may rest on a stand-in for something missing.
    """

    table: str
    name: str
    tree: Node
    rule: Rule
    final: bool = True
    loose: bool = False
    provisional: bool = False


@dataclass(frozen=True)
class Program:
    """The rules in force on ``as_of`` in ``scope``.

    ``values`` holds the parameters as rules compute with them, ``settings`` their dated sources.
    """

    pack: Pack
    as_of: date
    scope: str
    steps: tuple[Step, ...]
    values: Mapping[str, Any]
    settings: Mapping[str, Setting | None]

    @property
    def tables(self) -> Mapping[str, RowTable]:
        return self.pack.tables

    @cached_property
    def loose(self) -> set[Key]:
        """The rules that are known within bounds."""
        return {(s.table, s.name) for s in self.steps if s.loose}

    @cached_property
    def columns(self) -> Mapping[str, Mapping[str, Column]]:
        """The columns of each table by name."""
        return {name: {c.name: c for c in info.table.columns} for name, info in self.tables.items()}

    def step(self, table: str, name: str) -> Step | None:
        return next((s for s in self.steps if (s.table, s.name) == (table, name)), None)

    def only(self, outputs: Iterable[str] | None) -> Program:
        """The part of the program that the named rules need."""
        if outputs is None:
            return self
        by_key = {(s.table, s.name): s for s in self.steps}
        open_keys = [k for k in by_key if k[1] in set(outputs)]
        wanted: set[Key] = set()
        while open_keys:
            key = open_keys.pop()
            if key not in wanted and key in by_key:
                wanted.add(key)
                open_keys += [(n.table, n.name) for n in names_in(by_key[key].tree) if n.origin == "rule"]
        return replace(self, steps=tuple(s for s in self.steps if (s.table, s.name) in wanted))


def names_in(tree: Node) -> list[Name]:
    """Every column, rule and parameter a tree names, in the order written."""
    return [n for n in tree.walk() if isinstance(n, Name)]


def bind(
    pack: Pack, as_of: date, scope: str | None = None, overrides: Mapping[str, Any] | None = None
) -> tuple[Program, list[Problem]]:
    """The program of a pack for one day and place.

    Args:
        overrides: other values for named parameters (a what-if); dates as dates.

    A rule or parameter that no version covers on that day is a problem that says so; its results are
    unknown.
    """
    scope = scope or pack.scope
    problems: list[Problem] = []
    values: dict[str, Any] = {}
    settings: dict[str, Setting | None] = {}
    for name, parameter in pack.parameters.items():
        found = parameter.setting(as_of, scope)
        if name == "as_of":
            found = Setting(as_of, "run", as_of, as_of)
        elif found is None:
            choice = ", ".join(f"{s.since or ''}..{s.until or ''} {s.scope}" for s in parameter.settings)
            problems.append(
                Problem(
                    "policy.parameter_not_in_force",
                    "warning",
                    value=name,
                    nearest=choice,
                    values={"day": str(as_of), "scope": scope},
                )
            )
        if overrides and name in overrides:
            found = Setting(overrides[name], "what-if", as_of, as_of)
        settings[name] = found
        raw = found.value if found else None
        values[name] = {k: as_value(v) for k, v in raw.items()} if isinstance(raw, dict) else as_value(raw)
        if values[name] is None and parameter.keyed:
            values[name] = {}
    steps, found_problems = _steps(pack, as_of, scope)
    return Program(pack, as_of, scope, tuple(steps), values, settings), problems + found_problems


def _in_force(rule: Rule, as_of: date, scope: str) -> bool:
    if (rule.since and as_of < rule.since) or (rule.until and as_of > rule.until):
        return False
    return scope.startswith(rule.scope)


def _steps(pack: Pack, as_of: date, scope: str) -> tuple[list[Step], list[Problem]]:
    steps: list[Step] = []
    problems: list[Problem] = []
    groups: dict[Key, list[Rule]] = {}
    owner: dict[str, Key] = {}
    for rule in pack.rules:
        root = owner.get(rule.to, (rule.table, rule.name)) if rule.to else (rule.table, rule.name)
        owner[rule.name] = root
        groups.setdefault(root, []).append(rule)
    loose: set[Key] = set()
    provisional: set[Key] = set()
    for key, rules in groups.items():
        active = [r for r in rules if _in_force(r, as_of, scope)]
        bases = sorted((r for r in active if not r.to), key=lambda r: -len(r.scope))[:1]
        if not bases:
            base = rules[0]
            spans = ", ".join(f"{r.since or ''}..{r.until or ''} {r.scope}" for r in rules if not r.to)
            problems.append(
                Problem(
                    "policy.rule_not_in_force",
                    "error",
                    file=base.file,
                    row=base.line,
                    value=base.name,
                    nearest=spans,
                    values={"day": str(as_of), "scope": scope},
                )
            )
            steps.append(Step(*key, Const(base.tree.type, None), base))
            continue
        ordered = chain([bases[0], *(r for r in active if r.to)])
        before: Name | None = None
        for i, rule in enumerate(ordered):
            final = i == len(ordered) - 1
            name = key[1] if final else f"{key[1]}__without_{ordered[i + 1].name}"
            tree = rule.tree if before is None else _fall_through(rule.tree, before)
            is_bounded = tree.type.kind == "integer" and is_loose(tree, loose)
            rests = any(isinstance(n, Known) for n in tree.walk()) or any(
                (n.table, n.name) in provisional for n in names_in(tree)
            )
            if is_bounded:
                loose.add((key[0], name))
            if rests:
                provisional.add((key[0], name))
            steps.append(Step(key[0], name, tree, rule, final, is_bounded, rests))
            before = Name(tree.type, key[0], name, "rule")
    return steps, problems


def _fall_through(tree: Node, before: Name) -> Node:
    """The exception's tree with every fall-through reading the result before it."""
    if isinstance(tree, Original):
        return before
    if isinstance(tree, Choose):
        branches = tuple((c, _fall_through(v, before)) for c, v in tree.branches)
        return Choose(tree.type, branches, _fall_through(tree.otherwise, before))
    return tree


def negate(node: Node) -> Node:
    """``not``, without stacking."""
    return node.item if isinstance(node, Not) else Not(Type("boolean", 0, 1), node)


def rule_columns(program: Program, table: str) -> list[str]:
    """The final results of one table, in order."""
    return [s.name for s in program.steps if s.table == table and s.final]
