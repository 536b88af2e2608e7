"""Households and persons as the simulation reads them: ages, sexes, and who may marry or bear children."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from resettle.problems import Problem
from resettle.projection.draw import (
    FEMALE,
    MALE,
    MARRIED_WOMAN,
    MAY_MARRY,
    SEX_UNKNOWN,
    STAYS,
    keys_of,
)
from resettle.projection.rates import Rates
from resettle.tables.age import age_on
from resettle.tables.people import is_here

CHILDREN = ("son", "daughter")
GRANDCHILDREN = ("grandson", "granddaughter", "grandchild_maternal")
CHILDREN_IN_LAW = ("son_in_law", "daughter_in_law")
MALE_RELATIONS = ("son", "son_in_law", "grandson", "father")
FEMALE_RELATIONS = ("daughter", "daughter_in_law", "granddaughter", "mother")


@dataclass(frozen=True)
class Roster:
    """Arrays over persons, grouped by household (``starts``), and a frame with one row per household."""

    households: pl.DataFrame
    starts: NDArray[np.int64]
    keys: NDArray[np.uint64]
    ages: NDArray[np.int64]
    sexes: NDArray[np.int64]
    states: NDArray[np.int64]
    lows: NDArray[np.int64]
    highs: NDArray[np.int64]


def members_now(household: pl.DataFrame, person: pl.DataFrame) -> pl.DataFrame:
    """Present members, and a placeholder for every member who is counted but not listed.

    A household of three with one listed person gets two placeholders without relation, sex or date of
    birth; what is unknown about them is drawn, and the result says how many there were.
    """
    present = person.filter(is_here(person))
    present = present.join(household.select("household_id"), on="household_id", how="semi")
    listed = present.group_by("household_id").len("_listed")
    short = (
        household.select("household_id", "member_count", "person_listed")
        .join(listed, on="household_id", how="left")
        .with_columns(pl.col("_listed").fill_null(0).cast(pl.Int64))
        .filter(~pl.col("person_listed").fill_null(False))
        .with_columns((pl.col("member_count").fill_null(0) - pl.col("_listed")).alias("_missing"))
        .filter(pl.col("_missing") > 0)
        .with_columns(pl.int_ranges(0, pl.col("_missing")).alias("_number"))
        .explode("_number")
        .select(
            (pl.lit("#") + pl.col("_number").cast(pl.String)).alias("person_id"),
            "household_id",
        )
    )
    return pl.concat(
        [present.select("person_id", "household_id", "relation", "sex", "birth_date"), short], how="diagonal"
    ).sort("household_id", "person_id")


def _states(members: pl.DataFrame) -> pl.DataFrame:
    """Who may marry and who is a married woman, from the relations in the household.

    As many sons count as married as there are daughters-in-law, the eldest first; likewise daughters and
    sons-in-law. A head without a spouse may marry only if no child or grandchild lives with him or her:
    with children a head is taken as widowed.
    """
    relation = pl.col("relation")

    def among(*names: str) -> pl.Expr:
        return relation.is_in(names).fill_null(False).sum().over("household_id")

    members = members.with_columns(
        among("spouse").alias("_spouses"),
        among("daughter_in_law").alias("_wives"),
        among("son_in_law").alias("_husbands"),
        among(*CHILDREN, *GRANDCHILDREN, *CHILDREN_IN_LAW).alias("_younger"),
        pl.struct(pl.col("birth_date").fill_null(date(9999, 1, 1)), "person_id")
        .rank("ordinal")
        .over("household_id", "relation")
        .alias("_seniority"),
    )
    married_son = (relation == "son") & (pl.col("_seniority") <= pl.col("_wives"))
    married_daughter = (relation == "daughter") & (pl.col("_seniority") <= pl.col("_husbands"))
    single_child = relation.is_in([*CHILDREN, *GRANDCHILDREN]) & ~married_son & ~married_daughter
    single_head = (relation == "head") & (pl.col("_spouses") == 0) & (pl.col("_younger") == 0)
    married_woman = (
        (relation == "daughter_in_law")
        | married_daughter
        | (relation == "spouse")
        | ((relation == "head") & (pl.col("_spouses") > 0))
    )
    return members.with_columns(
        pl.when((single_child | single_head | (relation == "sibling")).fill_null(False))
        .then(MAY_MARRY)
        .when(married_woman.fill_null(False))
        .then(MARRIED_WOMAN)
        .otherwise(STAYS)
        .alias("_state")
    )


def _sexes(members: pl.DataFrame) -> pl.DataFrame:
    relation = pl.col("relation")
    head_sex = pl.col("sex").filter(relation == "head").first().over("household_id")
    return members.with_columns(
        pl.when(pl.col("sex") == "male")
        .then(MALE)
        .when(pl.col("sex") == "female")
        .then(FEMALE)
        .when(relation.is_in(MALE_RELATIONS) | ((relation == "spouse") & (head_sex == "female")))
        .then(MALE)
        .when(relation.is_in(FEMALE_RELATIONS) | ((relation == "spouse") & (head_sex == "male")))
        .then(FEMALE)
        .otherwise(SEX_UNKNOWN)
        .alias("_sex")
    )


def _unknown_facts(members: pl.DataFrame, unsized: int) -> list[Problem]:
    """Households left out because nobody knows how many they are, and members projected without relation or sex."""
    members = members.filter(~pl.col("person_id").str.starts_with("#"))  # nobody listed these at all
    counts = {
        "projection.size_unknown": ("household", "member_count", unsized),
        "projection.relation_unknown": ("person", "relation", members["relation"].null_count()),
        "projection.sex_drawn": ("person", "sex", members.filter(pl.col("_sex") == SEX_UNKNOWN).height),
    }
    return [
        Problem(
            code,
            "warning" if table == "household" else "info",
            table=table,
            column=column,
            values={"count": n},
        )
        for code, (table, column, n) in counts.items()
        if n
    ]


def read_roster(
    household: pl.DataFrame, person: pl.DataFrame, as_of: date, rates: Rates, seed: int
) -> tuple[Roster, list[Problem]]:
    """Encode a registry for the simulation.

    Persons without date of birth get the age range of their relation and are reported once, with their
    number; the simulation draws their age anew in every draw.
    """
    members = _sexes(_states(members_now(household, person)))
    members = members.with_columns(age_on(pl.col("birth_date"), as_of).alias("_age"))
    fallback = rates.age_ranges.get("other", (0, 80))
    lows = {name: low for name, (low, _) in rates.age_ranges.items()}
    highs = {name: high for name, (_, high) in rates.age_ranges.items()}
    relation = pl.col("relation").fill_null("other")
    members = members.with_columns(
        relation.replace_strict(lows, default=fallback[0], return_dtype=pl.Int64).alias("_low"),
        relation.replace_strict(highs, default=fallback[1], return_dtype=pl.Int64).alias("_high"),
    )
    per_house = members.group_by("household_id").agg(
        pl.len().cast(pl.Int64).alias("size_now"),
        pl.col("_age").is_null().sum().cast(pl.Int64).alias("unknown_birth_count"),
    )
    frame = (
        household.select("household_id", "county_code", "member_count")
        .join(per_house, on="household_id", how="left")
        .with_columns(pl.col("size_now").fill_null(0), pl.col("unknown_birth_count").fill_null(0))
        .sort("household_id")
    )
    # Nobody listed and nobody counted is a household of unknown size, not an empty one.
    is_sized = (pl.col("size_now") > 0) | pl.col("member_count").is_not_null()
    problems = _unknown_facts(members, frame.filter(~is_sized).height)
    frame = frame.filter(is_sized)
    unknown = int(frame["unknown_birth_count"].sum())
    if unknown:
        houses = int((frame["unknown_birth_count"] > 0).sum())
        problems.append(
            Problem(
                "projection.birth_unknown",
                "info",
                table="person",
                column="birth_date",
                value=str(unknown),
                values={"households": houses},
            )
        )
    root = np.array([seed % 2**64], dtype=np.uint64)
    house_keys = keys_of(frame["household_id"].to_list(), root)
    starts = np.concatenate([[0], np.cumsum(frame["size_now"].to_numpy())]).astype(np.int64)
    owner = np.repeat(np.arange(frame.height), frame["size_now"].to_numpy())
    keys = keys_of(members["person_id"].to_list(), house_keys[owner]) if members.height else house_keys[:0]

    def whole(name: str) -> NDArray[np.int64]:
        return members[name].fill_null(-1).cast(pl.Int64).to_numpy().astype(np.int64)

    return Roster(
        households=frame,
        starts=starts,
        keys=keys,
        ages=whole("_age"),
        sexes=whole("_sex"),
        states=whole("_state"),
        lows=whole("_low"),
        highs=whole("_high"),
    ), problems
