"""A stored backtest is proved by judging it again; what is typed, edited or moved proves nothing."""

from __future__ import annotations

import json
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner

from resettle.cli import cli
from resettle.journey.inputs import pack_or_raise
from resettle.journey.waves import proof_of, prove, read_wave
from resettle.projection import read_rates
from resettle.projection.backtest import synthetic_panel
from resettle.tables import HOUSEHOLD, PERSON, conform
from resettle.words import LANGUAGES, Language

FIRST = date(2016, 6, 30)
PACK = pack_or_raise("cn_luoyang")
RATES = tomllib.loads(PACK.read_text("demography.toml"))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two synthetic rosters with known truth, and the backtest the command made of them."""
    folder = tmp_path_factory.mktemp("panel")
    rng = np.random.default_rng(4)
    persons, houses = [], []
    for i in range(1200):
        head = int(rng.integers(40, 62))
        people = [("head", "male", head), ("spouse", "female", head - 2), ("son", "male", head - 25)]
        houses.append({"household_id": f"h{i:04d}", "member_count": len(people)})
        persons += [
            {
                "household_id": f"h{i:04d}",
                "person_id": f"h{i:04d}-{k}",
                "relation": relation,
                "sex": sex,
                "birth_date": date(2016 - age, 1, 1),
            }
            for k, (relation, sex, age) in enumerate(people)
        ]
    person = pl.DataFrame(persons)
    second = synthetic_panel(
        conform(pl.DataFrame(houses), HOUSEHOLD)[0], conform(person, PERSON)[0], RATES, FIRST, 5, 77
    )
    person.with_columns(pl.lit(True).alias("is_synthetic")).write_csv(folder / "one.csv")
    second.write_csv(folder / "two.csv")
    words = ["--from", "2016-06-30", "--to", "2021-06-30", "--out", str(folder / "backtest.json")]
    result = CliRunner().invoke(cli, ["backtest", str(folder / "one.csv"), str(folder / "two.csv"), *words])
    assert result.exit_code == 0 and result.output.startswith("Passed"), result.output
    return folder


def copied(made: Path, tmp_path: Path, **change: Any) -> Path:
    for file in made.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    path = tmp_path / "backtest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    return path


def test_an_honest_result_is_proved_and_brings_its_rates(made: Path) -> None:
    hashes: dict[str, str] = {}
    options = {"projection": {"backtest": "backtest.json"}}
    proof, problems = proof_of(made, options, PACK, True, hashes)
    assert problems == [] and proof is not None and set(hashes) == {"backtest.json"}
    rates, _ = read_rates(proof.document)
    assert rates is not None and rates.digest == proof.digest


def test_invented_rosters_prove_nothing_for_a_real_programme(made: Path) -> None:
    proof, problems = prove(made / "backtest.json", PACK, synthetic=False)
    assert proof is None and [p.code for p in problems] == ["projection.backtest_synthetic"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"digest": "0" * 16}, "backtest_differs"),
        ({"passed": False}, "backtest_differs"),
        ({"scales": {"death": 1.0, "marriage": 3.0, "birth": 3.0}}, "backtest_differs"),
        ({"scales": {"death": 0.0, "marriage": 1.0, "birth": 1.0}}, "backtest_differs"),
        ({"pack_rates": "0" * 16}, "backtest_rates"),
        ({"code_sha256": "0" * 64}, "backtest_code"),
        ({"waves": []}, "backtest_unread"),
        ({"seed": "many"}, "backtest_unread"),
    ],
)
def test_an_edited_result_is_refused(made: Path, tmp_path: Path, change: dict[str, Any], code: str) -> None:
    proof, problems = prove(copied(made, tmp_path, **change), PACK, synthetic=True)
    assert proof is None and [p.code for p in problems] == [f"projection.{code}"]


def test_changed_or_absent_rosters_and_files_are_refused(made: Path, tmp_path: Path) -> None:
    path = copied(made, tmp_path)
    (tmp_path / "two.csv").write_text("household_id,member_count\nh0001,9\n")
    assert [p.code for p in prove(path, PACK, True)[1]] == ["projection.backtest_data"]
    (tmp_path / "two.csv").unlink()
    assert [p.code for p in prove(path, PACK, True)[1]] == ["projection.backtest_data"]
    assert [p.code for p in prove(tmp_path / "other.json", PACK, True)[1]] == ["projection.backtest_absent"]
    path.write_text('{"passed": true}')
    assert [p.code for p in prove(path, PACK, True)[1]] == ["projection.backtest_unread"]


def test_every_table_a_stage_may_ask_for_has_a_door() -> None:
    """What a stage takes from outside is written by another stage or read from a file; no third way."""
    from resettle.journey.inputs import FILES
    from resettle.journey.stages import STAGES
    from resettle.tables import AUDIT, MATCH_LIST, QUOTA, UPTAKE_SURVEY

    read = {table.name for table in FILES.values()}
    assert {AUDIT.name, MATCH_LIST.name, QUOTA.name, UPTAKE_SURVEY.name} <= read
    written = {table.name for stage in STAGES for table in stage.provides}
    asked = {name.removesuffix("?") for stage in STAGES for name in stage.requires}
    assert {t for t in asked - written if t in ("audit", "quota", "match_list", "uptake_survey")} <= read


HEADS = "household_id,person_id,relation,sex,birth_date\n"
BAD_WAVES = {
    "": "projection.wave_unread",
    "Household number,Person number\nh1,p1\n": "projection.wave_column",
    "person_id,relation\np1,head\n": "projection.wave_column",
}


@pytest.mark.parametrize("text", BAD_WAVES)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_wave_that_is_no_roster_is_answered_by_file_and_column(
    made: Path, tmp_path: Path, text: str, lang: Language
) -> None:
    (tmp_path / "odd.csv").write_text(text, encoding="utf-8")
    words = ["--from", "2016-06-30", "--to", "2021-06-30", "--lang", lang]
    result = CliRunner().invoke(cli, ["backtest", str(tmp_path / "odd.csv"), str(made / "two.csv"), *words])
    assert result.exit_code == 1 and isinstance(result.exception, SystemExit)
    assert "odd.csv" in result.output
    assert {p.code for p in read_wave(tmp_path / "odd.csv", FIRST)[1]} == {BAD_WAVES[text]}


def test_values_of_a_wave_that_cannot_be_read_are_counted_and_unknown(tmp_path: Path) -> None:
    path = tmp_path / "one.csv"
    path.write_text(HEADS + "h1,p1,Head,F,1980-01-01\nh1,p2,spouse,M,1981-01-01\n", encoding="utf-8")
    (household, person), problems = read_wave(path, FIRST)
    assert household["member_count"].to_list() == [2]
    assert person["sex"].to_list() == [None, None] and person["relation"].to_list() == [None, "spouse"]
    assert {(p.column, p.value, p.values["count"]) for p in problems} == {
        ("relation", "Head", "1"),
        ("sex", "F", "2"),
    }
    path.write_text("household_id,person_id,age\nh1,p1,old\nh1,p2,30\nh1,p3,400\n", encoding="utf-8")
    (_, person), (problem,) = read_wave(path, FIRST)
    assert person["birth_date"].to_list() == [None, date(1986, 1, 1), None]
    assert (problem.column, problem.values["count"]) == ("age", "2")
