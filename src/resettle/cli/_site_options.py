"""The plans to choose from, for ``resettle site``: searched, written to files, told in lines."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resettle.words import Language, tell

if TYPE_CHECKING:
    import polars as pl

    from resettle.cli._siting import Prepared
    from resettle.siting.county import CountyPlan

FILES = {"plan_option": "plans.csv", "plan_option_household": "plan_households.csv"}
FILES |= {"plan_condition": "plan_conditions.csv", "plan_limit": "plan_limits.csv"}
CHANGES, PAGE = "plan_changes.csv", "plans.html"


def find_options(
    ready: Prepared,
    deadline: Callable[[], Callable[[], bool]],
    language: Language | None,
    known: Mapping[str, CountyPlan],
) -> dict[str, list[dict[str, Any]]]:
    """Rows of the tables of plans, for the counties the options name; a progress line for each.

    Args:
        known: the counties' plans as they were just made, so that the programme's own plan is among those told.
    """
    from resettle.cli._siting import close_line, count_line
    from resettle.siting.alternatives import alternatives
    from resettle.siting.county import limits_of, plan_county
    from resettle.siting.option_rows import (
        condition_rows,
        counties_with_options,
        household_option_rows,
        limit_rows,
        option_rows,
        quick,
    )

    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in FILES}
    free = ready.options.plans_free and ready.options.plans_for != "auto"
    for county in counties_with_options(ready.counties, ready.options):
        limits = quick(limits_of(ready.options, ready.seed, deadline()))
        base = known.get(county.code)
        if base is None or free:
            base = plan_county(county, ready.options, limits)
        found = alternatives(base, limits, count_line(ready, county.code, language))
        close_line()
        rows["plan_option"] += option_rows(found, free)
        rows["plan_option_household"] += household_option_rows(found)
        rows["plan_limit"] += limit_rows(found)
        rows["plan_condition"] += condition_rows(found)
    return rows


def write_options(
    ready: Prepared, rows: dict[str, list[dict[str, Any]]], out: Path, known: Mapping[str, CountyPlan]
) -> None:
    """Four tables, the list of households whose site changes between any two plans, and a page to read."""
    import polars as pl

    from resettle.journey.pages import basis_of, meta_of
    from resettle.report.chapter_options import options as chapter
    from resettle.report.page import build_report
    from resettle.siting.contracts import PLAN_CONDITION, PLAN_LIMIT, PLAN_OPTION, PLAN_OPTION_HOUSEHOLD
    from resettle.store.folder import write_text
    from resettle.store.table_files import write_csv

    frames = {}
    for table in (PLAN_OPTION, PLAN_OPTION_HOUSEHOLD, PLAN_LIMIT, PLAN_CONDITION):
        frames[table.name] = pl.DataFrame(rows[table.name], schema=table.schema()).sort(table.key)
        write_csv(frames[table.name], table, out / FILES[table.name])
    lines = ["county_code,plan_from,plan_to,household_id,site_from,site_to"]
    lines += [",".join(x or "" for x in line) for line in all_changes(rows)]
    write_text(out / CHANGES, "\n".join(lines) + "\n")
    ready.run.tables |= frames | _made_tables(ready, list(known.values()))
    chapters = chapter(basis_of(ready.run))
    write_text(out / PAGE, build_report(chapters, meta_of(ready.run)))


def _made_tables(ready: Prepared, plans: list[CountyPlan]) -> dict[str, pl.DataFrame]:
    """What the page says of the counties' own plans rests on these, as in the report."""
    import polars as pl

    from resettle.siting.contracts import HOUSEHOLD_SITE, SITE_PLAN, SITING_ANSWER
    from resettle.siting.result import answer_row, household_rows, site_rows

    site = ready.run.tables["site"]
    where = dict(zip(site["site_id"].to_list(), site["county_code"].to_list(), strict=True))
    rows = {
        SITE_PLAN: site_rows(plans, ready.sites, ready.excluded, where, ready.options),
        SITING_ANSWER: [answer_row(p, ready.moving, ready.excluded, where) for p in plans],
        HOUSEHOLD_SITE: household_rows(plans, ready.moving),
    }
    return {t.name: pl.DataFrame(data, schema=t.schema()).sort(t.key) for t, data in rows.items()}


