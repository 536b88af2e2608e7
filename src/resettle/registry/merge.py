"""Several rows of one key: they complete each other, or they contradict each other and a person decides."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from resettle.registry.faults import SCHEMA


def still_open(frame: pl.DataFrame, condemned: pl.Series) -> pl.DataFrame:
    """The rows without those refused ones that a sound row of the same name and household has since answered.

    A row that says less (a supplement without the relation to the head) answers nothing: the household would lose
    its head.
    """
    refused = pl.col("rid").is_in(condemned.implode())
    who = ["household_id", "name"]
    sound = frame.filter(~refused).select(*who, pl.col("relation").is_not_null().alias("_says")).drop_nulls()
    fullest = sound.group_by(who).agg(pl.col("_says").any())
    answered = frame.filter(refused).join(fullest, on=who, how="inner")
    answered = answered.filter(pl.col("_says") | pl.col("relation").is_null())["rid"]
    return frame.filter(~pl.col("rid").is_in(answered.implode()))


def merge_rows(
    frame: pl.DataFrame, key: str, ledger: pl.DataFrame, ignored: Sequence[str] = ()
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """One row per key, from all files and sheets.

    Args:
        frame: typed rows with ``rid`` and the key.
        key: the column that says who it is.
        ledger: file, sheet and row of every ``rid``.
        ignored: columns whose difference is no contradiction (serials, notes).

    Returns:
        The merged rows (values of all rows of a key put together; ``rid`` of the first), the faults of keys
        whose rows contradict each other (every such row is refused: none is last, none wins), and the rows
        that were joined to another (``rid``, ``into``).
    """
    single = frame.filter(~pl.col(key).is_duplicated())
    many = frame.filter(pl.col(key).is_duplicated())
    none = pl.DataFrame(schema=SCHEMA)
    joined_schema = {"rid": pl.Int64, "into": pl.Int64}
    if not many.height:
        return frame.sort("rid"), none, pl.DataFrame(schema=joined_schema)
    values = [c for c in frame.columns if c not in ("rid", key)]
    compared = [c for c in values if c not in ignored]
    grouped = many.group_by(key).agg(
        pl.col("rid").min(),
        *(pl.col(c).max() for c in values),
        *(
            pl.when((pl.col(c).min() != pl.col(c).max()).fill_null(False))
            .then(pl.lit(c))
            .alias(f"_differs_{c}")
            for c in compared
        ),
    )
    grouped = grouped.with_columns(
        pl.concat_list(f"_differs_{c}" for c in compared).list.drop_nulls().alias("_differs")
    ).drop(f"_differs_{c}" for c in compared)
    torn = grouped.filter(pl.col("_differs").list.len() > 0)
    whole = grouped.filter(pl.col("_differs").list.len() == 0)
    merged = pl.concat([single, whole.select(single.columns)]).sort("rid")
    joined = (
        many.select("rid", key)
        .join(whole.select(key, pl.col("rid").alias("into")), on=key)
        .filter(pl.col("rid") != pl.col("into"))
        .select("rid", "into")
    )
    return merged, _contradictions(many, torn, key, ledger) if torn.height else none, joined


def _contradictions(many: pl.DataFrame, torn: pl.DataFrame, key: str, ledger: pl.DataFrame) -> pl.DataFrame:
    """A fault for every row of a torn key, in the first column that differs, naming where the other rows stand."""
    places = ledger.select(
        "rid", pl.concat_str([pl.col("file"), pl.col("sheet"), pl.col("row")], separator=" ").alias("place")
    )
    rows = (
        many.select("rid", key)
        .join(torn.select(key, "_differs"), on=key)
        .join(places, on="rid", how="left")
        .with_columns(pl.col("place").sort_by("rid").str.join("; ").over(key).alias("_places"))
    )
    return rows.select(
        "rid",
        pl.when(pl.col("_differs").list.contains("household_id"))
        .then(pl.lit("person_in_two_households"))
        .otherwise(pl.lit("key_conflict"))
        .alias("code"),
        pl.lit("error").alias("severity"),
        pl.col("_differs").list.first().replace("household_id", "household_key").alias("field"),
        pl.lit(None, dtype=pl.String).alias("value"),
        pl.lit(None, dtype=pl.String).alias("nearest"),
        pl.col("_places").alias("detail"),
    )
