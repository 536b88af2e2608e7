"""Are explanations faithful? Ten thousand random households of each pack; writes docs/reference/faithful.md.

Run from the project's folder: python benchmarks/policy/faithful.py [households [pack ...]]. About two minutes of one core.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests" / "ground" / "policy"))

from faithful import Fault, counted  # noqa: E402

HEAD = """# Are explanations faithful?
Random households of a pack are asked why one of their results is as it is, the pack's results in turn; half of the
households with nothing missing, half with a tenth of all cells missing. Then every input the result read is changed:
through its whole list of values, or to its ends and drawn values between. What is named must change the result, what
is not named must not. Of an unknown result the unknown inputs are tried, each of which is named if one value of it
would make the result known. Written by `benchmarks/policy/faithful.py`, a pack's row each time it is measured; a
sample runs with every test, 10,000 households of each pack with `make test-slow`.

| Pack | Households | of which unknown | Named, and changes it | Not named, and never does | Named, changes nothing | Changes it, not named |
|---|---|---|---|---|---|---|
"""
PART = 1_000
"""Households drawn at a time, each part with seeds of its own."""
PAGE = ROOT / "docs" / "reference" / "faithful.md"
KINDS = (
    "results",
    "unknown results",
    "named, changes",
    "not named, stays",
    "named, stays",
    "not named, changes",
)


def main(households: int, packs: list[str]) -> int:
    """Measure the packs named; the rows of other packs stay as they were measured."""
    faults: list[Fault] = []
    rows = {}
    if PAGE.exists():
        rows = {
            r.split("`")[1]: r for r in PAGE.read_text(encoding="utf-8").splitlines() if r.startswith("| `")
        }
    for name in packs:
        counts: Counter[str] = Counter()
        for part in range(0, households, PART):
            for missing, seed in ((0.0, 11), (0.1, 12)):
                found, faulty, _ = counted(name, min(PART, households - part) // 2, seed + 2 * part, missing)
                counts += found
                faults += faulty
        rows[name] = f"| `{name}` | " + " | ".join(f"{counts[k]:,}" for k in KINDS) + " |"
        print(rows[name], faults[:20], flush=True)
    PAGE.write_text(HEAD + "\n".join(rows[name] for name in sorted(rows)) + "\n", encoding="utf-8")
    return int(bool(faults))


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    sys.exit(main(count, sys.argv[2:] or ["cn_luoyang", "peach_spring"]))
