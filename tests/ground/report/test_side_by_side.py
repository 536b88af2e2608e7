"""Where two chapters print numbers that seem to belie each other, the report sets them side by side."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from resettle.evaluation.judge import _co_moving
from resettle.evaluation.sentences import site_name, site_names
from resettle.evaluation.transitions import registered_frame
from resettle.tables.pages import PageTable, Paragraph, Text
from tests.ground.report.peach_tables import entitlement, tables
from tests.ground.report.test_foresight import _chapter, _figure, _said


def _co_movers_in_plan() -> dict[str, pl.DataFrame]:
    """Every third household moves along; half of those are at a site, the others wait for signatures."""
    given = tables()
    joins = pl.int_range(pl.len()) % 3 == 0
    homes = given["household"].with_columns(
        household_class=pl.when(joins).then(pl.lit("co_mover")).otherwise(pl.lit("registered_poor")),
        had_renovation_aid=pl.lit(False),
    )
    joining = homes.filter(pl.col("household_class") == "co_mover").gather_every(2)
    there = pl.concat([homes.filter(pl.col("household_class") != "co_mover"), joining])
    placed = there.select("household_id", pl.lit("S1").alias("site_id"), pl.lit("assigned").alias("status"))
    return given | {"household": homes, "entitlement": entitlement(homes), "household_site": placed}


def _ladder_note(given: dict[str, pl.DataFrame]) -> str:
    blocks = _chapter("who", tables=given).blocks
    table = next(b for b in blocks if isinstance(b, PageTable) and "fit together" in b.title.en)
    assert table.note is not None
    return table.note.en


def test_co_movers_in_the_plan_stand_beside_those_expected() -> None:
    given = _co_movers_in_plan()
    joining = given["household"].filter(pl.col("household_class") == "co_mover").height
    note = _ladder_note(given)
    assert f"The {(joining + 1) // 2} co-movers in the plan" in note
    assert f"about 12 of the {joining}." in note and "no proof of that reckoning" in note
    assert "reckons" not in _ladder_note({k: v for k, v in given.items() if k != "willingness_total"})


def _finding(code: str, **values: str) -> pl.DataFrame:
    row = {
        "finding_id": f"{code}-1", "code": code, "severity": "warning", "title_zh": "", "title_en": "",
        "a_zh": "", "a_en": "", "b_zh": "", "b_en": "", "figures": "", "lines": "1",
    }  # fmt: skip
    return pl.DataFrame([row | values])


def test_money_names_its_day_and_the_rate_that_is_printed_otherwise() -> None:
    given = tables()
    rate = given["fund_rate"]["rate"][0]
    given["fund"] = pl.DataFrame({"measure": ["in_place"], "as_of_date": [date(2031, 2, 6)]})
    given["finding"] = _finding("R04", a_zh="76%", a_en="76%", figures=f"x.need;x.{rate}_rate")
    said = _said(_chapter("money", tables=given))
    assert "dates what is in place 6 February 2031, after the day the other data stand for" in said
    assert "The source itself prints 76% where 75.0% is reckoned here" in said
    other = given | {"finding": _finding("R04", a_zh="76%", a_en="76%", figures="x.another_rate")}
    assert "prints 76%" not in _said(_chapter("money", tables=other))


def test_two_sayings_on_who_pays_are_pointed_to_where_a_share_is_due() -> None:
    given = tables()
    given["entitlement"] = given["entitlement"].with_columns(self_raised_minor=pl.lit(250_000))
    topic = "是否自己出钱"
    given["finding"] = _finding(
        "R23", title_zh=f"{topic}：不一致", a_zh="免费", a_en="free", b_zh="自筹", b_en="own share"
    )
    assert "says two things: “free” and “own share”" in _said(_chapter("money", tables=given))
    given["finding"] = _finding(
        "R23", title_zh="别的事：不一致", a_zh="免费", a_en="free", b_zh="自筹", b_en="own share"
    )
    assert "says two things" not in _said(_chapter("money", tables=given))


def test_what_co_movers_pay_is_said_by_area_and_price_of_a_square_metre() -> None:
    given = tables()
    area = pl.col("dwelling_size_dm2")
    given["entitlement"] = given["entitlement"].with_columns(
        house_price_low_minor=area * 1200, house_price_high_minor=area * 1300
    )
    assert "at 1,200 yuan to 1,300 yuan per m²" in _said(_chapter("money", tables=given))


def test_a_repair_shown_among_the_sources_is_said_before_the_findings() -> None:
    given = tables() | {"finding": _finding("R01")}
    assert "never written into the printed figures" in _said(_chapter("findings", tables=given, findings=()))
    printed = given["fund_position"].with_columns(status=pl.lit("printed"))
    plain = _chapter("findings", tables=given | {"fund_position": printed}, findings=())
    assert "never written" not in _said(plain)


def test_cells_are_called_withheld_only_where_one_is() -> None:
    lead = next(b for b in _chapter("people").blocks if isinstance(b, Paragraph)).text.en
    every = tables()
    person = every["person"].with_columns(sex=pl.lit("female"))
    kept = [c for c in person.columns if c not in ("birth_date", "health")]
    few = _chapter("people", tables=every | {"person": person.select(kept)})
    bare = next(b for b in few.blocks if isinstance(b, Paragraph)).text.en
    hides = ["Some cells are withheld" in text for text in (lead, bare)]
    for chapter, said in zip((_chapter("people"), few), hides, strict=True):
        assert said == ("is_small=False" in str(chapter.blocks))


@pytest.mark.parametrize(("payable", "told"), [(3, True), (20, False)])
def test_those_who_can_pay_stand_beside_those_who_may_come(payable: int, told: bool) -> None:
    given = tables()
    buyers = (
        given["co_mover_county"]
        .head(1)
        .with_columns(can_pay_low_count=pl.lit(1), can_pay_high_count=pl.lit(payable))
    )
    said = _said(_chapter("obstacles", tables=given | {"co_mover_county": buyers}))
    assert ("1 to 3 could pay (above), fewer than come" in said) == told


def test_the_two_ratios_are_printed_and_only_the_missing_figure_is_named() -> None:
    given = tables()
    joining = given["household"].filter(pl.col("household_class") == "co_mover")
    persons = joining["member_count"].sum()
    ends = [joining.height / 2, persons / 2]
    total = pl.DataFrame(
        {"county_code": ["ALL"] * 2, "quantity": ["households", "persons"], "low": ends, "high": ends}
    )
    said = _said(_chapter("obstacles", tables=given | {"willingness_total": total}))
    share = round(joining.height / 2) / joining.height
    assert f"moved ({100 * share:.1f}%)" in said
    assert "not computed, for want of the office’s budget for co-movers." in said


def test_one_county_alone_with_others_than_registered_is_named() -> None:
    given = tables()
    ids = given["targeting_household"]["household_id"].to_list()
    first = pl.col("household_id").is_in(ids[: len(ids) // 2])
    county = pl.when(first).then(pl.lit("P1")).otherwise(pl.lit("P2"))
    given["household"] = given["household"].with_columns(county_code=county)
    one = given["targeting_household"].with_columns(is_registered=~first)
    said = _said(_chapter("targeting", tables=given | {"targeting_household": one}))
    assert "holds households that are not registered as poor; in every other county (1)" in said
    both = one.with_columns(is_registered=pl.int_range(pl.len()) % 2 == 0)
    everywhere = _said(_chapter("targeting", tables=given | {"targeting_household": both}))
    assert "holds households that are not registered as poor" not in everywhere


def test_a_difference_that_rounding_puts_out_is_explained() -> None:
    table = _figure(_chapter("foresight"), "outgrown_sensitivity").table
    assert table is not None
    base = table.rows[0][1]
    is_off = any(row[1] != base + row[2] for row in table.rows)  # type: ignore[operator]
    assert (table.note is not None) == is_off


def test_where_the_registered_are_that_could_not_be_drawn() -> None:
    household = pl.DataFrame({"household_id": list("abcde"), "household_class": ["registered_poor"] * 5})
    site = pl.DataFrame(
        {
            "household_id": ["a", "b", "c", "d"],
            "site_id": ["S", "S", None, None],
            "status": ["assigned", "assigned", "scattered", "unplaced"],
        }
    )
    told = registered_frame({"household": household, "household_site": site})
    assert told == {"registered": 5, "placed": 2, "scattered": 1, "unplaced": 2}


def test_only_those_not_entitled_themselves_move_along() -> None:
    entitlement = pl.DataFrame(
        {
            "household_id": list("abcd"),
            "mover_class": ["co_mover", "co_mover", "registered", "co_mover"],
            "is_eligible": [False, False, True, None],
        }
    )
    site = pl.DataFrame({"household_id": ["a", "c", "d"]})
    assert _co_moving(entitlement, site) == 1
    assert _co_moving(entitlement, None) == 0


def test_a_site_is_called_with_its_township_and_by_number_alone_where_it_has_none() -> None:
    made = {
        "site": pl.DataFrame({"site_id": ["s1", "s2"], "township_code": ["t1", None]}),
        "region": pl.DataFrame({"region_code": ["t1"], "name_zh": ["石桥乡"], "name_en": ["Stonebridge"]}),
    }
    names = site_names(made)
    assert site_name(names, "s1") == Text("s1（石桥乡）", "s1 (Stonebridge)")
    assert site_name(names, "s2") == Text("s2", "s2") and site_names({}) == {}
