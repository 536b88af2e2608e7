"""Checks of persons and households, on whole columns: each returns faults, none stops at the first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl

from resettle.registry.faults import faults

OLDEST_YEARS = 115
CHILD_RELATIONS = ("son", "daughter")
PARENT_RELATIONS = ("father", "mother")
SEX_OF_RELATION = {
    "son": "male",
    "daughter": "female",
    "daughter_in_law": "female",
    "son_in_law": "male",
    "grandson": "male",
    "granddaughter": "female",
    "father": "male",
    "mother": "female",
}
LEAST_GENERATION_DAYS = 14 * 365
GRAVE = ("malformed", "short", "check_digit", "digits_lost")


def check_identity(frame: pl.DataFrame, synthetic_divisions: tuple[str, ...]) -> list[pl.DataFrame]:
    """Faults of identity numbers, and of sex and birth date against them.

    ``frame``: ``rid identity id`` (struct of :func:`resettle.registry.identity.read_numbers`), ``sex``,
    ``birth_date``, ``name``.
    """
    number = pl.col("id").struct.field("number")
    check = pl.col("id").struct.field("check")
    birth = pl.col("id").struct.field("birth_date")
    sex = pl.col("id").struct.field("sex")
    shown = pl.col("identity")
    made_up = pl.any_horizontal(pl.lit(False), *(number.str.starts_with(d) for d in synthetic_divisions))
    found = [
        faults(
            frame,
            check == code,
            f"id_{code}",
            "error",
            "identity",
            shown,
            pl.col("id").struct.field("nearest"),
        )
        for code in GRAVE
    ]
    found += [
        faults(frame, check == "absent", "id_absent", "warning", "identity", pl.col("name")),
        faults(frame, check == "old_15", "id_old_15", "hint", "identity", shown, number),
        faults(
            frame,
            ~pl.col("id").struct.field("province_known") & ~made_up,
            "id_province_unknown",
            "warning",
            "identity",
            shown,
        ),
        faults(frame, pl.col("sex") != sex, "sex_against_number", "error", "sex", pl.col("sex"), sex),
        faults(
            frame,
            ((pl.col("birth_date") - birth).dt.total_days().abs() > 31)
            | ((pl.col("birth_date") != birth) & (pl.col("birth_date").dt.day() != 1)),
            "birth_against_number",
            "error",
            "birth_date",
            pl.col("birth_date"),
            birth,
        ),
    ]
    return found


def birth_with_number() -> pl.Expr:
    """The birth date as written; by the number where none is written, or only its month."""
    written, number = pl.col("birth_date"), pl.col("id").struct.field("birth_date")
    month = written.dt.month_start() == number.dt.month_start()
    return pl.when(month & (written.dt.day() == 1)).then(number).otherwise(pl.coalesce(written, number))


def settled_by_number(found: Sequence[pl.DataFrame], frame: pl.DataFrame) -> list[pl.DataFrame]:
    """The faults of birth dates without those that a sound identity number settles.

    A month without its day, a year alone and a day and month in doubt are settled where the number agrees with
    what is written; a year that is not the number's is a disagreement like any other.
    """
    born = frame.select("rid", pl.col("id").struct.field("birth_date").alias("_born")).drop_nulls()
    which = ("date_month_only", "date_year_only", "date_ambiguous")
    result = []
    for faulty in found:
        doubtful = pl.col("code").is_in(which) & (pl.col("field") == "birth_date")
        if not born.height or not faulty.select(doubtful.any()).item():
            result.append(faulty)
            continue
        number = pl.col("_born").cast(pl.String)
        year = pl.col("value").str.normalize("NFKC").str.extract(r"(\d{4})") == number.str.slice(0, 4)
        either = pl.col("nearest").str.contains(number, literal=True)
        is_year = pl.col("code") == "date_year_only"
        settled = (
            pl.when(pl.col("code") == "date_ambiguous").then(either).when(is_year).then(year).otherwise(True)
        )
        differs = (is_year & ~year).fill_null(False)
        result.append(
            faulty.join(born, on="rid", how="left", maintain_order="left")
            .filter(~(doubtful & pl.col("_born").is_not_null() & settled).fill_null(False))
            .with_columns(
                pl.when(differs).then(pl.lit("birth_against_number")).otherwise("code").alias("code"),
                pl.when(differs).then(pl.lit("error")).otherwise("severity").alias("severity"),
                pl.when(differs).then(number).otherwise("nearest").alias("nearest"),
            )
            .drop("_born")
        )
    return result


def relations_by_sex(
    frame: pl.DataFrame, by_sex: Mapping[str, Mapping[str, str]]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Relations that only the sex makes plain (child: son or daughter), and the faults of those whose sex is unknown."""
    relation, sex = pl.col("relation"), pl.col("sex")
    if not by_sex:
        return frame, faults(frame, pl.lit(False), "relation_needs_sex", "error", "relation")
    either = pl.lit(None, dtype=pl.String)
    plain = pl.when(~relation.is_in(list(by_sex))).then(relation)
    chosen = []
    for value, meant in by_sex.items():
        for one in ("male", "female"):
            chosen.append(pl.when((relation == value) & (sex == one)).then(pl.lit(meant[one])))
        near = pl.lit(f"{meant['male']}, {meant['female']}")
        either = pl.when(relation == value).then(near).otherwise(either)
    open_ = relation.is_in(list(by_sex)) & sex.is_null()
    wrong = faults(frame, open_, "relation_needs_sex", "error", "relation", relation, either)
    return frame.with_columns(pl.coalesce(plain, *chosen).alias("relation")), wrong


