"""Map layers as shapes in degrees: GeoJSON, GeoPackage and CSV by themselves, GeoTIFF and other systems by an extra.

A GeoPackage is an SQLite file and its geometries are well-known binary, so Python's own library reads it. What
lies in another coordinate system than longitude and latitude is brought there by ``pyproj``, grids are read
by ``rasterio``; both come with ``pip install 'resettle[layers]'``. A layer whose system is not stated is
refused unless its numbers can only be degrees and the user says so: never a guess.
"""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from resettle.methods.geometry import Coordinates, Shape, ring_fault
from resettle.problems import Problem
from resettle.store.table_files import decoded

DEGREES = ("EPSG:4326", "EPSG:4490", "OGC:CRS84", "EPSG:4258", "EPSG:4269")
"""Longitude and latitude on datums that agree within about a metre: no conversion is needed for siting."""
KINDS = {1: "point", 2: "line", 3: "polygon", 4: "point", 5: "line", 6: "polygon"}
RING_FAULTS = {
    "short": "store.ring_short",
    "open": "store.ring_open",
    "not_finite": "store.ring_not_finite",
    "crosses_itself": "store.ring_crosses_itself",
    "nothing": "store.feature_nowhere",
}
NOWHERE = Shape("nothing", ())
"""A feature without geometry: it is counted, for it may lie anywhere."""
NAMED_KINDS = {
    "Point": "point",
    "MultiPoint": "point",
    "LineString": "line",
    "MultiLineString": "line",
    "Polygon": "polygon",
    "MultiPolygon": "polygon",
}


@dataclass(frozen=True)
class Grid:
    """Values of a raster at points, asked by (longitude, latitude); ``None`` outside or where it holds nothing."""

    path: Path

    def at(self, points: list[tuple[float, float]]) -> list[float | None]:
        import rasterio
        from rasterio.warp import transform

        with rasterio.open(self.path) as source:
            xs, ys = [p[0] for p in points], [p[1] for p in points]
            if source.crs is not None and not source.crs.is_geographic:
                xs, ys = transform("EPSG:4326", source.crs, xs, ys)
            left, bottom, right, top = source.bounds
            found: list[float | None] = []
            for (x, y), cell in zip(
                zip(xs, ys, strict=True),
                source.sample(list(zip(xs, ys, strict=True)), masked=True),
                strict=True,
            ):
                outside = not (left <= x < right and bottom < y <= top)
                value = cell[0]
                empty = outside or value is np.ma.masked or not np.isfinite(float(value))
                found.append(None if empty else float(value))
            return found


def read_layer(path: Path, crs: str | None = None) -> tuple[list[Shape], list[Problem]]:
    """The shapes of a vector layer in degrees, without those that are broken; each fault is named.

    Args:
        crs: the system of the file where it does not state one ("EPSG:4547").
    """
    if not path.exists():
        return [], [Problem("store.layer_absent", "error", file=path.name)]
    own: str | None
    problems: list[Problem] = []
    try:
        if path.suffix.lower() in (".geojson", ".json"):
            shapes, own = _geojson(path)
        elif path.suffix.lower() == ".gpkg":
            shapes, own = _geopackage(path)
        elif path.suffix.lower() == ".csv":
            shapes, problems = _points(path)
            own = None
        else:
            return [], [Problem("store.layer_kind", "error", file=path.name, value=path.suffix)]
    except (ValueError, KeyError, TypeError, IndexError, sqlite3.Error, struct.error) as error:
        return [], [
            Problem("store.layer_unreadable", "error", file=path.name, values={"reason": str(error)[:200]})
        ]
    stated = crs or own
    if crs and own and crs.upper() != own.upper():
        problems.append(
            Problem("store.layer_two_systems", "warning", file=path.name, value=crs, values={"own": own})
        )
    shapes, found = _to_degrees(shapes, stated, path.name)
    problems += found
    return _sound(shapes, path.name, problems)


