"""What is outside the grammar is refused with file, line and the nearest thing inside it."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from resettle.policy import bind, evaluate, find_packs, load_pack, sql_text
from resettle.problems import Problem, ResettleError
from resettle.words import LANGUAGES, explain_problem

HERE = Path(__file__).parent


def problems_of(tmp_path: Path, rule: str = "", parameter: str = "") -> list[Problem]:
    shutil.copytree(HERE / "grammar_pack", tmp_path / "pack")
    if rule:
        text = f"from resettle.policy import rule\n\n\n{rule}\n"
        (tmp_path / "pack" / "rules" / "more.py").write_text(text, encoding="utf-8")
    if parameter:
        (tmp_path / "pack" / "parameters" / "more.toml").write_text(parameter, encoding="utf-8")
    return load_pack(tmp_path / "pack")[1]


BODY = '@rule(source="assumption: test")\ndef tried({0}):\n    {1}'

REFUSED = [
    ("has_kin", "x = has_kin\n    return x", "outside_grammar", 6),
    ("member_count", "return member_count / 2", "outside_grammar", 6),
    ("member_count", "return round(member_count)", "outside_grammar", 6),
    ("member_count", "return [member_count]", "outside_grammar", 6),
    ("member_count", "while member_count:\n        return 1", "outside_grammar", 6),
    ("has_kin", "return has_kin is None", "outside_grammar", 6),
    ("has_kin", "return has_kin == has_kin", "outside_grammar", 6),
    ("member_count", "return 1 if member_count else 0", "not_yes_or_no", 6),
    ("member_count, has_kin", "return member_count + has_kin", "type_mismatch", 6),
    ("member_count", "return member_count > 'three'", "type_mismatch", 6),
    ("registry_type", "return registry_type == 'pooor'", "text_value", 6),
    ("registry_type", "return registry_type < 'poor'", "outside_grammar", 6),
    ("phone", "return phone == '1'", "values_undeclared", 6),
    ("membr_count", "return membr_count > 2", "unknown_name", 6),
    ("has_kin", "return member_count > 2", "unknown_name", 6),
    ("has_kin, member_count", "return has_kin", "argument_unused", 5),
    ("has_kin", "if has_kin:\n        return 1", "no_return", 7),
    ("amount_minor, member_count", "return divide_down(amount_minor, 3) + member_count", "numerator_sign", 6),
    ("member_count", "return divide_down(5, member_count)", "divisor_sign", 6),
    ("income_minor, homestead_area_dm2", "return income_minor * homestead_area_dm2", "product", 6),
    ("income_minor", "return income_minor * 10000000000", "overflow", 6),
    ("person", "return count(persons.has_job)", "unknown_name", 6),
    ("person", "return total(person.has_job)", "type_mismatch", 6),
    ("person", "return any_of(person.has_jab)", "unknown_name", 6),
    ("person", "return count(person.has_job and person.is_head)", "outside_grammar", 6),
    ("person", "return largest(person.share)", "outside_grammar", 6),
    ("income_year", "return look_up(yer_line_minor, income_year)", "unknown_name", 6),
    ("has_kin", "return has_kin.real", "unknown_name", 6),
]


@pytest.mark.parametrize(("arguments", "body", "code", "row"), REFUSED)
def test_outside_the_grammar_is_refused(
    tmp_path: Path, arguments: str, body: str, code: str, row: int
) -> None:
    found = problems_of(tmp_path, BODY.format(arguments, body))
    assert [p.code for p in found] == [f"policy.{code}"]
    assert found[0].file == "rules/more.py"
    assert abs((found[0].row or 0) - row) <= 1
    for language in LANGUAGES:
        what, remedy = explain_problem(found[0], language)
        assert "rules/more.py" in what or "tried" in what
        assert remedy


def test_the_nearest_valid_choice_is_named(tmp_path: Path) -> None:
    found = problems_of(tmp_path, BODY.format("registry_type", "return registry_type == 'pooor'"))
    assert found[0].nearest == "poor"


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("import os", "outside_grammar"),
        ("print('run')", "outside_grammar"),
        ("def bare():\n    return 1", "outside_grammar"),
        ("@rule(sauce='x', source='assumption: test')\ndef a():\n    return 1", "outside_grammar"),
        ("@rule(source='')\ndef a():\n    return 1", "no_source"),
        ("@rule()\ndef a():\n    return 1", "no_source"),
        ("@rule(source='assumption: test')\ndef threshold():\n    return 1", "name_clash"),
        ("@rule(source='assumption: test')\ndef is_many():\n    return True", "name_clash"),
        ("@rule(source='assumption: test', of='hut')\ndef a():\n    return 1", "unknown_name"),
        ("@exception(to='nothing', source='assumption: test')\ndef a():\n    return 1", "unknown_name"),
        ("@rule(source='assumption: test')\ndef a(b):\n    return b\n"
         "@rule(source='assumption: test')\ndef b(a):\n    return a", "cycle"),
        ("def (", "syntax"),
    ],
)  # fmt: skip
def test_modules_hold_rules_only(tmp_path: Path, rule: str, code: str) -> None:
    assert f"policy.{code}" in {p.code for p in problems_of(tmp_path, rule)}


def test_two_exceptions_need_an_order(tmp_path: Path) -> None:
    pair = (
        "@exception(to='is_chosen_big', source='assumption: test')\ndef first(has_kin):\n"
        "    if {0}:\n        return True\n\n\n"
        "@exception(to='is_chosen_big', source='assumption: test')\ndef second({2}):\n"
        "    if {1}:\n        return False"
    )
    found = problems_of(tmp_path / "open", pair.format("has_kin", "is_destitute", "is_destitute"))
    assert [p.code for p in found] == ["policy.exceptions_unordered"]
    assert problems_of(tmp_path / "apart", pair.format("has_kin", "not has_kin", "has_kin")) == []


def test_nothing_of_a_rule_file_is_executed(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    problems_of(tmp_path, f"open({str(mark)!r}, 'w').close()")
    assert not mark.exists()


ONE = '[extra]\nunit = ""\nname = {{ zh = "甲", en = "extra" }}\nlow = 0\nhigh = 9\nvalues = [ {} ]\n'


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ('{ value = 1, source = "" }', "no_source"),
        ("{ value = 1 }", "no_source"),
        ('{ value = 1.5, source = "a" }', "parameter_unread"),
        ('{ source = "a" }', "parameter_unread"),
        ('{ valu = 1, source = "a" }', "parameter_unread"),
        (
            '{ until = 2016-12-31, value = 1, source = "a" }, { from = 2016-12-31, value = 2, source = "b" }',
            "dates_overlap",
        ),
    ],
)
def test_parameters_without_source_or_with_overlapping_dates_are_refused(
    tmp_path: Path, values: str, code: str
) -> None:
    assert f"policy.{code}" in {p.code for p in problems_of(tmp_path, parameter=ONE.format(values))}


def test_dates_and_scopes_pick_the_value_in_force() -> None:
    pack, _ = load_pack(HERE / "grammar_pack")
    assert bind(pack, date(2016, 6, 1))[0].values["threshold"] == 2
    assert bind(pack, date(2018, 6, 1))[0].values["threshold"] == 4
    assert bind(pack, date(2018, 6, 1), "XX-91")[0].values["threshold"] == 5
    program, problems = bind(pack, date(2015, 6, 1))
    assert program.values["threshold"] is None
    assert "policy.parameter_not_in_force" in {p.code for p in problems}


def test_a_date_that_no_rule_covers_is_an_error_and_unknown(tmp_path: Path) -> None:
    shutil.copytree(HERE / "grammar_pack", tmp_path / "pack")
    text = (
        '@rule(source="assumption: test", since="2020-01-01", until="2020-12-31")\ndef dated():\n    return 1\n'
        '@rule(source="assumption: test", since="2021-01-01")\ndef dated():\n    return 2\n'
    )
    (tmp_path / "pack" / "rules" / "more.py").write_text(text, encoding="utf-8")
    pack, problems = load_pack(tmp_path / "pack")
    assert problems == []
    early, found = bind(pack, date(2019, 1, 1))
    assert [p.value for p in found if p.code == "policy.rule_not_in_force"] == ["dated"]
    from resettle.policy import run_rows

    rows = {"household": [{"household_id": "a"}]}
    assert run_rows(early, rows).result("dated") is None
    assert run_rows(bind(pack, date(2020, 5, 1))[0], rows).result("dated") == 1
    assert run_rows(bind(pack, date(2022, 5, 1))[0], rows).result("dated") == 2


def test_a_missing_column_names_the_rules_and_the_run_goes_on() -> None:
    import polars as pl

    pack, _ = load_pack(HERE / "grammar_pack")
    frame = pl.DataFrame({"household_id": ["a", "b"], "member_count": [2, 3]})
    results, problems = evaluate(pack, {"household": frame}, date(2016, 6, 1), outputs=["band"])
    assert results["household"]["band"].to_list() == ["a", None]
    missing = {p.column: p.values["rules"] for p in problems if p.code == "policy.column_missing"}
    assert missing["has_vehicle"] == "band"


def test_a_rule_that_holds_for_all_or_none_must_be_confirmed() -> None:
    import polars as pl

    pack, _ = load_pack(HERE / "grammar_pack")
    ids = [f"h{i}" for i in range(30)]
    for value, code in ((True, "rule_matches_nearly_all"), (False, "rule_matches_nobody")):
        frame = pl.DataFrame({"household_id": ids, "has_company": value, "amount_minor": 5})
        _, problems = evaluate(pack, {"household": frame}, date(2016, 6, 1), outputs=["sure"])
        assert [p.code for p in problems] == [f"policy.{code}"]


@pytest.mark.parametrize("engine", ["duckdb", "sqlite", "postgresql", "spark"])
def test_sql_text_never_sends_unknown_to_else(engine: str) -> None:
    pack, _ = load_pack(HERE / "grammar_pack")
    text = sql_text(pack, "household", date(2016, 6, 1), engine=engine)
    assert text.startswith("WITH ")
    assert ("`household`" in text) == (engine == "spark")
    assert len(text) < 60_000


def test_packs_and_engines_that_do_not_exist_are_named() -> None:
    with pytest.raises(ResettleError) as unknown:
        load_pack("cn_luoyan")
    assert unknown.value.problems[0].code == "policy.pack_unknown"
    assert all(isinstance(v, str) for v in find_packs().values())
    pack, _ = load_pack(HERE / "grammar_pack")
    with pytest.raises(ResettleError):
        sql_text(pack, "household", date(2016, 6, 1), engine="oracle")
    with pytest.raises(ResettleError):
        pack.read_text("../conftest.py")
