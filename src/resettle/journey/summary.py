"""A run on one screen, in plain words, from the same figures the report prints."""

from __future__ import annotations

from typing import Any

from resettle.journey.figures import figures_of
from resettle.journey.run import Run
from resettle.words import Language, tell


def money_words(minor: int | float | None, language: Language, currency: str) -> str:
    """An amount in prose: 亿元 or million, by the table of numbers of the house style.

    >>> money_words(22606820000, "zh", "CNY"), money_words(22606820000, "en", "CNY")
    ('2.26亿元', '226 million yuan')
    """
    if minor is None:
        return tell("common.unknown", language)
    major = minor / 100
    if language == "zh":
        unit = "元" if currency == "CNY" else f" {currency}"
        return f"{major / 1e8:.2f}亿{unit}" if abs(major) >= 1e8 else f"{major / 1e4:,.1f}万{unit}"
    unit = "yuan" if currency == "CNY" else currency
    return f"{major / 1e6:,.0f} million {unit}" if abs(major) >= 1e7 else f"{major / 1e6:,.2f} million {unit}"


def percent(ppm: int | float | None, language: Language) -> str:
    """A share as a person reads it.

    >>> percent(787094, "en")
    '78.7%'
    """
    return tell("common.unknown", language) if ppm is None else f"{ppm / 10_000:.1f}%"


def summary_lines(run: Run, language: Language) -> list[str]:
    """The lines of the summary; a sentence whose figures are not there is left out."""
    figures = figures_of(run.tables)
    currency = run.programme.currency
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
        gap=None if gap is None else f"{gap / 10_000:.2f}%",
    )
    if figures["gap_to_need"] is not None:
        line(
            "money",
            rate=percent(figures["in_place_of_need"], language),
            gap=money_words(figures["gap_to_need"], language, currency),
            rate_budget=percent(figures["in_place_of_budget"], language),
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
