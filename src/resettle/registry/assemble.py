"""Puts typed rows together: keys, persons, households; what no row says stays unknown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from resettle.registry import checks
from resettle.registry.blocks import unclear_households
from resettle.registry.faults import Book, faults
from resettle.registry.fields import Field
from resettle.registry.identity import pseudonyms, read_numbers
from resettle.registry.merge import merge_rows
from resettle.tables import HOUSEHOLD, PERSON
from resettle.tables.contract import POLARS_TYPE

PLACE_CODES = ("county_code", "township_code", "village_code")
GONE = ("dead", "married_out", "moved_out")
_LOOSE = ("name", "head_name", "phone", "source")


def with_columns_of(frame: pl.DataFrame, fields: Mapping[str, Field]) -> pl.DataFrame:
    """The frame with every field as a column; those no sheet holds are unknown."""
    types = PERSON.schema() | HOUSEHOLD.schema()
    types |= {name: POLARS_TYPE[f.column.kind] for name, f in fields.items() if f.column is not None}
    absent = [
        pl.lit(None, dtype=types.get(name, pl.String())).alias(name)
        for name in fields
        if name not in frame.columns and fields[name].kind not in ("ignore", "part")
    ]
    return frame.with_columns(absent)


def with_keys(frame: pl.DataFrame, grammar: str, key: bytes, level: str, book: Book) -> pl.DataFrame:
    """Add ``id`` (the number read), ``household_id`` and, for persons, ``person_key``.

    A household is known by its registered number, or, where that cell holds an identity number, by the keyed
    pseudonym of it. Members listed under their head without a number of the household belong to that head.
    """
    frame = frame.with_columns(read_numbers(frame["identity"], grammar).alias("id"))
    frame = frame.with_columns(read_numbers(frame["household_key"], grammar).alias("_hk"))
    own = pl.col("id").struct.field("number")
    by_number = pl.col("_hk").struct.field("check").is_in(["valid", "old_15", "check_digit", "digits_lost"])
    if grammar == "none":
        numbers = frame.select(own.drop_nulls().unique()).to_series()
        by_number = pl.col("_hk").struct.field("text").is_in(numbers.implode())
    frame = frame.with_columns(by_number.fill_null(False).alias("keyed_by_head"))
    wrong = pl.col("keyed_by_head") & pl.col("_hk").struct.field("number").is_null()
    book.found.append(
        faults(
            frame,
            wrong,
            "household_key_number",
            "error",
            "household_key",
            pl.col("household_key"),
            pl.col("_hk").struct.field("nearest"),
        )
    )
    frame = frame.with_columns(
        pl.when(pl.col("keyed_by_head"))
        .then(pl.coalesce(pl.col("_hk").struct.field("number"), pl.col("_hk").struct.field("text")))
        .alias("_number"),
        own.alias("_own"),
    )
    frame = frame.with_columns(
        pseudonyms(key, frame["_number"]).alias("_from_number"),
        pseudonyms(key, frame["_own"]).alias("_from_own"),
    )
    text = pl.col("household_key").str.strip_chars(" '‘’`\t").replace("", None)
    frame = frame.with_columns(pl.coalesce("_from_number", text).alias("_named"))
    if level == "person":
        frame = _homes_of_persons(frame, book)
    else:
        frame = frame.with_columns(
            pl.coalesce("_named", "_from_own").alias("household_id"),
            (
                pl.col("keyed_by_head") | (pl.col("_named").is_null() & pl.col("_from_own").is_not_null())
            ).alias("keyed_by_head"),
        )
    if level == "person":
        missing = frame.filter(pl.col("_from_own").is_null() & pl.col("household_id").is_not_null())
        places = pl.concat_str(["household_id", "name"], separator="|")
        stand_in = missing.select("rid", places.alias("_text"))
        stand_in = stand_in.with_columns(pseudonyms(key, stand_in["_text"]).alias("_stand_in"))
        frame = frame.join(stand_in.select("rid", "_stand_in"), on="rid", how="left", maintain_order="left")
        frame = frame.with_columns(pl.coalesce("_from_own", "_stand_in").alias("person_key"))
    return frame.drop(
        "_hk", "_number", "_own", "_from_number", "_from_own", "_stand_in", "_named", "_block", strict=False
    )


def _homes_of_persons(frame: pl.DataFrame, book: Book) -> pl.DataFrame:
    """The household of every row of persons: as it says itself, as its block says, or its head's above it."""
    if "_block" not in frame.columns:
        frame = frame.with_columns(pl.lit(None, dtype=pl.Int64).alias("_block"))
    is_head = (pl.col("relation") == "head").fill_null(False)
    of_head = pl.when(is_head).then(pl.coalesce("_from_own", pl.format("row{}", "rid")))
    block = ["_sheet", "_block"]
    names = pl.col("_named").drop_nulls()
    one_name = pl.when(names.n_unique() == 1).then(names.first())
    of_block = pl.coalesce(
        one_name.over(block),
        of_head.drop_nulls().first().over(block),
        pl.format("row{}", pl.col("rid").min().over(block)),
    )
    is_marked = pl.col("_block").is_not_null()
    frame = frame.with_columns(
        pl.coalesce("_named", pl.when(is_marked).then(of_block).otherwise(of_head)).alias("household_id"),
        (is_marked & one_name.over(block).is_not_null()).alias("_in_named"),
        pl.col("_named").is_not_null().alias("_keyed"),
    )
    frame = frame.with_columns(
        (pl.col("keyed_by_head") | (is_head & ~pl.col("_keyed") & ~pl.col("_in_named"))).alias(
            "keyed_by_head"
        ),
        pl.col("household_id").forward_fill().over("_sheet"),
    )
    if not frame["_keyed"].all():
        book.found.append(unclear_households(frame))
    return frame.drop("_keyed", "_in_named")


