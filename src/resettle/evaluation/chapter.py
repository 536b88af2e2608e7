"""The evaluation chapter as data: what was found, how sure it is, and what it does not show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from resettle.evaluation.chapter_distance import distance_blocks, income_blocks
from resettle.evaluation.chapter_fieldwork import asked, fieldwork_blocks, interview_blocks, limits
from resettle.evaluation.chapter_indicators import indicator_blocks, standard_blocks, transition_blocks
from resettle.evaluation.sentences import (
    apart,
    band_name,
    head,
    held_back,
    interval_cell,
    listed,
    name_of,
    number,
    say,
    site_name,
    site_names,
    stretch,
)
from resettle.tables.pages import (
    Block,
    Cell,
    Chapter,
    Figure,
    Folded,
    Interval,
    Intervals,
    PageColumn,
    PageTable,
    Paragraph,
    Stacked,
    Text,
)

RELIABLE = 0.7
"""Nunnally (1978), Psychometric Theory, p. 245: alpha from which a scale serves in early research."""


def chapter_of(made: Mapping[str, pl.DataFrame], facts: Mapping[str, Any]) -> Chapter:
    """The chapter from the stage's tables; what is missing is said where it would stand."""
    blocks: list[Block] = []
    if facts.get("synthetic"):
        blocks.append(Paragraph(say("synthetic"), "notice"))
    outcome = _frame(made, "evaluation_outcome")
    blocks += _lead(outcome, facts)
    if facts.get("wave"):
        blocks += asked(made, facts)
        blocks += _satisfaction(made, outcome, facts)
        blocks += _adaptation(made, outcome, facts)
        blocks += distance_blocks(made, facts)
        blocks += income_blocks(made, facts)
        blocks += fieldwork_blocks(made, facts)
    blocks += interview_blocks(made, facts)
    blocks += transition_blocks(made, facts)
    blocks += indicator_blocks(made, facts)
    blocks += standard_blocks(made, facts)
    blocks += limits(made, facts)
    return Chapter("evaluation", say("title"), tuple(blocks), order=75)


def _frame(made: Mapping[str, pl.DataFrame], name: str) -> pl.DataFrame:
    return made.get(name, pl.DataFrame())


def _rows(outcome: pl.DataFrame, topic: str, by: str, measure: str = "") -> list[dict[str, Any]]:
    if not outcome.height:
        return []
    found = outcome.filter((pl.col("topic") == topic) & (pl.col("by") == by))
    if measure:
        found = found.filter(pl.col("measure") == measure)
    return list(found.iter_rows(named=True))


def _lead(outcome: pl.DataFrame, facts: Mapping[str, Any]) -> list[Block]:
    whole = _rows(outcome, "satisfaction", "", "SAT")
    if not whole:
        return [Paragraph(say("no_survey"), "missing")]
    r = whole[0]
    key = "lead" if r["low"] is not None else "lead_bare"
    numbers = {k: f"{r[k]:.1f}" for k in ("value", "low", "high") if r[k] is not None}
    more = {k: facts.get(k, 0) for k in ("movers", "sites")}
    wave = {"wave": name_of("wave", str(facts.get("wave", "")))}
    return [Paragraph(say(key, **numbers, **more, **wave), "lead")]


def _places(made: Mapping[str, pl.DataFrame]) -> dict[str, Text]:
    """Names of counties and sites by their codes."""
    found: dict[str, Text] = {}
    region = _frame(made, "region")
    if {"region_code", "name_zh", "name_en"} <= set(region.columns):
        for r in region.sort("region_code").iter_rows(named=True):
            name = str(r["name_zh"] or r["region_code"])
            found[r["region_code"]] = Text(name, str(r["name_en"] or name))
    return found


def group_name(by: str, group: str, places: Mapping[str, Text]) -> Text:
    """How a group is called on the page."""
    if by == "distance_band":
        return band_name(group)
    if by == "wave":
        return name_of("wave", group)
    return places.get(group, name_of("group", group))


