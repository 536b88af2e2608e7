"""Geometry of flow drawings (Sankey): where states stand and how the bands between them run.

A band is as thick at both ends as what it carries; states of one column never overlap and leave room for their
two lines of words. Coordinates are rounded, so the same data gives the same bytes.
"""

from __future__ import annotations

from typing import Any

from resettle.tables.page_text import number_text
from resettle.tables.pages import Flows

WIDTH, TALL, BAR, TOP = 360.0, 190.0, 9.0, 26.0
ROOM = 31.0
"""Height two lines of words need beside a state."""


def flows_view(chart: Flows) -> dict[str, Any]:
    """Bars, bands and labels in the units of a small drawing."""
    amount = _amounts(chart)
    whole = max((sum(column.values()) for column in amount), default=0) or 1
    gap = (WIDTH - BAR - 92) / max(len(chart.columns) - 1, 1)
    place: list[dict[str, tuple[float, float]]] = []
    nodes: list[dict[str, Any]] = []
    for c, column in enumerate(chart.columns):
        y, x, own = TOP, c * gap, dict[str, tuple[float, float]]()
        for node in column:
            value = amount[c].get(node.key, 0)
            if not value:
                continue
            height = max(TALL * value / whole, 1.2)
            own[node.key] = (y, height)
            nodes.append(
                {
                    "x": round(x, 1),
                    "y": round(y, 1),
                    "height": round(height, 1),
                    "tone": node.tone,
                    "label": node.label,
                    "text": number_text(value, chart.value),
                    "text_x": round(x + BAR + 4, 1),
                    "text_y": round(y + 10.5, 1),
                }
            )
            y += max(height + 9, ROOM)
        place.append(own)
    bottom = max((y + max(h, ROOM) for own in place for y, h in own.values()), default=TOP)
    heads = [{"x": round(c * gap, 1), "text": head} for c, head in enumerate(chart.heads)]
    return {
        "width": WIDTH,
        "height": round(bottom + 4, 1),
        "bar": BAR,
        "nodes": nodes,
        "heads": heads,
        "bands": _bands(chart, place, gap, whole),
    }


def _amounts(chart: Flows) -> list[dict[str, int]]:
    """What stands in each state: what comes in, or, in the first column, what goes out."""
    found: list[dict[str, int]] = [{} for _ in chart.columns]
    for column, source, target, value in chart.links:
        if column == 0:
            found[0][source] = found[0].get(source, 0) + value
        found[column + 1][target] = found[column + 1].get(target, 0) + value
    return found


def _bands(
    chart: Flows, place: list[dict[str, tuple[float, float]]], gap: float, whole: int
) -> list[dict[str, Any]]:
    order = [{node.key: k for k, node in enumerate(column)} for column in chart.columns]
    tone = [{node.key: node.tone for node in column} for column in chart.columns]
    links = sorted(
        (link for link in chart.links if link[3] > 0),
        key=lambda link: (link[0], order[link[0]][link[1]], order[link[0] + 1][link[2]]),
    )
    left = [{key: y for key, (y, _) in own.items()} for own in place]
    right = [dict(own) for own in left]
    bands = []
    for column, source, target, value in links:
        height = TALL * value / whole
        y1, y2 = left[column][source], right[column + 1][target]
        left[column][source] += height
        right[column + 1][target] += height
        x1, x2 = column * gap + BAR, (column + 1) * gap
        middle = (x1 + x2) / 2
        path = (
            f"M{x1:.1f} {y1:.1f}C{middle:.1f} {y1:.1f} {middle:.1f} {y2:.1f} {x2:.1f} {y2:.1f}"
            f"L{x2:.1f} {y2 + height:.1f}"
            f"C{middle:.1f} {y2 + height:.1f} {middle:.1f} {y1 + height:.1f} {x1:.1f} {y1 + height:.1f}Z"
        )
        bands.append({"path": path, "tone": tone[column + 1][target]})
    return bands
