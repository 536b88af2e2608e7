"""Why one household gets what it gets: its rows through the rules, in steps a person reads."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

import polars as pl

from resettle.journey.run import Run
from resettle.policy import Pack, Trace, deciding, interpret
from resettle.policy.explain import Explained, explain, root_name
from resettle.policy.interpret import Line
from resettle.policy.said import in_words
from resettle.tables import OUTSIDE
from resettle.tables.page_text import area_text, money_text, percent_text
from resettle.tables.pages import Text, TraceStep
from resettle.tables.pages import Trace as PageTrace
from resettle.words import Language, tell

STATES: Mapping[str, Literal["holds", "fails", "unknown", "value"]] = {
    "yes": "holds",
    "no": "fails",
    "unknown": "unknown",
    "value": "value",
}
_NOT_CHILDREN = {"household", "person", "village", "region", *(t.name for t in OUTSIDE)}


def trace_household(
    tables: Mapping[str, pl.DataFrame], pack: Pack, household_id: str, as_of: date, scope: str
) -> Trace:
    """One household interpreted with its members, its village and the pack's inventories.

    Raises:
        KeyError: if there is no such household.
    """
    household = tables["household"].filter(pl.col("household_id") == household_id)
    if not household.height:
        raise KeyError(household_id)
    row = household.row(0, named=True)
    children = {"person": tables["person"].filter(pl.col("household_id") == household_id).to_dicts()}
    for name in sorted(set(pack.tables) - _NOT_CHILDREN):
        if name in tables:
            children[name] = tables[name].filter(pl.col("household_id") == household_id).to_dicts()
    parents: dict[str, Mapping[str, Any]] = {}
    if "village" in tables and row.get("village_code"):
        villages = tables["village"].filter(pl.col("village_code") == row["village_code"])
        if villages.height:
            parents["village"] = villages.row(0, named=True)
    return interpret(pack, row, children, parents, as_of, scope)


def decided_by(trace: Trace, name: str) -> Line:
    """The step that decided a result: the exception's where one applied, else the rule's."""
    line = trace.line(name)
    while inner := next((r.name for r in line.readings if "__without_" in r.name), ""):
        line = trace.line(inner)
    return line


def page_trace(trace: Trace, output: str, household_id: str, run: Run) -> PageTrace:
    """A trace as the report and the console show it: the steps that decide, the others folded behind."""
    zh, en = explain(trace, "zh", output), explain(trace, "en", output)
    cells = {(r.table, r.key, r.name) for r in deciding(trace, output)}
    front: list[TraceStep] = []
    behind: list[TraceStep] = []
    for a, b in zip(zh, en, strict=True):
        line = trace.lines[(a.table, a.key, a.name)]
        step = TraceStep(
            STATES[a.state], _step_text(trace, line, a, b), Text(source_line(a, "zh"), source_line(b, "en"))
        )
        is_member = line.step.table != "household"
        reads = any((r.table, r.key, r.name) in cells for r in line.readings)
        decides = a is zh[-1] or (not is_member and (reads or a.parameters or a.state == "unknown"))
        (front if decides else behind).append(step)
    row = run.tables["household"].filter(pl.col("household_id") == household_id).row(0, named=True)
    result = result_text(trace, trace.line(output))
    told = {"head": row["head_name"], "household": household_id}
    conclusion = Text(
        tell("trace.conclusion", "zh", what=zh[-1].title, result=result.zh, **told),
        tell("trace.conclusion", "en", what=en[-1].title, result=result.en, **told),
    )
    mark: Literal["synthetic", "computed"] = "synthetic" if run.programme.synthetic else "computed"
    return PageTrace(conclusion, tuple(front), (), mark, tuple(behind))


def result_text(trace: Trace, line: Line) -> Text:
    """What a rule came to, with its unit: areas in square metres, money in whole currency units."""
    name, kind, pack = root_name(line.step.name), line.step.tree.type.kind, trace.program.pack
    unit = (pack.rule(name) or line.step.rule).unit
    if line.value is None and (line.low is not None or line.high is not None):
        ends = [value_text(pack, name, e, "integer", unit) for e in (line.low, line.high)]
        both = [("zh", [e.zh for e in ends]), ("en", [e.en for e in ends])]
        return Text(*(tell("policy.state.between", k, low=v[0], high=v[1]) for k, v in both))  # type: ignore[arg-type]
    return value_text(pack, name, line.value, kind, unit)


def value_text(pack: Pack, name: str, value: Any, kind: str, unit: str) -> Text:
    """A value of a rule, column or parameter in both languages: by its unit, or by the words of a closed list."""
    if isinstance(value, str) and kind == "text":
        return label_text(pack, name, value)
    return unit_text(value, kind, unit, currency_text(pack))


def label_text(pack: Pack, name: str, value: str) -> Text:
    """What a value of a closed list, or a key of a keyed parameter, is called in both languages."""
    return Text(pack.label(name, value, "zh"), pack.label(name, value, "en"))


def currency_text(pack: Pack) -> Text:
    """What the pack calls its money, in both languages."""
    return Text(pack.currency_name("zh"), pack.currency_name("en"))


def unit_text(value: Any, kind: str, unit: str, currency: Text) -> Text:
    """A value with its unit as pages write it.

    >>> unit_text(7500, "integer", "dm2 per person", Text("元", "yuan"))
    Text(zh='75平方米', en='75 m²')
    >>> unit_text(130000, "integer", "minor per m2", Text("元", "yuan")).en
    '1,300 yuan'
    """
    head = unit.partition(" ")[0]
    if isinstance(value, int) and not isinstance(value, bool) and kind != "date":
        if head == "dm2":
            return area_text(value)
        if head == "minor":
            return money_text(value, currency)
        if head == "ppm":
            return percent_text(value)
    return Text(in_words(value, kind, "zh"), in_words(value, kind, "en"))


def _step_text(trace: Trace, line: Line, zh: Explained, en: Explained) -> Text:
    """Title and value; of what holds or does not, the title alone: the sign beside it says which."""
    if zh.state in ("yes", "no") or (zh.state == "unknown" and line.low is None and line.high is None):
        return Text(zh.title, en.title)
    result = result_text(trace, line)
    return Text(f"{zh.title}：{result.zh}", f"{en.title}: {result.en}")


def source_line(step: Explained, language: Language) -> str:
    """Where a step comes from, briefly: its clause or source, its parameters, the first cell it read."""
    cells = sorted({shown.place for shown in step.inputs if shown.place})
    parts = [step.clause or step.source, *(f"{p.title} {p.value}" for p in step.parameters)]
    if len(cells) > 1:
        parts.append(tell("trace.cells", language, cell=cells[0], more=len(cells) - 1))
    return " · ".join(parts + cells[:1] if len(cells) == 1 else parts)
