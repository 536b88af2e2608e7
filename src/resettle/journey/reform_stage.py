"""The stage that tries the pack's own reforms over everybody, for the report's chapter and its tables."""

from __future__ import annotations

from typing import Any

import polars as pl

from resettle.journey.reform_book import Stated, book_of
from resettle.journey.whatif import Outcome, Registry, try_reform
from resettle.policy import Pack
from resettle.tables import Inputs, Outputs, Stage
from resettle.tables.reforms import REFORM, REFORM_CHANGE, REFORM_COST, REFORM_SUMMARY, TABLES


def run(inputs: Inputs) -> Outputs:
    """Every stated reform over the registry; one that is faulty is said and left out, the others are tried."""
    pack = inputs.pack
    _, stated, problems = book_of(pack)
    if not stated:
        return Outputs({t.name: t.empty() for t in TABLES}, problems)
    registry = Registry(pack, inputs.tables, inputs.settings["as_of"], inputs.settings["scope"])
    done: list[tuple[Stated, Outcome]] = []
    try:
        for one in stated:
            outcome, found = try_reform(registry, one.reform)
            problems += found
            if outcome is not None:
                done.append((one, outcome))
    finally:
        registry.close()
    return Outputs(_tables(pack, done), problems, {"reforms": len(done)})


def _tables(pack: Pack, done: list[tuple[Stated, Outcome]]) -> dict[str, pl.DataFrame]:
    outcomes = [o for _, o in done]
    rows = [row for stated, outcome in done for row in _described(pack, stated, outcome)]
    summary = REFORM_SUMMARY.schema()
    return {
        "reform": pl.DataFrame(rows, schema=REFORM.schema()),
        "reform_summary": pl.DataFrame(
            [{n: o.summary.get(n) for n in summary} for o in outcomes], schema=summary
        ),
        "reform_change": pl.concat([REFORM_CHANGE.empty(), *(o.changes for o in outcomes)]),
        "reform_cost": pl.concat([REFORM_COST.empty(), *(o.cost for o in outcomes)]),
    }


def _described(pack: Pack, stated: Stated, outcome: Outcome) -> list[dict[str, Any]]:
    """One row for each thing the reform changes, with its sentence and the source of the new value."""
    shown = pack.rule(stated.shows)
    rules = {rule.name: rule for rule in outcome.rules}
    rows = []
    for position, change in enumerate(outcome.words, start=1):
        rule = rules.get(change.name)
        source = stated.sources.get(change.name) or (rule.source if rule else "")
        rows.append(
            {
                "reform": stated.reform.name,
                "position": position,
                "name_zh": stated.zh,
                "name_en": stated.en,
                "shows": stated.shows,
                "shows_zh": shown.title("zh") if shown else stated.shows,
                "shows_en": shown.title("en") if shown else stated.shows,
                "shows_unit": shown.unit if shown else "",
                "change_zh": change.zh,
                "change_en": change.en,
                "source": source,
                "is_assumption": source.startswith("assumption"),
            }
        )
    return rows


STAGE = Stage(
    name="reforms",
    requires=("household", "person", "village?", "targeting_household?", "projection_household?"),
    provides=TABLES,
    run=run,
    zh="试算别的规则",
    en="try other rules",
)
