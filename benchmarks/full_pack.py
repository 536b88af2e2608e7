"""Every rule of a pack over a million synthetic persons in the embedded engine. Prints seconds and processor seconds as JSON.

python benchmarks/full_pack.py [--pack cn_luoyang] [--day 2016-06-01] [--persons 1000000] [--missing 0.02]

Every column of the pack's tables is drawn inside its contract, a share of the cells is missing and lists are unfinished
as often (0: nothing is). The time is that of ``evaluate``: from frames in memory, checked against their contract, to a
frame of results for each table.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from datetime import date

import numpy as np
import polars as pl

from resettle.policy import evaluate, load_pack
from resettle.policy.names import RowTable
from resettle.tables import POLARS_TYPE, Column

EPOCH = date(1970, 1, 1).toordinal()


def drawn(column: Column, rows: int, rng: np.random.Generator, missing: float) -> pl.Series:
    """A column's values inside its contract, a share of them missing."""
    if column.kind == "boolean":
        values = pl.Series(rng.random(rows) < (1.0 if column.name.endswith("_listed") else 0.5))
    elif column.kind == "integer":
        high = column.high if column.high is not None else 10**6
        values = pl.Series(rng.integers(column.low or 0, high, rows, endpoint=True))
    elif column.kind == "date":
        first, last = (date(y, 1, 1).toordinal() - EPOCH for y in (1930, 2015))
        values = pl.Series(rng.integers(first, last, rows).astype(np.int32)).cast(pl.Date)
    elif column.kind == "text":
        texts = pl.Series([str(v) for v in column.allowed or ("a", "b", "c")])
        values = texts.gather(rng.integers(0, len(texts), rows))
    else:
        values = pl.Series(rng.random(rows))
    if missing:
        values = values.scatter(np.flatnonzero(rng.random(rows) < missing), None)
    return values.cast(POLARS_TYPE[column.kind]).alias(column.name)


def table(info: RowTable, rows: int, rng: np.random.Generator, missing: float) -> pl.DataFrame:
    """A table whose rows are numbered; who belongs to whom is drawn by the caller."""
    frame = pl.DataFrame([drawn(c, rows, rng, missing) for c in info.table.columns])
    letter = info.table.name[0]
    ids = letter + pl.Series(np.arange(rows)).cast(pl.String).str.zfill(8)
    return frame.with_columns(ids.alias(info.key))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--pack", default="cn_luoyang")
    parser.add_argument("--day", default="2016-06-01")
    parser.add_argument("--persons", type=int, default=1_000_000)
    parser.add_argument("--missing", type=float, default=0.02)
    asked = parser.parse_args()
    pack, _ = load_pack(asked.pack)
    rng = np.random.default_rng(5)
    houses = asked.persons * 3 // 10
    sizes = {"village": houses // 100, "household": houses, "person": asked.persons}
    tables = {
        n: table(i, sizes.get(n, asked.persons // 10), rng, asked.missing) for n, i in pack.tables.items()
    }
    for name, info in pack.tables.items():
        if info.parent:
            owner = tables[info.parent].get_column(pack.tables[info.parent].key)
            place = rng.integers(0, owner.len(), tables[name].height)
            tables[name] = tables[name].with_columns(owner.gather(place).alias(info.link))
    start, cpu = time.perf_counter(), time.process_time()
    results, _ = evaluate(pack, tables, date.fromisoformat(asked.day))
    seconds, used = time.perf_counter() - start, time.process_time() - cpu
    print(
        json.dumps(
            {
                "pack": asked.pack,
                "persons": asked.persons,
                "missing": asked.missing,
                "rules": sum(sum(c not in tables[t] for c in f.columns) for t, f in results.items()),
                "seconds": round(seconds, 2),
                "cpu": round(used, 2),
                "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            }
        )
    )


if __name__ == "__main__":
    main()
