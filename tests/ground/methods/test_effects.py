"""Ordered logit, staggered moves and survey estimates on data of known making."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from resettle.methods.design import make_design
from resettle.methods.ordered import (
    fit_ordered,
    fit_random_intercept,
    marginal_probabilities,
    probabilities,
    proportional_odds,
    spline,
)
from resettle.methods.staggered import event_study
from resettle.methods.survey import design_effect, mean, rake, ratio, share
from resettle.words import LANGUAGES, explain_problem


def said(problems: list) -> set[str]:
    for p in problems:
        assert all("{" not in "".join(explain_problem(p, lang)) for lang in LANGUAGES)
    return {p.code for p in problems}


def draw(n: int = 3000, slope: float = 0.8, spread: float = 0.0, seed: int = 1):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 2))
    group = rng.integers(0, 60, n)
    latent = slope * x[:, 0] + spread * rng.normal(size=60)[group] + rng.logistic(size=n)
    return np.digitize(latent, [-1.0, 0.5, 1.5]), x, group


def test_slopes_and_cuts_come_back():
    y, x, _ = draw(20000)
    found, problems = fit_ordered(y, x, ["a", "b"], make_design(len(y))[0])
    assert found is not None and problems == []
    np.testing.assert_allclose(found.coefficients, [0.8, 0.0], atol=0.05)
    np.testing.assert_allclose(found.cuts, [-1.0, 0.5, 1.5], atol=0.06)
    np.testing.assert_allclose(probabilities(found, x).sum(axis=1), 1.0)
    np.testing.assert_allclose(found.error(True), found.error(False), rtol=0.05)


def test_clusters_raise_the_error_and_a_random_intercept_finds_the_spread():
    y, x, group = draw(4000, spread=1.0, seed=3)
    x[:, 1] = np.random.default_rng(0).normal(size=60)[group]
    held, _ = fit_ordered(y, x, ["a", "site"], make_design(len(y), cluster=group.tolist())[0])
    assert held.error(True)[1] > 2 * held.error(False)[1]
    found, problems = fit_random_intercept(y, x, group, np.ones(len(y)))
    assert problems == [] and found.converged
    assert found.coefficients[0] == pytest.approx(0.8, abs=0.1) and found.spread == pytest.approx(
        1.0, abs=0.25
    )


def test_the_intercept_is_integrated_out_in_large_groups_too():
    """Against a plain sum over a fine grid, where fixed nodes would miss the narrow peak of a group of 400."""
    y, x, _ = draw(2000, seed=4)
    group = np.arange(2000) % 5
    latent = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])[group]
    y = np.clip(y + np.round(latent).astype(np.int64), 0, 3)
    weight = np.random.default_rng(1).uniform(0.5, 1.5, 2000)
    found, _ = fit_random_intercept(y, x, group, weight)
    cuts = np.concatenate([[-np.inf], found.cuts, [np.inf]])
    grid = np.linspace(-7, 7, 6001)
    total = 0.0
    for g in range(5):
        own = np.flatnonzero(group == g)
        line = (x[own] @ found.coefficients)[:, None] + found.spread * grid[None, :]
        high = 1 / (1 + np.exp(-(cuts[y[own] + 1][:, None] - line)))
        low = 1 / (1 + np.exp(-(cuts[y[own]][:, None] - line)))
        height = (weight[own, None] * np.log(np.maximum(high - low, 1e-300))).sum(axis=0) - grid**2 / 2
        top = height.max()
        total += top + np.log(np.exp(height - top).sum() * (grid[1] - grid[0]) / np.sqrt(2 * np.pi))
    assert found.deviance == pytest.approx(-2 * total, abs=1e-4)
    assert found.spread > 1.0


def test_marginal_probabilities_sum_to_one_and_move_with_the_column():
    y, x, _ = draw()
    design, _ = make_design(len(y))
    found, _ = fit_ordered(y, x, ["a", "b"], design)
    means, errors = marginal_probabilities(found, x, design, [0], np.array([[-1.0], [1.0]]))
    np.testing.assert_allclose(means.sum(axis=1), 1.0)
    assert means[1, -1] > means[0, -1] + 5 * errors.max()


def test_proportional_odds_hold_where_they_do_and_fail_where_they_do_not():
    y, x, _ = draw(6000)
    design, _ = make_design(len(y))
    assert proportional_odds(y, x, ["a", "b"], design)[2] > 0.01
    # Two kinds of answers pulled apart by the same column break the assumption.
    rng = np.random.default_rng(5)
    broken = np.where(rng.random(6000) < 0.5, (x[:, 0] > 0) * 3, y)
    broken = np.where(x[:, 0] > 1, np.where(rng.random(6000) < 0.5, 0, 3), broken)
    assert proportional_odds(broken, x, ["a", "b"], design)[2] < 0.001


def test_a_spline_is_straight_beyond_its_ends():
    terms = spline(np.array([10.0, 11.0, 12.0]), [0.0, 1.0, 2.0, 5.0])
    np.testing.assert_allclose(np.diff(terms, 2, axis=0), 0.0, atol=1e-9)


def test_bad_input_of_the_ordered_model_is_said():
    y, x, _ = draw(200)
    design, _ = make_design(200)
    assert said(fit_ordered(np.where(y == 1, 0, y), x, ["a", "b"], design)[1]) == {"ordered.category_empty"}
    assert said(fit_ordered(y, np.ones((200, 1)), ["a"], design)[1]) == {"ordered.collinear"}
    parted = (x[:, :1] > 0).astype(int).ravel()
    assert said(fit_ordered(parted, x[:, :1], ["a"], design)[1]) == {"ordered.not_converged"}


def panel(effect: float) -> pl.DataFrame:
    rng = np.random.default_rng(8)
    rows = []
    for unit in range(600):
        first = [0, 2017, 2019][unit % 3]
        level = rng.normal()
        for year in range(2015, 2021):
            moved = effect * (year - first + 1) if first and year >= first else 0.0
            rows.append(
                (unit, year, first, unit // 3 % 40, level + 0.1 * (year - 2015) + moved + 0.2 * rng.normal())
            )
    return pl.DataFrame(rows, schema=["unit", "year", "first", "village", "income"], orient="row")


def test_a_growing_effect_of_staggered_moves_comes_back():
    found, problems = event_study(panel(0.5), "unit", "year", "income", "first", "village")
    assert found is not None and problems == []
    late = found.dynamic.filter(pl.col("event") == 1)["effect"].item()
    assert late == pytest.approx(1.0, abs=0.06) and found.lead_p > 0.01
    assert found.dynamic.filter(pl.col("event") < 0)["effect"].abs().max() < 0.06


def test_a_panel_without_comparison_is_refused():
    moved = panel(0.5).filter(pl.col("first") > 0)
    found, problems = event_study(moved, "unit", "year", "income", "first")
    assert found is None and said(problems) == {"staggered.no_comparison"}
    holes = panel(0.5).filter(~((pl.col("unit") == 4) & (pl.col("year") == 2016)))
    assert said(event_study(holes, "unit", "year", "income", "first")[1]) == {"staggered.unbalanced"}


def test_few_units_and_few_cases_get_no_interval():
    values = np.arange(20.0)
    few, _ = make_design(20, cluster=[i // 5 for i in range(20)])
    assert mean(values, few).withheld == "few_units" and mean(values, few).low is None
    flag = np.zeros(200)
    flag[:4] = 1
    assert share(flag, make_design(200)[0]).withheld == "few_cases"
    assert ratio(values, np.zeros(20), make_design(20)[0]).withheld == "few_cases"


def test_raking_meets_its_margins_or_says_why_not():
    design, _ = make_design(6)
    labels = ["a", "a", "b", "b", "b", "b"]
    raked, problems = rake(design, [(labels, {"a": 10.0, "b": 30.0})])
    assert problems == [] and raked.weight.sum() == pytest.approx(40)
    assert said(rake(design, [(labels, {"a": 10.0})])[1]) == {"survey.margin_unknown"}
    assert said(rake(design, [(labels, {"a": 1.0, "b": 2.0, "c": 3.0})])[1]) == {"survey.margin_empty"}
    both = [(labels, {"a": 10.0, "b": 30.0}), (labels, {"a": 20.0, "b": 20.0})]
    assert said(rake(design, both)[1]) == {"survey.raking_unfinished"}


def test_design_effect_of_repeated_answers_is_the_size_of_the_cluster():
    rng = np.random.default_rng(2)
    values = np.repeat(rng.normal(size=300), 4)
    design, _ = make_design(1200, cluster=[i // 4 for i in range(1200)])
    assert design_effect(values, design) == pytest.approx(4, rel=0.05)


def test_the_not_yet_treated_compare_and_the_last_group_stands_in_for_the_never_treated():
    """By hand on four units without noise: two moved in 2002, two in 2004; nobody never moves."""
    rows = [
        (unit, year, first, level + 0.1 * (year - 2000) + (1.0 if year >= first else 0.0))
        for unit, first, level in ((1, 2002, 0.0), (2, 2002, 1.0), (3, 2004, 5.0), (4, 2004, 7.0))
        for year in range(2000, 2006)
    ]
    frame = pl.DataFrame(rows, schema=["u", "t", "f", "y"], orient="row")
    none, problems = event_study(frame, "u", "t", "y", "f")
    assert none is None and problems[0].code == "staggered.no_comparison"
    found, problems = event_study(frame, "u", "t", "y", "f", comparison="not_yet")
    assert found is not None and not problems
    # Only the first group before 2004 has somebody to be compared with.
    assert found.cells.select("group", "time").rows() == [(2002, 2001), (2002, 2002), (2002, 2003)]
    assert found.cells["effect"].to_list() == pytest.approx([0.0, 1.0, 1.0])


def test_ordered_coefficients_stand_at_the_top_of_the_likelihood():
    """The slope of the likelihood at the answer is rounding alone, so that digits agree with other programs."""
    rng = np.random.default_rng(8)
    x = rng.normal(size=(90, 2))
    y = np.digitize(x @ [0.8, -0.5] + rng.logistic(size=90), [-1.0, 0.0, 1.5])
    weight = rng.uniform(0.5, 3, 90)
    found, _ = fit_ordered(y, x, ["a", "b"], make_design(90, weight)[0])

    def likelihood(p):
        ends, at = np.r_[-np.inf, p[2:], np.inf], x @ p[:2]
        return (weight * np.log(1 / (1 + np.exp(at - ends[y + 1])) - 1 / (1 + np.exp(at - ends[y])))).sum()

    top, h = np.r_[found.coefficients, found.cuts], 1e-4
    slopes = [(likelihood(top + h * v) - likelihood(top - h * v)) / (2 * h) for v in np.eye(5)]
    assert np.abs(slopes).max() < 1e-6
