"""Who needs a home, of which size, from which village; what is unknown has a line of its own."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from resettle.problems import Problem

SCATTERED_MODES = ("buy_back", "self_build", "kin")


def movers(
    household: pl.DataFrame, entitlement: pl.DataFrame, village: pl.DataFrame
) -> tuple[pl.DataFrame, list[Problem]]:
    """Households that move under the programme, one row each, sorted by id.

    Who moves: ``entitlement.is_mover`` where the pack provides it, else ``mover_class`` (present and not
    ``none``), else ``is_eligible``. Unknown is not a yes: such households are counted in a problem.

    Returns columns ``household_id, county_code, village_code, natural_village, persons, size, mode``
    with ``mode`` in ``central, scattered`` and ``size`` missing where the entitlement is unknown.
    """
    given = set(entitlement.columns)
    if "is_mover" in given:
        moves = pl.col("is_mover")
    elif "mover_class" in given:
        moves = pl.col("mover_class") != "none"
    elif "is_eligible" in given:
        moves = pl.col("is_eligible")
    else:
        moves = pl.col("dwelling_size_dm2") > 0
    persons = [c for c in ("resettled_persons", "resettled_person_count") if c in given]
    right = entitlement.select(
        "household_id",
        moves.alias("_moves"),
        pl.col("dwelling_size_dm2").cast(pl.Int64).alias("size"),
        (pl.col(persons[0]).cast(pl.Int64) if persons else pl.lit(None, pl.Int64)).alias("_persons"),
    )
    home = village.select("village_code", pl.col("county_code").alias("_county"))
    table = (
        household.select(
            "household_id",
            "county_code",
            "village_code",
            "natural_village",
            "member_count",
            "mode_wish",
            "agreement_signed",
        )
        .join(right, on="household_id", how="inner")
        .join(home, on="village_code", how="left")
        .sort("household_id")
    )
    # Who has said no needs no home; who has not been asked is still planned for, and so is who chose no mode.
    has_answers = bool(table["agreement_signed"].count())
    table = table.filter(pl.col("agreement_signed").fill_null(True))
    unknown = table.filter(pl.col("_moves").is_null()).height
    table = table.filter(
        pl.col("_moves").fill_null(False) & (pl.col("mode_wish").fill_null("central") != "none")
    )
    result = table.select(
        "household_id",
        pl.coalesce("county_code", "_county").alias("county_code"),
        "village_code",
        "natural_village",
        pl.coalesce("_persons", "member_count").alias("persons"),
        pl.when(pl.col("size") > 0).then(pl.col("size")).alias("size"),
        pl.when(pl.col("mode_wish").is_in(SCATTERED_MODES))
        .then(pl.lit("scattered"))
        .otherwise(pl.lit("central"))
        .alias("mode"),
    )
    silent = table["mode_wish"].null_count() if table["mode_wish"].count() else 0
    unasked = table["agreement_signed"].null_count() if has_answers else 0
    return result, _problems(result, unknown, silent, unasked)


def _problems(result: pl.DataFrame, unknown: int, silent: int, unasked: int) -> list[Problem]:
    central = result.filter(pl.col("mode") == "central")
    counts: Mapping[str, int] = {
        "siting.mover_unknown": unknown,
        "siting.mode_unknown": silent,
        "siting.agreement_unknown": unasked,
        "siting.size_unknown": central.filter(pl.col("size").is_null()).height,
        "siting.persons_unknown": central.filter(pl.col("persons").is_null()).height,
        "siting.village_unknown": central.filter(
            pl.col("village_code").is_null() | pl.col("county_code").is_null()
        ).height,
    }
    return [
        Problem(code, "warning", table="household", value=str(count), values={"count": count})
        for code, count in counts.items()
        if count
    ]
