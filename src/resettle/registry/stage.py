"""The registry: sheets in, households and persons out, and an answer to every row.

Accepted and quarantined rows always sum to the rows read. No row wins by being last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import polars as pl

from resettle.problems import Problem
from resettle.registry import assemble, checks
from resettle.registry.duplicates import THRESHOLD, near_duplicates
from resettle.registry.faults import SCHEMA, Book, faults, reference
from resettle.registry.fields import Field, aliases, known_fields
from resettle.registry.heads import Finder, Heads
from resettle.registry.layout import lies_across, tables_of
from resettle.registry.merge import still_open
from resettle.registry.regions import places_at, resolve
from resettle.registry.rows import filled_rows, is_notes_page, is_own_answer, nearest_alias_text, read_rows
from resettle.registry.taught import checked
from resettle.tables import HOUSEHOLD, PERSON, REGION, Inputs, Outputs, Stage, Table
from resettle.tables.grid import Sheet

MAPPING = {"file": pl.String, "sheet": pl.String, "column": pl.Int64, "head": pl.String, "field": pl.String}
MAPPING |= {"unit": pl.String, "head_date": pl.String}


@dataclass(frozen=True)
class RegistryResult:
    """What the registry found.

    Attributes:
        household, person, region: by their contracts.
        quarantine: ``file sheet row reference`` of every row that waits for a person.
        problems: every problem, in the order of the rows.
        counts: ``read accepted joined quarantined set_aside``; accepted (joined among them) + quarantined = read.
        cells: which column of which sheet each field came from; with ``source_*`` of a row it names the cell.
        candidates: pairs of persons who may be one, with their score.
        ledger: every row read with its status.
        sheets: the tables the sheets hold, as the rows above are placed in them.
    """

    household: pl.DataFrame
    person: pl.DataFrame
    region: pl.DataFrame
    quarantine: pl.DataFrame
    problems: list[Problem]
    counts: dict[str, int]
    cells: pl.DataFrame
    candidates: pl.DataFrame
    ledger: pl.DataFrame
    unusual: pl.DataFrame = field(default_factory=pl.DataFrame)
    sheets: Sequence[Sheet] = ()


def register(
    sheets: Sequence[Sheet], settings: Mapping[str, Any], pack_data: Mapping[str, Any]
) -> RegistryResult:
    """Read rosters into households and persons.

    Args:
        sheets: every sheet of every file, files in name order.
        settings: ``as_of`` (date), ``key`` (bytes of the pseudonyms), ``mappings`` (heads taught by the
            office, to their fields), ``synthetic`` (bool, what the programme declares).
        pack_data: the pack's ``registry.toml``, with ``region_table`` (by the ``region`` contract) and
            ``county_crosswalk`` (code before to code after) where it has places.

    >>> from datetime import date
    >>> sheet = Sheet.of([["户编号", "姓名", "与户主关系"], ["41001", "李大山", "户主"]])
    >>> result = register([sheet], {"as_of": date(2016, 12, 31), "key": b"k"}, {})
    >>> result.person["is_head"].to_list(), result.counts["read"], result.counts["accepted"]
    ([True], 1, 1)
    """
    as_of: date = settings["as_of"]
    key: bytes = settings["key"]
    fields = known_fields(pack_data)
    grammar = pack_data.get("identity", {}).get("grammar", "none")
    book = Book(fields=fields)
    learned, book.problems = _learned(settings, pack_data)
    find = Finder(aliases(pack_data, learned))
    sheets = _tables(sheets, fields, find, book)
    persons, homes, mapping = _read_all(sheets, fields, find, book)
    book.problems += _files_without_list(sheets, mapping, book)
    persons = assemble.with_keys(persons, grammar, key, "person", book)
    homes = assemble.with_keys(homes, grammar, key, "household", book)
    book.found += assemble.keys_without_zeros(persons, homes)
    divisions = tuple(pack_data.get("identity", {}).get("synthetic_divisions", ()))
    persons = _checked_persons(persons, as_of, divisions, book)
    homes = _checked_homes(homes, divisions, book)
    places = places_at(
        pack_data.get("region_table"), settings.get("as_of"), pack_data.get("county_crosswalk")
    )
    persons, homes = _placed(persons, places, book), _placed(homes, places, book)
    joined: list[pl.DataFrame] = []
    people = assemble.merged_persons(persons, book, joined)
    lone = assemble.heads_of_household_sheets(homes, persons, key)
    home_rows = assemble.merged_households(homes, book, joined)
    condemned = book.condemned()
    lone = lone.filter(~pl.col("rid").is_in(condemned.implode()))
    waiting = still_open(persons, condemned).filter(pl.col("rid").is_in(condemned.implode()))
    incomplete = waiting["household_id"].drop_nulls().unique()
    book.homes = dict(persons.select("rid", "household_id").drop_nulls().iter_rows())
    household = _households(people, home_rows, fields, incomplete, grammar != "none", book)
    if lone.height:
        extra = lone.select([c for c in people.columns if c in lone.columns])
        people = pl.concat([people, extra], how="diagonal_relaxed")
    people = assemble.finished_persons(people, household)
    candidates = _candidates(people, household, book)
    unusual = assemble.note_unusual(household, household.select("household_id", "rid"), book)
    found = _result(people, household, pack_data, book, joined, mapping, candidates, unusual, divisions)
    return replace(found, sheets=sheets)


def _tables(sheets: Sequence[Sheet], fields: Mapping[str, Field], find: Finder, book: Book) -> list[Sheet]:
    """Every table of every sheet as a sheet of its own; further heads in the middle of a sheet are set aside."""
    levels = {name: f.level for name, f in fields.items()}
    tables: list[Sheet] = []
    for sheet in sheets:
        found = [sheet] if is_own_answer(sheet) else tables_of(sheet, find, levels)
        tables += found
        places = [(table, heads.last) for table in found if (heads := find(table)[0]) is not None]
        for table, last in places[1:]:
            if last > places[0][1]:
                book.set_aside += filled_rows(table.cells.head(last + 1)).height
    return tables


def _learned(
    settings: Mapping[str, Any], pack_data: Mapping[str, Any]
) -> tuple[dict[str, str], list[Problem]]:
    """What the office has taught of its heads, as far as it can be used."""
    taught = settings.get("mappings") or ()
    given = taught if not isinstance(taught, Mapping) else [(head, name, 0) for head, name in taught.items()]
    return checked(given, pack_data)


def _read_all(
    sheets: Sequence[Sheet], fields: Mapping[str, Field], find: Finder, book: Book
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Type the rows of every sheet; a sheet nobody can read is answered row by row."""
    names = find.aliases
    found: dict[str, list[pl.DataFrame]] = {"person": [], "household": []}
    mapping = []
    next_rid = 1
    for number, sheet in enumerate(sheets):
        across = not is_own_answer(sheet) and lies_across(sheet, names)
        heads, problems = (None, []) if across or is_own_answer(sheet) else find(sheet)
        book.problems += problems
        if heads is None:
            next_rid = _unread(
                sheet, names, book, next_rid, "sheet_lies_across" if across else "heads_unknown"
            )
            continue
        level, rows = read_rows(sheet, heads, fields, book, next_rid)
        next_rid += rows.height
        found[level].append(rows.with_columns(pl.lit(number).alias("_sheet")))
        book.heads[(sheet.file, sheet.name)] = {f: (c, heads.shown(c)) for c, f in heads.fields.items()}
        mapping += _mapping(sheet, heads)
    start = pl.DataFrame(schema={"rid": pl.Int64, "_sheet": pl.Int32})
    frames = [
        assemble.with_columns_of(pl.concat([start, *found[level]], how="diagonal"), fields)
        for level in ("person", "household")
    ]
    return frames[0], frames[1], pl.DataFrame(mapping, schema=MAPPING, orient="row")


