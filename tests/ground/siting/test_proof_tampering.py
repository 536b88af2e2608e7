"""A stored proof, touched in every place a hand could reach: what matters is found, with no solver. Synthetic."""

from __future__ import annotations

import copy
import functools
import itertools
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from resettle.cli import cli
from resettle.methods.assignment import Limits, certificate, proof
from resettle.methods.assignment.engine import solve
from resettle.methods.assignment.proof import proof_faults, to_json
from resettle.words import tell
from tests.properties.tiny_problems import tiny


def stored() -> list[dict[str, Any]]:
    """Proofs with a plan and a bound that closes, so that any cheaper claim is a lie."""
    found = []
    for seed in range(60):
        answer = solve(tiny(seed), Limits(nodes=400))
        if answer.plan is not None and answer.bound_kind == "verified" and answer.status == "optimal":
            found.append(json.loads(json.dumps(to_json(answer))))
    return found


PROOFS = stored()


def test_there_is_something_to_touch() -> None:
    assert len(PROOFS) >= 8 and not any(proof_faults(p) for p in PROOFS)


def test_a_raised_bound_a_lowered_objective_and_a_dropped_leaf_are_found() -> None:
    dropped = 0
    for data in PROOFS:
        for name, step in (("bound", 1), ("objective", -1), ("objective", 1)):
            touched = copy.deepcopy(data)
            touched[name] += step
            assert proof_faults(touched), (name, step)
        if len(data["leaves"]) > 1:
            touched = copy.deepcopy(data)
            touched["leaves"].pop()
            assert proof_faults(touched)
            dropped += 1
    assert dropped or all(len(d["leaves"]) == 1 for d in PROOFS)


def test_a_cost_of_the_problem_made_dearer_or_cheaper_is_found_where_the_plan_pays_it() -> None:
    for data in PROOFS:
        used = sorted(set(data["plan"]["row_arc"]))
        touched = copy.deepcopy(data)
        touched["problem"]["cost"][used[0]] -= 1
        assert proof_faults(touched)
        opened = [j for j, is_open in enumerate(data["plan"]["is_open"]) if is_open]
        if opened:
            touched = copy.deepcopy(data)
            touched["problem"]["site_cost"][opened[0]] += 1
            assert proof_faults(touched)


def test_a_site_closed_under_its_people_or_filled_beyond_its_room_is_found() -> None:
    closed = filled = 0
    for data in PROOFS:
        sites = {data["problem"]["site"][a] for a in data["plan"]["row_arc"]} - {-1}
        for j in sorted(sites)[:1]:
            touched = copy.deepcopy(data)
            touched["plan"]["is_open"][j] = False
            assert proof_faults(touched)
            closed += 1
            touched = copy.deepcopy(data)
            load = sum(
                demand[0]
                for row, demand in enumerate(data["problem"]["row_demand"])
                if demand and data["problem"]["site"][data["plan"]["row_arc"][row]] == j
            )
            if load:
                touched["problem"]["capacity"][j][0] = load - 1
                assert proof_faults(touched)
                filled += 1
    assert closed and filled


def test_prices_pushed_up_never_prove_more_than_is_true() -> None:
    """Any prices give a valid bound; so the verifier must never let pushed prices prove a bound above the optimum."""
    for data in PROOFS:
        for push in (1, 1_000, -1_000):
            touched = copy.deepcopy(data)
            for price in touched["prices"]:
                price["rows"] = [p + push for p in price["rows"]]
            touched["bound"] = touched["objective"] + 1
            assert proof_faults(touched)


def refused(data: dict[str, Any]) -> bool:
    """Whether a file is found out, or turned away as no proof at all."""
    try:
        return bool(proof_faults(data))
    except (ValueError, TypeError, IndexError):
        return True


LARGE = (2**40, 2**53, 2**60, 2**61, 2**62, 2**63 - 1, -(2**62), -(2**63))


