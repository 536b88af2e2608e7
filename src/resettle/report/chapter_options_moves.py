"""Who goes elsewhere under another plan, which sites each plan builds, and a sketch of every plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from resettle.report.basis import Basis, mark_of
from resettle.report.maps import rings_of
from resettle.report.sentences import say
from resettle.report.site_words import joined, labels, places, site_text, village_text
from resettle.tables.page_text import same
from resettle.tables.pages import (
    Block,
    Cell,
    Figure,
    Folded,
    Mark,
    MoveMap,
    MoveMaps,
    PageColumn,
    PageTable,
    Paragraph,
    Spot,
    Text,
)

Row = Mapping[str, Any]
VILLAGES_IN_THE_OPEN = 12
HANDFUL = same("<10")


def _households(basis: Basis, code: str) -> pl.DataFrame:
    found = basis.frame("plan_option_household", "county_code", "plan", "household_id", "site_id")
    if found is None:
        return pl.DataFrame(schema={"plan": pl.String, "household_id": pl.String, "site_id": pl.String})
    return found.filter(pl.col("county_code") == code)


def _moved(goes: pl.DataFrame, one: str, other: str) -> pl.DataFrame:
    """Households whose site differs between two plans; nowhere (scattered) is a place like any other."""
    a = goes.filter(pl.col("plan") == one).select(
        "household_id", "village_code", pl.col("site_id").alias("a")
    )
    b = goes.filter(pl.col("plan") == other).select("household_id", pl.col("site_id").alias("b"))
    return a.join(b, on="household_id").filter(~pl.col("a").eq_missing(pl.col("b")))


def changes_matrix(basis: Basis, code: str, rows: Sequence[Row], letters: Mapping[str, str]) -> list[Block]:
    """How many households change their site between any two plans, in tens."""
    goes = _households(basis, code)
    if goes.is_empty() or len(rows) < 2:
        return []
    columns = [PageColumn(say("report.options.from_plan"))]
    columns += [PageColumn(same(letters[r["plan"]]), "count") for r in rows]
    cells: list[tuple[Cell, ...]] = []
    for one in rows:
        line: list[Cell] = [same(f"**{letters[one['plan']]}**")]
        for other in rows:
            if one["plan"] == other["plan"]:
                line.append(same("–"))
            else:
                line.append(in_tens(_moved(goes, one["plan"], other["plan"]).height))
        cells.append(tuple(line))
    title = say("report.options.changes", households=f"{rows[0]['households']:,}")
    return [PageTable(title, tuple(columns), tuple(cells), note=_noted("changes_note", cells))]


def changed_villages(
    basis: Basis, code: str, plans: tuple[str, str], letters: Mapping[str, str]
) -> list[Block]:
    """The villages with households that go elsewhere under the second plan, with their sites in both.

    How many of one village go is not said, and the whole is said in tens: beside the sums of sites, of villages
    and of other pairs of plans a handful of families would stand out.
    """
    moved = _moved(_households(basis, code), *plans)
    a, b = letters[plans[0]], letters[plans[1]]
    if moved.is_empty():
        return [Paragraph(say("report.options.no_change", a=a, b=b))]
    names = labels(basis)
    grouped = moved.group_by("village_code").agg(pl.col("a").unique(), pl.col("b").unique())

    def told(sites: Sequence[str | None]) -> Text:
        return joined([names.get(s, same(str(s))) for s in sorted(sites, key=lambda s: s or "~")])

    rows: list[tuple[Cell, ...]] = [
        (village_text(basis, r["village_code"]), told(r["a"]), told(r["b"]))
        for r in grouped.sort("village_code").to_dicts()
    ]
    columns = (
        PageColumn(say("report.villages.village")),
        PageColumn(say("report.options.site_in", plan=a)),
        PageColumn(say("report.options.site_in", plan=b)),
    )
    count = in_tens(moved.height)
    title = say(
        "report.options.villages",
        a=a,
        b=b,
        households=count if isinstance(count, Text) else f"{count:,}",
        villages=len(rows),
    )
    first = PageTable(
        title, columns, tuple(rows[:VILLAGES_IN_THE_OPEN]), note=_noted("villages_note", [(count,)])
    )
    rest = rows[VILLAGES_IN_THE_OPEN:]
    if not rest:
        return [first]
    said = say("report.options.villages_rest", count=len(rest))
    return [first, Folded(said, (PageTable(said, columns, tuple(rest)),))]


def sites_built(basis: Basis, code: str, rows: Sequence[Row], letters: Mapping[str, str]) -> PageTable:
    """Where each site lies and the households there under each plan, in tens; a dash where it is not built.

    Exact sums of two plans side by side would tell how few families of a village change their site.
    """
    goes = _households(basis, code)
    where = places(basis)
    counts = {(r["plan"], r["site_id"]): r["len"] for r in goes.group_by("plan", "site_id").len().to_dicts()}
    decided: set[str] = set()
    site = basis.frame("site", "site_id", "county_code", "is_fixed")
    names = {} if site is None else {r["site_id"]: site_text(r) for r in site.to_dicts()}
    if site is not None and not rows[0]["is_exercise"]:
        own = site.filter((pl.col("county_code") == code) & pl.col("is_fixed").fill_null(False))
        decided = set(own["site_id"].to_list())
    sites = sorted({s for _, s in counts if s is not None} | decided)
    columns = [PageColumn(say("report.options.site")), PageColumn(say("report.sites.where"))]
    columns += [PageColumn(same(letters[r["plan"]]), "count") for r in rows]
    listed = [*sites, *([None] if any(s is None for _, s in counts) else [])]
    cells: list[tuple[Cell, ...]] = []
    for site_id in listed:
        here = [counts.get((r["plan"], site_id), 0 if site_id in decided else None) for r in rows]
        line: list[Cell] = [
            names.get(site_id, same(site_id)) if site_id else say("report.options.scattered"),
            where.get(site_id or "", same("–")),
        ]
        line += [same("–") if n is None else in_tens(n) for n in here]
        cells.append(tuple(line))
    note = _noted("built_note", cells, households=f"{rows[0]['households']:,}")
    mark = mark_of(basis.frame("site"))
    return PageTable(say("report.options.built"), tuple(columns), tuple(cells), mark=mark, note=note)


def _noted(key: str, cells: Sequence[tuple[Cell, ...]], **values: str) -> Text:
    """A note under numbers in tens; what stands for a handful is told only where one is."""
    hidden = any(cell == HANDFUL for row in cells for cell in row)
    handful = say("report.options.handful") if hidden else Text("", "")
    return say(f"report.options.{key}", handful=handful, **values)


def in_tens(count: int) -> Cell:
    """A number of households to the nearest ten, half up; one to nine only as that.

    >>> in_tens(64), in_tens(7).en, in_tens(0)
    (60, '<10', 0)
    """
    return (count + 5) // 10 * 10 if count >= 10 or not count else HANDFUL


def maps(
    basis: Basis,
    code: str,
    rows: Sequence[Row],
    letters: Mapping[str, str],
    mark: Mark,
    told: Mapping[str, Text],
) -> Figure | None:
    """A sketch for each plan: lines from the villages to the sites they go to."""
    site = basis.frame("site", "site_id", "latitude", "longitude", "county_code")
    village = basis.frame("village", "village_code", "latitude", "longitude")
    goes = _households(basis, code)
    if site is None or village is None or goes.is_empty():
        return None
    used_anywhere = goes["site_id"].drop_nulls().unique().to_list()
    places = site.filter(
        ((pl.col("county_code") == code) | pl.col("site_id").is_in(used_anywhere))
        & pl.col("latitude").is_not_null()
        & pl.col("longitude").is_not_null()
    ).sort("site_id")
    excluded = basis.frame("site_plan", "site_id", "excluded_reason")
    if excluded is not None:
        barred = excluded.filter(pl.col("excluded_reason").is_not_null())["site_id"].to_list()
        places = places.filter(~pl.col("site_id").is_in(barred))
    homes = village.filter(
        pl.col("village_code").is_in(goes["village_code"].unique().to_list())
        & pl.col("latitude").is_not_null()
        & pl.col("longitude").is_not_null()
    ).sort("village_code")
    if places.is_empty() or homes.is_empty():
        return None
    site_at = {s: i for i, s in enumerate(places["site_id"].to_list())}
    home_at = {v: i for i, v in enumerate(homes["village_code"].to_list())}
    spots = tuple(
        Spot(village_text(basis, r["village_code"]), r["longitude"], r["latitude"]) for r in homes.to_dicts()
    )
    panels = []
    for r in rows:
        own = goes.filter(pl.col("plan") == r["plan"])
        used = set(own["site_id"].drop_nulls().to_list())
        pairs = own.select("village_code", "site_id").unique().sort("village_code", "site_id").iter_rows()
        moves = tuple((home_at[v], site_at[s]) for v, s in pairs if v in home_at and s in site_at)
        marks = tuple(
            Spot(site_text(p), p["longitude"], p["latitude"], p["site_id"] in used, _short(p["site_id"]))
            for p in places.to_dicts()
        )
        name = told[r["plan"]]
        letter = letters[r["plan"]]
        panels.append(MoveMap(Text(f"{letter}：{name.zh}", f"{letter}: {name.en}"), spots, marks, moves))
    title = say("report.options.maps", plans=len(rows))
    chart = MoveMaps(tuple(panels), _rings(basis, code), _caveat(basis))
    return Figure(title, mark, chart, None, key="plan_maps")


def _short(site_id: str) -> str:
    """A site's number without what all sites of the county share, short enough for a sketch.

    >>> _short("S0322-04"), _short("12")
    ('04', '12')
    """
    tail = site_id.rsplit("-", 1)[-1]
    return ("X" if site_id.startswith("X") else "") + tail if tail else site_id


def _rings(basis: Basis, code: str) -> tuple[tuple[tuple[float, float], ...], ...]:
    if basis.outlines is None:
        return ()
    name = basis.region_name(code).zh
    for feature in basis.outlines.get("features", ()):
        about = feature.get("properties", {})
        if (name and name in (about.get("name"), about.get("county_code"))) or about.get(
            "county_code"
        ) == code:
            return rings_of(feature["geometry"])
    return ()


def _caveat(basis: Basis) -> Text:
    return say("report.options.map_caveat", date=basis.outlines_date or say("report.who.date_unknown"))
