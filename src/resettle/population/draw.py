"""Families of a given size: who lives in them, how old they are and what they do.

A family grows from a couple (or what is left of one): parents above, children below, their spouses and
children after them. Nothing here is estimated from anybody: it is a plausible stand-in that says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np

from resettle.population.sizes import draw_sizes


@dataclass
class Member:
    """One member of a drawn family; ages in completed years at the reference date."""

    relation: str
    sex: str
    age: int


@dataclass
class Household:
    """One drawn family with a stream of its own for whatever else is drawn about it."""

    members: list[Member]
    random: np.random.Generator
    number: int


@dataclass(frozen=True)
class Group:
    """A group of households and the totals it must meet.

    Attributes:
        household_class: as in the contract of ``household``.
        households, persons: the totals, met exactly.
        size_weights: size to share.
    """

    household_class: str
    households: int
    persons: int
    size_weights: Mapping[int, float] = field(default_factory=lambda: {3: 1.0, 4: 1.0})


def draw_group(group: Group, seed: int, stream: int) -> Iterator[Household]:
    """The families of one group, each with a stream keyed by (seed, stream, its number).

    >>> families = list(draw_group(Group("affected", 4, 15), seed=7, stream=0))
    >>> len(families), sum(len(f.members) for f in families)
    (4, 15)
    """
    sizes = draw_sizes(
        group.households, group.persons, group.size_weights, np.random.default_rng([seed, stream])
    )
    for number, size in enumerate(sizes):
        random = np.random.default_rng([seed, stream, number])
        yield Household(compose(int(size), random), random, number)


def compose(size: int, random: np.random.Generator) -> list[Member]:
    """A family of ``size`` members, head first."""
    if size <= 2:
        return _small(size, random)
    head_sex = "male" if random.random() < 0.9 else "female"
    age = 30 + int(random.random() * 32)
    family = [Member("head", head_sex, age)]
    if random.random() < 0.88:
        family.append(Member("spouse", _other(head_sex), max(20, age - 4 + int(random.random() * 7))))
    elders = int(random.random() * (3 if size >= 4 else 1.6))
    for parent in ("mother", "father")[: min(elders, size - len(family) - 1)]:
        family.append(
            Member(parent, "female" if parent == "mother" else "male", age + 19 + int(random.random() * 9))
        )
    oldest = max(0, age - 22)
    while len(family) < size:
        family.append(_next_younger(family, oldest, random))
    return family


def _small(size: int, random: np.random.Generator) -> list[Member]:
    sex = "male" if random.random() < 0.72 else "female"
    age = 48 + int(random.random() * 36)
    family = [Member("head", sex, age)]
    if size == 2:
        if random.random() < 0.6:
            family.append(Member("spouse", _other(sex), max(22, age - 3 + int(random.random() * 6))))
        else:
            child = "son" if random.random() < 0.6 else "daughter"
            family.append(
                Member(
                    child,
                    "male" if child == "son" else "female",
                    max(0, age - 25 - int(random.random() * 12)),
                )
            )
    return family


def _next_younger(family: Sequence[Member], oldest: int, random: np.random.Generator) -> Member:
    """The next child, or a son's wife, or a grandchild, whichever the ages allow."""
    sons = [m for m in family if m.relation == "son" and m.age >= 23]
    wives = [m for m in family if m.relation == "daughter_in_law"]
    children = [m for m in family if m.relation in {"son", "daughter"}]
    if sons and len(wives) < len(sons) and random.random() < 0.7:
        return Member(
            "daughter_in_law", "female", max(20, sons[len(wives)].age - 3 + int(random.random() * 4))
        )
    if wives and random.random() < 0.8:
        boy = random.random() < 0.52
        return Member(
            "grandson" if boy else "granddaughter",
            "male" if boy else "female",
            int(random.random() * max(1, min(12, wives[0].age - 20))),
        )
    boy = random.random() < 0.53
    young = oldest if not children else max(0, min(c.age for c in children) - 2 - int(random.random() * 3))
    age = max(0, young - int(random.random() * 8)) if not children else young
    return Member("son" if boy else "daughter", "male" if boy else "female", age)


def _other(sex: str) -> str:
    return "female" if sex == "male" else "male"


def birth_date(age: int, reference: date, random: np.random.Generator) -> date:
    """A day of birth that gives exactly ``age`` completed years at ``reference``.

    >>> birth_date(0, date(2016, 11, 30), np.random.default_rng(0)) <= date(2016, 11, 30)
    True
    """
    latest = _years_before(reference, age)
    earliest = _years_before(reference, age + 1)
    span = (latest - earliest).days
    return latest - timedelta(days=int(random.random() * span))


def _years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)
