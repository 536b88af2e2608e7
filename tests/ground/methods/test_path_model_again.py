"""A second implementation of the path model, written apart: plain loops over raw answers, one construct at a time.

It shares no line and no matrix with the product: scores are columns of numbers, regressions are solved by the normal
equations of those columns. Reference tables exist for the path scheme only; the other schemes, mode B, PLSc,
mediation, two stages and the criteria stand on this.
"""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest

from resettle.methods.path_model.analysis import analyse
from resettle.methods.path_model.fit import fit
from resettle.methods.path_model.groups import may_compare, verdicts
from resettle.methods.path_model.model import PathModel, read_model
from resettle.methods.path_model.prepare import prepare

BLOCKS = {"A": ["a1", "a2", "a3"], "B": ["b1", "b2"], "C": ["c1", "c2", "c3", "c4"], "D": ["d1", "d2", "d3"]}
ARROWS = [("A", "B"), ("A", "C"), ("B", "C"), ("B", "D"), ("C", "D")]


def world(seed: int, n: int = 180) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    a = rng.normal(size=n)
    b = 0.5 * a + rng.normal(size=n)
    c = 0.3 * a - 0.5 * b + rng.normal(size=n)
    d = 0.4 * b + 0.6 * c + rng.normal(size=n)
    latent = dict(zip("ABCD", (a, b, c, d), strict=True))
    return pl.DataFrame(
        {
            i: 5 + latent[k] * (1 - 0.2 * j) + rng.normal(size=n)
            for k, own in BLOCKS.items()
            for j, i in enumerate(own)
        }
    )


def standard(column: list[float]) -> list[float]:
    mean = sum(column) / len(column)
    spread = math.sqrt(sum((v - mean) ** 2 for v in column) / len(column))
    return [(v - mean) / spread for v in column]


def product(one: list[float], other: list[float]) -> float:
    return sum(x * y for x, y in zip(one, other, strict=True)) / len(one)


def regress(target: list[float], columns: list[list[float]]) -> list[float]:
    """Slopes by elimination on the normal equations."""
    k = len(columns)
    rows = [
        [product(columns[i], columns[j]) for j in range(k)] + [product(columns[i], target)] for i in range(k)
    ]
    for i in range(k):
        pivot = max(range(i, k), key=lambda r: abs(rows[r][i]))
        rows[i], rows[pivot] = rows[pivot], rows[i]
        rows[i] = [v / rows[i][i] for v in rows[i]]
        for r in range(k):
            if r != i:
                rows[r] = [x - rows[r][i] * y for x, y in zip(rows[r], rows[i], strict=True)]
    return [row[-1] for row in rows]


def mix(columns: list[list[float]], weights: list[float]) -> list[float]:
    return [sum(w * v for w, v in zip(weights, row, strict=True)) for row in zip(*columns, strict=True)]


def again(
    data: dict[str, list[float]], blocks: dict[str, list[str]], arrows: list[tuple[str, str]], scheme: str,
    mode: dict[str, str],
) -> dict:  # fmt: skip
    """Weights, scores, paths, loadings and explained shares, as Wold's algorithm is written in textbooks."""
    items = {i: standard(data[i]) for own in blocks.values() for i in own}
    weights = {k: [1.0] * len(own) for k, own in blocks.items()}
    score = {k: standard(mix([items[i] for i in own], weights[k])) for k, own in blocks.items()}
    for _ in range(2000):
        inner = {}
        for k in blocks:
            before, after = [s for s, e in arrows if e == k], [e for s, e in arrows if s == k]
            pull = [0.0] * len(score[k])
            slopes = regress(score[k], [score[s] for s in before]) if before else []
            for other in [*before, *after]:
                r = product(score[k], score[other])
                e = {"centroid": math.copysign(1.0, r), "factorial": r, "path": r}[scheme]
                if scheme == "path" and other in before:
                    e = slopes[before.index(other)]
                pull = [p + e * v for p, v in zip(pull, score[other], strict=True)]
            inner[k] = standard(pull)
        worst = 0.0
        for k, own in blocks.items():
            columns = [items[i] for i in own]
            if mode.get(k) == "B":
                fresh = regress(inner[k], columns)
            else:
                fresh = [product(inner[k], c) for c in columns]
            raw = mix(columns, fresh)
            size = math.sqrt(product(raw, raw))
            fresh = [w / size for w in fresh]
            worst = max(worst, *(abs(abs(x) - abs(y)) for x, y in zip(fresh, weights[k], strict=True)))
            weights[k], score[k] = fresh, standard(raw)
        if worst < 1e-12:
            break
    for k, own in blocks.items():
        if product(score[k], items[own[0]]) < 0:
            weights[k], score[k] = [-w for w in weights[k]], [-v for v in score[k]]
    paths, r2 = {}, {}
    for k in blocks:
        before = [s for s, e in arrows if e == k]
        if before:
            slopes = regress(score[k], [score[s] for s in before])
            paths |= {(s, k): b for s, b in zip(before, slopes, strict=True)}
            r2[k] = sum(b * product(score[k], score[s]) for s, b in zip(before, slopes, strict=True))
    loadings = {i: product(score[k], items[i]) for k, own in blocks.items() for i in own}
    return {
        "weights": weights,
        "score": score,
        "paths": paths,
        "r2": r2,
        "loadings": loadings,
        "items": items,
    }


