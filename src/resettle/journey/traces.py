"""Why one household gets what it gets: its rows through the rules, in steps a person reads."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

import polars as pl

from resettle.journey.run import Run
from resettle.policy import Pack, Trace, interpret
from resettle.policy.explain import Explained, explain
from resettle.tables import OUTSIDE
from resettle.tables.pages import Text, TraceStep
from resettle.tables.pages import Trace as PageTrace
from resettle.words import tell

STATES: Mapping[str, Literal["holds", "fails", "unknown", "value"]] = {
    "yes": "holds",
    "no": "fails",
    "unknown": "unknown",
    "value": "value",
}
QUESTIONS = ("dwelling_size_dm2", "area_cap_dm2", "is_eligible")
"""What an example is asked, the first the pack has."""
MOST_EXAMPLES = 4
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


def example_traces(run: Run) -> list[PageTrace]:
    """Explained households for the report: those the programme names, or one of each kind of answer."""
    found = []
    for household_id in _examples(run):
        trace = trace_household(run.tables, run.pack, household_id, run.programme.as_of, run.programme.scope)
        question = next((q for q in QUESTIONS if run.pack.rule(q)), None)
        if question is not None:
            found.append(page_trace(trace, question, household_id, run))
    return found


def _examples(run: Run) -> list[str]:
    named = [i for i in run.programme.options.get("examples", []) if isinstance(i, str)]
    there = set(run.tables["household"]["household_id"].to_list())
    chosen = [i for i in named if i in there]
    entitlement = run.tables.get("entitlement")
    if entitlement is None or chosen:
        return chosen[:MOST_EXAMPLES]
    for condition in (pl.col("is_eligible"), pl.col("is_eligible").is_null(), ~pl.col("is_eligible")):
        hit = entitlement.filter(condition).sort("household_id").head(1)
        chosen += hit["household_id"].to_list()
    return chosen


def page_trace(trace: Trace, output: str, household_id: str, run: Run) -> PageTrace:
    """A trace as the report and the console show it, in both languages."""
    zh, en = explain(trace, "zh", output), explain(trace, "en", output)
    steps = tuple(
        TraceStep(
            STATES[a.state],
            Text(f"{a.title}：{a.result}", f"{b.title}: {b.result}"),
            Text(source_line(a), source_line(b)),
        )
        for a, b in zip(zh, en, strict=True)
    )
    last_zh, last_en = zh[-1], en[-1]
    row = run.tables["household"].filter(pl.col("household_id") == household_id).row(0, named=True)
    conclusion = Text(
        tell(
            "trace.conclusion",
            "zh",
            head=row["head_name"],
            household=household_id,
            what=last_zh.title,
            result=last_zh.result,
        ),
        tell(
            "trace.conclusion",
            "en",
            head=row["head_name"],
            household=household_id,
            what=last_en.title,
            result=last_en.result,
        ),
    )
    return PageTrace(conclusion, steps, (), "synthetic" if run.programme.synthetic else "computed")


def source_line(step: Explained) -> str:
    """Where a step comes from: rule and source, parameters, cells."""
    cells = sorted({shown.place for shown in step.inputs if shown.place})
    parameters = [f"{p.title} = {p.value} ({p.source})" for p in step.parameters]
    return " · ".join([f"{step.name}: {step.source}", *parameters, *cells[:3]])