def _satisfaction(
    made: Mapping[str, pl.DataFrame], outcome: pl.DataFrame, facts: Mapping[str, Any]
) -> list[Block]:
    places = _places(made)
    blocks: list[Block] = [Paragraph(say("section.satisfaction"), "head")]
    body: list[tuple[Cell, ...]] = []
    bands: list[Interval] = []
    for by in ("wave", "household_class", "distance_band", "county_code"):
        for r in _in_order(by, _rows(outcome, "satisfaction", by)):
            name = group_name(by, r["group"], places)
            shown = None if r["value"] is None else round(r["value"], 1)
            body.append((say(f"by.{by}"), name, shown, interval_cell(r), r["n"]))
            if r["low"] is not None:
                bands.append(Interval(name, round(r["low"], 1), round(r["high"], 1)))
    columns = (
        PageColumn(head("by")),
        PageColumn(head("group")),
        PageColumn(head("value"), "number", decimals=1),
        PageColumn(head("interval"), "number"),
        PageColumn(head("n"), "count"),
    )
    note = say("satisfaction_note")
    table = PageTable(say("topic.satisfaction"), columns, tuple(body), mark=_mark(facts), note=note)
    blocks += _made_of(made, facts)
    if len(bands) > 1:
        scale = PageColumn(head("value"), "number", decimals=1)
        drawing = Intervals(tuple(bands), head("group"), scale, head("low"), head("high"), start=40.0)
        if min(b.low or 0.0 for b in bands) < 40:
            drawing = Intervals(tuple(bands), head("group"), scale, head("low"), head("high"))
        blocks.append(Figure(say("figure.satisfaction"), _mark(facts), drawing, table, key="satisfaction"))
    elif body:
        blocks.append(table)
    blocks += _differences(made, outcome, places)
    blocks += _sites(made, outcome, facts)
    blocks += _drivers(made, outcome, facts)
    return blocks


