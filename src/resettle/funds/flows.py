"""Payments that were used otherwise, did not arrive, or arrived short or late: prompts to ask, never verdicts."""

from __future__ import annotations

import polars as pl

from resettle.funds.contracts import FLOW_FINDING

LATE_AFTER_DAYS = 30


def flow_findings(payment: pl.DataFrame) -> pl.DataFrame:
    """One row for each payment and kind of departure.

    A payment with no date received is *not confirmed*, and counts as not arrived only where other
    payments of the same table do carry a date: an office that records no arrivals is not accused of losing money.
    """
    if not payment.height:
        return FLOW_FINDING.empty()
    records_arrival = payment["received_date"].is_not_null().any()
    kinds = [
        (
            "other_use",
            pl.col("used_for").is_not_null()
            & pl.col("purpose").is_not_null()
            & (pl.col("purpose") != "all")
            & (pl.col("used_for") != pl.col("purpose")),
            pl.col("amount_minor"),
            pl.format("{} → {}", "purpose", "used_for"),
        ),
        (
            "not_arrived",
            pl.col("received_date").is_null() & pl.lit(records_arrival),
            pl.col("amount_minor"),
            pl.lit(""),
        ),
        (
            "arrived_short",
            pl.col("received_minor") < pl.col("amount_minor"),
            pl.col("amount_minor") - pl.col("received_minor"),
            pl.lit(""),
        ),
        (
            "arrived_late",
            (pl.col("received_date") - pl.col("paid_date")).dt.total_days() > LATE_AFTER_DAYS,
            pl.col("amount_minor"),
            pl.format("{} d", (pl.col("received_date") - pl.col("paid_date")).dt.total_days()),
        ),
    ]
    parts = [
        payment.filter(condition.fill_null(False)).select(
            "payment_id",
            pl.lit(kind).alias("kind"),
            "from_code",
            "to_code",
            amount.alias("amount_minor"),
            detail.alias("detail"),
            "is_synthetic",
        )
        for kind, condition, amount, detail in kinds
    ]
    return FLOW_FINDING.shape(pl.concat(parts))
