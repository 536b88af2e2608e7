"""Every stage of the journey, by name; the order is found from the tables they name."""

from __future__ import annotations

from resettle import entitlement, funds, siting
from resettle.supervision import stage as supervision
from resettle.tables import Stage

STAGES: tuple[Stage, ...] = (entitlement.STAGE, siting.STAGE, funds.STAGE, supervision.STAGE)
