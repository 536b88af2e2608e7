"""Yearly rates of household change: read from a pack's document, checked, varied, and made into tables.

The document (``demography.toml`` of a pack) states each rate with source and confidence. Here it becomes
arrays by age that the simulation reads; nothing is filled in that the document does not say.
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resettle.problems import Problem
from resettle.projection.rates_check import OLDEST, check_rates

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Rates:
    """Probabilities by age (axis of length ``OLDEST + 1``), per year.

    Attributes:
        death: shape (2, age), men first; zero below the age from which deaths are counted.
        marriage: shape (2, age), of persons not yet married.
        birth: shape (age,), of married women who already live in the household.
        first_birth: conditional probability by full years since the wedding.
        second_birth, second_gap, children_at_most, mother_below_age: later births of new couples.
        gap_years, gap_cumulative: how many years younger a wife is, and the cumulative shares.
        joins: probability that the partner of a (son, daughter) joins instead of the person leaving.
        separation: probability per year that a newly married son leaves with his family.
        male_share: for persons whose sex is unknown.
        age_ranges: relation -> (lowest, highest) age for persons without a date of birth.
        digest: hash of the document, so that a backtest speaks for exactly these rates.
    """

    death: Array
    marriage: Array
    birth: Array
    first_birth: Array
    second_birth: float
    second_gap: int
    children_at_most: int
    mother_below_age: int
    gap_years: NDArray[np.int64]
    gap_cumulative: Array
    joins: tuple[float, float]
    separation: float
    male_share: float
    age_ranges: Mapping[str, tuple[int, int]]
    digest: str


def read_rates(document: Mapping[str, Any]) -> tuple[Rates | None, list[Problem]]:
    """Check a document of rates and turn it into tables by age.

    Returns ``(None, problems)`` where a rate is impossible (see :func:`check_rates`): a wrong rate never
    becomes a projection.
    """
    problems = check_rates(document)
    if any(p.severity == "error" for p in problems):
        return None, problems
    cumulative = np.array([float(x) for x in document["first_birth"]["cumulative"]])
    return _compile(document, cumulative, [float(x) for x in document["partner"]["shares"]]), problems


def rate_rows(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Every single rate as a row: section, ages, sex, value, unit, source, confidence."""

    def row(
        section: str, entry: Mapping[str, Any], value: Any, low: Any, high: Any, sex: str
    ) -> dict[str, Any]:
        return {
            "section": section,
            "age_from": low,
            "age_until": high,
            "sex": sex,
            "value": float(value),
            "unit": str(document[section.split(".", maxsplit=1)[0]].get("unit", "probability per year")),
            "source": str(entry.get("source", "")).strip(),
            "confidence": str(entry.get("confidence", "")),
        }

    for point in document["death"]["points"]:
        yield row("death", point, point["value"], point["age"], point["age"], point["sex"])
    for name, section in (("steps", "marriage"), ("steps", "birth"), ("never_married", "birth")):
        for step in document[section][name]:
            label = section if name == "steps" else f"{section}.{name}"
            yield row(label, step, step["value"], step["from"], step["until"], step["sex"])
    first = document["first_birth"]
    for years, value in enumerate(first["cumulative"]):
        yield row("first_birth", first, value, years, years, "female")
    yield row(
        "second_birth", document["second_birth"], document["second_birth"]["value"], None, None, "female"
    )
    partner = document["partner"]
    for label, sex in (("sons_partner_joins", "male"), ("daughters_partner_joins", "female")):
        entry = {"source": partner.get("joins_source", ""), "confidence": partner.get("confidence", "")}
        yield row(f"partner.{label}", entry, partner[label], None, None, sex)
    yield row("separation", document["separation"], document["separation"]["value"], None, None, "male")


def _steps(entries: list[Mapping[str, Any]], sex: str) -> Array:
    table = np.zeros(OLDEST + 1)
    for step in entries:
        if step["sex"] in (sex, "both"):
            table[int(step["from"]) : int(step["until"]) + 1] = float(step["value"])
    return table


def _curve(points: list[Mapping[str, Any]], sex: str) -> Array:
    """Log-linear through the points of one sex: the form of Gompertz (1825) between two points."""
    chosen = sorted((int(p["age"]), float(p["value"])) for p in points if p["sex"] in (sex, "both"))
    ages = np.array([age for age, _ in chosen], dtype=float)
    values = np.array([max(value, 1e-12) for _, value in chosen])
    curve = np.exp(np.interp(np.arange(OLDEST + 1), ages, np.log(values)))
    return np.asarray(np.where(curve <= 1e-11, 0.0, np.minimum(curve, 1.0)))


def _compile(document: Mapping[str, Any], cumulative: Array, shares: list[float]) -> Rates:
    death, birth, partner = document["death"], document["birth"], document["partner"]
    table = np.stack([_curve(death["points"], sex) for sex in ("male", "female")])
    table[:, : int(death.get("counted_from_age", 0))] = 0.0
    marriage = np.stack([_steps(document["marriage"]["steps"], sex) for sex in ("male", "female")])
    for row, sex in enumerate(("male", "female")):
        marriage[row, : int(document["marriage"][f"legal_age_{sex}"])] = 0.0
    married = 1 - _steps(birth["never_married"], "female")
    births = _steps(birth["steps"], "female") * float(birth["factor"]) / 1000 / np.maximum(married, 0.05)
    left = np.concatenate([[1.0], 1 - cumulative[:-1]])
    hazard = np.diff(np.concatenate([[0.0], cumulative])) / np.maximum(left, 1e-12)
    unknown = document.get("unknown_birth_date", {})
    ranges = {
        str(relation): (int(entry["low"]), int(entry["high"]))
        for entry in unknown.get("ranges", [])
        for relation in entry["relations"]
    }
    return Rates(
        death=table,
        marriage=marriage,
        birth=np.minimum(births, 1.0),
        first_birth=np.minimum(hazard, 1.0),
        second_birth=float(document["second_birth"]["value"]),
        second_gap=int(document["second_birth"]["earliest_years_after_first"]),
        children_at_most=int(document["second_birth"]["children_at_most"]),
        mother_below_age=int(document["first_birth"]["mother_below_age"]),
        gap_years=np.array(partner["younger_years"], dtype=np.int64),
        gap_cumulative=np.cumsum(np.array(shares)),
        joins=(float(partner["sons_partner_joins"]), float(partner["daughters_partner_joins"])),
        separation=float(document["separation"]["value"]),
        male_share=float(unknown.get("male_share", 0.5)),
        age_ranges=ranges or {"other": (0, 80)},
        digest=digest(document),
    )


def digest(document: Mapping[str, Any]) -> str:
    """Hash of the rates, whatever the order in which the document names them.

    >>> digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    True
    """
    text = json.dumps(document, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def varied(document: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of the document with one entry of its ``sensitivity`` list applied.

    ``path`` names a value, or a list of points whose values are multiplied by ``factor`` (never above
    one, nor above 1000 for births).
    """
    result = copy.deepcopy(dict(document))
    *way, last = str(change["path"]).split(".")
    place: Any = result
    for name in way:
        place = place[name]
    if isinstance(place[last], list):
        ceiling = 1000.0 if way[:1] == ["birth"] and last == "steps" else 1.0
        for entry in place[last]:
            entry["value"] = min(ceiling, float(entry["value"]) * float(change["factor"]))
    else:
        place[last] = change["value"] if "value" in change else place[last] * float(change["factor"])
    return result
