"""The answer to a roster: the user's own heads and rows with the offending cells marked, and a summary.

Nothing a user typed can become a formula: every cell is written as text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import xlsxwriter

from resettle.problems import Problem
from resettle.store.text_page import TextPage
from resettle.tables import HOUSEHOLD, PERSON
from resettle.tables.grid import OWN_PAGES, Sheet, column_letters
from resettle.words import Language, explain_problem, sentences, tell

CREATED = datetime(2016, 1, 1)
SHEET_NAME_LENGTH = 31
SEARCHED_ROWS = 45
HEAD_ROWS = 6
PLACE = ("file", "sheet", "row")
Told = tuple[Problem, str, str]
"""A problem with what is wrong and what to do, put into words once for every page that says it."""


def write_problems(
    path: Path,
    sheets: Sequence[Sheet],
    quarantine: pl.DataFrame,
    problems: Sequence[Problem],
    counts: Mapping[str, int],
    cells: pl.DataFrame,
    language: Language = "zh",
    visits: pl.DataFrame | None = None,
) -> None:
    """Write ``problems.xlsx``.

    Args:
        sheets: as they were read.
        quarantine, problems, counts, cells: of the registry's result.
        language: of sentences; heads and rows stand as the user wrote them.
        visits: households to visit first with their reasons, and ``village``, its name.
    """
    book = xlsxwriter.Workbook(
        str(path), {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    try:
        book.set_properties({"created": CREATED})
        styles = {
            "head": book.add_format({"bold": True, "text_wrap": True, "border": 1, "valign": "top"}),
            "bad": book.add_format({"bg_color": "#F8D7DA", "border": 1}),
            "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
        }
        told = [(problem, *explain_problem(problem, language)) for problem in problems]
        by_row = _by_row(told)
        villages = _villages(sheets, cells)
        _summary(book, told, quarantine, counts, villages, language, styles)
        own = ("sheet_summary", "sheet_visits", "sheet_heads", "sheet_answers")
        used = {tell(f"registry.{name}", language).lower() for name in own}
        for sheet in sheets:
            rows = quarantine.filter((pl.col("file") == sheet.file) & (pl.col("sheet") == sheet.name)).sort(
                "row"
            )
            if rows.height:
                page = book.add_worksheet(
                    _sheet_name(tell("registry.sheet_rows", language, sheet=sheet.name or sheet.file), used)
                )
                _write_rows(page, sheet, rows, by_row, cells, language, styles)
        if visits is not None and visits.height:
            _write_visits(book, _with_villages(visits, villages), language, styles)
        _write_heads(book, cells, language, styles)
        _write_answers(book, told, language, styles)
    finally:
        book.close()


def _by_row(told: Iterable[Told]) -> dict[tuple[str, str, int], list[Told]]:
    found: dict[tuple[str, str, int], list[Told]] = {}
    for entry in told:
        problem = entry[0]
        if problem.row is not None and problem.severity in ("error", "warning"):
            found.setdefault((problem.file or "", problem.sheet or "", problem.row), []).append(entry)
    return found


def _sheet_name(wanted: str, used: set[str]) -> str:
    """A name that a workbook allows and that is not taken.

    >>> _sheet_name("a/b:c", set()), _sheet_name("X", {"x"})
    ('a_b_c', 'X 2')
    """
    name = "".join("_" if c in "[]:*?/\\" else c for c in wanted)[: SHEET_NAME_LENGTH - 4].strip("'")
    result, number = name, 1
    while result.lower() in used:
        number += 1
        result = f"{name} {number}"
    used.add(result.lower())
    return result


def _write_rows(
    page: Any,
    sheet: Sheet,
    rows: pl.DataFrame,
    by_row: Mapping[tuple[str, str, int], list[Told]],
    cells: pl.DataFrame,
    language: Language,
    styles: Mapping[str, Any],
) -> None:
    """The heads as they stand, then each waiting row as shown, then reference, what is wrong, what to do."""
    own = cells.filter((pl.col("file") == sheet.file) & (pl.col("sheet") == sheet.name))
    places = dict(own.select("head", "column").iter_rows())
    first = int(rows["row"][0])
    head_rows = _head_rows(sheet, first - 1, places)
    width = sheet.cells.width
    for number, row in enumerate(head_rows):
        for column, text in enumerate(sheet.cells.row(row)):
            if text is not None:
                page.write_string(number, column, text, styles["head"])
    top = max(len(head_rows), 1)
    # A row stands alone here: what a merged cell above said of it must come along.
    shown = sheet.filled(head_rows[-1] + 1 if head_rows else 0)[(rows["row"] - 1).to_list()].rows()
    for offset, key in enumerate(("reference", "row", "what", "remedy", "nearest")):
        page.write_string(top - 1, width + offset, tell(f"registry.{key}", language), styles["head"])
    for number, (row, reference) in enumerate(rows.select("row", "reference").iter_rows()):
        found = by_row.get((sheet.file, sheet.name, row), [])
        marked = {places.get(p.column or "") for p, _, _ in found if p.severity == "error"}
        for column, text in enumerate(shown[number]):
            if text is not None or column in marked:
                page.write_string(
                    top + number, column, text or "", styles["bad"] if column in marked else None
                )
        answers = (
            reference,
            str(row),
            "\n".join(what for _, what, _ in found),
            "\n".join(remedy for _, _, remedy in found),
            "\n".join(p.nearest for p, _, _ in found if p.nearest),
        )
        for offset, text in enumerate(answers):
            page.write_string(top + number, width + offset, text, styles["wrap"])
    page.set_column(width + 2, width + 4, 40)
    page.freeze_panes(top, 0)
    _set_up(page)


def _head_rows(sheet: Sheet, before: int, places: Mapping[str, int]) -> list[int]:
    """The rows of the heads: the one that holds most of their words, and those beside it that hold any."""
    parts = {part for head in places for part in head.split(" / ")}
    held = [
        sum(text is not None and text.strip() in parts for text in sheet.cells.row(row))
        for row in range(min(before, SEARCHED_ROWS))
    ]
    if not any(held):
        return []
    first = last = held.index(max(held))
    while first > 0 and held[first - 1]:
        first -= 1
    # A group's name stands above the heads, never a household: below, a row must hold as much as two words.
    while last + 1 < len(held) and held[last + 1] > 1:
        last += 1
    return list(range(first, last + 1))[:HEAD_ROWS]


def _villages(sheets: Sequence[Sheet], cells: pl.DataFrame) -> pl.DataFrame:
    """The village cell of every row, as shown: ``file sheet row shown``."""
    found = [
        pl.DataFrame(schema={"file": pl.String, "sheet": pl.String, "row": pl.Int64, "shown": pl.String})
    ]
    for file, name, column in (
        cells.filter(pl.col("field") == "village").select("file", "sheet", "column").iter_rows()
    ):
        sheet = next(s for s in sheets if (s.file, s.name) == (file, name))
        found.append(
            sheet.filled().select(
                pl.lit(file).alias("file"),
                pl.lit(name).alias("sheet"),
                pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("row"),
                pl.col(f"c{column}").alias("shown"),
            )
        )
    return pl.concat(found).drop_nulls("shown")


def _summary(
    book: Any,
    told: Sequence[Told],
    quarantine: pl.DataFrame,
    counts: Mapping[str, int],
    villages: pl.DataFrame,
    language: Language,
    styles: Mapping[str, Any],
) -> None:
    page = book.add_worksheet(tell("registry.sheet_summary", language))
    page.set_column(0, 0, 40)
    page.set_column(2, 2, 90)
    _set_up(page)
    line = 0
    page.write_string(line, 0, tell(f"registry.{OWN_PAGES['summary'][0]}", language), styles["head"])
    for name in ("read", "accepted", "joined", "quarantined", "set_aside"):
        line += 1
        page.write_string(line, 0, tell(f"registry.{name}", language))
        page.write_number(line, 1, counts[name])
    places = quarantine.select(PLACE).join(villages, on=PLACE, how="left")
    unknown = tell("common.unknown", language)
    kinds: Counter[str] = Counter()
    first: dict[str, str] = {}
    for p, what, _ in told:
        kind = _kind(p, language)
        kinds[kind] += 1
        first.setdefault(kind, what)
    blocks = (
        ("by_kind", kinds),
        ("by_sheet", Counter(f"{file} {sheet}".strip() for file, sheet, _, _ in places.iter_rows())),
        ("by_village", Counter(places["shown"].fill_null(unknown))),
    )
    for title, counted in blocks:
        line += 2
        page.write_string(line, 0, tell(f"registry.{title}", language), styles["head"])
        for name, count in sorted(counted.items(), key=lambda item: (-item[1], item[0])):
            line += 1
            page.write_string(line, 0, name)
            page.write_number(line, 1, count)
            if title == "by_kind":  # a kind is for counting; a sentence says what it is about
                page.write_string(
                    line, 2, tell("registry.for_example", language, what=first[name]), styles["wrap"]
                )


def _kind(problem: Problem, language: Language) -> str:
    """Severity and kind in words, as the summary counts them."""
    return f"{tell(f'registry.{problem.severity}', language)}  {kind_of(problem.code, language)}"


def _set_up(page: Any) -> None:
    """A4 across, as wide as the columns are, so that a print shows a row on one sheet."""
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)


def _write_answers(book: Any, told: Sequence[Told], language: Language, styles: Mapping[str, Any]) -> None:
    """Every problem, those of whole files and sheets too."""
    page = book.add_worksheet(tell("registry.sheet_answers", language), worksheet_class=TextPage)
    for column, key in enumerate(OWN_PAGES["answers"]):
        page.write_string(0, column, tell(f"registry.{key}", language), styles["head"])
    severity = {
        name: tell(f"registry.{name}", language) for name in {problem.severity for problem, _, _ in told}
    }
    lines = [
        (
            p.file,
            p.sheet,
            None if p.row is None else str(p.row),
            p.column,
            severity[p.severity],
            what,
            remedy,
            p.nearest,
        )
        for p, what, remedy in told
    ]
    names = OWN_PAGES["answers"]
    page.write_texts(1, pl.DataFrame(lines, dict.fromkeys(names, pl.String), orient="row"), styles["wrap"])
    for column, width in enumerate((14, 18, 8, 22, 9, 55, 55, 24)):
        page.set_column(column, column, width)
    page.freeze_panes(1, 0)
    page.repeat_rows(0)
    _set_up(page)


def kind_of(code: str, language: Language) -> str:
    """A kind of problem in a few words; the code where nobody has worded it.

    >>> kind_of("registry.id_malformed", "zh"), kind_of("policy.fact_absent", "en")
    ('证件号码无效', 'about the rules')
    """
    name = "rules" if code.startswith("policy.") else code.removeprefix("registry.")
    return (
        tell(f"registry.kinds.{name}", language) if f"registry.kinds.{name}" in sentences(language) else code
    )


def _with_villages(visits: pl.DataFrame, villages: pl.DataFrame) -> pl.DataFrame:
    """Where no code of the village is known, the village as the roster writes it."""
    if "source_row" not in visits.columns or not villages.height:
        return visits
    shown = visits.join(
        villages,
        left_on=[f"source_{name}" for name in PLACE],
        right_on=PLACE,
        how="left",
        maintain_order="left",
    )
    return shown.with_columns(
        pl.coalesce(pl.col("village").replace("", None), "shown").alias("village")
    ).drop("shown")


def _write_visits(book: Any, visits: pl.DataFrame, language: Language, styles: Mapping[str, Any]) -> None:
    """By village, the gravest first: one line a household, its reasons in words."""
    page = book.add_worksheet(tell("registry.sheet_visits", language), worksheet_class=TextPage)
    for column, key in enumerate(OWN_PAGES["visits"]):
        page.write_string(0, column, tell(f"registry.{key}", language), styles["head"])
    comma = "；" if language == "zh" else "; "
    told_by = [name for name in (f"fact_{language}", f"paper_{language}") if name in visits.columns]
    kinds = visits.select("reason", "fact", *told_by).unique()
    words = [_why(row, language) for row in kinds.iter_rows(named=True)]
    told = visits.join(
        kinds.select("reason", "fact", pl.Series("why", words, dtype=pl.String)),
        on=["reason", "fact"],
        how="left",
        nulls_equal=True,
        maintain_order="left",
    )
    rows = told.group_by("village_code", "household_id", maintain_order=True).agg(
        pl.col("village").first(), pl.col("head_name").first(), pl.col("why").str.join(comma)
    )
    village = pl.when(pl.col("village") != "").then("village").otherwise("village_code")
    page.write_texts(1, rows.select(village, "household_id", "head_name", "why"), styles["wrap"])
    page.set_column(0, 2, 18)
    page.set_column(3, 3, 70)
    page.freeze_panes(1, 0)
    page.repeat_rows(0)
    _set_up(page)


def _why(row: Mapping[str, Any], language: Language) -> str:
    """One reason in words; of a missing fact also the paper that settles it, where the pack names one."""
    reason, fact = row["reason"], row["fact"]
    titles = {c.name: (c.zh if language == "zh" else c.en) or c.name for c in HOUSEHOLD.columns}
    what = row.get(f"fact_{language}") or titles.get(fact, fact)
    what = kind_of(fact, language) if reason == "problem" else what
    said = tell(f"registry.visit_{reason}", language, what=what, fact=what)
    paper = row.get(f"paper_{language}")
    return tell("registry.visit_paper", language, why=said, paper=paper) if paper else said


def _write_heads(book: Any, cells: pl.DataFrame, language: Language, styles: Mapping[str, Any]) -> None:
    """What each head was taken for, so that a wrong one is seen."""
    page = book.add_worksheet(tell("registry.sheet_heads", language))
    for column, key in enumerate(OWN_PAGES["heads"]):
        page.write_string(0, column, tell(f"registry.{key}", language), styles["head"])
    words = sentences(language)
    titles = {
        c.name: (c.zh if language == "zh" else c.en) or c.name for c in (*PERSON.columns, *HOUSEHOLD.columns)
    }
    for line, row in enumerate(cells.iter_rows(named=True), 1):
        own = f"registry.keys.{row['field']}"
        meant = tell(own, language) if own in words else titles.get(row["field"], row["field"])
        shown = (row["file"], row["sheet"], column_letters(row["column"]), row["head"], meant, row["unit"])
        for column, text in enumerate(shown):
            if text:
                page.write_string(line, column, text)
    page.set_column(0, 5, 24)
    page.freeze_panes(1, 0)
    _set_up(page)


def cell_address(cells: pl.DataFrame, file: str, sheet: str, row: int, field: str) -> str | None:
    """The cell of the user's sheet a value came from, such as ``H12``; ``None`` where no column held it."""
    found = cells.filter((pl.col("file") == file) & (pl.col("sheet") == sheet) & (pl.col("field") == field))
    return f"{column_letters(found['column'][0])}{row}" if found.height else None
