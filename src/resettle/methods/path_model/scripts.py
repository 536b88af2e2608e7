"""Scripts that repeat the main numbers in other programs, and the path diagram."""

from __future__ import annotations

import json
from dataclasses import dataclass
from xml.sax.saxutils import escape

from resettle.methods.path_model.fit import Resampled
from resettle.methods.path_model.model import PathModel


def _quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def r_script(model: PathModel, data_file: str, resamples: int, seed: int) -> str:
    """An R script for seminr: paths, loadings, bootstrap. Weights and clusters have no place there."""
    lines = [
        "# Repeats paths and loadings with seminr; its bootstrap ignores weights and clusters.",
        "library(seminr)",
    ]
    lines.append(f"answers <- read.csv({_quote(data_file)}, check.names = FALSE)")
    for item in model.reverse:
        low, high = model.ends(item) or (0.0, 0.0)
        lines.append(f"answers[[{_quote(item)}]] <- {low + high:g} - answers[[{_quote(item)}]]")
    entries = []
    for construct in model.constructs:
        items = ", ".join(_quote(item) for item in construct.items)
        if construct.parts:
            parts = ", ".join(_quote(part) for part in construct.parts)
            entries.append(f"  higher_composite({_quote(construct.name)}, c({parts}), method = two_stage)")
        elif construct.mode == "B":
            entries.append(f"  composite({_quote(construct.name)}, c({items}), weights = mode_B)")
        else:
            verb = "reflective" if model.consistent else "composite"
            entries.append(f"  {verb}({_quote(construct.name)}, c({items}))")
    lines += ["measurement <- constructs(", ",\n".join(entries), ")"]
    arrows = ",\n".join(f"  paths(from = {_quote(a)}, to = {_quote(b)})" for a, b in model.paths)
    scheme = "path_factorial" if model.scheme == "factorial" else "path_weighting"
    lines += ["structure <- relationships(", arrows, ")"]
    lines.append(f"fitted <- estimate_pls(answers, measurement, structure, inner_weights = {scheme})")
    lines.append("print(summary(fitted))")
    lines.append(f"print(summary(bootstrap_model(fitted, nboot = {resamples}, seed = {seed})))")
    return "\n".join(lines) + "\n"


def stata_script(model: PathModel, data_file: str) -> str:
    """A Stata script for the user-written command plssem (ssc install plssem)."""
    lines = [
        "* Needs: ssc install plssem. Repeats paths and loadings; weights and clusters have no place there."
    ]
    lines.append(f'import delimited "{data_file}", varnames(1) case(preserve) clear')
    for item in model.reverse:
        low, high = model.ends(item) or (0.0, 0.0)
        lines.append(f"replace {item} = {low + high:g} - {item}")
    if any(construct.parts for construct in model.constructs):
        return (
            "\n".join([*lines, "* Higher-order constructs cannot be repeated by plssem in one call."]) + "\n"
        )
    measured = " ".join(
        f"({c.name} {'<' if c.mode == 'B' else '>'} {' '.join(c.items)})" for c in model.constructs
    )
    drawn = ", ".join(
        f"{end} {' '.join(a for a, b in model.paths if b == end)}"
        for end in dict.fromkeys(b for _, b in model.paths)
    )
    lines.append(f"plssem {measured}, structural({drawn}) wscheme({model.scheme})")
    return "\n".join(lines) + "\n"


def _columns(model: PathModel) -> dict[str, tuple[int, int]]:
    """Column and row of each construct: the longest way from an exogenous construct, then its turn."""
    depth = dict.fromkeys(model.names, 0)
    for _ in model.names:
        for start, end in model.paths:
            depth[end] = max(depth[end], depth[start] + 1)
    rows: dict[int, int] = {}
    place = {}
    for name in model.names:
        rows[depth[name]] = rows.get(depth[name], -1) + 1
        place[name] = (depth[name], rows[depth[name]])
    return place


_WIDE, _TALL = 62.0, 28.0
"""Half axes of a construct's ellipse."""


def _edge(centre: tuple[float, float], towards: tuple[float, float]) -> tuple[float, float]:
    """Where the line from an ellipse's centre towards a point leaves it."""
    dx, dy = towards[0] - centre[0], towards[1] - centre[1]
    length = max(((dx / _WIDE) ** 2 + (dy / _TALL) ** 2) ** 0.5, 1e-9)
    return centre[0] + dx / length, centre[1] + dy / length


_ALONG = (0.5, 0.36, 0.64, 0.28, 0.72, 0.43, 0.57, 0.21, 0.79, 0.16, 0.84)
"""Where a coefficient may stand along its arrow, the best place first."""
_BOX = (42.0, 15.0)
"""Room a coefficient needs."""


