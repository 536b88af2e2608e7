"""Checks on published figures: codes, wording, repairs, and what a file may hold."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from resettle.supervision import STAGE, finding_frame, parse_published, reconcile, say
from resettle.supervision.context import Context
from resettle.supervision.counts import reachable
from resettle.supervision.edits import Cells, Link
from resettle.supervision.repair import smallest_repairs
from resettle.supervision.schema import SCHEMA
from resettle.tables import REGION
from resettle.tables.stage import Inputs

PACK = Path(__file__).parents[3] / "src/resettle_packs/cn_luoyang"
REGIONS = REGION.schema()


def figure(name: str, value: float, unit: str = "person", **more: Any) -> dict[str, Any]:
    return {"id": name, "value": value, "unit": unit, "kind": "stock", "as_of": "2020", **more}


def codes(raw: dict[str, Any], **context: Any) -> set[str]:
    published, problems = parse_published(raw)
    assert not problems
    return {f.code for f in reconcile(published, Context(**context))}


def regions() -> pl.DataFrame:
    rows = [
        {
            "region_code": "1",
            "level": "county",
            "parent_code": "0",
            "name_zh": "甲县",
            "name_en": "Ash County",
        },
        {
            "region_code": "2",
            "level": "county",
            "parent_code": "0",
            "name_zh": "乙县",
            "name_en": "Birch County",
        },
        {
            "region_code": "11",
            "level": "township",
            "parent_code": "1",
            "name_zh": "丙乡",
            "name_en": "Cedar Township",
        },
        {
            "region_code": "111",
            "level": "village",
            "parent_code": "11",
            "name_zh": "丁村",
            "name_en": "Dun Village",
        },
    ]
    return pl.DataFrame(rows, schema_overrides=REGIONS)


def test_the_published_figures_of_the_demo_raise_their_codes() -> None:
    raw = tomllib.loads((PACK / "demo/published.toml").read_text(encoding="utf-8"))
    table = pl.read_csv(PACK / "geo/regions.csv", infer_schema=False)
    published, problems = parse_published(raw)
    assert not problems
    found = {f.code for f in reconcile(published, Context(regions=table))}
    wanted = "R01 R02 R03 R04 R05 R06 R07 R08 R09 R10 R12 R13 R14 R15 R16 R17 R18 R19 R20 R21 R22 R23 R24 R25 R29 R31"
    assert found >= set(wanted.split())


def test_the_smallest_repair_of_the_sources_is_unique() -> None:
    """Reference section 2: one repair with at most two edits gives 60,400 a person."""
    raw = tomllib.loads((PACK / "demo/published.toml").read_text(encoding="utf-8"))
    published, _ = parse_published(raw)
    (hint,) = [f for f in reconcile(published) if f.code == "R03"]
    (repair,) = hint.repairs
    assert {(int(a), int(b)) for _, a, b in repair.cells} == {(10_000, 1_000), (46_600, 6_600)}
    assert published.figures["luoyang.2016.pc_provincial_municipal"].value == 10_000


def test_both_readings_of_a_family_are_shown() -> None:
    row = {"id": "f", "people": 7, "other_people": 5, "area": 125, "label_en": "The family"}
    published, _ = parse_published({"entitlement": [row]})
    (finding,) = reconcile(published, Context(area_per_person=Decimal(25)))
    said = say(finding, "en")
    assert finding.code == "R20"
    assert "175" in said.b
    assert any("5 persons" in reading for reading in said.readings)
    assert any("7 persons" in reading for reading in said.readings)
    assert not reconcile(published, Context())


def test_sums_rates_and_households() -> None:
    total = {
        "figure": [figure("t", 10), figure("a", 4), figure("b", 6)],
        "sum": [{"total": "t", "parts": ["a", "b"]}],
    }
    assert codes(total) == set()
    total["figure"][2]["value"] = 7
    assert codes(total) == {"R10"}
    rate = {"id": "r", "value": 78.7, "numerator": "n", "denominator": "d"}
    money = [figure("n", 835_754_000, "yuan"), figure("d", 1_061_822_200, "yuan")]
    assert codes({"figure": money, "rate": [rate]}) == set()
    assert codes({"figure": money, "rate": [rate | {"value": 78.8}]}) == {"R04"}
    homes = [figure("p", 6_500), figure("h", 1_625, "household")]
    assert codes(
        {"figure": homes, "per_head": [{"relation": "household_size", "total": "p", "heads": "h"}]}
    ) == {"R14"}


def test_a_percentage_no_count_reaches() -> None:
    assert reachable(Decimal("33.3"), 9, 1) == [3]
    assert reachable(Decimal("50"), 9, 0) == []
    raw = {"figure": [figure("n", 9, "site")], "rate": [{"id": "r", "value": 50, "denominator": "n"}]}
    assert codes(raw) == {"R09"}


def test_places_under_the_parent_printed() -> None:
    place = {"name": "Dun", "level": "village", "under": ["Cedar", "Birch County"], "line": 4}
    assert codes({"place": [place]}, regions=regions()) == {"R31"}
    assert codes({"place": [place | {"under": ["Cedar", "Ash"]}]}, regions=regions()) == set()
    assert codes({"place": [place | {"name": "丁村", "under": ["乙县", "丙乡"]}]}, regions=regions()) == {
        "R31"
    }


def test_a_report_about_another_country_says_so_and_goes_on() -> None:
    raw = {"place": [{"name": "Kigoma", "level": "village", "under": ["Ujiji", "Buhigwe"], "line": 1}]}
    tables = {"region": regions()}
    outputs = STAGE.run(Inputs(tables=tables, settings={"published": raw}))
    assert [p.code for p in outputs.problems] == ["supervision.elsewhere"]
    assert outputs.tables["finding"].is_empty()


def test_a_figure_that_says_too_little_is_a_finding() -> None:
    assert codes({"figure": [{"id": "a", "value": 5}]}) == {"S01", "S02", "S03"}
    series = {"id": "a", "value": 5, "unit": "site", "series": "s", "as_of": "2017"}
    assert codes({"figure": [series]}) == {"R15"}


def test_unknown_keys_name_the_nearest() -> None:
    raw = {"figure": [{"id": "a", "valeu": 5}], "sums": [], "rate": [{"id": "r", "numerator": "b"}]}
    _, problems = parse_published(raw)
    assert [(p.code, p.value, p.nearest) for p in problems] == [
        ("supervision.table_unknown", "sums", "sum"),
        ("supervision.key_unknown", "valeu", "value"),
        ("supervision.figure_unknown", "b", "a"),
    ]


def test_no_wording_blames_anyone() -> None:
    raw = tomllib.loads((PACK / "demo/published.toml").read_text(encoding="utf-8"))
    published, _ = parse_published(raw)
    frame = finding_frame(reconcile(published), published.names)
    text = " ".join(str(v) for row in frame.iter_rows() for v in row).lower()
    assert "{" not in text
    for word in ("mistake", "wrong", "fault", "error in", "虚报", "造假", "错误", "失职"):
        assert word not in text


def test_order_of_rows_does_not_matter() -> None:
    raw = tomllib.loads((PACK / "demo/published.toml").read_text(encoding="utf-8"))
    first, _ = parse_published(raw)
    mixed = {k: list(reversed(v)) if isinstance(v, list) and k == "figure" else v for k, v in raw.items()}
    second, _ = parse_published(mixed)
    a, b = reconcile(first), reconcile(second)
    assert sorted((f.code, f.severity, tuple(sorted(f.lines))) for f in a) == sorted(
        (f.code, f.severity, tuple(sorted(f.lines))) for f in b
    )


@pytest.mark.parametrize(("links", "changed"), [(1, {"t", "a", "b"}), (2, {"t"})])
def test_the_repair_of_two_broken_links_is_the_cell_they_share(links: int, changed: set[str]) -> None:
    values = {"t": 30, "a": 10, "b": 10, "x": 60, "c": 40}
    cells = Cells({k: Fraction(v) for k, v in values.items()}, {}, frozenset(values))
    edits = [Link("sum", ("t", "a", "b")), Link("sum", ("x", "t", "c"))][:links]
    repairs = smallest_repairs(cells, edits)
    assert {cell for r in repairs for cell, _, _ in r.cells} == changed
    assert all(len(r.cells) == 1 for r in repairs)


def test_every_key_is_documented() -> None:
    text = (Path(__file__).parents[3] / "docs/reference/published-figures.md").read_text(encoding="utf-8")
    assert not [f"{kind}.{key}" for kind, keys in SCHEMA.items() for key in keys if f"`{key}`" not in text]
