"""Map layers of a county, good and bad, and the scores that rest on them. Every place is invented."""

from __future__ import annotations

import json
import sqlite3
import struct
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyproj
import pytest
import rasterio
import rasterio.transform

from resettle.journey.layers import with_layers
from resettle.methods.geometry import Shape, inside, metres_to
from resettle.problems import Problem
from resettle.siting.score import score_sites
from resettle.siting.stage import STAGE
from resettle.store.layers import read_layer
from resettle.tables import SITE, conform
from resettle.words import LANGUAGES, explain_problem
from tests.ground.siting.county_cases import households, inputs, sites, villages

HOLED = [
    [[112.0, 34.0], [112.2, 34.0], [112.2, 34.2], [112.0, 34.2], [112.0, 34.0]],
    [[112.08, 34.08], [112.12, 34.08], [112.12, 34.12], [112.08, 34.12], [112.08, 34.08]],
]
PLACES = {"in": (112.02, 34.02), "hole": (112.1, 34.1), "out": (112.5, 34.5), "lost": (None, None)}


def site_table(**columns: Any) -> pl.DataFrame:
    frame = pl.DataFrame(
        {
            "site_id": list(PLACES),
            "county_code": ["C1"] * 4,
            "longitude": [p[0] for p in PLACES.values()],
            "latitude": [p[1] for p in PLACES.values()],
        }
        | columns
    )
    return conform(frame, SITE)[0]


def geojson(path: Path, *geometries: dict[str, Any], **more: Any) -> None:
    features = [{"type": "Feature", "properties": {}, "geometry": g} for g in geometries]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features, **more}), encoding="utf-8")


def apply(
    folder: Path, text: str, site: pl.DataFrame
) -> tuple[dict[str, dict[str, Any]], dict[str, Problem]]:
    (folder / "layers.toml").write_text(text, encoding="utf-8")
    made, problems = with_layers(folder, site, {}, {})
    for problem in problems:
        for language in LANGUAGES:
            assert "{" not in "".join(explain_problem(problem, language)), problem
    return {r["site_id"]: r for r in made.to_dicts()}, {p.code: p for p in problems}


def binary(rings: list[list[list[float]]]) -> bytes:
    """A polygon as well-known binary with heights, which a reader must skip."""
    out = struct.pack("<BII", 1, 1003, len(rings))
    for ring in rings:
        out += struct.pack("<I", len(ring)) + b"".join(struct.pack("<3d", *p, 700.0) for p in ring)
    return out


def geopackage(path: Path, rings: list[list[list[float]]], code: int) -> None:
    with sqlite3.connect(path) as file:
        file.execute("create table gpkg_spatial_ref_sys (srs_id, organization, organization_coordsys_id)")
        file.execute("create table gpkg_geometry_columns (table_name, column_name, srs_id)")
        file.execute("insert into gpkg_spatial_ref_sys values (?, 'EPSG', ?)", (code, code))
        file.execute("insert into gpkg_geometry_columns values ('slides', 'geom', ?)", (code,))
        file.execute("create table slides (fid integer primary key, geom blob)")
        blob = b"GP\x00\x03" + struct.pack("<i4d", code, 0, 0, 0, 0) + binary(rings)
        file.execute("insert into slides (geom) values (?)", (blob,))


def test_inside_a_hole_is_outside_and_outside_is_free_only_of_a_complete_layer(tmp_path: Path) -> None:
    geojson(tmp_path / "hazard.geojson", {"type": "Polygon", "coordinates": HOLED})
    text = '[[layer]]\nfile = "hazard.geojson"\nrole = "hazard"\n'
    rows, said = apply(tmp_path, text, site_table())
    assert [rows[n]["in_hazard_zone"] for n in PLACES] == [True, None, None, None]
    assert "siting.layer_not_complete" in said and "siting.layer_no_place" in said
    rows, _ = apply(tmp_path, text + "is_complete = true\n", site_table())
    assert [rows[n]["in_hazard_zone"] for n in PLACES] == [True, False, False, None]


def test_a_layer_bars_a_site_the_table_called_free_and_the_plan_never_takes_it(tmp_path: Path) -> None:
    geojson(tmp_path / "farm.geojson", {"type": "MultiPolygon", "coordinates": [HOLED]})
    rows, said = apply(
        tmp_path,
        '[[layer]]\nfile = "farm.geojson"\nrole = "farmland"\n',
        site_table(on_basic_farmland=[False] * 4),
    )
    assert rows["in"]["on_basic_farmland"] is True and rows["out"]["on_basic_farmland"] is False
    assert said["siting.layer_against_table"].value == "in"
    stock = {5000: (5, 1)}
    places = sites(
        {"site_id": "in", "homes": stock, "fixed_cost_minor": 0, "longitude": 112.02, "latitude": 34.02},
        {"site_id": "out", "homes": stock, "longitude": 112.5, "latitude": 34.5},
    )
    made, _ = with_layers(tmp_path, places[0], {}, {})
    out = STAGE.run(inputs(households(("h", "v", 2, 5000)), villages("v"), (made, places[1])))
    assert out.tables["household_site"]["site_id"].to_list() == ["out"]