@dataclass(frozen=True)
class _Arrow:
    """A bow from edge to edge of two ellipses."""

    start: tuple[float, float]
    control: tuple[float, float]
    end: tuple[float, float]

    def at(self, t: float) -> tuple[float, float]:
        parts = zip(self.start, self.control, self.end, strict=True)
        x, y = ((1 - t) ** 2 * a + 2 * t * (1 - t) * b + t**2 * c for a, b, c in parts)
        return x, y

    def length(self) -> float:
        return abs(self.end[0] - self.start[0]) + abs(self.end[1] - self.start[1])

    def line(self) -> str:
        (x1, y1), (x, y), (x2, y2) = self.start, self.control, self.end
        return (
            f'<path d="M{x1:.1f},{y1:.1f} Q{x:.1f},{y:.1f} {x2:.1f},{y2:.1f}" fill="none" '
            'stroke="black" marker-end="url(#tip)"/>'
        )


def _arrow(a: tuple[float, float], b: tuple[float, float], over: int, up: bool) -> _Arrow:
    """One arrow: straight to the next column, bowed past the columns it skips, so that it runs through no construct."""
    middle = ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2)
    lift = 0.0 if over < 2 else (-1 if up else 1) * (50.0 + 62.0 * (over - 1))
    control = (middle[0], middle[1] + lift)
    return _Arrow(_edge(a, control), control, _edge(b, control))


def _label(arrow: _Arrow, value: float, taken: list[tuple[float, float, float, float]]) -> str:
    """A coefficient on its arrow where it covers no other and no construct; ``taken`` are centres and half sizes."""

    def hidden(t: float) -> float:
        x, y = arrow.at(t)
        gaps = [(w + _BOX[0] / 2 - abs(x - cx), h + _BOX[1] / 2 - abs(y - cy)) for cx, cy, w, h in taken]
        return sum(across * down for across, down in gaps if across > 0 and down > 0)

    x, y = arrow.at(min(_ALONG, key=hidden))
    taken.append((x, y, _BOX[0] / 2, _BOX[1] / 2))
    return (
        f'<text x="{x:.1f}" y="{y + 4:.1f}" text-anchor="middle" fill="#14508c" stroke="white" stroke-width="4" '
        f'paint-order="stroke">{value:.3f}</text>'
    )


def svg(model: PathModel, result: Resampled, language: str = "zh") -> str:
    """The path diagram: constructs by their name in ``language`` with explained shares, arrows with coefficients."""
    shown = [c for c in model.constructs if c.name in result.fit.layout.names]
    place = {n: p for n, p in _columns(model).items() if n in {c.name for c in shown}}
    rows = {x: 1 + max(r for c, r in place.values() if c == x) for x, _ in place.values()}
    tall = max(rows.values())
    at = {
        n: (100 + 190.0 * x, 55 * (tall - rows[x]) + 110.0 * y + (20 if x % 2 else 0))
        for n, (x, y) in place.items()
    }
    half = sum(y for _, y in at.values()) / len(at)
    arrows, reach = list[_Arrow](), [y for _, y in at.values()]
    values: dict[_Arrow, float] = {}
    taken = [(x, y, _WIDE, _TALL) for x, y in at.values()]
    for start, end in model.paths:
        over = place[end][0] - place[start][0]
        up = at[start][1] <= half if rows[place[start][0]] > 1 else model.paths.index((start, end)) % 2 == 0
        arrow = _arrow(at[start], at[end], over, up)
        arrows.append(arrow)
        values[arrow] = result.fit.value("path", start, end)
        reach.append(arrow.at(0.5)[1])
    width, top = 200 + 190 * max(x for x, _ in place.values()), min(reach) - 45
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 {top:.0f} {width} {max(reach) + 45 - top:.0f}" '
        'font-family="sans-serif" font-size="12">',
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0,0 L8,4 L0,8 z"/></marker></defs>',
        *(arrow.line() for arrow in arrows),
    ]
    # Short arrows leave least room, so their numbers are placed first.
    labels = [_label(arrow, values[arrow], taken) for arrow in sorted(arrows, key=_Arrow.length)]
    for construct in shown:
        x, y = at[construct.name]
        lines.append(
            f'<ellipse cx="{x}" cy="{y}" rx="{_WIDE:g}" ry="{_TALL:g}" fill="white" stroke="black"/>'
        )
        names = (construct.en, construct.zh) if language == "en" else (construct.zh, construct.en)
        label = escape(names[0] or names[1] or construct.name)
        lines.append(f'<text x="{x}" y="{y}" text-anchor="middle">{label}</text>')
        if any(end == construct.name for _, end in model.paths):
            r2 = result.fit.value("r2", construct.name)
            lines.append(f'<text x="{x}" y="{y + 16}" text-anchor="middle" font-size="10">R² {r2:.3f}</text>')
    return "\n".join([*lines, *labels, "</svg>"]) + "\n"
