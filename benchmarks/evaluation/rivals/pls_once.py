"""Seconds for refits of a 250 x 24 ACSI model from raw data: ``pls_once.py plspm|openpls answers.csv count``."""

import importlib
import sys
import time

import pandas as pd

name, path, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
config_module = importlib.import_module(f"{name}.config")
Plspm = importlib.import_module(f"{name}.plspm").Plspm
Scheme = importlib.import_module(f"{name}.scheme").Scheme
Mode = importlib.import_module(f"{name}.mode").Mode
data = pd.read_csv(path)
structure = config_module.Structure()
structure.add_path(["I"], ["E", "S", "L"])
structure.add_path(["E"], ["Q", "V", "S"])
structure.add_path(["Q"], ["V", "S"])
structure.add_path(["V"], ["S"])
structure.add_path(["S"], ["C", "L"])
structure.add_path(["C"], ["L"])
config = config_module.Config(structure.path(), scaled=False)
for lv in "IEQVSCL":
    config.add_lv_with_columns_named(lv, Mode.A, data, lv.lower())
Plspm(data, config, Scheme.PATH)
begun = time.perf_counter()
for seed in range(count):
    Plspm(data.sample(len(data), replace=True, random_state=seed).reset_index(drop=True), config, Scheme.PATH)
print((time.perf_counter() - begun) / count)
