"""The plans to choose from, held against every plan there is, on counties small enough to list them all. Synthetic."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from random import Random

import polars as pl
import pytest

from resettle.methods.assignment import Limits
from resettle.siting.aims import AIMS
from resettle.siting.alternatives import alternatives, mean
from resettle.siting.county import plan_county
from resettle.siting.model import County, Mover
from resettle.siting.option_rows import changes, household_option_rows, option_rows
from resettle.siting.options import SitingOptions
from resettle.siting.sites import Candidate
from resettle.siting.stage import STAGE
from tests.ground.siting.county_cases import households, inputs, sites, villages

EXACT = SitingOptions(gap_ppm=0, distance_price_minor=2_000)


def drawn(seed: int) -> County:
    """Three or four villages of one to three households, three sites, all figures drawn."""
    r = Random(seed)
    homes = {
        f"v{k}": tuple(Mover(f"h{k}{i}", r.randint(1, 5), 5000) for i in range(r.randint(1, 3)))
        for k in range(r.randint(3, 4))
    }
    places = tuple(
        Candidate(
            f"s{j}", "C1", None, r.randint(1, 90) * 1_000_00, None, False, True, True,
            {5000: r.randint(4, 12)}, {5000: r.randint(4, 9) * 10_000_00},
            r.randint(0, 500), r.randint(100, 3000), r.randint(100, 3000), r.randint(200, 600) * 100,
        )
        for j in range(3)
    )  # fmt: skip
    ways = {(v, s.site_id): r.randint(1, 40) * 1000 for v in homes for s in places}
    return County("C1", homes, places, {}, ways)


def every_plan(county: County) -> list[dict[str, int]]:
    """Every feasible assignment of whole villages with its sums, counted by hand."""
    found = []
    top = max(s.jobs or 0 for s in county.sites)
    for choice in product(county.sites, repeat=len(county.villages)):
        load = {s.site_id: 0 for s in county.sites}
        sums = dict.fromkeys(AIMS, 0)
        for (village, movers), site in zip(sorted(county.villages.items()), choice, strict=True):
            n = len(movers)
            load[site.site_id] += n
            sums["cost"] += n * site.unit_cost[5000]
            sums["distance"] += sum(m.persons or 0 for m in movers) * county.travel[village, site.site_id]
            sums["jobs"] += n * (top - (site.jobs or 0))
            sums["services"] += n * ((site.school_m or 0) + (site.clinic_m or 0))
            sums["living"] += n * (site.monthly_cost or 0)
        if any(load[s.site_id] > s.capacity[5000] for s in county.sites):
            continue
        sums["cost"] += sum(s.fixed_cost for s in county.sites if load[s.site_id])
        found.append(sums)
    return found


@pytest.mark.parametrize("seed", range(12))
def test_bound_below_every_plan_as_good_and_nothing_is_better_in_all(seed: int) -> None:
    county = drawn(seed)
    listed = every_plan(county)
    base = plan_county(county, EXACT, Limits())
    if not listed or base.is_partial:
        return  # too little room; told elsewhere
    found = alternatives(base, Limits())
    if any(len(m) > 1 for m in county.villages.values()) and base.model.too_big:
        return  # split villages are not in the list
    whole = {a: min(p[a] for p in listed) for a in AIMS}
    by_name = {n: p for p in found.plans for n in p.names}
    assert by_name["least_cost"].totals["cost"] == whole["cost"]
    for name, aim in (
        ("shortest", "distance"),
        ("most_jobs", "jobs"),
        ("nearest_services", "services"),
        ("lowest_living_cost", "living"),
    ):
        if name not in by_name:
            continue
        plan = by_name[name]
        least, span = whole[aim], max(p[aim] for p in listed) - whole[aim]
        assert least <= plan.totals[aim] <= least + span / 500  # the others weigh at most 1 in 2,000
        as_good = [p for p in listed if p[aim] <= plan.totals[aim]]
        assert plan.cost_bound <= min(p["cost"] for p in as_good) <= plan.totals["cost"]
        if plan.aim_bound is not None and plan.aim == aim:
            assert plan.aim_bound <= least
    for one in found.plans:
        assert one.totals in listed
        assert not any(all(o.totals[a] <= one.totals[a] for a in AIMS) for o in found.plans if o is not one)
    for condition in found.conditions:
        if condition.plan is not None and condition.name == "nobody_farther":
            assert condition.least is not None and condition.most is not None
            assert 0 <= condition.least <= condition.most


def test_a_condition_nobody_can_keep_is_called_impossible() -> None:
    county = County(
        "C1",
        {"v1": (Mover("h1", 2, 5000),), "v2": (Mover("h2", 2, 5000),)},
        tuple(
            Candidate(n, "C1", None, 100, None, False, True, True, {5000: 1}, {5000: 10}) for n in ("a", "b")
        ),
        {},
        {(v, s): 5_000 for v in ("v1", "v2") for s in ("a", "b")},
    )
    found = alternatives(plan_county(county, EXACT, Limits()), Limits())
    fewer = [c for c in found.conditions if c.name == "one_site_fewer"]
    assert [c.is_impossible for c in fewer] == [True]


def test_an_unknown_figure_counts_as_the_worst_and_is_named() -> None:
    county = drawn(3)
    worse = replace(county, sites=(replace(county.sites[0], monthly_cost=None), *county.sites[1:]))
    found = alternatives(plan_county(worse, EXACT, Limits()), Limits())
    assert found.aims["living"].unknown == ("s0",)
    assert "living: s0" in option_rows(found, False)[0]["unknown"]
    none = replace(county, sites=tuple(replace(s, monthly_cost=None) for s in county.sites))
    found = alternatives(plan_county(none, EXACT, Limits()), Limits())
    assert "living" not in found.aims and mean(found, found.plans[0].plan, "living") is None


def test_the_stage_writes_plans_where_sites_are_free_and_none_where_all_are_decided() -> None:
    people = households(*[(f"h{k}", f"v{k % 3}", 2, 5000) for k in range(9)])
    stock = {5000: (9, 60_000_00)}
    places = sites(
        {"site_id": "s1", "homes": stock, "jobs_within_hour": 10},
        {"site_id": "s2", "homes": stock, "jobs_within_hour": 900, "latitude": 34.2},
    )
    out = STAGE.run(inputs(people, villages("v0", "v1", "v2"), places))
    plans = out.tables["plan_option"]
    assert plans.height >= 2 and not plans["is_exercise"].any()
    rows = out.tables["plan_option_household"].to_dicts()
    for one in plans["plan"].to_list():
        assert {r["household_id"] for r in rows if r["plan"] == one} == set(
            people[0]["household_id"].to_list()
        )
    assert changes(rows, plans["plan"][0], plans["plan"][0]) == []
    decided = (places[0].with_columns(is_fixed=pl.lit(True)), places[1])
    assert STAGE.run(inputs(people, villages("v0", "v1", "v2"), decided)).tables["plan_option"].is_empty()
    exercise = STAGE.run(
        inputs(people, villages("v0", "v1", "v2"), decided, plans_for=["C1", "C9"], plans_free=True)
    )
    assert exercise.tables["plan_option"]["is_exercise"].all()
    assert [p.value for p in exercise.problems if p.code == "siting.plans_for_unknown"] == ["C9"]


def test_the_same_seed_gives_the_same_plans() -> None:
    base = plan_county(drawn(5), EXACT, Limits())
    first, again = (household_option_rows(alternatives(base, Limits())) for _ in range(2))
    assert first == again
