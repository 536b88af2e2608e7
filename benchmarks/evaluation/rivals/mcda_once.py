"""Seconds for a loop of TOPSIS and VIKOR over weight draws: ``mcda_once.py draws``."""

import sys
import time

import numpy as np
from pymcdm.methods import TOPSIS, VIKOR

rng = np.random.default_rng(1)
matrix, types = rng.random((91, 42)) + 0.1, np.where(np.arange(42) % 3 == 0, -1, 1)
draws = rng.dirichlet(np.ones(42), int(sys.argv[1]))
begun = time.perf_counter()
for method in (TOPSIS(), VIKOR()):
    for weights in draws:
        method(matrix, weights, types)
print((time.perf_counter() - begun) / len(draws))
