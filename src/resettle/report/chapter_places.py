"""Who moves, and where: the map or bars by county, and the county table."""

from __future__ import annotations

from collections.abc import Collection

import polars as pl

from resettle.report.basis import Basis, counted, is_synthetic, mark_of, not_computed
from resettle.report.counties import UNDECIDED, county_cells
from resettle.report.ladder import ladder
from resettle.report.maps import rings_of
from resettle.report.masking import THRESHOLD, few
from resettle.report.sentences import say
from resettle.report.site_words import site_text
from resettle.tables.page_text import percent_text, same
from resettle.tables.pages import (
    Area,
    Bar,
    Bars,
    Block,
    Cell,
    Chapter,
    CountyMap,
    Figure,
    Hidden,
    MapSite,
    Mark,
    PageColumn,
    PageTable,
    Paragraph,
    Text,
)
from resettle.units import share_ppm

SPARE_LIMIT_PPM = 100_000
MOST_NAMED = 6
_COUNTY_ENDINGS = ("县", "市", "旗")
_HEADS = {
    "registered": "registered_households",
    "co_mover": "co_mover_households",
    "affected": "affected_households",
}


def open_sites(basis: Basis) -> pl.DataFrame | None:
    """Sites the plan uses, with their county and place; every candidate if no plan was made."""
    sites = basis.frame("site", "site_id")
    plan = basis.frame("site_plan", "site_id", "is_open")
    if plan is None:
        return None
    used = plan.filter(pl.col("is_open").fill_null(False))
    if sites is None:
        return used.sort("site_id")
    fresh = [c for c in sites.columns if c == "site_id" or c not in used.columns]
    return used.join(sites.select(fresh), on="site_id", how="left").sort("site_id")


def _by_county(frame: pl.DataFrame, kind: str) -> tuple[dict[str, int], dict[str, int | None]]:
    """Households and persons of one class by county."""
    mine = frame.filter(pl.col("mover_class") == kind)
    households: dict[str, int] = {}
    persons: dict[str, int | None] = {}
    grouped = mine.group_by("county_code").agg(
        pl.len().alias("n"), pl.col("persons").sum().alias("p"), pl.col("persons").null_count().alias("u")
    )
    for code, n, p, unknown in grouped.sort("county_code").iter_rows():
        households[code or ""] = n
        persons[code or ""] = int(p) if unknown == 0 else None
    return households, persons


def county_table(basis: Basis, movers: pl.DataFrame, main: str) -> PageTable:
    """By county: sites, and the households and persons of the plan, one column of households per class."""
    found = county_cells(basis)
    persons = _by_county(movers, main)[1]
    used = open_sites(basis)
    sites = counted(used, "county_code") if used is not None and "county_code" in used.columns else None
    title, county = say("report.who.table_title"), PageColumn(say("report.head.county"))
    if found is None:
        return PageTable(title, (county,), ())
    others = [name for name in found.columns if name in _HEADS and name != main]
    heads = ("sites", _HEADS[main], "persons", *(_HEADS[name] for name in others))
    columns = (county, *(PageColumn(say(f"report.head.{head}"), "count") for head in heads))
    whole = None if None in persons.values() else sum(p for p in persons.values() if p is not None)
    rows: list[tuple[Cell, ...]] = []
    for code in (*found.codes, None):
        cell = found.cells[code, main]
        told = whole if code is None else persons.get(code, 0)
        is_small = isinstance(cell, Hidden) or (told is not None and 0 < told < THRESHOLD)
        here = None if sites is None else sum(sites.values()) if code is None else sites.get(code, 0)
        more = (found.cells[code, name] for name in others)
        rows.append((_county_label(basis, code), here, cell, Hidden(False) if is_small else told, *more))
    return PageTable(title, columns, tuple(rows), has_total=True, note=_empty_sites(used))


