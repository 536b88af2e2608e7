"""Chapters say what the tables hold, and say so where they hold nothing."""

from __future__ import annotations

import polars as pl
import pytest

from resettle.report import chapters_of
from resettle.report.basis import Basis
from resettle.report.chapter_money import missing_money, whole_programme
from resettle.report.chapters import WRITERS
from resettle.tables.pages import (
    Bars,
    Chapter,
    CountyMap,
    Figure,
    FigureRow,
    Folded,
    Hidden,
    PageTable,
    Paragraph,
    PointSeries,
    Text,
    Waterfall,
)
from tests.ground.report.peach_tables import basis, tables


def _chapter(key: str, **changes: object) -> Chapter:
    return next(c for c in chapters_of(basis(**changes)) if c.key == key)


def _figure(chapter: Chapter, key: str) -> Figure:
    return next(b for b in chapter.blocks if isinstance(b, Figure) and b.key == key)


def _said(chapter: Chapter) -> str:
    return " ".join(b.text.en for b in chapter.blocks if isinstance(b, Paragraph))


def test_every_chapter_is_computed_from_a_whole_run() -> None:
    assert [c.key for c in chapters_of(basis()) if not c.is_computed] == []


def test_without_tables_every_chapter_says_not_computed_and_none_says_zero() -> None:
    chapters = chapters_of(basis(tables={}, findings=(), traces=()))
    assert len(chapters) == len(WRITERS)
    for chapter in chapters:
        if chapter.key == "assumptions":
            continue
        assert not chapter.is_computed
        assert len(chapter.blocks) == 1
        block = chapter.blocks[0]
        assert isinstance(block, Paragraph) and block.style == "missing"
        assert "0" not in block.text.en


@pytest.mark.parametrize("name", sorted(tables()))
def test_a_missing_table_breaks_no_other_chapter(name: str) -> None:
    left = {k: v for k, v in tables().items() if k != name}
    assert len(chapters_of(basis(tables=left))) == len(WRITERS)


@pytest.mark.parametrize("name", sorted(tables()))
def test_a_table_without_its_optional_columns_is_read_all_the_same(name: str) -> None:
    thin = tables()
    keys = {"household_id", "site_id", "county_code", "measure", "source", "indicator", "village_code"}
    thin[name] = thin[name].select([c for c in thin[name].columns if c in keys])
    assert len(chapters_of(basis(tables=thin))) == len(WRITERS)


def test_order_of_rows_does_not_matter() -> None:
    turned = {name: frame.reverse() for name, frame in tables().items()}
    assert chapters_of(basis(tables=turned)) == chapters_of(basis())


def test_registered_and_co_movers_are_never_added_up() -> None:
    said = _said(_chapter("who"))
    frame = basis().movers()
    assert frame is not None
    registered = frame.filter(pl.col("mover_class") == "registered").height
    co_movers = frame.filter(pl.col("mover_class") == "co_mover").height
    assert f"**{registered} registered households" in said
    assert f"**{co_movers} co-moving households" in said


def test_an_undecided_household_is_neither_counted_as_entitled_nor_as_refused() -> None:
    said = _said(_chapter("visit"))
    assert "**<5 households**" in said
    assert "Unknown is not no" in said


def test_the_county_table_sums_to_its_total() -> None:
    drawing = _figure(_chapter("who"), "county_map").drawing
    assert isinstance(drawing, CountyMap) and drawing.beside is not None
    rows = drawing.beside.rows
    for at in range(1, len(drawing.beside.columns)):
        column = [row[at] for row in rows]
        if any(isinstance(cell, Hidden) for cell in column):
            assert sum(isinstance(cell, Hidden) for cell in column) > 1  # one alone would follow from the sum
        else:
            assert sum(column[:-1]) == column[-1]  # type: ignore[arg-type]


def test_a_place_outside_the_plan_is_hatched_and_carries_no_value() -> None:
    drawing = _figure(_chapter("who"), "county_map").drawing
    assert isinstance(drawing, CountyMap)
    outside = [a for a in drawing.areas if a.outside is not None]
    assert [(a.name.zh, a.value) for a in outside] == [("邻县", None)]


def test_without_outlines_the_chapter_draws_bars() -> None:
    assert _figure(_chapter("who", outlines=None), "county_bars").table is not None


