"""What each end of the choice and each further condition costs beside the cheapest plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from resettle.report.basis import Basis
from resettle.report.plan_names import WAY, Limits, km, name_text, with_name
from resettle.report.sentences import say
from resettle.report.site_words import FOUR_PACKAGE, label, package_lacks
from resettle.tables.page_text import grouped, money_column, money_text, same
from resettle.tables.pages import Block, Cell, PageColumn, PageTable, Paragraph, Text

Row = Mapping[str, Any]
ENDS = {
    "shorter_way": "distance_m",
    "still_shorter_way": "distance_m",
    "shortest": "distance_m",
    "nearest_services": "services_m",
    "most_jobs": "jobs",
    "lowest_living_cost": "living_minor",
}


def price_lines(basis: Basis, rows: Sequence[Row], letters: Mapping[str, str], limits: Limits) -> list[Text]:
    """What each end of the choice brings beside the cheapest plan, and what it costs more."""
    base = rows[0]
    said: list[Text] = []
    for name, column in ENDS.items():
        row = with_name(rows, name)
        if row is None or row[column] is None or base[column] is None:
            continue
        key = "way" if name in WAY else name
        said.append(
            say(
                f"report.options.price.{key}" if row["plan"] != base["plan"] else "report.options.price.same",
                what=name_text(name, limits),
                plan=letters[row["plan"]],
                base=letters[base["plan"]],
                value=_told(column, row[column], basis.currency),
                before=_told(column, base[column], basis.currency),
                more=_more(row, base, basis.currency),
                sites=row["sites_open"],
                sites_before=base["sites_open"],
            )
        )
    return said


def _more(row: Row, base: Row, currency: Text) -> Text:
    """What a plan costs more than another, and how much of that is only weighed and paid to nobody."""
    more = row["cost_minor"] - base["cost_minor"]
    weighed = (row.get("split_minor") or 0) - (base.get("split_minor") or 0)
    told = money_text(more, currency)
    if not weighed:
        return say("report.options.more.paid", more=told)
    if weighed == more:
        return say("report.options.more.weighed", more=told)
    if 0 < weighed < more:
        return say("report.options.more.part", more=told, weighed=money_text(weighed, currency))
    key = "paid_more" if more > weighed else "paid_less"
    return say(f"report.options.more.{key}", more=told, paid=money_text(abs(more - weighed), currency))


def _told(column: str, value: int, currency: Text) -> Text:
    if column == "jobs":
        return same(grouped(value))
    if column == "living_minor":
        return money_text(value, currency)
    return km(value, 1 if column == "distance_m" else 2)


def conditions(basis: Basis, code: str, plans: Sequence[Row]) -> list[Block]:
    """The table of conditions, and what the four packages are where they are one of them."""
    found = basis.frame("plan_condition", "county_code", "condition", "outcome")
    if found is None:
        return []
    rows = found.filter(pl.col("county_code") == code).sort("condition", "subject").to_dicts()
    if not rows:
        return []
    site = basis.frame("site", "site_id")
    known = {} if site is None else {r["site_id"]: r for r in site.to_dicts()}
    largest = max((r["most_minor"] or 0 for r in rows), default=0)
    columns = (
        PageColumn(say("report.options.condition_head")),
        PageColumn(say("report.options.outcome_head")),
        money_column(say("report.options.least"), basis.currency, largest),
        money_column(say("report.options.most"), basis.currency, largest),
    )
    cells: list[tuple[Cell, ...]] = []
    nothing = say("report.options.no_price")
    for r in rows:
        value = r["value"]
        if r["condition"] == "nobody_farther" and value is not None:
            value = value // 1000
        row = known.get(r["subject"])
        text = say(
            f"report.options.condition.{r['condition']}",
            value="" if value is None else f"{value:,}",
            site=same(r["subject"]) if row is None else label(basis, row),
        )
        priced = r["outcome"] == "priced"
        cells.append(
            (
                text,
                say(f"report.options.outcome.{r['outcome']}"),
                r["least_minor"] if priced else nothing,
                r["most_minor"] if priced else nothing,
            )
        )
    if plans[0]["sites_open"] == 1:
        cells.append(
            (say("report.options.one_site"), say("report.options.outcome.impossible"), nothing, nothing)
        )
    note = say("report.options.conditions_note")
    blocks: list[Block] = [PageTable(say("report.options.conditions"), columns, tuple(cells), note=note)]
    if any(r["condition"] == "full_package" for r in rows):
        blocks.append(Paragraph(_package(basis, code), "note"))
    return blocks


def _package(basis: Basis, code: str) -> Text:
    """What the four packages are, and which sites of the county do not have them all."""
    site = basis.frame("site", "site_id", "county_code")
    own = [] if site is None else site.filter(pl.col("county_code") == code).sort("site_id").to_dicts()
    lacks = [text for r in own if (text := package_lacks(basis, r)) is not None]
    if not lacks:
        return say("report.options.package_all")
    told = Text("；".join(t.zh for t in lacks), "; ".join(t.en for t in lacks))
    lacking = any(r.get(c) is False for r in own for c in FOUR_PACKAGE)
    completed = say("report.options.package_completed") if lacking else Text("", "")
    return say("report.options.package", sites=told, completed=completed)
