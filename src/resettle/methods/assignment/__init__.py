"""Capacitated single-source assignment: every row to one choice, sites opened, and the answer proved.

The general problem is :class:`AssignmentProblem`; p-median, p-center, maximal covering, bin-like
refugee placement and the siting of a county are special cases of it (:mod:`.special`).
"""

from resettle.methods.assignment.answer import Answer, Plan, Status, gap_ppm
from resettle.methods.assignment.certificate import BoundCertificate, Leaf, plan_faults
from resettle.methods.assignment.problem import Arcs, AssignmentProblem, Limits, ShapeError

__all__ = [
    "Answer",
    "Arcs",
    "AssignmentProblem",
    "BoundCertificate",
    "Leaf",
    "Limits",
    "Plan",
    "ShapeError",
    "Status",
    "gap_ppm",
    "plan_faults",
]
