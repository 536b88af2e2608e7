"""The contract: every table that crosses a wall of the house, with its columns, units and writer."""

from resettle.tables.contract import POLARS_TYPE, Column, Kind, Table, conform
from resettle.tables.stage import Inputs, Outputs, Stage

__all__ = ["POLARS_TYPE", "Column", "Inputs", "Kind", "Outputs", "Stage", "Table", "conform"]
