"""Reads and checks reforms: another day, other parameter values, another rule; nothing is guessed."""

from __future__ import annotations

import ast
import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from resettle.journey.inputs import pack_of, pack_or_raise
from resettle.journey.programme import FILE as PROGRAMME_FILE
from resettle.journey.programme import Programme, load_programme
from resettle.policy import Pack, Program, bind, load_pack
from resettle.problems import Problem
from resettle.store.cells import read_cells
from resettle.words.broken import broken

KINDS = ("date", "parameter", "rule", "only", "confirm")
CONFIRM = {
    "yes": True,
    "true": True,
    "是": True,
    "1": True,
    "no": False,
    "false": False,
    "否": False,
    "0": False,
}
"""What a workbook may say of being meant; anything else is asked back, never taken for a yes."""


@dataclass(frozen=True)
class Reform:
    """One reform: what differs from the policy as it stands.

    ``rules`` holds the text of whole rules that take the place of the pack's rules of the same name;
    ``confirmed`` says that a person means it even if everybody becomes eligible; ``only`` is the condition, in the
    rule language, outside which it is meant to change nothing (``whatif`` holds it against every household, ``rules amended`` proves it).
    """

    name: str
    as_of: date | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    rules: tuple[str, ...] = ()
    confirmed: bool = False
    only: str = ""


def read_reforms(path: Path) -> tuple[list[Reform], list[Problem]]:
    """Reforms of a TOML file (``[[reform]]``) or a workbook (columns reform, kind, name, value).

    The same thing said twice with different values within one reform is a contradiction and refuses it.
    """
    if not path.exists():
        return [], [Problem("whatif.file_absent", "error", file=path.name)]
    if path.suffix.lower() == ".toml":
        try:
            entries = tomllib.loads(path.read_text(encoding="utf-8-sig")).get("reform", [])
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            return [], [
                Problem("whatif.not_toml", "error", file=path.name, values={"reason": broken(error)[0]})
            ]
        problems = _misread(entries, path.name)
        if problems:
            return [], problems
        rows = [row for i, entry in enumerate(entries, start=1) for row in _rows(entry, i)]
    else:
        sheets, problems = read_cells(path)
        cells = [row for sheet in sheets[:1] for row in sheet.cells.iter_rows()]
        rows = [(*(str(c or "").strip() for c in row[:4]), *[""] * (4 - len(row[:4]))) for row in cells[1:]]
        rows = [row for row in rows if row[0]]
    reforms, found = _gathered(rows, path.name)
    if not reforms and not found:
        found = [Problem("whatif.nothing", "error", file=path.name)]
    return reforms, problems + found


FIELDS = ("name", "as_of", "parameters", "rules", "only", "confirm")


def _misread(entries: Any, file: str) -> list[Problem]:
    """What a reform says that would be read as nothing: an unknown field, one of another kind, a name twice."""
    if not isinstance(entries, list) or not all(isinstance(e, Mapping) for e in entries):
        return [Problem("whatif.nothing", "error", file=file)]
    problems = []
    kinds = {"parameters": Mapping, "rules": list, "confirm": bool, "name": str, "only": str}
    for entry in entries:
        for name, value in entry.items():
            if name not in FIELDS:
                near = get_close_matches(name, FIELDS, n=1)
                choice = near[0] if near else ", ".join(FIELDS)
                problems.append(
                    Problem("whatif.field_unknown", "error", file=file, column=name, nearest=choice)
                )
            elif not isinstance(value, kinds.get(name, object)):
                problems.append(
                    Problem("whatif.field_kind", "error", file=file, column=name, value=str(value)[:60])
                )
    names = [str(e["name"]) for e in entries if "name" in e]
    for name in sorted({n for n in names if names.count(n) > 1}):
        problems.append(Problem("whatif.name_twice", "error", file=file, value=name))
    return problems


def _rows(entry: Mapping[str, Any], number: int) -> list[tuple[Any, ...]]:
    name = str(entry.get("name", f"reform {number}"))
    rows: list[tuple[Any, ...]] = [(name, "name", "", "")]
    if "as_of" in entry:
        rows.append((name, "date", "", entry["as_of"]))
    rows += [(name, "parameter", key, value) for key, value in entry.get("parameters", {}).items()]
    rows += [(name, "rule", "", text) for text in entry.get("rules", [])]
    if entry.get("only"):
        rows.append((name, "only", "", entry["only"]))
    if entry.get("confirm"):
        rows.append((name, "confirm", "", "yes"))
    return rows