def _files_without_list(sheets: Sequence[Sheet], mapping: pl.DataFrame, book: Book) -> list[Problem]:
    """A file of which nothing was taken for a list: whoever handed it in must not think that it was answered."""
    listed = {row[0] for row in mapping.select("file").iter_rows()} | set(book.ledger()["file"].to_list())
    own = {s.file for s in sheets if is_own_answer(s)}
    others = dict.fromkeys(s.file for s in sheets if s.file not in listed | own)
    return [Problem("registry.file_without_list", "error", file=file) for file in others]


def _mapping(sheet: Sheet, heads: Heads) -> list[tuple[Any, ...]]:
    return [
        (sheet.file, sheet.name, c, heads.shown(c), f, heads.units.get(c), heads.dates.get(c))
        for c, f in heads.fields.items()
    ]


def _unread(sheet: Sheet, names: Mapping[str, str], book: Book, next_rid: int, code: str) -> int:
    """A sheet without known heads: empty, a page of notes, or a list whose every row waits."""
    place: dict[str, Any] = {"file": sheet.file, "sheet": sheet.name or None}
    texts = list(sheet.cells.columns)
    if not texts or not sheet.cells.height:
        book.problems.append(Problem("registry.sheet_empty", "warning", **place))
        return next_rid
    body = filled_rows(sheet.cells.with_row_index("_row", 1))
    if not body.height:
        book.problems.append(Problem("registry.sheet_empty", "warning", **place))
        return next_rid
    if code == "heads_unknown" and is_notes_page(sheet):
        book.set_aside += body.height
        book.problems.append(
            Problem("registry.sheet_is_notes", "info", values={"count": body.height}, **place)
        )
        return next_rid
    first = [v for v in body.row(0)[1:] if v]
    book.problems.append(
        Problem(
            f"registry.{code}",
            "error",
            row=int(body["_row"][0]),
            value=", ".join(first[:6]),
            nearest=nearest_alias_text(first, names),
            values={"count": body.height},
            **place,
        )
    )
    body = body.with_columns(pl.int_range(next_rid, next_rid + pl.len(), dtype=pl.Int64).alias("rid"))
    book.rows.append(
        body.select(
            "rid",
            pl.lit(sheet.file).alias("file"),
            pl.lit(sheet.name).alias("sheet"),
            pl.col("_row").cast(pl.Int64).alias("row"),
            pl.lit("unknown").alias("level"),
        )
    )
    book.found.append(faults(body, pl.lit(True), "row_without_heads", "error", "name"))
    return next_rid + body.height


