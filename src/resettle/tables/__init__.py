"""The contract: every table that crosses a wall of the house, with its columns, units and writer."""

from resettle.tables.contract import POLARS_TYPE, Column, Kind, Table, conform
from resettle.tables.money import FUND, PAYMENT, SERIES
from resettle.tables.people import HOUSEHOLD, PERSON
from resettle.tables.places import REGION, SITE, SITE_DWELLING, TRAVEL, VILLAGE
from resettle.tables.stage import Inputs, Outputs, Stage
from resettle.tables.targeting import AUDIT, MATCH_LIST, QUOTA, UPTAKE_SURVEY

OUTSIDE: tuple[Table, ...] = (
    VILLAGE,
    SITE,
    SITE_DWELLING,
    TRAVEL,
    FUND,
    PAYMENT,
    SERIES,
    AUDIT,
    QUOTA,
    MATCH_LIST,
    UPTAKE_SURVEY,
)
"""Tables a user brings as they are; ``household``, ``person`` and ``region`` are made by ``registry``."""

__all__ = [
    "AUDIT",
    "FUND",
    "HOUSEHOLD",
    "MATCH_LIST",
    "OUTSIDE",
    "PAYMENT",
    "PERSON",
    "POLARS_TYPE",
    "QUOTA",
    "REGION",
    "SERIES",
    "SITE",
    "SITE_DWELLING",
    "TRAVEL",
    "UPTAKE_SURVEY",
    "VILLAGE",
    "Column",
    "Inputs",
    "Kind",
    "Outputs",
    "Stage",
    "Table",
    "conform",
]
