"""Properties are proved for every household, or refuted by one that the interpreter confirms."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from resettle.policy import Pack, load_pack, run_cases
from resettle.policy.case_files import case_name, case_text
from resettle.policy.cases import read_cases
from resettle.policy.prove import Proof, prove

PACKS = Path(__file__).parents[3] / "src" / "resettle_packs"
GRAMMAR = Path(__file__).parent / "grammar_pack"


@pytest.mark.parametrize(
    ("name", "day"), [("cn_luoyang", date(2016, 6, 1)), ("peach_spring", date(2024, 6, 1))]
)
def test_every_stated_property_is_proved(name: str, day: date) -> None:
    pack, _ = load_pack(PACKS / name)
    proofs, problems = prove(pack, day)
    assert len(proofs) == len(pack.properties) >= 4
    assert [p for p in proofs if p.state != "proved"] == []
    assert problems == []


def stating(pack: Pack, **entry: Any) -> Pack:
    return replace(pack, properties=({"id": "tried", "zh": "试", "en": "tried", **entry},))


REFUTED = [
    ("cn_luoyang", {"always": "area_cap_dm2 <= 17500"}, 8),
    ("cn_luoyang", {"given": "is_eligible", "always": "self_raised_minor > 0"}, 0),
    ("cn_luoyang", {"given": "resettled_persons >= 3", "always": "dwelling_size_dm2 >= 7500"}, 3),
    ("cn_luoyang", {"always": "not (is_registered and may_borrow)"}, 1),
]


@pytest.mark.parametrize(("name", "entry", "persons"), REFUTED)
def test_what_does_not_hold_is_refuted_by_the_smallest_household(
    name: str, entry: dict[str, Any], persons: int
) -> None:
    pack, _ = load_pack(PACKS / name)
    proofs, problems = prove(stating(pack, **entry), date(2016, 6, 1))
    assert [p.state for p in proofs] == ["refuted"]
    assert [p.code for p in problems] == ["policy.property_refuted"]
    rows = proofs[0].counterexample
    assert len(rows.get("person", [])) == persons
    assert len(rows["household"]) == 1


@pytest.mark.parametrize(("name", "entry", "persons"), REFUTED)
def test_what_breaks_a_property_becomes_a_case_that_gives_it_again(
    name: str, entry: dict[str, Any], persons: int, tmp_path: Path
) -> None:
    day = date(2016, 6, 1)
    pack, _ = load_pack(PACKS / name)
    tried = stating(pack, **entry)
    proof = prove(tried, day)[0][0]
    shutil.copytree(PACKS / name, tmp_path / "pack")
    path = tmp_path / "pack" / case_name(tried, proof)
    path.parent.mkdir(parents=True, exist_ok=True)
    before = run_cases(load_pack(tmp_path / "pack")[0])[0]
    path.write_text(case_text(tried, proof, day), encoding="utf-8")
    checked, problems = run_cases(load_pack(tmp_path / "pack")[0])
    assert checked > before and problems == []
    case = next(c for c in read_cases(load_pack(tmp_path / "pack")[0])[0] if c.file.endswith("tried.toml"))
    assert len(case.children["person"]) == persons
    path.write_text(
        path.read_text(encoding="utf-8").replace("[expect]", "[expect]\nis_turnkey = 5"), encoding="utf-8"
    )
    assert run_cases(load_pack(tmp_path / "pack")[0])[1] != []  # the case bites


def test_nothing_is_written_of_what_was_proved() -> None:
    pack, _ = load_pack(PACKS / "cn_luoyang")
    with pytest.raises(ValueError, match="there is no household"):
        case_text(pack, Proof("a", "", "", "proved"), date(2016, 6, 1))


def test_a_rule_that_takes_away_when_a_member_is_added_is_refuted(tmp_path: Path) -> None:
    shutil.copytree(GRAMMAR, tmp_path / "pack")
    text = (
        '@rule(source="assumption: test")\ndef shrinking(person):\n'
        "    return 10 if count(person.has_job) < 3 else count(person.has_job)\n"
    )
    (tmp_path / "pack" / "rules" / "more.py").write_text(text, encoding="utf-8")
    pack, found = load_pack(tmp_path / "pack")
    assert found == []
    growing = stating(pack, grows="workers", **{"with": "is_present"})
    assert prove(growing, date(2016, 6, 1))[0][0].state == "proved"
    proofs, _ = prove(stating(pack, grows="shrinking", **{"with": "has_job"}), date(2016, 6, 1))
    assert proofs[0].state == "refuted"
    assert len(proofs[0].counterexample["person"]) == 3


def test_growth_in_what_a_rule_never_reads_is_not_called_proved() -> None:
    pack, _ = load_pack(PACKS / "cn_luoyang")
    proofs, _ = prove(stating(pack, grows="area_cap_dm2", **{"with": "has_job"}), date(2016, 6, 1))
    assert proofs[0].state == "undecided"


def test_a_property_outside_the_grammar_is_a_problem() -> None:
    pack, _ = load_pack(PACKS / "cn_luoyang")
    proofs, problems = prove(stating(pack, always="area_cap_dm2 / 2 < 5"), date(2016, 6, 1))
    assert proofs == []
    assert [p.code for p in problems] == ["policy.outside_grammar"]
