"""Path models on data of known making: weights, clusters, order of rows, bad input."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from resettle.methods.design import make_design
from resettle.methods.path_model.fit import bootstrap, fit
from resettle.methods.path_model.groups import compare_groups, group_index, importance_performance
from resettle.methods.path_model.model import PathModel, read_model
from resettle.methods.path_model.predict import predict_items
from resettle.methods.path_model.prepare import prepare
from resettle.problems import Problem
from resettle.words import LANGUAGES, explain_problem

ITEMS = {"X": ["x1", "x2", "x3"], "M": ["m1", "m2", "m3"], "Y": ["y1", "y2", "y3"]}


def answers(n: int = 300, seed: int = 5) -> pl.DataFrame:
    """Three constructs in a chain, three items each, 1 to 10."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    m = 0.6 * x + 0.8 * rng.normal(size=n)
    y = 0.7 * m + 0.71 * rng.normal(size=n)
    columns = {}
    for name, latent in (("X", x), ("M", m), ("Y", y)):
        for item in ITEMS[name]:
            raw = 5.5 + 1.4 * latent + rng.normal(size=n)
            columns[item] = np.clip(np.round(raw), 1, 10)
    return pl.DataFrame(columns).with_columns(
        village=pl.Series([f"v{i % 30:02d}" for i in range(n)]),
        county=pl.Series(["a" if i % 30 < 15 else "b" for i in range(n)]),
    )


def chain(**extra: object) -> PathModel:
    given = {
        "construct": [{"name": name, "items": items} for name, items in ITEMS.items()],
        "path": ["X -> M", "M -> Y"],
        "scale": [1, 10],
    }
    model, problems = read_model(given | extra)
    assert model is not None, problems
    return model


def codes(problems: list[Problem]) -> set[str]:
    """Codes of the problems, each of which must have its sentence and remedy in both languages."""
    for problem in problems:
        for language in LANGUAGES:
            what, remedy = explain_problem(problem, language)
            assert what and remedy and "{" not in what + remedy
    return {p.code for p in problems}


def test_weights_equal_repeated_rows():
    frame = answers().with_columns(w=pl.Series([1 + i % 3 for i in range(300)]))
    repeated = frame.select(pl.all().repeat_by("w")).explode(pl.all())
    weighted = chain(weight="w")
    left, _ = fit(prepare(frame, weighted)[0], weighted)
    right, _ = fit(prepare(repeated, chain())[0], chain())
    np.testing.assert_allclose(left.values, right.values, atol=1e-10)


def test_order_of_rows_changes_no_digit():
    frame = answers()
    model = chain(cluster="village", strata="county")
    one, _ = bootstrap(prepare(frame, model)[0], model, 200, seed=3)
    other, _ = bootstrap(
        prepare(frame.sample(fraction=1, shuffle=True, seed=9), model)[0], model, 200, seed=3
    )
    assert one.intervals.bca.tobytes() == other.intervals.bca.tobytes()


def test_clusters_widen_the_interval_of_what_clusters_share():
    frame = answers()
    shift = 2 * np.random.default_rng(0).normal(size=30)
    moved = frame.with_columns(
        [(pl.col(c) + pl.Series([shift[i % 30] for i in range(300)])) for c in ITEMS["Y"]]
    )
    free = chain(scale=[-10, 20])
    held = replace(free, cluster="village", strata="county")
    wide = [bootstrap(prepare(moved, m)[0], m, 500, seed=1)[0] for m in (free, held)]
    k = next(k for k, n in enumerate(wide[0].fit.names) if (n.kind, n.source) == ("index", "Y"))
    assert wide[1].intervals.se[k] > 1.5 * wide[0].intervals.se[k]
    np.testing.assert_allclose(wide[0].fit.values, wide[1].fit.values, atol=1e-10)


def test_a_marker_turns_the_whole_composite_and_paths_with_it():
    frame = answers().with_columns([(11 - pl.col(c)).alias(c) for c in ITEMS["X"]])
    found, _ = fit(prepare(frame, chain())[0], chain())
    assert found.value("path", "X", "M") < 0
    assert all(found.value("weight", item, "X") > 0 for item in ITEMS["X"])


def test_reverse_items_are_turned_on_their_scale():
    frame = answers()
    turned = frame.with_columns((11 - pl.col("x2")).alias("x2"))
    plain, _ = fit(prepare(frame, chain())[0], chain())
    model = chain(reverse=["x2"])
    back, _ = fit(prepare(turned, model)[0], model)
    np.testing.assert_allclose(plain.values, back.values, atol=1e-12)
    assert "path_model.backwards" in codes(prepare(turned, chain())[1])


