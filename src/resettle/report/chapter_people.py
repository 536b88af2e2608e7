"""Tables of people by sex, age band, health and household size, split by class, safe to publish."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from resettle.report.basis import MOVER_CLASSES, Basis, mark_of, not_computed
from resettle.report.chapter_homes import bar_values
from resettle.report.masking import THRESHOLD, masked, masked_column, small_count
from resettle.report.sentences import say
from resettle.tables.age import age_on
from resettle.tables.page_text import cell_text, percent_text, same
from resettle.tables.pages import (
    Bar,
    Bars,
    Block,
    Cell,
    Chapter,
    Figure,
    FigureRow,
    Hidden,
    Mark,
    PageColumn,
    PageTable,
    Paragraph,
    Text,
)
from resettle.tables.people import is_here
from resettle.units import share_ppm

AGE_BANDS = (0, 6, 16, 45, 60, 75)
SIZES = (1, 2, 3, 4, 5, 6, 7)
Row = tuple[Text, str | None]
TITLES = {"sex": "sex", "_age": "age", "health": "disability", "_size": "size"}
FOUND = {"sex": (1,), "_age": (4, 5), "health": (3,)}
"""The rows a figure's title sums: women, 60 years and over, disabled."""


def _band(age: pl.Expr) -> pl.Expr:
    chosen = pl.lit(None, dtype=pl.String)
    for low in AGE_BANDS:
        chosen = pl.when(age >= low).then(pl.lit(str(low))).otherwise(chosen)
    return chosen


def persons_of(basis: Basis) -> pl.DataFrame | None:
    """Members now present of households that may move, with the class of their household."""
    movers = basis.movers()
    persons = basis.frame("person", "person_id", "household_id")
    if movers is None or persons is None:
        return None
    persons = persons.filter(is_here(persons))
    size = movers.select("household_id", "mover_class", pl.col("persons").alias("_size"))
    joined = persons.join(size, on="household_id", how="inner")
    exprs = [
        pl.when(pl.col("_size") >= SIZES[-1])
        .then(pl.lit(str(SIZES[-1])))
        .otherwise(pl.col("_size").cast(pl.String))
        .alias("_size")
    ]
    if basis.as_of is not None and "birth_date" in joined.columns:
        exprs.append(_band(age_on(pl.col("birth_date"), basis.as_of)).alias("_age"))
    return joined.with_columns(exprs)


def people(basis: Basis) -> Chapter:
    """The chapter: who the people are, small counts masked and protected."""
    frame = persons_of(basis)
    if frame is None or frame.is_empty():
        return not_computed("people", 70, "household, person, entitlement")
    mark = mark_of(basis.frame("person"), basis.frame("household"))
    counts = {k: frame.filter(pl.col("mover_class") == k).height for k in MOVER_CLASSES}
    present = [k for k in MOVER_CLASSES if counts[k]]
    splits = present if len(present) > 1 and all(counts[k] >= THRESHOLD for k in present) else []
    blocks: list[Block] = []
    if len(present) > 1 and not splits:
        blocks.append(Paragraph(say("report.people.no_split"), "note"))
    bands = [
        (
            say("report.people.age_band", low=low, high=high - 1)
            if high
            else say("report.people.age_open", low=low),
            str(low),
        )
        for low, high in zip(AGE_BANDS, (*AGE_BANDS[1:], None), strict=True)
    ]
    sizes = [
        (
            say("report.people.size_open", low=n)
            if n == SIZES[-1]
            else say("report.homes.persons_word", count=n),
            str(n),
        )
        for n in SIZES
    ]
    named = {
        "sex": [(say(f"report.people.{k}"), k) for k in ("male", "female")],
        "_age": bands,
        "health": [(say(f"report.people.{k}"), k) for k in ("healthy", "chronic", "serious", "disabled")],
        "_size": sizes,
    }
    pairs: list[Figure] = []
    for column, rows in named.items():
        if column not in frame.columns:
            continue
        table = _published(frame, column, rows, splits, say(f"report.people.{TITLES[column]}_title"), mark)
        if isinstance(table, PageTable):
            pairs.append(_figure(column, table, mark))
        else:
            blocks.append(table)
    blocks += [
        FigureRow(*pairs[i : i + 2]) if len(pairs) > i + 1 else pairs[i] for i in range(0, len(pairs), 2)
    ]
    blocks.insert(0, Paragraph(_lead(frame.height, pairs)))
    blocks.append(Paragraph(_unknowns(frame, named), "note"))
    if basis.as_of is not None and "_age" in frame.columns:
        blocks.append(Paragraph(say("report.people.age_note", date=basis.as_of), "note"))
    return Chapter("people", say("report.people.title"), tuple(blocks), order=70)