def open_grid(path: Path) -> tuple[Grid | None, list[Problem]]:
    """A GeoTIFF, or the reason why it cannot be used."""
    if not path.exists():
        return None, [Problem("store.layer_absent", "error", file=path.name)]
    try:
        import rasterio
    except ImportError:
        return None, [Problem("store.layer_needs_extra", "error", file=path.name, value="rasterio")]
    try:
        with rasterio.open(path) as source:
            if source.crs is None:
                return None, [Problem("store.layer_no_system", "error", file=path.name)]
    except rasterio.errors.RasterioIOError as error:
        return None, [
            Problem("store.layer_unreadable", "error", file=path.name, values={"reason": str(error)[:200]})
        ]
    return Grid(path), []


def _geojson(path: Path) -> tuple[list[Shape], str]:
    """GeoJSON is longitude and latitude by its standard; the old ``crs`` member is heeded where it stands."""
    data = json.loads(path.read_text(encoding="utf-8-sig"))
    if not isinstance(data, dict):
        raise ValueError("no feature collection")
    named = str((data.get("crs") or {}).get("properties", {}).get("name", ""))
    system = "EPSG:4326"
    if named:
        code = named.rsplit(":", 1)[-1]
        system = "OGC:CRS84" if "CRS84" in named else f"EPSG:{code}"
    features = data["features"] if data.get("type") == "FeatureCollection" else [data]
    shapes: list[Shape] = []
    for feature in features:
        geometry = feature.get("geometry", feature if "coordinates" in feature else None)
        shapes += [NOWHERE] if geometry is None else _named(geometry)
    return shapes, system


def _named(geometry: Mapping[str, Any]) -> Iterator[Shape]:
    kind = geometry["type"]
    if kind == "GeometryCollection":
        for part in geometry["geometries"]:
            yield from _named(part)
        return
    raw = geometry["coordinates"]
    if kind in ("Point", "LineString"):
        raw = [raw if kind == "LineString" else [raw]]
    elif kind == "MultiPoint":
        raw = [[p] for p in raw]
    polygons = raw if kind == "MultiPolygon" else [raw]
    for polygon in polygons:
        parts = tuple(np.array([p[:2] for p in part], float).reshape(-1, 2) for part in polygon)
        yield Shape(NAMED_KINDS[kind], parts) if sum(map(len, parts)) else NOWHERE


def _geopackage(path: Path) -> tuple[list[Shape], str | None]:
    """Every feature table of a GeoPackage; all must be in one system."""
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as file:
        tables = file.execute(
            "select g.table_name, g.column_name, s.organization, s.organization_coordsys_id "
            "from gpkg_geometry_columns g left join gpkg_spatial_ref_sys s on g.srs_id = s.srs_id "
            "order by g.table_name"
        ).fetchall()
        systems = {f"{o}:{c}".upper() if o and o.upper() not in ("NONE",) else None for _, _, o, c in tables}
        if len(systems) > 1:
            raise ValueError(f"its tables are in different systems: {sorted(map(str, systems))}")
        shapes: list[Shape] = []
        for table, column, _, _ in tables:
            quoted = '"' + table.replace('"', '""') + '"', '"' + column.replace('"', '""') + '"'
            for (blob,) in file.execute(f"select {quoted[1]} from {quoted[0]}"):
                shapes += [NOWHERE] if blob is None else _blob(bytes(blob))
    return shapes, systems.pop() if systems else None


def _blob(blob: bytes) -> list[Shape]:
    if blob[:2] != b"GP":
        raise ValueError("a geometry without the mark of a GeoPackage")
    flags = blob[3]
    envelope = (0, 32, 48, 48, 64)[(flags >> 1) & 7]
    if flags & 16:
        return [NOWHERE]  # an empty geometry
    return _binary(blob, 8 + envelope)[0]


