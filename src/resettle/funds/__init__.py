"""Money by source, county and month: what was promised, is needed, is there, and where it went another way."""

from resettle.funds.stage import STAGE

__all__ = ["STAGE"]
