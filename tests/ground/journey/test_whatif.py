"""The reform lab: gains and losses by hand, words, and every refusal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from resettle.journey.reforms import Reform, read_reforms, reformed_pack
from resettle.journey.whatif import Registry, compare, in_words, try_reform
from resettle.policy import Pack, bind, load_pack
from resettle.tables import HOUSEHOLD, PERSON, VILLAGE, conform
from resettle.words import LANGUAGES, explain_problem

FOLDER = Path(__file__).parents[3] / "src" / "resettle_packs" / "cn_luoyang"
AS_OF, SCOPE = date(2016, 11, 30), "CN-4103"
ANYBODY = """@rule(source="assumption: a test", zh="符合搬迁资格", en="is eligible")
def is_eligible(is_registered: bool) -> bool:
    return is_registered or not is_registered
"""


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack(FOLDER)[0]


@pytest.fixture(scope="module")
def registry(pack: Pack) -> Iterator[Registry]:
    """Thirty households of one to three; twenty registered in a village of the scope, ten not registered."""
    houses = [
        {
            "household_id": f"h{i:02d}",
            "county_code": "410325" if i % 2 else "410324",
            "household_class": "registered_poor" if i < 20 else "other",
            "registry_type": "poor" if i < 20 else "none",
            "village_code": "v",
            "member_count": 1 + i % 3,
            "area_need_dm2": 6000,
            "had_renovation_aid": False,
            "is_destitute": False,
            "person_listed": True,
            "natural_village_household_count": 100,
        }
        for i in range(30)
    ]
    persons = [
        {
            "person_id": f"{h['household_id']}-{k}",
            "household_id": h["household_id"],
            "member_status": "present",
            "is_present": True,
            "is_registered_member": True,
            "in_hukou": True,
        }
        for h in houses
        for k in range(int(str(h["member_count"])))
    ]
    village = {"village_code": ["v"], "scope_reason": ["harsh"], "village_household_count": [100]}
    tables = {
        "household": conform(pl.DataFrame(houses), HOUSEHOLD)[0],
        "person": conform(pl.DataFrame(persons), PERSON)[0],
        "village": conform(pl.DataFrame(village), VILLAGE)[0],
    }
    made = Registry(pack, tables, AS_OF, SCOPE)
    yield made
    made.close()


def test_more_area_helps_those_eligible_and_says_what_changed(registry: Registry, pack: Pack) -> None:
    outcome, problems = try_reform(registry, Reform("thirty", parameters={"area_per_person_dm2": 3000}))
    assert outcome is not None and problems == []
    area = outcome.changes.filter((pl.col("output") == "area_cap_dm2") & (pl.col("group_by") == "all"))
    row = area.row(0, named=True)
    members = sum(1 + i % 3 for i in range(20))
    assert (row["gain_count"], row["lose_count"]) == (20, 0)
    assert (row["sum_before"], row["sum_after"]) == (members * 2500, members * 3000)
    by_county = outcome.changes.filter(
        (pl.col("output") == "area_cap_dm2") & (pl.col("group_by") == "county_code")
    )
    assert by_county["gain_count"].to_list() == [10, 10]
    short = outcome.changes.filter((pl.col("output") == "area_short_dm2") & (pl.col("group_by") == "all"))
    assert short["lose_count"].to_list() == [0] and short["gain_count"][0] > 0  # to lack less is to gain
    assert outcome.summary["crowded_after"] < outcome.summary["crowded_before"]
    line = in_words(outcome.words, "en")[0]
    assert "25 m2" in line and "30 m2" in line


def test_cost_by_source_follows_persons_of_eligible_households(registry: Registry) -> None:
    no_aid = ANYBODY.replace("is_registered or not is_registered", "is_registered and not is_registered")
    outcome, _ = try_reform(registry, Reform("nobody", rules=(no_aid,)))
    assert outcome is not None
    members = sum(1 + i % 3 for i in range(20))
    cost = dict(outcome.cost.select("source", "cost_before_minor").iter_rows())
    assert cost["central_budget"] == 700_000 * members  # printed: 7,000 yuan a person
    assert outcome.cost["cost_after_minor"].to_list() == [0] * outcome.cost.height


def test_everybody_eligible_must_be_confirmed(registry: Registry) -> None:
    outcome, problems = try_reform(registry, Reform("all", rules=(ANYBODY,)))
    assert outcome is None and [p.code for p in problems] == ["whatif.everybody_eligible"]
    outcome, _ = try_reform(registry, Reform("all", rules=(ANYBODY,), confirmed=True))
    assert outcome is not None and outcome.summary["eligible_after"] == 30


def test_unknown_names_and_values_outside_the_range_are_refused(registry: Registry) -> None:
    for reform, code, nearest in (
        (
            Reform("a", parameters={"area_per_persn_dm2": 1}),
            "whatif.parameter_unknown",
            "area_per_person_dm2",
        ),
        (Reform("b", parameters={"area_per_person_dm2": -5}), "whatif.value_range", "0..10000"),
        (
            Reform("c", rules=(ANYBODY.replace("is_eligible(", "is_eligble("),)),
            "whatif.rule_unknown",
            "is_eligible",
        ),
    ):
        outcome, problems = try_reform(registry, reform)
        assert outcome is None
        assert [(p.code, p.nearest) for p in problems] == [(code, nearest)]


def test_a_rule_outside_the_grammar_is_refused_as_in_any_pack(pack: Pack) -> None:
    _, problems = reformed_pack(
        pack, Reform("x", rules=(ANYBODY.replace("return is", "while True: return is"),))
    )
    assert problems and all(p.severity == "error" for p in problems)


def test_side_by_side_keeps_each_reform_apart(registry: Registry) -> None:
    tables, problems = compare(
        registry,
        [Reform("a", parameters={"area_per_person_dm2": 3000}), Reform("b", parameters={"no_such": 1})],
    )
    assert tables["reform_summary"]["reform"].to_list() == ["a"]
    assert [p.code for p in problems] == ["whatif.parameter_unknown"]


def test_files_toml_and_workbook_say_the_same(tmp_path: Path) -> None:
    text = '[[reform]]\nname = "r"\nas_of = 2018-01-01\nconfirm = true\nparameters = { area_per_person_dm2 = 3000 }\n'
    (tmp_path / "c.toml").write_text(text, encoding="utf-8")
    with xlsxwriter.Workbook(str(tmp_path / "c.xlsx")) as book:
        sheet = book.add_worksheet()
        for i, row in enumerate(
            [
                ("reform", "kind", "name", "value"),
                ("r", "date", "", "2018-01-01"),
                ("r", "confirm", "", "yes"),
                ("r", "parameter", "area_per_person_dm2", "3000"),
            ]
        ):
            sheet.write_row(i, 0, row)
    first, problems = read_reforms(tmp_path / "c.toml")
    second, more = read_reforms(tmp_path / "c.xlsx")
    assert first == second == [Reform("r", date(2018, 1, 1), {"area_per_person_dm2": 3000}, (), True)]
    assert problems == more == []


def test_bad_files_are_said(tmp_path: Path) -> None:
    def codes(name: str, text: str) -> list[str]:
        (tmp_path / name).write_text(text, encoding="utf-8")
        return [p.code for p in read_reforms(tmp_path / name)[1]]

    assert [p.code for p in read_reforms(tmp_path / "absent.toml")[1]] == ["whatif.file_absent"]
    assert codes("a.toml", "x = = 1") == ["whatif.not_toml"]
    assert codes("b.toml", "") == ["whatif.nothing"]
    head = "reform,kind,name,value\n"
    assert codes("c.csv", head + "r,parameter,a,1\nr,parameter,a,2\n") == ["whatif.contradiction"]
    assert codes("d.csv", head + "r,wish,a,1\n") == ["whatif.kind_unknown"]
    assert codes("e.csv", head + "r,only,,a > 1\nr,only,,a > 2\n") == ["whatif.contradiction"]
    assert codes("f.csv", head + "r,confirm,,maybe\n") == ["whatif.confirm_unread"]


@pytest.mark.parametrize(("said", "meant"), [("yes", True), ("是", True), ("no", False), ("否", False)])
def test_a_no_in_a_workbook_confirms_nothing(tmp_path: Path, said: str, meant: bool) -> None:
    path = tmp_path / "change.csv"
    path.write_text(f"reform,kind,name,value\nr,date,,2018-01-01\nr,confirm,,{said}\n", encoding="utf-8")
    reforms, problems = read_reforms(path)
    assert problems == [] and [r.confirmed for r in reforms] == [meant]


def test_a_range_turned_round_is_a_contradiction(registry: Registry) -> None:
    low, high = "house_price_low_minor_per_m2", "house_price_high_minor_per_m2"
    for parameters in ({low: 150000, high: 100000}, {low: 900000}):
        outcome, problems = try_reform(registry, Reform("crossed", parameters=parameters))
        assert outcome is None and [p.code for p in problems] == ["whatif.crossed"]
    outcome, problems = try_reform(registry, Reform("wider", parameters={low: 110000, high: 140000}))
    assert outcome is not None and problems == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('[[reform]]\nname = "a"\nparamters = { area_per_person_dm2 = 3000 }\n', "whatif.field_unknown"),
        ('[[reform]]\nname = "a"\nparameters = 3000\n', "whatif.field_kind"),
        ('[[reform]]\nname = "a"\nconfirm = "yes"\n', "whatif.field_kind"),
        ('[[reform]]\nname = "a"\n[[reform]]\nname = "a"\n', "whatif.name_twice"),
        ("reform = 3\n", "whatif.nothing"),
    ],
)
def test_a_reform_is_never_read_as_less_than_it_says(tmp_path: Path, text: str, code: str) -> None:
    path = tmp_path / "change.toml"
    path.write_text(text)
    reforms, problems = read_reforms(path)
    assert reforms == [] and [p.code for p in problems] == [code]


def test_a_reform_that_changes_nothing_or_that_no_rule_covers_is_refused(registry: Registry) -> None:
    outcome, problems = try_reform(registry, Reform("same", parameters={"area_per_person_dm2": 2500}))
    assert outcome is None and [p.code for p in problems] == ["whatif.changes_nothing"]
    dated = ANYBODY.replace("@rule(", '@rule(until="2010-01-01", ')
    outcome, problems = try_reform(registry, Reform("past", rules=(dated,)))
    assert outcome is None and "policy.rule_not_in_force" in [p.code for p in problems]


def test_what_a_reform_cannot_touch_is_the_same_as_computed_afresh(registry: Registry) -> None:
    for reform in (Reform("area", parameters={"area_per_person_dm2": 2000}), Reform("day", date(2019, 1, 1))):
        program, _ = bind(registry.pack, reform.as_of or AS_OF, SCOPE, reform.parameters)
        quick = registry.results(program)
        afresh = registry.computed(program, [c for c in quick.columns if c != "household_id"])
        assert quick.sort("household_id").equals(afresh.sort("household_id").select(quick.columns))


def test_where_most_are_eligible_already_only_more_of_them_need_a_yes(pack: Pack, registry: Registry) -> None:
    outcome, problems = try_reform(registry, Reform("area", parameters={"area_per_person_dm2": 2400}))
    assert outcome is not None and problems == []


SMALL = """@rule(unit="dm2", source="assumption: a test", zh="面积上限", en="floor area ceiling")
def area_cap_dm2(is_eligible: bool, registered_persons: int, area_per_person_dm2: int) -> int:
    if not is_eligible:
        return 0
    return 3000 * registered_persons if registered_persons <= 2 else area_per_person_dm2 * registered_persons