def all_changes(rows: dict[str, list[dict[str, Any]]]) -> list[tuple[str | None, ...]]:
    """(county, plan from, plan to, household, site from, site to) for every ordered pair of plans."""
    from resettle.siting.option_rows import changes

    found: list[tuple[str | None, ...]] = []
    for code in sorted({r["county_code"] for r in rows["plan_option"]}):
        plans = [r["plan"] for r in rows["plan_option"] if r["county_code"] == code]
        own = [r for r in rows["plan_option_household"] if r["county_code"] == code]
        for i, one in enumerate(plans):
            for other in plans[i + 1 :]:
                found += [(code, one, other, *change) for change in changes(own, one, other)]
    return found


def option_lines(ready: Prepared, rows: dict[str, list[dict[str, Any]]], language: Language) -> list[str]:
    """Every plan and condition in a line of plain words."""
    from resettle.report.chapter_options import LETTERS, plan_text
    from resettle.siting.option_rows import changes
    from resettle.tables.page_text import pick

    lines: list[str] = []
    for code in sorted({r["county_code"] for r in rows["plan_option"]}):
        plans = sorted(
            (r for r in rows["plan_option"] if r["county_code"] == code),
            key=lambda r: (r["cost_minor"], r["plan"]),
        )
        key = "exercise" if plans[0]["is_exercise"] else "plans"
        lines.append(
            tell(f"siting.options.{key}", language, county=ready.place(code, language), count=len(plans))
        )
        own = [r for r in rows["plan_option_household"] if r["county_code"] == code]
        for letter, r in zip(LETTERS, plans, strict=False):
            moved = len(changes(own, plans[0]["plan"], r["plan"]))
            lines.append("  " + _plan_line(ready, letter, pick(plan_text(r), language), r, moved, language))
        conditions = [r for r in rows["plan_condition"] if r["county_code"] == code]
        if conditions:
            lines.append("  " + tell("siting.options.conditions", language))
        lines += ["    " + _condition_line(ready, r, language) for r in conditions]
    return lines


def _plan_line(
    ready: Prepared, letter: str, name: str, row: dict[str, Any], moved: int, language: Language
) -> str:
    parts = [
        tell(
            "siting.options.plan",
            language,
            letter=letter,
            name=name,
            cost=ready.money(row["cost_minor"], language),
            saving=ready.money(row["cost_minor"] - row["cost_bound_minor"], language),
            sites=row["sites_open"],
        )
    ]
    for column in ("distance_m", "jobs", "services_m", "living_minor"):
        value = row[column]
        if value is None:
            continue
        told = f"{value / 1000:.1f}" if column.endswith("_m") else f"{value:,}"
        if column == "living_minor":
            told = ready.money(value, language)
        parts.append(tell(f"siting.options.{column}", language, value=told))
    if moved:
        parts.append(tell("siting.options.moved", language, count=moved))
    return tell("siting.options.join", language).join(parts)


def _condition_line(ready: Prepared, row: dict[str, Any], language: Language) -> str:
    value = row["value"]
    if row["condition"] == "nobody_farther" and value is not None:
        value = value // 1000
    text = tell(
        f"report.options.condition.{row['condition']}",
        language,
        value="" if value is None else f"{value:,}",
        site=ready.place(row["subject"], language) if row["subject"] else "",
    )
    if row["outcome"] != "priced":
        return f"{text}: {tell('report.options.outcome.' + row['outcome'], language)}"
    return tell(
        "siting.options.condition",
        language,
        condition=text,
        least=ready.money(row["least_minor"], language),
        most=ready.money(row["most_minor"], language),
    )
