"""MICOM where its numbers are known before anything is computed.

The population is the example in which one composite is made of the same two items in two ways, weights (0.4, 0.8) and
(0.8, 0.4), items correlated 0.3125 (documentation of cSEM's ``testMICOM``): the two composites then correlate 0.89.
"""

from __future__ import annotations

import itertools

import numpy as np
import polars as pl
import pytest

from resettle.methods.path_model.analysis import analyse

BETWEEN = np.array([[1.0, 0.3125], [0.3125, 1.0]])
WEIGHTS = {"one": np.array([0.4, 0.8]), "two": np.array([0.8, 0.4])}
ROWS = {"one": 400, "two": 200}
PATH = 0.6


def exactly(covariance: np.ndarray, n: int, seed: int) -> np.ndarray:
    """n rows whose mean is 0 and whose covariance (divided by n) is the given one, not only nearly."""
    drawn = np.random.default_rng(seed).normal(size=(n, len(covariance)))
    drawn -= drawn.mean(axis=0)
    white = drawn @ np.linalg.inv(np.linalg.cholesky(drawn.T @ drawn / n)).T
    return white @ np.linalg.cholesky(covariance).T


def both(stretch: float = 1.0, shift: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> pl.DataFrame:
    """Both groups; the second's items made ``stretch`` times as wide and moved by ``shift``."""
    parts = []
    for k, (group, weights) in enumerate(WEIGHTS.items()):
        own = np.eye(3)
        own[:2, :2] = BETWEEN
        own[2, :2] = own[:2, 2] = PATH * BETWEEN @ weights
        rows = exactly(own, ROWS[group], k)
        rows = rows * stretch + np.array(shift) if group == "two" else rows
        parts.append(pl.DataFrame(rows, schema=["x1", "x2", "y1"]).with_columns(side=pl.lit(group)))
    return pl.concat(parts)


def compared(frame: pl.DataFrame, **more: object) -> dict[str, dict[str, dict[str, float]]]:
    given = {
        "construct": [{"name": "X", "items": ["x1", "x2"], "mode": "B"}, {"name": "Y", "items": ["y1"]}],
        "path": ["X -> Y"],
        "groups": ["side"],
        "bootstrap": 1000,
    }
    found, problems = analyse(frame, given | more)
    assert found is not None, problems
    names = {
        "composition": "construct",
        "equality": "construct",
        "paths": "source",
        "invariance": "construct",
    }
    return {t: {r[key]: r for r in found.tables[f"{t}_by_side"].to_dicts()} for t, key in names.items()}


def test_two_ways_to_make_a_composite_correlate_as_derived():
    found = compared(both())
    w1, w2 = WEIGHTS.values()
    assert w1 @ BETWEEN @ w2 == pytest.approx(0.89) and w1 @ BETWEEN @ w1 == pytest.approx(1.0)
    assert found["composition"]["X"]["correlation"] == pytest.approx(0.89, abs=1e-8)
    assert found["composition"]["Y"]["correlation"] == pytest.approx(1.0, abs=1e-12)
    assert found["composition"]["X"]["p_value"] < 0.01 and found["invariance"]["X"]["invariance"] == "none"
    assert found["invariance"]["Y"]["invariance"] == "full"
    assert found["paths"]["X"]["first"] == pytest.approx(PATH, abs=1e-8)
    assert found["paths"]["X"]["second"] == pytest.approx(PATH, abs=1e-8)
    for name in "XY":
        assert found["equality"][name]["mean_difference"] == pytest.approx(0.0, abs=1e-8)
        assert found["equality"][name]["log_variance_difference"] == pytest.approx(0.0, abs=1e-8)


def test_a_wider_group_changes_the_variance_and_not_how_the_composite_is_made():
    found = compared(both(stretch=2.0))
    assert found["composition"]["X"]["correlation"] == pytest.approx(0.89, abs=1e-8)
    for name in "XY":
        wanted = -2 * np.log(2)
        assert found["equality"][name]["log_variance_difference"] == pytest.approx(wanted, abs=1e-8)
        assert found["equality"][name]["mean_difference"] == pytest.approx(0.0, abs=1e-8)
        assert found["equality"][name]["variance_p"] < 0.01


def test_a_moved_group_changes_the_mean_as_derived():
    moved = np.array([0.5, 0.3, 0.8])
    found = compared(both(shift=tuple(moved)))
    share = np.array([ROWS[g] for g in WEIGHTS]) / sum(ROWS.values())
    within_xy = PATH * sum(s * BETWEEN @ w for s, w in zip(share, WEIGHTS.values(), strict=True))
    apart = share[0] * share[1]
    pooled = BETWEEN + apart * np.outer(moved[:2], moved[:2])
    raw = np.linalg.solve(pooled, within_xy + apart * moved[:2] * moved[2])
    raw /= np.sqrt(raw @ pooled @ raw)
    assert found["equality"]["X"]["mean_difference"] == pytest.approx(-raw @ moved[:2], abs=1e-8)
    assert found["equality"]["X"]["log_variance_difference"] == pytest.approx(0.0, abs=1e-8)
    wanted = -moved[2] / np.sqrt(1 + apart * moved[2] ** 2)
    assert found["equality"]["Y"]["mean_difference"] == pytest.approx(wanted, abs=1e-8)
    # The group's own weights do not feel where its answers lie; the pooled answers they are laid over do.
    w1, w2 = WEIGHTS.values()
    c = w1 @ pooled @ w2 / np.sqrt((w1 @ pooled @ w1) * (w2 @ pooled @ w2))
    assert found["composition"]["X"]["correlation"] == pytest.approx(c, abs=1e-8)


def test_p_values_are_those_of_all_ways_to_deal_eight_villages():
    """Villages change places whole. With single items the three statistics can be written down, so that all 70 ways to
    deal eight villages into two groups of four give the p-values the permutations estimate."""
    rng = np.random.default_rng(5)
    village = np.repeat(np.arange(8), 12)
    x = rng.normal(size=96) + 0.7 * rng.normal(size=8)[village] + 0.4 * (village < 4)
    y = 0.5 * x + rng.normal(size=96) * np.where(village < 4, 1.0, 1.4)
    frame = pl.DataFrame({"x1": x, "y1": y, "village": village, "side": np.where(village < 4, "one", "two")})
    plain = {
        "construct": [{"name": "X", "items": ["x1"]}, {"name": "Y", "items": ["y1"]}],
        "cluster": "village",
    }
    found = compared(frame, **plain)

    def statistics(ours: tuple[int, ...]) -> list[float]:
        a = np.isin(village, ours)
        return [
            abs(x[a].mean() - x[~a].mean()),
            abs(np.log(y[a].var() / y[~a].var())),
            abs(np.corrcoef(x[a], y[a])[0, 1] - np.corrcoef(x[~a], y[~a])[0, 1]),
        ]

    dealt = np.array([statistics(ours) for ours in itertools.combinations(range(8), 4)])
    exact = (dealt >= dealt[0] - 1e-12).mean(axis=0)
    told = [
        found["equality"]["X"]["mean_p"],
        found["equality"]["Y"]["variance_p"],
        found["paths"]["X"]["p_value"],
    ]
    # A thousand draws: four standard errors, and one thousandth for the sample itself being counted.
    for estimated, true in zip(told, exact, strict=True):
        assert estimated == pytest.approx(true, abs=4 * np.sqrt(true * (1 - true) / 1000) + 0.001)
        assert 0.02 < true < 1
