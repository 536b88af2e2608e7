"""A path model as a small declaration: constructs, their items, and the arrows between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from resettle.methods.design import SINGLE_UNIT
from resettle.methods.nearest import nearest
from resettle.methods.spec import Kind, check_choice, check_kinds
from resettle.problems import Problem

Mode = Literal["A", "B"]
Scheme = Literal["centroid", "factorial", "path"]
SCHEMES: tuple[Scheme, ...] = ("centroid", "factorial", "path")
MISSING = ("mean", "listwise")


@dataclass(frozen=True)
class Construct:
    """A latent variable and the items it is measured by.

    Attributes:
        name: short name, used in paths.
        items: columns of the data; empty for a higher-order construct.
        mode: ``A`` (items reflect the construct) or ``B`` (items form it).
        marker: the item that fixes the free sign of the composite; the first item if not given.
        parts: for a higher-order construct, the names of the constructs it is made of (two-stage).
        zh, en: what a reader calls it.
    """

    name: str
    items: tuple[str, ...] = ()
    mode: Mode = "A"
    marker: str = ""
    parts: tuple[str, ...] = ()
    zh: str = ""
    en: str = ""


@dataclass(frozen=True)
class PathModel:
    """A declared model.

    Attributes:
        constructs: in the order of the declaration.
        paths: arrows ``(from, to)``; no cycle.
        scheme: the inner weighting scheme.
        consistent: apply PLSc (disattenuated correlations) to constructs in mode A.
        reverse: items coded backwards; turned as ``low + high - x`` before anything else.
        scale: ends of the items' answer scale, by item, with ``""`` as the default.
        missing: ``mean`` (imputed inside every resample) or ``listwise`` (rows dropped and counted).
        weight, strata, cluster: columns of the survey design, or empty.
        groups: columns whose groups are compared.
        target: the construct whose drivers the importance-performance map shows.
    """

    constructs: tuple[Construct, ...]
    paths: tuple[tuple[str, str], ...]
    scheme: Scheme = "path"
    consistent: bool = False
    reverse: tuple[str, ...] = ()
    scale: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    missing: str = "mean"
    weight: str = ""
    strata: str = ""
    cluster: str = ""
    groups: tuple[str, ...] = ()
    target: str = ""

    @property
    def items(self) -> tuple[str, ...]:
        return tuple(item for construct in self.constructs for item in construct.items)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(construct.name for construct in self.constructs)

    def ends(self, item: str) -> tuple[float, float] | None:
        """Lowest and highest answer of an item, if the model states them."""
        return self.scale.get(item, self.scale.get(""))


@dataclass(frozen=True)
class Layout:
    """A first-order model as index arrays: what the estimator reads.

    Attributes:
        mask: (p, J) true where an item belongs to a construct.
        blocks: item positions of each construct.
        modes: mode of each construct.
        arrows: (J, J) true where row points to column.
        order: constructs so that every arrow goes forward.
        markers: position of each construct's marker item.
        pairs, links, endogenous, routes: entries the statistics are read from.
    """

    names: tuple[str, ...]
    items: tuple[str, ...]
    mask: np.ndarray[Any, np.dtype[np.bool_]]
    blocks: tuple[np.ndarray[Any, np.dtype[np.intp]], ...]
    modes: tuple[Mode, ...]
    arrows: np.ndarray[Any, np.dtype[np.bool_]]
    order: tuple[int, ...]
    markers: tuple[int, ...]

    @property
    def endogenous(self) -> tuple[int, ...]:
        return tuple(j for j in self.order if self.arrows[:, j].any())

    @property
    def links(self) -> list[tuple[int, int]]:
        return [(i, j) for i in range(len(self.names)) for j in range(len(self.names)) if self.arrows[i, j]]

    def reachable(self) -> list[tuple[int, int]]:
        """Pairs joined by at least one directed route."""
        reach = self.arrows.copy()
        for k in range(len(self.names)):
            reach |= reach[:, [k]] & reach[[k], :]
        return [(int(i), int(j)) for i, j in np.argwhere(reach)]

    def routes(self) -> list[tuple[int, ...]]:
        """Every directed route of two or more arrows, the carriers of specific indirect effects."""
        found: list[tuple[int, ...]] = []
        stack: list[tuple[int, ...]] = [(i,) for i in range(len(self.names))]
        while stack:
            route = stack.pop()
            if len(route) > 2:
                found.append(route)
            stack += [(*route, int(j)) for j in np.flatnonzero(self.arrows[route[-1]])]
        return sorted(found, key=lambda r: (r[0], r[-1], len(r), r))


def topological(count: int, arrows: np.ndarray[Any, np.dtype[np.bool_]]) -> tuple[int, ...] | None:
    """An order in which every arrow goes forward, or ``None`` if the arrows close a circle.

    >>> topological(2, np.array([[False, False], [True, False]]))
    (1, 0)
    """
    waiting = {j: {int(i) for i in np.flatnonzero(arrows[:, j])} for j in range(count)}
    order: list[int] = []
    while waiting:
        free = [j for j, before in waiting.items() if before <= set(order)]
        if not free:
            return None
        order.append(free[0])
        del waiting[free[0]]
    return tuple(order)


def layout_of(model: PathModel) -> Layout:
    """The index arrays of a model without higher-order constructs.

    Raises:
        ValueError: if the arrows close a circle; :func:`read_model` reports that as a problem.
    """
    names, items = model.names, model.items
    place = {item: k for k, item in enumerate(items)}
    mask = np.zeros((len(items), len(names)), dtype=bool)
    arrows = np.zeros((len(names), len(names)), dtype=bool)
    blocks, markers = [], []
    for j, construct in enumerate(model.constructs):
        block = np.array([place[item] for item in construct.items], dtype=np.intp)
        mask[block, j] = True
        blocks.append(block)
        markers.append(place[construct.marker or construct.items[0]])
    for start, end in model.paths:
        arrows[names.index(start), names.index(end)] = True
    order = topological(len(names), arrows)
    if order is None:
        raise ValueError("the paths close a circle")
    modes = tuple(construct.mode for construct in model.constructs)
    return Layout(names, items, mask, tuple(blocks), modes, arrows, order, tuple(markers))


_KEYS = (
    "construct",
    "path",
    "scheme",
    "consistent",
    "reverse",
    "scale",
    "missing",
    "weight",
    "strata",
    "cluster",
    "groups",
    "target",
    "title",
    "bootstrap",
    "seed",
    "level",
    "single_unit",
    "margins",
    "note",
    "missing_values",
)


_KINDS: Mapping[str, Kind] = {
    "bootstrap": "whole",
    "seed": "whole",
    "level": "share",
    "consistent": "yes",
    **dict.fromkeys(("weight", "strata", "cluster", "target", "missing", "scheme"), "text"),
    **dict.fromkeys(("reverse", "groups"), "texts"),
}


def read_model(given: Mapping[str, Any]) -> tuple[PathModel | None, list[Problem]]:
    """Read a model from the tables of a TOML file.

    ``[[construct]]`` with ``name``, ``items``, ``mode``, ``marker`` or ``parts``; ``path`` a list of
    ``"A -> B"``; ``scheme``, ``consistent``, ``reverse``, ``scale``, ``missing``, ``weight``, ``strata``,
    ``cluster``, ``groups``, ``target``. Returns the model, or ``None`` beside the errors.

    >>> given = {"construct": [{"name": "X", "items": ["a"]}, {"name": "Y", "items": ["b"]}],
    ...          "path": ["X -> Y"]}
    >>> read_model(given)[0].paths
    (('X', 'Y'),)
    """
    problems = [
        Problem("path_model.key_unknown", "error", value=str(key), nearest=nearest(str(key), _KEYS))
        for key in given
        if key not in _KEYS
    ]
    problems += check_kinds(given, _KINDS) + check_choice(given, "single_unit", SINGLE_UNIT)
    if any(p.code.startswith("spec.") for p in problems):
        return None, problems
    constructs = tuple(
        Construct(
            name=str(entry.get("name", "")),
            items=tuple(str(item) for item in entry.get("items", ())),
            mode=entry.get("mode", "A"),
            marker=str(entry.get("marker", "")),
            parts=tuple(str(part) for part in entry.get("parts", ())),
            zh=str(entry.get("zh", "")),
            en=str(entry.get("en", "")),
        )
        for entry in given.get("construct", ())
    )
    problems += _check_constructs(constructs)
    paths, found = _read_paths(given.get("path", ()), tuple(c.name for c in constructs))
    problems += found
    scale_given = given.get("scale", {})
    scale = {"": scale_given} if isinstance(scale_given, list | tuple) else dict(scale_given)
    found = check_kinds({f"scale {k}".strip(): v for k, v in scale.items()},
                        {f"scale {k}".strip(): "numbers" for k in scale})  # fmt: skip
    found += [Problem("spec.value_kind", "error", column=f"scale {k}".strip(), value=str(v), values={"kind": "ends"})
              for k, v in scale.items() if not found and (len(v) != 2 or not v[0] < v[1])]  # fmt: skip
    if found:
        return None, problems + found
    model = PathModel(
        constructs=constructs,
        paths=paths,
        scheme=given.get("scheme", "path"),
        consistent=bool(given.get("consistent", False)),
        reverse=tuple(given.get("reverse", ())),
        scale={key: (float(ends[0]), float(ends[1])) for key, ends in scale.items()},
        missing=str(given.get("missing", "mean")),
        weight=str(given.get("weight", "")),
        strata=str(given.get("strata", "")),
        cluster=str(given.get("cluster", "")),
        groups=tuple(given.get("groups", ())),
        target=str(given.get("target", "")),
    )
    problems += _check_model(model)
    return (None if any(p.severity == "error" for p in problems) else model), problems


def _read_paths(given: Any, names: tuple[str, ...]) -> tuple[tuple[tuple[str, str], ...], list[Problem]]:
    problems: list[Problem] = []
    paths: list[tuple[str, str]] = []
    for text in given:
        left, arrow, right = (str(text) if isinstance(text, str) else "->".join(text)).partition("->")
        pair = (left.strip(), right.strip())
        unknown = [end for end in pair if end not in names]
        if not arrow or unknown:
            value = unknown[0] if unknown else str(text)
            near = nearest(value, names)
            problems.append(Problem("path_model.path_unknown", "error", value=value, nearest=near))
        elif pair not in paths:
            paths.append(pair)
    return tuple(paths), problems


def _check_constructs(constructs: tuple[Construct, ...]) -> list[Problem]:
    problems: list[Problem] = []
    seen: dict[str, str] = {}
    names = [construct.name for construct in constructs]
    if not constructs:
        problems.append(Problem("path_model.construct_missing", "error"))
    for construct in constructs:
        if bool(construct.items) == bool(construct.parts) or names.count(construct.name) > 1:
            problems.append(Problem("path_model.construct_faulty", "error", value=construct.name))
        if construct.mode not in ("A", "B"):
            problems.append(
                Problem("path_model.choice_unknown", "error", value=str(construct.mode), nearest="A, B")
            )
        for item in construct.items:
            if item in seen:
                problems.append(
                    Problem(
                        "path_model.item_twice",
                        "error",
                        column=item,
                        value=construct.name,
                        nearest=seen[item],
                    )
                )
            seen[item] = construct.name
        if construct.marker and construct.marker not in construct.items:
            near = nearest(construct.marker, construct.items)
            problems.append(
                Problem("path_model.marker_unknown", "error", value=construct.marker, nearest=near)
            )
        problems += [
            Problem("path_model.path_unknown", "error", value=part, nearest=nearest(part, tuple(names)))
            for part in construct.parts
            if part not in names
        ]
    return problems


def _check_model(model: PathModel) -> list[Problem]:
    problems: list[Problem] = []
    names = model.names
    for value, choices in ((model.scheme, SCHEMES), (model.missing, MISSING)):
        if value not in choices:
            problems.append(
                Problem("path_model.choice_unknown", "error", value=value, nearest=", ".join(choices))
            )
    for item in model.reverse:
        if item not in model.items:
            near = nearest(item, model.items)
            problems.append(Problem("path_model.reverse_unknown", "error", value=item, nearest=near))
        elif model.ends(item) is None:
            problems.append(Problem("path_model.scale_missing", "error", column=item))
    if model.target and model.target not in names:
        near = nearest(model.target, names)
        problems.append(Problem("path_model.path_unknown", "error", value=model.target, nearest=near))
    touched = {end for pair in model.paths for end in pair}
    parts = {part for construct in model.constructs for part in construct.parts}
    problems += [
        Problem("path_model.construct_alone", "error", value=name)
        for name in names
        if name not in touched and name not in parts
    ]
    arrows = np.zeros((len(names), len(names)), dtype=bool)
    for start, end in model.paths:
        arrows[names.index(start), names.index(end)] = True
    if topological(len(names), arrows) is None:
        problems.append(Problem("path_model.circle", "error"))
    return problems
