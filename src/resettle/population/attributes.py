"""Facts about drawn households and members, from declared shares and ranges.

A fact is declared as data: ``{ share = { true = 0.9, unknown = 0.1 } }``, ``{ range = [20, 80] }`` or
``{ per_member = [1800, 2900] }``, ``{ day = ["2001-01-01", "2020-12-31"] }``; ``unknown`` leaves the cell empty, because real rosters have gaps.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from datetime import date, timedelta
from itertools import accumulate
from typing import Any

import numpy as np

from resettle.population.draw import Member

WORKING_AGES = range(16, 65)


def draw_value(declared: Mapping[str, Any], members: int, random: np.random.Generator) -> Any:
    """One value of a declared fact.

    >>> draw_value({"range": [5, 6]}, 3, np.random.default_rng(0)) in (5, 6)
    True
    """
    if random.random() < float(declared.get("unknown", 0.0)):
        return None
    if "share" in declared:
        return _choice(declared["share"], random)
    if "day" in declared:
        first, last = (date.fromisoformat(day) for day in declared["day"])
        return first + timedelta(days=int(random.random() * ((last - first).days + 1)))
    low, high = declared.get("range") or declared["per_member"]
    step = int(declared.get("step", 1))
    value = int(low) + step * int(random.random() * ((int(high) - int(low)) // step + 1))
    return value * members if "per_member" in declared else value


def _choice(shares: Mapping[str, float], random: np.random.Generator) -> Any:
    names = list(shares)
    cumulative = list(accumulate(shares.values()))
    name = names[min(bisect_right(cumulative, random.random() * cumulative[-1]), len(names) - 1)]
    plain: Any = {"true": True, "false": False, "unknown": None}.get(name, name)
    return int(plain) if isinstance(plain, str) and plain.isdigit() and len(plain) == 1 else plain


def draw_member_facts(member: Member, random: np.random.Generator) -> dict[str, Any]:
    """Education, health, labour capacity, work and insurance that fit a member's age."""
    health = _choice(_health_shares(member.age), random)
    student = 3 <= member.age <= 18 and random.random() < 0.93
    labour = "none"
    if member.age in WORKING_AGES and not student:
        labour = {"healthy": "ordinary", "chronic": "ordinary"}.get(health, "lost")
        if labour == "ordinary" and random.random() < 0.12:
            labour = "skilled"
    job = labour in {"ordinary", "skilled"} and random.random() < 0.42
    wish = "none"
    if labour in {"ordinary", "skilled"} and random.random() < 0.35:
        wish = _choice({"cooking": 2, "building": 2, "planting": 3, "care": 1, "sewing": 2}, random)
    return {
        "education": _education(member.age, random),
        "health": health,
        "is_student": student,
        "labour_class": labour,
        "has_job": job,
        "wage_minor": 100_00 * int(9 + random.random() * 24) if job else None,
        "training_wish": wish,
        "has_insurance": random.random() < 0.97,
        "has_pension": member.age >= 16 and random.random() < 0.8,
    }


def _health_shares(age: int) -> dict[str, float]:
    old = max(0.0, (age - 40) / 100)
    return {
        "healthy": 0.9 - old,
        "chronic": 0.05 + old * 0.7,
        "serious": 0.02 + old * 0.1,
        "disabled": 0.03 + old * 0.2,
    }


def _education(age: int, random: np.random.Generator) -> str:
    if age < 6:
        return "preschool"
    if age < 13:
        return "primary"
    if age < 16:
        return "junior"
    shares = {"illiterate": 0.02, "primary": 0.25, "junior": 0.5, "senior": 0.18, "college": 0.05}
    if age > 55:
        shares = {"illiterate": 0.3, "primary": 0.45, "junior": 0.22, "senior": 0.03}
    return str(_choice(shares, random))
