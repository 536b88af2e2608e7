"""Whom to visit first: no undecided household is left out, wherever the fact lies that it lacks."""

from datetime import date

import polars as pl

from resettle.journey.visits import DECISIVE, facts_behind, lacking_facts
from resettle.policy import bind, load_pack

HOMES = pl.DataFrame(
    {
        "household_id": ["a", "b", "c", "d"],
        "village_code": ["v1", "v2", None, "v1"],
        "settled_date": [None, date(2000, 1, 1), date(2000, 1, 1), date(2000, 1, 1)],
    }
)
TABLES = {
    "household": HOMES,
    "village": pl.DataFrame({"village_code": ["v1", "v2"], "scope_reason": ["reservoir", None]}),
    "plot": pl.DataFrame({"household_id": ["d", "d", "b"], "title_class": [None, "formal", None]}),
}
FACTS = [("household", "settled_date"), ("plot", "title_class"), ("village", "scope_reason"), ("lease", "x")]


def test_each_undecided_household_is_named_with_what_it_lacks() -> None:
    undecided = pl.DataFrame({"household_id": ["a", "c", "d"]})
    found = sorted(lacking_facts(TABLES, undecided, FACTS).rows())
    assert found == [("a", "settled_date"), ("c", "village.scope_reason"), ("d", "plot.title_class")]


def test_where_nothing_was_found_lacking_the_decision_itself_is_named() -> None:
    undecided = pl.DataFrame({"household_id": ["b"]})
    assert lacking_facts(TABLES, undecided, FACTS[:1]).rows() == [("b", DECISIVE)]


def test_facts_are_found_through_rules_of_other_tables() -> None:
    pack, _ = load_pack("peach_spring")
    program, _ = bind(pack, date(2024, 6, 30), pack.scope)
    found = facts_behind(program, "household", DECISIVE)
    assert ("plot", "title_class") in found and ("household", "settled_date") in found
    assert ("plot", "payable_dm2") not in found
