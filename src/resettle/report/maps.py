"""A county map from coarse outlines: projection, thinning, labels, classes, scale bar.

The projection is the plain one (longitude shrunk by the cosine of the middle latitude): right to about one
part in a hundred over a prefecture, and named a sketch. Outlines of unverified coordinates stay unverified.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resettle.tables.page_text import number_text
from resettle.tables.pages import Area, CountyMap, Text

Ring = tuple[tuple[float, float], ...]
FILLS = ("#E8F0F5", "#D3E2EE", "#BCD3E4", "#9FC0D9")
WIDTH = 500.0
MARGIN = 8.0
KM_PER_DEGREE = 111.32


def rings_of(geometry: Mapping[str, Any]) -> tuple[Ring, ...]:
    """Rings of a GeoJSON Polygon or MultiPolygon.

    >>> rings_of({"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]})
    (((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 0.0)),)
    """
    parts = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    return tuple(tuple((float(x), float(y)) for x, y, *_ in ring) for part in parts for ring in part)


def thin(ring: Ring, tolerance: float) -> Ring:
    """Drop points closer than the tolerance to the line between their neighbours kept (Douglas-Peucker).

    >>> thin(((0, 0), (1, 0.001), (2, 0), (2, 2), (0, 0)), 0.01)
    ((0, 0), (2, 0), (2, 2), (0, 0))
    """
    if len(ring) < 5:
        return ring
    keep = {0, len(ring) - 1}
    stack = [(0, len(ring) - 1)]
    while stack:
        a, b = stack.pop()
        best, where = tolerance, -1
        for i in range(a + 1, b):
            gap = _distance(ring[i], ring[a], ring[b])
            if gap > best:
                best, where = gap, i
        if where >= 0:
            keep.add(where)
            stack += [(a, where), (where, b)]
    return tuple(ring[i] for i in sorted(keep))


def _distance(p: tuple[float, float], a: tuple[float, float], b: tuple[float, float]) -> float:
    dx, dy = b[0] - a[0], b[1] - a[1]
    length = dx * dx + dy * dy
    if length == 0:
        return math.hypot(p[0] - a[0], p[1] - a[1])
    t = max(0.0, min(1.0, ((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / length))
    return math.hypot(p[0] - a[0] - t * dx, p[1] - a[1] - t * dy)


def _to_edge(point: tuple[float, float], edges: NDArray[np.float64]) -> float:
    """How far a point lies from the nearest edge of a ring given as its corners in order."""
    start, along = edges[:-1], edges[1:] - edges[:-1]
    length = (along**2).sum(1)
    share = ((np.array(point) - start) * along).sum(1) / np.where(length > 0, length, 1.0)
    nearest = start + np.clip(share, 0.0, 1.0)[:, None] * along
    return float(np.hypot(*(np.array(point) - nearest).T).min())


def _inside(point: tuple[float, float], ring: Ring) -> bool:
    x, y = point
    inside = False
    for (x1, y1), (x2, y2) in zip(ring, (*ring[1:], ring[0]), strict=True):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            inside = not inside
    return inside


def label_point(
    ring: Ring,
    taken: Sequence[tuple[float, float, float]] = (),
    wide: float = 60.0,
    sites: Sequence[tuple[float, float]] = (),
) -> tuple[float, float]:
    """The point of a grid inside the ring that lies farthest from its edge and not on other labels.

    ``taken``: x, y and width of the labels already placed; ``wide``: the width of this one; ``sites``: marks
    it had better not cover.
    """
    xs, ys = [p[0] for p in ring], [p[1] for p in ring]
    best, where = -1.0, ((min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2)
    edges = np.array(ring, float)
    for i in range(1, 20):
        for j in range(1, 20):
            point = (min(xs) + (max(xs) - min(xs)) * i / 20, min(ys) + (max(ys) - min(ys)) * j / 20)
            if not _inside(point, ring):
                continue
            room = _to_edge(point, edges)
            if any(abs(point[0] - x) < (wide + w) / 2 and abs(point[1] - y) < 38 for x, y, w in taken):
                room *= 0.1
            covered = sum(abs(point[0] - x) < wide / 2 + 4 and -18 < y - point[1] < 22 for x, y in sites)
            room = min(room, 40.0) * 0.55**covered
            if room > best:
                best, where = room, point
    return where


def class_of(value: int, breaks: Sequence[int]) -> int:
    """The class of a value: below the first break 0, and so on.

    >>> [class_of(v, (300, 600, 1000)) for v in (299, 300, 1542)]
    [0, 1, 3]
    """
    return sum(value >= limit for limit in breaks)


def classes_text(chart: CountyMap) -> Text:
    """The classes in words: what is counted and every break written."""

    def line(zh: bool) -> str:
        b = chart.breaks
        dash = "—" if zh else "–"
        parts = [f"{b[0] - 1:,} 及以下" if zh else f"up to {b[0] - 1:,}"]
        parts += [f"{low:,}{dash}{high - 1:,}" for low, high in itertools.pairwise(b)]
        parts.append(f"{b[-1]:,} 及以上" if zh else f"{b[-1]:,} and more")
        head = chart.value.head.zh + "：" if zh else chart.value.head.en + ": "
        return head + ("、" if zh else ", ").join(parts)

    return Text(line(True).replace(" 及", "及"), line(False)) if chart.breaks else chart.value.head


class _Frame:
    """From degrees to the units of the drawing."""

    def __init__(self, areas: Sequence[Area]) -> None:
        points = [p for area in areas for ring in area.rings for p in ring]
        self.west, self.north = min(p[0] for p in points), max(p[1] for p in points)
        south = min(p[1] for p in points)
        self.shrink = math.cos(math.radians((self.north + south) / 2))
        span = (max(p[0] for p in points) - self.west) * self.shrink
        self.scale = (WIDTH - 2 * MARGIN) / span if span else 1.0
        self.height = round((self.north - south) * self.scale + 2 * MARGIN + 26)

    def at(self, longitude: float, latitude: float) -> tuple[float, float]:
        x = MARGIN + (longitude - self.west) * self.shrink * self.scale
        return round(x, 1), round(MARGIN + (self.north - latitude) * self.scale, 1)

    def units_per_km(self) -> float:
        return self.scale / KM_PER_DEGREE


def _path(rings: Sequence[Ring]) -> str:
    return "".join("M" + "L".join(f"{x:g} {y:g}" for x, y in ring) + "Z" for ring in rings if len(ring) > 3)


def _scale_km(units_per_km: float) -> int:
    fitting = [km for km in (1, 2, 5, 10, 20, 50, 100, 200, 500) if km * units_per_km <= 150]
    return max(fitting, default=1)


def map_view(chart: CountyMap) -> dict[str, Any]:
    """Everything the template draws, in units of a drawing 500 wide."""
    frame = _Frame(chart.areas)
    areas, drawn = [], []
    for area in chart.areas:
        rings = [thin(tuple(frame.at(*p) for p in ring), 0.7) for ring in area.rings]
        known = area.value is not None and not area.outside and not area.is_context
        fill = "#ECEFF1"
        if area.outside is not None:
            fill = "url(#hatch)"
        elif known and area.value is not None:
            fill = FILLS[min(class_of(area.value, chart.breaks), 3)]
        areas.append({"path": _path(rings), "fill": fill})
        drawn.append((area, rings))
    km = _scale_km(frame.units_per_km())
    sites = [
        {"x": x, "y": y, "shape": s.shape, "name": s.name}
        for s in chart.sites
        for x, y in [frame.at(s.longitude, s.latitude)]
    ]
    return {
        "width": int(WIDTH),
        "height": frame.height,
        "areas": areas,
        "sites": sites,
        "labels": _labels(chart, drawn, [frame.at(s.longitude, s.latitude) for s in chart.sites]),
        "has_triangles": any(s.shape == "triangle" for s in chart.sites),
        "has_outside": any(a.outside is not None for a in chart.areas),
        "steps": FILLS[: len(chart.breaks) + 1],
        "class_text": classes_text(chart),
        "scale_km": km,
        "scale_width": round(km * frame.units_per_km(), 1),
    }


def _labels(
    chart: CountyMap, drawn: Sequence[tuple[Area, list[Ring]]], sites: Sequence[tuple[float, float]]
) -> list[dict[str, Any]]:
    labels: list[dict[str, Any]] = []
    taken: list[tuple[float, float, float]] = []
    for area, rings in drawn:
        if area.is_context and not area.name.zh:
            continue
        name = area.name
        longest = max(rings, key=len)
        if area.outside is not None and max(p[0] for p in longest) - min(p[0] for p in longest) < 80:
            continue
        wide = max(21.0 * len(name.zh), 11.5 * len(name.en))
        x, y = label_point(max(rings, key=len), taken, wide, sites)
        x = min(max(x, wide / 2), WIDTH - wide / 2)
        taken.append((x, y, wide))
        value: Text | None = None
        if area.outside is not None:
            value = area.outside
        elif area.value is not None:
            value = number_text(area.value, chart.value)  # the legend says of what
        aside = area.outside is not None or area.is_context
        labels.append(
            {
                "x": round(x, 1),
                "y": round(y, 1),
                "name": name,
                "value": value,
                "style": "aside" if aside else "place",
                "value_style": "aside aside-note" if aside else "value",
            }
        )
    return labels
