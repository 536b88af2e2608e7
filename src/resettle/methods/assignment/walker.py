"""Better plans on the second core: long walks between the sites that the strong relaxation speaks for."""

from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np

from resettle.methods.assignment.neighbourhood import Neighbourhoods
from resettle.methods.assignment.prices import StrongPrices
from resettle.methods.assignment.primal import ROOM_DEAR, WIDTH, Primal
from resettle.methods.assignment.problem import AssignmentProblem, Ints, Limits
from resettle.methods.assignment.strong import StrongModel, dive

STEPS_A_PLACE = 6_000
"""Steps of a walk for every unit and place it may try; 20 million at most. A quarter where units have no sizes."""
ROUNDS = 6
"""Neighbourhoods solved after a walk of units without sizes, where each is soon solved."""
HEATS = (1.0, 0.5, 2.0, 0.7)


class Walker:
    """Walks on its own copy of the search for plans, so that tree and walk never touch each other's."""

    def __init__(
        self,
        problem: AssignmentProblem,
        limits: Limits,
        primal: Primal,
        strong: StrongPrices | None,
        model: StrongModel | None,
    ) -> None:
        self.problem, self.stopped = problem, False
        self.outer = limits.deadline
        self.limits = replace(limits, deadline=self.stop)
        self.primal = copy.copy(primal)
        self.primal.random = np.random.default_rng(limits.seed + 1)
        self.model = None if model is None else model.twin()
        self.strong, self.whole = strong, strong
        self.near: Neighbourhoods | None = None
        self.turn, self.factor = 0, 3 * [ROOM_DEAR]

    def stop(self) -> bool:
        """Whether the tree is done or the time over."""
        return self.stopped or self.outer()

    def run(self, turns: int) -> None:
        """So many walks, each between other sites or from another heat."""
        for _ in range(turns):
            if self.stop() or not self.primal.usable:
                return
            if self.strong is None:
                self._plain()
            else:
                self._priced(self.strong)
            self.turn += 1

    def _plain(self) -> None:
        """From the incumbent, all sites within reach."""
        primal = self.primal
        if primal.plan is None:
            return
        near = primal.near[:, :WIDTH]
        room = np.broadcast_to(primal.room_price(near), self.problem.capacity.shape) * self.factor[0]
        found = primal.walk(
            primal.places(), primal.side_price * 3, self._steps(near), HEATS[self.turn % 4] / 2, room, near
        )
        self._adapt(0, found)

    def _priced(self, strong: StrongPrices) -> None:
        """Between the sites of a dive, of the incumbent, or of the fractional solution, in turn."""
        kind = (self.turn + 2) % 3  # the fractional solution first: a dive takes a few seconds
        if kind == 0 and self.whole is strong and self.model is not None:
            self.whole = dive(self.model, strong, self.stop)
        assert self.whole is not None
        prices = strong if kind == 2 else self.whole
        sites = prices.site_share > (0.02 if kind == 2 else 0.5)
        if kind == 1 and self.primal.plan is not None:
            sites = self.primal.plan.is_open
        primal = self.primal
        primal.price_sides(prices.sides)
        near, first = primal.near_priced(prices, sites, WIDTH)
        room = prices.room.copy()
        known = room > 1e-9
        usual = float(np.median(room[known])) if known.any() else 0.0
        room = np.maximum(room, usual if usual > 0 else primal.room_price(near)) * self.factor[kind]
        start = first if kind != 1 or primal.plan is None else primal.places()
        found = primal.walk(start, prices.sides * 3, self._steps(near), HEATS[self.turn // 3 % 4], room, near)
        self._adapt(kind, found)
        if primal.plan is not None and kind == 2:
            self.near = self.near or Neighbourhoods(self.problem, self.limits, primal, strong.site_share)
            self.near.run(1 if self.model is not None else ROUNDS)

    def _steps(self, near: Ints) -> int:
        places = near.size if self.model is not None else near.size // 4
        return min(20_000_000, STEPS_A_PLACE * places)

    def _adapt(self, kind: int, found: bool) -> None:
        """Dearer room where a walk ended overfull, cheaper where it did not."""
        self.factor[kind] = min(100.0, max(1.0, self.factor[kind] * (0.8 if found else 1.8)))
