"""Allotment: legal bounds, who comes first, what is short, the optimum beside the order. Synthetic."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from resettle.methods.assignment import Limits
from resettle.methods.assignment.engine import solve
from resettle.methods.assignment.special import placement
from resettle.siting.allot import ALLOTMENT, allot
from resettle.words import LANGUAGES, explain_problem


def claim(name: str, size: int = 7500, **more: Any) -> dict[str, Any]:
    base = {"household_id": name, "site_id": "s", "dwelling_size_dm2": size, "tier": 0, "needs_access": False}
    return base | {"building_wish": None, "kin_household_id": None} | more


def home(
    name: str, size: int = 7500, floor: int = 3, building: str = "A", lift: bool = False
) -> dict[str, Any]:
    return {
        "home_id": name, "site_id": "s", "building": building, "dwelling_size_dm2": size,
        "floor": floor, "has_lift": lift,
    }  # fmt: skip


def given(*rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), infer_schema_length=None)


def homes_of(result: pl.DataFrame) -> dict[str, str | None]:
    return dict(zip(result["household_id"].to_list(), result["home_id"].to_list(), strict=True))


def test_never_a_larger_home_and_never_stairs_for_those_who_cannot() -> None:
    result = allot(
        given(claim("a", 5000), claim("b", needs_access=True)), given(home("h1"), home("h2", floor=5))
    )
    assert homes_of(result.table) == {"a": None, "b": None}
    assert dict(zip(result.table["household_id"], result.table["short_of"], strict=True)) == {
        "a": "size",
        "b": "access",
    }
    for problem in result.problems:
        for language in LANGUAGES:
            assert "{" not in "".join(explain_problem(problem, language))


def test_those_who_need_access_come_first_within_their_tier() -> None:
    claims = given(claim("a"), claim("b", needs_access=True))
    result = allot(claims, given(home("low", floor=1), home("high", floor=6)), {"a": 0, "b": 1})
    assert homes_of(result.table) == {"a": "high", "b": "low"}


def test_tier_then_draw_decides_and_number_is_named() -> None:
    claims = given(claim("a", tier=1), claim("b"), claim("c"))
    result = allot(claims, given(home("h1"), home("h2")), {"a": 0, "b": 2, "c": 1})
    assert homes_of(result.table) == {"a": None, "b": "h2", "c": "h1"}
    assert result.table["short_of"].to_list()[0] == "number"
    assert result.table["chance_ppm"].to_list() == [0, 1_000_000, 1_000_000]


def test_wishes_and_kin_are_met_where_there_is_room() -> None:
    claims = given(claim("a", building_wish="B"), claim("b", kin_household_id="a"))
    stock = [home("a1"), home("b1", building="B"), home("b2", building="B")]
    result = allot(claims, given(*stock), {"a": 0, "b": 1})
    assert result.table["wish_met"].to_list() == [True, None]
    assert result.table["kin_met"].to_list() == [None, True]


def test_optimum_is_proved_never_dearer_and_rows_in_any_order_give_the_same() -> None:
    for seed in range(25):
        r = np.random.default_rng(seed)
        claims = given(*[
            claim(f"h{i:02d}", int(r.choice([5000, 7500])), tier=int(r.integers(0, 2)),
                  needs_access=bool(r.random() < 0.2), building_wish=str(r.choice(["A", "B"])))
            for i in range(20)
        ])  # fmt: skip
        stock = given(*[
            home(f"x{i:02d}", int(r.choice([5000, 7500])), int(r.integers(1, 4)), str(r.choice(["A", "B"])))
            for i in range(18)
        ])  # fmt: skip
        result = allot(claims, stock, seed=seed, rounds=20)
        assert result.facts["optimum_cost"] == result.facts["optimum_bound"] <= result.facts["order_cost"]
        assert result.table.schema == pl.Schema(ALLOTMENT.schema())
        assert result.table.equals(allot(claims.reverse(), stock.reverse(), seed=seed, rounds=20).table)
        taken = [h for h in result.table["home_id"].to_list() if h is not None]
        assert len(taken) == len(set(taken))


def test_refugee_placement_is_solved_to_a_proven_optimum() -> None:
    for seed in range(15):
        r = np.random.default_rng(seed)
        n, m = 12, 4
        persons, allowed = r.integers(1, 7, n), r.random((n, m)) < 0.7
        allowed[0] = False
        problem = placement(r.integers(0, 100, (n, m)), persons, r.integers(4, 12, m), allowed)
        answer = solve(problem, Limits())
        assert answer.status == "optimal" and answer.objective == answer.bound
        assert answer.plan is not None and problem.arcs.site[answer.plan.row_arc[0]] == -1
