"""Household sizes ahead: the Sanhe household of the paper, independence of households, bad input."""

from __future__ import annotations

import copy
import tomllib
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from resettle.projection import STAGE, Proof, project, read_rates, sensitivity, shown_as
from resettle.projection.contracts import SIZE_COLUMNS
from resettle.projection.roster import read_roster
from resettle.tables import HOUSEHOLD, PERSON, Inputs, conform
from resettle.words import LANGUAGES, explain_problem

PACK = Path(__file__).parents[3] / "src" / "resettle_packs" / "cn_luoyang" / "demography.toml"
AS_OF = date(2016, 6, 30)


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return tomllib.loads(PACK.read_text(encoding="utf-8"))


def registry(
    *houses: tuple[str, list[tuple[str, str | None, date | None]]],
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Households as (number, [(relation, sex, date of birth)])."""
    household = [
        {"household_id": name, "county_code": "410322", "member_count": len(people)}
        for name, people in houses
    ]
    person = [
        {
            "person_id": f"{name}-{i}",
            "household_id": name,
            "relation": relation,
            "sex": sex,
            "birth_date": born,
        }
        for name, people in houses
        for i, (relation, sex, born) in enumerate(people)
    ]
    shape = {"person_id": pl.String, "household_id": pl.String, "relation": pl.String, "sex": pl.String}
    frame = pl.DataFrame(person, schema=shape | {"birth_date": pl.Date})
    return conform(pl.DataFrame(household), HOUSEHOLD)[0], conform(frame, PERSON)[0]


SANHE = (
    "sanhe",
    [
        ("head", "male", date(1962, 1, 1)),
        ("son", "male", date(1989, 1, 1)),
        ("father", "male", date(1933, 1, 1)),
    ],
)
COUPLE = (
    "couple",
    [
        ("head", "male", date(1985, 3, 1)),
        ("spouse", "female", date(1988, 3, 1)),
        ("son", "male", date(2010, 1, 1)),
    ],
)


def rows(tables: dict[str, pl.DataFrame], house: str) -> pl.DataFrame:
    return tables["projection_household"].filter(pl.col("household_id") == house)


def test_sanhe_meets_the_reference(document: dict[str, Any]) -> None:
    """Mission reference, finding 10: 54, 27 and 83 years; expected 3.45 after 5 years, P(more than 3) 0.47."""
    rates, problems = read_rates(document)
    assert rates is not None and problems == []
    tables, _ = project(*registry(SANHE), rates, as_of=AS_OF, years=5, draws=40_000, seed=3)
    last = rows(tables, "sanhe").row(-1, named=True)
    assert last["size_expected"] == pytest.approx(3.45, abs=0.02)  # four standard errors of 40,000 draws
    assert last["outgrown_ppm"] / 1e6 == pytest.approx(0.47, abs=0.01)
    assert last["shown_as"] == "scenario"
    assert sum(last[name] for name in SIZE_COLUMNS) == pytest.approx(1_000_000, abs=6)  # rounding of 11 parts


def test_survival_marriage_and_first_birth_by_hand(document: dict[str, Any]) -> None:
    """The closed form of the three independent chances; P(father lives) = 0.507, P(son marries) = 0.569."""
    alive = 0.895 * 0.885 * 0.874 * 0.862 * 0.849
    cumulative = [0.88, 0.82, 0.70, 0.45, 0.10]
    wed = [0.155 * 0.845**t for t in range(5)]
    born = sum(w * c for w, c in zip(wed, cumulative, strict=True))
    expected = 2 + alive + sum(wed) + born
    assert (alive, sum(wed), expected) == pytest.approx((0.5066, 0.5692, 3.447), abs=5e-4)
    rates, _ = read_rates(document)
    assert rates is not None
    tables, _ = project(*registry(SANHE), rates, as_of=AS_OF, years=5, draws=200_000)
    assert rows(tables, "sanhe")["size_expected"][-1] == pytest.approx(expected, abs=0.01)


def test_a_further_household_changes_no_other(document: dict[str, Any]) -> None:
    rates, _ = read_rates(document)
    assert rates is not None
    options: dict[str, Any] = {"as_of": AS_OF, "years": 10, "draws": 300, "seed": 11}
    alone, _ = project(*registry(SANHE), rates, **options)
    household, person = registry(COUPLE, SANHE, ("lone", [("head", "male", None)]))
    together, _ = project(household, person, rates, **options)
    assert rows(alone, "sanhe").equals(rows(together, "sanhe"))
    turned, _ = project(household.reverse(), person.reverse(), rates, **options)
    assert turned["projection_household"].equals(together["projection_household"])
    other, _ = project(household, person, rates, **(options | {"seed": 12}))
    assert not other["projection_household"].equals(together["projection_household"])


def test_county_totals_are_the_sums_of_households(document: dict[str, Any]) -> None:
    rates, _ = read_rates(document)
    assert rates is not None
    tables, _ = project(*registry(SANHE, COUPLE), rates, as_of=AS_OF, years=3, draws=500)
    by_year = tables["projection_household"].group_by("year").agg(pl.col("size_expected").sum()).sort("year")
    county = tables["projection_county"].sort("year")
    assert county["person_expected"].to_list() == pytest.approx(by_year["size_expected"].to_list())
    assert (county["person_low"] <= county["person_expected"]).all()
    assert county["household_count"].to_list() == [2, 2, 2]


def test_unknown_dates_and_unlisted_members_are_drawn_and_said(document: dict[str, Any]) -> None:
    rates, _ = read_rates(document)
    assert rates is not None
    household, person = registry(("short", [("head", "male", None)]))
    household = household.with_columns(pl.lit(3, dtype=pl.Int64).alias("member_count"))
    tables, problems = project(household, person, rates, as_of=AS_OF, years=2, draws=200)
    assert rows(tables, "short")["size_now"].to_list() == [3, 3]
    assert rows(tables, "short")["unknown_birth_count"].to_list() == [3, 3]
    assert [(p.code, p.value) for p in problems] == [("projection.birth_unknown", "3")]
    assert "3" in explain_problem(problems[0], "en")[0]


def test_the_dead_and_the_gone_do_not_count(document: dict[str, Any]) -> None:
    rates, _ = read_rates(document)
    assert rates is not None
    household, person = registry(SANHE)
    person = person.with_columns(
        pl.when(pl.col("relation") == "father")
        .then(pl.lit("dead"))
        .otherwise("member_status")
        .alias("member_status")
    )
    tables, _ = project(
        household.with_columns(pl.lit(True).alias("person_listed")), person, rates, as_of=AS_OF, draws=10
    )
    assert rows(tables, "sanhe")["size_now"].unique().to_list() == [2]


@pytest.mark.parametrize(
    ("section", "place", "change", "code"),
    [
        ("death", "points", {"value": 1.2}, "projection.unit_slip"),
        ("marriage", "steps", {"value": -0.1}, "projection.rate_range"),
        ("birth", "steps", {"sex": "male"}, "projection.sex_wrong"),
        ("marriage", "steps", {"sex": "men"}, "projection.sex_unknown"),
        ("death", "points", {"source": " "}, "projection.source_empty"),
    ],
)
def test_impossible_rates_are_refused(
    document: dict[str, Any], section: str, place: str, change: dict[str, Any], code: str
) -> None:
    wrong = copy.deepcopy(document)
    wrong[section][place][0] |= change
    rates, problems = read_rates(wrong)
    assert rates is None
    assert code in [p.code for p in problems]


def wrong_rate(document: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """The document with one place changed: ``birth.steps.0.value``."""
    wrong = copy.deepcopy(document)
    *way, last = path.split(".")
    place: Any = wrong
    for name in way:
        place = place[int(name)] if isinstance(place, list) else place[name]
    if value is None:
        del place[last]
    elif isinstance(place, list):
        place.insert(int(last), value)
    else:
        place[last] = value
    return wrong


STEP = {"sex": "male", "value": 0.1, "source": "a census"}


@pytest.mark.parametrize(
    ("path", "value", "code", "place"),
    [
        ("death.points.3.value", 1.6, "unit_slip", "death.points 65 both"),
        ("death.points.3.value", -0.01, "rate_range", "death.points 65 both"),
        ("death.points.3.value", "0.016", "not_a_number", "death.points 65 both"),
        ("death.points.3.value", float("nan"), "not_a_number", "death.points 65 both"),
        ("death.points.3.value", True, "not_a_number", "death.points 65 both"),
        ("death.points.3.value", None, "field_missing", "death.points 65 both"),
        ("death.points.3.sex", None, "sex_unknown", "death.points 65"),
        ("death.points.3.age", 640, "age_range", "death.points 640 both"),
        ("death.points.3.age", 75, "ages_twice", "death.points male"),
        ("death.points", "none", "field_missing", "death.points"),
        ("death.unit", "deaths per 1,000 and year", "unit_unread", "death.unit"),
        ("death.counted_from_age", -1, "whole_range", "death.counted_from_age"),
        ("marriage.steps.0.value", 15.5, "unit_slip", "marriage.steps 22-31 male"),
        ("marriage.steps.0.until", 35, "ages_twice", "marriage.steps male"),
        ("marriage.steps.0.until", 12, "age_order", "marriage.steps 22-12 male"),
        ("marriage.steps.0.until", 29, "ages_missing", "marriage.steps male"),
        ("marriage.steps.0", STEP | {"from": 24, "until": 24}, "ages_twice", "marriage.steps male"),
        ("marriage.legal_age_male", "22", "whole_range", "marriage.legal_age_male"),
        ("marriage.legal_age_male", None, "field_missing", "marriage.legal_age_male"),
        ("birth.steps.0.value", 1200.0, "rate_range", "birth.steps 20-24 female"),
        ("birth.steps.0.sex", "male", "sex_wrong", "birth.steps 20-24 male"),
        ("birth.steps.0.sex", "both", "sex_wrong", "birth.steps 20-24 both"),
        ("birth.factor", 17, "rate_range", "birth.factor"),
        ("birth.factor", None, "field_missing", "birth.factor"),
        ("birth.never_married.3.until", 44, "ages_missing", "birth.never_married"),
        ("birth.never_married.0.value", 67.55, "unit_slip", "birth.never_married 20-24 female"),
        ("birth.unit", "births per woman and year", "unit_unread", "birth.unit"),
        ("first_birth.cumulative.0", -0.2, "rate_range", "first_birth.cumulative 0"),
        ("first_birth.mother_below_age", None, "field_missing", "first_birth.mother_below_age"),
        ("second_birth.value", 10, "unit_slip", "second_birth.value"),
        ("second_birth.children_at_most", 2.5, "whole_range", "second_birth.children_at_most"),
        ("second_birth.source", "", "source_empty", "second_birth.source"),
        ("partner.sons_partner_joins", 1.01, "unit_slip", "partner.sons_partner_joins"),
        ("partner.shares.0", -0.2, "rate_range", "partner.shares 1"),
        ("partner.younger_years.0", 0.5, "whole_range", "partner.younger_years"),
        ("separation.value", None, "field_missing", "separation.value"),
        ("unknown_birth_date.male_share", 51, "unit_slip", "unknown_birth_date.male_share"),
        (
            "unknown_birth_date.ranges.0.low",
            71,
            "age_order",
            "unknown_birth_date.ranges head, spouse, sibling",
        ),
        ("sensitivity.0.path", "marriage.stepps", "variant_unknown", "sensitivity marriage_low"),
    ],
)
def test_every_slip_of_a_rate_is_refused_at_its_place(
    document: dict[str, Any], path: str, value: Any, code: str, place: str
) -> None:
    rates, problems = read_rates(wrong_rate(document, path, value))
    assert rates is None
    assert (f"projection.{code}", place) in [(p.code, p.column) for p in problems]
    for problem in problems:
        for language in LANGUAGES:
            assert all(problem.column in words for words in explain_problem(problem, language)[:1])


def test_units_that_slipped_everywhere_are_seen_by_the_number_of_children(document: dict[str, Any]) -> None:
    for factor, code in ((0.001, "unit_slip"), (9.0, "children_many")):
        wrong = copy.deepcopy(document)
        for step in wrong["birth"]["steps"]:
            step["value"] *= factor
        rates, problems = read_rates(wrong)
        assert rates is None and [p.code for p in problems] == [f"projection.{code}"]


def test_a_sex_without_rates_is_refused_and_a_rate_below_the_legal_age_is_said(
    document: dict[str, Any],
) -> None:
    wrong = copy.deepcopy(document)
    wrong["marriage"]["steps"] = [e for e in wrong["marriage"]["steps"] if e["sex"] == "male"]
    rates, problems = read_rates(wrong)
    assert rates is None
    assert [(p.code, p.value) for p in problems] == [("projection.sex_missing", "female")]
    early = wrong_rate(document, "marriage.steps.0.from", 18)
    rates, problems = read_rates(early)
    assert rates is not None and rates.marriage[0, 18:22].sum() == 0
    assert [(p.code, p.severity) for p in problems] == [("projection.below_legal_age", "warning")]


def test_missing_section_shares_and_falling_shares(document: dict[str, Any]) -> None:
    for change, code in (
        ({"partner": document["partner"] | {"shares": [0.5]}}, "projection.shares_sum"),
        (
            {"first_birth": document["first_birth"] | {"cumulative": [0.5, 0.4]}},
            "projection.not_increasing",
        ),
    ):
        rates, problems = read_rates(document | change)
        assert rates is None and [p.code for p in problems] == [code]
    rates, problems = read_rates({k: v for k, v in document.items() if k != "death"})
    assert rates is None and problems[0].code == "projection.section_missing"


def test_sensitivity_moves_in_the_expected_direction(document: dict[str, Any]) -> None:
    table, problems = sensitivity(*registry(SANHE), document, as_of=AS_OF, years=5, draws=2000)
    change = dict(table.filter(pl.col("year") == 5).select("variant", "outgrown_change").iter_rows())
    assert problems == []
    assert change["marriage_low"] < 0 < change["marriage_high"]
    assert change["default"] == 0 < change["deaths_half"]


def test_stage_shows_scenarios_unless_exactly_these_rates_passed(document: dict[str, Any]) -> None:
    rates, _ = read_rates(document)
    assert rates is not None
    household, person = registry(SANHE)
    pack = SimpleNamespace(
        files=lambda: ["demography.toml"], read_text=lambda _: PACK.read_text(encoding="utf-8")
    )

    def run(proof: Any = None, **options: Any) -> Any:
        settings = {
            "as_of": AS_OF,
            "seed": 1,
            "options": {"projection": {"draws": 50} | options},
            "projection_proof": proof,
        }
        return STAGE.run(Inputs({"household": household, "person": person}, settings, pack))

    def shown(result: Any) -> list[str]:
        found: list[str] = result.tables["projection_household"]["shown_as"].unique().to_list()
        return found

    assert shown(run()) == ["scenario"]
    assert shown(run(Proof(rates.digest, document))) == ["probability"]
    assert shown(run(Proof("other", document))) == ["scenario"]
    typed = run(backtest={"passed": True, "digest": rates.digest})
    assert shown(typed) == ["scenario"]
    assert [p.code for p in typed.problems] == ["projection.backtest_typed"]
    assert shown_as({"passed": True, "digest": rates.digest}, rates.digest) == "scenario"
    refused = run(years=11)
    assert [p.code for p in refused.problems] == ["projection.setting_range"]
    assert {t.name for t in STAGE.provides} == set(run().tables)
    for table in STAGE.provides:
        assert run().tables[table.name].columns == table.names


def test_without_rates_nothing_is_projected() -> None:
    household, person = registry(SANHE)
    result = STAGE.run(Inputs({"household": household, "person": person}, {"as_of": AS_OF}, None))
    assert [p.code for p in result.problems] == ["projection.rates_absent"]
    assert all(frame.is_empty() for frame in result.tables.values())


def test_a_household_of_unknown_size_is_not_an_empty_one(document: dict[str, Any]) -> None:
    household, person = registry(SANHE, COUPLE)
    lost = pl.col("household_id") == "couple"
    blank = household.with_columns(
        pl.when(~lost).then(pl.col("member_count")).alias("member_count"),
        pl.lit(None, pl.Boolean).alias("person_listed"),
    )
    rates, _ = read_rates(document)
    assert rates is not None
    roster, problems = read_roster(blank, person.filter(~lost), AS_OF, rates, 1)
    assert roster.households["household_id"].to_list() == ["sanhe"]
    assert [(p.code, p.values["count"]) for p in problems] == [("projection.size_unknown", 1)]
    roster, problems = read_roster(
        household, person.with_columns(relation=pl.when(~lost).then(pl.col("relation"))), AS_OF, rates, 1
    )
    assert [(p.code, p.values["count"]) for p in problems] == [("projection.relation_unknown", 3)]
