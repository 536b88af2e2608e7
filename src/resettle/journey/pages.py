"""The report of a run: what the report room needs, gathered from the run, the pack and its places."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from resettle.journey.run import Run
from resettle.journey.traces import example_traces
from resettle.policy import bind
from resettle.report.basis import Basis
from resettle.report.chapters import chapters_of
from resettle.tables.pages import Chapter, ReportMeta, Text
from resettle.words import LANGUAGES, tell

CURRENCIES = {"CNY": Text("元", "yuan")}


def both(key: str, **values: Any) -> Text:
    """A sentence in both languages."""
    return Text(*(tell(key, language, **values) for language in LANGUAGES))


def report_of(run: Run) -> tuple[list[Chapter], ReportMeta]:
    """All chapters of the run's report, and what stands above them."""
    return chapters_of(basis_of(run)), meta_of(run)


def basis_of(run: Run) -> Basis:
    """Tables and facts the chapters are written from."""
    place = run.pack.settings.get("places", {})
    name = place.get("name", {})
    programme = run.programme
    return Basis(
        tables=run.tables,
        place=Text(name.get("zh", run.pack.zh), name.get("en", run.pack.en)),
        as_of=programme.as_of,
        currency=CURRENCIES.get(programme.currency, Text(programme.currency, programme.currency)),
        area_cap_dm2=parameter(run, place.get("area_parameter", "area_per_person_dm2")),
        crowding_threshold_dm2=place.get("crowding_threshold_dm2"),
        outlines=outlines_of(run, place),
        outlines_date=Text(**place["outlines_date"]) if "outlines_date" in place else None,
        outside=tuple(place.get("outside", ())),
        series_first_year=place.get("series_first_year"),
        traces=tuple(example_traces(run)),
        assumptions=tuple(assumptions_of(run)),
    )


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
        value = (
            tell("common.unknown", "en")
            if setting.value is None
            else f"{setting.value} {declared.unit}".strip()
        )
        source = setting.source
        found.append(
            (Text(declared.title("zh"), declared.title("en")), Text(value, value), Text(source, source))
        )
    return found


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
