"""The chapters that look ahead: scenarios said as such, prices with their remedy, ranges, what is absent."""

from __future__ import annotations

import polars as pl
import pytest

from resettle.report.chapters import chapters_of
from resettle.tables.pages import (
    Bars,
    Chapter,
    Figure,
    Folded,
    Hidden,
    Intervals,
    PageTable,
    Paragraph,
    Text,
)
from tests.ground.report.foresight_tables import ahead
from tests.ground.report.peach_tables import basis, tables


def _chapter(key: str, **changes: object) -> Chapter:
    return next(c for c in chapters_of(basis(**changes)) if c.key == key)


def _said(chapter: Chapter) -> str:
    return " ".join(b.text.en for b in chapter.blocks if isinstance(b, Paragraph))


def _figure(chapter: Chapter, key: str) -> Figure:
    return next(b for b in chapter.blocks if isinstance(b, Figure) and b.key == key)


def _tables(chapter: Chapter) -> list[PageTable]:
    found = [b for b in chapter.blocks if isinstance(b, PageTable)]
    for block in chapter.blocks:
        if isinstance(block, Folded):
            found += [inner for inner in block.blocks if isinstance(inner, PageTable)]
    return found


def _remedies() -> list[PageTable]:
    """Remedies that may be used at once, then those that need a decision."""
    return [t for t in _tables(_chapter("obstacles")) if t.title.en.startswith("Remedies ")]


def test_crowding_is_a_scenario_until_the_rates_have_passed_their_test() -> None:
    assert "scenario, not a forecast" in _said(_chapter("foresight"))
    tested = tables()
    tested["projection_county"] = tested["projection_county"].with_columns(shown_as=pl.lit("probability"))
    assert "scenario, not a forecast" not in _said(_chapter("foresight", tables=tested))
    mixed = tables()
    half = pl.when(pl.col("year") == 1).then(pl.lit("scenario")).otherwise(pl.lit("probability"))
    mixed["projection_county"] = mixed["projection_county"].with_columns(half.alias("shown_as"))
    assert "scenario, not a forecast" in _said(_chapter("foresight", tables=mixed))


def test_the_lead_says_the_last_year_and_how_far_the_assumptions_move_it() -> None:
    said = _said(_chapter("foresight"))
    assert "**15 households**" in said and "41.7% of the 36 households of the registry" in said
    assert "between 10 and 15" in said


def test_the_band_of_a_county_is_its_share_with_both_ends() -> None:
    chart = _figure(_chapter("foresight"), "outgrown").drawing
    assert isinstance(chart, Intervals)
    assert [(r.label.en, r.low, r.high) for r in chart.rows] == [
        ("Lower Spring", 333_333, 666_667),
        ("Upper Spring", 250_000, 500_000),
    ]


def test_a_story_is_about_the_size_of_a_household_and_names_nobody() -> None:
    said = _said(_chapter("foresight"))
    assert "**44 of every 100** outgrow it within 5 years" in said
    assert "3 members in 56, 4 members in 44" in said
    assert "P1-001" not in said
    assert "outgrow it" not in _said(_chapter("foresight", story=None))


def test_the_assumption_that_moves_most_is_named_in_the_title() -> None:
    figure = _figure(_chapter("foresight"), "outgrown_sensitivity")
    assert "fewer births" in figure.title.en and "from 15 to 10" in figure.title.en
    assert isinstance(figure.drawing, Bars)
    assert [r.label.en for r in figure.drawing.rows] == ["default", "fewer births", "sons leave"]


def test_a_price_is_the_mean_of_the_households_that_could_be_priced() -> None:
    decided, to_decide = _remedies()
    assert decided.rows[0][1:] == (
        Text("多隔一间", "one more room"),
        Text("25 m2 a person", "25 m2 a person"),
        10,
        0,
        3_000_00,
        Text("一次，共计", "once, in all"),
        0,
    )
    assert to_decide.rows[0][2].en == "not yet: clause of elsewhere land only, needs a decision"
    assert to_decide.rows[1][2] == Text("还不能：没有条款，要先决定", "not yet: no clause, needs a decision")
    assert to_decide.rows[0][3:] == (10, 100_000_00, 0, Text("每年", "every year"), 3)


