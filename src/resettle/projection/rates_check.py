"""Whether a document of rates can be what it says: every fault with its place, and nothing guessed.

A wrong rate never becomes a projection: values that are no probability, bands that overlap or leave ages
out, a sex the events do not have, a unit that slipped. What looks odd but may be meant is a warning.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from typing import Any

from resettle.problems import Problem

OLDEST = 120
"""Ages are counted from 0 to this one; older persons keep its rate."""

SECTIONS = ("death", "marriage", "birth", "first_birth", "second_birth", "partner", "separation")
SEXES = ("male", "female")
PER_THOUSAND = 1000.0
MOST_CHILDREN = 10.0
"""Children of one woman by the birth rates, above which a unit has slipped."""

LISTS = {
    ("death", "points"): ("age",),
    ("marriage", "steps"): ("from", "until"),
    ("birth", "steps"): ("from", "until"),
    ("birth", "never_married"): ("from", "until"),
}
"""Lists of rates by age, and how an entry names its ages."""

WHOLE = {
    "marriage.legal_age_male": (0, OLDEST),
    "marriage.legal_age_female": (0, OLDEST),
    "second_birth.earliest_years_after_first": (0, 30),
    "second_birth.children_at_most": (0, 15),
    "first_birth.mother_below_age": (15, 60),
}
SHARES = (
    "second_birth.value",
    "separation.value",
    "partner.sons_partner_joins",
    "partner.daughters_partner_joins",
)
OPTIONAL = {"death.counted_from_age": (0, OLDEST)}


def check_rates(document: Mapping[str, Any]) -> list[Problem]:
    """What is wrong with a document of rates; empty where it may be used as it stands."""
    absent = [
        Problem("projection.section_missing", "error", column=name, nearest=", ".join(SECTIONS))
        for name in SECTIONS
        if not isinstance(document.get(name), Mapping)
    ]
    if absent:
        return absent
    problems = [p for place in LISTS for p in _list(document, *place)]
    problems += [p for place, ends in (WHOLE | OPTIONAL).items() for p in _whole(document, place, ends)]
    for place in SHARES:
        problems += _value(place, _at(document, place), 1.0)
    problems += _value("birth.factor", _at(document, "birth.factor"), MOST_CHILDREN)
    problems += _units(document) + _sources(document)
    problems += _first_birth(document["first_birth"]) + _partner(document["partner"])
    problems += _ranges(document.get("unknown_birth_date", {}))
    problems += _variants(document)
    if any(p.severity == "error" for p in problems):
        return problems
    return [*problems, *_children(document), *_below_legal_age(document["marriage"])]


def _error(code: str, column: str, value: Any, nearest: Any = None, **values: Any) -> Problem:
    shown = None if nearest is None else str(nearest)
    return Problem(
        f"projection.{code}", "error", column=column, value=str(value), nearest=shown, values=values
    )


def _at(document: Mapping[str, Any], place: str) -> Any:
    section, name = place.split(".")
    return document[section].get(name)


def is_number(value: Any) -> bool:
    """Whether a value is a number; a yes is none, nor is a text that looks like one.

    >>> is_number(0.5), is_number(True), is_number("0.5"), is_number(float("nan"))
    (True, False, False, False)
    """
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_age(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= OLDEST


def _value(place: str, value: Any, highest: float) -> list[Problem]:
    if value is None:
        return [_error("field_missing", place, "")]
    if not is_number(value):
        return [_error("not_a_number", place, repr(value))]
    if 0 <= value <= highest:
        return []
    slip = next((f"{value / d:g}" for d in (100, 1000) if highest < value <= d * highest), None)
    if slip is None or highest != 1.0:
        return [_error("rate_range", place, f"{value:g}", f"0..{highest:g}")]
    return [_error("unit_slip", place, f"{value:g}", slip)]


def _whole(document: Mapping[str, Any], place: str, ends: tuple[int, int]) -> list[Problem]:
    value = _at(document, place)
    if value is None:
        return [] if place in OPTIONAL else [_error("field_missing", place, "")]
    fits = isinstance(value, int) and not isinstance(value, bool) and ends[0] <= value <= ends[1]
    return [] if fits else [_error("whole_range", place, value, f"{ends[0]}..{ends[1]}")]


def _list(document: Mapping[str, Any], section: str, name: str) -> Iterator[Problem]:
    """Entries of one list, each for itself, then the bands of each sex against each other."""
    entries = document[section].get(name)
    place = f"{section}.{name}"
    if not isinstance(entries, list) or not entries or not all(isinstance(e, Mapping) for e in entries):
        yield _error("field_missing", place, "" if entries is None else repr(entries)[:40])
        return
    sound = True
    for number, entry in enumerate(entries, start=1):
        for problem in _entry(section, name, entry, number):
            sound = False
            yield problem
    if sound:
        yield from _bands(place, entries, LISTS[section, name], () if section == "birth" else SEXES)
    if sound and place == "birth.never_married":
        yield from _uncovered(document, entries)


def _entry(section: str, name: str, entry: Mapping[str, Any], number: int) -> Iterator[Problem]:
    keys = LISTS[section, name]
    ages = [entry.get(key) for key in keys]
    sex = entry.get("sex")
    place = f"{section}.{name} " + ("-".join(str(a) for a in ages) if None not in ages else f"#{number}")
    if sex is not None:
        place += f" {sex}"
    if not all(_is_age(a) for a in ages):
        yield _error("age_range", place, ages, f"{', '.join(keys)}: 0..{OLDEST}")
    elif len(ages) == 2 and ages[0] > ages[1]:
        yield _error("age_order", place, f"{ages[0]}..{ages[1]}", f"{ages[1]}..{ages[0]}")
    if sex not in (*SEXES, "both"):
        yield _error("sex_unknown", place, sex, "male, female, both")
    elif section == "birth" and sex != "female":
        yield _error("sex_wrong", place, sex, "female")
    yield from _value(
        place, entry.get("value"), PER_THOUSAND if (section, name) == ("birth", "steps") else 1.0
    )
    if not str(entry.get("source") or "").strip():
        yield _error("source_empty", place, entry.get("value"))


def _bands(
    place: str, entries: list[Mapping[str, Any]], keys: tuple[str, ...], sexes: tuple[str, ...]
) -> Iterator[Problem]:
    """Ages named twice, and ages left out between the first and the last band, for each sex."""
    for sex in sexes or ("female",):
        bands = sorted((int(e[keys[0]]), int(e[keys[-1]])) for e in entries if e["sex"] in (sex, "both"))
        if not bands:
            yield _error("sex_missing", place, sex, sex)
        for (low, high), (following, end) in itertools.pairwise(bands):
            if following <= high:
                yield _error(
                    "ages_twice", f"{place} {sex}", f"{low}-{high}, {following}-{end}",
                    f"{following}-{min(high, end)}",
                )  # fmt: skip
            elif len(keys) == 2 and following > high + 1:
                yield _error("ages_missing", f"{place} {sex}", f"{high + 1}-{following - 1}", "value = 0")


def _uncovered(document: Mapping[str, Any], entries: list[Mapping[str, Any]]) -> Iterator[Problem]:
    """Births are turned into a rate of married women: each age with births needs a share never married."""
    steps = document["birth"].get("steps")
    if not isinstance(steps, list):
        return
    covered = {age for e in entries for age in range(int(e["from"]), int(e["until"]) + 1)}
    for step in steps:
        if not isinstance(step, Mapping) or not (_is_age(step.get("from")) and _is_age(step.get("until"))):
            continue
        absent = [age for age in range(step["from"], step["until"] + 1) if age not in covered]
        if absent:
            yield _error("ages_missing", "birth.never_married", f"{absent[0]}-{absent[-1]}", "birth.steps")


def _units(document: Mapping[str, Any]) -> list[Problem]:
    """A section whose unit says something else than it is read as."""
    found = []
    for section, word, other in (("death", "", "1000"), ("marriage", "", "1000"), ("birth", "1000", "")):
        unit = str(document[section].get("unit", ""))
        plain = unit.replace(",", "").replace("thousand", "1000").lower()
        wrong = (other and (other in plain or "percent" in plain or "%" in plain)) or (
            word and word not in plain
        )
        if unit and wrong:
            meant = "births per 1000 women and year" if section == "birth" else "probability per year"
            found.append(_error("unit_unread", f"{section}.unit", unit, meant))
    return found


def _sources(document: Mapping[str, Any]) -> list[Problem]:
    named = {
        "first_birth": "source",
        "second_birth": "source",
        "separation": "source",
        "partner": "joins_source",
    }
    return [
        _error("source_empty", f"{section}.{name}", "")
        for section, name in named.items()
        if not str(document[section].get(name) or "").strip()
    ]


def _first_birth(section: Mapping[str, Any]) -> list[Problem]:
    shares = section.get("cumulative")
    if not isinstance(shares, list) or not shares:
        return [_error("field_missing", "first_birth.cumulative", "")]
    problems = [p for i, s in enumerate(shares) for p in _value(f"first_birth.cumulative {i}", s, 1.0)]
    if not problems and any(b < a for a, b in itertools.pairwise(shares)):
        problems.append(_error("not_increasing", "first_birth.cumulative", shares))
    return problems


def _partner(section: Mapping[str, Any]) -> list[Problem]:
    shares, years = section.get("shares"), section.get("younger_years")
    for name, given in (("shares", shares), ("younger_years", years)):
        if not isinstance(given, list) or not given:
            return [_error("field_missing", f"partner.{name}", "")]
    assert isinstance(shares, list) and isinstance(years, list)
    problems = [p for i, s in enumerate(shares) for p in _value(f"partner.shares {i + 1}", s, 1.0)]
    for year in years:
        if not isinstance(year, int) or isinstance(year, bool) or not -50 <= year <= 50:
            problems.append(_error("whole_range", "partner.younger_years", year, "-50..50"))
    if problems:
        return problems
    if abs(sum(shares) - 1) > 1e-9 or len(shares) != len(years):
        problems.append(_error("shares_sum", "partner.shares", round(sum(shares), 6)))
    return problems


def _ranges(section: Mapping[str, Any]) -> list[Problem]:
    """Ages of persons without a date of birth: one range a relation, and the share of men."""
    problems = _value("unknown_birth_date.male_share", section.get("male_share", 0.5), 1.0)
    seen: dict[str, str] = {}
    for entry in section.get("ranges", []):
        low, high = entry.get("low"), entry.get("high")
        shown = f"{low}..{high}"
        relations = [str(r) for r in entry.get("relations", [])]
        place = f"unknown_birth_date.ranges {', '.join(relations) or '?'}"
        if not (_is_age(low) and _is_age(high)):
            problems.append(_error("age_range", place, shown, f"low, high: 0..{OLDEST}"))
        elif low > high:
            problems.append(_error("age_order", place, shown, f"{high}..{low}"))
        for relation in relations:
            if relation in seen:
                problems.append(_error("ages_twice", place, f"{seen[relation]}, {shown}", relation))
            seen[relation] = shown
    return problems


def _variants(document: Mapping[str, Any]) -> Iterator[Problem]:
    """Entries of the sensitivity list name a rate that is there and what it becomes."""
    for entry in document.get("sensitivity", []):
        place: Any = document
        for name in str(entry.get("path", "")).split("."):
            place = place.get(name) if isinstance(place, Mapping) else None
        label = f"sensitivity {entry.get('name', '?')}"
        if place is None:
            yield _error("variant_unknown", label, entry.get("path", ""))
        elif not is_number(entry.get("factor", entry.get("value"))):
            yield _error("not_a_number", label, repr(entry.get("factor", entry.get("value"))))


def _children(document: Mapping[str, Any]) -> Iterator[Problem]:
    """A woman's children by the rates: far too many, or next to none, is a unit that slipped."""
    steps = document["birth"]["steps"]
    per_thousand = sum(float(e["value"]) * (int(e["until"]) - int(e["from"]) + 1) for e in steps)
    children = per_thousand * float(document["birth"]["factor"]) / PER_THOUSAND
    if children > MOST_CHILDREN:
        yield _error("children_many", "birth.steps", f"{children:.1f}", f"0..{MOST_CHILDREN:g}")
    elif 0 < max(float(e["value"]) for e in steps) <= 1:
        yield _error("unit_slip", "birth.steps", steps[0]["value"], f"{float(steps[0]['value']) * 1000:g}")


def _below_legal_age(section: Mapping[str, Any]) -> Iterator[Problem]:
    for sex in SEXES:
        legal = int(section[f"legal_age_{sex}"])
        early = [e for e in section["steps"] if e["sex"] in (sex, "both") and int(e["from"]) < legal]
        for entry in early:
            if float(entry["value"]) > 0:
                yield Problem(
                    "projection.below_legal_age",
                    "warning",
                    column=f"marriage.steps {entry['from']}-{entry['until']} {sex}",
                    value=f"{entry['value']:g}",
                    nearest=str(legal),
                )
