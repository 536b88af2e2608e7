"""Time of one reform over a registry that is loaded: processor time, and the clock beside it.

``python benchmarks/whatif.py FOLDER [ROUNDS]``: FOLDER is a programme that has been run (``resettle demo``). Only
registered households are kept, as many as the county programme of the paper had. Processor time counts all threads, so
it does not shrink by using both cores, and other work on the machine hardly moves it.
"""

from __future__ import annotations

import statistics
import sys
import time
from datetime import date
from pathlib import Path

import polars as pl

from resettle.journey.inputs import pack_of
from resettle.journey.programme import load_programme
from resettle.journey.reform_book import book_of
from resettle.journey.reforms import Reform
from resettle.journey.results import read_results
from resettle.journey.whatif import Registry, try_reform


def main(folder: Path, rounds: int) -> None:
    programme, _ = load_programme(folder)
    pack = pack_of(programme)
    tables = read_results(folder)
    tables["household"] = tables["household"].filter(pl.col("household_class") == "registered_poor")
    kept = tables["household"].select("household_id")
    tables["person"] = tables["person"].join(kept, on="household_id", how="semi")
    registry = Registry(pack, tables, programme.as_of, programme.scope)
    print(f"{kept.height} households, {tables['person'].height} persons, {rounds} rounds")
    tried = [
        Reform("area for everybody", parameters={"area_per_person_dm2": 3000}),
        Reform("another day", as_of=date(2019, 1, 1)),
        *(stated.reform for stated in book_of(pack)[1]),
    ]
    for reform in tried:
        spent, clock = [], []
        for _ in range(rounds):
            start, begun = time.process_time(), time.perf_counter()
            outcome, problems = try_reform(registry, reform)
            spent.append(1000 * (time.process_time() - start))
            clock.append(1000 * (time.perf_counter() - begun))
            if outcome is None:
                raise SystemExit(f"{reform.name}: {problems}")
        print(
            f"{reform.name}: processor {statistics.median(spent):.0f} ms (at most {max(spent):.0f}),"
            f" clock {statistics.median(clock):.0f} ms"
        )
    registry.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 9)