def county_steps(basis: Basis) -> list[Block]:
    """By county: what becomes of the plan's households, and how many besides are to be visited first."""
    found = county_cells(basis)
    if found is None or UNDECIDED not in found.columns:
        return []
    steps = [name for name in found.columns if name not in _HEADS]
    columns = [PageColumn(say("report.head.county"))]
    columns += [PageColumn(say(f"report.who.step.{name}"), "count") for name in steps]
    rows = [
        (_county_label(basis, code), *(found.cells[code, name] for name in steps))
        for code in (*found.codes, None)
    ]
    title, note = say("report.who.steps_title"), say("report.who.steps_note")
    mark = mark_of(basis.frame("household"))
    return [PageTable(title, tuple(columns), tuple(rows), has_total=True, note=note, mark=mark)]


def _empty_sites(used: pl.DataFrame | None) -> Text | None:
    """Which of the sites nobody is sent to; they are counted among the sites all the same."""
    if used is None or "households" not in used.columns:
        return None
    names = [site_text(row) for row in used.filter(pl.col("households") == 0).sort("site_id").to_dicts()]
    if not names:
        return None
    shown = names[:MOST_NAMED]
    more = same("…" if len(names) > MOST_NAMED else "")
    listed = Text("、".join(n.zh for n in shown) + more.zh, ", ".join(n.en for n in shown) + more.en)
    return say("report.who.empty_sites", count=len(names), names=listed)


def _county_label(basis: Basis, code: str | None) -> Text:
    return say("report.head.total") if code is None else _county_name(basis, code)


def _county_name(basis: Basis, code: str) -> Text:
    """A county's name; in English, where it has two, both."""
    name = basis.region_name(code or None)
    return Text(name.zh, basis.full_names.get(code, name.en))


