"""The guide for spopt's users, run as it stands, and its answers held against what spopt itself found."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

GUIDE = Path(__file__).parents[3] / "docs" / "how-to" / "from-spopt.md"
BLOCKS = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)


def test_the_guide_runs_and_its_answers_are_the_best_of_all_choices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(GUIDE.parent)
    names: dict[str, Any] = {}
    seen: dict[str, Any] = {}
    for block in BLOCKS:
        exec(compile(block, str(GUIDE), "exec"), names)
        seen |= {k: names[k] for k in ("chosen", "mean_way", "radius", "covered", "needed") if k in names}
    distance, people = names["distance"], names["people"]
    assert distance.shape == (205, 16)
    # spopt 0.7.0 with HiGHS on the same file: objective, radius, people covered, sites needed.
    assert (
        abs(seen["mean_way"] * people.sum() - 2_848_268_129.7) <= people.sum() / 2
    )  # metres are rounded here
    assert seen["chosen"] == ["Store_2", "Store_11", "Store_12", "Store_15"]
    assert (seen["radius"], seen["covered"], seen["needed"]) == (round(7403.06), 875_247, 8)
    every = [list(c) for c in combinations(range(16), 4)]
    near = [distance[:, c].min(axis=1) for c in every]
    assert round(seen["mean_way"] * people.sum()) == min(int((n * people).sum()) for n in near)
    assert seen["radius"] == min(int(n.max()) for n in near)
    assert seen["covered"] == max(int(people[n <= 5000].sum()) for n in near)
    fewest = next(
        k
        for k in range(1, 17)
        if any((distance[:, list(c)].min(axis=1) <= 5000).all() for c in combinations(range(16), k))
    )
    assert seen["needed"] == fewest
    best = every[int(np.argmin([int((n * people).sum()) for n in near]))]
    assert seen["chosen"] == [names["stores"][j] for j in best]


def test_the_licence_stands_beside_the_data() -> None:
    assert "Redistribution and use" in (GUIDE.parent / "spopt_sf" / "LICENSE").read_text(encoding="utf-8")
