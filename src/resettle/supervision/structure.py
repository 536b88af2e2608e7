"""From readings to what can be held against what, by general rules.

Each rule looks for a pattern that any report may have: a total followed by "of which", households with
people, a rate beside its two numbers, a list of amounts per head before a budget, a range of money, an
area beside a family. A rule that is not sure stays silent: a reader can always add the entry by hand.
"""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from resettle.supervision.granular import granular
from resettle.supervision.lexicon import FLOW_VERBS
from resettle.supervision.naming import is_money, label_of, where_of, with_lent_names
from resettle.supervision.norms import norms
from resettle.supervision.rates import rates
from resettle.supervision.reading import Reading
from resettle.supervision.repeats import repeats, running_totals
from resettle.supervision.stocks import before_and_after, left_of_rates, left_of_tables, mixed_sums, points
from resettle.supervision.table_rates import table_means, table_rates
from resettle.supervision.texts import from_texts
from resettle.supervision.totals import table_sums
from resettle.supervision.wholes import between, breakdowns, parts_too_large
from resettle.supervision.works import too_many_stages

UNREAD = "number"
"""Unit of a figure whose unit was not read: the sheet asks for it, and nothing is claimed about the report."""
_REPEATED = ("site", "household", "person", "person-time", "dwelling", "mu", "ha")
"""What is done to so many again and again; of schools or wells nobody asks since when."""
Raw = dict[str, list[dict[str, Any]]]


def as_published(readings: Sequence[Reading], lines: Sequence[tuple[int, str]] = ()) -> dict[str, Any]:
    """Readings as a file of published figures (the form :func:`parse_published` takes).

    Args:
        readings: as read or as corrected.
        lines: running text, for references, places and trends; may be left out.
    """
    raw: Raw = defaultdict(list)
    told = [r for r in readings if r.rule != "date"]
    seen_dates: set[tuple[str | None, int]] = set()
    for reading in with_lent_names(told):
        if reading.value is not None:
            raw["figure"].append(_figure(reading, seen_dates))
        elif reading.low is not None and reading.high is not None:
            raw["range"] += _range(reading)
    prose = [r for r in told if r.value is not None and r.cell is None]
    _households(prose, raw)
    _sums(prose, raw)
    _progress(prose, raw)
    _norms(prose, raw)
    norms(prose, raw)
    cells = [
        r for r in told if r.value is not None and (r.of or "").count(":") and r.rule.startswith("table")
    ]
    rates(prose, raw, cells)
    _series(prose, raw)
    _tables(cells, raw)
    table_rates(cells, raw)
    table_means(cells, raw)
    repeats(told, raw)
    running_totals(prose, raw)
    before_and_after(prose, raw)
    left_of_rates(prose, raw)
    left_of_tables(prose, cells, raw)
    points(prose, raw)
    mixed_sums(prose, raw)
    granular(prose, raw)
    _bad_dates([r for r in readings if r.rule == "date"], raw, seen_dates)
    raw["sum"] = _distinct(raw["sum"])
    texts = from_texts(readings, lines)
    return merge(dict(raw), texts)


