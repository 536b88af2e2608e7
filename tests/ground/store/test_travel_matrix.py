"""A matrix of ways says the same whichever way it lies and in whatever order; what it does not say is unknown."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import polars as pl
import pytest

from resettle.journey.inputs import _matrices
from resettle.store.travel_matrix import is_wide, labels_of, merged, read_wide
from resettle.tables import TRAVEL
from resettle.words import LANGUAGES, explain_problem

VILLAGES = pl.DataFrame({"village_code": ["v1", "v2", "v3"], "village_name": ["东村", "西村", "西村"]})
SITES = pl.DataFrame({"site_id": ["s1", "s2"], "site_name": ["North", "South"]})
WAYS = {
    ("v1", "s1"): 5,
    ("v1", "s2"): 40,
    ("v2", "s1"): 12,
    ("v2", "s2"): 7,
    ("v3", "s1"): 9,
    ("v3", "s2"): 3,
}


def names() -> tuple[dict[str, str | None], dict[str, str | None]]:
    return labels_of(VILLAGES, "village_code", "village_name"), labels_of(SITES, "site_id", "site_name")


def read(path: Path, text: str, name: str = "travel.csv") -> tuple[pl.DataFrame, list[str]]:
    file = path / name
    file.write_text(text, encoding="utf-8")
    frame, problems = read_wide(file, *names())
    for problem in problems:
        for language in LANGUAGES:
            assert problem.code not in "".join(explain_problem(problem, language))
    return frame, [p.code for p in problems]


def pairs(frame: pl.DataFrame, column: str) -> dict[tuple[str, str], int | None]:
    return {(r["village_code"], r["site_id"]): r[column] for r in frame.to_dicts()}


@pytest.mark.parametrize("rows", list(permutations(["v1", "v2", "v3"])))
@pytest.mark.parametrize("columns", list(permutations(["s1", "s2"])))
@pytest.mark.parametrize("is_turned", [False, True])
def test_order_and_direction_change_nothing(
    tmp_path: Path, rows: tuple[str, ...], columns: tuple[str, ...], is_turned: bool
) -> None:
    down, across = (columns, rows) if is_turned else (rows, columns)
    lines = [",".join(["travel_minutes", *across])]
    for a in down:
        cells = [WAYS[(b, a) if is_turned else (a, b)] for b in across]
        lines.append(",".join([a, *map(str, cells)]))
    frame, problems = read(tmp_path, "\n".join(lines))
    assert not problems and pairs(frame, "travel_minutes") == WAYS
    assert frame["distance_m"].null_count() == frame.height and frame.schema == TRAVEL.schema()


def test_names_join_where_they_are_one_place_and_never_where_they_are_two(tmp_path: Path) -> None:
    frame, problems = read(tmp_path, "distance_km,South,North\n东村,1.25,2\n西村,3,4\n")
    assert pairs(frame, "distance_m") == {("v1", "s2"): 1250, ("v1", "s1"): 2000}
    assert problems == ["store.matrix_shared_name"]


def test_what_the_numbers_are_is_never_guessed(tmp_path: Path) -> None:
    frame, problems = read(tmp_path, "village,s1,s2\nv1,5,6\n")
    assert frame.is_empty() and problems == ["store.matrix_corner"]
    frame, problems = read(tmp_path, ",s1,s2\nv1,5,6\n", "travel_minutes.csv")
    assert not problems and pairs(frame, "travel_minutes") == {("v1", "s1"): 5, ("v1", "s2"): 6}


def test_an_empty_cell_a_word_and_a_stranger_are_unknown_and_a_double_row_counts_for_nothing(
    tmp_path: Path,
) -> None:
    text = "用时(分钟),s1,s9,s2\nv1,,7,x\nv2,3,1,2\nv2,4,1,2\nv3,0,,8\n"
    frame, problems = read(tmp_path, text)
    assert pairs(frame, "travel_minutes") == {("v3", "s1"): 0, ("v3", "s2"): 8}
    assert sorted(problems) == ["store.matrix_number", "store.matrix_stranger", "store.matrix_twice"]


def test_a_list_of_pairs_is_no_matrix_and_goes_first_where_both_say_something(tmp_path: Path) -> None:
    (tmp_path / "travel.csv").write_text("village_code,site_id,travel_minutes\nv1,s1,99\n", encoding="utf-8")
    assert not is_wide(tmp_path / "travel.csv")
    (tmp_path / "travel_minutes.csv").write_text(",s2,s1\nv1,40,5\n", encoding="utf-8")
    listed = pl.DataFrame(
        {"village_code": ["v1"], "site_id": ["s1"], "travel_minutes": [99]},
        schema_overrides=TRAVEL.schema(),
    ).select(pl.lit(None, dtype=t).alias(n) if n not in ("village_code", "site_id", "travel_minutes") else n
             for n, t in TRAVEL.schema().items())  # fmt: skip
    tables = {"village": VILLAGES, "site": SITES, "travel": listed}
    hashes: dict[str, str] = {}
    heads = {"travel": {"village_code", "site_id", "travel_minutes"}}
    assert _matrices(tmp_path, tables, hashes, heads, []) == []
    assert pairs(tables["travel"], "travel_minutes") == {("v1", "s1"): 99, ("v1", "s2"): 40}
    assert list(hashes) == ["travel_minutes.csv"] and merged([listed]).height == 1