def _breaks(values: list[int]) -> tuple[int, ...]:
    """Three round breaks so that four classes hold about as many counties each."""
    if len(values) < 4:
        return ()
    ordered = sorted(values)
    breaks: list[int] = []
    for quarter in (1, 2, 3):
        value = ordered[quarter * len(ordered) // 4]
        step = max(10 ** (len(str(value)) - 1) // 2, 1)
        rounded = max((value + step // 2) // step * step, 1)
        if not breaks or rounded > breaks[-1]:
            breaks.append(rounded)
    return tuple(breaks)


def _map(
    basis: Basis,
    households: dict[str, int],
    used: pl.DataFrame | None,
    table: PageTable,
    hidden: Collection[str],
) -> CountyMap | None:
    """The map, if there are outlines that carry a name or code of at least one county of the plan.

    A county whose number the table hides is drawn without a value.
    """
    if basis.outlines is None:
        return None
    names = basis.region_names
    by_name = {names[code].zh: code for code in households if code in names}
    outside_names = set(basis.outside)
    areas: list[Area] = []
    for feature in basis.outlines.get("features", ()):
        properties = feature.get("properties", {})
        name = str(properties.get("name", ""))
        code = str(properties.get("county_code") or by_name.get(name, ""))
        rings = rings_of(feature["geometry"])
        english = str(properties.get("name_en") or next((t.en for t in names.values() if t.zh == name), name))
        if code in households:
            is_told = code in hidden
            shown = None if is_told else households[code]
            areas.append(Area(names.get(code, same(name)), rings, value=shown, is_context=is_told))
        elif name in outside_names:
            areas.append(Area(Text(name, english), rings, outside=say("report.who.outside")))
        else:
            areas.append(Area(Text("", ""), rings, is_context=True))
    if not any(area.value is not None for area in areas):
        return None
    sites, has_spare, tight = _map_sites(used)
    loose = len(sites) - tight
    date = basis.outlines_date or say("report.who.date_unknown")
    synthetic = say("report.who.places_synthetic" if is_synthetic(used) else "report.who.shown_over")
    circle = "circle_spare" if has_spare else "circle_plain"
    return CountyMap(
        tuple(areas),
        _breaks([v for code, v in households.items() if v and code not in hidden]),
        PageColumn(say("report.who.map_value"), "count", say("report.unit.household")),
        sites,
        say(f"report.who.{circle}", count=loose),
        say("report.who.triangle_spare", count=tight),
        say("report.who.caveat", date=date, places=synthetic),
        beside=table,
    )


def _map_sites(used: pl.DataFrame | None) -> tuple[tuple[MapSite, ...], bool, int]:
    if used is None or not {"latitude", "longitude"} <= set(used.columns):
        return (), False, 0
    has_spare = "spare_ppm" in used.columns
    sites, tight = [], 0
    for row in used.iter_rows(named=True):
        if row["latitude"] is None or row["longitude"] is None:
            continue
        spare = row.get("spare_ppm")
        is_tight = spare is not None and spare < SPARE_LIMIT_PPM
        tight += is_tight
        sites.append(
            MapSite(site_text(row), row["longitude"], row["latitude"], "triangle" if is_tight else "circle")
        )
    return tuple(sites), has_spare, tight


def who_moves(basis: Basis) -> Chapter:
    """The chapter: who moves, from which county, with the map and its table."""
    movers = basis.movers()
    if movers is None or movers.is_empty() or "county_code" not in movers.columns:
        return not_computed("who", 20, "household, entitlement")
    classes = counted(movers, "mover_class")
    main = (
        "registered" if classes.get("registered") else "affected" if classes.get("affected") else "co_mover"
    )
    households, persons = _by_county(movers, main)
    top = min(households, key=lambda code: (not code, -households[code], code))
    whole = sum(households.values())
    share = percent_text(share_ppm(households[top], whole))
    known = [p for p in persons.values() if p is not None]
    total_persons = same(f"{sum(known):,}") if len(known) == len(persons) else say("common.unknown")
    lead = "report.who.affected_lead" if main == "affected" else "report.who.lead"
    county = basis.region_name(top or None)
    blocks: list[Block] = [
        Paragraph(say(lead, households=few(whole), persons=total_persons, county=county, share=share))
    ]
    if classes.get("co_mover") and main != "co_mover":
        blocks.append(Paragraph(say("report.who.co", households=few(classes["co_mover"]))))
    if basis.outside:
        blocks.append(Paragraph(say("report.who.outside_text", names=_outside_text(basis))))
    used = open_sites(basis)
    table = county_table(basis, movers, main)
    found = county_cells(basis)
    hidden = {c for c in found.codes if isinstance(found.cells[c, main], Hidden)} if found else set()
    drawn = _map(basis, households, used, table, hidden)
    mark = mark_of(basis.frame("household"), basis.frame("site"))
    if drawn is not None:
        title = say("report.who.map_title", county=county, households=few(households[top]), share=share)
        blocks.append(Figure(title, mark, drawn, None, key="county_map"))
    else:
        blocks.append(_county_bars(basis, households, table, county, top, mark, hidden))
    blocks += ladder(basis)
    blocks += county_steps(basis)
    return Chapter("who", say("report.who.title"), tuple(blocks), order=20)


def _outside_text(basis: Basis) -> Text:
    """Counties outside the plan by name; a city's districts together."""
    pairs = list(zip(basis.outside, _english(basis), strict=True))
    named = [pair for pair in pairs if pair[0].endswith(_COUNTY_ENDINGS)]
    words = [Text(zh, en) for zh, en in named]
    if len(named) < len(pairs):
        words.append(say("report.who.districts", count=len(pairs) - len(named)))
    return Text(say("report.separator").zh.join(w.zh for w in words), ", ".join(w.en for w in words))


def _english(basis: Basis) -> list[str]:
    """English names of the outlines outside the plan: from the regions, else from the outlines."""
    by_zh = {name.zh: name.en for name in basis.region_names.values()}
    features = basis.outlines.get("features", ()) if basis.outlines else ()
    drawn = {f["properties"].get("name"): f["properties"].get("name_en") for f in features}
    return [by_zh.get(name) or drawn.get(name) or name for name in basis.outside]


def _county_bars(
    basis: Basis,
    households: dict[str, int],
    table: PageTable,
    county: Text,
    top: str,
    mark: Mark,
    hidden: Collection[str],
) -> Figure:
    """Without outlines: bars by county, sorted."""
    rows = tuple(
        Bar(basis.region_name(code or None), Hidden(False) if code in hidden else households[code])
        for code in sorted(households, key=lambda c: (-households[c], c))
    )
    column = PageColumn(say("report.head.households"), "count")
    return Figure(
        say("report.who.bars_title", county=county, households=few(households[top])),
        "synthetic" if mark == "synthetic" else "computed",
        Bars(rows, say("report.head.county"), column),
        table,
        key="county_bars",
    )
