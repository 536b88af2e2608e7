"""Published figures held against each other: read, shown, checked, smallest repairs proposed.

A finding says that A and B do not agree, every reading that would make them agree, and what to ask of
whom. It never says who is wrong, and nothing is changed by it.
"""

from resettle.supervision.finding import FINDING, Amount, Finding, Label, Repair, Said, finding_frame, say
from resettle.supervision.reading import READING, Reading, reading_frame
from resettle.supervision.reconcile import Parameters, reconcile
from resettle.supervision.schema import Published, parse_published
from resettle.supervision.stage import STAGE

__all__ = [
    "FINDING",
    "READING",
    "STAGE",
    "Amount",
    "Finding",
    "Label",
    "Parameters",
    "Published",
    "Reading",
    "Repair",
    "Said",
    "finding_frame",
    "parse_published",
    "reading_frame",
    "reconcile",
    "say",
]