def _gathered(rows: list[tuple[Any, ...]], file: str) -> tuple[list[Reform], list[Problem]]:
    found: dict[str, dict[str, Any]] = {}
    problems = []
    for name, kind, key, value in rows:
        one = found.setdefault(
            str(name), {"as_of": None, "parameters": {}, "rules": {}, "only": "", "confirmed": False}
        )
        if kind == "name":
            continue
        if kind not in KINDS:
            problems.append(
                Problem("whatif.kind_unknown", "error", file=file, value=kind, nearest=", ".join(KINDS))
            )
        elif kind == "confirm":
            said = str(value or key).strip().lower()
            if said not in CONFIRM:
                problems.append(
                    Problem("whatif.confirm_unread", "error", file=file, value=said, values={"reform": name})
                )
            one["confirmed"] = CONFIRM.get(said, False)
        else:
            key, value = ("only", str(value or key).strip()) if kind == "only" else (key, value)
            whole = {"date": "as_of", "only": "only"}.get(kind)
            place, slot = (one, whole) if whole else (one[f"{kind}s"], key)
            if kind == "rule":
                slot = _defined(str(value)) or str(key)
            meant = _value(value, kind)
            if kind == "rule" and place.get(slot) not in (None, meant):
                problems.append(
                    Problem(
                        "whatif.rule_twice", "error", file=file, column=str(slot), values={"reform": name}
                    )
                )
            elif place.get(slot) not in (None, "", meant):
                problems.append(
                    Problem(
                        "whatif.contradiction",
                        "error",
                        file=file,
                        column=str(slot),
                        value=str(meant),
                        values={"reform": name, "other": str(place[slot])},
                    )
                )
            place[slot] = meant
    reforms = [
        Reform(
            name,
            one["as_of"],
            one["parameters"],
            tuple(one["rules"].values()),
            one["confirmed"],
            one["only"],
        )
        for name, one in found.items()
    ]
    return reforms, problems


def _value(value: Any, kind: str) -> Any:
    if kind in ("rule", "only") or not isinstance(value, str):
        return value
    try:
        return date.fromisoformat(value) if kind == "date" else int(value)
    except ValueError:
        return value


def _defined(text: str) -> str | None:
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return None
    return next((node.name for node in tree.body if isinstance(node, ast.FunctionDef)), None)


def check_reform(pack: Pack, reform: Reform) -> list[Problem]:
    """What is wrong with a reform for this pack: unknown names, values outside a parameter's range."""
    problems = []
    if reform.as_of is not None and not isinstance(reform.as_of, date):
        problems.append(Problem("whatif.date_unread", "error", value=str(reform.as_of)))
    for name, value in reform.parameters.items():
        parameter = pack.parameters.get(name)
        if parameter is None:
            near = get_close_matches(name, pack.parameters, n=1)
            problems.append(
                Problem("whatif.parameter_unknown", "error", value=name, nearest=near[0] if near else None)
            )
            continue
        parts = list(value.values()) if isinstance(value, Mapping) else [value]
        whole = [v for v in parts if isinstance(v, int) and not isinstance(v, bool)]
        low, high = parameter.low, parameter.high
        outside = [v for v in whole if (low is not None and v < low) or (high is not None and v > high)]
        if outside or (parameter.kind == "integer" and len(whole) != len(parts)):
            problems.append(
                Problem(
                    "whatif.value_range", "error", column=name, value=str(value), nearest=f"{low}..{high}"
                )
            )
    problems += _crossed(pack, reform)
    names = {rule.name for rule in pack.rules}
    for text in reform.rules:
        name = _defined(text) or ""
        if name not in names:
            near = get_close_matches(name, names, n=1) or get_close_matches(name, names, n=3, cutoff=0)
            problems.append(Problem("whatif.rule_unknown", "error", value=name, nearest=", ".join(near)))
    return problems


