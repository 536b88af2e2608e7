"""The order of stages: one writer a table, no circle, and nothing wanted that nobody gives."""

from __future__ import annotations

import pytest

from resettle.journey.order import ordered
from resettle.journey.stages import STAGES
from resettle.problems import ResettleError
from resettle.tables import Inputs, Outputs, Stage, Table


def _stage(name: str, requires: tuple[str, ...], *gives: str) -> Stage:
    def run(_inputs: Inputs) -> Outputs:
        return Outputs({})

    return Stage(name, requires, tuple(Table(g, (), (), writer=name) for g in gives), run)


def _code(*stages: Stage, wanted: list[str] | None = None) -> str:
    with pytest.raises(ResettleError) as caught:
        ordered(stages, wanted)
    return caught.value.problems[0].code


def test_refusals() -> None:
    assert _code(_stage("a", (), "x"), _stage("b", (), "x")) == "journey.two_writers"
    assert _code(_stage("a", ("y",), "x"), _stage("b", ("x",), "y")) == "journey.cycle"
    assert _code(_stage("a", (), "x"), wanted=["z"]) == "journey.not_provided"


def test_writers_come_first_whatever_the_order_and_only_what_is_wanted_runs() -> None:
    a, b, c = _stage("a", ("outside?",), "x"), _stage("b", ("x",), "y"), _stage("c", (), "z")
    for stages in ((a, b, c), (c, b, a)):
        names = [s.name for s in ordered(stages)]
        assert names.index("a") < names.index("b")
        assert [s.name for s in ordered(stages, ["y"])] == ["a", "b"]
    assert [s.name for s in ordered(STAGES)] == [s.name for s in ordered(STAGES[::-1])]