def keys_without_zeros(*frames: pl.DataFrame) -> list[pl.DataFrame]:
    """Household numbers that elsewhere have zeros before them: stored as numbers they lose them, and become another's."""
    text = pl.col("household_key").str.strip_chars(" '‘’`\t").replace("", None)
    keys = pl.concat([f.select(text.alias("_key")) for f in frames]).drop_nulls().unique()
    keys = keys.filter(pl.col("_key").str.contains(r"^\d+$"))
    keys = keys.with_columns(pl.col("_key").str.strip_chars_start("0").alias("_bare"))
    keys = keys.filter(pl.col("_bare").is_duplicated())
    if not keys.height:
        return []
    fullest = keys.group_by("_bare").agg(
        pl.col("_key").sort_by(pl.col("_key").str.len_chars()).last().alias("_full")
    )
    short = keys.join(fullest, on="_bare").filter(pl.col("_key") != pl.col("_full"))
    found = []
    for frame in frames:
        placed = frame.with_columns(text.alias("_key")).join(short, on="_key", how="inner")
        found.append(
            faults(
                placed,
                pl.lit(True),
                "household_key_zeros",
                "error",
                "household_key",
                pl.col("_key"),
                pl.col("_full"),
            )
        )
    return found


def merged_persons(frame: pl.DataFrame, book: Book, joined: list[pl.DataFrame]) -> pl.DataFrame:
    """Persons without refused rows, one row each."""
    condemned = book.condemned()
    sound = frame.filter(~pl.col("rid").is_in(condemned.implode()) & pl.col("person_key").is_not_null())
    sound = sound.drop("identity", "household_key", "id", "_sheet", strict=False)
    merged, torn, into = merge_rows(sound, "person_key", book.ledger(), ignored=("keyed_by_head",))
    book.found.append(torn)
    joined.append(into)
    return merged