def _crossed(pack: Pack, reform: Reform) -> list[Problem]:
    """Ends of a range (``..._low_...`` and ``..._high_...``) that a reform puts the wrong way round.

    An end the reform leaves alone counts with every value the pack has for it; only what holds of all is refused.
    """

    def meant(name: str) -> set[int]:
        found = [reform.parameters[name]] if name in reform.parameters else []
        found = found or [s.value for s in pack.parameters[name].settings]
        return {v for v in found if isinstance(v, int) and not isinstance(v, bool)}

    problems = []
    for name in sorted(pack.parameters):
        other = name.replace("_low", "_high", 1)
        touched = {name, other} & set(reform.parameters)
        if other == name or other not in pack.parameters or not touched:
            continue
        low, high = meant(name), meant(other)
        if low and high and min(low) > max(high):
            values = {"reform": reform.name, "other": other, "bound": str(max(high))}
            problems.append(
                Problem("whatif.crossed", "error", column=name, value=str(min(low)), values=values)
            )
    return problems


def exceptions_stated(change: Path | None) -> dict[str, str]:
    """By reform of a file, outside which condition it says it changes nothing; empty where it says none."""
    if change is None:
        return {}
    return {reform.name: reform.only for reform in read_reforms(change)[0]}


def programs_to_compare(
    programme: Programme, pack: Pack, day: date | None, change: Path | None, against: str | None
) -> tuple[dict[str, Program], list[Problem]]:
    """What a programme's policy is held against, by name: another day, each reform of a file, another pack.

    Asked for together they are taken together: a reform on another day, another pack on another day. With
    nothing asked for that is a problem that says what can be asked.
    """
    if day is None and change is None and against is None:
        return {}, [Problem("policy.diff_nothing_asked", "error")]
    as_of, scope, base = day or programme.as_of, programme.scope, pack
    problems: list[Problem] = []
    if against is not None:
        base, as_of, scope = _other(against, day, as_of, scope)
    if change is None:
        program, found = bind(base, as_of, scope)
        return {against or str(as_of): program}, [p for p in found if p.severity == "error"]
    reforms, problems = read_reforms(change)
    programs: dict[str, Program] = {}
    for reform in reforms:
        changed, found = reformed(base, reform)
        if not any(p.severity == "error" for p in found):
            program, found = bind(changed, reform.as_of or as_of, scope, reform.parameters)
            programs[reform.name] = program
        problems += [p for p in found if p.severity == "error"]
    return programs, problems


def _other(against: str, day: date | None, as_of: date, scope: str) -> tuple[Pack, date, str]:
    """The other pack: a programme folder with its own day and place, a pack's folder, or the id of a pack."""
    folder = Path(against)
    if (folder / PROGRAMME_FILE).is_file():
        other, _ = load_programme(folder)
        return pack_of(other), day or other.as_of, other.scope
    pack = pack_or_raise(against)
    return pack, as_of, scope if scope.startswith(pack.scope) else pack.scope


def reformed(pack: Pack, reform: Reform) -> tuple[Pack, list[Problem]]:
    """The pack with a reform's rules in it, or what is wrong with the reform."""
    problems = check_reform(pack, reform)
    return (pack, problems) if problems else reformed_pack(pack, reform)


def reformed_pack(pack: Pack, reform: Reform) -> tuple[Pack, list[Problem]]:
    """The pack with the reform's rules in place of its own of the same name, read and checked as any pack."""
    if not reform.rules:
        return pack, []
    texts = {str(_defined(text)): text for text in reform.rules}
    with tempfile.TemporaryDirectory(prefix="resettle-") as folder:
        for name in pack.files():
            if name in ("pack.toml", "citations.toml", "labels.toml") or name.startswith(
                ("rules/", "parameters/")
            ):
                content = pack.read_text(name)
                path = Path(folder) / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(
                    _replaced(content, texts) if name.endswith(".py") else content, encoding="utf-8"
                )
        changed, problems = load_pack(folder)
    errors = [p for p in problems if p.severity == "error"]
    own = [p for p in errors if p.code != "policy.unknown_name"]
    return changed, own or errors


def _replaced(content: str, texts: Mapping[str, str]) -> str:
    lines = content.splitlines()
    for node in reversed(ast.parse(content).body):
        if isinstance(node, ast.FunctionDef) and node.name in texts:
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            lines[first - 1 : node.end_lineno] = texts[node.name].strip().splitlines()
    return "\n".join(lines) + "\n"
