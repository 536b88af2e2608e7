"""What every household is due: the pack's rules run over everybody, unknown kept apart from yes and no."""

from resettle.entitlement.contracts import ENTITLEMENT
from resettle.entitlement.stage import STAGE

__all__ = ["ENTITLEMENT", "STAGE"]
