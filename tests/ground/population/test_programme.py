"""The drawn programme: the paper's totals to the last person, its families, and nothing real invented."""

from __future__ import annotations

import tomllib
from typing import Any

import polars as pl
import pytest

from resettle.journey.demo import read_outlines, read_regions, with_numbers
from resettle.policy import Pack, load_pack
from resettle.population.programme import Drawn, _draw_children, draw_programme


@pytest.fixture(scope="module")
def drawn(luoyang_pack: Pack, luoyang_declared: dict[str, Any]) -> Drawn:
    places, programme = luoyang_declared["places"], luoyang_declared["programme"]
    regions = read_regions(luoyang_pack, places["regions"], programme["as_of"])
    outlines = read_outlines(luoyang_pack, places["outlines"])
    return draw_programme(luoyang_declared, regions, outlines, programme["seed"])


def _totals(household: pl.DataFrame) -> tuple[int, int]:
    return household.height, int(household["member_count"].sum())


def test_totals_are_the_papers(drawn: Drawn) -> None:
    registered = drawn.household.filter(pl.col("household_class") == "registered_poor")
    co_movers = drawn.household.filter(pl.col("household_class") == "co_mover")
    assert _totals(registered) == (5401, 20615)  # paper line 95
    assert _totals(co_movers) == (1625, 6500)  # paper line 135
    assert _totals(co_movers.filter("agreement_signed")) == (780, 3000)  # paper line 135
    assert drawn.household["household_class"].n_unique() == 2
    assert drawn.person.height == 20615 + 6500
    assert set(co_movers["county_code"]) == {"410325000000"}


def test_places_are_as_many_as_planned_and_in_the_code_list(
    drawn: Drawn, luoyang_pack: Pack, luoyang_declared: dict[str, Any]
) -> None:
    assert drawn.village.height == drawn.village["village_code"].n_unique() == 264
    assert drawn.village["township_code"].n_unique() == 61
    assert drawn.village["county_code"].n_unique() == 8
    listed = set(read_regions(luoyang_pack, luoyang_declared["places"]["regions"])["region_code"])
    assert set(drawn.village["village_code"]) | set(drawn.village["township_code"]) <= listed
    extra = luoyang_declared["places"]["extra_sites"]
    assert drawn.site.height == 91 + extra
    assert set(drawn.site["county_code"]) == set(drawn.village["county_code"])


def test_every_household_has_one_head_and_its_members(drawn: Drawn) -> None:
    per = drawn.person.group_by("number").agg(pl.len().alias("people"), pl.col("is_head").sum())
    joined = drawn.household.join(per, on="number")
    assert joined.height == drawn.household.height
    assert (joined["is_head"] == 1).all() and (joined["people"] == joined["member_count"]).all()


def test_the_papers_families_sit_in_their_villages(drawn: Drawn, luoyang_declared: dict[str, Any]) -> None:
    for family in luoyang_declared["cast"]:
        row = drawn.household.filter(pl.col("cast") == family["key"]).row(0, named=True)
        members = drawn.person.filter(pl.col("number") == row["number"]).sort("place")
        assert members.select("relation", "sex").rows() == [(m[0], m[1]) for m in family["members"]]
        assert row["village_code"] == family.get("village", row["village_code"])
        assert row["surname"] == family["surname"] and row["household_class"] == "registered_poor"
    assert drawn.household["cast"].drop_nulls().len() == 4


def test_what_is_invented_says_so_and_no_payment_stands_under_a_real_name(
    drawn: Drawn, luoyang_pack: Pack
) -> None:
    for frame in (drawn.household, drawn.person, drawn.village, drawn.site):
        assert frame["is_synthetic"].all()
    assert "demo/payments.csv" not in luoyang_pack.files("demo")
    funds = pl.read_csv(luoyang_pack.read_text("demo/funds.csv").encode(), infer_schema=False)
    assert set(funds["status"]) <= {"printed", "repaired", "synthetic"}
    norms = {r["source"]: (r["amount"], r["status"]) for r in funds.to_dicts() if r["measure"] == "norm"}
    assert norms["provincial_municipal"] == ("1000", "repaired")  # paper line 95 prints 10,000
    assert norms["special_construction"] == ("6600", "repaired")  # paper line 95 prints 46,600
    assert sum(int(a) for a, _ in norms.values()) == 60400  # paper line 95: budget over persons


def test_identity_numbers_can_belong_to_nobody(
    drawn: Drawn, luoyang_pack: Pack, luoyang_declared: dict[str, Any]
) -> None:
    numbers = with_numbers(drawn, luoyang_declared).person["identity_number"]
    division = luoyang_declared["identity"]["division"]
    assert numbers.n_unique() == numbers.len() and numbers.str.len_chars().unique().to_list() == [18]
    assert numbers.str.starts_with(division).all()
    regions = read_regions(luoyang_pack, luoyang_declared["places"]["regions"])
    assert not regions["region_code"].str.starts_with(division).any()
    for name in (n for n in luoyang_pack.files() if n.startswith("geo/") and n.endswith(".csv")):
        codes = pl.read_csv(luoyang_pack.read_text(name).encode(), infer_schema=False)
        assert not codes.filter(pl.any_horizontal(pl.all().str.starts_with(division))).height


def test_one_seed_one_programme_and_another_seed_another(
    luoyang_pack: Pack, luoyang_declared: dict[str, Any]
) -> None:
    declared = luoyang_declared | {
        "group": [dict(luoyang_declared["group"][0], households=60, persons=229)],
        "cast": [],
    }
    regions = read_regions(luoyang_pack, declared["places"]["regions"], declared["programme"]["as_of"])
    outlines = read_outlines(luoyang_pack, declared["places"]["outlines"])
    first, again, other = (draw_programme(declared, regions, outlines, seed) for seed in (1, 1, 2))
    assert first.household.equals(again.household) and first.person.equals(again.person)
    assert first.site.equals(again.site) and not first.person.equals(other.person)
    twice = draw_programme(declared, regions, outlines, 1, scale=2)
    assert _totals(twice.household) == (120, 458) and twice.village.height == first.village.height


def test_a_family_told_of_has_the_plots_and_the_gaps_it_is_told_with() -> None:
    pack, _ = load_pack("peach_spring")
    declared = tomllib.loads(pack.read_text("demo/demo.toml"))
    rows = [{"number": 0, "cast": "orchard"}, {"number": 1, "cast": None}]
    plots = _draw_children(declared, rows, 7)["plot"].filter(pl.col("number") == 0)
    assert plots["taken_dm2"].to_list() == [40000]
    assert plots["land_class"].to_list() == ["orchard"]
