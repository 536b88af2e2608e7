"""Which facts decide a result, and the smallest change that would turn it. Both verified by running it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations
from typing import Any

from resettle.policy.explain import in_words, inputs_of
from resettle.policy.interpret import Reading, Record, Trace, run_rows
from resettle.policy.names import as_value
from resettle.policy.program import Program
from resettle.policy.tree import Value
from resettle.tables import Column
from resettle.words import Language, tell

Cell = tuple[str, str, str]
"""An input cell: table, key of the row, column."""

MOST_PAIRS = 3000


@dataclass(frozen=True)
class Change:
    """One fact that would be different, with the value before and after (dates as dates)."""

    table: str
    key: str
    column: str
    before: Any
    after: Any


@dataclass(frozen=True)
class WhyNot:
    """The answer: the smallest set of changes found, and the result they give (verified)."""

    output: str
    before: Value
    after: Value
    changes: tuple[Change, ...]

    def text(self, program: Program, lang: Language) -> list[str]:
        """The answer as sentences."""
        if not self.changes:
            return [
                tell("policy.whynot.none" if self.before == self.after else "policy.whynot.already", lang)
            ]
        lines = []
        for c in self.changes:
            column = program.tables[c.table].column(c.column)
            title = c.column if column is None else (column.zh if lang == "zh" else column.en) or c.column
            kind = column.kind if column else "text"
            unit = column.unit if column else ""
            before, after = (
                in_words(as_value(v), kind, lang, unit, program.pack.currency_name(lang))
                for v in (c.before, c.after)
            )
            lines.append(tell("policy.whynot.change", lang, name=title, value=after, before=before))
        return lines


def _changed(rows: Mapping[str, Mapping[str, Record]], cells: Mapping[Cell, Any]) -> dict[str, list[Record]]:
    tables = {name: {k: dict(r) for k, r in by_key.items()} for name, by_key in rows.items()}
    for (table, key, column), value in cells.items():
        tables[table][key][column] = value
    return {name: list(by_key.values()) for name, by_key in tables.items()}


def rerun(trace: Trace, output: str, cells: Mapping[Cell, Any], key: str | None = None) -> tuple[Value, bool]:
    """A result after changing input cells: its value and whether it is provisional."""
    line = run_rows(trace.program.only([output]), _changed(trace.rows, cells)).line(output, key)
    return line.value, line.provisional


def deciding(trace: Trace, output: str, key: str | None = None) -> list[Reading]:
    """The input cells that decide a result.

    A cell decides if the result does not survive its erasure. By the law that filling in an unknown never
    changes a known result, a cell whose erasure leaves the result standing cannot change it by any value;
    one whose erasure does not is named. For an unknown result: the unknown cells one of whose values makes
    it known.
    """
    line = trace.line(output, key)
    found: list[Reading] = []
    for reading in inputs_of(trace, line):
        cell = (reading.table, reading.key, reading.name)
        if line.value is None:
            if reading.value is None and any(
                rerun(trace, output, {cell: v}, key)[0] is not None for v in _alternatives(trace, cell)
            ):
                found.append(reading)
        elif rerun(trace, output, {cell: None}, key) != (line.value, line.provisional):
            found.append(reading)
    return found


def why_not(
    trace: Trace, output: str, wanted: Value = True, key: str | None = None, fixed: Sequence[str] = ()
) -> WhyNot:
    """The smallest change of a household's own facts that gives the wanted result.

    Single changes first, in the order of the rules that read them, then pairs. Every answer has been run.

    Args:
        wanted: the result asked for (``True`` for a refusal).
        fixed: columns that nobody may change (a date of birth).

    Returns an answer without changes where the result is already so, or where none was found.
    """
    program = trace.program.only([output])
    line = trace.line(output, key)
    if line.value == wanted:
        return WhyNot(output, line.value, wanted, ())
    cells = [(r.table, r.key, r.name) for r in inputs_of(trace, line) if r.name not in fixed]
    cells = [c for c in cells if not c[2].endswith("_listed")]
    options = {c: list(_alternatives(trace, c)) for c in cells}

    def tried(changes: Mapping[Cell, Any]) -> WhyNot | None:
        result = run_rows(program, _changed(trace.rows, changes)).line(output, key).value
        if result != wanted:
            return None
        named = tuple(Change(*c, trace.rows[c[0]][c[1]].get(c[2]), v) for c, v in changes.items())
        return WhyNot(output, line.value, result, named)

    for cell in cells:
        for option in options[cell]:
            if (found := tried({cell: option})) is not None:
                return found
    for number, changes in enumerate(_pairs(cells, options)):
        if number >= MOST_PAIRS:
            break
        if (found := tried(changes)) is not None:
            return found
    return WhyNot(output, line.value, line.value, ())


def _pairs(cells: Sequence[Cell], options: Mapping[Cell, Sequence[Any]]) -> Iterator[dict[Cell, Any]]:
    for a, b in combinations(cells, 2):
        for x in options[a]:
            for y in options[b]:
                yield {a: x, b: y}


def _alternatives(trace: Trace, cell: Cell) -> Iterator[Any]:
    """Other values a cell could have: its list, or the values around the parameters of its unit."""
    table, key, name = cell
    column = trace.program.tables[table].column(name)
    now = trace.rows[table].get(key, {}).get(name)
    if column is None:
        return
    for option in _values(trace.program, column, now):
        if option != now:
            yield option


def _values(program: Program, column: Column, now: Any) -> list[Any]:
    if column.kind == "boolean":
        return [True, False]
    if column.kind == "text":
        return list(column.allowed)
    if column.kind == "date":
        base = now or program.as_of
        steps = (1, -1, 366, -366, 3660, -3660, 7320, -7320, 29_280, -29_280)
        days = [base + timedelta(days=s) for s in steps if date.min.toordinal() < base.toordinal() + s]
        return [d for d in days if date(1850, 1, 1) <= d <= date(2200, 12, 31)]
    low, high = column.low or 0, column.high if column.high is not None else 10**12
    numbers = {low, high, *(v + d for v in _numbers(program) for d in (-1, 0, 1))}
    if now is not None:
        numbers |= {now - 1, now + 1}
    start = now if now is not None else low
    return sorted((n for n in numbers if low <= n <= high), key=lambda n: (abs(n - start), n))


def _numbers(program: Program) -> set[int]:
    """The thresholds a number can be near: scalar parameters in force."""
    return {v for v in program.values.values() if isinstance(v, int) and not isinstance(v, bool)}