def with_prices(data: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """A bound nobody can prove, from prices changed by functions of what stands in the file."""
    touched = copy.deepcopy(data)
    touched |= {"plan": None, "objective": None, "status": "work_limit", "bound": data["objective"] + 1}
    for price in touched["prices"]:
        for name, change in changed.items():
            price[name] = change(price[name])
    return touched


def test_numbers_so_large_that_sums_wrap_around_prove_nothing() -> None:
    """Sums of 64 bits come round to small numbers, so that a forger could choose prices that prove anything."""
    for data, large in itertools.product(PROOFS, LARGE):
        changed = functools.partial(with_prices, data)
        positive = abs(large) - 1
        assert refused(changed(rows=lambda r, large=large: [large] * len(r)))
        assert refused(changed(rows=lambda r, large=large: [large, *r[1:]]))
        assert refused(changed(view=lambda v, all_of=positive: np.full(np.shape(v), all_of).tolist()))
        assert refused({**changed(), "scale": large * data["scale"]})
        if data["problem"]["side_limit"]:
            assert refused(changed(sides=lambda s, all_of=positive: [all_of] * len(s)))


def test_a_scale_below_one_and_prices_of_rows_that_are_not_there_prove_nothing() -> None:
    for data in PROOFS:
        for scale in (0, -1, -data["scale"]):
            assert refused({**with_prices(data), "scale": scale})
        assert refused(with_prices(data, rows=lambda r: [*r, 10**9]))
        assert refused(with_prices(data, rows=lambda r: r[:-1]))
        assert refused(with_prices(data, view=lambda v: [v]))


def test_nothing_in_a_file_is_rounded_or_read_as_something_else() -> None:
    for data in PROOFS:
        for spoilt in (
            {"plan": {**data["plan"], "row_arc": [a + 0.4 for a in data["plan"]["row_arc"]]}},
            {"plan": {**data["plan"], "is_open": [int(y) for y in data["plan"]["is_open"]]}},
            {"problem": {**data["problem"], "capacity": [[0.9 + c for c in r] for r in data["problem"]["capacity"]]}},
            {"status": "splendid"},
            {"bound_kind": "sworn"},
            {"bound": float("nan")},
            {"bound": True},
            {"plan": None},
            {"plan": None, "objective": None},
            {"leaves": [{**leaf, "prices": -1} for leaf in data["leaves"]]},
            {"leaves": [*data["leaves"], {"fixings": [[0, 2]], "prices": 0}]},
            {"leaves": [{"fixings": [[-1, v]], "prices": 0} for v in (0, 1)]},
        ):  # fmt: skip
            assert refused({**data, **spoilt}), spoilt


def test_a_problem_whose_costs_wrap_around_is_refused() -> None:
    data = copy.deepcopy(PROOFS[0])
    sites = len(data["problem"]["site_cost"])
    data["problem"]["site_cost"] = [2**62] * sites
    assert refused(data)
    data["problem"]["site_cost"] = [0] * sites
    data["problem"]["cost"] = [-(2**63)] * len(data["problem"]["cost"])
    assert refused(data)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda d: d.pop("plan"),
        lambda d: d["problem"].pop("capacity"),
        lambda d: d["problem"]["cost"].pop(),
        lambda d: d["plan"]["row_arc"].pop(),
        lambda d: d["plan"]["row_arc"].__setitem__(0, 10**6),
        lambda d: d.__setitem__("scale", 0),
        lambda d: d["prices"][0]["sides"].append(-1),
        lambda d: d.__setitem__("leaves", []),
        lambda d: d["problem"].__setitem__("capacity", "much"),
    ],
)
def test_a_spoilt_file_is_false_and_not_a_crash(tmp_path: Path, spoil: Any) -> None:
    data = copy.deepcopy(PROOFS[0])
    spoil(data)
    path = tmp_path / "p.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    result = CliRunner().invoke(cli, ["site", "verify", str(path)])
    assert result.exit_code == 1 and "FALSE" in result.output, result.output + repr(result.exception)


