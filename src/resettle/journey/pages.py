"""The report of a run: what the report room needs, gathered from the run, the pack and its places."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from datetime import date
from typing import Any

import polars as pl

from resettle.evaluation.chapter import chapter_of as evaluation_chapter
from resettle.journey.examples import example_traces, place_text
from resettle.journey.letter_money import compensation_titles
from resettle.journey.run import Run
from resettle.journey.traces import currency_text, decided_by, label_text, trace_household, value_text
from resettle.journey.visits import TOLD
from resettle.journey.ways import both, remedy_titles
from resettle.policy import Pack, bind
from resettle.report.basis import Basis
from resettle.report.chapters import chapters_of
from resettle.tables.page_text import date_text, percent_text
from resettle.tables.pages import Chapter, ReportMeta, Text
from resettle.words import LANGUAGES, sentences

TARGETING = "targeting.toml"
EVALUATED = ("evaluation_outcome", "evaluation_indicator", "evaluation_standard")
SHARE = "self_raised_minor"
SOME_ASKED = 12


def report_of(run: Run) -> tuple[list[Chapter], ReportMeta]:
    """All chapters of the run's report, and what stands above them."""
    return chapters_of(basis_of(run), more=more_of(run)), meta_of(run)


def more_of(run: Run) -> list[Chapter]:
    """Chapters that another stage writes itself, where its tables are there."""
    if not any(name in run.tables and run.tables[name].height for name in EVALUATED):
        return []
    return [evaluation_chapter(run.tables, run.facts.get("evaluation", {}))]


def basis_of(run: Run) -> Basis:
    """Tables and facts the chapters are written from."""
    place = run.pack.settings.get("places", {})
    name = place.get("name", {})
    programme = run.programme
    return Basis(
        tables=run.tables,
        place=Text(name.get("zh", run.pack.zh), name.get("en", run.pack.en)),
        part_of=Text(**place["part_of"]) if "part_of" in place else None,
        as_of=programme.as_of,
        currency=currency_text(run.pack),
        area_cap_dm2=parameter(run, place.get("area_parameter", "area_per_person_dm2")),
        crowding_threshold_dm2=place.get("crowding_threshold_dm2"),
        outlines=outlines_of(run, place),
        outlines_date=Text(**place["outlines_date"]) if "outlines_date" in place else None,
        outside=tuple(place.get("outside", ())),
        series_first_year=place.get("series_first_year"),
        traces=tuple(example_traces(run)),
        assumptions=tuple(assumptions_of(run)),
        titles=titles_of(run),
        compensation=tuple(compensation_titles(run.pack)),
        story=story_of(run),
        detour_ppm=run.facts.get("siting", {}).get("detour_ppm"),
        nothing_to_pay=nothing_to_pay(run),
        papers=papers_of(run),
        source=cited_source(run.pack),
    )


def cited_source(pack: Pack) -> Text | None:
    """The printed source that the pack's rules and figures cite by its lines, in full."""
    told = pack.settings.get("pack", {}).get("source")
    return Text(told["zh"], told["en"]) if isinstance(told, Mapping) else None


def papers_of(run: Run) -> dict[str, tuple[Text, Text | None]]:
    """By fact of the visit list: what it is called, and the paper that settles it where the pack names one."""
    visit = run.tables.get("visit")
    if visit is None or not set(TOLD) <= set(visit.columns):
        return {}
    rows = visit.filter(pl.col("reason") == "unknown").select("fact", *TOLD).unique().to_dicts()
    return {
        r["fact"]: (
            Text(r["fact_zh"] or r["fact"], r["fact_en"] or r["fact"]),
            Text(r["paper_zh"], r["paper_en"]) if r["paper_zh"] and r["paper_en"] else None,
        )
        for r in rows
    }


