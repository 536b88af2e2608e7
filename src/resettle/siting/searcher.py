"""Variations of one county's problem over the same choices: one aim made small, others held by limits."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from resettle.methods.assignment import Answer, Limits
from resettle.methods.assignment.answer import Plan
from resettle.methods.assignment.certificate import plan_faults
from resettle.methods.assignment.engine import solve
from resettle.methods.assignment.problem import Arcs, AssignmentProblem, Ints
from resettle.siting.aims import Aim, spread
from resettle.siting.model import Model

SHARE_OF_THE_OTHERS = 2_000
"""The other aims together weigh at most one part in this many of what the main aim can move."""
FINEST = 10**9
CLOSE_PPM = 1_000
"""Plans held by limits are looked for until this gap: a step on the way says little if it is loose itself."""


@dataclass(frozen=True)
class Demand:
    """One more condition, as a row: the sum over chosen arcs and open sites must not pass the limit."""

    arc: Ints
    site: Ints
    limit: int


class Searcher:
    """Solves variations of one county's problem over the same choices, keeping every plan found."""

    def __init__(self, model: Model, aims: Mapping[str, Aim], limits: Limits) -> None:
        self.model, self.aims, self.limits = model, aims, limits
        self.spreads = {name: spread(model, aim) for name, aim in aims.items()}
        self.pool: list[Plan] = []
        self.searches = 0
        self.floor = 0
        """No plan of the county costs less, whatever its limits."""

    def twin(self) -> Searcher:
        """Another searcher that knows the same plans, to be used beside this one."""
        other = copy.copy(self)
        other.pool, other.searches = list(self.pool), 0
        return other

    def learn(self, other: Searcher) -> None:
        """Take over what a twin has found, in the order it was found."""
        self.pool += [p for p in other.pool if not any(p is mine for mine in self.pool)]
        self.searches += other.searches

    def problem(
        self, aim: str, caps: Mapping[str, int], more: Sequence[Demand], **other: object
    ) -> tuple[AssignmentProblem, int, int]:
        """The problem of making one aim small; also its scale and the most the other aims can add."""
        base, main = self.model.problem, self.aims[aim]
        scale = -(-FINEST // self.spreads[aim])
        allowance = scale * self.spreads[aim] // SHARE_OF_THE_OTHERS
        arc, site = scale * main.arc, scale * main.site
        extra = np.zeros(len(arc), np.int64)
        others = [a for n, a in sorted(self.aims.items()) if n != aim]
        for second in others:
            share = allowance / (self.spreads[second.name] * len(others))
            extra += np.floor(share * second.arc).astype(np.int64)
        _, most = _by_row(self.model, extra)
        arc = arc + extra
        rows_arc = [base.side_arc, *(self.aims[n].arc[None, :] for n in sorted(caps))]
        rows_site = [base.side_site, *(self.aims[n].site[None, :] for n in sorted(caps))]
        limits = [*base.side_limit.tolist(), *(caps[n] for n in sorted(caps))]
        for demand in more:
            rows_arc.append(demand.arc[None, :])
            rows_site.append(demand.site[None, :])
            limits.append(demand.limit)
        old = base.arcs
        made = replace(
            base,
            site_cost=site,
            arcs=Arcs(old.first, old.last, old.site, arc),
            side_arc=np.vstack(rows_arc),
            side_site=np.vstack(rows_site),
            side_limit=np.array(limits, np.int64),
            common_cost=scale * (base.common_cost if aim == "cost" else _by_row(self.model, main.arc)[0]),
            **other,  # type: ignore[arg-type]
        )
        return made, scale, most

    def search(
        self,
        aim: str,
        caps: Mapping[str, int] | None = None,
        more: Sequence[Demand] = (),
        gap_ppm: int | None = None,
        **other: object,
    ) -> tuple[Answer, int]:
        """The best plan for an aim within limits, and the aim's bound in its own unit.

        Args:
            gap_ppm: look until this gap where it is closer than that of the run.
        """
        problem, scale, most = self.problem(aim, caps or {}, more, **other)
        start = min(
            (p for p in self.pool if not plan_faults(problem, p.row_arc, p.is_open)),
            key=lambda p: self.aims[aim].total(p.row_arc, p.is_open),
            default=None,
        )
        limits = self.limits
        if gap_ppm is not None:
            limits = replace(limits, gap_ppm=min(limits.gap_ppm, gap_ppm))
        answer = solve(problem, limits, start)
        self.searches += 1
        if answer.plan is not None:
            self.pool.append(answer.plan)
        return answer, -(-(answer.bound - most) // scale)


def _by_row(model: Model, value: Ints) -> tuple[int, int]:
    """(least, most) a plan can add up to, each village's choices taken alone."""
    least: dict[int, int] = {}
    most: dict[int, int] = {}
    blocks: dict[tuple[int, int], tuple[int, int]] = {}
    for a, c in enumerate(model.choices):
        v = int(value[a])
        if c.last - c.first == 1:
            least[c.first] = min(least.get(c.first, v), v)
            most[c.first] = max(most.get(c.first, v), v)
        else:
            low, high = blocks.get((c.first, c.last), (v, v))
            blocks[c.first, c.last] = (min(low, v), max(high, v))
    lowest, highest = sum(least.values()), sum(most.values())
    for (first, last), (low, high) in blocks.items():
        inside = range(first, last)
        lowest += min(0, low - sum(least.get(i, 0) for i in inside))
        highest += max(0, high - sum(most.get(i, 0) for i in inside))
    return lowest, highest
