"""Funds: every sum is conserved, every rate names what it is a share of, and planted faults are found."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from resettle.funds.flows import desks, flow_findings, passages
from resettle.funds.months import months_unknown, shortfalls
from resettle.funds.places import places_unknown
from resettle.funds.stage import positions, rates, run
from resettle.journey.run import Run
from resettle.methods.fund_totals import parts_that_differ, programme_total, source_totals
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
    assert parts_that_differ(position, "norm") == []


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
    assert parts_that_differ(position, "budget") == [("sources_differ", 90)]
    assert parts_that_differ(position, "need") == []
    household = conform(pl.DataFrame({"household_id": ["a"], "household_class": ["affected"]}), HOUSEHOLD)[0]
    said = run(Inputs(tables={"household": household, "fund": fund})).problems
    differ = [p for p in said if p.code == "funds.sources_differ"]
    assert [(p.values["measure"], p.values["parts"]) for p in differ] == [("budget", "0.9")]


def test_money_passed_from_desk_to_desk_is_received_once() -> None:
    rows = [
        {"payment_id": "1", "to_level": "county", "amount_minor": 50, "received_minor": 50},
        {"payment_id": "2", "to_level": "project", "amount_minor": 40, "received_minor": 38},
    ]
    position = positions(FUND.empty(), conform(pl.DataFrame(rows), PAYMENT)[0], {"all": 1}, None)
    assert dict(position.select("measure", "amount_minor").iter_rows()) == {"disbursed": 40, "received": 38}


def test_what_arrived_is_measured_on_the_payments_it_is_compared_with(peach_run: Run) -> None:
    rate = peach_run.tables["fund_rate"].filter(pl.col("rate") == "received_of_disbursed")
    # T4, T5 and T6 leave a county for a project: 12,000,000 sent, and T5's 4,000,000 not received.
    assert rate.select("numerator_minor", "denominator_minor", "rate_ppm").rows() == [
        (800_000_000, 1_200_000_000, 666_667)
    ]


def _payments(*rows: dict[str, object]) -> pl.DataFrame:
    numbered = [{"payment_id": f"p{i}", "amount_minor": 100} | row for i, row in enumerate(rows)]
    return conform(pl.DataFrame(numbered, infer_schema_length=None), PAYMENT)[0]


def test_cash_nobody_recorded_is_unknown_and_no_county_is_called_short_by_it() -> None:
    def month(county: str, measure: str, number: int, value: int) -> dict[str, object]:
        day = date(2024, number, 1)
        return {
            "fund_id": f"{county}{measure}{number}",
            "measure": measure,
            "county_code": county,
            "month": day,
            "amount_minor": value,
        }

    rows = [month(c, "need", n, 10) for c in "ab" for n in (1, 2, 3, 4)] + [month("b", "in_place", 1, 20)]
    found = shortfalls(conform(pl.DataFrame(rows), FUND)[0], date(2024, 3, 15))
    b = found.filter(pl.col("county_code") == "b")
    assert found.filter(pl.col("county_code") == "a")["cash_minor"].null_count() == 4
    assert b["cash_minor"].to_list() == [20, 20, 20, None]  # April has not come: its cash is not known
    assert b.filter("is_first")["month"].to_list() == [date(2024, 3, 1)]
    assert not found.filter(pl.col("county_code") == "a")["is_first"].any()
    assert [(p.values["county"], p.values["month"]) for p in months_unknown(found)] == [
        ("a", "2024-01"),
        ("b", "2024-04"),
    ]


def test_an_office_that_records_no_arrivals_is_not_said_to_have_received_nothing() -> None:
    payment = _payments({"to_level": "project"}, {"to_level": "project"})
    result = run(Inputs(tables={"household": HOUSEHOLD.empty(), "payment": payment}))
    assert result.tables["fund_position"]["measure"].to_list() == ["disbursed"]
    assert "received_of_disbursed" not in result.tables["fund_rate"]["rate"].to_list()
    assert "funds.no_arrivals" in [p.code for p in result.problems]


def test_a_payment_still_within_its_time_on_the_way_is_not_asked_about() -> None:
    sent = {"paid_date": date(2024, 3, 1)}
    payment = _payments(
        sent,
        {"paid_date": date(2024, 1, 1)},
        sent | {"received_date": date(2024, 3, 2), "received_minor": 100},
    )
    assert flow_findings(payment, date(2024, 3, 20))["payment_id"].to_list() == ["p1"]
    assert flow_findings(payment)["payment_id"].to_list() == ["p0", "p1"]


@pytest.mark.parametrize(
    ("row", "kind", "amount"),
    [
        ({"received_minor": 130}, "arrived_more", 30),
        ({"received_minor": 70}, "arrived_short", 30),
        ({"paid_date": date(2024, 3, 1), "received_date": date(2024, 2, 1)}, "arrived_before_sent", 100),
        ({"paid_date": date(2024, 3, 1), "received_date": date(2024, 5, 1)}, "arrived_late", 100),
        ({"purpose": "housing", "used_for": "other"}, "other_use", 100),
    ],
)
def test_each_departure_is_found_with_the_amount_concerned(
    row: dict[str, object], kind: str, amount: int
) -> None:
    found = flow_findings(_payments(row, {"received_minor": 100}))
    assert found.select("payment_id", "kind", "amount_minor").rows() == [("p0", kind, amount)]


def test_one_payment_under_two_numbers_is_asked_about_once_and_names_the_first() -> None:
    same = {"paid_date": date(2024, 3, 1), "from_code": "x", "to_code": "y", "source": "local_bond"}
    found = flow_findings(_payments(same, same, same | {"amount_minor": 99}, {"amount_minor": 100}, {}))
    assert found.select("payment_id", "kind", "detail").rows() == [("p1", "entered_twice", "= p0")]


def test_what_left_a_level_is_confirmed_short_or_open_and_no_unit_is_lost() -> None:
    down = {"from_level": "county", "to_level": "project"}
    payment = _payments(
        down | {"received_minor": 100},
        down | {"received_minor": 60},
        down,
        down | {"amount_minor": 7, "received_minor": 9},
    )
    row = passages(payment).row(0, named=True)
    assert (row["payments"], row["sent_minor"], row["confirmed_minor"]) == (4, 307, 169)
    assert (row["short_minor"], row["unconfirmed_minor"]) == (40, 100)
    beyond = 2
    assert (
        row["sent_minor"] == row["confirmed_minor"] + row["short_minor"] + row["unconfirmed_minor"] - beyond
    )


def test_what_stands_at_a_desk_is_what_arrived_less_what_was_sent_on_and_unknown_while_an_arrival_is() -> (
    None
):
    payment = _payments(
        {"to_level": "county", "to_code": "a", "received_minor": 90},
        {"from_level": "county", "from_code": "a", "to_level": "project", "to_code": "s", "amount_minor": 30},
        {"to_level": "county", "to_code": "b"},
        {"to_level": "county", "to_code": "c", "received_minor": 5},
        {
            "from_level": "county",
            "from_code": "c",
            "to_level": "household",
            "to_code": "h",
            "amount_minor": 8,
        },
    )
    found = desks(payment).select(
        "code", "received_minor", "unconfirmed_minor", "sent_on_minor", "standing_minor"
    )
    assert found.rows() == [("a", 90, 0, 30, 60), ("b", None, 100, 0, None), ("c", 5, 0, 8, -3)]


def test_a_source_stated_by_county_stays_in_the_reports_total_beside_one_stated_whole() -> None:
    fund = _fund(
        ("budget", "central_budget", None, 100, False, "printed"),
        ("budget", "local_bond", "a", 30, False, "entered"),
        ("budget", "local_bond", "b", 20, False, "synthetic"),
    )
    found = source_totals(positions(fund, PAYMENT.empty(), {"all": 1}, None), "budget")
    assert found.select("source", "amount_minor", "status").rows() == [
        ("central_budget", 100, "printed"),
        ("local_bond", 50, "synthetic"),
    ]


def test_money_for_a_place_nobody_knows_is_counted_and_asked_about() -> None:
    region = pl.DataFrame({"region_code": ["0325", "0326"]})
    site = pl.DataFrame({"site_id": ["S0325-01"]})
    payment = _payments(
        {"from_level": "county", "from_code": "0325", "to_level": "project", "to_code": "S0325-10"},
        {"from_level": "province", "from_code": "41", "to_level": "county", "to_code": "0327"},
        {"from_level": "county", "from_code": "0326", "to_level": "project", "to_code": "S0325-01"},
    )
    fund = _fund(("need", "all", "0399", 5, False, "entered"))
    found = places_unknown(fund, payment, region, site)
    assert [(p.file, p.column, p.value, p.nearest is not None) for p in found] == [
        ("funds.csv", "county_code", "0399", False),
        ("payments.csv", "to_code", "0327", True),
        ("payments.csv", "to_code", "S0325-10", True),
    ]
    assert places_unknown(fund, payment, None, None) == []


def test_the_demos_name_no_place_nobody_knows(peach_run: Run) -> None:
    tables = peach_run.tables
    assert places_unknown(tables["fund"], tables["payment"], tables["region"], tables["site"]) == []


def _paid(*rows: tuple[str | None, str | None, str | None, str | None, int, int | None]) -> pl.DataFrame:
    names = ("from_level", "from_code", "to_level", "to_code", "amount_minor", "received_minor")
    made = [
        dict(zip(names, row, strict=True)) | {"payment_id": f"p{i}", "source": "central_budget"}
        for i, row in enumerate(rows)
    ]
    return conform(pl.DataFrame(made, infer_schema_length=None), PAYMENT)[0]


PAYMENTS = (
    ("city", "c", "county", "a", 100, 100),
    ("city", "c", "county", "b", 50, 50),
    ("county", "a", "project", "x", 60, 60),
    ("county", "b", "project", "y", 40, None),
)


def test_a_payment_that_names_no_source_is_one_more_part_and_never_the_whole() -> None:
    known = positions(FUND.empty(), _paid(*PAYMENTS), {"all": 1}, None)
    blank = _paid(*PAYMENTS).with_columns(
        source=pl.when(pl.col("payment_id") == "p2").then(None).otherwise(pl.col("source"))
    )
    found = positions(FUND.empty(), blank, {"all": 1}, None)
    for measure in ("disbursed", "received"):
        assert programme_total(found, measure) == programme_total(known, measure)
    assert "unstated" in found["source"].to_list() and "all" not in found["source"].to_list()


def test_a_payment_that_names_no_level_leaves_what_was_paid_at_least_that() -> None:
    payment = _paid(*PAYMENTS[:3], ("county", "b", None, "y", 40, None))
    fund = _fund(("in_place", "all", None, 150, False, "entered"))
    position = positions(fund, payment, {"all": 1}, None)
    row = position.filter(pl.col("measure") == "disbursed").row(0, named=True)
    assert (row["amount_minor"], row["is_least"]) == (60, True)
    rate = rates(position).filter(pl.col("rate") == "disbursed").row(0, named=True)
    assert rate["rate_ppm"] is None and rate["gap_minor"] is None
    assert passages(payment)["sent_minor"].sum() == payment["amount_minor"].sum()


def test_a_desk_is_unknown_while_a_payment_may_be_its_own() -> None:
    def of(payment: pl.DataFrame) -> dict[str, tuple[int | None, int | None, int | None]]:
        rows = desks(payment).filter(pl.col("level") == "county")
        return {
            r["code"]: (r["received_minor"], r["sent_on_minor"], r["standing_minor"]) for r in rows.to_dicts()
        }

    assert of(_paid(*PAYMENTS)) == {"a": (100, 60, 40), "b": (50, 40, 10)}
    no_sender = of(_paid(*PAYMENTS[:3], ("county", None, "project", "y", 40, None)))
    assert no_sender == {"a": (100, None, None), "b": (50, None, None)}
    no_receiver = of(_paid(PAYMENTS[0], ("city", "c", "county", None, 50, 50), *PAYMENTS[2:]))
    assert no_receiver == {"a": (None, 60, None)}


@pytest.mark.parametrize("column", ["source", "county_code"])
def test_a_row_that_names_nobody_and_comes_to_less_than_the_others_is_a_part(column: str) -> None:
    rows = [
        ("budget", "central_budget", c, v, False, "entered") for c, v in (("a", 58), ("b", 36), ("b", 30))
    ]
    fund = _fund(*rows)
    for blanked in {"source": ("f2",), "county_code": ("f1", "f2")}[column]:
        held = pl.when(pl.col("fund_id") == blanked).then(None).otherwise(pl.col(column)).alias(column)
        found = positions(fund.with_columns(held), PAYMENT.empty(), {"all": 1}, None)
        assert programme_total(found, "budget") == 124
    whole = _fund(*rows, ("budget", "central_budget", None, 130, False, "entered"))
    assert programme_total(positions(whole, PAYMENT.empty(), {"all": 1}, None), "budget") == 130


def test_cash_without_its_month_or_county_calls_nobody_short() -> None:
    rows = [
        {
            "fund_id": f"{c}{m}{k}",
            "measure": m,
            "county_code": c,
            "month": date(2024, k, 1),
            "amount_minor": v,
        }
        for c in "ab"
        for m, values in (("need", (10, 10)), ("in_place", (15, 5)))
        for k, v in enumerate(values, start=1)
    ]
    fund = conform(pl.DataFrame(rows), FUND)[0]
    second = pl.col("fund_id") == "ain_place2"
    undated = shortfalls(fund.with_columns(month=pl.when(~second).then(pl.col("month"))))
    assert undated.filter(pl.col("county_code") == "a")["cash_minor"].null_count() == 2
    assert not undated["is_first"].any() and undated["cash_minor"].null_count() == 2
    nobodys = shortfalls(fund.with_columns(county_code=pl.when(~second).then(pl.col("county_code"))))
    assert nobodys["cash_minor"].null_count() == nobodys.height


def test_a_norm_on_members_nobody_counted_is_at_least_that() -> None:
    fund = _fund(
        ("norm", "central_budget", None, 3, True, "printed"), ("budget", "all", None, 90, False, "printed")
    )
    rows = {
        "household_id": ["h1", "h2"],
        "household_class": ["registered_poor"] * 2,
        "member_count": [4, None],
    }
    household = conform(pl.DataFrame(rows), HOUSEHOLD)[0]
    out = run(Inputs({"household": household, "fund": fund}, {}, None))
    norm = out.tables["fund_position"].filter(pl.col("measure") == "norm").row(0, named=True)
    assert (norm["amount_minor"], norm["is_least"]) == (12, True)
    assert out.tables["fund_rate"].filter(pl.col("rate") == "norm_of_budget")["rate_ppm"].to_list() == [None]
    assert "funds.persons_unknown" in [p.code for p in out.problems]


def test_works_of_unknown_cost_are_no_rate() -> None:
    position = positions(
        _fund(("need", "all", None, 100, False, "entered")),
        PAYMENT.empty(),
        {"all": 1},
        80,
        works_known=False,
    )
    assert rates(position).filter(pl.col("rate") == "works_of_need")["rate_ppm"].to_list() == [None]


def test_a_source_stated_whole_and_by_counties_that_come_to_another_sum_is_asked_about() -> None:
    rows = [("budget", "central_budget", c, v, False, "entered") for c, v in ((None, 58), ("b", 36))]
    position = positions(_fund(*rows), PAYMENT.empty(), {"all": 1}, None)
    assert programme_total(position, "budget") == 58
    assert parts_that_differ(position, "budget") == [("counties_differ", 36)]


def test_works_by_invented_prices_are_a_synthetic_sum(peach_run: Run) -> None:
    works = peach_run.tables["fund_position"].filter(pl.col("measure") == "works_cost")
    assert works["status"].to_list() == ["synthetic"]
    plan = pl.DataFrame({"is_open": [True], "cost_minor": [70]})
    site = pl.DataFrame(
        {"site_id": ["a"], "is_synthetic": [None]}, schema_overrides={"is_synthetic": pl.Boolean}
    )
    out = run(Inputs(tables={"household": HOUSEHOLD.empty(), "site_plan": plan, "site": site}))
    assert out.tables["fund_position"]["status"].to_list() == ["computed"]
