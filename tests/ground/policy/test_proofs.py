"""Which paper settles a fact: every deciding fact of the shipped packs has one, and a broken entry is named."""

from datetime import date
from pathlib import Path

import pytest

from resettle.journey.visits import facts_behind
from resettle.policy import bind, load_pack
from resettle.policy.proofs import read_proofs
from resettle.words import LANGUAGES, explain_problem, tell

DAYS = {"cn_luoyang": date(2016, 11, 30), "peach_spring": date(2024, 6, 30)}
WHOLE = """[household.is_destitute]
paper = { zh = "证", en = "a certificate" }
office = { zh = "局", en = "a bureau" }
source = "assumption: invented"
"""


@pytest.mark.parametrize("name", sorted(DAYS))
def test_every_fact_that_may_decide_eligibility_has_a_paper(name: str) -> None:
    pack, _ = load_pack(name)
    program, _ = bind(pack, DAYS[name], pack.scope)
    outputs = ("is_eligible", "mover_class", "area_cap_dm2", "self_raised_minor", "is_demolition_exempt")
    asked = {
        cell
        for o in outputs
        if program.step("household", o)
        for cell in facts_behind(program, "household", o)
    }
    assert len(asked) >= 5
    assert sorted(asked - set(pack.proofs)) == []


def test_a_proof_says_paper_office_and_whether_it_is_assumed() -> None:
    pack, _ = load_pack("cn_luoyang")
    english = pack.proof_of("household", "had_renovation_aid", "en") or ""
    chinese = pack.proof_of("household", "had_renovation_aid", "zh") or ""
    assert "file of dangerous-house renovation" in english and "bureau" in english and "assumption" in english
    assert "危房改造农户档案" in chinese and "住房和城乡建设局" in chinese and "假设" in chinese
    assert pack.proof_of("household", "phone", "en") is None


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (WHOLE.replace('en = "a certificate"', 'en = ""'), "paper.en"),
        (WHOLE.replace('source = "assumption: invented"\n', ""), "source"),
        ("household = 3", "household"),
        ("[household", "table declaration"),
    ],
)
def test_an_entry_that_lacks_a_part_is_a_problem_and_left_out(text: str, named: str) -> None:
    found, problems = read_proofs(text)
    assert found == {}
    assert [p.file for p in problems] == ["proofs.toml"]
    assert named in f"{problems[0].value} {problems[0].nearest}"


def test_a_proof_of_a_fact_no_table_has_names_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "pack.toml").write_text(
        '[pack]\nid = "x"\nversion = "1"\ncurrency = "CNY"\n', encoding="utf-8"
    )
    (tmp_path / "proofs.toml").write_text(WHOLE.replace("is_destitute", "is_destitut"), encoding="utf-8")
    _, problems = load_pack(tmp_path)
    told = [(p.file, p.value, p.nearest) for p in problems]
    assert ("proofs.toml", "household.is_destitut", "household.is_destitute") in told


def test_a_file_that_ends_too_soon_says_its_place_once() -> None:
    _, problems = read_proofs("[household.is_destitute]\npaper = [")
    assert [p.code for p in problems] == ["policy.not_toml"]
    for language in LANGUAGES:
        said = " ".join(explain_problem(problems[0], language))
        assert tell("common.broken.at_end", language) in said
        assert tell("common.unknown", language) not in said
