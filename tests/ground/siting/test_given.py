"""``resettle site --given``: a choice already made, through the command, with files as people send them. Synthetic."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import resettle.cli._siting as shared
from resettle.cli import cli
from resettle.cli._siting import Prepared
from resettle.methods.assignment import Limits
from resettle.siting.county import plan_county
from resettle.siting.daily import daily_life
from resettle.siting.model import County, Mover
from resettle.siting.options import SitingOptions
from resettle.siting.sites import Candidate
from resettle.tables.page_text import YUAN, same

MOVERS = {"v1": (Mover("h1", 3, 5000), Mover("h2", 2, 5000)), "v2": (Mover("h3", 4, 5000),)}
WAYS = {("v1", "near"): 1_000, ("v2", "near"): 5_000, ("v1", "far"): 30_000, ("v2", "far"): 20_000}


def site(name: str, fixed: int, living: int | None, hosts: int | None) -> Candidate:
    return Candidate(
        name, "C1", None, fixed, None, True, True, True, {5000: 9}, {5000: 100},
        jobs=10 if name == "near" else 400, monthly_cost=living, hosts=hosts,
    )  # fmt: skip


COUNTY = County(
    "C1",
    MOVERS,
    (site("near", 500, 60_000, 900), site("far", 900, 30_000, None)),
    {},
    WAYS,
    {("v1", "far"): 77},
)
OPTIONS = SitingOptions(distance_price_minor=10, gap_ppm=0)


@pytest.fixture(autouse=True)
def prepared(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The command reads this county instead of a folder; everything behind the reading is the real thing."""
    monkeypatch.setattr(
        shared, "prepare", lambda _folder, _gap: Prepared([COUNTY], OPTIONS, 1, YUAN, same, {}, None)
    )
    yield


def call(tmp_path: Path, text: str, *more: str) -> Result:
    (tmp_path / "given.csv").write_text(text, encoding="utf-8-sig")
    return CliRunner().invoke(cli, ["site", str(tmp_path), "--given", str(tmp_path / "given.csv"), *more])


def test_the_judgement_tells_cost_families_swap_month_jobs_fields_and_hosts(tmp_path: Path) -> None:
    result = call(tmp_path, "site_id\nfar\n", "--json")
    row = json.loads(result.stdout)["judged"][0]
    assert row["given_cost_minor"] == 900 + 300 and row["best_cost_minor"] == 500 + 300
    ways = (5 * 30 + 4 * 20) * 10 - (5 * 1 + 4 * 5) * 10  # persons x km x price
    assert row["saving_minor"] == row["above_bound_minor"] == 400 + ways
    assert {p["village_code"]: p["household_ids"] for p in row["payers"]} == {
        "v1": ["h1", "h2"],
        "v2": ["h3"],
    }
    assert row["changes"][0] == {"closed": "far", "opened": "near", "saving_minor": 400 + ways}
    ours = row["given_daily"]
    assert (ours["living_minor"], ours["jobs"]) == (30_000, 400)
    assert (ours["minutes"], ours["longest_minutes"]) == ((2 * 77 + 48 + 1) // 3, 77)  # 20 km at 25 km/h
    assert ours["minutes_estimated"] == 1
    assert ours["hosts"] == [{"site_id": "far", "newcomers": 9, "hosts": None}]
    assert row["best_daily"]["hosts"] == [{"site_id": "near", "newcomers": 9, "hosts": 900}]


@pytest.mark.parametrize(("lang", "word"), [("en", "back to the old fields"), ("zh", "回旧田地")])
def test_the_lines_say_it_in_both_languages(tmp_path: Path, lang: str, word: str) -> None:
    result = call(tmp_path, "site_id\nfar\n", "--lang", lang)
    assert word in result.output.lower() and "{" not in result.output


def test_a_site_named_twice_or_unknown_is_said_and_the_nearest_offered(tmp_path: Path) -> None:
    result = call(tmp_path, "name,site_id\na,far\nb,far\nc,naer\n", "--lang", "en")
    assert "more than once" in result.output and "naer" in result.output and "near" in result.output


def test_a_file_without_the_column_is_refused(tmp_path: Path) -> None:
    result = call(tmp_path, "site\nfar\n")
    assert result.exit_code != 0 and "given_no_column" in str(result.exception)


def test_an_unknown_living_cost_is_counted_and_never_taken_for_zero() -> None:
    only = County("C1", MOVERS, (site("near", 500, None, 900),), {}, WAYS)
    life = daily_life(plan_county(only, OPTIONS, Limits()))
    assert (life.living_minor, life.living_unknown, life.households) == (None, 3, 3)
