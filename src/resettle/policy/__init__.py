"""The rule language: one rule, two readings (a household with its trace, everybody as SQL), and packs."""

from resettle.policy.cases import run_cases
from resettle.policy.difference import Difference, affected, differences
from resettle.policy.engines import ENGINES, Engine, evaluate, run_program
from resettle.policy.explain import Explained, as_text, explain
from resettle.policy.interpret import Line, Reading, Trace, household_case, interpret, run_rows
from resettle.policy.pack import Pack, find_packs, load_pack
from resettle.policy.program import Program, bind
from resettle.policy.reform import diff, matrix, parameters_used
from resettle.policy.sql import sql_text
from resettle.policy.why_not import WhyNot, deciding, why_not

__all__ = [
    "ENGINES",
    "Difference",
    "Engine",
    "Explained",
    "Line",
    "Pack",
    "Program",
    "Reading",
    "Trace",
    "WhyNot",
    "affected",
    "as_text",
    "bind",
    "deciding",
    "diff",
    "differences",
    "evaluate",
    "explain",
    "find_packs",
    "household_case",
    "interpret",
    "load_pack",
    "matrix",
    "parameters_used",
    "run_cases",
    "run_program",
    "run_rows",
    "sql_text",
    "why_not",
]
