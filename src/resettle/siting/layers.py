"""What the county's map layers say of each candidate site: what bars it, how far things are, how steep it is."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import polars as pl

from resettle.methods.geometry import Shape, inside, metres_to
from resettle.problems import Problem
from resettle.units import divide_half_up

BARS = {
    "hazard": "in_hazard_zone",
    "red_line": "in_red_line",
    "farmland": "on_basic_farmland",
    "water": "in_water",
}
"""Roles whose polygons nobody may be settled in."""
NEAREST = {
    "roads": "road_m",
    "towns": "town_m",
    "parks": "park_m",
    "schools": "school_m",
    "clinics": "clinic_m",
    "scenic": "scenic_m",
}
"""Roles that are told by the distance to the nearest feature."""
ROLES = (*BARS, *NEAREST, "slope")


@dataclass(frozen=True)
class Layer:
    """One layer as read.

    Attributes:
        role: one of :data:`ROLES`. shapes: its sound features, in degrees.
        is_complete: the office says that what lies outside is free; ``False``: outside is unknown.
        grid: for ``slope``: values at points. in_percent: its unit; degrees otherwise.
    """

    name: str
    role: str
    shapes: tuple[Shape, ...] = ()
    is_complete: bool = False
    grid: Callable[[list[tuple[float, float]]], list[float | None]] | None = None
    in_percent: bool = False
    notes: tuple[str, ...] = field(default_factory=tuple)


def apply_layers(
    site: pl.DataFrame, layers: Sequence[Layer], detour_ppm: int
) -> tuple[pl.DataFrame, list[Problem]]:
    """The site table with what the layers say.

    A site inside a barring polygon is barred even where the table said otherwise, and that is reported.
    Outside means free only if the layer is complete; a site without coordinates stays unknown. Distances are
    straight lines times the detour factor and fill only what the table does not know.
    """
    problems: list[Problem] = []
    columns = {name: site[name].to_list() for name in site.columns}
    names = site["site_id"].to_list()
    places = list(zip(columns["longitude"], columns["latitude"], strict=True))
    lost = [n for n, (x, y) in zip(names, places, strict=True) if x is None or y is None]
    if lost and layers:
        problems.append(_named("siting.layer_no_place", lost, "layers.toml"))
    for layer in layers:
        if layer.role in BARS:
            problems += _bar(layer, columns, names, places)
        elif layer.role in NEAREST:
            column = NEAREST[layer.role]
            for i, (x, y) in enumerate(places):
                if columns[column][i] is None and x is not None and y is not None:
                    metres = metres_to(layer.shapes, x, y)
                    if metres is not None:
                        columns[column][i] = divide_half_up(round(metres * 1000) * detour_ppm, 1_000_000_000)
        elif layer.grid is not None:
            problems += _steep(layer, columns, names, places)
    changed = {n: pl.Series(n, v, dtype=site.schema[n]) for n, v in columns.items()}
    return site.with_columns(**changed), problems


def _bar(
    layer: Layer,
    columns: dict[str, list[object]],
    names: list[str],
    places: list[tuple[float | None, float | None]],
) -> list[Problem]:
    column = BARS[layer.role]
    polygons = [s for s in layer.shapes if s.kind == "polygon"]
    against: list[str] = []
    unsure: list[str] = []
    for i, (x, y) in enumerate(places):
        if x is None or y is None:
            continue
        if any(inside(s, x, y) for s in polygons):
            if columns[column][i] is False:
                against.append(names[i])
            columns[column][i] = True
        elif columns[column][i] is None:
            if layer.is_complete:
                columns[column][i] = False
            else:
                unsure.append(names[i])
    problems = []
    if against:
        problems.append(_named("siting.layer_against_table", against, layer.name, column))
    if unsure and column != "in_water":
        problems.append(_named("siting.layer_not_complete", unsure, layer.name, column))
    if not polygons and layer.shapes:
        problems.append(Problem("siting.layer_no_area", "error", file=layer.name, value=layer.role))
    return problems


def _steep(
    layer: Layer,
    columns: dict[str, list[object]],
    names: list[str],
    places: list[tuple[float | None, float | None]],
) -> list[Problem]:
    """Slope as rise over run in parts per million; degrees are turned by the tangent."""
    assert layer.grid is not None
    known = [i for i, (x, y) in enumerate(places) if x is not None and y is not None]
    values = layer.grid([(places[i][0] or 0.0, places[i][1] or 0.0) for i in known])
    outside = []
    for i, value in zip(known, values, strict=True):
        if value is None or value < 0 or (not layer.in_percent and value >= 90):
            outside.append(names[i])
        else:
            rise = value / 100 if layer.in_percent else math.tan(math.radians(value))
            columns["slope_ppm"][i] = round(rise * 1_000_000)
    return [_named("siting.layer_no_value", outside, layer.name, "slope_ppm")] if outside else []


def _named(code: str, names: list[str], file: str, column: str | None = None) -> Problem:
    shown = ", ".join(names[:8]) + (" ..." if len(names) > 8 else "")
    return Problem(code, "warning", file=file, column=column, value=shown, values={"count": len(names)})
