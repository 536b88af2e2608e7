"""Facts of letters from rows: Peach Spring has no homestead condition. Synthetic."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from resettle.journey.letters import desk_of, edition_of, facts_of
from resettle.journey.programme import Programme
from resettle.outreach import compose, letter_html
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


def test_a_site_is_named_so_that_an_english_letter_can_be_read(tmp_path: Path) -> None:
    from resettle.journey.letters import _site_names

    site = pl.DataFrame(
        {
            "site_id": ["S001", "S002"],
            "site_name": ["安置点001", "Riverside"],
            "county_code": ["410325000000"] * 2,
            "township_code": ["410325103000"] * 2,
        }
    )
    region = pl.DataFrame({"region_code": ["410325103000"], "name_en": ["Checun Town"]})
    programme = Programme(tmp_path, "cn_luoyang", 2016, dt.date(2016, 12, 31), 1, scope="CN-410300")
    named = {}
    for language in LANGUAGES:
        desk, _ = desk_of(programme, {"site": site, "region": region}, language)
        named[language] = _site_names(desk)
    assert named["zh"] == {"S001": "安置点001", "S002": "Riverside"}
    assert named["en"] == {"S001": "site S001, Checun Town", "S002": "Riverside"}
