"""The chapter's part on distance and on incomes before and after, in words no stronger than the design."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from resettle.evaluation.chapter_fieldwork import rounds_of
from resettle.evaluation.distance import BALANCED, OVERLAP, words_of
from resettle.evaluation.sentences import (
    apart,
    band_name,
    head,
    interval_cell,
    listed,
    name_of,
    number,
    say,
    short_name,
    stretch,
)
from resettle.tables.pages import Block, Cell, Folded, PageColumn, PageTable, Paragraph, Text
from resettle.words import tell

GROUPINGS = ("distance_band", "place_class", "fields_minutes")


def distance_blocks(made: Mapping[str, pl.DataFrame], facts: Mapping[str, Any]) -> list[Block]:
    """Outcomes by distance, whether near and far movers are comparable, and what may be said."""
    outcome = made.get("distance_outcome", pl.DataFrame())
    blocks: list[Block] = [Paragraph(say("section.distance"), "head")]
    if not outcome.height:
        return [*blocks, Paragraph(say("no_distance"), "missing")]
    mark: Any = "synthetic" if facts.get("synthetic") else "computed"
    said = words_of({"claim": facts.get("claim", "association")})
    blocks += [Paragraph(_told(key), "body") for key in said]
    kind = "straight" if "straight" in facts.get("distance_kind", ()) else "road"
    blocks += _pairs(made)
    if facts.get("distance_kind"):
        blocks.append(Paragraph(say(f"distance_kind.{kind}"), "note"))
    for k, by in enumerate(GROUPINGS):
        own = outcome.filter((pl.col("by") == by) & pl.col("value").is_not_null())
        if own.height:
            table = _wide(own, by, mark)
            blocks.append(table if k == 0 else Folded(table.title, (table,)))
    return [*blocks, *_comparable(made, facts, mark), *_model(made, mark)]


def _told(key: str) -> Text:
    return Text(tell(key, "zh"), tell(key, "en"))


def _label(by: str, group: str) -> Text:
    if by == "distance_band":
        return band_name(group)
    if by == "fields_minutes":
        return Text(f"{group.replace('-', '—')} 分钟", f"{group.replace('-', '–')} min")
    return name_of("place", group)


def _wide(own: pl.DataFrame, by: str, mark: Any) -> PageTable:
    """Measures down, groups across: the mean and its interval in one cell."""
    groups = own["group"].unique(maintain_order=True).to_list()
    columns = (
        PageColumn(head("measure")),
        *(PageColumn(_label(by, g)) for g in groups),
    )
    rows: list[tuple[Cell, ...]] = []
    for (topic, measure), part in own.group_by("topic", "measure", maintain_order=True):
        cells = {r["group"]: _cell(r) for r in part.iter_rows(named=True)}
        outcome, name = name_of("outcome", str(topic)), name_of("measure", str(measure))
        label = Text(f"{outcome.zh}：{name.zh}", f"{outcome.en}: {name.en}")
        rows.append((label, *(cells.get(g) for g in groups)))
    counts = {r["group"]: r["n"] for r in own.iter_rows(named=True)}
    rows.append((head("n"), *(Text(f"{counts[g]:,}", f"{counts[g]:,}") for g in groups)))
    return PageTable(say(f"topic.{by}"), columns, tuple(rows), mark=mark, note=say("wide_note"))


def _cell(row: Mapping[str, Any]) -> Text:
    value = number(row["value"])
    if row["low"] is None:
        return Text(f"{value}（无区间）", f"{value} (no interval)")
    ends = f"{number(row['low'])}–{number(row['high'])}"
    return Text(f"{value}（{ends}）", f"{value} ({ends})")


def _pairs(made: Mapping[str, pl.DataFrame]) -> list[Block]:
    """For every measure the bands whose intervals do not touch, both named; the measures in which no two bands
    differ; and the bands that nothing can be said of."""
    bands = made["distance_outcome"].filter(pl.col("by") == "distance_band")
    outcome = bands.filter(pl.col("value").is_not_null())
    differ: list[Text] = []
    level: list[Text] = []
    for (measure,), part in outcome.group_by("measure", maintain_order=True):
        rows = [r for r in part.iter_rows(named=True) if r["low"] is not None]
        if len(rows) < 2:
            continue
        found = apart(rows, lambda r: band_name(r["group"]))
        name = short_name(str(measure))
        if found:
            differ.append(say("far_item", name=name, list=listed(found, ("，", ", "))))
        else:
            level.append(name)
    blocks: list[Block] = []
    if differ:
        blocks.append(Paragraph(say("far_apart", list=listed(differ, ("；", "; ")))))
    if level:
        blocks.append(Paragraph(say("far_level", list=listed(level, ("、", "; ")))))
    known = set(outcome.filter(pl.col("low").is_not_null())["group"])
    held = [band_name(g) for g in bands["group"].unique(maintain_order=True) if g and g not in known]
    if (differ or level) and held:
        blocks.append(Paragraph(say("far_held", list=listed(held, ("、", "; "))), "note"))
    return blocks


def _comparable(made: Mapping[str, pl.DataFrame], facts: Mapping[str, Any], mark: Any) -> list[Block]:
    balance, overlap = (made.get(f"distance_{n}", pl.DataFrame()) for n in ("balance", "overlap"))
    if not balance.height or not overlap.height:
        return []
    bad = balance.filter(~pl.col("balanced"))["covariate"].to_list()
    low = float(overlap["share_comparable"].min())  # type: ignore[arg-type]
    values: dict[str, Any] = {"percent": f"{100 * low:.0f}", "limit": f"{BALANCED:g}"}
    values |= {"before": _most(balance["correlation"]), "after": _most(balance["correlation_weighted"])}
    if bad or low < OVERLAP:
        key = "comparable_not"
        values["list"] = listed([name_of("covariate", c) for c in bad]) if bad else Text("—", "—")
    else:
        key = "comparable"
    first = PageTable(
        say("topic.balance"),
        (
            PageColumn(head("covariate")),
            PageColumn(head("before"), "number", decimals=2),
            PageColumn(head("after"), "number", decimals=2),
        ),
        tuple(
            (name_of("covariate", r["covariate"]), _two(r["correlation"]), _two(r["correlation_weighted"]))
            for r in balance.iter_rows(named=True)
        ),
        mark=mark,
    )
    second = PageTable(
        say("topic.overlap"),
        (
            PageColumn(head("third")),
            PageColumn(head("n"), "count"),
            PageColumn(head("comparable"), "number", decimals=0),
            PageColumn(head("effective"), "number", decimals=0),
        ),
        tuple(
            (
                Text(
                    f"{r['from_km']:.1f} – {r['to_km']:.1f} 公里", f"{r['from_km']:.1f} – {r['to_km']:.1f} km"
                ),
                r["n"],
                round(100 * r["share_comparable"]),
                round(r["effective_n"]),
            )
            for r in overlap.iter_rows(named=True)
        ),
        mark=mark,
        note=say("overlap_note", known=overlap["n"].sum(), all=facts.get("movers", 0)),
    )
    return [Paragraph(say(key, **values)), Folded(say("topic.balance"), (first, second))]


def _most(values: pl.Series) -> str:
    return f"{max(abs(v) for v in values):.2f}"


def _two(value: float) -> float:
    """Two digits, and no minus before a zero."""
    return round(value, 2) + 0.0


def _model(made: Mapping[str, pl.DataFrame], mark: Any) -> list[Block]:
    """Willingness today at three distances, grade by grade, and whether the model's assumption holds."""
    model, check = (made.get(f"distance_{n}", pl.DataFrame()) for n in ("model", "check"))
    own = model.filter(pl.col("term") == "spline") if model.height else model
    if not own.height:
        return []
    grades = sorted(own["grade"].unique().to_list())
    rows: list[tuple[Cell, ...]] = []
    for (at,), part in own.group_by("at", maintain_order=True):
        cells = {
            r["grade"]: _cell({k: None if r[k] is None else 100 * r[k] for k in ("low", "high")}
                              | {"value": 100 * r["probability"]})
            for r in part.iter_rows(named=True)
        }  # fmt: skip
        rows.append((Text(f"{at} 公里", f"{at} km"), *(cells[g] for g in grades)))
    columns = (PageColumn(head("distance")), *(PageColumn(say("willing_grade", grade=g)) for g in grades))
    table = PageTable(say("topic.model"), columns, tuple(rows), mark=mark, note=say("model_note"))
    odds = [
        r["p_value"]
        for r in check.iter_rows(named=True)
        if r["check"] == "proportional_odds_spline" and r["p_value"] is not None
    ]
    blocks: list[Block] = [Folded(say("topic.model"), (table,))]
    if odds:
        key = "odds_hold" if odds[0] >= 0.05 else "odds_fail"
        blocks.append(Paragraph(say(key, p=_p(odds[0])), "note"))
    values = {r["check"]: r["value"] for r in check.iter_rows(named=True)}
    if values.get("likeness_within_site") is not None:
        alike = {"alike": number(100 * values["likeness_within_site"], 0)}
        blocks.append(Paragraph(say("site_likeness", **alike), "note"))
    both = [values.get(k) for k in ("slope_per_km", "slope_per_km_site_intercept")]
    if odds and odds[0] >= 0.05 and None not in both:
        plain, held = (number(float(v or 0.0), 3) for v in both)
        blocks.append(Paragraph(say("site_intercept", plain=plain, held=held), "note"))
    return blocks


