"""What readers from outside stumbled over: bases, conditions and places are said where the numbers stand."""

from __future__ import annotations

import polars as pl
import pytest

from resettle.tables.pages import Chapter, Figure, Hidden, PageTable, Paragraph, Text
from tests.ground.report.peach_tables import basis, tables
from tests.ground.report.test_foresight import _chapter, _figure, _said, _tables


def _reforms(**totals: tuple[float, float]) -> Chapter:
    """A reform of which 30 million hang on co-movers: 4 households with 16 persons, those in ``totals`` may come."""
    given = tables()
    given["reform_cost"] = given["reform_cost"].with_columns(
        uptake=pl.lit("co_mover"),
        change_low_minor=pl.lit(3_000_000_000),
        change_high_minor=pl.lit(3_000_000_000),
    )
    household = given["household"]
    given["household"] = household.with_columns(
        household_class=pl.when(pl.int_range(pl.len()) < 4)
        .then(pl.lit("co_mover"))
        .otherwise(pl.lit("registered_poor")),
        member_count=pl.lit(4, dtype=pl.Int64),
    )
    rows = [{"county_code": "ALL", "quantity": q, "low": a, "high": b} for q, (a, b) in totals.items()]
    schema = {"county_code": pl.String, "quantity": pl.String, "low": pl.Float64, "high": pl.Float64}
    given["willingness_total"] = pl.DataFrame(rows, schema=schema)
    return _chapter("reforms", tables=given)


def test_a_cost_that_hangs_on_who_comes_says_so_in_table_and_sentence() -> None:
    chapter = _reforms(households=(2.0, 2.0), persons=(8.0, 8.0))
    told = "30.0 million yuan more if all 4 willing households come; about 15.0 million yuan more by the two known"
    side = next(t for t in _tables(chapter) if t.title.en == "Reforms side by side")
    row = next(r for r in side.rows if r[0].en == "the county bears")  # type: ignore[union-attr]
    assert told in row[1].en  # type: ignore[union-attr]
    assert told in _said(chapter)
    assert "about 2 of them come with 8 persons" in _said(chapter)
    paid = next(t for t in _tables(chapter) if t.title.en.endswith("who pays"))
    assert paid.rows[0][2].en == "30.0 million yuan more if all willing households come"  # type: ignore[union-attr]


def test_a_range_of_uptake_is_a_range_of_cost_and_without_one_only_the_condition_is_said() -> None:
    assert "7.5 million yuan to 15.0 million yuan more by the two" in _said(
        _reforms(households=(1.0, 2.0), persons=(4.0, 8.0))
    )
    unknown = _said(_reforms())
    assert "30.0 million yuan more if all willing households come" in unknown
    assert "How many would is not known" in unknown


def test_a_cost_that_hangs_on_nobody_has_no_condition() -> None:
    said = _said(_chapter("reforms"))
    assert "willing households come" not in said and "What hangs on who comes" not in said


@pytest.mark.parametrize(("high", "sure"), [(4.0, True), (8.0, False)])
def test_the_order_of_counties_is_said_to_be_uncertain_where_ranges_overlap(high: float, sure: bool) -> None:
    given = tables()
    frame = given["projection_county"]
    given["projection_county"] = frame.with_columns(
        outgrown_expected=pl.when(pl.col("county_code") == "P2").then(11.0).otherwise(3.0),
        outgrown_low=pl.when(pl.col("county_code") == "P2").then(10.0).otherwise(1.0),
        outgrown_high=pl.when(pl.col("county_code") == "P2").then(12.0).otherwise(high if sure else 22.0),
    )
    title = _figure(_chapter("foresight", tables=given), "outgrown").title.en
    assert ("the order is not certain" not in title) is sure
    assert "91.7%" in title  # 11 of 12, as a reader divides


def test_the_share_in_the_table_is_what_its_own_counts_give() -> None:
    table = _figure(_chapter("foresight"), "outgrown").table
    assert table is not None
    for row in table.rows:
        assert row[-3] == round(1_000_000 * row[-4] / row[1])  # type: ignore[operator]


def test_a_tested_projection_is_not_titled_a_scenario() -> None:
    given = tables()
    given["projection_county"] = given["projection_county"].with_columns(shown_as=pl.lit("probability"))
    figure: Figure = _figure(_chapter("foresight", tables=given), "outgrown")
    assert figure.title.en.startswith("By tested rates") and figure.table.title.en.startswith("By tested")  # type: ignore[union-attr]


def test_errors_stand_with_their_counts_and_the_line_with_its_year() -> None:
    chapter = _chapter("targeting")
    table: PageTable = next(t for t in _tables(chapter) if t.title.en.startswith("Left out"))
    assert table.rows[0][1:] == (0, 18, 0, Hidden(True), 18, 250_000)  # 4.5 households: a small count
    said = _said(chapter)
    assert "3,000 yuan a person in 2023" in said and "the middle of 2 counties" in said
    assert "the registry lists 6 of those above as poor all the same" in said
    assert "the same households as the 6 “let in” by income" in said


def test_a_programme_without_a_list_of_the_poor_has_nobody_left_out_and_no_cliff() -> None:
    given = tables()
    given["targeting_household"] = given["targeting_household"].with_columns(is_registered=pl.lit(False))
    given["targeting_cliff"] = given["targeting_cliff"].with_columns(
        cliff_median_minor=pl.lit(0), cliff_years=pl.lit(0.0)
    )
    chapter = _chapter("targeting", tables=given)
    titles = [t.title.en for t in _tables(chapter)]
    assert not [t for t in titles if t.startswith(("Left out", "Households not registered"))]
    assert "No list of the poor decides here" in _said(chapter)
    assert "nothing is lost by passing it" in _said(chapter)
    near = next(t for t in _tables(chapter) if "poverty line" in t.title.en)
    assert [c.head.en for c in near.columns] == ["County", "Within 5% below", "Within 5% above"]


def test_what_several_dimensions_are_is_said_where_the_pack_names_them() -> None:
    said = _said(
        _chapter("targeting", titles={"targeting.dimensions": Text("看这些", "these are looked at")})
    )
    assert "these are looked at" in said


def test_the_place_is_named_with_the_one_it_lies_in() -> None:
    said = basis(part_of=Text("泉省", "Spring Province"))
    assert said.where.en.endswith(", Spring Province") and said.where.zh.startswith("泉省")
    assert isinstance(_chapter("obstacles").blocks[0], Paragraph)
