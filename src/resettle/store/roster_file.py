"""Writes a roster workbook in the layout an office keeps, so that made-up households enter by the users' door.

A layout is data (``layouts/<name>.toml``): sheets, heads over one to three merged rows, the field and the
unit of each column, and the labels of codes. The same rows always give the same bytes.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from importlib import resources
from itertools import groupby
from pathlib import Path
from typing import Any

import polars as pl
import xlsxwriter

from resettle.units import square_metres, yuan

CREATED = datetime(2016, 1, 1)
"""A fixed day in the file's properties: the same rows give the same bytes."""
DM2_IN_MU = 200_000 / 3


def read_layout(name: str) -> dict[str, Any]:
    """A roster layout by name.

    Raises:
        FileNotFoundError: for a name no file has.

    >>> len(read_layout("county_55")["sheet"][0]["column"])
    55
    """
    folder = resources.files("resettle.store") / "layouts"
    return tomllib.loads((folder / f"{name}.toml").read_text(encoding="utf-8"))


def write_template(path: Path, heads: Sequence[str]) -> None:
    """An empty roster: its heads, and cells that keep what is typed, so that no long number loses digits."""
    book = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"created": CREATED})
    page = book.add_worksheet("roster")
    page.set_column(0, len(heads) - 1, 16, book.add_format({"num_format": "@"}))
    bold = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "num_format": "@"})
    for place, head in enumerate(heads):
        page.write_string(0, place, head, bold)
    page.freeze_panes(1, 0)
    book.close()


def write_roster(
    path: Path,
    household: pl.DataFrame,
    person: pl.DataFrame,
    layout: str = "county_55",
    places: pl.DataFrame | None = None,
) -> None:
    """Write households and their members as a roster workbook.

    Args:
        household: columns by the ``household`` contract (areas in 0.01 m2, money in minor units); the
            ``household_id`` as the office prints it, for co-movers the head's identity number.
        person: columns by the ``person`` contract without ``person_id``, with ``identity_number``.
        layout: name of a layout.
        places: rows by the ``region`` contract; gives the names of county, township and village.
    """
    plan = read_layout(layout)
    household = _with_place_names(household, places)
    book = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False})
    try:
        book.set_properties({"created": CREATED})
        styles = {
            "title": book.add_format({"bold": True, "align": "center", "font_size": 14}),
            "head": book.add_format(
                {"bold": True, "align": "center", "valign": "vcenter", "text_wrap": True, "border": 1}
            ),
            "date": book.add_format({"num_format": "yyyy-mm-dd"}),
        }
        homes = {r["household_id"]: r for r in household.iter_rows(named=True)}
        for sheet in plan["sheet"]:
            records = _records(sheet["level"], household, person, homes)
            page = book.add_worksheet(sheet["name"])
            start = _write_heads(page, sheet["column"], plan["word"]["title"], styles)
            for number, record in enumerate(records):
                for column, spec in enumerate(sheet["column"]):
                    _put(page, start + number, column, _shown(spec, record, number, plan), styles)
            page.freeze_panes(start, 0)
    finally:
        book.close()


def _with_place_names(household: pl.DataFrame, places: pl.DataFrame | None) -> pl.DataFrame:
    for level in ("county", "township", "village"):
        name, code = f"{level}_name", f"{level}_code"
        if name in household.columns or places is None or code not in household.columns:
            continue
        names = places.select(pl.col("region_code").alias(code), pl.col("name_zh").alias(name))
        household = household.join(
            names.unique(code, keep="last"), on=code, how="left", maintain_order="left"
        )
    return household


def _records(
    level: str, household: pl.DataFrame, person: pl.DataFrame, homes: Mapping[str, Mapping[str, Any]]
) -> Sequence[dict[str, Any]]:
    """One flat record a row: ``person.*`` and ``household.*`` side by side, heads marked."""
    if level == "household":
        return [{"household": r, "person": {}, "first": True} for r in household.iter_rows(named=True)]
    seen: set[str] = set()
    found = []
    for row in person.iter_rows(named=True):
        first = row["household_id"] not in seen
        seen.add(row["household_id"])
        found.append({"household": homes[row["household_id"]], "person": row, "first": first})
    return found


def _shown(spec: Mapping[str, Any], record: Mapping[str, Any], number: int, plan: Mapping[str, Any]) -> Any:
    """What one cell shows: codes as labels, areas in mu or m2, money in yuan, unknown as an empty cell."""
    field = spec.get("field")
    if field is None:
        return None
    if field == "seq":
        return number + 1
    if field == "note":
        return plan["word"]["note"]
    table, _, name = field.partition(".")
    if spec.get("head_row_only") and not record["first"]:
        return None
    value = record[table].get(name)
    if value is None:
        return None
    match spec.get("as"):
        case "label":
            return plan["label"][name].get(value, value)
        case "yes":
            return plan["word"]["yes" if value else "no"]
        case "mu":
            return round(value / DM2_IN_MU, 6)
        case "m2":
            return float(square_metres(value))
        case "yuan":
            return float(yuan(value))
    return value


def _put(page: Any, row: int, column: int, value: Any, styles: Mapping[str, Any]) -> None:
    if value is None:
        return
    if isinstance(value, bool):
        page.write_boolean(row, column, value)
    elif isinstance(value, int | float):
        page.write_number(row, column, value)
    elif isinstance(value, date):
        page.write_datetime(row, column, value, styles["date"])
    else:
        page.write_string(row, column, str(value))


def _write_heads(
    page: Any, columns: Sequence[Mapping[str, Any]], title: str, styles: Mapping[str, Any]
) -> int:
    """A title row, then the heads; groups merged across, short heads merged down. Returns the first data row."""
    depth = max(len(c["head"]) for c in columns)
    _merge(page, (0, 0, 0, len(columns) - 1), title, styles["title"])
    for level in range(depth):
        keys = [(tuple(c["head"][: level + 1]), _own(i, c, level)) for i, c in enumerate(columns)]
        for (path, _), run in groupby(range(len(columns)), keys.__getitem__):
            places = list(run)
            if len(path) <= level:
                continue
            last_row = depth if len(columns[places[0]]["head"]) == level + 1 else level + 1
            _merge(page, (level + 1, places[0], last_row, places[-1]), path[level], styles["head"])
    return depth + 1


def _own(index: int, column: Mapping[str, Any], level: int) -> int:
    """Heads that end here are never merged with a neighbour, even if both have one name."""
    return index if len(column["head"]) <= level + 1 else -1


def _merge(page: Any, area: tuple[int, int, int, int], text: str, style: Any) -> None:
    if area[:2] == area[2:]:
        page.write_string(area[0], area[1], text, style)
    else:
        page.merge_range(*area, text, style)