"""


def test_a_reform_that_reaches_beyond_what_it_is_only_about_is_refused(registry: Registry) -> None:
    within = Reform("small", rules=(SMALL,), only="is_eligible and registered_persons <= 2")
    assert [p.code for p in try_reform(registry, within)[1]] == []
    narrow = Reform("small", rules=(SMALL,), only="is_eligible and registered_persons <= 1")
    outcome, problems = try_reform(registry, narrow)
    assert outcome is None and {p.code for p in problems} == {"whatif.beyond_only"}
    cap = next(p for p in problems if p.column == "area_cap_dm2")
    assert cap.values["count"] == 7  # the registered households of two: h01, h04, ... h19
    assert (cap.nearest, cap.values["before"]["en"], cap.values["after"]["zh"]) == (
        "h01, h04, h07",
        "50 m2",
        "60 平方米",
    )
    for language in LANGUAGES:
        assert "_" not in explain_problem(cap, language)[0]
    # what no comparison shows is held against it too
    quiet = Reform("grid", parameters={"demolition_months": 12}, only="registered_persons > 40")
    assert try_reform(registry, quiet)[0] is not None  # nobody here has moved in, so no deadline differs


def test_a_condition_that_is_unknown_for_a_household_is_a_warning(registry: Registry) -> None:
    unsure = Reform("small", rules=(SMALL,), only="income_minor > 1000")
    outcome, problems = try_reform(registry, unsure)
    assert outcome is not None
    assert {(p.code, p.severity) for p in problems} == {("whatif.only_unknown", "warning")}
    assert next(p for p in problems if p.column == "area_cap_dm2").values["count"] == 14
    assert [p.code for p in try_reform(registry, Reform("small", rules=(SMALL,), only="incme > 1"))[1]] == [
        "policy.unknown_name"
    ]
