"""The chapter's part on who was asked and lost, what people said, and what may not be concluded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from resettle.evaluation.interviews import FIGURES, in_two_languages
from resettle.evaluation.joined import HOST
from resettle.evaluation.sentences import (
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
from resettle.words import sentences

NOTICED = 0.25
"""Difference in standard deviations above which the lost are called different; Rubin (2001), Health Services
and Outcomes Research Methodology 2, 169-188, p. 174."""
MOST_CODES = 12


def asked(made: Mapping[str, pl.DataFrame], facts: Mapping[str, Any]) -> list[Block]:
    """Who stands behind the numbers: the draw, the rounds, the hosts, and who was not asked."""
    rows = made.get("survey_wave", pl.DataFrame())
    if not rows.height:
        bare = say("asked_bare", rounds=rounds_of(facts), hosts=facts.get("hosts", 0))
        return [Paragraph(bare), *_round_by_round(facts)]
    first = rows.filter(pl.col("wave") == rows["wave"][0])
    drawn = int(first.filter(pl.col("group_by") == "")["drawn"][0])
    host = (pl.col("group_by") == "household_class") & (pl.col("group") == HOST)
    hosts = int(first.filter(host)["drawn"].sum())
    lead = say("asked", drawn=drawn, own=drawn - hosts, hosts=hosts, rounds=rounds_of(facts))
    return [Paragraph(lead), *_round_by_round(facts), Paragraph(say("asked_not")), *_who_they_are(first)]


def _round_by_round(facts: Mapping[str, Any]) -> list[Block]:
    """How many answered each round, and what those were asked who had not moved by then."""
    parts = []
    for r in facts.get("asked", ()):
        waiting = r["movers"] - r["moved"]
        key = "before" if r["wave"] == "baseline" else "waiting" if waiting else "all"
        parts.append(say(f"asked_round.{key}", name=name_of("wave", r["wave"]), **r | {"waiting": waiting}))
    return [Paragraph(say("asked_rounds", list=listed(parts, ("；", "; "))))] if parts else []


def _who_they_are(first: pl.DataFrame) -> list[Block]:
    """What the classes of households mean, for a reader who meets them here first."""
    classes = first.filter(pl.col("group_by") == "household_class")["group"].to_list()
    known = [c for c in classes if f"evaluation.group_means.{c}" in sentences("en")]
    parts = [say("group_is", name=name_of("group", c), what=say(f"group_means.{c}")) for c in known]
    return [Paragraph(say("groups_are", list=listed(parts, ("；", "; "))), "note")] if parts else []


def rounds_of(facts: Mapping[str, Any]) -> Text:
    """The rounds by name, each with its year where the answers are dated."""
    zh, en = [], []
    for wave in facts.get("waves", ()):
        name, year = name_of("wave", wave), facts.get("years", {}).get(wave)
        zh.append(name.zh + (f"（{year} 年）" if year else ""))
        en.append(name.en + (f" ({year})" if year else ""))
    return Text("、".join(zh), ", ".join(en))


def fieldwork_blocks(made: Mapping[str, pl.DataFrame], facts: Mapping[str, Any]) -> list[Block]:
    """Answers by round, those lost against those who stayed, and the means weighted for the lost."""
    wave = made.get("survey_wave", pl.DataFrame())
    if not wave.height:
        return []
    mark: Any = "synthetic" if facts.get("synthetic") else "computed"
    blocks: list[Block] = [Paragraph(say("section.fieldwork"), "head")]
    shown = wave.filter(pl.col("group_by").is_in(["", "household_class"]))
    columns = (
        PageColumn(head("wave")),
        PageColumn(head("group")),
        PageColumn(head("drawn"), "count"),
        PageColumn(head("answered"), "count"),
        PageColumn(head("rate"), "number", decimals=1),
        PageColumn(head("again"), "count"),
        PageColumn(head("lost"), "number", decimals=1),
    )
    body: list[tuple[Cell, ...]] = [
        (
            name_of("wave", r["wave"]),
            name_of("group", r["group"]) if r["group_by"] else say("everybody"),
            r["drawn"],
            r["answered"],
            round(100 * r["response_rate"], 1),
            Text("—", "—") if r["seen_again"] is None else r["seen_again"],
            Text("—", "—") if r["lost_share"] is None else round(100 * r["lost_share"], 1),
        )
        for r in shown.iter_rows(named=True)
    ]
    blocks += _lost(made, facts)
    blocks += _raised(made, mark)
    table = PageTable(say("topic.waves"), columns, tuple(body), mark=mark)
    return [*blocks, Folded(say("topic.waves"), (table, *_lost_table(made, mark)))]


def _lost(made: Mapping[str, pl.DataFrame], facts: Mapping[str, Any]) -> list[Block]:
    """How many of the first round were lost by the last, and whether they were other people."""
    wave, lost = made["survey_wave"], made.get("survey_lost", pl.DataFrame())
    last = wave.filter((pl.col("wave") == facts.get("wave")) & (pl.col("group_by") == ""))
    if not last.height or last["lost_share"][0] is None:
        return [Paragraph(say("no_panel"), "missing")]
    r = last.row(0, named=True)
    found: list[Block] = [
        Paragraph(
            say("lost", share=f"{100 * r['lost_share']:.0f}", base=r["in_baseline"], again=r["seen_again"])
        )
    ]
    if lost.height:
        worst = max(lost.iter_rows(named=True), key=lambda x: abs(x["difference"]))
        values = {
            "name": short_name(worst["column"]),
            "difference": number(abs(worst["difference"]), 2),
            "wave": name_of("wave", worst["wave"]),
        }
        key = "lost_alike"
        if abs(worst["difference"]) >= NOTICED:
            key = "lost_lower" if worst["difference"] > 0 else "lost_higher"
        found.append(Paragraph(say(key, **values)))
    return [*found, _satisfied_before(facts.get("lost_satisfaction"))]


def _satisfied_before(row: Mapping[str, Any] | None) -> Paragraph:
    """Whether those lost had been less satisfied when they were last asked."""
    if row is None:
        return Paragraph(say("lost_satisfaction_unknown"), "missing")
    apart = abs(row["difference"]) >= NOTICED
    key = "lost_as_satisfied"
    if apart:
        key = "lost_less_satisfied" if row["difference"] > 0 else "lost_more_satisfied"
    values = {k: number(row[k], 2) for k in ("stayed", "lost")}
    values["difference"] = number(abs(row["difference"]), 2)
    values["count"] = f"{row['lost_count']:,}"
    return Paragraph(say(key, wave=name_of("wave", row["wave"]), **values))


def _lost_table(made: Mapping[str, pl.DataFrame], mark: Any) -> tuple[PageTable, ...]:
    lost = made.get("survey_lost", pl.DataFrame())
    if not lost.height:
        return ()
    columns = (
        PageColumn(head("wave")),
        PageColumn(head("measure")),
        PageColumn(head("stayed"), "number", decimals=1),
        PageColumn(head("gone"), "number", decimals=1),
        PageColumn(head("spread"), "number", decimals=2),
    )
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            name_of("wave", r["wave"]),
            name_of("measure", r["column"]),
            round(r["stayed"], 1),
            round(r["lost"], 1),
            round(r["difference"], 2),
        )
        for r in lost.iter_rows(named=True)
    )
    return (PageTable(say("topic.lost"), columns, rows, mark=mark, note=say("lost_note")),)


def _raised(made: Mapping[str, pl.DataFrame], mark: Any) -> list[Block]:
    raised = made.get("survey_raised", pl.DataFrame())
    if not raised.height:
        return []
    columns = (
        PageColumn(head("measure")),
        PageColumn(head("plain"), "number", decimals=1),
        PageColumn(head("raised"), "number", decimals=1),
        PageColumn(head("interval"), "number"),
    )
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (name_of("measure", r["measure"]), round(r["plain"], 1), round(r["raised"], 1), interval_cell(r))
        for r in raised.iter_rows(named=True)
    )
    table = PageTable(say("topic.raised"), columns, rows, mark=mark, note=say("raised_note"))
    first = next((r for r in raised.iter_rows(named=True) if r["measure"] == "S1"), None)
    if first is None:
        return [table]
    values = {"plain": number(first["plain"], 2), "raised": number(first["raised"], 2)}
    return [Paragraph(say("raised", interval=stretch(first, 2), **values)), table]


def interview_blocks(made: Mapping[str, pl.DataFrame], facts: Mapping[str, Any]) -> list[Block]:
    """What people said in their own words: how many households name what, with masked quotes."""
    count = made.get("interview_count", pl.DataFrame())
    blocks: list[Block] = [Paragraph(say("section.interviews"), "head")]
    if not count.height:
        return [*blocks, Paragraph(say("no_interviews"), "missing")]
    names = facts.get("codes", {})
    alpha, quote = (made.get(f"interview_{n}", pl.DataFrame()) for n in ("alpha", "quote"))
    agreed = dict(alpha.select("code", "alpha").iter_rows()) if alpha.height else {}
    said: dict[str, list[str]] = {}
    if quote.height:
        for r in quote.iter_rows(named=True):
            said.setdefault(r["code"], []).append(r["quote"])
    columns = (
        PageColumn(head("code")),
        PageColumn(head("households"), "count"),
        PageColumn(head("agreement"), "number", decimals=2),
    )
    body: list[tuple[Cell, ...]] = []
    quotes: list[Block] = []
    for r in count.head(MOST_CODES).iter_rows(named=True):
        code = r["code"]
        zh, en = names.get(code, (code, code))
        a = agreed.get(code)
        shown: Cell = Text("—", "—") if a is None else round(a, 2)
        body.append((Text(zh, en), r["households"], shown))
        if code in said:
            quoted = _both([in_two_languages(text) for text in said[code]])
            figure = _figure_of(code, made)
            key = "interview_quoted" if figure is None else "interview_beside"
            quotes.append(Paragraph(say(key, code=Text(zh, en), figure=figure, quotes=quoted)))
    note = say("interview_note")
    mark: Any = "synthetic" if facts.get("synthetic") else "computed"
    lead = count.row(0, named=True)
    most = Text(*names.get(lead["code"], (lead["code"], lead["code"])))
    blocks.append(
        Paragraph(
            say(
                "interview_lead",
                code=most,
                households=lead["households"],
                codes=count.height,
                interviewed=facts.get("interviewed", 0),
            )
        )
    )
    return [*blocks, *quotes, PageTable(say("topic.interviews"), columns, tuple(body), mark=mark, note=note)]


def _both(texts: list[Text]) -> Text:
    """Several quotes in one sentence, each in its own quotation marks."""
    return Text("".join(f"「{t.zh}」" for t in texts), " ".join(f"“{t.en}”" for t in texts))


def _figure_of(code: str, made: Mapping[str, pl.DataFrame]) -> Text | None:
    """The computed figure a code's quotes explain, with its name; ``None`` where it was not computed."""
    wanted = FIGURES.get(code.split(".", maxsplit=1)[0], "")
    table = made.get("evaluation_indicator", pl.DataFrame())
    if table.height:
        row = next(
            table.filter((pl.col("code") == wanted) & pl.col("value").is_not_null()).iter_rows(named=True),
            None,
        )
        if row is not None:
            unit = "%" if row.get("unit") == "%" else ""
            value = number(row["value"], 1) + unit
            return Text(f"{row['zh']} {value}", f"{row['en']}: {value}")
    return None


def limits(made: Mapping[str, pl.DataFrame], facts: Mapping[str, Any]) -> list[Block]:
    """What may not be concluded, each for its reason."""
    if not facts.get("wave"):
        return []
    keys = ["limits.rank", "limits.distance", "limits.not_asked", "limits.scale"]
    if any(e.get("claim") == "effect" for e in facts.get("events", ())):
        keys.insert(2, "limits.income")
    if facts.get("synthetic"):
        keys.insert(0, "limits.synthetic")
    return [Paragraph(say("section.limits"), "head"), *(Paragraph(say(k)) for k in keys)]
