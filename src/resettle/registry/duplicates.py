"""Near duplicates: the same person twice under two numbers, as candidates for a person to decide.

Blocking: the same name, or the same birth date in the same village. Within a block the fields are compared
and weighted in the manner of Fellegi and Sunter (1969); the weights here are stated, not estimated.
"""

from __future__ import annotations

import polars as pl

THRESHOLD = 7.0
"""Sum of weights from which a pair is shown; a name and a birth date that agree make 8."""
BLOCK_LIMIT = 40
"""Larger blocks (a common name) are left out, and the number of left-out rows is returned."""
WEIGHTS = {"name": 3.0, "birth_date": 5.0, "birth_swapped": 3.0, "village_code": 2.0, "sex": 0.5}
PENALTIES = {"name": -4.0, "birth_date": -4.0, "village_code": -0.5, "sex": -3.0}
BEST_WITHOUT_BIRTH = WEIGHTS["name"] + WEIGHTS["village_code"] + WEIGHTS["sex"]
SCHEMA = {
    "left": pl.String,
    "right": pl.String,
    "score": pl.Float64,
    "left_rid": pl.Int64,
    "right_rid": pl.Int64,
}


def near_duplicates(person: pl.DataFrame, threshold: float = THRESHOLD) -> tuple[pl.DataFrame, int]:
    """Pairs of persons who may be one.

    Args:
        person: ``person_id rid name birth_date sex village_code``; keys differ already.
        threshold: least sum of weights.

    Returns:
        ``left right score left_rid right_rid``, each pair once, and the number of rows in blocks too large to compare.

    >>> from datetime import date
    >>> twice = pl.DataFrame({"person_id": ["a", "b"], "rid": [1, 2], "name": ["李大山"] * 2,
    ...     "birth_date": [date(1962, 3, 1)] * 2, "sex": ["male"] * 2, "village_code": ["v"] * 2})
    >>> near_duplicates(twice)[0]["score"].to_list()
    [10.5]
    """
    left_out = 0
    pairs = []
    for keys in (["name"], ["birth_date", "village_code"]):
        known = person.drop_nulls(keys).with_columns(pl.len().over(keys).alias("_size"))
        left_out += known.filter(pl.col("_size") > BLOCK_LIMIT).height
        block = known.filter(pl.col("_size").is_between(2, BLOCK_LIMIT)).drop("_size")
        if "birth_date" not in keys and threshold > BEST_WITHOUT_BIRTH:
            # One name alone never reaches the threshold: only birth dates that agree, day and month swapped or not.
            block = block.drop_nulls("birth_date").with_columns(*_whole_birth())
            keys = [*keys, *(e.meta.output_name() for e in _whole_birth())]
        block = block.filter(pl.struct(keys).is_duplicated())
        if not block.height:
            continue
        joined = block.join(block, on=keys, suffix="_r", how="inner", coalesce=False)
        pairs.append(_scored(joined.filter(pl.col("person_id") < pl.col("person_id_r")), threshold))
    result = pl.concat([pl.DataFrame(schema=SCHEMA), *pairs]).unique(["left", "right"]).sort("left", "right")
    return result, left_out


def _whole_birth() -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    """A birth date whose day and month may have changed places: the year, the smaller, the larger."""
    born = pl.col("birth_date").dt
    month, day = born.month(), born.day()
    lower, upper = pl.min_horizontal(month, day), pl.max_horizontal(month, day)
    return born.year().alias("_year"), lower.alias("_lower"), upper.alias("_upper")


def _scored(pairs: pl.DataFrame, threshold: float) -> pl.DataFrame:
    """The sum of weights of every pair; a field unknown on one side weighs nothing."""
    total = pl.lit(0.0)
    for name in ("name", "birth_date", "village_code", "sex"):
        same = pl.col(name) == pl.col(f"{name}_r")
        total = total + pl.when(same).then(WEIGHTS[name]).when(~same).then(PENALTIES[name]).otherwise(0.0)
    one, two = pl.col("birth_date"), pl.col("birth_date_r")
    swapped = (one != two) & (one.dt.year() == two.dt.year())
    swapped &= (one.dt.month() == two.dt.day()) & (one.dt.day() == two.dt.month())
    total = total + pl.when(swapped).then(WEIGHTS["birth_swapped"] - PENALTIES["birth_date"]).otherwise(0.0)
    near_name = (
        (pl.col("name") != pl.col("name_r"))
        & (pl.col("name").str.slice(0, 1) == pl.col("name_r").str.slice(0, 1))
        & (pl.col("name").str.slice(-1) == pl.col("name_r").str.slice(-1))
    )
    total = total + pl.when(near_name).then(1.0 - PENALTIES["name"]).otherwise(0.0)
    return pairs.select(
        pl.col("person_id").alias("left"),
        pl.col("person_id_r").alias("right"),
        total.alias("score"),
        pl.col("rid").cast(pl.Int64).alias("left_rid"),
        pl.col("rid_r").cast(pl.Int64).alias("right_rid"),
    ).filter(pl.col("score") >= threshold)