def test_missing_answers_are_imputed_at_the_mean_or_dropped_and_counted():
    values = answers().to_dict(as_series=False)
    for i in range(0, 300, 7):
        values["m1"][i] = None
    frame = pl.DataFrame(values)
    filled = frame.with_columns(pl.col("m1").fill_null(pl.col("m1").mean()))
    left, _ = fit(prepare(frame, chain())[0], chain())
    right, _ = fit(prepare(filled, chain())[0], chain())
    paths = [k for k, n in enumerate(left.names) if n.kind in ("path", "loading", "weight", "r2", "htmt")]
    np.testing.assert_allclose(left.values[paths], right.values[paths], atol=1e-10)
    strict = chain(missing="listwise")
    data, problems = prepare(frame, strict)
    assert data is not None and data.dropped == 43 and "path_model.rows_dropped" in codes(problems)


@pytest.mark.parametrize("scheme", ["centroid", "factorial", "path"])
def test_a_chain_of_two_arrows_is_recovered_under_every_scheme(scheme: str):
    model = chain(scheme=scheme, consistent=True)
    found, problems = fit(prepare(answers(5000), model)[0], model)
    assert found.converged and problems == []
    # True standardised paths 0.6 and 0.7, attenuation corrected; rounding of answers costs a little.
    assert found.value("path", "X", "M") == pytest.approx(0.6, abs=0.04)
    assert found.value("path", "M", "Y") == pytest.approx(0.7, abs=0.04)


def test_mode_b_of_one_block_is_the_regression_of_its_partner():
    given = {
        "construct": [
            {"name": "X", "items": ITEMS["X"], "mode": "B"},
            {"name": "Y", "items": ["y1"]},
        ],
        "path": ["X -> Y"],
    }
    model, _ = read_model(given)
    assert model is not None
    frame = answers()
    found, _ = fit(prepare(frame, model)[0], model)
    x = frame.select(ITEMS["X"]).to_numpy()
    slope = np.linalg.lstsq(np.column_stack([np.ones(300), x]), frame["y1"].to_numpy(), rcond=None)
    residual = np.sum((frame["y1"].to_numpy() - np.column_stack([np.ones(300), x]) @ slope[0]) ** 2)
    assert found.value("r2", "Y") == pytest.approx(
        1 - residual / (300 * frame["y1"].to_numpy().var()), abs=1e-12
    )


def test_higher_order_constructs_take_two_stages():
    given = {
        "construct": [{"name": n, "items": i} for n, i in ITEMS.items()]
        + [{"name": "Z", "parts": ["X", "M"]}],
        "path": ["Z -> Y"],
    }
    model, problems = read_model(given)
    assert model is not None, problems
    result, _ = bootstrap(prepare(answers(), model)[0], model, 100, seed=2)
    assert result.fit.lower is not None and result.fit.value("loading", "[X]", "Z") > 0.7
    assert np.isfinite(result.intervals.se).all()


def test_groups_compared_and_the_map_of_drivers():
    model = chain(groups=["county"])
    data, _ = prepare(answers(), model)
    assert data is not None
    comparisons, problems = compare_groups(data, model, "county", 100, seed=1)
    assert problems == [] and comparisons[0].counts == (150, 150)
    assert comparisons[0].paths["p_value"].min() > 0.02
    result, _ = bootstrap(data, model, 200, seed=1)
    table, _ = group_index(data, model, result.fit, "county", "Y", 200, seed=1)
    assert (table["low"] < table["index"]).all() and (table["index"] < table["high"]).all()
    drivers = importance_performance(result, "Y")
    assert set(drivers["construct"]) == {"X", "M"} and drivers["performance"].is_between(0, 100).all()
    assert (predict_items(data, model)["q2"] > 0).any()


def test_a_small_group_is_named_and_not_compared():
    frame = answers().with_columns(small=pl.Series(["tiny" if i < 8 else "big" for i in range(300)]))
    model = chain(groups=["small"])
    data, _ = prepare(frame, model)
    assert data is not None
    comparisons, problems = compare_groups(data, model, "small", 50)
    assert comparisons == [] and codes(problems) == {"path_model.group_small"}
    found, _ = fit(data, model)
    table, problems = group_index(data, model, found, "small", "Y", 50)
    assert table.filter(pl.col("group") == "tiny")["index"].item() is None
    assert codes(problems) == {"path_model.group_small"}


