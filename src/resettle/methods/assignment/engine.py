"""The one door to the solvers."""

from __future__ import annotations

from resettle.methods.assignment.answer import Answer
from resettle.methods.assignment.highs import solve_highs
from resettle.methods.assignment.problem import AssignmentProblem, Limits


def solve(problem: AssignmentProblem, limits: Limits = Limits()) -> Answer:  # noqa: B008
    """The best answer within the limits, with its bound and certificates."""
    return solve_highs(problem, limits)
