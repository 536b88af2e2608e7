"""Where the marks of a figure of trade-offs and of the sketches of moves stand: pure geometry."""

from __future__ import annotations

import math
from typing import Any

from resettle.report.maps import KM_PER_DEGREE, thin
from resettle.tables.page_text import number_text
from resettle.tables.pages import MoveMap, MoveMaps, PageColumn, Spot, Text, TradeOff

WIDTH, HEIGHT = 350.0, 250.0
LEFT, RIGHT, TOP, BOTTOM = 52.0, 322.0, 18.0, 218.0
MAP_WIDTH, MAP_MARGIN, MAP_HIGHEST = 340.0, 16.0, 460.0
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


def ticks(low: float, high: float, count: int) -> list[float]:
    """Round numbers that enclose a range, about ``count`` of them.

    >>> ticks(47.5, 52.1, 3)
    [46.0, 48.0, 50.0, 52.0, 54.0]
    """
    span = high - low if high > low else abs(high) or 1.0
    power = 10.0 ** math.floor(math.log10(span / count))
    step = next(s * power for s in _STEPS if s * power >= span / count * (1 - 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    if first == last:
        last += 1
    return [round(step * k, 10) for k in range(first, last + 1)]


def _decimals(marks: list[float], column: PageColumn, divide: float) -> PageColumn:
    """As many decimals as the ticks need once they are in the unit of the axis."""
    scaled = [m / divide for m in marks]
    places = next((d for d in (0, 1, 2, 3) if all(abs(v - round(v, d)) < 1e-9 for v in scaled)), 3)
    return PageColumn(column.head, column.kind, column.unit, places)


def trade_view(chart: TradeOff) -> dict[str, Any]:
    """Points, bands and ticks in a drawing 350 wide; letters are moved apart and joined by a thin line."""
    lows = [p.x if p.x_low is None else p.x_low for p in chart.points]
    xs = ticks(min(lows), max(p.x for p in chart.points), 3)
    ys = ticks(min(p.y for p in chart.points), max(p.y for p in chart.points), 4)
    divide = {"money": 10.0**8, "money_exact": 100.0}.get(chart.x.kind, 1.0)
    x_column, y_column = _decimals(xs, chart.x, divide), _decimals(ys, chart.y, 1.0)

    def x_at(value: float) -> float:
        return round(LEFT + (RIGHT - LEFT) * (value - xs[0]) / (xs[-1] - xs[0]), 1)

    def y_at(value: float) -> float:
        return round(BOTTOM - (BOTTOM - TOP) * (value - ys[0]) / (ys[-1] - ys[0]), 1)

    points: list[dict[str, Any]] = []
    taken = [(x_at(p.x), y_at(p.y)) for p in chart.points]
    for p in chart.points:
        x, y = x_at(p.x), y_at(p.y)
        at = _free(x, y, taken)
        taken.append(at)
        points.append(
            {
                "letter": p.letter,
                "name": p.name,
                "x": x,
                "y": y,
                "low": None if p.x_low is None or x - x_at(p.x_low) < 1 else x_at(p.x_low),
                "label_x": at[0],
                "label_y": round(at[1] + 5, 1),
                "lead": abs(at[0] - x) + abs(at[1] - y) > 18,
            }
        )
    return {
        "width": int(WIDTH),
        "height": int(HEIGHT),
        "left": LEFT,
        "right": RIGHT,
        "bottom": BOTTOM,
        "points": points,
        "x_ticks": [{"x": x_at(v), "text": number_text(v, x_column)} for v in xs],
        "y_ticks": [{"y": y_at(v), "text": number_text(v, y_column)} for v in ys],
    }


def _free(x: float, y: float, taken: list[tuple[float, float]]) -> tuple[float, float]:
    """The nearest place for a letter that no mark and no other letter holds."""
    for far in (15.0, 26.0, 38.0, 50.0, 64.0):
        for turn in range(12):
            angle = math.pi * (0.5 + turn / 6)
            at = (round(x + far * math.cos(angle), 1), round(y - far * math.sin(angle), 1))
            inside = LEFT + 6 < at[0] < RIGHT - 4 and 8 < at[1] < BOTTOM - 8
            if inside and all(math.hypot(at[0] - a, at[1] - b) > 13 for a, b in taken):
                return at
    return x, y - 15


def moves_view(chart: MoveMaps) -> dict[str, Any]:
    """All sketches at one scale, fitted to the outline or, without one, to the places."""
    spots = [s for panel in chart.panels for s in (*panel.villages, *panel.sites)]
    points = [p for ring in chart.rings for p in ring] + [(s.longitude, s.latitude) for s in spots]
    west, east = min(p[0] for p in points), max(p[0] for p in points)
    south, north = min(p[1] for p in points), max(p[1] for p in points)
    shrink = math.cos(math.radians((north + south) / 2))
    wide, high = max((east - west) * shrink, 1e-6), max(north - south, 1e-6)
    scale = min((MAP_WIDTH - 2 * MAP_MARGIN) / wide, (MAP_HIGHEST - 2 * MAP_MARGIN) / high)
    left = (MAP_WIDTH - wide * scale) / 2

    def at(longitude: float, latitude: float) -> tuple[float, float]:
        return (
            round(left + (longitude - west) * shrink * scale, 1),
            round(MAP_MARGIN + (north - latitude) * scale, 1),
        )

    outline = ""
    for ring in chart.rings:
        path = thin(tuple(at(*p) for p in ring), 0.7)
        outline += "M" + "L".join(f"{x:g} {y:g}" for x, y in path) + "Z"
    per_km = scale / KM_PER_DEGREE
    km = max((k for k in (1, 2, 5, 10, 20, 50, 100) if k * per_km <= 110), default=1)
    return {
        "width": int(MAP_WIDTH),
        "height": round(high * scale + 2 * MAP_MARGIN + 16),
        "outline": outline,
        "scale_text": Text(f"{km}公里", f"{km} km"),
        "scale_width": round(km * per_km, 1),
        "panels": [_panel(panel, at) for panel in chart.panels],
    }


def _panel(panel: MoveMap, at: Any) -> dict[str, Any]:
    def placed(spot: Spot) -> dict[str, Any]:
        x, y = at(spot.longitude, spot.latitude)
        return {"name": spot.name, "x": x, "y": y, "is_used": spot.is_used}

    villages = [placed(s) for s in panel.villages]
    sites = [placed(s) for s in panel.sites]
    labels: list[tuple[float, float]] = []
    for site, spot in zip(sites, panel.sites, strict=True):
        right = site["x"] < MAP_WIDTH - 90
        x, y = site["x"] + (9 if right else -9), site["y"] + 4
        while any(abs(x - a) < 80 and abs(y - b) < 13 for a, b in labels):
            y = round(y + 13, 1)
        if spot.is_used:
            labels.append((x, y))
        site |= {
            "short": spot.short or spot.name.en,
            "anchor": "start" if right else "end",
            "label_x": round(x, 1),
            "label_y": round(y, 1),
        }
    moves = [
        {"x1": villages[v]["x"], "y1": villages[v]["y"], "x2": sites[s]["x"], "y2": sites[s]["y"]}
        for v, s in panel.moves
    ]
    return {"title": panel.title, "villages": villages, "sites": sites, "moves": moves}
