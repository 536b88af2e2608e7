"""Every declared value has words in both languages, and no code reaches a person."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from faithful import DAY, PACKS, loaded, one_household
from policy_rows import draw_tables

from resettle.journey.stages import STAGES
from resettle.policy import bind, find_packs, interpret, load_pack
from resettle.policy.difference import differences
from resettle.policy.explain import as_text, explain
from resettle.policy.labels import declared_values
from resettle.policy.why_not import why_not
from resettle.registry.fields import known_fields, plain
from resettle.tables import HOUSEHOLD, OUTSIDE, PERSON, REGION, Table
from resettle.tables.labels import label, named_label
from resettle.words import LANGUAGES, sentences

NAMES = tuple(sorted(find_packs()))
HAN = re.compile(r"[一-鿿]")
NO_HAN = {("method", "topsis")}


def contracts() -> list[Table]:
    return [HOUSEHOLD, PERSON, REGION, *OUTSIDE, *(t for stage in STAGES for t in stage.provides)]


def test_every_value_of_the_contract_has_words_in_both_languages() -> None:
    values = {(c.name, v) for t in contracts() for c in t.columns for v in c.allowed if v}
    assert len(values) > 200
    lacking = [(*x, k) for x in values for k in LANGUAGES if named_label(*x, k) is None]
    assert lacking == []
    assert {x for x in values if not HAN.search(label(*x, "zh"))} == NO_HAN
    assert [x for x in values if "_" in label(*x, "en")] == []


def test_no_words_are_kept_for_values_nobody_declares() -> None:
    """A value that is gone from its list leaves no words behind; rules packs must name bring theirs."""
    declared = {c.name: {v for t in contracts() for d in t.columns if d.name == c.name for v in d.allowed}
                for t in contracts() for c in t.columns if c.allowed}  # fmt: skip
    declared["resettlement_mode"] = set(HOUSEHOLD.column("mode_wish").allowed)
    kept = [key.split(".")[1:] for key in sentences("zh") if key.startswith("value.")]
    assert [key for key in kept if key[1] not in declared.get(key[0], set())] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_value_of_a_pack_has_words_in_both_languages(name: str) -> None:
    pack, problems = load_pack(name)
    assert (problems, pack.hints) == ([], [])
    values = set(declared_values(pack.tables, pack.rules, pack.parameters))
    assert len(values) > 50
    assert [(*x, k) for x in values for k in LANGUAGES if named_label(*x, k, pack.labels) is None] == []
    assert [x for x in values if not HAN.search(pack.label(*x, "zh"))] == []
    stray = [
        (n, v)
        for n, entries in pack.labels.items()
        for v in entries
        if (n, v) not in values and n in {x for x, _ in values} and n != "norm_by_source_minor"
    ]
    assert stray == []


def test_a_roster_may_hold_the_words_a_person_reads() -> None:
    """What the contract calls a value in Chinese is read back as that value, wherever a roster may hold it."""
    wrong = [
        (f.name, v, label(f.name, v, "zh"))
        for f in known_fields().values()
        if f.column is not None
        for v in (f.column.allowed if f.kind == "label" else ())
        if f.labels.get(plain(label(f.name, v, "zh"))) != v
    ]
    assert wrong == []


def codes_of(pack: Any) -> set[str]:
    """Codes, names and units that no Chinese line may hold."""
    values = {v for _, v in declared_values(pack.tables, pack.rules, pack.parameters) if v.isascii()}
    units = {u for r in pack.rules for u in r.unit.split()} | {"household", "person", "month", "unknown"}
    names = {r.name for r in pack.rules} | set(pack.parameters)
    return {v for v in values | units | names if not v.isdigit() and v not in ("dm2", "m2", "a")}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_code_stands_in_an_explanation(name: str, lang: Any) -> None:
    pack, program = loaded(name)
    tables = draw_tables(pack, 40, 17, 0.05)
    codes = codes_of(pack)
    said = 0
    for number, row in enumerate(tables["household"]):
        trace = interpret(pack, *one_household(tables, row["household_id"]), program=program)
        steps = explain(trace, lang)
        lines = as_text(steps, lang)
        if number % 8 == 0:
            lines += why_not(trace, "is_eligible").text(program, lang)
        keys = {k for by_key in trace.rows.values() for k in by_key}
        for line in lines:
            tokens = set(re.findall(r"[A-Za-z][A-Za-z0-9_]*", line)) - keys
            assert not {t for t in tokens if "_" in t}, line
            assert lang == "en" or not tokens & codes, line
        for step in steps:
            for item in step.inputs:
                column = program.columns[item.table].get(item.name)
                if column is not None and column.allowed and not item.is_missing:
                    said += 1
                    assert item.value in {pack.label(item.name, v, lang) for v in column.allowed}
    assert said > 100


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_code_stands_in_what_a_reform_changes(lang: Any) -> None:
    pack, before = loaded("peach_spring")
    prices = {k: v + 100 for k, v in before.values["land_price_minor_per_100dm2"].items()}
    after, _ = bind(pack, DAY["peach_spring"], overrides={"land_price_minor_per_100dm2": prices})
    told = " ".join(getattr(d, lang) for d in differences(before, after))
    assert {"zh": "水浇地", "en": "house plot"}[lang] in told and "_" not in told


def test_a_value_without_words_is_a_hint_that_says_where_to_write_them(tmp_path: Path) -> None:
    shutil.copytree(PACKS / "peach_spring", tmp_path / "pack", ignore=shutil.ignore_patterns("demo"))
    file = tmp_path / "pack" / "labels.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text("\n".join(x for x in text.splitlines() if not x.startswith("rite =")), "utf-8")
    pack, problems = load_pack(tmp_path / "pack")
    assert problems == []
    assert [(p.code, p.severity, p.column, p.value) for p in pack.hints] == [
        ("policy.label_missing", "hint", "grave_wish", "rite")
    ]
    assert (pack.label("grave_wish", "rite", "zh"), pack.label("grave_wish", "move", "zh")) == (
        "rite",
        "迁坟",
    )
    file.write_text(text.replace('move = { zh = "迁坟", en = "move the grave" }', "move = 7"), "utf-8")
    assert ("policy.syntax", "grave_wish.move") in [
        (p.code, p.value) for p in load_pack(tmp_path / "pack")[1]
    ]