def test_no_json_at_all_is_false(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    path.write_text("not a proof", encoding="utf-8")
    assert CliRunner().invoke(cli, ["site", "verify", str(path)]).exit_code == 1


def test_verifying_loads_no_solver(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    path.write_text(json.dumps(PROOFS[0]), encoding="utf-8")
    code = (
        "import sys\nfrom resettle.cli import cli\n"
        f"try: cli(['site', 'verify', {str(path)!r}], standalone_mode=False)\nexcept SystemExit: pass\n"
        "assert not {'highspy', 'ortools'} & set(sys.modules), sorted(m for m in sys.modules if 'high' in m)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_cost_nobody_pays_changed_beforehand_is_found_against_the_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import resettle.cli._siting as shared
    from resettle.siting.model import County, Mover, build
    from resettle.siting.options import SitingOptions
    from resettle.siting.sites import Candidate
    from resettle.tables.page_text import YUAN, same

    sites = tuple(
        Candidate(n, "C1", None, cost, None, False, True, True, {5000: 2}, {5000: 10})
        for n, cost in (("a", 100), ("b", 900))
    )
    county = County("C1", {"v": (Mover("h", 2, 5000),)}, sites, {}, {("v", "a"): 1_000, ("v", "b"): 2_000})
    options = SitingOptions()
    ready = shared.Prepared([county], options, 1, YUAN, same, {}, None)
    monkeypatch.setattr(shared, "prepare", lambda _folder, _gap: ready)
    data = json.loads(json.dumps(to_json(solve(build(county, options).problem))))
    path = tmp_path / "C1.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    call = ["site", "verify", str(path), "--against", str(tmp_path)]
    assert CliRunner().invoke(cli, call).exit_code == 0
    data["problem"]["site_cost"][1] = 5
    path.write_text(json.dumps(data), encoding="utf-8")
    result = CliRunner().invoke(cli, call)
    assert result.exit_code == 1 and "site_cost in the file" in result.output
    path.rename(tmp_path / "C2.json")
    assert CliRunner().invoke(cli, [*call[:2], str(tmp_path / "C2.json"), *call[3:]]).exit_code == 1


def test_a_status_the_numbers_do_not_bear_out_is_found(tmp_path: Path) -> None:
    for data in PROOFS:
        below = {**data, "bound": data["bound"] - 1}
        assert [f.key for f in proof_faults(below)] == ["not_optimal"]
        told = {**data, "bound_kind": "solver", "bound": data["objective"] + 1}
        assert [f.key for f in proof_faults(told)] == ["bound_above"]
        none = {**data, "status": "infeasible"}
        assert [f.key for f in proof_faults(none)] == ["plan_of_none", "not_infeasible"]
        none = {**none, "plan": None, "objective": None}
        assert [f.key for f in proof_faults(none)] == ["not_infeasible"]
        path = tmp_path / "p.json"
        path.write_text(json.dumps({**none, "bound_kind": "solver"}), encoding="utf-8")
        result = CliRunner().invoke(cli, ["site", "verify", str(path), "--lang", "en"])
        assert result.exit_code == 1 and "nothing in it can be checked" in result.output


def test_that_there_is_no_plan_is_proved_too(tmp_path: Path) -> None:
    proved = 0
    for seed in range(200, 400):
        answer = solve(tiny(seed), Limits(nodes=400))
        if answer.status == "infeasible" and answer.bound_kind == "verified":
            assert proof_faults(json.loads(json.dumps(to_json(answer)))) == [], seed
            proved += 1
            path = tmp_path / "p.json"
            path.write_text(json.dumps(to_json(answer)), encoding="utf-8")
            told = CliRunner().invoke(cli, ["site", "verify", str(path), "--lang", "en"])
            assert told.exit_code == 0 and "no plan keeps every limit" in told.output
    assert proved > 5


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_fault_is_told_in_the_language_asked_for(tmp_path: Path, language: str) -> None:
    faulty = {
        "not_optimal": {"bound": PROOFS[0]["bound"] - 1},
        "plan_of_none": {"status": "infeasible"},
        "leaves_missing": {"leaves": []},
        "part_missing": {"problem": {}},
        "no_proof": {"scale": "much"},
    }
    for key, change in faulty.items():
        path = tmp_path / f"{key}.json"
        path.write_text(json.dumps({**PROOFS[0], **change}), encoding="utf-8")
        result = CliRunner().invoke(cli, ["site", "verify", str(path), "--lang", language])
        wanted = re.split("unknown|未知", tell(f"siting.proof.{key}", language))[0]  # type: ignore[arg-type]
        assert result.exit_code == 1 and wanted and wanted in result.output, result.output
        assert not {"Error", "Traceback"} & set(result.output.replace("(", " ").split())
    source = "".join(Path(m.__file__ or "").read_text(encoding="utf-8") for m in (certificate, proof))
    keys = re.findall(r'Fault\(\s*"(\w+)"', source)
    assert len(keys) >= 15
    for key in keys:
        assert f"siting.proof.{key}" not in tell(f"siting.proof.{key}", language)  # type: ignore[arg-type]