def test_points_of_another_kind_are_not_joined_and_totals_are_not_drawn() -> None:
    drawing = _figure(_chapter("progress"), "series").drawing
    assert isinstance(drawing, PointSeries)
    points = drawing.panels[0].points
    assert [p.value for p in points] == [5401.0, 6600.0]
    assert points[1].line == ""
    assert "62,543" in (drawing.panels[0].note or Text("", "")).en


def test_the_waterfall_names_what_is_missing() -> None:
    drawing = _figure(_chapter("money"), "funds").drawing
    assert isinstance(drawing, Waterfall)
    assert missing_money(basis()) == 200_000_000_00
    assert drawing.steps[-1].role == "missing" and drawing.steps[-1].value == 200_000_000_00


def test_a_repaired_norm_is_called_a_hypothesis() -> None:
    assert "Hypothesis" in _said(_chapter("money"))


def test_the_first_short_month_of_a_county_is_found() -> None:
    table = next(b for b in _chapter("money").blocks if isinstance(b, PageTable) and "cash" in b.title.en)
    assert table.rows == (
        (
            Text("上泉县", "Upper Spring"),
            Text("2016年5月", "May 2016"),
            200_000_000_00,
            150_000_000_00,
            50_000_000_00,
        ),
    )


def test_without_need_in_the_funds_nothing_is_said_to_be_missing() -> None:
    left = tables()
    left["fund_position"] = left["fund_position"].filter(pl.col("measure") != "need")
    assert missing_money(basis(tables=left)) is None
    figure = _figure(_chapter("money", tables=left), "funds")
    assert isinstance(figure.drawing, Waterfall)
    assert [s.value for s in figure.drawing.steps if s.label.en == "need of the works"] == [None]


def _people_figures() -> list[Figure]:
    rows = [b for b in _chapter("people").blocks if isinstance(b, FigureRow)]
    return [figure for row in rows for figure in (row.left, row.right)]


def test_no_table_of_people_prints_a_small_count() -> None:
    tables = [figure.table for figure in _people_figures() if figure.table is not None]
    assert len(tables) == 4
    for table in tables:
        cells = [cell for row in table.rows for cell in row[1:]]
        assert not [c for c in cells if isinstance(c, int) and 0 < c < 5]
        assert not any(isinstance(cell, (str, float)) for cell in cells)
    small = [cell for table in tables for row in table.rows for cell in row if isinstance(cell, Hidden)]
    assert small, "the fixture holds small counts, so some cell must be hidden"


def test_the_bars_of_people_show_no_more_than_their_table() -> None:
    for figure in _people_figures():
        assert isinstance(figure.drawing, Bars) and figure.table is not None
        assert [bar.value for bar in figure.drawing.rows] == [row[-1] for row in figure.table.rows[:-1]]


def _ladder(**changes: object) -> dict[str, tuple[object, ...]]:
    table = next(b for b in _chapter("who", **changes).blocks if isinstance(b, PageTable))
    return {str(row[0].en).strip("*"): row[1:] for row in table.rows if isinstance(row[0], Text)}


def test_every_household_of_the_roster_is_on_one_step_of_the_ladder() -> None:
    rows = _ladder()
    steps = [row for name, row in rows.items() if name.startswith("–")]
    whole, plan = rows["Accepted from the roster"], rows["In the plan"]
    assert len(steps) == 6
    for at in range(len(whole)):
        cells = [row[at] for row in steps]
        if all(isinstance(cell, int) for cell in cells):
            assert sum(c for c in cells if isinstance(c, int)) == whole[at]
            assert plan[at] == sum(c for c in cells[3:] if isinstance(c, int))
    assert whole[-2] == tables()["household"].height


def test_the_sum_of_the_plan_is_withheld_where_a_step_is_hidden() -> None:
    small = tables()
    site = small["household_site"].with_columns(
        pl.when(pl.int_range(pl.len()) < 2)
        .then(pl.lit("scattered"))
        .otherwise(pl.col("status"))
        .alias("status")
    )
    rows = _ladder(tables=small | {"household_site": site})
    hidden = [
        at
        for at in range(len(rows["In the plan"]))
        if any(isinstance(row[at], Hidden) for name, row in rows.items() if name.startswith("–"))
    ]
    assert hidden, "two households are scattered, so a cell is hidden"
    assert all(isinstance(rows["In the plan"][at], Hidden) for at in hidden)


