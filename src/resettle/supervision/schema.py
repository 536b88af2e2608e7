"""The file of published figures: its eight tables, and what a reader must be told about each figure.

The schema is data (:data:`SCHEMA`), so that the documentation, the validation and the nearest valid key
come from one place. A figure that does not say its unit, its date or whether it is a stock or a flow is
itself a finding; a file that cannot be understood is a problem.
"""

from __future__ import annotations

import calendar
import datetime as dt
import difflib
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

from resettle.problems import Problem
from resettle.supervision.finding import Amount, Finding, Label

_COMMON = {
    "id": "text",
    "line": "line",
    "label_zh": "text",
    "label_en": "text",
    "as_of": "date",
    "note": "text",
}

SCHEMA: dict[str, dict[str, str]] = {
    "figure": _COMMON
    | {
        "value": "number",
        "low": "number",
        "high": "number",
        "bound": "at_least|at_most|below|above|about",
        "unit": "text",
        "kind": "stock|flow|norm|price|once|undefined",
        "period": "text",
        "date_form": "day|month_end|end_with_day|impossible|year_not_given",
        "status": "plan|actual|cumulative|external",
        "scope": "text",
        "series": "text",
        "fact": "text",
        "place": "text",
        "part_of": "figure",
        "weight": "number",
        "rounded_to": "number",
    },
    "rate": _COMMON
    | {
        "value": "number",
        "printed": "text",
        "numerator": "figure",
        "denominator": "figure",
        "candidates": "figures",
        "denominator_named": "boolean",
        "measure": "share|completion|conversion|change|take_up",
        "parent": "text",
        "tolerance": "number",
    },
    "sum": _COMMON
    | {
        "total": "figure",
        "parts": "figures",
        "relation": "parts|identity|two_counts|within",
    },
    "order": _COMMON
    | {
        "relation": "dates|days|need|trend|series",
        "earlier": "figure",
        "later": "figure",
        "smaller": "figure",
        "larger": "figure",
        "in_place": "figure",
        "claim": "rising|falling|rising_falling|falling_rising|highest|lowest",
        "days": "figure",
        "years": "numbers",
        "points": "figures",
        "peak_year": "number",
        "last_year": "number",
        "claim_line": "line",
    },
    "per_head": _COMMON
    | {
        "relation": "norm|household_size|floor",
        "total": "figure",
        "heads": "figure",
        "parts": "figures",
        "times": "number",
        "floor": "text",
        "series": "text",
        "low": "number",
        "high": "number",
    },
    "range": _COMMON
    | {
        "low": "number",
        "high": "number",
        "unit": "text",
        "price_low": "figure",
        "price_high": "figure",
        "area": "number",
    },
    "entitlement": _COMMON
    | {
        "people": "number",
        "area": "number",
        "areas": "numbers",
        "people_below": "number",
        "other_people": "number",
        "per_person": "number",
        "standard": "figure",
        "is_ceiling": "boolean",
    },
    "place": _COMMON
    | {
        "name": "text",
        "level": "province|city|county|township|village",
        "under": "texts",
        "names": "texts",
        "count": "figure",
        "expected": "texts",
        "names_zh": "texts",
        "expected_zh": "texts",
    },
    "reference": _COMMON | {"cited": "text", "listed": "texts", "year": "number", "listed_year": "number"},
    "statement": _COMMON | {"topic": "text", "says": "text"},
    "land": _COMMON
    | {"use": "quota|homestead", "class": "construction|green|forest|farm|water|unused", "area": "figure"},
}
"""Table name to key to type; a ``|`` list is a closed list of words."""

TOP_KEYS = ("title_zh", "title_en", "source", "language", "parameters", *SCHEMA)