def _in_order(by: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if by == "distance_band":
        return sorted(rows, key=lambda r: float(str(r["group"]).split("-")[0].rstrip("+")))
    return rows


def _mark(facts: Mapping[str, Any]) -> Any:
    return "synthetic" if facts.get("synthetic") else "computed"


def _made_of(made: Mapping[str, pl.DataFrame], facts: Mapping[str, Any]) -> list[Block]:
    """Which questions the index of satisfaction is made of, and how well they hang together."""
    items = facts.get("blocks", {}).get("SAT", ())
    if not items:
        return []
    texts = facts.get("items", {})
    asked = listed([Text(*(f"“{t}”" for t in texts.get(i, (i, i)))) for i in items])
    reliable = _frame(made, "satisfaction_reliability")
    alpha = dict(reliable.select("construct", "alpha").iter_rows()).get("SAT") if reliable.height else None
    said = say("made_of", count=len(items), items=asked)
    if alpha is None:
        return [Paragraph(said)]
    more = say("made_of_alpha", alpha=f"{alpha:.2f}")
    return [Paragraph(Text(said.zh + more.zh, f"{said.en} {more.en}"))]


def _differences(
    made: Mapping[str, pl.DataFrame], outcome: pl.DataFrame, places: Mapping[str, Text]
) -> list[Block]:
    """Whether rounds, classes, counties and distances differ: only intervals that do not touch are called a
    difference, and the groups are named."""
    blocks: list[Block] = []
    for by in ("wave", "household_class"):
        rows = [r for r in _rows(outcome, "satisfaction", by) if r["low"] is not None]
        if len(rows) < 2:
            continue
        a, b = rows[0], rows[-1]
        clear = a["high"] < b["low"] or b["high"] < a["low"]
        values = {"a": number(a["value"]), "b": number(b["value"])}
        names = {"first": group_name(by, a["group"], {}), "last": group_name(by, b["group"], {})}
        blocks.append(Paragraph(say("differ" if clear else "differ_not", **values, **names)))
        if by == "wave":
            blocks += _same(outcome, a, b)
    for by in ("county_code", "distance_band"):
        every = _in_order(by, _rows(outcome, "satisfaction", by))
        shown = [r for r in every if r["low"] is not None]
        if len(shown) >= 2:
            found = apart(shown, lambda r, by=by: group_name(by, r["group"], places))  # type: ignore[misc]
            said = {"by": say(f"by_plural.{by}"), "shown": len(shown), "held": held_back(every)}
            key = "groups_differ" if found else "groups_alike"
            blocks.append(Paragraph(say(key, list=listed(found, ("；", "; ")), **said)))
            if by == "distance_band" and _frame(made, "distance_outcome").height:
                blocks.append(Paragraph(say("far_elsewhere"), "note"))
    return blocks


def _same(outcome: pl.DataFrame, a: Mapping[str, Any], b: Mapping[str, Any]) -> list[Block]:
    """The change among households that answered both rounds, beside rounds that were not the same households."""
    rows = {r["group"]: r for r in _rows(outcome, "satisfaction", "wave_same")}
    values = {
        "then": a["n"],
        "now": b["n"],
        "first": name_of("wave", a["group"]),
        "last": name_of("wave", b["group"]),
    }
    if not {a["group"], b["group"], "change"} <= set(rows):
        return [Paragraph(say("differ_same_not", **values))]
    change = rows["change"]
    values |= {
        "both": change["n"],
        "a": number(rows[a["group"]]["value"]),
        "b": number(rows[b["group"]]["value"]),
    }
    return [Paragraph(say("differ_same", change=number(change["value"]), interval=stretch(change), **values))]


def _sites(made: Mapping[str, pl.DataFrame], outcome: pl.DataFrame, facts: Mapping[str, Any]) -> list[Block]:
    """The site that stands lowest, and how many cannot be told from it."""
    names = site_names(made)
    rows = _rows(outcome, "satisfaction", "site_id")
    shown = sorted((r for r in rows if r["low"] is not None), key=lambda r: (r["value"], r["group"]))
    if len(shown) < 2:
        return []
    low, top = shown[0], shown[-1]
    clear = [r for r in shown[1:] if r["low"] > low["high"]]
    found = apart([low, *clear], lambda r: site_name(names, r["group"]))
    lead = say(
        "sites",
        clear=say("sites_clear", list=found[0]) if found else say("sites_none"),
        site=site_name(names, low["group"]),
        value=number(low["value"]),
        interval=stretch(low),
        top=site_name(names, top["group"]),
        best=number(top["value"]),
        like=len(shown) - 1 - len(clear),
        all=len(shown),
        small=len(rows) - len(shown),
    )
    columns = (
        PageColumn(head("site")),
        PageColumn(head("value"), "number", decimals=1),
        PageColumn(head("interval"), "number"),
        PageColumn(head("n"), "count"),
    )
    body: list[tuple[Cell, ...]] = [
        (site_name(names, r["group"]), round(r["value"], 1), interval_cell(r), r["n"]) for r in shown
    ]
    table = PageTable(say("topic.sites"), columns, tuple(body), mark=_mark(facts))
    return [Paragraph(lead), Folded(say("topic.sites"), (table,))]


def _drivers(
    made: Mapping[str, pl.DataFrame], outcome: pl.DataFrame, facts: Mapping[str, Any]
) -> list[Block]:
    """What satisfaction rests on, and where there is most to gain."""
    frame = _frame(made, "satisfaction_driver")
    frame = frame.drop_nulls(["importance", "performance"]) if frame.height else frame
    if not frame.height:
        return []
    reliable = _frame(made, "satisfaction_reliability")
    alpha = dict(reliable.select("construct", "alpha").iter_rows()) if reliable.height else {}
    ranked = frame.with_columns((pl.col("importance") * (100 - pl.col("performance"))).alias("room")).sort(
        "room", "construct", descending=[True, False]
    )
    first = ranked.row(0, named=True)
    items = [r for r in _rows(outcome, "items", first["construct"]) if r["value"] is not None]
    texts = facts.get("items", {})
    blocks: list[Block] = [
        Paragraph(
            say(
                "driver",
                name=name_of("measure", first["construct"]),
                importance=number(10 * first["importance"]),
                performance=number(first["performance"]),
            )
        )
    ]
    if items:
        worst = min(items, key=lambda r: (r["value"], r["measure"]))
        zh, en = texts.get(worst["measure"], (worst["measure"], worst["measure"]))
        blocks.append(Paragraph(say("driver_item", item=Text(zh, en), value=number(worst["value"]))))
    columns = (
        PageColumn(head("driver")),
        PageColumn(head("importance"), "number", decimals=1),
        PageColumn(head("performance"), "number", decimals=1),
        PageColumn(head("room"), "number", decimals=1),
        PageColumn(head("alpha"), "number", decimals=2),
    )
    body: list[tuple[Cell, ...]] = [
        (
            name_of("measure", r["construct"]),
            round(10 * r["importance"], 1),
            round(r["performance"], 1),
            round(r["room"], 1),
            None if alpha.get(r["construct"]) is None else round(alpha[r["construct"]], 2),
        )
        for r in ranked.iter_rows(named=True)
    ]
    note = say("driver_note")
    blocks.append(PageTable(say("topic.drivers"), columns, tuple(body), mark=_mark(facts), note=note))
    return blocks


def _adaptation(
    made: Mapping[str, pl.DataFrame], outcome: pl.DataFrame, facts: Mapping[str, Any]
) -> list[Block]:
    rows = [*_rows(outcome, "adaptation", ""), *_rows(outcome, "adaptation", "household_class")]
    grades = _frame(made, "adaptation_grade")
    if not rows or not grades.height:
        return []
    alpha = dict(grades.select("construct", "alpha").unique().iter_rows())
    known = [v for v in alpha.values() if v is not None]
    columns = (
        PageColumn(head("measure")),
        PageColumn(head("group")),
        PageColumn(head("value"), "number", decimals=1),
        PageColumn(head("interval"), "number"),
        PageColumn(head("n"), "count"),
        PageColumn(head("alpha"), "number", decimals=2),
    )
    body: list[tuple[Cell, ...]] = []
    for r in rows:
        a = alpha.get(r["measure"]) if not r["group"] else None
        who = name_of("group", r["group"]) if r["group"] else say("movers")
        value = None if r["value"] is None else round(r["value"], 1)
        shown: Cell = Text("—", "—") if a is None else round(a, 2)
        body.append((name_of("measure", r["measure"]), who, value, interval_cell(r), r["n"], shown))
    table = PageTable(say("topic.adaptation"), columns, tuple(body), mark=_mark(facts))
    low = min((r for r in rows if not r["group"] and r["value"] is not None), key=lambda r: r["value"])
    blocks: list[Block] = [
        Paragraph(say("section.adaptation"), "head"),
        Paragraph(
            say("adaptation", name=name_of("measure", low["measure"]), value=number(low["value"]),
                interval=stretch(low))
        ),
    ]  # fmt: skip
    if known:
        key = "reliable" if min(known) >= RELIABLE else "reliable_not"
        blocks.append(Paragraph(say(key, low=f"{min(known):.2f}", high=f"{max(known):.2f}")))
    return [*blocks, _grades(grades, facts), table]


def _grades(grades: pl.DataFrame, facts: Mapping[str, Any]) -> Figure:
    parts = tuple(say(f"grade.{g}") for g in range(1, 6))
    columns = (PageColumn(head("measure")), *(PageColumn(p, "number", decimals=1) for p in parts))
    drawn, body = [], list[tuple[Cell, ...]]()
    for construct in grades["construct"].unique(maintain_order=True):
        shares = grades.filter(pl.col("construct") == construct).sort("grade")["share"].to_list()
        body.append((name_of("measure", construct), *(round(100 * v, 1) for v in shares)))
        drawn.append((name_of("measure", construct), tuple(_whole(shares))))
    table = PageTable(say("topic.grades"), columns, tuple(body), mark=_mark(facts), note=say("grades_note"))
    percent = PageColumn(head("percent"), "count", Text("%", "%"))
    drawing = Stacked(parts, tuple(drawn), head("measure"), percent)
    return Figure(say("topic.grades"), _mark(facts), drawing, table, key="adaptation")


def _whole(shares: list[float]) -> list[int]:
    """Percentages as whole numbers that still add up to 100: the largest remainders are raised.

    >>> _whole([0.333, 0.333, 0.334])
    [33, 33, 34]
    """
    cut = [int(100 * s) for s in shares]
    order = sorted(range(len(shares)), key=lambda k: (cut[k] - 100 * shares[k], k))
    for k in order[: 100 - sum(cut)]:
        cut[k] += 1
    return cut
