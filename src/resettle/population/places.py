"""Places for drawn households: which villages and townships take part, and invented coordinates.

The outlines and codes are given; the points are drawn and say so. Nothing here knows a country.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from resettle.units import allocate

Ring = Sequence[Sequence[float]]


@dataclass(frozen=True)
class Point:
    latitude: float
    longitude: float


def inside(point: Point, rings: Sequence[Ring]) -> bool:
    """Whether a point lies inside the outer ring of any of the polygons.

    >>> inside(Point(0.5, 0.5), [[(0, 0), (1, 0), (1, 1), (0, 1)]])
    True
    """
    return any(_in_ring(point, ring) for ring in rings)


def _in_ring(point: Point, ring: Ring) -> bool:
    hit = False
    for (x1, y1), (x2, y2) in zip(ring, [*ring[1:], ring[0]], strict=True):
        if (y1 > point.latitude) != (y2 > point.latitude):
            cross = (x2 - x1) * (point.latitude - y1) / (y2 - y1) + x1
            hit ^= point.longitude < cross
    return hit


def draw_point(rings: Sequence[Ring], random: np.random.Generator) -> Point:
    """A point inside the polygons, by rejection from their bounding box."""
    xs = [x for ring in rings for x, _ in ring]
    ys = [y for ring in rings for _, y in ring]
    for _ in range(2000):
        point = Point(
            min(ys) + random.random() * (max(ys) - min(ys)), min(xs) + random.random() * (max(xs) - min(xs))
        )
        if inside(point, rings):
            return point
    raise ValueError("no point could be drawn inside the outline; is it empty or degenerate?")


def draw_near(centre: Point, spread: float, rings: Sequence[Ring], random: np.random.Generator) -> Point:
    """A point near ``centre`` (within ``spread`` degrees) that stays inside the polygons."""
    for attempt in range(60):
        reach = spread * (1 - attempt / 60)
        point = Point(
            centre.latitude + (random.random() * 2 - 1) * reach,
            centre.longitude + (random.random() * 2 - 1) * reach * 1.2,
        )
        if inside(point, rings):
            return point
    return centre


def share_out(
    total: int, weights: Sequence[int], at_least: int = 1, at_most: Sequence[int] | None = None
) -> list[int]:
    """Split a count by weights with a floor for each part and, where given, a ceiling.

    >>> share_out(10, [1, 1, 8], at_least=2)
    [3, 2, 5]
    """
    parts = [at_least + extra for extra in allocate(total - at_least * len(weights), list(weights))]
    if at_most is None:
        return parts
    over = sum(max(0, p - m) for p, m in zip(parts, at_most, strict=True))
    parts = [min(p, m) for p, m in zip(parts, at_most, strict=True)]
    while over:
        room = [m - p for p, m in zip(parts, at_most, strict=True)]
        parts[room.index(max(room))] += 1
        over -= 1
    return parts
