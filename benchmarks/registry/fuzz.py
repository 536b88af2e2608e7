"""Mutated workbooks, by bytes and by cells: no crash, no hang, no lost row.

python -m benchmarks.registry.fuzz SECONDS [SEED]
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from pathlib import Path

from tests.ground.registry.rosters import HEADS, answered, households, workbook

ODD = [
    "",
    "=1+1",
    "合计",
    "户主",
    "12",
    "农历腊月",
    "\x0b",
    "9" * 18,
    "-1",
    "1e400",
    "NaN",
    "王" * 500,
    10**17,
    -3.5,
    None,
]


def mutated_cells(chance: random.Random, path: Path) -> None:
    """A sound roster in which some cells, heads and rows are put wrong."""
    heads, rows = list(HEADS), households(6)
    for _ in range(chance.randrange(12)):
        chance.choice(rows)[chance.randrange(len(heads))] = chance.choice(ODD)
    if chance.random() < 0.3:
        heads[chance.randrange(len(heads))] = chance.choice([*HEADS, "x", ""])
    if chance.random() < 0.3:
        chance.shuffle(rows)
    workbook(path, rows, heads, chance.choice([None, "某县花名册"]))


def mutated_bytes(chance: random.Random, path: Path) -> None:
    """A sound file in which some bytes are changed, dropped or doubled."""
    workbook(path, households(4))
    raw = bytearray(path.read_bytes())
    for _ in range(1 + chance.randrange(20)):
        at = chance.randrange(len(raw))
        kind = chance.random()
        if kind < 0.7:
            raw[at] = chance.randrange(256)
        elif kind < 0.85:
            del raw[at : at + chance.randrange(1, 60)]
        else:
            raw[at:at] = raw[at : at + 30]
    path.write_bytes(bytes(raw))


def main() -> None:
    seconds = float(sys.argv[1])
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    chance = random.Random(seed)
    end, count, slowest, read = time.monotonic() + seconds, 0, 0.0, 0
    with tempfile.TemporaryDirectory() as folder:
        path, out = Path(folder) / "r.xlsx", Path(folder) / "problems.xlsx"
        while time.monotonic() < end:
            chance.choice([mutated_cells, mutated_bytes])(chance, path)
            start = time.monotonic()
            try:
                # The balance is asserted inside.
                _, _, result = answered(path, out=out)
            except BaseException:
                Path(f"fuzz-{seed}-{count}.xlsx").write_bytes(path.read_bytes())
                raise
            slowest = max(slowest, time.monotonic() - start)
            read += result.counts["read"]
            count += 1
    print(f"{count} workbooks, {read} rows read, slowest {slowest:.2f} s, seed {seed}")


if __name__ == "__main__":
    main()
