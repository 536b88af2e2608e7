"""What makes the offer hard, what would ease it at whose price, and those who must buy."""

from __future__ import annotations

from typing import Any

import polars as pl

from resettle.report.basis import Basis, mark_of, not_computed
from resettle.report.masking import small_count
from resettle.report.remedy_tables import name_of, remedies
from resettle.report.sentences import say, word_of
from resettle.tables.page_text import area_text, grouped, money_text, percent_text, range_text, same
from resettle.tables.pages import (
    Bar,
    Bars,
    Block,
    Cell,
    Chapter,
    Figure,
    Mark,
    PageColumn,
    PageTable,
    Paragraph,
    Text,
)
from resettle.units import share_ppm

ORDER = 72
QUANTITIES = ("households", "persons", "dwellings_1_2", "dwellings_3_4", "dwellings_5_more", "cost_minor")


def obstacles(basis: Basis) -> Chapter:
    """The chapter: obstacles counted with the remedy and its price, co-movers, uptake, the hotel."""
    frame = basis.frame("obstacle", "household_id", "obstacle")
    if frame is None:
        return not_computed("obstacles", ORDER, "obstacle, remedy")
    mark = mark_of(basis.frame("household"), basis.frame("person"))
    affected = frame.get_column("household_id").n_unique()
    whole = basis.frame("household", "household_id")
    blocks: list[Block] = [
        Paragraph(
            say(
                "report.obstacles.lead",
                count=grouped(affected),
                kinds=basis.kinds_read,
                whole=None if whole is None else grouped(whole.height),
            )
        )
    ]
    blocks.append(_counted(basis, frame, mark))
    blocks += remedies(basis, mark)
    blocks += _co_movers(basis, mark)
    blocks += _uptake(basis)
    blocks += _hotel(basis)
    return Chapter("obstacles", say("report.obstacles.title"), tuple(blocks), order=ORDER)


def _counted(basis: Basis, frame: pl.DataFrame, mark: Mark) -> Figure:
    """Households by obstacle; a scenario is said to be one beside its name."""
    kind = pl.col("basis") if "basis" in frame.columns else pl.lit(None, dtype=pl.String)
    rows = (
        frame.group_by("obstacle")
        .agg(pl.col("household_id").n_unique().alias("n"), kind.first().alias("kind"))
        .sort("n", "obstacle", descending=[True, False])
        .rows()
    )
    named = [
        (name_of(basis, "obstacle", code), n, word_of("report.obstacles.basis", kind or "unknown"))
        for code, n, kind in rows
    ]
    value = PageColumn(say("report.head.households"), "count")
    head, extra = PageColumn(say("report.obstacles.obstacle")), PageColumn(say("report.obstacles.rests_on"))
    table = PageTable(
        say("report.obstacles.count_table"),
        (head, extra, value),
        tuple((name, kind, small_count(n)) for name, n, kind in named),
    )
    bars = Bars(
        tuple(Bar(name, small_count(n), kind) for name, n, kind in named), head.head, value, extra.head
    )
    title = say("report.obstacles.count_title", obstacle=named[0][0], count=grouped(named[0][1]))
    return Figure(title, mark, bars, table, note=_count_note(frame), key="obstacles")


def _count_note(frame: pl.DataFrame) -> Text:
    """That rows do not add up; and, where one rests on draws, from which share of them a household counts."""
    said = say("report.obstacles.count_note")
    if not {"basis", "fact_column", "fact_value"} <= set(frame.columns):
        return said
    drawn = frame.filter((pl.col("basis") == "scenario") & pl.col("fact_column").str.ends_with("_ppm"))
    least = drawn.get_column("fact_value").cast(pl.Int64, strict=False).min()
    if not isinstance(least, int):
        return said
    more = say("report.obstacles.scenario_note", share=percent_text(least, 0))
    return Text(said.zh + more.zh, f"{said.en} {more.en}")