def _distinct(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Sums over the same figures, told once, the first that was found."""
    kept: dict[frozenset[str], dict[str, Any]] = {}
    for row in rows:
        kept.setdefault(frozenset((row["total"], *row["parts"])), row)
    return list(kept.values())


def merge(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """Two files of published figures as one."""
    merged = dict(first)
    for key, rows in second.items():
        merged[key] = [*merged.get(key, []), *rows] if isinstance(rows, list) else merged.get(key, rows)
    return merged


def _figure(reading: Reading, seen: set[tuple[str | None, int]]) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": reading.reading_id,
        "label_en": label_of(reading),
        "value": reading.value,
        "kind": reading.kind,
        "line": where_of(reading),
    }
    row["unit"] = reading.unit or UNREAD
    row["rounded_to"] = reading.rounded_to
    row["period"] = "as read"
    if reading.as_of and not reading.as_of.startswith("--"):
        bad = reading.date_form in ("end_with_day", "impossible")
        if not bad or (reading.as_of, reading.line) not in seen:
            row["as_of"] = reading.as_of
            if bad:
                row["date_form"] = reading.date_form
                seen.add((reading.as_of, reading.line))
    if reading.status in ("plan", "actual", "cumulative"):
        row["status"] = reading.status
    if reading.bound:
        row["bound"] = reading.bound
    return row


def _bad_dates(dates: Sequence[Reading], raw: Raw, seen: set[tuple[str | None, int]]) -> None:
    """A malformed date that no figure carries is a finding of its own."""
    for reading in dates:
        key = (reading.as_of, reading.line)
        if reading.date_form in ("end_with_day", "impossible") and key not in seen:
            seen.add(key)
            raw["figure"].append(
                {
                    "id": reading.reading_id,
                    "label_en": reading.printed,
                    "kind": "once",
                    "unit": "date",
                    "as_of": reading.as_of,
                    "date_form": reading.date_form,
                    "line": where_of(reading),
                }
            )


def _range(reading: Reading) -> list[dict[str, Any]]:
    base = (reading.unit or "").split("/")[0]
    if base not in ("m2", "percent", "person", "household", "km", "mu") and not is_money(reading):
        return []
    label = label_of(reading)
    return [
        {
            "id": reading.reading_id,
            "label_en": label,
            "low": reading.low,
            "high": reading.high,
            "unit": reading.unit or "",
            "line": where_of(reading),
        }
    ]


def _households(prose: Sequence[Reading], raw: Raw) -> None:
    """``5,401 households with 20,615 people``: neighbours in one sentence."""
    for a, b in itertools.pairwise(prose):
        together = a.line == b.line and a.sentence == b.sentence and abs(b.start - a.start) <= 45
        apart = re.search(
            r"完成|占|任务|目标|\bof\b|target|against|，其中|另|\bby\b|[比较增减]|more|less|fewer|increase",
            b.before[-max(1, b.start - a.start) :],
        )
        words = b.before[-max(1, b.start - a.start) :]
        if a.unit == "person":
            apart = apart or re.search(r"[，,;；]", re.sub(r"\d,\d", "", words))
        if (
            together
            and not apart
            and {a.unit, b.unit} == {"household", "person"}
            and not (a.bound or b.bound)
        ):
            people, homes = (b, a) if b.unit == "person" else (a, b)
            if not _EVERYBODY.search(people.noun):
                continue
            if (people.value or 0) >= 20 and (homes.value or 0) >= 10:
                raw["per_head"].append(
                    {
                        "relation": "household_size",
                        "total": people.reading_id,
                        "heads": homes.reading_id,
                        "line": people.line,
                        "series": f"read:{people.place or ''}",
                    }
                )


def _sentences(prose: Sequence[Reading]) -> list[list[Reading]]:
    groups: dict[tuple[int, int], list[Reading]] = defaultdict(list)
    for reading in prose:
        groups[(reading.line, reading.sentence)].append(reading)
    return list(groups.values())


def _sums(prose: Sequence[Reading], raw: Raw) -> None:
    """Breakdowns of running text; a sum that two rules find is told once."""
    raw["sum"] += [b.row for b in breakdowns(prose)] + parts_too_large(prose) + too_many_stages(prose)


def _progress(prose: Sequence[Reading], raw: Raw) -> None:
    """Planned = finished + under way; and a part under way that is larger than all under way."""
    counts = ("site", "dwelling", "project", "school", "clinic")
    for sentence in _sentences(prose):
        for unit in counts:
            cells = [r for r in sentence if r.unit == unit]
            under = [r for r in cells if r.status == "under_way"]
            if len(cells) == 2 and len(under) == 1 and under[0] is cells[1]:
                before = [r for r in prose if r.unit == unit and r.status == "plan" and _near(r, cells[0])]
                if before:
                    raw["sum"].append(
                        {
                            "total": before[-1].reading_id,
                            "parts": [r.reading_id for r in cells],
                            "line": cells[0].line,
                        }
                    )
    under_way = [r for r in prose if r.status == "under_way" and r.unit in counts]
    for a, b in itertools.pairwise(under_way):
        if (
            a.line == b.line
            and a.unit == b.unit
            and a.sentence != b.sentence
            and (b.value or 0) > (a.value or 0)
        ):
            raw["sum"].append(
                {
                    "relation": "two_counts",
                    "total": a.reading_id,
                    "parts": [b.reading_id],
                    "line": a.line,
                    "label_en": f"{a.noun}: {a.printed}, {b.printed}",
                }
            )


def _near(earlier: Reading, later: Reading) -> bool:
    return (earlier.line, earlier.sentence, earlier.start) < (later.line, later.sentence, later.start) and (
        later.line - earlier.line <= 6
    )


def _norms(prose: Sequence[Reading], raw: Raw) -> None:
    """Amounts per person, the people before them, and the total named last before or first after."""
    for sentence in _sentences(prose):
        parts = [r for r in sentence if is_money(r) and str(r.unit).endswith("/person") and r.kind == "norm"]
        if not parts or len({r.unit for r in parts}) > 1:
            continue
        money = str(parts[0].unit).partition("/")[0]
        first, last = parts[0], parts[-1]
        heads = [r for r in prose if r.unit == "person" and _near(r, first) and (r.value or 0) >= 20]
        inside = [r for r in sentence if r.unit == "person" and (r.value or 0) >= 20]
        after = [
            r for r in prose if r.unit == money and _near(last, r) and r.status in ("plan", "cumulative")
        ]
        beside = [r for r in sentence if r.unit == money]
        totals = beside or (after if len(parts) >= 3 else [])
        if not totals or not (inside or heads) or (len(parts) < 3 and not (beside and inside)):
            continue
        parts = _without_sum(parts)
        people = _heads(inside or heads, parts, totals[0])
        raw["per_head"].append(
            {
                "relation": "norm",
                "total": totals[0].reading_id,
                "heads": people.reading_id,
                "parts": [p.reading_id for p in parts],
                "line": first.line,
            }
        )


def _without_sum(parts: list[Reading]) -> list[Reading]:
    """``$4,850 a person: $2,600 for housing, ...``: an amount that the others are parts of is no part."""
    if len(parts) < 3:
        return parts
    rest = sum((p.value or Decimal(0) for p in parts[1:]), Decimal(0))
    opened = re.search(r"[:：]|其中|of which|made up|comprising|consisting", between(parts[0], parts[1]))
    return parts[1:] if parts[0].value == rest or opened else parts


def _heads(people: Sequence[Reading], parts: Sequence[Reading], total: Reading) -> Reading:
    """The people a norm is multiplied by: those that fit, else the largest number named not far before."""
    norm = sum((p.value or Decimal(0) for p in parts), Decimal(0))
    fitting = [r for r in people if (r.value or 0) * norm == total.value]
    nearest = [r for r in people if r.line == people[-1].line]
    return fitting[-1] if fitting else max(nearest, key=lambda r: (r.value or 0, r.start))


def _series(prose: Sequence[Reading], raw: Raw) -> None:
    """Figures of what was done "as of" a day whose sentence does not say since when."""
    doubtful = {
        r.reading_id
        for r in prose
        if r.kind == "undefined"
        and r.is_up_to
        and r.date_form in ("day", "month_end", "month", "end_with_day", "year_not_given")
        and r.status not in ("plan", "under_way")
        and ((r.unit or "") in _REPEATED or is_money(r))
        and r.rule == "unit"
        and r.bound is None
        and re.search(FLOW_VERBS, r.before[-45:] + r.after[:30], re.IGNORECASE)
        and not _LEVEL.search(r.before + r.after)
    }
    for figure in raw["figure"]:
        if figure["id"] in doubtful:
            figure["series"] = f"read:{figure['unit']}:{figure['line']}"


_EVERYBODY = re.compile(
    r"^(?:人|口|万人)|\b(?:people|persons?|population|inhabitants|residents|individuals|members|souls|[PDA]A?Ps?|migrants|movers)\b|^[A-Z]{2,4}s?$"
)
"""Who is counted when households are counted with all their members; tenants or women beside them are not."""
_LEVEL = re.compile(
    r"(?<!公)共(?![同产青建享])|总计|合计|进度|[付行成金]率|占[^，。；]{0,12}的|现有|应[\u4e00-\u9fff]{2}|尚有|尚未|未[兑支发]付|\bup from\b|\bremain\w*|outstanding|\bstill (?:to|un)",
    re.IGNORECASE,
)
"""A sentence that sets what was done beside what is due or left counts up to the day it names."""


def _tables(cells: Sequence[Reading], raw: Raw) -> None:
    """Totals of tables, and households beside people in one row."""
    table_sums(cells, raw)
    rows: dict[tuple[str, int], dict[str, Reading]] = defaultdict(dict)
    for cell in cells:
        rows[(str(cell.of).split(":")[0], cell.sentence)].setdefault(cell.unit or "", cell)
    for row in rows.values():
        people, homes = row.get("person"), row.get("household")
        if people is not None and homes is not None and (homes.value or 0) >= 10:
            raw["per_head"].append(
                {
                    "relation": "household_size",
                    "total": people.reading_id,
                    "heads": homes.reading_id,
                    "line": where_of(people),
                    "series": f"read:{people.reading_id}",
                }
            )
