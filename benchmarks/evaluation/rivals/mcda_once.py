"""Seconds of composite indices by pymcdm.

``mcda_once.py draws``: one draw of a loop of TOPSIS and VIKOR. ``mcda_once.py six``: six indices, TOPSIS and VIKOR
under equal, entropy and CRITIC weights.
"""

import sys
import time

import numpy as np
from pymcdm import weights as w
from pymcdm.methods import TOPSIS, VIKOR

rng = np.random.default_rng(1)
matrix, types = rng.random((91, 42)) + 0.1, np.where(np.arange(42) % 3 == 0, -1, 1)
methods = (TOPSIS(), VIKOR())


def six() -> None:
    for kind in (w.equal_weights, w.entropy_weights, w.critic_weights):
        weights = kind(matrix)
        for method in methods:
            method(matrix, weights, types)


if sys.argv[1] == "six":
    six()
    begun = time.perf_counter()
    for _ in range(20):
        six()
    print((time.perf_counter() - begun) / 20)
else:
    draws = rng.dirichlet(np.ones(42), int(sys.argv[1]))
    begun = time.perf_counter()
    for method in methods:
        for weights in draws:
            method(matrix, weights, types)
    print((time.perf_counter() - begun) / len(draws))
