"""Reading rules on small documents of our own. Every text, name and figure here is invented."""

from __future__ import annotations

from decimal import Decimal

import pytest

from resettle.supervision.prose import read_lines
from resettle.supervision.reading import Reading, reading_frame, readings_of


def read(text: str) -> list[Reading]:
    return [r for r in read_lines(list(enumerate(text.splitlines(), start=1))) if r.rule != "date"]


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("The cost was 1 billion 245 million 146 thousand yuan.", 1_245_146_000, "yuan"),
        ("It needs 2 million 40 thousand and 300 yuan.", 2_040_300, "yuan"),
        ("Twenty-six households stayed.", 26, "household"),
        ("They own 3.4 hectares.", Decimal("3.4"), "ha"),
        ("The dam moved 12 thousand people.", 12_000, "person"),
        ("A family of five lives there.", 5, "person"),
        ("Each person has 18 square metres.", 18, "m2/person"),
        ("The fund pays 6,500 dollars per household.", 6_500, "dollar/household"),
        ("Some 40 ninety-square-meter flats", 40, "dwelling"),
        ("总投资12.45亿元。", 1_245_000_000, "yuan"),
        ("共搬迁二万零六百一十五人。", 20_615, "person"),
        ("涉及三百二十一户。", 321, "household"),
        ("人均补助八千元。", 8_000, "yuan/person"),
        ("完成率为百分之九十六点五。", Decimal("96.5"), "percent"),
        ("建成15处集中安置点。", 15, "site"),
        ("每户12万元。", 120_000, "yuan/household"),
        ("户均3.8人。", Decimal("3.8"), "person/household"),
        ("新增耕地300多亩。", 300, "mu"),
    ],
)
def test_a_number_is_read_with_its_unit(text: str, value: int | Decimal, unit: str) -> None:
    found = [(r.value, r.unit) for r in read(text)]
    assert (Decimal(value), unit) in found


@pytest.mark.parametrize(
    ("text", "low", "high", "unit"),
    [
        ("A flat costs 90-110 thousand yuan.", 90_000, 110_000, "yuan"),
        ("房价每平方米1200—1300元。", 1_200, 1_300, "yuan/m2"),
        ("每套11万—13万元。", 110_000, 130_000, "yuan/dwelling"),
    ],
)
def test_a_range_keeps_both_ends(text: str, low: int, high: int, unit: str) -> None:
    assert (Decimal(low), Decimal(high), unit) in [(r.low, r.high, r.unit) for r in read(text)]


def test_counties_townships_and_villages_are_told_apart() -> None:
    units = {r.unit: r.value for r in read("The plan covers 3 counties, 14 townships and 52 villages.")}
    assert units == {"county": 3, "township": 14, "village": 52}
    units = {r.unit: r.value for r in read("涉及3个县、14个乡镇、52个行政村。")}
    assert units == {"county": 3, "township": 14, "administrative village": 52}


def test_bounds_before_and_after() -> None:
    assert read("Fewer than 20 households remain.")[0].bound == "below"
    assert read("More than 4,000 people moved.")[0].bound == "above"
    assert read("搬迁4000人以上。")[0].bound == "above"
    assert read("不超过25平方米。")[0].bound == "at_most"


def test_dates_and_kinds() -> None:
    (one,) = read("As of 2 May 2019, a total of 812 households had been relocated since the start.")
    assert (one.as_of, one.kind) == ("2019-05-02", "stock")
    (two,) = read("截至2019年5月2日，搬迁812户。")
    assert (two.as_of, two.kind) == ("2019-05-02", "undefined")
    (three,) = read("2019年新增搬迁812户。")
    assert (three.as_of, three.kind) == ("2019", "flow")


def test_a_part_without_its_noun_borrows_the_unit_of_the_whole() -> None:
    whole, part = read("There are 31 poor counties in the province, of which the city has 5.")
    assert (whole.unit, part.unit, part.value) == ("county", "county", 5)


def test_named_places_are_counted() -> None:
    found = read("Work in 3 counties is complete. All sites in Ashdale, Birchton and Elmwick are finished.")
    assert [(r.value, r.unit) for r in found if r.rule == "named_list"] == [(3, "county")]


def test_citations_captions_and_years_are_no_figures() -> None:
    assert read("Smith (2014) agreed [12]; see Fig. 3 and Table 4-1.") == []
    assert read("根据国办发〔2018〕16号，第三条。") == []


def test_readings_survive_the_sheet() -> None:
    readings = read_lines([(3, "It moved 5,401 households with 20,615 people at 1,200-1,300 yuan per m2.")])
    assert readings_of(reading_frame(readings)) == readings