def nothing_to_pay(run: Run) -> Text | None:
    """The rules by which entitled households raise nothing themselves, each with its clause and source.

    Found by asking a few of those households; another rule that speaks for none of these is not seen.
    """
    entitled = run.tables.get("entitlement")
    if entitled is None or SHARE not in entitled.columns or "is_eligible" not in entitled.columns:
        return None
    free = entitled.filter(pl.col("is_eligible") & (pl.col(SHARE) == 0)).sort("household_id")
    step, found = max(free.height // SOME_ASKED, 1), []
    programme = run.programme
    for household_id in free.gather_every(step)["household_id"].head(SOME_ASKED).to_list():
        trace = trace_household(run.tables, run.pack, household_id, programme.as_of, programme.scope)
        rule = decided_by(trace, SHARE).step.rule
        cited = [[run.pack.cite(x, k) for x in (rule.clause, rule.source) if x] for k in LANGUAGES]
        text = both(
            "report.pays.rule",
            title=Text(rule.zh, rule.en),
            cited=Text("；".join(cited[0]), "; ".join(cited[1])),
        )
        found += [] if text in found else [text]
    return Text("；".join(t.zh for t in found), "; ".join(t.en for t in found)) if found else None


def titles_of(run: Run) -> dict[str, Text]:
    """The pack's own names of obstacles and remedies, and the sources of its reforms as each language cites them."""
    reforms = run.tables.get("reform", pl.DataFrame(schema={"source": pl.String}))
    cited = {
        f"reform.{source}": Text(run.pack.cite(source, "zh"), run.pack.cite(source, "en"))
        for source in reforms["source"].unique().drop_nulls().to_list()
    }
    return remedy_titles(run.pack) | cited | dimension_titles(run.pack)


def dimension_titles(pack: Pack) -> dict[str, Text]:
    """What the pack counts as poor in several dimensions, in one sentence; nothing where it does not count so."""
    if TARGETING not in pack.files():
        return {}
    rule = tomllib.loads(pack.read_text(TARGETING)).get("multidimensional", {})
    indicators = rule.get("indicators", ())
    if not indicators:
        return {}
    named = [
        both(
            "report.targeting.dimension",
            name=Text(x.get("zh", x["name"]), x.get("en", x["name"])),
            weight=x["weight"],
        )
        for x in indicators
    ]
    listed = Text("、".join(t.zh for t in named), "; ".join(t.en for t in named))
    cutoff = percent_text(int(rule["cutoff_ppm"]), 1)
    return {"targeting.dimensions": both("report.targeting.dimensions", dimensions=listed, cutoff=cutoff)}


def story_of(run: Run) -> tuple[Text, str] | None:
    """The first example the programme names, told as a household of its village and never by name."""
    examples = [i for i in run.programme.options.get("examples", []) if isinstance(i, str)]
    household = run.tables["household"]
    if not examples or "village_code" not in household.columns:
        return None
    found = household.filter(pl.col("household_id") == examples[0])
    if not found.height:
        return None
    return place_text(run, found.row(0, named=True)), examples[0]


def parameter(run: Run, name: str) -> int | None:
    """A whole-number parameter in force, if the pack has it."""
    program, _ = bind(run.pack, run.programme.as_of, run.programme.scope)
    setting = program.settings.get(name)
    return setting.value if setting is not None and isinstance(setting.value, int) else None


def outlines_of(run: Run, place: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The pack's outlines of counties; ``None`` (and so no map) where it has none."""
    path = place.get("outlines")
    if not path or path not in run.pack.files():
        return None
    outlines: Mapping[str, Any] = json.loads(run.pack.read_text(path))
    return outlines


def assumptions_of(run: Run) -> list[tuple[Text, Text, Text]]:
    """What is assumed: parameters whose source says so, in force on the day of the plan."""
    program, _ = bind(run.pack, run.programme.as_of, run.programme.scope)
    found = []
    for name, setting in sorted(program.settings.items()):
        if setting is None or not setting.is_assumption:
            continue
        declared = run.pack.parameters[name]
        source = Text(run.pack.cite(setting.source, "zh"), run.pack.cite(setting.source, "en"))
        found.append(
            (
                Text(declared.title("zh"), declared.title("en")),
                assumed_text(run.pack, name, setting.value, declared.kind, declared.unit),
                source,
            )
        )
    return found


def assumed_text(pack: Pack, name: str, value: Any, kind: str, unit: str) -> Text:
    """A parameter's value as a page prints it, keys by their words; what the unit is counted by stands behind it."""
    if isinstance(value, Mapping):
        pairs = [
            (label_text(pack, name, str(k)), assumed_text(pack, name, v, kind, unit))
            for k, v in value.items()
        ]
        return Text(
            "；".join(f"{k.zh}：{v.zh}" for k, v in pairs), "; ".join(f"{k.en}: {v.en}" for k, v in pairs)
        )
    if isinstance(value, date):
        return date_text(value)
    written = value_text(pack, name, value, kind, unit)
    head, _, rest = unit.partition(" ")
    if value is None or not unit:
        return written
    if head not in ("dm2", "minor", "ppm"):
        known = f"page.unit.{head}" in sentences("zh")
        counted = both(f"page.unit.{head}") if known else Text(head, head)
        written = Text(written.zh + counted.zh, f"{written.en} {counted.en}")
    by = rest.removeprefix("per ").strip()
    if not by:
        return written
    each = per_text(by)
    return Text(f"{written.zh}/{each.zh}", f"{written.en} per {each.en}")


def per_text(by: str) -> Text:
    """What an amount is counted by: one of each, so English keeps the singular of the unit's own name.

    >>> per_text("person and month")
    Text(zh='人·月', en='person and month')
    """
    parts = by.split(" and ")
    names = [Text(p, p) if f"page.unit.{p}" not in sentences("zh") else both(f"page.unit.{p}") for p in parts]
    return Text("·".join(n.zh.removeprefix("个") for n in names), by.replace("m2", "m²"))


def meta_of(run: Run) -> ReportMeta:
    """Title, facts and, for a demo, the notice every page carries."""
    programme = run.programme
    fallback = programme.folder.resolve().name
    title = Text(programme.title.get("zh", fallback), programme.title.get("en", fallback))
    day = programme.as_of
    facts = (
        both("page.pack", pack=run.pack.id, version=run.pack.version),
        Text(f"数据截至{day.year}年{day.month}月{day.day}日", f"data as of {day.day} {day:%B} {day.year}"),
        both("page.seed", seed=programme.seed),
    )
    return ReportMeta(
        title=title,
        facts=facts,
        notice=both("page.synthetic") if programme.synthetic else None,
        default_language=programme.languages[0],  # type: ignore[arg-type]
    )
