"""Places of rows: codes valid at a date, or names from county down; the nearest name where none fits."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import polars as pl

from resettle.methods.nearest import Choices
from resettle.registry.fields import plain

LEVELS = ("county", "township", "village")
_COMMITTEE = re.compile(
    r"(社区居民委员会|居民委员会|村民委员会|(?<=村)民委员会|社区居委会|居委会|村委会|(?<=村)委会)$"
)
"""What the body that runs a village adds to its name; 水磨村村民委员会, 水磨村民委员会 and 水磨村委会 run 水磨村."""
LONGEST_COMMITTEE = 7
OFFERED = 20
"""Places of one parent that are all named where none is near what was written."""
_KIND = re.compile(
    r"(街道办事处|回族自治县|回族区|回族乡|回族镇|街道|社区|county|township|town|subdistrict|village|community|district"
    r"|县|市|区|乡|镇|村)$",
    re.IGNORECASE,
)


def forms_of(name: str) -> list[str]:
    """Every way a place is written for short, fullest first: without its committee, without its kind.

    >>> forms_of("水磨村村民委员会")
    ['水磨村村民委员会', '水磨村村', '水磨村', '水磨']
    >>> forms_of("水磨村"), forms_of("水磨村委会"), forms_of("嵩县"), forms_of("Song County")
    (['水磨村', '水磨'], ['水磨村委会', '水磨村', '水磨'], ['嵩县', '嵩'], ['songcounty', 'song'])
    """
    full = plain(name)
    # Every split the committee's name allows: its first character may belong to the village's.
    ending = range(max(0, len(full) - LONGEST_COMMITTEE), len(full)) if full.endswith("会") else ()
    run = [full[: match.start(1)] for i in ending if (match := _COMMITTEE.match(full, i))]
    found = {full, *run, *(_KIND.sub("", text) for text in (full, *run))}
    return sorted(found - {""}, key=lambda text: (-len(text), text))


@dataclass
class Places:
    """Regions valid at one date, by code and by name under their parent."""

    by_code: dict[str, dict[str, Any]] = field(default_factory=dict)
    other_dates: dict[str, str] = field(default_factory=dict)
    inside: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    choices: dict[tuple[str, str], Choices] = field(default_factory=dict)
    _forms: dict[tuple[str, str], dict[str, list[str]]] = field(default_factory=dict)

    def forms(self, parent: str, level: str) -> dict[str, list[str]]:
        """Every short form of the places of a level right under a parent (anywhere without one), and their codes.

        Put together when first asked for: a roster names the places of a county or two, a table holds thousands.
        """
        if (parent, level) not in self._forms:
            found: dict[str, list[str]] = {}
            for code in self.inside.get((parent, level), ()):
                row = self.by_code[code]
                for form in {f for name in {row["name_zh"], row["name_en"]} - {None} for f in forms_of(name)}:
                    found.setdefault(form, []).append(code)
            self._forms[parent, level] = found
        return self._forms[parent, level]


def places_at(
    regions: pl.DataFrame | None, as_of: date | None, crosswalk: Mapping[str, str] | None = None
) -> Places:
    """The places valid at a date. ``crosswalk`` leads from old county codes to new ones; it is read both ways."""
    places = Places()
    changed = {old: new for old, new in (crosswalk or {}).items() if old != new}
    other_way = {new: old for old, new in reversed(changed.items())} | changed
    if regions is None:
        return places
    for row in regions.sort("region_code", "valid_from").iter_rows(named=True):
        code = row["region_code"]
        begins, ends = row["valid_from"], row["valid_until"]
        if as_of is not None and ((begins and begins > as_of) or (ends and ends < as_of)):
            places.other_dates.setdefault(code, other_way.get(code[:6], ""))
            continue
        places.by_code[code] = row
        for parent in {row["parent_code"] or "", ""}:
            places.inside.setdefault((parent, row["level"]), []).append(code)
    return places


def resolve(frame: pl.DataFrame, places: Places) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Give rows their codes.

    Args:
        frame: ``rid`` and any of ``county``, ``township``, ``village`` and their ``_code``.
        places: see :func:`places_at`.

    Returns:
        ``rid`` with the three codes, and the faults ``rid``, ``field``, ``code``, ``value``, ``nearest``.
    """
    wanted = [*LEVELS, *(f"{level}_code" for level in LEVELS)]
    have = frame.select(
        "rid",
        *(
            (pl.col(n) if n in frame.columns else pl.lit(None, dtype=pl.String)).cast(pl.String).alias(n)
            for n in wanted
        ),
    )
    distinct = have.select(wanted).unique(maintain_order=True)
    rows, found = [], []
    for row in distinct.iter_rows(named=True):
        codes, fault = _resolve_one(row, places)
        rows.append({**row, **{f"r_{k}": v for k, v in codes.items()}})
        if fault:
            found.append({**row, **fault})
    schema = dict.fromkeys([*wanted, *(f"r_{level}_code" for level in LEVELS)], pl.String)
    solved = have.join(
        pl.DataFrame(rows, schema=schema), on=wanted, how="left", nulls_equal=True, maintain_order="left"
    )
    result = solved.select("rid", *(pl.col(f"r_{level}_code").alias(f"{level}_code") for level in LEVELS))
    fault_schema = dict.fromkeys([*wanted, "field", "code", "value", "nearest"], pl.String)
    faults = have.join(pl.DataFrame(found, schema=fault_schema), on=wanted, how="inner", nulls_equal=True)
    return result, faults.select("rid", "field", "code", "value", "nearest")


