"""Which two numbers a printed percentage is the quotient of, in sentences and in tables, by general rules.

A pair that gives the printed value is taken wherever it stands. Where none does, the sentence must say what
the rate is of: "A, or x% of B", "A (x%)", "占B的x%", "x% of the need of B"; a table must show by its other rows
which column is divided by which. Otherwise nothing is claimed.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from resettle.supervision.amounts import percent
from resettle.supervision.naming import is_money, label_of, likeness, where_of, with_lent_names
from resettle.supervision.reading import Reading

Raw = dict[str, list[dict[str, Any]]]
RATE_REACH = 12
"""How many readings back the two numbers of a rate may stand."""
_RATE = re.compile(
    r"\brate\b|\bshare\b|that is|accounting for|account for|amount(?:s|ing) to|complet\w*\s*\w*$|完成|到位率|比例|占|率|进度",
    re.IGNORECASE,
)
_BESIDE = re.compile(r"(?:\bor|i\.e\.|\bie|equal to|equivalent to|[(（]|即|相当于)\s*$", re.IGNORECASE)
"""What joins a count to the percentage that restates it."""
_SHARE_OF = re.compile(r"(?:占|为|相当于)(?!.*[率比])\S*$|accounting for|account for|made? up", re.IGNORECASE)
_NAMED = re.compile(
    r"of (?:the |its )?(?:plan\w*|need|budget|total|target|demand|those|all|grant)|of (?:them|these|those)|占\S{0,8}的|为\S{1,10}的|按\S{1,8}(?:算|计)|of the \w+ (?:planned|needed|budgeted)",
    re.IGNORECASE,
)
_COMPLETE = re.compile(r"complet|finish|完成|建成|竣工", re.IGNORECASE)
_PLANNED = re.compile(r"\bneed|budget|plan|target|estimate|计划|规划|需|预算|概算|任务|目标", re.IGNORECASE)
_TIMES = ("day", "month", "year", "year of age", "date", "percent")


def rates(prose: Sequence[Reading], raw: Raw) -> None:
    """Add the rates of running text to ``raw``; a rate is no figure of its own any more."""
    prose = with_lent_names(prose)
    for index, rate in enumerate(prose):
        if rate.unit != "percent" or rate.bound or rate.value is None or not 0 < rate.value <= 150:
            continue
        if not (_RATE.search(rate.of or "") or _is_restated(rate)):
            continue
        earlier = [r for r in prose[max(0, index - RATE_REACH) : index] if rate.line - r.line <= 6]
        later = [r for r in prose[index + 1 : index + 2] if _same_sentence(r, rate)]
        pair, fits = _pair(rate, earlier, later)
        named = bool(_NAMED.search(f"{rate.of or ''} {rate.noun}")) or rate.rule == "of" or _is_restated(rate)
        if pair is None and (named or not re.search(r"\brate\b|率", rate.of or "")):
            continue
        row = _row(rate)
        if pair is not None:
            over, below = pair
            row |= {"numerator": over.reading_id, "denominator": below.reading_id}
            if _COMPLETE.search(rate.of or "") and not is_money(over):
                row["measure"] = "completion"
        if not named and (pair is None or not fits or _rivals(pair, earlier)):
            row["denominator_named"] = False
        raw["rate"] = [r for r in raw["rate"] if r["id"] != rate.reading_id] + [row]
        raw["figure"] = [f for f in raw["figure"] if f["id"] != rate.reading_id]


def _row(rate: Reading) -> dict[str, Any]:
    return {
        "id": rate.reading_id,
        "label_en": label_of(rate),
        "value": rate.value,
        "printed": str(rate.value)
        if rate.decimals
        else re.sub(r"[^\d.]", "", rate.printed) or str(rate.value),
        "line": where_of(rate),
    }


def _same_sentence(a: Reading, b: Reading) -> bool:
    return (a.line, a.sentence) == (b.line, b.sentence)


def _is_restated(rate: Reading) -> bool:
    return bool(_BESIDE.search(rate.of or "")) or rate.noun.startswith("% of ")


def _gap(pair: tuple[Reading, Reading], rate: Reading) -> Decimal:
    made = percent(pair[0].value or Decimal(0), pair[1].value or Decimal(1))
    assert made is not None and rate.value is not None
    return abs(Decimal(made.numerator) / Decimal(made.denominator) - rate.value)


def _is_count(reading: Reading) -> bool:
    return bool(reading.value) and reading.unit not in _TIMES and "/" not in (reading.unit or "")


def _pair(
    rate: Reading, earlier: Sequence[Reading], later: Sequence[Reading]
) -> tuple[tuple[Reading, Reading] | None, bool]:
    """The two numbers of a rate, and whether they give it at printed precision."""
    around = [r for r in (*earlier, *later) if _is_count(r)]
    pairs = [
        (a, b)
        for a in around
        for b in around
        if a is not b and a.unit == b.unit and (b.value or 0) >= (a.value or 0) and b.status != "under_way"
    ]
    slack = Decimal(1) / 2 / 10**rate.decimals + Decimal("0.0001")
    said = _as_said(rate, [r for r in earlier if _is_count(r)], [r for r in later if _is_count(r)])
    if said is not None and _gap(said, rate) <= slack:
        return said, True
    fitting = [p for p in _as_named(rate, pairs) if _gap(p, rate) <= slack]
    if fitting:
        return min(fitting, key=lambda p: _gap(p, rate)), True
    if said is not None:
        return said, False
    near = [p for p in _as_named(rate, pairs) if p[0].line == rate.line and _role(*p, rate)]
    return (min(near, key=lambda p: _gap(p, rate)), False) if near else (None, False)


def _as_said(
    rate: Reading, earlier: Sequence[Reading], later: Sequence[Reading]
) -> tuple[Reading, Reading] | None:
    """The pair the wording itself names, whether or not it gives the rate."""
    here = [r for r in earlier if _same_sentence(r, rate)]
    if later and re.match(r"^or$", later[0].of or "") and rate.noun.startswith("% of"):
        whole = [r for r in earlier if r.unit == later[0].unit and r.line == rate.line]
        return (later[0], whole[-1]) if whole else None
    if not here:
        return None
    over = here[-1]
    if later and re.match(r"^% of .*\bof\s*$", rate.noun) and later[0].unit == over.unit:
        return over, later[0]
    if re.match(r"占", over.of or "") and len(here) > 1 and here[-2].unit == over.unit:
        return here[-2], over
    if not (
        _is_restated(rate) or _SHARE_OF.search(rate.of or "") or re.search(r"率|\brate\b", rate.of or "")
    ):
        return None
    wholes = [r for r in earlier if r is not over and r.unit == over.unit and r.start != over.start]
    wholes = [r for r in wholes if (r.value or 0) >= (over.value or 0) and r.status != "under_way"]
    below = _whole(rate, wholes, over)
    return None if below is None else (over, below)


def _whole(rate: Reading, wholes: Sequence[Reading], over: Reading) -> Reading | None:
    """The denominator: the one named like the rate's base, else the only one, else what is planned nearby."""
    if not wholes:
        return None
    base = f"{rate.of or ''} {rate.noun}"
    scores = {r.reading_id: likeness(base, r) for r in wholes}
    best = max(scores.values())
    named = [r for r in wholes if scores[r.reading_id] == best] if best else []
    for chosen in (named, wholes, [r for r in wholes if _same_sentence(r, rate) and r.status == "plan"]):
        if len({r.value for r in chosen}) == 1:
            return chosen[-1]
    planned = [r for r in wholes if _is_planned(r)]
    return planned[-1] if planned else None


