"""Household sizes that meet a number of households and a number of persons exactly."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from resettle.units import UnitError


def draw_sizes(
    households: int, persons: int, weights: Mapping[int, float], random: np.random.Generator
) -> npt.NDArray[np.int64]:
    """Draw ``households`` sizes by ``weights`` and move single persons until they sum to ``persons``.

    Args:
        households, persons: the totals to meet.
        weights: size in persons to its share; only these sizes occur.
        random: the stream; the same stream gives the same sizes.

    Raises:
        UnitError: if the totals cannot be met with the sizes allowed.

    >>> import numpy as np
    >>> int(draw_sizes(10, 38, {2: 1, 3: 2, 4: 3, 5: 2}, np.random.default_rng(1)).sum())
    38
    """
    sizes = np.array(sorted(weights), dtype=np.int64)
    if not households * sizes[0] <= persons <= households * sizes[-1]:
        raise UnitError(f"{persons} persons do not fit {households} households of {sizes[0]} to {sizes[-1]}")
    share = np.array([weights[int(size)] for size in sizes], dtype=float)
    drawn: npt.NDArray[np.int64] = sizes[
        np.searchsorted(np.cumsum(share / share.sum()), random.random(households), side="right").clip(
            0, len(sizes) - 1
        )
    ]
    gap = persons - int(drawn.sum())
    order = random.permutation(households)
    step = 1 if gap > 0 else -1
    place = 0
    while gap:
        candidate = order[place % households]
        if sizes[0] <= drawn[candidate] + step <= sizes[-1]:
            drawn[candidate] += step
            gap -= step
        place += 1
    return drawn
