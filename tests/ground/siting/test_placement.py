"""Families to places, held against every placement there is. Synthetic."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner

from resettle.cli import cli
from resettle.siting.placement import place_families

Tables = tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]


def drawn(seed: int, families: int = 6, places: int = 3) -> Tables:
    r = Random(seed)
    family = pl.DataFrame(
        [
            {"family_id": f"f{k}", "persons": r.randint(1, 7), "school": r.randint(0, 3),
             "needs": r.choice(["", "arabic", "arabic; clinic", "lift"])}
            for k in range(families)
        ]
    )  # fmt: skip
    place = pl.DataFrame(
        [
            {"place_id": f"p{k}", "persons": r.randint(3, 12), "school": r.randint(0, 6),
             "offers": r.choice(["arabic;clinic", "Arabic", "", "clinic; lift; arabic"])}
            for k in range(places)
        ]
    )  # fmt: skip
    weight = pl.DataFrame(
        [
            {"family_id": f["family_id"], "place_id": p["place_id"], "weight": r.randint(0, 999)}
            for f in family.to_dicts()
            for p in place.to_dicts()
            if r.random() < 0.85
        ]
    )
    return family, place, weight


def best(tables: Tables) -> int:
    family, place, weight = (t.to_dicts() for t in tables)
    given = {(w["family_id"], w["place_id"]): w["weight"] for w in weight}
    most = 0
    for choice in product([None, *place], repeat=len(family)):
        total = 0
        for f, p in zip(family, choice, strict=True):
            if p is None:
                continue
            needs = {w.strip() for w in f["needs"].split(";")} - {""}
            offers = {w.strip().lower() for w in p["offers"].split(";")}
            total += given.get((f["family_id"], p["place_id"]), -(10**9)) if needs <= offers else -(10**9)
        room = all(
            sum(f[k] for f, c in zip(family, choice, strict=True) if c is p) <= p[k]
            for p in place
            for k in ("persons", "school")
        )
        if room:
            most = max(most, total)
    return most


@pytest.mark.parametrize("seed", range(15))
def test_the_total_weight_is_the_greatest_there_is_and_is_proved(seed: int) -> None:
    tables = drawn(seed)
    found = place_families(*tables)
    assert found.facts["weight"] == best(tables) == found.facts["weight_at_most"]
    assert found.facts["status"] == "optimal"
    again = place_families(*(t.reverse() for t in tables))
    assert again.facts["weight"] == found.facts["weight"]
    left = found.table.filter(pl.col("place_id").is_null())
    assert left["unplaced_because"].null_count() == 0


def test_a_missing_weight_is_not_zero_and_the_reason_is_named() -> None:
    family = pl.DataFrame({"family_id": ["a", "b", "c"], "persons": [2, 9, 2]})
    place = pl.DataFrame({"place_id": ["p"], "persons": [4]})
    weight = pl.DataFrame({"family_id": ["a", "b", "zz"], "place_id": ["p"] * 3, "weight": [0, 5, 1]})
    found = place_families(family, place, weight)
    why = dict(found.table.select("family_id", "unplaced_because").iter_rows())
    assert why["b"] == "nothing_fits" and why["c"] == "no_weight"
    assert {p.code for p in found.problems} >= {"siting.placement_stranger", "siting.placement_no_weight"}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda f, p, w: (f.drop("persons"), p, w), "siting.placement_column"),
        (lambda f, p, w: (pl.concat([f, f.head(1)]), p, w), "siting.placement_twice"),
        (lambda f, p, w: (f, p.with_columns(persons=pl.lit(-1)), w), "siting.placement_count"),
        (lambda f, p, w: (f, p, pl.concat([w, w.head(1)])), "siting.placement_pair_twice"),
        (lambda f, p, w: (f, p, w.with_columns(weight=pl.lit(-1))), "siting.placement_weight"),
        (lambda f, p, w: (f, p, w.with_columns(weight=pl.lit(0.5))), "siting.placement_weight"),
    ],
)
def test_bad_tables_are_refused_in_words(change: Any, code: str) -> None:
    found = place_families(*change(*drawn(1)))
    assert found.answer is None and code in {p.code for p in found.problems}


def test_from_files_to_a_proof_that_is_checked_without_a_solver(tmp_path: Path) -> None:
    for name, table in zip(("families", "places", "weights"), drawn(4), strict=True):
        table.write_csv(tmp_path / f"{name}.csv")
    result = CliRunner().invoke(cli, ["allot", str(tmp_path), "--families", "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["status"] == "optimal"
    proof = tmp_path / "placement-proof.json"
    assert CliRunner().invoke(cli, ["site", "verify", str(proof)]).exit_code == 0
    data = json.loads(proof.read_text(encoding="utf-8"))
    data["objective"] -= 1
    proof.write_text(json.dumps(data), encoding="utf-8")
    assert CliRunner().invoke(cli, ["site", "verify", str(proof)]).exit_code == 1
