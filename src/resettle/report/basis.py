"""What the chapters rest on: the tables of a run, read leniently.

A table or column that is not there is unknown, and the chapter says so; nothing here turns absence into
zero. The names read are those of the contracts in :mod:`resettle.tables` and of the stages' outputs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

import polars as pl

from resettle.report.sentences import say
from resettle.tables import HOUSEHOLD, OUTSIDE, PERSON
from resettle.tables.page_text import YUAN, same, unknown_text
from resettle.tables.pages import Chapter, FindingCard, Mark, Paragraph, Text, Trace

MOVER_CLASSES = ("registered", "co_mover", "affected")


@dataclass(frozen=True)
class Basis:
    """Everything the chapters of the main job are written from.

    Attributes:
        tables: frames by contract name; any may be absent.
        place: the programme's place, as it stands in titles.
        part_of: the larger place it lies in, where readers may not know.
        as_of: the day the data stands for; ``None`` if the programme does not state it.
        currency: its name in both languages.
        area_cap_dm2: the ceiling per person, if the pack has one.
        crowding_threshold_dm2: below this area per person a home is called crowded: an assumption.
        outlines: a GeoJSON FeatureCollection with ``name`` or ``county_code``, or ``None`` (no map).
        outlines_date: the date of the outlines, as printed under the map.
        outside: names of outlines that lie outside the plan and are hatched.
        series_first_year: the year from which figures ought to exist.
        findings, traces: cards and explanations made by other stages.
        assumptions: one row each: what is assumed, its value, its source.
        titles: the pack's own names of obstacles, remedies and cases, as ``obstacle.<code>``.
        detour_ppm: what a straight line is lengthened by where no road distance was given.
        nothing_to_pay: the rules by which an entitled household raises nothing itself.
        papers: by fact, as the visit list names it: what it is called and the paper that settles it.
        source: the printed source whose lines rules and figures cite, in full.
        compensation: what a pack pays for losses: the sum, then its parts, as title and column of ``entitlement``.
        story: a place and the number of one of its households whose projection is told as a story.
    """

    tables: Mapping[str, pl.DataFrame]
    place: Text = field(default_factory=lambda: Text("", ""))
    part_of: Text | None = None
    as_of: date | None = None
    currency: Text = YUAN
    area_cap_dm2: int | None = None
    crowding_threshold_dm2: int | None = None
    outlines: Mapping[str, Any] | None = None
    outlines_date: Text | None = None
    outside: tuple[str, ...] = ()
    series_first_year: int | None = None
    findings: tuple[FindingCard, ...] = ()
    traces: tuple[Trace, ...] = ()
    assumptions: tuple[tuple[Text, Text, Text], ...] = ()
    titles: Mapping[str, Text] = field(default_factory=dict)
    compensation: tuple[tuple[Text, str], ...] = ()
    story: tuple[Text, str] | None = None
    detour_ppm: int | None = None
    nothing_to_pay: Text | None = None
    papers: Mapping[str, tuple[Text, Text | None]] = field(default_factory=dict)
    source: Text | None = None

    @property
    def where(self) -> Text:
        """The place with the larger one it lies in: what a clause of another place is held against."""
        if self.part_of is None:
            return self.place
        return Text(self.part_of.zh + self.place.zh, f"{self.place.en}, {self.part_of.en}")

    @property
    def kinds_read(self) -> Text:
        """What the rosters list beside the registered poor; nothing where no roster sorts by a list of the poor."""
        frame = self.frame("household", "household_class")
        listed = frame is not None and (frame.get_column("household_class") == "registered_poor").any()
        return say("report.kinds_read") if listed else Text("", "")

    def frame(self, name: str, *columns: str) -> pl.DataFrame | None:
        """The table, if it is there with rows and with all the columns named."""
        found = self.tables.get(name)
        if found is None or found.is_empty() or any(c not in found.columns for c in columns):
            return None
        return found

    def households(self) -> pl.DataFrame | None:
        """Households with what the rules decided about each, in order of their number."""
        base = self.frame("household", "household_id")
        if base is None:
            return None
        for name in sorted(self.tables):
            decided = self.tables[name]
            if name in ("household", "person", "household_site") or "household_id" not in decided.columns:
                continue
            if not {"mover_class", "is_eligible", "dwelling_size_dm2"} & set(decided.columns):
                continue
            fresh = [c for c in decided.columns if c == "household_id" or c not in base.columns]
            base = base.join(
                decided.select(fresh).unique("household_id", keep="first", maintain_order=True),
                on="household_id",
                how="left",
                maintain_order="left",
            )
        return base.sort("household_id")

    def movers(self) -> pl.DataFrame | None:
        """Households that may move, with ``mover_class`` and ``persons``; ``None`` if no rule said so."""
        frame = self.households()
        if frame is None or "mover_class" not in frame.columns:
            return None
        frame = frame.filter(pl.col("mover_class").is_in(MOVER_CLASSES))
        if "is_eligible" in frame.columns:
            frame = frame.filter(pl.col("is_eligible").fill_null(False) | self._joins(frame))
        return frame.with_columns(persons_in(frame))

    def _joins(self, frame: pl.DataFrame) -> pl.Expr:
        """Co-movers that siting has a place for: entitled to no subsidy, and moving all the same."""
        placed = self.frame("household_site", "household_id", "site_id")
        if placed is None:
            return pl.lit(False)
        ids = placed.filter(pl.col("site_id").is_not_null()).get_column("household_id").unique()
        return (pl.col("mover_class") == "co_mover") & pl.col("household_id").is_in(ids.to_list())

    def region_name(self, code: str | None) -> Text:
        """The name of a region in both languages; its code if the name is not known."""
        if not code:  # an empty code keys the rows of a table whose place is not known
            return unknown_text()
        return self.region_names.get(code, same(code))

    @cached_property
    def townships(self) -> dict[str, str]:
        """The township of each village, where the table of villages says it."""
        villages = self.frame("village", "village_code", "township_code")
        if villages is None:
            return {}
        known = villages.drop_nulls(["village_code", "township_code"])
        return dict(known.select("village_code", "township_code").iter_rows())

    @cached_property
    def full_names(self) -> dict[str, str]:
        """English names by code of the regions that go by two: ``Songxian (Song County)``."""
        regions = self.frame("region", "region_code", "name_en")
        if regions is None:
            return {}
        named = regions.filter(pl.col("name_en").str.contains(" (", literal=True))
        return dict(named.select("region_code", "name_en").iter_rows())

    @cached_property
    def region_names(self) -> dict[str, Text]:
        """Names by code, as they stood on the day of the data; found once, for a report asks them by the row."""
        regions = self.frame("region", "region_code", "name_zh")
        if regions is None:
            return {}
        if self.as_of is not None and "valid_from" in regions.columns:
            until = pl.col("valid_until") if "valid_until" in regions.columns else pl.lit(None, dtype=pl.Date)
            regions = regions.with_columns(
                (
                    (pl.col("valid_from").fill_null(date.min) <= self.as_of)
                    & (until.fill_null(date.max) >= self.as_of)
                ).alias("_now")
            ).sort("_now", "region_code")
        names = {}
        for row in regions.iter_rows(named=True):
            zh = row["name_zh"] or row["region_code"]
            names[row["region_code"]] = Text(zh, short_name(row.get("name_en") or zh))
        return names


def short_name(name: str) -> str:
    """A county's English name as a table or map has room for it.

    >>> short_name("Song County"), short_name("Songxian (Song County)")
    ('Song', 'Songxian')
    """
    first = name.split(" (", maxsplit=1)[0]
    for ending in (" County", " City", " District"):
        first = first.removesuffix(ending)
    return first


def is_synthetic(frame: pl.DataFrame | None) -> bool:
    """Whether any row of a table is invented."""
    if frame is None:
        return False
    if "is_synthetic" in frame.columns:
        return bool(frame.get_column("is_synthetic").fill_null(False).any())
    if "status" in frame.columns and frame.schema["status"] == pl.String:
        return bool((frame.get_column("status") == "synthetic").fill_null(False).any())
    return False


def mark_of(*frames: pl.DataFrame | None) -> Mark:
    """Synthetic as soon as one table it rests on is, computed otherwise."""
    return "synthetic" if any(is_synthetic(frame) for frame in frames) else "computed"


def not_computed(key: str, order: int, tables: str) -> Chapter:
    """The chapter of a stage that has not run: it says so and names what it needs."""
    return Chapter(
        key,
        say(f"report.{key}.title"),
        (Paragraph(say("report.not_computed", tables=_named(tables)), "missing"),),
        order=order,
        is_computed=False,
    )


def _named(tables: str) -> Text:
    """Names of tables as a user knows them, with the name of the file beside them.

    >>> _named("household").en
    'households (household)'
    """
    words = {table.name: table for table in (HOUSEHOLD, PERSON, *OUTSIDE)}
    found = [words.get(name) for name in tables.split(", ")]
    told = [
        Text(f"{t.zh}（{n}）", f"{t.en[:1].lower() + t.en[1:]} ({n})") if t else same(n)
        for n, t in zip(tables.split(", "), found, strict=True)
    ]
    return Text("、".join(t.zh for t in told), ", ".join(t.en for t in told))


def persons_in(frame: pl.DataFrame) -> pl.Expr:
    """The persons of a household: those the rules count, else the members the registry states, as siting reckons.

    Registered members are no substitute: there are none where nobody is registered as poor, which is not nobody.
    """
    found = [c for c in ("resettled_persons", "member_count") if c in frame.columns]
    return (pl.coalesce(found) if found else pl.lit(None, dtype=pl.Int64)).alias("persons")


def counted(frame: pl.DataFrame, by: str) -> dict[str | None, int]:
    """How many rows have each value."""
    return dict(frame.group_by(by).len().sort(by, nulls_last=True).iter_rows())


def summed(frame: pl.DataFrame, column: str) -> int | None:
    """The sum of a column; unknown if the column is missing or holds nothing known."""
    if column not in frame.columns or frame.get_column(column).null_count() == frame.height:
        return None
    return int(frame.get_column(column).sum())