def bad(column: str, value: object) -> pl.DataFrame:
    return answers().with_columns(pl.lit(value).alias(column))


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (bad("x1", 5.0), "path_model.item_constant"),
        (bad("x1", None), "path_model.item_unanswered"),
        (answers().head(9), "path_model.too_few_rows"),
        (answers().rename({"x1": "X-1"}), "path_model.column_missing"),
        (bad("x1", "five"), "path_model.item_unanswered"),
        (bad("x1", "five"), "path_model.not_a_number"),
        (answers().with_columns(pl.col("x1") + 20), "path_model.beyond_scale"),
    ],
)
def test_bad_data_is_said_and_refused(frame: pl.DataFrame, code: str):
    data, problems = prepare(frame, chain())
    assert data is None and code in codes(problems)


def test_repeated_submissions_are_said():
    wide = answers().with_columns((pl.col("y1") * 0.5 + 3).alias("z1"))
    model = chain(
        construct=[{"name": n, "items": i + (["z1"] if n == "Y" else [])} for n, i in ITEMS.items()]
    )
    _, problems = prepare(pl.concat([wide, wide.head(40)]), model)
    assert "path_model.answers_repeated" in codes(problems)


def test_a_heywood_case_and_a_collinear_block_are_said():
    rng = np.random.default_rng(2)
    base = rng.normal(size=200)
    frame = pl.DataFrame(
        {
            "x1": base,
            "x2": 0.2 * base + rng.normal(size=200),
            "x3": -0.1 * base + rng.normal(size=200),
            "y1": base + 0.05 * rng.normal(size=200),
            "y2": base + 0.05 * rng.normal(size=200),
        }
    )
    given = {
        "construct": [{"name": "X", "items": ["x1", "x2", "x3"]}, {"name": "Y", "items": ["y1", "y2"]}],
        "path": ["X -> Y"],
        "consistent": True,
    }
    model, _ = read_model(given)
    assert model is not None
    _, problems = fit(prepare(frame, model)[0], model)
    assert {"path_model.heywood", "path_model.collinear"} <= codes(problems)


def test_an_estimation_that_does_not_settle_is_said(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("resettle.methods.path_model.estimate.MAX_ITERATIONS", 2)
    data, _ = prepare(answers(), chain())
    assert data is not None
    result, problems = bootstrap(data, chain(), 20)
    assert {"path_model.not_converged", "path_model.interval_not_converged"} <= codes(problems)
    assert result.withheld


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"path": ["X -> M", "M -> X"]}, "path_model.circle"),
        ({"path": ["X -> N", "M -> Y"]}, "path_model.path_unknown"),
        ({"scheme": "paths"}, "path_model.choice_unknown"),
        ({"pathes": []}, "path_model.key_unknown"),
        ({"reverse": ["x9"]}, "path_model.reverse_unknown"),
        ({"path": ["X -> M"]}, "path_model.construct_alone"),
        ({"construct": []}, "path_model.construct_missing"),
        ({"reverse": ["x1"], "scale": {}}, "path_model.scale_missing"),
        (
            {"construct": [{"name": "X"}, {"name": "M", "items": ["a"]}, {"name": "Y", "items": ["a"]}]},
            "path_model.item_twice",
        ),
    ],
)
def test_a_faulty_model_names_the_fault(change: dict[str, object], code: str):
    given = {
        "construct": [{"name": name, "items": items} for name, items in ITEMS.items()],
        "path": ["X -> M", "M -> Y"],
    }
    model, problems = read_model(given | change)
    assert model is None and code in codes(problems)


def test_strata_with_one_unit_need_a_policy():
    labels = ["a", "a", "b", "c", "c"]
    design, problems = make_design(5, strata=labels)
    assert design is None and codes(problems) == {"design.single_unit"}
    assert make_design(5, strata=labels, single_unit="merge")[0].freedom == 3  # type: ignore[union-attr]
    assert make_design(5, strata=labels, single_unit="certainty")[0].freedom == 2  # type: ignore[union-attr]
    assert codes(make_design(2, weight=[1.0, -1.0])[1]) == {"design.weight_refused"}
    assert codes(make_design(2, cluster=["a", None])[1]) == {"design.label_missing"}
