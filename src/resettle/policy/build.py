"""Puts a pack's rules in order of what they need and checks each of them once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from graphlib import CycleError, TopologicalSorter

from resettle.policy.check import Checker, RefusedError
from resettle.policy.names import Parameter, RowTable
from resettle.policy.read import RawRule, mentioned, nearest
from resettle.policy.tree import (
    Among,
    Choose,
    Compare,
    Const,
    Decided,
    Every,
    Node,
    Not,
    Original,
    Rule,
    Type,
)
from resettle.problems import Problem
from resettle.tables import Column

Key = tuple[str, str]


def build_rules(
    raws: list[RawRule], tables: Mapping[str, RowTable], parameters: Mapping[str, Parameter]
) -> tuple[tuple[Rule, ...], dict[str, RowTable], list[Problem]]:
    """Check all rules, in an order in which each finds what it needs.

    Returns the rules in that order (an exception after what it excepts), the tables with the decision
    columns that ``decided_by`` adds, and the problems. What rests on a refused rule is refused with it.
    """
    tables = dict(tables)
    problems = _clashes(raws, tables, parameters)
    raws = [r for r in raws if r.table in tables]
    roots, found = _roots(raws)
    problems += found
    versions: dict[Key, list[RawRule]] = {}
    for raw in raws:
        if raw.name in roots:
            versions.setdefault((raw.table, roots[raw.name]), []).append(raw)
    try:
        order = list(TopologicalSorter(_graph(versions, tables)).static_order())
    except CycleError as error:
        names = " > ".join(name for _, name in error.args[1])
        return (), tables, [*problems, Problem("policy.cycle", "error", value=names)]
    types: dict[Key, Type] = {}
    checked: list[Rule] = []
    for key in order:
        rules, found = _check_group(key, versions.get(key, []), tables, parameters, types)
        problems += found
        if not rules:
            continue
        kind = rules[0].tree.type
        for rule in rules[1:]:
            kind = kind.join(rule.tree.type)
        types[key] = kind
        checked += rules
        for rule in rules:
            _decision_columns(rule, tables)
    problems += _orders(checked)
    return tuple(checked), tables, problems


def _roots(raws: list[RawRule]) -> tuple[dict[str, str], list[Problem]]:
    """For each rule and exception the rule it is in the end about."""
    target = {r.name: str(r.words.get("to", "")) for r in raws}
    roots: dict[str, str] = {}
    problems: list[Problem] = []
    for raw in raws:
        name, seen = raw.name, set[str]()
        while target.get(name) and name not in seen:
            seen.add(name)
            name = target[name]
        if name not in target or name in seen:
            choice = nearest(name, (r.name for r in raws if r.table == raw.table and not r.is_exception))
            problems.append(
                Problem(
                    "policy.unknown_name", "error", file=raw.file, row=raw.line, value=name, nearest=choice
                )
            )
        else:
            roots[raw.name] = name
    return roots, problems


def _graph(versions: Mapping[Key, list[RawRule]], tables: Mapping[str, RowTable]) -> dict[Key, set[Key]]:
    graph: dict[Key, set[Key]] = {}
    for key, group in versions.items():
        needs: set[Key] = set()
        for raw in group:
            for table, name in mentioned(raw):
                needs.add((table or raw.table, name))
        graph[key] = {n for n in needs if n in versions}
    return graph


def _check_group(
    key: Key,
    group: list[RawRule],
    tables: Mapping[str, RowTable],
    parameters: Mapping[str, Parameter],
    types: Mapping[Key, Type],
) -> tuple[list[Rule], list[Problem]]:
    """A rule's versions, then its exceptions, each knowing the type it falls through to."""
    checked: list[Rule] = []
    problems: list[Problem] = []
    original: Type | None = None
    for raw in sorted(group, key=lambda r: (r.is_exception, r.file, r.line)):
        if raw.is_exception and original is None:
            continue
        checker = Checker(raw, tables, parameters, types, original if raw.is_exception else None)
        try:
            tree = checker.rule()
        except RefusedError as refused:
            problems.append(refused.problem)
            continue
        if original is not None and tree.type.kind != original.kind:
            problems.append(
                Problem(
                    "policy.type_mismatch",
                    "error",
                    file=raw.file,
                    row=raw.line,
                    value=tree.type.kind,
                    nearest=original.kind,
                    values={"rule": raw.name},
                )
            )
            continue
        original = tree.type if original is None else original.join(tree.type)
        words = {k: v for k, v in raw.words.items() if k != "of"}
        checked.append(
            Rule(
                name=raw.name,
                table=raw.table,
                tree=tree,
                file=raw.file,
                line=raw.line,
                needs=frozenset(checker.needs),
                **words,
            )
        )
    return checked, problems


