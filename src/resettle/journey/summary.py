"""A run on one screen, in plain words, from the same figures the report prints."""

from __future__ import annotations

from typing import Any

import polars as pl

from resettle.journey.figures import figures_of
from resettle.journey.run import Run
from resettle.journey.traces import currency_text
from resettle.tables.page_text import money_text, percent_text, pick
from resettle.words import Language, tell


def summary_lines(run: Run, language: Language) -> list[str]:
    """The lines of the summary; a sentence whose figures are not there is left out."""
    figures = figures_of(run.tables)
    currency = currency_text(run.pack)
    title = run.programme.title.get(language) or run.programme.folder.name
    lines = [tell("summary.title", language, title=title), ""]

    def line(key: str, **values: Any) -> None:
        if all(v is not None for v in values.values()):
            lines.append("· " + tell(f"summary.{key}", language, **values))

    counts = run.read.facts
    line(
        "read",
        read=counts.get("read"),
        accepted=counts.get("accepted"),
        quarantined=counts.get("quarantined"),
    )
    line("who", households=figures["households"], persons=figures["persons"], villages=figures["villages"])
    unclassed, uncounted = not_counted(run.tables["household"])
    line("not_counted", unclassed=unclassed if unclassed or uncounted else None, uncounted=uncounted)
    line(
        "eligible",
        eligible=figures["eligible_households"],
        refused=figures["refused_households"],
        unknown=figures["unknown_households"],
    )
    line("short", short=figures["short_households"] or None)
    line(
        "comovers",
        willing=figures["co_mover_households"] or None,
        agreed=figures["co_mover_agreed_households"],
    )
    gap = worst_gap(run)
    line(
        "sites",
        sites=figures["sites_open"],
        placed=figures["placed_households"],
        gap=None if gap is None else pick(percent_text(gap, 2), language),
    )
    line("costs_unknown", sites=costs_unknown(run.tables.get("site_plan")) or None)
    if figures["gap_to_need"] is not None:
        line(
            "money",
            rate=pick(percent_text(figures["in_place_of_need"]), language),
            gap=pick(money_text(figures["gap_to_need"], currency), language),
            rate_budget=pick(percent_text(figures["in_place_of_budget"]), language),
        )
    if run.facts.get("funds", {}).get("repaired"):
        line("repaired")
    if run.programme.synthetic:
        line("synthetic")
    out = run.programme.folder / "out"
    lines += [
        "",
        tell(
            "summary.files",
            language,
            report=out / "report.html",
            tables=out / "tables",
            problems=out / "problems.xlsx",
        ),
    ]
    return lines


def worst_gap(run: Run) -> int | None:
    """The largest gap of any county's siting answer on its whole cost, in ppm; the tables hold both gaps."""
    answer = run.tables.get("siting_answer")
    if answer is None or not answer.height or not answer["plain_gap_ppm"].is_not_null().any():
        return None
    value = answer["plain_gap_ppm"].max()
    return int(value) if isinstance(value, int) else None


def costs_unknown(plan: pl.DataFrame | None) -> int:
    """Sites that were weighed without every cost of them being known.

    >>> rows = {"cost_known": [True, False, None], "excluded_reason": [None, None, "water"]}
    >>> costs_unknown(pl.DataFrame(rows))
    1
    """
    if plan is None or "cost_known" not in plan.columns:
        return 0
    return plan.filter(~pl.col("cost_known").fill_null(True)).height


def not_counted(household: pl.DataFrame) -> tuple[int, int]:
    """Households in no figure because their class is unknown, and those counted whose number of members is.

    >>> rows = {"household_class": ["affected", None, "affected"], "member_count": [3, 2, None]}
    >>> not_counted(pl.DataFrame(rows))
    (1, 1)
    """
    if not {"household_class", "member_count"} <= set(household.columns):
        return 0, 0
    known = household.filter(pl.col("household_class").is_not_null())
    return household.height - known.height, known["member_count"].null_count()
