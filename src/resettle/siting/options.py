"""The choices of a programme that siting reads from the settings, each with its stated default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from resettle.problems import Problem


@dataclass(frozen=True)
class SitingOptions:
    """What ``[siting]`` of a programme may say.

    Attributes:
        distance_limit_m: no village goes farther (missing: no limit).
        detour_ppm: road distance = great-circle distance x this share; an assumption, printed.
        distance_price_minor: price of one person moving one km, in the objective only, never in the cost.
        budget_minor: by county code, at most this much money (fixed, fixing and dwelling costs).
        four_package: ``cost`` pay ``fix_cost_minor`` for what is lacking, ``fail`` exclude, ``pass`` ignore.
        allow_smaller_dwelling: a household may take a smaller home than its size, never a larger one.
        scattered_cost_minor: cost per household if the programme may scatter (missing: it may not).
        scattered_share_ppm: at most this share of a county's households may be scattered by the plan.
        split_price_minor: price of splitting a village over sites (missing: only if no site takes it whole).
        assessment_above_persons: sites above this need an assessment of carrying capacity.
        slope_limit_ppm: sites steeper than this (rise over run) are excluded (missing: no limit).
        plans_for: counties that get several plans to choose from: ``auto`` (those in which at least half
            of the sites may still be chosen, the three largest), or a list of county codes.
        plans_free: in those counties treat decided sites as free: an exercise, and called one.
        speed_m_per_hour: for times where only distances are known; an assumption, printed.
        gap_ppm, nodes, mip_nodes: work limits of the solver.
    """

    distance_limit_m: int | None = None
    detour_ppm: int = 1_300_000
    distance_price_minor: int = 2_000
    budget_minor: Mapping[str, int] = field(default_factory=dict)
    four_package: Literal["cost", "fail", "pass"] = "cost"
    allow_smaller_dwelling: bool = False
    scattered_cost_minor: int | None = None
    scattered_share_ppm: int = 1_000_000
    split_price_minor: int | None = None
    assessment_above_persons: int = 800
    slope_limit_ppm: int | None = None
    plans_for: Literal["auto"] | tuple[str, ...] = "auto"
    plans_free: bool = False
    speed_m_per_hour: int = 25_000
    gap_ppm: int = 1_000
    nodes: int = 2_000
    mip_nodes: int = 2_000


def read_options(settings: Mapping[str, Any]) -> tuple[SitingOptions, list[Problem]]:
    """``settings["siting"]`` to options; an unknown name or impossible value is reported and left out.

    >>> read_options({"siting": {"distance_limit_m": 40000}})[0].distance_limit_m
    40000
    """
    given = {name: value for name, value in settings.get("siting", {}).items() if name != "score"}
    known = [f.name for f in fields(SitingOptions)]
    good: dict[str, Any] = {}
    problems: list[Problem] = []
    for name in sorted(given):
        value = given[name]
        if name not in known:
            problems.append(Problem("siting.option_unknown", "warning", value=name, nearest=", ".join(known)))
        elif not _fits(name, value):
            problems.append(Problem("siting.option_refused", "error", column=name, value=str(value)))
        else:
            good[name] = tuple(value) if isinstance(value, list) else value
    return SitingOptions(**good), problems


def _fits(name: str, value: Any) -> bool:
    if name == "four_package":
        return value in ("cost", "fail", "pass")
    if name == "plans_for":
        return value == "auto" or (isinstance(value, list) and all(isinstance(v, str) for v in value))
    if name in ("allow_smaller_dwelling", "plans_free"):
        return isinstance(value, bool)
    if name == "budget_minor":
        return isinstance(value, Mapping) and all(isinstance(v, int) and v >= 0 for v in value.values())
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
