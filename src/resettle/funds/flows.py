"""Payments that went another way than recorded, and where the money stands: prompts to ask, never verdicts."""

from __future__ import annotations

from datetime import date

import polars as pl

from resettle.funds.contracts import DESK, FLOW_FINDING, PASSAGE
from resettle.tables.money import FUND_LEVELS

LATE_AFTER_DAYS = 30
"""Days on the way after which a payment is asked about: our convention, since no rule at hand sets a term."""

LAST_HANDS = ("project", "household")
"""Levels at which money is used; every other level passes it on."""


def flow_findings(payment: pl.DataFrame, as_of: date | None = None) -> pl.DataFrame:
    """One row for each payment and kind of departure.

    A payment with no date received is *not confirmed*. It counts as not arrived only where other payments of
    the same table do carry a date (an office that records no arrivals is not accused of losing money), and
    only once it has been on its way for longer than :data:`LATE_AFTER_DAYS` at ``as_of``.
    """
    if not payment.height:
        return FLOW_FINDING.empty()
    days = (pl.col("received_date") - pl.col("paid_date")).dt.total_days()
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
        for kind, condition, amount, detail in (
            (
                "other_use",
                _used_otherwise(),
                pl.col("amount_minor"),
                pl.format("{} → {}", "purpose", "used_for"),
            ),
            ("not_arrived", _overdue(payment, as_of), pl.col("amount_minor"), pl.lit("")),
            (
                "arrived_short",
                pl.col("received_minor") < pl.col("amount_minor"),
                pl.col("amount_minor") - pl.col("received_minor"),
                pl.lit(""),
            ),
            (
                "arrived_more",
                pl.col("received_minor") > pl.col("amount_minor"),
                pl.col("received_minor") - pl.col("amount_minor"),
                pl.lit(""),
            ),
            ("arrived_late", days > LATE_AFTER_DAYS, pl.col("amount_minor"), pl.format("{} d", days)),
            ("arrived_before_sent", days < 0, pl.col("amount_minor"), pl.format("{} d", days)),
        )
    ]
    return FLOW_FINDING.shape(pl.concat([*parts, _entered_twice(payment)]))


def _used_otherwise() -> pl.Expr:
    earmarked = pl.col("purpose").is_not_null() & (pl.col("purpose") != "all")
    return earmarked & (pl.col("used_for") != pl.col("purpose"))


def _overdue(payment: pl.DataFrame, as_of: date | None) -> pl.Expr:
    """No arrival recorded by an office that records arrivals, and long enough on the way to be asked about."""
    if not payment["received_date"].is_not_null().any():
        return pl.lit(False)
    open_ = pl.col("received_date").is_null() & (pl.col("received_minor").fill_null(0) == 0)
    if as_of is None:
        return open_
    on_the_way = (pl.lit(as_of) - pl.col("paid_date")).dt.total_days()
    return open_ & (pl.col("paid_date").is_null() | (on_the_way > LATE_AFTER_DAYS))


def _entered_twice(payment: pl.DataFrame) -> pl.DataFrame:
    """Payments alike in day, hands, source, purpose and amount: perhaps one payment under two numbers."""
    alike = ["paid_date", "from_code", "to_code", "source", "purpose", "amount_minor"]
    known = payment.filter(pl.all_horizontal(pl.col("paid_date", "from_code", "to_code").is_not_null()))
    again = known.sort("payment_id").with_columns(first=pl.col("payment_id").first().over(alike))
    return again.filter(pl.col("payment_id") != pl.col("first")).select(
        "payment_id",
        pl.lit("entered_twice").alias("kind"),
        "from_code",
        "to_code",
        "amount_minor",
        pl.format("= {}", "first").alias("detail"),
        "is_synthetic",
    )