def model_of(**extra: object) -> PathModel:
    mode = extra.pop("mode", {})
    given = {
        "construct": [{"name": k, "items": own, "mode": mode.get(k, "A")} for k, own in BLOCKS.items()],  # type: ignore[attr-defined]
        "path": [f"{s} -> {e}" for s, e in ARROWS],
    }
    model, problems = read_model(given | extra)
    assert model is not None, problems
    return model


@pytest.mark.parametrize("scheme", ["centroid", "factorial", "path"])
@pytest.mark.parametrize("mode", [{}, {"A": "B", "C": "B"}, dict.fromkeys(BLOCKS, "B")])
@pytest.mark.parametrize("seed", [1, 2])
def test_both_implementations_agree(scheme: str, mode: dict[str, str], seed: int):
    frame = world(seed)
    model = model_of(scheme=scheme, mode=mode)
    mine, _ = fit(prepare(frame, model)[0], model)  # type: ignore[arg-type]
    other = again(frame.to_dict(as_series=False), BLOCKS, ARROWS, scheme, mode)
    assert mine.converged
    for (s, e), b in other["paths"].items():
        assert mine.value("path", s, e) == pytest.approx(b, abs=1e-8)
    for k, own in BLOCKS.items():
        for i, w in zip(own, other["weights"][k], strict=True):
            assert mine.value("weight", i, k) == pytest.approx(w, abs=1e-8)
            assert mine.value("loading", i, k) == pytest.approx(other["loadings"][i], abs=1e-8)
    for k, value in other["r2"].items():
        assert mine.value("r2", k) == pytest.approx(value, abs=1e-8)
    # Every route from A to D is its own product, and they add up to the total effect.
    p = other["paths"]
    routes = {"A->B->D": p["A", "B"] * p["B", "D"], "A->C->D": p["A", "C"] * p["C", "D"],
              "A->B->C->D": p["A", "B"] * p["B", "C"] * p["C", "D"]}  # fmt: skip
    for route, value in routes.items():
        assert mine.value("indirect", route) == pytest.approx(value, abs=1e-8)
    assert mine.value("total", "A", "D") == pytest.approx(sum(routes.values()), abs=1e-8)


def test_the_consistent_estimate_is_the_textbook_formula():
    frame = world(3)
    model = model_of(consistent=True)
    mine, _ = fit(prepare(frame, model)[0], model)  # type: ignore[arg-type]
    other = again(frame.to_dict(as_series=False), BLOCKS, ARROWS, "path", {})
    rho = {}
    for k, own in BLOCKS.items():
        w, z = other["weights"][k], [other["items"][i] for i in own]
        pairs = [(i, j) for i in range(len(own)) for j in range(len(own)) if i != j]
        top = sum(w[i] * w[j] * product(z[i], z[j]) for i, j in pairs)
        bottom = sum((w[i] * w[j]) ** 2 for i, j in pairs)
        rho[k] = sum(v * v for v in w) ** 2 * top / bottom
    r = product(other["score"]["A"], other["score"]["B"]) / math.sqrt(rho["A"] * rho["B"])
    assert mine.value("path", "A", "B") == pytest.approx(r, abs=1e-8)  # one predecessor: the correlation
    w = other["weights"]["C"]
    wanted = math.sqrt(rho["C"]) * w[1] / sum(v * v for v in w)
    assert mine.value("loading", "c2", "C") == pytest.approx(wanted, abs=1e-8)


