"""The two criteria side by side, for each household: income against the line of its year, and deprivations.

Unknown stays unknown: a household without income is neither below nor above the line, and one with an
unknown deprivation is poor only if it would be so either way.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

import polars as pl

from resettle.problems import Problem
from resettle.tables.people import is_here
from resettle.targeting.contracts import TARGETING_LINE

ADULT, OLD, SCHOOL_FROM, SCHOOL_UNTIL = 18, 60, 6, 15


def line_table(document: Mapping[str, Any]) -> pl.DataFrame:
    """The poverty line by year, with the year in which its meaning changes marked."""
    line = document["line"]
    rows = [
        {
            "year": entry["year"],
            "line_minor": entry["value"],
            "line_measure": entry["measure"],
            "is_break": entry["year"] == line["break_year"],
            "source": entry["source"],
            "confidence": entry["confidence"],
        }
        for entry in line["values"]
    ]
    return pl.DataFrame(rows, schema=TARGETING_LINE.schema()).sort("year")


def with_income(
    household: pl.DataFrame, lines: pl.DataFrame, plan_year: int, near_ppm: int
) -> tuple[pl.DataFrame, list[Problem]]:
    """Income per person, the line of the income's own year, the gap and what is near the line.

    The registry states net income; from the break on, the line is for disposable income. The comparison is
    made (there is no other) and marked ``is_comparable = false``. Where no household states the year of its
    income, all are taken to be of the plan year, and that is said; where some do, the year of the others is unknown,
    and so is the line they are held against.
    """
    some = bool(household["income_year"].count())
    registered = pl.col("registered_member_count")
    size = pl.when(registered > 0).then(registered).otherwise(pl.col("member_count"))
    frame = household.with_columns(
        pl.when(size > 0).then(size).otherwise(None).alias("_size"),
        (pl.col("income_year") if some else pl.lit(plan_year, pl.Int64)).alias("line_year"),
    )
    covered = set(lines["year"].to_list())
    absent = sorted(set(frame["line_year"].drop_nulls().to_list()) - covered)
    problems = _years_unknown(household, plan_year, some)
    problems += [
        Problem(
            "targeting.line_absent",
            "warning",
            table="household",
            column="income_year",
            value=str(year),
            nearest=str(min(covered, key=lambda known: abs(known - year))) if covered else None,
        )
        for year in absent
    ]
    frame = frame.join(
        lines.select(pl.col("year").alias("line_year"), "line_minor", "line_measure"),
        on="line_year",
        how="left",
        maintain_order="left",
    )
    income, line, size = pl.col("income_minor"), pl.col("line_minor"), pl.col("_size")
    frame = frame.with_columns(
        (income // size).alias("income_per_person_minor"),
        (income - line * size).floordiv(size).alias("gap_minor"),
        (income < line * size).alias("is_income_poor"),
        (pl.col("line_measure") == "net").alias("is_comparable"),
        ((income - line * size).abs() * 1_000_000 <= line * size * near_ppm).alias("is_near_line"),
    )
    used = frame.filter(pl.col("income_minor").is_not_null() & ~pl.col("is_comparable").fill_null(True))
    if used.height:
        problems.append(
            Problem(
                "targeting.series_break",
                "info",
                table="household",
                value=str(used.height),
                column="line_year",
            )
        )
    return frame, problems


def _years_unknown(household: pl.DataFrame, plan_year: int, some: bool) -> list[Problem]:
    """Incomes of which nobody wrote the year: all of them, or some."""
    silent = household.filter(pl.col("income_year").is_null() & pl.col("income_minor").is_not_null()).height
    if not silent:
        return []
    code = "targeting.year_unknown" if some else "targeting.year_assumed"
    values = {"count": silent, "year": plan_year}
    severity: Literal["warning", "info"] = "warning" if some else "info"
    return [Problem(code, severity, table="household", column="income_year", values=values)]


def deprivations(household: pl.DataFrame, person: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Each known deprivation of each household as a yes, a no or an unknown (Kleene's any over members)."""
    here = person.filter(is_here(person))
    age = (pl.lit(as_of) - pl.col("birth_date")).dt.total_days() / 365.2425
    able = pl.col("labour_class").is_in(["ordinary", "skilled"])
    adult = (age >= ADULT) & (age < OLD)
    pupil = (age >= SCHOOL_FROM) & (age < SCHOOL_UNTIL + 1)
    by_house = here.group_by("household_id").agg(
        (~able.any(ignore_nulls=False)).alias("no_labour"),
        pl.col("health").is_in(["serious", "disabled"]).any(ignore_nulls=False).alias("serious_illness"),
        (adult & (pl.col("education") == "illiterate")).any(ignore_nulls=False).alias("illiterate_adult"),
        (pupil & ~pl.col("is_student")).any(ignore_nulls=False).alias("child_not_in_school"),
        (~pl.col("has_insurance")).any(ignore_nulls=False).alias("no_insurance"),
    )
    known = household.select("household_id", "member_count", "old_dwelling_area_dm2", "person_listed").join(
        by_house, on="household_id", how="left", maintain_order="left"
    )
    # A member nobody listed may be the able one, or the ill one: of such a list only a yes of "any" stands.
    partly = ~pl.col("person_listed").fill_null(False)
    any_of = ("serious_illness", "illiterate_adult", "child_not_in_school", "no_insurance")
    return known.with_columns(
        pl.when(partly & pl.col("no_labour")).then(None).otherwise(pl.col("no_labour")).alias("no_labour"),
        *(pl.when(partly & ~pl.col(c)).then(None).otherwise(pl.col(c)).alias(c) for c in any_of),
    )


