"""Seconds for one cut-off setting of mpitb with its survey errors: ``mpi_once.py people.csv``."""

import sys
import time

import pandas as pd
from mpitb.core import MPIToolbox

data = pd.read_csv(sys.argv[1])
names = [c for c in data.columns if c.startswith("d_")]
mpi = MPIToolbox()
mpi.set(
    name="t",
    description="t",
    dimensions=[(names[:2], "a"), (names[2:4], "b"), (names[4:], "c")],
    replace=True,
)
begun = time.perf_counter()
mpi.est(df=data, name="t", klist=[33], weights="equal", svy=False, lframe="r")
print(time.perf_counter() - begun)
