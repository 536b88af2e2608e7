"""The map layers of a programme folder: ``layers.toml`` names files and roles; sites learn what lies where they are."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from resettle.journey.manifest import file_hash
from resettle.problems import Problem
from resettle.siting.layers import BARS, ROLES, Layer, apply_layers
from resettle.siting.options import read_options
from resettle.store.layers import open_grid, read_layer
from resettle.words.broken import broken

FILE = "layers.toml"
KNOWN = ("file", "role", "crs", "is_complete", "unit")


def with_layers(
    folder: Path, site: pl.DataFrame, settings: Mapping[str, Any], hashes: dict[str, str]
) -> tuple[pl.DataFrame, list[Problem]]:
    """The site table with what the layers say; unchanged where the folder names none."""
    path = folder / FILE
    if not path.exists():
        return site, []
    hashes[FILE] = file_hash(path)
    try:
        listed = tomllib.loads(path.read_text(encoding="utf-8-sig")).get("layer", [])
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        return site, [Problem("journey.not_toml", "error", file=FILE, values={"reason": broken(error)[0]})]
    layers: list[Layer] = []
    problems: list[Problem] = []
    for entry in listed:
        layer, found = _read(folder, entry, hashes)
        problems += found
        layers += [] if layer is None else [layer]
    options, _ = read_options(settings)
    made, found = apply_layers(site, layers, options.detour_ppm)
    return made, problems + found


def _read(
    folder: Path, entry: Mapping[str, Any], hashes: dict[str, str]
) -> tuple[Layer | None, list[Problem]]:
    name, role = str(entry.get("file", "")), str(entry.get("role", ""))
    strange = sorted(set(entry) - set(KNOWN))
    problems = [
        Problem("siting.layer_setting", "warning", file=FILE, value=s, nearest=", ".join(KNOWN))
        for s in strange
    ]
    if role not in ROLES or not name:
        near = ", ".join(ROLES)
        return None, [
            *problems,
            Problem("siting.layer_role", "error", file=FILE, value=role or name, nearest=near),
        ]
    path = folder / name
    if path.exists():
        hashes[name] = file_hash(path)
    if role == "slope":
        grid, found = open_grid(path)
        percent = entry.get("unit", "degree") == "percent"
        return (
            None if grid is None else Layer(name, role, grid=grid.at, in_percent=percent),
            problems + found,
        )
    shapes, found = read_layer(path, entry.get("crs"))
    broken = any(p.severity == "error" for p in found)
    complete = entry.get("is_complete") is True
    if broken and complete and role in BARS:  # what could not be read may have held any site
        problems.append(Problem("siting.layer_not_whole", "error", file=name, value=role))
        complete = False
    return Layer(name, role, tuple(shapes), complete), problems + found
