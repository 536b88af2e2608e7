"""Facts of letters from rows: Peach Spring has no homestead condition. Synthetic."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from resettle.journey.letter_place import Atlas
from resettle.journey.letters import desk_of, edition_of, facts_of
from resettle.journey.programme import Programme
from resettle.outreach import compose, letter_html
from resettle.outreach.place import where_text
from resettle.words import LANGUAGES, Language

HOUSEHOLD = {"household_id": "H1", "head_name": "柏岩河"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_peach_spring_speaks_of_no_homestead_and_promises_no_land(tmp_path: Path, language: Language) -> None:
    programme = Programme(tmp_path, "peach_spring", 2024, dt.date(2024, 6, 30), 1, scope="PS")
    desk, problems = desk_of(programme, {}, language)
    row = {
        "area_cap_dm2": 12500,
        "resettled_persons": 5,
        "self_raised_minor": 0,
        "must_return_homestead": False,
    }
    page = letter_html(compose(facts_of(desk, HOUSEHOLD, row, None), language))
    assert "125" in page
    assert "宅基地" not in page and "homestead" not in page
    assert "承包地" not in page and "remain yours" not in page
    assert "可以不搬" not in page and "You may stay" not in page
    assert "outreach.contact_absent" in {p.code for p in problems}
    assert not edition_of(desk).may_stay


def test_a_site_is_named_so_that_an_english_letter_can_be_read() -> None:
    site = pl.DataFrame(
        {
            "site_id": ["S001", "S002"],
            "site_name": ["安置点001", "Riverside"],
            "county_code": ["410325000000"] * 2,
            "township_code": ["410325103000"] * 2,
        }
    )
    region = pl.DataFrame(
        {"region_code": ["410325103000"], "name_zh": ["车村镇"], "name_en": ["Checun Town"]}
    )
    named, around = {}, {}
    for language in LANGUAGES:
        atlas = Atlas({"site": site, "region": region}, language)
        named[language] = [atlas.site_name("S001"), atlas.site_name("S002")]
        around[language] = atlas.place_of({}, "S001").around
    assert named["zh"] == ["安置点001", "Riverside"]
    assert named["en"] == ["site S001", "Riverside"]
    assert around == {"zh": "车村镇", "en": "Checun Town"}


VILLAGES = pl.DataFrame(
    {
        "village_code": ["V1", "V2", "V3"],
        "village_name": ["水磨村村民委员会", "三合村民委员会", None],
        "township_code": ["T1"] * 3,
        "latitude": [34.0, 34.02, 34.0],
        "longitude": [112.0, 112.0, 112.001],
    }
)
SITES = pl.DataFrame(
    {
        "site_id": ["S1", "S2"],
        "site_name": ["桃花坪", "柳树湾"],
        "county_code": ["C1", None],
        "township_code": ["T1", None],
        "near": ["township", None],
        "latitude": [34.01, None],
        "longitude": [112.0, None],
    }
)
REGIONS = pl.DataFrame(
    {
        "region_code": ["C1", "T1", "V1", "V2"],
        "name_zh": ["嵩县", "黄庄乡", "水磨村", "三合村"],
        "name_en": ["Song County", "Huangzhuang Township", "Shuimo village", "Sanhe village"],
    }
)


def test_where_a_home_is_stands_in_words_and_says_how_the_way_was_measured() -> None:
    tables = {"village": VILLAGES, "site": SITES, "region": REGIONS}
    place = Atlas(tables, "zh").place_of({"village_code": "V2", "county_code": "C1"}, "S1")
    assert (place.around, place.near, place.home, place.village) == ("黄庄乡", "township", "三合村", "水磨村")
    assert place.distance_m == 1112 and not place.by_road and place.minutes is None
    said = "".join(where_text("桃花坪", place, "联系人王秀兰", "zh"))
    for part in (
        "黄庄乡",
        "桃花坪",
        "集镇",
        "离水磨村直线约1.1公里",
        "离你们三合村直线约1.1公里",
        "路上多久还不知道",
    ):
        assert part in said
    road = pl.DataFrame(
        {"village_code": ["V2"], "site_id": ["S1"], "distance_m": [2400], "travel_minutes": [20]}
    )
    for language, words in (("zh", ("走大路约2.4公里", "20分钟")), ("en", ("2.4 km by road", "20 minutes"))):
        by_road = Atlas(tables | {"travel": road}, language).place_of({"village_code": "V2"}, "S1")
        said = " ".join(where_text("S", by_road, "X", language))
        assert all(word in said for word in words) and "直线约2" not in said
    other = Atlas(tables, "en").place_of({"village_code": "V2", "county_code": "C9"}, "S1")
    assert other.around == "Huangzhuang Township, Song County"


@pytest.mark.parametrize("language", LANGUAGES)
def test_where_nothing_of_a_place_is_known_the_letter_says_so_and_whom_to_ask(language: Language) -> None:
    tables = {"village": VILLAGES, "site": SITES, "region": REGIONS}
    for household in ({"village_code": "V2"}, {}):
        place = Atlas(tables, language).place_of(household, "S2")
        said = where_text("柳树湾", place, "ASKED", language)
        assert len(said) == 2 and all("ASKED" in sentence for sentence in said)
        assert not any(c.isdigit() for c in "".join(said))
    unmeasured = pl.DataFrame(
        {"village_code": ["V2"], "site_id": ["S1"], "distance_m": [-1], "travel_minutes": [None]},
        schema_overrides={"travel_minutes": pl.Int64},
    )
    assert not Atlas(tables | {"travel": unmeasured}, language).place_of({"village_code": "V2"}, "S1").by_road
