"""``resettle reconcile --pack``: areas by the pack's rule, floors by its parameters, places by its regions."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ground.supervision.test_door import codes, run

PEACH = (
    "As of 30 June 2024, a total of 120 vulnerable households had been paid grants to vulnerable households of "
    "{grant} dollars. A family of six from {village} Village, Ferry Township, {county} County was given a house "
    "of {area} square metres."
)
SOUND = {"grant": "72,000", "village": "East Bank", "county": "Lower Valley", "area": "150"}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, set()),
        ({"grant": "60,000"}, {"R16"}),
        ({"county": "Upper Valley"}, {"R31"}),
        ({"area": "175"}, {"R20"}),
    ],
)
def test_another_country_is_another_pack(tmp_path: Path, change: dict[str, str], expected: set[str]) -> None:
    path = tmp_path / "report.txt"
    path.write_text(PEACH.format(**(SOUND | change)), encoding="utf-8")
    code, answer = run(path, "--pack", "peach_spring")
    assert (code, codes(answer)) == (0, expected)


def test_luoyang_by_its_own_rule(tmp_path: Path) -> None:
    path = tmp_path / "报告.txt"
    path.write_text("2017年，一个5口之家分得住房125平方米，一个7口之家分得住房125平方米。", encoding="utf-8")
    _, answer = run(path, "--pack", "cn_luoyang")
    assert codes(answer) == {"R20"}
    _, without = run(path)
    assert codes(without) == set()


def test_a_pack_that_is_not_there_names_those_that_are(tmp_path: Path) -> None:
    from click.testing import CliRunner

    from resettle.cli.reconcile import command
    from resettle.problems import ResettleError

    path = tmp_path / "report.txt"
    path.write_text("It moved 12 households.", encoding="utf-8")
    result = CliRunner().invoke(command, [str(path), "--pack", "peach_sprng", "--out", str(tmp_path)])
    assert isinstance(result.exception, ResettleError)
    assert "peach_spring" in [p.nearest for p in result.exception.problems]
