"""Times of the evaluation methods beside their rivals, interleaved, medians of five.

Run: python benchmarks/evaluation/bench.py ENVIRONMENTS, a folder that holds one virtual environment per
rival (``plspm``, ``openpls``, ``mpitb``, ``pymcdm``; requirements beside ``rivals/``). Rivals never enter
the product. Writes docs/reference/benchmarks-evaluation.md.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from resettle.methods.design import make_design
from resettle.methods.index import ranking, weights
from resettle.methods.path_model.fit import bootstrap
from resettle.methods.path_model.model import read_model
from resettle.methods.path_model.prepare import prepare
from resettle.methods.poverty.multidimensional import group_cells, measure

HERE = Path(__file__).resolve().parent
OUT = HERE.parents[1] / "docs" / "reference" / "benchmarks-evaluation.md"
BLOCKS = {"I": 5, "E": 3, "Q": 7, "V": 2, "S": 3, "C": 1, "L": 3}
ARROWS = "I>E I>S I>L E>Q E>V E>S Q>V Q>S V>S S>C S>L C>L"


def answers(n: int) -> pl.DataFrame:
    """ACSI-like answers with known structure, 24 items."""
    rng = np.random.default_rng(7)
    base = rng.normal(size=n)
    columns = {}
    for name, count in BLOCKS.items():
        latent = 0.75 * base + 0.66 * rng.normal(size=n)
        for k in range(count):
            columns[f"{name.lower()}{k}"] = np.clip(np.round(6 + 1.7 * latent + rng.normal(size=n)), 1, 10)
    return pl.DataFrame(columns)


def seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def rival(environments: Path, name: str, script: str, *arguments: str) -> float:
    python = environments / name / "bin" / "python"
    done = subprocess.run(
        [str(python), str(HERE / "rivals" / script), *arguments], capture_output=True, text=True, check=False
    )
    return float(done.stdout.split()[-1]) if done.returncode == 0 and done.stdout.split() else float("nan")


def declared() -> dict[str, object]:
    """The ACSI-like model."""
    return {
        "construct": [{"name": n, "items": [f"{n.lower()}{k}" for k in range(c)]} for n, c in BLOCKS.items()],
        "path": [a.replace(">", " -> ") for a in ARROWS.split()],
        "scale": [1, 10],
    }


def alone() -> None:
    """5,000 resamples of 5,000 answers in a process that does nothing else: prints its peak memory, MB."""
    model, _ = read_model(declared())
    assert model is not None
    data = prepare(answers(5000), model)[0]
    assert data is not None
    bootstrap(data, model, 5000)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)


def memory_alone() -> int:
    done = subprocess.run([sys.executable, __file__, "--alone"], capture_output=True, text=True, check=True)
    return int(done.stdout.split()[-1])


def goals(middle: dict[str, float], ratios: dict[str, float], peak: int) -> list[str]:
    """The goals one by one, with what was measured; ``peak`` in MB, of the large bootstrap alone."""
    small, held = (
        middle["ours: 5,000 resamples of 250 x 24"],
        middle["ours: the same with weights and 40 clusters"],
    )
    large = middle["ours: 5,000 resamples of 5,000 x 24"]
    draws = middle["ours: 10,000 weight draws, 91 sites, 42 indicators"]
    rows = [
        ("5,000 resamples of 250 x 24 in at most 3 s", f"{small:.2f} s", small <= 3),
        *(
            (f"at least 1,000 times {name}", f"{ratios[f'{name} per resample']:,.0f}", ratios[f"{name} per resample"] >= 1000)
            for name in ("plspm", "openpls-engine")
        ),
        ("5,000 x 5,000 within 10 s", f"{large:.2f} s", large <= 10),
        ("... and 500 MB", f"{peak:,} MB, a process of its own", peak <= 500),
        ("weights and clusters at no worse than half the speed", f"{held / small:.2f} of the time", held <= 2 * small),
        ("poverty, 100 settings, at least 20 times mpitb", f"{ratios['mpitb per setting']:,.0f}", ratios["mpitb per setting"] >= 20),
        ("six indices at least 15 times the best library", f"{ratios['pymcdm, six indices once']:,.0f}", ratios["pymcdm, six indices once"] >= 15),
        ("10,000 weight draws under 0.5 s", f"{draws:.3f} s", draws < 0.5),
    ]  # fmt: skip
    table = [f"| {goal} | {found} | {'yes' if met else '**no**'} |" for goal, found, met in rows]
    return ["", "| goal | measured | met |", "|---|---|---|", *table]


def main(environments: Path, rounds: int) -> None:
    model, _ = read_model(declared())
    assert model is not None
    small, large = prepare(answers(250), model)[0], prepare(answers(5000), model)[0]
    rng = np.random.default_rng(1)
    held_frame = answers(250).with_columns(
        w=pl.Series(rng.uniform(0.5, 2, 250)), c=pl.Series([f"v{i % 40}" for i in range(250)])
    )
    held_model = replace(model, weight="w", cluster="c")
    held = prepare(held_frame, held_model)[0]
    assert small is not None and large is not None and held is not None
    n = 1_000_000
    base = rng.normal(size=n)
    deprived = (0.7 * base[:, None] + rng.normal(size=(n, 10)) > 1).astype(float)
    unit = rng.integers(0, 4000, n)
    weight = rng.uniform(0.5, 2, n)
    settings, cuts = rng.dirichlet(np.ones(10), 100), rng.uniform(0.2, 0.6, 100)

    def poverty() -> None:
        design, _ = make_design(n, weight, unit % 40, unit)
        assert design is not None
        measure(group_cells(deprived, design), settings, cuts)

    matrix, direction = rng.random((91, 42)) + 0.1, np.where(np.arange(42) % 3 == 0, -1.0, 1.0)
    draws = rng.dirichlet(np.ones(42), 2000)

    def indices() -> None:
        ranking.topsis(matrix, draws, direction)
        ranking.vikor(matrix, draws, direction)

    def six() -> None:
        share = weights.normalise(matrix, direction)
        sets = np.stack([weights.equal(42), weights.entropy(share), weights.critic(share)])
        ranking.topsis(matrix, sets, direction)
        ranking.vikor(matrix, sets, direction)

    bootstrap(small, model, 100)
    with tempfile.TemporaryDirectory() as folder:
        file, people = Path(folder) / "a.csv", Path(folder) / "p.csv"
        answers(250).write_csv(file)
        pl.DataFrame({f"d_{k}": deprived[:, k].astype(int) for k in range(10)}).write_csv(people)
        found: dict[str, list[float]] = {}
        for _ in range(rounds):
            for name, work in (
                ("ours: 5,000 resamples of 250 x 24", lambda: bootstrap(small, model, 5000)),
                ("ours: the same with weights and 40 clusters", lambda: bootstrap(held, held_model, 5000)),
                ("ours: 5,000 resamples of 5,000 x 24", lambda: bootstrap(large, model, 5000)),
                ("ours: Alkire-Foster, 1,000,000 persons, 100 settings, errors", poverty),
                ("ours: TOPSIS and VIKOR, 2,000 weight draws", indices),
                ("ours: six indices, once", six),
                (
                    "ours: 10,000 weight draws, 91 sites, 42 indicators",
                    lambda: ranking.rank_robustness(matrix, np.full(42, 1 / 42)),
                ),
            ):
                found.setdefault(name, []).append(seconds(work))
            found.setdefault("plspm: one resample", []).append(
                rival(environments, "plspm", "pls_once.py", "plspm", str(file), "10")
            )
            found.setdefault("openpls-engine: one resample", []).append(
                rival(environments, "openpls", "pls_once.py", "openpls", str(file), "10")
            )
            found.setdefault("pymcdm: TOPSIS and VIKOR, one draw", []).append(
                rival(environments, "pymcdm", "mcda_once.py", "200")
            )
            found.setdefault("pymcdm: six indices, once", []).append(
                rival(environments, "pymcdm", "mcda_once.py", "six")
            )
            found.setdefault("mpitb: one setting, 1,000,000 persons, no design errors", []).append(
                rival(environments, "mpitb", "mpi_once.py", str(people))
            )
    middle = {name: statistics.median(v) for name, v in found.items()}
    pls = middle["ours: 5,000 resamples of 250 x 24"] / 5000
    mcda = middle["ours: TOPSIS and VIKOR, 2,000 weight draws"] / 2000
    mpi = middle["ours: Alkire-Foster, 1,000,000 persons, 100 settings, errors"] / 100
    ratios = {
        "plspm per resample": middle["plspm: one resample"] / pls,
        "openpls-engine per resample": middle["openpls-engine: one resample"] / pls,
        "pymcdm per draw (TOPSIS and VIKOR)": middle["pymcdm: TOPSIS and VIKOR, one draw"] / mcda,
        "pymcdm, six indices once": middle["pymcdm: six indices, once"] / middle["ours: six indices, once"],
        "mpitb per setting": middle["mpitb: one setting, 1,000,000 persons, no design errors"] / mpi,
    }
    lines = [
        "# Speed of the evaluation methods",
        "",
        f"Medians of {rounds} interleaved rounds on two cores shared with other work; ours include BCa,",
        "HTMT intervals and orientation. Rivals run in environments of their own; the large bootstrap's memory is that of a",
        "process of its own. Rerun: `python benchmarks/evaluation/bench.py ENVIRONMENTS`.",
        "",
    ]
    lines += [
        "| work | median seconds |",
        "|---|---|",
        *(f"| {k} | {v:.4g} |" for k, v in middle.items()),
        "",
    ]
    lines += ["| rival | times slower |", "|---|---|"]
    lines += [
        f"| {k} | {v:,.0f} |" if np.isfinite(v) else f"| {k} | the rival did not run |"
        for k, v in ratios.items()
    ]
    lines += goals(middle, ratios, memory_alone())
    OUT.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__" and sys.argv[1:] == ["--alone"]:
    alone()
elif __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 5)
