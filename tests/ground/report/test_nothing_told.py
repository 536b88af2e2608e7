"""No small count follows from what a report prints, taken together: an independent solver reads the printed tables.

The solver knows the contract of the report and nothing of how cells are chosen: it takes the tables of villages,
sites, counties, steps and bands of distance as a reader has them, writes down every sum between them, and asks of
each small count whether another whole number from 1 to 4 would fit as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

from resettle.journey.pages import report_of
from resettle.journey.programme import load_programme
from resettle.journey.run import Run, run_programme
from resettle.tables.pages import (
    Block,
    Cell,
    Chapter,
    CountyMap,
    Figure,
    FigureRow,
    Folded,
    Hidden,
    PageTable,
)

FEW = 5
LIMITS = (5, 10, 20, 30)
Counts = dict[tuple[str, ...], Cell]


def tables_of(blocks: Iterable[Block | None]) -> Iterable[PageTable]:
    """Every table of a chapter, those behind figures and folds too."""
    for block in blocks:
        if isinstance(block, PageTable):
            yield block
        elif isinstance(block, Folded):
            yield from tables_of(block.blocks)
        elif isinstance(block, FigureRow):
            yield from tables_of((block.left, block.right))
        elif isinstance(block, Figure):
            yield from tables_of([block.table])
            if isinstance(block.drawing, CountyMap):
                yield from tables_of([block.drawing.beside])


def heads(table: PageTable) -> list[str]:
    return [column.head.en for column in table.columns]


def column_of(
    chapters: Sequence[Chapter], needs: Sequence[str], label: int = 0
) -> list[tuple[tuple[str, ...], Cell]]:
    """The cells of one column of every table that has these heads, by the words before it; the last head is read."""
    found = []
    for table in tables_of(b for c in chapters for b in c.blocks):
        names = heads(table)
        if all(need in names for need in needs):
            at = names.index(needs[-1])
            for row in table.rows:
                words = tuple(str(getattr(cell, "en", cell)).strip("*") for cell in row[: at or 1])
                found.append((words, row[at]))
    return found


class Reader:
    """Everything printed, as unknowns with limits and sums between them."""

    def __init__(self) -> None:
        self.names: list[Any] = []
        self.limits: list[tuple[int, float]] = []
        self.sums: list[dict[int, int]] = []

    def cell(self, name: Any, printed: Cell) -> int:
        if name in self.names:
            at = self.names.index(name)
            if not isinstance(printed, Hidden):  # printed once is printed
                self.limits[at] = (int(printed), int(printed))  # type: ignore[call-overload]
            return at
        self.names.append(name)
        if isinstance(printed, Hidden):
            self.limits.append((1, FEW - 1) if printed.is_small else (0, np.inf))
        else:
            assert isinstance(printed, int)
            self.limits.append((printed, printed))
        return len(self.names) - 1

    def add_up(self, parts: Iterable[int], whole: int) -> None:
        line = dict.fromkeys(parts, 1)
        line[whole] = line.get(whole, 0) - 1
        self.sums.append(line)

    def fits(self, at: int, low: int, high: int) -> bool:
        rows = np.zeros((len(self.sums), len(self.names)))
        for i, line in enumerate(self.sums):
            for place, sign in line.items():
                rows[i, place] += sign
        limits = [*self.limits]
        limits[at] = (low, high)
        found = milp(
            np.zeros(len(limits)),
            integrality=np.ones(len(limits)),
            bounds=Bounds([e[0] for e in limits], [e[1] for e in limits]),
            constraints=LinearConstraint(rows, 0, 0),
        )
        return found.x is not None

    def told(self) -> list[Any]:
        """Small counts for which no second value from 1 to 4 fits."""
        small = [i for i, limit in enumerate(self.limits) if limit == (1, FEW - 1)]
        return [self.names[i] for i in small if sum(self.fits(i, n, n) for n in range(1, FEW)) < 2]


def reader_of(chapters: Sequence[Chapter]) -> Reader:
    """What the tables of a report say of households moving: villages, sites, bands, counties, steps, visits."""
    reader = Reader()
    every = tables_of(b for c in chapters for b in c.blocks)
    villages = next(t for t in every if heads(t)[:3] == ["County", "Village", "Site"])
    counted = heads(villages).index("Households")
    sites: dict[str, list[int]] = {}
    bands: dict[float, list[int]] = {}
    home: dict[str, str] = {}
    for row in villages.rows:
        county, village, site, count, km = (*row[:3], row[counted], row[-1])
        at = reader.cell(("village", county.en, village.en, site.en), count)  # type: ignore[union-attr]
        sites.setdefault(site.en, []).append(at)  # type: ignore[union-attr]
        home[site.en] = county.en  # type: ignore[union-attr]
        assert isinstance(km, (int, float))
        at_km = round(km, 1)
        edge = at_km in LIMITS  # printed to 0.1 km: it may lie on either side
        bands.setdefault(sum(at_km >= limit for limit in LIMITS) - (0.5 if edge else 0), []).append(at)
    whole = reader.cell(
        "all", next(c for w, c in column_of(chapters, ["Distance moved", "Households"]) if w[0] == "Total")
    )
    at_sites = dict(_first(column_of(chapters, ["Site", "Dwellings used", "Households"])))
    by_county: dict[str, list[int]] = {}
    for site, parts in sites.items():
        place = reader.cell(("site", site), at_sites.get(site, Hidden(False)))
        reader.add_up(parts, place)
        by_county.setdefault(home[site], []).append(place)
    reader.add_up([i for parts in sites.values() for i in parts], whole)
    printed = [c for w, c in column_of(chapters, ["Distance moved", "Households"]) if w[0] != "Total"]
    for members in _surely(bands, len(LIMITS) + 1):
        parts = [
            at for band, found in bands.items() if members[0] - 0.5 <= band <= members[-1] for at in found
        ]
        total = reader.cell(("bands", members), Hidden(False))
        reader.add_up(parts, total)
        reader.add_up([reader.cell(("band", i), printed[i]) for i in members], total)
    _steps(reader, chapters, by_county)
    return reader


def _surely(bands: Mapping[float, list[int]], count: int) -> list[tuple[int, ...]]:
    """Bands of distance, those joined that share a village whose printed distance is on their edge."""
    groups: list[tuple[int, ...]] = []
    for band in range(count):
        joins = band - 0.5 in bands and groups
        groups = [*groups[:-1], (*groups[-1], band)] if joins else [*groups, (band,)]
    return groups


def _first(pairs: Iterable[tuple[tuple[str, ...], Cell]]) -> Iterable[tuple[str, Cell]]:
    return ((words[0], cell) for words, cell in pairs)


def _steps(reader: Reader, chapters: Sequence[Chapter], sites: Mapping[str, list[int]]) -> None:
    """Counties by step and by class, their totals, and villages to visit within a county."""
    steps = (
        "Go to a site",
        "Scattered by choice",
        "No place found yet",
        "Not in the plan yet: to visit first",
    )
    rows: dict[str, dict[str, int]] = {}
    for step in steps:
        parts, total = [], None
        for county, cell in _first(column_of(chapters, ["County", step])):
            at = reader.cell((step, county), cell)
            if county == "Total":
                total = at
            else:
                parts.append(at)
                rows.setdefault(county.partition(" (")[0], {})[step] = at
        assert total is not None
        reader.add_up(parts, total)
    for county, places in sites.items():
        reader.add_up(places, rows[county][steps[0]])
    for kind in ("Entitled households (registered poor)", "Co-movers (not poor)", "Affected households"):
        found = list(_first(column_of(chapters, ["Sites", kind])))
        parts = [
            reader.cell((kind, county.partition(" (")[0]), cell)
            for county, cell in found
            if county != "Total"
        ]
        for county, cell in found:
            if county == "Total":
                reader.add_up(parts, reader.cell((kind, county), cell))
    for county, places in rows.items():
        kinds = [
            i
            for i, n in enumerate(reader.names)
            if (isinstance(n, tuple) and n[1] == county and "(" in n[0])
            or n == ("Affected households", county)
        ]
        reader.sums.append({**dict.fromkeys(kinds, 1), **{places[s]: -1 for s in steps[:3]}})
    visits: dict[str, list[int]] = {}
    for words, cell in column_of(chapters, ["County", "Village", "Households"]):
        if len(words) == 2:
            visits.setdefault(words[0], []).append(reader.cell(("visit", *words), cell))
    for county, parts in visits.items():
        reader.add_up(parts, rows[county][steps[3]])


def report(folder: Path) -> list[Chapter]:
    return report_of(run_programme(load_programme(folder)[0]))[0]


@pytest.fixture(scope="module")
def chapters(small_luoyang: Path) -> list[Chapter]:
    return report(small_luoyang)


def test_no_small_count_of_a_small_programme_follows_from_its_report(chapters: list[Chapter]) -> None:
    reader = reader_of(chapters)
    small = [limit for limit in reader.limits if limit == (1, FEW - 1)]
    assert len(small) >= 5, "a programme this small must have small counts"
    # A sum of the whole programme is no group of people in a place; where it is small, the other sums do tell it.
    assert [name for name in reader.told() if name[-1] != "Total"] == []


def test_no_small_count_of_peach_spring_follows_from_its_report(peach_run: Run) -> None:
    assert reader_of(report_of(peach_run)[0]).told() == []


def test_the_reader_finds_a_count_that_does_follow(chapters: list[Chapter]) -> None:
    reader = reader_of(chapters)
    at = next(i for i, limit in enumerate(reader.limits) if limit == (1, FEW - 1))
    others = [i for i in range(len(reader.limits)) if i != at]
    truth = next(n for n in range(1, FEW) if reader.fits(at, n, n))
    reader.sums.append({at: 1, reader.cell("fixed", truth): -1})
    assert reader.names[at] in reader.told() and others