def test_without_payments_their_way_is_unknown_and_not_called_clean() -> None:
    left = {k: v for k, v in tables().items() if k not in ("payment", "fund_flow_finding")}
    said = _said(_chapter("money", tables=left))
    assert "does not mean it was not" in said
    paid = left | {"payment": pl.DataFrame({"payment_id": ["T1", "T2"]})}
    assert "2 recorded payments were checked; none" in _said(_chapter("money", tables=paid))


def test_works_that_cost_more_than_the_need_are_said_with_what_then_is_missing() -> None:
    position = tables()["fund_position"]
    need = position.filter(pl.col("measure") == "need")["amount_minor"].sum()
    row = dict.fromkeys(position.columns) | {
        "measure": "works_cost",
        "source": "all",
        "amount_minor": int(need) + 500_000_000_00,
    }
    if "county_code" in position.columns:
        row["county_code"] = "all"
    dearer = pl.concat(
        [position.filter(pl.col("measure") != "works_cost"), pl.DataFrame([row], schema=position.schema)]
    )
    assert "more than the stated need" in _said(
        _chapter("money", tables=tables() | {"fund_position": dearer})
    )
    assert "more than the stated need" not in _said(
        _chapter(
            "money", tables=tables() | {"fund_position": position.filter(pl.col("measure") != "works_cost")}
        )
    )


def test_a_small_village_does_not_follow_from_its_sites_total() -> None:
    folded = next(b for b in _chapter("villages").blocks if isinstance(b, Folded))
    before = next(b for b in folded.blocks if isinstance(b, PageTable))
    assert not [row[3] for row in before.rows if isinstance(row[3], int) and 0 < row[3] < 5]
    moves = pl.DataFrame(
        {
            "village_code": ["V1", "V2", "V3"],
            "site_id": ["S1"] * 3,
            "county_code": ["P1"] * 3,
            "households": [2, 11, 30],
            "persons": [6, 33, 90],
            "distance_m": [1000, 2000, 3000],
        }
    )
    changed = _chapter("villages", tables=tables() | {"village_assignment": moves})
    folded = next(b for b in changed.blocks if isinstance(b, Folded))
    table = next(b for b in folded.blocks if isinstance(b, PageTable))
    assert [row[4] for row in table.rows] == [Hidden(True), Hidden(False), 30]


def test_a_chapter_of_another_stage_takes_its_place() -> None:
    mine = Chapter("findings", Text("我的", "Mine"), (), order=80)
    extra = Chapter("foresight", Text("展望", "Foresight"), (), order=75)
    chapters = chapters_of(basis(), [mine, extra])
    assert [c for c in chapters if c.key == "findings"] == [mine]
    keys = [c.key for c in chapters]
    assert keys.index("people") < keys.index("foresight") < keys.index("findings")


def test_findings_come_from_the_table_of_the_supervision_stage() -> None:
    given = tables()
    given["finding"] = pl.DataFrame(
        {
            "finding_id": ["R01-1", "R02-1"],
            "code": ["R01", "R02"],
            "severity": ["error", "hint"],
            "title_zh": ["不一致", "提示"],
            "title_en": ["Do not agree", "A hint"],
            "a_zh": ["甲", "甲"],
            "a_en": ["A is 1", "A is 2"],
            "b_zh": ["乙", ""],
            "b_en": ["B is 2", ""],
            "readings_zh": ["一\n二", ""],
            "readings_en": ["one\ntwo", ""],
            "ask_zh": ["问", ""],
            "ask_en": ["ask", ""],
            "lines": ["95;99", None],
        }
    )
    kinds = [type(b).__name__ for b in _chapter("findings", tables=given, findings=()).blocks]
    assert kinds == [
        "Paragraph",
        "Paragraph",
        "FindingCard",
        "Folded",
    ]  # sources are shown repaired: said first


def test_a_programme_without_a_list_of_the_poor_does_not_speak_of_it() -> None:
    frame = pl.DataFrame({"household_id": ["a"], "household_class": ["affected"]})
    assert Basis({"household": frame}).kinds_read.en == ""
    listed = frame.with_columns(household_class=pl.lit("registered_poor"))
    assert "registered poor" in Basis({"household": listed}).kinds_read.en


def test_funds_of_counties_added_up_keep_the_weakest_status() -> None:
    rows = {
        "measure": ["need", "need"],
        "source": ["all", "all"],
        "county_code": ["a", "b"],
        "amount_minor": [1, 2],
        "status": ["printed", "synthetic"],
    }
    whole = whole_programme(Basis({"fund_position": pl.DataFrame(rows)}), "need")
    assert whole.row(0, named=True)["status"] == "synthetic"
