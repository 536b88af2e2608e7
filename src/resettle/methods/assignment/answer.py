"""An answer that cannot exist without its bound."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from resettle.methods.assignment.certificate import BoundCertificate, plan_faults, plan_objective
from resettle.methods.assignment.problem import AssignmentProblem

Status = Literal["optimal", "gap_limit", "work_limit", "time_limit", "infeasible"]
BoundKind = Literal["verified", "solver"]


class UnprovedAnswerError(ValueError):
    """A result without a bound, with a bound above its objective, or whose plan breaks a constraint."""


@dataclass(frozen=True)
class Plan:
    """A choice: the chosen arc covering each row (rows,), and which sites are open (sites,)."""

    row_arc: npt.NDArray[np.int64]
    is_open: npt.NDArray[np.bool_]


def gap_ppm(objective: int, bound: int, common: int = 0) -> int:
    """(objective - bound) / (objective - what every plan pays), in parts per million, rounded up.

    Rounding up keeps a small gap from being printed as none.

    >>> gap_ppm(110, 100), gap_ppm(110, 100, common=90), gap_ppm(5, 5, common=5)
    (90910, 500000, 0)
    """
    difference = objective - bound
    if difference <= 0:
        return 0
    base = abs(objective - common)
    return -(-difference * 1_000_000 // max(1, base))


@dataclass(frozen=True)
class Answer:
    """Objective, bound, gap, status and certificates of one run.

    ``plan`` is ``None`` when nothing feasible was found or the problem is infeasible; ``bound`` is always
    there (for an infeasible problem it is the proof's last finite bound and means nothing more).

    Raises:
        UnprovedAnswerError: no bound; a bound above the objective; a plan that breaks a constraint; a bound
            called verified without its certificate.
    """

    problem: AssignmentProblem
    bound: int
    status: Status
    bound_kind: BoundKind
    plan: Plan | None = None
    certificate: BoundCertificate | None = None
    repeats: bool = True
    """``False`` where a clock ended the run, so that the result may not repeat."""

    def __post_init__(self) -> None:
        if not isinstance(self.bound, int):
            raise UnprovedAnswerError("an answer needs a bound; a whole number is missing")
        if self.bound_kind == "verified" and self.certificate is None:
            raise UnprovedAnswerError("a verified bound needs its certificate")
        if self.status == "infeasible":
            if self.plan is not None:
                raise UnprovedAnswerError("infeasible, and yet there is a plan")
            return
        if self.plan is not None:
            faults = plan_faults(self.problem, self.plan.row_arc, self.plan.is_open)
            if faults:
                raise UnprovedAnswerError("; ".join(map(str, faults[:3])))
            if self.bound > self.objective_or_zero:
                raise UnprovedAnswerError(f"bound {self.bound} lies above objective {self.objective}")

    @property
    def objective_or_zero(self) -> int:
        return self.objective if self.objective is not None else 0

    @property
    def objective(self) -> int | None:
        """Re-computed from the plan, never taken from a solver."""
        if self.plan is None:
            return None
        return plan_objective(self.problem, self.plan.row_arc, self.plan.is_open)

    @property
    def gap_ppm(self) -> int | None:
        """The gap goals use: on the part of the cost a plan can change."""
        if self.objective is None:
            return None
        return gap_ppm(self.objective, self.bound, self.problem.common_cost)

    @property
    def plain_gap_ppm(self) -> int | None:
        """The gap as solvers print it: on the whole objective."""
        return None if self.objective is None else gap_ppm(self.objective, self.bound)