def _resolve_one(
    row: Mapping[str, str | None], places: Places
) -> tuple[dict[str, str | None], dict[str, str | None] | None]:
    """Codes first, names after; what is given must be known, what is not given stays unknown."""
    codes: dict[str, str | None] = {f"{level}_code": row[f"{level}_code"] for level in LEVELS}
    if not places.by_code:
        return codes, None
    for level in reversed(LEVELS):
        given = codes[f"{level}_code"]
        if given is None:
            continue
        code = (
            re.sub(r"\D+$", "", given.strip()) if given.strip().isascii() and given[:1].isdigit() else given
        )
        full = code if code in places.by_code else code.ljust(12, "0")
        if full not in places.by_code:
            return dict.fromkeys(codes), _code_fault(level, given, full, places)
        return _upwards(full, places), None
    parent = ""
    for level in LEVELS:
        name = row[level]
        if not name or not forms_of(name):  # a tabulator or a blank names no place
            continue
        matches = _called(parent, level, name, places)
        if not matches:
            near = _nearest(parent, level, name, places)
            return {**dict.fromkeys(codes), **_upwards(parent, places)}, {
                "field": level,
                "code": "place_unknown",
                "value": name,
                "nearest": near,
            }
        exact = [m for m in matches if places.by_code[m]["name_zh"] == name.strip()]
        matches = exact if len(exact) == 1 else matches
        if len(set(matches)) > 1:
            return {**dict.fromkeys(codes), **_upwards(parent, places)}, {
                "field": level,
                "code": "place_ambiguous",
                "value": name,
                "nearest": ", ".join(_in_full(code, places) for code in sorted(set(matches))[:4]),
            }
        parent = matches[0]
    return {**dict.fromkeys(codes), **_upwards(parent, places)}, None


def _in_full(code: str, places: Places) -> str:
    """A place under the names of what it lies in, and its code."""
    names, at = "", code
    while at in places.by_code:
        row = places.by_code[at]
        if row["level"] in LEVELS:
            names = (row["name_zh"] or row["name_en"] or "") + names
        at = row["parent_code"] or ""
    return f"{names} ({code})"


def _code_fault(level: str, given: str, full: str, places: Places) -> dict[str, str | None]:
    if full in places.other_dates:
        successor = places.other_dates[full]
        near = (successor + full[6:]) if successor else None
        return {"field": f"{level}_code", "code": "place_not_valid_then", "value": given, "nearest": near}
    key = ("code", full[:4])
    if key not in places.choices:
        places.choices[key] = Choices([c for c in places.by_code if c[:4] == full[:4]] or places.by_code)
    close = places.choices[key].nearest(full, 0.6)
    return {"field": f"{level}_code", "code": "place_code_unknown", "value": given, "nearest": close}


def _upwards(code: str, places: Places) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    while code in places.by_code:
        row = places.by_code[code]
        if row["level"] in LEVELS:
            found[f"{row['level']}_code"] = code
        code = row["parent_code"] or ""
    return {f"{level}_code": found.get(f"{level}_code") for level in LEVELS}


def _called(parent: str, level: str, name: str, places: Places) -> list[str]:
    """The places of a level that a name means: right under the parent, or else (no township given) anywhere below.

    The fullest form that anybody has decides, so that 东村村 is not also 东村.
    """
    for form in forms_of(name):
        if found := places.forms(parent, level).get(form):
            return found
    for form in forms_of(name):
        candidates = places.forms("", level).get(form, [])
        if found := [c for c in candidates if _is_under(c, parent, places)]:
            return found
    return []


def _is_under(code: str, parent: str, places: Places) -> bool:
    while code in places.by_code:
        if not parent or code == parent:
            return True
        code = places.by_code[code]["parent_code"] or ""
    return code == parent


def _nearest(parent: str, level: str, name: str, places: Places) -> str | None:
    if (parent, level) not in places.choices:
        places.choices[parent, level] = Choices(_names_under(parent, level, places))
    forms = forms_of(name)
    near = places.choices[parent, level].nearest(forms[min(1, len(forms) - 1)], 0.3)
    if near is None:  # few enough are all named
        inside = list(dict.fromkeys(places.inside.get((parent, level), ())))
        return ", ".join(_named(c, name, places) for c in inside) if 0 < len(inside) <= OFFERED else None
    codes = [c for c in places.forms("", level)[near] if _is_under(c, parent, places)]
    return f"{_named(codes[0], name, places)} ({codes[0]})"


def _named(code: str, asked: str, places: Places) -> str:
    """A place's name in the script in which one was asked for."""
    row = places.by_code[code]
    own = row["name_en"] if asked.isascii() else row["name_zh"]
    return str(own or row["name_zh"] or row["name_en"])


def _names_under(parent: str, level: str, places: Places) -> Sequence[str]:
    return sorted(
        short
        for short, codes in places.forms("", level).items()
        if any(_is_under(c, parent, places) for c in codes)
    )
