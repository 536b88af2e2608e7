"""Tells a trace to a person, in Chinese or English: each rule with its clause, what it read, what came out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from resettle.policy.interpret import Line, Reading, Trace
from resettle.policy.names import Setting
from resettle.policy.pack import Pack
from resettle.policy.program import Program
from resettle.policy.said import said, setting_said
from resettle.words import Language, tell

State = Literal["yes", "no", "unknown", "value"]
OWN_SOURCES = {"run": "policy.own_day", "what-if": "policy.what_if"}
"""What no document says: the day a run asks about, a value that is only tried."""
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
        who: the person's name, where the row is a person's and has one; else its key.
        state, symbol: ✓ holds, ✕ does not, ? unknown, = a value.
        result: the result in words; for a number not known exactly its bounds.
        clause, source, is_assumption: what the rule rests on.
        inputs, parameters: what it read; parameters with dates and sources.
    """

    name: str
    table: str
    key: str
    who: str
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


def _explained(trace: Trace, line: Line, lang: Language) -> Explained:
    step, rule = line.step, line.step.rule
    base = trace.program.pack.rule(root_name(step.name)) or rule
    if any("__without_" in r.name for r in line.readings):
        rule = base
    state = state_of(line)
    pack = trace.program.pack
    value = said(pack, base.name, line.value, step.tree.type.kind, lang, base.unit)
    result = tell(f"policy.state.{state}", lang, value=value)
    if state == "unknown" and (line.low is not None or line.high is not None):
        open_end = tell("policy.state.open", lang)
        ends = [
            open_end if e is None else said(pack, base.name, e, "integer", lang, base.unit)
            for e in (line.low, line.high)
        ]
        result = tell("policy.state.between", lang, low=ends[0], high=ends[1])
    shown = [(r, _shown(trace, r, lang)) for r in line.readings]
    cite = pack.cite
    return Explained(
        step.name,
        step.table,
        line.key,
        str(trace.rows.get(step.table, {}).get(line.key, {}).get("name") or line.key),
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
        rule = program.pack.rule(root_name(reading.name)) or (step.rule if step else None)
        title = rule.title(lang) if rule else reading.name
        kind = step.tree.type.kind if step else "text"
        unit = rule.unit if rule else ""
    is_cell = reading.origin == "column"
    place = _place(trace, reading, lang) if is_cell else None
    proof = program.pack.proof_of(reading.table, reading.name, lang) if is_cell else None
    value = said(program.pack, root_name(reading.name), reading.value, kind, lang, unit)
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
    value = setting_said(program.pack, parameter, setting.value if setting else None, lang)
    source = (
        tell("common.unknown", lang) if setting is None else source_said(program.pack, setting.source, lang)
    )
    told = {"name": parameter.title(lang), "value": value, "source": source}
    text = tell("policy.parameter", lang, **told, days=_days(setting, lang))
    return Shown(name, parameter.title(lang), value, "parameter", "", "", text, source)


def root_name(name: str) -> str:
    """The result a step is a version of, as it stands before an exception.

    >>> root_name("area_cap_dm2__without_large_family"), root_name("sex")
    ('area_cap_dm2', 'sex')
    """
    return name.partition("__without_")[0]


def source_said(pack: Pack, source: str, lang: Language) -> str:
    """Where a value in force comes from, as the pack cites it; or the plan's own day, or a what-if."""
    own = OWN_SOURCES.get(source)
    return tell(own, lang) if own else pack.cite(source, lang)


def _days(setting: Setting | None, lang: Language) -> str:
    """Since when and until when a value is in force; nothing of a day or a what-if, which are the plan's own."""
    if setting is None or setting.source in OWN_SOURCES:
        return ""
    ends = {k: v for k, v in (("since", setting.since), ("until", setting.until)) if v is not None}
    return tell(f"policy.in_force.{'_'.join(ends) or 'always'}", lang, **ends)


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
        lines.append(f"{step.symbol} {step.title} ({step.who}): {step.result} [{tail}]")
        if step.provisional:
            lines.append(f"    ! {tell('policy.provisional', lang)}")
        for item in step.inputs:
            lines.append(f"    {item.title} = {item.value}" + (f" ({item.place})" if item.place else ""))
            if item.is_missing:
                lines.append(f"    → {settled_by(item.proof, lang)}")
        lines += [f"    {p.place}" for p in step.parameters]
    return lines