def test_a_small_obstacle_shows_neither_its_count_nor_its_price() -> None:
    row = _remedies()[1].rows[1]
    assert row[3:6] == (Hidden(True), Hidden(False), Hidden(False))


def test_an_obstacle_without_any_clause_is_named() -> None:
    assert "No remedy that may be used at once for:** alone" in _said(_chapter("obstacles"))


def test_what_has_a_clause_of_another_place_only_is_counted_with_what_needs_a_decision() -> None:
    chapter = _chapter("obstacles")
    said = _said(chapter)
    assert "**1 rest on a clause in force in Peach Spring**" in said
    assert (
        "1 rest on a clause of another place only (elsewhere land), and 1 on none: these 2 need a decision"
        in said
    )
    table = next(t for t in _tables(chapter) if t.title.en.startswith("Clauses"))
    assert [(row[3].en, row[4].en) for row in table.rows] == [
        ("Peach Spring", "yes, in force here"),
        ("elsewhere land", "no: of another place only"),
    ]
    fold = next(b for b in chapter.blocks if isinstance(b, Folded) and "need a decision" in b.summary.en)
    assert any("ask first" in b.text.en for b in fold.blocks if isinstance(b, Paragraph))


def test_uptake_is_titled_an_assumption_and_an_unknown_decision_stays_unknown() -> None:
    chapter = _chapter("obstacles")
    assert any(t.title.en.startswith("Assumption:") for t in _tables(chapter))
    said = _said(chapter)
    assert "mix of dwelling sizes: **changes**" in said
    assert "Whether the sites suffice: **they suffice** over the whole range" in said
    assert "most needed: homes for 1 or 2 at one end, most needed: homes for 3 or 4 at the other" in said
    assert "Whether the budget suffices: not computed" in said


def test_co_movers_have_a_price_range_and_a_range_of_who_can_pay() -> None:
    said = _said(_chapter("obstacles"))
    assert (
        "1,200–1,300 yuan per m²" in said
        and "**6 to 9 of these 25** could pay" in said
        and "950 yuan" in said
    )
    assert "middle home of 75 m² thus costs **90,000–97,500 yuan in all**" in said


def test_the_hotel_begins_with_its_base_case_and_says_its_range() -> None:
    table = next(t for t in _tables(_chapter("obstacles")) if "farmhouse" in t.title.en)
    assert [row[0] for row in table.rows] == [Text("基本情形", "base case"), Text("不贷款", "no loan")]
    assert "10,000 yuan to 25,000 yuan" in _said(_chapter("obstacles"))


def test_without_an_audit_the_true_errors_are_not_computed() -> None:
    assert "**Not computed:** the true errors" in _said(_chapter("targeting"))
    given = tables()
    audit = given["targeting_measure"].with_columns(basis=pl.lit("audit"), criterion=pl.lit("audit"))
    given["targeting_measure"] = pl.concat([given["targeting_measure"], audit])
    assert "the true errors" not in _said(_chapter("targeting", tables=given))


def test_causes_of_exclusion_are_bounds_where_places_are_unknown() -> None:
    chapter = _chapter("targeting")
    row = next(t for t in _tables(chapter) if "three causes" in t.title.en).rows[0]
    assert row[1:] == (18, 9, 0, Text("0–9", "0–9"), Text("0–9", "0–9"))
    assert "the places of each village" in _said(chapter)


def test_a_small_count_at_the_line_is_hidden_with_one_that_would_reveal_it() -> None:
    table = next(t for t in _tables(_chapter("targeting")) if "poverty line" in t.title.en)
    assert [isinstance(row[1], Hidden) for row in table.rows] == [True, True]
    assert "within 5% below" in _said(_chapter("targeting"))


@pytest.mark.parametrize("key", ["foresight", "obstacles", "targeting"])
def test_the_stage_not_run_is_said_and_the_other_chapters_stand(key: str) -> None:
    left = {k: v for k, v in tables().items() if k not in ahead()}
    chapter = _chapter(key, tables=left)
    assert not chapter.is_computed and len(chapter.blocks) == 1
    assert _chapter("who", tables=left).is_computed