def test_two_stages_are_two_runs_and_their_criteria_are_of_the_second():
    frame = world(4)
    given = {
        "construct": [{"name": k, "items": own} for k, own in BLOCKS.items()]
        + [{"name": "W", "parts": ["A", "B"]}],
        "path": ["W -> C", "W -> D", "C -> D"],
        "bootstrap": 60,
    }
    found, problems = analyse(frame, given)
    assert found is not None, problems
    first = again(frame.to_dict(as_series=False), BLOCKS,
                  [("A", "C"), ("B", "C"), ("A", "D"), ("B", "D"), ("C", "D")], "path", {})  # fmt: skip
    blocks = {"C": BLOCKS["C"], "D": BLOCKS["D"], "W": ["[A]", "[B]"]}
    scores = frame.to_dict(as_series=False) | {f"[{k}]": first["score"][k] for k in "AB"}
    second = again(scores, blocks, [("W", "C"), ("W", "D"), ("C", "D")], "path", {})
    for (s, e), b in second["paths"].items():
        assert found.result.fit.value("path", s, e) == pytest.approx(b, abs=1e-8)
    tables = found.tables
    assert set(zip(tables["f2"]["source"], tables["f2"]["target"], strict=True)) == {
        ("W", "C"),
        ("W", "D"),
        ("C", "D"),
    }
    assert tables["reliability"]["construct"].to_list() == ["A", "B", "C", "D", "W"]
    # Without C -> D both stages are estimated again: the parts' composites adapt as well.
    below = again(frame.to_dict(as_series=False), BLOCKS,
                  [("A", "C"), ("B", "C"), ("A", "D"), ("B", "D")], "path", {})  # fmt: skip
    lesser = frame.to_dict(as_series=False) | {f"[{k}]": below["score"][k] for k in "AB"}
    alone = again(lesser, blocks, [("W", "C"), ("W", "D")], "path", {})["r2"]["D"]
    f2 = tables["f2"].filter((pl.col("source") == "C") & (pl.col("target") == "D"))["value"].item()
    assert f2 == pytest.approx((second["r2"]["D"] - alone) / (1 - second["r2"]["D"]), abs=1e-7)


def test_the_effect_of_a_path_whose_loss_leaves_its_construct_alone():
    """B -> D is B's only path: without it B leaves the model, and the others are estimated as if it were never there."""
    frame, arrows = world(12), [("A", "C"), ("C", "D"), ("A", "D"), ("B", "D")]
    given = {
        "construct": [{"name": k, "items": own} for k, own in BLOCKS.items()],
        "path": [f"{s} -> {e}" for s, e in arrows],
        "bootstrap": 60,
    }
    found, problems = analyse(frame, given)
    assert found is not None, problems
    data = frame.to_dict(as_series=False)
    whole = again(data, BLOCKS, arrows, "path", {})["r2"]["D"]
    blocks = {k: own for k, own in BLOCKS.items() if k != "B"}
    without = again(data, blocks, arrows[:3], "path", {})["r2"]["D"]
    told = {(r["source"], r["target"]): r["value"] for r in found.tables["f2"].iter_rows(named=True)}
    assert told["B", "D"] == pytest.approx((whole - without) / (1 - whole), abs=1e-8)
    only = again(data, BLOCKS, arrows, "path", {})["r2"]["C"]
    assert told["A", "C"] == pytest.approx(only / (1 - only), abs=1e-8)


def test_criteria_by_hand():
    frame = world(5)
    model = model_of()
    found, _ = analyse(frame, {"construct": [{"name": k, "items": own} for k, own in BLOCKS.items()],
                               "path": [f"{s} -> {e}" for s, e in ARROWS], "bootstrap": 60})  # fmt: skip
    assert found is not None
    other = again(frame.to_dict(as_series=False), BLOCKS, ARROWS, model.scheme, {})
    load = [other["loadings"][i] for i in BLOCKS["C"]]
    row = found.tables["reliability"].filter(pl.col("construct") == "C").row(0, named=True)
    assert row["ave"] == pytest.approx(sum(v * v for v in load) / 4, abs=1e-8)
    assert row["rho_c"] == pytest.approx(
        sum(load) ** 2 / (sum(load) ** 2 + sum(1 - v * v for v in load)), abs=1e-8
    )
    z = other["items"]
    inside = {
        k: [abs(product(z[i], z[j])) for n, i in enumerate(own) for j in own[n + 1 :]]
        for k, own in BLOCKS.items()
    }
    cross = [abs(product(z[i], z[j])) for i in BLOCKS["A"] for j in BLOCKS["C"]]
    mean = {k: sum(v) / len(v) for k, v in inside.items()}
    wanted = sum(cross) / len(cross) / math.sqrt(mean["A"] * mean["C"])
    shown = (
        found.tables["htmt"].filter((pl.col("source") == "A") & (pl.col("target") == "C"))["estimate"].item()
    )
    assert shown == pytest.approx(wanted, abs=1e-8)
    r = product(other["score"]["A"], other["score"]["B"])
    vif = (
        found.tables["inner_vif"]
        .filter((pl.col("source") == "A") & (pl.col("target") == "C"))["value"]
        .item()
    )
    assert vif == pytest.approx(1 / (1 - r * r), abs=1e-8)


