"""Writes the household that breaks a property as a case file, ready to lie under ``cases/``."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from datetime import date
from typing import Any

from resettle.policy.cases import UNKNOWN, read_case, trace_case
from resettle.policy.pack import Pack
from resettle.policy.prove import Proof
from resettle.policy.tree import slot_date

MADE_KEYS = ("household_id", "village_code")


def case_name(pack: Pack, proof: Proof) -> str:
    """Where it belongs: below the first result the property speaks of."""
    results = _results(pack, proof)
    return f"cases/{results[0] if results else 'property'}/{proof.id}.toml"


def case_text(pack: Pack, proof: Proof, as_of: date) -> str:
    """The counterexample as a case, with what the rules give for it today.

    What ought to come out is a person's to say, and the head of the file says so. Columns whose value is not
    known are left out, as in any case; keys are made when the case is read.

    Raises:
        ValueError: for a property that was not refuted.
    """
    if proof.state != "refuted":
        raise ValueError(f"{proof.id} is {proof.state}; there is no household to write")
    lines = [
        f"# This household breaks the property {proof.id}: {proof.en}",
        "# Below [expect] stands what the rules give today. Write what ought to come out, then mend the rule.",
        f"title = {{ zh = {_value('反例：' + proof.zh)}, en = {_value('counterexample: ' + proof.en)} }}",
        f"source = {_value('assumption: the smallest household found by resettle rules prove')}",
        f"as_of = {as_of.isoformat()}",
    ]
    rows = dict(proof.counterexample)
    for name in ("village", "household"):
        lines += [f"[{name}]", *_fields(pack, name, (rows.pop(name, None) or [{}])[0])]
    for name, records in rows.items():
        for record in records:
            lines += [f"[[{name}]]", *_fields(pack, name, record)]
    body = "\n".join(lines)
    trace = trace_case(pack, read_case(pack, "case", body + "\n[expect]\n"))
    expected = []
    for name in _results(pack, proof):
        result = trace.result(name)
        kind = next((s.tree.type.kind for s in trace.program.steps if s.name == name), "")
        shown = slot_date(result) if kind == "date" and isinstance(result, int) else result
        expected.append(f"{name} = {_value(UNKNOWN if shown is None else shown)}")
    return "\n".join([body, "[expect]", *expected, ""])


def _results(pack: Pack, proof: Proof) -> list[str]:
    """The results of household rules that the property speaks of, those it claims something of first."""
    entry: Mapping[str, Any] = next((p for p in pack.properties if p.get("id") == proof.id), {})
    rules = {rule.name for rule in pack.rules if rule.table == "household"}
    found: list[str] = []
    for key in ("always", "grows", "given"):
        tree = ast.parse(str(entry.get(key, "0")), mode="eval")
        named = sorted((n for n in ast.walk(tree) if isinstance(n, ast.Name)), key=lambda n: n.col_offset)
        found += [n.id for n in named if n.id in rules and n.id not in found]
    return found


def _fields(pack: Pack, table: str, record: Mapping[str, Any]) -> list[str]:
    info = pack.tables[table]
    made = {*MADE_KEYS, info.key, info.link}
    known = {c.name for c in info.table.columns} - made
    return [f"{name} = {_value(v)}" for name, v in record.items() if v is not None and name in known]


def _value(value: Any) -> str:
    """A value as TOML writes it.

    >>> _value(True), _value(3), _value('a "b"'), _value(date(2016, 6, 1))
    ('true', '3', '"a \\\\"b\\\\""', '2016-06-01')
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int):
        return str(value)
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
