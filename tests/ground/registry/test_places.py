"""Names of villages as offices write them, against a table that writes them with their committees."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from resettle.journey.inputs import pack_or_raise, registry_data
from resettle.registry.regions import Places, places_at, resolve

AS_OF = date(2016, 12, 31)


@pytest.fixture(scope="module")
def places() -> Places:
    return places_at(registry_data(pack_or_raise("cn_luoyang"))["region_table"], AS_OF)


def resolved(places: Places, *names: str) -> tuple[str | None, list[str | None]]:
    row = {"rid": 1} | dict(zip(("county", "township", "village"), names, strict=True))
    codes, faults = resolve(pl.DataFrame(row), places)
    return codes["village_code"][0], faults["code"].to_list()


@pytest.mark.parametrize(
    "village",
    ["水磨", "水磨村", "水磨村委会", "水磨村村委会", "水磨村民委员会", "水磨村村民委员会", "水 磨 村"],
)
def test_a_village_is_found_however_it_is_written(places: Places, village: str) -> None:
    assert resolved(places, "嵩县", "车村镇", village) == ("410325103221", [])


def test_every_village_of_the_table_is_found_without_its_committee(places: Places) -> None:
    """Under its own township, by the name its people use; two that share one name there are said to be ambiguous."""
    wrong = []
    for code, row in places.by_code.items():
        if row["level"] != "village":
            continue
        used = row["name_zh"].removesuffix("村民委员会").removesuffix("居民委员会").removesuffix("社区")
        township = places.by_code[row["parent_code"]]
        county = places.by_code[township["parent_code"]]
        found, faults = resolved(places, county["name_zh"], township["name_zh"], used)
        if found != code and faults != ["place_ambiguous"]:
            wrong.append((row["name_zh"], found, faults))
    assert not wrong


def test_the_fullest_form_decides() -> None:
    table = pl.DataFrame(
        {
            "region_code": ["1", "2", "3"],
            "level": ["township", "village", "village"],
            "parent_code": [None, "1", "1"],
            "name_zh": ["某镇", "东村民委员会", "东村村民委员会"],
            "name_en": [None, None, None],
            "valid_from": [None] * 3,
            "valid_until": [None] * 3,
        },
        schema_overrides={"name_en": pl.String, "valid_from": pl.Date, "valid_until": pl.Date},
    )
    small = places_at(table, AS_OF)
    row = pl.DataFrame({"rid": [1, 2], "township": ["某镇"] * 2, "village": ["东村村", "西村"]})
    codes, faults = resolve(row, small)
    assert codes["village_code"].to_list() == ["3", None]
    assert faults.select("code", "value").rows() == [("place_unknown", "西村")]


def test_thousands_of_unknown_villages_are_answered_in_moments(places: Places) -> None:
    many = [f"无此村{i}" for i in range(5000)]
    frame = pl.DataFrame({"rid": range(5000), "village": many})
    _, faults = resolve(frame, places)
    assert faults.height == 5000


def test_a_blank_of_any_kind_names_no_place(places: Places) -> None:
    assert resolved(places, "嵩县", "车村镇", "\x0b") == (None, [])