def exact(covariance, names, n=400, seed=3):
    """Answers whose sample covariance is the given one to the last digit."""
    draws = np.random.default_rng(seed).normal(size=(n, len(names)))
    draws -= draws.mean(axis=0)
    whitened = draws @ np.linalg.inv(np.linalg.cholesky(draws.T @ draws / n)).T
    return pl.DataFrame(whitened @ np.linalg.cholesky(covariance).T, schema=names)


def hierarchy():
    """A population: common factor W behind the factors A, B, C (loadings .8, .7, .6), W -> D with path .5."""
    above = np.array([0.8, 0.7, 0.6])
    factors = np.eye(4)
    factors[:3, :3] = np.outer(above, above) + np.diag(1 - above**2)
    factors[3, :3] = factors[:3, 3] = 0.5 * above
    loading = np.zeros((12, 4))
    for j, own in enumerate(([0.9, 0.6, 0.7], [0.5, 0.8, 0.7], [0.6, 0.6, 0.9], [0.7, 0.8, 0.6])):
        loading[3 * j : 3 * j + 3, j] = own
    covariance = loading @ factors @ loading.T
    np.fill_diagonal(covariance, 1.0)
    names = [f"{k}{i}" for k in "abcd" for i in (1, 2, 3)]
    return factors, exact(covariance, names)


def hierarchy_spec(mode, **more):
    items = {k.upper(): [f"{k}{i}" for i in (1, 2, 3)] for k in "abcd"}
    return {
        "construct": [{"name": k, "items": own} for k, own in items.items()]
        + [{"name": "W", "parts": ["A", "B", "C"], "mode": mode}],
        "path": ["W -> D"],
        "consistent": True,
        "bootstrap": 60,
    } | more


def test_consistent_second_stage_recovers_a_population_with_a_common_factor_above_factors():
    _, frame = hierarchy()
    found, problems = analyse(frame, hierarchy_spec("A"))
    assert found is not None and not [p for p in problems if p.severity == "error"], problems
    assert found.result.fit.value("path", "W", "D") == pytest.approx(0.5, abs=1e-6)
    for part, wanted in (("[A]", 0.8), ("[B]", 0.7), ("[C]", 0.6)):
        assert found.result.fit.value("loading", part, "W") == pytest.approx(wanted, abs=1e-6)


def test_consistent_second_stage_recovers_a_whole_that_its_factors_form():
    factors, frame = hierarchy()
    found, _ = analyse(frame, hierarchy_spec("B"))
    assert found is not None
    # Formed by its parts, the whole explains what the regression of D on the three factors explains.
    slope = np.linalg.solve(factors[:3, :3], factors[:3, 3])
    explained = float(slope @ factors[:3, 3])
    assert found.result.fit.value("r2", "D") == pytest.approx(explained, abs=1e-6)
    plain, _ = analyse(frame, hierarchy_spec("B", consistent=False))
    assert plain is not None and plain.result.fit.value("r2", "D") < 0.8 * explained


def test_no_second_stage_where_the_reliabilities_of_the_first_are_beyond_one():
    frame = world(4).with_columns(a1=pl.col("a2") * -1.0)
    given = {
        "construct": [{"name": k, "items": own} for k, own in BLOCKS.items()]
        + [{"name": "W", "parts": ["A", "B"]}],
        "path": ["W -> C", "W -> D"],
        "consistent": True,
        "bootstrap": 20,
    }
    found, problems = analyse(frame, given)
    assert found is None and "path_model.second_stage_refused" in {p.code for p in problems}


