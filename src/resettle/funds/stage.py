"""The funds stage: norms against works, budget, need, in place, disbursed; rates that name their denominator."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import polars as pl

from resettle.funds.contracts import DESK, FLOW_FINDING, PASSAGE, POSITION, RATE, SHORTFALL
from resettle.funds.flows import desks, flow_findings, passages
from resettle.funds.months import months_unknown, shortfalls, undated
from resettle.funds.places import places_unknown
from resettle.methods.fund_totals import UNSTATED, WHOLE, parts_that_differ, programme_total, wholes_and_parts
from resettle.problems import Problem
from resettle.tables import FUND, PAYMENT, Inputs, Outputs, Stage
from resettle.tables.money import weakest_status
from resettle.units import divide_half_up, share_ppm, yuan

RATES = (
    ("funds_in_place", "in_place", "need"),
    ("funds_in_place", "in_place", "budget"),
    ("disbursed", "disbursed", "in_place"),
    ("need_of_budget", "need", "budget"),
    ("norm_of_budget", "norm", "budget"),
    ("works_of_need", "works_cost", "need"),
    ("received_of_disbursed", "received", "disbursed"),
)
"""Every rate the stage states: its name, numerator and denominator measure."""


def positions(
    fund: pl.DataFrame,
    payment: pl.DataFrame,
    persons: Mapping[str, int],
    works_cost_minor: int | None,
    uncounted: Collection[str] = (),
    works_known: bool = True,
    works_status: str = "computed",
) -> pl.DataFrame:
    """Amounts by measure, source and county; a norm per person is multiplied by the persons it is a key for.

    Args:
        fund, payment: by their contracts.
        persons: registered persons the norms are reckoned on, by county code and in all under ``"all"``. A norm
            for a county that has none of them is a norm for nobody: zero.
        works_cost_minor: cost of the chosen sites, from siting; ``None`` if no plan was made.
        uncounted: keys of ``persons`` that leave out households whose class or number of members is unknown: a
            norm on them is at least what is reckoned.
        works_known: whether every cost of the chosen sites is known.
        works_status: ``synthetic`` where the prices of the sites are invented, so that the sum is too.
    """
    parts: list[pl.DataFrame] = []
    if fund.height:
        parts.append(_promised(fund, persons, uncounted))
    if payment.height:
        parts.append(_paid(payment, "disbursed", "amount_minor"))
    if payment["received_minor"].is_not_null().any():
        # An office that records no arrivals has not received nothing: what it received is not known.
        parts.append(_paid(payment, "received", "received_minor"))
    if works_cost_minor is not None:
        works: dict[str, Any] = {"measure": "works_cost", "source": WHOLE, "county_code": WHOLE}
        works |= {"amount_minor": works_cost_minor, "status": works_status, "is_least": not works_known}
        parts.append(pl.DataFrame([works]))
    if not parts:
        return POSITION.empty()
    # Without promised funds no part brings the columns of a norm; the contract's empty rows do.
    return POSITION.shape(pl.concat([POSITION.empty(), *parts], how="diagonal_relaxed"))


def _promised(fund: pl.DataFrame, persons: Mapping[str, int], uncounted: Collection[str]) -> pl.DataFrame:
    per_person = pl.col("per_person").fill_null(False)
    counted = wholes_and_parts(fund).with_columns(
        persons=pl.when(per_person).then(pl.col("county_code").replace_strict(dict(persons), default=0))
    )
    return (
        counted.with_columns(amount=pl.col("amount_minor") * pl.col("persons").fill_null(1))
        .group_by("measure", "source", "county_code")
        .agg(
            pl.col("amount").sum().alias("amount_minor"),
            pl.col("amount_minor").filter(per_person).sum().replace(0, None).alias("per_person_minor"),
            pl.col("persons").max().alias("person_count"),
            (per_person & pl.col("county_code").is_in(list(uncounted))).any().alias("is_least"),
            weakest_status(),
            pl.col("source_note").drop_nulls().unique().sort().str.join("; ").alias("source_note"),
        )
    )


def _paid(payment: pl.DataFrame, measure: str, column: str) -> pl.DataFrame:
    """What was sent to, or confirmed as received by, those who build or live there; money passed between
    offices is not counted again at every desk. A payment that names no receiving level may be theirs too."""
    synthetic = pl.col("is_synthetic").fill_null(False).any()
    is_least = bool(payment["to_level"].null_count())
    return (
        payment.filter(pl.col("to_level").is_in(["project", "household"]))
        .group_by(pl.col("source").fill_null(UNSTATED))
        .agg(
            pl.col(column).sum().alias("amount_minor"),
            pl.when(synthetic).then(pl.lit("synthetic")).otherwise(pl.lit("entered")).alias("status"),
        )
        .with_columns(
            pl.lit(measure).alias("measure"),
            pl.lit(WHOLE).alias("county_code"),
            pl.lit(is_least).alias("is_least"),
        )
    )


def rates(position: pl.DataFrame) -> pl.DataFrame:
    """Every rate whose two measures are stated, with both written out; of one that is at least so much, no rate."""
    least = set(position.filter(pl.col("is_least").fill_null(False))["measure"].to_list())
    totals = {
        measure: (total, _status(position, measure))
        for measure in position["measure"].unique().to_list()
        if (total := programme_total(position, measure)) is not None
    }
    rows = []
    for name, numerator, denominator in RATES:
        top, bottom = totals.get(numerator), totals.get(denominator)
        if top is None or bottom is None:
            continue
        status = next(
            (s for s in ("repaired", "synthetic", "entered", "computed") if s in (top[1], bottom[1])),
            "computed",
        )
        is_whole = not {numerator, denominator} & least
        rows.append(
            {
                "rate": name,
                "numerator": numerator,
                "denominator": denominator,
                "numerator_minor": top[0],
                "denominator_minor": bottom[0],
                "rate_ppm": share_ppm(max(0, top[0]), max(0, bottom[0])) if is_whole else None,
                "gap_minor": bottom[0] - top[0] if is_whole else None,
                "status": "computed" if status == "entered" else status,
            }
        )
    return pl.DataFrame(rows, schema=RATE.schema())


def _status(position: pl.DataFrame, measure: str) -> str:
    found = position.filter(pl.col("measure") == measure)["status"].to_list()
    return next((s for s in ("repaired", "synthetic", "entered", "printed") if s in found), "computed")


def run(inputs: Inputs) -> Outputs:
    """Compute every table of the room; what cannot be computed is said, not left out."""
    fund = inputs.tables.get("fund", FUND.empty())
    payment = inputs.tables.get("payment", PAYMENT.empty())
    household = inputs.tables["household"]
    registered = household.filter(pl.col("household_class").is_in(["registered_poor", "affected"]))
    persons = _persons_by_county(registered)
    in_no_number = household.filter(
        pl.col("household_class").is_null()
        | (
            pl.col("household_class").is_in(["registered_poor", "affected"])
            & pl.col("member_count").is_null()
        )
    )
    uncounted = _uncounted(in_no_number, household)
    works, works_known = _works(inputs.tables.get("site_plan"))
    invented = _is_synthetic(inputs.tables.get("site"))
    status = "synthetic" if invented else "computed"
    position = positions(fund, payment, persons, works, uncounted, works_known, status)
    problems = [*_totals_that_differ(position), *_not_stated(position, payment)]
    if uncounted and (position["measure"] == "norm").any():
        count = in_no_number.height
        problems.append(
            Problem("funds.persons_unknown", "warning", table="household", values={"count": count})
        )
    if not fund.height:
        problems.append(Problem("funds.nothing_given", "warning", table="fund", file="funds.csv"))
    as_of = inputs.settings.get("as_of")
    shortfall = shortfalls(fund, as_of)
    problems += undated(fund)
    if fund.height and not shortfall.height:
        problems.append(Problem("funds.no_months", "info", table="fund", file="funds.csv"))
    problems += months_unknown(shortfall)
    problems += places_unknown(fund, payment, inputs.tables.get("region"), inputs.tables.get("site"))
    if payment.height and not payment["received_minor"].is_not_null().any():
        problems.append(Problem("funds.no_arrivals", "info", table="payment", file="payments.csv"))
    rate = rates(position)
    facts = {
        "persons": persons[WHOLE],
        "repaired": bool((position["status"] == "repaired").any()) if position.height else False,
    }
    budget = programme_total(position, "budget")
    if budget is not None and budget > 0 and persons[WHOLE] and not uncounted:
        facts["budget_per_person_minor"] = divide_half_up(budget, persons[WHOLE])
    tables = {
        "fund_position": position,
        "fund_rate": rate,
        "fund_shortfall": shortfall,
        "fund_flow_finding": flow_findings(payment, as_of),
        "fund_passage": passages(payment),
        "fund_desk": desks(payment),
    }
    return Outputs(tables, problems, facts)


def _works(plan: pl.DataFrame | None) -> tuple[int | None, bool]:
    """What the chosen sites cost, and whether every cost of them is known."""
    if plan is None or not plan.height:
        return None, True
    opened = plan.filter(pl.col("is_open"))
    known = "cost_known" not in opened.columns or bool(opened["cost_known"].fill_null(True).all())
    return int(opened["cost_minor"].sum()), known and not opened["cost_minor"].null_count()


def _is_synthetic(site: pl.DataFrame | None) -> bool:
    return site is not None and bool(site["is_synthetic"].fill_null(False).any())


def _not_stated(position: pl.DataFrame, payment: pl.DataFrame) -> list[Problem]:
    """Rows that name no source or county and are no whole, and payments that do not say whom they reached."""
    promised = position.filter(~pl.col("measure").is_in(["disbursed", "received"]))
    found = []
    for column in ("source", "county_code"):
        for measure in promised.filter(pl.col(column) == UNSTATED)["measure"].unique().sort():
            values = {"measure": measure}
            found.append(
                Problem(
                    "funds.part_unstated",
                    "warning",
                    table="fund",
                    file="funds.csv",
                    column=column,
                    values=values,
                )
            )
    for column in ("from_level", "to_level", "from_code", "to_code", "source"):
        rows = payment.filter(pl.col(column).is_null())
        if rows.height and rows.height < payment.height:
            values = {"count": rows.height, "amount": f"{yuan(int(rows['amount_minor'].sum())):,}"}
            found.append(
                Problem(
                    "funds.payment_unstated",
                    "warning",
                    table="payment",
                    file="payments.csv",
                    column=column,
                    values=values,
                )
            )
    return found


def _totals_that_differ(position: pl.DataFrame) -> list[Problem]:
    """A measure stated both as a whole and in parts that do not add up to it; the whole is the one used."""
    found = []
    for measure in sorted(position["measure"].unique().to_list()):
        for kind, parts in parts_that_differ(position, measure):
            total = programme_total(position, measure) or 0
            values = {"measure": measure, "total": f"{yuan(total):,}", "parts": f"{yuan(parts):,}"}
            found.append(Problem(f"funds.{kind}", "warning", table="fund", file="funds.csv", values=values))
    return found


def _persons_by_county(household: pl.DataFrame) -> dict[str, int]:
    """Members by county code, and in all under ``"all"``."""
    counted = household.group_by("county_code").agg(pl.col("member_count").sum())
    counties = {code: int(number) for code, number in counted.iter_rows() if code is not None}
    return {**counties, WHOLE: int(household["member_count"].fill_null(0).sum())}


def _uncounted(rows: pl.DataFrame, household: pl.DataFrame) -> list[str]:
    """Counties, and the whole, that hold one of these households, or may hold one."""
    if not rows.height:
        return []
    if rows["county_code"].null_count():
        return [WHOLE, *household["county_code"].drop_nulls().unique().to_list()]
    return [WHOLE, *rows["county_code"].unique().to_list()]


STAGE = Stage(
    name="funds",
    requires=("household", "fund?", "payment?", "site_plan?", "region?", "site?"),
    provides=(POSITION, RATE, SHORTFALL, FLOW_FINDING, PASSAGE, DESK),
    run=run,
    zh="核算资金",
    en="reckon the funds",
)
