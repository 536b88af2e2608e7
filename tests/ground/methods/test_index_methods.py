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


def test_ties_share_the_better_rank():
    assert ranking.ranks(np.array([3.0, 5.0, 5.0, 1.0])).tolist() == [3, 1, 1, 4]


def test_fuzzy_keeps_the_whole_distribution():
    member = np.array([[0.1, 0.2, 0.7], [0.5, 0.3, 0.2]])
    for operator in ("product", "minimum"):
        found = ranking.fuzzy(member, np.array([0.4, 0.6]), operator)
        assert found.sum() == pytest.approx(1) and len(found) == 3