def _p(value: float) -> str:
    return f"= {value:.3f}" if value >= 0.001 else "< 0.001"


def income_blocks(made: Mapping[str, pl.DataFrame], facts: Mapping[str, Any]) -> list[Block]:
    """Incomes before and after the move against those who did not move, and on what the claim rests."""
    blocks: list[Block] = [Paragraph(say("section.income"), "head")]
    event = made.get("distance_event", pl.DataFrame())
    own = event.filter(pl.col("measure") == "income_person_year") if event.height else event
    found = [e for e in facts.get("events", ()) if e["measure"] == "income_person_year"]
    if not own.height or not found:
        return [*blocks, Paragraph(say("no_events"), "missing")]
    said = found[0]
    after = own.filter(pl.col("event") >= 0).sort("event").row(-1, named=True)
    values = {
        "effect": number(after["effect"], 0),
        "years": after["event"],
        "interval": stretch(after | {"withheld": "few_units"}, 0),
        "households": said["households"],
        "own": said.get("movers"),
        "hosts": said.get("never"),
        "sites": said["clusters"],
    }
    alone = said.get("comparison") == "not_yet"
    blocks.append(Paragraph(say("event_lead_not_yet" if alone else "event_lead", **values)))
    lead_p = said.get("lead_p")
    key = "event_effect" if said["claim"] == "effect" else "event_association"
    blocks.append(Paragraph(say(key, p="= ?" if lead_p is None else _p(lead_p))))
    first = own.filter(pl.col("event") == 0)
    if said.get("other") is not None and first.height:
        both = {"other": number(said["other"], 0), "own": number(first["effect"][0], 0)}
        blocks.append(Paragraph(say("event_other", **both), "note"))
    columns = (
        PageColumn(head("event"), "number"),
        PageColumn(head("difference"), "number"),
        PageColumn(head("interval"), "number"),
    )
    rows: list[tuple[Cell, ...]] = [
        (r["event"], round(r["effect"]), interval_cell(r | {"withheld": "few_units"}, 0))
        for r in own.sort("event").iter_rows(named=True)
    ]
    mark: Any = "synthetic" if facts.get("synthetic") else "computed"
    table = PageTable(
        say("topic.events"), columns, tuple(rows), mark=mark, note=say("event_note", rounds=rounds_of(facts))
    )
    return [*blocks, *_three_incomes(made, values["effect"]), Folded(say("topic.events"), (table,))]


def _three_incomes(made: Mapping[str, pl.DataFrame], effect: str) -> list[Block]:
    """The chapter's figures on incomes measure different things: say which, where they stand side by side."""
    table = made.get("evaluation_indicator", pl.DataFrame())
    own = table.filter((pl.col("code") == "E01") & (pl.col("basis") == "survey")) if table.height else table
    if not own.height or own["value"][0] is None:
        return []
    return [Paragraph(say("three_incomes", growth=number(own["value"][0]), effect=effect), "note")]
