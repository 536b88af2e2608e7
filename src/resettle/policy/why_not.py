"""Which facts decide a result, and the smallest change that would turn it. Both verified by running it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain, combinations, islice, product
from typing import Any

from resettle.policy.again import Again, Cell, changed
from resettle.policy.explain import cone, inputs_of, settled_by
from resettle.policy.interpret import Line, Reading, Record, Trace, run_rows
from resettle.policy.names import as_value
from resettle.policy.program import Program, names_in
from resettle.policy.said import said
from resettle.policy.tree import Value
from resettle.tables import Column
from resettle.words import Language, tell

MOST_PAIRS = 3000
SOME_SUMS = 60
"""Numbers made of what rules on the way came to that are tried last."""
SOME_VALUES, SOME_ROWS = 4, 300
"""Values of a column, and rows made of them, that are tried where the row itself is not there."""
READ_FROM = "?"
"""Key of the row that is put in where none is known, to see whether any would do."""


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
                said(program.pack, c.column, as_value(v), kind, lang, unit) for v in (c.before, c.after)
            )
            lines.append(tell("policy.whynot.change", lang, name=title, value=after, before=before))
            lines.append(settled_by(program.pack.proof_of(c.table, c.column, lang), lang))
        return lines


def _again(trace: Trace, output: str) -> Again:
    """The part of a case that a result rests on, kept with the trace."""
    if output not in trace.reruns:
        trace.reruns[output] = Again(trace.program.only([output]), trace.rows)
    again: Again = trace.reruns[output]
    return again


def rerun(trace: Trace, output: str, cells: Mapping[Cell, Any], key: str | None = None) -> tuple[Value, bool]:
    """A result after changing input cells: its value and whether it is provisional."""
    line = _again(trace, output).line(output, cells, key)
    return line.value, line.provisional


def deciding(trace: Trace, output: str, key: str | None = None) -> list[Reading]:
    """The input cells that decide a result.

    A known result: the cells one other value of which gives another result; that value has been run. Most cells
    need no trial: by the law that filling in an unknown never changes a known result, a cell whose erasure
    leaves the result standing cannot change it by any value. An unknown result: the unknown cells one of whose
    values makes it known. Where the row above is not there (a household whose village is unknown), the cell
    that should lead to it stands for all that would be read there.
    """
    line = trace.line(output, key)
    found: list[Reading] = []
    for reading in inputs_of(trace, line):
        cell = (reading.table, reading.key, reading.name)
        if reading.key not in trace.rows[reading.table]:
            continue
        elif line.value is None:
            if reading.value is None and any(
                rerun(trace, output, {cell: v}, key)[0] is not None for v in _alternatives(trace, cell)
            ):
                found.append(reading)
        elif rerun(trace, output, {cell: None}, key) != (line.value, line.provisional) and _moves(
            trace, line, cell
        ):
            found.append(reading)
    if line.value is None:
        read = {
            (r.table, r.key) for place in cone(trace, line) for r in trace.lines[place].readings if r.table
        }
        for table, missing in sorted(read):
            if missing not in trace.rows[table]:
                found += _leading_to(trace, line, table, missing)
    return found


def _moves(trace: Trace, line: Line, cell: Cell) -> bool:
    """Whether another value of a cell gives another result; taken for granted of free text, which has no list."""
    column = trace.program.tables[cell[0]].column(cell[2])
    if column is not None and column.kind == "text" and not column.allowed:
        return True
    return next(witnesses(trace, line.step.name, cell, line.key), None) is not None


def witnesses(trace: Trace, output: str, cell: Cell, key: str | None = None) -> Iterator[Any]:
    """Other values of a cell that give another result, each of them run; near ones first."""
    line = trace.line(output, key)
    for value in chain(_alternatives(trace, cell), _wider(trace, line, cell)):
        if rerun(trace, output, {cell: value}, key)[0] != line.value:
            yield value


def _wider(trace: Trace, line: Line, cell: Cell) -> Iterator[Any]:
    """Further values of a number or a date, for a result that only a narrow range of them changes: days of two
    centuries; what a rule on the way came to, alone and with another such value or a parameter added."""
    column = trace.program.tables[cell[0]].column(cell[2])
    if column is not None and column.kind == "date":
        yield from (date(year, 1, 1) for year in range(1900, 2101, 4))
    elif column is not None and column.kind == "integer":
        low, high = column.low or 0, column.high if column.high is not None else 10**12
        on_the_way = {r.value for place in cone(trace, line) for r in trace.lines[place].readings}
        reached = sorted({v for v in on_the_way if isinstance(v, int) and not isinstance(v, bool)})[
            :SOME_ROWS
        ]
        sums = {
            a + sign * b + d for a in reached for b in [0, *reached[:20]] for sign in (1, -1) for d in (0, 1)
        }
        now = trace.rows[cell[0]][cell[1]].get(cell[2]) or 0
        yield from sorted((n for n in sums if low <= n <= high), key=lambda n: (abs(n - now), n))[:SOME_SUMS]


def _leading_to(trace: Trace, line: Line, table: str, missing: str) -> list[Reading]:
    """The cells that should lead to a row that is not there, where some row there would make the result known."""
    program = trace.program.only([line.step.name])
    link = {n: t.link for n, t in program.tables.items() if t.parent == table}
    leading = [
        Reading(link[n], "column", n, k, as_value(r.get(link[n])))
        for n in link
        for k, r in trace.rows[n].items()
        if str(r.get(link[n])) == missing
    ]
    names = {
        n.name for s in program.steps for n in names_in(s.tree) if (n.table, n.origin) == (table, "column")
    }
    columns = [c for name in sorted(names) if (c := program.tables[table].column(name)) is not None]
    choices = [_values(program, c, None)[:SOME_VALUES] for c in columns]
    for values in islice(product(*choices), SOME_ROWS):
        led = changed(trace.rows, {(r.table, r.key, r.name): READ_FROM for r in leading})
        rows: dict[str, list[Record]] = {name: list(by_key.values()) for name, by_key in led.items()}
        given = {c.name: v for c, v in zip(columns, values, strict=True)}
        rows[table] = [{**given, program.tables[table].key: READ_FROM}]
        if run_rows(program, rows).line(line.step.name, line.key).value is not None:
            return leading
    return []


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
    line = trace.line(output, key)
    if line.value == wanted:
        return WhyNot(output, line.value, wanted, ())
    cells = [(r.table, r.key, r.name) for r in inputs_of(trace, line) if r.name not in fixed]
    cells = [c for c in cells if c[1] in trace.rows[c[0]] and not c[2].endswith("_listed")]
    options = {c: list(_alternatives(trace, c)) for c in cells}

    def tried(changes: Mapping[Cell, Any]) -> WhyNot | None:
        result = rerun(trace, output, changes, key)[0]
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
        days += [date(1850, 1, 1), date(2200, 12, 31)]
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
