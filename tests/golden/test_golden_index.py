"""AHP, TOPSIS, VIKOR, CRITIC and grey relation against published worked examples."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from resettle.methods.index import ranking, weights

pytestmark = pytest.mark.shared
SHARED = Path(os.environ.get("RESETTLE_SHARED", "../shared")) / "data"

# Investment and output of a region, 1979-1983. The hand-over holds the printed degrees of this example but not its
# input: these numbers were recalled from Chinese modelling textbooks, and the last of the fifth row (27.655) was fitted
# until the degrees came out. Thirty degrees to 12 digits hang on one fitted number, so the formula is held; that the
# input is the printed one is likely and not proved.
INVESTMENT = [
    [308.58, 310, 295, 346, 367],
    [195.4, 189.9, 187.2, 205, 222.7],
    [24.6, 21, 12.2, 15.1, 14.57],
    [20, 25.6, 23.3, 29.2, 30],
    [18.98, 19, 22.3, 23.5, 27.655],
]
OUTPUT = [
    [170, 174, 197, 216.4, 235.58],
    [57.55, 70.74, 76.8, 80.7, 89.85],
    [88.56, 70, 85.38, 99.83, 103.4],
    [11.19, 13.28, 16.82, 18.9, 22.8],
    [4.03, 4.26, 4.34, 5.06, 5.78],
    [13.7, 15.6, 13.77, 11.98, 13.95],
]


@pytest.fixture(scope="module")
def worked() -> dict:
    return json.loads((SHARED / "evaluation" / "mcda" / "worked_examples.json").read_text(encoding="utf-8"))


def test_ahp_of_saaty(worked: dict):
    case = worked["ahp_saaty2008_drinks"]
    found = weights.judge(np.array(case["matrix"]))
    np.testing.assert_allclose(found.weights, case["published_weights"], atol=6e-4)
    np.testing.assert_allclose(found.weights, case["recomputed_weights"], atol=1e-12)
    assert found.ratio == pytest.approx(case["published_CR"], abs=5e-4)
    assert found.largest == pytest.approx(case["recomputed_lambda"], abs=1e-10)


def test_ahp_hierarchy_of_jiang(worked: dict):
    case = worked["ahp_jiang_tourism"]
    top = weights.judge(np.array(case["A"]))
    np.testing.assert_allclose(top.weights, case["published_w_A"], atol=5e-9)
    assert top.ratio == pytest.approx(case["published_CR_A"], abs=5e-9)
    leaves = [weights.judge(np.array(b)) for b in case["B"]]
    for leaf, ratio, column in zip(
        leaves, case["published_CR_B"], case["published_W_B_columns"], strict=True
    ):
        assert leaf.ratio == pytest.approx(ratio, abs=5e-9)
        np.testing.assert_allclose(leaf.weights, column, atol=5e-8)
    total = sum(w * leaf.weights for w, leaf in zip(top.weights, leaves, strict=True))
    np.testing.assert_allclose(total, case["eigenvector_total"], atol=1e-12)
    other = weights.judge(np.array(case["A"]), "sum")
    np.testing.assert_allclose(other.weights, case["sum_method_w_A"], atol=1e-12)


def test_topsis_of_tzeng_and_huang(worked: dict):
    case = worked["topsis_tzeng2011"]
    found = ranking.topsis(
        np.array(case["matrix"], float), np.array(case["weights"]), np.array(case["objectives"])
    )
    np.testing.assert_allclose(found[0], case["published_similarity"], atol=5e-5)
    assert ranking.ranks(found)[0].tolist() == case["rank"]


def test_vikor_of_opricovic_and_tzeng(worked: dict):
    case = worked["vikor_opricovic2007_hydropower_relocation"]
    matrix, direction = np.array(case["matrix"]), np.array(case["objectives"])
    every = np.array([c["weights"] for c in case["cases"]], dtype=float)
    s, r, q = ranking.vikor(matrix, every, direction, case["v"])
    for k, c in enumerate(case["cases"]):
        for mine, name in ((s, "S"), (r, "R"), (q, "Q")):
            np.testing.assert_allclose(mine[k], c["recomputed"][name], atol=1e-12)
            np.testing.assert_allclose(mine[k], c[name], atol=6e-4)
        chosen = {f"A{i + 1}" for i in ranking.compromise(s[k], r[k], q[k])}
        assert chosen == set(c["compromise"])


def test_critic_of_diakoulaki(worked: dict):
    case = worked["critic_diakoulaki1995"]
    share = weights.normalise(np.array(case["matrix"], float), np.ones(3))
    np.testing.assert_allclose(weights.critic(share), case["weights"], atol=5e-9)


def test_grey_relation_of_five_investments_recalled(worked: dict):
    case = worked["gra_investment"]
    mine = np.stack([ranking.grey_relation(np.array(o), np.array(INVESTMENT)) for o in OUTPUT], axis=1)
    np.testing.assert_allclose(mine, case["recomputed"], atol=1e-12)
    np.testing.assert_allclose(mine, case["published"], atol=5.1e-4)