def _co_movers(basis: Basis, mark: Mark) -> list[Block]:
    """What a house costs those who must buy it, in years of their own income."""
    frame = basis.frame("co_mover_county", "county_code", "household_count")
    if frame is None:
        return []
    blocks: list[Block] = [Paragraph(say("report.obstacles.co_head"), "head")]
    prices, payable = _unit_prices(basis), _years_payable(basis)
    homes = _middle_homes(basis)
    for r in frame.sort("county_code").iter_rows(named=True):
        blocks.append(
            Paragraph(
                say(
                    "report.obstacles.co_lead",
                    county=basis.region_name(r["county_code"]),
                    count=grouped(r["household_count"]),
                    known=grouped(r["household_count"] - (r.get("income_unknown_count") or 0)),
                    area=homes.get(r["county_code"], (None, None))[0] or say("common.unknown"),
                    sum=homes.get(r["county_code"], (None, None))[1] or say("common.unknown"),
                    years=_number(r.get("income_years_median")),
                    low=r.get("can_pay_low_count"),
                    high=r.get("can_pay_high_count"),
                    payable=_number(payable),
                    half=money_text(r.get("half_can_pay_minor_per_m2"), basis.currency),
                    price=prices or say("common.unknown"),
                )
            )
        )
        if r.get("income_unknown_count"):
            lost = r["income_unknown_count"]
            blocks.append(Paragraph(say("report.obstacles.co_unknown", count=lost), "note"))
    split = _price_split(basis)
    return [*blocks, Paragraph(split)] if split is not None else blocks


PARTS = ("land", "design", "tax", "standard", "margin")


def _years_payable(basis: Basis) -> float | None:
    """Years of income a household is taken to be able to pay, as the co-movers' own rows were reckoned."""
    frame = basis.frame("co_mover", "area_dm2", "payable_minor_per_m2", "income_minor")
    if frame is None:
        return None
    paid = pl.col("payable_minor_per_m2") * pl.col("area_dm2") / 100
    years: float | None = (
        frame.filter(pl.col("income_minor") > 0).select((paid / pl.col("income_minor")).median()).item()
    )
    return years


def _price_split(basis: Basis) -> Text | None:
    """The shares the higher price is made of, and the market price of a m2 beside it."""
    names = [f"{part}_minor" for part in PARTS]
    frame = basis.frame("co_mover", "area_dm2", "price_high_minor", "market_minor", *names)
    if frame is None:
        return None
    whole = frame.select(pl.col("area_dm2", "price_high_minor", "market_minor", *names).sum()).row(
        0, named=True
    )
    if not whole["price_high_minor"] or not whole["area_dm2"]:
        return None
    told = [
        say(
            "report.obstacles.co_part",
            part=word_of("report.obstacles.part", part),
            share=percent_text(share_ppm(whole[f"{part}_minor"], whole["price_high_minor"]), 0),
        )
        for part in PARTS
    ]
    parts = Text("、".join(t.zh for t in told), ", ".join(t.en for t in told))
    market = money_text(round(whole["market_minor"] * 100 / whole["area_dm2"]), basis.currency)
    return say("report.obstacles.co_split", parts=parts, market=market)