def _checked_persons(
    frame: pl.DataFrame, as_of: date, divisions: tuple[str, ...], book: Book
) -> pl.DataFrame:
    """Every check of single persons and of heads; birth and sex are taken from the number where not written."""
    number = pl.col("id").struct.field("number")
    book.found += checks.check_identity(frame, divisions)
    book.found = checks.settled_by_number(book.found, frame)
    nameless = pl.col("name").is_null() & pl.col("id").struct.field("text").is_null()
    book.found += [
        faults(frame, nameless, "name_missing", "error", "name"),
        faults(
            frame,
            pl.col("household_id").is_null() & ~nameless,
            "household_key_missing",
            "error",
            "household_key",
            pl.col("name"),
        ),
    ]
    frame = frame.with_columns(
        checks.birth_with_number().alias("birth_date"),
        pl.coalesce("sex", pl.col("id").struct.field("sex")).alias("sex"),
        pl.any_horizontal(pl.lit(False), *(number.str.starts_with(d) for d in divisions))
        .fill_null(False)
        .alias("_made_up"),
        pl.col("id").struct.field("check").alias("id_check"),
    )
    frame, unclear = checks.relations_by_sex(frame, book.fields["relation"].by_sex)
    book.found.append(unclear)
    book.found += checks.check_ages(frame, as_of)
    filled = frame.with_columns(
        pl.col("relation").max().over("person_key").alias("relation"),
    )
    # A row handed in again corrected stands for the refused one, or a household would have two heads.
    keyed = still_open(filled, book.condemned()).filter(
        pl.col("person_key").is_not_null() & pl.col("household_id").is_not_null()
    )
    book.found += checks.check_relations(keyed)
    book.found += checks.check_heads(keyed)
    return frame


def _checked_homes(frame: pl.DataFrame, divisions: tuple[str, ...], book: Book) -> pl.DataFrame:
    """Household rows: the head's number is checked as a person's is; a row without any key waits."""
    check = pl.col("id").struct.field("check")
    for code in checks.GRAVE:
        book.found.append(
            faults(
                frame,
                check == code,
                f"id_{code}",
                "error",
                "identity",
                pl.col("identity"),
                pl.col("id").struct.field("nearest"),
            )
        )
    book.found.append(
        faults(
            frame,
            pl.col("household_id").is_null(),
            "household_key_missing",
            "error",
            "household_key",
            pl.col("head_name"),
        )
    )
    return frame.with_columns(
        pl.coalesce("head_name", "name").alias("head_name"),
        pl.coalesce("name", "head_name").alias("name"),
        check.alias("id_check"),
        pl.lit(False).alias("_made_up"),
    )


def _placed(frame: pl.DataFrame, places: Any, book: Book) -> pl.DataFrame:
    codes, found = resolve(frame, places)
    if found.height:
        severity = (
            pl.when(pl.col("code") == "place_ambiguous").then(pl.lit("warning")).otherwise(pl.lit("error"))
        )
        book.found.append(
            found.with_columns(
                severity.alias("severity"), pl.lit(None, dtype=pl.String).alias("detail")
            ).select(list(SCHEMA))
        )
    return frame.drop(assemble.PLACE_CODES, strict=False).join(
        codes, on="rid", how="left", maintain_order="left"
    )


def _households(
    people: pl.DataFrame,
    home_rows: pl.DataFrame,
    fields: Mapping[str, Field],
    incomplete: pl.Series,
    by_key: bool,
    book: Book,
) -> pl.DataFrame:
    names = [n for n, f in fields.items() if f.level == "household" and n in people.columns]
    names += list(assemble.PLACE_CODES)
    listed = assemble.household_facts(people, book, names)
    rows = home_rows.select("household_id", "rid", "keyed_by_head", *names)
    both = assemble.households_of(listed, rows, names, book)
    return assemble.finished_households(both, incomplete, by_key, book)