def with_deprivations(
    frame: pl.DataFrame, person: pl.DataFrame, as_of: date, document: Mapping[str, Any]
) -> tuple[pl.DataFrame, list[Problem]]:
    """Weighted deprivation score as an interval, and poverty at the cut-off where the interval decides."""
    known = deprivations(frame, person, as_of)
    rule = document["multidimensional"]
    total = sum(int(i["weight"]) for i in rule["indicators"])
    problems: list[Problem] = []
    low, high = pl.lit(0, dtype=pl.Int64), pl.lit(0, dtype=pl.Int64)
    for indicator in rule["indicators"]:
        name, weight = str(indicator["name"]), int(indicator["weight"])
        if name == "small_dwelling":
            area = pl.col("old_dwelling_area_dm2") < int(indicator["limit"]) * pl.col("member_count")
            known = known.with_columns(area.alias(name))
        elif name not in known.columns:
            problems.append(
                Problem(
                    "targeting.indicator_unknown",
                    "error",
                    value=name,
                    nearest=", ".join(c for c in known.columns if known[c].dtype == pl.Boolean),
                )
            )
            continue
        low = low + pl.col(name).fill_null(False).cast(pl.Int64) * weight
        high = high + pl.col(name).fill_null(True).cast(pl.Int64) * weight
    cut = int(rule["cutoff_ppm"])
    scores = known.select(
        "household_id",
        (low * 1_000_000 // total).alias("deprivation_low_ppm"),
        (high * 1_000_000 // total).alias("deprivation_high_ppm"),
    ).with_columns(
        pl.when(pl.col("deprivation_low_ppm") >= cut)
        .then(True)
        .when(pl.col("deprivation_high_ppm") < cut)
        .then(False)
        .otherwise(None)
        .alias("is_multidimensionally_poor")
    )
    frame = frame.join(scores, on="household_id", how="left", maintain_order="left")
    income, multi = pl.col("is_income_poor"), pl.col("is_multidimensionally_poor")
    return frame.with_columns(
        pl.when(income.is_null() | multi.is_null())
        .then(pl.lit("unknown"))
        .when(income & multi)
        .then(pl.lit("both"))
        .when(income)
        .then(pl.lit("income_only"))
        .when(multi)
        .then(pl.lit("multidimensional_only"))
        .otherwise(pl.lit("neither"))
        .alias("agreement")
    ), problems


def cliff_expr(document: Mapping[str, Any]) -> pl.Expr:
    """What a registered household of this size gets and another does not, less what it has to pay."""
    size = pl.col("_size")
    worth = pl.lit(0, dtype=pl.Int64)
    for benefit in document["cliff"]["benefits"]:
        times = size if benefit["per"] == "person" else pl.lit(1, dtype=pl.Int64)
        worth = worth + times * int(benefit["value"])
    for cost in document["cliff"].get("costs", []):
        due = size * int(cost["value"])
        worth = worth - pl.min_horizontal(due, pl.lit(int(cost["most_per_household"])))
    return pl.when(size.is_not_null()).then(worth).otherwise(None)
