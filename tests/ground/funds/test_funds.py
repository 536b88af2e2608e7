"""Funds: every sum is conserved, every rate names what it is a share of, and planted faults are found."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from resettle.funds.flows import flow_findings
from resettle.funds.stage import positions, rates, run, shortfalls
from resettle.funds.totals import programme_total, totals_that_differ
from resettle.journey.run import Run
from resettle.tables import FUND, HOUSEHOLD, PAYMENT, Inputs, conform
from resettle.units import share_ppm


def _fund(*rows: tuple[str, str, str | None, int, bool, str]) -> pl.DataFrame:
    names = ("measure", "source", "county_code", "amount_minor", "per_person", "status")
    made = [dict(zip(names, row, strict=True)) | {"fund_id": f"f{i}"} for i, row in enumerate(rows)]
    return conform(pl.DataFrame(made, infer_schema_length=None), FUND)[0]


def test_sums_by_source_and_county_keep_every_unit() -> None:
    fund = _fund(
        ("budget", "central_budget", "a", 101, False, "printed"),
        ("budget", "central_budget", "a", 7, False, "synthetic"),
        ("budget", "local_bond", "b", 50, False, "printed"),
        ("norm", "local_bond", None, 3, True, "repaired"),
    )
    position = positions(fund, PAYMENT.empty(), persons={"all": 10}, works_cost_minor=None)
    budget = position.filter(pl.col("measure") == "budget")
    assert budget["amount_minor"].sum() == 158
    assert budget.filter(pl.col("county_code") == "a").row(0, named=True)["status"] == "synthetic"
    norm = position.filter(pl.col("measure") == "norm").row(0, named=True)
    assert (norm["amount_minor"], norm["per_person_minor"], norm["person_count"]) == (30, 3, 10)
    assert norm["status"] == "repaired" and norm["county_code"] == "all"
    assert positions(fund.reverse(), PAYMENT.empty(), {"all": 10}, None).equals(position)


def test_a_rate_names_both_its_sides_and_no_share_of_nothing_is_stated() -> None:
    fund = _fund(
        ("need", "all", "a", 400, False, "entered"),
        ("in_place", "central_budget", "a", 300, False, "entered"),
        ("budget", "central_budget", "a", 0, False, "entered"),
    )
    found = rates(positions(fund, PAYMENT.empty(), {"all": 1}, None))
    by_denominator = {
        r["denominator"]: r for r in found.filter(pl.col("rate") == "funds_in_place").to_dicts()
    }
    need = by_denominator["need"]
    assert (need["numerator_minor"], need["denominator_minor"], need["gap_minor"]) == (300, 400, 100)
    assert need["rate_ppm"] == 750_000
    assert by_denominator["budget"]["rate_ppm"] is None


def test_a_negative_total_is_no_denominator() -> None:
    fund = _fund(
        ("need", "all", "a", -5, False, "entered"), ("in_place", "local_bond", "a", 3, False, "entered")
    )
    assert rates(positions(fund, PAYMENT.empty(), {"all": 1}, None))["rate_ppm"].to_list() == [None]


def test_first_short_month_is_the_first_where_cash_so_far_is_below_need_so_far() -> None:
    rows = [
        {"fund_id": f"{m}{k}", "measure": m, "county_code": "a", "month": date(2024, k, 1), "amount_minor": v}
        for m, values in (("need", (10, 10, 10, 1)), ("in_place", (15, 5, 5, 9)))
        for k, v in enumerate(values, start=1)
    ]
    found = shortfalls(conform(pl.DataFrame(rows), FUND)[0])
    assert found["gap_minor"].to_list() == [0, 0, 5, 0]
    assert found.filter("is_first")["month"].to_list() == [date(2024, 3, 1)]
    assert shortfalls(conform(pl.DataFrame(rows[::-1]), FUND)[0]).equals(found)


@pytest.mark.parametrize("works", [None, 5_000])
def test_empty_tables_are_answered(works: int | None) -> None:
    position = positions(FUND.empty(), PAYMENT.empty(), persons={"all": 3}, works_cost_minor=works)
    assert position["measure"].to_list() == ([] if works is None else ["works_cost"])
    assert rates(position).height == 0
    assert shortfalls(FUND.empty()).height == flow_findings(PAYMENT.empty()).height == 0


def test_the_stage_says_that_nothing_was_given() -> None:
    plan = pl.DataFrame({"is_open": [True, False], "cost_minor": [70, 30]})
    result = run(Inputs(tables={"household": HOUSEHOLD.empty(), "site_plan": plan}))
    assert result.tables["fund_position"]["amount_minor"].to_list() == [70]
    assert [p.code for p in result.problems] == ["funds.nothing_given"]


def test_planted_faults_of_the_fictional_pack_are_found(peach_run: Run) -> None:
    found = peach_run.tables["fund_flow_finding"]
    assert sorted(found.select("payment_id", "kind", "amount_minor").rows()) == [
        ("T2", "arrived_late", 1_000_000_000),  # paid 12 February, received 20 April
        ("T3", "arrived_short", 40_000_000),  # 9,000,000 paid, 8,600,000 arrived
        ("T4", "other_use", 300_000_000),
        ("T5", "not_arrived", 400_000_000),
    ]
    first = peach_run.tables["fund_shortfall"].filter("is_first")
    assert first.select("county_code", "month").rows() == [("PS0100000000", date(2024, 2, 1))]
    rate = peach_run.tables["fund_rate"]
    for row in rate.to_dicts():
        assert row["rate_ppm"] == share_ppm(row["numerator_minor"], row["denominator_minor"])
        assert row["gap_minor"] == row["denominator_minor"] - row["numerator_minor"]
    budget = peach_run.tables["fund_position"].filter(pl.col("measure") == "budget")
    given = peach_run.tables["fund"].filter(pl.col("measure") == "budget")
    assert budget["amount_minor"].sum() == given["amount_minor"].sum() == 9_400_000_000


def test_an_office_that_records_no_arrivals_is_not_accused() -> None:
    payment = conform(pl.DataFrame({"payment_id": ["a", "b"], "amount_minor": [5, 6]}), PAYMENT)[0]
    assert flow_findings(payment).height == 0


def test_a_norm_of_a_county_is_reckoned_on_that_countys_persons() -> None:
    fund = _fund(
        ("norm", "local_bond", "a", 3, True, "printed"), ("norm", "local_bond", None, 3, True, "printed")
    )
    position = positions(fund, PAYMENT.empty(), {"a": 4, "b": 6, "all": 10}, None)
    assert dict(position.select("county_code", "amount_minor").iter_rows()) == {"a": 12, "all": 30}
    assert totals_that_differ(position) == []


def test_a_source_given_by_county_is_not_lost_beside_one_given_as_a_whole() -> None:
    fund = _fund(
        ("budget", "central_budget", None, 100, False, "entered"),
        ("budget", "local_bond", "a", 30, False, "entered"),
        ("budget", "local_bond", "b", 20, False, "entered"),
    )
    assert programme_total(positions(fund, PAYMENT.empty(), {"all": 1}, None), "budget") == 150


def test_a_whole_and_parts_that_do_not_add_up_to_it_are_said() -> None:
    fund = _fund(
        ("budget", "all", None, 100, False, "entered"),
        ("budget", "local_bond", "a", 30, False, "entered"),
        ("budget", "central_budget", None, 60, False, "entered"),
        ("need", "all", None, 70, False, "entered"),
        ("need", "all", "a", 70, False, "entered"),
    )
    position = positions(fund, PAYMENT.empty(), {"all": 1}, None)
    assert programme_total(position, "budget") == 100
    found = totals_that_differ(position)
    assert [(p.code, p.values["measure"], p.values["parts"]) for p in found] == [
        ("funds.sources_differ", "budget", "0.9")
    ]


def test_money_passed_from_desk_to_desk_is_received_once() -> None:
    rows = [
        {"payment_id": "1", "to_level": "county", "amount_minor": 50, "received_minor": 50},
        {"payment_id": "2", "to_level": "project", "amount_minor": 40, "received_minor": 38},
    ]
    position = positions(FUND.empty(), conform(pl.DataFrame(rows), PAYMENT)[0], {"all": 1}, None)
    assert dict(position.select("measure", "amount_minor").iter_rows()) == {"disbursed": 40, "received": 38}