def passages(payment: pl.DataFrame) -> pl.DataFrame:
    """What left one level for another, and what is confirmed to have arrived there.

    Sent is conserved: confirmed, short of what was sent, and not yet confirmed add up to it, less what arrived
    beyond the amount sent.
    """
    if not payment.select(pl.any_horizontal(pl.col("from_level", "to_level").is_not_null()).any()).item():
        return (
            PASSAGE.empty()
        )  # an office that records no levels; some rows without one are a row of their own
    known = payment.with_columns(pl.col("from_level", "to_level").fill_null("unknown"))
    sent, arrived = pl.col("amount_minor"), pl.col("received_minor")
    days = (pl.col("received_date") - pl.col("paid_date")).dt.total_days()
    has_arrived = arrived.is_not_null() | pl.col("received_date").is_not_null()
    dated = (~has_arrived | days.is_not_null()).all()
    return PASSAGE.shape(
        known.group_by("from_level", "to_level")
        .agg(
            pl.len().cast(pl.Int64).alias("payments"),
            sent.sum().alias("sent_minor"),
            arrived.sum().alias("confirmed_minor"),
            (sent - arrived).clip(lower_bound=0).sum().alias("short_minor"),
            sent.filter(arrived.is_null()).sum().alias("unconfirmed_minor"),
            pl.when(dated).then(days.median().round().cast(pl.Int64)).alias("median_days"),
            pl.when(dated).then(days.max()).alias("longest_days"),
            pl.col("is_synthetic").fill_null(False).any().alias("is_synthetic"),
        )
        .sort("from_level", "to_level")
    )


def desks(payment: pl.DataFrame) -> pl.DataFrame:
    """Money that reached a desk which passes money on, and what it has sent on: what still stands there.

    A desk that only sends is where money comes from, and is no row. What stands at a desk is unknown while a
    payment to it has no amount received, or while a payment that may be to it or from it names nobody. Sending more than the record shows arriving is shown as below zero:
    other money, or an arrival nobody entered.
    """
    to_desk = payment.filter(pl.col("to_code").is_not_null() & ~pl.col("to_level").is_in(LAST_HANDS))
    if not to_desk.height:
        return DESK.empty()
    known = pl.col("received_minor").is_not_null().all()
    arrived = to_desk.group_by(level="to_level", code="to_code").agg(
        pl.when(known).then(pl.col("received_minor").sum()).alias("_received"),
        pl.col("amount_minor").filter(pl.col("received_minor").is_null()).sum().alias("unconfirmed_minor"),
        pl.when((pl.col("received_minor").is_null() | pl.col("received_date").is_not_null()).all())
        .then(pl.col("received_date").max())
        .alias("last_received_date"),
        pl.col("is_synthetic").fill_null(False).any().alias("is_synthetic"),
    )
    passed = payment.group_by(level="from_level", code="from_code").agg(
        pl.col("amount_minor").sum().alias("_sent")
    )
    no_receiver, no_sender = (_nobody_named(payment, end) for end in ("to", "from"))
    return DESK.shape(
        arrived.join(passed, on=["level", "code"], how="left")
        .with_columns(
            received_minor=pl.when(~no_receiver).then(pl.col("_received")),
            sent_on_minor=pl.when(~no_sender).then(pl.col("_sent").fill_null(0)),
        )
        .with_columns(standing_minor=pl.col("received_minor") - pl.col("sent_on_minor"))
        .sort("level", "code")
    )


def _nobody_named(payment: pl.DataFrame, end: str) -> pl.Expr:
    """Of a desk, by its ``level``: whether some payment names no desk at this end and may be its own.

    Money goes down the levels, so one that names no level at this end is of a level above or below its other;
    one that names a desk without its level may be of the desk of that code.
    """
    open_: set[str] = set()
    for level, other in (
        payment.filter(pl.col(f"{end}_code").is_null())
        .select(f"{end}_level", "to_level" if end == "from" else "from_level")
        .unique()
        .iter_rows()
    ):
        at = None if other is None else FUND_LEVELS.index(other)
        beyond = FUND_LEVELS[:at] if end == "from" else FUND_LEVELS[None if at is None else at + 1 :]
        open_ |= set(beyond) if level is None else {level}
    no_level = payment.filter(pl.col(f"{end}_level").is_null())[f"{end}_code"].drop_nulls().unique()
    return pl.col("level").is_in(sorted(open_)) | pl.col("code").is_in(no_level.sort().to_list())