def merged_households(frame: pl.DataFrame, book: Book, joined: list[pl.DataFrame]) -> pl.DataFrame:
    """Rows of household sheets without refused rows, one row each."""
    condemned = book.condemned()
    sound = frame.filter(~pl.col("rid").is_in(condemned.implode()) & pl.col("household_id").is_not_null())
    sound = sound.drop("identity", "household_key", "id", "_sheet", strict=False)
    merged, torn, into = merge_rows(sound, "household_id", book.ledger(), ignored=("keyed_by_head",))
    book.found.append(torn)
    joined.append(into)
    return merged


def household_facts(person: pl.DataFrame, book: Book, fields: Sequence[str]) -> pl.DataFrame:
    """What the rows of persons say of their household: the head's row first, else what all rows agree on."""
    exprs = []
    differing = []
    said = [name for name in fields if person[name].null_count() < person.height]
    for name in said:
        value = pl.col(name)
        of_head = value.filter(pl.col("relation") == "head").max()
        agreed = pl.when((value.min() == value.max()).fill_null(False)).then(value.max())
        exprs.append(pl.coalesce(of_head, agreed).alias(name))
        if name not in _LOOSE and name != "head_name":
            torn = (value.min() != value.max()).fill_null(False) & of_head.is_null()
            differing.append(torn.alias(f"_torn_{name}"))
    rid = pl.coalesce(pl.col("rid").filter(pl.col("relation") == "head").min(), pl.col("rid").min())
    found = person.group_by("household_id").agg(
        rid.alias("rid"),
        pl.col("keyed_by_head").any(),
        pl.col("name").filter(pl.col("relation") == "head").max().alias("_head_name"),
        pl.len().alias("_listed"),
        pl.col("is_registered_member").sum().alias("_registered"),
        pl.col("is_registered_member").is_not_null().all().alias("_registered_known"),
        *exprs,
        *differing,
    )
    unsaid = [pl.lit(None, dtype=person[name].dtype).alias(name) for name in fields if name not in said]
    found = found.with_columns(unsaid)
    for name in said:
        if f"_torn_{name}" in found.columns and found[f"_torn_{name}"].any():
            book.found.append(
                faults(
                    found,
                    pl.col(f"_torn_{name}"),
                    "household_value_differs",
                    "warning",
                    name,
                    detail=pl.col("household_id"),
                )
            )
    return found.drop([c for c in found.columns if c.startswith("_torn_")]).sort("household_id")


def households_of(
    listed: pl.DataFrame, sheet_rows: pl.DataFrame, fields: Sequence[str], book: Book
) -> pl.DataFrame:
    """Households from both kinds of rows; where the two disagree the value is unknown, and said."""
    both = listed.join(sheet_rows, on="household_id", how="full", coalesce=True, suffix="_s")
    both = both.with_columns(
        rid=pl.coalesce("rid", "rid_s"), keyed_by_head=pl.coalesce("keyed_by_head", "keyed_by_head_s")
    )
    result = []
    for name in fields:
        one, two = pl.col(name), pl.col(f"{name}_s")
        torn = (one != two).fill_null(False)
        book.found.append(
            faults(both, torn, "household_sheet_differs", "warning", name, one, two, pl.col("household_id"))
        )
        result.append(pl.when(torn).then(None).otherwise(pl.coalesce(one, two)).alias(name))
    return both.with_columns(result).drop([f"{n}_s" for n in fields]).sort("household_id")


