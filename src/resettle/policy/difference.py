"""What differs between two readings of the policy: in words for a person, and which results it can touch."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from resettle.policy.pack import Pack
from resettle.policy.program import Program, bind, names_in
from resettle.policy.reform import cases_of
from resettle.policy.said import in_words, setting_said
from resettle.policy.tell import written
from resettle.policy.tree import BOOLEAN, Const, Gather, LookUp, Node, Original, Rule
from resettle.tables import Column, Table
from resettle.words import LANGUAGES, Language, sentences, tell

Key = tuple[str, str]
QUOTED_OR_NAME = re.compile(
    r"'[^']*'|[A-Za-z_][A-Za-z_0-9]*(?:\.[a-z_0-9]+)?|[<>=!]=|(?<!\*)\*(?!\*)|[<>]|\d+"
)
SIGNS = {">=": "ge", "<=": "le", "==": "eq", "!=": "ne", ">": "gt", "<": "lt", "*": "times"}
COMPARED = re.compile(r"(?:^|\(|\b(?:and|or|not|if|else) )([A-Za-z_][\w.]*) (?:[<>=!]=|[<>]) $")
VALUE_OF = re.compile(r"([A-Za-z_][\w.]*) (?:[!=]=|(?:not )?in) \{?(?:'[^']*', )*$")
ENDED = re.compile(r"$|\)| (?:and|or|if|else)\b")
A_NUMBER = re.compile(r"\d+")
A_PRODUCT = re.compile(r"\d+ \* ([A-Za-z_][\w.]*)|([A-Za-z_][\w.]*) \* \d+")
MEASURED = ("dm2", "minor")
"""Units whose numbers are stored a hundred times as large as a person says them."""
JOINING = {"and", "or", "not", "in", "if", "else"}


@dataclass(frozen=True)
class Difference:
    """One thing that differs.

    Attributes:
        kind: ``day``, ``scope``, ``parameter``, ``parameter_new``, ``parameter_gone``, ``rule``, ``rule_new``,
            ``rule_gone``, ``rule_source``.
        name: the parameter or rule, as the pack calls it.
        zh, en: the sentence.
        before, after: what stood and what stands, as the rules compute with it.
    """

    kind: str
    name: str
    zh: str
    en: str
    before: Any = None
    after: Any = None

    def words(self, language: Language) -> str:
        return self.zh if language == "zh" else self.en


def differences(before: Program, after: Program) -> list[Difference]:
    """Everything in which two programs differ: day and place, parameters, rules and exceptions.

    Two dates, two sets of parameters, or two packs may be compared. A rule is known by its name and table;
    one whose cases read alike, with the same clause and exceptions, has not changed.
    """
    found: list[Difference] = []
    if before.as_of != after.as_of:
        found.append(_sentence("day", "as_of", before.as_of, after.as_of))
    if before.scope != after.scope:
        found.append(_sentence("scope", "scope", before.scope, after.scope))
    return found + _parameters(before, after) + _rules(before, after)


def _sentence(
    kind: str, name: str, old: Any = None, new: Any = None, **both: Mapping[Language, str]
) -> Difference:
    """A difference whose sentence takes plain values, or one text a language."""
    texts = {
        lang: tell(f"policy.diff.{kind}", lang, old=old, new=new, **{k: v[lang] for k, v in both.items()})
        for lang in LANGUAGES
    }
    return Difference(kind, name, texts["zh"], texts["en"], old, new)


def _parameters(before: Program, after: Program) -> list[Difference]:
    found = []
    for name in sorted(set(before.values) | set(after.values)):
        if name == "as_of" or before.values.get(name) == after.values.get(name):
            continue
        where = after if name in after.values else before
        both = {"title": {lang: where.pack.parameters[name].title(lang) for lang in LANGUAGES}}
        sides = {"first": before, "second": after}
        for label, program in sides.items():
            if name in program.values:
                both[label] = {lang: _value(program, name, lang) for lang in LANGUAGES}
        kind = "parameter"
        if name not in before.values:
            kind = "parameter_new"
        elif name not in after.values:
            kind = "parameter_gone"
        made = _sentence(kind, name, **both)
        found.append(Difference(kind, name, made.zh, made.en, _raw(before, name), _raw(after, name)))
    return found


def _raw(program: Program, name: str) -> Any:
    setting = program.settings.get(name)
    return setting.value if setting else None


def _value(program: Program, name: str, lang: Language) -> str:
    """A value as a person reads it, with its unit, its days and its source."""
    parameter, setting = program.pack.parameters[name], program.settings[name]
    if setting is None or setting.value is None:
        return tell("policy.diff.no_value", lang)
    value = setting_said(program.pack, parameter, setting.value, lang)
    source = (
        tell("policy.diff.proposed", lang)
        if setting.source == "what-if"
        else program.pack.cite(setting.source, lang)
    )
    return tell("policy.diff.value", lang, value=value, source=source)


def _active(program: Program) -> dict[tuple[str, str, str], Rule]:
    """The rules in force by table, name and what they are an exception to."""
    return {
        (s.table, s.rule.name, s.rule.to): s.rule
        for s in program.steps
        if not (isinstance(s.tree, Const) and s.tree.value is None)
    }


def _rules(before: Program, after: Program) -> list[Difference]:
    old, new = _active(before), _active(after)
    found = []
    for key in sorted(set(old) | set(new)):
        rule = new.get(key) or old[key]
        program = after if key in new else before
        both = {"title": _title(rule), "base": _title(program.pack.rule(rule.to) or rule)}
        if key not in old or key not in new:
            kind = "rule_new" if key not in old else "rule_gone"
            both["cases"] = {lang: _cases(program, rule, lang) for lang in LANGUAGES}
            both["what"] = {
                lang: tell(
                    f"policy.diff.{'exception' if rule.to else 'a_rule'}", lang, base=both["base"][lang]
                )
                for lang in LANGUAGES
            }
            made = _sentence(kind, rule.name, **both)
            texts = tuple(written_cases(r) if r else None for r in (old.get(key), new.get(key)))
            found.append(Difference(kind, rule.name, made.zh, made.en, *texts))
        elif written_cases(old[key]) != written_cases(new[key]):
            both["first"] = {lang: _cases(before, old[key], lang) for lang in LANGUAGES}
            both["second"] = {lang: _cases(after, new[key], lang) for lang in LANGUAGES}
            made = _sentence("rule", rule.name, **both)
            texts = (written_cases(old[key]), written_cases(new[key]))
            found.append(Difference("rule", rule.name, made.zh, made.en, *texts))
        elif (old[key].source, old[key].clause) != (new[key].source, new[key].clause):
            cited = [
                {lang: p.pack.cite(r.clause or r.source, lang) for lang in LANGUAGES}
                for p, r in ((before, old[key]), (after, new[key]))
            ]
            found.append(
                _sentence("rule_source", rule.name, title=both["title"], first=cited[0], second=cited[1])
            )
    return found


def _title(rule: Rule) -> dict[Language, str]:
    return {lang: rule.title(lang) for lang in LANGUAGES}


def written_cases(rule: Rule) -> str:
    """A rule's cases as text, to compare and to store."""
    return "; ".join(f"{case}: {result}" if case else result for case, result in cases_of(rule))


