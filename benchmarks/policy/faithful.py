"""Are explanations faithful? Ten thousand random households of each pack; writes docs/reference/faithful.md.

Run from the project's folder: python benchmarks/policy/faithful.py [households]. About ten minutes of one core.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests" / "ground" / "policy"))

from faithful import Fault, counted  # noqa: E402

HEAD = """# Are explanations faithful?
Each of {households:,} random households of a pack is asked why one of its results is as it is, the pack's {results}
results in turn; half of the households with nothing missing, half with a tenth of all cells missing. Then every input
the result read is changed: through its whole list of values, or to its ends and drawn values between. What is named
must change the result, what is not named must not. Of an unknown result the unknown inputs are tried, each of which is
named if one value of it would make the result known. Written by `benchmarks/policy/faithful.py`; a sample of it runs
with every test.

| Pack | Households | of which unknown | Named, and changes it | Not named, and never does | Named, changes nothing | Changes it, not named |
|---|---|---|---|---|---|---|
"""


def main(households: int) -> int:
    lines, all_faults, results = [], list[Fault](), []
    for name in ("cn_luoyang", "peach_spring"):
        counts: Counter[str] = Counter()
        for missing, seed in ((0.0, 11), (0.1, 12)):
            found, faults, outputs = counted(name, households // 2, seed, missing)
            counts += found
            all_faults += faults
        results.append(str(outputs))
        kinds = (
            "results",
            "unknown results",
            "named, changes",
            "not named, stays",
            "named, stays",
            "not named, changes",
        )
        lines.append(f"| `{name}` | " + " | ".join(f"{counts[k]:,}" for k in kinds) + " |")
        print(lines[-1], all_faults[:20], flush=True)
    text = HEAD.format(households=households, results=" and ".join(results)) + "\n".join(lines) + "\n"
    if not all_faults:
        (ROOT / "docs" / "reference" / "faithful.md").write_text(text, encoding="utf-8")
    return int(bool(all_faults))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000))