def finished_households(
    frame: pl.DataFrame, incomplete: pl.Series, registered_by_key: bool, book: Book
) -> pl.DataFrame:
    """Counts, class and completeness of the list, from what is stated and what is listed."""
    listed = pl.col("_listed").fill_null(0)
    broken = pl.col("household_id").is_in(incomplete.implode())
    stated = pl.col("member_count")
    book.found.append(
        faults(
            frame,
            (stated != listed) & (listed > 0) & ~broken,
            "member_count_differs",
            "warning",
            "member_count",
            stated,
            listed,
            pl.col("household_id"),
        )
    )
    kind = pl.when(pl.col("keyed_by_head")).then(pl.lit("co_mover")).otherwise(pl.lit("registered_poor"))
    stated_class = pl.col("household_class")
    frame = frame.with_columns(
        household_class=pl.coalesce(stated_class, kind) if registered_by_key else stated_class,
        head_name=pl.coalesce("head_name", "_head_name"),
        person_listed=pl.when(broken)
        .then(False)
        .when((listed > 0) & (stated != listed))
        .then(False)
        .otherwise(
            pl.coalesce("person_listed", pl.when(listed > 0).then(stated.is_null() | (stated == listed)))
        ),
    )
    counted = pl.when((listed > 0) & ~broken).then(listed.cast(pl.Int64))
    registered = (
        pl.when(broken)
        .then(None)
        .when(pl.col("_registered_known").fill_null(False))
        .then(pl.col("_registered").cast(pl.Int64))
        .when(pl.col("household_class") == "registered_poor")
        .then(pl.coalesce("member_count", counted))
    )
    return frame.with_columns(
        member_count=pl.coalesce("member_count", counted),
        registered_member_count=pl.coalesce("registered_member_count", registered),
    )


def finished_persons(frame: pl.DataFrame, households: pl.DataFrame) -> pl.DataFrame:
    """Flags that follow from others; a status nobody wrote means the member is there, as rosters are kept."""
    classes = households.select(
        "household_id", "household_class", pl.col("is_synthetic").alias("_home_synthetic")
    )
    joined = frame.join(classes, on="household_id", how="left", maintain_order="left", suffix="_h")
    home = pl.col("household_class_h" if "household_class" in frame.columns else "household_class")
    return joined.with_columns(
        person_id=pl.col("person_key"),
        is_head=pl.col("relation") == "head",
        is_registered_member=pl.coalesce("is_registered_member", home == "registered_poor"),
        is_present=~pl.col("member_status").is_in(GONE).fill_null(False),
        is_synthetic=pl.coalesce(pl.when(pl.col("_made_up")).then(True), "is_synthetic", "_home_synthetic"),
    )


def heads_of_household_sheets(homes: pl.DataFrame, persons: pl.DataFrame, key: bytes) -> pl.DataFrame:
    """In a list of one row per household the head is still a person: a row for each whose members are not listed."""
    listed = persons["household_id"].unique()
    number = pl.col("id").struct.field("number")
    lone = homes.filter(
        number.is_not_null() & pl.col("name").is_not_null() & ~pl.col("household_id").is_in(listed.implode())
    )
    if not lone.height:
        return lone
    return lone.with_columns(
        pseudonyms(key, lone.select(number.alias("n"))["n"]).alias("person_key"),
        pl.lit("head").alias("relation"),
        pl.lit(False).alias("person_listed"),
        pl.coalesce("birth_date", pl.col("id").struct.field("birth_date")).alias("birth_date"),
        pl.coalesce("sex", pl.col("id").struct.field("sex")).alias("sex"),
    )


UNUSUAL = (
    "homestead_area_dm2",
    "old_dwelling_area_dm2",
    "cultivated_area_dm2",
    "forest_area_dm2",
    "income_minor",
    "area_need_dm2",
)


def note_unusual(household: pl.DataFrame, rids: pl.DataFrame, book: Book) -> pl.DataFrame:
    """Unusual values as hints, with the distribution they were judged against."""
    found = checks.unusual_values(household, UNUSUAL)
    placed = found.join(rids, on="household_id")
    factor = pl.lit(100.0)
    detail = pl.format(
        "{} / {} / {} (n={})",
        pl.col("lower_quartile") / factor,
        pl.col("median") / factor,
        pl.col("upper_quartile") / factor,
        "count",
    )
    for name, rows in placed.partition_by("column", as_dict=True).items():
        book.found.append(
            faults(
                rows,
                pl.lit(True),
                "value_unusual",
                "hint",
                str(name[0]),
                pl.col("value") / factor,
                detail=detail,
            )
        )
    return found
