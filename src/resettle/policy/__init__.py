"""The rule language: one rule, two readings (a household with its trace, everybody as SQL), and packs."""

from resettle.policy.engines import ENGINES, evaluate
from resettle.policy.interpret import Line, Reading, Trace, interpret, run_rows
from resettle.policy.pack import Pack, find_packs, load_pack
from resettle.policy.program import Program, bind
from resettle.policy.sql import sql_text

__all__ = [
    "ENGINES",
    "Line",
    "Pack",
    "Program",
    "Reading",
    "Trace",
    "bind",
    "evaluate",
    "find_packs",
    "interpret",
    "load_pack",
    "run_rows",
    "sql_text",
]
