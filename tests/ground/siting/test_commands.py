"""The commands of allotment, draw and proof, from files to files. Synthetic."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from resettle.cli import cli
from resettle.methods.assignment import Limits
from resettle.methods.assignment.engine import solve
from resettle.methods.assignment.proof import proof_faults, to_json
from tests.properties.tiny_problems import tiny


def call(*args: str, code: int = 0) -> str:
    result = CliRunner().invoke(cli, list(args))
    assert result.exit_code == code, result.output + repr(result.exception)
    return result.output


def test_draw_then_allot_from_files(tmp_path: Path) -> None:
    (tmp_path / "roll.csv").write_text("household_id,tier\na,0\nb,1\nc,0\n", encoding="utf-8")
    folder = str(tmp_path / "draw")
    call(
        "draw", "commit", str(tmp_path / "roll.csv"), folder, "--source", "lottery", "--moment", "2017-05-02",
        "--committed", "2017-04-20",
    )  # fmt: skip
    call("draw", "run", folder, "--value", "5 1 7")
    record = tmp_path / "draw" / "record.json"
    assert "TRUE" in call("draw", "verify", str(record))
    data = json.loads(record.read_text(encoding="utf-8"))
    assert data["order"][-1] == "b"
    assert CliRunner().invoke(cli, ["draw", "run", folder, "--value", "other"]).exit_code != 0
    data["order"].reverse()
    record.with_name("bad.json").write_text(json.dumps(data), encoding="utf-8")
    call("draw", "verify", str(record.with_name("bad.json")), code=1)
    (tmp_path / "claims.csv").write_text(
        "household_id,site_id,dwelling_size_dm2,tier\na,s,7500,0\nb,s,7500,1\nc,s,7500,0\n", encoding="utf-8"
    )
    (tmp_path / "homes.csv").write_text(
        "home_id,site_id,building,dwelling_size_dm2,floor\nh1,s,A,7500,1\nh2,s,A,7500,2\n", encoding="utf-8"
    )
    assert "optimum_bound" in call("allot", str(tmp_path), "--record", str(record))
    assert (tmp_path / "allotment.csv").exists()


def test_a_stored_proof_is_checked_and_a_touched_one_refused(tmp_path: Path) -> None:
    checked = 0
    for seed in range(40):
        answer = solve(tiny(seed), Limits(nodes=100, iterations=80))
        data = json.loads(json.dumps(to_json(answer)))
        assert proof_faults(data) == []
        if answer.plan is not None and answer.bound_kind == "verified":
            data["bound"] += 10**6
            assert proof_faults(data)
            data["bound"] -= 10**6
            data["objective"] -= 1
            assert proof_faults(data)
            checked += 1
    assert checked >= 5
    (tmp_path / "p.json").write_text(json.dumps(data), encoding="utf-8")
    assert CliRunner().invoke(cli, ["site", "verify", str(tmp_path / "p.json")]).exit_code in (0, 1)