def _clashes(
    raws: list[RawRule], tables: Mapping[str, RowTable], parameters: Mapping[str, Parameter]
) -> list[Problem]:
    """Names are unique across tables, columns, rules and parameters; versions of one rule share a table."""
    problems: list[Problem] = []
    columns = {c.name for t in tables.values() for c in t.table.columns}
    first: dict[str, RawRule] = {}
    for raw in raws:
        clash = Problem("policy.name_clash", "error", file=raw.file, row=raw.line, value=raw.name)
        if raw.table not in tables:
            choice = nearest(raw.table, tables)
            problems.append(
                Problem(
                    "policy.unknown_name",
                    "error",
                    file=raw.file,
                    row=raw.line,
                    value=raw.table,
                    nearest=choice,
                )
            )
        if raw.name in tables or raw.name in columns or raw.name in parameters:
            problems.append(clash)
        before = first.setdefault(raw.name, raw)
        if before is not raw:
            low, high = date.min, date.max
            a, b = before.words, raw.words
            meets = a.get("since", low) <= b.get("until", high) and b.get("since", low) <= a.get(
                "until", high
            )
            same = a.get("scope", "") == b.get("scope", "")
            if before.table != raw.table or (meets and same):
                problems.append(clash)
    problems += [
        Problem("policy.name_clash", "error", value=p) for p in parameters if p in columns or p in tables
    ]
    return problems


def _decision_columns(rule: Rule, tables: dict[str, RowTable]) -> None:
    for node in rule.tree.walk():
        if isinstance(node, Decided) and tables[rule.table].column(node.column.name) is None:
            t = tables[rule.table]
            kind = node.type
            column = Column(
                node.column.name,
                "boolean" if kind.kind == "boolean" else "integer",
                rule.unit,
                f"{rule.title('zh')}（{node.by}决定）",
                f"{rule.title('en')} (decided by {node.by})",
                low=None if kind.kind == "boolean" else kind.low,
                high=None if kind.kind == "boolean" else kind.high,
                note=node.reason,
            )
            tables[rule.table] = replace(t, table=replace(t.table, columns=(*t.table.columns, column)))


def chain(rules: list[Rule]) -> list[Rule]:
    """A rule and its exceptions from the inside out: each is asked before what stands before it."""

    def group(rule: Rule) -> list[Rule]:
        own = sorted((r for r in rules if r.to == rule.name), key=lambda r: r.name)
        ordered: list[Rule] = []
        while own:
            ready = [r for r in own if not r.after or r.after in {o.name for o in ordered}] or own
            ordered.append(ready[0])
            own.remove(ready[0])
        return [rule, *(x for r in ordered for x in group(r))]

    return [x for base in rules if not base.to for x in group(base)]


def _orders(rules: list[Rule]) -> list[Problem]:
    """Two exceptions to one rule need an order, or conditions that cannot both hold."""
    problems: list[Problem] = []
    for i, a in enumerate(rules):
        for b in rules[i + 1 :]:
            if not a.to or a.to != b.to or a.table != b.table or a.name in b.after or b.name in a.after:
                continue
            if not _exclude(_condition(a.tree), _condition(b.tree)):
                problems.append(
                    Problem(
                        "policy.exceptions_unordered",
                        "error",
                        file=b.file,
                        row=b.line,
                        value=b.name,
                        nearest=f'after="{a.name}"',
                        values={"other": a.name, "rule": a.to},
                    )
                )
    return problems


def _condition(tree: Node) -> list[Node]:
    """The parts that must all hold for an exception of one branch to apply."""
    if isinstance(tree, Choose) and len(tree.branches) == 1 and isinstance(tree.otherwise, Original):
        condition = tree.branches[0][0]
        return list(condition.items) if isinstance(condition, Every) else [condition]
    return []


def _exclude(a: list[Node], b: list[Node]) -> bool:
    return any(_opposed(x, y) or _opposed(y, x) for x in a for y in b)


def _opposed(x: Node, y: Node) -> bool:
    """Whether two conditions plainly cannot both hold."""
    if isinstance(y, Not) and y.item == x:
        return True
    values = [_single_values(n) for n in (x, y)]
    if values[0] and values[1]:
        (left, first), (right, second) = values[0], values[1]
        return left == right and not set(first) & set(second)
    return False


def _single_values(node: Node) -> tuple[Node, tuple[object, ...]] | None:
    if isinstance(node, Among):
        return node.item, node.values
    if isinstance(node, Compare) and node.op == "==" and isinstance(node.right, Const):
        return node.left, (node.right.value,)
    return None