def _middle_homes(basis: Basis) -> dict[str | None, tuple[Text, Text]]:
    """By county the middle area to buy, of those that are bought, and what that area costs, lowest to highest."""
    frame = basis.frame("co_mover", "county_code", "area_dm2", "price_low_minor", "price_high_minor")
    if frame is None:
        return {}
    found: dict[str | None, tuple[Text, Text]] = {}
    for (county,), homes in frame.drop_nulls("area_dm2").group_by("county_code"):
        ordered = homes.sort("area_dm2", "household_id")
        middle = ordered.row((ordered.height - 1) // 2, named=True)
        low, high = middle["price_low_minor"], middle["price_high_minor"]
        if low is not None and high is not None:
            price = range_text(low // 100, high // 100, basis.currency)
            found[None if county is None else str(county)] = (area_text(middle["area_dm2"]), price)
    return found


def _number(value: float | None) -> Text:
    return say("common.unknown") if value is None else same(grouped(value, 1))


def _unit_prices(basis: Basis) -> Text | None:
    """Price per square metre, lowest to highest, as the co-movers' own rows have it."""
    frame = basis.frame("co_mover", "area_dm2", "price_low_minor", "price_high_minor")
    if frame is None:
        return None
    priced = frame.filter(pl.col("area_dm2") > 0).select(
        (pl.col("price_low_minor") / pl.col("area_dm2")).min().alias("low"),
        (pl.col("price_high_minor") / pl.col("area_dm2")).max().alias("high"),
    )
    low, high = priced.row(0)
    return None if low is None or high is None else range_text(round(low), round(high), basis.currency)


def _uptake(basis: Basis) -> list[Block]:
    """How many co-movers may come: totals only, under a title that says assumption."""
    frame = basis.frame("willingness_total", "county_code", "quantity", "low", "high")
    if frame is None:
        return []
    total = frame.filter(pl.col("county_code") == "ALL")
    found = {r["quantity"]: r for r in (total if total.height else frame).to_dicts()}
    surveyed = "basis" in frame.columns and bool((frame.get_column("basis") == "survey").all())
    rows: list[tuple[Cell, ...]] = []
    for quantity in QUANTITIES:
        r = found.get(quantity)
        if r is not None:
            rows.append(
                (
                    word_of("report.obstacles.quantity", quantity),
                    *(_end(basis, quantity, r[e]) for e in ("low", "high")),
                )
            )
    columns = (
        PageColumn(say("report.obstacles.quantity_head")),
        PageColumn(say("report.obstacles.low"), "number"),
        PageColumn(say("report.obstacles.high"), "number"),
    )
    which = "uptake_survey" if surveyed else "uptake_assumption"
    blocks: list[Block] = [Paragraph(say(f"report.obstacles.{which}"), "head")]
    willing = basis.frame("co_mover", "household_id")
    moved = found.get("households")
    if willing is not None and moved is not None and moved["high"] is not None:
        persons = found.get("persons")
        values: dict[str, str | Text] = {
            "willing": grouped(willing.height),
            "moved": grouped(round(moved["high"])),
        }
        fixed = persons is not None and all(round(r["low"]) == round(r["high"]) for r in (moved, persons))
        if fixed and persons is not None:
            values["persons"] = grouped(round(persons["high"]))
            values |= _ratios(basis, moved["high"], persons["high"])
        key = "willing_fixed" if fixed else "willing"
        blocks.append(Paragraph(say(f"report.obstacles.{key}", **values)))
        blocks += _can_pay(basis, moved["high"])
    blocks.append(
        PageTable(
            say(f"report.obstacles.{which}"), columns, tuple(rows), note=say("report.obstacles.uptake_note")
        )
    )
    return blocks + _uptake_cost(basis, found) + _decisions(basis)


def _ratios(basis: Basis, moved: float, persons: float) -> dict[str, Text]:
    """The two ratios behind the totals, as shares of the willing households and of the persons in them."""
    household = basis.frame("household", "household_class", "member_count")
    counted = (pl.col("household_class") == "co_mover") & (pl.col("member_count") > 0)
    willing = pl.Series(dtype=pl.Int64) if household is None else household.filter(counted)["member_count"]
    unknown = say("common.unknown")
    if not willing.len():
        return {"ratio": unknown, "ratio_persons": unknown}
    wholes = {"ratio": (moved, willing.len()), "ratio_persons": (persons, int(willing.sum()))}
    return {name: percent_text(share_ppm(round(part), whole), 1) for name, (part, whole) in wholes.items()}


def _can_pay(basis: Basis, moved: float) -> list[Block]:
    """Where fewer can pay the price than are expected to come, the two numbers side by side."""
    frame = basis.frame("co_mover_county", "household_count", "can_pay_low_count", "can_pay_high_count")
    if frame is None or frame["can_pay_high_count"].null_count() or frame["can_pay_low_count"].null_count():
        return []
    low, high = (int(frame[f"can_pay_{end}_count"].sum()) for end in ("low", "high"))
    if high >= moved:
        return []
    unknown = int(frame["income_unknown_count"].sum()) if "income_unknown_count" in frame.columns else 0
    known = int(frame["household_count"].sum()) - unknown
    said = {name: grouped(n) for name, n in (("known", known), ("low", low), ("high", high))}
    return [Paragraph(say("report.obstacles.can_pay", **said))]


def _uptake_cost(basis: Basis, found: dict[str, dict[str, Any]]) -> list[Block]:
    """What the row "cost" is: the norm a person behind it."""
    cost, persons = found.get("cost_minor"), found.get("persons")
    if not cost or not persons or not cost["high"] or not persons["high"]:
        return []
    each = money_text(round(cost["high"] / persons["high"]), basis.currency)
    said = basis.titles.get("willingness.cost_source")
    source = Text("", "") if said is None else Text(f"（{said.zh}）", f" ({said.en})")
    return [Paragraph(say("report.obstacles.cost_note", each=each, source=source), "note")]


def _end(basis: Basis, quantity: str, value: float | None) -> Cell:
    if value is None:
        return None
    return (
        money_text(round(value), basis.currency) if quantity == "cost_minor" else same(grouped(round(value)))
    )


def _decisions(basis: Basis) -> list[Block]:
    """Whether a decision is the same at both ends of the range; not known stays not known."""
    frame = basis.frame("willingness_decision", "county_code", "decision", "at_low", "at_high", "changes")
    if frame is None:
        return []
    frame = frame.filter(pl.col("county_code") == "ALL").sort("decision")
    words = {True: "changes", False: "stays", None: "not_known"}
    blocks: list[Block] = []
    for decision, low, high, changes in frame.select("decision", "at_low", "at_high", "changes").iter_rows():
        ends = [
            say("common.unknown") if end is None else word_of("report.obstacles.at", end)
            for end in (low, high)
        ]
        values = {"decision": word_of("report.obstacles.decision", decision), "low": ends[0], "high": ends[1]}
        if changes is None:
            values["lacking"] = word_of("report.obstacles.lacking", decision)
        blocks.append(Paragraph(say(f"report.obstacles.{words[changes]}", **values)))
    return blocks


def _hotel(basis: Basis) -> list[Block]:
    """The farmhouse hotel: one reckoning and what happens to it when one assumption is another."""
    frame = basis.frame("hotel_case", "variant", "left_minor", "payback_years", "own_minor", "income_minor")
    if frame is None:
        return []
    rows = sorted(frame.to_dicts(), key=lambda r: (r["variant"] != "base", r["variant"]))
    base = rows[0]
    left = [r["left_minor"] for r in rows if r["left_minor"] is not None]
    years = [r["payback_years"] for r in rows if r["payback_years"] is not None]
    title = basis.titles.get("hotel", say("report.obstacles.hotel_title"))
    blocks: list[Block] = [Paragraph(title, "head")]
    if base["variant"] == "base" and left and years:
        values = {
            "own": money_text(base["own_minor"], basis.currency),
            "income": money_text(base["income_minor"], basis.currency),
            "left": money_text(base["left_minor"], basis.currency),
            "years": _number(base["payback_years"]),
            "least": money_text(min(left), basis.currency),
            "most": money_text(max(left), basis.currency),
            "short": grouped(min(years), 1),
            "long": grouped(max(years), 1),
            "loan_years": base.get("loan_years"),
            "delay": base.get("delay_months"),
        }
        key = "hotel_lead" if base.get("loan_minor") else "hotel_lead_bare"
        blocks.append(Paragraph(_hotel_cost(basis, base)))
        blocks.append(Paragraph(say(f"report.obstacles.{key}", **values)))
        blocks.append(Paragraph(_hotel_fails(rows)))
    money = ("own_minor", "income_minor", "repayment_minor", "left_minor")
    heads = [name for name in money if name in frame.columns]
    columns = (
        PageColumn(say("report.obstacles.variant_head")),
        *(
            PageColumn(word_of("report.obstacles.hotel", name), "money_exact", basis.currency)
            for name in heads
        ),
        PageColumn(word_of("report.obstacles.hotel", "payback_years"), "number", decimals=1),
    )
    body: list[tuple[Cell, ...]] = [
        (word_of("report.obstacles.variant", r["variant"]), *(r[name] for name in heads), r["payback_years"])
        for r in rows
    ]
    note = say("report.obstacles.hotel_note")
    blocks.append(PageTable(say("report.obstacles.hotel_table"), columns, tuple(body), note=note))
    return blocks


def _hotel_cost(basis: Basis, base: dict[str, Any]) -> Text:
    """What it costs and who pays which part."""
    names = ("investment", "subsidy", "loan", "own")
    paid = {name: money_text(base.get(f"{name}_minor"), basis.currency) for name in names}
    paid["county"] = money_text(base.get("county_cost_minor"), basis.currency)
    terms = {"delay": base.get("delay_months"), "loan_years": base.get("loan_years")}
    return say("report.obstacles.hotel_cost", **terms, **paid)


def _hotel_fails(rows: list[dict[str, Any]]) -> Text:
    """The variants in which the income does not cover the repayment."""
    failing = [
        word_of("report.obstacles.variant", r["variant"])
        for r in rows
        if r["left_minor"] is not None and r["left_minor"] < 0
    ]
    if not failing:
        return say("report.obstacles.hotel_carries")
    named = Text("；".join(t.zh for t in failing), "; ".join(t.en for t in failing))
    return say("report.obstacles.hotel_fails", variants=named)
