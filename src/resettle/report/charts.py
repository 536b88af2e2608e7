"""Where every mark of a figure stands: pure geometry, in per cent or in the units of a small drawing.

No axis is cut: bars and bands start at zero. A gap is a rectangle, never a line. Coordinates are rounded,
so the same data gives the same bytes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from resettle.tables.page_text import cell_text, number_text, same, unknown_text
from resettle.tables.pages import (
    Bars,
    BeforeAfter,
    Intervals,
    Point,
    PointPanel,
    Stacked,
    Text,
    Waterfall,
)

LEFT, RIGHT, TOP, BOTTOM = 62.0, 340.0, 22.0, 172.0
_NICE = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)


def nice_ceiling(value: float) -> float:
    """The smallest round number not below a value, so that an axis ends on something readable.

    >>> nice_ceiling(6600), nice_ceiling(100), nice_ceiling(24095), nice_ceiling(0)
    (8000.0, 100.0, 25000.0, 1.0)
    """
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in _NICE if step * power >= value * (1 - 1e-12))


def _share(value: float, whole: float) -> float:
    return round(100 * value / whole, 3) if whole else 0.0


def bars_view(chart: Bars) -> list[dict[str, Any]]:
    """Rows with a width from 0 to 1 of the longest bar; ``None`` where the value is unknown or hidden."""
    values = [float(row.value) for row in chart.rows if isinstance(row.value, (int, float))]
    longest = max(values, default=0.0)
    view = []
    for row in chart.rows:
        known = isinstance(row.value, (int, float))
        width = round(float(row.value) / longest, 4) if known and longest else 0 if known else None  # type: ignore[arg-type]
        view.append(
            {
                "label": row.label,
                "extra": row.extra or same(""),
                "width": width,
                "due": row.is_due,
                "text": cell_text(row.value, chart.value),
            }
        )
    return view


def _gaps(panel: PointPanel, x_of: dict[int, float]) -> list[tuple[float, float]]:
    """Runs of years without any point, as x from and x to."""
    years = {math.floor(p.year) for p in panel.points}
    runs: list[tuple[float, float]] = []
    year = panel.first_year
    while year <= panel.last_year:
        if year in years:
            year += 1
            continue
        start = year
        while year <= panel.last_year and year not in years:
            year += 1
        left = x_of[start]
        right = x_of[year - 1]
        runs.append((left - (0 if start == panel.first_year else 8), right + 8))
    return [(a, b) for a, b in runs if b > a]


def _gap_label(text: Text, gaps: list[tuple[float, float]]) -> list[dict[str, Any]]:
    """The words in the widest gap, on a white ground wide enough for them."""
    if not gaps:
        return []
    left, right = max(gaps, key=lambda g: g[1] - g[0])
    labels = []
    for language, words, per_sign in (("zh", text.zh, 13.5), ("en", text.en, 6.7)):
        width = len(words) * per_sign + 14
        middle = min(max((left + right) / 2, LEFT + width / 2), RIGHT - width / 2)
        labels.append(
            {
                "language": language,
                "text": words,
                "x": round(middle - width / 2, 1),
                "y": round((TOP + BOTTOM) / 2, 1),
                "width": round(width, 1),
            }
        )
    return labels


def _axis_unit(panel: PointPanel, value: float) -> Text:
    """A tick without needless decimals."""
    text = number_text(value, panel.value)
    return Text(text.zh.removesuffix(".0"), text.en.removesuffix(".0"))


def panel_view(panel: PointPanel) -> dict[str, Any]:
    """One panel: points, stems, joined lines, ticks, hatched gaps."""
    top_value = nice_ceiling(max((p.value for p in panel.points), default=0.0))
    span = max(panel.last_year - panel.first_year, 1)

    def x_at(year: float) -> float:
        return round(LEFT + 14 + (RIGHT - LEFT - 36) * (year - panel.first_year) / span, 1)

    def y_at(value: float) -> float:
        return round(BOTTOM - (BOTTOM - TOP) * value / top_value, 1)

    x_of = {year: x_at(year) for year in range(panel.first_year, panel.last_year + 1)}
    gaps = _gaps(panel, x_of)
    ordered = sorted(panel.points, key=lambda p: (p.year, p.status))
    joined: dict[str, list[str]] = {}
    for p in ordered:
        if p.line:
            joined.setdefault(p.line, []).append(f"{x_at(p.year)},{y_at(p.value)}")
    in_line = {key for key, path in joined.items() if len(path) > 1}
    few = len(ordered) <= 4
    shown = {ordered[0], ordered[-1], max(ordered, key=lambda p: p.value)} if ordered else set()
    points = []
    for i, p in enumerate(ordered):
        x, y = x_at(p.year), y_at(p.value)
        crowded = i + 1 < len(ordered) and x_at(ordered[i + 1].year) - x < 60
        points.append(
            {
                "x": x,
                "y": y,
                "hollow": p.status == "plan",
                "stem": p.line not in in_line,
                "text": p.label if few or p in shown else None,
                "anchor": "end" if crowded and few else "middle",
                "text_x": round(x - 9, 1) if crowded and few else round(min(x, RIGHT - 18), 1),
                "text_y": round(y + 4.5, 1) if crowded and few else round(y - 9, 1),
            }
        )
    return {
        "top": TOP,
        "bottom": BOTTOM,
        "y_ticks": [
            {"y": y_at(top_value * share), "text": _axis_unit(panel, top_value * share)}
            for share in (0, 0.5, 1)
        ],
        "gaps": [{"x": round(a, 1), "width": round(b - a, 1)} for a, b in gaps],
        "gap_label": _gap_label(panel.gap, gaps),
        "lines": [" ".join(path) for key, path in joined.items() if len(path) > 1],
        "points": points,
        "x_ticks": _year_ticks(panel, ordered, x_at),
    }


def _year_ticks(
    panel: PointPanel, ordered: list[Point], x_at: Callable[[float], float]
) -> list[dict[str, Any]]:
    """Years with points, then the first year and round years where there is room; nothing overlaps."""
    wanted: list[tuple[float, str]] = [(p.year, p.tick) for p in ordered]
    wanted.append((float(panel.first_year), str(panel.first_year)))
    wanted += [
        (float(year), f"{year % 100:02d}")
        for year in range(panel.first_year + 1, panel.last_year)
        if year % 5 == 0
    ]
    ticks: list[dict[str, Any]] = []
    for year, text in wanted:
        x = x_at(year)
        is_point = len(ticks) < len(ordered)
        room = 15.5 if is_point else 26.0  # round years only fill what the points leave free
        if all(abs(x - t["x"]) >= room + (6 if len(text) == 4 else 0) for t in ticks):
            ticks.append({"x": x, "text": text, "anchor": "middle"})
    return sorted(ticks, key=lambda t: float(t["x"]))


def before_after_view(chart: BeforeAfter) -> dict[str, Any]:
    """Dots in per cent of a scale from zero to the largest value."""
    largest = max((max(r.before, r.after) for r in chart.rows), default=0.0)
    floor = min((min(r.before, r.after) for r in chart.rows), default=0.0)
    low = 0.0 if floor <= 0 else floor * 0.8 if floor > largest * 0.3 else 0.0

    def at(value: float) -> float:
        return _share(value - low, largest - low)

    rows = [
        {
            "label": r.label,
            "before": at(r.before),
            "after": at(r.after),
            "low": min(at(r.before), at(r.after)),
            "width": round(abs(at(r.before) - at(r.after)), 3),
            "is_low": chart.threshold is not None and r.after < chart.threshold,
            "text": number_text(r.after, chart.value),
        }
        for r in chart.rows
    ]
    ticks = [{"x": at(largest), "text": _plain_number(chart, largest)}] if chart.rows else []
    return {
        "rows": rows,
        "threshold": None if chart.threshold is None else at(chart.threshold),
        "ticks": ticks,
        "any_low": any(r["is_low"] for r in rows),
    }


def _plain_number(chart: BeforeAfter, value: float) -> Text:
    text = number_text(value, chart.value)
    return Text(text.zh.removesuffix(".0"), text.en.removesuffix(".0"))


def waterfall_view(chart: Waterfall) -> list[dict[str, Any]]:
    """Rows in per cent of the largest total; parts start where the one before ended."""
    parts = sum(s.value or 0 for s in chart.steps if s.role == "part")
    others = [v for s in chart.steps if s.role != "part" for v in (s.value, s.whole) if v is not None]
    largest = float(max([parts, *others, 1]))
    view: list[dict[str, Any]] = []
    running = 0
    hatched_from: float | None = None
    for i, step in enumerate(chart.steps):
        width = None if step.value is None else _share(step.value, largest)
        left = _share(running, largest) if step.role == "part" else 0.0
        rest = 0.0
        if step.role == "in_place" and step.whole is not None and step.value is not None:
            rest = round(max(_share(step.whole, largest) - _share(step.value, largest), 0.0), 3)
            hatched_from = width
        if step.role == "part":
            running += step.value or 0
        following = chart.steps[i + 1].role if i + 1 < len(chart.steps) else ""
        view.append(
            {
                "label": step.label,
                "role": step.role,
                "left": hatched_from if step.role == "missing" else left,
                "width": width,
                "rest": rest,
                "join": _share(running, largest) if step.role == "part" and following == "part" else None,
                "text": unknown_text() if step.value is None else number_text(step.value, chart.value),
            }
        )
    return view


def intervals_view(chart: Intervals) -> list[dict[str, Any]]:
    """Bands in per cent of the scale; a band with an unknown end is drawn open (hatched)."""
    largest = max((v for r in chart.rows for v in (r.low, r.high) if v is not None), default=0.0)
    whole = largest - chart.start
    view = []
    for row in chart.rows:
        low, high = row.low, row.high
        known = low is not None or high is not None
        left = _share((low if low is not None else chart.start) - chart.start, whole)
        right = _share((high if high is not None else largest) - chart.start, whole)
        view.append(
            {
                "label": row.label,
                "left": left if known else None,
                "width": round(max(right - left, 0.0), 3),
                "open": low is None or high is None,
                "low": cell_text(low, chart.value),
                "high": cell_text(high, chart.value),
            }
        )
    return view


def stacked_view(chart: Stacked) -> list[dict[str, Any]]:
    """Rows of parts in per cent of the longest row, with the total at the right."""
    longest = float(max((sum(values) for _, values in chart.rows), default=0) or 1)
    return [
        {
            "label": label,
            "total": number_text(sum(values), chart.value),
            "parts": [{"width": _share(v, longest), "text": number_text(v, chart.value)} for v in values],
        }
        for label, values in chart.rows
    ]
