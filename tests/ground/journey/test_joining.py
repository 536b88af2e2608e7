"""A refused family is told whether it may move along, and if not, what would have to be different."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from resettle.journey.examples import _joining
from resettle.policy import bind, interpret, load_pack

FOLDER = Path(__file__).parents[3] / "src" / "resettle_packs"
ROW: dict[str, Any] = {
    "household_id": "h", "village_code": "v", "registry_type": "none", "household_class": "other",
    "natural_village_household_count": 100, "agreement_signed": False, "had_renovation_aid": False,
}  # fmt: skip
VILLAGE = {"village_code": "v", "scope_reason": "harsh", "village_household_count": 100}


def told(row: dict[str, Any], pack_id: str = "cn_luoyang") -> list[str]:
    pack, _ = load_pack(FOLDER / pack_id)
    program, _ = bind(pack, date(2016, 11, 30) if pack_id == "cn_luoyang" else date(2024, 6, 30))
    trace = interpret(pack, row, {"person": []}, {"village": VILLAGE}, program=program)
    return [text.zh for text in _joining(trace, trace.result("mover_class"))]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"household_class": "co_mover"}, ["还可以", "没有签搬迁协议"]),
        ({"household_class": "co_mover", "agreement_signed": True}, ["还可以", "没有给它排到地方"]),
        ({}, ["要同步搬迁，须“户类别”是“同步搬迁户”，而不是“其他”"]),
        ({"household_class": None}, ["还不能定，缺：户类别"]),
    ],
)
def test_a_refused_family_is_told_whether_it_may_move_along(
    changed: dict[str, Any], words: list[str]
) -> None:
    said = told(ROW | changed)
    assert len(said) == len(words) and all(w in s for w, s in zip(words, said, strict=True)), said


def test_a_pack_without_co_movers_says_nothing_of_them() -> None:
    assert told(ROW, "peach_spring") == []
