"""The plans a county may choose from: what each is best at, what it costs, who goes elsewhere, on maps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from resettle.report.basis import Basis, mark_of
from resettle.report.chapter_options_moves import changed_villages, changes_matrix, maps, sites_built
from resettle.report.sentences import say
from resettle.tables.page_text import money_column, money_text, number_text, percent_text, unknown_text
from resettle.tables.pages import (
    Block,
    Cell,
    Chapter,
    Figure,
    Folded,
    Mark,
    PageColumn,
    PageTable,
    Paragraph,
    Text,
    TradeOff,
    TradePoint,
)
from resettle.units import share_ppm

ORDER = 52
LETTERS = "ABCDEFGHI"
NEEDED = ("county_code", "plan", "cost_minor", "cost_bound_minor")

Row = Mapping[str, Any]


def options(basis: Basis) -> list[Chapter]:
    """The chapter, or none: most programmes have nothing left to choose, and then there is nothing to say."""
    plans = basis.frame("plan_option", *NEEDED)
    if plans is None:
        return []
    blocks: list[Block] = []
    codes = plans["county_code"].unique().sort().to_list()
    for code in codes:
        if len(codes) > 1:
            blocks.append(Paragraph(basis.region_name(code), "head"))
        blocks += county_blocks(basis, code)
    return [Chapter("options", say("report.options.title"), tuple(blocks), order=ORDER)]


def ordered(plans: pl.DataFrame, code: str) -> list[dict[str, Any]]:
    """The county's plans, cheapest first; the letter of each is its place in this list."""
    return plans.filter(pl.col("county_code") == code).sort("cost_minor", "plan").to_dicts()


def plan_text(row: Row) -> Text:
    """A plan by everything it is best at: "cheapest, also shortest ways"."""
    names = [row["plan"], *(n for n in (row["also"] or "").split(", ") if n)]
    if "shortest" in names:  # what lies on the way to the shortest says nothing more of it
        names = [n for n in names if not n.endswith("_shorter")]
    told = [say(f"report.options.name.{n}") for n in names]
    if len(told) == 1:
        return told[0]
    rest = Text("、".join(t.zh for t in told[1:]), " and ".join(t.en for t in told[1:]))
    return say("report.options.also", plan=told[0], others=rest)


def with_name(rows: Sequence[Row], name: str) -> Row | None:
    """The plan that goes by a name, alone or among others."""
    return next((r for r in rows if name in (r["plan"], *(r["also"] or "").split(", "))), None)


def county_blocks(basis: Basis, code: str) -> list[Block]:
    """Everything said of one county."""
    plans = basis.frame("plan_option", *NEEDED)
    assert plans is not None
    rows = ordered(plans, code)
    mark: Mark = mark_of(basis.frame("site"), basis.frame("household"))
    letters = {r["plan"]: LETTERS[i] for i, r in enumerate(rows)}
    blocks: list[Block] = [Paragraph(_lead(basis, code, rows), "lead")]
    if rows[0]["is_exercise"]:
        blocks.append(Paragraph(say("report.options.exercise", county=basis.region_name(code)), "notice"))
    blocks.append(_table(basis, rows, letters, mark))
    if any(r["distance_m"] is not None for r in rows):
        blocks.append(_figure(basis, rows, letters, mark))
    blocks += [Paragraph(text) for text in _prices(basis, rows, letters)]
    conditions = _conditions(basis, code, rows[0]["sites_open"])
    if conditions is not None:
        blocks.append(conditions)
    blocks += changes_matrix(basis, code, rows, letters)
    others = [*rows[1:2], with_name(rows, "all_round") or rows[-1]]
    for plan in dict.fromkeys(r["plan"] for r in others if r["plan"] != rows[0]["plan"]):
        blocks += changed_villages(basis, code, (rows[0]["plan"], plan), letters)
    drawn = maps(basis, code, rows, letters, mark, {r["plan"]: plan_text(r) for r in rows})
    blocks += [] if drawn is None else [drawn]
    built = sites_built(basis, code, rows, letters)
    blocks.append(Folded(built.title, (built,)))
    blocks += [Paragraph(text, "note") for text in _caveats(basis, rows)]
    return blocks