@dataclass(frozen=True, slots=True)
class Figure:
    """One published figure.

    Attributes:
        id: its name in this file.
        value: the number as printed, in ``unit``; ``low``/``high`` where a range or bound is printed.
        unit: ``person``, ``household``, ``yuan``, ``yuan/person``, ``m2``, ``percent``...
        kind: stock (a state at a date), flow (of a period), norm, price, once (a fact of no date).
        as_of: ``2016``, ``2016-11`` or ``2016-02-06``.
        weight: how hard it is to believe that this cell is the one that slipped (1 = ordinary).
    """

    id: str
    label: Label
    value: Decimal | None
    unit: str | None
    kind: str | None
    as_of: str | None
    line: str | None
    fields: Mapping[str, Any] = field(default_factory=dict)
    weight: int = 1

    @property
    def half(self) -> Fraction:
        """Half a unit of the last printed place: as stated by ``rounded_to``, else as the zeros tell."""
        stated = self.fields.get("rounded_to")
        if stated is not None:
            return Fraction(stated) / 2
        return Fraction(0) if self.value is None else half_place(self.value)

    @property
    def amount(self) -> Amount:
        """The value with its unit, for a sentence."""
        return Amount(Decimal(0) if self.value is None else self.value, self.unit or "")


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the other tables: its kind, its fields, and its place in the report."""

    kind: str
    fields: Mapping[str, Any]

    def get(self, key: str) -> Any:
        return self.fields.get(key)

    @property
    def label(self) -> Label:
        zh = str(self.fields.get("label_zh") or self.fields.get("label_en") or self.fields.get("id") or "")
        return Label(zh, str(self.fields.get("label_en") or zh))

    @property
    def line(self) -> str | None:
        line = self.fields.get("line")
        return None if line is None else str(line)


@dataclass(frozen=True, slots=True)
class Published:
    """A file of published figures that has been read."""

    figures: Mapping[str, Figure]
    entries: Sequence[Entry]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    title: Label = field(default_factory=lambda: Label("", ""))

    def of(self, kind: str) -> list[Entry]:
        """The entries of one table, in file order."""
        return [entry for entry in self.entries if entry.kind == kind]

    def figure(self, name: Any) -> Figure | None:
        """The figure of that id if it has a value."""
        found = self.figures.get(str(name)) if name is not None else None
        return found if found is not None and found.value is not None else None

    @property
    def names(self) -> dict[str, Label]:
        found = {key: figure.label for key, figure in self.figures.items()}
        return found | {str(e.get("id")): e.label for e in self.entries if e.get("id")}


def half_place(value: Decimal, most: int = 1000) -> Fraction:
    """Half a unit of the last place that is printed: trailing zeros of a large number count as rounding.

    >>> half_place(Decimal("78.8")), half_place(Decimal("20615")), half_place(Decimal("1245146000"))
    (Fraction(1, 20), Fraction(0, 1), Fraction(500, 1))
    """
    exponent = int(value.normalize().as_tuple().exponent)
    if value.as_tuple().exponent != 0 and exponent <= 0:
        exponent = int(value.as_tuple().exponent)
    if exponent == 0 or (exponent > 0 and abs(value) < 10**6):
        return Fraction(0)
    place = Fraction(10) ** exponent
    return min(place, Fraction(most)) / 2 if exponent > 0 else place / 2


def slack_of_sum(halves: Sequence[Fraction]) -> Fraction:
    """How far a total may be from its parts added up, by rounding alone.

    The total's own half place; where parts are rounded too, two half places (one unit of the last place), and
    more only for many parts: independent roundings rarely add up to their worst.

    >>> slack_of_sum([Fraction(1, 2)] * 3), slack_of_sum([Fraction(1, 2), Fraction(0)])
    (Fraction(1, 1), Fraction(1, 2))
    """
    rounded = [half for half in halves if half]
    if len(rounded) <= 1:
        return sum(rounded, Fraction(0))
    return max(rounded) * max(2, math.isqrt(len(rounded)))


def slack_of_norm(
    total: Figure, heads: Figure, parts: Sequence[Figure], times: Decimal = Decimal(1)
) -> Fraction:
    """How far a total may be from heads x norm by rounding of the norm and of the total."""
    count = Fraction(heads.value or 0) * Fraction(times)
    stated = [Fraction(p.fields["rounded_to"]) / 2 for p in parts if p.fields.get("rounded_to") is not None]
    return total.half + count * sum(stated, Fraction(0))


def span_of(as_of: str | None) -> tuple[dt.date, dt.date] | None:
    """First and last day that a partly known date can mean; ``None`` if it is none.

    >>> span_of("2016-02")
    (datetime.date(2016, 2, 1), datetime.date(2016, 2, 29))
    >>> span_of("2016-02-30") is None
    True
    """
    match = re.fullmatch(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?", (as_of or "").strip())
    if match is None:
        return None
    year, month, day = int(match[1]), match[2], match[3]
    try:
        if month is None:
            return dt.date(year, 1, 1), dt.date(year, 12, 31)
        last = calendar.monthrange(year, int(month))[1]
        if day is None:
            return dt.date(year, int(month), 1), dt.date(year, int(month), last)
        return dt.date(year, int(month), int(day)), dt.date(year, int(month), int(day))
    except (ValueError, calendar.IllegalMonthError):
        return None


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool):
        return None
    try:
        number = Decimal(str(value).replace(",", ""))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _typed(kind: str, value: Any) -> Any:
    """The value under its declared type, or ``None`` if it does not fit."""
    if kind == "number":
        return _number(value)
    if kind == "numbers":
        found = [_number(v) for v in value] if isinstance(value, list) else [None]
        return None if any(v is None for v in found) else found
    if kind == "boolean":
        return value if isinstance(value, bool) else None
    if kind in ("figures", "texts"):
        good = isinstance(value, list) and all(isinstance(v, str) for v in value)
        return list(value) if good else None
    if kind == "line":
        return str(value) if isinstance(value, (int, str)) and not isinstance(value, bool) else None
    if kind == "date":
        return str(value) if isinstance(value, (str, int, dt.date)) else None
    if "|" in kind:
        return value if value in kind.split("|") else None
    return value if isinstance(value, str) and value.strip() else None


def _nearest(word: str, choices: Sequence[str]) -> str:
    close = difflib.get_close_matches(word, choices, n=1, cutoff=0.5)
    return close[0] if close else ", ".join(choices)


def _entry(kind: str, number: int, raw: Any, problems: list[Problem]) -> dict[str, Any] | None:
    """One table row with its keys checked; what does not fit is reported and left out."""
    if not isinstance(raw, Mapping):
        problems.append(Problem("supervision.not_a_table", "error", table=kind, value=str(raw)))
        return None
    fields: dict[str, Any] = {}
    keys = SCHEMA[kind]
    for key, value in raw.items():
        if key not in keys:
            problems.append(
                Problem(
                    "supervision.key_unknown",
                    "error",
                    table=kind,
                    row=number,
                    value=key,
                    nearest=_nearest(key, list(keys)),
                )
            )
            continue
        typed = _typed(keys[key], value)
        if typed is None:
            allowed = keys[key].replace("|", ", ")
            nearest = _nearest(str(value), keys[key].split("|")) if "|" in keys[key] else allowed
            problems.append(
                Problem(
                    "supervision.value_unfit",
                    "error",
                    table=kind,
                    row=number,
                    column=key,
                    value=str(value),
                    nearest=nearest,
                )
            )
            continue
        fields[key] = typed
    return fields


def _figure(fields: dict[str, Any]) -> Figure:
    name = str(fields["id"])
    zh = str(fields.get("label_zh") or fields.get("label_en") or name)
    value = fields.get("value")
    if value is None and fields.get("low") is not None and fields.get("low") == fields.get("high"):
        value = fields["low"]
    return Figure(
        id=name,
        label=Label(zh, str(fields.get("label_en") or zh)),
        value=value,
        unit=fields.get("unit"),
        kind=fields.get("kind"),
        as_of=fields.get("as_of"),
        line=fields.get("line"),
        fields=fields,
        weight=int(fields.get("weight") or 1),
    )


def parse_published(raw: Mapping[str, Any]) -> tuple[Published, list[Problem]]:
    """Read the parsed TOML of published figures.

    Args:
        raw: what ``tomllib`` returns for the file.

    Returns:
        The figures and entries that could be understood, and a problem for every unknown key (with the
        nearest valid one), unfit value, repeated id and name of a figure that is not in the file.

    >>> published, problems = parse_published({"figure": [{"id": "a", "value": 5, "unti": "person"}]})
    >>> problems[0].nearest
    'unit'
    """
    problems: list[Problem] = []
    figures: dict[str, Figure] = {}
    entries: list[Entry] = []
    for key in raw:
        if key not in TOP_KEYS:
            near = _nearest(key, TOP_KEYS)
            problems.append(Problem("supervision.table_unknown", "error", value=key, nearest=near))
    for kind in SCHEMA:
        rows = raw.get(kind, [])
        for number, row in enumerate(rows if isinstance(rows, list) else [rows], start=1):
            fields = _entry(kind, number, row, problems)
            if fields is None:
                continue
            if kind != "figure":
                entries.append(Entry(kind, fields))
            elif "id" not in fields:
                problems.append(Problem("supervision.id_missing", "error", table=kind, row=number))
            elif fields["id"] in figures:
                problems.append(
                    Problem("supervision.id_repeated", "error", table=kind, row=number, value=fields["id"])
                )
            else:
                figures[str(fields["id"])] = _figure(fields)
    problems += _dangling(figures, entries)
    title = Label(str(raw.get("title_zh", "")), str(raw.get("title_en", "")))
    parameters = raw.get("parameters", {})
    return Published(figures, entries, parameters if isinstance(parameters, Mapping) else {}, title), problems


def _dangling(figures: Mapping[str, Figure], entries: Sequence[Entry]) -> list[Problem]:
    """Names of figures that no figure in the file bears."""
    problems = []
    for entry in entries:
        for key, kind in SCHEMA[entry.kind].items():
            if kind not in ("figure", "figures") or entry.get(key) is None:
                continue
            named = entry.get(key) if kind == "figures" else [entry.get(key)]
            for name in named:
                if name not in figures and str(name):
                    problems.append(
                        Problem(
                            "supervision.figure_unknown",
                            "error",
                            table=entry.kind,
                            column=key,
                            value=str(name),
                            nearest=_nearest(str(name), list(figures)[:200]) if figures else None,
                        )
                    )
    return problems


def unstated(published: Published) -> list[Finding]:
    """Figures that do not say their unit, their date, or whether they are a stock or a flow.

    Codes ``S01`` (unit), ``S02`` (stock or flow), ``S03`` (date). A figure of a series reports a missing
    kind as ``R15``, which is the same gap with its consequence.
    """
    findings = []
    for figure in published.figures.values():
        lines = (figure.line,) if figure.line else ()
        values = {"name": figure.label, "value": figure.amount}
        if not figure.unit:
            findings.append(Finding("S01", "warning", "S01", values, ("reading1",), (figure.id,), lines))
        if not figure.kind and not figure.fields.get("series"):
            findings.append(
                Finding("S02", "warning", "S02", values, ("reading1", "reading2"), (figure.id,), lines)
            )
        timeless = figure.kind in ("norm", "price", "once")
        if not figure.as_of and not figure.fields.get("period") and not timeless:
            findings.append(Finding("S03", "warning", "S03", values, ("reading1",), (figure.id,), lines))
    return findings