def _lead(persons: int, figures: Sequence[Figure]) -> Text:
    """What the tables count; that cells are withheld is said only where one is."""
    cells = [cell for f in figures if f.table is not None for row in f.table.rows for cell in row]
    hides = any(isinstance(cell, Hidden) and not cell.is_small for cell in cells)
    withheld = say("report.people.lead_withheld") if hides else Text("", "")
    return say("report.people.lead", persons=persons, withheld=withheld)


def _figure(column: str, table: PageTable, mark: Mark) -> Figure:
    """Bars of all together over the table by class; the title states what the printed cells let one say."""
    rows = table.rows[:-1]
    totals = bar_values([row[-1] for row in rows])
    bars = tuple(
        Bar(row[0] if isinstance(row[0], Text) else same(str(row[0])), n)
        for row, n in zip(rows, totals, strict=True)
    )
    whole, unknown = table.rows[-1][-1], _unknown_of(table)
    chart = Bars(bars, table.columns[0].head, PageColumn(say("report.head.persons"), "count"))
    told = _finding(column, totals, whole if isinstance(whole, int) else None, unknown, bars)
    return Figure(told or table.title, mark, chart, table, key=f"people_{TITLES[column]}")


def _finding(
    column: str,
    totals: Sequence[int | Hidden | None],
    whole: int | None,
    unknown: int | None,
    bars: Sequence[Bar],
) -> Text | None:
    """One sentence of a figure, from cells that are printed; ``None`` where one it needs is hidden.

    A share is of those of whom the thing is known: unknown is not a no.
    """
    if not whole or unknown is None or whole == unknown:
        return None
    if column == "_size":
        known = [(n, -at) for at, n in enumerate(totals) if isinstance(n, int)]
        most, at = max(known, default=(0, 0))
        return say("report.people.size_found", size=bars[-at].label, persons=most) if most else None
    parts = [totals[at] for at in FOUND[column]]
    if not all(isinstance(n, int) for n in parts):
        return None
    found = sum(n for n in parts if isinstance(n, int))
    share = percent_text(share_ppm(found, whole - unknown))
    told = say(f"report.people.{TITLES[column]}_found", persons=found, share=share)
    if not unknown:
        return told
    of_known = say("report.people.of_known")
    return Text(told.zh + of_known.zh, told.en + of_known.en)


def _unknown_of(table: PageTable) -> int | None:
    """The persons of the row of unknowns, 0 without one, ``None`` where it is hidden."""
    row = next((r for r in table.rows if r[0] == say("report.people.unknown")), None)
    if row is None:
        return 0
    return row[-1] if isinstance(row[-1], int) else None


def _unknowns(frame: pl.DataFrame, named: Mapping[str, Sequence[tuple[Text, str]]]) -> Text:
    """Of how many persons each property is unknown; small counts as <5."""
    parts = []
    for column, rows in named.items():
        known = [key for _, key in rows]
        lost = frame.height
        if column in frame.columns:
            lost = frame.filter(~pl.col(column).is_in(known) | pl.col(column).is_null()).height
        count = cell_text(small_count(lost), PageColumn(say("report.head.persons"), "count"))
        name = say(f"report.people.{TITLES[column]}_word")
        parts.append(say("report.people.unknown_of", name=name, count=count))
    return say(
        "report.people.unknown_note",
        parts=Text("、".join(p.zh for p in parts), ", ".join(p.en for p in parts)),
    )


def _published(
    frame: pl.DataFrame,
    column: str,
    named: list[tuple[Text, str]],
    splits: list[str],
    title: Text,
    mark: Mark,
) -> PageTable | Paragraph:
    """One table by one property; rows that hold nobody are printed as 0, unknown as a row of its own."""
    rows: list[tuple[Text, str | None]] = [*named]
    known = [key for _, key in named]
    has_unknown = not frame.filter(~pl.col(column).is_in(known) | pl.col(column).is_null()).is_empty()
    if has_unknown:
        rows.append((say("report.people.unknown"), None))
    grid: list[list[int]] = []
    for _, key in rows:
        mine = (
            frame.filter(pl.col(column) == key)
            if key is not None
            else frame.filter(~pl.col(column).is_in(known) | pl.col(column).is_null())
        )
        grid.append(
            [mine.filter(pl.col("mover_class") == k).height for k in splits] if splits else [mine.height]
        )
    try:
        cells = masked(grid) if splits else [[cell] for cell in masked_column([row[0] for row in grid])]
    except ValueError:
        return Paragraph(say("report.people.withheld_table"), "missing")
    heads = [say(f"report.people.{k}") for k in splits]
    heads.append(say("report.head.total" if splits else "report.head.persons"))
    columns = (
        PageColumn(say("report.head.group")),
        *(PageColumn(head, "count") for head in heads),
    )
    body: list[tuple[Cell, ...]] = [
        (label, *line) for (label, _), line in zip(rows, cells[: len(rows)], strict=True)
    ]
    body.append((say("report.head.total"), *cells[-1]))
    return PageTable(title, columns, tuple(body), has_total=True, mark=mark)
