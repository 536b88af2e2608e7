"""Which families to visit first, by village, and why: what the office cannot decide from its desk."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from resettle.problems import Problem

WEIGHTS = {"unknown": 3, "problem": 2, "need": 2, "due": 4}
"""What counts most: an answer that is due, then a fact that decides, then papers that disagree."""
DISAGREEING = frozenset(
    {
        "registry.head_missing",
        "registry.head_twice",
        "registry.key_conflict",
        "registry.person_in_two_households",
        "registry.sex_against_number",
        "registry.birth_against_number",
        "registry.id_check_digit",
        "registry.id_digits_lost",
        "registry.id_malformed",
        "registry.id_short",
        "registry.member_count_differs",
        "registry.household_sheet_differs",
        "registry.household_value_differs",
        "registry.relation_against_age",
        "registry.near_duplicate",
    }
)
SCHEMA = {
    "village_code": pl.String,
    "household_id": pl.String,
    "head_name": pl.String,
    "weight": pl.Int64,
    "reason": pl.String,
    "fact": pl.String,
}


def visit_first(
    household: pl.DataFrame,
    person: pl.DataFrame,
    problems: Sequence[Problem],
    entitlement: pl.DataFrame | None = None,
    lacking: pl.DataFrame | None = None,
    due: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """List the households to visit, gravest first within their village.

    Args:
        household, person: the registry's tables.
        problems: the registry's; those whose row belongs to a household count.
        entitlement: ``household_id`` and the results of rules; a positive ``unmet_need_dm2`` counts as need
            above the ceiling.
        lacking: ``household_id`` and ``fact``: facts that nobody knows and that would decide.
        due: ``household_id`` and ``what``: answers that are due.

    Returns:
        ``village_code household_id head_name weight reason fact``, one row per reason; ``reason`` is
        ``unknown``, ``problem``, ``need`` or ``due``, ``fact`` the column or problem code that says more.
    """
    reasons = [_from_problems(household, person, problems)]
    if entitlement is not None:
        reasons += _from_results(household, entitlement)
    if lacking is not None:
        unknown = pl.lit("unknown").alias("reason")
        reasons.append(lacking.select("household_id", unknown, "fact"))
    if due is not None and due.height:
        reasons.append(
            due.select("household_id", pl.lit("due").alias("reason"), pl.col("what").alias("fact"))
        )
    schema = {"household_id": pl.String, "reason": pl.String, "fact": pl.String}
    found = pl.concat([pl.DataFrame(schema=schema), *reasons]).unique()
    weights = pl.col("reason").replace_strict(WEIGHTS, return_dtype=pl.Int64).sum().over("household_id")
    return (
        found.with_columns(weights.alias("weight"))
        .join(household.select("household_id", "village_code", "head_name"), on="household_id", how="left")
        .select(list(SCHEMA))
        .sort(
            ["village_code", "weight", "household_id", "reason", "fact"],
            descending=[False, True, False, False, False],
        )
    )


def _from_problems(
    household: pl.DataFrame, person: pl.DataFrame, problems: Sequence[Problem]
) -> pl.DataFrame:
    """Problems by the household of their row, or by the household they name."""
    place = ["source_file", "source_sheet", "source_row"]
    told = [(p.file, p.sheet or "", p.row) for p in problems if p.code in DISAGREEING]
    asked = pl.DataFrame(
        told, schema=[*zip(place, (pl.String, pl.String, pl.Int64), strict=True)], orient="row"
    )
    homes = pl.concat(
        [
            t.select("household_id", *place).join(asked.unique(), on=place, how="semi")
            for t in (household, person)
        ]
    )
    of_row = {row[1:]: row[0] for row in homes.iter_rows()}
    known = set(household["household_id"])
    rows = []
    for problem in problems:
        if problem.code not in DISAGREEING:
            continue
        named = next((v for k in ("detail", "household") if (v := problem.values.get(k)) in known), None)
        home = named or of_row.get((problem.file, problem.sheet or "", problem.row))
        home = home or problem.values.get("household")  # one all of whose rows wait is in no table yet
        if home is not None:
            rows.append((home, "problem", problem.code))
    schema = {"household_id": pl.String, "reason": pl.String, "fact": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _from_results(household: pl.DataFrame, entitlement: pl.DataFrame) -> list[pl.DataFrame]:
    facts = household.join(entitlement, on="household_id", how="inner", suffix="_result")
    if "unmet_need_dm2" not in facts.columns:
        return []
    needy = facts.filter(pl.col("unmet_need_dm2") > 0)
    reason, fact = pl.lit("need").alias("reason"), pl.lit("unmet_need_dm2").alias("fact")
    return [needy.select("household_id", reason, fact)]
