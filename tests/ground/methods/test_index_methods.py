"""Composite indices: refused judgements, missing sources, robustness of ranks."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from resettle.methods.index import ranking, weights
from resettle.methods.index.analysis import analyse
from resettle.words import LANGUAGES, explain_problem


def places() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "site": ["c", "a", "b"],
            "income": [3.0, 9.0, 6.0],
            "distance": [10.0, 30.0, 20.0],
            "school": [1.0, None, 3.0],
        }
    )


SPEC = {
    "place": "site",
    "indicator": [
        {"column": "income", "group": "economy"},
        {"column": "distance", "group": "society", "direction": "-"},
        {"column": "school", "group": "society"},
    ],
    "draws": 500,
}


def codes(problems: list) -> set[str]:
    for p in problems:
        for language in LANGUAGES:
            assert "{" not in "".join(explain_problem(p, language))
    return {p.code for p in problems}


def test_an_absent_source_is_not_computed_and_a_missing_value_is_not_zero():
    given = SPEC | {"indicator": [*SPEC["indicator"], {"column": "jobs", "group": "economy"}]}
    tables, problems = analyse(places(), given)
    assert codes(problems) == {"index.not_computed", "index.values_missing"}
    assert tables["not_computed"]["indicator"].to_list() == ["jobs"]
    assert "jobs" not in tables["weights"]["indicator"].to_list()
    # Place a: income share 1, distance share 0, school unknown: (1 + 0) / 2.
    assert tables["scores"].filter(pl.col("place") == "a")["equal_sum"].item() == pytest.approx(50.0)


def test_order_of_places_changes_nothing():
    left, _ = analyse(places(), SPEC)
    right, _ = analyse(places().reverse(), SPEC)
    assert all(left[name].equals(right[name]) for name in left)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"plaec": "site"}, "index.key_unknown"),
        ({"place": "stie"}, "index.place_absent"),
        ({"indicator": [{"column": "income", "direction": "up"}]}, "index.direction_unknown"),
        ({"indicator": []}, "index.nothing_asked"),
        (
            {"indicator": [{"column": "income", "weight": 0.7}, {"column": "distance", "weight": 0.7}]},
            "index.weights_sum",
        ),
        ({"weightings": ["expert"]}, "index.choice_unknown"),
        ({"ahp": {"groups": [[1, 2, 3], [1, 1, 1], [1, 1, 1]]}}, "index.matrix_shape"),
        ({"ahp": {"groups": [[1, 2], [2, 1]]}}, "index.not_reciprocal"),
        ({"indicator": [{"column": "jobs"}]}, "index.too_little"),
    ],
)
def test_faulty_specifications_name_the_fault(change: dict, code: str):
    _, problems = analyse(places(), SPEC | change)
    assert code in codes(problems)


def test_contradicting_judgements_are_refused_unless_signed_off_and_the_worst_pair_is_named():
    matrix = np.array([[1, 5, 1 / 5], [1 / 5, 1, 5], [5, 1 / 5, 1]])
    found, problems = weights.check_judgements(matrix, ["x", "y", "z"])
    assert found is None and codes(problems) == {"index.inconsistent"}
    assert problems[0].severity == "error" and problems[0].column in ("x - y", "x - z", "y - z")
    found, problems = weights.check_judgements(matrix, ["x", "y", "z"], "Li, accepted after meeting")
    assert found is not None and problems[0].severity == "warning"


def test_a_place_that_is_best_everywhere_keeps_its_rank_under_all_weights():
    share = np.array([[1.0, 1.0, 1.0], [0.2, 0.9, 0.4], [0.0, 0.3, 0.8]])
    keep, near, ends = ranking.rank_robustness(share, np.full(3, 1 / 3), 2000, seed=2)
    assert keep[0] == 1 and ends[0].tolist() == [1, 1]
    assert 0 < keep[1] < 1 and near[1] == 1


@pytest.mark.parametrize("rows", [[[1, 2], [0.5]], [["a", 1], [1, 1]], [[1, 2, 3]]])
def test_judgements_of_no_shape_are_refused(rows: list):
    given = {"place": "p", "indicator": [{"column": "a", "group": "g"}, {"column": "b", "group": "g"}],
             "ahp": {"g": rows}}  # fmt: skip
    frame = pl.DataFrame({"p": ["x", "y", "z"], "a": [1.0, 2.0, 3.0], "b": [3.0, 1.0, 2.0]})
    _, problems = analyse(frame, given)
    assert {p.code for p in problems} == {"index.matrix_shape"}


def test_ranks_and_their_robustness_are_of_the_same_scores():
    """What is unknown of a place is left out of its score, in the score and in every draw of weights alike."""
    rng = np.random.default_rng(3)
    frame = pl.DataFrame({"p": [f"s{k:02d}" for k in range(20)]} | {c: rng.random(20) for c in "abcd"})
    holes = frame.with_columns(a=pl.when(pl.int_range(20) % 3 == 0).then(None).otherwise("a"),
                               **{c: pl.when(pl.int_range(20) == 7).then(None).otherwise(c) for c in "bcd"})  # fmt: skip
    given = {"place": "p", "draws": 400, "indicator": [{"column": c, "group": "g"} for c in "abcd"]}
    tables, _ = analyse(holes, given)
    firm = tables["robustness"]
    ranks = tables["ranks"].filter(pl.col("equal_sum").is_not_null())
    assert firm.height == ranks.height == 19 and "s07" not in firm["place"].to_list()
    assert firm["rank"].to_list() == ranks["equal_sum"].to_list() and firm["rank"].max() == 19
    assert (firm["rank_low"] <= firm["rank"]).all() and (firm["rank"] <= firm["rank_high"]).all()


def test_every_choice_of_method_reaches_the_tables_and_is_checked():
    rng = np.random.default_rng(5)
    frame = pl.DataFrame({"p": list("abcdef")} | {c: rng.random(6) + 0.2 for c in "xyz"})
    given = {"place": "p", "draws": 200, "indicator": [{"column": c, "group": "g"} for c in "xyz"],
             "ahp": {"g": [[1, 2, 4], [0.5, 1, 3], [0.25, 1 / 3, 1]], "method": "geometric"},
             "entropy_of": "values", "v": 0.7, "resolution": 0.3}  # fmt: skip
    tables, problems = analyse(frame, given)
    assert problems == []
    shown = {r["indicator"]: r for r in tables["weights"].iter_rows(named=True)}
    roots = np.array([8.0, 1.5, 1 / 12]) ** (1 / 3)
    assert [shown[c]["ahp"] for c in "xyz"] == pytest.approx(roots / roots.sum())
    raw = frame.select("x", "y", "z").to_numpy()
    p = raw / raw.sum(axis=0)
    left = 1 + (p * np.log(p)).sum(axis=0) / np.log(6)
    assert [shown[c]["entropy"] for c in "xyz"] == pytest.approx(left / left.sum())
    s, r, q = (tables["vikor"][name].to_numpy() for name in "srq")
    between = [(a - a.min()) / (a.max() - a.min()) for a in (s, r)]
    assert q == pytest.approx(0.7 * between[0] + 0.3 * between[1]) and tables["vikor"]["in_compromise"].any()
    for key, value in (("entropy_of", "value"), ("v", "half")):
        assert {p.code.split(".")[0] for p in analyse(frame, given | {key: value})[1]} == {"spec"}
    wrong = analyse(frame, given | {"ahp": given["ahp"] | {"method": "eigen"}})[1]
    assert wrong[0].code == "spec.choice_unknown" and "eigenvector" in (wrong[0].nearest or "")


def test_ties_share_the_better_rank():
    assert ranking.ranks(np.array([3.0, 5.0, 5.0, 1.0])).tolist() == [3, 1, 1, 4]


def test_fuzzy_keeps_the_whole_distribution():
    member = np.array([[0.1, 0.2, 0.7], [0.5, 0.3, 0.2]])
    for operator in ("product", "minimum"):
        found = ranking.fuzzy(member, np.array([0.4, 0.6]), operator)
        assert found.sum() == pytest.approx(1) and len(found) == 3


def graded(**more):
    return {
        "place": "p",
        "grades": ["good", "fair", "poor"],
        "weightings": ["given"],
        "scorings": ["sum"],
        "indicator": [
            {"column": "a", "group": "G", "weight": 0.6, "points": [90, 80, 60]},
            {"column": "b", "group": "H", "weight": 0.4, "direction": "-", "counts": ["b1", "b2", "b3"]},
        ],
    } | more


GRADED = {"p": ["x", "y", "z"], "a": [85.0, 95.0, None], "b": [1.0, 2.0, 3.0]}
COUNTED = {"b1": [2, 5, 1], "b2": [2, 0, 1], "b3": [6, 5, 2]}


def test_fuzzy_evaluation_gives_the_whole_distribution():
    tables, problems = analyse(pl.DataFrame(GRADED | COUNTED), graded())
    assert not [p for p in problems if p.severity == "error"], problems
    whole = tables["grades"].filter(pl.col("group") == "")
    # x by hand: 0.6 (.5, .5, 0) + 0.4 (.2, .2, .6).
    assert whole.row(0)[4:] == pytest.approx((0.38, 0.38, 0.24))
    assert whole.row(1)[4:] == pytest.approx((0.8, 0.0, 0.2))
    # Of z more than half the weight is unknown: no distribution, and never a zero.
    assert whole.row(2)[3] == pytest.approx(0.4) and whole.row(2)[4:] == (None, None, None)
    part = tables["grades"].filter((pl.col("group") == "H") & (pl.col("place") == "z"))
    assert part.row(0)[4:] == pytest.approx((0.25, 0.25, 0.5))
    lower, _ = analyse(pl.DataFrame(GRADED | COUNTED), graded(operator="minimum"))
    top = np.array([max(min(0.6, 0.5), min(0.4, 0.2)), max(min(0.6, 0.5), min(0.4, 0.2)), min(0.4, 0.6)])
    assert lower["grades"].row(0)[4:] == pytest.approx(tuple(top / top.sum()))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"grades": []}, "index.grades_missing"),
        ({"grades": ["good", "good", "poor"]}, "index.grades_few"),
        ({"grades": ["good", "poor"]}, "index.grades_rule"),
        ({"indicator": [{"column": "a", "points": [90, 60, 80]}]}, "index.grades_order"),
        ({"indicator": [{"column": "a", "points": ["high", "mid", "low"]}]}, "index.grades_order"),
        ({"operator": "maximum"}, "spec.choice_unknown"),
    ],
)
def test_grades_that_cannot_be_used_are_named(change, code):
    _, problems = analyse(pl.DataFrame(GRADED | COUNTED), graded(**change))
    assert code in {p.code for p in problems}
    assert all("{" not in "".join(explain_problem(p, lang)) for p in problems for lang in LANGUAGES)


def test_a_column_of_judges_that_is_not_there_is_named():
    tables, problems = analyse(pl.DataFrame(GRADED), graded())
    assert "index.count_absent" in {p.code for p in problems} and not tables["grades"].height


def test_an_indicator_that_was_only_judged_is_scored_by_its_mean_grade():
    frame = pl.DataFrame({k: v for k, v in (GRADED | COUNTED).items() if k != "b"}).head(2)
    tables, _ = analyse(frame, graded())
    assert not tables["not_computed"].height
    # Mean grades 30 and 50; scaled by their range x has none of it and y all.
    assert tables["scores"]["given_sum"].to_list() == pytest.approx([0.0, 100.0])
    assert tables["grades"].filter(pl.col("group") == "").row(0)[4:] == pytest.approx((0.38, 0.38, 0.24))