def _candidates(people: pl.DataFrame, household: pl.DataFrame, book: Book) -> pl.DataFrame:
    villages = household.select("household_id", "village_code")
    compared = people.drop("village_code", strict=False).join(villages, on="household_id", how="left")
    pairs, left_out = near_duplicates(
        compared.select("person_id", "rid", "name", "birth_date", "sex", "village_code")
    )
    if left_out:
        book.problems.append(Problem("registry.duplicates_left_out", "info", values={"count": left_out}))
    places = book.ledger().select(
        "rid", pl.concat_str([pl.col("sheet"), pl.col("row")], separator=" ").alias("place")
    )
    shown = pairs.join(places, left_on="right_rid", right_on="rid", how="left").rename({"left_rid": "rid"})
    shown = shown.with_columns(pl.format("{} ≥ {}", pl.col("score"), pl.lit(THRESHOLD)).alias("_score"))
    book.found.append(
        faults(shown, pl.lit(True), "near_duplicate", "hint", "name", pl.col("_score"), pl.col("place"))
    )
    return pairs


def _result(
    people: pl.DataFrame,
    household: pl.DataFrame,
    pack_data: Mapping[str, Any],
    book: Book,
    joined: list[pl.DataFrame],
    mapping: pl.DataFrame,
    candidates: pl.DataFrame,
    unusual: pl.DataFrame,
    divisions: tuple[str, ...],
) -> RegistryResult:
    condemned = book.condemned()
    ledger = book.ledger()
    into = (
        pl.concat(joined).unique("rid")
        if joined
        else pl.DataFrame(schema={"rid": pl.Int64, "into": pl.Int64})
    )
    status = (
        pl.when(pl.col("rid").is_in(condemned.implode()))
        .then(pl.lit("quarantined"))
        .when(pl.col("rid").is_in(into["rid"].implode()))
        .then(pl.lit("joined"))
        .otherwise(pl.lit("accepted"))
    )
    ledger = ledger.with_columns(
        status.alias("status"),
        pl.format("R{}", pl.col("rid").cast(pl.String).str.zfill(6)).alias("reference"),
    )
    source = ledger.select(
        "rid",
        pl.col("file").alias("source_file"),
        pl.col("sheet").alias("source_sheet"),
        pl.col("row").alias("source_row"),
    )
    people = people.join(source, on="rid", how="left")
    household = household.join(source, on="rid", how="left")
    household = household.filter(~pl.col("household_id").is_null())
    problems = [*book.problems, *_summary(people, ledger, divisions), *book.as_problems()]
    quarantined = ledger.filter(pl.col("status") == "quarantined")
    counts = {
        "read": ledger.height,
        "accepted": ledger.height - quarantined.height,
        "joined": ledger.filter(pl.col("status") == "joined").height,
        "quarantined": quarantined.height,
        "set_aside": book.set_aside,
    }
    region = pack_data.get("region_table")
    return RegistryResult(
        _with_own(HOUSEHOLD, pack_data).shape(household),
        _with_own(PERSON, pack_data).shape(people),
        REGION.empty() if region is None else REGION.shape(region),
        quarantined.select("file", "sheet", "row", "reference", "level"),
        problems,
        counts,
        mapping,
        candidates,
        ledger.drop("rid"),
        unusual,
    )


def _with_own(table: Table, pack_data: Mapping[str, Any]) -> Table:
    """A table's contract with the columns only this pack has behind the others."""
    own = [c for c in pack_data.get("columns", {}).get(table.name, ()) if c.name not in table.names]
    return replace(table, columns=(*table.columns, *own))


def _summary(people: pl.DataFrame, ledger: pl.DataFrame, divisions: tuple[str, ...]) -> list[Problem]:
    """What concerns no single row: made-up numbers, rows that said nothing new."""
    problems = []
    made_up = people.filter(pl.col("_made_up")).height
    if made_up:
        problems.append(
            Problem(
                "registry.synthetic_numbers",
                "info",
                values={"count": made_up, "division": ", ".join(divisions)},
            )
        )
    joined = ledger.filter(pl.col("status") == "joined")
    for (file, sheet), rows in joined.group_by("file", "sheet", maintain_order=True):
        problems.append(
            Problem(
                "registry.rows_joined",
                "info",
                file=str(file),
                sheet=str(sheet) or None,
                values={"count": rows.height},
            )
        )
    return problems


def _run(inputs: Inputs) -> Outputs:
    """The stage: sheets and the pack's data come in the settings, as no table holds them."""
    result = register(inputs.settings["sheets"], inputs.settings, inputs.settings["registry_pack"])
    return Outputs(
        {"household": result.household, "person": result.person, "region": result.region},
        result.problems,
        {"counts": result.counts},
    )


STAGE = Stage("registry", (), (HOUSEHOLD, PERSON, REGION), _run, "读取花名册", "read the rosters")

__all__ = ["STAGE", "RegistryResult", "reference", "register"]
