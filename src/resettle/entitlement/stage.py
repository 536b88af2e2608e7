"""Run the pack's rules over every household and count what stays unknown."""

from __future__ import annotations

import polars as pl

from resettle.entitlement.contracts import ENTITLEMENT, RULE_COVERAGE
from resettle.policy import evaluate
from resettle.tables import Inputs, Outputs, Stage


def run(inputs: Inputs) -> Outputs:
    """Evaluate all rules on the engine the run was given; one column a rule, unknown as null."""
    results, problems = evaluate(
        inputs.pack,
        dict(inputs.tables),
        inputs.settings["as_of"],
        inputs.settings["scope"],
        engine=inputs.settings.get("engine", "duckdb"),
    )
    entitled = results["household"]
    rules = [c for c in entitled.columns if c != "household_id" and not c.endswith("__provisional")]
    unknown = pl.sum_horizontal([pl.col(c).is_null().cast(pl.Int64) for c in rules]) if rules else pl.lit(0)
    entitled = entitled.with_columns(unknown.alias("unknown_count"))
    coverage = [row for table, frame in sorted(results.items()) for row in _coverage(table, frame)]
    eligible = (
        entitled["is_eligible"] if "is_eligible" in entitled.columns else pl.Series([], dtype=pl.Boolean)
    )
    facts = {
        "rules": len(rules),
        "eligible": int(eligible.sum() or 0),
        "not_eligible": int((~eligible).sum() or 0),
        "eligibility_unknown": int(eligible.null_count()),
    }
    tables = {
        "entitlement": ENTITLEMENT.shape(entitled),
        "rule_coverage": pl.DataFrame(coverage, schema=RULE_COVERAGE.schema()),
    }
    return Outputs(tables, problems, facts)


def _coverage(table: str, frame: pl.DataFrame) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for name in frame.columns[1:]:
        if name.endswith("__provisional"):
            continue
        column = frame[name]
        if column.dtype == pl.Boolean:
            positive = int(column.sum() or 0)
        elif column.dtype.is_numeric():
            positive = int((column > 0).sum() or 0)
        elif column.dtype == pl.String:
            positive = int((column != "none").sum() or 0)
        else:
            positive = frame.height - column.null_count()
        rows.append(
            {
                "rule_table": table,
                "rule": name,
                "row_count": frame.height,
                "known_count": frame.height - column.null_count(),
                "unknown_count": column.null_count(),
                "positive_count": positive,
            }
        )
    return rows


STAGE = Stage(
    name="entitlement",
    requires=("household", "person", "village?"),
    provides=(ENTITLEMENT, RULE_COVERAGE),
    run=run,
    zh="逐户计算待遇",
    en="apply the rules to every household",
)
