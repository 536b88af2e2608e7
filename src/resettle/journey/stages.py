"""Every stage of the journey, by name; the order is found from the tables they name."""

from __future__ import annotations

from resettle import entitlement, funds, projection, remedies, targeting
from resettle.evaluation.stage import STAGE as EVALUATION
from resettle.journey.reform_stage import STAGE as REFORMS
from resettle.siting.stage import STAGE as SITING
from resettle.supervision import stage as supervision
from resettle.tables import Stage

STAGES: tuple[Stage, ...] = (
    targeting.STAGE,
    entitlement.STAGE,
    projection.STAGE,
    remedies.STAGE,
    REFORMS,
    SITING,
    funds.STAGE,
    supervision.STAGE,
    EVALUATION,
)