def test_the_index_of_a_whole_is_the_mean_of_its_answers_own_indices():
    _, frame = hierarchy()
    scaled = frame.select((pl.all() * 1.2 + 5.5).round(0).clip(1, 10))
    scaled = scaled.with_columns(half=pl.int_range(pl.len()) % 2)
    given = hierarchy_spec("A", scale=[1, 10], consistent=False, groups=["half"], target="W")
    given |= {
        "construct": [*given["construct"][:-1], {"name": "W", "parts": ["A", "B", "C"]}],
        "path": ["D -> W"],
    }
    found, problems = analyse(scaled, given)
    assert found is not None, problems
    fit_ = found.result.fit
    assert {n.source for n in fit_.names if n.kind == "index"} == {"A", "B", "C", "D", "W"}
    # By hand: the whole's weights of its parts times the parts' weights of their items.
    weight = {}
    for part in "ABC":
        for k in (1, 2, 3):
            item = f"{part.lower()}{k}"
            own = fit_.lower.value("weight", item, part) * fit_.value("weight", f"[{part}]", "W")
            weight[item] = own / float(scaled[item].std(ddof=0))
    whole = sum(weight.values())
    wanted = sum(w / whole * 100 * (float(scaled[item].mean()) - 1) / 9 for item, w in weight.items())
    assert fit_.value("index", "W") == pytest.approx(wanted, abs=1e-9)
    halves = found.tables["index_by_half"]
    assert float(halves["index"].mean()) == pytest.approx(wanted, abs=1e-9)
    assert "W" not in found.tables["importance_performance"]["construct"].to_list()
    verdict = found.tables["invariance_by_half"]
    assert set(verdict["invariance"]) <= {"none", "partial", "full"} and verdict["configural"].all()


def test_micom_says_what_may_be_compared():
    rows = pl.DataFrame({"construct": ["A", "B", "C", "D"], "p_value": [0.01, 0.4, 0.4, None]}, strict=False)
    equal = pl.DataFrame(
        {
            "construct": ["A", "B", "C", "D"],
            "mean_p": [0.9, 0.9, 0.02, 0.5],
            "variance_p": [0.9, 0.5, 0.5, 0.5],
        }
    )
    found = dict(verdicts(rows, equal).select("construct", "invariance").iter_rows())
    assert found == {"A": "none", "B": "full", "C": "partial", "D": None}
    assert may_compare(("B", "C"), found) and not may_compare(("A", "B"), found)
    assert not may_compare(("B", "D"), found)


def test_groups_compared_are_groups_fitted_apart():
    """The numbers permutations are held against (MICOM's two statistics, paths of both groups), written apart."""
    frame = world(9, 240).with_columns(side=pl.Series(["x", "y", "y"] * 80))
    given = {
        "construct": [{"name": k, "items": own} for k, own in BLOCKS.items()],
        "path": [f"{s} -> {e}" for s, e in ARROWS],
        "groups": ["side"],
        "bootstrap": 100,
    }
    found, problems = analyse(frame, given)
    assert found is not None, problems
    whole = frame.drop("side").to_dict(as_series=False)
    halves = {g: frame.filter(pl.col("side") == g).drop("side").to_dict(as_series=False) for g in "xy"}
    fits = {g: again(data, BLOCKS, ARROWS, "path", {}) for g, data in halves.items()}
    pooled = again(whole, BLOCKS, ARROWS, "path", {})

    def spread(column: list[float]) -> float:
        mean = sum(column) / len(column)
        return math.sqrt(sum((v - mean) ** 2 for v in column) / len(column))

    step2 = {r["construct"]: r for r in found.tables["composition_by_side"].iter_rows(named=True)}
    step3 = {r["construct"]: r for r in found.tables["equality_by_side"].iter_rows(named=True)}
    for k, own in BLOCKS.items():
        scores = []
        for g in "xy":
            raw = [w / spread(halves[g][i]) for w, i in zip(fits[g]["weights"][k], own, strict=True)]
            scores.append(standard(mix([whole[i] for i in own], raw)))
        assert step2[k]["correlation"] == pytest.approx(product(*scores), abs=1e-8)
        of = {g: [v for v, s in zip(pooled["score"][k], frame["side"], strict=True) if s == g] for g in "xy"}
        means = [sum(of[g]) / len(of[g]) for g in "xy"]
        assert step3[k]["mean_difference"] == pytest.approx(means[0] - means[1], abs=1e-8)
        log = 2 * math.log(spread(of["x"]) / spread(of["y"]))
        assert step3[k]["log_variance_difference"] == pytest.approx(log, abs=1e-8)
        assert 0 < step2[k]["p_value"] <= 1 and 0 < step3[k]["mean_p"] <= 1
    for r in found.tables["paths_by_side"].iter_rows(named=True):
        ends = (r["source"], r["target"])
        assert [r["first"], r["second"]] == pytest.approx([fits[g]["paths"][ends] for g in "xy"], abs=1e-8)