def _cases(program: Program, rule: Rule, lang: Language) -> str:
    """A rule's cases with the titles of what they name."""
    cases, root = cases_of(rule), program.pack.root_of(rule)
    parts = []
    for case, result in cases:
        told = {"case": spoken(program, case, lang), "result": spoken(program, result, lang, rule.unit, root)}
        which = "case" if case else "otherwise" if len(cases) > 1 else "always_result"
        parts.append(tell(f"policy.diff.{which}", lang, **told))
    return tell("policy.diff.then", lang).join(parts)


def _unit(program: Program, name: str) -> str:
    """The unit of what a written condition names."""
    pack, name = program.pack, name.rpartition(".")[2]
    found = [pack.rule(name), pack.parameters.get(name), *(t.column(name) for t in pack.tables.values())]
    return next((x.unit for x in found if x is not None), "")


def _unit_at(program: Program, text: str, start: int, unit: str) -> str:
    """The unit a number of a written condition has beyond doubt: what it is compared with, or the result's own.

    A number times a thing that is no area and no money is of the result's unit; in anything more involved none
    is claimed, and the number stays as the rule has it.
    """
    number = A_NUMBER.match(text, start)
    compared = COMPARED.search(text[:start])
    if compared and number and ENDED.match(text, number.end()):
        return _unit(program, compared.group(1))
    if A_NUMBER.fullmatch(text):
        return unit
    product = A_PRODUCT.fullmatch(text)
    if product is None:
        return ""
    other = _unit(program, product.group(1) or product.group(2))
    return "" if other.partition(" ")[0] in MEASURED else unit


