"""The plans a county may choose from: what each is best at, what it costs, who goes elsewhere, on maps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import polars as pl

from resettle.report.basis import Basis, mark_of
from resettle.report.chapter_options_moves import changed_villages, changes_matrix, maps, sites_built
from resettle.report.chapter_options_prices import conditions, price_lines
from resettle.report.paid import paid_here, paid_of_option
from resettle.report.plan_names import (
    LETTERS,
    Limits,
    in_order,
    km,
    limits_of,
    names_of,
    plan_text,
    purpose_text,
    with_name,
)
from resettle.report.sentences import say
from resettle.report.site_words import invented, joined
from resettle.tables.page_text import exact_text, grouped, money_column, money_text, percent_text, same
from resettle.tables.pages import (
    Block,
    Cell,
    Chapter,
    Figure,
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
COST_DECIMALS = 2
"""Plans side by side differ in what one decimal would round away."""
NEEDED = ("county_code", "plan", "cost_minor", "cost_bound_minor")

Row = Mapping[str, Any]


def options(basis: Basis) -> list[Chapter]:
    """The chapter, or none: most programmes have nothing left to choose, and then there is nothing to say."""
    plans = basis.frame("plan_option", *NEEDED)
    if plans is None:
        return []
    blocks: list[Block] = []
    codes = plans["county_code"].unique().sort().to_list()
    made_up = invented(basis)
    blocks += _only_here(basis, codes)
    for code in codes:
        if len(codes) > 1:
            blocks.append(Paragraph(basis.region_name(code), "head"))
        blocks += county_blocks(basis, code, made_up if code == codes[0] else None)
    return [Chapter("options", say("report.options.title"), tuple(blocks), order=ORDER)]


def _only_here(basis: Basis, codes: Sequence[str]) -> list[Block]:
    """Which counties have a plan and nothing to choose from, because nothing was worked out for them."""
    answer = basis.frame("siting_answer", "county_code")
    planned = [] if answer is None else answer["county_code"].unique().sort().to_list()
    others = [basis.region_name(code) for code in planned if code not in codes]
    if not others:
        return []
    named = joined([basis.region_name(code) for code in codes])
    text = say("report.options.only_here", named=named, count=len(others), others=joined(others))
    return [Paragraph(text, "notice")]


def county_blocks(basis: Basis, code: str, made_up: Text | None = None) -> list[Block]:
    """Everything said of one county; the warning that it is an exercise comes first."""
    plans = basis.frame("plan_option", *NEEDED)
    assert plans is not None
    rows = in_order(plans.filter(pl.col("county_code") == code).to_dicts())
    limits = limits_of(basis, code)
    mark: Mark = mark_of(basis.frame("site"), basis.frame("household"))
    letters = {r["plan"]: LETTERS[i] for i, r in enumerate(rows)}
    blocks: list[Block] = []
    if rows[0]["is_exercise"]:
        blocks.append(Paragraph(say("report.options.exercise", county=basis.region_name(code)), "notice"))
    blocks.append(Paragraph(_lead(basis, code, rows, letters), "lead"))
    blocks.append(Paragraph(_other_chapters(basis, code, rows, letters)))
    blocks += [] if made_up is None else [Paragraph(made_up)]
    blocks.append(_purposes(basis, code, rows, letters, limits))
    blocks.append(Paragraph(_cost(rows)))
    blocks.append(_table(basis, rows, letters, mark, limits))
    if any(r["distance_m"] is not None for r in rows):
        blocks.append(_figure(basis, rows, letters, mark, limits))
    blocks += [Paragraph(text) for text in price_lines(basis, rows, letters, limits)]
    blocks += conditions(basis, code, rows)
    blocks += changes_matrix(basis, code, rows, letters)
    others = [*rows[1:2], with_name(rows, "all_round") or rows[-1]]
    for plan in dict.fromkeys(r["plan"] for r in others if r["plan"] != rows[0]["plan"]):
        blocks += changed_villages(basis, code, (rows[0]["plan"], plan), letters)
    blocks.append(sites_built(basis, code, rows, letters))
    told = {r["plan"]: plan_text(r, limits) for r in rows}
    drawn = maps(basis, code, rows, letters, mark, told)
    blocks += [] if drawn is None else [drawn]
    blocks += [Paragraph(text, "note") for text in _caveats(basis, code, rows, letters, limits)]
    return blocks


def _counts(basis: Basis, code: str) -> tuple[int, int]:
    """(candidate sites that may be considered, those of them that are decided)."""
    site = basis.frame("site", "site_id", "county_code")
    if site is None:
        return 0, 0
    own = site.filter(pl.col("county_code") == code)
    plan = basis.frame("site_plan", "site_id", "excluded_reason")
    if plan is not None:
        out = plan.filter(pl.col("excluded_reason").is_not_null())["site_id"].to_list()
        own = own.filter(~pl.col("site_id").is_in(out))
    decided = own.filter(pl.col("is_fixed").fill_null(False)).height if "is_fixed" in own.columns else 0
    return own.height, decided


def _lead(basis: Basis, code: str, rows: Sequence[Row], letters: Mapping[str, str]) -> Text:
    sites, decided = _counts(basis, code)
    best = rows[0]
    saving = max(0, best["cost_minor"] - min(r["cost_bound_minor"] for r in rows))
    several = [letters[r["plan"]] for r in rows if len(names_of(r)) > 1]
    return say(
        "report.options.lead_exercise" if best["is_exercise"] else "report.options.lead",
        county=basis.region_name(code),
        households=f"{best['households']:,}",
        sites=sites,
        decided=decided,
        free=sites - decided,
        purposes=sum(len(names_of(r)) for r in rows),
        plans=len(rows),
        shared=say("report.options.shared", plans=joined([same(x) for x in several]))
        if several
        else Text("", ""),
        base=letters[best["plan"]],
        built=best["sites_open"],
        cost=money_text(best["cost_minor"], basis.currency),
        saving=money_text(saving, basis.currency),
        share=percent_text(share_ppm(saving, best["cost_minor"]) if best["cost_minor"] else 0, 2),
    )


def _other_chapters(basis: Basis, code: str, rows: Sequence[Row], letters: Mapping[str, str]) -> Text:
    """How the plan of the other chapters stands to the plans here, with both sums side by side."""
    answer = basis.frame("siting_answer", "county_code", "cost_minor", "sites_open")
    own = [] if answer is None else answer.filter(pl.col("county_code") == code).to_dicts()
    best, alike, built = rows[0], _same_as_plan(basis, code, rows), paid_here(basis, code)
    if own and alike is not None and not best["is_exercise"]:
        return say("report.options.other_is", plan=letters[alike])
    if not own or built is None:  # a sum known in part is not set beside a whole one
        return say("report.options.other_unknown")
    cost, cheapest = (round(minor / 100) * 100 for minor in (built, paid_of_option(best)))
    values = {
        "sites": own[0]["sites_open"],
        "cost": exact_text(cost, basis.currency),
        "base": letters[best["plan"]],
        "built": best["sites_open"],
        "cheapest": exact_text(cheapest, basis.currency),
        "less": exact_text(abs(cost - cheapest), basis.currency),
        "share": percent_text(share_ppm(abs(cost - cheapest), cost) if cost else 0),
    }
    if best["is_exercise"]:
        key = "less" if cheapest < cost else "more"
        values["row"] = _row_of(basis, own[0], None if alike is None else letters[alike])
        return say(f"report.options.other_exercise_{key}", **values)
    return say("report.options.other_none", **values)


def _row_of(basis: Basis, answer: Row, letter: str | None) -> Text:
    """Which row the plan of the other chapters is, and why a larger sum stands for it where ways are weighed."""
    row = say("report.options.no_row") if letter is None else say("report.options.is_row", plan=letter)
    if not answer.get("distance_price_minor") or answer.get("objective_minor") is None:
        return row
    there = say("report.options.with_ways", sum=exact_text(answer["objective_minor"], basis.currency))
    return Text(row.zh + there.zh, f"{row.en} {there.en}")


def _cost(rows: Sequence[Row]) -> Text:
    """What the cost of a plan holds: paid, or only weighed."""
    key = "costs_weighed" if any(r.get("split_minor") for r in rows) else "costs"
    return say(f"report.options.{key}")


def _same_as_plan(basis: Basis, code: str, rows: Sequence[Row]) -> str | None:
    """The plan that sends every household of the county where the other chapters send it."""
    goes = basis.frame("plan_option_household", "county_code", "plan", "household_id", "site_id")
    placed = basis.frame("household_site", "household_id", "site_id")
    if goes is None or placed is None:
        return None
    both = goes.filter(pl.col("county_code") == code).join(
        placed.select("household_id", pl.col("site_id").alias("there")), on="household_id", how="left"
    )
    for r in rows:
        own = both.filter(pl.col("plan") == r["plan"])
        if own.height and own.select(pl.col("site_id").eq_missing(pl.col("there")).all()).item():
            return str(r["plan"])
    return None


def _purposes(
    basis: Basis, code: str, rows: Sequence[Row], letters: Mapping[str, str], limits: Limits
) -> PageTable:
    """One line a purpose: what was asked for, and whether its bound can be checked."""
    answer = basis.frame("siting_answer", "county_code", "price_km_minor")
    own = [] if answer is None else answer.filter(pl.col("county_code") == code).to_dicts()
    price = own[0]["price_km_minor"] if own else None
    cells: list[tuple[Cell, ...]] = []
    for r in rows:
        for name in names_of(r):
            kind = say("report.options.checked" if r["is_proved"] else "report.options.word_of_solver")
            cells.append(
                (
                    same(f"**{letters[r['plan']]}**"),
                    plan_text({**r, "plan": name, "also": None}, limits),
                    purpose_text(name, limits, price, basis.currency),
                    kind,
                )
            )
    columns = (
        PageColumn(say("report.options.plan")),
        PageColumn(say("report.options.purpose")),
        PageColumn(say("report.options.asked")),
        PageColumn(say("report.options.bound_kind")),
    )
    note = say("report.options.purposes_note")
    return PageTable(say("report.options.purposes"), columns, tuple(cells), note=note)


def _table(
    basis: Basis, rows: Sequence[Row], letters: Mapping[str, str], mark: Mark, limits: Limits
) -> PageTable:
    base, largest = rows[0]["cost_minor"], max(r["cost_minor"] for r in rows)
    exact = basis.currency
    columns = [
        PageColumn(say("report.options.plan")),
        replace(money_column(say("report.options.cost"), basis.currency, largest), decimals=COST_DECIMALS),
        PageColumn(say("report.options.more_than", base=letters[rows[0]["plan"]]), "money_exact", exact),
        PageColumn(say("report.options.could_save"), "money_exact", exact),
        PageColumn(say("report.options.sites"), "count"),
    ]
    weighed = any(r.get("split_minor") for r in rows)
    if weighed:
        columns.insert(2, PageColumn(say("report.options.weighed"), "money_exact", exact))
    extra = {
        "distance_m": PageColumn(say("report.options.way"), "number", Text("公里", "km"), 1),
        "jobs": PageColumn(say("report.options.jobs"), "count"),
        "services_m": PageColumn(say("report.options.services"), "number", Text("公里", "km"), 2),
        "living_minor": PageColumn(say("report.options.living"), "money_exact", basis.currency),
    }
    shown = [name for name in extra if any(r[name] is not None for r in rows)]
    cells: list[tuple[Cell, ...]] = []
    for r in rows:
        name = plan_text(r, limits)
        label = Text(f"**{letters[r['plan']]}：**{name.zh}", f"**{letters[r['plan']]}:** {name.en}")
        line: list[Cell] = [
            label,
            r["cost_minor"],
            *([r.get("split_minor")] if weighed else []),
            r["cost_minor"] - base,
            r["cost_minor"] - r["cost_bound_minor"],
            r["sites_open"],
        ]
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


def _figure(
    basis: Basis, rows: Sequence[Row], letters: Mapping[str, str], mark: Mark, limits: Limits
) -> Figure:
    largest = max(r["cost_minor"] for r in rows)
    x = money_column(say("report.options.cost_axis"), basis.currency, largest)
    y = PageColumn(say("report.options.way_axis"), "number", Text("公里", "km"), 1)
    points = tuple(
        TradePoint(
            letters[r["plan"]],
            plan_text(r, limits),
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
            far=km(rows[0]["distance_m"]),
            near=km(near["distance_m"]),
            more=money_text(more, basis.currency),
        )
    )
    chart = TradeOff(points, x, y, say("report.options.bar"))
    return Figure(title, mark, chart, None, note=say("report.options.how_to_read"), key="plan_options")


def _caveats(
    basis: Basis, code: str, rows: Sequence[Row], letters: Mapping[str, str], limits: Limits
) -> list[Text]:
    """What is assumed, unknown or was not found, and that nobody here decides."""
    answer = basis.frame("siting_answer", "county_code", "detour_ppm")
    own = [] if answer is None else answer.filter(pl.col("county_code") == code).to_dicts()
    detour = own[0]["detour_ppm"] if own else None
    factor = same(grouped(detour / 1_000_000, 2)) if detour else say("common.unknown")
    said = [say("report.options.assumed", factor=factor)]
    said.append(say("report.options.privacy"))
    said.append(say("report.options.solver"))
    said.append(say("report.options.not_asked"))
    missing = [
        n for n in ("distance_m", "jobs", "services_m", "living_minor") if all(r[n] is None for r in rows)
    ]
    for name in missing:
        said.append(say(f"report.options.not_computed.{name}"))
    if rows[0]["unknown"]:
        said.append(say("report.options.unknown", what=rows[0]["unknown"]))
    if rows[0]["left_out"]:
        names = [plan_text({"plan": n, "also": None}, limits) for n in rows[0]["left_out"].split(", ")]
        said.append(say("report.options.left_out", plans=joined(names)))
    said.append(say("report.options.nobody_decides"))
    return said