def _is_planned(reading: Reading) -> bool:
    return reading.status == "plan" or bool(_PLANNED.search(f"{reading.of or ''} {reading.noun}"))


def _rivals(pair: tuple[Reading, Reading], earlier: Sequence[Reading]) -> bool:
    """Whether something else planned could as well be what the rate is of."""
    over, below = pair
    return any(
        r.unit == below.unit
        and (r.value or 0) >= (over.value or 0)
        and r.value not in (over.value, below.value)
        for r in earlier
        if _is_count(r) and _is_planned(r)
    )


def _as_named(rate: Reading, pairs: list[tuple[Reading, Reading]]) -> list[tuple[Reading, Reading]]:
    """Where the rate says of what it is one, only the denominators whose name is most like it."""
    text = f"{rate.of or ''} {rate.noun}"
    if not _NAMED.search(text):
        return pairs
    scores = {b.reading_id: likeness(text, b) for _, b in pairs}
    most = max(scores.values(), default=0)
    return [(a, b) for a, b in pairs if scores[b.reading_id] == most] if most else pairs


def _role(over: Reading, below: Reading, rate: Reading) -> bool:
    """The numerator stands in the sentence of the rate (or the one before), the denominator is a plan."""
    close = rate.sentence - over.sentence <= 1
    return (
        close
        and below.status in ("plan", None)
        and over.status in ("actual", None)
        and over.start != below.start
    )


def table_rates(cells: Sequence[Reading], raw: Raw) -> None:
    """Rates in the rows of a table: the columns that give most of them are held against all of them."""
    tables: dict[str, dict[int, list[Reading]]] = defaultdict(lambda: defaultdict(list))
    for cell in cells:
        tables[str(cell.of).split(":")[0]][cell.sentence].append(cell)
    for rows in tables.values():
        columns = sorted({str(c.of) for row in rows.values() for c in row if c.unit == "percent"})
        for column in columns:
            _column(column, [{str(c.of): c for c in row} for row in rows.values()], raw)


def _column(column: str, rows: Sequence[dict[str, Reading]], raw: Raw) -> None:
    """One column of rates: the pair of columns that fits more than half of at least three rows."""
    rated = [row for row in rows if column in row and (row[column].value or 0) > 0]
    votes: dict[tuple[str, str], int] = defaultdict(int)
    for row in rated:
        rate = row[column]
        slack = Decimal(1) / 2 / 10**rate.decimals + Decimal("0.0001")
        for a, over in row.items():
            for b, below in row.items():
                if a == b or not (_is_count(over) and _is_count(below)) or over.unit != below.unit:
                    continue
                votes[a, b] += _gap((over, below), rate) <= slack
    best = max(votes.items(), key=lambda item: (item[1], item[0]), default=None)
    if best is None or best[1] < 2 or best[1] * 2 <= len(rated):
        return
    for row in rated:
        top, bottom = row.get(best[0][0]), row.get(best[0][1])
        if top is not None and bottom is not None:
            raw["rate"].append(
                _row(row[column]) | {"numerator": top.reading_id, "denominator": bottom.reading_id}
            )
            raw["figure"] = [f for f in raw["figure"] if f["id"] != row[column].reading_id]