def spoken(program: Program, text: str, lang: Language, unit: str = "", of: str = "") -> str:
    """A written condition with rules, columns and parameters by their titles, and quoted values by their words.

    Areas and money are written as a person says them where their unit is beyond doubt; ``unit`` is that of the
    whole, where it is a result, and ``of`` the name of what it is the result of.
    """
    pack = program.pack

    def title(name: str) -> str | None:
        rule, parameter = pack.rule(name), pack.parameters.get(name)
        if rule is not None:
            return rule.title(lang)
        if parameter is not None:
            return parameter.title(lang)
        named: list[Column | Table | None] = [info.column(name) for info in pack.tables.values()]
        named += [info.table for info in pack.tables.values() if info.table.name == name]
        found = next((c for c in named if c is not None), None)
        return None if found is None else found.zh if lang == "zh" else found.en

    def one(match: re.Match[str]) -> str:
        word = match.group()
        if word.startswith("'"):
            value_of = VALUE_OF.search(text[: match.start()])
            name = value_of.group(1).rpartition(".")[2] if value_of else of
            name = "level" if text[: match.start()].endswith("decided_by(") else name
            return tell("policy.diff.named", lang, name=pack.label(name, word[1:-1], lang))
        if word in JOINING:
            return tell(f"policy.diff.word_{word}", lang)
        if word in SIGNS:
            return tell(f"policy.diff.sign_{SIGNS[word]}", lang)
        if word.isdigit():
            counted = _unit_at(program, text, match.start(), unit)
            measured = counted.partition(" ")[0] in MEASURED
            return (
                in_words(int(word), "integer", lang, counted, pack.currency_name(lang)) if measured else word
            )
        if f"policy.word.{word}" in sentences(lang):
            return tell(f"policy.word.{word}", lang)
        found = title(word.rpartition(".")[2])
        return word if not found else tell("policy.diff.named", lang, name=found)

    if text == written(Original(BOOLEAN)):
        return tell("policy.word.original", lang)
    return QUOTED_OR_NAME.sub(one, text)


def matrix_text(
    pack: Pack, rows: Iterable[Mapping[str, Any]], as_of: date, scope: str | None, lang: Language
) -> list[str]:
    """The rows of :func:`resettle.policy.matrix` as a person reads them: titles and words in place of names and codes."""
    program, lines, before = bind(pack, as_of, scope)[0], [], ""
    for row in rows:
        rule = pack.rule(row["rule"])
        told = {
            "title": row["title"],
            "case": spoken(program, row["case"], lang),
            "result": spoken(program, row["result"], lang, row["unit"], rule.name if rule else ""),
        }
        cited = "; ".join(x for x in (pack.cite(row["clause"], lang), pack.cite(row["source"], lang)) if x)
        kind = "case" if row["case"] else "otherwise" if before == row["rule"] else "always"
        lines.append(tell(f"policy.matrix.{kind}", lang, cited=cited, **told))
        before = row["rule"]
    return lines


def affected(before: Program, after: Program) -> set[Key]:
    """Results that may differ: their rule, a parameter it reads, or a result it reads is another one.

    Whatever is not named here is the same under both programs for every possible household.
    """
    changed = {n for n in {*before.values, *after.values} if before.values.get(n) != after.values.get(n)}
    trees = {(s.table, s.name): (s.tree, s.loose, s.provisional) for s in before.steps}
    found: set[Key] = set()
    size = -1
    while size != len(found):
        size = len(found)
        for step in after.steps:
            other = trees.get((step.table, step.name)) != (step.tree, step.loose, step.provisional)
            if other or _read_parameters(step.tree) & changed or _read(step.tree) & found:
                found.add((step.table, step.name))
    return found


def _read(tree: Node) -> set[Key]:
    gathered = [n for g in tree.walk() if isinstance(g, Gather) for n in (g.item, g.where) if n is not None]
    return {(n.table, n.name) for n in [*names_in(tree), *gathered]}


def _read_parameters(tree: Node) -> set[str]:
    named = {n.name for n in names_in(tree) if n.origin == "parameter"}
    return named | {n.parameter for n in tree.walk() if isinstance(n, LookUp)}