def _binary(data: bytes, at: int) -> tuple[list[Shape], int]:
    """Well-known binary from a place on: the shapes and the place behind them."""
    order = "<" if data[at] == 1 else ">"
    (code,) = struct.unpack_from(order + "I", data, at + 1)
    at += 5
    if code & 0x20000000:
        at += 4
    dims = 2 + bool(code & 0x80000000) + bool(code & 0x40000000)
    plain = code & 0x0FFFFFFF
    dims = {0: dims, 1: 3, 2: 3, 3: 4}[plain // 1000]
    kind = plain % 1000
    if kind in (4, 5, 6, 7):
        (count,) = struct.unpack_from(order + "I", data, at)
        at += 4
        found: list[Shape] = []
        for _ in range(count):
            more, at = _binary(data, at)
            found += more
        return found, at
    if kind not in KINDS:
        raise ValueError(f"geometry of kind {kind} is not supported; turn curves into lines first")

    def run(at: int, count: int) -> tuple[Coordinates, int]:
        flat = np.frombuffer(data, order + "f8", count * dims, at).reshape(count, dims)
        return flat[:, :2].astype(float), at + 8 * dims * count

    if kind == 1:
        point, at = run(at, 1)
        return ([NOWHERE] if np.isnan(point).any() else [Shape("point", (point,))]), at
    (count,) = struct.unpack_from(order + "I", data, at)
    at += 4
    if kind == 2:
        line, at = run(at, count)
        return [Shape("line", (line,))], at
    parts = []
    for _ in range(count):
        (length,) = struct.unpack_from(order + "I", data, at)
        ring, at = run(at + 4, length)
        parts.append(ring)
    return [Shape("polygon", tuple(parts))], at


def _points(path: Path) -> tuple[list[Shape], list[Problem]]:
    """A CSV with columns longitude and latitude: points. A row whose place is no number is named and left out."""
    text = decoded(path.read_bytes())
    if text is None:
        raise ValueError("its encoding is neither UTF-8, UTF-16 nor GB18030")
    reader = csv.DictReader(io.StringIO(text, newline=""))
    heads = {(h or "").strip().lower(): h for h in reader.fieldnames or []}
    if not {"longitude", "latitude"} <= heads.keys():
        raise ValueError("the columns longitude and latitude are missing")
    shapes, lost = [], []
    for row in reader:
        cells = [(row[heads[name]] or "").strip() for name in ("longitude", "latitude")]
        try:
            place = np.array([[float(cell) for cell in cells]])
        except ValueError:
            place = np.array([[np.nan, np.nan]])
        if np.isfinite(place).all():
            shapes.append(Shape("point", (place,)))
        elif any(cell for cell in row.values() if isinstance(cell, str) and cell.strip()):
            lost.append((reader.line_num, ", ".join(cells)))
    if not lost:
        return shapes, []
    number, value = lost[0]
    return shapes, [
        Problem(
            "store.layer_point",
            "error",
            file=path.name,
            row=number,
            value=value,
            values={"count": len(lost)},
        )
    ]


def _to_degrees(shapes: list[Shape], system: str | None, name: str) -> tuple[list[Shape], list[Problem]]:
    if system is None and name.lower().endswith(".csv"):
        system = "EPSG:4326"  # the columns are called longitude and latitude
    if system is None:
        return [], [Problem("store.layer_no_system", "error", file=name)]
    if system.upper() not in DEGREES:
        try:
            from pyproj import Transformer
            from pyproj.exceptions import CRSError
        except ImportError:
            return [], [Problem("store.layer_needs_extra", "error", file=name, value=f"pyproj ({system})")]
        try:
            change = Transformer.from_crs(system, "EPSG:4326", always_xy=True)
        except CRSError:
            return [], [Problem("store.layer_system_unknown", "error", file=name, value=system)]
        shapes = [
            Shape(s.kind, tuple(np.column_stack(change.transform(p[:, 0], p[:, 1])) for p in s.parts))
            for s in shapes
        ]
    far = [s for s in shapes for p in s.parts if (np.abs(p) > (180.0, 90.0)).any()]
    if far:
        return [], [
            Problem("store.layer_not_degrees", "error", file=name, value=system, values={"count": len(far)})
        ]
    return shapes, []


def _sound(shapes: list[Shape], name: str, problems: list[Problem]) -> tuple[list[Shape], list[Problem]]:
    """The shapes without broken rings; a polygon with one broken ring is left out whole and said."""
    kept, broken = [], []
    for number, shape in enumerate(shapes, start=1):
        faults = [f for p in shape.parts if (f := ring_fault(p))] if shape.kind == "polygon" else []
        faults += ["nothing"] if shape is NOWHERE or not shape.parts else []
        if faults:
            broken.append((number, faults[0]))
        else:
            kept.append(shape)
    for number, fault in broken[:5]:
        problems.append(
            Problem(RING_FAULTS[fault], "error", file=name, row=number, values={"count": len(broken)})
        )
    if not shapes and not problems:
        problems.append(Problem("store.layer_empty", "warning", file=name))
    return kept, problems