def check_ages(frame: pl.DataFrame, as_of: date) -> list[pl.DataFrame]:
    """Born after the day the data describe, or longer ago than anybody lives. ``rid birth_date identity``."""
    born = pl.col("birth_date")
    oldest = date(as_of.year - OLDEST_YEARS, 1, 1)
    which = "birth_date"
    return [
        faults(frame, born > as_of, "birth_in_future", "error", which, born, pl.lit(as_of.isoformat())),
        faults(frame, born < oldest, "age_impossible", "error", which, born, pl.lit(oldest.isoformat())),
    ]


def check_relations(frame: pl.DataFrame) -> list[pl.DataFrame]:
    """Relation against sex and against the head's age. ``rid household_id relation sex birth_date``."""
    expected = pl.col("relation").replace_strict(SEX_OF_RELATION, default=None, return_dtype=pl.String)
    head_born = pl.col("birth_date").filter(pl.col("relation") == "head").first().over("household_id")
    head_sex = pl.col("sex").filter(pl.col("relation") == "head").first().over("household_id")
    frame = frame.with_columns(_head_born=head_born, _head_sex=head_sex)
    relation, born = pl.col("relation"), pl.col("birth_date")
    days_younger = (born - pl.col("_head_born")).dt.total_days()
    return [
        faults(
            frame,
            pl.col("sex") != expected,
            "relation_against_sex",
            "warning",
            "relation",
            relation,
            expected,
        ),
        faults(
            frame,
            relation.is_in(CHILD_RELATIONS) & (days_younger < LEAST_GENERATION_DAYS),
            "relation_against_age",
            "warning",
            "relation",
            relation,
            detail=pl.col("_head_born"),
        ),
        faults(
            frame,
            relation.is_in(PARENT_RELATIONS) & (days_younger > -LEAST_GENERATION_DAYS),
            "relation_against_age",
            "warning",
            "relation",
            relation,
            detail=pl.col("_head_born"),
        ),
        faults(
            frame,
            (relation == "spouse") & (pl.col("sex") == pl.col("_head_sex")),
            "spouse_same_sex",
            "warning",
            "sex",
            pl.col("sex"),
        ),
    ]


def check_heads(frame: pl.DataFrame) -> list[pl.DataFrame]:
    """Households with no head or with two: every row of theirs waits. ``rid household_id relation name person_key``.

    Only where somebody's relation is known: a list without relations says nothing about heads.
    """
    known = frame.filter(pl.col("relation").is_not_null())
    heads = known.group_by("household_id").agg(
        pl.col("person_key").filter(pl.col("relation") == "head").n_unique().alias("_heads"),
        pl.col("name").filter(pl.col("relation") == "head").unique().sort().str.join(", ").alias("_names"),
    )
    joined = frame.join(heads.filter(pl.col("_heads") != 1), on="household_id")
    who = pl.col("household_id")
    return [
        faults(
            joined, pl.col("_heads") == 0, "head_missing", "error", "relation", pl.col("relation"), detail=who
        ),
        faults(
            joined,
            pl.col("_heads") > 1,
            "head_twice",
            "error",
            "relation",
            pl.col("relation"),
            pl.col("_names"),
            who,
        ),
    ]


def unusual_values(household: pl.DataFrame, columns: tuple[str, ...], least: int = 30) -> pl.DataFrame:
    """Values far from the others: beyond 3 times the width of the middle half outside it, on a log scale.

    Returns ``household_id column value lower_quartile median upper_quartile count``; fewer than ``least``
    known values say nothing. Rule: Tukey (1977), Exploratory Data Analysis, p. 44, outer fences, on log(1 + x).

    >>> frame = pl.DataFrame({"household_id": [str(i) for i in range(40)], "a": [100 + i for i in range(39)] + [10**6]})
    >>> unusual_values(frame, ("a",))["value"].to_list()
    [1000000]
    """
    found = []
    for name in columns:
        if name not in household.columns:
            continue
        known = (
            household.select("household_id", pl.col(name).alias("value"))
            .drop_nulls()
            .filter(pl.col("value") > 0)
        )
        if known.height < least:
            continue
        logs = known["value"].log1p()
        low, high = logs.quantile(0.25, "linear"), logs.quantile(0.75, "linear")
        if low is None or high is None or high <= low:
            continue
        width = high - low
        values = known["value"]
        found.append(
            known.filter((logs < low - 3 * width) | (logs > high + 3 * width))
            .select("household_id", pl.lit(name).alias("column"), pl.col("value").cast(pl.Int64))
            .with_columns(
                pl.lit(values.quantile(0.25, "nearest")).cast(pl.Int64).alias("lower_quartile"),
                pl.lit(values.quantile(0.5, "nearest")).cast(pl.Int64).alias("median"),
                pl.lit(values.quantile(0.75, "nearest")).cast(pl.Int64).alias("upper_quartile"),
                pl.lit(known.height).cast(pl.Int64).alias("count"),
            )
        )
    schema = {
        "household_id": pl.String,
        "column": pl.String,
        "value": pl.Int64,
        "lower_quartile": pl.Int64,
        "median": pl.Int64,
        "upper_quartile": pl.Int64,
        "count": pl.Int64,
    }
    return pl.concat([pl.DataFrame(schema=schema), *found]).sort("column", "household_id")
