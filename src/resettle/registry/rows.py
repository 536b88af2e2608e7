"""From a sheet with its heads to typed rows: merged cells filled, totals and signatures set aside."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from resettle.methods.nearest import Choices
from resettle.problems import Problem
from resettle.registry.blocks import blocks_of
from resettle.registry.english import MARK
from resettle.registry.faults import Book, faults
from resettle.registry.fields import Field, fold
from resettle.registry.heads import Heads
from resettle.registry.values import read_column
from resettle.tables.grid import OWN_PAGES, Sheet
from resettle.words import LANGUAGES, tell

FURNITURE = (
    r"^\s*(合\s*计|总\s*计|小\s*计|共\s*计|累\s*计|汇\s*总|total|sum|subtotal|grand total|制\s*表|填\s*表|填报|审\s*核|"
    r"承上页|接上页|转下页|续表|共\s*\d+\s*户|负责人|经办|联\s*系\s*(人|电话)|电\s*话|第\s*\d+\s*页|page \d+|签\s*字|签\s*章|盖\s*章|主要领导|单位负责|日期\s*[:：]|注\s*[:：]|说明\s*[:：]|备注\s*[:：]|单位\s*[:：]|"
    r"prepared by|checked by|signature|approved by|notes?\s*:)"
)
"""How rows begin that are no household's: totals, signatures, notes below the list."""
SUMS = r"(小\s*计|合\s*计|总\s*计|subtotal|total)\s*([（(].*)?[:：]?$"
"""How a sum between groups ends: 水磨村小计."""
NOTE = r"^\s*[（(]?\d{1,2}[)）.、．]\s*\D|^\s*\d{4}\s*年\s*\d{1,2}\s*月\s*(\d{1,2}\s*日)?\s*$"
"""How a numbered note or a lone date below a list reads; only where a row holds nothing else."""
BAND = r"^.{1,20}(村|社区|村民委员会|居民委员会|村委会|居委会)(\s*[（(].{1,12}[)）])?$|(?i)^.{2,40}\bvillage$"
"""How a row reads that stands over the households of a village."""
_SAID = ("同上", "同前", "〃", "″", "ditto", "do.", "idem", "as above")
DITTO = sorted(
    {form for text in _SAID for form in (text, text.capitalize(), text.upper(), f"{text} ", f" {text}")}
)
"""How a cell says that it repeats the one above it."""
SPECIAL = frozenset({"household_key", "identity"})


def body_of(sheet: Sheet, heads: Heads) -> pl.DataFrame:
    """The rows under the heads that hold anything, with ``_row`` as the user counts; merged cells filled."""
    start = heads.last + 1
    frame = sheet.filled(start)
    texts = list(frame.columns)
    body = frame.slice(start).with_columns(pl.int_range(start + 1, start + 1 + pl.len()).alias("_row"))
    return filled_rows(body) if texts else body


def filled_rows(frame: pl.DataFrame) -> pl.DataFrame:
    """The rows of which a cell holds more than white space; ``_row`` is no cell."""
    texts = [c for c in frame.columns if c != "_row"]
    if not texts:
        return frame.clear()
    filled = pl.any_horizontal(pl.col(c).str.strip_chars().str.len_chars() > 0 for c in texts)
    return frame.filter(filled.fill_null(False))