def _lead(basis: Basis, code: str, rows: Sequence[Row]) -> Text:
    site = basis.frame("site", "site_id", "county_code")
    plan = basis.frame("site_plan", "site_id", "county_code", "excluded_reason")
    free = 0
    if plan is not None and site is not None:
        own = plan.filter((pl.col("county_code") == code) & pl.col("excluded_reason").is_null())
        decided = site.filter(pl.col("is_fixed").fill_null(False))["site_id"].to_list()
        free = own.height if rows[0]["is_exercise"] else own.filter(~pl.col("site_id").is_in(decided)).height
    best = rows[0]
    saving = max(0, best["cost_minor"] - min(r["cost_bound_minor"] for r in rows))
    return say(
        "report.options.lead",
        county=basis.region_name(code),
        households=f"{best['households']:,}",
        sites=free,
        plans=len(rows),
        cost=money_text(best["cost_minor"], basis.currency),
        saving=money_text(saving, basis.currency),
        share=percent_text(share_ppm(saving, best["cost_minor"]) if best["cost_minor"] else 0, 2),
    )


def _table(basis: Basis, rows: Sequence[Row], letters: Mapping[str, str], mark: Mark) -> PageTable:
    largest = max(r["cost_minor"] for r in rows)
    columns = [
        PageColumn(say("report.options.plan")),
        money_column(say("report.options.cost"), basis.currency, largest),
        money_column(
            say("report.options.could_save"),
            basis.currency,
            max(r["cost_minor"] - r["cost_bound_minor"] for r in rows),
        ),
        PageColumn(say("report.options.sites"), "count"),
    ]
    extra = {
        "distance_m": PageColumn(say("report.options.way"), "number", Text("公里", "km"), 1),
        "jobs": PageColumn(say("report.options.jobs"), "count"),
        "services_m": PageColumn(say("report.options.services"), "number", Text("公里", "km"), 2),
        "living_minor": PageColumn(say("report.options.living"), "money_exact", basis.currency),
    }
    shown = [name for name in extra if any(r[name] is not None for r in rows)]
    cells: list[tuple[Cell, ...]] = []
    for r in rows:
        name = plan_text(r)
        label = Text(f"**{letters[r['plan']]}：**{name.zh}", f"**{letters[r['plan']]}:** {name.en}")
        line: list[Cell] = [label, r["cost_minor"], r["cost_minor"] - r["cost_bound_minor"], r["sites_open"]]
        for column in shown:
            value = r[column]
            line.append(value / 1000 if value is not None and column.endswith("_m") else value)
        cells.append(tuple(line))
    return PageTable(
        say("report.options.table"),
        (*columns, *(extra[n] for n in shown)),
        tuple(cells),
        mark=mark,
        note=say("report.options.table_note"),
    )


def _figure(basis: Basis, rows: Sequence[Row], letters: Mapping[str, str], mark: Mark) -> Figure:
    largest = max(r["cost_minor"] for r in rows)
    x = money_column(say("report.options.cost_axis"), basis.currency, largest)
    y = PageColumn(say("report.options.way_axis"), "number", Text("公里", "km"), 1)
    points = tuple(
        TradePoint(
            letters[r["plan"]],
            plan_text(r),
            float(r["cost_minor"]),
            float(r["cost_bound_minor"]),
            r["distance_m"] / 1000,
        )
        for r in rows
        if r["distance_m"] is not None
    )
    near = min(
        (r for r in rows if r["distance_m"] is not None), key=lambda r: (r["distance_m"], r["cost_minor"])
    )
    more = near["cost_minor"] - rows[0]["cost_minor"]
    title = (
        say("report.options.figure_flat")
        if more <= 0
        else say(
            "report.options.figure_title",
            a=letters[rows[0]["plan"]],
            b=letters[near["plan"]],
            far=_km(rows[0]["distance_m"]),
            near=_km(near["distance_m"]),
            more=money_text(more, basis.currency),
        )
    )
    chart = TradeOff(points, x, y, say("report.options.bar"))
    return Figure(title, mark, chart, None, note=say("report.options.how_to_read"), key="plan_options")


