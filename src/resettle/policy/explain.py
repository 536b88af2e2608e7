"""Tells a trace to a person, in Chinese or English: each rule with its clause, what it read, what came out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from resettle.policy.interpret import Line, Reading, Trace
from resettle.policy.program import Program
from resettle.policy.tree import Value, slot_date
from resettle.words import Language, tell

State = Literal["yes", "no", "unknown", "value"]
SYMBOLS: dict[State, str] = {"yes": "✓", "no": "✕", "unknown": "?", "value": "="}


@dataclass(frozen=True)
class Shown:
    """One thing a rule read: its title, its value in words, and the cell of the user's own sheet it is from.

    Of an input cell also ``proof``: the paper that settles it, as the pack names it.
    """

    name: str
    title: str
    value: str
    origin: str
    table: str
    key: str
    place: str | None = None
    source: str | None = None
    proof: str | None = None
    is_missing: bool = False


@dataclass(frozen=True)
class Explained:
    """One step of an explanation.

    Attributes:
        state, symbol: ✓ holds, ✕ does not, ? unknown, = a value.
        result: the result in words; for a number not known exactly its bounds.
        clause, source, is_assumption: what the rule rests on.
        inputs, parameters: what it read; parameters with dates and sources.
    """

    name: str
    table: str
    key: str
    title: str
    state: State
    symbol: str
    result: str
    clause: str
    source: str
    is_assumption: bool
    provisional: bool
    inputs: tuple[Shown, ...]
    parameters: tuple[Shown, ...]


def explain(
    trace: Trace, lang: Language, output: str | None = None, key: str | None = None
) -> list[Explained]:
    """The steps of a trace in the order they rest on each other.

    Args:
        lang: ``zh`` or ``en``.
        output: only what this result rests on (its last step is the result itself).
        key: whose result, where there are several rows.

    Raises:
        KeyError: if nothing of that name was computed.
    """
    lines = list(trace.lines.values())
    if output is not None:
        wanted = cone(trace, trace.line(output, key))
        lines = [line for line in lines if (line.step.table, line.key, line.step.name) in wanted]
    return [_explained(trace, line, lang) for line in lines]


def cone(trace: Trace, line: Line) -> set[tuple[str, str, str]]:
    """Every result a result rests on, itself among them."""
    found: set[tuple[str, str, str]] = set()
    open_lines = [line]
    while open_lines:
        at = open_lines.pop()
        place = (at.step.table, at.key, at.step.name)
        if place in found:
            continue
        found.add(place)
        for reading in at.readings:
            below = trace.lines.get((reading.table, reading.key, reading.name))
            if reading.origin == "rule" and below is not None:
                open_lines.append(below)
    return found


def inputs_of(trace: Trace, line: Line) -> list[Reading]:
    """The input cells a result read, directly or through other rules; each once."""
    cells: dict[tuple[str, str, str], Reading] = {}
    for place in cone(trace, line):
        for reading in trace.lines[place].readings:
            if reading.origin == "column":
                cells[reading.table, reading.key, reading.name] = reading
    return [cells[k] for k in sorted(cells)]


def state_of(line: Line) -> State:
    if line.value is None:
        return "unknown"
    if isinstance(line.value, bool):
        return "yes" if line.value else "no"
    return "value"


def in_words(value: Value, kind: str, lang: Language, unit: str = "", currency: str = "") -> str:
    """A value as a person reads it: areas in m2, money in major units.

    >>> in_words(None, "boolean", "en"), in_words(True, "boolean", "zh"), in_words(7500, "integer", "en", "dm2")
    ('unknown', '是', '75 m2')
    """
    if value is None:
        return tell("common.unknown", lang)
    if isinstance(value, bool):
        return tell("common.yes" if value else "common.no", lang)
    if kind == "date":
        return str(value if isinstance(value, date) else slot_date(int(value)))
    head = unit.partition(" ")[0]
    if isinstance(value, int) and head in ("dm2", "minor"):
        number = f"{value // 100:,}" if value % 100 == 0 else f"{value / 100:,.2f}"
        return tell(f"policy.unit.{head}", lang, value=number, currency=currency)
    return f"{value:,}" if isinstance(value, int) else value


def _explained(trace: Trace, line: Line, lang: Language) -> Explained:
    step, rule = line.step, line.step.rule
    base = trace.program.pack.rule(step.name.partition("__without_")[0]) or rule
    if any("__without_" in r.name for r in line.readings):
        rule = base
    state = state_of(line)
    result = tell(
        f"policy.state.{state}",
        lang,
        value=in_words(
            line.value, step.tree.type.kind, lang, rule.unit, trace.program.pack.currency_name(lang)
        ),
    )
    if state == "unknown" and (line.low is not None or line.high is not None):
        open_end = tell("policy.state.open", lang)
        ends = [
            open_end
            if e is None
            else in_words(e, "integer", lang, rule.unit, trace.program.pack.currency_name(lang))
            for e in (line.low, line.high)
        ]
        result = tell("policy.state.between", lang, low=ends[0], high=ends[1])
    shown = [(r, _shown(trace, r, lang)) for r in line.readings]
    cite = trace.program.pack.cite
    return Explained(
        step.name,
        step.table,
        line.key,
        base.title(lang),
        state,
        SYMBOLS[state],
        result,
        cite(rule.clause, lang),
        cite(rule.source, lang),
        rule.is_assumption,
        line.provisional,
        tuple(s for r, s in shown if r.origin != "parameter"),
        tuple(s for r, s in shown if r.origin == "parameter"),
    )


def _shown(trace: Trace, reading: Reading, lang: Language) -> Shown:
    program = trace.program
    if reading.origin == "parameter":
        return parameter_shown(program, reading.name, lang)
    table = program.tables[reading.table]
    column = table.column(reading.name)
    if column is not None:
        title = (column.zh if lang == "zh" else column.en) or reading.name
        kind: str = column.kind
        unit = column.unit
    else:
        step = program.step(reading.table, reading.name)
        title = step.rule.title(lang) if step else reading.name
        kind = step.tree.type.kind if step else "text"
        unit = step.rule.unit if step else ""
    is_cell = reading.origin == "column"
    place = _place(trace, reading, lang) if is_cell else None
    proof = program.pack.proof_of(reading.table, reading.name, lang) if is_cell else None
    value = in_words(reading.value, kind, lang, unit, program.pack.currency_name(lang))
    return Shown(
        reading.name,
        title,
        value,
        reading.origin,
        reading.table,
        reading.key,
        place,
        None,
        proof,
        is_cell and reading.value is None,
    )


def _place(trace: Trace, reading: Reading, lang: Language) -> str | None:
    if file := trace.elsewhere.get((reading.table, reading.name)):
        return file
    record = trace.rows[reading.table].get(reading.key, {})
    if not record.get("source_file"):
        return None
    names = {
        "file": record["source_file"],
        "sheet": record.get("source_sheet"),
        "row": record.get("source_row"),
    }
    return tell("policy.place", lang, **names)


def parameter_shown(program: Program, name: str, lang: Language) -> Shown:
    """A parameter with its value, dates and source."""
    parameter, setting = program.pack.parameters[name], program.settings[name]
    raw = setting.value if setting else None
    money = program.pack.currency_name(lang)
    if isinstance(raw, dict):
        value = ", ".join(
            f"{k}: {in_words(v, parameter.kind, lang, parameter.unit, money)}" for k, v in raw.items()
        )
    else:
        value = in_words(
            program.values[name] if raw is not None else None, parameter.kind, lang, parameter.unit, money
        )
    source = program.pack.cite(setting.source, lang) if setting else tell("common.unknown", lang)
    text = tell(
        "policy.parameter",
        lang,
        name=parameter.title(lang),
        value=value,
        unit=_rest(parameter.unit),
        since=_day(setting.since if setting else None, lang),
        until=_day(setting.until if setting else None, lang),
        source=source,
    )
    return Shown(name, parameter.title(lang), value, "parameter", "", "", text, source)


def _rest(unit: str) -> str:
    """The unit behind an area or money that already says m2 or its currency."""
    head, _, rest = unit.partition(" ")
    return rest if head in ("dm2", "minor") else unit


def _day(day: date | None, lang: Language) -> str:
    return tell("policy.always", lang) if day is None else str(day)


def settled_by(proof: str | None, lang: Language) -> str:
    """The paper that settles a fact, or that the pack names none."""
    key = "policy.settled_by" if proof else "policy.settled_unknown"
    return tell(key, lang, proof=proof)


def as_text(steps: Sequence[Explained], lang: Language) -> list[str]:
    """An explanation as lines of text.

    Each rule is a line with its symbol, followed by what it read, one line each, set in.
    """
    lines: list[str] = []
    for step in steps:
        tail = "; ".join(x for x in (step.clause, step.source) if x)
        lines.append(f"{step.symbol} {step.title} ({step.key}): {step.result} [{tail}]")
        if step.provisional:
            lines.append(f"    ! {tell('policy.provisional', lang)}")
        for item in step.inputs:
            lines.append(f"    {item.title} = {item.value}" + (f" ({item.place})" if item.place else ""))
            if item.is_missing:
                lines.append(f"    → {settled_by(item.proof, lang)}")
        lines += [f"    {p.place}" for p in step.parameters]
    return lines
