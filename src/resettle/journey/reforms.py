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

from resettle.policy import Pack, load_pack
from resettle.problems import Problem
from resettle.store.cells import read_cells

KINDS = ("date", "parameter", "rule", "confirm")


@dataclass(frozen=True)
class Reform:
    """One reform: what differs from the policy as it stands.

    ``rules`` holds the text of whole rules that take the place of the pack's rules of the same name;
    ``confirmed`` says that a person means it even if everybody becomes eligible.
    """

    name: str
    as_of: date | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    rules: tuple[str, ...] = ()
    confirmed: bool = False


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
            return [], [Problem("whatif.not_toml", "error", file=path.name, values={"reason": str(error)})]
        rows = [row for i, entry in enumerate(entries, start=1) for row in _rows(entry, i)]
        problems: list[Problem] = []
    else:
        sheets, problems = read_cells(path)
        cells = [row for sheet in sheets[:1] for row in sheet.cells.iter_rows()]
        rows = [(*(str(c or "").strip() for c in row[:4]), *[""] * (4 - len(row[:4]))) for row in cells[1:]]
        rows = [row for row in rows if row[0]]
    reforms, found = _gathered(rows, path.name)
    if not reforms and not found:
        found = [Problem("whatif.nothing", "error", file=path.name)]
    return reforms, problems + found


def _rows(entry: Mapping[str, Any], number: int) -> list[tuple[Any, ...]]:
    name = str(entry.get("name", f"reform {number}"))
    rows: list[tuple[Any, ...]] = [(name, "name", "", "")]
    if "as_of" in entry:
        rows.append((name, "date", "", entry["as_of"]))
    rows += [(name, "parameter", key, value) for key, value in entry.get("parameters", {}).items()]
    rows += [(name, "rule", "", text) for text in entry.get("rules", [])]
    if entry.get("confirm"):
        rows.append((name, "confirm", "", "yes"))
    return rows


def _gathered(rows: list[tuple[Any, ...]], file: str) -> tuple[list[Reform], list[Problem]]:
    found: dict[str, dict[str, Any]] = {}
    problems = []
    for name, kind, key, value in rows:
        one = found.setdefault(str(name), {"as_of": None, "parameters": {}, "rules": {}, "confirmed": False})
        if kind == "name":
            continue
        if kind not in KINDS:
            problems.append(
                Problem("whatif.kind_unknown", "error", file=file, value=kind, nearest=", ".join(KINDS))
            )
        elif kind == "confirm":
            one["confirmed"] = True
        else:
            place, slot = (one, "as_of") if kind == "date" else (one[f"{kind}s"], key)
            if kind == "rule":
                slot = _defined(str(value)) or str(key)
            meant = _value(value, kind)
            if place.get(slot) not in (None, meant):
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
        Reform(name, one["as_of"], one["parameters"], tuple(one["rules"].values()), one["confirmed"])
        for name, one in found.items()
    ]
    return reforms, problems


def _value(value: Any, kind: str) -> Any:
    if kind == "rule" or not isinstance(value, str):
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
    names = {rule.name for rule in pack.rules}
    for text in reform.rules:
        name = _defined(text) or ""
        if name not in names:
            near = get_close_matches(name, names, n=1)
            problems.append(
                Problem("whatif.rule_unknown", "error", value=name, nearest=near[0] if near else None)
            )
    return problems


def reformed_pack(pack: Pack, reform: Reform) -> tuple[Pack, list[Problem]]:
    """The pack with the reform's rules in place of its own of the same name, read and checked as any pack."""
    if not reform.rules:
        return pack, []
    texts = {str(_defined(text)): text for text in reform.rules}
    with tempfile.TemporaryDirectory(prefix="resettle-") as folder:
        for name in pack.files():
            if name == "pack.toml" or name.startswith(("rules/", "parameters/")):
                content = pack.read_text(name)
                path = Path(folder) / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(
                    _replaced(content, texts) if name.endswith(".py") else content, encoding="utf-8"
                )
        changed, problems = load_pack(folder)
    return changed, [p for p in problems if p.severity == "error"]


def _replaced(content: str, texts: Mapping[str, str]) -> str:
    lines = content.splitlines()
    for node in reversed(ast.parse(content).body):
        if isinstance(node, ast.FunctionDef) and node.name in texts:
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            lines[first - 1 : node.end_lineno] = texts[node.name].strip().splitlines()
    return "\n".join(lines) + "\n"