def split_furniture(
    body: pl.DataFrame, heads: Heads, titles: frozenset[str] = frozenset()
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Households' rows, and rows that only look like rows: totals, signatures, heads and titles printed again.

    Args:
        titles: the texts that stand alone above the heads, as they come again on every printed page.
    """
    texts = [c for c in body.columns if c != "_row"]
    if not texts or not body.height:
        return body, body.clear()
    stripped = body[texts[0]].str.strip_chars()
    for column in texts[1:]:  # a row's first text mostly stands in its first column
        empty = stripped.is_null() | (stripped == "")
        if not empty.any():
            break
        stripped = stripped.zip_with(~empty, body[column].str.strip_chars())
    body = body.with_columns(stripped.replace("", None).alias("_first"))
    first = pl.col("_first")
    identity = next((f"c{c}" for c, name in heads.fields.items() if name == "identity"), None)
    names = next((f"c{c}" for c, name in heads.fields.items() if name in ("name", "head_name")), None)
    nameless = pl.lit(True)
    if identity:
        nameless = ~pl.col(identity).str.contains(r"\d{4}").fill_null(False)
    elif names:
        nameless = pl.col(names).is_null() | (pl.col(names).str.strip_chars() == first)
    is_long = first.str.len_chars() > 20
    again = pl.lit(False)
    for number in list(heads.fields)[:3]:
        again = again | (pl.col(f"c{number}").str.strip_chars() == heads.paths[number][-1])
    # Few rows are nameless, long or begin as the heads do: only those are looked at closely.
    odd = body.select((nameless | is_long | again).fill_null(True)).to_series()
    filled = pl.sum_horizontal(pl.col(c).is_not_null().cast(pl.Int32) for c in texts)
    many = pl.sum_horizontal(
        (pl.col(f"c{c}").str.strip_chars() == heads.paths[c][-1]).fill_null(False).cast(pl.Int32)
        for c in heads.fields
    ) >= max(2, len(heads.fields) // 2)
    is_furniture = (
        first.str.to_lowercase().str.contains(FURNITURE) | first.str.to_lowercase().str.contains(SUMS)
    ) & nameless
    alone = (filled == 1) & (is_long | first.str.contains(NOTE) | first.is_in(list(titles)))
    aside = (is_furniture | alone | (again & many)).fill_null(False)
    rows = body.filter(odd).filter(aside)["_row"]
    kept = ~pl.col("_row").is_in(rows.implode())
    body = body.drop("_first")
    return body.filter(kept), body.filter(~kept)


def _titles(sheet: Sheet, heads: Heads) -> frozenset[str]:
    above = sheet.cells.head(heads.first).iter_rows()
    return frozenset(
        texts[0] for row in above if len(texts := [t.strip() for t in row if t and t.strip()]) == 1
    )


def level_of(heads: Heads, fields: Mapping[str, Field], body: pl.DataFrame) -> str:
    """Whether rows are persons or households: a relation to the head says persons."""
    meant = set(heads.fields.values())
    if "relation" in meant:
        return "person"
    keys = [f"c{c}" for c, name in heads.fields.items() if name == "household_key"]
    repeats = bool(keys) and body[keys[0]].drop_nulls().is_duplicated().any()
    if "name" in meant and repeats:
        return "person"
    own = {n for n in meant if fields[n].level == "person"}
    own_of_households = {n for n in meant if fields[n].level == "household"} - {"is_synthetic", "phone"}
    return "person" if own and not own_of_households and "name" in meant else "household"


def read_rows(
    sheet: Sheet, heads: Heads, fields: Mapping[str, Field], book: Book, first_rid: int
) -> tuple[str, pl.DataFrame]:
    """Type every column of a sheet; returns its level and rows with ``rid``, one column a field.

    Keys (``household_key``, ``identity``) stay as shown; the checks read them with the pack's grammar.
    """
    body, aside = split_furniture(body_of(sheet, heads), heads, _titles(sheet, heads))
    level = level_of(heads, fields, body)
    book.set_aside += aside.height
    if aside.height:
        book.problems.append(
            Problem(
                "registry.rows_set_aside",
                "info",
                file=sheet.file,
                sheet=sheet.name or None,
                row=int(aside["_row"][0]),
                values={"count": aside.height, "rows": ", ".join(str(r) for r in aside["_row"].head(10))},
            )
        )
    body, villages = _without_bands(sheet, body, heads, book)
    body = _without_dittos(sheet, body, heads, book)
    body = body.with_columns(pl.int_range(first_rid, first_rid + pl.len(), dtype=pl.Int64).alias("rid"))
    book.rows.append(
        body.select(
            "rid",
            pl.lit(sheet.file).alias("file"),
            pl.lit(sheet.name).alias("sheet"),
            pl.col("_row").cast(pl.Int64).alias("row"),
            pl.lit(level).alias("level"),
        )
    )
    book.found.append(_names_alone(body, heads, level))
    columns: dict[str, pl.Series] = {"rid": body["rid"]}
    for column, name in heads.fields.items():
        field = fields[name]
        shown = _named(body, heads) if name == "name" and heads.name_parts else body[f"c{column}"]
        currency = heads.currencies.get(column)
        if field.kind == "money" and currency and field.unit and currency != field.unit:
            book.problems.append(
                Problem(
                    "registry.head_currency",
                    "warning",
                    file=sheet.file,
                    sheet=sheet.name or None,
                    row=heads.last + 1,
                    column=heads.shown(column),
                    value=currency,
                    nearest=field.unit,
                )
            )
            continue
        if name in SPECIAL:
            columns[name] = shown
            continue
        values, found = read_column(shown, field, heads.units.get(column, ""))
        found = _said_once(book, sheet, heads, column, found)
        _note_faults(book, body["rid"], shown, found, field)
        columns[name] = _in_range(book, body["rid"], shown, values, field)
    if villages is not None:
        columns["village"] = villages
    keys = columns.get("household_key")
    if level == "person" and "relation" in columns and (keys is None or keys.null_count()):
        block = blocks_of(sheet, heads, body["_row"], columns["relation"])
        if block is not None:
            columns["_block"] = block
    return level, pl.DataFrame(columns)


def _names_alone(body: pl.DataFrame, heads: Heads, level: str) -> pl.DataFrame:
    """Rows of persons that hold a name and nothing else of what the list asks: a person, or a remark in that column."""
    others = [c for c, name in heads.fields.items() if name != "name" and c not in heads.name_parts.values()]
    names = [c for c, name in heads.fields.items() if name == "name"]
    if level != "person" or not names or len(others) < 2:
        return faults(body, pl.lit(False), "name_alone", "error", "name")
    said = pl.any_horizontal(pl.col(f"c{c}").str.strip_chars().str.len_chars() > 0 for c in others)
    named = pl.col(f"c{names[0]}")
    return faults(body, named.is_not_null() & ~said.fill_null(False), "name_alone", "error", "name", named)


def _named(body: pl.DataFrame, heads: Heads) -> pl.Series:
    """Names from their parts: as one word in Chinese, surname first; else given names before the surname."""
    parts = [pl.col(f"c{heads.name_parts[p]}").str.strip_chars() for p in heads.name_parts]
    known = {p: e.replace("", None) for p, e in zip(heads.name_parts, parts, strict=True)}
    family, given = known.get("surname"), [known[p] for p in ("given_name", "middle_name") if p in known]
    if family is None:
        spaced = pl.concat_str(given, separator=" ", ignore_nulls=True)
        return body.select(spaced.replace("", None).alias("name")).to_series()
    spaced = pl.concat_str([*given, family], separator=" ", ignore_nulls=True)
    joined = pl.concat_str([family, *reversed(given)], ignore_nulls=True)
    is_han = joined.str.contains(r"^\p{Han}+$")
    name = pl.when(is_han).then(joined).otherwise(spaced).replace("", None)
    return body.select(name.alias("name")).to_series()


def _without_dittos(sheet: Sheet, body: pl.DataFrame, heads: Heads, book: Book) -> pl.DataFrame:
    """Cells that say ditto as the cell above; never a number of identity, which two people cannot share."""
    columns = [f"c{c}" for c, name in heads.fields.items() if name not in ("identity", "name")]
    said = [pl.col(c).is_in(DITTO).fill_null(False) for c in columns]
    if not columns or not body.select(pl.any_horizontal(said).any()).item():
        return body
    count = int(body.select(pl.sum_horizontal(e.cast(pl.Int64) for e in said).sum()).item())
    words = {text.strip() for c in columns for text in body[c].unique() if text in DITTO}
    book.problems.append(
        Problem(
            "registry.ditto",
            "info",
            file=sheet.file,
            sheet=sheet.name or None,
            value="、".join(sorted(words)),
            values={"count": count},
        )
    )
    # An empty cell above a ditto is what the ditto repeats: only dittos are filled, and only from the nearest other cell.
    own = [
        pl.when(~e).then(pl.coalesce(pl.col(c), pl.lit(""))).alias(c)
        for c, e in zip(columns, said, strict=True)
    ]
    return body.with_columns(own).with_columns(pl.col(columns).forward_fill().replace("", None))


def _without_bands(
    sheet: Sheet, body: pl.DataFrame, heads: Heads, book: Book
) -> tuple[pl.DataFrame, pl.Series | None]:
    """The rows without those that hold a village's name alone, and the village each row stands under.

    Only in a list without a column of villages; rows above the first such band have none. It is said.
    """
    if not body.height or any(name.startswith("village") for name in heads.fields.values()):
        return body, None
    texts = [c for c in body.columns if c != "_row"]
    filled = pl.sum_horizontal(pl.col(c).is_not_null().cast(pl.Int32) for c in texts)
    alone = pl.coalesce(pl.col(c).str.strip_chars().replace("", None) for c in texts)
    is_band = (filled == 1) & alone.str.contains(BAND).fill_null(False)
    body = body.with_columns(pl.when(is_band).then(alone).alias("_band"))
    count = body["_band"].count()
    if not count:
        return body.drop("_band"), None
    body = body.with_columns(pl.col("_band").forward_fill().alias("_village"))
    rows = body.filter(pl.col("_band").is_null())
    book.set_aside += count
    book.problems.append(
        Problem(
            "registry.village_bands",
            "info",
            file=sheet.file,
            sheet=sheet.name or None,
            value="、".join(body["_band"].drop_nulls().unique(maintain_order=True).head(6)),
            values={"count": count},
        )
    )
    return rows.drop("_band", "_village"), rows["_village"]


def _said_once(book: Book, sheet: Sheet, heads: Heads, column: int, found: pl.DataFrame) -> pl.DataFrame:
    """What a column proved of its dates is said once, not in every row; the faults of rows are left."""
    proved = found.filter(pl.col("fault") == "date_order")
    if proved.height:
        order, _, proof = str(proved["nearest"][0]).partition(" (")
        book.problems.append(
            Problem(
                "registry.date_order",
                "info",
                file=sheet.file,
                sheet=sheet.name or None,
                column=heads.shown(column),
                value=proof.rstrip(")"),
                values={
                    "order": {k: tell(f"registry.{order}", k) for k in LANGUAGES},
                    "count": proved.height,
                },
            )
        )
    turned = found.filter(pl.col("fault") == "date_turned")
    if turned.height:
        book.problems.append(
            Problem(
                "registry.date_turned",
                "warning",
                file=sheet.file,
                sheet=sheet.name or None,
                column=heads.shown(column),
                value=str(turned["text"][0]),
                values={"count": int(turned["nearest"][0])},
            )
        )
    return found.filter(~pl.col("fault").is_in(["date_order", "date_turned"]))


def _note_faults(book: Book, rid: pl.Series, shown: pl.Series, found: pl.DataFrame, field: Field) -> None:
    if not found.height:
        return
    stripped = shown.str.strip_chars(" \t\r\n　\u00a0'‘’`")
    placed = pl.DataFrame({"rid": rid, "text": stripped, "shown": shown}).join(found, on="text")
    loose = field.kind in ("bool", "ethnic") or (field.kind in ("label", "code") and not field.strict)
    severity = (
        pl.when(pl.col("fault") == "date_month_only")
        .then(pl.lit("hint"))
        .when(pl.lit(loose) | (pl.col("fault") == "date_year_only"))
        .then(pl.lit("warning"))
        .otherwise(pl.lit("error"))
    )
    book.found.append(
        placed.select(
            "rid",
            pl.col("fault").alias("code"),
            severity.alias("severity"),
            pl.lit(field.name).alias("field"),
            pl.col("shown").alias("value"),
            "nearest",
            pl.lit(None, dtype=pl.String).alias("detail"),
        )
    )


def _in_range(book: Book, rid: pl.Series, shown: pl.Series, values: pl.Series, field: Field) -> pl.Series:
    """A value outside the contract's range is an error of its row: negative, or beyond what can be."""
    column = field.column
    if column is None or values.dtype != pl.Int64 or column.low is None or column.high is None:
        return values
    frame = pl.DataFrame({"rid": rid, "shown": shown, "value": values})
    value = pl.col("value")
    book.found.append(
        faults(
            frame, (value < 0) & (value < column.low), "value_negative", "error", field.name, pl.col("shown")
        )
    )
    outside = ((value < column.low) & (value >= 0)) | (value > column.high)
    limits = pl.lit(f"{column.low}..{column.high}")
    book.found.append(
        faults(frame, outside, "value_out_of_range", "error", field.name, pl.col("shown"), limits)
    )
    return values.set((values < column.low) | (values > column.high), None)


def is_own_answer(sheet: Sheet) -> bool:
    """Whether a sheet is a page we wrote of a problems.xlsx that an office corrected and handed in again."""
    if not sheet.cells.height:
        return False
    top = sheet.cells.row(0)
    return any(
        top[: len(heads)] == tuple(tell(f"registry.{key}", language) for key in heads)
        for language in LANGUAGES
        for heads in OWN_PAGES.values()
    )


def is_notes_page(sheet: Sheet) -> bool:
    """Whether a sheet without known heads is a page of notes rather than a list nobody can read.

    >>> is_notes_page(Sheet.of([["填表说明"], ["一、……"]]))
    True
    """
    frame = sheet.cells
    if not frame.width or is_own_answer(sheet):
        return True
    filled = pl.sum_horizontal(
        (pl.col(c).str.strip_chars().str.len_chars() > 0).fill_null(False).cast(pl.Int32)
        for c in frame.columns
    )
    return int(frame.select(filled.max()).item() or 0) < 3


def nearest_alias_text(texts: list[str], aliases: Mapping[str, str]) -> str | None:
    """The known head nearest to any of some texts."""
    choices = Choices(a for a in aliases if not a.startswith(MARK))
    return next((near for text in texts if (near := choices.nearest(fold(text), 0.5))), None)