def test_a_geopackage_in_a_projected_system_is_brought_to_degrees(tmp_path: Path) -> None:
    change = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:4546", always_xy=True)
    projected = [[list(change.transform(*p)) for p in ring] for ring in HOLED]
    geopackage(tmp_path / "slides.gpkg", projected, 4546)
    rows, said = apply(
        tmp_path, '[[layer]]\nfile = "slides.gpkg"\nrole = "hazard"\nis_complete = true\n', site_table()
    )
    assert [rows[n]["in_hazard_zone"] for n in PLACES] == [True, False, False, None]
    assert set(said) == {"siting.layer_no_place"}
    geopackage(tmp_path / "plain.gpkg", HOLED, 4490)
    shapes, problems = read_layer(tmp_path / "plain.gpkg")
    assert not problems and inside(shapes[0], 112.02, 34.02)


def test_a_slope_grid_is_read_and_too_steep_is_out(tmp_path: Path) -> None:
    grid = np.full((10, 10), 5.0, "float32")
    grid[9, 0] = 45.0  # the south-west corner, where "in" lies
    grid[4:6, 4:6] = -9999.0
    kind = {"driver": "GTiff", "height": 10, "width": 10, "count": 1, "dtype": "float32", "nodata": -9999.0}
    across = rasterio.transform.from_bounds(112.0, 34.0, 112.2, 34.2, 10, 10)
    with rasterio.open(tmp_path / "slope.tif", "w", crs="EPSG:4326", transform=across, **kind) as file:
        file.write(grid, 1)
    rows, said = apply(tmp_path, '[[layer]]\nfile = "slope.tif"\nrole = "slope"\n', site_table())
    assert rows["in"]["slope_ppm"] == 1_000_000 and rows["hole"]["slope_ppm"] is None
    assert said["siting.layer_no_value"].values["count"] == 2
    stock = {5000: (5, 1)}
    steep = sites({"site_id": "a", "homes": stock, "slope_ppm": 500_000}, {"site_id": "b", "homes": stock})
    out = STAGE.run(inputs(households(("h", "v", 2, 5000)), villages("v"), steep, slope_limit_ppm=466_308))
    reasons = dict(out.tables["site_plan"].select("site_id", "excluded_reason").iter_rows())
    assert reasons == {"a": "too_steep", "b": None}


def test_ways_to_the_nearest_fill_only_what_is_unknown(tmp_path: Path) -> None:
    (tmp_path / "schools.csv").write_text(
        "name,Latitude,Longitude\na,34.03,112.02\nb,36,112\n", encoding="utf-8"
    )
    geojson(tmp_path / "road.geojson", {"type": "LineString", "coordinates": [[112.0, 34.0], [112.0, 34.9]]})
    text = '[[layer]]\nfile = "schools.csv"\nrole = "schools"\n[[layer]]\nfile = "road.geojson"\nrole = "roads"\n'
    rows, _ = apply(tmp_path, text, site_table(school_m=[None, 7, None, None]))
    assert abs(rows["in"]["school_m"] - 1.3 * 1112) < 5 and rows["hole"]["school_m"] == 7
    assert abs(rows["in"]["road_m"] - 1.3 * 0.02 * 111_195 * 0.829) < 15 and rows["lost"]["road_m"] is None


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda p: None, "store.layer_absent"),
        (lambda p: p.write_text("not a layer"), "store.layer_unreadable"),
        (lambda p: p.write_text("[1, 2]"), "store.layer_unreadable"),
        (geojson, "store.layer_empty"),
        (lambda p: geojson(p, {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [0, 0]]]}), "store.ring_short"),
        (
            lambda p: geojson(p, {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1]]]}),
            "store.ring_open",
        ),
        (
            lambda p: geojson(p, {"type": "Polygon", "coordinates": [[[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]]}),
            "store.ring_crosses_itself",
        ),
        (
            lambda p: geojson(p, {"type": "Polygon", "coordinates": [[[34.0, 112.0], [34.1, 112.0], [34.1, 112.1], [34.0, 112.0]]]}),
            "store.layer_not_degrees",
        ),
        (
            lambda p: geojson(p, {"type": "Point", "coordinates": [500000, 3800000]}),
            "store.layer_not_degrees",
        ),
    ],
)  # fmt: skip
def test_bad_layers_are_answered_in_words_and_never_free_a_site(tmp_path: Path, make: Any, code: str) -> None:
    make(tmp_path / "bad.geojson")
    rows, said = apply(
        tmp_path, '[[layer]]\nfile = "bad.geojson"\nrole = "hazard"\nis_complete = true\n', site_table()
    )
    assert code in said
    if code != "store.layer_empty":
        assert all(r["in_hazard_zone"] is None for r in rows.values())
        assert "siting.layer_not_whole" in said


