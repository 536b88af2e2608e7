"""Did it work? Samples, instruments, answers, outcomes and indicators; tables in, tables out."""

from resettle.evaluation.stage import STAGE, evaluate

__all__ = ["STAGE", "evaluate"]
