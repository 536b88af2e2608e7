"""Points, lines and polygons on the earth: inside or not, how far, and what is wrong with a ring.

Coordinates are (longitude, latitude) in degrees. Distances are metres on a sphere of radius 6,371,009 m,
found on a plane laid around the point asked for: right to one part in a thousand within 100 km.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Coordinates = NDArray[np.float64]
EARTH_RADIUS_M = 6_371_009
CHECKED_POINTS = 4_000
"""Rings of more points are not searched for crossings: the search grows with the square."""


@dataclass(frozen=True)
class Shape:
    """One feature: ``point`` and ``line`` parts are runs of coordinates, ``polygon`` parts rings (holes included)."""

    kind: str
    parts: tuple[Coordinates, ...]


def inside(shape: Shape, longitude: float, latitude: float) -> bool:
    """Whether a point lies in a polygon, by crossings of all its rings, so that holes are out; edges count as in.

    >>> ring = np.array([[0, 0], [2, 0], [2, 2], [0, 2], [0, 0]], float)
    >>> inside(Shape("polygon", (ring,)), 1, 1), inside(Shape("polygon", (ring,)), 3, 1)
    (True, False)
    """
    if shape.kind != "polygon":
        return False
    odd = False
    for ring in shape.parts:
        y = ring[:, 1]
        if _on_edge(ring, longitude, latitude):
            return True
        above = y > latitude
        crosses = above[1:] != above[:-1]
        if crosses.any():
            a, b = ring[:-1][crosses], ring[1:][crosses]
            at = a[:, 0] + (latitude - a[:, 1]) * (b[:, 0] - a[:, 0]) / (b[:, 1] - a[:, 1])
            odd ^= bool(np.count_nonzero(at > longitude) % 2)
    return odd


def _on_edge(ring: Coordinates, longitude: float, latitude: float) -> bool:
    a, b = ring[:-1], ring[1:]
    cross = (b[:, 0] - a[:, 0]) * (latitude - a[:, 1]) - (b[:, 1] - a[:, 1]) * (longitude - a[:, 0])
    low, high = np.minimum(a, b), np.maximum(a, b)
    box = (
        (low[:, 0] <= longitude)
        & (longitude <= high[:, 0])
        & (low[:, 1] <= latitude)
        & (latitude <= high[:, 1])
    )
    return bool((box & (np.abs(cross) < 1e-12)).any())


def metres_to(shapes: Sequence[Shape], longitude: float, latitude: float) -> float | None:
    """Metres to the nearest of some shapes; zero inside a polygon; ``None`` if there are none.

    >>> round(metres_to([Shape("point", (np.array([[112.0, 34.01]]),))], 112.0, 34.0))
    1112
    """
    best: float | None = None
    for shape in shapes:
        if inside(shape, longitude, latitude):
            return 0.0
        for part in shape.parts:
            found = _to_part(part, shape.kind, longitude, latitude)
            best = found if best is None else min(best, found)
    return best


def nearest_point(points: Coordinates, longitude: float, latitude: float) -> tuple[int, float] | None:
    """Place in the list of the nearest of some points (longitude, latitude), and the metres to it.

    >>> nearest_point(np.array([[112.0, 34.5], [112.0, 34.01]]), 112.0, 34.0)[0]
    1
    """
    if not len(points):
        return None
    degree = math.pi * EARTH_RADIUS_M / 180
    east = (points[:, 0] - longitude) * degree * np.cos(np.radians((points[:, 1] + latitude) / 2))
    metres = np.hypot(east, (points[:, 1] - latitude) * degree)
    at = int(np.argmin(metres))
    return at, float(metres[at])


def _to_part(part: Coordinates, kind: str, longitude: float, latitude: float) -> float:
    degree = math.pi * EARTH_RADIUS_M / 180
    shrink = np.cos(np.radians((part[:, 1] + latitude) / 2))
    flat = np.column_stack([(part[:, 0] - longitude) * degree * shrink, (part[:, 1] - latitude) * degree])
    if kind == "point" or len(flat) == 1:
        return float(np.hypot(flat[:, 0], flat[:, 1]).min())
    a, b = flat[:-1], flat[1:]
    along = b - a
    length = (along**2).sum(axis=1)
    share = np.clip(-(a * along).sum(axis=1) / np.where(length > 0, length, 1.0), 0.0, 1.0)
    nearest = a + share[:, None] * along
    return float(np.hypot(nearest[:, 0], nearest[:, 1]).min())


def ring_fault(ring: Coordinates) -> str | None:
    """What is wrong with a ring: ``short``, ``open``, ``not_finite``, ``crosses_itself``; ``None`` if nothing is.

    >>> ring_fault(np.array([[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]], float))
    'crosses_itself'
    """
    if not np.isfinite(ring).all():
        return "not_finite"
    if len(ring) < 4:
        return "short"
    if not np.array_equal(ring[0, :2], ring[-1, :2]):
        return "open"
    return "crosses_itself" if len(ring) <= CHECKED_POINTS and _crosses(ring[:, :2]) else None


def _crosses(ring: Coordinates) -> bool:
    """Whether two edges that are not neighbours cut each other."""
    a, b = ring[:-1], ring[1:]
    n = len(a)

    def side(p: Coordinates, q: Coordinates, r: Coordinates) -> Coordinates:
        return np.asarray(np.sign((q[:, 0] - p[0]) * (r[:, 1] - p[1]) - (q[:, 1] - p[1]) * (r[:, 0] - p[0])))

    for i in range(n - 2):
        j = np.arange(i + 2, n if i else n - 1)
        c, d = a[j], b[j]
        one = np.broadcast_to(b[i], c.shape)
        cut = (side(a[i], one, c) * side(a[i], one, d) < 0) & (_sides(c, d, a[i]) * _sides(c, d, b[i]) < 0)
        if cut.any():
            return True
    return False


def _sides(c: Coordinates, d: Coordinates, p: Coordinates) -> Coordinates:
    return np.asarray(
        np.sign((d[:, 0] - c[:, 0]) * (p[1] - c[:, 1]) - (d[:, 1] - c[:, 1]) * (p[0] - c[:, 0]))
    )
