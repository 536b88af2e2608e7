"""Writes a roster workbook in the layout an office keeps, so that made-up households enter by the users' door.

A layout is data (``layouts/<name>.toml``): sheets, heads over one to three merged rows, the field and the
unit of each column, and the labels of codes. The same rows always give the same bytes.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib import resources
from itertools import groupby
from pathlib import Path
from typing import Any

import polars as pl
import xlsxwriter

from resettle.store.text_page import TextPage

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
        for sheet in plan["sheet"]:
            records = _records(sheet["level"], household, person)
            page = book.add_worksheet(sheet["name"], worksheet_class=TextPage)
            start = _write_heads(page, sheet["column"], plan["word"]["title"], styles)
            shown = [_shown(spec, records, plan).alias(f"{i}") for i, spec in enumerate(sheet["column"])]
            page.write_frame(start, records.select(shown), styles["date"])
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


def _records(level: str, household: pl.DataFrame, person: pl.DataFrame) -> pl.DataFrame:
    """One row a household or a person: ``person.*`` and ``household.*`` side by side, the first of each marked."""
    homes = household.rename({name: f"household.{name}" for name in household.columns})
    if level == "household":
        return homes.with_columns(pl.lit(True).alias("first"))
    people = person.rename({name: f"person.{name}" for name in person.columns})
    return people.join(
        homes.unique("household.household_id", keep="last", maintain_order=True),
        left_on="person.household_id",
        right_on="household.household_id",
        how="left",
        coalesce=False,
        maintain_order="left",
    ).with_columns(pl.col("person.household_id").is_first_distinct().alias("first"))


def _shown(spec: Mapping[str, Any], records: pl.DataFrame, plan: Mapping[str, Any]) -> pl.Expr:
    """What a column shows: codes as labels, areas in mu or m2, money in yuan, unknown as an empty cell."""
    field = spec.get("field")
    if field == "seq":
        return pl.int_range(1, pl.len() + 1)
    if field == "note":
        return pl.lit(plan["word"]["note"])
    if field is None or field not in records.columns:
        return pl.lit(None, dtype=pl.String)
    value = pl.col(field)
    match spec.get("as"):
        case "label":
            labels = plan["label"][field.partition(".")[2]]
            value = value.cast(pl.String).replace({str(code): label for code, label in labels.items()})
        case "yes":
            word, value = plan["word"], value.cast(pl.Boolean)
            value = pl.when(value).then(pl.lit(word["yes"])).when(~value).then(pl.lit(word["no"]))
        case "mu":
            value = (value.cast(pl.Float64) / DM2_IN_MU).round(6)
        case "m2" | "yuan":
            value = value.cast(pl.Float64) / 100
    return pl.when(pl.col("first")).then(value) if spec.get("head_row_only") else value


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