def test_a_layer_without_or_with_an_unknown_system_is_not_guessed_at(tmp_path: Path) -> None:
    geopackage(tmp_path / "none.gpkg", HOLED, 4326)
    with sqlite3.connect(tmp_path / "none.gpkg") as file:
        file.execute("update gpkg_spatial_ref_sys set organization = 'NONE'")
    assert [p.code for p in read_layer(tmp_path / "none.gpkg")[1]] == ["store.layer_no_system"]
    assert not read_layer(tmp_path / "none.gpkg", "EPSG:4326")[1]
    assert [p.code for p in read_layer(tmp_path / "none.gpkg", "EPSG:999999")[1]] == [
        "store.layer_system_unknown"
    ]


def test_unknown_roles_and_settings_offer_the_known_ones(tmp_path: Path) -> None:
    geojson(tmp_path / "a.geojson", {"type": "Polygon", "coordinates": HOLED})
    _, said = apply(
        tmp_path,
        '[[layer]]\nfile = "a.geojson"\nrole = "volcano"\n[[layer]]\nfile = "a.geojson"\nrole = "hazard"\ncolour = 1\n',
        site_table(),
    )
    assert "hazard" in (said["siting.layer_role"].nearest or "") and "siting.layer_setting" in said


def test_distances_against_the_sphere() -> None:
    here = Shape("point", (np.array([[112.5, 34.3]]),))
    metres = metres_to([here], 112.0, 34.0)
    assert metres is not None and abs(metres - 56_780) / 56_780 < 2e-3
    assert metres_to([], 112.0, 34.0) is None


SCORED = {"road_m": [100, 900, 500, None], "jobs_within_hour": [10, 900, 500, 5]}


def test_scores_rank_what_is_known_and_leave_the_unknown_unranked() -> None:
    table, said = score_sites(site_table(**SCORED), {}, {"weights": {"road_m": 3, "jobs_within_hour": 1}}, 1)
    rows = {r["site_id"]: r for r in table.to_dicts()}
    assert rows["in"]["score_ppm"] == 750_000 and rows["hole"]["score_ppm"] == 250_000
    assert (rows["in"]["rank"], rows["out"]["rank"], rows["hole"]["rank"]) == (1, 2, 3)
    assert rows["lost"]["rank"] is None and rows["lost"]["lacks"] == "road_m"
    assert [p.code for p in said] == ["siting.score_unknown"]
    assert rows["in"]["rank_low"] <= 1 <= rows["in"]["rank_high"] and rows["in"]["keeps_rank_ppm"] > 900_000


def test_an_excluded_site_is_never_scored_however_good() -> None:
    table, _ = score_sites(site_table(**SCORED), {"in": "hazard_zone"}, {"weights": {"road_m": 1}}, 1)
    assert "in" not in table["site_id"].to_list()


def test_topsis_and_pairs_that_contradict_each_other() -> None:
    table, _ = score_sites(
        site_table(**SCORED), {}, {"method": "topsis", "weights": {"road_m": 1, "jobs_within_hour": 1}}, 1
    )
    assert table.filter(pl.col("rank") == 1).height == 1
    pairs = [[1, 9, 1 / 9], [1 / 9, 1, 9], [9, 1 / 9, 1]]
    table, said = score_sites(
        site_table(**SCORED), {}, {"criteria": ["road_m", "jobs_within_hour", "town_m"], "pairs": pairs}, 1
    )
    assert table.is_empty() and [p.code for p in said] == ["index.inconsistent"]


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"weights": {"beauty": 1}}, "siting.score_criterion"),
        ({}, "siting.score_criterion"),
        ({"weights": {"road_m": -1}}, "siting.score_weights"),
        ({"weights": {"road_m": 1}, "method": "feeling"}, "siting.score_method"),
    ],
)
def test_bad_scores_are_refused_in_words(settings: dict[str, Any], code: str) -> None:
    assert code in {p.code for p in score_sites(site_table(**SCORED), {}, settings, 1)[1]}


def test_features_without_a_place_are_counted_and_revoke_that_a_layer_is_complete(tmp_path: Path) -> None:
    """What has no geometry may lie anywhere; a row whose place is no number is named, the others are used."""
    lost = {"type": "Feature", "properties": {}, "geometry": None}
    empty = {"type": "Feature", "properties": {}, "geometry": {"type": "MultiPolygon", "coordinates": [[]]}}
    path = tmp_path / "hazard.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [lost, empty]}), encoding="utf-8")
    shapes, problems = read_layer(path)
    assert not shapes
    assert [(p.code, p.row, p.severity) for p in problems] == [
        ("store.feature_nowhere", 1, "error"),
        ("store.feature_nowhere", 2, "error"),
    ]
    table = tmp_path / "schools.csv"
    table.write_text("校名,longitude,latitude\n一,112.1,34.1\n二,东,34\n三,,\n", encoding="gb18030")
    shapes, problems = read_layer(table)
    assert [s.kind for s in shapes] == ["point"]
    assert [(p.code, p.row, p.value, p.values["count"]) for p in problems] == [
        ("store.layer_point", 3, "东, 34", 2)
    ]
