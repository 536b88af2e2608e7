"""What is not known is said as such: no share of it, no reproach for it, no number in its place."""

from __future__ import annotations

from datetime import date

import polars as pl

from resettle.evaluation.completion import completion
from resettle.evaluation.joined import weighted
from resettle.journey.figures import figures_of
from resettle.report.basis import Basis, persons_in
from resettle.report.chapter_people import people
from resettle.report.chapter_sites import sites
from resettle.report.ladder import steps_of
from resettle.tables.pages import Chapter, Figure, Paragraph, Text


def _said(chapter: Chapter) -> list[str]:
    """Titles of figures and texts of paragraphs, also those that stand side by side."""
    found: list[str] = []

    def look(block: object) -> None:
        if isinstance(block, Figure):
            found.append(block.title.en)
        elif isinstance(block, Paragraph):
            found.append(block.text.en)
        for part in getattr(block, "__slots__", ()):
            value = getattr(block, part)
            if isinstance(value, Figure) and value is not block:
                look(value)

    for block in chapter.blocks:
        look(block)
    return found


def test_persons_are_no_count_of_registered_members() -> None:
    """A household that is not on the list of the poor has no registered members, and is not nobody."""
    rows = {"resettled_persons": [3, None], "registered_member_count": [0, 0], "member_count": [4, 5]}
    frame = pl.DataFrame(rows)
    assert frame.select(persons_in(frame))["persons"].to_list() == [3, 5]


def _people(sexes: list[str | None]) -> Basis:
    ids = [f"h{i}" for i in range(len(sexes))]
    return Basis(
        tables={
            "household": pl.DataFrame({"household_id": ids, "member_count": [1] * len(ids)}),
            "entitlement": pl.DataFrame(
                {
                    "household_id": ids,
                    "is_eligible": True,
                    "mover_class": "affected",
                    "dwelling_size_dm2": 2500,
                }
            ),
            "person": pl.DataFrame(
                {"person_id": ids, "household_id": ids, "sex": sexes, "is_present": [None] * len(ids)},
                schema_overrides={"is_present": pl.Boolean},
            ),
        },
        place=Text("甲", "A"),
        as_of=date(2020, 1, 1),
    )


def test_a_share_of_people_is_of_those_of_whom_it_is_known() -> None:
    whole = _said(people(_people(["male"] * 6 + ["female"] * 6)))
    assert any(text.startswith("6 are women, 50.0%") for text in whole)
    partly = _said(people(_people(["male"] * 6 + ["female"] * 6 + [None] * 12)))
    assert any(text == "6 are women, 50.0% of those of whom it is known" for text in partly)


def _placed(*statuses: str) -> Basis:
    ids = [f"h{i}" for i in range(len(statuses))]
    has_site = [s in ("assigned", "size_unknown") for s in statuses]
    return Basis(
        tables={
            "household": pl.DataFrame({"household_id": ids, "member_count": [1] * len(ids)}),
            "entitlement": pl.DataFrame(
                {"household_id": ids, "is_eligible": True, "mover_class": "affected"}
            ),
            "household_site": pl.DataFrame(
                {"household_id": ids, "site_id": ["s1" if x else None for x in has_site], "status": statuses}
            ),
            "site_plan": pl.DataFrame({"site_id": ["s1"], "is_open": [True], "cost_known": [False]}),
        }
    )


def test_a_home_of_unknown_size_is_not_called_a_place_that_was_not_found() -> None:
    basis = _placed(*["assigned"] * 6, *["size_unknown"] * 7, *["village_unknown"] * 8)
    steps = steps_of(basis)
    assert steps is not None
    assert dict(steps.group_by("step").len().iter_rows()) == {"site": 13, "unplaced": 8}
    said = " ".join(_said(sites(basis)))
    assert "no site that can take them" not in said
    assert "Of **7 households** the size of the home is not known" in said
    assert "Of **8 households** the village or county is not known" in said
    assert "Of **1 sites** not every cost is known" in said


def test_what_was_paid_is_not_called_unpaid_where_nobody_recorded_it() -> None:
    tables = {
        "household": pl.DataFrame({"household_id": ["a", "b", "c"], "paid_minor": [40, None, 100]}),
        "entitlement": pl.DataFrame(
            {"household_id": ["a", "b", "c"], "is_eligible": [True] * 3, "cash_total_minor": [100] * 3}
        ),
    }
    found = completion(tables)[0].select("household_id", "open", "owed_minor").sort("household_id").rows()
    assert found == [("a", "money_unpaid", 60), ("b", "payment_unknown", None)]


def test_an_answer_without_its_weight_speaks_for_nobody() -> None:
    answers = pl.DataFrame({"household_id": ["a", "b"], "weight": [12.5, None]})
    kept, problems = weighted(answers)
    assert kept["household_id"].to_list() == ["a"] and problems[0].values["count"] == 1
    alike = answers.with_columns(weight=pl.lit(None, pl.Float64))
    assert weighted(alike) == (alike, [])


def test_money_stated_whole_and_in_parts_is_one_sum_wherever_it_is_told() -> None:
    rows = [("budget", "all", "all", 100), ("budget", "a", "all", 60), ("budget", "b", "all", 40)]
    names = ["measure", "source", "county_code", "amount_minor"]
    found = figures_of({"fund_position": pl.DataFrame(rows, names, orient="row")})
    assert found["budget"] == 100 and found["need"] is None