def _km(metres: int | None) -> Text:
    if metres is None:
        return unknown_text()
    return number_text(metres / 1000, PageColumn(Text("", ""), "number", decimals=1))


def _prices(basis: Basis, rows: Sequence[Row], letters: Mapping[str, str]) -> list[Text]:
    """What each end of the choice brings beside the cheapest plan, and what it costs more."""
    base = rows[0]
    said: list[Text] = []
    for name, column in (
        ("shortest", "distance_m"),
        ("nearest_services", "services_m"),
        ("most_jobs", "jobs"),
        ("lowest_living_cost", "living_minor"),
    ):
        row = with_name(rows, name)
        if row is None or row[column] is None or base[column] is None:
            continue

        def told(value: int, column: str = column) -> Text:
            if column.endswith("_m"):
                return _km(value)
            if column == "jobs":
                return number_text(value, PageColumn(Text("", ""), "count"))
            return money_text(value, basis.currency)

        said.append(
            say(
                f"report.options.price.{name}"
                if row["plan"] != base["plan"]
                else "report.options.price.same",
                what=say(f"report.options.name.{name}"),
                plan=letters[row["plan"]],
                base=letters[base["plan"]],
                value=told(row[column]),
                before=told(base[column]),
                more=money_text(row["cost_minor"] - base["cost_minor"], basis.currency),
            )
        )
    return said


def _conditions(basis: Basis, code: str, sites_open: int) -> PageTable | None:
    found = basis.frame("plan_condition", "county_code", "condition", "outcome")
    if found is None:
        return None
    rows = found.filter(pl.col("county_code") == code).sort("condition", "subject").to_dicts()
    if not rows:
        return None
    site = basis.frame("site", "site_id")
    names = {} if site is None else {r["site_id"]: r for r in site.to_dicts()}
    largest = max((r["most_minor"] or 0 for r in rows), default=0)
    columns = (
        PageColumn(say("report.options.condition_head")),
        PageColumn(say("report.options.outcome_head")),
        money_column(say("report.options.least"), basis.currency, largest),
        money_column(say("report.options.most"), basis.currency, largest),
    )
    cells: list[tuple[Cell, ...]] = []
    for r in rows:
        value = r["value"]
        if r["condition"] == "nobody_farther" and value is not None:
            value = value // 1000
        subject = names.get(r["subject"], {}).get("site_name") or r["subject"]
        text = say(
            f"report.options.condition.{r['condition']}",
            value="" if value is None else f"{value:,}",
            site=Text(subject, subject if subject.isascii() else r["subject"]),
        )
        nothing = say("report.options.no_price")
        priced = r["outcome"] == "priced"
        cells.append(
            (
                text,
                say(f"report.options.outcome.{r['outcome']}"),
                r["least_minor"] if priced else nothing,
                r["most_minor"] if priced else nothing,
            )
        )
    if sites_open == 1:
        no = say("report.options.no_price")
        cells.append((say("report.options.one_site"), say("report.options.outcome.impossible"), no, no))
    return PageTable(
        say("report.options.conditions"), columns, tuple(cells), note=say("report.options.conditions_note")
    )


def _caveats(basis: Basis, rows: Sequence[Row]) -> list[Text]:
    """What is assumed, unknown or was not found, and that nobody here decides."""
    said = [say("report.options.assumed")]
    if any(not r["is_proved"] for r in rows):
        said.append(say("report.options.solver"))
    missing = [
        n for n in ("distance_m", "jobs", "services_m", "living_minor") if all(r[n] is None for r in rows)
    ]
    for name in missing:
        said.append(say(f"report.options.not_computed.{name}"))
    if rows[0]["unknown"]:
        said.append(say("report.options.unknown", what=rows[0]["unknown"]))
    if rows[0]["left_out"]:
        names = [say(f"report.options.name.{n}") for n in rows[0]["left_out"].split(", ")]
        joined = Text("、".join(n.zh for n in names), ", ".join(n.en for n in names))
        said.append(say("report.options.left_out", plans=joined))
    said.append(say("report.options.nobody_decides"))
    return said
